"""Rooms as a view over the journal: laws on hand-made steps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from event_samples import STEP_NS, Script, ScriptedEntities, World, scanned_flat, shifted, state

from embodied_mem.entities.entity import EntityKind
from embodied_mem.errors import InputError
from embodied_mem.graph.robot_track import VisitLog
from embodied_mem.graph.scene_graph import EdgeKind, NodeKind
from embodied_mem.graph.view import RegionView

LEFT, RIGHT = (1.0, 2.0, 0.5), (6.5, 2.0, 0.5)


@pytest.fixture(scope="module")
def script() -> Script:
    """Left room, through the door, right room; then back."""
    script = Script()
    scanned_flat(script)
    for x in (6.0, 5.0, 4.5, 3.5, 2.5, 1.5, 1.5, 1.5):
        script.robot(x, 2.0)
    return script


@pytest.fixture(scope="module")
def world(script: Script) -> World:
    return World(_furnished()).run(script.steps)


def _furnished() -> ScriptedEntities:
    entities = ScriptedEntities()
    bed = state("appeared", 1, (6.5, 3.0, 0.3))
    mug = state("appeared", 1, (6.5, 3.0, 0.65), support="entity:1")
    entities.add(1, "entity:1", "bed", bed)
    entities.add(1, "entity:2", "mug", mug)
    entities.kinds["entity:1"] = EntityKind.FURNITURE
    return entities


def test_rooms_are_found_and_named(world: World) -> None:
    left, right = world.regions.room_of(LEFT), world.regions.room_of(RIGHT)
    assert left is not None
    assert right is not None
    assert left != right
    kinds = {kind.room_id: kind.kind for kind in world.regions.room_kinds(_of(world))}
    assert kinds[right] == "bedroom"
    assert kinds[left] == "unknown"


def test_visits_follow_the_robot(script: Script, world: World) -> None:
    left, right = world.regions.room_of(LEFT), world.regions.room_of(RIGHT)
    visits = world.regions.visits()
    assert [visit.room_id for visit in visits] == [left, right, left]
    assert visits[0].enter_ns == STEP_NS
    assert visits[-1].leave_ns == script.now_ns
    for before, after in itertools.pairwise(visits):
        assert before.leave_ns == after.enter_ns
    spent = world.regions.time_in_rooms()
    assert sum(spent.values()) == script.now_ns - STEP_NS
    assert list(spent.values()) == sorted(spent.values(), reverse=True)


def test_room_reports_add_up(world: World) -> None:
    reports = {report.room.room_id: report for report in world.regions.rooms(_of(world))}
    left = reports[world.regions.room_of(LEFT) or ""]
    assert left.visit_count == 2
    assert left.total_ns == world.regions.time_in_rooms()[left.room.room_id]
    assert left.is_visited


def test_replay_equals_live_and_a_restored_view_goes_on(script: Script, world: World) -> None:
    half = World().run(script.steps[:27])
    restored = half.reopened().run(script.steps[27:])
    for other in (World().run(script.steps), restored):
        assert other.regions.digest() == world.regions.digest()
        assert other.regions.to_bytes() == world.regions.to_bytes()
        assert other.regions.visits() == world.regions.visits()


def test_looking_at_the_current_map_changes_no_state(script: Script, world: World) -> None:
    watched = World()
    for step in script.steps:
        watched.run([step])
        watched.regions.current()
        watched.regions.room_of(RIGHT)
    assert watched.regions.digest() == world.regions.digest()


def test_partitions_are_few_and_ids_stay(script: Script) -> None:
    world = World()
    seen: list[int] = []
    left_ids = set()
    for step in script.steps:
        world.run([step])
        if not seen or world.regions.visit_revision != seen[-1]:
            seen.append(world.regions.visit_revision)
        if step.commit_id > 5:
            left_ids.add(world.regions.partition().room_of(LEFT))
    assert len(seen) < 12
    assert len(left_ids - {None}) == 1


def test_a_correction_moves_the_track(script: Script) -> None:
    corrected = Script()
    corrected.steps, corrected.now_ns = list(script.steps), script.now_ns
    corrected.correct(shifted(0.5, -0.25))
    world = World().run(corrected.steps)
    before = World().run(script.steps).regions.track
    gap = world.regions.track.positions_in_world - before.positions_in_world
    assert np.allclose(gap[:, :2], (0.5, -0.25), atol=1e-5)
    assert world.reopened().regions.digest() == world.regions.digest()


def test_a_robot_that_stands_still_adds_no_rows() -> None:
    script = Script()
    for _ in range(50):
        script.robot(1.0, 1.0)
    script.robot(1.0, 1.0, mode="manipulation")
    track = World().run(script.steps).regions.track
    assert track.count == 2
    assert track.mode_of(1) == "manipulation"
    assert track.position_at(script.now_ns) == pytest.approx((1.0, 1.0, 1.3))
    assert track.position_at(0) is None


def test_splitting_a_run_changes_no_visit() -> None:
    rng = np.random.default_rng(0)
    rooms = rng.choice(["", "a", "b"], 60)
    sessions = np.sort(rng.integers(0, 3, 60))
    single, merged = VisitLog(), VisitLog()
    for n, (room, session) in enumerate(zip(rooms, sessions, strict=True)):
        single.feed(str(room), int(session), n, n, 1)
    start = 0
    for n in range(1, 61):
        if n == 60 or rooms[n] != rooms[start] or sessions[n] != sessions[start]:
            merged.feed(str(rooms[start]), int(sessions[start]), start, n - 1, n - start)
            start = n
    assert single.visits() == merged.visits()


def test_one_step_beyond_a_door_is_no_visit() -> None:
    log = VisitLog()
    for n, room in enumerate("aaabaaabbb"):
        log.feed(room, 1, n, n, 1)
    visits = [(visit.room_id, visit.enter_ns, visit.leave_ns) for visit in log.visits()]
    assert visits == [("a", 0, 7), ("b", 7, 9)]


def test_time_between_sessions_counts_for_no_room() -> None:
    log = VisitLog()
    log.feed("a", 1, 0, 10, 5)
    log.feed("a", 2, 100, 110, 5)
    assert sum(visit.duration_ns for visit in log.visits()) == 20


def test_the_scene_graph_holds_rooms_things_and_the_robot(world: World) -> None:
    graph = world.regions.scene_graph(_of(world))
    assert graph.check() == []
    assert len(graph.nodes(NodeKind.ROOM)) == 2
    assert graph.has_edge("entity:2", "entity:1", EdgeKind.ON)
    room = graph.find_room("entity:2")
    assert room is not None
    assert room.node_id == world.regions.room_of(RIGHT)
    robot = graph.find_room("robot")
    assert robot is not None
    assert robot.node_id == world.regions.room_of(LEFT)


def test_routes_lead_from_room_to_room(world: World) -> None:
    left, right = world.regions.room_of(LEFT) or "", world.regions.room_of(RIGHT) or ""
    route = world.regions.room_route(left, right)
    assert route is not None
    assert route[0] == [left, right]
    assert 3.0 < route[1] < 8.0
    way = world.regions.place_graph().find_route(np.array(LEFT), np.array(RIGHT))
    assert way is not None
    assert way.room_ids == (left, right)
    with pytest.raises(InputError, match="no room 'room:99'"):
        world.regions.room_route(left, "room:99")


def test_an_empty_memory_has_no_rooms() -> None:
    world = World()
    assert world.regions.partition().rooms == ()
    assert world.regions.current().rooms == ()
    assert world.regions.visits() == ()
    assert world.regions.room_of(LEFT) is None
    assert len(world.regions.scene_graph().nodes(NodeKind.ROOM)) == 0
    assert world.reopened().regions.digest() == world.regions.digest()


def test_bytes_of_something_else_are_refused(world: World) -> None:
    with pytest.raises(InputError, match="hold no regions"):
        RegionView(world.map).load_bytes(b"\x09\x00\x00\x00what is it")


def _of(world: World) -> tuple[object, ...]:
    return world.entities.entities()
