"""Questions to a memory, against brute force and against rooms whose truth is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from embodied_mem.bench.recall import covisibility
from embodied_mem.config import CacheConfig, KeyframeConfig, MemoryConfig
from embodied_mem.core import DepthImage, Observation, Recall, Verdict
from embodied_mem.errors import InputError
from embodied_mem.geometry import Box, CameraIntrinsics, Transform, look_at
from embodied_mem.journal.recording import JournalRecording
from embodied_mem.journal.records import FrameRecord, parse_record_id
from embodied_mem.memory import EmbodiedMemory
from embodied_mem.recall.query import SpatialRecall
from embodied_mem.spatial.frontiers import find_frontiers
from embodied_mem.spatial.kernels.ground import shortest_path
from embodied_mem.spatial.octree import FREE, OccupancyOctree
from embodied_mem.spatial.routes import (
    BLOCKED_CELL,
    FREE_CELL,
    UNKNOWN_CELL,
    GroundMap,
    RobotShape,
    RouteStatus,
    estimate_floor,
    find_route,
)
from embodied_mem.views import MemoryViews

WIDE = CameraIntrinsics.from_hfov(200, 150, float(np.deg2rad(90.0)))
EVERY_FRAME = MemoryConfig(
    cache=CacheConfig(stride_px=1), keyframe=KeyframeConfig(policy="every", every=1)
)
ROOM = Box((0.02, 0.02, 0.02), (4.03, 3.03, 2.43))
CUPBOARD = Box((1.62, 1.02, 0.0), (2.18, 1.83, 0.92))
WALL = Box((1.92, 0.0, 0.0), (2.12, 3.1, 2.5))
WALL_WITH_GAP = (Box((1.92, 0.0, 0.0), (2.12, 1.02, 2.5)), Box((1.92, 1.72, 0.0), (2.12, 3.1, 2.5)))
CORNERS = ((0.6, 0.5), (3.4, 0.5), (3.4, 2.5), (0.6, 2.5))


def depth_in_room(pose: Transform, blocks: Sequence[Box], room: Box = ROOM) -> DepthImage:
    """What a camera inside an empty box sees of its walls and of solid blocks, by slabs."""
    v, u = np.mgrid[: WIDE.height_px, : WIDE.width_px]
    rays = np.stack(
        [(u - WIDE.cx_px) / WIDE.fx_px, (v - WIDE.cy_px) / WIDE.fy_px, np.ones(u.shape)], axis=-1
    )
    rays = rays @ pose[:3, :3].T
    rays[np.abs(rays) < 1e-12] = 1e-12
    eye = pose[:3, 3]

    def spans(box: Box) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        low, high = (np.array(box.low) - eye) / rays, (np.array(box.high) - eye) / rays
        return np.minimum(low, high).max(axis=-1), np.maximum(low, high).min(axis=-1)

    depth = spans(room)[1]
    for block in blocks:
        enter, leave = spans(block)
        depth = np.where((enter <= leave) & (enter > 0), np.minimum(depth, enter), depth)
    return DepthImage.from_metres(depth)


def look_around(eye: Sequence[float], blocks: Sequence[Box] = ()) -> Iterator[Observation]:
    """Views in all directions from one place; stamps by place and direction."""
    for pitch in (-1.2, -0.5, 0.2, 0.9):
        for yaw in np.arange(6) * np.pi / 3:
            ahead = [
                math.cos(pitch) * math.cos(yaw),
                math.cos(pitch) * math.sin(yaw),
                math.sin(pitch),
            ]
            pose = look_at(np.array(eye), np.array(eye) + ahead)
            yield Observation(0, pose, WIDE, depth_in_room(pose, blocks))


def remember(path: Path, frames: Sequence[Observation]) -> EmbodiedMemory:
    memory = EmbodiedMemory.open(path, EVERY_FRAME)
    for number, frame in enumerate(frames):
        memory.update(
            Observation(number * 100, frame.world_from_camera, frame.intrinsics, frame.depth)
        )
    return memory


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbodiedMemory]:
    """A closed room with a cupboard, seen from its four corners."""
    frames = [f for x, y in CORNERS for f in look_around((x, y, 1.3), [CUPBOARD])]
    with remember(tmp_path_factory.mktemp("furnished") / "m.db", frames) as memory:
        yield memory


@pytest.fixture(scope="module")
def flat(demo_memory: Path) -> Iterator[EmbodiedMemory]:
    with EmbodiedMemory.open(demo_memory, read_only=True) as memory:
        yield memory


def all_answers(recall: SpatialRecall) -> list[Recall]:
    """One answer of each kind, in the demo flat."""
    keyframe = recall.views.keyframes.get(5)
    return [
        recall.near((3.0, 3.0, 1.0), 2.0),
        recall.between(0, 4_000_000_000),
        recall.seen_from(keyframe.world_from_camera, keyframe.intrinsics),
        recall.seeing(
            keyframe.world_from_camera[:3, 3] + 1.5 * keyframe.world_from_camera[:3, 2],
            radius_m=1.0,
        ),
        recall.route((3.5, 2.9, 0.0), (7.2, 2.75, 0.0)),
        recall.frontiers(),
    ]


# near, between


def test_near_is_the_brute_force_ball_nearest_first(flat: EmbodiedMemory) -> None:
    rng = np.random.default_rng(0)
    keyframes = flat.views.keyframes
    for _ in range(20):
        point, radius_m = rng.uniform((0, 0, 0), (9, 5, 2)), rng.uniform(0.2, 4)
        distance = np.linalg.norm(keyframes.positions - point, axis=1)
        expected = [
            f"frame:{keyframes.frame_ids[n]}"
            for n in sorted(range(len(distance)), key=lambda n: (distance[n], n))
            if distance[n] <= radius_m
        ]
        items = flat.recall.near(point, radius_m, k=1000).items
        assert [item.item_id for item in items] == expected
        assert [i.item_id for i in flat.recall.near(point, radius_m, k=3).items] == expected[:3]
        assert all(0 <= item.score <= 1 for item in items)


def test_near_keeps_to_the_given_time(flat: EmbodiedMemory) -> None:
    stamps = flat.views.keyframes.stamps_ns
    low, high = int(stamps[10]), int(stamps[20])
    items = flat.recall.near((3.0, 3.0, 1.3), 20.0, k=1000, within=(low, high)).items
    assert sorted(item.stamp_ns or 0 for item in items) == stamps[10:21].tolist()


def test_between_is_every_keyframe_of_the_interval_in_order(flat: EmbodiedMemory) -> None:
    stamps = flat.views.keyframes.stamps_ns
    low, high = int(stamps[3]), int(stamps[9])
    recall = flat.recall.between(low, high)
    assert [item.stamp_ns for item in recall.items] == stamps[3:10].tolist()
    assert [i.stamp_ns for i in flat.recall.between(low + 1, high - 1).items] == stamps[
        4:9
    ].tolist()
    assert len(flat.recall.between(low, high, k=2).items) == 2


def test_between_knows_an_interval_without_keyframes_from_one_without_frames(
    tmp_path: Path,
) -> None:
    frame = next(look_around((1.0, 1.0, 1.0)))
    config = MemoryConfig(keyframe=KeyframeConfig(policy="every", every=10))
    with EmbodiedMemory.open(tmp_path / "m.db", config) as memory:
        for stamp_ns in range(0, 100, 10):
            memory.update(Observation(stamp_ns, frame.world_from_camera, WIDE, frame.depth))
        watched = memory.recall.between(35, 55)
        assert (watched.verdict, watched.items) == (Verdict.KNOWN, ())
        assert memory.recall.between(91, 200).verdict is Verdict.UNKNOWN
        assert memory.as_of(30).between(35, 55).verdict is Verdict.UNKNOWN
        assert memory.as_of(30).between(0, 55).verdict is Verdict.KNOWN


# Verdicts


def test_what_was_never_looked_at_is_unknown_not_gone(furnished: EmbodiedMemory) -> None:
    beyond_walls = [(-1.0, 1.0, 1.0), (5.0, 1.0, 1.0), (2.0, 1.0, 4.0), (2.0, 1.0, -2.0)]
    inside_cupboard = (1.9, 1.4, 0.6)
    for point in [*beyond_walls, inside_cupboard]:
        assert furnished.recall.near(point, 0.15).verdict is Verdict.UNKNOWN
        assert furnished.recall.seeing(point).verdict is Verdict.UNKNOWN


def test_free_space_that_was_looked_through_is_absent(furnished: EmbodiedMemory) -> None:
    for point in [(1.0, 1.5, 1.0), (3.0, 1.5, 0.5), (2.0, 2.4, 1.0), (1.9, 1.4, 1.8)]:
        assert furnished.recall.near(point, 0.15).verdict is Verdict.ABSENT
        assert furnished.recall.seeing(point).verdict is Verdict.ABSENT


def test_surfaces_are_known_and_show_who_saw_them(furnished: EmbodiedMemory) -> None:
    for point in [
        (1.62, 1.4, 0.6),
        (2.18, 1.4, 0.6),
        (1.9, 1.4, 0.92),
        (4.03, 1.5, 1.2),
        (1.0, 1.0, 0.02),
    ]:
        assert furnished.recall.near(point, 0.15).verdict is Verdict.KNOWN
        seeing = furnished.recall.seeing(point, radius_m=0.1)
        assert seeing.verdict is Verdict.KNOWN
        assert seeing.items


def test_a_glimpse_of_free_space_does_not_make_the_rest_gone(furnished: EmbodiedMemory) -> None:
    """A ball that is almost all beyond what was seen."""
    frame = look_at(np.array([0.6, 0.5, 1.3]), np.array([4.0, 0.5, 1.3]))
    views = MemoryViews(EVERY_FRAME)
    views.octree.integrate_depth(depth_in_room(frame, ()), WIDE, frame)
    glimpse = SpatialRecall(furnished.journal, views)
    behind = glimpse.near((0.3, 0.5, 1.3), 0.5)
    assert "free" in behind.explanation
    assert behind.verdict is Verdict.UNKNOWN


def test_verdicts_agree_with_the_truth_all_over_the_room(furnished: EmbodiedMemory) -> None:
    """No ball in the open is called unknown or known, none in the solid is called absent."""
    rng = np.random.default_rng(1)
    radius_m, margin_m = 0.1, 0.2
    counts = {Verdict.ABSENT: 0, Verdict.UNKNOWN: 0}
    for point in rng.uniform((-1, -1, -1), (5, 4, 3.4), (300, 3)):
        to_room = np.minimum(point - ROOM.low, np.array(ROOM.high) - point).min()
        out = np.maximum(np.array(CUPBOARD.low) - point, point - CUPBOARD.high)
        to_cupboard = out.max()
        verdict = furnished.recall.near(point, radius_m).verdict
        if to_room > margin_m and to_cupboard > margin_m:
            has_keyframe = (
                np.linalg.norm(furnished.views.keyframes.positions - point, axis=1).min()
                <= radius_m
            )
            assert verdict is (Verdict.KNOWN if has_keyframe else Verdict.ABSENT)
            counts[Verdict.ABSENT] += 1
        elif to_room < -margin_m or to_cupboard < -margin_m:
            assert verdict is Verdict.UNKNOWN
            counts[Verdict.UNKNOWN] += 1
    assert min(counts.values()) > 20


def test_an_empty_memory_knows_nothing(tmp_path: Path) -> None:
    with EmbodiedMemory.open(tmp_path / "m.db") as memory:
        recall = memory.recall
        for answer in (
            recall.near((0.0, 0.0, 0.0), 1.0),
            recall.between(0, 10),
            recall.seen_from(np.eye(4), WIDE),
            recall.seeing((0.0, 0.0, 0.0)),
            recall.route((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
            recall.frontiers(),
        ):
            assert (answer.verdict, answer.items) == (Verdict.UNKNOWN, ())
            assert answer.probability is None


# seen_from, seeing


def test_seen_from_finds_the_keyframes_of_the_largest_covisibility(
    flat: EmbodiedMemory, demo_frames: tuple[Observation, ...]
) -> None:
    kept = list(JournalRecording(flat.journal).observations())
    shares_of_best = []
    for frame in demo_frames[2::7]:
        truth = np.array([covisibility(frame, keyframe, stride_px=4) for keyframe in kept])
        ids = {f"frame:{n}": place for place, n in enumerate(flat.views.keyframes.frame_ids)}
        items = flat.recall.seen_from(frame.world_from_camera, frame.intrinsics, k=8).items
        found = truth[[ids[item.item_id] for item in items]]
        assert found[0] >= 0.9 * truth.max()
        shares_of_best.append(found.sum() / np.sort(truth)[::-1][:8].sum())
        assert [i.score for i in items] == sorted((i.score for i in items), reverse=True)
    assert np.mean(shares_of_best) > 0.95


def test_seen_from_does_not_look_through_walls(tmp_path: Path) -> None:
    left = list(look_around((0.9, 1.5, 1.3), [WALL]))
    right = list(look_around((3.1, 1.5, 1.3), [WALL]))
    with remember(tmp_path / "m.db", left + right) as memory:
        towards_wall = look_at(np.array([0.5, 1.5, 1.3]), np.array([4.0, 1.5, 1.3]))
        items = memory.recall.seen_from(towards_wall, WIDE, k=50).items
        assert items
        assert {item.stamp_ns for item in items} <= {100 * n for n in range(len(left))}


def test_seen_from_a_place_never_seen_is_unknown(furnished: EmbodiedMemory) -> None:
    outwards = look_at(np.array([9.0, 1.0, 1.0]), np.array([20.0, 1.0, 1.0]))
    answer = furnished.recall.seen_from(outwards, WIDE)
    assert (answer.verdict, answer.items) == (Verdict.UNKNOWN, ())


def test_seeing_ranks_the_nearer_look_first(tmp_path: Path) -> None:
    def towards_end(x: float) -> Observation:
        pose = look_at(np.array([x, 1.5, 1.2]), np.array([4.0, 1.5, 1.2]))
        return Observation(0, pose, WIDE, depth_in_room(pose, ()))

    distances = [1.0, 3.2, 2.0]
    with remember(tmp_path / "m.db", [towards_end(x) for x in distances]) as memory:
        items = memory.recall.seeing((4.0, 1.5, 1.2), radius_m=0.06).items
        assert [item.stamp_ns for item in items] == [100, 200, 0]


# route


def test_the_route_through_the_door_keeps_its_distance_from_everything(
    flat: EmbodiedMemory,
) -> None:
    start, goal = np.array([3.5, 2.9, 0.0]), np.array([7.2, 2.75, 0.0])
    robot = RobotShape(radius_m=0.2)
    answer = flat.recall.route(start, goal, robot=robot)
    assert answer.verdict is Verdict.KNOWN
    waypoints = np.array([item.position_in_world for item in answer.items])
    voxels = flat.views.octree.occupied().centers
    floor_m = estimate_floor(flat.views.octree)
    assert floor_m == pytest.approx(0.0, abs=0.06)
    height_m = voxels[:, 2] - (floor_m or 0.0)
    obstacles = voxels[(height_m > robot.step_m + 0.03) & (height_m < robot.height_m - 0.03), :2]
    for first, second in itertools.pairwise(waypoints):
        line = np.linspace(first[:2], second[:2], 50)
        gaps = np.linalg.norm(line[:, None] - obstacles[None], axis=2)
        assert gaps.min() >= robot.radius_m - 0.025 * math.sqrt(2)
    assert np.linalg.norm(waypoints[0, :2] - start[:2]) < 0.6
    assert np.linalg.norm(waypoints[-1, :2] - goal[:2]) < 0.6
    length_m = float(np.linalg.norm(np.diff(waypoints, axis=0), axis=1).sum())
    assert length_m >= np.linalg.norm(waypoints[-1] - waypoints[0]) - 1e-9
    assert f"{length_m:.2f} m" in answer.explanation
    crossing = [
        a + (b - a) * (6.06 - a[0]) / (b[0] - a[0])
        for a, b in itertools.pairwise(waypoints)
        if (a[0] - 6.06) * (b[0] - 6.06) < 0
    ]
    assert len(crossing) == 1
    assert 2.4 < crossing[0][1] < 3.3


def test_a_gap_is_a_way_for_a_robot_that_fits_and_none_for_a_wider_one(tmp_path: Path) -> None:
    eyes = ((0.9, 1.35, 1.3), (3.1, 1.35, 1.3), (1.2, 2.5, 1.3), (2.8, 2.5, 1.3))
    frames = [f for eye in eyes for f in look_around(eye, WALL_WITH_GAP)]
    with remember(tmp_path / "m.db", frames) as memory:
        a, b = (0.9, 2.4, 0.0), (3.1, 2.4, 0.0)
        slim = memory.recall.route(a, b, robot=RobotShape(radius_m=0.2))
        assert slim.verdict is Verdict.KNOWN
        assert any(1.0 < (item.position_in_world or (0, 0))[1] < 1.7 for item in slim.items)
        wide = memory.recall.route(a, b, robot=RobotShape(radius_m=0.45))
        assert (wide.verdict, wide.items) == (Verdict.ABSENT, ())


def test_no_way_leads_through_a_closed_wall_or_out_of_the_room(tmp_path: Path) -> None:
    frames = [f for x in (0.9, 3.1) for f in look_around((x, 1.5, 1.3), [WALL])]
    with remember(tmp_path / "m.db", frames) as memory:
        for goal in ((3.1, 1.5, 0.0), (9.0, 1.5, 0.0)):
            answer = memory.recall.route((0.9, 1.5, 0.0), goal)
            assert (answer.verdict, answer.items) == (Verdict.ABSENT, ())


def ground_of(picture: str, *, robot: RobotShape | None = None, cell_m: float = 0.1) -> GroundMap:
    """'.' free, '#' blocked, '?' unknown; rows are x."""
    kinds = {".": FREE_CELL, "#": BLOCKED_CELL, "?": UNKNOWN_CELL}
    cells = np.array([[kinds[c] for c in row] for row in picture.split()], np.uint8)
    blocked = np.argwhere(cells == BLOCKED_CELL)
    everywhere = np.argwhere(cells >= 0)
    gaps = np.linalg.norm(everywhere[:, None] - blocked[None], axis=2)
    clearance = gaps.min(axis=1) if len(blocked) else np.full(len(everywhere), np.inf)
    return GroundMap(
        cells,
        (clearance * cell_m).reshape(cells.shape).astype(np.float32),
        (0.0, 0.0),
        cell_m,
        0.0,
        robot or RobotShape(radius_m=0.05),
    )


def test_a_way_through_the_unknown_says_so_and_is_taken_only_if_there_is_no_other() -> None:
    start, goal = np.array([0.05, 0.05, 0]), np.array([0.35, 0.05, 0])
    split = ".......... ????##???? ????##???? .........."
    route = find_route(ground_of(split), start, goal)
    assert route.status is RouteStatus.THROUGH_UNKNOWN
    assert 0.1 <= route.unknown_m <= 0.3
    assert route.unknown_m < route.length_m
    with_detour = "........... ????##????. ????##????. ..........."
    route = find_route(ground_of(with_detour), start, goal)
    assert (route.status, route.unknown_m) == (RouteStatus.FREE, 0.0)


def test_a_goal_inside_furniture_is_reached_beside_it() -> None:
    ground = ground_of("........ ..####.. ..####.. ..####.. ........")
    goal = np.array([0.25, 0.25, 0.0])
    route = find_route(ground, np.array([0.05, 0.05, 0]), goal)
    assert route.status is RouteStatus.FREE
    assert route.goal_gap_m == pytest.approx(np.linalg.norm(route.waypoints[-1] - goal))
    assert 0.0 < route.goal_gap_m <= 0.2 * math.sqrt(2)
    assert find_route(ground, np.array([0.05, 0.05, 0]), goal, snap_m=0.0).waypoints.size == 0


def test_a_goal_in_the_open_is_never_swapped_for_one_before_the_wall() -> None:
    ground = ground_of("...#... ...#... ...#...")
    here, there = np.array([0.05, 0.05, 0]), np.array([0.05, 0.65, 0])
    for a, b in ((here, there), (there, here)):
        assert find_route(ground, a, b).status is RouteStatus.BLOCKED


def test_the_cheapest_path_costs_what_dijkstra_finds() -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        rows, columns = rng.integers(4, 14, 2)
        cost = rng.uniform(1, 4, (rows, columns)).astype(np.float32)
        cost[rng.random(cost.shape) < 0.25] = np.inf
        start, goal = rng.choice(np.flatnonzero(np.isfinite(cost.ravel())), 2)
        parent = np.empty(cost.size, np.int64)
        found = shortest_path(
            cost, start, goal, parent,
            np.empty(cost.size), np.empty(8 * cost.size), np.empty(8 * cost.size, np.int64),
        )  # fmt: skip
        expected = dijkstra(step_costs(cost), indices=start)[goal]
        assert found == pytest.approx(expected, rel=1e-5)


def step_costs(cost: NDArray[np.float32]) -> coo_array:
    """Every allowed step of an 8-neighbour grid: its length times the mean cost of both cells."""
    rows, columns = cost.shape
    sources, targets, weights = [], [], []
    for x, y in np.argwhere(np.isfinite(cost)):
        for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1), (-1, 0), (0, -1), (-1, -1), (-1, 1)):
            p, q = x + dx, y + dy
            if not (0 <= p < rows and 0 <= q < columns and np.isfinite(cost[p, q])):
                continue
            if dx and dy and not (np.isfinite(cost[p, y]) and np.isfinite(cost[x, q])):
                continue
            sources.append(x * columns + y)
            targets.append(p * columns + q)
            weights.append(math.hypot(dx, dy) * 0.5 * (cost[x, y] + cost[p, q]))
    return coo_array((weights, (sources, targets)), shape=(cost.size, cost.size)).tocsr()


def test_a_route_exists_exactly_where_the_free_cells_connect() -> None:
    rng = np.random.default_rng(7)
    found = {True: 0, False: 0}
    for _ in range(40):
        picture = "\n".join("".join(rng.choice([".", "#"], 9, p=[0.6, 0.4])) for _ in range(9))
        ground = ground_of(picture)
        free = np.argwhere(ground.cells == FREE_CELL)
        walls = np.array([ground.center_of(*c) for c in np.argwhere(ground.cells == BLOCKED_CELL)])
        a, b = free[rng.choice(len(free), 2, replace=False)]
        route = find_route(ground, ground.center_of(*a), ground.center_of(*b))
        cost = np.where(ground.cells == FREE_CELL, np.float32(1), np.float32(np.inf))
        reach = dijkstra(step_costs(cost), indices=a[0] * 9 + a[1])[b[0] * 9 + b[1]]
        assert (route.status is RouteStatus.FREE) == math.isfinite(reach)
        found[math.isfinite(reach)] += 1
        if math.isfinite(reach):
            straight = float(np.linalg.norm(ground.center_of(*a) - ground.center_of(*b)))
            assert straight - 1e-9 <= route.length_m
            np.testing.assert_allclose(route.waypoints[0], ground.center_of(*a))
            np.testing.assert_allclose(route.waypoints[-1], ground.center_of(*b))
            for first, second in itertools.pairwise(route.waypoints):
                line = np.linspace(first, second, 40)
                gaps = np.linalg.norm(line[:, None] - walls[None], axis=2)
                assert gaps.min() >= 0.4 * ground.cell_m  # legs are checked at half cells
    assert min(found.values()) > 5


def test_a_route_to_where_one_stands_has_no_length() -> None:
    ground = ground_of("...\n...\n...")
    here = np.array([0.15, 0.15, 0.0])
    route = find_route(ground, here, here)
    assert (route.status, route.length_m) == (RouteStatus.FREE, 0.0)


# frontiers


def test_frontiers_lie_between_the_free_and_the_unknown() -> None:
    octree = OccupancyOctree(0.05)
    pose = look_at(np.array([0.6, 1.5, 1.3]), np.array([4.0, 1.5, 1.0]))
    octree.integrate_depth(depth_in_room(pose, [CUPBOARD]), WIDE, pose)
    found = find_frontiers(octree, z_low_m=0.2, z_high_m=1.4)
    assert found
    steps = 0.05 * np.concatenate([np.eye(3), -np.eye(3)])
    for frontier in found:
        assert octree.states(frontier.position_in_world[None])[0] == FREE
        assert 0 in octree.states(frontier.position_in_world + steps)
        assert frontier.area_m2 >= 0.1
        assert 0.2 <= frontier.position_in_world[2] <= 1.4
        assert np.linalg.norm(frontier.outward) == pytest.approx(1.0)
    counts = [frontier.voxel_count for frontier in found]
    assert counts == sorted(counts, reverse=True)


def test_a_closed_room_seen_all_over_has_no_frontier(furnished: EmbodiedMemory) -> None:
    answer = furnished.recall.frontiers()
    assert (answer.verdict, answer.items) == (Verdict.ABSENT, ())


def test_a_half_seen_room_has_its_frontier_where_the_view_ends(tmp_path: Path) -> None:
    """From the left of a wall with a gap, the gap leads to what is unknown."""
    frames = list(look_around((0.9, 2.5, 1.3), WALL_WITH_GAP))
    with remember(tmp_path / "m.db", frames) as memory:
        items = memory.recall.frontiers().items
        assert items
        for item in items:
            assert item.position_in_world is not None
            assert item.position_in_world[0] > 1.8
        assert sum(item.score for item in memory.recall.frontiers(k=1000).items) == pytest.approx(1)


# All of them


def test_evidence_names_frames_of_the_journal(flat: EmbodiedMemory) -> None:
    evidence_count = 0
    for answer in all_answers(flat.recall):
        for item in answer.items:
            for text in item.evidence:
                kind, record_id = parse_record_id(text)
                assert kind == "frame"
                assert flat.journal.get_as(FrameRecord, record_id).stamp_ns == item.stamp_ns
                evidence_count += 1
        assert all(item.evidence for item in answer.items if item.kind == "keyframe")
    assert evidence_count > 20


def test_answers_do_not_depend_on_how_the_views_came_about(flat: EmbodiedMemory) -> None:
    """Asked twice, from checkpoints, and from a full replay."""
    rebuilt = MemoryViews.open(flat.journal, flat.config, use_checkpoints=False)
    opened = MemoryViews.open(flat.journal, flat.config)
    expected = all_answers(flat.recall)
    assert all(answer.items for answer in expected)
    for views in (flat.views, opened, rebuilt):
        assert all_answers(SpatialRecall(flat.journal, views)) == expected


def test_answers_as_of_then_rest_on_nothing_later(flat: EmbodiedMemory) -> None:
    stamps = flat.views.keyframes.stamps_ns
    then = int(stamps[len(stamps) // 2])
    for answer in all_answers(flat.as_of(then)):
        assert all(item.stamp_ns is None or item.stamp_ns <= then for item in answer.items)


def test_a_question_changes_nothing(flat: EmbodiedMemory) -> None:
    before = flat.views.digests()
    all_answers(flat.recall)
    assert flat.views.digests() == before


def test_a_keyframe_is_found_by_its_record_id(flat: EmbodiedMemory) -> None:
    wanted = flat.views.keyframes.get(7)
    assert flat.recall.keyframe(wanted.frame_id).stamp_ns == wanted.stamp_ns
    for missing in (0, wanted.frame_id + 1, 10**9):
        with pytest.raises(InputError, match=f"no keyframe 'frame:{missing}'"):
            flat.recall.keyframe(missing)


@pytest.mark.parametrize("bad", [(0.0, 1.0), (0.0, 1.0, math.nan), (math.inf, 0, 0), ((0, 0, 0),)])
def test_a_point_must_be_three_finite_numbers(flat: EmbodiedMemory, bad: tuple[float, ...]) -> None:
    recall = flat.recall
    for ask in (recall.near, recall.seeing, lambda p: recall.route(p, (0, 0, 0))):
        with pytest.raises(InputError, match="three finite numbers"):
            ask(bad)


@pytest.mark.parametrize("radius_m", [0.0, -1.0, math.nan, math.inf])
def test_a_radius_must_be_a_length(flat: EmbodiedMemory, radius_m: float) -> None:
    with pytest.raises(InputError, match="radius_m"):
        flat.recall.near((0.0, 0.0, 0.0), radius_m)
    with pytest.raises(InputError, match="radius_m"):
        flat.recall.seeing((0.0, 0.0, 0.0), radius_m=radius_m)


def test_seeing_refuses_a_ball_of_millions_of_voxels(flat: EmbodiedMemory) -> None:
    with pytest.raises(InputError, match="radius_m must be"):
        flat.recall.seeing((0.0, 0.0, 0.0), radius_m=100.0)


def test_a_count_of_answers_must_be_positive(flat: EmbodiedMemory) -> None:
    recall, keyframe = flat.recall, flat.views.keyframes.get(0)
    for ask in (
        lambda: recall.near((0, 0, 0), 1.0, k=0),
        lambda: recall.between(0, 1, k=-1),
        lambda: recall.seen_from(keyframe.world_from_camera, keyframe.intrinsics, k=0),
        lambda: recall.seeing((0, 0, 0), k=-3),
        lambda: recall.frontiers(k=0),
    ):
        with pytest.raises(InputError, match="k must be 1 or more"):
            ask()


def test_a_pose_that_is_none_is_refused(flat: EmbodiedMemory) -> None:
    for bad in (np.full((4, 4), np.nan), np.eye(3), 2 * np.eye(4)):
        with pytest.raises(InputError, match="pose"):
            flat.recall.seen_from(bad, WIDE)


def test_an_interval_runs_forward(flat: EmbodiedMemory) -> None:
    with pytest.raises(InputError, match="start <= end"):
        flat.recall.between(2, 1)


@pytest.mark.parametrize(
    "shape", [{"radius_m": -1.0}, {"radius_m": math.nan}, {"height_m": 0.1}, {"height_m": math.inf}]
)
def test_an_impossible_robot_is_refused(shape: dict[str, float]) -> None:
    with pytest.raises(InputError, match="a robot needs"):
        RobotShape(**shape)


def test_a_floor_must_be_a_height(flat: EmbodiedMemory) -> None:
    with pytest.raises(InputError, match="floor_m"):
        flat.recall.route((0, 0, 0), (1, 0, 0), floor_m=math.nan)
