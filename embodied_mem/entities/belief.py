"""What is believed of one entity while the view is at work: the mutable side of `Entity`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ..geometry import Transform
from ..journal.records import APPEARANCE_SIZE
from .colors import color_name
from .entity import (
    ROBOT,
    ChangeKind,
    Entity,
    EntityKind,
    EntityState,
    Point3,
    Status,
    entity_id_of,
)
from .labels import LabelTable, kind_of
from .observations import LARGE_M, Floats, ObservationSet, Sighting, box_of

PRIOR_LOG_ODDS = -2.0
"""Of the first sighting of something: detectors invent things."""
SIGHTING_LOG_ODDS = 1.5
SAME_TRACK_LOG_ODDS = 1.5
"""Inventions do not come twice under one track id."""
NEW_VIEW_M = 0.2
"""Two images taken this far apart tell as much as two can."""
NEW_VIEW_SHARE = 2.0
"""The same for a thing that has moved in the image, in diagonals of its box: turning shows less that is
new than going round does."""
LEAST_NOVELTY = 0.25
"""Of a view that is all but the last one: noise in the image alone makes it tell a little."""
MAX_EXISTENCE, MIN_EXISTENCE = 12.0, -8.0
CONFIRMED_LOG_ODDS = 3.0
PAST_OBSERVATIONS = 6
"""Sightings that a state keeps when it is over."""
MAX_TRACKS = 8
_EVIDENCE = 6


@dataclass
class State:
    """One link of the chain. `place` holds where the place is not given by sightings."""

    change: ChangeKind
    status: Status
    since_ns: int
    not_before_ns: int
    last_seen_ns: int
    place: Floats | None = None
    """(3,) position; None: where the sightings say."""
    holder: str = ""
    support: int = -1
    """Number of the furniture below, -1 if unknown."""
    evidence: list[str] = field(default_factory=list)
    """Records other than sightings that show this state."""
    ending_evidence: list[str] = field(default_factory=list)
    is_open: bool | None = None
    is_on: bool | None = None
    seen: ObservationSet = field(default_factory=ObservationSet)
    position: Floats | None = None
    """(3,) derived from `place` and `seen`."""
    box: Floats | None = None
    """(7,) derived."""


@dataclass
class Belief:
    """Everything kept of one entity. `position` and `box` mirror the last state."""

    number: int
    kind: EntityKind
    labels: dict[int, float]
    """Label number -> how often it was seen, weighted by confidence and visibility."""
    first_seen_ns: int
    last_seen_ns: int
    existence: float = PRIOR_LOG_ODDS
    count: int = 0
    """Sightings."""
    is_confirmed: bool = False
    states: list[State] = field(default_factory=list)
    color: Floats = field(default_factory=lambda: np.zeros(4))
    """Weighted sum of RGB, and the weight."""
    appearance: Floats = field(default_factory=lambda: np.zeros(APPEARANCE_SIZE))
    """Weighted sum of unit vectors."""
    tracks: dict[str, int] = field(default_factory=dict)
    """Track id -> how often; the last one seen stands last."""
    area_m2: float = 0.0
    """Running mean of pixel share times squared depth in whole views."""
    area_count: int = 0
    extent_m: float = 0.1
    """Diagonal of the box, as far as known."""
    last_seen_image: int = -1
    """Number of the image of the last sighting, to tell how long ago that is."""
    last_box_px: tuple[float, ...] = ()
    last_eye: tuple[float, ...] = ()
    """Where the camera stood at the last sighting (x, y, z)."""
    absence: float = 0.0
    """log-odds that it has left its place, from looks since it was seen there last."""
    absence_evidence: list[str] = field(default_factory=list)
    look_views: list[tuple[float, ...]] = field(default_factory=list)
    """Cameras (x, y, z) from which its place was looked at in vain since it was seen there last."""
    away: list[tuple[float, float, float]] = field(default_factory=list)
    """Recent sightings away from the place of the state, not yet believed."""
    is_place_pending: bool = False
    """Laid down out of a hand, and not yet seen where."""
    rivals: set[int] = field(default_factory=set)
    """Others of its looks that were seen beside it in one image: never the same thing."""
    merged: list[int] = field(default_factory=list)
    entity: Entity | None = None
    """As last handed out; None when something has changed."""
    look_points: Floats | None = None
    """(K, 3) cached points for looks."""

    @property
    def state(self) -> State:
        return self.states[-1]

    @property
    def status(self) -> Status:
        return self.states[-1].status

    @property
    def position(self) -> Floats | None:
        return self.states[-1].position

    @property
    def box(self) -> Floats | None:
        return self.states[-1].box

    @property
    def track(self) -> str:
        """The track under which it was seen last."""
        return next(reversed(self.tracks)) if self.tracks else ""

    @property
    def is_large(self) -> bool:
        return self.kind is EntityKind.FURNITURE or self.extent_m > LARGE_M

    @property
    def label_id(self) -> int:
        return max(self.labels, key=lambda label: (self.labels[label], -label))

    def touch(self) -> None:
        """Something has changed: derive again what is cached."""
        self.entity = None
        self.look_points = None

    def note_sighting(self, sighting: Sighting, image: int, min_detections: int) -> bool:
        """What every sighting tells, wherever it is; False if it repeats the last one exactly."""
        self.entity = None
        if sighting.box_px == self.last_box_px:  # a camera driver that delivers an image again
            return False
        confidence = min(max(sighting.confidence, 0.05), 0.97)
        evidence = SIGHTING_LOG_ODDS + math.log(confidence / (1 - confidence))
        if sighting.track and sighting.track in self.tracks:
            evidence += SAME_TRACK_LOG_ODDS
        self.existence = min(self.existence + self.novelty(sighting) * evidence, MAX_EXISTENCE)
        # The weight of the new one is counted after the old mean is taken (ConceptGraphs #46).
        weight = sighting.visible * (0.25 + sighting.confidence)
        self.labels[sighting.label_id] = self.labels.get(sighting.label_id, 0.0) + weight
        if sighting.color[0] >= 0:
            self.color[:3] += weight * sighting.color
            self.color[3] += weight
            self.appearance += weight * sighting.appearance
        if sighting.visible >= 0.7:
            self.area_m2 = (self.area_m2 * self.area_count + sighting.area_m2) / (
                self.area_count + 1
            )
            self.area_count = min(self.area_count + 1, 32)
        elif self.area_count == 0:
            self.area_m2 = max(self.area_m2, sighting.area_m2)
        self._note_track(sighting.track)
        self.count += 1
        self.last_seen_ns = max(self.last_seen_ns, sighting.stamp_ns)
        self.last_seen_image, self.last_box_px = image, sighting.box_px
        x, y, z = sighting.camera.tolist()
        self.last_eye = (x, y, z)
        if self.count >= min_detections and self.existence >= CONFIRMED_LOG_ODDS:
            self.is_confirmed = True
        return True

    def novelty(self, sighting: Sighting) -> float:
        """How far a view differs from the last one, in [0, 1]: a video repeats its errors."""
        if not self.last_eye or not self.last_box_px:
            return 1.0
        moved_m = math.dist(self.last_eye, sighting.camera.tolist())
        before, now = self.last_box_px, sighting.box_px
        size_px = max(math.dist(now[:2], now[2:]), 1.0)
        shift_px = max(abs(a - b) for a, b in zip(before, now, strict=True))
        change = moved_m / NEW_VIEW_M + shift_px / (NEW_VIEW_SHARE * size_px)
        return min(max(change, LEAST_NOVELTY), 1.0)

    def _note_track(self, track: str) -> None:
        if not track:
            return
        self.tracks[track] = self.tracks.pop(track, 0) + 1
        if len(self.tracks) > MAX_TRACKS:
            del self.tracks[next(iter(self.tracks))]

    def see_in_place(self, sighting: Sighting) -> None:
        """A sighting of the present state."""
        state = self.state
        state.seen.add(sighting, is_large=self.is_large)
        state.last_seen_ns = max(state.last_seen_ns, sighting.stamp_ns)
        state.place = None
        self.absence = 0.0
        if self.absence_evidence:
            self.absence_evidence = []
        if self.look_views:
            self.look_views = []
        if self.away:
            self.away = []
        self.refresh()

    def refresh(self) -> None:
        """Derive position and box of the last state."""
        self.touch()
        derive(self.state, self)
        box = self.state.box
        if box is not None:
            self.extent_m = float(math.sqrt(box[3] ** 2 + box[4] ** 2 + box[5] ** 2))

    def begin(self, state: State) -> None:
        """Append a state; the one before keeps only its best sightings."""
        if self.states:
            self.states[-1].seen.shrink(PAST_OBSERVATIONS)
        self.states.append(state)
        self.absence, self.absence_evidence, self.look_views = 0.0, [], []
        self.away = []
        self.refresh()

    def move_poses(self, moves: dict[int, Transform]) -> bool:
        """Follow corrected poses in every state."""
        has_moved = False
        for index, state in enumerate(self.states):
            if state.seen.count and state.seen.move(moves):
                derive(state, self)
                has_moved = True
                for later in self.states[index + 1 :]:
                    if later.place is None or later.status is not Status.GONE:
                        break
                    later.place = state.position
                    derive(later, self)
        if has_moved:
            self.touch()
        return has_moved

    def to_entity(self, labels: LabelTable, supports: dict[int, int]) -> Entity:
        """The immutable form."""
        shares = labels.shares(self.labels)
        has_color = self.color[3] > 0
        red, green, blue = (self.color[:3] / max(self.color[3], 1e-9)).tolist()
        mean_color = (red, green, blue) if has_color else None
        states = tuple(
            _state_of(
                state, supports.get(self.number, -1) if state is self.state else state.support
            )
            for state in self.states
        )
        best = [evidence for state in reversed(states) for evidence in state.evidence]
        return Entity(
            entity_id=entity_id_of(self.number),
            kind=self.kind,
            label=labels.names[shares[0][0]],
            label_shares=tuple((labels.names[label], share) for label, share in shares),
            states=states,
            existence=1 / (1 + math.exp(-self.existence)),
            is_confirmed=self.is_confirmed,
            first_seen_ns=self.first_seen_ns,
            last_seen_ns=self.last_seen_ns,
            observation_count=self.count,
            mean_color=mean_color,
            color_name=color_name(mean_color) if mean_color else "",
            best_evidence=tuple(dict.fromkeys(best))[:_EVIDENCE],
            merged_ids=tuple(entity_id_of(number) for number in sorted(self.merged)),
        )


def derive(state: State, belief: Belief) -> None:
    """Position and box of a state from its place or its sightings."""
    if state.seen.count:
        is_person = belief.kind is EntityKind.PERSON
        is_moving = state.status is Status.HELD and state.holder != ROBOT
        state.position, state.box = state.seen.summary(
            is_large=belief.is_large, is_latest=is_person or is_moving
        )
    if state.place is not None:
        state.position = state.place
        if state.box is not None:
            state.box = state.box.copy()
            state.box[:3] = state.place


def relabelled_kind(belief: Belief, labels: LabelTable) -> EntityKind:
    """The kind by what it is most likely called now."""
    return kind_of(labels.names[belief.label_id], belief.extent_m)


def _state_of(state: State, support: int) -> EntityState:
    seen = state.seen
    evidence = list(state.evidence)
    for row in seen.best()[:_EVIDENCE]:
        detection, _, frame, _ = seen.ids[row].tolist()
        if frame >= 0:
            evidence.append(f"frame:{frame}")
        evidence.append(f"detection:{detection}")
    position: Point3 | None = None
    if state.position is not None:
        x, y, z = state.position.tolist()
        position = (x, y, z)
    return EntityState(
        change=state.change,
        status=state.status,
        since_ns=state.since_ns,
        not_before_ns=state.not_before_ns,
        last_seen_ns=state.last_seen_ns,
        position_in_world=position,
        box=None if state.box is None else box_of(state.box),
        holder=state.holder,
        support_id="" if support < 0 else entity_id_of(support),
        evidence=tuple(dict.fromkeys(evidence)),
        ending_evidence=tuple(state.ending_evidence),
        is_open=state.is_open,
        is_on=state.is_on,
    )
