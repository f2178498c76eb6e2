"""The meshes of the furniture and objects of a house, built once per kind, size and variant."""

from __future__ import annotations

from functools import lru_cache

from .catalog import build_furniture, build_object
from .catalog.specs import FurnitureModel
from .mesh import Mesh
from .world import Furniture, ObjectAttributes, ObjectState, Point3


def furniture_model(piece: Furniture) -> FurnitureModel:
    """The piece in its own frame."""
    return _furniture(piece.category, piece.size, piece.variant)


def object_mesh(thing: ObjectState, *, is_sliced: bool = False, is_clean: bool = True) -> Mesh:
    """The object in its own frame, in the state that the flags say (not in its present one)."""
    return _object(thing.category, thing.attributes, thing.size, thing.variant, is_sliced, is_clean)


@lru_cache(maxsize=1024)
def _furniture(category: str, size: Point3, variant: int) -> FurnitureModel:
    return build_furniture(category, size, variant)


@lru_cache(maxsize=2048)
def _object(
    category: str,
    attributes: ObjectAttributes,
    size: Point3,
    variant: int,
    is_sliced: bool,
    is_clean: bool,
) -> Mesh:
    return build_object(category, attributes, size, variant, is_sliced=is_sliced, is_clean=is_clean)
