"""The frames that an answer rests on, with boxes, as one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core import RecallItem
from ..errors import InputError
from ..geometry import inverse, project, transform_points
from ..journal.recording import read_color
from ..journal.records import DetectionRecord, FrameRecord, PoseRecord, parse_record_id
from ..journal.store import Journal
from ..memory import EmbodiedMemory
from ..recall.items import EntityItem
from .clock import MemoryClock
from .scene import Answer

Image = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""
TILE_PX = (480, 360)
MAX_TILES = 6
_CAPTION_PX = 30
_BACKGROUND, _TEXT, _SEEN, _EXPECTED = (24, 26, 32), (225, 228, 235), (64, 220, 120), (255, 176, 32)
_NEAR_M = 0.5


@dataclass(frozen=True)
class EvidenceFrame:
    """A keyframe that bears on an item, and where the item is in it."""

    frame_id: int
    stamp_ns: int
    image: Image
    title: str
    box_px: tuple[float, float, float, float] | None = None
    """x_min, y_min, x_max, y_max of the detection, or of the projected box; None if not in view."""
    is_detected: bool = False
    """The box is a detection's; else it is where the thing should be."""


def evidence_frames(
    memory: EmbodiedMemory, answer: Answer, *, limit: int = MAX_TILES
) -> list[EvidenceFrame]:
    """The keyframes of an answer, the best of each item first."""
    per_item = [_frames_of(memory, item) for item in answer.items[:limit]]
    found: list[EvidenceFrame] = []
    for depth in range(max(map(len, per_item), default=0)):
        for frames in per_item:
            if depth < len(frames) and len(found) < limit:
                found.append(frames[depth])
    return found


