"""Routes on the graph of places: which places, rooms and doors a way leads through, and the way itself."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ..geometry import Points
from .places import DEFAULT_SNAP_M, PlaceMap, Spot, path_length_m, pulled


@dataclass(frozen=True)
class PlaceRoute:
    """A way over places. Invariant: every leg lies on cells where the robot fits."""

    place_ids: tuple[str, ...]
    room_ids: tuple[str, ...]
    """Rooms in the order they are entered."""
    door_ids: tuple[str, ...]
    """Doors whose places the way uses, in order."""
    waypoints: NDArray[np.float64]
    """(N, 3) in the world at floor height, corners only."""
    length_m: float


class PlaceGraph:
    """The places of a `PlaceMap` as a networkx graph with lengths on its edges."""

    def __init__(self, place_map: PlaceMap) -> None:
        self.place_map = place_map
        self._place = {place.place_id: place for place in place_map.places}
        self._edge = {edge.place_ids: edge for edge in place_map.edges}
        self._graph = nx.Graph()
        self._graph.add_nodes_from(self._place)
        self._graph.add_weighted_edges_from(
            ((*edge.place_ids, edge.cost_m) for edge in place_map.edges), weight="cost_m"
        )
        number = {place.place_id: index for index, place in enumerate(place_map.places)}
        self._part = [0] * len(number)
        """Per place: the number of the connected part that it is in."""
        for part, names in enumerate(nx.connected_components(self._graph)):
            for name in names:
                self._part[number[name]] = part

    @property
    def graph(self) -> nx.Graph:
        """A read-only view: nodes are place ids, edges carry 'cost_m'."""
        return self._graph.copy(as_view=True)

    def find_route(
        self,
        start_in_world: Points,
        goal_in_world: Points,
        *,
        snap_m: float = DEFAULT_SNAP_M,
    ) -> PlaceRoute | None:
        """The shortest way over places between two (3,) points, pulled straight; None if there is none.

        Dijkstra finds the places; the way then keeps to the same side of every obstacle. Start and goal
        move to the nearest spot where the robot fits, at most `snap_m` away.
        """
        ends = self._ends(start_in_world, goal_in_world, snap_m)
        if ends is None:
            return None
        start, goal = ends
        places = self.place_map.places
        names = nx.dijkstra_path(
            self._graph,
            places[start.place_index].place_id,
            places[goal.place_index].place_id,
            weight="cost_m",
        )
        level = self.place_map.storeys[start.level]
        cells = self._cells_along(names, start, goal)
        corners = pulled(pulled(cells, level.is_passable), level.is_passable)
        flat = np.array(level.ground.origin_m) + (corners + 0.5) * level.ground.cell_m
        waypoints = np.column_stack([flat, np.full(len(flat), level.ground.floor_m)])
        return self._described(names, waypoints)

    def _ends(
        self, start_in_world: Points, goal_in_world: Points, snap_m: float
    ) -> tuple[Spot, Spot] | None:
        """Spots near start and goal between which there is a way, moved least in sum."""
        goals: dict[int, Spot] = {}
        for spot in self.place_map.spots_near(goal_in_world, snap_m=snap_m):
            goals.setdefault(self._part[spot.place_index], spot)
        pairs = [
            (start, goals[self._part[start.place_index]])
            for start in self.place_map.spots_near(start_in_world, snap_m=snap_m)
            if self._part[start.place_index] in goals
        ]
        return min(pairs, key=lambda pair: pair[0].gap_m + pair[1].gap_m) if pairs else None

    def find_distance_m(self, first_place_id: str, second_place_id: str) -> float | None:
        """Length of the shortest way over the edges; None if there is none."""
        try:
            found = nx.dijkstra_path_length(
                self._graph, first_place_id, second_place_id, weight="cost_m"
            )
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return None
        return float(found)

    def _cells_along(
        self,
        names: list[str],
        start: Spot,
        goal: Spot,
    ) -> NDArray[np.int64]:
        """(N, 2) neighbouring cells from start over the places to the goal."""
        level = self.place_map.storeys[start.level]
        corner, cell_m = np.array(level.ground.origin_m), level.ground.cell_m
        pieces = [self.place_map.chain(start)]
        for first, second in itertools.pairwise(names):
            edge = self._edge.get((first, second))
            points = edge.waypoints if edge else self._edge[second, first].waypoints[::-1]
            pieces.append(_filled(np.rint((points - corner) / cell_m - 0.5).astype(np.int64)))
        pieces.append(self.place_map.chain(goal)[::-1])
        cells = np.concatenate(pieces)
        is_new = np.r_[True, (np.diff(cells, axis=0) != 0).any(axis=1)]
        return np.asarray(cells[is_new], np.int64)

    def _described(self, names: list[str], waypoints: NDArray[np.float64]) -> PlaceRoute:
        places = [self._place[name] for name in names]
        rooms: list[str] = []
        for place in places:
            if place.room_id is not None and (not rooms or rooms[-1] != place.room_id):
                rooms.append(place.room_id)
        doors = tuple(place.door_id for place in places if place.door_id is not None)
        return PlaceRoute(tuple(names), tuple(rooms), doors, waypoints, path_length_m(waypoints))


def _filled(corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cells along straight legs between corners, about one a step."""
    pieces = [corners[:1]]
    for start, end in itertools.pairwise(corners):
        count = max(math.ceil(float(np.abs(end - start).max())), 1)
        line = start + 0.5 + np.linspace(0.0, 1.0, count + 1)[1:, None] * (end - start)
        pieces.append(np.floor(line).astype(np.int64))
    return np.concatenate(pieces)
