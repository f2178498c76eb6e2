"""All beliefs of one memory and what they share: labels, trust in tracks, drift, the log of changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..geometry import Transform
from .association import TrackTrust
from .belief import Belief, State
from .entity import EntityKind, Status
from .labels import SEAT_HEIGHT_M, LabelTable, can_support, is_seat
from .observations import Camera, Floats, Sighting

MAX_UNCONFIRMED = 200
"""Of what was seen too little to be believed; the least likely is forgotten first."""
KEPT_POSES = 40
USUAL_OFFSET = (0.6, 0.0, 0.85)
"""Where a mobile manipulator shows what it holds: ahead and left of its base, and height."""
_ABOVE_M, _BELOW_M, _BESIDE_M = 0.12, 0.10, 0.05


class Drift:
    """How far measured places are off just now, learned from corrections and from things that stay put."""

    def __init__(self) -> None:
        self.correction_m = 0.0
        self.residual_m = 0.02

    @property
    def spread_m(self) -> float:
        """Standard deviation, metres."""
        return max(0.02, 0.6 * self.correction_m, self.residual_m)

    def note_correction(self, shift_m: float) -> None:
        """The latest poses have just been moved by this much."""
        self.correction_m += 0.3 * (min(shift_m, 1.0) - self.correction_m)

    def note_residual(self, distance_m: float) -> None:
        """A thing that did not move was seen this far from its place."""
        self.residual_m += 0.03 * (min(distance_m, 0.6) - self.residual_m)


@dataclass
class Hand:
    """What the robot's gripper holds, and where that is seen."""

    number: int = -1
    """Of the entity, -1 for none."""
    offset: tuple[float, float, float] = USUAL_OFFSET
    """Ahead and left of the base, and height."""
    base: tuple[float, float, float] = (0.0, 0.0, 0.0)
    arm_rad: float = 0.0
    """Direction in which the arm works."""
    seen_count: int = 0
    """How often what it holds was seen in it."""


