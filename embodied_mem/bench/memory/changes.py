"""What a memory should believe about each thing in the end, as far as the robot could know it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...entities.entity import ROBOT as ROBOT_HOLDER
from ...entities.entity import Entity, Status
from .looking import box_points, looked_shares
from .truth import OBJECT, ROBOT, EpisodeTruth, Floats

STILL, MOVED, GONE, HELD, IN_HAND, UNSURE = "still", "moved", "gone", "held", "in_hand", "unsure"
NO_ENTITY, ELSEWHERE = "no_entity", "elsewhere"
LEFT_M = 0.1
"""A thing that is farther from its place than this has left it."""
MOVED_M = 0.3
PLACE_TOLERANCE_M, HAND_TOLERANCE_M = 0.5, 1.0
LOOKED_SHARE, GLIMPSED_SHARE = 0.5, 0.15
LOOKED_FRAMES = 2


@dataclass(frozen=True)
class Expected:
    """The right belief about one object.

    'still' and 'moved': present at `place`, which is or is not where it was first seen; 'gone': its
    place was looked at after it had left; 'held': the robot has it; 'in_hand': it was last seen in
    somebody's hand; 'unsure': its place was only glimpsed after it had left: both beliefs are right.
    """

    kind: str
    place: Floats
    """(3,) where it truly was when it was last seen, or laid down by the robot."""
    tolerance_m: float
    first_place: Floats
    is_with_person: bool
    """Whether a person has it in the end."""
    was_looked_for: bool
    """Whether its place was looked at after it had left."""


def expected_belief(truth: EpisodeTruth, thing: int) -> Expected:
    """What was to be known about an object that was visible in at least one frame.

    Its place is where it truly was in the last frame that shows it, or where the robot laid it down after
    that (which the robot knows by its hand, to within 1 m). It has left when it is more than 0.1 m from
    there. The place was looked at if two delivered frames after that truly see at least half of the box
    where it was; it was not if none sees more than 15 %.
    """
    seen = truth.seen_frames(thing)
    last = truth.frame_count - 1
    place_frame, tolerance_m = int(seen[-1]), PLACE_TOLERANCE_M
    laid_down = _last_laid_down(truth, thing)
    if laid_down is not None and laid_down > place_frame:
        place_frame, tolerance_m = laid_down, HAND_TOLERANCE_M
    place = truth.center_at(thing, place_frame)
    first_place = truth.center_at(thing, int(seen[0]))
    looked = _look_counts(truth, thing, place_frame)
    if truth.support_at(thing, last) == ROBOT:
        kind = HELD
    elif truth.is_held_at(thing, place_frame):
        kind = IN_HAND
    elif looked[0] >= LOOKED_FRAMES:
        kind = GONE
    elif looked[1]:
        kind = UNSURE
    else:
        kind = MOVED if np.linalg.norm(place - first_place) > MOVED_M else STILL
    return Expected(
        kind,
        place,
        tolerance_m,
        first_place,
        truth.support_at(thing, last).startswith("person_"),
        looked[0] >= LOOKED_FRAMES,
    )


def believed_kind(entity: Entity | None, expected: Expected) -> str:
    """What a memory believes about an object, in the words of `Expected`, or 'elsewhere'."""
    if entity is None:
        return NO_ENTITY
    if entity.status is Status.GONE:
        return GONE
    if entity.status is Status.HELD:
        return HELD if entity.state.holder == ROBOT_HOLDER else IN_HAND
    position = entity.position_in_world
    if position is None or np.linalg.norm(position - expected.place) > expected.tolerance_m:
        return ELSEWHERE
    is_moved = np.linalg.norm(expected.place - expected.first_place) > MOVED_M
    return MOVED if is_moved else STILL


def is_right(believed: str, expected: Expected) -> bool:
    """Whether a belief is one that the evidence allows."""
    is_at_place = believed in (STILL, MOVED)
    if expected.kind == IN_HAND:
        return believed in (IN_HAND, GONE) or (is_at_place and not expected.was_looked_for)
    if expected.kind == GONE:
        return believed == GONE or (believed == IN_HAND and expected.is_with_person)
    if expected.kind == UNSURE:
        return believed == GONE or is_at_place
    return believed == expected.kind


def _last_laid_down(truth: EpisodeTruth, thing: int) -> int | None:
    """The last frame at which the robot's hand let go of a thing."""
    if truth.things[thing].kind != OBJECT:
        return None
    rows = truth.moves_of(thing)
    held = np.array([truth.supports[n] == ROBOT for n in truth.move_support[rows].tolist()])
    let_go = np.flatnonzero(held[:-1] & ~held[1:]) + 1
    return int(truth.move_frame[rows][let_go[-1]]) if len(let_go) else None


def _look_counts(truth: EpisodeTruth, thing: int, place_frame: int) -> tuple[int, int]:
    """Frames after `place_frame` that see at least half, and at least 15 %, of the place of a thing that
    is not there."""
    place, yaw_rad = truth.center_at(thing, place_frame), truth.yaw_at(thing, place_frame)
    rows = truth.moves_of(thing)
    is_away = np.linalg.norm(truth.move_center[rows] - place, axis=1) > LEFT_M
    after = np.arange(place_frame + 1, truth.frame_count)
    at = np.searchsorted(truth.move_frame[rows], after, side="right") - 1
    away = after[is_away[np.maximum(at, 0)]]
    shares = looked_shares(truth, box_points(place, truth.things[thing].size_m, yaw_rad), away)
    return int((shares >= LOOKED_SHARE).sum()), int((shares > GLIMPSED_SHARE).sum())
