"""Which triangles bound a closed solid: their far side can never be seen from outside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .mesh import Mesh


@dataclass(frozen=True)
class Solids:
    """The closed, consistently wound pieces of a mesh."""

    solid_of_triangle: NDArray[np.int32]
    """(T,) index into `bounds`, -1 for triangles of open surfaces."""
    planes: NDArray[np.float64]
    """(T, 4) n, d: a point p lies on the outer side of a solid's triangle where n . p + d > 0."""
    bounds: NDArray[np.float64]
    """(S, 6) lowest and highest corner of each solid."""


def find_solids(mesh: Mesh) -> Solids:
    """Pieces joined by shared vertices whose every edge is run through once in either direction."""
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    piece, piece_count = _pieces(mesh)
    is_closed = _closed(mesh, piece, piece_count)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    volumes = np.bincount(piece, (normals * corners[:, 0]).sum(axis=1), minlength=piece_count)
    is_solid = is_closed & (np.abs(volumes) > 1e-12)
    outward = normals * np.sign(volumes)[piece, None]
    planes = np.column_stack([outward, -(outward * corners[:, 0]).sum(axis=1)])
    low = np.full((piece_count, 3), np.inf)
    high = np.full((piece_count, 3), -np.inf)
    np.minimum.at(low, piece, corners.min(axis=1))
    np.maximum.at(high, piece, corners.max(axis=1))
    number = np.where(is_solid, np.cumsum(is_solid) - 1, -1)
    return Solids(
        number[piece].astype(np.int32), planes, np.concatenate([low, high], axis=1)[is_solid]
    )


def _pieces(mesh: Mesh) -> tuple[NDArray[np.int64], int]:
    """(T,) number of the connected piece of each triangle, and how many there are."""
    vertex_count = len(mesh.vertices)
    edges = np.concatenate([mesh.triangles[:, :2], mesh.triangles[:, 1:]])
    graph = coo_array((np.ones(len(edges), np.int8), edges.T), (vertex_count, vertex_count))
    _, of_vertex = connected_components(graph, directed=False)
    names, piece = np.unique(of_vertex[mesh.triangles[:, 0]], return_inverse=True)
    return piece.astype(np.int64), len(names)


def _closed(mesh: Mesh, piece: NDArray[np.int64], piece_count: int) -> NDArray[np.bool_]:
    """(P,) whether each directed edge of a piece occurs once and its reverse once."""
    start = mesh.triangles.astype(np.int64).reshape(-1)
    end = mesh.triangles[:, [1, 2, 0]].astype(np.int64).reshape(-1)
    size = len(mesh.vertices)
    names, first, counts = np.unique(start * size + end, return_index=True, return_counts=True)
    reverse = (names % max(size, 1)) * size + names // max(size, 1)
    is_open = (counts != 1) | ~np.isin(reverse, names)
    is_closed = np.ones(piece_count, bool)
    is_closed[piece[first[is_open] // 3]] = False
    return is_closed
