"""Where a robot can stand by a piece of furniture: candidates for viewpoints, without rendering."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .navigation import NavigationMap
from .obstacles import distances_m, footprint_of
from .structure import wall_sight
from .world import Furniture

STAND_RANGE_M = (0.4, 1.2)
"""Between the robot's middle and the footprint of the piece."""
SIGHT_RANGE_M = (0.4, 1.9)
"""Between the robot's middle and an object it looks at."""
_OBJECT_RANGE_M = 0.9
_BEHIND_COST_M = 1.2
_CELLS_APART = 3


def stands_around(piece: Furniture, navigation: NavigationMap) -> NDArray[np.float64]:
    """(N, 3) x, y, yaw of reachable places by a piece, facing its middle; likely best ones first.

    They lie on the navigation grid, 15 cm apart, on the same side of the walls as the piece; those in
    front of it come first, and among them those from where it is near the middle of the image.
    """
    points = navigation.reachable_points_near(*piece.position[:2], _reach_m(piece))
    points = points[_is_thinned(points, navigation)]
    row = np.array([footprint_of(piece)])
    distance = distances_m(row, points)[0] if len(points) else np.zeros(0)
    low, high = STAND_RANGE_M
    is_near = (distance >= low) & (distance <= high)
    points, distance = points[is_near], distance[is_near]
    middle = np.array(piece.position[:2])
    is_seen = wall_sight(navigation.walls, points, middle)
    points, distance = points[is_seen], distance[is_seen]
    way = middle - points
    front = np.array([row[0, 2], row[0, 3]])
    far = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)
    turned = 1.0 + (way @ front) / far
    best_m = float(np.clip(0.9 * (1.31 - 0.8 * piece.size[2]), 0.6, 1.05))
    order = np.argsort(np.abs(distance - best_m) + _BEHIND_COST_M * turned, kind="stable")
    yaw = np.arctan2(way[:, 1], way[:, 0])
    return np.round(np.column_stack([points, yaw])[order], 4)


def stands_before(
    piece: Furniture, target: Sequence[float], navigation: NavigationMap
) -> NDArray[np.float64]:
    """(N, 3) x, y, yaw of reachable places 0.4 to 1.9 m from a point on a piece, facing it.

    No wall is between; those on the front side and about 0.9 m away come first.
    """
    goal = np.array(target[:2], np.float64)
    low, high = SIGHT_RANGE_M
    points = navigation.reachable_points_near(float(goal[0]), float(goal[1]), high)
    points = points[_is_thinned(points, navigation)]
    far = np.hypot(points[:, 0] - goal[0], points[:, 1] - goal[1])
    is_near = (far >= low) & (far <= high)
    points, far = points[is_near], far[is_near]
    is_seen = wall_sight(navigation.walls, points, goal)
    points, far = points[is_seen], far[is_seen]
    row = footprint_of(piece)
    way = goal - points
    turned = 1.0 + (way @ np.array([row[2], row[3]])) / np.maximum(far, 1e-6)
    order = np.argsort(np.abs(far - _OBJECT_RANGE_M) + 0.5 * turned, kind="stable")
    yaw = np.arctan2(way[:, 1], way[:, 0])
    return np.round(np.column_stack([points, yaw])[order], 4)


def _reach_m(piece: Furniture) -> float:
    return float(np.hypot(piece.size[0], piece.size[1])) / 2 + STAND_RANGE_M[1]


def _is_thinned(points: NDArray[np.float64], navigation: NavigationMap) -> NDArray[np.bool_]:
    """(N,) every third cell both ways."""
    cells = np.floor((points - navigation.origin) / navigation.cell_m).astype(np.int64)
    return np.asarray((cells % _CELLS_APART == 1).all(axis=1))
