"""Rigid transforms, projection and boxes.

Conventions: a transform is a 4x4 float64 array named `target_from_source`; world axes are x forward,
y left, z up in metres; camera optical axes are x right, y down, z forward; quaternions are wxyz;
angles are radians. Inner names meet: `world_from_camera @ camera_from_marker`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .errors import InputError, PoseError

Transform: TypeAlias = NDArray[np.float64]
"""(4, 4) float64 rigid transform."""
Points: TypeAlias = NDArray[np.floating]
"""(N, 3) points in one stated frame, metres."""

RIGIDITY_TOLERANCE = 0.02
"""Largest |R^T R - I| entry that is repaired by SVD; beyond it a pose is refused."""


@dataclass(frozen=True)
class CameraIntrinsics:
    """A pinhole camera. Pixel (u, v) has its centre at integer coordinates."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float

    def __post_init__(self) -> None:
        if self.width_px <= 0 or self.height_px <= 0:
            raise InputError(
                f"image size must be positive, got {self.width_px}x{self.height_px} pixels"
            )
        focal = (self.fx_px, self.fy_px, self.cx_px, self.cy_px)
        if not all(map(math.isfinite, focal)) or self.fx_px <= 0 or self.fy_px <= 0:
            raise InputError(
                f"focal lengths must be positive and finite, got fx={self.fx_px}, fy={self.fy_px}, "
                f"cx={self.cx_px}, cy={self.cy_px}"
            )

    @classmethod
    def from_hfov(cls, width_px: int, height_px: int, hfov_rad: float) -> CameraIntrinsics:
        """Square pixels and a centred principal point from the horizontal field of view."""
        if not 0 < hfov_rad < np.pi:
            raise InputError(f"hfov_rad must lie in (0, pi), got {hfov_rad}; is it in degrees?")
        focal_px = width_px / 2 / np.tan(hfov_rad / 2)
        return cls(width_px, height_px, focal_px, focal_px, (width_px - 1) / 2, (height_px - 1) / 2)

    @classmethod
    def from_matrix(cls, matrix: Points, width_px: int, height_px: int) -> CameraIntrinsics:
        """From a 3x3 pinhole matrix without skew."""
        k = np.asarray(matrix, np.float64)
        if k.shape != (3, 3):
            raise InputError(f"an intrinsics matrix must be (3, 3), got {k.shape}")
        return cls(
            width_px, height_px, float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2])
        )

    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) pinhole matrix."""
        return np.array(
            [[self.fx_px, 0, self.cx_px], [0, self.fy_px, self.cy_px], [0, 0, 1]], np.float64
        )

    def scaled(self, width_px: int, height_px: int) -> CameraIntrinsics:
        """The same view sampled at another image size (pixel centres are kept aligned)."""
        sx, sy = width_px / self.width_px, height_px / self.height_px
        return CameraIntrinsics(
            width_px,
            height_px,
            self.fx_px * sx,
            self.fy_px * sy,
            (self.cx_px + 0.5) * sx - 0.5,
            (self.cy_px + 0.5) * sy - 0.5,
        )


@dataclass(frozen=True)
class Box:
    """An axis-aligned box in the world, metres; `low` and `high` are (3,) corners."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]

    def __post_init__(self) -> None:
        if not all(a <= b for a, b in zip(self.low, self.high, strict=True)):
            raise InputError(f"box low {self.low} must not exceed high {self.high}, nor be NaN")

    @classmethod
    def around(cls, points: Points) -> Box:
        """The smallest box that holds all points."""
        array = np.asarray(points, np.float64)
        if array.ndim != 2 or array.shape[1] != 3 or len(array) == 0:
            raise InputError(f"a box needs (N >= 1, 3) points, got {array.shape}")
        low, high = array.min(axis=0).tolist(), array.max(axis=0).tolist()
        return cls((low[0], low[1], low[2]), (high[0], high[1], high[2]))

    @property
    def center(self) -> NDArray[np.float64]:
        return np.asarray((np.array(self.low) + np.array(self.high)) / 2)

    @property
    def size(self) -> NDArray[np.float64]:
        return np.asarray(np.array(self.high) - np.array(self.low))

    @property
    def volume_m3(self) -> float:
        return float(np.prod(self.size))

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """(N,) True where a point lies inside or on the border."""
        array = np.atleast_2d(points)
        return np.asarray(((array >= self.low) & (array <= self.high)).all(axis=1))

    def intersection(self, other: Box) -> float:
        """Shared volume in cubic metres."""
        edges = np.minimum(self.high, other.high) - np.maximum(self.low, other.low)
        return float(np.prod(np.clip(edges, 0.0, None)))

    def iou(self, other: Box) -> float:
        """Intersection over union; 0 when the union has no volume."""
        shared = self.intersection(other)
        union = self.volume_m3 + other.volume_m3 - shared
        return shared / union if union > 0 else 0.0


