"""Kitchenware: what one cooks and cleans with."""

from __future__ import annotations

import numpy as np

from ..mesh import Material, Mesh, merge
from .forms import (
    arc,
    bow,
    brick,
    egg,
    parts,
    plate_of,
    ring,
    rod,
    scaled,
    soft_brick,
    tin,
    turned_form,
)
from .palette import shaded
from .places import COOKING, TOOLS_OF_COOKS, looks, places_of
from .specs import Look, ObjectSpec, Parts

STEEL = Material((186, 190, 196))
DARK = Material((40, 40, 44))
WOOD = Material((164, 116, 70))
COFFEE = Material((74, 46, 28))


def _pot(look: Look) -> Parts:
    body = turned_form([(0, 0), (9.6, 0), (10, 1), (10, 12), (10.3, 12.4)], look.main, segments=20)
    lid = turned_form([(10.3, 12.4), (10, 13), (6, 14.2), (0, 14.6)], look.main, segments=20)
    knob = turned_form([(0, 14.4), (0.9, 14.6), (1.7, 16.6), (0, 17)], DARK, segments=10)
    grip = scaled(bow(2.6, 0.7, DARK).turned(np.pi / 2, axis="x"), 0.8).moved(9.8, 0, 10)
    return parts([body, lid], [knob, grip, grip.turned(np.pi)])


def _frying_pan(look: Look) -> Parts:
    pan = [(0, 0), (10, 0), (13, 4.4), (12.6, 4.4), (9.8, 0.7), (0, 0.6)]
    black = Material(shaded(look.main.color, 0.55))
    grip = rod([(12.4, 0, 3.8), (17, 0, 5.2), (31, 0, 5.8)], [0.8, 0.9, 1.3], DARK)
    return parts(
        turned_form(pan, look.main, segments=20), [turned_form([(9.7, 0.8), (0, 0.8)], black), grip]
    )


def _kettle(look: Look) -> Parts:
    body = turned_form([(0, 0), (8.6, 0), (9.6, 2), (8.8, 9), (5, 13.5), (0, 14)], look.main)
    spout = rod([(7.5, 0, 6), (12, 0, 10), (14, 0, 14.5)], [2.0, 1.5, 1.1], look.main)
    grip = rod(arc(8.2, 0.25, np.pi - 0.25, 9), 0.8, DARK).moved(0, 0, 11.5)
    knob = egg(1.3, 1.3, 1.2, DARK, segments=8).moved(0, 0, 14.6)
    return parts([body, spout], [grip, knob])


def _knife(look: Look) -> Parts:
    blade = [(0, 0), (17, 0), (20, 2.6), (17, 3.4), (0, 3.4)]
    edge = plate_of(blade, 0.25, STEEL).moved(0, -1.2, 0.4)
    return parts(soft_brick(11, 2.4, 1.3, look.main, radius=0.3).moved(-5.4, 0.7, 0), [edge])


def _spatula(look: Look) -> Parts:
    blade = soft_brick(9, 7, 0.5, look.main, radius=0.3)
    slots = [brick(5.5, 0.7, 0.56, DARK).moved(0, y) for y in (-2, 0, 2)]
    stem = rod([(-4, 0, 0.4), (-9, 0, 2.2), (-25, 0, 2.6)], [0.5, 0.6, 1.1], WOOD)
    return parts(blade, [*slots, stem])


def _ladle(look: Look) -> Parts:
    scoop = [(0, 0), (3.2, 0.6), (4.6, 3.4), (4.2, 3.4), (2.8, 1.1), (0, 0.6)]
    stem = rod([(-4.2, 0, 3), (-9, 0, 9), (-22, 0, 13)], [0.5, 0.5, 0.8], look.main)
    return parts([turned_form(scoop, look.main), stem])


def _whisk(look: Look) -> Parts:
    wires = []
    for k in range(4):
        loop = [(12 * t, 3.2 * np.sin(np.pi * t) ** 0.7, 0.0) for t in np.linspace(0.02, 0.98, 8)]
        half = rod(loop, 0.16, STEEL, segments=4)
        wires.append(half.turned(k * np.pi / 2, axis="x"))
        wires.append(half.turned(k * np.pi / 2 + np.pi / 4, axis="x"))
    return parts(rod([(-13, 0, 0), (-8, 0, 0), (1, 0, 0)], [1.3, 1.0, 0.8], look.main), wires)


def _rolling_pin(look: Look) -> Parts:
    roll = tin(2.8, 26, look.main).turned(np.pi / 2, axis="y").moved(-13)
    grips = [
        rod([(s * 13, 0, 0), (s * 15, 0, 0), (s * 20, 0, 0)], [0.7, 1.3, 1.1], look.contrast)
        for s in (-1, 1)
    ]
    return parts(roll, grips)


def _cutting_board(look: Look) -> Parts:
    if look.shape == "round":
        return parts(
            [tin(14, 1.6, look.main, segments=24), soft_brick(7, 4, 1.6, look.main).moved(16)]
        )
    board = soft_brick(34, 23, 1.8, look.main, radius=0.3)
    hole = tin(1.4, 1.84, DARK, segments=10).moved(14.2, 0, 0)
    return parts(board, [hole, ring(1.6, 0.35, WOOD).moved(14.2, 0, 1.7)])


