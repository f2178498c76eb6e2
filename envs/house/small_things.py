"""Things that stand on furniture or hang on walls, and the parts of the rooms themselves.

Objects stand on z = 0 around the z axis; pictures, clocks and windows lie in the plane x = 0 and
face +x.
"""

from __future__ import annotations

import numpy as np

from . import materials as of
from .mesh import Material, Mesh, Pattern, merge
from .shapes import (
    box,
    box_between,
    cylinder,
    frustum,
    lathe,
    quad,
    rounded_box,
    sheet,
    sphere,
    torus_part,
    tube,
)


def mug(color: tuple[int, int, int]) -> Mesh:
    """A mug with a handle, 9.5 cm high."""
    wall = [(0, 0), (0.034, 0), (0.04, 0.006), (0.041, 0.09), (0.039, 0.095), (0.036, 0.09)]
    inside = [(0.035, 0.012), (0, 0.01)]
    handle = torus_part(
        0.027, 0.006, Material(color), start_rad=-np.pi / 2, end_rad=np.pi / 2, segments=14
    )
    return merge(
        [
            lathe([*wall, *inside], Material(color)),
            handle.turned(np.pi / 2, axis="x").moved(0.038, 0, 0.05),
            lathe([(0.035, 0.078), (0, 0.078)], Material((70, 44, 28))),
        ]
    )


def bottle(glass: Material, *, height_m: float = 0.3) -> Mesh:
    """A bottle with a paper label."""
    profile = [(0, 0), (0.034, 0), (0.038, 0.01), (0.038, 0.6), (0.03, 0.7), (0.015, 0.78)]
    profile += [(0.014, 0.97), (0.016, 0.975), (0.016, 1.0), (0, 1.0)]
    glassy = [(r, z * height_m) for r, z in profile]
    label = [(0.0386, 0.2 * height_m), (0.0386, 0.48 * height_m)]
    return merge([lathe(glassy, glass), lathe(label, of.PAPER)])


def fruit_bowl(rng: np.random.Generator) -> Mesh:
    """A wide bowl with apples and oranges."""
    bowl = [
        (0, 0),
        (0.06, 0),
        (0.065, 0.012),
        (0.14, 0.085),
        (0.136, 0.088),
        (0.06, 0.02),
        (0, 0.018),
    ]
    parts = [lathe(bowl, of.PORCELAIN)]
    colors = [(196, 44, 40), (232, 140, 40), (140, 170, 60)]
    for k, angle in enumerate(np.linspace(0, 2 * np.pi, 5, endpoint=False)):
        fruit = sphere(0.036 + 0.004 * float(rng.random()), Material(colors[k % 3]), segments=20)
        parts.append(fruit.moved(0.065 * np.cos(angle), 0.065 * np.sin(angle), 0.07))
    parts.append(sphere(0.037, Material(colors[0]), segments=20).moved(0, 0, 0.11))
    return merge(parts)


def pot() -> Mesh:
    """A cooking pot with a lid and two handles."""
    handle = torus_part(
        0.03, 0.007, of.BLACK, start_rad=-np.pi / 2, end_rad=np.pi / 2, segments=10
    ).moved(0.1, 0, 0.11)
    lid = lathe([(0.104, 0.14), (0.07, 0.157), (0.018, 0.162), (0.018, 0.18), (0, 0.182)], of.STEEL)
    body = lathe([(0, 0), (0.1, 0), (0.1, 0.14)], Material((150, 40, 36)))
    return merge([body, lid, handle, handle.turned(np.pi)])


def kettle() -> Mesh:
    """A kettle with a spout and a bow handle."""
    body = lathe([(0, 0), (0.09, 0), (0.1, 0.03), (0.085, 0.13), (0.03, 0.17), (0, 0.18)], of.STEEL)
    spout = tube([(0.08, 0, 0.07), (0.12, 0, 0.12), (0.15, 0, 0.17)], 0.014, of.STEEL)
    bow = torus_part(0.085, 0.009, of.BLACK, start_rad=0.15, end_rad=np.pi - 0.15)
    return merge([body, spout, bow.turned(np.pi / 2, axis="x").moved(0, 0, 0.13)])


