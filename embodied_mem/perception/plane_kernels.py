"""Compiled search for the planes around a box: RANSAC in inverse depth.

A plane seen by a pinhole camera is linear in the image: 1 / z = a u + b v + c; rows of `planes` are
(a, b, c, metres from the camera).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

MAX_PLANES = 3
HYPOTHESIS_COUNT = 40
MAX_RING_SAMPLES = 160
MIN_PLANE_SHARE = 0.12
"""Of the cells around the box: a smaller plane is not what the object stands on or before."""

_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _plane_through(q, u, v, a, b, c, plane):
    """The plane through three cells; False if they are on a line."""
    u1, v1, u2, v2 = u[b] - u[a], v[b] - v[a], u[c] - u[a], v[c] - v[a]
    area = u1 * v2 - u2 * v1
    if abs(area) < 4.0:
        return False
    q1, q2 = q[b] - q[a], q[c] - q[a]
    plane[0] = (q1 * v2 - q2 * v1) / area
    plane[1] = (u1 * q2 - u2 * q1) / area
    plane[2] = q[a] - plane[0] * u[a] - plane[1] * v[a]
    return True


@_jit
def _set_distance(plane, camera):
    """plane[3]: metres from the camera to the plane."""
    nx, ny = plane[0] * camera[0], plane[1] * camera[1]
    nz = plane[2] + plane[0] * camera[2] + plane[1] * camera[3]
    plane[3] = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)


@_jit
def tolerance(z):
    """Metres that depth may be off a plane: an RGB-D sensor's noise grows with the square of z."""
    return 0.010 + 0.0025 * z * z


@_jit
def _refit(q, u, v, z, is_open, plane):
    """Least squares over the open cells on the plane (weights z^2: the noise of 1/z)."""
    m = np.zeros((3, 4))
    for k in range(len(q)):
        if not is_open[k]:
            continue
        off = plane[3] * abs((plane[0] * u[k] + plane[1] * v[k] + plane[2]) * z[k] - 1.0)
        if off > tolerance(z[k]):
            continue
        w = z[k] * z[k]
        row = (u[k], v[k], 1.0)
        for a in range(3):
            for b in range(3):
                m[a, b] += w * row[a] * row[b]
            m[a, 3] += w * row[a] * q[k]
    for a in range(3):  # Gauss with pivots
        p = a
        for b in range(a + 1, 3):
            if abs(m[b, a]) > abs(m[p, a]):
                p = b
        if abs(m[p, a]) < 1e-12:
            return
        for c in range(4):
            m[a, c], m[p, c] = m[p, c], m[a, c]
        for b in range(3):
            if b != a:
                f = m[b, a] / m[a, a]
                for c in range(4):
                    m[b, c] -= f * m[a, c]
    for a in range(3):
        plane[a] = m[a, 3] / m[a, a]


@_jit
def ring_planes(depth, zone, pixel_of, camera):
    """Planes (K, 4) that fill a large share of the ring around the box, largest first.

    RANSAC with a fixed sequence of triples; `pixel_of` is (u of column 0, v of row 0, step_x,
    step_y), `camera` (fx, fy, cx, cy).
    """
    total = 0
    for i in range(depth.shape[0]):
        for j in range(depth.shape[1]):
            if zone[i, j] == 2 and depth[i, j] > 0:
                total += 1
    planes = np.zeros((MAX_PLANES, 4))
    if total < 8:
        return planes[:0]
    skip = max(1, (total + MAX_RING_SAMPLES - 1) // MAX_RING_SAMPLES)
    count = (total + skip - 1) // skip
    q, u, v, z = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    seen = taken = 0
    for i in range(depth.shape[0]):
        for j in range(depth.shape[1]):
            if zone[i, j] == 2 and depth[i, j] > 0:
                if seen % skip == 0:
                    z[taken] = depth[i, j]
                    q[taken] = 1.0 / z[taken]
                    u[taken] = pixel_of[0] + j * pixel_of[2]
                    v[taken] = pixel_of[1] + i * pixel_of[3]
                    taken += 1
                seen += 1
    is_open = np.ones(count, np.bool_)
    left = np.empty(count, np.int64)
    found = 0
    state = np.uint64(88172645463325252)
    trial = np.zeros(4)
    while found < MAX_PLANES:
        left_count = 0
        for k in range(count):
            if is_open[k]:
                left[left_count] = k
                left_count += 1
        if left_count < max(8.0, MIN_PLANE_SHARE * count):
            break
        best = 0
        for _ in range(HYPOTHESIS_COUNT):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            n = np.uint64(left_count)
            picks = (
                left[int(state % n)],
                left[int((state >> np.uint64(20)) % n)],
                left[int((state >> np.uint64(40)) % n)],
            )
            if not _plane_through(q, u, v, picks[0], picks[1], picks[2], trial):
                continue
            _set_distance(trial, camera)
            votes = 0
            for k in left[:left_count]:
                off = trial[3] * abs((trial[0] * u[k] + trial[1] * v[k] + trial[2]) * z[k] - 1.0)
                if off < tolerance(z[k]):
                    votes += 1
            if votes > best:
                best = votes
                for a in range(4):  # a slice assignment compiles for seconds
                    planes[found, a] = trial[a]
        if best < max(8.0, MIN_PLANE_SHARE * count):
            break
        _refit(q, u, v, z, is_open, planes[found])
        _set_distance(planes[found], camera)
        plane = planes[found]
        for k in left[:left_count]:
            off = plane[3] * abs((plane[0] * u[k] + plane[1] * v[k] + plane[2]) * z[k] - 1.0)
            if off < 1.5 * tolerance(z[k]):
                is_open[k] = False
        found += 1
    return planes[:found]
