"""Maps for viewers: `.ply` point clouds and `.glb` (glTF 2.0 binary) voxel meshes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import InputError
from ..geometry import Points
from .cache3d import SurfacePoints
from .export_file import check_suffix, replaced_when_complete
from .octree import OCCUPIED, OccupancyOctree

FLOAT32_REACH_M = 1000.0
"""Beyond it a float32 metre is coarser than 0.03 mm: PLY coordinates become float64."""
COLOR_REACH_VOXELS = 2.0
"""A voxel takes the colour of the nearest cached surface point within so many voxels."""
PRIMITIVES = ("voxels", "points")
_AXIS_LETTERS = ("x", "y", "z")
_GLB_LIMIT_BYTES = 1 << 32
_POINTS_MODE, _TRIANGLES_MODE = 0, 4
_FLOAT, _UNSIGNED_SHORT, _UNSIGNED_INT = 5126, 5123, 5125
_VERTEX_BUFFER, _INDEX_BUFFER = 34962, 34963


def write_ply(
    path: str | os.PathLike[str], points: Points, colors: NDArray[np.uint8] | None = None
) -> None:
    """Write a binary little-endian point cloud, x forward, y left, z up.

    Args:
        points: (N, 3) in the world, metres.
        colors: (N, 3) uint8 RGB.

    Raises:
        InputError: another suffix, no points, shapes that do not fit, or an unwritable path.
    """
    target = check_suffix(path, (".ply",))
    cloud = _checked_points(points)
    number = "<f4" if np.abs(cloud).max() <= FLOAT32_REACH_M else "<f8"
    fields: list[tuple[str, str]] = [(axis, number) for axis in _AXIS_LETTERS]
    if colors is not None:
        _check_colors(colors, len(cloud))
        fields += [(channel, "u1") for channel in ("red", "green", "blue")]
    rows = np.empty(len(cloud), np.dtype(fields))
    for axis, letter in enumerate(_AXIS_LETTERS):
        rows[letter] = cloud[:, axis]
    if colors is not None:
        for channel, name in enumerate(("red", "green", "blue")):
            rows[name] = colors[:, channel]
    words = {"<f4": "float", "<f8": "double", "u1": "uchar"}
    properties = "".join(f"property {words[kind]} {name}\n" for name, kind in fields)
    header = (
        "ply\nformat binary_little_endian 1.0\ncomment embodied_mem, metres, z up\n"
        f"element vertex {len(cloud)}\n{properties}end_header\n"
    )
    with replaced_when_complete(target) as file:
        file.write(header.encode())
        file.write(rows.tobytes())


def write_glb(
    path: str | os.PathLike[str],
    octree: OccupancyOctree,
    *,
    surface: SurfacePoints | None = None,
    primitive: str = "voxels",
) -> None:
    """Write the occupied space as binary glTF 2.0.

    glTF is y-up with z forward and x to the left: (x, y, z) in the world becomes (y, z, x). Vertices are
    relative to the map's middle, which the node's translation holds, so that float32 is enough anywhere.

    Args:
        surface: cached points (`SurfaceCache.surface()`) that colour the voxels near them; the others
            are coloured by height.
        primitive: 'voxels' (the faces between occupied and other voxels) or 'points' (the surface
            points; without any, the centres of occupied voxels).

    Raises:
        InputError: another suffix or primitive, nothing occupied, or an unwritable path.
    """
    target = check_suffix(path, (".glb",))
    if primitive not in PRIMITIVES:
        raise InputError(f"primitive must be one of {', '.join(PRIMITIVES)}, got '{primitive}'")
    if primitive == "points" and surface is not None and len(surface.points):
        shape = Shape(_checked_points(surface.points), surface.colors, None)
    else:
        centers, colors = _colored_voxels(octree, surface)
        shape = (
            Shape(centers, colors, None)
            if primitive == "points"
            else _exposed_faces(octree, centers, colors)
        )
    _write_shape(target, shape)


def voxel_mesh(
    octree: OccupancyOctree,
    *,
    surface: SurfacePoints | None = None,
    color_reach_voxels: float = COLOR_REACH_VOXELS,
) -> Shape:
    """The faces between occupied and other voxels, coloured as `write_glb` does.

    Voxels without a surface point within `color_reach_voxels` are coloured by height.

    Raises:
        InputError: nothing is occupied.
    """
    return _exposed_faces(octree, *_colored_voxels(octree, surface, color_reach_voxels))


def _colored_voxels(
    octree: OccupancyOctree, surface: SurfacePoints | None, reach_voxels: float = COLOR_REACH_VOXELS
) -> tuple[Points, NDArray[np.uint8]]:
    centers = octree.occupied().centers
    if len(centers) == 0:
        raise InputError(
            "the map holds nothing occupied: nothing to export; integrate a frame first"
        )
    return centers, _voxel_colors(centers, reach_voxels * octree.resolution_m, surface)


@dataclass(frozen=True)
class Shape:
    """What a mesh primitive is made of."""

    vertices: Points
    """(V, 3) in the world."""
    colors: NDArray[np.uint8]
    """(V, 3) sRGB."""
    triangles: NDArray[np.uint32] | None
    """(T, 3) vertex numbers, counter-clockwise from outside; None for points."""


def _checked_points(points: Points) -> NDArray[np.float64]:
    cloud = np.asarray(points, np.float64)
    if cloud.ndim != 2 or cloud.shape[1] != 3:
        raise InputError(f"points must be (N, 3), got {cloud.shape}")
    if len(cloud) == 0:
        raise InputError("there are no points to export; integrate a frame first")
    if not np.isfinite(cloud).all():
        raise InputError("points must be finite; drop NaN rows first")
    return cloud


def _check_colors(colors: NDArray[np.uint8], count: int) -> None:
    if colors.shape != (count, 3) or colors.dtype != np.uint8:
        raise InputError(f"colors must be ({count}, 3) uint8, got {colors.shape} {colors.dtype}")


def _voxel_colors(
    centers: Points, reach_m: float, surface: SurfacePoints | None
) -> NDArray[np.uint8]:
    colors = _height_colors(centers[:, 2])
    if surface is not None and len(surface.points):
        distance_m, nearest = cKDTree(surface.points).query(centers, distance_upper_bound=reach_m)
        is_near = np.isfinite(distance_m)
        colors[is_near] = surface.colors[nearest[is_near]]
    return colors


def _height_colors(z_m: Points) -> NDArray[np.uint8]:
    """Blue (lowest) over green to red (highest)."""
    share = (z_m - z_m.min()) / max(float(np.ptp(z_m)), 1e-9)
    ramp = np.clip(1.5 - np.abs(4 * share[:, None] - np.array([3.0, 2.0, 1.0])), 0, 1)
    return np.asarray(np.rint(255 * ramp), np.uint8)


def _exposed_faces(octree: OccupancyOctree, centers: Points, colors: NDArray[np.uint8]) -> Shape:
    """One quad for each side of an occupied voxel whose neighbour is not occupied."""
    half = octree.resolution_m / 2
    vertices, face_colors = [], []
    for axis in range(3):
        for sign in (-1, 1):
            outward = np.zeros(3)
            outward[axis] = sign
            is_open = octree.states(centers + 2 * half * outward) != OCCUPIED
            along, across = np.roll(np.eye(3), axis, axis=1)[1:]
            corners = [outward + sign * a * along + b * across for a, b in _QUAD]
            quad = centers[is_open][:, None, :] + half * np.array(corners)
            vertices.append(quad.reshape(-1, 3))
            face_colors.append(np.repeat(colors[is_open], 4, axis=0))
    corner = np.concatenate(vertices)
    first = np.arange(0, len(corner), 4, dtype=np.uint32)
    triangles = first[:, None] + np.array([0, 1, 2, 0, 2, 3], np.uint32)
    return Shape(corner, np.concatenate(face_colors), triangles.reshape(-1, 3))


_QUAD = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def _write_shape(target: Path, shape: Shape) -> None:
    middle = np.round((shape.vertices.min(axis=0) + shape.vertices.max(axis=0)) / 2)
    positions = _gltf_axes(shape.vertices - middle).astype("<f4")
    chunks = [positions.tobytes(), _linear_rgba(shape.colors).tobytes()]
    accessors: list[dict[str, Any]] = [
        {
            "bufferView": 0,
            "componentType": _FLOAT,
            "count": len(positions),
            "type": "VEC3",
            "min": positions.min(axis=0).tolist(),
            "max": positions.max(axis=0).tolist(),
        },
        {
            "bufferView": 1,
            "componentType": _UNSIGNED_SHORT,
            "normalized": True,
            "count": len(positions),
            "type": "VEC4",
        },
    ]
    primitive: dict[str, Any] = {
        "attributes": {"POSITION": 0, "COLOR_0": 1},
        "material": 0,
        "mode": _POINTS_MODE,
    }
    if shape.triangles is not None:
        chunks.append(shape.triangles.astype("<u4").tobytes())
        accessors.append(
            {
                "bufferView": 2,
                "componentType": _UNSIGNED_INT,
                "count": shape.triangles.size,
                "type": "SCALAR",
            }
        )
        primitive |= {"indices": 2, "mode": _TRIANGLES_MODE}
    document = {
        "asset": {"version": "2.0", "generator": "embodied_mem"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "translation": _gltf_axes(middle[None])[0].tolist()}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [{"pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 1.0}}],
        "accessors": accessors,
        "bufferViews": _buffer_views(chunks),
        "buffers": [{"byteLength": sum(len(chunk) for chunk in chunks)}],
    }
    _write_glb_chunks(target, document, chunks)


def _gltf_axes(points_in_world: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) x forward, y left, z up to glTF's x left, y up, z forward (a rotation)."""
    return points_in_world[:, [1, 2, 0]]


