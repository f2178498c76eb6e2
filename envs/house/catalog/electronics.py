"""Electronics that one carries about."""

from __future__ import annotations

import numpy as np

from ..mesh import Material, Mesh, Pattern
from .forms import arc, brick, egg, parts, plate_of, ring, rod, scaled, soft_brick, tin, turned_form
from .places import LEISURE, looks, places_of
from .specs import Look, ObjectSpec, Parts

STEEL = Material((186, 190, 196))
DARK = Material((36, 36, 42))
GRAY = Material((120, 124, 130))
SCREEN = Material((50, 96, 156), Pattern.GLOWING)
ICON = Material((240, 240, 240), Pattern.GLOWING)
LIGHT = Material((255, 232, 184), Pattern.GLOWING)


def _laptop(look: Look) -> Parts:
    base = brick(23, 33, 1.6, look.main)
    keys = [brick(1.9, 27.5, 0.2, DARK).moved(-7.5 + 2.5 * k, 0, 1.6) for k in range(4)]
    pad = brick(5, 9, 0.1, GRAY).moved(7.5, 0, 1.6)
    lid = [
        soft_brick(1.1, 33, 22, look.main, radius=0.3),
        brick(0.3, 31, 19.6, SCREEN).moved(0.5, 0, 1.4),
        brick(0.32, 9, 6, ICON).moved(0.55, -6, 8),
    ]
    panels = [m.turned(-0.25, axis="y").moved(-11, 0, 1.4) for m in lid]
    return parts([base, panels[0]], [*keys, pad, *panels[1:]])


def _phone(look: Look) -> Parts:
    icons = [
        brick(0.9, 0.9, 0.04, Material(c, Pattern.GLOWING)).moved(x, y, 0.9)
        for x, y, c in (
            (-3.4, -1.6, (240, 190, 60)),
            (-3.4, 0, (90, 200, 120)),
            (-3.4, 1.6, (230, 90, 80)),
            (4.4, 0, (240, 240, 240)),
        )
    ]
    return parts(
        soft_brick(15, 7.2, 0.85, look.main, radius=0.4),
        [brick(13.4, 6.4, 0.08, SCREEN).moved(0, 0, 0.82), *icons],
    )


def _tablet(look: Look) -> Parts:
    tiles = [
        brick(3, 3, 0.04, Material(c, Pattern.GLOWING)).moved(x, y, 0.92)
        for x, y, c in (
            (-5, -4, (240, 190, 60)),
            (-5, 0, (90, 200, 120)),
            (-5, 4, (230, 90, 80)),
            (0, -4, (230, 230, 240)),
            (0, 2, (150, 120, 220)),
        )
    ]
    return parts(
        soft_brick(24, 17, 0.85, look.main, radius=0.4),
        [
            brick(20.5, 15, 0.08, SCREEN).moved(0, 0, 0.83),
            *tiles,
            tin(0.6, 0.1, STEEL, segments=10).moved(11.2, 0, 0.82),
        ],
    )


def _remote_control(look: Look) -> Parts:
    colors = (GRAY, GRAY, GRAY)
    keys = [
        soft_key.moved(-3 + 2.2 * i, -1.2 + 1.2 * j, 1.9)
        for i in range(5)
        for j, soft_key in enumerate([brick(1.2, 0.8, 0.3, c) for c in colors])
    ]
    power = tin(0.7, 0.35, Material((210, 50, 44)), segments=10).moved(-6.6, 0, 1.9)
    pad = ring(1.2, 0.3, STEEL, segments=10).moved(8.0, 0, 1.95)
    return parts(soft_brick(19, 4.6, 2, look.main, radius=0.35), [*keys, power, pad])


