"""The 3D cache: which keyframes saw what, against brute force on walls and rooms."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from octree_reference import image_points, room_image

from embodied_mem.core import DepthImage
from embodied_mem.errors import InputError
from embodied_mem.geometry import CameraIntrinsics, look_at, make_transform
from embodied_mem.spatial.cache3d import FrameVotes, SurfaceCache
from embodied_mem.spatial.kernels import surface_store, surface_votes

CAMERA = CameraIntrinsics(80, 60, 60.0, 60.0, 39.5, 29.5)
AHEAD = make_transform(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), np.zeros(3))
"""A level camera at the origin that looks along the world's x axis."""
RED, BLUE = (np.full((60, 80, 3), color, np.uint8) for color in ((255, 0, 0), (0, 0, 255)))


def wall(distance_m: float) -> DepthImage:
    return DepthImage(np.full((60, 80), round(distance_m * 1000), np.uint16))


def at(x_m: float = 0.0, y_m: float = 0.0) -> np.ndarray:
    pose = AHEAD.copy()
    pose[:2, 3] = x_m, y_m
    return pose


def new_cache() -> SurfaceCache:
    return SurfaceCache(0.1, max_range_m=8.0, stride_px=1)


def as_dict(votes: FrameVotes) -> dict[int, float]:
    return dict(zip(votes.frames.tolist(), votes.shares.tolist(), strict=True))


@pytest.fixture(scope="module")
def room() -> SurfaceCache:
    cache = SurfaceCache(0.05, stride_px=1)
    rng = np.random.default_rng(0)
    for frame in range(12):
        eye = np.array([*rng.uniform(-0.5, 0.5, 2), 1.2])
        pose = look_at(eye, eye + np.array([np.cos(frame), np.sin(frame), -0.1]))
        cache.add(frame, room_image(pose, CAMERA), None, CAMERA, pose)
    return cache


def test_an_empty_cache_has_seen_nothing() -> None:
    cache = new_cache()
    assert cache.seen_from(AHEAD, CAMERA).known_share == 0
    assert len(cache.seen_from(AHEAD, CAMERA).frames) == 0
    assert cache.overlap(wall(2), CAMERA, AHEAD).known_share == 0
    assert cache.seeing(np.zeros(3)).frames.tolist() == []
    assert len(cache.surface().points) == 0
    assert not cache.depth_from(AHEAD, CAMERA).any()


def test_surface_points_are_the_means_of_their_voxels() -> None:
    cache = new_cache()
    depth = wall(2.03)
    cache.add(0, depth, RED, CAMERA, AHEAD)
    points = image_points(depth, CAMERA, AHEAD)
    cells, member = np.unique(np.floor(points / 0.1).astype(int), axis=0, return_inverse=True)
    sums = np.zeros((len(cells), 3))
    np.add.at(sums, member.ravel(), points)
    means = sums / np.bincount(member.ravel())[:, None]
    got = cache.surface()
    order = np.lexsort(np.floor(got.points / 0.1).astype(int).T[::-1])
    assert len(got.points) == len(means)
    np.testing.assert_allclose(got.points[order], means, atol=1e-4)
    assert (got.colors == (255, 0, 0)).all()


def test_depth_from_the_same_pose_is_the_depth_that_went_in() -> None:
    cache = SurfaceCache(0.05, stride_px=1)
    pose = look_at(np.array([0.2, 0.1, 1.2]), np.array([2.0, 0.3, 1.0]))
    image = room_image(pose, CAMERA)
    cache.add(0, image, None, CAMERA, pose)
    depth = cache.depth_from(pose, CAMERA)
    assert (depth > 0).mean() > 0.99
    error_m = np.abs(depth - image.metres())[depth > 0]
    assert np.median(error_m) < 0.05
    assert np.quantile(error_m, 0.95) < 0.15


def test_votes_are_counted_per_visible_pixel() -> None:
    """Three walls side by side, each seen by other frames."""
    cache = new_cache()
    for frame, y_m in enumerate((0.0, 0.0, 20.0, 0.0, 20.0)):
        cache.add(frame, wall(2), None, CAMERA, at(y_m=y_m))
    votes = cache.seen_from(at(), CAMERA, k=10)
    assert as_dict(votes) == {0: 1.0, 1: 1.0, 3: 1.0}
    assert votes.known_share > 0.95
    assert as_dict(cache.seen_from(at(y_m=20), CAMERA)) == {2: 1.0, 4: 1.0}
    assert cache.seen_from(at(y_m=-20), CAMERA).known_share == 0


