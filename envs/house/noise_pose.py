"""Where the robot believes it is: odometry that drifts, and a SLAM system that closes loops late."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .noise import PoseNoise, stream
from .reach import wrapped_rad

Pose = tuple[float, float, float]
"""x_m, y_m, yaw_rad."""


@dataclass(frozen=True)
class BaseCorrection:
    """A better estimate of where the base was at an earlier step."""

    step: int
    base_in_world: Pose


@dataclass
class PoseEstimator:
    """Integrates noisy moves; `estimate` is odometry plus what loop closures have corrected.

    A loop closes when the robot comes near to where it was long before: then most of the error goes,
    and the poses since the last closure are corrected in proportion to their age.
    """

    noise: PoseNoise
    seed: int
    odometry: Pose = (0.0, 0.0, 0.0)
    """Dead reckoning since the start, in the frame of the start."""
    estimate: Pose = (0.0, 0.0, 0.0)
    true_pose: Pose = (0.0, 0.0, 0.0)
    closed_step: int = 0
    path: list[tuple[int, Pose, Pose]] = field(default_factory=list)
    """(step, true pose, estimate) of every step so far."""

    @property
    def is_exact(self) -> bool:
        noise = self.noise
        return not (noise.position_share or noise.yaw_share or noise.yaw_rad_per_m)

    def begin(self, pose: Pose, step: int) -> None:
        """The robot is localised exactly at the start."""
        self.odometry = (0.0, 0.0, 0.0)
        self.estimate = self.true_pose = pose
        self.closed_step = step
        self.path = [(step, pose, pose)]

    def follow(self, pose: Pose, step: int) -> tuple[BaseCorrection, ...]:
        """The robot is truly at `pose` now; returns corrections of earlier steps, oldest first."""
        move = _between(self.true_pose, pose)
        self.true_pose = pose
        if self.is_exact:
            self.odometry = _between(self.path[0][1], pose) if self.path else move
            self.estimate = pose
            return ()
        noisy = self._noisy(move, step)
        self.odometry, self.estimate = _after(self.odometry, noisy), _after(self.estimate, noisy)
        corrections = self._close(step) if self._recognises(step) else ()
        self.path.append((step, pose, self.estimate))
        return corrections

    def to_json(self) -> dict[str, Any]:
        names = ("odometry", "estimate", "true_pose", "closed_step", "path")
        return {name: getattr(self, name) for name in names}

    def load_json(self, row: dict[str, Any]) -> None:
        self.odometry, self.estimate = _pose(row["odometry"]), _pose(row["estimate"])
        self.true_pose, self.closed_step = _pose(row["true_pose"]), int(row["closed_step"])
        self.path = [(int(step), _pose(a), _pose(b)) for step, a, b in row["path"]]

    def _noisy(self, move: Pose, step: int) -> Pose:
        rng, noise = stream(self.seed, "pose", step), self.noise
        length = math.hypot(move[0], move[1])
        x, y, turn, heading = rng.standard_normal(4).tolist()
        return (
            move[0] + noise.position_share * length * x,
            move[1] + noise.position_share * length * y,
            move[2]
            + noise.yaw_share * abs(move[2]) * turn
            + noise.yaw_rad_per_m * math.sqrt(length) * heading,
        )

    def _recognises(self, step: int) -> bool:
        gap = self.noise.closure_gap_steps
        if step - self.closed_step < gap:
            return False
        x, y, _ = self.true_pose
        earlier = [pose for at, pose, _ in self.path if at <= step - gap]
        has_left = any(
            math.hypot(x - p[0], y - p[1]) > 2 * self.noise.closure_radius_m
            for at, p, _ in self.path
            if at > self.closed_step
        )
        return has_left and any(
            math.hypot(x - p[0], y - p[1]) < self.noise.closure_radius_m for p in earlier
        )

    def _close(self, step: int) -> tuple[BaseCorrection, ...]:
        keep = self.noise.closure_residual
        error = tuple(a - b for a, b in zip(self.true_pose, self.estimate, strict=True))
        shift = ((1 - keep) * error[0], (1 - keep) * error[1], (1 - keep) * wrapped_rad(error[2]))
        span = max(step - self.closed_step, 1)
        corrections = []
        for index, (at, true_pose, estimate) in enumerate(self.path):
            if at <= self.closed_step:
                continue
            better = _shifted(estimate, shift, (at - self.closed_step) / span)
            self.path[index] = (at, true_pose, better)
            corrections.append(BaseCorrection(at, better))
        self.estimate = _shifted(self.estimate, shift, 1.0)
        self.closed_step = step
        return tuple(corrections)


def _shifted(pose: Pose, shift: Pose, share: float) -> Pose:
    x, y, yaw = (a + share * b for a, b in zip(pose, shift, strict=True))
    return (x, y, wrapped_rad(yaw))


def _between(start: Pose, end: Pose) -> Pose:
    """The end pose in the frame of the start pose."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    cosine, sine = math.cos(start[2]), math.sin(start[2])
    return (cosine * dx + sine * dy, cosine * dy - sine * dx, wrapped_rad(end[2] - start[2]))


def _after(start: Pose, move: Pose) -> Pose:
    """The pose after a move that is given in the frame of the start pose."""
    cosine, sine = math.cos(start[2]), math.sin(start[2])
    return (
        start[0] + cosine * move[0] - sine * move[1],
        start[1] + sine * move[0] + cosine * move[1],
        wrapped_rad(start[2] + move[2]),
    )


def _pose(row: Any) -> Pose:
    x, y, yaw = np.asarray(row, np.float64).tolist()
    return (x, y, yaw)
