"""OctoMap's files: `.bt` (occupied or free) and `.ot` (log-odds), pruned as OctoMap does.

Format as OctoMap 1.10 writes and reads it (AbstractOcTree::write, OccupancyOcTreeBase::writeBinaryData):
a text header, then the nodes depth first, children in Morton order (x lowest). Our blocks are nodes three
levels above the voxels. The tree is built level by level from below with whole arrays, and laid out from
the root down: a node's place is its parent's plus the bytes of the siblings before it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .export_file import check_suffix, replaced_when_complete
from .octree import OccupancyOctree

TREE_DEPTH = 16
"""Fixed in OctoMap: 2^16 voxels along each axis, the origin in the middle."""
BLOCK_LEVEL = 3
_BLOCK_REACH = 1 << (TREE_DEPTH - BLOCK_LEVEL - 1)
_FREE_ZERO = -np.finfo(np.float32).tiny
"""Log-odds 0 is free here and occupied in OctoMap (`>=`): it is written as the next thing to 0."""
_OCCUPIED, _FREE = np.float32(1), np.float32(-1)


@dataclass(frozen=True)
class _Level:
    """The nodes of one tree level, in Morton order."""

    codes: NDArray[np.int64]
    """(N,) Morton codes in units of the level's cells, ascending."""
    values: NDArray[np.float32]
    """(N,) log-odds; the largest below, for an inner node."""
    child_mask: NDArray[np.uint8]
    """(N,) bit i for child i; 0 for a leaf."""

    def kept(self, is_kept: NDArray[np.bool_]) -> _Level:
        return _Level(self.codes[is_kept], self.values[is_kept], self.child_mask[is_kept])


def write_octomap(path: str | os.PathLike[str], octree: OccupancyOctree) -> None:
    """Write the map for OctoMap: `.bt` keeps the class of each known voxel, `.ot` its log-odds.

    A file of the same name is replaced when the new one is complete.

    Raises:
        InputError: another suffix, an empty map, a map beyond +-32768 voxels, or an unwritable path.
    """
    target = check_suffix(path, (".bt", ".ot"))
    is_binary = target.suffix.lower() == ".bt"
    levels = _build_levels(octree, is_binary)
    body = _binary_nodes(levels) if is_binary else _full_nodes(levels)
    kind = "OcTree binary file" if is_binary else "OcTree file"
    header = (
        f"# Octomap {kind}\n"
        "# (feel free to add / change comments, but leave the first line as it is!)\n#\n"
        f"id OcTree\nsize {sum(len(level.codes) for level in levels)}\n"
        f"res {octree.resolution_m!r}\ndata\n"
    )
    with replaced_when_complete(target) as file:
        file.write(header.encode())
        file.write(body.data)


def _build_levels(octree: OccupancyOctree, is_binary: bool) -> list[_Level]:
    """Levels 0 (voxels) to 16 (the root), pruned."""
    content = octree.known_blocks()
    leaf_codes = _block_codes(content.leaf_cells, octree.resolution_m)
    uniform_codes = _block_codes(content.uniform_cells, octree.resolution_m)
    if len(leaf_codes) + len(uniform_codes) == 0:
        raise InputError("the map is empty: there is nothing to export; integrate a frame first")
    order = np.argsort(leaf_codes)
    values = content.leaf_log_odds[order][:, _linear_of_morton()]
    codes = (leaf_codes[order][:, None] << 9) | np.arange(512)
    is_known = ~np.isnan(values)
    level = _leaves(codes[is_known], _as_written(values[is_known], is_binary))
    uniform = _leaves(uniform_codes, _as_written(content.uniform_log_odds, is_binary))
    levels = []
    for height in range(1, TREE_DEPTH + 1):
        children, level = _parents_of(level)
        levels.append(children)
        if height == BLOCK_LEVEL:
            level = _merged(level, uniform)
    return [*levels, level]


def _block_codes(cells: NDArray[np.int64], resolution_m: float) -> NDArray[np.int64]:
    """Morton codes of (N, 3) block coordinates, 13 bits an axis."""
    if cells.size and not (cells.min() >= -_BLOCK_REACH and cells.max() < _BLOCK_REACH):
        reach_m = 8 * _BLOCK_REACH * resolution_m
        low_m, high_m = 8 * cells.min() * resolution_m, 8 * (cells.max() + 1) * resolution_m
        raise InputError(
            f"OctoMap's tree of depth {TREE_DEPTH} reaches +-{reach_m:g} m at {resolution_m:g} m voxels, "
            f"the map's coordinates go from {low_m:g} to {high_m:g} m; subtract an origin from the poses "
            "or map with larger voxels"
        )
    code = np.zeros(len(cells), np.int64)
    shifted = cells + _BLOCK_REACH
    for bit in range(TREE_DEPTH - BLOCK_LEVEL):
        for axis in range(3):
            code |= ((shifted[:, axis] >> bit) & 1) << (3 * bit + axis)
    return code


