"""Ornaments: what stands about because it is pretty."""

from __future__ import annotations

import numpy as np

from ..mesh import Material, Mesh, Pattern
from .forms import brick, egg, parts, plate_of, ring, rod, scaled, tin, turned_form
from .palette import shaded
from .places import ORNAMENTS, looks, places_of
from .specs import Look, ObjectSpec, Parts

LEAF = Material((68, 136, 66))
SOIL = Material((84, 60, 44))
FLAME = Material((255, 214, 110), Pattern.GLOWING)
GOLD = Material((206, 162, 62))
DARK = Material((40, 38, 40))
WHITE = Material((240, 238, 232))
SAND = Material((226, 196, 130))
GLASS = Material((196, 220, 228))


def _vase(look: Look) -> Parts:
    if look.shape == "round":
        profile = [
            (0, 0),
            (4, 0),
            (7.6, 4),
            (8.4, 9),
            (6.4, 14),
            (2.8, 17),
            (3.6, 20),
            (3.2, 20),
            (2.2, 17),
            (0, 8),
        ]
    elif look.shape == "square":
        profile = [(0, 0), (6, 0), (6.6, 22), (6, 22), (5.4, 4), (0, 3)]
    else:
        profile = [
            (0, 0),
            (4, 0),
            (4.6, 6),
            (5.6, 14),
            (4.2, 22),
            (3, 27),
            (4.4, 30),
            (4, 30),
            (2.4, 27),
            (0, 9),
        ]
    segments = 4 if look.shape == "square" else 18
    body = turned_form(profile, look.main, segments=segments)
    return parts(body.turned(np.pi / 4) if segments == 4 else body)


def _flower_vase(look: Look) -> Parts:
    body = turned_form(
        [(0, 0), (3.6, 0), (5, 5), (4.6, 10), (3, 13), (3.8, 15), (3.4, 15), (0, 8)], look.main
    )
    colors = ((220, 50, 70), (244, 200, 60), (240, 150, 180), (240, 240, 236), (150, 90, 190))
    flowers = []
    for k, color in enumerate(colors):
        angle, reach = 2.4 * k, 3.2 + 1.1 * (k % 3)
        x, y, z = reach * np.cos(angle), reach * np.sin(angle), 25 + 1.7 * (k % 4)
        flowers.append(
            rod([(0.3 * x, 0.3 * y, 12), (0.7 * x, 0.7 * y, 19), (x, y, z)], 0.3, LEAF, segments=4)
        )
        flowers.append(egg(2.6, 2.6, 1.4, Material(color), segments=8).moved(x, y, z))
        flowers.append(egg(0.9, 0.9, 0.8, SAND, segments=6).moved(x, y, z + 1.1))
    return parts(body, flowers)


def _candle(look: Look) -> Parts:
    wax = turned_form([(0, 0), (3.6, 0), (3.6, 9.4), (3.2, 10), (2.6, 9.2), (0, 9)], look.main)
    wick = rod([(0, 0, 9), (0.2, 0, 10.6)], 0.16, DARK, segments=5)
    flame = turned_form([(0, 10.4), (0.7, 11.2), (0.5, 12.4), (0, 13.8)], FLAME, segments=8)
    plate = turned_form([(0, -0.5), (5.4, -0.5), (5.8, 0.3), (5.2, 0.1), (0, 0.1)], GOLD)
    return parts(wax, [wick, flame, plate])


def _candlestick(look: Look) -> Parts:
    foot = [
        (0, 0),
        (5.4, 0),
        (5, 0.8),
        (1.6, 1.8),
        (1.0, 4),
        (1.7, 5.4),
        (0.9, 7),
        (0.9, 14),
        (1.8, 15.4),
        (2.6, 17),
        (0, 17),
    ]
    candle = tin(1.15, 9, Material((244, 238, 220)), segments=10).moved(0, 0, 16.8)
    flame = turned_form([(0, 26), (0.6, 26.8), (0.4, 27.8), (0, 29)], FLAME, segments=8)
    return parts(turned_form(foot, look.main), [candle, flame])


def _picture_frame(look: Look) -> Parts:
    bars = [brick(1.4, 2, 22, look.main).moved(0, s * 8) for s in (-1, 1)]
    bars += [brick(1.4, 18, 2, look.main), brick(1.4, 18, 2, look.main).moved(0, 0, 20)]
    sky = brick(0.5, 14.4, 18.4, Material((166, 204, 228))).moved(-0.2, 0, 1.8)
    hill = brick(0.3, 14.2, 6, Material((96, 150, 86))).moved(0.1, 0, 2)
    person = [
        egg(0.3, 2.0, 2.3, Material((236, 196, 164)), segments=10).moved(0.3, 0, 13),
        scaled(egg(0.3, 3.6, 4.6, look.contrast, segments=10), 1).moved(0.25, 0, 6.6),
    ]
    leaning = [m.turned(-0.2, axis="y") for m in (*bars, sky, hill, *person)]
    prop = brick(0.5, 3, 14, DARK).turned(0.42, axis="y").moved(-9, 0, 0)
    return parts(leaning[:4], [*leaning[4:], prop])


