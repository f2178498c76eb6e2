"""The events of a memory as a view over the journal: what happened, segmented online.

Read `EventView.apply` first. Who writes what: `reports` (goals, actions, utterances), `hands` (pick and
place of the robot), `noticed` (changes of entities), `visit_events` (rooms).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import ROBOT
from ..errors import InputError
from ..graph.view import RegionView, robot_step_of
from ..journal.steps import Step
from .event import Event, EventLevel
from .event_rooms import EventRooms
from .event_table import LEVELS, EventColumns, EventTable, event_number
from .event_text import summary_of
from .hands import MANIPULATION, REARRANGE, HandEvents
from .interactions import Interaction, interaction_of
from .looked import LookedPlaces
from .noticed import NoticedEvents
from .reports import ReportedEvents
from .segmentation import Segmenter
from .sources import EntitySource, Scribe, is_entity_id
from .visit_events import VISIT, VisitEvents
from .vocabulary import Vocabulary

_MOST_MOVED = 2000
"""Events whose places a correction moves, the last ones."""


@dataclass(frozen=True)
class EventChunk:
    """Events that are read together, with what they amount to."""

    event_id: str
    """Of the sub-goal or visit around them; '' for a stretch that a segmenter cut."""
    kind: str
    """'rearrange', 'visit', another sub-goal's action, or 'segment'."""
    room_id: str
    start_ns: int
    end_ns: int
    event_ids: tuple[str, ...]
    """By start; the whole itself is not among them."""
    text: str


