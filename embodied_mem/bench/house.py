"""`bench house`: frames and steps a second of the simulated house, on one core."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core import Action
from ..envs.house.dynamic_scene import DynamicScene
from ..envs.house.env import HouseEnv, HouseEnvConfig
from ..envs.house.generate import generate_house
from ..envs.house.sensors import HEAD_CAMERA, WIDE_CAMERA
from ..envs.house.simulation import Simulation
from ..errors import InputError
from .report import BenchReport, Table, at_least

DEFAULT_SEEDS = (1, 2, 3, 4, 5)
_ACTIONS = ("move_forward", "move_forward", "turn_left", "turn_right")
_STEPS_AT_PLACE, _WARM_UP = 5, 20
_LEVEL = replace(WIDE_CAMERA, hfov_rad=float(np.deg2rad(70.0)))


class _BenchEnv(HouseEnv):
    """Lets the benchmark set the robot down anywhere and time single parts."""

    @property
    def simulation(self) -> Simulation:
        return self._running().simulation

    @property
    def scene(self) -> DynamicScene:
        if self._scene is None:
            raise InputError("reset the environment first")
        return self._scene


@dataclass(frozen=True)
class _HouseTimes:
    seed: int
    room_count: int
    triangle_count: int
    prepare_s: float
    render_ms: float
    step_ms: float
    update_us: float


def bench_house(
    *,
    seeds: Sequence[int] = DEFAULT_SEEDS,
    steps: int = 200,
    progress: Callable[[str], None] = lambda _: None,
) -> BenchReport:
    """CPU time of rendering 640x480 and of whole steps with 480x640 colour, depth and ids."""
    times = []
    for seed in seeds:
        progress(f"house {seed}")
        times.append(_measure(seed, steps))
    render_ms = float(np.mean([t.render_ms for t in times]))
    step_ms = float(np.mean([t.step_ms for t in times]))
    triangles = min(t.triangle_count for t in times)
    return BenchReport(
        "house",
        (
            at_least("render_fps_core", 1000 / render_ms, 150.0, "frames/s"),
            at_least("env_steps_per_s", 1000 / step_ms, 100.0, "steps/s"),
            at_least("house_triangles", triangles, 50_000, "triangles"),
        ),
        (
            Table(
                "generated houses",
                ("seed", "rooms", "triangles", "prepare s", "render ms", "step ms", "move us"),
                tuple(
                    (
                        str(t.seed),
                        str(t.room_count),
                        str(t.triangle_count),
                        f"{t.prepare_s:.2f}",
                        f"{t.render_ms:.2f}",
                        f"{t.step_ms:.2f}",
                        f"{t.update_us:.0f}",
                    )
                    for t in times
                ),
            ),
        ),
        (
            "Means of CPU time from places all over the house; textures and light on, two residents.",
            "A render is 640x480, level, 70 degrees wide; a step is 480x640, 43 degrees, with "
            "detections and masks.",
            "'move us' is placing one object elsewhere.",
        ),
        {"seeds": list(seeds), "steps": steps},
    )


def _measure(seed: int, steps: int) -> _HouseTimes:
    house = generate_house(seed)
    env = _BenchEnv(house, HouseEnvConfig(cameras=(HEAD_CAMERA,), people_count=2))
    start = time.process_time()
    env.reset(seed)
    prepare_s = time.process_time() - start
    rng = np.random.default_rng(seed)
    points = env.simulation.navigation.reachable_points()
    bases = np.column_stack(
        [points[rng.integers(len(points), size=steps)], rng.uniform(-3, 3, steps)]
    )
    step_ms = _step_ms(env, bases, rng)
    poses = [_LEVEL.world_from_camera((x, y, yaw)) for x, y, yaw in bases.tolist()]
    intrinsics = _LEVEL.intrinsics
    env.scene.render(poses[0], intrinsics)
    start = time.process_time()
    for pose in poses:
        env.scene.render(pose, intrinsics)
    render_ms = (time.process_time() - start) * 1e3 / steps
    count = env.scene.triangle_count
    return _HouseTimes(seed, len(house.rooms), count, prepare_s, render_ms, step_ms, _move_us(env))


def _step_ms(env: _BenchEnv, bases: NDArray[np.float64], rng: np.random.Generator) -> float:
    """Mean CPU time of moves; every few steps the robot is set down somewhere else."""
    spent_s = 0.0
    for number, base in enumerate(bases.tolist()):
        if number % _STEPS_AT_PLACE == 0:
            env.simulation.robot.teleport(*base)
        action = Action(_ACTIONS[int(rng.integers(len(_ACTIONS)))])
        start = time.process_time()
        env.step(action)
        spent_s += time.process_time() - start if number >= _WARM_UP else 0.0
    return spent_s * 1e3 / max(len(bases) - _WARM_UP, 1)


def _move_us(env: _BenchEnv) -> float:
    """Microseconds to place one object somewhere else, over all objects."""
    household = env.simulation.household
    start = time.process_time()
    for name in household.house.objects:
        household.version[name] = household.version.get(name, 0) + 1
    env.scene.update(household)
    return (time.process_time() - start) * 1e6 / len(household.house.objects)
