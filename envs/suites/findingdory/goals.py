"""Goals, and what each of the 60 templates can ask for in an episode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .drafts import Asking, Draft, Maker
from .goals_multi import MULTI_GOALS
from .goals_spatial import SPATIAL_GOALS
from .goals_temporal import TEMPORAL_GOALS
from .wording import Slot

GOAL_MAKERS: Mapping[str, Maker] = {**SPATIAL_GOALS, **TEMPORAL_GOALS, **MULTI_GOALS}
"""By template id."""


@dataclass(frozen=True)
class Goal:
    """What has to be reached. 'any' has one row, the others one for each stop, in order if ordered."""

    quantifier: str
    """'any', 'all_unordered' or 'all_ordered'."""
    predicate: str
    """'at_object', 'at_receptacle' or 'in_room'."""
    rows: tuple[tuple[str, ...], ...]
    slots: tuple[Slot, ...] = ()

    @property
    def entity_ids(self) -> tuple[str, ...]:
        """All entities of all rows, each once."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row))


def draft_goals(task_id: str, asking: Asking) -> Iterator[Draft]:
    """The drafts of one template, in random order."""
    return GOAL_MAKERS[task_id](asking)
