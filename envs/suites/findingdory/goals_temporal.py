"""Templates 31 to 51: in which order, at what time, for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from .drafts import Asking, Draft, Maker, any_of
from .history import History, distinct_count
from .wording import Slot

Names = Callable[[History], Sequence[str]]
"""One entity for each interaction."""


def _carried(history: History) -> Sequence[str]:
    return history.carried_ids


def _picked_from(history: History) -> Sequence[str]:
    return history.picked_from_ids


def _placed_on(history: History) -> Sequence[str]:
    return history.placed_on_ids


def _ord(counted: Names, wanted: Names) -> Maker:
    """What belongs to the interaction of the n-th thing that is counted."""

    def make(asking: Asking) -> Iterator[Draft]:
        things, goals = counted(asking.history), wanted(asking.history)
        for number in asking.shuffled(range(distinct_count(things))):
            of_it = [
                goal for thing, goal in zip(things, goals, strict=True) if thing == things[number]
            ]
            yield from any_of(of_it, Slot("ord", ordinals=(number + 1,)))

    return make


def _beside(shift: int, wanted: Names) -> Maker:
    """What belongs to the interaction `shift` places after that of a named object."""

    def make(asking: Asking) -> Iterator[Draft]:
        history = asking.history
        for number in asking.shuffled(range(len(history.interactions))):
            name, other = history.carried_ids[number], number + shift
            if history.is_moved_once(name) and 0 <= other < len(history.interactions):
                slot = history.object_slot("obj", name)
                yield from any_of([wanted(history)[other]], slot)

    return make


def _between(wanted: Names) -> Maker:
    """What belongs to the one interaction between those of two named objects."""

    def make(asking: Asking) -> Iterator[Draft]:
        history = asking.history
        for number in asking.shuffled(range(1, len(history.interactions) - 1)):
            before, after = history.carried_ids[number - 1], history.carried_ids[number + 1]
            if history.is_moved_once(before) and history.is_moved_once(after):
                slots = (history.object_slot("obj_a", before), history.object_slot("obj_b", after))
                yield from any_of([wanted(history)[number]], *slots)

    return make


def _at_time(*wanted: Names) -> Maker:
    """What belongs to the interaction that was going on at a minute."""

    def make(asking: Asking) -> Iterator[Draft]:
        history = asking.history
        for number in asking.shuffled(range(len(history.interactions))):
            minutes = history.minutes_in(number)
            if not minutes:
                continue
            hour, minute = divmod(minutes[int(asking.rng.integers(len(minutes)))], 60)
            slot = Slot("time", f"{hour:02d}:{minute:02d}", day=history.day_of(number))
            yield from any_of((names(history)[number] for names in wanted), slot)

    return make


def _by_duration(choose: Callable[[list[int]], int]) -> Maker:
    """The object of the longest or shortest interaction; of all those that took as long."""

    def make(asking: Asking) -> Iterator[Draft]:
        history = asking.history
        numbers = range(len(history.interactions))
        if not numbers:
            return
        wanted_ns = choose([history.duration_ns(number) for number in numbers])
        found = [history.carried_ids[n] for n in numbers if history.duration_ns(n) == wanted_ns]
        yield from any_of(found)

    return make


def _room_longest(asking: Asking) -> Iterator[Draft]:
    counts = asking.history.frame_count_by_room
    most = max(counts.values(), default=0)
    return any_of(name for name, count in counts.items() if count == most)


TEMPORAL_GOALS: Mapping[str, Maker] = {
    "task_31": _ord(_carried, _carried),
    "task_32": _ord(_picked_from, _picked_from),
    "task_33": _ord(_placed_on, _placed_on),
    "task_34": _ord(_carried, _picked_from),
    "task_35": _ord(_picked_from, _carried),
    "task_36": _beside(1, _carried),
    "task_37": _beside(-1, _carried),
    "task_38": _beside(2, _carried),
    "task_39": _beside(-2, _carried),
    "task_40": _between(_carried),
    "task_41": _beside(-1, _placed_on),
    "task_42": _beside(1, _picked_from),
    "task_43": _beside(-2, _placed_on),
    "task_44": _beside(2, _picked_from),
    "task_45": _between(_placed_on),
    "task_46": _between(_picked_from),
    "task_47": _at_time(_picked_from, _placed_on),
    "task_48": _at_time(_carried),
    "task_49": _by_duration(max),
    "task_50": _room_longest,
    "task_51": _by_duration(min),
}
