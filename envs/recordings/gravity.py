"""Which way is up in a recording whose world is not gravity-aligned, and a wrapper that turns it.

The direction comes from surface normals: rooms are mostly made of surfaces that are parallel or
perpendicular to gravity (Gupta et al., CVPR 2013, section 3: start from the camera's up, then
alternate between choosing such normals and solving for the direction that fits them best).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from ...core import Observation, Recording, RecordingInfo
from ...errors import InputError, RecordingError
from ...geometry import (
    CameraIntrinsics,
    Transform,
    compose,
    make_transform,
    rotation_between,
)

AXES = {
    "+x": (1.0, 0.0, 0.0),
    "-x": (-1.0, 0.0, 0.0),
    "+y": (0.0, 1.0, 0.0),
    "-y": (0.0, -1.0, 0.0),
    "+z": (0.0, 0.0, 1.0),
    "-z": (0.0, 0.0, -1.0),
}
UP_CHOICES = ("estimate", "none", *AXES)

NORMAL_GRID_WIDTH = 160
"""Normals are computed on a grid of about this many columns, whatever the image's width."""
NORMAL_RANGE_M = 4.0
"""Farther depth is left out: a Kinect's depth noise grows with the square of the distance."""
MAX_STEP_FRACTION = 0.1
"""Neighbours whose depth differs by more than this share of it lie on different surfaces."""
CONES_RAD = tuple(np.radians([35.0, 25.0, 15.0, 10.0]).tolist())
"""Half-width of the accepted directions, one per round; the last is repeated until it settles."""
MAX_ROUNDS = 20
CONVERGED_RAD = 1e-5


def estimate_up(recording: Recording, sample_count: int = 24) -> NDArray[np.float64]:
    """(3,) unit up direction in the recording's own world, from depth and camera poses.

    Assumes that the cameras are on average held upright (within about 35 degrees of level roll and
    pitch) and that a part of what they see is level or vertical.

    Raises:
        RecordingError: no depth, or cameras whose up directions cancel out.
    """
    ups, normals = [], []
    for frame in _sample(recording, sample_count):
        ups.append(-frame.world_from_camera[:3, 1])
        if frame.depth is not None:
            normals_in_camera = depth_normals(frame.depth.metres(), frame.intrinsics)
            normals.append(normals_in_camera @ frame.world_from_camera[:3, :3].T)
    name = recording.info.name
    if not normals or sum(map(len, normals)) < 100:
        raise RecordingError(f"{name}: too little depth to estimate up; pass up='-y' or similar")
    mean_up = np.mean(ups, axis=0)
    length = float(np.linalg.norm(mean_up))
    if length < 0.3:
        raise RecordingError(
            f"{name}: the cameras' up directions cancel out (mean length {length:.2f}), so they "
            "say nothing about gravity; pass up='-y' or similar"
        )
    return refine_up(np.concatenate(normals), mean_up / length)


def align(recording: Recording, up: str | NDArray[np.floating]) -> Recording:
    """The recording in a world whose z is up; heading and translation stay as close as they can.

    Args:
        up: 'estimate', an axis of the recording's own world ('-y' ...), a (3,) direction in it, or
            'none' for the recording itself.

    The smallest rotation is applied about the source's origin; `info.world_from_source` holds it.
    """
    if isinstance(up, str):
        if up == "none":
            return recording
        if up not in UP_CHOICES:
            raise InputError(f"up must be one of {', '.join(UP_CHOICES)}, got '{up}'")
        direction = estimate_up(recording) if up == "estimate" else np.array(AXES[up])
    else:
        direction = np.asarray(up, np.float64)
    if direction.shape != (3,) or not np.linalg.norm(direction) > 1e-9:
        raise InputError(f"up must be a (3,) direction, got {direction!r}")
    rotation = rotation_between(direction, np.array([0.0, 0.0, 1.0]))
    return AlignedRecording(recording, make_transform(rotation, np.zeros(3)))


class AlignedRecording:
    """A `Recording` seen in another world frame."""

    def __init__(self, source: Recording, world_from_source: Transform) -> None:
        self._source = source
        self._world_from_source = world_from_source
        self._info = dataclasses.replace(
            source.info,
            world_from_source=compose(world_from_source, source.info.world_from_source),
        )

    @property
    def info(self) -> RecordingInfo:
        return self._info

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        for frame in self._source.observations(start=start):
            pose = self._world_from_source @ frame.world_from_camera
            yield dataclasses.replace(frame, world_from_camera=pose)


