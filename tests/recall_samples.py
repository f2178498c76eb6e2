"""A small flat with a kitchen, a living room and a cellar that nobody looked at, as recall's sources."""

from __future__ import annotations

from pathlib import Path

from embodied_mem.config import MemoryConfig
from embodied_mem.entities.entity import ChangeKind, Entity, EntityKind, EntityState, Status
from embodied_mem.episodic.event import Event, EventLevel
from embodied_mem.geometry import Box
from embodied_mem.journal.store import Journal
from embodied_mem.perception import OrientedBox
from embodied_mem.recall.memory_recall import MemoryRecall
from embodied_mem.recall.sources import (
    CaseInfo,
    EntityList,
    EventList,
    FactInfo,
    FactList,
    RoomBoxes,
    RoomInfo,
    RoutineInfo,
    Sources,
    UniformSpace,
)
from embodied_mem.views import MemoryViews

S = 1_000_000_000
KITCHEN = RoomInfo("room:0", "kitchen", (2, 2, 0), 0.95, is_visited=True, last_visit_ns=90 * S)
LIVING = RoomInfo("room:1", "living_room", (6, 2, 0), 0.95, is_visited=True, last_visit_ns=95 * S)
CELLAR = RoomInfo("room:2", "storage", (10, 2, 0), 0.1)


def state(
    since_s: float,
    position: tuple[float, float, float] | None,
    *,
    change: ChangeKind = ChangeKind.APPEARED,
    status: Status = Status.PRESENT,
    last_s: float | None = None,
    not_before_s: float | None = None,
    support: str = "",
    holder: str = "",
    evidence: tuple[str, ...] = ("frame:1",),
    ending: tuple[str, ...] = (),
    box: OrientedBox | None = None,
    is_on: bool | None = None,
) -> EntityState:
    return EntityState(
        change,
        status,
        int(since_s * S),
        int((since_s if not_before_s is None else not_before_s) * S),
        int((since_s if last_s is None else last_s) * S),
        position,
        box,
        holder,
        support,
        evidence,
        ending,
        is_on=is_on,
    )


def entity(
    number: int,
    label: str,
    *states: EntityState,
    kind: EntityKind = EntityKind.OBJECT,
    color: str = "",
    existence: float = 0.95,
    is_confirmed: bool = True,
) -> Entity:
    return Entity(
        f"entity:{number}",
        kind,
        label,
        ((label, 0.95),),
        states,
        existence,
        is_confirmed,
        states[0].since_ns,
        states[-1].last_seen_ns,
        6,
        color_name=color,
        best_evidence=("frame:1",),
    )


def table_box(x: float, y: float) -> OrientedBox:
    return OrientedBox((x, y, 0.4), 1.2, 0.8, 0.8, 0.0)


def flat_entities() -> list[Entity]:
    """Two tables, three mugs (one of them gone), a cup that moved, an unsure spoon, a held book."""
    furniture = EntityKind.FURNITURE
    return [
        entity(1, "table", state(1, (1, 1, 0.4), last_s=100, box=table_box(1, 1)), kind=furniture),
        entity(2, "red_mug", state(1, (1, 1, 0.85), last_s=100, support="entity:1"), color="red"),
        entity(
            3,
            "mug",
            state(1, (6, 1, 0.85), last_s=50, support="entity:8"),
            state(
                60, (6, 1, 0.85), change=ChangeKind.GONE, status=Status.GONE, not_before_s=50,
                ending=("look:5", "look:6"),
            ),
            color="blue",
        ),
        entity(
            4,
            "cup",
            state(2, (1.2, 1, 0.85), last_s=9, support="entity:1", evidence=("frame:2",)),
            state(
                30, (6.5, 2, 0.8), change=ChangeKind.MOVED, not_before_s=10, last_s=95,
                support="entity:8", evidence=("frame:3",),
            ),
            color="white",
        ),
        entity(5, "spoon", state(2, (2, 2, 0.8)), is_confirmed=False, existence=0.4),
        entity(6, "mug", state(5, (3, 3, 0.9), last_s=99), color="green"),
        entity(
            7,
            "book",
            state(3, (6, 3, 0.5), last_s=40),
            state(45, (6, 3, 0.5), change=ChangeKind.PICKED, status=Status.HELD, holder="robot",
                  last_s=100),
        ),
        entity(8, "table", state(1, (6.2, 1.5, 0.4), last_s=98, box=table_box(6.2, 1.5)),
               kind=furniture),
    ]  # fmt: skip


def event(
    number: int, action: str, start_s: float, entity_id: str, label: str, **fields: object
) -> Event:
    return Event(
        f"event:{number}",
        EventLevel.ACTION,
        action,
        "robot",
        int(start_s * S),
        int((start_s + 1) * S),
        entity_id,
        label,
        evidence=(f"frame:{number}",),
        **fields,  # type: ignore[arg-type]
    )


def flat_events() -> list[Event]:
    """The robot brings the cup to the living room, then picks up the book."""
    return [
        event(0, "pick", 12, "entity:4", "cup", from_id="entity:1", from_room_id="room:0"),
        event(1, "place", 29, "entity:4", "cup", to_id="entity:8", to_room_id="room:1"),
        event(2, "pick", 45, "entity:7", "book", from_room_id="room:1"),
    ]


def flat_sources(
    entities: list[Entity] | None = None,
    events: list[Event] | None = None,
    *,
    known_share: float = 0.9,
) -> Sources:
    rooms = RoomBoxes(
        [
            (KITCHEN, Box((0, 0, 0), (4, 4, 3))),
            (LIVING, Box((4, 0, 0), (8, 4, 3))),
            (CELLAR, Box((8, 0, 0), (12, 4, 3))),
        ]
    )
    facts = FactList(
        [
            FactInfo("fact:9", "entity:2", "called", "favourite cup", 0.9, 5 * S, "alice",
                     5 * S, evidence=("utterance:4",)),
            FactInfo("fact:10", "entity:6", "called", "favourite cup", 0.9, 5 * S, "bob", 5 * S,
                     evidence=("utterance:5",)),
            FactInfo("fact:11", "alice", "likes", "tea", 0.8, 6 * S, "alice", 6 * S, 50 * S),
        ],
        routines=[RoutineInfo("alice brings the cup", "alice", 0.7, 28800.0, "entity:4",
                              evidence=("event:1",))],
        cases=[CaseInfo("case:1", "cup on the floor", "pick it up", "success", 1.0, 0.8, 7 * S)],
    )  # fmt: skip
    return Sources(
        EntityList(flat_entities() if entities is None else entities),
        EventList(flat_events() if events is None else events),
        rooms,
        facts,
        UniformSpace(known_share),
        clock=lambda: 100 * S,
    )


def recall_of(folder: Path, sources: Sources) -> MemoryRecall:
    journal = Journal.open_or_create(folder / "memory.db")
    return MemoryRecall(journal, MemoryViews(MemoryConfig()), sources=sources)
