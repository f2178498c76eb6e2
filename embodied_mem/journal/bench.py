"""What the journal costs: depth codecs, appending, opening and verifying. Pure functions."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..errors import JournalCorruptError
from .depth_codec import CODECS, Depth
from .records import FrameRecord, PoseRecord, SessionRecord
from .store import Journal
from .verify import verify_journal

T = TypeVar("T")

_SESSION = SessionRecord(
    session_key="bench",
    name="bench",
    source="noise",
    source_format="bench",
    world_from_source=np.eye(4),
    config_json="{}",
    start_stamp_ns=0,
)


@dataclass(frozen=True)
class CodecMeasurement:
    """Medians over the images; CPU time of the whole process."""

    codec: str
    image_count: int
    encoded_bytes: float
    compression_ratio: float
    """Raw bytes over encoded bytes, of all images together."""
    encode_cpu_ms: float
    decode_cpu_ms: float


@dataclass(frozen=True)
class AppendMeasurement:
    """A journal filled with keyframes, one commit each: a pose, a frame, a blob."""

    synchronous: str
    commit_count: int
    blob_bytes: int
    records_per_s: float
    commit_p50_ms: float
    commit_p99_ms: float
    commit_cpu_ms: float
    size_bytes: int
    open_ms: float
    """Opening read-only and asking for counts and stamps."""
    verify_ms: float
    problem_count: int


def measure_depth_codecs(depth_images: Sequence[Depth]) -> list[CodecMeasurement]:
    """Size and CPU time of every codec on (H, W) uint16 images, and that each is exact."""
    return [_measure_codec(name, depth_images) for name in CODECS]


def _measure_codec(name: str, depth_images: Sequence[Depth]) -> CodecMeasurement:
    codec = CODECS[name]
    codec.decode(codec.encode(depth_images[0]))  # compiles
    sizes, encode_ms, decode_ms = [], [], []
    for depth in depth_images:
        data, milliseconds = _cpu_ms(functools.partial(codec.encode, depth))
        encode_ms.append(milliseconds)
        decoded, milliseconds = _cpu_ms(functools.partial(codec.decode, data))
        decode_ms.append(milliseconds)
        sizes.append(len(data))
        if not np.array_equal(decoded, depth):
            raise JournalCorruptError(f"depth codec {name} did not give an image back exactly")
    return CodecMeasurement(
        codec=name,
        image_count=len(depth_images),
        encoded_bytes=statistics.median(sizes),
        compression_ratio=sum(depth.nbytes for depth in depth_images) / sum(sizes),
        encode_cpu_ms=statistics.median(encode_ms),
        decode_cpu_ms=statistics.median(decode_ms),
    )


def _cpu_ms(function: Callable[[], T]) -> tuple[T, float]:
    start_ns = time.process_time_ns()
    result = function()
    return result, (time.process_time_ns() - start_ns) / 1e6


def measure_append(
    folder: Path,
    *,
    commit_count: int = 1000,
    blob_bytes: int = 50_000,
    synchronous: Sequence[str] = ("normal", "full"),
) -> list[AppendMeasurement]:
    """Fill one journal in `folder` for each `synchronous`, open it, verify it, delete it.

    Times are wall clock unless their name says CPU. The blobs are noise: they do not compress.
    """
    return [_measure_append(folder, commit_count, blob_bytes, mode) for mode in synchronous]


def _measure_append(
    folder: Path, commit_count: int, blob_bytes: int, synchronous: str
) -> AppendMeasurement:
    path = folder / f"append-{synchronous}.db"
    data = np.random.default_rng(0).bytes(blob_bytes)
    cpu_start_ns = time.process_time_ns()
    with Journal.create(path, synchronous=synchronous) as journal:
        commit_ms = [_append_keyframe(journal, data, stamp_ns) for stamp_ns in range(commit_count)]
        record_count, size_bytes = journal.head.last_record_id, journal.size_bytes()
    cpu_ms = (time.process_time_ns() - cpu_start_ns) / 1e6
    start_s = time.perf_counter()
    with Journal.open(path, read_only=True) as journal:
        journal.count(FrameRecord), journal.stamp_range(), journal.digest()
        open_ms = (time.perf_counter() - start_s) * 1e3
        start_s = time.perf_counter()
        report = verify_journal(journal)
        verify_ms = (time.perf_counter() - start_s) * 1e3
    for leftover in folder.glob(f"{path.name}*"):
        leftover.unlink()
    return AppendMeasurement(
        synchronous=synchronous,
        commit_count=commit_count,
        blob_bytes=blob_bytes,
        records_per_s=record_count / (sum(commit_ms) / 1e3),
        commit_p50_ms=float(np.percentile(commit_ms, 50)),
        commit_p99_ms=float(np.percentile(commit_ms, 99)),
        commit_cpu_ms=cpu_ms / commit_count,
        size_bytes=size_bytes,
        open_ms=open_ms,
        verify_ms=verify_ms,
        problem_count=len(report.problems),
    )


def _append_keyframe(journal: Journal, data: bytes, stamp_ns: int) -> float:
    """Commit a pose, a frame and its blob; the first commit adds a session. Returns wall ms."""
    start_s = time.perf_counter()
    with journal.batch(stamp_ns) as batch:
        if stamp_ns == 0:
            batch.add(_SESSION)
        pose = PoseRecord(
            session_id=1, stamp_ns=stamp_ns, sensor="head", world_from_camera=np.eye(4)
        )
        frame = FrameRecord(
            session_id=1,
            pose_id=batch.add(pose),
            stamp_ns=stamp_ns,
            sensor="head",
            width_px=640,
            height_px=480,
            fx_px=585.0,
            fy_px=585.0,
            cx_px=320.0,
            cy_px=240.0,
            color_blob=batch.add_blob(data, codec="jpeg"),
            keyframe_reason="bench",
        )
        batch.add(frame)
    return (time.perf_counter() - start_s) * 1e3
