"""What stands where: furniture for the rooms of a house, by the catalog's counts and weights.

Large things come first and along walls; then what belongs to them: chairs around tables, a bedside
table, a television across from the couch. Each placement keeps doors, windows, fronts and passages
free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .arrangement import around_tables, before_couch, beside_beds, taste_scores
from .catalog import FURNITURE_CATEGORIES, FurnitureSpec, furniture_spec, sample_size
from .room_space import Candidates, Pose, RoomSpace
from .world import RECEPTACLE_CATEGORIES, Furniture, House, Point3, Room

_FIRST = (
    "bed", "stand", "couch", "bathtub", "toilet", "sink", "fridge", "stove", "counter", "dishwasher",
    "washer_dryer", "wardrobe", "television", "table", "chair", "shelves", "cabinet",
    "chest_of_drawers",
)  # fmt: skip
"""Placed in this order; everything else after them, in the catalog's order."""
_LAST = ("picture", "curtain", "rug", "ceiling_lamp")
_TRIES = 6
_NEEDED_CLASSES = 14
"""Receptacle classes that a house should have; missing ones are added where they may stand."""
_COMMON_AREA_M2 = {"storage": 6.0, "bathroom": 8.0, "hall": 8.0}
_DESK_ROOMS = ("office", "bedroom", "childrens_room")
_JITTERED = ("chair", "stool")
_MATCHING = ("chair", "stand", "washer_dryer")
"""Pieces of one room that are bought together."""
_JITTER_RAD = 0.12


@dataclass
class Furnishing:
    """The furniture of one house while it is put in."""

    house: House
    spaces: dict[str, RoomSpace] = field(default_factory=dict)
    pieces: list[Furniture] = field(default_factory=list)

    def count_of(self, category: str, room_id: str | None = None) -> int:
        return sum(
            1 for p in self.pieces if p.category == category and room_id in (None, p.room_id)
        )

    def add(
        self,
        rng: np.random.Generator,
        category: str,
        room: Room,
        pose: Pose,
        size: Point3,
        variant: int,
    ) -> None:
        """A piece that stands at a pose; its place must have been taken already."""
        spec = furniture_spec(category)
        jitter = _JITTER_RAD * (2 * float(rng.random()) - 1) if category in _JITTERED else 0.0
        yaw = round(float(np.pi / 2) * ((pose.quarter + 1) % 4 - 1) + jitter, 4)
        self.pieces.append(
            Furniture(
                f"{category}_{self.count_of(category)}",
                category,
                room.room_id,
                (pose.x, pose.y, _height_of(self.house, category, size)),
                yaw,
                size,
                variant=variant,
                is_openable=spec.is_openable,
                is_toggleable=spec.is_toggleable,
            )
        )


def furnish(rng: np.random.Generator, house: House) -> tuple[Furniture, ...]:
    """Furniture without surfaces for a house that has rooms, doors and windows."""
    work = Furnishing(house)
    for room in house.rooms:
        space = work.spaces[room.room_id] = RoomSpace(house, room)
        for category, count in _wishes(rng, room, space.area_m2):
            for _ in range(count):
                _put(rng, work, room, category)
    _complete(rng, work)
    for room in house.rooms:
        for category in _LAST:
            low, high = furniture_spec(category).counts.get(room.kind, (0, 0))
            if rng.random() < furniture_spec(category).weights.get(room.kind, 0.0):
                for _ in range(int(rng.integers(max(low, 1), high + 1))):
                    _put(rng, work, room, category)
    return tuple(work.pieces)


def _wishes(rng: np.random.Generator, room: Room, area_m2: float) -> list[tuple[str, int]]:
    """Categories and counts for a room, in the order in which they are placed."""
    order = [*_FIRST, *(c for c in FURNITURE_CATEGORIES if c not in _FIRST and c not in _LAST)]
    usual = _COMMON_AREA_M2.get(room.kind, 13.0)
    wishes = []
    for category in order:
        spec = furniture_spec(category)
        draw, extra = float(rng.random()), float(rng.random())
        if room.kind not in spec.counts or draw >= spec.weights[room.kind]:
            continue
        low, high = spec.counts[room.kind]
        count = max(low, 1) + round(extra * (high - max(low, 1)) * min(area_m2 / usual, 1.0))
        wishes.append((category, count))
    return wishes


