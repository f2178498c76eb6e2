"""Sparse storage of voxels: 8x8x8 blocks in an open-addressing hash of packed 63-bit keys.

A block is either uniform (one log-odds value, as a pruned octree node) or owns a leaf of 512 values.
Voxel (x, y, z) lies in block (x >> 3, y >> 3, z >> 3) at index (z & 7) << 6 | (y & 7) << 3 | (x & 7).
Log-odds are int8 in steps of 0.05; -128 is unknown.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import int64, njit, uint64
from numpy.typing import NDArray

KERNEL = {"cache": True, "nogil": True, "fastmath": True, "error_model": "numpy"}
"""Options of every kernel. fastmath: no kernel sees NaN, the border maps it to 'no return'."""

UNKNOWN = -128
STEP = 0.05
EMPTY = -1
AXIS_OFFSET = 1 << 20
AXIS_MASK = (1 << 21) - 1
VOXEL_LIMIT = AXIS_OFFSET * 8
"""Voxel indices lie in [-VOXEL_LIMIT, VOXEL_LIMIT)."""

# Rows of `BlockStore.counters`.
BLOCK_COUNT = 0
LEAF_COUNT = 1
FREE_LEAF_COUNT = 2


class BlockStore(NamedTuple):
    """The arrays of one octree; C block slots, M leaf slots, 2 C hash slots."""

    slot_keys: NDArray[np.int64]
    """(2C,) packed block key, -1 where empty; C is a power of two."""
    slot_blocks: NDArray[np.int32]
    """(2C,) block number of each hash slot."""
    block_keys: NDArray[np.int64]
    """(C,) packed key of each block."""
    uniform: NDArray[np.int8]
    """(C,) the value of all voxels of a block without a leaf."""
    leaf_of_block: NDArray[np.int32]
    """(C,) leaf number or -1."""
    is_dirty: NDArray[np.uint8]
    """(C,) 1 where the block changed since its summary was built."""
    leaf_values: NDArray[np.int8]
    """(M, 512) log-odds."""
    hit_bits: NDArray[np.uint64]
    """(M, 8) voxels hit in the frame being integrated; zero in between."""
    block_of_leaf: NDArray[np.int32]
    """(M,) owner of each leaf."""
    free_leaves: NDArray[np.int32]
    """(M,) stack of released leaves."""
    counters: NDArray[np.int64]
    """(3,) blocks, leaves ever taken, released leaves on the stack."""


def empty_store(block_capacity: int, leaf_capacity: int) -> BlockStore:
    """A store without blocks; `block_capacity` must be a power of two."""
    return BlockStore(
        slot_keys=np.full(2 * block_capacity, EMPTY, np.int64),
        slot_blocks=np.zeros(2 * block_capacity, np.int32),
        block_keys=np.zeros(block_capacity, np.int64),
        uniform=np.full(block_capacity, UNKNOWN, np.int8),
        leaf_of_block=np.full(block_capacity, EMPTY, np.int32),
        is_dirty=np.zeros(block_capacity, np.uint8),
        leaf_values=np.empty((leaf_capacity, 512), np.int8),
        hit_bits=np.zeros((leaf_capacity, 8), np.uint64),
        block_of_leaf=np.zeros(leaf_capacity, np.int32),
        free_leaves=np.zeros(leaf_capacity, np.int32),
        counters=np.zeros(3, np.int64),
    )


def grown_store(store: BlockStore, *, block_headroom: int, leaf_headroom: int) -> BlockStore:
    """The same content with room for at least that many more blocks and leaves."""
    block_count, leaf_count, free_count = (int(c) for c in store.counters)
    block_capacity = len(store.block_keys)
    while block_capacity - block_count < block_headroom:
        block_capacity *= 2
    leaf_capacity = len(store.leaf_values)
    while leaf_capacity - leaf_count < leaf_headroom:
        leaf_capacity *= 2
    if block_capacity == len(store.block_keys) and leaf_capacity == len(store.leaf_values):
        return store
    grown = empty_store(block_capacity, leaf_capacity)
    for name in ("block_keys", "uniform", "leaf_of_block", "is_dirty"):
        getattr(grown, name)[:block_count] = getattr(store, name)[:block_count]
    for name in ("leaf_values", "hit_bits", "block_of_leaf"):
        getattr(grown, name)[:leaf_count] = getattr(store, name)[:leaf_count]
    grown.free_leaves[:free_count] = store.free_leaves[:free_count]
    grown.counters[:] = store.counters
    insert_all(grown)
    return grown


@njit(inline="always")
def pack(x, y, z):
    """Packed key of block (x, y, z); each in [-2^20, 2^20)."""
    return (
        ((int64(x) + AXIS_OFFSET) << 42)
        | ((int64(y) + AXIS_OFFSET) << 21)
        | (int64(z) + AXIS_OFFSET)
    )


@njit(inline="always")
def unpack_x(key):
    return (key >> 42) - AXIS_OFFSET


@njit(inline="always")
def unpack_y(key):
    return ((key >> 21) & AXIS_MASK) - AXIS_OFFSET


@njit(inline="always")
def unpack_z(key):
    return (key & AXIS_MASK) - AXIS_OFFSET


@njit(inline="always")
def first_slot(key, mask):
    """Fibonacci hashing (Knuth, TAOCP 3, 6.4)."""
    return int64((uint64(key) * uint64(0x9E3779B97F4A7C15)) >> uint64(32)) & mask


@njit(inline="always")
def find_block(store, key):
    """Block number of a packed key, or -1."""
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
def take_block(store, key):
    """Block number of a packed key; a new unknown block if there is none. The caller keeps room."""
    mask = store.slot_keys.shape[0] - 1
    i = first_slot(key, mask)
    while True:
        q = store.slot_keys[i]
        if q == key:
            return store.slot_blocks[i]
        if q == EMPTY:
            block = np.int32(store.counters[BLOCK_COUNT])
            store.counters[BLOCK_COUNT] += 1
            store.slot_keys[i] = key
            store.slot_blocks[i] = block
            store.block_keys[block] = key
            store.uniform[block] = UNKNOWN
            store.leaf_of_block[block] = EMPTY
            store.is_dirty[block] = 1
            return block
        i = (i + 1) & mask


@njit(inline="always")
def take_leaf(store, block):
    """Leaf number of a block; a uniform block gets a leaf filled with its value."""
    leaf = store.leaf_of_block[block]
    if leaf < 0:
        if store.counters[FREE_LEAF_COUNT] > 0:
            store.counters[FREE_LEAF_COUNT] -= 1
            leaf = store.free_leaves[store.counters[FREE_LEAF_COUNT]]
        else:
            leaf = np.int32(store.counters[LEAF_COUNT])
            store.counters[LEAF_COUNT] += 1
        store.leaf_of_block[block] = leaf
        store.block_of_leaf[leaf] = block
        value = store.uniform[block]
        for i in range(512):
            store.leaf_values[leaf, i] = value
        for i in range(8):
            store.hit_bits[leaf, i] = uint64(0)
    return leaf


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


@njit(**KERNEL)
def prune(store):
    """Release every leaf whose 512 values are equal; returns how many."""
    released = 0
    for block in range(store.counters[BLOCK_COUNT]):
        leaf = store.leaf_of_block[block]
        if leaf < 0:
            continue
        values = store.leaf_values[leaf]
        value = values[0]
        is_same = True
        for i in range(512):
            if values[i] != value:
                is_same = False
                break
        if is_same:
            store.uniform[block] = value
            store.leaf_of_block[block] = EMPTY
            store.free_leaves[store.counters[FREE_LEAF_COUNT]] = leaf
            store.counters[FREE_LEAF_COUNT] += 1
            released += 1
    return released
