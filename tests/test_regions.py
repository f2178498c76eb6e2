"""Places, rooms, doors: laws on hand-made maps, and one generated house."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from house_samples import tiny_house
from numpy.typing import NDArray

from embodied_mem.core import DepthImage
from embodied_mem.envs.house.renderer import Renderer
from embodied_mem.envs.house.scene import house_scene
from embodied_mem.envs.house.sensors import WIDE_CAMERA, quantised
from embodied_mem.errors import InputError
from embodied_mem.geometry import CameraIntrinsics, look_at
from embodied_mem.graph.columns import find_floors
from embodied_mem.graph.places import build_places
from embodied_mem.graph.regions import NO_ROOM, RegionPartition
from embodied_mem.graph.room_kinds import label_rooms
from embodied_mem.graph.rooms import partition_rooms
from embodied_mem.graph.topology import PlaceGraph
from embodied_mem.graph.tracking import RegionTracker, with_stable_ids
from embodied_mem.spatial.octree import OCCUPIED, OccupancyOctree
from embodied_mem.spatial.routes import RobotShape, RouteStatus, find_route

CAMERA = CameraIntrinsics.from_hfov(120, 90, float(np.deg2rad(90.0)))
Boxes = list[tuple[tuple[float, float, float], tuple[float, float, float]]]
WALL_M, HEIGHT_M = 0.15, 2.5


def walls_of(x0: float, y0: float, x1: float, y1: float) -> Boxes:
    """Floor, ceiling and four walls around a rectangle."""
    t, h = WALL_M, HEIGHT_M
    return [
        ((x0 - t, y0 - t, -t), (x1 + t, y1 + t, 0.0)),
        ((x0 - t, y0 - t, h), (x1 + t, y1 + t, h + t)),
        ((x0 - t, y0 - t, 0.0), (x0, y1 + t, h)),
        ((x1, y0 - t, 0.0), (x1 + t, y1 + t, h)),
        ((x0, y0 - t, 0.0), (x1, y0, h)),
        ((x0, y1, 0.0), (x1, y1 + t, h)),
    ]


def flat(door_m: float = 0.9, *, lintel_m: float = 2.05) -> Boxes:
    """Two rooms, x 0 to 4 and 4.15 to 8, y 0 to 4, with a door around (4.07, 2)."""
    low, high = 2 - door_m / 2, 2 + door_m / 2
    return [
        *walls_of(0, 0, 8, 4),
        ((4.0, 0.0, 0.0), (4.15, low, HEIGHT_M)),
        ((4.0, high, 0.0), (4.15, 4.0, HEIGHT_M)),
        ((4.0, low, lintel_m), (4.15, high, HEIGHT_M)),
    ]


def depth_of(boxes: Boxes, eye: NDArray[np.float64], target: NDArray[np.float64]) -> DepthImage:
    """What a camera sees of solid boxes, by the slab method."""
    u, v = np.meshgrid(np.arange(CAMERA.width_px), np.arange(CAMERA.height_px))
    rays = np.stack(
        [(u - CAMERA.cx_px) / CAMERA.fx_px, (v - CAMERA.cy_px) / CAMERA.fy_px, np.ones(u.shape)], -1
    )
    directions = rays @ look_at(eye, target)[:3, :3].T
    directions = np.where(np.abs(directions) < 1e-9, 1e-9, directions)
    nearest = np.full(u.shape, np.inf)
    for low, high in boxes:
        first, second = (np.array(low) - eye) / directions, (np.array(high) - eye) / directions
        enter = np.minimum(first, second).max(axis=-1)
        leave = np.maximum(first, second).min(axis=-1)
        is_hit = (enter < leave) & (enter > 0.01)
        nearest = np.where(is_hit, np.minimum(nearest, enter), nearest)
    return DepthImage.from_metres(np.where(np.isfinite(nearest), nearest, 0.0))


def look_around(
    octree: OccupancyOctree,
    boxes: Boxes,
    x: float,
    y: float,
    *,
    z: float = 1.3,
    tilt: float = 0.0,
    count: int = 10,
) -> None:
    """A full turn on the spot; `tilt` is how far the gaze falls per metre."""
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        eye = np.array([x, y, z])
        target = eye + np.array([np.cos(angle), np.sin(angle), -tilt])
        octree.integrate_depth(depth_of(boxes, eye, target), CAMERA, look_at(eye, target))


def seen(boxes: Boxes, spots: list[tuple[float, float]], *, tilt: float = 0.0) -> OccupancyOctree:
    octree = OccupancyOctree(0.05)
    for x, y in spots:
        look_around(octree, boxes, x, y, tilt=tilt)
    return octree


TWO_SPOTS = [(1.0, 1.0), (3.0, 2.8), (5.2, 1.2), (7.0, 2.8), (4.07, 2.0)]


@pytest.fixture(scope="module")
def flat_map() -> OccupancyOctree:
    return seen(flat(), TWO_SPOTS)


@pytest.fixture(scope="module")
def flat_rooms(flat_map: OccupancyOctree) -> RegionPartition:
    return partition_rooms(flat_map)


def test_a_door_makes_two_rooms(flat_rooms: RegionPartition) -> None:
    assert len(flat_rooms.rooms) == 2
    left, right = flat_rooms.room_of((2, 2, 0.5)), flat_rooms.room_of((6, 2, 0.5))
    assert left is not None
    assert right is not None
    assert left != right
    for room in flat_rooms.rooms:
        assert 14.0 < room.area_m2 < 16.5
        assert room.unknown_share < 0.1


def test_the_door_is_where_it_is(flat_rooms: RegionPartition) -> None:
    (door,) = flat_rooms.doors
    assert np.hypot(door.position_in_world[0] - 4.07, door.position_in_world[1] - 2.0) < 0.15
    assert abs(door.width_m - 0.9) <= 0.1
    assert door.has_lintel is True
    assert abs(door.passage[0]) > 0.95
    for room_id, sign in zip(door.room_ids, (-1, 1), strict=True):
        ahead = np.array(door.position_in_world) + sign * 0.6 * np.array([*door.passage, 0.0])
        assert flat_rooms.room_of(ahead) == room_id


def test_a_camera_that_looks_down_finds_the_same_rooms() -> None:
    partition = partition_rooms(seen(flat(), TWO_SPOTS, tilt=1.0))
    assert len(partition.rooms) == 2
    assert len(partition.doors) == 1
    assert partition.doors[0].has_lintel is None


def test_furniture_cuts_no_room() -> None:
    table_and_counter: Boxes = [
        ((1.2, 1.2, 0.0), (2.6, 2.2, 0.75)),
        ((4.15, 3.4, 0.0), (7.4, 4.0, 0.9)),
        ((6.0, 0.0, 0.0), (6.4, 2.6, 0.8)),
    ]
    octree = seen(flat() + table_and_counter, TWO_SPOTS)
    partition = partition_rooms(octree)
    assert len(partition.rooms) == 2
    assert partition.room_of((1.9, 1.7, 0.8)) == partition.room_of((3.0, 3.0, 0.1))
    assert partition.room_of((6.2, 1.0, 0.85)) == partition.room_of((7.0, 3.0, 0.1))


def test_a_gap_beside_a_wardrobe_is_no_door() -> None:
    wardrobe: Boxes = [((1.5, 0.0, 0.0), (2.6, 3.0, 2.0))]
    octree = seen(
        [*walls_of(0, 0, 4, 4), *wardrobe], [(0.8, 0.8), (0.8, 3.4), (3.2, 3.4), (3.2, 1)]
    )
    assert len(partition_rooms(octree).rooms) == 1


def test_a_wide_opening_is_no_door() -> None:
    assert len(partition_rooms(seen(flat(2.2, lintel_m=2.5), TWO_SPOTS)).rooms) == 1


def test_a_cell_belongs_to_one_room_and_was_seen(
    flat_rooms: RegionPartition, flat_map: OccupancyOctree
) -> None:
    (grid,) = flat_rooms.storeys
    counts = np.bincount(grid.labels[grid.labels != NO_ROOM])
    assert counts.sum() == (grid.labels != NO_ROOM).sum()
    assert len(counts) == len(flat_rooms.rooms)
    assert not (grid.labels[~grid.is_known] != NO_ROOM).any()
    assert not (grid.labels[grid.is_wall] != NO_ROOM).any()
    for index, room in enumerate(flat_rooms.rooms):
        assert counts[index] * grid.cell_m**2 == pytest.approx(room.area_m2)
        assert len(flat_rooms.cells_in(room.room_id)) == counts[index]


def test_unknown_space_is_no_room() -> None:
    partition = partition_rooms(seen(flat(), [(1.0, 1.0), (2.0, 3.0)]))
    assert partition.room_of((2, 2, 0.3)) is not None
    assert partition.room_of((4.4, 0.3, 0.3), snap_m=0.0) is None
    assert partition.room_of((20, 20, 0.3)) is None
    assert partition.room_of((2, 2, -3.0)) is None


def test_an_empty_map_has_no_rooms() -> None:
    partition = partition_rooms(OccupancyOctree(0.05))
    assert partition == RegionPartition((), (), (), 0, 0)
    assert partition.room_of((0, 0, 0)) is None
    with pytest.raises(InputError, match="no room 'room:0'"):
        partition.get_room("room:0")


def test_a_point_in_furniture_belongs_to_the_room_around() -> None:
    wardrobe: Boxes = [((0.0, 1.0, 0.0), (0.6, 2.0, 2.0))]
    partition = partition_rooms(seen(flat() + wardrobe, TWO_SPOTS))
    inside = (0.3, 1.5, 0.5)
    assert partition.room_of(inside, snap_m=0.0) is None
    assert partition.room_of(inside) == partition.room_of((1.5, 1.5, 0.5))


def test_ids_stay_while_the_map_grows() -> None:
    octree, tracker = OccupancyOctree(0.05), RegionTracker(min_change=0.0, max_interval=1)
    boxes, first, last = flat(), None, None
    for x, y in TWO_SPOTS:
        look_around(octree, boxes, x, y)
        last = tracker.update(octree)
        first = first or last.room_of((1.5, 2, 0.3))
        assert last.room_of((1.5, 2, 0.3)) == first
    assert last is not None
    right = last.room_of((6, 2, 0.3))
    assert right not in (None, first)
    assert len({room.room_id for room in last.rooms}) == len(last.rooms)


def test_ids_follow_overlap_not_size(flat_rooms: RegionPartition) -> None:
    swapped = tuple(
        replace(room, room_id=name)
        for room, name in zip(flat_rooms.rooms, ("room:7", "room:3"), strict=True)
    )
    doors = tuple(replace(door, room_ids=("room:7", "room:3")) for door in flat_rooms.doors)
    before = replace(flat_rooms, rooms=swapped, doors=doors, next_room_number=9)
    after = with_stable_ids(flat_rooms, before)
    assert [room.room_id for room in after.rooms] == ["room:7", "room:3"]
    assert after.doors[0].room_ids == ("room:3", "room:7")
    assert after.next_room_number == 9
    assert with_stable_ids(flat_rooms, after) == after


def test_a_room_that_is_new_gets_a_number_never_used(flat_rooms: RegionPartition) -> None:
    empty = replace(flat_rooms, rooms=(), doors=(), storeys=(), next_room_number=5)
    assert [r.room_id for r in with_stable_ids(flat_rooms, empty).rooms] == ["room:5", "room:6"]


def test_the_tracker_looks_again_only_when_it_pays(flat_map: OccupancyOctree) -> None:
    tracker = RegionTracker(max_interval=4)
    first = tracker.update(flat_map)
    assert tracker.update(flat_map) is first
    for _ in range(3):
        flat_map.revision += 1
        assert tracker.update(flat_map) is first
    flat_map.revision += 1
    assert tracker.update(flat_map) is not first


def test_a_restored_tracker_goes_on_as_the_other(flat_map: OccupancyOctree) -> None:
    live = RegionTracker()
    live.update(flat_map)
    restored = RegionTracker()
    restored.load_bytes(live.to_bytes())
    assert restored.digest() == live.digest()
    assert [room.room_id for room in restored.partition.rooms] == ["room:0", "room:1"]
    assert restored.partition.doors == live.partition.doors
    assert (restored.partition.storeys[0].labels == live.partition.storeys[0].labels).all()
    for tracker in (live, restored):
        flat_map.revision += 1
        tracker.refresh(flat_map)
    assert restored.digest() == live.digest()
    with pytest.raises(InputError, match="no partition"):
        restored.load_bytes(b"x" * 40)


def test_storeys_are_found_by_their_floors() -> None:
    upper = [
        tuple(tuple(np.add(corner, (0.0, 0.0, 2.8)).tolist()) for corner in box)
        for box in walls_of(0, 0, 4, 4)
    ]
    octree = seen(walls_of(0, 0, 4, 4), [(1, 1), (3, 3)])
    for x, y in ((1.0, 3.0), (3.0, 1.0)):
        look_around(octree, upper, x, y, z=4.1)  # type: ignore[arg-type]
    assert find_floors(octree) == pytest.approx((0.0, 2.8), abs=0.051)
    partition = partition_rooms(octree)
    assert [room.storey for room in partition.rooms] == [0, 1]
    assert partition.room_of((2, 2, 0.5)) != partition.room_of((2, 2, 3.3))


def test_places_are_where_the_robot_fits(
    flat_map: OccupancyOctree, flat_rooms: RegionPartition
) -> None:
    places = build_places(flat_map, flat_rooms)
    assert len({place.place_id for place in places.places}) == len(places.places)
    (level,) = places.storeys
    assert ((level.owner >= 0) == level.is_passable).all()
    for place in places.places:
        assert place.clearance_m >= RobotShape().radius_m
        assert places.find_place(place.position_in_world) == place
    assert sum(place.door_id is not None for place in places.places) == 1
    again = build_places(flat_map, flat_rooms)
    assert again.places == places.places


def test_routes_on_the_graph_are_free_and_nearly_as_short_as_on_the_grid(
    flat_map: OccupancyOctree, flat_rooms: RegionPartition
) -> None:
    places = build_places(flat_map, flat_rooms)
    graph, ground = PlaceGraph(places), places.storeys[0].ground
    rng = np.random.default_rng(0)
    points = rng.uniform((0.4, 0.4, 0.0), (7.6, 3.6, 0.0), (24, 3))
    for start, goal in itertools.pairwise(points):
        route, grid = graph.find_route(start, goal), find_route(ground, start, goal)
        assert grid.status is RouteStatus.FREE
        assert route is not None
        assert route.length_m <= 1.1 * grid.length_m + 0.1
        for a, b in itertools.pairwise(route.waypoints):
            line = a + np.linspace(0, 1, 50)[:, None] * (b - a)
            heights = np.tile([0.4, 0.9, 1.3], (len(line), 1))
            for k in range(3):
                line[:, 2] = heights[:, k]
                assert (flat_map.states(line) != OCCUPIED).all()
    across = graph.find_route(np.array([1.0, 1, 0]), np.array([7.0, 3, 0]))
    assert across is not None
    assert len(across.room_ids) == 2
    assert across.door_ids == (flat_rooms.doors[0].door_id,)


def test_no_route_leads_into_the_unknown(flat_rooms: RegionPartition) -> None:
    octree = seen(flat(), [(1.0, 1.0)])
    graph = PlaceGraph(build_places(octree, partition_rooms(octree)))
    assert graph.find_route(np.array([1.0, 1, 0]), np.array([7.5, 0.4, 0])) is None


def test_rooms_are_named_by_what_is_in_them(flat_rooms: RegionPartition) -> None:
    things = [("Bed", (1, 1, 0.4)), ("wardrobe", (0.3, 3, 1)), ("stove", (7, 1, 0.5))]
    kinds = {kind.room_id: kind for kind in label_rooms(flat_rooms, things)}
    left, right = flat_rooms.room_of((2, 2, 0)), flat_rooms.room_of((6, 2, 0))
    assert left is not None
    assert right is not None
    assert kinds[left].kind == "bedroom"
    assert kinds[left].evidence == ("bed", "wardrobe")
    assert kinds[right].kind == "kitchen"
    assert sum(p for _, p in kinds[right].probabilities) == pytest.approx(1.0)
    assert {kind.kind for kind in label_rooms(flat_rooms, [])} == {"unknown"}


def test_a_rendered_house_is_divided_as_it_was_built() -> None:
    house = tiny_house()
    renderer = Renderer(house_scene(house).mesh)
    camera = replace(WIDE_CAMERA, width_px=160, height_px=120)
    octree = OccupancyOctree(0.05)
    for x, y in ((1.5, 1.0), (3.0, 3.0), (5.0, 1.0), (6.5, 3.2), (4.06, 2.0)):
        for yaw in np.linspace(0, 2 * np.pi, 8, endpoint=False):
            pose = camera.world_from_camera((x, y, float(yaw)))
            view = renderer.render(pose, camera.intrinsics)
            octree.integrate_depth(quantised(view.depth_m), camera.intrinsics, pose)
    partition = partition_rooms(octree)
    assert len(partition.rooms) == 2
    (door,) = partition.doors
    assert np.hypot(*np.subtract(door.position_in_world[:2], house.doors[0].center)) < 0.15
    assert abs(door.width_m - house.doors[0].width_m) <= 0.1
