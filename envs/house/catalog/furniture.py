"""Every kind of furniture: size, rooms, use and builder."""

from __future__ import annotations

import zlib

import numpy as np

from ....errors import InputError
from ..world import Point3
from . import appliances, decor, plumbing, seating, storage, tables
from .specs import FurnitureBuilder, FurnitureModel, FurnitureSpec

DECOR_CATEGORIES = ("plant", "rug", "curtain", "picture", "ceiling_lamp", "bin")
"""Furniture that holds nothing and has no state, but for the ceiling lamp's light."""


def _rooms(text: str) -> tuple[dict[str, tuple[int, int]], dict[str, float]]:
    """'kitchen 1-2 0.9, office 0-1 0.3' as counts and weights."""
    counts, weights = {}, {}
    for part in text.split(", "):
        room, span, weight = part.split()
        least, most = span.split("-")
        counts[room], weights[room] = (int(least), int(most)), float(weight)
    return counts, weights


def _spec(
    category: str,
    build: FurnitureBuilder,
    low: Point3,
    high: Point3,
    rooms: str,
    *,
    stands_against_wall: bool = True,
    mount: str = "floor",
    mount_height_m: float = 0.0,
    front_space_m: float = 0.6,
    is_openable: bool = False,
    is_toggleable: bool = False,
    is_solid: bool = True,
) -> FurnitureSpec:
    counts, weights = _rooms(rooms)
    return FurnitureSpec(
        category,
        low,
        high,
        counts,
        weights,
        build,
        stands_against_wall,
        mount,
        mount_height_m,
        front_space_m,
        is_openable,
        is_toggleable,
        is_solid,
    )


