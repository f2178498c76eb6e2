"""A changing house, drawn fast: what stands still is prepared once, everything else is placed.

Walls and furniture bodies are one part. Doors, drawers and lids, screens that light up, objects and
people are parts of their own; a change costs microseconds. What lies in a closed compartment is
drawn too: the closed door hides it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...geometry import CameraIntrinsics, Transform, make_transform
from .catalog import object_spec
from .household import Household
from .mesh import Mesh, merge
from .models import furniture_model, object_mesh
from .person_mesh import person_mesh
from .renderer import PartRenderer, RenderedView
from .shell import shell_parts
from .visibility import RoomWindows
from .world import Furniture, ObjectState, Point3


@dataclass(frozen=True)
class PersonLook:
    """A resident as the renderer knows them."""

    person_id: str
    height_m: float
    variant: int


@dataclass(frozen=True)
class Instance:
    """Something that the renderer tells apart; its place in `DynamicScene.instances` is its id."""

    name: str
    """'mug_4', 'table_2', 'person_0', 'kitchen_0/floor', 'door_1' ..."""
    kind: str
    """'structure', 'furniture', 'object' or 'person'."""
    label: str
    """The category, such as 'mug'; empty for structure."""


@dataclass
class _FurnitureParts:
    piece: Furniture
    moving: list[tuple[int, Transform]] = field(default_factory=list)
    """Part and world_from_part when open."""
    switched: list[tuple[int, bool]] = field(default_factory=list)
    """Part and whether it is seen while the piece is on, or while it is off."""


class DynamicScene:
    """The drawable form of one household. Call `update` after changes, then `render`."""

    def __init__(self, household: Household, people: Sequence[PersonLook] = ()) -> None:
        self.instances: list[Instance] = []
        self._meshes: list[Mesh] = [merge([])]
        self._start_poses: dict[int, Transform] = {}
        self._furniture: dict[str, _FurnitureParts] = {}
        self._objects: dict[str, dict[tuple[bool, bool], int]] = {}
        """Object id -> (is sliced, is clean) -> part."""
        self._people: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        still = self._structure(household)
        still += [self._add_furniture(piece) for piece in household.house.furniture]
        self._meshes[0] = merge(still)
        for _, thing in sorted(household.house.objects.items()):
            self._add_object(thing)
        for person in people:
            number = self._add_instance(person.person_id, "person", "person")
            mesh = person_mesh(person.height_m, person.variant)
            self._people[person.person_id] = self._add_part(mesh, number)
        self.renderer = PartRenderer(self._meshes, rooms=RoomWindows(household.house))
        for part, pose in self._start_poses.items():
            self.renderer.place(part, pose)
        self._refresh(household)

    @property
    def triangle_count(self) -> int:
        return self.renderer.triangle_count

    def update(
        self, household: Household, people: Mapping[str, tuple[float, float, float]] | None = None
    ) -> None:
        """Follow the changes since the last call; `people` are (x, y, yaw) by person id."""
        for name, version in household.version.items():
            if self._versions.get(name) != version:
                self._versions[name] = version
                self._update_one(household, name)
        for person_id, (x, y, yaw) in (people or {}).items():
            self.renderer.place(self._people[person_id], upright((x, y, 0.0), yaw))

    def reset(self, household: Household) -> None:
        """Follow another household of the same house: an earlier state, say."""
        self._refresh(household)

    def render(self, world_from_camera: Transform, intrinsics: CameraIntrinsics) -> RenderedView:
        """One view; `instance_ids` index `instances`."""
        return self.renderer.render(world_from_camera, intrinsics)

    def _refresh(self, household: Household) -> None:
        for name in (*self._furniture, *self._objects):
            self._versions[name] = household.version.get(name, 0)
            self._update_one(household, name)

    def _update_one(self, household: Household, name: str) -> None:
        if name in self._objects:
            self._update_object(household.house.objects[name])
        elif name in self._furniture:
            state = household.state_of(name)
            self._update_furniture(self._furniture[name], state.is_open, state.is_on)

    def _structure(self, household: Household) -> list[Mesh]:
        return [
            mesh.with_instance(self._add_instance(name, "structure", ""))
            for name, mesh in shell_parts(household.house)
        ]

    def _add_instance(self, name: str, kind: str, label: str) -> int:
        self.instances.append(Instance(name, kind, label))
        return len(self.instances) - 1

    def _add_part(self, mesh: Mesh, instance_id: int) -> int:
        self._meshes.append(mesh.with_instance(instance_id))
        return len(self._meshes) - 1

    def _add_furniture(self, piece: Furniture) -> Mesh:
        """Parts for what moves or lights up; returns the rest, in the world."""
        model = furniture_model(piece)
        number = self._add_instance(piece.furniture_id, "furniture", piece.category)
        world_from_piece = upright(piece.position, piece.yaw_rad)
        parts = _FurnitureParts(piece)
        for moving in model.moving_parts:
            open_pose = world_from_piece @ moving.open_from_closed
            for mesh, is_glow in ((moving.mesh, False), (moving.glow, True)):
                if mesh.triangle_count:
                    part = self._add_part(mesh, number)
                    self._start_poses[part] = world_from_piece
                    parts.moving.append((part, open_pose))
                    if is_glow:
                        parts.switched.append((part, True))
        for mesh, is_on in ((model.off_part, False), (model.on_part, True)):
            if mesh.triangle_count:
                part = self._add_part(mesh, number)
                self._start_poses[part] = world_from_piece
                parts.switched.append((part, is_on))
        self._furniture[piece.furniture_id] = parts
        return model.body.transformed(world_from_piece).with_instance(number)

    def _add_object(self, thing: ObjectState) -> None:
        """One part for each state that the object can come into."""
        number = self._add_instance(thing.object_id, "object", thing.category)
        spec = object_spec(thing.category)
        self._objects[thing.object_id] = {
            (is_sliced, is_clean): self._add_part(
                object_mesh(thing, is_sliced=is_sliced, is_clean=is_clean), number
            )
            for is_sliced in ((False, True) if spec.is_sliceable else (thing.is_sliced,))
            for is_clean in ((True, False) if spec.is_washable else (thing.is_clean,))
        }

    def _update_furniture(self, parts: _FurnitureParts, is_open: bool, is_on: bool) -> None:
        for part, open_pose in parts.moving:
            self.renderer.place(part, open_pose if is_open else self._start_poses[part])
        for part, is_seen_when_on in parts.switched:
            self.renderer.show(part, is_on == is_seen_when_on)

    def _update_object(self, thing: ObjectState) -> None:
        for state, part in self._objects[thing.object_id].items():
            is_now = state == (thing.is_sliced, thing.is_clean)
            self.renderer.show(part, is_now)
            if is_now:
                self.renderer.place(part, upright(thing.position, thing.yaw_rad))


def upright(position: Point3, yaw_rad: float) -> Transform:
    """`world_from_part` of something that stands on its underside."""
    cosine, sine = np.cos(yaw_rad), np.sin(yaw_rad)
    rotation = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return make_transform(rotation, np.array(position))