@dataclass
class Registry:
    """Beliefs by number, in the order of their numbers, with arrays of where they are."""

    beliefs: dict[int, Belief] = field(default_factory=dict)
    merged: dict[int, Belief] = field(default_factory=dict)
    """Beliefs that turned out to be another one, as they were then."""
    keeper_of: dict[int, int] = field(default_factory=dict)
    next_number: int = 1
    image_count: int = 0
    labels: LabelTable = field(default_factory=LabelTable)
    trust: TrackTrust = field(default_factory=TrackTrust)
    drift: Drift = field(default_factory=Drift)
    hand: Hand = field(default_factory=Hand)
    log: list[tuple[int, int]] = field(default_factory=list)
    """(entity number, index of the state that began), of confirmed entities."""
    moves: dict[int, Transform] = field(default_factory=dict)
    """Pose -> world_from_written, for poses that were corrected."""
    matched: dict[int, int] = field(default_factory=dict)
    """Detection -> entity number, of the step that was applied last; not a part of the state."""
    confirmed_now: list[int] = field(default_factory=list)
    """Numbers of what was confirmed in this step."""
    lenses: dict[str, Floats] = field(default_factory=dict)
    """Sensor -> (4,) fx, fy, cx, cy of its last keyframe."""
    cameras: dict[int, tuple[str, Transform]] = field(default_factory=dict)
    """The last poses as written: pose -> sensor and world_from_camera."""
    centers: Floats = field(default_factory=lambda: np.zeros((64, 3)))
    boxes: Floats = field(default_factory=lambda: np.zeros((64, 7)))
    rows: list[Belief] = field(default_factory=list)
    """The belief of each row of `centers` and `boxes`."""
    row_of: dict[int, int] = field(default_factory=dict)

    def add(self, belief: Belief) -> Belief:
        """A belief with a fresh number."""
        belief.number = self.next_number
        self.next_number += 1
        self.insert(belief)
        return belief

    def insert(self, belief: Belief) -> None:
        """A belief with its own number."""
        self.beliefs[belief.number] = belief
        row = len(self.rows)
        if row == len(self.centers):
            self.centers = np.concatenate([self.centers, np.zeros_like(self.centers)])
            self.boxes = np.concatenate([self.boxes, np.zeros_like(self.boxes)])
        self.rows.append(belief)
        self.row_of[belief.number] = row
        self.changed(belief)

    def remove(self, belief: Belief) -> None:
        row, last = self.row_of.pop(belief.number), self.rows.pop()
        if last is not belief:
            self.rows[row] = last
            self.row_of[last.number] = row
            self.changed(last)
        del self.beliefs[belief.number]

    def changed(self, belief: Belief) -> None:
        """Call after the place of a belief has changed."""
        row = self.row_of[belief.number]
        if belief.position is not None:
            self.centers[row] = belief.position
        if belief.box is not None:
            self.boxes[row] = belief.box
        else:
            self.boxes[row] = (*self.centers[row], 0.1, 0.1, 0.1, 0.0)

    def begin(self, belief: Belief, state: State) -> None:
        """Append a state to a chain and log it."""
        if belief.states and belief.status is Status.PRESENT:
            belief.state.support = self.find_support(belief)
        belief.begin(state)
        self.changed(belief)
        if state.status is Status.PRESENT:
            state.support = self.find_support(belief)
        if belief.is_confirmed:
            self.log.append((belief.number, len(belief.states) - 1))

    def confirm(self, belief: Belief) -> None:
        """Log what is now believed for the first time."""
        belief.is_confirmed = True
        self.confirmed_now.append(belief.number)
        self.log.extend((belief.number, index) for index in range(len(belief.states)))

    def note_camera(self, pose_id: int, sensor: str, world_from_camera: Transform) -> None:
        """Keep a pose for detections that come late."""
        self.cameras[pose_id] = (sensor, np.ascontiguousarray(world_from_camera, np.float64))
        while len(self.cameras) > KEPT_POSES:
            del self.cameras[next(iter(self.cameras))]

    def find_camera(self, pose_id: int) -> Camera | None:
        if pose_id not in self.cameras:
            return None
        sensor, world_from_camera = self.cameras[pose_id]
        return Camera(world_from_camera, self.lenses.get(sensor))

    def resolve(self, number: int) -> int:
        """The number of the entity that one has been merged into."""
        while number in self.keeper_of:
            number = self.keeper_of[number]
        return number

    def near(self, point: Floats, radius_m: float) -> list[Belief]:
        """Beliefs whose boxes come within a radius of a point on the floor plan."""
        count = len(self.rows)
        gap = np.hypot(
            self.centers[:count, 0] - point[0], self.centers[:count, 1] - point[1]
        ) - 0.5 * np.hypot(self.boxes[:count, 3], self.boxes[:count, 4])
        found = [self.rows[row] for row in np.flatnonzero(gap < radius_m).tolist()]
        return sorted(found, key=lambda belief: belief.number)

    def arrays_of(self, beliefs: Iterable[Belief]) -> tuple[Floats, Floats]:
        """(N, 3) centres and (N, 7) boxes."""
        rows = [self.row_of[belief.number] for belief in beliefs]
        return self.centers[rows], self.boxes[rows]

    def find_support(self, belief: Belief) -> int:
        """The number of the furniture on or in which a thing lies, -1 for none."""
        if belief.box is None or belief.kind is not EntityKind.OBJECT:
            return -1
        x, y, z = belief.box[:3].tolist()
        bottom = z - float(belief.box[5]) / 2
        count = len(self.rows)
        boxes = self.boxes[:count]
        c, s = np.cos(boxes[:, 6]), np.sin(boxes[:, 6])
        dx, dy = x - boxes[:, 0], y - boxes[:, 1]
        half = boxes[:, 5] / 2
        top = boxes[:, 2] + half
        along = np.maximum(np.abs(c * dx + s * dy) - boxes[:, 3] / 2, 0.0)
        across = np.maximum(np.abs(c * dy - s * dx) - boxes[:, 4] / 2, 0.0)
        is_over = (
            (along <= _BESIDE_M)
            & (across <= _BESIDE_M)
            & (bottom <= top + _ABOVE_M)
            & (bottom >= boxes[:, 2] - half - _BELOW_M)
        )
        best, least = -1, np.inf
        for row in np.flatnonzero(is_over).tolist():
            other = self.rows[row]
            if other.kind is not EntityKind.FURNITURE or other.status is Status.GONE:
                continue
            name = self.labels.names[other.label_id]
            if not other.is_confirmed or not can_support(name):
                continue
            # On top is likelier than inside, over it than beside it; a smaller piece likelier than the
            # rug below it. A seat lies lower than the top of its back.
            gap = abs(bottom - float(top[row]))
            if is_seat(name) and along[row] + across[row] == 0.0:
                seat = float(boxes[row, 2] - half[row]) + SEAT_HEIGHT_M
                gap = min(gap, abs(bottom - seat))
            gap += 0.05 * float(boxes[row, 3]) + 0.3 * float(along[row] + across[row])
            if gap < least:
                best, least = other.number, gap
        return best

    def prune(self) -> None:
        """Forget the least likely of what is not confirmed, if there is too much of it."""
        open_ones = [b for b in self.beliefs.values() if not b.is_confirmed]
        excess = len(open_ones) - MAX_UNCONFIRMED
        if excess <= 0:
            return
        open_ones.sort(key=lambda b: (b.existence, b.last_seen_image, b.number))
        for belief in open_ones[: excess + MAX_UNCONFIRMED // 10]:
            self.remove(belief)

    def world_from_written(self, pose_id: int) -> Transform | None:
        return self.moves.get(pose_id)

    def forget_moves(self, newest_pose_id: int, kept_pose_count: int) -> None:
        """Drop corrections of poses that nothing refers to any more."""
        if len(self.moves) < 4 * kept_pose_count:
            return
        used = {
            int(pose)
            for belief in (*self.beliefs.values(), *self.merged.values())
            for state in belief.states
            for pose in state.seen.ids[: state.seen.count, 1].tolist()
        }
        newest = sorted(self.moves)[-kept_pose_count:]
        used.update(newest)
        self.moves = {pose: move for pose, move in self.moves.items() if pose in used}


def new_belief(sighting: Sighting, kind: EntityKind) -> Belief:
    """A belief without number and state, from its first sighting."""
    return Belief(
        number=0,
        kind=kind,
        labels={},
        first_seen_ns=sighting.stamp_ns,
        last_seen_ns=sighting.stamp_ns,
        extent_m=sighting.extent_m,
    )
