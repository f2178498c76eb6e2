"""The robot's cameras and clock: what it can measure, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...core import DepthImage
from ...errors import InputError
from ...geometry import CameraIntrinsics, Transform, make_transform

DEPTH_UNIT_M = 0.001
DAY_NS = 86_400_000_000_000


@dataclass(frozen=True)
class CameraSpec:
    """A camera that is fixed to the robot's base."""

    name: str
    width_px: int
    height_px: int
    hfov_rad: float
    mount_height_m: float
    pitch_rad: float = 0.0
    """Negative looks down."""
    yaw_rad: float = 0.0
    """To the left of straight ahead."""
    ahead_m: float = 0.0
    """Of the middle of the base."""
    has_color: bool = True
    has_depth: bool = True

    def __post_init__(self) -> None:
        if abs(self.pitch_rad) >= math.pi / 2:
            raise InputError(
                f"the pitch of camera '{self.name}' must lie within 90 degrees of level, got "
                f"{self.pitch_rad} rad; is it in degrees?"
            )

    @property
    def intrinsics(self) -> CameraIntrinsics:
        return CameraIntrinsics.from_hfov(self.width_px, self.height_px, self.hfov_rad)

    def resized(self, width_px: int, height_px: int) -> CameraSpec:
        """The same camera with another image size; keep the ratio to keep the view."""
        return CameraSpec(
            self.name,
            width_px,
            height_px,
            self.hfov_rad,
            self.mount_height_m,
            self.pitch_rad,
            self.yaw_rad,
            self.ahead_m,
            self.has_color,
            self.has_depth,
        )

    def world_from_camera(self, base: tuple[float, float, float]) -> Transform:
        """Pose of the optical frame on a base at (x, y, yaw)."""
        yaw = base[2] + self.yaw_rad
        cosine, sine = math.cos(yaw), math.sin(yaw)
        level, up = math.cos(self.pitch_rad), math.sin(self.pitch_rad)
        forward = (level * cosine, level * sine, up)
        right = (sine, -cosine, 0.0)
        down = (cosine * up, sine * up, -level)
        eye = (
            base[0] + self.ahead_m * math.cos(base[2]),
            base[1] + self.ahead_m * math.sin(base[2]),
            self.mount_height_m,
        )
        return make_transform(np.array([right, down, forward]).T, np.array(eye))


HEAD_CAMERA = CameraSpec("head", 480, 640, math.radians(43.0), 1.31, math.radians(-30.0))
"""FindingDory's: portrait, 1.31 m high, looking 30 degrees down."""

WIDE_CAMERA = CameraSpec("wide", 640, 480, math.radians(90.0), 1.2)
"""Level, 90 degrees wide."""


@dataclass(frozen=True)
class DayClock:
    """Simulated time of day: days begin and end at fixed hours and nothing happens at night."""

    start_s: float = 6 * 3600.0
    end_s: float = 22 * 3600.0
    steps_per_day: int = 4000

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s <= 86_400 or self.steps_per_day < 1:
            raise InputError(
                f"a day must begin before it ends within 24 hours and have at least one step, got "
                f"{self.start_s} s to {self.end_s} s in {self.steps_per_day} steps"
            )

    @property
    def step_ns(self) -> int:
        return round((self.end_s - self.start_s) * 1e9 / self.steps_per_day)

    def stamp_ns(self, step: int) -> int:
        """Stamp of a step since the first morning, counted from midnight before it."""
        day, step_of_day = divmod(step, self.steps_per_day)
        return day * DAY_NS + round(self.start_s * 1e9) + step_of_day * self.step_ns


def clock_s_of(stamp_ns: int) -> float:
    """Seconds since midnight."""
    return (stamp_ns % DAY_NS) / 1e9


def quantised(depth_m: NDArray[np.float32]) -> DepthImage:
    """As `DepthImage.from_metres` in whole millimetres, for depth that is known to be clean."""
    raw = np.empty(depth_m.shape, np.uint16)
    _quantise(depth_m.reshape(-1), raw.reshape(-1))
    return DepthImage(raw, DEPTH_UNIT_M)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _quantise(depth_m: NDArray[np.float32], raw: NDArray[np.uint16]) -> None:
    for i in range(np.uint32(len(depth_m))):
        value = depth_m[i] * np.float32(1000.0) + np.float32(0.5)
        raw[i] = np.uint16(np.int32(value)) if value < np.float32(65536.0) else np.uint16(0)