def _linear_rgba(srgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """(V, 4) vertex colours as glTF wants them: linear light, opaque (IEC 61966-2-1)."""
    c = np.arange(256) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    table = np.rint(65535 * linear).astype("<u2")
    rgba = np.full((len(srgb), 4), 65535, "<u2")
    rgba[:, :3] = table[srgb]
    return rgba


def _buffer_views(chunks: list[bytes]) -> list[dict[str, int]]:
    views, offset = [], 0
    for number, chunk in enumerate(chunks):
        target = _INDEX_BUFFER if number == 2 else _VERTEX_BUFFER
        views.append(
            {"buffer": 0, "byteOffset": offset, "byteLength": len(chunk), "target": target}
        )
        offset += len(chunk)  # every chunk holds whole 4-byte words, so views stay aligned
    return views


def _write_glb_chunks(target: Path, document: dict[str, Any], chunks: list[bytes]) -> None:
    """The GLB container: a 12-byte header, the JSON padded by spaces, the buffer (glTF 2.0, 4.4)."""
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary_bytes = sum(len(chunk) for chunk in chunks)
    total = 12 + 8 + len(text) + 8 + binary_bytes
    if total >= _GLB_LIMIT_BYTES:
        raise InputError(
            f"a .glb file holds less than 4 GiB, this map needs {total} bytes; use .ply"
        )
    with replaced_when_complete(target) as file:
        file.write(b"glTF" + np.array([2, total], "<u4").tobytes())
        file.write(np.array([len(text)], "<u4").tobytes() + b"JSON" + text)
        file.write(np.array([binary_bytes], "<u4").tobytes() + b"BIN\0")
        for chunk in chunks:
            file.write(chunk)
