"""The ONNX detector: its arithmetic against plain references, and the real network on real frames."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from embodied_mem.core import Observation
from embodied_mem.envs.recordings import open_recording
from embodied_mem.errors import InputError, MissingExtraError
from embodied_mem.perception import Perceiver
from embodied_mem.perception.yolox import (
    COCO_LABELS,
    STRIDES,
    YoloxPerceiver,
    cell_grid,
    decode,
    letterbox,
    pairwise_iou,
    suppress,
)

DATA = Path(os.environ.get("EMBODIED_MEM_DATA", Path(__file__).parents[2] / "shared" / "data"))
FRAMES = (0, 60, 240, 300, 360)


@pytest.fixture(scope="module")
def yolox() -> YoloxPerceiver:
    pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")
    weights = DATA / "models" / "yolox_nano.onnx"
    if not weights.is_file():
        pytest.skip(f"no models/yolox_nano.onnx in {DATA}; set EMBODIED_MEM_DATA to its folder")
    return YoloxPerceiver(weights)


@pytest.fixture(scope="module")
def kitchen() -> dict[int, Observation]:
    if not (DATA / "redkitchen").is_dir():
        pytest.skip(f"no redkitchen in {DATA}; set EMBODIED_MEM_DATA to the folder that holds it")
    recording = open_recording(DATA / "redkitchen")
    return {index: next(recording.observations(start=index)) for index in FRAMES}


def random_boxes(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    corners = rng.uniform(0, 100, (count, 2, 2))
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


@given(width=st.integers(40, 900), height=st.integers(40, 900))
@settings(max_examples=30, deadline=None)
def test_letterbox_puts_the_image_at_the_top_left_and_scales_boxes_back(
    width: int, height: int
) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    box = np.array([0.25 * width, 0.5 * height, 0.75 * width, 0.9 * height])
    x0, y0, x1, y1 = np.rint(box).astype(int)
    image[y0:y1, x0:x1] = (10, 20, 200)
    tensor, scale = letterbox(image, (416, 320))
    assert tensor.shape == (1, 3, 416, 320)
    assert tensor.dtype == np.float32
    rows, columns = np.nonzero(np.abs(tensor[0, 0] - 200) < 40)  # blue comes first
    found = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / scale
    assert np.abs(found - (x0, y0, x1, y1)).max() <= max(1.6 / scale, 0.6)
    assert (tensor[0, :, round(height * scale) :] == 114).all()
    assert (tensor[0, :, :, round(width * scale) :] == 114).all()


def test_decode_equals_a_plain_loop_over_the_cells() -> None:
    rng = np.random.default_rng(1)
    size = (96, 64)
    cells = cell_grid(size)
    raw = rng.uniform(0, 1, (len(cells), 5 + 4)).astype(np.float32)
    expected = []
    at = 0
    for stride in STRIDES:
        for row in range(size[0] // stride):
            for column in range(size[1] // stride):
                dx, dy, log_w, log_h, objectness, *classes = raw[at].tolist()
                at += 1
                best = max(range(4), key=classes.__getitem__)
                if objectness * classes[best] < 0.4:
                    continue
                x, y = (column + dx) * stride, (row + dy) * stride
                w, h = np.exp(log_w) * stride, np.exp(log_h) * stride
                box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
                expected.append((*box, objectness * classes[best], best))
    assert at == len(raw) == len(cells)
    boxes, scores, classes_found = decode(raw, cells, min_score=0.4)
    found = np.column_stack([boxes, scores, classes_found])
    assert len(expected) > 10
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_decode_survives_garbage() -> None:
    cells = cell_grid((32, 32))
    raw = np.full((len(cells), 6), 1e30, np.float32)
    boxes, _, _ = decode(raw, cells, min_score=0.3)
    assert not np.isnan(boxes[:, 2:] - boxes[:, :2]).any()


@pytest.mark.parametrize("seed", range(5))
def test_suppression_equals_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = random_boxes(rng, 60)
    scores = np.round(rng.uniform(0, 1, 60), 1)  # with ties
    classes = rng.integers(0, 3, 60)
    kept: list[int] = []
    for i in sorted(range(60), key=lambda i: (-scores[i], i)):
        rivals = [j for j in kept if classes[j] == classes[i]]
        if all(iou(boxes[i], boxes[j]) <= 0.3 for j in rivals):
            kept.append(i)
    assert suppress(boxes, scores, classes, iou=0.3).tolist() == kept


def iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return float(shared / (area - shared))


def test_overlap_of_boxes_without_area_is_zero() -> None:
    boxes = np.array([[1.0, 1, 1, 1], [1, 1, 1, 1], [0, 0, 2, 2]])
    overlap = pairwise_iou(boxes)
    assert np.isfinite(overlap).all()
    assert overlap[0, 1] == 0
    assert suppress(np.empty((0, 4)), np.empty(0), np.empty(0, int), iou=0.5).size == 0


def test_real_network_finds_the_furniture_of_a_real_kitchen(
    yolox: YoloxPerceiver, kitchen: dict[int, Observation]
) -> None:
    found = {index: yolox.perceive(frame) for index, frame in kitchen.items()}
    labels = {index: sorted(d.label for d in found[index]) for index in found}
    assert labels[0].count("chair") == 2
    assert all("dining table" in labels[index] for index in FRAMES)
    cup = next(d for d in found[0] if d.label == "cup")
    assert np.abs(np.array(cup.box_px) - (365, 161, 401, 201)).max() < 12  # seen in the image
    table = next(d for d in found[0] if d.label == "dining table")
    assert np.abs(np.array(table.box_px) - (202, 153, 638, 479)).max() < 25
    for detections in found.values():
        boxes = np.array([d.box_px for d in detections])
        assert (boxes >= 0).all()
        assert (boxes <= (640, 480, 640, 480)).all()
        scores = [d.confidence for d in detections]
        assert scores == sorted(scores, reverse=True)


def test_same_image_gives_the_same_detections(
    yolox: YoloxPerceiver, kitchen: dict[int, Observation]
) -> None:
    assert isinstance(yolox, Perceiver)
    assert yolox.perceive(kitchen[240]) == yolox.perceive(kitchen[240])


def test_one_thing_has_one_label_unless_asked_otherwise(kitchen: dict[int, Observation]) -> None:
    pytest.importorskip("onnxruntime")
    weights = DATA / "models" / "yolox_nano.onnx"
    image = kitchen[240].color_array()
    assert image is not None
    both = YoloxPerceiver(weights, min_score=0.05, cross_label_iou=1.0).detect(image)
    one = YoloxPerceiver(weights, min_score=0.05, cross_label_iou=0.85).detect(image)
    boxes = np.array([d.box_px for d in one])
    overlap = pairwise_iou(boxes) - np.eye(len(boxes))
    assert overlap.max() <= 0.85
    assert {(d.label, d.box_px) for d in one} < {(d.label, d.box_px) for d in both}


def test_labels_that_do_not_fit_the_network_are_refused(yolox: YoloxPerceiver) -> None:
    with pytest.raises(InputError, match="labels the network was trained on"):
        YoloxPerceiver(DATA / "models" / "yolox_nano.onnx", labels=COCO_LABELS[:5])


def test_missing_or_damaged_weights_are_named(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(InputError, match=r"nothing.onnx.*found nothing"):
        YoloxPerceiver(tmp_path / "nothing.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with pytest.raises(InputError, match="onnxruntime can load"):
        YoloxPerceiver(tmp_path / "bad.onnx")


def test_missing_onnxruntime_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"embodied-mem\[onnx\]"):
        YoloxPerceiver(tmp_path / "any.onnx")
