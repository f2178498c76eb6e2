"""Hands: what the robot picks and places, by its own report, and what people carry about."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..journal.records import RobotRecord
from .belief import Belief, State
from .entity import ROBOT, ChangeKind, EntityKind, Status, entity_id_of
from .labels import kind_of
from .observations import Floats, Sighting
from .registry import USUAL_OFFSET, Registry

REACH_M = 1.3
_HAND_SLACK_M = 0.35
_PLACE_AHEAD_M, _PLACE_HEIGHT_M = 0.7, 0.75
_PICKED_LOG_ODDS = 4.0
_CARRY_M, _CARRY_HEIGHTS_M = 0.55, (0.6, 1.45)


def note_robot(registry: Registry, record_id: int, record: RobotRecord) -> None:
    """Follow the robot: where its hand is, and what it has taken or laid down."""
    hand = registry.hand
    hand.base = (record.base_x_m, record.base_y_m, record.base_yaw_rad)
    turn = -math.pi / 2 if record.mode == "manipulation" else 0.0
    hand.arm_rad = record.base_yaw_rad + turn
    if record.held_label is not None and hand.number < 0:
        _pick(registry, record_id, record, record.held_label)
    elif record.held_label is None and hand.number >= 0:
        _place(registry, record_id, record)
    if hand.number >= 0:
        held = registry.beliefs[hand.number]
        held.state.place = hand_place(registry)
        held.state.last_seen_ns = held.last_seen_ns = record.stamp_ns
        held.state.evidence = [*held.state.evidence[:1], f"robot:{record_id}"]
        held.refresh()
        registry.changed(held)


def hand_place(registry: Registry) -> Floats:
    """Where what the robot holds should be seen."""
    x, y, yaw = registry.hand.base
    ahead, left, height = registry.hand.offset
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([x + c * ahead - s * left, y + s * ahead + c * left, height])


def note_in_hand(registry: Registry, sighting: Sighting) -> None:
    """What the robot holds was seen: learn where its hand shows it."""
    registry.hand.seen_count += 1
    x, y, yaw = registry.hand.base
    c, s = math.cos(yaw), math.sin(yaw)
    dx, dy = float(sighting.center[0]) - x, float(sighting.center[1]) - y
    offset = (c * dx + s * dy, c * dy - s * dx, float(sighting.center[2]))
    if math.dist(offset, USUAL_OFFSET) < _HAND_SLACK_M:
        old = registry.hand.offset
        registry.hand.offset = (
            old[0] + 0.3 * (offset[0] - old[0]),
            old[1] + 0.3 * (offset[1] - old[1]),
            old[2] + 0.3 * (offset[2] - old[2]),
        )


def take_instead(registry: Registry, belief: Belief, sighting: Sighting) -> None:
    """It is this that is seen in the robot's hand: what was thought to be there was not taken."""
    wrong = registry.beliefs[registry.hand.number]
    held = wrong.state
    if len(wrong.states) > 1:
        before = wrong.states[-2]
        back = State(
            ChangeKind.RETURNED, before.status, sighting.stamp_ns, held.since_ns,
            before.last_seen_ns, place=before.position, holder=before.holder,
            ending_evidence=[f"detection:{sighting.detection_id}"],
        )  # fmt: skip
        back.seen.extend(before.seen)
        back.box = None if before.box is None else before.box.copy()
        registry.begin(wrong, back)
    state = State(
        ChangeKind.PICKED, Status.HELD, sighting.stamp_ns, belief.state.last_seen_ns,
        sighting.stamp_ns, place=hand_place(registry), holder=ROBOT,
        evidence=[f"detection:{sighting.detection_id}"], ending_evidence=list(held.evidence),
    )  # fmt: skip
    registry.begin(belief, state)
    registry.hand.number = belief.number
    registry.hand.seen_count = 1
    if not belief.is_confirmed:
        registry.confirm(belief)


def carrier_of(sighting: Sighting, persons: Sequence[tuple[int, Sighting]]) -> int:
    """The number of the person in whose hands a thing is seen, -1 for nobody's."""
    low, high = _CARRY_HEIGHTS_M
    if not low < sighting.center[2] < high or sighting.extent_m > 0.8:
        return -1
    best, least = -1, _CARRY_M
    for number, person in persons:
        gap = float(np.hypot(*(person.center - sighting.center)[:2]))
        if gap < least:
            best, least = number, gap
    return best


