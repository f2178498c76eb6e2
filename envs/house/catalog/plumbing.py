"""What stands on pipes: bathtub, sink, toilet, washing machine."""

from __future__ import annotations

import numpy as np

from .. import materials as of
from ..mesh import Material, Mesh, merge
from ..shapes import box, box_between, cylinder, lathe, rounded_box, torus_part, tube
from ..world import Point3
from .forms import scaled
from .joinery import PAINTS, WOODS, double_doors, hinge, hollow, inner_surface, panel, pick
from .specs import FurnitureModel, MovingPart, SurfaceModel

WHITE = of.PORCELAIN
CHROME = of.STEEL


def basin(
    size_x: float,
    size_y: float,
    height: float,
    material: Material,
    *,
    hole: tuple[float, float],
    depth: float,
    shift_x: float = 0.0,
    outline: float = 0.0,
) -> Mesh:
    """A block on z = 0 with an oval hollow of `depth`; `outline` rounds its own corners (0 to 1)."""
    count = 24
    angles = np.arange(count) * (2 * np.pi / count)
    c, s = np.cos(angles), np.sin(angles)
    square = 1.0 / np.maximum(np.abs(c), np.abs(s))
    grow = (1 - outline) * square + outline
    outer = np.stack([0.5 * size_x * c * grow, 0.5 * size_y * s * grow], axis=1)
    inner = np.stack([0.5 * hole[0] * c + shift_x, 0.5 * hole[1] * s], axis=1)
    floor = np.stack([0.36 * hole[0] * c + shift_x, 0.36 * hole[1] * s], axis=1)
    rings = [(outer, 0.0), (outer, height), (inner, height), (floor, height - depth)]
    points = [np.column_stack([xy, np.full(count, z)]) for xy, z in rings]
    points.append(np.array([[shift_x, 0.0, height - depth], [0.0, 0.0, 0.0]]))
    here = np.arange(count)
    there = (here + 1) % count
    index = []
    for k in range(3):
        a, b = k * count + here, k * count + there
        index += [np.stack([a, b, b + count], 1), np.stack([a, b + count, a + count], 1)]
    index.append(np.stack([3 * count + here, 3 * count + there, np.full(count, 4 * count)], 1))
    index.append(np.stack([there, here, np.full(count, 4 * count + 1)], 1))
    return Mesh.of(np.concatenate(points), np.concatenate(index), material)


def tap(height: float, reach: float) -> Mesh:
    """A bent pipe that rises from the origin and lets water fall at x = reach."""
    angles = np.linspace(np.pi, 0.0, 7)
    top = height - reach / 2
    path = [(0, 0, 0), (0, 0, 0.6 * top)]
    path += [(reach / 2 + reach / 2 * np.cos(a), 0, top + reach / 2 * np.sin(a)) for a in angles]
    lever = box(0.016, 0.09, 0.014, CHROME).moved(0, 0.045, 0.4 * top)
    foot = cylinder(0.024, 0.02, CHROME, segments=12)
    return merge([tube([*path, (reach, 0, top - 0.03)], 0.012, CHROME, segments=8), lever, foot])


