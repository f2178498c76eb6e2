"""Taking, laying down, opening, closing and switching: approach, act, look whether it worked."""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np

from ...core import Action, Outcome
from ...geometry import inverse, project, transform_points
from ..drive_map import Point2
from .approaching import approach, viewpoint_range
from .body import Body, Deed, Steps
from .driving import face
from .requests import Pick, Place, Switch
from .result import Failure, SkillFailedError
from .stands import StandRange, Target, find_target

_TOLERANCE_M = 0.1
_LEAST_AHEAD_M = 0.05
_MOST_BESIDE_PX_SHARE = 0.25
"""A detection this far (of the image's width) from where memory expects a thing is another one."""


def pick(body: Body, request: Pick) -> Steps:
    """Take a thing; in manipulation mode, back in navigation mode at the end."""
    if body.held_label is not None:
        raise SkillFailedError(Failure.HAND_FULL, f"the hand holds a {body.held_label}")
    target = find_target(body, request.target)
    reach_m = body.config.reach_m
    within = StandRange(0.28, reach_m, 0.6, max_middle_m=reach_m)
    outcome = yield from _tried(body, target, within, "pick", is_approached=request.is_approached)
    if outcome.is_success and body.held_label is None:
        raise SkillFailedError(Failure.HAND_EMPTY, f"the hand is empty after taking {target.label}")


def place(body: Body, request: Place) -> Steps:
    """Lay down what is held, on furniture."""
    if body.held_label is None:
        raise SkillFailedError(Failure.HAND_EMPTY, "the hand holds nothing to lay down")
    target = find_target(body, request.target)
    reach_m = body.config.reach_m
    within = StandRange(0.28, reach_m, viewpoint_range(target).best_m)
    yield from _tried(body, target, within, "place", is_approached=request.is_approached)


def switch(body: Body, request: Switch) -> Steps:
    """Open, close, turn on or turn off; the arm works ahead in navigation mode."""
    target = find_target(body, request.target)
    within = StandRange(0.28, body.config.reach_m, viewpoint_range(target).best_m)
    yield from _tried(
        body, target, within, request.verb, is_approached=request.is_approached, has_mode=False
    )


def _tried(
    body: Body,
    target: Target,
    within: StandRange,
    verb: str,
    *,
    is_approached: bool,
    has_mode: bool = True,
) -> Deed:
    """Act on a target from one place to stand after the other, until it works.

    Raises:
        SkillFailedError: REFUSED with the world's last words, or as the last drive failed.
    """
    words = ""
    tried: list[Point2] = []
    for _ in range(body.config.max_refused_count if is_approached else 1):
        try:
            if is_approached:
                yield from approach(body, target, within, tolerance_m=_TOLERANCE_M, avoid=tried)
            else:
                yield from face(body, target.point[0], target.point[1])
        except SkillFailedError as failed:
            if words and failed.failure is Failure.NO_STAND:
                break
            raise
        body.entity_id = target.entity_id
        outcome = yield from _act(body, target, verb, has_mode=has_mode)
        if outcome.is_success:
            return outcome
        words = outcome.feedback
        tried.append(body.base[:2])
    raise SkillFailedError(Failure.REFUSED, words)


def _act(
    body: Body, target: Target, verb: str, *, has_mode: bool
) -> Generator[Action, Outcome, Outcome]:
    """One action on a target, in the mode that it needs."""
    name = name_for(body, target)
    if not has_mode:
        outcome: Outcome = yield from body.do(verb, name)
        return outcome
    yield from body.enter("manipulation")
    outcome = yield from body.do(verb, name)
    yield from body.enter("navigation")
    return outcome


def name_for(body: Body, target: Target) -> str:
    """What the world calls a target: the id of the detection where memory expects it, else its label."""
    observation = body.observation
    in_camera = transform_points(inverse(observation.world_from_camera), np.array([target.point]))
    options = [d for d in body.detections_of(target.label) if d.instance_id]
    if in_camera[0, 2] <= _LEAST_AHEAD_M or not options:
        return target.label
    pixels, _ = project(in_camera, observation.intrinsics)
    x_px, y_px = pixels[0].tolist()

    def gap_px(box: tuple[float, float, float, float]) -> float:
        dx = max(box[0] - x_px, x_px - box[2], 0.0)
        dy = max(box[1] - y_px, y_px - box[3], 0.0)
        return math.hypot(dx, dy)

    best = min(options, key=lambda d: gap_px(d.box_px))
    is_near = gap_px(best.box_px) <= _MOST_BESIDE_PX_SHARE * observation.intrinsics.width_px
    return best.instance_id if is_near and best.instance_id else target.label
