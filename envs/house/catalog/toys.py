"""Toys and games."""

from __future__ import annotations

import numpy as np

from ..mesh import Material, Mesh
from .forms import brick, egg, parts, plate_of, ring, rod, scaled, soft_brick, tin, turned_form
from .places import SOFT_TOYS, TOYS, looks, places_of
from .specs import Look, ObjectSpec, Parts

DARK = Material((36, 36, 42))
STEEL = Material((186, 190, 196))
WHITE = Material((240, 238, 232))
GLASS = Material((150, 196, 220))
RED, BLUE = Material((206, 52, 48)), Material((48, 100, 190))
YELLOW, GREEN = Material((244, 206, 60)), Material((64, 150, 76))
WOOD = Material((206, 160, 104))
SKIN = Material((240, 200, 168))


def _teddy_bear(look: Look) -> Parts:
    pale = Material((236, 214, 176))
    body = [
        egg(4.6, 5.2, 6, look.main, segments=10).moved(0, 0, 6),
        egg(4, 4.4, 4, look.main, segments=10).moved(0.3, 0, 14.5),
    ]
    for s in (-1, 1):
        body.append(egg(0.9, 1.6, 1.6, look.main, segments=8).moved(0, s * 3.4, 18))
        body.append(
            egg(1.7, 1.6, 3.8, look.main, segments=8)
            .turned(s * 0.6, axis="x")
            .moved(1.4, s * 5.6, 8)
        )
        body.append(egg(4, 2, 2, look.main, segments=8).turned(s * 0.4).moved(4.4, s * 3.4, 2))
    face = [
        egg(1.7, 2.0, 1.5, pale, segments=8).moved(3.6, 0, 13.6),
        egg(0.7, 0.8, 0.6, DARK, segments=6).moved(5.1, 0, 14.3),
    ]
    face += [egg(0.5, 0.5, 0.5, DARK, segments=6).moved(3.6, s * 1.5, 15.9) for s in (-1, 1)]
    face += [egg(0.5, 1.2, 1.2, pale, segments=8).moved(8, s * 5, 2.2) for s in (-1, 1)]
    bow = [egg(0.8, 1.5, 1.0, look.contrast, segments=6).moved(3.8, s * 1.5, 10.8) for s in (-1, 1)]
    return parts(body, [*face, *bow])


def _ball(look: Look) -> Parts:
    body = egg(10, 10, 10, look.main, segments=18).moved(0, 0, 10)
    return parts(body)


def _toy_car(look: Look) -> Parts:
    low = [(-9, 0), (9.4, 0), (9.4, 2.2), (8, 3.2), (-9, 3.6)]
    base = plate_of(low, 8, look.main).turned(np.pi / 2, axis="x").moved(0, 4, 1.6)
    roof = plate_of([(-6.5, 0), (4.6, 0), (2, 3.2), (-5, 3.2)], 6.4, GLASS)
    roof = roof.turned(np.pi / 2, axis="x").moved(0, 3.2, 5)
    top = brick(6.6, 6.4, 0.5, look.main).moved(-1.5, 0, 8.1)
    wheels = [
        tin(1.9, 1.4, DARK, segments=12).turned(np.pi / 2, axis="x").moved(x, y + 0.7, 1.9)
        for x in (-5.4, 5.4)
        for y in (-4, 4)
    ]
    caps = [
        tin(0.9, 1.6, STEEL, segments=8).turned(np.pi / 2, axis="x").moved(x, y + 0.8, 1.9)
        for x in (-5.4, 5.4)
        for y in (-4, 4)
    ]
    lights = [brick(0.3, 1.4, 0.9, YELLOW).moved(9.4, y, 2.5) for y in (-2.6, 2.6)]
    return parts([base, top], [roof, *wheels, *caps, *lights])


