"""What a replay shows of memory's beliefs: things, rooms, events, detections, looks, lists."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rerun", reason="the viewer's package is an extra")

import rerun as rr
from rerun.chunk import RrdReader

from embodied_mem.config import KeyframeConfig, MemoryConfig
from embodied_mem.core import DepthImage, Detection, Observation, RobotState, Utterance
from embodied_mem.entities.entity import ChangeKind, Entity, Status
from embodied_mem.geometry import CameraIntrinsics, look_at, transform_points
from embodied_mem.journal.records import LookRecord
from embodied_mem.journal.store import Journal
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.recording import (
    ReplaySummary,
    find_vulkan_driver,
    palette,
    take_screenshot,
    write_replay,
)
from embodied_mem.recording.things import STYLES, ThingLog, sight_of
from embodied_mem.recording.timeline import ReplayClock, TimedPose

CAMERA = CameraIntrinsics.from_hfov(160, 120, 1.4)
ROOM_LOW, ROOM_HIGH = np.array([-2.0, -1.5, 0.0]), np.array([2.5, 1.5, 2.4])
STEP_NS = 1_000_000_000
EYE = np.array([-1.5, 0.0, 1.2])
FIRST_PLACE, SECOND_PLACE = (0.5, 0.6, 1.0), (0.5, -0.6, 1.0)
SCAN_COUNT, STAY_COUNT = 12, 8
MOVED_AT_S = SCAN_COUNT + STAY_COUNT
END_S = SCAN_COUNT + 2 * STAY_COUNT - 1
MUG_HALF_PX = 5


def room_frame(number: int) -> Observation:
    """The robot turns once around; then it looks at a mug, which somebody moves while it blinks."""
    stays = number - SCAN_COUNT
    yaw_rad = 0.0 if stays >= 0 else 2 * np.pi * number / SCAN_COUNT
    ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad), -0.1 if stays >= 0 else -0.5])
    eye = EYE if stays >= 0 else np.array([0.0, 0.0, 1.2])
    pose = look_at(eye, eye + ahead)
    depth = wall_depth_m(pose)
    color = np.full((CAMERA.height_px, CAMERA.width_px, 3), 90 + number, np.uint8)
    detections: tuple[Detection, ...] = ()
    if stays >= 0:
        place = FIRST_PLACE if stays < STAY_COUNT else SECOND_PLACE
        detections = (_put_mug(depth, color, pose, place, shift_px=number % 2),)
    base = (float(eye[0]), float(eye[1]), float(yaw_rad))
    heard = (Utterance("Ann", "Good morning"),) if number == 2 else ()
    return Observation(
        number * STEP_NS, pose, CAMERA, depth=DepthImage.from_metres(depth), color=color,
        detections=detections, robot=RobotState(base, base), clock_s=8 * 3600.0 + number,
        utterances=heard,
    )  # fmt: skip


def wall_depth_m(pose: np.ndarray) -> np.ndarray:
    """(120, 160) metres along the optical axis to the walls of the room."""
    v, u = np.mgrid[: CAMERA.height_px, : CAMERA.width_px]
    x, y = (u - CAMERA.cx_px) / CAMERA.fx_px, (v - CAMERA.cy_px) / CAMERA.fy_px
    in_world = np.stack([x, y, np.ones(u.shape)], axis=-1) @ pose[:3, :3].T
    wall = np.where(in_world > 0, ROOM_HIGH, ROOM_LOW)
    with np.errstate(divide="ignore"):
        return ((wall - pose[:3, 3]) / in_world).min(axis=-1)


def _put_mug(
    depth: np.ndarray,
    color: np.ndarray,
    pose: np.ndarray,
    place: tuple[float, float, float],
    *,
    shift_px: int,
) -> Detection:
    """A square of pixels at the mug's depth; it trembles, as an image that repeats counts once."""
    x, y, z = transform_points(np.linalg.inv(pose), np.array([place]))[0]
    column = round(x / z * CAMERA.fx_px + CAMERA.cx_px) + shift_px
    row = round(y / z * CAMERA.fy_px + CAMERA.cy_px)
    rows = slice(row - MUG_HALF_PX, row + MUG_HALF_PX)
    columns = slice(column - MUG_HALF_PX, column + MUG_HALF_PX)
    depth[rows, columns] = z
    color[rows, columns] = (200, 30, 30)
    mask = np.zeros(depth.shape, bool)
    mask[rows, columns] = True
    box = (columns.start, rows.start, columns.stop - 1, rows.stop - 1)
    return Detection("mug", 0.9, tuple(map(float, box)), mask, instance_id="mug_0")


