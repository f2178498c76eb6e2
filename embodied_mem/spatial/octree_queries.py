"""Queries on the octree: look-ups at any level, ray casts, radius and box queries, extraction."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..geometry import Box, Points
from .kernels import blocks, occupancy_query
from .octree_storage import MAX_LEVEL, VoxelStorage, pack_cells, unpack_blocks

UNKNOWN, FREE, OCCUPIED = 0, 1, 2


class Voxels(NamedTuple):
    """A set of voxels: centres (N, 3) float64 in the world and their log-odds (N,) float32."""

    centers: Points
    log_odds: NDArray[np.float32]


class KnownBlocks(NamedTuple):
    """The map's content block by block; block (x, y, z) holds the voxels from 8 (x, y, z) on."""

    uniform_cells: NDArray[np.int64]
    """(U, 3) coordinates of the blocks of one value."""
    uniform_log_odds: NDArray[np.float32]
    """(U,)"""
    leaf_cells: NDArray[np.int64]
    """(M, 3) coordinates of the other blocks."""
    leaf_log_odds: NDArray[np.float32]
    """(M, 512) by z << 6 | y << 3 | x inside the block; NaN where unknown."""


class RayHits(NamedTuple):
    """Result of `cast_rays`, one row a ray."""

    distance_m: NDArray[np.float64]
    """(N,) to where the hit voxel is entered; the range limit where nothing was hit."""
    is_hit: NDArray[np.bool_]
    is_unknown: NDArray[np.bool_]
    """True where unknown space came first (only with `unknown_blocks=True`)."""


