"""Laws of `EmbodiedMemory`: the journal is the truth, the views follow from it, nothing else."""

from __future__ import annotations

import dataclasses
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
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
from embodied_mem.core import DepthImage, Detection, EncodedImage, Observation
from embodied_mem.errors import EmbodiedMemError, InputError, JournalError, StampError
from embodied_mem.geometry import CameraIntrinsics, look_at
from embodied_mem.journal.commits import Commit
from embodied_mem.journal.recording import JournalRecording
from embodied_mem.journal.records import DetectionRecord, FrameRecord, PoseRecord, SessionRecord
from embodied_mem.journal.store import Journal
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.views import MemoryViews

TINY = CameraIntrinsics(64, 48, 50.0, 50.0, 31.5, 23.5)
EVERY_FRAME = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=1))
EVERY_PIXEL = MemoryConfig(cache=CacheConfig(stride_px=1))
"""The tiny camera's pixels are far apart already."""
SECOND_NS = 1_000_000_000


def wall_frame(
    stamp_ns: int,
    *,
    x_m: float = 0.0,
    yaw_rad: float = 0.0,
    distance_m: float = 2.0,
    camera: CameraIntrinsics = TINY,
    sensor: str = "head",
    has_depth: bool = True,
    has_color: bool = True,
    detections: tuple[Detection, ...] = (),
) -> Observation:
    """A wall square to the view, at `distance_m` before a camera that stands at `x_m`."""
    eye = np.array([x_m, 0.0, 1.0])
    shape = (camera.height_px, camera.width_px)
    shade = np.linspace(20, 220, shape[1]).astype(np.uint8)
    return Observation(
        stamp_ns,
        look_at(eye, eye + np.array([np.cos(yaw_rad), np.sin(yaw_rad), 0.0])),
        camera,
        DepthImage(np.full(shape, round(distance_m * 1000), np.uint16)) if has_depth else None,
        np.broadcast_to(shade[None, :, None], (*shape, 3)).copy() if has_color else None,
        sensor=sensor,
        detections=detections,
    )


def feed(memory: EmbodiedMemory, frames: Iterable[Observation]) -> Counter[str]:
    """Update with each frame; counts the gate's reasons."""
    return Counter(memory.update(frame).decision.reason for frame in frames)


def state_of(memory: EmbodiedMemory) -> tuple[str, dict[str, str]]:
    return memory.journal.digest(), memory.views.digests()


def spatial_digests(views: MemoryViews) -> tuple[str, str]:
    """Digests of the views whose state does not depend on record ids."""
    digests = views.digests()
    return digests["occupancy"], digests["cache3d"]


def checkpoint_count(memory: EmbodiedMemory) -> int:
    return int(memory.journal.database.rows("SELECT count(*) FROM checkpoint")[0][0])


def later(frames: Sequence[Observation], shift_ns: int) -> list[Observation]:
    return [dataclasses.replace(f, stamp_ns=f.stamp_ns + shift_ns) for f in frames]


# Replay


