"""What furniture is made of: boards, hollow boxes, legs, doors, drawers, lids, cloth and wood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....geometry import Transform
from .. import materials as of
from ..mesh import Material, Mesh, Pattern, merge
from ..shapes import box, box_between, frustum, rounded_box
from ..world import Point3
from .specs import MovingPart, SurfaceModel

WOODS = (of.OAK, of.WALNUT, of.PINE, Material((168, 110, 66), Pattern.WOOD))
PAINTS = (
    of.WHITE_PAINT,
    Material((70, 102, 112)),
    Material((150, 170, 150)),
    Material((206, 196, 176)),
    Material((92, 96, 104)),
)
CLOTHS = tuple(
    Material(color, Pattern.FABRIC)
    for color in (
        (86, 120, 150),
        (150, 70, 62),
        (104, 130, 104),
        (188, 150, 84),
        (118, 112, 122),
        (206, 192, 168),
        (64, 78, 108),
    )
)
KNOB = of.BRASS
INSIDE = Material((214, 202, 182))
"""The pale inside of cupboards."""
BOARD_M = 0.022


def pick(rng: np.random.Generator, choices: Sequence[Material]) -> Material:
    return choices[int(rng.integers(len(choices)))]


def cushion(x: float, y: float, z: float, cloth: Material, *, radius_m: float = 0.05) -> Mesh:
    """An upholstered block on z = 0."""
    return rounded_box(x, y, z, cloth, radius_m=radius_m, steps=1)


def panel(x: float, y: float, z: float, material: Material) -> Mesh:
    """A board with slightly broken edges on z = 0."""
    return rounded_box(x, y, z, material, radius_m=0.006, steps=1)


def legs(x: float, y: float, height: float, material: Material, *, radius_m: float = 0.022) -> Mesh:
    """Four tapered legs at the corners of a rectangle."""
    leg = frustum(0.65 * radius_m, radius_m, height, material, segments=8)
    return merge([leg.moved(i, j) for i in (-x / 2, x / 2) for j in (-y / 2, y / 2)])


def hollow(
    low: Point3,
    high: Point3,
    material: Material,
    *,
    inside: Material = INSIDE,
    open_side: str = "front",
    shelves_at_m: Sequence[float] = (),
    board_m: float = BOARD_M,
) -> Mesh:
    """Boards around a cuboid whose front (+x) or top is open, lined with another colour."""
    (x0, y0, z0), (x1, y1, z1), t = low, high, board_m
    boards = [((x0, y0, z0), (x0 + t, y1, z1)), ((x0, y0, z0), (x1, y1, z0 + t))]
    boards += [((x0, y0, z0), (x1, y0 + t, z1)), ((x0, y1 - t, z0), (x1, y1, z1))]
    if open_side == "front":
        boards.append(((x0, y0, z1 - t), (x1, y1, z1)))
    else:
        boards.append(((x1 - t, y0, z0), (x1, y1, z1)))
    e = 0.002
    top = z1 - t - e if open_side == "front" else z1 - e
    front = x1 - e if open_side == "front" else x1 - t - e
    lining = [
        box_between((x0 + t, y0 + t, z0 + t), (x0 + t + e, y1 - t, top), inside),
        box_between((x0 + t, y0 + t, z0 + t), (front, y0 + t + e, top), inside),
        box_between((x0 + t, y1 - t - e, z0 + t), (front, y1 - t, top), inside),
        box_between((x0 + t, y0 + t, z0 + t), (front, y1 - t, z0 + t + e), inside),
    ]
    shelves = [
        box_between((x0 + t, y0 + t, z - t), (x1 - 0.01, y1 - t, z), inside) for z in shelves_at_m
    ]
    return merge([box_between(a, b, material) for a, b in boards] + lining + shelves)


def inner_surface(
    name: str,
    low: Point3,
    high: Point3,
    *,
    bottom_m: float,
    ceiling_m: float,
    margin_m: float = 0.035,
    is_inside: bool = True,
) -> SurfaceModel:
    """The floor of a compartment between two corners, away from its walls."""
    return SurfaceModel(
        name,
        (low[0] + margin_m, low[1] + margin_m),
        (high[0] - margin_m, high[1] - margin_m),
        bottom_m,
        ceiling_m - bottom_m - 0.01,
        is_inside,
    )


def top_surface(
    size: Point3, *, name: str = "top", height_m: float | None = None, margin_m: float = 0.03
) -> SurfaceModel:
    """The open top of a piece of this size."""
    x, y = size[0] / 2 - margin_m, size[1] / 2 - margin_m
    return SurfaceModel(name, (-x, -y), (x, y), size[2] if height_m is None else height_m, 0.8)


def handle(length: float, material: Material, *, is_upright: bool = True) -> Mesh:
    """A bar handle that stands out 2.5 cm from the plane x = 0, its middle at the origin."""
    bar = box(0.012, 0.014, length, material).moved(0.019, 0, -length / 2)
    feet = [box(0.02, 0.012, 0.012, material).moved(0.01, 0, s * 0.4 * length) for s in (-1, 1)]
    whole = merge([bar, *feet])
    return whole if is_upright else whole.turned(np.pi / 2, axis="x")


def hinge(point: Point3, angle_rad: float, *, axis: str = "z") -> Transform:
    """A turn about a line through a point, counter-clockwise."""
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(4)
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    matrix[:3, 3] = np.asarray(point) - matrix[:3, :3] @ np.asarray(point)
    return matrix


def slide(x_m: float) -> Transform:
    """Pulled out by metres along +x."""
    matrix = np.eye(4)
    matrix[0, 3] = x_m
    return matrix


def door(
    x: float,
    low: tuple[float, float],
    high: tuple[float, float],
    material: Material,
    *,
    is_hinged_low: bool,
    grip: Material = KNOB,
    thickness_m: float = 0.02,
    angle_rad: float = 1.75,
    handle_m: float = 0.16,
) -> MovingPart:
    """A leaf in front of the plane `x`, from (y, z) to (y, z), hinged at its low or high y."""
    (y0, z0), (y1, z1) = low, high
    leaf = panel(thickness_m, y1 - y0 - 0.006, z1 - z0 - 0.006, material)
    grip_y = y1 - 0.05 if is_hinged_low else y0 + 0.05
    mesh = merge(
        [
            leaf.moved(x + thickness_m / 2, (y0 + y1) / 2, z0 + 0.003),
            handle(min(handle_m, 0.5 * (z1 - z0)), grip).moved(
                x + thickness_m, grip_y, (z0 + z1) / 2
            ),
        ]
    )
    point = (x, y0 if is_hinged_low else y1, 0.0)
    return MovingPart(mesh, hinge(point, -angle_rad if is_hinged_low else angle_rad))


def double_doors(
    x: float,
    low: tuple[float, float],
    high: tuple[float, float],
    material: Material,
    *,
    grip: Material = KNOB,
    handle_m: float = 0.16,
) -> tuple[MovingPart, ...]:
    """Two leaves that meet in the middle; one if the front is narrower than 55 cm."""
    (y0, z0), (y1, z1) = low, high
    if y1 - y0 < 0.55:
        return (door(x, low, high, material, is_hinged_low=True, grip=grip, handle_m=handle_m),)
    middle = (y0 + y1) / 2
    return (
        door(x, low, (middle, z1), material, is_hinged_low=True, grip=grip, handle_m=handle_m),
        door(x, (middle, z0), high, material, is_hinged_low=False, grip=grip, handle_m=handle_m),
    )


def drawer(
    low: Point3,
    high: Point3,
    front: Material,
    *,
    name: str,
    grip: Material = KNOB,
    pull_share: float = 0.7,
) -> tuple[MovingPart, SurfaceModel]:
    """A drawer that fills a cuboid, its front plate at high x, and the surface in it."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    tray_high = (x1 - 0.02, y1 - 0.012, z0 + 0.7 * (z1 - z0))
    tray_low = (x0 + 0.02, y0 + 0.012, z0 + 0.012)
    tray = hollow(tray_low, tray_high, INSIDE, open_side="top", board_m=0.012)
    plate = panel(0.02, y1 - y0 - 0.006, z1 - z0 - 0.008, front)
    mesh = merge(
        [
            tray,
            plate.moved(x1 - 0.01, (y0 + y1) / 2, z0 + 0.004),
            handle(min(0.16, 0.4 * (y1 - y0)), grip, is_upright=False).moved(
                x1, (y0 + y1) / 2, z0 + 0.6 * (z1 - z0)
            ),
        ]
    )
    part = MovingPart(mesh, slide(pull_share * (x1 - x0)), (name,))
    surface = inner_surface(
        name, tray_low, tray_high, bottom_m=z0 + 0.026, ceiling_m=z1, margin_m=0.03
    )
    return part, surface