class EventView:
    """What happened. Apply after regions and entities.

    Ids never change their event: a later step revises it under its id, or withdraws it. Rooms of events
    are looked up in the rooms as they are known now. Lists are ordered by start, then number.
    """

    name = "events"
    version = 1

    def __init__(
        self,
        entities: EntitySource,
        regions: RegionView,
        *,
        segment: str = "interaction",
        segmenter: Segmenter | None = None,
    ) -> None:
        """
        Args:
            entities: the entities of the same memory.
            regions: the rooms and the robot's track of the same memory.
            segment: what `chunks` are: 'interaction' (sub-goals and visits), or 'surprise' or 'fixed' (what
                the segmenter cuts).
            segmenter: for the latter two; fed with where the robot is and what it holds.
        """
        if segment not in ("interaction", "surprise", "fixed"):
            raise InputError(
                f"segment must be 'interaction', 'surprise' or 'fixed', got '{segment}'"
            )
        if (segment == "interaction") != (segmenter is None):
            raise InputError(
                f"segment '{segment}' goes {'without' if segmenter else 'with'} a segmenter"
            )
        self.config_digest = hashlib.blake2b(segment.encode(), digest_size=8).hexdigest()
        self._entities, self._regions, self._segmenter = entities, regions, segmenter
        self._table = EventTable()
        self._looked = LookedPlaces()
        self._segment_starts: list[int] = []
        self._session_id: int | None = None
        self._scribe = Scribe(self._table, regions.track)
        self._hands = HandEvents(self._scribe, entities)
        self._reports = ReportedEvents(self._scribe, entities, self._hands)
        self._noticed = NoticedEvents(
            self._scribe, entities, self._hands, self._reports, self._looked
        )
        self._visits = VisitEvents(self._scribe, regions)
        self._rooms = EventRooms(self._table, regions)
        self._vocabulary = Vocabulary()
        self._columns: EventColumns | None = None
        self._columns_of: tuple[int, object] = (-1, None)

    def apply(self, step: Step) -> None:
        """One commit: reports, the robot's hand, what entities did, rooms; then keep what was looked at."""
        self._scribe.robot_row = self._regions.track.count - 1
        self._reports.apply(step)
        self._hands.sense(step)
        self._noticed.apply()
        self._hands.refine()
        self._visits.apply()
        if step.pose_moves:
            self._move_places(step)
        for frame in step.frames:
            self._looked.add(frame)
        if self._segmenter is not None:
            self._cut(step, self._segmenter)

    # What happened

    @property
    def revision(self) -> int:
        """Rises when an event, a room of one or the robot's track may have changed."""
        return self._table.revision + self._regions.visit_revision

    @property
    def count(self) -> int:
        """Events that were not withdrawn."""
        return int(np.count_nonzero(self._table.column("is_live")))

    def events(
        self,
        level: EventLevel | None = None,
        action: str | None = None,
        actor: str | None = None,
        entity_id: str | None = None,
    ) -> tuple[Event, ...]:
        """All events that fit. An entity's are those that it or one merged into it took part in."""
        column = self._table.column
        fits = column("is_live").copy()
        if level is not None:
            fits &= column("level") == LEVELS.index(level)
        for name, value in (("action", action), ("actor", actor)):
            if value is not None:
                fits &= column(name) == self._code(value)
        if entity_id is not None:
            codes = [self._code(name) for name in self._aliases(entity_id)]
            fits &= np.isin(column("entity_id"), codes)
        return self._listed(np.flatnonzero(fits))

    def between(self, start_ns: int, end_ns: int) -> tuple[Event, ...]:
        """Events whose interval shares at least an instant with [start_ns, end_ns]."""
        column = self._table.column
        fits = column("is_live") & (column("start_ns") <= end_ns) & (column("end_ns") >= start_ns)
        return self._listed(np.flatnonzero(fits))

    def find(self, event_id: str) -> Event | None:
        """An event, None if it was withdrawn or there is none."""
        number = event_number(event_id)
        return self._resolved(number) if self._table.is_live(number) else None

    def get(self, event_id: str) -> Event:
        """Raises InputError where there is no such event, or no more."""
        event = self.find(event_id)
        if event is None:
            raise InputError(f"no event '{event_id}' (it may have been withdrawn)")
        return event

    def children(self, event_id: str) -> tuple[Event, ...]:
        """What an event is made of, one level down."""
        children = self._table.children_of(event_number(event_id))
        return self._listed(np.array([n for n in children if self._table.is_live(n)], np.int64))

    def interactions(self) -> tuple[Interaction, ...]:
        """The robot's rounds of pick and place whose pick was seen, in their order."""
        rounds: dict[str, tuple[list[Event], list[Event]]] = {}
        for event in self.events(EventLevel.ACTION, "pick"):
            rounds.setdefault(event.parent_id, ([], []))[0].append(event)
        for event in self.events(EventLevel.ACTION, "place"):
            rounds.setdefault(event.parent_id, ([], []))[1].append(event)
        found: list[Interaction] = []
        for whole in self.events(EventLevel.SUBGOAL, REARRANGE):
            picks, places = rounds.get(whole.event_id, ([], []))
            if picks:
                place = places[-1] if places else None
                found.append(interaction_of(len(found) + 1, whole, picks[0], place))
        return tuple(found)

    def chunks(self, names: Mapping[str, str] | None = None) -> tuple[EventChunk, ...]:
        """The two-level reading: stretches with a summary, then `get` for each event in them.

        Actions belong to their sub-goal; those without one to the visit in which they began.
        """
        if self._segmenter is not None:
            return self._cut_chunks(names)
        wholes = self.events(EventLevel.SUBGOAL)
        parts: dict[str, list[Event]] = {whole.event_id: [] for whole in wholes}
        visits = [whole for whole in wholes if whole.action == VISIT]
        starts = [visit.start_ns for visit in visits]
        for event in self.events(EventLevel.ACTION):
            home = event.parent_id
            if home not in parts:
                index = int(np.searchsorted(starts, event.start_ns, side="right")) - 1
                if index < 0 or visits[index].end_ns < event.start_ns:
                    continue
                home = visits[index].event_id
            parts[home].append(event)
        return tuple(
            EventChunk(
                whole.event_id, whole.action, whole.to_room_id, whole.start_ns, whole.end_ns,
                tuple(event.event_id for event in parts[whole.event_id]),
                summary_of([whole, *parts[whole.event_id]], names),
            )
            for whole in wholes
        )  # fmt: skip

    def table(self) -> EventColumns:
        """All live events as arrays; made anew when something has changed."""
        made_of = (self.revision, self._regions.partition())
        if self._columns is None or self._columns_of[0] != made_of[0]:
            self._columns = None
        if self._columns is None or self._columns_of[1] is not made_of[1]:
            self._columns = self._make_columns()
            self._columns_of = made_of
        return self._columns

    def _make_columns(self) -> EventColumns:
        from_room, to_room = self._rooms.numbers()
        self._vocabulary.read(self._table.words, self._canonical)
        texts, room_codes = self._vocabulary.texts, self._vocabulary.codes_of(self._rooms.names)
        column = self._table.column
        order = self._ordered(np.flatnonzero(column("is_live")))
        return EventColumns(
            number=order,
            start_ns=column("start_ns")[order],
            end_ns=column("end_ns")[order],
            level=column("level")[order],
            action=texts[column("action")[order]],
            actor=texts[column("actor")[order]],
            entity=texts[column("entity_id")[order]],
            from_entity=texts[column("from_id")[order]],
            to_entity=texts[column("to_id")[order]],
            from_room=room_codes[from_room[order]],
            to_room=room_codes[to_room[order]],
            words=self._vocabulary.words,
        )

    # The view as bytes

    def digest(self) -> str:
        return hashlib.blake2b(self.to_bytes(), digest_size=16).hexdigest()

    def to_bytes(self) -> bytes:
        cut = b"" if self._segmenter is None else self._segmenter.to_bytes()
        parts = (
            self._table.to_bytes(),
            self._hands.to_json().encode(),
            self._noticed.to_json().encode(),
            self._visits.to_json().encode(),
            self._reports.to_json().encode(),
            self._looked.to_bytes(),
            cut,
            json.dumps([self._session_id, self._segment_starts]).encode(),
        )
        head = json.dumps([len(part) for part in parts]).encode()
        return b"".join((len(head).to_bytes(4, "little"), head, *parts))

    def load_bytes(self, data: bytes) -> None:
        """Replace the state by what `to_bytes` wrote.

        Raises:
            InputError: bytes of another kind.
        """
        at = 4 + int.from_bytes(data[:4], "little")
        parts = []
        try:
            for size in json.loads(data[4:at]):
                parts.append(data[at : at + size])
                at += size
            table, hands, noticed, visits, reports, looked, cut, starts = parts
            self._table.load_bytes(table)
            self._hands.load_json(hands.decode())
            self._noticed.load_json(noticed.decode())
            self._visits.load_json(visits.decode())
            self._reports.load_json(reports.decode())
            self._looked.load_bytes(looked)
            self._session_id, self._segment_starts = json.loads(starts)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"these bytes hold no events: {error}") from error
        if self._segmenter is not None:
            self._segmenter.load_bytes(cut)
        self._rooms.forget()
        self._vocabulary = Vocabulary()
        self._columns = None

    def _move_places(self, step: Step) -> None:
        """Corrected poses move what was seen from them: read it again from the entities."""
        for move in step.pose_moves:
            self._looked.move(move)
        since_ns = min(move.stamp_ns for move in step.pose_moves)
        column = self._table.column
        is_late = column("is_live") & (column("end_ns") >= since_ns)
        is_late &= column("entity_id") != 0
        for number in np.flatnonzero(is_late)[-_MOST_MOVED:].tolist():
            event = self._table.get(number)
            if event.action == REARRANGE and event.level is EventLevel.SUBGOAL:
                self._hands.read_again(number)
            elif event.actor != ROBOT:
                self._noticed.read_again(number)

    # Reading rows

    def _listed(self, numbers: NDArray[np.integer]) -> tuple[Event, ...]:
        return tuple(self._resolved(int(n)) for n in self._ordered(numbers))

    def _ordered(self, numbers: NDArray[np.integer]) -> NDArray[np.int64]:
        starts = self._table.column("start_ns")[numbers]
        return np.asarray(numbers[np.argsort(starts, kind="stable")], np.int64)

    def _resolved(self, number: int) -> Event:
        """The event with its rooms, the robot's place and merged entities as now believed."""
        event = self._table.get(number)
        from_room, to_room = self._rooms.numbers()
        names = self._rooms.names
        return replace(
            event,
            actor=self._canonical(event.actor),
            entity_id=self._canonical(event.entity_id),
            from_id=self._canonical(event.from_id),
            to_id=self._canonical(event.to_id),
            from_room_id=names[int(from_room[number])],
            to_room_id=names[int(to_room[number])],
            robot_position=self._scribe.robot_position(number),
        )

    def _code(self, word: str) -> int:
        code = self._table.find_code(word)
        return -1 if code is None else code

    def _canonical(self, name: str) -> str:
        """The entity that one was merged into; other names as they are."""
        if not is_entity_id(name):
            return name
        entity = self._entities.find(name)
        return name if entity is None else entity.entity_id

    def _aliases(self, entity_id: str) -> list[str]:
        """All ids that the entity of an id ever had."""
        entity = self._entities.find(entity_id) if is_entity_id(entity_id) else None
        if entity is None:
            return [entity_id]
        return list(dict.fromkeys((entity_id, entity.entity_id, *entity.merged_ids)))

    # Segments of a segmenter

    def _cut(self, step: Step, segmenter: Segmenter) -> None:
        """Show the segmenter where the robot is and what its hand does."""
        robot = robot_step_of(step)
        if robot is None:
            return
        if self._session_id not in (None, robot.session_id):
            segmenter.end_segment()
        self._session_id = robot.session_id
        yaw_rad = robot.yaw_rad
        hand = (float(robot.mode == MANIPULATION), float(self._hands.is_holding))
        vector = np.array(
            [*robot.position_in_world, math.cos(yaw_rad), math.sin(yaw_rad), *hand], np.float32
        )
        if segmenter.add(robot.stamp_ns, vector):
            self._segment_starts.append(robot.stamp_ns)

    def _cut_chunks(self, names: Mapping[str, str] | None) -> tuple[EventChunk, ...]:
        events = self.events(EventLevel.ACTION)
        starts = [event.start_ns for event in events]
        chunks = []
        for index, start_ns in enumerate(self._segment_starts):
            is_last = index + 1 == len(self._segment_starts)
            next_ns = None if is_last else self._segment_starts[index + 1]
            first = int(np.searchsorted(starts, start_ns))
            last = len(starts) if next_ns is None else int(np.searchsorted(starts, next_ns))
            own = events[first:last]
            end_ns = max([start_ns, *(event.end_ns for event in own)])
            chunks.append(
                EventChunk(
                    "", "segment", "", start_ns, end_ns if next_ns is None else next_ns,
                    tuple(event.event_id for event in own), summary_of(own, names),
                )
            )  # fmt: skip
        return tuple(chunks)
