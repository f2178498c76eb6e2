"""The sightings that a state rests on: bounded, as measured, and movable with their poses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..geometry import Transform
from ..journal.records import APPEARANCE_SIZE, DETECTION_POINTS, DetectionRecord
from ..perception import OrientedBox

Floats = NDArray[np.float64]
CAPACITY = 16
"""Sightings kept a state; the worst give way."""
_CENTER, _BOX, _WEIGHT, _VISIBLE, _AREA = slice(0, 3), slice(3, 10), 10, 11, 12
_COUNT, _WIDTH = 13, 14
"""How many sightings a row stands for: a video shows the same part of a thing many times."""
_SAME_PART = 0.1
"""Of the diagonal: boxes whose sides differ by less show the same part of a large thing."""
_GOOD_VISIBLE = 0.7
LARGE_M = 0.6
"""What is larger is seldom seen whole: its box is the union of what was seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """Where an image was taken, and through what."""

    world_from_camera: Transform
    """As written."""
    lens: Floats | None
    """(4,) fx, fy, cx, cy in pixels; None before the sensor's first keyframe."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A located detection, as association sees it."""

    detection_id: int
    pose_id: int
    frame_id: int
    """The keyframe of the same image, -1 if it was not kept."""
    stamp_ns: int
    label_id: int
    confidence: float
    track: str
    """The detector's own id, '' if it has none."""
    center: Floats
    """(3,) middle of the seen box if most of the thing is seen, else of the seen points; world."""
    box: Floats
    """(7,) oriented: centre, length, width, height, yaw."""
    points: Floats
    """(12, 3) of the surface, world."""
    written: Floats
    """(14,) row of an `ObservationSet` with the pose as written."""
    written_points: NDArray[np.float32]
    color: Floats
    """(3,) RGB; negative without colour."""
    appearance: NDArray[np.float32]
    """(64,) of unit length; zeros without colour."""
    camera: Floats
    """(3,) where the camera stood."""
    depth_m: float
    box_px: tuple[float, float, float, float]

    @property
    def visible(self) -> float:
        return float(self.written[_VISIBLE])

    @property
    def weight(self) -> float:
        return float(self.written[_WEIGHT])

    @property
    def area_m2(self) -> float:
        """Share of the image times squared depth: about the same from everywhere."""
        return float(self.written[_AREA])

    @property
    def extent_m(self) -> float:
        """Diagonal of the seen box."""
        return float(np.sqrt(self.box[3] ** 2 + self.box[4] ** 2 + self.box[5] ** 2))


def sighting_of(
    detection_id: int,
    record: DetectionRecord,
    label_id: int,
    *,
    frame_id: int,
    camera: Camera | None,
    move: Transform | None,
) -> Sighting:
    """`move` takes points measured with the pose as written to where they are now believed to be."""
    assert record.centroid_in_world is not None
    assert record.oriented_box is not None
    box = np.asarray(record.oriented_box, np.float64)
    depth = record.mean_depth_m or 0.0
    border, hidden = record.border_share or 0.0, record.hidden_share or 0.0
    visible = max(0.05, 1.0 - 2.0 * (border + hidden))
    quality = 1.0 if record.mask_quality is None else record.mask_quality
    written = np.empty(_WIDTH)
    written[_CENTER] = box[:3] if visible >= _GOOD_VISIBLE else record.centroid_in_world
    written[_BOX] = box
    written[_WEIGHT] = (
        visible
        * visible
        * (0.1 + 0.9 * quality)
        * (0.1 + record.confidence)
        / (1.0 + depth * depth)
    )
    written[_VISIBLE] = visible
    written[_AREA] = (record.pixel_share or 0.0) * depth * depth
    written[_COUNT] = 1.0
    points = record.points_in_world
    if points is None:
        points = np.broadcast_to(box[:3].astype(np.float32), (DETECTION_POINTS, 3)).copy()
    else:
        points = points.copy()
    box_px = np.array(
        [record.box_x_min_px, record.box_y_min_px, record.box_x_max_px, record.box_y_max_px]
    )
    if (
        camera is not None
        and camera.lens is not None
        and without_leaks(points, camera.lens, camera.world_from_camera, box_px, written)
    ):
        box = written[_BOX]
    row, moved_points = written, np.asarray(points, np.float64)
    if move is not None:
        row = written.copy()
        moved_points = moved_points.copy()
        move_rows(row[None], moved_points[None], np.ascontiguousarray(move))
    if record.appearance is None:
        appearance = np.zeros(APPEARANCE_SIZE, np.float32)
    else:
        appearance = record.appearance.astype(np.float32)
        appearance /= max(float(np.sqrt(appearance @ appearance)), 1e-6)
    eye = box[:3] if camera is None else camera.world_from_camera[:3, 3]
    if move is not None:
        eye = move[:3, :3] @ eye + move[:3, 3]
    color = np.full(3, -1.0) if record.mean_color is None else record.mean_color.astype(np.float64)
    return Sighting(
        detection_id, record.pose_id, frame_id, record.stamp_ns, label_id, record.confidence,
        record.instance_id or "", row[_CENTER], row[_BOX], moved_points, written,
        np.asarray(points, np.float32), color, appearance, eye, depth,
        (record.box_x_min_px, record.box_y_min_px, record.box_x_max_px, record.box_y_max_px),
    )  # fmt: skip


