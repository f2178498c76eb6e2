"""All that queries read, brought up to date by revision before each query."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import InputError
from ..journal.records import INT64_MAX, INT64_MIN
from ..perception.text import TextEncoder
from .calibration import Calibration
from .entity_index import EntityIndex, Rows
from .event_index import EventIndex
from .label_vectors import LabelVectors
from .matching import Matcher
from .mobility import Mobility
from .places import RoomTable
from .sources import Sources

StampRange = tuple[int, int]
"""First and last stamp in nanoseconds, both included."""


class Moment(NamedTuple):
    """The time that a query is about, and the state of every entity at it."""

    now_ns: int
    state_rows: Rows
    """(N,) -1 where an entity was not known yet."""
    since_ns: int | None
    """Only what was seen from then on counts, if not None."""


class Indexes:
    """The indexes of one memory. `refresh` costs nothing while the memory does not change."""

    def __init__(self, sources: Sources, encoder: TextEncoder, calibration: Calibration) -> None:
        self.sources, self.calibration = sources, calibration
        self.labels = LabelVectors(encoder)
        self.rooms = RoomTable(sources.rooms, self.labels)
        self.entities = EntityIndex(sources.entities, sources.rooms)
        self._events = EventIndex(sources.events)
        self.mobility = Mobility(self.entities)
        self.matcher = Matcher(self.entities, self.rooms, self.labels, sources.facts)

    def refresh(self) -> None:
        """Follow the sources; call first in every query."""
        self.rooms.refresh()
        self.entities.refresh()
        self.labels.follow(self.entities.label_names)
        self.mobility.refresh()

    @property
    def events(self) -> EventIndex:
        """Brought up to date when it is asked for: most questions about things need no events."""
        self._events.refresh()
        return self._events

    def now_ns(self) -> int:
        """The last stamp that the memory knows about."""
        if self.sources.clock is not None:
            return self.sources.clock()
        return max(self.entities.now_ns(), self.events.now_ns())

    def moment(self, within: StampRange | None = None, as_of_ns: int | None = None) -> Moment:
        """The time asked for: `as_of_ns`, or the end of `within`, or now.

        Raises:
            InputError: stamps out of range, or an interval that ends before it starts.
        """
        check_times(within, as_of_ns)
        ends = [t for t in (as_of_ns, None if within is None else within[1]) if t is not None]
        now_ns = self.now_ns()
        if not ends or min(ends) >= now_ns:
            rows = self.entities.state_rows_at(None)
        else:
            now_ns = min(ends)
            rows = self.entities.state_rows_at(now_ns)
        return Moment(now_ns, rows, None if within is None else within[0])


def check_times(within: StampRange | None, as_of_ns: int | None = None) -> None:
    """Raises InputError for stamps that no record can have, or a reversed interval."""
    for stamp_ns in (*(within or ()), as_of_ns):
        if stamp_ns is not None and not INT64_MIN <= stamp_ns <= INT64_MAX:
            raise InputError(f"a stamp must fit 64 bits of nanoseconds, got {stamp_ns}")
    if within is not None and within[0] > within[1]:
        raise InputError(f"within needs start <= end, got {within[0]} > {within[1]} nanoseconds")


def check_count(k: int) -> None:
    """Raises InputError for less than one."""
    if k < 1:
        raise InputError(f"k must be 1 or more, got {k}")
