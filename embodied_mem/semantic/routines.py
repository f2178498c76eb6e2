"""Routines: what is done with the same thing at the same place and about the same time on many days."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..config import config_digest
from ..entities.entity import ROBOT
from ..episodic.event import Event, EventLevel
from ..journal.records import FrameRecord, RobotRecord, content_digest
from ..journal.steps import Step
from .day_clock import DAY_S, DayClock
from .state_json import pack, unpack

BRING = "bring"
_BRINGING = frozenset(
    ("place", "placed", "put", "bring", "move", "moved", "returned", "appeared", "rearrange")
)
_IGNORED = frozenset(("", "pick", "picked", "take", "vanished", "gone", "navigate", "visit", "say"))
_Z = 1.645
"""One-sided 95 %."""
_BIN_S = 900.0
_BIN_COUNT = int(DAY_S / _BIN_S)
_STATE_NAMES = ("clock", "awake")


class EventSource(Protocol):
    """What happened, as memory noticed it: `EventView`, or a list in tests."""

    def events(self) -> Sequence[Event]: ...


@dataclass(frozen=True)
class RoutineConfig:
    """What counts as a routine."""

    window_s: float = 5400.0
    """Occurrences of one routine lie within a time of day this long."""
    min_day_count: int = 3
    min_confidence: float = 0.25
    max_event_s: float = 7200.0
    """A change that was noticed later than this after it could have happened tells no time."""


@dataclass(frozen=True)
class Routine:
    """Something that happens on most days at about the same time."""

    what: str
    """'bring', or the action of its events: 'open', 'turn_on', 'enter_room' ..."""
    actor: str
    """Who mostly does it, '' if nobody knows."""
    entity_id: str
    """'' if it is about a kind of thing."""
    label: str
    from_id: str
    """Entity id of the furniture, or the room, that it mostly comes from; '' if that varies."""
    to_id: str
    """Entity id of the furniture, or the room, where it ends; '' if there is none."""
    mean_clock_s: float
    spread_s: float
    """Standard deviation of the time of day."""
    day_count: int
    """Days on which it was noticed."""
    opportunity_count: int
    """Days on which memory was awake at that time."""
    confidence: float
    """Lower bound of the share of days (Wilson 1927, one-sided 95 %)."""
    evidence: tuple[str, ...]
    """Event ids, oldest first."""


@dataclass(frozen=True)
class _Occurrence:
    day: int
    clock_s: float
    event: Event


class RoutineView:
    """Mines the routines of an event view when asked; holds the clock and when memory was awake.

    It applies a step after the events have.
    """

    name = "routines"
    version = 1

    def __init__(self, events: EventSource, config: RoutineConfig | None = None) -> None:
        self._events = events
        self._config = config or RoutineConfig()
        self.config_digest = config_digest(self._config)
        self.clock = DayClock()
        self._awake: dict[int, int] = {}
        self._mined: tuple[Routine, ...] | None = None

    def apply(self, step: Step) -> None:
        self._mined = None
        is_awake = False
        for _, record in step.records:
            if isinstance(record, RobotRecord):
                self.clock.note(record.stamp_ns, record.clock_s)
            is_awake = is_awake or isinstance(record, RobotRecord | FrameRecord)
        if is_awake:
            day, clock_s = self.clock.locate(step.stamp_ns)
            self._awake[day] = self._awake.get(day, 0) | 1 << int(clock_s / _BIN_S)

    def routines(self) -> tuple[Routine, ...]:
        """Surest first."""
        if self._mined is None:
            self._mined = mine_routines(
                self._events.events(), self.clock, self._awake, self._config
            )
        return self._mined

    def expected_at(self, clock_s: float, *, tolerance_s: float = 900.0) -> tuple[Routine, ...]:
        """Routines whose time is `clock_s` within twice their spread or the tolerance; surest first."""
        return tuple(
            routine
            for routine in self.routines()
            if abs(_circular_s(clock_s - routine.mean_clock_s))
            <= max(tolerance_s, 2 * routine.spread_s)
        )

    def digest(self) -> str:
        return content_digest(self.to_bytes()).hex()

    def to_bytes(self) -> bytes:
        awake = [[day, f"{bins:x}"] for day, bins in sorted(self._awake.items())]
        return pack({"clock": self.clock.to_rows(), "awake": awake})

    def load_bytes(self, data: bytes) -> None:
        state = unpack(data, _STATE_NAMES)
        self.clock = DayClock.from_rows(state["clock"])
        self._awake = {int(day): int(bins, 16) for day, bins in state["awake"]}
        self._mined = None


def mine_routines(
    events: Iterable[Event], clock: DayClock, awake: dict[int, int], config: RoutineConfig
) -> tuple[Routine, ...]:
    """Routines of single things, and of kinds of things where no single one explains them.

    `awake` holds a bit for each quarter of an hour of a day in which memory was awake.
    """
    things: dict[tuple[str, ...], list[_Occurrence]] = defaultdict(list)
    kinds: dict[tuple[str, ...], list[_Occurrence]] = defaultdict(list)
    for event in events:
        if not _counts(event, config):
            continue
        occurrence = _Occurrence(*clock.locate((event.start_ns + event.end_ns) // 2), event)
        what, place = _what(event), event.to_id or event.to_room_id
        if event.entity_id:
            things[what, event.entity_id, place].append(occurrence)
        if event.label or not event.entity_id:
            kinds[what, event.label, place, _who(event)].append(occurrence)
    sure = [
        routine
        for key in sorted(things)
        for routine in _routines_of(things[key], key[0], key[1], key[2], awake, config)
    ]
    for key in sorted(kinds):
        for routine in _routines_of(kinds[key], key[0], "", key[2], awake, config):
            if not any(_explains(known, routine) for known in sure):
                sure.append(routine)
    sure.sort(key=lambda r: (-r.confidence, r.mean_clock_s, r.what, r.entity_id, r.label, r.to_id))
    return tuple(sure)


def wilson_lower(count: int, total: int) -> float:
    """Lower bound of a share (Wilson 1927), one-sided 95 %; 0 without trials."""
    if total <= 0:
        return 0.0
    share, z2 = count / total, _Z * _Z
    middle = share + z2 / (2 * total)
    margin = _Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return max(0.0, (middle - margin) / (1 + z2 / total))


def _counts(event: Event, config: RoutineConfig) -> bool:
    return (
        event.level is not EventLevel.GOAL
        and event.action not in _IGNORED
        and event.actor != ROBOT
        and event.end_ns - event.start_ns <= config.max_event_s * 1e9
    )


def _what(event: Event) -> str:
    return BRING if event.action in _BRINGING else event.action


def _who(event: Event) -> str:
    """Going somewhere is somebody's routine; with things it does not matter who it was."""
    return "" if event.label or event.entity_id else event.actor


