"""Recordings that are folders of image files: an index of frames, read one file at a time.

`seven_scenes`, `tum` and `plain` differ in how they build the index; reading it is here.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core import EncodedImage, Observation, RecordingInfo
from ...errors import InputError, RecordingError
from ...geometry import CameraIntrinsics, Transform, make_transform, matrix_from_quaternion
from .images import image_size, read_color, read_depth

NS_PER_S = 1_000_000_000
QUATERNION_NORM_TOLERANCE = 0.02
_MSVC_NAN = re.compile(r"[-+]?1\.#\w+")
"""How old Windows tools print NaN and infinity ('-1.#IND'); some data sets carry it."""


@dataclass(frozen=True)
class FrameFiles:
    """One frame of the index: when, from where, and which files."""

    source_index: int
    stamp_ns: int
    world_from_camera: Transform
    depth_path: Path | None
    color_path: Path | None
    origin: str
    """The file (and line) that pose and stamp come from, for error messages."""


class FileRecording:
    """A `Recording` over image files.

    Invariant: frames are in the order of their source index and of their stamps, both strictly
    increasing. Source indices may have gaps (frames without a pose).
    """

    def __init__(
        self,
        info: RecordingInfo,
        frames: Sequence[FrameFiles],
        intrinsics: CameraIntrinsics,
        *,
        depth_unit_m: float = 0.001,
        no_return_raw: int | None = None,
        skipped_count: int = 0,
        sensor: str = "head",
    ) -> None:
        self._info = info
        self._frames = tuple(frames)
        self._intrinsics = intrinsics
        self._depth_unit_m = depth_unit_m
        self._no_return_raw = no_return_raw
        self._skipped_count = skipped_count
        self._sensor = sensor

    @property
    def info(self) -> RecordingInfo:
        return self._info

    @property
    def intrinsics(self) -> CameraIntrinsics:
        return self._intrinsics

    @property
    def skipped_count(self) -> int:
        """Frames that the folder holds but that have no usable pose or no partner image."""
        return self._skipped_count

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        """Frames with source index >= `start`; no file of an earlier frame is opened."""
        first = bisect_left(self._frames, start, key=lambda frame: frame.source_index)
        for frame in self._frames[first:]:
            yield self._read(frame)

    def _read(self, frame: FrameFiles) -> Observation:
        depth = color = None
        if frame.depth_path is not None:
            depth = read_depth(
                frame.depth_path, unit_m=self._depth_unit_m, no_return_raw=self._no_return_raw
            )
            self._check_size(frame.depth_path, depth.shape[1], depth.shape[0])
        if frame.color_path is not None:
            color = read_color(frame.color_path)
            self._check_size(frame.color_path, *_size(color, frame.color_path))
        try:
            return Observation(
                frame.stamp_ns,
                frame.world_from_camera,
                self._intrinsics,
                depth=depth,
                color=color,
                sensor=self._sensor,
                source_index=frame.source_index,
            )
        except InputError as error:
            raise RecordingError(f"{frame.origin}: {error}") from error

    def _check_size(self, path: Path, width_px: int, height_px: int) -> None:
        expected = (self._intrinsics.width_px, self._intrinsics.height_px)
        if (width_px, height_px) != expected:
            raise RecordingError(
                f"{path}: every image must be {expected[0]}x{expected[1]} pixels as the intrinsics "
                f"say, got {width_px}x{height_px}; register colour and depth to one camera"
            )


def _size(color: EncodedImage, path: Path) -> tuple[int, int]:
    return image_size(color.data, origin=str(path))


def check_folder(path: Path) -> None:
    if not path.is_dir():
        found = "a file" if path.exists() else "nothing"
        raise RecordingError(f"{path}: a folder is expected, found {found} at this path")


def read_lines(path: Path) -> list[tuple[int, str]]:
    """(line number from 1, text) of every line that is neither empty nor a '#' comment."""
    numbered = enumerate(read_text(path).splitlines(), start=1)
    stripped = ((number, line.strip()) for number, line in numbered)
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: must be a text file in UTF-8 ({error.reason})") from error


def parse_numbers(words: Sequence[str], count: int, *, origin: str) -> NDArray[np.float64]:
    """(count,) float64; NaN and infinity are let through, for the caller to judge."""
    if len(words) != count:
        raise RecordingError(f"{origin}: {count} numbers are expected, got {len(words)}")
    try:
        return np.array([_parse_number(word) for word in words], np.float64)
    except ValueError as error:
        raise RecordingError(f"{origin}: {count} numbers are expected ({error})") from error


def _parse_number(word: str) -> float:
    return math.nan if _MSVC_NAN.fullmatch(word.strip()) else float(word)


def parse_seconds(word: str, *, origin: str) -> int:
    """Integer nanoseconds of a decimal number of seconds, without going through float."""
    try:
        return int((Decimal(word) * NS_PER_S).to_integral_value())
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise RecordingError(
            f"{origin}: a stamp in decimal seconds is expected, got '{word}'"
        ) from error


def check_increasing(previous_ns: int | None, stamp_ns: int, *, origin: str) -> None:
    """Refuse a stamp that repeats or goes backwards: sorting silently would hide a damaged file."""
    if previous_ns is None or stamp_ns > previous_ns:
        return
    fault = "repeats" if stamp_ns == previous_ns else "is earlier than"
    raise RecordingError(
        f"{origin}: stamps must increase, but {stamp_ns} ns {fault} the one before "
        f"({previous_ns} ns); sort the file and drop repeated frames"
    )


def pose_from_quaternion(
    position_m: NDArray[np.float64], quaternion_wxyz: NDArray[np.float64], *, origin: str
) -> Transform:
    """`world_from_camera`; all NaN where a number is not finite (the caller skips the frame).

    Raises:
        RecordingError: a quaternion that is clearly not of unit length.
    """
    if not (np.isfinite(position_m).all() and np.isfinite(quaternion_wxyz).all()):
        return np.full((4, 4), np.nan)
    norm = float(np.linalg.norm(quaternion_wxyz))
    if abs(norm - 1) > QUATERNION_NORM_TOLERANCE:
        raise RecordingError(
            f"{origin}: a unit quaternion is expected, got {quaternion_wxyz.tolist()} (wxyz) of "
            f"length {norm:.3g}; are the columns in the documented order?"
        )
    return make_transform(matrix_from_quaternion(quaternion_wxyz), position_m)
