"""Laws of rigid transforms, projection and boxes."""

from __future__ import annotations

import numpy as np
import pytest

from embodied_mem import geometry
from embodied_mem.errors import InputError, PoseError
from embodied_mem.geometry import Box, CameraIntrinsics

CAMERA = CameraIntrinsics(64, 48, 60.0, 55.0, 31.2, 24.1)


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    return geometry.matrix_from_quaternion(rng.normal(size=4))


def random_transform(rng: np.random.Generator) -> np.ndarray:
    return geometry.make_transform(random_rotation(rng), rng.uniform(-5, 5, 3))


def rotation_about(axis: np.ndarray, angle_rad: float) -> np.ndarray:
    half = angle_rad / 2
    return geometry.matrix_from_quaternion(
        np.concatenate([[np.cos(half)], np.sin(half) * axis / np.linalg.norm(axis)])
    )


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_inverse_undoes_a_transform(rng: np.random.Generator) -> None:
    for _ in range(20):
        a_from_b = random_transform(rng)
        points = rng.normal(size=(5, 3))
        there = geometry.transform_points(a_from_b, points)
        back = geometry.transform_points(geometry.inverse(a_from_b), there)
        np.testing.assert_allclose(back, points, atol=1e-12)


def test_inverse_twice_is_the_same_transform(rng: np.random.Generator) -> None:
    a_from_b = random_transform(rng)
    np.testing.assert_allclose(geometry.inverse(geometry.inverse(a_from_b)), a_from_b, atol=1e-12)


def test_compose_is_applying_one_after_the_other(rng: np.random.Generator) -> None:
    a_from_b, b_from_c = random_transform(rng), random_transform(rng)
    points_in_c = rng.normal(size=(4, 3))
    at_once = geometry.transform_points(geometry.compose(a_from_b, b_from_c), points_in_c)
    in_turn = geometry.transform_points(a_from_b, geometry.transform_points(b_from_c, points_in_c))
    np.testing.assert_allclose(at_once, in_turn, atol=1e-12)
    np.testing.assert_array_equal(geometry.compose(), geometry.identity())


def test_inverse_of_a_product_is_the_product_of_inverses_reversed(
    rng: np.random.Generator,
) -> None:
    a_from_b, b_from_c = random_transform(rng), random_transform(rng)
    np.testing.assert_allclose(
        geometry.inverse(geometry.compose(a_from_b, b_from_c)),
        geometry.compose(geometry.inverse(b_from_c), geometry.inverse(a_from_b)),
        atol=1e-12,
    )


@pytest.mark.parametrize("angle_rad", [0.0, 1e-9, 1e-4, 1.0, np.pi - 1e-9, np.pi])
def test_quaternion_round_trip_at_every_angle(angle_rad: float, rng: np.random.Generator) -> None:
    axes = [*np.eye(3), *-np.eye(3), *rng.normal(size=(10, 3))]
    for axis in axes:
        rotation = rotation_about(axis, angle_rad)
        quaternion = geometry.quaternion_from_matrix(rotation)
        assert quaternion[0] >= 0
        assert np.linalg.norm(quaternion) == pytest.approx(1)
        np.testing.assert_allclose(
            geometry.matrix_from_quaternion(quaternion), rotation, atol=1e-12
        )
        assert geometry.rotation_angle(rotation) == pytest.approx(angle_rad, abs=1e-7)


def test_a_quaternion_needs_a_norm() -> None:
    with pytest.raises(InputError, match="4 numbers wxyz"):
        geometry.matrix_from_quaternion(np.zeros(4))
    with pytest.raises(InputError, match="4 numbers wxyz"):
        geometry.matrix_from_quaternion(np.ones(3))


def test_interpolate_gives_its_ends_and_the_middle(rng: np.random.Generator) -> None:
    for _ in range(10):
        first, second = random_transform(rng), random_transform(rng)
        np.testing.assert_allclose(geometry.interpolate(first, second, 0.0), first, atol=1e-9)
        np.testing.assert_allclose(geometry.interpolate(first, second, 1.0), second, atol=1e-9)
        middle = geometry.interpolate(first, second, 0.5)
        np.testing.assert_allclose(middle[:3, 3], (first[:3, 3] + second[:3, 3]) / 2)
        to_first = geometry.rotation_angle(middle[:3, :3].T @ first[:3, :3])
        to_second = geometry.rotation_angle(middle[:3, :3].T @ second[:3, :3])
        whole = geometry.rotation_angle(first[:3, :3].T @ second[:3, :3])
        assert to_first == pytest.approx(to_second)
        assert to_first == pytest.approx(whole / 2)