def _statue(look: Look) -> Parts:
    base = brick(9, 9, 2.4, DARK)
    body = [
        turned_form(
            [(2.6, 2.4), (3.0, 4), (2.2, 10), (2.8, 15), (3.2, 17), (1.0, 18.4), (0, 18.4)],
            look.main,
            segments=12,
        ),
        egg(2.1, 1.9, 2.5, look.main, segments=10).moved(0, 0, 20.4),
        rod([(0, 3, 16.6), (1.2, 5.4, 20), (1.4, 4.2, 25)], [1.0, 0.9, 0.7], look.main, segments=6),
        rod(
            [(0, -3, 16.6), (1.8, -4, 13), (2.6, -2.6, 10)], [1.0, 0.9, 0.7], look.main, segments=6
        ),
    ]
    return parts(body, [base])


def _potted_plant(look: Look) -> Parts:
    pot = turned_form(
        [(0, 0), (4.6, 0), (6, 8), (6.6, 8), (6.6, 10), (5.6, 10), (5.4, 8.6), (0, 8.6)], look.main
    )
    soil = turned_form([(5.5, 9), (0, 9.2)], SOIL)
    if look.shape == "round":
        cactus = egg(4.6, 4.6, 6.4, LEAF, segments=10).moved(0, 0, 14)
        spikes = [
            brick(0.9, 0.2, 0.2, WHITE).moved(4.6, 0, 14 + z).turned(0.9 * k + z)
            for z in (-2.5, 0, 2.5)
            for k in range(7)
        ]
        return parts(
            pot,
            [
                soil,
                cactus,
                *spikes,
                egg(1.5, 1.5, 0.9, Material((236, 90, 140)), segments=8).moved(0, 0, 20.4),
            ],
        )
    leaves = []
    for k in range(9):
        lean = 0.25 + 0.09 * k
        path = [
            (0, 0, 9),
            (4 * np.sin(lean), 0, 9 + 5),
            (9 * np.sin(lean), 0, 9 + 13 * np.cos(lean)),
        ]
        shade = Material(shaded(LEAF.color, 0.8 + 0.06 * (k % 5)))
        blade = scaled(rod(path, [0.3, 1.5, 0.1], shade, segments=5), 1, 1, 1)
        leaves.append(blade.turned(2.4 * k))
    return parts(pot, [soil, *leaves])


def _hourglass(look: Look) -> Parts:
    caps = [
        tin(4.4, 1.4, look.main, segments=14),
        tin(4.4, 1.4, look.main, segments=14).moved(0, 0, 16.6),
    ]
    bulbs = turned_form(
        [(3.3, 1.4), (3.4, 4), (2, 7.4), (0.5, 9), (2, 10.6), (3.4, 14), (3.3, 16.6)],
        GLASS,
        segments=12,
    )
    sand = turned_form([(3.42, 1.6), (3.44, 3.6), (0, 5.6)], SAND, segments=12)
    rest = turned_form([(0.6, 9.1), (2.06, 10.6), (2.9, 12.4), (0, 12.2)], SAND, segments=12)
    posts = [
        rod([(4, 0, 1), (4, 0, 17)], 0.45, look.main, segments=6).turned(a)
        for a in np.arange(3) * 2.094
    ]
    return parts([*caps, *posts], [bulbs, sand, rest])


def _jewelry_box(look: Look) -> Parts:
    base = brick(11, 16, 5, look.main)
    lid = plate_of([(-5.8, 0), (5.8, 0), (3.6, 3.4), (-3.6, 3.4)], 17, look.main)
    lid = lid.turned(np.pi / 2, axis="x").moved(0, 8.5, 5.2)
    trims = [
        brick(11.4, 16.4, 0.6, GOLD).moved(0, 0, 4.8),
        brick(0.8, 2.4, 2.4, GOLD).moved(5.6, 0, 3.4),
    ]
    feet = [
        egg(0.9, 0.9, 0.7, GOLD, segments=6).moved(x, y, -0.2) for x in (-4.8, 4.8) for y in (-7, 7)
    ]
    gem = egg(1.3, 1.3, 0.9, look.contrast, segments=8).moved(0, 0, 8.7)
    return parts([base, lid], [*trims, *feet, gem])


