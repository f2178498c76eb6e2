"""Where a thing may be that memory cannot place for sure: candidates for going to look."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..core import Recall, Verdict
from ..spatial.routes import GroundMap, RobotShape, find_route
from .channels import Channels
from .entity_queries import EntityQueries
from .indexes import Indexes
from .items import EntityItem
from .matching import Matches
from .next_action import DETECTION_RATE, NextAction, Point3, SearchPlace, choose_action
from .query import SpatialRecall

_ANSWER_ITEMS = 5
_READ_ITEMS = 10
_FRONTIER_COUNT = 5
DETOUR = 1.3
"""How much longer than the straight line a way through rooms is, where no route is known."""
_UNSEEN_WEIGHT = 0.5
"""A whole room never seen counts as much as half a sighting of such a thing in a seen one."""
_FRONTIER_WEIGHT = 0.5
_LEAST_PROBABILITY = 0.01


class LookPlanner:
    """Weighs an answer against reading more and against going to look."""

    def __init__(
        self,
        indexes: Indexes,
        spatial: SpatialRecall,
        entities: EntityQueries,
        channels: Channels,
    ) -> None:
        self._ix, self._spatial = indexes, spatial
        self._entities, self._channels = entities, channels
        self._frontiers: tuple[int, list[tuple[str, Point3, float]]] = (-1, [])

    def next_action(
        self,
        question: str,
        *,
        start_in_world: Point3 | None,
        value_m: float,
        visited: Sequence[str],
        recalled: Sequence[str],
        robot: RobotShape,
        speaker: str,
    ) -> NextAction:
        """See `MemoryRecall.next_action`."""
        answer = self._entities.where(question, k=_ANSWER_ITEMS, speaker=speaker)
        probability = answer_probability(answer)
        start = start_in_world or self._last_position()
        places: list[SearchPlace] = []
        ground = None
        if probability < DETECTION_RATE:  # else no look can make it surer
            moment = self._ix.moment()
            matches = self._ix.matcher.match(question, speaker=speaker, at=moment.state_rows)
            places = search_places(self._ix, answer, matches, self._frontier_places())
            ground = self._spatial.ground_map(robot)
        return choose_action(
            probability,
            places,
            start_in_world=start,
            distance_m=way_length(ground, start),
            recall_gain=self._recall_gain(question, answer, recalled),
            value_m=value_m,
            visited=visited,
        )

    def _frontier_places(self) -> list[tuple[str, Point3, float]]:
        """(id, position, share) of the largest frontiers; found once per state of the map."""
        revision = self._spatial.views.octree.revision
        if self._frontiers[0] != revision:
            self._frontiers = (
                revision,
                [
                    (item.item_id, item.position_in_world, item.score)
                    for item in self._spatial.frontiers(k=_FRONTIER_COUNT).items
                    if item.position_in_world is not None
                ],
            )
        return self._frontiers[1]

    def _last_position(self) -> Point3:
        keyframes = self._spatial.views.keyframes
        if not len(keyframes):
            return (0.0, 0.0, 0.0)
        x, y, z = keyframes.positions[-1].tolist()
        return (x, y, z)

    def _recall_gain(self, question: str, answer: Recall, recalled: Sequence[str]) -> float:
        """Half of what is missing, times the share of what memory holds on it that was not read yet.

        What is known needs no more reading: it would not change the next move (Mind Palace's stop rule).
        """
        found = self._channels.search(question, k=_READ_ITEMS)
        if answer.verdict is Verdict.KNOWN or not found.named_ids:
            return 0.0
        read = {*recalled, *(item.item_id for item in answer.items)}
        unread = sum(item.item_id not in read for item in found.items) / len(found.items)
        return 0.5 * (1.0 - answer_probability(answer)) * unread


def answer_probability(answer: Recall) -> float:
    """That going by this answer succeeds: a known place is right, a stale one perhaps."""
    if not answer.items:
        return 0.0
    still = getattr(answer.items[0], "still_there", 0.0)
    by_verdict = {
        Verdict.KNOWN: answer.probability or 0.0,
        Verdict.STALE: float(still),
        Verdict.AMBIGUOUS: float(still) / max(2, len(answer.items)),
    }
    return by_verdict.get(answer.verdict, 0.0)


def search_places(
    indexes: Indexes,
    answer: Recall,
    matches: Matches,
    frontiers: Sequence[tuple[str, Point3, float]],
) -> list[SearchPlace]:
    """Places with probabilities that sum to at most one.

    First where the thing was seen last; what is left goes to rooms where such things have been, or that
    were seen too little, and to frontiers (id, position, share of all).
    """
    places: dict[str, SearchPlace] = {}
    mass = 0.0
    for item in answer.items:
        if not isinstance(item, EntityItem) or item.position_in_world is None:
            continue
        share = min(item.still_there * min(item.score * 2, 1.0), 1.0 - mass)
        if item.status == "gone" or share < _LEAST_PROBABILITY:
            continue
        mass += share
        places[item.item_id] = SearchPlace(item.item_id, item.position_in_world, share, item.note)
    left = max(0.0, 1.0 - mass) * 0.95
    weights = _room_weights(indexes, matches)
    rows: list[tuple[str, Point3, float, str]] = [
        (room.room_id, room.position_in_world, weights[n], indexes.rooms.name_of(n))
        for n, room in enumerate(indexes.rooms.rooms)
    ]
    rows += [(name, at, _FRONTIER_WEIGHT * share, "frontier") for name, at, share in frontiers]
    total = sum(weight for _, _, weight, _ in rows)
    for name, at, weight, note in rows:
        share = left * weight / total if total > 0 else 0.0
        if share >= _LEAST_PROBABILITY:
            places[name] = SearchPlace(name, at, share, note)
    return sorted(places.values(), key=lambda place: (-place.probability, place.place_id))


def way_length(ground: GroundMap | None, start: Point3) -> Callable[[Point3, Point3], float]:
    """Length of ways: routes over the ground from the start, else straight lines times a detour."""
    known: dict[Point3, float] = {}

    def length_m(first: Point3, second: Point3) -> float:
        straight_m = DETOUR * math.dist(first[:2], second[:2])
        if ground is None or first != start:
            return straight_m
        if second not in known:
            route = find_route(ground, np.array(first), np.array(second))
            # a goal that the map shows no way to may be behind a door that was not opened yet
            known[second] = route.length_m if math.isfinite(route.length_m) else 2 * straight_m
        return known[second]

    return length_m


def _room_weights(indexes: Indexes, matches: Matches) -> list[float]:
    """How likely each room is to hold such a thing, up to a factor."""
    index = indexes.entities
    counts = np.zeros(len(indexes.rooms.rooms))
    if matches.count:
        starts = index.entities["state_start"][matches.rows]
        lengths = index.entities["state_count"][matches.rows]
        all_states = [np.arange(s, s + n) for s, n in zip(starts, lengths, strict=True)]
        rooms = index.states["room"][np.concatenate(all_states)]
        counts += np.bincount(rooms[rooms >= 0], minlength=len(counts))
    return [
        float(count) + _UNSEEN_WEIGHT * (1.0 - room.looked_share) + 0.02
        for count, room in zip(counts.tolist(), indexes.rooms.rooms, strict=True)
    ]
