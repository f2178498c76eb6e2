"""Recordings into a memory: resumable, with a summary that says what it cost."""

from __future__ import annotations

import dataclasses
import logging
import platform
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import __version__
from .config import MemoryConfig, PerceptionConfig, memory_config_from_json
from .core import DepthImage, Observation, Recording
from .envs.recordings import open_recording, prefetch
from .errors import ConfigError, JournalError, RecordingError
from .geometry import CameraIntrinsics
from .journal.recording import JournalRecording
from .journal.records import FrameRecord, SessionRecord
from .journal.steps import FrameEntry, Step
from .journal.store import Journal
from .memory import EmbodiedMemory
from .perception.choose import make_perceiver
from .policies.keyframe import make_keyframe_gate
from .views import MemoryViews

UP_AUTO = "auto"
_SQLITE_MAGIC = b"SQLite format 3\0"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StageTime:
    """Wall milliseconds of one stage of the update, over the frames that ran it."""

    count: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class IngestSummary:
    """What an ingest did and what it cost."""

    memory: str
    recording: str
    format: str
    session_id: int
    frame_count: int
    """Frames of the recording that the memory now holds, earlier runs included."""
    new_frame_count: int
    keyframe_count: int
    """Keyframes in the whole memory."""
    new_keyframe_count: int
    keyframe_reasons: dict[str, int]
    entity_count: int
    """Confirmed entities in the whole memory."""
    bytes: int
    """Size of the closed file."""
    seconds: float
    """Wall time of the frame loop: reading, decoding, updating, committing, the last checkpoint."""
    startup_seconds: float
    """Before it: opening, gravity alignment, loading (or, once per installation, compiling) kernels."""
    ingest_fps: float
    update_ms: StageTime
    stage_ms: dict[str, StageTime]
    digest: str
    config: MemoryConfig
    perception: PerceptionConfig
    versions: dict[str, str] = field(default_factory=dict)


def open_source(path: str | Path, *, format: str | None = None, up: str = UP_AUTO) -> Recording:
    """A recording of any known format, or the keyframes of another memory file.

    `up` 'auto' estimates gravity for formats whose world has an arbitrary orientation (7-Scenes) and
    keeps the others as they are.
    """
    source = Path(path)
    if source.is_file() and _is_sqlite(source) and source.suffix != ".db3":
        return JournalRecording(Journal.open(source, read_only=True))
    if up != UP_AUTO:
        return open_recording(source, format=format, up=up)
    recording = open_recording(source, format=format, up="none")
    if recording.info.format != "7scenes":
        return recording
    return open_recording(source, format=format, up="estimate")


