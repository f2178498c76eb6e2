"""Answers that are more than a line: entities, states and events with their fields."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Recall, RecallItem
from ..entities.entity import ROBOT, Entity, EntityState, Status
from ..episodic.event import Event
from .indexes import Indexes

_UNITS = ((86400, "days"), (3600, "h"), (60, "min"))


@dataclass(frozen=True)
class EntityItem(RecallItem):
    """An entity as an answer: where it is, or was last."""

    label: str = ""
    color: str = ""
    status: str = ""
    """'present', 'held' or 'gone'."""
    support_id: str = ""
    room_id: str = ""
    holder: str = ""
    still_there: float = 1.0
    """Probability that it still is as it was seen last."""


@dataclass(frozen=True)
class EventItem(RecallItem):
    """An event as an answer."""

    action: str = ""
    actor: str = ""
    entity_id: str = ""
    label: str = ""
    from_id: str = ""
    to_id: str = ""
    from_room_id: str = ""
    to_room_id: str = ""
    start_ns: int = 0
    end_ns: int = 0
    outcome: str = ""


@dataclass(frozen=True)
class CountRecall(Recall):
    """How many. `items` shows the first of them."""

    count: int = 0
    """Confirmed and somewhere."""
    possible_count: int = 0
    """Further ones: seen too little, or gone from their place."""


def entity_item(
    indexes: Indexes, row: int, state_row: int, *, score: float, still_there: float, now_ns: int
) -> EntityItem:
    """An entity in one of its states."""
    entity = indexes.entities.objects[row]
    state = indexes.entities.state_of(state_row)
    room_number = int(indexes.entities.states["room"][state_row])
    last_ns = min(state.last_seen_ns, max(now_ns, state.since_ns))
    return EntityItem(
        item_id=entity.entity_id,
        kind="entity",
        score=round(score, 6),
        stamp_ns=last_ns,
        position_in_world=position_of(indexes, state),
        evidence=evidence_of(entity, state),
        note=entity_note(indexes, entity, state, room_number, ago_text(now_ns - last_ns)),
        label=entity.label,
        color=entity.color_name,
        status=state.status.value,
        support_id=state.support_id,
        room_id=indexes.rooms.find_id(room_number),
        holder=state.holder,
        still_there=round(still_there, 4),
    )


def state_item(indexes: Indexes, row: int, number: int, *, score: float, note: str) -> EntityItem:
    """One link of an entity's chain; its id is 'entity:7#<number>'."""
    entity = indexes.entities.objects[row]
    state = entity.states[number]
    start = int(indexes.entities.entities["state_start"][row])
    room_number = int(indexes.entities.states["room"][start + number])
    return EntityItem(
        item_id=f"{entity.entity_id}#{number}",
        kind="state",
        score=round(score, 6),
        stamp_ns=state.since_ns,
        position_in_world=state.position_in_world,
        evidence=evidence_of(entity, state),
        note=note,
        label=entity.label,
        color=entity.color_name,
        status=state.status.value,
        support_id=state.support_id,
        room_id=indexes.rooms.find_id(room_number),
        holder=state.holder,
    )


def event_item(event: Event, *, score: float) -> EventItem:
    """An event; placed where its thing ended up, else where the robot stood."""
    places = (event.to_position, event.from_position, event.robot_position)
    return EventItem(
        item_id=event.event_id,
        kind="event",
        score=round(score, 6),
        stamp_ns=event.start_ns,
        position_in_world=next((p for p in places if p is not None), None),
        evidence=event.evidence or (event.event_id,),
        note=event_note(event),
        action=event.action,
        actor=event.actor,
        entity_id=event.entity_id,
        label=event.label,
        from_id=event.from_id,
        to_id=event.to_id,
        from_room_id=event.from_room_id,
        to_room_id=event.to_room_id,
        start_ns=event.start_ns,
        end_ns=event.end_ns,
        outcome=event.outcome,
    )


def entity_note(
    indexes: Indexes, entity: Entity, state: EntityState, room_number: int, ago: str
) -> str:
    """'red mug; on table (entity:3) in kitchen (room:2); seen 5 min ago'."""
    name = name_of(entity)
    if not entity.is_confirmed:
        name += " (seen too little to be sure)"
    parts = [place_text(indexes, state)] if place_text(indexes, state) else []
    room = indexes.rooms.name_of(room_number)
    if room:
        parts.append(f"in {room}")
    where = " ".join(parts)
    if state.status is Status.GONE:
        where = f"no longer {where}" if where else "no longer where it was"
    extra = [word for flag, word in _flags(state) if flag]
    return "; ".join(part for part in (name, where, *extra, f"seen {ago}") if part)


def place_text(indexes: Indexes, state: EntityState) -> str:
    """'on table (entity:3)' or 'held by robot'; '' if unknown."""
    if state.status is Status.HELD:
        return f"held by {_named(indexes, state.holder) or 'somebody'}"
    return f"on {_named(indexes, state.support_id)}" if state.support_id else ""


def name_of(entity: Entity) -> str:
    """'red mug'; a colour that the label already says is not repeated."""
    label = entity.label.replace("_", " ")
    is_said = not entity.color_name or entity.color_name in label
    return label if is_said else f"{entity.color_name} {label}"


def event_note(event: Event) -> str:
    """'robot pick mug from entity:3 to entity:9'."""
    if event.text:
        return event.text
    words = [event.actor or "somebody", event.action.replace("_", " ")]
    words += [event.label.replace("_", " ") or event.entity_id]
    start = event.from_id or event.from_room_id
    end = event.to_id or (event.to_room_id if event.to_room_id != event.from_room_id else "")
    words += [f"from {start}" if start else "", f"to {end}" if end else ""]
    return " ".join(word for word in words if word)


def evidence_of(entity: Entity, state: EntityState) -> tuple[str, ...]:
    """Records that show a state; never empty: at the least the entity itself."""
    first = state.ending_evidence if state.status is Status.GONE else ()
    cited = dict.fromkeys((*first, *state.evidence)) or dict.fromkeys(entity.best_evidence)
    return tuple(cited) or (entity.entity_id,)


def position_of(indexes: Indexes, state: EntityState) -> tuple[float, float, float] | None:
    """Where it is: at its holder while a person holds it."""
    if state.status is Status.HELD and state.holder not in ("", ROBOT):
        holder = _find(indexes, state.holder)
        if holder is not None and holder.position_in_world is not None:
            return holder.position_in_world
    return state.position_in_world


def ago_text(elapsed_ns: int) -> str:
    """'just now', '5 min ago', '3 days ago'."""
    seconds = max(elapsed_ns, 0) / 1e9
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now" if seconds < 1 else f"{seconds:.0f} s ago"


def _flags(state: EntityState) -> tuple[tuple[bool, str], ...]:
    return (
        (state.is_open is True, "open"),
        (state.is_open is False, "closed"),
        (state.is_on is True, "turned on"),
        (state.is_on is False, "turned off"),
    )


def _find(indexes: Indexes, name: str) -> Entity | None:
    prefix, _, number = name.partition(":")
    if prefix != "entity" or not number.isdecimal():
        return None
    row = indexes.entities.find_row(int(number))
    return None if row is None else indexes.entities.objects[row]


def _named(indexes: Indexes, name: str) -> str:
    entity = _find(indexes, name)
    return name if entity is None else f"{entity.label.replace('_', ' ')} ({name})"
