"""What was reported: goals, sub-goals and actions with their outcomes, and what people said."""

from __future__ import annotations

import json

from ..entities.entity import ROBOT
from ..journal.records import EventRecord, UtteranceRecord, format_record_id, parse_record_id
from ..journal.steps import Step
from .event import Event, EventLevel
from .event_table import NO_EVENT, event_id_of
from .hands import HandEvents
from .sources import REPORT, EntitySource, Scribe, is_entity_id

_LEVELS = {level.value: level for level in EventLevel}
_HAND_ACTIONS = ("pick", "place")


class ReportedEvents:
    """Event and utterance records as events.

    A report of what memory noticed too is one event with it. A report that ends an open one (the same
    level, action, actor, target and start) revises it.
    """

    def __init__(self, scribe: Scribe, entities: EntitySource, hands: HandEvents) -> None:
        self._scribe, self._entities, self._hands = scribe, entities, hands
        self._number_of: dict[int, int] = {}
        """Event by record id."""
        self._open: dict[str, int] = {}
        """Open reports by what identifies them."""

    def apply(self, step: Step) -> None:
        for record_id, record in step.of(EventRecord):
            self._number_of[record_id] = self._report(record_id, record)
        for record_id, said in step.of(UtteranceRecord):
            evidence = (format_record_id("utterance", record_id),)
            self._scribe.write(
                Event("", EventLevel.ACTION, "say", said.speaker, said.stamp_ns, said.stamp_ns,
                      text=said.text, evidence=evidence)
            )  # fmt: skip

    def find_by_evidence(self, record_ids: tuple[str, ...]) -> int | None:
        """The event of the first report among some record ids; None if there is none."""
        for name in record_ids:
            if name.startswith(REPORT):
                number = self._number_of.get(parse_record_id(name)[1])
                if number is not None:
                    return number
        return None

    def _report(self, record_id: int, record: EventRecord) -> int:
        event = self._event_of(record_id, record)
        key = json.dumps(
            [record.session_id, record.level, record.action, record.actor, record.target,
             record.stamp_ns]
        )  # fmt: skip
        number = self._open.pop(key, NO_EVENT)
        if number != NO_EVENT:
            old = self._scribe.table.get(number)
            self._scribe.revise(
                number,
                end_ns=event.end_ns,
                outcome=event.outcome,
                text=event.text or old.text,
                evidence=(*old.evidence, *event.evidence),
            )
            self._widen(number)
        else:
            number = self._merge_or_write(event)
        if record.outcome == "open":
            self._open[key] = number
        return number

    def _event_of(self, record_id: int, record: EventRecord) -> Event:
        # a view must not refuse what is journalled: an unknown level is an action
        level = _LEVELS.get(record.level, EventLevel.ACTION)
        parent = self._number_of.get(record.parent_id or 0, NO_EVENT)
        is_entity = is_entity_id(record.target)
        entity = self._entities.find(record.target) if is_entity else None
        return Event(
            "", level, record.action, record.actor,
            min(record.stamp_ns, record.end_stamp_ns), record.end_stamp_ns,
            entity_id=record.target if is_entity else "",
            label=(entity.label if entity else "") if is_entity else record.target,
            parent_id="" if parent == NO_EVENT else event_id_of(parent),
            outcome=record.outcome,
            text=record.text,
            evidence=(format_record_id("report", record_id),),
            confidence=record.confidence,
        )  # fmt: skip

    def _merge_or_write(self, event: Event) -> int:
        is_hand = event.action in _HAND_ACTIONS and event.actor == ROBOT
        twin = None
        is_done = event.level is EventLevel.ACTION and event.outcome in ("success", "")
        if is_done and is_hand and not self._hands.has_robot:
            return self._hands.told(event)
        if is_done:
            twin = self._scribe.find_twin(
                event,
                slack_ns=self._hands.slack_ns,
                is_reported=False,
                is_same_thing=not is_hand,
            )
        if twin is None:
            number = self._scribe.write(event)
            self._adopt_rounds(number, event)
            return number
        noticed = self._scribe.table.get(twin)
        parent_id = noticed.parent_id
        if is_hand and noticed.parent_id:
            self._hands.adopt(int(noticed.parent_id[6:]), event.parent_id)
        self._scribe.revise(
            twin,
            actor=event.actor,
            entity_id=noticed.entity_id or event.entity_id,
            label=noticed.label or event.label,
            outcome=event.outcome or noticed.outcome,
            text=event.text,
            parent_id=parent_id or event.parent_id,
            evidence=(*noticed.evidence, *event.evidence),
            confidence=1.0 if event.actor != noticed.actor else noticed.confidence,
        )
        return twin

    def _adopt_rounds(self, number: int, event: Event) -> None:
        """A goal that is reported when it is over takes in the rounds that fell into it."""
        if event.level is not EventLevel.GOAL or event.outcome == "open":
            return
        table = self._scribe.table
        for other in table.orphans_within(event.start_ns, event.end_ns, EventLevel.SUBGOAL):
            if other != number and table.get(other).action == "rearrange":
                self._scribe.revise(other, parent_id=event_id_of(number))

    def _widen(self, number: int) -> None:
        """An event that now has an end still holds its children."""
        for child in self._scribe.table.children_of(number):
            self._scribe.table.contain(child)

    # As bytes

    def to_json(self) -> str:
        rows = sorted(self._number_of.items())
        return json.dumps({"number_of": rows, "open": self._open}, sort_keys=True)

    def load_json(self, text: str) -> None:
        values = json.loads(text)
        self._number_of = {int(a): int(b) for a, b in values["number_of"]}
        self._open = dict(values["open"])
