"""Entities: laws of the view, and regressions named after the bugs of other systems."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from embodied_mem.config import EntityConfig
from embodied_mem.core import DepthImage, Detection
from embodied_mem.entities.entity import ChangeKind, EntityKind, Status
from embodied_mem.entities.looks import look_at_places
from embodied_mem.entities.view import EntityView
from embodied_mem.geometry import CameraIntrinsics, Transform, look_at, make_transform
from embodied_mem.journal.records import (
    DetectionRecord,
    EventRecord,
    FrameRecord,
    LookRecord,
    PoseRecord,
    Record,
    RobotRecord,
)
from embodied_mem.journal.steps import PoseMove, Step
from embodied_mem.perception import LocatedDetection
from embodied_mem.perception.geometry3d import locate

CAMERA = CameraIntrinsics.from_hfov(160, 120, math.radians(70))
RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 180, 40), (30, 40, 200), (120, 120, 120)


@dataclass
class Thing:
    """A box that stands axis-aligned in a room; `bottom` is the middle of its underside."""

    name: str
    label: str
    bottom: tuple[float, float, float]
    size: tuple[float, float, float] = (0.1, 0.1, 0.12)
    color: tuple[int, int, int] = RED

    @property
    def center(self) -> np.ndarray:
        return np.add(self.bottom, (0, 0, self.size[2] / 2))


def table(name: str = "table_0", at: tuple[float, float] = (2.0, 0.0)) -> Thing:
    return Thing(name, "table", (at[0], at[1], 0.0), (0.8, 1.6, 0.7), GREY)


@dataclass
class Room:
    """A world of boxes with a camera: makes the steps that a memory would journal."""

    things: list[Thing]
    view: EntityView = field(default_factory=lambda: EntityView(EntityConfig()))
    steps: list[Step] = field(default_factory=list)
    missed: set[str] = field(default_factory=set)
    """Names that the detector does not report."""
    tracks: dict[str, str | None] = field(default_factory=dict)
    """Name -> track id, if it is not the name."""
    has_tracks: bool = True
    pose_error: Transform = field(default_factory=lambda: np.eye(4))
    robot: RobotRecord | None = None
    last_id: int = 0
    looks: list[LookRecord] = field(default_factory=list)

    def thing(self, name: str) -> Thing:
        return next(thing for thing in self.things if thing.name == name)

    def render(self, pose: Transform) -> tuple[np.ndarray, np.ndarray]:
        """(H, W) float depth and (H, W) index of the thing, -1 for the floor at z = 0."""
        height, width = CAMERA.height_px, CAMERA.width_px
        u, v = np.meshgrid(np.arange(width), np.arange(height))
        in_camera = np.stack(
            [
                (u - CAMERA.cx_px) / CAMERA.fx_px,
                (v - CAMERA.cy_px) / CAMERA.fy_px,
                np.ones(u.shape),
            ],
            axis=-1,
        )
        rays, eye = in_camera @ pose[:3, :3].T, pose[:3, 3]
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = np.where(rays[..., 2] < 0, -eye[2] / rays[..., 2], 20.0).clip(0, 20.0)
            index = np.full(u.shape, -1)
            for number, thing in enumerate(self.things):
                half = np.array(thing.size) / 2
                a, b = ((thing.center + s * half - eye) / rays for s in (-1, 1))
                near, far = np.minimum(a, b).max(-1), np.maximum(a, b).min(-1)
                is_hit = (near < far) & (near > 0.1) & (near < depth)
                depth, index = np.where(is_hit, near, depth), np.where(is_hit, number, index)
        return depth, index

    def see(self, eye: Sequence[float], target: Sequence[float], *, order: int = 1) -> Step:
        """One image from a point towards another, looks included; applied to the view."""
        true_pose = look_at(np.array(eye, float), np.array(target, float))
        depth_m, index = self.render(true_pose)
        depth = DepthImage.from_metres(depth_m)
        pose = self.pose_error @ true_pose
        color = np.full((*index.shape, 3), 90, np.uint8)
        for number, thing in enumerate(self.things):
            color[index == number] = thing.color
        located = [
            item
            for number, thing in enumerate(self.things)
            if thing.name not in self.missed and (index == number).sum() >= 12
            for item in [self._located(thing, index == number, depth, pose, color)]
            if item is not None
        ]
        records: list[tuple[int, Record]] = []
        stamp = (len(self.steps) + 1) * 1_000_000_000
        pose_id = self._add(records, _pose_record(stamp, pose))
        for item in located[::order]:
            self._add(records, _detection_record(item, stamp, pose_id))
        for look in look_at_places(self.view, depth, CAMERA, pose, located):
            record = LookRecord(
                session_id=1, pose_id=pose_id, stamp_ns=stamp,
                point_in_world=np.array(look.point_in_world), radius_m=look.radius_m,
                ray_count=look.ray_count, through_share=look.through_share,
                hit_share=look.hit_share, occluded_share=look.occluded_share,
            )  # fmt: skip
            self.looks.append(record)
            self._add(records, record)
        if self.robot is not None:
            self._add(records, replace(self.robot, pose_id=pose_id, stamp_ns=stamp))
        self._add(records, _frame_record(stamp, pose_id))
        return self.apply(Step(len(self.steps) + 1, stamp, tuple(records)))

    def correct(self, pose_ids: Sequence[int], correction: Transform) -> Step:
        """The poses were off: they are `correction @ written`."""
        moves = []
        for step in self.steps:
            for number, record in step.of(PoseRecord):
                if number in pose_ids:
                    written = record.world_from_camera
                    moves.append(PoseMove(number, record.stamp_ns, written, correction @ written))
        stamp = (len(self.steps) + 1) * 1_000_000_000
        records: list[tuple[int, Record]] = []
        self._add(records, _pose_record(stamp, np.eye(4)))
        return self.apply(Step(len(self.steps) + 1, stamp, tuple(records), (), tuple(moves)))

    def report(self, action: str, target: str) -> Step:
        """An executor tells what it did."""
        stamp = (len(self.steps) + 1) * 1_000_000_000
        records: list[tuple[int, Record]] = []
        event = EventRecord(
            session_id=1, stamp_ns=stamp, end_stamp_ns=stamp, level="action", action=action,
            target=target, outcome="success",
        )  # fmt: skip
        self._add(records, event)
        return self.apply(Step(len(self.steps) + 1, stamp, tuple(records)))

    def apply(self, step: Step) -> Step:
        self.steps.append(step)
        self.view.apply(step)
        return step

    def _add(self, records: list[tuple[int, Record]], record: Record) -> int:
        self.last_id += 1
        records.append((self.last_id, record))
        return self.last_id

    def _located(
        self, thing: Thing, mask: np.ndarray, depth: DepthImage, pose: Transform, color: np.ndarray
    ) -> LocatedDetection | None:
        rows, columns = np.nonzero(mask)
        box = (columns.min(), rows.min(), columns.max(), rows.max())
        track = self.tracks.get(thing.name, thing.name) if self.has_tracks else None
        detection = Detection(
            thing.label, 0.9, tuple(float(side) for side in box), mask, instance_id=track
        )
        return locate(detection, depth, CAMERA, pose, color=color)

    def one(self, label: str):
        """The only confirmed entity of a label."""
        found = [entity for entity in self.view.entities() if entity.label == label]
        assert len(found) == 1, [(e.label, e.position_in_world, e.status) for e in found]
        return found[0]


def _pose_record(stamp: int, pose: Transform) -> PoseRecord:
    return PoseRecord(session_id=1, stamp_ns=stamp, sensor="head", world_from_camera=pose)


def _frame_record(stamp: int, pose_id: int) -> FrameRecord:
    return FrameRecord(
        session_id=1, pose_id=pose_id, stamp_ns=stamp, sensor="head", width_px=CAMERA.width_px,
        height_px=CAMERA.height_px, fx_px=CAMERA.fx_px, fy_px=CAMERA.fy_px, cx_px=CAMERA.cx_px,
        cy_px=CAMERA.cy_px,
    )  # fmt: skip


def _detection_record(item: LocatedDetection, stamp: int, pose_id: int) -> DetectionRecord:
    box, points = item.oriented_box, item.points_in_world
    chosen = np.rint(np.linspace(0, len(points) - 1, 12)).astype(int)
    x0, y0, x1, y1 = item.detection.box_px
    assert item.appearance is not None
    return DetectionRecord(
        session_id=1, pose_id=pose_id, stamp_ns=stamp, label=item.detection.label,
        confidence=item.detection.confidence, box_x_min_px=x0, box_y_min_px=y0, box_x_max_px=x1,
        box_y_max_px=y1, instance_id=item.detection.instance_id,
        centroid_in_world=np.array(item.centroid_in_world),
        box_in_world=np.array([item.box.low, item.box.high]),
        oriented_box=np.array(
            [*box.center_in_world, box.length_m, box.width_m, box.height_m, box.yaw_rad]
        ),
        points_in_world=np.ascontiguousarray(points[chosen], np.float32),
        mean_color=np.rint(np.array(item.mean_color)).astype(np.uint8),
        appearance=np.rint(item.appearance * 255).astype(np.uint8),
        mean_depth_m=item.mean_depth_m, pixel_share=item.pixel_share,
        border_share=item.border_share, hidden_share=item.hidden_share,
        mask_quality=item.mask_quality,
    )  # fmt: skip


EYES = [(0.4, 0.0, 1.4), (0.5, 0.6, 1.4), (0.5, -0.6, 1.4), (0.7, 0.3, 1.3), (0.3, -0.3, 1.5)]
"""Where one sees the top of the table at (2, 0) from."""


def look_around(room: Room, target: Sequence[float] = (2.0, 0.0, 0.7), count: int = 3) -> None:
    for eye in itertools.islice(itertools.cycle(EYES), count):
        room.see(eye, target)


def room_with_mug(**arguments) -> Room:
    room = Room([table(), Thing("mug_0", "mug", (1.9, 0.2, 0.7))], **arguments)
    look_around(room)
    return room


def distance(entity, point: Sequence[float]) -> float:
    return math.dist(entity.position_in_world, point)


# What is seen


def test_a_thing_on_a_table_becomes_one_entity_at_its_place_with_support() -> None:
    room = room_with_mug()
    mug, board = room.one("mug"), room.one("table")
    assert distance(mug, room.thing("mug_0").center) < 0.03
    assert (mug.kind, board.kind) == (EntityKind.OBJECT, EntityKind.FURNITURE)
    assert mug.state.support_id == board.entity_id
    assert mug.color_name == "red"
    assert mug.best_evidence[0].startswith("frame:")
    assert room.view.get(mug.entity_id) == mug


def test_one_sighting_is_not_enough_and_an_exact_repetition_is_none() -> None:
    room = Room([table(), Thing("mug_0", "mug", (1.9, 0.2, 0.7))])
    room.see(EYES[0], (2, 0, 0.7))
    room.see(EYES[0], (2, 0, 0.7))  # the same image again
    assert room.view.entities() == ()
    assert {e.label for e in room.view.entities(include_unconfirmed=True)} == {"mug", "table"}
    room.see(EYES[1], (2, 0, 0.7))
    assert {e.label for e in room.view.entities()} == {"mug", "table"}


@pytest.mark.parametrize("has_tracks", [True, False])
def test_two_neighbouring_chairs_remain_two(has_tracks: bool) -> None:
    chairs = [
        Thing(f"chair_{n}", "chair", (2.0, 0.6 * n - 0.3, 0.0), (0.45, 0.45, 0.9)) for n in (0, 1)
    ]
    room = Room(chairs, has_tracks=has_tracks)
    for eye in [(0, 0, 1.4), (0, 1, 1.4), (0, -1, 1.4), (2, -2.5, 1.5), (2, 2.5, 1.5), (4, 0, 1.4)]:
        room.see(eye, (2, 0, 0.5))
    assert sum(entity.label == "chair" for entity in room.view.entities()) == 2


def test_a_table_seen_in_parts_is_one_without_any_track() -> None:
    room = Room([Thing("table_0", "table", (2.0, 0, 0), (0.9, 2.4, 0.7), GREY)], has_tracks=False)
    for y in (-1.2, -0.9, -0.5, 0.0, 0.5, 0.9, 1.2):
        room.see((0.9, y, 1.3), (1.9, y, 0.6))
    for y in (1.0, 0.0, -1.0):
        room.see((3.6, y, 1.4), (2.2, y, 0.6))
    entity = room.one("table")
    assert entity.box is not None
    assert entity.box.length_m == pytest.approx(2.4, abs=0.15)
    assert distance(entity, (2.0, 0.0, 0.35)) < 0.25


def test_a_person_walks_in_one_state() -> None:
    person = Thing("person_0", "person", (2.5, -1.0, 0), (0.4, 0.4, 1.7), BLUE)
    room = Room([person])
    for step in range(8):
        person.bottom = (2.5, -1.0 + 0.3 * step, 0)
        room.see((0, 0, 1.4), (2.5, 0, 0.9))
    entity = room.one("person")
    assert entity.kind is EntityKind.PERSON
    assert len(entity.states) == 1
    assert entity.position_in_world[1] == pytest.approx(1.1, abs=0.3)


# Bugs of others


def test_running_mean_uses_the_count_before_the_increment() -> None:
    """ConceptGraphs #46: three equal sightings have their own colour as their mean, not a part of it."""
    room = room_with_mug()
    mug = room.one("mug")
    assert mug.mean_color == pytest.approx(RED, abs=2)
    assert mug.observation_count == 3


