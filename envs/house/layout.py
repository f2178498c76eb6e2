"""Where the rooms of a house lie: two rows of rooms along a hall, with the living room at one end.

The plan is drawn with wall centre lines: a south row that begins with the living room, a strip that
is living room at its west end and hall from there on, and a north row that begins with kitchen and
dining room. Widths, depths, the order of rooms, the ends of the hall and the handedness vary; rooms
become L-shaped where the living room reaches into the strip, where the hall widens into a foyer, or
where the last room takes the end of the strip.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .world import Room

Rectangle = tuple[float, float, float, float]
"""(x_min, y_min, x_max, y_max), metres."""

ROOM_COUNT_RANGE = (4, 10)
WALL_THICKNESS_M = 0.12

_BASE = ("living_room", "kitchen", "bedroom", "bathroom")
_EXTRAS = (
    ("bedroom", 3.0), ("office", 2.2), ("dining_room", 1.8), ("bathroom", 1.6),
    ("childrens_room", 1.5), ("laundry", 1.3), ("storage", 0.9), ("bedroom", 0.8),
)  # fmt: skip
_WIDTHS_M = {
    "living_room": (4.6, 6.2), "kitchen": (3.0, 4.2), "bedroom": (3.4, 4.4), "bathroom": (2.2, 2.9),
    "hall": (1.9, 2.5), "office": (2.8, 3.6), "dining_room": (3.2, 4.0), "laundry": (2.1, 2.6),
    "childrens_room": (3.0, 3.8), "storage": (1.9, 2.4),
}  # fmt: skip
_COUNT_WEIGHTS = {4: 1, 5: 2, 6: 3, 7: 3, 8: 3, 9: 2, 10: 2}
_DOORWAY_M = 1.4
"""Shared wall that a door needs, from centre line to centre line."""
_SHORTEST_HALL_M = 2.2
_TAKES_STRIP = ("bedroom", "office", "childrens_room")


@dataclass(frozen=True)
class RoomPlan:
    """Rooms between their wall faces, and which pairs must or may have a door."""

    rooms: tuple[Room, ...]
    links: tuple[tuple[str, str], ...]
    """Room ids that a door must join; together they connect all rooms."""
    optional_links: tuple[tuple[str, str], ...]


@dataclass
class _Cell:
    """A room while it is planned: its kind and its rectangles between wall centre lines."""

    kind: str
    width_m: float
    rectangles: list[Rectangle] = field(default_factory=list)
    x_min: float = 0.0
    is_day: bool = False
    entered_from: _Cell | None = None
    """The room whose door leads in, where it is not the hall."""

    @property
    def x_max(self) -> float:
        return self.x_min + self.width_m


@dataclass
class _Strip:
    """The strip between the rows: living room up to `hall_from`, hall up to `hall_to`."""

    hall_from: float
    hall_to: float
    taker: _Cell | None
    """The room that takes what lies beyond the hall."""


def plan_rooms(rng: np.random.Generator, room_count: int | None) -> RoomPlan | None:
    """A plan of `room_count` rooms (drawn when None), or None where the draw does not work out."""
    count = _draw_count(rng) if room_count is None else room_count
    south, north = _rows(rng, _draw_kinds(rng, count))
    _align(south, north)
    strip = _draw_strip(rng, south, north, has_hall=count > len(_BASE))
    if strip is None:
        return None
    depths = (_steps(rng, 3.7, 4.7), _steps(rng, 1.45, 2.0), _steps(rng, 3.2, 4.1))
    cells = _placed(south, north, strip, depths, has_hall=count > len(_BASE))
    _turn(rng, cells)
    return _named(cells)


def _steps(rng: np.random.Generator, low: float, high: float) -> float:
    """A length between `low` and `high` in steps of 5 cm."""
    first, last = round(low * 20), round(high * 20)
    return int(rng.integers(first, last + 1)) / 20


def _draw_count(rng: np.random.Generator) -> int:
    pool = [count for count, weight in _COUNT_WEIGHTS.items() for _ in range(weight)]
    return pool[int(rng.integers(len(pool)))]


def _draw_kinds(rng: np.random.Generator, room_count: int) -> list[str]:
    """The four rooms that every house has, a hall from five rooms on, and weighted extras."""
    kinds = list(_BASE)
    if room_count > len(kinds):
        kinds.append("hall")
    pool = list(_EXTRAS)
    while len(kinds) < room_count and pool:
        weights = np.cumsum([weight for _, weight in pool])
        pick = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
        kinds.append(pool.pop(min(pick, len(pool) - 1))[0])
    return kinds


def _rows(rng: np.random.Generator, kinds: list[str]) -> tuple[list[_Cell], list[_Cell]]:
    """Share the rooms out to the south and the north row, each from west to east."""
    cells = {kind: [_cell(rng, k) for k in kinds if k == kind] for kind in kinds}
    south, north = cells["living_room"], cells["kitchen"]
    if "dining_room" in cells:
        north.insert(int(rng.integers(2)), cells["dining_room"][0])
    for cell in (*south, *north):
        cell.is_day = True
    laundry = cells.get("laundry", [])
    if laundry and north[0].kind == "kitchen" and rng.random() < 0.5:
        laundry[0].entered_from = north[0]
        north.insert(0, laundry.pop())
    if "hall" in cells and len(kinds) >= 7 and rng.random() < 0.5:
        south.append(cells["hall"][0])
    night_kinds = ("bedroom", "bathroom", "office", "childrens_room", "laundry", "storage")
    units = [[cell] for kind in night_kinds for cell in cells.get(kind, [])]
    if len(cells["bathroom"]) == 2 and rng.random() < 0.6:
        units = _with_ensuite(units)
    order = [int(i) for i in rng.permutation(len(units))]
    order.sort(key=lambda i: len(units[i]))
    for i in order:
        row = south if _width(south) <= _width(north) else north
        row.extend(units[i])
    return south, north


def _cell(rng: np.random.Generator, kind: str) -> _Cell:
    return _Cell(kind, _steps(rng, *_WIDTHS_M[kind]))


def _with_ensuite(units: list[list[_Cell]]) -> list[list[_Cell]]:
    """The first bedroom and the second bathroom become one unit, bathroom at the end."""
    bedroom = next(unit[0] for unit in units if unit[0].kind == "bedroom")
    bathroom = [unit[0] for unit in units if unit[0].kind == "bathroom"][1]
    bathroom.entered_from = bedroom
    rest = [unit for unit in units if unit[0] is not bedroom and unit[0] is not bathroom]
    return [*rest, [bedroom, bathroom]]


def _width(row: list[_Cell]) -> float:
    return sum(cell.width_m for cell in row)


def _align(south: list[_Cell], north: list[_Cell]) -> None:
    """Set the west edges; rows that nearly end together are made to end together."""
    short, long = sorted((south, north), key=_width)
    missing = _width(long) - _width(short)
    if missing <= 0.18 * _width(short):
        share = missing / len(short)
        for cell in short[:-1]:
            cell.width_m = round((cell.width_m + share) * 20) / 20
        short[-1].width_m = round(_width(long) - _width(short[:-1]), 2)
    for row in (south, north):
        x = 0.0
        for cell in row:
            cell.x_min = round(x, 2)
            x += cell.width_m


def _draw_strip(
    rng: np.random.Generator, south: list[_Cell], north: list[_Cell], *, has_hall: bool
) -> _Strip | None:
    """Where the hall begins and ends, so that every room that opens on it can; None if it cannot."""
    last_day = [cell for cell in north if cell.is_day][-1]
    opening = [c for c in south + north if not c.is_day and c.entered_from is None]
    rooms = [cell for cell in opening if cell.kind != "hall"]
    foyer = [cell for cell in opening if cell.kind == "hall"]
    lowest = last_day.x_min + _DOORWAY_M
    highest = min([c.x_max - _DOORWAY_M for c in rooms] + [c.x_min for c in foyer])
    if has_hall and lowest > highest:
        return None
    edge = south[0].x_max
    hall_from = edge if lowest <= edge <= highest else lowest + rng.random() * (highest - lowest)
    end = max(south[-1].x_max, north[-1].x_max)
    hall_to = max([c.x_min + _DOORWAY_M for c in rooms] + [c.x_max for c in foyer])
    hall_to = max(hall_to, min(hall_from + _SHORTEST_HALL_M, end))
    longest = [row[-1] for row in (south, north) if row[-1].x_max >= end - 1e-9]
    taker = longest[int(rng.integers(len(longest)))]
    if taker.kind in _TAKES_STRIP and taker.x_min < hall_to and end - hall_to >= 1.0:
        return _Strip(round(hall_from * 20) / 20, round(hall_to, 2), taker)
    hall_to = max(hall_to, min(south[-1].x_max, north[-1].x_max))
    return _Strip(round(hall_from * 20) / 20, round(hall_to, 2), None)


def _placed(
    south: list[_Cell],
    north: list[_Cell],
    strip: _Strip,
    depths_m: tuple[float, float, float],
    *,
    has_hall: bool,
) -> list[_Cell]:
    """All rooms with their rectangles between wall centre lines."""
    first = round(depths_m[0], 2)
    second = round(first + depths_m[1], 2)
    third = round(second + depths_m[2], 2)
    for row, low, high in ((south, 0.0, first), (north, second, third)):
        for cell in row:
            cell.rectangles.append((cell.x_min, low, round(cell.x_max, 2), high))
    cells = south + north
    living_to = strip.hall_from if has_hall else strip.hall_to
    south[0].rectangles.append((0.0, first, living_to, second))
    if has_hall:
        hall = next((cell for cell in cells if cell.kind == "hall"), None)
        if hall is None:
            hall = _Cell("hall", strip.hall_to - strip.hall_from)
            cells.append(hall)
        hall.rectangles.append((strip.hall_from, first, strip.hall_to, second))
    if strip.taker is not None:
        end = round(strip.taker.x_max, 2)
        strip.taker.rectangles.append((strip.hall_to, first, end, second))
    return cells


def _turn(rng: np.random.Generator, cells: list[_Cell]) -> None:
    """Mirror and swap the axes at random, so that houses face all ways."""
    flip_x, flip_y, swap = (bool(rng.integers(2)) for _ in range(3))
    width = max(r[2] for cell in cells for r in cell.rectangles)
    depth = max(r[3] for cell in cells for r in cell.rectangles)
    for cell in cells:
        turned = []
        for x0, y0, x1, y1 in cell.rectangles:
            if flip_x:
                x0, x1 = width - x1, width - x0
            if flip_y:
                y0, y1 = depth - y1, depth - y0
            if swap:
                x0, y0, x1, y1 = y0, x0, y1, x1
            turned.append((round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)))
        cell.rectangles = turned


def _named(cells: list[_Cell]) -> RoomPlan:
    """Give ids and wall faces, and say which rooms open on which."""
    kinds = [*_BASE, "hall", "dining_room", "office", "childrens_room", "laundry", "storage"]
    cells = sorted(cells, key=lambda cell: kinds.index(cell.kind))
    ids: dict[int, str] = {}
    rooms: list[Room] = []
    for cell in cells:
        number = sum(1 for room in rooms if room.kind == cell.kind)
        ids[id(cell)] = f"{cell.kind}_{number}"
        rooms.append(Room(ids[id(cell)], cell.kind, _faces(cell.rectangles)))
    links: list[tuple[str, str]] = []
    hub = "hall_0" if any(room.kind == "hall" for room in rooms) else "living_room_0"
    for cell in cells:
        name = ids[id(cell)]
        if cell.entered_from is not None:
            links.append((ids[id(cell.entered_from)], name))
        elif cell.kind in ("kitchen", "dining_room", "hall"):
            links.append(("living_room_0", name))
        elif cell.kind != "living_room":
            links.append((hub, name))
    optional = [("kitchen_0", "dining_room_0"), ("kitchen_0", "hall_0")]
    return RoomPlan(tuple(rooms), tuple(links), tuple(p for p in optional if p not in links))


def _faces(rectangles: list[Rectangle]) -> tuple[Rectangle, ...]:
    """Centre-line rectangles of one room, moved in to the wall faces and joined to each other."""
    half = WALL_THICKNESS_M / 2
    if len(rectangles) == 2:
        joined = _joined(rectangles[0], rectangles[1])
        if joined is not None:
            rectangles = [joined]
    faces = []
    for i, rectangle in enumerate(rectangles):
        x0, y0, x1, y1 = rectangle
        grow = [half, half, -half, -half]
        for other in rectangles[:i] + rectangles[i + 1 :]:
            side = _shared_side(rectangle, other)
            if side is not None:
                grow[side] = -grow[side]
        face = (x0 + grow[0], y0 + grow[1], x1 + grow[2], y1 + grow[3])
        faces.append(tuple(round(value, 3) for value in face))
    return tuple((f[0], f[1], f[2], f[3]) for f in faces)


def _joined(a: Rectangle, b: Rectangle) -> Rectangle | None:
    """The one rectangle that two with a whole side in common make."""
    same_x, same_y = (a[0], a[2]) == (b[0], b[2]), (a[1], a[3]) == (b[1], b[3])
    if not same_x and not same_y:
        return None
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _shared_side(a: Rectangle, b: Rectangle) -> int | None:
    """Which side of `a` (x_min, y_min, x_max, y_max) lies within a side of `b`."""
    for side in range(4):
        across = 1 - side % 2
        touches = a[side] == b[(side + 2) % 4]
        if touches and a[across] >= b[across] and a[across + 2] <= b[across + 2]:
            return side
    return None
