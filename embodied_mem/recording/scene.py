"""What a replay shows of cameras and keyframes: poses, trajectory, images, markers, lines of text.

Entities (all in the world frame, z up): `world/camera/<sensor>` moves with every pose;
`world/keyframe/<sensor>` stands where the latest keyframe was taken and carries its pixels.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..core import DepthImage, EncodedImage
from ..geometry import CameraIntrinsics, Transform
from ..journal.recording import read_color
from ..journal.records import SessionRecord, format_record_id
from ..journal.steps import FrameEntry
from ..journal.store import Journal
from . import palette
from .timeline import ReplayClock, TimedPose

_PART_SIZE = 64
"""Points logged again when one is added; older ones rest in entities of their own."""


def sensor_path(parent: str, sensor: str) -> str:
    """The entity of a sensor below a parent entity."""
    return f"{parent}/{rr.escape_entity_path_part(sensor)}"


def log_pinhole(
    recording: rr.RecordingStream,
    path: str,
    intrinsics: CameraIntrinsics,
    *,
    color: tuple[int, int, int],
    plane_m: float,
    line_width_px: float = 1.0,
) -> None:
    """The frustum of a camera with optical axes (x right, y down, z forward)."""
    pinhole = rr.Pinhole(
        image_from_camera=intrinsics.matrix(),
        resolution=[intrinsics.width_px, intrinsics.height_px],
        camera_xyz=rr.ViewCoordinates.RDF,
        image_plane_distance=plane_m,
        color=color,
        line_width=rr.Radius.ui_points(line_width_px),
    )
    recording.log(path, pinhole)


def log_transform(recording: rr.RecordingStream, path: str, world_from_camera: Transform) -> None:
    pose = rr.Transform3D(translation=world_from_camera[:3, 3], mat3x3=world_from_camera[:3, :3])
    recording.log(path, pose)


def log_color(recording: rr.RecordingStream, path: str, color: EncodedImage) -> None:
    """The stored JPEG or PNG as it is."""
    media_type = "image/png" if color.data.startswith(b"\x89PNG") else "image/jpeg"
    recording.log(f"{path}/color", rr.EncodedImage(contents=color.data, media_type=media_type))


def log_depth(recording: rr.RecordingStream, path: str, depth: DepthImage) -> None:
    """The stored depth as it is, with the size of its unit."""
    units_per_metre = 1.0 / depth.unit_m
    image = rr.DepthImage(depth.raw, meter=units_per_metre, colormap=rr.components.Colormap.Turbo)
    recording.log(f"{path}/depth", image)


def log_event(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    text: str,
    *,
    path: str = "events",
    since_ns: int | None = None,
    color: tuple[int, int, int] = palette.WORDS,
    is_warning: bool = False,
) -> None:
    """One line at the clock's instant, which says when it was: then, or earlier at `since_ns`."""
    level = rr.TextLogLevel.WARN if is_warning else rr.TextLogLevel.INFO
    when = clock.text(clock.stamp_ns if since_ns is None else since_ns)
    recording.log(path, rr.TextLog(f"{when}   {text}", level=level, color=color))


def log_trajectory(
    recording: rr.RecordingStream, clock: ReplayClock, poses: list[TimedPose]
) -> None:
    """The camera at every pose, and behind it a line that grows, one for each session and sensor."""
    tracks: dict[tuple[int, str], list[NDArray[np.float64]]] = defaultdict(list)
    for pose in poses:
        clock.set_pose(pose)
        log_transform(recording, sensor_path("world/camera", pose.sensor), pose.world_from_camera)
        track = tracks[pose.session_id, pose.sensor]
        track.append(pose.world_from_camera[:3, 3])
        part = (len(track) - 1) // _PART_SIZE
        strip = np.array(track[max(0, part * _PART_SIZE - 1) :])
        line = rr.LineStrips3D([strip], colors=palette.TRAJECTORY, radii=rr.Radius.ui_points(1.0))
        session = sensor_path(f"world/trajectory/session_{pose.session_id}", pose.sensor)
        recording.log(f"{session}/part_{part:04d}", line)


