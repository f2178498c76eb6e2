"""`bench memory`: how long every kind of question takes in a memory of a year.

A synthetic memory: 100 000 entities in 1 000 rooms and a million events, without a journal. Building it
and the first reading are set-up; what counts is the CPU time of a question, and of one after a change.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config import MemoryConfig
from ..entities.entity import ChangeKind, Entity, EntityKind, EntityState, Status
from ..episodic.event import Event, EventLevel
from ..episodic.event_table import EventColumns
from ..geometry import Points
from ..journal.store import Journal
from ..recall.memory_recall import MemoryRecall
from ..recall.sources import (
    EntityList,
    FactInfo,
    FactList,
    RoomInfo,
    Sources,
    UniformSpace,
)
from ..views import MemoryViews
from .report import Bar, at_most, cpu_ms

ROOM_M = 5.0
_S = 1_000_000_000
_YEAR_S = 365 * 86400
_COLORS = ("red", "blue", "green", "white", "black", "yellow", "brown", "grey")
_FURNITURE = ("table", "desk", "shelf", "couch", "bed", "counter", "cabinet", "chair")
_THINGS = (
    "mug", "bowl", "plate", "bottle", "book", "laptop", "remote", "phone", "pillow", "towel", "lamp",
    "vase", "plant", "shoe", "bag", "hat", "spoon", "fork", "knife", "pan", "pot", "kettle", "apple",
    "banana", "orange", "toy car", "teddy bear", "ball", "clock", "picture", "mirror", "soap",
    "sponge", "toothbrush", "hammer", "screwdriver", "scissors", "stapler", "pen", "notebook",
)  # fmt: skip
_KINDS = ("kitchen", "living_room", "bedroom", "bathroom", "hall", "office", "laundry", "storage")
_ACTIONS = ("pick", "place", "moved", "open", "close", "appeared", "vanished", "enter_room")


@dataclass(frozen=True)
class QueryTimes:
    """CPU milliseconds of each question, by its name."""

    times_ms: dict[str, list[float]]

    @property
    def all_ms(self) -> NDArray[np.float64]:
        return np.concatenate([np.array(times) for times in self.times_ms.values()])


class GridRooms:
    """Rooms in a square grid."""

    def __init__(self, count: int) -> None:
        self.revision = self.shape_revision = 0
        self._side = math.ceil(math.sqrt(count))
        self._rooms = tuple(
            RoomInfo(
                f"room:{n}",
                _KINDS[n % len(_KINDS)],
                (ROOM_M * (n % self._side + 0.5), ROOM_M * (n // self._side + 0.5), 0.0),
                0.9,
                is_visited=True,
            )
            for n in range(count)
        )

    def rooms(self) -> Sequence[RoomInfo]:
        return self._rooms

    def rooms_at(self, points_in_world: Points) -> NDArray[np.int32]:
        cells = np.floor(np.asarray(points_in_world)[:, :2] / ROOM_M).astype(np.int32)
        numbers = cells[:, 0] + self._side * cells[:, 1]
        is_inside = ((cells >= 0) & (cells < self._side)).all(axis=1) & (numbers < len(self._rooms))
        return np.where(is_inside, numbers, -1).astype(np.int32)


class RandomEvents:
    """Events as columns; single ones are made when asked for."""

    def __init__(
        self, count: int, entity_count: int, room_count: int, rng: np.random.Generator
    ) -> None:
        self.revision = 0
        entities = [f"entity:{n}" for n in range(entity_count)]
        rooms = [f"room:{n}" for n in range(room_count)]
        words = ("", *_ACTIONS, "robot", *entities, *rooms)
        first_entity = 2 + len(_ACTIONS)
        first_room = first_entity + entity_count

        def drawn(low: int, high: int) -> NDArray[np.int32]:
            return rng.integers(low, high, count).astype(np.int32)

        start_ns = np.sort(rng.integers(0, _YEAR_S, count)) * _S
        room = drawn(first_room, first_room + room_count)
        self._columns = EventColumns(
            np.arange(count, dtype=np.int64),
            start_ns,
            start_ns + 5 * _S,
            np.full(count, 2, np.int8),
            drawn(1, 1 + len(_ACTIONS)),
            np.where(rng.random(count) < 0.5, 1 + len(_ACTIONS), 0).astype(np.int32),
            drawn(first_entity, first_room),
            drawn(first_entity, first_room),
            drawn(first_entity, first_room),
            room,
            np.where(rng.random(count) < 0.8, room, drawn(first_room, len(words))).astype(np.int32),
            words,
        )

    def columns(self) -> EventColumns:
        return self._columns

    def get(self, event_id: str) -> Event:
        row, c = int(event_id.partition(":")[2]), self._columns
        word = c.words
        return Event(
            event_id,
            EventLevel.ACTION,
            word[c.action[row]],
            word[c.actor[row]],
            int(c.start_ns[row]),
            int(c.end_ns[row]),
            word[c.entity[row]],
            "",
            word[c.from_entity[row]],
            word[c.to_entity[row]],
            word[c.from_room[row]],
            word[c.to_room[row]],
            evidence=(f"frame:{row % 100_000}",),
        )


def random_entities(count: int, room_count: int, rng: np.random.Generator) -> list[Entity]:
    """One in ten is furniture; things lie on it, and have moved up to three times."""
    side = ROOM_M * math.ceil(math.sqrt(room_count))
    rows = max(1.0, ROOM_M * (room_count // math.ceil(math.sqrt(room_count))))
    places = rng.random((count, 4, 3)) * (side, rows, 1.5)
    moves = rng.integers(1, 5, count)
    starts = rng.random(count) * 0.5
    # drawn apart: numbers that rise in step would tie each thing to one colour
    names = rng.integers(0, 10**6, count).tolist()
    colors = rng.integers(0, len(_COLORS), count).tolist()
    entities = []
    for n in range(count):
        is_furniture = n % 10 == 0
        labels = _FURNITURE if is_furniture else _THINGS
        state_count = 1 if is_furniture else int(moves[n])
        entities.append(
            _entity(
                n,
                labels[names[n] % len(labels)],
                _COLORS[colors[n]],
                EntityKind.FURNITURE if is_furniture else EntityKind.OBJECT,
                places[n, :state_count].tolist(),
                float(starts[n]),
                "" if is_furniture else f"entity:{n - n % 10}",
            )
        )
    return entities


def _entity(
    number: int, label: str, color: str, kind: EntityKind, places: list[list[float]], start: float,
    support_id: str,
) -> Entity:  # fmt: skip
    stamps = [
        int(_YEAR_S * (start + (1 - start) * n / (len(places) + 0.1))) * _S
        for n in range(len(places) + 1)
    ]
    stamps[-1] = _YEAR_S * _S - (number % 1000) * 60 * _S
    states = tuple(
        EntityState(
            ChangeKind.MOVED if n else ChangeKind.APPEARED,
            Status.PRESENT,
            stamps[n],
            stamps[n] - 60 * _S,
            max(stamps[n], stamps[n + 1] - 3600 * _S),
            (x, y, z),
            None,
            support_id=support_id,
            evidence=(f"frame:{(number * 7 + n) % 100_000}",),
        )
        for n, (x, y, z) in enumerate(places)
    )
    return Entity(
        f"entity:{number}", kind, label, ((label, 0.9),), states, 0.95, True,
        stamps[0], states[-1].last_seen_ns, 12, color_name=color,
    )  # fmt: skip


@contextmanager
def synthetic_recall(
    entity_count: int = 100_000, event_count: int = 1_000_000, room_count: int = 1000, seed: int = 0
) -> Iterator[tuple[MemoryRecall, EntityList]]:
    """A recall over random sources, and the list of its entities."""
    rng = np.random.default_rng(seed)
    entities = EntityList(random_entities(entity_count, room_count, rng))
    facts = FactList(
        FactInfo(f"fact:{n}", f"entity:{n}", "called", f"thing {n}", 0.9, n * _S, "alice")
        for n in range(200)
    )
    sources = Sources(
        entities,
        RandomEvents(event_count, entity_count, room_count, rng),
        GridRooms(room_count),
        facts,
        UniformSpace(0.9),
    )
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.open_or_create(Path(folder) / "memory.db")
        try:
            views = MemoryViews(MemoryConfig())
            yield MemoryRecall(journal, views, sources=sources), entities
        finally:
            journal.close()


def questions(
    recall: MemoryRecall, entity_count: int, room_count: int, rng: np.random.Generator
) -> dict[str, Callable[[], object]]:
    """One question of each kind, about random things."""
    thing = _THINGS[int(rng.integers(len(_THINGS)))]
    color = _COLORS[int(rng.integers(len(_COLORS)))]
    kind = _KINDS[int(rng.integers(len(_KINDS)))].replace("_", " ")
    entity = f"entity:{int(rng.integers(entity_count))}"
    furniture = f"entity:{int(rng.integers(entity_count)) // 10 * 10}"
    room = f"room:{int(rng.integers(room_count))}"
    now_ns = _YEAR_S * _S
    then_ns = int(rng.integers(now_ns // 2, now_ns))
    day_ns = 86400 * _S
    return {
        "where words": lambda: recall.where(f"{color} {thing}"),
        "where in room": lambda: recall.where(f"the {thing} in {room}"),
        "where in kind": lambda: recall.where(f"{color} {thing} in the {kind}"),
        "where id": lambda: recall.where(entity),
        "where as of": lambda: recall.where(f"{color} {thing}", as_of_ns=then_ns),
        "find_all": lambda: recall.find_all(f"all {color} {thing}s", k=20),
        "count": lambda: recall.count(f"{thing}s"),
        "count in room": lambda: recall.count(f"{thing}s in {room}"),
        "nth": lambda: recall.nth(f"{color} {thing}", 3),
        "inside": lambda: recall.inside(room, k=20),
        "on": lambda: recall.on(furniture, k=20),
        "history": lambda: recall.history(entity),
        "diff of a day": lambda: recall.diff(then_ns, then_ns + day_ns, k=20),
        "events of thing": lambda: recall.events(about=entity),
        "events of words": lambda: recall.events(about=f"{color} {thing}", action="pick", k=10),
        "events in room": lambda: recall.events(room=room, action="place", order="newest", k=10),
        "events of a day": lambda: recall.events(within=(then_ns, then_ns + day_ns), k=10),
        "events by robot": lambda: recall.events(actor="robot", action="open", k=10),
        "when": lambda: recall.when(f"you picked up the {color} {thing}"),
        "relate": lambda: recall.relate([entity], k=10),
        "context": lambda: recall.context(f"where is the {color} {thing} in the {kind}?", 500),
    }


def measure_queries(
    recall: MemoryRecall, entity_count: int, room_count: int, *, rounds: int = 20, seed: int = 1
) -> QueryTimes:
    """Every kind of question `rounds` times, each time about something else; the first does not count."""
    times: dict[str, list[float]] = {}
    rng = np.random.default_rng(seed)
    for number in range(rounds + 1):
        for name, ask in questions(recall, entity_count, room_count, rng).items():
            spent = cpu_ms(ask)
            if number:
                times.setdefault(name, []).append(spent)
    return QueryTimes(times)


def run_query_bench(
    entity_count: int = 100_000, event_count: int = 1_000_000, room_count: int = 1000
) -> list[Bar]:
    """The promises on questions: median and 95th percentile over all kinds."""
    with synthetic_recall(entity_count, event_count, room_count) as (recall, _):
        times = measure_queries(recall, entity_count, room_count).all_ms
    return [
        at_most("recall_p50_ms", float(np.median(times)), 5.0, "ms"),
        at_most("recall_p95_ms", float(np.percentile(times, 95)), 20.0, "ms"),
    ]
