"""What a metre of way costs the middle of the robot, everywhere, by what memory knows.

Known free space costs little, more near walls, more where nothing was seen. Where the robot itself has
been it fits. Where a step was blocked it does not, for a while.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from ..spatial.routes import BLOCKED_CELL, UNKNOWN_CELL, GroundMap
from .executor_config import GroundConfig

Point2 = tuple[float, float]
Pose = tuple[float, float, float]
"""x_m, y_m, yaw_rad in the world."""

CELL_M = 0.05
_BORDER_M = 2.0
"""Kept around all that is known and wanted: unknown space to drive through."""
_MARK_RADIUS_M = 0.1
_MARK_COST = 8.0
_MOVING_MARK_RADIUS_M = 0.2
_MAX_TRACK_LEG_M = 0.3
"""Between two rows of a track; what is farther apart was not driven straight."""


@dataclass(frozen=True)
class Bump:
    """A step that was blocked."""

    start: Pose
    end: Point2
    until_action: int
    """Avoided until so many actions were done."""
    is_moving: bool = False
    """Whether somebody stood there: wider, and soon gone."""


@dataclass(frozen=True)
class DriveMap:
    """Cell [i, j] covers x = origin[0] + i * cell_m ..., y = origin[1] + j * cell_m ..."""

    cost: NDArray[np.float32]
    """(X, Y) cost of a metre for the robot's middle, >= 1; infinite where it must not be."""
    clearance_m: NDArray[np.float32]
    """(X, Y) distance to what blocks, by the map alone."""
    is_unknown: NDArray[np.bool_]
    """(X, Y) never seen and never been to."""
    blocked_steps: NDArray[np.float64]
    """(N, 3) x, y, yaw from where a step ahead was blocked and is not tried again."""
    origin_m: Point2
    cell_m: float

    def cell_of(self, x: float, y: float) -> tuple[int, int]:
        i = math.floor((x - self.origin_m[0]) / self.cell_m)
        j = math.floor((y - self.origin_m[1]) / self.cell_m)
        return i, j

    def center_of(self, i: int, j: int) -> Point2:
        return (
            self.origin_m[0] + (i + 0.5) * self.cell_m,
            self.origin_m[1] + (j + 0.5) * self.cell_m,
        )

    def cells_of(self, points: NDArray[np.floating]) -> NDArray[np.int64]:
        """(N, 2) cells of (N, 2 or more) points, those outside moved to the border."""
        flat = np.asarray(points, np.float64)[:, :2]
        cells = np.floor((flat - self.origin_m) / self.cell_m).astype(np.int64)
        return np.asarray(np.clip(cells, 0, np.array(self.cost.shape) - 1))

    def cost_at(self, x: float, y: float) -> float:
        """Infinite outside."""
        i, j = self.cell_of(x, y)
        if not (0 <= i < self.cost.shape[0] and 0 <= j < self.cost.shape[1]):
            return math.inf
        return float(self.cost[i, j])

    def is_clear_between(self, start: Point2, end: Point2) -> bool:
        """Whether the straight way after its start is open."""
        count = 2 + math.ceil(math.dist(start, end) / (0.5 * self.cell_m))
        line = np.linspace(start, end, count)[1:].tolist()
        return all(math.isfinite(self.cost_at(x, y)) for x, y in line)


def build_drive_map(
    ground: GroundMap | None,
    config: GroundConfig,
    *,
    start: Pose,
    wanted: NDArray[np.floating],
    track: NDArray[np.floating],
    bumps: tuple[Bump, ...] = (),
    is_bold: bool = False,
) -> DriveMap:
    """The costs of driving.

    Args:
        ground: what memory has mapped; None if it has nothing.
        start: where the robot stands; it fits there.
        wanted: (N, 2) points that the map must reach.
        track: (N, 2 or more) where it has been, in order; it fits there, too.
        bumps: blocked steps that still count.
        is_bold: what the map holds for solid is tried at a price (people who have gone since may have
            left their shape in it).
    """
    cells, origin, cell_m = _grown(ground, np.vstack([[start[:2]], np.reshape(wanted, (-1, 2))]))
    is_blocked = cells == BLOCKED_CELL
    clearance = np.full(cells.shape, np.float32(10.0))
    if is_blocked.any():
        clearance = distance_transform_edt(~is_blocked, sampling=cell_m).astype(np.float32)
    is_unknown = cells == UNKNOWN_CELL
    cost = _costs(clearance, is_unknown, config, is_bold=is_bold)
    steps = np.array([bump.start for bump in bumps], np.float64).reshape(-1, 3)
    grid = DriveMap(cost, clearance, is_unknown, steps, origin, cell_m)
    _open_track(grid, np.asarray(track, np.float64)[:, :2], config)
    for bump in bumps:
        _close_bump(grid, bump)
    _open_disc(grid, start[:2], config.track_half_width_m)
    return grid


