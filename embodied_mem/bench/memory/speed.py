"""CPU time of `memory.update` with 30 detections in every frame, all views on."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core import Action, Observation
from ...envs.house.catalog import OBJECT_CATEGORIES, sample_object
from ...envs.house.env import HouseEnvConfig
from ...envs.house.generate import generate_house
from ...envs.house.navigation import NavigationMap
from ...envs.house.perception import DetectorSpec
from ...envs.house.sensors import WIDE_CAMERA
from ...envs.house.world import House, ObjectState
from ...memory import EmbodiedMemory
from .watching import WatchedEnv

DETECTION_COUNT = 30
FRAME_COUNT = 400
_SEED = 50
_SPACING_M = 0.5
_JITTER_M = 0.1
_TURNS = 12
_STEP_M = 0.25
_MIN_PIXEL_SHARE = 0.0001
Base = tuple[float, float, float]


@dataclass(frozen=True)
class UpdateTimes:
    """Of the frames with exactly 30 detections."""

    p50_ms: float
    p95_ms: float
    max_ms: float
    frame_count: int
    keyframe_count: int
    entity_count: int
    stage_ms: dict[str, float]
    """Mean wall milliseconds by stage."""


def measure_update(frame_count: int = FRAME_COUNT, *, seed: int = _SEED) -> UpdateTimes:
    """Drive through a cluttered house with a level camera, 640x480, 90 degrees wide, without noise.

    Objects stand all over its floor, so that nearly every frame shows more than 30 things; the 30 that
    are largest in the image are reported, and frames that show fewer are left out of the figures.
    """
    spent: list[float] = []
    stages: dict[str, list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbodiedMemory.open(Path(folder) / "memory.db") as memory,
    ):
        for observation in cluttered_frames(frame_count, seed=seed):
            start = time.process_time_ns()
            update = memory.update(observation)
            elapsed = (time.process_time_ns() - start) / 1e6
            if len(observation.detections) < DETECTION_COUNT:
                continue
            spent.append(elapsed)
            for stage, ms in update.stage_ms.items():
                stages.setdefault(stage, []).append(ms)
        keyframe_count = len(memory.views.keyframes)
        entity_count = memory.views.entities.count
    warm = np.array(spent[len(spent) // 10 :])  # the first updates compile or load kernels
    p50, p95 = np.percentile(warm, [50, 95]).tolist()
    means = {name: round(float(np.sum(ms)) / len(spent), 3) for name, ms in stages.items()}
    return UpdateTimes(p50, p95, float(warm.max()), len(warm), keyframe_count, entity_count, means)


def cluttered_frames(frame_count: int, *, seed: int) -> Iterator[Observation]:
    """Frames of a drive through a house full of things, with at most 30 detections each."""
    house = cluttered_house(seed)
    config = HouseEnvConfig(
        cameras=(dataclasses.replace(WIDE_CAMERA, pitch_rad=-0.25),),
        detector=DetectorSpec(min_pixel_share=_MIN_PIXEL_SHARE),
    )
    env = WatchedEnv(house, config)
    env.reset(seed)
    rng = np.random.default_rng(seed)
    bases = _drive(house, rng, frame_count)
    for x, y, yaw in bases:
        env.put_robot(x, y, yaw)
        observation = env.step(Action("noop")).observation
        sizes = [0 if d.mask is None else -int(d.mask.sum()) for d in observation.detections]
        largest = sorted(np.argsort(sizes, kind="stable")[:DETECTION_COUNT].tolist())
        yield dataclasses.replace(
            observation, detections=tuple(observation.detections[n] for n in largest)
        )
    env.close()


def cluttered_house(seed: int) -> House:
    """A generated house with an object about every 0.4 m on its floors."""
    house = generate_house(seed)
    rng = np.random.default_rng(seed)
    objects = dict(house.objects)
    for room in house.rooms:
        for x0, y0, x1, y1 in room.rectangles:
            for x in np.arange(x0 + 0.2, x1 - 0.2, _SPACING_M):
                for y in np.arange(y0 + 0.2, y1 - 0.2, _SPACING_M):
                    at = np.array([x, y]) + rng.uniform(-_JITTER_M, _JITTER_M, 2)
                    thing = _thing(f"floor_{len(objects)}", at, room.room_id, rng)
                    objects[thing.object_id] = thing
    return dataclasses.replace(house, objects=objects)


def _thing(
    name: str, at: NDArray[np.float64], room_id: str, rng: np.random.Generator
) -> ObjectState:
    category = OBJECT_CATEGORIES[int(rng.integers(len(OBJECT_CATEGORIES)))]
    attributes, size_m, variant = sample_object(category, rng)
    position = (float(at[0]), float(at[1]), 0.0)
    yaw_rad = float(rng.uniform(-np.pi, np.pi))
    support = f"floor:{room_id}"
    return ObjectState(name, category, attributes, size_m, variant, position, yaw_rad, support)


def _drive(house: House, rng: np.random.Generator, frame_count: int) -> Iterator[Base]:
    """Bases on shortest ways between random places, with a full turn at each."""
    bare = dataclasses.replace(house, objects={})
    navigation = NavigationMap(bare)
    points = navigation.reachable_points()
    x, y, yaw = house.start
    count = 0
    while True:
        for turn in np.linspace(0, 2 * np.pi, _TURNS, endpoint=False).tolist():
            yield x, y, yaw + turn
            count += 1
            if count >= frame_count:
                return
        goal = points[int(rng.integers(len(points)))].tolist()
        for corner_x, corner_y in navigation.shortest_path((x, y), (goal[0], goal[1]))[1:]:
            yaw = float(np.arctan2(corner_y - y, corner_x - x))
            length_m = float(np.hypot(corner_x - x, corner_y - y))
            for share in (np.arange(_STEP_M, length_m, _STEP_M) / max(length_m, 1e-9)).tolist():
                yield x + share * (corner_x - x), y + share * (corner_y - y), yaw
                count += 1
                if count >= frame_count:
                    return
            x, y = corner_x, corner_y
