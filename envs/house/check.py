"""Whether a house is sound: all of it reachable, nothing inside anything else, everything visible.

Visible means, for furniture with surfaces and for objects with a face of 75 cm^2 or more, 0.1 % of
the head camera's pixels from some place where the robot can stand; for smaller objects 20 pixels of
its 480 x 640. What lies in a compartment is looked for with the piece open. Small renders decide,
with a margin, and only until a thing was seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .generate import generate_house
from .house_view import SMALL_CAMERA, HouseView
from .navigation import NavigationMap
from .sensors import HEAD_CAMERA
from .solidity import overlap_problems, support_problems
from .stands import stands_around, stands_before
from .viewpoints import LEAST_SHARE, spread_out
from .world import RECEPTACLE_CATEGORIES, Furniture, House, ObjectState

FULL_SIZED_CM2 = 75.0
LEAST_PIXELS = 20
_MARGIN = 1.3
"""Small renders must show this much more than asked."""
_MIDDLE_CAMERA = HEAD_CAMERA.intrinsics.scaled(240, 320)
_ROOM_CELLS = 40
_PIECE_RENDERS = 40
_OBJECT_RENDERS = 150
_DOOR_ROOM_M = 0.3


@dataclass(frozen=True)
class HouseReport:
    """What was found in one house."""

    seed: int
    problems: tuple[str, ...]
    room_count: int
    furniture_count: int
    receptacle_class_count: int
    object_count: int
    object_category_count: int
    triangle_count: int
    render_count: int
    generate_s: float
    check_s: float

    @property
    def is_sound(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Spread:
    """Of one number over many houses."""

    name: str
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class CheckSummary:
    """Many houses: `faulty` holds the reports with problems, by seed."""

    first_seed: int
    house_count: int
    faulty: tuple[HouseReport, ...]
    spreads: tuple[Spread, ...]
    total_s: float

    @property
    def is_sound(self) -> bool:
        return not self.faulty


Progress = Callable[[int, int], None]


def check_many(
    count: int, *, first_seed: int = 0, progress: Progress | None = None
) -> CheckSummary:
    """Generate and check the houses of `count` seeds from `first_seed` on."""
    reports = []
    start_s = time.perf_counter()
    for number in range(count):
        began_s = time.perf_counter()
        house = generate_house(first_seed + number)
        reports.append(check_house(house, generate_s=time.perf_counter() - began_s))
        if progress is not None:
            progress(number + 1, count)
    faulty = tuple(report for report in reports if not report.is_sound)
    spreads = _spreads(reports)
    return CheckSummary(first_seed, count, faulty, spreads, time.perf_counter() - start_s)


def check_house(
    house: House, *, navigation: NavigationMap | None = None, generate_s: float = 0.0
) -> HouseReport:
    """All that is wrong with a house; `generate_s` is only passed on."""
    start_s = time.perf_counter()
    navigation = NavigationMap(house) if navigation is None else navigation
    looker = _Looker(house, navigation)
    problems = [
        *_floor_problems(house, navigation),
        *overlap_problems(house),
        *support_problems(house),
        *looker.problems(),
    ]
    classes = {p.category for p in house.furniture} & set(RECEPTACLE_CATEGORIES)
    return HouseReport(
        seed=house.seed,
        problems=tuple(problems),
        room_count=len(house.rooms),
        furniture_count=len(house.furniture),
        receptacle_class_count=len(classes),
        object_count=len(house.objects),
        object_category_count=len({thing.category for thing in house.objects.values()}),
        triangle_count=looker.view.triangle_count,
        render_count=looker.render_count,
        generate_s=generate_s,
        check_s=time.perf_counter() - start_s,
    )


def needed_share(thing: ObjectState) -> float:
    """Of the head camera's pixels that an object must fill to count as visible."""
    longest = sorted(thing.size)[1:]
    face_cm2 = longest[0] * longest[1] * 1e4
    if face_cm2 >= FULL_SIZED_CM2:
        return LEAST_SHARE
    return LEAST_PIXELS / (HEAD_CAMERA.width_px * HEAD_CAMERA.height_px)


