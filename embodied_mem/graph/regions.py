"""What a house is divided into: rooms, doors and storeys, as data.

A partition is a pure function of the map (and, for its ids, of the partition before it). Rooms are told
apart by where they are alone: two rooms that look alike stay two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..geometry import Box, Points

NO_ROOM = -1
_BELOW_FLOOR_M = 0.3
"""A point this far below a floor still belongs to its storey."""
DEFAULT_SNAP_M = 0.8


@dataclass(frozen=True)
class Room:
    """A connected piece of floor that walls and doors set apart."""

    room_id: str
    """'room:<n>', kept over time by overlap."""
    storey: int
    area_m2: float
    box: Box
    centroid_in_world: tuple[float, float, float]
    """The cell of the room farthest from its walls: always inside, also for L-shapes."""
    polygon_in_world: NDArray[np.float64]
    """(N, 2) outline, counter-clockwise, corners only."""
    unknown_share: float
    """Share of its outline that borders on space never seen: 0 = seen all around."""


@dataclass(frozen=True)
class Door:
    """A narrow pass between two rooms."""

    door_id: str
    """'door:<room numbers>', with a counter where two rooms share several."""
    room_ids: tuple[str, str]
    position_in_world: tuple[float, float, float]
    """Middle of the pass at floor height."""
    width_m: float
    passage: tuple[float, float]
    """Horizontal unit vector through the pass, from the first room to the second."""
    has_lintel: bool | None
    """Whether something closes it above head height; None where nobody looked up."""


@dataclass(frozen=True)
class StoreyGrid:
    """One storey's cells: [i, j] covers x = origin[0] + i * cell_m ..., y = origin[1] + j * cell_m ..."""

    storey: int
    floor_m: float
    ceiling_m: float
    """Where the next storey begins; infinite for the highest."""
    origin_m: tuple[float, float]
    cell_m: float
    labels: NDArray[np.int32]
    """(X, Y) index into the partition's rooms, -1 where there is none."""
    is_wall: NDArray[np.bool_]
    """(X, Y) what closes rooms: walls, and furniture as high as was looked at."""
    is_known: NDArray[np.bool_]
    """(X, Y) columns in which anything was seen."""

    def cells_of(self, points_in_world: Points) -> NDArray[np.int64]:
        """(N, 2) cells of (N, 2 or more) points; they may lie outside."""
        flat = np.asarray(points_in_world, np.float64)[:, :2]
        return np.asarray(np.floor((flat - self.origin_m) / self.cell_m), np.int64)

    def centers_of(self, cells: NDArray[np.integer] | NDArray[np.floating]) -> NDArray[np.float64]:
        """(N, 2) middles of (N, 2) cells."""
        return np.asarray(np.array(self.origin_m) + (np.asarray(cells) + 0.5) * self.cell_m)


