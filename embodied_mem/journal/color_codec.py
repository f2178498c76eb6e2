"""Colour images as the journal keeps them: JPEG of arrays, files as they came."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core import EncodedImage
from ..errors import InputError

FORMATS = ("jpeg", "png")


def encode_color(
    color: NDArray[np.uint8] | EncodedImage, *, jpeg_quality: int = 90
) -> EncodedImage:
    """(H, W, 3) uint8 RGB as JPEG; an image that is encoded already passes through untouched.

    Raises:
        InputError: another shape or dtype, or an unknown format.
    """
    if isinstance(color, EncodedImage):
        if color.format not in FORMATS:
            raise InputError(f"an encoded image must be 'jpeg' or 'png', got '{color.format}'")
        return color
    if color.ndim != 3 or color.shape[2] != 3 or color.dtype != np.uint8:
        raise InputError(f"color must be (H, W, 3) uint8 RGB, got {color.shape} {color.dtype}")
    import cv2

    bgr = cv2.cvtColor(np.ascontiguousarray(color), cv2.COLOR_RGB2BGR)
    is_done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    if not is_done:
        raise InputError(f"cv2 cannot write a JPEG of {color.shape}")
    return EncodedImage(bytes(data), "jpeg")
