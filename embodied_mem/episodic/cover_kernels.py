"""Compiled passes of the greedy cover over compressed sparse rows (frame -> entities with scores).

No fastmath: a sum over fewer of the same terms in the same order must never come out larger, or an old
gain would be no upper bound of the new one.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_KERNEL = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def _is_before(a: int, b: int, gain: NDArray[np.float64], score: NDArray[np.float64]) -> bool:
    """Whether row a is chosen before row b: more gain, then better shown, then the earlier frame."""
    if gain[a] != gain[b]:
        return bool(gain[a] > gain[b])
    if score[a] != score[b]:
        return bool(score[a] > score[b])
    return a < b


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def _sift_down(
    heap: NDArray[np.int32],
    size: int,
    hole: int,
    gain: NDArray[np.float64],
    score: NDArray[np.float64],
) -> None:
    row = heap[hole]
    while 2 * hole + 1 < size:
        child = 2 * hole + 1
        if child + 1 < size and _is_before(heap[child + 1], heap[child], gain, score):
            child += 1
        if not _is_before(heap[child], row, gain, score):
            break
        heap[hole] = heap[child]
        hole = child
    heap[hole] = row


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def lazy_greedy(
    offsets: NDArray[np.int64],
    entities: NDArray[np.int32],
    scores: NDArray[np.float32],
    worth: NDArray[np.float64],
    cost: NDArray[np.float64],
    divisor: NDArray[np.float64],
    budget: float,
) -> NDArray[np.int64]:
    """Rows in the order of choice, by most uncovered worth over `divisor`, within a sum of `cost`.

    Lazy evaluation (Minoux 1978): gains only fall, so a row whose gain was computed since the last
    choice and that still leads the heap is the best of all. Ties: the sum of worth times score over the
    newly covered, then the lower row. A row that does not fit the rest of the budget never will.

    Args:
        worth: (E,) of each entity; what is worth nothing is never a reason to choose a row.
    """
    row_count = len(offsets) - 1
    gain, score = np.zeros(row_count), np.zeros(row_count)
    evaluated = np.zeros(row_count, np.int64)  # how many rows were chosen when it was computed
    is_open = worth > 0
    has_row = np.zeros(len(worth), np.bool_)
    heap = np.empty(row_count, np.int32)
    size, open_count = 0, 0
    for row in range(row_count):
        for i in range(offsets[row], offsets[row + 1]):
            value = worth[entities[i]]
            if value > 0:
                gain[row] += value
                score[row] += value * scores[i]
                if not has_row[entities[i]]:
                    has_row[entities[i]] = True
                    open_count += 1
        gain[row] /= divisor[row]
        if gain[row] > 0:
            heap[size] = row
            size += 1
    for hole in range(size // 2 - 1, -1, -1):
        _sift_down(heap, size, hole, gain, score)
    chosen = np.empty(size, np.int64)
    count = 0
    spent = 0.0
    while size > 0 and open_count > 0:
        row = heap[0]
        is_fitting = spent + cost[row] <= budget
        if is_fitting and evaluated[row] < count:
            total, shown = 0.0, 0.0
            for i in range(offsets[row], offsets[row + 1]):
                if is_open[entities[i]]:
                    total += worth[entities[i]]
                    shown += worth[entities[i]] * scores[i]
            gain[row], score[row], evaluated[row] = total / divisor[row], shown, count
            if total > 0:
                _sift_down(heap, size, 0, gain, score)
                continue
            is_fitting = False
        if is_fitting:
            for i in range(offsets[row], offsets[row + 1]):
                if is_open[entities[i]]:
                    is_open[entities[i]] = False
                    open_count -= 1
            chosen[count] = row
            count += 1
            spent += cost[row]
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            _sift_down(heap, size, 0, gain, score)
    return chosen[:count]


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def without_redundant(
    offsets: NDArray[np.int64],
    entities: NDArray[np.int32],
    worth: NDArray[np.float64],
    order: NDArray[np.int64],
    max_count: int,
) -> NDArray[np.int64]:
    """Rows of the longest prefix of `order` that needs at most `max_count` of them, in that order.

    A row leaves as soon as every entity of worth that it shows is shown by another one that stays. Who
    leaves does not depend on `max_count`, so more of it never means a shorter prefix.
    """
    shown_count = np.zeros(len(worth), np.int64)
    # Of the rows that stay: where one alone shows an entity, the sum is that row.
    row_sum = np.zeros(len(worth), np.int64)
    alone_count = np.zeros(len(offsets), np.int64)
    rank = np.zeros(len(offsets), np.int64)
    left_at = np.full(len(order), len(order), np.int64)
    count, longest = 0, 0
    for k in range(len(order)):
        row = order[k]
        rank[row] = k
        count += 1
        start, end = offsets[row], offsets[row + 1]
        rivals = np.full(end - start, -1, np.int64)
        for i in range(start, end):
            entity = entities[i]
            if worth[entity] <= 0:
                continue
            if shown_count[entity] == 0:
                alone_count[row] += 1
            elif shown_count[entity] == 1:
                rivals[i - start] = row_sum[entity]
                alone_count[row_sum[entity]] -= 1
            shown_count[entity] += 1
            row_sum[entity] += row
        for rival in rivals:
            if rival < 0 or alone_count[rival] > 0 or left_at[rank[rival]] < len(order):
                continue
            left_at[rank[rival]] = k
            count -= 1
            for i in range(offsets[rival], offsets[rival + 1]):
                entity = entities[i]
                if worth[entity] <= 0:
                    continue
                shown_count[entity] -= 1
                row_sum[entity] -= rival
                if shown_count[entity] == 1:
                    alone_count[row_sum[entity]] += 1
        if count <= max_count:
            longest = k + 1
    return order[:longest][left_at[:longest] >= longest]


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def assign_owners(
    offsets: NDArray[np.int64],
    entities: NDArray[np.int32],
    scores: NDArray[np.float32],
    chosen: NDArray[np.int64],
    owner: NDArray[np.int64],
) -> None:
    """Give every entity to the chosen row that shows it best, ties to the lower row.

    `owner` (E,) starts at -1, or at -2 for entities that nobody may own.
    """
    best = np.zeros(len(owner), np.float32)
    for row in chosen:
        for i in range(offsets[row], offsets[row + 1]):
            entity, held = entities[i], owner[entities[i]]
            is_better = scores[i] > best[entity] or (scores[i] == best[entity] and row < held)
            if held == -1 or (held >= 0 and is_better):
                owner[entity], best[entity] = row, scores[i]
