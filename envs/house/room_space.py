"""The room that is left while furniture is put into a room: what is taken, what must stay free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .openings import WallPiece, wall_faces
from .world import Door, House, Point2, Point3, Room

Boxes = NDArray[np.float64]
"""(N, 6) x_min, y_min, z_min, x_max, y_max, z_max, metres in the world."""

_DOOR_ZONE_M = 0.85
_WINDOW_ZONE_M = 0.3
_REACH_M = 0.3
"""Robot radius and a margin: passages are kept this much wider on either side."""
_CELL_M = 0.05
_ACCESS_M = (0.32, 0.75)
"""How far in front of a piece a robot must be able to stand: some cell in this band."""
_SEATED_AT = ("table",)
"""A chair may stand in front of these, so that a robot need not."""
GAP_M = 0.02
_SLACK_M = 1e-6


class Pose(NamedTuple):
    """Where a piece would stand: middle of its footprint, and yaw in quarter turns from +x."""

    x: float
    y: float
    quarter: int


@dataclass(frozen=True)
class Candidates:
    """Poses that one piece could take, and what they would occupy."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    quarter: NDArray[np.int64]
    wall: NDArray[np.int64]
    """Index into the walls, -1 where it stands free."""
    end_gap_m: NDArray[np.float64]
    """Distance along the wall from the nearer end of the wall."""

    def __len__(self) -> int:
        return len(self.x)

    def at(self, index: int) -> Pose:
        return Pose(
            round(float(self.x[index]), 4),
            round(float(self.y[index]), 4),
            int(self.quarter[index]) % 4,
        )

    def chosen(self, index: NDArray[np.integer] | NDArray[np.bool_]) -> Candidates:
        """Some of them, in the order of the index."""
        return Candidates(
            self.x[index],
            self.y[index],
            self.quarter[index],
            self.wall[index],
            self.end_gap_m[index],
        )


