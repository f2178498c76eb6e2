"""Viewpoints: where a robot can stand and see a piece of furniture well, found by rendering.

FindingDory counts a robot as at a receptacle within 0.1 m of one of its viewpoints, turned to it to
within 90 degrees, if it fills 0.1 % of the head camera's pixels (arXiv 2506.15635, predicates).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .house_view import HouseView
from .navigation import NavigationMap
from .stands import stands_around
from .world import Furniture, House

LEAST_SHARE = 0.001
"""Of the pixels of the head camera."""
MAX_VIEWPOINTS = 10
_SAFE_SHARE = 0.0015
"""Asked of small renders, so that the full image has at least `LEAST_SHARE`."""
_APART_M = 0.3
_RENDERS_PER_PIECE = 14


def with_viewpoints(
    house: House, *, navigation: NavigationMap | None = None, view: HouseView | None = None
) -> House:
    """The same house, its receptacles with 1 to 10 viewpoints each, those that see most first."""
    navigation = NavigationMap(house) if navigation is None else navigation
    view = HouseView(house) if view is None else view
    furniture = tuple(
        replace(piece, viewpoints=viewpoints_of(piece, navigation, view))
        if piece.is_receptacle
        else piece
        for piece in house.furniture
    )
    return replace(house, furniture=furniture)


def viewpoints_of(
    piece: Furniture,
    navigation: NavigationMap,
    view: HouseView,
    *,
    max_count: int = MAX_VIEWPOINTS,
    max_renders: int = _RENDERS_PER_PIECE,
) -> tuple[tuple[float, float, float], ...]:
    """Reachable (x, y, yaw) 0.4 to 1.2 m from a piece, facing it, that see it; best first.

    Stops at `max_count` viewpoints that see it. After `max_renders` it stops as soon as there is one.
    """
    number = view.instance_id(piece.furniture_id)
    found: list[tuple[float, tuple[float, float, float]]] = []
    for count, stand in enumerate(spread_out(stands_around(piece, navigation))):
        if len(found) >= max_count or (found and count >= max_renders):
            break
        share = float(view.shares_from(stand)[number])
        if share >= _SAFE_SHARE:
            found.append((share, (float(stand[0]), float(stand[1]), float(stand[2]))))
    found.sort(key=lambda pair: -pair[0])
    return tuple(stand for _, stand in found)


def spread_out(stands: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) the same stands, those near an earlier one moved to the end."""
    first: list[int] = []
    later: list[int] = []
    for index, stand in enumerate(stands):
        near = stands[first, :2] if first else np.zeros((0, 2))
        is_far = np.hypot(near[:, 0] - stand[0], near[:, 1] - stand[1]) >= _APART_M
        (first if is_far.all() else later).append(index)
    return np.asarray(stands[[*first, *later]])
