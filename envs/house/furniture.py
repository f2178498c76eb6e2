"""Pieces of furniture built from shapes.

Each stands on z = 0 with its footprint centred on the z axis and its front towards +x; metres.
"""

from __future__ import annotations

import numpy as np

from . import materials as of
from .mesh import Material, Mesh, merge
from .shapes import box, box_between, cylinder, extrusion, frustum, lathe, rounded_box, tube

_BOOK_COLORS = (
    (166, 52, 48),
    (44, 82, 130),
    (46, 110, 84),
    (214, 168, 60),
    (226, 220, 204),
    (98, 60, 110),
    (60, 64, 72),
    (204, 110, 60),
)


def _legs(
    size_x_m: float, size_y_m: float, height_m: float, material: Material, *, radius_m: float = 0.03
) -> Mesh:
    """Four tapered legs at the corners of a rectangle."""
    leg = frustum(0.7 * radius_m, radius_m, height_m, material, segments=16)
    x, y = size_x_m / 2, size_y_m / 2
    return merge([leg.moved(i, j) for i in (-x, x) for j in (-y, y)])


def table(size_x_m: float, size_y_m: float, height_m: float, material: Material) -> Mesh:
    """A table with an apron and four legs."""
    top = rounded_box(size_x_m, size_y_m, 0.04, material, radius_m=0.015)
    apron = box(size_x_m - 0.16, size_y_m - 0.16, 0.08, material)
    return merge(
        [
            top.moved(0, 0, height_m - 0.04),
            apron.moved(0, 0, height_m - 0.12),
            _legs(size_x_m - 0.16, size_y_m - 0.16, height_m - 0.04, material, radius_m=0.035),
        ]
    )


def chair(material: Material, seat: Material) -> Mesh:
    """A dining chair, seat at 0.46 m, back at -x."""
    slats = [box(0.015, 0.36, 0.07, material).moved(-0.2, 0, z) for z in (0.60, 0.72, 0.84)]
    posts = [
        cylinder(0.018, 0.46, material, segments=16).moved(-0.2, y, 0.44) for y in (-0.19, 0.19)
    ]
    return merge(
        [
            rounded_box(0.43, 0.43, 0.05, seat, radius_m=0.02).moved(0, 0, 0.42),
            _legs(0.38, 0.38, 0.43, material, radius_m=0.022),
            *slats,
            *posts,
        ]
    )


def sofa(width_m: float, cloth: Material, *, seat_count: int = 3) -> Mesh:
    """A sofa with arms, seat and back cushions; one seat makes an armchair."""
    inner = width_m - 0.36
    each = inner / seat_count
    parts = [
        rounded_box(0.86, width_m, 0.24, cloth, radius_m=0.04).moved(0, 0, 0.08),
        rounded_box(0.22, width_m, 0.66, cloth, radius_m=0.08).moved(-0.34, 0, 0.16),
        _legs(0.72, width_m - 0.16, 0.1, of.WALNUT, radius_m=0.025),
    ]
    for side in (-1, 1):
        arm = rounded_box(0.86, 0.18, 0.5, cloth, radius_m=0.07)
        parts.append(arm.moved(0, side * (width_m - 0.18) / 2, 0.12))
    for k in range(seat_count):
        y = (k + 0.5) * each - inner / 2
        parts.append(rounded_box(0.62, each, 0.17, cloth, radius_m=0.06).moved(0.1, y, 0.3))
        back = rounded_box(0.17, each, 0.42, cloth, radius_m=0.07, steps=4).turned(-0.18, axis="y")
        parts.append(back.moved(-0.2, y, 0.44))
    return merge(parts)


def cushion(cloth: Material) -> Mesh:
    """A throw cushion, leaning back."""
    pillow = rounded_box(0.14, 0.42, 0.42, cloth, radius_m=0.068, steps=5)
    return pillow.turned(-0.35, axis="y")


def fridge() -> Mesh:
    """A fridge with a freezer drawer below and two bar handles, 0.65 x 0.65 x 1.85 m."""
    handle = tube([(0.37, 0.24, 0), (0.37, 0.24, 0.45)], 0.012, of.DARK_STEEL)
    return merge(
        [
            box(0.6, 0.65, 1.82, of.STEEL).moved(-0.03, 0, 0.03),
            rounded_box(0.05, 0.64, 1.14, of.STEEL, radius_m=0.02).moved(0.3, 0, 0.71),
            rounded_box(0.05, 0.64, 0.6, of.STEEL, radius_m=0.02).moved(0.3, 0, 0.08),
            box(0.58, 0.6, 0.06, of.BLACK).moved(-0.03, 0, 0),
            handle.moved(0, 0, 0.95),
            handle.turned(-np.pi / 2, axis="x").moved(0, -0.225, 0.85),
        ]
    )