def _grown(
    ground: GroundMap | None, points: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], Point2, float]:
    """The map's cells with unknown space around that holds the points."""
    cell_m = CELL_M if ground is None else ground.cell_m
    low, high = points.min(axis=0), points.max(axis=0)
    if ground is None:
        corner = np.floor((low - _BORDER_M) / cell_m)
        size = np.ceil((high + _BORDER_M) / cell_m) - corner
        shape = (int(size[0]), int(size[1]))
        origin = (float(corner[0] * cell_m), float(corner[1] * cell_m))
        return np.full(shape, UNKNOWN_CELL, np.uint8), origin, cell_m
    corner = np.array(ground.origin_m)
    first = np.minimum(np.floor((low - _BORDER_M - corner) / cell_m), -10).astype(int)
    past = np.ceil((high + _BORDER_M - corner) / cell_m)
    last = np.maximum(past, np.array(ground.cells.shape) + 10).astype(int)
    cells = np.full(tuple((last - first).tolist()), UNKNOWN_CELL, np.uint8)
    i, j = (-first).tolist()
    cells[i : i + ground.cells.shape[0], j : j + ground.cells.shape[1]] = ground.cells
    x, y = (corner + first * cell_m).tolist()
    return cells, (x, y), cell_m


def _costs(
    clearance_m: NDArray[np.float32],
    is_unknown: NDArray[np.bool_],
    config: GroundConfig,
    *,
    is_bold: bool,
) -> NDArray[np.float32]:
    radius, margin = config.robot.radius_m, config.voxel_margin_m
    sure = radius + margin
    share = (config.comfortable_m - clearance_m) / max(config.comfortable_m - sure, 1e-6)
    cost = 1.0 + config.near_cost * np.clip(share, 0.0, 1.0)
    tightness = (sure - clearance_m) / (2 * margin)
    cost += config.tight_cost * np.clip(tightness, 0.0, 1.0)
    cost[is_unknown] += config.unknown_cost
    cost[clearance_m < radius - margin] = config.solid_cost if is_bold else np.inf
    return np.asarray(cost, np.float32)


def _open_track(grid: DriveMap, track: NDArray[np.float64], config: GroundConfig) -> None:
    """It fits wherever it has been, and on the straight way between."""
    if not len(track):
        return
    gaps = np.hypot(*np.diff(track, axis=0).T)
    is_driven = (gaps > 0) & (gaps <= _MAX_TRACK_LEG_M)
    starts, ends = track[:-1][is_driven], track[1:][is_driven]
    shares = np.linspace(0.0, 1.0, 11)[:, None, None]
    points = (starts + shares * (ends - starts)).reshape(-1, 2)
    points = np.vstack([points, track])
    is_line = np.zeros(grid.cost.shape, np.bool_)
    cells = grid.cells_of(points)
    is_line[cells[:, 0], cells[:, 1]] = True
    gap_m = distance_transform_edt(~is_line, sampling=grid.cell_m)
    is_near = gap_m <= config.track_half_width_m
    beside = config.tight_cost * gap_m[is_near] / (2 * config.track_half_width_m)
    proved = (1.0 + config.near_cost + beside).astype(np.float32)
    grid.cost[is_near] = np.minimum(grid.cost[is_near], proved)
    grid.is_unknown[is_near] = False


def _close_bump(grid: DriveMap, bump: Bump) -> None:
    """Where somebody stood it is closed; where a step was blocked it is dear, the more the more often."""
    (x, y, _), end = bump.start, bump.end
    if not bump.is_moving:
        grid.cost[_disc(grid, end, _MARK_RADIUS_M)] += _MARK_COST
        return
    for share in (0.7, 1.0):
        point = (x + share * (end[0] - x), y + share * (end[1] - y))
        grid.cost[_disc(grid, point, _MOVING_MARK_RADIUS_M)] = np.inf


def _open_disc(grid: DriveMap, point: Point2, radius_m: float) -> None:
    near = _disc(grid, point, radius_m)
    grid.cost[near] = np.where(np.isfinite(grid.cost[near]), grid.cost[near], 2.0)


def _disc(grid: DriveMap, point: Point2, radius_m: float) -> tuple[NDArray[np.int64], ...]:
    """Cells whose middle is that near, and the one that holds the point."""
    i, j = grid.cell_of(*point)
    reach = math.ceil(radius_m / grid.cell_m) + 1
    rows, columns = np.mgrid[i - reach : i + reach + 1, j - reach : j + reach + 1].reshape(2, -1)
    x = grid.origin_m[0] + (rows + 0.5) * grid.cell_m
    y = grid.origin_m[1] + (columns + 0.5) * grid.cell_m
    is_near = np.hypot(x - point[0], y - point[1]) <= radius_m
    is_near |= (rows == i) & (columns == j)
    is_near &= (rows >= 0) & (rows < grid.cost.shape[0])
    is_near &= (columns >= 0) & (columns < grid.cost.shape[1])
    return rows[is_near], columns[is_near]
