"""Explicit stops: each must reach something new, and one wrong stop fails the instruction for good."""

from __future__ import annotations

from dataclasses import dataclass

from .goals import Goal
from .predicates import Check, Judge
from .record import Pose

NEW_SUBGOAL = "new_subgoal"
WRONG = "wrong"
"""Nothing that was still to be reached."""
WRONG_ORDER = "wrong_order"
"""Something that was to be reached later."""
AFTER_END = "after_end"
"""The instruction had already succeeded or failed."""


@dataclass(frozen=True)
class StopResult:
    """What a stop was worth."""

    status: str
    satisfied_count: int
    """Sub-goals reached so far."""
    is_success: bool
    is_failed: bool


class GoalTracker:
    """Follows one goal from stop to stop; a pose is live, or that of a frame that was chosen.

    A stop counts for one sub-goal. Without an order, it may be any of those that it satisfies, and which
    one is decided as late as possible: the stops so far only have to fit different sub-goals.
    """

    def __init__(self, goal: Goal, judge: Judge) -> None:
        self.goal = goal
        self.judge = judge
        self.stops: list[frozenset[int]] = []
        """For each good stop the rows that it satisfies."""
        self.failed_checks: tuple[Check, ...] = ()
        """How the targets that were left stood at the stop that failed."""
        self.is_failed = False

    @property
    def is_success(self) -> bool:
        return len(self.stops) == len(self.goal.rows)

    def stop(self, pose: Pose, *, judge: Judge | None = None) -> StopResult:
        """The robot says that it is there; `judge` knows the world of now, if that has changed."""
        judge = self.judge if judge is None else judge
        if self.is_failed or self.is_success:
            return self._result(AFTER_END)
        rows = frozenset(
            number
            for number, row in enumerate(self.goal.rows)
            if any(judge.is_true(self.goal.predicate, name, pose) for name in row)
        )
        if self.goal.quantifier == "all_ordered":
            is_good = len(self.stops) in rows
            status = WRONG_ORDER if any(row > len(self.stops) for row in rows) else WRONG
        else:
            is_good, status = _fit_different_rows([*self.stops, rows]), WRONG
        if is_good:
            self.stops.append(rows)
            return self._result(NEW_SUBGOAL)
        self.is_failed = True
        self.failed_checks = self._checks_of_the_rest(pose, judge)
        return self._result(status)

    def _result(self, status: str) -> StopResult:
        return StopResult(status, len(self.stops), self.is_success, self.is_failed)

    def _checks_of_the_rest(self, pose: Pose, judge: Judge) -> tuple[Check, ...]:
        reached = frozenset(range(len(self.stops)))
        if self.goal.quantifier != "all_ordered":
            reached = _matched_rows(self.stops)
        rest = [row for number, row in enumerate(self.goal.rows) if number not in reached]
        names = dict.fromkeys(name for row in rest for name in row)
        return tuple(judge.check(self.goal.predicate, name, pose) for name in names)


def _fit_different_rows(stops: list[frozenset[int]]) -> bool:
    return len(_matched_rows(stops)) == len(stops)


def _matched_rows(stops: list[frozenset[int]]) -> frozenset[int]:
    """Rows in a largest assignment of one row to each stop (Kuhn's augmenting paths)."""
    stop_of: dict[int, int] = {}

    def find_row(stop: int, tried: set[int]) -> bool:
        for row in sorted(stops[stop] - tried):
            tried.add(row)
            if row not in stop_of or find_row(stop_of[row], tried):
                stop_of[row] = stop
                return True
        return False

    for stop in range(len(stops)):
        find_row(stop, set())
    return frozenset(stop_of)
