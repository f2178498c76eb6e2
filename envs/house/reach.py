"""What the robot's arm can reach from where it stands, and the reasons why not.

The rules, all measured from the middle of the base: an object's place must lie within `REACH_M` on
the floor plan and between 0 and `REACH_HEIGHT_M` above it, at most `FACING_RAD` beside the direction
in which the arm works, and in the same room. Furniture counts by the nearest point of its footprint.
The arm works straight ahead in navigation mode and to the right in manipulation mode.
"""

from __future__ import annotations

import math

import numpy as np

from .household import Household, RefusedError
from .navigation import NavigationMap
from .surfaces import local_point, world_point
from .world import Furniture, ObjectState, Point2

REACH_M = 1.25
REACH_HEIGHT_M = 1.8
FACING_RAD = math.radians(60.0)
_UNDERFOOT_M = 0.3
"""Nearer than this, the direction does not matter."""


def check_object(
    household: Household, base: tuple[float, float, float], thing: ObjectState
) -> None:
    """Raises RefusedError if the arm at `base` (x, y, direction) does not reach an object."""
    x, y, z = thing.position
    _check_point(household, base, (x, y), thing.category)
    if not 0.0 <= z <= REACH_HEIGHT_M:
        raise RefusedError(f"The {thing.category} is too high to reach.")


def check_furniture(
    household: Household, base: tuple[float, float, float], piece: Furniture
) -> None:
    """Raises RefusedError if the arm does not reach the nearest side of a piece."""
    if piece.position[2] > REACH_HEIGHT_M:
        raise RefusedError(f"The {piece.category} is too high to reach.")
    nearest = nearest_point(piece, (base[0], base[1]))
    distance = math.hypot(nearest[0] - base[0], nearest[1] - base[1])
    if distance > REACH_M:
        raise RefusedError(f"The {piece.category} is too far away.")
    middle = (piece.position[0], piece.position[1])
    if min(_offset_rad(base, nearest), _offset_rad(base, middle)) > FACING_RAD:
        raise RefusedError(f"The robot does not face the {piece.category}.")
    _check_room(household, base, nearest, piece.category)


def nearest_point(piece: Furniture, point: Point2) -> Point2:
    """The point of a piece's footprint nearest to a point of the floor."""
    x, y = local_point(piece, point)
    half_x, half_y = piece.size[0] / 2, piece.size[1] / 2
    inside = (min(max(x, -half_x), half_x), min(max(y, -half_y), half_y), 0.0)
    wx, wy, _ = world_point(piece, inside).tolist()
    return wx, wy


def check_switch(household: Household, base: tuple[float, float, float], piece: Furniture) -> None:
    """As `check_furniture`, but what hangs too high has a switch on the wall of its room."""
    if piece.position[2] <= REACH_HEIGHT_M:
        check_furniture(household, base, piece)
    elif household.room_id_at(base[0], base[1]) != piece.room_id:
        raise RefusedError(f"The {piece.category} is in another room.")


def nearest_floor(
    household: Household, navigation: NavigationMap, point: Point2, room_id: str
) -> Point2:
    """The reachable floor of a room nearest to a point; of any room if that one has none."""
    points = navigation.reachable_points()
    room = next((r for r in household.house.rooms if r.room_id == room_id), None)
    if room is not None:
        is_in_room = np.zeros(len(points), bool)
        for x0, y0, x1, y1 in room.rectangles:
            inside = (points >= (x0, y0)) & (points <= (x1, y1))
            is_in_room |= inside.all(axis=1)
        points = points[is_in_room] if is_in_room.any() else points
    if len(points) == 0:
        return navigation.nearest_reachable(*point)
    x, y = points[int(np.argmin(((points - point) ** 2).sum(axis=1)))].tolist()
    return x, y


def _check_point(
    household: Household, base: tuple[float, float, float], point: Point2, what: str
) -> None:
    distance = math.hypot(point[0] - base[0], point[1] - base[1])
    if distance > REACH_M:
        raise RefusedError(f"The {what} is too far away.")
    if distance > _UNDERFOOT_M and _offset_rad(base, point) > FACING_RAD:
        raise RefusedError(f"The robot does not face the {what}.")
    _check_room(household, base, point, what)


def _check_room(
    household: Household, base: tuple[float, float, float], point: Point2, what: str
) -> None:
    here = household.room_id_at(base[0], base[1])
    if household.room_id_at(*point) != here and not _is_in_doorway(household, base):
        raise RefusedError(f"The {what} is in another room.")


def _is_in_doorway(household: Household, base: tuple[float, float, float]) -> bool:
    return any(
        math.hypot(door.center[0] - base[0], door.center[1] - base[1]) < door.width_m / 2
        for door in household.house.doors
    )


def _offset_rad(base: tuple[float, float, float], point: Point2) -> float:
    bearing = math.atan2(point[1] - base[1], point[0] - base[0])
    return abs(float(wrapped_rad(bearing - base[2])))


def wrapped_rad(angle_rad: float) -> float:
    """The same angle in (-pi, pi]."""
    return float(np.pi - (np.pi - angle_rad) % (2 * np.pi))
