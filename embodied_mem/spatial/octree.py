"""The occupancy octree: which space is occupied, free or never seen.

A sparse hash of 8x8x8 blocks of log-odds; blocks of one value are stored as that value (octree pruning),
and per-block summaries give the coarser levels. Level 0 is a voxel, level n a cube of 2^n voxels whose
value is the largest below it, as in OctoMap (Hornung et al. 2013, "OctoMap: an efficient probabilistic
3D mapping framework", sections 3 and 5). Any extent up to +-8.3 million voxels, negative coordinates too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..core import DepthImage
from ..errors import InputError
from ..geometry import CameraIntrinsics, Points, Transform
from .kernels import blocks, depth_tiles, projective_update, ray_update
from .octree_queries import (
    FREE,
    OCCUPIED,
    UNKNOWN,
    KnownBlocks,
    RayHits,
    VoxelQueries,
    Voxels,
)
from .octree_storage import MAX_LEVEL

__all__ = [
    "FREE",
    "MAX_LEVEL",
    "OCCUPIED",
    "UNKNOWN",
    "KnownBlocks",
    "OccupancyModel",
    "OccupancyOctree",
    "RayHits",
    "Voxels",
]

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


class OccupancyOctree(VoxelQueries):
    """Log-odds occupancy at one resolution: integration here, queries and storage in its bases."""

    def __init__(
        self,
        resolution_m: float = 0.05,
        *,
        max_range_m: float = 8.0,
        model: OccupancyModel | None = None,
        footprint: float = 1.75,
        margin_voxels: float = 1.0,
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
        super().__init__(resolution_m, max_range_m)
        self.model = model or OccupancyModel()
        self._hit, self._miss, self._low, self._high = self.model.steps()
        self._footprint = footprint
        self._margin_m = margin_voxels * resolution_m
        self._touched = np.zeros(len(self._store.leaf_values), np.int32)
        self._tiles: _Tiles | None = None
        self._rays: _RayMarks | None = None

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
            projective_update.apply_hits(
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
            projective_update.apply_hits(
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
        row, height = 0, raw.shape[0]
        count: int = 0
        width = raw.shape[1]
        while True:
            row, count = projective_update.mark_endpoints(
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
        bounds = projective_update.frustum_bounds(
            camera, pose, size[0], size[1], 8 * self.resolution_m, z_max
        )
        total = int(np.prod(bounds[1::2] - bounds[::2] + 1))
        cursor = 0
        while True:
            cursor = projective_update.carve_projective(
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
        done = 0
        count: int = 0
        while True:
            done, count = ray_update.mark_points(
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
            done = ray_update.mark_rays_to_hits(
                self._store, origin, inverse, self._touched, touched_count, done, room,
                *self._ray_marks(), missed_count,
            )  # fmt: skip
            if done < touched_count:
                self._grow(512 * room, 1)
        done = 0
        while done < len(points):
            done = ray_update.mark_rays_to_points(
                self._store, points, origin, inverse, self.max_range_m, discretize, done, room,
                *self._ray_marks(), missed_count,
            )  # fmt: skip
            if done < len(points):
                self._grow(512 * room, 1)
        done = 0
        while done < missed_count[0]:
            done = ray_update.apply_misses(
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
        super()._grow(block_headroom, leaf_headroom)
        missing = len(self._store.leaf_values) - len(self._touched)
        if missing > 0:
            self._touched = np.concatenate([self._touched, np.zeros(missing, np.int32)])

    def load_bytes(self, data: bytes) -> None:
        super().load_bytes(data)
        self._rays = None


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
        for name in larger._fields:
            source = getattr(self, name)
            getattr(larger, name)[: len(source)] = source
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
