"""Days and times of day from stamps, by what the robot's clock showed."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

DAY_S = 86400.0
_TOLERANCE_S = 30.0
"""A new anchor is kept when the clock is this far from what the last one predicts."""


@dataclass
class DayClock:
    """Anchors of stamps to seconds since the midnight of day 0; between them time runs evenly."""

    stamps_ns: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def note(self, stamp_ns: int, clock_s: float | None) -> None:
        """The robot's clock showed `clock_s` at a stamp; stamps come in their order."""
        if clock_s is None or (self.stamps_ns and stamp_ns <= self.stamps_ns[-1]):
            return
        expected_s = self._seconds_at(stamp_ns)
        error_s = (clock_s - expected_s + DAY_S / 2) % DAY_S - DAY_S / 2
        if not self.stamps_ns or abs(error_s) > _TOLERANCE_S:
            self.stamps_ns.append(stamp_ns)
            self.seconds.append(round(expected_s + error_s, 6))

    def locate(self, stamp_ns: int) -> tuple[int, float]:
        """Day number and seconds since midnight; stamps count from day 0 without a clock."""
        day, clock_s = divmod(self._seconds_at(stamp_ns), DAY_S)
        return int(day), clock_s

    def to_rows(self) -> list[list[float]]:
        return [[stamp, second] for stamp, second in zip(self.stamps_ns, self.seconds, strict=True)]

    @classmethod
    def from_rows(cls, rows: list[list[float]]) -> DayClock:
        return cls([int(stamp) for stamp, _ in rows], [float(second) for _, second in rows])

    def _seconds_at(self, stamp_ns: int) -> float:
        place = max(0, bisect.bisect_right(self.stamps_ns, stamp_ns) - 1)
        if not self.stamps_ns:
            return stamp_ns / 1e9
        return self.seconds[place] + (stamp_ns - self.stamps_ns[place]) / 1e9
