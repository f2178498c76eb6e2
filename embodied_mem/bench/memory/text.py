"""The scores of one episode as a few lines, for whoever works on the memory."""

from __future__ import annotations

from collections import Counter

import numpy as np

from .scores import EpisodeScores
from .verdicts import equal_mass_calibration_error, recall_of


def text_of(scores: EpisodeScores, *, has_notes: bool = False) -> str:
    """One line a score; with notes, what was wrong."""
    e, p, i, c, v = scores.entities, scores.positions, scores.ids, scores.changes, scores.events
    objects = p.object_errors_m or (float("nan"),)
    furniture = p.furniture_errors_m or (float("nan"),)
    right = sum(good for _, _, good in c.rows)
    lines = [
        f"seed {scores.seed} {scores.noise}, {scores.frame_count} frames",
        f"entities: {e.right} right, {e.wrong} wrong, {e.neutral} neutral; precision "
        f"{_share(e.right, e.right + e.wrong)}, recall {_share(e.right, e.to_find)}",
        f"positions: {_share(p.ok, p.total)} within 0.25 m; median {np.median(objects):.3f} m of "
        f"objects, {np.median(furniture):.3f} m of furniture",
        f"ids: {i.switches} switches, {i.extra_entities} extra entities, of {i.entities}",
        f"changes: {_share(right, len(c.rows))}; {c.gone} gone, {c.gone_unlooked} of them unlooked, "
        f"{c.gone_furniture} furniture",
        "  "
        + ", ".join(
            f"{expected} -> {believed}{'' if good else ' (wrong)'}: {count}"
            for (expected, believed, good), count in sorted(Counter(c.rows).items())
        ),
        f"events: {v.found} of {v.true} found ({v.right_time} noticed in time, {v.right_object} with the "
        f"object); precision {_share(v.found, v.noticed)}",
        f"rooms: IoU {np.mean(scores.room_ious or (float('nan'),)):.3f} over {len(scores.room_ious)}",
    ]
    lines += _verdict_lines(scores)
    if scores.snapshots is not None:
        s = scores.snapshots
        lines.append(
            f"snapshots: {s.entity_count} entities in {s.frame_count} frames; greedy needs "
            f"{s.greedy_frames}, divisive {s.divisive_frames}; cover {s.cover_ms:.2f} ms"
        )
    if scores.extra:
        lines.append(", ".join(f"{name} {value:g}" for name, value in scores.extra.items()))
    if has_notes:
        lines += _note_lines(scores)
    return "\n".join(lines)


def _verdict_lines(scores: EpisodeScores) -> list[str]:
    lines = []
    for expected in ("unknown", "absent", "open"):
        good, asked = recall_of(scores.verdicts, expected)
        lines.append(f"verdicts, expected {expected}: {good} of {asked} right")
    stated = [row for row in scores.verdicts if row.probability is not None]
    ece = equal_mass_calibration_error(
        [row.probability or 0.0 for row in stated], [row.is_right for row in stated]
    )
    return [*lines, f"verdicts: expected calibration error {ece:.3f} over {len(stated)}"]


def _note_lines(scores: EpisodeScores) -> list[str]:
    """What was wrong, one line each."""
    wrong_verdicts = tuple(
        f"{row.question}: {row.verdict}, expected {row.expected}"
        for row in scores.verdicts
        if not row.is_right
    )
    kinds = (
        ("wrong entity", scores.entities.wrong_notes),
        ("missed", scores.entities.missed_notes),
        ("position", scores.positions.wrong_notes),
        ("switches", scores.ids.switch_notes),
        ("belief", scores.changes.wrong_notes),
        ("gone unlooked", scores.changes.unlooked_notes),
        ("event", scores.events.notes),
        ("verdict", wrong_verdicts),
    )
    return [f"  {title}: {note}" for title, notes in kinds for note in notes]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "none"
