"""Hand-made steps of a robot in a flat of two rooms, and entities that do what a script says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from test_regions import CAMERA, TWO_SPOTS, depth_of, flat

from embodied_mem.core import DepthImage, Observation
from embodied_mem.entities.entity import (
    ROBOT,
    ChangeKind,
    Entity,
    EntityKind,
    EntityState,
    Status,
)
from embodied_mem.entities.merging import Merge
from embodied_mem.episodic.events import EventView
from embodied_mem.geometry import Transform, look_at
from embodied_mem.graph.view import RegionView
from embodied_mem.journal.records import (
    EventRecord,
    FrameRecord,
    PoseRecord,
    Record,
    RobotRecord,
    UtteranceRecord,
)
from embodied_mem.journal.steps import FrameEntry, PoseMove, Step
from embodied_mem.perception import OrientedBox
from embodied_mem.spatial.octree import OccupancyOctree

SECOND = 1_000_000_000
STEP_NS = 14_400_000_000
TABLE, SHELF = "entity:1", "entity:2"


class Map:
    """The octree of steps, as `spatial.views.OccupancyView` keeps it."""

    def __init__(self) -> None:
        self.octree = OccupancyOctree(0.05)

    def apply(self, step: Step) -> None:
        for frame in step.frames:
            if frame.depth is not None:
                camera = frame.record.intrinsics
                self.octree.integrate_depth(frame.depth, camera, frame.world_from_camera)


class Script:
    """Writes the journal of one robot: every method adds one commit, 14.4 s after the last."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.now_ns = 0
        self.session_id = 1
        self._next_id = 2

    def robot(
        self,
        x: float,
        y: float,
        *,
        held: str | None = None,
        mode: str = "navigation",
        yaw: float = 0.0,
        depth: DepthImage | None = None,
        pose: Transform | None = None,
    ) -> int:
        """One step of the robot, with a keyframe if there is depth; returns its stamp."""
        self.now_ns += STEP_NS
        if pose is None:
            pose = look_at(np.array([x, y, 1.3]), np.array([x + 1.0, y, 1.0]))
        pose_id = self._id()
        records: list[tuple[int, Record]] = [
            (
                pose_id,
                PoseRecord(
                    session_id=self.session_id,
                    stamp_ns=self.now_ns,
                    sensor="head",
                    world_from_camera=pose,
                ),
            ),
            (
                self._id(),
                RobotRecord(
                    session_id=self.session_id,
                    pose_id=pose_id,
                    stamp_ns=self.now_ns,
                    base_x_m=x,
                    base_y_m=y,
                    base_yaw_rad=yaw,
                    mode=mode,
                    held_label=held,
                ),
            ),
        ]
        frames: tuple[FrameEntry, ...] = ()
        if depth is not None:
            frame_id = self._id()
            record = FrameRecord(
                session_id=self.session_id,
                pose_id=pose_id,
                stamp_ns=self.now_ns,
                sensor="head",
                width_px=CAMERA.width_px,
                height_px=CAMERA.height_px,
                fx_px=CAMERA.fx_px,
                fy_px=CAMERA.fy_px,
                cx_px=CAMERA.cx_px,
                cy_px=CAMERA.cy_px,
            )
            records.append((frame_id, record))
            frames = (FrameEntry(frame_id, record, pose, depth, None),)
        self._commit(records, frames)
        return self.now_ns

    def observed(self, observation: Observation) -> int:
        """A step from a simulator's observation; every frame a keyframe."""
        robot = observation.robot
        assert robot is not None
        self.now_ns = observation.stamp_ns - STEP_NS
        x, y, yaw = robot.base_in_world
        return self.robot(
            x, y, held=robot.held_label, mode=robot.mode, yaw=yaw,
            pose=observation.world_from_camera,
        )  # fmt: skip

    def report(
        self,
        level: str,
        action: str,
        start_ns: int,
        end_ns: int,
        *,
        target: str = "",
        outcome: str = "success",
        parent: int | None = None,
        text: str = "",
        actor: str = "robot",
    ) -> int:
        """An event record in a commit of its own; returns its id."""
        record = EventRecord(
            session_id=self.session_id,
            stamp_ns=start_ns,
            end_stamp_ns=end_ns,
            level=level,
            action=action,
            actor=actor,
            target=target,
            outcome=outcome,
            parent_id=parent,
            text=text,
        )
        number = self._id()
        self._commit([(number, record)])
        return number

    def say(self, speaker: str, text: str) -> None:
        said = UtteranceRecord(
            session_id=self.session_id, stamp_ns=self.now_ns, speaker=speaker, text=text
        )
        self._commit([(self._id(), said)])

    def correct(self, moved: Transform) -> None:
        """Every pose so far was off by `moved`."""
        moves = []
        for step in self.steps:
            for number, pose in step.of(PoseRecord):
                written = pose.world_from_camera
                moves.append(PoseMove(number, pose.stamp_ns, written, moved @ written))
        self._commit([(self._id(), UtteranceRecord(session_id=1, stamp_ns=0, speaker="", text=""))])
        self.steps[-1] = replace(self.steps[-1], records=(), pose_moves=tuple(moves))

    def new_session(self) -> None:
        self.session_id += 1

    @property
    def next_commit(self) -> int:
        return len(self.steps) + 1

    def _id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _commit(
        self, records: Sequence[tuple[int, Record]], frames: tuple[FrameEntry, ...] = ()
    ) -> None:
        self.steps.append(Step(self.next_commit, self.now_ns, tuple(records), frames))


