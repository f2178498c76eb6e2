"""Which parts of a scene a camera can see at all: the image's frustum, and windows through doors.

A house is rooms joined by doors. From inside one, another room is seen only through the doorways
on the way, so each room has a rectangle of the image outside of which nothing of it is drawn
(cells and portals: Luebke and Georges, "Portals and Mirrors", I3D 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...geometry import CameraIntrinsics, Transform
from .raster import NEAR_M
from .world import Door, House

Rectangle = tuple[float, float, float, float]
"""(u_min, v_min, u_max, v_max) in pixels."""

EVERYWHERE = np.uint64(0xFFFFFFFFFFFFFFFF)
"""Room bits of what belongs to no room in particular: it is culled by the image's frustum alone."""

_SLACK_PX = 1.0
_MAX_ROOMS = 63


@dataclass(frozen=True)
class Windows:
    """What is open to the camera: for each, the rooms it shows and its five frustum planes."""

    room_bits: NDArray[np.uint64]
    """(K,)"""
    planes: NDArray[np.float64]
    """(K, 5, 4) n, d in the world; inside is n . p + d >= 0."""


def whole_image(world_from_camera: Transform, intrinsics: CameraIntrinsics) -> Windows:
    """One window for everything."""
    planes = _planes(world_from_camera, intrinsics, _image(intrinsics))
    return Windows(np.array([EVERYWHERE]), planes[None])


class RoomWindows:
    """The doorways of one house. Houses of more than 63 rooms or one storey are not divided."""

    def __init__(self, house: House) -> None:
        rooms = house.rooms
        self._is_divided = 1 < len(rooms) <= _MAX_ROOMS and not any(r.storey for r in rooms)
        self._thickness_m = house.wall_thickness_m
        self._rectangles = [room.rectangles for room in rooms]
        index = {room.room_id: i for i, room in enumerate(rooms)}
        self._portals = [
            (index[d.room_ids[0]], index[d.room_ids[1]], _corners(d)) for d in house.doors
        ]
        self._doors = [
            (index[d.room_ids[0]], index[d.room_ids[1]], _tunnel(d, 0.51 * house.wall_thickness_m))
            for d in house.doors
        ]

    def room_bits(self, bounds: NDArray[np.float64]) -> NDArray[np.uint64]:
        """(N,) the rooms, walls included, that (N, 6) boxes touch; none means everywhere."""
        if not self._is_divided:
            return np.full(len(bounds), EVERYWHERE)
        bits = np.zeros(len(bounds), np.uint64)
        reach_m = 1.05 * self._thickness_m + 0.01
        for i, rectangles in enumerate(self._rectangles):
            for x_min, y_min, x_max, y_max in rectangles:
                touches = (bounds[:, 0] <= x_max + reach_m) & (bounds[:, 3] >= x_min - reach_m)
                touches &= (bounds[:, 1] <= y_max + reach_m) & (bounds[:, 4] >= y_min - reach_m)
                bits[touches] |= np.uint64(1 << i)
        bits[bits == 0] = EVERYWHERE
        return bits

    def seen(self, world_from_camera: Transform, intrinsics: CameraIntrinsics) -> Windows:
        """The windows of a camera; the whole image if it stands in no room."""
        x, y = float(world_from_camera[0, 3]), float(world_from_camera[1, 3])
        views = dict.fromkeys(self._rooms_at(x, y), _image(intrinsics))
        if not views:
            return whole_image(world_from_camera, intrinsics)
        self._spread(views, world_from_camera, intrinsics)
        image = _planes(world_from_camera, intrinsics, _image(intrinsics))
        bits, planes = [1 << _MAX_ROOMS], [image]
        for room, rectangle in views.items():
            bits.append(1 << room)
            planes.append(_planes(world_from_camera, intrinsics, rectangle))
        return Windows(np.array(bits, np.uint64), np.stack(planes))

    def _rooms_at(self, x: float, y: float) -> list[int]:
        if not self._is_divided:
            return []
        found = [
            i
            for i, rectangles in enumerate(self._rectangles)
            if any(a <= x <= c and b <= y <= d for a, b, c, d in rectangles)
        ]
        for first, second, (a, b, c, d) in self._doors:
            if a <= x <= c and b <= y <= d:
                found += [first, second]
        return found

    def _spread(
        self, views: dict[int, Rectangle], pose: Transform, intrinsics: CameraIntrinsics
    ) -> None:
        """Grow `views`, room -> rectangle, through the doorways until nothing new is seen."""
        doorways = [
            (first, second, rectangle)
            for first, second, corners in self._portals
            if (rectangle := _projected(corners, pose, intrinsics)) is not None
        ]
        is_growing = True
        while is_growing:
            is_growing = False
            for first, second, doorway in doorways:
                for here, there in ((first, second), (second, first)):
                    seen = _intersection(views.get(here), doorway)
                    grown = _union(views.get(there), seen)
                    if grown != views.get(there) and grown is not None:
                        views[there], is_growing = grown, True


