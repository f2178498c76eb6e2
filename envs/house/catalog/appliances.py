"""Furniture that works: fridge, microwave, stove, dishwasher, lamp, television."""

from __future__ import annotations

import numpy as np

from .. import materials as of
from ..mesh import Material, Mesh, Pattern, merge
from ..shapes import box, box_between, cylinder, lathe, rounded_box, tube
from ..world import Point3
from .joinery import (
    BOARD_M,
    WOODS,
    door,
    handle,
    hinge,
    hollow,
    inner_surface,
    legs,
    panel,
    pick,
)
from .specs import FurnitureModel, MovingPart, SurfaceModel
from .tables import pedestal

SHELLS = (of.STEEL, of.WHITE_PAINT, Material((60, 64, 70)), Material((196, 92, 84)))
COLD = Material((226, 236, 240))
DARK_ROOM = Material((62, 60, 62))
GLASS_DOOR = Material((44, 48, 54))
HOT_GLASS = Material((250, 176, 84), Pattern.GLOWING)
DARK_SHADE = Material((206, 190, 158))
DARK_SCREEN = Material((22, 26, 34))


def fridge(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A fridge with shelves behind the upper door and a shut freezer below."""
    depth, width, height = size
    shell = pick(rng, SHELLS)
    front, split = depth / 2 - 0.065, 0.36 * height
    low, high = (-depth / 2, -width / 2, split), (front, width / 2, height)
    levels = (split + 0.045, split + (height - split) * 0.52)
    glass = Material((196, 214, 220))
    shelf = box_between(
        (low[0] + 0.045, low[1] + 0.045, levels[1] - 0.014),
        (front - 0.05, high[1] - 0.045, levels[1]),
        glass,
    )
    body = merge(
        [
            hollow(low, high, shell, inside=COLD, board_m=0.04),
            shelf,
            box_between((-depth / 2, -width / 2, 0.05), (front, width / 2, split), shell),
            panel(0.04, width - 0.006, split - 0.07, shell).moved(front + 0.02, 0, 0.06),
            handle(0.35, of.DARK_STEEL).moved(front + 0.04, width / 2 - 0.06, split - 0.22),
            box(depth - 0.1, width - 0.06, 0.05, of.BLACK).moved(-0.03),
        ]
    )
    leaf = door(
        front,
        (-width / 2, split),
        (width / 2, height),
        shell,
        is_hinged_low=True,
        thickness_m=0.04,
        grip=of.DARK_STEEL,
        handle_m=0.5,
    )
    surfaces = (
        inner_surface(
            "lower",
            low,
            high,
            bottom_m=levels[0] - 0.003,
            ceiling_m=levels[1] - 0.014,
            margin_m=0.06,
        ),
        inner_surface(
            "upper", low, high, bottom_m=levels[1], ceiling_m=height - 0.04, margin_m=0.06
        ),
    )
    return FurnitureModel(body, surfaces, (leaf,))


def microwave(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A microwave oven; where the size is higher than 60 cm, on a trolley of its own."""
    depth, width, height = size
    oven = height if height < 0.6 else 0.31
    base = height - oven
    shell = pick(rng, SHELLS[:3])
    front = depth / 2 - 0.05
    split = width / 2 - 0.12
    low, high = (-depth / 2, -width / 2, base), (front, width / 2, height)
    room_high = (front, split, height)
    keys = [
        box(0.008, 0.022, 0.016, of.STEEL).moved(
            front + 0.004, split + 0.03 + 0.033 * i, base + 0.06 + 0.03 * j
        )
        for i in range(3)
        for j in range(4)
    ]
    body = merge(
        [
            hollow(low, room_high, shell, inside=DARK_ROOM),
            box_between((low[0], split, base), (front, high[1], height), GLASS_DOOR),
            box_between((low[0], low[1], height - 0.012), (front, high[1], height), shell),
            *keys,
            cylinder(0.11, 0.008, of.STEEL, segments=16).moved(
                -0.03, split / 2 - width / 4, base + 0.024
            ),
            _cart(depth, width, base, rng) if base else merge([]),
        ]
    )
    leaf = door(
        front,
        (-width / 2, base),
        (split, height),
        shell,
        is_hinged_low=True,
        grip=of.DARK_STEEL,
        handle_m=0.2,
    )
    pane_low, pane_high = (-width / 2 + 0.05, base + 0.05), (split - 0.09, height - 0.05)
    off, on = (
        box_between((front + 0.02, *pane_low), (front + 0.024, *pane_high), look)
        for look in (GLASS_DOOR, HOT_GLASS)
    )
    clock = [
        box(0.006, 0.085, 0.035, look).moved(front + 0.003, split + 0.06, height - 0.07)
        for look in (Material((20, 40, 30)), Material((90, 230, 140), Pattern.GLOWING))
    ]
    leaf = MovingPart(merge([leaf.mesh, off]), leaf.open_from_closed, glow=on.moved(0.003))
    inside = inner_surface(
        "inside", low, room_high, bottom_m=base + 0.032, ceiling_m=height - BOARD_M
    )
    surfaces: tuple[SurfaceModel, ...] = (inside,)
    if base:
        lower = SurfaceModel(
            "shelf",
            (-depth / 2 + 0.06, -width / 2 + 0.06),
            (depth / 2 - 0.06, width / 2 - 0.06),
            0.4,
            base - 0.46,
        )
        surfaces = (inside, lower)
    return FurnitureModel(body, surfaces, (leaf,), off_part=clock[0], on_part=clock[1])


def _cart(depth: float, width: float, height: float, rng: np.random.Generator) -> Mesh:
    wood = pick(rng, WOODS)
    return merge(
        [
            panel(depth, width, 0.03, wood).moved(0, 0, height - 0.03),
            panel(depth - 0.06, width - 0.06, 0.025, wood).moved(0, 0, 0.375),
            legs(depth - 0.06, width - 0.06, height - 0.02, wood, radius_m=0.025),
        ]
    )


def stove(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A cooker: four plates, knobs, an oven with a window and a flap door."""
    depth, width, height = size
    shell = pick(rng, SHELLS[:3])
    front = depth / 2 - 0.065
    low, high = (-depth / 2, -width / 2, 0.14), (front, width / 2, height - 0.12)
    knob = cylinder(0.02, 0.03, of.BLACK, segments=10).turned(np.pi / 2, axis="y")
    plate = [(0, -0.01), (0.085, -0.01), (0.085, 0.004), (0.06, 0.007), (0, 0.007)]
    spots = [(x, y) for x in (-0.25 * depth, 0.2 * depth) for y in (-0.25 * width, 0.25 * width)]
    rack = [
        box(0.006, width - 0.06, 0.006, of.STEEL).moved(float(x), 0, 0.36)
        for x in np.linspace(-depth / 2 + 0.05, front - 0.03, 8)
    ]
    body = merge(
        [
            hollow(low, high, shell, inside=DARK_ROOM, board_m=0.03),
            box_between((-depth / 2, -width / 2, 0.0), (front, width / 2, 0.14), shell),
            box_between(
                (-depth / 2, -width / 2, high[2]), (front, width / 2, height - 0.02), shell
            ),
            box(depth - 0.03, width, 0.02, of.BLACK).moved(-0.015, 0, height - 0.027),
            *[
                knob.moved(front, float(y), height - 0.075)
                for y in np.linspace(-0.38, 0.38, 5) * width
            ],
            *rack,
        ]
    )
    leaf_z = high[2] - low[2]
    flap = merge(
        [
            panel(0.035, width - 0.01, leaf_z - 0.01, shell).moved(front + 0.0175, 0, 0.145),
            box(0.006, width - 0.18, leaf_z - 0.2, GLASS_DOOR).moved(front + 0.036, 0, 0.22),
            handle(width - 0.14, of.DARK_STEEL, is_upright=False).moved(
                front + 0.035, 0, high[2] - 0.06
            ),
        ]
    )
    part = MovingPart(flap, hinge((front, 0.0, 0.14), 1.45, axis="y"))
    plates = [
        merge([lathe(plate, look, segments=16).moved(x, y, height - 0.007) for x, y in spots])
        for look in (of.DARK_STEEL, Material((236, 84, 40), Pattern.GLOWING))
    ]
    hob = SurfaceModel(
        "hob", (-depth / 2 + 0.04, -width / 2 + 0.04), (front - 0.01, width / 2 - 0.04), height, 0.6
    )
    oven = inner_surface("oven", low, high, bottom_m=0.366, ceiling_m=high[2] - 0.03, margin_m=0.05)
    return FurnitureModel(body, (hob, oven), (part,), off_part=plates[0], on_part=plates[1])


def dishwasher(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A dishwasher: a flap door with a control strip, a wire basket, a worktop."""
    depth, width, height = size
    shell = pick(rng, SHELLS[:3])
    front = depth / 2 - 0.065
    low, high = (-depth / 2, -width / 2, 0.1), (front, width / 2, height - 0.03)
    basket = 0.24
    wires = [
        box(depth - 0.16, 0.006, 0.006, of.STEEL).moved(-0.02, float(y), basket - 0.006)
        for y in np.linspace(-width / 2 + 0.06, width / 2 - 0.06, 9)
    ]
    pins = [
        box(0.005, 0.005, 0.07, of.STEEL).moved(float(x), float(y), basket)
        for x in (-depth / 2 + 0.045,)
        for y in np.linspace(-width / 2 + 0.08, width / 2 - 0.08, 8)
    ]
    body = merge(
        [
            hollow(low, high, shell, inside=of.STEEL, board_m=0.025),
            box(depth - 0.12, width - 0.02, 0.1, of.BLACK).moved(-0.04),
            panel(depth - 0.03, width, 0.03, of.STONE).moved(-0.015, 0, height - 0.03),
            *wires,
            *pins,
        ]
    )
    tall = high[2] - 0.1
    flap = merge(
        [
            panel(0.03, width - 0.01, tall - 0.01, shell).moved(front + 0.015, 0, 0.105),
            box(0.006, width - 0.02, 0.09, GLASS_DOOR).moved(front + 0.031, 0, high[2] - 0.11),
            handle(width - 0.2, of.DARK_STEEL, is_upright=False).moved(
                front + 0.03, 0, high[2] - 0.17
            ),
        ]
    )
    part = MovingPart(flap, hinge((front, 0.0, 0.1), 1.5, axis="y"))
    light = [
        box(0.004, 0.05, 0.02, look).moved(front + 0.036, -0.3 * width, high[2] - 0.075)
        for look in (Material((30, 60, 40)), Material((90, 240, 130), Pattern.GLOWING))
    ]
    top = SurfaceModel(
        "top", (-depth / 2 + 0.03, -width / 2 + 0.03), (front, width / 2 - 0.03), height, 0.8
    )
    inside = inner_surface(
        "basket",
        low,
        (front - 0.02, *high[1:]),
        bottom_m=basket,
        ceiling_m=high[2] - 0.03,
        margin_m=0.06,
    )
    return FurnitureModel(body, (top, inside), (part,), off_part=light[0], on_part=light[1])


def lamp(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A standing lamp: a round foot, a pole and a shade that glows while it is on."""
    depth, width, height = size
    radius = min(depth, width) / 2
    metal = pick(rng, (of.BLACK, of.BRASS, of.DARK_STEEL))
    foot = [(0, 0), (0.75 * radius, 0), (0.75 * radius, 0.02), (0.03, 0.04), (0, 0.04)]
    pole = cylinder(0.014, height - 0.1, metal, segments=10)
    top_radius = radius * float(rng.choice([0.55, 0.7, 0.95]))
    shade = [(radius, height - 0.3), (top_radius, height)]
    off, on = (lathe(shade, look, segments=24) for look in (DARK_SHADE, of.SHADE))
    bulb = lathe([(0, -0.05), (0.035, 0), (0, 0.05)], of.PORCELAIN, segments=10)
    body = merge([lathe(foot, metal, segments=24), pole, bulb.moved(0, 0, height - 0.12)])
    return FurnitureModel(body, off_part=off, on_part=on)


def television(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A flat screen on a column with a foot, or on two short feet where it is under 90 cm high."""
    depth, width, height = size
    screen_z = min(0.57 * width, height - 0.06)
    base = height - screen_z
    frame = rounded_box(0.05, width, screen_z, of.BLACK, radius_m=0.012, steps=1).moved(0, 0, base)
    if height > 0.9:
        foot = merge(
            [
                pedestal(height - 0.2, 0.4 * depth, of.DARK_STEEL).moved(-0.03, 0, 0),
                panel(depth, 0.5 * width, 0.025, of.DARK_STEEL),
            ]
        )
    else:
        blade = box(depth, 0.03, 0.015, of.BLACK)
        leg = box(0.03, 0.03, base + 0.02, of.BLACK)
        foot = merge([m.moved(0, s * 0.32 * width) for m in (blade, leg) for s in (-1, 1)])
    pane = (width - 0.03, screen_z - 0.04)
    off = box(0.006, *pane, DARK_SCREEN).moved(0.025, 0, base + 0.02)
    sky = box(0.006, *pane, Material((70, 136, 206), Pattern.GLOWING)).moved(0.025, 0, base + 0.02)
    hill = box(0.007, pane[0], 0.42 * pane[1], Material((70, 150, 84), Pattern.GLOWING))
    sun = cylinder(0.1 * width, 0.007, Material((250, 214, 96), Pattern.GLOWING), segments=14)
    x = 0.022 + float(rng.random()) * 1e-4
    on = merge(
        [
            sky,
            hill.moved(0.026, 0, base + 0.02),
            sun.turned(np.pi / 2, axis="y").moved(x, 0.2 * width, base + 0.72 * screen_z),
        ]
    )
    rack = tube([(-0.03, 0, base), (-0.03, 0, base + 0.3)], 0.02, of.DARK_STEEL, segments=6)
    return FurnitureModel(merge([frame, foot, rack]), off_part=off, on_part=on)
