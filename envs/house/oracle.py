"""A scripted driver that knows the true map: it makes the episodes that agents remember.

FindingDory's episodes are driven by such an oracle; agents never see it. Every step is an action of the
robot's own set (0.25 m forward, 10 degree turns).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...core import Action, Outcome
from ...errors import InputError
from .env import HouseEnv
from .robot import STEP_M, TURN_RAD
from .world import House, Point2

_HEADINGS = round(2 * math.pi / TURN_RAD)
_TURN_COST_M = 0.002
_LEAST_GAIN_M = 0.03
_PATIENCE = 150
"""Steps to wait for people who stand in the way."""


def drive_to(
    env: HouseEnv, goal: Point2, *, yaw_rad: float | None = None, tolerance_m: float = 0.2
) -> Iterator[Outcome]:
    """Drive near a point and turn to a heading, action by action.

    Each forward step takes the free heading that brings the robot nearest by driving distance; one
    that a person blocks is left out until the robot has moved, and if all are blocked it waits. It ends
    within `tolerance_m` (or where no heading brings it nearer), and within 5 degrees of `yaw_rad`.

    Raises:
        InputError: people stood in the way for too long.
    """
    field = env.true_navigation.distance_field_m(*goal)
    blocked: set[int] = set()
    waited = 0
    while _distance(field, env.true_navigation.cell_of(*env.true_base[:2])) > tolerance_m:
        turns = _best_turns(env, field, blocked)
        if turns is None and not blocked:
            break
        if turns is None:
            waited += 1
            if waited > _PATIENCE:
                raise InputError(f"people stood in the way to {goal} for {_PATIENCE} steps")
            blocked.clear()
            yield env.step(Action("noop"))
            continue
        yield from _turn(env, turns)
        heading = _heading(env)
        outcome = env.step(Action("move_forward"))
        yield outcome
        if outcome.is_success:
            blocked.clear()
        else:
            blocked.add(heading)
    if yaw_rad is not None:
        off = math.remainder(yaw_rad - env.true_base[2], 2 * math.pi)
        yield from _turn(env, round(off / TURN_RAD))


def _best_turns(env: HouseEnv, field: NDArray[np.float64], blocked: set[int]) -> int | None:
    """How many turns to the left before a step forward brings the robot nearest; None if none does."""
    navigation = env.true_navigation
    x, y, yaw = env.true_base
    best = _distance(field, navigation.cell_of(x, y)) - _LEAST_GAIN_M
    turns = None
    for turn in range(-_HEADINGS // 2 + 1, _HEADINGS // 2 + 1):
        if (_heading(env) + turn) % _HEADINGS in blocked:
            continue
        heading = yaw + turn * TURN_RAD
        end = (x + STEP_M * math.cos(heading), y + STEP_M * math.sin(heading))
        left = _distance(field, navigation.cell_of(*end)) + _TURN_COST_M * abs(turn)
        if left < best and navigation.is_motion_free((x, y), end):
            best, turns = left, turn
    return turns


def _heading(env: HouseEnv) -> int:
    """The robot's heading as a number of turns."""
    return round(env.true_base[2] / TURN_RAD) % _HEADINGS


def tour(house: House) -> list[tuple[str, Point2, float]]:
    """A furniture piece with a viewpoint in each room: (furniture id, point, yaw), room by room."""
    stops: list[tuple[str, Point2, float]] = []
    for room in house.rooms:
        pieces = [p for p in house.furniture if p.room_id == room.room_id and p.viewpoints]
        for piece in sorted(pieces, key=lambda p: -len(p.surfaces))[:2]:
            x, y, yaw = piece.viewpoints[0]
            stops.append((piece.furniture_id, (x, y), yaw))
    return stops


def _turn(env: HouseEnv, steps: int) -> Iterator[Outcome]:
    name = "turn_left" if steps > 0 else "turn_right"
    for _ in range(abs(steps)):
        yield env.step(Action(name))


def _distance(field: NDArray[np.float64], cell: tuple[int, int]) -> float:
    i, j = cell
    if not (0 <= i < field.shape[0] and 0 <= j < field.shape[1]):
        return math.inf
    return float(field[i, j])
