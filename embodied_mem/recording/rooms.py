"""Rooms on the time line: coloured floors, outlines and names, doors, and the places between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..entities.entity import Entity, EntityKind, Status
from ..graph.places import PlaceMap
from ..graph.regions import NO_ROOM, RegionPartition, Room, StoreyGrid, room_number
from ..graph.room_kinds import label_rooms
from ..graph.view import RegionView
from . import palette
from .timeline import ReplayClock

ROOMS, GRAPH = "world/rooms", "world/graph"
_LIFT_M = 0.06
"""Above the floor, so that the points of the floor do not hide it."""


@dataclass(frozen=True)
class RoomState:
    """The rooms from one instant on, kept until the picture from above has its frame."""

    pose_id: int
    stamp_ns: int
    partition: RegionPartition
    names: Mapping[str, str]


class RoomLog:
    """Logs the rooms whenever the map was partitioned anew or a room got another name."""

    def __init__(self, recording: rr.RecordingStream, clock: ReplayClock) -> None:
        self._recording = recording
        self._clock = clock
        self._partition: RegionPartition | None = None
        self.names: dict[str, str] = {}
        """What each room is called now, by its id."""
        self.states: list[RoomState] = []

    def log(
        self, regions: RegionView, entities: Iterable[Entity], pose_id: int, *, is_due: bool
    ) -> None:
        """`is_due` asks whether the names have changed, which costs more than to see a new partition."""
        partition = regions.partition()
        is_new = partition is not self._partition
        if not partition.rooms or not (is_new or is_due):
            return
        names = room_names(partition, entities)
        if is_new:
            self._log_floors(partition)
        if is_new or names != self.names:
            self._log_names(partition, names)
            state = RoomState(pose_id, self._clock.stamp_ns, partition, names)
            self.states.append(state)
        self._partition, self.names = partition, names

    def log_graph(self, place_map: PlaceMap) -> None:
        """The places where a robot can stand, and the ways between them."""
        places = np.array([p.position_in_world for p in place_map.places]).reshape(-1, 3)
        colors = [
            palette.DOOR if place.door_id else _color_of(place.room_id)
            for place in place_map.places
        ]
        lifted = places + np.array([0.0, 0.0, _LIFT_M])
        dots = rr.Points3D(lifted, colors=colors, radii=rr.Radius.ui_points(3.0))
        self._recording.log(f"{GRAPH}/places", dots)
        heights = {p.place_id: p.position_in_world[2] + _LIFT_M for p in place_map.places}
        ways = [
            np.column_stack(
                [edge.waypoints, np.full(len(edge.waypoints), heights[edge.place_ids[0]])]
            )
            for edge in place_map.edges
        ]
        lines = rr.LineStrips3D(ways, colors=palette.WAY, radii=rr.Radius.ui_points(1.0))
        self._recording.log(f"{GRAPH}/ways", lines)

    def _log_floors(self, partition: RegionPartition) -> None:
        for grid in partition.storeys:
            self._recording.log(f"{ROOMS}/floors/storey_{grid.storey}", _floor(grid, partition))
        rings = [_ring(room) for room in partition.rooms]
        colors = [_color_of(room.room_id) for room in partition.rooms]
        outlines = rr.LineStrips3D(rings, colors=colors, radii=rr.Radius.ui_points(1.5))
        self._recording.log(f"{ROOMS}/outlines", outlines)
        doors = np.array([door.position_in_world for door in partition.doors]).reshape(-1, 3)
        aside = np.array([(-door.passage[1], door.passage[0], 0.0) for door in partition.doors])
        widths = np.array([door.width_m for door in partition.doors]).reshape(-1, 1)
        half = aside.reshape(-1, 3) * widths / 2
        lifted = doors + np.array([0.0, 0.0, _LIFT_M])
        sills = np.stack([lifted - half, lifted + half], axis=1)
        lines = rr.LineStrips3D(sills, colors=palette.DOOR, radii=rr.Radius.ui_points(3.0))
        self._recording.log(f"{ROOMS}/doors", lines)

    def _log_names(self, partition: RegionPartition, names: Mapping[str, str]) -> None:
        centers = np.array([room.centroid_in_world for room in partition.rooms])
        labels = [names[room.room_id] for room in partition.rooms]
        points = rr.Points3D(
            centers + np.array([0.0, 0.0, _LIFT_M]), labels=labels, show_labels=True,
            colors=palette.WORDS, radii=rr.Radius.ui_points(2.0),
        )  # fmt: skip
        self._recording.log(f"{ROOMS}/names", points)


def room_names(partition: RegionPartition, entities: Iterable[Entity]) -> dict[str, str]:
    """'kitchen', 'bathroom', 'bathroom 2' ...: what a person calls each room, by its id.

    Where nothing tells what a room is for, it keeps its number: 'room 4'.
    """
    things = [
        (entity.label, np.array(entity.position_in_world))
        for entity in entities
        if entity.is_confirmed
        and entity.kind is not EntityKind.PERSON
        and entity.status is Status.PRESENT
        and entity.position_in_world is not None
    ]
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    kinds = {kind.room_id: kind.kind for kind in label_rooms(partition, things)}
    for room_id in sorted(kinds, key=room_number):
        kind = kinds[room_id].replace("_", " ")
        if kind == "unknown":
            names[room_id] = f"room {room_number(room_id)}"
            continue
        count = counts[kind] = counts.get(kind, 0) + 1
        names[room_id] = kind if count == 1 else f"{kind} {count}"
    return names


def room_color(room_id: str) -> tuple[int, int, int]:
    """The same for good, as the room's id is."""
    red, green, blue = palette.ROOM_COLORS[room_number(room_id) % len(palette.ROOM_COLORS)].tolist()
    return red, green, blue


def room_pixels(grid: StoreyGrid, partition: RegionPartition) -> NDArray[np.uint8]:
    """(X, Y, 4) colours of a storey's cells, transparent where there is no room."""
    colors = np.array(
        [[*room_color(r.room_id), 255] for r in partition.rooms] + [[0] * 4], np.uint8
    )
    labels = np.where(grid.labels == NO_ROOM, len(partition.rooms), grid.labels)
    return np.asarray(colors[labels])


def _color_of(room_id: str | None) -> tuple[int, int, int]:
    return palette.WAY if room_id is None else room_color(room_id)


def _ring(room: Room) -> NDArray[np.float64]:
    flat = room.polygon_in_world
    height = np.full((len(flat), 1), room.centroid_in_world[2] + _LIFT_M)
    ring = np.concatenate([flat, height], axis=1)
    return np.concatenate([ring, ring[:1]])


def _floor(grid: StoreyGrid, partition: RegionPartition) -> rr.GridMap:
    pixels = np.ascontiguousarray(room_pixels(grid, partition).transpose(1, 0, 2)[::-1])
    height, width = pixels.shape[:2]
    return rr.GridMap(
        data=pixels.tobytes(),
        format=rr.components.ImageFormat(
            width=width, height=height, color_model="RGBA", channel_datatype="U8"
        ),
        cell_size=grid.cell_m,
        translation=[*grid.origin_m, grid.floor_m + _LIFT_M],
        opacity=0.75,
    )
