"""How much a few frames of a memory cover: greedy beside 3D-Mem's divisive clustering and even steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...entities.entity import Status, entity_number
from ...episodic.cover import greedy_cover
from ...episodic.divisive import divisive_cover
from ...episodic.snapshots import Visibility
from ...policies.snapshot import SNAPSHOT_POLICIES, make_snapshot_policy
from ...views import MemoryViews
from ..report import median_cpu_ms

BUDGET_SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the frames that divisive needs to own everything."""
POLICIES = tuple(SNAPSHOT_POLICIES)


@dataclass(frozen=True)
class SnapshotScores:
    """Of one memory: confirmed, present entities in the keyframes that show them."""

    frame_count: int
    entity_count: int
    greedy_frames: int
    """Needed to own everything."""
    divisive_frames: int
    coverage: tuple[tuple[float, ...], ...]
    """By budget share, then by policy in the order of `POLICIES`."""
    cover_ms: float
    """CPU of one greedy cover."""


def score_snapshots(views: MemoryViews) -> SnapshotScores | None:
    """None for a memory whose keyframes show nothing."""
    entities = {
        e.entity_id: e for e in views.entities.entities()
        if e.status is Status.PRESENT and e.position_in_world is not None
    }  # fmt: skip
    visibility = Visibility()
    for frame in sorted(views.keyframes.frame_ids.tolist()):
        shown = [(n, s) for n, s in views.snapshots.entities_in(frame) if n in entities]
        if shown:
            numbers = [entity_number(name) for name, _ in shown]
            order = np.argsort(numbers)
            visibility.add(frame, np.array(numbers)[order], np.array([s for _, s in shown])[order])
    if not visibility.frame_count:
        return None
    positions = np.zeros((max(map(entity_number, entities)) + 1, 3))
    for name, entity in entities.items():
        positions[entity_number(name)] = entity.position_in_world
    divisive = divisive_cover(visibility, positions)
    coverage = tuple(
        tuple(
            make_snapshot_policy(name)
            .cover(visibility, positions, max(1, round(share * len(divisive.snapshots))))
            .covered_share
            for name in POLICIES
        )
        for share in BUDGET_SHARES
    )
    return SnapshotScores(
        visibility.frame_count,
        len(visibility.entity_numbers),
        len(greedy_cover(visibility).snapshots),
        len(divisive.snapshots),
        coverage,
        median_cpu_ms(lambda: greedy_cover(visibility), repeats=9),
    )