def test_interpolate_turns_at_a_constant_rate_and_handles_equal_ends() -> None:
    first = geometry.identity()
    second = geometry.make_transform(rotation_about(np.array([0.0, 0, 1]), 2.0), np.ones(3))
    quarter = geometry.interpolate(first, second, 0.25)
    assert geometry.rotation_angle(quarter[:3, :3]) == pytest.approx(0.5)
    np.testing.assert_allclose(geometry.interpolate(second, second, 0.3), second, atol=1e-12)


@pytest.mark.parametrize("angle_rad", [0.0, 0.5, np.pi])
def test_rotation_between_takes_one_direction_to_the_other(
    angle_rad: float, rng: np.random.Generator
) -> None:
    source = rng.normal(size=3)
    axis = np.cross(source, rng.normal(size=3))
    target = rotation_about(axis, angle_rad) @ source
    rotation = geometry.rotation_between(source, target)
    np.testing.assert_allclose(rotation @ source, target, atol=1e-7)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_rigid_or_raise_repairs_a_rotation_orthonormal_to_a_thousandth(
    rng: np.random.Generator,
) -> None:
    clean = random_transform(rng)
    noisy = clean.copy()
    noisy[:3, :3] += rng.uniform(-1e-3, 1e-3, (3, 3))
    repaired = geometry.rigid_or_raise(noisy)
    np.testing.assert_allclose(repaired[:3, :3].T @ repaired[:3, :3], np.eye(3), atol=1e-12)
    np.testing.assert_allclose(repaired, clean, atol=3e-3)
    np.testing.assert_array_equal(geometry.rigid_or_raise(repaired), repaired)


def test_rigid_or_raise_leaves_its_argument_alone(rng: np.random.Generator) -> None:
    pose = random_transform(rng)
    pose[:3, :3] *= 1.001
    before = pose.copy()
    geometry.rigid_or_raise(pose)
    np.testing.assert_array_equal(pose, before)


def test_rigid_or_raise_says_what_is_wrong() -> None:
    with pytest.raises(PoseError, match=r"\(4, 4\) matrix, got \(3, 3\)"):
        geometry.rigid_or_raise(np.eye(3))
    with pytest.raises(PoseError, match="lost tracking"):
        geometry.rigid_or_raise(np.full((4, 4), np.nan))
    with pytest.raises(PoseError, match="scaled"):
        geometry.rigid_or_raise(np.diag([1.1, 1.1, 1.1, 1.0]))
    with pytest.raises(PoseError, match="mirror"):
        geometry.rigid_or_raise(np.diag([1.0, 1.0, -1.0, 1.0]))
    transposed = geometry.make_transform(np.eye(3), np.array([1.0, 2, 3])).T
    with pytest.raises(PoseError, match="last row"):
        geometry.rigid_or_raise(transposed)


@pytest.mark.parametrize(
    "target", [(3.0, 0, 0), (0, -2.0, 1.0), (1.0, 1.0, -4.0), (0, 0, 5.0), (0, 0, -5.0)]
)
def test_look_at_puts_the_target_on_the_optical_axis(target: tuple[float, float, float]) -> None:
    eye = np.array([0.3, -0.2, 1.5])
    world_from_camera = geometry.look_at(eye, eye + target)
    geometry.rigid_or_raise(world_from_camera)
    in_camera = geometry.transform_points(geometry.inverse(world_from_camera), (eye + target)[None])
    want = np.array([0.0, 0.0, float(np.linalg.norm(target))])
    np.testing.assert_allclose(in_camera[0], want, atol=1e-12)
    assert world_from_camera[2, 0] == pytest.approx(0), "the camera's x axis is level"
    assert world_from_camera[2, 1] <= 1e-12, "image down is not world up"


def test_look_at_needs_two_points() -> None:
    with pytest.raises(InputError, match="two different points"):
        geometry.look_at(np.ones(3), np.ones(3))


