"""Places: sparse nodes where a robot can stand, on the ridges of clearance, and the ways between them.

After Hydra's places (Hughes, Chang, Carlone 2022, section IV-B): a node is a free disc, large where there
is room. Each cell that a robot can stand on belongs to the place that it reaches soonest (a geodesic
Voronoi diagram); places whose cells touch are adjacent. A place's id is its cell, so that places that
look alike are never one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..geometry import Points
from ..spatial.octree import OccupancyOctree
from ..spatial.routes import FREE_CELL, GroundMap, RobotShape, build_ground_map
from . import grid_kernels
from .regions import NO_ROOM, RegionPartition

_SPACING_M = (0.6, 1.2)
"""Smallest and largest distance that a place keeps others off."""
_DOOR_SNAP_M = 0.5
DEFAULT_SNAP_M = 1.2
_BELOW_FLOOR_M = 0.3
_NO_PLACE = -1


@dataclass(frozen=True)
class Place:
    """Somewhere a robot can stand."""

    place_id: str
    """'place:<storey>:<i>:<j>', its cell on the lattice of the map."""
    position_in_world: tuple[float, float, float]
    """At floor height."""
    clearance_m: float
    """To the nearest obstacle at the robot's height."""
    storey: int
    room_id: str | None
    door_id: str | None = None
    """The door that it stands in, if any."""


@dataclass(frozen=True)
class PlaceEdge:
    """A way between two places, driven in either direction."""

    place_ids: tuple[str, str]
    cost_m: float
    """Length of the way."""
    waypoints: NDArray[np.float64]
    """(N, 2) from the first to the second place, straight legs that a robot fits through."""


@dataclass(frozen=True)
class StoreyPlaces:
    """Which place stands for which cell of one storey."""

    ground: GroundMap
    is_passable: NDArray[np.bool_]
    """(X, Y) seen free and wide enough for the robot."""
    owner: NDArray[np.int32]
    """(X, Y) index into the places, -1 where the robot cannot stand."""
    parent: NDArray[np.int64]
    """(X, Y) flat cell before a cell on the way from its place; -1 at places."""


class Spot(NamedTuple):
    """A cell that the robot can stand on."""

    level: int
    """Index into the map's storeys."""
    cell: tuple[int, int]
    place_index: int
    gap_m: float
    """Horizontal distance to the point that was asked for."""