@dataclass(frozen=True)
class RegionPartition:
    """The rooms of all storeys. Invariants: a cell belongs to at most one room; every cell of a room was
    seen; every door joins two different rooms of one storey; ids are unique."""

    rooms: tuple[Room, ...]
    """By storey, then largest first."""
    doors: tuple[Door, ...]
    storeys: tuple[StoreyGrid, ...]
    """Lowest first."""
    revision: int = 0
    """`octree.revision` it was made from."""
    next_room_number: int = 0
    """The first number that no room ever had."""

    def room_of(self, point_in_world: Points, *, snap_m: float = DEFAULT_SNAP_M) -> str | None:
        """Id of the room around a (3,) point, or None.

        A point within furniture or a wall belongs to the nearest room within `snap_m`; rooms whose box
        holds it come first: the back of a wardrobe is often nearer to the room behind it.
        """
        index = int(self.labels_at(np.asarray(point_in_world, np.float64)[None], snap_m=snap_m)[0])
        return None if index == NO_ROOM else self.rooms[index].room_id

    def labels_at(self, points_in_world: Points, *, snap_m: float = 0.0) -> NDArray[np.int32]:
        """(N,) index into `rooms` at (N, 3) points, -1 where there is none; see `room_of`."""
        points = np.asarray(points_in_world, np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
            raise InputError(f"points must be finite (N, 3), got {points.shape}")
        found = np.full(len(points), NO_ROOM, np.int32)
        for grid in self.storeys:
            low, high = grid.floor_m - _BELOW_FLOOR_M, grid.ceiling_m - _BELOW_FLOOR_M
            is_here = (points[:, 2] >= low) & (points[:, 2] < high)
            found[is_here] = self._labels_on(grid, points[is_here], snap_m)
        return found

    def find_room(self, room_id: str) -> Room | None:
        return next((room for room in self.rooms if room.room_id == room_id), None)

    def get_room(self, room_id: str) -> Room:
        """Raises InputError where there is no such room."""
        room = self.find_room(room_id)
        if room is None:
            names = ", ".join(r.room_id for r in self.rooms) or "none"
            raise InputError(f"no room '{room_id}'; there are: {names}")
        return room

    def doors_of(self, room_id: str) -> tuple[Door, ...]:
        return tuple(door for door in self.doors if room_id in door.room_ids)

    def cells_in(self, room_id: str) -> NDArray[np.int64]:
        """(N, 2) cells of a room on its storey's grid, by x then y."""
        index = self.rooms.index(self.get_room(room_id))
        return np.argwhere(self.storeys[self.rooms[index].storey].labels == index)

    def _labels_on(
        self, grid: StoreyGrid, points: NDArray[np.float64], snap_m: float
    ) -> NDArray[np.int32]:
        found = np.full(len(points), NO_ROOM, np.int32)
        cells = grid.cells_of(points)
        is_inside = ((cells >= 0) & (cells < grid.labels.shape)).all(axis=1)
        found[is_inside] = grid.labels[cells[is_inside, 0], cells[is_inside, 1]]
        if snap_m > 0:
            for index in np.flatnonzero(found == NO_ROOM):
                found[index] = self._nearest_label(grid, cells[index], points[index], snap_m)
        return found

    def _nearest_label(
        self, grid: StoreyGrid, cell: NDArray[np.int64], point: NDArray[np.float64], snap_m: float
    ) -> int:
        """The nearest room around a cell, those whose box holds the point first; -1 if none is near."""
        reach = math.ceil(snap_m / grid.cell_m)
        low, high = np.maximum(cell - reach, 0), np.maximum(cell + reach + 1, 0)
        window = grid.labels[low[0] : high[0], low[1] : high[1]]
        i, j = np.nonzero(window != NO_ROOM)
        gap = np.hypot(i + low[0] - cell[0], j + low[1] - cell[1])
        nearest: dict[int, tuple[bool, float]] = {}
        for n in np.argsort(gap, kind="stable").tolist():
            number = int(window[i[n], j[n]])
            if gap[n] <= reach and number not in nearest:
                box = self.rooms[number].box
                is_in = all(box.low[k] <= point[k] <= box.high[k] for k in (0, 1))
                nearest[number] = (not is_in, float(gap[n]))
        return min(nearest, key=lambda number: nearest[number]) if nearest else NO_ROOM


def room_number(room_id: str) -> int:
    """The n of 'room:<n>'."""
    prefix, _, number = room_id.partition(":")
    if prefix != "room" or not number.isdigit():
        raise InputError(f"a room's id reads 'room:<n>', got '{room_id}'")
    return int(number)


def door_names(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Ids of doors between pairs of rooms, in order."""
    counts: dict[tuple[int, int], int] = {}
    for first, second in pairs:
        low, high = sorted((room_number(first), room_number(second)))
        count = counts[low, high] = counts.get((low, high), 0) + 1
        yield f"door:{low}-{high}" + (f"-{count}" if count > 1 else "")
