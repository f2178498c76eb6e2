"""Visits to rooms as events: a sub-goal for the stay, an action for the entering."""

from __future__ import annotations

import json

from ..entities.entity import ROBOT
from ..graph.robot_track import RoomVisit
from ..graph.view import RegionView
from .event import Event, EventLevel
from .event_table import event_id_of
from .sources import Scribe

VISIT = "visit"
ENTER_ROOM = "enter_room"


class VisitEvents:
    """Keeps the visits of the robot's track as events, one 'visit' with one 'enter_room' each.

    When the rooms are made anew, a visit that still is one keeps its events under their ids, and what
    is none any more is withdrawn.
    """

    def __init__(self, scribe: Scribe, regions: RegionView) -> None:
        self._scribe, self._regions = scribe, regions
        self._known: list[RoomVisit] = []
        self._numbers: list[tuple[int, int]] = []
        """(visit, enter_room) of each known one."""
        self._revision = -1
        """Of the regions' visits; of this process."""

    def apply(self) -> None:
        """Bring the events up to date with the regions."""
        log = self._regions.visit_log
        if self._revision != self._regions.visit_revision:
            self._reconcile(list(log.visits()))
            self._revision = self._regions.visit_revision
            return
        first = max(0, len(self._known) - 1)
        tail = log.closed[first:] + ([log.open] if log.open else [])
        for index, visit in enumerate(tail, start=first):
            if index < len(self._known):
                self._update(index, visit)
            else:
                self._append(visit)

    def _append(self, visit: RoomVisit) -> None:
        before = self._room_before(len(self._known), visit)
        add = self._scribe.table.add  # without the robot's place: it may be a visit of long ago
        number = add(
            Event("", EventLevel.SUBGOAL, VISIT, ROBOT, visit.enter_ns, visit.leave_ns,
                  to_room_id=visit.room_id)
        )  # fmt: skip
        enter = add(
            Event("", EventLevel.ACTION, ENTER_ROOM, ROBOT, visit.enter_ns, visit.enter_ns,
                  from_room_id=before, to_room_id=visit.room_id, parent_id=event_id_of(number))
        )  # fmt: skip
        self._known.append(visit)
        self._numbers.append((number, enter))

    def _update(self, index: int, visit: RoomVisit) -> None:
        if self._known[index] == visit:
            return
        old, (number, enter) = self._known[index], self._numbers[index]
        self._known[index] = visit
        if old.room_id == visit.room_id and old.enter_ns == visit.enter_ns:
            self._scribe.table.set_end(number, visit.leave_ns)
            return
        before = self._room_before(index, visit)
        self._scribe.table.revise(
            number, start_ns=visit.enter_ns, end_ns=visit.leave_ns, to_room_id=visit.room_id
        )
        self._scribe.table.revise(
            enter, start_ns=visit.enter_ns, end_ns=visit.enter_ns, to_room_id=visit.room_id,
            from_room_id=before,
        )  # fmt: skip

    def _room_before(self, index: int, visit: RoomVisit) -> str:
        """The room that the robot came from, '' if it did not come from one without a break."""
        if not 0 < index <= len(self._known):
            return ""
        before = self._known[index - 1]
        return before.room_id if before.leave_ns == visit.enter_ns else ""

    def _reconcile(self, visits: list[RoomVisit]) -> None:
        """Other visits than before: find those that are the same, withdraw the rest, add new ones."""
        if visits == self._known:
            return
        olds, numbers = self._known, self._numbers
        kept = _matches(olds, visits)
        gone = set(range(len(olds))) - set(kept.values())
        for index in sorted(gone):
            for number in numbers[index]:
                self._scribe.table.withdraw(number)
        self._known, self._numbers = [], []
        for index, visit in enumerate(visits):
            if index in kept:
                self._known.append(olds[kept[index]])
                self._numbers.append(numbers[kept[index]])
                self._update(index, visit)
                self._fix_origin(index, visit)
            else:
                self._append(visit)

    def _fix_origin(self, index: int, visit: RoomVisit) -> None:
        self._scribe.revise(self._numbers[index][1], from_room_id=self._room_before(index, visit))

    def to_json(self) -> str:
        rows = [
            [v.room_id, v.enter_ns, v.leave_ns, *numbers]
            for v, numbers in zip(self._known, self._numbers, strict=True)
        ]
        return json.dumps(rows)

    def load_json(self, text: str) -> None:
        rows = json.loads(text)
        self._known = [RoomVisit(room, enter, leave) for room, enter, leave, _, _ in rows]
        self._numbers = [(visit, enter) for _, _, _, visit, enter in rows]
        self._revision = -1


def _matches(olds: list[RoomVisit], visits: list[RoomVisit]) -> dict[int, int]:
    """Per new visit the old one that it goes on from: the same begin and room, else most time shared."""
    free: dict[tuple[str, int], list[int]] = {}
    for index, old in enumerate(olds):
        free.setdefault((old.room_id, old.enter_ns), []).append(index)
    kept: dict[int, int] = {}
    for index, visit in enumerate(visits):
        same = free.get((visit.room_id, visit.enter_ns))
        if same:
            kept[index] = same.pop(0)
    left = sorted(set(range(len(olds))) - set(kept.values()))
    for index, visit in enumerate(visits):
        if index in kept or not left:
            continue
        best = max(
            left, key=lambda i: (_shared_ns(olds[i], visit), olds[i].room_id == visit.room_id)
        )
        if _shared_ns(olds[best], visit) > 0:
            kept[index] = best
            left.remove(best)
    return kept


def _shared_ns(first: RoomVisit, second: RoomVisit) -> int:
    return min(first.leave_ns, second.leave_ns) - max(first.enter_ns, second.enter_ns)
