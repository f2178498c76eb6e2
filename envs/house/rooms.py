"""A furnished living room with kitchen and a bedroom next door: the scene of demo and tests.

The living room spans x 0..6, y 0..5; a door opening in its wall x = 6 leads into the bedroom at
x 6.12..9.2, y 1.2..4.6. Floor at z = 0, ceiling at 2.6 m.
"""

from __future__ import annotations

import numpy as np

from . import furniture, small_things
from . import materials as of
from .mesh import Material, Mesh, Pattern, Scene, merge
from .shapes import box_between, extrusion, lathe, quad, tube

HEIGHT_M = 2.6
DOOR_Y_M = (2.4, 3.3)
DOOR_HEIGHT_M = 2.05
_NORTH, _SOUTH, _EAST, _WEST = -np.pi / 2, np.pi / 2, np.pi, 0.0
"""Yaw of a piece that stands against that wall (north is the wall at high y) and faces the room."""

_MUG_COLORS = ((198, 62, 56), (52, 110, 160), (236, 190, 70), (90, 150, 110), (240, 240, 236))


def furnished_room(seed: int) -> Scene:
    """The flat as named instances; `seed` varies books, colours and where small things lie."""
    rng = np.random.default_rng(seed)
    parts = _rooms() + _kitchen() + _living_room(rng) + _bedroom() + _small_things(rng)
    return Scene.of(parts)


def _at(piece: Mesh, x: float, y: float, yaw: float = 0.0, z: float = 0.0) -> Mesh:
    return piece.turned(yaw).moved(x, y, z)


def _rooms() -> list[tuple[str, Mesh]]:
    """Floors, ceilings, walls with skirting, the door frame and its open leaf."""
    planks = [(0, 0), (6, 0), (6, 5), (3.4, 5), (3.4, 3.4), (0, 3.4)]
    tiles = [(0, 3.4), (3.4, 3.4), (3.4, 5), (0, 5)]
    bedroom = [(6.0, 1.2), (9.2, 1.2), (9.2, 4.6), (6.0, 4.6)]
    top = [(0, 0, HEIGHT_M), (9.2, 0, HEIGHT_M), (9.2, 5, HEIGHT_M), (0, 5, HEIGHT_M)]
    floors = [(planks, of.FLOOR), (tiles, of.FLOOR_TILES)]
    return [
        ("floor", merge([extrusion(line, 0.1, look).moved(0, 0, -0.1) for line, look in floors])),
        ("bedroom floor", extrusion(bedroom, 0.1, of.FLOOR).moved(0.0, 0.0, -0.1)),
        ("ceiling", quad(top, of.CEILING)),
        ("walls", _walls((0.0, 0.0), (6.0, 5.0), of.WARM_WALL, door_side="high")),
        ("bedroom walls", _walls((6.12, 1.2), (9.2, 4.6), of.BLUE_WALL, door_side="low")),
        ("door", _door()),
    ]


def _walls(
    low: tuple[float, float], high: tuple[float, float], paint: Material, *, door_side: str
) -> Mesh:
    """Four walls, 6 cm thick, around a room; the door opening is in the wall at low or high x."""
    (x0, y0), (x1, y1), thick = low, high, 0.06
    boxes = [
        ((x0 - thick, y0 - thick), (x1 + thick, y0)),
        ((x0 - thick, y1), (x1 + thick, y1 + thick)),
    ]
    if door_side == "high":
        closed, opened, inner = (x0 - thick, x0), (x1, x1 + thick), x1
    else:
        closed, opened, inner = (x1, x1 + thick), (x0 - thick, x0), x0
    boxes.append(((closed[0], y0), (closed[1], y1)))
    boxes += [
        ((opened[0], y0), (opened[1], DOOR_Y_M[0])),
        ((opened[0], DOOR_Y_M[1]), (opened[1], y1)),
    ]
    walls = [box_between((*a, 0), (*b, HEIGHT_M), paint) for a, b in boxes]
    lintel_low, lintel_high = (opened[0], DOOR_Y_M[0]), (opened[1], DOOR_Y_M[1])
    walls.append(box_between((*lintel_low, DOOR_HEIGHT_M), (*lintel_high, HEIGHT_M), paint))
    depth, tall = 0.015, 0.09
    closed_x = (x0, x0 + depth) if door_side == "high" else (x1 - depth, x1)
    door_x = (inner - depth, inner) if door_side == "high" else (inner, inner + depth)
    strips = [((x0, y0), (x1, y0 + depth)), ((x0, y1 - depth), (x1, y1))]
    strips.append(((closed_x[0], y0), (closed_x[1], y1)))
    strips.append(((door_x[0], y0), (door_x[1], DOOR_Y_M[0] - 0.08)))
    strips.append(((door_x[0], DOOR_Y_M[1] + 0.08), (door_x[1], y1)))
    skirting = [box_between((*a, 0), (*b, tall), of.WHITE_PAINT) for a, b in strips]
    return merge(walls + skirting)


