"""Prints and sheens on objects, given per triangle so that they move with the object.

Stripes and checks cut the mesh along planes; dots, flowers, stars, hearts, letters and logos are
flat patches laid a little above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..mesh import Material, Mesh, merge
from . import palette

_LIFT = 0.006
"""Height of a patch above the body, as a share of the object's mean extent."""
PATCH_PRINTS = {"dotted": 14, "floral": 7, "starry": 9, "hearts": 8, "lettered": 3, "logo": 1}
"""Prints made of patches, and how many."""
CUT_PRINTS = ("striped", "checked", "bordered", "zigzag")
PRINTS = ("plain", *CUT_PRINTS, *PATCH_PRINTS)


def painted(body: Mesh, print_name: str, ink: Material, *, seed: int) -> Mesh:
    """The body with a print in another colour; its outline stays within 3 % of its extent."""
    if print_name in PATCH_PRINTS:
        return merge([body, _patches(body, print_name, ink, seed)])
    if print_name in CUT_PRINTS:
        return _cut_print(body, print_name, ink)
    return body


def finished(mesh: Mesh, material: str) -> Mesh:
    """The mesh with the sheen of a material baked into its colours."""
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    normals = _normals(corners)
    extent = float(np.ptp(mesh.vertices, axis=0).max(initial=1e-6))
    gain = palette.sheen(material, normals, corners.mean(axis=1) / extent)
    colors = np.clip(np.rint(mesh.colors * gain[:, None]), 0, 255).astype(np.uint8)
    return replace(mesh, colors=colors)


def cut(mesh: Mesh, axis: int, level: float) -> Mesh:
    """The same surface with every triangle that crosses the plane split along it."""
    distance = mesh.vertices[:, axis].astype(np.float64) - level
    distance[np.abs(distance) < 1e-7] = 0.0
    sides = np.sign(distance[mesh.triangles])
    crossing = np.flatnonzero((sides.min(axis=1) < 0) & (sides.max(axis=1) > 0))
    if not len(crossing):
        return mesh
    vertices = list(mesh.vertices)
    triangles, owners = [], []
    middle: dict[tuple[int, int], int] = {}
    for t in crossing:
        ring = _split_ring(mesh.triangles[t], distance, vertices, middle)
        for part in (ring[0], ring[1]):
            for k in range(1, len(part) - 1):
                triangles.append((part[0], part[k], part[k + 1]))
                owners.append(t)
    kept = np.setdiff1d(np.arange(mesh.triangle_count), crossing)
    source = np.concatenate([kept, np.array(owners, np.int64)])
    return Mesh(
        np.array(vertices, np.float32),
        np.concatenate([mesh.triangles[kept], np.array(triangles, np.int32)]),
        mesh.colors[source],
        mesh.instance_ids[source],
        mesh.patterns[source],
    )


def _split_ring(
    triangle: np.ndarray,
    distance: np.ndarray,
    vertices: list[np.ndarray],
    middle: dict[tuple[int, int], int],
) -> tuple[list[int], list[int]]:
    """The corner loops of a triangle on the low and on the high side of a plane."""
    low: list[int] = []
    high: list[int] = []
    for k in range(3):
        a, b = int(triangle[k]), int(triangle[(k + 1) % 3])
        if distance[a] <= 0:
            low.append(a)
        if distance[a] >= 0:
            high.append(a)
        if distance[a] * distance[b] < 0:
            key = (min(a, b), max(a, b))
            if key not in middle:
                share = distance[key[0]] / (distance[key[0]] - distance[key[1]])
                middle[key] = len(vertices)
                vertices.append(
                    vertices[key[0]] + np.float32(share) * (vertices[key[1]] - vertices[key[0]])
                )
            low.append(middle[key])
            high.append(middle[key])
    return low, high


def _cut_print(body: Mesh, print_name: str, ink: Material) -> Mesh:
    """Stripes across the longest extent, a border at its far end, or checks along two or three."""
    low, high = body.vertices.min(axis=0), body.vertices.max(axis=0)
    extent = (high - low).astype(np.float64)
    first = 2 if extent[2] > 0.55 * extent.max() else int(extent.argmax())
    if print_name == "striped":
        counts = {first: 5}
    elif print_name == "zigzag":
        counts = {(0 if first == 1 else 1): 8}
    elif print_name == "bordered":
        counts = {first: 5}
    else:
        size = extent.max() / 4
        counts = {k: max(1, round(extent[k] / size)) for k in range(3) if extent[k] > 0.6 * size}
    for axis, count in counts.items():
        for level in np.linspace(low[axis], high[axis], count + 1)[1:-1]:
            body = cut(body, axis, float(level) + 1e-5)
    centers = body.vertices[body.triangles].mean(axis=1)
    cell = np.zeros(body.triangle_count, np.int64)
    for axis, count in counts.items():
        cell += np.floor((centers[:, axis] - low[axis]) / extent[axis] * count).astype(np.int64)
    if print_name == "bordered":
        is_ink = (cell == 0) | (cell == counts[first] - 1)
    else:
        is_ink = cell % 2 == 1
    colors = body.colors.copy()
    colors[is_ink] = ink.color
    return replace(body, colors=colors)