_SPECS = (
    _spec("bathtub", plumbing.bathtub, (0.70, 1.50, 0.70), (0.80, 1.75, 0.76),
          "bathroom 0-1 0.7"),
    _spec("bed", seating.bed, (1.95, 0.90, 0.80), (2.10, 1.65, 1.10),
          "bedroom 1-1 1.0, childrens_room 1-1 1.0", front_space_m=0.5),
    _spec("bench", seating.bench, (0.34, 0.95, 0.44), (0.42, 1.40, 0.48),
          "hall 0-1 0.6, dining_room 0-1 0.4, bedroom 0-1 0.2, laundry 0-1 0.2"),
    _spec("cabinet", storage.cabinet, (0.38, 0.75, 0.75), (0.46, 1.20, 0.95),
          "living_room 0-1 0.6, dining_room 0-1 0.8, kitchen 0-1 0.5, office 0-1 0.4, "
          "bathroom 0-1 0.3, hall 0-1 0.4, storage 0-1 0.7, laundry 0-1 0.4", is_openable=True),
    _spec("chair", seating.chair, (0.43, 0.42, 0.84), (0.50, 0.48, 0.98),
          "dining_room 2-6 1.0, kitchen 0-4 0.6, office 1-1 1.0, bedroom 0-1 0.4, "
          "childrens_room 0-1 0.6, living_room 0-2 0.3", stands_against_wall=False,
          front_space_m=0.4),
    _spec("chest_of_drawers", storage.chest_of_drawers, (0.42, 0.70, 0.72), (0.50, 1.10, 1.00),
          "bedroom 0-2 0.8, childrens_room 0-1 0.7, hall 0-1 0.3, living_room 0-1 0.2",
          front_space_m=0.7, is_openable=True),
    _spec("couch", seating.couch, (0.84, 1.45, 0.78), (0.95, 2.20, 0.88),
          "living_room 1-2 1.0, office 0-1 0.2, childrens_room 0-1 0.1"),
    _spec("counter", tables.counter, (0.58, 1.00, 0.88), (0.64, 2.00, 0.94),
          "kitchen 1-2 1.0, laundry 0-1 0.4, storage 0-1 0.2", front_space_m=0.8, is_openable=True),
    _spec("filing_cabinet", storage.filing_cabinet, (0.48, 0.38, 0.68), (0.58, 0.46, 1.05),
          "office 0-2 0.8, storage 0-1 0.2", front_space_m=0.7, is_openable=True),
    _spec("hamper", storage.hamper, (0.36, 0.40, 0.55), (0.44, 0.54, 0.66),
          "bathroom 0-1 0.5, laundry 0-2 0.9, bedroom 0-1 0.4, childrens_room 0-1 0.3",
          front_space_m=0.4, is_openable=True),
    _spec("serving_cart", storage.serving_cart, (0.42, 0.62, 0.80), (0.50, 0.82, 0.92),
          "dining_room 0-1 0.5, kitchen 0-1 0.4, living_room 0-1 0.3", front_space_m=0.4),
    _spec("shelves", storage.shelves, (0.30, 0.75, 1.20), (0.36, 1.10, 1.90),
          "living_room 0-2 0.8, office 0-2 0.9, childrens_room 0-1 0.7, bedroom 0-1 0.3, "
          "storage 1-3 1.0, laundry 0-1 0.5, hall 0-1 0.2"),
    _spec("shoe_rack", storage.shoe_rack, (0.30, 0.62, 0.42), (0.36, 0.90, 0.75),
          "hall 1-1 0.9, bedroom 0-1 0.2, laundry 0-1 0.2, storage 0-1 0.3", front_space_m=0.4),
    _spec("sink", plumbing.sink, (0.50, 0.80, 1.00), (0.58, 1.10, 1.08),
          "bathroom 1-1 1.0, kitchen 1-1 0.9, laundry 0-1 0.6", front_space_m=0.7, is_openable=True),
    _spec("stand", tables.stand, (0.38, 0.40, 0.48), (0.46, 0.55, 0.64),
          "bedroom 1-2 0.9, living_room 0-1 0.5, childrens_room 0-1 0.4, hall 0-1 0.4, "
          "office 0-1 0.3", front_space_m=0.4),
    _spec("stool", seating.stool, (0.34, 0.34, 0.44), (0.40, 0.40, 0.64),
          "kitchen 0-2 0.6, bathroom 0-1 0.4, childrens_room 0-1 0.4, storage 0-1 0.3, "
          "living_room 0-1 0.3", stands_against_wall=False, front_space_m=0.3),
    _spec("table", tables.table, (0.55, 0.90, 0.42), (0.90, 1.60, 0.76),
          "dining_room 1-1 1.0, kitchen 0-1 0.6, office 1-1 1.0, living_room 1-1 0.8, "
          "childrens_room 0-1 0.6, bedroom 0-1 0.3", stands_against_wall=False),
    _spec("toilet", plumbing.toilet, (0.66, 0.36, 0.76), (0.72, 0.42, 0.84),
          "bathroom 1-1 1.0"),
    _spec("trunk", storage.trunk, (0.44, 0.76, 0.46), (0.54, 1.00, 0.58),
          "bedroom 0-1 0.4, childrens_room 0-1 0.7, storage 0-2 0.6, hall 0-1 0.2",
          front_space_m=0.5, is_openable=True),
    _spec("wardrobe", storage.wardrobe, (0.58, 0.95, 1.85), (0.65, 1.50, 2.10),
          "bedroom 1-1 0.9, childrens_room 0-1 0.6, hall 0-1 0.4, storage 0-1 0.2",
          front_space_m=0.8, is_openable=True),
    _spec("washer_dryer", plumbing.washer_dryer, (0.58, 0.58, 0.84), (0.66, 0.64, 0.90),
          "laundry 1-2 1.0, bathroom 0-1 0.4", front_space_m=0.8, is_openable=True),
    _spec("fridge", appliances.fridge, (0.60, 0.58, 1.60), (0.72, 0.72, 1.92),
          "kitchen 1-1 1.0", front_space_m=0.8, is_openable=True),
    _spec("microwave", appliances.microwave, (0.42, 0.50, 1.10), (0.50, 0.60, 1.25),
          "kitchen 0-1 0.8", front_space_m=0.7, is_openable=True, is_toggleable=True),
    _spec("stove", appliances.stove, (0.60, 0.56, 0.88), (0.66, 0.64, 0.94),
          "kitchen 1-1 1.0", front_space_m=0.9, is_openable=True, is_toggleable=True),
    _spec("dishwasher", appliances.dishwasher, (0.58, 0.56, 0.84), (0.64, 0.62, 0.90),
          "kitchen 0-1 0.6", front_space_m=0.9, is_openable=True, is_toggleable=True),
    _spec("lamp", appliances.lamp, (0.34, 0.34, 1.45), (0.46, 0.46, 1.75),
          "living_room 1-2 0.9, bedroom 0-1 0.6, office 0-1 0.5, hall 0-1 0.2, "
          "childrens_room 0-1 0.4, dining_room 0-1 0.3", front_space_m=0.3, is_toggleable=True),
    _spec("television", appliances.television, (0.30, 0.95, 1.15), (0.40, 1.35, 1.40),
          "living_room 1-1 0.9, bedroom 0-1 0.2", front_space_m=1.0, is_toggleable=True),
    _spec("plant", decor.plant, (0.45, 0.45, 0.75), (0.70, 0.70, 1.30),
          "living_room 0-2 0.7, hall 0-1 0.4, office 0-1 0.5, bedroom 0-1 0.3, "
          "dining_room 0-1 0.4, bathroom 0-1 0.1", front_space_m=0.2),
    _spec("rug", decor.rug, (0.90, 1.40, 0.012), (1.70, 2.60, 0.018),
          "living_room 0-1 0.8, bedroom 0-1 0.6, childrens_room 0-1 0.7, office 0-1 0.3, "
          "hall 0-1 0.4, dining_room 0-1 0.3", stands_against_wall=False, front_space_m=0.0,
          is_solid=False),
    _spec("curtain", decor.curtain, (0.10, 1.30, 1.40), (0.16, 2.10, 2.10),
          "living_room 0-2 0.8, bedroom 0-2 0.8, childrens_room 0-1 0.7, dining_room 0-1 0.5",
          mount="wall", mount_height_m=0.30, front_space_m=0.0, is_solid=False),
    _spec("picture", decor.picture, (0.03, 0.45, 0.35), (0.04, 1.00, 0.70),
          "living_room 1-3 0.9, bedroom 0-2 0.7, hall 0-2 0.7, dining_room 0-2 0.6, "
          "office 0-2 0.5, childrens_room 0-2 0.6, bathroom 0-1 0.1",
          mount="wall", mount_height_m=1.35, front_space_m=0.0, is_solid=False),
    _spec("ceiling_lamp", decor.ceiling_lamp, (0.34, 0.34, 0.45), (0.50, 0.50, 0.75),
          "living_room 1-1 0.9, bedroom 1-1 0.9, kitchen 1-1 0.9, dining_room 1-1 1.0, "
          "hall 1-1 0.8, office 1-1 0.8, childrens_room 1-1 0.8, bathroom 1-1 0.8, "
          "laundry 1-1 0.8, storage 1-1 0.8", stands_against_wall=False, mount="ceiling",
          front_space_m=0.0, is_toggleable=True, is_solid=False),
    _spec("bin", decor.waste_bin, (0.24, 0.24, 0.28), (0.32, 0.32, 0.45),
          "kitchen 1-1 0.8, office 0-1 0.8, bathroom 0-1 0.6, laundry 0-1 0.4, "
          "bedroom 0-1 0.2", front_space_m=0.2),
)  # fmt: skip

