"""Colour, depth and instance of the visible pixels, row by row.

Per pixel only what changes from triangle to triangle is looked up; the arithmetic that is the same for
all pixels, and the patterns, run over stretches of a row as vector code.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators, allow-incomplete-defs
# mypy: no-check-untyped-defs

from __future__ import annotations

import numpy as np
from numba import njit

from . import textures

_kernel = njit(cache=True, nogil=True, error_model="numpy", boundscheck=False)
_f = np.float32
_ZERO, _ONE, _MAX_GAIN, _WHITE = _f(0.0), _f(1.0), _f(1.5), _f(255.0)

_GAIN, _A, _B, _RED, _GREEN, _BLUE = range(6)
ROW_COUNT = 6
"""Rows of working memory that `shade` needs: brightness, position in the surface, colour."""


@_kernel
def shade(buffers, looks, frames, camera, background, rows, outputs):
    """Turn the z-buffer into images.

    buffers, camera: as in `raster.draw`; rows: (ROW_COUNT, W) float32 working memory.
    looks: (light (2 T, 4) float32, colors (T, 3) uint8, patterns (T,) uint8, axes (T,) uint8,
    instance_ids (T,) int32, part (T,) int32); light is affine in the world position, for either side.
    frames: (P, 3, 4) float32 part_from_world: patterns move with their part; part 0 stands still.
    background: (3,) uint8. outputs: (color (H, W, 3) uint8, depth_m (H, W) float32,
    instance_ids (H, W) int32).
    """
    inverse_depth, surface = buffers
    rotation, eye, lens = camera
    color, depth_m, instance_ids = outputs
    rays = np.empty((3, 3), np.float32)
    for axis in range(3):
        rays[axis, 0] = eye[axis]
        rays[axis, 2] = rotation[0, axis] / lens[0]
    pixel_rad = _f(1.0 / lens[0])
    for v in range(surface.shape[0]):
        x, y = -lens[2] / lens[0], (v - lens[3]) / lens[1]
        for axis in range(3):
            rays[axis, 1] = rotation[0, axis] * x + rotation[1, axis] * y + rotation[2, axis]
        _depth_row(inverse_depth[v], depth_m[v])
        _surface_row(
            surface[v],
            (*looks, frames),
            rays,
            pixel_rad,
            background,
            rows,
            depth_m[v],
            instance_ids[v],
        )
        _color_row(rows, color[v])


@_kernel
def _depth_row(inverse_row, depth_row):
    for u in range(np.uint32(len(depth_row))):
        inverse = inverse_row[u]
        depth_row[u] = _ONE / inverse if inverse > _ZERO else _ZERO


@_kernel
def _surface_row(surface_row, looks, rays, pixel_rad, background, rows, depth_row, ids_row):
    """Instance, colour and brightness of the pixels of one row.

    rays: (3, 3) eye, row and step of the world position eye + z (row + u step), per axis.
    """
    light, colors, patterns, axes, instances, parts, frames = looks
    gain_row, a_row, b_row = rows[_GAIN], rows[_A], rows[_B]
    red_row, green_row, blue_row = rows[_RED], rows[_GREEN], rows[_BLUE]
    last, pattern, begin, instance = -2, np.uint8(textures.PLAIN), np.uint32(0), np.int32(-1)
    base, slope, tilt, red, green, blue = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    a0, a1, a2, b0, b1, b2 = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    width = np.uint32(len(surface_row))
    for u in range(width):
        side = surface_row[u]
        if side != last:
            last = side
            before, pattern, instance = pattern, np.uint8(textures.PLAIN), np.int32(-1)
            base, slope, tilt = _ONE, _ZERO, _ZERO
            red, green, blue = _f(background[0]), _f(background[1]), _f(background[2])
            if side >= 0:
                t = side >> 1
                pattern, instance = patterns[t], instances[t]
                red, green, blue = _f(colors[t, 0]), _f(colors[t, 1]), _f(colors[t, 2])
                x, y, z = light[side, 0], light[side, 1], light[side, 2]
                base = x * rays[0, 0] + y * rays[1, 0] + z * rays[2, 0] + light[side, 3]
                slope = x * rays[0, 1] + y * rays[1, 1] + z * rays[2, 1]
                tilt = x * rays[0, 2] + y * rays[1, 2] + z * rays[2, 2]
                if pattern != textures.PLAIN:
                    a, b = (1 if axes[t] == 0 else 0), (1 if axes[t] == 2 else 2)
                    a0, a1, a2 = _in_part(rays, frames, parts[t], a)
                    b0, b1, b2 = _in_part(rays, frames, parts[t], b)
            if pattern != before:
                textures.apply(before, rows, pixel_rad, depth_row, begin, u)
                begin = u
        z, x = depth_row[u], _f(np.int32(u))
        ids_row[u] = instance
        gain_row[u] = min(max(base + z * (slope + x * tilt), _ZERO), _MAX_GAIN)
        red_row[u], green_row[u], blue_row[u] = red, green, blue
        if pattern != textures.PLAIN:
            a_row[u], b_row[u] = a0 + z * (a1 + x * a2), b0 + z * (b1 + x * b2)
    textures.apply(pattern, rows, pixel_rad, depth_row, begin, width)


@_kernel
def _in_part(rays, frames, part, axis):
    """Eye, row and step along one axis of a part's frame."""
    if part == 0:
        return rays[axis, 0], rays[axis, 1], rays[axis, 2]
    x, y, z = frames[part, axis, 0], frames[part, axis, 1], frames[part, axis, 2]
    return (
        x * rays[0, 0] + y * rays[1, 0] + z * rays[2, 0] + frames[part, axis, 3],
        x * rays[0, 1] + y * rays[1, 1] + z * rays[2, 1],
        x * rays[0, 2] + y * rays[1, 2] + z * rays[2, 2],
    )


@_kernel
def _color_row(rows, color_row):
    for u in range(np.uint32(len(color_row))):
        gain = rows[_GAIN, u]
        color_row[u, 0] = np.uint8(np.int32(min(rows[_RED, u] * gain, _WHITE)))
        color_row[u, 1] = np.uint8(np.int32(min(rows[_GREEN, u] * gain, _WHITE)))
        color_row[u, 2] = np.uint8(np.int32(min(rows[_BLUE, u] * gain, _WHITE)))