def _routines_of(
    occurrences: list[_Occurrence],
    what: str,
    entity_id: str,
    to_id: str,
    awake: dict[int, int],
    config: RoutineConfig,
) -> list[Routine]:
    """The times of day at which the same thing happens again and again."""
    found: list[Routine] = []
    left = sorted(occurrences, key=lambda o: (o.clock_s, o.day, o.event.event_id))
    while len(left) >= config.min_day_count:
        window = _busiest_window(left, config.window_s)
        rest = [o for o in left if o not in window]
        routine = _routine(window, rest, what, entity_id, to_id, awake, config)
        if routine is None:
            break
        found.append(routine)
        left = rest
    return found


def _busiest_window(left: Sequence[_Occurrence], window_s: float) -> list[_Occurrence]:
    """Occurrences within the time of day that holds most different days; the shortest such time."""
    best: list[_Occurrence] = []
    best_rank = (0, 0.0)
    doubled = [*left, *left]
    days: Counter[int] = Counter()
    end = 0
    for start, first in enumerate(left):
        while end < start + len(left) and _after_s(first, doubled[end]) <= window_s:
            days[doubled[end].day] += 1
            end += 1
        rank = (len(days), -_after_s(first, doubled[end - 1]))
        if rank > best_rank or not best:
            best, best_rank = doubled[start:end], rank
        days[first.day] -= 1
        if not days[first.day]:
            del days[first.day]
    return best


