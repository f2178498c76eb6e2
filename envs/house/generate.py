"""A whole house from one integer."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .catalog import DECOR_CATEGORIES
from .clutter import lay_objects
from .furnish import furnish
from .layout import ROOM_COUNT_RANGE, plan_rooms
from .models import furniture_model
from .navigation import NavigationMap
from .openings import cut_doors, cut_windows
from .stands import stands_around
from .world import Furniture, FurnitureState, House, Room

_PLAN_TRIES = 200
_HOUSE_TRIES = 20
_SMALLEST_ROOM_FLOOR = 40
"""Reachable cells (10 dm^2) that every room must have."""
_HOLDS_NOTHING = (*DECOR_CATEGORIES, "lamp", "television")
_FEWEST_STANDS = 12
"""Places (15 cm apart) that a robot must have by a piece; others are taken out again."""
_START_ROOMS = ("hall", "living_room")


def generate_house(seed: int, *, room_count: int | None = None) -> House:
    """A furnished house with objects, without viewpoints (`with_viewpoints` adds those).

    The same arguments give the same house everywhere. `room_count` is drawn from the seed when None.

    Raises:
        InputError: a negative seed, or a room count outside `ROOM_COUNT_RANGE`.
    """
    low, high = ROOM_COUNT_RANGE
    if seed < 0:
        raise InputError(f"a house's seed must be 0 or more, got {seed}")
    if room_count is not None and not low <= room_count <= high:
        raise InputError(f"a house has {low} to {high} rooms, got room_count={room_count}")
    for attempt in range(_HOUSE_TRIES):
        house = _try_house(seed, attempt, room_count)
        if house is not None:
            return house
    raise InputError(f"no house was found for seed {seed}: report this seed")


def _try_house(seed: int, attempt: int, room_count: int | None) -> House | None:
    """One attempt with its own stream of numbers; None if a room cannot be reached."""
    rng = np.random.Generator(np.random.PCG64([seed, attempt]))
    house = _empty_house(rng, seed, room_count)
    house.furniture = furnish(rng, house)
    navigation = NavigationMap(house)
    start = _draw_start(rng, house, navigation)
    if start is None:
        return None
    house.start = start
    navigation = navigation.started_at(start[:2])
    stands = {p.furniture_id: stands_around(p, navigation) for p in house.furniture if _is_used(p)}
    pieces = [
        p
        for p in house.furniture
        if not _is_used(p) or len(stands[p.furniture_id]) >= _FEWEST_STANDS
    ]
    house.furniture = tuple(_with_surfaces(piece) for piece in pieces)
    house.furniture_states = {piece.furniture_id: FurnitureState() for piece in pieces}
    house.objects = lay_objects(rng, house, stands)
    return house


def _empty_house(rng: np.random.Generator, seed: int, room_count: int | None) -> House:
    """Rooms, doors and windows; draws again until a plan works out."""
    for _ in range(_PLAN_TRIES):
        plan = plan_rooms(rng, room_count)
        doors = None if plan is None else cut_doors(rng, plan)
        if plan is not None and doors is not None:
            return House(seed, plan.rooms, doors, cut_windows(rng, plan), ())
    raise InputError(f"no plan of {room_count} rooms works out for seed {seed}: report this seed")


def _draw_start(
    rng: np.random.Generator, house: House, navigation: NavigationMap
) -> tuple[float, float, float] | None:
    """Free floor with some space around it in the hall or living room; None if rooms are cut off."""
    free = navigation.is_free_cell.astype(np.uint8)
    count, labels = cv2.connectedComponents(free, connectivity=8)
    if count < 2:
        return None
    largest = labels == 1 + int(np.argmax(np.bincount(labels[labels > 0], minlength=count)[1:]))
    cells = {room.room_id: _cells_in(navigation, room, largest) for room in house.rooms}
    if min(len(found) for found in cells.values()) < _SMALLEST_ROOM_FLOOR:
        return None
    airy = cv2.distanceTransform(largest.astype(np.uint8), cv2.DIST_L2, 3) * navigation.cell_m
    rooms = [room for room in house.rooms if room.kind in _START_ROOMS]
    room = rooms[int(rng.integers(len(rooms)))]
    spots = cells[room.room_id]
    depth = airy[spots[:, 0], spots[:, 1]]
    spots = spots[depth >= min(0.2, float(depth.max()))]
    i, j = spots[int(rng.integers(len(spots)))].tolist()
    x, y = navigation.center_of((i, j))
    yaw = int(rng.integers(36)) * np.pi / 18
    return round(x, 4), round(y, 4), round(float((yaw + np.pi) % (2 * np.pi) - np.pi), 4)


def _cells_in(
    navigation: NavigationMap, room: Room, chosen: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """(N, 2) chosen cells whose middle lies in a room, by x then y."""
    cells = np.argwhere(chosen)
    points = np.array(navigation.origin) + (cells + 0.5) * navigation.cell_m
    is_in = np.zeros(len(cells), bool)
    for x0, y0, x1, y1 in room.rectangles:
        is_in |= ((points >= (x0, y0)) & (points <= (x1, y1))).all(axis=1)
    return np.asarray(cells[is_in], np.int64)


def _is_used(piece: Furniture) -> bool:
    """Whether a robot must be able to stand by a piece: what holds nothing need not be reached."""
    return piece.category not in _HOLDS_NOTHING


def _with_surfaces(piece: Furniture) -> Furniture:
    if not _is_used(piece):
        return piece
    model = furniture_model(piece)
    return replace(piece, surfaces=tuple(s.of(piece.furniture_id) for s in model.surfaces))
