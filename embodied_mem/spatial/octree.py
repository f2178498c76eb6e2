"""The occupancy octree: which space is occupied, free or never seen.

A sparse hash of 8x8x8 blocks of log-odds; blocks of one value are stored as that value (octree pruning),
and per-block summaries give the coarser levels. Level 0 is a voxel, level n a cube of 2^n voxels whose
value is the largest below it, as in OctoMap (Hornung et al. 2013, "OctoMap: an efficient probabilistic
3D mapping framework", sections 3 and 5). Any extent up to +-8.3 million voxels, negative coordinates too.
"""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import DepthImage
from ..errors import InputError
from ..geometry import Box, CameraIntrinsics, Points, Transform
from .kernels import blocks, depth_tiles, occupancy_query, occupancy_update

MAX_LEVEL = 16
UNKNOWN, FREE, OCCUPIED = 0, 1, 2
_STATE_VERSION = 1
_MAX_LOG_ODDS_STEP = 127


@dataclass(frozen=True)
class OccupancyModel:
    """The inverse sensor model in log-odds; OctoMap's defaults (0.7 hit, 0.4 miss, clamped).

    Stored in steps of 0.05, so that 0.405 for a miss becomes 0.40.
    """

    hit: float = 0.85
    miss: float = -0.40
    low: float = -2.0
    high: float = 3.5

    def steps(self) -> tuple[int, int, int, int]:
        hit, miss, low, high = (
            round(v / blocks.STEP) for v in (self.hit, self.miss, self.low, self.high)
        )
        if not (-_MAX_LOG_ODDS_STEP <= low < miss < 0 < hit < high <= _MAX_LOG_ODDS_STEP):
            raise InputError(
                "an occupancy model needs low < miss < 0 < hit < high within +-6.35 log-odds, got "
                f"{self}"
            )
        return hit, miss, low, high


class Voxels(NamedTuple):
    """A set of voxels: centres (N, 3) float64 in the world and their log-odds (N,) float32."""

    centers: NDArray[np.float64]
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


