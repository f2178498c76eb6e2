"""Kernels of the ground map: columns of voxels seen from above, and shortest paths on them."""

from __future__ import annotations

import numpy as np
from numba import njit

from .blocks import BLOCK_COUNT, KERNEL, UNKNOWN, unpack_x, unpack_y, unpack_z

DIAGONAL = 1.4142135
_WITH_INFINITY = {**KERNEL, "fastmath": False}
"""fastmath assumes that nothing is infinite: blocked cells would let diagonal steps pass."""


@njit(**KERNEL)
def count_columns(store, z_low, z_high, x0, y0, free_count, occupied_count):
    """Free and occupied voxels with z_low <= z <= z_high per column into (X, Y) int32 grids."""
    for block in range(store.counters[BLOCK_COUNT]):
        key = store.block_keys[block]
        bx, by, bz = unpack_x(key) * 8, unpack_y(key) * 8, unpack_z(key) * 8
        if bz > z_high or bz + 7 < z_low:
            continue
        leaf = store.leaf_of_block[block]
        if leaf < 0 and store.uniform[block] == UNKNOWN:
            continue
        for z in range(max(bz, z_low), min(bz + 7, z_high) + 1):
            layer = (z - bz) << 6
            for i in range(64):
                value = store.uniform[block] if leaf < 0 else store.leaf_values[leaf, layer | i]
                if value == UNKNOWN:
                    continue
                x, y = bx + (i & 7) - x0, by + (i >> 3) - y0
                if x < 0 or y < 0 or x >= free_count.shape[0] or y >= free_count.shape[1]:
                    continue
                if value > 0:
                    occupied_count[x, y] += 1
                else:
                    free_count[x, y] += 1


@njit(**KERNEL)
def top_surfaces(store, counts, z0):
    """Count occupied voxels with a known free voxel above, per height, into (Z,) int64 `counts`."""
    for block in range(store.counters[BLOCK_COUNT]):
        leaf = store.leaf_of_block[block]
        if leaf < 0:
            continue
        bz = unpack_z(store.block_keys[block]) * 8 - z0
        for i in range(448):
            value = store.leaf_values[leaf, i]
            above = store.leaf_values[leaf, i + 64]
            if value > 0 and above != UNKNOWN and above <= 0:
                counts[bz + (i >> 6)] += 1


@njit(**_WITH_INFINITY)
def shortest_path(cost, start, goal, parent, distance, heap_key, heap_cell):
    """A* with 8 neighbours on an (X, Y) float32 grid of cost per cell (>= 1; infinity = blocked).

    `start` and `goal` are flat cells. Fills `parent` along the way; returns the cost in cells, or
    infinity if there is no path. `heap_key`, `heap_cell` hold 8 entries per cell. Hart, Nilsson and
    Raphael 1968; the octile distance is admissible because no cell costs less than 1.
    """
    rows, columns = cost.shape
    parent[:] = -1
    distance[:] = np.inf
    goal_x, goal_y = goal // columns, goal % columns
    distance[start] = 0
    heap_key[0] = 0.0
    heap_cell[0] = start
    size = 1
    while size > 0:
        cell = heap_cell[0]
        key = heap_key[0]
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
        dx, dy = abs(x - goal_x), abs(y - goal_y)
        ahead = max(dx, dy) + (DIAGONAL - 1) * min(dx, dy)
        if key > distance[cell] + ahead + 1e-3:
            continue  # a cheaper way here was found since
        if cell == goal:
            return distance[cell]
        for i in range(-1, 2):
            for j in range(-1, 2):
                nx, ny = x + i, y + j
                if (i == 0 and j == 0) or nx < 0 or ny < 0 or nx >= rows or ny >= columns:
                    continue
                if cost[nx, ny] == np.inf:
                    continue
                if i != 0 and j != 0 and (cost[nx, y] == np.inf or cost[x, ny] == np.inf):
                    continue  # no cutting of corners
                step = DIAGONAL if i != 0 and j != 0 else 1.0
                candidate = distance[cell] + step * 0.5 * (cost[x, y] + cost[nx, ny])
                target = nx * columns + ny
                if candidate < distance[target] - 1e-6:
                    distance[target] = candidate
                    parent[target] = cell
                    dx, dy = abs(nx - goal_x), abs(ny - goal_y)
                    new_key = candidate + max(dx, dy) + (DIAGONAL - 1) * min(dx, dy)
                    slot = size
                    size += 1
                    while slot > 0 and heap_key[(slot - 1) // 2] > new_key:
                        up = (slot - 1) // 2
                        heap_key[slot], heap_cell[slot] = heap_key[up], heap_cell[up]
                        slot = up
                    heap_key[slot], heap_cell[slot] = new_key, target
    return np.inf
