"""What a memory knows, as the interpreter reads it: things, rounds of pick and place, rooms, distances.

`read_scene` takes it from a `MemoryRecall`; tests make one by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...core import Observation
from ...entities.entity import Entity, EntityKind, Status
from ...episodic.interactions import Interaction
from ...graph.regions import RegionPartition
from ...journal.records import RobotRecord
from ...journal.store import Journal
from ...perception import OrientedBox
from ...recall.memory_recall import MemoryRecall
from ...spatial.routes import RobotShape
from ...views import BEFORE_ALL_NS, MemoryViews
from .program import Kind
from .tokens import is_furniture
from .ways import Ways

Point3 = tuple[float, float, float]
Pose2 = tuple[float, float, float]
"""x_m, y_m, yaw_rad."""
DAY_NS = 86_400_000_000_000
_NEAR_BOX_M = 0.7
_ARM_M, _AHEAD_RAD = 1.3, math.radians(20.0)
_DETOUR = 1.3
_ROWS_OF_VISIT = 3


@dataclass(frozen=True)
class Thing:
    """An object or a receptacle."""

    entity_id: str
    kind: Kind
    label: str
    label_shares: tuple[tuple[str, float], ...] = ()
    position: Point3 | None = None
    box: OrientedBox | None = None
    color: str = ""
    color_rgb: tuple[float, float, float] | None = None
    support_id: str = ""
    room_id: str = ""
    status: Status = Status.PRESENT
    existence: float = 1.0
    is_confirmed: bool = True
    here_since_ns: int = 0
    """Since when it is where it is, as far as memory knows."""


@dataclass(frozen=True)
class RoomInfo:
    """A room that memory tells apart."""

    room_id: str
    kind: str = "unknown"
    area_m2: float = 10.0
    center: Point3 = (0.0, 0.0, 0.0)
    is_visited: bool = True
    total_ns: int = 0


def _no_way(thing: Thing) -> float:
    return 0.0


@dataclass(frozen=True)
class Scene:
    """Everything that a program can ask about."""

    things: Mapping[str, Thing]
    rounds: tuple[Interaction, ...] = ()
    """In their order; ids are those of `things` and `rooms`, '' where unknown."""
    rooms: tuple[RoomInfo, ...] = ()
    start_room_id: str = ""
    start_ns: int = 0
    clock_offset_ns: int = 0
    """Time of day minus stamp."""
    way_m: Callable[[Thing], float] = _no_way
    """Length of the way from where the robot is."""

    def of_kind(self, kind: Kind) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.kind is kind]

    def clock_ns(self, stamp_ns: int) -> int:
        """Time of day of a stamp."""
        return (stamp_ns + self.clock_offset_ns) % DAY_NS

    def day_of(self, stamp_ns: int) -> int:
        """From 1, counted from the day of the first stamp."""
        first = (self.start_ns + self.clock_offset_ns) // DAY_NS
        return int((stamp_ns + self.clock_offset_ns) // DAY_NS - first) + 1


def read_scene(recall: MemoryRecall, observation: Observation | None = None) -> Scene:
    """What a memory knows now; the robot is where the observation says, else where it was last."""
    views = recall.views
    things = {
        entity.entity_id: _thing_of(entity, views)
        for entity in views.entities.entities()
        if entity.kind is not EntityKind.PERSON
    }
    rounds = tuple(_resolved(one, views, things) for one in views.events.interactions())
    things = _with_arrivals(things, rounds)
    track = views.regions.track
    start = track.positions_in_world[0] if track.count else None
    return Scene(
        things,
        rounds,
        _rooms_of(views),
        "" if start is None else views.regions.room_of(start) or "",
        int(track.stamps_ns[0]) if track.count else 0,
        _clock_offset_ns(recall),
        _ways_from(recall, base_of(recall, observation)),
    )


def journal_of(recall: MemoryRecall) -> Journal:
    """The journal behind a recall: frame numbers of poses are only there."""
    return recall._journal


def base_of(recall: MemoryRecall, observation: Observation | None) -> Pose2:
    """Where the robot is."""
    if observation is not None and observation.robot is not None:
        return observation.robot.base_in_world
    track = recall.views.regions.track
    if not track.count:
        return (0.0, 0.0, 0.0)
    x, y = track.positions_in_world[-1, :2].tolist()
    return (x, y, float(track.yaws_rad[-1]))


def _thing_of(entity: Entity, views: MemoryViews) -> Thing:
    is_place = entity.kind is EntityKind.FURNITURE and is_furniture(entity.label)
    position = entity.position_in_world
    room = None
    if position is not None:
        room = views.regions.room_of(np.array(position))
    return Thing(
        entity.entity_id,
        Kind.RECEPTACLE
        if is_place
        else Kind.OBJECT
        if entity.kind is EntityKind.OBJECT
        else Kind.ROOM,
        entity.label,
        entity.label_shares,
        position,
        entity.box,
        entity.color_name,
        entity.mean_color,
        entity.state.support_id,
        room or "",
        entity.status,
        entity.existence,
        entity.is_confirmed,
        entity.state.since_ns,
    )


def _resolved(one: Interaction, views: MemoryViews, things: Mapping[str, Thing]) -> Interaction:
    """Ids after merges; furniture and rooms that the event does not name, from where it was."""

    def resolved(entity_id: str) -> str:
        found = views.entities.find(entity_id) if entity_id.startswith("entity:") else None
        return "" if found is None else found.entity_id

    def place(entity_id: str, at: Point3 | None, stamp_ns: int) -> str:
        known = resolved(entity_id)
        if known in things and things[known].kind is Kind.RECEPTACLE:
            return known
        faced = find_receptacle_before(things.values(), _pose_at(views, stamp_ns))
        return find_receptacle_at(things.values(), at) or faced or known

    def room(room_id: str, at: Point3 | None, robot: Point3 | None) -> str:
        points = [p for p in (robot, at) if p is not None]
        rooms = [views.regions.room_of(np.array(p)) for p in points]
        return next((r for r in rooms if r), room_id)

    return replace(
        one,
        entity_id=resolved(one.entity_id),
        from_id=place(one.from_id, one.from_position, one.start_ns),
        to_id=place(one.to_id, one.to_position, one.end_ns) if one.is_done else "",
        from_room_id=room(one.from_room_id, one.from_position, one.pick_robot_position),
        to_room_id=room(one.to_room_id, one.to_position, one.place_robot_position),
    )


def find_receptacle_at(things: Iterable[Thing], at: Point3 | None) -> str:
    """The receptacle whose box is nearest to a point, '' if none is near."""
    if at is None:
        return ""
    gaps = [
        (box_gap_m(thing.box, at[0], at[1]), thing.entity_id)
        for thing in things
        if thing.kind is Kind.RECEPTACLE and thing.box is not None and thing.is_confirmed
    ]
    gap, entity_id = min(gaps, default=(math.inf, ""))
    return entity_id if gap <= _NEAR_BOX_M else ""


def _pose_at(views: MemoryViews, stamp_ns: int) -> Pose2:
    """Where the base was and where it looked."""
    track = views.regions.track
    row = max(0, int(np.searchsorted(track.stamps_ns, stamp_ns, side="right")) - 1)
    x, y = track.positions_in_world[row, :2].tolist()
    return (x, y, float(track.yaws_rad[row]))


def find_receptacle_before(things: Iterable[Thing], pose: Pose2) -> str:
    """The receptacle whose middle a base in navigation mode is turned to, within an arm's reach; or ''."""
    best, found = _AHEAD_RAD, ""
    for thing in things:
        if thing.kind is not Kind.RECEPTACLE or thing.box is None or thing.position is None:
            continue
        if box_gap_m(thing.box, pose[0], pose[1]) > _ARM_M:
            continue
        bearing = math.atan2(thing.position[1] - pose[1], thing.position[0] - pose[0])
        off = abs(math.remainder(bearing - pose[2], 2 * math.pi))
        if off < best:
            best, found = off, thing.entity_id
    return found