def _patches(body: Mesh, print_name: str, ink: Material, seed: int) -> Mesh:
    """Patches spread over the outer side of a body, those that would stick out left away."""
    low, high = body.vertices.min(axis=0), body.vertices.max(axis=0)
    extent = np.sort((high - low).astype(np.float64))
    radius = {"lettered": 0.20, "logo": 0.27}.get(print_name, 0.115) * extent[1]
    radius = min(radius, 0.42 * extent[2])
    points, normals = _sites(body, print_name, seed)
    patch = _PATCHES[print_name](ink)
    laid: list[Mesh] = []
    centers: list[np.ndarray] = []
    margin = 0.02 * extent.mean()
    for point, normal in zip(points, normals, strict=True):
        if any(np.linalg.norm(point - other) < 2.1 * radius for other in centers):
            continue
        one = _laid(patch, point, normal, radius, _LIFT * float(extent.mean()))
        if (one.vertices < low - margin).any() or (one.vertices > high + margin).any():
            continue
        laid.append(one)
        centers.append(point)
        if len(laid) == PATCH_PRINTS[print_name]:
            break
    return merge(laid)


def _sites(body: Mesh, print_name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Candidate points with outward normals, spread by area; the front or the top first."""
    corners = body.vertices[body.triangles].astype(np.float64)
    normals = _normals(corners)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(cross, axis=1)
    middle = (body.vertices.min(axis=0) + body.vertices.max(axis=0)) / 2
    away = ((corners.mean(axis=1) - middle) * normals).sum(axis=1)
    area = np.where((away > 0) & (normals[:, 2] > -0.3), area, 0.0)
    if not area.any():
        return np.zeros((0, 3)), np.zeros((0, 3))
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(area), 160, p=area / area.sum())
    share = np.sort(rng.random((160, 2)), axis=1)
    weights = np.stack([share[:, 0], share[:, 1] - share[:, 0], 1 - share[:, 1]], axis=1)
    points = (corners[chosen] * weights[:, :, None]).sum(axis=1)
    if print_name in ("logo", "lettered"):
        points = corners[chosen].mean(axis=1)
        extent = np.ptp(body.vertices, axis=0)
        is_flat = extent[2] < 0.5 * extent[:2].max()
        facing = normals[chosen] @ np.array([0.15, 0, 1.0] if is_flat else [1.0, 0.1, 0.25])
        near = np.linalg.norm((points - middle) / np.maximum(extent, 1e-9), axis=1)
        order = np.argsort(0.25 * near - facing, kind="stable")
        points, chosen = points[order], chosen[order]
    return points, normals[chosen]


def _laid(patch: Mesh, point: np.ndarray, normal: np.ndarray, radius: float, lift: float) -> Mesh:
    """A unit patch (in its plane x-y, +y up) tangential to a surface."""
    up = np.array([0.0, 0.0, 1.0]) if abs(normal[2]) < 0.9 else np.array([-1.0, 0.0, 0.0])
    right = np.cross(up, normal)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1] = radius * right, radius * np.cross(normal, right)
    matrix[:3, 2], matrix[:3, 3] = radius * normal, point + lift * normal
    return patch.transformed(matrix)


def _fan(outline: np.ndarray, ink: Material, *, height: float = 0.0) -> Mesh:
    """A star-shaped polygon around the origin as a fan of triangles."""
    count = len(outline)
    vertices = np.column_stack([outline, np.full(count, height)])
    index = [(count, k, (k + 1) % count) for k in range(count)]
    return Mesh.of(np.vstack([vertices, (0.0, 0.0, height)]), index, ink)


def _polar(radii: np.ndarray, *, start_rad: float = np.pi / 2) -> np.ndarray:
    angles = start_rad + np.arange(len(radii)) * (2 * np.pi / len(radii))
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def _dot(ink: Material) -> Mesh:
    return _fan(_polar(np.full(8, 0.8)), ink)


def _flower(ink: Material) -> Mesh:
    core = Material((244, 206, 70) if ink.color[0] < 230 or ink.color[2] > 90 else (150, 60, 40))
    petals = _fan(_polar(np.tile([1.0, 0.9, 0.38], 5)), ink)
    return merge([petals, _fan(_polar(np.full(6, 0.34)), core, height=0.05)])


def _star(ink: Material) -> Mesh:
    return _fan(_polar(np.tile([1.0, 0.42], 5)), ink)


def _heart(ink: Material) -> Mesh:
    t = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    x = np.sin(t) ** 3
    y = (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
    return _fan(np.stack([-x, y], axis=1) * 0.9, ink)


def _letters(ink: Material) -> Mesh:
    """Three lines of bars, as writing looks from afar."""
    bars = []
    for line, words in enumerate(((-0.9, -0.2, 0.05, 0.9), (-0.9, 0.35), (-0.9, -0.5, -0.3, 0.7))):
        for start, end in zip(words[::2], words[1::2], strict=True):
            y = 0.5 - 0.45 * line
            corners = [(start, y, 0), (end, y, 0), (end, y + 0.2, 0), (start, y + 0.2, 0)]
            bars.append(Mesh.of(np.array(corners), [(0, 1, 2), (0, 2, 3)], ink))
    return merge(bars)


def _logo(ink: Material) -> Mesh:
    """A disc with a white tick in it."""
    disc = _fan(_polar(np.full(12, 1.0)), ink)
    tick = np.array([(-0.6, 0.1), (-0.15, -0.5), (0.65, 0.55), (-0.1, -0.1)])
    white = Material((250, 250, 246) if sum(ink.color) < 600 else (40, 40, 46))
    shape = Mesh.of(np.column_stack([tick, np.full(4, 0.06)]), [(0, 1, 3), (3, 1, 2)], white)
    return merge([disc, shape])


_PATCHES: dict[str, Callable[[Material], Mesh]] = {
    "dotted": _dot,
    "floral": _flower,
    "starry": _star,
    "hearts": _heart,
    "lettered": _letters,
    "logo": _logo,
}


def _normals(corners: np.ndarray) -> np.ndarray:
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return np.asarray(cross / np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-30))
