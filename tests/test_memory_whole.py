"""What an observation leaves besides pixels: places, looks, the robot, speech, corrections, reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.audit import verify_memory
from embodied_mem.config import KeyframeConfig, MemoryConfig
from embodied_mem.core import (
    DepthImage,
    Detection,
    Observation,
    PoseCorrection,
    RobotState,
    Utterance,
)
from embodied_mem.entities.entity import ChangeKind
from embodied_mem.envs.house.env import HouseEnv, HouseEnvConfig
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.noise import NoiseConfig
from embodied_mem.envs.house.oracle import drive_to, tour
from embodied_mem.envs.house.sensors import CameraSpec
from embodied_mem.envs.house.viewpoints import with_viewpoints
from embodied_mem.errors import InputError, StampError
from embodied_mem.geometry import CameraIntrinsics, Transform, look_at, transform_points
from embodied_mem.journal.records import (
    CaseRecord,
    DetectionRecord,
    EventRecord,
    FactRecord,
    FrameRecord,
    PoseRecord,
    RobotRecord,
    UtteranceRecord,
)
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.views import MemoryViews

CAMERA = CameraIntrinsics(160, 120, 140.0, 140.0, 79.5, 59.5)
EVERY_FRAME = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=1))
WALL_M, MUG_M = 3.0, 2.0
SECOND_NS = 10**9


def pose_at(x_m: float, y_m: float = 0.0) -> Transform:
    eye = np.array([x_m, y_m, 1.0])
    return look_at(eye, eye + np.array([1.0, 0.0, 0.0]))


def mug_frame(stamp_ns: int, pose: Transform, *, has_mug: bool = True) -> Observation:
    """A wall square to the view; before it a mug of 12 x 16 pixels, which the detector reports.

    It stands a pixel more to the right in every other frame: an image that repeats counts once.
    """
    left = 74 + stamp_ns // SECOND_NS % 2
    raw = np.full((CAMERA.height_px, CAMERA.width_px), round(WALL_M * 1000), np.uint16)
    detections: tuple[Detection, ...] = ()
    if has_mug:
        raw[52:68, left : left + 12] = round(MUG_M * 1000)
        mask = np.zeros(raw.shape, bool)
        mask[52:68, left : left + 12] = True
        detections = (
            Detection("mug", 0.9, (left, 52.0, left + 11.0, 67.0), mask, instance_id="t1"),
        )
    color = np.full((*raw.shape, 3), 120, np.uint8)
    return Observation(stamp_ns, pose, CAMERA, DepthImage(raw), color, detections=detections)


def house_observations(
    count: int, *, level: str = "mild", cameras: tuple[CameraSpec, ...] = ()
) -> Iterator[Observation]:
    head = CameraSpec("head", 120, 160, 0.75, 1.31, -0.5236)
    env = HouseEnv(
        with_viewpoints(generate_house(2)),
        HouseEnvConfig(cameras=cameras or (head,), noise=NoiseConfig.of(level), people_count=1),
    )
    yield env.reset(seed=5)
    left = count - 1
    while left:
        for _, point, yaw in tour(env.evaluator_truth().house):
            for outcome in drive_to(env, point, yaw_rad=yaw):
                if left == 0:
                    return
                left -= 1
                yield outcome.observation


# Detections


def test_every_detection_keeps_its_place_and_only_keyframes_keep_masks(tmp_path: Path) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        kept = memory.update(mug_frame(0, pose_at(0.0)))
        passed = memory.update(mug_frame(SECOND_NS, pose_at(0.01)))
        assert (kept.frame_id is None, passed.frame_id is None) == (False, True)
        records = [r for _, r in memory.journal.entries(kinds=[DetectionRecord])]
    for record, x_m in zip(records, (0.0, 0.01), strict=True):
        assert isinstance(record, DetectionRecord)
        assert record.centroid_in_world is not None
        np.testing.assert_allclose(record.centroid_in_world, [x_m + MUG_M, 0.0, 1.0], atol=0.02)
        assert record.points_in_world is not None
        assert (record.mask_blob is None) == (x_m > 0)


def test_a_late_detection_is_placed_in_the_image_that_it_was_made_on(tmp_path: Path) -> None:
    first = mug_frame(0, pose_at(0.0))
    late = tuple(replace(d, image_stamp_ns=0) for d in first.detections)
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        update = memory.update(replace(first, detections=()))
        memory.update(replace(mug_frame(SECOND_NS, pose_at(1.5), has_mug=False), detections=late))
        ((_, record),) = memory.journal.entries(kinds=[DetectionRecord])
    assert isinstance(record, DetectionRecord)
    assert (record.pose_id, record.stamp_ns) == (update.pose_id, 0)
    assert record.centroid_in_world is not None
    np.testing.assert_allclose(record.centroid_in_world, [MUG_M, 0.0, 1.0], atol=0.02)


def test_a_detection_whose_image_is_long_gone_has_no_place(tmp_path: Path) -> None:
    frame = mug_frame(SECOND_NS, pose_at(0.0))
    late = tuple(replace(d, image_stamp_ns=7) for d in frame.detections)
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        memory.update(replace(frame, detections=late))
        ((_, record),) = memory.journal.entries(kinds=[DetectionRecord])
        assert isinstance(record, DetectionRecord)
        assert not record.is_located
        assert memory.views.entities.entities(include_unconfirmed=True) == ()


def test_a_thing_that_is_seen_again_is_one_entity_and_gone_after_rays_through_its_place(
    tmp_path: Path,
) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        for second in range(6):
            memory.update(mug_frame(second * SECOND_NS, pose_at(0.02 * second)))
        (mug,) = memory.recall.where("mug").items
        assert mug.position_in_world is not None
        np.testing.assert_allclose(mug.position_in_world, [MUG_M, 0.0, 1.0], atol=0.12)
        reasons = []
        for second in range(6, 14):
            frame = mug_frame(second * SECOND_NS, pose_at(0.02 * second), has_mug=False)
            reasons.append(memory.update(frame).decision.reason)
        (entity,) = memory.views.entities.entities()
        assert [state.change for state in entity.states] == [ChangeKind.APPEARED, ChangeKind.GONE]
        assert any(e.startswith("look:") for e in entity.state.ending_evidence)
        assert "missing" in reasons, "a frame that proves the absence is kept"
        assert memory.recall.where("mug").verdict.value == "absent"


# The robot, speech, reports


def test_robot_and_speech_are_kept(tmp_path: Path) -> None:
    robot = RobotState((1.0, 2.0, 0.5), (0.0, 0.0, 0.0), "manipulation", "mug", is_blocked=True)
    said = (Utterance("Anna", "This mug is my favourite."), Utterance("Ben", "Good morning."))
    frame = replace(mug_frame(0, pose_at(0.0)), robot=robot, utterances=said, clock_s=30_000.0)
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        memory.update(frame)
        ((_, record),) = memory.journal.entries(kinds=[RobotRecord])
        spoken = [r for _, r in memory.journal.entries(kinds=[UtteranceRecord])]
    assert isinstance(record, RobotRecord)
    assert (record.base_x_m, record.base_y_m, record.base_yaw_rad) == (1.0, 2.0, 0.5)
    assert (record.mode, record.held_label, record.is_blocked) == ("manipulation", "mug", 1)
    assert record.clock_s == 30_000.0
    assert [(s.speaker, s.text) for s in spoken if isinstance(s, UtteranceRecord)] == [
        (u.speaker, u.text) for u in said
    ]


def test_what_is_noted_is_one_commit_each_and_replays(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with EmbodiedMemory.open(path) as memory:
        memory.update(mug_frame(0, pose_at(0.0)))
        before = memory.journal.head.commit_id
        goal = memory.note_event("", stamp_ns=1, end_stamp_ns=9, level="goal", text="tidy up")
        memory.note_event("pick", stamp_ns=2, target="mug", outcome="failure", parent_id=goal)
        memory.note_fact(
            FactRecord(
                stamp_ns=3, subject="mug", relation="made_of", object="clay", valid_from_ns=0
            )
        )
        memory.note_case(
            CaseRecord(stamp_ns=4, situation="tidy", plan="pick", outcome="dropped", utility=-0.5)
        )
        memory.note_utterance("Anna", "I like tea.", stamp_ns=5)
        assert memory.journal.head.commit_id == before + 5
        assert memory.journal.count(EventRecord) == 2
        replayed = MemoryViews.open(memory.journal, memory.config, use_checkpoints=False)
        assert replayed.digests() == memory.views.digests()
        assert [f.object for f in memory.views.facts.facts(relation="made_of")] == ["clay"]
    assert verify_memory(path).is_ok


def test_an_event_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        with pytest.raises(InputError, match="must not end before it starts"):
            memory.note_event("pick", stamp_ns=5, end_stamp_ns=4)
        with pytest.raises(InputError, match="level goal, subgoal or action"):
            memory.note_event("pick", stamp_ns=5, level="deed")


# Several cameras


def test_other_cameras_leave_poses_frames_and_detections_of_their_own(tmp_path: Path) -> None:
    side = replace(mug_frame(0, pose_at(0.0, 2.0)), sensor="wrist")
    frame = replace(mug_frame(0, pose_at(0.0)), other_views=(side,))
    with EmbodiedMemory.open(tmp_path / "m.db", EVERY_FRAME) as memory:
        session_id = memory.begin_session("two", start_stamp_ns=0)
        memory.update(frame)
        poses = [r for _, r in memory.journal.entries(kinds=[PoseRecord])]
        assert [p.sensor for p in poses if isinstance(p, PoseRecord)] == ["head", "wrist"]
        assert memory.journal.count(FrameRecord) == memory.journal.count(DetectionRecord) == 2
        assert (memory.session_frame_count, len(memory.views.keyframes)) == (1, 2)
        with pytest.raises(StampError, match="sensor 'wrist'"):
            memory.update(
                replace(mug_frame(9, pose_at(0.0)), other_views=(replace(side, stamp_ns=0),))
            )
        memory.resume_session(session_id)
        assert memory.session_frame_count == 1
    assert verify_memory(tmp_path / "m.db").is_ok


# Corrections


def corrected_memory(path: Path, shift_m: float) -> EmbodiedMemory:
    """Six frames seen from poses that are `shift_m` off, and then the corrections."""
    memory = EmbodiedMemory.open(path, EVERY_FRAME)
    frames = [mug_frame(k * SECOND_NS, pose_at(0.02 * k)) for k in range(6)]
    for k, frame in enumerate(frames):
        memory.update(replace(frame, world_from_camera=pose_at(0.02 * k, shift_m)))
    corrections = tuple(PoseCorrection(f.stamp_ns, "head", f.world_from_camera) for f in frames)
    memory.update(replace(mug_frame(7 * SECOND_NS, pose_at(0.14)), pose_corrections=corrections))
    return memory


def test_a_correction_moves_maps_keyframes_and_entities(tmp_path: Path) -> None:
    with corrected_memory(tmp_path / "off.db", 0.5) as memory:
        (entity,) = memory.views.entities.entities()
        assert entity.position_in_world is not None
        np.testing.assert_allclose(entity.position_in_world, [MUG_M, 0.0, 1.0], atol=0.12)
        np.testing.assert_allclose(memory.views.keyframes.positions[:, 1], 0.0, atol=1e-9)
        with EmbodiedMemory.open(tmp_path / "right.db", EVERY_FRAME) as right:
            for k in (*range(6), 7):
                right.update(mug_frame(k * SECOND_NS, pose_at(0.02 * k)))
            for name in ("occupancy", "cache3d"):
                assert memory.views.digests()[name] == right.views.digests()[name]


def test_corrections_replay_and_verify(tmp_path: Path) -> None:
    with corrected_memory(tmp_path / "off.db", 0.5) as memory:
        live = memory.views.digests()
        replayed = MemoryViews.open(memory.journal, EVERY_FRAME, use_checkpoints=False)
        assert replayed.digests() == live
    assert verify_memory(tmp_path / "off.db").is_ok


def test_before_a_correction_came_memory_believed_the_old_poses(tmp_path: Path) -> None:
    with corrected_memory(tmp_path / "off.db", 0.5) as memory:
        then = memory.as_of(5 * SECOND_NS)
        (mug,) = then.where("mug").items
        assert mug.position_in_world is not None
        assert mug.position_in_world[1] == pytest.approx(0.5, abs=0.05)


def test_a_small_correction_leaves_the_maps_and_moves_the_rest(tmp_path: Path) -> None:
    with corrected_memory(tmp_path / "off.db", 0.04) as memory:
        np.testing.assert_allclose(memory.views.keyframes.positions[:, 1], 0.0, atol=1e-9)
        (entity,) = memory.views.entities.entities()
        assert entity.position_in_world is not None
        np.testing.assert_allclose(entity.position_in_world, [MUG_M, 0.0, 1.0], atol=0.1)


def test_a_correction_of_a_frame_that_memory_never_had_is_left_out(tmp_path: Path) -> None:
    strange = (PoseCorrection(3, "head", pose_at(0.0)), PoseCorrection(0, "wrist", pose_at(0.0)))
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        memory.update(mug_frame(0, pose_at(0.0)))
        memory.update(replace(mug_frame(9, pose_at(0.0)), pose_corrections=strange))
        assert memory.journal.count(PoseRecord) == 2


# All together


@pytest.mark.parametrize("level", ["off", "hard"])
def test_a_lived_episode_replays_resumes_and_verifies(tmp_path: Path, level: str) -> None:
    path = tmp_path / "m.db"
    observations = list(house_observations(90, level=level))
    with EmbodiedMemory.open(path) as memory:
        for observation in observations[:60]:
            memory.update(observation)
    with EmbodiedMemory.open(path) as memory:
        session_id = memory.journal.sessions()[0][0]
        memory.resume_session(session_id)
        for observation in observations[60:]:
            memory.update(observation)
        live = memory.views.digests()
        replayed = MemoryViews.open(memory.journal, memory.config, use_checkpoints=False)
        assert replayed.digests() == live
        assert memory.views.entities.count > 0
        stamp_ns = observations[40].stamp_ns
        then = memory.as_of(stamp_ns)
    with EmbodiedMemory.open(tmp_path / "short.db") as short:
        for observation in observations[:41]:
            short.update(observation)
        assert then.views.digests() == short.views.digests()
    assert verify_memory(path).is_ok


def test_moved_points_agree_with_the_written_pose() -> None:
    """The law that corrections rest on: moving by corrected x written^-1 is measuring anew."""
    written, corrected = pose_at(0.0, 0.3), pose_at(0.1, -0.2)
    in_camera = np.array([[0.1, 0.2, 2.0]])
    measured = transform_points(written, in_camera)
    moved = transform_points(corrected @ np.linalg.inv(written), measured)
    np.testing.assert_allclose(moved, transform_points(corrected, in_camera), atol=1e-12)
