"""Habits: what a resident does every day at about the same time, for memories that look for routines."""

from __future__ import annotations

from dataclasses import dataclass

from .noise import stream
from .sensors import clock_s_of

HABIT_SPREAD_S = 600.0
HABIT_PATIENCE_S = 5400.0
"""A habit whose object somebody else holds is put off this long, then left out on that day."""


@dataclass(frozen=True)
class Habit:
    """A resident brings an object to the same surface every day, wherever it was."""

    object_id: str
    to_id: str
    """The surface, such as 'table_2/top'."""
    clock_s: float
    """Seconds since midnight; on each day it begins up to `HABIT_SPREAD_S` earlier or later."""
    text: str
    """'Every day at about 08:00 Anna brings the blue mug to the table in the kitchen.'"""

    def is_due(self, stamp_ns: int, *, seed: int, key: str, day: int) -> bool:
        """Whether its time has come on a day; `key` tells this habit from the others of a house."""
        late_s = clock_s_of(stamp_ns) - self.clock_s
        if abs(late_s) >= HABIT_SPREAD_S:
            return late_s > 0
        return bool(late_s >= stream(seed, key, day).uniform(-HABIT_SPREAD_S, HABIT_SPREAD_S))

    def is_too_late(self, stamp_ns: int) -> bool:
        """Whether it is left out on this day if it still cannot be done."""
        return clock_s_of(stamp_ns) - self.clock_s > HABIT_PATIENCE_S
