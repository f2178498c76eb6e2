"""Rounds of pick and place in their order, as questions about a day ask for them."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event, Point3


@dataclass(frozen=True)
class Interaction:
    """One thing taken and laid down by the robot. Ids of places are '' where unknown."""

    order: int
    """1 for the first of the memory."""
    event_id: str
    """Of the sub-goal 'rearrange'."""
    pick_event_id: str
    place_event_id: str
    """'' while it is held."""
    entity_id: str
    label: str
    from_id: str
    to_id: str
    from_room_id: str
    to_room_id: str
    start_ns: int
    """The last step before the robot reached for it (FindingDory's begin of an interaction)."""
    pick_ns: int
    """The first step with it in the hand."""
    place_ns: int | None
    """The first step with it out of the hand."""
    end_ns: int
    """Back in navigation mode after that; the last step so far while it is held."""
    from_position: Point3 | None = None
    to_position: Point3 | None = None
    pick_robot_position: Point3 | None = None
    place_robot_position: Point3 | None = None

    @property
    def is_done(self) -> bool:
        return self.place_ns is not None

    @property
    def duration_ns(self) -> int:
        """From the reach to the end of laying it down, as FindingDory measures it."""
        return (self.end_ns if self.place_ns is None else self.place_ns) - self.start_ns


def interaction_of(order: int, whole: Event, pick: Event, place: Event | None) -> Interaction:
    """One round from its sub-goal and its actions."""
    return Interaction(
        order=order,
        event_id=whole.event_id,
        pick_event_id=pick.event_id,
        place_event_id="" if place is None else place.event_id,
        entity_id=whole.entity_id or pick.entity_id,
        label=pick.label or whole.label,
        from_id=pick.from_id,
        to_id="" if place is None else place.to_id,
        from_room_id=pick.from_room_id,
        to_room_id="" if place is None else place.to_room_id,
        start_ns=pick.start_ns,
        pick_ns=pick.end_ns,
        place_ns=None if place is None else place.end_ns,
        end_ns=whole.end_ns,
        from_position=pick.from_position,
        to_position=None if place is None else place.to_position,
        pick_robot_position=pick.robot_position,
        place_robot_position=None if place is None else place.robot_position,
    )
