"""Events from hand-made steps and scripted entities: laws, rounds of the robot, changes, reports."""

from __future__ import annotations

from dataclasses import replace

import pytest
from event_samples import (
    SHELF,
    STEP_NS,
    TABLE,
    Script,
    ScriptedEntities,
    World,
    scanned_flat,
    shifted,
    state,
)
from house_samples import SMALL, tiny_house

from embodied_mem.entities.entity import EntityKind, Status
from embodied_mem.envs.house.env import HouseEnv
from embodied_mem.envs.house.rearrangement import RearrangementConfig, Rearranger
from embodied_mem.episodic.event import Event, EventLevel
from embodied_mem.episodic.event_text import text_of
from embodied_mem.episodic.events import EventView
from embodied_mem.episodic.segmentation import FixedSegmenter
from embodied_mem.errors import InputError

MUG, BOOK, PERSON = "entity:7", "entity:8", "entity:9"
ON_TABLE, ON_SHELF = (2.0, 2.6, 0.8), (6.0, 2.7, 0.9)


class Story:
    """A robot carries a mug from the table in the left room to the shelf in the right one, twice."""

    def __init__(self) -> None:
        self.script, self.entities = Script(), ScriptedEntities()
        script, entities = self.script, self.entities
        entities.kinds |= {TABLE: EntityKind.FURNITURE, SHELF: EntityKind.FURNITURE}
        entities.kinds[PERSON] = EntityKind.PERSON
        entities.add(1, TABLE, "table", state("appeared", 1, (2.0, 2.6, 0.4)))
        entities.add(1, SHELF, "shelf", state("appeared", 1, (6.0, 2.7, 0.4)))
        entities.add(1, MUG, "mug", state("appeared", 2, ON_TABLE, support=TABLE))
        entities.add(1, BOOK, "book", state("appeared", 2, (2.2, 2.6, 0.8), support=TABLE))
        scanned_flat(script)
        self.goal = script.report(
            "goal",
            "",
            script.now_ns,
            script.now_ns,
            outcome="open",
            text="bring the mug to the shelf",
        )
        self.reach_ns = script.robot(2.0, 2.0)
        script.robot(2.0, 2.0, mode="manipulation")
        self.hold(MUG, script.next_commit, script.now_ns + STEP_NS)
        self.pick_ns = script.robot(2.0, 2.0, mode="manipulation", held="mug")
        for x in (2.5, 3.5, 4.5, 5.5):
            script.robot(x, 2.0, held="mug")
        self.place_reach_ns = script.robot(6.0, 2.0, held="mug")
        script.robot(6.0, 2.0, held="mug", mode="manipulation")
        self.placing = script.next_commit
        entities.add(
            self.placing, MUG, "mug",
            state("placed", script.now_ns + STEP_NS, (6.0, 2.4, 0.75), evidence=("robot:1",),
                  support=TABLE),
        )  # fmt: skip
        self.place_ns = script.robot(6.0, 2.0, mode="manipulation")
        self.end_ns = script.robot(6.0, 2.0)
        script.robot(5.5, 2.0)
        entities.add(
            script.next_commit, MUG, "mug", state("moved", script.now_ns, ON_SHELF, support=SHELF)
        )
        script.robot(5.0, 2.0)
        for x in (4.5, 3.5, 2.5, 2.0):
            script.robot(x, 2.0)
        self.hold(BOOK, script.next_commit, script.now_ns + STEP_NS)
        self.second_pick_ns = script.robot(2.0, 2.0, held="book")
        script.robot(2.2, 2.0, held="book")
        self.second_place_ns = script.robot(2.2, 2.0)

    def hold(self, entity_id: str, commit: int, stamp_ns: int) -> None:
        held = state("picked", stamp_ns, (2.0, 2.0, 1.0), holder="robot", evidence=("robot:1",))
        self.entities.add(commit, entity_id, self.entities.labels[entity_id], held)

    def world(self) -> World:
        return World(self.entities).run(self.script.steps)


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


@pytest.fixture(scope="module")
def world(story: Story) -> World:
    return story.world()


# The robot's rounds


def test_every_pick_of_the_robot_is_one_event(story: Story, world: World) -> None:
    picks = world.events.events(action="pick", actor="robot")
    assert [pick.end_ns for pick in picks] == [story.pick_ns, story.second_pick_ns]
    places = world.events.events(action="place", actor="robot")
    assert [place.end_ns for place in places] == [story.place_ns, story.second_place_ns]


