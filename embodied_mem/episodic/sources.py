"""What the segmentation of events needs from entities, and the pen that all its parts write with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..entities.entity import Entity, EntityState
from ..graph.robot_track import RobotTrack
from .event import Event, EventLevel, Point3
from .event_table import LEVELS, NO_ROW, EventTable

_RECENT = 256
"""A report and what memory noticed itself are one event only among so many last events."""
REPORT = "report:"
"""How the ids of reports begin among the evidence."""


class EntityChange(Protocol):
    """A state that began; `entities.view.Change`."""

    @property
    def number(self) -> int: ...

    @property
    def entity_id(self) -> str: ...

    @property
    def state(self) -> EntityState: ...


class EntityMerge(Protocol):
    """Two entities that were found to be one; `entities.merging.Merge`."""

    @property
    def merged_id(self) -> str: ...

    @property
    def is_undone(self) -> bool: ...


class EntitySource(Protocol):
    """The part of `entities.view.EntityView` that events read."""

    def find(self, entity_id: str) -> Entity | None: ...

    def changes_after(self, number: int) -> Sequence[EntityChange]: ...

    @property
    def held_entity_id(self) -> str | None: ...

    @property
    def merges(self) -> Sequence[EntityMerge]: ...


class Scribe:
    """Writes events into a table, each within its parents' intervals."""

    def __init__(self, table: EventTable, track: RobotTrack) -> None:
        self.table, self.track = table, track
        self.robot_row = NO_ROW
        """Row of the robot's track at this step."""

    def robot_position(self, number: int) -> Point3 | None:
        """Where the robot was at the end of an event, as now believed."""
        return position_at_row(self.track, int(self.table.column("robot_row")[number]))

    def write(self, event: Event) -> int:
        number = self.table.add(event, robot_row=self.robot_row)
        self.table.contain(number)
        return number

    def revise(self, number: int, **changes: object) -> None:
        """Change an event if that makes a difference."""
        event = self.table.get(number)
        if any(getattr(event, name) != value for name, value in changes.items()):
            self.table.revise(number, **changes)
            self.table.contain(number)

    def find_twin(
        self, event: Event, *, slack_ns: int, is_reported: bool, is_same_thing: bool = True
    ) -> int | None:
        """The last recent action that is the same one, as reported or as noticed; None if none.

        Args:
            event: what is to be written.
            slack_ns: the intervals may miss each other by so much.
            is_reported: look among what was reported and not noticed, else the other way round.
            is_same_thing: entity and label must not contradict.
        """
        code = self.table.find_code(event.action)
        if code is None:
            return None
        start = max(0, self.table.count - _RECENT)
        column = self.table.column
        is_near = (
            column("is_live")[start:]
            & (column("action")[start:] == code)
            & (column("level")[start:] == LEVELS.index(EventLevel.ACTION))
            & (column("start_ns")[start:] <= event.end_ns + slack_ns)
            & (column("end_ns")[start:] >= event.start_ns - slack_ns)
        )
        for number in (start + np.flatnonzero(is_near)[::-1]).tolist():
            other = self.table.get(number)
            reports = [name.startswith(REPORT) for name in other.evidence]
            fits = (all(reports) and bool(reports)) if is_reported else not any(reports)
            fits &= other.outcome != "failure"
            if fits and (not is_same_thing or _is_same_thing(event, other)):
                return int(number)
        return None

    def find_goal(self, start_ns: int) -> str:
        """The innermost goal at a time: id of the last one that had begun and not ended; '' if none."""
        for number in reversed(self.table.goals[-_RECENT:]):
            if self.table.is_live(number):
                goal = self.table.get(number)
                has_ended = goal.outcome != "open" and goal.end_ns < start_ns
                if goal.start_ns <= start_ns and not has_ended:
                    return goal.event_id
        return ""


def is_entity_id(name: str) -> bool:
    """Whether a name is an entity's id and not words."""
    prefix, _, number = name.partition(":")
    return prefix == "entity" and number.isdecimal()


def position_at_row(track: RobotTrack, row: int) -> Point3 | None:
    """Of the robot; None for no row."""
    if not 0 <= row < track.count:
        return None
    x, y, z = track.positions_in_world[row].tolist()
    return (x, y, z)


def _is_same_thing(first: Event, second: Event) -> bool:
    if first.entity_id and second.entity_id:
        return first.entity_id == second.entity_id
    if first.label and second.label:
        return first.label.casefold() == second.label.casefold()
    return False
