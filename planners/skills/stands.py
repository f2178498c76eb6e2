"""Where to stand for a thing: on free floor in its room, at arm's or eye's length, facing it.

Where the robot stood when it handled the thing before is liked best: it fits there, and from there it was
seen and reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core import Verdict
from ...entities.entity import Entity, Status
from ...perception import OrientedBox
from ...spatial.octree import OCCUPIED
from ..drive_map import DriveMap, Point2, Pose
from ..local_control import field_of
from .body import Body
from .result import Failure, SkillFailedError

Point3 = tuple[float, float, float]

_HANDLED_BONUS_M = 0.8
_TRACK_BONUS_M = 0.1
_HIDDEN_COST_M = 1.5
_OTHER_ROOM_COST_M = 3.0
_WAY_COST_SHARE = 0.03
_COST_SHARE_M = 0.15
_APART_M = 0.35
_HANDLED_NEAR_M = 0.13
_MOST_EVENTS = 12
_SIGHT_SAMPLES = 24
_ON_TARGET_M = 0.2
"""What a ray meets so near before its end is the thing itself."""


@dataclass(frozen=True)
class Target:
    """A thing or a place to stand by."""

    point: Point3
    """Its middle, in the world."""
    box: OrientedBox | None = None
    entity_id: str = ""
    label: str = ""

    def gap_m(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) horizontal distance from (N, 2) points to its footprint."""
        middle = np.array(self.point[:2] if self.box is None else self.box.center_in_world[:2])
        offset = points - middle
        if self.box is None:
            return np.asarray(np.hypot(offset[:, 0], offset[:, 1]))
        c, s = math.cos(self.box.yaw_rad), math.sin(self.box.yaw_rad)
        along = np.abs(c * offset[:, 0] + s * offset[:, 1]) - self.box.length_m / 2
        across = np.abs(c * offset[:, 1] - s * offset[:, 0]) - self.box.width_m / 2
        return np.asarray(np.hypot(along.clip(0.0), across.clip(0.0)))


@dataclass(frozen=True)
class StandRange:
    """How far from a target one may stand."""

    low_m: float
    """From its footprint."""
    high_m: float
    best_m: float
    max_middle_m: float = math.inf
    """From its middle."""


def find_target(body: Body, name: str) -> Target:
    """The thing that an id or words mean.

    Raises:
        SkillFailedError: memory knows no such thing, or not where it is.
    """
    entity = _find_entity(body, name)
    if entity.position_in_world is None:
        raise SkillFailedError(Failure.NOT_KNOWN, f"memory does not know where {name} is")
    if entity.status is Status.HELD:
        raise SkillFailedError(
            Failure.NOT_KNOWN,
            f"the {entity.label} is in a hand ({entity.state.holder or 'whose?'})",
        )
    return Target(entity.position_in_world, entity.box, entity.entity_id, entity.label)


def stands_for(body: Body, target: Target, within: StandRange) -> list[Pose]:
    """x, y, yaw of places to stand, best first, well apart.

    Raises:
        SkillFailedError: there is none.
    """
    drive_map = body.drive_map(np.array([target.point[:2]]))
    ways = field_of(drive_map, body.base[:2])
    handled = _handled_from(body, target)
    points, is_exact = _candidates(body, target, within, drive_map, handled)
    gaps = target.gap_m(points)
    middle = np.hypot(*(points - np.array(target.point[:2])).T)
    is_fit = (gaps >= within.low_m) & (gaps <= within.high_m) & (middle <= within.max_middle_m)
    cells = drive_map.cells_of(points)
    way_m = ways.cost_to_go[cells[:, 0], cells[:, 1]]
    is_fit &= np.isfinite(way_m) & np.isfinite(drive_map.cost[cells[:, 0], cells[:, 1]])
    points, is_exact, gaps, way_m = points[is_fit], is_exact[is_fit], gaps[is_fit], way_m[is_fit]
    if not len(points):
        raise SkillFailedError(
            Failure.NO_STAND, f"no free floor is known from where to reach the {_name(target)}"
        )
    cost = np.abs(gaps - within.best_m) + _WAY_COST_SHARE * way_m
    cost += _COST_SHARE_M * (_costs_at(drive_map, points) - 1.0)
    cost += _HIDDEN_COST_M * _is_hidden(body, target, points)
    cost += _OTHER_ROOM_COST_M * _is_in_other_room(body, target, points)
    cost -= _TRACK_BONUS_M * is_exact
    if len(handled):
        near = np.hypot(*(points[:, None] - handled).transpose(2, 0, 1)).min(axis=1)
        cost -= _HANDLED_BONUS_M * (near < _HANDLED_NEAR_M)
    return _spread_out(points[np.argsort(cost, kind="stable")], target, body.config.max_try_count)


