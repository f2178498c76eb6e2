"""The plan of a house as a picture: rooms, walls, doors, windows, furniture, objects, start."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .catalog import DECOR_CATEGORIES, furniture_spec
from .obstacles import distances_m, footprint_of
from .structure import opening_rectangle
from .world import Furniture, House, Point2, Room

Rgb = tuple[int, int, int]

ROOM_COLORS: dict[str, Rgb] = {
    "kitchen": (250, 224, 184), "living_room": (214, 232, 206), "bedroom": (206, 220, 240),
    "bathroom": (200, 236, 238), "hall": (234, 230, 222), "office": (226, 214, 238),
    "dining_room": (246, 214, 200), "laundry": (220, 232, 232), "childrens_room": (250, 214, 226),
    "storage": (222, 218, 208),
}  # fmt: skip
_WALL: Rgb = (70, 70, 74)
_WINDOW: Rgb = (120, 180, 230)
_RECEPTACLE: Rgb = (255, 255, 250)
_OTHER: Rgb = (226, 222, 214)
_INK: Rgb = (60, 56, 52)
_OBJECT: Rgb = (206, 60, 48)
_START: Rgb = (30, 130, 60)
_MARGIN_M = 0.4
_SUPERSAMPLING = 2
_FONT = cv2.FONT_HERSHEY_DUPLEX


class _Canvas:
    """Draws in metres: x right, y up."""

    def __init__(self, low: Point2, high: Point2, px_per_m: int) -> None:
        self._scale = px_per_m * _SUPERSAMPLING
        self._low, self._high = low, high
        width, height = (round((high[k] - low[k]) * self._scale) for k in (0, 1))
        self.image = np.full((height, width, 3), 255, np.uint8)

    def pixel(self, point: Point2) -> tuple[int, int]:
        x = (point[0] - self._low[0]) * self._scale
        y = (self._high[1] - point[1]) * self._scale
        return round(x), round(y)

    def rectangle(self, box: tuple[float, ...], color: Rgb) -> None:
        cv2.rectangle(
            self.image, self.pixel((box[0], box[1])), self.pixel((box[2], box[3])), color, -1
        )

    def polygon(self, corners: list[Point2], fill: Rgb | None, line: Rgb) -> None:
        points = np.array([self.pixel(corner) for corner in corners], np.int32)
        if fill is not None:
            cv2.fillPoly(self.image, [points], fill, cv2.LINE_AA)
        cv2.polylines(self.image, [points], True, line, 2, cv2.LINE_AA)

    def line(self, start: Point2, end: Point2, color: Rgb, width: int = 2) -> None:
        cv2.line(self.image, self.pixel(start), self.pixel(end), color, width, cv2.LINE_AA)

    def dot(self, point: Point2, radius_m: float, color: Rgb) -> None:
        radius = max(2, round(radius_m * self._scale))
        cv2.circle(self.image, self.pixel(point), radius, color, -1, cv2.LINE_AA)

    def text(
        self, point: Point2, words: str, size_m: float, color: Rgb, *, box_m: Point2 = (9.0, 9.0)
    ) -> None:
        """Centred words with letters `size_m` high, upright or turned, as small as the box asks."""
        is_turned = box_m[1] > 1.3 * box_m[0]
        fit_m = box_m[1] if is_turned else box_m[0]
        scale = size_m * self._scale / 22
        width = cv2.getTextSize(words, _FONT, scale, 1)[0][0]
        scale *= min(1.0, fit_m * self._scale / max(width, 1))
        weight = 2 if scale > 0.8 else 1
        (width, height), low = cv2.getTextSize(words, _FONT, scale, weight)
        mask = np.zeros((height + 2 * low + 4, width + 8), np.uint8)
        origin = (4, height + low)
        cv2.putText(mask, words, origin, _FONT, scale, 255, weight + 4, cv2.LINE_AA)
        halo = mask.copy()
        mask[:] = 0
        cv2.putText(mask, words, origin, _FONT, scale, 255, weight, cv2.LINE_AA)
        if is_turned:
            halo, mask = np.rot90(halo), np.rot90(mask)
        self._blend(point, halo, (255, 255, 255), 0.75)
        self._blend(point, mask, color, 1.0)

    def _blend(self, point: Point2, mask: NDArray[np.uint8], color: Rgb, share: float) -> None:
        """Paint a colour through a mask that is centred on a point and cut off at the border."""
        x, y = self.pixel(point)
        x0, y0 = x - mask.shape[1] // 2, y - mask.shape[0] // 2
        top, left = max(-y0, 0), max(-x0, 0)
        target = self.image[max(y0, 0) : y0 + mask.shape[0], max(x0, 0) : x0 + mask.shape[1]]
        part = mask[top : top + target.shape[0], left : left + target.shape[1], None] / 255 * share
        target[:] = (target * (1 - part) + np.array(color) * part).astype(np.uint8)


def draw_floor_plan(house: House, *, px_per_m: int = 90) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB; x to the right, y up, metres times `px_per_m`."""
    boxes = np.array([r for room in house.rooms for r in room.rectangles])
    low, high = boxes[:, :2].min(axis=0) - _MARGIN_M, boxes[:, 2:].max(axis=0) + _MARGIN_M
    canvas = _Canvas((low[0], low[1]), (high[0], high[1]), px_per_m)
    _draw_rooms(canvas, house)
    flat = [p for p in house.furniture if not furniture_spec(p.category).is_solid]
    for piece in [*flat, *(p for p in house.furniture if p not in flat)]:
        if furniture_spec(piece.category).mount != "ceiling":
            _draw_piece(canvas, piece)
    for room in house.rooms:
        words = room.room_id.replace("_", " ")
        point, width_m = _free_spot(house, room)
        canvas.text(point, words, 0.19, (20, 20, 20), box_m=(width_m, 0.5))
    for thing in house.objects.values():
        canvas.dot((thing.position[0], thing.position[1]), 0.045, _OBJECT)
    _draw_start(canvas, house.start)
    size = (canvas.image.shape[1] // _SUPERSAMPLING, canvas.image.shape[0] // _SUPERSAMPLING)
    return np.asarray(cv2.resize(canvas.image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _free_spot(house: House, room: Room) -> tuple[Point2, float]:
    """Where a room's name covers little furniture, and how wide it may be there."""
    pieces = [p for p in house.furniture if p.room_id == room.room_id and p.category != "rug"]
    pieces = [p for p in pieces if furniture_spec(p.category).mount == "floor"]
    boxes = np.array([footprint_of(piece) for piece in pieces]).reshape(-1, 6)
    best, best_score = ((0.0, 0.0), 1.0), -np.inf
    for x0, y0, x1, y1 in room.rectangles:
        half = min(0.09 * len(room.room_id), 0.46 * (x1 - x0))
        xs, ys = np.arange(x0 + half, x1 - half + 0.01, 0.1), np.arange(y0 + 0.2, y1 - 0.19, 0.1)
        for x, y in ((float(x), float(y)) for x in xs for y in ys):
            row = np.array([(x + k * half, y) for k in (-1.0, -0.5, 0.0, 0.5, 1.0)])
            gaps = np.minimum(distances_m(boxes, row).min(axis=0, initial=1.0), 0.4)
            off_m = abs(x - (x0 + x1) / 2) + abs(y - (y0 + y1) / 2)
            score = float(gaps.sum()) - 0.1 * off_m
            if score > best_score:
                best, best_score = ((x, y), 2 * half), score
    return best


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Write (H, W, 3) RGB as PNG; raises InputError where that is not possible."""
    if not cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1])):
        raise InputError(f"the picture could not be written to {path}; does the folder exist?")


def _draw_rooms(canvas: _Canvas, house: House) -> None:
    thick = house.wall_thickness_m
    for room in house.rooms:
        for x0, y0, x1, y1 in room.rectangles:
            canvas.rectangle((x0 - thick, y0 - thick, x1 + thick, y1 + thick), _WALL)
    for room in house.rooms:
        for rectangle in room.rectangles:
            canvas.rectangle(rectangle, ROOM_COLORS[room.kind])
    for door in house.doors:
        canvas.rectangle(opening_rectangle(door, thick), (252, 250, 246))
    for window in house.windows:
        canvas.rectangle(opening_rectangle(window, thick), _WINDOW)


def _draw_piece(canvas: _Canvas, piece: Furniture) -> None:
    """The footprint, a mark at its front and its category."""
    cosine, sine = float(np.cos(piece.yaw_rad)), float(np.sin(piece.yaw_rad))
    x, y, _ = piece.position
    half_x, half_y = piece.size[0] / 2, piece.size[1] / 2

    def place(u: float, v: float) -> Point2:
        return x + cosine * u - sine * v, y + sine * u + cosine * v

    corners = [(-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y)]
    is_thing = furniture_spec(piece.category).is_solid
    fill = (_RECEPTACLE if piece.is_receptacle else _OTHER) if is_thing else None
    canvas.polygon([place(u, v) for u, v in corners], fill, _INK if is_thing else (170, 164, 156))
    if piece.category in DECOR_CATEGORIES and piece.category not in ("plant", "bin"):
        return
    inset = min(0.06, 0.2 * piece.size[0])
    canvas.line(
        place(half_x - inset, -0.7 * half_y), place(half_x - inset, 0.7 * half_y), (150, 140, 130)
    )
    wide = abs(cosine) * piece.size[0] + abs(sine) * piece.size[1]
    tall = abs(sine) * piece.size[0] + abs(cosine) * piece.size[1]
    box_m = (max(0.92 * wide, 0.34), max(0.92 * tall, 0.34))
    canvas.text((x, y), piece.category.replace("_", " "), 0.105, _INK, box_m=box_m)


def _draw_start(canvas: _Canvas, start: tuple[float, float, float]) -> None:
    x, y, yaw = start
    canvas.dot((x, y), 0.12, _START)
    canvas.line((x, y), (x + 0.4 * float(np.cos(yaw)), y + 0.4 * float(np.sin(yaw))), _START, 5)
