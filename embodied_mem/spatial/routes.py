"""Routes on the ground: the octree seen by a robot that stands on the floor.

A column is blocked if anything stands between step height and robot height, free if free space was seen
there, unknown otherwise. Obstacles grow by the robot's radius; A* finds the way, first through known
free space only, then also through the unknown.
"""

from __future__ import annotations

import enum
import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label, maximum

from ..errors import InputError
from ..geometry import Points
from .kernels import ground
from .octree import OccupancyOctree

UNKNOWN_CELL, FREE_CELL, BLOCKED_CELL = 0, 1, 2
_UNKNOWN_COST = 4.0
_NEAR_WALL_COST = 2.0
DEFAULT_SNAP_M = 1.5
SPECK_CELLS = 6
SPECK_VOXELS = 4


@dataclass(frozen=True)
class RobotShape:
    """A vertical cylinder that climbs small steps."""

    radius_m: float = 0.25
    height_m: float = 1.41
    step_m: float = 0.15

    def __post_init__(self) -> None:
        is_possible = self.radius_m >= 0 and 0 <= self.step_m < self.height_m
        if not is_possible or not math.isfinite(self.radius_m + self.height_m):
            raise InputError(f"a robot needs finite radius >= 0, 0 <= step < height, got {self}")


class RouteStatus(str, enum.Enum):
    """How far a route can be trusted."""

    FREE = "free"
    """Every step lies in space that was seen free."""
    THROUGH_UNKNOWN = "through_unknown"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Route:
    """A path on the ground from start to goal."""

    status: RouteStatus
    waypoints: NDArray[np.float64]
    """(N, 3) in the world at floor height, corners only; empty if blocked."""
    length_m: float
    """Infinity if blocked."""
    unknown_m: float
    """Length of the path through space that was never seen."""
    goal_gap_m: float
    """Horizontal distance from its end to the goal: a goal inside furniture is reached beside it."""


@dataclass(frozen=True)
class GroundMap:
    """A 2D grid: cell [i, j] covers x = origin[0] + i * cell_m ..., y = origin[1] + j * cell_m ..."""

    cells: NDArray[np.uint8]
    """(X, Y) UNKNOWN_CELL, FREE_CELL or BLOCKED_CELL."""
    clearance_m: NDArray[np.float32]
    """(X, Y) distance to the nearest blocked cell."""
    origin_m: tuple[float, float]
    cell_m: float
    floor_m: float
    robot: RobotShape

    def cell_of(self, point_in_world: Points) -> tuple[int, int]:
        i = math.floor((float(point_in_world[0]) - self.origin_m[0]) / self.cell_m)
        j = math.floor((float(point_in_world[1]) - self.origin_m[1]) / self.cell_m)
        return i, j

    def center_of(self, i: int, j: int) -> NDArray[np.float64]:
        """(3,) centre of a cell at floor height."""
        return np.array(
            [
                self.origin_m[0] + (i + 0.5) * self.cell_m,
                self.origin_m[1] + (j + 0.5) * self.cell_m,
                self.floor_m,
            ]
        )


def estimate_floor(octree: OccupancyOctree) -> float | None:
    """Height of the lowest large horizontal surface in the map; None if the map shows none.

    The lowest height at which at least a tenth of the largest count of upward surface voxels lies.
    """
    bounds = octree.bounds()
    if bounds is None:
        return None
    z0 = round(bounds.low[2] / octree.resolution_m)
    counts = np.zeros(round(bounds.size[2] / octree.resolution_m) + 8, np.int64)
    ground.top_surfaces(octree.store, counts, z0)
    smooth = counts + np.append(counts[1:], 0)
    if smooth.max() == 0:
        return None
    lowest = int(np.flatnonzero(smooth >= 0.1 * smooth.max())[0])
    level = lowest + int(np.argmax(counts[lowest : lowest + 3]))
    return (z0 + level + 1) * octree.resolution_m