@pytest.fixture(scope="module")
def memory_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("memory") / "mug.db"
    config = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=1))
    with EmbodiedMemory.open(path, config) as memory:
        for number in range(END_S + 1):
            memory.update(room_frame(number))
    return path


@pytest.fixture(scope="module")
def mug(memory_path: Path) -> Entity:
    with EmbodiedMemory.open(memory_path, read_only=True) as memory:
        (found,) = memory.views.entities.entities()
    assert [state.change for state in found.states] == [ChangeKind.APPEARED, ChangeKind.MOVED]
    return found


@pytest.fixture(scope="module")
def replay(
    memory_path: Path, mug: Entity, tmp_path_factory: pytest.TempPathFactory
) -> ReplaySummary:
    out = tmp_path_factory.mktemp("replay") / "mug.rrd"
    with EmbodiedMemory.open(memory_path, read_only=True) as memory:
        recalls = [("Where is the mug?", memory.recall.where("mug"))]
    return write_replay(memory_path, out, recalls=recalls)


def rows_of(replay: ReplaySummary, entity: str, *columns: str) -> list[tuple]:
    """(seconds, column values ...) of every row of an entity that has all columns, by time."""
    rows = []
    for chunk in RrdReader(replay.path).stream().to_chunks():
        batch = chunk.to_record_batch()
        if chunk.entity_path != entity or not {"time", *columns} <= set(batch.schema.names):
            continue
        times = [ns / 1e9 for ns in batch.column("time").cast("int64").to_pylist()]
        values = [batch.column(name).to_pylist() for name in columns]
        rows += zip(times, *values, strict=True)
    return sorted(rows, key=lambda row: row[0])


def texts_of(replay: ReplaySummary, entity: str, column: str) -> list[tuple[float, str]]:
    return [(time_s, text) for time_s, (text,) in rows_of(replay, entity, column)]


def latest(rows: list[tuple], time_s: float) -> tuple:
    """The last row at or before an instant: what the viewer shows then."""
    return [row for row in rows if row[0] <= time_s][-1]


def leaf_of(entity: Entity) -> str:
    return entity.entity_id.replace(":", "_")


# Things


def test_a_box_stands_at_the_belief_of_its_time(replay: ReplaySummary, mug: Entity) -> None:
    rows = rows_of(replay, f"/world/things/objects/{leaf_of(mug)}", "Boxes3D:centers")
    for time_s, place in ((MOVED_AT_S - 1, FIRST_PLACE), (END_S, SECOND_PLACE)):
        _, (center,) = latest(rows, time_s)
        np.testing.assert_allclose(center, place, atol=0.06)


def test_a_thing_is_logged_only_when_it_looks_different(replay: ReplaySummary, mug: Entity) -> None:
    rows = rows_of(replay, f"/world/things/objects/{leaf_of(mug)}", "Boxes3D:centers")
    assert 2 <= len({row[0] for row in rows}) <= 6


def test_what_is_unconfirmed_is_drawn_apart_until_it_is_confirmed(
    replay: ReplaySummary, mug: Entity
) -> None:
    faint = rows_of(replay, f"/world/things/unconfirmed/{leaf_of(mug)}", "Boxes3D:centers")
    solid = rows_of(replay, f"/world/things/objects/{leaf_of(mug)}", "Boxes3D:centers")
    assert SCAN_COUNT <= faint[0][0] < solid[0][0]
    ends = list(rows_of(replay, f"/world/things/unconfirmed/{leaf_of(mug)}"))
    assert solid[0][0] in {row[0] for row in ends}


def test_a_move_draws_a_bow_from_the_old_place_to_the_new_one(
    replay: ReplaySummary, mug: Entity
) -> None:
    rows = rows_of(replay, f"/world/moves/{leaf_of(mug)}", "LineStrips3D:strips")
    assert rows[0][0] >= MOVED_AT_S
    (bow,) = rows[-1][1]
    np.testing.assert_allclose(bow[0], FIRST_PLACE, atol=0.06)
    np.testing.assert_allclose(bow[-1], SECOND_PLACE, atol=0.06)
    assert max(point[2] for point in bow) > FIRST_PLACE[2] + 0.2


def test_the_map_shows_the_thing_where_the_space_shows_it(
    replay: ReplaySummary, mug: Entity
) -> None:
    path = f"/map/things/objects/{leaf_of(mug)}"
    (first,), (last,) = (
        latest(rows_of(replay, path, "Points2D:positions"), t)[1] for t in (MOVED_AT_S - 1, END_S)
    )
    arrows = rows_of(replay, f"/map/moves/{leaf_of(mug)}", "Arrows2D:vectors")
    np.testing.assert_allclose(np.subtract(last, first), arrows[-1][1][0], atol=1.0)
    assert first[1] < last[1]  # from the left of the robot to its right: down the page