def cabinet_fronts(width_m: float, height_m: float, count: int) -> Mesh:
    """Cabinet doors with knobs in the plane x = 0, from z = 0 up."""
    each = width_m / count
    doors = []
    for k in range(count):
        y = (k + 0.5) * each - width_m / 2
        door = rounded_box(
            0.025, each - 0.012, height_m - 0.012, of.CABINET, radius_m=0.006, steps=1
        )
        knob = cylinder(0.014, 0.03, of.BRASS, segments=16).turned(np.pi / 2, axis="y")
        doors += [door.moved(0, y), knob.moved(0.01, y + each * 0.36, height_m * 0.8)]
    return merge(doors)


def counter(width_m: float, *, sink_y_m: float) -> Mesh:
    """A kitchen counter, 0.91 m high, with a sunken sink and a tap."""
    return merge(
        [
            box(0.56, width_m, 0.76, of.CABINET).moved(-0.02, 0, 0.1),
            box(0.5, width_m, 0.1, of.BLACK).moved(-0.04, 0, 0),
            cabinet_fronts(width_m, 0.74, max(1, round(width_m / 0.5))).moved(0.27, 0, 0.11),
            _worktop(width_m, sink_y_m),
            _tap().moved(-0.16, sink_y_m, 0.91),
        ]
    )


def _worktop(width_m: float, sink_y_m: float) -> Mesh:
    """A stone slab with a rectangular hole and a steel basin in it."""
    sink_x, sink_y = 0.38, 0.5
    low, high, half = sink_y_m - sink_y / 2, sink_y_m + sink_y / 2, width_m / 2
    slabs = [
        ((-0.31, -half), (0.32, low)),
        ((-0.31, high), (0.32, half)),
        ((-0.31, low), (-sink_x / 2, high)),
        ((sink_x / 2, low), (0.32, high)),
    ]
    stone = [box_between((*a, 0.87), (*b, 0.91), of.STONE) for a, b in slabs]
    basin = lathe([(0, 0), (0.9, 0), (1.0, 0.17)], of.STEEL, segments=4).turned(np.pi / 4)
    stretch = np.diag([sink_x / np.sqrt(2), sink_y / np.sqrt(2), 1.0, 1.0])
    return merge([*stone, basin.transformed(stretch).moved(0, sink_y_m, 0.72)])


def _tap() -> Mesh:
    """A bent pipe whose mouth points down at x = 0.09."""
    angles = np.linspace(np.pi, 0, 12)
    bow = [(0.09 * np.cos(a), 0, 0.26 + 0.09 * np.sin(a)) for a in angles]
    return tube([(-0.09, 0, 0), (-0.09, 0, 0.13), *bow, (0.09, 0, 0.2)], 0.013, of.STEEL)


def wall_cabinet(width_m: float) -> Mesh:
    """A cupboard for the wall, 0.35 m deep, 0.7 m high."""
    fronts = cabinet_fronts(width_m, 0.7, max(1, round(width_m / 0.45))).moved(0.17)
    return merge([box(0.33, width_m, 0.7, of.CABINET), fronts])


def stove() -> Mesh:
    """A stove with an oven window, four plates and five knobs, 0.62 x 0.6 x 0.91 m."""
    knob = cylinder(0.02, 0.03, of.BLACK, segments=16).turned(np.pi / 2, axis="y")
    plate = lathe([(0.09, 0), (0.09, 0.012), (0.06, 0.014), (0, 0.012)], of.BLACK)
    bar = tube([(0.35, -0.22, 0.66), (0.35, 0.22, 0.66)], 0.012, of.DARK_STEEL)
    return merge(
        [
            rounded_box(0.6, 0.6, 0.86, of.WHITE_PAINT, radius_m=0.015).moved(0, 0, 0.03),
            box(0.62, 0.6, 0.02, of.DARK_STEEL).moved(0, 0, 0.89),
            rounded_box(0.02, 0.46, 0.36, of.BLACK, radius_m=0.008).moved(0.3, 0, 0.22),
            bar,
            *[plate.moved(x, y, 0.91) for x in (-0.15, 0.15) for y in (-0.15, 0.15)],
            *[knob.moved(0.3, y, 0.79) for y in (-0.2, -0.1, 0.0, 0.1, 0.2)],
        ]
    )


