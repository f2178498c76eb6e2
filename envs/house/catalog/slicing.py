"""An object cut into slices."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..mesh import Material, Mesh, merge
from .painting import cut

_SLICE_COUNT = 4
_GAP = 0.72
"""Thickness of a slice as a share of the space it takes."""


def sliced(mesh: Mesh, *, flesh: Material | None = None) -> Mesh:
    """Slices across the longest horizontal extent, in the box of the whole, with cut faces."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    axis = int((high - low)[:2].argmax())
    levels = np.linspace(low[axis], high[axis], _SLICE_COUNT + 1)
    mesh = cut(mesh, axis, [float(level) for level in levels[1:-1]])
    color = flesh or Material(_paler(mesh))
    centers = mesh.vertices[mesh.triangles].mean(axis=1)[:, axis]
    pieces = []
    for start, end in pairwise(levels):
        is_mine = (centers >= start) & (centers < end + 1e-9)
        piece = merge([_part(mesh, is_mine), *_caps(mesh, is_mine, axis, (start, end), color)])
        vertices = piece.vertices.copy()
        middle = (start + end) / 2
        vertices[:, axis] = middle + _GAP * (vertices[:, axis] - middle)
        pieces.append(replace(piece, vertices=vertices))
    return merge(pieces)


def _part(mesh: Mesh, is_mine: np.ndarray) -> Mesh:
    return Mesh(
        mesh.vertices,
        mesh.triangles[is_mine],
        mesh.colors[is_mine],
        mesh.instance_ids[is_mine],
        mesh.patterns[is_mine],
    )


def _caps(
    mesh: Mesh, is_mine: np.ndarray, axis: int, ends: tuple[float, float], flesh: Material
) -> list[Mesh]:
    """Fans over the outlines in which a slice was cut."""
    used = mesh.vertices[np.unique(mesh.triangles[is_mine])].astype(np.float64)
    caps = []
    for end in ends:
        rim = used[np.abs(used[:, axis] - end) < 1e-6]
        if len(rim) < 4:
            continue
        middle = rim.mean(axis=0)
        across = [k for k in range(3) if k != axis]
        order = np.argsort(np.arctan2(*(rim[:, across] - middle[across]).T))
        count = len(rim)
        index = [(count, k, (k + 1) % count) for k in range(count)]
        caps.append(Mesh.of(np.vstack([rim[order], middle]), index, flesh))
    return caps


def _paler(mesh: Mesh) -> tuple[int, int, int]:
    r, g, b = (int(0.35 * c + 0.65 * 240) for c in np.median(mesh.colors, axis=0))
    return r, g, b
