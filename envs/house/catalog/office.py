"""Books, paper and what lies on a desk."""

from __future__ import annotations

import numpy as np

from ..mesh import Material, Mesh
from .forms import arc, brick, egg, parts, plate_of, ring, rod, soft_brick, tin, turned_form
from .palette import shaded
from .places import DESK, PAPERS, READING, looks, places_of
from .specs import Look, ObjectSpec, Parts

STEEL = Material((186, 190, 196))
DARK = Material((40, 40, 44))
PAPER = Material((244, 240, 228))
INK = Material((60, 64, 84))
WOOD = Material((196, 148, 92))


def _book(look: Look) -> Parts:
    pages = brick(15.4, 22.6, 2.6, PAPER).moved(0.3, 0, 0.35)
    covers = [brick(16, 24, 0.4, look.main), brick(16, 24, 0.4, look.main).moved(0, 0, 2.9)]
    spine = brick(0.5, 24, 3.3, look.main).moved(-8)
    title = [
        brick(2.2, 13, 0.1, look.contrast).moved(-4.4, 0, 3.3),
        brick(0.9, 8, 0.1, look.contrast).moved(5.0, 0, 3.3),
    ]
    return parts([*covers, spine], [pages, *title])


def _notebook(look: Look) -> Parts:
    cover = brick(15, 21, 0.5, look.main).moved(0, 0, 1.0)
    coil = [
        ring(0.8, 0.14, STEEL, segments=6).turned(np.pi / 2, axis="x").moved(-7.4, y, 0.8)
        for y in np.linspace(-9, 9, 7)
    ]
    label = brick(5, 9, 0.1, PAPER).moved(2, 0, 1.5)
    return parts(
        [cover, brick(15, 21, 0.3, look.main)],
        [brick(14.4, 20.4, 0.7, PAPER).moved(0, 0, 0.3), *coil, label],
    )


def _magazine(look: Look) -> Parts:
    base = brick(21, 28, 0.9, PAPER)
    cover = brick(21, 28, 0.1, look.main).moved(0, 0, 0.9)
    head = brick(3.6, 22, 0.06, look.contrast).moved(-7.5, 0, 1.0)
    figure = tin(5, 0.06, Material((224, 180, 150)), segments=14).moved(3, 2, 1.0)
    lines = [brick(0.7, 9, 0.06, DARK).moved(x, -7, 1.0) for x in (0, 2, 4, 6)]
    return parts(cover, [base, head, figure, *lines])


def _pen(look: Look) -> Parts:
    body = rod([(-6, 0, 0.5), (5, 0, 0.5)], 0.5, look.main, segments=8)
    tip = rod([(5, 0, 0.5), (6.4, 0, 0.5), (7.4, 0, 0.5)], [0.48, 0.25, 0.08], STEEL)
    clip = brick(4, 0.2, 0.16, STEEL).moved(-4, 0, 1.05)
    return parts(body, [tip, clip, rod([(-6.6, 0, 0.5), (-6, 0, 0.5)], 0.3, STEEL, segments=6)])


def _pencil(look: Look) -> Parts:
    body = rod([(-8, 0, 0.4), (6, 0, 0.4)], 0.42, look.main, segments=6)
    tip = rod([(6, 0, 0.4), (8, 0, 0.4)], [0.4, 0.1], WOOD, segments=6)
    lead = rod([(8, 0, 0.4), (8.5, 0, 0.4)], [0.1, 0.02], DARK, segments=5)
    rubber = rod([(-9.2, 0, 0.4), (-8.4, 0, 0.4)], 0.42, Material((232, 140, 150)), segments=6)
    band = rod([(-8.5, 0, 0.4), (-7.8, 0, 0.4)], 0.46, STEEL, segments=6)
    return parts(body, [tip, lead, rubber, band])