def identity() -> Transform:
    return np.eye(4)


def make_transform(rotation: Points, translation: Points) -> Transform:
    """Assemble `target_from_source` from a (3, 3) rotation and a (3,) translation in metres."""
    target_from_source = np.eye(4)
    target_from_source[:3, :3] = rotation
    target_from_source[:3, 3] = translation
    return target_from_source


def inverse(target_from_source: Transform) -> Transform:
    """`source_from_target` of a rigid transform (transpose, no matrix inversion)."""
    rotation = target_from_source[:3, :3].T
    return make_transform(rotation, -rotation @ target_from_source[:3, 3])


def compose(*transforms: Transform) -> Transform:
    """`a_from_c = compose(a_from_b, b_from_c)`."""
    product = np.eye(4)
    for transform in transforms:
        product = product @ transform
    return product


def transform_points(target_from_source: Transform, points_in_source: Points) -> Points:
    """(N, 3) points from source to target frame."""
    return points_in_source @ target_from_source[:3, :3].T + target_from_source[:3, 3]


def rigid_or_raise(matrix: Points, tolerance: float = RIGIDITY_TOLERANCE) -> Transform:
    """The nearest rigid transform to a (4, 4) matrix.

    Real recordings carry rotations that are orthonormal only to about 1e-3. Their rotation is replaced
    by the closest one in the Frobenius norm (SVD) when no entry of R^T R - I exceeds `tolerance`.

    Raises:
        PoseError: wrong shape, not finite, a last row other than 0 0 0 1, a mirror image, or a
            rotation that is off by more than `tolerance`.
    """
    pose = np.array(matrix, np.float64)
    if pose.shape != (4, 4):
        raise PoseError(f"a pose must be a (4, 4) matrix, got {pose.shape}")
    if not np.isfinite(pose).all():
        raise PoseError(
            "a pose must be finite, got NaN or infinity; drop frames that lost tracking"
        )
    if np.abs(pose[3] - (0, 0, 0, 1)).max() > 1e-6:
        raise PoseError(f"the last row of a pose must be 0 0 0 1, got {pose[3].tolist()}")
    rotation = pose[:3, :3]
    deviation = float(np.abs(rotation.T @ rotation - np.eye(3)).max())
    if deviation > tolerance:
        raise PoseError(
            f"a pose must be rigid: |R^T R - I| is {deviation:.3g}, above the tolerance {tolerance}; "
            "is the matrix scaled, transposed or row-major by mistake?"
        )
    if np.linalg.det(rotation) < 0:
        raise PoseError("a pose must be right-handed, got a mirror image (determinant -1)")
    pose[3] = (0, 0, 0, 1)
    if deviation > 1e-9:
        u, _, vt = np.linalg.svd(rotation)
        pose[:3, :3] = u @ vt
    return pose


def quaternion_from_matrix(rotation: Points) -> NDArray[np.float64]:
    """Unit quaternion wxyz (w >= 0) of a (3, 3) rotation; stable for every angle (Bar-Itzhack 2000)."""
    r = np.asarray(rotation, np.float64)
    k = np.array(
        [
            [r[0, 0] - r[1, 1] - r[2, 2], 0, 0, 0],
            [r[0, 1] + r[1, 0], r[1, 1] - r[0, 0] - r[2, 2], 0, 0],
            [r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], r[2, 2] - r[0, 0] - r[1, 1], 0],
            [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], r[0, 0] + r[1, 1] + r[2, 2]],
        ]
    )
    _, vectors = np.linalg.eigh(k / 3.0)
    x, y, z, w = vectors[:, -1]
    quaternion = np.array([w, x, y, z])
    return quaternion if w >= 0 else -quaternion


