"""Detections from JSON-lines files, and masks as run lengths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embodied_mem.core import Detection, Observation
from embodied_mem.errors import InputError, RecordingError
from embodied_mem.geometry import CameraIntrinsics
from embodied_mem.perception import FileDetections, Perceiver, write_detections
from embodied_mem.perception.rle import decode_mask, encode_mask

CAMERA = CameraIntrinsics.from_hfov(8, 6, 1.0)
BOX = {"label": "mug", "confidence": 0.5, "box_px": [1, 1, 3, 4]}


def frame(stamp_ns: int = 5, sensor: str = "head", source_index: int | None = None) -> Observation:
    return Observation(stamp_ns, np.eye(4), CAMERA, sensor=sensor, source_index=source_index)


def write(folder: Path, *lines: Any) -> Path:
    path = folder / "detections.jsonl"
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines) + "\n")
    return path


@given(
    arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 20))),
)
def test_run_lengths_round_trip(mask: np.ndarray) -> None:
    encoded = encode_mask(mask)
    assert sum(encoded["counts"]) == mask.size
    np.testing.assert_array_equal(decode_mask(json.loads(json.dumps(encoded))), mask)


def compress(counts: list[int]) -> str:
    """COCO's string form, written here after maskApi.c's rleToString."""
    text = ""
    for index, count in enumerate(counts):
        value = count - counts[index - 2] if index > 2 else count
        while True:
            group = value & 31
            value >>= 5
            is_last = value == (-1 if group & 16 else 0)
            text += chr((group if is_last else group | 32) + 48)
            if is_last:
                break
    return text


@given(arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_compressed_run_lengths_are_read(mask: np.ndarray) -> None:
    encoded = encode_mask(mask)
    text = {"size": encoded["size"], "counts": compress(encoded["counts"])}
    np.testing.assert_array_equal(decode_mask(text), mask)


@pytest.mark.parametrize(
    "rle",
    [
        {},
        {"size": [2, 2], "counts": [1, 1]},
        {"size": [2, 2], "counts": [5, -1]},
        {"size": [2, 2], "counts": "`"},
        {"size": [2, 2], "counts": "\x00"},
        {"size": [2, 10**9], "counts": [2 * 10**9]},
        {"size": [2], "counts": [2]},
        {"size": [2, 2], "counts": [2.0, 2.0]},
    ],
)
def test_damaged_run_lengths_are_refused(rle: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="mask"):
        decode_mask(rle)


def test_written_detections_are_read_again(tmp_path: Path) -> None:
    mask = np.zeros((6, 8), bool)
    mask[1:4, 2:5] = True
    full = Detection("mug", 0.75, (1.5, 1, 4, 3), mask, np.arange(3, dtype=np.float32), "t1")
    plain = Detection("table", 1.0, (0, 0, 7, 5))
    path = tmp_path / "d.jsonl"
    frames = [(frame(5), [full, plain]), (frame(5, "wrist"), [plain]), (frame(6), [])]
    assert write_detections(path, frames) == 3
    perceiver = FileDetections(path)
    assert isinstance(perceiver, Perceiver)
    assert len(perceiver) == 3
    first, second = perceiver.perceive(frame(5))
    assert (first.label, first.confidence, first.box_px) == ("mug", 0.75, (1.5, 1, 4, 3))
    assert first.instance_id == "t1"
    np.testing.assert_array_equal(first.mask, mask)
    np.testing.assert_array_equal(first.embedding, full.embedding)
    assert second == plain
    assert perceiver.perceive(frame(5, "wrist")) == (plain,)
    assert perceiver.perceive(frame(6)) == ()
    assert perceiver.perceive(frame(7)) == ()


def test_a_line_without_sensor_or_stamp_fits_by_index(tmp_path: Path) -> None:
    path = write(tmp_path, {"source_index": 3, "detections": [BOX]}, "")
    perceiver = FileDetections(path)
    assert len(perceiver.perceive(frame(99, "any", source_index=3))) == 1
    assert perceiver.perceive(frame(3)) == ()


def test_masks_come_from_png_files_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    mask = np.zeros((6, 8), np.uint8)
    mask[2, 3] = 255
    cv2.imwrite(str(tmp_path / "masks" / "1.png"), mask)
    entry = BOX | {"mask": {"png": "masks/1.png"}}
    path = write(tmp_path, {"stamp_ns": 5, "detections": [entry]})
    (found,) = FileDetections(path).perceive(frame(5))
    np.testing.assert_array_equal(found.mask, mask > 0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ({"stamp_ns": 1}, "a list 'detections'"),
        ({"stamp_ns": 1.5, "detections": []}, "must be a whole number"),
        ({"stamp": 1, "detections": []}, "unknown key 'stamp'"),
        ({"stamp_ns": 0, "detections": []}, "detections in line 1 already"),
    ],
)
def test_a_line_that_is_not_as_documented_is_named(tmp_path: Path, line: Any, message: str) -> None:
    path = write(tmp_path, {"stamp_ns": 0, "detections": []}, line)
    with pytest.raises(RecordingError, match=message):
        FileDetections(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"box_px": [1, 2, 3]}, "detection 0"),
        ({"box_px": [5, 1, 3, 4]}, "x_min, y_min"),
        ({"box_px": [float("nan"), 1, 3, 4]}, "finite"),
        ({"confidence": 7}, "confidence"),
        ({"label": 3}, "must be texts"),
        ({"color": "red"}, "keys"),
        ({"embedding": [[1.0]]}, "embedding"),
        ({"mask": {"size": [3, 3], "counts": [9]}}, r"must be \(H, W\) = \(6, 8\)"),
        ({"mask": {"png": "../secret.png"}}, "in the folder of the file"),
        ({"mask": {"png": "none.png"}}, "PNG image"),
        ({"mask": "x"}, "run-length"),
    ],
)
def test_a_detection_that_is_not_as_documented_is_named(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    path = write(tmp_path, {"stamp_ns": 5, "detections": [BOX | change]})
    perceiver = FileDetections(path)
    with pytest.raises(RecordingError, match=message) as error:
        perceiver.perceive(frame(5))
    assert "line 1, detection 0" in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"none\.jsonl"):
        FileDetections(tmp_path / "none.jsonl")
