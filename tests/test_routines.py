"""Routines: what happens on most days at about the same time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from semantic_samples import Feed, S, replayed, robot_at, write_journal

from embodied_mem.episodic.event import Event, EventLevel
from embodied_mem.journal.records import RobotRecord
from embodied_mem.semantic.day_clock import DayClock
from embodied_mem.semantic.routines import RoutineView, wilson_lower

DAY_S = 86400
HOUR_S = 3600


@dataclass
class ListedEvents:
    items: list[Event] = field(default_factory=list)

    def events(self) -> Sequence[Event]:
        return self.items

    def add(
        self, day: int, clock_s: float, entity_id: str, to_id: str, *, label: str = "mug",
        actor: str = "", action: str = "moved", wide_s: float = 600.0,
    ) -> None:  # fmt: skip
        middle_s = day * DAY_S + clock_s
        self.items.append(
            Event(
                f"event:{len(self.items) + 1}", EventLevel.ACTION, action, actor,
                int((middle_s - wide_s / 2) * S), int((middle_s + wide_s / 2) * S),
                entity_id=entity_id, label=label, from_id="entity:80", to_id=to_id,
            )
        )  # fmt: skip


def awake(view: RoutineView, days: int, *, hours: range = range(24)) -> Feed:
    """The robot is awake on each day in the given hours."""
    feed = Feed(view)
    for record in awake_records(days, hours):
        feed(record)
    return feed


def awake_records(days: int, hours: range) -> list[RobotRecord]:
    return [
        robot_at(0, 0, (day * DAY_S + hour * HOUR_S + quarter * 900 + 1) * S,
                 clock_s=float(hour * HOUR_S + quarter * 900 + 1))
        for day in range(days)
        for hour in hours
        for quarter in range(4)
    ]  # fmt: skip


@pytest.fixture
def events() -> ListedEvents:
    return ListedEvents()


@pytest.fixture
def view(events: ListedEvents) -> RoutineView:
    return RoutineView(events)


def habit(
    events: ListedEvents, days: range, clock_s: float, entity_id: str, to_id: str, *, seed: int = 0,
    actor: str = "Anna",
) -> None:  # fmt: skip
    rng = random.Random(seed)
    for day in days:
        events.add(day, clock_s + rng.uniform(-600, 600), entity_id, to_id, actor=actor)


def test_a_habit_is_found_with_its_time_and_place(events: ListedEvents, view: RoutineView) -> None:
    habit(events, range(7), 8 * HOUR_S, "entity:3", "entity:40")
    awake(view, 7)
    (found,) = view.routines()
    assert (found.what, found.entity_id, found.to_id) == ("bring", "entity:3", "entity:40")
    assert (found.actor, found.label, found.from_id) == ("Anna", "mug", "entity:80")
    assert abs(found.mean_clock_s - 8 * HOUR_S) < 600
    assert found.spread_s < 600
    assert (found.day_count, found.opportunity_count) == (7, 7)
    assert found.confidence == pytest.approx(wilson_lower(7, 7), abs=1e-6)
    assert found.evidence == tuple(f"event:{n}" for n in range(1, 8))


def test_days_without_the_habit_lower_the_confidence(
    events: ListedEvents, view: RoutineView
) -> None:
    habit(events, range(5), 8 * HOUR_S, "entity:3", "entity:40")
    awake(view, 8)
    (found,) = view.routines()
    assert (found.day_count, found.opportunity_count) == (5, 8)
    assert found.confidence < wilson_lower(5, 5)


def test_days_asleep_at_that_time_are_no_missed_opportunity(
    events: ListedEvents, view: RoutineView
) -> None:
    habit(events, range(4), 8 * HOUR_S, "entity:3", "entity:40")
    feed = awake(view, 4)
    for record in awake_records(9, range(14, 20)):
        if record.stamp_ns > 4 * DAY_S * S:
            feed(record)
    (found,) = view.routines()
    assert found.opportunity_count == 4


def test_morning_and_evening_are_two_routines(events: ListedEvents, view: RoutineView) -> None:
    habit(events, range(6), 8 * HOUR_S, "entity:3", "entity:40", seed=1)
    habit(events, range(6), 19 * HOUR_S, "entity:3", "entity:40", seed=2)
    awake(view, 6)
    hours = sorted(round(r.mean_clock_s / HOUR_S) for r in view.routines())
    assert hours == [8, 19]


def test_a_habit_around_midnight_is_one_routine(events: ListedEvents, view: RoutineView) -> None:
    rng = random.Random(4)
    for day in range(1, 8):
        events.add(day, rng.uniform(-900, 900), "entity:3", "entity:40")
    awake(view, 9)
    (found,) = view.routines()
    assert min(found.mean_clock_s, DAY_S - found.mean_clock_s) < 900


def test_chance_is_no_routine(events: ListedEvents, view: RoutineView) -> None:
    rng = random.Random(5)
    for day in range(10):
        for _ in range(14):
            thing, place = rng.randrange(8), rng.randrange(6)
            events.add(day, rng.uniform(0, DAY_S), f"entity:{thing}", f"entity:{40 + place}",
                       label=f"thing{thing}")  # fmt: skip
    awake(view, 10)
    assert view.routines() == ()


def test_a_habit_is_found_among_chance(events: ListedEvents, view: RoutineView) -> None:
    rng = random.Random(6)
    for day in range(10):
        for _ in range(14):
            thing, place = rng.randrange(8), rng.randrange(6)
            events.add(day, rng.uniform(0, DAY_S), f"entity:{thing}", f"entity:{40 + place}",
                       label=f"thing{thing}")  # fmt: skip
    habit(events, range(10), 9 * HOUR_S, "entity:3", "entity:42")
    awake(view, 10)
    found = view.routines()
    assert [(r.entity_id, r.to_id) for r in found] == [("entity:3", "entity:42")]
    assert abs(found[0].mean_clock_s - 9 * HOUR_S) < 1200


def test_a_kind_of_thing_has_routines_where_its_identity_was_lost(
    events: ListedEvents, view: RoutineView
) -> None:
    for day in range(6):
        events.add(day, 8 * HOUR_S, f"entity:{10 + day}", "entity:40", action="appeared")
    awake(view, 6)
    (found,) = view.routines()
    assert (found.entity_id, found.label, found.day_count) == ("", "mug", 6)


def test_changes_noticed_long_after_tell_no_time(events: ListedEvents, view: RoutineView) -> None:
    for day in range(6):
        events.add(day, 8 * HOUR_S, "entity:3", "entity:40", wide_s=4 * HOUR_S)
    awake(view, 6)
    assert view.routines() == ()


def test_what_the_robot_does_is_not_a_routine_of_the_house(
    events: ListedEvents, view: RoutineView
) -> None:
    habit(events, range(7), 8 * HOUR_S, "entity:3", "entity:40", actor="robot")
    awake(view, 7)
    assert view.routines() == ()


def test_expected_at_names_what_is_due(events: ListedEvents, view: RoutineView) -> None:
    habit(events, range(6), 8 * HOUR_S, "entity:3", "entity:40", seed=1)
    habit(events, range(6), 19 * HOUR_S, "entity:3", "entity:41", seed=2)
    awake(view, 6)
    assert [r.to_id for r in view.expected_at(8.1 * HOUR_S)] == ["entity:40"]
    assert [r.to_id for r in view.expected_at(19 * HOUR_S)] == ["entity:41"]
    assert view.expected_at(13 * HOUR_S) == ()


def test_new_events_count_with_the_next_step(events: ListedEvents, view: RoutineView) -> None:
    feed = awake(view, 6)
    assert view.routines() == ()
    habit(events, range(6), 8 * HOUR_S, "entity:3", "entity:40")
    feed(robot_at(0, 0, 6 * DAY_S * S, clock_s=0.0))
    assert len(view.routines()) == 1


def test_the_order_of_events_does_not_matter(events: ListedEvents, view: RoutineView) -> None:
    habit(events, range(6), 8 * HOUR_S, "entity:3", "entity:40", seed=1)
    habit(events, range(6), 12 * HOUR_S, "entity:4", "entity:41", seed=2)
    awake(view, 6)
    shuffled = RoutineView(ListedEvents(random.Random(1).sample(events.items, 12)))
    awake(shuffled, 6)
    assert shuffled.routines() == view.routines()


def test_saved_replayed_and_live_views_are_equal(tmp_path: Path, events: ListedEvents) -> None:
    habit(events, range(3), 8 * HOUR_S, "entity:3", "entity:40")
    live = RoutineView(events)
    awake(live, 3, hours=range(6, 22))
    loaded = RoutineView(events)
    loaded.load_bytes(live.to_bytes())
    assert loaded.digest() == live.digest()
    assert loaded.routines() == live.routines()
    records = awake_records(3, range(6, 22))
    with write_journal(tmp_path / "days.db", records) as journal:
        assert replayed(RoutineView(events), journal).digest() == live.digest()


def test_the_clock_may_run_on_another_scale_than_the_stamps() -> None:
    clock = DayClock()
    for second in range(0, 4000, 5):  # a day of the house in 1440 seconds
        clock.note(second * S, second * 60.0 % DAY_S)
    day, clock_s = clock.locate(2880 * S + S)
    assert (day, clock_s) == (2, pytest.approx(60.0, abs=300))
    assert DayClock.from_rows(clock.to_rows()) == clock


def test_without_a_clock_stamps_count_from_midnight() -> None:
    assert DayClock().locate((DAY_S + 60) * S) == (1, 60.0)


def test_wilson_bound_grows_with_evidence_and_stays_below_the_share() -> None:
    bounds = [wilson_lower(n, n) for n in (1, 3, 10, 100)]
    assert bounds == sorted(bounds)
    assert all(wilson_lower(k, 10) <= k / 10 for k in range(11))
    assert wilson_lower(0, 0) == 0


def test_actors_that_disagree_are_nobody(events: ListedEvents, view: RoutineView) -> None:
    habit(events, range(6), 8 * HOUR_S, "entity:3", "entity:40")
    events.items = [replace(e, actor=f"P{n}") for n, e in enumerate(events.items)]
    awake(view, 6)
    assert view.routines()[0].actor == ""
