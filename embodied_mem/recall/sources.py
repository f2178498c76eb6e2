"""What recall reads: entities, events, rooms, facts and looked-at space, as small Protocols.

The views of a memory fill them (`adapters.py`); the lists below are whole implementations without a
journal, for tests, for benchmarks and for memories that come from somewhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import Entity, entity_number
from ..episodic.event import Event, EventLevel
from ..episodic.event_table import EventColumns, event_number
from ..errors import InputError
from ..geometry import Box, Points

Point3 = tuple[float, float, float]
NO_ROOM = -1


@dataclass(frozen=True)
class RoomInfo:
    """A room as recall knows it."""

    room_id: str
    kind: str
    """'kitchen', 'bedroom' ...; 'unknown' if nothing tells."""
    position_in_world: Point3
    looked_share: float
    """How much of it was seen, in [0, 1]."""
    is_visited: bool = False
    last_visit_ns: int | None = None
    total_visit_ns: int = 0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class FactInfo:
    """A fact as recall knows it; `subject` and `object` are ids or words."""

    fact_id: str
    subject: str
    relation: str
    object: str
    confidence: float
    stamp_ns: int
    speaker: str = ""
    valid_from_ns: int = 0
    valid_until_ns: int | None = None
    is_negated: bool = False
    evidence: tuple[str, ...] = ()

    def holds_at(self, stamp_ns: int) -> bool:
        end_ns = self.valid_until_ns
        return self.valid_from_ns <= stamp_ns and (end_ns is None or stamp_ns < end_ns)


@dataclass(frozen=True)
class NameInfo:
    """A thing that somebody's name for it means."""

    target_id: str
    """An entity or room id."""
    text: str
    """The statement or the name."""
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoutineInfo:
    """What somebody does as a rule."""

    text: str
    actor: str
    probability: float
    clock_s: float
    """Mean time of day in seconds since midnight."""
    entity_id: str = ""
    to_id: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseInfo:
    """An experience that fits a situation."""

    case_id: str
    situation: str
    plan: str
    outcome: str
    utility: float
    similarity: float
    stamp_ns: int
    evidence: tuple[str, ...] = ()


class EntitySource(Protocol):
    """Entities in any order; an entity that did not change is the same object as before, or equal."""

    @property
    def revision(self) -> int:
        """Rises when anything changes."""
        ...

    def entities(self) -> Sequence[Entity]: ...


class EventSource(Protocol):
    """Events as columns, by start, and one by one. Columns are never changed in place."""

    @property
    def revision(self) -> int: ...

    def columns(self) -> EventColumns: ...

    def get(self, event_id: str) -> Event:
        """Raises InputError for an id that there is not."""
        ...


class RoomSource(Protocol):
    """Rooms and what lies in them."""

    @property
    def revision(self) -> int:
        """Rises when anything about rooms changes."""
        ...

    @property
    def shape_revision(self) -> int:
        """Rises when `rooms_at` changes, or the order of `rooms`."""
        ...

    def rooms(self) -> Sequence[RoomInfo]: ...

    def rooms_at(self, points_in_world: Points) -> NDArray[np.int32]:
        """(N,) index into `rooms()` at (N, 3) points, -1 where there is none."""
        ...


class FactSource(Protocol):
    """Facts, names that people gave to things, routines and experiences."""

    @property
    def revision(self) -> int: ...

    def facts(self) -> Sequence[FactInfo]: ...

    def resolve(self, phrase: str, *, speaker: str) -> Sequence[NameInfo]:
        """What a speaker's name was said to mean, likeliest first; empty if nobody told."""
        ...

    def routines(self, person: str) -> Sequence[RoutineInfo]:
        """Of a person or of the robot; of all for ''. Surest first."""
        ...

    def cases(self, situation: str, *, k: int) -> Sequence[CaseInfo]: ...


class SpaceSource(Protocol):
    """Space that rays went through."""

    def known_share(self, box: Box) -> float:
        """Share of a box that was seen, free or occupied, in [0, 1]."""
        ...


@dataclass(frozen=True)
class Sources:
    """All that one `MemoryRecall` reads; what a memory does not have is None."""

    entities: EntitySource
    events: EventSource
    rooms: RoomSource
    facts: FactSource | None = None
    space: SpaceSource | None = None
    clock: Callable[[], int] | None = None
    """The last stamp that the memory knows about; by default the last sighting or event."""


