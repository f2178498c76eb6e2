"""The graph that walks go over: entities, events, rooms, keyframes and facts, read from the indexes.

Nothing is built ahead: a node's neighbours are looked up when a walk reaches it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core import Recall, RecallItem, Verdict
from ..errors import InputError
from .entity_index import frames_of
from .event_queries import EventQueries
from .facts import FactIndex
from .graph_walk import DAMPING, local_push
from .indexes import Indexes, check_count
from .items import entity_item

ENTITY, EVENT, ROOM, FRAME, FACT = range(5)
KIND_NAMES = ("entity", "event", "room", "frame", "fact")
Node = tuple[int, int]
"""Kind, and row or number: entities, events, rooms and facts by row, frames by id."""


class Relations:
    """Neighbours of nodes; edges hold both ways."""

    def __init__(self, indexes: Indexes, facts: FactIndex, events: EventQueries) -> None:
        self._ix, self._facts, self._events = indexes, facts, events

    def relate(self, ids: Sequence[str], *, k: int = 10, kinds: Sequence[str] = ()) -> Recall:
        """See `MemoryRecall.relate`."""
        check_count(k)
        unknown = [kind for kind in kinds if kind not in KIND_NAMES]
        if not ids or unknown:
            raise InputError(
                f"relate needs at least one id and kinds among {', '.join(KIND_NAMES)}, got "
                f"{list(ids)} and {list(kinds)}"
            )
        self._ix.refresh()
        self._facts.refresh()
        seeds = {self.node_of(name): 1.0 for name in ids}
        ranked = self.walk(seeds, kinds=kinds)[:k]
        name = f"relate({', '.join(ids)})"
        items = tuple(self.item(node, score) for node, score in ranked)
        if not items:
            return Recall(name, (), Verdict.UNKNOWN, None, "nothing is linked to it")
        return Recall(
            name,
            items,
            Verdict.KNOWN,
            None,
            f"{len(items)} shown by personalised PageRank, damping {DAMPING:g}",
        )

    def walk(
        self, seeds: dict[Node, float], *, kinds: Sequence[str] = ()
    ) -> list[tuple[Node, float]]:
        """Other nodes by rank, best first; equal ones by kind and number."""
        ranks = local_push(self.neighbors, seeds, least_degree=self._least_degree)
        allowed = {KIND_NAMES.index(kind) for kind in kinds} or set(range(len(KIND_NAMES)))
        rows = [
            (node, round(rank, 9))
            for node, rank in ranks.items()
            if node not in seeds and node[0] in allowed
        ]
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def node_of(self, name: str) -> Node:
        """Raises InputError for an id that this memory does not have."""
        prefix, _, number = name.partition(":")
        node: Node | None = None
        if prefix == "entity":
            node = ENTITY, self._ix.entities.row_of(name)
        elif prefix == "event" and number.isdecimal():
            row = self._ix.events.find_row(int(number))
            node = None if row is None else (EVENT, row)
        elif prefix == "room":
            place = self._ix.rooms.find_number(name)
            node = None if place is None else (ROOM, place)
        elif prefix == "frame" and number.isdecimal():
            node = FRAME, int(number)
        else:
            row = self._facts.find_row(name)
            node = None if row is None else (FACT, row)
        if node is None:
            raise InputError(
                f"there is no '{name}'; ids look like 'entity:7', 'event:12', 'room:2', 'frame:3'"
            )
        return node

    def id_of(self, node: Node) -> str:
        kind, row = node
        if kind == ENTITY:
            return self._ix.entities.objects[row].entity_id
        if kind == EVENT:
            return f"event:{int(self._ix.events.columns.number[row])}"
        if kind == ROOM:
            return self._ix.rooms.find_id(row)
        return f"frame:{row}" if kind == FRAME else self._facts.facts[row].fact_id

    def neighbors(self, node: Node) -> list[Node]:
        """Each once, in a fixed order."""
        kind, row = node
        if kind == ENTITY:
            found = self._of_entity(row)
        elif kind == EVENT:
            found = self._of_event(row)
        elif kind == ROOM:
            found = self._of_room(row)
        elif kind == FRAME:
            found = [(ENTITY, entity) for entity in self._ix.entities.rows_in_frame(row)]
        else:
            found = [self._named(name) for name in self._facts.names_of(row)]
        return [n for n in dict.fromkeys(found) if n is not None and n != node]

    def _least_degree(self, node: Node) -> int:
        kind, row = node
        if kind == ROOM:
            return self._ix.events.least_count(self._ix.rooms.find_id(row))
        if kind == ENTITY:
            return self._ix.events.least_count(self._ix.entities.objects[row].entity_id)
        return 0

    def _of_entity(self, row: int) -> list[Node | None]:
        index = self._ix.entities
        entity = index.objects[row]
        state_row = int(index.state_rows_at()[row])
        found: list[Node | None] = []
        if state_row >= 0:
            state = index.states[state_row]
            if state["room"] >= 0:
                found.append((ROOM, int(state["room"])))
            support = index.find_row(int(state["support"]))
            if support is not None:
                found.append((ENTITY, support))
        current = index.states_by("support", int(index.entities["number"][row]))
        current = current[index.states["until_ns"][current] == np.iinfo(np.int64).max]
        found += [(ENTITY, int(other)) for other in index.states["entity"][current]]
        found += [(FRAME, frame_id) for frame_id in frames_of(entity)]
        return found + self._events_of(entity.entity_id) + self._facts_of(entity.entity_id)

    def _of_room(self, number: int) -> list[Node | None]:
        index = self._ix.entities
        current = index.states_by("room", number)
        current = current[index.states["until_ns"][current] == np.iinfo(np.int64).max]
        found: list[Node | None] = [(ENTITY, int(row)) for row in index.states["entity"][current]]
        room_id = self._ix.rooms.find_id(number)
        return found + self._events_of(room_id) + self._facts_of(room_id)

    def _of_event(self, row: int) -> list[Node | None]:
        events = self._ix.events
        return [self._named(events.word_of(code)) for code in events.names_of(row)]

    def _events_of(self, name: str) -> list[Node | None]:
        code = self._ix.events.code_of(name)
        if code is None:
            return []
        return [(EVENT, row) for row in self._ix.events.rows_of(code).tolist()]

    def _facts_of(self, name: str) -> list[Node | None]:
        return [(FACT, row) for row in self._facts.rows_about(name)]

    def _named(self, name: str) -> Node | None:
        """The node of an entity or room id; None for other words."""
        prefix, _, number = name.partition(":")
        if prefix == "entity" and number.isdecimal():
            row = self._ix.entities.find_row(int(number))
            return None if row is None else (ENTITY, row)
        place = self._ix.rooms.find_number(name) if prefix == "room" else None
        return None if place is None else (ROOM, place)

    def item(self, node: Node, score: float) -> RecallItem:
        """A node as an answer."""
        kind, row = node
        if kind == ENTITY:
            state_row = int(self._ix.entities.state_rows_at()[row])
            now_ns = self._ix.now_ns()
            rows = np.array([[row], [state_row]], np.int64)
            stays = self._ix.mobility.still_there(rows[0], rows[1], now_ns)
            return entity_item(
                self._ix, row, state_row, score=score, still_there=float(stays[0]), now_ns=now_ns
            )
        if kind == EVENT:
            return self._events.item_at(row, score=score)
        if kind == ROOM:
            return room_item(self._ix, row, score)
        name = self.id_of(node)
        if kind == FRAME:
            return RecallItem(name, "keyframe", score, evidence=(name,))
        return self._facts.item(row, score=score)


def room_item(indexes: Indexes, number: int, score: float) -> RecallItem:
    """A room as an answer."""
    room = indexes.rooms.rooms[number]
    visited = "visited" if room.is_visited else "not visited"
    return RecallItem(
        room.room_id,
        "room",
        score,
        room.last_visit_ns,
        room.position_in_world,
        room.evidence or (room.room_id,),
        f"{indexes.rooms.name_of(number)}; {visited}; {room.looked_share:.0%} seen",
    )
