"""Query results on the time line: the words, the places, and the frames they rest on, lit up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TypeAlias

import numpy as np
import rerun as rr

from ..core import EncodedImage, Recall, RecallItem
from ..entities.entity import Entity
from ..episodic.event_text import text_of
from ..errors import InputError, JournalError
from ..geometry import CameraIntrinsics, Transform, transform_points
from ..journal.recording import read_color, read_depth
from ..journal.records import DetectionRecord, FrameRecord, PoseRecord, parse_record_id
from ..journal.store import Journal
from ..views import MemoryViews
from . import palette
from .detections import ImageBox, log_image_boxes
from .ground_log import MapFrame
from .scene import log_color, log_depth, log_event, log_pinhole, log_transform, sensor_path
from .things import name_of, sight_of
from .timeline import ReplayClock

LabelledRecall: TypeAlias = tuple[str, Recall]
"""What was asked, in a person's words, and the answer."""

_MAX_EVIDENCE = 4
_PLANE_M = 0.35
_SHOWN_ITEMS = 12
_LABELLED_ITEMS = 6
_HALO_M = 0.04
_MOST_LETTERS = 48


class AnswerLog:
    """Logs answers one after the other, each at its own instant after the last pose."""

    def __init__(
        self,
        recording: rr.RecordingStream,
        clock: ReplayClock,
        journal: Journal,
        views: MemoryViews,
        image_boxes: Mapping[int, Sequence[ImageBox]],
    ) -> None:
        """`views` are those at the end; `image_boxes` the detections in keyframes by their pose."""
        self._recording = recording
        self._clock = clock
        self._journal = journal
        self._views = views
        self._image_boxes = image_boxes
        frames = journal.entries(kinds=[FrameRecord])
        self._frame_of_pose = {r.pose_id: n for n, r in frames if isinstance(r, FrameRecord)}

    def log(self, recalls: Sequence[LabelledRecall], map_frame: MapFrame | None) -> None:
        recording = self._recording
        for number, (label, recall) in enumerate(recalls):
            self._clock.set_answer(number)
            for path in ("world/answer", "map/answer"):
                recording.log(path, rr.Clear(recursive=True))
            media_type = rr.MediaType.MARKDOWN
            document = rr.TextDocument(_markdown(label, recall), media_type=media_type)
            recording.log("answer", document)
            log_event(recording, self._clock, f"asked: {label} -> {recall.verdict.value}")
            _log_places(recording, recall.items, map_frame, self._names(recall.items))
            self._log_boxes(recall.items)
            self._log_ways(recall.items, map_frame)
            self._log_evidence(recall)

    def _names(self, items: Sequence[RecallItem]) -> list[str]:
        """What a person calls each item: things and events by their words, others by their id."""
        names = []
        for item in items:
            entity = _entity_of(self._views, item)
            event = self._views.events.find(item.item_id) if item.kind == "event" else None
            if entity is not None:
                names.append(name_of(entity))
            else:
                names.append(item.item_id if event is None else text_of(event))
        return names

    def _log_boxes(self, items: Sequence[RecallItem]) -> None:
        """The things among the items, in a bright box around their own."""
        found = [_entity_of(self._views, item) for item in items[:_SHOWN_ITEMS]]
        sights = [sight_of(entity) for entity in found if entity is not None]
        drawn = [sight for sight in sights if sight is not None]
        if not drawn:
            return
        turns = [rr.RotationAxisAngle([0, 0, 1], radians=sight.yaw_rad) for sight in drawn]
        boxes = rr.Boxes3D(
            centers=[sight.center for sight in drawn],
            half_sizes=[np.add(sight.half_sizes, _HALO_M) for sight in drawn],
            rotation_axis_angles=turns, colors=palette.ANSWER, radii=rr.Radius.ui_points(2.5),
        )  # fmt: skip
        self._recording.log("world/answer/things", boxes)

    def _log_ways(self, items: Sequence[RecallItem], map_frame: MapFrame | None) -> None:
        """Events among the items that took a thing from one place to another."""
        events = [self._views.events.find(i.item_id) for i in items if i.kind == "event"]
        legs = [
            np.array([event.from_position, event.to_position])
            for event in events
            if event is not None and event.from_position and event.to_position
        ]
        if not legs:
            return
        radius = rr.Radius.ui_points(2.5)
        ends = rr.Arrows3D(
            origins=[leg[0] for leg in legs], vectors=[leg[1] - leg[0] for leg in legs],
            colors=palette.ANSWER, radii=radius,
        )  # fmt: skip
        self._recording.log("world/answer/ways", ends)
        if map_frame is not None:
            flat = [map_frame.pixels(leg) for leg in legs]
            strips = rr.LineStrips2D(flat, colors=palette.ANSWER, radii=radius)
            self._recording.log("map/answer/ways", strips)

    def _log_evidence(self, recall: Recall) -> None:
        """The best frames as bright frusta with their image; the very best also in the image views."""
        frame_ids, detection_ids = self._evidence(recall)
        for place, frame_id in enumerate(frame_ids):
            try:
                frame = self._journal.get_as(FrameRecord, frame_id)
            except JournalError as error:
                raise _foreign(recall, self._journal, f"frame:{frame_id}") from error
            if place == 0:
                self._show_frame(frame, palette.ANSWER, detection_ids)
            pose = self._journal.get_as(PoseRecord, frame.pose_id)
            path = f"world/answer/evidence/frame_{frame_id}"
            color = read_color(self._journal, frame)
            _log_lit_frame(self._recording, path, frame.intrinsics, pose.world_from_camera, color)
        latest = self._journal.last(FrameRecord)
        if not frame_ids and latest is not None:
            self._show_frame(latest[1], palette.KEYFRAME, set())

    def _show_frame(
        self, frame: FrameRecord, line: tuple[int, int, int], detection_ids: Set[int]
    ) -> None:
        """Put a frame into the image views and its frustum into space, as the latest keyframe was."""
        recording, journal = self._recording, self._journal
        path = sensor_path("world/keyframe", frame.sensor)
        pose = journal.get_as(PoseRecord, frame.pose_id)
        log_transform(recording, path, pose.world_from_camera)
        log_pinhole(recording, path, frame.intrinsics, color=line, plane_m=_PLANE_M)
        color, depth = read_color(journal, frame), read_depth(journal, frame)
        if color is not None:
            log_color(recording, path, color)
        if depth is not None:
            log_depth(recording, path, depth)
        boxes = self._image_boxes.get(frame.pose_id, ())
        log_image_boxes(recording, frame.sensor, boxes, detection_ids)

    def _evidence(self, recall: Recall) -> tuple[list[int], set[int]]:
        """Ids of the first few distinct frames, best first, and of all detections."""
        frames: dict[int, None] = {}
        detections: set[int] = set()
        for item in recall.items:
            for record_id in item.evidence:
                if not record_id.startswith(("frame:", "detection:")):
                    continue
                kind, number = parse_record_id(record_id)
                if kind == "frame":
                    frames.setdefault(number)
                else:
                    detections.add(number)
                    frame_id = self._frame_of_detection(recall, number)
                    if frame_id is not None:
                        frames.setdefault(frame_id)
        return list(frames)[:_MAX_EVIDENCE], detections

    def _frame_of_detection(self, recall: Recall, number: int) -> int | None:
        """The keyframe that a detection was seen in, if its image was kept."""
        try:
            record = self._journal.get_as(DetectionRecord, number)
        except JournalError as error:
            raise _foreign(recall, self._journal, f"detection:{number}") from error
        return self._frame_of_pose.get(record.pose_id)