def _toy_train(look: Look) -> Parts:
    base = brick(20, 7, 1.6, look.main).moved(0, 0, 2.4)
    boiler = tin(3, 12, look.main, segments=14).turned(np.pi / 2, axis="y").moved(-2.4, 0, 6.6)
    cab = [
        brick(6, 7, 8, look.contrast).moved(-6.6, 0, 4),
        brick(7.4, 8, 0.8, DARK).moved(-6.6, 0, 12),
    ]
    stack = turned_form([(1.0, 9), (1.1, 11.4), (2.0, 13.6), (0, 13.6)], DARK, segments=10).moved(
        6.6
    )
    dome = egg(1.5, 1.5, 1.5, YELLOW, segments=8).moved(1.6, 0, 9.6)
    wheels = [
        tin(2.1, 1.2, RED, segments=12).turned(np.pi / 2, axis="x").moved(x, y + 0.6, 2.1)
        for x in (-7, 0, 6.4)
        for y in (-3.8, 3.8)
    ]
    window = [brick(2.6, 7.2, 2.6, GLASS).moved(-6.6, 0, 8)]
    lamp = tin(1.2, 0.5, YELLOW, segments=10).turned(np.pi / 2, axis="y").moved(9.5, 0, 6.6)
    return parts([base, boiler], [*cab, stack, dome, *wheels, *window, lamp])


def _building_blocks(look: Look) -> Parts:
    blocks = [
        brick(4, 4, 4, look.main).moved(0, -2.3),
        brick(4, 4, 4, BLUE).turned(0.2).moved(0, 2.3),
        brick(4, 4, 4, YELLOW).turned(-0.3).moved(0.2, 0, 4),
        tin(2, 4, RED, segments=12).moved(4.6, 0.6),
    ]
    roof = (
        plate_of([(-2.6, 0), (2.6, 0), (0, 3)], 4, GREEN)
        .turned(np.pi / 2, axis="x")
        .moved(0.2, 2, 8)
    )
    return parts(blocks[0], [*blocks[1:], roof])


def _doll(look: Look) -> Parts:
    dress = turned_form(
        [(0, 0), (4.6, 0), (3.2, 5), (1.6, 9), (1.9, 12), (1.0, 13), (0, 13)], look.main
    )
    head = egg(2.3, 2.3, 2.6, SKIN, segments=12).moved(0, 0, 15.4)
    hair = [egg(2.6, 2.7, 2.6, Material((120, 72, 36)), segments=10).moved(-0.6, 0, 16)]
    hair += [
        rod(
            [(-0.4, s * 2.3, 16.4), (-0.2, s * 3.6, 14), (0, s * 3.8, 11.6)],
            [0.9, 0.9, 0.4],
            Material((120, 72, 36)),
            segments=6,
        )
        for s in (-1, 1)
    ]
    arms = [
        rod([(0, s * 1.5, 12), (0.6, s * 4, 8.4)], [0.8, 0.6], SKIN, segments=6) for s in (-1, 1)
    ]
    eyes = [egg(0.3, 0.3, 0.4, DARK, segments=6).moved(2.15, s * 0.8, 15.6) for s in (-1, 1)]
    mouth = brick(0.2, 0.9, 0.25, RED).moved(2.15, 0, 14.3)
    feet = [egg(1.1, 0.8, 0.6, DARK, segments=6).moved(1.6, s * 1.4, 0.3) for s in (-1, 1)]
    return parts(dress, [head, *hair, *arms, *eyes, mouth, *feet])


