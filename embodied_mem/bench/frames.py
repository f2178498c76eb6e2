"""Frames of a recording, decoded beforehand, so that a benchmark times its subject alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core import DepthImage, Recording
from ..errors import RecordingError
from ..geometry import CameraIntrinsics, Transform, back_project, transform_points


@dataclass(frozen=True)
class BenchFrame:
    """One posed depth image."""

    index: int
    depth: DepthImage
    intrinsics: CameraIntrinsics
    world_from_camera: Transform

    def cloud(self, stride_px: int) -> NDArray[np.float64]:
        """(N, 3) contiguous world points of every `stride_px`-th pixel."""
        points = back_project(self.metres, self.intrinsics, stride_px=stride_px)
        return np.ascontiguousarray(transform_points(self.world_from_camera, points))

    @cached_property
    def metres(self) -> NDArray[np.float32]:
        return self.depth.metres()


def load_frames(recording: Recording, *, count: int | None = None) -> list[BenchFrame]:
    """Up to `count` frames spread evenly over a recording (all by default)."""
    total = recording.info.frame_count
    wanted = None if count is None or count >= total else set(range(0, total, total // count))
    frames = []
    for place, observation in enumerate(recording.observations()):
        if observation.depth is None or (wanted is not None and place not in wanted):
            continue
        frames.append(
            BenchFrame(
                place, observation.depth, observation.intrinsics, observation.world_from_camera
            )
        )
        if count is not None and len(frames) == count:
            break
    if not frames:
        raise RecordingError(f"{recording.info.name}: no frame with depth to measure on")
    return frames
