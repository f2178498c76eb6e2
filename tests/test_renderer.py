"""The renderer keeps the laws of a pinhole camera, on every triangle and in every process."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from embodied_mem.core import Recording
from embodied_mem.envs.house.demo_room import DemoRecording, furnished_room
from embodied_mem.envs.house.mesh import Material, Mesh, Scene, merge
from embodied_mem.envs.house.renderer import RenderedView, Renderer
from embodied_mem.envs.house.shapes import (
    box,
    cylinder,
    extrusion,
    frustum,
    lathe,
    quad,
    rounded_box,
    sphere,
    torus_part,
)
from embodied_mem.envs.house.solids import find_solids
from embodied_mem.errors import InputError, PoseError
from embodied_mem.geometry import (
    CameraIntrinsics,
    Transform,
    back_project,
    inverse,
    look_at,
    make_transform,
    transform_points,
)

RED = Material((200, 40, 40))
SMALL = CameraIntrinsics.from_hfov(96, 72, 1.2)
LOOK_X = look_at((0, 0, 0), (1, 0, 0))


@pytest.fixture(scope="module")
def demo() -> DemoRecording:
    return DemoRecording(frame_count=40)


def _rays(world_from_camera: Transform, camera: CameraIntrinsics) -> NDArray[np.float64]:
    """(H, W, 3) directions in the world whose camera z is 1."""
    u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    x, y = (u - camera.cx_px) / camera.fx_px, (v - camera.cy_px) / camera.fy_px
    return np.stack([x, y, np.ones_like(x)], axis=-1) @ world_from_camera[:3, :3].T


def _cast(
    mesh: Mesh, world_from_camera: Transform, camera: CameraIntrinsics, *, near_m: float = 0.05
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Depth (0 = none) and triangle (-1 = none) of every pixel, by testing every triangle."""
    rays = _rays(world_from_camera, camera).reshape(-1, 1, 3)
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles].astype(np.float64), 1, 0)
    offset = world_from_camera[:3, 3] - a
    across = np.cross(rays, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 / (across * (b - a)).sum(-1)
        first = (across * offset).sum(-1) * scale
        turned = np.cross(offset, b - a)
        second = (rays * turned).sum(-1) * scale
        depth = ((c - a) * turned).sum(-1) * scale
        is_hit = (first >= 0) & (second >= 0) & (first + second <= 1) & (depth >= near_m)
    depth = np.where(is_hit, depth, np.inf)
    nearest = depth.argmin(axis=1)
    best = depth[np.arange(len(depth)), nearest]
    shape = (camera.height_px, camera.width_px)
    is_seen = np.isfinite(best)
    return (
        np.where(is_seen, best, 0.0).reshape(shape),
        np.where(is_seen, nearest, -1).reshape(shape),
    )


def _digest(view: RenderedView) -> str:
    parts = (view.color, view.depth_m, view.instance_ids)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def _wall(x: float, half: float, material: Material = RED) -> Mesh:
    corners = [(x, -half, -half), (x, half, -half), (x, half, half), (x, -half, half)]
    return quad(corners, material)


def test_depth_of_a_plane_is_along_the_optical_axis() -> None:
    view = Renderer(_wall(2.5, 50.0)).render(LOOK_X, SMALL)
    np.testing.assert_allclose(view.depth_m, 2.5, rtol=1e-6)
    assert (view.instance_ids == 0).all()


def test_depth_of_a_slanted_plane_is_analytic() -> None:
    pose = look_at((0.2, 0.1, 1.4), (3.0, 0.7, 0.3))
    floor = quad([(-40, -40, 0), (40, -40, 0), (40, 40, 0), (-40, 40, 0)], RED)
    view = Renderer(floor).render(pose, SMALL)
    down = _rays(pose, SMALL)[..., 2]
    with np.errstate(divide="ignore"):
        expected = np.where(down < 0, -1.4 / down, 0.0)
    is_near = (expected > 0) & (expected < 15)
    assert is_near.mean() > 0.4
    np.testing.assert_allclose(view.depth_m[is_near], expected[is_near], rtol=1e-5)


def test_depth_of_a_sphere_is_analytic() -> None:
    center, radius = np.array([2.0, 0.2, -0.1]), 0.6
    view = Renderer(sphere(radius, RED, segments=160).moved(*center)).render(LOOK_X, SMALL)
    rays = _rays(LOOK_X, SMALL)
    along = rays @ center
    lengths = (rays**2).sum(-1)
    under_root = along**2 - lengths * (center @ center - radius**2)
    expected = (along - np.sqrt(np.maximum(under_root, 0))) / lengths
    is_inner = under_root > 0.1
    assert is_inner.sum() > 200
    np.testing.assert_allclose(view.depth_m[is_inner], expected[is_inner], atol=1e-3)


def test_nearer_surface_hides_farther_one_in_any_order() -> None:
    near, far = _wall(1.0, 0.3).with_instance(3), _wall(2.0, 5.0).with_instance(7)
    for parts in ([near, far], [far, near]):
        view = Renderer(merge(parts)).render(LOOK_X, SMALL)
        np.testing.assert_allclose(view.depth_m[view.instance_ids == 3], 1.0, rtol=1e-6)
        np.testing.assert_allclose(view.depth_m[view.instance_ids == 7], 2.0, rtol=1e-6)
        assert view.instance_ids[36, 48] == 3
        assert set(np.unique(view.instance_ids)) == {3, 7}


def test_empty_pixels_have_no_depth_no_id_and_the_background() -> None:
    view = Renderer(_wall(-1.0, 1.0), background=(9, 8, 7)).render(LOOK_X, SMALL)
    assert (view.depth_m == 0).all()
    assert (view.instance_ids == -1).all()
    assert (view.color == (9, 8, 7)).all()
    assert (Renderer(merge([])).render(LOOK_X, SMALL).instance_ids == -1).all()


def test_both_sides_of_a_triangle_are_seen() -> None:
    wall = _wall(0.0, 50.0)
    for x in (-1.5, 1.5):
        view = Renderer(wall).render(look_at((x, 0, 0), (0, 0, 0)), SMALL)
        np.testing.assert_allclose(view.depth_m, 1.5, rtol=1e-6)


def test_camera_inside_an_object_sees_its_inner_walls() -> None:
    cube = box(2, 2, 2, RED).moved(0, 0, -1)
    view = Renderer(cube).render(LOOK_X, SMALL)
    assert (view.instance_ids == 0).all()
    assert 0.9 < view.depth_m.min() <= view.depth_m.max() < 1.1
    ball = Renderer(sphere(0.3, RED, segments=48)).render(look_at((0.1, 0, 0), (1, 2, 1)), SMALL)
    assert (ball.instance_ids == 0).all()


def test_surfaces_before_the_near_plane_are_not_drawn() -> None:
    meshes = merge([_wall(0.04, 1.0), _wall(0.06, 0.01).with_instance(1)])
    view = Renderer(meshes).render(LOOK_X, SMALL)
    assert set(np.unique(view.instance_ids)) == {-1, 1}
    np.testing.assert_allclose(view.depth_m[view.instance_ids == 1], 0.06, rtol=1e-5)


def test_triangle_across_the_near_plane_is_cut_exactly() -> None:
    slab = [(-3.0, -2.0, -0.02), (4.0, 0.5, -0.6), (2.0, 3.0, 0.4), (-2.0, 0.1, 0.01)]
    mesh = Mesh.of(np.array(slab), [(0, 1, 2), (1, 2, 3), (0, 3, 1)], RED)
    _assert_equals_cast(mesh, LOOK_X, SMALL)


def test_portrait_image_and_shifted_principal_point() -> None:
    camera = CameraIntrinsics(60, 110, 80.0, 95.0, 21.3, 70.8)
    _assert_equals_cast(_random_scene(np.random.default_rng(5)), LOOK_X, camera)


@pytest.mark.parametrize("seed", range(12))
def test_random_scenes_equal_brute_force_rays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pose = look_at(rng.uniform(-0.8, 0.8, 3), rng.uniform(-3, 3, 3))
    _assert_equals_cast(_random_scene(rng), pose, SMALL)


def _random_scene(rng: np.random.Generator) -> Mesh:
    """Solids and loose triangles, large and small, in front, behind and around the camera."""
    solids = [
        box(0.5, 0.8, 0.4, RED),
        rounded_box(0.5, 0.4, 0.6, RED, steps=2),
        cylinder(0.2, 0.7, RED, segments=12),
        frustum(0.4, 0.0, 0.6, RED, segments=9),
        torus_part(0.4, 0.1, RED, end_rad=4.0),
        extrusion([(0, 0), (0.9, 0), (0.9, 0.3), (0.3, 0.3), (0.3, 0.9), (0, 0.9)], 0.2, RED),
    ]
    parts = [
        solid.turned(rng.uniform(-3, 3), axis="x").turned(rng.uniform(-3, 3)).moved(*where)
        for solid, where in zip(solids, rng.uniform(-2, 2, (len(solids), 3)), strict=True)
    ]
    loose = rng.uniform(-3, 3, (20, 1, 3)) + rng.uniform(-1, 1, (20, 3, 3)) * rng.choice(
        [0.05, 0.5, 4.0], (20, 1, 1)
    )
    parts.append(Mesh.of(loose.reshape(-1, 3), np.arange(60), RED))
    return merge([part.with_instance(i) for i, part in enumerate(parts)])


def _assert_equals_cast(mesh: Mesh, pose: Transform, camera: CameraIntrinsics) -> None:
    view = Renderer(mesh).render(pose, camera)
    depth, triangle = _cast(mesh, pose, camera)
    ids = np.where(triangle >= 0, mesh.instance_ids[triangle], -1)
    is_same = (view.instance_ids == ids) & (np.abs(view.depth_m - depth) <= 1e-4 + 1e-4 * depth)
    assert is_same.mean() > 0.9985, f"{(~is_same).sum()} of {is_same.size} pixels differ"


def test_degenerate_triangles_draw_nothing() -> None:
    points = np.array([(1, 0, 0), (2, 0, 0), (3, 0, 0), (1, 1, 0), (1, 1, 0), (0, 0, 0)], float)
    mesh = Mesh.of(points, [(0, 1, 2), (0, 3, 4), (1, 1, 1), (5, 0, 1), (0, 1, 3)], RED)
    view = Renderer(mesh).render(LOOK_X, SMALL)
    assert np.isfinite(view.depth_m).all()
    assert (view.instance_ids == -1).mean() > 0.98


def test_neighbouring_triangles_leave_no_gap() -> None:
    grid = np.stack(np.meshgrid(np.linspace(-3, 3, 40), np.linspace(-3, 3, 40)), axis=-1)
    bumps = 2.0 + 0.2 * np.sin(7 * grid[..., :1])
    points = np.concatenate([bumps, grid], axis=-1).reshape(-1, 3)
    cells = [(r * 40 + c, r * 40 + c + 1, r * 40 + c + 41) for r in range(39) for c in range(39)]
    others = [(a, c, c - 1) for a, _, c in cells]
    view = Renderer(Mesh.of(points, cells + others, RED)).render(LOOK_X, SMALL)
    assert (view.instance_ids == 0).all()


def test_same_view_has_the_same_bits_and_its_own_arrays(demo: DemoRecording) -> None:
    first = demo.get_view(3)
    digest = _digest(first)
    demo.get_view(20)
    assert _digest(first) == digest
    assert _digest(demo.get_view(3)) == digest
    assert _digest(DemoRecording(frame_count=40).get_view(3)) == digest


def test_another_process_draws_the_same_bits(demo: DemoRecording) -> None:
    code = (
        "import hashlib; from embodied_mem.envs.house.demo_room import DemoRecording\n"
        "v = DemoRecording(frame_count=40).get_view(11)\n"
        "parts = (v.color, v.depth_m, v.instance_ids)\n"
        "import sys; sys.stdout.write("
        "hashlib.sha256(b''.join(p.tobytes() for p in parts)).hexdigest())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == _digest(demo.get_view(11))


def test_pixels_back_project_into_the_box_of_their_instance(demo: DemoRecording) -> None:
    for index in (2, 14, 25):
        view, pose = demo.get_view(index), demo.get_observation(index).world_from_camera
        points = transform_points(pose, back_project(view.depth_m, demo.intrinsics))
        ids = view.instance_ids[view.depth_m > 0]
        assert len(ids) == view.depth_m.size, "a closed room leaves no pixel empty"
        for instance_id in np.unique(ids):
            extent = demo.scene.get_box(demo.scene.instance_names[instance_id])
            outside = np.maximum(extent.low - points, points - extent.high).max(axis=1)
            assert outside[ids == instance_id].max() < 1e-4


def test_demo_room_agrees_with_open3d_ray_casting(demo: DemoRecording) -> None:
    o3d = pytest.importorskip(
        "open3d", exc_type=ImportError, reason="Open3D is the independent ray caster of this test"
    )
    scene = o3d.t.geometry.RaycastingScene()
    mesh = demo.scene.mesh
    scene.add_triangles(mesh.vertices, mesh.triangles.astype(np.uint32))
    for index in (0, 8, 16, 22, 31, 38):
        view, pose = demo.get_view(index), demo.get_observation(index).world_from_camera
        rays = _rays(pose, demo.intrinsics)
        eyes = np.broadcast_to(pose[:3, 3], rays.shape)
        packed = np.concatenate([eyes, rays], axis=-1).astype(np.float32)
        answer = scene.cast_rays(o3d.core.Tensor(packed))
        depth = answer["t_hit"].numpy()
        triangle = answer["primitive_ids"].numpy().astype(np.int64)
        ids = np.where(np.isfinite(depth), mesh.instance_ids[triangle % mesh.triangle_count], -1)
        assert (np.abs(view.depth_m - depth) <= 1e-3).mean() >= 0.995
        assert (view.instance_ids == ids).mean() >= 0.995


def test_light_tells_the_faces_of_a_box_apart() -> None:
    view = Renderer(box(1, 1, 1, RED)).render(look_at((2.2, 1.4, 2.0), (0, 0, 0.5)), SMALL)
    reds = np.unique(view.color[view.instance_ids == 0][:, 0])
    assert len(reds) == 3
    assert np.diff(np.sort(reds.astype(int))).min() > 5


def test_renderer_refuses_a_pose_that_is_not_rigid() -> None:
    with pytest.raises(PoseError, match="must be rigid"):
        Renderer(_wall(1.0, 1.0)).render(np.diag([2.0, 2.0, 2.0, 1.0]), SMALL)


def test_mesh_names_what_is_wrong() -> None:
    with pytest.raises(InputError, match="index 3 vertices"):
        Mesh.of(np.zeros((3, 3)), [(0, 1, 3)], RED)
    with pytest.raises(InputError, match="finite"):
        Mesh.of(np.full((3, 3), np.nan), [(0, 1, 2)], RED)
    with pytest.raises(InputError, match="more than once"):
        Scene.of([("cup", box(1, 1, 1, RED)), ("cup", box(1, 1, 1, RED))])
    with pytest.raises(InputError, match="counter-clockwise"):
        extrusion([(0, 0), (0, 1), (1, 1), (1, 0)], 1.0, RED)


@pytest.mark.parametrize(
    "mesh",
    [
        box(1, 2, 3, RED),
        rounded_box(1, 2, 3, RED, radius_m=0.2),
        cylinder(1, 2, RED),
        frustum(1, 0.5, 2, RED),
        sphere(1, RED),
        lathe([(0, 0), (1, 0), (1, 1), (0.9, 1), (0.9, 0.1), (0, 0.1)], RED),
        extrusion([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)], 1.0, RED),
    ],
    ids=["box", "rounded_box", "cylinder", "frustum", "sphere", "lathe", "extrusion"],
)
def test_shape_is_closed_and_faces_outwards(mesh: Mesh) -> None:
    solids = find_solids(mesh)
    assert (solids.solid_of_triangle == 0).all()
    assert len(solids.bounds) == 1
    assert _signed_volume(mesh) > 0


def _signed_volume(mesh: Mesh) -> float:
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles].astype(np.float64), 1, 0)
    return float((a * np.cross(b, c)).sum() / 6)


