"""Change by rays: a place that was looked at and found empty means that the thing has left it.

Through: measured surfaces lie behind where the thing was. Hit: something is there, but the detector
reports nothing; how much that means depends on how often it misses things of this size. Occluded or
never looked at means nothing (Khronos verifies absence by rays, too; see PAPERS.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..journal.records import LookRecord
from .belief import MIN_EXISTENCE, Belief, State
from .entity import ChangeKind, EntityKind, Status
from .observations import Floats
from .registry import Registry

GONE_LOG_ODDS = 6.0
"""Evidence that it takes: a thing leaves its place seldom."""
THROUGH_LOG_ODDS = 4.0
MISS_SHARE = 0.7
"""Misses in a row are not independent of each other."""
DOUBT_SHARE = 0.5
"""Of a look's weight for absence, that speaks against the thing having been there at all."""
FAMILIAR_COUNT = 20
"""Sightings after which a look in vain speaks half as much against a thing."""
LEAST_LOOKS = 2
SAME_VIEW_M = 0.2
DOUBTFUL_LOG_ODDS = 4.5
MAX_LOOKS = 12
_BINS = 6


class MissModel:
    """How often the detector misses what is there, by the share of the image that the thing fills."""

    def __init__(self) -> None:
        self.hits = np.full(_BINS, 4.0)
        self.misses = np.full(_BINS, 1.0)

    def note(self, share: float, *, is_hit: bool, weight: float = 1.0) -> None:
        """`weight` in [0, 1] says how new the view is."""
        (self.hits if is_hit else self.misses)[_bin_of(share)] += weight

    def weight(self, share: float) -> float:
        """Log-odds for absence of one look in vain."""
        at = _bin_of(share)
        rate = self.misses[at] / (self.hits[at] + self.misses[at])
        return -math.log(min(max(float(rate), 0.03), 0.9))


def _bin_of(share: float) -> int:
    return min(max(int(math.log2(max(share, 1e-6) / 0.001)), 0), _BINS - 1)


def share_from(belief: Belief, camera: Floats) -> float:
    """The share of the image that a thing should fill, seen from a camera."""
    assert belief.position is not None
    gap = float(np.linalg.norm(belief.position - camera))
    return belief.area_m2 / max(gap * gap, 0.04)


def pose_trust(offsets_m: Sequence[float], spread_m: float) -> float:
    """How far the pose of an image may be trusted, in [0, 1].

    `offsets_m` says how far from their places things were seen that stand still.
    """
    if spread_m < 0.035:
        return 1.0
    if not offsets_m:
        return 0.4
    return min(max(1.6 - float(np.median(offsets_m)) / spread_m, 0.1), 1.0)


def belief_at(registry: Registry, record: LookRecord) -> Belief | None:
    """Whose place a look names."""
    count = len(registry.rows)
    if count == 0:
        return None
    gaps = np.abs(registry.centers[:count] - record.point_in_world).sum(axis=1)
    best = None
    for row in np.flatnonzero(gaps <= max(0.05, 0.3 * record.radius_m)).tolist():
        belief = registry.rows[row]
        if belief.status is not Status.PRESENT or belief.kind is EntityKind.PERSON:
            continue
        key = (float(gaps[row]), belief.number)
        if best is None or key < best[0]:
            best = (key, belief)
    return None if best is None else best[1]


def note_look(
    registry: Registry,
    misses: MissModel,
    belief: Belief,
    record_id: int,
    record: LookRecord,
    camera: Floats,
    trust: float,
) -> bool:
    """A look at a place where nothing was detected; returns whether the thing has gone now.

    `trust` in [0, 1] says how well the image's pose fits the map.
    """
    if belief.status is not Status.PRESENT or record.stamp_ns < belief.state.last_seen_ns:
        return False
    view = (float(camera[0]), float(camera[1]), float(camera[2]))
    is_new_view = all(math.dist(view, old) > SAME_VIEW_M for old in belief.look_views)
    share = share_from(belief, camera)
    weight = 0.0
    if record.through_share >= 0.5:
        certainty = min(1.0, 2.0 * record.through_share - 0.8) * min(1.0, record.ray_count / 8)
        blur = registry.drift.spread_m / max(0.5 * belief.extent_m, 0.05)
        weight = trust * THROUGH_LOG_ODDS * certainty / (1.0 + 0.5 * blur * blur)
    if record.hit_share + record.through_share >= 0.5 and is_new_view:
        # Nothing was detected either way; a poor ray test must not hide that.
        looked = record.hit_share + record.through_share
        missed = MISS_SHARE * trust * misses.weight(share) * looked
        weight = max(weight, missed)
        newness = _newness(belief, view)
        if belief.is_confirmed:
            misses.note(share, is_hit=False, weight=newness)
        if record.hit_share >= 0.5:
            _doubt(belief, newness * missed)
    if weight <= 0.0:
        return False
    belief.entity = None
    if not belief.is_confirmed and record.hit_share < 0.5:
        _doubt(belief, weight)
    belief.absence += weight
    if len(belief.look_views) < MAX_LOOKS:
        belief.look_views.append(view)
        belief.absence_evidence.append(f"look:{record_id}")
    if belief.absence < _needed(belief) or len(belief.absence_evidence) < LEAST_LOOKS:
        return False
    if not belief.is_confirmed:
        return False
    if belief.existence < DOUBTFUL_LOG_ODDS:
        belief.is_confirmed = False  # seen hardly ever, and now not: it was an invention
        return False
    begin_gone(registry, belief, record.stamp_ns)
    return True


def _newness(belief: Belief, view: tuple[float, float, float]) -> float:
    """How far a view differs from that of the last sighting, in [0, 1]: detectors flicker."""
    if not belief.last_eye:
        return 1.0
    return min(1.0, math.dist(view, belief.last_eye) / SAME_VIEW_M)


def _doubt(belief: Belief, weight: float) -> None:
    """Not detected where it should be. What was seen often is known to be missed now and then."""
    usual = 1.0 + belief.count / FAMILIAR_COUNT
    belief.existence = max(belief.existence - DOUBT_SHARE * weight / usual, MIN_EXISTENCE)
    if belief.existence < 0.0:
        belief.is_confirmed = False


def _needed(belief: Belief) -> float:
    """Furniture leaves its place less often."""
    return GONE_LOG_ODDS + (6.0 if belief.kind is EntityKind.FURNITURE else 0.0)


def begin_gone(registry: Registry, belief: Belief, stamp_ns: int) -> None:
    """Its place is empty."""
    before = belief.state
    evidence = list(belief.absence_evidence)
    state = State(
        ChangeKind.GONE, Status.GONE, stamp_ns, before.last_seen_ns, stamp_ns,
        place=before.position, evidence=evidence[-4:], ending_evidence=evidence,
    )  # fmt: skip
    state.box = None if before.box is None else before.box.copy()
    for row in before.seen.best()[:1]:
        state.ending_evidence.append(f"detection:{int(before.seen.ids[row, 0])}")
    belief.is_place_pending = False
    registry.begin(belief, state)
