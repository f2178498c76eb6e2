"""Moving one part of a scene: the compiled loop that puts its triangles where they are now."""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators, allow-incomplete-defs
# mypy: no-check-untyped-defs

from __future__ import annotations

import numpy as np
from numba import njit

from .lighting import AMBIENT, LAMP_IN_WORLD, LAMP_SHARE, VERTICAL_SHARE

_LAMP_X, _LAMP_Y, _LAMP_Z = (float(x) for x in LAMP_IN_WORLD / np.linalg.norm(LAMP_IN_WORLD))

_kernel = njit(cache=True, nogil=True, error_model="numpy", boundscheck=False)


@_kernel
def place(spans, pose, local, world):
    """Write the world geometry and light of one part.

    spans: (4, 2) int64 first and stop of its clusters, vertices, triangles and solids.
    pose: (4, 4) world_from_part, rigid.
    local: (vertices (V, 3) float32, normals (T, 3, 3), outer planes (T, 4)), in the part's frame.
    world: (vertices (V, 3) float32, triangles (T, 3), cluster bounds (C, 6), vertex_starts (C + 1,),
    outer planes (T, 4), solid of triangle (T,), solid bounds (S, 6), light (2 T, 4) float32).
    """
    bounds, vertex_starts, solid_bounds = world[2], world[3], world[6]
    for v in range(spans[1, 0], spans[1, 1]):
        _place_vertex(v, pose, local[0], world[0])
    for c in range(spans[0, 0], spans[0, 1]):
        _empty(bounds[c])
        for v in range(vertex_starts[c], vertex_starts[c + 1]):
            _include(bounds[c], world[0][v])
    for s in range(spans[3, 0], spans[3, 1]):
        _empty(solid_bounds[s])
    for t in range(spans[2, 0], spans[2, 1]):
        _place_triangle(t, pose, local, world)


@_kernel
def _place_vertex(v, pose, source, target):
    x, y, z = source[v, 0], source[v, 1], source[v, 2]
    for axis in range(3):
        target[v, axis] = np.float32(
            pose[axis, 0] * x + pose[axis, 1] * y + pose[axis, 2] * z + pose[axis, 3]
        )


@_kernel
def _empty(bound):
    bound[:3] = np.inf
    bound[3:] = -np.inf


@_kernel
def _include(bound, point):
    for axis in range(3):
        bound[axis] = min(bound[axis], point[axis])
        bound[axis + 3] = max(bound[axis + 3], point[axis])


@_kernel
def _place_triangle(t, pose, local, world):
    _, normals, planes = local
    vertices, triangles, _, _, outer, solid_of, solid_bounds, light = world
    shift = planes[t, 3]
    for axis in range(3):
        normal = (
            pose[axis, 0] * planes[t, 0]
            + pose[axis, 1] * planes[t, 1]
            + pose[axis, 2] * planes[t, 2]
        )
        outer[t, axis] = normal
        shift -= normal * pose[axis, 3]
    outer[t, 3] = shift
    if solid_of[t] >= 0:
        for k in range(3):
            _include(solid_bounds[solid_of[t]], vertices[triangles[t, k]])
    for side in range(2):
        sign = 1.0 if side == 0 else -1.0
        b0 = _brightness(normals[t, 0], pose, sign)
        b1 = _brightness(normals[t, 1], pose, sign)
        b2 = _brightness(normals[t, 2], pose, sign)
        _light(light[2 * t + side], vertices, triangles[t], b0, b1, b2)


@_kernel
def _brightness(normal, pose, sign):
    """As `lighting.brightness`; a zero normal marks a surface that glows."""
    a, b, c = sign * normal[0], sign * normal[1], sign * normal[2]
    if a == 0.0 and b == 0.0 and c == 0.0:
        return 1.0
    x = pose[0, 0] * a + pose[0, 1] * b + pose[0, 2] * c
    y = pose[1, 0] * a + pose[1, 1] * b + pose[1, 2] * c
    z = pose[2, 0] * a + pose[2, 1] * b + pose[2, 2] * c
    wrapped = 0.5 + 0.5 * (x * _LAMP_X + y * _LAMP_Y + z * _LAMP_Z)
    return AMBIENT + VERTICAL_SHARE * z * z + LAMP_SHARE * wrapped * wrapped


@_kernel
def _light(row, vertices, abc, b0, b1, b2):
    """Gradient and constant that take the brightness of three corners (see `lighting`)."""
    a, b, c = abc[0], abc[1], abc[2]
    ax, ay, az = float(vertices[a, 0]), float(vertices[a, 1]), float(vertices[a, 2])
    px, py, pz = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
    qx, qy, qz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
    dp, dq = b1 - b0, b2 - b0
    pp, qq = px * px + py * py + pz * pz, qx * qx + qy * qy + qz * qz
    pq = px * qx + py * qy + pz * qz
    area = pp * qq - pq * pq
    scale = 0.0 if area <= 1e-8 * pp * qq else 1.0 / area
    along_p, along_q = (dp * qq - dq * pq) * scale, (dq * pp - dp * pq) * scale
    gx, gy, gz = (
        along_p * px + along_q * qx,
        along_p * py + along_q * qy,
        along_p * pz + along_q * qz,
    )
    row[0], row[1], row[2] = gx, gy, gz
    middle = gx * (ax + (px + qx) / 3) + gy * (ay + (py + qy) / 3) + gz * (az + (pz + qz) / 3)
    row[3] = (b0 + b1 + b2) / 3 - middle
