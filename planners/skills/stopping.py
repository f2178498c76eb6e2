"""The stop rule: say that it is done only where it should be done."""

from __future__ import annotations

import math

from .body import Body, Steps
from .requests import Stop
from .result import Failure, SkillFailedError


def stop(body: Body, request: Stop) -> Steps:
    """Send 'stop' (or 'intermediate_stop') if the robot believes to stand at `request.at`."""
    if request.at is not None and not request.at.goal.is_reached(body.base):
        goal = request.at.goal
        raise SkillFailedError(
            Failure.NOT_THERE,
            f"it stands {goal.gap_m(body.base):.2f} m and {math.degrees(goal.yaw_gap_rad(body.base)):.0f} "
            "degrees from where it should stop",
        )
    outcome = yield from body.do("stop" if request.is_final else "intermediate_stop")
    if not outcome.is_success:
        raise SkillFailedError(Failure.REFUSED, outcome.feedback)
