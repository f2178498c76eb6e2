"""The typed scene graph: what there is, what it is in, on and near, and how one gets there.

A view on networkx with checked types. Invariants, kept by `add_node` and `add_edge` and re-checked by
`check`: ids are unique; an edge joins kinds that `ALLOWED` names; part_of leads one level up and nothing
has two of it; nothing is in, or on, two things; near, adjacent and connects_through hold both ways with
the same data; costs are finite and not negative.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import networkx as nx

from ..errors import InputError
from ..geometry import Box

Point3 = tuple[float, float, float]
Value = str | float | int | bool


class NodeKind(str, enum.Enum):
    """What a node stands for."""

    BUILDING = "building"
    FLOOR = "floor"
    ROOM = "room"
    PLACE = "place"
    FURNITURE = "furniture"
    OBJECT = "object"
    PERSON = "person"
    AGENT = "agent"
    KEYFRAME = "keyframe"


class EdgeKind(str, enum.Enum):
    """What an edge says: source <kind> target."""

    PART_OF = "part_of"
    IN = "in"
    ON = "on"
    NEAR = "near"
    ADJACENT = "adjacent"
    CONNECTS_THROUGH = "connects_through"


THINGS = frozenset(
    {NodeKind.FURNITURE, NodeKind.OBJECT, NodeKind.PERSON, NodeKind.AGENT, NodeKind.KEYFRAME}
)
SYMMETRIC = frozenset({EdgeKind.NEAR, EdgeKind.ADJACENT, EdgeKind.CONNECTS_THROUGH})
PARENTS = frozenset({EdgeKind.PART_OF, EdgeKind.IN, EdgeKind.ON})
"""Kinds of which a node has at most one outgoing edge each."""
_STEPS_UP = {
    NodeKind.PLACE: (NodeKind.ROOM, NodeKind.FLOOR),
    NodeKind.ROOM: (NodeKind.FLOOR, NodeKind.BUILDING),
    NodeKind.FLOOR: (NodeKind.BUILDING,),
}
ALLOWED: dict[EdgeKind, frozenset[tuple[NodeKind, NodeKind]]] = {
    EdgeKind.PART_OF: frozenset((low, high) for low, ups in _STEPS_UP.items() for high in ups),
    EdgeKind.IN: frozenset(
        (thing, holder)
        for thing in THINGS
        for holder in (NodeKind.ROOM, NodeKind.PLACE, NodeKind.FURNITURE, NodeKind.OBJECT)
    ),
    EdgeKind.ON: frozenset(
        (thing, support)
        for thing in (NodeKind.OBJECT, NodeKind.FURNITURE, NodeKind.PERSON)
        for support in (NodeKind.FURNITURE, NodeKind.OBJECT)
    ),
    EdgeKind.NEAR: frozenset(
        (a, b) for a in (*THINGS, NodeKind.PLACE) for b in (*THINGS, NodeKind.PLACE)
    ),
    EdgeKind.ADJACENT: frozenset({(NodeKind.PLACE, NodeKind.PLACE)}),
    EdgeKind.CONNECTS_THROUGH: frozenset({(NodeKind.ROOM, NodeKind.ROOM)}),
}


@dataclass(frozen=True)
class Node:
    """One thing, place, room ..."""

    node_id: str
    kind: NodeKind
    position_in_world: Point3
    label: str = ""
    box: Box | None = None
    attributes: tuple[tuple[str, Value], ...] = ()
    """Further named values, sorted by name: 'clearance_m', 'area_m2', 'p:kitchen' ..."""

    def find_attribute(self, name: str) -> Value | None:
        return next((value for key, value in self.attributes if key == name), None)


@dataclass(frozen=True)
class Edge:
    """One relation between two nodes."""

    source_id: str
    target_id: str
    kind: EdgeKind
    cost_m: float | None = None
    """Length of the way for adjacent and connects_through, distance for near."""
    door_id: str = ""
    """The door of connects_through; two rooms may share several."""
    door_position: Point3 | None = None
    door_width_m: float | None = None

    @property
    def key(self) -> str:
        return f"{self.kind.value}/{self.door_id}"

    def reversed(self) -> Edge:
        return replace(self, source_id=self.target_id, target_id=self.source_id)


class SceneGraph:
    """Nodes and edges with types; see the module's invariants."""

    def __init__(self) -> None:
        self._graph = nx.MultiDiGraph()

    @property
    def graph(self) -> nx.MultiDiGraph:
        """A read-only networkx view; nodes carry 'node', edges carry 'edge'."""
        return self._graph.copy(as_view=True)

    def add_node(self, node: Node) -> None:
        """Raises InputError if the id is taken or the position is not finite."""
        if self.has_node(node.node_id):
            raise InputError(f"node '{node.node_id}' exists; ids must be unique")
        if not all(map(math.isfinite, node.position_in_world)):
            raise InputError(f"node '{node.node_id}' needs a finite position")
        self._graph.add_node(node.node_id, node=node)

    def add_edge(self, edge: Edge) -> None:
        """Add an edge, and its reverse if its kind is symmetric; an equal one is kept once.

        Raises:
            InputError: an unknown end, kinds that do not go together, a second parent, a bad cost.
        """
        problem = self._problem_of(edge)
        if problem is not None:
            raise InputError(problem)
        self._graph.add_edge(edge.source_id, edge.target_id, key=edge.key, edge=edge)
        if edge.kind in SYMMETRIC:
            back = edge.reversed()
            self._graph.add_edge(back.source_id, back.target_id, key=back.key, edge=back)

    def has_node(self, node_id: str) -> bool:
        return node_id in self._graph

    def find_node(self, node_id: str) -> Node | None:
        if not self.has_node(node_id):
            return None
        node: Node = self._graph.nodes[node_id]["node"]
        return node

    def get_node(self, node_id: str) -> Node:
        node = self.find_node(node_id)
        if node is None:
            raise InputError(f"no node '{node_id}' among the {len(self._graph)} of this graph")
        return node

    def nodes(self, kind: NodeKind | None = None) -> list[Node]:
        """All nodes, or those of a kind, in the order they were added."""
        found: list[Node] = [data["node"] for _, data in self._graph.nodes(data=True)]
        return found if kind is None else [node for node in found if node.kind is kind]

    def edges(self, kind: EdgeKind | None = None) -> list[Edge]:
        """All edges, or those of a kind; symmetric ones once, from the smaller id."""
        found: list[Edge] = [data["edge"] for _, _, data in self._graph.edges(data=True)]
        return [
            edge
            for edge in found
            if kind in (None, edge.kind)
            and (edge.kind not in SYMMETRIC or edge.source_id < edge.target_id)
        ]

    def edges_from(self, node_id: str, kind: EdgeKind | None = None) -> list[Edge]:
        self.get_node(node_id)
        found: list[Edge] = [d["edge"] for _, _, d in self._graph.out_edges(node_id, data=True)]
        return [edge for edge in found if kind in (None, edge.kind)]

    def edges_to(self, node_id: str, kind: EdgeKind | None = None) -> list[Edge]:
        self.get_node(node_id)
        found: list[Edge] = [d["edge"] for _, _, d in self._graph.in_edges(node_id, data=True)]
        return [edge for edge in found if kind in (None, edge.kind)]

    def has_edge(self, source_id: str, target_id: str, kind: EdgeKind) -> bool:
        return self.find_edge(source_id, target_id, kind) is not None

    def find_edge(self, source_id: str, target_id: str, kind: EdgeKind) -> Edge | None:
        """The first edge of a kind from source to target."""
        data = self._graph.get_edge_data(source_id, target_id) or {}
        return next((d["edge"] for d in data.values() if d["edge"].kind is kind), None)

    def find_parent(self, node_id: str) -> Node | None:
        """What a node is on, else in, else part of."""
        for kind in (EdgeKind.ON, EdgeKind.IN, EdgeKind.PART_OF):
            edges = self.edges_from(node_id, kind)
            if edges:
                return self.get_node(edges[0].target_id)
        return None

    def find_room(self, node_id: str) -> Node | None:
        """The room around a node, up the chain of on, in and part_of."""
        node: Node | None = self.get_node(node_id)
        seen: set[str] = set()
        while node is not None and node.kind is not NodeKind.ROOM:
            if node.node_id in seen:
                return None
            seen.add(node.node_id)
            node = self.find_parent(node.node_id)
        return node

    def find_path(
        self, source_id: str, target_id: str, kind: EdgeKind = EdgeKind.ADJACENT
    ) -> tuple[list[str], float] | None:
        """Ids along the cheapest way over edges of a symmetric kind, and its cost; None if none.

        Dijkstra on ADJACENT leads over places, on CONNECTS_THROUGH over rooms (unknown costs count 1).
        """
        self.get_node(source_id)
        self.get_node(target_id)

        def cost(_a: str, _b: str, parallel: dict[str, dict[str, Edge]]) -> float | None:
            costs = [
                1.0 if data["edge"].cost_m is None else data["edge"].cost_m
                for data in parallel.values()
                if data["edge"].kind is kind
            ]
            return min(costs) if costs else None

        try:
            length, names = nx.single_source_dijkstra(
                self._graph, source_id, target_id, weight=cost
            )
        except nx.NetworkXNoPath:
            return None
        return list(names), float(length)

    def check(self) -> list[str]:
        """Every violated invariant in words; empty for a sound graph."""
        return list(self._violations())

    def _violations(self) -> Iterator[str]:
        for source, target, key, data in self._graph.edges(keys=True, data=True):
            edge: Edge = data["edge"]
            if (edge.source_id, edge.target_id, edge.key) != (source, target, key):
                yield f"{source} -> {target} holds the edge {edge}"
            problem = self._problem_of(edge)
            if problem is not None:
                yield problem
            if edge.kind in SYMMETRIC:
                back = (self._graph.get_edge_data(target, source) or {}).get(key)
                if back is None or back["edge"] != edge.reversed():
                    yield f"{edge.kind.value} from {source} to {target} does not hold both ways"

    def _problem_of(self, edge: Edge) -> str | None:
        """What forbids an edge beside the others, in words."""
        name = f"{edge.kind.value} from '{edge.source_id}' to '{edge.target_id}'"
        ends = self.find_node(edge.source_id), self.find_node(edge.target_id)
        if ends[0] is None or ends[1] is None:
            return f"{name}: both ends must be nodes; add them first"
        if edge.source_id == edge.target_id:
            return f"{name}: the ends must differ"
        if (ends[0].kind, ends[1].kind) not in ALLOWED[edge.kind]:
            return f"{name}: a {ends[0].kind.value} cannot be so with a {ends[1].kind.value}"
        if edge.cost_m is not None and not 0 <= edge.cost_m < math.inf:
            return f"{name}: cost_m must be finite and not negative, got {edge.cost_m}"
        if edge.kind is EdgeKind.ADJACENT and edge.cost_m is None:
            return f"{name}: needs cost_m"
        if edge.kind in PARENTS:
            others = [
                d["edge"].target_id
                for _, _, d in self._graph.out_edges(edge.source_id, data=True)
                if d["edge"].kind is edge.kind and d["edge"].target_id != edge.target_id
            ]
            if others:
                return f"{name}: it is already {edge.kind.value} '{others[0]}'"
        return None
