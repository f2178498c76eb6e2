"""Free space, collisions and distances for the robot."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest

from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.grid_search import STEPS, spread
from embodied_mem.envs.house.navigation import NavigationMap
from embodied_mem.envs.house.obstacles import distances_m, segment_distances_m
from embodied_mem.envs.house.world import Door, House, Room

SEEDS = (0, 1, 2, 3, 4, 5)


def two_rooms() -> House:
    """Rooms of 3 x 3 m side by side with a door of 0.9 m between them; no furniture."""
    rooms = (
        Room("hall_0", "hall", ((0.0, 0.0, 3.0, 3.0),)),
        Room("office_0", "office", ((3.12, 0.0, 6.12, 3.0),)),
    )
    door = Door("door_0", ("hall_0", "office_0"), (3.06, 1.5), 0.9, 2.05, False)
    return House(0, rooms, (door,), (), (), start=(1.0, 1.0, 0.0))


@pytest.fixture(scope="module")
def maps() -> dict[int, NavigationMap]:
    return {seed: NavigationMap(generate_house(seed)) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_room_is_reachable(maps: dict[int, NavigationMap], seed: int) -> None:
    points = maps[seed].reachable_points()
    for room in generate_house(seed).rooms:
        inside = [
            ((points >= r[:2]) & (points <= r[2:])).all(axis=1).sum() for r in room.rectangles
        ]
        assert sum(inside) >= 40, room.room_id


def test_robot_fits_exactly_as_far_as_its_radius() -> None:
    navigation = NavigationMap(two_rooms())
    assert navigation.is_free(0.25, 1.0)
    assert not navigation.is_free(0.249, 1.0)
    assert not navigation.is_free(3.06, 0.5), "within the wall"
    assert navigation.is_free(3.06, 1.5), "in the doorway"
    assert not navigation.is_free(-1.0, 1.0), "outside"


def test_motion_stops_before_a_wall_and_does_not_slide() -> None:
    navigation = NavigationMap(two_rooms())
    assert navigation.is_motion_free((1.0, 1.5), (5.0, 1.5))
    assert not navigation.is_motion_free((1.0, 0.5), (5.0, 0.5)), "through the wall"
    x, y = navigation.drive((1.0, 0.5), (5.0, 0.7))
    assert x == pytest.approx(2.75, abs=1e-4)
    assert y == pytest.approx(0.5 + 0.2 * (x - 1.0) / 4.0)
    assert navigation.is_free(x, y)
    assert navigation.drive((1.0, 1.0), (1.5, 1.2)) == (1.5, 1.2)


def test_grid_search_equals_plain_dijkstra_on_a_small_grid() -> None:
    rng = np.random.default_rng(5)
    lengths = np.hypot(STEPS[:, 0], STEPS[:, 1])
    for _ in range(5):
        is_free = rng.random((12, 15)) < 0.75
        is_free[0, 0] = True
        field = np.full(is_free.shape, np.inf)
        spread(is_free, np.zeros((1, 2), np.int64), np.zeros(1), STEPS, lengths, field)
        expected = _plain_dijkstra(is_free, lengths)
        np.testing.assert_allclose(field, expected, rtol=1e-12)


def _plain_dijkstra(is_free: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    best = {(0, 0): 0.0}
    queue = [(0.0, (0, 0))]
    while queue:
        distance, cell = heapq.heappop(queue)
        if distance > best[cell]:
            continue
        for (dx, dy), length in zip(STEPS.tolist(), lengths.tolist(), strict=True):
            other = (cell[0] + dx, cell[1] + dy)
            on_grid = 0 <= other[0] < is_free.shape[0] and 0 <= other[1] < is_free.shape[1]
            if on_grid and is_free[other] and distance + length < best.get(other, np.inf):
                best[other] = distance + length
                heapq.heappush(queue, (best[other], other))
    field = np.full(is_free.shape, np.inf)
    for cell, distance in best.items():
        field[cell] = distance
    return field


@pytest.mark.parametrize("seed", SEEDS)
def test_geodesic_is_symmetric_and_no_shorter_than_the_straight_line(
    maps: dict[int, NavigationMap], seed: int
) -> None:
    navigation, rng = maps[seed], np.random.default_rng(seed)
    points = navigation.reachable_points()
    for a, b, c in rng.integers(len(points), size=(8, 3)).tolist():
        p, q, r = (tuple(points[k].tolist()) for k in (a, b, c))
        there, back = navigation.geodesic_m(p, q), navigation.geodesic_m(q, p)
        assert there == pytest.approx(back, rel=1e-9)
        assert there >= math.dist(p, q) - 1e-9
        detour = navigation.geodesic_m(p, r) + navigation.geodesic_m(r, q)
        assert there <= detour * 1.03 + 0.1
        assert navigation.distance_field_m(*p)[navigation.cell_of(*q)] < np.inf


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_shortest_path_is_free_and_as_long_as_the_geodesic_says(
    maps: dict[int, NavigationMap], seed: int
) -> None:
    navigation, rng = maps[seed], np.random.default_rng(seed)
    points = navigation.reachable_points()
    for a, b in rng.integers(len(points), size=(6, 2)).tolist():
        start, end = tuple(points[a].tolist()), tuple(points[b].tolist())
        path = navigation.shortest_path(start, end)
        assert path[0] == start
        assert path[-1] == end
        legs = [(path[k], path[k + 1]) for k in range(len(path) - 1)]
        assert all(navigation.is_motion_free(p, q) for p, q in legs)
        length = sum(math.dist(p, q) for p, q in legs)
        geodesic = navigation.geodesic_m(start, end)
        assert math.dist(start, end) - 1e-9 <= length <= geodesic + 1e-6
        assert length >= geodesic / 1.06 - 0.1


def test_moves_between_free_cells_are_free(maps: dict[int, NavigationMap]) -> None:
    navigation, rng = maps[0], np.random.default_rng(0)
    cells = np.argwhere(navigation.is_reachable_cell)
    for cell in cells[rng.integers(len(cells), size=60)]:
        for step in STEPS:
            other = cell + step
            if navigation.is_free_cell[tuple(other)]:
                ends = [navigation.center_of((int(i), int(j))) for i, j in (cell, other)]
                assert navigation.is_motion_free(ends[0], ends[1])


def test_a_point_that_is_not_free_counts_as_its_nearest_free_one() -> None:
    navigation = NavigationMap(two_rooms())
    assert navigation.nearest_reachable(1.0, 1.0) == (1.0, 1.0)
    x, y = navigation.nearest_reachable(-0.5, 1.02)
    assert math.dist((x, y), (0.25, 1.02)) < 0.1
    assert navigation.geodesic_m((1.0, 1.0), (-0.5, 1.02)) == pytest.approx(0.75, abs=0.1)


def test_segment_distance_equals_that_of_many_points_on_it() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        yaw = rng.uniform(-3, 3)
        obstacle = np.array([[*rng.uniform(-1, 1, 2), np.cos(yaw), np.sin(yaw), 0.4, 0.2]])
        a, b = rng.uniform(-2, 2, (2, 2))
        exact = segment_distances_m(obstacle, tuple(a), tuple(b))[0]
        points = a + np.linspace(0, 1, 2001)[:, None] * (b - a)
        sampled = distances_m(obstacle, points)[0].min()
        assert exact <= sampled + 1e-9
        assert sampled - exact < 2e-3
