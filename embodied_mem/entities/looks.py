"""Looks: rays through the places of entities that should be seen but that no detection shows.

Called once an image, before its step is applied; what is found is journalled as `LookRecord`, and only
the journal changes the view.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..core import DepthImage
from ..geometry import CameraIntrinsics, Transform
from ..perception import LocatedDetection
from .belief import Belief
from .change import SAME_VIEW_M, share_from
from .entity import EntityKind, Point3, Status
from .observations import Floats
from .view import EntityView

MIN_DEPTH_M = 0.3
_MAX_YOUNG_IMAGES = 400
_MAX_YOUNG_LOOKS = 4
_LEAST_INSIDE = 0.75
"""Share of the points of a place that must project well into the image."""
_LEAST_SHARE = 0.002
"""Of the image: what should look smaller is not looked for by its missing detection."""
_MISS_RANGE_M = 3.5
"""Farther away, a missing detection means little."""
_MARGIN_PX = 12
_MAX_POINTS = 36


@dataclass(frozen=True)
class Look:
    """What rays through one place found; shares of the rays that ended or passed."""

    point_in_world: Point3
    radius_m: float
    ray_count: int
    through_share: float
    hit_share: float
    occluded_share: float


@dataclass(frozen=True)
class LookTargets:
    """Places worth looking at from one camera."""

    beliefs: tuple[Belief, ...]
    points: Floats
    """(K, 3) surface points in the world, place by place."""
    starts: NDArray[np.int64]
    """(T + 1,) place t owns points starts[t] to starts[t + 1]."""
    boxes: Floats
    """(T, 7) oriented boxes."""
    is_new_view: tuple[bool, ...]
    """Whether a missing detection would tell something new."""
    distances_m: tuple[float, ...]
    shares: tuple[float, ...]
    """Of the image that each should fill."""
    spread_m: float
    """Standard deviation of where the camera is."""


def expected_places(
    view: EntityView, world_from_camera: Transform, intrinsics: CameraIntrinsics
) -> LookTargets:
    """Present entities, persons excepted, whose place lies well inside the image and near enough."""
    registry, range_m = view.registry, view.config.look_range_m
    count = len(registry.rows)
    camera = np.ascontiguousarray(world_from_camera[:3, 3])
    chosen: list[Belief] = []
    points, boxes, shares, distances, is_new = [], [], [], [], []
    for row in _in_image(registry.centers[:count], world_from_camera, intrinsics, range_m).tolist():
        belief = registry.rows[row]
        if not _is_wanted(belief, registry.image_count) or belief.box is None:
            continue
        if belief.look_points is None:
            belief.look_points = belief.state.seen.look_points()[:_MAX_POINTS]
        place = (float(camera[0]), float(camera[1]), float(camera[2]))
        chosen.append(belief)
        points.append(belief.look_points)
        boxes.append(belief.box)
        shares.append(share_from(belief, camera))
        distances.append(float(np.linalg.norm(belief.box[:3] - camera)))
        is_new.append(all(math.dist(place, old) > SAME_VIEW_M for old in belief.look_views))
    lengths = [0, *(len(p) for p in points)]
    return LookTargets(
        tuple(chosen),
        np.concatenate(points) if points else np.zeros((0, 3)),
        np.cumsum(lengths).astype(np.int64),
        np.array(boxes).reshape(-1, 7),
        tuple(is_new),
        tuple(distances),
        tuple(shares),
        registry.drift.spread_m,
    )


def _in_image(
    centers: Floats, world_from_camera: Transform, intrinsics: CameraIntrinsics, range_m: float
) -> NDArray[np.int64]:
    """Row numbers of the centres that project into the image within a range."""
    in_camera = (centers - world_from_camera[:3, 3]) @ world_from_camera[:3, :3]
    z = in_camera[:, 2]
    ahead = np.maximum(z, 1e-6)
    u = in_camera[:, 0] / ahead * intrinsics.fx_px + intrinsics.cx_px
    v = in_camera[:, 1] / ahead * intrinsics.fy_px + intrinsics.cy_px
    return np.flatnonzero(
        (z > MIN_DEPTH_M)
        & (z < range_m)
        & (u > 0) & (u < intrinsics.width_px - 1)
        & (v > 0) & (v < intrinsics.height_px - 1)
    )  # fmt: skip


def _is_wanted(belief: Belief, image: int) -> bool:
    if belief.status is not Status.PRESENT or belief.kind is EntityKind.PERSON:
        return False
    if not belief.state.seen.count:
        return False
    if belief.is_confirmed:
        return True
    is_young = image - belief.last_seen_image < _MAX_YOUNG_IMAGES
    return is_young and len(belief.look_views) < _MAX_YOUNG_LOOKS


def measure_looks(
    view: EntityView,
    targets: LookTargets,
    depth: DepthImage,
    intrinsics: CameraIntrinsics,
    world_from_camera: Transform,
    located: Sequence[LocatedDetection],
) -> list[Look]:
    """What rays through the places find, for those that tell something: no detection explains them."""
    count = len(targets.beliefs)
    if count == 0:
        return []
    counts = np.zeros((count, 5), np.int64)
    k = intrinsics
    cast_rays(
        targets.points, targets.starts, targets.boxes, depth.raw, depth.unit_m,
        np.array([k.fx_px, k.fy_px, k.cx_px, k.cy_px]),
        np.ascontiguousarray(world_from_camera, np.float64), targets.spread_m, counts,
    )  # fmt: skip
    looks = []
    near = _near(targets, located)
    for index, belief in enumerate(targets.beliefs):
        look = _look_of(
            belief, counts[index], int(targets.starts[index + 1] - targets.starts[index])
        )
        if look is None:
            continue
        beside = [located[n] for n in np.flatnonzero(near[index]).tolist()]
        if _is_explained(view, belief, beside, targets.spread_m):
            continue
        is_missed = bool(located) and targets.is_new_view[index]
        is_missed &= targets.shares[index] * look.hit_share >= _LEAST_SHARE
        is_missed &= targets.distances_m[index] <= _MISS_RANGE_M
        if look.through_share >= 0.5 or (is_missed and look.hit_share + look.through_share >= 0.7):
            looks.append(look)
    return looks


def _near(targets: LookTargets, located: Sequence[LocatedDetection]) -> NDArray[np.bool_]:
    """(T, D) whether a detection's box comes so near to a place that it may explain it."""
    if not located:
        return np.zeros((len(targets.beliefs), 0), bool)
    places = np.array([belief.position for belief in targets.beliefs])[:, None]
    low = np.array([item.box.low for item in located])
    high = np.array([item.box.high for item in located])
    gap = places - np.clip(places, low, high)
    extents = np.array([belief.extent_m for belief in targets.beliefs])
    reach = 0.5 * extents + 3 * targets.spread_m + 0.05
    return np.asarray((gap * gap).sum(axis=2) <= (reach * reach)[:, None])


