"""A mesh laid out for drawing: runs of triangles that are culled together, with what shading needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lighting import corner_normals
from .mesh import Mesh, Pattern
from .solids import find_solids

CLUSTER_TRIANGLES = 128


@dataclass(frozen=True)
class Clusters:
    """Runs of neighbouring triangles of one instance that are culled together, in the mesh's frame.

    Cluster c owns triangles `triangle_starts[c]:triangle_starts[c + 1]` and vertices alike, so a
    culled cluster costs one box test. All rows per triangle are in drawing order.
    """

    vertex_starts: NDArray[np.int64]
    """(C + 1,)"""
    triangle_starts: NDArray[np.int64]
    """(C + 1,)"""
    vertices: NDArray[np.float32]
    """(V, 3)"""
    triangles: NDArray[np.int32]
    """(T, 3)"""
    order: NDArray[np.int64]
    """(T,) the mesh's triangle that each of `triangles` is."""
    colors: NDArray[np.uint8]
    patterns: NDArray[np.uint8]
    axes: NDArray[np.uint8]
    """(T,) the axis (0 x, 1 y, 2 z) that each triangle faces most: patterns lie across it."""
    instance_ids: NDArray[np.int32]
    normals: NDArray[np.float64]
    """(T, 3, 3) unit corner normals; zero where the surface glows."""
    solid_of: NDArray[np.int32]
    """(T,) -1 for open surfaces."""
    outer_planes: NDArray[np.float64]
    """(T, 4)"""
    solid_count: int

    @classmethod
    def of(cls, mesh: Mesh) -> Clusters:
        """Cut each instance's triangles, in their order, into runs that own their vertices."""
        order = np.argsort(mesh.instance_ids, kind="stable")
        triangle_starts = _run_starts(mesh.instance_ids[order])
        count = len(triangle_starts) - 1
        cluster = np.repeat(np.arange(count), 3 * np.diff(triangle_starts))
        size = max(len(mesh.vertices), 1)
        key = cluster * size + mesh.triangles[order].reshape(-1)
        owned, index = np.unique(key, return_inverse=True)
        normals = corner_normals(mesh)
        normals[mesh.patterns == Pattern.GLOWING] = 0.0
        solids = find_solids(mesh)
        return cls(
            np.searchsorted(owned // size, np.arange(count + 1)).astype(np.int64),
            triangle_starts,
            np.ascontiguousarray(mesh.vertices[owned % size]),
            index.reshape(-1, 3).astype(np.int32),
            order,
            np.ascontiguousarray(mesh.colors[order]),
            np.ascontiguousarray(mesh.patterns[order]),
            _main_axes(mesh)[order],
            np.ascontiguousarray(mesh.instance_ids[order]),
            np.ascontiguousarray(normals[order]),
            solids.solid_of_triangle[order],
            np.ascontiguousarray(solids.planes[order]),
            len(solids.bounds),
        )


def _run_starts(instances: NDArray[np.int32]) -> NDArray[np.int64]:
    """(C + 1,) where runs of one instance and at most CLUSTER_TRIANGLES begin, and the end."""
    count = len(instances)
    is_new = np.r_[True, instances[1:] != instances[:-1]] if count else np.zeros(0, bool)
    begin = np.maximum.accumulate(np.where(is_new, np.arange(count), 0))
    is_start = (np.arange(count) - begin) % CLUSTER_TRIANGLES == 0
    return np.append(np.flatnonzero(is_start), count).astype(np.int64)


def _main_axes(mesh: Mesh) -> NDArray[np.uint8]:
    corners = mesh.vertices[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(np.abs(normals).argmax(axis=1), np.uint8)
