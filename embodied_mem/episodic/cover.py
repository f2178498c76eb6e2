"""The fewest frames that show the most entities: greedy maximum coverage with a proven bound.

Choosing frames that cover the most weighted entities is monotone submodular maximisation. Under a frame
budget greedy reaches at least (1 - 1/e) of the optimum (Nemhauser, Wolsey, Fisher 1978); under a byte
budget the better of greedy by gain and greedy by gain per byte reaches (1 - 1/e) / 2 (Leskovec et al.
2007, section 3). Lazy evaluation (Minoux 1978) makes the same choices with far fewer evaluations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from . import cover_kernels
from .snapshots import Snapshot, SnapshotCover, Visibility, VisibilityRows

_FREE, _BARRED = -1, -2


def greedy_cover(
    visibility: Visibility,
    *,
    frame_budget: int | None = None,
    weights: NDArray[np.floating] | None = None,
    is_alive: NDArray[np.bool_] | None = None,
) -> SnapshotCover:
    """The cover by lazy greedy, at least (1 - 1/e) of the best weighted coverage with as many frames.

    Every covered entity is owned by the chosen frame that shows it best. A frame whose entities later
    choices all show gives its place to one more choice; coverage never falls when the budget grows.

    Args:
        frame_budget: most snapshots; None covers everything that some frame shows.
        weights: (E,) worth of each entity number, >= 0; 1 for all if None.
        is_alive: (E,) False for entities that are gone: not covered, not owned, not listed as seen.

    Raises:
        InputError: a negative budget, weights or a mask that do not reach every entity number.
    """
    if frame_budget is not None and frame_budget < 0:
        raise InputError(f"frame_budget must be 0 or more, or None for all, got {frame_budget}")
    rows = visibility.rows
    alive = alive_mask(rows, is_alive)
    worth, ones = _worth(alive, weights), np.ones(len(rows.frames))
    order = cover_kernels.lazy_greedy(
        rows.offsets, rows.entities, rows.scores, worth, ones, ones, np.inf
    )
    most = len(order) if frame_budget is None else frame_budget
    chosen = cover_kernels.without_redundant(rows.offsets, rows.entities, worth, order, most)
    return cover_of(rows, chosen, alive)


def greedy_cover_in_bytes(
    visibility: Visibility,
    *,
    frame_bytes: NDArray[np.integer] | NDArray[np.floating],
    byte_budget: float,
    weights: NDArray[np.floating] | None = None,
    is_alive: NDArray[np.bool_] | None = None,
) -> SnapshotCover:
    """The cover under a sum of frame sizes, at least (1 - 1/e) / 2 of the best weighted coverage.

    The better of greedy by gain and greedy by gain per byte; frames that do not fit are passed over.
    The first choice of the former is the best single frame, which the bound needs.

    Args:
        frame_bytes: (F,) size of each frame in the order of `visibility.rows.frames`, above 0.
        weights, is_alive: as in `greedy_cover`.
    """
    rows = visibility.rows
    cost = np.ascontiguousarray(frame_bytes, np.float64)
    if cost.shape != rows.frames.shape or not (cost > 0).all() or not np.isfinite(cost).all():
        raise InputError(
            f"frame_bytes must be ({len(rows.frames)},) sizes above 0, one for each stored frame, got "
            f"shape {cost.shape}"
        )
    if not byte_budget >= 0:
        raise InputError(f"byte_budget must be 0 or more, got {byte_budget}")
    alive = alive_mask(rows, is_alive)
    worth = _worth(alive, weights)
    best, most = np.zeros(0, np.int64), -1.0
    for divisor in (np.ones(len(cost)), cost):
        order = cover_kernels.lazy_greedy(
            rows.offsets, rows.entities, rows.scores, worth, cost, divisor, float(byte_budget)
        )
        owner = _owner_of(rows, order, alive)
        covered = float(worth[owner >= 0].sum())
        if covered > most:
            best, most = order, covered
    best = cover_kernels.without_redundant(rows.offsets, rows.entities, worth, best, len(best))
    return cover_of(rows, best, alive)


def cover_of(
    rows: VisibilityRows, chosen: NDArray[np.int64], alive: NDArray[np.bool_]
) -> SnapshotCover:
    """The cover by given rows; each living entity goes to the one that shows it best.

    Rows that own nothing are left out: all they show is shown better by others.
    """
    return cover_by_owner(rows, _owner_of(rows, chosen, alive), alive)


def cover_by_owner(
    rows: VisibilityRows, owner: NDArray[np.int64], alive: NDArray[np.bool_]
) -> SnapshotCover:
    """The cover in which entity e belongs to row `owner[e]`, or to none where that is negative."""
    covered = np.flatnonzero(owner >= 0)
    by_row: dict[int, list[int]] = {}
    for entity, row in zip(covered.tolist(), owner[covered].tolist(), strict=True):
        by_row.setdefault(row, []).append(entity)
    snapshots = []
    for row in sorted(by_row):
        shown = rows.entities[rows.offsets[row] : rows.offsets[row + 1]]
        seen = tuple(shown[alive[shown]].tolist())
        snapshots.append(Snapshot(int(rows.frames[row]), tuple(by_row[row]), seen))
    is_shown = np.zeros(len(alive), np.bool_)
    is_shown[rows.entities] = True
    return SnapshotCover(tuple(snapshots), len(covered), int((is_shown & alive).sum()))


def alive_mask(rows: VisibilityRows, is_alive: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """(E,) for every entity number up to the largest one stored; all True if there is no mask."""
    bound = int(rows.entities.max()) + 1 if len(rows.entities) else 0
    if is_alive is None:
        return np.ones(bound, np.bool_)
    mask = np.asarray(is_alive)
    if mask.ndim != 1 or mask.dtype != np.bool_ or len(mask) < bound:
        raise InputError(
            f"is_alive must be a bool for each entity number below {bound}, got {mask.shape} "
            f"{mask.dtype}"
        )
    return mask[:bound]


def _worth(alive: NDArray[np.bool_], weights: NDArray[np.floating] | None) -> NDArray[np.float64]:
    """(E,) weights, 0 for what is gone."""
    if weights is None:
        return alive.astype(np.float64)
    values = np.asarray(weights, np.float64)
    if values.ndim != 1 or len(values) < len(alive):
        raise InputError(
            f"weights must reach every entity number below {len(alive)}, got shape {values.shape}"
        )
    if not ((values >= 0) & np.isfinite(values)).all():
        raise InputError("weights must be finite and 0 or more")
    return np.where(alive, values[: len(alive)], 0.0)


def _owner_of(
    rows: VisibilityRows, chosen: NDArray[np.int64], alive: NDArray[np.bool_]
) -> NDArray[np.int64]:
    owner = np.where(alive, _FREE, _BARRED)
    cover_kernels.assign_owners(rows.offsets, rows.entities, rows.scores, chosen, owner)
    return owner
