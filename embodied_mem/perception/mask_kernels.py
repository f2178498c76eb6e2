"""Compiled parts of `masks`: a grid of depths over a box, its connected pieces, which are the object.

A grid cell samples one pixel. Grids are (R, C): the box and a margin around it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from .plane_kernels import ring_planes, tolerance

MAX_GRID = 36
"""Cells along the longer side of the box, without the margin."""
MARGIN_SHARE = 0.2
NEUTRAL_SHARE = 0.06
"""Of the box: a detector's box may be too small by this much before what sticks out counts."""
MAX_PIECES = 256
MAX_LEAK = 0.3
"""Share of a piece's cells outside the box above which it is not the object."""
MIN_OBJECT_SHARE = 0.06
"""Below this share of the box's cells the object is taken to be flat on one of the planes."""
MIN_SPAN = 0.3
"""How much a piece counts that spans nothing of the box, beside one that spans it."""
NO_DEPTH, FREE, PLANE = -2, -1, -10
"""Labels of cells; a cell on plane k is PLANE - k, a cell of piece n is n."""

_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def cut(raw, unit_m, box, camera, mask):
    """Fill the (h, w) mask of the box; (pixels, share of the box spanned, leak, whether flat).

    `box` is (x0, y0, x1, y1) pixels, both ends included; `camera` (fx, fy, cx, cy). No pixels: no depth
    in the box.
    """
    shape = np.empty(4, np.int64)
    depth, zone = sample_grid(raw, unit_m, box, shape)
    pixel_of = np.empty(4)
    for a in range(2):
        pixel_of[a] = box[a] + shape[a] // 2 - shape[2 + a] * shape[a]
        pixel_of[2 + a] = shape[a]
    planes = ring_planes(depth, zone, pixel_of, camera)
    labels = np.empty(depth.shape, np.int32)
    plane_counts = np.zeros(len(planes), np.int64)
    valid_count, ring_count = label_planes(depth, zone, planes, pixel_of, labels, plane_counts)
    if valid_count == 0:
        return 0, 0.0, 0.0, False
    pieces = np.zeros((MAX_PIECES, 9))
    cell_at_1m = max(shape[0] / camera[0], shape[1] / camera[1])
    pieces = pieces[: grow_pieces(depth, zone, labels, cell_at_1m, pieces)]
    is_chosen = np.zeros(len(pieces), np.bool_)
    rows, columns = depth.shape[0] - 2 * shape[3], depth.shape[1] - 2 * shape[2]
    leak = choose_pieces(pieces, valid_count, ring_count, rows, columns, cell_at_1m, is_chosen)
    is_object = np.zeros(depth.shape, np.bool_)
    flat_label = PLANE - np.argmax(plane_counts) if plane_counts.any() else FREE
    for i in range(depth.shape[0]):
        for j in range(depth.shape[1]):
            label = labels[i, j]
            if leak < 0:
                is_object[i, j] = label == flat_label or (flat_label == FREE and label != NO_DEPTH)
            elif label >= 0:
                is_object[i, j] = is_chosen[label]
    pixels, y0, y1, x0, x1 = paint(raw, unit_m, box, shape, depth, labels, is_object, planes, mask)
    span = max(0, y1 - y0 + 1) * max(0, x1 - x0 + 1) / mask.size
    return pixels, span, max(leak, 0.0), leak < 0