def test_look_alike_things_at_different_places_are_neither_merged_nor_averaged() -> None:
    """Mem4Nav merges places that look alike and averages their positions."""
    mugs = [Thing(f"mug_{n}", "mug", (1.9, y, 0.7)) for n, y in enumerate((-0.5, 0.5))]
    room = Room([table(), *mugs], has_tracks=False)
    look_around(room, count=10)
    found = sorted(e.position_in_world[1] for e in room.view.entities() if e.label == "mug")
    assert found == pytest.approx([-0.5, 0.5], abs=0.03)
    assert room.view.merges == ()


def test_state_belongs_to_an_entity_and_not_to_its_type() -> None:
    """KARMA keys states by type: with two mugs, opening one would open both."""
    cabinets = [
        Thing(f"cabinet_{n}", "cabinet", (2.0, 1.2 * n - 0.6, 0), (0.5, 0.6, 0.9)) for n in (0, 1)
    ]
    room = Room(cabinets)
    look_around(room, (2, 0, 0.4), count=5)
    first, second = (e for e in room.view.entities() if e.label == "cabinet")
    room.report("open", first.entity_id)
    assert room.view.get(first.entity_id).state.is_open is True
    assert room.view.get(first.entity_id).state.change is ChangeKind.OPENED
    assert room.view.get(second.entity_id) == second


