"""Residents live by routines, change the house, speak, and everything is in the truth log."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from house_samples import SMALL, act, observation_bytes, tiny_house

from embodied_mem.envs.house.env import EvaluatorTruth, HouseEnv, HouseEnvConfig
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.noise import NoiseConfig
from embodied_mem.envs.house.sensors import DayClock
from embodied_mem.envs.house.truth_log import TRUTH_ACTIONS, TruthLog

LIVELY = dataclasses.replace(
    SMALL, people_count=2, day_clock=DayClock(steps_per_day=800), can_find_unseen=True
)
DAY_STEPS = 800


@pytest.fixture(scope="module")
def two_days() -> EvaluatorTruth:
    """A generated house after two days without the robot."""
    env = HouseEnv(generate_house(4), LIVELY)
    env.reset(1)
    env.live_on(2 * DAY_STEPS)
    return env.evaluator_truth()


def test_people_change_the_house_on_several_days(two_days: EvaluatorTruth) -> None:
    log = two_days.log
    assert {event.actor_id for event in log.events} <= {"person_0", "person_1", ""}
    actions = {event.action for event in log.events}
    assert {"pick", "place", "use", "enter_room", "open"} <= actions
    assert actions <= set(TRUTH_ACTIONS)
    for day in (0, 1):
        assert sum(e.day == day and e.action == "place" for e in log.events) >= 8


def test_the_log_explains_where_everything_is(two_days: EvaluatorTruth) -> None:
    """Replaying picks and places from the first state gives the last one."""
    support = {o.object_id: o.support_id for o in generate_house(4).objects.values()}
    for event in two_days.log.events:
        if event.action in ("pick", "place"):
            assert support[event.target_id] == event.from_id
            support[event.target_id] = event.to_id
    assert support == {o.object_id: o.support_id for o in two_days.house.objects.values()}


def test_events_are_in_order_with_rooms_and_clock(two_days: EvaluatorTruth) -> None:
    events = two_days.log.events
    assert [event.number for event in events] == list(range(len(events)))
    stamps = [event.end_stamp_ns for event in events]
    assert stamps == sorted(stamps)
    rooms = {room.room_id for room in two_days.house.rooms}
    for event in events:
        assert event.start_stamp_ns <= event.end_stamp_ns
        assert 6 * 3600 <= event.clock_s < 22 * 3600
        if event.action in ("pick", "place", "enter_room"):
            assert event.to_room_id in rooms


def test_a_person_enters_rooms_one_after_the_other(two_days: EvaluatorTruth) -> None:
    for person_id in two_days.people:
        visits = two_days.log.of(actor_id=person_id, action="enter_room")
        assert len(visits) > 5
        for before, after in itertools.pairwise(visits):
            assert after.from_room_id == before.to_room_id


def test_objects_never_lie_in_each_other(two_days: EvaluatorTruth) -> None:
    by_surface: dict[str, list[np.ndarray]] = {}
    for thing in two_days.house.objects.values():
        if "/" in thing.support_id and thing.support_id in {
            e.to_id for e in two_days.log.of(action="place")
        }:
            by_surface.setdefault(thing.support_id, []).append(
                np.array([*thing.position[:2], min(thing.size[:2]) / 2])
            )
    for things in by_surface.values():
        for i, a in enumerate(things):
            for b in things[i + 1 :]:
                assert np.hypot(*(a - b)[:2]) > 0.9 * min(a[2], b[2])


def test_same_seed_same_life_and_another_seed_another_one() -> None:
    logs = []
    for seed in (1, 1, 2):
        env = HouseEnv(tiny_house(), LIVELY)
        env.reset(seed)
        env.live_on(DAY_STEPS)
        logs.append(env.evaluator_truth().log.events)
    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


def test_life_with_pauses_equals_life_without() -> None:
    logs = []
    for parts in ((600,), (200, 250, 150)):
        env = HouseEnv(tiny_house(), LIVELY)
        env.reset(5)
        for count in parts:
            env.live_on(count)
        logs.append(env.evaluator_truth().log.events)
    assert logs[0] == logs[1]


def test_a_restored_life_goes_on_as_it_did() -> None:
    env = HouseEnv(tiny_house(), LIVELY)
    env.reset(6)
    env.live_on(333)
    state = env.save_state()
    env.live_on(400)
    first = env.evaluator_truth().log.events
    env.load_state(state)
    env.live_on(400)
    assert env.evaluator_truth().log.events == first


def test_residents_have_names_and_preferences_about_real_objects(two_days: EvaluatorTruth) -> None:
    assert len(set(two_days.people_names.values())) == 2
    for wishes in two_days.preferences.values():
        assert wishes
        for wish in wishes:
            thing = two_days.house.objects[wish.object_id]
            assert thing.attributes.color in wish.text
            assert thing.category.replace("_", " ") in wish.text


def test_people_tell_the_robot_what_they_like() -> None:
    env = HouseEnv(tiny_house(), dataclasses.replace(LIVELY, day_clock=DayClock(steps_per_day=300)))
    heard, names = [], set()
    for seed in range(3):
        env.reset(seed)
        truth = env.evaluator_truth()
        for _ in range(500):
            observation = env.step(act("noop")).observation
            heard += [(seed, u) for u in observation.utterances]
        names |= set(truth.people_names.values())
        said = env.evaluator_truth().log.of(action="say")
        assert len(said) == sum(s == seed for s, _ in heard)
    assert heard
    assert all(u.speaker in names for _, u in heard)
    assert any("my favourite" in u.text or "always keep" in u.text for _, u in heard)
    assert any(u.text.startswith("Please") for _, u in heard)


def test_nobody_speaks_to_a_robot_that_is_away(two_days: EvaluatorTruth) -> None:
    assert not two_days.log.of(action="say")


def test_people_are_seen_and_block_the_way() -> None:
    env = HouseEnv(tiny_house(), LIVELY)
    env.reset(1)
    person = env._episode.simulation.people.residents[0]
    robot = env._episode.simulation.body
    person.x, person.y, person.tasks, person.path = 1.0, 2.0, [("wait", "50")], []
    env._episode.simulation.people.residents[1].x = 7.0
    robot.x, robot.y, robot.yaw_rad = 2.3, 2.0, np.pi
    observation = env.step(act("noop")).observation
    assert "person" in [d.label for d in observation.detections]
    outcomes = [env.step(act("move_forward")) for _ in range(4)]
    assert "is in the way" in outcomes[-1].feedback
    assert env.evaluator_truth().robot.x >= 1.5
    assert env.step(act("navigate_to", "person_0")).is_success


def test_residents_keep_away_from_the_robot() -> None:
    env = HouseEnv(tiny_house(), LIVELY)
    env.reset(2)
    close = 0
    for _ in range(400):
        env.step(act("noop"))
        truth = env.evaluator_truth()
        gaps = [np.hypot(x - truth.robot.x, y - truth.robot.y) for x, y, _ in truth.people.values()]
        close += min(gaps) < 0.5
    assert close < 20


def test_what_people_did_is_seen_when_the_robot_comes_back() -> None:
    env = HouseEnv(tiny_house(), LIVELY)
    before = env.reset(3)
    after = env.live_on(DAY_STEPS)
    assert after.stamp_ns - before.stamp_ns == 24 * 3600 * 10**9
    assert env.evaluator_truth().log.of(action="place")
    assert observation_bytes(before) != observation_bytes(after)


def test_log_survives_json(two_days: EvaluatorTruth) -> None:
    assert TruthLog.from_json(two_days.log.to_json()) == two_days.log


def test_three_people_leave_every_object_in_a_place_that_exists() -> None:
    config = HouseEnvConfig(
        cameras=SMALL.cameras,
        noise=NoiseConfig(),
        people_count=3,
        day_clock=DayClock(steps_per_day=300),
    )
    env = HouseEnv(generate_house(1), config)
    env.reset(0)
    env.live_on(2 * 300)
    house = env.evaluator_truth().house
    surfaces = {s.surface_id for p in house.furniture for s in p.surfaces}
    for thing in house.objects.values():
        is_held = thing.support_id.startswith("person_")
        assert is_held or thing.support_id in surfaces or thing.support_id.startswith("floor:")