def _toy_airplane(look: Look) -> Parts:
    body = rod(
        [(-11, 0, 4.6), (-9, 0, 4.4), (2, 0, 4), (9, 0, 4), (10.6, 0, 4)],
        [0.5, 1.2, 2, 1.8, 0.8],
        look.main,
        segments=10,
    )
    wing = soft_brick(5, 24, 0.8, look.main, radius=0.4).moved(2, 0, 3.4)
    tail = soft_brick(3, 9, 0.6, look.main, radius=0.4).moved(-9.4, 0, 4.4)
    fin = plate_of([(-11.4, 0), (-7.6, 0), (-10, 4), (-12, 4)], 0.6, look.contrast)
    fin = fin.turned(np.pi / 2, axis="x").moved(0, 0.3, 5)
    blade = [
        brick(0.3, 8, 0.9, DARK).moved(11, 0, 3.6),
        egg(0.8, 0.8, 0.8, RED, segments=8).moved(11.2, 0, 4),
    ]
    cabin = egg(2, 1.2, 1.2, GLASS, segments=8).moved(3.5, 0, 5.8)
    wheels = [
        tin(1.1, 0.7, DARK, segments=8).turned(np.pi / 2, axis="x").moved(4, s * 2.4 + 0.35, 1.1)
        for s in (-1, 1)
    ]
    legs = [rod([(4, s * 2.4, 1), (3.4, s * 1.2, 3)], 0.25, STEEL, segments=4) for s in (-1, 1)]
    return parts([body, wing, tail], [fin, *blade, cabin, *wheels, *legs])


def _puzzle_cube(look: Look) -> Parts:
    faces = (RED, BLUE, YELLOW, GREEN, WHITE, Material((236, 130, 40)))
    rng = np.random.default_rng(look.variant)
    stickers = []
    for side in range(6):
        for i in (-1, 0, 1):
            for j in (-1, 0, 1):
                color = faces[side] if rng.random() < 0.4 else faces[int(rng.integers(6))]
                one = Mesh.of(
                    np.array(
                        [
                            (-0.85, -0.85, 3.02),
                            (0.85, -0.85, 3.02),
                            (0.85, 0.85, 3.02),
                            (-0.85, 0.85, 3.02),
                        ]
                    ),
                    [(0, 1, 2), (0, 2, 3)],
                    color,
                )
                one = one.moved(1.96 * i, 1.96 * j)
                one = (
                    one.turned(side * np.pi / 2, axis="x")
                    if side < 4
                    else one.turned((side - 4.5) * np.pi, axis="y")
                )
                stickers.append(one.moved(0, 0, 3))
    return parts(brick(6, 6, 6, look.main), stickers)


def _spinning_top(look: Look) -> Parts:
    profile = [(0, 0), (0.5, 0.4), (4.8, 4.4), (5.2, 5.2), (4.6, 6), (1, 7.2), (0.6, 7.4)]
    knob = rod([(0, 0, 7), (0, 0, 11), (0, 0, 11.6)], [0.6, 0.6, 1.0], WOOD)
    return parts(
        turned_form(profile, look.main), [ring(5.15, 0.25, look.contrast).moved(0, 0, 5.1), knob]
    )


def _rubber_duck(look: Look) -> Parts:
    body = scaled(egg(5, 4, 3.4, look.main, segments=12), 1).moved(0, 0, 3.2)
    tail = rod([(-3.6, 0, 4), (-6, 0, 6.6)], [1.8, 0.3], look.main)
    head = egg(2.7, 2.6, 2.6, look.main, segments=12).moved(2.6, 0, 8)
    beak = egg(1.6, 1.3, 0.6, Material((236, 110, 30)), segments=8).moved(5.4, 0, 7.6)
    eyes = [egg(0.45, 0.3, 0.5, DARK, segments=6).moved(4.5, s * 1.5, 8.8) for s in (-1, 1)]
    wings = [egg(2.4, 0.7, 1.6, look.main, segments=8).moved(-0.8, s * 3.8, 4) for s in (-1, 1)]
    return parts([body, tail, head, *wings], [beak, *eyes])


