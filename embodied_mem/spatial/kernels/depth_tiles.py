"""Per-frame preparation of a depth image: a max-depth pyramid and 16x16 tile bounds."""

from __future__ import annotations

import numpy as np
from numba import njit

from .blocks import KERNEL

TILE = 16
PYRAMID_LEVELS = 5
"""Cells of 1, 2, 4, 8 and 16 pixels."""


def pyramid_layout(height: int, width: int) -> np.ndarray:
    """(PYRAMID_LEVELS, 3) int64 rows (offset, cell rows, cell columns); a zero border surrounds each."""
    rows = np.zeros((PYRAMID_LEVELS, 3), np.int64)
    offset = 0
    for level in range(PYRAMID_LEVELS):
        cell = 1 << level
        h, w = -(-height // cell), -(-width // cell)
        rows[level] = offset, h, w
        offset += (h + 2) * (w + 2)
    return rows


def pyramid_size(layout: np.ndarray) -> int:
    offset, h, w = layout[-1]
    return int(offset + (h + 2) * (w + 2))


@njit(**KERNEL)
def fill_pyramid(raw, unit_m, max_range, layout, pyramid, tile_min_m, tile_has_gap):
    """Max depth in metres per cell and level (0 = no return), and the least depth per tile.

    `raw` (H, W) uint16; `pyramid` flat float32 whose borders stay zero, capped at `max_range`.
    Returns the largest depth in it.
    """
    height, width = raw.shape
    unit = np.float32(unit_m)
    cap = np.float32(max_range)
    stride0 = layout[0, 2] + 2
    row0 = np.empty(width, np.float32)
    low = np.empty(width, np.uint16)
    tile_columns = tile_min_m.shape[1]
    for ty in range(tile_min_m.shape[0]):
        y_end = min(ty * TILE + TILE, height)
        for x in range(width):
            low[x] = np.uint16(65535)
        for y in range(ty * TILE, y_end):
            base = layout[0, 0] + (y + 1) * stride0 + 1
            source = raw[y]
            for x in range(width):
                row0[x] = min(np.float32(source[x]) * unit, cap)
                low[x] = min(low[x], np.uint16(source[x] - np.uint16(1)))  # 0 wraps to 65535
            pyramid[base : base + width] = row0
        for tx in range(tile_columns):
            least = np.uint16(65535)
            for x in range(tx * TILE, min(tx * TILE + TILE, width)):
                least = min(least, low[x])
            tile_min_m[ty, tx] = (np.float32(least) + np.float32(1)) * unit
            tile_has_gap[ty, tx] = 0
    for ty in range(tile_min_m.shape[0]):
        y_end = min(ty * TILE + TILE, height)
        for x in range(width):
            low[x] = np.uint16(1)
        for y in range(ty * TILE, y_end):
            source = raw[y]
            for x in range(width):
                low[x] = min(low[x], source[x])
        for tx in range(tile_columns):
            for x in range(tx * TILE, min(tx * TILE + TILE, width)):
                if low[x] == 0:
                    tile_has_gap[ty, tx] = 1
    largest = np.float32(0)
    for level in range(1, PYRAMID_LEVELS):
        above, h, w = layout[level - 1, 0], layout[level, 1], layout[level, 2]
        above_stride = layout[level - 1, 2] + 2
        stride = w + 2
        for y in range(h):
            upper = above + (2 * y + 1) * above_stride + 1
            lower = upper + above_stride
            base = layout[level, 0] + (y + 1) * stride + 1
            for x in range(w):
                # An odd last row or column reads the zero border, which never wins.
                value = max(
                    max(pyramid[upper + 2 * x], pyramid[upper + 2 * x + 1]),
                    max(pyramid[lower + 2 * x], pyramid[lower + 2 * x + 1]),
                )
                pyramid[base + x] = value
                largest = max(largest, value)
    return largest
