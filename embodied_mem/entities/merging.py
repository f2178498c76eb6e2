"""Two beliefs about one thing: found, folded into the older one, and taken apart again if wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from .association import similarity
from .belief import MAX_EXISTENCE, MAX_TRACKS, Belief, State
from .entity import ChangeKind, EntityKind, Status, entity_id_of
from .observations import Sighting
from .overlap import SAME_SPACE, compete, overlap_share
from .registry import Registry

SAME_LOOKS, LIKE_LOOKS = 0.9, 0.75
RENAMED_SPACE = 0.7
"""Share of the smaller of two boxes from which on two names that nobody confuses are of one thing."""
_MARGIN = 0.04


@dataclass(frozen=True)
class Merge:
    """Two entities that were found to be one. `is_undone`: both were seen side by side later."""

    kept_id: str
    merged_id: str
    stamp_ns: int
    reason: str
    """'same_place' or 'moved'."""
    evidence: tuple[str, ...] = ()
    is_undone: bool = False


def find_duplicates(
    registry: Registry, among: Collection[int] | None = None
) -> list[tuple[Belief, Belief]]:
    """Pairs (older, younger) at one place that cannot be told apart, in the order of their numbers.

    `among`: one of each pair has a number in it.
    """
    rows = [
        b for b in registry.rows if b.status is Status.PRESENT and b.kind is not EntityKind.PERSON
    ]
    rows.sort(key=lambda belief: belief.number)
    if len(rows) < 2:
        return []
    centers, boxes = registry.arrays_of(rows)
    extents = np.sqrt((boxes[:, 3:6] ** 2).sum(axis=1))
    slack = 2.0 * registry.drift.spread_m
    gaps = np.sqrt(((centers[:, None] - centers[None]) ** 2).sum(axis=2))
    reach = slack + 0.5 * np.maximum(extents[:, None], extents[None])
    pairs, used = [], set()
    if among is not None:
        is_in = np.array([belief.number in among for belief in rows])
        gaps[~is_in[:, None] & ~is_in[None]] = np.inf
    for i, j in np.argwhere(np.triu(gaps <= reach, 1)).tolist():
        if i in used or j in used:
            continue
        if _are_one(registry, rows[i], rows[j], float(gaps[i, j]), slack):
            pairs.append((rows[i], rows[j]))
            used |= {i, j}
    return pairs


def _are_one(
    registry: Registry, first: Belief, second: Belief, gap_m: float, slack_m: float
) -> bool:
    if second.number in first.rivals or first.number in second.rivals:
        return False
    has_colors = first.color[3] > 0 and second.color[3] > 0
    likeness = similarity(first.appearance, second.appearance) if has_colors else LIKE_LOOKS
    if likeness < LIKE_LOOKS:
        return False
    if _tracks_contradict(registry, first, second) or _share_an_image(first, second):
        return False
    least = min(first.extent_m, second.extent_m)
    is_one_track = bool(first.tracks.keys() & second.tracks.keys())
    if not is_one_track and registry.labels.log_ratio(second.label_id, first.labels) < 0.0:
        # Whatever they are called: two things do not fill the same space.
        is_sure = first.is_confirmed and second.is_confirmed
        is_one_size = least > 0.6 * max(first.extent_m, second.extent_m)
        if not is_sure:
            return False
        if is_one_size and gap_m < 0.5 * slack_m + (0.3 if likeness > SAME_LOOKS else 0.2) * least:
            return True
        return first.is_large and second.is_large and compete(first, second, RENAMED_SPACE)
    if first.is_large and _fill_one_space(first, second):
        return True
    return gap_m <= slack_m + (0.5 if likeness > SAME_LOOKS else 0.35) * least


def _fill_one_space(first: Belief, second: Belief) -> bool:
    """Whether half of the smaller one's box lies in that of the other."""
    if first.box is None or second.box is None:
        return False
    return bool(overlap_share(first.box, second.box) >= SAME_SPACE)


