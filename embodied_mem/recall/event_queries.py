"""Questions about what happened: filtered events, and when something was last so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import Recall, Verdict
from ..entities.entity import ROBOT
from ..episodic.event import EventLevel
from ..errors import InputError
from .entity_queries import EntityQueries
from .event_index import Rows
from .indexes import Indexes, StampRange, check_count, check_times
from .items import EventItem, event_item
from .phrase import PlacePhrase
from .verdict import Features, raw_score

ORDERS = ("oldest", "newest")
VERBS = {
    "pick": "pick", "picked": "pick", "took": "pick", "taken": "pick", "grabbed": "pick",
    "place": "place", "placed": "place", "put": "place", "dropped": "place", "laid": "place",
    "move": "moved", "moved": "moved", "open": "open", "opened": "open", "close": "close",
    "closed": "close", "shut": "close", "said": "say", "say": "say", "told": "say",
    "entered": "enter_room", "enter": "enter_room", "left": "leave_room", "visited": "visit",
    "vanished": "vanished", "disappeared": "vanished", "appeared": "appeared",
    "rearranged": "rearrange",
}  # fmt: skip
_LEVELS = {level.value: code for code, level in enumerate(EventLevel)}


@dataclass(frozen=True)
class EventFilter:
    """Which events are asked for; '' and None ask for any."""

    actions: tuple[str, ...] = ()
    actor: str = ""
    about: str = ""
    """An entity id, or words such as 'red mug'."""
    room: str = ""
    """A room id or name: from or to it."""
    place: str = ""
    """Furniture, an id or words: from or to it."""
    from_place: str = ""
    to_place: str = ""
    level: str = ""
    within: StampRange | None = None
    as_of_ns: int | None = None
    after: str = ""
    """An event id: only what began after it ended, or at its end."""
    before: str = ""
    speaker: str = ""


class EventQueries:
    """Reads one memory's indexes; every method brings them up to date first."""

    def __init__(self, indexes: Indexes) -> None:
        self._ix = indexes
        self._entities = EntityQueries(indexes)

    def events(self, wanted: EventFilter, *, order: str = "oldest", k: int = 20) -> Recall:
        """See `MemoryRecall.events`."""
        check_count(k)
        if order not in ORDERS:
            raise InputError(f"order must be 'oldest' or 'newest', got '{order}'")
        self._ix.refresh()
        rows = self._rows(wanted)
        if order == "newest":
            rows = rows[::-1]
        name = f"events({_text_of(wanted)})"
        items = tuple(self.item_at(int(row)) for row in rows[:k])
        if items:
            explanation = f"{len(rows)} events, {len(items)} shown, {order} first"
            return self._known(name, items, explanation)
        return self._none(name, wanted)

    def when(
        self,
        query: str,
        *,
        k: int = 3,
        order: str = "newest",
        within: StampRange | None = None,
        as_of_ns: int | None = None,
        speaker: str = "",
    ) -> Recall:
        """See `MemoryRecall.when`."""
        check_count(k)
        action, actor, rest = read_happening(query)
        if not action:
            seen = self._entities.where(
                rest, k=k, within=within, as_of_ns=as_of_ns, speaker=speaker
            )
            items = sorted(seen.items, key=lambda item: -(item.stamp_ns or 0))
            if order == "oldest":
                items.reverse()
            is_seen = bool(items) and seen.verdict is not Verdict.UNKNOWN
            return Recall(
                f"when({query})",
                tuple(items),
                Verdict.KNOWN if is_seen else Verdict.UNKNOWN,
                seen.probability,
                f"sightings, {order} first" if items else seen.explanation,
            )
        wanted = EventFilter(
            actions=(action,), actor=actor, about=rest, within=within, as_of_ns=as_of_ns,
            speaker=speaker,
        )  # fmt: skip
        found = self.events(wanted, order=order, k=k)
        return Recall(
            f"when({query})", found.items, found.verdict, found.probability, found.explanation
        )

    def item_at(self, row: int, *, score: float | None = None) -> EventItem:
        """The event of a row as an item."""
        number = int(self._ix.events.columns.number[row])
        event = self._ix.sources.events.get(f"event:{number}")
        return event_item(event, score=event.confidence if score is None else score)

    def rows_about(self, entity_rows: NDArray[np.int64]) -> Rows:
        """Events that name any of the entities in whatever role, ascending."""
        events = self._ix.events
        names = [self._ix.entities.objects[row].entity_id for row in entity_rows.tolist()]
        codes = [code for code in map(events.code_of, names) if code is not None]
        found = [events.rows_of(code) for code in codes]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def _rows(self, wanted: EventFilter) -> Rows:
        """Rows that pass every filter, oldest first; the narrowest list is read first."""
        events = self._ix.events
        lists, tests = self._filters(wanted)
        if lists is None:
            return np.zeros(0, np.int64)
        start, end = self._span(wanted)
        if lists:
            lists.sort(key=len)
            rows = lists[0]
            for other in lists[1:]:
                rows = np.intersect1d(rows, other, assume_unique=True)
            rows = rows[(rows >= start) & (rows < end)]
        else:
            rows = np.arange(start, end, dtype=np.int64)
        for column, codes in tests:
            values = getattr(events.columns, column)
            if len(rows) == end - start and len(rows):
                values = values[start:end]
            else:
                values = values[rows]
            is_ok = values == codes[0] if len(codes) == 1 else np.isin(values, codes)
            rows = rows[is_ok]
        return rows

    def _filters(
        self, wanted: EventFilter
    ) -> tuple[list[Rows] | None, list[tuple[str, list[int]]]]:
        """Lists of rows that must all hold a row, and tests on columns; None if nothing can pass."""
        events = self._ix.events
        lists: list[Rows] = []
        tests: list[tuple[str, list[int]]] = []
        words = {"action": wanted.actions, "actor": self._actors(wanted.actor)}
        for column, names in words.items():
            if names:
                codes = [c for c in map(events.code_of, names) if c is not None]
                if not codes:
                    return None, []
                tests.append((column, codes))
        if wanted.level:
            if wanted.level not in _LEVELS:
                raise InputError(f"level is among {', '.join(_LEVELS)}, got '{wanted.level}'")
            tests.append(("level", [_LEVELS[wanted.level]]))
        roles: list[tuple[str, tuple[str, ...], str]] = [
            (wanted.about, ("entity",), "thing"),
            (wanted.room, ("from_room", "to_room"), "in"),
            (wanted.place, ("from_entity", "to_entity"), "on"),
            (wanted.from_place, ("from_entity",), "on"),
            (wanted.to_place, ("to_entity",), "on"),
        ]
        for text, columns, relation in roles:
            if text:
                lists.append(self._rows_in_role(self._ids(text, relation, wanted), columns))
        return lists, tests

    def _rows_in_role(self, names: Sequence[str], columns: tuple[str, ...]) -> Rows:
        events = self._ix.events
        found = []
        for code in (events.code_of(name) for name in names):
            if code is None:
                continue
            rows = events.rows_of(code)
            is_role = np.zeros(len(rows), np.bool_)
            for column in columns:
                is_role |= getattr(events.columns, column)[rows] == code
            found.append(rows[is_role])
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def _ids(self, text: str, relation: str, wanted: EventFilter) -> list[str]:
        """Ids that words mean."""
        if text.startswith(("entity:", "room:")):
            return [text]
        at = self._ix.moment(None, wanted.as_of_ns).state_rows
        objects = self._ix.entities.objects
        if relation == "thing":
            matches = self._ix.matcher.match(text, speaker=wanted.speaker, at=at)
            return [objects[row].entity_id for row in matches.rows.tolist()]
        place = self._ix.matcher.resolve_place(
            PlacePhrase(relation, text.lower()), speaker=wanted.speaker, at=at
        )
        ids = [self._ix.rooms.find_id(number) for number in place.room_numbers]
        return ids + [objects[row].entity_id for row in place.entity_rows]

    def _actors(self, actor: str) -> tuple[str, ...]:
        """'robot', a person's id or name; a person known by both is meant by both."""
        if not actor or actor == ROBOT or self._ix.sources.facts is None:
            return (actor,) if actor else ()
        names = self._ix.sources.facts.resolve(actor, speaker="")
        return (actor, *(name.target_id for name in names))

    def _span(self, wanted: EventFilter) -> tuple[int, int]:
        """First and end row by time: events that began in the interval and were over at `as_of`."""
        check_times(wanted.within, wanted.as_of_ns)
        columns = self._ix.events.columns
        start_ns, end_ns = wanted.within or (None, None)
        limits = [t for t in (end_ns, wanted.as_of_ns) if t is not None]
        start = 0 if start_ns is None else int(np.searchsorted(columns.start_ns, start_ns))
        end = columns.count
        if limits:
            end = int(np.searchsorted(columns.start_ns, min(limits), side="right"))
        if wanted.after:
            row = self._row_of(wanted.after)
            start = max(start, row + 1)
        if wanted.before:
            end = min(end, self._row_of(wanted.before))
        return start, max(end, start)

    def _row_of(self, event_id: str) -> int:
        prefix, _, number = event_id.partition(":")
        is_id = prefix == "event" and number.isdecimal()
        row = self._ix.events.find_row(int(number)) if is_id else None
        if row is None:
            raise InputError(
                f"there is no '{event_id}' among {self._ix.events.columns.count} events; an event "
                "id looks like 'event:12'"
            )
        return row

    def _known(self, name: str, items: tuple[EventItem, ...], explanation: str) -> Recall:
        features = Features(
            match=1.0, existence=max(i.score for i in items), still_there=1.0, support=1.0
        )
        probability = self._ix.calibration.probability(
            Verdict.KNOWN, raw_score(Verdict.KNOWN, features), family="events"
        )
        return Recall(name, items, Verdict.KNOWN, probability, explanation)

    def _none(self, name: str, wanted: EventFilter) -> Recall:
        """The robot knows what it did itself; of others it knows what it saw."""
        calibration, columns = self._ix.calibration, self._ix.events.columns
        start, end = self._span(wanted)
        if wanted.actor == ROBOT and columns.count:
            return Recall(
                name,
                (),
                Verdict.ABSENT,
                calibration.probability(Verdict.ABSENT, 0.9, family="events"),
                f"the robot did no such thing; {end - start} events in this time",
            )
        raw = raw_score(Verdict.UNKNOWN, Features())
        return Recall(
            name,
            (),
            Verdict.UNKNOWN,
            calibration.probability(Verdict.UNKNOWN, raw, family="events"),
            f"no such event was noticed; {end - start} events in this time",
        )