def _find_entity(body: Body, name: str) -> Entity:
    entities = body.memory.views.entities
    if name.startswith("entity:"):
        entity = entities.find(name)
        if entity is None:
            raise SkillFailedError(Failure.NOT_KNOWN, f"memory knows no {name}")
        return entity
    answer = body.memory.where(name, k=3)
    for item in answer.items:
        entity = entities.find(item.item_id) if item.item_id.startswith("entity:") else None
        if entity is not None and answer.verdict is not Verdict.ABSENT:
            return entity
    raise SkillFailedError(
        Failure.NOT_KNOWN, f"memory knows no place of '{name}': {answer.explanation}"
    )


def _handled_from(body: Body, target: Target) -> NDArray[np.float64]:
    """(N, 2) where the robot stood when it handled the thing, newest first."""
    if not target.entity_id:
        return np.zeros((0, 2))
    found = [
        event.robot_position[:2]
        for event in reversed(body.memory.views.events.events())
        if event.robot_position is not None
        and event.actor == "robot"
        and target.entity_id in (event.entity_id, event.from_id, event.to_id)
    ]
    return np.array(found[:_MOST_EVENTS], np.float64).reshape(-1, 2)


def _candidates(
    body: Body,
    target: Target,
    within: StandRange,
    drive_map: DriveMap,
    handled: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(N, 2) points and whether the robot was there: every other cell around, and its own track."""
    size = 0.0 if target.box is None else math.hypot(target.box.length_m, target.box.width_m) / 2
    reach = size + within.high_m
    middle = np.array(target.point[:2])
    low, high = drive_map.cells_of(np.array([middle - reach, middle + reach]))
    rows, columns = np.mgrid[low[0] : high[0] + 1 : 2, low[1] : high[1] + 1 : 2].reshape(2, -1)
    cells = np.column_stack([rows, columns])
    grid = np.array(drive_map.origin_m) + (cells + 0.5) * drive_map.cell_m
    track = body.memory.views.regions.track.positions_in_world[:, :2].astype(np.float64)
    track = track[np.hypot(*(track - middle).T) <= reach]
    points = np.vstack([grid, track, handled])
    is_exact = np.arange(len(points)) >= len(grid)
    return points, is_exact


def _costs_at(drive_map: DriveMap, points: NDArray[np.float64]) -> NDArray[np.float64]:
    cells = drive_map.cells_of(points)
    return np.asarray(drive_map.cost[cells[:, 0], cells[:, 1]], np.float64)


def _is_hidden(body: Body, target: Target, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) whether something known stands between the camera over a point and the target."""
    eyes = np.column_stack([points, np.full(len(points), body.observation.world_from_camera[2, 3])])
    end = np.array(target.point)
    shares = np.linspace(0.0, 1.0, _SIGHT_SAMPLES)[:, None, None]
    rays = eyes + shares * (end - eyes)
    states = body.memory.views.octree.states(rays.reshape(-1, 3)).reshape(rays.shape[:2])
    is_before = target.gap_m(rays.reshape(-1, 3)[:, :2]).reshape(rays.shape[:2]) > _ON_TARGET_M
    return np.asarray(((states == OCCUPIED) & is_before).any(axis=0))


def _is_in_other_room(body: Body, target: Target, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) whether a point is known to be in another room than the target."""
    partition = body.memory.views.regions.current()
    floor = np.array([[target.point[0], target.point[1], 1.0]])
    own = int(partition.labels_at(floor, snap_m=0.8)[0])
    labels = partition.labels_at(np.column_stack([points, np.full(len(points), 1.0)]))
    return np.asarray((labels != own) & (labels >= 0) & (own >= 0))


def _spread_out(points: NDArray[np.float64], target: Target, count: int) -> list[Pose]:
    """The first points that lie apart, each turned to the target."""
    chosen: list[Pose] = []
    for x, y in points.tolist():
        if all(math.hypot(x - other[0], y - other[1]) >= _APART_M for other in chosen):
            chosen.append((x, y, bearing_to((x, y), target.point)))
        if len(chosen) == count:
            break
    return chosen


def bearing_to(point: Point2, target: Point3) -> float:
    return math.atan2(target[1] - point[1], target[0] - point[0])


def _name(target: Target) -> str:
    return target.label or target.entity_id or "place"
