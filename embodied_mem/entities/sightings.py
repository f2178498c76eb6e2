"""One image: its detections find their entities, and each tells its entity something."""

from __future__ import annotations

import math

import numpy as np

from ..config import EntityConfig
from .association import appearance_score, assign, nearest_m, pose_spread, score_pairs
from .belief import Belief, State, relabelled_kind
from .change import MissModel, share_from
from .entity import ROBOT, ChangeKind, EntityKind, Status, entity_id_of
from .holding import begin_carried, carrier_of, note_in_hand, take_instead
from .labels import kind_of
from .merging import Merge, find_gone, find_wrongly_merged, take_apart
from .observations import Floats, ObservationSet, Sighting
from .overlap import SAME_SPACE, find_in_line, find_repeats, overlap_share
from .registry import Registry, new_belief

_RIVAL_M = 0.5
_MOVE_SPREADS = 4.0
_LEAST_MOVE_M = 0.15
_FURNITURE_MOVE_M = 0.5
_HAND_ZONE_M = 0.35


class ImageUpdate:
    """Applies the sightings of one image to a registry."""

    def __init__(
        self,
        registry: Registry,
        misses: MissModel,
        sightings: list[Sighting],
        config: EntityConfig,
        *,
        is_late: bool,
    ) -> None:
        self._registry = registry
        self._misses = misses
        self._config = config
        self._sightings = sightings
        self._is_late = is_late
        """The image was taken before the last ones: it shows an earlier time."""
        self._persons: list[tuple[int, Sighting]] = []
        self.offsets_m: list[float] = []
        """How far from its place each small thing was seen that has not moved."""
        self.undone: list[Merge] = []
        """Merges that turned out wrong."""

    def run(self) -> set[int]:
        """Returns the numbers of the entities that were seen."""
        registry = self._registry
        repeats = find_repeats(self._sightings, registry.labels)
        sightings = [s for index, s in enumerate(self._sightings) if index not in repeats]
        candidates = self._candidates()
        pairs: list[tuple[Sighting, Belief | None]] = [(s, None) for s in sightings]
        if candidates:
            centers, boxes = registry.arrays_of(candidates)
            scores = score_pairs(
                sightings, candidates, boxes, centers, labels=registry.labels,
                trust=registry.trust, drift_m=registry.drift.spread_m, image=registry.image_count,
            )  # fmt: skip
            pairs = [
                (sighting, candidates[column] if column >= 0 else None)
                for sighting, column in zip(sightings, assign(scores), strict=True)
            ]
        pairs.sort(key=lambda pair: _is_other(registry, pair[0]))
        matched = [belief for _, belief in pairs if belief is not None]
        seen: list[Belief] = []
        sightings_of: list[Sighting] = []
        for sighting, belief in pairs:
            if (belief is None or not belief.is_confirmed) and self._is_behind(sighting, matched):
                continue
            if belief is None:
                belief = self._unmatched(sighting, matched)
            if belief is None:
                continue
            self._observe(belief, sighting)
            if belief.kind is EntityKind.PERSON:
                self._persons.append((belief.number, sighting))
            seen.append(belief)
            sightings_of.append(sighting)
        _note_rivals(seen, sightings_of)
        for index, other in repeats.items():
            owner = registry.matched.get(self._sightings[other].detection_id)
            if owner is not None:
                registry.matched[self._sightings[index].detection_id] = owner
        return {belief.number for belief in seen}

    def _candidates(self) -> list[Belief]:
        """What the sightings may show: what is near one of them, shares a track, or walks about."""
        registry = self._registry
        middle = np.mean([s.center for s in self._sightings], axis=0)
        radius = max(
            float(np.hypot(*(s.center - middle)[:2])) + s.extent_m for s in self._sightings
        )
        found = {
            b.number: b for b in registry.near(middle, radius + 1.0 + 6 * registry.drift.spread_m)
        }
        tracks = {s.track for s in self._sightings if s.track}
        for belief in registry.beliefs.values():
            if (
                belief.kind is EntityKind.PERSON
                or belief.status is Status.HELD
                or (tracks and not tracks.isdisjoint(belief.tracks))
            ):
                found[belief.number] = belief
        return [belief for _, belief in sorted(found.items())]

    # What has no match

    def _unmatched(self, sighting: Sighting, matched: list[Belief]) -> Belief | None:
        """A wrongly merged one, one that had vanished, or a new one."""
        registry = self._registry
        if self._is_in_hand(sighting):
            return registry.beliefs[registry.hand.number]
        wrong = find_wrongly_merged(registry, sighting, matched)
        if wrong is not None:
            kept, number = wrong
            self.undone.append(
                Merge(
                    entity_id_of(kept.number), entity_id_of(number), sighting.stamp_ns,
                    "seen_side_by_side", (f"detection:{sighting.detection_id}",), is_undone=True,
                )
            )  # fmt: skip
            return take_apart(registry, kept, number)
        gone = find_gone(registry, sighting)
        if gone is not None and gone not in matched:
            return gone
        name = registry.labels.names[sighting.label_id]
        kind = kind_of(name, sighting.extent_m if sighting.visible > 0.7 else 0.0)
        belief = new_belief(sighting, kind)
        belief.labels[sighting.label_id] = 0.0
        belief.states.append(
            State(ChangeKind.APPEARED, Status.PRESENT, sighting.stamp_ns, sighting.stamp_ns,
                  sighting.stamp_ns, place=sighting.center.copy())
        )  # fmt: skip
        belief.states[0].not_before_ns = 0
        belief.refresh()
        return registry.add(belief)

    def _is_behind(self, sighting: Sighting, matched: list[Belief]) -> bool:
        """Whether a large thing that should be seen, and was not, stands in the line of sight."""
        registry = self._registry
        if sighting.track:
            return False
        reach_m = float(np.linalg.norm(sighting.center - sighting.camera))
        others = [b for b in registry.near(sighting.camera, reach_m) if b not in matched]
        return find_in_line(sighting, others, registry.labels) is not None

    def _is_in_hand(self, sighting: Sighting) -> bool:
        """Something small right where the robot's hand is, while it holds something of that size."""
        registry = self._registry
        hand = registry.hand
        if hand.number < 0 or self._is_late or sighting.extent_m > 0.9:
            return False
        held = registry.beliefs[hand.number]
        assert held.position is not None
        gap = nearest_m(sighting, held.position)
        is_alike = registry.labels.log_ratio(sighting.label_id, held.labels) > 0
        return gap < _HAND_ZONE_M if is_alike else gap < 0.4 * _HAND_ZONE_M

    # What a sighting tells its entity

    def _observe(self, belief: Belief, sighting: Sighting) -> None:
        registry = self._registry
        registry.matched[sighting.detection_id] = belief.number
        was_confirmed = belief.is_confirmed
        self._learn(belief, sighting)
        is_fresh = belief.note_sighting(sighting, registry.image_count, self._config.min_detections)
        if is_fresh:
            self._place(belief, sighting)
            if belief.count in (3, 8, 24) and belief.kind is not EntityKind.PERSON:
                kind = relabelled_kind(belief, registry.labels)
                belief.kind = belief.kind if kind is EntityKind.PERSON else kind
        if belief.is_confirmed and not was_confirmed:
            registry.confirm(belief)

    def _learn(self, belief: Belief, sighting: Sighting) -> None:
        """Statistics of the detector and tracker from what is plainly the same thing."""
        registry = self._registry
        if belief.status is not Status.PRESENT or belief.kind is EntityKind.PERSON:
            return
        if belief.is_place_pending or not belief.is_confirmed or belief.position is None:
            return
        gap = float(np.linalg.norm(sighting.center - belief.position))
        if sighting.visible > 0.6 and belief.extent_m < 0.8 and gap < 0.8:
            self.offsets_m.append(gap)
        if sighting.visible > 0.7 and belief.extent_m < 0.5:
            if gap < 0.5 and sighting.track and sighting.track in belief.tracks:
                registry.drift.note_residual(gap)
            if belief.area_count and sighting.box_px != belief.last_box_px:
                self._misses.note(
                    share_from(belief, sighting.camera),
                    is_hit=True,
                    weight=belief.novelty(sighting),
                )
        if (
            sighting.track
            and belief.tracks
            and gap < 0.1 + 0.3 * belief.extent_m
            and appearance_score(sighting, belief) > 1.0
            and registry.labels.log_ratio(sighting.label_id, belief.labels) > 3.0
        ):
            registry.trust.note(is_kept=sighting.track in belief.tracks)

    def _place(self, belief: Belief, sighting: Sighting) -> None:
        """Where the sighting puts the entity."""
        state, registry = belief.state, self._registry
        if belief.kind is EntityKind.PERSON:
            self._walk(belief, sighting)
        elif sighting.stamp_ns < state.since_ns and len(belief.states) > 1:
            pass  # a late detection of how it was before
        elif state.status is Status.HELD and state.holder == ROBOT:
            if not self._is_late:
                note_in_hand(registry, sighting)
        elif state.status is Status.HELD:
            self._carried(belief, sighting)
        elif belief.is_place_pending:
            belief.is_place_pending = False
            belief.see_in_place(sighting)
            state.support = registry.find_support(belief)
            registry.changed(belief)
        elif state.status is Status.GONE:
            self._come_back(belief, sighting)
        elif self._is_displaced(belief, sighting):
            self._note_away(belief, sighting)
        else:
            belief.see_in_place(sighting)
            registry.changed(belief)

    def _walk(self, belief: Belief, sighting: Sighting) -> None:
        if sighting.stamp_ns >= belief.state.last_seen_ns:
            belief.state.seen = ObservationSet()
            belief.see_in_place(sighting)
            self._registry.changed(belief)

    def _carried(self, belief: Belief, sighting: Sighting) -> None:
        """In somebody's hand until now: still so, or laid down?"""
        person = carrier_of(sighting, self._persons)
        if person >= 0:
            belief.state.seen.add(sighting)
            belief.state.place = sighting.center.copy()
            belief.state.last_seen_ns = sighting.stamp_ns
            belief.refresh()
            self._registry.changed(belief)
            return
        state = State(
            ChangeKind.PLACED, Status.PRESENT, sighting.stamp_ns, belief.state.last_seen_ns,
            sighting.stamp_ns,
        )  # fmt: skip
        state.seen.add(sighting)
        self._registry.begin(belief, state)

    def _come_back(self, belief: Belief, sighting: Sighting) -> None:
        """Found again, where it was before or elsewhere."""
        person = carrier_of(sighting, self._persons)
        if person >= 0:
            begin_carried(self._registry, belief, sighting, person)
            return
        is_same = not self._is_displaced(belief, sighting)
        state = State(
            ChangeKind.RETURNED if is_same else ChangeKind.MOVED, Status.PRESENT,
            sighting.stamp_ns, belief.state.not_before_ns, sighting.stamp_ns,
            ending_evidence=list(belief.state.ending_evidence),
        )  # fmt: skip
        state.seen.add(sighting)
        self._registry.begin(belief, state)

    def _is_displaced(self, belief: Belief, sighting: Sighting) -> bool:
        """Whether a sighting is too far from where the entity was to be at the same place."""
        if belief.position is None:
            return False
        if belief.count <= 1:
            return False
        spread = pose_spread(sighting, self._registry.drift.spread_m)
        gap = float(np.linalg.norm(sighting.center - belief.position))
        partly = (1.0 - sighting.visible) * max(belief.extent_m, sighting.extent_m)
        limit = _LEAST_MOVE_M + _MOVE_SPREADS * spread + 0.2 * belief.extent_m + 0.5 * partly
        if belief.is_large:
            limit = _FURNITURE_MOVE_M + _MOVE_SPREADS * spread + 0.6 * belief.extent_m
        return gap > limit

    def _note_away(self, belief: Belief, sighting: Sighting) -> None:
        """Seen elsewhere than it should be: believed at once if nothing speaks against it."""
        registry = self._registry
        if sighting.stamp_ns <= belief.state.last_seen_ns:
            return  # a late detection of how it was before
        if self._is_in_hand(sighting) and not belief.is_large:
            if registry.hand.seen_count == 0 and sighting.track and sighting.track == belief.track:
                take_instead(registry, belief, sighting)
            return
        place: Floats = sighting.center
        person = carrier_of(sighting, self._persons)
        x, y, z = place.tolist()
        belief.away = [*belief.away[-3:], (x, y, z)]
        if person >= 0:
            begin_carried(registry, belief, sighting, person, belief.absence_evidence)
            return
        is_exact = registry.trust.is_high and sighting.track == belief.track
        needed = 1 if is_exact or belief.absence > 2.0 else 2
        if belief.is_large:
            needed = 3
        limit = 0.2 + 3 * registry.drift.spread_m
        agreeing = [other for other in belief.away if math.dist(other, (x, y, z)) < limit]
        if len(agreeing) < needed:
            return
        state = State(
            ChangeKind.MOVED, Status.PRESENT, sighting.stamp_ns, belief.state.last_seen_ns,
            sighting.stamp_ns, ending_evidence=list(belief.absence_evidence),
        )  # fmt: skip
        state.seen.add(sighting)
        registry.begin(belief, state)


