"""Storage of the octree: blocks, their summaries, identity, and bytes for checkpoints."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .kernels import blocks, occupancy_query

MAX_LEVEL = 16
_STATE_VERSION = 1


class VoxelStorage:
    """Log-odds voxels at one resolution. Grows as it is filled; not safe for concurrent writers."""

    def __init__(self, resolution_m: float) -> None:
        if not 1e-4 <= resolution_m <= 100:
            raise InputError(f"resolution_m must lie in [0.0001, 100], got {resolution_m}")
        self.resolution_m = float(resolution_m)
        self._store = blocks.empty_store(1 << 12, 1 << 11)
        self._summaries = occupancy_query.empty_summaries(1 << 12)
        self._coarse: dict[int, tuple[NDArray[np.int64], NDArray[np.int8]]] = {}
        self._has_changed = False
        self.revision = 0
        """Counts changes of the content, for those who derive something from it."""

    @property
    def store(self) -> blocks.BlockStore:
        """The arrays themselves, for kernels of this package; replaced when the map grows."""
        return self._store

    @property
    def block_count(self) -> int:
        return int(self._store.counters[blocks.BLOCK_COUNT])

    @property
    def leaf_count(self) -> int:
        counters = self._store.counters
        return int(counters[blocks.LEAF_COUNT] - counters[blocks.FREE_LEAF_COUNT])

    @property
    def byte_count(self) -> int:
        """Bytes that the content needs: leaves with their bits, and per-block rows with two hash slots."""
        return self.leaf_count * (512 + 64 + 8) + self.block_count * (8 + 1 + 4 + 1 + 24 + 64 + 73)

    @property
    def allocated_byte_count(self) -> int:
        """Bytes held by the arrays, growth room included."""
        return sum(a.nbytes for a in (*self._store, *self._summaries))

    def prune(self) -> int:
        """Merge leaves of one value into their block; returns how many. The map is the same."""
        return int(blocks.prune(self._store))

    def digest(self) -> str:
        """Hex digest of the map's content: equal maps, equal digests, however they came about."""
        self.prune()
        order = np.argsort(self._store.block_keys[: self.block_count])
        keys = self._store.block_keys[order]
        leaves = self._store.leaf_of_block[order]
        values = self._store.uniform[order]
        is_known = (leaves >= 0) | (values != blocks.UNKNOWN)
        content = hashlib.blake2b(digest_size=16)
        content.update(np.float64(self.resolution_m).tobytes())
        content.update(keys[is_known].tobytes())
        content.update(np.where(leaves >= 0, blocks.UNKNOWN, values)[is_known].tobytes())
        content.update(self._store.leaf_values[leaves[leaves >= 0]].tobytes())
        return content.hexdigest()

    def to_bytes(self) -> bytes:
        """The map as one block of bytes for a checkpoint (numpy's npz, no pickle)."""
        self.prune()
        count = self.block_count
        leaves = self._store.leaf_of_block[:count]
        buffer = io.BytesIO()
        np.savez(
            buffer,
            version=np.array([_STATE_VERSION]),
            resolution_m=np.array([self.resolution_m]),
            keys=self._store.block_keys[:count],
            uniform=self._store.uniform[:count],
            has_leaf=leaves >= 0,
            leaf_values=self._store.leaf_values[leaves[leaves >= 0]],
        )
        return buffer.getvalue()

    def load_bytes(self, data: bytes) -> None:
        """Replace the content by what `to_bytes` wrote; the resolution must be the same."""
        with np.load(io.BytesIO(data), allow_pickle=False) as state:
            version, resolution_m = int(state["version"][0]), float(state["resolution_m"][0])
            if version != _STATE_VERSION or resolution_m != self.resolution_m:
                raise InputError(
                    f"stored octree has version {version} and {resolution_m} m voxels, expected "
                    f"{_STATE_VERSION} and {self.resolution_m} m"
                )
            keys, uniform = state["keys"], state["uniform"]
            has_leaf, leaf_values = state["has_leaf"], state["leaf_values"]
        self._store = blocks.empty_store(1 << 12, 1 << 11)
        self._grow(len(keys), len(leaf_values))
        store, count, leaf_count = self._store, len(keys), len(leaf_values)
        store.block_keys[:count] = keys
        store.uniform[:count] = uniform
        store.leaf_of_block[:count][has_leaf] = np.arange(leaf_count)
        store.block_of_leaf[:leaf_count] = np.flatnonzero(has_leaf)
        store.leaf_values[:leaf_count] = leaf_values
        store.is_dirty[:count] = 1
        store.counters[:] = (count, leaf_count, 0)
        blocks.insert_all(store)
        self._changed()

    def _grow(self, block_headroom: int, leaf_headroom: int) -> None:
        """Make room for at least so many more blocks and leaves."""
        self._store = blocks.grown_store(
            self._store, block_headroom=block_headroom, leaf_headroom=leaf_headroom
        )

    def _changed(self) -> None:
        self._has_changed = True
        self.revision += 1

    def _refresh(self) -> None:
        if not self._has_changed:
            return
        capacity = len(self._store.block_keys)
        if len(self._summaries.max_8) < capacity:
            larger = occupancy_query.empty_summaries(capacity)
            for name in larger._fields:
                source = getattr(self._summaries, name)
                getattr(larger, name)[: len(source)] = source
            self._summaries = larger
        occupancy_query.refresh_summaries(self._store, self._summaries, 0)
        self._coarse.clear()
        self._has_changed = False

    def _coarse_level(self, level: int) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Sorted packed keys and values of a level above the blocks, built on demand."""
        if level not in self._coarse:
            count = self.block_count
            keys = pack_cells(unpack_blocks(self._store.block_keys[:count]) >> (level - 3))
            order = np.argsort(keys, kind="stable")
            unique, starts = np.unique(keys[order], return_index=True)
            values = self._summaries.max_8[:count][order]
            most = np.maximum.reduceat(values, starts) if count else values
            self._coarse[level] = unique, most
        return self._coarse[level]


def unpack_blocks(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N, 3) block coordinates of packed keys."""
    x, y, z = keys >> 42, (keys >> 21) & blocks.AXIS_MASK, keys & blocks.AXIS_MASK
    return np.stack([x, y, z], axis=1) - blocks.AXIS_OFFSET


def pack_cells(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Packed keys of (N, 3) cell coordinates; cells out of reach share key -1."""
    shifted = cells + blocks.AXIS_OFFSET
    is_inside = ((shifted >= 0) & (shifted <= blocks.AXIS_MASK)).all(axis=1)
    keys = (shifted[:, 0] << 42) | (shifted[:, 1] << 21) | shifted[:, 2]
    packed: NDArray[np.int64] = np.where(is_inside, keys, -1)
    return packed