_BY_CATEGORY = {spec.category: spec for spec in _SPECS}
FURNITURE_CATEGORIES = tuple(_BY_CATEGORY)
"""Every kind of furniture: receptacles, appliances, decor."""


def furniture_spec(category: str) -> FurnitureSpec:
    """What the catalog knows about a kind of furniture; raises InputError if nothing."""
    if category not in _BY_CATEGORY:
        raise InputError(
            f"furniture category must be one of {', '.join(FURNITURE_CATEGORIES)}, got '{category}'"
        )
    return _BY_CATEGORY[category]


def build_furniture(category: str, size: Point3, variant: int) -> FurnitureModel:
    """A piece of (depth_m, width_m, height_m); the same arguments give the same model.

    Sizes outside the range of the spec are built too, but were not looked at.
    """
    spec = furniture_spec(category)
    if min(size) <= 0:
        raise InputError(f"furniture size must be positive metres, got {size}")
    seed = [zlib.crc32(category.encode()), variant & 0xFFFFFFFF]
    return spec.build(size, np.random.default_rng(seed))


def sample_size(category: str, rng: np.random.Generator) -> Point3:
    """A size within the range of a kind, a usual one for its proportions."""
    spec = furniture_spec(category)
    share = np.clip(rng.random() + rng.uniform(-0.15, 0.15, 3), 0.0, 1.0)
    low, high = np.array(spec.size_low_m), np.array(spec.size_high_m)
    x, y, z = np.round(low + share * (high - low), 3)
    return float(x), float(y), float(z)
