"""Local control: which whole steps and turns lead to a pose, chosen together.

A robot that steps 0.25 m in 36 directions stands up to 0.14 m beside where it wants to be if each step
is chosen alone; two or three steps chosen together end as near as one likes. The search is a hybrid A*
(Dolgov et al. 2008) whose cost to go is exact on the map's grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .drive_map import DriveMap, Point2, Pose
from .executor_config import MotionConfig
from .lattice_kernels import BEST_EFFORT, FORWARD, FOUND, LEFT, cost_to_go, search_motion

_ANGLE_SLACK_RAD = 1e-6


@dataclass(frozen=True)
class PoseGoal:
    """Where to be."""

    x: float
    y: float
    yaw_rad: float | None = None
    """None: any."""
    tolerance_m: float = 0.1
    yaw_tolerance_rad: float = math.radians(5.0)

    @property
    def point(self) -> Point2:
        return (self.x, self.y)

    def gap_m(self, base: Pose) -> float:
        return math.hypot(base[0] - self.x, base[1] - self.y)

    def yaw_gap_rad(self, base: Pose) -> float:
        """0 if any yaw will do."""
        if self.yaw_rad is None:
            return 0.0
        return abs(math.remainder(base[2] - self.yaw_rad, 2 * math.pi))

    def is_reached(self, base: Pose) -> bool:
        is_turned = self.yaw_gap_rad(base) <= self.yaw_tolerance_rad + _ANGLE_SLACK_RAD
        return self.gap_m(base) <= self.tolerance_m and is_turned


@dataclass(frozen=True)
class Field:
    """The cost to go to one goal from everywhere on one map."""

    drive_map: DriveMap
    cost_to_go: NDArray[np.float32]
    """(X, Y) in metres of free way; infinite where there is no way."""
    parent: NDArray[np.int32]
    """(X, Y) flat cell that is next on the way."""

    def at(self, x: float, y: float) -> float:
        i, j = self.drive_map.cell_of(x, y)
        shape = self.cost_to_go.shape
        return float(self.cost_to_go[i, j]) if 0 <= i < shape[0] and 0 <= j < shape[1] else math.inf


@dataclass(frozen=True)
class MotionPlan:
    """Actions and the poses that they should lead to."""

    moves: tuple[str, ...]
    """'move_forward', 'turn_left', 'turn_right'."""
    poses: tuple[Pose, ...]
    """One more than moves: the first is the start."""
    is_complete: bool
    """Whether it ends at the goal (or at the horizon on the way there); else as near as it found."""


def field_of(drive_map: DriveMap, goal: Point2) -> Field:
    """The cost to go to a point of the map."""
    shape = drive_map.cost.shape
    field = np.empty(shape, np.float32)
    parent = np.empty(shape, np.int32)
    i, j = drive_map.cell_of(*goal)
    cost_to_go(drive_map.cost, i, j, drive_map.cell_m, field, parent)
    return Field(drive_map, field, parent)


def plan_motion(
    field: Field, base: Pose, goal: PoseGoal, config: MotionConfig, *, is_exact: bool = False
) -> MotionPlan | None:
    """The cheapest turns and steps from a pose towards a goal; None if no step leads on.

    Beyond the horizon it ends on the way, else at the goal: within `tolerance_share` of its tolerance, or
    with `is_exact` within all of it.
    """
    drive_map = field.drive_map
    headings = round(2 * math.pi / config.turn_rad)
    wanted = -1
    if goal.yaw_rad is not None:
        wanted = round((goal.yaw_rad - base[2]) / config.turn_rad) % headings
    share = 1.0 if is_exact else config.tolerance_share
    is_far = field.at(base[0], base[1]) > 1.3 * config.horizon_m
    status, node, parents, moves, xs, ys, _ = search_motion(
        drive_map.cost, field.cost_to_go, field.parent, drive_map.blocked_steps,
        *drive_map.origin_m, drive_map.cell_m,
        *map(float, base), float(goal.x), float(goal.y), wanted, share * goal.tolerance_m,
        float(config.horizon_m) if is_far else math.inf, headings, float(config.step_m),
        float(config.turn_cost_m),
        config.max_node_count,
    )  # fmt: skip
    if status not in (FOUND, BEST_EFFORT):
        return None
    chain = []
    while parents[node] >= 0:
        chain.append(int(node))
        node = parents[node]
    names, poses = [], [base]
    for node in reversed(chain):
        move = int(moves[node])
        yaw = poses[-1][2]
        if move == FORWARD:
            names.append("move_forward")
        else:
            names.append("turn_left" if move == LEFT else "turn_right")
            yaw += config.turn_rad if move == LEFT else -config.turn_rad
        poses.append((float(xs[node]), float(ys[node]), math.remainder(yaw, 2 * math.pi)))
    return MotionPlan(tuple(names), tuple(poses), status == FOUND) if names else None
