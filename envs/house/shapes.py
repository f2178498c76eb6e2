"""Parametric shapes, the parts that furniture is made of.

Every shape is a `Mesh` of one material, in metres, z up, its faces turned outwards. Boxes,
cylinders, lathes and extrusions stand on z = 0 and are centred on the z axis; `moved` and `turned`
put them in place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .mesh import Material, Mesh

_BOX_QUADS = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))


def quad(corners: Sequence[Sequence[float]], material: Material) -> Mesh:
    """A flat four-sided patch from its corners in order around it."""
    return Mesh.of(np.asarray(corners, np.float64), [(0, 1, 2), (0, 2, 3)], material)


def box(size_x_m: float, size_y_m: float, size_z_m: float, material: Material) -> Mesh:
    """A cuboid that stands on z = 0."""
    x, y = size_x_m / 2, size_y_m / 2
    vertices = [(i, j, k) for k in (0.0, size_z_m) for j in (-y, y) for i in (-x, x)]
    triangles = [t for a, b, c, d in _BOX_QUADS for t in ((a, b, c), (a, c, d))]
    return Mesh.of(np.array(vertices), triangles, material)


def box_between(low: Sequence[float], high: Sequence[float], material: Material) -> Mesh:
    """A cuboid from its lowest to its highest corner."""
    size = np.subtract(high, low)
    center = np.add(high, low) / 2
    return box(size[0], size[1], size[2], material).moved(center[0], center[1], low[2])


def rounded_box(
    size_x_m: float,
    size_y_m: float,
    size_z_m: float,
    material: Material,
    *,
    radius_m: float = 0.04,
    steps: int = 3,
) -> Mesh:
    """A cuboid on z = 0 with round edges: cushions, mattresses, appliances.

    A box core is grown by a sphere of `radius_m`; each rounded corner has `steps` rings.
    """
    half = np.array([size_x_m, size_y_m, size_z_m]) / 2
    radius = min(radius_m, float(half.min()) * 0.999)
    angles = np.tan(np.linspace(-np.pi / 4, 0.0, steps + 1))
    side = np.concatenate([angles, -angles[::-1]])
    sign = np.concatenate([-np.ones(steps + 1), np.ones(steps + 1)])
    grid_u, grid_v = np.meshgrid(side, side, indexing="ij")
    sign_u, sign_v = np.meshgrid(sign, sign, indexing="ij")
    triangles = _grid_triangles(len(side), len(side))
    vertices = []
    for axis in range(3):
        for end in (-1.0, 1.0):
            order = [axis, (axis + 1) % 3, (axis + 2) % 3]
            ball = np.empty((*grid_u.shape, 3))
            core = np.empty_like(ball)
            for k, value, corner in zip(
                order, (end, grid_u, grid_v), (end, sign_u, sign_v), strict=True
            ):
                ball[..., k] = value
                core[..., k] = corner * (half[k] - radius)
            ball *= radius / np.linalg.norm(ball, axis=-1, keepdims=True)
            vertices.append((core + ball).reshape(-1, 3))
    count = len(side) ** 2
    index = [triangles[:, :: -1 if i % 2 else 1] + i * count for i in range(6)]
    points = np.concatenate(vertices) + np.array([0.0, 0.0, half[2]])
    return _welded(points, np.concatenate(index), material)


def lathe(profile: Sequence[Sequence[float]], material: Material, *, segments: int = 32) -> Mesh:
    """A (radius_m, z_m) profile turned about the z axis: bowls, bottles, lamps, mugs."""
    points = np.asarray(profile, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2 or (points[:, 0] < 0).any():
        raise InputError("a lathe profile must be (N >= 2, 2) of radius >= 0 and height in metres")
    angles = np.arange(segments) * (2 * np.pi / segments)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    vertices = np.empty((len(points), segments, 3))
    vertices[..., :2] = points[:, None, :1] * ring
    vertices[..., 2] = points[:, None, 1]
    triangles = _grid_triangles(len(points), segments, is_closed=True)
    return _welded(vertices.reshape(-1, 3), triangles, material)


def cylinder(radius_m: float, height_m: float, material: Material, *, segments: int = 32) -> Mesh:
    """A closed cylinder."""
    return frustum(radius_m, radius_m, height_m, material, segments=segments)


def frustum(
    bottom_radius_m: float,
    top_radius_m: float,
    height_m: float,
    material: Material,
    *,
    segments: int = 32,
) -> Mesh:
    """A closed cone cut off at the top; a top radius of 0 is a cone."""
    profile = [(0, 0), (bottom_radius_m, 0), (top_radius_m, height_m), (0, height_m)]
    return lathe(profile, material, segments=segments)


def sphere(radius_m: float, material: Material, *, segments: int = 32) -> Mesh:
    """A ball around the origin."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, segments // 2 + 1)
    profile = np.stack([np.cos(angles).clip(0.0), np.sin(angles)], axis=1) * radius_m
    profile[[0, -1], 0] = 0.0
    return lathe(profile.tolist(), material, segments=segments)