def held_and_gone(entity: Entity) -> list[Entity]:
    """The same thing in a hand, and gone."""
    held = replace(
        entity.state, change=ChangeKind.PICKED, status=Status.HELD, holder="robot",
        position_in_world=(1.0, 2.0, 0.8), box=None,
    )  # fmt: skip
    gone = replace(entity.state, change=ChangeKind.GONE, status=Status.GONE)
    return [replace(entity, states=(*entity.states, state)) for state in (held, gone)]


def test_held_and_gone_things_are_hollow_at_their_last_place(mug: Entity) -> None:
    held, gone = (sight_of(entity) for entity in held_and_gone(mug))
    assert held is not None
    assert gone is not None
    assert (held.group, gone.group) == ("held", "gone")
    assert "gone" in gone.label
    assert held.center == gone.center == mug.state.box.center_in_world
    hollow = rr.components.FillMode.MajorWireframe
    assert STYLES["held"].fill == STYLES["gone"].fill == hollow


def test_what_the_robot_holds_goes_along_with_it(mug: Entity, tmp_path: Path) -> None:
    held, gone = held_and_gone(mug)
    poses = [
        TimedPose(0, 1, 1, "head", 0, np.eye(4)),
        TimedPose(1, 2, 1, "head", STEP_NS, np.eye(4)),
    ]
    with rr.RecordingStream("test") as recording:
        recording.save(tmp_path / "held.rrd")
        things = ThingLog(recording, ReplayClock(recording, poses))
        for entity in (mug, held, gone):
            things.log([entity], 1)
        things.log([], 1)
    chunks = list(RrdReader(tmp_path / "held.rrd").stream().to_chunks())
    columns = {
        name
        for chunk in chunks
        if chunk.entity_path == "/world/robot/held"
        for name in chunk.to_record_batch().schema.names
    }
    assert {"Boxes3D:centers", "Clear:is_recursive"} <= columns
    assert [mark.sight and mark.sight.group for mark in things.marks] == [
        "objects", "held", "gone", None,
    ]  # fmt: skip


# The image


def test_detections_in_the_image_name_the_entity_that_they_were_taken_for(
    replay: ReplaySummary, mug: Entity
) -> None:
    rows = rows_of(replay, "/world/keyframe/head/color/detections", "Boxes2D:labels")
    labels = {time_s: text for time_s, text in rows if text}
    number = mug.entity_id.partition(":")[2]
    assert labels[END_S] == [f"mug #{number}"]
    assert set(labels) >= set(range(SCAN_COUNT, END_S + 1))
    boxes = rows_of(replay, "/world/keyframe/head/color/detections", "Boxes2D:half_sizes")
    half = latest(boxes, END_S)[1][0]
    np.testing.assert_allclose(half, MUG_HALF_PX, atol=1.0)


def test_looks_end_at_the_places_that_were_asked_about(
    replay: ReplaySummary, memory_path: Path
) -> None:
    with Journal.open(memory_path, read_only=True) as journal:
        looks = [look for _, look in journal.entries(kinds=[LookRecord])]
    assert looks
    rays = rows_of(replay, "/world/looks/rays", "LineStrips3D:strips", "LineStrips3D:colors")
    last_s, strips, colors = rays[-1]
    look = looks[-1]
    assert isinstance(look, LookRecord)
    assert last_s == look.stamp_ns / 1e9
    np.testing.assert_allclose(strips[-1][1], look.point_in_world, atol=1e-5)
    assert look.through_share > 0.5
    assert colors[-1] >> 8 == int("{:02x}{:02x}{:02x}".format(*palette.LOOK_THROUGH), 16)


# Rooms, events, lists


def test_rooms_are_drawn_as_the_regions_are(replay: ReplaySummary, memory_path: Path) -> None:
    with EmbodiedMemory.open(memory_path, read_only=True) as memory:
        rooms = memory.views.regions.partition().rooms
    outlines = rows_of(replay, "/world/rooms/outlines", "LineStrips3D:strips")[-1][1]
    assert len(outlines) == len(rooms) == 1
    flat = np.array(outlines[0])[:-1, :2]
    np.testing.assert_allclose(flat, rooms[0].polygon_in_world, atol=1e-5)
    names = rows_of(replay, "/world/rooms/names", "Points3D:labels")[-1][1]
    assert names == rows_of(replay, "/map/rooms/names", "Points2D:labels")[-1][1] == ["room 0"]


