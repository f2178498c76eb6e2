"""The meshes of the furniture and objects of a house, built once per kind, size and variant."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .catalog import build_furniture, build_object
from .catalog.specs import FurnitureModel
from .mesh import Mesh, merge
from .world import Furniture, ObjectAttributes, ObjectState, Point3

_SLICE_COUNT = 4
_SPREAD = 0.45
"""How much longer a sliced thing is than a whole one."""


def furniture_model(piece: Furniture) -> FurnitureModel:
    """The piece in its own frame."""
    return _furniture(piece.category, piece.size, piece.variant)


def object_mesh(thing: ObjectState) -> Mesh:
    """The object whole, in its own frame."""
    return _object(thing.category, thing.attributes, thing.size, thing.variant)


def sliced_mesh(mesh: Mesh) -> Mesh:
    """The triangles of a mesh in slices, pulled apart along its longer side."""
    corners = mesh.vertices[mesh.triangles]
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    axis = int(np.argmax((high - low)[:2]))
    length = max(float(high[axis] - low[axis]), 1e-6)
    part = (corners[:, :, axis].mean(axis=1) - low[axis]) / length * _SLICE_COUNT
    number = np.clip(part.astype(int), 0, _SLICE_COUNT - 1)
    pieces = []
    for k in range(_SLICE_COUNT):
        chosen = number == k
        shift = np.zeros(3, np.float32)
        shift[axis] = (k - (_SLICE_COUNT - 1) / 2) * length * _SPREAD / _SLICE_COUNT
        pieces.append(
            Mesh(
                mesh.vertices + shift,
                mesh.triangles[chosen],
                mesh.colors[chosen],
                mesh.instance_ids[chosen],
                mesh.patterns[chosen],
            )
        )
    return merge(pieces)


@lru_cache(maxsize=1024)
def _furniture(category: str, size: Point3, variant: int) -> FurnitureModel:
    return build_furniture(category, size, variant)


@lru_cache(maxsize=1024)
def _object(category: str, attributes: ObjectAttributes, size: Point3, variant: int) -> Mesh:
    return build_object(category, attributes, size, variant)
