"""What happened: who did what to which entity, from where to where, and when."""

from __future__ import annotations

import enum
from dataclasses import dataclass

Point3 = tuple[float, float, float]


class EventLevel(str, enum.Enum):
    """Goals hold sub-goals, sub-goals hold actions."""

    GOAL = "goal"
    SUBGOAL = "subgoal"
    """An interaction: from reaching for an object until it is laid down; or a visit to a room."""
    ACTION = "action"
    """'pick', 'place', 'open', 'close', 'turn_on', 'turn_off', 'enter_room', 'say' ..., or a change
    that was noticed: 'appeared', 'moved', 'vanished'."""


@dataclass(frozen=True)
class Event:
    """One event. Ids of places and participants are '' where unknown."""

    event_id: str
    """'event:12'; numbered in the order in which memory noticed them."""
    level: EventLevel
    action: str
    actor: str
    """'robot', the entity id or name of a person, '' if nobody saw who."""
    start_ns: int
    end_ns: int
    entity_id: str = ""
    label: str = ""
    from_id: str = ""
    """Entity id of the furniture it came from."""
    to_id: str = ""
    from_room_id: str = ""
    to_room_id: str = ""
    from_position: Point3 | None = None
    to_position: Point3 | None = None
    parent_id: str = ""
    """Event id of the sub-goal or goal that it belongs to."""
    outcome: str = ""
    """'success', 'failure', 'open' or ''."""
    text: str = ""
    evidence: tuple[str, ...] = ()
    """Record ids, best first."""
    confidence: float = 1.0
    robot_position: Point3 | None = None
    """Where the robot stood at its end, if it took part or saw it."""
