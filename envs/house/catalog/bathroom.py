"""What lies around a washbasin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..mesh import Material
from .forms import brick, egg, parts, ring, rod, scaled, soft_brick, tin, turned_form
from .palette import shaded
from .places import BATH, looks, places_of
from .specs import Look, ObjectSpec, Parts

WHITE = Material((244, 244, 240))
DARK = Material((44, 44, 48))
STEEL = Material((186, 190, 196))
MIRROR = Material((188, 212, 224))


def _toothbrush(look: Look) -> Parts:
    stem = rod(
        [(-9, 0, 0.7), (-3, 0, 0.9), (4, 0, 0.5), (9.5, 0, 0.6)], [0.6, 0.75, 0.4, 0.5], look.main
    )
    tufts = [
        brick(0.7, 1.1, 1.3, WHITE if k % 2 else Material((110, 180, 230))).moved(
            6.7 + 0.9 * k, 0, 0.8
        )
        for k in range(4)
    ]
    return parts(stem, tufts)


def _toothpaste(look: Look) -> Parts:
    round_tube = rod(
        [(-7, 0, 1.6), (-4, 0, 1.6), (5, 0, 1.6), (6.2, 0, 1.6)], 1.6, look.main, segments=10
    )
    points = round_tube.vertices.copy()
    share = np.clip((points[:, 0] + 7) / 11, 0.0, 1.0)
    points[:, 2] = 1.6 + (points[:, 2] - 1.6) * (0.12 + 0.88 * share)
    points[:, 1] *= 1.5 - 0.5 * share
    tube = replace(round_tube, vertices=points)
    cap = rod([(6.2, 0, 1.6), (8.4, 0, 1.6)], [1.2, 1.0], look.contrast, segments=10)
    crimp = brick(0.8, 5, 0.5, look.contrast).moved(-7.2, 0, 1.35)
    return parts(tube, [cap, crimp])


def _soap_bar(look: Look) -> Parts:
    bar = scaled(soft_brick(9, 6, 3, look.main, radius=0.48), 1)
    dish = scaled(
        turned_form([(0, 0), (5, 0), (6.6, 1.4), (6.2, 1.4), (4.8, 0.5), (0, 0.5)], WHITE),
        1.05,
        0.78,
    )
    mark = scaled(ring(1.6, 0.2, Material(shaded(look.main.color, 0.8)), segments=12), 1.3).moved(
        0, 0, 3.65
    )
    return parts(bar.moved(0, 0, 0.6), [dish, mark])


def _soap_dispenser(look: Look) -> Parts:
    if look.shape == "square":
        body = soft_brick(7, 7, 12, look.main, radius=0.15)
    else:
        body = turned_form([(0, 0), (3.8, 0), (4, 1), (4, 10), (2.6, 12)], look.main)
    neck = [
        tin(1.6, 1.8, STEEL, segments=12).moved(0, 0, 11.8),
        tin(0.5, 3, STEEL, segments=8).moved(0, 0, 13),
    ]
    spout = rod([(-1, 0, 16), (3.4, 0, 16), (4.4, 0, 15.2)], [0.9, 0.6, 0.4], STEEL, segments=7)
    return parts(body, [*neck, spout])


def _shampoo_bottle(look: Look) -> Parts:
    body = scaled(
        turned_form([(0, 0), (3.8, 0.3), (4.2, 2), (4.2, 15), (3, 18), (1.8, 18.6)], look.main),
        0.65,
    )
    cap = scaled(turned_form([(2.1, 18.4), (2.2, 22), (0, 22)], look.contrast), 0.9)
    label = scaled(turned_form([(4.26, 5), (4.26, 12)], WHITE), 0.66)
    drop = egg(0.25, 1.1, 1.5, look.contrast, segments=8).moved(2.8, 0, 8.4)
    return parts(body, [cap, label, drop])


def _comb(look: Look) -> Parts:
    spine = brick(17, 1.3, 0.45, look.main).moved(0, 1.4)
    teeth = [brick(0.42, 2.6, 0.4, look.main).moved(-7.6 + 0.72 * k, -0.4) for k in range(21)]
    ends = [brick(1.2, 3.0, 0.45, look.main).moved(s * 7.9, -0.2) for s in (-1, 1)]
    return parts([spine, *teeth, *ends])


def _hair_brush(look: Look) -> Parts:
    grip = rod(
        [(-13, 0, 1.2), (-8, 0, 1.2), (-2, 0, 1.2), (0, 0, 1.2)], [0.9, 1.2, 0.8, 1.0], look.main
    )
    head = scaled(egg(5.4, 3.3, 1.1, look.main, segments=12), 1).moved(5, 0, 1.2)
    pad = scaled(egg(4.6, 2.6, 0.5, DARK, segments=10), 1).moved(5, 0, 2.0)
    pins = [
        brick(0.22, 0.22, 1.5, WHITE).moved(1.8 + 1.3 * i, -1.5 + 1.0 * j, 2.1)
        for i in range(6)
        for j in range(4)
        if (i, j) not in ((0, 0), (0, 3), (5, 0), (5, 3))
    ]
    return parts([grip, head], [pad, *pins])


def _razor(look: Look) -> Parts:
    grip = rod(
        [(-9, 0, 1), (-5, 0, 1.2), (2, 0, 0.9), (5, 0, 1.7)], [0.7, 1.0, 0.6, 0.5], look.main
    )
    head = soft_brick(1.8, 4.6, 0.9, look.main, radius=0.3).moved(5.6, 0, 1.2)
    blades = [brick(0.25, 4.2, 0.3, STEEL).moved(5.1 + 0.45 * k, 0, 2.0) for k in range(3)]
    rings = [
        rod([(x, 0, 1.1), (x + 0.5, 0, 1.1)], 1.02, DARK, segments=8) for x in (-6, -4.6, -3.2)
    ]
    return parts([grip, head], [*blades, *rings])


def _toilet_paper(look: Look) -> Parts:
    roll = turned_form([(2.2, 0), (5.6, 0), (5.6, 10), (2.2, 10), (2.2, 0)], look.main, segments=20)
    core = turned_form([(2.18, 0.02), (2.18, 9.98)], Material((176, 140, 100)), segments=12)
    flap = brick(0.25, 5.4, 9.9, Material(shaded(look.main.color, 0.94))).moved(5.55, 2.7, 0.05)
    return parts(roll, [core, flap])


def _hand_mirror(look: Look) -> Parts:
    frame = scaled(tin(6.4, 1.0, look.main, segments=20), 1.12)
    rim = scaled(ring(6, 0.6, look.main, segments=20), 1.12).moved(0, 0, 0.9)
    glass = scaled(tin(5.5, 0.12, MIRROR, segments=20), 1.12).moved(0, 0, 1.0)
    shine = [
        brick(0.9, 7 - k, 0.04, WHITE).turned(0.7).moved(1.5 - 2.2 * k, 0.5, 1.12) for k in range(2)
    ]
    grip = rod([(-6.6, 0, 0.7), (-10, 0, 0.7), (-15, 0, 0.7)], [0.8, 0.8, 1.1], look.main)
    return parts([frame, rim, grip], [glass, *shine])


def _perfume(look: Look) -> Parts:
    if look.shape == "round":
        body = scaled(egg(2, 4.4, 4.4, look.main, segments=14), 1).moved(0, 0, 4.4)
        top = 8.4
    else:
        body, top = brick(3.6, 7, 8, look.main), 8.0
    neck = tin(1.2, 1.0, Material((206, 162, 62)), segments=10).moved(0, 0, top)
    cap = egg(1.7, 1.7, 1.7, look.contrast, segments=8).moved(0, 0, top + 2.2)
    label = brick(0.2, 3.4, 2.2, WHITE).moved(1.9, 0, 0.4 * top)
    return parts(body, [neck, cap, label])


def _hair_dryer(look: Look) -> Parts:
    barrel = rod(
        [(-7, 0, 15), (-6, 0, 15), (-1, 0, 15), (5, 0, 15), (9.6, 0, 15)],
        [3.2, 4.2, 4.2, 3.2, 2.8],
        look.main,
        segments=12,
    )
    grip = rod([(-2, 0, 12.4), (-3, 0, 6), (-3.6, 0, 0.8)], [1.9, 1.6, 1.5], look.main, segments=8)
    mouth = rod([(9.4, 0, 15), (12, 0, 15)], [2.5, 2.2], DARK, segments=12)
    grid = rod([(-7.3, 0, 15), (-6.6, 0, 15)], [2.8, 3.2], DARK, segments=12)
    switch = brick(0.8, 1.2, 2.4, look.contrast).moved(-1.3, 0, 7.6)
    return parts([barrel, grip], [mouth, grid, switch])


def _cotton_jar(look: Look) -> Parts:
    glass = turned_form([(0, 0), (4.6, 0), (4.8, 0.8), (4.8, 8)], look.main)
    balls = [
        egg(1.7, 1.7, 1.6, WHITE, segments=6).moved(2.7 * np.cos(a), 2.7 * np.sin(a), 8.2)
        for a in np.arange(6) * np.pi / 3
    ]
    balls.append(egg(1.9, 1.9, 1.7, WHITE, segments=6).moved(0, 0, 9.6))
    return parts(glass, balls)


def _nail_polish(look: Look) -> Parts:
    glass = soft_brick(3, 3, 3.4, look.main, radius=0.25)
    cap = turned_form([(1.0, 3.2), (1.0, 3.8), (0.9, 7.6), (0, 7.8)], DARK, segments=10)
    return parts(glass, [cap, brick(0.1, 1.6, 0.9, WHITE).moved(1.5, 0, 1.3)])


_WASH = "white blue green pink turquoise purple"

BATHROOM: tuple[ObjectSpec, ...] = (
    ObjectSpec("toothbrush", _toothbrush, (0.170, 0.011, 0.017), (0.200, 0.014, 0.022),
               "brushing teeth",
               looks(plastic="blue red green pink white purple orange", wood="beige"),
               places_of("bathroom sink 8, bathroom cabinet 1"), ("elongated",), mass_kg=0.02,
               is_washable=True),
    ObjectSpec("toothpaste", _toothpaste, (0.140, 0.042, 0.028), (0.180, 0.054, 0.036),
               "brushing teeth",
               looks(plastic="white blue red green turquoise"),
               places_of("bathroom sink 8, bathroom cabinet 1"), ("tapered",), ("plain", "striped",
               "logo"),
               mass_kg=0.1),
    ObjectSpec("soap_bar", _soap_bar, (0.110, 0.082, 0.030), (0.135, 0.100, 0.040), "washing",
               looks(wax="white pink green yellow purple orange"), places_of("bathroom sink 6, "
                                                                             "bathroom bathtub 1, "
                                                                             "kitchen sink 2, "
                                                                             "laundry sink 1"),
               ("oval",), mass_kg=0.12),
    ObjectSpec("soap_dispenser", _soap_dispenser, (0.068, 0.064, 0.135), (0.086, 0.080, 0.175),
               "washing",
               looks(ceramic="white blue green black", glass="turquoise orange", plastic="pink yellow"),
               places_of("bathroom sink 6, kitchen sink 3, laundry sink 1"), ("cylindrical", "square"),
               ("plain", "striped", "dotted", "floral")),
    ObjectSpec("shampoo_bottle", _shampoo_bottle, (0.048, 0.076, 0.190), (0.060, 0.096, 0.240),
               "washing hair", looks(plastic=_WASH + " orange yellow"),
               places_of("bathroom bathtub 4, bathroom sink 2, bathroom cabinet 2"), ("oval",)),
    ObjectSpec("comb", _comb, (0.160, 0.032, 0.004), (0.200, 0.040, 0.006), "combing hair",
               looks(plastic="black red blue pink", wood="beige brown"),
               places_of("bathroom sink 5, bathroom cabinet 1, bedroom chest_of_drawers 2"), ("flat",),
               mass_kg=0.02, is_washable=True),
    ObjectSpec("hair_brush", _hair_brush, (0.200, 0.058, 0.036), (0.250, 0.074, 0.046), "brushing hair",
               looks(wood="beige brown red", plastic="pink black turquoise purple"),
               places_of("bathroom sink 5, bathroom cabinet 1, bedroom chest_of_drawers 2"), ("oval",),
               ("plain",)),
    ObjectSpec("razor", _razor, (0.125, 0.040, 0.022), (0.150, 0.048, 0.028), "shaving",
               looks(plastic="blue orange pink black green", metal="silver"), places_of(BATH),
               ("T-shaped",), mass_kg=0.04),
    ObjectSpec("toilet_paper", _toilet_paper, (0.100, 0.100, 0.095), (0.125, 0.125, 0.110), "wiping",
               looks(paper="white pink beige turquoise"),
               places_of("bathroom toilet 5, bathroom cabinet 2, bathroom stool 1, storage shelves 1"),
               ("cylindrical",), ("plain", "dotted", "floral"), mass_kg=0.1),
    ObjectSpec("hand_mirror", _hand_mirror, (0.220, 0.120, 0.014), (0.270, 0.148, 0.018),
               "looking at oneself",
               looks(wood="brown beige", plastic="pink white black", metal="gold silver"),
               places_of("bathroom sink 4, bathroom cabinet 1, bedroom chest_of_drawers 3"), ("round",),
               ("plain",)),
    ObjectSpec("perfume_bottle", _perfume, (0.034, 0.066, 0.095), (0.046, 0.084, 0.125),
               "smelling good",
               looks(glass="pink purple gold turquoise green"),
               places_of("bedroom chest_of_drawers 4, bathroom sink 3, bathroom cabinet 1, "
                         "bedroom stand 1"
                         ", bathroom toilet 1"),
               ("square", "round"), mass_kg=0.2),
    ObjectSpec("hair_dryer", _hair_dryer, (0.190, 0.080, 0.185), (0.230, 0.098, 0.225), "drying hair",
               looks(plastic="black pink white red turquoise"),
               places_of("bathroom sink 4, bathroom cabinet 2, "
                         "bedroom chest_of_drawers 1"),
               ("T-shaped",), mass_kg=0.6, is_toggleable=True),
    ObjectSpec("cotton_jar", _cotton_jar, (0.085, 0.085, 0.100), (0.105, 0.105, 0.130), "cleaning skin",
               looks(glass="white turquoise pink green"), places_of(BATH), ("cylindrical",)),
    ObjectSpec("nail_polish", _nail_polish, (0.030, 0.030, 0.074), (0.036, 0.036, 0.090),
               "painting nails",
               looks(glass="red pink purple blue orange black"),
               places_of("bathroom sink 4, bathroom cabinet 2, bedroom chest_of_drawers 3, "
                         "bedroom stand 2"),
               ("square",), mass_kg=0.04),
)  # fmt: skip
