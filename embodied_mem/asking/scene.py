"""What answers are made from: recall, the clock, who asks, and how things are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..core import Recall, RecallItem, Verdict
from ..entities.entity import ROBOT, Entity, EntityKind
from ..episodic.event_text import text_of as event_sentence
from ..perception.text import LexicalEncoder
from ..recall.items import EntityItem, EventItem, name_of
from ..recall.memory_recall import MemoryRecall
from ..recall.sources import RoomInfo, Sources
from ..semantic.people import People
from .clock import MemoryClock
from .question import Anchor, Happening, Kind, Place, Question

EVIDENCE_LIMIT = 12
MANY = 1000
MOVING = ("moved", "rearrange", "pick", "vanished", "returned")
"""Events after which a thing is elsewhere."""
_SAME = 0.5
_ABOUT_STATES = frozenset((Kind.WHERE, Kind.CONTENTS, Kind.COUNT, Kind.EXISTS, Kind.HELD))
"""'After you picked it up' is right after it for these, and all the time since for the rest."""
_AROUND_NS = 300_000_000_000
"""'At 10:15' is within five minutes of it."""
_AROUND_SESSION_NS = 2_000_000_000
"""... and within two seconds, where time is told in seconds."""
_CONTAINERS = frozenset(
    (
        "fridge", "refrigerator", "cabinet", "wardrobe", "microwave", "oven", "dishwasher", "drawer",
        "washer_dryer", "cupboard", "bin", "basket", "hamper", "box", "lunch_box", "sink", "bathtub",
        "shelves",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """A sentence, how sure it is, and what it rests on."""

    text: str
    verdict: Verdict
    probability: float | None = None
    items: tuple[RecallItem, ...] = ()
    evidence: tuple[str, ...] = ()
    """Record ids, best first."""
    reading: str = ""
    """How the question was read."""


@dataclass(frozen=True)
class Times:
    """The time a question is about, as recall takes it."""

    as_of_ns: int | None = None
    within: tuple[int, int] | None = None
    problem: str = ""
    """Why there is no such time."""


class Scene:
    """One state of a memory, ready to answer."""

    def __init__(
        self,
        recall: MemoryRecall,
        sources: Sources,
        clock: MemoryClock,
        *,
        speaker: str = "",
    ) -> None:
        self.recall, self.sources, self.clock, self.speaker = recall, sources, clock, speaker
        self._encoder = LexicalEncoder()

    @cached_property
    def entities(self) -> dict[str, Entity]:
        return {entity.entity_id: entity for entity in self.sources.entities.entities()}

    @cached_property
    def rooms(self) -> Sequence[RoomInfo]:
        return self.sources.rooms.rooms()

    @cached_property
    def people(self) -> dict[str, str]:
        """Names of people by entity id."""
        facts = getattr(self.recall.views, "facts", None)
        persons = () if facts is None else People(facts).persons()
        return {person.entity_id: person.name for person in persons if person.entity_id}

    @cached_property
    def names(self) -> dict[str, str]:
        """What entities, rooms and people are called, by id."""
        kinds = Counter(room.kind for room in self.rooms)
        names = {name: name_of(entity) for name, entity in self.entities.items()}
        for room in self.rooms:
            kind = "room" if room.kind == "unknown" else room.kind.replace("_", " ")
            is_clear = room.kind != "unknown" and kinds[room.kind] == 1
            names[room.room_id] = kind if is_clear else f"{kind} ({room.room_id})"
        return names | self.people

    def name(self, item_id: str) -> str:
        """'the red mug', 'Anna', 'you'; the id where nothing better is known."""
        if item_id == ROBOT:
            return "I"
        if item_id in self.people:
            return self.people[item_id]
        entity = self.entities.get(item_id)
        if entity is not None and entity.kind is EntityKind.PERSON:
            return f"a person ({item_id})"
        known = self.names.get(item_id)
        return f"the {known}" if known else item_id or "somebody"

    def where_text(self, item: EntityItem) -> str:
        """'on the table in the kitchen', 'held by Anna', 'at (1.2, 0.4, 0.8) m'."""
        if item.status == "held":
            holder = "me" if item.holder == ROBOT else self.name(item.holder)
            return f"held by {holder}"
        return self.place_text(item.support_id, item.room_id) or _point_text(item)

    def place_text(self, support_id: str, room_id: str) -> str:
        """'on the table in the kitchen'; '' if neither is known."""
        parts = []
        if support_id:
            label = self.entities[support_id].label if support_id in self.entities else ""
            on = "in or on" if label.replace(" ", "_") in _CONTAINERS else "on"
            parts.append(f"{on} {self.name(support_id)}")
        if room_id:
            parts.append(f"in {self.name(room_id)}")
        return " ".join(parts)

    def thing_name(self, item: EntityItem) -> str:
        return self.name(item.item_id.partition("#")[0])

    def sentence(self, item: EventItem) -> str:
        """'I picked up the apple from the table in the kitchen'."""
        event = self.sources.events.get(item.item_id)
        names = {key: value for key, value in self.names.items() if key not in self.people}
        text = event_sentence(event, names | self.people).rstrip(".")
        text = text.replace("The robot was", "I was").replace("The robot", "I")
        return text.replace("the robot", "me")

    # Rooms and times

    def rooms_named(self, text: str) -> list[int]:
        """Numbers of the rooms that words mean."""
        ids = [n for n, room in enumerate(self.rooms) if room.room_id == text]
        if ids or not self.rooms:
            return ids
        kinds = [room.kind.replace("_", " ") for room in self.rooms]
        known = self.names
        exact = [n for n, room in enumerate(self.rooms) if known[room.room_id] == text]
        if exact:
            return exact
        rows = self._encoder.encode([text, *kinds])
        similarity = (rows[1:] @ rows[0]).tolist()
        best = max(similarity)
        return [n for n, s in enumerate(similarity) if s >= max(best - 1e-6, _SAME)]

    def times_of(self, question: Question) -> Times:
        """When the question is about: now, an instant, an interval, before something happened."""
        if question.anchor is not None:
            return self._anchored(question.anchor, question.kind)
        if question.span is None:
            return Times()
        start_ns, end_ns = self.clock.range_of(question.span)
        if start_ns > self.clock.last_ns:
            return Times(problem=f"My memory ends {self.clock.text(self.clock.last_ns)}")
        if end_ns < self.clock.first_ns:
            return Times(problem=f"My memory begins {self.clock.text(self.clock.first_ns)}")
        if start_ns == end_ns:
            return Times(as_of_ns=start_ns)
        return Times(within=(start_ns, end_ns))

    def interval(self, times: Times) -> tuple[int, int] | None:
        """For events: an instant is a little longer than a point."""
        if times.as_of_ns is None:
            return times.within
        around = _AROUND_NS if self.clock.has_time_of_day else _AROUND_SESSION_NS
        return (times.as_of_ns - around, times.as_of_ns + around)

    def _anchored(self, anchor: Anchor, kind: Kind) -> Times:
        event = self.find_event(anchor.happening)
        if event is None:
            return Times(problem=f"I know of no time when {self.done_text(anchor.happening)}")
        if anchor.relation == "at":
            return Times(as_of_ns=event.start_ns)
        if anchor.relation == "before":
            return Times(as_of_ns=max(event.start_ns - 1, self.clock.first_ns))
        if kind in _ABOUT_STATES:
            return Times(as_of_ns=event.end_ns)
        return Times(within=(event.end_ns, max(self.clock.last_ns, event.end_ns)))

    def find_event(self, happening: Happening) -> EventItem | None:
        """The last such event, or the first or third one if that was said."""
        items = self.events(happening).items
        place = happening.ordinal - 1 if happening.ordinal > 0 else -1
        found = items[place] if -len(items) <= place < len(items) else None
        return found if isinstance(found, EventItem) else None

    def events(self, happening: Happening, **filters: object) -> Recall:
        """Events that fit, oldest first; a person is meant by name and by entity."""
        actions = actions_of(happening.action)
        about = "" if happening.action in ("enter_room", "visit") else happening.thing
        if happening.action in ("enter_room", "visit") and happening.thing:
            filters["room"] = happening.thing
        given = {"action": actions, "about": about, "k": MANY, "speaker": self.speaker, **filters}
        answers: list[Recall] = [
            self.recall.events(actor=actor, **given)  # type: ignore[arg-type]
            for actor in self.actor_names(happening.actor)
        ]
        items = {item.item_id: item for answer in answers for item in answer.items}
        best = next((a for a in answers if a.items), answers[0])
        ordered = sorted(items.values(), key=lambda i: (i.stamp_ns or 0, i.item_id))
        return Recall(best.query, tuple(ordered), best.verdict, best.probability, best.explanation)

    def actor_names(self, actor: str) -> list[str]:
        """A name and the entities of whoever is called so."""
        if actor in ("", ROBOT):
            return [actor]
        ids = [key for key, name in self.people.items() if name.lower() == actor.lower()]
        return [actor, *ids]

    def done_text(self, happening: Happening) -> str:
        """'I picked up the mug'."""
        actor = "I" if happening.actor == ROBOT else happening.actor or "somebody"
        verb = {"enter_room": "was in", "visit": "was in", "say": "said"}.get(
            happening.action, _PAST.get(happening.action, happening.action.replace("_", " "))
        )
        thing = happening.thing or "anything"
        return f"{actor} {verb} {thing}"

    def place_filters(self, place: Place | None, action: str) -> dict[str, object]:
        """Filters of `events` for a place."""
        if place is None:
            return {}
        if place.relation == "in" and self.rooms_named(place.text):
            return {"room": place.text}
        names = {"pick": "from_place", "place": "to_place"}
        return {names.get(action, "place"): place.text}


_PAST = {
    "pick": "picked up", "place": "put down", "open": "opened", "close": "closed",
    "turn_on": "turned on", "turn_off": "turned off",
}  # fmt: skip


def actions_of(action: str) -> tuple[str, ...]:
    """Names of events that a verb means: to move is also to pick up."""
    return {"": (), "moved": MOVING}.get(action, (action,))


def event_items(found: Recall) -> list[EventItem]:
    return [item for item in found.items if isinstance(item, EventItem)]


def evidence_of(items: Iterable[RecallItem]) -> tuple[str, ...]:
    """Ids that items rest on, the best of each first."""
    lists = [item.evidence for item in items]
    ids: dict[str, None] = {}
    for depth in range(max(map(len, lists), default=0)):
        ids.update(dict.fromkeys(found[depth] for found in lists if depth < len(found)))
    return tuple(ids)[:EVIDENCE_LIMIT]


def answer_of(text: str, found: Recall, items: Sequence[RecallItem] | None = None) -> Answer:
    """An answer with a recall's verdict and evidence."""
    shown = tuple(found.items if items is None else items)
    return Answer(_sentence(text), found.verdict, found.probability, shown, evidence_of(shown))


def unknown(text: str) -> Answer:
    """Nothing is known about it."""
    return Answer(_sentence(text), Verdict.UNKNOWN)


def joined(parts: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def with_article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _point_text(item: RecallItem) -> str:
    if item.position_in_world is None:
        return "at a place that I cannot tell"
    return "at ({:.1f}, {:.1f}, {:.1f}) m".format(*item.position_in_world)


def _sentence(text: str) -> str:
    whole = " ".join(text.split())
    return whole[:1].upper() + whole[1:] + ("" if whole.endswith((".", "!", "?")) else ".")