def depth_normals(
    depth_m: NDArray[np.floating], intrinsics: CameraIntrinsics
) -> NDArray[np.float64]:
    """(N, 3) unit surface normals in the camera frame that point towards the camera.

    Depth is averaged over two grid strides, differences span four strides: normals of walls
    and table tops are wanted, not of small things.
    """
    stride_px = max(1, intrinsics.width_px // NORMAL_GRID_WIDTH)
    z, is_smooth = _smooth_depth(np.asarray(depth_m, np.float32), 2 * stride_px + 1, stride_px)
    rows, columns = np.mgrid[: z.shape[0], : z.shape[1]] * float(stride_px)
    x = (columns - intrinsics.cx_px) / intrinsics.fx_px * z
    y = (rows - intrinsics.cy_px) / intrinsics.fy_px * z
    points = np.stack([x, y, z], axis=2)
    reach = 2
    inner = slice(reach, -reach)
    across = points[inner, 2 * reach :] - points[inner, : -2 * reach]
    along = points[2 * reach :, inner] - points[: -2 * reach, inner]
    normals = np.cross(along, across)
    length = np.linalg.norm(normals, axis=2)
    center = z[inner, inner]
    is_valid = (
        is_smooth[inner, inner]
        & is_smooth[inner, 2 * reach :]
        & is_smooth[inner, : -2 * reach]
        & is_smooth[2 * reach :, inner]
        & is_smooth[: -2 * reach, inner]
        & (np.abs(across[..., 2]) < MAX_STEP_FRACTION * center)
        & (np.abs(along[..., 2]) < MAX_STEP_FRACTION * center)
        & (length > 1e-12)
    )
    return np.asarray(normals[is_valid] / length[is_valid][:, None], np.float64)


def refine_up(normals: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unit direction near `up` to which most normals are parallel or perpendicular.

    Args:
        normals: (N, 3) unit normals in the frame of `up`.

    Each round keeps the normals within a shrinking cone around `up` (level surfaces) or around the
    plane perpendicular to it (walls), weighs them by how well they fit (Cauchy), and takes the
    direction that minimises the sum of squared sines and cosines: an eigenvector.
    """
    for round_index in range(MAX_ROUNDS):
        cone_rad = CONES_RAD[min(round_index, len(CONES_RAD) - 1)]
        cosine = normals @ up
        level_angle = np.arccos(np.clip(np.abs(cosine), 0, 1))
        wall_angle = np.pi / 2 - level_angle
        level, level_weight = _select(normals, level_angle, cone_rad)
        wall, wall_weight = _select(normals, wall_angle, cone_rad)
        misfit = np.eye(3) * level_weight.sum()
        misfit -= (level * level_weight[:, None]).T @ level
        misfit += (wall * wall_weight[:, None]).T @ wall
        direction = np.linalg.eigh(misfit)[1][:, 0]
        direction = direction if direction @ up > 0 else -direction
        change_rad = float(np.linalg.norm(direction - up))
        up = direction
        if change_rad < CONVERGED_RAD and round_index >= len(CONES_RAD):
            break
    return up


def _select(
    normals: NDArray[np.float64], angle_rad: NDArray[np.float64], cone_rad: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    is_inside = angle_rad < cone_rad
    weight = 1 / (1 + (angle_rad[is_inside] / (cone_rad / 4)) ** 2)
    return normals[is_inside], weight


def _smooth_depth(
    depth_m: NDArray[np.float32], window_px: int, stride_px: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mean depth of each window on a coarse grid, and where the window is full and in range."""
    is_return = (depth_m > 0) & (depth_m < NORMAL_RANGE_M)
    window = (window_px, window_px)
    # Zeros beyond the border make windows that reach over it count as not full.
    border = cv2.BORDER_CONSTANT
    share = cv2.blur(is_return.astype(np.float32), window, borderType=border)
    mean = cv2.blur(np.where(is_return, depth_m, 0), window, borderType=border)
    grid = (slice(None, None, stride_px), slice(None, None, stride_px))
    return mean[grid].astype(np.float64), share[grid] > 0.999


def _sample(recording: Recording, sample_count: int) -> Iterator[Observation]:
    """About `sample_count` frames, evenly spread over the source indices."""
    if sample_count < 1:
        raise InputError(f"sample_count must be at least 1, got {sample_count}")
    step = max(1, recording.info.frame_count // sample_count)
    start = 0
    for _ in range(sample_count):
        frame = next(iter(recording.observations(start=start)), None)
        if frame is None:
            return
        yield frame
        start = (start if frame.source_index is None else frame.source_index) + step