def _tracks_contradict(registry: Registry, first: Belief, second: Belief) -> bool:
    """Whether reliable track ids say that they are two."""
    if not registry.trust.is_high or not first.tracks or not second.tracks:
        return False
    return not first.tracks.keys() & second.tracks.keys()


def _share_an_image(first: Belief, second: Belief) -> bool:
    """Whether one image shows them at two places."""
    a, b = first.state.seen, second.state.seen
    poses = b.ids[: b.count, 1].tolist()
    for row, pose in enumerate(a.ids[: a.count, 1].tolist()):
        if pose in poses:
            other = poses.index(pose)
            if overlap_share(a.box_row(row), b.box_row(other)) < SAME_SPACE:
                return True
    return False


def find_moved_to(registry: Registry, gone: Belief) -> Belief | None:
    """What appeared elsewhere after a thing was seen last and can only be this thing; None if unsure."""
    found = []
    for belief in registry.beliefs.values():
        if belief is gone or belief.status is Status.GONE or belief.kind is not gone.kind:
            continue
        if belief.first_seen_ns <= _last_sighting_ns(gone) or len(belief.states) > 1:
            continue
        score = _likeness(registry, gone, belief)
        if score > 0:
            found.append((score, belief))
    found.sort(key=lambda entry: (-entry[0], entry[1].number))
    if not found or (len(found) > 1 and found[0][0] - found[1][0] < _MARGIN):
        return None
    best = found[0][1]
    rivals = [
        other
        for other in registry.beliefs.values()
        if other is not gone
        and other.status is Status.GONE
        and _likeness(registry, other, best) > found[0][0] - _MARGIN
    ]
    return None if rivals else best


def find_gone(registry: Registry, sighting: Sighting) -> Belief | None:
    """The vanished thing that a sighting elsewhere shows; None if there is none or more than one."""
    found = []
    for belief in registry.beliefs.values():
        is_away = belief.status is Status.GONE or (
            belief.status is Status.HELD and belief.number != registry.hand.number
        )
        if not is_away or not belief.is_confirmed or sighting.stamp_ns < belief.state.since_ns:
            continue
        if registry.labels.log_ratio(sighting.label_id, belief.labels) < 2.0:
            continue
        if registry.trust.is_high and sighting.track and belief.tracks:
            continue  # a known track would have led here
        score = similarity(sighting.appearance, belief.appearance) - SAME_LOOKS
        if score > 0 and sighting.visible > 0.5:
            found.append((score, belief))
    found.sort(key=lambda entry: (-entry[0], entry[1].number))
    if not found or (len(found) > 1 and found[0][0] - found[1][0] < _MARGIN):
        return None
    return found[0][1]


def _likeness(registry: Registry, first: Belief, second: Belief) -> float:
    """Above 0 if two things that were seen at different times and places look like one."""
    if second.number in first.rivals or _tracks_contradict(registry, first, second):
        return -1.0
    if first.tracks.keys() & second.tracks.keys():
        return 1.0
    if registry.labels.log_ratio(second.label_id, first.labels) < 2.0:
        return -1.0
    ratio = second.extent_m / max(first.extent_m, 1e-3)
    if not 0.5 < ratio < 2.0:
        return -1.0
    return similarity(first.appearance, second.appearance) - SAME_LOOKS


def _last_sighting_ns(belief: Belief) -> int:
    return belief.last_seen_ns


