"""The catalog of a house: what furniture and objects look like, and where things usually lie.

`furniture`: kinds of furniture over `seating`, `storage`, `tables`, `plumbing`, `appliances`,
`decor`. `objects`: kinds of objects, one page per group. `groups`: what lies together.
`forms`, `joinery`, `palette`, `painting`: shapes, parts, colours, prints.
"""

from __future__ import annotations

from .furniture import (
    DECOR_CATEGORIES,
    FURNITURE_CATEGORIES,
    build_furniture,
    furniture_spec,
    sample_size,
)
from .specs import (
    FurnitureModel,
    FurnitureSpec,
    MovingPart,
    ObjectSpec,
    Place,
    SurfaceModel,
)
from .objects import OBJECT_CATEGORIES, build_object, object_spec, sample_object, usual_places
