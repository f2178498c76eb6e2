"""Kernels of the 3D cache: surface voxels in blocks, and which keyframes saw them.

A block of 8x8x8 cells remembers up to 64 keyframes in slots, and each voxel holds a 64-bit mask of the
slots that saw it. A full block forgets its oldest keyframe. So a voxel costs 8 bytes however long the
history, and a vote count touches only what is visible.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

from .blocks import EMPTY, KERNEL, first_slot, pack, unpack_x, unpack_y, unpack_z

SLOTS = 64
BLOCK_COUNT = 0
VOXEL_COUNT = 1
MAX_WEIGHT = 255.0
THICKNESS_VOXELS = 1.5
"""Depth noise makes surfaces about so thick."""
SHIFT = 8192
"""Added to pixel coordinates so that truncation rounds down; images are smaller than this."""
GONE_AFTER = 3
"""A voxel that this many keyframes in a row saw through no longer counts as surface."""

DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
BIT_NUMBER = np.array(
    [((0x03F79D71B4CB0A89 << i) & (2**64 - 1)) >> 58 for i in range(64)], np.int64
).argsort()
"""Number of the single bit of a word: `BIT_NUMBER[(word * DE_BRUIJN) >> 58]` (Leiserson et al. 1998)."""


class SurfaceStore(NamedTuple):
    """The arrays of one cache; C block slots, V voxel slots, 2 C hash slots."""

    slot_keys: NDArray[np.int64]
    slot_blocks: NDArray[np.int32]
    block_keys: NDArray[np.int64]
    block_frames: NDArray[np.int32]
    """(C, 64) keyframe number in each slot, -1 where empty."""
    next_slot: NDArray[np.int32]
    """(C,) how many keyframes the block has met; modulo 64 it is the slot to use next."""
    first_voxel: NDArray[np.int32]
    """(C,) head of the chain of the block's voxels, oldest first; -1 if none."""
    last_voxel: NDArray[np.int32]
    """(C,) tail of that chain."""
    voxel_of_cell: NDArray[np.int32]
    """(C, 512) voxel number or -1."""
    voxel_block: NDArray[np.int32]
    next_voxel: NDArray[np.int32]
    voxel_cell: NDArray[np.int16]
    offset: NDArray[np.float32]
    """(V, 3) mean position inside the voxel, in voxels [0, 1]."""
    color: NDArray[np.float32]
    """(V, 3) mean RGB 0..255."""
    weight: NDArray[np.float32]
    """(V,) points averaged, capped so that new looks still count."""
    seen_by: NDArray[np.uint64]
    """(V,) mask over the block's slots."""
    miss_count: NDArray[np.uint8]
    """(V,) keyframes in a row that saw through the voxel."""
    counters: NDArray[np.int64]


_BLOCK_ROWS = (
    "block_keys",
    "block_frames",
    "next_slot",
    "first_voxel",
    "last_voxel",
    "voxel_of_cell",
)
VOXEL_ROWS = (
    "voxel_block",
    "next_voxel",
    "voxel_cell",
    "offset",
    "color",
    "weight",
    "seen_by",
    "miss_count",
)
STATE_ROWS = (*_BLOCK_ROWS, *VOXEL_ROWS)


def empty_store(block_capacity: int, voxel_capacity: int) -> SurfaceStore:
    """`block_capacity` must be a power of two."""
    return SurfaceStore(
        slot_keys=np.full(2 * block_capacity, EMPTY, np.int64),
        slot_blocks=np.zeros(2 * block_capacity, np.int32),
        block_keys=np.zeros(block_capacity, np.int64),
        block_frames=np.full((block_capacity, SLOTS), -1, np.int32),
        next_slot=np.zeros(block_capacity, np.int32),
        first_voxel=np.full(block_capacity, -1, np.int32),
        last_voxel=np.full(block_capacity, -1, np.int32),
        voxel_of_cell=np.full((block_capacity, 512), -1, np.int32),
        voxel_block=np.zeros(voxel_capacity, np.int32),
        next_voxel=np.full(voxel_capacity, -1, np.int32),
        voxel_cell=np.zeros(voxel_capacity, np.int16),
        offset=np.zeros((voxel_capacity, 3), np.float32),
        color=np.zeros((voxel_capacity, 3), np.float32),
        weight=np.zeros(voxel_capacity, np.float32),
        seen_by=np.zeros(voxel_capacity, np.uint64),
        miss_count=np.zeros(voxel_capacity, np.uint8),
        counters=np.zeros(2, np.int64),
    )


def row_count(store: SurfaceStore, name: str) -> int:
    """How many rows of an array are in use."""
    return int(store.counters[BLOCK_COUNT if name in _BLOCK_ROWS else VOXEL_COUNT])


