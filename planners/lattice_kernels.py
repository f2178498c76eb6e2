"""Kernels of driving: the cost to go from everywhere to a goal, and the search over turns and steps."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_SAMPLES = 6
"""Along one step."""
FOUND, BEST_EFFORT, NO_WAY = 0, 1, 2
FORWARD, LEFT, RIGHT, ROOT = 0, 1, 2, 3
_LOOK_AHEAD_CELLS = 8
_SAME_PLACE_M = 0.06
_SAME_HEADING_RAD = math.radians(6.0)


@njit(cache=True, nogil=True)
def _push(keys, items, size, key, item):
    slot = size
    while slot > 0 and keys[(slot - 1) // 2] > key:
        up = (slot - 1) // 2
        keys[slot], items[slot] = keys[up], items[up]
        slot = up
    keys[slot], items[slot] = key, item


@njit(cache=True, nogil=True)
def _sift(keys, items, size):
    """Put the last entry into the hole at the top; `size` is the count after removal."""
    key, item = keys[size], items[size]
    hole = 0
    while 2 * hole + 1 < size:
        child = 2 * hole + 1
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[hole], items[hole] = keys[child], items[child]
        hole = child
    keys[hole], items[hole] = key, item


@njit(cache=True, nogil=True)
def cost_to_go(cost, goal_i, goal_j, cell_m, field, parent):
    """Dijkstra with 8 neighbours from a goal cell over an (X, Y) float32 cost per metre.

    Fills (X, Y) float32 `field` in cost metres (infinite where there is no way) and int32 `parent`, the
    flat cell that is next on the way to the goal. A goal that cannot be stood on still starts the spread.
    """
    rows, columns = cost.shape
    field[:] = np.inf
    parent[:] = -1
    keys = np.empty(8 * cost.size, np.float32)
    items = np.empty(8 * cost.size, np.int32)
    field[goal_i, goal_j] = 0.0
    keys[0], items[0] = 0.0, goal_i * columns + goal_j
    size = 1
    while size > 0:
        key, cell = keys[0], items[0]
        size -= 1
        _sift(keys, items, size)
        x, y = cell // columns, cell % columns
        if key > field[x, y]:
            continue
        here = cost[x, y]
        if here == np.inf:
            here = np.float32(1.0)  # the goal alone
        for i in range(-1, 2):
            for j in range(-1, 2):
                nx, ny = x + i, y + j
                if (i == 0 and j == 0) or nx < 0 or ny < 0 or nx >= rows or ny >= columns:
                    continue
                there = cost[nx, ny]
                if there == np.inf:
                    continue
                length = cell_m * (1.4142135 if i != 0 and j != 0 else 1.0)
                value = np.float32(field[x, y] + length * 0.5 * (here + there))
                if value < field[nx, ny]:
                    field[nx, ny] = value
                    parent[nx, ny] = cell
                    _push(keys, items, size, value, nx * columns + ny)
                    size += 1


@njit(cache=True, nogil=True)
def step_cost(cost, x0, y0, cell_m, x, y, dx, dy, length_m):
    """Cost metres of a straight step; infinite if any of it must not be driven on."""
    total = 0.0
    for n in range(1, _SAMPLES + 1):
        share = n / _SAMPLES
        i = np.int64(np.floor((x + share * dx - x0) / cell_m))
        j = np.int64(np.floor((y + share * dy - y0) / cell_m))
        if i < 0 or j < 0 or i >= cost.shape[0] or j >= cost.shape[1] or cost[i, j] == np.inf:
            return np.inf
        total += cost[i, j]
    return total * length_m / _SAMPLES


@njit(cache=True, nogil=True)
def _is_known_blocked(blocked, x, y, angle):
    """Whether a step from here in this direction was blocked before."""
    for n in range(blocked.shape[0]):
        if math.hypot(blocked[n, 0] - x, blocked[n, 1] - y) < _SAME_PLACE_M:
            away = (blocked[n, 2] - angle + math.pi) % (2.0 * math.pi) - math.pi
            if abs(away) < _SAME_HEADING_RAD:
                return True
    return False


@njit(cache=True, nogil=True)
def _bearing_ahead(parent, columns, cell):
    """Direction of the way to the goal a few cells ahead; no number at its end."""
    ahead = cell
    for _ in range(_LOOK_AHEAD_CELLS):
        following = parent[ahead // columns, ahead % columns]
        if following < 0:
            break
        ahead = following
    if ahead == cell:
        return np.nan
    return math.atan2(ahead % columns - cell % columns, ahead // columns - cell // columns)


@njit(cache=True, nogil=True)
def search_motion(
    cost, field, parent, blocked, x0, y0, cell_m, start_x, start_y, yaw, goal_x, goal_y, goal_heading,
    tolerance_m, horizon, headings, step_m, turn_cost, max_nodes,
):  # fmt: skip
    """A* over turns on the spot and whole steps from a pose, up to the goal or to a cheaper place.

    Headings count turns from `yaw`; `blocked` (N, 3) are poses from which no step ahead is made. Ends at a
    node within `tolerance_m` of the goal with `goal_heading` (-1: any), or, unless `horizon` is infinite,
    where the cost to go has fallen by `horizon`. If neither is found, the node nearest to the goal counts.
    Returns (status, node, parents, moves, xs, ys, costs).
    """
    columns = field.shape[1]
    node_x, node_y = np.empty(max_nodes), np.empty(max_nodes)
    node_h = np.empty(max_nodes, np.int32)
    node_g = np.empty(max_nodes)
    node_parent = np.empty(max_nodes, np.int32)
    node_move = np.empty(max_nodes, np.int8)
    keys, items = np.empty(max_nodes), np.empty(max_nodes, np.int32)
    best_g = np.full(field.size * headings, np.float32(np.inf))
    turn = 2.0 * math.pi / headings

    i, j = np.int64(np.floor((start_x - x0) / cell_m)), np.int64(np.floor((start_y - y0) / cell_m))
    start_field = field[i, j]
    node_x[0], node_y[0], node_h[0], node_g[0] = start_x, start_y, 0, 0.0
    node_parent[0], node_move[0] = -1, ROOT
    best_g[(i * columns + j) * headings] = 0.0
    keys[0], items[0] = start_field, 0
    size, count = 1, 1
    best, best_rank = 0, np.inf
    while size > 0:
        node = items[0]
        size -= 1
        _sift(keys, items, size)
        x, y, h, g = node_x[node], node_y[node], node_h[node], node_g[node]
        i, j = np.int64(np.floor((x - x0) / cell_m)), np.int64(np.floor((y - y0) / cell_m))
        if g > best_g[(i * columns + j) * headings + h] + 1e-6:
            continue
        gap = math.hypot(x - goal_x, y - goal_y)
        off = 0
        if goal_heading >= 0:
            off = abs(h - goal_heading)
            off = min(off, headings - off)
        if gap <= tolerance_m and off == 0:
            return FOUND, node, node_parent, node_move, node_x, node_y, node_g
        if field[i, j] <= start_field - horizon:
            return FOUND, node, node_parent, node_move, node_x, node_y, node_g
        rank = max(gap, tolerance_m) + 1e-4 * g + 1e-3 * off
        if np.isfinite(horizon) or gap > 0.5:
            rank = 10.0 + field[i, j]
        if rank < best_rank:
            best, best_rank = node, rank
        for move in range(3):
            nx, ny, nh = x, y, h
            if move == FORWARD:
                angle = yaw + h * turn
                if _is_known_blocked(blocked, x, y, angle):
                    continue
                dx, dy = step_m * math.cos(angle), step_m * math.sin(angle)
                spent = step_cost(cost, x0, y0, cell_m, x, y, dx, dy, step_m)
                if spent == np.inf:
                    continue
                nx, ny = x + dx, y + dy
            else:
                came = node_move[node]
                if (move == LEFT and came == RIGHT) or (move == RIGHT and came == LEFT):
                    continue
                nh = (h + (1 if move == LEFT else headings - 1)) % headings
                spent = turn_cost
            ni, nj = np.int64(np.floor((nx - x0) / cell_m)), np.int64(np.floor((ny - y0) / cell_m))
            if not np.isfinite(field[ni, nj]):
                continue
            ng = g + spent
            state = (ni * columns + nj) * headings + nh
            if ng >= best_g[state] - 1e-6:
                continue
            if count >= max_nodes or size >= max_nodes:
                return BEST_EFFORT, best, node_parent, node_move, node_x, node_y, node_g
            best_g[state] = ng
            node_x[count], node_y[count], node_h[count], node_g[count] = nx, ny, nh, ng
            node_parent[count], node_move[count] = node, move
            ahead = max(0.0, field[ni, nj] - 0.5 * tolerance_m)
            bearing = _bearing_ahead(parent, columns, ni * columns + nj)
            turns = 0.0
            if math.hypot(nx - goal_x, ny - goal_y) > tolerance_m + 0.05 and not np.isnan(bearing):
                away = abs((bearing - yaw - nh * turn + math.pi) % (2.0 * math.pi) - math.pi)
                turns = max(0.0, away / turn - 1.0)
            elif goal_heading >= 0:
                off = abs(nh - goal_heading)
                turns = min(off, headings - off)
            _push(keys, items, size, ng + ahead + turns * turn_cost, count)
            size += 1
            count += 1
    status = NO_WAY if best == 0 else BEST_EFFORT
    return status, best, node_parent, node_move, node_x, node_y, node_g
