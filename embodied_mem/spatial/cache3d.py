"""The 3D cache: coloured surface points that know which keyframes saw them.

Memory Forcing's geometry-indexed memory (arXiv 2510.03198, section 3.3): voxel-downsampled points tagged
with their source frames; to find the frames that saw what is visible from a pose, project the points,
keep the nearest per pixel and count votes per source frame. The cost follows the space in view, never
the length of the history.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..core import DepthImage
from ..errors import InputError
from ..geometry import CameraIntrinsics, Points, Transform
from .kernels import blocks, surface_store, surface_update, surface_votes
from .kernels.projective_update import frustum_bounds

VOTE_WIDTH_PX = 80
_STATE_VERSION = 2


@dataclass(frozen=True)
class FrameVotes:
    """Keyframes ranked by how much of something they saw."""

    frames: NDArray[np.int32]
    """(K,) keyframe numbers, most votes first, ties by number."""
    shares: NDArray[np.float64]
    """(K,) share of the visible known surface that each saw."""
    known_share: float
    """Share of the asked pixels or points that lie on known surface."""


class SurfacePoints(NamedTuple):
    """The cached surface."""

    points: Points
    """(N, 3) in the world."""
    colors: NDArray[np.uint8]
    """(N, 3) RGB."""


class SurfaceCache:
    """Surface voxels at one resolution with the keyframes that saw them (at most 64 per block)."""

    def __init__(
        self, resolution_m: float = 0.06, *, max_range_m: float = 8.0, stride_px: int = 4
    ) -> None:
        if not (resolution_m > 0 and max_range_m > 0 and stride_px >= 1):
            raise InputError(
                "resolution, range and stride must be above 0, got "
                f"{resolution_m}, {max_range_m}, {stride_px}"
            )
        self.resolution_m = float(resolution_m)
        self.max_range_m = float(max_range_m)
        self.stride_px = int(stride_px)
        self._store = surface_store.empty_store(1 << 10, 1 << 14)
        self._votes = np.zeros(256, np.int32)
        self._voted = np.zeros(256, np.int32)
        self._buffers: dict[tuple[int, int], tuple[NDArray[np.float32], NDArray[np.int32]]] = {}

    def add(
        self,
        frame: int,
        depth: DepthImage,
        color: NDArray[np.uint8] | None,
        intrinsics: CameraIntrinsics,
        world_from_camera: Transform,
    ) -> None:
        """Add a keyframe's surface.

        Args:
            frame: keyframe number, 0, 1, 2 ... in the order of addition.
            color: (h, w, 3) uint8 RGB whose size divides the depth image's by a whole number.
        """
        height, width = depth.shape
        color_step: int | None = 1
        if color is not None:
            color_step = _find_color_step(depth.shape, color.shape)
            if color_step is None:
                raise InputError(
                    f"color {color.shape} must be (h, w, 3) with depth {depth.shape} divided by a whole "
                    "number, rounded up"
                )
        self._reserve_votes(frame + 1)
        camera = _camera(intrinsics)
        pose = np.ascontiguousarray(world_from_camera, np.float64)
        raw = np.ascontiguousarray(depth.raw)
        bounds = self._bounds(camera, pose, height, width)
        surface_update.see_through(
            self._store, raw, depth.unit_m, camera, pose, self.resolution_m, self.max_range_m, bounds,
            2.0 * self.resolution_m,
        )  # fmt: skip
        pixels = color if color is not None else np.zeros((1, 1, 3), np.uint8)
        row = 0
        while True:
            row = surface_update.add_frame(
                self._store, raw, depth.unit_m, pixels, color_step, color is not None, camera, pose,
                self.resolution_m, self.max_range_m, self.stride_px, frame, row,
            )  # fmt: skip
            if row >= height:
                return
            room = width // self.stride_px + 1
            self._store = surface_store.grown_store(
                self._store, block_headroom=room, voxel_headroom=room
            )

    def seen_from(
        self,
        world_from_camera: Transform,
        intrinsics: CameraIntrinsics,
        *,
        k: int = 8,
        max_range_m: float | None = None,
    ) -> FrameVotes:
        """The `k` keyframes that saw most of what is visible from a pose, by depth-tested votes.

        The view is sampled at 80 pixels width; occlusion is decided by the cached surface itself.
        """
        limit = self.max_range_m if max_range_m is None else max_range_m
        height = max(1, round(VOTE_WIDTH_PX * intrinsics.height_px / intrinsics.width_px))
        small = _camera(intrinsics.scaled(VOTE_WIDTH_PX, height))
        near_depth, owner = self._buffer(height, VOTE_WIDTH_PX)
        pose = np.ascontiguousarray(world_from_camera, np.float64)
        bounds = frustum_bounds(small, pose, height, VOTE_WIDTH_PX, 8 * self.resolution_m, limit)
        surface_votes.splat(
            self._store, small, pose, self.resolution_m, limit, bounds, near_depth, owner
        )
        count, voters = surface_votes.vote_visible(self._store, owner, self._votes, self._voted)
        return self._ranked(int(count), int(voters), owner[::2].size, k)

    def overlap(
        self,
        depth: DepthImage,
        intrinsics: CameraIntrinsics,
        world_from_camera: Transform,
        *,
        stride_px: int = 8,
    ) -> FrameVotes:
        """How much of a measured view is known already (`known_share`), and which frames saw it."""
        z = depth.raw[::stride_px, ::stride_px]
        v, u = np.nonzero(z)
        ray = z[v, u] * depth.unit_m
        points = np.empty((len(ray), 3))
        points[:, 0] = (u * stride_px - intrinsics.cx_px) / intrinsics.fx_px * ray
        points[:, 1] = (v * stride_px - intrinsics.cy_px) / intrinsics.fy_px * ray
        points[:, 2] = ray
        points = points[(points**2).sum(axis=1) <= self.max_range_m**2]
        points = points @ world_from_camera[:3, :3].T + world_from_camera[:3, 3]
        count, known = surface_votes.vote_points(
            self._store, points, self.resolution_m, self._votes, self._voted
        )
        return self._ranked(count, int(known), len(points), len(self._votes))

    def seeing(self, point_in_world: Points, *, radius_m: float | None = None) -> FrameVotes:
        """Keyframes that saw the surface at a (3,) point, or within `radius_m` of it."""
        center = np.asarray(point_in_world, np.float64)
        if center.shape != (3,) or not np.isfinite(center).all():
            raise InputError(f"seeing() needs one finite (3,) point, got {center!r}")
        reach = int(np.ceil((radius_m or 0.0) / self.resolution_m))
        span = np.arange(-reach, reach + 1) * self.resolution_m
        grid = np.stack(np.meshgrid(span, span, span, indexing="ij"), axis=-1).reshape(-1, 3)
        if radius_m is not None:
            grid = grid[(grid**2).sum(axis=1) <= radius_m**2 + 1e-12]
        count, known = surface_votes.vote_points(
            self._store, center + grid, self.resolution_m, self._votes, self._voted
        )
        return self._ranked(count, int(known), len(grid), len(self._votes))

    def surface(self) -> SurfacePoints:
        """Every surface voxel's mean point and colour (those seen through since are left out)."""
        count = self.voxel_count
        store = self._store
        is_there = store.miss_count[:count] < surface_store.GONE_AFTER
        keys = store.block_keys[store.voxel_block[:count]][is_there]
        cell = store.voxel_cell[:count][is_there].astype(np.int64)
        origin = np.stack([keys >> 42, (keys >> 21) & 0x1FFFFF, keys & 0x1FFFFF], axis=1) - (
            1 << 20
        )
        local = np.stack([cell & 7, (cell >> 3) & 7, cell >> 6], axis=1)
        points = (origin * 8 + local + store.offset[:count][is_there]) * self.resolution_m
        colors = np.clip(np.rint(store.color[:count][is_there]), 0, 255).astype(np.uint8)
        return SurfacePoints(points, colors)

    def depth_from(
        self, world_from_camera: Transform, intrinsics: CameraIntrinsics
    ) -> NDArray[np.float32]:
        """(H, W) metres of the cached surface as seen from a pose, 0 where nothing is known."""
        near_depth, owner = self._buffer(intrinsics.height_px, intrinsics.width_px)
        pose = np.ascontiguousarray(world_from_camera, np.float64)
        camera = _camera(intrinsics)
        bounds = self._bounds(camera, pose, intrinsics.height_px, intrinsics.width_px)
        surface_votes.splat(
            self._store,
            camera,
            pose,
            self.resolution_m,
            self.max_range_m,
            bounds,
            near_depth,
            owner,
        )
        return np.where(owner >= 0, near_depth, np.float32(0))

    @property
    def voxel_count(self) -> int:
        return int(self._store.counters[surface_store.VOXEL_COUNT])

    @property
    def block_count(self) -> int:
        return int(self._store.counters[surface_store.BLOCK_COUNT])

    @property
    def byte_count(self) -> int:
        """Bytes that the content needs."""
        per_voxel = sum(
            getattr(self._store, n).itemsize * int(np.prod(getattr(self._store, n).shape[1:]))
            for n in surface_store.VOXEL_ROWS
        )
        per_block = 24 + 8 + 64 * 4 + 4 + 8 + 512 * 4
        return int(self.voxel_count * per_voxel + self.block_count * per_block)

    def digest(self) -> str:
        """Hex digest of the content; equal for equal histories, before and after storage."""
        content = hashlib.blake2b(digest_size=16)
        content.update(np.float64(self.resolution_m).tobytes())
        for name in surface_store.STATE_ROWS:
            content.update(
                getattr(self._store, name)[: surface_store.row_count(self._store, name)].tobytes()
            )
        return content.hexdigest()

    def to_bytes(self) -> bytes:
        """The cache as one block of bytes for a checkpoint (numpy's npz, no pickle)."""
        rows = {
            name: getattr(self._store, name)[: surface_store.row_count(self._store, name)]
            for name in surface_store.STATE_ROWS
            if name != "voxel_of_cell"
        }
        buffer = io.BytesIO()
        header = np.array([_STATE_VERSION, len(self._votes)])
        np.savez(
            buffer,
            header=header,
            resolution_m=np.array([self.resolution_m]),
            counters=self._store.counters,
            **rows,
        )
        return buffer.getvalue()

    def load_bytes(self, data: bytes) -> None:
        """Replace the content by what `to_bytes` wrote; the resolution must be the same."""
        with np.load(io.BytesIO(data), allow_pickle=False) as state:
            version, frame_room = (int(v) for v in state["header"])
            if version != _STATE_VERSION or float(state["resolution_m"][0]) != self.resolution_m:
                raise InputError(
                    f"stored cache has version {version} and {state['resolution_m'][0]} m voxels, "
                    f"expected {_STATE_VERSION} and {self.resolution_m} m"
                )
            counters = state["counters"]
            store = surface_store.grown_store(
                surface_store.empty_store(1 << 10, 1 << 14),
                block_headroom=int(counters[surface_store.BLOCK_COUNT]),
                voxel_headroom=int(counters[surface_store.VOXEL_COUNT]),
            )
            store.counters[:] = counters
            for name in surface_store.STATE_ROWS:
                if name != "voxel_of_cell":
                    getattr(store, name)[: surface_store.row_count(store, name)] = state[name]
        voxels = np.arange(counters[surface_store.VOXEL_COUNT], dtype=np.int32)
        store.voxel_of_cell[store.voxel_block[: len(voxels)], store.voxel_cell[: len(voxels)]] = (
            voxels
        )
        blocks.insert_all(store)
        self._store = store
        self._reserve_votes(frame_room)

    def _bounds(
        self, camera: tuple[float, float, float, float], pose: Transform, height: int, width: int
    ) -> NDArray[np.int64]:
        bounds: NDArray[np.int64] = frustum_bounds(
            camera, pose, height, width, 8 * self.resolution_m, self.max_range_m
        )
        return bounds

    def _buffer(self, height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        if (height, width) not in self._buffers:
            self._buffers[height, width] = (
                np.empty((height, width), np.float32),
                np.empty((height, width), np.int32),
            )
        return self._buffers[height, width]

    def _reserve_votes(self, frame_count: int) -> None:
        size = len(self._votes)
        while size < frame_count:
            size *= 2
        if size > len(self._votes):
            self._votes, self._voted = np.zeros(size, np.int32), np.zeros(size, np.int32)

    def _ranked(self, count: int, known: int, asked: int, k: int) -> FrameVotes:
        frames = self._voted[:count].copy()
        votes = self._votes[frames]
        surface_votes.clear_votes(self._votes, self._voted, count)
        order = np.lexsort((frames, -votes))[:k]
        shares = votes[order] / max(known, 1)
        return FrameVotes(frames[order], shares, known / max(asked, 1))


def _find_color_step(depth_shape: tuple[int, int], color_shape: tuple[int, ...]) -> int | None:
    """The whole number that reduces a depth image to a (h, w, 3) colour image, rounding up."""
    height, width = depth_shape
    for step in range(1, max(height, width) + 1):
        if color_shape == (-(-height // step), -(-width // step), 3):
            return step
    return None


def _camera(intrinsics: CameraIntrinsics) -> tuple[float, float, float, float]:
    return (intrinsics.fx_px, intrinsics.fy_px, intrinsics.cx_px, intrinsics.cy_px)