def _snow_globe(look: Look) -> Parts:
    foot = turned_form([(0, 0), (5.4, 0), (5, 1), (4.4, 3.4), (0, 3.4)], look.main)
    ball = turned_form(
        [(4.2, 3.4), (5.2, 6), (5.2, 8.4), (3.8, 11.4), (1.8, 12.8), (0, 13)],
        Material((176, 208, 226)),
        segments=14,
    )
    snow = [
        egg(0.45, 0.45, 0.45, WHITE, segments=4).moved(
            5.1 * np.cos(a) * c, 5.1 * np.sin(a) * c, 7.6 + 5.2 * s
        )
        for a, c, s in [
            (2.4 * k, np.sqrt(1 - h * h), h) for k, h in enumerate(np.linspace(-0.5, 0.9, 12))
        ]
    ]
    tree = [
        turned_form([(2.4 - 0.6 * k, 3.6 + 2 * k), (0, 6.8 + 2 * k)], LEAF, segments=8).moved(
            3.0, 0, 0
        )
        for k in range(3)
    ]
    flat_tree = [scaled(m, 1.0, 1.0, 1.0) for m in tree]
    return parts(foot, [ball, *snow, *flat_tree])


def _trophy(look: Look) -> Parts:
    base = [brick(7, 7, 4, Material((70, 46, 30))), brick(0.3, 4.6, 1.8, GOLD).moved(3.5, 0, 1)]
    cup = turned_form(
        [
            (0, 4),
            (2.6, 4),
            (0.9, 6),
            (0.8, 9),
            (3.6, 12),
            (5.2, 17),
            (5.6, 21),
            (5, 21),
            (3, 12.6),
            (0, 11.6),
        ],
        look.main,
        segments=18,
    )
    loop = [(0, 5.2, 19), (0, 8.4, 18.6), (0, 8.2, 15), (0, 4.0, 13)]
    grips = [
        rod(loop, 0.5, look.main, segments=6),
        rod([(x, -y, z) for x, y, z in loop], 0.5, look.main, segments=6),
    ]
    return parts([cup, *grips], base)


def _piggy_bank(look: Look) -> Parts:
    body = [
        egg(6.4, 4.8, 4.6, look.main, segments=12).moved(0, 0, 6),
        rod([(5, 0, 6.4), (7.6, 0, 6.4)], [2.4, 1.9], look.main, segments=10),
    ]
    body += [
        rod([(x, y, 3), (x, y, 0)], [1.3, 1.2], look.main, segments=7)
        for x in (-3.2, 3)
        for y in (-2.4, 2.4)
    ]
    body += [
        rod([(3.6, s * 2.6, 9), (4.2, s * 3.2, 11.6)], [1.4, 0.2], look.main, segments=5)
        for s in (-1, 1)
    ]
    curl = [(-6.2 - 0.35 * k, 0.9 * np.cos(1.3 * k), 6.6 + 0.9 * np.sin(1.3 * k)) for k in range(6)]
    dark = Material(shaded(look.main.color, 0.6))
    marks = [egg(0.2, 0.5, 0.6, dark, segments=6).moved(7.65, s * 0.8, 6.4) for s in (-1, 1)]
    marks += [egg(0.4, 0.4, 0.5, DARK, segments=6).moved(5.4, s * 2.5, 8.2) for s in (-1, 1)]
    slot = brick(3, 0.5, 0.3, DARK).moved(-0.4, 0, 10.42)
    return parts([*body, rod(curl, 0.4, look.main, segments=5)], [*marks, slot])


def _bell(look: Look) -> Parts:
    cup = turned_form([(5, 0), (4.2, 1.4), (3.2, 6), (2.2, 8.4), (0, 9)], look.main)
    grip = rod(
        [(0, 0, 8.8), (0, 0, 11), (0, 0, 14), (0, 0, 15.6)],
        [0.6, 0.8, 1.3, 0.6],
        Material((122, 82, 54)),
    )
    band = turned_form([(4.55, 1.2), (4.25, 2.2)], look.contrast)
    return parts(cup, [grip, band, egg(1.1, 1.1, 1.1, DARK, segments=8).moved(0, 0, 0.9)])


