"""Events in plain English: one sentence each, and a summary of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..entities.entity import ROBOT
from .event import Event, EventLevel

_PAST = {
    "pick": "picked up", "place": "put down", "open": "opened", "close": "closed",
    "turn_on": "turned on", "turn_off": "turned off", "heat": "heated", "cool": "cooled",
    "clean": "cleaned", "slice": "sliced", "soil": "soiled", "use": "used", "navigate": "drove to",
    "rearrange": "moved", "moved": "moved",
}  # fmt: skip
_BY_ITSELF = {
    "moved": "was moved", "appeared": "appeared", "vanished": "was taken away",
    "returned": "was brought back", "open": "was opened", "close": "was closed",
    "turn_on": "was turned on", "turn_off": "was turned off", "pick": "was picked up",
    "place": "was put down",
}  # fmt: skip
_DONE_BY = {"appeared": "put down", "vanished": "took away", "returned": "brought back"}


def text_of(event: Event, names: Mapping[str, str] | None = None) -> str:
    """One sentence; `names` says what entities, rooms and people are called, by id."""
    names = names or {}
    if event.action == "say":
        return f'{_actor(event, names)} said: "{event.text}"'
    if event.level is EventLevel.GOAL or not event.action:
        words = event.text or event.action or "do something"
        return _sentence(f"the goal {_quoted(words)}", _outcome(event))
    if event.action == "enter_room":
        origin = f" from {_name(event.from_room_id, names)}" if event.from_room_id else ""
        return _sentence(f"{_actor(event, names)} entered {_name(event.to_room_id, names)}{origin}")
    if event.action == "visit":
        return _sentence(f"{_actor(event, names)} was in {_name(event.to_room_id, names)}")
    thing = _thing(event, names)
    way = _way(event, names)
    if not event.actor:
        verb = _BY_ITSELF.get(event.action, f"had '{event.action}' done to it")
        return _sentence(f"{thing} {verb}{way}")
    if event.outcome == "failure":
        why = f": {event.text}" if event.text else ""
        return _sentence(f"{_actor(event, names)} failed to {_plain(event.action)} {thing}{why}")
    verb = _DONE_BY.get(event.action) or _PAST.get(event.action) or f"did '{event.action}' with"
    hedge = "probably " if event.confidence < 0.8 and event.actor != ROBOT else ""
    return _sentence(f"{_actor(event, names)} {hedge}{verb} {thing}{way}", _outcome(event))


def summary_of(events: Sequence[Event], names: Mapping[str, str] | None = None) -> str:
    """Sentences of the actions among some events, or of what holds them where there are none."""
    actions = [e for e in events if e.level is EventLevel.ACTION and e.action != "enter_room"]
    wholes = [e for e in events if e.level is not EventLevel.ACTION]
    told = wholes[:1] + actions if wholes and wholes[0].action == "visit" else actions or wholes
    return " ".join(text_of(event, names) for event in told)


def _way(event: Event, names: Mapping[str, str]) -> str:
    """' from the table in the kitchen to the shelf'."""
    origin = _spot(event.from_id, event.from_room_id, names)
    target = _spot(event.to_id, event.to_room_id, names)
    if event.action in ("place", "appeared"):
        origin = ""
    if event.action in ("pick", "vanished"):
        target = ""
    is_same_room = not event.from_id and not event.to_id and origin == target
    if origin and target and not is_same_room:
        return f" from {origin} to {target}"
    if target:
        return f" {'on' if event.to_id else 'in'} {target}"
    return f" from {origin}" if origin else ""


def _spot(piece_id: str, room_id: str, names: Mapping[str, str]) -> str:
    room = _name(room_id, names) if room_id else ""
    if not piece_id:
        return room
    return f"{_name(piece_id, names)} in {room}" if room else _name(piece_id, names)


def _thing(event: Event, names: Mapping[str, str]) -> str:
    name = names.get(event.entity_id) or event.label.replace("_", " ")
    return _with_article(name) if name else "something"


def _actor(event: Event, names: Mapping[str, str]) -> str:
    if event.actor == ROBOT:
        return "the robot"
    if not event.actor:
        return "somebody"
    known = names.get(event.actor)
    if known:
        return known
    return "a person" if event.actor.startswith("entity:") else event.actor


def _name(item_id: str, names: Mapping[str, str]) -> str:
    known = names.get(item_id)
    return _with_article(known) if known else item_id.replace(":", " ")


def _with_article(name: str) -> str:
    return name if name.split(" ")[0].lower() in ("the", "a", "an", "my") else f"the {name}"


def _plain(action: str) -> str:
    return {"pick": "pick up", "place": "put down"}.get(action, action.replace("_", " "))


def _outcome(event: Event) -> str:
    return {"failure": "which failed", "open": "which goes on"}.get(event.outcome, "")


def _quoted(words: str) -> str:
    return f"'{words.rstrip('.')}'"


def _sentence(text: str, addition: str = "") -> str:
    whole = f"{text}, {addition}" if addition else text
    return whole[:1].upper() + whole[1:] + ("" if whole.endswith((".", "!", "?")) else ".")
