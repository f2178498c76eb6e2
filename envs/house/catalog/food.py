"""Food: fruit, vegetables, bread and packed things."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..mesh import Material, Mesh, merge
from ..world import Point3
from .forms import arc, brick, egg, parts, plate_of, ring, rod, scaled, tin, turned_form
from .palette import mixed, shaded
from .places import COLD_FOOD, DRY_FOOD, FRUIT, SWEETS, looks, places_of
from .specs import Look, ObjectBuilder, ObjectSpec, Parts

LEAF = Material((64, 132, 60))
STALK = Material((96, 72, 44))
CREAM = Material((248, 238, 214))
CRUST = Material((196, 138, 74))
PAPER = Material((244, 240, 230))


def _stalk(x: float, z: float, height: float) -> Mesh:
    return rod([(0, 0, z), (x, 0, z + height)], 0.3, STALK, segments=5)


def _apple(look: Look) -> Parts:
    profile = [(0, 0.6), (1.6, 0), (3.4, 1.8), (4.0, 4.2), (3.2, 6.4), (1.6, 7.0), (0, 6.2)]
    leaf = (
        scaled(egg(1.3, 0.6, 0.15, LEAF, segments=6), 1).turned(-0.4, axis="y").moved(1.4, 0, 7.7)
    )
    return parts(turned_form(profile, look.main), [_stalk(0.4, 6.2, 1.6), leaf])


def _pear(look: Look) -> Parts:
    profile = [
        (0, 0.4),
        (1.6, 0),
        (3.4, 1.8),
        (3.6, 3.8),
        (2.4, 6.4),
        (1.7, 8.4),
        (1.0, 9.4),
        (0, 9.6),
    ]
    return parts(turned_form(profile, look.main), [_stalk(0.6, 9.4, 1.6)])


def _orange(look: Look) -> Parts:
    return parts(
        egg(4, 4, 3.9, look.main, segments=16).moved(0, 0, 3.9),
        [egg(0.6, 0.6, 0.25, LEAF, segments=6).moved(0, 0, 7.8)],
    )


def _lemon(look: Look) -> Parts:
    t = np.linspace(0, 1, 9)
    radius = np.array([0.2, 0.8, 1.9, 2.8, 3.0, 2.7, 1.8, 0.8, 0.35])
    path = [(9.0 * (a - 0.5), 0.0, 3.0) for a in t]
    return parts(
        rod(path, radius.tolist(), look.main, segments=12),
        [rod([(4.4, 0, 3), (4.9, 0, 3)], 0.35, STALK, segments=5)],
    )


def _banana(look: Look) -> Parts:
    path = arc(9.5, -2.45, -0.7, 9)
    radius = [0.5, 1.1, 1.6, 1.8, 1.85, 1.8, 1.6, 1.1, 0.55]
    skin = rod(path, radius, look.main, segments=7)
    tips = [
        rod([path[0], (path[0][0] - 1.2, 0, path[0][2] + 1.1)], 0.5, STALK, segments=6),
        rod([path[-1], (path[-1][0] + 0.4, 0, path[-1][2] + 0.5)], 0.5, STALK, segments=6),
    ]
    flat = [m.turned(np.pi / 2 - 0.25, axis="x") for m in (skin, *tips)]
    return parts(flat[0], flat[1:])


def _tomato(look: Look) -> Parts:
    star = [
        (r * np.cos(a), r * np.sin(a))
        for a, r in zip(np.arange(10) * np.pi / 5, [2.0, 0.6] * 5, strict=True)
    ]
    body = egg(3.8, 3.8, 3.0, look.main, segments=14).moved(0, 0, 3)
    return parts(body, [plate_of(star, 0.25, LEAF).moved(0, 0, 5.8), _stalk(0.2, 5.9, 0.9)])


def _potato(look: Look) -> Parts:
    radius = [0.4, 2.0, 2.9, 3.1, 2.7, 2.2, 0.5]
    path = [(1.7 * k, 0.5 * np.sin(k), 2.9 + 0.3 * np.cos(2 * k)) for k in range(7)]
    eyes = [
        egg(0.35, 0.35, 0.2, STALK, segments=6).moved(x, y, z)
        for x, y, z in ((4.0, 0.5, 5.7), (7.0, 1.4, 5.1), (2.4, -1.2, 4.9))
    ]
    return parts(rod(path, radius, look.main, segments=10), eyes)


def _carrot(look: Look) -> Parts:
    root = rod(
        [(-9, 0, 2), (-4, 0, 2), (2, 0, 2), (7, 0, 2), (8.2, 0, 2)],
        [0.2, 1.0, 1.6, 2.0, 1.2],
        look.main,
        segments=10,
    )
    greens = [
        rod(
            [(7.8, 0, 2), (10.5, 1.1 * k, 2.6 + 0.5 * (k % 2)), (14, 1.9 * k, 2.4)],
            [0.3, 0.45, 0.2],
            LEAF,
            segments=5,
        )
        for k in (-1, 0, 1)
    ]
    rings = [
        ring(r, 0.12, Material(shaded(look.main.color, 0.8)), segments=8)
        .turned(np.pi / 2, axis="y")
        .moved(x, 0, 2)
        for x, r in ((-2, 1.2), (3, 1.7))
    ]
    return parts(root, [*greens, *rings])


def _bread(look: Look) -> Parts:
    radius = [0.6, 3.6, 4.6, 4.8, 4.8, 4.6, 3.6, 0.6]
    loaf = scaled(
        rod([(3.2 * k, 0, 0) for k in range(8)], radius, look.main, segments=12), 1, 1.1, 1
    )
    cuts = [
        rod([(x - 1.6, -3, 3.6), (x, 0, 4.9), (x + 1.6, 3, 3.6)], 0.45, CREAM, segments=5)
        for x in (6.4, 11.2, 16)
    ]
    return parts(loaf, cuts)


def _egg(look: Look) -> Parts:
    profile = [(0, 0), (1.3, 0.3), (2.1, 1.5), (2.25, 2.6), (1.9, 4.1), (1.1, 5.4), (0, 5.9)]
    return parts(turned_form(profile, look.main))


def _lettuce(look: Look) -> Parts:
    core = egg(4.9, 4.9, 4.7, look.main, segments=10)
    dome = [(3.4, 3.2), (3.9, 3.9), (2.4, 4.9), (0, 5.4)]
    leaves = []
    for k in range(9):
        shade = Material(mixed(look.main.color, (226, 240, 170), 0.12 + 0.14 * (k % 4)))
        leaf = scaled(turned_form(dome, shade, segments=9), 1.0, 0.8)
        lean = 0.25 if k == 0 else 0.95 if k % 2 else 1.5
        leaves.append(leaf.turned(lean, axis="y").turned(2.4 * k))
    return parts([core, *leaves])


def _cheese(look: Look) -> Parts:
    wedge = plate_of([(0, -4.2), (11, 0), (0, 4.2)], 5, look.main)
    hole = Material(shaded(look.main.color, 0.72))
    spots = [(0.06, -1.2, 2.2, 0.9), (0.06, 1.9, 3.3, 0.7), (0.06, 2.4, 1.2, 0.6)]
    holes = [
        scaled(egg(1, 1, 1, hole, segments=8), 0.15, r, r).moved(x, y, z) for x, y, z, r in spots
    ]
    holes += [
        scaled(egg(1, 1, 1, hole, segments=8), r, r, 0.1).moved(x, y, 5.0)
        for x, y, r in ((2.2, 0.8, 0.9), (5.5, -0.5, 0.6), (3.4, -1.9, 0.5))
    ]
    return parts(wedge, holes)


def _croissant(look: Look) -> Parts:
    path = arc(6.5, 0.1, np.pi - 0.1, 9, plane="xy")
    radius = [0.5, 1.5, 1.9, 2.6, 2.9, 2.6, 1.9, 1.5, 0.5]
    body = scaled(rod(path, radius, look.main, segments=9), z=0.95)
    ribs = [
        rod(arc(6.5, a - 0.05, a + 0.05, 3, plane="xy"), r, CRUST, segments=9)
        for a, r in ((0.62, 1.95), (1.1, 2.6), (2.04, 2.6), (2.52, 1.95))
    ]
    return parts([body], ribs)


def _donut(look: Look) -> Parts:
    dough = scaled(ring(3, 1.7, Material((206, 154, 92)), segments=16), z=0.95)
    icing = ring(3, 1.55, look.main, segments=16).moved(0, 0, 0.45)
    colors = [(240, 220, 80), (90, 180, 220), (250, 250, 250), (230, 90, 120)]
    sprinkles = []
    for k in range(12):
        one = brick(0.7, 0.25, 0.25, Material(colors[k % 4])).turned(1.7 * k)
        angle = 2 * np.pi * k / 12
        r = 3 + 0.6 * np.sin(3.0 * k)
        sprinkles.append(one.moved(r * np.cos(angle), r * np.sin(angle), 1.85))
    return parts(icing, [dough, *sprinkles])


def _cake(look: Look) -> Parts:
    layers = [
        tin(9, 3, look.main, segments=20),
        tin(9.05, 0.8, CREAM, segments=20).moved(0, 0, 3),
        tin(9, 3, look.main, segments=20).moved(0, 0, 3.8),
        tin(9.1, 0.9, CREAM, segments=20).moved(0, 0, 6.8),
    ]
    cherries = [
        egg(0.9, 0.9, 0.9, Material((190, 30, 44)), segments=6).moved(
            7 * np.cos(a), 7 * np.sin(a), 8.3
        )
        for a in np.arange(8) * np.pi / 4
    ]
    return parts(layers, cherries)


def _pizza(look: Look) -> Parts:
    rim = scaled(ring(13, 1.3, CRUST, segments=18), z=0.9).moved(0, 0, 1.1)
    base = tin(13, 1.1, CRUST, segments=18)
    sauce = tin(12, 1.5, look.main, segments=18)
    slices = [
        tin(1.9, 0.3, Material((176, 44, 40)), segments=8).moved(r * np.cos(a), r * np.sin(a), 1.45)
        for r, a in ((8, 0.3), (8.4, 1.5), (7.6, 2.6), (8.5, 3.8), (8, 5.2), (2, 1))
    ]
    basil = [
        egg(1.3, 0.7, 0.2, LEAF, segments=6).turned(a).moved(5 * np.cos(a), 5 * np.sin(a), 1.6)
        for a in (0.9, 2.2, 3.2, 4.4, 5.9)
    ]
    return parts(sauce, [rim, base, *slices, *basil])


def _pineapple(look: Look) -> Parts:
    body = turned_form(
        [(0, 0), (4, 0.4), (5.6, 4), (5.8, 8), (4.8, 12), (3, 13.6), (0, 14)],
        look.main,
        segments=10,
    )
    dark = Material(shaded(look.main.color, 0.72))
    studs = [
        egg(0.5, 0.5, 0.5, dark, segments=4).moved(r, 0, z).turned(2.4 * k + z)
        for z, r in ((3, 5.2), (6.5, 5.75), (10, 5.3))
        for k in range(7)
    ]
    crown = [
        rod(
            [(0, 0, 13), (1.6 + 0.2 * k, 0, 17), (3.0, 0, 22 - 0.35 * k)],
            [1.1, 0.9, 0.1],
            LEAF,
            segments=4,
        ).turned(2.4 * k)
        for k in range(9)
    ]
    return parts(body, [*studs, *crown])


def _watermelon(look: Look) -> Parts:
    body = egg(9.2, 9.2, 12, look.main, segments=20)
    angle = np.arctan2(*body.vertices[body.triangles].mean(axis=1)[:, :2].T)
    colors = body.colors.copy()
    colors[np.floor(angle / (np.pi / 5)).astype(int) % 2 == 0] = (28, 74, 40)
    striped = replace(body, colors=colors)
    stem = rod([(0, 0, 11.6), (0.5, 0, 13.2)], 0.5, STALK, segments=5)
    lying = merge([striped, stem]).turned(np.pi / 2, axis="y")
    return parts(lying)


def _bell_pepper(look: Look) -> Parts:
    lobes = [
        egg(2.6, 2.6, 4.2, look.main, segments=10).moved(1.7, 0, 4.2).turned(k * np.pi / 2 + 0.4)
        for k in range(4)
    ]
    return parts(lobes, [rod([(0, 0, 7.2), (0.2, 0, 8.2), (0.9, 0, 9.6)], [1.1, 0.5, 0.6], LEAF)])


def _avocado(look: Look) -> Parts:
    """A half with its stone."""
    path = [(x, 0, 3.2) for x in (-4.6, -4.0, -2, 0.4, 2.6, 4.6, 5.4, 5.6)]
    radius = [0.3, 1.6, 3.0, 3.2, 2.6, 1.7, 0.9, 0.2]
    whole = rod(path, radius, look.main, segments=14)
    low = whole.vertices.copy()
    low[:, 2] = np.minimum(low[:, 2], 3.2)
    skin = replace(whole, vertices=low)
    outline = [*zip([p[0] for p in path], [-0.88 * r for r in radius], strict=True)]
    outline += [(x, -y) for x, y in reversed(outline)]
    flesh = plate_of([(0.94 * x, y) for x, y in outline], 0.15, Material((216, 220, 128)))
    stone = egg(1.7, 1.7, 1.3, Material((120, 74, 40)), segments=10).moved(-1.2, 0, 3.4)
    return parts(skin, [flesh.moved(0, 0, 3.15), stone])


def _cereal_box(look: Look) -> Parts:
    box = brick(6, 19, 28, look.main)
    bowl = scaled(egg(1, 1, 1, PAPER, segments=10), 0.3, 5.5, 3.6).moved(3.0, 0, 7)
    flakes = [
        scaled(egg(1, 1, 1, Material((226, 160, 60)), segments=6), 0.3, 1.3, 1.3).moved(3.3, y, z)
        for y, z in ((-2.4, 9.6), (0, 10.4), (2.4, 9.6))
    ]
    band = brick(0.3, 15, 5, look.contrast).moved(3.0, 0, 19)
    return parts(box, [bowl, *flakes, band, brick(0.35, 11, 1.2, PAPER).moved(3.1, 0, 21)])


def _milk_carton(look: Look) -> Parts:
    box = brick(7, 7, 16, PAPER)
    roof = merge(
        [
            plate_of([(-3.5, 0), (3.5, 0), (0, 4)], 7, PAPER)
            .turned(np.pi / 2, axis="x")
            .moved(0, 3.5, 16),
            brick(0.5, 7, 2.2, PAPER).moved(0, 0, 19.6),
        ]
    )
    band = brick(7.1, 7.1, 8, look.main).moved(0, 0, 2)
    cap = tin(1.2, 1.2, look.main, segments=10).turned(0.85, axis="y").moved(1.8, 0, 18)
    return parts(band, [box, roof, cap])


def _can(look: Look) -> Parts:
    steel = Material((190, 194, 200))
    body = tin(3.6, 10, look.main, segments=18).moved(0, 0, 0.5)
    rims = [tin(3.4, 0.6, steel, segments=18), tin(3.4, 0.6, steel, segments=18).moved(0, 0, 10.4)]
    label = turned_form([(3.66, 3), (3.66, 7.5)], look.contrast, segments=18)
    return parts(body, [*rims, label, ring(0.9, 0.2, steel, segments=8).moved(1, 0, 11.2)])


def _ketchup(look: Look) -> Parts:
    body = scaled(
        turned_form([(0, 0), (3.6, 0.2), (3.9, 2), (3.6, 11), (2.2, 14.4), (1.6, 15)], look.main),
        0.75,
    )
    cap = turned_form([(1.9, 14.6), (1.8, 16.4), (0.6, 19), (0, 19)], PAPER, segments=12)
    label = scaled(turned_form([(3.9, 4), (3.75, 9)], PAPER), 0.77)
    return parts(body, [cap, label])


def _food(
    category: str,
    build: ObjectBuilder,
    low: Point3,
    high: Point3,
    colors: str,
    shape: str,
    places: str,
    *,
    is_sliceable: bool = True,
    is_washable: bool = True,
    is_heatable: bool = False,
) -> ObjectSpec:
    """Unpacked food: its skin has no sheen, it can be cooled."""
    return ObjectSpec(
        category,
        build,
        low,
        high,
        "eating",
        looks(organic=colors),
        places_of(places),
        (shape,),
        is_sliceable=is_sliceable,
        is_washable=is_washable,
        is_heatable=is_heatable,
        is_coolable=True,
        is_finished=False,
    )


FOOD: tuple[ObjectSpec, ...] = (
    _food("apple", _apple, (0.068, 0.068, 0.078), (0.084, 0.084, 0.096), "red green yellow", "round",
          FRUIT),
    _food("pear", _pear, (0.062, 0.062, 0.095), (0.076, 0.076, 0.120), "green yellow beige", "tapered",
          FRUIT),
    _food("orange", _orange, (0.066, 0.066, 0.066), (0.088, 0.088, 0.088), "orange", "round", FRUIT),
    _food("lemon", _lemon, (0.078, 0.050, 0.050), (0.095, 0.062, 0.062), "yellow green", "oval", FRUIT),
    _food("banana", _banana, (0.165, 0.060, 0.038), (0.200, 0.074, 0.046), "yellow green", "curved",
          FRUIT),
    _food("tomato", _tomato, (0.062, 0.062, 0.054), (0.080, 0.080, 0.070), "red orange yellow", "round",
          "kitchen counter 4, kitchen fridge 3, kitchen table 1", is_heatable=True),
    _food("potato", _potato, (0.085, 0.055, 0.052), (0.115, 0.072, 0.068), "beige brown", "irregular",
          "kitchen counter 4, kitchen cabinet 2, kitchen sink 1, storage shelves 2", is_heatable=True),
    _food("carrot", _carrot, (0.190, 0.036, 0.036), (0.250, 0.046, 0.044), "orange", "elongated",
          "kitchen counter 4, kitchen fridge 3, kitchen sink 1"),
    _food("bread", _bread, (0.240, 0.105, 0.090), (0.310, 0.135, 0.115), "brown beige", "oval",
          "kitchen counter 5, dining_room table 2, kitchen table 2", is_heatable=True),
    _food("egg", _egg, (0.041, 0.041, 0.053), (0.046, 0.046, 0.060), "white beige brown", "oval",
          "kitchen fridge 5, kitchen counter 3", is_heatable=True),
    _food("lettuce", _lettuce, (0.145, 0.145, 0.110), (0.185, 0.185, 0.140), "green purple", "round",
          "kitchen fridge 4, kitchen counter 3, kitchen sink 1"),
    _food("cheese", _cheese, (0.110, 0.080, 0.048), (0.150, 0.110, 0.062), "yellow orange beige",
          "triangular", COLD_FOOD, is_washable=False),
    _food("croissant", _croissant, (0.140, 0.080, 0.045), (0.175, 0.100, 0.058), "beige brown", "curved",
          SWEETS, is_washable=False, is_sliceable=False),
    _food("donut", _donut, (0.085, 0.085, 0.034), (0.105, 0.105, 0.042), "pink brown white yellow",
          "ring-shaped", SWEETS, is_washable=False, is_sliceable=False),
    _food("cake", _cake, (0.190, 0.190, 0.095), (0.250, 0.250, 0.125), "brown pink yellow", "cylindrical",
          SWEETS, is_washable=False),
    _food("pizza", _pizza, (0.260, 0.260, 0.026), (0.320, 0.320, 0.030), "red orange yellow", "flat",
          "kitchen counter 3, kitchen stove 1, dining_room table 2, kitchen table 2",
          is_washable=False, is_heatable=True),
    _food("pineapple", _pineapple, (0.110, 0.110, 0.205), (0.140, 0.140, 0.260), "orange gold green",
          "oval", FRUIT),
    _food("watermelon", _watermelon, (0.235, 0.180, 0.180), (0.310, 0.235, 0.235), "green", "oval",
          "kitchen counter 4, kitchen table 2, dining_room table 1, kitchen fridge 1"),
    _food("bell_pepper", _bell_pepper, (0.075, 0.075, 0.085), (0.095, 0.095, 0.110),
          "red yellow green orange", "irregular", "kitchen counter 4, kitchen fridge 3, kitchen table 1"),
    _food("avocado", _avocado, (0.100, 0.063, 0.044), (0.122, 0.077, 0.054), "green black", "tapered",
          FRUIT),
    ObjectSpec("cereal_box", _cereal_box, (0.055, 0.175, 0.255), (0.072, 0.210, 0.310), "eating",
               looks(cardboard="red blue yellow green orange"), places_of(DRY_FOOD), ("rectangular",),
               ("plain", "starry", "dotted"), mass_kg=0.5, is_openable=True),
    ObjectSpec("milk_carton", _milk_carton, (0.066, 0.066, 0.200), (0.078, 0.078, 0.240), "drinking",
               looks(cardboard="blue green red purple"), places_of(COLD_FOOD), ("tall",),
               ("plain", "dotted", "striped"), mass_kg=1.0, is_openable=True, is_coolable=True),
    ObjectSpec("can", _can, (0.064, 0.064, 0.098), (0.076, 0.076, 0.120), "storing food",
               looks(metal="red green blue yellow silver orange"), places_of(DRY_FOOD),
               ("cylindrical",),
               ("plain", "striped"), mass_kg=0.4, is_openable=True, is_coolable=True),
    ObjectSpec("ketchup_bottle", _ketchup, (0.052, 0.070, 0.175), (0.062, 0.084, 0.215), "seasoning",
               looks(plastic="red yellow brown green"), places_of(COLD_FOOD), ("tapered",),
               mass_kg=0.5, is_openable=True, is_coolable=True),
)  # fmt: skip
