"""Episodes in the house: the same bits for the same actions, restored states, private truth."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from house_samples import (
    SMALL,
    SMALL_HEAD,
    SMALL_WIDE,
    act,
    observation_bytes,
    state_bytes,
    tiny_house,
)

from embodied_mem.bench.house import bench_house
from embodied_mem.core import Action, Observation
from embodied_mem.envs.house.env import HouseEnv, HouseEnvConfig
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.navigation import NavigationMap
from embodied_mem.envs.house.noise import NoiseConfig
from embodied_mem.envs.house.perception import DetectorSpec
from embodied_mem.envs.house.renderer import PartRenderer, Renderer
from embodied_mem.envs.house.scene import house_scene
from embodied_mem.envs.house.sensors import HEAD_CAMERA, CameraSpec, DayClock
from embodied_mem.envs.house.truth_log import TruthLog
from embodied_mem.envs.house.visibility import RoomWindows
from embodied_mem.errors import InputError
from embodied_mem.geometry import back_project, transform_points

LIVELY = HouseEnvConfig(
    cameras=(SMALL_HEAD, SMALL_WIDE), noise=NoiseConfig.of("hard"), people_count=2
)
WALK = (
    act("turn_left"), act("move_forward"), act("navigate_to", "table_0"), act("pick_up", "mug"),
    act("turn_right"), act("navigate_to", "cabinet_0"), act("place", "cabinet_0/top"),
    act("open", "cabinet_0"), act("turn_left"), act("move_forward"), act("noop"), act("pick_up", "x"),
)  # fmt: skip


def _digest(env: HouseEnv, actions: tuple[Action, ...], seed: int = 3) -> str:
    parts = [observation_bytes(env.reset(seed))]
    parts += [state_bytes(env.step(action)) for action in actions]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def test_same_seed_and_actions_give_the_same_bits_again_and_in_another_process() -> None:
    env = HouseEnv(tiny_house(), LIVELY)
    first = _digest(env, WALK)
    assert _digest(env, WALK) == first
    assert _digest(HouseEnv(tiny_house(), LIVELY), WALK) == first
    assert _digest(env, WALK, seed=4) != first
    code = (
        "import sys, test_house_env as t\n"
        "from house_samples import tiny_house\n"
        "sys.stdout.write(t._digest(t.HouseEnv(tiny_house(), t.LIVELY), t.WALK))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    assert answer.stdout == first


@pytest.mark.parametrize("config", [SMALL, LIVELY], ids=["exact", "lively"])
def test_a_restored_state_goes_on_with_the_same_bits(config: HouseEnvConfig) -> None:
    env = HouseEnv(tiny_house(), config)
    env.reset(3)
    for action in WALK[:6]:
        outcome = env.step(action)
    state = env.save_state()
    json.loads(state)
    after = [state_bytes(env.step(action)) for action in WALK[6:]]
    again = env.load_state(state)
    assert observation_bytes(again) == observation_bytes(outcome.observation)
    assert [state_bytes(env.step(action)) for action in WALK[6:]] == after
    other = HouseEnv(tiny_house(), config)
    other.load_state(state)
    assert [state_bytes(other.step(action)) for action in WALK[6:]] == after
    assert other.evaluator_truth().log == env.evaluator_truth().log


def test_state_of_another_house_is_refused() -> None:
    env = HouseEnv(tiny_house(), SMALL)
    env.reset(0)
    state = json.loads(env.save_state())
    state["simulation"]["house_seed"] = 99
    with pytest.raises(InputError, match="house 99"):
        env.load_state(json.dumps(state))


def test_the_given_house_is_not_changed() -> None:
    house = tiny_house()
    before = copy.deepcopy(house)
    env = HouseEnv(house, SMALL)
    env.reset(0)
    for action in WALK:
        env.step(action)
    assert house == before


def test_poisoned_truth_log_changes_nothing_an_agent_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = _digest(HouseEnv(tiny_house(), LIVELY), WALK)

    def poison(self: TruthLog, event: object) -> None:
        self.events.append(dataclasses.replace(event, target_id="poison", detail="poison"))  # type: ignore[type-var]
        self.events.insert(0, self.events[-1])

    monkeypatch.setattr(TruthLog, "add", poison)
    env = HouseEnv(tiny_house(), LIVELY)
    assert _digest(env, WALK) == clean
    assert env.evaluator_truth().log.events[0].target_id == "poison"


def test_evaluator_truth_is_a_copy() -> None:
    env = HouseEnv(tiny_house(), SMALL)
    env.reset(0)
    truth = env.evaluator_truth()
    truth.house.objects["mug_0"].position = (9.0, 9.0, 9.0)
    truth.robot.x = 99.0
    truth.log.events.clear()
    assert env.evaluator_truth().house.objects["mug_0"].position != (9.0, 9.0, 9.0)
    assert env.evaluator_truth().robot.x != 99.0


def test_agent_facing_names_hold_no_truth() -> None:
    """What an agent is given: observations and outcomes, and these names of the environment."""
    public = {name for name in dir(HouseEnv) if not name.startswith("_")}
    truth = {"evaluator_truth", "true_base", "true_navigation"}
    harness = truth | {"save_state", "load_state", "live_on"}
    assert public - harness == {"action_names", "reset", "step", "close"}
    env = HouseEnv(tiny_house(), SMALL)
    env.reset(0)
    assert {name for name in vars(env) if not name.startswith("_")} == {"config"}


def _points(observation: Observation) -> np.ndarray:
    assert observation.depth is not None
    points = back_project(observation.depth.metres(), observation.intrinsics)
    return np.asarray(transform_points(observation.world_from_camera, points))


def test_pixels_back_project_onto_the_instances_they_show() -> None:
    env = HouseEnv(tiny_house(), dataclasses.replace(SMALL, cameras=(SMALL_HEAD, SMALL_WIDE)))
    env.reset(0)
    observation = env.step(act("navigate_to", "table_0")).observation
    truth = env.evaluator_truth()
    for view in (observation, *observation.other_views):
        assert view.depth is not None
        assert view.instance_ids is not None
        ids = view.instance_ids[view.depth.raw > 0]
        points = _points(view)
        for name in ("mug_0", "apple_0"):
            mine = points[ids == truth.instance_names.index(name)]
            if len(mine) == 0:
                continue
            thing = truth.house.objects[name]
            reach = max(thing.size)
            assert np.abs(mine - thing.position).max() < reach + 0.01


def test_head_camera_is_finding_dorys() -> None:
    assert (HEAD_CAMERA.width_px, HEAD_CAMERA.height_px) == (480, 640)
    pose = HEAD_CAMERA.world_from_camera((1.0, 2.0, 0.3))
    np.testing.assert_allclose(pose[:3, 3], (1.0, 2.0, 1.31))
    np.testing.assert_allclose(pose[2, 2], np.sin(np.deg2rad(-30)))
    np.testing.assert_allclose(pose[:3, :3].T @ pose[:3, :3], np.eye(3), atol=1e-12)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
    np.testing.assert_allclose(np.arctan2(pose[1, 2], pose[0, 2]), 0.3)


def test_camera_pitch_in_degrees_is_refused() -> None:
    with pytest.raises(InputError, match="is it in degrees"):
        CameraSpec("head", 10, 10, 1.0, 1.3, -30.0)


def test_detections_agree_with_instance_ids() -> None:
    env = HouseEnv(tiny_house(), SMALL)
    env.reset(0)
    observation = env.step(act("navigate_to", "table_0")).observation
    names = env.evaluator_truth().instance_names
    ids = observation.instance_ids
    assert ids is not None
    assert len(observation.detections) >= 3
    for detection in observation.detections:
        assert detection.instance_id is not None
        mask = ids == names.index(detection.instance_id)
        assert detection.mask is not None
        assert (detection.mask == mask).all()
        v, u = np.nonzero(mask)
        assert detection.box_px == (u.min(), v.min(), u.max(), v.max())
        assert mask.mean() >= 0.001
    seen = {names[i] for i in np.unique(ids)}
    missing = seen - {d.instance_id for d in observation.detections}
    for name in missing:
        is_small = (ids == names.index(name)).mean() < 0.001
        assert is_small or "/" in name or name.startswith(("door", "window"))


def test_pixel_threshold_drops_small_things() -> None:
    few = dataclasses.replace(SMALL, detector=DetectorSpec(min_pixels=400))
    counts = []
    for config in (SMALL, few):
        env = HouseEnv(tiny_house(), config)
        env.reset(0)
        counts.append(len(env.step(act("navigate_to", "table_0")).observation.detections))
    assert counts[1] < counts[0]


def test_clock_runs_from_six_to_ten_in_4000_steps() -> None:
    clock = DayClock()
    assert clock.step_ns == 14_400_000_000
    assert clock.stamp_ns(0) == 6 * 3600 * 10**9
    assert clock.stamp_ns(3999) < 22 * 3600 * 10**9
    assert clock.stamp_ns(4000) == (24 + 6) * 3600 * 10**9
    env = HouseEnv(tiny_house(), dataclasses.replace(SMALL, day_clock=DayClock(steps_per_day=10)))
    stamps = [env.reset(0).stamp_ns]
    stamps += [env.step(act("noop")).observation.stamp_ns for _ in range(25)]
    assert (np.diff(stamps) > 0).all()


def test_instance_ids_are_withheld_while_detections_are_noisy() -> None:
    env = HouseEnv(tiny_house(), dataclasses.replace(SMALL, noise=NoiseConfig.of("mild")))
    assert env.reset(0).instance_ids is None


@pytest.fixture(scope="module")
def generated() -> Iterator[HouseEnv]:
    env = HouseEnv(generate_house(2), dataclasses.replace(SMALL, people_count=2))
    yield env
    env.close()


def test_every_viewpoint_of_a_generated_house_can_be_driven_to(generated: HouseEnv) -> None:
    generated.reset(0)
    house = generated.evaluator_truth().house
    pieces = [p for p in house.furniture if p.surfaces][::4]
    assert len(pieces) > 5
    for piece in pieces:
        outcome = generated.step(act("navigate_to", piece.furniture_id))
        assert outcome.is_success, (piece.furniture_id, outcome.feedback)


def test_objects_of_a_generated_house_can_be_carried(generated: HouseEnv) -> None:
    generated.reset(0)
    house = generated.evaluator_truth().house
    tables = [p.furniture_id for p in house.furniture if p.category in ("table", "counter", "bed")]
    carried = 0
    for object_id, thing in list(house.objects.items())[:12]:
        furniture_id = thing.support_id.split("/")[0]
        generated.step(act("navigate_to", furniture_id))
        generated.step(act("open", furniture_id))
        if not generated.step(act("pick_up", object_id)).is_success:
            continue
        generated.step(act("navigate_to", tables[carried % len(tables)]))
        placed = generated.step(act("place", tables[carried % len(tables)]))
        if not placed.is_success:
            generated.step(act("drop"))
        carried += 1
    assert carried >= 7


def test_windows_through_doors_change_no_pixel_of_a_generated_house(generated: HouseEnv) -> None:
    generated.reset(0)
    house = generated.evaluator_truth().house
    mesh = house_scene(house).mesh
    plain, divided = Renderer(mesh), PartRenderer([mesh], rooms=RoomWindows(house))
    points = NavigationMap(house).reachable_points()
    rng = np.random.default_rng(0)
    for x, y in points[rng.integers(len(points), size=30)].tolist():
        pose = SMALL_WIDE.world_from_camera((x, y, rng.uniform(-3.1, 3.1)))
        a, b = (r.render(pose, SMALL_WIDE.intrinsics) for r in (plain, divided))
        assert observation_bytes(a) == observation_bytes(b)


def test_without_a_house_each_seed_brings_its_own() -> None:
    env = HouseEnv(None, SMALL)
    env.reset(1)
    first = env.evaluator_truth().house.seed
    env.reset(2)
    assert (first, env.evaluator_truth().house.seed) == (1, 2)


def test_step_before_reset_is_refused() -> None:
    with pytest.raises(InputError, match="call reset"):
        HouseEnv(tiny_house(), SMALL).step(act("noop"))


def test_bench_measures_both_bars() -> None:
    report = bench_house(seeds=(1,), steps=25)
    assert [bar.name for bar in report.bars][:2] == ["render_fps_core", "env_steps_per_s"]
    assert all(bar.value and bar.value > 0 for bar in report.bars)