def bathtub(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A built-in tub, long along y, with a hollow, taps and a tiled or white apron."""
    depth, width, height = size
    rim = height - 0.2
    tub = basin(
        depth - 0.01,
        width - 0.01,
        rim - 0.02,
        WHITE,
        hole=(depth - 0.14, width - 0.16),
        depth=rim - 0.14,
    )
    apron = pick(rng, (of.WALL_TILES, Material((224, 226, 226)), Material((150, 186, 190))))
    front = box(0.012, width, rim - 0.05, apron).moved(depth / 2 - 0.006)
    mesh = merge(
        [
            tub.moved(-0.004, 0, 0.02),
            front,
            box(depth - 0.06, width - 0.06, 0.03, of.DARK_STEEL).moved(0, 0, 0),
            tap(0.186, 0.16).turned(np.pi / 2).moved(0, -width / 2 + 0.05, rim),
            cylinder(0.03, 0.006, CHROME, segments=12).moved(0, -0.25 * width, 0.142),
        ]
    )
    reach_x, reach_y = 0.36 * (depth - 0.14) * 0.7, 0.36 * (width - 0.16) * 0.7
    floor = SurfaceModel("floor", (-reach_x, -reach_y), (reach_x, reach_y), 0.142, 0.8)
    return FurnitureModel(mesh, (floor,))


def sink(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A washbasin on a vanity cupboard; wide ones have room to put things beside the bowl."""
    depth, width, height = size
    paint = pick(rng, (*PAINTS, *WOODS))
    front, rim = depth / 2 - 0.055, height - 0.18
    y = width / 2 - 0.02
    low, high = (-depth / 2 + 0.005, -y, 0.08), (front, y, rim - 0.14)
    bowl_y = min(0.44, 0.5 * width)
    block = basin(
        depth, bowl_y + 0.06, 0.14, WHITE, hole=(depth - 0.16, bowl_y), depth=0.11, shift_x=0.03
    )
    block_y = width / 2 - bowl_y / 2 - 0.03
    ledge = box_between(
        (-depth / 2, -width / 2, rim - 0.14), (depth / 2, block_y - bowl_y / 2 - 0.03, rim), WHITE
    )
    carcass = hollow(low, high, paint)
    mesh = merge(
        [
            carcass,
            box(depth - 0.14, width - 0.1, 0.08, of.DARK_STEEL).moved(-0.03),
            block.moved(0, block_y, rim - 0.14),
            ledge,
            tap(0.166, 0.13).moved(-depth / 2 + 0.06, block_y, rim),
            box_between(
                (-depth / 2, -width / 2, rim), (-depth / 2 + 0.02, width / 2, rim + 0.05), WHITE
            ),
        ]
    )
    ledge_low = (-depth / 2 + 0.04, -width / 2 + 0.02)
    ledge_high = (depth / 2 - 0.02, block_y - bowl_y / 2 - 0.03)
    bowl_x, bowl_half = 0.36 * (depth - 0.16) * 0.68, 0.36 * bowl_y * 0.68
    surfaces = (
        SurfaceModel("ledge", ledge_low, ledge_high, rim, 0.8),
        SurfaceModel(
            "bowl",
            (0.03 - bowl_x, block_y - bowl_half),
            (0.03 + bowl_x, block_y + bowl_half),
            rim - 0.108,
            0.16,
        ),
        inner_surface("cupboard", low, high, bottom_m=0.105, ceiling_m=rim - 0.165),
    )
    doors = double_doors(front, (low[1], low[2]), (high[1], high[2]), paint, grip=of.DARK_STEEL)
    return FurnitureModel(mesh, surfaces, doors)


def toilet(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A toilet with a cistern at -x, a seat and a shut lid."""
    depth, width, height = size
    rim = 0.42
    tank = 0.2
    bowl_x = depth - tank
    middle = -depth / 2 + tank + bowl_x / 2
    profile = [(0, 0), (0.55, 0), (0.5, 0.08), (0.62, 0.22), (0.97, 0.36), (1.0, 0.39), (0, 0.39)]
    bowl = scaled(lathe([(0.5 * r, z) for r, z in profile], WHITE, segments=20), bowl_x, width)
    lid_look = WHITE if rng.random() < 0.7 else of.WALNUT
    lid = scaled(cylinder(0.5, 0.03, lid_look, segments=20), bowl_x - 0.02, width - 0.01)
    cistern = rounded_box(tank, width, height - 0.36, WHITE, radius_m=0.03, steps=1)
    cap = rounded_box(tank + 0.0, width, 0.03, WHITE, radius_m=0.012, steps=1)
    button = cylinder(0.022, 0.012, CHROME, segments=12)
    mesh = merge(
        [
            bowl.moved(middle),
            lid.moved(middle, 0, 0.39),
            box(0.24, 0.6 * width, 0.38, WHITE).moved(-depth / 2 + 0.13),
            cistern.moved(-depth / 2 + tank / 2, 0, 0.34),
            cap.moved(-depth / 2 + tank / 2, 0, height - 0.045),
            button.moved(-depth / 2 + tank / 2, 0, height - 0.018),
        ]
    )
    lid_x = 0.3 * bowl_x
    surfaces = (
        SurfaceModel(
            "lid", (middle - lid_x, -0.3 * width), (middle + lid_x, 0.3 * width), rim, 0.8
        ),
        SurfaceModel(
            "tank",
            (-depth / 2 + 0.02, -width / 2 + 0.03),
            (-depth / 2 + tank - 0.02, width / 2 - 0.03),
            height - 0.006,
            0.8,
        ),
    )
    return FurnitureModel(mesh, surfaces)


def washer_dryer(size: Point3, rng: np.random.Generator) -> FurnitureModel:
    """A washing machine with a round glass door, a drum, a dial and a soap drawer."""
    depth, width, height = size
    shell = pick(rng, (of.WHITE_PAINT, of.STEEL, Material((86, 92, 100))))
    front = depth / 2 - 0.05
    radius = 0.36 * min(width, height)
    center_z = 0.47 * height
    face = _face_with_hole(width, height - 0.02, radius, center_z - 0.02, shell)
    drum = lathe([(radius, 0.0), (radius, -0.34), (0, -0.34)], of.STEEL, segments=20)
    drum = drum.turned(np.pi / 2, axis="y")
    t = 0.02
    shell_boxes = [
        ((-depth / 2, -width / 2, 0.02), (front, -width / 2 + t, height)),
        ((-depth / 2, width / 2 - t, 0.02), (front, width / 2, height)),
        ((-depth / 2, -width / 2, height - t), (front, width / 2, height)),
        ((-depth / 2, -width / 2, 0.02), (-depth / 2 + t, width / 2, height)),
    ]
    dial = cylinder(0.04, 0.02, of.DARK_STEEL, segments=16).turned(np.pi / 2, axis="y")
    body = merge(
        [
            *[box_between(a, b, shell) for a, b in shell_boxes],
            face.moved(front, 0, 0.02),
            drum.moved(front, 0, center_z),
            box(depth - 0.1, width - 0.06, 0.02, of.BLACK).moved(-0.03),
            dial.moved(front, 0.0, height - 0.075),
            box(0.006, 0.14, 0.07, of.BLACK).moved(front + 0.003, -0.3 * width, height - 0.11),
            panel(0.012, 0.15, 0.08, shell).moved(front + 0.006, 0.31 * width, height - 0.115),
        ]
    )
    hoop = torus_part(radius, 0.024, of.DARK_STEEL, segments=20, tube_segments=6)
    pane = lathe([(radius, 0), (0.7 * radius, 0.015), (0, 0.02)], GLASS, segments=20)
    leaf = merge([hoop, pane, box(0.05, 0.03, 0.03, CHROME).moved(0, -radius + 0.01, 0)])
    leaf = leaf.turned(np.pi / 2, axis="y").moved(front + 0.024, 0, center_z)
    door_part = MovingPart(leaf, hinge((front, radius, 0.0), 1.9))
    flat = 0.55 * radius
    drum_z = center_z - radius * np.sqrt(1 - 0.55**2) + 0.006
    top = SurfaceModel(
        "top", (-depth / 2 + 0.03, -width / 2 + 0.03), (front - 0.03, width / 2 - 0.03), height, 0.8
    )
    drum_surface = SurfaceModel(
        "drum",
        (front - 0.32, -flat),
        (front - 0.02, flat),
        float(drum_z),
        float(2 * (center_z - drum_z)) - 0.02,
        True,
    )
    return FurnitureModel(body, (top, drum_surface), (door_part,))


GLASS = Material((70, 84, 96))


def _face_with_hole(width: float, height: float, radius: float, z: float, look: Material) -> Mesh:
    """A plate in the plane x = 0 with a round hole whose middle is at height z."""
    count = 24
    angles = np.arange(count) * (2 * np.pi / count) + np.pi / 4
    c, s = np.cos(angles), np.sin(angles)
    reach = np.minimum(
        width / 2 / np.maximum(np.abs(c), 1e-9),
        np.where(s > 0, height - z, z) / np.maximum(np.abs(s), 1e-9),
    )
    hole = np.column_stack([np.zeros(count), radius * c, z + radius * s])
    rim = np.column_stack([np.zeros(count), reach * c, z + reach * s])
    corners = np.array([(0, y, k) for y in (-width / 2, width / 2) for k in (0.0, height)])
    for corner in corners:
        nearest = int(np.linalg.norm(rim - corner, axis=1).argmin())
        rim[nearest] = corner
    here = np.arange(count)
    there = (here + 1) % count
    index = np.concatenate(
        [
            np.stack([here, here + count, there + count], 1),
            np.stack([here, there + count, there], 1),
        ]
    )
    return Mesh.of(np.concatenate([hole, rim]), index, look)
