"""Which rooms and pieces a robot has been at and when: what to see next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .household import Household
from .navigation import NavigationMap
from .reach import nearest_floor
from .world import Furniture, Point2, Room

_LEAST_ROOM_CELLS = 40
"""Of 5 cm: a room with less floor to stand on need not be visited."""


class Coverage:
    """The steps at which a robot was last in each room and at each piece."""

    def __init__(self, layout: Household, navigation: NavigationMap) -> None:
        """Of `layout` only rooms and furniture count, which do not change."""
        self._layout = layout
        self._navigation = navigation
        self._rooms: dict[str, int] = {}
        self._pieces: dict[str, int] = {}
        self._floors = {
            room.room_id: floor
            for room in layout.house.rooms
            if len(floor := _floor_of(room, navigation)) >= _LEAST_ROOM_CELLS
        }

    @property
    def reachable_room_ids(self) -> tuple[str, ...]:
        """Rooms with floor to stand on, in the house's order."""
        return tuple(self._floors)

    @property
    def visited_room_ids(self) -> tuple[str, ...]:
        """Rooms the robot was in, in the house's order."""
        return tuple(r.room_id for r in self._layout.house.rooms if r.room_id in self._rooms)

    @property
    def missing_room_ids(self) -> tuple[str, ...]:
        """Reachable rooms the robot was not in, in the house's order."""
        return tuple(name for name in self._floors if name not in self._rooms)

    def note(self, point: Point2, step: int) -> None:
        """The robot is at a point."""
        self._rooms[self._layout.room_id_at(*point)] = step

    def stalest_room(self, rng: np.random.Generator) -> str:
        """The reachable room the robot was in longest ago; by chance one of those it was never in."""
        return _stalest(self.reachable_room_ids, self._rooms, rng)

    def nearest_room(self, point: Point2, room_ids: Sequence[str]) -> str:
        """The reachable room with the shortest drive to it."""
        field_m = self._navigation.distance_field_m(*point)

        def distance_m(room_id: str) -> float:
            cells = [self._navigation.cell_of(x, y) for x, y in self._floors[room_id].tolist()]
            return float(field_m[tuple(np.array(cells).T)].min())

        return min(room_ids, key=distance_m)

    def choose_view(
        self, room_id: str, step: int, rng: np.random.Generator
    ) -> tuple[Point2, Point2]:
        """A viewpoint of the piece of a room seen longest ago, and what to look at from there.

        In a room without viewpoints it is the floor nearest to its middle.
        """
        pieces = {p.furniture_id: p for p in self._pieces_in(room_id)}
        if pieces:
            piece = pieces[_stalest(list(pieces), self._pieces, rng)]
            self._pieces[piece.furniture_id] = step
            x, y, _ = piece.viewpoints[int(rng.integers(len(piece.viewpoints)))]
            return (x, y), (piece.position[0], piece.position[1])
        room = next(r for r in self._layout.house.rooms if r.room_id == room_id)
        x0, y0, x1, y1 = max(room.rectangles, key=lambda r: (r[2] - r[0]) * (r[3] - r[1]))
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        return nearest_floor(self._layout, self._navigation, middle, room_id), middle

    def _pieces_in(self, room_id: str) -> list[Furniture]:
        furniture = self._layout.house.furniture
        return [p for p in furniture if p.room_id == room_id and p.viewpoints]


def _stalest(names: Sequence[str], steps: dict[str, int], rng: np.random.Generator) -> str:
    shuffled = [names[int(i)] for i in rng.permutation(len(names))]
    return min(shuffled, key=lambda name: steps.get(name, -1))


def _floor_of(room: Room, navigation: NavigationMap) -> NDArray[np.float64]:
    """(N, 2) reachable points of a room."""
    points = navigation.reachable_points()
    is_inside = np.zeros(len(points), bool)
    for x0, y0, x1, y1 in room.rectangles:
        is_inside |= ((points >= (x0, y0)) & (points <= (x1, y1))).all(axis=1)
    return points[is_inside]
