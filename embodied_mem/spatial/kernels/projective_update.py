"""Projective integration of organised depth images into the block store.

Every frame counts each voxel at most once: occupied voxels first (bits in `hit_bits`), then free space
for voxels that were not hit, then the hits are applied: OctoMap's rule that occupied wins within a scan
(Hornung et al. 2013, section 5.1).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, uint64

from .blocks import (
    BLOCK_COUNT,
    KERNEL,
    LEAF_COUNT,
    UNKNOWN,
    find_block,
    pack,
    take_block,
    take_leaf,
)
from .depth_tiles import TILE

FAR = 1e30
NO_VOXEL = 1 << 30


@njit(inline="always")
def lowered(value, miss, low):
    """Log-odds after one miss."""
    start = np.int16(0) if value == UNKNOWN else np.int16(value)
    return np.int8(max(np.int16(start + miss), np.int16(low)))


@njit(inline="always")
def is_unmarked(bits):
    """True before the first voxel of a leaf is marked: the leaf must be listed as touched."""
    return (bits[0] | bits[1] | bits[2] | bits[3] | bits[4] | bits[5] | bits[6] | bits[7]) == 0


@njit(**KERNEL)
def project_row(depth_row, ray_x, scale, shift, unit, ray_y_sq, range_sq, x, y, z, is_start):
    """Voxels of one image row relative to the camera's, and where a new voxel starts.

    Two plain loops that vectorise. Pixels without a return within range get x = NO_VOXEL.
    `x`, `y`, `z` hold one entry more in front: the pixel before the row. Returns nothing.
    """
    c0, c1, c2 = scale[0], scale[1], scale[2]
    b0, b1, b2 = scale[3], scale[4], scale[5]
    t0, t1, t2 = shift[0], shift[1], shift[2]
    one = np.float32(1)
    for i in range(ray_x.shape[0]):
        depth = np.float32(depth_row[i]) * unit
        ray = ray_x[i]
        is_return = (depth > 0) & (depth * depth * (one + ray * ray + ray_y_sq) <= range_sq)
        voxel = np.int32(np.floor((c0 * ray + b0) * depth + t0))
        x[i + 1] = voxel if is_return else np.int32(NO_VOXEL)
        y[i + 1] = np.int32(np.floor((c1 * ray + b1) * depth + t1))
        z[i + 1] = np.int32(np.floor((c2 * ray + b2) * depth + t2))
    for i in range(ray_x.shape[0]):
        is_new = (x[i + 1] != x[i]) | (y[i + 1] != y[i]) | (z[i + 1] != z[i])
        is_start[i] = np.uint8(is_new & (x[i + 1] != np.int32(NO_VOXEL)))


@njit(**KERNEL)
def mark_endpoints(
    store,
    raw,
    unit_m,
    camera,
    pose,
    resolution,
    max_range,
    stride,
    first_row,
    touched,
    touched_count,
):
    """Mark the voxel of every return within `max_range` (Euclidean).

    `camera` = (fx, fy, cx, cy). Returns (next row, touched leaves); a next row below the image height
    means that the store must grow first.
    """
    height, width = raw.shape
    fx, fy, cx, cy = camera
    count = (width + stride - 1) // stride
    inverse = 1.0 / resolution
    base = np.empty(3, np.int64)
    shift = np.empty(3, np.float32)
    for a in range(3):
        position = pose[a, 3] * inverse
        base[a] = np.int64(math.floor(position))
        shift[a] = np.float32(position - base[a])
    ray_x = np.empty(count, np.float32)
    for i in range(count):
        ray_x[i] = np.float32((i * stride - cx) / fx)
    row = np.empty(count, np.uint16)
    vx = np.full(count + 1, NO_VOXEL, np.int32)
    vy = np.zeros(count + 1, np.int32)
    vz = np.zeros(count + 1, np.int32)
    is_start = np.zeros(count, np.uint8)
    starts = np.empty(count + 1, np.int32)
    scale = np.empty(6, np.float32)
    range_sq = np.float32(max_range * max_range)
    unit = np.float32(unit_m)
    leaf = np.int32(-1)
    last_bx = last_by = last_bz = np.int64(1) << 40
    block_room = store.block_keys.shape[0]
    leaf_room = store.leaf_values.shape[0]
    y = first_row
    while y < height:
        if (
            store.counters[BLOCK_COUNT] + count > block_room
            or store.counters[LEAF_COUNT] + count > leaf_room
        ):
            break
        ray_y = np.float32((y - cy) / fy)
        for a in range(3):
            scale[a] = np.float32(pose[a, 0] * inverse)
            scale[3 + a] = np.float32(pose[a, 1] * inverse) * ray_y + np.float32(
                pose[a, 2] * inverse
            )
        if stride == 1:
            for i in range(count):
                row[i] = raw[y, i]
        else:
            for i in range(count):
                row[i] = raw[y, i * stride]
        project_row(row, ray_x, scale, shift, unit, ray_y * ray_y, range_sq, vx, vy, vz, is_start)
        start_count = 0
        for i in range(count):  # without a branch: pixels of one voxel come in short, random runs
            starts[start_count] = i + 1
            start_count += is_start[i]
        for k in range(start_count):
            i = starts[k]
            wx, wy, wz = base[0] + vx[i], base[1] + vy[i], base[2] + vz[i]
            bx, by, bz = wx >> 3, wy >> 3, wz >> 3
            if bx != last_bx or by != last_by or bz != last_bz:
                last_bx, last_by, last_bz = bx, by, bz
                leaf = take_leaf(store, take_block(store, pack(bx, by, bz)))
                if is_unmarked(store.hit_bits[leaf]):
                    touched[touched_count] = leaf
                    touched_count += 1
            store.hit_bits[leaf, wz & 7] |= uint64(1) << uint64(((wy & 7) << 3) | (wx & 7))
        y += stride
    return y, touched_count


@njit(**KERNEL)
def apply_hits(store, touched, touched_count, hit, high):
    """Raise every marked voxel once and clear the marks; returns how many voxels."""
    raised = 0
    for q in range(touched_count):
        leaf = touched[q]
        store.is_dirty[store.block_of_leaf[leaf]] = 1
        for word in range(8):
            bits = store.hit_bits[leaf, word]
            if bits == 0:
                continue
            for i in range(64):
                if (bits >> uint64(i)) & uint64(1):
                    j = (word << 6) | i
                    value = np.int32(store.leaf_values[leaf, j])
                    if value == UNKNOWN:
                        value = 0
                    store.leaf_values[leaf, j] = np.int8(min(value + hit, high))
                    raised += 1
            store.hit_bits[leaf, word] = uint64(0)
    return raised


@njit(**KERNEL)
def frustum_bounds(camera, pose, height, width, block_m, z_max):
    """(6,) int64 block index bounds (low x, high x, low y, ...) of the view frustum."""
    fx, fy, cx, cy = camera
    low = pose[:3, 3].copy()
    high = pose[:3, 3].copy()
    for corner in range(4):
        x = ((-0.5 if corner & 1 else width - 0.5) - cx) / fx * z_max
        y = ((-0.5 if corner & 2 else height - 0.5) - cy) / fy * z_max
        for a in range(3):
            g = pose[a, 0] * x + pose[a, 1] * y + pose[a, 2] * z_max + pose[a, 3]
            low[a] = min(low[a], g)
            high[a] = max(high[a], g)
    bounds = np.empty(6, np.int64)
    for a in range(3):
        bounds[2 * a] = math.floor(low[a] / block_m)
        bounds[2 * a + 1] = math.floor(high[a] / block_m)
    return bounds


@njit(**KERNEL)
def carve_projective(
    store, pyramid, layout, tile_min_m, tile_has_gap, camera, pose, size, resolution, z_max, margin_m,
    footprint, miss, low, bounds, cursor,
):  # fmt: skip
    """Lower every voxel whose centre lies in front of the measured surface.

    A block that is in front of all depths of its tiles is lowered whole; the others test each voxel
    against the largest depth in a pyramid cell of about `footprint` times the voxel's size in pixels,
    so that any ray through the voxel can free it, as in ray traversal.
    `cursor` is the first block of the frustum's bounds to visit. Returns the next one; it equals the
    number of blocks in bounds when done, and is smaller when the store must grow first.
    """
    height, width = size
    fx, fy, cx, cy = camera
    block_m = 8 * resolution
    radius = block_m * 0.8660254
    left, left_z = fx / math.hypot(fx, cx + 0.5), (cx + 0.5) / math.hypot(fx, cx + 0.5)
    right, right_z = (
        fx / math.hypot(fx, width - 0.5 - cx),
        (width - 0.5 - cx) / math.hypot(fx, width - 0.5 - cx),
    )
    top, top_z = fy / math.hypot(fy, cy + 0.5), (cy + 0.5) / math.hypot(fy, cy + 0.5)
    bottom, bottom_z = (
        fy / math.hypot(fy, height - 0.5 - cy),
        (height - 0.5 - cy) / math.hypot(fy, height - 0.5 - cy),
    )
    r00, r01, r02 = pose[0, 0], pose[0, 1], pose[0, 2]
    r10, r11, r12 = pose[1, 0], pose[1, 1], pose[1, 2]
    r20, r21, r22 = pose[2, 0], pose[2, 1], pose[2, 2]
    h = block_m * 0.5
    reach_z = (abs(r02) + abs(r12) + abs(r22)) * h
    offset_x = np.empty(512, np.float32)
    offset_y = np.empty(512, np.float32)
    offset_z = np.empty(512, np.float32)
    for i in range(512):
        a = ((i & 7) - 3.5) * resolution
        b = (((i >> 3) & 7) - 3.5) * resolution
        c = ((i >> 6) - 3.5) * resolution
        offset_x[i] = (r00 * a + r10 * b + r20 * c) * fx
        offset_y[i] = (r01 * a + r11 * b + r21 * c) * fy
        offset_z[i] = r02 * a + r12 * b + r22 * c
    is_free = np.empty(512, np.int8)
    margin = np.float32(margin_m)
    near = np.float32(1e-3)
    zero = np.float32(0)
    top_level = layout.shape[0] - 1
    block_room = store.block_keys.shape[0]
    leaf_room = store.leaf_values.shape[0]
    ny = bounds[3] - bounds[2] + 1
    nz = bounds[5] - bounds[4] + 1
    total = (bounds[1] - bounds[0] + 1) * ny * nz
    while cursor < total:
        if store.counters[BLOCK_COUNT] >= block_room or store.counters[LEAF_COUNT] >= leaf_room:
            break
        bx = bounds[0] + cursor // (ny * nz)
        by = bounds[2] + (cursor // nz) % ny
        bz = bounds[4] + cursor % nz
        cursor += 1
        dx = (bx + 0.5) * block_m - pose[0, 3]
        dy = (by + 0.5) * block_m - pose[1, 3]
        dz = (bz + 0.5) * block_m - pose[2, 3]
        zc = r02 * dx + r12 * dy + r22 * dz
        z_low = zc - reach_z
        z_high = zc + reach_z
        if z_high < 0.05 or z_low > z_max:
            continue
        x = r00 * dx + r10 * dy + r20 * dz
        y = r01 * dx + r11 * dy + r21 * dz
        if x * left + zc * left_z < -radius or -x * right + zc * right_z < -radius:
            continue
        if y * top + zc * top_z < -radius or -y * bottom + zc * bottom_z < -radius:
            continue
        is_all_free = False
        if z_low > 0.05:
            u_low = v_low = 1e9
            u_high = v_high = -1e9
            for s in range(8):
                a = h if s & 1 else -h
                b = h if s & 2 else -h
                c = h if s & 4 else -h
                iz = 1.0 / (zc + a * r02 + b * r12 + c * r22)
                u = (x + a * r00 + b * r10 + c * r20) * iz
                v = (y + a * r01 + b * r11 + c * r21) * iz
                u_low, u_high = min(u_low, u), max(u_high, u)
                v_low, v_high = min(v_low, v), max(v_high, v)
            u_low, u_high = u_low * fx + cx + 0.5, u_high * fx + cx + 0.5
            v_low, v_high = v_low * fy + cy + 0.5, v_high * fy + cy + 0.5
            if u_high < 0 or v_high < 0 or u_low >= width or v_low >= height:
                continue
            is_inside = u_low >= 0 and v_low >= 0 and u_high < width and v_high < height
            i0, i1 = max(0, int(u_low)) // TILE, min(width - 1, int(u_high)) // TILE
            j0, j1 = max(0, int(v_low)) // TILE, min(height - 1, int(v_high)) // TILE
            least = np.float32(1e9)
            most = zero
            has_gap = np.uint8(0)
            top_base = layout[top_level, 0]
            top_stride = layout[top_level, 2] + 2
            for j in range(j0, j1 + 1):
                for i in range(i0, i1 + 1):
                    least = min(least, tile_min_m[j, i])
                    most = max(most, pyramid[top_base + (j + 1) * top_stride + i + 1])
                    has_gap |= tile_has_gap[j, i]
            if most == 0 or z_low > most:
                continue
            is_all_free = (
                is_inside and has_gap == 0 and z_high < min(least, np.float32(z_max)) - margin
            )
        block = find_block(store, pack(bx, by, bz))
        leaf = np.int32(-1)
        if block >= 0:
            leaf = store.leaf_of_block[block]
            if leaf < 0 and store.uniform[block] == low:
                continue  # already as free as it gets
        if is_all_free:
            if block < 0:
                block = take_block(store, pack(bx, by, bz))
            store.is_dirty[block] = 1
            if leaf < 0:
                store.uniform[block] = lowered(store.uniform[block], miss, low)
            else:
                values = store.leaf_values[leaf]
                for i in range(512):
                    values[i] = lowered(values[i], miss, low)
            continue
        pixels = footprint * fx * resolution / max(zc, 0.05)
        level = 0
        while level < top_level and pixels >= 2.0:
            pixels *= 0.5
            level += 1
        cell = np.float32(1.0 / (1 << level))
        base = layout[level, 0]
        stride = np.int32(layout[level, 2] + 2)
        u_end = np.float32(layout[level, 2] + 1)
        v_end = np.float32(layout[level, 1] + 1)
        center_u = np.float32(cx + 0.5) * cell + np.float32(1)
        center_v = np.float32(cy + 0.5) * cell + np.float32(1)
        x0 = np.float32(x * fx)
        y0 = np.float32(y * fy)
        z0 = np.float32(zc)
        cells = pyramid[base:]
        count = np.int32(0)
        for i in range(512):
            pz = max(z0 + offset_z[i], near)
            iz = cell / pz
            u = (x0 + offset_x[i]) * iz + center_u
            v = (y0 + offset_y[i]) * iz + center_v
            u = min(max(u, zero), u_end)
            v = min(max(v, zero), v_end)
            d = cells[np.int32(v) * stride + np.int32(u)]
            f = np.int8(1) if d - margin > pz else np.int8(0)
            is_free[i] = f
            count += f
        if z_low <= near:  # around the camera: what lies behind it is not seen
            for i in range(512):
                if z0 + offset_z[i] <= near:
                    count -= is_free[i]
                    is_free[i] = 0
        if count == 0:
            continue
        if block < 0:
            block = take_block(store, pack(bx, by, bz))
        if leaf < 0:
            if count == 512:
                store.uniform[block] = lowered(store.uniform[block], miss, low)
                store.is_dirty[block] = 1
                continue
            leaf = take_leaf(store, block)
        store.is_dirty[block] = 1
        for word in range(8):
            bits = store.hit_bits[leaf, word]
            if bits != 0:
                for i in range(64):
                    if (bits >> uint64(i)) & uint64(1):
                        is_free[(word << 6) | i] = 0
        values = store.leaf_values[leaf]
        for i in range(512):
            value = values[i]
            values[i] = lowered(value, miss, low) if is_free[i] != 0 else value
    return cursor
