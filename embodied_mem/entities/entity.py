"""What memory believes about one thing or person: a chain of states, each with its evidence."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..errors import InputError
from ..perception import OrientedBox

Point3 = tuple[float, float, float]
ROBOT = "robot"
"""Who holds what the gripper holds."""


class EntityKind(str, enum.Enum):
    """What may happen to it."""

    OBJECT = "object"
    """Small enough to be carried about."""
    FURNITURE = "furniture"
    """Stays where it is, as a rule; things lie on it."""
    PERSON = "person"


class Status(str, enum.Enum):
    """Where an entity is now, as far as memory knows."""

    PRESENT = "present"
    HELD = "held"
    """In the hand of the robot or of a person: see `holder`."""
    GONE = "gone"
    """Rays passed through its last place and it was not there; it is somewhere else."""


class ChangeKind(str, enum.Enum):
    """How a state began."""

    APPEARED = "appeared"
    """Seen for the first time."""
    MOVED = "moved"
    """Seen at another place than before."""
    PICKED = "picked"
    """Taken into a hand."""
    PLACED = "placed"
    """Laid down out of a hand."""
    GONE = "gone"
    """Its place was looked at and it was not there."""
    RETURNED = "returned"
    """Back where it was before it had gone."""
    OPENED = "opened"
    CLOSED = "closed"
    TURNED_ON = "turned_on"
    TURNED_OFF = "turned_off"


@dataclass(frozen=True)
class EntityState:
    """One link of the chain: what held from `since_ns` until the next link begins.

    The change happened after `not_before_ns` (the last evidence for the state before) and not later
    than `since_ns` (the first evidence for this one).
    """

    change: ChangeKind
    status: Status
    since_ns: int
    not_before_ns: int
    last_seen_ns: int
    """The last evidence for this state."""
    position_in_world: Point3 | None
    """Centre; where it was last while it is held or gone."""
    box: OrientedBox | None
    holder: str = ""
    """'robot' or the entity id of a person while held."""
    support_id: str = ""
    """Entity id of the furniture that it lies on, '' if unknown."""
    evidence: tuple[str, ...] = ()
    """Records that show this state, best first: 'frame:12', 'detection:40', 'look:41', 'robot:7'."""
    ending_evidence: tuple[str, ...] = ()
    """Records that show that the state before had ended, such as looks through its place."""
    is_open: bool | None = None
    is_on: bool | None = None


@dataclass(frozen=True)
class Entity:
    """One thing, piece of furniture or person. `states` is oldest first and never empty."""

    entity_id: str
    """'entity:7'; stays for good, also after merges (`merged_ids` lists who came in)."""
    kind: EntityKind
    label: str
    """The likeliest name."""
    label_shares: tuple[tuple[str, float], ...]
    """(label, probability), likeliest first."""
    states: tuple[EntityState, ...]
    existence: float
    """Probability that there is such a thing at all."""
    is_confirmed: bool
    """Seen well enough to be counted; what is not is kept, but no answer counts on it."""
    first_seen_ns: int
    last_seen_ns: int
    observation_count: int
    mean_color: tuple[float, float, float] | None = None
    """RGB, 0 to 255."""
    color_name: str = ""
    """'red', 'dark blue' ...: `mean_color` in words."""
    best_evidence: tuple[str, ...] = ()
    """Frames and detections that show it best, best first."""
    merged_ids: tuple[str, ...] = ()

    @property
    def state(self) -> EntityState:
        """What holds now."""
        return self.states[-1]

    @property
    def status(self) -> Status:
        return self.states[-1].status

    @property
    def position_in_world(self) -> Point3 | None:
        return self.states[-1].position_in_world

    @property
    def box(self) -> OrientedBox | None:
        return self.states[-1].box


def entity_id_of(number: int) -> str:
    return f"entity:{number}"


def entity_number(entity_id: str) -> int:
    """The 7 of 'entity:7'.

    Raises:
        InputError: another form.
    """
    prefix, _, number = entity_id.partition(":")
    if prefix != "entity" or not number.isdecimal():
        raise InputError(f"an entity id looks like 'entity:7', got '{entity_id}'")
    return int(number)
