"""What things are stored in: cabinets, chests, shelves, wardrobes, trunks and hampers."""

from __future__ import annotations

import numpy as np

from .. import materials as of
from ..mesh import Material, Mesh, Pattern, merge
from ..shapes import box, box_between, cylinder, rounded_box, tube
from ..world import Point3
from .joinery import (
    BOARD_M,
    PAINTS,
    WOODS,
    double_doors,
    drawer,
    fixed_fronts,
    handle,
    hinge,
    hollow,
    inner_surface,
    legs,
    panel,
    pick,
    top_surface,
)
from .specs import FurnitureModel, MovingPart, SurfaceModel

WICKER = Material((190, 146, 92), Pattern.FABRIC)


def cabinet(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A sideboard with doors, a shelf behind them and a free top."""
    depth, width, height = size
    paint = pick(rng, (*PAINTS, *WOODS))
    top_wood = pick(rng, WOODS)
    front = depth / 2 - 0.045
    low, high = (
        (-depth / 2 + 0.005, -width / 2 + 0.01, 0.09),
        (front, width / 2 - 0.01, height - 0.03),
    )
    middle = 0.09 + 0.5 * (height - 0.12)
    body = merge(
        [
            hollow(low, high, paint, shelves_at_m=[middle]),
            panel(depth - 0.02, width, 0.03, top_wood).moved(-0.01, 0, height - 0.03),
            legs(depth - 0.12, width - 0.12, 0.095, top_wood, radius_m=0.02),
        ]
    )
    surfaces = (
        top_surface((depth - 0.02, width, height)),
        inner_surface("lower", low, high, bottom_m=0.09 + BOARD_M, ceiling_m=middle - BOARD_M),
        inner_surface("upper", low, high, bottom_m=middle, ceiling_m=high[2] - BOARD_M),
    )
    doors = double_doors(front, (low[1], low[2]), (high[1], high[2]), paint)
    return FurnitureModel(body, surfaces, doors)


def chest_of_drawers(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """Three to five drawers above each other; the uppermost can be opened."""
    depth, width, height = size
    wood = pick(rng, (*WOODS, *PAINTS))
    count = max(2, round((height - 0.12) / 0.21))
    front = depth / 2 - 0.025
    low, high = (
        (-depth / 2 + 0.005, -width / 2 + 0.015, 0.08),
        (front, width / 2 - 0.015, height - 0.025),
    )
    each = (high[2] - low[2] - 0.04) / count
    z = high[2] - 0.02 - each
    moving, inside = drawer(
        (low[0] + 0.03, low[1] + 0.02, z), (front, high[1] - 0.02, z + each), wood, name="drawer"
    )
    shut = fixed_fronts(
        front - 0.02, (low[1] + 0.02, low[2] + 0.02), (high[1] - 0.02, z), count - 1, wood
    )
    body = merge(
        [
            hollow(low, (front - 0.02, *high[1:]), wood, shelves_at_m=[z]),
            shut,
            panel(depth - 0.02, width, 0.025, wood).moved(-0.01, 0, height - 0.025),
            legs(depth - 0.1, width - 0.1, 0.085, wood),
        ]
    )
    return FurnitureModel(body, (top_surface((depth - 0.02, width, height)), inside), (moving,))


def filing_cabinet(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A narrow steel cabinet with deep drawers, label holders and a lock."""
    depth, width, height = size
    steel = pick(
        rng, (Material((112, 120, 126)), Material((196, 198, 196)), Material((58, 70, 82)))
    )
    count = max(2, round(height / 0.34))
    front = depth / 2 - 0.025
    low, high = (-depth / 2, -width / 2, 0.02), (front, width / 2, height)
    each = (height - 0.06) / count
    z = height - 0.02 - each
    moving, inside = drawer(
        (low[0] + 0.03, low[1] + 0.02, z),
        (front, high[1] - 0.02, z + each),
        steel,
        name="drawer",
        grip=of.DARK_STEEL,
        pull_share=0.6,
    )
    shut = fixed_fronts(
        front - 0.02,
        (low[1] + 0.02, 0.04),
        (high[1] - 0.02, z),
        count - 1,
        steel,
        grip=of.DARK_STEEL,
    )
    label = box(0.004, 0.11, 0.05, of.PAPER)
    labels = [label.moved(front + 0.001, 0, 0.04 + (k + 0.78) * each - 0.03) for k in range(count)]
    moving = MovingPart(
        merge([moving.mesh, labels[-1]]), moving.open_from_closed, moving.surface_names
    )
    lock = cylinder(0.01, 0.008, KEY, segments=8).turned(np.pi / 2, axis="y")
    body = merge(
        [
            hollow(low, (front - 0.02, *high[1:]), steel, shelves_at_m=[z]),
            shut,
            *labels[:-1],
            lock.moved(front - 0.02, width / 2 - 0.012, height - 0.012),
            box(depth - 0.08, width - 0.04, 0.02, of.BLACK).moved(-0.02),
        ]
    )
    return FurnitureModel(body, (top_surface((depth - 0.05, width, height)), inside), (moving,))


KEY = of.BRASS


def shelves(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """An open bookcase with four or five boards; three of them free, books on the others."""
    depth, width, height = size
    wood = pick(rng, (*WOODS, of.WHITE_PAINT))
    levels = max(3, round(height / 0.40))
    parts = [box(depth, BOARD_M, height, wood).moved(0, s * (width - BOARD_M) / 2) for s in (-1, 1)]
    parts.append(box(0.01, width - BOARD_M, height, wood).moved(-depth / 2 + 0.005))
    step = (height - 0.06 - BOARD_M) / levels
    heights = [0.06 + k * step + BOARD_M for k in range(levels + 1)]
    for z in heights:
        parts.append(box(depth, width - BOARD_M, BOARD_M, wood).moved(0, 0, z - BOARD_M))
    free = sorted(range(levels), key=lambda k: abs(heights[k] - 0.8))[:3]
    surfaces = []
    for number, k in enumerate(sorted(free)):
        low, high = (-depth / 2, -width / 2), (depth / 2, width / 2)
        surfaces.append(
            SurfaceModel(
                f"shelf_{number + 1}",
                (low[0] + 0.02, low[1] + 0.05),
                (high[0] - 0.02, high[1] - 0.05),
                heights[k],
                step - BOARD_M - 0.01,
            )
        )
    for k in range(levels):
        if k not in free:
            row = _book_row(rng, width - 0.1, depth - 0.06, step - BOARD_M - 0.03)
            parts.append(row.moved(0, -width / 2 + 0.05, heights[k]))
    return FurnitureModel(merge(parts), tuple(surfaces))


def _book_row(rng: np.random.Generator, width: float, depth: float, height: float) -> Mesh:
    """At most 14 standing books from y = 0."""
    colors = ((150, 58, 54), (52, 84, 122), (60, 104, 84), (196, 160, 76), (90, 66, 100))
    row, y = [box(0.01, 0.01, 0.01, of.PAPER).moved(0, 0.02)], 0.0
    for _ in range(14):
        thick = float(rng.uniform(0.025, 0.055))
        if y + thick > 0.72 * width:
            break
        color = colors[int(rng.integers(5))]
        tall = height * float(rng.uniform(0.72, 1.0))
        row.append(box(depth * 0.9, thick - 0.002, tall, Material(color)).moved(0, y + thick / 2))
        y += thick
    return merge(row)


def shoe_rack(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """Two or three slanted grids of bars between two ladders."""
    depth, width, height = size
    wood = pick(rng, (*WOODS, of.DARK_STEEL))
    parts: list[Mesh] = []
    for y in (-width / 2 + 0.015, width / 2 - 0.015):
        for x in (-depth / 2 + 0.015, depth / 2 - 0.015):
            parts.append(box(0.03, 0.03, height, wood).moved(x, y))
    levels = (0.12, height) if height < 0.5 else (0.12, 0.12 + (height - 0.12) / 2, height)
    surfaces = []
    for number, z in enumerate(levels):
        for x in np.linspace(-depth / 2 + 0.02, depth / 2 - 0.02, 6):
            parts.append(box(0.02, width - 0.04, 0.02, wood).moved(float(x), 0, z - 0.02))
        for y in (-width / 2 + 0.015, width / 2 - 0.015):
            parts.append(box(depth, 0.024, 0.03, wood).moved(0, y, z - 0.04))
        room = levels[number + 1] - z - 0.05 if number + 1 < len(levels) else 0.8
        low, high = (-depth / 2 + 0.02, -width / 2 + 0.04), (depth / 2 - 0.02, width / 2 - 0.04)
        surfaces.append(SurfaceModel(f"rack_{number + 1}", low, high, z, room))
    return FurnitureModel(merge(parts), tuple(surfaces))


def wardrobe(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A tall cupboard with two doors, a clothes rail and folded things inside."""
    depth, width, height = size
    wood = pick(rng, (*WOODS, of.WHITE_PAINT))
    front = depth / 2 - 0.045
    low, high = (-depth / 2, -width / 2 + 0.02, 0.06), (front, width / 2 - 0.02, height - 0.04)
    shelf = 0.55
    rail = tube([(-0.03, low[1], height - 0.2), (-0.03, high[1], height - 0.2)], 0.012, of.STEEL)
    coats = []
    for y in np.linspace(low[1] + 0.15, high[1] - 0.15, 5):
        tall = float(rng.uniform(0.6, 0.9))
        color = COATS[int(rng.integers(len(COATS)))]
        coat = rounded_box(0.36, 0.05, tall, color, radius_m=0.02, steps=1)
        coats.append(coat.moved(-0.03, float(y), height - 0.22 - tall))
    body = merge(
        [
            hollow(low, high, wood, shelves_at_m=[shelf]),
            box(depth - 0.05, width - 0.04, 0.06, wood).moved(-0.02),
            panel(depth - 0.02, width, 0.04, wood).moved(-0.01, 0, height - 0.04),
            rail,
            *coats,
        ]
    )
    surfaces = (
        inner_surface("floor", low, high, bottom_m=0.06 + BOARD_M, ceiling_m=shelf - BOARD_M),
        inner_surface("shelf", low, high, bottom_m=shelf, ceiling_m=height - 1.14),
    )
    doors = double_doors(
        front, (low[1], low[2]), (high[1], high[2]), wood, handle_m=0.3, grip=of.STEEL
    )
    return FurnitureModel(body, surfaces, doors)


COATS = tuple(
    Material(color, Pattern.FABRIC)
    for color in ((62, 70, 96), (140, 60, 60), (90, 110, 90), (196, 180, 150), (70, 64, 70))
)


def trunk(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A travelling chest with a bowed lid, bands and a lock."""
    depth, width, height = size
    wood = pick(rng, WOODS)
    band = pick(rng, (of.BRASS, of.DARK_STEEL))
    wall = 0.66 * height
    x, end = depth / 2 - 0.012, width / 2 - 0.03
    low, high = (-x, -end, 0.0), (x, end, wall)
    lid = _vault(2 * x, 2 * end, height - wall - 0.008, wood)
    bands, lid_bands = [], []
    for y in (-width * 0.32, width * 0.32):
        bands.append(box(0.012, 0.05, wall, band).moved(x + 0.005, y))
        strip = _vault(2 * x + 0.02, 0.05, height - wall, band)
        lid_bands.append(strip.moved(0, y, 0.003))
    grips = [
        tube(
            [
                (-0.07, s * end, 0),
                (-0.05, s * (end + 0.02), -0.03),
                (0.05, s * (end + 0.02), -0.03),
                (0.07, s * end, 0),
            ],
            0.009,
            of.BLACK,
            segments=6,
        ).moved(0, 0, wall * 0.7)
        for s in (-1, 1)
    ]
    lock = box(0.014, 0.08, 0.1, band).moved(x + 0.005, 0, wall - 0.07)
    body = merge([hollow(low, high, wood, open_side="top"), *bands, *grips, lock])
    top = merge([lid, *lid_bands]).moved(0, 0, wall)
    lid_part = MovingPart(top, hinge((-x, 0.0, wall), -1.75, axis="y"))
    inside = inner_surface("inside", low, high, bottom_m=BOARD_M + 0.002, ceiling_m=wall)
    return FurnitureModel(body, (inside,), (lid_part,))


def _vault(depth: float, width: float, height: float, material: Material) -> Mesh:
    """A closed flat arch over z = 0."""
    angles = np.linspace(0, np.pi, 9)
    x, z = depth / 2 * np.cos(angles), height * np.sin(angles) ** 0.7
    points = [(a, y, b) for y in (-width / 2, width / 2) for a, b in zip(x, z, strict=True)]
    count = len(x)
    index = [(k, k + 1, k + 1 + count) for k in range(count - 1)]
    index += [(k, k + 1 + count, k + count) for k in range(count - 1)]
    index += [(0, count, count * 2 - 1), (0, count * 2 - 1, count - 1)]
    for start, is_first in ((0, True), (count, False)):
        fan = [(start, start + k, start + k + 1) for k in range(1, count - 1)]
        index += [(a, c, b) for a, b, c in fan] if is_first else fan
    return Mesh.of(np.array(points), [(a, c, b) for a, b, c in index], material)


def hamper(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A laundry basket of wicker with a lid, hoops and cloth inside."""
    depth, width, height = size
    wicker = pick(rng, (WICKER, Material((150, 110, 70), Pattern.FABRIC), of.LINEN))
    x, y, wall = depth / 2 - 0.01, width / 2 - 0.01, height - 0.05
    low, high = (-x, -y, 0.0), (x, y, wall)
    dark = Material((116, 82, 50))
    hoops = [
        box_between((-x - 0.01, -y - 0.01, z), (x + 0.01, y + 0.01, z + 0.02), dark)
        for z in (0.0, 0.5 * wall)
    ]
    hoops[1] = merge(_frame(x, y, 0.5 * wall, dark))
    slots = [box(0.012, 0.14, 0.035, dark).moved(s * (x + 0.002), 0, 0.78 * wall) for s in (-1, 1)]
    body = merge([hollow(low, high, wicker, inside=of.LINEN, open_side="top"), *hoops, *slots])
    lid = merge(
        [
            panel(2 * x + 0.01, 2 * y + 0.01, 0.03, wicker),
            panel(2 * x - 0.08, 2 * y - 0.08, 0.02, wicker).moved(0, 0, 0.028),
            handle(0.12, dark, is_upright=False).moved(x - 0.02, 0, 0.016),
        ]
    )
    part = MovingPart(lid.moved(0, 0, wall), hinge((-x, 0.0, wall), -1.75, axis="y"))
    inside = inner_surface("inside", low, high, bottom_m=BOARD_M + 0.002, ceiling_m=wall)
    return FurnitureModel(body, (inside,), (part,))


def _frame(x: float, y: float, z: float, material: Material) -> list[Mesh]:
    """Four thin bars around a rectangle."""
    e = 0.01
    return [
        box_between((-x - e, -y - e, z), (-x, y + e, z + 0.02), material),
        box_between((x, -y - e, z), (x + e, y + e, z + 0.02), material),
        box_between((-x, -y - e, z), (x, -y, z + 0.02), material),
        box_between((-x, y, z), (x, y + e, z + 0.02), material),
    ]


def serving_cart(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A trolley on wheels with two trays and a push bar."""
    depth, width, height = size
    tray = pick(rng, (*WOODS, of.STEEL))
    frame = pick(rng, (of.BRASS, of.DARK_STEEL, of.BLACK))
    top, below = height - 0.12, 0.22
    x, y = depth / 2 - 0.046, width / 2 - 0.015
    parts: list[Mesh] = []
    wheel = cylinder(0.045, 0.025, of.BLACK, segments=12).turned(np.pi / 2, axis="x")
    for i in (-x, x):
        for j in (-y, y):
            parts.append(cylinder(0.012, top - 0.06, frame, segments=8).moved(i, j, 0.08))
            parts.append(wheel.moved(i, j + 0.0125, 0.045))
    rim = 0.035
    for z in (below, top):
        parts.append(box(depth - 0.02, width - 0.04, 0.018, tray).moved(0, 0, z - 0.018))
        for bar in _frame(depth / 2 - 0.012, width / 2 - 0.012, z + rim - 0.02, frame):
            parts.append(bar)
    push = [
        (-x, y, top - 0.02),
        (-x, y, height - 0.012),
        (x, y, height - 0.012),
        (x, y, top - 0.02),
    ]
    parts.append(tube(push, 0.012, frame, segments=8))
    low, high = (-depth / 2 + 0.04, -width / 2 + 0.06), (depth / 2 - 0.04, width / 2 - 0.06)
    surfaces = (
        SurfaceModel("top", low, high, top, 0.8),
        SurfaceModel("lower", low, high, below, top - below - 0.03),
    )
    return FurnitureModel(merge(parts), surfaces)
