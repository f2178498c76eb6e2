"""How long things stay where they are: is it still there, after so long?

Changes of place arrive as a Poisson process whose rate is learned from the memory's own state chains,
label by label, with a gamma prior by kind of thing (the conjugate prior: rate = (changes + a) /
(time watched + b)). Time watched runs from the first to the last sighting of each entity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import ChangeKind, EntityKind
from .entity_index import CHANGES, GONE, HELD, KINDS, PERSON, EntityIndex, Rows

_HOUR_S, _DAY_S = 3600.0, 86400.0
PRIOR_STAY_S = {
    EntityKind.OBJECT: 1.5 * _DAY_S,
    EntityKind.FURNITURE: 90 * _DAY_S,
    EntityKind.PERSON: 180.0,
}
"""Mean time for which something of a kind stays in place, before any is watched."""
_PRIOR_CHANGES = 1.0
_PRIOR_STAY_S = np.array([PRIOR_STAY_S[kind] for kind in KINDS])
_IS_MOVING = np.isin(
    np.arange(len(CHANGES)),
    [CHANGES.index(c) for c in (ChangeKind.MOVED, ChangeKind.PICKED, ChangeKind.GONE)],
)
REACH_M = 1.5
REACH_HAZARD = 0.75
"""Chance that a thing stays in place while a person is within reach of it."""
HELD_STAY_S = 120.0
MAX_REACH = 4


class Mobility:
    """Rates of change by label, made anew when the index changes."""

    def __init__(self, index: EntityIndex) -> None:
        self._index = index
        self._version = -1
        self._exposure_s: NDArray[np.float64] = np.zeros(0)
        self._changes: NDArray[np.int64] = np.zeros(0, np.int64)
        self._people: NDArray[np.void] | None = None

    def refresh(self) -> None:
        index = self._index
        if self._version == index.version:
            return
        self._version = index.version
        entities, states = index.entities, index.states
        label_count = len(index.label_names)
        # whole seconds: their sums are exact, so that the order of entities cannot show
        watched_s = (entities["last_seen_ns"] - entities["first_seen_ns"]) // 1_000_000_000
        watched_s = np.maximum(watched_s, 0) * entities["is_live"]
        exposure_s = np.bincount(entities["label"], watched_s, minlength=label_count)
        self._exposure_s = np.asarray(exposure_s, np.float64)
        is_state = states["since_ns"] < states["until_ns"]
        movers = states["entity"][_IS_MOVING[states["change"]] & is_state]
        self._changes = np.bincount(entities["label"][movers], minlength=label_count)
        is_person = (entities["kind"] == PERSON)[states["entity"]] & is_state
        self._people = states[is_person]

    def still_there(self, rows: Rows, state_rows: Rows, now_ns: int) -> NDArray[np.float64]:
        """Probability that each entity still is as in its state, from time alone."""
        states = self._index.states[state_rows]
        elapsed_s = np.maximum(now_ns - states["last_seen_ns"], 0) / 1e9
        entities = self._index.entities
        labels, prior_s = entities["label"][rows], _PRIOR_STAY_S[entities["kind"][rows]]
        exposure_s = self._exposure_s[labels] + _PRIOR_CHANGES * prior_s
        rate_hz = (self._changes[labels] + _PRIOR_CHANGES) / exposure_s
        rate_hz = np.where(states["status"] == HELD, 1 / HELD_STAY_S, rate_hz)
        stays = np.exp(-rate_hz * elapsed_s)
        # Asked about a time that later evidence brackets: the change came at any instant in between.
        is_bracketed = states["until_ns"] < np.iinfo(np.int64).max
        since, until = states["changing_ns"], states["until_ns"]
        span = np.maximum(until - since, 1)
        kept = np.clip((until - now_ns) / span, 0.0, 1.0)
        stays = np.where(is_bracketed, np.where(now_ns <= since, 1.0, kept), stays)
        return np.where(states["status"] == GONE, 0.0, stays)

    def people_in_reach(self, state_row: int, now_ns: int) -> int:
        """How many times a person stood within reach of a thing since it was last seen; at most 4."""
        people = self._people
        state = self._index.states[state_row]
        if people is None or not len(people) or state["status"] != 0:
            return 0
        is_since = (people["last_seen_ns"] > state["last_seen_ns"]) & (people["since_ns"] <= now_ns)
        if not is_since.any():
            return 0
        gap = people["position"][is_since][:, :2] - state["position"][:2]
        return min(int((np.hypot(gap[:, 0], gap[:, 1]) <= REACH_M).sum()), MAX_REACH)
