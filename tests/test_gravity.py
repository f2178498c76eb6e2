"""Up from surfaces: a synthetic tilted room, and a real kitchen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.core import DepthImage, Observation, RecordingInfo
from embodied_mem.envs.recordings import align, estimate_up, open_seven_scenes
from embodied_mem.envs.recordings.gravity import depth_normals
from embodied_mem.errors import InputError, RecordingError
from embodied_mem.geometry import (
    CameraIntrinsics,
    Transform,
    back_project,
    look_at,
    make_transform,
    matrix_from_quaternion,
    transform_points,
)

CAMERA = CameraIntrinsics.from_hfov(160, 120, np.radians(65))
CROP = CameraIntrinsics(80, 60, CAMERA.fx_px, CAMERA.fy_px, CAMERA.cx_px - 40, CAMERA.cy_px - 30)
"""The middle of the image."""
ROOM_LOW, ROOM_HIGH = np.array([0.0, 0.0, 0.0]), np.array([4.0, 3.0, 2.5])
UP = np.array([0.0, 0.0, 1.0])


class ListRecording:
    """A recording that is held in memory."""

    def __init__(self, frames: Sequence[Observation]) -> None:
        self._frames = list(frames)

    @property
    def info(self) -> RecordingInfo:
        return RecordingInfo("list", "list", len(self._frames))

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        return iter(self._frames[start:])


def render_room(world_from_camera: Transform) -> np.ndarray:
    """(H, W) depth in metres of the empty room's inside."""
    v, u = np.mgrid[: CAMERA.height_px, : CAMERA.width_px]
    rays = np.stack([(u - CAMERA.cx_px) / CAMERA.fx_px, (v - CAMERA.cy_px) / CAMERA.fy_px], -1)
    rays = np.concatenate([rays, np.ones_like(rays[..., :1])], -1) @ world_from_camera[:3, :3].T
    eye = world_from_camera[:3, 3]
    with np.errstate(divide="ignore"):
        distance = np.where(rays > 0, ROOM_HIGH - eye, ROOM_LOW - eye) / rays
    return np.asarray(distance.min(axis=-1))


def room_frames(source_from_room: Transform, *, seed: int = 0) -> list[Observation]:
    """Noisy depth of a room whose recording has a tilted world."""
    rng = np.random.default_rng(seed)
    frames = []
    for index in range(10):
        angle = index * 0.7
        eye = np.array([2.0, 1.5, 1.3]) + rng.uniform(-0.4, 0.4, 3)
        target = eye + np.array([np.cos(angle), np.sin(angle), -0.35])
        pose = look_at(eye, target)
        depth_m = render_room(pose)
        depth_m = depth_m + rng.normal(0, 0.002, depth_m.shape) * depth_m**2
        depth = DepthImage.from_metres(depth_m)
        frames.append(
            Observation(index, source_from_room @ pose, CAMERA, depth=depth, source_index=index)
        )
    return frames


def tilt(seed: int) -> Transform:
    """Any rotation at all: how a recording's first camera was held defines its world."""
    rng = np.random.default_rng(seed)
    return make_transform(matrix_from_quaternion(rng.normal(size=4)), rng.normal(size=3))


def angle_deg(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), first @ second)))


@pytest.mark.parametrize("seed", range(4))
def test_up_of_a_tilted_room_within_half_a_degree(seed: int) -> None:
    source_from_room = tilt(seed)
    up = estimate_up(ListRecording(room_frames(source_from_room, seed=seed)))
    assert np.linalg.norm(up) == pytest.approx(1)
    assert angle_deg(up, source_from_room[:3, :3] @ UP) < 0.5


def test_estimate_turns_with_the_world() -> None:
    frames = room_frames(np.eye(4))
    turned = [replace(f, world_from_camera=tilt(7) @ f.world_from_camera) for f in frames]
    expected = tilt(7)[:3, :3] @ estimate_up(ListRecording(frames))
    assert angle_deg(estimate_up(ListRecording(turned)), expected) < 1e-3


def test_few_samples_suffice_and_more_than_there_are_is_fine() -> None:
    recording = ListRecording(room_frames(tilt(1)))
    up = tilt(1)[:3, :3] @ UP
    assert angle_deg(estimate_up(recording, sample_count=4), up) < 0.5
    assert angle_deg(estimate_up(recording, sample_count=100), up) < 0.5


@pytest.mark.parametrize(
    ("target", "normal"), [((2.6, 1.6, 0.0), (0.0, 0.0, 1.0)), ((4.0, 1.5, 1.3), (-1.0, 0.0, 0.0))]
)
def test_normals_of_a_plane_are_its_normal_towards_the_camera(
    target: tuple[float, float, float], normal: tuple[float, float, float]
) -> None:
    pose = look_at(np.array([2.2, 1.5, 1.3]), np.array(target))
    depth_m = render_room(pose)
    normals = depth_normals(depth_m[30:90, 40:120], CROP) @ pose[:3, :3].T
    assert len(normals) > 1000
    np.testing.assert_allclose(normals, np.broadcast_to(normal, normals.shape), atol=1e-3)


