"""Driving to a pose: plan, follow, notice what is in the way, plan anew, give up with a reason."""

from __future__ import annotations

import itertools
import math

import numpy as np

from ...core import Outcome
from ..drive_map import Bump, Pose
from ..local_control import Field, MotionPlan, PoseGoal, field_of, plan_motion
from .body import Body, Steps, is_blocked
from .result import Failure, SkillFailedError


def drive_to(body: Body, goal: PoseGoal) -> Steps:
    """Stand at a goal; ends early if what `body.watch` watches for comes into view."""
    yield from body.enter("navigation")
    pilot = _Pilot(body, goal)
    while not goal.is_reached(body.base) and not body.has_watched:
        move = pilot.next_move()
        outcome = yield from body.do(move)
        if move == "move_forward" and is_blocked(outcome):
            yield from pilot.meet_obstacle()


def turn_to(body: Body, yaw_rad: float) -> Steps:
    """Turn on the spot, to within half a turn's step."""
    turn_rad = body.config.motion.turn_rad
    left = math.remainder(yaw_rad - body.base[2], 2 * math.pi)
    while abs(left) > 0.5 * turn_rad + 1e-6 and not body.has_watched:
        yield from body.do("turn_left" if left > 0 else "turn_right")
        now = math.remainder(yaw_rad - body.base[2], 2 * math.pi)
        if abs(now) >= abs(left):
            return  # noise in the believed heading: no turn brings it nearer
        left = now


def face(body: Body, x: float, y: float) -> Steps:
    """Turn towards a point."""
    yield from turn_to(body, math.atan2(y - body.base[1], x - body.base[0]))


