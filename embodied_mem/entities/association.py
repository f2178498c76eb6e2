"""Which detection of an image shows which entity: geometry, label, looks and track, one to one.

The score of a pair is a log-likelihood ratio: seen again against never seen before. A pair is accepted
above 0; the assignment of a whole image maximises the sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from .belief import Belief
from .entity import EntityKind, Status
from .labels import LabelTable
from .observations import Floats, Sighting

SAME_PLACE = 3.5
"""Score of a sighting exactly where the entity is."""
OVERLAP_POINTS = 4
_FAR = -12.0
_TRACK = 5.0
_GONE = -1.0
MOVED_BY_TRACK = -1.5
"""Score of a place that does not fit, when the track does."""


class TrackTrust:
    """How far track ids can be trusted, as learned: things that are plainly the same keep theirs or not."""

    def __init__(self) -> None:
        self.kept_count = 9.0
        self.broken_count = 1.0

    @property
    def keep_share(self) -> float:
        return self.kept_count / (self.kept_count + self.broken_count)

    @property
    def is_high(self) -> bool:
        """Whether another track id practically means another thing."""
        return self.kept_count >= 30 and self.broken_count <= 1.0 + 0.001 * self.kept_count

    def note(self, *, is_kept: bool) -> None:
        if is_kept:
            self.kept_count += 1
        else:
            self.broken_count += 1

    def score(self, sighting: Sighting, belief: Belief, track_count: int) -> float:
        """log-likelihood ratio of the track id; 0 if one of them has none.

        `track_count` is how often the track was seen on any entity: one that two entities share
        speaks for the one that it was seen on more often.
        """
        if not sighting.track or not belief.tracks:
            return 0.0
        if sighting.track not in belief.tracks:
            return max(-8.0, math.log(1 - self.keep_share))
        share = belief.tracks[sighting.track] / max(track_count, 1)
        top = _TRACK if sighting.track == belief.track else _TRACK - 2.0
        return top * max(0.0, 2.0 * share - 1.0) if share < 0.75 else top


def appearance_score(sighting: Sighting, belief: Belief) -> float:
    """From the Bhattacharyya coefficient of colours: the same thing has 0.95, another one 0.5 or so."""
    if sighting.color[0] < 0 or belief.color[3] <= 0:
        return 0.0
    score = min(max(12.0 * (similarity(sighting.appearance, belief.appearance) - 0.83), -3.5), 1.8)
    is_poor = sighting.visible < 0.4
    return max(score, -1.5) if is_poor else score


def similarity(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Cosine of two appearance vectors, 0 if one is empty."""
    scale = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / scale if scale > 1e-12 else 0.0


def nearest_m(sighting: Sighting, point: Floats) -> float:
    """From a point to the nearest of the points and the middle of a sighting."""
    offsets = np.concatenate([sighting.points, sighting.center[None]]) - point
    return float(np.sqrt((offsets * offsets).sum(axis=1).min()))


def pose_spread(sighting: Sighting, drift_m: float) -> float:
    """Standard deviation of a sighting's place from depth noise and drift, metres."""
    return math.sqrt(0.03**2 + drift_m**2 + (0.006 * sighting.depth_m**2) ** 2)


def score_pairs(
    sightings: Sequence[Sighting],
    candidates: Sequence[Belief],
    boxes: Floats,
    centers: Floats,
    *,
    labels: LabelTable,
    trust: TrackTrust,
    drift_m: float,
    image: int,
) -> Floats:
    """(D, N) scores of sightings and candidates; `_FAR` where a pair is out of the question."""
    spreads = np.array([pose_spread(s, drift_m) for s in sightings])
    distances = np.empty((len(sightings), len(candidates)))
    measure_pairs(
        np.array([s.center for s in sightings]), np.array([s.box for s in sightings]),
        np.array([s.points for s in sightings]), np.array([s.visible for s in sightings]),
        spreads, centers, boxes, distances,
    )  # fmt: skip
    by_track: dict[str, list[int]] = {}
    for column, belief in enumerate(candidates):
        for track in belief.tracks:
            by_track.setdefault(track, []).append(column)
    persons = [n for n, belief in enumerate(candidates) if belief.kind is EntityKind.PERSON]
    scores = np.full(distances.shape, _FAR)
    for row, sighting in enumerate(sightings):
        near = np.flatnonzero(distances[row] < 6.0 * spreads[row] + 0.1).tolist()
        owners = by_track.get(sighting.track, [])
        track_count = sum(candidates[column].tracks[sighting.track] for column in owners)
        for column in dict.fromkeys([*near, *owners, *persons]):
            belief = candidates[column]
            scores[row, column] = _score(
                sighting, belief, float(distances[row, column]), float(spreads[row]),
                labels=labels, trust=trust, image=image, track_count=track_count,
            )  # fmt: skip
    return scores


