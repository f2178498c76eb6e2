"""From ROS messages (as rosbags deserialises them) to our images and cameras.

Pixel encodings are those of sensor_msgs/image_encodings.hpp; compressedDepth is the format of the
ROS package compressed_depth_image_transport (a 12-byte header, then a PNG).
"""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...core import DepthImage, EncodedImage
from ...errors import InputError, RecordingError
from ...geometry import CameraIntrinsics
from .frames import NS_PER_S
from .images import PNG_SIGNATURE, check_color, decode_depth_png, image_size

MILLIMETRE_M = 0.001
_RGB_FROM = {
    "rgb8": (3, None),
    "bgr8": (3, cv2.COLOR_BGR2RGB),
    "rgba8": (4, cv2.COLOR_RGBA2RGB),
    "bgra8": (4, cv2.COLOR_BGRA2RGB),
    "mono8": (1, cv2.COLOR_GRAY2RGB),
}
"""Encoding -> (channel count, OpenCV conversion to RGB)."""


def stamp_of_header(header: Any) -> int:
    return int(header.stamp.sec) * NS_PER_S + int(header.stamp.nanosec)


def stamp_of_cdr(data: bytes | memoryview, *, origin: str) -> int:
    """The header stamp of a serialised message that starts with a std_msgs/Header.

    Reads 8 bytes behind the 4-byte encapsulation (OMG DDSI-RTPS, section 10.2) instead of
    deserialising a whole image.
    """
    if len(data) < 12:
        raise RecordingError(f"{origin}: message of {len(data)} bytes, too short for a header")
    order = "<" if data[1] & 1 else ">"
    sec, nanosec = struct.unpack_from(f"{order}iI", data, 4)
    return int(sec) * NS_PER_S + int(nanosec)


def depth_from_message(message: Any, *, origin: str) -> DepthImage:
    """From Image (16UC1 millimetres, 32FC1 metres) or CompressedImage (compressedDepth)."""
    try:
        if hasattr(message, "format"):
            return _depth_from_compressed(message, origin)
        if message.encoding in ("16UC1", "mono16"):
            raw = _pixels(message, "u2", 1, origin)[:, :, 0]
            return DepthImage(np.ascontiguousarray(raw, np.uint16), MILLIMETRE_M)
        if message.encoding == "32FC1":
            depth_m = _pixels(message, "f4", 1, origin)[:, :, 0].astype(np.float32, copy=False)
            return DepthImage.from_metres(depth_m, unit_m=MILLIMETRE_M)
    except InputError as error:
        raise RecordingError(f"{origin}: {error}") from error
    raise RecordingError(
        f"{origin}: depth must be encoded as 16UC1 or 32FC1, got '{message.encoding}'"
    )


def color_from_message(message: Any, *, origin: str) -> NDArray[np.uint8] | EncodedImage:
    """(H, W, 3) uint8 RGB of an Image; the JPEG or PNG bytes of a CompressedImage as they are."""
    if hasattr(message, "format"):
        return check_color(bytes(message.data), origin=f"{origin}, format '{message.format}'")
    if message.encoding not in _RGB_FROM:
        raise RecordingError(
            f"{origin}: colour must be encoded as {', '.join(_RGB_FROM)}, got '{message.encoding}'"
        )
    channel_count, conversion = _RGB_FROM[message.encoding]
    pixels = np.ascontiguousarray(_pixels(message, "u1", channel_count, origin))
    if conversion is None:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, conversion), np.uint8)


def size_of_color(color: NDArray[np.uint8] | EncodedImage, *, origin: str) -> tuple[int, int]:
    """(width_px, height_px), without decoding."""
    if isinstance(color, EncodedImage):
        return image_size(color.data, origin=origin)
    return (color.shape[1], color.shape[0])


def camera_from_message(message: Any, *, is_rectified: bool, origin: str) -> CameraIntrinsics:
    """From CameraInfo: K, or for rectified images the left 3x3 of P where it is given."""
    matrix = np.asarray(message.k, np.float64).reshape(3, 3)
    if is_rectified and message.p[0] > 0:
        matrix = np.asarray(message.p, np.float64).reshape(3, 4)[:, :3]
    try:
        return CameraIntrinsics.from_matrix(matrix, int(message.width), int(message.height))
    except InputError as error:
        raise RecordingError(f"{origin}: {error}; is the camera calibrated?") from error


def _pixels(message: Any, kind: str, channel_count: int, origin: str) -> NDArray[Any]:
    """(H, W, channels) view of an Image's data, honouring its row step and byte order."""
    dtype = np.dtype(("<", ">")[bool(message.is_bigendian)] + kind)
    height, width, step = int(message.height), int(message.width), int(message.step)
    row_bytes = width * channel_count * dtype.itemsize
    data = np.asarray(message.data, np.uint8)
    if step < row_bytes or data.size < height * step:
        raise RecordingError(
            f"{origin}: {width}x{height} {message.encoding} needs rows of {row_bytes} bytes, got "
            f"step {step} and {data.size} bytes in all; is the message truncated?"
        )
    rows = data[: height * step].reshape(height, step)[:, :row_bytes]
    return np.ascontiguousarray(rows).view(dtype).reshape(height, width, channel_count)


def _depth_from_compressed(message: Any, origin: str) -> DepthImage:
    data = bytes(message.data)
    encoding = message.format.partition(";")[0].strip()
    if "compressedDepth" not in message.format and data.startswith(PNG_SIGNATURE):
        return DepthImage(decode_depth_png(data, origin=origin), MILLIMETRE_M)
    if data[12:20] != PNG_SIGNATURE:
        raise RecordingError(
            f"{origin}: depth must be compressedDepth with PNG inside, got '{message.format}'"
        )
    raw = decode_depth_png(data[12:], origin=origin)
    if encoding == "16UC1":
        return DepthImage(raw, MILLIMETRE_M)
    if encoding != "32FC1":
        raise RecordingError(f"{origin}: compressedDepth of 16UC1 or 32FC1, got '{encoding}'")
    scale, offset = struct.unpack_from("<ff", data, 4)
    # Inverse depth, quantised: raw = scale / depth + offset (the package's codec).
    depth_m = np.zeros(raw.shape, np.float32)
    np.divide(scale, raw - np.float32(offset), out=depth_m, where=raw > 0)
    return DepthImage.from_metres(depth_m, unit_m=MILLIMETRE_M)