def test_stamps_of_a_round_are_those_of_the_steps(story: Story, world: World) -> None:
    first, second = world.events.interactions()
    assert (first.order, second.order) == (1, 2)
    assert first.start_ns == story.reach_ns
    assert first.pick_ns == story.pick_ns
    assert first.place_ns == story.place_ns
    assert first.end_ns == story.end_ns
    assert first.duration_ns == story.place_ns - story.reach_ns
    assert world.events.get(first.place_event_id).start_ns == story.place_reach_ns
    assert second.start_ns == story.second_pick_ns - STEP_NS, "it never entered manipulation mode"


def test_a_round_knows_what_from_where_and_to_where(world: World) -> None:
    first, _ = world.events.interactions()
    assert (first.entity_id, first.label) == (MUG, "mug")
    assert (first.from_id, first.to_id) == (TABLE, SHELF)
    assert first.to_position == ON_SHELF
    left, right = (world.regions.room_of(p) for p in (ON_TABLE, ON_SHELF))
    assert (first.from_room_id, first.to_room_id) == (left, right)
    assert first.pick_robot_position == pytest.approx((2.0, 2.0, 1.3))
    assert first.place_robot_position == pytest.approx((6.0, 2.0, 1.3))


def test_a_place_that_nobody_saw_is_not_guessed(story: Story, world: World) -> None:
    _, second = world.events.interactions()
    assert second.from_id == TABLE
    assert (second.to_id, second.to_position) == ("", None)
    until = next(n for n, s in enumerate(story.script.steps) if s.commit_id == story.placing)
    early = World(story.entities).run(story.script.steps[: until + 2])
    (first,) = early.events.interactions()
    assert (first.to_id, first.to_position) == ("", None), "the robot's word says not on what"
    assert first.to_room_id == world.regions.room_of(ON_SHELF), "but it stood in that room"


def test_where_it_lies_is_revised_under_the_same_id(story: Story, world: World) -> None:
    until = next(n for n, s in enumerate(story.script.steps) if s.commit_id == story.placing)
    early = World(story.entities).run(story.script.steps[: until + 2])
    (before,) = early.events.events(action="place")
    after = world.events.get(before.event_id)
    assert before.to_id == ""
    assert after.to_id == SHELF
    assert replace(after, to_id="", to_position=None, to_room_id="", evidence=()) == replace(
        before, to_room_id="", evidence=()
    )


def test_the_move_by_the_robot_is_no_other_event(world: World) -> None:
    actions = {event.action for event in world.events.events(EventLevel.ACTION)}
    assert not actions & {"moved", "vanished", "appeared"}


def test_what_is_held_when_a_session_begins_was_not_picked() -> None:
    script = Script()
    script.robot(1.0, 1.0, held="cup")
    script.robot(1.0, 1.5, held="cup")
    script.robot(1.0, 1.5)
    world = World().run(script.steps)
    assert world.events.events(action="pick") == ()
    (place,) = world.events.events(action="place")
    assert place.label == "cup"
    assert world.events.interactions() == ()


def test_a_session_that_ends_with_something_held_leaves_no_place() -> None:
    script = Script()
    script.robot(1.0, 1.0)
    script.robot(1.0, 1.0, held="cup")
    script.new_session()
    script.robot(1.0, 1.0)
    world = World().run(script.steps)
    (round_,) = world.events.interactions()
    assert not round_.is_done
    assert world.events.get(round_.event_id).outcome == ""
    assert world.events.events(action="place") == ()


def test_something_else_in_the_hand_at_once_is_a_place_and_a_pick() -> None:
    script = Script()
    script.robot(1.0, 1.0)
    script.robot(1.0, 1.0, held="cup")
    script.robot(1.0, 1.0, held="fork")
    script.robot(1.0, 1.0)
    first, second = World().run(script.steps).events.interactions()
    assert (first.label, second.label) == ("cup", "fork")
    assert first.place_ns == second.pick_ns


def test_the_entity_may_turn_out_later_to_be_another(story: Story) -> None:
    entities = replace(
        story.entities,
        merged_into={MUG: (len(story.script.steps), "entity:20")},
        entries=[*story.entities.entries, (1, "entity:20", state("appeared", 3, ON_SHELF))],
        labels={**story.entities.labels, "entity:20": "mug"},
    )
    world = World(entities).run(story.script.steps)
    assert world.events.interactions()[0].entity_id == "entity:20"
    assert len(world.events.events(action="pick", entity_id=MUG)) == 1
    assert len(world.events.events(action="pick", entity_id="entity:20")) == 1
    columns = world.events.table()
    assert columns.code_of("entity:20") in columns.entity


