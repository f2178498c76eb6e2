"""Exchange with Spark-DSG's JSON (Hydra): layers 2 objects, 3 places, 4 rooms, 5 buildings.

Written as format version 1.0.4, which readers up to 1.1.x accept: a header, nodes with `id` (a
NodeSymbol: letter << 56 | number), `layer` and typed `attributes`, edges with `source`, `target` and
`info`; across layers the parent is the source. What the format has no place for (our ids, floors, agents,
keyframes, doors, near and on) is kept under `metadata.embodied_mem`, which Spark-DSG carries along.

Field names follow the library's sources (graph_json_serialization.cpp, node_attributes.cpp,
json_conversions.cpp); files were not yet read by the library itself.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..geometry import Box
from .scene_graph import Edge, EdgeKind, Node, NodeKind, Point3, SceneGraph

_VERSION = {"major": 1, "minor": 0, "patch": 4}
_LAYERS = {
    NodeKind.FURNITURE: (2, "O", "ObjectNodeAttributes"),
    NodeKind.OBJECT: (2, "O", "ObjectNodeAttributes"),
    NodeKind.PERSON: (2, "O", "ObjectNodeAttributes"),
    NodeKind.PLACE: (3, "p", "PlaceNodeAttributes"),
    NodeKind.ROOM: (4, "R", "RoomNodeAttributes"),
    NodeKind.BUILDING: (5, "B", "SemanticNodeAttributes"),
}
_KINDS = {2: NodeKind.OBJECT, 3: NodeKind.PLACE, 4: NodeKind.ROOM, 5: NodeKind.BUILDING}
_NO_LABEL = 4_294_967_295
_SECTION, _SECTION_VERSION = "embodied_mem", 1
_IDENTITY = {"w": 1.0, "x": 0.0, "y": 0.0, "z": 0.0}


def to_dsg_json(graph: SceneGraph) -> str:
    """The graph as a Spark-DSG file; `from_dsg_json` gives the same graph back."""
    symbols = _symbols(graph)
    nodes = [_node_json(graph.get_node(name), symbol) for name, symbol in symbols.items()]
    section = {
        "version": _SECTION_VERSION,
        "nodes": [_own_node(node, symbols.get(node.node_id)) for node in graph.nodes()],
        "edges": [_own_edge(edge) for edge in graph.edges()],
    }
    return json.dumps(
        {
            "SPARK_DSG_header": {"project_name": "main", "version": _VERSION},
            "directed": False,
            "multigraph": False,
            "layer_ids": [2, 3, 4, 5],
            "mesh_layer_id": 1,
            "nodes": nodes,
            "edges": _edges_json(graph, symbols),
            "metadata": {_SECTION: section},
        },
        allow_nan=False,
    )


def from_dsg_json(text: str) -> SceneGraph:
    """A graph from our export or from any Spark-DSG file with these layers; agents are skipped.

    In a foreign file nodes are named '<kind>:<letter><number>', edges between places are adjacent,
    between rooms connects_through, and across layers part_of or in.

    Raises:
        InputError: not such a file; says where.
    """
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"a scene graph must be JSON: {error}") from error
    try:
        section = _find_section(record)
        if section is not None:
            return _from_own(section)
        return _from_foreign(record)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"not a Spark-DSG graph: {type(error).__name__} {error}") from error


def _symbols(graph: SceneGraph) -> dict[str, int]:
    """Node id -> NodeSymbol of every node that the format has a layer for."""
    counts: dict[str, int] = {}
    symbols = {}
    for node in graph.nodes():
        if node.kind in _LAYERS:
            letter = _LAYERS[node.kind][1]
            number = counts[letter] = counts.get(letter, -1) + 1
            symbols[node.node_id] = ord(letter) << 56 | number
    return symbols


def _node_json(node: Node, symbol: int) -> dict[str, Any]:
    layer, _, kind = _LAYERS[node.kind]
    attributes: dict[str, Any] = {
        "type": kind,
        "position": [float(value) for value in node.position_in_world],
        "last_update_time_ns": 0,
        "is_active": False,
        "is_predicted": False,
        "name": node.label or node.node_id,
        "color": {"r": 0, "g": 0, "b": 0, "a": 255},
        "bounding_box": _box_json(node.box),
        "semantic_label": _NO_LABEL,
        "semantic_feature": {"rows": 0, "cols": 0, "data": None},
    }
    if node.kind is NodeKind.ROOM:
        shares = {key[2:]: value for key, value in node.attributes if key.startswith("p:")}
        attributes["semantic_class_probabilities"] = shares
    elif node.kind is NodeKind.PLACE:
        attributes |= _place_json(node)
    elif layer == 2:
        attributes |= {"mesh_connections": [], "registered": False, "world_R_object": _IDENTITY}
    return {"id": symbol, "layer": layer, "partition": 0, "attributes": attributes}


def _place_json(node: Node) -> dict[str, Any]:
    return {
        "distance": node.find_attribute("clearance_m") or 0.0,
        "num_basis_points": 0,
        "voxblox_mesh_connections": [],
        "pcl_mesh_connections": [],
        "mesh_vertex_labels": [],
        "deformation_connections": [],
        "real_place": True,
        "active_frontier": False,
        "frontier_scale": [0.0, 0.0, 0.0],
        "orientation": _IDENTITY,
        "need_cleanup": False,
        "num_frontier_voxels": 0,
    }


def _box_json(box: Box | None) -> dict[str, Any]:
    return {
        "type": "INVALID" if box is None else "AABB",
        "dimensions": [0.0, 0.0, 0.0] if box is None else box.size.tolist(),
        "world_P_center": [0.0, 0.0, 0.0] if box is None else box.center.tolist(),
        "world_R_center": _IDENTITY,
    }


def _edges_json(graph: SceneGraph, symbols: Mapping[str, int]) -> list[dict[str, Any]]:
    """One edge a pair: adjacency and doors within layers, the nearest layered parent across."""
    found: dict[tuple[int, int], float] = {}
    for kind in (EdgeKind.ADJACENT, EdgeKind.CONNECTS_THROUGH):
        for edge in graph.edges(kind):
            pair = (symbols[edge.source_id], symbols[edge.target_id])
            cost_m = 1.0 if edge.cost_m is None else edge.cost_m
            found[pair] = min(cost_m, found.get(pair, math.inf))
    for name, symbol in symbols.items():
        node = graph.find_parent(name)
        seen = {name}
        while node is not None and node.node_id not in seen:
            seen.add(node.node_id)
            if node.kind in _LAYERS and _LAYERS[node.kind][0] > symbol_layer(symbol):
                found[symbols[node.node_id], symbol] = 1.0
                break
            node = graph.find_parent(node.node_id)
    return [
        {
            "source": source,
            "target": target,
            "info": {"type": "EdgeAttributes", "weighted": True, "weight": weight},
        }
        for (source, target), weight in found.items()
    ]


def symbol_layer(symbol: int) -> int:
    """The layer of a NodeSymbol that this module wrote, by its letter."""
    return {"O": 2, "p": 3, "R": 4, "B": 5}[chr(symbol >> 56)]


def _own_node(node: Node, symbol: int | None) -> dict[str, Any]:
    box = None if node.box is None else [list(node.box.low), list(node.box.high)]
    return {
        "id": node.node_id,
        "symbol": symbol,
        "kind": node.kind.value,
        "position": [float(value) for value in node.position_in_world],
        "label": node.label,
        "box": box,
        "attributes": [list(pair) for pair in node.attributes],
    }


def _own_edge(edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source_id,
        "target": edge.target_id,
        "kind": edge.kind.value,
        "cost_m": edge.cost_m,
        "door_id": edge.door_id,
        "door_position": None if edge.door_position is None else list(edge.door_position),
        "door_width_m": edge.door_width_m,
    }


def _find_section(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    section = (record.get("metadata") or {}).get(_SECTION)
    if section is None:
        return None
    if section["version"] != _SECTION_VERSION:
        raise InputError(
            f"metadata.{_SECTION} has version {section['version']}, expected {_SECTION_VERSION}"
        )
    found: Mapping[str, Any] = section
    return found


def _from_own(section: Mapping[str, Any]) -> SceneGraph:
    graph = SceneGraph()
    for row in section["nodes"]:
        box = None if row["box"] is None else Box(_point(row["box"][0]), _point(row["box"][1]))
        attributes = tuple((str(key), _value(value)) for key, value in row["attributes"])
        graph.add_node(
            Node(str(row["id"]), NodeKind(row["kind"]), _point(row["position"]), str(row["label"]),
                 box, attributes)
        )  # fmt: skip
    for row in section["edges"]:
        door = None if row["door_position"] is None else _point(row["door_position"])
        graph.add_edge(
            Edge(str(row["source"]), str(row["target"]), EdgeKind(row["kind"]),
                 _number(row["cost_m"]), str(row["door_id"]), door, _number(row["door_width_m"]))
        )  # fmt: skip
    return graph


def _from_foreign(record: Mapping[str, Any]) -> SceneGraph:
    graph = SceneGraph()
    names: dict[int, str] = {}
    for row in record["nodes"]:
        kind = _KINDS.get(int(row["layer"]))
        attributes = row["attributes"]
        if kind is None or attributes["type"] == "AgentNodeAttributes":
            continue
        symbol = int(row["id"])
        letter = chr(symbol >> 56)
        names[symbol] = f"{kind.value}:{letter}{symbol & (1 << 56) - 1}"
        graph.add_node(_foreign_node(names[symbol], kind, attributes))
    for row in record.get("edges", record.get("links", [])):
        ends = names.get(int(row["source"])), names.get(int(row["target"]))
        if ends[0] is not None and ends[1] is not None:
            _add_foreign_edge(graph, ends[0], ends[1], row.get("info") or {})
    return graph


def _foreign_node(name: str, kind: NodeKind, attributes: Mapping[str, Any]) -> Node:
    values: list[tuple[str, float]] = []
    if kind is NodeKind.PLACE and "distance" in attributes:
        values.append(("clearance_m", float(attributes["distance"])))
    shares = attributes.get("semantic_class_probabilities") or {}
    values += [(f"p:{key}", float(value)) for key, value in shares.items()]
    box = _foreign_box(attributes.get("bounding_box") or {})
    label = str(attributes.get("name", ""))
    return Node(name, kind, _point(attributes["position"]), label, box, tuple(sorted(values)))


def _foreign_box(record: Mapping[str, Any]) -> Box | None:
    """The axis-aligned boxes of old (min, max) and new (dimensions, centre) files."""
    if "dimensions" in record and record.get("type") in ("AABB", 1):
        center, size = _point(record["world_P_center"]), _point(record["dimensions"])
        low = tuple(c - s / 2 for c, s in zip(center, size, strict=True))
        high = tuple(c + s / 2 for c, s in zip(center, size, strict=True))
        return Box(_point(low), _point(high))
    if "min" in record and record.get("type") in ("AABB", 1, 0):
        low, high = _point(record["min"]), _point(record["max"])
        return Box(low, high) if all(a <= b for a, b in zip(low, high, strict=True)) else None
    return None


def _add_foreign_edge(graph: SceneGraph, source: str, target: str, info: Mapping[str, Any]) -> None:
    """What an untyped edge says by the layers of its ends; pairs that say nothing are skipped."""
    ranks = {NodeKind.OBJECT: 2, NodeKind.PLACE: 3, NodeKind.ROOM: 4, NodeKind.BUILDING: 5}
    kinds = [graph.get_node(name).kind for name in (source, target)]
    if kinds[0] is kinds[1]:
        weight = float(info.get("weight", 1.0))
        if kinds[0] is NodeKind.PLACE:
            graph.add_edge(Edge(source, target, EdgeKind.ADJACENT, weight))
        elif kinds[0] is NodeKind.ROOM:
            graph.add_edge(Edge(source, target, EdgeKind.CONNECTS_THROUGH, weight))
        return
    child, parent = (source, target) if ranks[kinds[0]] < ranks[kinds[1]] else (target, source)
    low, high = graph.get_node(child).kind, graph.get_node(parent).kind
    if low is NodeKind.OBJECT and high in (NodeKind.PLACE, NodeKind.ROOM):
        graph.add_edge(Edge(child, parent, EdgeKind.IN))
    elif (low, high) in ((NodeKind.PLACE, NodeKind.ROOM), (NodeKind.ROOM, NodeKind.BUILDING)):
        graph.add_edge(Edge(child, parent, EdgeKind.PART_OF))


def _point(values: Any) -> Point3:
    x, y, z = (float(value) for value in values)
    if not all(map(math.isfinite, (x, y, z))):
        raise InputError(f"a position must be finite, got {(x, y, z)}")
    return (x, y, z)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _value(value: Any) -> str | float | int | bool:
    if isinstance(value, str | float | int | bool):
        return value
    raise InputError(f"an attribute must be a text, number or truth value, got {value!r}")
