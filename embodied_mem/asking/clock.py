"""Times of answers: the robot's time of day, or seconds after the first stamp of a recording."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError
from ..memory import EmbodiedMemory
from ..semantic.day_clock import DAY_S, DayClock
from .question import Clock, Moment, Span


@dataclass(frozen=True)
class MemoryClock:
    """What time it was at a stamp, and the other way round."""

    day_clock: DayClock
    first_ns: int
    last_ns: int
    """Now, as far as the memory goes."""

    @classmethod
    def of(cls, memory: EmbodiedMemory) -> MemoryClock:
        first_ns, last_ns = memory.journal.stamp_range() or (0, 0)
        return cls(memory.views.routines.clock, first_ns, last_ns)

    @property
    def has_time_of_day(self) -> bool:
        return bool(self.day_clock.stamps_ns)

    def text(self, stamp_ns: int) -> str:
        """'at 10:32', 'yesterday at 10:32', or '12.5 s after the start'."""
        if not self.has_time_of_day:
            return f"{(stamp_ns - self.first_ns) / 1e9:.1f} s after the start"
        day, seconds = self.day_clock.locate(stamp_ns)
        minutes = int(seconds) // 60
        text = f"at {minutes // 60}:{minutes % 60:02d}"
        today = self.day_clock.locate(self.last_ns)[0]
        if day == today:
            return text
        return f"yesterday {text}" if day == today - 1 else f"{today - day} days ago {text}"

    def stamp_of(self, moment: Moment) -> int:
        """Nanoseconds; a time of day without a day is the last one that the memory reaches.

        Raises:
            InputError: a time of day, where the memory has no clock.
        """
        if moment.clock is Clock.START:
            return self.first_ns + round(moment.seconds * 1e9)
        if moment.clock is Clock.AGO:
            return self.last_ns - round(moment.seconds * 1e9)
        if not self.has_time_of_day:
            raise InputError(
                "this memory has no time of day; say seconds after its start, such as 'at 12.5 s', or "
                "'10 seconds ago'"
            )
        today = self.day_clock.locate(self.last_ns)[0]
        stamp_ns = self._stamp_at(today + (moment.day or 0), moment.seconds)
        if moment.day is None and stamp_ns > self.last_ns:
            before_ns = self._stamp_at(today - 1, moment.seconds)
            stamp_ns = before_ns if before_ns >= self.first_ns else stamp_ns
        return stamp_ns

    def range_of(self, span: Span) -> tuple[int, int]:
        """First and last stamp; open ends reach as far as the memory."""
        start_ns = self.first_ns if span.start is None else self.stamp_of(span.start)
        end_ns = self.last_ns if span.end is None else self.stamp_of(span.end)
        if span.start is not None and span.end is None:
            end_ns = max(end_ns, start_ns)
        if span.start is None and span.end is not None:
            start_ns = min(start_ns, end_ns)
        if start_ns > end_ns:
            raise InputError("the time asked about ends before it starts")
        return start_ns, end_ns

    def _stamp_at(self, day: int, seconds: float) -> int:
        """By the last anchor of the clock that lies before that time."""
        wanted_s = day * DAY_S + seconds
        anchors = list(zip(self.day_clock.stamps_ns, self.day_clock.seconds, strict=True))
        known = [anchor for anchor in anchors if anchor[1] <= wanted_s] or anchors[:1]
        stamp_ns, anchor_s = known[-1]
        return stamp_ns + round((wanted_s - anchor_s) * 1e9)
