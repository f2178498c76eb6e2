"""Brightness patterns of surfaces, evaluated along a stretch of a row.

All arithmetic is float32 without branches, so that the compiler makes vector code of it.
Detail finer than two pixels fades to its mean instead of flickering.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators, allow-incomplete-defs
# mypy: no-check-untyped-defs

from __future__ import annotations

import numpy as np
from numba import njit

PLAIN, WOOD, PLANKS, TILES, CHECKER, CARPET, FABRIC, FOLIAGE, GLOWING = range(9)
"""The values of `mesh.Pattern`, as constants that a compiled kernel can use."""

_kernel = njit(cache=True, nogil=True, error_model="numpy", boundscheck=False)
_f = np.float32
_ZERO, _HALF, _ONE, _TWO = _f(0), _f(0.5), _f(1), _f(2)


@_kernel
def apply(pattern, rows, pixel_rad, depth_row, first, last):
    """Multiply the brightness of pixels first..last by the pattern.

    rows: brightness and the two coordinates in the surface's plane, metres, in rows 0, 1 and 2.
    """
    gains, a, b = rows[0], rows[1], rows[2]
    if pattern == WOOD:
        for u in range(first, last):
            gains[u] *= _wood(a[u], b[u], depth_row[u] * pixel_rad)
    elif pattern == PLANKS:
        for u in range(first, last):
            gains[u] *= _planks(a[u], b[u], depth_row[u] * pixel_rad)
    elif pattern in (TILES, CHECKER):
        per_metre = _f(1 / 0.15) if pattern == TILES else _f(1 / 0.3)
        contrast = _f(0.0) if pattern == TILES else _f(0.25)
        for u in range(first, last):
            gains[u] *= _tiles(a[u], b[u], depth_row[u] * pixel_rad, per_metre, contrast)
    elif pattern == FABRIC:
        for u in range(first, last):
            gains[u] *= _fabric(a[u], b[u], depth_row[u] * pixel_rad)
    elif pattern in (CARPET, FOLIAGE):
        for u in range(first, last):
            gains[u] *= _carpet(a[u], b[u], depth_row[u] * pixel_rad)


@_kernel
def _wood(a, b, pixel_m):
    """Stripes along b that wander slowly."""
    return _ONE + _fade(pixel_m, _f(1 / 0.026)) * _f(0.2) * _grain(a, b)


@_kernel
def _planks(a, b, pixel_m):
    """Floor boards along a, 14 cm wide and 1.3 m long, in shifted rows with dark joints."""
    across = b * _f(1 / 0.14)
    row = np.floor(across)
    along = a * _f(1 / 1.3) + row * _f(0.3819)
    plank = np.floor(along)
    tone = _f(0.15) * (_hash(row, plank) - _HALF)
    is_joint = (across - row < _f(0.035)) | (along - plank < _f(0.004))
    joint = _f(0.3) if is_joint else _ZERO
    return _ONE + tone + _fade(pixel_m, _f(1 / 0.026)) * (_f(0.1) * _grain(b + plank, a) - joint)


@_kernel
def _tiles(a, b, pixel_m, per_metre, contrast):
    """Square tiles with joints; every second one darker by `contrast`."""
    s, t = a * per_metre, b * per_metre
    i, j = np.floor(s), np.floor(t)
    half = (i + j) * _HALF
    is_odd = half - np.floor(half) > _f(0.25)
    width = _f(0.005) * per_metre
    is_joint = (s - i < width) | (t - j < width)
    tone = _f(0.05) * (_hash(i, j) - _HALF) - (contrast if is_odd else _ZERO)
    joint = _f(0.2) if is_joint else _ZERO
    return _ONE + tone - _fade(pixel_m, _f(1 / 0.015)) * joint


@_kernel
def _carpet(a, b, pixel_m):
    """Noise in cells of 12 mm."""
    noise = _hash(np.floor(a * _f(1 / 0.012)), np.floor(b * _f(1 / 0.012)))
    return _ONE + _fade(pixel_m, _f(1 / 0.024)) * _f(0.22) * (noise - _HALF)


@_kernel
def _fabric(a, b, pixel_m):
    """A weave of 7 mm."""
    i, j = np.floor(a * _f(1 / 0.007)), np.floor(b * _f(1 / 0.007))
    half = (i + j) * _HALF
    weave = _f(0.05) if half - np.floor(half) > _f(0.25) else _f(-0.05)
    noise = _f(0.08) * (_hash(i, j) - _HALF)
    return _ONE + _fade(pixel_m, _f(1 / 0.014)) * (weave + noise)


@_kernel
def _grain(across, along):
    """Smooth noise in stripes, about 26 mm apart, in -0.5..0.5."""
    wave = along * _f(0.9)
    wander = _TWO * abs(wave - np.floor(wave) - _HALF)
    s = across * _f(38.0) + wander
    cell = np.floor(s)
    part = s - cell
    here, after = _hash_1(cell), _hash_1(cell + _ONE)
    return here + (after - here) * part - _HALF


@_kernel
def _hash_1(i):
    """Pseudo-random 0..1 of a whole number (Hoskins, "Hash without Sine", 2014)."""
    p = i * _f(0.1031)
    p -= np.floor(p)
    p *= p + _f(33.33)
    p *= p + p
    return p - np.floor(p)


@_kernel
def _hash(i, j):
    """Pseudo-random 0..1 of two whole numbers (Hoskins, "Hash without Sine", 2014)."""
    p, q = i * _f(0.1031), j * _f(0.1031)
    p -= np.floor(p)
    q -= np.floor(q)
    shift = p * (q + _f(33.33)) + q * (p + _f(33.33)) + p * (p + _f(33.33))
    mixed = (p + q + shift + shift) * (p + shift)
    return mixed - np.floor(mixed)


@_kernel
def _fade(pixel_m, per_metre):
    """1 where a period spans many pixels, falling to 0 where it spans two."""
    return min(max(_f(1.35) - _f(2.7) * pixel_m * per_metre, _ZERO), _ONE)