def _colander(look: Look) -> Parts:
    profile = [(0, 0.8), (4, 0.8), (8.5, 4), (11, 9), (10.7, 9), (8, 4.4), (0, 1.4)]
    foot = turned_form([(4.4, 0), (4.4, 0.9)], look.main)
    grip = bow(2.2, 0.5, look.main).turned(np.pi / 2, axis="x").moved(10.6, 0, 8.6)
    few = [
        merge(
            [
                brick(0.5, 1.0, 1.0, DARK).moved(r, 0, z - 0.5).turned(2 * np.pi * k / n)
                for k in range(n)
            ]
        )
        for z, r, n in ((3.0, 7.0, 8), (6.2, 9.7, 11))
    ]
    return parts(
        [turned_form(profile, look.main, segments=20), foot, grip, grip.turned(np.pi)], few
    )


def _grater(look: Look) -> Parts:
    box = turned_form([(0, 0), (6, 0), (4.2, 20), (0, 20)], look.main, segments=4).turned(np.pi / 4)
    studs = [
        brick(0.5, 0.8, 0.8, DARK).moved(4.1 - 0.07 * z, y, z).turned(side * np.pi / 2)
        for side in range(4)
        for z in (3, 8, 13)
        for y in (-1.6, 1.6)
    ]
    grip = rod([(0, -2.4, 20), (0, -2.2, 23.4), (0, 2.2, 23.4), (0, 2.4, 20)], 0.7, DARK)
    return parts(scaled(box, 1.0, 1.1), [*studs, grip])


def _salt_shaker(look: Look) -> Parts:
    body = [(0, 0), (2.4, 0), (2.5, 0.6), (1.9, 5.5), (1.9, 6.2)]
    cap = turned_form([(2.05, 6.2), (2.0, 7.4), (1.2, 8.4), (0, 8.6)], STEEL)
    holes = [brick(0.3, 0.3, 0.3, DARK).moved(0.7, 0, 8.3).turned(k * 2.1) for k in range(3)]
    return parts(turned_form(body, look.main), [cap, *holes])


def _pepper_mill(look: Look) -> Parts:
    profile = [
        (0, 0),
        (2.8, 0),
        (2.9, 1),
        (1.9, 4),
        (1.6, 8),
        (2.2, 12),
        (2.4, 13),
        (1.3, 14),
        (2.3, 16),
        (2.0, 18),
        (0, 19),
    ]
    return parts(
        turned_form(profile, look.main), [egg(0.8, 0.8, 0.8, STEEL, segments=8).moved(0, 0, 19.6)]
    )


def _lunch_box(look: Look) -> Parts:
    base = soft_brick(19, 13, 6, look.main)
    lid = soft_brick(19.6, 13.6, 2, look.contrast, radius=0.3).moved(0, 0, 6)
    clips = [brick(0.7, 3, 2.6, STEEL).moved(s * 9.8, 0, 4.6) for s in (-1, 1)]
    return parts([base], [lid, *clips])


def _sponge(look: Look) -> Parts:
    green = Material((60, 120, 70))
    return parts(
        soft_brick(11, 7, 2.6, look.main, radius=0.25),
        [soft_brick(11, 7, 0.9, green, radius=0.2).moved(0, 0, 2.5)],
    )


def _pan_lid(look: Look) -> Parts:
    profile = [(0, 0), (13, 0), (13, 0.8), (11.5, 1.4), (6, 3.2), (0, 3.8)]
    knob = turned_form([(0.8, 3.4), (0.9, 4.6), (2.0, 6), (1.8, 6.8), (0, 7)], DARK, segments=12)
    return parts(turned_form(profile, look.main, segments=24), [knob])


def _basket(look: Look) -> Parts:
    walls: list[Mesh] = []
    for k in range(6):
        r = 9 + 0.9 * k
        shade = look.main if k % 2 == 0 else Material(shaded(look.main.color, 0.78))
        walls.append(
            turned_form([(r, 2.0 * k), (r + 0.9, 2.0 * k + 1), (r + 0.9, 2.0 * k + 2)], shade)
        )
    floor = turned_form([(0, 0), (9, 0)], look.main)
    grip = rod(arc(13.4, 0.0, np.pi, 10), 0.7, look.main, segments=6).moved(0, 0, 11.5)
    return parts([floor, *walls, grip])


