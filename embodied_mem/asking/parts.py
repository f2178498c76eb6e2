"""From what a form found in a sentence to a `Question`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .. import number_words
from ..entities.entity import ROBOT
from .question import Happening, Kind, Place, Question
from .words import ACTIONS


class Parts(NamedTuple):
    """What a form found in a sentence."""

    found: dict[str, str]
    speaker: str

    def get(self, name: str) -> str:
        return self.found.get(name, "")

    @property
    def thing(self) -> str:
        words = re.sub(r"^(?:all|any|some|of|the same|other|there) (?=\w)", "", self.get("thing"))
        return words if words not in _ANYTHING else ""

    @property
    def place(self) -> Place | None:
        text = re.sub(r"^(?:the|a|an|my own) ", "", self.get("place"))
        return Place(self.get("rel") or "in", text) if text else None

    @property
    def happening(self) -> Happening:
        return Happening(ACTIONS.get(self.get("act"), ""), self.actor, self.thing)

    @property
    def actor(self) -> str:
        """'I' is who asks; without a name for them, whoever wore the camera."""
        who = self.get("who")
        if who in ("YOU", "I"):
            return self.speaker if who == "I" and self.speaker else ROBOT
        return "" if who in ("", "somebody", "else", "it") else who.title()

    @property
    def ordinal(self) -> int:
        word = self.get("nth")
        if word in ORDINALS:
            return ORDINALS[word]
        number = re.match(r"-?\d+", word)
        return int(number[0]) if number else 0


_ANYTHING = frozenset(
    ("", "thing", "things", "object", "objects", "item", "items", "something", "anything", "stuff",
     "everything", "it all", "one", "ones", "there")
)  # fmt: skip
ORDINALS = {**{word: n for n, word in enumerate(number_words.ORDINALS, start=1)}, "last": -1}
Builder = Callable[[Parts], Question]


def asks(kind: Kind, *, action: str = "", actor: str | None = None) -> Builder:
    """Makes a question with whatever parts were found."""

    def build(parts: Parts) -> Question:
        happening = parts.happening if parts.get("act") or action else None
        if happening is not None and action:
            happening = Happening(action, happening.actor, happening.thing)
        if happening is not None and actor is not None:
            happening = Happening(happening.action, actor, happening.thing)
        return Question(
            kind, parts.thing, parts.place, happening, parts.ordinal,
            is_negated=bool(parts.get("not")),
        )  # fmt: skip

    return build


def changes(*kinds: str) -> Builder:
    """Makes a question about these kinds of change, or all."""
    return lambda parts: Question(Kind.CHANGES, place=parts.place, changes=kinds)


def visits(kind: Kind) -> Builder:
    """A visit to a room: the thing of the happening is the room."""

    def build(parts: Parts) -> Question:
        place = Place("in", bare(parts.get("place")))
        return Question(kind, place=place, happening=Happening("enter_room", parts.actor))

    return build


def mine(parts: Parts) -> Question:
    """'Which cup is mine?' asks what 'my cup' means."""
    return Question(Kind.MEANING, f"my {parts.get('thing')}")


def doings(parts: Parts) -> Question:
    """Whatever somebody did."""
    return Question(Kind.HAPPENED, parts.thing, parts.place, Happening("", parts.actor))


def taken_off(parts: Parts) -> Question:
    """What was taken off or from a place that has no relation of its own."""
    return asks(Kind.WHICH)(parts).with_parts(place=Place("on", bare(parts.get("place"))))


def bare(text: str) -> str:
    """Without its article."""
    return re.sub(r"^(?:the|a|an) ", "", text)