class EntityList:
    """Entities in memory; `put` adds one or replaces the one of its id."""

    def __init__(self, entities: Iterable[Entity] = ()) -> None:
        self._entities: dict[str, Entity] = {}
        self.revision = 0
        for entity in entities:
            self.put(entity)

    def put(self, entity: Entity) -> None:
        entity_number(entity.entity_id)
        self._entities[entity.entity_id] = entity
        self.revision += 1

    def remove(self, entity_id: str) -> None:
        del self._entities[entity_id]
        self.revision += 1

    def entities(self) -> Sequence[Entity]:
        return tuple(self._entities.values())


class EventList:
    """Events in memory; `put` adds one or replaces the one of its id."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: dict[str, Event] = {}
        self.revision = 0
        for event in events:
            self.put(event)

    def put(self, event: Event) -> None:
        event_number(event.event_id)
        self._events[event.event_id] = event
        self.revision += 1

    def get(self, event_id: str) -> Event:
        event = self._events.get(event_id)
        if event is None:
            raise InputError(f"there is no '{event_id}' among {len(self._events)} events")
        return event

    def columns(self) -> EventColumns:
        return columns_of(self._events.values())


class RoomBoxes:
    """Rooms that are boxes."""

    def __init__(self, rooms: Iterable[tuple[RoomInfo, Box]] = ()) -> None:
        self._rooms = list(rooms)
        self.revision = self.shape_revision = 0

    def rooms(self) -> Sequence[RoomInfo]:
        return tuple(room for room, _ in self._rooms)

    def rooms_at(self, points_in_world: Points) -> NDArray[np.int32]:
        points = np.asarray(points_in_world, np.float64).reshape(-1, 3)
        found = np.full(len(points), NO_ROOM, np.int32)
        for number, (_, box) in enumerate(self._rooms):
            is_inside = np.all((points >= box.low) & (points <= box.high), axis=1)
            found[is_inside & (found == NO_ROOM)] = number
        return found


class FactList:
    """Facts in memory; a name is a fact `<entity id> called <phrase>` of its speaker."""

    def __init__(
        self,
        facts: Iterable[FactInfo] = (),
        *,
        routines: Iterable[RoutineInfo] = (),
        cases: Iterable[CaseInfo] = (),
    ) -> None:
        self._facts, self._routines, self._cases = tuple(facts), tuple(routines), tuple(cases)
        self.revision = 0

    def facts(self) -> Sequence[FactInfo]:
        return self._facts

    def resolve(self, phrase: str, *, speaker: str) -> Sequence[NameInfo]:
        wanted = phrase.strip().lower()
        found = [
            fact
            for fact in self._facts
            if fact.relation == "called"
            and fact.object.lower() == wanted
            and fact.speaker in ("", speaker)
            and not fact.is_negated
        ]
        found.sort(key=lambda fact: (fact.speaker != speaker, -fact.confidence, fact.fact_id))
        best = {fact.subject: fact for fact in reversed(found)}
        return tuple(
            NameInfo(name, best[name].object, best[name].confidence, best[name].evidence)
            for name in dict.fromkeys(fact.subject for fact in found)
        )

    def routines(self, person: str) -> Sequence[RoutineInfo]:
        return tuple(r for r in self._routines if not person or r.actor == person)

    def cases(self, situation: str, *, k: int) -> Sequence[CaseInfo]:
        return tuple(sorted(self._cases, key=lambda c: (-c.similarity, c.case_id)))[:k]


class UniformSpace:
    """Space of which the same share was seen everywhere."""

    def __init__(self, share: float) -> None:
        self.share = share

    def known_share(self, box: Box) -> float:
        return self.share


def columns_of(events: Iterable[Event]) -> EventColumns:
    """Events as columns by start, then number."""
    listed = sorted(events, key=lambda event: (event.start_ns, event_number(event.event_id)))
    codes: dict[str, int] = {"": 0}
    levels = {level: number for number, level in enumerate(EventLevel)}

    def coded(words: Iterable[str]) -> NDArray[np.int32]:
        return np.array([codes.setdefault(word, len(codes)) for word in words], np.int32)

    return EventColumns(
        number=np.array([event_number(e.event_id) for e in listed], np.int64),
        start_ns=np.array([e.start_ns for e in listed], np.int64),
        end_ns=np.array([e.end_ns for e in listed], np.int64),
        level=np.array([levels[e.level] for e in listed], np.int8),
        action=coded(e.action for e in listed),
        actor=coded(e.actor for e in listed),
        entity=coded(e.entity_id for e in listed),
        from_entity=coded(e.from_id for e in listed),
        to_entity=coded(e.to_id for e in listed),
        from_room=coded(e.from_room_id for e in listed),
        to_room=coded(e.to_room_id for e in listed),
        words=tuple(codes),
    )