def grown_store(store: SurfaceStore, *, block_headroom: int, voxel_headroom: int) -> SurfaceStore:
    """The same content with room for at least that many more blocks and voxels."""
    block_capacity, voxel_capacity = len(store.block_keys), len(store.weight)
    while block_capacity - store.counters[BLOCK_COUNT] < block_headroom:
        block_capacity *= 2
    while voxel_capacity - store.counters[VOXEL_COUNT] < voxel_headroom:
        voxel_capacity *= 2
    if block_capacity == len(store.block_keys) and voxel_capacity == len(store.weight):
        return store
    grown = empty_store(block_capacity, voxel_capacity)
    for name in STATE_ROWS:
        count = row_count(store, name)
        getattr(grown, name)[:count] = getattr(store, name)[:count]
    grown.counters[:] = store.counters
    insert_all(grown)
    return grown


@njit(**KERNEL)
def insert_all(store):
    """Fill the hash slots of a store whose block rows are already there."""
    mask = store.slot_keys.shape[0] - 1
    for block in range(store.counters[BLOCK_COUNT]):
        key = store.block_keys[block]
        i = first_slot(key, mask)
        while store.slot_keys[i] != EMPTY:
            i = (i + 1) & mask
        store.slot_keys[i] = key
        store.slot_blocks[i] = block


@njit(inline="always")
def find_surface_block(store, key):
    mask = store.slot_keys.shape[0] - 1
    i = first_slot(key, mask)
    while True:
        q = store.slot_keys[i]
        if q == key:
            return store.slot_blocks[i]
        if q == EMPTY:
            return np.int32(-1)
        i = (i + 1) & mask


@njit(inline="always")
def take_surface_block(store, key):
    block = find_surface_block(store, key)
    if block >= 0:
        return block
    mask = store.slot_keys.shape[0] - 1
    i = first_slot(key, mask)
    while store.slot_keys[i] != EMPTY:
        i = (i + 1) & mask
    block = np.int32(store.counters[BLOCK_COUNT])
    store.counters[BLOCK_COUNT] += 1
    store.slot_keys[i] = key
    store.slot_blocks[i] = block
    store.block_keys[block] = key
    return block


@njit(inline="always")
def find_voxel(store, x, y, z):
    block = find_surface_block(store, pack(x >> 3, y >> 3, z >> 3))
    if block < 0:
        return np.int32(-1)
    return store.voxel_of_cell[block, ((z & 7) << 6) | ((y & 7) << 3) | (x & 7)]


@njit(inline="always")
def find_voxel_near(store, x, y, z):
    """The voxel at a cell or at one of its six neighbours (depth noise at voxel borders), or -1."""
    voxel = find_voxel(store, x, y, z)
    if voxel < 0:
        voxel = find_voxel(store, x - 1, y, z)
    if voxel < 0:
        voxel = find_voxel(store, x + 1, y, z)
    if voxel < 0:
        voxel = find_voxel(store, x, y - 1, z)
    if voxel < 0:
        voxel = find_voxel(store, x, y + 1, z)
    if voxel < 0:
        voxel = find_voxel(store, x, y, z - 1)
    if voxel < 0:
        voxel = find_voxel(store, x, y, z + 1)
    return voxel


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


@njit(inline="always")
def is_block_outside(dx, dy, dz, pose, radius, slopes, z_max):
    """True if a sphere around a block's centre (relative to the camera) misses the frustum."""
    z = pose[0, 2] * dx + pose[1, 2] * dy + pose[2, 2] * dz
    if z + radius < 0.05 or z - radius > z_max:
        return True
    x = pose[0, 0] * dx + pose[1, 0] * dy + pose[2, 0] * dz
    y = pose[0, 1] * dx + pose[1, 1] * dy + pose[2, 1] * dz
    return (
        x + z * slopes[0] < -radius * slopes[4]
        or -x + z * slopes[1] < -radius * slopes[5]
        or y + z * slopes[2] < -radius * slopes[6]
        or -y + z * slopes[3] < -radius * slopes[7]
    )


@njit(inline="always")
def frustum_slopes(camera, height, width):
    """Tangents of the four side planes and the lengths of their unnormalised normals."""
    fx, fy, cx, cy = camera
    slopes = np.empty(8)
    slopes[0] = (cx + 0.5) / fx
    slopes[1] = (width - 0.5 - cx) / fx
    slopes[2] = (cy + 0.5) / fy
    slopes[3] = (height - 0.5 - cy) / fy
    for i in range(4):
        slopes[4 + i] = math.sqrt(1 + slopes[i] * slopes[i])
    return slopes


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
                block = find_surface_block(store, pack(bx, by, bz))
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
                block = find_surface_block(store, pack(bx, by, bz))
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
