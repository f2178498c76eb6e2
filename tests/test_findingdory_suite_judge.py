"""FindingDory's judge: predicates at their thresholds, stops, scores, paths and failures."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from findingdory_samples import final_house, three_rounds

from embodied_mem.envs.suites.findingdory.failures import (
    LOW_LEVEL_FAILURE_MODES,
    VLM_FAILURE_MODES,
    low_level_failure_modes,
    vlm_failure_modes,
)
from embodied_mem.envs.suites.findingdory.final_world import FinalWorld
from embodied_mem.envs.suites.findingdory.goals import Goal
from embodied_mem.envs.suites.findingdory.instructions import Instruction
from embodied_mem.envs.suites.findingdory.paths import (
    best_tour_m,
    shortest_drive_m,
    success_by_path_length,
    tour_m,
)
from embodied_mem.envs.suites.findingdory.predicates import (
    Check,
    Judge,
    Thresholds,
    off_heading_rad,
)
from embodied_mem.envs.suites.findingdory.record import FrameTruth, Pose
from embodied_mem.envs.suites.findingdory.score import (
    is_exact_match,
    keyframe_deviation,
    relaxed_score,
    score_drive,
    score_frames,
)
from embodied_mem.envs.suites.findingdory.stops import GoalTracker
from embodied_mem.envs.suites.findingdory.task import FindingDoryTask
from embodied_mem.envs.suites.findingdory.valid_frames import find_valid_frames


@pytest.fixture(scope="module")
def world() -> FinalWorld:
    return FinalWorld(final_house())


@pytest.fixture(scope="module")
def judge(world: FinalWorld) -> Judge:
    return Judge(world)


# Predicates


def test_thresholds_are_findingdorys() -> None:
    limits = Thresholds()
    assert (limits.object_distance_m, limits.object_angle_rad) == (2.0, 0.785)
    assert (limits.receptacle_distance_m, limits.receptacle_angle_rad) == (0.1, 1.57)
    assert limits.pixel_share == 0.001
    assert limits.without_pixels() == dataclasses.replace(limits, pixel_share=0.0)
    assert limits.without_distance().object_distance_m == 10_000.0


def beside(world: FinalWorld, name: str, away_m: float, turn_rad: float = 0.0) -> Pose:
    """A pose straight east of the floor by a thing in the kitchen, turned towards it and then aside."""
    x, y = world.floor_point(name)
    place = world.place_of(name)
    x += away_m
    return x, y, math.atan2(place[1] - y, place[0] - x) + turn_rad


def test_an_object_is_reached_up_to_two_metres_away(world: FinalWorld, judge: Judge) -> None:
    assert judge.is_true("at_object", "knife_0", beside(world, "knife_0", 1.0))
    near = Judge(world, Thresholds().without_pixels())
    assert near.is_true("at_object", "knife_0", beside(world, "knife_0", 1.99))
    assert not near.is_true("at_object", "knife_0", beside(world, "knife_0", 2.01))
    assert near.check("at_object", "knife_0", beside(world, "knife_0", 1.99)).distance_m == (
        pytest.approx(1.99)
    )


def test_an_object_is_faced_up_to_45_degrees_aside(world: FinalWorld) -> None:
    near = Judge(world, Thresholds().without_pixels())
    for turn_rad, is_faced in ((0.78, True), (0.79, False), (-0.78, True), (-0.79, False)):
        pose = beside(world, "knife_0", 0.5, turn_rad)
        assert near.is_true("at_object", "knife_0", pose) == is_faced
        assert off_heading_rad(pose, world.place_of("knife_0")) == pytest.approx(abs(turn_rad))


def test_a_target_must_fill_a_thousandth_of_the_image(world: FinalWorld, judge: Judge) -> None:
    pose = beside(world, "knife_0", 0.8)
    share = judge.check("at_object", "knife_0", pose).pixel_share
    assert share >= 0.001
    for least, is_seen in ((share, True), (share + 1 / (480 * 640), False)):
        limits = dataclasses.replace(Thresholds(), pixel_share=least)
        assert Judge(world, limits).is_true("at_object", "knife_0", pose) == is_seen


def test_an_object_is_where_it_lies_now_and_not_where_it_lay(judge: Judge) -> None:
    world = judge.world
    at_table = beside(world, "knife_0", 0.8)
    assert not judge.is_true("at_object", "mug_0", at_table)
    moved = FinalWorld(final_house())
    house = final_house()
    house.objects["mug_0"].position = house.objects["knife_0"].position
    house.objects["mug_0"].support_id = "table_0/top"
    assert not Judge(moved).is_true("at_object", "mug_0", at_table)
    moved.follow(house)
    assert Judge(moved, Thresholds().without_pixels()).is_true("at_object", "mug_0", at_table)


def test_a_receptacle_is_reached_within_10_cm_of_a_viewpoint(
    world: FinalWorld, judge: Judge
) -> None:
    x, y, yaw = world.get_receptacle("table_0").viewpoints[0]
    for gap_m, is_there in ((0.0, True), (0.09, True), (0.11, False)):
        assert judge.is_true("at_receptacle", "table_0", (x, y + gap_m, yaw)) == is_there
    assert judge.is_true("at_receptacle", "table_0", (x, y, yaw + 2 * math.pi))
    near = Judge(world, Thresholds().without_pixels())
    for turn_rad, is_faced in ((1.56, True), (1.58, False)):
        place = world.place_of("table_0")
        bearing = math.atan2(place[1] - y, place[0] - x)
        assert near.is_true("at_receptacle", "table_0", (x, y, bearing + turn_rad)) == is_faced


def test_from_manipulation_mode_the_camera_looks_past_the_receptacle(
    world: FinalWorld, judge: Judge
) -> None:
    x, y, yaw = world.get_receptacle("table_0").viewpoints[0]
    turned = (x, y, yaw + math.pi / 2)
    assert not judge.is_true("at_receptacle", "table_0", turned)


def test_a_room_must_contain_the_base_and_a_doorway_is_in_no_room(judge: Judge) -> None:
    for x, room_ids in ((3.9, {"kitchen_0"}), (4.06, set()), (4.2, {"bedroom_0"})):
        found = {r for r in judge.world.room_ids if judge.is_true("in_room", r, (x, 2.0, 0.0))}
        assert found == room_ids
    assert judge.check("in_room", "bedroom_0", (3.0, 2.0, 0.0)).distance_m > 1.0
    assert judge.check("in_room", "kitchen_0", (3.0, 2.0, 0.0)).distance_m == 0.0


def test_distance_without_limit_needs_only_the_view(world: FinalWorld) -> None:
    far = beside(world, "knife_0", 2.4)
    seen = Judge(world, dataclasses.replace(Thresholds(), pixel_share=1e-5))
    assert not seen.is_true("at_object", "knife_0", far)
    anywhere = Judge(world, seen.thresholds.without_distance())
    assert anywhere.is_true("at_object", "knife_0", far)


def test_the_quick_distance_test_agrees_with_the_exact_distance(world: FinalWorld) -> None:
    points = world.navigation.reachable_points()
    rng = np.random.default_rng(0)
    for name, limit_m in (("mug_0", 2.0), ("knife_0", 2.0), ("sink_0", 1.5), ("cabinet_0", 0.1)):
        for x, y in points[rng.integers(len(points), size=25)].tolist():
            is_near = world.distance_m(name, (x, y)) <= limit_m
            assert world.is_within(name, (x, y), limit_m) == is_near


def test_valid_frames_are_those_whose_pose_satisfies_the_predicate(judge: Judge) -> None:
    world, rng = judge.world, np.random.default_rng(1)
    points = world.navigation.reachable_points()
    stands = [v for p in world.receptacle_ids for v in world.get_receptacle(p).viewpoints]
    stands += [
        (*points[i].tolist(), float(rng.uniform(-3, 3))) for i in rng.integers(len(points), size=25)
    ]
    frames = [
        FrameTruth(i, i, pose, "navigation", "", "") for i, pose in enumerate([*stands, stands[0]])
    ]
    found = find_valid_frames(frames, judge)
    kinds = {
        **dict.fromkeys(world.object_ids, "at_object"),
        **dict.fromkeys(world.room_ids, "in_room"),
    }
    for name, indices in found.items():
        kind = kinds.get(name, "at_receptacle")
        expected = [i for i, f in enumerate(frames) if judge.check(kind, name, f.base).is_true]
        assert list(indices) == expected
    assert sum(map(bool, found.values())) >= 8


# Stops


class TableJudge:
    """A judge of a world where each pose's x names the entities that are reached there."""

    def __init__(self, *reached: str) -> None:
        self._reached = reached

    def is_true(self, predicate: str, entity_id: str, pose: Pose) -> bool:
        return entity_id in self._reached[int(pose[0])]

    def check(self, predicate: str, entity_id: str, pose: Pose) -> Check:
        return Check(entity_id, False, 3.0, 0.0, 0.0, False)