def fold(registry: Registry, kept: Belief, merged: Belief, stamp_ns: int, reason: str) -> Merge:
    """Everything known of `merged` becomes known of `kept`."""
    evidence = [
        f"detection:{int(merged.state.seen.ids[r, 0])}" for r in merged.state.seen.best()[:2]
    ]
    registry.remove(merged)
    registry.merged[merged.number] = merged
    registry.keeper_of[merged.number] = kept.number
    for label, weight in merged.labels.items():
        kept.labels[label] = kept.labels.get(label, 0.0) + weight
    for track, count in merged.tracks.items():
        kept.tracks[track] = kept.tracks.pop(track, 0) + count
    while len(kept.tracks) > MAX_TRACKS:
        del kept.tracks[next(iter(kept.tracks))]
    kept.color += merged.color
    kept.appearance += merged.appearance
    kept.count += merged.count
    kept.existence = min(max(kept.existence, merged.existence) + 1.0, MAX_EXISTENCE)
    kept.last_seen_image = max(kept.last_seen_image, merged.last_seen_image)
    kept.rivals |= merged.rivals
    kept.merged = sorted({*kept.merged, merged.number, *merged.merged})
    if reason == "moved":
        _continue_chain(registry, kept, merged)
    else:
        kept.state.seen.extend(merged.state.seen, is_large=kept.is_large)
        kept.state.last_seen_ns = max(kept.state.last_seen_ns, merged.state.last_seen_ns)
        kept.refresh()
        registry.changed(kept)
    kept.last_seen_ns = max(kept.last_seen_ns, merged.last_seen_ns)
    kept.first_seen_ns = min(kept.first_seen_ns, merged.first_seen_ns)
    if merged.is_confirmed and not kept.is_confirmed:
        registry.confirm(kept)
    return Merge(
        entity_id_of(kept.number), entity_id_of(merged.number), stamp_ns, reason, tuple(evidence)
    )


def _continue_chain(registry: Registry, kept: Belief, merged: Belief) -> None:
    """The states of the one that appeared elsewhere follow those of the one that vanished."""
    last = merged.state
    state = State(
        ChangeKind.MOVED, last.status, last.since_ns, kept.state.not_before_ns, last.last_seen_ns,
        place=last.place, holder=last.holder, evidence=list(last.evidence),
        ending_evidence=list(kept.state.ending_evidence),
    )  # fmt: skip
    state.seen.extend(last.seen)
    registry.begin(kept, state)


def take_apart(registry: Registry, kept: Belief, number: int) -> Belief:
    """Bring back a merged belief; the kept one loses the sightings that came from it."""
    merged = registry.merged.pop(number)
    del registry.keeper_of[number]
    registry.insert(merged)
    kept.merged = [other for other in kept.merged if other != number]
    kept.rivals.add(number)
    merged.rivals.add(kept.number)
    own = set(merged.state.seen.ids[: merged.state.seen.count, 0].tolist())
    seen = kept.state.seen
    stays = [row for row in range(seen.count) if int(seen.ids[row, 0]) not in own]
    if stays and len(stays) < seen.count:
        for name in ("ids", "written", "rows", "written_points", "points"):
            setattr(seen, name, getattr(seen, name)[stays].copy())
        seen.count = len(stays)
        kept.refresh()
        registry.changed(kept)
    kept.touch()
    merged.touch()
    return merged


def find_wrongly_merged(
    registry: Registry, sighting: Sighting, beside: Sequence[Belief]
) -> tuple[Belief, int] | None:
    """(kept, number of the merged one) that a sighting beside the kept one brings back, or None."""
    for kept in beside:
        for number in kept.merged:
            merged = registry.merged.get(number)
            if merged is None or registry.keeper_of.get(number) != kept.number:
                continue
            if registry.labels.log_ratio(sighting.label_id, merged.labels) < 2.0:
                continue
            if similarity(sighting.appearance, merged.appearance) < LIKE_LOOKS:
                continue
            is_same_track = bool(sighting.track) and sighting.track in merged.tracks
            reach = 0.5 * merged.extent_m + 4 * registry.drift.spread_m + 0.1
            is_near = (
                merged.position is not None
                and float(np.linalg.norm(sighting.center - merged.position)) < reach
            )
            if is_same_track or is_near:
                return kept, number
    return None
