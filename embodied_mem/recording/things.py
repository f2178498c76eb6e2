"""The things that memory believes in, on the time line: boxes in space, marks for the map, moves.

Every entity has a path of its own, `world/things/<group>/entity_<number>`, which is logged only when
there is something else to see: a person steps through the belief as it was, not through a file of copies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..entities.entity import (
    ROBOT,
    ChangeKind,
    Entity,
    EntityKind,
    EntityState,
    Point3,
    Status,
    entity_number,
)
from ..perception import OrientedBox
from . import palette
from .timeline import ReplayClock

THINGS = "world/things"
MOVES = "world/moves"
HELD = "world/robot/held"
_STILL_M = 0.03
"""Smaller shifts and growths of a box are not logged."""
_STILL_RAD = 0.1
_LEAST_HALF_M = 0.03
_ARC_POINTS = 13
_IN_HAND_M = (0.45, 0.0, 0.95)
"""Where a held thing is drawn: ahead of the robot's base, above the floor."""


@dataclass(frozen=True)
class Sight:
    """What is to be seen of one entity."""

    group: str
    """'objects', 'furniture', 'people', 'held', 'gone' or 'unconfirmed'."""
    label: str
    center: Point3
    half_sizes: Point3
    yaw_rad: float
    has_label: bool = False
    """Named at first sight: what is part of the story. Other names show when asked for."""

    def is_like(self, other: Sight) -> bool:
        """Whether a person would see no difference."""
        words = (self.group, self.label, self.has_label)
        if words != (other.group, other.label, other.has_label):
            return False
        gaps = np.subtract((*self.center, *self.half_sizes), (*other.center, *other.half_sizes))
        turned = abs(math.remainder(self.yaw_rad - other.yaw_rad, math.pi))
        return bool(np.abs(gaps).max() < _STILL_M) and turned < _STILL_RAD

    def corners(self) -> NDArray[np.float64]:
        """(4, 2) outline from above, in the world."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        x, y, _ = self.half_sizes
        flat = np.array([(x, y), (-x, y), (-x, -y), (x, -y)])
        return np.asarray(flat @ np.array([(c, s), (-s, c)]) + np.array(self.center[:2]))


@dataclass(frozen=True)
class MapMark:
    """A sight that began, kept until the picture from above has its frame; None: it ended."""

    pose_id: int
    stamp_ns: int
    entity_id: str
    sight: Sight | None


@dataclass(frozen=True)
class MapMove:
    """The ways of a thing so far, each from one place to another."""

    pose_id: int
    stamp_ns: int
    entity_id: str
    legs: tuple[tuple[Point3, Point3], ...]


@dataclass(frozen=True)
class _Style:
    color: tuple[int, int, int]
    line_px: float
    fill: rr.components.FillMode


_FILLED = rr.components.FillMode.TransparentFillMajorWireframe
_HOLLOW = rr.components.FillMode.MajorWireframe
STYLES: Mapping[str, _Style] = {
    "objects": _Style(palette.PRESENT, 1.2, _FILLED),
    "furniture": _Style(palette.FURNITURE, 0.8, _HOLLOW),
    "people": _Style(palette.PERSON, 2.0, _FILLED),
    "held": _Style(palette.HELD, 1.5, _HOLLOW),
    "gone": _Style(palette.GONE, 2.0, _HOLLOW),
    "unconfirmed": _Style(palette.UNCONFIRMED, 0.5, _HOLLOW),
}
"""By group: the ways in which an entity can be drawn."""


class ThingLog:
    """Logs what changed among the entities since it was last called."""

    def __init__(self, recording: rr.RecordingStream, clock: ReplayClock) -> None:
        self._recording = recording
        self._clock = clock
        self._known: dict[str, Entity] = {}
        self._sights: dict[str, Sight] = {}
        self._legs: dict[str, tuple[tuple[Point3, Point3], ...]] = {}
        self._held: str | None = None
        self.marks: list[MapMark] = []
        self.moves: list[MapMove] = []
        self.paths: set[str] = set()
        """All paths at which an entity was ever drawn."""
        self.log_count = 0

    def log(self, entities: Iterable[Entity], pose_id: int) -> None:
        """The entities as they are believed now, confirmed or not; unchanged objects cost nothing."""
        now = {entity.entity_id: entity for entity in entities}
        burdens = {e.state.holder: e.label for e in now.values() if e.status is Status.HELD}
        for entity_id, entity in now.items():
            is_carrier = entity.kind is EntityKind.PERSON
            if self._known.get(entity_id) is not entity or is_carrier:
                self._log_sight(entity, burdens.get(entity_id, ""), pose_id)
                self._log_moves(entity, pose_id)
        for entity_id in self._sights.keys() - now.keys():
            self._clear(entity_id, pose_id)
        self._known = now
        self._log_held(next((e for e in now.values() if e.state.holder == ROBOT), None))

    def _log_sight(self, entity: Entity, burden: str, pose_id: int) -> None:
        sight, before = sight_of(entity, burden), self._sights.get(entity.entity_id)
        if sight is None:
            if before is not None:
                self._clear(entity.entity_id, pose_id)
            return
        if before is not None and sight.is_like(before):
            return
        if before is not None and before.group != sight.group:
            self._recording.log(thing_path(before.group, entity.entity_id), rr.Clear.flat())
        path = thing_path(sight.group, entity.entity_id)
        self.paths.add(path)
        self._recording.log(path, _boxes(sight))
        self._sights[entity.entity_id] = sight
        self.marks.append(MapMark(pose_id, self._clock.stamp_ns, entity.entity_id, sight))
        self.log_count += 1

    def _log_moves(self, entity: Entity, pose_id: int) -> None:
        legs = legs_of(entity)
        if _are_like(legs, self._legs.get(entity.entity_id, ())):
            return
        self._legs[entity.entity_id] = legs
        arcs = [_arc(start, end) for start, end in legs]
        heads = [arc[-1] - arc[-2] for arc in arcs]
        path = f"{MOVES}/{_leaf(entity.entity_id)}"
        width = rr.Radius.ui_points(1.3)
        lines = rr.LineStrips3D(arcs, colors=palette.MOVE, radii=width)
        self._recording.log(path, lines)
        tips = rr.Arrows3D(
            origins=[arc[-2] for arc in arcs], vectors=heads, colors=palette.MOVE,
            radii=rr.Radius.ui_points(1.6),
        )  # fmt: skip
        self._recording.log(f"{path}/tips", tips)
        self.moves.append(MapMove(pose_id, self._clock.stamp_ns, entity.entity_id, legs))
        self.log_count += 1

    def _log_held(self, entity: Entity | None) -> None:
        """What the robot holds, drawn where its hand would be: it goes along with the robot."""
        held = None if entity is None else entity.entity_id
        if held == self._held:
            return
        self._held = held
        if entity is None:
            self._recording.log(HELD, rr.Clear.flat())
            return
        half = _half_sizes(entity.box, EntityKind.OBJECT)
        sight = Sight("objects", f"{plain(entity.label)} in hand", _IN_HAND_M, half, 0.0, True)
        self._recording.log(HELD, _boxes(sight, color=palette.HELD))

    def _clear(self, entity_id: str, pose_id: int) -> None:
        """Merged into another, or given up."""
        sight = self._sights.pop(entity_id)
        self._recording.log(thing_path(sight.group, entity_id), rr.Clear.flat())
        self.marks.append(MapMark(pose_id, self._clock.stamp_ns, entity_id, None))
        if self._legs.pop(entity_id, None):
            self._recording.log(f"{MOVES}/{_leaf(entity_id)}", rr.Clear.recursive())
            self.moves.append(MapMove(pose_id, self._clock.stamp_ns, entity_id, ()))
        self._known.pop(entity_id, None)


def sight_of(entity: Entity, burden: str = "") -> Sight | None:
    """How an entity is drawn; `burden` is what a person holds. None: its place is unknown."""
    group, label = _group_of(entity), name_of(entity)
    state = _state_at_rest(entity) if group == "held" else entity.state
    if state.position_in_world is None:
        return None
    if group == "held":
        label = f"{label}: taken from here"
    elif group == "gone":
        label = f"{label}: gone"
    elif burden:
        label = f"{label}, holds {plain(burden)}"
    box = state.box
    center = state.position_in_world if box is None else box.center_in_world
    yaw_rad = 0.0 if box is None else box.yaw_rad
    has_label = group in ("people", "held", "gone") or bool(legs_of(entity))
    return Sight(group, label, center, _half_sizes(box, entity.kind), yaw_rad, has_label)


def thing_path(group: str, entity_id: str) -> str:
    """Where an entity is drawn."""
    return f"{THINGS}/{group}/{_leaf(entity_id)}"


def name_of(entity: Entity) -> str:
    """'hair dryer #27': what a person reads everywhere."""
    return f"{plain(entity.label)} #{entity_number(entity.entity_id)}"


def plain(label: str) -> str:
    return label.replace("_", " ")


def legs_of(entity: Entity) -> tuple[tuple[Point3, Point3], ...]:
    """Where a thing was and where it was next, for each of its moves; a person's ways are not told."""
    if entity.kind is EntityKind.PERSON or not entity.is_confirmed:
        return ()
    legs: list[tuple[Point3, Point3]] = []
    at: Point3 | None = None
    for state in entity.states:
        if state.status is not Status.PRESENT or state.position_in_world is None:
            continue
        if at is not None and _has_moved(state, at):
            legs.append((at, state.position_in_world))
        at = state.position_in_world
    return tuple(legs)


