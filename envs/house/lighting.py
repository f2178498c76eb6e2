"""Light that a mesh carries: ambient, hemispheric and one lamp, smooth across round surfaces.

`placing` evaluates it: brightness is AMBIENT + VERTICAL_SHARE n_z^2 + LAMP_SHARE (1/2 + n . lamp / 2)^2
at the corners and affine between them (Gouraud), so that no weights are needed per pixel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .mesh import Mesh

LAMP_IN_WORLD = np.array([0.62, -0.28, 0.73])
AMBIENT, VERTICAL_SHARE, LAMP_SHARE = 0.67, 0.15, 0.32
_CREASE_RAD = 0.7
"""Faces that meet at a smaller angle than this are shaded as one round surface."""


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
