"""What people wear and carry."""

from __future__ import annotations

import numpy as np

from ..mesh import Material, Mesh
from .forms import arc, brick, egg, parts, plate_of, ring, rod, scaled, soft_brick, tin, turned_form
from .palette import shaded
from .places import OUTDOOR, SHOES, looks, places_of
from .specs import Look, ObjectSpec, Parts

DARK = Material((40, 38, 40))
WHITE = Material((238, 236, 230))
STEEL = Material((186, 190, 196))
GOLD = Material((206, 162, 62))


def _half(mesh: Mesh) -> Mesh:
    """Everything below z = 0 pressed flat onto it."""
    points = mesh.vertices.copy()
    points[:, 2] = np.maximum(points[:, 2], 0.0)
    return Mesh(points, mesh.triangles, mesh.colors, mesh.instance_ids, mesh.patterns)


def _hat(look: Look) -> Parts:
    crown = [(7.4, 0.8), (7.2, 5), (6.2, 8), (4.4, 8.8), (0, 8.2)]
    brim = [(7.0, 0.2), (13, 0), (14, 0.8), (13, 0.8), (7.4, 0.8)]
    hat = scaled(turned_form([*brim, *crown], look.main, segments=20), 1.0, 0.88)
    band = scaled(turned_form([(7.5, 0.9), (7.4, 2.8)], look.contrast, segments=20), 1.0, 0.88)
    return parts(hat, [band])


def _cap(look: Look) -> Parts:
    dome = _half(egg(9, 8.4, 8.4, look.main, segments=14))
    angles = np.linspace(-1.2, 1.2, 9)
    outline = [(5.0 + 11 * np.cos(a) - 0.4, 8.6 * np.sin(a)) for a in angles]
    visor = plate_of(outline, 0.6, look.contrast)
    return parts(dome, [visor, egg(0.8, 0.8, 0.5, look.contrast, segments=8).moved(0, 0, 8.3)])


def _sneaker(look: Look) -> Parts:
    sole = plate_of(_sole(), 2.2, WHITE)
    toe = _half(egg(7, 4.4, 4.2, look.main, segments=12)).moved(7, 0, 2)
    heel = turned_form(
        [(4.1, 2), (4.2, 5), (3.5, 8.4), (2.6, 8.4), (2.4, 4.5), (0, 4.5)], look.main, segments=14
    )
    middle = scaled(
        turned_form([(4.2, 2), (3.8, 5), (2.6, 7.4), (0, 7.6)], look.main, segments=12), 1.5
    )
    laces = [
        rod([(x, -2.2, z), (x + 0.3, 0, z + 0.7), (x, 2.2, z)], 0.3, look.contrast, segments=5)
        for x, z in ((2.2, 7.0), (4.0, 6.2), (5.8, 5.6))
    ]
    flash = [brick(4, 0.2, 1.2, look.contrast).moved(0.5, s * 4.1, 3.4) for s in (-1, 1)]
    return parts([toe, scaled(heel, 1.1).moved(-7.4), middle], [sole, *laces, *flash])


def _sole() -> list[tuple[float, float]]:
    t = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    return [(float(13.5 * np.cos(a)), float((4.5 + 0.6 * np.cos(a)) * np.sin(a))) for a in t]


def _boot(look: Look) -> Parts:
    sole = plate_of(_sole(), 2, DARK)
    toe = _half(egg(8, 4.5, 5, look.main, segments=12)).moved(5.6, 0, 2)
    shaft = turned_form(
        [(4.6, 2), (4.3, 8), (4.6, 15), (5.2, 23), (4.6, 23), (3.8, 12), (0, 8)],
        look.main,
        segments=14,
    )
    cuff = turned_form([(5.3, 20.6), (5.4, 23.2)], look.contrast, segments=14)
    strap = ring(4.7, 0.4, look.contrast, segments=14).moved(0, 0, 9)
    return parts(
        [toe, scaled(shaft, 1.15).moved(-7)],
        [sole, *[m.moved(-7) for m in (scaled(cuff, 1.15), scaled(strap, 1.15))]],
    )


