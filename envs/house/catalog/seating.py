"""What people sit and lie on: bed, bench, chair, couch, stool."""

from __future__ import annotations

import numpy as np

from .. import materials as of
from ..mesh import Material, Mesh, Pattern, merge
from ..shapes import box, box_between, cylinder, lathe, tube
from ..world import Point3
from .joinery import CLOTHS, WOODS, cushion, legs, panel, pick, top_surface
from .specs import FurnitureModel, SurfaceModel


def bed(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A bed with its head at -x: frame, mattress, blanket, pillows."""
    depth, width, height = size
    wood, cloth = pick(rng, WOODS), pick(rng, CLOTHS)
    x0, x1, top = -depth / 2, depth / 2, 0.50
    pillow_count = 2 if width > 1.2 else 1
    pillow = cushion(
        0.36,
        min(0.62, 0.42 * width if pillow_count == 2 else 0.66 * width),
        0.13,
        of.LINEN,
        radius_m=0.06,
    ).turned(-0.25, axis="y")
    offsets = (-width / 4, width / 4) if pillow_count == 2 else (0.0,)
    fold = box(0.22, width - 0.01, 0.012, of.LINEN).moved(x0 + 0.72, 0, top)
    mesh = merge(
        [
            box_between((x0 + 0.04, -width / 2 + 0.01, 0.12), (x1, width / 2 - 0.01, 0.30), wood),
            panel(0.05, width, height, wood).moved(x0 + 0.025),
            cushion(depth - 0.08, width - 0.06, 0.22, of.LINEN, radius_m=0.07).moved(0.01, 0, 0.26),
            cushion(depth * 0.66, width, 0.20, cloth).moved(x1 - depth * 0.33, 0, top - 0.20),
            fold,
            legs(depth - 0.12, width - 0.1, 0.13, wood, radius_m=0.03),
            *[pillow.moved(x0 + 0.27, y, 0.49) for y in offsets],
        ]
    )
    low, high = (x0 + 0.85, -width / 2 + 0.1), (x1 - 0.1, width / 2 - 0.1)
    return FurnitureModel(mesh, (SurfaceModel("blanket", low, high, top + 0.003, 0.8),))


def bench(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A long seat of boards on two trestles, without a back."""
    depth, width, height = size
    wood = pick(rng, WOODS)
    boards = [
        panel(depth / 3 - 0.01, width, 0.035, wood).moved(x, 0, height - 0.035)
        for x in (-depth / 3, 0, depth / 3)
    ]
    ends = []
    for y in (-width / 2 + 0.16, width / 2 - 0.16):
        ends.append(box(depth - 0.06, 0.045, 0.06, wood).moved(0, y, height - 0.095))
        for side in (-1, 1):
            foot = box(0.05, 0.045, height - 0.06, wood)
            ends.append(foot.moved(side * (depth / 2 - 0.06), y))
    rail = box(0.04, width - 0.32, 0.05, wood).moved(0, 0, 0.16)
    return FurnitureModel(
        merge([*boards, *ends, rail]), (top_surface(size, name="seat", margin_m=0.03),)
    )


def chair(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A dining chair with an open slatted back at -x."""
    depth, width, height = size
    wood, cloth = pick(rng, WOODS), pick(rng, CLOTHS)
    x0, seat = -depth / 2, 0.46
    post_y = width / 2 - 0.025
    slats = [
        box(0.016, width - 0.06, 0.065, wood).moved(x0 + 0.03, 0, z)
        for z in np.linspace(seat + 0.14, height - 0.08, 3)
    ]
    posts = [
        cylinder(0.018, height - 0.42, wood, segments=8).moved(x0 + 0.03, s * post_y, 0.42)
        for s in (-1, 1)
    ]
    bars = [box(depth - 0.08, 0.02, 0.025, wood).moved(0, s * post_y, 0.2) for s in (-1, 1)]
    mesh = merge(
        [
            panel(depth, width, 0.03, wood).moved(0, 0, 0.41),
            cushion(depth - 0.05, width - 0.03, 0.035, cloth, radius_m=0.015).moved(0.02, 0, 0.425),
            legs(depth - 0.06, width - 0.06, 0.42, wood),
            *slats,
            *posts,
            *bars,
        ]
    )
    low, high = (x0 + 0.08, -width / 2 + 0.03), (depth / 2 - 0.03, width / 2 - 0.03)
    return FurnitureModel(mesh, (SurfaceModel("seat", low, high, seat, 0.8),))


def couch(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A sofa: arms, a back at -x, one seat and back cushion for each 60 cm."""
    depth, width, height = size
    cloth = pick(rng, CLOTHS)
    pale = Material(_paler(cloth), Pattern.FABRIC)
    count = max(1, round((width - 0.36) / 0.65))
    each = (width - 0.36) / count
    seat = 0.45
    parts: list[Mesh] = [
        cushion(depth - 0.04, width - 0.06, 0.22, cloth).moved(0, 0, 0.08),
        cushion(0.22, width - 0.02, height - 0.12, cloth, radius_m=0.08).moved(
            -depth / 2 + 0.11, 0, 0.12
        ),
        legs(depth - 0.16, width - 0.16, 0.1, of.WALNUT, radius_m=0.03),
    ]
    for side in (-1, 1):
        arm = cushion(depth, 0.18, 0.52, cloth, radius_m=0.07)
        parts.append(arm.moved(0, side * (width - 0.18) / 2, 0.1))
    for k in range(count):
        y = (k + 0.5) * each - (width - 0.36) / 2
        parts.append(cushion(depth - 0.22, each - 0.01, 0.16, pale).moved(0.11, y, seat - 0.16))
        back = cushion(0.16, each - 0.02, height - seat - 0.02, pale, radius_m=0.06)
        parts.append(back.turned(-0.12, axis="y").moved(-depth / 2 + 0.26, y, seat - 0.01))
    low, high = (-depth / 2 + 0.40, -width / 2 + 0.2), (depth / 2 - 0.04, width / 2 - 0.2)
    return FurnitureModel(merge(parts), (SurfaceModel("seat", low, high, seat, 0.8),))


def stool(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A round stool on three splayed legs with a ring."""
    depth, width, height = size
    wood = pick(rng, WOODS)
    cloth = wood if rng.random() < 0.5 else pick(rng, CLOTHS)
    radius = min(depth, width) / 2
    profile = [(0, -0.05), (radius - 0.02, -0.05), (radius, -0.025), (radius - 0.02, 0), (0, 0)]
    seat = lathe(profile, cloth, segments=24)
    parts = [seat.moved(0, 0, height)]
    for k in range(3):
        angle = 2 * np.pi * k / 3 + np.pi / 6
        foot = np.array([np.cos(angle), np.sin(angle)])
        path = [(*(0.88 * radius * foot), 0.0), (*(0.5 * radius * foot), height - 0.04)]
        parts.append(tube(path, 0.018, wood, segments=8))
    around = np.linspace(0, 2 * np.pi, 19)
    hoop = 0.76 * radius
    path = [(hoop * np.cos(a), hoop * np.sin(a), 0.3 * height) for a in around]
    parts.append(tube(path, 0.01, of.DARK_STEEL, segments=6))
    reach = radius * 0.70
    surface = SurfaceModel("seat", (-reach, -reach), (reach, reach), height, 0.8)
    return FurnitureModel(merge(parts), (surface,))


def _paler(cloth: Material) -> tuple[int, int, int]:
    r, g, b = (min(255, int(c + 0.14 * (255 - c))) for c in cloth.color)
    return r, g, b