def ingest(
    open_recording: Callable[[], Recording],
    memory_path: str | Path,
    config: MemoryConfig | None = None,
    *,
    perception: PerceptionConfig | None = None,
    name: str | None = None,
    frame_limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> IngestSummary:
    """Feed a recording to a memory file; a second run continues where the first stopped.

    Args:
        open_recording: opens the source (called once, timed as start-up).
        config: for a new session (default: that of the file's last session, or the defaults); a
            session is always continued with the one it began with.
        perception: finds the objects in the frames; by default they carry their detections.
        frame_limit: stop after this many frames of the recording.
        progress: called with (frames done, frames in all).

    Raises:
        ConfigError: the session was begun with another configuration.
        RecordingError: a damaged frame; what came before it is kept, and a later run continues there.
    """
    started = time.perf_counter()
    recording = open_recording()
    info = recording.info
    first = next(iter(recording.observations()), None)
    if first is None:
        raise RecordingError(f"{info.name}: the recording has no frames")
    session_name = name or info.name
    key = f"{info.format}:{session_name}@{first.stamp_ns}"
    begun = _find_session(memory_path, key)
    if begun is not None:
        _check_same(begun[1], recording, config)
        config = memory_config_from_json(begun[1].config_json)
    perceiver = make_perceiver(perception or PerceptionConfig())
    with EmbodiedMemory.open(memory_path, config, perceiver=perceiver) as memory:
        warm_up(memory.config)
        if begun is not None:
            session_id, start = begun[0], memory.resume_session(begun[0])
        else:
            session_id, start = _begin(memory, recording, session_name, key, first), 0
        startup_seconds = time.perf_counter() - started
        started = time.perf_counter()
        timings, reasons = _run(memory, recording, start, frame_limit, progress)
        memory.checkpoint()
        seconds = time.perf_counter() - started
        new_count = len(timings)
        summary = IngestSummary(
            memory=str(memory_path),
            recording=info.name,
            format=info.format,
            session_id=session_id,
            frame_count=memory.session_frame_count,
            new_frame_count=new_count,
            keyframe_count=len(memory.views.keyframes),
            new_keyframe_count=sum(reasons.values()),
            keyframe_reasons=dict(reasons),
            entity_count=len(memory.views.entities.entities()),
            bytes=0,
            seconds=round(seconds, 4),
            startup_seconds=round(startup_seconds, 4),
            ingest_fps=round(new_count / seconds, 2) if new_count else 0.0,
            update_ms=_stage_time([sum(t.values()) for t in timings]),
            stage_ms={
                stage: _stage_time([t[stage] for t in timings if stage in t])
                for stage in dict.fromkeys(s for t in timings for s in t)
            },
            digest=memory.journal.digest(),
            config=memory.config,
            perception=perception or PerceptionConfig(),
            versions=versions(),
        )
    return dataclasses.replace(summary, bytes=Path(memory_path).stat().st_size)


def warm_up(config: MemoryConfig) -> None:
    """Load the compiled kernels by one tiny frame, so that the first real frame is not slower."""
    from .journal.depth_codec import decode_depth, encode_depth

    camera = CameraIntrinsics(64, 48, 50.0, 50.0, 31.5, 23.5)
    depth = DepthImage(np.full((48, 64), 1000, np.uint16))
    decode_depth(encode_depth(depth.raw, config.journal.depth_codec))
    record = FrameRecord(
        session_id=1,
        pose_id=1,
        stamp_ns=0,
        sensor="warm_up",
        width_px=camera.width_px,
        height_px=camera.height_px,
        fx_px=camera.fx_px,
        fy_px=camera.fy_px,
        cx_px=camera.cx_px,
        cy_px=camera.cy_px,
    )
    views = MemoryViews(config)
    entry = FrameEntry(1, record, np.eye(4), depth, np.zeros((12, 16, 3), np.uint8))
    views.apply(Step(1, 0, ((1, record),), (entry,)))
    views.digests()
    observation = Observation(1, np.eye(4), camera, depth)
    make_keyframe_gate(config.keyframe).decide(observation, 1, views)


def versions() -> dict[str, str]:
    """What produced a result: written beside it."""
    import cv2
    import numba

    return {
        "embodied_mem": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "opencv": cv2.__version__,
        "sqlite": sqlite3.sqlite_version,
        "machine": platform.machine(),
    }


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC


def _find_session(memory_path: str | Path, session_key: str) -> tuple[int, SessionRecord] | None:
    """The session with this key and its id; None if the memory has none or is yet to be made."""
    if not Path(memory_path).exists():
        return None
    try:
        with Journal.open(memory_path, read_only=True) as journal:
            sessions = journal.sessions()
    except JournalError:
        return None  # creation was killed, which opening for writing finishes, or it says what is wrong
    return next((s for s in sessions if s[1].session_key == session_key), None)


def _begin(
    memory: EmbodiedMemory, recording: Recording, name: str, key: str, first: Observation
) -> int:
    """A new session; returns its id."""
    return memory.begin_session(
        name,
        source=recording.info.name,
        source_format=recording.info.format,
        start_stamp_ns=first.stamp_ns,
        world_from_source=recording.info.world_from_source,
        session_key=key,
    )


def _check_same(session: SessionRecord, recording: Recording, asked: MemoryConfig | None) -> None:
    """Raises where a session cannot be continued as it began."""
    stored = memory_config_from_json(session.config_json)
    if asked is not None and asked != stored:
        raise ConfigError(
            f"session '{session.name}' was begun with another memory configuration "
            f"({session.config_json}); continue with the same, or ingest into a new file"
        )
    offset = np.abs(session.world_from_source - recording.info.world_from_source).max()
    if offset > 1e-6:
        raise JournalError(
            f"session '{session.name}' was begun with another alignment of its world (differs by "
            f"{offset:.3g}); continue with the same --up, or ingest into a new file"
        )


def _run(
    memory: EmbodiedMemory,
    recording: Recording,
    start: int,
    frame_limit: int | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[dict[str, float]], Counter[str]]:
    timings: list[dict[str, float]] = []
    reasons: Counter[str] = Counter()
    total = recording.info.frame_count
    limit = total if frame_limit is None else min(frame_limit, total)
    frames = prefetch(recording.observations(start=start))
    try:
        # Counted, not compared with source indices: those have gaps where frames were skipped.
        while frame_limit is None or memory.session_frame_count < frame_limit:
            observation = next(frames, None)
            if observation is None:
                break
            update = memory.update(observation)
            timings.append(update.stage_ms)
            if update.decision.is_kept:
                reasons[update.decision.reason] += 1
            if progress:
                progress(memory.session_frame_count, limit)
    finally:
        close = getattr(frames, "close", None)
        if close is not None:
            close()
    return timings, reasons


def _stage_time(milliseconds: list[float]) -> StageTime:
    if not milliseconds:
        return StageTime(0, 0.0, 0.0)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return StageTime(len(milliseconds), round(float(p50), 4), round(float(p95), 4))
