"""From an observation to records: what it leaves in the journal.

Detections are measured here, while depth is at hand: frames that are not kept lose their pixels, and
views read only what is journalled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .config import MemoryConfig
from .core import DepthImage, Detection, EncodedImage, Observation, PoseCorrection
from .entities.looks import Look
from .journal.color_codec import encode_color
from .journal.commits import Batch, Commit
from .journal.records import (
    DETECTION_POINTS,
    DetectionRecord,
    FrameRecord,
    LookRecord,
    PoseRecord,
    Record,
    RobotRecord,
    UtteranceRecord,
)
from .journal.steps import FrameEntry, PoseMove, Step, reduced_color
from .journal.store import Journal
from .perception import LocatedDetection, locate
from .policies.keyframe import GateDecision

RECENT_IMAGES = 16
"""Images whose depth is kept for detections that come late."""


@dataclass(frozen=True)
class EncodedFrame:
    """The blobs of a keyframe, and its pixels as a replay would decode them."""

    color: EncodedImage | None
    reduced_color: NDArray[np.uint8] | None
    depth: DepthImage | None
    depth_data: bytes | None


@dataclass(frozen=True)
class PlacedDetection:
    """A detection with the pose of its image, and where it is, if depth tells."""

    detection: Detection
    pose_id: int | None
    """None: that of the image it came with."""
    stamp_ns: int
    located: LocatedDetection | None


@dataclass(frozen=True)
class Glance:
    """One camera's image on its way into the journal."""

    observation: Observation
    decision: GateDecision
    placed: tuple[PlacedDetection, ...]
    looks: tuple[Look, ...]
    encoded: EncodedFrame | None


