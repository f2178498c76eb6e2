"""Triangle meshes with a colour, a pattern and an instance id per triangle, and scenes of them."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...geometry import Box, Transform, transform_points

VertexArray = NDArray[np.float32]
"""(V, 3) float32 metres."""
TriangleArray = NDArray[np.int32]
"""(T, 3) int32 indices into the vertices."""


class Pattern(enum.IntEnum):
    """What a surface looks like up close; evaluated per pixel from the position in the world."""

    PLAIN = 0
    WOOD = 1
    PLANKS = 2
    TILES = 3
    CHECKER = 4
    CARPET = 5
    FABRIC = 6
    FOLIAGE = 7
    GLOWING = 8
    """Not lit from outside: windows, lamp shades, screens."""


@dataclass(frozen=True)
class Material:
    """Colour and pattern of a surface."""

    color: tuple[int, int, int]
    """RGB, 0 to 255."""
    pattern: Pattern = Pattern.PLAIN


@dataclass(frozen=True)
class Mesh:
    """Triangles in one frame; either side of a triangle may be seen.

    Invariant: `triangles`, `colors`, `instance_ids` and `patterns` have one row per triangle, and
    every index in `triangles` names a vertex.
    """

    vertices: VertexArray
    triangles: TriangleArray
    colors: NDArray[np.uint8]
    """(T, 3) uint8 RGB."""
    instance_ids: NDArray[np.int32]
    """(T,) int32, 0 or more."""
    patterns: NDArray[np.uint8]
    """(T,) uint8 codes of `Pattern`."""

    def __post_init__(self) -> None:
        count = len(self.triangles)
        _check("vertices", self.vertices, (len(self.vertices), 3), np.float32)
        _check("triangles", self.triangles, (count, 3), np.int32)
        _check("colors", self.colors, (count, 3), np.uint8)
        _check("instance_ids", self.instance_ids, (count,), np.int32)
        _check("patterns", self.patterns, (count,), np.uint8)
        if not np.isfinite(self.vertices).all():
            raise InputError("mesh vertices must be finite, got NaN or infinity")
        if count and not 0 <= self.triangles.min() <= self.triangles.max() < len(self.vertices):
            raise InputError(
                f"triangles must index {len(self.vertices)} vertices, got indices from "
                f"{self.triangles.min()} to {self.triangles.max()}"
            )
        if count and self.instance_ids.min() < 0:
            raise InputError(f"instance ids must be 0 or more, got {self.instance_ids.min()}")

    @classmethod
    def of(cls, vertices: NDArray[np.floating], triangles: object, material: Material) -> Mesh:
        """A mesh of one material and instance 0 from anything array-like."""
        index = np.asarray(triangles, np.int32).reshape(-1, 3)
        return cls(
            np.ascontiguousarray(vertices, np.float32),
            np.ascontiguousarray(index),
            np.full((len(index), 3), material.color, np.uint8),
            np.zeros(len(index), np.int32),
            np.full(len(index), int(material.pattern), np.uint8),
        )

    @property
    def triangle_count(self) -> int:
        return len(self.triangles)

    def transformed(self, target_from_source: Transform) -> Mesh:
        """The same triangles in another frame."""
        points = transform_points(target_from_source, self.vertices.astype(np.float64))
        return replace(self, vertices=points.astype(np.float32))

    def moved(self, x_m: float = 0.0, y_m: float = 0.0, z_m: float = 0.0) -> Mesh:
        """Shifted by metres along the axes."""
        return replace(self, vertices=self.vertices + np.array([x_m, y_m, z_m], np.float32))

    def turned(self, angle_rad: float, *, axis: str = "z") -> Mesh:
        """Rotated about the x, y or z axis through the origin, counter-clockwise."""
        first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
        rotation = np.eye(4)
        cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
        rotation[[first, second], [first, second]] = cosine
        rotation[first, second], rotation[second, first] = -sine, sine
        return self.transformed(rotation)

    def with_instance(self, instance_id: int) -> Mesh:
        """All triangles belong to one instance."""
        return replace(self, instance_ids=np.full(self.triangle_count, instance_id, np.int32))


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of all triangles, in the order given."""
    if not meshes:
        return Mesh.of(np.zeros((0, 3)), [], Material((0, 0, 0)))
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate(
            [mesh.triangles + np.int32(start) for mesh, start in zip(meshes, starts, strict=True)]
        ),
        np.concatenate([mesh.colors for mesh in meshes]),
        np.concatenate([mesh.instance_ids for mesh in meshes]),
        np.concatenate([mesh.patterns for mesh in meshes]),
    )


@dataclass(frozen=True)
class Scene:
    """A mesh whose instance ids have names: `instance_names[instance_id]`, each name once."""

    mesh: Mesh
    instance_names: tuple[str, ...]

    @classmethod
    def of(cls, parts: Sequence[tuple[str, Mesh]]) -> Scene:
        """Each named part becomes the next instance."""
        names = tuple(name for name, _ in parts)
        if len(set(names)) != len(names):
            repeated = sorted({name for name in names if names.count(name) > 1})
            raise InputError(f"instance names must differ, got {repeated} more than once")
        return cls(merge([mesh.with_instance(i) for i, (_, mesh) in enumerate(parts)]), names)

    def get_instance_id(self, name: str) -> int:
        """The id under which the renderer reports `name`; raises InputError if there is none."""
        if name not in self.instance_names:
            raise InputError(f"no instance '{name}' in the scene; there are {self.instance_names}")
        return self.instance_names.index(name)

    def get_box(self, name: str) -> Box:
        """The axis-aligned box of an instance in the world; raises InputError if there is none."""
        is_part = self.mesh.instance_ids == self.get_instance_id(name)
        return Box.around(self.mesh.vertices[np.unique(self.mesh.triangles[is_part])])


def _check(name: str, array: NDArray[np.generic], shape: tuple[int, ...], dtype: type) -> None:
    if array.shape != shape or array.dtype != dtype:
        raise InputError(
            f"mesh {name} must be {shape} {np.dtype(dtype).name}, got {array.shape} {array.dtype}"
        )
