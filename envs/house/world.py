"""The state of a house: rooms, doors, furniture with surfaces, movable objects. Plain data.

World axes: x forward, y left, z up, metres; the ground floor lies at z = 0. Yaw turns counter-clockwise
about z from +x, radians. Everything here is saved as JSON (`house_to_json`) and nothing here renders.
Ids are stable and readable: 'kitchen_0', 'table_2', 'table_2/top', 'mug_4', 'door_1'.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Point2 = tuple[float, float]
Point3 = tuple[float, float, float]

RECEPTACLE_CATEGORIES = (
    "bathtub", "bed", "bench", "cabinet", "chair", "chest_of_drawers", "couch", "counter",
    "filing_cabinet", "hamper", "serving_cart", "shelves", "shoe_rack", "sink", "stand", "stool",
    "table", "toilet", "trunk", "wardrobe", "washer_dryer",
)  # fmt: skip
"""FindingDory's receptacle classes."""

APPLIANCE_CATEGORIES = ("fridge", "microwave", "stove", "dishwasher", "lamp", "television")
"""Furniture that changes the state of objects or itself; fridge, microwave and stove hold objects too."""

ROOM_KINDS = (
    "kitchen", "living_room", "bedroom", "bathroom", "hall", "office", "dining_room", "laundry",
    "childrens_room", "storage",
)  # fmt: skip


@dataclass(frozen=True)
class Room:
    """A named region: a union of axis-aligned rectangles on one storey."""

    room_id: str
    kind: str
    rectangles: tuple[tuple[float, float, float, float], ...]
    """(x_min, y_min, x_max, y_max) between the wall faces."""
    storey: int = 0


@dataclass(frozen=True)
class Door:
    """An opening in the wall between two rooms, from the floor up. Doors have no leaf: always open."""

    door_id: str
    room_ids: tuple[str, str]
    center: Point2
    width_m: float
    height_m: float
    is_along_x: bool
    """True if the wall that it pierces runs along x."""


@dataclass(frozen=True)
class Window:
    """A glazed opening in an outer wall; light, no passage."""

    window_id: str
    room_id: str
    center: Point3
    width_m: float
    height_m: float
    is_along_x: bool


@dataclass(frozen=True)
class Surface:
    """Where objects can lie: a rectangle in the furniture's own frame."""

    surface_id: str
    """'<furniture_id>/<name>', such as 'cabinet_1/shelf_2'."""
    low: Point2
    high: Point2
    height_m: float
    """Of the surface above the furniture's origin (on the floor)."""
    clearance_m: float
    """Free height above it."""
    is_inside: bool = False
    """Inside a compartment: reached and seen only while the furniture is open."""


@dataclass(frozen=True)
class Furniture:
    """A piece that stands where it stands. Its origin lies on the floor below its middle."""

    furniture_id: str
    category: str
    room_id: str
    position: Point3
    yaw_rad: float
    size: Point3
    """Width along its own y, depth along its own x, height: (depth_m, width_m, height_m)."""
    surfaces: tuple[Surface, ...] = ()
    variant: int = 0
    """Seed of its looks: the same category, size and variant give the same mesh."""
    viewpoints: tuple[tuple[float, float, float], ...] = ()
    """(x, y, yaw) where a robot can stand and see it well, best first."""
    is_openable: bool = False
    is_toggleable: bool = False

    @property
    def is_receptacle(self) -> bool:
        return bool(self.surfaces)


@dataclass(frozen=True)
class ObjectAttributes:
    """What a person would say to tell one mug from another (FindingDory's five attributes)."""

    shape: str
    color: str
    material: str
    print: str
    """Pattern or design: 'plain', 'striped', 'dotted', 'checked', 'floral', 'logo' ..."""
    function: str


@dataclass
class ObjectState:
    """A movable object now. The only mutable part of a house, with `FurnitureState`."""

    object_id: str
    category: str
    attributes: ObjectAttributes
    size: Point3
    """Extent along its own x, y, z."""
    variant: int
    position: Point3
    """Middle of its underside in the world."""
    yaw_rad: float
    support_id: str
    """The surface it lies on, 'robot' or 'person_<n>' while held, or 'floor:<room_id>'."""
    is_sliced: bool = False
    is_clean: bool = True
    temperature: str = "room"
    """'room', 'hot' or 'cold'."""


@dataclass
class FurnitureState:
    """What can change about a piece of furniture."""

    is_open: bool = False
    is_on: bool = False


@dataclass
class House:
    """A whole house: fixed parts and changing states."""

    seed: int
    rooms: tuple[Room, ...]
    doors: tuple[Door, ...]
    windows: tuple[Window, ...]
    furniture: tuple[Furniture, ...]
    objects: dict[str, ObjectState] = field(default_factory=dict)
    furniture_states: dict[str, FurnitureState] = field(default_factory=dict)
    wall_height_m: float = 2.6
    wall_thickness_m: float = 0.12
    start: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """(x, y, yaw) where a robot begins: free floor."""