# What memory noticed


def _change(*states: tuple[int, object], entity: str = BOOK) -> World:
    script, entities = Script(), ScriptedEntities()
    entities.kinds[PERSON] = EntityKind.PERSON
    scanned_flat(script)
    entities.add(1, entity, "book", state("appeared", 2, ON_TABLE, support=TABLE))
    for commit, link in states:
        name = PERSON if commit < 0 else entity
        entities.add(abs(commit), name, entities.labels.get(name, "person"), link)  # type: ignore[arg-type]
    return World(entities).run(script.steps)


GONE = state("gone", 20 * STEP_NS, ON_TABLE, status=Status.GONE, before_ns=10 * STEP_NS)
MOVED = state("moved", 30 * STEP_NS, ON_SHELF, support=SHELF, before_ns=20 * STEP_NS)


def test_what_vanishes_is_told_with_the_time_in_between() -> None:
    (event,) = _change((20, GONE)).events.events(action="vanished")
    assert (event.start_ns, event.end_ns) == (10 * STEP_NS, 20 * STEP_NS)
    assert (event.entity_id, event.from_id, event.to_id) == (BOOK, TABLE, "")
    assert event.actor == ""
    assert event.from_room_id


def test_what_vanished_and_is_elsewhere_was_moved_under_the_same_id() -> None:
    before = _change((20, GONE))
    after = _change((20, GONE), (30, MOVED))
    (gone,) = before.events.events(action="vanished")
    (moved,) = after.events.events(action="moved")
    assert after.events.events(action="vanished") == ()
    assert moved.event_id == gone.event_id
    assert (moved.from_id, moved.to_id, moved.to_position) == (TABLE, SHELF, ON_SHELF)
    assert (moved.start_ns, moved.end_ns) == (10 * STEP_NS, 30 * STEP_NS)


def test_a_person_seen_near_in_between_may_have_done_it() -> None:
    near = state("appeared", 15 * STEP_NS, (2.2, 2.0, 0.9))
    far = state("appeared", 15 * STEP_NS, (7.5, 0.5, 0.9))
    late = state("appeared", 25 * STEP_NS, (2.2, 2.0, 0.9))
    (event,) = _change((-15, near), (20, GONE)).events.events(action="vanished")
    assert event.actor == PERSON
    assert 0.3 < event.confidence < 0.95
    for other in (far, late):
        (event,) = _change((-15, other), (20, GONE)).events.events(action="vanished")
        assert event.actor == ""


def test_a_person_takes_and_lays_down() -> None:
    person = state("appeared", 15 * STEP_NS, (2.2, 2.0, 0.9))
    taken = state("picked", 20 * STEP_NS, ON_TABLE, holder=PERSON)
    world = _change((-15, person), (20, taken), (30, MOVED))
    (pick,) = world.events.events(action="pick")
    (place,) = world.events.events(action="place")
    assert pick.actor == place.actor == PERSON
    assert pick.from_id == TABLE
    assert place.to_id == SHELF
    assert world.events.interactions() == (), "rounds are the robot's"


def test_only_what_was_not_there_has_appeared() -> None:
    """In the left room, where the robot saw the wall behind; and where it never looked."""
    script, entities = Script(), ScriptedEntities()
    scanned_flat(script)
    here = state("appeared", 40 * STEP_NS, (2.0, 1.9, 1.2), before_ns=0)
    first = state("appeared", 1, (2.0, 1.9, 1.2))
    unseen = state("appeared", 40 * STEP_NS, (2.0, 1.9, 2.9))
    for number, link in enumerate((here, first, unseen), start=30):
        entities.add(40, f"entity:{number}", "ball", link)
    world = World(entities).run(script.steps)
    (event,) = world.events.events(action="appeared")
    assert event.entity_id == "entity:30"
    assert 0.4 < event.confidence < 0.95
    assert 0 < event.start_ns < 40 * STEP_NS, "the last look at the empty place"
    assert event.end_ns == 40 * STEP_NS


