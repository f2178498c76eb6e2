"""The pages of objects, in a fixed order."""

from __future__ import annotations

from .bathroom import BATHROOM
from .clothes import CLOTHES_PAGE
from .electronics import ELECTRONICS
from .food import FOOD
from .kitchen import KITCHEN
from .office import OFFICE
from .ornaments import ORNAMENTS_PAGE
from .specs import ObjectSpec
from .tableware import TABLEWARE
from .tools import TOOLS
from .toys import TOYS_PAGE

PAGES: tuple[tuple[ObjectSpec, ...], ...] = (
    TABLEWARE,
    KITCHEN,
    FOOD,
    OFFICE,
    ELECTRONICS,
    TOYS_PAGE,
    CLOTHES_PAGE,
    TOOLS,
    BATHROOM,
    ORNAMENTS_PAGE,
)
