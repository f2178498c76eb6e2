"""The scene graph of a partition, its places and the things in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..errors import InputError
from ..geometry import Box
from .places import PlaceMap
from .regions import RegionPartition
from .room_kinds import RoomKind
from .scene_graph import THINGS, Edge, EdgeKind, Node, NodeKind, Point3, SceneGraph

BUILDING_ID = "building:0"


@dataclass(frozen=True)
class Thing:
    """Something in a house as the graph needs it."""

    thing_id: str
    kind: NodeKind
    """FURNITURE, OBJECT, PERSON, AGENT or KEYFRAME."""
    position_in_world: Point3
    label: str = ""
    box: Box | None = None
    support_id: str | None = None
    """The thing that it lies on."""

    def __post_init__(self) -> None:
        if self.kind not in THINGS:
            raise InputError(f"a thing cannot be a {self.kind.value}: '{self.thing_id}'")


def build_scene_graph(
    partition: RegionPartition,
    place_map: PlaceMap,
    things: Iterable[Thing] = (),
    *,
    room_kinds: Sequence[RoomKind] = (),
    near_m: float = 1.0,
) -> SceneGraph:
    """Building, floors, rooms, places and things with all their relations.

    Things are in the room around them, on their support if it is a thing too, and near each other
    within `near_m` in the same room (not keyframes).
    """
    graph = SceneGraph()
    _add_regions(graph, partition, room_kinds)
    _add_places(graph, place_map)
    _add_things(graph, partition, list(things), near_m)
    return graph


def floor_id(storey: int) -> str:
    return f"floor:{storey}"


def _add_regions(
    graph: SceneGraph, partition: RegionPartition, room_kinds: Sequence[RoomKind]
) -> None:
    kinds = {kind.room_id: kind for kind in room_kinds}
    middle = _middle([room.centroid_in_world for room in partition.rooms])
    graph.add_node(Node(BUILDING_ID, NodeKind.BUILDING, middle, "building"))
    for grid in partition.storeys:
        inside = [r.centroid_in_world for r in partition.rooms if r.storey == grid.storey]
        x, y, _ = _middle(inside)
        name = floor_id(grid.storey)
        graph.add_node(Node(name, NodeKind.FLOOR, (x, y, grid.floor_m), f"floor {grid.storey}"))
        graph.add_edge(Edge(name, BUILDING_ID, EdgeKind.PART_OF))
    for room in partition.rooms:
        kind = kinds.get(room.room_id)
        shares = () if kind is None else ((f"p:{name}", p) for name, p in kind.probabilities)
        values = (("area_m2", room.area_m2), ("unknown_share", room.unknown_share), *shares)
        label = "unknown" if kind is None else kind.kind
        graph.add_node(
            Node(room.room_id, NodeKind.ROOM, room.centroid_in_world, label, room.box,
                 tuple(sorted(values)))
        )  # fmt: skip
        graph.add_edge(Edge(room.room_id, floor_id(room.storey), EdgeKind.PART_OF))
    for door in partition.doors:
        first, second = (graph.get_node(room_id) for room_id in door.room_ids)
        cost_m = sum(
            _gap_m(end.position_in_world, door.position_in_world) for end in (first, second)
        )
        graph.add_edge(
            Edge(first.node_id, second.node_id, EdgeKind.CONNECTS_THROUGH, cost_m, door.door_id,
                 door.position_in_world, door.width_m)
        )  # fmt: skip


def _add_places(graph: SceneGraph, place_map: PlaceMap) -> None:
    for place in place_map.places:
        values: list[tuple[str, str | float | int | bool]] = [("clearance_m", place.clearance_m)]
        if place.door_id is not None:
            values.append(("door_id", place.door_id))
        label = "" if place.door_id is None else "door"
        graph.add_node(
            Node(
                place.place_id, NodeKind.PLACE, place.position_in_world, label, None, tuple(values)
            )
        )
        parent = place.room_id or floor_id(place.storey)
        graph.add_edge(Edge(place.place_id, parent, EdgeKind.PART_OF))
    for way in place_map.edges:
        graph.add_edge(Edge(*way.place_ids, EdgeKind.ADJACENT, way.cost_m))


def _add_things(
    graph: SceneGraph, partition: RegionPartition, things: list[Thing], near_m: float
) -> None:
    for thing in things:
        graph.add_node(
            Node(thing.thing_id, thing.kind, thing.position_in_world, thing.label, thing.box)
        )
    rooms: list[str | None] = []
    for thing in things:
        rooms.append(partition.room_of(np.array(thing.position_in_world)))
        if thing.support_id is not None and graph.has_node(thing.support_id):
            graph.add_edge(Edge(thing.thing_id, thing.support_id, EdgeKind.ON))
        if rooms[-1] is not None:
            graph.add_edge(Edge(thing.thing_id, rooms[-1], EdgeKind.IN))
    close = [i for i, thing in enumerate(things) if thing.kind is not NodeKind.KEYFRAME]
    if len(close) < 2 or near_m <= 0:
        return
    points = np.array([things[i].position_in_world for i in close])
    for a, b in sorted(cKDTree(points).query_pairs(near_m)):
        if rooms[close[a]] == rooms[close[b]]:
            gap_m = float(np.linalg.norm(points[a] - points[b]))
            ends = (things[close[a]].thing_id, things[close[b]].thing_id)
            graph.add_edge(Edge(*ends, EdgeKind.NEAR, gap_m))


def _middle(points: list[Point3]) -> Point3:
    if not points:
        return (0.0, 0.0, 0.0)
    x, y, z = np.mean(points, axis=0).tolist()
    return (x, y, z)


def _gap_m(first: Point3, second: Point3) -> float:
    return float(np.linalg.norm(np.subtract(first, second)))
