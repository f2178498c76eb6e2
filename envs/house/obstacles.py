"""What a robot can run into, as rectangles on the floor, and distances from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .catalog import furniture_spec
from .structure import wall_boxes
from .world import Furniture, House, Point2

ROBOT_HEIGHT_M = 1.41
_FLAT_M = 0.03

Obstacles = NDArray[np.float64]
"""(N, 6) footprints: centre x, y, cosine and sine of the yaw, half length along own x and own y."""


def obstacles_of(house: House, *, robot_height_m: float = ROBOT_HEIGHT_M) -> Obstacles:
    """Footprints of walls and of all furniture that a robot of that height can run into."""
    rows = []
    for box in wall_boxes(house):
        if box.low[2] < robot_height_m:
            (x0, y0, _), (x1, y1, _) = box.low, box.high
            rows.append(((x0 + x1) / 2, (y0 + y1) / 2, 1.0, 0.0, (x1 - x0) / 2, (y1 - y0) / 2))
    for piece in house.furniture:
        if is_obstacle(piece, robot_height_m=robot_height_m):
            rows.append(footprint_of(piece))
    return np.array(rows, np.float64).reshape(-1, 6)


def is_obstacle(piece: Furniture, *, robot_height_m: float = ROBOT_HEIGHT_M) -> bool:
    """Whether a robot of that height can run into a piece."""
    bottom, top = piece.position[2], piece.position[2] + piece.size[2]
    return furniture_spec(piece.category).is_solid and bottom < robot_height_m and top > _FLAT_M


def footprint_of(piece: Furniture) -> tuple[float, float, float, float, float, float]:
    """One row of `Obstacles`."""
    cosine, sine = round(float(np.cos(piece.yaw_rad)), 12), round(float(np.sin(piece.yaw_rad)), 12)
    x, y, _ = piece.position
    return x, y, cosine, sine, piece.size[0] / 2, piece.size[1] / 2


def distances_m(obstacles: Obstacles, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, P) distance of each of (P, 2) points from each footprint, 0 inside."""
    x = points[None, :, 0] - obstacles[:, None, 0]
    y = points[None, :, 1] - obstacles[:, None, 1]
    cosine, sine = obstacles[:, None, 2], obstacles[:, None, 3]
    u = np.abs(x * cosine + y * sine) - obstacles[:, None, 4]
    v = np.abs(y * cosine - x * sine) - obstacles[:, None, 5]
    return np.asarray(np.sqrt(u.clip(0) ** 2 + v.clip(0) ** 2))


def segment_distances_m(obstacles: Obstacles, start: Point2, end: Point2) -> NDArray[np.float64]:
    """(N,) distance of a straight segment from each footprint, 0 where they meet.

    Two convex shapes apart are closest at a corner of one of them.
    """
    ends = np.array([start, end], np.float64)
    gap = distances_m(obstacles, ends).min(axis=1)
    shift = ends[None] - obstacles[:, None, :2]
    cosine, sine = obstacles[:, None, 2], obstacles[:, None, 3]
    u = shift[..., 0] * cosine + shift[..., 1] * sine
    v = shift[..., 1] * cosine - shift[..., 0] * sine
    here, way = np.stack([u[:, 0], v[:, 0]], 1), np.stack([u[:, 1] - u[:, 0], v[:, 1] - v[:, 0]], 1)
    half = obstacles[:, 4:6]
    corners = half[:, None] * np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)], np.float64)
    length = max(float((way[0] ** 2).sum()) if len(way) else 0.0, 1e-18)
    along = (((corners - here[:, None]) * way[:, None]).sum(axis=2) / length).clip(0.0, 1.0)
    closest = here[:, None] + along[..., None] * way[:, None]
    gap = np.minimum(gap, np.sqrt(((corners - closest) ** 2).sum(axis=2)).min(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        enter, leave = (-half - here) / way, (half - here) / way
    first, last = np.minimum(enter, leave), np.maximum(enter, leave)
    is_still = way == 0
    is_within = np.abs(here) <= half
    first = np.where(is_still, np.where(is_within, -np.inf, np.inf), first).max(axis=1)
    last = np.where(is_still, np.where(is_within, np.inf, -np.inf), last).min(axis=1)
    meets = (first <= last) & (last >= 0) & (first <= 1)
    return np.asarray(np.where(meets, 0.0, gap))