def _complete(rng: np.random.Generator, work: Furnishing) -> None:
    """Add receptacle classes that are still missing, where the catalog lets them stand."""
    have = {piece.category for piece in work.pieces if piece.category in RECEPTACLE_CATEGORIES}
    missing = [c for c in RECEPTACLE_CATEGORIES if c not in have]
    for index in rng.permutation(len(missing)).tolist():
        if len(have) >= _NEEDED_CLASSES:
            return
        weights = furniture_spec(missing[index]).weights
        rooms = [room for room in work.house.rooms if room.kind in weights]
        for room in sorted(rooms, key=lambda room: -weights[room.kind]):
            if _put(rng, work, room, missing[index]):
                have.add(missing[index])
                break


def _put(rng: np.random.Generator, work: Furnishing, room: Room, category: str) -> bool:
    """Place one piece of a category in a room if there is a place for it."""
    spec = furniture_spec(category)
    size, variant = _size_for(rng, category, room.kind), int(rng.integers(1 << 16))
    twin = next(iter(_inside(work, room, category)), None)
    if twin is not None and category in _MATCHING:
        size, variant = twin.size, twin.variant
    space = work.spaces[room.room_id]
    finder = _FINDERS.get(category, _find_at_wall if spec.stands_against_wall else _find_free)
    found, front_m = finder(work, room, space, category, size)
    if len(found) == 0:
        return False
    inside = [piece for piece in work.pieces if piece.room_id == room.room_id]
    scores = taste_scores(category, size, found, inside, space) + 0.6 * rng.random(len(found))
    z_m = _height_of(work.house, category, size)
    for index in np.argsort(-scores, kind="stable")[:_TRIES].tolist():
        pose = found.at(index)
        if _claim(space, spec, pose, _grown(category, size), z_m, front_m):
            work.add(rng, category, room, pose, size, variant)
            return True
    return False


def _claim(
    space: RoomSpace, spec: FurnitureSpec, pose: Pose, size: Point3, z_m: float, front_m: float
) -> bool:
    """Take the place of a piece; False if that would block the way. Rugs and lamps take none."""
    if spec.is_solid:
        return space.try_take(pose, size, z_m=z_m, front_m=front_m, category=spec.category)
    if spec.mount == "wall":
        space.take(pose, size, z_m=z_m, front_m=0.0, category=spec.category)
    return True


def _size_for(rng: np.random.Generator, category: str, room_kind: str) -> Point3:
    """A size from the catalog; tables are coffee tables, desks or dining tables by their room."""
    depth, width, height = sample_size(category, rng)
    share = float(rng.random())
    if category == "table" and room_kind == "living_room":
        return (
            round(0.55 + 0.1 * share, 3),
            round(0.9 + 0.2 * share, 3),
            round(0.42 + 0.05 * share, 3),
        )
    if category == "table":
        top = (0.6 + 0.08 * share) if room_kind in _DESK_ROOMS else (0.75 + 0.15 * share)
        return round(top, 3), round(1.1 + 0.4 * share, 3), round(0.73 + 0.03 * share, 3)
    if category == "bed" and room_kind == "childrens_room":
        return depth, round(0.9 + 0.15 * share, 3), height
    if category == "sink" and room_kind == "bathroom":
        return depth, min(width, 0.9), height
    return depth, width, height


def _grown(category: str, size: Point3) -> Point3:
    """The size with room for the slight turn of what people move about."""
    extra_m = 0.06 if category in _JITTERED else 0.0
    return round(size[0] + extra_m, 3), round(size[1] + extra_m, 3), size[2]


def _height_of(house: House, category: str, size: Point3) -> float:
    """Of the underside above the floor."""
    spec = furniture_spec(category)
    if spec.mount == "ceiling":
        return round(house.wall_height_m - size[2], 4)
    return spec.mount_height_m if spec.mount == "wall" else 0.0


