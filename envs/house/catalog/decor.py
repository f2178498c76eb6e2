"""Decor: plant, rug, curtain, picture, ceiling lamp, bin."""

from __future__ import annotations

import numpy as np

from .. import materials as of
from .. import small_things
from ..mesh import Material, Mesh, Pattern, merge
from ..shapes import box, cylinder, lathe, sheet, tube
from ..world import Point3
from .forms import fitted
from .joinery import CLOTHS, WOODS, pick
from .specs import FurnitureModel

POTS = (of.TERRACOTTA, of.PORCELAIN, Material((70, 92, 110)), Material((60, 60, 64)))
RUGS = ((156, 62, 52), (70, 104, 120), (120, 116, 88), (96, 74, 110), (186, 138, 66))


def plant(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A pot with long bent leaves."""
    depth, width, height = size
    radius = 0.26 * min(depth, width)
    pot_z = 0.27 * height
    profile = [
        (0, 0),
        (0.75 * radius, 0),
        (radius, pot_z),
        (0.88 * radius, pot_z),
        (0.86 * radius, 0.9 * pot_z),
        (0, 0.9 * pot_z),
    ]
    leaves = [
        _leaf(float(rng.uniform(0.8, 1.0)), 0.2 + 0.75 * k / 18).turned(
            2.4 * k + float(rng.uniform(-0.2, 0.2))
        )
        for k in range(18)
    ]
    crown = fitted(merge(leaves), (depth, width, height - 0.85 * pot_z))
    pot = lathe(profile, pick(rng, POTS), segments=20)
    return FurnitureModel(merge([pot, crown.moved(0, 0, 0.85 * pot_z)]))


def _leaf(length: float, lean: float) -> Mesh:
    """One leaf that rises from the origin and bends over towards +x."""
    t = np.linspace(0, 1, 6)[:, None]
    s = np.linspace(-1, 1, 3)[None]
    width = 0.085 * np.sin(np.pi * np.minimum(t * 0.9 + 0.06, 1.0)) * s
    bend = lean * (0.4 + 1.5 * t)
    x, z = np.sin(bend) * length * t, np.cos(bend) * length * t + 0.02 * np.abs(s)
    green = Material((int(52 + 46 * lean), int(118 + 40 * lean), 58), Pattern.FOLIAGE)
    return sheet(np.stack(np.broadcast_arrays(x, width, z), axis=-1), green)


def rug(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A flat rug with two borders and a middle field of lozenges."""
    depth, width, height = size
    color = RUGS[int(rng.integers(len(RUGS)))]
    dark = Material(color, Pattern.CARPET)
    pale = Material((226, 214, 190), Pattern.CARPET)
    layers = [(0.0, 0.7 * height, dark), (0.16, 0.8 * height, pale), (0.26, 0.9 * height, dark)]
    parts = [box(depth - a, width - a, z, look) for a, z, look in layers]
    lozenge = lathe([(0.14 * depth, 0), (0.14 * depth, height), (0, height)], pale, segments=4)
    count = max(1, round(width / depth * 1.6))
    for k in range(count):
        parts.append(lozenge.moved(0, (k + 0.5 - count / 2) * (width - 0.4) / count))
    return FurnitureModel(merge(parts))


def curtain(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """Two curtains in folds, drawn aside on a rail, with the window free between them."""
    depth, width, height = size
    cloth = pick(rng, CLOTHS)
    each = 0.24 * width
    wings = []
    for side in (-1, 1):
        y = np.linspace(-each / 2, each / 2, 31)
        folds = 0.4 * depth * np.sin(y / each * 2 * np.pi * 4.5)
        x = np.stack([0.6 * folds, folds])
        z = np.array([height - 0.03, 0.0])[:, None]
        grid = np.stack(np.broadcast_arrays(x, y[None], z), axis=-1)
        wings.append(sheet(grid, cloth).moved(0, side * (width / 2 - each / 2 - 0.02)))
    rail = tube([(0, -width / 2, height - 0.015), (0, width / 2, height - 0.015)], 0.014, of.BRASS)
    return FurnitureModel(merge([*wings, rail]))


def picture(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A framed landscape or abstract painting; its back is at -x."""
    _, width, height = size
    motif = "hills" if rng.random() < 0.5 else "shapes"
    mesh = small_things.picture(width, height, motif=motif)
    return FurnitureModel(fitted(mesh, size))


def ceiling_lamp(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A lamp on a cord; its top is at the ceiling, its bulb glows while it is on."""
    depth, width, height = size
    radius = min(depth, width) / 2
    shell = pick(rng, (of.TERRACOTTA, of.WHITE_PAINT, of.BLACK, Material((90, 130, 120))))
    bell = [(radius, 0.0), (0.8 * radius, 0.14), (0.25 * radius, 0.21), (0.03, 0.25)]
    bulb = [(0, 0.01), (0.055, 0.06), (0.04, 0.13), (0, 0.16)]
    off, on = (lathe(bulb, look, segments=14) for look in (of.PORCELAIN, of.FLAME))
    cord = cylinder(0.006, height - 0.25, of.BLACK, segments=6).moved(0, 0, 0.24)
    rose = cylinder(0.05, 0.02, shell, segments=14).moved(0, 0, height - 0.02)
    body = merge([lathe(bell, shell, segments=24), cord, rose])
    return FurnitureModel(body, off_part=off, on_part=on)


def waste_bin(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """An open bin with a bag over its rim."""
    depth, width, height = size
    radius = min(depth, width) / 2
    look = pick(rng, (of.DARK_STEEL, of.STEEL, Material((70, 110, 90)), *WOODS[:1]))
    shell = lathe([(0, 0), (0.76 * radius, 0), (0.98 * radius, height - 0.06)], look, segments=24)
    bag = [
        (radius, height - 0.06),
        (radius, height),
        (0.9 * radius, height),
        (0.85 * radius, height - 0.2),
        (0, height - 0.24),
    ]
    return FurnitureModel(merge([shell, lathe(bag, Material((214, 214, 210)), segments=24)]))
