"""How scans change the octree: against OctoMap itself, brute force, and an analytic room."""

from __future__ import annotations

import numpy as np
import pytest
from octomap_reader import log_odds_of, new_tree
from octree_reference import (
    ROOM,
    ReferenceMap,
    cells_of,
    image_points,
    room_depth_m,
    room_image,
    steps_of,
)

from embodied_mem.core import DepthImage
from embodied_mem.geometry import (
    CameraIntrinsics,
    inverse,
    look_at,
    make_transform,
    project,
    transform_points,
)
from embodied_mem.spatial.kernels import blocks
from embodied_mem.spatial.octree import FREE, UNKNOWN, OccupancyOctree

CAMERA = CameraIntrinsics(80, 60, 50.0, 50.0, 39.5, 29.5)
EYE = np.array([0.21, 0.13, 1.2])
TARGETS = [np.array(t) for t in ((2.0, 0, 1), (0, 1.5, 0.5), (-2.0, -1, 1))]
TABLE = (np.array([0.9, -0.4, 0.0]), np.array([1.4, 0.5, 0.8]))
FORWARD = make_transform(
    np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.array([0.03, 0.02, 0.04])
)
"""A level camera that looks along the world's x axis."""


def room_scans() -> list[tuple[DepthImage, np.ndarray]]:
    poses = [look_at(EYE, target) for target in TARGETS]
    return [(room_image(pose, CAMERA, [TABLE]), pose) for pose in poses]


def small_start(octree: OccupancyOctree) -> OccupancyOctree:
    octree._store = blocks.empty_store(2, 1)
    octree._touched = np.zeros(1, np.int32)
    return octree


# -- ray traversal -------------------------------------------------------------------------------


@pytest.mark.parametrize("discretize", [True, False])
@pytest.mark.parametrize("max_range_m", [10.0, 1.3])
def test_ray_integration_equals_octomap_on_random_clouds(
    discretize: bool, max_range_m: float
) -> None:
    pytest.importorskip("pyoctomap")
    rng = np.random.default_rng(0)
    octree, tree = OccupancyOctree(0.1, max_range_m=max_range_m), new_tree(0.1)
    for _ in range(6):
        points = rng.uniform(-2, 2, (150, 3)).astype(np.float32).astype(np.float64)
        origin = rng.uniform(-0.5, 0.5, 3).astype(np.float32).astype(np.float64)
        octree.integrate_points(points, origin, discretize=discretize)
        tree.insertPointCloud(points, origin, max_range=max_range_m, discretize=discretize)
    want = log_odds_of(tree)
    got = {cell: value * 0.05 for cell, value in steps_of(octree).items()}
    assert set(got) == set(want), "the same voxels are known"
    assert got == pytest.approx(want, abs=1e-4)


@pytest.mark.parametrize("discretize", [True, False])
@pytest.mark.parametrize("max_range_m", [10.0, 1.3])
def test_ray_integration_equals_octomap_on_depth_images(
    discretize: bool, max_range_m: float
) -> None:
    """OctoMap rounds voxel centres to float32: 1 voxel in 1000 may fall to a neighbour."""
    pytest.importorskip("pyoctomap")
    octree, tree = OccupancyOctree(0.1, max_range_m=max_range_m), new_tree(0.1)
    for image, pose in room_scans():
        points = image_points(image, CAMERA, pose)
        octree.integrate_points(points, pose[:3, 3], discretize=discretize)
        tree.insertPointCloud(
            points, pose[:3, 3].copy(), max_range=max_range_m, discretize=discretize
        )
    want, got = log_odds_of(tree), steps_of(octree)
    assert len(set(want) ^ set(got)) <= 1e-3 * len(want)
    shared = set(want) & set(got)
    assert sum((want[c] > 0) != (got[c] > 0) for c in shared) <= 1e-3 * len(want)


