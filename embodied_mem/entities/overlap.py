"""What fills the same space, in an image or in the world: one thing that is seen, or named, twice."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit

from .belief import Belief
from .entity import EntityKind, Status
from .labels import LabelTable
from .observations import Floats, Sighting

MIN_SIDE_M = 0.05
"""Boxes of flat things are taken to be this thick: depth is not better than that."""
REPEAT_PX_SHARE = 0.75
"""Of the smaller box in the image, to be another box of the same thing."""
REPEAT_POINT_SHARE = 0.5
"""Of the points of one, that lie in the box of the other."""
SAME_SPACE = 0.5
"""Share of the smaller of two boxes from which on they fill the same space."""
_POINT_SLACK_M = 0.05
_LEAST_PASSED = 0.15
"""Of the way past a thing, that a ray must lie in its box to be stopped by it."""
_GRID = 6


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def overlap_share(first: Floats, second: Floats) -> float:
    """Shared volume of two (7,) oriented boxes over that of the smaller one, in [0, 1]; sampled."""
    volumes = np.empty(2)
    for k in range(2):
        box = first if k == 0 else second
        volumes[k] = max(box[3], MIN_SIDE_M) * max(box[4], MIN_SIDE_M) * max(box[5], MIN_SIDE_M)
    small, large = (first, second) if volumes[0] <= volumes[1] else (second, first)
    cs, ss = np.cos(small[6]), np.sin(small[6])
    cl, sl = np.cos(large[6]), np.sin(large[6])
    half_a = max(large[3], MIN_SIDE_M) / 2
    half_b = max(large[4], MIN_SIDE_M) / 2
    half_c = max(large[5], MIN_SIDE_M) / 2
    inside = 0
    for i in range(_GRID):
        a = ((i + 0.5) / _GRID - 0.5) * max(small[3], MIN_SIDE_M)
        for j in range(_GRID):
            b = ((j + 0.5) / _GRID - 0.5) * max(small[4], MIN_SIDE_M)
            dx = small[0] + cs * a - ss * b - large[0]
            dy = small[1] + ss * a + cs * b - large[1]
            if abs(cl * dx + sl * dy) > half_a or abs(cl * dy - sl * dx) > half_b:
                continue
            for k in range(_GRID):
                c = ((k + 0.5) / _GRID - 0.5) * max(small[5], MIN_SIDE_M)
                inside += abs(small[2] + c - large[2]) <= half_c
    return inside / _GRID**3


def holds_share(box: Floats, points: Floats) -> float:
    """The share of (K, 3) points that lie in a (7,) oriented box, or right beside it."""
    c, s = math.cos(box[6]), math.sin(box[6])
    offset = points - box[:3]
    along = np.abs(c * offset[:, 0] + s * offset[:, 1]) <= box[3] / 2 + _POINT_SLACK_M
    across = np.abs(c * offset[:, 1] - s * offset[:, 0]) <= box[4] / 2 + _POINT_SLACK_M
    upright = np.abs(offset[:, 2]) <= box[5] / 2 + _POINT_SLACK_M
    return float((along & across & upright).mean())


def shared_px(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Area that two image boxes share, over that of the smaller one."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (first, second)]
    return width * height / max(min(areas), 1e-9)


def find_repeats(sightings: Sequence[Sighting], labels: LabelTable) -> dict[int, int]:
    """Sightings of one image that show a part of what another one shows: index -> that other index.

    A detector boxes the back of a chair and the whole chair; suppression by overlap keeps both.
    """
    order = sorted(range(len(sightings)), key=lambda i: (-_rank(sightings[i]), i))
    repeats: dict[int, int] = {}
    for at, i in enumerate(order):
        for j in order[:at]:
            if j not in repeats and _is_repeat(sightings[j], sightings[i], labels):
                repeats[i] = j
                break
    return repeats


def _rank(sighting: Sighting) -> float:
    """The whole of a thing says more than a part that the detector is a little surer of."""
    x_min, y_min, x_max, y_max = sighting.box_px
    return sighting.confidence * math.sqrt(max((x_max - x_min) * (y_max - y_min), 0.0))


def _is_repeat(kept: Sighting, other: Sighting, labels: LabelTable) -> bool:
    if kept.track and other.track:
        return kept.track == other.track
    if not labels.is_same(kept.label_id, other.label_id):
        return False
    if shared_px(kept.box_px, other.box_px) < REPEAT_PX_SHARE:
        return False
    share = max(holds_share(kept.box, other.points), holds_share(other.box, kept.points))
    return share >= REPEAT_POINT_SHARE


def find_in_line(
    sighting: Sighting, beliefs: Sequence[Belief], labels: LabelTable
) -> Belief | None:
    """What stands before the place of a sighting, has its name, and fills its angle; None if nothing.

    Depth often cuts the wall out of a box around the back of a chair: what is behind the slats fills
    more of the box than they do.
    """
    ray = sighting.center - sighting.camera
    far_m = float(np.linalg.norm(ray))
    if far_m < 1e-6:
        return None
    ray = ray / far_m
    for belief in beliefs:
        if not belief.is_confirmed or belief.box is None or belief.status is not Status.PRESENT:
            continue
        if belief.kind is EntityKind.PERSON or not belief.is_large:
            continue
        if labels.log_ratio(sighting.label_id, belief.labels) < 2.0:
            continue
        offset = belief.box[:3] - sighting.camera
        near_m = float(offset @ ray)
        if not 0.2 < near_m < far_m - 0.5 * belief.extent_m:
            continue
        steps_m = near_m + belief.extent_m * np.linspace(-0.5, 0.5, 9)
        passed = holds_share(belief.box, sighting.camera + steps_m[:, None] * ray)
        angle_ratio = (sighting.extent_m / far_m) / (belief.extent_m / near_m)
        if passed > _LEAST_PASSED and 0.3 < angle_ratio < 1.6:
            return belief
    return None


def compete(first: Belief, second: Belief, least_overlap: float) -> bool:
    """Whether two beliefs fill one space and have about one size: one thing under two names."""
    if first.box is None or second.box is None:
        return False
    least, most = sorted((first.extent_m, second.extent_m))
    return least > 0.5 * most and overlap_share(first.box, second.box) >= least_overlap
