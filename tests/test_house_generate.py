"""Generated houses: the same everywhere, sound, saved exactly."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.envs.house.check import check_house, check_many, needed_share
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.house_json import house_from_json, house_to_json
from embodied_mem.envs.house.house_view import HouseView
from embodied_mem.envs.house.navigation import NavigationMap
from embodied_mem.envs.house.sensors import HEAD_CAMERA
from embodied_mem.envs.house.solidity import overlap_problems, penetration_m, support_problems
from embodied_mem.envs.house.structure import wall_boxes
from embodied_mem.envs.house.viewpoints import LEAST_SHARE, with_viewpoints
from embodied_mem.envs.house.world import RECEPTACLE_CATEGORIES, ROOM_KINDS, House
from embodied_mem.errors import InputError

SEEDS = (0, 1, 2, 3, 4, 5)
_PRINT_DIGEST = (
    "import hashlib, sys; from embodied_mem.envs.house.generate import generate_house; "
    "from embodied_mem.envs.house.house_json import house_to_json; "
    "print(hashlib.sha256(''.join(house_to_json(generate_house(s)) for s in (0, 3)).encode())"
    ".hexdigest())"
)


@pytest.fixture(scope="module")
def houses() -> dict[int, House]:
    return {seed: generate_house(seed) for seed in SEEDS}


def test_same_seed_gives_the_same_house_in_other_processes() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", _PRINT_DIGEST],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


def test_different_seeds_give_different_houses(houses: dict[int, House]) -> None:
    assert len({house_to_json(replace(house, seed=0)) for house in houses.values()}) == len(SEEDS)


@pytest.mark.parametrize("room_count", [4, 5, 7, 10])
def test_room_count_is_kept_and_the_four_usual_rooms_are_there(room_count: int) -> None:
    house = generate_house(11, room_count=room_count)
    assert len(house.rooms) == room_count
    kinds = {room.kind for room in house.rooms}
    assert {"kitchen", "living_room", "bedroom", "bathroom"} <= kinds <= set(ROOM_KINDS)


@pytest.mark.parametrize("arguments", [{"seed": -1}, {"seed": 0, "room_count": 3}])
def test_impossible_requests_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(InputError, match="got"):
        generate_house(arguments["seed"], room_count=arguments.get("room_count"))


def test_bathrooms_do_not_open_on_the_kitchen(houses: dict[int, House]) -> None:
    for house in houses.values():
        kinds = {room.room_id: room.kind for room in house.rooms}
        for door in house.doors:
            assert {kinds[name] for name in door.room_ids} != {"bathroom", "kitchen"}


def test_walls_have_their_thickness_between_rooms_and_leave_the_doors_open(
    houses: dict[int, House],
) -> None:
    for house in houses.values():
        walls = [box for box in wall_boxes(house) if box.low[2] < 0.1]
        for door in house.doors:
            x, y = door.center
            assert not any(w.low[0] < x < w.high[0] and w.low[1] < y < w.high[1] for w in walls)
        rooms = [r for room in house.rooms for r in room.rectangles]
        for wall in walls:
            for x0, y0, x1, y1 in rooms:
                overlap_x = min(wall.high[0], x1) - max(wall.low[0], x0)
                overlap_y = min(wall.high[1], y1) - max(wall.low[1], y0)
                assert min(overlap_x, overlap_y) < 1e-6


def test_houses_are_furnished_and_have_doubles_that_look_different(
    houses: dict[int, House],
) -> None:
    for house in houses.values():
        classes = {piece.category for piece in house.furniture} & set(RECEPTACLE_CATEGORIES)
        assert len(classes) >= 12
        assert 20 <= len(house.objects) <= 60
        doubles = 0
        for category in {thing.category for thing in house.objects.values()}:
            alike = [t.attributes for t in house.objects.values() if t.category == category]
            doubles += len(set(alike)) >= 2
        assert doubles >= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_stands_or_lies_in_anything_else(houses: dict[int, House], seed: int) -> None:
    assert overlap_problems(houses[seed]) == []
    assert support_problems(houses[seed]) == []


def test_check_notices_what_is_wrong(houses: dict[int, House]) -> None:
    house = house_from_json(house_to_json(houses[0]))
    thing = next(iter(house.objects.values()))
    x, y, z = thing.position
    thing.position = (x, y, z + 0.1)
    assert any("floats" in text for text in support_problems(house))
    bed = next(piece for piece in house.furniture if piece.category == "bed")
    second = replace(bed, furniture_id="bed_99")
    assert any(
        "stand in each other" in text
        for text in overlap_problems(replace(house, furniture=(*house.furniture, second)))
    )
    walled = replace(house, start=(-50.0, 0.0, 0.0))
    assert any("start" in text for text in check_house(walled).problems)


def test_check_counts_add_up() -> None:
    seen: list[tuple[int, int]] = []
    summary = check_many(2, first_seed=4, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
    assert summary.house_count == 2
    assert {spread.name for spread in summary.spreads} >= {"rooms", "objects", "triangles"}
    assert summary.is_sound, summary.faulty


def test_penetration_of_turned_squares() -> None:
    square = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    assert penetration_m(square, square + np.array([0.75, 0.0])) == pytest.approx(0.25)
    assert penetration_m(square, square + np.array([0.0, 1.5])) == pytest.approx(-0.5)
    diamond = np.array([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)])
    assert penetration_m(square + 0.6, diamond) < 0 < penetration_m(square, diamond)


def test_viewpoints_are_reachable_near_and_see_their_piece(houses: dict[int, House]) -> None:
    house = with_viewpoints(houses[1])
    navigation, view = NavigationMap(house), HouseView(house)
    for piece in house.furniture:
        if not piece.is_receptacle:
            assert piece.viewpoints == ()
            continue
        assert 1 <= len(piece.viewpoints) <= 10
        for x, y, yaw in piece.viewpoints:
            assert navigation.is_reachable(x, y)
            ahead = math.atan2(piece.position[1] - y, piece.position[0] - x)
            assert abs(math.remainder(ahead - yaw, 2 * math.pi)) < 1e-3
        best = piece.viewpoints[0]
        pose = HEAD_CAMERA.world_from_camera(best)
        ids = view.render(pose, HEAD_CAMERA.intrinsics).instance_ids
        assert (ids == view.instance_id(piece.furniture_id)).mean() >= LEAST_SHARE


def test_needed_share_is_twenty_pixels_for_small_things(houses: dict[int, House]) -> None:
    thing = next(iter(houses[0].objects.values()))
    assert needed_share(replace(thing, size=(0.1, 0.1, 0.2))) == LEAST_SHARE
    assert needed_share(replace(thing, size=(0.02, 0.01, 0.08))) == pytest.approx(20 / 307200)


@pytest.mark.parametrize("seed", SEEDS)
def test_json_brings_back_the_same_house(houses: dict[int, House], seed: int) -> None:
    text = house_to_json(houses[seed])
    again = house_from_json(text)
    assert again == houses[seed]
    assert house_to_json(again) == text


def test_json_refuses_what_it_does_not_know(houses: dict[int, House]) -> None:
    body = json.loads(house_to_json(houses[0]))
    with pytest.raises(InputError, match="no key 'colour'"):
        house_from_json(json.dumps({**body, "colour": 1}))
    with pytest.raises(InputError, match="version 1"):
        house_from_json(json.dumps({**body, "schema_version": 99}))
    with pytest.raises(InputError, match="lacks rooms"):
        house_from_json(json.dumps({k: v for k, v in body.items() if k != "rooms"}))
    body["rooms"][0]["kind"] = 3
    with pytest.raises(InputError, match=r"rooms\[0\]\.kind must be str"):
        house_from_json(json.dumps(body))
    with pytest.raises(InputError, match="must be JSON"):
        house_from_json("{")