class StepDraft:
    """One commit in the making: records enter its batch and are kept for the views."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.records: list[tuple[int, Record]] = []
        self.frames: list[FrameEntry] = []
        self.pose_moves: list[PoseMove] = []

    def add(self, record: Record) -> int:
        """Append a record; returns its id."""
        record_id = self.batch.add(record)
        self.records.append((record_id, record))
        return record_id

    def finished(self, commit: Commit) -> Step:
        """The step, once the batch is committed."""
        return Step(
            commit.commit_id,
            commit.stamp_ns,
            tuple(self.records),
            tuple(self.frames),
            tuple(self.pose_moves),
        )


@dataclass(frozen=True)
class _RecentImage:
    sensor: str
    pose_id: int
    observation: Observation


class RecentImages:
    """The last images of a session: working memory, for detectors that answer late."""

    def __init__(self) -> None:
        self._images: deque[_RecentImage] = deque(maxlen=RECENT_IMAGES)

    def add(self, pose_id: int, observation: Observation) -> None:
        bare = replace(observation, detections=(), other_views=(), instance_ids=None)
        self._images.append(_RecentImage(observation.sensor, pose_id, bare))

    def find(self, sensor: str, stamp_ns: int) -> tuple[int, Observation] | None:
        """The pose record and image of a sensor at a stamp; None if it is too long ago."""
        for image in reversed(self._images):
            if image.sensor == sensor and image.observation.stamp_ns == stamp_ns:
                return image.pose_id, image.observation
        return None


def encode_frame(observation: Observation, config: MemoryConfig) -> EncodedFrame:
    """Raises InputError for colour that cannot be decoded."""
    from .journal.depth_codec import encode_depth

    color, reduced = None, None
    if observation.color is not None:
        camera = observation.intrinsics
        color = encode_color(observation.color, jpeg_quality=config.journal.jpeg_quality)
        reduced = reduced_color(color, camera.height_px, camera.width_px)
    depth = observation.depth
    data = None if depth is None else encode_depth(depth.raw, config.journal.depth_codec)
    return EncodedFrame(color, reduced, depth, data)


def place_detections(
    detections: Sequence[Detection],
    observation: Observation,
    color: NDArray[np.uint8] | None,
    recent: RecentImages,
) -> tuple[PlacedDetection, ...]:
    """Measure every detection in the image that it was made on.

    `color` is the observation's decoded image. A late detection whose image is no longer at hand has
    no place.
    """
    return tuple(_placed(detection, observation, color, recent) for detection in detections)


def _placed(
    detection: Detection,
    observation: Observation,
    color: NDArray[np.uint8] | None,
    recent: RecentImages,
) -> PlacedDetection:
    stamp_ns, pose_id = detection.image_stamp_ns, None
    if stamp_ns is not None and stamp_ns != observation.stamp_ns:
        found = recent.find(observation.sensor, stamp_ns)
        if found is None:
            return PlacedDetection(detection, None, stamp_ns, None)
        pose_id, observation = found
        color = observation.color if isinstance(observation.color, np.ndarray) else None
    located = None
    if observation.depth is not None:
        located = locate(
            detection,
            observation.depth,
            observation.intrinsics,
            observation.world_from_camera,
            color=color,
        )
    return PlacedDetection(detection, pose_id, observation.stamp_ns, located)


def add_glance(draft: StepDraft, glance: Glance, session_id: int) -> int:
    """The records of one image; returns that of its pose."""
    observation = glance.observation
    pose_id = draft.add(
        PoseRecord(
            session_id=session_id,
            stamp_ns=observation.stamp_ns,
            sensor=observation.sensor,
            world_from_camera=observation.world_from_camera,
            source_index=observation.source_index,
        )
    )
    for placed in glance.placed:
        _add_detection(draft, placed, session_id, pose_id, is_kept=glance.encoded is not None)
    for look in glance.looks:
        draft.add(_look_record(look, session_id, pose_id, observation.stamp_ns))
    if glance.encoded is not None:
        _add_frame(draft, glance, glance.encoded, session_id, pose_id)
    return pose_id


def _add_frame(
    draft: StepDraft, glance: Glance, encoded: EncodedFrame, session_id: int, pose_id: int
) -> None:
    """The record of a keyframe and its blobs."""
    observation = glance.observation
    color_blob = depth_blob = None
    if encoded.color is not None:
        color_blob = draft.batch.add_blob(encoded.color.data, codec=encoded.color.format)
    if encoded.depth_data is not None:
        depth_blob = draft.batch.add_blob(encoded.depth_data, codec="depth")
    camera = observation.intrinsics
    record = FrameRecord(
        session_id=session_id,
        pose_id=pose_id,
        stamp_ns=observation.stamp_ns,
        sensor=observation.sensor,
        width_px=camera.width_px,
        height_px=camera.height_px,
        fx_px=camera.fx_px,
        fy_px=camera.fy_px,
        cx_px=camera.cx_px,
        cy_px=camera.cy_px,
        color_blob=color_blob,
        depth_blob=depth_blob,
        depth_unit_m=encoded.depth.unit_m if encoded.depth is not None else 0.001,
        keyframe_reason=glance.decision.reason,
    )
    frame_id = draft.add(record)
    pose = observation.world_from_camera
    draft.frames.append(FrameEntry(frame_id, record, pose, encoded.depth, encoded.reduced_color))


def _add_detection(
    draft: StepDraft, placed: PlacedDetection, session_id: int, pose_id: int, *, is_kept: bool
) -> None:
    """The record of a detection; its mask is kept only with the pixels that it belongs to."""
    from .journal.detection_codec import encode_embedding, encode_mask

    detection = placed.detection
    mask_blob = embedding_blob = None
    if detection.mask is not None and is_kept and placed.pose_id is None:
        mask_blob = draft.batch.add_blob(encode_mask(detection.mask), codec="mask")
    if detection.embedding is not None:
        embedding_blob = draft.batch.add_blob(
            encode_embedding(detection.embedding), codec="embedding"
        )
    x_min, y_min, x_max, y_max = detection.box_px
    record = DetectionRecord(
        session_id=session_id,
        pose_id=pose_id if placed.pose_id is None else placed.pose_id,
        stamp_ns=placed.stamp_ns,
        label=detection.label,
        confidence=detection.confidence,
        box_x_min_px=x_min,
        box_y_min_px=y_min,
        box_x_max_px=x_max,
        box_y_max_px=y_max,
        mask_blob=mask_blob,
        embedding_blob=embedding_blob,
        instance_id=detection.instance_id,
    )
    if placed.located is not None:
        record = _with_place(record, placed.located)
    draft.add(record)


def _with_place(record: DetectionRecord, located: LocatedDetection) -> DetectionRecord:
    """Values exactly as they are stored, so that live and replayed views see the same."""
    box = located.oriented_box
    color, appearance = located.mean_color, located.appearance
    return replace(
        record,
        centroid_in_world=np.array(located.centroid_in_world, np.float64),
        box_in_world=np.array([located.box.low, located.box.high], np.float64),
        oriented_box=np.array(
            [*box.center_in_world, box.length_m, box.width_m, box.height_m, box.yaw_rad], np.float64
        ),
        points_in_world=_spread(located.points_in_world),
        mean_color=None if color is None else np.rint(np.array(color)).astype(np.uint8),
        appearance=None if appearance is None else np.rint(appearance * 255).astype(np.uint8),
        mean_depth_m=located.mean_depth_m,
        pixel_share=located.pixel_share,
        border_share=located.border_share,
        hidden_share=located.hidden_share,
        mask_quality=located.mask_quality,
    )


def _spread(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """`DETECTION_POINTS` of the points, evenly chosen in their order, the last one repeated."""
    chosen = np.linspace(0, len(points) - 1, min(DETECTION_POINTS, len(points)))
    places = np.rint(chosen).astype(np.int64)
    places = np.concatenate([places, np.full(DETECTION_POINTS - len(places), places[-1])])
    return np.ascontiguousarray(points[places], np.float32)


def _look_record(look: Look, session_id: int, pose_id: int, stamp_ns: int) -> LookRecord:
    """The record of rays through a place."""
    return LookRecord(
        session_id=session_id,
        pose_id=pose_id,
        stamp_ns=stamp_ns,
        point_in_world=np.array(look.point_in_world, np.float64),
        radius_m=look.radius_m,
        ray_count=look.ray_count,
        through_share=look.through_share,
        hit_share=look.hit_share,
        occluded_share=look.occluded_share,
    )


def add_hearing(draft: StepDraft, observation: Observation, session_id: int) -> None:
    """The records of what was said."""
    for utterance in observation.utterances:
        draft.add(
            UtteranceRecord(
                session_id=session_id,
                stamp_ns=observation.stamp_ns,
                speaker=utterance.speaker,
                text=utterance.text,
            )
        )


def add_corrections(
    draft: StepDraft, journal: Journal, corrections: Sequence[PoseCorrection], session_id: int
) -> None:
    """New versions of poses of a session; those that the journal never held are left out."""
    if not corrections:
        return
    stamps = [correction.stamp_ns for correction in corrections]
    written = {
        (pose.sensor, pose.stamp_ns): (pose_id, pose)
        for pose_id, pose in journal.between(PoseRecord, min(stamps), max(stamps))
        if pose.supersedes is None and pose.session_id == session_id
    }
    for correction in corrections:
        found = written.get((correction.sensor, correction.stamp_ns))
        if found is None:
            continue
        pose_id, pose = found
        better = correction.world_from_camera
        draft.add(replace(pose, world_from_camera=better, supersedes=pose_id))
        draft.pose_moves.append(PoseMove(pose_id, pose.stamp_ns, pose.world_from_camera, better))


def add_robot(draft: StepDraft, observation: Observation, session_id: int, pose_id: int) -> None:
    """The record of what the robot says about itself; none if the observation has no robot."""
    robot = observation.robot
    if robot is None:
        return
    x, y, yaw = robot.base_in_world
    draft.add(
        RobotRecord(
            session_id=session_id,
            pose_id=pose_id,
            stamp_ns=observation.stamp_ns,
            base_x_m=x,
            base_y_m=y,
            base_yaw_rad=yaw,
            mode=robot.mode,
            held_label=robot.held_label,
            is_blocked=int(robot.is_blocked),
            clock_s=observation.clock_s,
        )
    )
