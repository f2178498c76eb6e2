"""Storage of the 3D cache: surface voxels in blocks, and which keyframes saw them.

A block of 8x8x8 cells remembers up to 64 keyframes in slots, and each voxel holds a 64-bit mask of the
slots that saw it. A full block forgets its oldest keyframe. So a voxel costs 8 bytes however long the
history, and a vote count touches only what is visible.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .blocks import EMPTY, find_block, first_slot, insert_all, pack

SLOTS = 64
BLOCK_COUNT = 0
VOXEL_COUNT = 1
MAX_WEIGHT = 255.0
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


@njit(inline="always")
def take_surface_block(store, key):
    block = find_block(store, key)
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
    block = find_block(store, pack(x >> 3, y >> 3, z >> 3))
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
