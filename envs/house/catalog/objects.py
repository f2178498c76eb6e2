"""Every kind of object: what it looks like, how to sample one and how to build it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from ....errors import InputError
from ..mesh import Material, Mesh, merge
from ..world import ObjectAttributes, Point3
from . import palette
from .forms import fitted
from .pages import PAGES
from .painting import finished, painted
from .slicing import sliced
from .specs import Look, ObjectSpec, Place

_BY_CATEGORY: dict[str, ObjectSpec] = {}
for _page in PAGES:
    for _one in _page:
        if _one.category in _BY_CATEGORY:
            raise InputError(f"the catalog describes '{_one.category}' twice")
        _BY_CATEGORY[_one.category] = _one

OBJECT_CATEGORIES = tuple(_BY_CATEGORY)
"""Every kind of object, page by page."""
_DIRT = Material((104, 76, 44))


def object_spec(category: str) -> ObjectSpec:
    """What the catalog knows about a kind of object; raises InputError if nothing."""
    if category not in _BY_CATEGORY:
        raise InputError(
            f"object category must be one of {', '.join(OBJECT_CATEGORIES)}, got '{category}'"
        )
    return _BY_CATEGORY[category]


def usual_places(category: str) -> Mapping[Place, float]:
    """Weights, summing to 1, of the (room kind, furniture category) where it is usually found."""
    return object_spec(category).places


def sample_object(category: str, rng: np.random.Generator) -> tuple[ObjectAttributes, Point3, int]:
    """Random attributes, size in metres and variant of an object; half of the prints are plain."""
    spec = object_spec(category)
    material = str(rng.choice(list(spec.materials)))
    prints = [name for name in spec.prints if name != "plain"]
    is_printed = bool(prints) and ("plain" not in spec.prints or rng.random() < 0.5)
    attributes = ObjectAttributes(
        shape=str(rng.choice(list(spec.shapes))),
        color=str(rng.choice(list(spec.materials[material]))),
        material=material,
        print=str(rng.choice(prints)) if is_printed else "plain",
        function=spec.function,
    )
    variant = int(rng.integers(1 << 16))
    return attributes, size_of(spec, attributes.shape, float(rng.random())), variant


def size_of(spec: ObjectSpec, shape: str, share: float) -> Point3:
    """The size of an object of a shape; `share` 0 is the smallest, 1 the largest."""
    low, high = np.array(spec.size_low_m), np.array(spec.size_high_m)
    size = (low + share * (high - low)) * spec.shape_scales.get(shape, (1.0, 1.0, 1.0))
    x, y, z = np.round(size, 4)
    return float(x), float(y), float(z)


def build_object(
    category: str,
    attributes: ObjectAttributes,
    size: Point3,
    variant: int,
    *,
    is_sliced: bool = False,
    is_clean: bool = True,
) -> Mesh:
    """An object in its own frame, origin in the middle of its underside; the same every time.

    Raises:
        InputError: the category is unknown, never has these attributes, or cannot be sliced.
    """
    spec = object_spec(category)
    spec.check(attributes)
    if min(size) <= 0:
        raise InputError(f"object size must be positive metres, got {size}")
    if is_sliced and not spec.is_sliceable:
        raise InputError(f"a {category} cannot be sliced")
    seed = zlib.crc32(f"{category} {variant}".encode())
    raw = spec.build(_look_of(spec, attributes, variant))
    whole = merge([raw.body, raw.trim])
    body, trim = (fitted(mesh, size, around=whole) for mesh in raw)
    ink = palette.contrast_of(attributes.color, variant)
    if not spec.has_own_print:
        body = painted(body, attributes.print, ink, seed=seed, trim=trim)
    if not is_clean:
        body = painted(body, "dotted", _DIRT, seed=seed + 1, trim=trim)
    if spec.is_finished:
        body = finished(body, attributes.material)
    mesh = merge([body, trim])
    return sliced(mesh) if is_sliced else mesh


def _look_of(spec: ObjectSpec, attributes: ObjectAttributes, variant: int) -> Look:
    if spec.is_finished:
        main = palette.material_of(attributes.material, attributes.color)
    else:
        main = Material(palette.color_of(attributes.color))
    return Look(
        main=main,
        contrast=palette.contrast_of(attributes.color, variant),
        shape=attributes.shape,
        variant=variant,
        color=attributes.color,
        material=attributes.material,
    )