def test_observations_are_capped_and_the_time_path_runs() -> None:
    room = room_with_mug()
    look_around(room, count=40)
    mug = room.one("mug")
    belief = room.view.registry.beliefs[int(mug.entity_id.split(":")[1])]
    assert belief.state.seen.count == 16
    assert mug.observation_count > 30
    assert mug.last_seen_ns == room.steps[-1].stamp_ns
    assert mug.first_seen_ns == room.steps[0].stamp_ns


def test_a_far_detection_does_not_delete_a_near_one() -> None:
    """3D-Mem drops what is detected beyond 3.5 m, and then what was detected before."""
    room = room_with_mug()
    for y in (-0.5, 0.0, 0.5):
        room.see((-3.0, y, 1.4), (2.0, 0.0, 0.7))
    assert room.one("mug").status is Status.PRESENT
    assert distance(room.one("mug"), room.thing("mug_0").center) < 0.05


def test_deletion_leaves_history() -> None:
    """DynaMem deletes what has gone, and forgets that it was ever there."""
    room = room_with_mug()
    mug = room.one("mug")
    room.things = [table()]
    look_around(room, count=5)
    gone = room.view.get(mug.entity_id)
    assert [state.change for state in gone.states] == [ChangeKind.APPEARED, ChangeKind.GONE]
    assert gone.states[0].position_in_world == pytest.approx(mug.position_in_world, abs=1e-9)