Finder = Callable[[Furnishing, Room, RoomSpace, str, Point3], tuple[Candidates, float]]


def _find_at_wall(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    """Back to the wall, with the catalog's free space in front, or less of it where it is tight."""
    spec = furniture_spec(category)
    every = space.along_walls(size)
    for front_m in (spec.front_space_m, min(spec.front_space_m, 0.55)):
        found = space.fitting(every, size, z_m=0.0, front_m=front_m)
        if len(found):
            return found, front_m
    return found, front_m


def _find_free(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    """In the middle of the room with space around it."""
    for margin_m in (0.95, 0.75):
        every = space.standing_free(size, margin_m=margin_m)
        found = space.fitting(every, size, z_m=0.0, front_m=0.0)
        if len(found):
            return found, 0.0
    return found, 0.0


def _find_table(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    """Before the couch, as a desk at the wall, or in the middle; a small kitchen has it at the wall."""
    if room.kind == "living_room":
        couches = _inside(work, room, "couch")
        near = space.fitting(before_couch(couches, size), size, z_m=0.0, front_m=0.0)
        return (near, 0.0) if len(near) else _find_free(work, room, space, category, size)
    if room.kind not in _DESK_ROOMS:
        found, front_m = _find_free(work, room, space, category, size)
        if len(found):
            return found, front_m
    return space.fitting(space.along_walls(size), size, z_m=0.0, front_m=0.75), 0.75


def _find_chair(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    """At a table, pushed in a little; without one, at the wall."""
    tables = [piece for piece in _inside(work, room, "table") if piece.size[2] > 0.6]
    sides = (0,) if room.kind in _DESK_ROOMS else (0, 1, 2, 3)
    grown, around = _grown(category, size), around_tables(tables, size, sides=sides)
    found = space.fitting(around, grown, z_m=0.0, front_m=0.0, tucked_under="table")
    if len(found) or room.kind in ("dining_room", "kitchen"):
        return found, 0.0
    return space.fitting(space.along_walls(grown), grown, z_m=0.0, front_m=0.4), 0.4


def _find_stand(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    """At the head of a bed; in rooms without a bed, at the wall."""
    beds = _inside(work, room, "bed")
    if not beds:
        return _find_at_wall(work, room, space, category, size)
    return space.fitting(beside_beds(beds, size), size, z_m=0.0, front_m=0.3), 0.3


def _find_stool(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    grown = _grown(category, size)
    return space.fitting(space.along_walls(grown), grown, z_m=0.0, front_m=0.35), 0.35


def _find_on_wall(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    """Flat on a wall where nothing stands in front of it and there is no door or window."""
    height_m = furniture_spec(category).mount_height_m
    every = space.along_walls(size)
    return space.fitting(every, size, z_m=height_m, front_m=0.0), 0.0


def _find_curtain(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    """Before a window that has none yet."""
    height_m = furniture_spec(category).mount_height_m
    every = space.at_windows(size, margin_m=0.1)
    return space.fitting(every, size, z_m=height_m, front_m=0.0, covers_glass=True), 0.0


def _find_rug(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    """On the floor anywhere: furniture may stand on it."""
    every = space.standing_free(size, margin_m=0.15, step_m=0.2)
    return space.fitting(every, size, z_m=0.0, front_m=0.0, is_solid=False), 0.0


def _find_ceiling(
    work: Furnishing, room: Room, space: RoomSpace, category: str, size: Point3
) -> tuple[Candidates, float]:
    every = space.standing_free(size, margin_m=0.6, step_m=0.2)
    height_m = _height_of(work.house, category, size)
    return space.fitting(every, size, z_m=height_m, front_m=0.0), 0.0


def _inside(work: Furnishing, room: Room, category: str) -> list[Furniture]:
    return [p for p in work.pieces if p.room_id == room.room_id and p.category == category]


_FINDERS: dict[str, Finder] = {
    "table": _find_table,
    "chair": _find_chair,
    "stand": _find_stand,
    "stool": _find_stool,
    "picture": _find_on_wall,
    "curtain": _find_curtain,
    "rug": _find_rug,
    "ceiling_lamp": _find_ceiling,
}