class OccupancyOctree:
    """Log-odds occupancy at one resolution; grows as it is filled. Not safe for concurrent writers."""

    def __init__(
        self,
        resolution_m: float = 0.05,
        *,
        max_range_m: float = 8.0,
        model: OccupancyModel | None = None,
        footprint: float = 1.75,
        margin_voxels: float = 0.5,
    ) -> None:
        """
        Args:
            resolution_m: edge of a voxel.
            max_range_m: returns farther than this give free space only.
            model: the inverse sensor model.
            footprint: projective free space looks at the largest depth within this share of a voxel's
                width in pixels; larger knows more voxels, and frees more of those near edges.
            margin_voxels: a voxel is free when its centre is at least so many voxels before the surface.
        """
        if not 1e-4 <= resolution_m <= 100:
            raise InputError(f"resolution_m must lie in [0.0001, 100], got {resolution_m}")
        if not 0 < max_range_m < math.inf:
            raise InputError(f"max_range_m must be finite and above 0, got {max_range_m}")
        self.resolution_m = float(resolution_m)
        self.max_range_m = float(max_range_m)
        self.model = model or OccupancyModel()
        self._hit, self._miss, self._low, self._high = self.model.steps()
        self._footprint = footprint
        self._margin_m = margin_voxels * resolution_m
        self._store = blocks.empty_store(1 << 12, 1 << 11)
        self._touched = np.zeros(1 << 11, np.int32)
        self._summaries = occupancy_query.empty_summaries(1 << 12)
        self._coarse: dict[int, tuple[NDArray[np.int64], NDArray[np.int8]]] = {}
        self._tiles: _Tiles | None = None
        self._rays: _RayMarks | None = None
        self._has_changed = False
        self.revision = 0
        """Counts changes of the content, for those who derive something from it."""

    # -- integration -----------------------------------------------------------------------------

    def integrate_depth(
        self,
        depth: DepthImage,
        intrinsics: CameraIntrinsics,
        world_from_camera: Transform,
        *,
        stride_px: int = 1,
    ) -> int:
        """Projective integration of an organised depth image; returns the number of voxels hit.

        Surface voxels are exact (every `stride_px`-th pixel); free space is carved by projecting voxels
        into the image (all pixels), up to `max_range_m` along the optical axis.
        """
        height, width = depth.shape
        if (height, width) != (intrinsics.height_px, intrinsics.width_px):
            raise InputError(
                f"depth is {width}x{height} px, the intrinsics say otherwise: {intrinsics}"
            )
        pose = _checked_pose(world_from_camera, self._extent_m)
        camera = (intrinsics.fx_px, intrinsics.fy_px, intrinsics.cx_px, intrinsics.cy_px)
        raw = np.ascontiguousarray(depth.raw)
        if self._tiles is None or self._tiles.size != (height, width):
            self._tiles = _Tiles.allocate(height, width)
        tiles = self._tiles
        farthest = depth_tiles.fill_pyramid(
            raw,
            depth.unit_m,
            self.max_range_m,
            tiles.layout,
            tiles.pyramid,
            tiles.min_m,
            tiles.has_gap,
        )
        z_max = min(float(farthest), self.max_range_m)
        touched_count = self._mark_endpoints(raw, depth.unit_m, camera, pose, stride_px)
        if z_max > 0:
            self._carve(tiles, camera, pose, (height, width), z_max)
        self._changed()
        return int(
            occupancy_update.apply_hits(
                self._store, self._touched, touched_count, self._hit, self._high
            )
        )

    def integrate_points(
        self, points_in_world: Points, origin_in_world: Points, *, discretize: bool = True
    ) -> int:
        """Ray-traversal integration of any cloud, with OctoMap's semantics (`insertPointCloud`).

        Args:
            points_in_world: (N, 3); points beyond `max_range_m` free the space up to it.
            origin_in_world: (3,) where the rays start.
            discretize: one ray to each occupied voxel's centre instead of one to each point (OctoMap's
                option of the same name): far fewer rays, nearly the same map.

        Returns:
            The number of voxels hit.
        """
        points = np.ascontiguousarray(points_in_world, np.float64)
        origin = np.ascontiguousarray(origin_in_world, np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or origin.shape != (3,):
            raise InputError(
                f"points must be (N, 3) and the origin (3,), got {points.shape} and {origin.shape}"
            )
        if not (np.isfinite(points).all() and np.isfinite(origin).all()):
            raise InputError("points and origin must be finite; drop NaN rows first")
        self._check_extent(points)
        self._check_extent(origin[None])
        self._changed()
        inverse = 1.0 / self.resolution_m
        touched_count = self._mark_points(points, origin, inverse, discretize)
        self._mark_rays(points, origin, inverse, touched_count, discretize)
        return int(
            occupancy_update.apply_hits(
                self._store, self._touched, touched_count, self._hit, self._high
            )
        )

    def _mark_endpoints(
        self,
        raw: NDArray[np.uint16],
        unit_m: float,
        camera: tuple[float, float, float, float],
        pose: Transform,
        stride_px: int,
    ) -> int:
        row, count, height = 0, 0, raw.shape[0]
        width = raw.shape[1]
        while True:
            row, count = occupancy_update.mark_endpoints(
                self._store, raw, unit_m, camera, pose, self.resolution_m, self.max_range_m,
                stride_px, row, self._touched, count,
            )  # fmt: skip
            if row >= height:
                return count
            self._grow(width, width)

    def _carve(
        self,
        tiles: _Tiles,
        camera: tuple[float, float, float, float],
        pose: Transform,
        size: tuple[int, int],
        z_max: float,
    ) -> None:
        bounds = occupancy_update.frustum_bounds(
            camera, pose, size[0], size[1], 8 * self.resolution_m, z_max
        )
        total = int(np.prod(bounds[1::2] - bounds[::2] + 1))
        cursor = 0
        while True:
            cursor = occupancy_update.carve_projective(
                self._store, tiles.pyramid, tiles.layout, tiles.min_m, tiles.has_gap, camera, pose,
                size, self.resolution_m, z_max, self._margin_m, self._footprint, self._miss,
                self._low, bounds, cursor,
            )  # fmt: skip
            if cursor >= total:
                return
            self._grow(1024, 1024)

    def _mark_points(
        self,
        points: NDArray[np.float64],
        origin: NDArray[np.float64],
        inverse: float,
        discretize: bool,
    ) -> int:
        done, count = 0, 0
        while True:
            done, count = occupancy_update.mark_points(
                self._store, points, origin, inverse, self.max_range_m, discretize, done, self._touched,
                count,
            )  # fmt: skip
            if done >= len(points):
                return count
            self._grow(1024, 1024)

    def _mark_rays(
        self,
        points: NDArray[np.float64],
        origin: NDArray[np.float64],
        inverse: float,
        touched_count: int,
        discretize: bool,
    ) -> None:
        room = 3 * (math.ceil(self.max_range_m * inverse / 8) + 2)
        self._grow(512 * room, 1)
        missed_count = np.zeros(1, np.int64)
        done = 0 if discretize else touched_count
        while done < touched_count:
            done = occupancy_update.mark_rays_to_hits(
                self._store, origin, inverse, self._touched, touched_count, done, room,
                *self._ray_marks(), missed_count,
            )  # fmt: skip
            if done < touched_count:
                self._grow(512 * room, 1)
        done = 0
        while done < len(points):
            done = occupancy_update.mark_rays_to_points(
                self._store, points, origin, inverse, self.max_range_m, discretize, done, room,
                *self._ray_marks(), missed_count,
            )  # fmt: skip
            if done < len(points):
                self._grow(512 * room, 1)
        done = 0
        while done < missed_count[0]:
            done = occupancy_update.apply_misses(
                self._store, *self._ray_marks(), missed_count, self._miss, self._low, done
            )
            if done < missed_count[0]:
                self._grow(1, 4096)

    def _ray_marks(self) -> _RayMarks:
        capacity = len(self._store.block_keys)
        if self._rays is None:
            self._rays = _RayMarks.allocate(capacity)
        elif len(self._rays.missed) < capacity:
            self._rays = self._rays.grown(capacity)
        return self._rays

    def _grow(self, block_headroom: int, leaf_headroom: int) -> None:
        self._store = blocks.grown_store(
            self._store, block_headroom=block_headroom, leaf_headroom=leaf_headroom
        )
        if len(self._touched) < len(self._store.leaf_values):
            self._touched = np.concatenate(
                [
                    self._touched,
                    np.zeros(len(self._store.leaf_values) - len(self._touched), np.int32),
                ]
            )

    # -- queries ---------------------------------------------------------------------------------

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
        wanted = _pack_cells(cells)
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

    def within_radius(self, point_in_world: Points, radius_m: float) -> NDArray[np.float64]:
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
        cells = _unpack_blocks(self._store.block_keys[:count])
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
        cells = _unpack_blocks(keys)
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

    def _changed(self) -> None:
        self._has_changed = True
        self.revision += 1

    def _refresh(self) -> None:
        if not self._has_changed:
            return
        capacity = len(self._store.block_keys)
        if len(self._summaries.max_8) < capacity:
            larger = occupancy_query.empty_summaries(capacity)
            old = len(self._summaries.max_8)
            for target, source in zip(larger, self._summaries, strict=True):
                target[:old] = source
            self._summaries = larger
        occupancy_query.refresh_summaries(self._store, self._summaries, 0)
        self._coarse.clear()
        self._has_changed = False

    def _coarse_level(self, level: int) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Sorted packed keys and values of a level above the blocks, built on demand."""
        if level not in self._coarse:
            count = self.block_count
            keys = _pack_cells(_unpack_blocks(self._store.block_keys[:count]) >> (level - 3))
            order = np.argsort(keys, kind="stable")
            unique, starts = np.unique(keys[order], return_index=True)
            values = self._summaries.max_8[:count][order]
            most = np.maximum.reduceat(values, starts) if count else values
            self._coarse[level] = unique, most
        return self._coarse[level]

    @property
    def store(self) -> blocks.BlockStore:
        """The arrays themselves, for kernels of this package; replaced when the map grows."""
        return self._store

    # -- size, identity, storage -----------------------------------------------------------------

    @property
    def block_count(self) -> int:
        return int(self._store.counters[blocks.BLOCK_COUNT])

    @property
    def leaf_count(self) -> int:
        counters = self._store.counters
        return int(counters[blocks.LEAF_COUNT] - counters[blocks.FREE_LEAF_COUNT])

    @property
    def byte_count(self) -> int:
        """Bytes that the content needs: leaves with their bits, and per-block rows with two hash slots."""
        return self.leaf_count * (512 + 64 + 8) + self.block_count * (8 + 1 + 4 + 1 + 24 + 64 + 73)

    @property
    def allocated_byte_count(self) -> int:
        """Bytes held by the arrays, growth room included."""
        arrays = [*self._store, *self._summaries, self._touched, *(self._rays or ())]
        return sum(a.nbytes for a in arrays)

    def prune(self) -> int:
        """Merge leaves of one value into their block; returns how many. The map is the same."""
        return int(blocks.prune(self._store))

    def digest(self) -> str:
        """Hex digest of the map's content: equal maps, equal digests, however they came about."""
        self.prune()
        order = np.argsort(self._store.block_keys[: self.block_count])
        keys = self._store.block_keys[order]
        leaves = self._store.leaf_of_block[order]
        values = self._store.uniform[order]
        is_known = (leaves >= 0) | (values != blocks.UNKNOWN)
        content = hashlib.blake2b(digest_size=16)
        content.update(np.float64(self.resolution_m).tobytes())
        content.update(keys[is_known].tobytes())
        content.update(np.where(leaves >= 0, blocks.UNKNOWN, values)[is_known].tobytes())
        content.update(self._store.leaf_values[leaves[leaves >= 0]].tobytes())
        return content.hexdigest()

    def to_bytes(self) -> bytes:
        """The map as one block of bytes for a checkpoint (numpy's npz, no pickle)."""
        self.prune()
        count = self.block_count
        leaves = self._store.leaf_of_block[:count]
        buffer = io.BytesIO()
        np.savez(
            buffer,
            version=np.array([_STATE_VERSION]),
            resolution_m=np.array([self.resolution_m]),
            keys=self._store.block_keys[:count],
            uniform=self._store.uniform[:count],
            has_leaf=leaves >= 0,
            leaf_values=self._store.leaf_values[leaves[leaves >= 0]],
        )
        return buffer.getvalue()

    def load_bytes(self, data: bytes) -> None:
        """Replace the content by what `to_bytes` wrote; the resolution must be the same."""
        with np.load(io.BytesIO(data), allow_pickle=False) as state:
            version, resolution_m = int(state["version"][0]), float(state["resolution_m"][0])
            if version != _STATE_VERSION or resolution_m != self.resolution_m:
                raise InputError(
                    f"stored octree has version {version} and {resolution_m} m voxels, expected "
                    f"{_STATE_VERSION} and {self.resolution_m} m"
                )
            keys, uniform = state["keys"], state["uniform"]
            has_leaf, leaf_values = state["has_leaf"], state["leaf_values"]
        self._store = blocks.empty_store(1 << 12, 1 << 11)
        self._grow(len(keys), len(leaf_values))
        store, count, leaf_count = self._store, len(keys), len(leaf_values)
        store.block_keys[:count] = keys
        store.uniform[:count] = uniform
        store.leaf_of_block[:count][has_leaf] = np.arange(leaf_count)
        store.block_of_leaf[:leaf_count] = np.flatnonzero(has_leaf)
        store.leaf_values[:leaf_count] = leaf_values
        store.is_dirty[:count] = 1
        store.counters[:] = (count, leaf_count, 0)
        blocks.insert_all(store)
        self._rays = None
        self._changed()

    @property
    def _extent_m(self) -> float:
        return blocks.VOXEL_LIMIT * self.resolution_m - self.max_range_m

    def _check_extent(self, points: NDArray[np.float64]) -> None:
        if points.size and not np.abs(points).max() <= self._extent_m:
            raise InputError(
                f"coordinates must stay within +-{self._extent_m:.0f} m at {self.resolution_m} m "
                f"voxels, got {np.abs(points).max():.3g} m; subtract an origin first"
            )


class _Tiles(NamedTuple):
    """Scratch arrays for one image size."""

    size: tuple[int, int]
    layout: NDArray[np.int64]
    pyramid: NDArray[np.float32]
    min_m: NDArray[np.float32]
    has_gap: NDArray[np.uint8]

    @classmethod
    def allocate(cls, height: int, width: int) -> _Tiles:
        layout = depth_tiles.pyramid_layout(height, width)
        tiles = (-(-height // depth_tiles.TILE), -(-width // depth_tiles.TILE))
        return cls(
            (height, width),
            layout,
            np.zeros(depth_tiles.pyramid_size(layout), np.float32),
            np.zeros(tiles, np.float32),
            np.zeros(tiles, np.uint8),
        )


class _RayMarks(NamedTuple):
    """Scratch arrays of the ray mode: which voxels of which blocks the frame's rays crossed."""

    miss_bits: NDArray[np.uint64]
    is_missed: NDArray[np.uint8]
    missed: NDArray[np.int32]

    @classmethod
    def allocate(cls, capacity: int) -> _RayMarks:
        return cls(
            np.zeros((capacity, 8), np.uint64),
            np.zeros(capacity, np.uint8),
            np.zeros(capacity, np.int32),
        )

    def grown(self, capacity: int) -> _RayMarks:
        larger = _RayMarks.allocate(capacity)
        for target, source in zip(larger, self, strict=True):
            target[: len(source)] = source
        return larger


def _checked_pose(world_from_camera: Transform, extent_m: float) -> Transform:
    pose = np.ascontiguousarray(world_from_camera, np.float64)
    if pose.shape != (4, 4) or not np.isfinite(pose).all():
        raise InputError(f"world_from_camera must be a finite (4, 4) matrix, got {pose.shape}")
    if np.abs(pose[:3, 3]).max() > extent_m:
        raise InputError(
            f"the camera must stay within +-{extent_m:.0f} m, got {pose[:3, 3].tolist()}; "
            "subtract an origin first"
        )
    return pose


def _to_log_odds(steps: NDArray[np.int8]) -> NDArray[np.float32]:
    values = steps.astype(np.float32) * np.float32(blocks.STEP)
    values[steps == blocks.UNKNOWN] = np.nan
    return values


def _unpack_blocks(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N, 3) block coordinates of packed keys."""
    x, y, z = keys >> 42, (keys >> 21) & blocks.AXIS_MASK, keys & blocks.AXIS_MASK
    return np.stack([x, y, z], axis=1) - blocks.AXIS_OFFSET


def _pack_cells(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Packed keys of (N, 3) cell coordinates; cells out of reach share key -1."""
    shifted = cells + blocks.AXIS_OFFSET
    is_inside = ((shifted >= 0) & (shifted <= blocks.AXIS_MASK)).all(axis=1)
    keys = (shifted[:, 0] << 42) | (shifted[:, 1] << 21) | shifted[:, 2]
    packed: NDArray[np.int64] = np.where(is_inside, keys, -1)
    return packed
