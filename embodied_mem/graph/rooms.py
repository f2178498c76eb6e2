"""Rooms from the octree: walls above the furniture, clearance, and the narrow passes between basins.

After Hydra (Hughes, Chang, Carlone 2022, section IV-C): rooms are the parts into which free space falls
when obstacles grow. Here the whole filtration is read at once, as the watershed of the clearance with
persistence: basins of clearance meet at passes; a pass narrower than a door parts two rooms unless one
side hardly widens behind it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Box
from ..spatial.octree import OccupancyOctree
from . import grid_kernels
from .columns import Columns, HeightBands, find_floors, read_columns
from .doors import DoorModel, Pass, find_passes
from .regions import NO_ROOM, Door, RegionPartition, Room, StoreyGrid, door_names


@dataclass(frozen=True)
class RoomModel:
    """What counts as a wall, a door and a room."""

    bands: HeightBands = field(default_factory=HeightBands)
    doors: DoorModel = field(default_factory=DoorModel)
    min_area_m2: float = 1.0
    """Smaller pieces are no rooms."""
    max_niche_m2: float = 1.8
    """A piece smaller than this with several ways out is a part of a room beside it."""


def partition_rooms(
    octree: OccupancyOctree,
    model: RoomModel | None = None,
    *,
    floors_m: tuple[float, ...] | None = None,
) -> RegionPartition:
    """Rooms and doors of every storey that the map shows, with fresh ids, largest room first.

    `floors_m` are the storeys' floors, lowest first, found in the map by default. An empty map gives an
    empty partition. `tracking.with_stable_ids` carries the ids of an earlier partition over.
    """
    model = model or RoomModel()
    floors = find_floors(octree) if floors_m is None else floors_m
    rooms: list[Room] = []
    doors: list[Door] = []
    storeys: list[StoreyGrid] = []
    for storey, floor_m in enumerate(floors):
        columns = read_columns(octree, floor_m, model.bands)
        if columns is None:
            continue
        ceiling_m = floors[storey + 1] if storey + 1 < len(floors) else math.inf
        clearance = _clearance_m(columns)
        labels = _label_rooms(columns, clearance, model)
        grid = StoreyGrid(
            storey, floor_m, ceiling_m, columns.origin_m, columns.cell_m, labels, columns.is_wall,
            columns.is_known,
        )  # fmt: skip
        found = _describe_rooms(grid, clearance, len(rooms))
        passes = find_passes(labels, columns, clearance, model.doors)
        passes = [way for way in passes if way.width_m >= model.doors.min_width_m]
        doors += _describe_doors(grid, passes, [room.room_id for room in found])
        labels[labels != NO_ROOM] += len(rooms)
        rooms += found
        storeys.append(grid)
    return RegionPartition(tuple(rooms), tuple(doors), tuple(storeys), octree.revision, len(rooms))


def _clearance_m(columns: Columns) -> NDArray[np.float32]:
    """(X, Y) metres from a cell's middle to the nearest wall's face."""
    is_no_wall = (~columns.is_wall).astype(np.uint8)
    distance = cv2.distanceTransform(is_no_wall, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray((distance - 0.5) * columns.cell_m, np.float32)


def _label_rooms(
    columns: Columns, clearance: NDArray[np.float32], model: RoomModel
) -> NDArray[np.int32]:
    """(X, Y) room numbers, largest first, -1 where there is none."""
    cells = np.flatnonzero(columns.is_open)
    order = cells[np.argsort(-clearance.ravel()[cells], kind="stable")]
    basin_of = np.full(clearance.shape, NO_ROOM, np.int32)
    widest_m = max(model.doors.max_width_m, model.doors.max_lintel_width_m) / 2
    count = grid_kernels.basins(order, clearance, widest_m, model.doors.min_rise_m, basin_of)
    passes = find_passes(basin_of, columns, clearance, model.doors)
    groups = _joined(count, passes, model.doors)
    areas = columns.cell_m**2 * np.bincount(basin_of[columns.is_open], minlength=count).astype(
        np.float64
    )
    _join_niches(groups, areas, passes, model)
    room_of = np.append(groups, NO_ROOM).astype(np.int32)[basin_of]
    return _largest_first(room_of, count, model.min_area_m2 / columns.cell_m**2)


def _joined(count: int, passes: list[Pass], model: DoorModel) -> NDArray[np.int32]:
    """(count,) group of each basin: basins with a pass between them that does not part them are one."""
    groups = np.arange(count, dtype=np.int32)
    for way in passes:
        if not way.is_parting(model):
            groups[groups == groups[way.high]] = groups[way.low]
    return groups


def _join_niches(
    groups: NDArray[np.int32], areas: NDArray[np.float64], passes: list[Pass], model: RoomModel
) -> None:
    """Join tiny pieces with several ways out, as between a door and a wardrobe beside it.

    They go through their widest way that was not seen closed above. In place.
    """
    group_areas = np.bincount(groups, weights=areas, minlength=len(groups))
    for group in np.flatnonzero((group_areas > 0) & (group_areas < model.max_niche_m2)):
        ways = [
            way
            for way in passes
            if (groups[way.low] == group) != (groups[way.high] == group)
            and way.width_m >= model.doors.min_width_m
        ]
        unsure = [way for way in ways if not way.has_lintel]
        if len(ways) >= 2 and unsure:
            widest = max(unsure, key=lambda way: way.width_m)
            ends = (groups[widest.low], groups[widest.high])
            groups[groups == group] = ends[0] if ends[1] == group else ends[1]


def _describe_doors(grid: StoreyGrid, passes: list[Pass], room_ids: list[str]) -> list[Door]:
    """The doors of a storey, by their rooms."""
    pairs = [(room_ids[way.low], room_ids[way.high]) for way in passes]
    doors = []
    for way, pair, name in zip(passes, pairs, door_names(pairs), strict=True):
        x, y = grid.centers_of(way.middle).tolist()
        passage = _towards(grid, way)
        position = (x, y, grid.floor_m)
        doors.append(Door(name, pair, position, way.width_m, passage, way.has_lintel))
    return doors


def _towards(grid: StoreyGrid, way: Pass) -> tuple[float, float]:
    """Unit vector through a pass from its first to its second room, by votes on both sides."""
    passage = np.array([-way.along[1], way.along[0]])
    vote = 0.0
    for steps in (2, 4, 6, 8):
        for sign in (1.0, -1.0):
            i, j = np.rint(way.middle + sign * steps * passage).astype(int)
            if 0 <= i < grid.labels.shape[0] and 0 <= j < grid.labels.shape[1]:
                here = int(grid.labels[i, j])
                vote += sign * ((here == way.high) - (here == way.low))
    if vote < 0:
        passage = -passage
    return float(passage[0]), float(passage[1])


def _largest_first(basin_of: NDArray[np.int32], count: int, min_cells: float) -> NDArray[np.int32]:
    """The same cells with rooms numbered by falling size; too small ones are dropped."""
    sizes = np.bincount(basin_of[basin_of >= 0], minlength=count)
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] >= min_cells]
    number = np.full(count + 1, NO_ROOM, np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    return np.asarray(number[basin_of], np.int32)


def _describe_rooms(
    grid: StoreyGrid, clearance: NDArray[np.float32], first_number: int
) -> list[Room]:
    """A `Room` for every label on the grid, in order."""
    count = int(grid.labels.max(initial=NO_ROOM)) + 1
    rooms = []
    for number in range(count):
        rooms.append(_describe_room(grid, clearance, number, f"room:{first_number + number}"))
    return rooms


def _describe_room(
    grid: StoreyGrid, clearance: NDArray[np.float32], number: int, room_id: str
) -> Room:
    cells = np.argwhere(grid.labels == number)
    low, high = cells.min(axis=0), cells.max(axis=0) + 1
    window = np.s_[low[0] : high[0], low[1] : high[1]]
    mask = (grid.labels[window] == number).astype(np.uint8)
    padded = np.pad(mask, 1)
    ring = (cv2.dilate(padded, np.ones((3, 3), np.uint8)) > 0) & (padded == 0)
    known = np.pad(grid.is_known, 1)[low[0] : high[0] + 2, low[1] : high[1] + 2]
    inmost = np.unravel_index(
        int(np.argmax(np.where(mask > 0, clearance[window], -1.0))), mask.shape
    )
    x, y = grid.centers_of(np.array([inmost]) + low)[0].tolist()
    corners = np.array(grid.origin_m) + np.stack([low, high]) * grid.cell_m
    top_m = min(grid.ceiling_m, grid.floor_m + 2.5)
    box = Box(
        (float(corners[0, 0]), float(corners[0, 1]), grid.floor_m),
        (float(corners[1, 0]), float(corners[1, 1]), top_m),
    )
    return Room(
        room_id,
        grid.storey,
        float(len(cells)) * grid.cell_m**2,
        box,
        (x, y, grid.floor_m),
        _outline(mask, corners[0], grid.cell_m),
        float((ring & ~known).sum() / max(int(ring.sum()), 1)),
    )


def _outline(
    mask: NDArray[np.uint8], corner_m: NDArray[np.float64], cell_m: float
) -> NDArray[np.float64]:
    """(N, 2) outer outline of the largest connected part, through the middles of its border cells."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)
    points = cv2.approxPolyDP(contour, 1.0, True)[:, 0, ::-1]  # OpenCV's x is our second axis
    outline = corner_m + (points + 0.5) * cell_m
    x, y = outline.T
    is_clockwise = float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) < 0
    return np.asarray(outline[::-1] if is_clockwise else outline, np.float64)