def stops(quantifier: str, rows: str, *reached: str) -> list[tuple[str, int, bool, bool]]:
    """Rows 'a bc' are {a} and {b or c}; each reached text is a stop that reaches its letters."""
    goal = Goal(quantifier, "at_object", tuple(tuple(row) for row in rows.split()))
    tracker = GoalTracker(goal, TableJudge(*reached))  # type: ignore[arg-type]
    results = [tracker.stop((i, 0.0, 0.0)) for i in range(len(reached))]
    return [(r.status, r.satisfied_count, r.is_success, r.is_failed) for r in results]


def test_any_target_of_the_row_is_enough() -> None:
    assert stops("any", "abc", "b") == [("new_subgoal", 1, True, False)]


def test_a_wrong_stop_fails_for_good() -> None:
    assert stops("any", "a", "", "a") == [("wrong", 0, False, True), ("after_end", 0, False, True)]
    assert stops("all_unordered", "a b", "a", "x", "b")[1:] == [
        ("wrong", 1, False, True),
        ("after_end", 1, False, True),
    ]


def test_unordered_goals_take_any_order_but_each_stop_counts_once() -> None:
    for order in itertools.permutations("abc"):
        assert stops("all_unordered", "a b c", *order)[-1] == ("new_subgoal", 3, True, False)
    assert stops("all_unordered", "a b", "ab")[-1] == ("new_subgoal", 1, False, False)
    assert stops("all_unordered", "a b", "a", "a")[-1] == ("wrong", 1, False, True)