# Presence and absence


def test_gone_cites_the_looks_and_the_last_sighting() -> None:
    room = room_with_mug()
    room.things = [table()]
    look_around(room, count=5)
    mug = room.one("mug")
    assert mug.status is Status.GONE
    kinds = [evidence.split(":")[0] for evidence in mug.state.ending_evidence]
    assert kinds.count("look") >= 2
    assert "detection" in kinds
    assert mug.state.not_before_ns == room.steps[2].stamp_ns


def test_one_look_is_not_enough() -> None:
    room = room_with_mug()
    room.things = [table()]
    look_around(room, count=1)
    assert len(room.looks) == 1
    assert room.looks[0].through_share > 0.6
    assert room.one("mug").status is Status.PRESENT


def test_what_is_out_of_view_is_never_gone() -> None:
    room = room_with_mug()
    room.things = [table()]
    for y in (-3.0, -2.0, 2.0, 3.0):
        for eye in EYES:
            room.see(eye, (-2.0, y, 0.7))
    assert room.looks == []
    assert room.one("mug").status is Status.PRESENT


def test_what_is_occluded_is_never_gone() -> None:
    room = room_with_mug()
    room.things = [table(), Thing("screen", "box", (1.45, 0.0, 0.7), (0.05, 1.4, 0.6), GREEN)]
    look_around(room, count=20)
    assert room.one("mug").status is Status.PRESENT


