"""Colour, depth and instance ids of a mesh as a pinhole camera sees them, on one CPU core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...geometry import CameraIntrinsics, Transform, inverse, rigid_or_raise
from . import raster, visibility
from .clusters import Clusters
from .mesh import Mesh
from .placing import place
from .shading import ROW_COUNT, shade
from .visibility import RoomWindows


@dataclass(frozen=True)
class RenderedView:
    """What the camera sees; the arrays belong to the caller."""

    color: NDArray[np.uint8]
    """(H, W, 3) uint8 RGB."""
    depth_m: NDArray[np.float32]
    """(H, W) float32 metres along the optical axis, 0 = no surface."""
    instance_ids: NDArray[np.int32]
    """(H, W) int32, -1 = no surface."""


class PartRenderer:
    """Draws parts, each a mesh with a pose, again and again; the same view gives the same bits.

    Moving or hiding a part costs microseconds, in proportion to its triangles alone.
    Surfaces closer than `raster.NEAR_M` to the camera plane are not drawn. Where two surfaces have
    the same depth, that of the earlier part is seen, and within a part the lower instance id.
    Part 0 must not be moved. Buffers are reused, so make one renderer per thread.
    """

    def __init__(
        self,
        meshes: Sequence[Mesh],
        *,
        rooms: RoomWindows | None = None,
        background: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        """Every part at the origin and shown; `background` is the RGB of pixels that see nothing."""
        parts = [Clusters.of(mesh) for mesh in meshes]
        counts = np.array(
            [
                (len(p.triangle_starts) - 1, len(p.vertices), len(p.triangles), p.solid_count)
                for p in parts
            ],
            np.int64,
        ).reshape(-1, 4)
        stops = np.cumsum(counts, axis=0)
        self._spans = np.ascontiguousarray(np.stack([stops - counts, stops], axis=-1))
        self._join(parts)
        cluster_count, vertex_count, triangle_count, solid_count = counts.sum(axis=0).tolist()
        self._bounds = np.empty((cluster_count, 6))
        self._solid_bounds = np.empty((solid_count, 6))
        self._light = np.empty((2 * triangle_count, 4), np.float32)
        self._frames = np.tile(np.eye(4, dtype=np.float32)[:3], (max(len(parts), 1), 1, 1))
        self._rooms = rooms
        self._room_bits = np.full(cluster_count, visibility.EVERYWHERE)
        self._is_shown = np.ones(cluster_count, bool)
        self._is_visible = np.empty(cluster_count, bool)
        self._background = np.array(background, np.uint8)
        self._scratch = (
            np.empty((vertex_count, 3)),
            np.empty((vertex_count, 2)),
            np.empty(vertex_count, np.uint8),
            np.empty((2, 3, 2)),
        )
        self._buffers = (np.empty((0, 0), np.float32), np.empty((0, 0), np.int32))
        self._rows = np.empty((ROW_COUNT, 0), np.float32)
        for i in range(len(parts)):
            self._place(i, np.eye(4))

    def _join(self, parts: Sequence[Clusters]) -> None:
        """One array of each kind for all parts."""
        vertices, triangles, solids = (self._spans[:, k, 0] for k in (1, 2, 3))
        self._vertex_starts = np.concatenate(
            [[0], *(p.vertex_starts[1:] + v for p, v in zip(parts, vertices, strict=True))]
        ).astype(np.int64)
        self._triangle_starts = np.concatenate(
            [[0], *(p.triangle_starts[1:] + t for p, t in zip(parts, triangles, strict=True))]
        ).astype(np.int64)
        self._triangles = _joined(
            [p.triangles + np.int32(v) for p, v in zip(parts, vertices, strict=True)], np.int32, 3
        )
        self._local = (
            _joined([p.vertices for p in parts], np.float32, 3),
            _joined([p.normals for p in parts], np.float64, 3, 3),
            _joined([p.outer_planes for p in parts], np.float64, 4),
        )
        self._vertices = self._local[0].copy()
        self._outer_planes = self._local[2].copy()
        self._solid_of = _joined(
            [
                np.where(p.solid_of < 0, -1, p.solid_of + s)
                for p, s in zip(parts, solids, strict=True)
            ],
            np.int32,
        )
        self._colors = _joined([p.colors for p in parts], np.uint8, 3)
        self._patterns = _joined([p.patterns for p in parts], np.uint8)
        self._axes = _joined([p.axes for p in parts], np.uint8)
        self._instance_ids = _joined([p.instance_ids for p in parts], np.int32)
        part_of = np.repeat(np.arange(len(parts)), [len(p.triangles) for p in parts])
        self._part_of = part_of.astype(np.int32)

    @property
    def triangle_count(self) -> int:
        return len(self._triangles)

    def place(self, part: int, world_from_part: Transform) -> None:
        """Move a part; its patterns move with it and its light is that of the new place."""
        if part == 0:
            raise InputError("part 0 of a renderer stands still; move the parts after it")
        self._place(part, world_from_part)

    def _place(self, part: int, world_from_part: Transform) -> None:
        pose = np.ascontiguousarray(world_from_part, np.float64)
        self._frames[part] = inverse(pose)[:3]
        world = (
            self._vertices,
            self._triangles,
            self._bounds,
            self._vertex_starts,
            self._outer_planes,
            self._solid_of,
            self._solid_bounds,
            self._light,
        )
        place(self._spans[part], pose, self._local, world)
        if self._rooms is not None:
            first, stop = self._spans[part, 0]
            self._room_bits[first:stop] = self._rooms.room_bits(self._bounds[first:stop])

    def show(self, part: int, is_shown: bool = True) -> None:
        """Draw a part or leave it out."""
        first, stop = self._spans[part, 0]
        self._is_shown[first:stop] = is_shown

    def render(self, world_from_camera: Transform, intrinsics: CameraIntrinsics) -> RenderedView:
        """One view.

        Raises:
            PoseError: `world_from_camera` is not a rigid (4, 4) transform.
        """
        pose = rigid_or_raise(world_from_camera)
        lens = np.array([intrinsics.fx_px, intrinsics.fy_px, intrinsics.cx_px, intrinsics.cy_px])
        camera = (np.ascontiguousarray(pose[:3, :3].T), np.ascontiguousarray(pose[:3, 3]), lens)
        shape = (intrinsics.height_px, intrinsics.width_px)
        if self._buffers[0].shape != shape:
            self._buffers = (np.empty(shape, np.float32), np.empty(shape, np.int32))
            self._rows = np.empty((ROW_COUNT, intrinsics.width_px), np.float32)
        self._buffers[0].fill(0.0)
        self._buffers[1].fill(-1)
        see = visibility.whole_image if self._rooms is None else self._rooms.seen
        windows = see(pose, intrinsics)
        visibility.select(
            self._bounds,
            self._is_shown,
            self._room_bits,
            windows.room_bits,
            windows.planes,
            self._is_visible,
        )
        raster.draw(
            (self._is_visible, self._vertex_starts, self._triangle_starts),
            self._vertices,
            self._triangles,
            (self._solid_of, self._outer_planes, self._culled(pose[:3, 3], intrinsics)),
            camera,
            self._buffers,
            self._scratch,
        )
        view = RenderedView(
            np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32), np.empty(shape, np.int32)
        )
        outputs = (view.color, view.depth_m, view.instance_ids)
        looks = (
            self._light,
            self._colors,
            self._patterns,
            self._axes,
            self._instance_ids,
            self._part_of,
        )
        shade(self._buffers, looks, self._frames, camera, self._background, self._rows, outputs)
        return view

    def _culled(self, eye: NDArray[np.float64], camera: CameraIntrinsics) -> NDArray[np.bool_]:
        """(S + 1,) whether the eye is so far outside a solid that the near plane cannot open it."""
        u = max(camera.cx_px + 0.5, camera.width_px - 0.5 - camera.cx_px) / camera.fx_px
        v = max(camera.cy_px + 0.5, camera.height_px - 0.5 - camera.cy_px) / camera.fy_px
        reach_m = 1.01 * raster.NEAR_M * float(np.sqrt(1.0 + u * u + v * v))
        low, high = self._solid_bounds[:, :3] - reach_m, self._solid_bounds[:, 3:] + reach_m
        return np.append(((eye < low) | (eye > high)).any(axis=1), False)


class Renderer(PartRenderer):
    """Draws one mesh that does not change."""

    def __init__(self, mesh: Mesh, *, background: tuple[int, int, int] = (0, 0, 0)) -> None:
        """`background` is the RGB of pixels that see nothing."""
        super().__init__([mesh], background=background)


def _joined(
    arrays: Sequence[NDArray[np.generic]], dtype: type[np.generic], *row: int
) -> NDArray[np.generic]:
    """The arrays' rows in one contiguous array, also when there are none."""
    return np.concatenate([np.empty((0, *row), dtype), *arrays]).astype(dtype)