def _lantern(look: Look) -> Parts:
    floor = brick(10, 10, 1.2, look.main)
    posts = [
        brick(0.9, 0.9, 14, look.main).moved(x, y, 1) for x in (-4.4, 4.4) for y in (-4.4, 4.4)
    ]
    roof = turned_form([(7.4, 15), (2, 19), (0, 19)], look.main, segments=4).turned(np.pi / 4)
    candle = tin(2, 6, WHITE, segments=10).moved(0, 0, 1.2)
    flame = turned_form([(0, 7.4), (0.9, 8.6), (0.5, 10), (0, 11.4)], FLAME, segments=8)
    loop = ring(2, 0.35, look.main, segments=12).turned(np.pi / 2, axis="x").moved(0, 0, 20.4)
    return parts([floor, *posts, roof], [candle, flame, loop])


def _pillow(look: Look) -> Parts:
    side = np.linspace(-1, 1, 9)
    u, v = np.meshgrid(side, side, indexing="ij")
    bulge = 6.5 * ((1 - u**4) * (1 - v**4)) ** 0.6
    pinch = 1.0 - 0.09 * (1 - np.abs(u * v))
    grids = [np.stack([20 * u * pinch, 20 * v * pinch, s * bulge], axis=-1) for s in (1, -1)]
    corners = [
        (i * 9 + j, (i + 1) * 9 + j, (i + 1) * 9 + j + 1, i * 9 + j + 1)
        for i in range(8)
        for j in range(8)
    ]
    up = [t for a, b, c, d in corners for t in ((a, b, c), (a, c, d))]
    halves = [
        Mesh.of(grids[0].reshape(-1, 3), up, look.main),
        Mesh.of(grids[1].reshape(-1, 3), [(a, c, b) for a, b, c in up], look.main),
    ]
    edge = [
        (20 * x * (1 - 0.09 * (1 - abs(x * y))), 20 * y * (1 - 0.09 * (1 - abs(x * y))), 0.0)
        for x, y in [(-1, t) for t in side[:-1]]
        + [(t, 1) for t in side[:-1]]
        + [(1, -t) for t in side[:-1]]
        + [(-t, -1) for t in side]
    ]
    return parts(halves, [rod(edge, 0.5, look.contrast, segments=5)])


def _seashell(look: Look) -> Parts:
    """A scallop: ribs that fan out from a hinge, every second one darker."""
    ribs = []
    for k, a in enumerate(np.linspace(-1.2, 1.2, 9)):
        shade = look.main if k % 2 == 0 else Material(shaded(look.main.color, 0.72))
        reach = 11 - 1.3 * a * a
        path = [
            (
                t * reach * np.cos(a),
                t * reach * np.sin(a),
                0.3 + 3.4 * np.sin(np.pi * t**0.8) * np.cos(0.9 * a),
            )
            for t in (0.06, 0.35, 0.7, 1.0)
        ]
        ribs.append(rod(path, [0.5, 0.9, 1.5, 1.5], shade, segments=6))
    return parts([*ribs, brick(2.0, 4.6, 0.9, look.main).moved(0.4)])


_PRINTS = ("plain", "striped", "floral", "dotted", "bordered")

