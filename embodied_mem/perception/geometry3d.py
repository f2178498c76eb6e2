"""Where a detection is: its pixels and their depth make points, boxes and colours in the world."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import DepthImage, Detection, Observation
from ..errors import InputError
from ..geometry import Box, CameraIntrinsics, Transform
from . import locate_kernels as kernels
from .masks import MaskCrop, cut_out

APPEARANCE_SIZE = kernels.COLOR_LEVELS**3
MIN_VISIBLE_SHARE = 0.05
MIN_DEPTH_SHARE = 0.1
"""Of a detection's pixels, to say where it is."""
_NO_COLOR = np.empty((0, 0, 3), np.uint8)


@dataclass(frozen=True)
class OrientedBox:
    """A box that is turned about the world's z axis. Invariant: `length_m` >= `width_m`."""

    center_in_world: tuple[float, float, float]
    length_m: float
    width_m: float
    height_m: float
    yaw_rad: float
    """Of the length, in [-pi/2, pi/2): a box has no front."""

    def contains(self, points_in_world: NDArray[np.floating]) -> NDArray[np.bool_]:
        """(N,) True where an (N, 3) point lies inside or on the border."""
        offset = np.atleast_2d(points_in_world) - np.array(self.center_in_world)
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        along, across = c * offset[:, 0] + s * offset[:, 1], c * offset[:, 1] - s * offset[:, 0]
        inside = (np.abs(along) <= self.length_m / 2) & (np.abs(across) <= self.width_m / 2)
        return np.asarray(inside & (np.abs(offset[:, 2]) <= self.height_m / 2))


@dataclass(frozen=True)
class LocatedDetection:
    """A detection with its place: only what was seen of the object, from one side."""

    detection: Detection
    points_in_world: NDArray[np.float32]
    """(K, 3) float32, 1 <= K <= 256, one a voxel; the voxel grows with the object."""
    centroid_in_world: tuple[float, float, float]
    """Mean of the thinned points: near and far parts count alike."""
    box: Box
    """2nd to 98th percentile of the seen points along the world's axes."""
    oriented_box: OrientedBox
    """The same along the sides of the smallest rectangle around the footprint."""
    mean_depth_m: float
    pixel_count: int
    pixel_share: float
    """Of the image."""
    border_share: float
    """Of the outline: where the image ends."""
    hidden_share: float
    """Of the outline: where something nearer begins."""
    mask_quality: float
    """1 for a given mask, less for one that was cut out of its box."""
    mean_color: tuple[float, float, float] | None
    """RGB, 0 to 255."""
    appearance: NDArray[np.float32] | None
    """(64,) float32 of unit length: roots of a soft RGB histogram, so that the dot product of two is
    their Bhattacharyya coefficient. For when the detection has no embedding."""

    @property
    def touches_border(self) -> bool:
        return self.border_share > 0

    @property
    def visible_share(self) -> float:
        """A guess at how much of the object's silhouette is seen: half hidden shows as about a
        quarter of the outline."""
        return max(MIN_VISIBLE_SHARE, 1.0 - 2.0 * (self.border_share + self.hidden_share))


def locate(
    detection: Detection,
    depth: DepthImage,
    intrinsics: CameraIntrinsics,
    world_from_camera: Transform,
    *,
    color: NDArray[np.uint8] | None = None,
    mask: MaskCrop | None = None,
) -> LocatedDetection | None:
    """Measure one detection; None if too few of its pixels have depth (it is out of range, and what
    returns is something before it).

    The pixels are `mask`, else the detection's own mask, else what depth cuts out of its box.
    `color` is the (H, W, 3) uint8 RGB image. Deterministic; the size of the crop does not matter.

    Raises:
        InputError: images of different shapes.
    """
    if mask is None:
        mask = _own_mask(detection, depth, intrinsics)
    if mask is None:
        return None
    _check_shapes(mask, depth, intrinsics, color)
    k = intrinsics
    numbers = np.zeros(20)
    points = np.empty((kernels.MAX_POINTS, 3))
    histogram = np.zeros(APPEARANCE_SIZE)
    count, pixel_count = kernels.measure(
        np.ascontiguousarray(mask.mask).view(np.uint8), mask.left_px, mask.top_px,
        depth.raw, depth.unit_m, np.array([k.fx_px, k.fy_px, k.cx_px, k.cy_px]),
        np.ascontiguousarray(world_from_camera, np.float64),
        _NO_COLOR if color is None else color, numbers, points, histogram,
    )  # fmt: skip
    if count == 0 or pixel_count < MIN_DEPTH_SHARE * np.count_nonzero(mask.mask):
        return None
    values: list[float] = numbers.tolist()
    return LocatedDetection(
        detection,
        points[:count].astype(np.float32),
        centroid_in_world=(values[0], values[1], values[2]),
        box=Box((values[3], values[4], values[5]), (values[6], values[7], values[8])),
        oriented_box=_oriented_box(values),
        mean_depth_m=values[14],
        pixel_count=int(pixel_count),
        pixel_share=float(pixel_count / depth.raw.size),
        border_share=values[18],
        hidden_share=values[19],
        mask_quality=mask.quality,
        mean_color=None if color is None else (values[15], values[16], values[17]),
        appearance=None if color is None else _unit_roots(histogram),
    )


