"""The pages of objects, in a fixed order."""

from __future__ import annotations

from .kitchen import KITCHEN
from .specs import ObjectSpec

PAGES: tuple[tuple[ObjectSpec, ...], ...] = (KITCHEN,)
