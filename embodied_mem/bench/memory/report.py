"""The scores of all episodes as bars and tables. Counts of episodes add up before shares are taken."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..report import Bar, BenchReport, Table, at_least, at_most
from .scores import EpisodeScores
from .snapshots import BUDGET_SHARES, POLICIES
from .speed import UpdateTimes
from .verdicts import ABSENT, OPEN, UNKNOWN, VerdictRow, equal_mass_calibration_error, recall_of

LEVEL_BARS: dict[str, tuple[float, float, float]] = {
    "entity_precision": (0.99, 0.95, 0.85),
    "entity_recall": (0.99, 0.95, 0.85),
    "position_ok": (0.99, 0.95, 0.85),
    "id_switches": (0.01, 0.1, 0.3),
    "change_accuracy": (0.98, 0.92, 0.8),
    "event_recall": (0.99, 0.95, 0.85),
}
"""Bounds at noise off, mild and hard; at most for `id_switches`, at least for all others."""
LEVELS = ("off", "mild", "hard")


@dataclass(frozen=True)
class LevelScores:
    """All episodes of one noise level together; None where there is nothing to measure."""

    noise: str
    episode_count: int
    entity_precision: float | None
    entity_recall: float | None
    position_ok: float | None
    object_error_m: float | None
    """Median."""
    furniture_error_m: float | None
    """Median."""
    id_switches: float | None
    """Per entity."""
    extra_entities: float | None
    """Per entity."""
    change_accuracy: float | None
    change_balanced: float | None
    """Mean over the expected beliefs of the share that is right."""
    gone: int
    gone_unlooked: int
    event_recall: float | None
    event_precision: float | None
    room_iou: float | None
    verdict_ece: float | None
    unknown_recall: float | None
    absent_recall: float | None
    open_right: float | None


def pool(noise: str, episodes: Sequence[EpisodeScores]) -> LevelScores:
    """One level's figures."""
    rows = [row for e in episodes for row in e.changes.rows]
    kinds = sorted({expected for expected, _, _ in rows})
    by_kind = [[good for expected, _, good in rows if expected == kind] for kind in kinds]
    verdicts = [row for e in episodes for row in e.verdicts]

    def total(count: Callable[[EpisodeScores], int]) -> int:
        return sum(count(e) for e in episodes)

    right = total(lambda e: e.entities.right)
    found = total(lambda e: e.events.found)
    entity_count = total(lambda e: e.ids.entities)
    return LevelScores(
        noise=noise,
        episode_count=len(episodes),
        entity_precision=_share(right, right + total(lambda e: e.entities.wrong)),
        entity_recall=_share(right, total(lambda e: e.entities.to_find)),
        position_ok=_share(total(lambda e: e.positions.ok), total(lambda e: e.positions.total)),
        object_error_m=_median([v for e in episodes for v in e.positions.object_errors_m]),
        furniture_error_m=_median([v for e in episodes for v in e.positions.furniture_errors_m]),
        id_switches=_share(total(lambda e: e.ids.switches), entity_count),
        extra_entities=_share(total(lambda e: e.ids.extra_entities), entity_count),
        change_accuracy=_share(sum(good for _, _, good in rows), len(rows)),
        change_balanced=_mean([float(np.mean(goods)) for goods in by_kind]),
        gone=total(lambda e: e.changes.gone),
        gone_unlooked=total(lambda e: e.changes.gone_unlooked),
        event_recall=_share(found, total(lambda e: e.events.true)),
        event_precision=_share(found, total(lambda e: e.events.noticed)),
        room_iou=_mean([iou for e in episodes for iou in e.room_ious]),
        verdict_ece=calibration_error(verdicts),
        unknown_recall=_share(*recall_of(verdicts, UNKNOWN)),
        absent_recall=_share(*recall_of(verdicts, ABSENT)),
        open_right=_share(*recall_of(verdicts, OPEN)),
    )


def report_of(
    episodes: Sequence[EpisodeScores],
    *,
    update: UpdateTimes | None,
    query_bars: Sequence[Bar] = (),
    settings: dict[str, object],
) -> BenchReport:
    """Bars of the levels that were played, and tables of all figures."""
    levels = [
        pool(noise, own) for noise in LEVELS if (own := [e for e in episodes if e.noise == noise])
    ]
    verdicts = [row for e in episodes for row in e.verdicts]
    bars = [bar for name in LEVEL_BARS for level in levels for bar in (_level_bar(name, level),)]
    bars += [
        at_most("false_gone_unlooked", sum(level.gone_unlooked for level in levels), 0, "entities"),
        at_least("room_iou", _mean([v for e in episodes for v in e.room_ious]), 0.9, ""),
        at_most("verdict_ece", calibration_error(verdicts), 0.05, ""),
        at_least("unknown_recall", _share(*recall_of(verdicts, UNKNOWN)), 0.97, ""),
        at_least("absent_recall", _share(*recall_of(verdicts, ABSENT)), 0.95, ""),
    ]
    cover_ms = [e.snapshots.cover_ms for e in episodes if e.snapshots is not None]
    bars.append(at_most("cover_ms", max(cover_ms, default=None), 5.0, "ms"))
    if update is not None:
        bars.append(at_most("update_p50_ms", update.p50_ms, 15.0, "ms"))
        bars.append(at_most("update_p95_ms", update.p95_ms, 30.0, "ms"))
    bars += query_bars
    return BenchReport(
        "memory",
        tuple(bars),
        tuple(_tables(episodes, levels, update)),
        (
            "Shares are of the things, entities and events of all episodes of a level together.",
            "id_switches counts, per entity, changes of the entity from one detection of a thing to the "
            "next; extra_entities counts entities beyond the first that explain a thing.",
            "change_accuracy is against what the robot could know: a thing that left unseen is rightly "
            "believed at its place until the place was truly looked at.",
            "update_*: CPU of all threads, 640x480, exactly 30 detections a frame, all views on.",
        ),
        settings,
    )


