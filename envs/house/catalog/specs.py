"""What the catalog says about a kind of furniture or object, and the models it builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ....errors import InputError
from ....geometry import Transform
from ..mesh import Material, Mesh, merge
from ..world import ObjectAttributes, Point2, Point3, Surface

Place = tuple[str, str]
"""(room kind, furniture category)."""


class SurfaceModel(NamedTuple):
    """Where objects can lie on a piece: a rectangle in the frame of the piece."""

    name: str
    low: Point2
    high: Point2
    height_m: float
    clearance_m: float
    is_inside: bool = False

    def of(self, furniture_id: str) -> Surface:
        """The surface of a piece that stands in a house."""
        return Surface(f"{furniture_id}/{self.name}", *self[1:])


@dataclass(frozen=True)
class MovingPart:
    """A door, drawer or lid: its mesh when closed, in the frame of the piece."""

    mesh: Mesh
    open_from_closed: Transform
    """Moves the part, and what lies on the surfaces it carries, from closed to open."""
    surface_names: tuple[str, ...] = ()
    """Surfaces that move with it: the bottom of a drawer."""
    glow: Mesh = field(default_factory=lambda: merge([]))
    """Seen on it, and moving with it, while the piece is on: a lit pane."""


@dataclass(frozen=True)
class FurnitureModel:
    """A piece in its own frame: origin on the floor below its middle, +x is its front, metres.

    Invariant: every surface lies within the footprint of the piece. Closed and off is `mesh`.
    """

    body: Mesh
    """What never moves and never changes."""
    surfaces: tuple[SurfaceModel, ...] = ()
    moving_parts: tuple[MovingPart, ...] = ()
    off_part: Mesh = field(default_factory=lambda: merge([]))
    """Seen while the piece is off: a dark screen or shade."""
    on_part: Mesh = field(default_factory=lambda: merge([]))
    """Seen instead while it is on: a glowing one."""

    @property
    def mesh(self) -> Mesh:
        """The whole piece, closed and off."""
        return self.mesh_when()

    @property
    def open_mesh(self) -> Mesh:
        """The whole piece, open and off; equals `mesh` where nothing moves."""
        return self.mesh_when(is_open=True)

    def mesh_when(self, *, is_open: bool = False, is_on: bool = False) -> Mesh:
        """The whole piece in a state."""
        moving = []
        for part in self.moving_parts:
            mesh = merge([part.mesh, part.glow]) if is_on else part.mesh
            moving.append(mesh.transformed(part.open_from_closed) if is_open else mesh)
        return merge([self.body, *moving, self.on_part if is_on else self.off_part])

    def shift_of(self, surface_name: str, *, is_open: bool) -> Point3:
        """How far (x, y, z), in the frame of the piece, opening moves what lies on a surface."""
        for part in self.moving_parts if is_open else ():
            if surface_name in part.surface_names:
                x, y, z = part.open_from_closed[:3, 3]
                return float(x), float(y), float(z)
        return 0.0, 0.0, 0.0


FurnitureBuilder = Callable[[Point3, np.random.Generator], FurnitureModel]
"""From (depth, width, height) and a generator of looks."""


@dataclass(frozen=True)
class FurnitureSpec:
    """A kind of furniture: how large it is, where it belongs and what it can do."""

    category: str
    size_low_m: Point3
    """Smallest (depth along x, width along y, height)."""
    size_high_m: Point3
    counts: Mapping[str, tuple[int, int]]
    """Usual least and greatest number of pieces in each kind of room where it belongs."""
    weights: Mapping[str, float]
    """How typical it is of each kind of room in `counts`: 1 = nearly always there."""
    build: FurnitureBuilder
    stands_against_wall: bool = True
    mount: str = "floor"
    """'floor', 'wall' (its back, at -x, touches a wall) or 'ceiling' (its top touches it)."""
    mount_height_m: float = 0.0
    """Of the underside above the floor, where it hangs on a wall."""
    front_space_m: float = 0.6
    """Free floor needed in front of it."""
    is_openable: bool = False
    is_toggleable: bool = False
    is_solid: bool = True
    """A robot cannot drive through it: False for rugs and what hangs."""


@dataclass(frozen=True)
class Look:
    """What a builder of an object needs to know about its looks."""

    main: Material
    """The object's own colour in its own material."""
    contrast: Material
    """A second colour that stands out from the first."""
    shape: str
    variant: int
    color: str = "white"
    material: str = "plastic"


class Parts(NamedTuple):
    """An object before it is painted, in any scale: the print goes on `body` only."""

    body: Mesh
    trim: Mesh


ObjectBuilder = Callable[[Look], Parts]


@dataclass(frozen=True)
class ObjectSpec:
    """A kind of movable object: looks, size, use and usual places."""

    category: str
    build: ObjectBuilder
    size_low_m: Point3
    """Smallest extent along its own x (front), y, z."""
    size_high_m: Point3
    function: str
    materials: Mapping[str, tuple[str, ...]]
    """The colours it comes in, per material."""
    places: Mapping[Place, float]
    """Weights of where it is usually found; they sum to 1."""
    shapes: tuple[str, ...] = ("irregular",)
    prints: tuple[str, ...] = ("plain",)
    shape_scales: Mapping[str, Point3] = field(default_factory=dict)
    """Factors on the size for a shape, such as a tall one."""
    mass_kg: float = 0.2
    is_sliceable: bool = False
    is_washable: bool = False
    is_heatable: bool = False
    is_coolable: bool = False
    is_openable: bool = False
    is_toggleable: bool = False
    has_own_print: bool = False
    """The builder draws its only print: the spots of a die."""
    is_finished: bool = True
    """Its main colour takes the sheen of its material; False for fruit and other own skins."""

    def check(self, attributes: ObjectAttributes) -> None:
        """Raises InputError if this kind never looks so."""
        allowed = {
            "shape": self.shapes,
            "material": tuple(self.materials),
            "color": self.materials.get(attributes.material, ()),
            "print": self.prints,
            "function": (self.function,),
        }
        for name, values in allowed.items():
            if getattr(attributes, name) not in values:
                raise InputError(
                    f"a {self.category} has {name} {' or '.join(values)}, "
                    f"got '{getattr(attributes, name)}'"
                )