def test_a_stop_at_two_targets_counts_for_the_one_that_is_not_reached_otherwise() -> None:
    assert stops("all_unordered", "a b", "ab", "a")[-1] == ("new_subgoal", 2, True, False)
    assert stops("all_unordered", "a b c", "ab", "bc", "b")[-1][2]
    assert stops("all_unordered", "a b c", "ab", "ab", "ab")[-1] == ("wrong", 2, False, True)


def test_ordered_goals_fail_out_of_order() -> None:
    assert stops("all_ordered", "a b c", "a", "b", "c")[-1][2]
    assert stops("all_ordered", "a b", "b", "a")[0] == ("wrong_order", 0, False, True)
    assert stops("all_ordered", "a b", "x")[0] == ("wrong", 0, False, True)
    assert stops("all_ordered", "a b", "ab", "ab")[-1][2]


def test_a_failed_stop_keeps_how_the_rest_stood() -> None:
    goal = Goal("all_unordered", "at_object", (("a",), ("b",), ("c",)))
    tracker = GoalTracker(goal, TableJudge("b", ""))  # type: ignore[arg-type]
    tracker.stop((0, 0, 0))
    tracker.stop((1, 0, 0))
    assert {check.entity_id for check in tracker.failed_checks} == {"a", "c"}


# Scores


@pytest.fixture(scope="module")
def task(world: FinalWorld) -> FindingDoryTask:
    """Three rounds whose frames 0 to 2 stand at the table, at the cabinet and 0.5 m beside the table."""
    record = three_rounds()
    table = world.get_receptacle("table_0").viewpoints[0]
    cabinet = world.get_receptacle("cabinet_0").viewpoints[0]
    aside = (table[0], table[1] + 0.5, table[2])
    poses = (table, cabinet, aside)
    frames = [dataclasses.replace(f, base=p) for f, p in zip(record.frames, poses, strict=False)]
    record = dataclasses.replace(record, frames=(*frames, *record.frames[3:]))
    return FindingDoryTask(record, (), ())


