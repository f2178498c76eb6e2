"""Passes between basins of clearance, and which of them are doors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from .columns import CLOSED, OPEN, Columns

_JOIN_CELLS = 3
_NO_LABEL = -1
_THICKEST_CELLS = 24
_SLANTS_RAD = np.deg2rad([-20.0, -10.0, 0.0, 10.0, 20.0])


@dataclass(frozen=True)
class DoorModel:
    """What tells a door from a narrow place between a wardrobe and a wall."""

    max_width_m: float = 1.25
    """A wider pass joins two parts to one room ..."""
    max_lintel_width_m: float = 1.9
    """... unless it is seen closed above."""
    max_thickness_m: float = 0.45
    """A door has a wall so thin on one side at least; gaps beside furniture have thicker ones."""
    min_width_m: float = 0.5
    """A narrower pass parts two rooms, but is no door: nobody fits through."""
    min_rise_m: float = 0.03
    """Both sides must widen so much (in clearance) behind a pass: above the noise of the grid."""


@dataclass(frozen=True)
class Pass:
    """A narrow place between two basins, in cells of the grid."""

    low: int
    high: int
    """The basins' numbers, low < high."""
    middle: NDArray[np.float64]
    """(2,)"""
    along: NDArray[np.float64]
    """(2,) unit vector from one jamb to the other."""
    width_m: float
    thickness_m: float
    """Of the thinner one of what stands on both sides, measured through the pass; 0 if not needed."""
    has_lintel: bool | None

    def is_parting(self, model: DoorModel) -> bool:
        """What was seen above decides; where nobody looked up, width and thickness do."""
        if self.width_m < model.min_width_m:
            return self.has_lintel is not False
        if self.has_lintel is not None:
            limit_m = model.max_lintel_width_m if self.has_lintel else 0.0
            return self.width_m <= limit_m
        return self.width_m <= model.max_width_m and self.thickness_m <= model.max_thickness_m


def find_passes(
    labels: NDArray[np.int32], columns: Columns, clearance: NDArray[np.float32], model: DoorModel
) -> list[Pass]:
    """All passes between the basins of a storey, by their numbers; `clearance` in metres."""
    passes = []
    for low, high, cells in _borders(labels):
        heights = clearance[cells[:, 0], cells[:, 1]]
        cell = cells[int(np.argmax(heights))]
        passes.append(_pass_at(columns, clearance, cell, (low, high), model))
    return passes


def _borders(labels: NDArray[np.int32]) -> list[tuple[int, int, NDArray[np.int64]]]:
    """(low, high, (N, 2) cells) of every connected border between two labels, in order."""
    firsts, seconds, cells = [], [], []
    for first, second in ((labels[:-1], labels[1:]), (labels[:, :-1], labels[:, 1:])):
        is_border = (first != second) & (first != _NO_LABEL) & (second != _NO_LABEL)
        firsts.append(first[is_border])
        seconds.append(second[is_border])
        cells.append(np.argwhere(is_border))
    low = np.minimum(np.concatenate(firsts), np.concatenate(seconds))
    high = np.maximum(np.concatenate(firsts), np.concatenate(seconds))
    places = np.concatenate(cells)
    key = low.astype(np.int64) << 32 | high
    order = np.argsort(key, kind="stable")
    ends = np.flatnonzero(np.diff(key[order])) + 1
    return [
        (int(low[group[0]]), int(high[group[0]]), part)
        for group in np.split(order, ends)
        if len(group)
        for part in _connected(places[group])
    ]