def torus_part(
    radius_m: float,
    tube_radius_m: float,
    material: Material,
    *,
    start_rad: float = 0.0,
    end_rad: float = 2 * np.pi,
    segments: int = 16,
    tube_segments: int = 10,
) -> Mesh:
    """A piece of a ring around the z axis in the plane z = 0: handles, taps, bows."""
    along = np.linspace(start_rad, end_rad, segments + 1)
    path = np.stack([np.cos(along), np.sin(along), np.zeros_like(along)], axis=1) * radius_m
    return tube(path.tolist(), tube_radius_m, material, segments=tube_segments)


def tube(
    path: Sequence[Sequence[float]], radius_m: float, material: Material, *, segments: int = 10
) -> Mesh:
    """A round tube along a polyline of (x, y, z) points, open at its ends."""
    points = np.asarray(path, np.float64)
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
    vertices = points[:, None] + radius_m * around
    triangles = _grid_triangles(len(points), segments, is_closed=True)
    return Mesh.of(vertices.reshape(-1, 3), triangles, material)


def extrusion(polygon: Sequence[Sequence[float]], height_m: float, material: Material) -> Mesh:
    """A simple counter-clockwise (x_m, y_m) polygon, pulled up from z = 0, such as an L."""
    outline = np.asarray(polygon, np.float64)
    count = len(outline)
    flat = _triangulated(outline)
    bottom = np.concatenate([outline, np.zeros((count, 1))], axis=1)
    vertices = np.concatenate([bottom, bottom + np.array([0.0, 0.0, height_m])])
    here = np.arange(count)
    there = (here + 1) % count
    sides = np.concatenate(
        [
            np.stack([here, there, there + count], 1),
            np.stack([here, there + count, here + count], 1),
        ]
    )
    return Mesh.of(vertices, np.concatenate([flat[:, ::-1], flat + count, sides]), material)


def sheet(points: NDArray[np.floating], material: Material) -> Mesh:
    """A (rows, columns, 3) grid of points as a bent sheet: leaves, curtains, cloth."""
    rows, columns = points.shape[:2]
    return Mesh.of(points.reshape(-1, 3), _grid_triangles(rows, columns), material)


def _grid_triangles(rows: int, columns: int, *, is_closed: bool = False) -> NDArray[np.int64]:
    """(T, 3) triangles of a grid of vertices; `is_closed` joins the last column to the first."""
    column = np.arange(columns if is_closed else columns - 1)
    after = (column + 1) % columns
    start = np.arange(rows - 1)[:, None] * columns
    a, b = start + column, start + after
    first = np.stack([a, b, b + columns], axis=-1)
    second = np.stack([a, b + columns, a + columns], axis=-1)
    return np.stack([first, second], axis=-2).reshape(-1, 3)


def _welded(
    vertices: NDArray[np.floating], triangles: NDArray[np.integer], material: Material
) -> Mesh:
    """Vertices at the same place (to 1 um) become one; collapsed triangles are dropped."""
    _, first, index = np.unique(
        np.rint(vertices * 1e6).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    joined = index.reshape(-1)[triangles]
    a, b, c = joined.T
    kept = joined[(a != b) & (b != c) & (c != a)]
    return Mesh.of(vertices[first], kept, material)


def _triangulated(outline: NDArray[np.float64]) -> NDArray[np.int64]:
    """(N - 2, 3) triangles of a simple counter-clockwise polygon by ear clipping."""
    left = list(range(len(outline)))
    triangles = []
    while len(left) > 3:
        ear = next((k for k in range(len(left)) if _is_ear(outline, left, k)), None)
        if ear is None:
            raise InputError("an extruded polygon must be simple and counter-clockwise")
        triangles.append((left[ear - 1], left[ear], left[(ear + 1) % len(left)]))
        del left[ear]
    return np.array([*triangles, tuple(left)], np.int64)


def _is_ear(outline: NDArray[np.float64], left: list[int], k: int) -> bool:
    corners = (left[k - 1], left[k], left[(k + 1) % len(left)])
    a, b, c = outline[list(corners)]
    if _cross(b - a, c - b) <= 0:
        return False
    others = outline[[i for i in left if i not in corners]]
    edges = ((a, b), (b, c), (c, a))
    is_inside = np.all([_cross(q - p, others - p) >= 0 for p, q in edges], axis=0)
    return not bool(is_inside.any())


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