def plant(rng: np.random.Generator, *, leaf_count: int = 34) -> Mesh:
    """A pot plant with long bent leaves, about 1.2 m high."""
    profile = [
        (0, 0),
        (0.13, 0),
        (0.17, 0.3),
        (0.185, 0.3),
        (0.185, 0.34),
        (0.165, 0.34),
        (0.16, 0.3),
    ]
    parts = [lathe(profile, of.TERRACOTTA), lathe([(0.162, 0.31), (0, 0.315)], of.SOIL)]
    for k in range(leaf_count):
        lean = 0.15 + 0.75 * (k / leaf_count)
        leaf = _leaf(float(rng.uniform(0.75, 1.0)) * (1.0 - 0.35 * lean), lean)
        parts.append(leaf.turned(2.4 * k + float(rng.uniform(-0.2, 0.2))).moved(0, 0, 0.3))
    return merge(parts)


def _leaf(length_m: float, lean: float) -> Mesh:
    """One leaf that rises from the origin and bends over towards +x, folded along its rib."""
    t = np.linspace(0, 1, 10)[:, None]
    s = np.linspace(-1, 1, 5)[None]
    width = 0.06 * np.sin(np.pi * np.minimum(t * 0.9 + 0.06, 1.0)) * s
    bend = lean * (0.4 + 1.5 * t)
    x, z = np.sin(bend) * length_m * t, np.cos(bend) * length_m * t + 0.02 * np.abs(s)
    green = (int(52 + 46 * lean), int(118 + 40 * lean), 58)
    return sheet(
        np.stack(np.broadcast_arrays(x, width, z), axis=-1), Material(green, Pattern.FOLIAGE)
    )


def picture(width_m: float, height_m: float, *, motif: str) -> Mesh:
    """A framed picture: 'hills' or 'shapes', hung with its centre at the origin."""
    half_w, half_h = width_m / 2, height_m / 2
    bars = [
        box_between((0, -half_w, half_h - 0.03), (0.03, half_w, half_h), of.WALNUT),
        box_between((0, -half_w, -half_h), (0.03, half_w, 0.03 - half_h), of.WALNUT),
        box_between((0, -half_w, -half_h), (0.03, 0.03 - half_w, half_h), of.WALNUT),
        box_between((0, half_w - 0.03, -half_h), (0.03, half_w, half_h), of.WALNUT),
    ]
    w, h = half_w - 0.03, half_h - 0.03
    paint = _hills(w, h) if motif == "hills" else _circles(w, h)
    return merge([*bars, paint.moved(0.012)])


def _hills(w: float, h: float) -> Mesh:
    """A landscape in the plane x = 0: sky, sun and two ranges of hills."""
    y = np.linspace(-w, w, 25)
    layers = [quad([(0, -w, -h), (0, w, -h), (0, w, h), (0, -w, h)], Material((150, 196, 226)))]
    sun = cylinder(0.16 * h * 2, 0.001, Material((250, 214, 110)), segments=24)
    layers.append(sun.turned(np.pi / 2, axis="y").moved(0.001, -0.45 * w, 0.35 * h))
    ranges = [((104, 140, 120), 0.05, 2.2, 0.003), ((70, 110, 66), -0.4, 3.1, 0.005)]
    for color, level, waves, x in ranges:
        top = h * (level + 0.22 * np.sin(waves * y / w + 40 * x))
        rows = np.stack([np.full_like(y, -h), top])
        points = np.stack(np.broadcast_arrays(x, y[None], rows), axis=-1)
        layers.append(sheet(points, Material(color)))
    return merge(layers)


def _circles(w: float, h: float) -> Mesh:
    """An abstract painting in the plane x = 0."""
    layers = [quad([(0, -w, -h), (0, w, -h), (0, w, h), (0, -w, h)], Material((240, 232, 214)))]
    discs = [(-0.3, 0.3, 0.42, (206, 74, 52)), (0.35, 0.0, 0.34, (44, 92, 140))]
    discs += [(-0.1, -0.45, 0.3, (230, 178, 60))]
    for k, (y, z, radius, color) in enumerate(discs):
        disc = cylinder(radius * w, 0.001, Material(color)).turned(np.pi / 2, axis="y")
        layers.append(disc.moved(0.001 + 0.002 * k, y * w, z * h))
    return merge(layers)


