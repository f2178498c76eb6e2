"""Frontiers: where known free space ends and the unknown begins (Yamauchi 1997)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from ..geometry import Points
from .octree import OCCUPIED, OccupancyOctree


@dataclass(frozen=True)
class Frontier:
    """One connected border between free and unknown space."""

    position_in_world: NDArray[np.float64]
    """(3,) the frontier voxel nearest to the cluster's mean."""
    outward: NDArray[np.float64]
    """(2,) horizontal unit vector from the free side towards the unknown; zero where it has none."""
    voxel_count: int
    area_m2: float
    """Rough area of the border: its voxels times the face of a voxel."""


def find_frontiers(
    octree: OccupancyOctree,
    *,
    z_low_m: float = -math.inf,
    z_high_m: float = math.inf,
    min_area_m2: float = 0.1,
    max_extent_m: float = 1.5,
) -> list[Frontier]:
    """Clusters of frontier voxels between two heights, largest first.

    Voxels are clustered by touching columns (8 neighbours), and clusters wider than `max_extent_m` are
    cut in the middle of their longest horizontal axis until they fit: a place to go to, not the whole
    border. Clusters below `min_area_m2` are noise at the edges of views. Voxels that touch a surface do not
    count: where views graze it, carving frees a layer behind every wall, which borders on the unknown.
    """
    voxels = _in_the_open(octree, octree.frontier(z_low_m=z_low_m, z_high_m=z_high_m))
    if len(voxels) == 0:
        return []
    resolution = octree.resolution_m
    cells = np.floor(voxels[:, :2] / resolution).astype(np.int64)
    cells -= cells.min(axis=0)
    grid = np.zeros(cells.max(axis=0) + 1, np.uint8)
    grid[cells[:, 0], cells[:, 1]] = 1
    labels, cluster_count = label(grid, structure=np.ones((3, 3)))
    cluster = labels[cells[:, 0], cells[:, 1]] - 1
    outward = _outward(octree, voxels)
    order = np.argsort(cluster, kind="stable")
    ends = np.cumsum(np.bincount(cluster, minlength=cluster_count))
    min_count = min_area_m2 / resolution**2
    frontiers = [
        _frontier(voxels[members], outward[members], resolution)
        for connected in np.split(order, ends[:-1])
        if len(connected) >= min_count
        for members in _halved(voxels, connected, max_extent_m)
        if len(members) >= min_count
    ]
    return sorted(frontiers, key=lambda f: -f.voxel_count)


def _halved(
    voxels: Points, members: NDArray[np.int64], max_extent_m: float
) -> Iterator[NDArray[np.int64]]:
    """Parts of a cluster that are at most `max_extent_m` wide, cut in the middle of the longest axis."""
    points = voxels[members, :2] - voxels[members, :2].mean(axis=0)
    _, axes = np.linalg.eigh(points.T @ points)
    along = points @ axes[:, -1]
    if np.ptp(along) <= max_extent_m:
        yield members
        return
    is_low = along <= (along.min() + along.max()) / 2
    yield from _halved(voxels, members[is_low], max_extent_m)
    yield from _halved(voxels, members[~is_low], max_extent_m)


def _in_the_open(octree: OccupancyOctree, voxels: Points) -> NDArray[np.float64]:
    """Those of (N, 3) voxel centres without an occupied neighbour (of 6)."""
    steps = octree.resolution_m * np.concatenate([np.eye(3), -np.eye(3)])
    around = octree.states((voxels[:, None] + steps).reshape(-1, 3)).reshape(-1, 6)
    return np.asarray(voxels[(around != OCCUPIED).all(axis=1)], np.float64)


def _outward(octree: OccupancyOctree, voxels: Points) -> NDArray[np.float64]:
    """(N, 2) sum of the horizontal directions in which each voxel's neighbour is unknown."""
    direction = np.zeros((len(voxels), 2))
    for axis in (0, 1):
        for sign in (-1.0, 1.0):
            step = np.zeros(3)
            step[axis] = sign * octree.resolution_m
            direction[:, axis] += sign * (octree.states(voxels + step) == 0)
    return direction


def _frontier(voxels: Points, outward: NDArray[np.float64], resolution_m: float) -> Frontier:
    mean = voxels.mean(axis=0)
    nearest = voxels[int(np.argmin(((voxels - mean) ** 2).sum(axis=1)))]
    direction = outward.sum(axis=0)
    norm = float(np.linalg.norm(direction))
    return Frontier(
        nearest,
        direction / norm if norm > 1e-9 else np.zeros(2),
        len(voxels),
        len(voxels) * resolution_m**2,
    )
