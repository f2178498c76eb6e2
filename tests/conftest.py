"""What several test modules share: a short walk through the rendered flat, and files made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.config import CacheConfig, JournalConfig, MemoryConfig
from embodied_mem.core import Observation
from embodied_mem.envs.house.demo_room import DemoRecording
from embodied_mem.envs.recordings import write_plain
from embodied_mem.geometry import CameraIntrinsics
from embodied_mem.memory import EmbodiedMemory

PLAIN_FRAME_COUNT = 24


@pytest.fixture(scope="session")
def small_camera() -> CameraIntrinsics:
    """160x120 pixels, 70 degrees: quick to render and to remember."""
    return CameraIntrinsics.from_hfov(160, 120, float(np.deg2rad(70.0)))


@pytest.fixture(scope="session")
def demo(small_camera: CameraIntrinsics) -> DemoRecording:
    """The whole walk through the flat in 60 small frames."""
    return DemoRecording(frame_count=60, intrinsics=small_camera)


@pytest.fixture(scope="session")
def demo_frames(demo: DemoRecording) -> tuple[Observation, ...]:
    return tuple(demo.observations())


@pytest.fixture(scope="session")
def demo_memory(
    tmp_path_factory: pytest.TempPathFactory, demo_frames: tuple[Observation, ...]
) -> Path:
    """A closed memory file of the whole walk, with checkpoints on the way. Do not change it."""
    path = tmp_path_factory.mktemp("demo") / "walk.db"
    config = MemoryConfig(
        cache=CacheConfig(stride_px=1),  # the pixels are four times as wide as usual
        journal=JournalConfig(checkpoint_keyframes=20),
    )
    with EmbodiedMemory.open(path, config) as memory:
        memory.begin_session("walk", start_stamp_ns=demo_frames[0].stamp_ns)
        for frame in demo_frames:
            memory.update(frame)
    return path


@pytest.fixture(scope="session")
def plain_folder(
    tmp_path_factory: pytest.TempPathFactory, demo_frames: tuple[Observation, ...]
) -> Path:
    """The first frames of the walk in the plain format. Do not change it; copy it."""
    folder = tmp_path_factory.mktemp("plain") / "walk"
    write_plain(demo_frames[:PLAIN_FRAME_COUNT], folder)
    return folder