def test_solids_are_told_from_open_surfaces() -> None:
    inside_out = box(1, 1, 1, RED)
    turned = Mesh.of(inside_out.vertices, inside_out.triangles[:, ::-1], RED).moved(5)
    lidless = Mesh.of(inside_out.vertices, inside_out.triangles[2:], RED).moved(-5)
    solids = find_solids(merge([inside_out, turned, lidless, _wall(9.0, 1.0)]))
    assert solids.solid_of_triangle.tolist() == [0] * 12 + [1] * 12 + [-1] * 12
    eye = np.array([20.0, 0.0, 0.5])
    is_outer = solids.planes[:24, :3] @ eye + solids.planes[:24, 3] > 0
    assert is_outer.reshape(2, 12).sum(axis=1).tolist() == [2, 2]


def test_turning_and_moving_commute_with_the_camera() -> None:
    mesh = rounded_box(0.6, 0.4, 0.5, RED)
    seen = Renderer(mesh.turned(0.7).moved(2, 0.1, -0.2)).render(LOOK_X, SMALL)
    cosine, sine = np.cos(0.7), np.sin(0.7)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    world_from_mesh = make_transform(turn, (2, 0.1, -0.2))
    again = Renderer(mesh).render(inverse(world_from_mesh) @ LOOK_X, SMALL)
    np.testing.assert_allclose(seen.depth_m, again.depth_m, atol=2e-6)


