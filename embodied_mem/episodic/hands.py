"""What the robot's hand did: rounds of picking something up and laying it down elsewhere."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field

from ..entities.entity import ROBOT, Entity, EntityState, Status
from ..journal.records import RobotRecord, format_record_id
from ..journal.steps import Step
from .entity_chain import SAME_PLACE_M, find_spot, held_index, lying_before
from .event import Event, EventLevel
from .event_table import NO_EVENT, event_id_of
from .sources import EntitySource, Scribe

REARRANGE = "rearrange"
MANIPULATION = "manipulation"
_ARM_M = 2.0
"""What the robot lays down lies within this distance of its base."""
_REFINING_STEPS = 60
"""A place that is known is looked up again for so many steps: its first sight may be poor ..."""
_WAITING_STEPS = 2000
"""... one that is not known for so many."""
_MOST_EVIDENCE = 8
_SLACK_NS = 2_000_000_000


@dataclass
class _Settling:
    """Something that was laid down, until it is sure where."""

    round: int
    pick: int
    place: int
    refining_steps: int = _REFINING_STEPS
    waiting_steps: int = _WAITING_STEPS


@dataclass
class _Hand:
    """All that decides what comes next; numbers of events, NO_EVENT where there is none."""

    session_id: int = 0
    last_ns: int | None = None
    step_ns: int = 0
    """Between the last two steps."""
    mode: str = ""
    reach_ns: int | None = None
    """The last stamp before manipulation mode was entered."""
    changed_ns: int | None = None
    """When something was last taken or laid down."""
    held_label: str | None = None
    round: int = NO_EVENT
    pick: int = NO_EVENT
    ending: int = NO_EVENT
    """A round whose object is laid down, while the robot is still in manipulation mode."""
    settling: list[_Settling] = field(default_factory=list)


class HandEvents:
    """Makes 'pick' and 'place' with the sub-goal 'rearrange' around them, from what the robot reports.

    The change lies between the last step with the old state of the hand and the first with the new one.
    A reach begins with the last step before manipulation mode.
    """

    def __init__(self, scribe: Scribe, entities: EntitySource) -> None:
        self._scribe, self._entities = scribe, entities
        self._hand = _Hand()

    @property
    def has_robot(self) -> bool:
        """Whether the robot says in this session what it holds."""
        return self._hand.last_ns is not None

    @property
    def is_holding(self) -> bool:
        return self._hand.held_label is not None

    @property
    def slack_ns(self) -> int:
        """How far a report's stamps may lie from those of the steps around it."""
        return max(_SLACK_NS, self._hand.step_ns)

    def sense(self, step: Step) -> None:
        """The state of the hand at a step."""
        for number, record in step.of(RobotRecord):
            evidence = [format_record_id("robot", number)]
            evidence += [format_record_id("frame", frame.frame_id) for frame in step.frames]
            self._sense(record, tuple(evidence))

    def _sense(self, record: RobotRecord, evidence: tuple[str, ...]) -> None:
        hand, now_ns = self._hand, record.stamp_ns
        if record.session_id != hand.session_id or hand.last_ns is None:
            self._begin_session(record)
        before_ns = hand.last_ns if hand.last_ns is not None else now_ns
        if record.mode == MANIPULATION and hand.mode != MANIPULATION:
            hand.reach_ns = before_ns
        if record.held_label != hand.held_label:
            if hand.held_label is not None:
                self._placed(before_ns, now_ns, evidence)
            if record.held_label is not None:
                self._picked(record.held_label, before_ns, now_ns, evidence)
        elif hand.round != NO_EVENT:
            self._scribe.table.set_end(hand.round, now_ns)
            self._scribe.table.contain(hand.round)
        if record.mode != MANIPULATION:
            hand.reach_ns = None
            self._end_round(now_ns)
        hand.step_ns = now_ns - before_ns
        hand.last_ns, hand.mode, hand.held_label = now_ns, record.mode, record.held_label

    def _begin_session(self, record: RobotRecord) -> None:
        """What a robot holds when a session begins was picked unseen."""
        hand = self._hand
        is_same = hand.held_label is not None and hand.held_label == record.held_label
        if hand.round != NO_EVENT and not is_same:
            self._scribe.revise(hand.round, outcome="")
            hand.round = hand.pick = NO_EVENT
        hand.session_id, hand.last_ns = record.session_id, None
        hand.mode, hand.reach_ns, hand.changed_ns = "", None, None
        hand.ending = NO_EVENT
        hand.held_label = record.held_label
        if record.held_label is not None and hand.round == NO_EVENT:
            hand.round = self._open_round(record.held_label, record.stamp_ns, record.stamp_ns)

    def _start_ns(self, before_ns: int) -> int:
        hand = self._hand
        start_ns = before_ns if hand.reach_ns is None else hand.reach_ns
        return start_ns if hand.changed_ns is None else max(start_ns, hand.changed_ns)

    def _open_round(self, label: str, start_ns: int, end_ns: int) -> int:
        parent_id = self._scribe.find_goal(start_ns)
        return self._scribe.write(
            Event("", EventLevel.SUBGOAL, REARRANGE, ROBOT, start_ns, end_ns, label=label,
                  parent_id=parent_id, outcome="open")
        )  # fmt: skip

    def _picked(self, label: str, before_ns: int, now_ns: int, evidence: tuple[str, ...]) -> None:
        hand = self._hand
        self._end_round(hand.changed_ns if hand.changed_ns is not None else before_ns)
        start_ns = self._start_ns(before_ns)
        hand.round = self._open_round(label, start_ns, now_ns)
        pick = Event(
            "", EventLevel.ACTION, "pick", ROBOT, start_ns, now_ns, label=label,
            outcome="success", evidence=evidence,
        )  # fmt: skip
        hand.pick = self._write_action(pick, hand.round)
        hand.changed_ns = now_ns
        self._identify(self._entities.held_entity_id or "")

    def _placed(self, before_ns: int, now_ns: int, evidence: tuple[str, ...]) -> None:
        hand = self._hand
        start_ns = self._start_ns(before_ns)
        if hand.round == NO_EVENT:
            hand.round = self._open_round(hand.held_label or "", start_ns, now_ns)
        held = self._scribe.table.get(hand.round)
        place = Event(
            "", EventLevel.ACTION, "place", ROBOT, start_ns, now_ns, held.entity_id, held.label,
            outcome="success", evidence=evidence,
        )  # fmt: skip
        number = self._write_action(place, hand.round)
        self._scribe.revise(hand.round, end_ns=now_ns, outcome="success")
        hand.settling.append(_Settling(hand.round, hand.pick, number))
        hand.ending, hand.round, hand.pick = hand.round, NO_EVENT, NO_EVENT
        hand.changed_ns = now_ns

    def _write_action(self, event: Event, parent: int) -> int:
        """Write a pick or place, or take over the report of the same one."""
        event = dataclasses.replace(event, parent_id=event_id_of(parent))
        twin = self._scribe.find_twin(
            event, slack_ns=self.slack_ns, is_reported=True, is_same_thing=False
        )
        if twin is None:
            return self._scribe.write(event)
        reported = self._scribe.table.get(twin)
        self.adopt(parent, reported.parent_id)
        evidence = (*event.evidence, *reported.evidence)
        changed = {
            f.name: getattr(event, f.name)
            for f in dataclasses.fields(event)
            if f.name not in ("event_id", "text", "evidence", "robot_position")
        }
        self._scribe.table.revise(twin, **changed, evidence=evidence)
        self._scribe.table.contain(twin)
        return twin

    def told(self, event: Event) -> int:
        """A successful 'pick' or 'place' of a robot that does not say what it holds; its number."""
        hand = self._hand
        if event.action == "pick":
            hand.round = self._open_round(event.label, event.start_ns, event.end_ns)
            self.adopt(hand.round, event.parent_id)
            entity = self._entities.find(event.entity_id) if event.entity_id else None
            if entity is not None and entity.status is Status.PRESENT:
                place, spot = entity.state.support_id, entity.state.position_in_world
                event = dataclasses.replace(event, from_id=place, from_position=spot)
            self._scribe.revise(hand.round, entity_id=event.entity_id, from_id=event.from_id)
            event = dataclasses.replace(event, parent_id=event_id_of(hand.round))
            hand.pick = self._scribe.write(event)
            return hand.pick
        if hand.round == NO_EVENT:
            return self._scribe.write(event)
        held = self._scribe.table.get(hand.round)
        number = self._scribe.write(
            dataclasses.replace(
                event, entity_id=held.entity_id, label=held.label, parent_id=held.event_id
            )
        )
        self._scribe.revise(hand.round, outcome="success")
        hand.settling.append(_Settling(hand.round, hand.pick, number))
        hand.round = hand.pick = NO_EVENT
        return number

    def adopt(self, round_number: int, reported_parent_id: str) -> None:
        """Put a round below the goal around a reported action."""
        table = self._scribe.table
        if not reported_parent_id or table.get(round_number).parent_id:
            return
        parent_id = reported_parent_id
        while parent_id and table.get(int(parent_id[6:])).level is not EventLevel.GOAL:
            parent_id = table.get(int(parent_id[6:])).parent_id
        if parent_id:
            self._scribe.revise(round_number, parent_id=parent_id)

    def _end_round(self, now_ns: int) -> None:
        """Back in navigation mode: the round is over."""
        hand = self._hand
        if hand.ending != NO_EVENT:
            end_ns = max(now_ns, self._scribe.table.get(hand.ending).end_ns)
            self._scribe.revise(hand.ending, end_ns=end_ns)
            hand.ending = NO_EVENT

    # Which entity it is, from where and to where

    def note_picked(self, entity_id: str, state: EntityState) -> None:
        """Entities say what the robot took."""
        if self._hand.round == NO_EVENT:
            return
        held = self._scribe.table.get(self._hand.round)
        if held.start_ns <= state.since_ns:
            self._identify(entity_id)

    def note_placed(self, entity_id: str, state: EntityState) -> None:
        """Entities say what the robot laid down; it may turn out to be another one than it took."""
        for item in reversed(self._hand.settling):
            place = self._scribe.table.get(item.place)
            if place.start_ns <= state.since_ns and place.entity_id in ("", entity_id):
                self._settle(item, entity_id)
                return

    def refine(self) -> None:
        """Look up again what is held and where what was laid down lies; once a step."""
        hand = self._hand
        held_id = self._entities.held_entity_id or ""
        if hand.round != NO_EVENT and held_id != self._scribe.table.get(hand.round).entity_id:
            self._identify(held_id)
        left = []
        for item in hand.settling:
            place = self._scribe.table.get(item.place)
            is_over = bool(place.entity_id) and self._settle(item, place.entity_id)
            item.waiting_steps -= 1
            item.refining_steps -= bool(self._scribe.table.get(item.place).to_id)
            if not is_over and item.refining_steps > 0 and item.waiting_steps > 0:
                left.append(item)
        hand.settling = left

    def read_again(self, round_number: int) -> None:
        """Places of a round after a correction of poses."""
        table = self._scribe.table
        whole = table.get(round_number)
        entity = self._entities.find(whole.entity_id) if whole.entity_id else None
        if entity is None:
            return
        numbers = {table.get(n).action: n for n in table.children_of(round_number)}
        for number in (round_number, numbers.get("pick", NO_EVENT)):
            if number != NO_EVENT:
                self._name(number, entity)
        place = numbers.get("place", NO_EVENT)
        if place != NO_EVENT and table.get(place).to_position is not None:
            self._settle(
                _Settling(round_number, numbers.get("pick", NO_EVENT), place), entity.entity_id
            )

    def explains(self, entity_id: str, state: EntityState) -> bool:
        """Whether the robot holds an entity, or the state is the first sight of where it laid it."""
        hand, table = self._hand, self._scribe.table
        if hand.round != NO_EVENT:
            held = table.get(hand.round)
            if held.entity_id == entity_id and held.start_ns <= state.since_ns:
                return True
        for item in hand.settling:
            place = table.get(item.place)
            if place.entity_id == entity_id and place.start_ns <= state.since_ns:
                spot, seen = place.to_position, state.position_in_world
                if spot is None or (
                    state.status is Status.PRESENT
                    and seen is not None
                    and math.dist(spot, seen) <= SAME_PLACE_M
                ):
                    return True
        return False

    def _identify(self, entity_id: str) -> None:
        """Enter what is held, and where it lay, into the round and its pick."""
        entity = self._entities.find(entity_id) if entity_id else None
        if entity is None:
            return
        hand = self._hand
        for number in (hand.round, hand.pick):
            if number != NO_EVENT:
                self._name(number, entity)

    def _name(self, number: int, entity: Entity) -> None:
        event = self._scribe.table.get(number)
        before = lying_before(entity, held_index(entity, event.start_ns, event.end_ns))
        self._scribe.revise(
            number,
            entity_id=entity.entity_id,
            label=event.label or entity.label,
            from_id="" if before is None else before.support_id,
            from_position=None if before is None else before.position_in_world,
        )

    def _settle(self, item: _Settling, entity_id: str) -> bool:
        """Enter where it lies; returns True once it lies there no more."""
        entity = self._entities.find(entity_id)
        if entity is None:
            return False
        table = self._scribe.table
        place, whole = table.get(item.place), table.get(item.round)
        held = held_index(entity, whole.start_ns, place.end_ns)
        first = 0 if held is None else held + 1
        states = [s for s in entity.states[first:] if s.since_ns >= place.start_ns]
        if not whole.entity_id or whole.entity_id != entity.entity_id:
            for number in (item.round, item.pick, item.place):
                if number != NO_EVENT:
                    self._name_late(number, entity, held)
        spot, is_over = find_spot(states)
        if spot is not None and self._is_in_reach(item.place, spot):
            self._lay(item, entity, spot)
        return is_over

    def _is_in_reach(self, place: int, state: EntityState) -> bool:
        """Not so far from where the robot stood that somebody else must have carried it on."""
        stood = self._scribe.robot_position(place)
        if stood is None or state.position_in_world is None:
            return state.position_in_world is not None
        return math.dist(stood[:2], state.position_in_world[:2]) <= _ARM_M

    def _name_late(self, number: int, entity: Entity, held: int | None) -> None:
        event = self._scribe.table.get(number)
        before = lying_before(entity, held)
        changes: dict[str, object] = {"entity_id": entity.entity_id}
        if event.action != "place" and before is not None:
            changes |= {"from_id": before.support_id, "from_position": before.position_in_world}
        self._scribe.revise(number, **changes)

    def _lay(self, item: _Settling, entity: Entity, state: EntityState) -> None:
        for number in (item.place, item.round):
            to_id = state.support_id or self._scribe.table.get(number).to_id
            self._scribe.revise(
                number,
                entity_id=entity.entity_id,
                to_id=to_id,
                to_position=state.position_in_world,
            )
        known = self._scribe.table.get(item.place).evidence
        new = [e for e in state.evidence if e not in known][:2]
        if new and len(known) < _MOST_EVIDENCE:
            self._scribe.table.add_evidence(item.place, *new)

    # As bytes

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self._hand), sort_keys=True)

    def load_json(self, text: str) -> None:
        values = json.loads(text)
        values["settling"] = [_Settling(**row) for row in values["settling"]]
        self._hand = _Hand(**values)
