"""How the executor drives and when it gives up, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..errors import InputError
from ..spatial.routes import RobotShape


@dataclass(frozen=True)
class MotionConfig:
    """The robot's own steps (FindingDory's: 0.25 m and 10 degrees) and what they cost."""

    step_m: float = 0.25
    turn_rad: float = math.radians(10.0)
    turn_cost_m: float = 0.1
    """One turn costs as much as so much way."""
    horizon_m: float = 3.0
    """Steps are planned together up to so much cheaper a place, or to the goal."""
    tolerance_share: float = 0.5
    """So much of a goal's tolerance is used up by design; the rest is for the error of the pose."""
    max_node_count: int = 150_000
    """Of one search."""

    def __post_init__(self) -> None:
        turns = 2 * math.pi / self.turn_rad
        if self.step_m <= 0 or abs(turns - round(turns)) > 1e-6:
            raise InputError(
                "need step_m > 0 and a whole number of turns in a circle, got "
                f"{self.step_m} m and {self.turn_rad} rad"
            )


@dataclass(frozen=True)
class GroundConfig:
    """What a metre of way costs, by what memory knows of it. Free and wide costs 1."""

    robot: RobotShape = field(default_factory=RobotShape)
    comfortable_m: float = 0.45
    """Nearer than this to what blocks, way costs more."""
    voxel_margin_m: float = 0.04
    """A voxel map is that blurred: from so much below the robot's radius to so much above it, it may
    fit or not."""
    near_cost: float = 1.0
    """Added just where the robot surely fits."""
    tight_cost: float = 6.0
    """Added where it may not fit."""
    unknown_cost: float = 2.0
    """Added where nothing was seen."""
    solid_cost: float = 60.0
    """Where it does not fit by the map; tried only if there is no other way."""
    track_half_width_m: float = 0.06
    """So far beside its own past track it surely fits."""


@dataclass(frozen=True)
class ExecutorConfig:
    """Defaults of everything that skills do."""

    motion: MotionConfig = field(default_factory=MotionConfig)
    ground: GroundConfig = field(default_factory=GroundConfig)
    max_action_count: int = 1000
    """Of one skill, if the skill says nothing else; FindingDory's episodes allow as many."""
    max_blocked_count: int = 40
    """Blocked steps of one drive."""
    max_bold_blocked_count: int = 5
    """The same while it tries what its map holds for solid."""
    patience_steps: int = 3
    """How often to try again when somebody stands in the way, before going around."""
    max_wait_count: int = 60
    """Actions of waiting in one drive while people leave no way."""
    wait_action: str = "noop"
    bump_memory_actions: int = 150
    """How long a blocked spot is avoided."""
    moving_bump_memory_actions: int = 25
    """The same if the map says that the spot is free: somebody stood there."""
    deviation_m: float = 0.03
    deviation_rad: float = math.radians(2.0)
    """A plan is made anew when the believed pose has left it so far."""
    reach_m: float = 1.1
    """From the base to what the arm shall reach; the house allows 1.25."""
    stand_m: float = 0.8
    """Liked best between the base and what it looks at or handles."""
    max_try_count: int = 4
    """Places to stand that are tried for one thing."""
    max_refused_count: int = 2
    """Places from which an action is tried that the world refuses."""
    max_search_places: int = 12
    person_labels: tuple[str, ...] = ("person",)

    def __post_init__(self) -> None:
        if self.max_action_count < 1 or self.max_try_count < 1 or self.patience_steps < 0:
            raise InputError(
                "need max_action_count and max_try_count >= 1, patience_steps >= 0, got "
                f"{self.max_action_count}, {self.max_try_count}, {self.patience_steps}"
            )