def clock() -> Mesh:
    """A round wall clock."""
    face = cylinder(0.15, 0.02, of.WHITE_PAINT, segments=40)
    rim = torus_part(0.15, 0.012, of.BLACK, segments=40).moved(0, 0, 0.015)
    ticks = [
        box(0.006, 0.025, 0.003, of.BLACK).moved(0, 0.12, 0.02).turned(k * np.pi / 6)
        for k in range(12)
    ]
    hands = [
        box(0.008, length, 0.004, of.BLACK).moved(0, length / 2, 0.023).turned(angle)
        for length, angle in ((0.11, -1.0), (0.07, 1.1))
    ]
    return (
        merge([face, rim, *ticks, *hands]).turned(np.pi / 2, axis="z").turned(np.pi / 2, axis="y")
    )


def window(width_m: float, height_m: float) -> Mesh:
    """A window with a cross bar, a sill and daylight behind the glass; its low edge is at z = 0."""
    half = width_m / 2
    bar = of.WHITE_PAINT
    land = Material((150, 190, 130), Pattern.GLOWING)
    split = height_m * 0.32
    return merge(
        [
            quad(
                [(0, -half, split), (0, half, split), (0, half, height_m), (0, -half, height_m)],
                of.SKY,
            ),
            quad([(0, -half, 0), (0, half, 0), (0, half, split), (0, -half, split)], land),
            box_between((0, -half, 0), (0.05, 0.06 - half, height_m), bar),
            box_between((0, half - 0.06, 0), (0.05, half, height_m), bar),
            box_between((0, -half, 0), (0.05, half, 0.06), bar),
            box_between((0, -half, height_m - 0.06), (0.05, half, height_m), bar),
            box_between((0, -0.025, 0), (0.045, 0.025, height_m), bar),
            box_between((-0.02, -half - 0.06, -0.035), (0.16, half + 0.06, 0), bar),
        ]
    )


def curtain(width_m: float, height_m: float, cloth: Material) -> Mesh:
    """A curtain in folds, hanging from z = 0 down."""
    y = np.linspace(-width_m / 2, width_m / 2, 61)
    folds = 0.03 * np.sin(y / width_m * 2 * np.pi * 7)
    x = np.stack([0.6 * folds, folds, 1.2 * folds])
    z = np.array([0.0, -height_m / 2, -height_m])[:, None]
    return sheet(np.stack(np.broadcast_arrays(x, y[None], z), axis=-1), cloth)


def rug(size_x_m: float, size_y_m: float, color: tuple[int, int, int]) -> Mesh:
    """A flat rug with two borders."""
    inner = tuple(min(255, int(c * 1.18)) for c in color)
    light = Material((226, 214, 190), Pattern.CARPET)
    middle = Material((inner[0], inner[1], inner[2]), Pattern.CARPET)
    return merge(
        [
            box(size_x_m, size_y_m, 0.008, Material(color, Pattern.CARPET)),
            box(size_x_m - 0.2, size_y_m - 0.2, 0.011, light),
            box(size_x_m - 0.3, size_y_m - 0.3, 0.014, middle),
        ]
    )


def waste_bin() -> Mesh:
    """An open bin."""
    return merge([lathe([(0, 0.005), (0.11, 0.005), (0.14, 0.32)], of.DARK_STEEL)])


def toy_cone() -> Mesh:
    """A toy: a striped cone with a ball on top."""
    red, white = Material((214, 70, 60)), of.WHITE_PAINT
    return merge(
        [
            frustum(0.09, 0.06, 0.08, red),
            frustum(0.06, 0.03, 0.08, white).moved(0, 0, 0.08),
            frustum(0.03, 0.012, 0.05, red).moved(0, 0, 0.16),
            sphere(0.025, Material((250, 200, 60)), segments=16).moved(0, 0, 0.225),
        ]
    )


def stool(cloth: Material) -> Mesh:
    """A round upholstered stool."""
    return merge(
        [
            lathe([(0, 0.3), (0.22, 0.3), (0.24, 0.34), (0.22, 0.4), (0, 0.42)], cloth),
            rounded_box(0.3, 0.3, 0.3, of.WALNUT, radius_m=0.02).moved(0, 0, 0.0),
        ]
    )