def _toy_boat(look: Look) -> Parts:
    outline = [(-8, -3), (3, -3.4), (6.5, -2), (9.6, 0), (6.5, 2), (3, 3.4), (-8, 3)]
    hull = plate_of(outline, 3.4, look.main)
    deck = plate_of([(0.9 * x, 0.85 * y) for x, y in outline], 0.4, WOOD).moved(0, 0, 3.4)
    mast = rod([(0, 0, 3.4), (0, 0, 19)], 0.35, WOOD, segments=6)
    sail = (
        plate_of([(-7, 0), (-0.5, 0), (-0.5, 13)], 0.3, WHITE)
        .turned(np.pi / 2, axis="x")
        .moved(0, 0, 5)
    )
    jib = plate_of([(0.5, 0), (6.4, 0), (0.5, 10)], 0.3, look.contrast)
    return parts(hull, [deck, mast, sail, jib.turned(np.pi / 2, axis="x").moved(0, 0, 5)])


def _stacking_rings(look: Look) -> Parts:
    colors = (look.main, Material((236, 130, 40)), YELLOW, GREEN, BLUE)
    rings = [
        scaled(ring(5.6 - 0.8 * k, 1.5 - 0.12 * k, color, segments=9), z=0.9).moved(
            0, 0, 2.6 + 2.5 * k
        )
        for k, color in enumerate(colors)
    ]
    foot = turned_form([(0, 0), (6, 0), (5.6, 1.2), (1.2, 1.4), (0.9, 14)], WOOD)
    return parts(rings[0], [*rings[1:], foot, egg(1.7, 1.7, 1.7, RED, segments=10).moved(0, 0, 15)])


def _die(look: Look) -> Parts:
    spots = {
        0: [(0, 0)],
        1: [(-1, -1), (1, 1)],
        2: [(-1, -1), (0, 0), (1, 1)],
        3: [(-1, -1), (1, 1), (-1, 1), (1, -1)],
    }
    pips = []
    for side in range(4):
        for i, j in spots[side]:
            pip = tin(0.55, 0.06, look.contrast, segments=6).moved(1.5 * i, 1.5 * j, 3.0)
            pips.append(pip.turned(side * np.pi / 2, axis="x").moved(0, 0, 3))
    for s in (-1, 1):
        for i in (-1, 0, 1):
            pip = tin(0.55, 0.06, look.contrast, segments=6).moved(1.5 * i, 1.5 * s * i, 3.0)
            pips.append(pip.turned(s * np.pi / 2, axis="y").moved(0, 0, 3))
    return parts(soft_brick(6, 6, 6, look.main, radius=0.25), pips)


def _drum(look: Look) -> Parts:
    body = tin(9, 10, look.main, segments=20).moved(0, 0, 0.6)
    skin = tin(8.8, 0.5, Material((244, 236, 214)), segments=20).moved(0, 0, 10.4)
    hoops = [ring(9, 0.6, look.contrast, segments=14).moved(0, 0, z) for z in (0.6, 10.4)]
    sticks = [
        rod([(-9, 3 * s, 11.3), (9, -2 * s, 11.9 + 0.4 * s)], [0.4, 0.5], WOOD, segments=5)
        for s in (-1, 1)
    ]
    ropes = [
        rod(
            [
                (9.1 * np.cos(a), 9.1 * np.sin(a), 1),
                (9.1 * np.cos(a + 0.39), 9.1 * np.sin(a + 0.39), 10),
            ],
            0.2,
            WHITE,
            segments=4,
        )
        for a in np.arange(8) * np.pi / 4
    ]
    return parts(body, [skin, *hoops, *sticks, *ropes])


def _xylophone(look: Look) -> Parts:
    colors = (
        look.main,
        Material((236, 130, 40)),
        YELLOW,
        GREEN,
        Material((60, 180, 180)),
        BLUE,
        Material((130, 70, 160)),
    )
    bars = [
        brick(3, 15 - 1.1 * k, 1, color).moved(-10.5 + 3.5 * k, 0, 2)
        for k, color in enumerate(colors)
    ]
    rails = [brick(26, 1.2, 2, WOOD).turned(s * 0.09).moved(0, s * 4) for s in (-1, 1)]
    mallet = [
        rod([(-6, -9, 1), (8, -9, 1)], 0.4, WOOD, segments=5),
        egg(1.2, 1.2, 1.2, RED, segments=8).moved(8.4, -9, 1.2),
    ]
    return parts(bars[0], [*bars[1:], *rails, *mallet])


