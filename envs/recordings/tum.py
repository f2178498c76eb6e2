"""TUM RGB-D folders (Sturm et al., IROS 2012): `rgb.txt`, `depth.txt`, `groundtruth.txt`.

Image lists hold `timestamp filename`, the ground truth `timestamp tx ty tz qx qy qz qw` (the pose
of the colour camera's optical frame; depth is registered to it). One raw depth step is 0.2 mm.
The depth list drives: each depth image gets the colour image nearest in time and the ground truth
interpolated at its own stamp. `source_index` is the row in `depth.txt`, from 0.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...core import RecordingInfo
from ...errors import InputError, RecordingError
from ...geometry import CameraIntrinsics
from .frames import (
    NS_PER_S,
    FileRecording,
    FrameFiles,
    check_folder,
    check_increasing,
    parse_numbers,
    parse_seconds,
    pose_from_quaternion,
    read_lines,
    read_text,
)
from .images import image_size, read_bytes
from .pose_track import PoseTrack, find_nearest

logger = logging.getLogger(__name__)

COLOR_LIST, DEPTH_LIST, TRUTH_LIST = "rgb.txt", "depth.txt", "groundtruth.txt"
INTRINSICS_FILE = "intrinsics.txt"
DEPTH_UNIT_M = 0.0002
FREIBURG_INTRINSICS = {
    "freiburg1": CameraIntrinsics(640, 480, 517.3, 516.5, 318.6, 255.3),
    "freiburg2": CameraIntrinsics(640, 480, 520.9, 521.0, 325.1, 249.7),
    "freiburg3": CameraIntrinsics(640, 480, 535.4, 539.2, 320.1, 247.6),
}
"""Colour camera calibration as the data set publishes it, per robot lab set-up."""


@dataclass(frozen=True)
class _ImageRow:
    stamp_ns: int
    path: Path
    origin: str


def open_tum(
    folder: str | Path,
    *,
    intrinsics: CameraIntrinsics | None = None,
    tolerance_s: float = 0.02,
    depth_unit_m: float = DEPTH_UNIT_M,
) -> FileRecording:
    """A TUM RGB-D sequence folder.

    Intrinsics: the argument, else `intrinsics.txt` (3x3 matrix, or `fx fy cx cy`), else the
    published ones if the folder's name contains freiburg1, 2 or 3. Depth images without a colour
    image or without ground truth within `tolerance_s` are skipped, logged and counted.

    Raises:
        RecordingError: a missing folder, list or intrinsics; a bad line or stamp (names the line).
    """
    root = Path(folder)
    check_folder(root)
    depth_rows = _read_image_list(root, DEPTH_LIST)
    color_rows = _read_image_list(root, COLOR_LIST)
    track = _read_truth(root / TRUTH_LIST)
    camera = intrinsics or _find_intrinsics(root, depth_rows[0].path)
    frames = _associate(depth_rows, color_rows, track, round(tolerance_s * NS_PER_S))
    skipped_count = len(depth_rows) - len(frames)
    if skipped_count:
        logger.warning(
            "%s: skipped %d of %d depth images without a colour image or ground truth within %g s",
            root,
            skipped_count,
            len(depth_rows),
            tolerance_s,
        )
    return FileRecording(
        RecordingInfo(root.resolve().name, "tum", len(frames)),
        frames,
        camera,
        depth_unit_m=depth_unit_m,
        skipped_count=skipped_count,
    )


def _associate(
    depth_rows: list[_ImageRow], color_rows: list[_ImageRow], track: PoseTrack, tolerance_ns: int
) -> list[FrameFiles]:
    color_stamps_ns = [row.stamp_ns for row in color_rows]
    frames = []
    for index, row in enumerate(depth_rows):
        nearest = find_nearest(color_stamps_ns, row.stamp_ns, tolerance_ns=tolerance_ns)
        pose = track.find(row.stamp_ns, near_ns=tolerance_ns)
        if nearest is None or pose is None:
            logger.debug("%s: no partner, skipped", row.origin)
            continue
        color_path = color_rows[nearest].path
        frames.append(FrameFiles(index, row.stamp_ns, pose, row.path, color_path, row.origin))
    return frames


def _read_image_list(root: Path, name: str) -> list[_ImageRow]:
    rows: list[_ImageRow] = []
    for number, line in read_lines(root / name):
        origin = f"{root / name}, line {number}"
        words = line.split(maxsplit=1)
        if len(words) != 2:
            raise RecordingError(f"{origin}: 'timestamp filename' is expected, got '{line}'")
        stamp_ns = parse_seconds(words[0], origin=origin)
        check_increasing(rows[-1].stamp_ns if rows else None, stamp_ns, origin=origin)
        rows.append(_ImageRow(stamp_ns, root / words[1], origin))
    if not rows:
        raise RecordingError(f"{root / name}: lists no image")
    return rows


def _read_truth(path: Path) -> PoseTrack:
    stamps_ns: list[int] = []
    poses = []
    previous_ns = None
    for number, line in read_lines(path):
        origin = f"{path}, line {number}"
        words = line.split()
        stamp_ns = parse_seconds(words[0], origin=origin)
        check_increasing(previous_ns, stamp_ns, origin=origin)
        previous_ns = stamp_ns
        numbers = parse_numbers(words[1:], 7, origin=origin)
        quaternion_wxyz = numbers[[6, 3, 4, 5]]
        pose = pose_from_quaternion(numbers[:3], quaternion_wxyz, origin=origin)
        if not np.isfinite(pose).all():
            logger.warning("%s: left out, the pose is not finite (lost tracking)", origin)
            continue
        stamps_ns.append(stamp_ns)
        poses.append(pose)
    if not poses:
        raise RecordingError(f"{path}: holds no pose")
    return PoseTrack(stamps_ns, poses)


def _find_intrinsics(root: Path, first_depth: Path) -> CameraIntrinsics:
    path = root / INTRINSICS_FILE
    if path.is_file():
        width_px, height_px = image_size(read_bytes(first_depth), origin=str(first_depth))
        words = read_text(path).split()
        count = 4 if len(words) == 4 else 9
        numbers = parse_numbers(words, count, origin=f"{path} (3x3 matrix or fx fy cx cy)")
        if count == 9:
            numbers = numbers[[0, 4, 2, 5]]
        try:
            return CameraIntrinsics(width_px, height_px, *numbers.tolist())
        except InputError as error:
            raise RecordingError(f"{path}: {error}") from error
    match = re.search(r"freiburg[123]", root.resolve().name)
    if match:
        return FREIBURG_INTRINSICS[match[0]]
    raise RecordingError(
        f"{root}: no intrinsics: the folder's name has no freiburg1, freiburg2 or freiburg3 and "
        f"{INTRINSICS_FILE} is missing; write it (fx fy cx cy) or pass intrinsics="
    )
