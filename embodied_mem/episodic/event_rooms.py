"""In which rooms events took place, by the rooms as they are known now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import ROBOT
from ..graph.regions import NO_ROOM
from ..graph.view import RegionView
from .event import EventLevel
from .event_table import LEVELS, EventTable

_TAKEN = ("pick", "rearrange")
"""Began where the robot stood, if it is not known where the thing lay."""
_SAME_M = 0.1
"""Places are looked up on a lattice of this width: many events share theirs."""
_NOT_AT_THE_ROBOT = ("pick", "say", "enter_room")


class EventRooms:
    """Rooms of all rows of a table, kept until rooms, rows or the robot's track change.

    Told rooms come first, then those around the positions, then that of the robot if it did it.
    """

    def __init__(self, table: EventTable, regions: RegionView) -> None:
        self._table, self._regions = table, regions
        self.names: list[str] = [""]
        """What the numbers stand for."""
        self._numbers: dict[str, int] = {"": 0}
        self._from = np.zeros(0, np.int32)
        self._to = np.zeros(0, np.int32)
        self._made_of: tuple[object, int] = (None, -1)

    def forget(self) -> None:
        """The table is another one now."""
        self._made_of = (None, -1)

    def numbers(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(count,) index into `names` of where each event began and where it ended."""
        made_of = (self._regions.partition(), self._regions.visit_revision)
        touched = self._table.take_touched()
        if self._made_of[0] is not made_of[0] or self._made_of[1] != made_of[1]:
            touched = np.arange(self._table.count)
            self._made_of = made_of
        if self._table.count > len(self._from):
            room = np.zeros(max(64, self._table.count), np.int32)
            self._from, self._to = np.append(self._from, room), np.append(self._to, room)
        if len(touched):
            self._from[touched] = self._look_up(touched, "from")
            self._to[touched] = self._look_up(touched, "to")
        return self._from[: self._table.count], self._to[: self._table.count]

    def _look_up(self, numbers: NDArray[np.int64], side: str) -> NDArray[np.int32]:
        column = self._table.column
        found = self._told(column(f"{side}_room_id")[numbers])
        points = column(f"{side}_position")[numbers]
        robot_rows = column("robot_row")[numbers]
        track = self._regions.track.positions_in_world
        at_robot = self._is_at_robot(numbers, side) & np.isnan(points[:, 0])
        at_robot &= (robot_rows >= 0) & (robot_rows < len(track))
        points[at_robot] = track[robot_rows[at_robot]]
        is_open = (found == 0) & np.isfinite(points).all(axis=1)
        found[is_open] = self._at(points[is_open])
        return found

    def _told(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        distinct, index = np.unique(codes, return_inverse=True)
        words = self._table.words
        numbers = [self._number(words[code]) for code in distinct.tolist()]
        return np.array(numbers, np.int32)[index]

    def _is_at_robot(self, numbers: NDArray[np.int64], side: str) -> NDArray[np.bool_]:
        column = self._table.column
        is_robot = column("actor")[numbers] == self._table.find_code(ROBOT)
        actions = column("action")[numbers]
        if side == "from":
            return np.asarray(is_robot & np.isin(actions, self._codes(_TAKEN)))
        is_action = column("level")[numbers] == LEVELS.index(EventLevel.ACTION)
        is_elsewhere = np.isin(actions, self._codes(_NOT_AT_THE_ROBOT))
        return np.asarray(is_robot & is_action & ~is_elsewhere)

    def _codes(self, words: tuple[str, ...]) -> list[int]:
        found = (self._table.find_code(word) for word in words)
        return [code for code in found if code is not None]

    def _at(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        """Room numbers at (N, 3) points: by the last partition, else by the map as it is now."""
        cells = np.rint(points / _SAME_M).astype(np.int64)
        keys = (cells[:, 0] << 42) + (cells[:, 1] << 21) + cells[:, 2]
        _, firsts, index = np.unique(keys, return_index=True, return_inverse=True)
        return self._at_distinct((cells[firsts] * _SAME_M).astype(np.float64))[index]

    def _at_distinct(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        found = np.zeros(len(points), np.int32)
        for read in (self._regions.partition, self._regions.current):
            left = np.flatnonzero(found == 0)
            if not len(left):
                break
            partition = read()
            labels = partition.labels_at(points[left], snap_m=0.8)
            names = [self._number(room.room_id) for room in partition.rooms]
            is_in = labels != NO_ROOM
            found[left[is_in]] = np.array([*names, 0], np.int32)[labels[is_in]]
        return found

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number