def matrix_from_quaternion(quaternion_wxyz: Points) -> NDArray[np.float64]:
    """(3, 3) rotation of a quaternion wxyz, normalised first."""
    q = np.asarray(quaternion_wxyz, np.float64)
    norm = float(np.linalg.norm(q))
    if q.shape != (4,) or not norm > 1e-9:
        raise InputError(
            f"a quaternion must be 4 numbers wxyz with a norm above 0, got {q.tolist()}"
        )
    w, x, y, z = q / norm
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def rotation_between(source: Points, target: Points) -> NDArray[np.float64]:
    """The smallest (3, 3) rotation that takes direction `source` to direction `target`."""
    a = np.asarray(source, np.float64) / np.linalg.norm(source)
    b = np.asarray(target, np.float64) / np.linalg.norm(target)
    cosine = float(a @ b)
    if cosine < -1 + 1e-12:
        axis = np.cross(a, np.eye(3)[int(np.argmin(np.abs(a)))])
        axis /= np.linalg.norm(axis)
        return np.asarray(2 * np.outer(axis, axis) - np.eye(3))
    v = np.cross(a, b)
    skew = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.asarray(np.eye(3) + skew + skew @ skew / (1 + cosine))


def rotation_angle(rotation: Points) -> float:
    """Angle in radians of a (3, 3) rotation, in [0, pi]."""
    r = np.asarray(rotation, np.float64)
    sine = np.linalg.norm([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    return float(np.arctan2(sine, np.trace(r) - 1.0))


def interpolate(first: Transform, second: Transform, fraction: float) -> Transform:
    """Between two rigid transforms: linear in position, spherical (slerp) in rotation.

    `fraction` 0 gives the first, 1 the second.
    """
    q0 = quaternion_from_matrix(first[:3, :3])
    q1 = quaternion_from_matrix(second[:3, :3])
    cosine = float(q0 @ q1)
    if cosine < 0:
        q1, cosine = -q1, -cosine
    angle = np.arccos(min(cosine, 1.0))
    if angle < 1e-9:
        q = q0 + fraction * (q1 - q0)
    else:
        q = (np.sin((1 - fraction) * angle) * q0 + np.sin(fraction * angle) * q1) / np.sin(angle)
    position = (1 - fraction) * first[:3, 3] + fraction * second[:3, 3]
    return make_transform(matrix_from_quaternion(q), position)


def look_at(eye_in_world: Points, target_in_world: Points) -> Transform:
    """`world_from_camera` of a level camera (x right, y down, z forward) at `eye` facing `target`."""
    eye = np.asarray(eye_in_world, np.float64)
    forward = np.asarray(target_in_world, np.float64) - eye
    distance = float(np.linalg.norm(forward))
    if distance < 1e-9:
        raise InputError("look_at needs two different points, got the same point twice")
    forward = forward / distance
    right = np.cross(forward, (0.0, 0.0, 1.0))
    if np.linalg.norm(right) < 1e-6:
        right = np.array([0.0, -1.0, 0.0])
    right = right / np.linalg.norm(right)
    down = np.cross(forward, right)
    return make_transform(np.stack([right, down, forward], axis=1), eye)


def project(
    points_in_camera: Points, intrinsics: CameraIntrinsics
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Pixels (N, 2) as (u, v) of (N, 3) camera points, and (N,) True where they fall in the image."""
    points = np.asarray(points_in_camera, np.float64)
    z = points[:, 2]
    is_ahead = z > 1e-6
    safe_z = np.where(is_ahead, z, 1.0)
    u = points[:, 0] / safe_z * intrinsics.fx_px + intrinsics.cx_px
    v = points[:, 1] / safe_z * intrinsics.fy_px + intrinsics.cy_px
    is_inside = (
        is_ahead
        & (u >= -0.5)
        & (v >= -0.5)
        & (u < intrinsics.width_px - 0.5)
        & (v < intrinsics.height_px - 0.5)
    )
    return np.stack([u, v], axis=1), is_inside


def back_project(
    depth_m: NDArray[np.floating], intrinsics: CameraIntrinsics, *, stride_px: int = 1
) -> NDArray[np.float64]:
    """(N, 3) points in the camera frame of every pixel with a return.

    `depth_m` is (H, W) metres along the optical axis, 0 = no return; pixels come row by row.
    """
    if depth_m.shape != (intrinsics.height_px, intrinsics.width_px):
        raise InputError(
            f"depth_m must be (H, W) = ({intrinsics.height_px}, {intrinsics.width_px}) as the "
            f"intrinsics say, got {depth_m.shape}"
        )
    z = np.asarray(depth_m[::stride_px, ::stride_px], np.float64)
    v, u = np.nonzero(z > 0)
    z = z[v, u]
    x = (u * stride_px - intrinsics.cx_px) / intrinsics.fx_px * z
    y = (v * stride_px - intrinsics.cy_px) / intrinsics.fy_px * z
    return np.stack([x, y, z], axis=1)