def _flip_flop(look: Look) -> Parts:
    sole = plate_of(_sole(), 1.6, look.main)
    straps = [
        rod(
            [(6.5, 0, 1.2), (3, s * 2.2, 3.6), (-2.5, s * 4.4, 1.4)], 0.5, look.contrast, segments=6
        )
        for s in (-1, 1)
    ]
    return parts(sole, straps)


def _t_shirt(look: Look) -> Parts:
    """Spread out flat, its collar at -x."""
    half = [
        (14, -10),
        (14, 10),
        (-6, 10),
        (-3.5, 15.5),
        (-9.5, 17.5),
        (-14, 9.5),
        (-14.8, 4.6),
        (-12.6, 3.2),
        (-11.8, 0),
    ]
    outline = half + [(x, -y) for x, y in reversed(half[2:-1])]
    dark = Material(shaded(look.main.color, 0.7))
    body = plate_of(outline, 1.4, look.main)
    rim = [(-14.7 + 0.2, s * 4.6, 1.3) for s in (1,)]
    rim += [(-12.4, 3.0, 1.4), (-11.4, 0, 1.4), (-12.4, -3.0, 1.4), (-14.5, -4.6, 1.3)]
    seams = [
        rod([(-6, s * 9.9, 1.4), (-13.6, s * 9.4, 1.4)], 0.3, dark, segments=5) for s in (-1, 1)
    ]
    return parts(body, [rod(rim, 0.55, dark, segments=5), *seams])


def _towel(look: Look) -> Parts:
    dark = Material(shaded(look.main.color, 0.86))
    folds = [
        soft_brick(30 - 0.6 * k, 22, 2.4, look.main if k % 2 == 0 else dark, radius=0.48).moved(
            0.2 * k, 0, 2.2 * k
        )
        for k in range(3)
    ]
    edge = [brick(29, 1.2, 0.2, look.contrast).moved(0.4, s * 8.6, 6.75) for s in (-1, 1)]
    return parts(folds, edge)


def _scarf(look: Look) -> Parts:
    path = [
        (r * np.cos(a), r * np.sin(a), 1.6 + 0.1 * k)
        for k, (a, r) in enumerate(
            zip(np.linspace(0, 4.2 * np.pi, 26), np.linspace(3, 10, 26), strict=True)
        )
    ]
    coil = scaled(rod(path, 1.6, look.main, segments=8), 1, 1, 0.85)
    end = soft_brick(9, 4, 1.2, look.main, radius=0.4).moved(14.4, 0.6)
    fringes = [
        rod([(18.6, y, 0.5), (21.4, 1.15 * y, 0.3)], 0.25, look.contrast, segments=4)
        for y in (-1.2, -0.3, 0.6, 1.5, 2.2)
    ]
    return parts([coil, end], fringes)


def _glove(look: Look) -> Parts:
    palm = soft_brick(10, 8.4, 2.4, look.main, radius=0.45)
    fingers = [
        rod(
            [(4, y, 1.2), (8 + f, 1.12 * y, 1.2), (9.4 + f, 1.14 * y, 1.2)],
            [1.15, 1.15, 0.6],
            look.main,
            segments=7,
        )
        for y, f in ((-3.1, 0), (-1.05, 1.8), (1.05, 1.6), (3.1, 0.2))
    ]
    thumb = rod(
        [(-2.6, 3.4, 1.2), (1.2, 6.6, 1.2), (3.0, 7.4, 1.2)],
        [1.5, 1.25, 0.6],
        look.main,
        segments=7,
    )
    cuff = soft_brick(4, 9, 2.8, look.contrast, radius=0.4).moved(-6.4)
    return parts([palm, *fingers, thumb], [cuff])


