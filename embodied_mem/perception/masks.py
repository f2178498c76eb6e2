"""Depth cuts the object out of its box.

The planes that surround the box (what the object stands on, the wall behind it) are found by RANSAC
and taken away; what is left falls into connected pieces, and the pieces that stay inside the box
are the object. See `cut_out`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import DepthImage
from ..errors import InputError
from ..geometry import CameraIntrinsics
from . import mask_kernels as kernels

FLAT_QUALITY = 0.3


@dataclass(frozen=True)
class MaskCrop:
    """A mask that is stored as the part of the image it can be True in."""

    mask: NDArray[np.bool_]
    """(h, w) bool."""
    left_px: int
    top_px: int
    """Column and row of the image that mask[0, 0] stands for."""
    quality: float = 1.0
    """0 to 1: how far the mask is to be trusted; 1 for a simulator's."""

    def full(self, height_px: int, width_px: int) -> NDArray[np.bool_]:
        """(H, W) bool, the mask in its image."""
        image = np.zeros((height_px, width_px), bool)
        h, w = self.mask.shape
        image[self.top_px : self.top_px + h, self.left_px : self.left_px + w] = self.mask
        return image


def cut_out(
    box_px: tuple[float, float, float, float], depth: DepthImage, intrinsics: CameraIntrinsics
) -> MaskCrop | None:
    """The pixels of the object that fills a detector's box; None if the box holds no depth.

    1. Depth is sampled on a grid over the box and a ring around it.
    2. Planes through the ring (floor, table top, wall) are background.
    3. What is left grows into connected pieces; a piece that reaches far into the ring is background
       too. The piece with most weight at the centre of the box is the object, together with other
       pieces at its depth.
    4. If hardly anything is left, the object is flat on a plane (a rug, a picture): the plane's part
       of the box, with low quality.

    `quality` is the overlap of the mask's own box with the detector's, less what leaks out.
    """
    height, width = depth.shape
    k = intrinsics
    if (height, width) != (k.height_px, k.width_px):
        raise InputError(
            f"depth must be (H, W) = ({k.height_px}, {k.width_px}) as the intrinsics say, "
            f"got {depth.shape}"
        )
    box = clip_box(box_px, height, width)
    if box is None:
        return None
    camera = np.array([k.fx_px, k.fy_px, k.cx_px, k.cy_px])
    mask = np.zeros((box[3] - box[1] + 1, box[2] - box[0] + 1), np.bool_)
    pixel_count, span, leak, is_flat = kernels.cut(depth.raw, depth.unit_m, box, camera, mask)
    if pixel_count == 0:
        return None
    quality = FLAT_QUALITY if is_flat else span * max(0.0, 1 - 2 * leak)
    return MaskCrop(mask, int(box[0]), int(box[1]), float(quality))


def clip_box(
    box_px: tuple[float, float, float, float], height_px: int, width_px: int
) -> NDArray[np.int64] | None:
    """(x0, y0, x1, y1) whole pixels, both ends included, inside the image; None if outside."""
    x_min, y_min, x_max, y_max = box_px
    if not (x_min < width_px and y_min < height_px and x_max >= 0 and y_max >= 0):
        return None
    low = (max(0, math.floor(x_min)), max(0, math.floor(y_min)))
    high = (min(width_px - 1, math.ceil(x_max)), min(height_px - 1, math.ceil(y_max)))
    return np.array([*low, *high], np.int64)