def box_gap_m(box: OrientedBox, x: float, y: float) -> float:
    """Horizontal distance from a point to a box; 0 above or inside it."""
    c, s = math.cos(box.yaw_rad), math.sin(box.yaw_rad)
    dx, dy = x - box.center_in_world[0], y - box.center_in_world[1]
    along, aside = abs(c * dx + s * dy), abs(c * dy - s * dx)
    return math.hypot(max(0.0, along - box.length_m / 2), max(0.0, aside - box.width_m / 2))


def _with_arrivals(things: dict[str, Thing], rounds: tuple[Interaction, ...]) -> dict[str, Thing]:
    """What was placed by the robot is where it is since then; other things as long as they look so.

    Whether an earlier sighting shows the place where a thing is now is checked by its direction and depth.
    """
    handled = {one.entity_id for one in rounds}
    found = {
        name: thing if name in handled else replace(thing, here_since_ns=BEFORE_ALL_NS)
        for name, thing in things.items()
    }
    for one in rounds:
        thing = found.get(one.entity_id)
        if thing is not None and one.place_ns is not None:
            since_ns = max(one.place_ns, min(thing.here_since_ns, one.end_ns))
            found[one.entity_id] = replace(thing, here_since_ns=since_ns)
    return found


def _rooms_of(views: MemoryViews) -> tuple[RoomInfo, ...]:
    reports = views.regions.rooms(views.entities.entities())
    track = views.regions.track.positions_in_world.astype(np.float64)
    inside = np.bincount(views.regions.current().labels_at(track) + 1, minlength=len(reports) + 1)
    return tuple(
        RoomInfo(
            report.room.room_id,
            report.kind.kind,
            report.room.area_m2,
            report.room.centroid_in_world,
            report.is_visited or bool(inside[number + 1] >= _ROWS_OF_VISIT),
            report.total_ns,
        )
        for number, report in enumerate(reports)
    )


