"""Detections from a YOLOX network in an ONNX file (Ge et al., 2021, arXiv:2107.08430); extra `onnx`.

The file is the plain export: output rows are cells of strides 8, 16 and 32, each (x offset, y offset,
log width, log height, objectness, class scores), not yet multiplied by the stride.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..core import Detection, Observation
from ..errors import InputError, MissingExtraError

STRIDES = (8, 16, 32)
PADDING_VALUE = 114
COCO_LABELS = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
    "traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog",
    "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella",
    "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite",
    "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange",
    "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant",
    "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone",
    "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors",
    "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip


class YoloxPerceiver:
    """Runs a YOLOX file on every image; implements `Perceiver`. Detections come best first."""

    def __init__(
        self,
        weights: str | Path,
        *,
        labels: Sequence[str] = COCO_LABELS,
        min_score: float = 0.3,
        nms_iou: float = 0.45,
        cross_label_iou: float = 0.85,
        max_count: int = 100,
        thread_count: int = 1,
    ) -> None:
        """`min_score` is objectness times class score. Boxes of one label that overlap by more than
        `nms_iou` are one thing; boxes of different labels that overlap by more than
        `cross_label_iou` are one thing with two names, of which the better one is kept (1 keeps both).

        Raises:
            InputError: no such file, or a network of another shape.
            MissingExtraError: onnxruntime is not installed.
        """
        if not 0 < min_score < 1:
            raise InputError(f"min_score must lie in (0, 1), got {min_score}")
        self._labels = tuple(labels)
        self._min_score = min_score
        self._nms_iou = nms_iou
        self._cross_label_iou = cross_label_iou
        self._max_count = max_count
        self._session = _open_session(Path(weights), thread_count)
        self._input_name, self._input_size = _check_input(self._session, weights)
        self._cells = cell_grid(self._input_size)
        expected = [1, len(self._cells), 5 + len(self._labels)]
        got = self._session.get_outputs()[0].shape
        if list(got) != expected:
            raise InputError(
                f"{weights}: the output must be {expected} for this input and {len(self._labels)} "
                f"labels, got {got}; pass the labels the network was trained on"
            )

    def perceive(self, observation: Observation) -> tuple[Detection, ...]:
        """Detections in the observation's colour image; none if it has no colour."""
        image = observation.color_array()
        return () if image is None else self.detect(image)

    def detect(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Detections in an (H, W, 3) uint8 RGB image, best first."""
        tensor, scale = letterbox(image, self._input_size)
        raw = self._session.run(None, {self._input_name: tensor})[0][0]
        boxes, scores, classes = decode(raw, self._cells, min_score=self._min_score)
        boxes = np.clip(boxes / scale, 0, np.tile(image.shape[1::-1], 2)).astype(np.float64)
        keep = suppress(boxes, scores, classes, iou=self._nms_iou)
        everyone = np.zeros(len(keep), np.int64)
        keep = keep[suppress(boxes[keep], scores[keep], everyone, iou=self._cross_label_iou)]
        return tuple(
            Detection(self._labels[classes[i]], min(float(scores[i]), 1.0), _box(boxes[i]))
            for i in keep[: self._max_count]
            if (boxes[i, 2:] - boxes[i, :2]).min() >= 1
        )


def letterbox(image: NDArray[np.uint8], size: tuple[int, int]) -> tuple[NDArray[np.float32], float]:
    """(1, 3, H, W) float32 BGR 0-255 with the scaled image at the top left, and the scale.

    `image` is (h, w, 3) RGB; `size` is (H, W). A box of the network divided by the scale is a box of
    the image.
    """
    height, width = image.shape[:2]
    scale = min(size[0] / height, size[1] / width)
    scaled = cv2.resize(image, (round(width * scale), round(height * scale)))
    tensor = np.full((1, 3, *size), PADDING_VALUE, np.float32)
    tensor[0, :, : scaled.shape[0], : scaled.shape[1]] = scaled.transpose(2, 0, 1)[::-1]
    return tensor, scale


def cell_grid(size: tuple[int, int]) -> NDArray[np.float32]:
    """(N, 3) float32 (column, row, stride) of every output row of a network with input (H, W)."""
    parts = []
    for stride in STRIDES:
        rows, columns = np.mgrid[: size[0] // stride, : size[1] // stride]
        parts.append(np.stack([columns, rows, np.full_like(rows, stride)], axis=-1).reshape(-1, 3))
    return np.concatenate(parts).astype(np.float32)


def decode(
    raw: NDArray[np.float32], cells: NDArray[np.float32], *, min_score: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Boxes (N, 4) in pixels of the network's input, scores (N,) and class indices (N,).

    `raw` is (cells, 5 + classes). Only each cell's best class counts. In the order of the cells.
    """
    candidates = np.flatnonzero(raw[:, 4] >= min_score)  # a class score is at most 1
    rows = raw[candidates]
    classes = np.argmax(rows[:, 5:], axis=1)
    scores = np.minimum(rows[:, 4], 1) * np.minimum(rows[np.arange(len(rows)), 5 + classes], 1)
    is_good = scores >= min_score
    rows, cells = rows[is_good], cells[candidates[is_good]]
    stride = cells[:, 2:]
    center = (rows[:, :2] + cells[:, :2]) * stride
    half = np.exp(np.minimum(rows[:, 2:4], 10.0)) * stride / 2  # garbage must not overflow
    return np.concatenate([center - half, center + half], 1), scores[is_good], classes[is_good]


def suppress(
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
    classes: NDArray[np.integer],
    *,
    iou: float,
) -> NDArray[np.int64]:
    """Indices of the boxes that survive greedy non-maximum suppression per class, best first.

    A box falls if a better surviving box of its class overlaps it by more than `iou`; of equal scores
    the earlier is the better one.
    """
    order = np.argsort(-scores, kind="stable")
    overlap = pairwise_iou(boxes[order])
    overlap[classes[order][:, None] != classes[order][None, :]] = 0
    is_kept = np.ones(len(order), bool)
    for i in range(len(order)):
        if is_kept[i]:
            is_kept[i + 1 :] &= overlap[i, i + 1 :] <= iou
    return np.asarray(order[is_kept], np.int64)


def pairwise_iou(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N, N) intersection over union of (N, 4) boxes; 0 where neither has an area."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2, dtype=np.float64)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1, dtype=np.float64)
    union = area[:, None] + area[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def _box(row: NDArray[np.floating]) -> tuple[float, float, float, float]:
    x_min, y_min, x_max, y_max = row.tolist()
    return (x_min, y_min, x_max, y_max)


def _open_session(path: Path, thread_count: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError("onnxruntime", "onnx", "a detector from an ONNX file") from error
    if not path.is_file():
        raise InputError(f"{path}: an ONNX file of a YOLOX network is expected, found nothing")
    if thread_count < 1:
        raise InputError(f"thread_count must be 1 or more, got {thread_count}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime has no base class for its errors
        raise InputError(f"{path}: not an ONNX file that onnxruntime can load ({error})") from error


def _check_input(session: Any, path: str | Path) -> tuple[str, tuple[int, int]]:
    """Name and (H, W) of the network's only input."""
    entry = session.get_inputs()[0]
    shape = list(entry.shape)
    is_fixed = len(shape) == 4 and all(isinstance(n, int) for n in shape)
    if not is_fixed or shape[:2] != [1, 3] or any(n % STRIDES[-1] for n in shape[2:]):
        raise InputError(
            f"{path}: the input must be (1, 3, H, W) with H and W fixed multiples of "
            f"{STRIDES[-1]}, got {shape}; export with a fixed size"
        )
    return entry.name, (shape[2], shape[3])