def test_votes_equal_brute_force_over_the_owners_of_pixels() -> None:
    """Each frame sees a part of one wall; the wall is 4 m away and nothing hides it."""
    cache = new_cache()
    seen_by: dict[tuple[int, ...], set[int]] = {}
    for frame, y_m in enumerate((-2.0, -1.0, 0.0, 0.7, 1.9)):
        depth = wall(4.03)
        depth.raw[:, :11] = 0
        cache.add(frame, depth, None, CAMERA, at(y_m=y_m))
        for cell in np.floor(image_points(depth, CAMERA, at(y_m=y_m)) / 0.1).astype(int).tolist():
            seen_by.setdefault(tuple(cell), set()).add(frame)
    points = image_points(wall(4.03), CAMERA, at(y_m=0.3))
    counts: Counter[int] = Counter()
    known = 0
    for cell in np.floor(points / 0.1).astype(int).tolist():
        frames = seen_by.get(tuple(cell), set())
        known += bool(frames)
        counts.update(frames)
    votes = cache.seen_from(at(y_m=0.3), CAMERA, k=10)
    want = {frame: count / known for frame, count in counts.items()}
    assert as_dict(votes) == pytest.approx(want, abs=0.03), "splats reach half a voxel farther"
    assert votes.shares.tolist() == sorted(votes.shares, reverse=True)


def test_overlap_equals_brute_force_over_points() -> None:
    cache = new_cache()
    cache.add(0, wall(4.03), None, CAMERA, at())
    depth = wall(4.03)
    votes = cache.overlap(depth, CAMERA, at(y_m=2.0), stride_px=1)
    first = image_points(depth, CAMERA, at())
    second = image_points(depth, CAMERA, at(y_m=2.0))
    cells = {tuple(c) for c in np.floor(first / 0.1).astype(int).tolist()}
    want = np.mean([tuple(c) in cells for c in np.floor(second / 0.1).astype(int).tolist()])
    assert votes.known_share == pytest.approx(want, abs=0.03), "one voxel of tolerance at the edge"
    assert as_dict(votes) == {0: 1.0}


def test_a_wall_hides_the_frames_behind_it() -> None:
    cache = new_cache()
    cache.add(0, wall(2), None, CAMERA, at(x_m=5.0))  # a wall at x = 7, seen from x = 5
    assert 0 in cache.seen_from(at(), CAMERA).frames
    cache.add(1, wall(3), None, CAMERA, at())  # a nearer wall at x = 3
    votes = cache.seen_from(at(), CAMERA)
    assert as_dict(votes) == {1: 1.0}
    assert as_dict(cache.seen_from(at(x_m=4.5), CAMERA)) == {0: 1.0}