def _clock_offset_ns(recall: MemoryRecall) -> int:
    """From the first robot record with a clock; stamps that count from midnight need none."""
    for _, record in journal_of(recall).entries(kinds=[RobotRecord]):
        assert isinstance(record, RobotRecord)
        if record.clock_s is not None:
            return round(record.clock_s * 1e9) - record.stamp_ns % DAY_NS
        return 0
    return 0


def room_number(partition: RegionPartition, room_id: str) -> int | None:
    """Row of a room in its partition."""
    return next((n for n, room in enumerate(partition.rooms) if room.room_id == room_id), None)


def _ways_from(recall: MemoryRecall, base: Pose2) -> Callable[[Thing], float]:
    """Lengths of ways on the ground map; straight lines with a detour where it shows none."""
    ground = recall.ground_map(RobotShape())
    partition = recall.views.regions.current()
    ways: list[Ways] = []
    known: dict[str, float] = {}

    def way_m(thing: Thing) -> float:
        if ground is not None and not ways:
            ways.append(Ways(ground, base[:2], room_of=partition.labels_at))
        if thing.entity_id not in known:
            known[thing.entity_id] = _length_m(thing)
        return known[thing.entity_id]

    def _length_m(thing: Thing) -> float:
        if thing.position is None:
            return 0.0
        length_m = math.inf
        room = room_number(partition, thing.room_id)
        if ways and thing.kind is Kind.RECEPTACLE and thing.box is not None:
            length_m = ways[0].to_box_m(thing.box, room=room)
        if ways and not math.isfinite(length_m):
            length_m = ways[0].to_point_m(thing.position[:2], room=room)
        straight_m = _DETOUR * math.dist(base[:2], thing.position[:2])
        return length_m if math.isfinite(length_m) else straight_m

    return way_m
