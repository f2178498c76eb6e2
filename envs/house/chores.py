"""What a robot could pick up and where it could put it: targets with places to stand, by the truth."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from . import reach
from .household import Household, RefusedError
from .navigation import ROBOT_RADIUS_M
from .person_mesh import PERSON_RADIUS_M
from .world import Furniture, ObjectState, Point2

_MARGIN_M = 0.12
"""The robot stands this much off a viewpoint at most."""
_BEST_RANGE_M = 0.85
"""From here the head camera, 30 degrees down, sees what lies on a table in its middle."""
_FREE_OF_PEOPLE_M = ROBOT_RADIUS_M + PERSON_RADIUS_M + 0.1

Stand = tuple[float, float, float]
"""A viewpoint: x_m, y_m, yaw_rad."""


@dataclass(frozen=True)
class PickTarget:
    """An object, what it lies on, and the viewpoint of that piece from which an arm reaches it."""

    object_id: str
    from_id: str
    position: Point2
    stand: Stand


@dataclass(frozen=True)
class PlaceTarget:
    """A surface with room, and the viewpoint of its piece from which an arm reaches that room."""

    to_id: str
    spot: Point2
    stand: Stand


def find_pick(
    household: Household, thing: ObjectState, people: Collection[Point2]
) -> PickTarget | None:
    """How to pick an object up; None if it is held, shut in or out of reach from every viewpoint."""
    piece = household.find_support(thing.object_id)
    if piece is None or household.is_enclosed(thing.object_id):
        return None
    point = (thing.position[0], thing.position[1])
    for x, y, _ in sorted(
        piece.viewpoints, key=lambda v: abs(math.dist(v[:2], point) - _BEST_RANGE_M)
    ):
        stand = (x, y, math.atan2(point[1] - y, point[0] - x))
        if _is_taken((x, y), people) or math.dist((x, y), point) > reach.REACH_M - _MARGIN_M:
            continue
        try:
            reach.check_object(household, stand, thing)
        except RefusedError:
            continue
        return PickTarget(thing.object_id, thing.support_id, point, stand)
    return None


def place_targets(
    household: Household,
    object_id: str,
    pieces: Sequence[Furniture],
    people: Collection[Point2],
) -> Iterator[PlaceTarget]:
    """Where an object could be put on some pieces: surfaces that are open first, best viewpoints first."""
    for piece in pieces:
        for surface in sorted(piece.surfaces, key=lambda s: s.is_inside):
            for stand in piece.viewpoints:
                if _is_taken(stand[:2], people):
                    continue
                target = find_place(household, object_id, surface.surface_id, stand)
                if target is not None:
                    yield target


def find_place(
    household: Household, object_id: str, surface_id: str, stand: Stand
) -> PlaceTarget | None:
    """Where the skill `place` would lay an object from a stand, with a margin; None if nowhere."""
    piece = household.get_furniture(surface_id.split("/")[0])
    ahead = (stand[0] + 0.7 * math.cos(stand[2]), stand[1] + 0.7 * math.sin(stand[2]))
    within = (stand[:2], reach.REACH_M - _MARGIN_M)
    try:
        reach.check_furniture(household, stand, piece)
        spot = household.find_free_spot(object_id, surface_id, ahead, within=within)
    except RefusedError:
        return None
    x, y, z = spot.position
    gap_m = math.dist(reach.nearest_point(piece, stand[:2]), stand[:2])
    if z > reach.REACH_HEIGHT_M or gap_m > reach.REACH_M - _MARGIN_M:
        return None
    return PlaceTarget(surface_id, (x, y), stand)


def _is_taken(point: Point2, people: Collection[Point2]) -> bool:
    return any(math.dist(point, other) < _FREE_OF_PEOPLE_M for other in people)
