"""Ray-traversal integration of point clouds into the block store, with OctoMap's semantics.

As in `projective_update`: mark hits, lower the free voxels that were not hit, apply the hits.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, uint64

from .blocks import (
    BLOCK_COUNT,
    KERNEL,
    LEAF_COUNT,
    pack,
    take_block,
    take_leaf,
    unpack_x,
    unpack_y,
    unpack_z,
)
from .projective_update import is_unmarked, lowered

FAR = 1e30


@njit(**KERNEL)
def mark_points(
    store, points, origin, inverse, max_range, is_discrete, first, touched, touched_count
):  # fmt: skip
    """Mark the voxel of each (N, 3) world point within range; returns (next point, touched leaves).

    `is_discrete` takes a point to be at its voxel's centre, as OctoMap does before it looks at the range.
    """
    resolution = 1 / inverse
    block_room = store.block_keys.shape[0]
    leaf_room = store.leaf_values.shape[0]
    leaf = np.int32(-1)
    last_bx = last_by = last_bz = np.int64(1) << 40
    n = first
    while n < points.shape[0]:
        if store.counters[BLOCK_COUNT] >= block_room or store.counters[LEAF_COUNT] >= leaf_room:
            break
        x = np.int64(math.floor(points[n, 0] * inverse))
        y = np.int64(math.floor(points[n, 1] * inverse))
        z = np.int64(math.floor(points[n, 2] * inverse))
        if is_discrete:
            dx = (x + 0.5) * resolution - origin[0]
            dy = (y + 0.5) * resolution - origin[1]
            dz = (z + 0.5) * resolution - origin[2]
        else:
            dx, dy, dz = (
                points[n, 0] - origin[0],
                points[n, 1] - origin[1],
                points[n, 2] - origin[2],
            )
        if dx * dx + dy * dy + dz * dz <= max_range * max_range:
            bx, by, bz = x >> 3, y >> 3, z >> 3
            if bx != last_bx or by != last_by or bz != last_bz:
                last_bx, last_by, last_bz = bx, by, bz
                leaf = take_leaf(store, take_block(store, pack(bx, by, bz)))
                if is_unmarked(store.hit_bits[leaf]):
                    touched[touched_count] = leaf
                    touched_count += 1
            store.hit_bits[leaf, z & 7] |= uint64(1) << uint64(((y & 7) << 3) | (x & 7))
        n += 1
    return n, touched_count


@njit(inline="always")
def open_misses(store, key, miss_bits, is_missed, missed, missed_count):
    block = take_block(store, key)
    if is_missed[block] == 0:
        is_missed[block] = 1
        missed[missed_count[0]] = block
        missed_count[0] += 1
        for i in range(8):
            miss_bits[block, i] = uint64(0)
    return block


@njit(**KERNEL)
def mark_ray(store, start, end, miss_bits, is_missed, missed, missed_count):
    """Mark the voxels that a ray crosses from `start` up to, not including, the voxel of `end`.

    Coordinates are in voxels. Amanatides and Woo 1987, as OctoMap's computeRayKeys.
    """
    x, y, z = (
        np.int64(math.floor(start[0])),
        np.int64(math.floor(start[1])),
        np.int64(math.floor(start[2])),
    )
    ex, ey, ez = (
        np.int64(math.floor(end[0])),
        np.int64(math.floor(end[1])),
        np.int64(math.floor(end[2])),
    )
    dx, dy, dz = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    sx = 1 if dx > 0 else -1
    sy = 1 if dy > 0 else -1
    sz = 1 if dz > 0 else -1
    step_x = abs(1 / dx) if dx != 0 else FAR
    step_y = abs(1 / dy) if dy != 0 else FAR
    step_z = abs(1 / dz) if dz != 0 else FAR
    tx = ((x + 1 - start[0]) if dx > 0 else (start[0] - x)) * step_x if dx != 0 else FAR
    ty = ((y + 1 - start[1]) if dy > 0 else (start[1] - y)) * step_y if dy != 0 else FAR
    tz = ((z + 1 - start[2]) if dz > 0 else (start[2] - z)) * step_z if dz != 0 else FAR
    bx, by, bz = x >> 3, y >> 3, z >> 3
    block = open_misses(store, pack(bx, by, bz), miss_bits, is_missed, missed, missed_count)
    for _ in range(abs(ex - x) + abs(ey - y) + abs(ez - z)):
        miss_bits[block, z & 7] |= uint64(1) << uint64(((y & 7) << 3) | (x & 7))
        if tx < ty:
            if tx < tz:
                x += sx
                tx += step_x
            else:
                z += sz
                tz += step_z
        elif ty < tz:
            y += sy
            ty += step_y
        else:
            z += sz
            tz += step_z
        if (x >> 3) != bx or (y >> 3) != by or (z >> 3) != bz:
            bx, by, bz = x >> 3, y >> 3, z >> 3
            block = open_misses(store, pack(bx, by, bz), miss_bits, is_missed, missed, missed_count)


@njit(**KERNEL)
def mark_rays_to_hits(
    store, origin, inverse, touched, touched_count, first, room, miss_bits, is_missed, missed, missed_count
):  # fmt: skip
    """One ray to the centre of each marked voxel (OctoMap's `discretize`); returns the next leaf."""
    start = origin * inverse
    end = np.empty(3)
    q = first
    while q < touched_count:
        if store.counters[BLOCK_COUNT] + 512 * room > store.block_keys.shape[0]:
            break
        leaf = touched[q]
        key = store.block_keys[store.block_of_leaf[leaf]]
        for word in range(8):
            bits = store.hit_bits[leaf, word]
            if bits == 0:
                continue
            for i in range(64):
                if (bits >> uint64(i)) & uint64(1):
                    end[0] = unpack_x(key) * 8 + (i & 7) + 0.5
                    end[1] = unpack_y(key) * 8 + (i >> 3) + 0.5
                    end[2] = unpack_z(key) * 8 + word + 0.5
                    mark_ray(store, start, end, miss_bits, is_missed, missed, missed_count)
        q += 1
    return q


@njit(**KERNEL)
def mark_rays_to_points(
    store, points, origin, inverse, max_range, is_discrete, first, room,
    miss_bits, is_missed, missed, missed_count,
):  # fmt: skip
    """One ray to each point, cut at `max_range`; returns the next point.

    `is_discrete` takes points to be at their voxels' centres and skips those within range (their voxels
    get one ray each instead).
    """
    resolution = 1 / inverse
    start = origin * inverse
    end = np.empty(3)
    n = first
    while n < points.shape[0]:
        if store.counters[BLOCK_COUNT] + room > store.block_keys.shape[0]:
            break
        dx, dy, dz = points[n, 0] - origin[0], points[n, 1] - origin[1], points[n, 2] - origin[2]
        if is_discrete:
            dx = (math.floor(points[n, 0] * inverse) + 0.5) * resolution - origin[0]
            dy = (math.floor(points[n, 1] * inverse) + 0.5) * resolution - origin[1]
            dz = (math.floor(points[n, 2] * inverse) + 0.5) * resolution - origin[2]
        distance = math.sqrt(dx * dx + dy * dy + dz * dz)
        is_beyond = distance > max_range
        if is_beyond or not is_discrete:
            cut = max_range / distance if is_beyond else 1.0
            end[0] = (origin[0] + dx * cut) * inverse
            end[1] = (origin[1] + dy * cut) * inverse
            end[2] = (origin[2] + dz * cut) * inverse
            mark_ray(store, start, end, miss_bits, is_missed, missed, missed_count)
        n += 1
    return n


@njit(**KERNEL)
def apply_misses(store, miss_bits, is_missed, missed, missed_count, miss, low, first):
    """Lower the marked voxels that were not hit; returns the next block (smaller: grow first)."""
    q = first
    while q < missed_count[0]:
        if store.counters[LEAF_COUNT] >= store.leaf_values.shape[0]:
            break
        block = missed[q]
        q += 1
        is_missed[block] = 0
        leaf = store.leaf_of_block[block]
        marks = miss_bits[block]
        if leaf < 0:
            if store.uniform[block] == low:
                continue
            is_full = True
            for word in range(8):
                if marks[word] != ~uint64(0):
                    is_full = False
            if is_full:
                store.uniform[block] = lowered(store.uniform[block], miss, low)
                store.is_dirty[block] = 1
                continue
            leaf = take_leaf(store, block)
        store.is_dirty[block] = 1
        values = store.leaf_values[leaf]
        for word in range(8):
            bits = marks[word] & ~store.hit_bits[leaf, word]
            if bits == 0:
                continue
            for i in range(64):
                if (bits >> uint64(i)) & uint64(1):
                    j = (word << 6) | i
                    values[j] = lowered(values[j], miss, low)
    return q