def test_doors_and_switches_are_one_event_with_their_report() -> None:
    script, entities = Script(), ScriptedEntities()
    script.robot(1.0, 1.0)
    entities.add(1, "entity:5", "fridge", state("appeared", 1, (2.0, 1.0, 0.9)))
    for commit in (2, 3):
        stamp = script.robot(1.0, 1.0)
        opened = state("opened", stamp, (2.0, 1.0, 0.9), before_ns=stamp - STEP_NS)
        entities.add(commit, "entity:5", "fridge", replace(opened, is_open=True))
        if commit == 2:
            record = script.report("action", "open", stamp - STEP_NS, stamp, target="fridge")
    world = World(entities).run(script.steps)
    reported, noticed = world.events.events(action="open")
    assert f"report:{record}" in reported.evidence
    assert (reported.actor, reported.entity_id) == ("robot", "entity:5")
    assert noticed.actor == ""


# Reports


def test_goals_hold_rounds_and_rounds_hold_actions(story: Story, world: World) -> None:
    (goal,) = world.events.events(EventLevel.GOAL)
    assert goal.text == "bring the mug to the shelf"
    for round_ in world.events.events(EventLevel.SUBGOAL, "rearrange"):
        assert round_.parent_id == goal.event_id
        children = world.events.children(round_.event_id)
        assert {child.action for child in children} == {"pick", "place"}


def test_children_lie_within_their_parents(world: World) -> None:
    _check_containment(world)


def _check_containment(world: World) -> None:
    events = {event.event_id: event for event in world.events.events()}
    for event in events.values():
        assert event.start_ns <= event.end_ns
        if event.parent_id:
            parent = events[event.parent_id]
            assert parent.start_ns <= event.start_ns
            assert event.end_ns <= parent.end_ns
            order = list(EventLevel)
            assert order.index(parent.level) < order.index(event.level)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_reported_pick_is_the_one_that_was_sensed(is_first: bool) -> None:
    script = Script()
    goal = script.report("goal", "", STEP_NS, STEP_NS, outcome="open", text="tidy up")
    start = script.robot(1.0, 1.0)
    if is_first:
        record = script.report("action", "pick", start, start + STEP_NS, target="cup", parent=goal)
    end = script.robot(1.0, 1.0, held="cup")
    if not is_first:
        record = script.report("action", "pick", start, end, target="cup", parent=goal)
    world = World().run(script.steps)
    (pick,) = world.events.events(action="pick")
    assert f"report:{record}" in pick.evidence
    assert any(name.startswith("robot:") for name in pick.evidence)
    (round_,) = world.events.events(EventLevel.SUBGOAL, "rearrange")
    assert pick.parent_id == round_.event_id
    assert world.events.get(round_.parent_id).text == "tidy up"
    _check_containment(world)


def test_failures_are_kept_and_are_no_rounds() -> None:
    script = Script()
    start = script.robot(1.0, 1.0, mode="manipulation")
    end = script.robot(1.0, 1.0, mode="manipulation")
    script.report(
        "action", "pick", start, end, target="cup", outcome="failure", text="too far away"
    )
    script.robot(1.0, 1.0, mode="manipulation", held="cup")
    world = World().run(script.steps)
    failed, done = world.events.events(action="pick")
    assert (failed.outcome, done.outcome) == ("failure", "success")
    assert len(world.events.interactions()) == 1
    assert text_of(failed) == "The robot failed to pick up the cup: too far away."


def test_a_robot_without_a_state_of_its_hand_is_believed() -> None:
    script = Script()
    goal = script.report("goal", "", 10, 90, text="tidy up")
    script.report("action", "pick", 20, 30, target="cup", parent=goal)
    script.report("action", "place", 60, 70, target="shelf", parent=goal)
    world = World().run(script.steps)
    (round_,) = world.events.interactions()
    assert (round_.label, round_.start_ns, round_.pick_ns, round_.place_ns) == ("cup", 20, 30, 70)
    assert (round_.from_id, round_.to_id) == ("", "")
    assert world.events.get(world.events.get(round_.event_id).parent_id).text == "tidy up"
    _check_containment(world)


def test_an_open_report_is_closed_under_its_id() -> None:
    script = Script()
    start = script.robot(1.0, 1.0)
    goal = script.report("goal", "", start, start, outcome="open", text="tidy up")
    script.report("action", "navigate", start, start + STEP_NS, target="kitchen", parent=goal)
    end = script.robot(1.0, 2.0)
    (before,) = World().run(script.steps).events.events(EventLevel.GOAL)
    script.report("goal", "", start, end, outcome="failure", text="tidy up")
    world = World().run(script.steps)
    (after,) = world.events.events(EventLevel.GOAL)
    assert after.event_id == before.event_id
    assert (before.outcome, after.outcome) == ("open", "failure")
    assert len(after.evidence) == 2
    _check_containment(world)


