"""Tableware: what one eats from, drinks from and serves in."""

from __future__ import annotations

import numpy as np

from ..mesh import Material
from .forms import (
    bow,
    brick,
    egg,
    parts,
    plate_of,
    rod,
    scaled,
    soft_brick,
    tin,
    turned_form,
)
from .places import DISHES, DRINKS, DRY_FOOD, looks, places_of
from .specs import Look, ObjectSpec, Parts

STEEL = Material((186, 190, 196))
DARK = Material((40, 40, 44))
WOOD = Material((164, 116, 70))
COFFEE = Material((74, 46, 28))


def _cup_wall(radius: float, height: float, shape: str) -> list[tuple[float, float]]:
    """Outer and inner profile of a cup: straight, widening or bellied."""
    if shape == "tapered":
        outer = [(0.66, 0.0), (0.74, 0.25), (0.83, 0.5), (0.92, 0.75), (1.0, 1.0)]
    elif shape == "round":
        outer = [(0.55, 0.0), (0.92, 0.22), (1.05, 0.5), (1.0, 0.78), (0.86, 1.0)]
    else:
        outer = [(0.96, 0.0), (1.0, 0.05), (1.0, 0.35), (1.0, 0.68), (1.0, 1.0)]
    wall = [(r * radius, z * height) for r, z in outer]
    inner = [(0.86 * r * radius, max(0.1, z) * height) for r, z in reversed(outer)]
    return [(0.0, 0.0), *wall, *inner[:-1], (0.0, 0.12 * height)]


def _mug(look: Look) -> Parts:
    wall = turned_form(_cup_wall(4.0, 9.0, look.shape), look.main, segments=20)
    grip = bow(2.7, 0.55, look.main).moved(3.6, 0, 4.6)
    return parts([wall, grip], [turned_form([(3.3, 7.2), (0, 7.2)], COFFEE)])


def _cup(look: Look) -> Parts:
    wall = turned_form(_cup_wall(4.4, 6.0, look.shape), look.main, segments=20)
    saucer = turned_form([(0, 0), (4, 0), (7, 1.1), (6.8, 1.3), (4, 0.5), (0, 0.5)], look.main)
    grip = bow(1.7, 0.4, look.main).moved(4.1, 0, 3.6)
    return parts(
        [wall.moved(0, 0, 0.5), grip, saucer], [turned_form([(3.2, 5.4), (0, 5.4)], COFFEE)]
    )


def _drinking_glass(look: Look) -> Parts:
    profile = _cup_wall(3.6, 12.0, look.shape)
    r, z = np.array(profile[1:6]).T
    level = [(1.012 * float(np.interp(h, z, r)), h) for h in (1.2, 4.2, 6.6)]
    water = turned_form(level, Material((150, 198, 220)), segments=20)
    return parts(turned_form(profile, look.main, segments=20), [water])


def _wine_glass(look: Look) -> Parts:
    foot = [(0, 0), (3.4, 0), (3.3, 0.3), (0.5, 0.8), (0.45, 8)]
    bowl = [
        (2.4, 9.4),
        (3.9, 12),
        (4.0, 14),
        (3.2, 18),
        (3.0, 18),
        (3.7, 13.5),
        (2.2, 10),
        (0, 8.6),
    ]
    wine = [(0, 9.5), (3.5, 12.2), (0, 12.3)]
    return parts(
        turned_form([*foot, *bowl], look.main), [turned_form(wine, Material((120, 24, 44)))]
    )


def _plate(look: Look) -> Parts:
    if look.shape == "square":
        rim = turned_form(
            [(0, 0), (9, 0), (14, 1.6), (13.5, 1.9), (9, 0.7), (0, 0.7)], look.main, segments=4
        ).turned(np.pi / 4)
        return parts(rim)
    profile = [(0, 0), (8, 0), (12.6, 1.7), (12.4, 2.0), (8.4, 0.7), (4, 0.6), (0, 0.6)]
    return parts(turned_form(profile, look.main, segments=24))


def _bowl(look: Look) -> Parts:
    profile = [
        (0, 0),
        (3.6, 0),
        (3.8, 0.7),
        (6.4, 2.6),
        (7.8, 6),
        (7.5, 6),
        (6, 3),
        (3, 1.2),
        (0, 1),
    ]
    if look.shape == "square":
        return parts(turned_form(profile, look.main, segments=4).turned(np.pi / 4))
    return parts(turned_form(profile, look.main, segments=20))


def _teapot(look: Look) -> Parts:
    profile = [
        (0, 0),
        (4.6, 0),
        (7.6, 3.6),
        (8.0, 6.2),
        (6.4, 9.8),
        (3.6, 11),
        (3.4, 11.5),
        (0, 12.4),
    ]
    spout = rod(
        [(6.5, 0, 4), (10.5, 0, 6), (12, 0, 9.5), (14, 0, 11)], [1.8, 1.3, 1.0, 0.8], look.main
    )
    grip = scaled(bow(3.4, 0.7, look.main).turned(np.pi), 1.0).moved(-7.2, 0, 6.6)
    knob = egg(1.2, 1.2, 1.1, look.contrast, segments=8).moved(0, 0, 13.0)
    return parts([turned_form(profile, look.main, segments=20), spout, grip], [knob])


