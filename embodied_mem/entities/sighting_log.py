"""Every sighting of every entity in a few numbers: from where, when, how near and how large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import JournalCorruptError
from ..journal.records import DetectionRecord, content_digest
from ..journal.steps import Step
from .entity import entity_number
from .view import EntityView

_ROW = np.dtype(
    [
        ("entity", "<i4"),
        ("detection", "<i8"),
        ("pose", "<i8"),
        ("stamp_ns", "<i8"),
        ("depth_m", "<f4"),
        ("pixel_share", "<f4"),
        ("visible_share", "<f4"),
        ("center_px", "<f4", (2,)),
    ]
)


@dataclass(frozen=True)
class SightingRows:
    """The sightings of one entity, oldest first. Each array is (N,), `center_px` (N, 2)."""

    detection_ids: NDArray[np.int64]
    pose_ids: NDArray[np.int64]
    stamps_ns: NDArray[np.int64]
    depth_m: NDArray[np.float32]
    """Mean depth of its pixels."""
    pixel_share: NDArray[np.float32]
    """Of the image."""
    visible_share: NDArray[np.float32]
    """A guess at how much of its silhouette was seen."""
    center_px: NDArray[np.float32]
    """Middle of its box in the image."""

    def __len__(self) -> int:
        return len(self.pose_ids)


class SightingLog:
    """Which detection showed which entity. Applied after the entities."""

    name = "sightings"
    version = 1
    config_digest = ""

    def __init__(self, entities: EntityView) -> None:
        self._entities = entities
        self._rows = np.zeros(256, _ROW)
        self._count = 0
        self._order: tuple[tuple[int, int], NDArray[np.int64], NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return self._count

    def apply(self, step: Step) -> None:
        matched = self._entities.matched_detections
        if not matched:
            return
        for number, record in step.of(DetectionRecord):
            entity = matched.get(number)
            if entity is None:
                continue
            if self._count == len(self._rows):
                self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            hidden = (record.border_share or 0.0) + (record.hidden_share or 0.0)
            self._rows[self._count] = (
                entity,
                number,
                record.pose_id,
                record.stamp_ns,
                record.mean_depth_m or 0.0,
                record.pixel_share or 0.0,
                max(0.05, 1.0 - 2.0 * hidden),
                (
                    (record.box_x_min_px + record.box_x_max_px) / 2,
                    (record.box_y_min_px + record.box_y_max_px) / 2,
                ),
            )
            self._count += 1

    def of(self, entity_id: str) -> SightingRows:
        """The sightings of an entity and of those merged into it, in the order of the journal."""
        number = self._entities.resolve(entity_number(entity_id))
        numbers, order = self._by_entity()
        low, high = np.searchsorted(numbers, [number, number + 1])
        rows = self._rows[np.sort(order[low:high])]
        return SightingRows(
            rows["detection"].copy(),
            rows["pose"].copy(),
            rows["stamp_ns"].copy(),
            rows["depth_m"].copy(),
            rows["pixel_share"].copy(),
            rows["visible_share"].copy(),
            rows["center_px"].copy(),
        )

    def _by_entity(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Entity numbers, sorted, after merges; and the rows in that order."""
        key = (self._count, len(self._entities.merges))
        if self._order is None or self._order[0] != key:
            stored = self._rows["entity"][: self._count].astype(np.int64)
            known, place = np.unique(stored, return_inverse=True)
            kept = np.array([self._entities.resolve(int(n)) for n in known], np.int64)
            numbers = kept[place] if len(known) else stored
            order = np.argsort(numbers, kind="stable")
            self._order = (key, numbers[order], order)
        return self._order[1], self._order[2]

    def digest(self) -> str:
        return content_digest(self.to_bytes()).hex()

    def to_bytes(self) -> bytes:
        return self._rows[: self._count].tobytes()

    def load_bytes(self, data: bytes) -> None:
        if len(data) % _ROW.itemsize:
            raise JournalCorruptError(
                f"a sighting log comes in rows of {_ROW.itemsize} bytes, got {len(data)} bytes"
            )
        self._count = len(data) // _ROW.itemsize
        self._rows = np.zeros(max(256, self._count), _ROW)
        self._rows[: self._count] = np.frombuffer(data, _ROW)
        self._order = None
