"""What memory noticed itself: things that moved, appeared, vanished, were opened or switched."""

from __future__ import annotations

import bisect
import dataclasses
import json
import math
from dataclasses import dataclass

from ..entities.entity import ROBOT, ChangeKind, Entity, EntityKind, EntityState, Status
from .entity_chain import as_known_now, find_state_before
from .event import Event, EventLevel, Point3
from .event_table import NO_EVENT
from .hands import HandEvents
from .looked import LookedPlaces
from .reports import ReportedEvents
from .sources import EntitySource, Scribe, is_entity_id

_SWITCHED = {
    ChangeKind.OPENED: "open",
    ChangeKind.CLOSED: "close",
    ChangeKind.TURNED_ON: "turn_on",
    ChangeKind.TURNED_OFF: "turn_off",
}
_PENDING_STEPS = 200
"""What is not confirmed by then has not appeared."""
_NEAR_M = 2.0
"""A person so near to a place in between may have done it."""
_LEAST_LOOKS = 2
"""Through the place of what has appeared, before it did."""
_FURNITURE_MOVES = 0.3
"""Furniture that seems to move is seldom more than two pieces that look alike."""
_MOST_SIGHTINGS = 4096
"""Kept of each person, the last ones."""
_NOBODY = 0.3
"""Weight of somebody whom nobody saw, beside exp(-distance) of each person."""


@dataclass
class _Pending:
    """Something new, until it is sure that there is such a thing."""

    entity_id: str
    look_count: int
    last_look_ns: int
    steps_left: int = _PENDING_STEPS