KITCHEN: tuple[ObjectSpec, ...] = (
    ObjectSpec("pot", _pot, (0.250, 0.195, 0.160), (0.310, 0.240, 0.210), "cooking",
               looks(metal="silver red black blue gold green"), places_of(COOKING), ("cylindrical",),
               ("plain", "floral", "bordered"), mass_kg=1.5, is_washable=True, is_heatable=True),
    ObjectSpec("frying_pan", _frying_pan, (0.390, 0.220, 0.055), (0.460, 0.270, 0.065), "cooking",
               looks(metal="black silver red green"), places_of(COOKING), ("round",),
               mass_kg=1.2, is_washable=True, is_heatable=True),
    ObjectSpec("pan_lid", _pan_lid, (0.200, 0.200, 0.060), (0.260, 0.260, 0.075), "covering",
               looks(metal="silver black red", glass="white turquoise"), places_of(COOKING), ("round",),
               is_washable=True),
    ObjectSpec("kettle", _kettle, (0.220, 0.175, 0.185), (0.250, 0.200, 0.225), "boiling water",
               looks(metal="silver red black turquoise"),
               places_of("kitchen stove 4, kitchen counter 4"), ("conical",),
               ("plain", "floral", "dotted"), mass_kg=1.0, is_heatable=True, is_openable=True),
    ObjectSpec("knife", _knife, (0.250, 0.032, 0.013), (0.320, 0.040, 0.017), "cutting",
               looks(wood="brown black beige", plastic="red blue green"),
               places_of(TOOLS_OF_COOKS), ("elongated",), mass_kg=0.15, is_washable=True),
    ObjectSpec("spatula", _spatula, (0.270, 0.062, 0.032), (0.340, 0.080, 0.040), "turning food",
               looks(metal="silver black", plastic="red green black", wood="beige"),
               places_of(TOOLS_OF_COOKS), ("flat",), is_washable=True),
    ObjectSpec("ladle", _ladle, (0.240, 0.085, 0.110), (0.290, 0.100, 0.140), "serving soup",
               looks(metal="silver black", wood="beige brown", plastic="red"),
               places_of(TOOLS_OF_COOKS), ("curved",), is_washable=True),
    ObjectSpec("whisk", _whisk, (0.250, 0.064, 0.064), (0.300, 0.080, 0.080), "whisking",
               looks(wood="beige brown", plastic="red black turquoise", metal="silver"),
               places_of(TOOLS_OF_COOKS), ("elongated",), is_washable=True),
    ObjectSpec("rolling_pin", _rolling_pin, (0.360, 0.050, 0.050), (0.440, 0.065, 0.065),
               "rolling dough",
               looks(wood="beige brown", stone="gray"), places_of(TOOLS_OF_COOKS), ("cylindrical",),
               mass_kg=0.8, is_washable=True),
    ObjectSpec("cutting_board", _cutting_board, (0.300, 0.200, 0.014), (0.380, 0.260, 0.022),
               "cutting on", looks(wood="beige brown", plastic="white green red"),
               places_of(TOOLS_OF_COOKS), ("rectangular", "round"), ("plain", "striped"),
               mass_kg=1.0, is_washable=True),
    ObjectSpec("colander", _colander, (0.260, 0.225, 0.090), (0.310, 0.270, 0.120), "draining",
               looks(metal="silver red", plastic="green white yellow"), places_of(COOKING), ("round",),
               is_washable=True),
    ObjectSpec("grater", _grater, (0.085, 0.095, 0.200), (0.105, 0.115, 0.250), "grating",
               looks(metal="silver", plastic="orange green"), places_of(TOOLS_OF_COOKS), ("tapered",),
               is_washable=True),
    ObjectSpec("salt_shaker", _salt_shaker, (0.045, 0.045, 0.078), (0.055, 0.055, 0.100), "seasoning",
               looks(glass="white blue", ceramic="white red yellow"),
               places_of("kitchen counter 3, dining_room table 4, kitchen table 3"), ("conical",),
               ("plain", "dotted", "striped")),
    ObjectSpec("pepper_mill", _pepper_mill, (0.055, 0.055, 0.160), (0.068, 0.068, 0.230), "seasoning",
               looks(wood="brown beige black red", metal="silver"),
               places_of("kitchen counter 4, dining_room table 3, kitchen table 2"), ("tall",)),
    ObjectSpec("lunch_box", _lunch_box, (0.160, 0.110, 0.065), (0.210, 0.150, 0.090), "carrying food",
               looks(plastic="blue red green yellow pink", metal="silver"),
               places_of("kitchen counter 4, kitchen fridge 2, kitchen cabinet 1, office table 1"),
               ("rectangular",), ("plain", "starry", "logo", "dotted", "striped"), is_washable=True,
               is_openable=True),
    ObjectSpec("dish_sponge", _sponge, (0.095, 0.060, 0.030), (0.120, 0.078, 0.042), "cleaning",
               looks(fabric="yellow orange pink blue"),
               places_of("kitchen sink 6, kitchen counter 2, bathroom sink 1"), ("rectangular",),
               mass_kg=0.02, is_washable=True),
    ObjectSpec("basket", _basket, (0.220, 0.220, 0.190), (0.275, 0.275, 0.255), "carrying",
               looks(wicker="beige brown gray"),
               places_of("kitchen counter 2, hall bench 2, living_room table 1, laundry counter 1, "
                         "storage cabinet 2, bathroom cabinet 1"), ("round",), mass_kg=0.6),
)  # fmt: skip
