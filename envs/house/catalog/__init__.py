"""The catalog of a house: what furniture and objects look like, and where things usually lie.

`furniture`: kinds of furniture over `seating`, `storage`, `tables`, `plumbing`, `appliances`,
`decor`. `objects`: kinds of objects, one page per group (`kitchen`, `food`, `toys` ...).
`groups`: what lies together. `specs`: the types. `forms`, `joinery`: shapes and parts;
`palette`, `painting`, `slicing`: colours, prints, slices.
"""

from .furniture import (
    DECOR_CATEGORIES,
    FURNITURE_CATEGORIES,
    build_furniture,
    furniture_spec,
    sample_size,
)
from .groups import OBJECT_GROUPS, ObjectGroup, find_group_of
from .objects import OBJECT_CATEGORIES, build_object, object_spec, sample_object, usual_places
from .specs import (
    FurnitureModel,
    FurnitureSpec,
    MovingPart,
    ObjectSpec,
    Place,
    SurfaceModel,
)

__all__ = [
    "DECOR_CATEGORIES",
    "FURNITURE_CATEGORIES",
    "OBJECT_CATEGORIES",
    "OBJECT_GROUPS",
    "FurnitureModel",
    "FurnitureSpec",
    "MovingPart",
    "ObjectGroup",
    "ObjectSpec",
    "Place",
    "SurfaceModel",
    "build_furniture",
    "build_object",
    "find_group_of",
    "furniture_spec",
    "object_spec",
    "sample_object",
    "sample_size",
    "usual_places",
]
