"""The colours of a replay, in one place so that its legend can name them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry import Points

BACKGROUND = (17, 19, 24)
TRAJECTORY = (255, 176, 0)
CAMERA = (255, 255, 255)
KEYFRAME = (120, 170, 255)
FRONTIER = (0, 229, 255)
ANSWER = (255, 64, 160)
FREE_SPACE = (90, 140, 110)
ROBOT = (240, 240, 240)
PRESENT = (96, 224, 120)
FURNITURE = (116, 140, 168)
PERSON = (64, 156, 255)
HELD = (196, 120, 255)
GONE = (255, 72, 72)
UNCONFIRMED = (92, 92, 100)
MOVE = (255, 222, 89)
LOOK_THROUGH = GONE
LOOK_HIT = PRESENT
LOOK_HIDDEN = (150, 150, 150)
DOOR = (255, 255, 255)
WAY = (150, 160, 180)
WORDS = (235, 238, 245)
REASON_COLORS = {
    "first": (255, 255, 255),
    "novel": (124, 252, 120),
    "motion": (120, 170, 255),
    "time": (190, 190, 190),
    "every": (190, 190, 190),
}
"""Marker colour by the reason why a keyframe was kept."""
CELL_COLORS = np.array([(34, 38, 46), (196, 206, 196), (214, 76, 60)], np.uint8)
"""Unknown, free and blocked ground, indexed by the cell's value."""

ROOM_COLORS = np.array(
    [
        (92, 132, 196), (196, 148, 84), (104, 168, 112), (176, 104, 156), (88, 164, 172),
        (188, 108, 92), (136, 120, 196), (156, 164, 84), (116, 116, 132), (200, 132, 132),
    ],
    np.uint8,
)  # fmt: skip
"""Floors, by the number of the room; they repeat."""

_HEIGHT_LOW_M, _HEIGHT_HIGH_M = -1.5, 0.9
"""Range of the height colours, relative to the mean camera height."""
_HEIGHT_STOPS = np.array(
    [(62, 52, 140), (44, 110, 142), (34, 160, 132), (140, 206, 80), (250, 226, 60)], np.float64
)


def height_colors(heights_m: Points) -> NDArray[np.uint8]:
    """(N, 3) RGB of (N,) heights above the cameras' mean height: violet is low, yellow is high."""
    share = (np.asarray(heights_m, np.float64) - _HEIGHT_LOW_M) / (_HEIGHT_HIGH_M - _HEIGHT_LOW_M)
    place = np.clip(share, 0.0, 1.0) * (len(_HEIGHT_STOPS) - 1)
    stops = np.arange(len(_HEIGHT_STOPS))
    channels = [np.interp(place, stops, _HEIGHT_STOPS[:, c]) for c in range(3)]
    return np.stack(channels, axis=1).astype(np.uint8)
