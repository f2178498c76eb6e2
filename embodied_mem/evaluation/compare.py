"""Two runs on the same episodes: the difference of each figure, paired by task, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError
from .bootstrap import Estimate, paired_difference
from .results import EpisodeResult, TaskResult
from .summary import METRICS


@dataclass(frozen=True)
class Difference:
    """A metric of the first run minus that of the second, over the tasks that both have."""

    metric: str
    first_mean: float
    second_mean: float
    difference: Estimate

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.difference.low > 0 or self.difference.high < 0


def compare_runs(
    first: Sequence[EpisodeResult], second: Sequence[EpisodeResult]
) -> list[Difference]:
    """One row a metric.

    Raises:
        InputError: the runs have no task in common.
    """
    ours, theirs = _tasks(first), _tasks(second)
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        raise InputError("the runs have no task in common: compare runs of one suite and split")
    rows = []
    for name, metric in METRICS.items():
        pairs = [(key, metric(ours[key]), metric(theirs[key])) for key in shared]
        known = [(key, a, b) for key, a, b in pairs if a is not None and b is not None]
        if not known:
            continue
        values_a, values_b = [a for _, a, _ in known], [b for _, _, b in known]
        difference = paired_difference(values_a, values_b, [key[0] for key, _, _ in known])
        mean_a, mean_b = sum(values_a) / len(known), sum(values_b) / len(known)
        rows.append(Difference(name, mean_a, mean_b, difference))
    return rows


def _tasks(episodes: Sequence[EpisodeResult]) -> dict[tuple[int, str], TaskResult]:
    return {(e.seed, task.task_id): task for e in episodes for task in e.tasks}