def _door() -> Mesh:
    """The frame around the opening and a leaf with handles, open into the bedroom."""
    low, high, top = *DOOR_Y_M, DOOR_HEIGHT_M
    frame = [
        box_between((5.97, low - 0.08, 0), (6.15, low + 0.02, top + 0.08), of.WHITE_PAINT),
        box_between((5.97, high - 0.02, 0), (6.15, high + 0.08, top + 0.08), of.WHITE_PAINT),
        box_between(
            (5.97, low - 0.08, top - 0.02), (6.15, high + 0.08, top + 0.08), of.WHITE_PAINT
        ),
    ]
    width = high - low - 0.05
    panels = [
        box_between((0.12, -0.03, z), (width - 0.12, 0.03, z + tall), of.OAK)
        for z, tall in ((0.2, 0.65), (1.1, 0.75))
    ]
    handles = [
        tube(
            [(width - 0.06, 0, 1.02), (width - 0.06, y, 1.02), (width - 0.17, y, 1.02)],
            0.01,
            of.BRASS,
        )
        for y in (-0.07, 0.07)
    ]
    leaf = merge(
        [box_between((0, -0.02, 0.01), (width, 0.02, top - 0.03), of.PINE), *panels, *handles]
    )
    return merge([*frame, leaf.turned(0.2).moved(6.17, high - 0.03)])


def _kitchen() -> list[tuple[str, Mesh]]:
    """Along the north wall of the living room."""
    hood = lathe([(0.42, 0), (0.42, 0.06), (0.16, 0.28), (0.16, 0.95)], of.STEEL, segments=4)
    splash = box_between((0.78, 4.985, 0.91), (3.22, 4.999, 1.5), of.WALL_TILES)
    return [
        ("backsplash", splash),
        ("fridge", _at(furniture.fridge(), 0.42, 4.64, _NORTH)),
        ("counter", _at(furniture.counter(1.8, sink_y_m=0.3), 1.68, 4.67, _NORTH)),
        ("stove", _at(furniture.stove(), 2.9, 4.68, _NORTH)),
        ("wall cabinet", _at(furniture.wall_cabinet(0.68), 1.13, 4.82, _NORTH, 1.5)),
        ("hood", hood.turned(np.pi / 4).moved(2.9, 4.68, 1.65)),
        ("kitchen window", _at(small_things.window(0.95, 0.85), 2.02, 4.98, _NORTH, 1.2)),
        ("pot", _at(small_things.pot(), 3.05, 4.83, 0.6, 0.924)),
        ("kettle", _at(small_things.kettle(), 2.76, 4.53, 2.4, 0.924)),
        ("bin", _at(small_things.waste_bin(), 3.42, 4.78)),
    ]


