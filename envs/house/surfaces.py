"""Finding room on a surface: footprints as boxes in the furniture's frame, spots on a fine grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .world import Furniture, ObjectState, Point2, Point3, Surface

_STEP_M = 0.02
_GAP_M = 0.01
"""Air between two objects."""


@dataclass(frozen=True)
class Spot:
    """Where an object comes to lie: the middle of its underside and its yaw, in the world."""

    position: Point3
    yaw_rad: float


def world_point(piece: Furniture, point: ArrayLike) -> NDArray[np.float64]:
    """(..., 3) from the frame of a piece to the world."""
    local = np.asarray(point, np.float64)
    cosine, sine = np.cos(piece.yaw_rad), np.sin(piece.yaw_rad)
    turned = np.stack(
        [
            cosine * local[..., 0] - sine * local[..., 1],
            sine * local[..., 0] + cosine * local[..., 1],
            local[..., 2],
        ],
        axis=-1,
    )
    return np.asarray(turned + np.array(piece.position))


def local_point(piece: Furniture, point: Point2) -> Point2:
    """(x, y) from the world to the frame of a piece."""
    dx, dy = point[0] - piece.position[0], point[1] - piece.position[1]
    cosine, sine = float(np.cos(piece.yaw_rad)), float(np.sin(piece.yaw_rad))
    return (cosine * dx + sine * dy, cosine * dy - sine * dx)


def footprint_half_m(size: Point3, yaw_rad: float) -> tuple[float, float]:
    """Half extents along x and y of the box around an object that is turned by a yaw."""
    cosine, sine = abs(float(np.cos(yaw_rad))), abs(float(np.sin(yaw_rad)))
    return (
        (size[0] * cosine + size[1] * sine) / 2,
        (size[0] * sine + size[1] * cosine) / 2,
    )


def find_spot(
    piece: Furniture,
    surface: Surface,
    shift: Point3,
    thing: ObjectState,
    others: Sequence[ObjectState],
    near: Point2,
    *,
    within: tuple[Point2, float] | None = None,
) -> Spot | None:
    """The free place for `thing` nearest to the world point `near`; None if there is none.

    `shift` moves the surface in the frame of the piece (an open drawer). The object faces as the
    piece does. `within` is a centre in the world and a greatest distance from it.
    """
    half = np.array(footprint_half_m(thing.size, 0.0))
    low = np.array(surface.low) + shift[:2] + half
    high = np.array(surface.high) + shift[:2] - half
    if (low > high + 1e-9).any():
        return None
    steps = [max(2, int((high[k] - low[k]) / _STEP_M) + 1) for k in (0, 1)]
    grid = np.stack(
        np.meshgrid(*(np.linspace(low[k], high[k], steps[k]) for k in (0, 1)), indexing="ij"), -1
    ).reshape(-1, 2)
    is_free = np.ones(len(grid), bool)
    for other in others:
        middle = np.array(local_point(piece, (other.position[0], other.position[1])))
        reach = half + footprint_half_m(other.size, other.yaw_rad - piece.yaw_rad) + _GAP_M
        is_free &= (np.abs(grid - middle) >= reach).any(axis=1)
    if within is not None:
        center = np.array(local_point(piece, within[0]))
        is_free &= np.hypot(*(grid - center).T) <= within[1]
    if not is_free.any():
        return None
    distance = np.hypot(*(grid - local_point(piece, near)).T)
    best = grid[int(np.argmin(np.where(is_free, distance, np.inf)))]
    x, y, z = world_point(piece, (*best, surface.height_m + shift[2])).tolist()
    return Spot((x, y, z), piece.yaw_rad)
