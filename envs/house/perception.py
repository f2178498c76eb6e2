"""Detections from the renderer's instance ids: what a perfect detector would report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...core import Detection
from .dynamic_scene import Instance


@dataclass(frozen=True)
class DetectorSpec:
    """What counts as seen."""

    min_pixel_share: float = 0.001
    """FindingDory's 0.1 % of the image."""
    min_pixels: int = 1
    kinds: tuple[str, ...] = ("object", "furniture", "person")
    has_masks: bool = True


def detect(
    instance_ids: NDArray[np.int32], instances: Sequence[Instance], spec: DetectorSpec
) -> tuple[Detection, ...]:
    """One detection for each instance with enough pixels, in the order of the instances.

    Boxes are (x_min, y_min, x_max, y_max) pixel indices, both ends included; the track id is the
    instance's name.
    """
    height, width = instance_ids.shape
    boxes = np.empty((len(instances), 5), np.int64)
    _measure(instance_ids, boxes)
    least = max(spec.min_pixels, int(np.ceil(spec.min_pixel_share * height * width)))
    found = []
    for number in np.flatnonzero(boxes[:, 4] >= least).tolist():
        instance = instances[number]
        if instance.kind not in spec.kinds:
            continue
        x_min, y_min, x_max, y_max, _ = boxes[number].tolist()
        mask = None
        if spec.has_masks:
            mask = np.zeros((height, width), bool)
            part = slice(y_min, y_max + 1), slice(x_min, x_max + 1)
            np.equal(instance_ids[part], number, out=mask[part])
        box = (float(x_min), float(y_min), float(x_max), float(y_max))
        found.append(Detection(instance.label, 1.0, box, mask, instance_id=instance.name))
    return tuple(found)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _measure(instance_ids: NDArray[np.int32], boxes: NDArray[np.int64]) -> None:
    """Per instance the box of its pixels and their number, run by run along the rows."""
    height, width = instance_ids.shape
    boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3] = width, height, -1, -1
    boxes[:, 4] = 0
    for v in range(height):
        start = 0
        for u in range(1, width + 1):
            if u < width and instance_ids[v, u] == instance_ids[v, start]:
                continue
            number = instance_ids[v, start]
            if number >= 0:
                row = boxes[number]
                row[0], row[1] = min(row[0], start), min(row[1], v)
                row[2], row[3] = max(row[2], u - 1), max(row[3], v)
                row[4] += u - start
            start = u
