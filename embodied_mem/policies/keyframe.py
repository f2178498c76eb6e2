"""Which frames to keep.

Memory Forcing (arXiv 2510.03198, section 3.3) keeps a frame that adds unseen coverage or that too few
kept frames overlap. `CoverageGate` asks the same of the 3D cache, plus change, motion and time: the
number of keyframes follows the space, the viewpoints and what happens, not the hours spent there.
Without change, who walks by would be kept (as novel), and the frames that show him gone would not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..config import KeyframeConfig
from ..core import DepthImage, Observation
from ..errors import ConfigError
from ..geometry import Transform, rotation_angle
from ..spatial.cache3d import SurfaceCache
from ..spatial.change import contradicted_share
from ..spatial.keyframe_index import KeyframeIndex
from ..spatial.octree import OccupancyOctree

_RIVAL_SHARE = 0.8
"""Keyframes that show at least this much of what the best one shows are all asked for motion: where
several show the whole view, votes alone would take any of them, however far away."""

_CHANGED_REST = 4
"""Frames until change is asked for again: where poses drift, every frame contradicts the map a little,
and one frame in a few is enough to clear it."""


@dataclass(frozen=True)
class GateDecision:
    """Keep or not, and why: 'first', 'novel', 'changed', 'missing' (something that stood there is
    not to be seen), 'motion', 'time', 'every', or ''."""

    reason: str
    novel_share: float | None = None
    """Share of the seen surface that no keyframe has seen yet; None where it was not measured."""

    @property
    def is_kept(self) -> bool:
        return self.reason != ""


class Maps(Protocol):
    """What gates ask: `views.MemoryViews`."""

    @property
    def keyframes(self) -> KeyframeIndex: ...

    @property
    def octree(self) -> OccupancyOctree: ...

    @property
    def cache(self) -> SurfaceCache: ...


class KeyframeGate(Protocol):
    """Decides from the observation, the views and the number of frames seen in the session."""

    def decide(
        self,
        observation: Observation,
        frame_number: int,
        views: Maps,
    ) -> GateDecision: ...


class CoverageGate:
    """Novel coverage, change, viewpoint (against the keyframes that overlap most) and time."""

    def __init__(
        self,
        *,
        min_novel_fraction: float,
        min_changed_fraction: float,
        motion_m: float,
        motion_rad: float,
        max_interval_s: float,
        sample_stride_px: int = 8,
    ) -> None:
        self._min_novel_fraction = min_novel_fraction
        self._min_changed_fraction = min_changed_fraction
        self._motion_m = motion_m
        self._motion_rad = motion_rad
        self._max_interval_ns = max_interval_s * 1e9
        self._stride_px = sample_stride_px
        self._last_changed_number = -_CHANGED_REST

    def decide(
        self,
        observation: Observation,
        frame_number: int,
        views: Maps,
    ) -> GateDecision:
        keyframes = views.keyframes
        if len(keyframes) == 0:
            return GateDecision("first")
        last = keyframes.get(len(keyframes) - 1)
        rivals, novel_share = [last.world_from_camera], None
        if observation.depth is not None:
            votes = views.cache.overlap(
                observation.depth,
                observation.intrinsics,
                observation.world_from_camera,
                stride_px=self._stride_px,
            )
            novel_share = 1.0 - votes.known_share if observation.depth.raw.any() else 0.0
            if novel_share >= self._min_novel_fraction:
                return GateDecision("novel", novel_share)
            is_rested = abs(frame_number - self._last_changed_number) >= _CHANGED_REST
            if is_rested and self._is_changed(observation, observation.depth, views):
                self._last_changed_number = frame_number
                return GateDecision("changed", novel_share)
            if len(votes.frames):
                overlap_most = votes.frames[votes.shares >= _RIVAL_SHARE * votes.shares[0]]
                rivals = [keyframes.get(int(n)).world_from_camera for n in overlap_most]
        pose = observation.world_from_camera
        if all(_has_moved(rival, pose, self._motion_m, self._motion_rad) for rival in rivals):
            return GateDecision("motion", novel_share)
        if observation.stamp_ns - last.stamp_ns >= self._max_interval_ns:
            return GateDecision("time", novel_share)
        return GateDecision("", novel_share)

    def _is_changed(self, observation: Observation, depth: DepthImage, views: Maps) -> bool:
        share = contradicted_share(
            views.octree, depth, observation.intrinsics, observation.world_from_camera
        )
        return share >= self._min_changed_fraction


class MotionGate:
    """Distance, angle or time since the last keyframe."""

    def __init__(self, *, motion_m: float, motion_rad: float, max_interval_s: float) -> None:
        self._motion_m = motion_m
        self._motion_rad = motion_rad
        self._max_interval_ns = max_interval_s * 1e9

    def decide(
        self,
        observation: Observation,
        frame_number: int,
        views: Maps,
    ) -> GateDecision:
        keyframes = views.keyframes
        if len(keyframes) == 0:
            return GateDecision("first")
        last = keyframes.get(len(keyframes) - 1)
        pose = observation.world_from_camera
        if _has_moved(last.world_from_camera, pose, self._motion_m, self._motion_rad):
            return GateDecision("motion")
        is_due = observation.stamp_ns - last.stamp_ns >= self._max_interval_ns
        return GateDecision("time" if is_due else "")


class EveryGate:
    """Each n-th frame of a session."""

    def __init__(self, *, every: int) -> None:
        self._every = every

    def decide(
        self,
        observation: Observation,
        frame_number: int,
        views: Maps,
    ) -> GateDecision:
        return GateDecision("every" if frame_number % self._every == 0 else "")


def make_keyframe_gate(config: KeyframeConfig) -> KeyframeGate:
    """The gate that `config.policy` names."""
    if config.policy == "coverage":
        return CoverageGate(
            min_novel_fraction=config.min_novel_fraction,
            min_changed_fraction=config.min_changed_fraction,
            motion_m=config.motion_m,
            motion_rad=config.motion_rad,
            max_interval_s=config.max_interval_s,
        )
    if config.policy == "motion":
        return MotionGate(
            motion_m=config.motion_m,
            motion_rad=config.motion_rad,
            max_interval_s=config.max_interval_s,
        )
    if config.policy == "every":
        return EveryGate(every=config.every)
    raise ConfigError(
        f"memory.keyframe.policy must be coverage, motion or every, got {config.policy}"
    )


def _has_moved(first: Transform, second: Transform, motion_m: float, motion_rad: float) -> bool:
    if float(np.linalg.norm(first[:3, 3] - second[:3, 3])) >= motion_m:
        return True
    return rotation_angle(first[:3, :3].T @ second[:3, :3]) >= motion_rad
