"""The plain format: a folder that anyone can write, for recordings of one posed RGB-D camera.

`intrinsics.json`, one object::

    {"width_px": 640, "height_px": 480, "fx_px": 585.0, "fy_px": 585.0, "cx_px": 320.0,
     "cy_px": 240.0, "depth_unit_m": 0.001, "sensor": "head"}

`depth_unit_m` is the size of one raw depth step (default 0.001), `sensor` a name (default "head").

The index is one of (not both):

`frames.csv`, with a header line; columns `stamp_ns`, `color`, `depth` and then either
`x_m,y_m,z_m,qw,qx,qy,qz` or `m00,m01,m02,m03,m10,...,m33` (4x4, row-major)::

    stamp_ns,color,depth,x_m,y_m,z_m,qw,qx,qy,qz
    1000000000,color/000000.jpg,depth/000000.png,0.0,0.0,1.2,0.5,-0.5,0.5,-0.5

`frames.json`, a list of objects with the same names; the matrix is `world_from_camera`, 16 numbers
row-major, in place of the seven::

    [{"stamp_ns": 1000000000, "color": "color/000000.jpg", "depth": "depth/000000.png",
      "world_from_camera": [1, 0, 0, 0.0, 0, 1, 0, 0.0, 0, 0, 1, 1.2, 0, 0, 0, 1]}]

Stamps are integer nanoseconds and strictly increasing.
`color` and `depth` are paths relative to the folder, `/` between parts; either may be empty (or
left out), not both. Colour is JPEG or PNG. Depth is a PNG with one 16-bit channel in raw steps, or
a `.npy` of (H, W) float metres; 0 (and NaN in a .npy) is no return. All images have the size that
the intrinsics say.
The pose takes points from the camera's optical frame (x right, y down, z forward) to a z-up world
(or any other: see `gravity.align`), in metres. A frame whose pose is not finite is skipped.
A frame's `source_index` is its row, from 0. Detections are not part of the format.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from ...core import EncodedImage, Observation, RecordingInfo
from ...errors import InputError, RecordingError
from ...geometry import CameraIntrinsics, Transform
from .frames import (
    FileRecording,
    FrameFiles,
    check_folder,
    check_increasing,
    parse_numbers,
    pose_from_quaternion,
    read_text,
)
from .images import check_color

logger = logging.getLogger(__name__)

INTRINSICS_FILE, CSV_INDEX, JSON_INDEX = "intrinsics.json", "frames.csv", "frames.json"
_CAMERA_KEYS = tuple(item.name for item in dataclasses.fields(CameraIntrinsics))
_FILE_KEYS = ("stamp_ns", "color", "depth")
_QUATERNION_KEYS = ("x_m", "y_m", "z_m", "qw", "qx", "qy", "qz")
_MATRIX_COLUMNS = tuple(f"m{row}{column}" for row in range(4) for column in range(4))
_MATRIX_KEY = "world_from_camera"


@dataclasses.dataclass(frozen=True)
class _Row:
    """One entry of either index, as text."""

    origin: str
    stamp: str
    color: str
    depth: str
    pose: tuple[str, ...]
    """7 words (position, quaternion wxyz) or 16 (row-major matrix)."""


def open_plain(folder: str | Path) -> FileRecording:
    """A folder in the plain format (see the module's docstring).

    Raises:
        RecordingError: something missing, unknown or out of order; names the file and the line.
    """
    root = Path(folder)
    check_folder(root)
    camera, depth_unit_m, sensor = _read_intrinsics(root / INTRINSICS_FILE)
    rows = _read_index(root)
    frames = []
    previous_ns = None
    for index, row in enumerate(rows):
        frame = _frame(root, index, row)
        check_increasing(previous_ns, frame.stamp_ns, origin=row.origin)
        previous_ns = frame.stamp_ns
        if np.isfinite(frame.world_from_camera).all():
            frames.append(frame)
        else:
            logger.warning("%s: skipped, the pose is not finite (lost tracking)", row.origin)
    return FileRecording(
        RecordingInfo(root.resolve().name, "plain", len(frames)),
        frames,
        camera,
        depth_unit_m=depth_unit_m,
        skipped_count=len(rows) - len(frames),
        sensor=sensor,
    )


def write_plain(observations: Iterable[Observation], folder: str | Path) -> int:
    """Write frames of one sensor in the plain format and return their count.

    Depth becomes 16-bit PNG; colour keeps its bytes if encoded, else becomes PNG (lossless).
    Reading the folder gives the same stamps, poses, depth and colour. The index is written last: a
    folder without one was interrupted.

    Raises:
        RecordingError: the folder already holds a recording; no frames; frames that differ in
            intrinsics, depth unit or sensor; stamps that do not increase.
    """
    root = Path(folder)
    for name in (INTRINSICS_FILE, CSV_INDEX, JSON_INDEX):
        if (root / name).exists():
            raise RecordingError(f"{root / name} exists; write into a new folder")
    header: dict[str, Any] | None = None
    previous_ns = None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*_FILE_KEYS, *_MATRIX_COLUMNS))
    frame_count = detection_count = 0
    for frame_count, frame in enumerate(observations, start=1):
        origin = f"frame {frame_count - 1} for {root}"
        check_increasing(previous_ns, frame.stamp_ns, origin=origin)
        previous_ns = frame.stamp_ns
        detection_count += len(frame.detections)
        header = _merge_header(header, frame, origin)
        color, depth = _write_images(root, frame_count - 1, frame)
        pose = (repr(value) for value in frame.world_from_camera.ravel().tolist())
        writer.writerow((frame.stamp_ns, color, depth, *pose))
    if detection_count:
        logger.warning("%s: %d detections left out, the format has none", root, detection_count)
    if header is None:
        raise RecordingError(f"{root}: no observation was given, nothing to write")
    header.setdefault("depth_unit_m", 0.001)
    (root / INTRINSICS_FILE).write_text(json.dumps(header, indent=2) + "\n", encoding="utf-8")
    (root / CSV_INDEX).write_text(text.getvalue(), encoding="utf-8")
    return frame_count


def _merge_header(header: dict[str, Any] | None, frame: Observation, origin: str) -> dict[str, Any]:
    """The content of intrinsics.json, after checking that this frame agrees with it."""
    own: dict[str, Any] = dataclasses.asdict(frame.intrinsics) | {"sensor": frame.sensor}
    if frame.depth is not None:
        own["depth_unit_m"] = frame.depth.unit_m
    if header is None:
        return own
    for key, value in own.items():
        if header.setdefault(key, value) != value:
            raise RecordingError(
                f"{origin}: {key} must be the same for all frames, got {value!r} after "
                f"{header[key]!r}; write one folder per sensor"
            )
    return header


def _write_images(root: Path, index: int, frame: Observation) -> tuple[str, str]:
    """Write one frame's files; their names relative to the folder, '' where there is none."""
    if frame.color is None and frame.depth is None:
        raise RecordingError(f"frame {index} for {root}: has neither colour nor depth")
    color = depth = ""
    if frame.color is not None:
        if isinstance(frame.color, EncodedImage):
            data = check_color(frame.color.data, origin=f"frame {index} for {root}").data
            suffix = "jpg" if frame.color.format == "jpeg" else "png"
        else:
            data, suffix = _encode_png(cv2.cvtColor(frame.color, cv2.COLOR_RGB2BGR)), "png"
        color = f"color/{index:06d}.{suffix}"
        _write_bytes(root / color, data)
    if frame.depth is not None:
        depth = f"depth/{index:06d}.png"
        _write_bytes(root / depth, _encode_png(frame.depth.raw))
    return color, depth


def _encode_png(image: Any) -> bytes:
    is_encoded, data = cv2.imencode(".png", image)
    if not is_encoded:
        raise RecordingError(f"OpenCV cannot encode an image of shape {image.shape} as PNG")
    return bytes(data)


def _write_bytes(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _read_intrinsics(path: Path) -> tuple[CameraIntrinsics, float, str]:
    values = _read_json(path)
    if not isinstance(values, dict):
        raise RecordingError(f"{path}: one JSON object is expected, got {type(values).__name__}")
    _check_keys(values, _CAMERA_KEYS, ("depth_unit_m", "sensor"), origin=str(path))
    for key in _CAMERA_KEYS:
        kinds: tuple[type, ...] = (int,) if key in ("width_px", "height_px") else (int, float)
        if not isinstance(values[key], kinds):
            raise RecordingError(f"{path}: {key} must be a number, got {values[key]!r}")
    unit_m = values.get("depth_unit_m", 0.001)
    if not isinstance(unit_m, int | float) or not 1e-6 <= unit_m <= 0.1:
        raise RecordingError(
            f"{path}: depth_unit_m is one raw step in metres (usually 0.001), got {unit_m!r}"
        )
    try:
        camera = CameraIntrinsics(*(values[key] for key in _CAMERA_KEYS))
    except InputError as error:
        raise RecordingError(f"{path}: {error}") from error
    return camera, float(unit_m), str(values.get("sensor", "head"))


def _read_index(root: Path) -> list[_Row]:
    has_csv, has_json = (root / CSV_INDEX).is_file(), (root / JSON_INDEX).is_file()
    if has_csv == has_json:
        found = "both" if has_csv else "neither"
        raise RecordingError(f"{root}: {CSV_INDEX} or {JSON_INDEX} is expected, found {found}")
    rows = _read_csv(root / CSV_INDEX) if has_csv else _read_json_rows(root / JSON_INDEX)
    if not rows:
        raise RecordingError(f"{root}: its index lists no frame")
    return rows


def _read_csv(path: Path) -> list[_Row]:
    reader = csv.reader(io.StringIO(read_text(path)))
    columns = [name.strip() for name in next(reader, [])]
    pose_columns = _MATRIX_COLUMNS if "m00" in columns else _QUATERNION_KEYS
    _check_keys(columns, ("stamp_ns", *pose_columns), ("color", "depth"), origin=f"{path}, line 1")
    rows = []
    for words in reader:
        if not words:
            continue
        origin = f"{path}, line {reader.line_num}"
        if len(words) != len(columns):
            raise RecordingError(f"{origin}: {len(columns)} columns are expected, got {len(words)}")
        row = dict(zip(columns, (word.strip() for word in words), strict=True))
        pose = tuple(row[name] for name in pose_columns)
        rows.append(_Row(origin, row["stamp_ns"], row.get("color", ""), row.get("depth", ""), pose))
    return rows


def _read_json_rows(path: Path) -> list[_Row]:
    entries = _read_json(path)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RecordingError(f"{path}: a JSON list of objects is expected")
    rows = []
    for index, entry in enumerate(entries):
        origin = f"{path}, entry {index}"
        has_matrix = _MATRIX_KEY in entry
        keys = (_MATRIX_KEY,) if has_matrix else _QUATERNION_KEYS
        _check_keys(entry, ("stamp_ns", *keys), ("color", "depth"), origin=origin)
        if has_matrix and not isinstance(entry[_MATRIX_KEY], list):
            raise RecordingError(f"{origin}: {_MATRIX_KEY} must be a list of 16 numbers")
        values = entry[_MATRIX_KEY] if has_matrix else [entry[key] for key in keys]
        if has_matrix and len(values) != 16:
            raise RecordingError(f"{origin}: {_MATRIX_KEY} needs 16 numbers, got {len(values)}")
        color, depth = (str(entry.get(key) or "") for key in ("color", "depth"))
        rows.append(_Row(origin, str(entry["stamp_ns"]), color, depth, tuple(map(str, values))))
    return rows


def _frame(root: Path, index: int, row: _Row) -> FrameFiles:
    try:
        stamp_ns = int(row.stamp)
    except ValueError as error:
        raise RecordingError(
            f"{row.origin}: stamp_ns must be an integer (nanoseconds), got '{row.stamp}'"
        ) from error
    if not row.color and not row.depth:
        raise RecordingError(f"{row.origin}: names neither a colour nor a depth file")
    return FrameFiles(
        source_index=index,
        stamp_ns=stamp_ns,
        world_from_camera=_parse_pose(row),
        depth_path=_inside(root, row.depth, row.origin),
        color_path=_inside(root, row.color, row.origin),
        origin=row.origin,
    )


def _parse_pose(row: _Row) -> Transform:
    numbers = parse_numbers(row.pose, len(row.pose), origin=row.origin)
    if len(numbers) == 16:
        return numbers.reshape(4, 4)
    return pose_from_quaternion(numbers[:3], numbers[3:], origin=row.origin)


def _inside(root: Path, name: str, origin: str) -> Path | None:
    if not name:
        return None
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise RecordingError(f"{origin}: files must lie inside the folder, got '{name}'")
    return root / path


def _read_json(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise RecordingError(f"{path}: not valid JSON ({error})") from error


def _check_keys(
    given: Mapping[str, Any] | Sequence[str],
    required: Sequence[str],
    optional: Sequence[str],
    *,
    origin: str,
) -> None:
    missing = [key for key in required if key not in given]
    unknown = [key for key in given if key not in (*required, *optional)]
    if missing or unknown:
        raise RecordingError(
            f"{origin}: missing: {', '.join(missing) or 'nothing'}; unknown: "
            f"{', '.join(unknown) or 'nothing'}; expected {', '.join((*required, *optional))}"
        )
