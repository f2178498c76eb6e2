"""Lengths of ways over the ground from one place, to things and to the sides of furniture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from ...perception import OrientedBox
from ...spatial.routes import FREE_CELL, GroundMap

_SNAP_M = 1.5
_STAND_RANGE_M = (0.5, 1.05)
"""How far from furniture one stands to use it."""


class Ways:
    """Shortest ways of a robot's middle over known free ground, all from one start."""

    def __init__(self, ground: GroundMap, start: tuple[float, float]) -> None:
        self._ground = ground
        is_free = (ground.cells == FREE_CELL) & (ground.clearance_m >= ground.robot.radius_m)
        self._cells: NDArray[np.int64] = np.argwhere(is_free)
        self._xy = np.array(ground.origin_m) + (self._cells + 0.5) * ground.cell_m
        self._length_m = np.full(len(self._cells), math.inf)
        near = self._nearest(start)
        if near is not None:
            self._length_m = dijkstra(_links(is_free, ground.cell_m), indices=near)

    def to_point_m(self, point: tuple[float, float]) -> float:
        """To the floor nearest to a point; infinite if there is none near it."""
        near = self._nearest(point, is_reached=True)
        return math.inf if near is None else float(self._length_m[near])

    def to_box_m(self, box: OrientedBox) -> float:
        """To the nearest place from which one uses a piece of furniture; infinite if there is none."""
        x, y, _ = box.center_in_world
        c, s = math.cos(box.yaw_rad), math.sin(box.yaw_rad)
        dx, dy = self._xy[:, 0] - x, self._xy[:, 1] - y
        along = np.maximum(np.abs(c * dx + s * dy) - box.length_m / 2, 0.0)
        aside = np.maximum(np.abs(c * dy - s * dx) - box.width_m / 2, 0.0)
        gap = np.hypot(along, aside)
        is_stand = (gap >= _STAND_RANGE_M[0]) & (gap <= _STAND_RANGE_M[1])
        lengths = self._length_m[is_stand]
        return float(lengths.min()) if len(lengths) else math.inf

    def _nearest(self, point: tuple[float, float], *, is_reached: bool = False) -> int | None:
        if not len(self._xy):
            return None
        gaps = np.hypot(self._xy[:, 0] - point[0], self._xy[:, 1] - point[1])
        if is_reached:
            gaps = np.where(np.isfinite(self._length_m), gaps, math.inf)
        best = int(np.argmin(gaps))
        return best if gaps[best] <= _SNAP_M else None


def _links(is_free: NDArray[np.bool_], cell_m: float) -> coo_matrix:
    """Steps between neighbouring cells, also aslant."""
    numbers = np.full(is_free.shape, -1, np.int64)
    numbers[is_free] = np.arange(int(is_free.sum()))
    rows, columns, lengths = [], [], []
    for di, dj in ((1, 0), (0, 1), (1, 1), (1, -1)):
        here = numbers[: -di or None, max(0, -dj) : -dj if dj > 0 else None]
        there = numbers[di:, max(0, dj) : dj if dj < 0 else None]
        is_link = (here >= 0) & (there >= 0)
        rows += [here[is_link], there[is_link]]
        columns += [there[is_link], here[is_link]]
        lengths.append(np.full(2 * int(is_link.sum()), cell_m * math.hypot(di, dj)))
    count = int(is_free.sum())
    table = (np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns)))
    return coo_matrix(table, shape=(count, count)).tocsr()