def calibration_error(rows: Sequence[VerdictRow]) -> float | None:
    """Over all questions with a probability; None without any."""
    stated = [(row.probability, row.is_right) for row in rows if row.probability is not None]
    if not stated:
        return None
    return equal_mass_calibration_error([p for p, _ in stated], [r for _, r in stated])


def write_rows(path: Path, episodes: Sequence[EpisodeScores]) -> None:
    """Every question with features, verdict and truth, as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for episode in episodes:
            for row in episode.verdicts:
                file.write(json.dumps(asdict(row)) + "\n")


def _level_bar(name: str, level: LevelScores) -> Bar:
    bound = LEVEL_BARS[name][LEVELS.index(level.noise)]
    check = at_most if name == "id_switches" else at_least
    return check(f"{name}_{level.noise}", getattr(level, name), bound, "")


def _tables(
    episodes: Sequence[EpisodeScores], levels: Sequence[LevelScores], update: UpdateTimes | None
) -> list[Table]:
    names = [name for name in vars(levels[0]) if name != "noise"] if levels else []
    tables = [
        Table(
            "all episodes",
            ("", *(level.noise for level in levels)),
            tuple((name, *(_text(getattr(level, name)) for level in levels)) for name in names),
        ),
        _change_table(episodes),
        _snapshot_table(episodes),
        Table(
            "episodes",
            (
                "episode",
                "frames",
                "right",
                "wrong",
                "missed",
                "change",
                "events",
                "IoU",
                "update s",
            ),
            tuple(_episode_row(e) for e in episodes),
        ),
    ]
    if update is not None:
        rows = [
            ("p50", f"{update.p50_ms:.2f}"), ("p95", f"{update.p95_ms:.2f}"),
            ("longest", f"{update.max_ms:.2f}"), ("frames", str(update.frame_count)),
            ("keyframes", str(update.keyframe_count)), ("entities", str(update.entity_count)),
            *((f"{name} (mean wall)", f"{ms:.2f}") for name, ms in update.stage_ms.items()),
        ]  # fmt: skip
        tables.append(Table("update with 30 detections, ms", ("", "ms"), tuple(rows)))
    return tables


def _change_table(episodes: Sequence[EpisodeScores]) -> Table:
    """What should be believed against what is."""
    counts = Counter(
        (e.noise, expected, believed, good)
        for e in episodes
        for expected, believed, good in e.changes.rows
    )
    return Table(
        "beliefs about objects",
        ("noise", "expected", "believed", "right", "count"),
        tuple(
            (noise, expected, believed, "yes" if good else "NO", str(count))
            for (noise, expected, believed, good), count in sorted(counts.items())
        ),
    )


def _snapshot_table(episodes: Sequence[EpisodeScores]) -> Table:
    """Mean coverage by budget."""
    kept = [e.snapshots for e in episodes if e.snapshots is not None]
    rows = []
    for place, share in enumerate(BUDGET_SHARES if kept else ()):
        means = np.mean([s.coverage[place] for s in kept], axis=0).tolist()
        rows.append((f"{share:g}", *(f"{value:.1%}" for value in means)))
    if kept:
        needed = [f"{np.mean([s.greedy_frames for s in kept]):.1f}"]
        needed += [f"{np.mean([s.divisive_frames for s in kept]):.1f}", "-"]
        rows.append(("frames for all", *needed))
    title = "snapshots: coverage at shares of the frames that divisive needs"
    return Table(title, ("share", *POLICIES), tuple(rows))


def _episode_row(e: EpisodeScores) -> tuple[str, ...]:
    rows = e.changes.rows
    return (
        f"{e.seed} {e.noise}",
        str(e.frame_count),
        str(e.entities.right),
        str(e.entities.wrong),
        str(e.entities.to_find - e.entities.right),
        _text(_share(sum(good for _, _, good in rows), len(rows))),
        f"{e.events.found}/{e.events.true}",
        _text(_mean(list(e.room_ious))),
        _text(e.extra.get("update_s")),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None


def _text(value: float | int | None) -> str:
    return "-" if value is None else f"{value:.4g}"