def instruction(quantifier: str, *rows: str, valid: tuple[tuple[int, ...], ...]) -> Instruction:
    goal = Goal(quantifier, "at_receptacle", tuple((row,) for row in rows))
    return Instruction("task_0", "test", "test", "test", "Go.", goal, valid)


def test_a_chosen_frame_is_judged_by_its_pose(task: FindingDoryTask) -> None:
    at_table = instruction("any", "table_0", valid=((0,),))
    good = score_frames(task, at_table, [0])
    assert good.high_level_goal_success
    assert good.high_level_dtg_success
    assert good.vlm_failure_modes == ()
    assert good.is_exact_match
    assert good.relaxed_score == 1.0
    assert good.keyframe_deviation == 0.0
    assert good.findingdory_high_level_spl == 1.0
    beside_it = score_frames(task, at_table, [2])
    assert not beside_it.high_level_goal_success
    assert not beside_it.high_level_dtg_success
    assert beside_it.high_level_sem_cov_success
    assert beside_it.vlm_failure_modes == ("misidentification",)
    assert beside_it.keyframe_deviation == pytest.approx(2 / 60)
    assert beside_it.findingdory_high_level_spl == 0.0


def test_high_level_spl_compares_the_chosen_target_with_the_nearest(task: FindingDoryTask) -> None:
    goal = Goal("any", "at_receptacle", (("cabinet_0", "table_0"),))
    either = dataclasses.replace(instruction("any", "x", valid=((0, 1),)), goal=goal)
    start = task.record.final_base[:2]
    near, far = (task.world.distance_m(name, start) for name in ("table_0", "cabinet_0"))
    assert score_frames(task, either, [0]).findingdory_high_level_spl == 1.0
    assert score_frames(task, either, [1]).findingdory_high_level_spl == pytest.approx(near / far)


def test_several_targets_need_as_many_frames_in_the_stated_order(task: FindingDoryTask) -> None:
    for quantifier, orders in (("all_ordered", {(0, 1)}), ("all_unordered", {(0, 1), (1, 0)})):
        both = instruction(quantifier, "table_0", "cabinet_0", valid=((0,), (1,)))
        for chosen in itertools.permutations((0, 1)):
            score = score_frames(task, both, chosen)
            assert score.high_level_goal_success == (chosen in orders)
            assert score.relaxed_score == float(chosen in orders)
            assert score.findingdory_high_level_spl == -1.0
        for chosen in ([0], [0, 1, 1], []):
            score = score_frames(task, both, chosen)
            assert not score.high_level_goal_success
            assert score.vlm_failure_modes == ("num_targets_error",)
            assert score.keyframe_deviation is None


def test_answers_that_are_no_frames_have_their_own_failures(task: FindingDoryTask) -> None:
    at_table = instruction("any", "table_0", valid=((0,),))
    assert score_frames(task, at_table, [-1]).vlm_failure_modes == ("response_error",)
    assert score_frames(task, at_table, [60]).vlm_failure_modes == ("out_of_bounds_pred",)
    assert score_frames(task, at_table, [-2]).vlm_failure_modes == ("out_of_bounds_pred",)
    modes = vlm_failure_modes(
        [5], target_count=1, frame_count=9, is_success=False, is_timed_out=True
    )
    assert modes == ("oracle_agent_timeout",)
    assert len(VLM_FAILURE_MODES) == 5


def test_offline_scores() -> None:
    assert is_exact_match([[1, 2], [3]], [[2, 1], [3]])
    assert not is_exact_match([[1], [3]], [[1, 2], [3]])
    assert not is_exact_match([[3], [1]], [[1], [3]])
    assert is_exact_match([[3], [1]], [[1], [3]], is_any_order=True)
    assert relaxed_score([[1, 9], [3]], [[1, 2], [3]]) == 0.5
    assert relaxed_score([[3], [1]], [[1], [3]]) == 0.0
    assert relaxed_score([[3], [1]], [[1], [3]], is_any_order=True) == 1.0
    assert relaxed_score([[1]], [[1], [3]]) == 0.0
    assert keyframe_deviation([12, 40], [[10, 30], [50]], 100) == pytest.approx(0.06)
    assert keyframe_deviation([50, 10], [[10], [50]], 100, is_any_order=True) == 0.0
    assert keyframe_deviation([1], [[]], 100) is None


