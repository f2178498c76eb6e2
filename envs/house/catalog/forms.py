"""Low-resolution shapes for small things, in any scale; `fitted` gives them their size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ....errors import InputError
from ..mesh import Material, Mesh, merge
from ..shapes import box, extrusion, lathe, rounded_box, torus_part
from ..world import Point3
from .specs import Parts

EMPTY = merge([])


def fitted(mesh: Mesh, size: Sequence[float], *, around: Mesh | None = None) -> Mesh:
    """Scaled and moved so that `around` (default: itself) fills the box of `size` on z = 0."""
    points = (around or mesh).vertices.astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = np.asarray(size, np.float64) / np.maximum(high - low, 1e-9)
    matrix = np.diag([*scale, 1.0])
    matrix[:3, 3] = -scale * [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]]
    return mesh.transformed(matrix)


def scaled(mesh: Mesh, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Mesh:
    """Stretched along the axes about the origin."""
    return mesh.transformed(np.diag([x, y, z, 1.0]))


def flipped(mesh: Mesh) -> Mesh:
    """Upside down about the x axis through the origin."""
    return mesh.turned(np.pi, axis="x")


def turned_form(
    profile: Sequence[Sequence[float]], material: Material, *, segments: int = 16
) -> Mesh:
    """A lathe with few segments."""
    return lathe(profile, material, segments=segments)


def tin(radius: float, height: float, material: Material, *, segments: int = 16) -> Mesh:
    """A cylinder on z = 0."""
    return lathe([(0, 0), (radius, 0), (radius, height), (0, height)], material, segments=segments)


def egg(x: float, y: float, z: float, material: Material, *, segments: int = 12) -> Mesh:
    """An ellipsoid with these half axes around the origin."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, segments // 2 + 1)
    profile = np.stack([np.cos(angles).clip(0.0), np.sin(angles)], axis=1)
    profile[[0, -1], 0] = 0.0
    return scaled(lathe(profile.tolist(), material, segments=segments), x, y, z)


def brick(x: float, y: float, z: float, material: Material) -> Mesh:
    """A sharp cuboid on z = 0."""
    return box(x, y, z, material)


def soft_brick(x: float, y: float, z: float, material: Material, *, radius: float = 0.1) -> Mesh:
    """A cuboid on z = 0 whose edges are rounded by a share of its least extent."""
    return rounded_box(x, y, z, material, radius_m=radius * min(x, y, z), steps=1)


def plate_of(polygon: Sequence[Sequence[float]], thickness: float, material: Material) -> Mesh:
    """A flat piece with a (x, y) outline, on z = 0."""
    return extrusion(polygon, thickness, material)


def ring(radius: float, tube_radius: float, material: Material, *, segments: int = 12) -> Mesh:
    """A whole torus in the plane z = 0."""
    return torus_part(radius, tube_radius, material, segments=segments, tube_segments=6)


def bow(radius: float, tube_radius: float, material: Material, *, segments: int = 7) -> Mesh:
    """Half a ring in the plane y = 0, open to -x: the handle of a mug."""
    half = torus_part(
        radius,
        tube_radius,
        material,
        start_rad=-np.pi / 2,
        end_rad=np.pi / 2,
        segments=segments,
        tube_segments=6,
    )
    return half.turned(np.pi / 2, axis="x")


def rod(
    path: Sequence[Sequence[float]],
    radii: float | Sequence[float],
    material: Material,
    *,
    segments: int = 8,
) -> Mesh:
    """A round body along a path of (x, y, z) points with a radius at each, closed at its ends."""
    points = np.asarray(path, np.float64)
    if len(points) < 2:
        raise InputError(f"a rod needs two points or more, got {len(points)}")
    radius = np.broadcast_to(np.asarray(radii, np.float64), len(points))
    tangents = np.gradient(points, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    plane = np.linalg.svd(points - points.mean(axis=0))[2][2]
    normals = plane - tangents * (tangents @ plane)[:, None]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    sideways = np.cross(tangents, normals)
    angles = np.arange(segments) * (2 * np.pi / segments)
    around = (
        np.cos(angles)[None, :, None] * normals[:, None]
        + np.sin(angles)[None, :, None] * sideways[:, None]
    )
    vertices = (points[:, None] + radius[:, None, None] * around).reshape(-1, 3)
    count = len(points)
    here = np.arange(segments)
    there = (here + 1) % segments
    triangles = []
    for k in range(count - 1):
        a, b = k * segments + here, k * segments + there
        triangles += [
            np.stack([a, b, b + segments], 1),
            np.stack([a, b + segments, a + segments], 1),
        ]
    first, last = len(vertices), len(vertices) + 1
    end = (count - 1) * segments
    triangles.append(np.stack([there, here, np.full(segments, first)], 1))
    triangles.append(np.stack([end + here, end + there, np.full(segments, last)], 1))
    return Mesh.of(
        np.vstack([vertices, points[0], points[-1]]), np.concatenate(triangles), material
    )


def arc(
    radius: float, start_rad: float, end_rad: float, count: int, *, plane: str = "xz"
) -> list[Point3]:
    """Points on a circle around the origin in the xz, xy or yz plane."""
    points: list[Point3] = []
    for angle in np.linspace(start_rad, end_rad, count):
        a, b = float(radius * np.cos(angle)), float(radius * np.sin(angle))
        points.append({"xz": (a, 0.0, b), "xy": (a, b, 0.0), "yz": (0.0, a, b)}[plane])
    return points


def disc_outline(radius: float, count: int = 16) -> list[tuple[float, float]]:
    """A counter-clockwise (x, y) circle."""
    angles = np.arange(count) * (2 * np.pi / count)
    return [(float(radius * np.cos(a)), float(radius * np.sin(a))) for a in angles]


def parts(body: Sequence[Mesh] | Mesh, trim: Sequence[Mesh] = ()) -> Parts:
    """What is printed on, and the rest."""
    return Parts(merge([body] if isinstance(body, Mesh) else body), merge(trim))