ORNAMENTS_PAGE: tuple[ObjectSpec, ...] = (
    ObjectSpec("vase", _vase, (0.120, 0.120, 0.190), (0.170, 0.170, 0.270), "decorating",
               looks(ceramic="white blue red green black turquoise", glass="green purple orange blue"),
               places_of(ORNAMENTS), ("round", "tall", "square"), _PRINTS,
               {"tall": (0.8, 0.8, 1.25), "square": (0.9, 0.9, 1.1)}, 0.9),
    ObjectSpec("flower_vase", _flower_vase, (0.150, 0.150, 0.290), (0.190, 0.190, 0.360), "decorating",
               looks(ceramic="white blue green yellow", glass="turquoise pink"),
               places_of("dining_room table 4, living_room table 3, living_room cabinet 2, "
                         "hall stand 1, "
                         "kitchen table 1"), ("tall",), ("plain", "striped", "dotted"), mass_kg=1.0),
    ObjectSpec("candle", _candle, (0.100, 0.100, 0.125), (0.130, 0.130, 0.165), "lighting",
               looks(wax="white red green blue orange pink purple"),
               places_of("living_room table 3, dining_room table 3, living_room shelves 1, "
                         "bathroom bathtub 1, "
                         "bedroom chest_of_drawers 1"
                         ", bathroom stool 1, bathroom toilet 1"), ("cylindrical",), ("plain", "striped",
               "starry"),
               is_toggleable=True),
    ObjectSpec("candlestick", _candlestick, (0.095, 0.095, 0.260), (0.115, 0.115, 0.320), "lighting",
               looks(metal="silver gold black", wood="brown", ceramic="white blue"),
               places_of("dining_room table 4, dining_room cabinet 2, living_room cabinet 2, "
                         "living_room shelves 1"),
               ("tall",), is_toggleable=True),
    ObjectSpec("picture_frame", _picture_frame, (0.110, 0.145, 0.175), (0.140, 0.190, 0.230),
               "remembering",
               looks(wood="brown black white beige", metal="silver gold"), places_of(ORNAMENTS),
               ("rectangular",), ("plain", "striped")),
    ObjectSpec("statue", _statue, (0.095, 0.110, 0.240), (0.120, 0.145, 0.320), "decorating",
               looks(stone="white gray beige black", metal="gold", ceramic="turquoise"),
               places_of(ORNAMENTS), ("irregular",), mass_kg=1.5),
    ObjectSpec("potted_plant", _potted_plant, (0.150, 0.150, 0.180), (0.200, 0.200, 0.250),
               "decorating",
               looks(ceramic="orange white blue black yellow", plastic="brown gray pink"),
               places_of("living_room cabinet 3, living_room shelves 2, office table 1, "
                         "kitchen counter 1, "
                         "bedroom chest_of_drawers 1, hall stand 1"
                         ", living_room stool 1, bathroom toilet 0.5"
                         ", office filing_cabinet 0.5"), ("irregular", "round"), _PRINTS,
               {"round": (0.75, 0.75, 1.0)}, 1.0),
    ObjectSpec("hourglass", _hourglass, (0.082, 0.082, 0.160), (0.100, 0.100, 0.200), "measuring time",
               looks(wood="brown beige black", metal="gold silver"),
               places_of("living_room shelves 3, office table 2, office shelves 2"), ("cylindrical",)),
    ObjectSpec("jewelry_box", _jewelry_box, (0.115, 0.165, 0.098), (0.145, 0.210, 0.125),
               "storing jewelry",
               looks(wood="brown red beige", leather="pink black navy"),
               places_of("bedroom chest_of_drawers 5, bedroom stand 2, bathroom cabinet 1"),
               ("rectangular",), ("plain", "floral", "striped"), mass_kg=0.6, is_openable=True),
    ObjectSpec("snow_globe", _snow_globe, (0.098, 0.098, 0.120), (0.118, 0.118, 0.145), "decorating",
               looks(wood="brown red", ceramic="blue green white"), places_of(ORNAMENTS),
               ("spherical",)),
    ObjectSpec("trophy", _trophy, (0.080, 0.180, 0.230), (0.100, 0.220, 0.290), "honouring",
               looks(metal="gold silver"),
               places_of("living_room shelves 3, office shelves 3, childrens_room shelves 2, "
                         "living_room cabinet 1"),
               ("irregular",), mass_kg=0.8),
    ObjectSpec("piggy_bank", _piggy_bank, (0.155, 0.098, 0.120), (0.190, 0.120, 0.148), "saving money",
               looks(ceramic="pink white blue yellow", plastic="green orange"),
               places_of("childrens_room shelves 4, bedroom chest_of_drawers 1, office shelves 1, "
                         "childrens_room chest_of_drawers 2"), ("animal-shaped",),
               ("plain", "dotted", "floral", "hearts", "starry")),
    ObjectSpec("bell", _bell, (0.075, 0.075, 0.120), (0.095, 0.095, 0.155), "calling",
               looks(metal="gold silver", ceramic="white blue"),
               places_of("hall stand 3, living_room shelves 2, dining_room cabinet 1"), ("conical",)),
    ObjectSpec("lantern", _lantern, (0.130, 0.130, 0.260), (0.165, 0.165, 0.330), "lighting",
               looks(metal="black silver gold red", wood="white beige"),
               places_of("hall bench 2, living_room cabinet 2, hall stand 1, storage shelves 1"),
               ("square",), is_toggleable=True),
    ObjectSpec("pillow", _pillow, (0.340, 0.340, 0.115), (0.395, 0.395, 0.140), "resting the head",
               looks(fabric="red blue green yellow white pink gray purple orange"),
               places_of("living_room couch 6, bedroom bed 4, childrens_room bed 1"
                         ""),
               ("square",), ("plain", "striped", "dotted", "checked", "floral", "starry", "hearts"),
               mass_kg=0.4, is_washable=True),
    ObjectSpec("seashell", _seashell, (0.080, 0.090, 0.028), (0.110, 0.124, 0.038), "decorating",
               looks(stone="white pink beige orange"),
               places_of("bathroom sink 2, bathroom cabinet 1, living_room shelves 3, "
                         "bathroom bathtub 1"
                         ", bathroom toilet 1"),
               ("fan-shaped",), ("striped",), has_own_print=True),
)  # fmt: skip
