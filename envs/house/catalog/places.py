"""Where things are usually found, as text that reads like a list, and as weights."""

from __future__ import annotations

from collections.abc import Mapping

from ....errors import InputError
from ..world import ROOM_KINDS
from .specs import Place

COOKING = "kitchen counter 4, kitchen stove 2, kitchen cabinet 2, kitchen sink 1"
DISHES = (
    "kitchen counter 4, kitchen cabinet 2, kitchen dishwasher 1, dining_room table 3, "
    "kitchen table 2, kitchen sink 1, dining_room cabinet 1"
)
DRINKS = (
    "kitchen counter 4, dining_room table 2, living_room table 2, kitchen table 2, "
    "office table 1, kitchen cabinet 1, dining_room serving_cart 1, bedroom stand 1"
)
TOOLS_OF_COOKS = "kitchen counter 5, kitchen cabinet 1, kitchen sink 1, kitchen table 1"
COLD_FOOD = "kitchen fridge 5, kitchen counter 2, kitchen table 1, dining_room table 1"
DRY_FOOD = "kitchen counter 4, kitchen cabinet 2, kitchen table 1, storage shelves 1"
FRUIT = (
    "kitchen counter 3, dining_room table 2, kitchen table 2, kitchen fridge 1, living_room table 1"
)
SWEETS = "kitchen counter 3, dining_room table 2, kitchen table 2, dining_room serving_cart 1"
DESK = "office table 5, office shelves 1, office cabinet 1, childrens_room table 1"
PAPERS = "office table 4, office shelves 2, office filing_cabinet 2, hall stand 1"
READING = (
    "living_room shelves 3, office shelves 3, bedroom stand 3, living_room table 2, office table 1"
)
TOYS = (
    "childrens_room shelves 3, childrens_room trunk 3, childrens_room table 2, childrens_room bed 1, "
    "living_room couch 1, living_room table 1"
)
SOFT_TOYS = (
    "childrens_room bed 4, childrens_room shelves 2, childrens_room chair 1, living_room couch 1, "
    "bedroom bed 1"
)
BATH = "bathroom sink 5, bathroom cabinet 2, bathroom bathtub 1"
CLOTHES = "bedroom wardrobe 4, bedroom chest_of_drawers 2, bedroom bed 1, bedroom chair 1"
SHOES = "hall shoe_rack 6, bedroom wardrobe 1, storage shoe_rack 1, hall bench 1"
OUTDOOR = "hall bench 2, hall stand 2, hall cabinet 2, hall wardrobe 1, bedroom wardrobe 1"
WORKSHOP = "storage shelves 5, storage cabinet 2, storage trunk 1, laundry shelves 1"
ORNAMENTS = (
    "living_room shelves 3, living_room cabinet 2, bedroom chest_of_drawers 2, hall stand 1, "
    "living_room table 1"
)
LEISURE = "living_room table 3, living_room couch 2, bedroom stand 1, bedroom bed 1"


def places_of(text: str) -> Mapping[Place, float]:
    """'kitchen counter 4, kitchen sink 1' as weights that sum to 1."""
    weights: dict[Place, float] = {}
    for part in text.split(", "):
        words = part.split()
        if len(words) != 3 or words[0] not in ROOM_KINDS:
            raise InputError(f"a place must be '<room kind> <furniture> <weight>', got '{part}'")
        weights[words[0], words[1]] = float(words[2])
    total = sum(weights.values())
    return {place: weight / total for place, weight in weights.items()}


def looks(**materials: str) -> Mapping[str, tuple[str, ...]]:
    """looks(ceramic='white red') as colours per material."""
    return {name: tuple(colors.split()) for name, colors in materials.items()}