def _is_other(registry: Registry, sighting: Sighting) -> bool:
    """Persons come first: what they carry depends on where they are."""
    name = registry.labels.names[sighting.label_id]
    return kind_of(name, 0.0) is not EntityKind.PERSON


def _note_rivals(seen: list[Belief], sightings: list[Sighting]) -> None:
    """Two things of one image are two things, even if they are near each other and look alike.

    Unless they fill the same space: a detector may name one thing twice.
    """
    for i, j in _near_pairs(seen):
        first, second = seen[i], seen[j]
        if first is second or second.number in first.rivals:
            continue
        is_tracked = bool(sightings[i].track and sightings[j].track)
        share = overlap_share(sightings[i].box, sightings[j].box)
        if not is_tracked and share > SAME_SPACE:
            continue
        first.rivals.add(second.number)
        second.rivals.add(first.number)


def _near_pairs(seen: list[Belief]) -> list[tuple[int, int]]:
    """Pairs of places in the list whose things stand near each other, in order."""
    if len(seen) < 2:
        return []
    nowhere = np.full(3, np.inf)
    places = np.array([nowhere if b.position is None else b.position for b in seen])
    extents = np.array([belief.extent_m for belief in seen])
    with np.errstate(invalid="ignore"):
        gap = np.linalg.norm(places[:, None] - places, axis=2)
    reach = _RIVAL_M + 0.5 * (extents[:, None] + extents)
    first, second = np.nonzero(np.triu(gap < reach, 1))
    return list(zip(first.tolist(), second.tolist(), strict=True))