def test_what_is_said_is_an_event() -> None:
    script = Script()
    script.robot(1.0, 1.0)
    script.say("Anna", "That mug is mine.")
    (said,) = World().run(script.steps).events.events(action="say")
    assert (said.actor, said.text) == ("Anna", "That mug is mine.")
    assert said.evidence[0].startswith("utterance:")
    assert text_of(said) == 'Anna said: "That mug is mine."'


def test_odd_reports_do_not_stop_a_replay() -> None:
    script = Script()
    script.robot(1.0, 1.0)
    script.report("whatever", "wave", 10, 5, target="entity:none", parent=999)
    (event,) = World().run(script.steps).events.events(action="wave")
    assert (event.level, event.label, event.parent_id) == (EventLevel.ACTION, "entity:none", "")


# Rooms, reading, laws


def test_visits_are_events(world: World) -> None:
    visits = world.events.events(EventLevel.SUBGOAL, "visit")
    assert [v.to_room_id for v in visits] == [v.room_id for v in world.regions.visits()]
    enters = world.events.events(action="enter_room")
    assert [e.start_ns for e in enters] == [v.enter_ns for v in world.regions.visits()]
    assert enters[0].from_room_id == ""
    assert enters[1].from_room_id == enters[0].to_room_id


def test_replay_equals_live_and_a_restored_view_goes_on(story: Story, world: World) -> None:
    again = story.world()
    assert again.events.to_bytes() == world.events.to_bytes()
    steps = story.script.steps
    for at in range(45, len(steps), 4):
        restored = World(story.entities).run(steps[:at]).reopened().run(steps[at:])
        assert restored.events.digest() == world.events.digest(), at
        assert restored.events.events() == world.events.events()


def test_reading_changes_no_state(story: Story, world: World) -> None:
    watched = World(story.entities)
    for number, step in enumerate(story.script.steps):
        watched.run([step])
        if number > 45:
            watched.events.events(entity_id=MUG)
            watched.events.interactions()
            watched.events.table()
            watched.events.chunks()
    assert watched.events.digest() == world.events.digest()


def test_lists_are_ordered_by_start(world: World) -> None:
    events = world.events.events()
    keys = [(event.start_ns, int(event.event_id[6:])) for event in events]
    assert keys == sorted(keys)
    assert len(events) == world.events.count


def test_between_finds_what_shares_an_instant(story: Story, world: World) -> None:
    found = world.events.between(story.pick_ns, story.pick_ns)
    assert {"pick", "rearrange", "visit"} <= {event.action for event in found}
    assert "place" not in {event.action for event in found}
    assert world.events.between(-5, -1) == ()


def test_the_table_says_the_same_as_the_events(world: World) -> None:
    columns = world.events.table()
    events = world.events.events()
    assert columns.count == len(events)
    assert columns.start_ns.tolist() == [event.start_ns for event in events]
    for name, column in (
        ("action", columns.action),
        ("entity_id", columns.entity),
        ("to_id", columns.to_entity),
        ("from_room_id", columns.from_room),
        ("to_room_id", columns.to_room),
    ):
        assert [columns.words[c] for c in column] == [getattr(event, name) for event in events]
    assert columns is world.events.table()


def test_words_of_the_table_stay_while_it_grows(story: Story) -> None:
    world, words = World(story.entities), ("",)
    for step in story.script.steps:
        now = world.run([step]).events.table().words
        assert now[: len(words)] == words
        words = now


def test_chunks_hold_every_action_of_their_stretch(world: World) -> None:
    chunks = world.events.chunks({TABLE: "oak table", SHELF: "shelf"})
    assert [c.start_ns for c in chunks] == sorted(c.start_ns for c in chunks)
    held = [event_id for chunk in chunks for event_id in chunk.event_ids]
    assert len(held) == len(set(held))
    picks = {event.event_id for event in world.events.events(EventLevel.ACTION)}
    assert set(held) <= picks
    texts = [chunk.text for chunk in chunks if chunk.kind == "rearrange"]
    assert "picked up the mug from the oak table" in texts[0]
    assert "put down the mug on the shelf" in texts[0]