def test_events_are_told_once_in_order_with_the_time_of_the_clock(replay: ReplaySummary) -> None:
    lines = texts_of(replay, "/events", "TextLog:text")
    assert [t for t, text in lines if 'Ann said: "Good morning"' in text] == [2.0]
    ((noticed_s, moved),) = [(t, text) for t, text in lines if "was moved" in text]
    assert noticed_s >= MOVED_AT_S
    assert moved.startswith("08:00:")
    assert all(a <= b for a, b in itertools.pairwise(t for t, _ in lines))
    assert len({text for _, text in lines}) == len(lines)


def test_the_list_names_each_thing_with_room_time_and_evidence(
    replay: ReplaySummary, mug: Entity
) -> None:
    lists = texts_of(replay, "/inventory", "TextDocument:text")
    before, after = lists[0][1], lists[-1][1]
    assert "mug" not in before
    assert "0 objects" in before
    number = mug.entity_id.partition(":")[2]
    (row,) = [line for line in after.splitlines() if f"mug #{number}" in line]
    assert f"08:00:{END_S:02d}" in row
    assert "frame:" in row
    assert after.index("room 0") < after.index(row)


def test_curves_count_what_is_known(replay: ReplaySummary) -> None:
    counts = rows_of(replay, "/plots/memory/entities", "Scalars:scalars")
    assert (counts[0][1], counts[-1][1]) == ([0.0], [1.0])
    told = [row[1][0] for row in rows_of(replay, "/plots/memory/events", "Scalars:scalars")]
    assert told == sorted(told)
    assert told[-1] >= 4


def test_the_snapshots_end_with_a_picture_of_the_cover(replay: ReplaySummary) -> None:
    sheets = rows_of(replay, "/snapshots/sheet", "EncodedImage:blob")
    assert sheets[-1][0] == END_S
    picture = cv2.imdecode(np.array(sheets[-1][1][0], np.uint8), cv2.IMREAD_COLOR)
    assert picture.max() > 80


# Answers


def test_an_answer_lights_up_the_thing_and_its_detection(
    replay: ReplaySummary, mug: Entity
) -> None:
    ((time_s, (center,)),) = rows_of(replay, "/world/answer/things", "Boxes3D:centers")
    assert time_s > END_S
    np.testing.assert_allclose(center, mug.state.box.center_in_world, atol=1e-5)
    names = rows_of(replay, "/world/answer/places", "Points3D:labels")[-1][1]
    assert names == [f"mug #{mug.entity_id.partition(':')[2]}"]
    shown = rows_of(replay, "/world/keyframe/head/color/detections", "Boxes2D:colors")
    lit = int("{:02x}{:02x}{:02x}".format(*palette.ANSWER), 16)
    assert shown[-1][0] == time_s
    assert lit in {color >> 8 for color in shown[-1][1]}
    paths = {chunk.entity_path for chunk in RrdReader(replay.path).stream().to_chunks()}
    assert any(path.startswith("/world/answer/evidence/frame_") for path in paths)


# Words


def test_the_clock_reads_as_the_robots_or_counts_from_the_first_pose() -> None:
    poses = [TimedPose(0, 1, 1, "head", 5 * STEP_NS, np.eye(4))]
    clock = ReplayClock(rr.RecordingStream("test"), poses)
    assert clock.text(6_500_000_000).strip() == "1.50 s"
    clock.note_clock(5 * STEP_NS, 23 * 3600.0)
    assert clock.text(5 * STEP_NS) == "23:00:00"
    assert clock.text((5 + 2 * 3600) * STEP_NS) == "day 2 01:00:00"


@pytest.mark.slow
@pytest.mark.skipif(find_vulkan_driver() is None, reason="no Vulkan driver on this machine")
def test_a_seek_over_the_move_changes_the_picture(replay: ReplaySummary, tmp_path: Path) -> None:
    size = (1280, 720)
    shots = [
        take_screenshot(replay.path, tmp_path / f"{t}.png", time_s=t, size=size)
        for t in (MOVED_AT_S - 1.0, float(END_S))
    ]
    assert [shot.problems for shot in shots] == [(), ()]
    before, after = (cv2.imread(shot.path).astype(int) for shot in shots)
    in_space = np.s_[40:500, :550]  # the first view; others change with every frame
    assert (np.abs(before[in_space] - after[in_space]).max(axis=2) > 20).mean() > 0.001