def test_align_gives_a_z_up_world_and_says_how() -> None:
    source = ListRecording(room_frames(tilt(3)))
    aligned = align(source, "estimate")
    world_from_source = aligned.info.world_from_source
    assert angle_deg(world_from_source[:3, :3] @ tilt(3)[:3, :3] @ UP, UP) < 0.5
    np.testing.assert_array_equal(world_from_source[:3, 3], 0)
    for before, after in zip(source.observations(), aligned.observations(), strict=True):
        np.testing.assert_allclose(
            after.world_from_camera, world_from_source @ before.world_from_camera, atol=1e-12
        )
        assert after.depth is before.depth
        assert after.stamp_ns == before.stamp_ns


@pytest.mark.parametrize("axis", ["+x", "-x", "+y", "-y", "+z", "-z"])
def test_align_turns_the_named_axis_up(axis: str) -> None:
    source = ListRecording(room_frames(np.eye(4))[:1])
    direction = np.eye(3)["xyz".index(axis[1])] * (1 if axis[0] == "+" else -1)
    rotation = align(source, axis).info.world_from_source[:3, :3]
    np.testing.assert_allclose(rotation @ direction, UP, atol=1e-12)


def test_aligning_twice_composes() -> None:
    source = ListRecording(room_frames(np.eye(4))[:2])
    twice = align(align(source, "-y"), "+x")
    for before, after in zip(source.observations(), twice.observations(), strict=True):
        np.testing.assert_allclose(
            after.world_from_camera,
            twice.info.world_from_source @ before.world_from_camera,
            atol=1e-12,
        )


def test_none_is_the_recording_itself_and_nonsense_is_refused() -> None:
    source = ListRecording(room_frames(np.eye(4))[:1])
    assert align(source, "none") is source
    with pytest.raises(InputError, match="up must be one of estimate, none"):
        align(source, "y")
    with pytest.raises(InputError, match=r"\(3,\) direction"):
        align(source, np.zeros(3))


def test_cameras_that_cancel_out_are_an_error() -> None:
    frames = room_frames(np.eye(4))[:2]
    roll = np.diag([-1.0, -1.0, 1.0, 1.0])
    frames[1] = replace(frames[1], world_from_camera=frames[0].world_from_camera @ roll)
    with pytest.raises(RecordingError, match="cancel out"):
        estimate_up(ListRecording(frames))


def test_no_depth_is_an_error() -> None:
    frames = [replace(frame, depth=None) for frame in room_frames(np.eye(4))]
    with pytest.raises(RecordingError, match="too little depth"):
        estimate_up(ListRecording(frames))


def _kitchen() -> Path:
    root = Path(__file__).resolve().parents[1]
    data = Path(os.environ.get("EMBODIED_MEM_DATA", root.parent / "shared" / "data"))
    if not (data / "redkitchen").is_dir():
        pytest.skip(f"no redkitchen in {data}; set EMBODIED_MEM_DATA to the folder that holds it")
    return data / "redkitchen"


def _largest_level_plane(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(3,) upward normal of the near-level plane that holds most points (RANSAC)."""
    best, best_count = UP, 0
    for _ in range(150):
        near = points[np.linalg.norm(points - points[rng.integers(len(points))], axis=1) < 0.6]
        a, b, c = near[rng.integers(len(near), size=3)]
        normal = np.cross(b - a, c - a)
        if abs(normal[2]) < 0.9 * np.linalg.norm(normal) or not normal.any():
            continue
        normal = normal / np.linalg.norm(normal) * np.sign(normal[2])
        count = int((np.abs((points - a) @ normal) < 0.015).sum())
        if count > best_count:
            inliers = points[np.abs((points - a) @ normal) < 0.015]
            best, best_count = np.linalg.svd(inliers - inliers.mean(axis=0))[2][2], count
    assert best_count > 0.05 * len(points)
    return best * np.sign(best[2])


def test_level_surfaces_of_a_real_kitchen_come_out_level() -> None:
    aligned = align(open_seven_scenes(_kitchen()), "estimate")
    rng = np.random.default_rng(0)
    tilts_deg = []
    for start in range(0, 500, 50):
        frame = next(iter(aligned.observations(start=start)))
        assert frame.depth is not None
        depth_m = frame.depth.metres()
        depth_m[depth_m > 3.0] = 0
        points = back_project(depth_m, frame.intrinsics, stride_px=8)
        points = transform_points(frame.world_from_camera, points)
        tilts_deg.append(angle_deg(_largest_level_plane(points, rng), UP))
    assert np.median(tilts_deg) < 2.0, f"planes are tilted by {np.round(tilts_deg, 2)} degrees"
