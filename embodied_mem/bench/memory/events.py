"""The robot's pick and place events, found or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from ...envs.house.truth_log import TruthEvent
from ...episodic.event import Event
from .matching import Matching
from .truth import ROBOT, EpisodeTruth

TIME_TOLERANCE_NS = 3_000_000_000
ACTIONS = ("pick", "place")


@dataclass(frozen=True)
class EventCounts:
    """The robot's picks and places in truth against those that memory noticed.

    One is found if memory has an event of the same action whose entity is matched to the thing, whose
    furniture (where it came from, or went to) is matched to the true one or none where it was the floor,
    and whose end is within 3 s of the true one (steps are 14 s apart: the right step). One to one.
    """

    found: int
    true: int
    noticed: int
    right_object: int = 0
    """Truth events with one of the same action and object within 3 s, wherever it came from."""
    right_time: int = 0
    """... of the same action alone."""
    notes: tuple[str, ...] = ()


def score_events(truth: EpisodeTruth, matching: Matching, events: Iterable[Event]) -> EventCounts:
    """See `EventCounts`."""
    true = [e for e in truth.events if e.actor_id == ROBOT and e.action in ACTIONS]
    noticed = [e for e in events if e.actor == ROBOT and e.action in ACTIONS]
    things = {name: truth.things[n].name for name, n in matching.thing_by_id().items()}
    grades = np.array(
        [[_grade(event, of, things) for event in noticed] for of in true], np.int64
    ).reshape(len(true), len(noticed))
    rows, columns = linear_sum_assignment(-grades) if grades.size else ((), ())
    best = np.zeros(len(true), np.int64)
    for row, column in zip(rows, columns, strict=True):
        best[row] = grades[row, column]
    notes = [_note(of, grade) for of, grade in zip(true, best.tolist(), strict=True) if grade < 3]
    return EventCounts(
        found=int((best == 3).sum()),
        true=len(true),
        noticed=len(noticed),
        right_object=int((best >= 2).sum()),
        right_time=int((best >= 1).sum()),
        notes=tuple(notes),
    )


def _grade(event: Event, of: TruthEvent, things: dict[str, str]) -> int:
    """0: another action or time, 1: right time, 2: and object, 3: and furniture."""
    if event.action != of.action or abs(event.end_ns - of.end_stamp_ns) > TIME_TOLERANCE_NS:
        return 0
    if things.get(event.entity_id) != of.target_id:
        return 1
    place, true_place = (
        (event.from_id, of.from_id) if of.action == "pick" else (event.to_id, of.to_id)
    )
    piece = "" if true_place.startswith("floor:") else true_place.split("/")[0]
    return 3 if things.get(place, place) == piece else 2


def _note(of: TruthEvent, grade: int) -> str:
    what = ("not noticed", "another object", "another place")[grade]
    return f"step {of.end_step} {of.action} {of.target_id} {of.from_id} -> {of.to_id}: {what}"
