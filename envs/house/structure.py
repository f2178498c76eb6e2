"""Walls as boxes: what stands between the rooms of a house once doors and windows are cut out.

This holds for any `House` whose rooms are unions of axis-aligned rectangles, not only generated ones:
a wall is whatever lies within the wall thickness of a room and in no room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .world import Door, House, Room, Window

_SLACK_M = 1e-6


@dataclass(frozen=True)
class WallBox:
    """A cuboid of wall and the room whose paint it carries."""

    room_id: str
    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True)
class _Grid:
    """The plan cut along every edge: cell (i, j) lies between xs[i], xs[i + 1] and ys[j], ys[j + 1]."""

    xs: NDArray[np.float64]
    ys: NDArray[np.float64]

    @property
    def middles(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        x, y = (self.xs[1:] + self.xs[:-1]) / 2, (self.ys[1:] + self.ys[:-1]) / 2
        return x[:, None], y[None, :]


def find_room(house: House, x: float, y: float) -> Room | None:
    """The room that a point on the floor lies in; None within walls, doorways and outside."""
    for room in house.rooms:
        if any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in room.rectangles):
            return room
    return None


def wall_sight(
    walls: NDArray[np.float64], points: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(P,) whether no wall, (N, 4) rectangles from the floor up, is between points and a target."""
    ends = np.concatenate([points, target[None]])
    low, high = ends.min(axis=0), ends.max(axis=0)
    walls = walls[((walls[:, :2] < high) & (walls[:, 2:] > low)).all(axis=1)]
    if len(walls) == 0:
        return np.ones(len(points), bool)
    way = target - points
    with np.errstate(divide="ignore", invalid="ignore"):
        enter = (walls[None, :, :2] - points[:, None]) / way[:, None]
        leave = (walls[None, :, 2:] - points[:, None]) / way[:, None]
    still = (way == 0)[:, None]
    is_in = (points[:, None] > walls[None, :, :2]) & (points[:, None] < walls[None, :, 2:])
    first = np.where(still, np.where(is_in, -np.inf, np.inf), np.minimum(enter, leave)).max(axis=2)
    last = np.where(still, np.where(is_in, np.inf, -np.inf), np.maximum(enter, leave)).min(axis=2)
    return np.asarray(~((first < last) & (last > 0) & (first < 1)).any(axis=1))


def opening_rectangle(opening: Door | Window, thickness_m: float) -> tuple[float, ...]:
    """(x_min, y_min, x_max, y_max) that a door or window takes out of the wall."""
    half, deep = opening.width_m / 2, thickness_m / 2
    dx, dy = (half, deep) if opening.is_along_x else (deep, half)
    x, y = opening.center[0], opening.center[1]
    return x - dx, y - dy, x + dx, y + dy


def wall_boxes(house: House) -> tuple[WallBox, ...]:
    """The walls of a house, room by room; lintels and what lies below windows are boxes too."""
    thickness = house.wall_thickness_m
    grid = _grid(house)
    owner = _owners(house, grid)
    gaps: list[tuple[tuple[float, ...], float, float]] = [
        (opening_rectangle(door, thickness), 0.0, door.height_m) for door in house.doors
    ]
    for window in house.windows:
        middle, half = window.center[2], window.height_m / 2
        gaps.append((opening_rectangle(window, thickness), middle - half, middle + half))
    kind = np.zeros(owner.shape, np.int64)
    x, y = grid.middles
    for number, ((x0, y0, x1, y1), _, _) in enumerate(gaps):
        kind[(x > x0) & (x < x1) & (y > y0) & (y < y1)] = number + 1
    boxes = []
    for cells, value, (room_index, gap_index) in _merged(owner, kind):
        if value < 0:
            continue
        x0, x1 = grid.xs[cells[0]], grid.xs[cells[1]]
        y0, y1 = grid.ys[cells[2]], grid.ys[cells[3]]
        spans = [(0.0, house.wall_height_m)]
        if gap_index:
            _, bottom, top = gaps[gap_index - 1]
            spans = [(0.0, bottom), (top, house.wall_height_m)]
        for z0, z1 in spans:
            if z1 - z0 > _SLACK_M:
                room_id = house.rooms[room_index].room_id
                low, high = (float(x0), float(y0), z0), (float(x1), float(y1), z1)
                boxes.append(WallBox(room_id, low, high))
    return tuple(boxes)


def _grid(house: House) -> _Grid:
    """Edges of rooms, of half and whole walls around them, and of openings."""
    thickness = house.wall_thickness_m
    rectangles = np.array([r for room in house.rooms for r in room.rectangles])
    steps = np.array([-thickness, -thickness / 2, 0.0, thickness / 2, thickness])
    holes: list[Door | Window] = [*house.doors, *house.windows]
    openings = [opening_rectangle(hole, thickness) for hole in holes]
    cuts = np.array(openings, np.float64).reshape(-1, 4)
    edges = []
    for axis in (0, 1):
        walls = (rectangles[:, [axis, axis + 2]].reshape(-1)[:, None] + steps).reshape(-1)
        values = np.sort(np.concatenate([walls, cuts[:, [axis, axis + 2]].reshape(-1)]))
        keep = np.r_[True, np.diff(values) > 1e-4]
        edges.append(values[keep])
    return _Grid(edges[0], edges[1])


def _owners(house: House, grid: _Grid) -> NDArray[np.int64]:
    """(X, Y) index of the room whose wall a cell is; -1 inside rooms and outside the house."""
    x, y = grid.middles
    nearest = np.full((len(grid.xs) - 1, len(grid.ys) - 1), np.inf)
    owner = np.full(nearest.shape, -1, np.int64)
    is_inside = np.zeros(nearest.shape, bool)
    for index, room in enumerate(house.rooms):
        for x0, y0, x1, y1 in room.rectangles:
            distance = np.maximum(
                np.maximum(x0 - x, x - x1).clip(0.0), np.maximum(y0 - y, y - y1).clip(0.0)
            )
            is_inside |= distance <= 0
            is_nearer = distance < nearest - _SLACK_M
            owner[is_nearer] = index
            nearest[is_nearer] = distance[is_nearer]
    owner[is_inside | (nearest > house.wall_thickness_m)] = -1
    return owner


def _merged(
    owner: NDArray[np.int64], kind: NDArray[np.int64]
) -> Sequence[tuple[tuple[int, int, int, int], int, tuple[int, int]]]:
    """Equal cells joined into rectangles (i0, i1, j0, j1), greedily in a fixed order."""
    left = owner >= 0
    label = owner * (kind.max() + 1) + kind
    found = []
    for i in range(owner.shape[0]):
        for j in np.flatnonzero(left[i]).tolist():
            if not left[i, j]:
                continue
            value = label[i, j]
            j1 = j + 1
            while j1 < owner.shape[1] and left[i, j1] and label[i, j1] == value:
                j1 += 1
            i1 = i + 1
            while i1 < owner.shape[0] and (
                left[i1, j:j1].all() and (label[i1, j:j1] == value).all()
            ):
                i1 += 1
            left[i:i1, j:j1] = False
            found.append(((i, i1, j, j1), int(value), (int(owner[i, j]), int(kind[i, j]))))
    return found
