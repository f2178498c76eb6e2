"""Houses as files for other programs: GLB, and the form in which habitat-sim keeps annotated scenes.

What habitat-sim reads is written to its documentation and to HM3D's layout (a stage, a copy of it
whose vertex colours name instances, and a text file that says which); it was not loaded in
habitat-sim here. A navigation mesh is not written: habitat-sim computes one in milliseconds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from .glb import GlbPart, write_glb
from .mesh import Mesh
from .scene import house_parts
from .structure import find_room
from .world import House

_MIX = 0x9E3779
"""Odd, so that multiplying by it permutes the 24-bit numbers."""


@dataclass(frozen=True)
class HabitatFiles:
    """What `write_habitat` wrote."""

    dataset_config: Path
    stage_config: Path
    stage: Path
    semantic: Path
    descriptor: Path


def write_house_glb(house: House, path: Path) -> Path:
    """The whole house with its instance names as node names; the colours are the plain ones."""
    meshes = [(part.name, part.mesh_in_world) for part in house_parts(house)]
    write_glb(path, [GlbPart(name, mesh, mesh.colors) for name, mesh in meshes])
    return path


def write_habitat(house: House, folder: Path, *, name: str | None = None) -> HabitatFiles:
    """Stage, semantic mesh, descriptor and configurations under `folder`; `name` names the scene."""
    name = f"house_{house.seed}" if name is None else name
    stages = folder / "stages"
    try:
        stages.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {stages} could not be made: {error}") from error
    files = HabitatFiles(
        folder / "embodied_mem.scene_dataset_config.json",
        stages / f"{name}.stage_config.json",
        stages / f"{name}.glb",
        stages / f"{name}.semantic.glb",
        stages / f"{name}.semantic.txt",
    )
    meshes = [(part.name, part.mesh_in_world) for part in house_parts(house)]
    write_glb(files.stage, [GlbPart(part, mesh, mesh.colors) for part, mesh in meshes])
    write_glb(files.semantic, [_painted(k, part, mesh) for k, (part, mesh) in enumerate(meshes)])
    files.descriptor.write_text(semantic_descriptor(house, [part for part, _ in meshes]))
    files.stage_config.write_text(json.dumps(_stage_config(files), indent=2) + "\n")
    files.dataset_config.write_text(
        json.dumps({"stages": {"paths": {".json": ["stages"]}}}, indent=2) + "\n"
    )
    return files


def semantic_color(index: int) -> tuple[int, int, int]:
    """The colour of the `index`-th instance, from 0: never black, never the same twice."""
    mixed = (index + 1) * _MIX % (1 << 24)
    return mixed >> 16, mixed >> 8 & 255, mixed & 255


def semantic_descriptor(house: House, names: list[str]) -> str:
    """HM3D's text form: a heading, then 'number,hex colour,"category",region' from number 1 on.

    A region is a room, by its place in `house.rooms`.
    """
    lines = ["HM3D Semantic Annotations"]
    for index, name in enumerate(names):
        red, green, blue = semantic_color(index)
        label, region = _label_of(house, name)
        lines.append(f'{index + 1},{red:02X}{green:02X}{blue:02X},"{label}",{region}')
    return "\n".join(lines) + "\n"


def _label_of(house: House, name: str) -> tuple[str, int]:
    """Category and room number of an instance."""
    numbers = {room.room_id: number for number, room in enumerate(house.rooms)}
    room_id, _, part = name.partition("/")
    if part:
        return {"walls": "wall"}.get(part, part), numbers[room_id]
    for door in house.doors:
        if door.door_id == name:
            return "door", numbers[door.room_ids[0]]
    for window in house.windows:
        if window.window_id == name:
            return "window", numbers[window.room_id]
    for piece in house.furniture:
        if piece.furniture_id == name:
            return piece.category.replace("_", " "), numbers[piece.room_id]
    thing = house.objects[name]
    room = find_room(house, thing.position[0], thing.position[1])
    return thing.category.replace("_", " "), 0 if room is None else numbers[room.room_id]


def _painted(index: int, name: str, mesh: Mesh) -> GlbPart:
    colors = np.broadcast_to(np.array(semantic_color(index), np.uint8), (mesh.triangle_count, 3))
    return GlbPart(name, mesh, colors)


def _stage_config(files: HabitatFiles) -> dict[str, object]:
    return {
        "render_asset": files.stage.name,
        "collision_asset": files.stage.name,
        "semantic_asset": files.semantic.name,
        "semantic_descriptor_filename": files.descriptor.name,
        "has_semantic_textures": False,
        "up": [0.0, 1.0, 0.0],
        "front": [0.0, 0.0, -1.0],
        "semantic_up": [0.0, 1.0, 0.0],
        "semantic_front": [0.0, 0.0, -1.0],
        "units_to_meters": 1.0,
        "is_collidable": True,
    }
