"""What happened, line by line: the events of a memory at the instant at which memory noticed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import rerun as rr

from ..entities.entity import Entity
from ..episodic.event import Event, EventLevel
from ..episodic.event_text import text_of
from ..episodic.events import EventView
from . import palette
from .scene import log_event
from .things import name_of
from .timeline import ReplayClock

_LATE_NS = 60_000_000_000
_COLORS: Mapping[str, tuple[int, int, int]] = {
    "say": (140, 200, 255),
    "enter_room": (130, 134, 146),
    "vanished": palette.GONE,
    "moved": palette.MOVE,
    "pick": palette.HELD,
    "place": palette.PRESENT,
}
"""Of a line, by the action that it tells; others are plain."""


class StoryLog:
    """Logs each event once, as it was first told; wholes are left to their parts."""

    def __init__(self, recording: rr.RecordingStream, clock: ReplayClock) -> None:
        self._recording = recording
        self._clock = clock
        self._count = 0
        self._told: set[str] = set()

    @property
    def told_count(self) -> int:
        return len(self._told)

    def log(
        self, events: EventView, entities: Iterable[Entity], room_names: Mapping[str, str]
    ) -> None:
        """Events that memory has noticed since the last call."""
        if events.count == self._count:
            return
        self._count = events.count
        fresh = [e for e in events.events() if e.event_id not in self._told]
        names = {entity.entity_id: name_of(entity) for entity in entities} | dict(room_names)
        for event in fresh:
            self._told.add(event.event_id)
            if event.level is not EventLevel.SUBGOAL:
                self._log(event, names)

    def _log(self, event: Event, names: Mapping[str, str]) -> None:
        text = text_of(event, names)
        is_late = self._clock.stamp_ns - event.start_ns > _LATE_NS
        if is_late and event.level is EventLevel.ACTION and event.action != "enter_room":
            text += f" (noticed {self._clock.text(self._clock.stamp_ns)})"
        log_event(
            self._recording,
            self._clock,
            text,
            since_ns=event.start_ns,
            color=_COLORS.get(event.action, palette.WORDS),
        )