class ObservationSet:
    """Up to `CAPACITY` sightings of one thing at one place.

    `written` and `written_points` are as measured; `rows` and `points` are where that is by what is now
    believed about the poses.
    """

    def __init__(self) -> None:
        self.count = 0
        self.ids = np.empty((4, 4), np.int64)
        """(detection, pose, frame, stamp)"""
        self.written = np.empty((4, _WIDTH))
        self.rows = np.empty((4, _WIDTH))
        self.written_points = np.empty((4, DETECTION_POINTS, 3), np.float32)
        self.points = np.empty((4, DETECTION_POINTS, 3))

    def add(self, sighting: Sighting, *, is_large: bool = False) -> None:
        """Keep a sighting; the least informative one gives way when all places are taken.

        Of what `is_large`, that is one which shows the same part as another one.
        """
        row = np.concatenate([sighting.center, sighting.box, sighting.written[_WEIGHT:]])
        at, count = self._free_row(row, is_large=is_large)
        if at < 0:
            return
        self.ids[at] = (
            sighting.detection_id, sighting.pose_id, sighting.frame_id, sighting.stamp_ns
        )  # fmt: skip
        self.written[at], self.rows[at] = sighting.written, row
        self.written[at, _COUNT] = self.rows[at, _COUNT] = count
        self.written_points[at], self.points[at] = sighting.written_points, sighting.points

    def extend(self, other: ObservationSet, *, is_large: bool = False) -> None:
        """Take over the sightings of another set, as far as they fit."""
        for i in range(other.count):
            at, count = self._free_row(other.rows[i], is_large=is_large)
            if at >= 0:
                self.ids[at], self.written[at] = other.ids[i], other.written[i]
                self.rows[at] = other.rows[i]
                self.written[at, _COUNT] = self.rows[at, _COUNT] = count
                self.written_points[at] = other.written_points[i]
                self.points[at] = other.points[i]

    def _free_row(self, row: Floats, *, is_large: bool) -> tuple[int, float]:
        """Where a sighting goes, -1 if nowhere, and how many sightings it stands for there."""
        if self.count < CAPACITY or not is_large:
            at = self._least_row(float(row[_WEIGHT]))
            return at, float(row[_COUNT])
        rows = self.rows[: self.count]
        nearest, is_same, first, second = find_same_part(rows, row)
        if is_same:
            count = float(rows[nearest, _COUNT] + row[_COUNT])
            if rows[nearest, _WEIGHT] < row[_WEIGHT]:
                return nearest, count
            self.written[nearest, _COUNT] = self.rows[nearest, _COUNT] = count
            return -1, count
        worse, better = (
            (first, second) if rows[first, _WEIGHT] <= rows[second, _WEIGHT] else (second, first)
        )
        joined = float(rows[worse, _COUNT] + rows[better, _COUNT])
        self.written[better, _COUNT] = self.rows[better, _COUNT] = joined
        return worse, float(row[_COUNT])

    def _least_row(self, weight: float) -> int:
        """A free row or that of the least weight; -1 if all others are better."""
        if self.count < CAPACITY:
            if self.count == len(self.ids):
                self._grow()
            self.count += 1
            return self.count - 1
        weights = self.written[: self.count, _WEIGHT]
        worst = int(np.argmin(weights))
        return worst if weights[worst] <= weight else -1

    def _grow(self) -> None:
        for name in ("ids", "written", "rows", "written_points", "points"):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.empty_like(array)]))

    def shrink(self, count: int) -> None:
        """Keep only the best."""
        if self.count <= count:
            return
        best = np.sort(np.argsort(-self.written[: self.count, _WEIGHT], kind="stable")[:count])
        for name in ("ids", "written", "rows", "written_points", "points"):
            setattr(self, name, getattr(self, name)[best].copy())
        self.count = count

    def move(self, moves: dict[int, Transform]) -> bool:
        """Follow corrected poses; returns whether anything moved."""
        moved = False
        for i in range(self.count):
            move = moves.get(int(self.ids[i, 1]))
            if move is not None:
                self.rows[i] = self.written[i]
                self.points[i] = self.written_points[i]
                move_rows(self.rows[i : i + 1], self.points[i : i + 1], move)
                moved = True
        return moved

    def summary(self, *, is_large: bool, is_latest: bool) -> tuple[Floats, Floats]:
        """(3,) position and (7,) oriented box. `is_latest`: of the last sighting alone."""
        position, box = np.empty(3), np.empty(7)
        if is_latest:
            last = int(np.argmax(self.ids[: self.count, 3]))
            position[:], box[:] = self.rows[last, _CENTER], self.rows[last, _BOX]
        else:
            summarise(self.rows[: self.count], is_large, position, box)
        return position, box

    def box_row(self, row: int) -> Floats:
        """(7,) oriented box of one sighting."""
        return np.asarray(self.rows[row, _BOX])

    def best(self) -> list[int]:
        """Row numbers, best first."""
        order = np.argsort(-self.written[: self.count, _WEIGHT], kind="stable")
        return [int(row) for row in order]

    def look_points(self) -> Floats:
        """(K, 3) points of the surface by the best sightings, without those at the rim."""
        rows = self.best()[:3]
        return np.concatenate([inner_points(self.points[row]) for row in rows])


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def without_leaks(
    points: NDArray[np.float32],
    lens: Floats,
    world_from_camera: Transform,
    box_px: Floats,
    row: Floats,
) -> bool:
    """Cut off what a loose mask caught behind or before the thing; True if there was something.

    A thing is seldom much deeper than it is wide, and the middle of its box in the image shows it. If
    its (12, 3) points span more depth, those near the depth at the middle stay; centre and box of
    `row` follow from that ray and them, and those cut off are replaced by the nearest that stays.
    """
    count = points.shape[0]
    fx, fy, cx, cy = lens
    u_mid, v_mid = (box_px[0] + box_px[2]) / 2, (box_px[1] + box_px[3]) / 2
    half_u = max((box_px[2] - box_px[0]) / 2, 2.0)
    half_v = max((box_px[3] - box_px[1]) / 2, 2.0)
    depths, off = np.empty(count), np.empty(count)
    w = world_from_camera
    for i in range(count):
        dx, dy, dz = points[i, 0] - w[0, 3], points[i, 1] - w[1, 3], points[i, 2] - w[2, 3]
        x = w[0, 0] * dx + w[1, 0] * dy + w[2, 0] * dz
        y = w[0, 1] * dx + w[1, 1] * dy + w[2, 1] * dz
        z = max(w[0, 2] * dx + w[1, 2] * dy + w[2, 2] * dz, 1e-3)
        depths[i] = z
        off[i] = max(abs(x / z * fx + cx - u_mid) / half_u, abs(y / z * fy + cy - v_mid) / half_v)
    nearest = np.argsort(off)
    inner = 0
    while inner < count and off[nearest[inner]] < 0.5:
        inner += 1
    inner = min(max(inner, 3), count)
    middle = np.sort(depths[nearest[:inner]])[(inner - 1) // 4]  # masks leak behind, as a rule
    wide = max(2 * half_u / fx, 2 * half_v / fy) * middle
    if depths.max() - depths.min() <= 2.0 * wide + 0.12:
        return False
    reach = 0.7 * wide + 0.06
    kept, keep = 0, nearest[0]
    low, high = np.inf, -np.inf
    for i in nearest[::-1]:
        if abs(depths[i] - middle) <= reach:
            kept += 1
            keep = i
            low, high = min(low, depths[i]), max(high, depths[i])
    if kept == count or kept == 0:
        return False
    for i in range(count):
        if abs(depths[i] - middle) > reach:
            points[i] = points[keep]
    depth = (low + high) / 2
    x, y = (u_mid - cx) / fx * depth, (v_mid - cy) / fy * depth
    for a in range(3):
        row[a] = w[a, 3] + w[a, 0] * x + w[a, 1] * y + w[a, 2] * depth
        row[3 + a] = row[a]
    across, tall = 2 * half_u / fx * depth, 2 * half_v / fy * depth
    row[6], row[7] = max(across, high - low), min(across, high - low)
    row[8] = tall
    row[9] = np.arctan2(w[1, 0], w[0, 0]) if across >= high - low else np.arctan2(w[1, 2], w[0, 2])
    row[9] -= np.pi * np.floor((row[9] + np.pi / 2) / np.pi)
    row[10] *= 0.7
    return True


def box_of(box: Floats) -> OrientedBox:
    x, y, z, length, width, height, yaw = box.tolist()
    return OrientedBox((x, y, z), length, width, height, yaw)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def inner_points(points: Floats) -> Floats:
    """The two thirds of (12, 3) points that lie nearest to their middle: masks leak at their rim."""
    count = points.shape[0]
    off = np.zeros(count)
    for axis in range(3):
        ordered = np.sort(points[:, axis])
        middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
        for i in range(count):
            off[i] += (points[i, axis] - middle) ** 2
    order = np.argsort(off, kind="mergesort")
    kept = np.empty((2 * count // 3, 3))
    for i in range(kept.shape[0]):
        kept[i] = points[order[i]]
    return kept


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def move_rows(rows: Floats, points: Floats, move: Transform) -> None:
    """Rigidly move (n, 14) rows and their (n, 12, 3) points in place; boxes turn with the yaw."""
    yaw = np.arctan2(move[1, 0], move[0, 0])
    moved = np.empty(3)
    for i in range(rows.shape[0]):
        for start in (0, 3):
            for a in range(3):
                moved[a] = move[a, 3]
                for b in range(3):
                    moved[a] += move[a, b] * rows[i, start + b]
            rows[i, start : start + 3] = moved
        turned = rows[i, 9] + yaw
        rows[i, 9] = turned - np.pi * np.floor((turned + np.pi / 2) / np.pi)
        for k in range(points.shape[1]):
            for a in range(3):
                moved[a] = move[a, 3]
                for b in range(3):
                    moved[a] += move[a, b] * points[i, k, b]
            points[i, k] = moved


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def find_same_part(rows: Floats, row: Floats) -> tuple[int, bool, int, int]:
    """(row most like the new one, whether both show the same part, the two rows most alike).

    How unlike two rows are is how far the sides of their boxes along the world's axes differ.
    """
    n = rows.shape[0]
    sides = np.empty((n + 1, 6))
    for i in range(n + 1):
        box = row if i == n else rows[i]
        c, s = abs(np.cos(box[9])), abs(np.sin(box[9]))
        half_x, half_y = (c * box[6] + s * box[7]) / 2, (s * box[6] + c * box[7]) / 2
        sides[i, 0], sides[i, 3] = box[3] - half_x, box[3] + half_x
        sides[i, 1], sides[i, 4] = box[4] - half_y, box[4] + half_y
        sides[i, 2], sides[i, 5] = box[5] - box[8] / 2, box[5] + box[8] / 2
    nearest, least = 0, np.inf
    first, second, least_pair = 0, 1, np.inf
    for i in range(n):
        gap = np.abs(sides[i] - sides[n]).max()
        if gap < least:
            nearest, least = i, gap
        for j in range(i + 1, n):
            gap = np.abs(sides[i] - sides[j]).max()
            if gap < least_pair:
                first, second, least_pair = i, j, gap
    extent = np.sqrt(row[6] ** 2 + row[7] ** 2 + row[8] ** 2)
    return nearest, least < max(_SAME_PART * extent, 0.03) or least <= least_pair, first, second


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def weighted_median(values: Floats, weights: Floats) -> float:
    """The value at which half of the weight is reached."""
    order = np.argsort(values)
    half, total = weights.sum() / 2, 0.0
    for i in order:
        total += weights[i]
        if total >= half:
            return float(values[i])
    return float(values[order[-1]])


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def supported_end(values: Floats, support: Floats, skipped: float) -> float:
    """The largest value that is reached by more than `skipped` of the support."""
    order = np.argsort(values)
    above = 0.0
    for i in order[::-1]:
        above += support[i]
        if above > skipped:
            return float(values[i])
    return float(values[order[0]])


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def robust_mean(points: Floats, weights: Floats, middle: Floats) -> None:
    """Mean of (n, 3) points near their geometric median (Weiszfeld's iteration); turns with them."""
    for a in range(3):
        middle[a] = (points[:, a] * weights).sum() / weights.sum()
    for turn in range(12):
        total, sums = 0.0, np.zeros(3)
        for i in range(points.shape[0]):
            off = np.sqrt(((points[i] - middle) ** 2).sum())
            near = 1.0 / (off + 0.005) if turn < 11 else 1.0 / (1.0 + (off / 0.05) ** 2)
            total += weights[i] * near
            for a in range(3):
                sums[a] += weights[i] * near * points[i, a]
        for a in range(3):
            middle[a] = sums[a] / total


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def summarise(rows: Floats, is_large: bool, position: Floats, box: Floats) -> None:
    """Robust position and box of (n, 14) rows.

    Small things: robust mean of the middles, median of the box sides.
    Large things: union of the boxes along the sides of the best view, less the outermost
    twelfth of what supports each side.
    """
    n = rows.shape[0]
    weights = rows[:, 10].copy() + 1e-9
    best = 0
    for i in range(n):
        score = weights[i] * (1.0 + rows[i, 6] * rows[i, 7] if is_large else 1.0)
        top = weights[best] * (1.0 + rows[best, 6] * rows[best, 7] if is_large else 1.0)
        if score > top:
            best = i
    yaw = rows[best, 9]
    c, s = np.cos(yaw), np.sin(yaw)
    low, high = np.empty((3, n)), np.empty((3, n))
    for i in range(n):
        a = c * rows[i, 3] + s * rows[i, 4]
        b = c * rows[i, 4] - s * rows[i, 3]
        turn = rows[i, 9] - yaw
        ct, st = abs(np.cos(turn)), abs(np.sin(turn))
        # A box that is turned has empty corners: the box around it would be too large.
        half_a = max(ct * rows[i, 6], st * rows[i, 7]) / 2
        half_b = max(st * rows[i, 6], ct * rows[i, 7]) / 2
        low[0, i], high[0, i] = a - half_a, a + half_a
        low[1, i], high[1, i] = b - half_b, b + half_b
        low[2, i] = rows[i, 5] - rows[i, 8] / 2
        high[2, i] = rows[i, 5] + rows[i, 8] / 2
    side_low, side_high = np.empty(3), np.empty(3)
    # A far or half hidden view leaks more than it shows: it supports a side less than a good one.
    support = rows[:, 13] * weights
    total = rows[:, 13].sum()
    skipped = support.sum() * max(1 / 12, 1 / total) if total >= 8 else 0.0
    for axis in range(3):
        if is_large:
            side_low[axis] = -supported_end(-low[axis], support, skipped)
            side_high[axis] = supported_end(high[axis], support, skipped)
        else:
            side_low[axis] = weighted_median(low[axis], weights)
            side_high[axis] = weighted_median(high[axis], weights)
    a = (side_low[0] + side_high[0]) / 2
    b = (side_low[1] + side_high[1]) / 2
    box[0], box[1] = c * a - s * b, s * a + c * b
    box[2] = (side_low[2] + side_high[2]) / 2
    box[3], box[4] = side_high[0] - side_low[0], side_high[1] - side_low[1]
    box[5], box[6] = side_high[2] - side_low[2], yaw
    if box[4] > box[3]:
        box[3], box[4] = box[4], box[3]
        box[6] = yaw - np.pi / 2 if yaw >= 0 else yaw + np.pi / 2
    if is_large:
        position[:] = box[:3]
        return
    robust_mean(rows[:, :3], weights, position)
    box[:3] = position
