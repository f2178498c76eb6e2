"""A question as a small typed program: what the reader makes of English, and what answers run."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from ..entities.entity import ROBOT


class Kind(str, enum.Enum):
    """What is asked for."""

    WHERE = "where"
    ORIGIN = "origin"
    """Where it was taken from."""
    TARGET = "target"
    """Where it was put."""
    CONTENTS = "contents"
    """What is at a place; with a thing, which of these."""
    COUNT = "count"
    EXISTS = "exists"
    WHEN_SEEN = "when seen"
    WHEN = "when"
    """When an event was."""
    COUNT_EVENTS = "count events"
    WHICH = "which"
    """Which thing something was done to: the third one picked up, the one before the mug."""
    WHO = "who"
    DID = "did"
    """Whether something was done."""
    HAPPENED = "happened"
    """What was done or said in a time, at a place, to a thing."""
    CHANGES = "changes"
    ROOMS = "rooms"
    STAY = "stay"
    """How long somebody was in a room."""
    PEOPLE = "people"
    """Who was in a room."""
    HELD = "held"
    """What somebody holds; with a thing, who holds it."""
    MEANING = "meaning"
    """What a name that somebody gave means: 'my favourite cup'."""
    OWNER = "owner"


@dataclass(frozen=True)
class Place:
    """In, on or near something."""

    relation: str
    """'in', 'on' or 'near'."""
    text: str


class Clock(str, enum.Enum):
    """What a number of seconds counts from."""

    DAY = "time of day"
    START = "after the start"
    AGO = "ago"


@dataclass(frozen=True)
class Moment:
    """One instant as it was said."""

    clock: Clock
    seconds: float
    day: int | None = None
    """0 is today, -1 yesterday; None is the last such time."""


@dataclass(frozen=True)
class Span:
    """A time that a question is about: [start, end]; both alike for an instant, None for open."""

    start: Moment | None
    end: Moment | None

    @property
    def is_instant(self) -> bool:
        return self.start is not None and self.start == self.end


@dataclass(frozen=True)
class Happening:
    """What was done: 'you picked up the red mug' is ('pick', 'robot', 'the red mug')."""

    action: str
    actor: str = ""
    """'robot', a name, or '' for whoever it was."""
    thing: str = ""
    """'' for anything."""
    ordinal: int = 0
    """1 is the first time, -1 the last; 0 says nothing."""


@dataclass(frozen=True)
class Anchor:
    """A time told by something that happened: before it, after it, or at it."""

    relation: str
    """'before', 'after' or 'at'."""
    happening: Happening


@dataclass(frozen=True)
class Question:
    """What a sentence asks. Unused parts are empty."""

    kind: Kind
    thing: str = ""
    """'the red mug'; words as they were said, for the matcher of recall."""
    place: Place | None = None
    happening: Happening | None = None
    ordinal: int = 0
    """Of WHICH: 1 is the first, -1 the last, 0 is all."""
    changes: tuple[str, ...] = ()
    """Of CHANGES: 'moved', 'gone' ...; all if empty."""
    is_negated: bool = False
    """Rooms that were not visited."""
    span: Span | None = None
    anchor: Anchor | None = None
    is_guess: bool = False
    """Words were left out to read it: say how it was read."""

    def with_parts(self, **parts: object) -> Question:
        return replace(self, **parts)  # type: ignore[arg-type]


_PAST = {
    "pick": "picked up", "place": "put down", "moved": "moved", "open": "opened", "close": "closed",
    "turn_on": "turned on", "turn_off": "turned off", "say": "said", "enter_room": "entered",
    "visit": "were in", "heat": "heated", "clean": "cleaned",
}  # fmt: skip
_ORDINALS = {1: "first", 2: "second", 3: "third", -1: "last", -2: "last but one"}


def text_of(question: Question) -> str:
    """A question in plain words, so that whoever asked can see how it was read."""
    q = question
    thing, place = q.thing or "things", _place(q.place)
    done = _happening(q.happening, q.place) if q.happening else ""
    which = " ".join(w for w in ("what was the", ordinal_of(q.ordinal), "thing") if w)
    words = {
        Kind.WHERE: f"where is {thing}",
        Kind.ORIGIN: f"where was {thing} taken from",
        Kind.TARGET: f"where was {thing} put",
        Kind.CONTENTS: f"what is{place}"
        if not q.thing
        else f"which {thing} are{place or ' there'}",
        Kind.COUNT: f"how many {thing} are{place or ' there'}",
        Kind.EXISTS: f"is there {thing}{place}",
        Kind.WHEN_SEEN: f"when was {thing} seen last",
        Kind.WHEN: f"when was it that {done}",
        Kind.COUNT_EVENTS: f"how often was it that {done}",
        Kind.WHICH: f"{which}: {done}{place}",
        Kind.WHO: f"who was it: {done}",
        Kind.DID: f"is it so that {done}",
        Kind.HAPPENED: f"what happened{' to ' + q.thing if q.thing else ''}{place}",
        Kind.CHANGES: f"what changed{place}",
        Kind.ROOMS: f"which rooms {'were not visited' if q.is_negated else 'are there'}",
        Kind.STAY: f"how long was the robot{place}",
        Kind.PEOPLE: f"who was{place or ' there'}",
        Kind.HELD: f"who holds {q.thing}" if q.thing else "what is held",
        Kind.MEANING: f"what is {thing}",
        Kind.OWNER: f"whose is {thing}",
    }[q.kind]
    when = ""
    if q.anchor is not None:
        when = f" {'when' if q.anchor.relation == 'at' else q.anchor.relation} "
        when += _happening(q.anchor.happening)
    return f"{words}{when}{_span(q.span)}?"


def ordinal_of(number: int) -> str:
    """'third', 'last'; '' for 0."""
    return _ORDINALS.get(number, f"{number}th" if number else "")


def past_of(action: str) -> str:
    """'picked up' for 'pick'."""
    return _PAST.get(action, action.replace("_", " "))


def _happening(happening: Happening, place: Place | None = None) -> str:
    actor = "you" if happening.actor == ROBOT else happening.actor or "somebody"
    if happening.action == "enter_room":
        return f"{actor} entered the {place.text if place else happening.thing}"
    words = f"{actor} {past_of(happening.action)} {happening.thing or 'something'}"
    return words + (f" ({ordinal_of(happening.ordinal)} time)" if happening.ordinal else "")


def _place(place: Place | None) -> str:
    return f" {place.relation} the {place.text}" if place else ""


def _span(span: Span | None) -> str:
    if span is None:
        return ""
    if span.is_instant and span.start is not None:
        return f" at {moment_text(span.start)}"
    if span.start is not None and span.end is not None:
        return f" between {moment_text(span.start)} and {moment_text(span.end)}"
    if span.start is not None:
        return f" since {moment_text(span.start)}"
    return "" if span.end is None else f" until {moment_text(span.end)}"


def moment_text(moment: Moment) -> str:
    """'8:30', '12.5 s after the start', '600 s ago'."""
    if moment.clock is not Clock.DAY:
        return f"{moment.seconds:g} s {moment.clock.value}"
    minutes, seconds = divmod(round(moment.seconds), 60)
    text = f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    return f"{text} yesterday" if moment.day == -1 else text
