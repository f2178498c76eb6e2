"""Events as columns: a million of them in few bytes each, made into `Event`s when asked for."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .event import Event, EventLevel, Point3

LEVELS = tuple(EventLevel)
NO_EVENT = -1
NO_ROW = -1
_TEXT_FIELDS = (
    "action", "actor", "entity_id", "label", "from_id", "to_id", "from_room_id", "to_room_id",
    "outcome", "text",
)  # fmt: skip
_POINT_FIELDS = ("from_position", "to_position", "robot_position")
_COLUMNS: dict[str, tuple[str, tuple[int, ...]]] = {
    "start_ns": ("<i8", ()),
    "end_ns": ("<i8", ()),
    "parent": ("<i4", ()),
    "robot_row": ("<i4", ()),
    **dict.fromkeys(_TEXT_FIELDS, ("<i4", ())),
    "level": ("i1", ()),
    "is_live": ("?", ()),
    "confidence": ("<f8", ()),
    **dict.fromkeys(_POINT_FIELDS, ("<f8", (3,))),
}
_ROW_BYTES = sum(np.dtype(kind).itemsize * math.prod(shape) for kind, shape in _COLUMNS.values())
Column = NDArray[Any]


@dataclass(frozen=True)
class EventColumns:
    """Live events as arrays of one length, ordered by start, then number."""

    number: NDArray[np.int64]
    """The 12 of 'event:12'."""
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    level: NDArray[np.int8]
    """Index into `tuple(EventLevel)`."""
    action: NDArray[np.int32]
    """Index into `words`, as all texts."""
    actor: NDArray[np.int32]
    entity: NDArray[np.int32]
    from_entity: NDArray[np.int32]
    to_entity: NDArray[np.int32]
    from_room: NDArray[np.int32]
    to_room: NDArray[np.int32]
    words: tuple[str, ...]
    """'' first; while a memory is open, words are only added at the end."""

    @property
    def count(self) -> int:
        return len(self.number)

    def code_of(self, word: str) -> int:
        """Index of a word; -1 if there is none."""
        return self.words.index(word) if word in self.words else -1


class EventTable:
    """Rows by event number. A row is revised in place under its number, or withdrawn; never removed."""

    def __init__(self) -> None:
        self._columns = _columns_of(64)
        self._words: list[str] = [""]
        self._codes: dict[str, int] = {"": 0}
        self._evidence: dict[int, tuple[str, ...]] = {}
        self._touched: set[int] = set()
        self.goals: list[int] = []
        """Numbers of the goals, withdrawn ones too."""
        self.count = 0
        self.revision = 0
        """Counts every change; of this process, not of the journal."""

    def column(self, name: str) -> Column:
        """(count,) or (count, 3) read-only view: a field of `Event`, texts as codes."""
        view = self._columns[name][: self.count]
        view.flags.writeable = False
        return view

    @property
    def words(self) -> list[str]:
        return self._words

    def code_of(self, word: str) -> int:
        """The code of a text, a new one if need be."""
        code = self._codes.get(word)
        if code is None:
            code = self._codes[word] = len(self._words)
            self._words.append(word)
        return code

    def find_code(self, word: str) -> int | None:
        return self._codes.get(word)

    def add(self, event: Event, *, robot_row: int = NO_ROW) -> int:
        """Append an event under the next number, whatever its `event_id`; returns the number."""
        if self.count == len(self._columns["parent"]):
            more = _columns_of(self.count)
            self._columns = {
                name: np.concatenate([column, more[name]]) for name, column in self._columns.items()
            }
        number = self.count
        self.count += 1
        self._write(number, event, robot_row)
        if event.level is EventLevel.GOAL:
            self.goals.append(number)
        return number

    def revise(self, number: int, **changes: Any) -> None:
        """Other values for fields of `Event`; the number stays."""
        event = replace(self.get(number), **changes)
        self._write(number, event, int(self._columns["robot_row"][number]))

    def set_end(self, number: int, end_ns: int) -> None:
        self._columns["end_ns"][number] = end_ns
        self.revision += 1

    def withdraw(self, number: int) -> None:
        """What was taken for an event is none."""
        self._columns["is_live"][number] = False
        self.revision += 1

    def take_touched(self) -> NDArray[np.int64]:
        """Numbers written since the last call, ascending."""
        touched = np.array(sorted(self._touched), np.int64)
        self._touched.clear()
        return touched

    def is_live(self, number: int) -> bool:
        return 0 <= number < self.count and bool(self._columns["is_live"][number])

    def add_evidence(self, number: int, *record_ids: str) -> None:
        """Further records, without repetition, behind the others."""
        merged = dict.fromkeys((*self._evidence.get(number, ()), *record_ids))
        self._evidence[number] = tuple(merged)
        self.revision += 1

    def parent_of(self, number: int) -> int:
        return int(self._columns["parent"][number])

    def contain(self, number: int) -> None:
        """Widen the parents of an event until its interval lies within theirs."""
        starts, ends = self._columns["start_ns"], self._columns["end_ns"]
        start_ns, end_ns = int(starts[number]), int(ends[number])
        parent = self.parent_of(number)
        seen = {number}
        while parent != NO_EVENT and parent not in seen:
            seen.add(parent)
            starts[parent] = start_ns = min(start_ns, int(starts[parent]))
            ends[parent] = end_ns = max(end_ns, int(ends[parent]))
            parent = self.parent_of(parent)
        self.revision += 1

    def children_of(self, number: int) -> list[int]:
        return [int(n) for n in np.flatnonzero(self.column("parent") == number)]

    def get(self, number: int) -> Event:
        """The event as stored.

        Raises:
            InputError: no such event.
        """
        if not 0 <= number < self.count:
            raise InputError(f"no event {number}; there are {self.count}")
        row = self._columns
        fields: dict[str, Any] = {n: self._words[int(row[n][number])] for n in _TEXT_FIELDS}
        fields |= {name: _point(row[name][number]) for name in _POINT_FIELDS}
        parent = int(row["parent"][number])
        return Event(
            event_id=event_id_of(number),
            level=LEVELS[int(row["level"][number])],
            start_ns=int(row["start_ns"][number]),
            end_ns=int(row["end_ns"][number]),
            parent_id="" if parent == NO_EVENT else event_id_of(parent),
            evidence=self._evidence.get(number, ()),
            confidence=float(row["confidence"][number]),
            **fields,
        )

    def orphans_within(self, start_ns: int, end_ns: int, level: EventLevel) -> list[int]:
        """Live events of a level without a parent that began within an interval."""
        fits = (
            self.column("is_live")
            & (self.column("parent") == NO_EVENT)
            & (self.column("level") == LEVELS.index(level))
            & (self.column("start_ns") >= start_ns)
            & (self.column("start_ns") <= end_ns)
        )
        return [int(n) for n in np.flatnonzero(fits)]

    def to_bytes(self) -> bytes:
        evidence = [[n, *ids] for n, ids in sorted(self._evidence.items())]
        head = json.dumps({"words": self._words, "evidence": evidence}).encode()
        columns = [self.column(name).tobytes() for name in _COLUMNS]
        data = len(head).to_bytes(8, "little") + head + b"".join(columns)
        return zlib.compress(data, 1)

    def load_bytes(self, data: bytes) -> None:
        """Replace the state by what `to_bytes` wrote.

        Raises:
            InputError: bytes of another kind.
        """
        try:
            plain = zlib.decompress(data)
            at = 8 + int.from_bytes(plain[:8], "little")
            head = json.loads(plain[8:at])
            words, evidence = list(head["words"]), head["evidence"]
        except (KeyError, TypeError, ValueError, zlib.error) as error:
            raise InputError(f"these bytes hold no events: {error}") from error
        count, rest = divmod(len(plain) - at, _ROW_BYTES)
        if rest:
            raise InputError(f"a table of events needs whole rows; {rest} bytes are left")
        columns = _columns_of(max(count, 64))
        for name in _COLUMNS:
            column = columns[name][:count]
            end = at + column.nbytes
            column[...] = np.frombuffer(plain[at:end], column.dtype).reshape(column.shape)
            at = end
        self._columns, self.count, self._words = columns, count, words
        self.goals = np.flatnonzero(
            columns["level"][:count] == LEVELS.index(EventLevel.GOAL)
        ).tolist()
        self._codes = {word: code for code, word in enumerate(words)}
        self._evidence = {int(row[0]): tuple(row[1:]) for row in evidence}
        self._touched = set(range(count))
        self.revision += 1

    def _write(self, number: int, event: Event, robot_row: int) -> None:
        if event.start_ns > event.end_ns:
            raise InputError(
                f"an event must not end before it starts, got {event.start_ns} to {event.end_ns} ns"
            )
        self._touched.add(number)
        row = self._columns
        row["start_ns"][number], row["end_ns"][number] = event.start_ns, event.end_ns
        row["parent"][number] = event_number(event.parent_id) if event.parent_id else NO_EVENT
        row["robot_row"][number] = robot_row
        row["level"][number] = LEVELS.index(event.level)
        row["is_live"][number] = True
        row["confidence"][number] = event.confidence
        for name in _TEXT_FIELDS:
            row[name][number] = self.code_of(getattr(event, name))
        for name in _POINT_FIELDS:
            point = getattr(event, name)
            row[name][number] = math.nan if point is None else point
        if event.evidence:
            self._evidence[number] = event.evidence
        self.revision += 1


def event_id_of(number: int) -> str:
    return f"event:{number}"


def event_number(event_id: str) -> int:
    """The 12 of 'event:12'.

    Raises:
        InputError: another form.
    """
    prefix, _, number = event_id.partition(":")
    if prefix != "event" or not number.isdecimal():
        raise InputError(f"an event id looks like 'event:12', got '{event_id}'")
    return int(number)


def _columns_of(size: int) -> dict[str, Column]:
    return {name: np.zeros((size, *shape), kind) for name, (kind, shape) in _COLUMNS.items()}


def _point(values: NDArray[np.float64]) -> Point3 | None:
    x, y, z = values.tolist()
    return None if math.isnan(x) else (x, y, z)
