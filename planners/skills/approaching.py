"""Going to things and rooms: choose where to stand, drive there, try the next place if that fails."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from ..drive_map import Point2
from ..local_control import PoseGoal, field_of
from .body import Body, Steps, normal_label
from .driving import drive_to
from .requests import GoToEntity, GoToRoom, GoToViewpoint
from .result import Failure, SkillFailedError
from .stands import StandRange, Target, find_target, stands_for

_HOPELESS = (Failure.OUT_OF_STEPS, Failure.EPISODE_OVER)
_ROOM_INSIDE_M = 0.5
"""Kept from the borders of a room, where it is wide enough."""
_ROOM_TOLERANCE_M = 0.25
_SAME_STAND_M = 0.2


def go_to_entity(body: Body, request: GoToEntity) -> Steps:
    """Stand near a thing where a camera sees it, turned to it."""
    target = find_target(body, request.target)
    best_m = body.config.stand_m if target.box is None or _is_small(target) else 0.7
    within = StandRange(0.3, 1.5, best_m)
    yield from approach(body, target, within, tolerance_m=request.tolerance_m)


def go_to_viewpoint(body: Body, request: GoToViewpoint) -> Steps:
    """Stand before furniture, turned to its middle."""
    target = find_target(body, request.target)
    within = viewpoint_range(target)
    yield from approach(body, target, within, tolerance_m=request.tolerance_m)


def go_to_room(body: Body, request: GoToRoom) -> Steps:
    """Stand in a room, well inside if it is wide enough."""
    room_id = _find_room(body, request.target)
    x, y = _spot_in(body, room_id)
    yield from drive_to(body, PoseGoal(x, y, tolerance_m=_ROOM_TOLERANCE_M))


def approach(
    body: Body,
    target: Target,
    within: StandRange,
    *,
    tolerance_m: float,
    avoid: Sequence[Point2] = (),
) -> Steps:
    """Drive to the best place to stand that can be reached, but not to those near `avoid`.

    Raises:
        SkillFailedError: as the last try failed.
    """
    body.entity_id = target.entity_id
    tries = [
        stand
        for stand in stands_for(body, target, within)
        if all(math.dist(stand[:2], point) > _SAME_STAND_M for point in avoid)
    ]
    failed = SkillFailedError(Failure.NO_STAND, "no other place to stand is known")
    for x, y, yaw in tries:
        try:
            yield from drive_to(body, PoseGoal(x, y, yaw, tolerance_m))
        except SkillFailedError as error:
            if error.failure in _HOPELESS:
                raise
            failed = error
        else:
            return
    raise failed


def viewpoint_range(target: Target, *, max_middle_m: float = math.inf) -> StandRange:
    """So far from furniture that its top lies in the middle of a camera that looks down."""
    top_m = target.point[2] if target.box is None else _top_m(target)
    best_m = min(max(0.9 * (1.31 - 0.8 * top_m), 0.6), 1.05)
    return StandRange(0.3, 1.2, best_m, max_middle_m)


def _top_m(target: Target) -> float:
    assert target.box is not None
    return target.box.center_in_world[2] + target.box.height_m / 2


def _is_small(target: Target) -> bool:
    return target.box is not None and target.box.length_m < 0.5


def _find_room(body: Body, name: str) -> str:
    """The room of an id, or the nearest of a kind."""
    regions = body.memory.views.regions
    partition = regions.current()
    if partition.find_room(name) is not None:
        return name
    reports = regions.rooms(body.memory.views.entities.entities())
    wanted = normal_label(name)
    found = [r.room for r in reports if normal_label(r.kind.kind) == wanted]
    if not found:
        kinds = ", ".join(f"{r.room.room_id} ({r.kind.kind})" for r in reports) or "none"
        raise SkillFailedError(
            Failure.NOT_KNOWN, f"memory knows no room '{name}'; it knows {kinds}"
        )
    base = body.base
    nearest = min(
        found,
        key=lambda room: math.hypot(
            room.centroid_in_world[0] - base[0], room.centroid_in_world[1] - base[1]
        ),
    )
    return nearest.room_id


def _spot_in(body: Body, room_id: str) -> tuple[float, float]:
    """The cheapest place of a room to get to, away from its borders."""
    partition = body.memory.views.regions.current()
    room = partition.get_room(room_id)
    grid = partition.storeys[room.storey]
    is_room = np.pad(grid.labels == partition.rooms.index(room), 1)
    inside_m = distance_transform_edt(is_room, sampling=grid.cell_m)[1:-1, 1:-1]
    cells = partition.cells_in(room_id)
    points = grid.centers_of(cells)
    drive_map = body.drive_map(points)
    ways = field_of(drive_map, body.base[:2])
    at = drive_map.cells_of(points)
    cost = ways.cost_to_go[at[:, 0], at[:, 1]] + drive_map.cost[at[:, 0], at[:, 1]]
    margin: NDArray[np.float64] = inside_m[cells[:, 0], cells[:, 1]]
    cost = cost + 20.0 * np.clip(_ROOM_INSIDE_M - margin, 0.0, None)
    best = int(np.argmin(cost))
    if not math.isfinite(float(cost[best])):
        raise SkillFailedError(Failure.NO_WAY, f"no way is known into {room_id}")
    x, y = points[best].tolist()
    return x, y
