"""The true free space of a house for a round robot: collisions, distances, shortest paths.

Obstacles are the walls and every solid piece of furniture, each as its whole footprint; what hangs
above the robot and what lies flat on the floor is none. A position is free where the robot's disc
touches no obstacle. Cell (i, j) of the grids has its centre at `origin + (i + 0.5, j + 0.5) * cell_m`,
i along x and j along y.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .grid_search import STEPS, spread
from .obstacles import ROBOT_HEIGHT_M, Obstacles, distances_m, obstacles_of, segment_distances_m
from .structure import opening_rectangle, wall_boxes
from .world import House, Point2

ROBOT_RADIUS_M = 0.25
CELL_M = 0.05
_MARGIN_M = 0.01
"""Cells keep this much more room, so that a straight move between neighbours never touches."""
_CACHED_FIELDS = 64
_TOUCH_M = 1e-9


class NavigationMap:
    """Where a robot can be and how far it is; immutable, distance fields are cached."""

    def __init__(
        self,
        house: House,
        *,
        radius_m: float = ROBOT_RADIUS_M,
        height_m: float = ROBOT_HEIGHT_M,
        cell_m: float = CELL_M,
    ) -> None:
        self.radius_m = radius_m
        self.cell_m = cell_m
        self.obstacles: Obstacles = obstacles_of(house, robot_height_m=height_m)
        self.walls: NDArray[np.float64] = np.array(
            [(*box.low[:2], *box.high[:2]) for box in wall_boxes(house) if box.low[2] < height_m]
        ).reshape(-1, 4)
        """(N, 4) x_min, y_min, x_max, y_max of the walls at the robot's height."""
        self._inside = _inside_of(house)
        low = np.floor(self._inside[:, :2].min(axis=0) / cell_m) * cell_m
        high = self._inside[:, 2:].max(axis=0)
        self.origin: Point2 = (float(low[0]), float(low[1]))
        shape = np.ceil((high - low) / cell_m - 1e-9).astype(int)
        self.is_free_cell: NDArray[np.bool_] = self._rasterised((int(shape[0]), int(shape[1])))
        self.is_reachable_cell: NDArray[np.bool_] = self._connected(house.start[:2])
        """Free cells that a robot can reach from the house's start."""
        self._lengths = np.hypot(STEPS[:, 0], STEPS[:, 1]) * cell_m
        self._fields: OrderedDict[Point2, NDArray[np.float64]] = OrderedDict()

    def started_at(self, start: Point2) -> NavigationMap:
        """The same map with another start, from which things are reachable."""
        other = copy.copy(self)
        other.is_reachable_cell = self._connected(start)
        other._fields = OrderedDict()
        return other

    def clearance_m(self, x: float, y: float) -> float:
        """Distance from a point to the nearest obstacle; 0 within one."""
        return float(distances_m(self.obstacles, np.array([[x, y]]))[:, 0].min(initial=np.inf))

    def is_free(self, x: float, y: float) -> bool:
        """Whether the robot can stand there without touching anything; exact, not by cells."""
        inside = self._inside
        is_inside = (inside[:, 0] <= x) & (x <= inside[:, 2])
        is_inside &= (inside[:, 1] <= y) & (y <= inside[:, 3])
        return bool(is_inside.any()) and self.clearance_m(x, y) >= self.radius_m - _TOUCH_M

    def is_reachable(self, x: float, y: float) -> bool:
        """Whether the robot can stand there and get there from the start."""
        return self.is_free(x, y) and len(self._anchors((x, y))[0]) > 0

    def is_motion_free(self, start: Point2, end: Point2) -> bool:
        """Whether a straight drive touches nothing on its whole way; exact."""
        if not self.is_free(*start) or not self.is_free(*end):
            return False
        gap = segment_distances_m(self.obstacles, start, end).min(initial=np.inf)
        return bool(gap >= self.radius_m - _TOUCH_M)

    def drive(self, start: Point2, end: Point2) -> Point2:
        """Where a straight drive ends: at `end`, or just before it would touch (no sliding)."""
        if self.is_motion_free(start, end):
            return end
        low, high = 0.0, 1.0
        for _ in range(24):
            middle = (low + high) / 2
            if self.is_motion_free(start, _between(start, end, middle)):
                low = middle
            else:
                high = middle
        return _between(start, end, low) if low > 0 else start

    def cell_of(self, x: float, y: float) -> tuple[int, int]:
        """The cell that a point lies in; it may lie outside the grid."""
        i, j = np.floor((np.array([x, y]) - self.origin) / self.cell_m).astype(int)
        return int(i), int(j)

    def center_of(self, cell: tuple[int, int]) -> Point2:
        """The middle of a cell, metres."""
        return (
            self.origin[0] + (cell[0] + 0.5) * self.cell_m,
            self.origin[1] + (cell[1] + 0.5) * self.cell_m,
        )

    def reachable_points(self) -> NDArray[np.float64]:
        """(N, 2) middles of all reachable cells, by x then y."""
        cells = np.argwhere(self.is_reachable_cell)
        return np.asarray(self.origin + (cells + 0.5) * self.cell_m)

    def reachable_points_near(self, x: float, y: float, radius_m: float) -> NDArray[np.float64]:
        """(N, 2) the same within a square of half size `radius_m` around a point."""
        i0, j0 = (max(k, 0) for k in self.cell_of(x - radius_m, y - radius_m))
        i1, j1 = (max(k + 1, 0) for k in self.cell_of(x + radius_m, y + radius_m))
        cells = np.argwhere(self.is_reachable_cell[i0:i1, j0:j1]) + np.array([i0, j0])
        return np.asarray(self.origin + (cells + 0.5) * self.cell_m)

    def nearest_reachable(self, x: float, y: float) -> Point2:
        """The point itself if reachable, else the nearest middle of a reachable cell.

        Raises:
            InputError: nothing is reachable, because the house's start is not free.
        """
        if self.is_reachable(x, y):
            return x, y
        points = self.reachable_points()
        if len(points) == 0:
            raise InputError("no floor is reachable: the start of the house is not free")
        index = int(np.argmin(((points - (x, y)) ** 2).sum(axis=1)))
        return float(points[index, 0]), float(points[index, 1])

    def distance_field_m(self, x: float, y: float) -> NDArray[np.float64]:
        """(X, Y) driving distance from a point to every cell; infinite where there is no way.

        A point that is not reachable counts as its nearest reachable one. Do not write to it.
        """
        point = self.nearest_reachable(x, y)
        if point not in self._fields:
            cells, costs = self._anchors(point)
            field = np.full(self.is_free_cell.shape, np.inf)
            spread(self.is_reachable_cell, cells, costs, STEPS, self._lengths, field)
            field.setflags(write=False)
            self._fields[point] = field
            if len(self._fields) > _CACHED_FIELDS:
                self._fields.popitem(last=False)
        self._fields.move_to_end(point)
        return self._fields[point]

    def geodesic_m(self, start: Point2, end: Point2) -> float:
        """Driving distance; straight where nothing is in the way, else over the grid (+ 0 to 3 %).

        A point that is not reachable counts as its nearest reachable one, as a navigation mesh does
        it. Reuse `start` for many `end`s: its field is cached.
        """
        first, last = self.nearest_reachable(*start), self.nearest_reachable(*end)
        if self.is_motion_free(first, last):
            return float(np.hypot(last[0] - first[0], last[1] - first[1]))
        field = self.distance_field_m(*first)
        cells, costs = self._anchors(last)
        return float((field[cells[:, 0], cells[:, 1]] + costs).min(initial=np.inf))

    def shortest_path(self, start: Point2, end: Point2) -> tuple[Point2, ...]:
        """Corner points of a shortest drive from start to end, each straight leg free."""
        first, last = self.nearest_reachable(*start), self.nearest_reachable(*end)
        if self.is_motion_free(first, last):
            return first, last
        field = self.distance_field_m(*last)
        cells, costs = self._anchors(first)
        best = int(np.argmin(field[cells[:, 0], cells[:, 1]] + costs))
        points = [first, *self._downhill(field, (int(cells[best, 0]), int(cells[best, 1]))), last]
        return self._pulled(points)

    def _rasterised(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        is_free = np.zeros(shape, bool)
        for x0, y0, x1, y1 in self._inside.tolist():
            i0, j0 = np.ceil((np.array([x0, y0]) - self.origin) / self.cell_m - 0.5).astype(int)
            i1, j1 = np.floor((np.array([x1, y1]) - self.origin) / self.cell_m - 0.5).astype(int)
            is_free[i0 : i1 + 1, j0 : j1 + 1] = True
        reach = self.radius_m + _MARGIN_M
        extent = np.hypot(self.obstacles[:, 4], self.obstacles[:, 5]) + reach
        for row, size in zip(self.obstacles, extent, strict=True):
            low = np.floor((row[:2] - size - self.origin) / self.cell_m).astype(int).clip(0)
            high = np.ceil((row[:2] + size - self.origin) / self.cell_m).astype(int)
            part = is_free[low[0] : max(high[0], 0), low[1] : max(high[1], 0)]
            if part.size == 0:
                continue
            x = self.origin[0] + (low[0] + np.arange(part.shape[0]) + 0.5) * self.cell_m - row[0]
            y = self.origin[1] + (low[1] + np.arange(part.shape[1]) + 0.5) * self.cell_m - row[1]
            u = np.abs(x[:, None] * row[2] + y * row[3]) - row[4]
            v = np.abs(y * row[2] - x[:, None] * row[3]) - row[5]
            part &= u.clip(0) ** 2 + v.clip(0) ** 2 >= reach**2
        return is_free

    def _connected(self, start: Sequence[float]) -> NDArray[np.bool_]:
        """The connected free cells around a point; none if it is not free."""
        _, labels = cv2.connectedComponents(self.is_free_cell.astype(np.uint8), connectivity=8)
        i, j = self.cell_of(start[0], start[1])
        around = labels[max(i - 1, 0) : max(i + 2, 0), max(j - 1, 0) : max(j + 2, 0)]
        names = around[around > 0]
        if len(names) == 0 or not self.is_free(start[0], start[1]):
            return np.zeros(labels.shape, bool)
        return np.asarray(labels == np.bincount(names).argmax())

    def _anchors(self, point: Point2) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(N, 2) reachable cells around a free point that it can drive to, and the distances."""
        i, j = self.cell_of(*point)
        cells, costs = [], []
        for cell in [(a, b) for a in (i - 1, i, i + 1) for b in (j - 1, j, j + 1)]:
            if not self._is_on_grid(cell) or not self.is_reachable_cell[cell]:
                continue
            center = self.center_of(cell)
            if self.is_motion_free(point, center):
                cells.append(cell)
                costs.append(float(np.hypot(center[0] - point[0], center[1] - point[1])))
        return np.array(cells, np.int64).reshape(-1, 2), np.array(costs)

    def _is_on_grid(self, cell: tuple[int, int]) -> bool:
        rows, columns = self.is_free_cell.shape
        return bool(0 <= cell[0] < rows and 0 <= cell[1] < columns)

    def _downhill(self, field: NDArray[np.float64], cell: tuple[int, int]) -> list[Point2]:
        """Middles of the cells from `cell` down to the source of a distance field."""
        points = [self.center_of(cell)]
        while True:
            options = [
                (field[i, j] + length, int(i), int(j))
                for (i, j), length in zip(cell + STEPS, self._lengths, strict=True)
                if self._is_on_grid((int(i), int(j))) and field[i, j] < field[cell]
            ]
            if not options or min(options)[0] > field[cell] + _TOUCH_M:
                return points
            _, *best = min(options)
            cell = (best[0], best[1])
            points.append(self.center_of(cell))

    def _pulled(self, points: list[Point2]) -> tuple[Point2, ...]:
        """The same way with as few corners as straight free legs allow."""
        path = [points[0]]
        here = 0
        while here < len(points) - 1:
            ahead = len(points) - 1
            while ahead > here + 1 and not self.is_motion_free(points[here], points[ahead]):
                ahead -= max(1, (ahead - here) // 8)
            path.append(points[ahead])
            here = ahead
        return tuple(path)


def _inside_of(house: House) -> NDArray[np.float64]:
    """(N, 4) rectangles of floor: rooms and doorways."""
    doors = [opening_rectangle(door, house.wall_thickness_m) for door in house.doors]
    rooms = [tuple(r) for room in house.rooms for r in room.rectangles]
    return np.array(rooms + doors, np.float64).reshape(-1, 4)


def _between(start: Point2, end: Point2, share: float) -> Point2:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
