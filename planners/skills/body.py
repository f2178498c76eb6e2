"""What every skill works with: memory, the newest observation, and an account of what was done."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator

import numpy as np
from numpy.typing import NDArray

from ...core import Action, Detection, Observation, Outcome
from ...recall.memory_recall import MemoryRecall
from ..drive_map import Bump, DriveMap, Pose, build_drive_map
from ..executor_config import ExecutorConfig
from .result import Failure, SkillFailedError

Steps = Generator[Action, Outcome, None]
"""A skill: yields actions, is sent their outcomes, raises SkillFailedError."""
Deed = Generator[Action, Outcome, Outcome]
"""One action; returns its outcome."""


class Body:
    """One robot while it does skills. Reads memory, never writes it."""

    def __init__(
        self, memory: MemoryRecall, config: ExecutorConfig, observation: Observation
    ) -> None:
        self.memory = memory
        self.config = config
        self.observation = observation
        self.clock = 0
        """Counts actions of all skills."""
        self.bumps: list[Bump] = []
        self.watch: Callable[[Observation], bool] | None = None
        """Ends a drive early when it says so of an observation."""
        self.has_watched = False
        self.begin(config.max_action_count)

    def begin(self, max_action_count: int) -> None:
        """Another skill begins."""
        self.actions: list[Action] = []
        self.path: list[Pose] = [self.base]
        self.blocked_count = 0
        self.distance_m = 0.0
        self.entity_id = ""
        self.max_action_count = max_action_count
        self.watch, self.has_watched = None, False

    @property
    def base(self) -> Pose:
        """Where the robot believes to stand: x, y, yaw."""
        return base_of(self.observation)

    @property
    def mode(self) -> str:
        robot = self.observation.robot
        return "navigation" if robot is None else robot.mode

    @property
    def held_label(self) -> str | None:
        robot = self.observation.robot
        return None if robot is None else robot.held_label

    def do(self, name: str, target: str = "") -> Deed:
        """Send one action and note what came of it."""
        if len(self.actions) >= self.max_action_count:
            raise SkillFailedError(
                Failure.OUT_OF_STEPS, f"not done within {self.max_action_count} actions"
            )
        action = Action(name, (("target", target),) if target else ())
        outcome = yield action
        self._note(action, outcome)
        if outcome.is_done and "stop" not in name:
            raise SkillFailedError(Failure.EPISODE_OVER, "the episode ended")
        return outcome

    def enter(self, mode: str) -> Steps:
        """'navigation' or 'manipulation' mode."""
        if self.mode != mode:
            outcome = yield from self.do(f"{mode}_mode")
            if not outcome.is_success:
                raise SkillFailedError(Failure.REFUSED, outcome.feedback)

    def drive_map(self, wanted: NDArray[np.floating], *, is_bold: bool = False) -> DriveMap:
        """The costs of driving by what is known now; holds the (N, 2) points `wanted`."""
        self.bumps = [bump for bump in self.bumps if bump.until_action > self.clock]
        return build_drive_map(
            self.memory.ground_map(self.config.ground.robot),
            self.config.ground,
            start=self.base,
            wanted=wanted,
            track=self.memory.views.regions.track.positions_in_world,
            bumps=tuple(self.bumps),
            is_bold=is_bold,
        )

    @property
    def map_revision(self) -> int:
        return self.memory.views.octree.revision

    def sees_person_ahead(self) -> bool:
        """Whether somebody stands large in the middle of the image."""
        width = self.observation.intrinsics.width_px
        height = self.observation.intrinsics.height_px
        return any(
            d.label in self.config.person_labels
            and d.box_px[0] < 0.8 * width
            and d.box_px[2] > 0.2 * width
            and d.box_px[3] - d.box_px[1] > 0.3 * height
            for d in self.observation.detections
        )

    def detections_of(self, label: str) -> list[Detection]:
        """Of the newest observation, surest first."""
        wanted = normal_label(label)
        found = [d for d in self.observation.detections if normal_label(d.label) == wanted]
        return sorted(found, key=lambda d: -d.confidence)

    def _note(self, action: Action, outcome: Outcome) -> None:
        self.clock += 1
        self.actions.append(action)
        self.observation = outcome.observation
        self.path.append(self.base)
        if action.name == "move_forward":
            if is_blocked(outcome):
                self.blocked_count += 1
            else:
                self.distance_m += self.config.motion.step_m
        if self.watch is not None and self.watch(outcome.observation):
            self.has_watched = True


def is_blocked(outcome: Outcome) -> bool:
    """Whether a step was not made."""
    robot = outcome.observation.robot
    return not outcome.is_success or (robot is not None and robot.is_blocked)


def base_of(observation: Observation) -> Pose:
    """Where the base is believed to be; of the camera if the robot does not tell."""
    if observation.robot is not None:
        return observation.robot.base_in_world
    x, y, _ = observation.world_from_camera[:3, 3].tolist()
    ahead = observation.world_from_camera[:3, 2]
    return (x, y, math.atan2(float(ahead[1]), float(ahead[0])))


def normal_label(label: str) -> str:
    return label.strip().lower().replace(" ", "_")
