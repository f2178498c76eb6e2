"""Binary glTF 2.0 files (GLB) of coloured meshes: one node per named part, y up.

Written to the specification of the Khronos Group (glTF 2.0, sections 3.7.2 meshes and 4 GLB):
vertex colours are linear, the file is little-endian and padded to four bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .mesh import Mesh

_MAGIC, _VERSION, _JSON, _BIN = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
_FLOAT, _UINT16, _UINT32 = 5126, 5123, 5125
_VERTICES, _INDICES = 34962, 34963


class GlbPart(NamedTuple):
    """A named mesh in the world, z up, and the (T, 3) uint8 sRGB colours to give it."""

    name: str
    mesh: Mesh
    colors: NDArray[np.uint8]


def write_glb(path: Path, parts: Sequence[GlbPart]) -> None:
    """Write the parts; those without triangles become empty nodes."""
    chunks: list[bytes] = []
    document: dict[str, list[dict[str, object]]] = {
        "nodes": [],
        "meshes": [],
        "accessors": [],
        "bufferViews": [],
    }
    for part in parts:
        node: dict[str, object] = {"name": part.name}
        if part.mesh.triangle_count:
            node["mesh"] = len(document["meshes"])
            document["meshes"].append(_mesh_of(part, document, chunks))
        document["nodes"].append(node)
    body = b"".join(chunks)
    header = {
        "asset": {"version": "2.0", "generator": "embodied_mem"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(parts)))}],
        "materials": [
            {
                "name": "paint",
                "doubleSided": True,
                "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.9},
            }
        ],
        "buffers": [{"byteLength": len(body)}],
        **document,
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(body)
    try:
        path.write_bytes(
            struct.pack("<III", _MAGIC, _VERSION, size)
            + struct.pack("<II", len(text), _JSON)
            + text
            + struct.pack("<II", len(body), _BIN)
            + body
        )
    except OSError as error:
        raise InputError(f"{path} could not be written: {error}") from error


def linear_from_srgb(colors: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """sRGB bytes as linear light in 16 bits (IEC 61966-2-1); exact enough to be turned back."""
    value = colors.astype(np.float64) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.rint(linear * 65535), np.uint16)


def _mesh_of(
    part: GlbPart, document: dict[str, list[dict[str, object]]], chunks: list[bytes]
) -> dict[str, object]:
    """Append one part's geometry to the buffer; returns its glTF mesh."""
    positions, normals, colors, index = _vertices_of(part)
    low, high = positions.min(axis=0).tolist(), positions.max(axis=0).tolist()
    attributes = {
        "POSITION": _append(document, chunks, positions, _FLOAT, "VEC3", {"min": low, "max": high}),
        "NORMAL": _append(document, chunks, normals, _FLOAT, "VEC3", {}),
        "COLOR_0": _append(document, chunks, colors, _UINT16, "VEC4", {"normalized": True}),
    }
    indices = _append(document, chunks, index, _UINT32, "SCALAR", {})
    primitive = {"attributes": attributes, "indices": indices, "material": 0, "mode": 4}
    return {"name": part.name, "primitives": [primitive]}


def _vertices_of(
    part: GlbPart,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint16], NDArray[np.uint32]]:
    """Positions, flat normals, colours and indices, y up; equal corners are shared."""
    corners = part.mesh.vertices[part.mesh.triangles].astype(np.float64)
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    face /= np.maximum(np.linalg.norm(face, axis=1, keepdims=True), 1e-30)
    count = len(corners)
    rows = np.empty((count, 3, 9))
    rows[..., :3] = corners
    rows[..., 3:6] = np.round(face, 4)[:, None]
    rows[..., 6:] = part.colors[:, None]
    kept, index = np.unique(rows.reshape(-1, 9), axis=0, return_inverse=True)
    colors = np.full((len(kept), 4), 65535, np.uint16)
    colors[:, :3] = linear_from_srgb(kept[:, 6:].astype(np.uint8))
    return (
        y_up(kept[:, :3]).astype(np.float32),
        y_up(kept[:, 3:6]).astype(np.float32),
        colors,
        index.reshape(-1).astype(np.uint32),
    )


def y_up(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N, 3) from our axes (x forward, y left, z up) to glTF's (x, y up, z towards the viewer)."""
    return np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], axis=1).astype(np.float64)


def _append(
    document: dict[str, list[dict[str, object]]],
    chunks: list[bytes],
    array: NDArray[np.generic],
    component: int,
    kind: str,
    extra: dict[str, object],
) -> int:
    """Add an array to the buffer as one view and one accessor; returns the accessor's number."""
    data = np.ascontiguousarray(array).tobytes()
    view: dict[str, object] = {
        "buffer": 0,
        "byteOffset": sum(len(chunk) for chunk in chunks),
        "byteLength": len(data),
        "target": _INDICES if kind == "SCALAR" else _VERTICES,
    }
    chunks.append(data + b"\0" * (-len(data) % 4))
    document["bufferViews"].append(view)
    accessor: dict[str, object] = {
        "bufferView": len(document["bufferViews"]) - 1,
        "componentType": component,
        "count": len(array),
        "type": kind,
        **extra,
    }
    document["accessors"].append(accessor)
    return len(document["accessors"]) - 1
