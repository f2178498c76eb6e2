"""Colour, depth and instance ids of a mesh as a pinhole camera sees them, on one CPU core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...geometry import CameraIntrinsics, Transform, rigid_or_raise
from . import raster
from .lighting import light_of
from .mesh import Mesh
from .shading import ROW_COUNT, shade
from .solids import find_solids

_CLUSTER_TRIANGLES = 128


@dataclass(frozen=True)
class RenderedView:
    """What the camera sees; the arrays belong to the caller."""

    color: NDArray[np.uint8]
    """(H, W, 3) uint8 RGB."""
    depth_m: NDArray[np.float32]
    """(H, W) float32 metres along the optical axis, 0 = no surface."""
    instance_ids: NDArray[np.int32]
    """(H, W) int32, -1 = no surface."""


@dataclass(frozen=True)
class _Clusters:
    """Runs of neighbouring triangles of one instance that are culled together.

    Cluster c owns triangles `triangle_starts[c]:triangle_starts[c + 1]` and vertices alike, so a
    culled cluster costs one box test.
    """

    bounds: NDArray[np.float64]
    vertex_starts: NDArray[np.int64]
    triangle_starts: NDArray[np.int64]
    vertices: NDArray[np.float32]
    triangles: NDArray[np.int32]
    order: NDArray[np.int64]
    """(T,) the mesh's triangle that each of `triangles` is."""


class Renderer:
    """Draws one mesh again and again; the same view gives the same bits on every run.

    Surfaces closer than `raster.NEAR_M` to the camera plane are not drawn. Where two surfaces
    have the same depth, the one with the lower instance id is seen. Buffers are reused, so make one
    renderer per thread.
    """

    def __init__(self, mesh: Mesh, *, background: tuple[int, int, int] = (0, 0, 0)) -> None:
        """`background` is the RGB of pixels that see nothing."""
        self._clusters = _cluster(mesh)
        order = self._clusters.order
        side = np.stack([2 * order, 2 * order + 1], axis=1).reshape(-1)
        self._looks = (
            np.ascontiguousarray(light_of(mesh)[side]),
            np.ascontiguousarray(mesh.colors[order]),
            np.ascontiguousarray(mesh.patterns[order]),
            _main_axes(mesh)[order],
            np.ascontiguousarray(mesh.instance_ids[order]),
        )
        solids = find_solids(mesh)
        self._solid_of = solids.solid_of_triangle[order]
        self._outer_planes = np.ascontiguousarray(solids.planes[order])
        self._solid_bounds = solids.bounds
        self._background = np.array(background, np.uint8)
        vertex_count = len(self._clusters.vertices)
        self._scratch = (
            np.empty((vertex_count, 3)),
            np.empty((vertex_count, 2)),
            np.empty(vertex_count, np.uint8),
            np.empty((2, 3, 2)),
        )
        self._buffers = (np.empty((0, 0), np.float32), np.empty((0, 0), np.int32))
        self._rows = np.empty((ROW_COUNT, 0), np.float32)

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
        clusters = self._clusters
        raster.draw(
            (clusters.bounds, clusters.vertex_starts, clusters.triangle_starts),
            clusters.vertices,
            clusters.triangles,
            (self._solid_of, self._outer_planes, self._culled(pose[:3, 3], intrinsics)),
            camera,
            _frustum_planes(pose, intrinsics),
            self._buffers,
            self._scratch,
        )
        view = RenderedView(
            np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32), np.empty(shape, np.int32)
        )
        outputs = (view.color, view.depth_m, view.instance_ids)
        shade(self._buffers, self._looks, camera, self._background, self._rows, outputs)
        return view

    def _culled(self, eye: NDArray[np.float64], camera: CameraIntrinsics) -> NDArray[np.bool_]:
        """(S + 1,) whether the eye is so far outside a solid that the near plane cannot open it."""
        u = max(camera.cx_px + 0.5, camera.width_px - 0.5 - camera.cx_px) / camera.fx_px
        v = max(camera.cy_px + 0.5, camera.height_px - 0.5 - camera.cy_px) / camera.fy_px
        reach_m = 1.01 * raster.NEAR_M * float(np.sqrt(1.0 + u * u + v * v))
        low, high = self._solid_bounds[:, :3] - reach_m, self._solid_bounds[:, 3:] + reach_m
        return np.append(((eye < low) | (eye > high)).any(axis=1), False)


def _frustum_planes(
    world_from_camera: Transform, intrinsics: CameraIntrinsics
) -> NDArray[np.float64]:
    """(5, 4) planes n, d in the world: left, right, top, bottom, near; inside is n . p + d >= 0."""
    fx, fy, cx, cy = intrinsics.fx_px, intrinsics.fy_px, intrinsics.cx_px, intrinsics.cy_px
    in_camera = np.array(
        [
            [fx, 0.0, cx + 0.5],
            [-fx, 0.0, intrinsics.width_px - 0.5 - cx],
            [0.0, fy, cy + 0.5],
            [0.0, -fy, intrinsics.height_px - 0.5 - cy],
            [0.0, 0.0, 1.0],
        ]
    )
    normals = in_camera @ world_from_camera[:3, :3].T
    offsets = -normals @ world_from_camera[:3, 3] - (0.0, 0.0, 0.0, 0.0, raster.NEAR_M)
    return np.column_stack([normals, offsets])


def _cluster(mesh: Mesh) -> _Clusters:
    """Cut each instance's triangles, in their order, into runs that own their vertices."""
    order = np.argsort(mesh.instance_ids, kind="stable")
    instances = mesh.instance_ids[order]
    is_new = np.r_[True, instances[1:] != instances[:-1]] if len(order) else np.zeros(0, bool)
    begin = np.maximum.accumulate(np.where(is_new, np.arange(len(order)), 0))
    is_start = (np.arange(len(order)) - begin) % _CLUSTER_TRIANGLES == 0
    triangle_starts = np.r_[np.flatnonzero(is_start), len(order)].astype(np.int64)
    cluster = np.repeat(np.cumsum(is_start) - 1, 3).astype(np.int64)
    key = cluster * max(len(mesh.vertices), 1) + mesh.triangles[order].reshape(-1)
    owned, index = np.unique(key, return_inverse=True)
    vertices = np.ascontiguousarray(mesh.vertices[owned % max(len(mesh.vertices), 1)])
    count = len(triangle_starts) - 1
    vertex_starts = np.searchsorted(owned // max(len(mesh.vertices), 1), np.arange(count + 1))
    points = vertices.astype(np.float64)
    bounds = np.empty((count, 6))
    if count:
        bounds[:, :3] = np.minimum.reduceat(points, vertex_starts[:-1])
        bounds[:, 3:] = np.maximum.reduceat(points, vertex_starts[:-1])
    triangles = index.reshape(-1, 3).astype(np.int32)
    return _Clusters(
        bounds, vertex_starts.astype(np.int64), triangle_starts, vertices, triangles, order
    )


def _main_axes(mesh: Mesh) -> NDArray[np.uint8]:
    """(T,) the axis (0 x, 1 y, 2 z) that each triangle faces most: patterns lie across it."""
    corners = mesh.vertices[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(np.abs(normals).argmax(axis=1), np.uint8)
