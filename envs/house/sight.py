"""Whether the head camera can see a spot on a piece of furniture, by geometry alone.

Only the piece itself is considered: boards above a shelf, the rim of a box, the camera's tilt and
height. What else may be in the way is left to the check, which renders.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .sensors import HEAD_CAMERA
from .world import Furniture, Surface

OPEN_AT_TOP = ("hamper", "trunk", "bathtub")
"""One looks over the rim of these, from any side."""
LOW_CEILING_M = 0.6
_LEAST_TAN = float(np.tan(np.deg2rad(4.0)))
_GREATEST_TAN = float(np.tan(np.deg2rad(50.0)))
_BOARD_M = 0.03


def has_front_stand(stands: NDArray[np.float64], piece: Furniture) -> bool:
    """Whether one of (N, 3) x, y, yaw is before a piece: within 45 degrees of its front."""
    if len(stands) == 0:
        return False
    cosine, sine = float(np.cos(piece.yaw_rad)), float(np.sin(piece.yaw_rad))
    dx, dy = stands[:, 0] - piece.position[0], stands[:, 1] - piece.position[1]
    return bool((dx * cosine + dy * sine > 0.7 * np.hypot(dx, dy)).any())


def can_see(
    stands: NDArray[np.float64],
    piece: Furniture,
    surface: Surface,
    middle: tuple[float, float],
    height_m: float,
) -> bool:
    """Whether a robot at one of (N, 3) x, y, yaw sees the middle of a thing of `height_m`.

    `middle` is where it lies, in the frame of the piece.
    """
    if len(stands) == 0:
        return False
    cosine, sine = float(np.cos(piece.yaw_rad)), float(np.sin(piece.yaw_rad))
    dx, dy = stands[:, 0] - piece.position[0], stands[:, 1] - piece.position[1]
    along = dx * cosine + dy * sine - middle[0]
    aside = dy * cosine - dx * sine - middle[1]
    far = np.maximum(np.hypot(along, aside), 1e-6)
    drop = HEAD_CAMERA.mount_height_m - surface.height_m - height_m / 2
    slope = drop / far
    is_seen = (slope >= _LEAST_TAN) & (slope <= _GREATEST_TAN)
    half_x, half_y = piece.size[0] / 2, piece.size[1] / 2
    with np.errstate(divide="ignore"):
        to_front = np.where(along > 0, (half_x - middle[0]) / along, np.inf)
        to_back = np.where(along < 0, (-half_x - middle[0]) / along, np.inf)
        to_left = np.where(aside > 0, (half_y - middle[1]) / aside, np.inf)
        to_right = np.where(aside < 0, (-half_y - middle[1]) / aside, np.inf)
    if piece.category in OPEN_AT_TOP:
        share = np.minimum(np.minimum(to_front, to_back), np.minimum(to_left, to_right))
        rim_m = piece.size[2] - surface.height_m - height_m / 2
        is_seen &= share * drop >= rim_m
    elif surface.is_inside or surface.clearance_m < LOW_CEILING_M:
        is_seen &= (to_front <= np.minimum(to_left, to_right)) & (along > 0)
        is_seen &= to_front * drop + height_m / 2 <= surface.clearance_m - _BOARD_M
    return bool(is_seen.any())