# Paths and low-level failures


def test_the_best_tour_is_no_longer_than_any_other() -> None:
    rng = np.random.default_rng(3)
    for count in (1, 4, 6, 9):
        points = rng.uniform(0, 10, (count + 1, 2))
        legs_m = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        best_m = best_tour_m(legs_m)
        for _ in range(50):
            assert best_m <= tour_m(legs_m, (1 + rng.permutation(count)).tolist()) + 1e-9


def test_shortest_drives_of_each_quantifier(world: FinalWorld) -> None:
    start = (2.0, 2.0)
    table, cabinet = (world.distance_m(name, start) for name in ("table_0", "cabinet_0"))
    leg = world.distance_m("cabinet_0", world.stands_of("table_0")[0])

    def drive_m(quantifier: str, *rows: tuple[str, ...]) -> float:
        return shortest_drive_m(world, start, Goal(quantifier, "at_receptacle", rows))

    assert drive_m("any", ("cabinet_0", "table_0")) == pytest.approx(table)
    assert drive_m("all_ordered", ("cabinet_0",), ("table_0",)) == pytest.approx(cabinet + leg)
    assert drive_m("all_unordered", ("cabinet_0",), ("table_0",)) == pytest.approx(table + leg)


def test_spl_is_the_share_of_the_drive_that_was_needed(task: FindingDoryTask) -> None:
    assert success_by_path_length(is_success=True, shortest_m=2.0, driven_m=4.0) == 0.5
    assert success_by_path_length(is_success=True, shortest_m=2.0, driven_m=1.0) == 1.0
    assert success_by_path_length(is_success=True, shortest_m=0.0, driven_m=0.0) == 1.0
    assert success_by_path_length(is_success=False, shortest_m=2.0, driven_m=2.0) == 0.0
    at_table = instruction("any", "table_0", valid=((0,),))
    tracker = task.tracker(at_table)
    tracker.stop(task.record.frames[0].base)
    shortest_m = task.world.distance_m("table_0", task.record.final_base[:2])
    live = score_drive(task, at_table, tracker, driven_m=2 * shortest_m)
    assert live.predicate_task_success
    assert live.findingdory_spl == pytest.approx(0.5)


def test_low_level_failures_name_the_nearest_target(task: FindingDoryTask) -> None:
    at_table = instruction("any", "table_0", valid=((0,),))
    tracker = task.tracker(at_table)
    tracker.stop(task.record.frames[2].base)
    live = score_drive(task, at_table, tracker, driven_m=1.0)
    assert live.findingdory_spl == 0.0
    assert live.low_level_failure_modes == ("incorrect_stop", "tgt_in_view_slightly_far")
    checks = {
        (distance_m, is_in_view): [Check("a", False, distance_m, 0.0, 0.0, is_in_view)]
        for distance_m in (2.4, 2.6)
        for is_in_view in (True, False)
    }
    names = {
        key: low_level_failure_modes(value, is_timed_out=False, has_policy_failed=False)[1]
        for key, value in checks.items()
    }
    assert names == {
        (2.4, True): "tgt_in_view_slightly_far",
        (2.4, False): "tgt_not_in_view_slightly_far",
        (2.6, True): "tgt_in_view_but_too_far",
        (2.6, False): "tgt_not_in_view_too_far",
    }
    timeout = low_level_failure_modes([], is_timed_out=True, has_policy_failed=False)
    policy = low_level_failure_modes([], is_timed_out=False, has_policy_failed=True)
    assert (timeout, policy) == (("low_level_policy_timeout",), ("low_level_policy_failure",))
    assert {*names.values(), *timeout, *policy, "incorrect_stop"} == set(LOW_LEVEL_FAILURE_MODES)