def test_a_segmenter_cuts_the_stream_instead(story: Story) -> None:
    world = World(story.entities)
    world.events = EventView(
        world.entities, world.regions, segment="fixed", segmenter=FixedSegmenter(length=10)
    )
    world.run(story.script.steps)
    chunks = world.events.chunks()
    assert {chunk.kind for chunk in chunks} == {"segment"}
    assert len(chunks) == -(
        -sum(bool(s.records) and s.commit_id != 51 for s in story.script.steps) // 10
    )
    with pytest.raises(InputError, match="with a segmenter"):
        EventView(world.entities, world.regions, segment="surprise")
    with pytest.raises(InputError, match="must be 'interaction'"):
        EventView(world.entities, world.regions, segment="never")


def test_a_correction_moves_events_to_where_they_were(story: Story) -> None:
    script = Script()
    script.steps, script.now_ns = list(story.script.steps), story.script.now_ns
    script.correct(shifted(0.0, 0.3))
    world = World(story.entities).run(script.steps[:-1])
    world.entities.entries = [
        (commit, name, replace(link, position_in_world=_raised(link.position_in_world)))
        for commit, name, link in story.entities.entries
    ]
    first, _ = world.run(script.steps[-1:]).events.interactions()
    assert first.pick_robot_position == pytest.approx((2.0, 2.3, 1.3))
    assert first.from_position == pytest.approx((ON_TABLE[0], ON_TABLE[1] + 0.3, ON_TABLE[2]))
    assert first.to_position == pytest.approx((ON_SHELF[0], ON_SHELF[1] + 0.3, ON_SHELF[2]))


def _raised(point: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
    return None if point is None else (point[0], point[1] + 0.3, point[2])


def test_unknown_and_withdrawn_events_are_refused(world: World) -> None:
    assert world.events.find("event:9999") is None
    with pytest.raises(InputError, match="no event 'event:9999'"):
        world.events.get("event:9999")
    with pytest.raises(InputError, match="looks like 'event:12'"):
        world.events.find("entity:3")


def test_an_empty_memory_has_no_events() -> None:
    world = World()
    assert world.events.events() == ()
    assert world.events.interactions() == ()
    assert world.events.chunks() == ()
    assert world.events.table().count == 0
    assert world.reopened().events.digest() == world.events.digest()


def test_sentences_are_plain_english() -> None:
    names = {TABLE: "table", SHELF: "shelf", "room:0": "kitchen", PERSON: "Anna"}
    event = Event(
        "event:1", EventLevel.ACTION, "moved", "", 0, 1, MUG, "coffee_mug", TABLE, SHELF, "room:0"
    )
    assert (
        text_of(event, names)
        == "The coffee mug was moved from the table in the kitchen to the shelf."
    )
    inside = replace(event, from_id="", to_id="", to_room_id="room:0")
    assert text_of(inside, names) == "The coffee mug was moved in the kitchen."
    by = replace(event, actor=PERSON, confidence=0.6)
    assert text_of(by, names).startswith("Anna probably moved the coffee mug from")
    assert text_of(replace(event, action="vanished"), names) == (
        "The coffee mug was taken away from the table in the kitchen."
    )
    enter = Event("event:2", EventLevel.ACTION, "enter_room", "robot", 0, 0, to_room_id="room:0")
    assert text_of(enter, names) == "The robot entered the kitchen."


# A house


def test_a_house_episode_gives_the_rounds_that_were_done() -> None:
    env = HouseEnv(tiny_house(), SMALL)
    script = Script()
    stamps = {0: script.observed(env.reset(0))}
    config = RearrangementConfig(
        min_round_count=2, max_round_count=3, min_step_count=0, look_around_share=0.0
    )
    rearranger = Rearranger(env, seed=1, config=config)
    for outcome in rearranger.run():
        stamps[outcome.observation.source_index or 0] = script.observed(outcome.observation)
    world = World().run(script.steps)
    found = [(i.start_ns, i.pick_ns, i.place_ns, i.end_ns) for i in world.events.interactions()]
    true = [
        tuple(stamps[s] for s in (r.interaction_step, r.pick_step, r.place_step, r.end_step))
        for r in rearranger.rounds
    ]
    assert len(true) >= 2
    assert found == true
    assert [i.label for i in world.events.interactions()] == [r.category for r in rearranger.rounds]
    log = env.evaluator_truth().log
    for action in ("pick", "place"):
        ends = [event.end_stamp_ns for event in log.of(actor_id="robot", action=action)]
        assert [event.end_ns for event in world.events.events(action=action)] == ends