class NoticedEvents:
    """Turns changes of entities into events; who did it only where a person was seen near the place."""

    def __init__(
        self,
        scribe: Scribe,
        entities: EntitySource,
        hands: HandEvents,
        reports: ReportedEvents,
        looked: LookedPlaces,
    ) -> None:
        self._scribe, self._entities = scribe, entities
        self._hands, self._reports, self._looked = hands, reports, looked
        self._last_change = self._merge_count = 0
        self._pending: list[_Pending] = []
        self._vanished: dict[str, int] = {}
        """Event 'vanished' of entities that are still gone."""
        self._appeared: dict[str, int] = {}
        """Event 'appeared' of what may yet turn out to be something known."""
        self._seen: dict[str, list[tuple[int, Point3]]] = {}
        """Where each person was from when on, by time."""

    def apply(self) -> None:
        """The changes since the last step."""
        for change in self._entities.changes_after(self._last_change):
            self._last_change = change.number
            entity = self._entities.find(change.entity_id)
            if entity is not None:
                self._note(entity, as_known_now(entity, change.state))
        self._confirm()
        self._withdraw_merged()

    def _note(self, entity: Entity, state: EntityState) -> None:
        if entity.kind is EntityKind.PERSON:
            self._note_person(entity, state)
            return
        before = find_state_before(entity, state)
        held_by = "" if before is None else before.holder
        if ROBOT in (state.holder, held_by):
            if state.holder == ROBOT:
                self._hands.note_picked(entity.entity_id, state)
            else:
                self._hands.note_placed(entity.entity_id, state)
        elif self._hands.explains(entity.entity_id, state):
            return
        elif state.change is ChangeKind.APPEARED and before is None:
            if entity.kind is not EntityKind.OBJECT:
                return
            looks = (
                [] if state.box is None else self._looked.looks_through(state.box, state.since_ns)
            )
            if len(looks) >= _LEAST_LOOKS:
                self._pending.append(_Pending(entity.entity_id, len(looks), looks[-1]))
        elif state.change in _SWITCHED:
            self._switched(entity, state)
        elif entity.is_confirmed and before is not None:
            self._changed(entity, before, state)

    def _changed(self, entity: Entity, before: EntityState, state: EntityState) -> None:
        """A confirmed thing is in a hand, elsewhere, gone, or back."""
        if state.status is Status.HELD:
            self._write("pick", entity, before, state, actor=state.holder)
        elif before.holder:
            self._write("place", entity, before, state, actor=before.holder)
        elif state.status is Status.GONE:
            self._vanished[entity.entity_id] = self._write("vanished", entity, before, state)
        elif state.change is ChangeKind.RETURNED:
            self._vanished.pop(entity.entity_id, None)
            self._write("returned", entity, before, state)
        elif state.change in (ChangeKind.MOVED, ChangeKind.APPEARED, ChangeKind.PLACED):
            self._moved(entity, before, state)

    def _moved(self, entity: Entity, before: EntityState, state: EntityState) -> None:
        """What had vanished and is elsewhere has been moved: the same event, now known better."""
        vanished = self._vanished.pop(entity.entity_id, NO_EVENT)
        if not self._scribe.table.is_live(vanished):
            self._write("moved", entity, before, state)
            return
        old = self._scribe.table.get(vanished)
        self._scribe.revise(
            vanished,
            action="moved",
            end_ns=max(state.since_ns, old.end_ns),
            to_id=state.support_id,
            to_position=state.position_in_world,
            evidence=tuple(dict.fromkeys((*state.evidence, *old.evidence))),
        )

    def _switched(self, entity: Entity, state: EntityState) -> None:
        """Opened, closed, turned on or off; the same event if somebody reported it."""
        event = Event(
            "", EventLevel.ACTION, _SWITCHED[state.change], "",
            min(state.not_before_ns, state.since_ns), state.since_ns,
            entity.entity_id, entity.label, to_position=state.position_in_world,
            evidence=state.evidence, confidence=entity.existence,
        )  # fmt: skip
        twin = self._reports.find_by_evidence(state.evidence)
        if twin is None:
            twin = self._scribe.find_twin(event, slack_ns=self._hands.slack_ns, is_reported=True)
        if twin is None:
            actor, share = self._find_actor(event.start_ns, event.end_ns, [event.to_position])
            confidence = event.confidence * share
            self._scribe.write(dataclasses.replace(event, actor=actor, confidence=confidence))
            return
        old = self._scribe.table.get(twin)
        self._scribe.revise(
            twin,
            entity_id=entity.entity_id,
            to_position=state.position_in_world,
            evidence=tuple(dict.fromkeys((*old.evidence, *state.evidence))),
        )

    def _write(
        self,
        action: str,
        entity: Entity,
        before: EntityState | None,
        state: EntityState,
        *,
        actor: str = "",
        confidence: float | None = None,
    ) -> int:
        start_ns, end_ns = min(state.not_before_ns, state.since_ns), state.since_ns
        origin = None if before is None else before.position_in_world
        is_placed = state.status is Status.PRESENT
        target = state.position_in_world if is_placed else None
        sure = entity.existence if confidence is None else confidence
        if entity.kind is EntityKind.FURNITURE:
            sure *= _FURNITURE_MOVES
        if not actor:
            actor, share = self._find_actor(start_ns, end_ns, [origin, target])
            sure *= share
        return self._scribe.write(
            Event(
                "", EventLevel.ACTION, action, actor, start_ns, end_ns,
                entity.entity_id, entity.label,
                from_id="" if before is None else before.support_id,
                to_id=state.support_id if is_placed else "",
                from_position=origin,
                to_position=target,
                evidence=tuple(dict.fromkeys((*state.evidence, *state.ending_evidence))),
                confidence=sure,
            )
        )  # fmt: skip

    def _confirm(self) -> None:
        """What appeared is told once it is confirmed."""
        left = []
        for item in self._pending:
            entity = self._entities.find(item.entity_id)
            item.steps_left -= 1
            if entity is None or entity.entity_id != item.entity_id:
                continue  # it has turned out to be another one
            if entity.is_confirmed and entity.kind is EntityKind.OBJECT:
                first = entity.states[0]
                first = dataclasses.replace(
                    first, not_before_ns=max(first.not_before_ns, item.last_look_ns)
                )
                sure = entity.existence * min(0.9, 0.3 + 0.1 * item.look_count)
                number = self._write("appeared", entity, None, first, confidence=sure)
                self._appeared[entity.entity_id] = number
            elif item.steps_left > 0:
                left.append(item)
        self._pending = left

    def _withdraw_merged(self) -> None:
        """What appeared and turns out to be something known has not appeared: it was moved."""
        merges = self._entities.merges
        for merge in merges[self._merge_count :]:
            number = self._appeared.pop(merge.merged_id, NO_EVENT)
            if number != NO_EVENT and not merge.is_undone:
                self._scribe.table.withdraw(number)
        self._merge_count = len(merges)

    def read_again(self, number: int) -> None:
        """Places of a noticed change after a correction of poses."""
        event = self._scribe.table.get(number)
        entity = self._entities.find(event.entity_id) if is_entity_id(event.entity_id) else None
        if entity is None:
            return
        for index, state in enumerate(entity.states):
            if state.since_ns == event.end_ns:
                changes: dict[str, object] = {}
                if event.to_position is not None:
                    changes["to_position"] = state.position_in_world
                if event.from_position is not None and index > 0:
                    changes["from_position"] = entity.states[index - 1].position_in_world
                self._scribe.revise(number, **changes)
                return

    # Who did it

    def _note_person(self, entity: Entity, state: EntityState) -> None:
        if state.position_in_world is None:
            return
        seen = self._seen.setdefault(entity.entity_id, [])
        bisect.insort(seen, (state.since_ns, state.position_in_world))
        del seen[:-_MOST_SIGHTINGS]

    def _find_actor(
        self, start_ns: int, end_ns: int, places: list[Point3 | None]
    ) -> tuple[str, float]:
        """The likeliest person to have been at one of the places in between, with its share of belief.

        '' and 1.0 where nobody was seen near.
        """
        weights: dict[str, float] = {}
        known = [place for place in places if place is not None]
        for person_id, seen in self._seen.items():
            first = max(0, bisect.bisect_left(seen, (start_ns, (-math.inf,) * 3)) - 1)
            last = bisect.bisect_right(seen, (end_ns, (math.inf,) * 3))
            person = self._entities.find(person_id)
            last_seen_ns = end_ns if person is None else person.last_seen_ns
            for index in range(first, last):
                until_ns = seen[index + 1][0] if index + 1 < len(seen) else last_seen_ns
                if until_ns < start_ns:
                    continue
                for place in known:
                    gap_m = math.dist(seen[index][1][:2], place[:2])
                    if gap_m <= _NEAR_M:
                        weights[person_id] = max(weights.get(person_id, 0.0), math.exp(-gap_m))
        if not weights:
            return "", 1.0
        best = max(sorted(weights), key=lambda name: weights[name])
        return best, weights[best] / (sum(weights.values()) + _NOBODY)

    # As bytes

    def to_json(self) -> str:
        return json.dumps(
            {
                "last_change": self._last_change,
                "merge_count": self._merge_count,
                "appeared": self._appeared,
                "pending": [dataclasses.astuple(item) for item in self._pending],
                "vanished": self._vanished,
                "seen": self._seen,
            },
            sort_keys=True,
        )

    def load_json(self, text: str) -> None:
        values = json.loads(text)
        self._last_change = values["last_change"]
        self._merge_count = values["merge_count"]
        self._appeared = dict(values["appeared"])
        self._pending = [_Pending(*row) for row in values["pending"]]
        self._vanished = dict(values["vanished"])
        self._seen = {
            person: [(stamp, (x, y, z)) for stamp, (x, y, z) in rows]
            for person, rows in sorted(values["seen"].items())
        }