@pytest.mark.parametrize("discretize", [True, False])
@pytest.mark.parametrize("offset_m", [0.0, -77.7, 100_000.0])
def test_ray_integration_equals_brute_force_anywhere(discretize: bool, offset_m: float) -> None:
    rng = np.random.default_rng(1)
    octree, reference = OccupancyOctree(0.05, max_range_m=1.1), ReferenceMap(0.05, 1.1)
    for _ in range(4):
        points = offset_m + rng.uniform(-1, 1, (60, 3))
        origin = offset_m + rng.uniform(-0.3, 0.3, 3)
        octree.integrate_points(points, origin, discretize=discretize)
        reference.insert(points, origin, discretize=discretize)
    assert steps_of(octree) == reference.steps


def test_a_scan_counts_each_voxel_once_and_occupied_wins() -> None:
    octree = OccupancyOctree(0.1)
    # Two points in one voxel, and a ray that crosses this voxel on its way to a third.
    points = np.array([[1.02, 0.05, 0.05], [1.07, 0.05, 0.05], [2.05, 0.05, 0.05]])
    assert octree.integrate_points(points, np.array([0.05, 0.05, 0.05])) == 2
    assert octree.log_odds(points[:1])[0] == pytest.approx(0.85)


def test_an_empty_cloud_changes_nothing() -> None:
    octree = OccupancyOctree()
    assert octree.integrate_points(np.zeros((0, 3)), np.zeros(3)) == 0
    assert len(octree.known().centers) == 0


# -- growth --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["projective", "ray", "discretized ray"])
def test_growing_during_a_frame_gives_the_same_map(mode: str) -> None:
    tiny, roomy = small_start(OccupancyOctree(0.04)), OccupancyOctree(0.04)
    roomy._grow(1 << 15, 1 << 15)
    for image, pose in room_scans():
        for octree in (tiny, roomy):
            if mode == "projective":
                octree.integrate_depth(image, CAMERA, pose)
            else:
                points = image_points(image, CAMERA, pose)
                octree.integrate_points(points, pose[:3, 3], discretize=mode != "ray")
        assert tiny.digest() == roomy.digest()


# -- projective ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stride_px", [1, 3])
def test_surface_voxels_are_those_of_the_points(stride_px: int) -> None:
    """Float32 inside: at most 1 voxel in 1000 differs, by a rounding at its face."""
    octree = OccupancyOctree(0.05)
    image, pose = room_scans()[0]
    hit_count = octree.integrate_depth(image, CAMERA, pose, stride_px=stride_px)
    raw = np.zeros_like(image.raw)
    raw[::stride_px, ::stride_px] = image.raw[::stride_px, ::stride_px]
    points = image_points(DepthImage(raw, image.unit_m), CAMERA, pose)
    want = set(cells_of(octree, points))
    got = set(cells_of(octree, octree.occupied().centers))
    assert len(want ^ got) <= 1e-3 * len(want)
    assert hit_count == len(got)


def test_nothing_is_free_behind_a_surface() -> None:
    """Free voxels may reach over a wall by half a voxel, as a ray through their corner may do."""
    octree = OccupancyOctree(0.05)
    for image, pose in room_scans():
        octree.integrate_depth(image, CAMERA, pose)
    free = octree.free().centers
    slack = 0.5 * 0.05 + 1e-6
    assert ((free >= ROOM[0] - slack) & (free <= ROOM[1] + slack)).all()
    inside_table = ((free > TABLE[0] + slack) & (free < TABLE[1] - slack)).all(axis=1)
    assert not inside_table.any()


def test_the_shadow_of_an_object_stays_unknown() -> None:
    image, pose = room_scans()[0]
    octree = OccupancyOctree(0.05)
    octree.integrate_depth(image, CAMERA, pose)
    rng = np.random.default_rng(0)
    probes = rng.uniform((1.45, -0.3, 0.05), (1.95, 0.4, 0.35), (500, 3))
    pixels, is_inside = project(transform_points(inverse(pose), probes), CAMERA)
    probes, pixels = probes[is_inside], pixels[is_inside]
    u, v = np.rint(pixels).astype(int).T
    without = room_depth_m(pose, CAMERA)
    with_table = room_depth_m(pose, CAMERA, [TABLE])
    is_shadowed = np.array(
        [
            (with_table < without - 0.1)[max(j - 4, 0) : j + 5, max(i - 4, 0) : i + 5].all()
            for i, j in zip(u, v, strict=True)
        ]
    )
    assert is_shadowed.sum() > 50
    assert set(octree.states(probes[is_shadowed]).tolist()) == {UNKNOWN}


