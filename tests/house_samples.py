"""A hand-made house of two rooms, small enough for fast tests, and small cameras for it."""

from __future__ import annotations

import math

import numpy as np

from embodied_mem.core import Action, Outcome
from embodied_mem.envs.house.catalog import build_furniture, furniture_spec, sample_object
from embodied_mem.envs.house.env import HouseEnvConfig
from embodied_mem.envs.house.navigation import NavigationMap
from embodied_mem.envs.house.sensors import HEAD_CAMERA, WIDE_CAMERA
from embodied_mem.envs.house.surfaces import world_point
from embodied_mem.envs.house.world import (
    Door,
    Furniture,
    FurnitureState,
    House,
    ObjectState,
    Room,
    Window,
)

SMALL_HEAD = HEAD_CAMERA.resized(90, 120)
SMALL_WIDE = WIDE_CAMERA.resized(120, 90)
SMALL = HouseEnvConfig(cameras=(SMALL_HEAD,))

_PIECES = (
    # category, room, x, y, yaw, openable, toggleable
    ("table", "kitchen_0", 0.5, 1.4, 0.0),
    ("fridge", "kitchen_0", 0.45, 3.4, 0.0),
    ("sink", "kitchen_0", 2.0, 0.35, math.pi / 2),
    ("cabinet", "bedroom_0", 7.65, 3.0, math.pi),
    ("microwave", "bedroom_0", 7.6, 1.0, math.pi),
)
_OBJECTS = (
    # category, surface, offset along the surface's y
    ("mug", "table_0/top", -0.3),
    ("apple", "table_0/top", 0.0),
    ("knife", "table_0/top", 0.3),
    ("book", "cabinet_0/lower", 0.0),
    ("plate", "cabinet_0/top", 0.0),
)


def tiny_house() -> House:
    """Kitchen (x 0 to 4) and bedroom (x 4.12 to 8), 4 m deep, a door between them at y = 2."""
    rooms = (
        Room("kitchen_0", "kitchen", ((0.0, 0.0, 4.0, 4.0),)),
        Room("bedroom_0", "bedroom", ((4.12, 0.0, 8.0, 4.0),)),
    )
    doors = (Door("door_0", ("kitchen_0", "bedroom_0"), (4.06, 2.0), 0.95, 2.05, False),)
    windows = (Window("window_0", "kitchen_0", (2.0, 4.06, 1.5), 1.2, 1.0, True),)
    furniture = tuple(_piece(*row) for row in _PIECES)
    house = House(
        7, rooms, doors, windows, furniture, start=(2.0, 2.0, math.pi),
        furniture_states={piece.furniture_id: FurnitureState() for piece in furniture},
    )  # fmt: skip
    surfaces = {s.surface_id: (piece, s) for piece in furniture for s in piece.surfaces}
    rng = np.random.default_rng(7)
    for category, surface_id, along in _OBJECTS:
        piece, surface = surfaces[surface_id]
        attributes, size, variant = sample_object(category, rng)
        middle_x = (surface.low[0] + surface.high[0]) / 2
        x, y, z = world_point(piece, (middle_x, along, surface.height_m)).tolist()
        house.objects[f"{category}_0"] = ObjectState(
            f"{category}_0",
            category,
            attributes,
            size,
            variant,
            (x, y, z),
            piece.yaw_rad,
            surface_id,
        )
    return house


def tiny_map(house: House) -> NavigationMap:
    return NavigationMap(house)


def act(name: str, target: str = "", **parameters: float | str) -> Action:
    """An action as tests write it."""
    named = {"target": target} if target else {}
    return Action(name, tuple({**named, **parameters}.items()))


def state_bytes(outcome: Outcome) -> bytes:
    """Everything that an agent receives from one step, as bytes to compare."""
    return (
        observation_bytes(outcome.observation)
        + repr((outcome.is_success, outcome.feedback, outcome.is_done)).encode()
    )


def observation_bytes(observation: object) -> bytes:
    """All fields of an observation, recursively, in order."""
    if isinstance(observation, np.ndarray):
        return observation.tobytes()
    if isinstance(observation, tuple | list):
        return b"".join(observation_bytes(item) for item in observation)
    if hasattr(observation, "__dataclass_fields__"):
        names = observation.__dataclass_fields__
        return b"".join(
            name.encode() + observation_bytes(getattr(observation, name)) for name in names
        )
    return repr(observation).encode()


def _piece(category: str, room_id: str, x: float, y: float, yaw: float) -> Furniture:
    spec = furniture_spec(category)
    model = build_furniture(category, spec.size_low_m, 0)
    name = f"{category}_0"
    stand = spec.size_low_m[0] / 2 + 0.4
    viewpoint = (x + stand * math.cos(yaw), y + stand * math.sin(yaw), yaw + math.pi)
    return Furniture(
        name,
        category,
        room_id,
        (x, y, 0.0),
        yaw,
        spec.size_low_m,
        tuple(surface.of(name) for surface in model.surfaces),
        0,
        (viewpoint,),
        spec.is_openable,
        spec.is_toggleable,
    )
