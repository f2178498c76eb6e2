"""Entities as columns: one row an entity, one row a state, and which labels name which entities.

The index follows its source by revision: only entities that changed are read again, so a query costs
the same whether the memory holds a day or a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import ChangeKind, Entity, EntityKind, EntityState, Status, entity_number
from ..errors import InputError
from ..journal.records import INT64_MAX
from .sources import NO_ROOM, EntitySource, RoomSource

Rows = NDArray[np.int64]
KINDS, STATUSES, CHANGES = tuple(EntityKind), tuple(Status), tuple(ChangeKind)
GONE, HELD = STATUSES.index(Status.GONE), STATUSES.index(Status.HELD)
PERSON = KINDS.index(EntityKind.PERSON)
FURNITURE = KINDS.index(EntityKind.FURNITURE)
_SWITCH_CODES = {None: 0, False: 1, True: 2}
NO_NUMBER = -1
NO_STATE = -1
_LEAST_TAIL = 4096
MIN_LABEL_SHARE = 0.1
"""Less likely names of an entity do not count."""
_ENTITY = np.dtype(
    [
        ("number", "<i8"),
        ("kind", "i1"),
        ("is_live", "?"),
        ("is_confirmed", "?"),
        ("existence", "<f4"),
        ("label", "<i4"),
        ("color", "<i4"),
        ("observation_count", "<i4"),
        ("first_seen_ns", "<i8"),
        ("last_seen_ns", "<i8"),
        ("state_start", "<i8"),
        ("state_count", "<i4"),
    ]
)
_STATE = np.dtype(
    [
        ("entity", "<i8"),
        ("since_ns", "<i8"),
        ("until_ns", "<i8"),
        ("changing_ns", "<i8"),
        ("last_seen_ns", "<i8"),
        ("support", "<i8"),
        ("room", "<i4"),
        ("status", "i1"),
        ("change", "i1"),
        ("switches", "i1"),
        ("position", "<f8", (3,)),
    ]
)
"""`changing_ns`: from then on until `until_ns` the next state may have begun unseen. `switches`: open and
on, as one number."""


class EntityIndex:
    """Invariant: after `refresh`, rows with `is_live` are exactly the source's entities, and a live
    entity's states lie at `state_start` ... `state_start + state_count` in their order."""

    def __init__(self, source: EntitySource, rooms: RoomSource) -> None:
        self._source, self._room_source = source, rooms
        self._clear()

    def _clear(self) -> None:
        self.objects: list[Entity] = []
        self._followed: Sequence[Entity] = ()
        self._rows: dict[int, int] = {}
        self._keeper_of: dict[int, int] = {}
        self._entities, self._states = _Table(_ENTITY), _Table(_STATE)
        self._dead_count = 0
        self.label_names: list[str] = []
        self._label_codes: dict[str, int] = {}
        self._postings: list[dict[int, float]] = []
        self._posting_arrays: dict[int, tuple[Rows, NDArray[np.float64]]] = {}
        self.color_names: list[str] = []
        self._color_codes: dict[str, int] = {}
        self._by_frame: dict[int, dict[int, None]] = {}
        self._revision = self._rooms_revision = -1
        self.version = 0
        """Rises with every change of this index."""
        self._at: tuple[tuple[int, int | None], Rows] | None = None
        self._now = (-1, 0)
        self._orders: dict[str, tuple[Rows, NDArray[np.integer]]] = {}

    @property
    def entities(self) -> NDArray[np.void]:
        """(N,) rows with the fields of `_ENTITY`."""
        return self._entities.rows

    @property
    def states(self) -> NDArray[np.void]:
        """(M,) rows with the fields of `_STATE`; dead rows begin after all time."""
        return self._states.rows

    def refresh(self) -> None:
        """Read what changed since the last call."""
        if self._source.revision != self._revision:
            self._follow(self._source.entities())
            self._revision = self._source.revision
            self.version += 1
            if self._dead_count > max(1000, self._states.count // 2):
                self._compact()
        if self._room_source.shape_revision != self._rooms_revision:
            self._rooms_revision = self._room_source.shape_revision
            self._label_rooms(0)
            self._orders.pop("room", None)
            self.version += 1

    def row_of(self, entity_id: str) -> int:
        """Raises InputError for an id that there is not."""
        row = self.find_row(entity_number(entity_id))
        if row is None:
            raise InputError(f"there is no '{entity_id}' among {len(self._rows)} entities")
        return row

    def find_row(self, number: int) -> int | None:
        """The row of an entity, or of the one that it was merged into."""
        row = self._rows.get(number)
        return self._rows.get(self._keeper_of.get(number, NO_NUMBER)) if row is None else row

    def state_of(self, state_row: int) -> EntityState:
        row = int(self.states["entity"][state_row])
        return self.objects[row].states[state_row - int(self.entities["state_start"][row])]

    def state_rows_at(self, stamp_ns: int | None = None) -> Rows:
        """(N,) the state of each entity at a stamp, or now; -1 if it was not known yet."""
        key = (self.version, stamp_ns)
        if self._at is None or self._at[0] != key:
            states = self.states
            found = np.full(len(self.entities), NO_STATE, np.int64)
            is_valid = states["until_ns"] == INT64_MAX
            if stamp_ns is not None:
                is_valid = (states["since_ns"] <= stamp_ns) & (states["until_ns"] > stamp_ns)
            else:
                is_valid &= states["since_ns"] < INT64_MAX
            chosen = np.flatnonzero(is_valid)
            found[states["entity"][chosen]] = chosen
            self._at = key, found
        return self._at[1]

    def posting(self, label_code: int) -> tuple[Rows, NDArray[np.float64]]:
        """Rows of the entities that a label may name, ascending, and the label's share in each."""
        arrays = self._posting_arrays.get(label_code)
        if arrays is None:
            items = sorted(self._postings[label_code].items())
            arrays = (
                np.array([row for row, _ in items], np.int64),
                np.array([share for _, share in items], np.float64),
            )
            self._posting_arrays[label_code] = arrays
        return arrays

    def rows_in_frame(self, frame_id: int) -> list[int]:
        """Entities that cite a frame."""
        return list(self._by_frame.get(frame_id, ()))

    def states_by(self, column: str, value: int) -> Rows:
        """State rows whose 'room' or 'support' has a value, without dead ones.

        The sorted order is made anew only when rooms change or an eighth of the rows is new: rows that
        died since then no longer have their value, and newer rows are searched one by one.
        """
        values = self.states[column]
        base = self._orders.get(column)
        if base is None or len(values) - len(base[0]) > max(_LEAST_TAIL, len(base[0]) // 8):
            order = np.argsort(values, kind="stable")
            base = self._orders[column] = order, values[order]
        order, sorted_values = base
        ends = np.array([value, value + 1], sorted_values.dtype)
        start, end = np.searchsorted(sorted_values, ends)
        found = order[start:end]
        found = found[values[found] == value]
        newer = np.flatnonzero(values[len(order) :] == value) + len(order)
        return np.concatenate([found, newer])

    def now_ns(self) -> int:
        """The last stamp at which anything was seen; 0 if nothing was."""
        if self._now[0] != self.version:
            live = self.entities["last_seen_ns"][self.entities["is_live"]]
            self._now = self.version, int(live.max()) if len(live) else 0
        return self._now[1]

    # Following the source

    def _follow(self, entities: Sequence[Entity]) -> None:
        first_new_state = self._states.count
        before, self._followed = self._followed, entities
        same_count = min(len(before), len(entities))
        changed = [n for n in range(same_count) if before[n] is not entities[n]]
        is_mixed = len(entities) < len(before)
        for n in (*changed, *range(same_count, len(entities))):
            entity = entities[n]
            is_mixed |= n < same_count and before[n].entity_id != entity.entity_id
            number = entity_number(entity.entity_id)
            row = self._rows.get(number)
            if row is None:
                self._add(number, entity)
            elif self.objects[row] != entity:
                self._forget_names(row)
                self._write(row, number, entity)
        if is_mixed:
            kept = {entity_number(entity.entity_id) for entity in entities}
            for number in [n for n in self._rows if n not in kept]:
                self._remove(number)
        self._label_rooms(first_new_state)

    def _add(self, number: int, entity: Entity) -> None:
        row = self._entities.grow(1)
        self.objects.append(entity)
        self._rows[number] = row
        self._write(row, number, entity)

    def _remove(self, number: int) -> None:
        row = self._rows.pop(number)
        self._forget_names(row)
        self._entities.rows["is_live"][row] = False
        self._kill_states(row)
        self._entities.rows["state_count"][row] = 0

    def _write(self, row: int, number: int, entity: Entity) -> None:
        self._kill_states(row)
        self.objects[row] = entity
        start = self._states.grow(len(entity.states))
        self._states.rows[start:] = _state_rows(row, entity.states)
        self._entities.rows[row] = (
            number,
            KINDS.index(entity.kind),
            True,
            entity.is_confirmed,
            entity.existence,
            self._label_code(entity.label),
            self._color_code(entity.color_name),
            entity.observation_count,
            entity.first_seen_ns,
            entity.last_seen_ns,
            start,
            len(entity.states),
        )
        for label, share in (*entity.label_shares, (entity.label, MIN_LABEL_SHARE)):
            if share >= MIN_LABEL_SHARE:
                code = self._label_code(label)
                self._postings[code][row] = max(share, self._postings[code].get(row, 0.0))
                self._posting_arrays.pop(code, None)
        for merged_id in entity.merged_ids:
            self._keeper_of[entity_number(merged_id)] = number
        for frame_id in frames_of(entity):
            self._by_frame.setdefault(frame_id, {})[row] = None

    def _forget_names(self, row: int) -> None:
        entity = self.objects[row]
        for label in {entity.label, *(label for label, _ in entity.label_shares)}:
            code = self._label_code(label)
            self._postings[code].pop(row, None)
            self._posting_arrays.pop(code, None)
        for frame_id in frames_of(entity):
            self._by_frame[frame_id].pop(row, None)

    def _kill_states(self, row: int) -> None:
        start, count = (int(self.entities[name][row]) for name in ("state_start", "state_count"))
        dead = self._states.rows[start : start + count]
        dead["since_ns"] = dead["until_ns"] = INT64_MAX
        dead["room"], dead["support"] = NO_ROOM, NO_NUMBER
        self._dead_count += count

    def _compact(self) -> None:
        entities, revision, version = self._source.entities(), self._revision, self.version
        self._clear()
        self.version = version
        self._follow(entities)
        self._revision = revision

    def _label_rooms(self, start: int) -> None:
        states = self._states.rows[start:]
        is_placed = np.isfinite(states["position"]).all(axis=1) & (states["since_ns"] < INT64_MAX)
        states["room"] = NO_ROOM
        if is_placed.any():
            states["room"][is_placed] = self._room_source.rooms_at(states["position"][is_placed])

    def _label_code(self, label: str) -> int:
        code = self._label_codes.get(label)
        if code is None:
            code = self._label_codes[label] = len(self.label_names)
            self.label_names.append(label)
            self._postings.append({})
        return code

    def _color_code(self, color: str) -> int:
        code = self._color_codes.get(color)
        if code is None:
            code = self._color_codes[color] = len(self.color_names)
            self.color_names.append(color)
        return code


class _Table:
    """A structured array that grows."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._rows = np.zeros(64, dtype)
        self.count = 0

    @property
    def rows(self) -> NDArray[np.void]:
        return self._rows[: self.count]

    def grow(self, count: int) -> int:
        """Add zeroed rows; returns the number of the first."""
        first = self.count
        if first + count > len(self._rows):
            more = np.zeros(max(len(self._rows), count), self._rows.dtype)
            self._rows = np.concatenate([self._rows, more])
        self.count += count
        return first


def frames_of(entity: Entity) -> list[int]:
    """Numbers of the frames that an entity cites, best first, each once."""
    cited = [*entity.best_evidence, *(name for s in entity.states for name in s.evidence)]
    frames = (name[6:] for name in cited if name.startswith("frame:"))
    return list(dict.fromkeys(int(number) for number in frames if number.isdecimal()))


def _state_rows(row: int, states: tuple[EntityState, ...]) -> list[tuple[Any, ...]]:
    following = [*states[1:], None]
    return [
        (
            row,
            state.since_ns,
            INT64_MAX if after is None else after.since_ns,
            INT64_MAX if after is None else max(after.not_before_ns, state.since_ns),
            state.last_seen_ns,
            entity_number(state.support_id) if state.support_id else NO_NUMBER,
            NO_ROOM,
            STATUSES.index(state.status),
            CHANGES.index(state.change),
            3 * _SWITCH_CODES[state.is_open] + _SWITCH_CODES[state.is_on],
            (np.nan,) * 3 if state.position_in_world is None else state.position_in_world,
        )
        for state, after in zip(states, following, strict=True)
    ]