@pytest.mark.parametrize("gap_m", [0.03, 0.1, 0.25])
def test_what_lies_behind_a_closed_door_is_never_gone(gap_m: float) -> None:
    room = Room([Thing("shelf", "shelves", (2.0, 0, 0), (0.5, 1.2, 0.7), GREY)])
    room.things.append(Thing("bowl_0", "bowl", (1.85, 0.0, 0.7), (0.15, 0.15, 0.08), BLUE))
    look_around(room, count=4)
    door_x = 1.85 - 0.075 - gap_m
    room.things.append(Thing("door", "box", (door_x, 0.0, 0.0), (0.02, 1.2, 1.2), GREEN))
    room.missed.add("door")
    look_around(room, (1.9, 0, 0.7), count=25)
    assert room.one("bowl").status is Status.PRESENT


def test_a_thing_that_the_detector_misses_now_and_then_stays() -> None:
    room = room_with_mug()
    look_around(room, count=20)
    for _ in range(6):
        room.missed = {"mug_0"}
        look_around(room, count=1)
        room.missed = set()
        look_around(room, count=2)
    assert [state.change for state in room.one("mug").states] == [ChangeKind.APPEARED]


def test_a_flat_thing_goes_after_several_clear_misses() -> None:
    card = Thing("card", "envelope", (1.8, 0.0, 0.7), (0.25, 0.18, 0.005), BLUE)
    room = Room([table(), card])
    look_around(room, count=10)
    room.things = [table()]
    look_around(room, count=1)
    assert room.one("envelope").status is Status.PRESENT
    for n in range(8):
        room.see((0.9, 0.5 - 0.25 * n, 1.4), (1.8, 0.0, 0.7))
    assert room.one("envelope").status is Status.GONE
    assert all(look.through_share < 0.5 for look in room.looks)


def test_gone_and_back_at_its_place_has_returned() -> None:
    room = room_with_mug()
    things = list(room.things)
    room.things = [table()]
    look_around(room, count=4)
    room.things = things
    look_around(room, count=2)
    changes = [state.change for state in room.one("mug").states]
    assert changes == [ChangeKind.APPEARED, ChangeKind.GONE, ChangeKind.RETURNED]


# Moves


def moved_room(**arguments) -> Room:
    room = Room([table(), table("table_1", (2.0, 4.0)), Thing("mug_0", "mug", (1.9, 0.2, 0.7))])
    for name, value in arguments.items():
        setattr(room, name, value)
    look_around(room)
    room.thing("mug_0").bottom = (1.9, 4.1, 0.7)
    return room


def look_at_second_table(room: Room, count: int = 3) -> None:
    for x, y, z in itertools.islice(itertools.cycle(EYES), count):
        room.see((x, y + 4.0, z), (2.0, 4.0, 0.7))


@pytest.mark.parametrize("has_tracks", [True, False])
def test_what_vanished_here_and_appears_there_has_moved(has_tracks: bool) -> None:
    room = moved_room(has_tracks=has_tracks)
    look_around(room, count=4)
    look_at_second_table(room)
    mug = room.one("mug")
    assert mug.status is Status.PRESENT
    assert mug.state.change is ChangeKind.MOVED
    assert distance(mug, room.thing("mug_0").center) < 0.05
    assert mug.states[0].position_in_world[1] == pytest.approx(0.2, abs=0.05)


def test_seen_there_first_and_found_missing_here_later_becomes_one_moved_entity() -> None:
    room = moved_room(has_tracks=False)
    look_at_second_table(room)
    assert sum(e.label == "mug" for e in room.view.entities()) == 2
    newer = [e for e in room.view.entities() if e.label == "mug"][1]
    look_around(room, count=4)
    mug = room.one("mug")
    assert mug.state.change is ChangeKind.MOVED
    assert room.view.find(newer.entity_id) == mug
    assert room.view.merges[-1].reason == "moved"