def _jug(look: Look) -> Parts:
    profile = [
        (0, 0),
        (5.4, 0),
        (6.8, 4),
        (6.6, 9),
        (4.6, 15),
        (5.4, 20),
        (5.0, 20),
        (4.2, 15),
        (0, 3),
    ]
    lip = rod([(4.4, 0, 17), (7.4, 0, 20)], [1.6, 1.0], look.main, segments=6)
    grip = scaled(bow(4.6, 0.8, look.main).turned(np.pi), 1.0, 1.0, 1.15).moved(-5.4, 0, 12)
    return parts([turned_form(profile, look.main, segments=20), lip, grip])


def _bottle(look: Look) -> Parts:
    if look.shape == "square":
        body = [
            soft_brick(7, 7, 18, look.main),
            turned_form([(3, 18), (1.3, 21), (1.2, 27)], look.main),
        ]
    else:
        body = [
            turned_form(
                [(0, 0), (3.7, 0), (3.9, 1), (3.9, 17), (3.2, 20), (1.4, 23), (1.3, 28)], look.main
            )
        ]
    top = 27.0 if look.shape == "square" else 28.0
    return parts(
        body,
        [
            tin(1.6, 2.2, look.contrast, segments=10).moved(0, 0, top - 0.4),
            turned_form([(3.98, 6), (3.98, 13)], Material((240, 232, 212))),
        ],
    )


def _fork(look: Look) -> Parts:
    stem = rod([(-10, 0, 0.5), (-2, 0, 1.1), (5, 0, 0.7)], [0.9, 0.45, 0.6], look.main, segments=6)
    head = plate_of([(4.5, -1.0), (8, -1.3), (8, 1.3), (4.5, 1.0)], 0.3, look.main).moved(0, 0, 0.5)
    tines = [brick(4.4, 0.32, 0.3, look.main).moved(10, y, 0.5) for y in (-1.14, -0.38, 0.38, 1.14)]
    return parts([scaled(stem, 1, 1, 0.7), head, *tines])


def _spoon(look: Look) -> Parts:
    stem = rod([(-10, 0, 0.6), (-2, 0, 1.2), (5, 0, 0.6)], [0.9, 0.45, 0.6], look.main, segments=6)
    scoop = [(0, 0), (0.6, 0.15), (1.0, 0.6), (0.93, 0.65), (0.5, 0.25), (0, 0.12)]
    bowl = scaled(turned_form(scoop, look.main, segments=14), 3.2, 2.1, 1.8)
    return parts([scaled(stem, 1, 1, 0.8), bowl.moved(7.4)])


def _tray(look: Look) -> Parts:
    base = soft_brick(40, 28, 1.2, look.main)
    rims = [brick(1.4, 28, 3.6, look.main).moved(s * 19.4) for s in (-1, 1)]
    rims += [brick(40, 1.4, 3.6, look.main).moved(0, s * 13.4) for s in (-1, 1)]
    grips = [
        rod(
            [(s * 20, -5, 3.4), (s * 21, -4, 6), (s * 21, 4, 6), (s * 20, 5, 3.4)],
            0.7,
            DARK,
            segments=6,
        )
        for s in (-1, 1)
    ]
    return parts([base, *rims], grips)


def _jar(look: Look) -> Parts:
    body = turned_form([(0, 0), (4.4, 0), (4.6, 0.8), (4.6, 8.6), (3.9, 10)], look.main)
    lid = turned_form([(4.2, 9.8), (4.2, 12), (0, 12)], look.contrast)
    label = turned_form([(4.68, 2.4), (4.68, 6.4)], Material((240, 232, 212)))
    return parts(body, [lid, label])


def _thermos(look: Look) -> Parts:
    body = turned_form([(0, 0), (4.0, 0), (4.0, 20), (3.4, 22)], look.main)
    cup = turned_form([(3.5, 21.6), (3.7, 22), (3.4, 28), (0, 28)], STEEL)
    grip = scaled(bow(4.2, 0.6, DARK), 0.75, 1, 1.3).moved(3.6, 0, 12)
    return parts(body, [cup, turned_form([(4.1, 1), (4.1, 2)], STEEL), grip])


_CERAMICS = "white red blue green yellow turquoise black orange"
_CUP_PRINTS = ("plain", "striped", "dotted", "checked", "floral", "logo", "hearts", "starry")
_TABLE_PRINTS = ("plain", "striped", "dotted", "floral", "checked", "bordered")


