"""A journal's keyframes as a recording: replay them, or feed them to another memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..core import DepthImage, Detection, EncodedImage, Observation, RecordingInfo
from ..errors import JournalError, RecordingError
from .detection_codec import decode_embedding, decode_mask
from .records import (
    INT64_MAX,
    INT64_MIN,
    DetectionRecord,
    FrameRecord,
    PoseRecord,
    SessionRecord,
    TombstoneRecord,
    format_record_id,
)
from .store import Journal


def read_color(journal: Journal, frame: FrameRecord) -> EncodedImage | None:
    """The stored colour file of a frame; None if it has none."""
    if frame.color_blob is None:
        return None
    codec, data = journal.coded_blob(frame.color_blob)
    return EncodedImage(data, codec)


def read_depth(journal: Journal, frame: FrameRecord) -> DepthImage | None:
    """The depth of a frame exactly as it came in; None if it has none."""
    if frame.depth_blob is None:
        return None
    from .depth_codec import decode_depth

    return DepthImage(decode_depth(journal.blob(frame.depth_blob)), frame.depth_unit_m)


def read_detections(journal: Journal, frame: FrameRecord) -> tuple[Detection, ...]:
    """The detections reported with a frame, in the order of writing."""
    return tuple(
        _detection(journal, record)
        for _, record in journal.between(DetectionRecord, frame.stamp_ns, frame.stamp_ns)
        if record.pose_id == frame.pose_id
    )


def _detection(journal: Journal, record: DetectionRecord) -> Detection:
    mask, embedding = record.mask_blob, record.embedding_blob
    return Detection(
        label=record.label,
        confidence=record.confidence,
        box_px=(
            record.box_x_min_px,
            record.box_y_min_px,
            record.box_x_max_px,
            record.box_y_max_px,
        ),
        mask=None if mask is None else decode_mask(journal.blob(mask)),
        embedding=None if embedding is None else decode_embedding(journal.blob(embedding)),
        instance_id=record.instance_id,
    )


class JournalRecording:
    """The keyframes of one session, or of all, in the order of their stamps; no tombstoned ones.

    Poses are the newest versions. An observation's `source_index` is the one it was recorded with;
    over several sessions, or where there was none, it is the keyframe's place in this recording.
    """

    def __init__(self, journal: Journal, session: int | None = None) -> None:
        self._journal = journal
        self._session_id = session
        sessions = dict(journal.sessions())
        if session is not None and session not in sessions:
            raise RecordingError(
                f"{journal.path} has no session {session}; it has {sorted(sessions) or 'none'}"
            )
        chosen = list(sessions.values()) if session is None else [sessions[session]]
        self._only_session: SessionRecord | None = chosen[0] if len(chosen) == 1 else None

    @property
    def info(self) -> RecordingInfo:
        only = self._only_session
        return RecordingInfo(
            name=self._journal.path.stem if only is None else only.name,
            format="journal",
            frame_count=sum(1 for _ in self._frames()),
            world_from_source=np.eye(4) if only is None else only.world_from_source,
        )

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        """Keyframes with source index >= `start`.

        Raises:
            RecordingError: a keyframe that is missing or damaged; names the file and the record.
        """
        corrections = self._journal.corrections()
        for place, (frame_id, frame) in enumerate(self._frames()):
            try:
                pose_id = corrections.get(frame.pose_id, frame.pose_id)
                pose = self._journal.get_as(PoseRecord, pose_id)
                source_index = pose.source_index if self._only_session is not None else None
                index = place if source_index is None else source_index
                if index >= start:
                    yield self._observation(frame, pose, index)
            except JournalError as error:
                name = format_record_id("frame", frame_id)
                raise RecordingError(f"{self._journal.path}: {name}: {error}") from error

    def _frames(self) -> Iterator[tuple[int, FrameRecord]]:
        dropped = {
            record.target_record_id
            for _, record in self._journal.entries(kinds=(TombstoneRecord,))
            if isinstance(record, TombstoneRecord)
        }
        for frame_id, frame in self._journal.between(FrameRecord, INT64_MIN, INT64_MAX):
            if self._session_id in (None, frame.session_id) and frame_id not in dropped:
                yield frame_id, frame

    def _observation(self, frame: FrameRecord, pose: PoseRecord, index: int) -> Observation:
        return Observation(
            stamp_ns=frame.stamp_ns,
            world_from_camera=pose.world_from_camera,
            intrinsics=frame.intrinsics,
            depth=read_depth(self._journal, frame),
            color=read_color(self._journal, frame),
            sensor=frame.sensor,
            detections=read_detections(self._journal, frame),
            source_index=index,
        )
