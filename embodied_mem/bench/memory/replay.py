"""A recorded memory as the code of today sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...config import MemoryConfig
from ...journal.steps import read_steps
from ...journal.store import Journal
from ...views import MemoryViews


@dataclass
class MatchLog:
    """Which detection the memory took for which entity, in the order of the commits."""

    detections: list[int] = field(default_factory=list)
    """Record ids."""
    entities: list[int] = field(default_factory=list)
    """Entity numbers as they were then; resolve them before use."""

    def note(self, views: MemoryViews) -> None:
        """After each step."""
        for detection, entity in views.entities.matched_detections.items():
            self.detections.append(detection)
            self.entities.append(entity)


def replay_views(
    journal: Journal,
    config: MemoryConfig | None = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> tuple[MemoryViews, MatchLog]:
    """The views of a journal, every commit applied anew, and what they matched.

    Looks are as journalled: they ask after what the entities of the recording expected. So after a
    change that makes other entities, play the episode again for the last word.
    """
    matches = MatchLog()
    views = MemoryViews(config or MemoryConfig(), journal)
    for count, step in enumerate(read_steps(journal), start=1):
        views.apply(step)
        matches.note(views)
        if progress is not None:
            progress(count)
    return views, matches


def memory_path(folder: Path) -> Path:
    return folder / "memory.db"
