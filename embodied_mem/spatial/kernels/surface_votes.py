"""What is visible of the 3D cache from a pose, and which keyframes saw it: z-buffer and votes."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, uint64

from .blocks import KERNEL, find_block, pack, unpack_x, unpack_y, unpack_z
from .surface_store import (
    BIT_NUMBER,
    DE_BRUIJN,
    GONE_AFTER,
    find_voxel_near,
    frustum_slopes,
    is_block_outside,
)

SHIFT = 8192
"""Added to pixel coordinates so that truncation rounds down; images are smaller than this."""
THICKNESS_VOXELS = 1.5
"""Depth noise makes surfaces about so thick."""


@njit(**KERNEL)
def blocks_in_view(store, pose, block_m, max_range, bounds, slopes):
    """(N,) int32 blocks inside the view frustum, near ones first (a counting sort by depth)."""
    step = 0.5 * block_m
    shelf_count = int(max_range / step) + 4
    shelf_size = np.zeros(shelf_count + 1, np.int64)
    found = np.empty(1024, np.int32)
    shelf = np.empty(1024, np.int32)
    count = 0
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
                if count == found.shape[0]:
                    found = np.append(found, np.empty(count, np.int32))
                    shelf = np.append(shelf, np.empty(count, np.int32))
                z = pose[0, 2] * dx + pose[1, 2] * dy + pose[2, 2] * dz
                place = min(max(int(z / step) + 1, 0), shelf_count - 1)
                found[count] = block
                shelf[count] = place
                shelf_size[place + 1] += 1
                count += 1
    for i in range(shelf_count):
        shelf_size[i + 1] += shelf_size[i]
    ordered = np.empty(count, np.int32)
    for i in range(count):
        ordered[shelf_size[shelf[i]]] = found[i]
        shelf_size[shelf[i]] += 1
    return ordered


@njit(inline="always")
def is_block_hidden(x, y, z, reach, camera, near_depth):
    """True if all pixels that a block may cover show something nearer already.

    (x, y, z) is the block's centre in the camera frame, `reach` its half extents along those axes.
    """
    height, width = near_depth.shape
    fx, fy, cx, cy = camera
    z_near = z - reach[2]
    if z_near < 0.1:
        return False
    near, far = 1 / z_near, 1 / (z + reach[2])
    low_x, high_x, low_y, high_y = x - reach[0], x + reach[0], y - reach[1], y + reach[1]
    u0 = max(0, math.floor(low_x * (near if low_x < 0 else far) * fx + cx))
    u1 = min(width - 1, math.ceil(high_x * (near if high_x > 0 else far) * fx + cx))
    v0 = max(0, math.floor(low_y * (near if low_y < 0 else far) * fy + cy))
    v1 = min(height - 1, math.ceil(high_y * (near if high_y > 0 else far) * fy + cy))
    for j in range(v0, v1 + 1):
        for i in range(u0, u1 + 1):
            if near_depth[j, i] >= z_near:
                return False
    return True


@njit(**KERNEL)
def splat(store, camera, pose, resolution, max_range, bounds, near_depth, owner):
    """Z-buffer of the cached surface: fills (h, w) `near_depth` metres and `owner` voxel (-1 none).

    Blocks come front to back, and one that is hidden as a whole is skipped: the cost follows what is
    visible. Returns the number of voxels that it looked at.
    """
    height, width = near_depth.shape
    fx, fy, cx, cy = camera
    near_depth[:] = np.float32(1e9)
    owner[:] = -1
    block_m = 8 * resolution
    # All in float32, pixels premultiplied: per voxel nine multiply-adds and one division.
    axis_u = (pose[:3, 0] * (fx * resolution)).astype(np.float32)
    axis_v = (pose[:3, 1] * (fy * resolution)).astype(np.float32)
    axis_z = (pose[:3, 2] * resolution).astype(np.float32)
    shift_u, shift_v = np.float32(cx + SHIFT + 0.5), np.float32(cy + SHIFT + 0.5)
    half_u, half_v = np.float32(0.5 * fx * resolution), np.float32(0.5 * fy * resolution)
    far = np.float32(max_range)
    thickness = np.float32(THICKNESS_VOXELS * resolution)
    reach = np.empty(3)
    for a in range(3):
        reach[a] = 0.5 * block_m * (abs(pose[0, a]) + abs(pose[1, a]) + abs(pose[2, a]))
    walked = 0
    slopes = frustum_slopes(camera, height, width)
    for block in blocks_in_view(store, pose, block_m, max_range, bounds, slopes):
        key = store.block_keys[block]
        dx = unpack_x(key) * block_m - pose[0, 3]
        dy = unpack_y(key) * block_m - pose[1, 3]
        dz = unpack_z(key) * block_m - pose[2, 3]
        x = pose[0, 0] * dx + pose[1, 0] * dy + pose[2, 0] * dz
        y = pose[0, 1] * dx + pose[1, 1] * dy + pose[2, 1] * dz
        z = pose[0, 2] * dx + pose[1, 2] * dy + pose[2, 2] * dz
        half = 0.5 * block_m
        if is_block_hidden(
            x + half * (pose[0, 0] + pose[1, 0] + pose[2, 0]),
            y + half * (pose[0, 1] + pose[1, 1] + pose[2, 1]),
            z + half * (pose[0, 2] + pose[1, 2] + pose[2, 2]),
            reach,
            camera,
            near_depth,
        ):
            continue
        base_u, base_v, base_z = np.float32(x * fx), np.float32(y * fy), np.float32(z)
        voxel = store.first_voxel[block]
        while voxel >= 0:
            walked += 1
            current = voxel
            voxel = store.next_voxel[voxel]
            cell = np.int32(store.voxel_cell[current])
            px = np.float32(cell & 7) + store.offset[current, 0]
            py = np.float32((cell >> 3) & 7) + store.offset[current, 1]
            pz = np.float32(cell >> 6) + store.offset[current, 2]
            depth = base_z + axis_z[0] * px + axis_z[1] * py + axis_z[2] * pz
            if depth < np.float32(0.1) or depth > far or store.miss_count[current] >= GONE_AFTER:
                continue
            inverse = np.float32(1) / depth
            u = (base_u + axis_u[0] * px + axis_u[1] * py + axis_u[2] * pz) * inverse + shift_u
            v = (base_v + axis_v[0] * px + axis_v[1] * py + axis_v[2] * pz) * inverse + shift_v
            reach_u, reach_v = half_u * inverse, half_v * inverse
            if u < SHIFT - reach_u or v < SHIFT - reach_v:
                continue
            i = np.int32(u) - SHIFT
            j = np.int32(v) - SHIFT
            if 0 <= i < width and 0 <= j < height and near_depth[j, i] < depth - thickness:
                continue  # behind a surface: at most its rim could show
            u0 = max(0, np.int32(u - reach_u) - SHIFT)
            u1 = min(width - 1, np.int32(min(u + reach_u, np.float32(2 * SHIFT))) - SHIFT)
            v0 = max(0, np.int32(v - reach_v) - SHIFT)
            v1 = min(height - 1, np.int32(min(v + reach_v, np.float32(2 * SHIFT))) - SHIFT)
            for j in range(v0, v1 + 1):
                for i in range(u0, u1 + 1):
                    if depth < near_depth[j, i]:
                        near_depth[j, i] = depth
                        owner[j, i] = current
    return walked


@njit(inline="always")
def cast_votes(store, voxel, weight, votes, voted, voted_count):
    """`weight` votes for every keyframe that saw a voxel; returns the number of frames voted for."""
    block = store.voxel_block[voxel]
    mask = store.seen_by[voxel]
    while mask != 0:
        lowest = mask & (~mask + uint64(1))
        slot = BIT_NUMBER[(lowest * DE_BRUIJN) >> uint64(58)]
        mask ^= lowest
        frame = store.block_frames[block, slot]
        if votes[frame] == 0:
            voted[voted_count] = frame
            voted_count += 1
        votes[frame] += weight
    return voted_count


@njit(**KERNEL)
def vote_visible(store, owner, votes, voted):
    """Votes of the visible pixels of every second row into `votes` (zero before).

    Half the rows rank the frames as well as all. Returns (frames that got any, voting pixels).
    """
    voted_count = 0
    voters = 0
    for j in range(0, owner.shape[0], 2):
        i = 0
        while i < owner.shape[1]:
            voxel = owner[j, i]
            first = i
            i += 1
            while i < owner.shape[1] and owner[j, i] == voxel:
                i += 1
            if voxel >= 0:
                voters += i - first
                voted_count = cast_votes(store, voxel, i - first, votes, voted, voted_count)
    return voted_count, voters


@njit(**KERNEL)
def vote_points(store, points, resolution, votes, voted):
    """Votes of the voxels at (N, 3) world points; returns (frames voted for, points on known surface)."""
    inverse = 1.0 / resolution
    voted_count = 0
    known = 0
    for n in range(points.shape[0]):
        voxel = find_voxel_near(
            store,
            np.int64(math.floor(points[n, 0] * inverse)),
            np.int64(math.floor(points[n, 1] * inverse)),
            np.int64(math.floor(points[n, 2] * inverse)),
        )
        if voxel >= 0 and store.miss_count[voxel] < GONE_AFTER:
            known += 1
            voted_count = cast_votes(store, voxel, 1, votes, voted, voted_count)
    return voted_count, known


@njit(**KERNEL)
def clear_votes(votes, voted, voted_count):
    for i in range(voted_count):
        votes[voted[i]] = 0