def read_happening(text: str) -> tuple[str, str, str]:
    """(action, actor, thing) of words such as 'you picked up the mug'; '' where not said."""
    words = [
        w for w in text.lower().strip(" ?!.").split() if w not in ("when", "did", "was", "last")
    ]
    for at, word in enumerate(words):
        if word == "turned" and at + 1 < len(words) and words[at + 1] in ("on", "off"):
            action, rest = f"turn_{words[at + 1]}", words[at + 2 :]
        elif word in VERBS:
            action, rest = VERBS[word], words[at + 1 :]
        else:
            continue
        if rest and rest[0] in ("up", "down", "away"):
            rest = rest[1:]
        subject = " ".join(words[:at])
        actor = ROBOT if subject in ("you", "i", "the robot", "robot") else ""
        thing = " ".join(rest) or ("" if actor else subject)
        return action, actor, thing
    return "", "", " ".join(w for w in words if w not in ("seen", "you", "i", "see", "saw"))


def _text_of(wanted: EventFilter) -> str:
    parts = [*wanted.actions, wanted.actor, wanted.about, wanted.room, wanted.place]
    parts += [f"after {wanted.after}"] * bool(wanted.after)
    parts += [f"before {wanted.before}"] * bool(wanted.before)
    return ", ".join(part for part in parts if part)