def shelf(rng: np.random.Generator, *, width_m: float = 1.0, height_m: float = 1.9) -> Mesh:
    """An open shelf, full of books of every colour."""
    depth, levels = 0.3, 5
    parts = [box(depth, 0.025, height_m, of.PINE).moved(0, s * width_m / 2) for s in (-1, 1)]
    parts.append(box(0.012, width_m, height_m, of.PINE).moved(-depth / 2 + 0.006))
    for k in range(levels + 1):
        z = 0.05 + k * (height_m - 0.075) / levels
        parts.append(box(depth, width_m, 0.025, of.PINE).moved(0, 0, z))
        if k < levels:
            parts.append(books(rng, width_m - 0.08).moved(0.01, -width_m / 2 + 0.03, z + 0.025))
    return merge(parts)


def books(rng: np.random.Generator, width_m: float) -> Mesh:
    """A row of standing books from y = 0, with gaps where some are missing."""
    row: list[Mesh] = []
    y = 0.0
    while True:
        thickness = float(rng.uniform(0.018, 0.05))
        if y + thickness > width_m:
            return merge(row)
        if rng.random() > 0.12:
            row.append(_book(rng, thickness - 0.002).moved(0, y + thickness / 2))
        y += thickness


def book_pile(rng: np.random.Generator, *, count: int = 4) -> Mesh:
    """Books that lie on each other, each a little turned."""
    pile, z = [], 0.0
    for _ in range(count):
        thickness = float(rng.uniform(0.02, 0.035))
        flat = _book(rng, thickness).turned(np.pi / 2, axis="x").moved(0, 0.12, thickness / 2)
        pile.append(flat.turned(float(rng.uniform(-0.3, 0.3))).moved(0, 0, z))
        z += thickness + 0.001
    return merge(pile)


def _book(rng: np.random.Generator, thickness_m: float) -> Mesh:
    """A standing book: cover and pages, its back towards +x."""
    color = _BOOK_COLORS[int(rng.integers(len(_BOOK_COLORS)))]
    height, depth = float(rng.uniform(0.19, 0.29)), float(rng.uniform(0.15, 0.21))
    pages = box(depth - 0.01, thickness_m - 0.006, 0.004, of.PAPER).moved(0, 0, height)
    return merge([box(depth, thickness_m, height, Material(color)), pages])


def floor_lamp() -> Mesh:
    """A standing lamp, 1.6 m high."""
    shade = lathe([(0.21, 1.28), (0.14, 1.58)], of.SHADE)
    return merge(
        [
            lathe([(0, 0), (0.15, 0), (0.15, 0.02), (0.02, 0.035), (0, 0.035)], of.BLACK),
            cylinder(0.012, 1.4, of.BRASS, segments=16),
            shade,
        ]
    )


def table_lamp() -> Mesh:
    """A small lamp with a round porcelain foot, 0.42 m high."""
    foot = [(0, 0), (0.07, 0), (0.075, 0.02), (0.1, 0.1), (0.07, 0.17), (0.02, 0.21), (0, 0.21)]
    return merge([lathe(foot, of.PORCELAIN), lathe([(0.15, 0.2), (0.1, 0.42)], of.SHADE)])


def pendant_lamp(length_m: float) -> Mesh:
    """A lamp that hangs from z = 0 down."""
    shade = lathe([(0.22, -0.2), (0.18, -0.08), (0.05, 0.0), (0.012, 0.03)], of.TERRACOTTA)
    bulb = lathe([(0, -0.19), (0.05, -0.14), (0.03, -0.06), (0, -0.05)], of.FLAME, segments=20)
    cord = cylinder(0.006, length_m, of.BLACK, segments=8).moved(0, 0, -length_m)
    return merge([merge([shade, bulb]).moved(0, 0, -length_m), cord])