def _look_of(belief: Belief, counts: NDArray[np.int64], point_count: int) -> Look | None:
    """None if too little of the place was in the image or had depth."""
    through, hit, occluded, inside, _ = counts.tolist()
    rays = through + hit + occluded
    if inside < _LEAST_INSIDE * point_count or rays < max(3, 0.4 * point_count):
        return None
    assert belief.position is not None
    x, y, z = belief.position.tolist()
    return Look(
        (x, y, z), max(0.05, belief.extent_m / 2), rays,
        through / rays, hit / rays, occluded / rays,
    )  # fmt: skip


def _is_explained(
    view: EntityView, belief: Belief, located: Sequence[LocatedDetection], spread_m: float
) -> bool:
    """Whether a detection near the place may be the thing: of its name, or just of its size and place."""
    assert belief.position is not None
    labels = view.registry.labels
    x, y, z = belief.position.tolist()
    for item in located:
        low, high = item.box.low, item.box.high
        label = labels.find_id(item.detection.label)
        if label is not None and labels.log_ratio(label, belief.labels) > 0.0:
            return True
        gap = math.dist((x, y, z), item.centroid_in_world)
        if gap < 0.2 * belief.extent_m + 2 * spread_m and (
            0.6 * belief.extent_m < math.dist(low, high) < 1.7 * belief.extent_m
        ):
            return True
    return False