def _pen_holder(look: Look) -> Parts:
    if look.shape == "square":
        sides = [brick(0.5, 7, 9, look.main).moved(s * 3.5) for s in (-1, 1)]
        sides += [brick(7, 0.5, 9, look.main).moved(0, s * 3.5) for s in (-1, 1)]
        body = [*sides, brick(7, 7, 0.5, look.main)]
    else:
        body = [
            turned_form([(0, 0), (3.8, 0), (3.8, 9), (3.5, 9), (3.5, 0.5), (0, 0.5)], look.main)
        ]
    colors = ((200, 50, 44), (44, 96, 178), (62, 146, 74), (242, 204, 56))
    pens = [
        rod(
            [(0.7 * c, 0.7 * s, 1), (2.6 * c, 2.6 * s, 13 + k % 2)],
            0.42,
            Material(color),
            segments=5,
        )
        for k, (color, c, s) in enumerate(
            zip(colors, (1, -0.2, -1, 0.3), (0.3, 1, -0.3, -1), strict=True)
        )
    ]
    return parts(body, pens)


def _scissors(look: Look) -> Parts:
    blades, loops = [], []
    for s in (-1, 1):
        outline = [(0, -0.6), (9.5, 0.1), (9.5, 0.25), (0, 0.8)]
        blade = plate_of(outline, 0.25, STEEL).turned(s * 0.13).moved(0, 0, 0.45 + 0.12 * s)
        stem = rod([(0, 0, 0.6), (-3.2, -1.2 * s, 0.6)], 0.42, look.main, segments=6)
        loop = ring(1.9, 0.5, look.main, segments=12).moved(-4.9, -2.3 * s, 0.6)
        blades.append(blade)
        loops += [stem, loop]
    screw = tin(0.45, 0.4, DARK, segments=8).moved(0, 0, 0.7)
    return parts(loops, [*blades, screw])


def _stapler(look: Look) -> Parts:
    base = soft_brick(14, 3.6, 1.2, look.main)
    arm = soft_brick(14, 3.0, 2.2, look.main, radius=0.35).turned(-0.16, axis="y").moved(0, 0, 3.2)
    rail = brick(12.4, 1.8, 0.9, STEEL).turned(-0.16, axis="y").moved(0.6, 0, 2.4)
    joint = tin(1.3, 3.8, DARK, segments=10).turned(np.pi / 2, axis="x").moved(-5.4, 1.9, 2.0)
    return parts([base, arm], [rail, joint])


def _tape_dispenser(look: Look) -> Parts:
    side = [(-7, 0), (7, 0), (7, 2.2), (4.5, 3.2), (3.2, 5.5), (-0.5, 6.4), (-5, 5.4), (-7, 2.5)]
    body = plate_of(side, 4, look.main).turned(np.pi / 2, axis="x").moved(0, 2, 0)
    wheel = tin(2.9, 3.0, Material((232, 214, 150)), segments=14)
    wheel = wheel.turned(np.pi / 2, axis="x").moved(-1.2, 1.5, 6.0)
    core = tin(1.3, 4.2, DARK, segments=10).turned(np.pi / 2, axis="x").moved(-1.2, 2.1, 6.0)
    return parts(body, [wheel, core, brick(0.5, 3.2, 0.7, STEEL).moved(6.8, 0, 2.1)])


def _binder(look: Look) -> Parts:
    covers = [brick(28, 0.5, 31, look.main).moved(0, s * 3.4) for s in (-1, 1)]
    spine = brick(0.5, 7.2, 31, look.main).moved(14)
    paper = brick(23, 5.4, 29, PAPER).moved(0.5, 0, 0.8)
    label = brick(0.1, 4.6, 11, PAPER).moved(14.3, 0, 16)
    hole = ring(1.2, 0.3, DARK, segments=10).turned(np.pi / 2, axis="y").moved(14.3, 0, 6)
    return parts([*covers, spine], [paper, label, hole])


def _calculator(look: Look) -> Parts:
    case = soft_brick(15, 8, 1.4, look.main, radius=0.3)
    screen = brick(2.6, 6.4, 0.16, Material((150, 170, 140))).moved(-5, 0, 1.36)
    keys = [
        brick(1.4, 1.3, 0.35, DARK if (i + j) % 5 else Material((220, 120, 50))).moved(
            -1.6 + 2.0 * i, -2.5 + 1.66 * j, 1.36
        )
        for i in range(4)
        for j in range(4)
    ]
    return parts(case, [screen, *keys])