def _state_at_rest(entity: Entity) -> EntityState:
    """Before it was taken: what is held is seen in the hand, which goes about."""
    rests = (s for s in reversed(entity.states) if s.status is Status.PRESENT)
    return next(rests, entity.state)


def _are_like(
    legs: tuple[tuple[Point3, Point3], ...], others: tuple[tuple[Point3, Point3], ...]
) -> bool:
    """Whether moves look the same: places are measured ever better while a thing stays."""
    if len(legs) != len(others):
        return False
    return not legs or bool(np.abs(np.subtract(legs, others)).max() < _STILL_M)


def _has_moved(state: EntityState, before: Point3) -> bool:
    is_move = state.change in (ChangeKind.MOVED, ChangeKind.PLACED, ChangeKind.RETURNED)
    position = state.position_in_world
    return is_move and position is not None and math.dist(position, before) > _STILL_M


def _group_of(entity: Entity) -> str:
    if not entity.is_confirmed:
        return "unconfirmed"
    if entity.status is Status.GONE:
        return "gone"
    if entity.status is Status.HELD:
        return "held"
    names = {EntityKind.PERSON: "people", EntityKind.FURNITURE: "furniture"}
    return names.get(entity.kind, "objects")


def _half_sizes(box: OrientedBox | None, kind: EntityKind) -> Point3:
    if box is None:
        return (0.25, 0.25, 0.85) if kind is EntityKind.PERSON else (0.08, 0.08, 0.08)
    x, y, z = (max(side / 2, _LEAST_HALF_M) for side in (box.length_m, box.width_m, box.height_m))
    return (x, y, z)


def _boxes(sight: Sight, color: tuple[int, int, int] | None = None) -> rr.Boxes3D:
    style = STYLES[sight.group]
    return rr.Boxes3D(
        centers=[sight.center],
        half_sizes=[sight.half_sizes],
        rotation_axis_angles=[rr.RotationAxisAngle([0, 0, 1], radians=sight.yaw_rad)],
        colors=color or style.color,
        radii=rr.Radius.ui_points(style.line_px),
        fill_mode=style.fill,
        labels=[sight.label],
        show_labels=sight.has_label,
    )


def _arc(start: Point3, end: Point3) -> NDArray[np.float64]:
    """(N, 3) a bow over what stands between two places, higher the farther they are apart."""
    share = np.linspace(0.0, 1.0, _ARC_POINTS)[:, None]
    line = np.array(start) + share * (np.array(end) - np.array(start))
    rise_m = min(1.2, 0.2 + 0.15 * math.dist(start, end))
    line[:, 2] += rise_m * 4 * share[:, 0] * (1 - share[:, 0])
    return np.asarray(line)


def _leaf(entity_id: str) -> str:
    return entity_id.replace(":", "_")
