"""The executor reaches poses, goes around what blocks, gives up with a reason, and sees no truth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from house_samples import SMALL, tiny_house

from embodied_mem.core import Action, Observation, Outcome, RobotState
from embodied_mem.envs.house.env import HouseEnv
from embodied_mem.envs.house.oracle import drive_to as oracle_drive
from embodied_mem.errors import InputError
from embodied_mem.geometry import CameraIntrinsics
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.planners.drive_map import Bump, build_drive_map
from embodied_mem.planners.executor import Executor
from embodied_mem.planners.executor_config import ExecutorConfig, MotionConfig
from embodied_mem.planners.local_control import PoseGoal, field_of, plan_motion
from embodied_mem.planners.skills.requests import (
    Face,
    GoToEntity,
    GoToPose,
    GoToRoom,
    GoToViewpoint,
    Pick,
    Place,
    Search,
    Stop,
    Switch,
)
from embodied_mem.planners.skills.result import Failure, SkillResult
from embodied_mem.spatial.routes import BLOCKED_CELL, FREE_CELL, GroundMap, RobotShape

LENS = CameraIntrinsics.from_hfov(16, 12, 1.0)
CONFIG = ExecutorConfig()
FAR_SHAPE = (120, 120)


class PlaneWorld:
    """A robot on a plane with round posts; it sees nothing but where it is."""

    def __init__(self, *posts: tuple[float, float, float]) -> None:
        """`posts` are x, y, radius."""
        self.posts = list(posts)
        self.pose = (0.0, 0.0, 0.0)
        self.mode = "navigation"
        self.step_count = 0
        self.is_blocked = False
        self.lifted_after: int | None = None
        """All posts vanish after so many steps."""

    def reset(self, seed: int = 0) -> Observation:
        return self._observation()

    def close(self) -> None:
        pass

    def step(self, action: Action) -> Outcome:
        self.step_count += 1
        if self.lifted_after is not None and self.step_count > self.lifted_after:
            self.posts = []
        x, y, yaw = self.pose
        self.is_blocked = False
        if action.name == "move_forward":
            end = (x + 0.25 * math.cos(yaw), y + 0.25 * math.sin(yaw))
            self.is_blocked = any(self._is_hit((x, y), end, post) for post in self.posts)
            if not self.is_blocked:
                self.pose = (*end, yaw)
        elif action.name in ("turn_left", "turn_right"):
            turn = math.radians(10.0) if action.name == "turn_left" else -math.radians(10.0)
            self.pose = (x, y, math.remainder(yaw + turn, 2 * math.pi))
        return Outcome(self._observation(), not self.is_blocked, is_done=action.name == "stop")

    def _is_hit(
        self, start: tuple[float, float], end: tuple[float, float], post: tuple[float, float, float]
    ) -> bool:
        line = np.linspace(start, end, 11)
        return bool(np.hypot(*(line - post[:2]).T).min() < 0.25 + post[2])

    def _observation(self) -> Observation:
        x, y, yaw = self.pose
        c, s = math.cos(yaw), math.sin(yaw)
        pose = np.array([[s, 0, c, x], [-c, 0, s, y], [0, -1, 0, 1.3], [0, 0, 0, 1.0]])
        robot = RobotState(self.pose, self.pose, self.mode, is_blocked=self.is_blocked)
        return Observation(1 + self.step_count, pose, LENS, robot=robot)


class NoTruth:
    """Passes `step` on and nothing else of an environment."""

    def __init__(self, env: HouseEnv) -> None:
        self._step = env.step

    def step(self, action: Action) -> Outcome:
        return self._step(action)

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the executor touched env.{name}")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[EmbodiedMemory]:
    with EmbodiedMemory.open(tmp_path / "m.db") as opened:
        yield opened


def run(
    memory: EmbodiedMemory, world: PlaneWorld, skill: GoToPose, config: ExecutorConfig = CONFIG
) -> SkillResult:
    executor = Executor(memory.recall, config)
    first = world.reset()
    memory.update(first)
    return executor.run_skill(world, skill, memory.update, observation=first)


# Local control


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_on_a_free_plane_ends_near_the_goal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = (0.0, 0.0, float(rng.uniform(-3, 3)))
    goal = PoseGoal(*rng.uniform(-0.9, 0.9, 2).tolist(), float(rng.uniform(-3, 3)), 0.1)
    grid = build_drive_map(
        None, CONFIG.ground, start=start, wanted=np.array([goal.point]), track=np.zeros((0, 2))
    )
    plan = plan_motion(field_of(grid, goal.point), start, goal, MotionConfig(horizon_m=10.0))
    assert plan is not None
    assert plan.is_complete
    assert goal.gap_m(plan.poses[-1]) <= 0.05
    assert goal.yaw_gap_rad(plan.poses[-1]) <= math.radians(5.0) + 1e-6


def test_a_plan_predicts_what_its_moves_do() -> None:
    goal = PoseGoal(0.7, -0.6, 1.0)
    grid = build_drive_map(
        None, CONFIG.ground, start=(0, 0, 0), wanted=np.array([goal.point]), track=np.zeros((0, 2))
    )
    plan = plan_motion(field_of(grid, goal.point), (0.0, 0.0, 0.0), goal, MotionConfig())
    assert plan is not None
    world = PlaneWorld()
    for move, pose in zip(plan.moves, plan.poses[1:], strict=True):
        world.step(Action(move))
        assert world.pose == pytest.approx(pose, abs=1e-9)


def test_costs_keep_clear_of_walls_and_the_track_opens_them() -> None:
    cells = np.full(FAR_SHAPE, FREE_CELL, np.uint8)
    cells[60, :] = BLOCKED_CELL
    ground = GroundMap(cells, np.zeros(FAR_SHAPE, np.float32), (0.0, 0.0), 0.05, 0.0, RobotShape())
    track = np.array([[2.5 + 0.25 * n, 3.0] for n in range(5)])
    start = (1.0, 1.0, 0.0)
    grid = build_drive_map(
        ground, CONFIG.ground, start=start, wanted=np.array([[5.0, 5.0]]), track=track
    )
    assert grid.cost_at(1.0, 5.0) == 1.0
    assert 1.0 < grid.cost_at(3.0 - 0.38, 5.0) < grid.cost_at(3.0 - 0.25, 5.0)
    assert grid.cost_at(3.0, 5.0) == math.inf
    assert grid.cost_at(3.0, 3.0) < 3.0  # it has driven through there
    bump = Bump((2.75, 3.0, 0.0), (3.0, 3.0), until_action=9, is_moving=True)
    again = build_drive_map(
        ground,
        CONFIG.ground,
        start=start,
        wanted=np.array([[5.0, 5.0]]),
        track=track,
        bumps=(bump,),
    )
    assert again.cost_at(3.0, 3.0) == math.inf
    bold = build_drive_map(
        ground, CONFIG.ground, start=start, wanted=np.array([[5.0, 5.0]]), track=track, is_bold=True
    )
    assert math.isfinite(bold.cost_at(3.0, 5.0))


# Driving


@pytest.mark.parametrize("goal", [(3.0, 1.0, 2.0), (-1.3, 0.4, -1.0), (0.1, -0.1, 3.0)])
def test_it_reaches_a_pose(memory: EmbodiedMemory, goal: tuple[float, float, float]) -> None:
    world = PlaneWorld()
    result = run(memory, world, GoToPose(*goal))
    assert result.is_success, result.reason
    assert result.failure is None
    assert math.dist(world.pose[:2], goal[:2]) <= 0.1
    assert abs(math.remainder(world.pose[2] - goal[2], 2 * math.pi)) <= math.radians(5.0) + 1e-6
    assert result.base == pytest.approx(world.pose)
    assert result.action_count == world.step_count == len(result.path) - 1
    assert result.distance_m == pytest.approx(
        0.25 * sum(action.name == "move_forward" for action in result.actions)
    )


def test_it_goes_around_what_no_map_shows(memory: EmbodiedMemory) -> None:
    world = PlaneWorld((1.5, 0.0, 0.3))
    result = run(memory, world, GoToPose(3.0, 0.0, 0.0))
    assert result.is_success, result.reason
    assert result.blocked_count >= 1
    assert result.distance_m < 8.0


def test_it_gives_up_with_a_reason_where_nothing_leads(memory: EmbodiedMemory) -> None:
    ring = [(2.0 + 0.7 * math.cos(a), 0.7 * math.sin(a), 0.25) for a in np.linspace(0, 6.28, 12)]
    world = PlaneWorld(*ring)
    result = run(memory, world, GoToPose(2.0, 0.0), replace(CONFIG, max_blocked_count=12))
    assert not result.is_success
    assert result.failure is Failure.BLOCKED
    assert "in the way 12 times" in result.reason
    assert result.blocked_count == 12


def test_it_waits_for_what_goes_away(memory: EmbodiedMemory) -> None:
    ring = [(0.62 * math.cos(a), 0.62 * math.sin(a), 0.3) for a in np.linspace(0, 6.28, 12)]
    world = PlaneWorld(*ring)
    world.lifted_after = 60
    result = run(memory, world, GoToPose(1.5, 0.0))
    assert result.is_success, result.reason


def test_a_budget_ends_a_skill(memory: EmbodiedMemory) -> None:
    result = run(memory, PlaneWorld(), GoToPose(5.0, 0.0), replace(CONFIG, max_action_count=7))
    assert result.failure is Failure.OUT_OF_STEPS
    assert result.action_count == 7


def test_the_same_world_gets_the_same_actions(tmp_path: Path) -> None:
    taken = []
    for name in ("a.db", "b.db"):
        with EmbodiedMemory.open(tmp_path / name) as opened:
            taken.append(run(opened, PlaneWorld((1.0, 0.1, 0.2)), GoToPose(2.5, 0.5, 1.0)).actions)
    assert taken[0] == taken[1]


def test_it_replans_when_the_believed_pose_jumps(memory: EmbodiedMemory) -> None:
    world = PlaneWorld()
    executor = Executor(memory.recall)
    executor.begin(GoToPose(2.0, 0.0, 0.0), observation=world.reset())
    action = executor.step()
    while action is not None:
        outcome = world.step(action)
        if world.step_count == 3:
            world.pose = (world.pose[0], world.pose[1] + 0.4, world.pose[2])  # a loop was closed
        action = executor.step(replace(outcome, observation=world.reset()))
    assert executor.result is not None
    assert executor.result.is_success
    assert math.dist(world.pose[:2], (2.0, 0.0)) <= 0.1


def test_stop_is_not_sent_from_the_wrong_place(memory: EmbodiedMemory) -> None:
    world = PlaneWorld()
    executor = Executor(memory.recall)
    first = world.reset()
    wrong = executor.run_skill(world, Stop(GoToPose(1.0, 0.0)), memory.update, observation=first)
    assert wrong.failure is Failure.NOT_THERE
    assert wrong.actions == ()
    right = executor.run_skill(world, Stop(GoToPose(0.05, 0.0)), memory.update)
    assert right.is_success
    assert [action.name for action in right.actions] == ["stop"]


def test_face_turns_to_within_five_degrees(memory: EmbodiedMemory) -> None:
    world = PlaneWorld()
    executor = Executor(memory.recall)
    executor.run_skill(world, Face(-1.0, 1.0), memory.update, observation=world.reset())
    off = math.remainder(world.pose[2] - math.radians(135), 2 * math.pi)
    assert abs(off) <= math.radians(5.0) + 1e-6


def test_misuse_is_refused(memory: EmbodiedMemory) -> None:
    with pytest.raises(InputError, match="seen nothing yet"):
        Executor(memory.recall).begin(Face(0, 0))
    with pytest.raises(InputError, match="call begin"):
        Executor(memory.recall).step()
    with pytest.raises(InputError, match=r"at least 0\.05"):
        GoToPose(0.0, 0.0, tolerance_m=0.01)
    with pytest.raises(InputError, match="verb must be one of"):
        Switch("polish", "table")


# In the house


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbodiedMemory, HouseEnv]]:
    """The two-room house after a look around both rooms."""
    env = HouseEnv(tiny_house(), SMALL)
    with EmbodiedMemory.open(tmp_path_factory.mktemp("executor") / "m.db") as opened:
        opened.update(env.reset(0))
        for point in ((3.0, 1.2), (3.0, 3.0), (6.6, 1.2), (6.6, 2.9)):
            for outcome in oracle_drive(env, point):
                opened.update(outcome.observation)
            for _ in range(36):
                opened.update(env.step(Action("turn_left")).observation)
        yield opened, env


class House:
    """An executor in the house that touches no truth."""

    def __init__(self, lived_in: tuple[EmbodiedMemory, HouseEnv]) -> None:
        self.memory, self.env = lived_in
        self.executor = Executor(self.memory.recall)
        self.last = self.env.step(Action("noop")).observation
        self.memory.update(self.last)

    def do(self, skill: object) -> SkillResult:
        world = NoTruth(self.env)
        result = self.executor.run_skill(
            world,  # type: ignore[arg-type]
            skill,  # type: ignore[arg-type]
            self.memory.update,
            observation=self.last,
        )
        assert self.executor._body is not None
        self.last = self.executor._body.observation
        return result


@pytest.fixture
def house(lived_in: tuple[EmbodiedMemory, HouseEnv]) -> House:
    return House(lived_in)


def test_it_drives_through_the_door_without_truth(house: House) -> None:
    for goal in ((6.6, 1.2, 0.0), (1.5, 2.9, 2.0)):
        result = house.do(GoToPose(*goal))
        assert result.is_success, result.reason
        assert result.blocked_count == 0
        assert math.dist(house.env.true_base[:2], goal[:2]) <= 0.1


def test_it_goes_to_rooms_and_things(house: House) -> None:
    for room in house.memory.views.regions.current().rooms:
        result = house.do(GoToRoom(room.room_id))
        assert result.is_success, result.reason
        assert house.memory.views.regions.room_of(np.array([*result.base[:2], 1.0])) == room.room_id
    result = house.do(GoToEntity("mug"))
    assert result.is_success, result.reason
    assert math.dist(result.base[:2], (0.5, 1.1)) < 2.0
    result = house.do(GoToViewpoint("fridge"))
    assert result.is_success, result.reason
    bearing = math.atan2(3.4 - result.base[1], 0.45 - result.base[0])
    assert abs(math.remainder(bearing - result.base[2], 2 * math.pi)) < 0.3


def test_it_fetches_and_switches(house: House) -> None:
    taken = house.do(Pick("mug"))
    assert taken.is_success, taken.reason
    assert house.last.robot is not None
    assert house.last.robot.held_label == "mug"
    assert house.do(Pick("apple")).failure is Failure.HAND_FULL
    laid = house.do(Place("cabinet"))
    assert laid.is_success, laid.reason
    assert house.last.robot.held_label is None
    assert house.last.robot.mode == "navigation"
    assert house.do(Place("table")).failure is Failure.HAND_EMPTY
    opened = house.do(Switch("open", "fridge"))
    assert opened.is_success, opened.reason
    assert opened.actions[-1].name == "open"
    refused = house.do(Switch("turn_on", "table"))
    assert refused.failure is Failure.REFUSED
    assert "cannot be turned on" in refused.reason


def test_search_finds_what_is_there_and_ends_where_nothing_is(house: House) -> None:
    house.do(GoToPose(6.6, 1.2, 0.0))
    found = house.do(Search("apple"))
    assert found.is_success, found.reason
    assert found.entity_id.startswith("entity:")
    missing = house.do(Search("unicorn", max_action_count=60))
    assert missing.failure in (Failure.NOT_FOUND, Failure.OUT_OF_STEPS)
    assert missing.reason
    assert missing.action_count <= 60


def test_what_memory_does_not_know_is_not_gone_to(house: House) -> None:
    assert house.do(GoToEntity("entity:9999")).failure is Failure.NOT_KNOWN
    assert house.do(GoToEntity("unicorn")).failure is Failure.NOT_KNOWN
    assert house.do(GoToRoom("ballroom")).failure is Failure.NOT_KNOWN