def _sock(look: Look) -> Parts:
    path = [(-4, 13, 1.3), (-4, 6, 1.3), (-4, -0.6, 1.3), (-3.2, -3.6, 1.3), (0, -5, 1.3)]
    path += [(4, -5.2, 1.3), (7, -5, 1.3), (8.4, -4.8, 1.3)]
    leg = rod(path, [2.9, 2.9, 3.0, 3.4, 3.2, 2.9, 2.4, 0.9], look.main, segments=10)
    ends = [
        rod([(-4, 13.8, 1.3), (-4, 10.4, 1.3)], 3.15, look.contrast, segments=10),
        rod(
            [(5.6, -5.1, 1.3), (7.6, -4.9, 1.3), (8.8, -4.8, 1.3)], [2.85, 2.2, 0.7], look.contrast
        ),
        egg(2.7, 2.7, 3.5, look.contrast, segments=8).moved(-4.6, -4.4, 1.3),
    ]
    return parts(scaled(leg, 1, 1, 0.5), [scaled(mesh, 1, 1, 0.51) for mesh in ends])


def _handbag(look: Look) -> Parts:
    side = [(-13, 0), (13, 0), (10.4, 17), (-10.4, 17)]
    bag = plate_of(side, 9, look.main).turned(np.pi / 2, axis="x").moved(0, 4.5).turned(np.pi / 2)
    flap = plate_of(
        [(-10.8, 7), (10.8, 7), (10.2, 17.4), (-10.2, 17.4)],
        9.6,
        Material(shaded(look.main.color, 0.82)),
    )
    flap = flap.turned(np.pi / 2, axis="x").moved(0, 4.8).turned(np.pi / 2)
    grip = rod(arc(7.4, 0.0, np.pi, 10, plane="yz"), 0.7, look.main, segments=6).moved(0, 0, 17)
    clasp = brick(0.6, 2.8, 2.2, GOLD).moved(4.8, 0, 6.6)
    return parts([bag, grip], [flap, clasp])


def _backpack(look: Look) -> Parts:
    body = soft_brick(15, 28, 38, look.main, radius=0.42)
    pocket = soft_brick(6, 20, 14, look.contrast, radius=0.4).moved(8.6, 0, 3)
    lid = soft_brick(16, 28.4, 9, look.main, radius=0.48).moved(0.6, 0, 31)
    zips = [
        brick(0.3, 16, 0.6, DARK).moved(11.5, 0, 13.4),
        brick(0.3, 24, 0.6, DARK).moved(8.4, 0, 31),
    ]
    loop = rod(arc(3, 0.0, np.pi, 7, plane="yz"), 0.7, DARK, segments=5).moved(-4, 0, 39.4)
    straps = [
        rod(
            [(-7, s * 7, 34), (-11, s * 8, 24), (-10, s * 9, 12), (-7, s * 10, 5)],
            1.4,
            DARK,
            segments=6,
        )
        for s in (-1, 1)
    ]
    return parts([body, lid], [pocket, *zips, loop, *straps])


def _umbrella(look: Look) -> Parts:
    folded = rod(
        [(-30, 0, 3), (-26, 0, 3), (0, 0, 3), (14, 0, 3)],
        [0.5, 2.2, 3.0, 0.9],
        look.main,
        segments=8,
    )
    tip = rod([(-36, 0, 3), (-30, 0, 3)], [0.25, 0.5], STEEL, segments=6)
    stick = rod([(13, 0, 3), (24, 0, 3)], 0.6, STEEL, segments=6)
    crook = [(24 + 4 * np.sin(a), 4 - 4 * np.cos(a), 3) for a in np.linspace(0, np.pi * 1.1, 8)]
    tie = ring(2.9, 0.35, look.contrast, segments=10).turned(np.pi / 2, axis="y").moved(0, 0, 3)
    return parts(folded, [tip, stick, rod(crook, 1.0, Material((122, 82, 54)), segments=7), tie])


def _sunglasses(look: Look) -> Parts:
    lens = [
        tin(2.9, 0.4, DARK, segments=12).turned(np.pi / 2, axis="y").moved(0, s * 3.5, 2.9)
        for s in (-1, 1)
    ]
    rims = [
        ring(2.9, 0.38, look.main, segments=14).turned(np.pi / 2, axis="y").moved(0.2, s * 3.5, 2.9)
        for s in (-1, 1)
    ]
    bridge = rod([(0.2, -1, 3.6), (0.2, 0, 4.1), (0.2, 1, 3.6)], 0.35, look.main, segments=6)
    arms = [
        rod(
            [(0, s * 6.4, 3.8), (-10, s * 6.2, 3.8), (-13.5, s * 6.0, 1.6)],
            0.35,
            look.main,
            segments=6,
        )
        for s in (-1, 1)
    ]
    return parts([*rims, bridge, *arms], lens)