def _linear_of_morton() -> NDArray[np.int64]:
    """(512,) our index inside a block (z << 6 | y << 3 | x) of each Morton code."""
    code = np.arange(512)
    linear = np.zeros(512, np.int64)
    for bit in range(3):
        for axis in range(3):
            linear |= ((code >> (3 * bit + axis)) & 1) << (3 * axis + bit)
    return linear


def _as_written(log_odds: NDArray[np.float32], is_binary: bool) -> NDArray[np.float32]:
    if is_binary:
        return np.where(log_odds > 0, _OCCUPIED, _FREE)
    return np.where(log_odds == 0, _FREE_ZERO, log_odds).astype(np.float32)


def _leaves(codes: NDArray[np.int64], values: NDArray[np.float32]) -> _Level:
    return _Level(codes, values, np.zeros(len(codes), np.uint8))


def _merged(first: _Level, second: _Level) -> _Level:
    codes = np.concatenate([first.codes, second.codes])
    order = np.argsort(codes)
    return _Level(
        codes[order],
        np.concatenate([first.values, second.values])[order],
        np.concatenate([first.child_mask, second.child_mask])[order],
    )


def _parents_of(level: _Level) -> tuple[_Level, _Level]:
    """The level without the children that were pruned, and the level above it."""
    if len(level.codes) == 0:
        return level, level
    codes, starts, group = np.unique(level.codes >> 3, return_index=True, return_inverse=True)
    child_mask = np.bitwise_or.reduceat(np.uint8(1) << (level.codes & 7).astype(np.uint8), starts)
    most = np.maximum.reduceat(level.values, starts)
    is_pruned = (
        (child_mask == 255)
        & (np.minimum.reduceat(level.values, starts) == most)
        & (np.maximum.reduceat(level.child_mask, starts) == 0)
    )
    parents = _Level(codes, most, np.where(is_pruned, np.uint8(0), child_mask))
    return level.kept(~is_pruned[group]), parents


def _full_nodes(levels: Sequence[_Level]) -> NDArray[np.uint8]:
    """`.ot`: every node is its float32 log-odds and a byte with a bit for each child."""
    places, byte_count = _layout(levels, [np.full(len(level.codes), 5) for level in levels])
    out = np.zeros(byte_count, np.uint8)
    for level, place in zip(levels, places, strict=True):
        node = np.empty((len(place), 5), np.uint8)
        node[:, :4] = level.values.astype("<f4").view(np.uint8).reshape(-1, 4)
        node[:, 4] = level.child_mask
        out[place[:, None] + np.arange(5)] = node
    return out


def _binary_nodes(levels: Sequence[_Level]) -> NDArray[np.uint8]:
    """`.bt`: an inner node is 16 bits, two for each child: 0 unknown, 1 free, 2 occupied, 3 inner."""
    heads = [np.where(level.child_mask != 0, 2, 0) for level in levels]
    places, byte_count = _layout(levels, heads)
    out = np.zeros(byte_count, np.uint8)
    for children, parents, place in zip(levels[:-1], levels[1:], places[1:], strict=True):
        if len(children.codes) == 0:
            continue
        kind = np.where(children.child_mask != 0, 3, np.where(children.values > 0, 2, 1))
        owner, starts = np.unique(children.codes >> 3, return_index=True)
        word = np.bitwise_or.reduceat(kind << (2 * (children.codes & 7)), starts)
        at = place[np.searchsorted(parents.codes, owner)]
        out[at] = word & 255
        out[at + 1] = word >> 8
    return out


def _layout(
    levels: Sequence[_Level], heads: Sequence[NDArray[np.int64]]
) -> tuple[list[NDArray[np.int64]], int]:
    """Byte offset of every node, depth first, given the bytes of each node itself; and the total."""
    parent_of = [
        np.searchsorted(above.codes, level.codes >> 3) for level, above in pairwise(levels)
    ]
    sizes = [heads[0].astype(np.int64)]
    for parent, head in zip(parent_of, heads[1:], strict=True):
        below = np.bincount(parent, weights=sizes[-1], minlength=len(head))
        sizes.append(head + below.astype(np.int64))
    places = [np.zeros(1, np.int64)]
    for level in range(TREE_DEPTH - 1, -1, -1):
        parent, size = parent_of[level], sizes[level]
        before = np.cumsum(size) - size
        first = np.searchsorted(parent, np.arange(len(levels[level + 1].codes)))
        place_of_children = places[-1] + heads[level + 1]
        places.append(place_of_children[parent] + before - before[first[parent]])
    return places[::-1], int(sizes[-1][0])
