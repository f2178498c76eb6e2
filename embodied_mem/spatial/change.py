"""Where a depth image contradicts the map: something stood there that rays now pass through."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, minimum_filter

from ..core import DepthImage
from ..geometry import CameraIntrinsics, Transform
from .octree import OccupancyOctree

_RAY_COLUMNS = 40
_MARGIN_VOXELS = 3.0
_MARGIN_PER_M = 0.06
"""Farther away, depth noise and small errors of the pose move what is seen by more."""


def contradicted_share(
    octree: OccupancyOctree,
    depth: DepthImage,
    intrinsics: CameraIntrinsics,
    world_from_camera: Transform,
) -> float:
    """Share of the view, in [0, 1], in which the map expects a surface well before the measured one.

    Rays on a grid of 40 columns are cast through the octree and compared with the least depth around
    (a floor seen at a low angle is hit early, for voxels are thick, but lies there at the next row).
    Only the inner part of contradicting areas counts (a 3x3 erosion): at the edges of things a voxel
    covers more than the thing itself.
    """
    u, v = _ray_pixels(intrinsics)
    measured = depth.raw[np.ix_(v, u)] * depth.unit_m
    rays = np.stack(
        np.broadcast_arrays(
            (u[None, :] - intrinsics.cx_px) / intrinsics.fx_px,
            (v[:, None] - intrinsics.cy_px) / intrinsics.fy_px,
            1.0,
        ),
        axis=-1,
    ).reshape(-1, 3)
    length = np.linalg.norm(rays, axis=1)
    hits = octree.cast_rays(
        world_from_camera[:3, 3], rays @ world_from_camera[:3, :3].T, max_range_m=octree.max_range_m
    )
    seen_m = minimum_filter(measured, size=3).ravel() * length
    margin_m = _MARGIN_VOXELS * octree.resolution_m + _MARGIN_PER_M * seen_m
    is_through = hits.is_hit & (seen_m > 0) & (hits.distance_m + margin_m < seen_m)
    inner = binary_erosion(is_through.reshape(measured.shape), structure=np.ones((3, 3)))
    return float(inner.mean())


def _ray_pixels(intrinsics: CameraIntrinsics) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns and rows of the pixels that rays go through, evenly spread."""
    columns = min(_RAY_COLUMNS, intrinsics.width_px)
    step = intrinsics.width_px / columns
    rows = max(1, round(intrinsics.height_px / step))
    u = ((np.arange(columns) + 0.5) * step).astype(np.int64)
    v = ((np.arange(rows) + 0.5) * intrinsics.height_px / rows).astype(np.int64)
    return u, v
