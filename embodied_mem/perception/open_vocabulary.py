"""Detections of things named in words: zero-shot detector, segmenter, embedder; extra `vlm`.

Works with transformers' OWLv2 (Minderer et al., 2023) and GroundingDINO (Liu et al., 2023) classes,
SAM (Kirillov et al., 2023) and CLIP or SigLIP, each from a local folder. Weights are the user's
choice; nothing is downloaded.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Detection, Observation
from ..errors import InputError
from .image_text import ImageTextEncoder, require_folder, require_torch
from .yolox import suppress

CROP_MARGIN_SHARE = 0.1
"""Of the box's sides: what the embedder sees around the object."""


class OpenVocabularyPerceiver:
    """Finds the things it was told the names of; implements `Perceiver`. Detections come best first.

    Models run in evaluation mode without gradients: the same image gives the same detections.
    """

    def __init__(
        self,
        labels: Sequence[str],
        *,
        detector: str | Path,
        segmenter: str | Path | None = None,
        embedder: ImageTextEncoder | None = None,
        min_score: float = 0.25,
        nms_iou: float = 0.5,
        max_count: int = 100,
        device: str = "cpu",
    ) -> None:
        """Raises:
        InputError: no labels, or no such folder.
        MissingExtraError: torch or transformers is not installed.
        """
        if not labels or not all(label.strip() for label in labels):
            raise InputError(f"labels must be one or more words, got {list(labels)}")
        self._torch = require_torch("open-vocabulary detection")
        self._labels = tuple(labels)
        self._detector = _ZeroShotDetector(self._torch, detector, self._labels, device)
        self._segmenter = _BoxSegmenter(self._torch, segmenter, device) if segmenter else None
        self._embedder = embedder
        self._min_score = min_score
        self._nms_iou = nms_iou
        self._max_count = max_count

    def perceive(self, observation: Observation) -> tuple[Detection, ...]:
        """Detections in the observation's colour image; none if it has no colour."""
        image = observation.color_array()
        return () if image is None else self.detect(image)

    def detect(self, image: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Detections in an (H, W, 3) uint8 RGB image, best first."""
        boxes, scores, classes = self._detector.find(image, self._min_score)
        keep = suppress(boxes, scores, classes, iou=self._nms_iou)[: self._max_count]
        keep = keep[(boxes[keep, 2:] - boxes[keep, :2]).min(axis=1, initial=np.inf) >= 1]
        boxes = boxes[keep]
        masks: Sequence[NDArray[np.bool_] | None] = [None] * len(keep)
        if self._segmenter is not None and len(keep):
            masks = self._segmenter.cut(image, boxes)
        embeddings: Sequence[NDArray[np.float32] | None] = [None] * len(keep)
        if self._embedder is not None and len(keep):
            embeddings = list(self._embedder.encode_images([_crop(image, box) for box in boxes]))
        return tuple(
            Detection(
                self._labels[classes[index]],
                min(max(float(scores[index]), 0.0), 1.0),
                (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
                mask,
                embedding,
            )
            for index, box, mask, embedding in zip(keep, boxes, masks, embeddings, strict=True)
        )


class _ZeroShotDetector:
    """OWLv2 scores each label; GroundingDINO returns phrases, which are matched to the labels."""

    def __init__(self, torch: Any, path: str | Path, labels: tuple[str, ...], device: str) -> None:
        from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

        folder = require_folder(path, "a zero-shot object detector")
        self._torch = torch
        self._device = device
        self._labels = labels
        self._processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModelForZeroShotObjectDetection.from_pretrained(
            folder, local_files_only=True
        )
        self._model: Any = model.eval().to(device)
        decode = self._processor.post_process_grounded_object_detection
        self._has_phrases = "input_ids" in inspect.signature(decode).parameters
        template = "{}" if self._has_phrases else "a photo of a {}"
        self._sentences = [template.format(label.lower()) for label in labels]

    def find(
        self, image: NDArray[np.uint8], min_score: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Boxes (N, 4) in pixels, scores (N,), indices of labels (N,)."""
        text: Any = [self._sentences]
        if self._has_phrases:
            text = ". ".join(self._sentences) + "."
        inputs = self._processor(images=image, text=text, return_tensors="pt").to(self._device)
        with self._torch.inference_mode():
            outputs = self._model(**inputs)
        options: dict[str, Any] = {"threshold": min_score, "target_sizes": [image.shape[:2]]}
        if self._has_phrases:
            options.update(input_ids=inputs["input_ids"], text_threshold=min_score)
        result = self._processor.post_process_grounded_object_detection(outputs, **options)[0]
        boxes = result["boxes"].cpu().numpy().astype(np.float64).reshape(-1, 4)
        boxes = np.clip(boxes, 0, np.tile(image.shape[1::-1], 2))
        scores = result["scores"].cpu().numpy().astype(np.float64)
        if self._has_phrases:
            found = [find_label(phrase, self._labels) for phrase in result["text_labels"]]
            classes = np.array([-1 if at is None else at for at in found], np.int64)
        else:
            classes = result["labels"].cpu().numpy().astype(np.int64)
        is_good = (classes >= 0) & (boxes[:, 2:] >= boxes[:, :2]).all(axis=1)
        return boxes[is_good], scores[is_good], classes[is_good]


def find_label(phrase: str, labels: Sequence[str]) -> int | None:
    """Index of the label that a detector's phrase means: the same words, most shared words, or much
    the same letters (a phrase may be a part of a label or of two); None if it is like no label."""
    words = set(phrase.lower().split())
    shares = [len(words & set(label.lower().split())) / len(label.split()) for label in labels]
    if shares and max(shares) > 0:
        return int(np.argmax(shares))
    near = difflib.get_close_matches(phrase.lower(), [label.lower() for label in labels], n=1)
    return [label.lower() for label in labels].index(near[0]) if near else None


class _BoxSegmenter:
    """SAM with a box as its prompt: the mask that it holds for best of its three."""

    def __init__(self, torch: Any, path: str | Path, device: str) -> None:
        from transformers import AutoModelForMaskGeneration, AutoProcessor

        folder = require_folder(path, "a SAM model")
        self._torch = torch
        self._device = device
        self._processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModelForMaskGeneration.from_pretrained(folder, local_files_only=True)
        self._model: Any = model.eval().to(device)

    def cut(self, image: NDArray[np.uint8], boxes: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
        """One (H, W) mask for each (x_min, y_min, x_max, y_max)."""
        inputs = self._processor(
            images=image, input_boxes=[boxes.tolist()], return_tensors="pt"
        ).to(self._device)
        sizes = [inputs[key] for key in ("original_sizes", "reshaped_input_sizes") if key in inputs]
        with self._torch.inference_mode():
            outputs = self._model(
                **{key: value for key, value in inputs.items() if not key.endswith("_sizes")}
            )
        masks = self._processor.post_process_masks(
            outputs.pred_masks.cpu(), *(size.cpu() for size in sizes)
        )[0]
        best = outputs.iou_scores[0].argmax(dim=-1).cpu().tolist()
        return [np.asarray(masks[i, at].numpy(), np.bool_) for i, at in enumerate(best)]


def _crop(image: NDArray[np.uint8], box: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The box and a margin around it."""
    margin = CROP_MARGIN_SHARE * (box[2:] - box[:2])
    low = np.floor(np.clip(box[:2] - margin, 0, None)).astype(int)
    high = np.ceil(np.minimum(box[2:] + margin, image.shape[1::-1])).astype(int)
    return image[low[1] : high[1], low[0] : high[0]]
