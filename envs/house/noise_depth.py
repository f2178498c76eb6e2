"""What a depth camera adds: noise that grows with distance, holes and flying pixels at edges.

Axial noise grows with the square of depth, as triangulation makes it (Nguyen, Izadi and Lovell,
"Modeling Kinect Sensor Noise", 3DIMPVT 2012).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .noise import DepthNoise

_EDGE_SHARE = 0.05
"""A step in depth of more than this share between neighbours is an edge."""


def with_depth_noise(
    depth_m: NDArray[np.float32], noise: DepthNoise, rng: np.random.Generator
) -> NDArray[np.float32]:
    """(H, W) float32 metres as the camera reports them; the same array if the noise is off."""
    if noise == DepthNoise():
        return depth_m
    normal = rng.standard_normal(depth_m.shape, np.float32)
    bits = rng.integers(0, 1 << 64, depth_m.shape, np.uint64)
    levels = (noise.axial_m, noise.edge_dropout, noise.edge_flying, noise.dropout, noise.range_m)
    noisy = np.empty_like(depth_m)
    _degrade(depth_m, normal, bits, np.array(levels, np.float32), noisy)
    return noisy


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _degrade(
    depth_m: NDArray[np.float32],
    normal: NDArray[np.float32],
    bits: NDArray[np.uint64],
    levels: NDArray[np.float32],
    noisy: NDArray[np.float32],
) -> None:
    """Each pixel from its depth, its four neighbours, a normal draw and three uniform ones.

    At an edge the neighbour that differs most decides what a flying pixel lies between. `bits` hold
    draws of 16 bits: the pixel's fate at an edge, its place in flight, a random hole.
    """
    axial, edge_dropout, edge_flying, dropout, range_m = levels
    height, width = depth_m.shape
    unit = np.float32(1 / 65536)
    for v in range(height):
        for u in range(width):
            here = depth_m[v, u]
            other, gap = here, np.float32(0.0)
            for side in range(4):
                row = min(max(v + (side == 0) - (side == 1), 0), height - 1)
                column = min(max(u + (side == 2) - (side == 3), 0), width - 1)
                there = depth_m[row, column]
                if there > 0 and abs(there - here) > gap:
                    other, gap = there, abs(there - here)
            draw = bits[v, u]
            fate = np.float32(draw & np.uint64(0xFFFF)) * unit
            place = np.float32((draw >> np.uint64(16)) & np.uint64(0xFFFF)) * unit
            hole = np.float32((draw >> np.uint64(32)) & np.uint64(0xFFFF)) * unit
            value, is_lost = here, here <= 0 or hole < dropout
            if gap > np.float32(_EDGE_SHARE) * min(here, other):
                is_lost |= fate >= 1 - edge_dropout
                if fate < edge_flying:
                    value = here + place * (other - here)
            value += normal[v, u] * axial * value * value
            is_lost |= value > range_m or value < np.float32(0.05)
            noisy[v, u] = np.float32(0.0) if is_lost else value
