"""Compiled parts of `geometry3d`: one pass over a mask's pixels, then work on a bounded sample.

Every result depends on the mask's True pixels alone, not on the crop they come in: the sampling grid
is anchored to the image.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

MAX_SAMPLES = 1600
"""About how many pixels are looked at: all of a small mask, from a quarter to all of this of others."""
MAX_POINTS = 256
QUANTILE_BINS = 128
LOW_SHARE, HIGH_SHARE = 0.02, 0.98
DEPTH_BINS = 256
STRAY_SHARE = 0.12
"""A group of depths behind a gap with less than this share of the pixels is not the object's."""
COLOR_LEVELS = 4
YAW_STEPS = 45

_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def mask_extent(words, extent):
    """First and last row, first and last word column with a True pixel; False if there is none.

    `words` is a mask's (H, W / 8) view as uint64.
    """
    rows, columns = words.shape
    extent[0], extent[1], extent[2], extent[3] = rows, -1, columns, -1
    for i in range(rows):
        any_word = np.uint64(0)
        for j in range(columns):
            any_word |= words[i, j]
        if any_word == 0:
            continue
        extent[0], extent[1] = min(extent[0], i), i
        first, last = 0, columns - 1
        while words[i, first] == 0:
            first += 1
        while words[i, last] == 0:
            last -= 1
        extent[2], extent[3] = min(extent[2], first), max(extent[3], last)
    return extent[1] >= 0


@_jit
def count_pixels(mask):
    """True pixels of an (h, w) uint8 mask of zeros and ones."""
    total = 0
    for y in range(mask.shape[0]):
        row = 0
        for x in range(mask.shape[1]):
            row += mask[y, x]
        total += row
    return total


@_jit
def step_for(pixel_count):
    """Sample every so many rows and columns."""
    return max(1, math.ceil(math.sqrt(pixel_count / MAX_SAMPLES)))


