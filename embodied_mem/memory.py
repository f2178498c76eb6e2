"""The memory of an agent: one journal file, its views, and the queries on them.

`EmbodiedMemory.update` is the page to read first:
gate (keyframe?) -> encode -> commit to the journal -> apply to the views.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .config import MemoryConfig, config_to_json, memory_config_from_json
from .core import DepthImage, Detection, EncodedImage, Observation
from .errors import InputError, StampError
from .geometry import Transform
from .journal.color_codec import encode_color
from .journal.commits import Batch
from .journal.records import DetectionRecord, FrameRecord, PoseRecord, SessionRecord
from .journal.store import Journal
from .policies.keyframe import GateDecision, make_keyframe_gate
from .recall.query import SpatialRecall, check_stamp
from .spatial.views import FrameEntry, SpatialViews, reduced_color


@dataclass(frozen=True)
class MemoryUpdate:
    """What one observation left behind."""

    pose_id: int
    frame_id: int | None
    """The keyframe's record, or None if the frame was not kept."""
    decision: GateDecision
    stage_ms: dict[str, float] = field(default_factory=dict)
    """Wall milliseconds by stage: gate, encode, commit, and each view."""


@dataclass(frozen=True)
class _EncodedFrame:
    """The blobs of a keyframe, and its pixels as a replay would decode them."""

    color: EncodedImage | None
    reduced_color: NDArray[np.uint8] | None
    depth: DepthImage | None
    depth_data: bytes | None