def test_demo_recording_is_a_recording_in_order(demo: DemoRecording) -> None:
    assert isinstance(demo, Recording)
    assert demo.info.frame_count == 40
    frames = list(demo.observations(start=37))
    assert [frame.source_index for frame in frames] == [37, 38, 39]
    assert np.diff([frame.stamp_ns for frame in frames]).tolist() == [100_000_000] * 2
    frame = frames[0]
    assert frame.depth is not None
    assert np.abs(frame.depth.metres() - demo.get_view(37).depth_m).max() < 0.000501


def test_demo_camera_goes_through_the_door_and_comes_back(demo: DemoRecording) -> None:
    x = np.array([demo.get_observation(i).world_from_camera[0, 3] for i in range(40)])
    assert x[0] < 6 < x.max()
    assert x[-1] < 6


def test_demo_depth_noise_is_seeded_per_frame() -> None:
    noisy = DemoRecording(frame_count=5, depth_noise_m=0.002)
    from_start = list(noisy.observations())[3].depth
    from_three = next(noisy.observations(start=3)).depth
    assert from_start is not None
    assert from_three is not None
    np.testing.assert_array_equal(from_start.raw, from_three.raw)
    error = from_start.metres() - noisy.get_view(3).depth_m
    assert 0.001 < error.std() < 0.1


def test_every_place_is_seen_on_the_walk(demo: DemoRecording) -> None:
    seen = set()
    for index in range(40):
        ids, counts = np.unique(demo.get_view(index).instance_ids, return_counts=True)
        seen |= {
            demo.scene.instance_names[i]
            for i, count in zip(ids, counts, strict=True)
            if count > 900
        }
    assert set(demo.places) <= seen


def test_furnished_room_depends_on_its_seed_alone() -> None:
    first, again, other = furnished_room(3), furnished_room(3), furnished_room(4)
    np.testing.assert_array_equal(first.mesh.vertices, again.mesh.vertices)
    assert first.instance_names == other.instance_names
    assert 20_000 <= first.mesh.triangle_count <= 60_000
    assert other.mesh.triangle_count != first.mesh.triangle_count
