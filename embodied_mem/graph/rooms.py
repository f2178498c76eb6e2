"""Rooms from the octree: walls above the furniture, clearance, and the narrow passes between basins.

After Hydra (Hughes, Chang, Carlone 2022, section IV-C): rooms are the parts into which free space falls
when obstacles grow. Here the whole filtration is read at once, as the watershed of the clearance with
persistence: basins of clearance meet at passes; a pass narrower than a door parts two rooms unless one
side hardly widens behind it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Box
from ..spatial.kernels import ground
from ..spatial.octree import OccupancyOctree
from ..spatial.routes import estimate_floor
from . import grid_kernels
from .regions import NO_ROOM, Door, RegionPartition, Room, StoreyGrid, door_names


@dataclass(frozen=True)
class RoomModel:
    """What counts as a wall, a door and a room."""

    low_m: tuple[float, float] = (0.15, 0.95)
    """Heights above the floor where furniture stands; decides only where nothing else was seen."""
    middle_m: tuple[float, float] = (0.95, 1.45)
    """Above most furniture, and seen by a camera at 1.3 m that looks down."""
    high_m: tuple[float, float] = (1.55, 1.95)
    """Above nearly all furniture and below lintels."""
    top_m: tuple[float, float] = (2.12, 2.45)
    """Above doors: what closes here over an open pass is a lintel."""
    max_door_m: float = 1.25
    """A pass wider than this joins two parts to one room."""
    min_rise_m: float = 0.10
    """Both sides of a door must become so much wider (in clearance) than the pass."""
    min_area_m2: float = 1.0
    """Smaller pieces are no rooms."""


def partition_rooms(
    octree: OccupancyOctree,
    model: RoomModel | None = None,
    *,
    floors_m: tuple[float, ...] | None = None,
) -> RegionPartition:
    """Rooms and doors of every storey that the map shows, with fresh ids by size.

    `floors_m` are the storeys' floors, lowest first, found in the map by default. An empty map gives an
    empty partition. Use `tracking.with_stable_ids` to keep the ids of an earlier partition.
    """
    model = model or RoomModel()
    floors = find_floors(octree) if floors_m is None else floors_m
    rooms: list[Room] = []
    doors: list[Door] = []
    storeys: list[StoreyGrid] = []
    for storey, floor_m in enumerate(floors):
        ceiling_m = floors[storey + 1] if storey + 1 < len(floors) else math.inf
        columns = _read_columns(octree, floor_m, model)
        labels, clearance = _label_rooms(columns, model)
        grid = StoreyGrid(
            storey, floor_m, ceiling_m, columns.origin_m, columns.cell_m, labels, columns.is_wall,
            columns.is_known,
        )  # fmt: skip
        found = _describe_rooms(grid, clearance, len(rooms))
        names = [room.room_id for room in found]
        doors += _find_doors(grid, columns, clearance, names)
        labels[labels >= 0] += len(rooms)
        rooms += found
        storeys.append(grid)
    return RegionPartition(tuple(rooms), tuple(doors), tuple(storeys), octree.revision, len(rooms))