def look_at_places(
    view: EntityView,
    depth: DepthImage,
    intrinsics: CameraIntrinsics,
    world_from_camera: Transform,
    located: Sequence[LocatedDetection],
    *,
    sensor: str = "",
    stamp_ns: int = 0,
) -> list[Look]:
    """Looks at the places of entities that should be in view and that no detection explains.

    `located` are the detections of this very image; without any, a missing one proves nothing.
    """
    targets = expected_places(view, world_from_camera, intrinsics)
    return measure_looks(view, targets, depth, intrinsics, world_from_camera, located)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def cast_rays(
    points: Floats,
    starts: NDArray[np.int64],
    boxes: Floats,
    raw: NDArray[np.uint16],
    unit_m: float,
    camera: Floats,
    world_from_camera: Transform,
    spread_m: float,
    counts: NDArray[np.int64],
) -> None:
    """Per place the rays that went through, hit, were stopped before, and how many were in the image.

    A ray goes through if every depth around its pixel lies behind the point by more than the noise.
    It is stopped before the place if all are nearer than the near side of its box.
    """
    fx, fy, cx, cy = camera
    height, width = raw.shape
    for t in range(len(starts) - 1):
        cb, sb = np.cos(boxes[t, 6]), np.sin(boxes[t, 6])
        extent = np.sqrt(boxes[t, 3] ** 2 + boxes[t, 4] ** 2 + boxes[t, 5] ** 2)
        for k in range(starts[t], starts[t + 1]):
            dx = points[k, 0] - world_from_camera[0, 3]
            dy = points[k, 1] - world_from_camera[1, 3]
            dz = points[k, 2] - world_from_camera[2, 3]
            w = world_from_camera
            x = w[0, 0] * dx + w[1, 0] * dy + w[2, 0] * dz
            y = w[0, 1] * dx + w[1, 1] * dy + w[2, 1] * dz
            z = w[0, 2] * dx + w[1, 2] * dy + w[2, 2] * dz
            if z < 0.2:
                continue
            u, v = int(np.rint(x / z * fx + cx)), int(np.rint(y / z * fy + cy))
            edge = _MARGIN_PX
            if u < edge or v < edge or u >= width - edge or v >= height - edge:
                continue
            counts[t, 3] += 1
            # Where the ray enters the box, as a share of the way to the point.
            ox, oy = w[0, 3] - boxes[t, 0], w[1, 3] - boxes[t, 1]
            oz = w[2, 3] - boxes[t, 2]
            oa, ob = cb * ox + sb * oy, cb * oy - sb * ox
            da, db = cb * dx + sb * dy, cb * dy - sb * dx
            enter = 0.0
            for axis in range(3):
                o = oa if axis == 0 else (ob if axis == 1 else oz)
                d = da if axis == 0 else (db if axis == 1 else dz)
                half = boxes[t, 3 + axis] / 2 + 0.02
                if abs(d) > 1e-9:
                    near = min((-half - o) / d, (half - o) / d)
                    enter = max(enter, near)
            enter = min(enter, 1.0)
            # Points are means over cells of the surface that grow with the thing: they may hover.
            loose_m = spread_m + 0.06 * max(extent - 0.2, 0.0)
            margin = 0.025 + 0.012 * z * z + 0.5 * loose_m
            tight = 0.02 + 0.003 * z * z + 0.3 * spread_m
            reach = min(int(np.ceil(fx * (0.012 + 0.7 * loose_m) / z)), 24)
            step = max(1, reach // 3)
            seen, behind, before = 0, 0, 0
            for dv in range(-reach, reach + 1, step):
                for du in range(-reach, reach + 1, step):
                    uu, vv = u + du, v + dv
                    if uu < 0 or vv < 0 or uu >= width or vv >= height or raw[vv, uu] == 0:
                        continue
                    depth = raw[vv, uu] * unit_m
                    seen += 1
                    if depth > z + margin:
                        behind += 1
                    elif depth < enter * z - tight:
                        before += 1
            if seen == 0:
                continue
            if behind == seen:
                counts[t, 0] += 1
            elif before * 2 > seen:
                counts[t, 2] += 1
            elif behind + before < seen:
                counts[t, 1] += 1
            else:
                counts[t, 4] += 1
