"""What was seen and looked for: boxes in the camera's image, and rays to places that memory asked about."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..journal.records import DetectionRecord, LookRecord, PoseRecord
from ..journal.steps import Step
from . import palette
from .scene import sensor_path
from .things import plain

LOOKS = "world/looks"
_KEPT_LOOKS = 8
_MOSTLY = 0.5


@dataclass(frozen=True)
class ImageBox:
    """One detection as it is drawn."""

    record_id: int
    x_min_px: float
    y_min_px: float
    x_max_px: float
    y_max_px: float
    label: str
    """'book #7', or 'book?' where it was matched to no entity."""
    is_matched: bool


class DetectionLog:
    """Draws the detections of keyframes over their images."""

    def __init__(self, recording: rr.RecordingStream) -> None:
        self._recording = recording
        self._sensors: dict[str, int] = {}
        self.boxes: dict[int, list[ImageBox]] = {}
        """By the pose of a keyframe."""

    def log(self, step: Step, matched: Mapping[int, int], shown_poses: Set[int]) -> None:
        """The detections of a step, at once or late, that belong to the images shown now.

        Args:
            matched: detection record -> number of the entity that it was taken for.
            shown_poses: poses of the keyframes whose pixels are shown.
        """
        stale: dict[int, str] = {}
        for entry in step.frames:
            self.boxes.setdefault(entry.record.pose_id, [])
            if entry.record.pose_id in shown_poses:
                self._sensors[entry.record.sensor] = entry.record.pose_id
                stale[entry.record.pose_id] = entry.record.sensor
        sensors = {pose_id: sensor for sensor, pose_id in self._sensors.items()}
        for number, record in step.of(DetectionRecord):
            if record.pose_id in self.boxes:
                self.boxes[record.pose_id].append(_image_box(number, record, matched.get(number)))
            if record.pose_id in sensors:
                stale[record.pose_id] = sensors[record.pose_id]
        for pose_id, sensor in stale.items():
            log_image_boxes(self._recording, sensor, self.boxes[pose_id])


def log_image_boxes(
    recording: rr.RecordingStream,
    sensor: str,
    boxes: Iterable[ImageBox],
    lit: Set[int] = frozenset(),
) -> None:
    """Over the image of a sensor's keyframe; `lit` are detection records that an answer rests on."""
    listed = list(boxes)
    corners = [(b.x_min_px, b.y_min_px, b.x_max_px, b.y_max_px) for b in listed]
    colors = [
        palette.ANSWER if b.record_id in lit
        else palette.PRESENT if b.is_matched else palette.LOOK_HIDDEN
        for b in listed
    ]  # fmt: skip
    drawn = rr.Boxes2D(
        array=np.array(corners, np.float32).reshape(-1, 4),
        array_format=rr.Box2DFormat.XYXY,
        labels=[b.label for b in listed],
        show_labels=True,
        colors=colors,
        radii=rr.Radius.ui_points(1.2),
    )
    recording.log(image_boxes_path(sensor), drawn)


def image_boxes_path(sensor: str) -> str:
    return f"{sensor_path('world/keyframe', sensor)}/color/detections"


class LookLog:
    """Draws the last looks: red where rays went through the place, green where something was there."""

    def __init__(self, recording: rr.RecordingStream) -> None:
        self._recording = recording
        self._looks: deque[tuple[LookRecord, NDArray[np.float64]]] = deque(maxlen=_KEPT_LOOKS)
        self._is_fresh = False

    def log(self, step: Step) -> None:
        eyes = {number: pose.world_from_camera[:3, 3] for number, pose in step.of(PoseRecord)}
        looks = [
            (look, np.asarray(eyes[look.pose_id]))
            for _, look in step.of(LookRecord)
            if look.pose_id in eyes
        ]
        if not looks:
            return
        self._looks.extend(looks)
        self._is_fresh = True
        colors = [_look_color(look) for look, _ in self._looks]
        rays = [np.stack([eye, look.point_in_world]) for look, eye in self._looks]
        lines = rr.LineStrips3D(rays, colors=colors, radii=rr.Radius.ui_points(1.0))
        self._recording.log(f"{LOOKS}/rays", lines)
        places = rr.Ellipsoids3D(
            centers=[look.point_in_world for look, _ in self._looks],
            radii=[look.radius_m for look, _ in self._looks],
            colors=colors,
            fill_mode=rr.components.FillMode.MajorWireframe,
            line_radii=rr.Radius.ui_points(0.8),
        )
        self._recording.log(f"{LOOKS}/places", places)

    def fade(self) -> None:
        """Called now and then: what has not been renewed since the last call is taken away."""
        if self._looks and not self._is_fresh:
            self._looks.clear()
            self._recording.log(LOOKS, rr.Clear.recursive())
        self._is_fresh = False


def _image_box(number: int, record: DetectionRecord, entity: int | None) -> ImageBox:
    label = plain(record.label)
    return ImageBox(
        number,
        record.box_x_min_px,
        record.box_y_min_px,
        record.box_x_max_px,
        record.box_y_max_px,
        f"{label}?" if entity is None else f"{label} #{entity}",
        entity is not None,
    )


def _look_color(look: LookRecord) -> tuple[int, int, int]:
    if look.through_share > _MOSTLY:
        return palette.LOOK_THROUGH
    return palette.LOOK_HIT if look.hit_share > _MOSTLY else palette.LOOK_HIDDEN