def _headphones(look: Look) -> Parts:
    band = rod(arc(8, 0.0, np.pi, 12, plane="yz"), 0.75, look.main, segments=7)
    cups, pads = [], []
    for s in (-1, 1):
        cup = tin(3.6, 2.2, look.main, segments=14).turned(s * np.pi / 2, axis="x")
        cups.append(cup.moved(0, s * 7.4, -1.5))
        pads.append(ring(2.7, 1.0, DARK).turned(np.pi / 2, axis="x").moved(0, s * 6.6, -1.5))
    return parts([band, *cups], pads)


def _camera(look: Look) -> Parts:
    body = soft_brick(5, 12, 7.6, look.main, radius=0.2)
    hump = brick(3.4, 4, 1.6, look.main).moved(0, 0, 7.4)
    lens = tin(3.1, 4, DARK).turned(np.pi / 2, axis="y").moved(2.4, 0, 3.8)
    glass = tin(2.3, 0.3, Material((90, 120, 170))).turned(np.pi / 2, axis="y").moved(6.3, 0, 3.8)
    knobs = [tin(0.9, 0.9, STEEL, segments=8).moved(0, y, 7.5) for y in (-4.4, 4.4)]
    flash = brick(0.3, 2.4, 1, Material((240, 240, 220))).moved(1.7, 0, 7.8)
    return parts([body, hump], [lens, glass, *knobs, flash])


def _radio(look: Look) -> Parts:
    case = soft_brick(8, 26, 16, look.main, radius=0.25)
    grid = [brick(0.3, 9, 0.5, DARK).moved(4, -6, 2.5 + 1.6 * k) for k in range(6)]
    dial = tin(3.1, 1, STEEL).turned(np.pi / 2, axis="y").moved(3.8, 6.5, 5.5)
    window = brick(0.3, 10, 2.4, Material((250, 224, 160))).moved(4, 6, 11)
    needle = brick(0.4, 0.4, 2.4, Material((210, 40, 40))).moved(4.05, 7.4, 11)
    grip = rod([(0, -10, 16), (0, -9, 19), (0, 9, 19), (0, 10, 16)], 0.7, DARK, segments=6)
    aerial = rod([(-3, 11, 15.5), (-3, 5, 26)], [0.3, 0.2], STEEL, segments=5)
    return parts(case, [*grid, dial, window, needle, grip, aerial])


def _desk_lamp(look: Look) -> Parts:
    foot = turned_form([(0, 0), (8, 0), (7.6, 1.4), (1.2, 2.2)], look.main)
    arm = rod([(0, 0, 1.6), (-5, 0, 20), (6, 0, 35)], 0.7, STEEL, segments=6)
    joint = egg(1.3, 1.3, 1.3, DARK, segments=8).moved(-5, 0, 20)
    shade = turned_form([(2, 5), (2.6, 4.4), (6.4, -2.2)], look.main)
    bulb = egg(2.2, 2.2, 2.4, LIGHT, segments=10).moved(0, 0, -0.4)
    head = [m.turned(-0.6, axis="y").moved(8.5, 0, 32) for m in (shade, bulb)]
    return parts([foot, head[0]], [arm, joint, head[1]])


def _alarm_clock(look: Look) -> Parts:
    if look.shape == "rectangular":
        digits = [
            brick(0.1, 0.5, 2.2, Material((240, 80, 60), Pattern.GLOWING)).moved(2.6, y, 2.2)
            for y in (-4, -2.4, 0.6, 2.2, 4)
        ]
        return parts(
            soft_brick(5, 14, 7, look.main, radius=0.25),
            [brick(0.3, 12, 4.4, DARK).moved(2.4, 0, 1.3), *digits],
        )
    body = tin(5, 4, look.main, segments=20).turned(np.pi / 2, axis="y").moved(-2, 0, 6.4)
    face = tin(4.3, 0.2, Material((246, 244, 236)), segments=20).turned(np.pi / 2, axis="y")
    hands = [brick(0.1, 0.4, 3.2, DARK), brick(0.1, 0.4, 2.4, DARK).turned(1.9, axis="x")]
    ticks = [
        brick(0.1, 0.3, 0.8, DARK).moved(0, 0, 3.1).turned(k * np.pi / 6, axis="x")
        for k in range(12)
    ]
    bells = [egg(1.9, 1.9, 1.6, STEEL, segments=10).moved(0, s * 3, 11.8) for s in (-1, 1)]
    feet = [rod([(0, s * 3, 2.2), (0, s * 4, 0)], [0.5, 0.4], STEEL, segments=5) for s in (-1, 1)]
    hammer = rod([(0, 0, 11.2), (0, 0, 13)], [0.3, 0.6], STEEL, segments=6)
    front = [m.moved(2.15, 0, 6.4) for m in (*hands, *ticks)]
    return parts(body, [face.moved(1.95, 0, 6.4), *front, *bells, *feet, hammer])


