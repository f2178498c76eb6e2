"""Compiled passes over 2D grids: basins of clearance, geodesic neighbourhoods, lines of sight."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_KERNEL = {"cache": True, "nogil": True, "error_model": "numpy"}
_DIAGONAL = 1.4142135


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def _root(parent: NDArray[np.int32], basin: int) -> int:
    while parent[basin] != basin:
        parent[basin] = parent[parent[basin]]
        basin = parent[basin]
    return basin


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def basins(
    order: NDArray[np.int64],
    clearance: NDArray[np.float32],
    max_saddle: float,
    min_rise: float,
    basin_of: NDArray[np.int32],
) -> int:
    """Watershed of an (X, Y) clearance grid from its peaks down; returns the number of basins.

    `order` holds flat cells by falling clearance; other cells stay -1 in `basin_of`. Where two basins
    meet they become one if the pass is wider than `max_saddle`, or if the lower peak rises less
    than `min_rise` above it; else the pass stays a border between them.
    """
    rows, columns = clearance.shape
    parent = np.empty(len(order), np.int32)
    peak = np.empty(len(order), np.float32)
    count = 0
    for cell in order:
        x, y = cell // columns, cell % columns
        height = clearance[x, y]
        steepest, top = -1, np.float32(-1.0)
        for k in range(4):
            nx, ny = x + (k == 0) - (k == 1), y + (k == 2) - (k == 3)
            if nx < 0 or ny < 0 or nx >= rows or ny >= columns or basin_of[nx, ny] < 0:
                continue
            here = _root(parent, basin_of[nx, ny])
            if clearance[nx, ny] > top:
                steepest, top = here, clearance[nx, ny]
        if steepest < 0:
            parent[count], peak[count] = count, height
            basin_of[x, y] = count
            count += 1
            continue
        basin_of[x, y] = steepest
        for k in range(4):
            nx, ny = x + (k == 0) - (k == 1), y + (k == 2) - (k == 3)
            if nx < 0 or ny < 0 or nx >= rows or ny >= columns or basin_of[nx, ny] < 0:
                continue
            a, b = _root(parent, basin_of[x, y]), _root(parent, basin_of[nx, ny])
            if a == b:
                continue
            if peak[b] > peak[a] or (peak[b] == peak[a] and b < a):
                a, b = b, a
            if height > max_saddle or peak[b] - height < min_rise:
                parent[b] = a
    names = np.full(max(count, 1), -1, np.int32)
    named = 0
    for cell in order:
        x, y = cell // columns, cell % columns
        root = _root(parent, basin_of[x, y])
        if names[root] < 0:
            names[root] = named
            named += 1
        basin_of[x, y] = names[root]
    return named


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def spread(
    is_passable: NDArray[np.bool_],
    seeds: NDArray[np.int64],
    owner: NDArray[np.int32],
    distance: NDArray[np.float64],
    parent: NDArray[np.int64],
    limit: float,
) -> None:
    """Dijkstra from many flat `seeds` at once with 8 neighbours, corners not cut.

    Fills per cell: `owner` the nearest seed's number (-1 out of reach), `distance` in cells (infinite),
    `parent` the flat cell before it (-1 at seeds). Stops beyond `limit` cells.
    """
    rows, columns = is_passable.shape
    owner[:] = -1
    distance[:] = np.inf
    parent[:] = -1
    heap_key = np.empty(8 * rows * columns + len(seeds))
    heap_cell = np.empty(8 * rows * columns + len(seeds), np.int64)
    size = 0
    for number in range(len(seeds)):
        cell = seeds[number]
        if owner[cell // columns, cell % columns] >= 0:
            continue
        owner[cell // columns, cell % columns] = number
        distance[cell // columns, cell % columns] = 0.0
        heap_key[size], heap_cell[size] = 0.0, cell  # equal keys: already a heap
        size += 1
    while size > 0:
        key, cell = heap_key[0], heap_cell[0]
        size -= 1
        last_key, last_cell = heap_key[size], heap_cell[size]
        hole = 0
        while 2 * hole + 1 < size:
            child = 2 * hole + 1
            if child + 1 < size and heap_key[child + 1] < heap_key[child]:
                child += 1
            if heap_key[child] >= last_key:
                break
            heap_key[hole], heap_cell[hole] = heap_key[child], heap_cell[child]
            hole = child
        heap_key[hole], heap_cell[hole] = last_key, last_cell
        x, y = cell // columns, cell % columns
        if key > distance[x, y]:
            continue
        for i in range(-1, 2):
            for j in range(-1, 2):
                nx, ny = x + i, y + j
                if (i == 0 and j == 0) or nx < 0 or ny < 0 or nx >= rows or ny >= columns:
                    continue
                if not is_passable[nx, ny]:
                    continue
                if i != 0 and j != 0 and not (is_passable[nx, y] and is_passable[x, ny]):
                    continue
                candidate = key + (_DIAGONAL if i != 0 and j != 0 else 1.0)
                if candidate >= distance[nx, ny] - 1e-9 or candidate > limit:
                    continue
                distance[nx, ny] = candidate
                owner[nx, ny] = owner[x, y]
                parent[nx, ny] = cell
                slot = size
                size += 1
                while slot > 0 and heap_key[(slot - 1) // 2] > candidate:
                    up = (slot - 1) // 2
                    heap_key[slot], heap_cell[slot] = heap_key[up], heap_cell[up]
                    slot = up
                heap_key[slot], heap_cell[slot] = candidate, nx * columns + ny


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def is_line_passable(
    is_passable: NDArray[np.bool_], x0: float, y0: float, x1: float, y1: float
) -> bool:
    """Whether a straight line, in cells, touches passable cells alone (every cell it crosses)."""
    length = max(abs(x1 - x0), abs(y1 - y0))
    count = int(4 * length) + 1
    for k in range(count + 1):
        x = int(np.floor(x0 + (x1 - x0) * k / count))
        y = int(np.floor(y0 + (y1 - y0) * k / count))
        if x < 0 or y < 0 or x >= is_passable.shape[0] or y >= is_passable.shape[1]:
            return False
        if not is_passable[x, y]:
            return False
    return True


@njit(**_KERNEL)  # type: ignore[untyped-decorator]
def sparse_seeds(
    order: NDArray[np.int64], is_passable: NDArray[np.bool_], spacing: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Flat cells chosen greedily in `order`; a chosen one suppresses passable cells around it.

    It suppresses those within its `spacing` (in cells) that it sees along a straight line, so that a
    wall between two cells never lets one stand for the other.
    """
    rows, columns = is_passable.shape
    is_taken = np.zeros((rows, columns), np.bool_)
    chosen = np.empty(len(order), np.int64)
    count = 0
    for cell in order:
        x, y = cell // columns, cell % columns
        if is_taken[x, y]:
            continue
        chosen[count] = cell
        count += 1
        reach = spacing[x, y]
        steps = int(np.ceil(reach))
        for i in range(max(0, x - steps), min(rows, x + steps + 1)):
            for j in range(max(0, y - steps), min(columns, y + steps + 1)):
                if is_taken[i, j] or (i - x) ** 2 + (j - y) ** 2 > reach * reach:
                    continue
                if is_line_passable(is_passable, x + 0.5, y + 0.5, i + 0.5, j + 0.5):
                    is_taken[i, j] = True
    return chosen[:count]
