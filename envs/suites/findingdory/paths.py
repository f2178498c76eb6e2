"""Shortest drives that satisfy a goal: what success weighted by path length (SPL) compares with."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...house.world import Point2
from .final_world import FinalWorld
from .goals import Goal

MOST_BY_BRUTE_FORCE = 6
_LEAST_GAIN_M = 1e-9


def shortest_drive_m(world: FinalWorld, start: Point2, goal: Goal) -> float:
    """To the nearest target; along the stated order; or the best tour through all.

    Legs between two receptacles run from viewpoint to viewpoint, whichever are nearest.
    """
    if goal.quantifier == "any":
        return min(world.distance_m(name, start) for name in goal.rows[0])
    names = [row[0] for row in goal.rows]
    legs_m = leg_table_m(world, start, names)
    if goal.quantifier == "all_ordered":
        return tour_m(legs_m, range(1, len(names) + 1))
    return best_tour_m(legs_m)


def leg_table_m(world: FinalWorld, start: Point2, names: Sequence[str]) -> NDArray[np.float64]:
    """(N + 1, N + 1) driving distances; row and column 0 are the start."""
    legs_m = np.zeros((len(names) + 1, len(names) + 1))
    for i, name in enumerate(names, start=1):
        legs_m[0, i] = world.distance_m(name, start)
        for j in range(1, i):
            stands = world.stands_of(names[j - 1])
            legs_m[i, j] = legs_m[j, i] = min(world.distance_m(name, stand) for stand in stands)
    legs_m[1:, 0] = legs_m[0, 1:]
    return legs_m


def best_tour_m(legs_m: NDArray[np.float64]) -> float:
    """Shortest open tour from 0 through all others: all orders up to six stops, else improved greedily."""
    stops = range(1, len(legs_m))
    if len(stops) <= MOST_BY_BRUTE_FORCE:
        return min(tour_m(legs_m, order) for order in itertools.permutations(stops))
    return tour_m(legs_m, _two_opt(legs_m, _nearest_first(legs_m)))


def tour_m(legs_m: NDArray[np.float64], order: Sequence[int]) -> float:
    """Length of an open tour from 0."""
    return float(sum(legs_m[a, b] for a, b in itertools.pairwise([0, *order])))


def success_by_path_length(*, is_success: bool, shortest_m: float, driven_m: float) -> float:
    """success * l / max(l, p); 1 for a success that needed no drive."""
    if not is_success:
        return 0.0
    longest_m = max(shortest_m, driven_m)
    return 1.0 if longest_m <= 0 else shortest_m / longest_m


def _nearest_first(legs_m: NDArray[np.float64]) -> list[int]:
    order, left, here = [], set(range(1, len(legs_m))), 0
    while left:
        here = min(left, key=lambda stop: (legs_m[here, stop], stop))
        left.remove(here)
        order.append(here)
    return order


def _two_opt(legs_m: NDArray[np.float64], order: list[int]) -> list[int]:
    """Turn parts of a tour round while that makes it shorter."""
    best_m = tour_m(legs_m, order)
    is_better = math.isfinite(best_m)
    while is_better:
        is_better = False
        for i, j in itertools.combinations(range(len(order) + 1), 2):
            turned = [*order[:i], *reversed(order[i:j]), *order[j:]]
            length_m = tour_m(legs_m, turned)
            if length_m < best_m - _LEAST_GAIN_M:
                order, best_m, is_better = turned, length_m, True
    return order
