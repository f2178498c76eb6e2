"""Residents' habits: the same thing to the same place at about the same time, every day."""

from __future__ import annotations

import dataclasses
import math

import pytest
from house_samples import SMALL, act, tiny_house

from embodied_mem.envs.house.env import EvaluatorTruth, HouseEnv, HouseEnvConfig
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.habits import HABIT_SPREAD_S, Habit
from embodied_mem.envs.house.sensors import DayClock

DAYS = 3
LIVELY = dataclasses.replace(SMALL, people_count=2, day_clock=DayClock(steps_per_day=1000))


@pytest.fixture(scope="module")
def days() -> EvaluatorTruth:
    env = HouseEnv(generate_house(4, room_count=4), LIVELY)
    env.reset(1)
    env.live_on(DAYS * 1000)
    return env.evaluator_truth()


def kept_on(truth: EvaluatorTruth, person_id: str, habit: Habit) -> set[int]:
    """Days on which a person put the thing there within an hour of the time."""
    return {
        event.day
        for event in truth.log.of(actor_id=person_id, action="place")
        if (event.target_id, event.to_id) == (habit.object_id, habit.to_id)
        and abs(event.clock_s - habit.clock_s) <= HABIT_SPREAD_S + 3600
    }


def test_everybody_has_habits_with_an_object_of_their_own(days: EvaluatorTruth) -> None:
    assert set(days.habits) == set(days.people)
    objects = [{habit.object_id for habit in habits} for habits in days.habits.values()]
    assert all(len(own) == 1 for own in objects)
    assert len(set.union(*objects)) == len(objects)
    for person_id, habits in days.habits.items():
        assert [h.clock_s for h in habits] == sorted(h.clock_s for h in habits)
        for habit in habits:
            thing = days.house.objects[habit.object_id]
            assert thing.category.replace("_", " ") in habit.text
            assert days.people_names[person_id] in habit.text


def test_habits_are_kept_on_nearly_every_day(days: EvaluatorTruth) -> None:
    counts = [
        len(kept_on(days, person_id, habit))
        for person_id, habits in days.habits.items()
        for habit in habits
    ]
    assert sum(counts) >= 0.8 * DAYS * len(counts)


def test_a_habit_begins_near_its_time_at_another_moment_each_day() -> None:
    habit = Habit("mug_0", "table_0/top", 8 * 3600.0, "")
    starts = []
    for day in range(5):
        stamps = (s for s in range(7 * 3600, 9 * 3600) if _is_due(habit, s, day))
        starts.append(next(stamps))
    assert len(set(starts)) > 1
    assert all(abs(start - habit.clock_s) <= HABIT_SPREAD_S for start in starts)


def _is_due(habit: Habit, clock_s: int, day: int) -> bool:
    return habit.is_due(clock_s * 10**9, seed=0, key="habit/person_0/0", day=day)


def test_an_idle_resident_makes_way_for_the_robot() -> None:
    config = HouseEnvConfig(cameras=SMALL.cameras, people_count=1)
    env = HouseEnv(tiny_house(), config)
    env.reset(0)
    simulation = env._episode.simulation  # type: ignore[union-attr]
    person = simulation.people.residents[0]
    person.x, person.y, person.tasks, person.path = 4.06, 2.0, [], []
    simulation.body.x, simulation.body.y = 3.4, 2.0
    for _ in range(30):
        env.step(act("noop"))
    assert math.dist((person.x, person.y), (3.4, 2.0)) > 0.8
