"""Light that a mesh carries: ambient, hemispheric and one lamp, smooth across round surfaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .mesh import Mesh, Pattern

LAMP_IN_WORLD = np.array([0.62, -0.28, 0.73])
AMBIENT, VERTICAL_SHARE, LAMP_SHARE = 0.67, 0.15, 0.32
_CREASE_RAD = 0.7
"""Faces that meet at a smaller angle than this are shaded as one round surface."""


def light_of(mesh: Mesh) -> NDArray[np.float32]:
    """(2 T, 4) brightness as an affine function of the world position on each triangle side.

    Row 2 t is the side that the normal of triangle t points to, row 2 t + 1 the other. This equals
    interpolating the brightness of its corners (Gouraud), without weights per pixel.
    """
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    normals = corner_normals(mesh)
    light = np.empty((mesh.triangle_count, 2, 4))
    for side, sign in enumerate((1.0, -1.0)):
        brightness = _brightness(sign * normals)
        brightness[mesh.patterns == Pattern.GLOWING] = 1.0
        light[:, side] = _affine_on_triangles(corners, brightness)
    return light.reshape(-1, 4).astype(np.float32)


def corner_normals(mesh: Mesh) -> NDArray[np.float64]:
    """(T, 3, 3) unit corner normals, averaged over the faces that meet there without a crease."""
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = face / np.maximum(np.linalg.norm(face, axis=1, keepdims=True), 1e-30)
    order = np.argsort(mesh.triangles.reshape(-1), kind="stable")
    vertex = mesh.triangles.reshape(-1)[order]
    starts = np.flatnonzero(np.r_[True, vertex[1:] != vertex[:-1]])
    counts = np.diff(np.r_[starts, len(vertex)])
    first = np.repeat(starts, counts)
    total = np.zeros((len(vertex), 3))
    slot = np.arange(len(vertex))
    size = np.repeat(counts, counts)
    for k in range(int(counts.max(initial=0))):
        mine = slot[size > k]
        other = order[first[mine] + k] // 3
        is_smooth = (unit[order[mine] // 3] * unit[other]).sum(axis=1) > np.cos(_CREASE_RAD)
        total[mine] += np.where(is_smooth[:, None], face[other], 0.0)
    normals = np.empty_like(total)
    normals[order] = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)
    return normals.reshape(-1, 3, 3)


def _brightness(normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ambient light, light from ceiling and floor, and a wrapped lamp, on (..., 3) normals."""
    lamp = LAMP_IN_WORLD / np.linalg.norm(LAMP_IN_WORLD)
    vertical = normals[..., 2] ** 2
    wrapped = (0.5 + 0.5 * normals @ lamp) ** 2
    return np.asarray(AMBIENT + VERTICAL_SHARE * vertical + LAMP_SHARE * wrapped)


def _affine_on_triangles(
    corners: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(T, 4) gradient and constant that take (T, 3) values at (T, 3, 3) corners."""
    p, q = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    dp, dq = values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]
    pp, qq, pq = (p * p).sum(1), (q * q).sum(1), (p * q).sum(1)
    area = pp * qq - pq * pq
    is_sliver = area <= 1e-8 * pp * qq
    scale = np.where(is_sliver, 0.0, 1.0 / np.where(is_sliver, 1.0, area))
    along_p, along_q = (dp * qq - dq * pq) * scale, (dq * pp - dp * pq) * scale
    gradient = along_p[:, None] * p + along_q[:, None] * q
    constant = values.mean(axis=1) - (gradient * corners.mean(axis=1)).sum(axis=1)
    return np.concatenate([gradient, constant[:, None]], axis=1)
