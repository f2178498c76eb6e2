"""From results to numbers: FindingDory's metrics with intervals, by template, category and group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from .bootstrap import Estimate, clustered_mean
from .results import EpisodeResult, TaskResult, task_rows

Rows = Sequence[tuple[EpisodeResult, TaskResult]]

METRICS: dict[str, Callable[[TaskResult], float | None]] = {
    "high_level_goal_success": lambda t: float(t.hl_success),
    "high_level_dtg_success": lambda t: float(t.hl_dtg_success),
    "high_level_sem_cov_success": lambda t: float(t.hl_sem_cov_success),
    "findingdory_high_level_spl": lambda t: t.hl_spl,
    "predicate_task_success": lambda t: float(t.ll_success),
    "findingdory_spl": lambda t: t.ll_spl,
    "subgoal_share": lambda t: t.subgoals_done / max(t.target_count, 1),
    "frame_exact": lambda t: float(t.frame_exact),
    "frame_relaxed": lambda t: t.frame_relaxed,
    "keyframe_deviation": lambda t: t.frame_deviation,
    "chance": lambda t: t.chance,
}
"""FindingDory's names where it has them. None leaves a task out."""


def summarise(episodes: Sequence[EpisodeResult]) -> dict[str, Any]:
    """The whole summary as JSON: the same episodes give the same summary, in whatever order they ran."""
    rows = task_rows(sorted(episodes, key=lambda e: (e.seed, e.episode_id)))
    return {
        "episode_count": len(episodes),
        "task_count": len(rows),
        "dropped_count": sum(len(e.dropped) for e in episodes),
        "dropped_by_task": dict(sorted(Counter(t for e in episodes for t in e.dropped).items())),
        "metrics": _metrics(rows),
        "by_category": _grouped(rows, lambda t: t.category),
        "by_group": _grouped(rows, lambda t: t.group),
        "by_template": _grouped(rows, lambda t: t.task_id),
        "macro_category_hl_success": _macro(rows),
        "hl_failures": _failures(rows, lambda t: t.hl_failure),
        "ll_failures": _failures(rows, lambda t: t.ll_failure),
        "cost": _cost(episodes, rows),
    }


def estimate_json(estimate: Estimate) -> dict[str, float | int | None]:
    """Rounded; None for what has no value."""
    return {
        name: None if isinstance(value, float) and np.isnan(value) else _rounded(value)
        for name, value in asdict(estimate).items()
    }


def _metrics(rows: Rows) -> dict[str, Any]:
    found = {}
    for name, metric in METRICS.items():
        known = [(episode.episode_id, metric(task)) for episode, task in rows]
        pairs = [(cluster, value) for cluster, value in known if value is not None]
        estimate = clustered_mean([v for _, v in pairs], [c for c, _ in pairs])
        found[name] = estimate_json(estimate)
    return found


def _grouped(rows: Rows, key: Callable[[TaskResult], str]) -> dict[str, Any]:
    names = sorted({key(task) for _, task in rows}, key=_natural)
    return {name: _metrics([row for row in rows if key(row[1]) == name]) for name in names}


def _natural(name: str) -> tuple[str, int]:
    """'task_9' before 'task_10'."""
    head, _, tail = name.rpartition("_")
    return (head, int(tail)) if tail.isdecimal() else (name, 0)


def _macro(rows: Rows) -> float | None:
    """Mean over categories of the share of successes."""
    by_category: dict[str, list[float]] = {}
    for _, task in rows:
        by_category.setdefault(task.category, []).append(float(task.hl_success))
    if not by_category:
        return None
    return _rounded(float(np.mean([np.mean(values) for values in by_category.values()])))


def _failures(rows: Rows, key: Callable[[TaskResult], str]) -> dict[str, int]:
    return dict(sorted(Counter(key(task) for _, task in rows if key(task)).items()))


def _cost(episodes: Sequence[EpisodeResult], rows: Rows) -> dict[str, float | None]:
    def mean(values: Sequence[float]) -> float | None:
        return _rounded(float(np.mean(values))) if values else None

    return {
        "memory_bytes": mean([e.memory_bytes for e in episodes]),
        "frame_count": mean([e.frame_count for e in episodes]),
        "kept_frame_count": mean([e.kept_frame_count for e in episodes]),
        "shown_frame_count": mean([e.shown_frame_count for e in episodes]),
    }


def timing_json(episodes: Sequence[EpisodeResult]) -> dict[str, float | None]:
    """What depends on the machine and its load: kept apart from what must be the same every time."""

    def median(values: Sequence[float]) -> float | None:
        return _rounded(float(np.median(values))) if values else None

    plan_ms = [task.plan_ms for episode in episodes for task in episode.tasks]
    return {
        "update_p50_ms": median([e.update_p50_ms for e in episodes]),
        "update_p95_ms": median([e.update_p95_ms for e in episodes]),
        "recall_p50_ms": median([e.recall_p50_ms for e in episodes]),
        "plan_p50_ms": median(plan_ms),
        "seconds": _rounded(sum(e.seconds for e in episodes)),
    }


def _rounded(value: float) -> float:
    return round(value, 6)