class KeyframeLog:
    """Logs keyframes one by one: pixels, marker, event."""

    def __init__(self, recording: rr.RecordingStream, clock: ReplayClock, journal: Journal) -> None:
        self._recording = recording
        self._clock = clock
        self._journal = journal
        self._markers: list[tuple[NDArray[np.float64], tuple[int, int, int], str]] = []
        self._sensors: set[str] = set()
        self.byte_count = 0
        """Stored bytes of the pixels of all keyframes so far."""

    def log_session(self, session_id: int, record: SessionRecord) -> None:
        origin = f"from {record.source}" if record.source != record.name else ""
        text = f"session {session_id} '{record.name}' began {origin}"
        log_event(self._recording, self._clock, text.rstrip())

    def log_keyframe(
        self, entry: FrameEntry, novel_share: float | None, *, has_pixels: bool
    ) -> None:
        """At the keyframe's instant; `has_pixels` False leaves its images out."""
        self._clock.set_frame(entry.record.pose_id, entry.record.stamp_ns)
        self._log_camera(entry)
        self._log_pixels(entry, has_pixels)
        name = format_record_id("frame", entry.frame_id)
        reason = entry.record.keyframe_reason or "unknown"
        self._log_marker(entry, f"{name} ({reason})", reason)
        seen = "" if novel_share is None else f", {novel_share:.0%} of its view was new"
        text = f"{name} kept: {reason}{seen}"
        log_event(self._recording, self._clock, text, path="keyframe_log")

    def _log_camera(self, entry: FrameEntry) -> None:
        sensor, intrinsics = entry.record.sensor, entry.record.intrinsics
        camera, keyframe = (sensor_path(f"world/{n}", sensor) for n in ("camera", "keyframe"))
        is_first = sensor not in self._sensors
        if is_first:  # an image without a frustum above it is an error in the viewer
            self._sensors.add(sensor)
            self._clock.set_start()
        for path, color, plane_m in (
            (camera, palette.CAMERA, 0.2),
            (keyframe, palette.KEYFRAME, 0.35),
        ):
            log_pinhole(self._recording, path, intrinsics, color=color, plane_m=plane_m)
        log_transform(self._recording, keyframe, entry.world_from_camera)
        if is_first:
            log_transform(self._recording, camera, entry.world_from_camera)
            self._clock.set_frame(entry.record.pose_id, entry.record.stamp_ns)
            log_transform(self._recording, keyframe, entry.world_from_camera)

    def _log_pixels(self, entry: FrameEntry, has_pixels: bool) -> None:
        path = sensor_path("world/keyframe", entry.record.sensor)
        color = read_color(self._journal, entry.record)
        if color is not None:
            self.byte_count += len(color.data)
            if has_pixels:
                log_color(self._recording, path, color)
        if entry.depth is not None and entry.record.depth_blob is not None:
            self.byte_count += len(self._journal.blob(entry.record.depth_blob))
            if has_pixels:
                log_depth(self._recording, path, entry.depth)

    def _log_marker(self, entry: FrameEntry, label: str, reason: str) -> None:
        color = palette.REASON_COLORS.get(reason, palette.REASON_COLORS["time"])
        self._markers.append((entry.world_from_camera[:3, 3], color, label))
        part = (len(self._markers) - 1) // _PART_SIZE
        members = self._markers[part * _PART_SIZE :]
        points = rr.Points3D(
            np.array([position for position, _, _ in members]),
            colors=[member_color for _, member_color, _ in members],
            labels=[text for _, _, text in members],
            show_labels=False,
            radii=rr.Radius.ui_points(5.0),
        )
        self._recording.log(f"world/keyframes/part_{part:04d}", points)