def _plush_rabbit(look: Look) -> Parts:
    body = [
        egg(3.6, 4, 5, look.main, segments=10).moved(0, 0, 5),
        egg(3, 3.2, 3, look.main, segments=10).moved(0.4, 0, 12),
    ]
    for s in (-1, 1):
        ear = egg(0.7, 1.2, 4.4, look.main, segments=8).turned(s * -0.18, axis="x")
        body.append(ear.moved(0, s * 1.8, 18))
        body.append(egg(3, 1.5, 1.4, look.main, segments=8).moved(2.6, s * 2.6, 1.4))
        body.append(
            egg(1.2, 1.2, 2.6, look.main, segments=8)
            .turned(s * 0.5, axis="x")
            .moved(1.2, s * 4, 6.6)
        )
    pink = Material((240, 150, 170))
    face = [egg(0.4, 0.5, 0.35, pink, segments=6).moved(3.4, 0, 12)]
    face += [egg(0.4, 0.4, 0.5, DARK, segments=6).moved(2.9, s * 1.2, 13) for s in (-1, 1)]
    face += [
        egg(0.3, 0.7, 3.2, pink, segments=6).turned(s * -0.18, axis="x").moved(0.6, s * 1.8, 18)
        for s in (-1, 1)
    ]
    tail = egg(1.2, 1.2, 1.2, WHITE, segments=8).moved(-3.6, 0, 3)
    return parts(body, [*face, tail])


def _board_game(look: Look) -> Parts:
    box = [brick(28, 28, 3.2, look.main), brick(28.6, 28.6, 2.6, look.main).moved(0, 0, 1.8)]
    squares = [
        brick(2.9, 2.9, 0.1, look.contrast if (i + j) % 2 else WHITE).moved(
            -4 + 3 * i, -4.5 + 3 * j, 4.4
        )
        for i in range(4)
        for j in range(4)
    ]
    title = brick(3, 20, 0.12, look.contrast).moved(-10, 0, 4.4)
    return parts(box, [*squares, title])


_SOFT = "brown beige white pink gray blue"
_BRIGHT = "red blue yellow green orange purple pink turquoise"
_PLAY = "playing"

