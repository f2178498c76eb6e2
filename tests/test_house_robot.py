"""What the robot can do in a house: moves, reach, skills, appliances, and the reasons why not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from house_samples import SMALL, act, tiny_house

from embodied_mem.core import Env, Outcome
from embodied_mem.envs.house.dynamic_scene import DynamicScene, PersonLook
from embodied_mem.envs.house.env import HouseEnv
from embodied_mem.envs.house.household import Clock, Household, RefusedError
from embodied_mem.envs.house.renderer import PartRenderer, Renderer
from embodied_mem.envs.house.scene import house_scene
from embodied_mem.envs.house.sensors import WIDE_CAMERA
from embodied_mem.envs.house.visibility import RoomWindows
from embodied_mem.errors import InputError
from embodied_mem.geometry import CameraIntrinsics, make_transform

SUCCESS = "Last action executed successfully."


@pytest.fixture(scope="module")
def shared_env() -> HouseEnv:
    return HouseEnv(tiny_house(), SMALL)


@pytest.fixture
def env(shared_env: HouseEnv) -> HouseEnv:
    shared_env.reset(0)
    return shared_env


def _do(env: HouseEnv, name: str, target: str = "", **parameters: float | str) -> Outcome:
    return env.step(act(name, target, **parameters))


def _must(env: HouseEnv, name: str, target: str = "", **parameters: float | str) -> Outcome:
    outcome = _do(env, name, target, **parameters)
    assert outcome.is_success, outcome.feedback
    return outcome


def _pose(env: HouseEnv) -> tuple[float, float, float]:
    robot = env.evaluator_truth().robot
    return (robot.x, robot.y, robot.yaw_rad)


def test_house_env_is_an_env(env: HouseEnv) -> None:
    assert isinstance(env, Env)


def test_forward_moves_a_quarter_metre_and_turns_are_ten_degrees(env: HouseEnv) -> None:
    x, y, yaw = _pose(env)
    _must(env, "move_forward")
    moved = _pose(env)
    assert math.hypot(moved[0] - x, moved[1] - y) == pytest.approx(0.25)
    _must(env, "turn_left")
    assert math.degrees(_pose(env)[2] - yaw) % 360 == pytest.approx(10)
    for _ in range(35):
        _must(env, "turn_left")
    assert math.cos(_pose(env)[2] - yaw) == pytest.approx(1.0)


def test_blocked_move_stays_and_says_so(env: HouseEnv) -> None:
    outcomes = [_do(env, "move_forward") for _ in range(8)]
    blocked = outcomes[-1]
    assert not blocked.is_success
    assert "blocked" in blocked.feedback
    assert blocked.observation.robot is not None
    assert blocked.observation.robot.is_blocked
    before = _pose(env)
    _do(env, "move_forward")
    assert _pose(env) == before
    _must(env, "turn_left")


def test_manipulation_mode_turns_the_base_and_forbids_driving(env: HouseEnv) -> None:
    yaw = _pose(env)[2]
    _must(env, "manipulation_mode")
    assert math.degrees(_pose(env)[2] - yaw) % 360 == pytest.approx(90)
    assert "cannot drive" in _do(env, "move_forward").feedback
    assert "already" in _do(env, "manipulation_mode").feedback
    _must(env, "navigation_mode")
    assert math.cos(_pose(env)[2] - yaw) == pytest.approx(1.0)


def test_stop_ends_the_episode_and_intermediate_stop_does_not(env: HouseEnv) -> None:
    assert not _do(env, "intermediate_stop").is_done
    assert _do(env, "stop").is_done


def test_finding_dory_pick_takes_the_nearest_in_manipulation_mode(env: HouseEnv) -> None:
    _must(env, "navigate_to", "table_0")
    assert "manipulation mode" in _do(env, "pick").feedback
    _must(env, "manipulation_mode")
    outcome = _must(env, "pick")
    assert outcome.observation.robot is not None
    assert outcome.observation.robot.held_label in ("mug", "apple", "knife")
    _must(env, "place")
    assert all(o.support_id != "robot" for o in env.evaluator_truth().house.objects.values())


def test_held_object_moves_with_the_robot_and_is_seen(env: HouseEnv) -> None:
    _must(env, "navigate_to", "table_0")
    _must(env, "pick_up", "mug_0")
    for name in ("turn_left", "turn_left", "turn_right", "turn_left", *["turn_left"] * 15, "noop"):
        outcome = _must(env, name)
        x, y, yaw = _pose(env)
        mug = env.evaluator_truth().house.objects["mug_0"]
        ahead = math.atan2(mug.position[1] - y, mug.position[0] - x)
        assert math.cos(ahead - yaw) == pytest.approx(1.0)
        assert "mug_0" in [d.instance_id for d in outcome.observation.detections]


def test_navigate_and_place_move_an_object_between_rooms(env: HouseEnv) -> None:
    _must(env, "navigate_to", "table_0")
    assert _must(env, "pick_up", "mug").feedback == SUCCESS
    _must(env, "navigate_to", "cabinet_0")
    _must(env, "place", "cabinet_0/top")
    truth = env.evaluator_truth()
    assert truth.house.objects["mug_0"].support_id == "cabinet_0/top"
    places = truth.log.of(actor_id="robot", action="place")
    assert [(e.from_room_id, e.to_room_id, e.to_id) for e in places] == [
        ("bedroom_0", "bedroom_0", "cabinet_0/top")
    ]
    rooms = [e.to_room_id for e in truth.log.of(action="enter_room")]
    assert rooms == ["bedroom_0"]


def test_navigating_takes_the_steps_of_the_drive(env: HouseEnv) -> None:
    stamp = env.evaluator_truth().step
    outcome = _must(env, "navigate_to", "cabinet_0")
    assert env.evaluator_truth().step - stamp > 15
    assert outcome.observation.clock_s is not None
    assert outcome.observation.clock_s > 6 * 3600 + 15 * 14.4


REFUSALS = [
    ([], ("pick_up", "mug_0"), "too far"),
    ([], ("pick_up", "unicorn"), "no object 'unicorn'"),
    ([], ("pick_up", ""), "needs a target"),
    ([], ("place", "table_0"), "hand is empty"),
    ([], ("open", "table_9"), "no furniture 'table_9'"),
    ([("navigate_to", "table_0")], ("open", "table_0"), "cannot be opened"),
    ([("navigate_to", "table_0")], ("turn_on", "table_0"), "cannot be turned on"),
    ([("navigate_to", "table_0"), ("pick_up", "mug_0")], ("pick_up", "apple_0"), "hand is full"),
    ([("navigate_to", "cabinet_0")], ("pick_up", "book_0"), "closed cabinet"),
    ([("navigate_to", "cabinet_0")], ("close", "cabinet_0"), "already closed"),
    ([("navigate_to", "table_0")], ("slice", "apple_0"), "needs a knife"),
    ([("navigate_to", "table_0"), ("pick_up", "knife_0")], ("slice", "mug_0"), "cannot be sliced"),
    ([], ("navigate_to", "plate_0"), "does not see"),
    ([], ("navigate_to", "attic"), "There is no 'attic'"),
    ([("navigate_to", "table_0"), ("pick_up", "mug_0")], ("place", "fridge_0"), "far"),
]


@pytest.mark.parametrize(("before", "action", "reason"), REFUSALS)
def test_refusal_gives_the_reason_and_changes_nothing(
    env: HouseEnv, before: list[tuple[str, str]], action: tuple[str, str], reason: str
) -> None:
    for step in before:
        _must(env, *step)
    house = env.evaluator_truth().house
    outcome = _do(env, *action)
    assert not outcome.is_success
    assert outcome.feedback.startswith("Last action is invalid. ")
    assert reason in outcome.feedback
    after = env.evaluator_truth().house
    assert after.objects == house.objects
    assert after.furniture_states == house.furniture_states


def test_facing_away_is_refused(env: HouseEnv) -> None:
    _must(env, "navigate_to", "table_0")
    for _ in range(12):
        _must(env, "turn_left")
    assert "does not face" in _do(env, "pick_up", "apple_0").feedback


def test_full_surface_has_no_room() -> None:
    house = tiny_house()
    mug = house.objects["mug_0"]
    piece = next(p for p in house.furniture if p.furniture_id == "table_0")
    surface = piece.surfaces[0]
    household = Household(house, Clock(0))
    count = 0
    while True:
        count += 1
        extra = f"mug_{count}"
        household.house.objects[extra] = type(mug)(**{**vars(mug), "object_id": extra})
        household.house.objects[extra].support_id = "robot"
        try:
            spot = household.find_free_spot(extra, surface.surface_id, (0.0, 0.0))
        except RefusedError:
            break
        household.put("robot", extra, surface.surface_id, spot)
    with pytest.raises(RefusedError, match="no room"):
        household.find_free_spot(extra, surface.surface_id, (0.0, 0.0))
    area = (surface.high[0] - surface.low[0]) * (surface.high[1] - surface.low[1])
    assert 0.3 * area / (mug.size[0] * mug.size[1]) < count
    lying = [o for o in household.house.objects.values() if o.support_id == surface.surface_id]
    middles = np.array([o.position[:2] for o in lying if o.category == "mug"])
    gaps = np.abs(middles[:, None] - middles[None]) / np.array(mug.size[:2])
    gaps[np.arange(len(middles)), np.arange(len(middles))] = 9
    assert gaps.max(axis=2).min() >= 1.0


def test_open_compartment_gives_access_and_closing_hides(env: HouseEnv) -> None:
    _must(env, "navigate_to", "cabinet_0")
    _must(env, "open", "cabinet_0")
    _must(env, "pick_up", "book_0")
    _must(env, "place", "cabinet_0/lower")
    _must(env, "close", "cabinet_0")
    assert "closed cabinet" in _do(env, "pick_up", "book_0").feedback


def test_closed_door_hides_what_is_inside(env: HouseEnv) -> None:
    house = tiny_house()
    household = Household(house, Clock(0))
    scene = DynamicScene(household)
    pose = WIDE_CAMERA.world_from_camera((5.9, 3.0, 0.0))
    number = [i.name for i in scene.instances].index("book_0")
    camera = WIDE_CAMERA.resized(320, 240).intrinsics
    assert (scene.render(pose, camera).instance_ids != number).all()
    household.set_open("robot", "cabinet_0", True)
    scene.update(household)
    assert (scene.render(pose, camera).instance_ids == number).any()
    household.set_open("robot", "cabinet_0", False)
    scene.update(household)
    assert (scene.render(pose, camera).instance_ids != number).all()


def test_slicing_with_a_knife(env: HouseEnv) -> None:
    _must(env, "navigate_to", "table_0")
    _must(env, "pick_up", "knife_0")
    _must(env, "slice", "apple_0")
    assert env.evaluator_truth().house.objects["apple_0"].is_sliced
    assert "already sliced" in _do(env, "slice", "apple_0").feedback


def test_fridge_cools_microwave_heats_and_sink_cleans(env: HouseEnv) -> None:
    _must(env, "navigate_to", "table_0")
    _must(env, "pick_up", "mug_0")
    _must(env, "navigate_to", "microwave_0")
    assert "is closed" in _do(env, "place", "microwave_0/inside").feedback
    _must(env, "open", "microwave_0")
    _must(env, "place", "microwave_0/inside")
    assert "close it first" in _do(env, "turn_on", "microwave_0").feedback
    _must(env, "close", "microwave_0")
    _must(env, "turn_on", "microwave_0")
    _must(env, "noop")
    assert "turn it off" in _do(env, "open", "microwave_0").feedback
    _must(env, "turn_off", "microwave_0")
    truth = env.evaluator_truth()
    assert truth.house.objects["mug_0"].temperature == "hot"
    (heat,) = truth.log.of(action="heat")
    assert (heat.actor_id, heat.target_id, heat.detail) == ("robot", "mug_0", "microwave_0")
    env.live_on(400)
    assert env.evaluator_truth().house.objects["mug_0"].temperature == "room"


def test_cold_and_clean(env: HouseEnv) -> None:
    _must(env, "navigate_to", "table_0")
    _must(env, "pick_up", "apple_0")
    _must(env, "navigate_to", "fridge_0")
    _must(env, "open", "fridge_0")
    _must(env, "place", "fridge_0")
    _must(env, "close", "fridge_0")
    _must(env, "noop")
    assert env.evaluator_truth().house.objects["apple_0"].temperature == "cold"
    _must(env, "navigate_to", "table_0")
    _must(env, "pick_up", "mug_0")
    env._episode.simulation.household.soil("person_0", "mug_0")
    _must(env, "navigate_to", "sink_0")
    _must(env, "place", "sink_0/bowl")
    _must(env, "turn_on", "sink_0")
    _must(env, "noop")
    assert env.evaluator_truth().house.objects["mug_0"].is_clean
    assert env.evaluator_truth().log.of(action="clean")[0].actor_id == "robot"


def test_unknown_action_names_the_known_ones(env: HouseEnv) -> None:
    with pytest.raises(InputError, match="must be one of stop"):
        _do(env, "fly")


def _camera_poses(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    poses = []
    for _ in range(count):
        x, y = rng.uniform(1.3, 6.7), rng.uniform(1.2, 2.8)
        poses.append(WIDE_CAMERA.world_from_camera((x, y, rng.uniform(-3.1, 3.1))))
    return poses


def test_placed_parts_equal_a_scene_built_anew() -> None:
    """Drawing a changed house part by part equals drawing one mesh of it."""
    household = Household(tiny_house(), Clock(0))
    scene = DynamicScene(household)
    thing = household.get_object("mug_0")
    thing.support_id = "robot"
    household.carry("robot", (2.2, 1.1, 0.7), 0.6)
    household.soil("robot", "plate_0")
    household.slice("robot", "apple_0")
    household.set_open("robot", "cabinet_0", True)
    household.set_on("robot", "microwave_0", True)
    scene.update(household)
    whole = house_scene(household.house)
    once = Renderer(whole.mesh)
    assert tuple(i.name for i in scene.instances) == whole.instance_names
    camera = CameraIntrinsics.from_hfov(160, 120, 1.4)
    for pose in _camera_poses(np.random.default_rng(2), 12):
        a, b = scene.render(pose, camera), once.render(pose, camera)
        assert (a.instance_ids == b.instance_ids).mean() > 0.999
        assert (np.abs(a.depth_m - b.depth_m) < 1e-4).mean() > 0.999
        is_near = np.abs(a.color.astype(int) - b.color).max(axis=2) <= 3
        assert is_near.mean() > 0.98


def test_windows_through_doors_change_no_pixel() -> None:
    house = tiny_house()
    mesh = house_scene(house).mesh
    plain, divided = Renderer(mesh), PartRenderer([mesh], rooms=RoomWindows(house))
    camera = CameraIntrinsics.from_hfov(120, 90, 1.5)
    poses = _camera_poses(np.random.default_rng(3), 30)
    doorway = [WIDE_CAMERA.world_from_camera((x, 2.0, a)) for x in (4.0, 4.06, 4.1) for a in (0, 2)]
    for pose in [*poses, *doorway]:
        a, b = plain.render(pose, camera), divided.render(pose, camera)
        assert (a.instance_ids == b.instance_ids).all()
        assert (a.depth_m == b.depth_m).all()
        assert (a.color == b.color).all()


def test_moving_a_part_commutes_with_moving_the_camera() -> None:
    household = Household(tiny_house(), Clock(0))
    scene = DynamicScene(household, [PersonLook("person_0", 1.7, 0)])
    camera = CameraIntrinsics.from_hfov(120, 90, 1.2)
    masks = []
    for yaw in (0.0, 0.8):
        scene.update(household, {"person_0": (6.0, 2.0, yaw)})
        cosine, sine = math.cos(yaw), math.sin(yaw)
        turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
        world_from_person = make_transform(turn, np.array([6.0, 2.0, 0.0]))
        person_from_camera = WIDE_CAMERA.world_from_camera((-1.2, 0.0, 0.0))
        view = scene.render(world_from_person @ person_from_camera, camera)
        masks.append(view.instance_ids == len(scene.instances) - 1)
    assert masks[0].sum() > 300
    assert (masks[0] != masks[1]).mean() < 0.001