def locate_all(
    detections: Sequence[Detection],
    observation: Observation,
    *,
    color: NDArray[np.uint8] | None = None,
) -> tuple[LocatedDetection, ...]:
    """`locate` every detection of an observation, in order; those without depth are left out.

    `color` is the observation's decoded image, if the caller has it at hand (decoding a JPEG takes
    milliseconds); None: no colours unless the observation's image is an array.
    """
    if observation.depth is None:
        return ()
    if color is None and isinstance(observation.color, np.ndarray):
        color = observation.color
    found = (
        locate(
            detection,
            observation.depth,
            observation.intrinsics,
            observation.world_from_camera,
            color=color,
        )
        for detection in detections
    )
    return tuple(located for located in found if located is not None)


def crop_mask(mask: NDArray[np.bool_], *, quality: float = 1.0) -> MaskCrop | None:
    """The part of an (H, W) mask that holds its True pixels (up to 7 columns more); None if empty."""
    if mask.shape[1] % 8 or not mask.flags.c_contiguous:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows) == 0:
            return None
        top, bottom, left, right = rows[0], rows[-1], columns[0], columns[-1]
    else:
        extent = np.empty(4, np.int64)
        if not kernels.mask_extent(mask.view(np.uint64), extent):
            return None
        top, bottom, left, right = extent[0], extent[1], extent[2] * 8, extent[3] * 8 + 7
    return MaskCrop(mask[top : bottom + 1, left : right + 1], int(left), int(top), quality)


def _own_mask(
    detection: Detection, depth: DepthImage, intrinsics: CameraIntrinsics
) -> MaskCrop | None:
    if detection.mask is None:
        return cut_out(detection.box_px, depth, intrinsics)
    if detection.mask.shape != depth.shape:
        raise InputError(
            f"the mask of '{detection.label}' must be (H, W) = {depth.shape} as the depth, got "
            f"{detection.mask.shape}"
        )
    return crop_mask(detection.mask)


def _check_shapes(
    mask: MaskCrop,
    depth: DepthImage,
    intrinsics: CameraIntrinsics,
    color: NDArray[np.uint8] | None,
) -> None:
    expected = (intrinsics.height_px, intrinsics.width_px)
    if depth.shape != expected:
        raise InputError(
            f"depth must be (H, W) = {expected} as the intrinsics say, got {depth.shape}"
        )
    if color is not None and (color.shape != (*expected, 3) or color.dtype != np.uint8):
        raise InputError(
            f"color must be (H, W, 3) = {(*expected, 3)} uint8 RGB, got {color.shape} {color.dtype}"
        )
    h, w = mask.mask.shape
    is_inside = mask.top_px >= 0 and mask.left_px >= 0
    if not (is_inside and mask.top_px + h <= expected[0] and mask.left_px + w <= expected[1]):
        raise InputError(
            f"a mask crop must lie inside the image {expected}, got rows {mask.top_px} to "
            f"{mask.top_px + h} and columns {mask.left_px} to {mask.left_px + w}"
        )


def _oriented_box(values: list[float]) -> OrientedBox:
    yaw, a0, a1, b0, b1 = values[9:14]
    a, b = (a0 + a1) / 2, (b0 + b1) / 2
    c, s = math.cos(yaw), math.sin(yaw)
    center = (c * a - s * b, s * a + c * b, (values[5] + values[8]) / 2)
    height_m = values[8] - values[5]
    if a1 - a0 >= b1 - b0:
        return OrientedBox(center, a1 - a0, b1 - b0, height_m, yaw)
    return OrientedBox(center, b1 - b0, a1 - a0, height_m, yaw - math.pi / 2)


def _unit_roots(histogram: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(np.sqrt(histogram / histogram.sum()), np.float32)
