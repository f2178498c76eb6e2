"""Coming to stand exactly somewhere: FindingDory counts a robot as at a viewpoint within 0.1 m of it.

With steps of 0.25 m in 36 directions a greedy drive ends up to 0.14 m away; two or three more steps, chosen
together, end as near as one likes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from ...core import Action, Outcome
from ...errors import InputError
from .env import HouseEnv
from .navigation import NavigationMap
from .oracle import drive_to
from .robot import STEP_M, TURN_RAD
from .world import Point2

_HEADINGS = round(2 * math.pi / TURN_RAD)
_COARSE_M = 0.2
_MOST_TRIED = 400
"""Short ways that are checked for collisions, the cheapest first."""
_MOST_DOCKINGS = 3


def dock_at(
    env: HouseEnv,
    point: Point2,
    *,
    look_at: Point2 | None = None,
    tolerance_m: float = 0.08,
    patience_steps: int = 45,
) -> Generator[Outcome, None, bool]:
    """Drive to within `tolerance_m` of a point and turn to another one, action by action.

    Returns whether it stands there; it gives up when it has not moved for `patience_steps`, because of
    people in the way or because it does not fit.
    """
    steps = drive_to(env, point, tolerance_m=_COARSE_M)
    if not (yield from _while_it_moves(env, steps, patience_steps)):
        return False
    for _ in range(_MOST_DOCKINGS):
        if math.dist(env.true_base[:2], point) <= tolerance_m:
            break
        turns = short_way(env.true_navigation, env.true_base, point, tolerance_m=tolerance_m)
        if turns is None:
            return False
        for turn in turns:
            yield from turn_by(env, turn)
            outcome = env.step(Action("move_forward"))
            yield outcome
            if not outcome.is_success:
                break
    if look_at is not None:
        yield from face(env, look_at)
    return math.dist(env.true_base[:2], point) <= tolerance_m


def face(env: HouseEnv, point: Point2) -> Iterator[Outcome]:
    """Turn to a point, to within 5 degrees."""
    x, y, yaw = env.true_base
    bearing = math.atan2(point[1] - y, point[0] - x)
    yield from turn_by(env, round(math.remainder(bearing - yaw, 2 * math.pi) / TURN_RAD))


def turn_by(env: HouseEnv, turn_count: int) -> Iterator[Outcome]:
    """So many turns of 10 degrees, to the left if positive."""
    name = "turn_left" if turn_count > 0 else "turn_right"
    for _ in range(abs(turn_count)):
        yield env.step(Action(name))


def short_way(
    navigation: NavigationMap,
    base: tuple[float, float, float],
    point: Point2,
    *,
    tolerance_m: float,
) -> tuple[int, ...] | None:
    """One to three steps that end near a point: how many turns to the left before each; None if none.

    The cheapest way in turns and steps that touches nothing.
    """
    x, y, yaw = base
    headings = yaw + TURN_RAD * np.arange(_HEADINGS)
    moves = STEP_M * np.stack([np.cos(headings), np.sin(headings)], axis=1)
    for count in (1, 2, 3):
        chosen = np.array(list(itertools.product(range(_HEADINGS), repeat=count)))
        ends = np.array([x, y]) + moves[chosen].sum(axis=1)
        chosen = chosen[np.hypot(*(ends - point).T) <= tolerance_m]
        turns = _half_turn(np.diff(chosen, axis=1, prepend=0))
        order = np.argsort(np.abs(turns).sum(axis=1), kind="stable")[:_MOST_TRIED]
        for index in order:
            legs = np.cumsum([(x, y), *moves[chosen[index]]], axis=0).tolist()
            if all(
                navigation.is_motion_free((a, b), (c, d))
                for (a, b), (c, d) in itertools.pairwise(legs)
            ):
                return tuple(int(turn) for turn in turns[index])
    return None


def _half_turn(turns: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same turns the shorter way round."""
    return (turns + _HEADINGS // 2) % _HEADINGS - _HEADINGS // 2


def _while_it_moves(
    env: HouseEnv, steps: Iterator[Outcome], patience_steps: int
) -> Generator[Outcome, None, bool]:
    """Go on with a drive; returns False once the base has stood on one spot for too long."""
    spot, still = env.true_base[:2], 0
    try:
        for outcome in steps:
            yield outcome
            here = env.true_base[:2]
            spot, still = (here, 0) if here != spot else (spot, still + 1)
            if still > patience_steps:
                return False
    except InputError:
        return False
    return True