def test_k_keeps_the_best_and_ties_go_by_number() -> None:
    cache = new_cache()
    for frame in range(6):
        depth = wall(2)
        depth.raw[:, : 10 * (frame // 2)] = 0
        cache.add(frame, depth, None, CAMERA, at())
    assert cache.seen_from(at(), CAMERA, k=4).frames.tolist() == [0, 1, 2, 3]


def test_range_limits_what_is_asked() -> None:
    cache = new_cache()
    cache.add(0, wall(4), None, CAMERA, at())
    assert cache.seen_from(at(), CAMERA, max_range_m=3.0).known_share == 0
    cache.add(1, wall(9), None, CAMERA, at())
    assert 1 not in cache.seen_from(at(x_m=3), CAMERA, max_range_m=20.0).frames


def test_a_full_block_forgets_its_oldest_keyframe_only() -> None:
    cache = new_cache()
    for frame in range(surface_store.SLOTS):
        cache.add(frame, wall(2), None, CAMERA, at())
    everything = set(range(surface_store.SLOTS))
    assert set(cache.seen_from(at(), CAMERA, k=100).frames.tolist()) == everything
    cache.add(surface_store.SLOTS, wall(2), None, CAMERA, at())
    seen = as_dict(cache.seen_from(at(), CAMERA, k=100))
    assert set(seen) == everything - {0} | {surface_store.SLOTS}
    assert set(seen.values()) == {1.0}
    for frame in range(surface_store.SLOTS + 1, 150):
        cache.add(frame, wall(2), None, CAMERA, at())
    seen = as_dict(cache.seen_from(at(), CAMERA, k=100))
    assert set(seen) == set(range(150 - surface_store.SLOTS, 150))


def test_forgetting_is_per_block() -> None:
    cache = new_cache()
    cache.add(0, wall(2), None, CAMERA, at(y_m=20))
    for frame in range(1, 80):
        cache.add(frame, wall(2), None, CAMERA, at())
    assert as_dict(cache.seen_from(at(y_m=20), CAMERA)) == {0: 1.0}


def visited_voxels(cache: SurfaceCache, pose: np.ndarray) -> tuple[int, int]:
    """Voxels that `seen_from` looks at, and stored voxels."""
    depth, owner = np.empty((60, 80), np.float32), np.empty((60, 80), np.int32)
    camera = (CAMERA.fx_px, CAMERA.fy_px, CAMERA.cx_px, CAMERA.cy_px)
    bounds = cache._bounds(camera, pose, 60, 80)
    walked = surface_votes.splat(cache._store, camera, pose, 0.1, 8.0, bounds, depth, owner)
    return int(walked), cache.voxel_count


def test_the_cost_of_seen_from_does_not_grow_with_the_history() -> None:
    cache = new_cache()
    cache.add(0, wall(2), None, CAMERA, at())
    visited, bytes_before = visited_voxels(cache, at()), cache.byte_count
    for frame in range(1, 300):
        cache.add(frame, wall(2), None, CAMERA, at())
    assert visited_voxels(cache, at()) == visited, "more looks at the same wall"
    assert cache.byte_count == bytes_before
    for frame in range(300, 330):
        cache.add(frame, wall(2), None, CAMERA, at(y_m=20.0 + frame))
    assert visited_voxels(cache, at())[0] == visited[0], "other places"
    assert len(cache.seen_from(at(), CAMERA, k=1000).frames) <= surface_store.SLOTS


def test_a_surface_that_is_seen_through_goes_and_a_new_one_takes_its_place() -> None:
    cache = new_cache()
    cache.add(0, wall(2), RED, CAMERA, at())
    for frame in range(1, 1 + surface_store.GONE_AFTER):
        assert (np.abs(cache.surface().points[:, 0] - 2) < 0.1).any()
        cache.add(frame, wall(4), BLUE, CAMERA, at())
    inner = np.abs(cache.surface().points[:, 1:]).max(axis=1) < 0.8
    assert (cache.surface().points[inner, 0] > 3.8).all()
    centre = as_dict(cache.seeing(np.array([2.0, 0.05, 0.05])))
    assert centre == {}
    cache.add(9, wall(2), BLUE, CAMERA, at())
    assert as_dict(cache.seeing(np.array([2.0, 0.05, 0.05]))) == {9: 1.0}
    at_two = cache.surface().points[:, 0] < 2.2
    is_middle = np.abs(cache.surface().points[:, 1:]).max(axis=1) < 0.8
    assert (cache.surface().colors[at_two & is_middle] == (0, 0, 255)).all()


def test_a_glance_past_a_surface_does_not_wear_it_away() -> None:
    """Misses must come in a row; a new look at the surface starts the count again."""
    cache = new_cache()
    for frame in range(12):
        cache.add(frame, wall(4 if frame % surface_store.GONE_AFTER else 2), None, CAMERA, at())
    seen = cache.seeing(np.array([2.0, 0.05, 0.05])).frames.tolist()
    assert seen == [0, 3, 6, 9]


def test_a_gap_in_the_depth_does_not_see_through() -> None:
    cache = new_cache()
    cache.add(0, wall(2), None, CAMERA, at())
    empty = DepthImage(np.zeros((60, 80), np.uint16))
    before = cache.surface().points
    for frame in range(1, 6):
        cache.add(frame, empty, None, CAMERA, at())
    np.testing.assert_array_equal(cache.surface().points, before)


def test_seeing_a_point_or_a_ball_around_it() -> None:
    cache = new_cache()
    cache.add(0, wall(2.05), None, CAMERA, at())
    cache.add(1, wall(2.05), None, CAMERA, at(y_m=20))
    assert as_dict(cache.seeing(np.array([2.05, 0.05, 0.05]))) == {0: 1.0}
    assert as_dict(cache.seeing(np.array([2.05, 20.05, 0.05]))) == {1: 1.0}
    assert as_dict(cache.seeing(np.array([1.0, 0.05, 0.05]))) == {}
    assert as_dict(cache.seeing(np.array([1.6, 0.05, 0.05]), radius_m=0.5)) == {0: 1.0}
    assert as_dict(cache.seeing(np.array([1.0, 0.05, 0.05]), radius_m=0.5)) == {}
    with pytest.raises(InputError, match="finite"):
        cache.seeing(np.array([np.nan, 0, 0]))


def test_save_and_load_keep_digest_answers_and_the_future(room: SurfaceCache) -> None:
    loaded = SurfaceCache(0.05, stride_px=1)
    loaded.load_bytes(room.to_bytes())
    assert loaded.digest() == room.digest()
    pose = look_at(np.array([0.1, 0.1, 1.2]), np.array([2.0, 0.0, 1.0]))
    first, second = room.seen_from(pose, CAMERA), loaded.seen_from(pose, CAMERA)
    np.testing.assert_array_equal(first.frames, second.frames)
    np.testing.assert_array_equal(first.shares, second.shares)
    again = SurfaceCache(0.05, stride_px=1)
    again.load_bytes(loaded.to_bytes())
    for cache in (loaded, again):
        cache.add(12, room_image(pose, CAMERA), None, CAMERA, pose)
    assert loaded.digest() == again.digest() != room.digest()


def test_loading_another_resolution_is_refused(room: SurfaceCache) -> None:
    with pytest.raises(InputError, match=r"0\.05 m voxels"):
        SurfaceCache(0.1).load_bytes(room.to_bytes())


def test_growing_during_a_frame_gives_the_same_cache() -> None:
    tiny, roomy = SurfaceCache(0.03, stride_px=1), SurfaceCache(0.03, stride_px=1)
    tiny._store = surface_store.empty_store(2, 1)
    roomy._store = surface_store.empty_store(1 << 14, 1 << 17)
    for frame in range(3):
        pose = look_at(np.array([0.2, 0.1, 1.2]), np.array([2.0, 0.3 * frame, 1.0]))
        for cache in (tiny, roomy):
            cache.add(frame, room_image(pose, CAMERA), None, CAMERA, pose)
    assert tiny.digest() == roomy.digest()


@pytest.mark.parametrize("step", [1, 2, 4])
def test_color_may_be_reduced_by_a_whole_number(step: int) -> None:
    color = np.zeros((60, 80, 3), np.uint8)
    color[:, :40] = (255, 0, 0)  # left half of the image, y > 0
    color[:, 40:] = (0, 0, 255)
    cache = new_cache()
    cache.add(0, wall(2), color[::step, ::step], CAMERA, at())
    points, colors = cache.surface()
    assert (colors[points[:, 1] > 0.15] == (255, 0, 0)).all()
    assert (colors[points[:, 1] < -0.15] == (0, 0, 255)).all()


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_color_of_an_odd_or_tiny_image_may_be_reduced_too(step: int) -> None:
    for width, height in ((8, 6), (5, 9), (1, 1), (50, 37)):
        camera = CameraIntrinsics(width, height, 10.0, 10.0, width / 2, height / 2)
        color = np.full((height, width, 3), 7, np.uint8)[::step, ::step]
        cache = new_cache()
        depth = DepthImage(np.full((height, width), 1000, np.uint16))
        cache.add(0, depth, color, camera, at())
        assert (cache.surface().colors == 7).all()


@pytest.mark.parametrize("shape", [(120, 160, 3), (60, 40, 3), (50, 80, 3), (60, 80), (60, 80, 4)])
def test_color_that_does_not_fit_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="whole number"):
        new_cache().add(0, wall(2), np.zeros(shape, np.uint8), CAMERA, at())


def test_negative_and_far_coordinates_work_like_near_ones() -> None:
    for offset in (-30.0, 50_000.0):
        cache = new_cache()
        cache.add(0, wall(2), None, CAMERA, at(offset, -offset))
        votes = cache.seen_from(at(offset, -offset), CAMERA)
        assert as_dict(votes) == {0: 1.0}
        assert votes.known_share > 0.95