def _connected(cells: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cells split into clusters with gaps of more than a few cells between them."""
    coarse = cells // _JOIN_CELLS
    coarse = coarse - coarse.min(axis=0)
    mask = np.zeros(coarse.max(axis=0) + 1, bool)
    mask[coarse[:, 0], coarse[:, 1]] = True
    parts, count = label(mask, structure=np.ones((3, 3)))
    part = parts[coarse[:, 0], coarse[:, 1]]
    return [cells[part == number] for number in range(1, count + 1)]


def _pass_at(
    columns: Columns,
    clearance: NDArray[np.float32],
    cell: NDArray[np.int64],
    basins: tuple[int, int],
    model: DoorModel,
) -> Pass:
    """The pass through a cell: between the nearest wall and the nearest one on the other side."""
    cell_m = columns.cell_m
    jambs = _jambs(columns.is_wall, cell, model.max_lintel_width_m / cell_m)
    if jambs is None:  # a wall on one side only: as wide as the clearance says
        middle, along = cell.astype(np.float64), np.array([1.0, 0.0])
        width_m = 2 * float(clearance[cell[0], cell[1]])
        return Pass(*basins, middle, along, width_m, math.inf, None)
    middle = (jambs[0] + jambs[1]) / 2
    offset = jambs[1] - jambs[0]
    length = float(np.hypot(*offset))
    along = offset / length
    width_m = length * cell_m
    lintel = _lintel(columns.top, middle, along, length)
    thickness = 0.0
    if lintel is None and width_m <= model.max_width_m:  # else nobody asks
        thickness = min(
            _thickness_cells(columns.is_open, jambs[0], -along),
            _thickness_cells(columns.is_open, jambs[1], along),
        )
    return Pass(*basins, middle, along, width_m, thickness * cell_m, lintel)


def _jambs(
    is_wall: NDArray[np.bool_], cell: NDArray[np.int64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The two wall cells that a pass runs between, None where only one side has a wall."""
    steps = math.ceil(reach)
    low = np.maximum(cell - steps, 0)
    walls = np.argwhere(is_wall[low[0] : cell[0] + steps + 1, low[1] : cell[1] + steps + 1]) + low
    offset = (walls - cell).astype(np.float64)
    gap = np.hypot(offset[:, 0], offset[:, 1])
    is_near = (gap <= reach) & (gap > 0)
    walls, offset, gap = walls[is_near], offset[is_near], gap[is_near]
    if len(walls) == 0:
        return None
    first = int(np.argmin(gap))
    cosine = offset @ offset[first] / (gap * gap[first])
    across = np.flatnonzero(cosine < -0.7)
    if len(across) == 0:
        return None
    second = across[int(np.argmin(np.hypot(*(walls[across] - walls[first]).T)))]
    return walls[first].astype(np.float64), walls[second].astype(np.float64)


def _thickness_cells(
    is_open: NDArray[np.bool_], jamb: NDArray[np.float64], outward: NDArray[np.float64]
) -> float:
    """How thick a jamb's wall is across `outward`, the unit vector along it away from the pass.

    The largest over some directions: the two jambs that are nearest to each other need not face each
    other, and a slanted line leaves a long wall early. Infinite where the jamb is a speck.
    """
    angles = np.arctan2(outward[0], -outward[1]) + _SLANTS_RAD
    passage = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    starts = jamb + np.arange(3)[:, None] * outward
    steps = np.arange(-_THICKEST_CELLS, _THICKEST_CELLS + 1)
    lines = starts[:, None, None] + steps[:, None] * passage[None, :, None]
    cells = np.rint(lines).astype(np.int64)
    i, j = cells[..., 0], cells[..., 1]
    is_inside = (i >= 0) & (j >= 0) & (i < is_open.shape[0]) & (j < is_open.shape[1])
    row, column = i.clip(0, is_open.shape[0] - 1), j.clip(0, is_open.shape[1] - 1)
    is_end = is_inside & is_open[row, column]
    is_start = ~is_end[:, 0, _THICKEST_CELLS]
    if not is_start.any():
        return math.inf
    after = is_end[is_start][..., _THICKEST_CELLS + 1 :]
    before = is_end[is_start][..., _THICKEST_CELLS - 1 :: -1]
    reach = [
        np.where(side.any(axis=-1), side.argmax(axis=-1), _THICKEST_CELLS)
        for side in (after, before)
    ]
    return float(np.median(1 + reach[0] + reach[1], axis=0).max())


def _lintel(
    top: NDArray[np.uint8],
    middle: NDArray[np.float64],
    along: NDArray[np.float64],
    length: float,
) -> bool | None:
    """Whether it is closed above a pass; None where less than half of its width was looked at."""
    passage = np.array([-along[1], along[0]])
    half = max(int(length / 2) - 1, 0)
    across, through = np.meshgrid(np.arange(-half, half + 1), np.arange(-3, 4), indexing="ij")
    cells = middle + across[..., None] * along + through[..., None] * passage
    i, j = np.rint(cells).astype(np.int64).transpose(2, 0, 1)
    is_inside = (i >= 0) & (j >= 0) & (i < top.shape[0]) & (j < top.shape[1])
    state = np.where(is_inside, top[i.clip(0, top.shape[0] - 1), j.clip(0, top.shape[1] - 1)], 0)
    closed = (state == CLOSED).any(axis=1)
    opened = ~closed & ((state == OPEN).sum(axis=1) >= 4)
    if 2 * int(closed.sum() + opened.sum()) < len(state):
        return None
    return bool(closed.sum() >= opened.sum())
