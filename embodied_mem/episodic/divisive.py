"""3D-Mem's divisive clustering (arXiv 2411.17735) and uniform sampling, to compare with.

Ours to run beside `greedy_cover`, written from the description: entities are split by where they stand
until one frame shows a whole cluster. What differs: 2-means starts from four fixed halvings and not from
ten random ones, so that equal input gives equal snapshots.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .cover import alive_mask, cover_by_owner, cover_of
from .snapshots import SnapshotCover, Visibility, VisibilityRows

_MAX_ITERATIONS = 50


def divisive_cover(
    visibility: Visibility,
    positions_in_world: NDArray[np.floating],
    *,
    frame_budget: int | None = None,
    is_alive: NDArray[np.bool_] | None = None,
) -> SnapshotCover:
    """Clusters of neighbouring entities, each owned by a frame that shows all of it.

    The leaf with most entities comes first. If frames saw all of it, a frame already chosen wins, else
    the one that sees most entities, then the largest sum of scores over the leaf, then the earlier. If
    none did, the leaf is split in two on the floor plane.

    Args:
        positions_in_world: (E, 2) or (E, 3) of each entity number; finite where a frame shows it.
        frame_budget: the original has none. With one, the frames with the largest clusters stay, and
            each entity that they show goes to the one that shows it best.
    """
    if frame_budget is not None and frame_budget < 0:
        raise InputError(f"frame_budget must be 0 or more, or None for all, got {frame_budget}")
    rows = visibility.rows
    alive = alive_mask(rows, is_alive)
    finder = FrameFinder(rows, alive)
    floor_plane = _floor_plane(positions_in_world, finder.entities)
    owner = np.full(len(alive), -1)
    is_chosen = np.zeros(len(rows.frames), np.bool_)
    leaves = [finder.entities] if len(finder.entities) else []
    while leaves:
        leaf = leaves.pop(max(range(len(leaves)), key=lambda i: len(leaves[i])))
        row = finder.find(leaf, is_chosen=is_chosen)
        if row is None:
            leaves += _halves(leaf, floor_plane[leaf])
        else:
            owner[leaf], is_chosen[row] = row, True
    sizes = np.bincount(owner[owner >= 0], minlength=len(rows.frames))
    if frame_budget is None or np.count_nonzero(sizes) <= frame_budget:
        return cover_by_owner(rows, owner, alive)
    largest = np.argsort(-sizes, kind="stable")[:frame_budget]
    return cover_of(rows, largest.astype(np.int64), alive)


def uniform_cover(
    visibility: Visibility,
    *,
    frame_budget: int | None = None,
    is_alive: NDArray[np.bool_] | None = None,
) -> SnapshotCover:
    """Frames at even steps through those that show something, first and last included.

    Frames whose entities are all shown better by another one are left out.
    """
    if frame_budget is not None and frame_budget < 0:
        raise InputError(f"frame_budget must be 0 or more, or None for all, got {frame_budget}")
    rows = visibility.rows
    count = len(rows.frames) if frame_budget is None else min(frame_budget, len(rows.frames))
    chosen = np.unique(np.rint(np.linspace(0, max(len(rows.frames) - 1, 0), count)))
    return cover_of(rows, chosen.astype(np.int64), alive_mask(rows, is_alive))


class FrameFinder:
    """Which frame shows a whole set of entities."""

    def __init__(self, rows: VisibilityRows, alive: NDArray[np.bool_]) -> None:
        row_of = np.repeat(np.arange(len(rows.frames)), np.diff(rows.offsets))
        is_kept = alive[rows.entities]
        order = np.argsort(rows.entities[is_kept], kind="stable")
        by_entity = rows.entities[is_kept][order]
        self._rows = row_of[is_kept][order]
        self._scores = rows.scores[is_kept][order].astype(np.float64)
        self._starts = np.searchsorted(by_entity, np.arange(len(alive) + 1))
        self._seen_counts = np.bincount(row_of[is_kept], minlength=len(rows.frames))
        self.entities = np.flatnonzero(np.diff(self._starts) > 0)
        """Living entities that some frame shows, ascending."""

    def find(self, leaf: NDArray[np.int64], *, is_chosen: NDArray[np.bool_]) -> int | None:
        """The best row that shows all of `leaf`; None if no single frame does."""
        parts = [slice(self._starts[e], self._starts[e + 1]) for e in leaf]
        rows = np.concatenate([self._rows[part] for part in parts])
        scores = np.concatenate([self._scores[part] for part in parts])
        shown = np.bincount(rows, minlength=len(self._seen_counts))
        candidates = np.flatnonzero(shown == len(leaf))
        if not len(candidates):
            return None
        sums = np.bincount(rows, scores, minlength=len(self._seen_counts))[candidates]
        ranked = np.lexsort(
            (candidates, -sums, -self._seen_counts[candidates], ~is_chosen[candidates])
        )
        return int(candidates[ranked[0]])


def _floor_plane(
    positions_in_world: NDArray[np.floating], entities: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(E, 2), checked where it is needed."""
    positions = np.asarray(positions_in_world, np.float64)
    bound = int(entities[-1]) + 1 if len(entities) else 0
    if positions.ndim != 2 or positions.shape[1] not in (2, 3) or len(positions) < bound:
        raise InputError(
            f"positions_in_world must be (E, 2) or (E, 3) with E >= {bound}, got {positions.shape}"
        )
    if not np.isfinite(positions[entities]).all():
        raise InputError(
            "positions_in_world must be finite for every entity that a frame shows; leave entities "
            "without a position out by is_alive"
        )
    return positions[:, :2]


def _halves(leaf: NDArray[np.int64], points: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Two parts, neither empty: 2-means; pairs, and entities that stand in one place, by number."""
    if len(leaf) > 2:
        is_second = _two_means(points)
        if is_second.any() and not is_second.all():
            return [leaf[~is_second], leaf[is_second]]
    middle = len(leaf) // 2
    return [leaf[:middle], leaf[middle:]]


def _two_means(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) True for the second cluster: Lloyd from four halvings, the one with least inertia."""
    centred = points - points.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1].T
    best, least = np.zeros(len(points), np.bool_), np.inf
    for direction in (axes[1], axes[0], np.array([1.0, 0.0]), np.array([0.0, 1.0])):
        is_second = centred @ direction > 0
        for _ in range(_MAX_ITERATIONS):
            if not is_second.any() or is_second.all():
                break
            means = np.stack([centred[~is_second].mean(axis=0), centred[is_second].mean(axis=0)])
            gaps = ((centred[:, None] - means) ** 2).sum(axis=2)
            moved = gaps[:, 1] < gaps[:, 0]
            if (moved == is_second).all():
                if gaps.min(axis=1).sum() < least:
                    best, least = is_second, float(gaps.min(axis=1).sum())
                break
            is_second = moved
    return best
