"""A memory file as a rerun recording (.rrd): everything it holds on one time line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import Recall
from ..errors import InputError, MissingExtraError
from ..journal.store import Journal

APPLICATION = "embodied_mem"


@dataclass(frozen=True)
class ReplaySummary:
    """What a replay file holds."""

    path: str
    frame_count: int
    """Poses shown."""
    keyframe_count: int
    """Keyframes whose pixels are shown."""
    answer_count: int
    duration_s: float
    """From the first to the last pose."""
    bytes: int
    seconds: float
    """Wall time to write it."""
    skipped_levels: tuple[int, ...]
    """Octree levels that had too many cells to draw at some instant."""


def write_replay(
    memory_path: str | Path,
    out_path: str | Path,
    *,
    recalls: Sequence[tuple[str, Recall]] = (),
    max_frames: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ReplaySummary:
    """Write the replay of a memory file; an existing file is replaced once the new one is whole.

    Args:
        recalls: what was asked, in words, and the answer; shown one by one after the last pose.
        max_frames: show at most so many poses and so many keyframe images, evenly chosen; the maps
            are built from all keyframes in any case.
        progress: called with (keyframes done, keyframes in all).

    Raises:
        MissingExtraError: rerun is not installed.
        JournalError: the memory file is missing or damaged.
        InputError: an empty memory, a folder that does not exist, or an answer of another memory.
    """
    require_rerun("the replay viewer")
    import rerun as rr

    from .build import build_recording

    out = _checked_out_path(out_path, max_frames)
    partial = out.with_name(f"{out.name}.part")
    started = time.perf_counter()
    with Journal.open(memory_path, read_only=True) as journal:
        try:
            with rr.RecordingStream(APPLICATION, send_properties=True) as recording:
                recording.save(partial)
                built = build_recording(
                    recording, journal, recalls=recalls, max_frames=max_frames, progress=progress
                )
                recording.flush()
                recording.disconnect()
            partial.replace(out)
        finally:
            partial.unlink(missing_ok=True)
    return ReplaySummary(
        path=str(out),
        frame_count=built.frame_count,
        keyframe_count=built.keyframe_count,
        answer_count=len(recalls),
        duration_s=built.duration_s,
        bytes=out.stat().st_size,
        seconds=round(time.perf_counter() - started, 3),
        skipped_levels=built.skipped_levels,
    )


def require_rerun(purpose: str) -> None:
    """Raises MissingExtraError, which names `purpose`, if the viewer's package is not installed."""
    try:
        import rerun  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("rerun-sdk", "viewer", purpose) from error


def _checked_out_path(out_path: str | Path, max_frames: int | None) -> Path:
    out = Path(out_path)
    if not out.parent.is_dir():
        raise InputError(f"the folder {out.parent} for {out.name} does not exist; make it first")
    if max_frames is not None and max_frames < 2:
        raise InputError(f"max_frames must be at least 2, the first and the last; got {max_frames}")
    return out
