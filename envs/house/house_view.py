"""Looking at a house in any state of its furniture, to measure what a camera can see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...geometry import CameraIntrinsics, Transform
from .dynamic_scene import upright
from .mesh import merge
from .models import furniture_model
from .renderer import PartRenderer, RenderedView
from .scene import HousePart, house_parts
from .sensors import HEAD_CAMERA
from .surfaces import world_point
from .visibility import RoomWindows
from .world import Furniture, House

SMALL_CAMERA: CameraIntrinsics = HEAD_CAMERA.intrinsics.scaled(120, 160)
"""The head camera with a sixteenth of its pixels: the same view, quick to render."""


class HouseView:
    """A house that can be rendered with pieces open or closed; the house itself is not changed.

    Only pieces that have something in them can be opened.
    """

    def __init__(self, house: House, parts: Sequence[HousePart] | None = None) -> None:
        """`parts` are the house's parts if they are at hand; everything starts as `house` says."""
        self.house = house
        parts = house_parts(house) if parts is None else parts
        self.names: tuple[str, ...] = tuple(part.name for part in parts)
        self._ids = {name: number for number, name in enumerate(self.names)}
        inside = {s.surface_id for p in house.furniture for s in p.surfaces if s.is_inside}
        owners = {
            t.support_id.partition("/")[0] for t in house.objects.values() if t.support_id in inside
        }
        openable = {p.furniture_id: p for p in house.furniture if p.furniture_id in owners}
        loose = [part for part in parts if part.name in openable or part.name in house.objects]
        still = [
            part for part in parts if part.name not in openable and part.name not in house.objects
        ]
        meshes = [merge([p.mesh_in_world.with_instance(self._ids[p.name]) for p in still])]
        self._part_of: dict[str, int] = {}
        self._open_part_of: dict[str, int] = {}
        for part in loose:
            self._part_of[part.name] = len(meshes)
            meshes.append(part.mesh.with_instance(self._ids[part.name]))
        for name, piece in openable.items():
            self._open_part_of[name] = len(meshes)
            meshes.append(furniture_model(piece).open_mesh.with_instance(self._ids[name]))
        self._renderer = PartRenderer(meshes, rooms=RoomWindows(house))
        for part in loose:
            self._renderer.place(self._part_of[part.name], part.world_from_part)
        for name, piece in openable.items():
            pose = upright(piece.position, piece.yaw_rad)
            self._renderer.place(self._open_part_of[name], pose)
            self._renderer.show(self._open_part_of[name], False)

    @property
    def triangle_count(self) -> int:
        return self._renderer.triangle_count

    def instance_id(self, name: str) -> int:
        """The id under which renders report a part."""
        return self._ids[name]

    def open(self, piece: Furniture, is_open: bool = True) -> None:
        """Draw a piece open, what lies in its drawers moved along, or as the house has it."""
        name = piece.furniture_id
        self._renderer.show(self._part_of[name], not is_open)
        self._renderer.show(self._open_part_of[name], is_open)
        model = furniture_model(piece)
        for thing in self.house.objects.values():
            owner, _, surface = thing.support_id.partition("/")
            if owner == name:
                shift = model.shift_of(surface, is_open=is_open)
                moved = world_point(piece, shift) - np.array(piece.position)
                x, y, z = (np.array(thing.position) + moved).tolist()
                pose = upright((x, y, z), thing.yaw_rad)
                self._renderer.place(self._part_of[thing.object_id], pose)

    def render(self, world_from_camera: Transform, intrinsics: CameraIntrinsics) -> RenderedView:
        """One view; `instance_ids` index `names`."""
        return self._renderer.render(world_from_camera, intrinsics)

    def shares_from(
        self, stand: Sequence[float], intrinsics: CameraIntrinsics = SMALL_CAMERA
    ) -> NDArray[np.float64]:
        """(names,) share of the head camera's pixels that each part fills from an (x, y, yaw)."""
        pose = HEAD_CAMERA.world_from_camera((stand[0], stand[1], stand[2]))
        seen = self.render(pose, intrinsics).instance_ids.reshape(-1)
        counts = np.bincount(seen[seen >= 0], minlength=len(self.names))
        return np.asarray(counts / seen.size)