def test_replay_gives_the_views_of_the_live_updates(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    config = MemoryConfig(journal=JournalConfig(checkpoint_keyframes=7))
    with EmbodiedMemory.open(tmp_path / "m.db", config) as memory:
        for place, frame in enumerate(demo_frames[:40]):
            memory.update(frame)
            if place in (0, 11, 39):
                replayed = MemoryViews.open(memory.journal, config, use_checkpoints=False)
                assert replayed.digests() == memory.views.digests()


def test_a_checkpoint_and_the_tail_give_the_full_replay(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    path = tmp_path / "m.db"
    with EmbodiedMemory.open(path, EVERY_FRAME) as memory:
        feed(memory, demo_frames[:6])
        memory.checkpoint()
        feed(memory, demo_frames[6:9])
        replayed_counts: list[int] = []
        opened = MemoryViews.open(memory.journal, EVERY_FRAME, progress=replayed_counts.append)
        full = MemoryViews.open(memory.journal, EVERY_FRAME, use_checkpoints=False)
    assert replayed_counts == [1, 2, 3]
    assert opened.digests() == full.digests()


def test_a_closed_memory_opens_without_replaying_and_goes_on_as_if_never_closed(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    replayed: list[int] = []
    with EmbodiedMemory.open(tmp_path / "cut.db") as memory:
        memory.begin_session("walk", start_stamp_ns=0)
        feed(memory, demo_frames[:13])
    with EmbodiedMemory.open(tmp_path / "cut.db", progress=replayed.append) as memory:
        assert replayed == []
        assert memory.resume_session(1) == 13
        assert memory.session_frame_count == 13
        feed(memory, demo_frames[13:30])
        cut = state_of(memory)
    with EmbodiedMemory.open(tmp_path / "whole.db") as memory:
        memory.begin_session("walk", start_stamp_ns=0)
        feed(memory, demo_frames[:30])
        assert cut == state_of(memory)


def test_two_runs_on_the_same_frames_are_the_same_memory(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    states = []
    for name in ("first.db", "second.db"):
        with EmbodiedMemory.open(tmp_path / name) as memory:
            feed(memory, demo_frames[:20])
            states.append(state_of(memory))
    assert states[0] == states[1]


def test_a_damaged_checkpoint_is_replayed_and_reported_by_verify(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    path = tmp_path / "m.db"
    with EmbodiedMemory.open(path, EVERY_FRAME) as memory:
        feed(memory, demo_frames[:5])
        expected = memory.views.digests()
    for view in ("keyframes", "occupancy", "cache3d"):
        with Journal.open(path) as journal, journal.database.transaction():
            journal.database.rows(
                "UPDATE checkpoint SET codec = 'raw', data = ? WHERE view_name = ?",
                (bytes(200), view),
            )
        with EmbodiedMemory.open(path) as memory:
            assert memory.views.digests() == expected
        assert any(view in problem for problem in verify_memory(path).problems)
        with EmbodiedMemory.open(path) as memory:
            memory.checkpoint()
        assert verify_memory(path).is_ok


def test_a_checkpoint_of_another_state_is_reported_by_verify(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    path = tmp_path / "m.db"
    with EmbodiedMemory.open(path, EVERY_FRAME) as memory:
        feed(memory, demo_frames[:2])
        earlier = memory.views.octree.to_bytes()
        feed(memory, demo_frames[2:4])
    with Journal.open(path) as journal, journal.database.transaction():
        journal.database.rows(
            "UPDATE checkpoint SET codec = 'zlib', data = ? WHERE view_name = 'occupancy'",
            (zlib.compress(earlier),),
        )
    assert any("occupancy" in problem for problem in verify_memory(path).problems)


# Time travel


def test_as_of_equals_a_memory_fed_up_to_then(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    frames = demo_frames[:30]
    config = MemoryConfig(journal=JournalConfig(checkpoint_keyframes=6))
    with EmbodiedMemory.open(tmp_path / "m.db", config) as memory:
        memory.begin_session("walk", start_stamp_ns=0)
        feed(memory, frames)
        assert checkpoint_count(memory) > 3
        for count in (0, 1, 9, 22, 30):
            stamp_ns = frames[count - 1].stamp_ns + 5 if count else frames[0].stamp_ns - 1
            with EmbodiedMemory.open(tmp_path / f"{count}.db", config) as fresh:
                fresh.begin_session("walk", start_stamp_ns=0)
                feed(fresh, frames[:count])
                assert memory.as_of(stamp_ns).views.digests() == fresh.views.digests()


def test_as_of_an_exact_stamp_includes_its_frame(tmp_path: Path) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        feed(memory, [wall_frame(10), wall_frame(20)])
        assert [len(memory.as_of(t).views.keyframes) for t in (9, 10, 19, 20)] == [0, 1, 1, 2]


def test_as_of_leaves_out_later_stamps_of_an_earlier_session(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    """The second session's stamps fall between those of the first."""
    first = demo_frames[:8]
    second = later(demo_frames[30:38], demo_frames[0].stamp_ns - demo_frames[30].stamp_ns + 50)
    config = dataclasses.replace(EVERY_FRAME, journal=JournalConfig(checkpoint_keyframes=3))
    with EmbodiedMemory.open(tmp_path / "m.db", config) as memory:
        for name, frames in (("first", first), ("second", second)):
            memory.begin_session(name, start_stamp_ns=frames[0].stamp_ns)
            feed(memory, frames)
        for place in (0, 3, 6):
            for stamp_ns in (first[place].stamp_ns, second[place].stamp_ns):
                known = [f for f in (*first, *second) if f.stamp_ns <= stamp_ns]
                views = memory.as_of(stamp_ns).views
                with EmbodiedMemory.open(tmp_path / f"{stamp_ns}.db", config) as fresh:
                    for frame in known:
                        fresh.begin_session(str(frame.stamp_ns), start_stamp_ns=frame.stamp_ns)
                        fresh.update(frame)
                    assert spatial_digests(views) == spatial_digests(fresh.views)
                assert views.keyframes.stamps_ns.tolist() == [f.stamp_ns for f in known]


def test_as_of_beyond_64_bits_is_refused(tmp_path: Path) -> None:
    with (
        EmbodiedMemory.open(tmp_path / "m.db") as memory,
        pytest.raises(InputError, match="64 bits"),
    ):
        memory.as_of(2**63)


# What a frame leaves


def test_every_frame_leaves_a_pose_and_only_a_keyframe_leaves_pixels(tmp_path: Path) -> None:
    thing = Detection("mug", 0.5, (1.0, 2.0, 3.0, 4.0))
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        kept = memory.update(wall_frame(10))
        maps = spatial_digests(memory.views)
        blobs = memory.journal.head.last_blob_id
        passed = memory.update(wall_frame(20, x_m=0.01, detections=(thing,)))
        assert (kept.decision.reason, passed.decision.reason) == ("first", "")
        assert passed.frame_id is None
        assert memory.journal.count(PoseRecord) == 2
        assert memory.journal.count(FrameRecord) == 1
        assert memory.journal.count(DetectionRecord) == 1
        assert memory.journal.head.last_blob_id == blobs
        assert spatial_digests(memory.views) == maps
        pose = memory.journal.get_as(PoseRecord, passed.pose_id)
        np.testing.assert_array_equal(
            pose.world_from_camera, wall_frame(20, x_m=0.01).world_from_camera
        )


def test_one_update_is_one_commit(tmp_path: Path) -> None:
    thing = Detection("mug", 0.5, (1.0, 2.0, 3.0, 4.0), mask=np.ones((48, 64), np.bool_))
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        memory.begin_session("s", start_stamp_ns=0)
        before = memory.journal.head
        memory.update(wall_frame(10, detections=(thing, thing)))
        after = memory.journal.head
        assert after.commit_id == before.commit_id + 1
        assert after.last_record_id == before.last_record_id + 4  # pose, two detections, frame


@pytest.mark.parametrize(("has_depth", "has_color"), [(True, False), (False, True), (False, False)])
def test_frames_without_depth_or_color_read_back_as_they_came(
    tmp_path: Path, has_depth: bool, has_color: bool
) -> None:
    frame = wall_frame(10, has_depth=has_depth, has_color=has_color)
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        memory.update(frame)
        (stored,) = JournalRecording(memory.journal).observations()
    assert_same_frame(stored, frame)
    assert verify_memory(tmp_path / "m.db").is_ok


def test_a_frame_with_everything_reads_back_equal(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    mask = np.zeros((48, 64), np.bool_)
    mask[5:20, 7:33] = rng.random((15, 26)) > 0.3
    things = (
        Detection("mug", 0.75, (7.0, 5.0, 33.0, 20.0), mask, rng.normal(size=7).astype(np.float32)),
        Detection("mug", 0.0, (0.5, 0.5, 0.5, 0.5), instance_id="track 4"),
        Detection("Tür ☃", 1.0, (0.0, 0.0, 64.0, 48.0)),
    )
    raw = rng.integers(0, 65536, (48, 64), dtype=np.uint16)
    image = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    png = EncodedImage(bytes(cv2.imencode(".png", image)[1]), "png")
    frame = dataclasses.replace(
        wall_frame(-5, sensor="wrist", detections=things),
        depth=DepthImage(raw, 0.0002),
        color=png,
        source_index=17,
    )
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        memory.update(frame)
        (stored,) = JournalRecording(memory.journal).observations()
    assert_same_frame(stored, frame)
    assert stored.color == png
    assert stored.source_index == 17


def assert_same_frame(stored: Observation, frame: Observation) -> None:
    assert (stored.stamp_ns, stored.sensor, stored.intrinsics) == (
        frame.stamp_ns,
        frame.sensor,
        frame.intrinsics,
    )
    np.testing.assert_array_equal(stored.world_from_camera, frame.world_from_camera)
    assert (stored.depth is None) == (frame.depth is None)
    if stored.depth is not None and frame.depth is not None:
        np.testing.assert_array_equal(stored.depth.raw, frame.depth.raw)
        assert stored.depth.unit_m == frame.depth.unit_m
    assert (stored.color is None) == (frame.color is None)
    assert len(stored.detections) == len(frame.detections)
    for ours, theirs in zip(stored.detections, frame.detections, strict=True):
        assert (ours.label, ours.confidence, ours.box_px, ours.instance_id) == (
            theirs.label,
            theirs.confidence,
            theirs.box_px,
            theirs.instance_id,
        )
        np.testing.assert_array_equal(ours.mask, theirs.mask)
        np.testing.assert_array_equal(ours.embedding, theirs.embedding)


def test_frames_of_different_sizes_fit_in_one_session(tmp_path: Path) -> None:
    sizes = [
        TINY,
        CameraIntrinsics(50, 37, 40.0, 40.0, 24.5, 18.0),
        CameraIntrinsics(8, 6, 6.0, 6.0, 3.5, 2.5),
    ]
    frames = [wall_frame(n, yaw_rad=0.3 * n, camera=sizes[n % 3]) for n in range(7)]
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        feed(memory, frames)
        stored = list(JournalRecording(memory.journal).observations())
    for ours, theirs in zip(stored, frames, strict=True):
        assert_same_frame(ours, theirs)
    assert verify_memory(tmp_path / "m.db").is_ok


def test_the_views_number_keyframes_alike_even_without_depth(tmp_path: Path) -> None:
    frames = [wall_frame(n, yaw_rad=1.5 * n, has_depth=n % 2 == 1) for n in range(6)]
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        feed(memory, frames[:4])
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        memory.resume_session(1)
        feed(memory, frames[4:])
        for number, frame in enumerate(frames):
            ahead = frame.world_from_camera[:3, 3] + 2.0 * frame.world_from_camera[:3, 2]
            voters = memory.views.cache.seeing(ahead, radius_m=0.1).frames.tolist()
            assert (number in voters) == (number % 2 == 1)
            items = memory.recall.seeing(ahead, radius_m=0.1).items
            assert (frame.stamp_ns in {item.stamp_ns for item in items}) == (number % 2 == 1)


# The gate


def test_coverage_keeps_the_first_then_what_is_new(tmp_path: Path) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        reasons = [
            memory.update(wall_frame(0)).decision.reason,
            memory.update(wall_frame(1)).decision.reason,
            memory.update(wall_frame(2, yaw_rad=1.5)).decision.reason,
            memory.update(wall_frame(3, yaw_rad=1.5)).decision.reason,
        ]
    assert reasons == ["first", "", "novel", ""]


def test_coverage_keeps_a_known_surface_from_a_new_viewpoint(tmp_path: Path) -> None:
    """Nearer to the same wall: nothing new is seen, yet it looks different."""
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_PIXEL) as memory:
        memory.update(wall_frame(0, distance_m=2.03))
        near = memory.update(wall_frame(1, x_m=0.7, distance_m=1.33)).decision
        nearer = memory.update(wall_frame(2, x_m=0.75, distance_m=1.28)).decision
    assert near.reason == "motion"
    assert near.novel_share == pytest.approx(0.0, abs=0.05)
    assert nearer.reason == ""


@pytest.mark.parametrize("policy", ["coverage", "motion"])
def test_time_keeps_a_frame_of_a_still_camera(tmp_path: Path, policy: str) -> None:
    config = MemoryConfig(keyframe=KeyframeConfig(policy=policy, max_interval_s=10.0))
    with EmbodiedMemory.open(tmp_path / "m.db", config) as memory:
        reasons = [memory.update(wall_frame(n * SECOND_NS)).decision.reason for n in range(22)]
    assert [n for n, reason in enumerate(reasons) if reason] == [0, 10, 20]
    assert reasons[10] == reasons[20] == "time"


@pytest.mark.parametrize("policy", ["coverage", "motion"])
def test_an_infinite_interval_turns_the_time_gate_off(tmp_path: Path, policy: str) -> None:
    config = MemoryConfig(keyframe=KeyframeConfig(policy=policy, max_interval_s=float("inf")))
    with EmbodiedMemory.open(tmp_path / "m.db", config) as memory:
        reasons = feed(memory, [wall_frame(n * 10**15) for n in range(4)])
    assert reasons == {"first": 1, "": 3}


def test_motion_keeps_by_distance_and_by_angle_from_the_last_keyframe(tmp_path: Path) -> None:
    config = MemoryConfig(keyframe=KeyframeConfig(policy="motion", motion_m=0.5, motion_rad=0.4))
    path = [(0.0, 0.0), (0.3, 0.0), (0.49, 0.39), (0.5, 0.0), (0.9, 0.0), (0.9, 0.41), (0.9, 0.1)]
    with EmbodiedMemory.open(tmp_path / "m.db", config) as memory:
        reasons = [
            memory.update(wall_frame(n, x_m=x, yaw_rad=yaw)).decision.reason
            for n, (x, yaw) in enumerate(path)
        ]
    assert reasons == ["first", "", "", "motion", "", "motion", ""]


def test_every_keeps_each_nth_frame_of_each_session(tmp_path: Path) -> None:
    config = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=3))
    with EmbodiedMemory.open(tmp_path / "m.db", config) as memory:
        for session in range(2):
            memory.begin_session(str(session), start_stamp_ns=0)
            kept = [memory.update(wall_frame(n)).frame_id is not None for n in range(7)]
            assert kept == [True, False, False, True, False, False, True]


def test_walking_the_same_way_again_adds_no_keyframes(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        feed(memory, demo_frames)
        for lap in range(1, 4):
            memory.begin_session(f"lap {lap}", start_stamp_ns=0)
            assert feed(memory, later(demo_frames, lap * 10 * SECOND_NS)) == {"": 60}


def test_going_back_and_forth_before_a_wall_adds_no_keyframes(tmp_path: Path) -> None:
    """Several keyframes show all of the wall; the nearest of them is what counts."""
    track = [0.0, 0.7, 1.4, 0.7]
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_PIXEL) as memory:
        reasons = [
            memory.update(wall_frame(n, x_m=x, distance_m=2.03 - x)).decision.reason
            for n, x in enumerate(track * 6)
        ]
    assert reasons[:3] == ["first", "motion", "motion"]
    assert set(reasons[3:]) == {""}


# Errors


@pytest.mark.parametrize(("stamp_ns", "words"), [(20, "repeats"), (19, "goes back before")])
def test_a_stamp_that_does_not_advance_is_refused_and_leaves_nothing(
    tmp_path: Path, stamp_ns: int, words: str
) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        feed(memory, [wall_frame(10), wall_frame(20)])
        before = state_of(memory)
        with pytest.raises(StampError, match=f"{words} the last one \\(20\\)"):
            memory.update(wall_frame(stamp_ns))
        assert state_of(memory) == before
        memory.update(wall_frame(stamp_ns, sensor="wrist"))
        memory.begin_session("again", start_stamp_ns=0)
        memory.update(wall_frame(stamp_ns))


def test_stamps_still_advance_after_a_session_was_resumed(tmp_path: Path) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        feed(memory, [wall_frame(10), wall_frame(20)])
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        memory.resume_session(1)
        with pytest.raises(StampError, match="repeats"):
            memory.update(wall_frame(20))
        memory.update(wall_frame(21))


def test_resuming_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        EmbodiedMemory.open(tmp_path / "m.db") as memory,
        pytest.raises(InputError, match="no session 3"),
    ):
        memory.resume_session(3)


@pytest.mark.parametrize(
    "failing",
    [
        "embodied_mem.intake.encode_color",
        "embodied_mem.journal.depth_codec.encode_depth",
        "embodied_mem.journal.detection_codec.encode_mask",
        "embodied_mem.journal.database.Database.insert",
    ],
)
@pytest.mark.parametrize("frame_count", [0, 3])
def test_a_failure_in_the_middle_of_an_update_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, frame_count: int
) -> None:
    mask = Detection("mug", 0.5, (0.0, 0.0, 1.0, 1.0), np.ones((48, 64), np.bool_))
    frames = [wall_frame(n, yaw_rad=n, detections=(mask,)) for n in range(5)]

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    with EmbodiedMemory.open(tmp_path / "failed.db", EVERY_FRAME) as memory:
        feed(memory, frames[:frame_count])
        before = state_of(memory)
        with monkeypatch.context() as patch:
            patch.setattr(failing, fail)
            with pytest.raises(RuntimeError, match="disk is full"):
                memory.update(frames[frame_count])
        assert state_of(memory) == before
        feed(memory, frames[frame_count:])
        failed = state_of(memory)
    with EmbodiedMemory.open(tmp_path / "smooth.db", EVERY_FRAME) as memory:
        feed(memory, frames)
        assert state_of(memory) == failed
    assert verify_memory(tmp_path / "failed.db").is_ok


def unreadable_frames() -> dict[str, Observation]:
    jpeg = bytes(cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))[1])
    other_size = bytes(cv2.imencode(".jpg", np.zeros((31, 64, 3), np.uint8))[1])
    far = np.eye(4)
    far[:3, 3] = 1e7
    return {
        "truncated colour": dataclasses.replace(
            wall_frame(20), color=EncodedImage(jpeg[: len(jpeg) // 2], "jpeg")
        ),
        "colour of another size": dataclasses.replace(
            wall_frame(20), color=EncodedImage(other_size, "jpeg")
        ),
        "colour that is no image": dataclasses.replace(
            wall_frame(20), color=EncodedImage(b"\xff\xd8 nothing \xff\xd9", "jpeg")
        ),
        "a camera out of the world": dataclasses.replace(wall_frame(20), world_from_camera=far),
    }


@pytest.mark.parametrize("what", list(unreadable_frames()))
def test_a_frame_that_the_views_refuse_never_reaches_the_journal(tmp_path: Path, what: str) -> None:
    path = tmp_path / "m.db"
    with EmbodiedMemory.open(path, EVERY_FRAME) as memory:
        memory.update(wall_frame(10))
        before = state_of(memory)
        with pytest.raises(EmbodiedMemError):
            memory.update(unreadable_frames()[what])
        assert state_of(memory) == before
        memory.update(wall_frame(20))
        after = state_of(memory)
    with EmbodiedMemory.open(path, read_only=True) as memory:
        assert state_of(memory) == after
    assert verify_memory(path).is_ok


# Opening


def test_another_resolution_rebuilds_the_views_it_concerns(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    path = tmp_path / "m.db"
    coarse = MemoryConfig(octree=OctreeConfig(resolution_m=0.2), cache=CacheConfig(stride_px=8))
    with EmbodiedMemory.open(path, EVERY_FRAME) as memory:
        feed(memory, demo_frames[:5])
        fine = memory.views.digests()
    with EmbodiedMemory.open(path, coarse) as memory:
        rebuilt = MemoryViews.open(memory.journal, coarse, use_checkpoints=False)
        assert memory.views.octree.resolution_m == 0.2
        assert memory.views.digests() == rebuilt.digests()
        assert memory.views.digests()["keyframes"] == fine["keyframes"]
        assert memory.views.digests()["occupancy"] != fine["occupancy"]
    with EmbodiedMemory.open(path) as memory:
        assert memory.config == EVERY_FRAME
        assert memory.views.digests() == fine


def test_a_reader_sees_what_was_committed_while_the_writer_goes_on(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    path = tmp_path / "m.db"
    with EmbodiedMemory.open(path, EVERY_FRAME) as writer:
        feed(writer, demo_frames[:3])
        with EmbodiedMemory.open(path, read_only=True) as reader:
            assert reader.views.digests() == writer.views.digests()
            feed(writer, demo_frames[3:7])
            assert len(reader.views.keyframes) == 3
            assert reader.views.catch_up(reader.journal) == 4
            assert reader.views.catch_up(reader.journal) == 0
            assert reader.views.digests() == writer.views.digests()
            with pytest.raises(JournalError, match="read-only"):
                reader.update(demo_frames[8])


def test_what_is_committed_while_views_catch_up_is_applied_once(tmp_path: Path) -> None:
    path = tmp_path / "m.db"

    class BusyJournal(Journal):
        """Another process commits right after somebody has looked at the head."""

        @property
        def head(self) -> Commit:
            head = super().head
            if pending:
                writer.update(pending.pop())
            return head

    pending: list[Observation] = []
    with EmbodiedMemory.open(path, EVERY_FRAME) as writer:
        writer.update(wall_frame(1))
        with Journal.open(path, read_only=True) as plain:
            reader = BusyJournal(plain.database)
            views = MemoryViews.open(reader, EVERY_FRAME)
            pending.append(wall_frame(2))
            views.catch_up(reader)
            views.catch_up(reader)
            assert views.digests() == writer.views.digests()


def test_a_file_has_one_writer(tmp_path: Path) -> None:
    with (
        EmbodiedMemory.open(tmp_path / "m.db"),
        pytest.raises(JournalError, match="one writer"),
    ):
        EmbodiedMemory.open(tmp_path / "m.db")


def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"m\.db"):
        EmbodiedMemory.open(tmp_path / "m.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_an_opening_that_fails_leaves_the_file_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        memory.update(wall_frame(1))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no memory left")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryViews, "open", fail)
        with pytest.raises(RuntimeError, match="no memory left"):
            EmbodiedMemory.open(tmp_path / "m.db")
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        assert memory.journal.count(SessionRecord) == 1


def test_verify_rebuilds_the_views_that_the_updates_made(
    tmp_path: Path, demo_frames: tuple[Observation, ...]
) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        feed(memory, demo_frames[:4])
        digest, views = state_of(memory)
    report = verify_memory(tmp_path / "m.db")
    assert report.is_ok
    assert (report.journal_digest, report.view_digests) == (digest, views)
    assert (report.keyframe_count, report.checked_checkpoints) == (4, len(report.view_digests))