TOYS_PAGE: tuple[ObjectSpec, ...] = (
    ObjectSpec("teddy_bear", _teddy_bear, (0.185, 0.185, 0.250), (0.240, 0.240, 0.330), "cuddling",
               looks(fabric=_SOFT), places_of(SOFT_TOYS), ("animal-shaped",),
               ("plain", "checked", "dotted"), mass_kg=0.4, is_washable=True),
    ObjectSpec("plush_rabbit", _plush_rabbit, (0.115, 0.125, 0.265), (0.150, 0.165, 0.330), "cuddling",
               looks(fabric="white gray pink beige brown"), places_of(SOFT_TOYS), ("animal-shaped",),
               ("plain", "dotted", "striped", "hearts"), is_washable=True),
    ObjectSpec("ball", _ball, (0.130, 0.130, 0.130), (0.220, 0.220, 0.220), _PLAY,
               looks(rubber=_BRIGHT, leather="brown white"), places_of(TOYS), ("spherical",),
               ("plain", "striped", "starry", "dotted", "checked"), mass_kg=0.3),
    ObjectSpec("toy_car", _toy_car, (0.150, 0.068, 0.070), (0.210, 0.095, 0.098), _PLAY,
               looks(plastic=_BRIGHT, metal="silver red blue black", wood="beige"), places_of(TOYS),
               ("rectangular",), ("plain", "striped", "starry", "logo")),
    ObjectSpec("toy_train", _toy_train, (0.190, 0.082, 0.125), (0.250, 0.108, 0.165), _PLAY,
               looks(wood="red blue green beige", plastic="black purple yellow"), places_of(TOYS),
               ("elongated",)),
    ObjectSpec("building_blocks", _building_blocks, (0.095, 0.110, 0.125), (0.135, 0.155, 0.180),
               "building",
               looks(wood="red green beige orange", plastic="purple pink turquoise"), places_of(TOYS),
               ("cubic",)),
    ObjectSpec("doll", _doll, (0.105, 0.105, 0.190), (0.140, 0.140, 0.260), _PLAY,
               looks(fabric="red pink purple blue yellow white"),
               places_of(TOYS + ", childrens_room stool 1, childrens_room chair 1"), ("irregular",),
               ("plain", "floral", "dotted", "striped", "hearts"), is_washable=True),
    ObjectSpec("toy_airplane", _toy_airplane, (0.180, 0.185, 0.072), (0.245, 0.250, 0.098), _PLAY,
               looks(plastic=_BRIGHT + " white", metal="silver red", wood="beige"), places_of(TOYS),
               ("irregular",), ("plain", "striped")),
    ObjectSpec("puzzle_cube", _puzzle_cube, (0.055, 0.055, 0.055), (0.075, 0.075, 0.075), "puzzling",
               looks(plastic="black white"),
               places_of("childrens_room shelves 2, childrens_room table 2, living_room table 2, "
                         "office table 2"), ("cubic",), ("checked",), has_own_print=True),
    ObjectSpec("spinning_top", _spinning_top, (0.068, 0.068, 0.076), (0.095, 0.095, 0.106), "spinning",
               looks(wood="red blue beige green", metal="gold purple", plastic="pink orange"),
               places_of(TOYS), ("conical",), ("plain", "striped", "dotted")),
    ObjectSpec("rubber_duck", _rubber_duck, (0.088, 0.068, 0.082), (0.130, 0.098, 0.120), "bathing",
               looks(rubber="yellow pink blue green"),
               places_of("bathroom bathtub 5, bathroom sink 3, childrens_room trunk 2"
                         ", bathroom stool 1"),
               ("animal-shaped",), ("plain", "dotted")),
    ObjectSpec("toy_boat", _toy_boat, (0.150, 0.060, 0.165), (0.215, 0.086, 0.235), _PLAY,
               looks(wood="red blue beige", plastic="green yellow orange"),
               places_of("childrens_room shelves 4, bathroom bathtub 2, childrens_room trunk 2, "
                         "living_room shelves 1"), ("irregular",), ("plain", "striped")),
    ObjectSpec("stacking_rings", _stacking_rings, (0.120, 0.120, 0.145), (0.155, 0.155, 0.190),
               "stacking",
               looks(plastic="red purple pink", wood="beige"), places_of(TOYS), ("conical",)),
    ObjectSpec("die", _die, (0.040, 0.040, 0.040), (0.075, 0.075, 0.075), "playing games",
               looks(plastic="white red black green", wood="beige"),
               places_of("living_room table 3, childrens_room table 3, childrens_room shelves 2"),
               ("cubic",), ("dotted",), mass_kg=0.02, has_own_print=True),
    ObjectSpec("drum", _drum, (0.180, 0.180, 0.115), (0.230, 0.230, 0.150), "making music",
               looks(metal="red blue gold", wood="beige green", plastic="orange pink"), places_of(TOYS),
               ("cylindrical",), ("plain", "starry", "striped")),
    ObjectSpec("xylophone", _xylophone, (0.240, 0.170, 0.036), (0.300, 0.215, 0.048), "making music",
               looks(metal="red pink", wood="orange purple"), places_of(TOYS), ("flat",),
               ("striped",), has_own_print=True),
    ObjectSpec("board_game", _board_game, (0.220, 0.220, 0.040), (0.255, 0.255, 0.052),
               "playing games",
               looks(cardboard="red blue green yellow purple"),
               places_of("living_room shelves 4, childrens_room shelves 3, living_room table 1, "
                         "living_room cabinet 2"), ("square",), ("checked",), mass_kg=1.0,
               is_openable=True,
               has_own_print=True),
)  # fmt: skip
