"""A kinematic mobile manipulator: FindingDory's robot and its action set.

The base is a disc of 0.25 m, 1.41 m high. It moves forward by 0.25 m and turns by 10 degrees. A move
that would touch something is not made at all: no sliding. In manipulation mode the base is turned by
90 degrees to the left, so that the arm, on its right side, points where the robot looked before.
What is held is seen in front of the robot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...core import RobotState
from .household import Household, RefusedError
from .navigation import NavigationMap
from .person_mesh import PERSON_RADIUS_M
from .reach import wrapped_rad
from .truth_log import ROBOT
from .world import Point2

RADIUS_M = 0.25
HEIGHT_M = 1.41
STEP_M = 0.25
TURN_RAD = math.radians(10.0)
QUARTER_RAD = math.pi / 2
HOLD_AHEAD_M = 0.55
HOLD_HEIGHT_M = 0.85

MOTIONS = (
    "stop", "intermediate_stop", "move_forward", "turn_left", "turn_right", "manipulation_mode",
    "navigation_mode", "arm", "noop",
)  # fmt: skip

Pose = tuple[float, float, float]
"""x_m, y_m, yaw_rad in the world."""


@dataclass
class RobotBody:
    """Where the robot truly is and what it does with its arm."""

    x: float
    y: float
    yaw_rad: float
    mode: str = "navigation"
    held_id: str | None = None
    arm_extension_m: float = 0.0
    arm_lift_m: float = 0.6
    is_blocked: bool = False

    @property
    def pose(self) -> Pose:
        return (self.x, self.y, self.yaw_rad)

    @property
    def arm(self) -> Pose:
        """The base with the direction in which the arm works."""
        turn = -QUARTER_RAD if self.mode == "manipulation" else 0.0
        return (self.x, self.y, wrapped_rad(self.yaw_rad + turn))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> RobotBody:
        return cls(**row)


class Robot:
    """Moves the body through a house; its verbs raise RefusedError and then change nothing."""

    def __init__(
        self,
        body: RobotBody,
        household: Household,
        navigation: NavigationMap,
        people: Callable[[], Mapping[str, Point2]],
    ) -> None:
        """`people` tells where residents stand now, by name."""
        self.body = body
        self.household = household
        self.navigation = navigation
        self._people = people

    def move(self, name: str, *, extension_m: float = 0.0, lift_m: float | None = None) -> None:
        """Do one of `MOTIONS`."""
        body = self.body
        body.is_blocked = False
        if name == "move_forward":
            self._drive()
        elif name in ("turn_left", "turn_right"):
            self._turn(TURN_RAD if name == "turn_left" else -TURN_RAD)
        elif name in ("manipulation_mode", "navigation_mode"):
            self._enter(name.removesuffix("_mode"))
        elif name == "arm":
            body.arm_extension_m = min(max(extension_m, 0.0), 0.52)
            body.arm_lift_m = min(max(body.arm_lift_m if lift_m is None else lift_m, 0.2), 1.1)

    def teleport(self, x: float, y: float, yaw_rad: float) -> None:
        """Stand somewhere else, in navigation mode; the caller has checked that it is free."""
        body = self.body
        body.x, body.y, body.yaw_rad = x, y, wrapped_rad(yaw_rad)
        body.mode, body.is_blocked = "navigation", False
        self.hold()

    def hold(self) -> None:
        """Bring what is held to its place in front of the base."""
        body = self.body
        if body.held_id is None:
            return
        size = self.household.get_object(body.held_id).size
        ahead = HOLD_AHEAD_M + size[0] / 2
        x = body.x + ahead * math.cos(body.yaw_rad)
        y = body.y + ahead * math.sin(body.yaw_rad)
        self.household.carry(ROBOT, (x, y, HOLD_HEIGHT_M - size[2] / 2), body.yaw_rad)

    def _drive(self) -> None:
        body = self.body
        if body.mode == "manipulation":
            raise RefusedError("The robot is in manipulation mode and cannot drive.")
        end = (
            body.x + STEP_M * math.cos(body.yaw_rad),
            body.y + STEP_M * math.sin(body.yaw_rad),
        )
        for name, point in self._people().items():
            if _is_hit((body.x, body.y), end, point, RADIUS_M + PERSON_RADIUS_M):
                body.is_blocked = True
                raise RefusedError(f"{name} is in the way.")
        if not self.navigation.is_motion_free((body.x, body.y), end):
            body.is_blocked = True
            raise RefusedError("The way ahead is blocked.")
        body.x, body.y = end
        self.hold()

    def _turn(self, angle_rad: float) -> None:
        self.body.yaw_rad = wrapped_rad(self.body.yaw_rad + angle_rad)
        self.hold()

    def _enter(self, mode: str) -> None:
        if self.body.mode == mode:
            raise RefusedError(f"The robot is already in {mode} mode.")
        self.body.mode = mode
        self._turn(QUARTER_RAD if mode == "manipulation" else -QUARTER_RAD)


def state_of(body: RobotBody, household: Household, *, base: Pose, odometry: Pose) -> RobotState:
    """What the robot reports about itself, with estimated poses."""
    held = household.get_object(body.held_id).category if body.held_id else None
    return RobotState(
        base_in_world=base,
        odometry=odometry,
        mode=body.mode,
        held_label=held,
        joints=(
            ("arm_lift_m", body.arm_lift_m),
            ("arm_extension_m", body.arm_extension_m),
            ("gripper_open_m", 0.02 if held else 0.1),
        ),
        is_blocked=body.is_blocked,
    )


def _is_hit(start: Point2, end: Point2, point: Point2, radius_m: float) -> bool:
    """Whether a disc that drives from start to end gets nearer to a point, into its radius."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length_sq = max(dx * dx + dy * dy, 1e-12)
    part = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / length_sq
    part = min(max(part, 0.0), 1.0)
    nearest = math.hypot(start[0] + part * dx - point[0], start[1] + part * dy - point[1])
    now = math.hypot(start[0] - point[0], start[1] - point[1])
    return nearest < radius_m and nearest < now - 1e-9