@_jit
def sample_pixels(mask, left, top, raw, unit_m, step, out):
    """Write (u, v, depth) of mask pixels with a return on the image's grid; returns how many."""
    n = 0
    for v in range(-(-top // step) * step, top + mask.shape[0], step):
        for u in range(-(-left // step) * step, left + mask.shape[1], step):
            if mask[v - top, u - left] and raw[v, u] and n < len(out):
                out[n, 0], out[n, 1], out[n, 2] = u, v, raw[v, u] * unit_m
                n += 1
    return n


@_jit
def drop_strays(samples):
    """Keep the samples of depth groups that are large enough, in order; returns how many.

    Groups are separated by a gap in depth of at least 0.12 m + 4 % of the depth: background that
    shows through a loose mask, or a thing in front of it.
    """
    n = len(samples)
    low, high = samples[0, 2], samples[0, 2]
    for k in range(n):
        low, high = min(low, samples[k, 2]), max(high, samples[k, 2])
    gap_m = 0.12 + 0.04 * low
    if high - low < gap_m:
        return n
    per_m = (DEPTH_BINS - 1) / (high - low)
    counts = np.zeros(DEPTH_BINS, np.int64)
    for k in range(n):
        counts[int((samples[k, 2] - low) * per_m)] += 1
    gap_bins = max(2, int(gap_m * per_m))
    is_kept = np.zeros(DEPTH_BINS, np.bool_)
    start = end = 0  # the group of bins start..end
    best_start = best_end = best = 0
    total = counts[0]
    for b in range(1, DEPTH_BINS + gap_bins + 1):
        if b < DEPTH_BINS and counts[b]:
            if b - end > gap_bins:
                start, total = b, 0
            end = b
            total += counts[b]
        if b - end > gap_bins or b >= DEPTH_BINS:
            if total >= STRAY_SHARE * n:
                is_kept[start : end + 1] = True
            if total > best:
                best, best_start, best_end = total, start, end
    is_kept[best_start : best_end + 1] = True
    kept = 0
    for k in range(n):
        if is_kept[int((samples[k, 2] - low) * per_m)]:
            for a in range(3):
                samples[kept, a] = samples[k, a]
            kept += 1
    return kept


@_jit
def to_world(samples, camera, pose, points):
    """(N, 3) world points of (u, v, depth); returns the mean depth. `camera` is (fx, fy, cx, cy)."""
    total = 0.0
    for k in range(len(samples)):
        z = samples[k, 2]
        x = (samples[k, 0] - camera[2]) / camera[0] * z
        y = (samples[k, 1] - camera[3]) / camera[1] * z
        for a in range(3):
            points[k, a] = pose[a, 0] * x + pose[a, 1] * y + pose[a, 2] * z + pose[a, 3]
        total += z
    return total / len(samples)


@_jit
def robust_range(values):
    """The 2nd and 98th percentile, to 1/128 of the range; not in need of sorting."""
    low, high = values[0], values[0]
    for value in values:
        low, high = min(low, value), max(high, value)
    width = (high - low) / QUANTILE_BINS
    if width < 1e-9:
        return low, high
    counts = np.zeros(QUANTILE_BINS, np.int64)
    for value in values:
        counts[min(int((value - low) / width), QUANTILE_BINS - 1)] += 1
    found = (low, high)
    below, is_low_open = 0.0, True
    for b in range(QUANTILE_BINS):
        above = below + counts[b]
        if is_low_open and above > LOW_SHARE * len(values):
            share = (LOW_SHARE * len(values) - below) / counts[b]
            found, is_low_open = (low + (b + share) * width, found[1]), False
        if above >= HIGH_SHARE * len(values):
            share = (HIGH_SHARE * len(values) - below) / counts[b]
            return found[0], low + (b + share) * width
        below = above
    return found


@_jit
def thin(points, low, high, out):
    """One point a voxel, the first in the order of the points, at most MAX_POINTS; (count, voxel_m).

    Points outside the box low..high are left out. The voxels grow until the points fit.
    """
    x, y, z = high[0] - low[0], high[1] - low[1], high[2] - low[2]
    most, least = max(x, y, z), min(x, y, z)
    area = most * (x + y + z - most - least) + 0.5 * most * least
    voxel_m = max(0.01, math.sqrt(area / (0.8 * MAX_POINTS)))
    keys = np.empty(1024, np.int64)
    while True:
        keys[:] = -1
        count = 0
        for k in range(len(points)):
            code = np.int64(0)
            is_inside = True
            for a in range(3):
                value = points[k, a]
                is_inside &= low[a] - 1e-9 <= value <= high[a] + 1e-9
                code = (code << 20) | (np.int64(math.floor(value / voxel_m)) & 0xFFFFF)
            if not is_inside:
                continue
            slot = ((code * 0x9E3779B97F4A7C1) >> 20) & 1023
            while keys[slot] != -1 and keys[slot] != code:
                slot = (slot + 1) & 1023
            if keys[slot] == code:
                continue
            if count == MAX_POINTS:
                count += 1
                break
            keys[slot] = code
            for a in range(3):
                out[count, a] = points[k, a]
            count += 1
        if count <= MAX_POINTS:
            return count, voxel_m
        voxel_m *= 1.25


@_jit
def footprint_yaw(points):
    """Radians in [0, pi/2): the heading of the smallest rectangle around the (x, y) of the points."""
    best, best_yaw = 1e18, 0.0
    for step in range(YAW_STEPS):
        yaw = step * (math.pi / 2 / YAW_STEPS)
        c, s = math.cos(yaw), math.sin(yaw)
        low_a = low_b = 1e18
        high_a = high_b = -1e18
        for k in range(len(points)):
            a = c * points[k, 0] + s * points[k, 1]
            b = c * points[k, 1] - s * points[k, 0]
            low_a, high_a = min(low_a, a), max(high_a, a)
            low_b, high_b = min(low_b, b), max(high_b, b)
        area = (high_a - low_a + 0.01) * (high_b - low_b + 0.01)
        if area < best * 0.9999:
            best, best_yaw = area, yaw
    return best_yaw


@_jit
def describe_colors(color, samples, histogram):
    """Mean RGB and a soft (trilinear) 4 x 4 x 4 histogram of the sampled pixels."""
    red = green = blue = 0.0
    scale = (COLOR_LEVELS - 1) / 255.0
    for k in range(len(samples)):
        u, v = int(samples[k, 0]), int(samples[k, 1])
        r, g, b = color[v, u, 0] * scale, color[v, u, 1] * scale, color[v, u, 2] * scale
        red, green, blue = red + r, green + g, blue + b
        i = min(int(r), COLOR_LEVELS - 2)
        j = min(int(g), COLOR_LEVELS - 2)
        m = min(int(b), COLOR_LEVELS - 2)
        r, g, b = r - i, g - j, b - m
        for di in range(2):
            wi = r if di else 1.0 - r
            for dj in range(2):
                wij = wi * (g if dj else 1.0 - g)
                at = ((i + di) * COLOR_LEVELS + j + dj) * COLOR_LEVELS + m
                histogram[at] += wij * (1.0 - b)
                histogram[at + 1] += wij * b
    n = scale * len(samples)
    return red / n, green / n, blue / n


@_jit
def outline_shares(mask, left, top, raw, unit_m, step):
    """Shares of the outline that the image's border cuts, and that something nearer cuts.

    Looked at where the rows and columns of the sampling grid enter and leave the mask.
    """
    edges = border = hidden = 0
    height, width = mask.shape
    for v in range(-(-top // step) * step, top + height, step):
        was = False
        for x in range(width + 1):
            now = x < width and mask[v - top, x] != 0
            if now != was:
                u = left + x
                kind = _edge(raw, unit_m, u if now else u - 1, v, -1 if now else 1, 0)
                edges, border, hidden = edges + 1, border + (kind == 1), hidden + (kind == 2)
                was = now
    for u in range(-(-left // step) * step, left + width, step):
        was = False
        for y in range(height + 1):
            now = y < height and mask[y, u - left] != 0
            if now != was:
                v = top + y
                kind = _edge(raw, unit_m, u, v if now else v - 1, 0, -1 if now else 1)
                edges, border, hidden = edges + 1, border + (kind == 1), hidden + (kind == 2)
                was = now
    if edges == 0:
        return 0.0, 0.0
    return border / edges, hidden / edges


@_jit
def _edge(raw, unit_m, u, v, du, dv):
    """What ends the mask at its pixel (u, v), going outwards: 0 nothing, 1 border, 2 an occluder."""
    height, width = raw.shape
    if not (0 <= u + du < width and 0 <= v + dv < height):
        return 1
    out_u, out_v = min(max(u + 3 * du, 0), width - 1), min(max(v + 3 * dv, 0), height - 1)
    inner = raw[min(max(v - dv, 0), height - 1), min(max(u - du, 0), width - 1)] * unit_m
    outer = raw[out_v, out_u] * unit_m
    if inner > 0 and outer > 0 and outer < inner - (0.04 + 0.02 * inner):
        return 2
    return 0


@_jit
def measure(mask, left, top, raw, unit_m, camera, pose, color, numbers, out_points, histogram):
    """All measurements of one mask; (points kept, pixels of the mask), no points without depth.

    `numbers` (20,) receives centroid 0-2, box 3-8, yaw 9, oriented ranges 10-13, mean depth 14, mean
    colour 15-17, shares of the outline 18-19. `color` may be empty.
    """
    pixels = count_pixels(mask)
    step = step_for(pixels)
    samples = np.empty((2 * MAX_SAMPLES, 3))
    n = sample_pixels(mask, left, top, raw, unit_m, step, samples)
    if n < 64 and step > 1:
        n = sample_pixels(mask, left, top, raw, unit_m, 1, samples)
    if n == 0:
        return 0, pixels
    n = drop_strays(samples[:n])
    points = np.empty((n, 3))
    numbers[14] = to_world(samples[:n], camera, pose, points)
    low, high = np.empty(3), np.empty(3)
    for a in range(3):
        low[a], high[a] = robust_range(points[:, a])
        numbers[3 + a], numbers[6 + a] = low[a], high[a]
    count, _ = thin(points, low, high, out_points)
    if count == 0:  # so few that every one lies outside some range
        count, _ = thin(points, low - 1.0, high + 1.0, out_points)
    for a in range(3):
        numbers[a] = min(max(np.mean(out_points[:count, a]), low[a]), high[a])
    yaw = footprint_yaw(out_points[:count])
    c, s = math.cos(yaw), math.sin(yaw)
    numbers[9] = yaw
    numbers[10], numbers[11] = robust_range(c * points[:, 0] + s * points[:, 1])
    numbers[12], numbers[13] = robust_range(c * points[:, 1] - s * points[:, 0])
    if color.size:
        numbers[15], numbers[16], numbers[17] = describe_colors(color, samples[:n], histogram)
    numbers[18], numbers[19] = outline_shares(mask, left, top, raw, unit_m, step)
    return count, pixels
