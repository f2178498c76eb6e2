"""Which places the robot truly looked at: by the true poses and the true depth, not the noisy ones."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from .truth import EpisodeTruth, Floats

LOOK_RANGE_M = 5.0
_DEPTH_SLACK_M = 0.03
_SIDES = (-0.7, 0.0, 0.7)


def box_points(center: Floats, size_m: tuple[float, float, float], yaw_rad: float) -> Floats:
    """(27, 3) points within a box that is turned about z, none of them on its border."""
    grid = np.array(list(itertools.product(_SIDES, repeat=3))) * np.array(size_m) / 2
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(center + grid @ turn.T)


def looked_shares(
    truth: EpisodeTruth, points_in_world: Floats, frames: NDArray[np.integer]
) -> Floats:
    """(N,) share of (P, 3) points that each of N frames truly sees or sees through.

    A point counts that falls into the image within 5 m and has no surface before it. Frames that the
    agent did not get see nothing.
    """
    shares = np.zeros(len(frames))
    if not len(frames):
        return shares
    poses = truth.world_from_camera[frames]
    eyes = poses[:, :3, 3]
    middle = points_in_world.mean(axis=0)
    reach_m = LOOK_RANGE_M + float(np.linalg.norm(points_in_world - middle, axis=1).max())
    is_ahead = np.einsum("ij,ij->i", poses[:, :3, 2], middle - eyes) > -0.5
    is_near = np.linalg.norm(eyes - middle, axis=1) < reach_m
    rows = np.flatnonzero(is_ahead & is_near & truth.is_delivered[frames])
    if len(rows):
        shares[rows] = _shares(truth, points_in_world, np.asarray(frames)[rows])
    return shares


def _shares(truth: EpisodeTruth, points: Floats, frames: NDArray[np.integer]) -> Floats:
    lens, poses = truth.intrinsics, truth.world_from_camera[frames]
    offsets = points[None] - poses[:, None, :3, 3]
    in_camera = np.einsum("fpj,fjk->fpk", offsets, poses[:, :3, :3])
    z = in_camera[..., 2]
    safe_z = np.where(z > 0.05, z, 1.0)
    u = np.rint(in_camera[..., 0] / safe_z * lens.fx_px + lens.cx_px).astype(np.int64)
    v = np.rint(in_camera[..., 1] / safe_z * lens.fy_px + lens.cy_px).astype(np.int64)
    is_in = (z > 0.05) & (u >= 0) & (v >= 0) & (u < lens.width_px) & (v < lens.height_px)
    is_in &= np.linalg.norm(offsets, axis=2) <= LOOK_RANGE_M
    rows = np.broadcast_to(np.asarray(frames)[:, None], z.shape)
    depth_m = truth.depth_mm[rows[is_in], v[is_in], u[is_in]] / 1000.0
    is_free = np.zeros(z.shape, bool)
    is_free[is_in] = (depth_m == 0) | (depth_m >= z[is_in] - _DEPTH_SLACK_M)
    return np.asarray(is_free.mean(axis=1))