class _Looker:
    """Looks around a house until everything was seen."""

    def __init__(self, house: House, navigation: NavigationMap) -> None:
        self.house, self.navigation = house, navigation
        self.view = HouseView(house)
        self.render_count = 0
        self._seen: set[str] = set()
        self._pieces = {piece.furniture_id: piece for piece in house.furniture}
        inside = {s.surface_id for p in house.furniture for s in p.surfaces if s.is_inside}
        self._enclosed = [t for t in house.objects.values() if t.support_id in inside]
        self._needed = {
            self.view.instance_id(t.object_id): (t.object_id, needed_share(t))
            for t in house.objects.values()
        }

    def problems(self) -> list[str]:
        found = []
        for piece in self.house.furniture:
            if piece.is_receptacle:
                found += self._viewpoint_problems(piece)
        for thing in self.house.objects.values():
            if thing not in self._enclosed and not self._finds(thing):
                found.append(f"{thing.object_id} on {thing.support_id} cannot be seen")
        for owner in sorted({t.support_id.partition("/")[0] for t in self._enclosed}):
            self.view.open(self._pieces[owner])
            for thing in self._enclosed:
                if thing.support_id.startswith(owner + "/") and not self._finds(thing):
                    found.append(f"{thing.object_id} in open {thing.support_id} cannot be seen")
            self.view.open(self._pieces[owner], False)
        return found

    def _viewpoint_problems(self, piece: Furniture) -> list[str]:
        """Stored viewpoints must hold; without any there must be a place for one."""
        name = piece.furniture_id
        for x, y, yaw in piece.viewpoints:
            if not self.navigation.is_reachable(x, y):
                return [f"{name} has a viewpoint that cannot be reached: ({x}, {y})"]
            if not self._sees(name, (x, y, yaw)):
                return [f"{name} cannot be seen well from its viewpoint ({x}, {y}, {yaw})"]
        if piece.viewpoints:
            return []
        for stand in spread_out(stands_around(piece, self.navigation))[:_PIECE_RENDERS]:
            if self._sees(name, tuple(stand.tolist())):
                return []
        return [f"{name} has no place from which it is seen well"]

    def _sees(self, name: str, stand: tuple[float, ...]) -> bool:
        """Whether a piece is seen; objects that are seen on the way are noted."""
        shares = self._look(stand, is_fine=False)
        return bool(shares[self.view.instance_id(name)] >= LEAST_SHARE * _MARGIN)

    def _finds(self, thing: ObjectState) -> bool:
        """Whether an object was or is seen from somewhere near it."""
        if thing.object_id in self._seen:
            return True
        piece = self._pieces[thing.support_id.partition("/")[0]]
        stands = spread_out(stands_before(piece, thing.position[:2], self.navigation))
        is_fine = needed_share(thing) < LEAST_SHARE
        for stand in stands[:_OBJECT_RENDERS]:
            self._look(tuple(stand.tolist()), is_fine=is_fine)
            if thing.object_id in self._seen:
                return True
        return False

    def _look(self, stand: tuple[float, ...], *, is_fine: bool) -> NDArray[np.float64]:
        self.render_count += 1
        shares = self.view.shares_from(stand, _MIDDLE_CAMERA if is_fine else SMALL_CAMERA)
        for number in np.flatnonzero(shares).tolist():
            name, needed = self._needed.get(number, ("", np.inf))
            if shares[number] >= needed * _MARGIN:
                self._seen.add(name)
        return shares


def _floor_problems(house: House, navigation: NavigationMap) -> list[str]:
    """Rooms and doors that the robot cannot get to."""
    problems = []
    if not navigation.is_reachable(*house.start[:2]):
        problems.append(f"the start {house.start[:2]} is not free floor")
    points = navigation.reachable_points()
    for room in house.rooms:
        count = sum(
            int(((points >= (x0, y0)) & (points <= (x1, y1))).all(axis=1).sum())
            for x0, y0, x1, y1 in room.rectangles
        )
        if count < _ROOM_CELLS:
            problems.append(f"{room.room_id} has only {count} reachable cells of 5 cm")
    for door in house.doors:
        dx, dy = (0.0, _DOOR_ROOM_M) if door.is_along_x else (_DOOR_ROOM_M, 0.0)
        x, y = door.center
        if not navigation.is_motion_free((x - dx, y - dy), (x + dx, y + dy)):
            problems.append(f"{door.door_id} between {' and '.join(door.room_ids)} is blocked")
    return problems


def _spreads(reports: list[HouseReport]) -> tuple[Spread, ...]:
    names = (
        ("rooms", "room_count"), ("furniture", "furniture_count"),
        ("receptacle classes", "receptacle_class_count"), ("objects", "object_count"),
        ("object categories", "object_category_count"), ("triangles", "triangle_count"),
        ("renders to check", "render_count"), ("generate, s", "generate_s"), ("check, s", "check_s"),
    )  # fmt: skip
    spreads = []
    for name, attribute in names:
        values = [float(getattr(report, attribute)) for report in reports] or [0.0]
        spreads.append(Spread(name, min(values), float(np.median(values)), max(values)))
    return tuple(spreads)
