"""What lies together: sets of things that a person expects side by side."""

from __future__ import annotations

from dataclasses import dataclass

from .specs import Place


@dataclass(frozen=True)
class ObjectGroup:
    """Things used together, and where."""

    name: str
    members: tuple[str, ...]
    """Object categories; the first one is nearly always there."""
    places: tuple[Place, ...]
    """Where the group lies, the most usual first."""


def _group(name: str, members: str, places: str) -> ObjectGroup:
    pairs = [place.split() for place in places.split(", ")]
    return ObjectGroup(name, tuple(members.split()), tuple((room, piece) for room, piece in pairs))


OBJECT_GROUPS: tuple[ObjectGroup, ...] = (
    _group("breakfast", "cereal_box bowl spoon milk_carton mug",
           "kitchen table, dining_room table, kitchen counter"),
    _group("tea time", "teapot cup spoon croissant plate",
           "dining_room table, living_room table, kitchen table"),
    _group("laid table", "plate fork knife drinking_glass salt_shaker",
           "dining_room table, kitchen table"),
    _group("wine and dine", "wine_glass bottle candlestick plate", "dining_room table"),
    _group("cooking", "pot spatula pan_lid pepper_mill", "kitchen stove, kitchen counter"),
    _group("chopping", "cutting_board knife carrot tomato potato", "kitchen counter, kitchen table"),
    _group("baking", "rolling_pin whisk egg bowl", "kitchen counter, kitchen table"),
    _group("fruit", "basket apple banana orange pear", "kitchen counter, living_room table"),
    _group("dish washing", "dish_sponge soap_dispenser plate", "kitchen sink"),
    _group("teeth", "toothbrush toothpaste", "bathroom sink, bathroom cabinet"),
    _group("morning bathroom", "soap_bar comb razor towel", "bathroom sink, bathroom cabinet"),
    _group("hair", "hair_brush hand_mirror hair_dryer", "bathroom sink, bedroom chest_of_drawers"),
    _group("bath time", "rubber_duck shampoo_bottle toy_boat", "bathroom bathtub"),
    _group("vanity", "perfume_bottle nail_polish jewelry_box",
           "bedroom chest_of_drawers, bathroom sink"),
    _group("bedside", "alarm_clock book phone", "bedroom stand, childrens_room stand"),
    _group("desk", "laptop computer_mouse mug headphones", "office table"),
    _group("writing", "notebook pen pen_holder desk_lamp", "office table, childrens_room table"),
    _group("paperwork", "binder stapler hole_punch calculator paper_stack",
           "office table, office shelves"),
    _group("crafts", "scissors glue_stick ruler pencil", "childrens_room table, office table"),
    _group("television evening", "remote_control magazine pillow",
           "living_room couch, living_room table"),
    _group("game night", "board_game die puzzle_cube", "living_room table, childrens_room table"),
    _group("video games", "game_controller game_console", "living_room table, living_room couch"),
    _group("soft toys", "teddy_bear plush_rabbit doll", "childrens_room bed, childrens_room shelves"),
    _group("vehicles", "toy_car toy_train toy_airplane building_blocks",
           "childrens_room shelves, childrens_room trunk"),
    _group("music corner", "drum xylophone", "childrens_room shelves, childrens_room table"),
    _group("leaving home", "key wallet sunglasses umbrella", "hall stand, hall cabinet, hall bench"),
    _group("winter", "scarf glove cap boot", "hall bench, hall wardrobe"),
    _group("shoes", "sneaker boot flip_flop", "hall shoe_rack, storage shoe_rack"),
    _group("toolbox", "toolbox hammer screwdriver wrench pliers", "storage shelves"),
    _group("repairs", "drill tape_measure saw", "storage shelves, storage cabinet"),
    _group("painting", "paint_brush bucket", "storage shelves, storage cabinet"),
    _group("cleaning", "spray_bottle bucket dust_pan", "laundry shelves, laundry counter"),
    _group("laundry", "t_shirt sock towel", "laundry washer_dryer, laundry hamper"),
    _group("mantelpiece", "picture_frame vase statue", "living_room shelves, living_room cabinet"),
    _group("reading corner", "book magazine candle", "living_room table, living_room shelves"),
)  # fmt: skip


def find_group_of(category: str) -> ObjectGroup | None:
    """The first group that a kind of object belongs to."""
    return next((group for group in OBJECT_GROUPS if category in group.members), None)
