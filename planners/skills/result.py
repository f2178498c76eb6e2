"""What became of a skill: what was really done, where it ended, and why it failed."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core import Action
from ...errors import EmbodiedMemError
from ..drive_map import Pose


class Failure(str, enum.Enum):
    """Why a skill failed."""

    NO_WAY = "no_way"
    """By what memory knows, nothing leads there."""
    BLOCKED = "blocked"
    """Something stood in the way again and again."""
    NOT_NEAR_ENOUGH = "not_near_enough"
    """No turns and steps end within the tolerance."""
    NOT_THERE = "not_there"
    """It does not stand where it was told to stop: the stop was not sent."""
    NOT_KNOWN = "not_known"
    """Memory knows no such thing or room, or not where it is."""
    NO_STAND = "no_stand"
    """No free floor from where to look at it or reach it."""
    HAND_FULL = "hand_full"
    HAND_EMPTY = "hand_empty"
    REFUSED = "refused"
    """The world refused the action: its own words are the reason."""
    NOT_FOUND = "not_found"
    """Looked everywhere that was worth it."""
    OUT_OF_STEPS = "out_of_steps"
    EPISODE_OVER = "episode_over"


class SkillFailedError(EmbodiedMemError):
    """Raised inside a skill, handled by the executor alone, which makes a `SkillResult` of it."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason


@dataclass(frozen=True)
class SkillResult:
    """The report of one skill."""

    skill: str
    """Its name and target, for logs."""
    is_success: bool
    failure: Failure | None
    reason: str
    """In words; empty on success."""
    actions: tuple[Action, ...]
    """What was really sent, in order."""
    path: NDArray[np.float64]
    """(N, 3) x, y, yaw as believed, before the first action and after each."""
    blocked_count: int
    distance_m: float
    """Driven: steps that were not blocked times their length."""
    entity_id: str = ""
    """What it went to, handled or found."""

    @property
    def action_count(self) -> int:
        return len(self.actions)

    @property
    def base(self) -> Pose:
        """Where it believes to stand at the end: x, y, yaw."""
        x, y, yaw = self.path[-1].tolist()
        return (x, y, yaw)