def _image(intrinsics: CameraIntrinsics) -> Rectangle:
    return (-0.5, -0.5, intrinsics.width_px - 0.5, intrinsics.height_px - 0.5)


def _tunnel(door: Door, half_depth_m: float) -> Rectangle:
    """(x_min, y_min, x_max, y_max) of the doorway within the wall, metres."""
    x, y = door.center
    half_x, half_y = door.width_m / 2, half_depth_m
    if not door.is_along_x:
        half_x, half_y = half_y, half_x
    return (x - half_x, y - half_y, x + half_x, y + half_y)


def _corners(door: Door) -> list[tuple[float, float, float]]:
    x, y = door.center
    half = door.width_m / 2
    dx, dy = (half, 0.0) if door.is_along_x else (0.0, half)
    low, high = (x - dx, y - dy), (x + dx, y + dy)
    return [(*low, 0.0), (*high, 0.0), (*high, door.height_m), (*low, door.height_m)]


def _projected(
    corners: list[tuple[float, float, float]], pose: Transform, intrinsics: CameraIntrinsics
) -> Rectangle | None:
    """Image rectangle of the part of a doorway in front of the near plane; None if it is behind."""
    in_camera = (np.array(corners) - pose[:3, 3]) @ pose[:3, :3]
    points = in_camera.tolist()
    ahead: list[tuple[float, float, float]] = []
    limit = NEAR_M * 0.5
    for k, (x, y, z) in enumerate(points):
        if z >= limit:
            ahead.append((x, y, z))
        x0, y0, z0 = points[k - 1]
        if (z >= limit) != (z0 >= limit):
            part = (limit - z0) / (z - z0)
            ahead.append((x0 + part * (x - x0), y0 + part * (y - y0), limit))
    if not ahead:
        return None
    us = [intrinsics.fx_px * x / z + intrinsics.cx_px for x, _, z in ahead]
    vs = [intrinsics.fy_px * y / z + intrinsics.cy_px for _, y, z in ahead]
    return (min(us) - _SLACK_PX, min(vs) - _SLACK_PX, max(us) + _SLACK_PX, max(vs) + _SLACK_PX)


def _intersection(a: Rectangle | None, b: Rectangle) -> Rectangle | None:
    if a is None:
        return None
    low_u, low_v = max(a[0], b[0]), max(a[1], b[1])
    high_u, high_v = min(a[2], b[2]), min(a[3], b[3])
    return (low_u, low_v, high_u, high_v) if low_u < high_u and low_v < high_v else None


def _union(a: Rectangle | None, b: Rectangle | None) -> Rectangle | None:
    if a is None or b is None:
        return a if b is None else b
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def _planes(
    world_from_camera: Transform, intrinsics: CameraIntrinsics, rectangle: Rectangle
) -> NDArray[np.float64]:
    """(5, 4) planes through the eye and the sides of an image rectangle, and the near plane."""
    fx, fy, cx, cy = intrinsics.fx_px, intrinsics.fy_px, intrinsics.cx_px, intrinsics.cy_px
    in_camera = np.array(
        [
            [fx, 0.0, cx - rectangle[0]],
            [-fx, 0.0, rectangle[2] - cx],
            [0.0, fy, cy - rectangle[1]],
            [0.0, -fy, rectangle[3] - cy],
            [0.0, 0.0, 1.0],
        ]
    )
    normals = in_camera @ world_from_camera[:3, :3].T
    offsets = -normals @ world_from_camera[:3, 3] - (0.0, 0.0, 0.0, 0.0, NEAR_M)
    return np.column_stack([normals, offsets])


@njit(cache=True, nogil=True, error_model="numpy", boundscheck=False)  # type: ignore[untyped-decorator]
def select(
    bounds: NDArray[np.float64],
    is_shown: NDArray[np.bool_],
    room_bits: NDArray[np.uint64],
    window_bits: NDArray[np.uint64],
    window_planes: NDArray[np.float64],
    is_visible: NDArray[np.bool_],
) -> None:
    """Fill `is_visible` (C,): clusters that are shown and reach into a window of one of their rooms."""
    for c in range(len(bounds)):
        is_visible[c] = False
        if not is_shown[c]:
            continue
        for w in range(len(window_bits)):
            if not (room_bits[c] & window_bits[w]):
                continue
            is_outside = False
            for k in range(5):
                farthest = window_planes[w, k, 3]
                for axis in range(3):
                    normal = window_planes[w, k, axis]
                    farthest += normal * (bounds[c, axis + 3] if normal > 0 else bounds[c, axis])
                if farthest < 0:
                    is_outside = True
                    break
            if not is_outside:
                is_visible[c] = True
                break
