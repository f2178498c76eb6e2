# mypy: disallow-untyped-decorators=False
"""Shortest distances over the free cells of a grid, compiled."""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit
from numpy.typing import NDArray

STEPS = np.array(
    [
        (dx, dy)
        for dx in range(-2, 3)
        for dy in range(-2, 3)
        if max(abs(dx), abs(dy)) == 1 or (abs(dx), abs(dy)) in ((1, 2), (2, 1))
    ],
    np.int64,
)
"""(16, 2) moves to the eight neighbours and by a knight's move: lengths within 2.8 % of straight."""


@njit(cache=True)
def spread(
    is_free: NDArray[np.bool_],
    cells: NDArray[np.int64],
    costs: NDArray[np.float64],
    steps: NDArray[np.int64],
    lengths: NDArray[np.float64],
    field: NDArray[np.float64],
) -> None:
    """Dijkstra (1959) from (N, 2) `cells` that start with `costs`; `field` (X, Y) gets the distances.

    `field` must come filled with infinity; cells that cannot be reached keep it.
    """
    columns = is_free.shape[1]
    queue = [(0.0, np.int64(-1))]
    for k in range(len(cells)):
        x, y = cells[k]
        if costs[k] < field[x, y]:
            field[x, y] = costs[k]
            heapq.heappush(queue, (costs[k], x * columns + y))
    while len(queue) > 0:
        distance, cell = heapq.heappop(queue)
        if cell < 0:
            continue
        x, y = cell // columns, cell % columns
        if distance > field[x, y]:
            continue
        for k in range(len(steps)):
            i, j = x + steps[k, 0], y + steps[k, 1]
            if i < 0 or j < 0 or i >= is_free.shape[0] or j >= columns or not is_free[i, j]:
                continue
            farther = distance + lengths[k]
            if farther < field[i, j]:
                field[i, j] = farther
                heapq.heappush(queue, (farther, i * columns + j))
