"""The octree as a map: look-ups, queries, storage, against dictionaries and dense arrays."""

from __future__ import annotations

import numpy as np
import pytest
from octree_reference import (
    ReferenceMap,
    cells_of,
    crossed_cells,
    image_points,
    room_image,
    steps_of,
)

from embodied_mem.core import DepthImage
from embodied_mem.errors import InputError
from embodied_mem.geometry import Box, CameraIntrinsics, look_at
from embodied_mem.spatial.kernels import blocks
from embodied_mem.spatial.octree import FREE, OCCUPIED, UNKNOWN, OccupancyModel, OccupancyOctree

CAMERA = CameraIntrinsics(80, 60, 50.0, 50.0, 39.5, 29.5)
OFFSETS_M = [(0.0, 0.0, 0.0), (-50.0, -7.0, -3.0), (100_000.0, -100_000.0, 50.0)]


def random_clouds(
    rng: np.random.Generator, offset: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Small scans around an offset: (points, origin) pairs."""
    return [
        (offset + rng.uniform(-1.5, 1.5, (40, 3)), offset + rng.uniform(-0.5, 0.5, 3))
        for _ in range(6)
    ]


def random_map(
    seed: int = 3, offset: tuple[float, float, float] = (0, 0, 0)
) -> tuple[OccupancyOctree, ReferenceMap]:
    octree = OccupancyOctree(0.1, max_range_m=1.4)
    reference = ReferenceMap(0.1, 1.4)
    for points, origin in random_clouds(np.random.default_rng(seed), np.array(offset)):
        octree.integrate_points(points, origin)
        reference.insert(points, origin, discretize=True)
    return octree, reference


@pytest.fixture(scope="module")
def room() -> OccupancyOctree:
    """A room seen from three places; 5 cm voxels."""
    octree = OccupancyOctree(0.05)
    for target in ((2.0, 0, 1), (0, 1.5, 0.5), (-2.0, -1, 1)):
        pose = look_at(np.array([0.21, 0.13, 1.2]), np.array(target))
        octree.integrate_depth(room_image(pose, CAMERA), CAMERA, pose)
    return octree


@pytest.mark.parametrize("offset", OFFSETS_M)
def test_lookups_equal_a_dictionary_at_every_level(offset: tuple[float, float, float]) -> None:
    octree, reference = random_map(offset=offset)
    assert steps_of(octree) == reference.steps
    rng = np.random.default_rng(5)
    points = np.array(offset) + rng.uniform(-3, 3, (400, 3))
    cells = np.floor(points / 0.1).astype(int)
    for level in range(17):
        coarse = reference.at_level(level)
        want = [coarse.get((x, y, z), np.nan) for x, y, z in (cells >> level).tolist()]
        np.testing.assert_allclose(
            octree.log_odds(points, level=level), np.array(want) * 0.05, atol=1e-6
        )
        states = [UNKNOWN if np.isnan(w) else OCCUPIED if w > 0 else FREE for w in want]
        assert octree.states(points, level=level).tolist() == states


def test_lookups_stay_right_while_the_map_changes() -> None:
    octree, reference = OccupancyOctree(0.1, max_range_m=2), ReferenceMap(0.1, 2)
    rng = np.random.default_rng(0)
    probes = rng.uniform(-2, 2, (300, 3))
    for points, origin in random_clouds(rng, np.zeros(3)):
        octree.integrate_points(points, origin)
        reference.insert(points, origin, discretize=True)
        for level in (0, 1, 5):
            coarse = reference.at_level(level)
            cells = (np.floor(probes / 0.1).astype(int) >> level).tolist()
            want = np.array([coarse.get((x, y, z), np.nan) for x, y, z in cells]) * 0.05
            np.testing.assert_allclose(octree.log_odds(probes, level=level), want, atol=1e-6)


def test_an_empty_map_knows_nothing() -> None:
    octree = OccupancyOctree()
    for level in (0, 3, 16):
        assert octree.states(np.zeros((2, 3)), level=level).tolist() == [UNKNOWN, UNKNOWN]
    assert len(octree.known().centers) == len(octree.frontier()) == 0
    assert octree.bounds() is None
    assert not octree.cast_rays(np.zeros(3), np.eye(3)).is_hit.any()
    assert octree.within_radius(np.zeros(3), 1.0).shape == (0, 3)


def test_points_out_of_reach_or_not_finite_are_unknown() -> None:
    octree = OccupancyOctree(1.0, max_range_m=8)
    reach_m = float(blocks.VOXEL_LIMIT)
    # One block further along x: the block whose packed key a point beyond y's reach would overflow to.
    near_low = np.array([108.5, -reach_m + 20.5, 0.5])
    octree.integrate_points(near_low[None], near_low + np.array([0.0, 2, 0]))
    points = np.array([[100.5, reach_m + 20.5, 0.5], [np.nan, 0, 0], [np.inf, 0, 0], [1e18, 0, 0]])
    for level in range(17):
        assert octree.states(points, level=level).tolist() == [UNKNOWN] * 4


def test_morton_or_packed_key_round_trips_negative_coordinates() -> None:
    rng = np.random.default_rng(1)
    far = blocks.VOXEL_LIMIT - 200
    corners = np.array(np.meshgrid([-far, -1, 0, far], [-far, -1, 0, far], [-far, -1, 0, far]))
    cells = np.concatenate([corners.reshape(3, -1).T, rng.integers(-far, far, (200, 3))])
    octree = OccupancyOctree(0.05, max_range_m=4)
    for cell in cells:
        center = (cell + 0.5) * 0.05
        octree.integrate_points(center[None], center + 0.001)
    found = cells_of(octree, octree.occupied().centers)
    assert set(found) == {(x, y, z) for x, y, z in cells.tolist()}
    assert (octree.states((cells + 0.5) * 0.05) == OCCUPIED).all()


def test_log_odds_are_clamped_at_both_ends() -> None:
    octree = OccupancyOctree(0.1)
    wall, eye = np.array([[1.05, 0.05, 0.05]]), np.array([0.05, 0.05, 0.05])
    for _ in range(40):
        octree.integrate_points(wall, eye)
    values = octree.known().log_odds
    assert values.min() == pytest.approx(-2.0)
    assert values.max() == pytest.approx(3.5)


def test_saturated_free_is_not_mistaken_for_unknown() -> None:
    """The lowest possible clamp is one step above the value that means unknown."""
    octree = OccupancyOctree(0.1, model=OccupancyModel(low=-6.35))
    pose = look_at(np.array([0.03, 0.02, 1.0]), np.array([2.0, 0, 1.0]))
    image = room_image(pose, CAMERA)
    octree.integrate_depth(image, CAMERA, pose)
    known = octree.known().centers
    for _ in range(40):
        octree.integrate_depth(image, CAMERA, pose)
    free = octree.free()
    assert free.log_odds.min() == pytest.approx(-6.35)
    np.testing.assert_array_equal(octree.known().centers, known)
    octree.prune()
    assert (octree.states(free.centers) == FREE).all()


@pytest.mark.parametrize(
    "model",
    [{"hit": -1.0}, {"miss": 0.1}, {"low": -0.1}, {"high": 0.2}, {"low": -6.4}, {"high": 7}],
)
def test_a_sensor_model_out_of_order_is_refused(model: dict[str, float]) -> None:
    with pytest.raises(InputError, match="low < miss < 0 < hit < high"):
        OccupancyOctree(model=OccupancyModel(**model))


def test_voxel_lists_are_the_dictionary_split_by_sign_and_sorted() -> None:
    octree, reference = random_map()
    occupied = {cell for cell, value in reference.steps.items() if value > 0}
    assert set(cells_of(octree, octree.occupied().centers)) == occupied
    assert set(cells_of(octree, octree.free().centers)) == set(reference.steps) - occupied
    known = cells_of(octree, octree.known().centers)
    assert known == sorted(known, key=lambda c: c[::-1])


@pytest.mark.parametrize("level", [1, 3, 5])
def test_occupied_cells_of_a_level_are_the_cells_over_occupied_voxels(level: int) -> None:
    octree, reference = random_map()
    coarse = {cell: value for cell, value in reference.at_level(level).items() if value > 0}
    found = octree.occupied(level=level)
    cells = np.floor(found.centers / (0.1 * 2**level)).astype(int).tolist()
    got = {(x, y, z): v for (x, y, z), v in zip(cells, found.log_odds / 0.05, strict=True)}
    assert got == pytest.approx(coarse)


def test_box_queries_take_voxels_by_their_centres() -> None:
    octree, _ = random_map()
    known = octree.known().centers
    for box in (Box((-0.72, -0.3, -1), (0.4, 0.99, 0.05)), Box((0, 0, 0), (0.01, 0.01, 0.01))):
        np.testing.assert_array_equal(octree.known(within=box).centers, known[box.contains(known)])
    everywhere = Box((-np.inf, -np.inf, -np.inf), (np.inf, np.inf, np.inf))
    np.testing.assert_array_equal(octree.known(within=everywhere).centers, known)


@pytest.mark.parametrize("radius_m", [0.0, 0.052, 0.33, 1.1, 10.0])
def test_radius_queries_equal_brute_force(room: OccupancyOctree, radius_m: float) -> None:
    occupied = room.occupied().centers
    for center in (np.array([1.9, 0.3, 1.0]), np.array([-0.4, 0.2, 0.1]), occupied[7]):
        want = occupied[np.linalg.norm(occupied - center, axis=1) <= radius_m]
        found = room.within_radius(center, radius_m)
        assert set(cells_of(room, found)) == set(cells_of(room, want))
        assert len(found) == len(want)


def test_frontier_is_free_voxels_beside_unknown_ones() -> None:
    octree, reference = random_map()
    sides = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
    want = {
        (x, y, z)
        for (x, y, z), value in reference.steps.items()
        if value <= 0 and any((x + i, y + j, z + k) not in reference.steps for i, j, k in sides)
    }
    centers = octree.frontier()
    assert set(cells_of(octree, centers)) == want
    octree.prune()
    np.testing.assert_array_equal(octree.frontier(), centers)
    for low, high in ((-0.42, -0.18), (0.08, 0.5), (-np.inf, 0.0)):
        is_between = (centers[:, 2] >= low) & (centers[:, 2] <= high)
        band = octree.frontier(z_low_m=low, z_high_m=high)
        np.testing.assert_array_equal(band, centers[is_between])


def test_frontier_counts_uniform_blocks(room: OccupancyOctree) -> None:
    room.prune()
    assert len(room.known_blocks().uniform_cells) > 20
    known = set(cells_of(room, room.known().centers))
    free = cells_of(room, room.free().centers)
    want = {
        (x, y, z)
        for x, y, z in free
        if not {(x + 1, y, z), (x - 1, y, z), (x, y + 1, z), (x, y - 1, z), (x, y, z + 1), (x, y, z - 1)}
        <= known
    }  # fmt: skip
    assert set(cells_of(room, room.frontier())) == want


def random_rays(count: int, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(count, 3))
    directions[:6] = [*np.eye(3), *-np.eye(3)]
    return rng.uniform(-1.2, 1.2, (count, 3)) + np.array([0, 0, 1.2]), directions


@pytest.mark.parametrize("unknown_blocks", [False, True])
def test_cast_rays_stops_where_marching_in_small_steps_stops(
    room: OccupancyOctree, unknown_blocks: bool
) -> None:
    origins, directions = random_rays(200)
    hits = room.cast_rays(origins, directions, max_range_m=3.0, unknown_blocks=unknown_blocks)
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    stop = {OCCUPIED, UNKNOWN} if unknown_blocks else {OCCUPIED}
    assert hits.is_hit.sum() > 5
    assert hits.is_unknown.any() == unknown_blocks
    for origin, ray, distance, is_hit, is_unknown in zip(
        origins, unit, hits.distance_m, hits.is_hit, hits.is_unknown, strict=True
    ):
        before = origin + np.arange(0, distance - 2e-4, 1e-3)[:, None] * ray
        assert not stop & set(room.states(before).tolist())
        at = int(room.states((origin + (distance + 1e-7) * ray)[None])[0])
        if distance >= 3.0:
            assert not is_hit
            assert not is_unknown
        else:
            assert (is_hit, is_unknown) == (at == OCCUPIED, at == UNKNOWN)


def test_cast_rays_equals_a_traversal_of_the_dictionary() -> None:
    octree, reference = random_map()
    origins, directions = random_rays(200, seed=4)
    hits = octree.cast_rays(origins, directions, max_range_m=2.5)
    for i in range(200):
        end = origins[i] + directions[i] / np.linalg.norm(directions[i]) * 2.5
        cells = crossed_cells(origins[i] / 0.1, end / 0.1)
        first = next((c for c in cells if reference.steps.get(c, 0) > 0), None)
        assert hits.is_hit[i] == (first is not None)
        if first is not None:
            inside = origins[i] + (hits.distance_m[i] + 1e-7) * (end - origins[i]) / 2.5
            assert tuple(np.floor(inside / 0.1).astype(int)) == first


def test_a_ray_from_inside_an_occupied_voxel_hits_at_once(room: OccupancyOctree) -> None:
    hits = room.cast_rays(room.occupied().centers[:5], np.ones((5, 3)))
    assert hits.is_hit.all()
    assert (hits.distance_m == 0).all()


@pytest.mark.parametrize("ray", [(0.0, 0, 0), (np.nan, 0, 1), (np.inf, 0, 0)])
def test_rays_need_a_finite_direction(ray: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="finite and not zero"):
        OccupancyOctree().cast_rays(np.zeros(3), np.array([ray]))


def test_rays_need_a_finite_range_and_origin() -> None:
    octree = OccupancyOctree()
    with pytest.raises(InputError, match="max_range_m must be finite"):
        octree.cast_rays(np.zeros(3), np.eye(3), max_range_m=np.inf)
    with pytest.raises(InputError, match="coordinates must stay within"):
        octree.cast_rays(np.full(3, np.nan), np.eye(3))


def test_prune_keeps_the_map_and_frees_memory(room: OccupancyOctree) -> None:
    octree = OccupancyOctree(0.05)
    octree.load_bytes(room.to_bytes())
    pose = look_at(np.array([0.21, 0.13, 1.2]), np.array([2.0, 0.0, 1.0]))
    points = image_points(room_image(pose, CAMERA), CAMERA, pose)
    for _ in range(6):  # free space reaches its clamp: blocks of one value
        octree.integrate_points(points, pose[:3, 3])
    before, bytes_before = steps_of(octree), octree.byte_count
    assert octree.prune() > 0
    assert steps_of(octree) == before
    assert octree.byte_count < bytes_before
    assert octree.prune() == 0


def test_digest_depends_on_the_content_alone(room: OccupancyOctree) -> None:
    left = (np.array([[-5.0, 0, 0]]), np.array([-4.0, 0.01, 0.01]))
    right = (np.array([[5.0, 0, 0]]), np.array([4.0, 0.01, 0.01]))
    digests = []
    for scans in ((left, right), (right, left)):
        octree = OccupancyOctree(0.05)
        for points, origin in scans:
            octree.integrate_points(points, origin)
        loaded = OccupancyOctree(0.05)
        loaded.load_bytes(octree.to_bytes())
        digests += [octree.digest(), loaded.digest()]
    assert len(set(digests)) == 1
    assert room.digest() not in digests


def test_save_load_continue_equals_an_uninterrupted_run() -> None:
    straight, resumed = OccupancyOctree(0.05), OccupancyOctree(0.05)
    for number, target in enumerate(((2.0, 0, 1), (0, 1.5, 0.5), (2.0, 0.3, 1), (0, 0.2, 0))):
        pose = look_at(np.array([0.21, 0.13, 1.2]), np.array(target))
        straight.integrate_depth(room_image(pose, CAMERA), CAMERA, pose)
        resumed.integrate_depth(room_image(pose, CAMERA), CAMERA, pose)
        stored, resumed = resumed.to_bytes(), OccupancyOctree(0.05)
        resumed.load_bytes(stored)
        assert resumed.digest() == straight.digest(), number
    probes = np.random.default_rng(0).uniform(-2, 2, (500, 3))
    for level in (0, 2, 3, 6):
        np.testing.assert_array_equal(
            resumed.log_odds(probes, level=level), straight.log_odds(probes, level=level)
        )


def test_loading_into_another_resolution_is_refused(room: OccupancyOctree) -> None:
    with pytest.raises(InputError, match=r"0\.05 m voxels"):
        OccupancyOctree(0.1).load_bytes(room.to_bytes())


def test_known_blocks_spell_out_the_whole_map(room: OccupancyOctree) -> None:
    content = room.known_blocks()
    count = int((~np.isnan(content.leaf_log_odds)).sum()) + 512 * len(content.uniform_cells)
    assert count == len(room.known().log_odds)


@pytest.mark.parametrize("resolution_m", [0.0, -1.0, float("nan"), 1e9])
def test_resolution_and_range_must_make_sense(resolution_m: float) -> None:
    with pytest.raises(InputError, match="resolution_m"):
        OccupancyOctree(resolution_m)
    with pytest.raises(InputError, match="max_range_m"):
        OccupancyOctree(max_range_m=float("inf"))


def test_input_that_does_not_fit_is_refused() -> None:
    octree = OccupancyOctree()
    with pytest.raises(InputError, match=r"points must be \(N, 3\)"):
        octree.integrate_points(np.zeros(3), np.zeros(3))
    with pytest.raises(InputError, match="finite"):
        octree.integrate_points(np.full((1, 3), np.nan), np.zeros(3))
    with pytest.raises(InputError, match="subtract an origin"):
        octree.integrate_points(np.full((1, 3), 1e7), np.zeros(3))
    with pytest.raises(InputError, match="intrinsics say otherwise"):
        octree.integrate_depth(DepthImage(np.ones((60, 81), np.uint16)), CAMERA, np.eye(4))
    with pytest.raises(InputError, match=r"\(4, 4\)"):
        octree.integrate_depth(DepthImage(np.ones((60, 80), np.uint16)), CAMERA, np.eye(3))
    with pytest.raises(InputError, match="level"):
        octree.states(np.zeros((1, 3)), level=17)
    with pytest.raises(InputError, match="radius"):
        octree.within_radius(np.zeros(3), -1)
    assert octree.block_count == 0
