"""Image bytes at the border: 16-bit depth PNGs are decoded, colour files are checked and passed on.

Colour stays encoded (`EncodedImage`): a JPEG is looked at by few readers, and decoding it costs
more than everything else of a frame. Its header and its end marker are checked instead, so that a
truncated file is found here and not by whoever decodes it later.
"""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...core import DepthImage, EncodedImage
from ...errors import InputError, RecordingError

JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_END = b"IEND\xaeB`\x82"
_JPEG_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_bytes(path: Path) -> bytes:
    """The file's bytes.

    Raises:
        RecordingError: the file is missing or cannot be read; names it.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror or error})") from error


def read_depth(
    path: Path, *, unit_m: float = 0.001, no_return_raw: int | None = None
) -> DepthImage:
    """A depth file: 16-bit grey PNG in `unit_m`, or a .npy of float metres.

    Args:
        no_return_raw: a raw value other than 0 that also means "no return".
    """
    if path.suffix == ".npy":
        return _read_depth_npy(path, unit_m)
    raw = decode_depth_png(read_bytes(path), origin=str(path))
    if no_return_raw is not None:
        raw[raw == no_return_raw] = 0
    return DepthImage(raw, unit_m)


def decode_depth_png(data: bytes, *, origin: str) -> NDArray[np.uint16]:
    """(H, W) uint16 raw depth of a PNG; `origin` names it in errors."""
    if not data.startswith(PNG_SIGNATURE):
        raise RecordingError(f"{origin}: depth must be a 16-bit PNG, got {_describe(data)}")
    if PNG_END not in data[-64:]:
        raise RecordingError(f"{origin}: truncated PNG of {len(data)} bytes (no IEND chunk)")
    bit_depth, color_type = data[24], data[25]
    if (bit_depth, color_type) != (16, 0):
        raise RecordingError(
            f"{origin}: depth must be a PNG with one 16-bit channel, got {bit_depth}-bit with PNG "
            f"colour type {color_type}; was it saved as a picture to look at?"
        )
    raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if raw is None or raw.dtype != np.uint16 or raw.ndim != 2:
        raise RecordingError(f"{origin}: damaged PNG of {len(data)} bytes, cannot be decoded")
    return np.asarray(raw, np.uint16)


def read_color(path: Path) -> EncodedImage:
    """A colour file as it is, checked for its format and its end."""
    return check_color(read_bytes(path), origin=str(path))


def check_color(data: bytes, *, origin: str) -> EncodedImage:
    """An undecoded JPEG or PNG that starts and ends as it must; `origin` names it in errors."""
    if data.startswith(JPEG_START):
        # Some cameras pad their buffers with zeros behind the end marker.
        if not (data.endswith(JPEG_END) or data.rstrip(b"\0").endswith(JPEG_END)):
            raise RecordingError(f"{origin}: truncated JPEG of {len(data)} bytes (no end marker)")
        return EncodedImage(data, "jpeg")
    if data.startswith(PNG_SIGNATURE):
        if PNG_END not in data[-64:]:
            raise RecordingError(f"{origin}: truncated PNG of {len(data)} bytes (no IEND chunk)")
        return EncodedImage(data, "png")
    raise RecordingError(f"{origin}: colour must be a JPEG or PNG, got {_describe(data)}")


def image_size(data: bytes, *, origin: str) -> tuple[int, int]:
    """(width_px, height_px) of JPEG or PNG bytes, from the header alone."""
    size = None
    if data.startswith(PNG_SIGNATURE) and len(data) >= 24:
        size = struct.unpack(">II", data[16:24])
    elif data.startswith(JPEG_START):
        size = _find_jpeg_size(data)
    if size is None:
        raise RecordingError(f"{origin}: no image size in its header; is it a JPEG or PNG?")
    return (int(size[0]), int(size[1]))


def _find_jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header (ITU-T T.81, section B.2.2)."""
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _JPEG_SIZE_MARKERS:
            height_px, width_px = struct.unpack(">HH", data[position + 5 : position + 9])
            return (width_px, height_px)
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None


def _read_depth_npy(path: Path, unit_m: float) -> DepthImage:
    if not path.is_file():
        raise RecordingError(f"{path}: cannot be read (No such file)")
    try:
        depth_m = np.load(path, allow_pickle=False)
        return DepthImage.from_metres(depth_m, unit_m=unit_m)
    except (OSError, EOFError, ValueError) as error:
        kind = "" if isinstance(error, InputError) else "damaged .npy: "
        raise RecordingError(f"{path}: {kind}{error}") from error


def _describe(data: bytes) -> str:
    if not data:
        return "an empty file"
    if data.startswith(JPEG_START):
        return "a JPEG"
    return f"{len(data)} bytes that start with {data[:8]!r}"
