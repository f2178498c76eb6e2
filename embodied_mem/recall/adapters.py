"""The views of a memory as the sources that recall reads; views that are not there give nothing.

A view without a revision of its own changes with the journal: `through_record_id` stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import Entity
from ..episodic.event import Event
from ..geometry import Box, Points
from ..spatial.octree import UNKNOWN
from ..views import MemoryViews
from .sources import (
    CaseInfo,
    EntitySource,
    EventArrays,
    EventList,
    EventSource,
    FactInfo,
    FactSource,
    NameInfo,
    RoomBoxes,
    RoomInfo,
    RoomSource,
    RoutineInfo,
    Sources,
)

_MOST_SAMPLES = 12
"""Points along each side of a box when asking how much of it was seen."""


def sources_of(views: MemoryViews) -> Sources:
    """All that a memory's views hold. They are read when asked, never copied."""

    def revision() -> int:
        return views.through_record_id

    regions: Any = getattr(views, "regions", None)
    events: Any = getattr(views, "events", None)
    entities = ViewEntities(views)
    rooms: RoomSource = RoomBoxes() if regions is None else ViewRooms(regions, entities, revision)
    happened: EventSource = EventList() if events is None else ViewEvents(events, revision)
    facts: FactSource | None = None
    if getattr(views, "facts", None) is not None:
        facts = ViewFacts(views, revision)
    return Sources(
        entities=entities,
        events=happened,
        rooms=rooms,
        facts=facts,
        space=OctreeSpace(views),
        clock=lambda: _last_stamp_ns(views),
    )


class ViewEntities(EntitySource):
    """`EntityView`, with what it believes too little to count on."""

    def __init__(self, views: MemoryViews) -> None:
        self._views = views

    @property
    def revision(self) -> int:
        return int(getattr(self._views.entities, "revision", self._views.through_record_id))

    def entities(self) -> Sequence[Entity]:
        return self._views.entities.entities(include_unconfirmed=True)


class ViewRooms(RoomSource):
    """`RegionView`."""

    def __init__(self, regions: Any, entities: ViewEntities, revision: Callable[[], int]) -> None:
        self._regions, self._entities, self._through = regions, entities, revision
        self._rooms: tuple[int, Sequence[RoomInfo]] = (-1, ())

    @property
    def revision(self) -> int:
        return self._through()

    def rooms(self) -> Sequence[RoomInfo]:
        if self._rooms[0] != self.revision:
            reports = self._regions.rooms(self._entities.entities())
            self._rooms = self.revision, tuple(_room_info(report) for report in reports)
        return self._rooms[1]

    def rooms_at(self, points_in_world: Points) -> NDArray[np.int32]:
        found = self._regions.current().labels_at(points_in_world, snap_m=0.8)
        return np.asarray(found, np.int32)


class ViewEvents(EventSource):
    """`EventView`."""

    def __init__(self, events: Any, revision: Callable[[], int]) -> None:
        self._events, self._through = events, revision

    @property
    def revision(self) -> int:
        return self._through()

    def get(self, event_id: str) -> Event:
        event: Event = self._events.get(event_id)
        return event

    def columns(self) -> EventArrays:
        table = self._events.table()
        return EventArrays(
            table.number,
            table.start_ns,
            table.end_ns,
            table.level,
            table.action,
            table.actor,
            table.entity,
            table.from_entity,
            table.to_entity,
            table.from_room,
            table.to_room,
            table.words,
        )


class ViewFacts(FactSource):
    """The facts, people, routines and cases of a memory; those that are missing give nothing."""

    def __init__(self, views: MemoryViews, revision: Callable[[], int]) -> None:
        self._views: Any = views
        self._through = revision

    @property
    def revision(self) -> int:
        return self._through()

    def facts(self) -> Sequence[FactInfo]:
        return tuple(
            FactInfo(
                fact.fact_id,
                fact.subject,
                fact.relation,
                fact.object,
                fact.confidence,
                fact.recorded_ns,
                fact.speaker,
                fact.valid_from_ns,
                fact.valid_until_ns,
                fact.is_negated,
                fact.evidence,
            )
            for fact in self._views.facts.facts(include_superseded=True)
        )

    def resolve(self, phrase: str, *, speaker: str) -> Sequence[NameInfo]:
        """Only what was told: looks are the matcher's own business."""
        people = getattr(self._views, "people", None)
        if people is None:
            return ()
        hits = [h for h in people.resolve(phrase, speaker or None) if h.fact_id and h.entity_id]
        if len(hits) > 1 and hits[1].confidence <= 0.75 * hits[0].confidence:
            hits = hits[:1]
        return tuple(
            NameInfo(hit.entity_id, hit.description, hit.confidence, hit.evidence) for hit in hits
        )

    def routines(self, person: str) -> Sequence[RoutineInfo]:
        view = getattr(self._views, "routines", None)
        found = () if view is None else view.routines()
        return tuple(
            RoutineInfo(
                _routine_text(routine),
                routine.actor,
                routine.confidence,
                routine.mean_clock_s,
                routine.entity_id,
                routine.to_id,
                routine.evidence,
            )
            for routine in found
            if not person or routine.actor == person
        )

    def cases(self, situation: str, *, k: int) -> Sequence[CaseInfo]:
        view = getattr(self._views, "cases", None)
        hits = () if view is None else view.cases(situation, k).hits
        return tuple(
            CaseInfo(
                hit.case.case_id,
                hit.case.situation,
                hit.case.plan,
                hit.case.outcome,
                hit.case.utility,
                hit.similarity,
                hit.case.last_stamp_ns,
                hit.case.evidence,
            )
            for hit in hits
        )


class OctreeSpace:
    """Which space was seen, by the occupancy octree."""

    def __init__(self, views: MemoryViews) -> None:
        self._views = views

    def known_share(self, box: Box) -> float:
        octree = self._views.octree
        axes = []
        for low, high in zip(box.low, box.high, strict=True):
            count = min(max(int((high - low) / octree.resolution_m), 1), _MOST_SAMPLES)
            axes.append(low + (np.arange(count) + 0.5) * (high - low) / count)
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        return float((octree.states(grid) != UNKNOWN).mean())


def _room_info(report: Any) -> RoomInfo:
    room = report.room
    x, y, z = room.centroid_in_world
    return RoomInfo(
        room.room_id,
        report.kind.kind,
        (x, y, z),
        1.0 - room.unknown_share,
        report.is_visited,
        report.last_ns,
        report.total_ns,
    )


def _routine_text(routine: Any) -> str:
    hours, minutes = divmod(int(routine.mean_clock_s) // 60, 60)
    thing = routine.label or routine.entity_id
    goes = f" to {routine.to_id}" if routine.to_id else ""
    return f"{routine.actor or 'somebody'} {routine.what} {thing}{goes} about {hours:02d}:{minutes:02d}"


def _last_stamp_ns(views: MemoryViews) -> int:
    stamps = views.keyframes.stamps_ns
    known = int(getattr(views, "_max_stamp_ns", 0))
    return max(known, int(stamps.max()) if len(stamps) else 0, 0)
