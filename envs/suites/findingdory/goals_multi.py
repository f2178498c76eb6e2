"""Templates 52 to 60: all that were interacted with, in any order or in a stated one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .drafts import Asking, Draft, Maker, each_of
from .history import distinct_count
from .wording import Slot

_MOST_IN_ORDER = 4
"""Stops of an ordered revisit; 2 at least."""
_ORDERS_TRIED = 8


def _all_of_category(asking: Asking, entity_ids: Sequence[str]) -> Iterator[Draft]:
    """Categories with several members come first: one stop is hardly a round."""
    category_of = asking.history.category_of
    members: dict[str, list[str]] = {}
    for name in dict.fromkeys(filter(None, entity_ids)):
        members.setdefault(category_of(name), []).append(name)
    for category in sorted(asking.shuffled(members), key=lambda c: len(members[c]) < 2):
        yield from each_of(members[category], Slot("recep", category))


def _in_order(asking: Asking, entity_ids: Sequence[str]) -> Iterator[Draft]:
    """Some of those that can be numbered, in a random order."""
    count = distinct_count(entity_ids)
    if count < 2:
        return
    for _ in range(_ORDERS_TRIED):
        stops = int(asking.rng.integers(2, min(count, _MOST_IN_ORDER) + 1))
        chosen = [int(i) for i in asking.rng.permutation(count)[:stops]]
        slot = Slot("ords", ordinals=tuple(i + 1 for i in chosen))
        yield from each_of([entity_ids[i] for i in chosen], slot)


MULTI_GOALS: Mapping[str, Maker] = {
    "task_52": lambda a: each_of(a.history.picked_from_ids),
    "task_53": lambda a: each_of(a.history.placed_on_ids),
    "task_54": lambda a: _all_of_category(a, a.history.placed_on_ids),
    "task_55": lambda a: _all_of_category(a, a.history.picked_from_ids),
    "task_56": lambda a: each_of(a.history.moved_ids),
    "task_57": lambda a: each_of(a.history.used_ids),
    "task_58": lambda a: _in_order(a, a.history.picked_from_ids),
    "task_59": lambda a: _in_order(a, a.history.placed_on_ids),
    "task_60": lambda a: _in_order(a, a.history.carried_ids),
}
