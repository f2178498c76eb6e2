"""What a depth camera adds: noise that grows with distance, holes and flying pixels at edges.

Axial noise grows with the square of depth, as triangulation makes it (Nguyen, Izadi and Lovell,
"Modeling Kinect Sensor Noise", 3DIMPVT 2012).
"""

from __future__ import annotations

import numpy as np
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
    other = farthest_neighbour(depth_m)
    is_edge = np.abs(other - depth_m) > _EDGE_SHARE * np.minimum(other, depth_m)
    chance = rng.random(depth_m.shape, np.float32)
    share = rng.random(depth_m.shape, np.float32)
    is_flying = is_edge & (chance < noise.edge_flying)
    noisy = np.where(is_flying, depth_m + share * (other - depth_m), depth_m)
    axial = rng.standard_normal(depth_m.shape, np.float32) * np.float32(noise.axial_m)
    noisy += axial * noisy * noisy
    is_lost = is_edge & (chance > 1 - noise.edge_dropout)
    is_lost |= rng.random(depth_m.shape, np.float32) < noise.dropout
    is_lost |= (noisy > noise.range_m) | (noisy < 0.05) | (depth_m <= 0)
    return np.asarray(np.where(is_lost, np.float32(0.0), noisy), np.float32)


def farthest_neighbour(depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of the four neighbours of each pixel, the depth that differs most from its own."""
    padded = np.pad(depth_m, 1, mode="edge")
    sides = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    best = depth_m.copy()
    gap = np.zeros_like(depth_m)
    for side in sides:
        difference = np.where(side > 0, np.abs(side - depth_m), np.float32(0.0))
        is_larger = difference > gap
        best[is_larger] = side[is_larger]
        gap[is_larger] = difference[is_larger]
    return best
