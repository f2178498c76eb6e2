"""How well the rooms of a map fit the true ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...envs.house.world import House
from ...graph.regions import RegionPartition
from ...spatial.octree import OccupancyOctree
from ...spatial.routes import FREE_CELL, RobotShape, build_ground_map

MIN_SEEN_M2 = 1.0
"""True rooms of which less was seen free do not count."""


def room_ious(house: House, octree: OccupancyOctree, partition: RegionPartition) -> list[float]:
    """Of each true room, its best IoU with a found room, over the cells that a robot's ground map holds
    free."""
    ground = build_ground_map(octree, RobotShape(), floor_m=0.0)
    if ground is None:
        return []
    shape = ground.cells.shape
    xs: NDArray[np.float64] = (
        ground.origin_m[0] + (np.arange(shape[0], dtype=np.float64) + 0.5) * ground.cell_m
    )
    ys: NDArray[np.float64] = (
        ground.origin_m[1] + (np.arange(shape[1], dtype=np.float64) + 0.5) * ground.cell_m
    )
    truth = true_labels(house, xs, ys)
    is_free = ground.cells == FREE_CELL
    x, y = np.meshgrid(xs, ys, indexing="ij")
    found = partition.labels_at(np.stack([x, y, np.full(shape, 0.2)], axis=-1).reshape(-1, 3))
    found = found.reshape(shape)
    ious = []
    for index in range(len(house.rooms)):
        is_true = (truth == index) & is_free
        if is_true.sum() * ground.cell_m**2 < MIN_SEEN_M2:
            continue
        best = 0.0
        for number in range(len(partition.rooms)):
            is_found = (found == number) & is_free
            union = int((is_true | is_found).sum())
            best = max(best, int((is_true & is_found).sum()) / union if union else 0.0)
        ious.append(best)
    return ious


def true_labels(
    house: House, xs: NDArray[np.float64], ys: NDArray[np.float64]
) -> NDArray[np.int32]:
    """(X, Y) index of the true room at every cell's middle, -1 within walls, doorways, outside."""
    labels = np.full((len(xs), len(ys)), -1, np.int32)
    for index, room in enumerate(house.rooms):
        for x0, y0, x1, y1 in room.rectangles:
            is_x, is_y = (xs >= x0) & (xs <= x1), (ys >= y0) & (ys <= y1)
            labels[np.ix_(is_x, is_y)] = index
    return labels
