"""Searching for a label: where memory thinks it may be, then where it has not looked."""

from __future__ import annotations

import math

from ...core import Observation
from ...recall.next_action import Point3
from ..local_control import PoseGoal
from .approaching import approach
from .body import Body, Steps, normal_label
from .driving import drive_to, turn_to
from .requests import Search
from .result import Failure, SkillFailedError
from .stands import StandRange, Target, find_target

_LEAST_CONFIDENCE = 0.5
_HOPELESS = (Failure.OUT_OF_STEPS, Failure.EPISODE_OVER)
_FRONTIER_NEAR_M = 0.5


def search(body: Body, request: Search) -> Steps:
    """Go from place to place until a camera sees the label; `body.entity_id` is then what was found."""
    wanted = normal_label(request.label)

    def shows_it(observation: Observation) -> bool:
        return any(
            normal_label(d.label) == wanted and d.confidence >= _LEAST_CONFIDENCE
            for d in observation.detections
        )

    body.watch = shows_it
    body.has_watched = shows_it(body.observation)
    visited: list[str] = []
    while not body.has_watched and len(visited) < body.config.max_search_places:
        place = _next_place(body, request.label, visited)
        if place is None:
            break
        place_id, point = place
        visited.append(place_id)
        yield from _look_at(body, place_id, point)
    if not body.has_watched:
        raise SkillFailedError(
            Failure.NOT_FOUND,
            f"no '{request.label}' was seen; looked at {', '.join(visited) or 'nothing'}",
        )
    body.entity_id = _seen_entity(body, wanted)


def _next_place(body: Body, label: str, visited: list[str]) -> tuple[str, Point3] | None:
    """Where to look next, by value of information; else the best frontier; None if there is none."""
    memory, base = body.memory, body.base
    answer = memory.where(label, k=1)
    if answer.items and answer.items[0].item_id not in visited:
        item = answer.items[0]
        if item.position_in_world is not None:
            return item.item_id, item.position_in_world
    option = memory.next_action(label, start_in_world=(base[0], base[1], 0.0), visited=visited)
    for place in option.places:
        if place.place_id == option.place_id and place.place_id not in visited:
            return place.place_id, place.position_in_world
    for frontier in memory.frontiers(k=8).items:
        point = frontier.position_in_world
        if point is None:
            continue
        name = f"frontier at ({point[0]:.1f}, {point[1]:.1f})"
        if name not in visited:
            return name, point
    return None


def _look_at(body: Body, place_id: str, point: Point3) -> Steps:
    """Stand where a place can be seen, and look all around there. What cannot be reached is left out."""
    try:
        if place_id.startswith("entity:"):
            target = find_target(body, place_id)
            yield from approach(body, target, StandRange(0.3, 1.6, 0.9), tolerance_m=0.25)
        else:
            target = Target(point)
            try:
                within = StandRange(0.0, 2.5, _FRONTIER_NEAR_M)
                yield from approach(body, target, within, tolerance_m=0.25)
            except SkillFailedError as failed:
                if failed.failure is not Failure.NO_STAND:
                    raise
                yield from drive_to(body, PoseGoal(point[0], point[1], tolerance_m=1.0))
    except SkillFailedError as failed:
        if failed.failure in _HOPELESS:
            raise
    start = body.base[2]
    for part in (1, 2, 3):
        if body.has_watched:
            return
        yield from turn_to(body, start + part * 2 * math.pi / 3)


def _seen_entity(body: Body, wanted: str) -> str:
    """Of the newest sightings; '' if memory has not made an entity of it yet."""
    stamp_ns = body.observation.stamp_ns
    found = [
        entity
        for entity in body.memory.views.entities.entities(include_unconfirmed=True)
        if normal_label(entity.label) == wanted and entity.last_seen_ns >= stamp_ns
    ]
    return max(found, key=lambda e: e.existence).entity_id if found else ""
