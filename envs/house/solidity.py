"""Nothing inside anything else: furniture against furniture and walls, objects on their supports."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .catalog import furniture_spec
from .surfaces import local_point
from .world import Furniture, House, ObjectState, Point3, Surface

_TOUCH_M = 0.002
_REST_M = 0.002
_TUCK_M = 0.2
"""How deep a chair may stand under a table."""


def overlap_problems(house: House) -> list[str]:
    """Furniture that stands in other furniture or in a wall; rugs lie under what stands on them."""
    pieces = [p for p in house.furniture if p.category != "rug"]
    corners = [_corners(p.position, p.size, p.yaw_rad) for p in pieces]
    problems = []
    for i, piece in enumerate(pieces):
        if not _is_within_room(house, piece, corners[i]):
            problems.append(f"{piece.furniture_id} reaches out of {piece.room_id}")
        for k in range(i + 1, len(pieces)):
            other = pieces[k]
            if (
                piece.room_id == other.room_id
                and _clash_m(piece, other, corners[i], corners[k]) > 0
            ):
                problems.append(
                    f"{piece.furniture_id} and {other.furniture_id} stand in each other"
                )
    return problems


def support_problems(house: House) -> list[str]:
    """Objects that do not lie on their surface, stick out of it or into each other."""
    surfaces = {s.surface_id: (piece, s) for piece in house.furniture for s in piece.surfaces}
    problems = []
    on: dict[str, list[ObjectState]] = {}
    for thing in house.objects.values():
        if thing.support_id not in surfaces:
            problems.append(f"{thing.object_id} lies on '{thing.support_id}', which does not exist")
            continue
        problems += _rest_problems(thing, *surfaces[thing.support_id])
        on.setdefault(thing.support_id, []).append(thing)
    for surface_id, things in on.items():
        shapes = [_corners(t.position, t.size, t.yaw_rad) for t in things]
        for i, first in enumerate(things):
            for k in range(i + 1, len(things)):
                if penetration_m(shapes[i], shapes[k]) > _TOUCH_M:
                    problems.append(
                        f"{first.object_id} and {things[k].object_id} stick into each other on {surface_id}"
                    )
    return problems


def penetration_m(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """How deep two convex outlines, (N, 2) corners in order, overlap; 0 or less where they do not.

    Separating axes: the least overlap over the normals of all sides.
    """
    sides = np.concatenate([np.roll(shape, -1, axis=0) - shape for shape in (first, second)])
    normals = np.stack([-sides[:, 1], sides[:, 0]], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    a, b = first @ normals.T, second @ normals.T
    depth = np.minimum(a.max(axis=0), b.max(axis=0)) - np.maximum(a.min(axis=0), b.min(axis=0))
    return float(depth.min())


def _clash_m(
    piece: Furniture,
    other: Furniture,
    corners: NDArray[np.float64],
    other_corners: NDArray[np.float64],
) -> float:
    """How far two pieces overlap beyond what is meant to: chairs are pushed under tables."""
    low = max(piece.position[2], other.position[2])
    high = min(piece.position[2] + piece.size[2], other.position[2] + other.size[2])
    if high - low <= _TOUCH_M:
        return 0.0
    allowed = _TUCK_M if {piece.category, other.category} == {"chair", "table"} else _TOUCH_M
    return max(penetration_m(corners, other_corners) - allowed, 0.0)


def _is_within_room(house: House, piece: Furniture, corners: NDArray[np.float64]) -> bool:
    """Whether the corners and the middles of the sides of a piece lie in its room."""
    slack = 0.012 if furniture_spec(piece.category).is_solid else 0.02
    points = np.concatenate([corners, (corners + np.roll(corners, -1, axis=0)) / 2])
    is_in = np.zeros(len(points), bool)
    for room in house.rooms:
        for x0, y0, x1, y1 in room.rectangles if room.room_id == piece.room_id else ():
            low, high = (x0 - slack, y0 - slack), (x1 + slack, y1 + slack)
            is_in |= ((points >= low) & (points <= high)).all(axis=1)
    return bool(is_in.all())


def _rest_problems(thing: ObjectState, piece: Furniture, surface: Surface) -> list[str]:
    """Whether it stands on the surface, within its border, below what is above it."""
    where = f"{thing.object_id} on {surface.surface_id}"
    problems = []
    if abs(thing.position[2] - piece.position[2] - surface.height_m) > _REST_M:
        problems.append(f"{where} floats or sinks: its underside is at {thing.position[2]} m")
    if thing.size[2] > surface.clearance_m:
        problems.append(f"{where} is {thing.size[2]} m high under {surface.clearance_m} m")
    outline = _corners(thing.position, thing.size, thing.yaw_rad)
    local = np.array([local_point(piece, (x, y)) for x, y in outline.tolist()])
    low, high = np.array(surface.low) - _TOUCH_M, np.array(surface.high) + _TOUCH_M
    if (local < low).any() or (local > high).any():
        problems.append(f"{where} sticks out over its border")
    return problems


def _corners(position: Point3, size: Point3, yaw_rad: float) -> NDArray[np.float64]:
    """(4, 2) corners of a footprint, counter-clockwise."""
    cosine, sine = np.cos(yaw_rad), np.sin(yaw_rad)
    local = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array(size[:2]) / 2
    turn = np.array([(cosine, sine), (-sine, cosine)])
    return np.asarray(local @ turn + np.array(position[:2]))