def scanned_flat(script: Script, *, held: str | None = None) -> None:
    """The robot turns around at five spots, from the left room to the right one."""
    for x, y in sorted(TWO_SPOTS):
        for angle in np.linspace(0, 2 * np.pi, 10, endpoint=False):
            eye = np.array([x, y, 1.3])
            target = eye + np.array([np.cos(angle), np.sin(angle), 0.0])
            depth = depth_of(flat(), eye, target)
            script.robot(x, y, depth=depth, yaw=float(angle), held=held, pose=look_at(eye, target))


@dataclass(frozen=True)
class Change:
    number: int
    entity_id: str
    state: EntityState


@dataclass
class ScriptedEntities:
    """Entities whose states begin at given commits: an `EntitySource`."""

    entries: list[tuple[int, str, EntityState]] = field(default_factory=list)
    """(commit, entity id, state)."""
    kinds: dict[str, EntityKind] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    merged_into: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Entity id -> (commit, the one that it turned out to be)."""
    commit: int = 0

    def add(self, commit: int, entity_id: str, label: str, state: EntityState) -> None:
        self.entries.append((commit, entity_id, state))
        self.labels[entity_id] = label

    def apply(self, step: Step) -> None:
        self.commit = step.commit_id

    def find(self, entity_id: str) -> Entity | None:
        at, keeper = self.merged_into.get(entity_id, (0, ""))
        if keeper and at <= self.commit:
            return self.find(keeper)
        states = tuple(s for c, name, s in self.entries if name == entity_id and c <= self.commit)
        if not states:
            return None
        merged = tuple(m for m, (c, k) in self.merged_into.items() if k == entity_id)
        label = self.labels[entity_id]
        return Entity(
            entity_id, self.kinds.get(entity_id, EntityKind.OBJECT), label, ((label, 1.0),), states,
            0.99, True, states[0].since_ns, states[-1].last_seen_ns, 5, merged_ids=merged,
        )  # fmt: skip

    def entities(self) -> tuple[Entity, ...]:
        names = sorted({name for _, name, _ in self.entries})
        found = (self.find(name) for name in names if name not in self.merged_into)
        return tuple(entity for entity in found if entity is not None)

    def changes_after(self, number: int) -> list[Change]:
        shown = [entry for entry in self.entries if entry[0] <= self.commit]
        shown.sort(key=lambda entry: entry[0])
        return [Change(n, name, s) for n, (_, name, s) in enumerate(shown, start=1) if n > number]

    @property
    def merges(self) -> tuple[Merge, ...]:
        shown = [(at, m, k) for m, (at, k) in self.merged_into.items() if at <= self.commit]
        return tuple(Merge(k, m, 0, "moved") for _, m, k in sorted(shown))

    @property
    def held_entity_id(self) -> str:
        for entity in self.entities():
            if entity.state.holder == ROBOT:
                return entity.entity_id
        return ""


def state(
    change: str,
    since_ns: int,
    position: tuple[float, float, float] | None,
    *,
    status: Status = Status.PRESENT,
    support: str = "",
    holder: str = "",
    before_ns: int | None = None,
    evidence: tuple[str, ...] = ("detection:9",),
) -> EntityState:
    box = None if position is None else OrientedBox(position, 0.1, 0.1, 0.1, 0.0)
    return EntityState(
        ChangeKind(change), Status.HELD if holder else status, since_ns,
        since_ns if before_ns is None else before_ns, since_ns, position, box, holder, support,
        evidence,
    )  # fmt: skip


class World:
    """The views of a script in the order in which a memory applies them."""

    def __init__(self, entities: ScriptedEntities | None = None) -> None:
        self.map = Map()
        self.entities = replace(entities or ScriptedEntities(), commit=0)
        self.regions = RegionView(self.map)
        self.events = EventView(self.entities, self.regions)

    def run(self, steps: Iterable[Step]) -> World:
        for step in steps:
            for view in (self.map, self.regions, self.entities, self.events):
                view.apply(step)
        return self

    def reopened(self) -> World:
        """The same views from their bytes."""
        other = World(self.entities)
        other.map.octree.load_bytes(self.map.octree.to_bytes())
        other.entities.commit = self.entities.commit
        other.regions.load_bytes(self.regions.to_bytes())
        other.events.load_bytes(self.events.to_bytes())
        return other


def shifted(x: float, y: float) -> Transform:
    moved = np.eye(4)
    moved[:2, 3] = (x, y)
    return moved