def _watch(look: Look) -> Parts:
    strap = scaled(rod(arc(3.2, -np.pi, np.pi * 0.98, 18), 0.35, look.main, segments=6), 1, 4.4, 1)
    dial = tin(2.1, 0.7, GOLD, segments=16).moved(0, 0, 3.1)
    face = tin(1.75, 0.1, WHITE, segments=16).moved(0, 0, 3.8)
    hands = [
        brick(0.2, length, 0.06, DARK).moved(0, length / 2, 3.9).turned(a)
        for length, a in ((1.4, 0.4), (1.0, 2.2))
    ]
    return parts(strap, [dial, face, *hands])


def _wallet(look: Look) -> Parts:
    halves = [
        soft_brick(9, 11.5, 1.0, look.main, radius=0.4).moved(0, 0, 0.9 * k) for k in range(2)
    ]
    note = brick(8.4, 0.9, 0.5, Material((120, 170, 120))).moved(0, 5.6, 0.75)
    button = tin(0.7, 0.2, GOLD, segments=10).moved(3.2, 0, 1.85)
    seam = brick(0.25, 10.6, 0.08, Material(shaded(look.main.color, 0.6))).moved(-3.8, 0, 1.88)
    return parts(halves, [note, button, seam])


_CLOTH = "red blue green yellow white black pink gray navy"