def _after_s(first: _Occurrence, second: _Occurrence) -> float:
    return (second.clock_s - first.clock_s) % DAY_S


def _routine(
    window: list[_Occurrence],
    rest: list[_Occurrence],
    what: str,
    entity_id: str,
    to_id: str,
    awake: dict[int, int],
    config: RoutineConfig,
) -> Routine | None:
    """The routine of a window, if it is more than what chance brings at any time of day."""
    by_day = _one_a_day(window)
    if len(by_day) < config.min_day_count:
        return None
    start_s = window[0].clock_s
    after = np.array([(o.clock_s - start_s) % DAY_S for o in by_day])
    mean_s = float((start_s + after.mean()) % DAY_S)
    days = {o.day for o in by_day}
    opportunities = days | _awake_days(awake, mean_s, config.window_s)
    confidence = wilson_lower(len(days), len(opportunities))
    rate = len({(o.day, int(o.clock_s / _BIN_S)) for o in rest}) / max(1, len(awake) or len(days))
    chance = 1.0 - math.exp(-rate * config.window_s / (DAY_S - config.window_s))
    if confidence < max(config.min_confidence, chance):
        return None
    events = [o.event for o in sorted(by_day, key=lambda o: (o.day, o.clock_s))]
    return Routine(
        what=what,
        actor=_most_common([e.actor for e in events]),
        entity_id=entity_id,
        label=_most_common([e.label for e in events]),
        from_id=_most_common([e.from_id or e.from_room_id for e in events]),
        to_id=to_id,
        mean_clock_s=round(mean_s, 3),
        spread_s=round(float(after.std()), 3),
        day_count=len(days),
        opportunity_count=len(opportunities),
        confidence=round(confidence, 6),
        evidence=tuple(e.event_id for e in events),
    )


def _one_a_day(window: list[_Occurrence]) -> list[_Occurrence]:
    """Of each day the occurrence nearest to the middle of all."""
    start_s = window[0].clock_s
    after = [(o.clock_s - start_s) % DAY_S for o in window]
    middle = float(np.median(after))
    nearest: dict[int, tuple[float, int]] = {}
    for place, (occurrence, value) in enumerate(zip(window, after, strict=True)):
        candidate = (abs(value - middle), place)
        nearest[occurrence.day] = min(nearest.get(occurrence.day, candidate), candidate)
    return [window[place] for _, place in sorted(nearest.values(), key=lambda item: item[1])]


def _awake_days(awake: dict[int, int], mean_s: float, window_s: float) -> set[int]:
    """Days with memory awake for at least half of the window around a time of day."""
    first = int((mean_s - window_s / 2) // _BIN_S)
    last = int((mean_s + window_s / 2) // _BIN_S)
    bins = [number % _BIN_COUNT for number in range(first, last + 1)]
    return {day for day, mask in awake.items() if 2 * sum(mask >> b & 1 for b in bins) >= len(bins)}


def _most_common(names: list[str]) -> str:
    """The name that most of the known ones agree on, '' if they do not."""
    known = Counter(name for name in names if name)
    if not known:
        return ""
    name, count = min(known.items(), key=lambda item: (-item[1], item[0]))
    return name if 2 * count > sum(known.values()) else ""


def _explains(known: Routine, other: Routine) -> bool:
    """Whether a routine of one thing is most of a routine of its kind."""
    shared = set(known.evidence) & set(other.evidence)
    return len(shared) >= 0.5 * other.day_count


def _circular_s(difference_s: float) -> float:
    """Into [-12 h, 12 h)."""
    return (difference_s + DAY_S / 2) % DAY_S - DAY_S / 2
