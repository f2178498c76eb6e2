"""Doors between rooms and windows to the outside, cut into the walls of a plan."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .layout import WALL_THICKNESS_M, Rectangle, RoomPlan
from .world import Door, Room, Window

DOOR_HEIGHT_M = 2.05
WINDOW_TOP_M = 2.1
_DOOR_WIDTHS_M = (0.9, 0.95, 1.0)
_CORNER_M = 0.12
"""Wall that stays between a door and a corner."""
_SILLS_M = {"kitchen": 1.1, "bathroom": 1.3, "laundry": 1.3, "storage": 1.5, "living_room": 0.6}
_WINDOW_WIDTHS_M = {"bathroom": (0.6, 0.9), "laundry": (0.6, 0.9), "storage": (0.5, 0.7)}
_SLACK_M = 1e-6


class WallPiece(NamedTuple):
    """A straight piece of wall: it runs along x or y, its faces or middle at `across`."""

    is_along_x: bool
    across: float
    low: float
    high: float
    inward: int
    """+1 where the room lies towards higher coordinates, -1 towards lower ones."""

    @property
    def length_m(self) -> float:
        return self.high - self.low


def cut_doors(rng: np.random.Generator, plan: RoomPlan) -> tuple[Door, ...] | None:
    """A door for every link, and for some of the optional ones; None where one does not fit."""
    rooms = {room.room_id: room for room in plan.rooms}
    doors: list[Door] = []
    for pair in plan.links:
        door = _draw_door(rng, rooms, pair, doors)
        if door is None:
            return None
        doors.append(door)
    for pair in plan.optional_links:
        if pair[0] in rooms and pair[1] in rooms and rng.random() < 0.5:
            door = _draw_door(rng, rooms, pair, doors)
            if door is not None:
                doors.append(door)
    return tuple(doors)


def _draw_door(
    rng: np.random.Generator, rooms: dict[str, Room], pair: tuple[str, str], doors: list[Door]
) -> Door | None:
    width = _DOOR_WIDTHS_M[int(rng.integers(len(_DOOR_WIDTHS_M)))]
    walls = [
        wall
        for wall in shared_walls(rooms[pair[0]], rooms[pair[1]])
        if wall.length_m >= width + 2 * _CORNER_M
    ]
    if not walls:
        return None
    wall = walls[int(rng.integers(len(walls)))]
    low, high = wall.low + _CORNER_M + width / 2, wall.high - _CORNER_M - width / 2
    near_end = min(0.15, high - low)
    spot = rng.random()
    along = low + near_end if spot < 0.4 else high - near_end if spot < 0.8 else (low + high) / 2
    along, across = round(along * 100) / 100, round(wall.across, 3)
    center = (along, across) if wall.is_along_x else (across, along)
    return Door(f"door_{len(doors)}", pair, center, width, DOOR_HEIGHT_M, wall.is_along_x)


def shared_walls(first: Room, second: Room) -> list[WallPiece]:
    """The straight pieces of wall between two rooms; `across` is the middle of the wall."""
    pieces = []
    for a in first.rectangles:
        for b in second.rectangles:
            for axis in (0, 1):
                low = max(a[1 - axis], b[1 - axis])
                high = min(a[3 - axis], b[3 - axis])
                for near, far, inward in ((a[axis + 2], b[axis], -1), (a[axis], b[axis + 2], 1)):
                    gap = (far - near) * -inward
                    if high > low and abs(gap - WALL_THICKNESS_M) < _SLACK_M:
                        pieces.append(WallPiece(axis == 1, (near + far) / 2, low, high, inward))
    return pieces


def cut_windows(rng: np.random.Generator, plan: RoomPlan) -> tuple[Window, ...]:
    """Windows in outer walls: one on each long piece, two in very long ones."""
    windows: list[Window] = []
    for room in plan.rooms:
        pieces = [p for p in outer_walls(room, plan.rooms) if p.length_m >= 1.1]
        pieces.sort(key=lambda piece: -piece.length_m)
        limit = 1 if room.kind in ("bathroom", "laundry", "storage", "hall") else 3
        spans = [part for piece in pieces for part in _parts(piece)]
        for piece in spans[:limit]:
            windows.append(_draw_window(rng, room, piece, len(windows)))
    return tuple(windows)


def _parts(piece: WallPiece) -> list[WallPiece]:
    """A long wall is shared by two windows."""
    if piece.length_m < 4.6:
        return [piece]
    middle = (piece.low + piece.high) / 2
    return [piece._replace(high=middle), piece._replace(low=middle)]


def _draw_window(rng: np.random.Generator, room: Room, piece: WallPiece, number: int) -> Window:
    low, high = _WINDOW_WIDTHS_M.get(room.kind, (1.0, 1.8))
    width = min(low + float(rng.random()) * (high - low), piece.length_m - 0.6)
    width = round(width * 20) / 20
    slack = (piece.length_m - 0.5 - width) / 2
    along = (piece.low + piece.high) / 2 + (float(rng.random()) * 2 - 1) * max(slack, 0.0) * 0.5
    sill = _SILLS_M.get(room.kind, 0.9)
    across = piece.across - piece.inward * WALL_THICKNESS_M / 2
    x, y = (along, across) if piece.is_along_x else (across, along)
    center = (round(x, 3), round(y, 3), round((sill + WINDOW_TOP_M) / 2, 3))
    height = round(WINDOW_TOP_M - sill, 3)
    return Window(f"window_{number}", room.room_id, center, width, height, piece.is_along_x)


def outer_walls(room: Room, rooms: tuple[Room, ...]) -> list[WallPiece]:
    """Pieces of a room's wall faces that have no room behind them."""
    return _open_pieces(room, [r for other in rooms for r in other.rectangles])


