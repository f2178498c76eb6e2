"""The house without its contents as meshes: floors, ceilings, walls with skirting, doors, windows."""

from __future__ import annotations

import numpy as np

from . import materials as of
from .mesh import Material, Mesh, Pattern, merge
from .openings import WallPiece, wall_faces
from .shapes import box_between, quad
from .small_things import window as window_mesh
from .structure import find_room, opening_rectangle, wall_boxes
from .world import Door, House, Room, Window

_PAINTS = (
    (230, 218, 196), (182, 202, 214), (200, 214, 190), (226, 204, 196), (214, 206, 226),
    (236, 228, 190), (190, 210, 206), (222, 212, 206), (206, 196, 178), (196, 204, 222),
)  # fmt: skip
_WET_KINDS = ("kitchen", "bathroom", "laundry", "storage")
_WET_FLOORS = (
    Material((214, 210, 200), Pattern.CHECKER),
    Material((196, 206, 206), Pattern.TILES),
    Material((206, 190, 172), Pattern.TILES),
    Material((176, 180, 186), Pattern.CHECKER),
)
_DRY_FLOORS = (
    Material((190, 152, 112), Pattern.PLANKS),
    Material((164, 122, 86), Pattern.PLANKS),
    Material((206, 176, 138), Pattern.PLANKS),
    Material((150, 140, 128), Pattern.CARPET),
    Material((140, 150, 158), Pattern.CARPET),
)
_FLOOR_M = 0.1
_SKIRTING_M = (0.012, 0.08)
_FRAME_M = (0.07, 0.015)


def shell_parts(house: House) -> list[tuple[str, Mesh]]:
    """Named meshes in the world: '<room>/floor', '<room>/ceiling', '<room>/walls', door and window ids."""
    rng = np.random.default_rng((house.seed, 0x5E11))
    paints = [int(i) for i in rng.permutation(len(_PAINTS))]
    paint_of: dict[str, Material] = {}
    by_room: dict[str, list[Mesh]] = {room.room_id: [] for room in house.rooms}
    for k, room in enumerate(house.rooms):
        by_room[room.room_id].append(_skirting(house, room))
        paint_of[room.room_id] = Material(_PAINTS[paints[k % len(_PAINTS)]])
    for wall in wall_boxes(house):
        paint = paint_of[wall.room_id]
        by_room[wall.room_id].append(box_between(wall.low, wall.high, paint))
    parts: list[tuple[str, Mesh]] = []
    for room in house.rooms:
        floors = _WET_FLOORS if room.kind in _WET_KINDS else _DRY_FLOORS
        parts += [
            (f"{room.room_id}/floor", _floor(room, floors[int(rng.integers(len(floors)))])),
            (f"{room.room_id}/ceiling", _ceiling(room, house.wall_height_m)),
            (f"{room.room_id}/walls", merge(by_room[room.room_id])),
        ]
    parts += [(door.door_id, _door(door, house.wall_thickness_m)) for door in house.doors]
    parts += [(pane.window_id, _window(house, pane)) for pane in house.windows]
    return parts


def _floor(room: Room, look: Material) -> Mesh:
    return merge(
        [
            box_between((x0, y0, -_FLOOR_M), (x1, y1, 0.0), look)
            for x0, y0, x1, y1 in room.rectangles
        ]
    )


def _ceiling(room: Room, height_m: float) -> Mesh:
    return merge(
        [
            quad(
                [(x0, y0, height_m), (x0, y1, height_m), (x1, y1, height_m), (x1, y0, height_m)],
                of.CEILING,
            )
            for x0, y0, x1, y1 in room.rectangles
        ]
    )


def _skirting(house: House, room: Room) -> Mesh:
    """Boards along the walls, interrupted at doors."""
    deep, tall = _SKIRTING_M
    doors = [door for door in house.doors if room.room_id in door.room_ids]
    boards = []
    for piece in wall_faces(room):
        for low, high in _beside_doors(piece, doors):
            near, far = sorted((piece.across, piece.across + piece.inward * deep))
            if piece.is_along_x:
                boards.append(box_between((low, near, 0.0), (high, far, tall), of.WHITE_PAINT))
            else:
                boards.append(box_between((near, low, 0.0), (far, high, tall), of.WHITE_PAINT))
    return merge(boards)


def _beside_doors(piece: WallPiece, doors: list[Door]) -> list[tuple[float, float]]:
    """Parts (low, high) of a wall face between the frames of the doors in it."""
    axis = 0 if piece.is_along_x else 1
    gaps = sorted(
        (
            door.center[axis] - door.width_m / 2 - _FRAME_M[0],
            door.center[axis] + door.width_m / 2 + _FRAME_M[0],
        )
        for door in doors
        if door.is_along_x == piece.is_along_x and abs(door.center[1 - axis] - piece.across) < 0.1
    )
    spans, start = [], piece.low
    for low, high in gaps:
        spans.append((start, min(low, piece.high)))
        start = high
    return [(a, b) for a, b in [*spans, (start, piece.high)] if b - a > 0.01]


def _door(door: Door, thickness_m: float) -> Mesh:
    """The threshold and the frame on both faces of the wall; it does not narrow the opening."""
    x0, y0, x1, y1 = opening_rectangle(door, thickness_m)
    wide, deep = _FRAME_M
    parts = [box_between((x0, y0, -_FLOOR_M), (x1, y1, 0.0), of.OAK)]
    half, top = door.width_m / 2, door.height_m
    for side in (-1, 1):
        face = side * thickness_m / 2
        near, far = sorted((face, face + side * deep))
        for low, high, bottom, up in (
            (-half - wide, -half, 0.0, top + wide),
            (half, half + wide, 0.0, top + wide),
            (-half, half, top, top + wide),
        ):
            if door.is_along_x:
                board = box_between((low, near, bottom), (high, far, up), of.WHITE_PAINT)
            else:
                board = box_between((near, low, bottom), (far, high, up), of.WHITE_PAINT)
            parts.append(board.moved(*door.center))
    return merge(parts)


def _window(house: House, pane: Window) -> Mesh:
    """The glazed frame, its glass near the outer face of the wall, facing its room."""
    x, y, z = pane.center
    probe = house.wall_thickness_m
    dx, dy = (0.0, probe) if pane.is_along_x else (probe, 0.0)
    room = find_room(house, x + dx, y + dy)
    sign = 1 if room is not None and room.room_id == pane.room_id else -1
    yaw = (np.pi / 2 if pane.is_along_x else 0.0) + (0.0 if sign > 0 else np.pi)
    back = -0.03 * sign
    frame = window_mesh(pane.width_m, pane.height_m).turned(yaw)
    return frame.moved(x + back * (dx > 0), y + back * (dy > 0), z - pane.height_m / 2)
