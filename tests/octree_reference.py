"""Slow, plain references that the octree is held against, and analytic depth images."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from embodied_mem.core import DepthImage
from embodied_mem.geometry import CameraIntrinsics
from embodied_mem.spatial.octree import OccupancyOctree

Cell = tuple[int, int, int]
HIT, MISS, LOW, HIGH = 17, -8, -40, 70
"""The default sensor model in steps of 0.05."""
ROOM = (np.array([-2.0, -1.5, 0.0]), np.array([2.01, 1.52, 2.43]))


def cell_of(point: np.ndarray) -> Cell:
    x, y, z = (math.floor(v) for v in point)
    return (x, y, z)


def crossed_cells(start: np.ndarray, end: np.ndarray) -> list[Cell]:
    """Cells of the segment from `start` to `end` (in voxels), without the last (Amanatides, Woo)."""
    cell, last = list(cell_of(start)), cell_of(end)
    direction = end - start
    step = [1 if d > 0 else -1 for d in direction]
    t_step = [abs(1 / d) if d else math.inf for d in direction]
    t_next = [
        ((cell[a] + 1 - start[a]) if direction[a] > 0 else (start[a] - cell[a])) * t_step[a]
        if direction[a]
        else math.inf
        for a in range(3)
    ]
    crossed = []
    for _ in range(sum(abs(last[a] - cell[a]) for a in range(3))):
        crossed.append((cell[0], cell[1], cell[2]))
        a = int(np.argmin(t_next))
        cell[a] += step[a]
        t_next[a] += t_step[a]
    return crossed


class ReferenceMap:
    """A dict of voxels with OctoMap's scan semantics, in the octree's log-odds steps."""

    def __init__(self, resolution_m: float, max_range_m: float) -> None:
        self.resolution_m, self.max_range_m = resolution_m, max_range_m
        self.steps: dict[Cell, int] = {}

    def insert(self, points: np.ndarray, origin: np.ndarray, *, discretize: bool) -> None:
        inverse = 1.0 / self.resolution_m
        if discretize:
            points = (np.floor(points * inverse) + 0.5) * self.resolution_m
        distance = np.linalg.norm(points - origin, axis=1)
        hits = {cell_of(p * inverse) for p in points[distance <= self.max_range_m]}
        targets = [np.array(cell) + 0.5 for cell in hits] if discretize else []
        for point, range_m in zip(points, distance, strict=True):
            if range_m > self.max_range_m:
                targets.append((origin + (point - origin) * (self.max_range_m / range_m)) * inverse)
            elif not discretize:
                targets.append(point * inverse)
        misses = {cell for t in targets for cell in crossed_cells(origin * inverse, t)} - hits
        for cell in misses:
            self.steps[cell] = max(self.steps.get(cell, 0) + MISS, LOW)
        for cell in hits:
            self.steps[cell] = min(self.steps.get(cell, 0) + HIT, HIGH)

    def at_level(self, level: int) -> dict[Cell, int]:
        coarse: dict[Cell, int] = {}
        for (x, y, z), value in self.steps.items():
            key = (x >> level, y >> level, z >> level)
            coarse[key] = max(coarse.get(key, -999), value)
        return coarse


def cells_of(octree: OccupancyOctree, centers: np.ndarray) -> list[Cell]:
    rows = np.floor(centers / octree.resolution_m).astype(int).tolist()
    return [(x, y, z) for x, y, z in rows]


def steps_of(octree: OccupancyOctree) -> dict[Cell, int]:
    """Everything the octree knows, as a dict like `ReferenceMap.steps`."""
    known = octree.known()
    values = np.rint(known.log_odds / 0.05).astype(int).tolist()
    return dict(zip(cells_of(octree, known.centers), values, strict=True))


def room_depth_m(
    world_from_camera: np.ndarray,
    camera: CameraIntrinsics,
    boxes: Iterable[tuple[np.ndarray, np.ndarray]] = (),
) -> np.ndarray:
    """(H, W) exact depth inside ROOM, with optional solid boxes in it."""
    u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    rays = np.stack(
        [(u - camera.cx_px) / camera.fx_px, (v - camera.cy_px) / camera.fy_px, np.ones(u.shape)], -1
    )
    directions = rays @ world_from_camera[:3, :3].T
    directions[directions == 0] = 1e-12
    eye = world_from_camera[:3, 3]
    depth = np.maximum((ROOM[0] - eye) / directions, (ROOM[1] - eye) / directions).min(axis=-1)
    for low, high in boxes:
        first, second = (low - eye) / directions, (high - eye) / directions
        enter = np.minimum(first, second).max(axis=-1)
        leave = np.maximum(first, second).min(axis=-1)
        is_hit = (enter <= leave) & (enter > 0)
        depth = np.where(is_hit, np.minimum(depth, enter), depth)
    return np.asarray(depth)


def room_image(
    world_from_camera: np.ndarray,
    camera: CameraIntrinsics,
    boxes: Iterable[tuple[np.ndarray, np.ndarray]] = (),
) -> DepthImage:
    return DepthImage.from_metres(room_depth_m(world_from_camera, camera, boxes), unit_m=0.0005)


def image_points(
    depth: DepthImage, camera: CameraIntrinsics, world_from_camera: np.ndarray
) -> np.ndarray:
    """(N, 3) world points of an image, in float64."""
    z = depth.raw * np.float64(depth.unit_m)
    v, u = np.nonzero(z)
    rays = np.stack([(u - camera.cx_px) / camera.fx_px, (v - camera.cy_px) / camera.fy_px], -1)
    points = np.column_stack([rays * z[v, u][:, None], z[v, u]])
    return np.asarray(points @ world_from_camera[:3, :3].T + world_from_camera[:3, 3])