def test_projective_agrees_with_ray_mode() -> None:
    """At least 91 % of what rays know is known, 99.5 % of what it knows rays know, 99.9 % agree.

    The missing ones are crossed by a ray only through a corner, near surfaces and image borders.
    """
    camera = CameraIntrinsics(160, 120, 100.0, 100.0, 79.5, 59.5)
    projective, ray = OccupancyOctree(0.05), OccupancyOctree(0.05)
    for target in TARGETS:
        pose = look_at(EYE, target)
        image = room_image(pose, camera)
        projective.integrate_depth(image, camera, pose)
        ray.integrate_points(image_points(image, camera, pose), pose[:3, 3], discretize=False)
    ours, rays = steps_of(projective), steps_of(ray)
    shared = set(ours) & set(rays)
    assert len(shared) >= 0.91 * len(rays)
    assert len(shared) >= 0.995 * len(ours)
    assert sum((ours[c] > 0) == (rays[c] > 0) for c in shared) >= 0.999 * len(shared)
    occupied = [{c for c, v in steps.items() if v > 0} for steps in (ours, rays)]
    assert len(occupied[0] ^ occupied[1]) <= 1e-3 * len(occupied[1])


def test_every_voxel_well_inside_the_view_becomes_known() -> None:
    """Known-set coverage by brute force: centres in view and a voxel before all depths around."""
    octree = OccupancyOctree(0.05)
    image, pose = room_scans()[0]
    octree.integrate_depth(image, CAMERA, pose)
    probes = np.random.default_rng(0).uniform(ROOM[0], ROOM[1], (20_000, 3))
    centers = (np.floor(probes / 0.05) + 0.5) * 0.05
    in_camera = transform_points(inverse(pose), centers)
    pixels, is_inside = project(in_camera, CAMERA)
    u, v = np.rint(pixels[is_inside]).astype(int).T
    depth = np.pad(image.metres(), 2, mode="edge")
    nearest = np.min([depth[v + j, u + i] for i in range(5) for j in range(5)], axis=0)
    is_before = in_camera[is_inside, 2] < nearest - 0.05
    is_before &= in_camera[is_inside, 2] > 0.05
    assert is_before.sum() > 1000
    assert (octree.states(centers[is_inside][is_before]) == FREE).all()


def test_an_image_without_returns_frees_nothing() -> None:
    octree = OccupancyOctree()
    assert octree.integrate_depth(DepthImage(np.zeros((60, 80), np.uint16)), CAMERA, FORWARD) == 0
    assert len(octree.known().centers) == 0


def test_a_depth_gap_frees_nothing_behind_itself() -> None:
    raw = np.full((60, 80), 3000, np.uint16)
    raw[:, 24:56] = 0
    octree = OccupancyOctree(0.05)
    octree.integrate_depth(DepthImage(raw), CAMERA, FORWARD)
    free = octree.free().centers
    pixels, _ = project(transform_points(inverse(FORWARD), free), CAMERA)
    depth = free[:, 0] - FORWARD[0, 3]
    # The footprint of a voxel: 1.75 of its width in pixels, rounded up to a pyramid cell.
    footprint_px = 2 * 1.75 * CAMERA.fx_px * 0.05 / depth
    is_in_gap = (pixels[:, 0] > 23.5 + footprint_px) & (pixels[:, 0] < 55.5 - footprint_px)
    assert not is_in_gap[depth > 0.5].any()
    assert (depth > 2).sum() > 100


