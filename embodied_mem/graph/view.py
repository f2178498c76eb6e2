"""The rooms of a memory as a view over the journal, and where its robot was in them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..entities.entity import Entity, EntityKind, Status
from ..errors import InputError
from ..geometry import Box, Points
from ..journal.records import PoseRecord, RobotRecord
from ..journal.steps import Step
from ..perception import OrientedBox
from ..spatial.octree import OccupancyOctree
from .build import Thing, build_scene_graph
from .partition_bytes import partition_from_bytes, partition_to_bytes
from .places import PlaceMap, build_places
from .regions import NO_ROOM, RegionPartition, Room
from .robot_track import RobotStep, RobotTrack, RoomVisit, VisitLog, visits_along
from .room_kinds import RoomKind, label_rooms
from .rooms import RoomModel, partition_rooms
from .scene_graph import EdgeKind, NodeKind, SceneGraph
from .topology import PlaceGraph
from .tracking import RegionTracker, with_stable_ids

ROBOT_NODE_ID = "robot"
_NODE_KINDS = {
    EntityKind.OBJECT: NodeKind.OBJECT,
    EntityKind.FURNITURE: NodeKind.FURNITURE,
    EntityKind.PERSON: NodeKind.PERSON,
}


class HasOctree(Protocol):
    """`spatial.views.OccupancyView`, which may put another octree in place when it is rebuilt."""

    @property
    def octree(self) -> OccupancyOctree: ...


@dataclass(frozen=True)
class RoomReport:
    """A room, what it is used for, and how long the robot was in it."""

    room: Room
    kind: RoomKind
    visit_count: int
    first_ns: int | None
    """Of the first visit; None if it was never in it."""
    last_ns: int | None
    total_ns: int

    @property
    def is_visited(self) -> bool:
        return self.visit_count > 0


class RegionView:
    """Rooms with ids that stay, and the robot's track through them. Apply after occupancy.

    The map is partitioned when the keyframes have grown by 15 % and by ten (at first sooner) or when
    corrections have moved the robot: the journal alone decides when. `current` looks at the map as it
    is now and changes no state.
    """

    name = "regions"
    version = 1

    def __init__(
        self,
        occupancy: HasOctree,
        *,
        model: RoomModel | None = None,
        growth_percent: int = 15,
        most_keyframes_at_first: int = 10,
        correction_m: float = 0.05,
    ) -> None:
        """
        Args:
            occupancy: where the octree is read at each partition.
            model: what counts as a wall, a door and a room.
            growth_percent: of keyframes since the last partition, before the next.
            most_keyframes_at_first: ... and at least this many, once there are as many.
            correction_m: partition anew when corrections have moved the robot this far.
        """
        if growth_percent < 1 or most_keyframes_at_first < 1:
            raise InputError(
                "need growth_percent >= 1 and most_keyframes_at_first >= 1, got "
                f"{growth_percent} and {most_keyframes_at_first}"
            )
        self._occupancy = occupancy
        self._model = model or RoomModel()
        self._growth_percent, self._most_at_first = growth_percent, most_keyframes_at_first
        self._correction_m = correction_m
        text = f"{self._model} {growth_percent} {most_keyframes_at_first} {correction_m}"
        self.config_digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        self.track = RobotTrack()
        self.visit_revision = 0
        """Counts how often earlier visits were made anew; of this process, not of the journal."""
        self._tracker = RegionTracker(self._model)
        self._keyframe_count = self._partition_keyframe_count = 0
        self._moved_m = 0.0
        self._labels = np.zeros(0, np.int32)
        self._visits = VisitLog()
        self._current = RegionPartition((), (), ())
        self._current_octree: OccupancyOctree | None = None
        self._current_revision = -1
        self._places: PlaceGraph | None = None

    def apply(self, step: Step) -> None:
        """One commit: the robot's step, corrections of earlier ones, and a new partition if it is due."""
        self._keyframe_count += sum(frame.depth is not None for frame in step.frames)
        robot = robot_step_of(step)
        if robot is not None:
            self._add(robot)
        for move in step.pose_moves:
            moved = self.track.move(move.pose_id, move.world_from_written)
            if moved is not None:
                self._moved_m = max(self._moved_m, moved[1])
        if self._is_due():
            self._partition_anew()
        elif step.pose_moves:
            self._label_anew()

    # What is known

    def partition(self) -> RegionPartition:
        """The rooms as of the last partition: the view's state."""
        return self._tracker.partition

    def current(self) -> RegionPartition:
        """The rooms of the map as it is now, under the ids that the state has; costs 20-30 ms if new."""
        octree, state = self._occupancy.octree, self._tracker.partition
        if self._current_octree is not octree or self._current_revision != octree.revision:
            self._current = with_stable_ids(partition_rooms(octree, self._model), state)
            self._current_octree, self._current_revision = octree, octree.revision
            self._places = None
        return self._current

    def room_of(self, point_in_world: Points) -> str | None:
        """Id of the room around a (3,) point, by the state, else by the map as it is now; or None."""
        return self.partition().room_of(point_in_world) or self.current().room_of(point_in_world)

    def room_kinds(self, entities: Iterable[Entity]) -> tuple[RoomKind, ...]:
        """What each current room is used for, from the confirmed things in it."""
        things = [
            (entity.label, np.array(entity.position_in_world))
            for entity in entities
            if entity.kind is not EntityKind.PERSON
            and entity.is_confirmed
            and entity.status is Status.PRESENT
            and entity.position_in_world is not None
        ]
        return label_rooms(self.current(), things)

    def rooms(self, entities: Iterable[Entity]) -> tuple[RoomReport, ...]:
        """All current rooms by storey, then largest first."""
        reports = []
        stays: dict[str, list[RoomVisit]] = {}
        for visit in self.visits():
            stays.setdefault(visit.room_id, []).append(visit)
        for room, kind in zip(self.current().rooms, self.room_kinds(entities), strict=True):
            own = stays.get(room.room_id, [])
            first_ns, last_ns = (own[0].enter_ns, own[-1].leave_ns) if own else (None, None)
            total_ns = sum(visit.duration_ns for visit in own)
            reports.append(RoomReport(room, kind, len(own), first_ns, last_ns, total_ns))
        return tuple(reports)

    def visits(self) -> tuple[RoomVisit, ...]:
        """Stays of the robot's base in rooms, oldest first, by the last partition."""
        return self._visits.visits()

    @property
    def visit_log(self) -> VisitLog:
        return self._visits

    def time_in_rooms(self) -> dict[str, int]:
        """Nanoseconds in every visited room, longest first."""
        total: dict[str, int] = {}
        for visit in self.visits():
            total[visit.room_id] = total.get(visit.room_id, 0) + visit.duration_ns
        return dict(sorted(total.items(), key=lambda row: (-row[1], row[0])))

    def place_map(self) -> PlaceMap:
        """Where a robot can stand, on the map as it is now."""
        return self._refreshed_places().place_map

    def place_graph(self) -> PlaceGraph:
        """Places with routes over them, on the map as it is now."""
        return self._refreshed_places()

    def scene_graph(self, entities: Iterable[Entity] = ()) -> SceneGraph:
        """Building, floors, rooms, places, things that are somewhere, and the robot."""
        listed = list(entities)
        things = things_of(listed)
        if self.track.count:
            x, y, z = self.track.positions_in_world[-1].tolist()
            things.append(Thing(ROBOT_NODE_ID, NodeKind.AGENT, (x, y, z), "robot"))
        return build_scene_graph(
            self.current(), self.place_map(), things, room_kinds=self.room_kinds(listed)
        )

    def room_route(self, from_room_id: str, to_room_id: str) -> tuple[list[str], float] | None:
        """Rooms on the shortest way through doors (Dijkstra) and its length in metres; None if none.

        Raises:
            InputError: a room that there is not.
        """
        for room_id in (from_room_id, to_room_id):
            self.current().get_room(room_id)
        graph = build_scene_graph(self.current(), PlaceMap((), (), ()))
        return graph.find_path(from_room_id, to_room_id, EdgeKind.CONNECTS_THROUGH)

    # The view as bytes

    def digest(self) -> str:
        return hashlib.blake2b(self.to_bytes(), digest_size=16).hexdigest()

    def to_bytes(self) -> bytes:
        counts = [self._keyframe_count, self._partition_keyframe_count, self._moved_m]
        track = self.track.to_bytes()
        # the revision counts from the opening of a file
        partition = partition_to_bytes(replace(self._tracker.partition, revision=0))
        head = json.dumps([*counts, len(track)]).encode()
        return len(head).to_bytes(4, "little") + head + track + partition

    def load_bytes(self, data: bytes) -> None:
        """Replace the state by what `to_bytes` wrote.

        Raises:
            InputError: bytes of another kind.
        """
        start = 4 + int.from_bytes(data[:4], "little")
        try:
            keyframes, at_partition, moved_m, track_size = json.loads(data[4:start])
        except (ValueError, TypeError) as error:
            raise InputError(f"these bytes hold no regions: {error}") from error
        self.track.load_bytes(data[start : start + track_size])
        partition = partition_from_bytes(data[start + track_size :])
        self._keyframe_count, self._partition_keyframe_count = keyframes, at_partition
        self._moved_m = float(moved_m)
        self._tracker.partition = replace(partition, revision=-1)
        self._current_octree = None
        self._label_anew()

    # Partitioning and labelling

    def _is_due(self) -> bool:
        before = self._partition_keyframe_count
        wait = max(min(self._most_at_first, before + 1), before * self._growth_percent // 100)
        is_moved = self._moved_m > self._correction_m and before > 0
        return is_moved or self._keyframe_count - before >= wait

    def _partition_anew(self) -> None:
        self._tracker.refresh(self._occupancy.octree)
        self._partition_keyframe_count = self._keyframe_count
        self._moved_m = 0.0
        self._current = self._tracker.partition
        self._current_octree = self._occupancy.octree
        self._current_revision = self._occupancy.octree.revision
        self._places = None
        self._label_anew()

    def _label_anew(self) -> None:
        """Which room each row of the track is in, and the visits."""
        self._labels = self._labels_of(self.track.positions_in_world)
        rooms = self._tracker.partition.rooms
        self._visits = visits_along(self.track, (room.room_id for room in rooms), self._labels)
        self.visit_revision += 1

    def _add(self, robot: RobotStep) -> None:
        if self.track.append(robot):
            if len(self._labels) < self.track.count:
                self._labels = np.append(self._labels, np.full(self.track.count, NO_ROOM, np.int32))
            row = self.track.count - 1
            self._labels[row] = self._labels_of(self.track.positions_in_world[row:])[0]
        label = int(self._labels[self.track.count - 1])
        room_id = "" if label == NO_ROOM else self._tracker.partition.rooms[label].room_id
        self._visits.feed(room_id, robot.session_id, robot.stamp_ns, robot.stamp_ns, 1)

    def _labels_of(self, points_in_world: NDArray[np.float32]) -> NDArray[np.int32]:
        return self._tracker.partition.labels_at(points_in_world.astype(np.float64))

    def _refreshed_places(self) -> PlaceGraph:
        partition = self.current()
        if self._places is None:
            self._places = PlaceGraph(build_places(self._occupancy.octree, partition))
        return self._places


def robot_step_of(step: Step) -> RobotStep | None:
    """Where a step says the robot is: its base, else its first camera; None if it says nothing."""
    poses = {number: record for number, record in step.of(PoseRecord) if record.supersedes is None}
    robots = step.of(RobotRecord)
    if robots:
        record = robots[0][1]
        pose = poses.get(record.pose_id)
        height_m = 0.0 if pose is None else float(pose.world_from_camera[2, 3])
        return RobotStep(
            record.pose_id,
            record.session_id,
            record.stamp_ns,
            (record.base_x_m, record.base_y_m, height_m),
            record.base_yaw_rad,
            record.mode,
        )
    if not poses:
        return None
    pose_id, pose = next(iter(poses.items()))
    x, y, z = pose.world_from_camera[:3, 3].tolist()
    ahead = pose.world_from_camera[:3, 2]
    yaw_rad = math.atan2(float(ahead[1]), float(ahead[0]))
    return RobotStep(pose_id, pose.session_id, pose.stamp_ns, (x, y, z), yaw_rad)


def things_of(entities: Iterable[Entity]) -> list[Thing]:
    """Confirmed entities that are somewhere, as the scene graph needs them."""
    return [
        Thing(
            entity.entity_id,
            _NODE_KINDS[entity.kind],
            entity.position_in_world,
            entity.label,
            None if entity.box is None else axis_aligned(entity.box),
            entity.state.support_id or None,
        )
        for entity in entities
        if entity.is_confirmed
        and entity.status is not Status.GONE
        and entity.position_in_world is not None
    ]


def axis_aligned(box: OrientedBox) -> Box:
    """The smallest box along the world's axes around a turned one."""
    c, s = abs(math.cos(box.yaw_rad)), abs(math.sin(box.yaw_rad))
    half = np.array(
        [
            (c * box.length_m + s * box.width_m) / 2,
            (s * box.length_m + c * box.width_m) / 2,
            box.height_m / 2,
        ]
    )
    center = np.array(box.center_in_world)
    x0, y0, z0 = (center - half).tolist()
    x1, y1, z1 = (center + half).tolist()
    return Box((x0, y0, z0), (x1, y1, z1))
