"""Detections from a file: one JSON object a line, one line an image.

    {"stamp_ns": 1000, "sensor": "head", "detections": [
       {"label": "mug", "confidence": 0.8, "box_px": [10, 20, 30, 45],
        "mask": {"size": [480, 640], "counts": [...]}, "embedding": [0.1, ...],
        "instance_id": "track-7"}]}

(on one line). `source_index`, the frame's number in its recording, may stand in for `stamp_ns`;
`sensor` may be left out and then fits every camera. `mask`, `embedding` and `instance_id` are
optional. A mask is run-length encoded as in COCO (`rle.py`), or `{"png": "masks/12.png"}`: an image in
the folder of the file or below it, nonzero on the object.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..core import Detection, Observation
from ..errors import InputError, RecordingError
from .rle import decode_mask, encode_mask

FRAME_KEYS = frozenset(("stamp_ns", "source_index", "sensor", "detections"))
DETECTION_KEYS = frozenset(("label", "confidence", "box_px", "mask", "embedding", "instance_id"))
_FrameKey = tuple[str, int, str | None]


class FileDetections:
    """Looks up an observation's detections in a JSON-lines file; implements `Perceiver`.

    The lines are found on opening and parsed when asked for.
    """

    def __init__(self, path: str | Path) -> None:
        """Raises:
        RecordingError: no such file, or a line that is not as documented; names the line.
        """
        self._path = Path(path)
        self._lines: dict[_FrameKey, tuple[int, str]] = {}
        for number, line in self._read_lines():
            key = self._key_of(self._parse(number, line), number)
            if key in self._lines:
                raise RecordingError(
                    f"{self._path}, line {number}: this image has detections in line "
                    f"{self._lines[key][0]} already; join the lines"
                )
            self._lines[key] = (number, line)

    def __len__(self) -> int:
        """How many images the file has a line for."""
        return len(self._lines)

    def perceive(self, observation: Observation) -> tuple[Detection, ...]:
        """The detections of the observation's image in the order of the file; none without a line."""
        keys = [("stamp_ns", observation.stamp_ns), ("source_index", observation.source_index)]
        for name, value in keys:
            for sensor in (observation.sensor, None):
                if value is not None and (name, value, sensor) in self._lines:
                    number, line = self._lines[(name, value, sensor)]
                    shape = (observation.intrinsics.height_px, observation.intrinsics.width_px)
                    return tuple(self._detections(number, line, shape))
        return ()

    def _read_lines(self) -> Iterator[tuple[int, str]]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecordingError(
                f"{self._path}: a readable JSON-lines file is expected ({error})"
            ) from error
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield number, line

    def _parse(self, number: int, line: str) -> dict[str, Any]:
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise RecordingError(f"{self._path}, line {number}: not JSON ({error})") from error
        if not isinstance(value, dict) or not isinstance(value.get("detections"), list):
            raise RecordingError(
                f"{self._path}, line {number}: an object with a list 'detections' is expected"
            )
        unknown = sorted(set(value) - FRAME_KEYS)
        if unknown:
            raise RecordingError(
                f"{self._path}, line {number}: unknown key '{unknown[0]}'; possible: "
                f"{', '.join(sorted(FRAME_KEYS))}"
            )
        return value

    def _key_of(self, frame: dict[str, Any], number: int) -> _FrameKey:
        sensor = frame.get("sensor")
        if sensor is None or isinstance(sensor, str):
            for name in ("stamp_ns", "source_index"):
                value = frame.get(name)
                if isinstance(value, int) and not isinstance(value, bool):
                    return (name, value, sensor)
        raise RecordingError(
            f"{self._path}, line {number}: 'stamp_ns' or 'source_index' must be a whole number and "
            "'sensor' a text"
        )

    def _detections(self, number: int, line: str, shape: tuple[int, int]) -> Iterator[Detection]:
        for index, entry in enumerate(self._parse(number, line)["detections"]):
            try:
                yield _detection(entry, shape, self._path.parent)
            except (InputError, KeyError, TypeError, ValueError) as error:
                what = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
                raise RecordingError(
                    f"{self._path}, line {number}, detection {index}: {what}"
                ) from error


def write_detections(
    path: str | Path, frames: Iterable[tuple[Observation, Iterable[Detection]]]
) -> int:
    """Write the documented file, masks run-length encoded; returns the number of lines."""
    count = 0
    with Path(path).open("w", encoding="utf-8") as file:
        for observation, detections in frames:
            frame = {
                "stamp_ns": observation.stamp_ns,
                "sensor": observation.sensor,
                "detections": [_to_json(detection) for detection in detections],
            }
            file.write(json.dumps(frame, allow_nan=False) + "\n")
            count += 1
    return count


def _to_json(detection: Detection) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "label": detection.label,
        "confidence": float(detection.confidence),
        "box_px": [float(value) for value in detection.box_px],
    }
    if detection.mask is not None:
        entry["mask"] = encode_mask(detection.mask)
    if detection.embedding is not None:
        entry["embedding"] = [float(value) for value in detection.embedding]
    if detection.instance_id is not None:
        entry["instance_id"] = detection.instance_id
    return entry


def _detection(entry: Any, shape: tuple[int, int], folder: Path) -> Detection:
    if not isinstance(entry, dict) or set(entry) - DETECTION_KEYS:
        raise InputError(f"an object with the keys {', '.join(sorted(DETECTION_KEYS))} is expected")
    if not isinstance(entry["label"], str) or not isinstance(entry.get("instance_id", ""), str):
        raise InputError("'label' and 'instance_id' must be texts")
    x_min, y_min, x_max, y_max = (float(value) for value in entry["box_px"])
    if not all(map(math.isfinite, (x_min, y_min, x_max, y_max))):
        raise InputError(f"'box_px' must be finite, got {entry['box_px']}")
    embedding = None
    if entry.get("embedding") is not None:
        embedding = np.asarray(entry["embedding"], np.float32)
        if embedding.ndim != 1 or not np.isfinite(embedding).all():
            raise InputError("'embedding' must be a list of finite numbers")
    mask = None
    if entry.get("mask") is not None:
        mask = _mask(entry["mask"], folder)
        if mask.shape != shape:
            raise InputError(f"'mask' must be (H, W) = {shape} as the image, got {mask.shape}")
    return Detection(
        entry["label"],
        float(entry["confidence"]),
        (x_min, y_min, x_max, y_max),
        mask,
        embedding,
        entry.get("instance_id"),
    )


def _mask(value: Any, folder: Path) -> NDArray[np.bool_]:
    if not isinstance(value, dict):
        raise InputError("'mask' must be a run-length encoding or {\"png\": path}")
    if "png" not in value:
        return decode_mask(value)
    path = (folder / str(value["png"])).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InputError(f"a mask must lie in the folder of the file, got '{value['png']}'")
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if image is None or image.ndim != 2:
        raise InputError(f"{path}: a PNG image of one channel is expected")
    return np.asarray(image != 0)
