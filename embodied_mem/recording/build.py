"""Fills a rerun recording from a journal.

`build_recording` is the page to read: poses -> steps, one by one through the views: keyframes, beliefs,
and the maps at some of them -> trajectory -> ground and what lies on it -> answers -> the page's layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import rerun as rr

from ..config import MemoryConfig, memory_config_from_json
from ..journal.records import FrameRecord, RobotRecord
from ..journal.steps import FrameEntry, read_steps
from ..journal.store import Journal
from ..views import MemoryViews
from .answers import AnswerLog, LabelledRecall
from .beliefs import BeliefLog
from .blueprint import Eye, Page, make_blueprint
from .ground_log import GroundState, MapFrame, log_ground
from .legend import write_legend
from .map_marks import log_map_graph, log_map_moves, log_map_rooms, log_map_things
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

    steps = _StepReplay(recording, clock, journal, outlook, poses, max_frames)
    steps.run(progress)
    log_trajectory(recording, clock, poses)
    map_frame = log_ground(
        recording, clock, steps.ground_states, poses, has_floor=outlook.is_upright
    )
    _log_map_beliefs(recording, clock, steps, map_frame)
    answers = AnswerLog(recording, clock, journal, steps.views, steps.beliefs.detections.boxes)
    answers.log(recalls, map_frame)
    _log_closing(recording, clock, steps, has_answers=bool(recalls))
    _send_page(recording, clock, steps, outlook, all_poses, map_frame, len(recalls))
    return BuiltReplay(len(poses), steps.shown_count, clock.duration_s, steps.skipped_levels)


class _StepReplay:
    """Applies the steps in the order of the journal, and logs what each one adds."""

    def __init__(
        self,
        recording: rr.RecordingStream,
        clock: ReplayClock,
        journal: Journal,
        outlook: Outlook,
        poses: list[TimedPose],
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
        shown_poses = {pose.record_id for pose in poses}
        self.beliefs = BeliefLog(recording, clock, journal, self.views, shown_poses)
        self._clock = clock
        self._sessions = dict(sessions)
        frames = [record for _, record in journal.entries(kinds=[FrameRecord])]
        pose_ids = [record.pose_id for record in frames if isinstance(record, FrameRecord)]
        self._count = len(pose_ids)
        self._shown = set(_evenly(self._count, max_frames))
        self._shown_frame_poses = {pose_ids[number] for number in self._shown}
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
            self.beliefs.log_step(step, self._shown_frame_poses)
            for entry, novel_share in zip(step.frames, shares, strict=True):
                self._log_keyframe(done, entry, novel_share)
                done += 1
                if progress is not None:
                    progress(done, self._count)
        self.beliefs.log_overview(len(self._map_steps), is_last=True)

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
            self.beliefs.log_overview(len(self._map_steps), is_last=False)
            self._maps.log_step(record.pose_id, record.stamp_ns, is_last=is_last)

    def _novel_share(self, entry: FrameEntry) -> float | None:
        """What the keyframe gate measured: the share of the view that the cache did not know."""
        if entry.depth is None or not entry.depth.raw.any():
            return None
        votes = self.views.cache.overlap(
            entry.depth, entry.record.intrinsics, entry.world_from_camera
        )
        return 1.0 - votes.known_share


def _log_map_beliefs(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    steps: _StepReplay,
    map_frame: MapFrame | None,
) -> None:
    """What is believed to be where, on the map from above."""
    if map_frame is None:
        return
    beliefs = steps.beliefs
    floor_m = steps.ground_states[-1].ground.floor_m
    log_map_rooms(recording, clock, map_frame, beliefs.rooms.states, floor_m)
    log_map_things(recording, clock, map_frame, beliefs.things.marks)
    log_map_moves(recording, clock, map_frame, beliefs.things.moves)
    if beliefs.place_map is not None:
        clock.set_end()
        log_map_graph(recording, map_frame, beliefs.place_map)


def _log_opening(
    recording: rr.RecordingStream, clock: ReplayClock, journal: Journal, pose_count: int
) -> None:
    recording.set_log_time_enabled(False)
    recording.set_log_tick_enabled(False)
    recording.send_recording_name(journal.path.name)
    recording.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    clock.set_start()
    for _, record in journal.entries(kinds=[RobotRecord]):
        if isinstance(record, RobotRecord) and record.clock_s is not None:
            clock.note_clock(record.stamp_ns, record.clock_s)
            break
    legend = rr.TextDocument(write_legend(journal, pose_count), media_type=rr.MediaType.MARKDOWN)
    recording.log("legend", legend, static=True)


def _log_closing(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    steps: _StepReplay,
    *,
    has_answers: bool,
) -> None:
    clock.set_end()
    for level in steps.skipped_levels:
        text = f"octree level {level} has too many cells to draw; coarser levels show it"
        log_event(recording, clock, text, path="keyframe_log", is_warning=True)
    end = "end of the poses; answers follow" if has_answers else "end of the memory"
    log_event(recording, clock, end)


def _send_page(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    steps: _StepReplay,
    outlook: Outlook,
    poses: list[TimedPose],
    map_frame: MapFrame | None,
    answer_count: int,
) -> None:
    points = steps.views.cache.surface().points
    is_low = outlook.heights(points) <= outlook.overhead_m
    page = Page(
        eye=Eye.on(points[is_low], outlook),
        sensors=tuple(dict.fromkeys(pose.sensor for pose in poses)),
        map_frame=map_frame,
        end_s=clock.answer_s(answer_count - 1) if answer_count else clock.duration_s,
        thing_paths=tuple(sorted(steps.beliefs.things.paths)),
        has_answers=answer_count > 0,
    )
    recording.send_blueprint(make_blueprint(page))


def _evenly(count: int, at_most: int | None) -> list[int]:
    """At most so many of `count` numbers, evenly chosen, always the first and the last."""
    if at_most is None or count <= at_most:
        return list(range(count))
    return sorted({round(n) for n in np.linspace(0, count - 1, at_most)})[-at_most:]