def _score(
    sighting: Sighting,
    belief: Belief,
    distance_m: float,
    spread_m: float,
    *,
    labels: LabelTable,
    trust: TrackTrust,
    image: int,
    track_count: int,
) -> float:
    name = labels.log_ratio(sighting.label_id, belief.labels)
    if belief.kind is EntityKind.PERSON:
        if name < 0:
            return _FAR
        return _person_score(
            sighting, belief, name, trust.score(sighting, belief, track_count), image
        )
    track = trust.score(sighting, belief, track_count)
    if track <= 0 and name < (0.0 if belief.is_confirmed else 2.0):
        return _FAR  # inventions must not confirm each other
    is_loose = belief.is_place_pending or belief.status is Status.HELD
    if is_loose and belief.position is not None:
        spread_m = math.hypot(spread_m, 0.25)
        distance_m = max(0.0, nearest_m(sighting, belief.position) - 0.1)
    place = SAME_PLACE - 0.5 * min((distance_m / spread_m) ** 2, 30.0)
    if track > 0:
        place = max(place, MOVED_BY_TRACK)
    if belief.status is Status.GONE:
        place += _GONE
    if place + track <= -6.0:
        return _FAR
    return place + track + name + appearance_score(sighting, belief)


def _person_score(
    sighting: Sighting, belief: Belief, name: float, track: float, image: int
) -> float:
    """People walk: the longer ago one was seen, the farther away they may be."""
    ago = max(1, image - belief.last_seen_image)
    spread_m = 0.4 + 0.35 * min(ago, 20)
    if belief.position is None:
        return _FAR
    gap = float(np.hypot(*(sighting.center - belief.position)[:2]))
    place = 1.5 - 0.5 * min((gap / spread_m) ** 2, 12.0)
    # There are few people in a house: a new one is less likely than a new thing.
    looks = appearance_score(sighting, belief)
    if track > 2.0 or sighting.visible < 0.5:
        looks = max(looks, -1.0)  # legs look different from a whole person
    return place + max(track, -2.0) + 2.0 + 1.8 * looks


def assign(scores: Floats) -> list[int]:
    """The column of each row, -1 for none: the one-to-one assignment with the greatest positive sum."""
    row_count = len(scores)
    chosen = [-1] * row_count
    columns = np.flatnonzero((scores > 0).any(axis=0))
    if len(columns) == 0:
        return chosen
    gains = np.zeros((row_count, len(columns) + row_count))
    gains[:, : len(columns)] = np.maximum(scores[:, columns], 0.0)
    rows, places = linear_sum_assignment(gains, maximize=True)
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        if place < len(columns) and gains[row, place] > 0:
            chosen[row] = int(columns[place])
    return chosen


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def point_box_distance(x: float, y: float, z: float, box: Floats) -> float:
    """From a point to a (7,) oriented box; 0 inside."""
    c, s = np.cos(box[6]), np.sin(box[6])
    dx, dy = x - box[0], y - box[1]
    a = max(abs(c * dx + s * dy) - box[3] / 2, 0.0)
    b = max(abs(c * dy - s * dx) - box[4] / 2, 0.0)
    h = max(abs(z - box[2]) - box[5] / 2, 0.0)
    return float(np.sqrt(a * a + b * b + h * h))


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def measure_pairs(
    det_centers: Floats,
    det_boxes: Floats,
    det_points: Floats,
    visible: Floats,
    spreads: Floats,
    centers: Floats,
    boxes: Floats,
    distances: Floats,
) -> None:
    """How far apart a sighting and an entity are, metres: middles for small things, surfaces for large.

    A part of something large lies inside its box; something small that is seen whole has its middle
    where it was before.
    """
    outside = np.empty(det_points.shape[1])
    for i in range(det_centers.shape[0]):
        own = np.sqrt(det_boxes[i, 3] ** 2 + det_boxes[i, 4] ** 2 + det_boxes[i, 5] ** 2)
        for j in range(centers.shape[0]):
            extent = np.sqrt(boxes[j, 3] ** 2 + boxes[j, 4] ** 2 + boxes[j, 5] ** 2)
            dx = det_centers[i, 0] - centers[j, 0]
            dy = det_centers[i, 1] - centers[j, 1]
            dz = det_centers[i, 2] - centers[j, 2]
            middle = np.sqrt(dx * dx + dy * dy + dz * dz)
            distances[i, j] = middle
            if middle > 0.5 * (own + extent) + 6.0 * spreads[i] + 0.1:
                continue
            for k in range(det_points.shape[1]):
                outside[k] = point_box_distance(
                    det_points[i, k, 0], det_points[i, k, 1], det_points[i, k, 2], boxes[j]
                )
            part = 1.0 - min(max((visible[i] - 0.4) / 0.4, 0.0), 1.0)
            # What is cut off at the image's border may continue what is known: part must overlap.
            overlap = np.sort(outside)[:OVERLAP_POINTS].mean()
            inside = (1.0 - part) * outside.mean() + part * overlap
            # The other way round: what was known may have been the smaller part.
            corner = point_box_distance(centers[j, 0], centers[j, 1], centers[j, 2], det_boxes[i])
            surface = min(inside, max(corner, 0.5 * inside))
            large = min(max((extent - 0.35) / 0.5, 0.0), 1.0)
            share = max(large, 0.7 * part)
            tolerance = 0.12 * min(own, extent)
            distances[i, j] = share * surface + (1.0 - share) * max(middle - tolerance, 0.0)