def _keyboard(look: Look) -> Parts:
    color = Material((232, 232, 228) if look.color != "white" else (120, 124, 132))
    keys = [
        brick(1.9, 3.0, 0.7, color).moved(-4.6 + 2.3 * i, -18 + 3.6 * j + 0.3 * (i % 2), 1.3)
        for i in range(4)
        for j in range(11)
    ]
    space = brick(1.9, 12, 0.7, STEEL).moved(4.8, 0, 1.3)
    return parts(brick(14, 42, 1.5, look.main), [*keys, space])


def _computer_mouse(look: Look) -> Parts:
    body = scaled(egg(5.6, 3.2, 3.4, look.main, segments=14), 1, 1, 1).moved(0, 0, 0)
    flat = body.vertices.copy()
    flat[:, 2] = np.maximum(flat[:, 2], 0.0)
    shell = Mesh(flat, body.triangles, body.colors, body.instance_ids, body.patterns)
    wheel = tin(0.7, 0.7, DARK, segments=8).turned(np.pi / 2, axis="x").moved(3.0, 0.35, 2.75)
    seam = brick(3.4, 0.2, 0.25, DARK).turned(0.5, axis="y").moved(3.9, 0, 2.3)
    return parts(shell, [wheel, seam])


def _game_controller(look: Look) -> Parts:
    outline = [
        (-4, -5),
        (-3.4, -7.6),
        (3.6, -8.4),
        (5.4, -7.4),
        (3, -4),
        (2.6, 0),
        (3, 4),
        (5.4, 7.4),
        (3.6, 8.4),
        (-3.4, 7.6),
        (-4, 5),
    ]
    body = plate_of(outline, 3, look.main)
    sticks = [
        rod([(0.8, s * 3, 3), (0.8, s * 3, 4.2)], [0.8, 1.3], DARK, segments=10) for s in (-1, 1)
    ]
    cross = [
        brick(2.6, 0.8, 0.5, DARK).moved(-1.2, -5.6, 3),
        brick(0.8, 2.6, 0.5, DARK).moved(-1.2, -5.6, 3),
    ]
    colors = ((210, 50, 50), (60, 150, 80), (60, 100, 200), (240, 200, 60))
    keys = [
        tin(0.6, 0.6, Material(c), segments=8).moved(
            -1.2 + 1.3 * np.cos(a), 5.6 + 1.3 * np.sin(a), 3
        )
        for c, a in zip(colors, np.arange(4) * np.pi / 2, strict=True)
    ]
    return parts(body, [*sticks, *cross, *keys])


def _speaker(look: Look) -> Parts:
    if look.shape == "cylindrical":
        body = turned_form([(0, 0), (4.6, 0), (5, 1), (5, 17), (4.4, 18), (0, 18)], look.main)
        bands = [turned_form([(5.08, z), (5.08, z + 0.7)], DARK) for z in (3, 6, 9, 12)]
        return parts(
            body,
            [*bands, ring(2.6, 0.3, Material((90, 220, 240), Pattern.GLOWING)).moved(0, 0, 18)],
        )
    body = brick(12, 12, 20, look.main)
    cones = [
        m.turned(np.pi / 2, axis="y").moved(6, 0, z)
        for z, r in ((6.6, 4.6), (15, 2.6))
        for m in (
            tin(r, 0.3, DARK),
            ring(r, 0.4, STEEL).moved(0, 0, 0.2),
            egg(0.4 * r, 0.4 * r, 0.8, GRAY, segments=8),
        )
    ]
    return parts(body, cones)