def test_a_moved_chain_never_has_the_same_place_twice_in_a_row() -> None:
    room = moved_room()
    look_around(room, count=4)
    look_at_second_table(room)
    room.thing("mug_0").bottom = (1.8, 3.6, 0.7)
    look_at_second_table(room, count=4)
    places = [s.position_in_world for s in room.one("mug").states if s.change is ChangeKind.MOVED]
    assert len(places) == 2
    assert all(math.dist(a, b) > 0.1 for a, b in itertools.pairwise(places))


def robot_at(x: float, y: float, yaw: float, held: str | None, mode: str = "manipulation"):
    return RobotRecord(
        session_id=1, pose_id=1, stamp_ns=0, base_x_m=x, base_y_m=y, base_yaw_rad=yaw, mode=mode,
        held_label=held,
    )  # fmt: skip


def test_the_robot_picks_carries_and_places_one_entity() -> None:
    room = Room([table(), Thing("mug_0", "mug", (1.9, 0.2, 0.7))])
    room.robot = robot_at(1.2, 0.2, math.pi / 2, None)
    look_around(room)
    mug = room.one("mug")
    room.robot = robot_at(1.2, 0.2, math.pi / 2, "mug")
    room.thing("mug_0").bottom = (1.2, 0.8, 0.79)
    room.see((1.2, 0.2, 1.5), (1.2, 0.9, 0.8))
    assert room.view.held_entity_id == mug.entity_id
    for y in (0.5, 1.0, 1.5):
        room.robot = robot_at(1.2, y, math.pi / 2, "mug", "navigation")
        room.thing("mug_0").bottom = (1.2, y + 0.6, 0.79)
        room.see((1.2, y, 1.5), (1.2, y + 0.7, 0.8))
    held = room.one("mug")
    assert (held.status, held.state.holder) == (Status.HELD, "robot")
    assert held.position_in_world[1] == pytest.approx(2.1, abs=0.15)
    room.robot = robot_at(1.2, 1.5, math.pi / 2, None)
    room.things.append(table("table_1", (2.2, 1.5)))
    room.thing("mug_0").bottom = (2.0, 1.6, 0.7)
    room.see((-1.0, -1.0, 1.4), (-3.0, -1.0, 0.7))
    waiting = room.one("mug")
    assert waiting.state.change is ChangeKind.PLACED
    assert math.dist(waiting.position_in_world[:2], (1.9, 1.5)) < 0.1
    for eye in [(0.6, 1.5, 1.4), (0.6, 1.9, 1.4)]:
        room.see(eye, (2.0, 1.5, 0.7))
    placed = room.one("mug")
    changes = [state.change for state in placed.states]
    assert changes == [ChangeKind.APPEARED, ChangeKind.PICKED, ChangeKind.PLACED]
    assert distance(placed, room.thing("mug_0").center) < 0.05
    assert placed.entity_id == mug.entity_id


# Merges


def test_duplicates_merge_and_come_apart_when_seen_side_by_side() -> None:
    mug = Thing("mug_0", "mug", (1.9, 0.0, 0.7))
    room = Room([table(), mug], has_tracks=False)
    look_around(room, count=3)
    room.pose_error = make_transform(np.eye(3), [0.0, 0.7, 0.0])
    look_around(room, count=3)
    assert sum(e.label == "mug" for e in room.view.entities()) == 2
    older, newer = (e for e in room.view.entities() if e.label == "mug")
    drifted = [number for step in room.steps[3:] for number, _ in step.of(PoseRecord)]
    room.pose_error = np.eye(4)
    room.correct(drifted, make_transform(np.eye(3), [0.0, -0.7, 0.0]))
    merged = room.one("mug")
    assert merged.merged_ids == (newer.entity_id,)
    assert room.view.find(newer.entity_id) == merged
    assert room.view.merges[-1].kept_id == older.entity_id
    room.things.append(Thing("mug_1", "mug", (1.9, 0.2, 0.7)))
    look_around(room, count=3)
    assert sum(e.label == "mug" for e in room.view.entities()) == 2
    assert room.view.merges[-1].is_undone
    assert room.view.find(newer.entity_id).entity_id == newer.entity_id


# Laws