class EmbodiedMemory:
    """A memory file opened for updates or for reading. Close it, or use `with`."""

    def __init__(self, journal: Journal, config: MemoryConfig, views: SpatialViews) -> None:
        self.journal = journal
        self.config = config
        self.views = views
        self._gate = make_keyframe_gate(config.keyframe)
        self._recall = SpatialRecall(journal, views)
        self._session_id: int | None = None
        self._session_frame_count = 0
        self._last_stamp_ns: dict[str, int] = {}
        self._unsaved_keyframes = 0

    @classmethod
    def open(
        cls,
        path: str | Path,
        config: MemoryConfig | None = None,
        *,
        read_only: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> EmbodiedMemory:
        """Open or create a memory file.

        Args:
            config: how to build views and choose keyframes; by default that of the file's last
                session, or the defaults for a new file.
            read_only: any number of readers may open a file while one process writes.
            progress: called with the number of keyframes replayed since the last checkpoint.
        """
        chosen = config or MemoryConfig()
        synchronous = chosen.journal.synchronous
        if read_only:
            journal = Journal.open(path, read_only=True)
        else:
            journal = Journal.open_or_create(path, synchronous=synchronous)
        try:
            sessions = journal.sessions()
            if config is None and sessions:
                chosen = memory_config_from_json(sessions[-1][1].config_json)
            return cls(journal, chosen, SpatialViews.open(journal, chosen, progress=progress))
        except BaseException:
            journal.close()
            raise

    def close(self) -> None:
        """Write a checkpoint if there is anything new, and release the file."""
        if not self.journal.database.is_read_only and self._unsaved_keyframes:
            self.checkpoint()
        self.journal.close()

    def __enter__(self) -> EmbodiedMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def session_frame_count(self) -> int:
        """Frames of the current session so far, kept or not."""
        return self._session_frame_count

    @property
    def recall(self) -> SpatialRecall:
        """The read-only queries on what is known now."""
        return self._recall

    def as_of(self, stamp_ns: int) -> SpatialRecall:
        """The queries on what was known at a stamp: exactly a replay of the journal up to it."""
        check_stamp(stamp_ns)
        views = SpatialViews.open(self.journal, self.config, until_stamp_ns=stamp_ns)
        return SpatialRecall(self.journal, views, until_stamp_ns=stamp_ns)

    def begin_session(
        self,
        name: str,
        *,
        source: str = "live",
        source_format: str = "live",
        start_stamp_ns: int,
        world_from_source: Transform | None = None,
        session_key: str | None = None,
    ) -> int:
        """Start a stretch of experience; returns its record id. Stamps run forward within it."""
        record = self._session_record(
            name,
            start_stamp_ns,
            source=source,
            source_format=source_format,
            world_from_source=world_from_source,
            session_key=session_key,
        )
        with self.journal.batch(start_stamp_ns) as batch:
            session_id = batch.add(record)
        self._session_id = session_id
        self._session_frame_count = 0
        self._last_stamp_ns = {}
        return session_id

    def resume_session(self, session_id: int) -> int:
        """Continue a session; returns the source index of the first frame that is still missing."""
        if session_id not in dict(self.journal.sessions()):
            raise InputError(f"{self.journal.path} has no session {session_id}")
        self._session_id = session_id
        self._session_frame_count = 0
        self._last_stamp_ns = {}
        next_index = 0
        for _, record in self.journal.entries(session_id, kinds=[PoseRecord]):
            if isinstance(record, PoseRecord) and record.session_id == session_id:
                self._session_frame_count += 1
                self._last_stamp_ns[record.sensor] = record.stamp_ns
                index = record.source_index
                next_index = max(
                    next_index, (self._session_frame_count - 1 if index is None else index) + 1
                )
        return next_index

    def update(self, observation: Observation) -> MemoryUpdate:
        """Remember one observation: one atomic commit.

        Every frame leaves its pose and detections; a keyframe leaves its pixels and enters the views.

        Raises:
            StampError: the stamp does not come after the sensor's last one in this session.
            InputError: colour that cannot be decoded, or a camera beyond the voxel grids. Whatever is
                raised before the commit leaves journal and views as they were.
        """
        self._check_stamp(observation)
        clock = _StageClock()

        decision = self._gate.decide(observation, self._session_frame_count, self.views)
        clock.lap("gate")
        encoded = self._encode(observation) if decision.is_kept else None
        clock.lap("encode")
        pose_id, frame_id, record = self._commit(observation, decision, encoded)
        clock.lap("commit")
        if frame_id is not None and record is not None and encoded is not None:
            self._apply(frame_id, record, observation, encoded, clock)
        return MemoryUpdate(pose_id, frame_id, decision, clock.stage_ms)

    def checkpoint(self) -> None:
        """Save the views' states so that the next opening need not replay."""
        self.views.save(self.journal)
        self._unsaved_keyframes = 0

    def _session_record(
        self,
        name: str,
        start_stamp_ns: int,
        *,
        source: str = "live",
        source_format: str = "live",
        world_from_source: Transform | None = None,
        session_key: str | None = None,
    ) -> SessionRecord:
        return SessionRecord(
            session_key=session_key or f"{name}@{start_stamp_ns}",
            name=name,
            source=source,
            source_format=source_format,
            world_from_source=np.eye(4) if world_from_source is None else world_from_source,
            config_json=config_to_json(self.config),
            start_stamp_ns=start_stamp_ns,
        )

    def _check_stamp(self, observation: Observation) -> None:
        last = self._last_stamp_ns.get(observation.sensor)
        if last is not None and observation.stamp_ns <= last:
            what = "repeats" if observation.stamp_ns == last else "goes back before"
            raise StampError(
                f"stamp {observation.stamp_ns} of sensor '{observation.sensor}' {what} the last one "
                f"({last}); drop duplicate frames, or begin a new session"
            )

    def _encode(self, observation: Observation) -> _EncodedFrame:
        from .journal.depth_codec import encode_depth

        self.views.check_position(observation.world_from_camera)
        color, reduced = None, None
        if observation.color is not None:
            camera = observation.intrinsics
            color = encode_color(observation.color, jpeg_quality=self.config.journal.jpeg_quality)
            reduced = reduced_color(color, camera.height_px, camera.width_px)
        depth = observation.depth
        return _EncodedFrame(
            color,
            reduced,
            depth,
            None if depth is None else encode_depth(depth.raw, self.config.journal.depth_codec),
        )

    def _commit(
        self, observation: Observation, decision: GateDecision, encoded: _EncodedFrame | None
    ) -> tuple[int, int | None, FrameRecord | None]:
        """The records of one observation, and of its session if none was begun."""
        session_id = self._session_id
        frame_id, frame = None, None
        with self.journal.batch(observation.stamp_ns) as batch:
            if session_id is None:
                session_id = batch.add(self._session_record("live", observation.stamp_ns))
            pose_id = batch.add(
                PoseRecord(
                    session_id=session_id,
                    stamp_ns=observation.stamp_ns,
                    sensor=observation.sensor,
                    world_from_camera=observation.world_from_camera,
                    source_index=observation.source_index,
                )
            )
            for detection in observation.detections:
                _add_detection(batch, detection, session_id, pose_id, observation.stamp_ns)
            if encoded is not None:
                frame = _frame_record(batch, observation, decision, encoded, session_id, pose_id)
                frame_id = batch.add(frame)
        self._session_id = session_id
        self._session_frame_count += 1
        self._last_stamp_ns[observation.sensor] = observation.stamp_ns
        return pose_id, frame_id, frame

    def _apply(
        self,
        frame_id: int,
        record: FrameRecord,
        observation: Observation,
        encoded: _EncodedFrame,
        clock: _StageClock,
    ) -> None:
        pose = observation.world_from_camera
        entry = FrameEntry(frame_id, record, pose, encoded.depth, encoded.reduced_color)
        clock.stage_ms.update(self.views.apply(entry))
        self._unsaved_keyframes += 1
        if self._unsaved_keyframes >= self.config.journal.checkpoint_keyframes:
            self.checkpoint()
            clock.lap("checkpoint")


def _frame_record(
    batch: Batch,
    observation: Observation,
    decision: GateDecision,
    encoded: _EncodedFrame,
    session_id: int,
    pose_id: int,
) -> FrameRecord:
    color_blob = depth_blob = None
    if encoded.color is not None:
        color_blob = batch.add_blob(encoded.color.data, codec=encoded.color.format)
    if encoded.depth_data is not None:
        depth_blob = batch.add_blob(encoded.depth_data, codec="depth")
    intrinsics = observation.intrinsics
    return FrameRecord(
        session_id=session_id,
        pose_id=pose_id,
        stamp_ns=observation.stamp_ns,
        sensor=observation.sensor,
        width_px=intrinsics.width_px,
        height_px=intrinsics.height_px,
        fx_px=intrinsics.fx_px,
        fy_px=intrinsics.fy_px,
        cx_px=intrinsics.cx_px,
        cy_px=intrinsics.cy_px,
        color_blob=color_blob,
        depth_blob=depth_blob,
        depth_unit_m=encoded.depth.unit_m if encoded.depth is not None else 0.001,
        keyframe_reason=decision.reason,
    )


def _add_detection(
    batch: Batch, detection: Detection, session_id: int, pose_id: int, stamp_ns: int
) -> None:
    from .journal.detection_codec import encode_embedding, encode_mask

    mask_blob = embedding_blob = None
    if detection.mask is not None:
        mask_blob = batch.add_blob(encode_mask(detection.mask), codec="mask")
    if detection.embedding is not None:
        embedding_blob = batch.add_blob(encode_embedding(detection.embedding), codec="embedding")
    x_min, y_min, x_max, y_max = detection.box_px
    batch.add(
        DetectionRecord(
            session_id=session_id,
            pose_id=pose_id,
            stamp_ns=stamp_ns,
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
    )


class _StageClock:
    """Wall milliseconds since the last lap, by stage."""

    def __init__(self) -> None:
        self.stage_ms: dict[str, float] = {}
        self._last_ns = time.perf_counter_ns()

    def lap(self, stage: str) -> None:
        now = time.perf_counter_ns()
        self.stage_ms[stage] = (now - self._last_ns) / 1e6
        self._last_ns = now
