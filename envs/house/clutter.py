"""The movable objects of a house: which ones, where they lie, and doubles that look different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .catalog import (
    OBJECT_CATEGORIES,
    OBJECT_GROUPS,
    ObjectGroup,
    sample_object,
    usual_places,
)
from .sight import LOW_CEILING_M, OPEN_AT_TOP, can_see, has_front_stand
from .surfaces import footprint_half_m, world_point
from .world import Furniture, House, ObjectAttributes, ObjectState, Surface

OBJECT_COUNT_RANGE = (20, 60)
HIGHEST_SURFACE_M = 1.12
"""A camera at 1.31 m that looks down sees nothing on higher surfaces."""

_GAP_M = 0.015
_EDGE_M = 0.01
_HEADROOM_M = 0.02
_REACH_IN_M = 0.2
"""How far from its front edge something may lie on a surface with another above it."""
_TUCKED_AWAY = ("chair",)
_FULL_SHARE = 0.45
_INSIDE_CHANCE = 0.25
_STRAY_CHANCE = 0.1
_SPOT_TRIES = 12
_PLACE_TRIES = 6
_LOOK_TRIES = 12
_DOUBLED_SHARE = 0.45
_GROUPED_SHARE = 0.4
_MEMBER_CHANCE = 0.7
_USUAL_CHANCE = 0.7


@dataclass
class _Spot:
    """A surface and what lies on it: middle x, y, half sizes, height, in the piece's frame."""

    piece: Furniture
    surface: Surface
    footprints: list[tuple[float, float, float, float, float]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        surface = self.surface
        area = (surface.high[0] - surface.low[0]) * (surface.high[1] - surface.low[1])
        return sum(4 * w * d for _, _, w, d, _ in self.footprints) > _FULL_SHARE * area


class _Clutter:
    """The objects of one house while they are laid out."""

    def __init__(self, house: House, stands: Mapping[str, NDArray[np.float64]]) -> None:
        self._stands = stands
        kinds = {room.room_id: room.kind for room in house.rooms}
        self.objects: dict[str, ObjectState] = {}
        self._looks: dict[str, list[ObjectAttributes]] = {}
        self._by_place: dict[tuple[str, str], list[list[_Spot]]] = {}
        self._open_air: list[list[_Spot]] = []
        for piece in house.furniture:
            spots = [_Spot(piece, s) for s in piece.surfaces if s.height_m <= HIGHEST_SURFACE_M]
            if spots and has_front_stand(stands[piece.furniture_id], piece):
                place = (kinds[piece.room_id], piece.category)
                self._by_place.setdefault(place, []).append(spots)
                outside = [spot for spot in spots if not spot.surface.is_inside]
                if outside and piece.category not in _TUCKED_AWAY:
                    self._open_air.append(outside)

    def weight_of(self, category: str) -> float:
        """How much of where a category is usually found this house has."""
        places = usual_places(category)
        return sum(weight for place, weight in places.items() if place in self._by_place)

    def find_group_place(self, rng: np.random.Generator, group: ObjectGroup) -> list[_Spot] | None:
        """The surfaces of one piece where a group may lie, its more usual places first."""
        for place in group.places:
            pieces = self._by_place.get(place, [])
            if pieces and rng.random() < _USUAL_CHANCE:
                return pieces[int(rng.integers(len(pieces)))]
        return None

    def add(
        self, rng: np.random.Generator, category: str, *, on: list[_Spot] | None = None
    ) -> bool:
        """Lay one more object of a category where it is usually found, or on one piece.

        False if there is no place for it.
        """
        attributes, size, variant = self._new_look(rng, category)
        for _ in range(_PLACE_TRIES):
            spot = self._draw_spot(rng, category) if on is None else _one_of(rng, on)
            yaw = round(float(rng.random()) * 2 * np.pi - np.pi, 4)
            middle = None if spot is None else _find_place(rng, spot, size, yaw)
            if spot is None or middle is None or not self._is_in_sight(spot, middle, size[2]):
                continue
            half = footprint_half_m(size, yaw)
            spot.footprints.append((*middle, *half, size[2]))
            piece = spot.piece
            x, y, z = world_point(piece, (*middle, spot.surface.height_m)).tolist()
            name = f"{category}_{sum(1 for o in self.objects.values() if o.category == category)}"
            turned = (yaw + piece.yaw_rad + np.pi) % (2 * np.pi) - np.pi
            self.objects[name] = ObjectState(
                name,
                category,
                attributes,
                size,
                variant,
                (round(x, 4), round(y, 4), round(z, 4)),
                round(float(turned), 4),
                spot.surface.surface_id,
            )
            self._looks.setdefault(category, []).append(attributes)
            return True
        return False

    def _is_in_sight(self, spot: _Spot, middle: tuple[float, float], height_m: float) -> bool:
        stands = self._stands[spot.piece.furniture_id]
        return can_see(stands, spot.piece, spot.surface, middle, height_m)

    def _new_look(
        self, rng: np.random.Generator, category: str
    ) -> tuple[ObjectAttributes, tuple[float, float, float], int]:
        """Attributes that no other object of the category has, if it comes in that many."""
        for _ in range(_LOOK_TRIES):
            look = sample_object(category, rng)
            if look[0] not in self._looks.get(category, []):
                break
        return look

    def _draw_spot(self, rng: np.random.Generator, category: str) -> _Spot | None:
        """A surface by the category's weights, now and then any open one; None if it is full."""
        if rng.random() < _STRAY_CHANCE and self._open_air:
            spots = self._open_air[int(rng.integers(len(self._open_air)))]
        else:
            places = [(p, w) for p, w in usual_places(category).items() if p in self._by_place]
            if not places:
                return None
            weights = np.cumsum([weight for _, weight in places])
            pick = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
            pieces = self._by_place[places[min(pick, len(places) - 1)][0]]
            spots = pieces[int(rng.integers(len(pieces)))]
        return _one_of(rng, spots)


def lay_objects(
    rng: np.random.Generator, house: House, stands: Mapping[str, NDArray[np.float64]]
) -> dict[str, ObjectState]:
    """20 to 60 objects on the surfaces of a house; several kinds come two to four times.

    `stands` are the (N, 3) places by each piece of furniture from which a robot can look.
    """
    clutter = _Clutter(house, stands)
    weights = np.array([clutter.weight_of(category) for category in OBJECT_CATEGORIES])
    wanted = _draw_count(rng, house)
    for index in rng.permutation(len(OBJECT_GROUPS)).tolist():
        if len(clutter.objects) < _GROUPED_SHARE * wanted:
            _lay_group(rng, clutter, OBJECT_GROUPS[index])
    while len(clutter.objects) < wanted and weights.any():
        total = np.cumsum(weights)
        pick = int(np.searchsorted(total, rng.random() * total[-1], side="right"))
        pick = min(pick, len(weights) - 1)
        weights[pick] = 0.0
        copies = int(rng.integers(2, 5)) if rng.random() < _DOUBLED_SHARE else 1
        for _ in range(min(copies, wanted - len(clutter.objects))):
            clutter.add(rng, OBJECT_CATEGORIES[pick])
    return clutter.objects


def _lay_group(rng: np.random.Generator, clutter: _Clutter, group: ObjectGroup) -> None:
    """Things that are used together, side by side on one piece."""
    spots = clutter.find_group_place(rng, group)
    for number, category in enumerate(group.members if spots is not None else ()):
        if number == 0 or rng.random() < _MEMBER_CHANCE:
            clutter.add(rng, category, on=spots)


def _one_of(rng: np.random.Generator, spots: list[_Spot]) -> _Spot | None:
    """One surface of a piece, seldom one in a compartment; None if it is full."""
    inside = [spot for spot in spots if spot.surface.is_inside]
    outside = [spot for spot in spots if not spot.surface.is_inside]
    if inside and outside:
        spots = inside if rng.random() < _INSIDE_CHANCE else outside
    spot = spots[int(rng.integers(len(spots)))]
    return None if spot.is_full else spot


def _draw_count(rng: np.random.Generator, house: House) -> int:
    """More in larger houses, within the range."""
    low, high = OBJECT_COUNT_RANGE
    usual = 14 + 4 * len(house.rooms)
    return int(np.clip(usual + rng.integers(-6, 13), low, high))


def _find_place(
    rng: np.random.Generator, spot: _Spot, size: Sequence[float], yaw_rad: float
) -> tuple[float, float] | None:
    """The middle of a free place for a footprint on a surface, in the piece's frame."""
    surface = spot.surface
    if size[2] > surface.clearance_m - _HEADROOM_M:
        return None
    half = np.array(footprint_half_m((size[0], size[1], size[2]), yaw_rad))
    low = np.array(surface.low) + half + _EDGE_M
    high = np.array(surface.high) - half - _EDGE_M
    if (low > high).any():
        return None
    if spot.piece.category in OPEN_AT_TOP:
        high[0] = min(high[0], low[0] + _REACH_IN_M)
    elif surface.clearance_m < LOW_CEILING_M:
        low[0] = max(low[0], high[0] - _REACH_IN_M)
    taken: NDArray[np.float64] = np.array(spot.footprints, np.float64).reshape(-1, 5)
    for _ in range(_SPOT_TRIES):
        middle = np.round(low + rng.random(2) * (high - low), 4)
        gaps = np.abs(taken[:, :2] - middle) - taken[:, 2:4] - half
        is_free = bool((gaps.max(axis=1, initial=-np.inf) >= _GAP_M).all())
        if is_free and not _hides(taken, np.array([*middle, *half, size[2]])):
            return float(middle[0]), float(middle[1])
    return None


def _hides(taken: NDArray[np.float64], new: NDArray[np.float64]) -> bool:
    """Whether a new thing would stand right before a lower one, or right behind a higher one.

    Seen from the front at about 35 degrees, a thing hides the surface 1.4 times its height behind it.
    """
    is_before = new[0] > taken[:, 0]
    side_m = np.minimum(taken[:, 1] + taken[:, 3], new[1] + new[3]) - np.maximum(
        taken[:, 1] - taken[:, 3], new[1] - new[3]
    )
    hidden_half_m = np.where(is_before, taken[:, 3], new[3])
    higher_m = np.where(is_before, new[4] - taken[:, 4], taken[:, 4] - new[4])
    gap_m = np.abs(new[0] - taken[:, 0]) - new[2] - taken[:, 2]
    is_covered = (side_m > hidden_half_m) & (gap_m < 1.4 * higher_m) & (higher_m > 0.06)
    return bool(is_covered.any())
