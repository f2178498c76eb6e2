"""The state of the entity view as bytes: a JSON header and the arrays it names, one after the other."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .belief import Belief, State
from .change import MissModel
from .entity import ChangeKind, EntityKind, Status
from .merging import Merge
from .observations import CAPACITY, ObservationSet
from .registry import Registry

_LENGTH = struct.Struct("<Q")
_SET_ARRAYS = ("ids", "written", "rows", "written_points", "points")
_DTYPES = {"ids": "<i8", "written": "<f8", "rows": "<f8", "written_points": "<f4", "points": "<f8"}
_PLAIN = (
    "number", "first_seen_ns", "last_seen_ns", "existence", "count", "is_confirmed", "area_m2",
    "area_count", "extent_m", "last_seen_image", "absence", "absence_evidence", "is_place_pending",
    "merged",
)  # fmt: skip
_STATE_PLAIN = (
    "since_ns", "not_before_ns", "last_seen_ns", "holder", "support", "evidence", "ending_evidence",
    "is_open", "is_on",
)  # fmt: skip


def pack(registry: Registry, misses: MissModel, merges: list[Merge]) -> bytes:
    """Equal exactly for equal states."""
    sets: list[ObservationSet] = []
    sums: list[NDArray[np.float64]] = []
    header = {
        "beliefs": [_belief_row(b, sets, sums) for _, b in sorted(registry.beliefs.items())],
        "merged": [_belief_row(b, sets, sums) for _, b in sorted(registry.merged.items())],
        "keeper_of": sorted(registry.keeper_of.items()),
        "next_number": registry.next_number,
        "image_count": registry.image_count,
        "labels": registry.labels.names,
        "trust": [registry.trust.kept_count, registry.trust.broken_count],
        "drift": [registry.drift.correction_m, registry.drift.residual_m],
        "hand": vars(registry.hand),
        "log": registry.log,
        "lenses": {sensor: lens.tolist() for sensor, lens in sorted(registry.lenses.items())},
        "cameras": [
            [pose, sensor, world.tolist()] for pose, (sensor, world) in registry.cameras.items()
        ],
        "move_ids": sorted(registry.moves),
        "misses": [misses.hits.tolist(), misses.misses.tolist()],
        "merges": [vars(merge) for merge in merges],
        "sighting_counts": [seen.count for seen in sets],
    }
    text = json.dumps(header, sort_keys=True).encode()
    parts = [_LENGTH.pack(len(text)), text]
    for name in _SET_ARRAYS:
        parts.extend(
            np.ascontiguousarray(getattr(seen, name)[: seen.count], _DTYPES[name]).tobytes()
            for seen in sets
        )
    parts.extend(row.astype("<f8").tobytes() for row in sums)
    parts.extend(registry.moves[pose].astype("<f8").tobytes() for pose in sorted(registry.moves))
    return b"".join(parts)


def unpack(data: bytes) -> tuple[Registry, MissModel, list[Merge]]:
    """The inverse of `pack`; raises ValueError, KeyError or IndexError for other bytes."""
    if len(data) < _LENGTH.size:
        raise ValueError(f"entity states need {_LENGTH.size} bytes or more, got {len(data)}")
    (length,) = _LENGTH.unpack_from(data)
    try:
        header: dict[str, Any] = json.loads(data[_LENGTH.size : _LENGTH.size + length])
    except UnicodeDecodeError as error:
        raise ValueError(f"entity states do not begin with JSON: {error}") from error
    reader = _Reader(data, _LENGTH.size + length)
    sets = _read_sets(reader, header["sighting_counts"])
    registry, rest = Registry(), iter(sets)
    registry.labels.load(header["labels"])
    rows = [*header["beliefs"], *header["merged"]]
    beliefs = [_belief_of(row, rest) for row in rows]
    for belief in beliefs:
        belief.color = reader.take("<f8", (4,))
        belief.appearance = reader.take("<f8", belief.appearance.shape)
    for belief in beliefs[: len(header["beliefs"])]:
        registry.insert(belief)
    registry.merged = {b.number: b for b in beliefs[len(header["beliefs"]) :]}
    registry.keeper_of = {int(a): int(b) for a, b in header["keeper_of"]}
    registry.next_number, registry.image_count = header["next_number"], header["image_count"]
    registry.trust.kept_count, registry.trust.broken_count = header["trust"]
    registry.drift.correction_m, registry.drift.residual_m = header["drift"]
    for name, value in header["hand"].items():
        setattr(registry.hand, name, tuple(value) if isinstance(value, list) else value)
    registry.lenses = {name: np.array(lens) for name, lens in header["lenses"].items()}
    registry.cameras = {
        int(pose): (sensor, np.array(world)) for pose, sensor, world in header["cameras"]
    }
    registry.log = [(int(number), int(index)) for number, index in header["log"]]
    registry.moves = {int(pose): reader.take("<f8", (4, 4)) for pose in header["move_ids"]}
    reader.check_end()
    misses = MissModel()
    misses.hits, misses.misses = (np.array(row, np.float64) for row in header["misses"])
    merges = [Merge(**{**row, "evidence": tuple(row["evidence"])}) for row in header["merges"]]
    return registry, misses, merges


class _Reader:
    """Takes arrays from bytes, one after the other."""

    def __init__(self, data: bytes, offset: int) -> None:
        self._data, self._offset = data, offset

    def take(self, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
        count = int(np.prod(shape))
        if self._offset + count * np.dtype(dtype).itemsize > len(self._data):
            raise ValueError("entity states are shorter than their header says")
        array = np.frombuffer(self._data, dtype, count, self._offset).reshape(shape).copy()
        self._offset += array.nbytes
        return array

    def check_end(self) -> None:
        if self._offset != len(self._data):
            raise ValueError("entity states are longer than their header says")


def _read_sets(reader: _Reader, counts: list[int]) -> list[ObservationSet]:
    if any(not 0 <= count <= 2 * CAPACITY for count in counts):
        raise ValueError("entity states claim an impossible number of sightings")
    sets = [ObservationSet() for _ in counts]
    for name in _SET_ARRAYS:
        for seen, count in zip(sets, counts, strict=True):
            empty = getattr(seen, name)
            array = reader.take(_DTYPES[name], (count, *empty.shape[1:]))
            if count < len(empty):
                array = np.concatenate([array, empty[count:]])
            elif count < CAPACITY and count & (count - 1):  # capacities are powers of two
                size = 1 << count.bit_length()
                filler = np.zeros((size - count, *empty.shape[1:]), array.dtype)
                array = np.concatenate([array, filler])
            setattr(seen, name, array)
    for seen, count in zip(sets, counts, strict=True):
        seen.count = count
    return sets


def _belief_row(
    belief: Belief, sets: list[ObservationSet], sums: list[NDArray[np.float64]]
) -> dict[str, Any]:
    sets.extend(state.seen for state in belief.states)
    sums.extend((belief.color, belief.appearance))
    row: dict[str, Any] = {name: getattr(belief, name) for name in _PLAIN}
    row["kind"] = belief.kind.value
    row["labels"] = list(belief.labels.items())
    row["tracks"] = list(belief.tracks.items())
    row["rivals"] = sorted(belief.rivals)
    row["last_box_px"] = list(belief.last_box_px)
    row["last_eye"] = list(belief.last_eye)
    row["look_views"] = [list(view) for view in belief.look_views]
    row["away"] = [list(place) for place in belief.away]
    row["states"] = [_state_row(state) for state in belief.states]
    return row


def _belief_of(row: dict[str, Any], sets: Any) -> Belief:
    belief = Belief(
        kind=EntityKind(row["kind"]),
        labels={int(label): weight for label, weight in row["labels"]},
        **{name: row[name] for name in _PLAIN},
    )
    belief.tracks = {track: int(count) for track, count in row["tracks"]}
    belief.rivals = set(row["rivals"])
    belief.last_box_px = tuple(row["last_box_px"])
    belief.last_eye = tuple(row["last_eye"])
    belief.look_views = [tuple(view) for view in row["look_views"]]
    belief.away = [(x, y, z) for x, y, z in row["away"]]
    belief.states = [_state_of(state, next(sets)) for state in row["states"]]
    return belief


def _state_row(state: State) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(state, name) for name in _STATE_PLAIN}
    row["change"], row["status"] = state.change.value, state.status.value
    for name in ("place", "position", "box"):
        value = getattr(state, name)
        row[name] = None if value is None else value.tolist()
    return row


def _state_of(row: dict[str, Any], seen: ObservationSet) -> State:
    arrays: dict[str, Any] = {
        name: None if row[name] is None else np.array(row[name], np.float64)
        for name in ("place", "position", "box")
    }
    return State(
        change=ChangeKind(row["change"]),
        status=Status(row["status"]),
        seen=seen,
        **arrays,
        **{name: row[name] for name in _STATE_PLAIN},
    )
