"""Prints and sheens on objects, given per triangle so that they move with the object.

Stripes and checks cut the mesh along planes; dots, flowers, stars, hearts, letters and logos are
flat patches laid a little above it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..mesh import Material, Mesh, merge
from . import palette

_ON_PLANE = 1e-7
"""Metres; a vertex closer than this to a plane lies on it."""
_LIFT = 0.006
"""Height of a patch above the body, as a share of the object's mean extent."""
PATCH_PRINTS = {"dotted": 18, "floral": 10, "starry": 12, "hearts": 10, "lettered": 3, "logo": 1}
"""Prints made of patches, and how many."""
CUT_PRINTS = ("striped", "checked", "bordered", "zigzag")
PRINTS = ("plain", *CUT_PRINTS, *PATCH_PRINTS)


def painted(
    body: Mesh, print_name: str, ink: Material, *, seed: int, trim: Mesh | None = None
) -> Mesh:
    """The body with a print in another colour, where `trim` does not cover it.

    Its outline grows by less than 3 %.
    """
    if print_name in PATCH_PRINTS:
        return merge([body, _patches(body, trim, print_name, ink, seed)])
    if print_name in CUT_PRINTS:
        return _cut_print(body, print_name, ink)
    return body


def finished(mesh: Mesh, material: str) -> Mesh:
    """The mesh with the sheen of a material baked into its colours."""
    if material == "wood" and mesh.triangle_count < 130:
        mesh = _boarded(mesh)
    corners = mesh.vertices[mesh.triangles].astype(np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    extent = float(np.ptp(mesh.vertices, axis=0).max(initial=1e-6))
    areas = np.linalg.norm(cross, axis=1) / (2 * extent**2)
    gain = palette.sheen(material, _normals(corners), corners.mean(axis=1) / extent, areas)
    colors = np.clip(np.rint(mesh.colors * gain[:, None]), 0, 255).astype(np.uint8)
    return replace(mesh, colors=colors)


def _boarded(mesh: Mesh) -> Mesh:
    """Cut into the strips of the grain of wood."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    axis = int(np.argsort(high - low, kind="stable")[1])
    levels = np.linspace(low[axis], high[axis], palette.GRAIN_COUNT + 1)[1:-1]
    return cut(mesh, axis, [float(z) for z in levels])


def cut(mesh: Mesh, axis: int, levels: Sequence[float]) -> Mesh:
    """The same surface with every triangle that crosses one of the parallel planes split there.

    `levels` ascend. Neighbours share the new vertices, so a closed mesh stays closed.
    """
    height = mesh.vertices[:, axis].astype(np.float64)
    span = height[mesh.triangles]
    low, high = span.min(axis=1), span.max(axis=1)
    is_crossing = np.zeros(mesh.triangle_count, bool)
    for level in levels:
        is_crossing |= (low < level - _ON_PLANE) & (high > level + _ON_PLANE)
    if not is_crossing.any():
        return mesh
    points = _Points(mesh.vertices.astype(np.float64), axis)
    triangles, owners = [], []
    for t in np.flatnonzero(is_crossing):
        rest = [int(k) for k in mesh.triangles[t]]
        pieces = []
        for level in levels:
            if low[t] < level - _ON_PLANE and high[t] > level + _ON_PLANE:
                piece, rest = points.split(rest, level)
                pieces.append(piece)
        for piece in [*pieces, rest]:
            for k in range(1, len(piece) - 1):
                triangles.append((piece[0], piece[k], piece[k + 1]))
                owners.append(t)
    kept = np.flatnonzero(~is_crossing)
    source = np.concatenate([kept, np.array(owners, np.int64)])
    return Mesh(
        np.array(points.positions, np.float32),
        np.concatenate([mesh.triangles[kept], np.array(triangles, np.int32)]),
        mesh.colors[source],
        mesh.instance_ids[source],
        mesh.patterns[source],
    )


class _Points:
    """Vertices of a mesh that is being cut; a cut edge gets one new vertex, once."""

    def __init__(self, vertices: np.ndarray, axis: int) -> None:
        self.positions = list(vertices)
        self._axis = axis
        self._middle: dict[tuple[int, int], int] = {}

    def split(self, loop: list[int], level: float) -> tuple[list[int], list[int]]:
        """The corner loops of a convex polygon on the low and on the high side of a plane."""
        low: list[int] = []
        high: list[int] = []
        for here, after in zip(loop, loop[1:] + loop[:1], strict=True):
            first, second = (self._distance(k, level) for k in (here, after))
            if first <= 0:
                low.append(here)
            if first >= 0:
                high.append(here)
            if first * second < 0:
                middle = self._between(here, after, level)
                low.append(middle)
                high.append(middle)
        return low, high

    def _distance(self, k: int, level: float) -> float:
        distance = float(self.positions[k][self._axis]) - level
        return 0.0 if abs(distance) <= _ON_PLANE else distance

    def _between(self, first: int, second: int, level: float) -> int:
        a, b = min(first, second), max(first, second)
        if (a, b) not in self._middle:
            start, end = self.positions[a], self.positions[b]
            share = (level - start[self._axis]) / (end[self._axis] - start[self._axis])
            self._middle[a, b] = len(self.positions)
            self.positions.append(start + share * (end - start))
        return self._middle[a, b]


def _cut_print(body: Mesh, print_name: str, ink: Material) -> Mesh:
    """Stripes across the longest extent, a border at its far end, or checks along two or three."""
    low, high = body.vertices.min(axis=0), body.vertices.max(axis=0)
    extent = (high - low).astype(np.float64)
    is_tall = extent[2] > 0.55 * extent.max() or print_name == "bordered"
    first = 2 if is_tall else int(extent.argmax())
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
        body = cut(
            body, axis, [float(z) for z in np.linspace(low[axis], high[axis], count + 1)[1:-1]]
        )
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


class _Site(NamedTuple):
    """A point on a surface and the outward normal there."""

    point: np.ndarray
    normal: np.ndarray


def _patches(body: Mesh, trim: Mesh | None, print_name: str, ink: Material, seed: int) -> Mesh:
    """Patches spread over what can be seen of a body, those that would overhang left away."""
    extent = np.sort(np.ptp(body.vertices, axis=0).astype(np.float64))
    is_flat = extent[0] < 0.25 * extent[1]
    radius = {"lettered": 0.20, "logo": 0.27}.get(print_name, 0.08 if is_flat else 0.115) * extent[
        1
    ]
    radius = min(
        radius, (0.42 if is_flat else 0.62) * extent[2], 1.0 if is_flat else 0.4 * extent[0]
    )
    lift = max(_LIFT * float(extent.mean()), 0.07 * radius if print_name == "logo" else 0.0)
    patch = _PATCHES[print_name](ink)
    cover = body if trim is None else merge([body, trim])
    laid: list[Mesh] = []
    centers: list[np.ndarray] = []
    for site in _sites(body, print_name, seed):
        if any(np.linalg.norm(site.point - other) < 2.1 * radius for other in centers):
            continue
        ahead = site.point + 0.02 * radius * site.normal
        if np.isfinite(_depths(ahead[None], site.normal, cover)).any():
            continue
        one = _draped(_laid(patch, site, radius), body, site, reach=0.5 * radius, lift=lift)
        if one is None:
            continue
        laid.append(one)
        centers.append(site.point)
        if len(laid) == PATCH_PRINTS[print_name]:
            break
    return merge(laid)


def _sites(body: Mesh, print_name: str, seed: int) -> list[_Site]:
    """Candidate points with outward normals, spread by area; the front or the top first."""
    corners = body.vertices[body.triangles].astype(np.float64)
    normals = _normals(corners)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(cross, axis=1)
    middle = (body.vertices.min(axis=0) + body.vertices.max(axis=0)) / 2
    away = ((corners.mean(axis=1) - middle) * normals).sum(axis=1)
    area = np.where(((away > 0) & (normals[:, 2] > -0.3)) | (normals[:, 2] > 0.5), area, 0.0)
    if not area.any():
        return []
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(area), 160, p=area / area.sum())
    share = np.sort(rng.random((160, 2)), axis=1)
    weights = np.stack([share[:, 0], share[:, 1] - share[:, 0], 1 - share[:, 1]], axis=1)
    points = (corners[chosen] * weights[:, :, None]).sum(axis=1)
    if print_name in ("logo", "lettered"):
        extent = np.ptp(body.vertices, axis=0)
        is_flat = extent[2] < 0.3 * extent[:2].max()
        facing = normals[chosen] @ np.array([0.15, 0, 1.0] if is_flat else [1.0, 0.1, 0.25])
        near = np.linalg.norm((points - middle) / np.maximum(extent, 1e-9), axis=1)
        order = np.argsort(0.25 * near - facing, kind="stable")
        points, chosen = points[order], chosen[order]
    return [_Site(*pair) for pair in zip(points, normals[chosen], strict=True)]


def _draped(patch: Mesh, body: Mesh, site: _Site, *, reach: float, lift: float) -> Mesh | None:
    """The patch pressed onto the body along the normal of its site; None where it would overhang."""
    normal = site.normal
    offset = patch.vertices.astype(np.float64) - site.point
    local = offset @ normal
    start = site.point + offset + (reach - local)[:, None] * normal
    depth = _depths(start, -normal, body)
    if (depth > 2 * reach).any():
        return None
    points = start + (lift + local - depth)[:, None] * normal
    return replace(patch, vertices=points.astype(np.float32))


def _depths(origins: np.ndarray, direction: np.ndarray, body: Mesh) -> np.ndarray:
    """(N,) how far rays go until they hit a mesh, infinity where they miss (Moeller, Trumbore)."""
    a, b, c = np.moveaxis(body.vertices[body.triangles].astype(np.float64), 1, 0)
    across = np.cross(direction, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1.0 / (across * (b - a)).sum(axis=1)
        offset = origins[:, None] - a
        first = (across * offset).sum(axis=-1) * scale
        turned = np.cross(offset, b - a)
        second = (direction * turned).sum(axis=-1) * scale
        depth = ((c - a) * turned).sum(axis=-1) * scale
        is_hit = (first >= -1e-6) & (second >= -1e-6) & (first + second <= 1 + 1e-6) & (depth > 0)
    return np.asarray(np.where(is_hit, depth, np.inf).min(axis=1))


def _laid(patch: Mesh, site: _Site, radius: float) -> Mesh:
    """A unit patch (in its plane x-y, +y up) tangential to a surface."""
    normal = site.normal
    up = np.array([0.0, 0.0, 1.0]) if abs(normal[2]) < 0.9 else np.array([-1.0, 0.0, 0.0])
    right = np.cross(up, normal)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1] = radius * right, radius * np.cross(normal, right)
    matrix[:3, 2], matrix[:3, 3] = radius * normal, site.point
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
