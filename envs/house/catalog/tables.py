"""Tables, stands and kitchen counters."""

from __future__ import annotations

import numpy as np

from .. import materials as of
from ..mesh import Material, Mesh, Pattern, merge
from ..shapes import box, cylinder, lathe
from ..world import Point3
from .joinery import PAINTS, WOODS, drawer, fixed_fronts, hollow, legs, panel, pick, top_surface
from .specs import FurnitureModel, SurfaceModel

STONES = (
    of.STONE,
    Material((190, 186, 178), Pattern.CARPET),
    Material((176, 134, 88), Pattern.WOOD),
    Material((226, 224, 218)),
)


def table(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A table with an apron and four legs, or round with a central foot where it is square."""
    depth, width, height = size
    wood = pick(rng, (*WOODS, of.WHITE_PAINT))
    if abs(depth - width) < 0.03 and height > 0.6:
        return _round_table(size, wood)
    mesh = merge(
        [
            panel(depth, width, 0.04, wood).moved(0, 0, height - 0.04),
            box(depth - 0.14, width - 0.14, 0.08, wood).moved(0, 0, height - 0.12),
            legs(depth - 0.12, width - 0.12, height - 0.04, wood, radius_m=0.035),
            panel(depth - 0.04, width - 0.04, 0.004, wood).moved(0, 0, height - 0.042),
        ]
    )
    return FurnitureModel(mesh, (top_surface(size),))


def _round_table(size: Point3, wood: Material) -> FurnitureModel:
    radius, height = min(size[:2]) / 2, size[2]
    foot = [(0, 0), (0.55 * radius, 0), (0.5 * radius, 0.03), (0.06, 0.09), (0.045, height - 0.05)]
    top = [(0.045, height - 0.05), (radius, height - 0.045), (radius, height), (0, height)]
    reach = 0.68 * radius
    surface = SurfaceModel("top", (-reach, -reach), (reach, reach), height, 0.8)
    return FurnitureModel(lathe([*foot, *top], wood, segments=28), (surface,))


def stand(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A small bedside or side table: a top and a lower board on four posts."""
    depth, width, height = size
    wood = pick(rng, (*WOODS, *PAINTS))
    below = 0.16
    posts = [
        box(0.035, 0.035, height - 0.02, wood).moved(i, j)
        for i in (-depth / 2 + 0.025, depth / 2 - 0.025)
        for j in (-width / 2 + 0.025, width / 2 - 0.025)
    ]
    mesh = merge(
        [
            panel(depth, width, 0.025, wood).moved(0, 0, height - 0.025),
            box(depth - 0.05, width - 0.05, 0.05, wood).moved(0, 0, height - 0.075),
            panel(depth - 0.03, width - 0.03, 0.02, wood).moved(0, 0, below - 0.02),
            *posts,
        ]
    )
    lower = SurfaceModel(
        "lower",
        (-depth / 2 + 0.05, -width / 2 + 0.05),
        (depth / 2 - 0.05, width / 2 - 0.05),
        below,
        height - below - 0.09,
    )
    return FurnitureModel(mesh, (top_surface(size), lower))


def counter(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A kitchen counter: base cabinets with doors, a toe kick, a drawer row and a stone top."""
    depth, width, height = size
    paint, stone = pick(rng, (*PAINTS, *WOODS)), pick(rng, STONES)
    back, front = -depth / 2 + 0.02, depth / 2 - 0.055
    count = max(1, round(width / 0.5))
    y = width / 2 - 0.01
    floor, split, ceiling = 0.1, height - 0.2, height - 0.04
    one = 2 * y / count
    moving, inside = drawer(
        (back + 0.03, -y + 0.015, split),
        (front + 0.02, -y + one - 0.01, ceiling - 0.015),
        paint,
        name="drawer",
        grip=of.DARK_STEEL,
    )
    parts: list[Mesh] = [
        hollow((back, -y, floor), (front, y, ceiling), paint, shelves_at_m=[split]),
        box(depth - 0.16, width - 0.04, floor, of.BLACK).moved(-0.04),
        panel(depth, width, 0.04, stone).moved(0, 0, height - 0.04),
        fixed_fronts(
            front, (-y, floor), (y, split), count, paint, grip=of.DARK_STEEL, is_stacked=False
        ),
    ]
    for k in range(1, count):
        parts.append(
            fixed_fronts(
                front,
                (-y + k * one, split),
                (-y + (k + 1) * one, ceiling),
                1,
                paint,
                grip=of.DARK_STEEL,
            )
        )
    surfaces = (top_surface(size, margin_m=0.05), inside)
    return FurnitureModel(merge(parts), surfaces, (moving,))


def pedestal(height: float, radius: float, material: Material) -> Mesh:
    """A round foot with a column."""
    foot = [(0, 0), (radius, 0), (radius, 0.02), (0.03, 0.04), (0, 0.04)]
    return merge(
        [lathe(foot, material, segments=20), cylinder(0.025, height, material, segments=10)]
    )
