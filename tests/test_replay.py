"""The replay of a memory: what the .rrd holds, what is refused, and that it paints."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.config import KeyframeConfig, MemoryConfig
from embodied_mem.core import DepthImage, Observation, Recall, RecallItem, Verdict
from embodied_mem.errors import InputError, JournalError, MissingExtraError, RecordingError
from embodied_mem.geometry import CameraIntrinsics, look_at
from embodied_mem.journal.recording import read_color, read_depth
from embodied_mem.journal.records import FrameRecord
from embodied_mem.journal.store import Journal
from embodied_mem.memory import EmbodiedMemory

pytest.importorskip("rerun")

import rerun as rr
from rerun.chunk import RrdReader

from embodied_mem.recording import (
    ReplaySummary,
    find_vulkan_driver,
    show_replay,
    take_screenshot,
    write_replay,
)
from embodied_mem.recording.maps import GrowingCloud, known_voxel_count

CAMERA = CameraIntrinsics.from_hfov(80, 60, 1.4)
ROOM_LOW, ROOM_HIGH = np.array([-2.0, -1.5, 0.0]), np.array([2.0, 1.5, 2.4])
FRAME_COUNT = 10
STEP_NS = 500_000_000


def box_room_depth(world_from_camera: np.ndarray) -> np.ndarray:
    """(60, 80) float metres along the optical axis to the walls of an empty room."""
    v, u = np.mgrid[: CAMERA.height_px, : CAMERA.width_px]
    rays = np.stack(
        [
            (u - CAMERA.cx_px) / CAMERA.fx_px,
            (v - CAMERA.cy_px) / CAMERA.fy_px,
            np.ones(u.shape),
        ],
        axis=-1,
    )
    in_world = rays @ world_from_camera[:3, :3].T
    wall = np.where(in_world > 0, ROOM_HIGH, ROOM_LOW)
    with np.errstate(divide="ignore"):
        return ((wall - world_from_camera[:3, 3]) / in_world).min(axis=-1)


def room_observation(number: int) -> Observation:
    angle = number * 0.5
    eye = np.array([0.6 * np.cos(angle), 0.6 * np.sin(angle), 1.2])
    pose = look_at(eye, eye + np.array([np.cos(angle), np.sin(angle), -0.3]))
    depth = DepthImage.from_metres(box_room_depth(pose))
    color = np.zeros((60, 80, 3), np.uint8)
    color[..., 0], color[..., 1] = 20 * number, np.arange(80)
    stamp_ns = 7_000_000_000 + number * STEP_NS
    return Observation(stamp_ns, pose, CAMERA, depth=depth, color=color)


@pytest.fixture(scope="module")
def memory_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("memory") / "room.db"
    config = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=2))
    with EmbodiedMemory.open(path, config) as memory:
        for number in range(FRAME_COUNT):
            memory.update(room_observation(number))
    return path


@pytest.fixture(scope="module")
def recalls(memory_path: Path) -> list[tuple[str, Recall]]:
    with EmbodiedMemory.open(memory_path, read_only=True) as memory:
        recall = memory.recall
        return [
            ("What is around the middle?", recall.near((0.0, 0.0, 1.2), 1.0)),
            ("How do I cross the room?", recall.route((-0.5, 0.0, 0.0), (0.5, 0.3, 0.0))),
            ("Where has nobody looked?", recall.frontiers()),
        ]


@pytest.fixture(scope="module")
def replay(
    memory_path: Path, recalls: list[tuple[str, Recall]], tmp_path_factory: pytest.TempPathFactory
) -> ReplaySummary:
    out = tmp_path_factory.mktemp("replay") / "room.rrd"
    return write_replay(memory_path, out, recalls=recalls)


def rows_of(replay_path: str | Path, entity: str, *columns: str) -> list[tuple]:
    """(time in ns, column values ...) of every row of an entity that has all columns, by time."""
    rows = []
    for chunk in RrdReader(replay_path).stream().to_chunks():
        batch = chunk.to_record_batch()
        if chunk.entity_path != entity or not set(columns) <= set(batch.schema.names):
            continue
        times = batch.column("time").cast("int64").to_pylist()
        values = [batch.column(name).to_pylist() for name in columns]
        rows += zip(times, *values, strict=True)
    return sorted(rows, key=lambda row: row[0])


def entities_of(replay_path: str | Path) -> set[str]:
    return {chunk.entity_path for chunk in RrdReader(replay_path).stream().to_chunks()}


def test_replay_shows_every_part_of_the_memory(replay: ReplaySummary) -> None:
    expected = {
        "/world/camera/head",
        "/world/keyframe/head/color",
        "/world/keyframe/head/depth",
        "/world/keyframes/part_0000",
        "/world/trajectory/session_1/head/part_0000",
        "/world/surface/part_0000",
        "/world/octree/level_0",
        "/world/octree/level_2",
        "/world/octree/level_4",
        "/world/frontiers/at",
        "/world/ground",
        "/map/ground",
        "/plots/memory/keyframes",
        "/plots/space/known_m3",
        "/world/answer/route",
        "/answer",
        "/events",
        "/keyframe_log",
        "/inventory",
        "/legend",
    }
    assert expected <= entities_of(replay.path)


def test_replay_counts_poses_and_keyframes(replay: ReplaySummary) -> None:
    assert (replay.frame_count, replay.keyframe_count, replay.answer_count) == (10, 5, 3)
    assert replay.duration_s == pytest.approx(4.5)
    assert replay.bytes == Path(replay.path).stat().st_size
    poses = rows_of(replay.path, "/world/camera/head", "Transform3D:translation")
    assert len({row[0] for row in poses}) == FRAME_COUNT
    counts = rows_of(replay.path, "/plots/memory/keyframes", "Scalars:scalars")
    assert [row[1][0] for row in counts] == [1, 2, 3, 4, 5]


def test_time_line_counts_from_the_first_stamp_and_runs_forward(replay: ReplaySummary) -> None:
    rows = rows_of(replay.path, "/world/camera/head", "Transform3D:translation", "frame")
    times = sorted({(row[0], row[2]) for row in rows})
    assert times == [(n * STEP_NS, n) for n in range(FRAME_COUNT)]
    for chunk in RrdReader(replay.path).stream().to_chunks():
        assert set(chunk.timeline_names) <= {"time", "frame"}


def test_pixels_read_back_equal_the_journal(replay: ReplaySummary, memory_path: Path) -> None:
    depths = rows_of(
        replay.path, "/world/keyframe/head/depth", "DepthImage:buffer", "DepthImage:meter"
    )
    colors = rows_of(replay.path, "/world/keyframe/head/color", "EncodedImage:blob")
    with Journal.open(memory_path, read_only=True) as journal:
        frames = [record for _, record in journal.entries(kinds=[FrameRecord])]
        assert len(depths) >= len(frames) == len(colors) - 3 == 5
        for frame, depth_row, color_row in zip(frames, depths, colors, strict=False):
            depth, color = read_depth(journal, frame), read_color(journal, frame)
            assert depth is not None
            assert color is not None
            raw = np.array(depth_row[1][0], np.uint8).view(np.uint16).reshape(depth.shape)
            np.testing.assert_array_equal(raw, depth.raw)
            assert depth_row[2][0] * depth.unit_m == pytest.approx(1.0)
            assert bytes(color_row[1][0]) == color.data


def test_surface_grows_and_ends_as_the_cache_is(replay: ReplaySummary, memory_path: Path) -> None:
    parts = {e for e in entities_of(replay.path) if "/surface/part_" in e}
    last = [rows_of(replay.path, part, "Points3D:positions")[-1] for part in sorted(parts)]
    assert len({time_ns for time_ns, _ in last}) > 1
    with EmbodiedMemory.open(memory_path, read_only=True) as memory:
        assert sum(len(points) for _, points in last) == memory.views.cache.voxel_count


@pytest.mark.parametrize("level", [0, 2, 4])
def test_octree_levels_end_as_the_octree_is(
    replay: ReplaySummary, memory_path: Path, level: int
) -> None:
    found = set()
    for parent in ("world", "world/overhead"):
        path = f"/{parent}/octree/level_{level}"
        for row in rows_of(replay.path, path, "VoxelGridMap:voxel_indices")[-1:]:
            found |= {tuple(cell) for cell in row[1]}
    with EmbodiedMemory.open(memory_path, read_only=True) as memory:
        octree = memory.views.octree
        centers = octree.occupied(level=level).centers
        assert known_voxel_count(octree) == len(octree.known().centers)
    cells = np.floor(centers / (octree.resolution_m * 2**level)).astype(int)
    assert found == {tuple(cell) for cell in cells}


def test_growing_cloud_logs_only_what_is_new_and_what_lost_points(tmp_path: Path) -> None:
    points = np.arange(30.0).reshape(10, 3) + 0.05
    colors = np.zeros((10, 3), np.uint8)
    with rr.RecordingStream("test") as recording:
        recording.save(tmp_path / "cloud.rrd")
        cloud = GrowingCloud(recording, "cloud", 0.1)
        assert cloud.log(points[:4], colors[:4]) == 4
        assert cloud.log(points[:4], colors[:4]) == 0
        assert cloud.log(points, colors) == 6
        assert cloud.log(points[1:], colors[1:]) == 3


def test_answers_come_one_by_one_after_the_last_pose(
    replay: ReplaySummary, recalls: list[tuple[str, Recall]]
) -> None:
    documents = rows_of(replay.path, "/answer", "TextDocument:text")
    assert len(documents) == len(recalls)
    for (label, recall), (time_ns, (text,)) in zip(recalls, documents, strict=True):
        assert time_ns >= (FRAME_COUNT - 1) * STEP_NS + 1_000_000_000
        assert label in text
        assert recall.query in text
        assert recall.verdict.value.upper() in text
        assert recall.explanation in text


def test_notes_tell_why_each_keyframe_was_kept(replay: ReplaySummary) -> None:
    notes = [row[1][0] for row in rows_of(replay.path, "/keyframe_log", "TextLog:text")]
    assert sum("kept: every" in text for text in notes) == 5
    texts = [row[1][0] for row in rows_of(replay.path, "/events", "TextLog:text")]
    assert sum("session 1 'live' began" in text for text in texts) == 1


def test_max_frames_thins_poses_and_pixels_but_not_the_map(
    memory_path: Path, replay: ReplaySummary, tmp_path: Path
) -> None:
    thin = write_replay(memory_path, tmp_path / "thin.rrd", max_frames=3)
    assert (thin.frame_count, thin.keyframe_count) == (3, 3)
    known = [rows_of(r.path, "/plots/space/known_m3", "Scalars:scalars") for r in (thin, replay)]
    assert known[0] == known[1]
    with pytest.raises(InputError, match="at least 2"):
        write_replay(memory_path, tmp_path / "thin.rrd", max_frames=1)


def test_progress_reaches_the_number_of_keyframes(memory_path: Path, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    write_replay(
        memory_path, tmp_path / "p.rrd", progress=lambda n, total: calls.append((n, total))
    )
    assert calls == [(n, 5) for n in range(1, 6)]


def test_missing_or_broken_memory_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no memory at all" * 100)
    for path in (tmp_path / "missing.db", broken):
        with pytest.raises(JournalError, match=path.name):
            write_replay(path, tmp_path / "out.rrd")
    assert [p.name for p in tmp_path.iterdir()] == ["broken.db"]


def test_empty_memory_and_missing_folder_are_refused(memory_path: Path, tmp_path: Path) -> None:
    Journal.create(tmp_path / "empty.db").close()
    with pytest.raises(InputError, match="no pose"):
        write_replay(tmp_path / "empty.db", tmp_path / "out.rrd")
    with pytest.raises(InputError, match="does not exist"):
        write_replay(memory_path, tmp_path / "nowhere" / "out.rrd")
    assert not list(tmp_path.glob("out.rrd*"))


def test_memory_without_keyframe_images_is_still_shown(tmp_path: Path) -> None:
    config = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=2))
    with EmbodiedMemory.open(tmp_path / "blind.db", config) as memory:
        for number in range(4):
            pose = room_observation(number).world_from_camera
            for sensor in ("head", "hand/left eye"):
                memory.update(Observation(1 + number * STEP_NS, pose, CAMERA, sensor=sensor))
    summary = write_replay(tmp_path / "blind.db", tmp_path / "blind.rrd")
    assert summary.frame_count == 8
    assert r"/world/camera/hand\/left\ eye" in entities_of(summary.path)


def test_answer_of_another_memory_is_refused(memory_path: Path, tmp_path: Path) -> None:
    item = RecallItem("frame:99999", "keyframe", 1.0, evidence=("frame:99999",))
    foreign = Recall("near()", (item,), Verdict.KNOWN)
    with pytest.raises(InputError, match="another memory"):
        write_replay(memory_path, tmp_path / "out.rrd", recalls=[("What?", foreign)])


def test_missing_rerun_names_the_extra(
    memory_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(MissingExtraError, match=r"embodied-mem\[viewer\]"):
        write_replay(memory_path, tmp_path / "out.rrd")
    with pytest.raises(MissingExtraError, match="rerun-sdk"):
        show_replay(memory_path)
    with pytest.raises(MissingExtraError, match="rerun-sdk"):
        take_screenshot(tmp_path / "out.rrd", tmp_path / "out.png")


def listening_addresses(process_id: int) -> set[str]:
    """Local addresses, as in /proc/net, on which a process listens."""
    sockets = set()
    for handle in Path(f"/proc/{process_id}/fd").iterdir():
        try:
            target = str(handle.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process_id}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in sockets:
                found.add(columns[1].split(":")[0])
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc/net of Linux")
def test_web_viewer_listens_on_loopback_only_and_ends(memory_path: Path) -> None:
    import urllib.request

    with show_replay(memory_path, web=True) as viewer:
        assert viewer.url.startswith("http://127.0.0.1:")
        assert listening_addresses(viewer.process.pid) == {"0100007F"}
        with urllib.request.urlopen(viewer.url, timeout=10) as page:
            assert page.status == 200
    assert not viewer.is_running
    assert not viewer.folder.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="screens are named so on Linux")
def test_native_viewer_without_a_screen_says_what_to_do(
    memory_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RecordingError, match="needs a screen"):
        show_replay(memory_path)


def test_screenshot_without_a_vulkan_driver_says_what_to_install(
    replay: ReplaySummary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="no recording"):
        take_screenshot(tmp_path / "none.rrd", tmp_path / "a.png")
    monkeypatch.setattr("embodied_mem.recording.screenshot.find_vulkan_driver", lambda: None)
    with pytest.raises(RecordingError, match="mesa-vulkan-drivers"):
        take_screenshot(replay.path, tmp_path / "a.png")


@pytest.mark.slow
@pytest.mark.skipif(find_vulkan_driver() is None, reason="no Vulkan driver on this machine")
def test_screenshots_of_two_times_differ_and_no_view_reports_an_error(
    replay: ReplaySummary, tmp_path: Path
) -> None:
    import cv2

    size = (960, 540)
    early = take_screenshot(replay.path, tmp_path / "early.png", time_s=0.5, size=size)
    end = take_screenshot(replay.path, tmp_path / "end.png", size=size)
    assert early.problems == end.problems == ()
    assert end.time_s > replay.duration_s
    pictures = [cv2.imread(shot.path) for shot in (early, end)]
    assert [p.shape for p in pictures] == [(540, 960, 3)] * 2
    differs = np.abs(pictures[0].astype(int) - pictures[1]).max(axis=2) > 20
    assert differs.mean() > 0.02
