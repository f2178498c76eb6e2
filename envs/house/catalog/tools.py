"""Tools for house and garden."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..mesh import Material
from .forms import arc, brick, egg, parts, plate_of, ring, rod, scaled, soft_brick, tin, turned_form
from .places import WORKSHOP, looks, places_of
from .specs import Look, ObjectSpec, Parts

STEEL = Material((176, 180, 188))
DARK = Material((40, 40, 46))
WOOD = Material((186, 138, 84))
YELLOW = Material((244, 206, 60))


def _hammer(look: Look) -> Parts:
    grip = rod([(-15, 0, 2), (-13, 0, 2), (-3, 0, 2), (11, 0, 2)], [1.2, 1.5, 1.2, 0.9], look.main)
    head = rod(
        [(12, -6.4, 2), (12, -3, 2), (12, -2.6, 2), (12, 2, 2)],
        [1.9, 1.9, 1.4, 1.4],
        STEEL,
        segments=8,
    )
    claws = [
        rod(
            [(12 + 0.7 * s, 1.6, 2), (12.2 + 0.9 * s, 5, 2), (11 + 1.2 * s, 8, 2)],
            [0.9, 0.7, 0.2],
            STEEL,
            segments=6,
        )
        for s in (-1, 1)
    ]
    return parts(grip, [head, *claws])


def _screwdriver(look: Look) -> Parts:
    path = [(-9.6, 0, 1.6), (-9, 0, 1.6), (-5, 0, 1.6), (-1.6, 0, 1.6), (0, 0, 1.6)]
    grip = rod(path, [0.8, 1.5, 1.6, 1.3, 0.9], look.main, segments=6)
    shaft = rod([(0, 0, 1.6), (11, 0, 1.6)], 0.4, STEEL, segments=6)
    tip = plate_of(
        [(10.6, -0.4), (12.6, -0.8), (13.4, -0.7), (13.4, 0.7), (12.6, 0.8), (10.6, 0.4)],
        0.3,
        STEEL,
    )
    return parts(
        grip,
        [shaft, tip.moved(0, 0, 1.45), rod([(-3, 0, 1.6), (-2.4, 0, 1.6)], 1.62, DARK, segments=6)],
    )


def _wrench(look: Look) -> Parts:
    jaw = [
        (7, -1.2),
        (8.6, -2.8),
        (11.6, -2.8),
        (12.4, -1.3),
        (9.6, -1.2),
        (9.6, 1.2),
        (12.4, 1.3),
        (11.6, 2.8),
        (8.6, 2.8),
        (7, 1.2),
    ]
    bar = brick(17, 2, 1.0, look.main).moved(-0.5)
    eye = scaled(ring(2.0, 0.8, look.main, segments=12), z=0.62).moved(-10.6, 0, 0.5)
    return parts([plate_of(jaw, 1.0, look.main), bar, eye])


def _pliers(look: Look) -> Parts:
    grips, jaws = [], []
    for s in (-1, 1):
        path = [(0, 0.7 * s, 1), (-4, 2.1 * s, 1), (-9, 2.8 * s, 1), (-13, 2.2 * s, 1)]
        grips.append(rod(path, [0.8, 1.0, 1.0, 0.7], look.main, segments=7))
        outline = [(-1, 0.0), (6, 0.1), (6, 0.8), (2.5, 1.9), (-1, 1.6)]
        jaw = plate_of(outline if s > 0 else [(x, -y) for x, y in reversed(outline)], 1.2, STEEL)
        jaws.append(jaw.moved(0, 0, 0.4))
    return parts(grips, [*jaws, tin(1.0, 1.8, DARK, segments=10).moved(0, 0, 0.2)])


def _saw(look: Look) -> Parts:
    teeth = [
        (24 - 2.4 * k + d, -4.4 + h + 0.06 * k) for k in range(12) for d, h in ((0, 0), (-1.2, 1.0))
    ]
    blade = plate_of([(-5, 3.2), *[(x, y) for x, y in reversed(teeth)], (24, -1)], 0.3, STEEL)
    outer = [(-5, -4.4), (-4, 3.6), (-8, 4.6), (-14, 2.6), (-13, -5.4), (-9, -6)]
    grip = plate_of(outer[::-1] if _area(outer) < 0 else outer, 2, look.main).moved(0, 0, -0.9)
    hole = plate_of([(-11.6, -3.6), (-7, -3.0), (-6.6, 1.6), (-11.4, 1.4)], 2.1, DARK).moved(
        0, 0, -0.95
    )
    return parts(grip, [blade, hole])


def _area(outline: Sequence[tuple[float, float]]) -> float:
    x, y = np.array(outline).T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())


def _drill(look: Look) -> Parts:
    body = rod(
        [(-8, 0, 15), (-7.4, 0, 15), (4, 0, 15), (6.4, 0, 15)],
        [2.0, 2.8, 2.8, 1.9],
        look.main,
        segments=10,
    )
    grip = rod([(-4.6, 0, 14), (-5.6, 0, 4)], [2.1, 1.8], look.main, segments=8)
    battery = soft_brick(9, 6, 4, DARK, radius=0.25).moved(-4.6)
    chuck = rod([(6.4, 0, 15), (9.4, 0, 15), (10.6, 0, 15)], [1.7, 1.5, 0.8], DARK, segments=8)
    bit = rod([(10.4, 0, 15), (17, 0, 15)], [0.4, 0.25], STEEL, segments=5)
    trigger = brick(1.0, 1.4, 2.6, Material((210, 60, 50))).moved(-2.4, 0, 10)
    vents = [brick(0.5, 5.75, 1.6, DARK).moved(x, 0, 14.4) for x in (-6, -4.8, -3.6)]
    return parts([body, grip], [battery, chuck, bit, trigger, *vents])


def _tape_measure(look: Look) -> Parts:
    outline = [(-3.6, 0), (3.6, 0), (3.6, 3.4), (2.2, 6), (-1.6, 6.6), (-3.6, 4.6)]
    case = plate_of(outline, 3.4, look.main).turned(np.pi / 2, axis="x").moved(0, 1.7)
    disc = tin(2.1, 3.6, DARK, segments=14).turned(np.pi / 2, axis="x").moved(-0.3, 1.8, 3.3)
    tape = brick(5.4, 1.6, 0.16, YELLOW).moved(6.2, 0, 0.3)
    hook = brick(0.3, 1.8, 0.9, STEEL).moved(8.9, 0, 0)
    ticks = [brick(0.14, 0.9, 0.05, DARK).moved(4.4 + 0.8 * k, -0.3, 0.46) for k in range(5)]
    return parts(case, [disc, tape, hook, *ticks])


def _paint_brush(look: Look) -> Parts:
    grip = rod([(-12, 0, 1), (-8, 0, 1), (-3, 0, 1), (0, 0, 1)], [0.7, 1.1, 0.8, 1.4], look.main)
    ferrule = soft_brick(3.4, 5.6, 1.8, STEEL, radius=0.2).moved(1.6, 0, 0.1)
    hair = plate_of(
        [(3, -2.6), (9.4, -2.3), (9.8, 0), (9.4, 2.3), (3, 2.6)], 1.4, Material((96, 66, 40))
    )
    tip = plate_of(
        [(7.6, -2.45), (9.6, -2.35), (10.0, 0), (9.6, 2.35), (7.6, 2.45)], 1.5, look.contrast
    )
    return parts(grip, [ferrule, hair.moved(0, 0, 0.3), tip.moved(0, 0, 0.26)])


def _bucket(look: Look) -> Parts:
    wall = turned_form(
        [
            (0, 0),
            (9, 0),
            (9.4, 1),
            (12, 22),
            (12.8, 22.4),
            (12.4, 23),
            (11.4, 22),
            (8.6, 1.4),
            (0, 1.2),
        ],
        look.main,
        segments=20,
    )
    grip = rod(arc(12.4, -0.2, -np.pi + 0.2, 10, plane="yz"), 0.4, STEEL, segments=6)
    grip = grip.turned(np.pi - 0.9, axis="y").moved(0, 0, 21.5)
    lugs = [
        tin(1.3, 0.8, DARK, segments=8).turned(np.pi / 2, axis="x").moved(0, s * 12.2 + 0.4, 20.5)
        for s in (-1, 1)
    ]
    return parts(wall, [grip, *lugs])


def _toolbox(look: Look) -> Parts:
    base = brick(20, 40, 14, look.main)
    lid = plate_of([(-10.4, 0), (10.4, 0), (7.4, 6), (-7.4, 6)], 41, look.main)
    lid = lid.turned(np.pi / 2, axis="x").moved(0, 20.5, 14)
    grip = rod([(0, -9, 20), (0, -8, 24), (0, 8, 24), (0, 9, 20)], 1.1, DARK, segments=6)
    clips = [brick(0.8, 3.6, 5, STEEL).moved(10.2, y, 11) for y in (-11, 11)]
    seam = brick(20.4, 40.4, 0.5, DARK).moved(0, 0, 13.8)
    return parts([base, lid], [grip, *clips, seam])


def _watering_can(look: Look) -> Parts:
    body = turned_form(
        [(0, 0), (7.6, 0), (8, 1), (7.6, 13), (6, 15), (3.4, 15), (3.4, 14), (0, 10)], look.main
    )
    spout = rod([(6.6, 0, 3.4), (12, 0, 9), (17, 0, 16)], [1.7, 1.2, 0.9], look.main)
    rose = turned_form([(0, 0.6), (2.9, 0.6), (1.0, -1.6)], look.contrast, segments=12)
    rose = rose.turned(0.75, axis="y").moved(17.4, 0, 16.8)
    grip = rod(
        [(3, 0, 15), (-1, 0, 20), (-8, 0, 18), (-11, 0, 11), (-7.4, 0, 4)],
        0.7,
        look.main,
        segments=7,
    )
    return parts([body, spout, grip], [rose])


def _padlock(look: Look) -> Parts:
    body = soft_brick(2.4, 5, 4.4, look.main, radius=0.3)
    points = [
        (0, -1.6, 4),
        *[(0, y, z + 6) for _, y, z in arc(1.6, np.pi, 0.0, 7, plane="yz")],
        (0, 1.6, 4),
    ]
    shackle = rod(points, 0.45, STEEL, segments=6)
    hole = [
        tin(0.6, 0.1, DARK, segments=10).turned(np.pi / 2, axis="y").moved(1.2, 0, 2.6),
        brick(0.1, 0.4, 1.2, DARK).moved(1.24, 0, 1.3),
    ]
    return parts(body, [shackle, *hole])


def _key(look: Look) -> Parts:
    head = scaled(ring(1.5, 0.5, look.main, segments=14), z=0.5).moved(-2.6, 0, 0.26)
    stem = brick(5.6, 0.6, 0.5, look.main).moved(1.4)
    teeth = [
        brick(0.5, h, 0.5, look.main).moved(x, -0.3 - h / 2)
        for x, h in ((2.4, 1.0), (3.2, 0.7), (4.0, 1.1))
    ]
    return parts([head, stem, *teeth])


def _spray_bottle(look: Look) -> Parts:
    body = scaled(
        turned_form([(0, 0), (4.4, 0), (4.7, 1), (4.5, 12), (2.2, 16), (1.6, 18)], look.main), 0.8
    )
    head = [
        tin(1.9, 2, look.contrast, segments=12).moved(0, 0, 17.4),
        brick(7, 2.2, 2.4, look.contrast).moved(1.0, 0, 19.4),
        rod([(4.4, 0, 20.6), (5.6, 0, 20.6)], 0.8, DARK, segments=8),
        rod([(2.4, 0, 19.4), (3.4, 0, 17.4), (3.2, 0, 15.4)], 0.45, look.contrast, segments=5),
    ]
    label = scaled(turned_form([(4.72, 4), (4.62, 9.4)], Material((240, 240, 232))), 0.81)
    return parts(body, [*head, label])


def _dust_pan(look: Look) -> Parts:
    floor = brick(18, 22, 0.6, look.main)
    walls = [brick(18, 0.6, 3.4, look.main).moved(0, s * 10.8) for s in (-1, 1)]
    back = brick(0.6, 22, 5, look.main).moved(-8.8)
    grip = rod([(-8, 0, 3), (-14, 0, 4.6), (-22, 0, 4)], [1.4, 1.0, 1.3], look.main, segments=7)
    dust = [
        egg(1.0, 1.2, 0.5, Material((130, 122, 110)), segments=6).moved(x, y, 0.8)
        for x, y in ((-5, -3), (-3, 4), (-6, 1))
    ]
    return parts([floor, *walls, back, grip], dust)


_GRIP = "red yellow black green blue orange"

TOOLS: tuple[ObjectSpec, ...] = (
    ObjectSpec("hammer", _hammer, (0.260, 0.120, 0.036), (0.330, 0.150, 0.045), "hammering",
               looks(wood="beige brown red", rubber="black blue yellow"), places_of(WORKSHOP),
               ("T-shaped",),
               mass_kg=0.7),
    ObjectSpec("screwdriver", _screwdriver, (0.190, 0.026, 0.026), (0.250, 0.036, 0.036), "screwing",
               looks(plastic=_GRIP, wood="beige"), places_of(WORKSHOP), ("elongated",)),
    ObjectSpec("wrench", _wrench, (0.190, 0.042, 0.010), (0.260, 0.058, 0.014), "turning nuts",
               looks(metal="silver black gold", plastic="red blue"), places_of(WORKSHOP),
               ("elongated",),
               mass_kg=0.3),
    ObjectSpec("pliers", _pliers, (0.170, 0.060, 0.020), (0.215, 0.076, 0.025), "gripping",
               looks(plastic=_GRIP), places_of(WORKSHOP), ("irregular",), mass_kg=0.3),
    ObjectSpec("saw", _saw, (0.380, 0.110, 0.022), (0.460, 0.135, 0.028), "sawing",
               looks(wood="beige brown", plastic="yellow red black"), places_of(WORKSHOP), ("flat",),
               mass_kg=0.4),
    ObjectSpec("drill", _drill, (0.220, 0.062, 0.175), (0.270, 0.078, 0.215), "drilling",
               looks(plastic="yellow red green blue turquoise"), places_of(WORKSHOP), ("T-shaped",),
               mass_kg=1.4, is_toggleable=True),
    ObjectSpec("tape_measure", _tape_measure, (0.110, 0.034, 0.058), (0.140, 0.044, 0.074), "measuring",
               looks(plastic="yellow black red blue", metal="silver"), places_of(WORKSHOP),
               ("irregular",)),
    ObjectSpec("paint_brush", _paint_brush, (0.190, 0.048, 0.024), (0.240, 0.062, 0.030), "painting",
               looks(wood="beige red brown green", plastic="black blue"), places_of(WORKSHOP),
               ("flat",)),
    ObjectSpec("bucket", _bucket, (0.220, 0.220, 0.230), (0.255, 0.255, 0.270), "carrying water",
               looks(plastic="blue red green yellow gray", metal="silver"),
               places_of("laundry counter 2, storage shelves 3, bathroom bathtub 1, laundry shelves 2, "
                         "storage cabinet 1"), ("tapered",), ("plain", "striped"), mass_kg=0.6),
    ObjectSpec("toolbox", _toolbox, (0.200, 0.370, 0.200), (0.240, 0.450, 0.250), "storing tools",
               looks(metal="red blue silver", plastic="black yellow green"),
               places_of("storage shelves 4, hall bench 1, storage trunk 1, storage counter 2"),
               ("rectangular",), mass_kg=3.0, is_openable=True),
    ObjectSpec("watering_can", _watering_can, (0.300, 0.155, 0.190), (0.370, 0.190, 0.240),
               "watering plants", looks(metal="silver green red", plastic="blue yellow pink turquoise"),
               places_of("storage shelves 3, laundry counter 2, living_room cabinet 1, "
                         "kitchen counter 1"),
               ("irregular",), ("plain", "floral", "dotted"), mass_kg=0.6),
    ObjectSpec("padlock", _padlock, (0.022, 0.045, 0.075), (0.030, 0.062, 0.102), "locking",
               looks(metal="gold silver black red"), places_of("hall stand 3, storage shelves 3, "
                                                               "hall cabinet 1"),
               ("irregular",), is_openable=True),
    ObjectSpec("key", _key, (0.062, 0.030, 0.006), (0.082, 0.040, 0.009), "unlocking",
               looks(metal="silver gold black"), places_of("hall stand 6, hall cabinet 2, "
                                                           "kitchen counter 1, "
                                                    "office table 1"), ("irregular",), mass_kg=0.02),
    ObjectSpec("spray_bottle", _spray_bottle, (0.075, 0.072, 0.210), (0.092, 0.088, 0.265), "cleaning",
               looks(plastic="blue white green orange turquoise pink"),
               places_of("kitchen sink 3, laundry shelves 3, bathroom cabinet 2, laundry counter 2"
                         ", bathroom toilet 1, laundry washer_dryer 1"),
               ("tall",)),
    ObjectSpec("dust_pan", _dust_pan, (0.290, 0.205, 0.048), (0.350, 0.250, 0.060), "cleaning",
               looks(plastic="red blue green gray yellow", metal="silver"),
               places_of("laundry shelves 3, laundry counter 2, storage shelves 3, storage cabinet 1"),
               ("flat",)),
)  # fmt: skip
