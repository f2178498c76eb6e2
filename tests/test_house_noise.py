"""Noise is what it says: off is the truth, levels have the stated statistics, streams are independent."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from house_samples import SMALL, SMALL_HEAD, act, observation_bytes, tiny_house

from embodied_mem.core import Detection, Observation
from embodied_mem.envs.house.catalog import FURNITURE_CATEGORIES, OBJECT_CATEGORIES
from embodied_mem.envs.house.env import HouseEnv, HouseEnvConfig
from embodied_mem.envs.house.noise import (
    DEPTH_NOISE,
    DETECTION_NOISE,
    FRAME_NOISE,
    POSE_NOISE,
    NoiseConfig,
    stream,
)
from embodied_mem.envs.house.noise_depth import with_depth_noise
from embodied_mem.envs.house.noise_detections import (
    CONFUSION_GROUPS,
    Detector,
    detection_from_json,
    detection_to_json,
)
from embodied_mem.envs.house.noise_pose import PoseEstimator
from embodied_mem.envs.house.robot import TURN_RAD
from embodied_mem.errors import ConfigError

NOISY = ("mild", "hard")
WALK = [act(name) for name in ("turn_left", "move_forward", "turn_right", "noop") * 8]


def _observations(noise: NoiseConfig, seed: int = 0) -> list[Observation]:
    config = HouseEnvConfig(cameras=(SMALL_HEAD,), noise=noise, has_instance_ids=False)
    env = HouseEnv(tiny_house(), config)
    return [env.reset(seed), *(env.step(action).observation for action in WALK)]


def test_unknown_level_names_the_levels() -> None:
    with pytest.raises(ConfigError, match="off"):
        NoiseConfig.of("brutal")


def test_off_is_exactly_the_truth() -> None:
    depth = np.random.default_rng(0).uniform(0.1, 9, (30, 40)).astype(np.float32)
    assert with_depth_noise(depth, DEPTH_NOISE["off"], stream(0, "depth", 0)) is depth
    found = (Detection("mug", 1.0, (1, 1, 5, 5), instance_id="mug_0"),)
    detector = Detector(DETECTION_NOISE["off"], 0, ("mug",))
    reports = detector.report(found, (30, 40), 0, 0, "head")
    assert detector.deliver(reports, 0, 0) == found
    env = HouseEnv(tiny_house(), SMALL)
    env.reset(0)
    for action in WALK:
        observation = env.step(action).observation
        robot = env.evaluator_truth().robot
        assert observation.robot is not None
        assert observation.robot.base_in_world == robot.pose
        truth = SMALL_HEAD.world_from_camera(robot.pose)
        np.testing.assert_array_equal(observation.world_from_camera, truth)


@pytest.mark.parametrize("level", NOISY)
@pytest.mark.parametrize("depth_m", [1.0, 2.0, 4.0])
def test_axial_noise_grows_with_the_square_of_depth(level: str, depth_m: float) -> None:
    noise = DEPTH_NOISE[level]
    flat = np.full((300, 300), depth_m, np.float32)
    noisy = with_depth_noise(flat, noise, stream(1, "depth", 0))
    returns = noisy[noisy > 0]
    assert returns.std() == pytest.approx(noise.axial_m * depth_m**2, rel=0.03)
    assert returns.mean() == pytest.approx(depth_m, abs=4 * noise.axial_m * depth_m**2 / 300)
    assert 1 - len(returns) / flat.size == pytest.approx(noise.dropout, rel=0.25)


@pytest.mark.parametrize("level", NOISY)
def test_edges_drop_out_and_fly_at_the_stated_rates(level: str) -> None:
    noise = replace(DEPTH_NOISE[level], axial_m=0.0, dropout=0.0)
    steps = np.where((np.arange(400) // 20) % 2, 2.0, 1.0).astype(np.float32)
    depth = np.tile(steps, (400, 1))
    noisy = with_depth_noise(depth, noise, stream(2, "depth", 0))
    is_edge = np.zeros(400, bool)
    is_edge[[i for i in range(400) if i % 20 in (0, 19)]] = True
    is_edge[[0, -1]] = False
    edges = noisy[:, is_edge]
    is_flying = (edges > 1.001) & (edges < 1.999)
    assert (edges == 0).mean() == pytest.approx(noise.edge_dropout, abs=0.01)
    assert is_flying.mean() == pytest.approx(noise.edge_flying, abs=0.01)
    is_inner = ~is_edge
    is_inner[[0, -1]] = False
    np.testing.assert_array_equal(noisy[:, is_inner], depth[:, is_inner])


@pytest.mark.parametrize("level", NOISY)
def test_nothing_returns_beyond_the_range(level: str) -> None:
    noise = DEPTH_NOISE[level]
    far = np.full((50, 50), noise.range_m + 1.0, np.float32)
    assert (with_depth_noise(far, noise, stream(0, "depth", 0)) == 0).all()


def _drive(level: str, seed: int, *, laps: int) -> tuple[PoseEstimator, list[int], list[float]]:
    """Round a square of 3 m; returns the estimator, the closing steps and the error per step."""
    estimator = PoseEstimator(POSE_NOISE[level], seed)
    pose, step = (0.0, 0.0, 0.0), 0
    estimator.begin(pose, step)
    closed, errors = [], []
    for _ in range(laps * 4):
        for k in range(12 + 9):
            x, y, yaw = pose
            if k < 12:
                pose = (x + 0.25 * math.cos(yaw), y + 0.25 * math.sin(yaw), yaw)
            else:
                pose = (x, y, yaw + TURN_RAD)
            step += 1
            if estimator.follow(pose, step):
                closed.append(step)
            errors.append(math.dist(estimator.estimate[:2], pose[:2]))
    return estimator, closed, errors


@pytest.mark.parametrize("level", NOISY)
def test_odometry_drifts_at_the_stated_rate(level: str) -> None:
    noise = POSE_NOISE[level]
    ends = []
    for seed in range(150):
        estimator = PoseEstimator(noise, seed)
        estimator.begin((0.0, 0.0, 0.0), 0)
        for k in range(1, 41):
            estimator.follow((0.25 * k, 0.0, 0.0), k)
        ends.append(estimator.odometry)
    x, _, yaw = np.array(ends).T
    assert x.std() == pytest.approx(noise.position_share * 0.25 * math.sqrt(40), rel=0.25)
    assert yaw.std() == pytest.approx(noise.yaw_rad_per_m * math.sqrt(10.0), rel=0.25)


@pytest.mark.parametrize("level", NOISY)
def test_loop_closures_correct_the_past_late_and_for_the_better(level: str) -> None:
    before, after, jumps = [], [], []
    for seed in range(12):
        estimator = PoseEstimator(POSE_NOISE[level], seed)
        pose, step = (0.0, 0.0, 0.0), 0
        estimator.begin(pose, step)
        believed = {}
        for k in range(84):
            x, y, yaw = pose
            is_turn = k % 21 >= 12
            pose = (
                (x, y, yaw + TURN_RAD)
                if is_turn
                else (x + 0.25 * math.cos(yaw), y + 0.25 * math.sin(yaw), yaw)
            )
            step += 1
            corrections = estimator.follow(pose, step)
            believed[step] = (estimator.estimate, pose)
            for correction in corrections:
                if correction.step not in believed or correction.step < 30:
                    continue
                estimate, truth = believed[correction.step]
                before.append(math.dist(estimate[:2], truth[:2]))
                after.append(math.dist(correction.base_in_world[:2], truth[:2]))
            if corrections:
                jumps.append(step - corrections[0].step)
    assert len(jumps) >= 8
    assert min(jumps) >= POSE_NOISE[level].closure_gap_steps - 1
    assert np.mean(after) < 0.7 * np.mean(before)


def test_error_stays_bounded_with_closures_and_grows_without() -> None:
    _, closed, errors = _drive("hard", 1, laps=8)
    assert len(closed) >= 4
    estimator = PoseEstimator(replace(POSE_NOISE["hard"], closure_gap_steps=10**6), 1)
    estimator.begin((0.0, 0.0, 0.0), 0)
    assert np.mean(errors[-100:]) < 1.0


def test_corrections_reach_the_agent_as_camera_poses() -> None:
    config = HouseEnvConfig(
        cameras=(SMALL_HEAD,),
        noise=NoiseConfig(pose=replace(POSE_NOISE["hard"], closure_gap_steps=20)),
    )
    env = HouseEnv(tiny_house(), config)
    stamps = {env.reset(0).stamp_ns}
    corrections = ()
    for target in ("cabinet_0", "table_0", "cabinet_0", "table_0"):
        for action in (act("navigate_to", target), *[act("noop")] * 12):
            observation = env.step(action).observation
            corrections = corrections or observation.pose_corrections
            assert all(c.stamp_ns < observation.stamp_ns for c in observation.pose_corrections[:-1])
            stamps.add(observation.stamp_ns)
    assert corrections
    assert all(c.sensor == "head" and c.stamp_ns in stamps for c in corrections)


def _crowd(rng: np.random.Generator, count: int) -> tuple[Detection, ...]:
    found = []
    for k in range(count):
        x, y = rng.integers(0, 400, 2).tolist()
        mask = np.zeros((640, 480), bool)
        mask[y : y + 120, x : x + 70] = True
        label = ("mug", "book", "couch")[k % 3]
        box = (float(x), float(y), float(min(x + 69, 479)), float(y + 119))
        found.append(Detection(label, 1.0, box, mask, instance_id=f"{label}_{k}"))
    return tuple(found)


@pytest.mark.parametrize("level", NOISY)
def test_detector_errors_have_the_stated_rates(level: str) -> None:
    noise = DETECTION_NOISE[level]
    detector = Detector(replace(noise, delay=0.0), 5, ("mug", "book", "couch"))
    truth = _crowd(np.random.default_rng(0), 12)
    by_name = {d.instance_id: d for d in truth}
    kept = confused = invented = tracks = 0
    shifts = []
    owner: dict[str, str] = {}
    frames = 120
    for step in range(frames):
        reports = detector.report(truth, (640, 480), step, 0, "head")
        for report in reports:
            name = detector.instance_of(report.instance_id or "")
            if name is None:
                invented += 1
                continue
            real = by_name[name]
            kept += 1
            confused += report.label != real.label
            assert any({report.label, real.label} <= set(g) for g in CONFUSION_GROUPS)
            shifts.append((report.box_px[0] - real.box_px[0]) / 69)
            tracks += owner.get(name) not in (None, report.instance_id)
            owner[name] = report.instance_id or ""
    total = frames * len(truth)
    assert 1 - kept / total == pytest.approx(noise.miss, abs=0.25 * noise.miss + 0.01)
    assert confused / kept == pytest.approx(noise.confusion, rel=0.3)
    assert invented / frames == pytest.approx(noise.false_positives, abs=0.2)
    is_inner = np.array(shifts) != 0
    assert np.std(np.array(shifts)[is_inner]) == pytest.approx(noise.box_share, rel=0.25)
    assert tracks / kept == pytest.approx(noise.track_break, abs=0.015)


@pytest.mark.parametrize("level", NOISY)
def test_masks_grow_and_shrink_but_stay_near(level: str) -> None:
    detector = Detector(
        replace(DETECTION_NOISE[level], miss=0.0, false_positives=0.0, delay=0.0), 1, ()
    )
    truth = _crowd(np.random.default_rng(1), 6)
    overlaps = []
    for step in range(20):
        for real, seen in zip(truth, detector.report(truth, (640, 480), step, 0, "h"), strict=True):
            assert real.mask is not None
            assert seen.mask is not None
            overlaps.append((real.mask & seen.mask).sum() / (real.mask | seen.mask).sum())
    assert 0.7 < min(overlaps) < 1.0
    assert max(overlaps) == 1.0


def test_small_things_are_missed_more_often() -> None:
    detector = Detector(DETECTION_NOISE["hard"], 0, ())
    small = [Detection("mug", 1.0, (0, 0, 10, 10), instance_id=f"s{i}") for i in range(300)]
    large = [Detection("mug", 1.0, (0, 0, 300, 300), instance_id=f"l{i}") for i in range(300)]
    counts = []
    for found in (small, large):
        reports = detector.report(tuple(found), (640, 480), 0, 0, "head")
        counts.append(sum(1 for r in reports if detector.instance_of(r.instance_id or "")))
    assert counts[0] < 0.75 * counts[1]


def test_late_detections_come_with_the_stamp_of_their_image() -> None:
    noise = replace(DETECTION_NOISE["hard"], delay=0.5, delay_steps=4, miss=0.0)
    detector = Detector(noise, 3, ())
    truth = (Detection("mug", 1.0, (10, 10, 90, 90), instance_id="mug_0"),)
    late, sent = [], 0
    for step in range(100):
        reports = detector.report(truth, (640, 480), step, step * 10, "head")
        sent += len(reports)
        for report in detector.deliver(reports, step, step * 10):
            if report.image_stamp_ns is not None:
                late.append(step - report.image_stamp_ns // 10)
    assert len(late) > 30
    assert 1 <= min(late) <= max(late) <= 4


def test_detection_survives_json() -> None:
    (detection, *_) = _crowd(np.random.default_rng(2), 1)
    again = detection_from_json(detection_to_json(replace(detection, image_stamp_ns=5)))
    assert observation_bytes(again) == observation_bytes(replace(detection, image_stamp_ns=5))


def test_frames_are_dropped_and_repeated() -> None:
    noise = NoiseConfig(frames=replace(FRAME_NOISE["hard"], drop=0.2, duplicate=0.2))
    config = HouseEnvConfig(cameras=(SMALL_HEAD,), noise=noise)
    env = HouseEnv(tiny_house(), config)
    frames = [env.reset(0), *(env.step(act("turn_left")).observation for _ in range(200))]
    dropped = [f for f in frames if f.color is None]
    assert all(f.depth is None and not f.detections for f in dropped)
    repeated = sum(
        a.color is not None and a.color is b.color for a, b in itertools.pairwise(frames)
    )
    assert 25 <= len(dropped) <= 58
    assert 15 <= repeated <= 55
    assert (np.diff([f.stamp_ns for f in frames]) > 0).all()


def test_streams_are_independent_of_each_other() -> None:
    """Switching one kind on leaves what the others do unchanged."""
    depth_only = _observations(NoiseConfig(depth=DEPTH_NOISE["mild"]))
    both = _observations(NoiseConfig(depth=DEPTH_NOISE["mild"], detections=DETECTION_NOISE["hard"]))
    exact = _observations(NoiseConfig())
    is_noisy = False
    for a, b, c in zip(depth_only, both, exact, strict=True):
        assert a.depth is not None
        assert b.depth is not None
        assert c.depth is not None
        np.testing.assert_array_equal(a.depth.raw, b.depth.raw)
        is_noisy |= bool((a.depth.raw != c.depth.raw).any())
        assert observation_bytes(a.detections) == observation_bytes(c.detections)
    assert is_noisy


def test_confusion_groups_name_kinds_of_the_catalog() -> None:
    known = {*OBJECT_CATEGORIES, *FURNITURE_CATEGORIES}
    for group in CONFUSION_GROUPS:
        assert len(group) > 1
        assert set(group) <= known


def test_streams_differ_by_seed_kind_and_step() -> None:
    draws = {
        float(stream(seed, kind, step).random())
        for seed in (0, 1)
        for kind in ("depth", "pose")
        for step in (0, 1)
    }
    assert len(draws) == 8
    assert stream(0, "pose", 3).random() == stream(0, "pose", 3).random()
