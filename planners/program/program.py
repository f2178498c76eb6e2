"""What an instruction asks for, as a small typed query that prints as one line and travels as JSON.

receptacle: picked from; of 'mug'
object: handled; 2 after 'second teapot'
each room in order 3, 1, 2 ...
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from ...jsonable import to_jsonable


class Kind(str, enum.Enum):
    """What is to be reached."""

    OBJECT = "object"
    RECEPTACLE = "receptacle"
    """Furniture that things lie on or in."""
    ROOM = "room"


class Quantifier(str, enum.Enum):
    """How many of those that fit."""

    ONE = "one"
    """Any of them."""
    ALL = "all"
    """Each, in any order."""
    ORDERED = "ordered"
    """Those of `Program.ordinals`, in that order."""


class Deed(str, enum.Enum):
    """What the robot did to an object, at a receptacle, in a room."""

    HANDLED = "handled"
    """Picked or placed."""
    PICKED = "picked"
    PLACED = "placed"


class AttributeKind(str, enum.Enum):
    """A side of an object that an instruction may name instead of its category."""

    SHAPE = "shape"
    COLOR = "color"
    PRINT = "print"
    MATERIAL = "material"
    FUNCTION = "function"
    ANY = "any"
    """A word that may tell any of these."""


class Measure(str, enum.Enum):
    """What a superlative compares."""

    DISTANCE = "distance"
    """On the way from where the robot is now."""
    DURATION = "duration"
    """Of the handling of an object; in a room, of all stays in it."""


@dataclass(frozen=True)
class Name:
    """Words for one thing: 'red mug'. Without words, any thing."""

    text: str = ""
    occurrence: int = 0
    """'second mug' is 2: the second of that name that was handled; -1 is the last, 0 says nothing."""

    def __str__(self) -> str:
        words = [f"#{self.occurrence}"] if self.occurrence else []
        return " ".join([*words, f"'{self.text}'" if self.text else "of all"])


@dataclass(frozen=True)
class Attribute:
    """'striped' is (PRINT, 'striped')."""

    kind: AttributeKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind.value} '{self.value}'"


@dataclass(frozen=True)
class Offset:
    """So many interactions after that with the anchor; before it if negative."""

    anchor: Name
    count: int

    def __str__(self) -> str:
        side = "after" if self.count > 0 else "before"
        return f"{abs(self.count)} {side} {self.anchor}"


@dataclass(frozen=True)
class Between:
    """After the interaction with one thing and before that with another, whichever came first."""

    first: Name
    second: Name

    def __str__(self) -> str:
        return f"between {self.first} and {self.second}"


@dataclass(frozen=True)
class Moment:
    """A time of day; `day` counts from 1, 0 is any."""

    clock_s: float
    day: int = 0

    def __str__(self) -> str:
        minutes, seconds = divmod(round(self.clock_s), 60)
        text = f"at {minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
        return f"{text} on day {self.day}" if self.day else text


@dataclass(frozen=True)
class Superlative:
    """The one with most, or least, of something."""

    measure: Measure
    is_most: bool = True

    def __str__(self) -> str:
        words = {
            (Measure.DISTANCE, True): "farthest",
            (Measure.DISTANCE, False): "nearest",
            (Measure.DURATION, True): "longest",
            (Measure.DURATION, False): "shortest",
        }
        return words[self.measure, self.is_most]


@dataclass(frozen=True)
class Program:
    """A query; every part that is given narrows what fits. `str` prints it."""

    kind: Kind
    quantifier: Quantifier = Quantifier.ONE
    name: Name | None = None
    """Of the target itself."""
    attributes: tuple[Attribute, ...] = ()
    deed: Deed | None = None
    """What was done to or at the target; None says nothing."""
    is_deed_done: bool = True
    """False: what was never done to it."""
    ordinals: tuple[int, ...] = ()
    """Which of the targets of `deed`, in the order of time, from 1; -1 is the last."""
    of: Name | None = None
    """Of a receptacle or room: the object of the deed. Without text: the n-th object."""
    origin: Name | None = None
    """Of an object: the receptacle it was picked from. Without text: the n-th one picked from."""
    destination: Name | None = None
    """Of an object: the receptacle it was placed on."""
    place: Name | None = None
    """The room or receptacle that the target is in or on now."""
    relative: Offset | Between | None = None
    moment: Moment | None = None
    superlative: Superlative | None = None
    is_visited: bool | None = None
    """Of a room."""
    is_start: bool = False
    """The room in which the robot began; with `is_visited` False, where no unvisited one is known."""

    def __str__(self) -> str:
        heads = {
            Quantifier.ONE: self.kind.value,
            Quantifier.ALL: f"every {self.kind.value}",
            Quantifier.ORDERED: f"each {self.kind.value} in order",
        }
        return f"{heads[self.quantifier]}: {'; '.join(self._parts()) or 'any'}"

    def _parts(self) -> list[str]:
        negation = "" if self.is_deed_done else "not "
        parts = [f"named {self.name}"] if self.name else []
        parts += [str(attribute) for attribute in self.attributes]
        parts += [f"{negation}{self.deed.value}"] if self.deed else []
        parts += [f"number {', '.join(map(str, self.ordinals))}"] if self.ordinals else []
        for word in ("of", "origin", "destination", "place"):
            value = getattr(self, word)
            parts += [f"{word} {value}"] if value else []
        parts += [str(part) for part in (self.relative, self.moment, self.superlative) if part]
        if self.is_visited is not None:
            parts.append("visited" if self.is_visited else "not visited")
        if self.is_start:
            parts.append("else the start" if self.is_visited is False else "the start")
        return parts

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; parts that say nothing are left out."""
        row: dict[str, Any] = to_jsonable(self)
        if self.relative is not None:
            row["relative"]["type"] = type(self.relative).__name__.lower()
        default = to_jsonable(Program(self.kind))
        return {key: v for key, v in row.items() if key == "kind" or v != default[key]}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Program:
        """What `to_json` wrote; raises KeyError, TypeError or ValueError for anything else."""
        values = dict(row)
        for key, of in (("kind", Kind), ("quantifier", Quantifier), ("deed", Deed)):
            if key in values:
                values[key] = of(values[key])
        for key in ("name", "of", "origin", "destination", "place"):
            if key in values:
                values[key] = Name(**values[key])
        if "relative" in values:
            part = dict(values["relative"])
            is_offset = part.pop("type") == "offset"
            if is_offset:
                values["relative"] = Offset(Name(**part["anchor"]), part["count"])
            else:
                values["relative"] = Between(Name(**part["first"]), Name(**part["second"]))
        if "moment" in values:
            values["moment"] = Moment(**values["moment"])
        if "superlative" in values:
            part = values["superlative"]
            values["superlative"] = Superlative(Measure(part["measure"]), part["is_most"])
        values["ordinals"] = tuple(values.get("ordinals", ()))
        values["attributes"] = tuple(
            Attribute(AttributeKind(a["kind"]), a["value"]) for a in values.get("attributes", ())
        )
        return cls(**values)
