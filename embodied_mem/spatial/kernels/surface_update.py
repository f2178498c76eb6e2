"""Keyframes into the 3D cache: add the surface that they show, count misses where they see through."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, uint64

from .blocks import KERNEL, find_block, pack
from .surface_store import (
    BLOCK_COUNT,
    GONE_AFTER,
    MAX_WEIGHT,
    SLOTS,
    VOXEL_COUNT,
    frustum_slopes,
    is_block_outside,
    take_surface_block,
)


@njit(inline="always")
def slot_for(store, block, frame):
    """The slot of the keyframe being added; a full block forgets its oldest keyframe."""
    met = store.next_slot[block]
    if met > 0 and store.block_frames[block, (met - 1) % SLOTS] == frame:
        return (met - 1) % SLOTS
    slot = met % SLOTS
    if store.block_frames[block, slot] >= 0:
        keep = ~(uint64(1) << uint64(slot))
        voxel = store.first_voxel[block]
        while voxel >= 0:
            store.seen_by[voxel] &= keep
            voxel = store.next_voxel[voxel]
    store.block_frames[block, slot] = frame
    store.next_slot[block] = met + 1
    return slot


@njit(**KERNEL)
def add_frame(
    store, raw, unit_m, color, color_step, has_color, camera, pose, resolution, max_range, stride, frame,
    first_row,
):  # fmt: skip
    """Add every `stride`-th pixel's point; returns the next row (smaller than H: grow and call again).

    `color` (h, w, 3) uint8 is the image reduced by `color_step`.
    """
    height, width = raw.shape
    fx, fy, cx, cy = camera
    inverse = 1.0 / resolution
    per_row = width // stride + 1
    y = first_row
    while y < height:
        if (
            store.counters[BLOCK_COUNT] + per_row > store.block_keys.shape[0]
            or store.counters[VOXEL_COUNT] + per_row > store.weight.shape[0]
        ):
            break
        ray_y = (y - cy) / fy
        for x in range(0, width, stride):
            depth = raw[y, x] * unit_m
            ray_x = (x - cx) / fx
            if (
                depth == 0
                or depth * depth * (1 + ray_x * ray_x + ray_y * ray_y) > max_range * max_range
            ):
                continue
            px = (
                (pose[0, 0] * ray_x + pose[0, 1] * ray_y + pose[0, 2]) * depth + pose[0, 3]
            ) * inverse
            py = (
                (pose[1, 0] * ray_x + pose[1, 1] * ray_y + pose[1, 2]) * depth + pose[1, 3]
            ) * inverse
            pz = (
                (pose[2, 0] * ray_x + pose[2, 1] * ray_y + pose[2, 2]) * depth + pose[2, 3]
            ) * inverse
            vx = np.int64(math.floor(px))
            vy = np.int64(math.floor(py))
            vz = np.int64(math.floor(pz))
            block = take_surface_block(store, pack(vx >> 3, vy >> 3, vz >> 3))
            slot = slot_for(store, block, frame)
            cell = ((vz & 7) << 6) | ((vy & 7) << 3) | (vx & 7)
            voxel = store.voxel_of_cell[block, cell]
            if voxel < 0:
                voxel = np.int32(store.counters[VOXEL_COUNT])
                store.counters[VOXEL_COUNT] += 1
                store.voxel_of_cell[block, cell] = voxel
                store.voxel_block[voxel] = block
                store.voxel_cell[voxel] = cell
                if store.last_voxel[block] < 0:
                    store.first_voxel[block] = voxel
                else:
                    store.next_voxel[store.last_voxel[block]] = voxel
                store.last_voxel[block] = voxel
            if store.miss_count[voxel] >= GONE_AFTER:
                store.weight[voxel] = 0  # something new stands here: forget the old surface
                store.seen_by[voxel] = uint64(0)
            store.miss_count[voxel] = 0
            store.seen_by[voxel] |= uint64(1) << uint64(slot)
            weight = min(store.weight[voxel] + np.float32(1), np.float32(MAX_WEIGHT))
            share = np.float32(1) / weight
            store.weight[voxel] = weight
            store.offset[voxel, 0] += (np.float32(px - vx) - store.offset[voxel, 0]) * share
            store.offset[voxel, 1] += (np.float32(py - vy) - store.offset[voxel, 1]) * share
            store.offset[voxel, 2] += (np.float32(pz - vz) - store.offset[voxel, 2]) * share
            if has_color:
                for c in range(3):
                    value = np.float32(color[y // color_step, x // color_step, c])
                    store.color[voxel, c] += (value - store.color[voxel, c]) * share
        y += stride
    return y


@njit(**KERNEL)
def see_through(store, raw, unit_m, camera, pose, resolution, max_range, bounds, margin):
    """Count a miss for every voxel that lies in front of the measured surface by `margin` metres.

    All depths in a 5x5 pixel window must lie beyond, so that edges do not wear away.
    Returns the number of voxels that became gone.
    """
    height, width = raw.shape
    fx, fy, cx, cy = camera
    block_m = 8 * resolution
    slopes = frustum_slopes(camera, height, width)
    gone = 0
    for bx in range(bounds[0], bounds[1] + 1):
        for by in range(bounds[2], bounds[3] + 1):
            for bz in range(bounds[4], bounds[5] + 1):
                dx = (bx + 0.5) * block_m - pose[0, 3]
                dy = (by + 0.5) * block_m - pose[1, 3]
                dz = (bz + 0.5) * block_m - pose[2, 3]
                if is_block_outside(dx, dy, dz, pose, block_m * 0.8660254, slopes, max_range):
                    continue
                block = find_block(store, pack(bx, by, bz))
                if block < 0:
                    continue
                voxel = store.first_voxel[block]
                while voxel >= 0:
                    cell = store.voxel_cell[voxel]
                    gx = (bx * 8 + (cell & 7) + store.offset[voxel, 0]) * resolution - pose[0, 3]
                    gy = (by * 8 + ((cell >> 3) & 7) + store.offset[voxel, 1]) * resolution - pose[
                        1, 3
                    ]
                    gz = (bz * 8 + (cell >> 6) + store.offset[voxel, 2]) * resolution - pose[2, 3]
                    current = voxel
                    voxel = store.next_voxel[voxel]
                    z = pose[0, 2] * gx + pose[1, 2] * gy + pose[2, 2] * gz
                    if z < 0.1 or z > max_range or store.miss_count[current] >= GONE_AFTER:
                        continue
                    u = (pose[0, 0] * gx + pose[1, 0] * gy + pose[2, 0] * gz) / z * fx + cx
                    v = (pose[0, 1] * gx + pose[1, 1] * gy + pose[2, 1] * gz) / z * fy + cy
                    i = math.floor(u + 0.5)
                    j = math.floor(v + 0.5)
                    if i < 2 or j < 2 or i >= width - 2 or j >= height - 2:
                        continue
                    is_through = True
                    for q in range(-2, 3):
                        for p in range(-2, 3):
                            if raw[j + q, i + p] * unit_m < z + margin:
                                is_through = False
                    if is_through:
                        store.miss_count[current] += 1
                        gone += store.miss_count[current] == GONE_AFTER
    return gone
