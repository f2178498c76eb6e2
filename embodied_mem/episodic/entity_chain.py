"""Reading the chain of an entity's states: where it lay before a hand took it, and after."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..entities.entity import ROBOT, Entity, EntityState, Status

SAME_PLACE_M = 0.5


def held_index(entity: Entity, start_ns: int, end_ns: int) -> int | None:
    """The last state in the robot's hand that began within an interval."""
    for index in range(len(entity.states) - 1, -1, -1):
        state = entity.states[index]
        if state.holder == ROBOT and start_ns <= state.since_ns <= end_ns:
            return index
    return None


def lying_before(entity: Entity, index: int | None) -> EntityState | None:
    """The last state before an index in which it lay somewhere."""
    for state in reversed(entity.states[: index or 0]):
        if state.status is Status.PRESENT:
            return state
    return None


def find_spot(states: Sequence[EntityState]) -> tuple[EntityState | None, bool]:
    """The last state at the first place where it was seen, and whether it lies there no more."""
    spot: EntityState | None = None
    for state in states:
        if not is_seen(state):
            continue  # only reckoned from where the robot stood
        is_there = state.status is Status.PRESENT and not state.holder
        if not is_there or (spot is not None and gap_m(spot, state) > SAME_PLACE_M):
            return spot, True
        spot = state
    return spot, False


def is_seen(state: EntityState) -> bool:
    """Whether more than the robot's word shows a state."""
    return any(not name.startswith("robot:") for name in state.evidence)


def gap_m(first: EntityState, second: EntityState) -> float:
    a = first.position_in_world
    b = second.position_in_world
    return math.inf if a is None or b is None else math.dist(a, b)


def as_known_now(entity: Entity, state: EntityState) -> EntityState:
    """The same link of the chain with all that is known of it."""
    for other in reversed(entity.states):
        if other.since_ns == state.since_ns and other.change is state.change:
            return other
    return state


def find_state_before(entity: Entity, state: EntityState) -> EntityState | None:
    """The state that ended when another one of the chain began; None for the first."""
    for index in range(len(entity.states) - 1, 0, -1):
        other = entity.states[index]
        if other.since_ns == state.since_ns and other.change is state.change:
            return entity.states[index - 1]
    return None
