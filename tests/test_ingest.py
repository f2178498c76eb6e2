"""Recordings into memory files: resumed, killed, damaged, refused."""

from __future__ import annotations

import dataclasses
import math
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.audit import verify_memory
from embodied_mem.config import (
    CacheConfig,
    JournalConfig,
    KeyframeConfig,
    MemoryConfig,
    OctreeConfig,
)
from embodied_mem.core import Observation, Recording, RecordingInfo
from embodied_mem.envs.house.demo_room import DemoRecording
from embodied_mem.envs.recordings import open_recording, write_plain
from embodied_mem.errors import ConfigError, EmbodiedMemError, JournalError, RecordingError
from embodied_mem.ingest import IngestSummary, ingest, open_source
from embodied_mem.journal.database import table_of
from embodied_mem.journal.recording import JournalRecording
from embodied_mem.journal.records import PoseRecord
from embodied_mem.journal.store import Journal
from embodied_mem.memory import EmbodiedMemory

FRAME_COUNT = 24
COMMAND = [sys.executable, "-m", "embodied_mem.cli", "ingest"]
EVERY_THIRD = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=3))


class ListRecording:
    """Frames in memory as a whole `Recording`, with the source indices they carry."""

    def __init__(self, frames: Sequence[Observation], name: str = "list") -> None:
        self._frames = list(frames)
        self.info = RecordingInfo(name, "list", len(self._frames))

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        for place, frame in enumerate(self._frames):
            index = place if frame.source_index is None else frame.source_index
            if index >= start:
                yield frame


def opener(path: Path, up: str = "auto") -> Callable[[], Recording]:
    return lambda: open_source(path, up=up)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, plain_folder: Path) -> IngestSummary:
    """An uninterrupted ingest of the plain folder."""
    return ingest(opener(plain_folder), tmp_path_factory.mktemp("whole") / "m.db")


