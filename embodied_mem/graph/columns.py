"""The octree as columns: where a wall stands, where one can be, what was looked at above the doors."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..spatial.kernels import ground
from ..spatial.octree import OccupancyOctree

UNSEEN, OPEN, CLOSED = 0, 1, 2
_MIN_STOREY_M = 2.2
_ISLAND_M = 0.7
_MIN_FLOOR_SHARE = 0.25
"""A further floor has at least this share of the largest one's surface."""


@dataclass(frozen=True)
class HeightBands:
    """Heights above the floor that tell walls from furniture."""

    low_m: tuple[float, float] = (0.15, 0.95)
    """Where furniture stands; decides only where nothing else was seen."""
    middle_m: tuple[float, float] = (0.95, 1.45)
    """Above most furniture, and seen by a camera at 1.3 m that looks down."""
    high_m: tuple[float, float] = (1.55, 1.95)
    """Above nearly all furniture and below lintels."""
    top_m: tuple[float, float] = (2.12, 2.45)
    """Above doors: what closes here over an open pass is a lintel."""

    def __post_init__(self) -> None:
        edges = (*self.low_m, *self.middle_m, *self.high_m, *self.top_m)
        if not all(a <= b for a, b in itertools.pairwise(edges)):
            raise InputError(f"height bands must rise from low to top, got {self}")


@dataclass(frozen=True)
class Columns:
    """What was seen in each column, (X, Y) grids; cell [i, j] begins at origin + (i, j) * cell_m."""

    is_wall: NDArray[np.bool_]
    """Closed as high as was looked at, up to the lintels."""
    is_open: NDArray[np.bool_]
    """Seen free there: a part of a room, also above furniture."""
    top: NDArray[np.uint8]
    """UNSEEN, OPEN or CLOSED above the doors."""
    is_known: NDArray[np.bool_]
    origin_m: tuple[float, float]
    cell_m: float


def read_columns(octree: OccupancyOctree, floor_m: float, bands: HeightBands) -> Columns | None:
    """The columns of one storey, or None while the map is empty."""
    bounds = octree.bounds()
    if bounds is None:
        return None
    cell_m = octree.resolution_m
    x0, y0 = round(bounds.low[0] / cell_m), round(bounds.low[1] / cell_m)
    shape = (round(bounds.size[0] / cell_m), round(bounds.size[1] / cell_m))
    low, middle, high, top = (
        _band(octree, floor_m, band, (x0, y0), shape)
        for band in (bands.low_m, bands.middle_m, bands.high_m, bands.top_m)
    )
    state = np.where(high != UNSEEN, high, np.where(middle != UNSEEN, middle, low))
    state[(high == CLOSED) & (middle == OPEN)] = OPEN  # hangs from the ceiling or on a wall
    is_wall = _without_islands(state == CLOSED, _ISLAND_M / cell_m)
    is_known = (state != UNSEEN) | (top != UNSEEN)
    origin = (x0 * cell_m, y0 * cell_m)
    return Columns(is_wall, state == OPEN, top, is_known, origin, cell_m)


def _without_islands(is_wall: NDArray[np.bool_], size: float) -> NDArray[np.bool_]:
    """Walls without what stands alone and is at most `size` cells wide: lamps, pillars, people."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(is_wall.astype(np.uint8), connectivity=8)
    is_small = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) <= size
    is_small[0] = False
    return np.asarray(is_wall & ~is_small[parts])


def _band(
    octree: OccupancyOctree,
    floor_m: float,
    band_m: tuple[float, float],
    corner: tuple[int, int],
    shape: tuple[int, int],
) -> NDArray[np.uint8]:
    """(X, Y) UNSEEN, OPEN or CLOSED between two heights."""
    free, occupied = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    z_low = math.ceil((floor_m + band_m[0]) / octree.resolution_m - 0.5)
    z_high = math.floor((floor_m + band_m[1]) / octree.resolution_m - 0.5)
    ground.count_columns(octree.store, z_low, z_high, *corner, free, occupied)
    state = np.full(shape, UNSEEN, np.uint8)
    state[free > 0] = OPEN
    state[(occupied > 0) & (3 * occupied >= free)] = CLOSED
    return state


def find_floors(octree: OccupancyOctree) -> tuple[float, ...]:
    """Heights of the storeys' floors, lowest first; empty where the map shows none.

    A floor is a height with much upward surface, at least a storey's height above the one below.
    """
    bounds = octree.bounds()
    if bounds is None:
        return ()
    cell_m = octree.resolution_m
    z0 = round(bounds.low[2] / cell_m)
    counts = np.zeros(round(bounds.size[2] / cell_m) + 8, np.int64)
    ground.top_surfaces(octree.store, counts, z0)
    smooth = counts + np.append(counts[1:], 0)
    floors: list[float] = []
    share = 0.1  # as `estimate_floor`: the lowest may have been seen little
    for level in range(len(smooth)):
        if smooth[level] == 0 or smooth[level] < share * smooth.max():
            continue
        best = level + int(np.argmax(counts[level : level + 3]))
        height_m = (z0 + best + 1) * cell_m
        if not floors or height_m - floors[-1] >= _MIN_STOREY_M:
            floors.append(height_m)
            share = _MIN_FLOOR_SHARE
    return tuple(floors)