TABLEWARE: tuple[ObjectSpec, ...] = (
    ObjectSpec("mug", _mug, (0.108, 0.078, 0.088), (0.135, 0.096, 0.110), "drinking",
               looks(ceramic=_CERAMICS, metal="silver red navy", plastic="green pink orange"),
               places_of(DRINKS + ", kitchen microwave 0.5"), ("cylindrical", "tapered", "round"),
               _CUP_PRINTS,
               mass_kg=0.35, is_washable=True, is_heatable=True),
    ObjectSpec("cup", _cup, (0.135, 0.135, 0.066), (0.150, 0.150, 0.080), "drinking",
               looks(ceramic="white blue pink green beige"), places_of(DRINKS),
               ("round", "tapered"), ("plain", "floral", "bordered", "dotted", "striped"),
               is_washable=True, is_heatable=True),
    ObjectSpec("drinking_glass", _drinking_glass, (0.070, 0.070, 0.110), (0.085, 0.085, 0.150),
               "drinking", looks(glass="white turquoise green purple", plastic="orange blue red"),
               places_of(DRINKS), ("cylindrical", "tapered"), ("plain", "striped", "dotted",
               "bordered"),
               is_washable=True, is_coolable=True),
    ObjectSpec("wine_glass", _wine_glass, (0.072, 0.072, 0.175), (0.088, 0.088, 0.220), "drinking",
               looks(glass="white turquoise pink green"),
               places_of("dining_room table 3, dining_room cabinet 3, kitchen cabinet 2, "
                         "kitchen counter 1"),
               ("tall",), is_washable=True),
    ObjectSpec("plate", _plate, (0.200, 0.200, 0.018), (0.270, 0.270, 0.028), "serving food",
               looks(ceramic=_CERAMICS, plastic="pink green orange", wood="brown"), places_of(DISHES),
               ("round", "square"), _TABLE_PRINTS, mass_kg=0.5, is_washable=True, is_heatable=True),
    ObjectSpec("bowl", _bowl, (0.130, 0.130, 0.058), (0.210, 0.210, 0.090), "serving food",
               looks(ceramic=_CERAMICS, metal="silver", wood="brown beige"),
               places_of(DISHES + ", kitchen microwave 1, kitchen dishwasher 1"),
               ("round", "square"), _TABLE_PRINTS, mass_kg=0.4, is_washable=True, is_heatable=True),
    ObjectSpec("teapot", _teapot, (0.225, 0.145, 0.130), (0.265, 0.175, 0.165), "making tea",
               looks(ceramic="white blue green red beige", metal="black silver"),
               places_of("kitchen counter 3, dining_room table 2, kitchen cabinet 2, "
                         "dining_room serving_cart 1, living_room table 1"), ("round",),
               ("plain", "floral", "dotted", "striped"), mass_kg=0.9, is_washable=True),
    ObjectSpec("jug", _jug, (0.165, 0.120, 0.185), (0.200, 0.140, 0.240), "pouring",
               looks(ceramic="white blue yellow green", glass="white turquoise", metal="silver"),
               places_of(DISHES), ("tall",), ("plain", "striped", "floral", "bordered"),
               mass_kg=0.9, is_washable=True, is_coolable=True),
    ObjectSpec("bottle", _bottle, (0.070, 0.070, 0.250), (0.085, 0.085, 0.320), "storing drinks",
               looks(glass="green brown white blue", plastic="blue red turquoise"),
               places_of("kitchen counter 3, kitchen fridge 3, dining_room table 1, "
                         "dining_room serving_cart 2"),
               ("cylindrical", "square"), ("plain",), mass_kg=0.8, is_coolable=True, is_openable=True),
    ObjectSpec("fork", _fork, (0.180, 0.024, 0.014), (0.210, 0.030, 0.018), "eating",
               looks(metal="silver gold black", plastic="white red", wood="beige"), places_of(DISHES),
               ("elongated",), mass_kg=0.05, is_washable=True),
    ObjectSpec("spoon", _spoon, (0.170, 0.036, 0.016), (0.210, 0.046, 0.022), "eating",
               looks(metal="silver gold black", plastic="white green", wood="beige"), places_of(DISHES),
               ("elongated",), mass_kg=0.05, is_washable=True),
    ObjectSpec("tray", _tray, (0.360, 0.240, 0.045), (0.410, 0.290, 0.058), "carrying",
               looks(wood="beige brown", plastic="red white turquoise", metal="silver gold"),
               places_of("kitchen counter 3, kitchen cabinet 2, dining_room serving_cart 1, "
                         "living_room table 1"),
               ("rectangular",), ("plain", "checked", "floral", "striped"), mass_kg=0.9,
               is_washable=True),
    ObjectSpec("jar", _jar, (0.080, 0.080, 0.100), (0.105, 0.105, 0.150), "storing food",
               looks(glass="white red orange green brown"),
               places_of(DRY_FOOD + ", kitchen stool 0.5"),
               ("cylindrical",),
               mass_kg=0.5, is_openable=True, is_coolable=True),
    ObjectSpec("thermos", _thermos, (0.100, 0.080, 0.240), (0.120, 0.095, 0.310), "keeping warm",
               looks(metal="silver red green navy black", plastic="turquoise orange"),
               places_of("kitchen counter 4, kitchen cabinet 1, office table 2"), ("cylindrical",),
               ("plain", "checked", "logo", "striped"), mass_kg=0.6,
               is_washable=True, is_openable=True),
)  # fmt: skip