def pose_count(path: Path) -> int:
    """Committed poses of a file that another process may be writing; 0 before it is made."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)
    except sqlite3.Error:
        return 0
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table_of(PoseRecord)}").fetchone()[0])
    except sqlite3.Error:
        return 0
    finally:
        connection.close()


def test_every_frame_of_a_plain_recording_arrives(
    tmp_path: Path, plain_folder: Path, demo_frames: tuple[Observation, ...]
) -> None:
    path = tmp_path / "m.db"
    summary = ingest(
        opener(plain_folder), path, MemoryConfig(keyframe=KeyframeConfig("every", every=1))
    )
    with Journal.open(path, read_only=True) as journal:
        stored = list(JournalRecording(journal).observations())
    assert len(stored) == summary.frame_count == FRAME_COUNT
    for place, (ours, theirs) in enumerate(zip(stored, demo_frames, strict=False)):
        assert (ours.stamp_ns, ours.source_index) == (theirs.stamp_ns, place)
        np.testing.assert_allclose(ours.world_from_camera, theirs.world_from_camera, atol=1e-12)
        assert ours.depth is not None
        assert theirs.depth is not None
        np.testing.assert_array_equal(ours.depth.raw, theirs.depth.raw)
    assert verify_memory(path).is_ok


def test_the_summary_adds_up(whole: IngestSummary) -> None:
    assert whole.frame_count == whole.new_frame_count == FRAME_COUNT
    assert whole.keyframe_count == whole.new_keyframe_count == sum(whole.keyframe_reasons.values())
    assert whole.keyframe_reasons["first"] == 1
    assert whole.ingest_fps == pytest.approx(FRAME_COUNT / whole.seconds, rel=0.01)
    assert whole.update_ms.count == FRAME_COUNT
    assert whole.stage_ms["gate"].count == whole.stage_ms["commit"].count == FRAME_COUNT
    for view in ("keyframes", "occupancy", "cache3d"):
        assert whole.stage_ms[view].count == whole.keyframe_count
    for stage in (whole.update_ms, *whole.stage_ms.values()):
        assert 0 <= stage.p50_ms <= stage.p95_ms
    assert whole.bytes == Path(whole.memory).stat().st_size
    with Journal.open(whole.memory, read_only=True) as journal:
        assert whole.digest == journal.digest()
    assert (whole.format, whole.recording) == ("plain", "walk")


def test_ingest_equals_feeding_the_frames_oneself(
    tmp_path: Path, plain_folder: Path, whole: IngestSummary
) -> None:
    recording = open_recording(plain_folder)
    frames = list(recording.observations())
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        memory.begin_session(
            "walk",
            source="walk",
            source_format="plain",
            start_stamp_ns=frames[0].stamp_ns,
            session_key=f"plain:walk@{frames[0].stamp_ns}",
        )
        for frame in frames:
            memory.update(frame)
        assert memory.journal.digest() == whole.digest


def test_a_second_run_finds_nothing_new(tmp_path: Path, plain_folder: Path) -> None:
    path = tmp_path / "m.db"
    first = ingest(opener(plain_folder), path)
    second = ingest(opener(plain_folder), path)
    assert (second.new_frame_count, second.new_keyframe_count) == (0, 0)
    assert second.frame_count == FRAME_COUNT
    assert second.keyframe_count == first.keyframe_count
    assert second.digest == first.digest
    assert second.session_id == first.session_id
    assert second.update_ms.count == 0


@pytest.mark.parametrize("limits", [(1, 2, 24), (10, 10, 30), (23, 5, 24)])
def test_any_frame_limits_lead_to_the_same_memory(
    tmp_path: Path, plain_folder: Path, whole: IngestSummary, limits: tuple[int, ...]
) -> None:
    held = 0
    for limit in limits:
        summary = ingest(opener(plain_folder), tmp_path / "m.db", frame_limit=limit)
        expected = max(held, min(limit, FRAME_COUNT))
        assert (summary.frame_count, summary.new_frame_count) == (expected, expected - held)
        held = expected
    assert summary.digest == whole.digest


def test_progress_counts_up_to_the_limit(tmp_path: Path, plain_folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    for limit in (3, 5):
        ingest(
            opener(plain_folder),
            tmp_path / "m.db",
            frame_limit=limit,
            progress=lambda done, total: seen.append((done, total)),
        )
    assert seen == [(1, 3), (2, 3), (3, 3), (4, 5), (5, 5)]


def test_an_ingest_that_is_killed_again_and_again_ends_up_the_same(
    tmp_path: Path, plain_folder: Path, whole: IngestSummary
) -> None:
    path = tmp_path / "m.db"
    held = []
    for wanted in (1, 7, 15):
        command = [*COMMAND, str(plain_folder), "--memory", str(path), "--json"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 60
            while process.poll() is None and pose_count(path) < wanted:
                assert time.monotonic() < deadline
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        held.append(pose_count(path))
        assert verify_memory(path).is_ok
    assert held == sorted(held)
    assert held[0] < FRAME_COUNT
    summary = ingest(opener(plain_folder), path)
    assert summary.new_frame_count == FRAME_COUNT - held[-1]
    assert summary.digest == whole.digest
    with (
        EmbodiedMemory.open(path, read_only=True) as killed,
        EmbodiedMemory.open(whole.memory, read_only=True) as smooth,
    ):
        assert killed.views.digests() == smooth.views.digests()


def test_a_damaged_frame_stops_there_and_the_repaired_recording_goes_on(
    tmp_path: Path, plain_folder: Path, whole: IngestSummary
) -> None:
    folder, path = tmp_path / "walk", tmp_path / "m.db"
    shutil.copytree(plain_folder, folder)
    damaged = folder / "depth" / "000011.png"
    data = damaged.read_bytes()
    damaged.write_bytes(data[: len(data) // 2])
    for _ in range(2):
        with pytest.raises(RecordingError, match=r"000011\.png"):
            ingest(opener(folder), path)
        assert pose_count(path) == 11
        assert verify_memory(path).is_ok
    damaged.write_bytes(data)
    summary = ingest(opener(folder), path)
    assert summary.new_frame_count == FRAME_COUNT - 11
    assert summary.digest == whole.digest


def test_a_frame_limit_before_the_damage_is_reached_without_an_error(
    tmp_path: Path, plain_folder: Path
) -> None:
    folder = tmp_path / "walk"
    shutil.copytree(plain_folder, folder)
    (folder / "depth" / "000005.png").unlink()
    assert ingest(opener(folder), tmp_path / "m.db", frame_limit=5).frame_count == 5


def test_a_recording_whose_first_frame_is_damaged_makes_no_file(
    tmp_path: Path, plain_folder: Path
) -> None:
    folder = tmp_path / "walk"
    shutil.copytree(plain_folder, folder)
    (folder / "color" / "000000.png").write_bytes(b"nothing")
    with pytest.raises(RecordingError, match=r"000000\.png"):
        ingest(opener(folder), tmp_path / "m.db")
    assert not (tmp_path / "m.db").exists()


def test_a_recording_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no frames"):
        ingest(lambda: ListRecording([]), tmp_path / "m.db")


def test_frames_with_gaps_in_their_numbers_all_arrive(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    """As a recording that lost tracking, or the keyframes of another memory."""
    frames = [demo_frames[n] for n in (0, 3, 4, 20, 50)]
    for limit, count in ((2, 2), (4, 4), (None, 5)):
        summary = ingest(lambda: ListRecording(frames), tmp_path / "m.db", frame_limit=limit)
        assert summary.frame_count == count


def test_frames_without_numbers_are_resumed_by_their_count(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    frames = [dataclasses.replace(frame, source_index=None) for frame in demo_frames[:6]]
    for limit in (2, None, None):
        summary = ingest(lambda: ListRecording(frames), tmp_path / "m.db", frame_limit=limit)
    assert (summary.frame_count, summary.new_frame_count) == (6, 0)


def test_a_session_goes_on_with_the_configuration_it_began_with(
    tmp_path: Path, plain_folder: Path
) -> None:
    path = tmp_path / "m.db"
    ingest(opener(plain_folder), path, EVERY_THIRD, frame_limit=4)
    with pytest.raises(ConfigError, match="begun with another memory configuration"):
        ingest(opener(plain_folder), path, MemoryConfig(octree=OctreeConfig(resolution_m=0.1)))
    assert ingest(opener(plain_folder), path, EVERY_THIRD, frame_limit=8).keyframe_count == 3
    summary = ingest(opener(plain_folder), path)
    assert (summary.keyframe_count, summary.config) == (8, EVERY_THIRD)


def test_an_older_session_keeps_its_configuration_beside_a_newer_one(
    tmp_path: Path, plain_folder: Path, demo_frames: tuple[Observation, ...]
) -> None:
    path = tmp_path / "m.db"
    ingest(opener(plain_folder), path, EVERY_THIRD, frame_limit=4)
    other = MemoryConfig(cache=CacheConfig(stride_px=8))
    ingest(lambda: ListRecording(demo_frames[:2]), path, other)
    summary = ingest(opener(plain_folder), path)
    assert summary.config == EVERY_THIRD
    assert summary.keyframe_reasons == {"every": 6}


def test_another_alignment_is_refused(tmp_path: Path, plain_folder: Path) -> None:
    path = tmp_path / "m.db"
    ingest(opener(plain_folder), path, frame_limit=2)
    with pytest.raises(JournalError, match="another alignment"):
        ingest(opener(plain_folder, up="+y"), path)
    assert pose_count(path) == 2


def test_a_configuration_that_cannot_work_leaves_no_session_behind(
    tmp_path: Path, plain_folder: Path
) -> None:
    path = tmp_path / "m.db"
    bad = MemoryConfig(journal=JournalConfig(depth_codec="no such codec"))
    with pytest.raises(EmbodiedMemError, match="no such codec"):
        ingest(opener(plain_folder), path, bad)
    assert ingest(opener(plain_folder), path, frame_limit=1).frame_count == 1


def test_two_recordings_make_two_sessions_of_one_memory(
    tmp_path: Path, plain_folder: Path, demo_frames: tuple[Observation, ...]
) -> None:
    path = tmp_path / "m.db"
    ingest(opener(plain_folder), path)
    summary = ingest(lambda: ListRecording(demo_frames[30:40]), path)
    assert (summary.frame_count, summary.new_frame_count) == (10, 10)
    assert pose_count(path) == FRAME_COUNT + 10
    assert verify_memory(path).is_ok


def test_a_memory_is_a_recording_of_its_keyframes(tmp_path: Path, whole: IngestSummary) -> None:
    """Keeping every frame of it gives the same pixels and the same maps."""
    every = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=1))
    summary = ingest(opener(Path(whole.memory)), tmp_path / "copy.db", every)
    assert summary.format == "journal"
    assert summary.frame_count == summary.keyframe_count == whole.keyframe_count
    with (
        EmbodiedMemory.open(whole.memory, read_only=True) as source,
        EmbodiedMemory.open(tmp_path / "copy.db", read_only=True) as copy,
    ):
        ours, theirs = copy.views.digests(), source.views.digests()
        assert ours["occupancy"] == theirs["occupancy"]
        assert ours["cache3d"] == theirs["cache3d"]
    again = ingest(opener(Path(whole.memory)), tmp_path / "copy.db")
    assert again.new_frame_count == 0


def test_a_rendered_recording_resumes_like_a_stored_one(
    tmp_path: Path, demo: DemoRecording
) -> None:
    cut = ingest(lambda: demo, tmp_path / "cut.db", frame_limit=3)
    assert cut.frame_count == 3
    cut = ingest(lambda: demo, tmp_path / "cut.db", frame_limit=8)
    assert cut.digest == ingest(lambda: demo, tmp_path / "whole.db", frame_limit=8).digest


def test_a_damaged_memory_is_named(tmp_path: Path, plain_folder: Path) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(b"SQLite format 3\0" + bytes(4000))
    with pytest.raises(JournalError, match=r"m\.db"):
        ingest(opener(plain_folder), path)


def test_a_recording_with_lost_poses_is_taken_to_its_end(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    folder = tmp_path / "lost"
    write_plain(demo_frames[:6], folder)
    index = folder / "frames.csv"
    lines = index.read_text().splitlines()
    words = lines[3].split(",")
    lines[3] = ",".join([*words[:3], *[str(math.nan)] * 16])
    index.write_text("\n".join(lines) + "\n")
    summary = ingest(opener(folder), tmp_path / "m.db")
    assert summary.frame_count == 5
    with Journal.open(tmp_path / "m.db", read_only=True) as journal:
        last = journal.stamp_range()
    assert last is not None
    assert last[1] == demo_frames[5].stamp_ns
