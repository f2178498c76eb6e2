"""What can be asked of the executor, as data. Targets are ids or words as memory answers them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...errors import InputError
from ..local_control import PoseGoal

SWITCH_VERBS = ("open", "close", "turn_on", "turn_off")


@dataclass(frozen=True)
class GoToPose:
    """Stand at a point, turned to `yaw_rad` if one is given."""

    x: float
    y: float
    yaw_rad: float | None = None
    tolerance_m: float = 0.1
    yaw_tolerance_rad: float = math.radians(5.0)

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.yaw_rad or 0.0)
        if not all(map(math.isfinite, values)) or self.tolerance_m < 0.05:
            raise InputError(
                f"a pose must be finite and its tolerance_m at least 0.05, got {self}; steps of 0.25 m "
                "do not end nearer"
            )

    @property
    def goal(self) -> PoseGoal:
        return PoseGoal(self.x, self.y, self.yaw_rad, self.tolerance_m, self.yaw_tolerance_rad)


@dataclass(frozen=True)
class GoToEntity:
    """Stand near a thing, facing it."""

    target: str
    """'entity:7', or words."""
    tolerance_m: float = 0.1


@dataclass(frozen=True)
class GoToViewpoint:
    """Stand before furniture, facing it, preferably where it was handled from before."""

    target: str
    tolerance_m: float = 0.08


@dataclass(frozen=True)
class GoToRoom:
    """Stand inside a room."""

    target: str
    """'room:2', or a kind such as 'kitchen'."""


@dataclass(frozen=True)
class Face:
    """Turn on the spot towards a point."""

    x: float
    y: float


@dataclass(frozen=True)
class Pick:
    """Take a thing into the hand; ends in navigation mode."""

    target: str
    is_approached: bool = True
    """Drive to it first."""


@dataclass(frozen=True)
class Place:
    """Lay what is held onto furniture; ends in navigation mode."""

    target: str
    is_approached: bool = True


@dataclass(frozen=True)
class Switch:
    """Open, close, turn on or turn off something."""

    verb: str
    target: str
    is_approached: bool = True

    def __post_init__(self) -> None:
        if self.verb not in SWITCH_VERBS:
            raise InputError(f"verb must be one of {', '.join(SWITCH_VERBS)}, got '{self.verb}'")


@dataclass(frozen=True)
class Search:
    """Look for a label where memory thinks it may be, then at frontiers, until a camera sees it."""

    label: str
    max_action_count: int = 500


@dataclass(frozen=True)
class Stop:
    """End the episode (or a part of it), if the robot stands where it should."""

    at: GoToPose | None = None
    """Not sent unless it stands there: a wrong stop fails a task for good."""
    is_final: bool = True


Skill = (
    GoToPose | GoToEntity | GoToViewpoint | GoToRoom | Face | Pick | Place | Switch | Search | Stop
)
