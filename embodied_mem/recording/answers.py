"""Query results on the time line: the words, the places, and the frames they rest on, lit up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import rerun as rr

from ..core import EncodedImage, Recall, RecallItem
from ..errors import InputError, JournalError
from ..geometry import CameraIntrinsics, Transform, transform_points
from ..journal.recording import read_color, read_depth
from ..journal.records import FrameRecord, PoseRecord, parse_record_id
from ..journal.store import Journal
from . import palette
from .ground_log import MapFrame
from .scene import log_color, log_depth, log_event, log_pinhole, log_transform, sensor_path
from .timeline import ReplayClock

LabelledRecall: TypeAlias = tuple[str, Recall]
"""What was asked, in a person's words, and the answer."""

_MAX_EVIDENCE = 4
_PLANE_M = 0.35
_SHOWN_ITEMS = 12


def log_answers(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    journal: Journal,
    recalls: Sequence[LabelledRecall],
    map_frame: MapFrame | None,
) -> None:
    """One answer after the other, each at its own instant after the last pose."""
    for number, (label, recall) in enumerate(recalls):
        clock.set_answer(number)
        for path in ("world/answer", "map/answer"):
            recording.log(path, rr.Clear(recursive=True))
        media_type = rr.MediaType.MARKDOWN
        recording.log("answer", rr.TextDocument(_markdown(label, recall), media_type=media_type))
        text = f"asked: {label} -> {recall.verdict.value}"
        log_event(recording, clock, text)
        _log_places(recording, recall.items, map_frame)
        _log_evidence(recording, journal, recall)


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
    recording: rr.RecordingStream, items: Sequence[RecallItem], map_frame: MapFrame | None
) -> None:
    placed = [item for item in items if item.position_in_world is not None]
    if not placed:
        return
    positions = np.array([item.position_in_world for item in placed], np.float64)
    is_waypoint = np.array([item.kind == "waypoint" for item in placed])
    labels = ["" if item.kind == "waypoint" else item.item_id for item in placed]
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
    dots = rr.Points2D(map_frame.pixels(positions), colors=palette.ANSWER, radii=0.8)
    recording.log("map/answer/places", dots)
    if is_waypoint.any():
        line_2d = rr.LineStrips2D([map_frame.pixels(way)], colors=palette.ANSWER, radii=0.5)
        recording.log("map/answer/route", line_2d)


def _log_evidence(recording: rr.RecordingStream, journal: Journal, recall: Recall) -> None:
    """The best frames as bright frusta with their image; the very best also in the image views."""
    frame_ids = _evidence_frames(recall)
    for place, frame_id in enumerate(frame_ids):
        try:
            frame = journal.get_as(FrameRecord, frame_id)
        except JournalError as error:
            raise InputError(
                f"the answer '{recall.query}' rests on frame:{frame_id}, which {journal.path} does "
                "not hold; was it asked of another memory?"
            ) from error
        if place == 0:
            _show_frame(recording, journal, frame, palette.ANSWER)
        pose = journal.get_as(PoseRecord, frame.pose_id)
        path = f"world/answer/evidence/frame_{frame_id}"
        color = read_color(journal, frame)
        _log_lit_frame(recording, path, frame.intrinsics, pose.world_from_camera, color)
    latest = journal.last(FrameRecord)
    if not frame_ids and latest is not None:
        _show_frame(recording, journal, latest[1], palette.KEYFRAME)


def _show_frame(
    recording: rr.RecordingStream, journal: Journal, frame: FrameRecord, line: tuple[int, int, int]
) -> None:
    """Put a frame into the image views and its frustum into space, as the latest keyframe was."""
    path = sensor_path("world/keyframe", frame.sensor)
    pose = journal.get_as(PoseRecord, frame.pose_id)
    log_transform(recording, path, pose.world_from_camera)
    log_pinhole(recording, path, frame.intrinsics, color=line, plane_m=_PLANE_M)
    color, depth = read_color(journal, frame), read_depth(journal, frame)
    if color is not None:
        log_color(recording, path, color)
    if depth is not None:
        log_depth(recording, path, depth)


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


def _evidence_frames(recall: Recall) -> list[int]:
    """Ids of the first few distinct frames, best first."""
    frames: dict[int, None] = {}
    for item in recall.items:
        for record_id in item.evidence:
            kind, number = parse_record_id(record_id)
            if kind == "frame":
                frames.setdefault(number)
    return list(frames)[:_MAX_EVIDENCE]
