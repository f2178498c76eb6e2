"""Answers about rooms: which there are, how long the robot stayed, and who was seen there."""

from __future__ import annotations

from ..core import Recall, RecallItem, Verdict
from ..entities.entity import ROBOT, EntityKind
from .question import Happening, Question
from .scene import Answer, Scene, answer_of, event_items, evidence_of, joined, unknown


def rooms(scene: Scene, question: Question) -> Answer:
    """The rooms that are known, or those that were not visited."""
    known = scene.rooms
    if not known:
        return unknown("I know no rooms")
    chosen = [room for room in known if not room.is_visited] if question.is_negated else list(known)
    items = tuple(
        RecallItem(room.room_id, "room", room.looked_share, room.last_visit_ns, room.position_in_world,
                   room.evidence or (room.room_id,), f"{room.looked_share:.0%} seen")
        for room in chosen
    )  # fmt: skip
    names = joined([scene.name(room.room_id) for room in chosen]) if chosen else ""
    if question.is_negated:
        text = (
            f"I have not been in {names}"
            if chosen
            else f"I was in all {len(known)} rooms that I know"
        )
        text += "; there may be rooms that I know nothing of"
    else:
        unvisited = [scene.name(room.room_id) for room in known if not room.is_visited]
        text = f"I know {len(known)} room{'s' * (len(known) > 1)}: {names}"
        text += f". I have not been in {joined(unvisited)}" if unvisited else ""
    found = Recall("rooms", items, Verdict.KNOWN)
    return answer_of(text, found)


def stay(scene: Scene, question: Question) -> Answer:
    """How long the robot was in a room."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    place = question.place.text if question.place else ""
    if not scene.rooms_named(place):
        return unknown(f"I know no room called '{place}'")
    actor = question.happening.actor if question.happening else ROBOT
    if actor != ROBOT:
        return unknown("I only know how long I was in a room myself")
    found = scene.events(Happening("visit", ROBOT), room=place)
    low, high = times.within or (scene.clock.first_ns, scene.clock.last_ns)
    spans = [(item, max(item.start_ns, low), min(item.end_ns, high)) for item in event_items(found)]
    inside = [(item, end - start) for item, start, end in spans if end > start]
    if not inside:
        return answer_of(f"I was not in the {place} then", found, [])
    total = _length_text(sum(length for _, length in inside))
    visits = "one visit" if len(inside) == 1 else f"{len(inside)} visits"
    return answer_of(f"{total} in the {place}, in {visits}", found, [item for item, _ in inside])


def people(scene: Scene, question: Question) -> Answer:
    """Who was seen, anywhere or in a room."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    place = question.place.text if question.place else ""
    numbers = scene.rooms_named(place)
    if place and not numbers:
        return unknown(f"I know no room called '{place}'")
    low, high = scene.interval(times) or (scene.clock.first_ns, scene.clock.last_ns)
    items = []
    for key, entity in scene.entities.items():
        if entity.kind is not EntityKind.PERSON or not entity.is_confirmed:
            continue
        for state in reversed(entity.states):
            point = state.position_in_world
            is_then = state.since_ns <= high and state.last_seen_ns >= low
            if not is_then or point is None:
                continue
            if place and int(scene.sources.rooms.rooms_at([point])[0]) not in numbers:  # type: ignore[arg-type]
                continue
            stamp = min(max(state.since_ns, low), high) if times.as_of_ns else state.last_seen_ns
            items.append(
                RecallItem(key, "entity", entity.existence, stamp, point, state.evidence or (key,))
            )
            break
    robot = scene.events(Happening("visit", ROBOT), room=place) if place else None
    mine = (
        [i for i in event_items(robot) if i.start_ns <= high and i.end_ns >= low] if robot else []
    )
    where_ = f" in the {place}" if place else ""
    if not items:
        myself = " but myself" if mine else ""
        return Answer(f"I saw nobody{where_}{myself}; that does not mean that nobody was there.",
                      Verdict.UNKNOWN, None, (), evidence_of(mine))  # fmt: skip
    names = joined(
        [f"{scene.name(i.item_id)} (seen {scene.clock.text(i.stamp_ns or 0)})" for i in items]
    )
    return answer_of(f"{names}{where_}", Recall("people", tuple(items), Verdict.KNOWN))


def _length_text(length_ns: int) -> str:
    seconds = length_ns / 1e9
    if seconds < 120:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