CLOTHES_PAGE: tuple[ObjectSpec, ...] = (
    ObjectSpec("hat", _hat, (0.260, 0.230, 0.090), (0.310, 0.275, 0.115), "wearing",
               looks(fabric="black brown red navy beige", wicker="beige brown"), places_of(OUTDOOR),
               ("round",), ("plain", "checked", "floral")),
    ObjectSpec("cap", _cap, (0.235, 0.165, 0.090), (0.275, 0.195, 0.115), "wearing",
               looks(fabric=_CLOTH),
               places_of(OUTDOOR + ", laundry hamper 1, bedroom chair 1, hall shoe_rack 1"),
               ("curved",), ("plain", "logo", "striped", "checked", "starry"),
               is_washable=True),
    ObjectSpec("sneaker", _sneaker, (0.250, 0.092, 0.090), (0.310, 0.115, 0.115), "walking",
               looks(fabric=_CLOTH, leather="white black brown"), places_of(SHOES), ("elongated",),
               ("plain", "checked", "dotted"), mass_kg=0.4, is_washable=True),
    ObjectSpec("boot", _boot, (0.250, 0.100, 0.210), (0.310, 0.120, 0.280), "walking",
               looks(leather="brown black beige red", rubber="green yellow red blue"), places_of(SHOES),
               ("L-shaped",), ("plain", "dotted", "floral"), mass_kg=0.7),
    ObjectSpec("flip_flop", _flip_flop, (0.240, 0.090, 0.036), (0.300, 0.110, 0.046), "walking",
               looks(rubber="blue pink green yellow black orange"),
               places_of("hall shoe_rack 4, bedroom wardrobe 1, storage shoe_rack 1"),
               ("flat",), ("plain", "striped", "dotted", "floral"), is_washable=True),
    ObjectSpec("t_shirt", _t_shirt, (0.220, 0.265, 0.014), (0.255, 0.305, 0.018), "wearing",
               looks(fabric=_CLOTH),
               places_of("bedroom bed 2, bedroom wardrobe 4, bedroom chest_of_drawers 2, "
                         "bedroom chair 2, "
                         "laundry washer_dryer 1, laundry hamper 1, childrens_room bed 1"), ("flat",),
               ("plain", "striped", "dotted", "logo", "checked", "hearts", "starry"), is_washable=True),
    ObjectSpec("towel", _towel, (0.260, 0.190, 0.060), (0.320, 0.240, 0.085), "drying",
               looks(fabric="white blue pink green yellow beige gray"),
               places_of("bathroom cabinet 2, bathroom sink 2, "
                         "laundry washer_dryer 1, "
                         "laundry shelves 2"), ("rectangular",),
               ("plain", "striped", "floral", "checked"), mass_kg=0.4, is_washable=True),
    ObjectSpec("scarf", _scarf, (0.250, 0.165, 0.036), (0.320, 0.210, 0.050), "wearing",
               looks(fabric="red blue green beige pink gray"),
               places_of(OUTDOOR + ", bedroom chair 1"),
               ("curved",),
               ("plain", "striped", "checked"), is_washable=True),
    ObjectSpec("glove", _glove, (0.180, 0.120, 0.030), (0.230, 0.155, 0.038), "wearing",
               looks(leather="black brown", fabric="red blue gray green"),
               places_of(OUTDOOR + ", laundry washer_dryer 1"),
               ("irregular",), ("plain", "striped", "dotted"), mass_kg=0.08),
    ObjectSpec("sock", _sock, (0.145, 0.195, 0.030), (0.175, 0.235, 0.036), "wearing",
               looks(fabric="white red blue green yellow black"),
               places_of("bedroom chest_of_drawers 4, laundry washer_dryer 2, laundry hamper 2, "
                         "bedroom bed 1, "
                         "childrens_room chest_of_drawers 1"), ("L-shaped",),
               ("plain", "striped", "dotted", "hearts"), mass_kg=0.04, is_washable=True),
    ObjectSpec("handbag", _handbag, (0.095, 0.260, 0.240), (0.130, 0.330, 0.310), "carrying",
               looks(leather="brown black red beige pink", fabric="blue green"),
               places_of(OUTDOOR + ", hall shoe_rack 1, bedroom chair 1"),
               ("tapered",), ("plain", "checked", "floral"), mass_kg=0.8, is_openable=True),
    ObjectSpec("backpack", _backpack, (0.210, 0.270, 0.360), (0.250, 0.310, 0.430), "carrying",
               looks(fabric="red blue green black gray purple"),
               places_of("hall bench 4, childrens_room bed 2, office chair 1, hall wardrobe 1, "
                         "bedroom bed 1"), ("rectangular",), ("plain", "starry", "dotted", "checked"),
               mass_kg=1.2, is_openable=True),
    ObjectSpec("umbrella", _umbrella, (0.580, 0.120, 0.058), (0.720, 0.145, 0.070), "keeping dry",
               looks(fabric="black red blue green navy yellow"),
               places_of("hall bench 4, hall wardrobe 2"),
               ("elongated",), ("plain", "striped", "dotted"), mass_kg=0.5),
    ObjectSpec("sunglasses", _sunglasses, (0.130, 0.128, 0.055), (0.150, 0.148, 0.066),
               "protecting eyes",
               looks(plastic="black red brown white blue", metal="gold silver"),
               places_of("hall stand 4, hall cabinet 2, bedroom stand 2, living_room table 1"),
               ("curved",), mass_kg=0.03),
    ObjectSpec("wrist_watch", _watch, (0.064, 0.038, 0.068), (0.078, 0.046, 0.082), "telling the time",
               looks(leather="brown black red", metal="silver gold", rubber="blue green"),
               places_of("bedroom stand 5, bathroom sink 1, office table 1, "
                         "bedroom chest_of_drawers 2"),
               ("ring-shaped",), mass_kg=0.08),
    ObjectSpec("wallet", _wallet, (0.085, 0.108, 0.018), (0.105, 0.130, 0.028), "carrying money",
               looks(leather="brown black red beige", fabric="blue green"),
               places_of("hall stand 5, hall cabinet 1, bedroom stand 2, office table 1, "
                         "living_room table 1"),
               ("rectangular",), ("plain", "checked", "logo"), mass_kg=0.1, is_openable=True),
)  # fmt: skip