class RoomSpace:
    """One room being furnished. Invariant: no box in `taken` overlaps another or a kept zone."""

    def __init__(self, house: House, room: Room) -> None:
        self.room = room
        self.walls: list[WallPiece] = wall_faces(room)
        self.taken: Boxes = np.zeros((0, 6))
        self.names: list[str] = []
        """Category of each taken box."""
        doors = [door for door in house.doors if room.room_id in door.room_ids]
        self.door_points: list[Point2] = [_door_point(room, door) for door in doors]
        self._rectangles = np.array(room.rectangles, np.float64)
        self._zones = np.array([_door_zone(door) for door in doors]).reshape(-1, 6)
        self._glass = _window_zones(house, room)
        self._kept: Boxes = np.zeros((0, 6))
        self._kept_for: list[str] = []
        self._access: list[tuple[float, float, float, float]] = []
        self._doorways = [_doorway(door) for door in doors]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(x_min, y_min, x_max, y_max) around the room."""
        low, high = self._rectangles[:, :2].min(axis=0), self._rectangles[:, 2:].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def middle(self) -> Point2:
        """The middle of the largest rectangle of the room."""
        sides = self._rectangles[:, 2:] - self._rectangles[:, :2]
        x0, y0, x1, y1 = self._rectangles[int(np.argmax(sides[:, 0] * sides[:, 1]))].tolist()
        return (x0 + x1) / 2, (y0 + y1) / 2

    @property
    def area_m2(self) -> float:
        sides = self._rectangles[:, 2:] - self._rectangles[:, :2]
        return float((sides[:, 0] * sides[:, 1]).sum())

    def along_walls(self, size: Point3, *, step_m: float = 0.05) -> Candidates:
        """All poses with the back flush to a wall."""
        depth, width, _ = size
        rows = []
        for number, wall in enumerate(self.walls):
            low, high = wall.low + width / 2 + GAP_M, wall.high - width / 2 - GAP_M
            if high < low:
                continue
            along = np.linspace(low, high, max(int((high - low) / step_m), 1) + 1)
            across = wall.across + wall.inward * (GAP_M + depth / 2)
            x, y = (along, across) if wall.is_along_x else (across, along)
            quarter = (1 if wall.inward > 0 else 3) if wall.is_along_x else 1 - wall.inward
            end = np.minimum(along - low, high - along)
            rows.append(
                np.stack(np.broadcast_arrays(x, y, float(quarter), float(number), end), axis=1)
            )
        return _candidates(rows)

    def standing_free(self, size: Point3, *, margin_m: float, step_m: float = 0.1) -> Candidates:
        """Poses away from the walls, in steps, facing all four ways."""
        rows = []
        for x0, y0, x1, y1 in self._rectangles.tolist():
            for quarter in range(4):
                dx, dy = _half(size, quarter)
                xs = np.arange(x0 + dx + margin_m, x1 - dx - margin_m + _SLACK_M, step_m)
                ys = np.arange(y0 + dy + margin_m, y1 - dy - margin_m + _SLACK_M, step_m)
                x, y = (a.reshape(-1) for a in np.meshgrid(xs, ys, indexing="ij"))
                rows.append(
                    np.stack([x, y, *np.full((3, len(x)), [[quarter], [-1], [0.0]])], axis=1)
                )
        return _candidates(rows)

    def at_windows(self, size: Point3, *, margin_m: float) -> Candidates:
        """Poses before the windows, in the middle of each, wherever the room's walls allow it."""
        every = self.along_walls(size)
        middle = (self._glass[:, :2] + self._glass[:, 3:5]) / 2
        best = []
        for x, y in middle.tolist():
            gap = np.hypot(every.x - x, every.y - y)
            if len(gap) and gap.min() < 0.2 + margin_m:
                best.append(int(np.argmin(gap)))
        return every.chosen(np.array(best, np.int64))

    def fitting(
        self,
        found: Candidates,
        size: Point3,
        *,
        z_m: float,
        front_m: float,
        is_solid: bool = True,
        covers_glass: bool = False,
        tucked_under: str = "",
    ) -> Candidates:
        """The candidates that overlap nothing and leave every kept zone free.

        `tucked_under` names a category that a piece may be pushed under.
        """
        boxes = footprint_boxes(found, size, z_m)
        is_fine = _within(self._rectangles, boxes)
        if is_solid:
            is_other = np.array([name != tucked_under for name in self.names], bool)
            if not covers_glass:
                is_fine &= ~overlaps(boxes, self._glass)
            is_fine &= ~overlaps(boxes, self.taken[is_other], gap_m=GAP_M / 2)
            is_fine &= ~overlaps(boxes, self._zones)
            is_other = np.array([name != tucked_under for name in self._kept_for], bool)
            is_fine &= ~overlaps(boxes, self._kept[is_other])
        if front_m > 0:
            front = front_boxes(found, size, front_m)
            is_fine &= _within(self._rectangles, front)
            is_fine &= ~overlaps(front, self.taken)
        return found.chosen(is_fine)

    def take(self, pose: Pose, size: Point3, *, z_m: float, front_m: float, category: str) -> None:
        """Put a piece there and keep its front free."""
        one = _candidates([np.array([[pose.x, pose.y, float(pose.quarter), -1.0, 0.0]])])
        box = footprint_boxes(one, size, z_m)
        self.taken = np.concatenate([self.taken, box])
        self.names.append(category)
        if front_m > 0:
            self._kept = np.concatenate([self._kept, front_boxes(one, size, front_m)])
            self._kept_for.append(category)
            if category not in _SEATED_AT:
                low, high = _ACCESS_M
                near = front_boxes(one, size, low)[0]
                far = front_boxes(one, size, high)[0]
                self._access.append(_difference(near, far, pose.quarter))

    def try_take(
        self, pose: Pose, size: Point3, *, z_m: float, front_m: float, category: str
    ) -> bool:
        """Take the place unless a robot could then no longer get to every door and every front."""
        before = (self.taken, self._kept, list(self._access), list(self._kept_for))
        self.take(pose, size, z_m=z_m, front_m=front_m, category=category)
        if self.is_passable():
            return True
        self.taken, self._kept, self._access, self._kept_for = before
        self.names.pop()
        return False

    def is_passable(self) -> bool:
        """Whether a robot gets from every door to every other and to all fronts."""
        labels, low = self._labels()
        names = []
        for x, y in self.door_points:
            names.append({int(labels[_cell(x - low[0]), _cell(y - low[1])])} - {0})
        for x0, y0, x1, y1 in self._access:
            part = labels[
                max(_cell(x0 - low[0]), 0) : _cell(x1 - low[0]) + 1,
                max(_cell(y0 - low[1]), 0) : _cell(y1 - low[1]) + 1,
            ]
            names.append(set(np.unique(part).tolist()) - {0})
        if not all(names):
            return False
        return not names or bool(set.intersection(*names))

    def _labels(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Connected free floor for the robot's middle, and the corner of the grid."""
        low = self._rectangles[:, :2].min(axis=0) - 0.5
        high = self._rectangles[:, 2:].max(axis=0) + 0.5
        shape = np.ceil((high - low) / _CELL_M).astype(int)
        is_wall = np.ones(shape, np.uint8)
        for x0, y0, x1, y1 in [*self._rectangles.tolist(), *self._doorways]:
            _fill(is_wall, low, (x0, y0, x1, y1), 0)
        kernel = np.ones((2 * round(_REACH_M / _CELL_M) + 1,) * 2, np.uint8)
        is_free = 1 - cv2.dilate(is_wall, kernel)
        for x0, y0, z0, x1, y1, z1 in self.taken.tolist():
            if z0 < 1.41 and z1 > 0.03:
                reach = _REACH_M
                _fill(is_free, low, (x0 - reach, y0 - reach, x1 + reach, y1 + reach), 0)
        _, labels = cv2.connectedComponents(is_free.astype(np.uint8), connectivity=4)
        return np.asarray(labels, np.int32), low


def overlaps(boxes: Boxes, others: Boxes, *, gap_m: float = 0.0) -> NDArray[np.bool_]:
    """(N,) whether a box overlaps any of the others, or is nearer than `gap_m` beside it."""
    a, b = boxes[:, None], others[None]
    meets = (a[..., :2] < b[..., 3:5] + gap_m - _SLACK_M) & (
        b[..., :2] < a[..., 3:5] + gap_m - _SLACK_M
    )
    high = (a[..., 2] < b[..., 5] - _SLACK_M) & (b[..., 2] < a[..., 5] - _SLACK_M)
    return np.asarray((meets.all(axis=2) & high).any(axis=1))


def footprint_boxes(found: Candidates, size: Point3, z_m: float) -> Boxes:
    """(N, 6) what a piece of `size` (depth, width, height) occupies at each pose."""
    is_across = found.quarter % 2 == 1
    dx = np.where(is_across, size[1], size[0]) / 2
    dy = np.where(is_across, size[0], size[1]) / 2
    low, high = np.full(len(found), z_m), np.full(len(found), z_m + size[2])
    return np.stack([found.x - dx, found.y - dy, low, found.x + dx, found.y + dy, high], axis=1)


def front_boxes(found: Candidates, size: Point3, front_m: float) -> Boxes:
    """(N, 6) the floor in front of each pose, as wide as the piece and 1.4 m high."""
    ahead = size[0] / 2 + front_m / 2
    dx = np.array([1, 0, -1, 0])[found.quarter % 4]
    dy = np.array([0, 1, 0, -1])[found.quarter % 4]
    shifted = Candidates(
        found.x + dx * ahead, found.y + dy * ahead, found.quarter, found.wall, found.end_gap_m
    )
    return footprint_boxes(shifted, (front_m, size[1], 1.4), 0.0)


def _candidates(rows: list[NDArray[np.float64]]) -> Candidates:
    table = np.concatenate([np.zeros((0, 5)), *rows])
    whole = np.rint(table[:, 2:4]).astype(np.int64)
    return Candidates(table[:, 0], table[:, 1], whole[:, 0], whole[:, 1], table[:, 4])


def _within(rectangles: NDArray[np.float64], boxes: Boxes) -> NDArray[np.bool_]:
    """(N,) whether boxes lie in the union of rectangles that do not overlap each other."""
    a, b = boxes[:, None], rectangles[None]
    dx = np.minimum(a[..., 3], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    dy = np.minimum(a[..., 4], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    covered = (dx.clip(0) * dy.clip(0)).sum(axis=1)
    area = (boxes[:, 3] - boxes[:, 0]) * (boxes[:, 4] - boxes[:, 1])
    return np.asarray(covered >= area - 1e-5)


def _half(size: Point3, quarter: int) -> Point2:
    return (size[1] / 2, size[0] / 2) if quarter % 2 else (size[0] / 2, size[1] / 2)


def _difference(
    near: NDArray[np.float64], far: NDArray[np.float64], quarter: int
) -> tuple[float, float, float, float]:
    """The part of the far front box beyond the near one, as (x_min, y_min, x_max, y_max)."""
    x0, y0, x1, y1 = float(far[0]), float(far[1]), float(far[3]), float(far[4])
    if quarter == 0:
        x0 = float(near[3])
    elif quarter == 1:
        y0 = float(near[4])
    elif quarter == 2:
        x1 = float(near[0])
    else:
        y1 = float(near[1])
    return x0, y0, x1, y1


def _cell(distance_m: float) -> int:
    return int(np.floor(distance_m / _CELL_M + 1e-9))


def _fill(
    grid: NDArray[np.uint8],
    low: NDArray[np.float64],
    rectangle: tuple[float, float, float, float],
    value: int,
) -> None:
    x0, y0, x1, y1 = rectangle
    i0, j0 = max(_cell(x0 - low[0]), 0), max(_cell(y0 - low[1]), 0)
    grid[i0 : max(_cell(x1 - low[0]), 0) + 1, j0 : max(_cell(y1 - low[1]), 0) + 1] = value


def _door_point(room: Room, door: Door) -> Point2:
    """Half a metre inside the room in front of a door."""
    x, y = door.center
    for step in (0.42, -0.42):
        point = (x, y + step) if door.is_along_x else (x + step, y)
        if any(a <= point[0] <= c and b <= point[1] <= d for a, b, c, d in room.rectangles):
            return point
    return x, y


def _door_zone(door: Door) -> list[float]:
    x, y = door.center
    half, deep = door.width_m / 2 + 0.06, _DOOR_ZONE_M
    dx, dy = (half, deep) if door.is_along_x else (deep, half)
    return [x - dx, y - dy, 0.0, x + dx, y + dy, door.height_m]


def _doorway(door: Door) -> list[float]:
    x, y = door.center
    half, deep = door.width_m / 2, 0.5
    dx, dy = (half, deep) if door.is_along_x else (deep, half)
    return [x - dx, y - dy, x + dx, y + dy]


def _window_zones(house: House, room: Room) -> Boxes:
    rows = []
    for window in house.windows:
        if window.room_id == room.room_id:
            x, y, z = window.center
            half, deep = window.width_m / 2, _WINDOW_ZONE_M
            dx, dy = (half, deep) if window.is_along_x else (deep, half)
            tall = window.height_m / 2
            rows.append([x - dx, y - dy, z - tall, x + dx, y + dy, z + tall])
    return np.array(rows, np.float64).reshape(-1, 6)
