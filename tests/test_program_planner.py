"""The program planner: programs, the interpreter on a small hand-made day, and the whole planner."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from embodied_mem.core import Verdict
from embodied_mem.entities.entity import Status
from embodied_mem.episodic.interactions import Interaction
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.perception import OrientedBox
from embodied_mem.planners.program.interpreter import Answer, interpret
from embodied_mem.planners.program.planner import ProgramPlanner
from embodied_mem.planners.program.program import Kind, Program
from embodied_mem.planners.program.reader import UnreadableError, read_instruction
from embodied_mem.planners.program.scene import RoomInfo, Scene, Thing, find_receptacle_before
from embodied_mem.planners.program.ways import Ways
from embodied_mem.spatial.routes import FREE_CELL, GroundMap, RobotShape

MINUTE = 60_000_000_000
EIGHT = 8 * 60 * MINUTE


def thing(name: str, label: str, x: float, *, color: str = "", kind: Kind = Kind.OBJECT) -> Thing:
    box = OrientedBox((x, 0.0, 0.4), 1.0, 0.6, 0.8, 0.0)
    return Thing(name, kind, label, ((label, 1.0),), (x, 0.0, 0.8), box, color)


def piece(name: str, label: str, x: float) -> Thing:
    return thing(name, label, x, kind=Kind.RECEPTACLE)


THINGS = (
    thing("mug1", "mug", 1.0, color="red"),
    thing("mug2", "mug", 2.0, color="blue"),
    thing("mug3", "mug", 3.0, color="green"),
    thing("bowl", "bowl", 4.0, color="white"),
    thing("ball", "ball", 5.0, color="blue"),
    thing("book", "book", 6.0),
    piece("table1", "table", 10.0),
    piece("table2", "table", 20.0),
    piece("couch", "couch", 30.0),
    piece("bed", "bed", 40.0),
    piece("shelf", "shelves", 50.0),
)


def round_of(
    order: int, name: str, label: str, from_id: str, to_id: str, rooms: str, minutes: int
) -> Interaction:
    start = EIGHT + order * 60 * MINUTE
    return Interaction(
        order,
        f"event:{order}",
        "",
        "",
        name,
        label,
        from_id,
        to_id,
        *rooms.split(),
        start,
        start + MINUTE,
        start + minutes * MINUTE,
        start + (minutes + 1) * MINUTE,
    )


SCENE = Scene(
    {one.entity_id: one for one in THINGS},
    (
        round_of(1, "mug1", "mug", "table1", "couch", "kitchen hall", 10),
        round_of(2, "bowl", "bowl", "bed", "table1", "bedroom kitchen", 30),
        round_of(3, "mug2", "mug", "table2", "shelf", "office hall", 5),
        round_of(4, "ball", "ball", "couch", "table2", "hall office", 20),
    ),
    tuple(
        RoomInfo(name, name, total_ns=total * MINUTE)
        for name, total in (("kitchen", 5), ("hall", 50), ("bedroom", 9), ("office", 30))
    ),
    "kitchen",
    EIGHT,
    0,
    lambda one: 0.0 if one.position is None else one.position[0],
)


def run(sentence: str, scene: Scene = SCENE) -> Answer:
    return interpret(read_instruction(sentence).best.program, scene)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Go to a mug.", {"mug1", "mug2", "mug3"}),
        ("Go to a table.", {"table1", "table2"}),
        ("Go to a receptacle you used.", {"table1", "couch", "bed", "table2", "shelf"}),
        ("Go to an object you moved.", {"mug1", "mug2", "bowl", "ball"}),
        ("Go to an object you never moved.", {"mug3", "book"}),
        ("Go to a receptacle you picked from.", {"table1", "bed", "table2", "couch"}),
        ("Go to a receptacle you placed something on.", {"couch", "table1", "shelf", "table2"}),
        ("Go to the mug you moved.", {"mug1", "mug2"}),
        ("Go to the second mug you moved.", {"mug2"}),
        ("Go to a mug that you did not move.", {"mug3"}),
        ("Go to a table you took something from.", {"table1", "table2"}),
        ("Go to a couch you put something on.", {"couch"}),
        ("Go to the receptacle you took the bowl from.", {"bed"}),
        ("Go to the receptacle you took the second mug from.", {"table2"}),
        ("Go to the object you took from the bed.", {"bowl"}),
        ("Go to the red object you moved.", {"mug1"}),
        ("Go to the spherical object you moved.", {"ball"}),
        ("Go to the object for playing that you moved.", {"ball"}),
        ("Go to the farthest receptacle that you used.", {"shelf"}),
        ("Go to the farthest receptacle that you picked from.", {"bed"}),
        ("Go to the object you moved that is farthest from here.", {"ball"}),
        ("Go to the room where you picked up the third object.", {"office"}),
        ("Go to the room where you placed the bowl.", {"kitchen"}),
        ("Go to a room you did not visit, or else to the room you started in.", {"kitchen"}),
        ("Go to the third object you moved.", {"mug2"}),
        ("Go to the last object you moved.", {"ball"}),
        ("Go to the second receptacle you placed something on.", {"table1"}),
        ("Go to the receptacle that the fourth object came from.", {"couch"}),
        ("Go to the object you took from the third receptacle.", {"mug2"}),
        ("Go to the object you moved right after the bowl.", {"mug2"}),
        ("Go to the object you moved right before the bowl.", {"mug1"}),
        ("Go to the object you moved two after the bowl.", {"ball"}),
        ("Go to the object you moved between the bowl and the ball.", {"mug2"}),
        ("Go to the object you moved between the ball and the bowl.", {"mug2"}),
        ("Go to the receptacle you placed something on two before the ball.", {"table1"}),
        ("Go to the receptacle you picked from right after the bowl.", {"table2"}),
        ("Go to the object you were carrying at 10:15.", {"bowl"}),
        ("Go to the furniture you used at ten past twelve.", {"couch", "table2"}),
        ("Go to the object that took longest to move.", {"bowl"}),
        ("Go to the object that took the shortest time to move.", {"mug2"}),
        ("Go to the room where you spent most time.", {"hall"}),
    ],
)
def test_one_of_those_that_fit_is_a_target(sentence: str, expected: set[str]) -> None:
    answer = run(sentence)
    assert len(answer.slots) == 1
    assert {target.target_id for target in answer.slots[0]} == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Go to all receptacles you picked from.", ["bed", "couch", "table1", "table2"]),
        ("Go to all tables you placed something on.", ["table1", "table2"]),
        ("Go to every object you moved.", ["ball", "bowl", "mug1", "mug2"]),
        ("Go to all furniture you used.", ["bed", "couch", "shelf", "table1", "table2"]),
    ],
)
def test_all_counts_each_target_once(sentence: str, expected: list[str]) -> None:
    answer = run(sentence)
    assert sorted(target.target_id for target in answer.targets) == expected
    assert all(len(slot) == 1 for slot in answer.slots)


def test_ordered_targets_come_in_the_stated_order() -> None:
    answer = run("Go to the objects you moved in this order: third, first, fourth.")
    assert [target.target_id for target in answer.targets] == ["mug2", "mug1", "ball"]


def test_an_order_beyond_what_happened_is_absent() -> None:
    answer = run("Go to the objects you moved in this order: third, ninth.")
    assert answer.verdict is Verdict.ABSENT
    assert len(answer.targets) == 1


def test_unknown_anchor_is_absent_and_empty_memory_unknown() -> None:
    assert run("Go to the object you moved after the piano.").verdict is Verdict.ABSENT
    empty = Scene({})
    assert run("Go to the object you moved third.", empty).verdict is Verdict.UNKNOWN
    assert run("Go to a mug.", empty).targets == ()


def test_a_thing_that_is_gone_comes_last() -> None:
    things = dict(SCENE.things)
    one = things["mug1"]
    things["mug1"] = Thing(**{**one.__dict__, "status": Status.GONE})
    answer = run("Go to a mug.", Scene(things))
    assert answer.targets[0].target_id != "mug1"
    gone = next(target for target in answer.slots[0] if target.target_id == "mug1")
    assert gone.verdict is Verdict.ABSENT


def test_unvisited_room_comes_before_the_start() -> None:
    rooms = (*SCENE.rooms, RoomInfo("attic", is_visited=False))
    scene = Scene(SCENE.things, SCENE.rounds, rooms, "kitchen")
    answer = run("Go to a room you never entered, else to the one you started in.", scene)
    assert [target.target_id for target in answer.targets] == ["attic"]


def test_same_words_come_before_synonyms() -> None:
    things = {"cup": thing("cup", "cup", 1.0), "mug": thing("mug", "mug", 2.0)}
    assert {t.target_id for t in run("Go to a cup.", Scene(things)).slots[0]} == {"cup"}
    del things["cup"]
    assert {t.target_id for t in run("Go to a cup.", Scene(things)).slots[0]} == {"mug"}


def test_programs_survive_json() -> None:
    sentences = (
        "Go to the second mug that you moved between the bowl and the ball.",
        "Go to the table you took an object from two interactions after the second mug.",
        "Go to the red object you moved at 8:30.",
        "Go to the objects you moved in this order: third, first.",
        "Go to the farthest furniture you did not use.",
    )
    for sentence in sentences:
        program = read_instruction(sentence).best.program
        assert Program.from_json(json.loads(json.dumps(program.to_json()))) == program


@pytest.mark.parametrize(
    "text",
    ["", "   ", "?!", "blue", "Sing a song.", "the the the", "42", "go", "a" * 5000, "\x00 go to",
     "after before between", "first second third", "Go to.", "Where?", "not not not go to it"],
)  # fmt: skip
def test_odd_words_never_raise(text: str) -> None:
    readings = read_instruction(text)
    assert readings.readings or isinstance(readings.error, UnreadableError)


def test_unreadable_says_what_can_be_read() -> None:
    readings = read_instruction("Sing!")
    with pytest.raises(UnreadableError, match="I read such as"):
        _ = readings.best


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("08:30", 30600), ("8:30 am", 30600), ("half past eight", 30600), ("8:30 pm", 73800),
     ("quarter to nine", 31500), ("14:05", 50700), ("noon", 43200), ("8 o'clock", 28800),
     ("0830 hours", 30600), ("20 past 8", 30000), ("8:30 in the evening", 73800)],
)  # fmt: skip
def test_times_of_day(text: str, seconds: int) -> None:
    program = read_instruction(f"Go to the object you handled at {text}.").best.program
    assert program.moment is not None
    assert program.moment.clock_s == seconds


def test_what_was_placed_unseen_is_on_what_the_robot_faces() -> None:
    pieces = [piece("left", "table", -2.0), piece("right", "table", 2.0)]
    assert find_receptacle_before(pieces, (0.8, 0.0, 0.0)) == "right"
    assert find_receptacle_before(pieces, (0.8, 0.0, math.pi)) == ""


def test_ways_go_round_what_blocks() -> None:
    cells = np.full((60, 60), FREE_CELL, np.uint8)
    clearance = np.full((60, 60), 1.0, np.float32)
    clearance[30, :50] = 0.0
    ground = GroundMap(cells, clearance, (0.0, 0.0), 0.1, 0.0, RobotShape())
    ways = Ways(ground, (1.0, 1.0))
    assert ways.to_point_m((2.0, 1.0)) == pytest.approx(1.0, abs=0.15)
    assert ways.to_point_m((5.0, 1.0)) > 8.0


def test_planner_on_an_empty_memory_explains_itself(tmp_path: object) -> None:
    from pathlib import Path

    with EmbodiedMemory.open(Path(str(tmp_path)) / "memory.db") as memory:
        plan = ProgramPlanner().plan("Go to the third object you moved.", memory.recall)
        assert plan.frame_indices == ()
        assert plan.probability == 0.0
        assert plan.is_look_worth_it
        assert any("object: handled; number 3" in line for line in plan.trace)
        unread = ProgramPlanner().plan("Hm.", memory.recall)
        assert unread.error is not None