def _envelope(look: Look) -> Parts:
    body = brick(12, 18, 0.5, look.main)
    edge = Material(shaded(look.main.color, 0.8))
    flap = Mesh.of(np.array([(-6, -9, 0.53), (1.5, 0, 0.58), (-6, 9, 0.53)]), [(0, 1, 2)], edge)
    seal = tin(1.1, 0.15, Material((190, 40, 44)), segments=12).moved(1.2, 0, 0.5)
    stamp = brick(2.6, 2.2, 0.08, look.contrast).moved(-4, -7.2, 0.55)
    return parts(body, [flap, seal, stamp])


def _globe(look: Look) -> Parts:
    ball = egg(9, 9, 9, look.main, segments=18).moved(0, 0, 17)
    land = Material((96, 160, 84))
    spots = [(0.2, 0.3, 4.2), (2.0, 0.6, 3.4), (3.3, -0.2, 4.4), (4.6, 0.5, 3.6), (5.5, -0.5, 3.0)]
    lands = []
    for longitude, latitude, radius in spots:
        dome = turned_form(
            [(radius, -(radius**2) / 18), (radius * 0.6, -(radius**2) / 50), (0, 0)],
            land,
            segments=9,
        ).moved(0, 0, 9.12)
        tilt = dome.turned(np.pi / 2 - latitude, axis="y").turned(longitude)
        lands.append(tilt.moved(0, 0, 17))
    bow = rod(arc(10.4, -np.pi / 2, np.pi / 2, 9), 0.5, Material((190, 150, 70)), segments=6)
    foot = turned_form([(0, 0), (6.4, 0), (6, 1.2), (1.4, 2.4), (1.2, 7)], Material((122, 82, 54)))
    return parts([ball], [*lands, bow.turned(np.pi).moved(0, 0, 17), foot])


def _glue_stick(look: Look) -> Parts:
    return parts(
        tin(1.4, 7, look.main, segments=14),
        [
            tin(1.5, 2.6, look.contrast, segments=14).moved(0, 0, 6.4),
            turned_form([(1.45, 1.6), (1.45, 4.8)], PAPER, segments=14),
        ],
    )


def _ruler(look: Look) -> Parts:
    ticks = [
        brick(0.12, 1.5 if k % 5 == 0 else 0.8, 0.06, DARK).moved(-14 + 1.4 * k, 1.1, 0.3)
        for k in range(21)
    ]
    return parts(brick(30, 3.6, 0.35, look.main), ticks)


def _hole_punch(look: Look) -> Parts:
    base = soft_brick(10, 11, 1.2, look.main)
    arm = soft_brick(9, 9, 1.4, look.main, radius=0.3).turned(-0.42, axis="y").moved(-0.4, 0, 4.2)
    posts = [tin(0.7, 4, STEEL, segments=8).moved(1.5, s * 3.4, 1) for s in (-1, 1)]
    return parts([base, arm], [*posts, brick(1.4, 10, 2.4, DARK).moved(-3.4, 0, 1.2)])


def _paper_stack(look: Look) -> Parts:
    sheets = [
        brick(21, 29, 0.8, look.main).turned(0.05 * (k % 3 - 1)).moved(0, 0, 0.8 * k)
        for k in range(3)
    ]
    lines = [brick(0.5, 18 - 3 * (k % 2), 0.05, INK).moved(-8 + 2.2 * k, 0, 2.4) for k in range(8)]
    return parts(sheets, lines)


