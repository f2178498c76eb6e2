"""The typed graph: its invariants, its ways, and the exchange with Spark-DSG's JSON."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from embodied_mem.errors import InputError
from embodied_mem.geometry import Box
from embodied_mem.graph.build import BUILDING_ID, Thing, build_scene_graph
from embodied_mem.graph.dsg_json import from_dsg_json, to_dsg_json
from embodied_mem.graph.places import Place, PlaceEdge, PlaceMap
from embodied_mem.graph.regions import Door, RegionPartition, Room, StoreyGrid
from embodied_mem.graph.room_kinds import label_rooms
from embodied_mem.graph.scene_graph import Edge, EdgeKind, Node, NodeKind, SceneGraph


def partition() -> RegionPartition:
    """Two rooms side by side on one storey, cells of 1 m, a door at (3, 1)."""
    labels = np.full((6, 2), -1, np.int32)
    labels[:3], labels[3:] = 0, 1
    nothing = np.zeros(labels.shape, bool)
    grid = StoreyGrid(0, 0.0, np.inf, (0.0, 0.0), 1.0, labels, nothing, ~nothing)
    rooms = tuple(
        Room(
            f"room:{n}", 0, 6.0, Box((3.0 * n, 0.0, 0.0), (3.0 * n + 3, 2.0, 2.5)), (3 * n + 1.5, 1.0, 0.0),
            np.array([(3.0 * n, 0), (3.0 * n + 3, 0), (3.0 * n + 3, 2), (3.0 * n, 2)]), 0.0,
        )
        for n in (0, 1)
    )  # fmt: skip
    door = Door("door:0-1", ("room:0", "room:1"), (3.0, 1.0, 0.0), 0.9, (1.0, 0.0), True)
    return RegionPartition(rooms, (door,), (grid,), 1, 2)


def place_map() -> PlaceMap:
    places = tuple(
        Place(f"place:0:{x}:1", (float(x), 1.0, 0.0), 0.5, 0, f"room:{x // 3}") for x in range(6)
    )
    edges = tuple(
        PlaceEdge(
            (a.place_id, b.place_id),
            1.0,
            np.array([a.position_in_world, b.position_in_world])[:, :2],
        )
        for a, b in itertools.pairwise(places)
    )
    return PlaceMap(places, edges, ())


THINGS = (
    Thing(
        "furniture:1",
        NodeKind.FURNITURE,
        (1.0, 0.5, 0.4),
        "table",
        Box((0.0, 0.0, 0.0), (2.0, 1.0, 0.8)),
    ),
    Thing("object:1", NodeKind.OBJECT, (1.0, 0.5, 0.8), "red mug", None, "furniture:1"),
    Thing("object:2", NodeKind.OBJECT, (5.0, 0.5, 0.2), "ball"),
    Thing("person:1", NodeKind.PERSON, (5.2, 0.5, 0.9), "person"),
    Thing("agent:0", NodeKind.AGENT, (1.5, 1.0, 0.0)),
    Thing("frame:3", NodeKind.KEYFRAME, (1.5, 1.0, 1.3)),
)


@pytest.fixture
def graph() -> SceneGraph:
    regions = partition()
    kinds = label_rooms(regions, [("table", (1, 0.5, 0.4)), ("bed", (4, 1, 0.3))])
    return build_scene_graph(regions, place_map(), THINGS, room_kinds=kinds)


def test_the_graph_of_a_house_keeps_its_invariants(graph: SceneGraph) -> None:
    assert graph.check() == []
    assert len(graph.nodes(NodeKind.PLACE)) == 6
    assert [node.label for node in graph.nodes(NodeKind.ROOM)][1] == "bedroom"
    room = graph.find_room("object:1")
    assert room is not None
    assert room.node_id == "room:0"
    parent = graph.find_parent("object:1")
    assert parent is not None
    assert parent.node_id == "furniture:1"
    assert graph.has_edge("object:1", "furniture:1", EdgeKind.ON)
    assert graph.has_edge("floor:0", BUILDING_ID, EdgeKind.PART_OF)


def test_near_holds_both_ways_and_never_through_walls(graph: SceneGraph) -> None:
    edge = graph.find_edge("object:2", "person:1", EdgeKind.NEAR)
    assert edge is not None
    assert graph.find_edge("person:1", "object:2", EdgeKind.NEAR) == edge.reversed()
    rooms = {name: graph.find_room(name) for e in graph.edges(EdgeKind.NEAR)
             for name in (e.source_id, e.target_id)}  # fmt: skip
    for near in graph.edges(EdgeKind.NEAR):
        assert rooms[near.source_id] == rooms[near.target_id]
    assert not graph.edges_from("frame:3", EdgeKind.NEAR)


def test_ways_lead_over_places_and_through_doors(graph: SceneGraph) -> None:
    found = graph.find_path("place:0:0:1", "place:0:5:1")
    assert found is not None
    names, length_m = found
    assert names == [f"place:0:{x}:1" for x in range(6)]
    assert length_m == 5.0
    rooms = graph.find_path("room:0", "room:1", EdgeKind.CONNECTS_THROUGH)
    assert rooms == (["room:0", "room:1"], pytest.approx(3.0))
    assert graph.find_path("place:0:0:1", "object:1") is None


def test_two_doors_between_two_rooms_are_both_kept(graph: SceneGraph) -> None:
    graph.add_edge(Edge("room:0", "room:1", EdgeKind.CONNECTS_THROUGH, 9.0, "door:0-1-2"))
    doors = {edge.door_id for edge in graph.edges(EdgeKind.CONNECTS_THROUGH)}
    assert doors == {"door:0-1", "door:0-1-2"}
    assert graph.check() == []


@pytest.mark.parametrize(
    ("edge", "words"),
    [
        (Edge("room:0", "nowhere", EdgeKind.PART_OF), "both ends must be nodes"),
        (Edge("room:0", "room:0", EdgeKind.CONNECTS_THROUGH), "the ends must differ"),
        (Edge("room:0", "object:1", EdgeKind.IN), "a room cannot be so with a object"),
        (Edge("object:1", "room:1", EdgeKind.IN), "it is already in 'room:0'"),
        (Edge("place:0:0:1", "place:0:3:1", EdgeKind.ADJACENT), "needs cost_m"),
        (Edge("place:0:0:1", "place:0:3:1", EdgeKind.ADJACENT, -1.0), "not negative"),
        (Edge("place:0:0:1", "place:0:3:1", EdgeKind.ADJACENT, float("nan")), "finite"),
    ],
)
def test_an_edge_that_breaks_an_invariant_is_refused(
    graph: SceneGraph, edge: Edge, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        graph.add_edge(edge)
    assert graph.check() == []


def test_a_broken_graph_is_reported(graph: SceneGraph) -> None:
    graph._graph.remove_edge("room:1", "room:0", key="connects_through/door:0-1")
    assert any("does not hold both ways" in problem for problem in graph.check())


def test_ids_and_look_ups_are_strict(graph: SceneGraph) -> None:
    with pytest.raises(InputError, match="exists"):
        graph.add_node(Node("room:0", NodeKind.ROOM, (0, 0, 0)))
    with pytest.raises(InputError, match="finite"):
        graph.add_node(Node("room:9", NodeKind.ROOM, (0, 0, float("inf"))))
    assert graph.find_node("room:9") is None
    with pytest.raises(InputError, match="no node 'room:9'"):
        graph.get_node("room:9")
    with pytest.raises(InputError, match="cannot be a room"):
        Thing("x", NodeKind.ROOM, (0, 0, 0))


def test_json_gives_the_same_graph_back(graph: SceneGraph) -> None:
    again = from_dsg_json(to_dsg_json(graph))
    assert again.nodes() == graph.nodes()
    assert again.edges() == graph.edges()
    assert again.check() == []
    assert to_dsg_json(again) == to_dsg_json(graph)


def test_json_has_the_layers_of_spark_dsg(graph: SceneGraph) -> None:
    record = json.loads(to_dsg_json(graph))
    layers = [node["layer"] for node in record["nodes"]]
    assert {layer: layers.count(layer) for layer in set(layers)} == {2: 4, 3: 6, 4: 2, 5: 1}
    kinds = {node["layer"]: node["attributes"]["type"] for node in record["nodes"]}
    assert kinds[3] == "PlaceNodeAttributes"
    assert all(node["id"] >> 56 in map(ord, "OpRB") for node in record["nodes"])
    ids = {node["id"]: node["layer"] for node in record["nodes"]}
    parents: dict[int, int] = {}
    for edge in record["edges"]:
        source, target = ids[edge["source"]], ids[edge["target"]]
        assert source >= target  # the parent is the source
        if source > target:
            assert edge["target"] not in parents
            parents[edge["target"]] = edge["source"]
    assert len(parents) == len(ids) - 1  # all but the building


def test_a_foreign_file_is_read_by_its_layers(graph: SceneGraph) -> None:
    record = json.loads(to_dsg_json(graph))
    del record["metadata"]
    again = from_dsg_json(json.dumps(record))
    assert again.check() == []
    assert len(again.nodes(NodeKind.PLACE)) == 6
    assert len(again.edges(EdgeKind.ADJACENT)) == 5
    assert len(again.edges(EdgeKind.CONNECTS_THROUGH)) == 1
    assert again.find_path("place:p0", "place:p5") == ([f"place:p{n}" for n in range(6)], 5.0)
    room = again.find_room("object:O1")
    assert room is not None
    assert room.node_id == "room:R0"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"nodes": [{"id": 1, "layer": 3}]}', '{"metadata": {"embodied_mem": {}}}',
     '{"metadata": {"embodied_mem": {"version": 99}}}'],
)  # fmt: skip
def test_what_is_no_scene_graph_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        from_dsg_json(text)