def test_project_undoes_back_project(rng: np.random.Generator) -> None:
    depth_m = rng.uniform(0.5, 6, (48, 64))
    depth_m[rng.random((48, 64)) < 0.3] = 0
    points = geometry.back_project(depth_m, CAMERA)
    pixels, is_inside = geometry.project(points, CAMERA)
    v, u = np.nonzero(depth_m)
    assert is_inside.all()
    np.testing.assert_allclose(pixels, np.stack([u, v], axis=1), atol=1e-9)
    np.testing.assert_allclose(points[:, 2], depth_m[v, u])


def test_back_project_with_stride_is_a_part_of_the_whole() -> None:
    depth_m = np.arange(48 * 64, dtype=np.float64).reshape(48, 64) + 1
    whole = geometry.back_project(depth_m, CAMERA).reshape(48, 64, 3)
    part = geometry.back_project(depth_m, CAMERA, stride_px=5)
    np.testing.assert_allclose(part, whole[::5, ::5].reshape(-1, 3))


def test_back_project_refuses_another_size() -> None:
    with pytest.raises(InputError, match="as the intrinsics say"):
        geometry.back_project(np.ones((64, 48)), CAMERA)


def test_points_behind_or_beside_the_camera_are_not_in_the_image() -> None:
    points = np.array([[0, 0, -1.0], [0, 0, 0], [9, 0, 1.0], [0, 0, 1.0]])
    assert geometry.project(points, CAMERA)[1].tolist() == [False, False, False, True]


def test_scaled_intrinsics_see_the_same_rays_at_the_image_border() -> None:
    small = CAMERA.scaled(16, 12)
    border = np.array([[-0.5, -0.5], [63.5, 47.5]])
    rays = (border - (CAMERA.cx_px, CAMERA.cy_px)) / (CAMERA.fx_px, CAMERA.fy_px)
    small_rays = (np.array([[-0.5, -0.5], [15.5, 11.5]]) - (small.cx_px, small.cy_px)) / (
        small.fx_px,
        small.fy_px,
    )
    np.testing.assert_allclose(rays, small_rays)


def test_intrinsics_from_a_field_of_view_and_from_a_matrix_agree() -> None:
    camera = CameraIntrinsics.from_hfov(640, 480, np.pi / 2)
    assert camera.fx_px == pytest.approx(320)
    assert CameraIntrinsics.from_matrix(camera.matrix(), 640, 480) == camera
    with pytest.raises(InputError, match="degrees"):
        CameraIntrinsics.from_hfov(640, 480, 90)


def test_intrinsics_must_be_positive_and_finite() -> None:
    with pytest.raises(InputError, match="image size"):
        CameraIntrinsics(0, 48, 60, 60, 32, 24)
    with pytest.raises(InputError, match="focal"):
        CameraIntrinsics(64, 48, -60, 60, 32, 24)
    with pytest.raises(InputError, match="focal"):
        CameraIntrinsics(64, 48, 60, 60, float("nan"), 24)


def test_a_box_holds_its_border_and_nothing_outside(rng: np.random.Generator) -> None:
    points = rng.normal(size=(50, 3))
    box = Box.around(points)
    assert box.contains(points).all()
    assert not box.contains(np.array(box.high) + 1e-9).any()
    np.testing.assert_allclose(box.center, (points.min(axis=0) + points.max(axis=0)) / 2)
    assert box.volume_m3 == pytest.approx(np.prod(np.ptp(points, axis=0)))


def test_iou_is_symmetric_one_for_itself_and_zero_apart() -> None:
    first, second = Box((0, 0, 0), (2, 2, 2)), Box((1, 0, 0), (3, 2, 2))
    assert first.iou(second) == second.iou(first) == pytest.approx(1 / 3)
    assert first.iou(first) == 1
    assert first.iou(Box((5, 5, 5), (6, 6, 6))) == 0
    flat = Box((0, 0, 0), (1, 1, 0))
    assert flat.iou(flat) == 0


def test_a_box_refuses_swapped_corners_nan_and_no_points() -> None:
    with pytest.raises(InputError, match="must not exceed"):
        Box((1, 0, 0), (0, 1, 1))
    with pytest.raises(InputError, match="NaN"):
        Box((float("nan"), 0, 0), (1, 1, 1))
    with pytest.raises(InputError, match="N >= 1"):
        Box.around(np.zeros((0, 3)))