def _flashlight(look: Look) -> Parts:
    grip = rod([(-9, 0, 2.6), (-8.5, 0, 2.6), (4, 0, 2.6)], [1.3, 1.6, 1.6], look.main, segments=10)
    head = rod([(4, 0, 2.6), (7, 0, 2.6), (9, 0, 2.6)], [1.6, 2.6, 2.6], look.main, segments=12)
    pane = (
        tin(2.3, 0.3, Material((250, 246, 210)), segments=12)
        .turned(np.pi / 2, axis="y")
        .moved(8.9, 0, 2.6)
    )
    rings = [
        rod([(x, 0, 2.6), (x + 0.6, 0, 2.6)], 1.75, DARK, segments=10) for x in (-6, -3.6, -1.2)
    ]
    return parts(
        [grip, head], [pane, *rings, brick(1.8, 0.9, 0.5, Material((210, 60, 50))).moved(2, 0, 4)]
    )


def _game_console(look: Look) -> Parts:
    left = soft_brick(9, 4.6, 1.6, look.main, radius=0.35)
    rails = [left.moved(0, -11), left.moved(0, 11)]
    middle = brick(9.4, 18, 1.4, DARK)
    screen = brick(7.6, 15, 0.1, SCREEN).moved(0, 0, 1.4)
    hill = brick(2.6, 15, 0.14, Material((90, 180, 90), Pattern.GLOWING)).moved(2.4, 0, 1.4)
    sticks = [tin(1.1, 0.8, GRAY, segments=10).moved(s * 1.6, s * 11, 1.5) for s in (-1, 1)]
    keys = [
        tin(0.5, 0.3, Material((240, 220, 80)), segments=6).moved(-2.4 + i, 10.6 + j, 1.55)
        for i, j in ((0, 0.7), (1.3, 0.7), (0.65, 0), (0.65, 1.4))
    ]
    return parts(rails, [middle, screen, hill, *sticks, *keys])