def busy_room() -> Room:
    """Sightings, a move, an absence, a pick and place, a correction."""
    room = moved_room()
    room.robot = robot_at(1.2, 4.2, math.pi / 2, None)
    look_around(room, count=4)
    look_at_second_table(room, 2)
    room.correct([1, 2], make_transform(np.eye(3), [0.02, 0.0, 0.0]))
    room.robot = robot_at(1.2, 4.2, math.pi / 2, "mug")
    room.things = [thing for thing in room.things if thing.label != "mug"]
    look_at_second_table(room, 2)
    room.robot = robot_at(1.2, 4.2, math.pi / 2, None)
    look_at_second_table(room, 2)
    return room


def replay(steps: Sequence[Step], view: EntityView | None = None) -> EntityView:
    view = view or EntityView(EntityConfig())
    for step in steps:
        view.apply(step)
    return view


def test_replay_equals_live() -> None:
    room = busy_room()
    again = replay(room.steps)
    assert again.digest() == room.view.digest()
    assert again.entities(include_unconfirmed=True) == room.view.entities(include_unconfirmed=True)


def test_a_saved_view_goes_on_as_if_it_had_not_been_saved() -> None:
    room = busy_room()
    for cut in range(0, len(room.steps), 3):
        first = replay(room.steps[:cut])
        loaded = EntityView(EntityConfig())
        loaded.load_bytes(first.to_bytes())
        assert loaded.digest() == first.digest()
        assert loaded.entities(True) == first.entities(True)
        assert replay(room.steps[cut:], loaded).digest() == room.view.digest()


def test_damaged_bytes_are_refused() -> None:
    data = room_with_mug().view.to_bytes()
    for broken in (b"", data[:100], data[:-8], data + b"x"):
        with pytest.raises((ValueError, KeyError)):
            EntityView(EntityConfig()).load_bytes(broken)


def test_the_order_of_detections_in_an_image_does_not_matter() -> None:
    def entities(order: int) -> set[tuple]:
        mugs = [Thing(f"m{n}", "mug", (1.9, 0.4 * n - 0.4, 0.7)) for n in range(3)]
        room = Room([table(), *mugs, Thing("b", "bowl", (1.7, 0.2, 0.7), color=BLUE)])
        for eye in EYES:
            room.see(eye, (2, 0, 0.7), order=order)
        return {
            (e.label, *np.round(e.position_in_world, 9), e.observation_count)
            for e in room.view.entities()
        }

    assert entities(1) == entities(-1)


def test_a_pose_correction_moves_entities_exactly() -> None:
    room = room_with_mug()
    before = {e.entity_id: e for e in room.view.entities()}
    turn = math.radians(20)
    c, s = math.cos(turn), math.sin(turn)
    correction = make_transform(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]), [0.4, -0.2, 0.0])
    ids = [number for step in room.steps for number, _ in step.of(PoseRecord)]
    room.correct(ids, correction)
    mug = next(e for e in before.values() if e.label == "mug")
    moved = correction[:3, :3] @ mug.position_in_world + correction[:3, 3]
    assert room.view.get(mug.entity_id).position_in_world == pytest.approx(moved, abs=1e-6)
    room.correct(ids, np.eye(4))
    for entity_id, entity in before.items():
        now = room.view.get(entity_id)
        assert now.position_in_world == pytest.approx(entity.position_in_world, abs=1e-12)
        assert now.states[-1].change is ChangeKind.APPEARED


def test_changes_are_numbered_and_complete() -> None:
    room = busy_room()
    changes = room.view.changes_after(0)
    assert [change.number for change in changes] == list(range(1, len(changes) + 1))
    assert room.view.changes_after(3) == changes[3:]
    mug = room.one("mug")
    own = [change.state for change in changes if change.entity_id == mug.entity_id]
    assert tuple(state.change for state in own) == tuple(state.change for state in mug.states)


def test_the_table_matches_the_entities() -> None:
    room = busy_room()
    columns, entities = room.view.table(), room.view.entities(include_unconfirmed=True)
    assert [f"entity:{n}" for n in columns.numbers] == [e.entity_id for e in entities]
    assert [columns.labels[i] for i in columns.label_ids] == [e.label for e in entities]
    assert columns.positions == pytest.approx(np.array([e.position_in_world for e in entities]))
    assert room.view.table() is columns


def test_reading_changes_nothing() -> None:
    room = busy_room()
    digest = room.view.digest()
    room.view.entities(), room.view.table(), room.view.changes_after(0)
    room.see_nothing = look_at_places(
        room.view, DepthImage(np.full((120, 160), 3000, np.uint16)), CAMERA, np.eye(4), []
    )
    assert room.view.digest() == digest