def fixed_fronts(
    x: float,
    low: tuple[float, float],
    high: tuple[float, float],
    count: int,
    material: Material,
    *,
    grip: Material = KNOB,
    is_stacked: bool = True,
) -> Mesh:
    """Drawer fronts above each other (or doors side by side) that stay shut."""
    (y0, z0), (y1, z1) = low, high
    pieces = []
    for k in range(count):
        if is_stacked:
            each = (z1 - z0) / count
            front = panel(0.02, y1 - y0 - 0.006, each - 0.008, material)
            place = ((y0 + y1) / 2, z0 + k * each + 0.004)
            grip_mesh = handle(min(0.16, 0.4 * (y1 - y0)), grip, is_upright=False)
            grip_place = ((y0 + y1) / 2, z0 + (k + 0.6) * each)
        else:
            each = (y1 - y0) / count
            front = panel(0.02, each - 0.008, z1 - z0 - 0.006, material)
            place = (y0 + (k + 0.5) * each, z0 + 0.003)
            grip_mesh = handle(min(0.14, 0.4 * (z1 - z0)), grip)
            side = 1 if k % 2 == 0 else -1
            grip_place = (y0 + (k + 0.5) * each + side * (each / 2 - 0.05), z1 - 0.14)
        pieces += [front.moved(x + 0.01, *place), grip_mesh.moved(x + 0.02, *grip_place)]
    return merge(pieces)
