"""Lengths of ways over the ground from one place, to things and to the sides of furniture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

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

    def __init__(
        self,
        ground: GroundMap,
        start: tuple[float, float],
        *,
        room_of: Callable[[NDArray[np.float64]], NDArray[np.int32]] | None = None,
        room: int | None = None,
    ) -> None:
        """
        Args:
            start: the way begins at the free floor nearest to it.
            room_of: numbers of the rooms of (N, 3) points, to keep on the right side of walls.
            room: of the start, if it lies above furniture or in a wall.
        """
        is_free = (ground.cells == FREE_CELL) & (ground.clearance_m >= ground.robot.radius_m)
        self._cells: NDArray[np.int64] = np.argwhere(is_free)
        self._xy = np.array(ground.origin_m) + (self._cells + 0.5) * ground.cell_m
        points = np.column_stack([self._xy, np.full(len(self._xy), ground.floor_m + 0.1)])
        self._rooms = None if room_of is None else room_of(points)
        self._length_m = np.full(len(self._cells), math.inf)
        near = self._nearest(start, self._in_room(room))
        if near is not None:
            self._length_m = dijkstra(_links(is_free, ground.cell_m), indices=near)

    def to_point_m(
        self, point: tuple[float, float], *, room: int | None = None, snap_m: float = _SNAP_M
    ) -> float:
        """To the floor nearest to a point, in a room if given; infinite if there is none near it."""
        near = self._nearest(point, np.isfinite(self._length_m) & self._in_room(room), snap_m)
        return math.inf if near is None else float(self._length_m[near])

    def to_box_m(self, box: OrientedBox, *, room: int | None = None) -> float:
        """To the nearest place from which one uses a piece of furniture; infinite if there is none."""
        x, y, _ = box.center_in_world
        c, s = math.cos(box.yaw_rad), math.sin(box.yaw_rad)
        dx, dy = self._xy[:, 0] - x, self._xy[:, 1] - y
        along = np.maximum(np.abs(c * dx + s * dy) - box.length_m / 2, 0.0)
        aside = np.maximum(np.abs(c * dy - s * dx) - box.width_m / 2, 0.0)
        gap = np.hypot(along, aside)
        is_stand = (gap >= _STAND_RANGE_M[0]) & (gap <= _STAND_RANGE_M[1])
        lengths = self._length_m[is_stand & self._in_room(room)]
        return float(lengths.min()) if len(lengths) else math.inf

    def _in_room(self, room: int | None) -> NDArray[np.bool_]:
        """(cells,) all of them where no room is given, or none of its cells is free."""
        everywhere = np.ones(len(self._xy), np.bool_)
        if room is None or self._rooms is None:
            return everywhere
        inside = np.asarray(self._rooms == room)
        return inside if inside.any() else everywhere

    def _nearest(
        self, point: tuple[float, float], allowed: NDArray[np.bool_], snap_m: float = _SNAP_M
    ) -> int | None:
        if not allowed.any():
            return None
        gaps = np.hypot(self._xy[:, 0] - point[0], self._xy[:, 1] - point[1])
        gaps = np.where(allowed, gaps, math.inf)
        best = int(np.argmin(gaps))
        return best if gaps[best] <= snap_m else None


def cropped(ground: GroundMap, middle: tuple[float, float], half_m: float) -> GroundMap:
    """The part of a ground map around a point."""
    i, j = ground.cell_of(np.array([middle[0], middle[1], 0.0]))
    reach = math.ceil(half_m / ground.cell_m)
    i0, j0 = max(0, i - reach), max(0, j - reach)
    part = np.s_[i0 : max(i0 + 1, i + reach + 1), j0 : max(j0 + 1, j + reach + 1)]
    origin = (ground.origin_m[0] + i0 * ground.cell_m, ground.origin_m[1] + j0 * ground.cell_m)
    return replace(
        ground, cells=ground.cells[part], clearance_m=ground.clearance_m[part], origin_m=origin
    )


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
