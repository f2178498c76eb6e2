"""How honest the sensors are: levels 'off', 'mild' and 'hard' for each kind of error.

Every kind draws from its own stream, which depends on (seed, kind, step) alone: one kind can be
switched without changing what another does, and a restored episode goes on with the same draws.
'off' is exactly the truth. `noise_depth`, `noise_pose`, `noise_detections` apply these; duplicated
and dropped frames are applied by the environment.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from ...errors import ConfigError

LEVELS = ("off", "mild", "hard")


@dataclass(frozen=True)
class DepthNoise:
    """A structured-light or stereo camera."""

    axial_m: float = 0.0
    """Standard deviation at 1 m; it grows with the square of depth."""
    edge_dropout: float = 0.0
    """Share of pixels beside a depth edge that return nothing."""
    edge_flying: float = 0.0
    """Share of pixels beside a depth edge that return a depth between both sides."""
    dropout: float = 0.0
    """Share of all pixels that return nothing."""
    range_m: float = np.inf
    """Nothing farther returns."""


@dataclass(frozen=True)
class PoseNoise:
    """Wheel odometry that drifts, and a SLAM system that closes loops."""

    position_share: float = 0.0
    """Standard deviation of a move, as a share of its length."""
    yaw_share: float = 0.0
    """Standard deviation of a turn, as a share of its angle."""
    yaw_rad_per_m: float = 0.0
    """Standard deviation of the heading after a metre of driving (square root growth)."""
    closure_radius_m: float = 1.0
    """A loop closes this near to a place seen long before."""
    closure_gap_steps: int = 60
    """Least number of steps between two closures, and to the place recognised."""
    closure_residual: float = 0.1
    """Share of the error that stays after a closure."""


@dataclass(frozen=True)
class DetectionNoise:
    """A learned detector and tracker."""

    miss: float = 0.0
    """Chance to miss a large thing; small ones are missed more, up to three times as often."""
    false_positives: float = 0.0
    """Mean number of things reported per frame that are not there."""
    confusion: float = 0.0
    """Chance of the label of something similar."""
    box_share: float = 0.0
    """Standard deviation of box sides, as a share of the box."""
    mask_px: float = 0.0
    """Mean growth or loss of a mask along its border, pixels (negative binomial coin)."""
    delay: float = 0.0
    """Chance that the detections of a frame come late."""
    delay_steps: int = 0
    """Longest delay."""
    track_break: float = 0.0
    """Chance per frame that a track gets a new id."""


@dataclass(frozen=True)
class FrameNoise:
    """A camera driver under load."""

    drop: float = 0.0
    """Chance that a step comes without images."""
    duplicate: float = 0.0
    """Chance that the images of the step before are delivered again, with the new stamp."""


DEPTH_NOISE = {
    "off": DepthNoise(),
    "mild": DepthNoise(0.0015, 0.15, 0.1, 0.001, 8.0),
    "hard": DepthNoise(0.005, 0.4, 0.3, 0.01, 5.0),
}
POSE_NOISE = {
    "off": PoseNoise(),
    "mild": PoseNoise(0.01, 0.01, 0.004),
    "hard": PoseNoise(0.04, 0.04, 0.015, closure_residual=0.2),
}
DETECTION_NOISE = {
    "off": DetectionNoise(),
    "mild": DetectionNoise(0.05, 0.05, 0.03, 0.02, 1.0, 0.05, 2, 0.005),
    "hard": DetectionNoise(0.2, 0.4, 0.12, 0.08, 3.0, 0.3, 5, 0.04),
}
FRAME_NOISE = {"off": FrameNoise(), "mild": FrameNoise(0.01, 0.01), "hard": FrameNoise(0.06, 0.06)}


@dataclass(frozen=True)
class NoiseConfig:
    """All kinds together; mix levels by naming single ones."""

    depth: DepthNoise = DEPTH_NOISE["off"]
    pose: PoseNoise = POSE_NOISE["off"]
    detections: DetectionNoise = DETECTION_NOISE["off"]
    frames: FrameNoise = FRAME_NOISE["off"]

    @classmethod
    def of(cls, level: str) -> NoiseConfig:
        """Every kind at one of `LEVELS`."""
        if level not in LEVELS:
            raise ConfigError(f"a noise level must be one of {LEVELS}, got '{level}'")
        return cls(
            DEPTH_NOISE[level], POSE_NOISE[level], DETECTION_NOISE[level], FRAME_NOISE[level]
        )


def stream(seed: int, kind: str, step: int) -> np.random.Generator:
    """The generator of one kind of noise at one step."""
    return np.random.default_rng((seed, zlib.crc32(kind.encode()), step))