def _entity_of(views: MemoryViews, item: RecallItem) -> Entity | None:
    return views.entities.find(item.item_id) if item.kind == "entity" else None


def _foreign(recall: Recall, journal: Journal, record_id: str) -> InputError:
    return InputError(
        f"the answer '{recall.query}' rests on {record_id}, which {journal.path} does not hold; "
        "was it asked of another memory?"
    )


def _markdown(label: str, recall: Recall) -> str:
    lines = [f"**{label}**", f"`{recall.query}`", f"**Verdict: {recall.verdict.value.upper()}**"]
    if recall.probability is not None:
        lines.append(f"(probability {recall.probability:.0%})")
    if recall.explanation:
        lines.append(recall.explanation)
    rows = []
    for place, item in enumerate(recall.items[:_SHOWN_ITEMS], 1):
        note = f": {item.note}" if item.note else ""
        rows.append(f"{place}. {item.item_id}, score {item.score:.2f}{note}")
    if len(recall.items) > _SHOWN_ITEMS:
        rows.append(f"\n... and {len(recall.items) - _SHOWN_ITEMS} more")
    return "\n\n".join([*lines, "\n".join(rows)]) + "\n"


def _log_places(
    recording: rr.RecordingStream,
    items: Sequence[RecallItem],
    map_frame: MapFrame | None,
    names: Sequence[str],
) -> None:
    named = zip(items, names, strict=True)
    words = [(item, name) for item, name in named if item.position_in_world is not None]
    placed = [item for item, _ in words]
    if not placed:
        return
    positions = np.array([item.position_in_world for item in placed], np.float64)
    is_waypoint = np.array([item.kind == "waypoint" for item in placed])
    labels = ["" if item.kind == "waypoint" else _short(name) for item, name in words]
    recording.log(
        "world/answer/places",
        rr.Points3D(
            positions, colors=palette.ANSWER, labels=labels, show_labels=bool(~is_waypoint.all()),
            radii=rr.Radius.ui_points(6.0),
        ),
    )  # fmt: skip
    if is_waypoint.any():
        way = positions[is_waypoint]
        lifted = way + np.array([0.0, 0.0, 0.03])
        line = rr.LineStrips3D([lifted], colors=palette.ANSWER, radii=0.03)
        recording.log("world/answer/route", line)
    if map_frame is None:
        return
    dots = rr.Points2D(
        map_frame.pixels(positions), colors=palette.ANSWER, radii=rr.Radius.ui_points(5.0),
        labels=labels, show_labels=len(labels) <= _LABELLED_ITEMS and bool(~is_waypoint.all()),
        draw_order=60.0,
    )  # fmt: skip
    recording.log("map/answer/places", dots)
    if is_waypoint.any():
        line_2d = rr.LineStrips2D([map_frame.pixels(way)], colors=palette.ANSWER, radii=0.5)
        recording.log("map/answer/route", line_2d)


