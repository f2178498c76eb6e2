"""Visibility: the compiled z-buffer loops of the renderer.

Triangles are rasterised in homogeneous coordinates (Olano and Greer, "Triangle Scan Conversion
using 2D Homogeneous Coordinates", Graphics Hardware 1997): for the pixel ray
r = ((u - cx) / fx, (v - cy) / fy, 1) and camera-frame corners X0, X1, X2 the edge functions
(Xj x Xk) . r and the inverse depth (n . r) / (n . X0) are linear in (u, v), also for corners behind
the camera. So nothing is cut into pieces: the near plane is one more edge. Setup is in float64,
spans are in float32; no fast-math, so that every machine draws the same bits.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

NEAR_M = 0.05
"""Nothing closer to the camera plane than this is drawn."""

_BEHIND = 16
_EDGE_SLACK_PX = 1e-6

_kernel = njit(cache=True, nogil=True, error_model="numpy", boundscheck=False)


@_kernel
def draw(clusters, corners, triangles, solids, camera, buffers, scratch):
    """Fill an empty z-buffer: per pixel the largest inverse depth and the surface that has it.

    clusters: (is_visible (C,) bool, vertex_starts (C + 1,), triangle_starts (C + 1,)).
    corners: (V, 3) float32 in the world; triangles: (T, 3) int32.
    solids: (solid (T,) int32, outer planes (T, 4), is_culled (S + 1,) bool): of a culled solid only
    the triangles that turn to the eye are drawn; the last entry stands for open surfaces (-1).
    camera: (camera_from_world rotation (3, 3), eye (3,), lens (4,) fx fy cx cy), float64.
    buffers: (inverse_depth (H, W) float32, surface (H, W) int32): 2 t + side, -1 is none.
    scratch: (in_camera (V, 3), in_image (V, 2), outside (V,) uint8, spans (2, 3, 2)).
    Returns the number of triangles that reached a pixel row.
    """
    is_visible, vertex_starts, triangle_starts = clusters
    height, width = buffers[0].shape
    solid_of, outer, is_culled = solids
    eye = camera[1]
    drawn_count = 0
    for c in range(len(is_visible)):
        if not is_visible[c]:
            continue
        _to_camera(corners, vertex_starts[c], vertex_starts[c + 1], camera, width, height, scratch)
        for t in range(triangle_starts[c], triangle_starts[c + 1]):
            if is_culled[solid_of[t]] and _is_behind(outer[t], eye):
                continue
            drawn_count += _draw_triangle(t, triangles, camera[2], buffers, scratch)
    return drawn_count


@_kernel
def _is_behind(plane, point):
    return plane[0] * point[0] + plane[1] * point[1] + plane[2] * point[2] + plane[3] <= 0


@_kernel
def _to_camera(corners, start, stop, camera, width, height, scratch):
    """Camera coordinates, pixels and outside-bits of the corners start..stop."""
    rotation, eye, lens = camera
    in_camera, in_image, outside, _ = scratch
    for i in range(start, stop):
        dx, dy, dz = corners[i, 0] - eye[0], corners[i, 1] - eye[1], corners[i, 2] - eye[2]
        x = rotation[0, 0] * dx + rotation[0, 1] * dy + rotation[0, 2] * dz
        y = rotation[1, 0] * dx + rotation[1, 1] * dy + rotation[1, 2] * dz
        z = rotation[2, 0] * dx + rotation[2, 1] * dy + rotation[2, 2] * dz
        in_camera[i, 0], in_camera[i, 1], in_camera[i, 2] = x, y, z
        bits = 0
        if z < NEAR_M:
            bits = _BEHIND
        else:
            inverse = 1.0 / z
            in_image[i, 0] = lens[0] * x * inverse + lens[2]
            in_image[i, 1] = lens[1] * y * inverse + lens[3]
        px, py = lens[0] * x + lens[2] * z, lens[1] * y + lens[3] * z
        if px < -0.5 * z:
            bits |= 1
        if px > (width - 0.5) * z:
            bits |= 2
        if py < -0.5 * z:
            bits |= 4
        if py > (height - 0.5) * z:
            bits |= 8
        outside[i] = bits


@_kernel
def _draw_triangle(t, triangles, lens, buffers, scratch):
    """Cull, set up and scan one triangle; 1 if it had rows to scan."""
    _, in_image, outside, _ = scratch
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    if outside[a] & outside[b] & outside[c]:
        return 0
    is_crossing = ((outside[a] | outside[b] | outside[c]) & _BEHIND) != 0
    if is_crossing:
        low_u, high_u, low_v, high_v = _bounds_of_crossing(a, b, c, lens, scratch)
    else:
        ua, ub, uc = in_image[a, 0], in_image[b, 0], in_image[c, 0]
        va, vb, vc = in_image[a, 1], in_image[b, 1], in_image[c, 1]
        low_u, high_u = min(ua, min(ub, uc)), max(ua, max(ub, uc))
        low_v, high_v = min(va, min(vb, vc)), max(va, max(vb, vc))
    height, width = buffers[0].shape
    first_u = math.ceil(max(low_u - _EDGE_SLACK_PX, 0.0))
    last_u = math.floor(min(high_u + _EDGE_SLACK_PX, width - 1.0))
    first_v = math.ceil(max(low_v - _EDGE_SLACK_PX, 0.0))
    last_v = math.floor(min(high_v + _EDGE_SLACK_PX, height - 1.0))
    if first_u > last_u or first_v > last_v:
        return 0
    window = (first_u, last_u, int(first_v), int(last_v))
    return _scan(t, (a, b, c), is_crossing, window, lens, buffers, scratch)


@_kernel
def _bounds_of_crossing(a, b, c, lens, scratch):
    """Image bounds of the part of a triangle that lies beyond the near plane."""
    in_camera, in_image, outside, _ = scratch
    low_u, high_u, low_v, high_v = math.inf, -math.inf, math.inf, -math.inf
    here = c
    for k in range(3):
        before = here
        here = a if k == 0 else (b if k == 1 else c)
        is_behind = outside[here] & _BEHIND
        if not is_behind:
            u, v = in_image[here, 0], in_image[here, 1]
            low_u, high_u, low_v, high_v = (
                min(low_u, u),
                max(high_u, u),
                min(low_v, v),
                max(high_v, v),
            )
        if is_behind != outside[before] & _BEHIND:
            z0, z1 = in_camera[before, 2], in_camera[here, 2]
            part = (NEAR_M - z0) / (z1 - z0)
            x = in_camera[before, 0] + part * (in_camera[here, 0] - in_camera[before, 0])
            y = in_camera[before, 1] + part * (in_camera[here, 1] - in_camera[before, 1])
            u, v = lens[0] * x / NEAR_M + lens[2], lens[1] * y / NEAR_M + lens[3]
            low_u, high_u, low_v, high_v = (
                min(low_u, u),
                max(high_u, u),
                min(low_v, v),
                max(high_v, v),
            )
    return low_u, high_u, low_v, high_v


@_kernel
def _scan(t, abc, is_crossing, window, lens, buffers, scratch):
    """Edges and inverse depth as linear functions of the pixel, then row by row."""
    in_camera, _, _, spans = scratch
    a, b, c = abc
    ax, ay, az = in_camera[a, 0], in_camera[a, 1], in_camera[a, 2]
    bx, by, bz = in_camera[b, 0], in_camera[b, 1], in_camera[b, 2]
    cx, cy, cz = in_camera[c, 0], in_camera[c, 1], in_camera[c, 2]
    px, py, pz, qx, qy, qz = bx - ax, by - ay, bz - az, cx - ax, cy - ay, cz - az
    nx, ny, nz = py * qz - pz * qy, pz * qx - px * qz, px * qy - py * qx
    offset = nx * ax + ny * ay + nz * az
    normal_sq = nx * nx + ny * ny + nz * nz
    if normal_sq <= 1e-20 * (px * px + py * py + pz * pz) * (qx * qx + qy * qy + qz * qz):
        return 0
    if offset * offset <= 1e-18 * normal_sq * (ax * ax + ay * ay + az * az):
        return 0
    side = 0 if offset < 0 else 1
    sign = -1.0 if offset < 0 else 1.0
    depth_u, depth_v = nx / (lens[0] * offset), ny / (lens[1] * offset)
    depth_0 = nz / offset - depth_u * lens[2] - depth_v * lens[3]
    spans[0, :, 0] = window[0]
    spans[1, :, 0] = window[1]
    spans[:, :, 1] = 0.0
    counts = _add_edge(
        0, ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx, sign, lens, spans
    )
    counts = _add_edge(
        counts, by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx, sign, lens, spans
    )
    counts = _add_edge(
        counts, cy * az - cz * ay, cz * ax - cx * az, cx * ay - cy * ax, sign, lens, spans
    )
    if is_crossing:
        scale = -1.0 / offset
        _add_edge(counts, nx * scale, ny * scale, nz * scale + 1.0 / NEAR_M, 1.0, lens, spans)
    _fill(2 * t + side, (depth_0, depth_u, depth_v), window, spans, buffers)
    return 1


@_kernel
def _add_edge(counts, ex, ey, ez, sign, lens, spans):
    """Store where the edge crosses a row, u = first + slope v, as a left or a right limit.

    `counts` is left limits + 4 x right limits so far. A level edge limits no row: the window does.
    """
    eu, ev = sign * ex / lens[0], sign * ey / lens[1]
    if eu == 0.0:
        return counts
    start = -(sign * ez - eu * lens[2] - ev * lens[3]) / eu
    if eu > 0:
        spans[0, counts & 3, 0], spans[0, counts & 3, 1] = start, -ev / eu
        return counts + 1
    spans[1, counts >> 2, 0], spans[1, counts >> 2, 1] = start, -ev / eu
    return counts + 4


@_kernel
def _fill(surface_id, inverse, window, spans, buffers):
    """Draw the spans of one triangle where it is nearer than what is there."""
    inverse_depth, surface = buffers
    depth_0, depth_u, depth_v = inverse
    slope = np.float32(depth_u)
    for v in range(window[2], window[3] + 1):
        left = max(
            max(spans[0, 0, 0] + spans[0, 0, 1] * v, spans[0, 1, 0] + spans[0, 1, 1] * v),
            max(spans[0, 2, 0] + spans[0, 2, 1] * v, float(window[0])),
        )
        right = min(
            min(spans[1, 0, 0] + spans[1, 0, 1] * v, spans[1, 1, 0] + spans[1, 1, 1] * v),
            min(spans[1, 2, 0] + spans[1, 2, 1] * v, float(window[1])),
        )
        if not left <= right:
            continue
        first = np.uint32(math.ceil(left))
        stop = np.uint32(math.floor(right) + 1)
        start = np.float32(depth_0 + depth_v * v + depth_u * first)
        for u in range(first, stop):
            value = start + slope * np.float32(u - first)
            if value > inverse_depth[v, u]:
                inverse_depth[v, u] = value
                surface[v, u] = surface_id