@dataclass(frozen=True)
class PlaceMap:
    """All places. Invariants: ids are unique; every leg of an edge lies on passable cells; every passable
    cell belongs to exactly one place."""

    places: tuple[Place, ...]
    edges: tuple[PlaceEdge, ...]
    storeys: tuple[StoreyPlaces, ...]

    def find_place(self, point_in_world: Points, *, snap_m: float = DEFAULT_SNAP_M) -> Place | None:
        """The place that stands for a (3,) point, or for the nearest spot where the robot fits."""
        spot = self.find_spot(point_in_world, snap_m=snap_m)
        return None if spot is None else self.places[spot.place_index]

    def find_spot(self, point_in_world: Points, *, snap_m: float = DEFAULT_SNAP_M) -> Spot | None:
        """The passable cell nearest to a (3,) point, within `snap_m`; None if there is none."""
        spots = self.spots_near(point_in_world, snap_m=snap_m)
        return spots[0] if spots else None

    def spots_near(self, point_in_world: Points, *, snap_m: float = DEFAULT_SNAP_M) -> list[Spot]:
        """The nearest passable cell of every place within `snap_m` of a (3,) point, nearest first.

        A point on a passable cell has that cell alone: moving it could lead through a wall.
        """
        point = np.asarray(point_in_world, np.float64)
        if point.shape != (3,) or not np.isfinite(point).all():
            raise InputError(f"a point must be finite (3,), got {point.shape}")
        below = [
            number
            for number, level in enumerate(self.storeys)
            if level.ground.floor_m <= point[2] + _BELOW_FLOOR_M
        ]
        if not below:
            return []
        level = self.storeys[below[-1]]
        cells, gaps = _near_true(level.owner != _NO_PLACE, level.ground, point, snap_m)
        owners = level.owner[cells[:, 0], cells[:, 1]]
        _, firsts = np.unique(owners, return_index=True)
        firsts = np.sort(firsts)[:1] if len(gaps) and gaps[0] == 0 else np.sort(firsts)
        return [
            Spot(below[-1], (int(i), int(j)), int(owners[n]), float(gaps[n]))
            for n, (i, j) in zip(firsts.tolist(), cells[firsts], strict=True)
        ]

    def chain(self, spot: Spot) -> NDArray[np.int64]:
        """(N, 2) cells from a spot to its place."""
        parent = self.storeys[spot.level].parent
        columns = parent.shape[1]
        cells = [spot.cell]
        while (before := int(parent[cells[-1]])) >= 0:
            cells.append((before // columns, before % columns))
        return np.array(cells, np.int64)


def build_places(
    octree: OccupancyOctree, partition: RegionPartition, robot: RobotShape | None = None
) -> PlaceMap:
    """Places of all storeys of a partition; doors first, then by falling clearance."""
    robot = robot or RobotShape()
    places: list[Place] = []
    edges: list[PlaceEdge] = []
    storeys: list[StoreyPlaces] = []
    for grid in partition.storeys:
        ground = build_ground_map(octree, robot, floor_m=grid.floor_m)
        if ground is None:
            continue
        level, found, ways = _places_on(ground, partition, grid.storey, len(places))
        places += found
        edges += ways
        storeys.append(level)
    return PlaceMap(tuple(places), tuple(edges), tuple(storeys))


def _places_on(
    ground: GroundMap, partition: RegionPartition, storey: int, first: int
) -> tuple[StoreyPlaces, list[Place], list[PlaceEdge]]:
    """One storey's places, numbered from `first`, and the ways between them."""
    is_passable = (ground.cells == FREE_CELL) & (ground.clearance_m >= ground.robot.radius_m)
    seeds, door_ids = _choose_seeds(ground, partition, storey, is_passable)
    owner = np.empty(is_passable.shape, np.int32)
    distance = np.empty(is_passable.shape)
    parent = np.empty(is_passable.shape, np.int64)
    grid_kernels.spread(is_passable, seeds, owner, distance, parent, math.inf)
    places = _describe(ground, partition, storey, seeds, door_ids)
    level = StoreyPlaces(ground, is_passable, owner, parent)
    edges = _edges_between(level, distance, places)
    owner[owner != _NO_PLACE] += first
    return level, places, edges


def _choose_seeds(
    ground: GroundMap, partition: RegionPartition, storey: int, is_passable: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Flat cells of the places, and which of them stand in doors."""
    columns = is_passable.shape[1]
    door_ids: dict[int, str] = {}
    rooms = {room.room_id: room.storey for room in partition.rooms}
    for door in partition.doors:
        if rooms[door.room_ids[0]] != storey:
            continue
        point = np.array(door.position_in_world)
        near, _ = _near_true(is_passable, ground, point, min(_DOOR_SNAP_M, door.width_m / 2))
        if len(near):
            door_ids.setdefault(int(near[0, 0] * columns + near[0, 1]), door.door_id)
    cells = np.flatnonzero(is_passable)
    ranked = cells[np.argsort(-ground.clearance_m.ravel()[cells], kind="stable")]
    order = np.concatenate([np.array(list(door_ids), np.int64), ranked])
    spacing = np.clip(ground.clearance_m, *_SPACING_M).astype(np.float32)
    spacing.ravel()[order[: len(door_ids)]] = _SPACING_M[0]
    return grid_kernels.sparse_seeds(order, is_passable, spacing / ground.cell_m), door_ids


def _describe(
    ground: GroundMap,
    partition: RegionPartition,
    storey: int,
    seeds: NDArray[np.int64],
    door_ids: dict[int, str],
) -> list[Place]:
    columns = ground.cells.shape[1]
    corner = [round(value / ground.cell_m) for value in ground.origin_m]
    centers = np.array([ground.center_of(*divmod(int(seed), columns)) for seed in seeds])
    labels = partition.labels_at(centers.reshape(-1, 3))
    places = []
    for seed, center, label in zip(seeds.tolist(), centers.tolist(), labels.tolist(), strict=True):
        i, j = divmod(seed, columns)
        places.append(
            Place(
                f"place:{storey}:{i + corner[0]}:{j + corner[1]}",
                (center[0], center[1], center[2]),
                float(ground.clearance_m[i, j]),
                storey,
                None if label == NO_ROOM else partition.rooms[label].room_id,
                door_ids.get(seed),
            )
        )
    return places


def _edges_between(
    level: StoreyPlaces, distance: NDArray[np.float64], places: list[Place]
) -> list[PlaceEdge]:
    """For each pair of places whose cells touch, the shortest way across their border."""
    owner = level.owner
    first, second = _touching(owner)
    a, b = owner.ravel()[first], owner.ravel()[second]
    cost = distance.ravel()[first] + distance.ravel()[second] + 1.0
    key = np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b)
    order = np.lexsort((cost, key))
    is_best = np.r_[True, np.diff(key[order]) != 0] if len(order) else np.zeros(0, bool)
    edges = []
    for index in order[is_best]:
        ends = (int(first[index]), int(second[index]))
        if a[index] > b[index]:
            ends = (ends[1], ends[0])
        edges.append(_edge(level, places, ends))
    return edges


def _touching(owner: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flat cells side by side that belong to different places."""
    flat = np.arange(owner.size).reshape(owner.shape)
    firsts, seconds = [], []
    for one, other, p, q in (
        (owner[:-1], owner[1:], flat[:-1], flat[1:]),
        (owner[:, :-1], owner[:, 1:], flat[:, :-1], flat[:, 1:]),
    ):
        is_border = (one != other) & (one != _NO_PLACE) & (other != _NO_PLACE)
        firsts.append(p[is_border])
        seconds.append(q[is_border])
    return np.concatenate(firsts), np.concatenate(seconds)


def _edge(level: StoreyPlaces, places: list[Place], ends: tuple[int, int]) -> PlaceEdge:
    """The way between the places of two touching cells."""
    columns = level.owner.shape[1]
    halves = []
    for flat in ends:
        cells = [(flat // columns, flat % columns)]
        while (before := int(level.parent[cells[-1]])) >= 0:
            cells.append((before // columns, before % columns))
        halves.append(cells)
    corners = pulled(np.array(halves[0][::-1] + halves[1], np.int64), level.is_passable)
    origin, cell_m = np.array(level.ground.origin_m), level.ground.cell_m
    waypoints = origin + (corners + 0.5) * cell_m
    names = (
        places[int(level.owner.flat[ends[0]])].place_id,
        places[int(level.owner.flat[ends[1]])].place_id,
    )
    return PlaceEdge(names, path_length_m(waypoints), waypoints)


def pulled(cells: NDArray[np.int64], is_passable: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(N, 2) corners of a chain of cells after straight passable lines replaced its steps."""
    corners = [0]
    while corners[-1] < len(cells) - 1:
        here = corners[-1]
        step, far = 1, here + 1
        while far + step < len(cells) and _is_straight(cells, here, far + step, is_passable):
            far += step
            step *= 2
        while step >= 1:
            if far + step < len(cells) and _is_straight(cells, here, far + step, is_passable):
                far += step
            else:
                step //= 2
        corners.append(far)
    return np.asarray(cells[corners], np.int64)


def _is_straight(
    cells: NDArray[np.int64], first: int, last: int, is_passable: NDArray[np.bool_]
) -> bool:
    x0, y0 = cells[first] + 0.5
    x1, y1 = cells[last] + 0.5
    return bool(grid_kernels.is_line_passable(is_passable, x0, y0, x1, y1))


def path_length_m(waypoints: NDArray[np.float64]) -> float:
    """Length of a polyline of (N, 2 or 3) points."""
    return float(np.linalg.norm(np.diff(waypoints, axis=0), axis=1).sum())


def _near_true(
    mask: NDArray[np.bool_], ground: GroundMap, point: NDArray[np.float64], snap_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(N, 2) True cells within `snap_m` of a point, nearest first, and (N,) how far they are."""
    i, j = ground.cell_of(point)
    reach = math.ceil(snap_m / ground.cell_m)
    i0, j0 = max(0, i - reach), max(0, j - reach)
    cells = np.argwhere(mask[i0 : max(0, i + reach + 1), j0 : max(0, j + reach + 1)])
    cells += np.array([i0, j0])
    gaps = np.hypot(cells[:, 0] - i, cells[:, 1] - j) * ground.cell_m
    order = np.argsort(gaps, kind="stable")
    order = order[gaps[order] <= snap_m + 1e-9]
    return cells[order], np.asarray(gaps[order], np.float64)
