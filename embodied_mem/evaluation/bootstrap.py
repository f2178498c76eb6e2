"""Intervals: tasks of one episode share a house and a memory, so episodes are drawn, not tasks."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

DRAWS = 2000


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int
    """Tasks."""
    cluster_count: int
    """Episodes."""


def clustered_mean(
    values: Sequence[float], clusters: Sequence[Hashable], *, seed: int = 0, draws: int = DRAWS
) -> Estimate:
    """Mean of values and its percentile bootstrap interval over clusters (Cameron et al., 2008)."""
    if len(values) != len(clusters):
        raise InputError(f"need one cluster a value, got {len(clusters)} for {len(values)}")
    if not len(values):
        return Estimate(float("nan"), float("nan"), float("nan"), 0, 0)
    sums, counts = _sums(np.asarray(values, np.float64), clusters)
    chosen = _draws(len(sums), seed, draws)
    means = sums[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    mean = float(sums.sum() / counts.sum())
    return Estimate(mean, float(low), float(high), len(values), len(sums))


def paired_difference(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    seed: int = 0,
    draws: int = DRAWS,
) -> Estimate:
    """Mean of first - second over the same tasks, with its interval over episodes."""
    if len(first) != len(second):
        raise InputError(f"pairs need equal lengths, got {len(first)} and {len(second)}")
    difference = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    return clustered_mean(difference.tolist(), clusters, seed=seed, draws=draws)


def _sums(
    values: NDArray[np.float64], clusters: Sequence[Hashable]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum and number of the values of each cluster, in the order of first appearance."""
    places = {name: place for place, name in enumerate(dict.fromkeys(clusters))}
    index = np.array([places[name] for name in clusters], np.int64)
    sums = np.bincount(index, weights=values, minlength=len(places)).astype(np.float64)
    return sums, np.bincount(index, minlength=len(places)).astype(np.float64)


def _draws(count: int, seed: int, draws: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, count, size=(draws, count))
