"""Read-only kernels over the block store: look-ups, ray casts, radius queries, extraction."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

from .blocks import (
    BLOCK_COUNT,
    KERNEL,
    UNKNOWN,
    VOXEL_LIMIT,
    find_block,
    pack,
    unpack_x,
    unpack_y,
    unpack_z,
)

FAR = 1e30
MISS = 0
HIT = 1
BLOCKED_BY_UNKNOWN = 2


class Summaries(NamedTuple):
    """Per-block summaries; C block slots as in the store."""

    occupied_bits: NDArray[np.uint64]
    """(C, 8) one bit per voxel whose log-odds exceed the occupied threshold."""
    max_2: NDArray[np.int8]
    """(C, 64) largest log-odds of each 2x2x2 cell (octree level 1)."""
    max_4: NDArray[np.int8]
    """(C, 8) level 2."""
    max_8: NDArray[np.int8]
    """(C,) level 3: the whole block."""


def empty_summaries(block_capacity: int) -> Summaries:
    return Summaries(
        np.zeros((block_capacity, 8), np.uint64),
        np.full((block_capacity, 64), UNKNOWN, np.int8),
        np.full((block_capacity, 8), UNKNOWN, np.int8),
        np.full(block_capacity, UNKNOWN, np.int8),
    )


@njit(**KERNEL)
def refresh_summaries(store, summaries, threshold):
    """Rebuild the summaries of dirty blocks; returns how many."""
    refreshed = 0
    for block in range(store.counters[BLOCK_COUNT]):
        if store.is_dirty[block] == 0:
            continue
        store.is_dirty[block] = 0
        refreshed += 1
        leaf = store.leaf_of_block[block]
        if leaf < 0:
            value = store.uniform[block]
            bits = ~uint64(0) if value > threshold else uint64(0)
            for i in range(8):
                summaries.occupied_bits[block, i] = bits
                summaries.max_4[block, i] = value
            for i in range(64):
                summaries.max_2[block, i] = value
            summaries.max_8[block] = value
            continue
        values = store.leaf_values[leaf]
        cells = summaries.max_2[block]
        for i in range(64):
            cells[i] = UNKNOWN
        for z in range(8):
            bits = uint64(0)
            for i in range(64):
                value = values[(z << 6) | i]
                bits |= uint64(value > threshold) << uint64(i)
                cell = ((z >> 1) << 4) | ((i >> 4) << 2) | ((i & 7) >> 1)
                cells[cell] = max(cells[cell], value)
            summaries.occupied_bits[block, z] = bits
        most = np.int8(UNKNOWN)
        for i in range(8):
            summaries.max_4[block, i] = UNKNOWN
        for i in range(64):
            octant = ((i >> 5) << 2) | (((i >> 3) & 1) << 1) | ((i & 3) >> 1)
            summaries.max_4[block, octant] = max(summaries.max_4[block, octant], cells[i])
            most = max(most, cells[i])
        summaries.max_8[block] = most
    return refreshed


@njit(**KERNEL)
def lookup(store, summaries, points, inverse, level, out):
    """Log-odds steps of the level-0..3 cell of each (N, 3) point into (N,) int8 `out`."""
    for i in range(points.shape[0]):
        x = np.int64(math.floor(points[i, 0] * inverse))
        y = np.int64(math.floor(points[i, 1] * inverse))
        z = np.int64(math.floor(points[i, 2] * inverse))
        # A key of a voxel out of reach (or of NaN, cast to the lowest integer) would be another's.
        reach = (x + VOXEL_LIMIT) | (y + VOXEL_LIMIT) | (z + VOXEL_LIMIT)
        if reach & ~np.int64(2 * VOXEL_LIMIT - 1):
            out[i] = UNKNOWN
            continue
        block = find_block(store, pack(x >> 3, y >> 3, z >> 3))
        if block < 0:
            out[i] = UNKNOWN
        elif level == 0:
            leaf = store.leaf_of_block[block]
            if leaf < 0:
                out[i] = store.uniform[block]
            else:
                out[i] = store.leaf_values[leaf, ((z & 7) << 6) | ((y & 7) << 3) | (x & 7)]
        elif level == 1:
            out[i] = summaries.max_2[block, ((z & 6) << 3) | ((y & 6) << 1) | ((x & 6) >> 1)]
        elif level == 2:
            out[i] = summaries.max_4[block, (z & 4) | ((y & 4) >> 1) | ((x & 4) >> 2)]
        else:
            out[i] = summaries.max_8[block]


@njit(**KERNEL)
def cast_rays(
    store, summaries, origins, directions, inverse, max_range, is_unknown_blocking, out, status
):
    """First occupied voxel along each ray: two-level traversal, blocks then voxels.

    `directions` need not be unit. Writes metres to `out` (N,) float64 (the range if nothing is hit) and
    MISS, HIT or BLOCKED_BY_UNKNOWN to `status` (N,) uint8. Returns the number of hits.
    """
    hits = 0
    limit = max_range * inverse
    for q in range(origins.shape[0]):
        dx, dy, dz = directions[q, 0], directions[q, 1], directions[q, 2]
        norm = 1 / math.sqrt(dx * dx + dy * dy + dz * dz)
        dx *= norm
        dy *= norm
        dz *= norm
        ox, oy, oz = origins[q, 0] * inverse, origins[q, 1] * inverse, origins[q, 2] * inverse
        sx = 1 if dx > 0 else -1
        sy = 1 if dy > 0 else -1
        sz = 1 if dz > 0 else -1
        ix = 1 / dx if abs(dx) > 1e-12 else FAR
        iy = 1 / dy if abs(dy) > 1e-12 else FAR
        iz = 1 / dz if abs(dz) > 1e-12 else FAR
        bx = np.int64(math.floor(ox / 8))
        by = np.int64(math.floor(oy / 8))
        bz = np.int64(math.floor(oz / 8))
        tx = ((bx + (sx > 0)) * 8 - ox) * ix if abs(dx) > 1e-12 else FAR
        ty = ((by + (sy > 0)) * 8 - oy) * iy if abs(dy) > 1e-12 else FAR
        tz = ((bz + (sz > 0)) * 8 - oz) * iz if abs(dz) > 1e-12 else FAR
        t = 0.0
        distance = limit
        state = MISS
        while t < limit and state == MISS:
            block = find_block(store, pack(bx, by, bz))
            has_voxels = False
            if block < 0:
                if is_unknown_blocking:
                    state = BLOCKED_BY_UNKNOWN
                    distance = t
                    break
            else:
                has_voxels = summaries.max_8[block] > 0 or (
                    is_unknown_blocking and store.leaf_of_block[block] >= 0
                )
            if has_voxels:
                leaf = store.leaf_of_block[block]
                x = min(max(np.int64(math.floor(ox + dx * (t + 1e-6))) - bx * 8, 0), 7)
                y = min(max(np.int64(math.floor(oy + dy * (t + 1e-6))) - by * 8, 0), 7)
                z = min(max(np.int64(math.floor(oz + dz * (t + 1e-6))) - bz * 8, 0), 7)
                ux = (bx * 8 + x + (sx > 0) - ox) * ix if abs(dx) > 1e-12 else FAR
                uy = (by * 8 + y + (sy > 0) - oy) * iy if abs(dy) > 1e-12 else FAR
                uz = (bz * 8 + z + (sz > 0) - oz) * iz if abs(dz) > 1e-12 else FAR
                tt = t
                while True:
                    if (summaries.occupied_bits[block, z] >> uint64((y << 3) | x)) & uint64(1):
                        state = HIT
                        distance = tt
                        break
                    if (
                        is_unknown_blocking
                        and leaf >= 0
                        and store.leaf_values[leaf, (z << 6) | (y << 3) | x] == UNKNOWN
                    ):
                        state = BLOCKED_BY_UNKNOWN
                        distance = tt
                        break
                    if ux < uy:
                        if ux < uz:
                            tt = ux
                            ux += abs(ix)
                            x += sx
                            if x < 0 or x > 7:
                                break
                        else:
                            tt = uz
                            uz += abs(iz)
                            z += sz
                            if z < 0 or z > 7:
                                break
                    elif uy < uz:
                        tt = uy
                        uy += abs(iy)
                        y += sy
                        if y < 0 or y > 7:
                            break
                    else:
                        tt = uz
                        uz += abs(iz)
                        z += sz
                        if z < 0 or z > 7:
                            break
                if state != MISS:
                    break
            if tx < ty:
                if tx < tz:
                    t = tx
                    bx += sx
                    tx += 8 * abs(ix)
                else:
                    t = tz
                    bz += sz
                    tz += 8 * abs(iz)
            elif ty < tz:
                t = ty
                by += sy
                ty += 8 * abs(iy)
            else:
                t = tz
                bz += sz
                tz += 8 * abs(iz)
        if distance >= limit:
            state = MISS
            distance = limit
        out[q] = distance / inverse
        status[q] = state
        hits += state == HIT
    return hits


@njit(**KERNEL)
def radius_query(store, summaries, center, radius, inverse, out):
    """Integer coordinates of occupied voxels whose centre lies within `radius` of a (3,) point.

    Fills (K, 3) int64 `out` as far as it goes; returns the full number (call again if it exceeds K).
    """
    r = radius * inverse
    ox, oy, oz = center[0] * inverse, center[1] * inverse, center[2] * inverse
    found = 0
    for bx in range(math.floor((ox - r) / 8), math.floor((ox + r) / 8) + 1):
        for by in range(math.floor((oy - r) / 8), math.floor((oy + r) / 8) + 1):
            for bz in range(math.floor((oz - r) / 8), math.floor((oz + r) / 8) + 1):
                gx = max(max(bx * 8 - ox, ox - bx * 8 - 8), 0.0)
                gy = max(max(by * 8 - oy, oy - by * 8 - 8), 0.0)
                gz = max(max(bz * 8 - oz, oz - bz * 8 - 8), 0.0)
                if gx * gx + gy * gy + gz * gz > r * r:
                    continue
                block = find_block(store, pack(bx, by, bz))
                if block < 0 or summaries.max_8[block] <= 0:
                    continue
                for z in range(8):
                    bits = summaries.occupied_bits[block, z]
                    dz = bz * 8 + z + 0.5 - oz
                    if bits == 0 or dz * dz > r * r:
                        continue
                    for y in range(8):
                        row = (bits >> uint64(y * 8)) & uint64(255)
                        dy = by * 8 + y + 0.5 - oy
                        if row == 0 or dz * dz + dy * dy > r * r:
                            continue
                        for x in range(8):
                            dx = bx * 8 + x + 0.5 - ox
                            if (row >> uint64(x)) & uint64(
                                1
                            ) and dx * dx + dy * dy + dz * dz <= r * r:
                                if found < out.shape[0]:
                                    out[found, 0] = bx * 8 + x
                                    out[found, 1] = by * 8 + y
                                    out[found, 2] = bz * 8 + z
                                found += 1
    return found


@njit(**KERNEL)
def extract(store, low, high, box, out, values):
    """Voxels with `low` <= log-odds step <= `high` inside a (6,) int64 voxel box (bounds inclusive).

    Uniform blocks count as 512 voxels. Fills (K, 3) int64 `out` and (K,) int8 `values` as far as they
    go, in block order; returns the full number.
    """
    found = 0
    for block in range(store.counters[BLOCK_COUNT]):
        key = store.block_keys[block]
        x0, y0, z0 = unpack_x(key) * 8, unpack_y(key) * 8, unpack_z(key) * 8
        if x0 > box[1] or y0 > box[3] or z0 > box[5]:
            continue
        if x0 + 7 < box[0] or y0 + 7 < box[2] or z0 + 7 < box[4]:
            continue
        leaf = store.leaf_of_block[block]
        if leaf < 0 and (store.uniform[block] < low or store.uniform[block] > high):
            continue
        for i in range(512):
            value = store.uniform[block] if leaf < 0 else store.leaf_values[leaf, i]
            if value < low or value > high:
                continue
            x, y, z = x0 + (i & 7), y0 + ((i >> 3) & 7), z0 + (i >> 6)
            if x < box[0] or x > box[1] or y < box[2] or y > box[3] or z < box[4] or z > box[5]:
                continue
            if found < out.shape[0]:
                out[found, 0] = x
                out[found, 1] = y
                out[found, 2] = z
                values[found] = value
            found += 1
    return found


@njit(**KERNEL)
def extract_frontier(store, z_low, z_high, out):
    """Free voxels that touch an unknown one (six neighbours) with z_low <= z <= z_high, as `extract`."""
    found = 0
    next_leaf = np.empty(6, np.int32)
    next_value = np.empty(6, np.int8)
    for block in range(store.counters[BLOCK_COUNT]):
        key = store.block_keys[block]
        bx, by, bz = unpack_x(key), unpack_y(key), unpack_z(key)
        if bz * 8 > z_high or bz * 8 + 7 < z_low:
            continue
        leaf = store.leaf_of_block[block]
        if leaf < 0 and (store.uniform[block] == UNKNOWN or store.uniform[block] > 0):
            continue
        for side in range(6):
            step = -1 if side & 1 == 0 else 1
            neighbour = find_block(
                store,
                pack(
                    bx + (step if side < 2 else 0),
                    by + (step if 2 <= side < 4 else 0),
                    bz + (step if side >= 4 else 0),
                ),
            )
            next_leaf[side] = store.leaf_of_block[neighbour] if neighbour >= 0 else -1
            next_value[side] = store.uniform[neighbour] if neighbour >= 0 else UNKNOWN
        for i in range(512):
            value = store.uniform[block] if leaf < 0 else store.leaf_values[leaf, i]
            if value == UNKNOWN or value > 0:
                continue
            z = bz * 8 + (i >> 6)
            if z < z_low or z > z_high:
                continue
            is_frontier = False
            for side in range(6):
                shift = 0 if side < 2 else (3 if side < 4 else 6)
                along = (i >> shift) & 7
                if side & 1 == 0:
                    is_inside, inner, outer = along > 0, i - (1 << shift), i + (7 << shift)
                else:
                    is_inside, inner, outer = along < 7, i + (1 << shift), i - (7 << shift)
                if is_inside:
                    is_unknown = leaf >= 0 and store.leaf_values[leaf, inner] == UNKNOWN
                elif next_leaf[side] >= 0:
                    is_unknown = store.leaf_values[next_leaf[side], outer] == UNKNOWN
                else:
                    is_unknown = next_value[side] == UNKNOWN
                if is_unknown:
                    is_frontier = True
                    break
            if is_frontier:
                if found < out.shape[0]:
                    out[found, 0] = bx * 8 + (i & 7)
                    out[found, 1] = by * 8 + ((i >> 3) & 7)
                    out[found, 2] = z
                found += 1
    return found