def test_free_space_ends_at_the_range_and_hits_too() -> None:
    octree = OccupancyOctree(0.1, max_range_m=3.0)
    octree.integrate_depth(DepthImage(np.full((60, 80), 6000, np.uint16)), CAMERA, FORWARD)
    free = octree.free().centers
    reach = free[:, 0].max() - FORWARD[0, 3]
    assert 2.7 < reach < 3.0
    assert len(octree.occupied().centers) == 0


def test_nothing_behind_the_camera_becomes_known() -> None:
    """Also on its axis, where a point behind projects into the image."""
    octree = OccupancyOctree(0.1)
    pose = FORWARD.copy()
    pose[:3, 3] = (0.35, 0.05, 0.05)
    octree.integrate_depth(DepthImage(np.full((60, 80), 3000, np.uint16)), CAMERA, pose)
    assert octree.known().centers[:, 0].min() >= 0.35 - 1e-9


@pytest.mark.parametrize(
    "size", [(1, 1), (2, 3), (15, 17), (16, 16), (31, 33), (97, 41), (120, 68), (7, 130)]
)
def test_any_image_size_maps_the_same_wall(size: tuple[int, int]) -> None:
    height, width = size
    focal_px = 0.7 * max(size)
    camera = CameraIntrinsics(width, height, focal_px, focal_px, (width - 1) / 2, (height - 1) / 2)
    octree = OccupancyOctree(0.05)
    depth = DepthImage(np.full(size, 1510, np.uint16))
    octree.integrate_depth(depth, camera, FORWARD)
    want = set(cells_of(octree, image_points(depth, camera, FORWARD)))
    assert set(cells_of(octree, octree.occupied().centers)) == want
    free = octree.free().centers
    assert (free[:, 0] < FORWARD[0, 3] + 1.51).all()
    _, is_inside = project(transform_points(inverse(FORWARD), free), camera)
    is_far = free[:, 0] > 0.8
    assert is_inside[is_far].mean() > 0.5 or min(size) < 3
    if min(size) > 10:
        on_axis = np.array([[x, 0.02, 0.04] for x in np.arange(0.3, 1.4, 0.05)])
        assert (octree.states(on_axis) == FREE).all()


def test_two_image_sizes_take_turns_without_a_trace() -> None:
    """Scratch arrays are per size: a mixed run equals one that starts afresh for every frame."""
    small = CameraIntrinsics(33, 17, 20.0, 20.0, 16.0, 8.0)
    mixed, fresh = OccupancyOctree(0.05), OccupancyOctree(0.05)
    for number, target in enumerate([*TARGETS, *TARGETS]):
        camera = (CAMERA, small)[number % 2]
        pose = look_at(EYE, target)
        mixed.integrate_depth(room_image(pose, camera), camera, pose)
        stored, fresh = fresh.to_bytes(), OccupancyOctree(0.05)
        fresh.load_bytes(stored)
        fresh.integrate_depth(room_image(pose, camera), camera, pose)
    assert mixed.digest() == fresh.digest()


def test_the_depth_unit_does_not_matter() -> None:
    digests = set()
    for unit_m in (0.001, 0.0005):
        octree = OccupancyOctree(0.05)
        raw = np.full((60, 80), round(1.5 / unit_m), np.uint16)
        octree.integrate_depth(DepthImage(raw, unit_m), CAMERA, FORWARD)
        digests.add(octree.digest())
    assert len(digests) == 1


def test_a_far_camera_maps_like_a_near_one() -> None:
    """100 km away, by whole blocks: the same map, moved."""
    near, far = OccupancyOctree(0.05), OccupancyOctree(0.05)
    shift = np.array([100_000.0, -100_000.0, 0.0])
    image, pose = room_scans()[0]
    moved = pose.copy()
    moved[:3, 3] += shift
    near.integrate_depth(image, CAMERA, pose)
    far.integrate_depth(image, CAMERA, moved)
    cells = np.array(cells_of(near, near.known().centers))
    there = far.states((cells + np.rint(shift / 0.05) + 0.5) * 0.05)
    here = near.states((cells + 0.5) * 0.05)
    assert (there == here).mean() > 0.999
    assert abs(len(far.known().centers) - len(cells)) < 1e-3 * len(cells)
