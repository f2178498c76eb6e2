"""The views of a memory as the sources that recall reads. They are read when asked, never copied.

Views are looked up by name each time: a memory may put other objects in their place when a checkpoint
turns out to be damaged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import Entity, EntityKind, Status
from ..episodic.event import Event
from ..episodic.event_table import EventColumns
from ..geometry import Box, Points
from ..graph.regions import RegionPartition
from ..graph.room_kinds import label_rooms
from ..semantic.aliases import is_clear
from ..semantic.people import People
from ..semantic.routines import Routine
from ..spatial.octree import UNKNOWN
from ..views import MemoryViews
from .sources import (
    CaseInfo,
    FactInfo,
    NameInfo,
    RoomInfo,
    RoutineInfo,
    Sources,
)

_MOST_SAMPLES = 12
"""Points along each side of a box when asking how much of it was seen."""
_MOST_CELLS = 200
_THING_HEIGHTS_M = (0.3, 0.8, 1.2)
"""Above the floor, where small things stand and lie."""
_ROOM_SNAP_M = 0.8
"""Within furniture and walls, a point belongs to the nearest room so far away."""


def sources_of(views: MemoryViews) -> Sources:
    """All that a memory's views hold."""
    return Sources(
        entities=ViewEntities(views),
        events=ViewEvents(views),
        rooms=ViewRooms(views),
        facts=ViewFacts(views),
        space=OctreeSpace(views),
        clock=lambda: max(views.facts.last_stamp_ns, 0),
    )


class ViewEntities:
    """`EntityView`, with what it believes too little to count on."""

    def __init__(self, views: MemoryViews) -> None:
        self._views = views

    @property
    def revision(self) -> int:
        return self._views.through_record_id

    def entities(self) -> Sequence[Entity]:
        return self._views.entities.entities(include_unconfirmed=True)


class ViewRooms:
    """`RegionView` as of its last partition: the map as it is now would cost 25 ms after each keyframe."""

    def __init__(self, views: MemoryViews) -> None:
        self._views = views
        self._rooms: tuple[int, Sequence[RoomInfo]] = (-1, ())
        self._partition: RegionPartition | None = None
        self._partition_count = 0
        self._looked: tuple[tuple[int, int], tuple[float, ...]] = ((-1, -1), ())

    @property
    def revision(self) -> int:
        return self._views.through_record_id

    @property
    def shape_revision(self) -> int:
        partition = self._views.regions.partition()
        if partition is not self._partition:
            self._partition = partition
            self._partition_count += 1
        return self._partition_count

    def rooms(self) -> Sequence[RoomInfo]:
        if self._rooms[0] != self.revision:
            self._rooms = self.revision, self._read()
        return self._rooms[1]

    def rooms_at(self, points_in_world: Points) -> NDArray[np.int32]:
        return self._views.regions.partition().labels_at(points_in_world, snap_m=_ROOM_SNAP_M)

    def _read(self) -> tuple[RoomInfo, ...]:
        regions = self._views.regions
        partition = regions.partition()
        things = [
            (entity.label, np.array(entity.position_in_world))
            for entity in self._views.entities.entities()
            if entity.kind is not EntityKind.PERSON
            and entity.status is Status.PRESENT
            and entity.position_in_world is not None
        ]
        looked = self._looked_shares(partition)
        last_ns, total_ns = {}, regions.time_in_rooms()
        for visit in regions.visits():
            last_ns[visit.room_id] = visit.leave_ns
        return tuple(
            RoomInfo(
                room.room_id,
                kind.kind,
                room.centroid_in_world,
                share,
                room.room_id in last_ns,
                last_ns.get(room.room_id),
                total_ns.get(room.room_id, 0),
            )
            for room, kind, share in zip(
                partition.rooms, label_rooms(partition, things), looked, strict=True
            )
        )

    def _looked_shares(self, partition: RegionPartition) -> tuple[float, ...]:
        """How well each room was seen: its outline, and its space where things stand or lie."""
        octree = self._views.octree
        key = (octree.revision, self.shape_revision)
        if self._looked[0] != key:
            shares = [1.0 - room.unknown_share for room in partition.rooms]
            for grid in partition.storeys:
                for number in np.unique(grid.labels[grid.labels >= 0]).tolist():
                    cells = np.argwhere(grid.labels == number)
                    flat = grid.centers_of(cells[:: max(1, len(cells) // _MOST_CELLS)])
                    heights = np.tile(grid.floor_m + np.array(_THING_HEIGHTS_M), len(flat))
                    points = np.c_[np.repeat(flat, len(_THING_HEIGHTS_M), axis=0), heights]
                    known = float((octree.states(points) != UNKNOWN).mean())
                    shares[number] = min(shares[number], known)
            self._looked = key, tuple(shares)
        return self._looked[1]


class ViewEvents:
    """`EventView`, which makes its columns anew exactly when something has changed."""

    def __init__(self, views: MemoryViews) -> None:
        self._views = views
        self._columns: EventColumns | None = None
        self._revision = 0

    @property
    def revision(self) -> int:
        columns = self._views.events.table()
        if columns is not self._columns:
            self._columns = columns
            self._revision += 1
        return self._revision

    def columns(self) -> EventColumns:
        return self._views.events.table()

    def get(self, event_id: str) -> Event:
        return self._views.events.get(event_id)


class ViewFacts:
    """`FactView`, people's names for things, `RoutineView` and `CaseView`."""

    def __init__(self, views: MemoryViews) -> None:
        self._views = views

    @property
    def revision(self) -> int:
        return self._views.through_record_id

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
            if not fact.superseded_by
        )

    def resolve(self, phrase: str, *, speaker: str) -> Sequence[NameInfo]:
        """Only what was told: looks are the matcher's own business. One name if it is clear."""
        hits = People(self._views.facts).resolve(phrase, speaker or None)
        told = [hit for hit in hits if hit.fact_id and hit.entity_id]
        return tuple(
            NameInfo(hit.entity_id, hit.description or phrase, hit.confidence, hit.evidence)
            for hit in (told[:1] if is_clear(told) else told)
        )

    def routines(self, person: str) -> Sequence[RoutineInfo]:
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
            for routine in self._views.routines.routines()
            if not person or routine.actor == person
        )

    def cases(self, situation: str, *, k: int) -> Sequence[CaseInfo]:
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
            for hit in self._views.cases.cases(situation, k).hits
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


def _routine_text(routine: Routine) -> str:
    hours, minutes = divmod(int(routine.mean_clock_s) // 60, 60)
    thing = routine.label or routine.entity_id
    goes = f" to {routine.to_id}" if routine.to_id else ""
    return f"{routine.actor or 'somebody'} {routine.what} {thing}{goes} about {hours:02d}:{minutes:02d}"
