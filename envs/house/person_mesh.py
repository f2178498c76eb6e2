"""What a resident looks like: a simple standing person that faces +x."""

from __future__ import annotations

import numpy as np

from .mesh import Material, Mesh, Pattern, merge
from .shapes import frustum, lathe, rounded_box, sphere, tube

PERSON_RADIUS_M = 0.25
_SKINS = ((236, 196, 166), (198, 150, 112), (142, 98, 68), (222, 178, 142))
_HAIRS = ((58, 40, 28), (24, 22, 24), (150, 108, 58), (128, 124, 122))
_SHIRTS = ((196, 54, 58), (52, 104, 178), (66, 146, 92), (226, 170, 52), (142, 84, 160))
_EYES = Material((30, 34, 40))
_TROUSERS = ((48, 56, 78), (92, 84, 72), (64, 64, 68))


def person_mesh(height_m: float, variant: int) -> Mesh:
    """A person of a height; `variant` chooses clothes, hair and skin."""
    skin = Material(_SKINS[variant % len(_SKINS)])
    hair = Material(_HAIRS[(variant // 2) % len(_HAIRS)], Pattern.CARPET)
    shirt = Material(_SHIRTS[variant % len(_SHIRTS)], Pattern.FABRIC)
    trousers = Material(_TROUSERS[variant % len(_TROUSERS)], Pattern.FABRIC)
    torso = [(0.0, 0.84), (0.15, 0.84), (0.165, 1.0), (0.18, 1.3), (0.1, 1.42), (0.0, 1.44)]
    parts = [lathe(torso, shirt, segments=16)]
    parts += [lathe([(0.05, 1.4), (0.05, 1.5)], skin, segments=10)]
    parts.append(sphere(0.105, skin, segments=14).moved(0.01, 0, 1.58))
    parts.append(sphere(0.11, hair, segments=12).moved(-0.022, 0, 1.615))
    parts.append(sphere(0.02, skin, segments=8).moved(0.118, 0, 1.57))
    for side in (-1.0, 1.0):
        y = side * 0.09
        parts.append(sphere(0.015, _EYES, segments=8).moved(0.1, side * 0.04, 1.605))
        parts.append(frustum(0.06, 0.085, 0.8, trousers, segments=10).moved(0, y, 0.06))
        shoe = rounded_box(0.26, 0.1, 0.08, Material((40, 36, 34)), radius_m=0.03, steps=1)
        parts.append(shoe.moved(0.05, y, 0))
        arm = [(0, side * 0.2, 1.34), (0.02, side * 0.23, 1.1), (0.14, side * 0.2, 0.95)]
        parts.append(tube(arm, 0.042, shirt, segments=8))
        parts.append(sphere(0.05, skin, segments=8).moved(0.17, side * 0.2, 0.93))
    mesh = merge(parts)
    scale = height_m / float(mesh.vertices[:, 2].max())
    return Mesh(
        np.asarray(mesh.vertices * np.float32(scale)),
        mesh.triangles,
        mesh.colors,
        mesh.instance_ids,
        mesh.patterns,
    )