def _living_room(rng: np.random.Generator) -> list[tuple[str, Mesh]]:
    """Dining table with chairs, the sofa corner, television, shelf, lamps and wall pieces."""
    chairs = [(1.15, 1.72, _SOUTH), (1.85, 1.66, _SOUTH + 0.25), (1.15, 2.92, _NORTH)]
    chairs.append((2.0, 3.02, _NORTH - 0.5))
    chair = furniture.chair(of.WALNUT, of.ARMCHAIR_CLOTH)
    curtain = small_things.curtain(0.5, 2.0, Material((214, 176, 120), Pattern.FABRIC))
    curtains = [_at(curtain, 0.1, y, 0.0, 2.4) for y in (2.05, 3.85)]
    rail = tube([(0.1, 1.75, 2.4), (0.1, 4.15, 2.4)], 0.012, of.BRASS)
    return [
        ("table", _at(furniture.table(1.4, 0.85, 0.75, of.OAK), 1.5, 2.3)),
        *[(f"chair {k + 1}", _at(chair, x, y, yaw)) for k, (x, y, yaw) in enumerate(chairs)],
        ("pendant lamp", furniture.pendant_lamp(0.9).moved(1.5, 2.3, HEIGHT_M)),
        ("rug", small_things.rug(2.4, 1.6, (156, 62, 52)).moved(3.5, 1.5)),
        ("sofa", _at(furniture.sofa(2.1, of.SOFA_CLOTH), 3.4, 0.5, _SOUTH)),
        ("cushion 1", _at(furniture.cushion(of.CUSHION_CLOTH), 2.78, 0.62, _SOUTH, 0.47)),
        ("cushion 2", _at(furniture.cushion(of.LINEN), 4.05, 0.62, _SOUTH + 0.15, 0.47)),
        ("coffee table", _at(furniture.table(0.95, 0.55, 0.42, of.WALNUT), 3.5, 1.5)),
        ("armchair", _at(furniture.sofa(0.95, of.ARMCHAIR_CLOTH, seat_count=1), 5.3, 0.85, 2.2)),
        ("floor lamp", furniture.floor_lamp().moved(4.72, 0.3)),
        ("shelf", _at(furniture.shelf(rng), 0.17, 0.85)),
        ("tv bench", _at(furniture.drawers(0.4, 1.5, 0.5, 2, of.OAK), 4.7, 4.76, _NORTH)),
        ("television", _at(furniture.television(), 4.7, 4.78, _NORTH, 0.5)),
        ("plant", small_things.plant(rng).moved(5.65, 4.62)),
        ("picture 1", _at(small_things.picture(0.9, 0.6, motif="hills"), 3.1, 0.0, _SOUTH, 1.6)),
        ("picture 2", _at(small_things.picture(0.5, 0.6, motif="shapes"), 4.0, 0.0, _SOUTH, 1.6)),
        ("clock", _at(small_things.clock(), 6.0, 1.3, _EAST, 1.8)),
        ("window", _at(small_things.window(1.3, 1.15), 0.005, 2.95, _WEST, 0.95)),
        ("curtains", merge([*curtains, rail])),
    ]


def _bedroom() -> list[tuple[str, Mesh]]:
    """Bed, desk, wardrobe and what belongs to them."""
    chair = furniture.chair(of.PINE, of.BED_CLOTH)
    return [
        ("bed", _at(furniture.bed(), 8.14, 3.78, _EAST)),
        ("bedside table", _at(furniture.drawers(0.4, 0.42, 0.5, 2, of.WALNUT), 8.97, 2.72, _EAST)),
        ("table lamp", furniture.table_lamp().moved(8.97, 2.72, 0.5)),
        ("desk", _at(furniture.corner_desk(), 7.12, 1.54, _SOUTH)),
        ("laptop", _at(furniture.laptop(), 7.3, 1.52, _SOUTH, 0.74)),
        ("desk chair", _at(chair, 7.45, 2.0, _NORTH + 0.3)),
        ("wardrobe", _at(furniture.wardrobe(), 8.56, 1.52, _SOUTH)),
        ("bedroom rug", small_things.rug(1.4, 0.9, (70, 104, 120)).moved(7.75, 2.55)),
        ("picture 3", _at(small_things.picture(0.8, 0.55, motif="shapes"), 9.2, 3.78, _EAST, 1.65)),
        ("bedroom window", _at(small_things.window(1.1, 1.1), 7.6, 4.595, _NORTH, 1.0)),
    ]


def _small_things(rng: np.random.Generator) -> list[tuple[str, Mesh]]:
    """What a person would ask for: mugs, bottles, fruit, books, a toy."""
    spots = [(1.2, 2.12, 0.75), (1.78, 2.5, 0.75), (3.75, 1.42, 0.42), (0.98, 4.55, 0.91)]
    spots.append((6.95, 1.75, 0.74))
    colors = rng.permutation(len(_MUG_COLORS))
    mugs = []
    for k, (x, y, z) in enumerate(spots):
        dx, dy, yaw = rng.uniform(-0.04, 0.04), rng.uniform(-0.04, 0.04), rng.uniform(-np.pi, np.pi)
        cup = small_things.mug(_MUG_COLORS[int(colors[k])])
        mugs.append((f"mug {k + 1}", _at(cup, x + dx, y + dy, yaw, z)))
    return [
        *mugs,
        ("fruit bowl", small_things.fruit_bowl(rng).moved(1.5, 2.28, 0.75)),
        ("bottle 1", small_things.bottle(of.GREEN_GLASS).moved(1.95, 2.18, 0.75)),
        ("bottle 2", small_things.bottle(of.AMBER_GLASS, height_m=0.24).moved(1.2, 4.84, 0.91)),
        ("bottle 3", small_things.bottle(of.GREEN_GLASS).moved(1.32, 4.86, 0.91)),
        ("books", _at(furniture.book_pile(rng), 3.2, 1.5, 0.4, 0.42)),
        ("toy", small_things.toy_cone().moved(4.35, 1.9, 0.014)),
        ("stool", small_things.stool(of.CUSHION_CLOTH).moved(5.0, 1.75)),
    ]
