"""Places in words: which rooms, furniture or things a phrase such as 'kitchen table' means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import Box
from .entity_index import GONE, EntityIndex, Rows
from .label_vectors import LabelVectors
from .sources import RoomInfo, RoomSource, SpaceSource

NEAR_M = 1.2
ROOM_LOOKED_SHARE = 0.7
"""A room of which as much was seen was looked at."""
SURFACE_KNOWN_SHARE = 0.5
_SURFACE_M = 0.3


@dataclass(frozen=True)
class Place:
    """What a place phrase means in this memory. Empty if there is no such place."""

    relation: str
    text: str
    room_numbers: tuple[int, ...] = ()
    """Rows of `RoomTable.rooms`."""
    entity_rows: tuple[int, ...] = ()

    @property
    def is_known(self) -> bool:
        return bool(self.room_numbers or self.entity_rows)


class RoomTable:
    """The rooms of a memory with the words for them."""

    def __init__(self, source: RoomSource, labels: LabelVectors) -> None:
        self._source, self._labels = source, labels
        self._revision = -1
        self.rooms: Sequence[RoomInfo] = ()
        self._number: dict[str, int] = {}
        self._vectors = np.zeros((0, labels.encoder.size), np.float32)
        self._kinds: list[str] = []
        self._of_kind: dict[str, list[int]] = {}

    def refresh(self) -> None:
        if self._source.revision == self._revision:
            return
        self._revision = self._source.revision
        self.rooms = self._source.rooms()
        self._number = {room.room_id: number for number, room in enumerate(self.rooms)}
        self._of_kind = {}
        for number, room in enumerate(self.rooms):
            if room.kind != "unknown":
                self._of_kind.setdefault(room.kind, []).append(number)
        self._kinds = sorted(self._of_kind)
        names = [kind.replace("_", " ") for kind in self._kinds]
        self._vectors = self._labels.encoder.encode(names)

    def find_number(self, room_id: str) -> int | None:
        return self._number.get(room_id)

    def find_id(self, number: int) -> str:
        """'' for -1."""
        return self.rooms[number].room_id if number >= 0 else ""

    def name_of(self, number: int) -> str:
        """'kitchen (room:2)'."""
        if number < 0:
            return ""
        room = self.rooms[number]
        kind = room.kind.replace("_", " ")
        return f"{kind} ({room.room_id})" if room.kind != "unknown" else room.room_id

    def named(self, text: str) -> tuple[int, ...]:
        """Numbers of the rooms that a text names: an id, or a kind of room in any wording."""
        number = self._number.get(text.strip())
        if number is not None:
            return (number,)
        if not self._kinds:
            return ()
        similarity = self._vectors @ self._labels.encoded(text)
        best = float(similarity.max())
        if best < self._labels.same_similarity:
            return ()
        chosen = [k for k, s in zip(self._kinds, similarity.tolist(), strict=True) if s >= best]
        return tuple(sorted(number for kind in chosen for number in self._of_kind[kind]))


def is_at(index: EntityIndex, place: Place, state_rows: Rows) -> NDArray[np.bool_]:
    """Whether each state is in, on or near a place. What is gone is nowhere."""
    states = index.states[state_rows]
    is_here = np.zeros(len(state_rows), np.bool_)
    if place.room_numbers:
        is_here |= np.isin(states["room"], place.room_numbers)
    if place.entity_rows:
        is_here |= np.isin(states["support"], index.entities["number"][list(place.entity_rows)])
        if place.relation == "near":
            is_here |= _is_near(index, place, states["position"])
    return np.asarray(is_here & (states["status"] != GONE))


def looked_share(
    index: EntityIndex, rooms: RoomTable, place: Place, space: SpaceSource | None
) -> float:
    """How well a place was looked at, in [0, 1]: the worst of what the phrase may mean."""
    shares = [rooms.rooms[number].looked_share for number in place.room_numbers]
    for row in place.entity_rows:
        box = index.objects[row].box
        if box is None or space is None:
            shares.append(0.0)
            continue
        x, y, z = box.center_in_world
        half, top = max(box.width_m / 2, 0.05), z + box.height_m / 2
        above = Box((x - half, y - half, top), (x + half, y + half, top + _SURFACE_M))
        shares.append(space.known_share(above))
    return min(shares, default=0.0)


def _is_near(index: EntityIndex, place: Place, positions: NDArray[np.float64]) -> NDArray[np.bool_]:
    found = np.zeros(len(positions), np.bool_)
    for row in place.entity_rows:
        anchor = index.objects[row].position_in_world
        if anchor is not None:
            gap = np.linalg.norm(positions - np.array(anchor), axis=1)
            found |= (gap <= NEAR_M) & (gap > 0)
    return found