class _Pilot:
    """Follows plans to one goal."""

    def __init__(self, body: Body, goal: PoseGoal) -> None:
        self._body, self._goal = body, goal
        self._field: Field | None = None
        self._field_key: tuple[int, tuple[Bump, ...]] | None = None
        self._plan: MotionPlan | None = None
        self._at = 0
        """Index of the next move."""
        self._is_bold = False
        """Whether the plan leads through what the map holds for solid."""
        self._blocked_before = body.blocked_count
        self._bold_blocked_count = 0
        self._wait_count = 0

    def next_move(self) -> str:
        """The next action by the plan, a new plan if need be; waits while people leave no way.

        Raises:
            SkillFailedError: nothing leads to the goal, or not near enough.
        """
        if self._has_to_plan():
            self._make_plan()
        if self._plan is None:
            if not self._has_company():
                raise self._no_plan()
            self._wait_count += 1
            return self._body.config.wait_action
        move = self._plan.moves[self._at]
        self._at += 1
        return move

    def meet_obstacle(self) -> Steps:
        """A step was blocked: wait if it is somebody who moves, else remember it and plan anew."""
        body, config = self._body, self._body.config
        base = body.base
        is_person, is_wide = body.sees_person_ahead(), self._is_wide_ahead(base)
        patience = config.patience_steps if is_person and is_wide else int(is_person or is_wide)
        for _ in range(patience):
            outcome: Outcome = yield from body.do("move_forward")
            if not is_blocked(outcome):
                return
            self._check_budget()
        may_move = is_person or is_wide
        keep = config.moving_bump_memory_actions if may_move else config.bump_memory_actions
        end = self._end_of_step(base)
        body.bumps.append(Bump(base, end, body.clock + keep, is_moving=is_wide))
        self._plan = None
        self._bold_blocked_count += self._is_bold
        self._check_budget()

    # Planning

    def _has_to_plan(self) -> bool:
        if self._plan is None or self._at >= len(self._plan.moves):
            return True
        if self._has_left(self._plan.poses[self._at]):
            return True
        return self._field_key != self._key() and not self._is_plan_free()

    def _has_left(self, expected: Pose) -> bool:
        config, base = self._body.config, self._body.base
        turned = math.remainder(base[2] - expected[2], 2 * math.pi)
        gap_m = math.hypot(base[0] - expected[0], base[1] - expected[1])
        return gap_m > config.deviation_m or abs(turned) > config.deviation_rad

    def _is_plan_free(self) -> bool:
        """Whether the rest of the plan is free on the map as it is now."""
        assert self._plan is not None
        self._refresh_field(is_bold=self._is_bold)
        assert self._field is not None
        drive_map = self._field.drive_map
        rest = self._plan.poses[self._at :]
        return all(
            a[:2] == b[:2] or drive_map.is_clear_between(a[:2], b[:2])
            for a, b in itertools.pairwise(rest)
        )

    def _make_plan(self) -> None:
        """Through what may be free; else, with nobody in the way, through what the map holds for solid."""
        self._at, self._is_bold = 0, False
        self._plan = self._plan_on(is_bold=False)
        is_short = self._plan is None or not self._plan.is_complete
        if is_short and not self._has_company():
            bold = self._plan_on(is_bold=True)
            if bold is not None:
                self._plan, self._is_bold = bold, True

    def _plan_on(self, *, is_bold: bool) -> MotionPlan | None:
        self._refresh_field(is_bold=is_bold)
        assert self._field is not None
        is_reachable = math.isfinite(self._field.at(*self._body.base[:2]))
        return self._search(self._field) if is_reachable else None

    def _search(self, field: Field) -> MotionPlan | None:
        body, goal = self._body, self._goal
        motion = body.config.motion
        if goal.gap_m(body.base) <= goal.tolerance_m:
            return plan_motion(field, body.base, goal, motion, is_exact=True)
        plan = plan_motion(field, body.base, goal, motion)
        if plan is None or not plan.is_complete:
            exact = plan_motion(field, body.base, goal, motion, is_exact=True)
            plan = exact or plan
        return plan

    def _refresh_field(self, *, is_bold: bool) -> None:
        wanted = np.array([self._goal.point])
        self._field = field_of(self._body.drive_map(wanted, is_bold=is_bold), self._goal.point)
        self._field_key = self._key()

    def _key(self) -> tuple[int, tuple[Bump, ...]]:
        return self._body.map_revision, tuple(self._body.bumps)

    # Obstacles and giving up

    def _has_company(self) -> bool:
        """Whether somebody was in the way lately, and waiting for them is still worth it."""
        is_anybody = any(bump.is_moving for bump in self._body.bumps)
        return is_anybody and self._wait_count < self._body.config.max_wait_count

    def _is_wide_ahead(self, base: Pose) -> bool:
        """Whether the blocked step should have been free by the map: then somebody stands there."""
        ground = self._body.config.ground
        drive_map = self._body.drive_map(np.array([self._goal.point]))
        cells = drive_map.cells_of(np.linspace(base[:2], self._end_of_step(base), 6))
        clearance_m = drive_map.clearance_m[cells[:, 0], cells[:, 1]]
        is_seen = ~drive_map.is_unknown[cells[:, 0], cells[:, 1]]
        is_wide = clearance_m > ground.robot.radius_m + ground.voxel_margin_m
        return bool((is_wide & is_seen).all())

    def _end_of_step(self, base: Pose) -> tuple[float, float]:
        step_m = self._body.config.motion.step_m
        return (base[0] + step_m * math.cos(base[2]), base[1] + step_m * math.sin(base[2]))

    def _check_budget(self) -> None:
        body, config = self._body, self._body.config
        blocked = body.blocked_count - self._blocked_before
        if blocked >= config.max_blocked_count:
            reason = f"something was in the way {blocked} times"
            raise SkillFailedError(Failure.BLOCKED, reason)
        if self._bold_blocked_count >= config.max_bold_blocked_count:
            raise SkillFailedError(
                Failure.NO_WAY,
                "the map shows no way, and what it holds for solid is solid: blocked "
                f"{self._bold_blocked_count} times",
            )

    def _no_plan(self) -> SkillFailedError:
        gap_m = self._goal.gap_m(self._body.base)
        if gap_m < 2 * self._body.config.motion.step_m:
            return SkillFailedError(
                Failure.NOT_NEAR_ENOUGH,
                f"it stands {gap_m:.2f} m from where it should be, and no turns and steps end within "
                f"{self._goal.tolerance_m:.2f} m",
            )
        return SkillFailedError(
            Failure.NO_WAY,
            f"no way is known to ({self._goal.x:.2f}, {self._goal.y:.2f}), {gap_m:.2f} m from here",
        )