@_jit
def sample_grid(raw, unit_m, box, shape):
    """Depths (R, C) float32 of the cells, their zone (0 box, 1 neutral, 2 ring, 3 no image).

    `box` is (x0, y0, x1, y1) pixels, both ends included; `shape` receives
    (step_x, step_y, margin_x, margin_y): cell (i, j) samples pixel
    (x0 + step_x // 2 + (j - margin_x) step_x, y0 + ...).
    """
    x0, y0, x1, y1 = box[0], box[1], box[2], box[3]
    width, height = x1 - x0 + 1, y1 - y0 + 1
    step_x = max(1, (width + MAX_GRID - 1) // MAX_GRID)
    step_y = max(1, (height + MAX_GRID - 1) // MAX_GRID)
    columns, rows = (width + step_x - 1) // step_x, (height + step_y - 1) // step_y
    margin_x = max(4, math.ceil(MARGIN_SHARE * columns))
    margin_y = max(4, math.ceil(MARGIN_SHARE * rows))
    neutral_x = max(1, round(NEUTRAL_SHARE * columns))
    neutral_y = max(1, round(NEUTRAL_SHARE * rows))
    shape[0], shape[1], shape[2], shape[3] = step_x, step_y, margin_x, margin_y
    depth = np.zeros((rows + 2 * margin_y, columns + 2 * margin_x), np.float32)
    zone = np.full(depth.shape, 3, np.int8)
    for i in range(depth.shape[0]):
        v = y0 + step_y // 2 + (i - margin_y) * step_y
        v = min(v, y1) if i < margin_y + rows else v
        out_y = max(margin_y - i, i - (margin_y + rows - 1), 0)
        for j in range(depth.shape[1]):
            u = x0 + step_x // 2 + (j - margin_x) * step_x
            u = min(u, x1) if j < margin_x + columns else u
            if u < 0 or v < 0 or u >= raw.shape[1] or v >= raw.shape[0]:
                continue
            out_x = max(margin_x - j, j - (margin_x + columns - 1), 0)
            if out_x == 0 and out_y == 0:
                zone[i, j] = 0
            elif out_x <= neutral_x and out_y <= neutral_y:
                zone[i, j] = 1
            else:
                zone[i, j] = 2
            value = raw[v, u]
            if value == 0 and step_x > 2 and u + 1 < raw.shape[1]:
                value = raw[v, u + 1]
            depth[i, j] = value * unit_m
    return depth, zone


@_jit
def label_planes(depth, zone, planes, pixel_of, labels, plane_counts):
    """Label every cell PLANE - k, FREE or NO_DEPTH; returns how many have depth (in the box, in the ring).

    `plane_counts` (K,) receives each plane's cells in the box.
    """
    valid_count = ring_count = 0
    for i in range(depth.shape[0]):
        v = pixel_of[1] + i * pixel_of[3]
        for j in range(depth.shape[1]):
            z = depth[i, j]
            if z <= 0:
                labels[i, j] = NO_DEPTH
                continue
            labels[i, j] = FREE
            is_inside = zone[i, j] == 0
            valid_count += is_inside
            ring_count += zone[i, j] == 2
            u = pixel_of[0] + j * pixel_of[2]
            for k in range(len(planes)):
                plane = planes[k]
                q = plane[0] * u + plane[1] * v + plane[2]
                if plane[3] * abs(q * z - 1.0) < tolerance(z):
                    labels[i, j] = PLANE - k
                    plane_counts[k] += is_inside
                    break
    return valid_count, ring_count


@_jit
def grow_pieces(depth, zone, labels, step_over_focal, table):
    """Number the connected pieces of FREE cells; returns how many (at most `len(table)`).

    Row n of `table`: cells in the box, cells in the ring, weight near the box's centre, least and
    largest depth in the box, first and last row, first and last column in the box.
    """
    rows, columns = depth.shape
    stack = np.empty((rows * columns, 2), np.int32)
    count = 0
    for i0 in range(rows):
        for j0 in range(columns):
            if labels[i0, j0] != FREE or count == len(table):
                continue
            entry = table[count]
            entry[:] = 0
            entry[3] = entry[5] = entry[7] = 1e9
            labels[i0, j0] = count
            stack[0, 0], stack[0, 1] = i0, j0
            top = 1
            while top:
                top -= 1
                i, j = stack[top, 0], stack[top, 1]
                z = depth[i, j]
                _count_cell(entry, z, zone[i, j], i, j, rows, columns)
                limit = 0.02 + z * (0.01 + 3.0 * step_over_focal)
                for di in range(-1, 2):
                    for dj in range(-1, 2):
                        a, b = i + di, j + dj
                        if a < 0 or b < 0 or a >= rows or b >= columns or labels[a, b] != FREE:
                            continue
                        if abs(depth[a, b] - z) < limit:
                            labels[a, b] = count
                            stack[top, 0], stack[top, 1] = a, b
                            top += 1
            count += 1
    return count


@_jit
def _count_cell(entry, z, zone, i, j, rows, columns):
    if zone == 0:
        y, x = i / (rows - 1) - 0.5, j / (columns - 1) - 0.5
        entry[0] += 1
        entry[2] += math.exp(-10.0 * (x * x + y * y))
        entry[3] = min(entry[3], z)
        entry[4] = max(entry[4], z)
        entry[5], entry[6] = min(entry[5], i), max(entry[6], i)
        entry[7], entry[8] = min(entry[7], j), max(entry[8], j)
    elif zone == 2:
        entry[1] += 1


@_jit
def choose_pieces(pieces, valid_count, ring_count, rows, columns, cell_at_1m, is_chosen):
    """Mark the pieces that are the object; the share of them outside the box, -1 if none stands out.

    The main piece lies at the centre, stays inside, spans the box and is nearer than others (what is
    seen through a gap lies behind). Others join it if they stay inside and lie at its depth.
    """
    spread = valid_count / max(ring_count, 1)  # the ring's cells count as if they were as many
    leaks = np.empty(len(pieces))
    best, best_score = -1, 0.0
    for k in range(len(pieces)):
        piece = pieces[k]
        leaks[k] = piece[1] * spread / max(piece[0] + piece[1] * spread, 1.0)
        if piece[0] == 0:
            continue
        span = (piece[6] - piece[5] + 1) * (piece[8] - piece[7] + 1) / (rows * columns)
        score = piece[2] * max(1 - 2 * leaks[k], 0.0) ** 2 * (MIN_SPAN + span) / piece[3]
        if score > best_score:
            best, best_score = k, score
    if best < 0:
        return -1.0
    slack_m = 0.05 + 0.25 * pieces[best, 4] * cell_at_1m * max(rows, columns)
    cells, leaking = 0.0, 0.0
    for k in range(len(pieces)):
        piece = pieces[k]
        is_near = piece[3] > pieces[best, 3] - slack_m and piece[4] < pieces[best, 4] + slack_m
        is_large = piece[0] >= max(2.0, 0.004 * valid_count)
        if k == best or (is_near and is_large and leaks[k] <= MAX_LEAK):
            is_chosen[k] = True
            cells += piece[0]
            leaking += leaks[k] * piece[0]
    return leaking / cells if cells >= MIN_OBJECT_SHARE * valid_count else -1.0


@_jit
def paint(raw, unit_m, box, shape, depth, labels, is_object, planes, mask):
    """Fill the (h, w) mask of the box from the cells; where cells differ, in smaller blocks.

    Returns the number of pixels and the extent of what is True: (count, first row, last row, first
    column, last column). Boxes of up to 4 * MAX_GRID pixels are exact to the pixel.
    """
    step_x, step_y, margin_x, margin_y = shape[0], shape[1], shape[2], shape[3]
    height, width = mask.shape
    rows, columns = labels.shape
    block_x, block_y = max(1, (step_x + 1) // 3), max(1, (step_y + 1) // 3)
    count, first_y, last_y, first_x, last_x = 0, height, -1, width, -1
    for i in range(margin_y, rows - margin_y):
        top = (i - margin_y) * step_y
        bottom = min(top + step_y, height)
        for j in range(margin_x, columns - margin_x):
            left = (j - margin_x) * step_x
            right = min(left + step_x, width)
            own = is_object[i, j]
            is_mixed = labels[i, j] == NO_DEPTH
            for a in range(i - 1, i + 2):
                for b in range(j - 1, j + 2):
                    is_mixed |= is_object[a, b] != own
            if not (is_mixed or own):
                continue
            jump_y, jump_x = (block_y, block_x) if is_mixed else (bottom - top, right - left)
            for y in range(top, bottom, jump_y):
                for x in range(left, right, jump_x):
                    end_y, end_x = min(y + jump_y, bottom), min(x + jump_x, right)
                    if is_mixed:
                        v, u = box[1] + (y + end_y) // 2, box[0] + (x + end_x) // 2
                        z = raw[v, u] * unit_m
                        if not _belongs(z, u, v, i, j, depth, labels, is_object, planes):
                            continue
                    for row in range(y, end_y):
                        for column in range(x, end_x):
                            mask[row, column] = True
                    count += (end_y - y) * (end_x - x)
                    first_y, last_y = min(first_y, y), max(last_y, end_y - 1)
                    first_x, last_x = min(first_x, x), max(last_x, end_x - 1)
    return count, first_y, last_y, first_x, last_x


@_jit
def _belongs(z, u, v, i, j, depth, labels, is_object, planes):
    """Whether the cell around (i, j) whose depth, or plane, is nearest to a pixel is the object's."""
    best, belongs = 1e9, False
    if z <= 0:
        return False
    for a in range(i - 1, i + 2):
        for b in range(j - 1, j + 2):
            label = labels[a, b]
            if label == NO_DEPTH:
                continue
            if label <= PLANE:
                p = planes[PLANE - label]
                off = p[3] * abs((p[0] * u + p[1] * v + p[2]) * z - 1.0)
            else:
                off = abs(depth[a, b] - z) + 0.002
            if off < best:
                best, belongs = off, is_object[a, b]
    return belongs