class VoxelQueries(VoxelStorage):
    """The read side of the octree."""

    def __init__(self, resolution_m: float, max_range_m: float) -> None:
        super().__init__(resolution_m)
        if not 0 < max_range_m < math.inf:
            raise InputError(f"max_range_m must be finite and above 0, got {max_range_m}")
        self.max_range_m = float(max_range_m)

    def log_odds(self, points_in_world: Points, *, level: int = 0) -> NDArray[np.float32]:
        """(N,) log-odds at (N, 3) points, NaN where unknown; `level` n reads cubes of 2^n voxels."""
        return _to_log_odds(self._steps(points_in_world, level))

    def states(self, points_in_world: Points, *, level: int = 0) -> NDArray[np.uint8]:
        """(N,) UNKNOWN (0), FREE (1) or OCCUPIED (2) at (N, 3) points."""
        steps = self._steps(points_in_world, level)
        state = np.where(steps > 0, OCCUPIED, FREE).astype(np.uint8)
        state[steps == blocks.UNKNOWN] = UNKNOWN
        return state

    def _steps(self, points_in_world: Points, level: int) -> NDArray[np.int8]:
        points = np.ascontiguousarray(points_in_world, np.float64)
        if points.ndim != 2 or points.shape[1] != 3:
            raise InputError(f"points must be (N, 3), got {points.shape}")
        if not 0 <= level <= MAX_LEVEL:
            raise InputError(f"level must lie in 0..{MAX_LEVEL}, got {level}")
        self._refresh()
        out = np.empty(len(points), np.int8)
        inverse = 1.0 / self.resolution_m
        if level <= 3:
            occupancy_query.lookup(self._store, self._summaries, points, inverse, level, out)
            return out
        keys, values = self._coarse_level(level)
        scaled = np.floor(points * inverse)
        is_inside = np.abs(scaled) <= blocks.VOXEL_LIMIT  # False for NaN, too
        cells = np.where(is_inside, scaled, blocks.VOXEL_LIMIT).astype(np.int64) >> level
        wanted = pack_cells(cells)
        if len(keys) == 0:
            out[:] = blocks.UNKNOWN
            return out
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found: NDArray[np.int8] = np.where(
            keys[place] == wanted, values[place], np.int8(blocks.UNKNOWN)
        )
        return found

    def cast_rays(
        self,
        origins_in_world: Points,
        directions: Points,
        *,
        max_range_m: float | None = None,
        unknown_blocks: bool = False,
    ) -> RayHits:
        """First occupied voxel along each ray; (N, 3) origins and directions (any length but 0)."""
        directions64 = np.ascontiguousarray(directions, np.float64)
        origins = np.ascontiguousarray(
            np.broadcast_to(np.asarray(origins_in_world, np.float64), directions64.shape)
        )
        if directions64.ndim != 2 or directions64.shape[1] != 3:
            raise InputError(f"directions must be (N, 3), got {directions64.shape}")
        lengths = np.linalg.norm(directions64, axis=1)
        if not ((lengths > 0) & (lengths < math.inf)).all():
            raise InputError("ray directions must be finite and not zero")
        self._check_extent(origins)
        limit = self.max_range_m if max_range_m is None else max_range_m
        if not 0 <= limit < math.inf:
            raise InputError(f"max_range_m must be finite and not negative, got {limit}")
        self._refresh()
        distance = np.empty(len(origins))
        status = np.empty(len(origins), np.uint8)
        occupancy_query.cast_rays(
            self._store, self._summaries, origins, directions64, 1.0 / self.resolution_m, limit,
            unknown_blocks, distance, status,
        )  # fmt: skip
        return RayHits(
            distance,
            status == occupancy_query.HIT,
            status == occupancy_query.BLOCKED_BY_UNKNOWN,
        )

    def within_radius(self, point_in_world: Points, radius_m: float) -> Points:
        """(K, 3) centres of occupied voxels within `radius_m` of a (3,) point."""
        center = np.asarray(point_in_world, np.float64)
        if center.shape != (3,) or not 0 <= radius_m < math.inf:
            raise InputError(
                f"need a (3,) point and a finite radius >= 0, got {center.shape}, {radius_m}"
            )
        self._check_extent(center)
        self._refresh()
        out = np.empty((256, 3), np.int64)
        while True:
            found = occupancy_query.radius_query(
                self._store, self._summaries, center, radius_m, 1.0 / self.resolution_m, out
            )
            if found <= len(out):
                return (out[:found] + 0.5) * self.resolution_m
            out = np.empty((found, 3), np.int64)

    def occupied(self, *, within: Box | None = None, level: int = 0) -> Voxels:
        """Occupied cells (all, or those whose voxels lie in a box), sorted by coordinates."""
        if level == 0:
            return self._extract(1, 127, within)
        return self._extract_level(level, within)

    def free(self, *, within: Box | None = None) -> Voxels:
        """Free voxels, sorted by coordinates."""
        return self._extract(-127, 0, within)

    def known(self, *, within: Box | None = None) -> Voxels:
        """Free and occupied voxels, sorted by coordinates."""
        return self._extract(-127, 127, within)

    def known_blocks(self) -> KnownBlocks:
        """Everything known, without spelling out uniform blocks; for exports."""
        self.prune()
        count = self.block_count
        cells = unpack_blocks(self._store.block_keys[:count])
        leaves, uniform = self._store.leaf_of_block[:count], self._store.uniform[:count]
        is_uniform = (leaves < 0) & (uniform != blocks.UNKNOWN)
        return KnownBlocks(
            cells[is_uniform],
            _to_log_odds(uniform[is_uniform]),
            cells[leaves >= 0],
            _to_log_odds(self._store.leaf_values[leaves[leaves >= 0]]),
        )

    def frontier(self, *, z_low_m: float = -math.inf, z_high_m: float = math.inf) -> Points:
        """(K, 3) centres of free voxels with an unknown neighbour, between two heights, sorted."""
        z_low, z_high = self._cells_between(z_low_m, z_high_m)
        out = np.empty((4096, 3), np.int64)
        while True:
            found = occupancy_query.extract_frontier(self._store, int(z_low), int(z_high), out)
            if found <= len(out):
                break
            out = np.empty((found, 3), np.int64)
        cells = out[:found]
        return (cells[np.lexsort(cells.T)] + 0.5) * self.resolution_m

    def bounds(self) -> Box | None:
        """The box of all known blocks, or None while empty."""
        keys = self._store.block_keys[: self.block_count]
        if len(keys) == 0:
            return None
        cells = unpack_blocks(keys)
        edge = 8 * self.resolution_m
        return Box.around(np.concatenate([cells * edge, (cells + 1) * edge]))

    def _extract(self, low: int, high: int, within: Box | None) -> Voxels:
        box = np.array([-blocks.VOXEL_LIMIT, blocks.VOXEL_LIMIT] * 3, np.int64)
        if within is not None:
            box[::2], box[1::2] = self._cells_between(within.low, within.high)
        room = 1 << 14
        while True:
            cells, values = np.empty((room, 3), np.int64), np.empty(room, np.int8)
            found = occupancy_query.extract(self._store, low, high, box, cells, values)
            if found <= room:
                break
            room = found
        order = np.lexsort(cells[:found].T)
        return Voxels(
            (cells[:found][order] + 0.5) * self.resolution_m, _to_log_odds(values[:found][order])
        )

    def _cells_between(self, low: ArrayLike, high: ArrayLike) -> NDArray[np.float64]:
        """First and last voxel index whose centre lies between two coordinates (infinite ones too)."""
        bounds = np.array([low, high], np.float64) / self.resolution_m - 0.5
        bounds = np.stack([np.ceil(bounds[0]), np.floor(bounds[1])])
        return np.clip(bounds, -blocks.VOXEL_LIMIT, blocks.VOXEL_LIMIT)

    def _extract_level(self, level: int, within: Box | None) -> Voxels:
        """Occupied cells of a coarser level."""
        fine = self._extract(1, 127, within)
        edge = self.resolution_m * (1 << level)
        cells = np.floor(fine.centers / edge).astype(np.int64)
        unique, first = np.unique(cells, axis=0, return_inverse=True)
        most = np.full(len(unique), -np.inf, np.float32)
        np.maximum.at(most, first.ravel(), fine.log_odds)
        order = np.lexsort(unique.T)
        return Voxels((unique[order] + 0.5) * edge, most[order])

    @property
    def _extent_m(self) -> float:
        return blocks.VOXEL_LIMIT * self.resolution_m - self.max_range_m

    def _check_extent(self, points: NDArray[np.float64]) -> None:
        if points.size and not np.abs(points).max() <= self._extent_m:
            raise InputError(
                f"coordinates must stay within +-{self._extent_m:.0f} m at {self.resolution_m} m "
                f"voxels, got {np.abs(points).max():.3g} m; subtract an origin first"
            )


def _to_log_odds(steps: NDArray[np.int8]) -> NDArray[np.float32]:
    values = steps.astype(np.float32) * np.float32(blocks.STEP)
    values[steps == blocks.UNKNOWN] = np.nan
    return values