ELECTRONICS: tuple[ObjectSpec, ...] = (
    ObjectSpec("laptop", _laptop, (0.270, 0.310, 0.210), (0.310, 0.360, 0.240), "computing",
               looks(metal="silver gray gold", plastic="black white blue"),
               places_of("office table 6, living_room table 1, bedroom bed 1, living_room couch 1"),
               ("rectangular",), mass_kg=1.6, is_openable=True, is_toggleable=True),
    ObjectSpec("phone", _phone, (0.140, 0.068, 0.009), (0.165, 0.080, 0.012), "calling",
               looks(metal="silver black gold", plastic="blue pink red white"),
               places_of("bedroom stand 3, living_room table 3, kitchen counter 1, hall stand 2, "
                         "office table 2"), ("flat",), mass_kg=0.18, is_toggleable=True),
    ObjectSpec("tablet", _tablet, (0.230, 0.165, 0.009), (0.265, 0.190, 0.012), "reading",
               looks(metal="silver gray gold", plastic="black white turquoise"), places_of(LEISURE),
               ("flat",), mass_kg=0.5, is_toggleable=True),
    ObjectSpec("remote_control", _remote_control, (0.165, 0.042, 0.020), (0.210, 0.052, 0.026),
               "controlling the television", looks(plastic="black gray white"), places_of(LEISURE),
               ("elongated",), mass_kg=0.1),
    ObjectSpec("headphones", _headphones, (0.066, 0.165, 0.120), (0.080, 0.195, 0.150),
               "listening to music", looks(plastic="black white red blue pink", metal="silver"),
               places_of("office table 3, bedroom stand 2, living_room table 2, living_room couch 1"),
               ("curved",), mass_kg=0.25),
    ObjectSpec("camera", _camera, (0.080, 0.110, 0.082), (0.100, 0.135, 0.100), "taking pictures",
               looks(plastic="black red white", metal="silver"),
               places_of("living_room shelves 2, office shelves 2, office table 2, hall cabinet 1"),
               ("irregular",), mass_kg=0.6),
    ObjectSpec("radio", _radio, (0.076, 0.220, 0.210), (0.100, 0.290, 0.270), "listening to music",
               looks(plastic="red black turquoise white", wood="brown beige"),
               places_of("kitchen counter 3, living_room shelves 2, bedroom chest_of_drawers 1, "
                         "kitchen cabinet 1"), ("rectangular",), mass_kg=1.2, is_toggleable=True),
    ObjectSpec("desk_lamp", _desk_lamp, (0.220, 0.130, 0.330), (0.280, 0.165, 0.420), "lighting",
               looks(metal="black silver red green blue", plastic="white yellow"),
               places_of("office table 5, bedroom stand 3, childrens_room table 2, "
                         "living_room cabinet 1"),
               ("irregular",), mass_kg=1.0, is_toggleable=True),
    ObjectSpec("alarm_clock", _alarm_clock, (0.048, 0.105, 0.125), (0.060, 0.130, 0.150),
               "telling the time", looks(metal="red silver gold blue",
               plastic="green black white pink"),
               places_of("bedroom stand 6, childrens_room stand 2, bedroom chest_of_drawers 1, "
                         "living_room shelves 1"), ("round", "rectangular"),
               shape_scales={"rectangular": (1.0, 1.2, 0.5)}, is_toggleable=True),
    ObjectSpec("keyboard", _keyboard, (0.130, 0.390, 0.018), (0.155, 0.450, 0.026), "typing",
               looks(plastic="black white gray blue"), places_of("office table 6, office shelves 1"),
               ("rectangular",), mass_kg=0.6),
    ObjectSpec("computer_mouse", _computer_mouse, (0.100, 0.058, 0.032), (0.122, 0.070, 0.040),
               "computing", looks(plastic="black white gray red blue"),
               places_of("office table 6, office shelves 1"), ("oval",), mass_kg=0.1),
    ObjectSpec("game_controller", _game_controller, (0.095, 0.155, 0.040), (0.110, 0.180, 0.050),
               "playing games", looks(plastic="black white red blue"),
               places_of("living_room table 3, living_room couch 2, childrens_room shelves 2"),
               ("irregular",)),
    ObjectSpec("game_console", _game_console, (0.090, 0.240, 0.020), (0.105, 0.280, 0.026),
               "playing games", looks(plastic="red blue turquoise yellow"),
               places_of("living_room couch 2, childrens_room bed 2, childrens_room table 2, "
                         "living_room table 1"), ("flat",), is_toggleable=True),
    ObjectSpec("speaker", _speaker, (0.095, 0.095, 0.160), (0.140, 0.140, 0.240), "playing music",
               looks(plastic="black white blue red", wood="brown beige"),
               places_of("living_room shelves 3, living_room cabinet 2, office shelves 1, "
                         "office table 1"),
               ("square", "cylindrical"), mass_kg=1.2, is_toggleable=True),
    ObjectSpec("flashlight", _flashlight, (0.170, 0.050, 0.050), (0.220, 0.065, 0.065), "lighting",
               looks(metal="black silver red", plastic="yellow green blue"),
               places_of("storage shelves 4, hall stand 2, bedroom stand 1, storage cabinet 1"),
               ("cylindrical",), mass_kg=0.3, is_toggleable=True),
)  # fmt: skip
