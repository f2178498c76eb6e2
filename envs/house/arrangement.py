"""What belongs next to what: poses around tables and couches, and scores for all other places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .room_space import Candidates, RoomSpace
from .world import Furniture, Point3

_RUN = ("fridge", "counter", "stove", "dishwasher", "sink", "washer_dryer")
"""Stands side by side without gaps."""
_NEAR = {
    "stand": (("couch",), 1.6),
    "lamp": (("couch", "bed", "table"), 0.9),
    "hamper": (("washer_dryer", "bathtub", "wardrobe"), 0.4),
    "filing_cabinet": (("table",), 0.6),
    "bin": (("counter", "table", "toilet"), 0.5),
    "stool": (("bathtub", "shelves"), 0.3),
    "serving_cart": (("counter", "table"), 0.4),
    "rug": (("table", "bed", "couch"), 1.2),
    "microwave": (("counter", "fridge"), 0.8),
}
_IN_CORNERS = (
    "wardrobe", "shelves", "plant", "lamp", "bathtub", "fridge", "hamper", "bin", "filing_cabinet",
    "trunk", "washer_dryer",
)  # fmt: skip
_AT_MIDDLE = ("bed", "couch", "picture", "ceiling_lamp", "table", "rug")
_TUCK_M = 0.1
_SEAT_PITCH_M = 0.62


def before_couch(couches: Sequence[Furniture], size: Point3) -> Candidates:
    """Poses of a coffee table in front of each couch, parallel to it."""
    rows = []
    for couch in couches:
        quarter = quarter_of(couch)
        ahead = couch.size[0] / 2 + size[0] / 2
        for gap_m in (0.4, 0.5, 0.6):
            for aside in (0.0, -0.15, 0.15, -0.35, 0.35):
                rows.append((*_offset(couch, ahead + gap_m, aside), quarter))
    return _candidates(rows)


def beside_beds(beds: Sequence[Furniture], size: Point3) -> Candidates:
    """Poses of a bedside table on either side of the head of each bed."""
    rows = []
    for bed in beds:
        back = -bed.size[0] / 2 + size[0] / 2
        aside = bed.size[1] / 2 + size[1] / 2
        for gap_m in (0.03, 0.08, 0.15):
            for side in (-1, 1):
                spot = _offset(bed, back, side * (aside + gap_m))
                rows.append((*spot, quarter_of(bed)))
    return _candidates(rows)


def around_tables(
    tables: Sequence[Furniture], size: Point3, *, sides: Sequence[int] = (0, 1, 2, 3)
) -> Candidates:
    """Poses of a chair at sides of each table (0 its front), facing it, pushed in a little."""
    rows = []
    for table in tables:
        for side in sides:
            reach, span = (table.size[1], table.size[0])[:: 1 if side % 2 else -1]
            seats = max(int((span - 0.1) / _SEAT_PITCH_M), 1)
            out = reach / 2 + size[0] / 2 - _TUCK_M
            for k in range(1 if len(sides) == 1 else seats):
                middle = 0 if len(sides) == 1 else (seats - 1) / 2
                along = (k - middle) * max(_SEAT_PITCH_M, (span - 0.2) / seats)
                x, y = ((out, along), (along, out), (-out, along), (along, -out))[side]
                rows.append((*_offset(table, x, y), quarter_of(table) + side + 2))
    return _candidates(rows)


def taste_scores(
    category: str,
    size: Point3,
    found: Candidates,
    inside: Sequence[Furniture],
    space: RoomSpace,
) -> NDArray[np.float64]:
    """(N,) how well each pose suits a category, about 0 to 2."""
    scores = np.zeros(len(found))
    if category in _IN_CORNERS:
        scores += 0.8 * np.exp(-found.end_gap_m / 0.25)
    if category in _AT_MIDDLE:
        scores += 0.4 * np.minimum(found.end_gap_m, 1.5)
    if category in ("ceiling_lamp", "rug") or (category == "table" and (found.wall < 0).all()):
        middle = space.middle
        scores -= 0.6 * np.hypot(found.x - middle[0], found.y - middle[1])
    if category in _RUN:
        scores += _beside(found, size, [p for p in inside if p.category in _RUN])
    near, weight = _NEAR.get(category, ((), 0.0))
    others = [piece for piece in inside if piece.category in near]
    if others:
        scores -= weight * _gap_m(found, size, others)
    if category == "television":
        scores += _across(found, [p for p in inside if p.category in ("couch", "bed")])
    if category == "couch":
        scores += 0.15 * np.minimum(_space_ahead(found, space), 4.0)
    return scores


def quarter_of(piece: Furniture) -> int:
    """The yaw of a piece in quarter turns."""
    return round(piece.yaw_rad / (np.pi / 2)) % 4


def _offset(piece: Furniture, x: float, y: float) -> tuple[float, float]:
    """A point in the frame of a piece, in the world; for yaws of whole quarter turns."""
    cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter_of(piece)]
    return piece.position[0] + cosine * x - sine * y, piece.position[1] + sine * x + cosine * y


def _candidates(rows: list[tuple[float, float, int]]) -> Candidates:
    table = np.array(rows, np.float64).reshape(-1, 3)
    count = len(table)
    return Candidates(
        table[:, 0],
        table[:, 1],
        table[:, 2].astype(np.int64) % 4,
        np.full(count, -1, np.int64),
        np.zeros(count),
    )


def _gap_m(found: Candidates, size: Point3, others: Sequence[Furniture]) -> NDArray[np.float64]:
    """(N,) distance from each pose to the nearest of the others, between boxes."""
    is_across = found.quarter % 2 == 1
    dx = np.where(is_across, size[1], size[0]) / 2
    dy = np.where(is_across, size[0], size[1]) / 2
    gaps = []
    for other in others:
        half = other.size[:2] if quarter_of(other) % 2 == 0 else other.size[1::-1]
        x = np.abs(found.x - other.position[0]) - dx - half[0] / 2
        y = np.abs(found.y - other.position[1]) - dy - half[1] / 2
        gaps.append(np.hypot(x.clip(0), y.clip(0)))
    return np.asarray(np.min(gaps, axis=0))


def _beside(found: Candidates, size: Point3, run: Sequence[Furniture]) -> NDArray[np.float64]:
    """(N,) prefers to continue a run of kitchen pieces: next to one of them, facing the same way."""
    if not run:
        return np.zeros(len(found))
    best = np.full(len(found), -2.0)
    for piece in run:
        is_same = found.quarter % 4 == quarter_of(piece)
        gap = _gap_m(found, size, [piece])
        best = np.maximum(best, np.where(is_same, 2.0, 1.0) - 3.0 * gap)
    return np.asarray(np.maximum(best, -2.0))


def _across(found: Candidates, seats: Sequence[Furniture]) -> NDArray[np.float64]:
    """(N,) prefers poses straight ahead of a seat and turned towards it."""
    scores = np.zeros(len(found))
    for seat in seats[:1]:
        dx, dy = found.x - seat.position[0], found.y - seat.position[1]
        far = np.maximum(np.hypot(dx, dy), 1e-6)
        ahead = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], np.float64)
        front = ahead[quarter_of(seat)]
        facing = ahead[found.quarter % 4]
        scores += 1.2 * (dx * front[0] + dy * front[1]) / far
        scores -= 1.2 * (dx * facing[:, 0] + dy * facing[:, 1]) / far
        scores -= 0.3 * np.abs(far - 2.6)
    return scores


def _space_ahead(found: Candidates, space: RoomSpace) -> NDArray[np.float64]:
    """(N,) how far the room goes on in front of each pose."""
    low_x, low_y, high_x, high_y = space.bounds
    ahead = np.stack([high_x - found.x, high_y - found.y, found.x - low_x, found.y - low_y])
    return np.asarray(ahead[found.quarter % 4, np.arange(len(found))])
