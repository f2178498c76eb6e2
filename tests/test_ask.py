"""Questions in English: how they are read, what is answered, and what the command prints."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
from house_samples import SMALL, tiny_house

from embodied_mem.asking.answer import answer_question, ask_memory
from embodied_mem.asking.clock import MemoryClock
from embodied_mem.asking.question import (
    Anchor,
    Clock,
    Happening,
    Kind,
    Moment,
    Place,
    Question,
    Span,
    text_of,
)
from embodied_mem.asking.reader import EXAMPLES, UnreadableError, read_question
from embodied_mem.asking.scene import Answer
from embodied_mem.asking.show import evidence_frames
from embodied_mem.asking.times import read_moment, take_span
from embodied_mem.cli import main
from embodied_mem.core import Verdict
from embodied_mem.entities.entity import ChangeKind, Entity, EntityKind, EntityState, Status
from embodied_mem.envs.house.env import HouseEnv
from embodied_mem.envs.house.noise import NoiseConfig
from embodied_mem.envs.house.rearrangement import Rearranger
from embodied_mem.envs.house.viewpoints import with_viewpoints
from embodied_mem.episodic.event import Event, EventLevel
from embodied_mem.errors import InputError
from embodied_mem.geometry import Box
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.perception import OrientedBox
from embodied_mem.recall.memory_recall import MemoryRecall
from embodied_mem.recall.sources import (
    EntityList,
    EventList,
    FactInfo,
    FactList,
    RoomBoxes,
    RoomInfo,
    Sources,
    UniformSpace,
)
from embodied_mem.semantic.day_clock import DayClock

Capture = pytest.CaptureFixture[str]
SECOND = 1_000_000_000
EIGHT = 8 * 3600

# Reading

SAME = (
    ("where is the red mug?", "Where's the red mug", "where did I last see the red mug?",
     "where did you see the red mug last?", "where was the red mug last seen?",
     "do you know where the red mug is?", "Can you tell me where the red mug is, please?",
     "in which room is the red mug?", "what room is the red mug in?", "find the red mug",
     "where can I find the red mug?", "what is the location of the red mug?"),
    ("where was the mug before you moved it?", "where was the mug before the robot moved the mug?"),
    ("what is on the kitchen table?", "what's on top of the kitchen table",
     "what things are on the kitchen table?", "which objects are on the kitchen table?",
     "what do you see on the kitchen table?", "what lies on the kitchen table?"),
    ("what is near the sofa?", "what is next to the sofa?", "what's close to the sofa?"),
    ("what did you pick up third?", "what was the third thing you picked up?",
     "what was the 3rd object that you took?", "what did you grab third?"),
    ("what did you pick up last?", "what did you last pick up?", "what was the last thing you picked up?"),
    ("what did you pick up before the apple?", "which object did you pick up before the apple?",
     "what did you grab just before the apple?"),
    ("where did the apple come from?", "where did you take the apple from?",
     "where did you pick up the apple?", "where did you get the apple from?"),
    ("where did you put the apple?", "where did you put the apple down?",
     "where did you place the apple?", "where did you leave the apple?"),
    ("when did you pick up the mug?", "when did you pick the mug up?",
     "at what time did you take the mug?"),
    ("when did you last see the mug?", "when was the mug last seen?",
     "when was the last time you saw the mug?"),
    ("how many cups are there in the kitchen?", "how many cups are in the kitchen?",
     "how many cups did you see in the kitchen?", "count the cups in the kitchen",
     "number of cups in the kitchen"),
    ("who moved the vase?", "who has moved the vase?"),
    ("who turned on the lamp?", "who turned the lamp on?", "who switched the lamp on?"),
    ("which rooms have you not visited?", "which rooms haven't you visited yet?",
     "what rooms have you not been in?"),
    ("how long were you in the kitchen?", "how long have you been in the kitchen?",
     "how much time did you spend in the kitchen?"),
    ("is there a microwave?", "have you seen a microwave?", "do you see a microwave?"),
    ("what changed since 9:00?", "what has changed since 9 am?", "what is different since nine o'clock?"),
    ("did the mug move?", "has the mug been moved?", "has the mug moved?", "was the mug moved?"),
    ("what happened at 10:15?", "what was going on at 10:15?", "at 10:15, what happened?"),
    ("what are you holding?", "what is in your hand?"),
)  # fmt: skip


@pytest.mark.parametrize("group", SAME, ids=[group[0] for group in SAME])
def test_paraphrases_read_the_same(group: tuple[str, ...]) -> None:
    programs = [replace(read_question(text), happening=None) for text in group]
    for text, program in zip(group[1:], programs[1:], strict=True):
        plain = program.with_parts(thing=program.thing.removeprefix("the "))
        first = programs[0].with_parts(thing=programs[0].thing.removeprefix("the "))
        assert plain == first, text
    happenings = [read_question(text).happening for text in group]
    assert len({h and (h.action, h.actor) for h in happenings}) == 1


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_are_read_without_guessing(text: str) -> None:
    assert not read_question(text).is_guess


@pytest.mark.parametrize(
    "text",
    ["", "hello", "what is the meaning of life?", "why did you move the mug?", "how are you?",
     "will the mug be in the kitchen tomorrow?", "how big is the table?", "the red mug", "where?",
     "what colour is the mug?", "where " * 200, "'; DROP TABLE frame; --"],
)  # fmt: skip
def test_what_fits_no_form_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UnreadableError, match="cannot read this question"):
        read_question(text)


def test_a_sentence_with_words_left_out_is_marked_as_a_guess() -> None:
    question = read_question("I can't find my keys anywhere, I think I lost the red keys")
    assert (question.kind, question.is_guess) == (Kind.WHERE, True)
    assert "keys" in text_of(question)


def test_parts_of_a_question() -> None:
    assert read_question("what did you pick up third?") == Question(
        Kind.WHICH, happening=Happening("pick", "robot"), ordinal=3
    )
    assert read_question("is the mug on the table?") == Question(
        Kind.EXISTS, thing="the mug", place=Place("on", "table")
    )
    assert read_question("where was it before Anna moved the mug?").anchor == Anchor(
        "before", Happening("moved", "Anna", "the mug")
    )
    assert read_question("who was in the kitchen?").place == Place("in", "kitchen")
    assert read_question("what moved since 9:00?").changes == ("moved",)


def test_i_means_whoever_asks() -> None:
    text = "where was the mug before I moved it?"
    asked = [read_question(text, speaker=name).anchor for name in ("", "Anna")]
    assert [anchor and anchor.happening.actor for anchor in asked] == ["robot", "Anna"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("8:30", 30600), ("8:30 pm", 73800), ("half past eight", 30600), ("quarter to nine", 31500),
     ("9 am", 32400), ("12 am", 0), ("12 pm", 43200), ("noon", 43200), ("midnight", 0), ("17:05:30", 61530),
     ("nine o'clock", 32400), ("23", 82800), ("8 in the evening", 72000)],
)  # fmt: skip
def test_times_of_day(text: str, seconds: float) -> None:
    assert read_moment(text) == Moment(Clock.DAY, seconds)


@pytest.mark.parametrize("text", ["25:00", "8:75", "soon", "", "-3", "99 pm"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="a time is written"):
        read_moment(text)


def test_spans() -> None:
    nine, ten = Moment(Clock.DAY, 32400), Moment(Clock.DAY, 36000)
    assert take_span("what changed between 9:00 and ten o'clock") == (
        "what changed",
        Span(nine, ten),
    )
    assert take_span("what changed since 9:00") == ("what changed", Span(nine, None))
    assert take_span("what moved before 10:00") == ("what moved", Span(None, ten))
    ago = Moment(Clock.AGO, 600)
    assert take_span("where was the mug 10 minutes ago")[1] == Span(ago, ago)
    assert take_span("what happened in the last ten minutes")[1] == Span(ago, None)
    start = Moment(Clock.START, 12.5)
    assert take_span("where was it at 12.5 s")[1] == Span(start, start)
    yesterday = Moment(Clock.DAY, 32400, -1)
    assert take_span("where was it yesterday at 9:00") == (
        "where was it",
        Span(yesterday, yesterday),
    )
    assert take_span("what is at a shelf") == ("what is at a shelf", None)


def test_a_time_of_day_is_the_last_one_that_the_memory_reaches() -> None:
    day = 86400 * SECOND
    clock = MemoryClock(DayClock([0], [float(EIGHT)]), 0, day + 3600 * SECOND)  # to 9:00 on day 1
    assert clock.stamp_of(Moment(Clock.DAY, EIGHT + 1800)) == day + 1800 * SECOND
    assert clock.stamp_of(Moment(Clock.DAY, EIGHT + 7200)) == 7200 * SECOND  # 10:00 was yesterday
    assert clock.stamp_of(Moment(Clock.DAY, EIGHT + 60, -1)) == 60 * SECOND
    assert clock.text(day + 1800 * SECOND) == "at 8:30"
    assert clock.text(1800 * SECOND) == "yesterday at 8:30"


# Answering: a hand-made morning from 8:00 on


def stamp(minute: float) -> int:
    return round(minute * 60 * SECOND)


def state(
    minute: float,
    x: float,
    *,
    last: float | None = None,
    support: str = "",
    change: ChangeKind = ChangeKind.APPEARED,
    status: Status = Status.PRESENT,
    holder: str = "",
) -> EntityState:
    return EntityState(
        change, status, stamp(minute), stamp(minute), stamp(minute if last is None else last),
        (x, 1.0, 0.8), OrientedBox((x, 1.0, 0.8), 0.1, 0.1, 0.1, 0.0), holder, support,
        (f"frame:{int(minute) + 1}",), (f"look:{int(minute) + 1}",),
    )  # fmt: skip


def entity(
    number: int,
    label: str,
    *states: EntityState,
    color: str = "",
    kind: EntityKind = EntityKind.OBJECT,
) -> Entity:
    return Entity(
        f"entity:{number}", kind, label, ((label, 1.0),), states, 0.99, True, states[0].since_ns,
        states[-1].last_seen_ns, 30, color_name=color,
    )  # fmt: skip


TABLE, SHELF, MUG, PLATE, APPLE, ANNA, CUP = (f"entity:{n}" for n in range(1, 8))
PIECE = EntityKind.FURNITURE


def event(number: int, action: str, minute: float, **parts: Any) -> Event:
    level = EventLevel.SUBGOAL if action in ("visit", "rearrange") else EventLevel.ACTION
    given = {
        "actor": "robot",
        "evidence": (f"robot:{number}",),
        "end_ns": stamp(minute + 1),
        **parts,
    }
    return Event(f"event:{number}", level, action, start_ns=stamp(minute), **given)


@pytest.fixture
def flat_sources() -> Sources:
    """Kitchen (x below 4) with a table, bedroom with a shelf; a mug, plates, an apple; Anna."""
    things = [
        entity(1, "table", state(0, 1.0, last=59), kind=PIECE),
        entity(2, "shelf", state(5, 6.0, last=59), kind=PIECE),
        entity(3, "mug", state(1, 1.0, last=9, support=TABLE),
               state(12, 6.0, support=SHELF, change=ChangeKind.PLACED, last=59), color="red"),
        entity(4, "plate", state(2, 1.1, last=59, support=TABLE), color="white"),
        entity(5, "apple", state(3, 1.2, last=19, support=TABLE),
               state(22, 6.1, support=SHELF, change=ChangeKind.PLACED, last=59)),
        entity(6, "person", state(30, 2.0, last=31), kind=EntityKind.PERSON),
        entity(7, "vase", state(4, 1.3, last=10, support=TABLE),
               state(40, 1.3, change=ChangeKind.GONE, status=Status.GONE)),
    ]  # fmt: skip
    events = [
        event(1, "pick", 10, entity_id=MUG, label="mug", from_id=TABLE, from_room_id="room:0"),
        event(2, "place", 12, entity_id=MUG, label="mug", to_id=SHELF, to_room_id="room:1"),
        event(3, "pick", 20, entity_id=APPLE, label="apple", from_id=TABLE, from_room_id="room:0"),
        event(4, "place", 22, entity_id=APPLE, label="apple", to_id=SHELF, to_room_id="room:1"),
        event(5, "visit", 0, to_room_id="room:0", end_ns=stamp(11)),
        event(6, "visit", 11, to_room_id="room:1", end_ns=stamp(18)),
        event(7, "visit", 18, to_room_id="room:0", end_ns=stamp(60)),
        event(8, "vanished", 35, entity_id="entity:7", label="vase", actor="", from_id=TABLE),
        event(9, "say", 36, actor="Anna", text="My favourite cup is the red mug."),
    ]  # fmt: skip
    rooms = [
        (RoomInfo("room:0", "kitchen", (2, 2, 0), 0.95, True), Box((0, 0, 0), (4, 4, 3))),
        (RoomInfo("room:1", "bedroom", (6, 2, 0), 0.4, True), Box((4, 0, 0), (8, 4, 3))),
        (RoomInfo("room:2", "office", (9, 2, 0), 0.1), Box((8, 0, 0), (10, 4, 3))),
    ]
    facts = [
        FactInfo("fact:1", MUG, "called", "my favourite cup", 0.9, stamp(36), "Anna",
                 evidence=("utterance:1",)),
        FactInfo("fact:2", PLATE, "belongs_to", "Bob", 0.9, stamp(37), "Bob",
                 evidence=("utterance:2",)),
    ]  # fmt: skip
    return Sources(
        EntityList(things), EventList(events), RoomBoxes(rooms), FactList(facts), UniformSpace(1.0),
        clock=lambda: stamp(60),
    )  # fmt: skip


class Asker:
    """Asks the hand-made morning."""

    def __init__(self, memory: EmbodiedMemory, sources: Sources, clock: MemoryClock) -> None:
        self.sources, self.clock = sources, clock
        self.recall = MemoryRecall(memory.journal, memory.views, sources=sources)

    def __call__(self, text: str, *, speaker: str = "") -> Answer:
        question = read_question(text, speaker=speaker)
        return answer_question(
            question, self.recall, clock=self.clock, sources=self.sources, speaker=speaker
        )


@pytest.fixture
def ask(tmp_path: Path, flat_sources: Sources) -> Iterator[Asker]:
    with EmbodiedMemory.open(tmp_path / "empty.db") as memory:
        clock = MemoryClock(DayClock([0], [float(EIGHT)]), 0, stamp(60))
        yield Asker(memory, flat_sources, clock)


def test_where_now_then_and_before(ask: Asker) -> None:
    now = ask("where is the red mug?")
    assert now.text == "The red mug is on the shelf in the bedroom; I saw it last at 8:59."
    assert (now.verdict, now.evidence[0]) == (Verdict.KNOWN, "frame:13")
    assert "held" not in ask("where was the mug after you put it down?").text
    for text in ("where was the mug at 8:05?", "where was the mug before you moved it?",
                 "where was the mug 55 minutes ago?"):  # fmt: skip
        assert "was on the table in the kitchen" in ask(text).text, text
    assert "I do not know: I first saw" in ask("where was the apple at 8:01?").text


def test_what_went_away_is_not_said_to_be_there(ask: Asker) -> None:
    answer = ask("where is the vase?")
    assert answer.verdict is Verdict.ABSENT
    assert answer.text.startswith("I do not know: the vase was")
    assert answer.evidence[0].startswith("look:")


def test_absent_and_unknown_are_told_apart(ask: Asker) -> None:
    absent = ask("is there an elephant in the kitchen?")
    assert (absent.verdict, absent.text[:3]) == (Verdict.ABSENT, "No,")
    unknown = ask("is there an elephant in the bedroom?")
    assert (unknown.verdict, unknown.text[:13]) == (Verdict.UNKNOWN, "I cannot tell")
    never = ask("is there an elephant?")
    assert never.verdict is Verdict.UNKNOWN
    assert "does not mean that there is none" in never.text
    kind = ask("is there fruit in the kitchen?")  # a word for several labels, not one of them
    assert (kind.verdict, "apple" in kind.text) == (Verdict.UNKNOWN, True)
    assert ask("is there a plate on the table?").text.startswith("Yes: the white plate")
    elsewhere = ask("is the mug on the table?").text
    assert elsewhere.startswith("No")
    assert "the red mug is on the shelf" in elsewhere


def test_counts_and_contents(ask: Asker) -> None:
    assert "2 things" in ask("how many things are on the shelf?").text
    assert "1 plate" in ask("how many plates are there?").text
    on_table = ask("what is on the table?")
    assert on_table.text.startswith("On the table in the kitchen is a white plate (")
    assert "an apple" in ask("what is on the shelf?").text
    assert "a red mug" in ask("what was on the table at 8:05?").text


def test_rounds_of_pick_and_place(ask: Asker) -> None:
    assert (
        "was the red mug, from the table in the kitchen, at 8:10"
        in ask("what did you pick up first?").text
    )
    assert "the apple" in ask("what was the second thing you picked up?").text
    assert "I picked up the apple" in ask("what did you pick up after the mug?").text
    assert "I picked up the red mug" in ask("what did you pick up before the apple?").text
    assert ask("what did you pick up third?").verdict is Verdict.ABSENT
    assert ask("where did the mug come from?").text.startswith("From the table in the kitchen")
    assert "on the shelf in the bedroom at 8:12" in ask("where did you put the mug?").text
    assert "at 8:20" in ask("when did you pick up the apple?").text
    assert ask("how many things did you pick up?").text.startswith("2 times")
    assert ask("did you pick up the plate?").verdict is Verdict.ABSENT
    assert ask("did the mug move?").text.startswith("Yes")


def test_who_and_when(ask: Asker) -> None:
    assert ask("who picked up the mug?").text.startswith("I did")
    unseen = ask("who moved the vase?")
    assert (unseen.verdict, unseen.text[:18]) == (Verdict.UNKNOWN, "I did not see who:")
    assert "entity:6" in ask("who was in the kitchen?").text
    assert ask("who was in the bedroom?").verdict is Verdict.UNKNOWN
    assert "at 8:59" in ask("when did you last see the plate?").text
    assert 'favourite cup is the red mug." at 8:36' in ask("what did Anna say?").text


def test_rooms_stays_changes_and_times(ask: Asker) -> None:
    assert "the kitchen, the bedroom and the office" in ask("which rooms are there?").text
    assert ask("which rooms have you not visited?").text.startswith("I have not been in the office")
    assert ask("how long were you in the kitchen?").text == "53 min in the kitchen, in 2 visits."
    assert "7 min" in ask("how long were you in the bedroom?").text
    gone = ask("what changed since 8:30?").text
    assert "gone: the vase" in gone
    assert "mug" not in gone
    assert "the vase was taken away" in ask("what disappeared?").text.lower()
    happened = ask("what happened at 8:12?").text
    assert "I put down the red mug" in happened
    assert "I was in the bedroom" in happened
    assert "My memory ends" in ask("what happened at 9:30?").text or ask(
        "where was the mug at 7:00?"
    ).text.startswith("My memory begins")


def test_names_that_were_told(ask: Asker) -> None:
    mine = ask("what is my favourite cup?", speaker="Anna")
    assert "the red mug" in mine.text
    assert mine.evidence == ("utterance:1",)
    assert ask("where is my favourite cup?", speaker="Anna").verdict is Verdict.KNOWN
    assert ask("what is my favourite bowl?", speaker="Anna").verdict is Verdict.UNKNOWN
    assert "Bob" in ask("whose plate is this?").text


def test_a_guess_says_how_it_was_read(ask: Asker) -> None:
    assert ask("I lost the red mug").text.startswith("(I read this as: where is the red mug?)")


def test_a_memory_without_a_clock_tells_seconds(ask: Asker) -> None:
    ask.clock = replace(ask.clock, day_clock=DayClock())
    assert "I saw it last 3540.0 s after the start" in ask("where is the red mug?").text
    assert "table" in ask("where was the mug at 300 s?").text
    with pytest.raises(InputError, match="no time of day"):
        ask("where was the mug at 8:05?")


# The command, on a short walk through a rendered house


@pytest.fixture(scope="module")
def house_memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ask") / "house.db"
    env = HouseEnv(with_viewpoints(tiny_house()), replace(SMALL, noise=NoiseConfig.of("off")))
    first = env.reset(seed=1)
    with EmbodiedMemory.open(path) as memory:
        memory.update(first)
        for outcome in itertools.islice(Rearranger(env, seed=1).run(), 150):
            memory.update(outcome.observation)
    return path


def test_the_answer_is_printed_with_verdict_and_evidence(
    house_memory: Path, capsys: Capture
) -> None:
    assert main(["ask", str(house_memory), "where is the mug?"]) == 0
    text, verdict, evidence = capsys.readouterr().out.splitlines()
    assert " is on the " in text
    assert "table" in text
    assert verdict.strip().startswith("known, probability 0.")
    assert "frame:" in evidence or "detection:" in evidence


def test_json_holds_the_answer_with_its_items(house_memory: Path, capsys: Capture) -> None:
    assert main(["ask", str(house_memory), "how many mugs are there?", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    answer = result["answer"]
    assert answer["verdict"] == "known"
    assert [item["label"] for item in answer["items"]] == ["mug"]
    assert answer["evidence"]
    assert answer["reading"] == "how many mugs are there?"


def test_an_unreadable_question_is_status_one_and_a_bad_file_two(
    house_memory: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["ask", str(house_memory), "what is the meaning of life?"]) == 1
    assert "I cannot read this question" in capsys.readouterr().out
    assert main(["ask", str(house_memory), "hello", "--json"]) == 1
    assert "error" in json.loads(capsys.readouterr().out)
    assert main(["ask", str(tmp_path / "none.db"), "where is the mug?"]) == 2


def test_asking_leaves_the_file_as_it_is(house_memory: Path) -> None:
    before = house_memory.read_bytes()
    assert main(["ask", str(house_memory), "where is the mug?"]) == 0
    assert house_memory.read_bytes() == before


def test_as_of_knows_only_what_was_known_then(house_memory: Path, capsys: Capture) -> None:
    with EmbodiedMemory.open(house_memory, read_only=True) as memory:
        mug = next(e for e in memory.views.entities.entities() if e.label == "mug")
        first_ns = memory.journal.stamp_range()[0]  # type: ignore[index]
        assert ask_memory(memory, "is there a mug?").verdict is Verdict.KNOWN
    seconds = (mug.first_seen_ns - first_ns) / 1e9
    assert main(["ask", str(house_memory), "is there a mug?", "--as-of", str(seconds + 1)]) == 0
    seen = capsys.readouterr().out
    assert main(["ask", str(house_memory), "is there a plate?", "--as-of", "0"]) == 0
    assert "unknown" in capsys.readouterr().out
    assert "Yes" in seen or "Perhaps" in seen


def test_the_picture_shows_the_thing_in_its_box(
    house_memory: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "mug.png"
    arguments = ["ask", str(house_memory), "where is the mug?", "--show", "--out", str(path)]
    assert main(arguments) == 0
    assert str(path) in capsys.readouterr().out
    assert cv2.imread(str(path)) is not None
    with EmbodiedMemory.open(house_memory, read_only=True) as memory:
        frames = evidence_frames(memory, ask_memory(memory, "where is the mug?"))
    assert frames
    assert any(frame.is_detected and frame.box_px is not None for frame in frames)


def test_help_and_the_reader_start_without_heavy_modules() -> None:
    code = "import sys, embodied_mem.cli as c; c.build_parser(); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
