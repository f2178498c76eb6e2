"""Fills a rerun recording from a journal.

`build_recording` is the page to read: poses -> keyframes, one by one through the views, with the maps at
some of them -> trajectory -> ground -> answers -> the page's layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import rerun as rr

from ..config import MemoryConfig, memory_config_from_json
from ..journal.records import FrameRecord
from ..journal.steps import FrameEntry, read_steps
from ..journal.store import Journal
from ..views import MemoryViews
from .answers import LabelledRecall, log_answers
from .blueprint import Eye, make_blueprint
from .ground_log import GroundState, MapFrame, log_ground
from .maps import MapLog
from .scene import KeyframeLog, log_event, log_trajectory
from .timeline import Outlook, ReplayClock, TimedPose, read_poses

MAP_STEPS = 60
"""At most so many instants at which the maps are logged."""


@dataclass(frozen=True)
class BuiltReplay:
    """What was put into the recording."""

    frame_count: int
    keyframe_count: int
    duration_s: float
    skipped_levels: tuple[int, ...]


def build_recording(
    recording: rr.RecordingStream,
    journal: Journal,
    *,
    recalls: Sequence[LabelledRecall],
    max_frames: int | None,
    progress: Callable[[int, int], None] | None,
) -> BuiltReplay:
    """Log everything and send the page's layout."""
    all_poses = read_poses(journal)
    poses = [all_poses[n] for n in _evenly(len(all_poses), max_frames)]
    outlook = Outlook.of(all_poses)
    clock = ReplayClock(recording, all_poses)
    _log_opening(recording, clock, journal, len(all_poses))
    if not outlook.is_upright:
        text = "the world is not gravity aligned (z is not up): ground and frontiers mean little"
        log_event(recording, clock, text, is_warning=True)

    keyframes = _KeyframeReplay(recording, clock, journal, outlook, max_frames)
    keyframes.run(progress)
    log_trajectory(recording, clock, poses)
    map_frame = log_ground(
        recording, clock, keyframes.ground_states, poses, has_floor=outlook.is_upright
    )
    log_answers(recording, clock, journal, recalls, map_frame)
    _log_closing(recording, clock, keyframes, has_answers=bool(recalls))
    _send_page(recording, clock, keyframes.views, outlook, all_poses, map_frame, len(recalls))
    return BuiltReplay(
        len(poses), keyframes.shown_count, clock.duration_s, keyframes.skipped_levels
    )


class _KeyframeReplay:
    """Applies the keyframes in the order of the journal, and logs what each one adds."""

    def __init__(
        self,
        recording: rr.RecordingStream,
        clock: ReplayClock,
        journal: Journal,
        outlook: Outlook,
        max_frames: int | None,
    ) -> None:
        sessions = journal.sessions()
        config = (
            memory_config_from_json(sessions[-1][1].config_json) if sessions else MemoryConfig()
        )
        self.views = MemoryViews(config, journal)
        self._journal = journal
        self._maps = MapLog(recording, self.views, outlook)
        self._log = KeyframeLog(recording, clock, journal)
        self._clock = clock
        self._sessions = dict(sessions)
        self._count = sum(1 for _ in journal.entries(kinds=[FrameRecord]))
        self._shown = set(_evenly(self._count, max_frames))
        self._map_steps = set(_evenly(self._count, MAP_STEPS))

    @property
    def shown_count(self) -> int:
        return len(self._shown)

    @property
    def ground_states(self) -> list[GroundState]:
        return self._maps.ground_states

    @property
    def skipped_levels(self) -> tuple[int, ...]:
        return tuple(sorted(self._maps.skipped_levels))

    def run(self, progress: Callable[[int, int], None] | None) -> None:
        done = 0
        for step in read_steps(self._journal):
            shares = [self._novel_share(entry) for entry in step.frames]
            self.views.apply(step)
            for entry, novel_share in zip(step.frames, shares, strict=True):
                self._log_keyframe(done, entry, novel_share)
                done += 1
                if progress is not None:
                    progress(done, self._count)

    def _log_keyframe(self, number: int, entry: FrameEntry, novel_share: float | None) -> None:
        record = entry.record
        self._clock.set_frame(record.pose_id, record.stamp_ns)
        session = self._sessions.pop(record.session_id, None)
        if session is not None:
            self._log.log_session(record.session_id, session)
        self._log.log_keyframe(entry, novel_share, has_pixels=number in self._shown)
        self._maps.log_numbers(
            keyframe_count=number + 1, novel_share=novel_share, pixel_bytes=self._log.byte_count
        )
        if number in self._map_steps:
            is_last = number == self._count - 1
            self._maps.log_step(record.pose_id, record.stamp_ns, is_last=is_last)

    def _novel_share(self, entry: FrameEntry) -> float | None:
        """What the keyframe gate measured: the share of the view that the cache did not know."""
        if entry.depth is None or not entry.depth.raw.any():
            return None
        votes = self.views.cache.overlap(
            entry.depth, entry.record.intrinsics, entry.world_from_camera
        )
        return 1.0 - votes.known_share


def _log_opening(
    recording: rr.RecordingStream, clock: ReplayClock, journal: Journal, pose_count: int
) -> None:
    recording.set_log_time_enabled(False)
    recording.set_log_tick_enabled(False)
    recording.send_recording_name(journal.path.name)
    recording.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    clock.set_start()
    document = rr.TextDocument(_legend(journal, pose_count), media_type=rr.MediaType.MARKDOWN)
    recording.log("answer", document)


def _log_closing(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    keyframes: _KeyframeReplay,
    *,
    has_answers: bool,
) -> None:
    clock.set_end()
    for level in keyframes.skipped_levels:
        text = f"octree level {level} has too many cells to draw; coarser levels show it"
        log_event(recording, clock, text, is_warning=True)
    end = "end of the poses; answers follow" if has_answers else "end of the memory"
    log_event(recording, clock, end)


def _send_page(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    views: MemoryViews,
    outlook: Outlook,
    poses: list[TimedPose],
    map_frame: MapFrame | None,
    answer_count: int,
) -> None:
    end_s = clock.answer_s(answer_count - 1) if answer_count else clock.duration_s
    points = views.cache.surface().points
    is_low = outlook.heights(points) <= outlook.overhead_m
    eye = Eye.on(points[is_low], outlook)
    sensors = list(dict.fromkeys(pose.sensor for pose in poses))
    recording.send_blueprint(make_blueprint(eye, sensors, map_frame, end_s))


def _legend(journal: Journal, pose_count: int) -> str:
    counts = journal.head.record_counts
    return "\n".join(
        [
            f"**Replay of {journal.path.name}**: {pose_count} poses, {counts.get('frame', 0)} "
            f"keyframes, sessions: {counts.get('session', 0)}\n",
            "- **orange**: the way of the camera; **white**: the camera now",
            "- **blue**: the latest keyframe with its image",
            "- **dots**: keyframes kept (green: new space, blue: moved)",
            "- **cyan**: frontiers, beyond which nobody has looked",
            "- **pink**: answers, and the frames they rest on",
            "\nHidden at first: `overhead` (ceilings), `free_space`.",
        ]
    )


def _evenly(count: int, at_most: int | None) -> list[int]:
    """At most so many of `count` numbers, evenly chosen, always the first and the last."""
    if at_most is None or count <= at_most:
        return list(range(count))
    return sorted({round(n) for n in np.linspace(0, count - 1, at_most)})[-at_most:]