def _short(name: str) -> str:
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 3]}..."


def _log_lit_frame(
    recording: rr.RecordingStream,
    path: str,
    intrinsics: CameraIntrinsics,
    world_from_camera: Transform,
    color: EncodedImage | None,
) -> None:
    """A frustum of lines and a textured rectangle: unlike a pinhole, they can be cleared again."""
    width, height = intrinsics.width_px - 0.5, intrinsics.height_px - 0.5
    u = np.array([-0.5, width, width, -0.5])
    v = np.array([-0.5, -0.5, height, height])
    x = (u - intrinsics.cx_px) / intrinsics.fx_px * _PLANE_M
    y = (v - intrinsics.cy_px) / intrinsics.fy_px * _PLANE_M
    in_camera = np.stack([x, y, np.full(4, _PLANE_M)], axis=1)
    corners = transform_points(world_from_camera, in_camera)
    eye = world_from_camera[:3, 3]
    strips = [[*corners, corners[0]], *([eye, corner] for corner in corners)]
    lines = rr.LineStrips3D(strips, colors=palette.ANSWER, radii=rr.Radius.ui_points(2.0))
    recording.log(f"{path}/frustum", lines)
    if color is not None:
        image = rr.Mesh3D(
            vertex_positions=corners,
            triangle_indices=[[0, 1, 2], [0, 2, 3]],
            vertex_texcoords=[[0, 0], [1, 0], [1, 1], [0, 1]],
            albedo_texture=color.decode(reduction=4),
        )
        recording.log(f"{path}/image", image)