OFFICE: tuple[ObjectSpec, ...] = (
    ObjectSpec("book", _book, (0.130, 0.190, 0.022), (0.180, 0.260, 0.042), "reading",
               looks(paper="red blue green yellow black purple turquoise brown white"),
               places_of(READING), ("rectangular",),
               ("plain", "striped", "floral", "lettered", "starry", "checked"), mass_kg=0.6,
               is_openable=True),
    ObjectSpec("notebook", _notebook, (0.140, 0.190, 0.015), (0.180, 0.250, 0.020), "writing",
               looks(paper="blue red green black yellow pink"), places_of(DESK), ("rectangular",),
               ("plain", "checked", "dotted", "logo"), is_openable=True),
    ObjectSpec("magazine", _magazine, (0.200, 0.265, 0.008), (0.220, 0.300, 0.013), "reading",
               looks(paper="white pink yellow turquoise red"),
               places_of("living_room table 4, living_room couch 2, bedroom stand 1, "
                         "hall bench 1"), ("flat",)),
    ObjectSpec("pen", _pen, (0.130, 0.011, 0.012), (0.150, 0.014, 0.015), "writing",
               looks(plastic="blue black red green", metal="silver gold"), places_of(DESK),
               ("elongated",), mass_kg=0.02),
    ObjectSpec("pencil", _pencil, (0.150, 0.009, 0.009), (0.190, 0.012, 0.012), "drawing",
               looks(wood="yellow red green blue black"), places_of(DESK), ("elongated",),
               mass_kg=0.01),
    ObjectSpec("pen_holder", _pen_holder, (0.076, 0.076, 0.130), (0.095, 0.095, 0.165), "storing pens",
               looks(metal="black silver", plastic="white blue green pink", wood="beige brown"),
               places_of(DESK), ("cylindrical", "square"),
               ("plain", "striped", "dotted", "floral", "checked")),
    ObjectSpec("scissors", _scissors, (0.160, 0.084, 0.014), (0.210, 0.108, 0.018), "cutting",
               looks(plastic="red black blue green orange"),
               places_of("office table 4, kitchen counter 2, childrens_room table 1, office shelves 1"),
               ("irregular",), mass_kg=0.08),
    ObjectSpec("stapler", _stapler, (0.120, 0.032, 0.055), (0.150, 0.040, 0.066), "stapling",
               looks(plastic="black red blue gray", metal="silver"), places_of(DESK), ("elongated",)),
    ObjectSpec("tape_dispenser", _tape_dispenser, (0.130, 0.042, 0.080), (0.160, 0.055, 0.100),
               "taping",
               looks(plastic="black blue red white turquoise"), places_of(DESK), ("irregular",)),
    ObjectSpec("binder", _binder, (0.270, 0.065, 0.300), (0.290, 0.080, 0.320), "filing papers",
               looks(cardboard="black blue red green gray", plastic="white yellow turquoise"),
               places_of("office shelves 5, office table 2, office filing_cabinet 1, "
                         "storage shelves 1"),
               ("rectangular",), ("plain", "striped", "dotted"), mass_kg=1.2, is_openable=True),
    ObjectSpec("calculator", _calculator, (0.130, 0.070, 0.014), (0.165, 0.090, 0.020), "calculating",
               looks(plastic="black gray white blue pink"),
               places_of(DESK + ", office filing_cabinet 1"),
               ("rectangular",)),
    ObjectSpec("envelope", _envelope, (0.110, 0.165, 0.005), (0.130, 0.220, 0.008), "sending letters",
               looks(paper="white beige pink blue"), places_of(PAPERS), ("flat",), mass_kg=0.02,
               is_openable=True),
    ObjectSpec("globe", _globe, (0.200, 0.180, 0.260), (0.260, 0.235, 0.340), "learning geography",
               looks(plastic="blue turquoise beige navy"),
               places_of("office table 2, office shelves 3, childrens_room shelves 3, "
                         "living_room shelves 2"
                         ", office filing_cabinet 1"),
               ("spherical",), mass_kg=0.8),
    ObjectSpec("glue_stick", _glue_stick, (0.026, 0.026, 0.080), (0.032, 0.032, 0.105), "gluing",
               looks(plastic="white yellow red blue"),
               places_of("office table 4, childrens_room table 3, office shelves 1"), ("cylindrical",),
               mass_kg=0.03),
    ObjectSpec("ruler", _ruler, (0.280, 0.030, 0.004), (0.320, 0.038, 0.006), "measuring",
               looks(plastic="yellow green white pink", wood="beige", metal="silver"),
               places_of(DESK), ("elongated",), mass_kg=0.03),
    ObjectSpec("hole_punch", _hole_punch, (0.095, 0.100, 0.068), (0.115, 0.120, 0.085),
               "punching holes",
               looks(metal="black silver red", plastic="blue gray green"),
               places_of(DESK + ", office filing_cabinet 1"),
               ("irregular",)),
    ObjectSpec("paper_stack", _paper_stack, (0.210, 0.295, 0.020), (0.235, 0.315, 0.034), "writing",
               looks(paper="white yellow pink"), places_of(PAPERS), ("flat",), mass_kg=0.5),
)  # fmt: skip