def write_picture(path: Path, memory: EmbodiedMemory, question: str, answer: Answer) -> int:
    """A PNG of the answer over its frames; returns how many frames it shows.

    Green boxes are detections; orange ones are where the thing should be by its place in the world.
    """
    import cv2

    frames = evidence_frames(memory, answer)
    clock = MemoryClock.of(memory)
    tiles = [_tile(frame, clock) for frame in frames]
    columns = min(len(tiles), 3) or 1
    width = max(columns * TILE_PX[0], 2 * TILE_PX[0])
    head = _header([question, *_wrapped(answer.text, width // 9)], answer, width)
    rows = [head]
    for start in range(0, len(tiles), columns):
        row = np.concatenate(tiles[start : start + columns], axis=1)
        rest = np.full((row.shape[0], width - row.shape[1], 3), _BACKGROUND, np.uint8)
        rows.append(np.concatenate([row, rest], axis=1))
    picture = np.concatenate(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        raise InputError(f"cannot write a picture to {path}; does the name end in .png?")
    return len(frames)


def _frames_of(memory: EmbodiedMemory, item: RecallItem) -> list[EvidenceFrame]:
    """Keyframes of one item: those of its detections, those it cites, those that saw its place."""
    journal = memory.journal
    detections = _detections(journal, item)
    by_pose = {record.pose_id: record for record in detections}
    index = memory.views.keyframes
    frame_ids = [
        int(name[6:])
        for name in item.evidence
        if name.startswith("frame:") and name[6:].isdecimal()
    ]
    frame_ids += [f for record in detections if (f := _frame_of_pose(journal, record)) is not None]
    if not frame_ids and item.kind != "event" and item.position_in_world is not None:
        seeing = memory.recall.seeing(item.position_in_world, k=2)
        frame_ids += [int(found.item_id[6:]) for found in seeing.items]
    if not frame_ids and item.stamp_ns is not None and len(index):
        stamps = index.stamps_ns
        nearest = int(np.abs(stamps - item.stamp_ns).argmin())
        frame_ids.append(int(index.frame_ids[nearest]))
    known = set(index.frame_ids.tolist())
    return [
        frame
        for frame_id in dict.fromkeys(f for f in frame_ids if f in known)
        if (frame := _frame(memory, frame_id, item, by_pose)) is not None
    ]


def _frame(
    memory: EmbodiedMemory,
    frame_id: int,
    item: RecallItem,
    by_pose: dict[int, DetectionRecord],
) -> EvidenceFrame | None:
    journal = memory.journal
    record = journal.get_as(FrameRecord, frame_id)
    color = read_color(journal, record)
    if color is None:
        return None
    image = color.decode()
    name = item.item_id.partition("#")[0]
    label = (
        f"{item.color} {item.label.replace('_', ' ')}".strip()
        if isinstance(item, EntityItem)
        else item.note
    )
    detection = by_pose.get(record.pose_id) or _like(journal, record, item)
    box = None if detection is None else _box_of(detection)
    if box is None:
        box = _projected(memory, record, name, item)
    return EvidenceFrame(
        frame_id, record.stamp_ns, image, f"{label} ({name})"[:60], box, detection is not None
    )


def _detections(journal: Journal, item: RecallItem) -> list[DetectionRecord]:
    """The detections that an item cites."""
    ids = [name for name in item.evidence if name.startswith("detection:")]
    return [journal.get_as(DetectionRecord, parse_record_id(name)[1]) for name in ids]


def _like(journal: Journal, frame: FrameRecord, item: RecallItem) -> DetectionRecord | None:
    """A detection in a frame that lies where the item is."""
    if item.position_in_world is None or item.kind == "event":
        return None
    label = item.label if isinstance(item, EntityItem) else ""
    best: tuple[float, DetectionRecord] | None = None
    for _, record in journal.between(DetectionRecord, frame.stamp_ns, frame.stamp_ns):
        if record.pose_id != frame.pose_id or record.centroid_in_world is None:
            continue
        gap = float(np.linalg.norm(record.centroid_in_world - np.array(item.position_in_world)))
        if gap < _NEAR_M and record.label == label and (best is None or gap < best[0]):
            best = (gap, record)
    return None if best is None else best[1]


def _frame_of_pose(journal: Journal, detection: DetectionRecord) -> int | None:
    """The keyframe that a detection was made on; None if that image was not kept."""
    stamp = detection.stamp_ns
    for frame_id, record in journal.between(FrameRecord, stamp, stamp):
        if record.pose_id == detection.pose_id:
            return frame_id
    return None


def _projected(
    memory: EmbodiedMemory, frame: FrameRecord, name: str, item: RecallItem
) -> tuple[float, float, float, float] | None:
    """Where the thing's box in the world falls in an image; None outside it."""
    entity = memory.views.entities.find(name) if name.startswith("entity:") else None
    if entity is None or entity.box is None or item.position_in_world is None:
        return None
    box, center = entity.box, np.array(item.position_in_world)
    half = np.array([box.length_m, box.width_m, box.height_m]) / 2
    signs = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)], np.float64)
    c, s = math.cos(box.yaw_rad), math.sin(box.yaw_rad)
    corners = center + (signs * half) @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    pose = memory.journal.get_as(PoseRecord, frame.pose_id).world_from_camera
    in_camera = transform_points(inverse(pose), corners)
    if (in_camera[:, 2] <= 0.05).any():
        return None
    pixels, _ = project(in_camera, frame.intrinsics)
    low = np.clip(pixels.min(axis=0), 0, [frame.width_px, frame.height_px])
    high = np.clip(pixels.max(axis=0), 0, [frame.width_px, frame.height_px])
    if (high - low < 2).any():
        return None
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _box_of(record: DetectionRecord) -> tuple[float, float, float, float]:
    return (
        record.box_x_min_px, record.box_y_min_px, record.box_x_max_px, record.box_y_max_px,
    )  # fmt: skip


def _tile(frame: EvidenceFrame, clock: MemoryClock) -> Image:
    import cv2

    scale = min(TILE_PX[0] / frame.image.shape[1], TILE_PX[1] / frame.image.shape[0])
    size = (round(frame.image.shape[1] * scale), round(frame.image.shape[0] * scale))
    image = np.ascontiguousarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA))
    if frame.box_px is not None:
        x0, y0, x1, y1 = (round(v * scale) for v in frame.box_px)
        color = _SEEN if frame.is_detected else _EXPECTED
        cv2.rectangle(image, (x0, y0), (x1, y1), color, 2, cv2.LINE_AA)
    tile: Image = np.full((TILE_PX[1] + _CAPTION_PX, TILE_PX[0], 3), _BACKGROUND, np.uint8)
    tile[_CAPTION_PX : _CAPTION_PX + size[1], : size[0]] = image
    caption = f"frame:{frame.frame_id}: {frame.title} {clock.text(frame.stamp_ns)}"
    _write(tile, caption[:70], (8, 20), 0.42)
    return tile


def _header(lines: Sequence[str], answer: Answer, width: int) -> Image:
    known = f"{answer.verdict.value}"
    if answer.probability is not None:
        known += f", probability {answer.probability:.2f}"
    texts = [*lines, known]
    head: Image = np.full((26 * len(texts) + 14, width, 3), _BACKGROUND, np.uint8)
    for number, text in enumerate(texts):
        _write(head, text, (10, 26 + 26 * number), 0.55)
    return head


def _wrapped(text: str, characters: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, characters)[:4]


def _write(image: Image, text: str, position: tuple[int, int], scale: float) -> None:
    import cv2

    plain = text.encode("ascii", "replace").decode()
    cv2.putText(image, plain, position, cv2.FONT_HERSHEY_SIMPLEX, scale, _TEXT, 1, cv2.LINE_AA)
