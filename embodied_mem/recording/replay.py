"""A memory file as a rerun recording: everything on one time line, rebuilt from the journal.

`write_replay` is the page to read: poses -> keyframes, one by one through the views -> maps at some of
them -> ground -> answers -> the page's layout.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Recall
from ..errors import MissingExtraError
from ..journal.store import Journal

if TYPE_CHECKING:

    pass

APPLICATION = "embodied_mem"
_MAP_STEPS = 60
"""At most so many instants at which the maps are logged."""


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
    skipped_levels: tuple[int, ...] = ()
    """Octree levels with too many cells to draw at some instant."""


def write_replay(
    memory_path: str | Path,
    out_path: str | Path,
    *,
    recalls: Sequence[tuple[str, Recall]] = (),
    max_frames: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ReplaySummary:
    """Write the replay of a memory file as an .rrd file (replaced if it exists).

    Args:
        recalls: what was asked, in words, and the answer; shown after the last pose.
        max_frames: show at most so many poses and so many keyframe images, evenly chosen; the maps
            are always built from all keyframes.
        progress: called with (keyframes done, keyframes in all).

    Raises:
        MissingExtraError: rerun is not installed.
        JournalError: the memory file is missing or damaged.
        InputError: an empty memory, a folder that does not exist, or an answer of another memory.
    """
    require_rerun("the replay writer")
    out = _checked_out_path(out_path, max_frames)
    started = time.perf_counter()
    with Journal.open(memory_path, read_only=True) as journal:
        partial = out.with_name(out.name + ".part")
        try:
            written = _write(journal, partial, recalls, max_frames, progress)
            os.replace(partial, out)
        finally:
            partial.unlink(missing_ok=True)
    return ReplaySummary(
        path=str(out),
        frame_count=written.frame_count,
        keyframe_count=written.keyframe_count,
        answer_count=len(recalls),
        duration_s=written.duration_s,
        bytes=out.stat().st_size,
        seconds=round(time.perf_counter() - started, 3),
        skipped_levels=written.skipped_levels,
    )


def require_rerun(purpose: str) -> None:
    """Raises MissingExtraError if the viewer's package is not installed."""
    try:
        import rerun  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("rerun-sdk", "viewer", purpose) from error


@dataclass(frozen=True)
class _Written:
    frame_count: int
    keyframe_count: int
    duration_s: float
    skipped_levels: tuple[int, ...]


def _write(
    journal: Journal,
    path: Path,
    recalls: Sequence[tuple[str, Recall]],
    max_frames: int | None,
    progress: Callable[[int, int], None] | None,
) -> _Written:
    import rerun as rr

    from .answers import log_answers
    from .blueprint import Eye, make_blueprint
    from .ground_log import log_ground
    from .scene import log_trajectory
    from .timeline import Outlook, ReplayClock, read_poses

    poses = read_poses(journal)
    outlook = Outlook.of(poses)
    with rr.RecordingStream(APPLICATION) as recording:
        recording.save(path)
        clock = ReplayClock(recording, poses)
        _log_opening(recording, journal, len(poses))
        keyframes = _KeyframeReplay(recording, clock, journal, outlook, max_frames)
        keyframes.run(progress)
        shown = _chosen(poses, max_frames)
        log_trajectory(recording, clock, shown)
        map_frame = log_ground(recording, clock, keyframes.maps.ground_states, shown)
        log_answers(recording, clock, journal, recalls, map_frame)
        eye = Eye.on(keyframes.views.cache.surface().points, outlook)
        sensors = list(dict.fromkeys(pose.sensor for pose in poses))
        recording.send_blueprint(make_blueprint(eye, sensors, map_frame, clock.duration_s))
        recording.flush()
    return _Written(
        len(shown),
        keyframes.shown_count,
        clock.duration_s,
        tuple(sorted(keyframes.maps.skipped_levels)),
    )