def begin_carried(
    registry: Registry, belief: Belief, sighting: Sighting, person: int, ending: Sequence[str] = ()
) -> None:
    """A person has taken it."""
    state = State(
        ChangeKind.PICKED, Status.HELD, sighting.stamp_ns, belief.last_seen_ns, sighting.stamp_ns,
        holder=entity_id_of(person), ending_evidence=list(ending),
    )  # fmt: skip
    state.seen.add(sighting)
    registry.begin(belief, state)


def _pick(registry: Registry, record_id: int, record: RobotRecord, label: str) -> None:
    belief = _find_picked(registry, label)
    if belief is None:
        belief = _unseen(registry, label, record.stamp_ns)
    belief.existence = max(belief.existence, 0.0) + _PICKED_LOG_ODDS
    label_id = registry.labels.id_of(label)
    belief.labels[label_id] = belief.labels.get(label_id, 0.0) + 3.0
    belief.kind = EntityKind.OBJECT
    state = State(
        ChangeKind.PICKED, Status.HELD, record.stamp_ns,
        belief.state.last_seen_ns if belief.states else record.stamp_ns, record.stamp_ns,
        place=hand_place(registry), holder=ROBOT, evidence=[f"robot:{record_id}"],
        ending_evidence=[f"robot:{record_id}"],
    )  # fmt: skip
    belief.is_place_pending = False
    registry.begin(belief, state)
    if not belief.is_confirmed:
        registry.confirm(belief)
    hand = registry.hand
    hand.number, hand.offset, hand.seen_count = belief.number, USUAL_OFFSET, 0


def _find_picked(registry: Registry, label: str) -> Belief | None:
    """The likeliest thing in reach of that name."""
    label_id = registry.labels.id_of(label)
    x, y, _ = registry.hand.base
    slack_m = 2 * registry.drift.spread_m
    best, best_score = None, -1.0
    for belief in registry.near(np.array([x, y, 0.0]), REACH_M + slack_m):
        if belief.kind is EntityKind.PERSON or belief.position is None or not belief.labels:
            continue
        if belief.status is Status.HELD and belief.state.holder == ROBOT:
            continue
        if belief.kind is EntityKind.FURNITURE and belief.extent_m > 1.0:
            continue
        dx, dy = float(belief.position[0]) - x, float(belief.position[1]) - y
        off = abs(math.remainder(math.atan2(dy, dx) - registry.hand.arm_rad, 2 * math.pi))
        name = registry.labels.log_ratio(label_id, belief.labels)
        score = name - 1.5 * max(math.hypot(dx, dy) - 0.8, 0.0) - 1.5 * max(off - 0.9, 0.0)
        score -= 0.01 * min(registry.image_count - belief.last_seen_image, 100)
        score -= 1.0 * (not belief.is_confirmed) + 2.0 * (belief.status is not Status.PRESENT)
        if score > best_score:
            best, best_score = belief, score
    return best


def _unseen(registry: Registry, label: str, stamp_ns: int) -> Belief:
    """Something in the hand that was never seen before."""
    label_id = registry.labels.id_of(label)
    kind = kind_of(label, 0.1)
    kind = EntityKind.OBJECT if kind is not EntityKind.PERSON else kind
    belief = Belief(0, kind, {label_id: 1.0}, stamp_ns, stamp_ns)
    belief.states.append(
        State(ChangeKind.APPEARED, Status.HELD, stamp_ns, stamp_ns, stamp_ns,
              place=hand_place(registry), holder=ROBOT)
    )  # fmt: skip
    belief.refresh()
    return registry.add(belief)


def _place(registry: Registry, record_id: int, record: RobotRecord) -> None:
    """Laid down: ahead of the arm until it is seen."""
    hand = registry.hand
    belief = registry.beliefs[hand.number]
    hand.number = -1
    x, y, _ = hand.base
    place = np.array(
        [
            x + _PLACE_AHEAD_M * math.cos(hand.arm_rad),
            y + _PLACE_AHEAD_M * math.sin(hand.arm_rad),
            _PLACE_HEIGHT_M,
        ]
    )
    state = State(
        ChangeKind.PLACED, Status.PRESENT, record.stamp_ns, belief.state.last_seen_ns,
        record.stamp_ns, place=place, evidence=[f"robot:{record_id}"],
        ending_evidence=[f"robot:{record_id}"],
    )  # fmt: skip
    state.box = None if belief.box is None else belief.box.copy()
    belief.is_place_pending = True
    registry.begin(belief, state)
