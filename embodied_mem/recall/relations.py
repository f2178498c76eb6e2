"""The graph that walks go over: entities, events, rooms, keyframes and facts, read from the indexes.

Nothing is built ahead: a node's neighbours are looked up when a walk reaches it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..core import Recall, RecallItem, Verdict
from ..entities.entity import entity_id_of, entity_number
from ..errors import InputError
from ..journal.records import INT64_MAX
from .entity_index import frames_of
from .event_queries import EventQueries
from .facts import FactIndex
from .graph_walk import DAMPING, local_push
from .indexes import Indexes, check_count
from .items import entity_item

ENTITY, EVENT, ROOM, FRAME, FACT = range(5)
KIND_NAMES = ("entity", "event", "room", "frame", "fact")
Node = tuple[int, int]
"""Kind, and number: of the entity or frame, else the row. So the order of sources never shows."""


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
        row: int | None
        if prefix == "entity":
            row = self._ix.entities.row_of(name)
            node = ENTITY, entity_number(self._ix.entities.objects[row].entity_id)
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
            return entity_id_of(row)
        if kind == EVENT:
            return f"event:{int(self._ix.events.columns.number[row])}"
        if kind == ROOM:
            return self._ix.rooms.find_id(row)
        return f"frame:{row}" if kind == FRAME else self._facts.facts[row].fact_id

    def neighbors(self, node: Node) -> list[Node]:
        """Each once, ascending."""
        kind, row = node
        if kind == ENTITY:
            found = self._of_entity(row)
        elif kind == EVENT:
            found = self._of_event(row)
        elif kind == ROOM:
            found = self._of_room(row)
        elif kind == FRAME:
            found = list(self._numbered(self._ix.entities.rows_in_frame(row)))
        else:
            found = [self._named(name) for name in self._facts.names_of(row)]
        return sorted({n for n in found if n is not None and n != node})

    def _least_degree(self, node: Node) -> int:
        kind, row = node
        if kind == ROOM:
            return self._ix.events.least_count(self._ix.rooms.find_id(row))
        if kind == ENTITY:
            return self._ix.events.least_count(entity_id_of(row))
        return 0

    def _of_entity(self, number: int) -> list[Node | None]:
        index = self._ix.entities
        row = index.find_row(number)
        if row is None:
            return []
        found: list[Node | None] = [(FRAME, frame_id) for frame_id in frames_of(index.objects[row])]
        state_row = int(index.state_rows_at()[row])
        if state_row >= 0:
            state = index.states[state_row]
            if state["room"] >= 0:
                found.append((ROOM, int(state["room"])))
            if index.find_row(int(state["support"])) is not None:
                found.append((ENTITY, int(state["support"])))
        found += self._now_with("support", number)
        name = entity_id_of(number)
        return found + self._events_of(name) + self._facts_of(name)

    def _of_room(self, number: int) -> list[Node | None]:
        room_id = self._ix.rooms.find_id(number)
        return self._now_with("room", number) + self._events_of(room_id) + self._facts_of(room_id)

    def _now_with(self, column: str, value: int) -> list[Node | None]:
        """Entities whose state now has a value."""
        index = self._ix.entities
        found = index.states_by(column, value)
        found = found[index.states["until_ns"][found] == INT64_MAX]
        return list(self._numbered(index.states["entity"][found].tolist()))

    def _numbered(self, rows: Sequence[int]) -> Iterator[Node]:
        return (
            (ENTITY, int(number)) for number in self._ix.entities.entities["number"][list(rows)]
        )

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
            if row is None:
                return None
            return ENTITY, entity_number(self._ix.entities.objects[row].entity_id)
        place = self._ix.rooms.find_number(name) if prefix == "room" else None
        return None if place is None else (ROOM, place)

    def item(self, node: Node, score: float) -> RecallItem:
        """A node as an answer."""
        kind, row = node
        if kind == ENTITY:
            row = self._ix.entities.row_of(entity_id_of(row))
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
