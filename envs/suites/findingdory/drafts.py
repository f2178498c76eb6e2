"""Drafts of goals: slots filled for an episode, and the entities that satisfy them.

The maker of a template yields one draft for each way to fill its slots, in random order; `instructions`
decides which is asked. No draft: the episode holds nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .final_world import FinalWorld
from .history import History
from .wording import Slot

T = TypeVar("T")


@dataclass(frozen=True)
class Draft:
    """Filled slots, and the sub-goals: any entity of a row satisfies it."""

    rows: tuple[tuple[str, ...], ...]
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class Asking:
    """What a maker may look at."""

    history: History
    seen_ids: frozenset[str]
    """Receptacles that were in view."""
    rng: np.random.Generator

    @property
    def world(self) -> FinalWorld:
        return self.history.world

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """Each item once, in random order."""
        listed = list(dict.fromkeys(items))
        return [listed[int(i)] for i in self.rng.permutation(len(listed))]


Maker = Callable[[Asking], Iterator[Draft]]


def any_of(entity_ids: Iterable[str], *slots: Slot) -> Iterator[Draft]:
    """One draft whose single row is all these; none if there are none."""
    row = tuple(sorted({name for name in entity_ids if name}))
    if row:
        yield Draft((row,), slots)


def each_of(entity_ids: Iterable[str], *slots: Slot) -> Iterator[Draft]:
    """One draft with a row for each of these; none if there are none."""
    rows = tuple((name,) for name in dict.fromkeys(entity_ids) if name)
    if rows:
        yield Draft(rows, slots)


def by_category(asking: Asking, entity_ids: Sequence[str], slot: str) -> Iterator[Draft]:
    """A draft for each category: any of these entities that belong to it."""
    category_of = asking.history.category_of
    for category in asking.shuffled(map(category_of, filter(None, entity_ids))):
        of_it = [name for name in entity_ids if name and category_of(name) == category]
        yield from any_of(of_it, Slot(slot, category))
