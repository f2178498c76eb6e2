"""Rooms over time: ids that stay while the map grows, and when to look again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..spatial.octree import OccupancyOctree
from .partition_bytes import partition_from_bytes, partition_to_bytes
from .regions import NO_ROOM, Door, RegionPartition, StoreyGrid, room_number
from .rooms import RoomModel, partition_rooms

_SAME_FLOOR_M = 1.0
_SAME_DOOR_M = 0.6


def with_stable_ids(partition: RegionPartition, previous: RegionPartition) -> RegionPartition:
    """The same rooms under the ids of the earlier rooms that they overlap most.

    Pairs are settled by falling overlap, so of a room that fell into two the larger part keeps the
    id, and of two that became one the larger one's id stays; other rooms get numbers that no room ever
    had. Doors keep their ids between the same two rooms at the same place.
    """
    shared: list[tuple[int, int, int]] = []
    for grid in partition.storeys:
        for older in previous.storeys:
            if abs(grid.floor_m - older.floor_m) < _SAME_FLOOR_M:
                shared += _overlaps(grid, older)
    ids: dict[int, str] = {}
    taken: set[int] = set()
    for _, now, before in sorted(shared, key=lambda row: (-row[0], row[2], row[1])):
        if now not in ids and before not in taken:
            ids[now] = previous.rooms[before].room_id
            taken.add(before)
    number = previous.next_room_number
    for index in range(len(partition.rooms)):
        if index not in ids:
            ids[index] = f"room:{number}"
            number += 1
    renamed = {room.room_id: ids[index] for index, room in enumerate(partition.rooms)}
    rooms = tuple(replace(room, room_id=renamed[room.room_id]) for room in partition.rooms)
    doors = _named_doors([_renamed(door, renamed) for door in partition.doors], previous.doors)
    return replace(partition, rooms=rooms, doors=doors, next_room_number=number)


def _overlaps(grid: StoreyGrid, older: StoreyGrid) -> list[tuple[int, int, int]]:
    """(shared cells, room now, room before) of every pair of rooms that share cells."""
    if grid.cell_m != older.cell_m:
        raise InputError(
            f"partitions must have one cell size, got {grid.cell_m} m and {older.cell_m} m"
        )
    offset = np.rint((np.array(older.origin_m) - grid.origin_m) / grid.cell_m).astype(int)
    low = np.maximum(offset, 0)
    high = np.minimum(offset + older.labels.shape, grid.labels.shape)
    if (low >= high).any():
        return []
    now = grid.labels[low[0] : high[0], low[1] : high[1]]
    start, stop = low - offset, high - offset
    before = older.labels[start[0] : stop[0], start[1] : stop[1]]
    is_both = (now != NO_ROOM) & (before != NO_ROOM)
    pairs, counts = np.unique(np.stack([now[is_both], before[is_both]]), axis=1, return_counts=True)
    rows = zip(counts.tolist(), *pairs.tolist(), strict=True)
    return [(int(count), int(a), int(b)) for count, a, b in rows]


def _renamed(door: Door, names: dict[str, str]) -> Door:
    """The door under its rooms' new ids, lower number first."""
    first, second = (names[room_id] for room_id in door.room_ids)
    if room_number(first) <= room_number(second):
        return replace(door, room_ids=(first, second))
    passage = (-door.passage[0], -door.passage[1])
    return replace(door, room_ids=(second, first), passage=passage)


def _named_doors(doors: Sequence[Door], previous: Sequence[Door]) -> tuple[Door, ...]:
    """Doors with the ids of earlier doors between the same rooms within reach, else fresh ones."""
    names: dict[int, str] = {}
    gaps = [
        (_gap_m(door, older), index, older.door_id)
        for index, door in enumerate(doors)
        for older in previous
        if door.room_ids == older.room_ids
    ]
    taken = {older.door_id for older in previous}
    kept: set[str] = set()
    for gap_m, index, name in sorted(gaps):
        if gap_m <= _SAME_DOOR_M and index not in names and name not in kept:
            names[index] = name
            kept.add(name)
    for index, door in enumerate(doors):
        if index not in names:
            names[index] = _fresh_name(door, taken | kept)
            kept.add(names[index])
    return tuple(replace(door, door_id=names[index]) for index, door in enumerate(doors))


def _fresh_name(door: Door, taken: set[str]) -> str:
    low, high = (room_number(room_id) for room_id in door.room_ids)
    name, count = f"door:{low}-{high}", 1
    while name in taken:
        count += 1
        name = f"door:{low}-{high}-{count}"
    return name


def _gap_m(first: Door, second: Door) -> float:
    offset = np.subtract(first.position_in_world, second.position_in_world)
    return float(np.hypot(offset[0], offset[1]))


class RegionTracker:
    """Keeps a partition of a growing map; call `update` after every keyframe.

    The partition is made anew when the map's known blocks changed by more than `min_change` since the
    last time, or after `max_interval` keyframes; else `update` costs microseconds. The same sequence of
    maps gives the same partitions.
    """

    def __init__(
        self,
        model: RoomModel | None = None,
        *,
        min_change: float = 0.03,
        max_interval: int = 10,
    ) -> None:
        if not min_change >= 0 or max_interval < 1:
            raise InputError(
                f"need min_change >= 0 and max_interval >= 1, got {min_change}, {max_interval}"
            )
        self._model = model or RoomModel()
        self._min_change, self._max_interval = min_change, max_interval
        self._size = 0
        self._waited = 0
        self.partition = RegionPartition((), (), ())

    def update(self, octree: OccupancyOctree) -> RegionPartition:
        """The partition of the map, at most `max_interval` calls old."""
        if octree.revision == self.partition.revision and self.partition.storeys:
            return self.partition
        self._waited += 1
        size = octree.block_count
        if size - self._size > self._min_change * self._size or self._waited >= self._max_interval:
            return self.refresh(octree)
        return self.partition

    def refresh(self, octree: OccupancyOctree) -> RegionPartition:
        """The partition of the map as it is now."""
        self._size, self._waited = octree.block_count, 0
        self.partition = with_stable_ids(partition_rooms(octree, self._model), self.partition)
        return self.partition

    def digest(self) -> str:
        """Hex digest of all that decides what comes next; equal histories, equal digests."""
        same = replace(self.partition, revision=0)  # counts from the opening of a file
        counts = np.array([self._size, self._waited], np.int64).tobytes()
        return hashlib.blake2b(counts + partition_to_bytes(same), digest_size=16).hexdigest()

    def to_bytes(self) -> bytes:
        """The tracker's state for a checkpoint."""
        counts = np.array([self._size, self._waited], np.int64).tobytes()
        return counts + partition_to_bytes(self.partition)

    def load_bytes(self, data: bytes) -> None:
        """Replace the state by what `to_bytes` wrote."""
        partition = partition_from_bytes(data[16:])
        self._size, self._waited = np.frombuffer(data[:16], np.int64).tolist()
        self.partition = replace(partition, revision=-1)  # of another octree object
