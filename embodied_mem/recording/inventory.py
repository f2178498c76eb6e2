"""The list of what is where: one document that a person can read beside the picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..entities.entity import ROBOT, Entity, EntityKind, EntityState, Status, entity_number
from ..graph.regions import NO_ROOM, RegionPartition
from .things import name_of, plain
from .timeline import ReplayClock

_MOST_ROWS = 150
_ELSEWHERE = ""


def write_inventory(
    entities: Iterable[Entity],
    partition: RegionPartition,
    room_names: Mapping[str, str],
    clock: ReplayClock,
) -> str:
    """Markdown: the confirmed entities as believed now, room by room, people and objects first."""
    known = [entity for entity in entities if entity.is_confirmed]
    names = {entity.entity_id: name_of(entity) for entity in known}
    lines = [f"**{clock.text(clock.stamp_ns).strip()}**: {_summary(known)}"]
    row_count = 0
    for room_id, inside in _by_room(known, partition).items():
        things = [e for e in inside if e.kind is not EntityKind.FURNITURE]
        things = things[: max(0, _MOST_ROWS - row_count)]
        row_count += len(things)
        lines.append(f"\n#### {room_names.get(room_id, 'in no room known')}")
        if things:
            lines += ["| thing | state | seen | best in |", "|:--|:--|:--|:--|"]
            lines += [_row(entity, names, clock) for entity in things]
        pieces = Counter(plain(e.label) for e in inside if e.kind is EntityKind.FURNITURE)
        if pieces:
            told = ", ".join(f"{n} x{c}" if c > 1 else n for n, c in sorted(pieces.items()))
            lines.append(f"\nfurniture: {told}")
    hidden_count = sum(e.kind is not EntityKind.FURNITURE for e in known) - row_count
    if hidden_count:
        lines.append(f"\n... and {hidden_count} more things")
    return "\n".join(lines) + "\n"


def _summary(known: Sequence[Entity]) -> str:
    kinds = Counter(entity.kind for entity in known)
    parts = [
        f"{kinds[EntityKind.OBJECT]} objects",
        f"{kinds[EntityKind.FURNITURE]} pieces of furniture",
        f"{kinds[EntityKind.PERSON]} people",
    ]
    for status in (Status.HELD, Status.GONE):
        count = sum(entity.status is status for entity in known)
        if count:
            parts.append(f"**{count} {status.value}**")
    return ", ".join(parts)


def _by_room(known: Sequence[Entity], partition: RegionPartition) -> dict[str, list[Entity]]:
    """Room id -> its entities: people first, then what is not simply present, then by label."""
    placed = [entity for entity in known if entity.position_in_world is not None]
    points = np.array([entity.position_in_world for entity in placed]).reshape(-1, 3)
    labels = partition.labels_at(points, snap_m=0.8).tolist()
    rooms: dict[str, list[Entity]] = {room.room_id: [] for room in partition.rooms}
    for entity, index in zip(placed, labels, strict=True):
        room_id = _ELSEWHERE if index == NO_ROOM else partition.rooms[index].room_id
        rooms.setdefault(room_id, []).append(entity)
    rooms.setdefault(_ELSEWHERE, []).extend(e for e in known if e.position_in_world is None)
    return {room_id: sorted(inside, key=_place) for room_id, inside in rooms.items() if inside}


def _place(entity: Entity) -> tuple[bool, bool, str, int]:
    return (
        entity.kind is not EntityKind.PERSON,
        entity.status is Status.PRESENT,
        entity.label,
        entity_number(entity.entity_id),
    )


def _row(entity: Entity, names: Mapping[str, str], clock: ReplayClock) -> str:
    # The best picture of how it is now, else of the thing at all.
    evidence = [*entity.state.evidence, *entity.best_evidence]
    frame = next((e for e in evidence if e.startswith("frame:")), "")
    seen = clock.text(entity.last_seen_ns).strip()
    state = _state_text(entity.state, entity.kind, names, clock)
    return f"| {name_of(entity)} | {state} | {seen} | {frame or next(iter(evidence), '')} |"


def _state_text(
    state: EntityState, kind: EntityKind, names: Mapping[str, str], clock: ReplayClock
) -> str:
    since = clock.text(state.since_ns).strip()
    if state.status is Status.GONE:
        return f"**gone** since {since}"
    if state.status is Status.HELD:
        holder = "the robot" if state.holder == ROBOT else names.get(state.holder, "a person")
        return f"**held** by {holder} since {since}"
    if kind is EntityKind.PERSON:
        return "here"
    place = f"on {names[state.support_id]}" if state.support_id in names else "here"
    toggles = {"open": state.is_open, "on": state.is_on}
    words = [word for word, value in toggles.items() if value]
    return ", ".join([place, *words])