def bed(width_m: float = 1.5, length_m: float = 2.0) -> Mesh:
    """A bed with its head at -x: frame, mattress, blanket and two pillows."""
    pillow = rounded_box(0.4, 0.62, 0.14, of.LINEN, radius_m=0.065, steps=5).turned(-0.2, axis="y")
    head = -length_m / 2
    return merge(
        [
            rounded_box(length_m, width_m, 0.22, of.WALNUT, radius_m=0.02).moved(0, 0, 0.1),
            rounded_box(0.06, width_m + 0.06, 0.95, of.WALNUT, radius_m=0.02).moved(head, 0, 0),
            rounded_box(length_m - 0.06, width_m - 0.04, 0.22, of.LINEN, radius_m=0.07).moved(
                0.03, 0, 0.3
            ),
            rounded_box(length_m * 0.66, width_m + 0.04, 0.2, of.BED_CLOTH, radius_m=0.06).moved(
                length_m * 0.18, 0, 0.36
            ),
            _legs(length_m - 0.1, width_m - 0.1, 0.12, of.WALNUT),
            *[pillow.moved(head + 0.3, y, 0.51) for y in (-0.36, 0.36)],
        ]
    )


def drawers(size_x_m: float, size_y_m: float, height_m: float, count: int, wood: Material) -> Mesh:
    """A chest with `count` drawers above each other and round knobs."""
    each = (height_m - 0.1) / count
    parts = [box(size_x_m, size_y_m, height_m - 0.06, wood).moved(0, 0, 0.06)]
    parts.append(_legs(size_x_m - 0.08, size_y_m - 0.08, 0.07, wood, radius_m=0.02))
    for k in range(count):
        front = rounded_box(0.02, size_y_m - 0.04, each - 0.015, wood, radius_m=0.006, steps=1)
        knob = cylinder(0.014, 0.03, of.BRASS, segments=16).turned(np.pi / 2, axis="y")
        z = 0.08 + k * each
        parts += [
            front.moved(size_x_m / 2 + 0.005, 0, z),
            knob.moved(size_x_m / 2, 0, z + each / 2),
        ]
    return merge(parts)


def wardrobe() -> Mesh:
    """A wardrobe with two doors, 0.6 x 1.2 x 2.0 m."""
    parts = [box(0.56, 1.2, 2.0, of.PINE).moved(-0.02, 0, 0)]
    for side in (-1, 1):
        door = rounded_box(0.03, 0.58, 1.86, of.PINE, radius_m=0.01).moved(0.27, side * 0.295, 0.08)
        bar = tube([(0.3, side * 0.05, 0.95), (0.3, side * 0.05, 1.2)], 0.01, of.BRASS)
        parts += [door, bar]
    return merge(parts)


def corner_desk() -> Mesh:
    """An L-shaped desk: 1.4 m along y, a 0.9 m wing towards +x at its high-y end."""
    outline = [(-0.3, -0.7), (0.3, -0.7), (0.3, 0.2), (0.6, 0.2), (0.6, 0.7), (-0.3, 0.7)]
    leg = cylinder(0.025, 0.71, of.DARK_STEEL, segments=16)
    spots = [(-0.25, -0.65), (0.25, -0.65), (-0.25, 0.65), (0.55, 0.65), (0.55, 0.25)]
    return merge(
        [extrusion(outline, 0.03, of.OAK).moved(0, 0, 0.71), *[leg.moved(*s) for s in spots]]
    )


def television(width_m: float = 1.1) -> Mesh:
    """A flat screen on a foot."""
    height = width_m * 0.58
    return merge(
        [
            rounded_box(0.05, width_m, height, of.BLACK, radius_m=0.015).moved(0, 0, 0.09),
            box(0.006, width_m - 0.06, height - 0.06, of.SCREEN).moved(0.025, 0, 0.12),
            rounded_box(0.22, 0.4, 0.02, of.BLACK, radius_m=0.009),
            box(0.03, 0.1, 0.1, of.BLACK),
        ]
    )


def laptop() -> Mesh:
    """An open laptop, screen towards +x."""
    keys = [
        box(0.014, 0.016, 0.004, of.BLACK).moved(-0.07 + 0.024 * i, -0.12 + 0.0218 * j, 0.016)
        for i in range(5)
        for j in range(12)
    ]
    lid = merge(
        [
            rounded_box(0.012, 0.33, 0.22, of.STEEL, radius_m=0.005, steps=1),
            box(0.002, 0.31, 0.2, of.SCREEN).moved(0.007, 0, 0.01),
        ]
    )
    base = rounded_box(0.23, 0.33, 0.016, of.STEEL, radius_m=0.007, steps=2)
    return merge([base, *keys, lid.turned(-0.3, axis="y").moved(-0.12, 0, 0.012)])