def build_ground_map(
    octree: OccupancyOctree, robot: RobotShape, *, floor_m: float | None = None
) -> GroundMap | None:
    """The ground as a robot sees it; None while the map is empty or shows no floor.

    `floor_m` is the floor's height in the world, estimated by default.
    """
    if floor_m is not None and not math.isfinite(floor_m):
        raise InputError(f"floor_m must be a finite height in metres, got {floor_m}")
    bounds = octree.bounds()
    floor = estimate_floor(octree) if floor_m is None else floor_m
    if bounds is None or floor is None:
        return None
    resolution = octree.resolution_m
    x0, y0 = round(bounds.low[0] / resolution), round(bounds.low[1] / resolution)
    size = (round(bounds.size[0] / resolution), round(bounds.size[1] / resolution))
    free = np.zeros(size, np.int32)
    occupied = np.zeros(size, np.int32)
    z_low = math.ceil((floor + robot.step_m) / resolution - 0.5)
    z_high = math.floor((floor + robot.height_m) / resolution - 0.5)
    ground.count_columns(octree.store, z_low, z_high, x0, y0, free, occupied)
    cells = np.full(size, UNKNOWN_CELL, np.uint8)
    cells[free > 0] = FREE_CELL
    cells[_without_specks(occupied)] = BLOCKED_CELL
    clearance = distance_transform_edt(cells != BLOCKED_CELL, sampling=resolution)
    origin = (x0 * resolution, y0 * resolution)
    return GroundMap(cells, clearance.astype(np.float32), origin, resolution, floor, robot)