def wall_faces(room: Room) -> list[WallPiece]:
    """All pieces of a room's wall faces; doors and windows are not cut out."""
    pieces = []
    for rectangle in room.rectangles:
        others = [r for r in room.rectangles if r is not rectangle]
        for piece in _sides(rectangle):
            blocked = [r for r in others if _reaches(r, piece, _SLACK_M)]
            pieces += _cut(piece, blocked, margin_m=0.0)
    return pieces


def _open_pieces(room: Room, rectangles: list[Rectangle]) -> list[WallPiece]:
    pieces = []
    for rectangle in room.rectangles:
        others = [r for r in rectangles if r is not rectangle]
        for piece in _sides(rectangle):
            blocked = [r for r in others if _reaches(r, piece, 0.6)]
            pieces += _cut(piece, blocked, margin_m=WALL_THICKNESS_M)
    return pieces


def _sides(rectangle: Rectangle) -> list[WallPiece]:
    x0, y0, x1, y1 = rectangle
    return [
        WallPiece(True, y0, x0, x1, 1),
        WallPiece(True, y1, x0, x1, -1),
        WallPiece(False, x0, y0, y1, 1),
        WallPiece(False, x1, y0, y1, -1),
    ]


def _reaches(rectangle: Rectangle, piece: WallPiece, depth_m: float) -> bool:
    """Whether a rectangle comes into the strip of `depth_m` behind a wall face."""
    axis = 1 if piece.is_along_x else 0
    low, high = rectangle[axis], rectangle[axis + 2]
    near, far = sorted((piece.across, piece.across - piece.inward * depth_m))
    return (
        low < far + _SLACK_M
        and high > near - _SLACK_M
        and (
            high <= piece.across + _SLACK_M if piece.inward > 0 else low >= piece.across - _SLACK_M
        )
    )


def _cut(piece: WallPiece, blocks: list[Rectangle], *, margin_m: float) -> list[WallPiece]:
    """What stays of a wall piece beside the rectangles."""
    axis = 0 if piece.is_along_x else 1
    spans = sorted((r[axis] - margin_m, r[axis + 2] + margin_m) for r in blocks)
    pieces, start = [], piece.low
    for low, high in spans:
        if low > start:
            pieces.append(piece._replace(low=start, high=min(low, piece.high)))
        start = max(start, high)
    if start < piece.high:
        pieces.append(piece._replace(low=start))
    return [p for p in pieces if p.length_m > _SLACK_M]
