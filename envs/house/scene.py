"""A whole house as one mesh of named instances, everything where its state says."""

from __future__ import annotations

from typing import NamedTuple

from ...geometry import Transform
from .catalog import build_object
from .dynamic_scene import upright
from .house_json import house_from_json, house_to_json
from .mesh import Mesh, Scene
from .models import furniture_model
from .shell import shell_parts
from .world import Furniture, FurnitureState, House, ObjectState

__all__ = ["HousePart", "house_from_json", "house_parts", "house_scene", "house_to_json"]


class HousePart(NamedTuple):
    """One instance: its name, its mesh in its own frame and where that frame is."""

    name: str
    mesh: Mesh
    world_from_part: Transform

    @property
    def mesh_in_world(self) -> Mesh:
        return self.mesh.transformed(self.world_from_part)


def house_parts(house: House) -> list[HousePart]:
    """Structure ('<room>/floor', '<room>/ceiling', '<room>/walls', doors, windows), furniture, objects.

    Names are the ids of the house; the order is that of the house, objects by id.
    """
    still = upright((0.0, 0.0, 0.0), 0.0)
    parts = [HousePart(name, mesh, still) for name, mesh in shell_parts(house)]
    for piece in house.furniture:
        state = house.furniture_states.get(piece.furniture_id, FurnitureState())
        parts.append(_furniture_part(piece, state))
    parts += [_object_part(thing) for _, thing in sorted(house.objects.items())]
    return parts


def house_scene(house: House) -> Scene:
    """The house in one mesh: walls, floors, ceilings, doors, windows, furniture and objects."""
    return Scene.of([(part.name, part.mesh_in_world) for part in house_parts(house)])


def _furniture_part(piece: Furniture, state: FurnitureState) -> HousePart:
    mesh = furniture_model(piece).mesh_when(is_open=state.is_open, is_on=state.is_on)
    return HousePart(piece.furniture_id, mesh, upright(piece.position, piece.yaw_rad))


def _object_part(thing: ObjectState) -> HousePart:
    mesh = build_object(
        thing.category,
        thing.attributes,
        thing.size,
        thing.variant,
        is_sliced=thing.is_sliced,
        is_clean=thing.is_clean,
    )
    return HousePart(thing.object_id, mesh, upright(thing.position, thing.yaw_rad))