def _without_specks(occupied: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Columns that block, without specks: connected parts of a few cells and hardly any height.

    Pixels that fly between near and far at an edge leave such specks in mid-air, and so does somebody
    who walked by; a chair's leg is as thin, but higher.
    """
    parts, count = label(occupied > 0, structure=np.ones((3, 3)))
    index = np.arange(1, count + 1)
    cells = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    height = maximum(occupied, parts, index)
    is_solid = np.append(False, (cells >= SPECK_CELLS) | (height >= SPECK_VOXELS))
    return np.asarray(is_solid[parts])


def find_route(
    ground_map: GroundMap,
    start_in_world: Points,
    goal_in_world: Points,
    *,
    snap_m: float = DEFAULT_SNAP_M,
) -> Route:
    """The cheapest path for the robot's centre; prefers known free space and some distance to walls.

    Start and goal move to cells where the robot fits and between which there is a way, together as
    near as possible, each at most `snap_m` away: a goal inside furniture is reached beside it (on
    whichever side is nearest, even behind a wall: name a point in front of it if it matters).
    """
    near_wall = 1.0 - ground_map.clearance_m / (2 * ground_map.robot.radius_m + 1e-6)
    cost = 1.0 + _NEAR_WALL_COST * np.clip(near_wall, 0.0, 1.0).astype(np.float32)
    cost[ground_map.clearance_m < ground_map.robot.radius_m] = np.inf
    is_unknown = ground_map.cells == UNKNOWN_CELL
    for status in (RouteStatus.FREE, RouteStatus.THROUGH_UNKNOWN):
        factor = np.inf if status is RouteStatus.FREE else _UNKNOWN_COST
        allowed = np.where(is_unknown, cost * np.float32(factor), cost)
        ends = _snap_pair(ground_map, allowed, start_in_world, goal_in_world, snap_m)
        path = _search(allowed, *ends) if ends is not None else None
        if path is not None:
            corners = _straightened(path, allowed)
            return _route(ground_map, corners, is_unknown, status, goal_in_world)
    return Route(RouteStatus.BLOCKED, np.zeros((0, 3)), math.inf, math.inf, math.inf)


def _snap_pair(
    ground_map: GroundMap,
    cost: NDArray[np.float32],
    start_in_world: Points,
    goal_in_world: Points,
    snap_m: float,
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Cells near start and goal in one connected part of the passable cells, least moved in sum."""
    parts, _ = label(np.isfinite(cost))
    starts = _nearest_by_part(ground_map, parts, start_in_world, snap_m)
    goals = _nearest_by_part(ground_map, parts, goal_in_world, snap_m)
    shared = sorted(starts.keys() & goals.keys())
    if not shared:
        return None
    best = min(shared, key=lambda part: starts[part][0] + goals[part][0])
    return starts[best][1], goals[best][1]


def _nearest_by_part(
    ground_map: GroundMap, parts: NDArray[np.int32], point_in_world: Points, snap_m: float
) -> dict[int, tuple[float, tuple[int, int]]]:
    """For each connected part within reach: distance in cells and the nearest cell."""
    i, j = ground_map.cell_of(point_in_world)
    is_inside = 0 <= i < parts.shape[0] and 0 <= j < parts.shape[1]
    if is_inside and parts[i, j]:
        return {int(parts[i, j]): (0.0, (i, j))}  # it fits here; moving could lead through a wall
    reach = math.ceil(snap_m / ground_map.cell_m)
    i0, j0 = max(0, i - reach), max(0, j - reach)
    window = parts[i0 : max(0, i + reach + 1), j0 : max(0, j + reach + 1)]
    di, dj = np.nonzero(window)
    distance = np.hypot(di + i0 - i, dj + j0 - j)
    order = np.argsort(distance, kind="stable")
    order = order[distance[order] <= reach]
    nearest: dict[int, tuple[float, tuple[int, int]]] = {}
    for n in order.tolist():
        part = int(window[di[n], dj[n]])
        nearest.setdefault(part, (float(distance[n]), (int(di[n] + i0), int(dj[n] + j0))))
    return nearest


def _search(
    cost: NDArray[np.float32], start: tuple[int, int], goal: tuple[int, int]
) -> list[tuple[int, int]] | None:
    columns = cost.shape[1]
    parent = np.empty(cost.size, np.int64)
    found = ground.shortest_path(
        cost, start[0] * columns + start[1], goal[0] * columns + goal[1], parent,
        np.empty(cost.size), np.empty(8 * cost.size), np.empty(8 * cost.size, np.int64),
    )  # fmt: skip
    if not math.isfinite(found):
        return None
    cell = goal[0] * columns + goal[1]
    path = []
    while cell >= 0:
        path.append((int(cell // columns), int(cell % columns)))
        cell = int(parent[cell])
    return path[::-1]


def _straightened(path: list[tuple[int, int]], cost: NDArray[np.float32]) -> NDArray[np.int64]:
    """(N, 2) corner cells: a straight line replaces steps wherever it costs no more per cell."""
    cells = np.array(path)
    corners = [0]
    while corners[-1] < len(path) - 1:
        here = corners[-1]
        step = 1
        reach = here + 1
        while reach < len(path) and _is_straight(cells, here, reach, cost):
            step *= 2
            reach = here + step
        far = min(reach, len(path) - 1)
        while far > here + 1 and not _is_straight(cells, here, far, cost):
            far -= 1
        corners.append(far)
    return np.asarray(cells[corners], np.int64)


def _is_straight(
    cells: NDArray[np.int64], first: int, last: int, cost: NDArray[np.float32]
) -> bool:
    line = _cells_between(cells[first], cells[last])
    return bool(
        cost[line[:, 0], line[:, 1]].max()
        <= cost[cells[first : last + 1, 0], cells[first : last + 1, 1]].max() + 1e-6
    )


def _cells_between(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N, 2) cells along a straight line, sampled at half cells."""
    count = 2 * int(np.abs(end - start).max()) + 1
    return np.rint(np.linspace(start, end, count)).astype(np.int64)


def _route(
    ground_map: GroundMap,
    corners: NDArray[np.int64],
    is_unknown: NDArray[np.bool_],
    status: RouteStatus,
    goal_in_world: Points,
) -> Route:
    length_m = unknown_m = 0.0
    for start, end in itertools.pairwise(corners):
        leg_m = float(np.hypot(*(end - start))) * ground_map.cell_m
        line = _cells_between(start, end)
        length_m += leg_m
        unknown_m += leg_m * float(is_unknown[line[:, 0], line[:, 1]].mean())
    waypoints = np.array([ground_map.center_of(int(i), int(j)) for i, j in corners])
    gap_m = float(np.linalg.norm(waypoints[-1, :2] - np.asarray(goal_in_world)[:2]))
    return Route(status, waypoints, length_m, unknown_m, gap_m)
