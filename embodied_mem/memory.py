"""The memory of an agent: one journal file, its views, and the queries on them.

`EmbodiedMemory.update` is the page to read first:
gate (keyframe?) -> perceive -> look (is what was there still there?) -> encode -> commit to the
journal -> apply to the views.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from .config import MemoryConfig, config_to_json, memory_config_from_json
from .core import Observation
from .entities.looks import Look, look_at_places
from .errors import InputError, StampError
from .geometry import Transform
from .intake import (
    Glance,
    PlacedDetection,
    RecentImages,
    StepDraft,
    add_corrections,
    add_glance,
    add_hearing,
    add_robot,
    encode_frame,
    place_detections,
)
from .journal.records import (
    CaseRecord,
    EventRecord,
    FactRecord,
    PoseRecord,
    Record,
    SessionRecord,
    UtteranceRecord,
)
from .journal.steps import Step
from .journal.store import Journal
from .perception import GivenDetections, Perceiver
from .policies.keyframe import GateDecision, make_keyframe_gate
from .recall.memory_recall import MemoryRecall
from .recall.query import check_stamp
from .views import MemoryViews

_MIN_THROUGH_SHARE = 0.6


@dataclass(frozen=True)
class MemoryUpdate:
    """What one observation left behind."""

    pose_id: int
    frame_id: int | None
    """The keyframe's record, or None if the frame was not kept."""
    decision: GateDecision
    detection_count: int = 0
    look_count: int = 0
    stage_ms: dict[str, float] = field(default_factory=dict)
    """Wall milliseconds by stage: gate, perceive, look, encode, commit, and each view."""


class EmbodiedMemory:
    """A memory file opened for updates or for reading. Close it, or use `with`."""

    def __init__(
        self,
        journal: Journal,
        config: MemoryConfig,
        views: MemoryViews,
        perceiver: Perceiver | None = None,
    ) -> None:
        self.journal = journal
        self.config = config
        self.views = views
        self._perceiver = perceiver or GivenDetections()
        self._gate = make_keyframe_gate(config.keyframe)
        self._recall = MemoryRecall(journal, views)
        self._session_id: int | None = None
        self._session_frame_count = 0
        self._last_stamp_ns: dict[str, int] = {}
        self._recent = RecentImages()
        self._unsaved_keyframes = 0
        self._has_unsaved = False

    @classmethod
    def open(
        cls,
        path: str | Path,
        config: MemoryConfig | None = None,
        *,
        read_only: bool = False,
        perceiver: Perceiver | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> EmbodiedMemory:
        """Open or create a memory file.

        Args:
            config: how to build views and choose keyframes; by default that of the file's last
                session, or the defaults for a new file.
            read_only: any number of readers may open a file while one process writes.
            perceiver: finds the objects in images; by default, observations carry their detections.
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
            views = MemoryViews.open(journal, chosen, progress=progress)
            return cls(journal, chosen, views, perceiver)
        except BaseException:
            journal.close()
            raise

    def close(self) -> None:
        """Write a checkpoint if there is anything new, and release the file."""
        if not self.journal.database.is_read_only and self._has_unsaved:
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
    def recall(self) -> MemoryRecall:
        """The read-only queries on what is known now."""
        return self._recall

    def forget_layer(self, layer: str) -> None:
        """Answer from now on as if a layer had never been built (ablations); the file keeps all."""
        self.views.forget_layer(layer)
        self._recall = MemoryRecall(self.journal, self.views)

    def as_of(self, stamp_ns: int) -> MemoryRecall:
        """The queries on what was known at a stamp: exactly a replay of the journal up to it."""
        check_stamp(stamp_ns)
        views = MemoryViews.open(self.journal, self.config, until_stamp_ns=stamp_ns)
        return MemoryRecall(self.journal, views, until_stamp_ns=stamp_ns)

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
        self._recent = RecentImages()
        return session_id

    def resume_session(self, session_id: int) -> int:
        """Continue a session; returns the source index of the first frame that is still missing."""
        if session_id not in dict(self.journal.sessions()):
            raise InputError(f"{self.journal.path} has no session {session_id}")
        self._session_id = session_id
        self._session_frame_count = 0
        self._last_stamp_ns = {}
        self._recent = RecentImages()
        next_index = 0
        last_stamp_ns: int | None = None
        for _, record in self.journal.entries(session_id, kinds=[PoseRecord]):
            if not isinstance(record, PoseRecord) or record.session_id != session_id:
                continue
            if record.supersedes is not None:
                continue
            self._last_stamp_ns[record.sensor] = record.stamp_ns
            if record.stamp_ns == last_stamp_ns:
                continue  # another camera of the same observation
            last_stamp_ns = record.stamp_ns
            self._session_frame_count += 1
            index = record.source_index
            next_index = max(
                next_index, (self._session_frame_count - 1 if index is None else index) + 1
            )
        return next_index

    def update(self, observation: Observation) -> MemoryUpdate:
        """Remember one observation: one atomic commit.

        Every frame leaves its pose, its detections with their places, and looks at the places of what
        should be in view but was not detected; a keyframe leaves its pixels, too, and enters the maps.
        Corrections move everything that was measured at the poses they correct.

        Raises:
            StampError: the stamp does not come after the sensor's last one in this session.
            InputError: colour that cannot be decoded, or a camera beyond the voxel grids. Whatever is
                raised before the commit leaves journal and views as they were.
        """
        images = (observation, *observation.other_views)
        for image in images:
            self._check_stamp(image)
        clock = _StageClock()

        glances = [self._glance(image, clock) for image in images]
        step = self._commit(observation, glances)
        clock.lap("commit")
        self._apply(step, clock)
        return _update_of(step, glances[0], clock.stage_ms)

    def note_event(
        self,
        action: str,
        *,
        stamp_ns: int,
        end_stamp_ns: int | None = None,
        level: str = "action",
        actor: str = "robot",
        target: str = "",
        text: str = "",
        outcome: str = "",
        parent_id: int | None = None,
        confidence: float = 1.0,
        source: str = "",
    ) -> int:
        """Report a goal, a sub-goal or an action (what an executor did, what an annotator saw).

        Returns its record id, which sub-goals and actions name as `parent_id`.
        """
        end_ns = stamp_ns if end_stamp_ns is None else end_stamp_ns
        if level not in ("goal", "subgoal", "action") or end_ns < stamp_ns:
            raise InputError(
                "an event needs level goal, subgoal or action and must not end before it starts, got "
                f"'{level}', {stamp_ns}..{end_ns}"
            )

        def record(session_id: int) -> Record:
            return EventRecord(
                session_id=session_id,
                stamp_ns=stamp_ns,
                end_stamp_ns=end_ns,
                level=level,
                action=action,
                actor=actor,
                target=target,
                text=text,
                outcome=outcome,
                parent_id=parent_id,
                confidence=confidence,
                source=source,
            )

        return self._note(end_ns, record)

    def note_fact(self, fact: FactRecord) -> int:
        """Record something held to be true; an earlier fact it replaces is named by `supersedes`."""
        return self._note(fact.stamp_ns, lambda _: fact)

    def note_case(self, case: CaseRecord) -> int:
        """Record an experience: situation, plan, outcome and utility."""
        return self._note(case.stamp_ns, lambda _: case)

    def note_utterance(self, speaker: str, text: str, *, stamp_ns: int) -> int:
        """Record what somebody said outside an observation."""
        return self._note(
            stamp_ns,
            lambda session_id: UtteranceRecord(
                session_id=session_id, stamp_ns=stamp_ns, speaker=speaker, text=text
            ),
        )

    def checkpoint(self) -> None:
        """Save the views' states so that the next opening need not replay."""
        self.views.save(self.journal)
        self._unsaved_keyframes = 0
        self._has_unsaved = False

    def _glance(self, observation: Observation, clock: _StageClock) -> Glance:
        """Decide, perceive and measure, without changing anything."""
        decision = self._gate.decide(observation, self._session_frame_count, self.views)
        clock.lap("gate")
        placed = self._perceive(observation)
        clock.lap("perceive")
        looks = self._look(observation, placed)
        if not decision.is_kept and any(look.through_share >= _MIN_THROUGH_SHARE for look in looks):
            decision = replace(decision, reason="missing")
        clock.lap("look")
        encoded = None
        if decision.is_kept:
            self.views.check_position(observation.world_from_camera)
            encoded = encode_frame(observation, self.config)
        clock.lap("encode")
        return Glance(observation, decision, placed, looks, encoded)

    def _perceive(self, observation: Observation) -> tuple[PlacedDetection, ...]:
        is_given = isinstance(self._perceiver, GivenDetections)
        if is_given and not observation.detections:
            return ()
        color = observation.color_array()
        seen = observation if color is None else replace(observation, color=color)
        return place_detections(self._perceiver.perceive(seen), observation, color, self._recent)

    def _look(
        self, observation: Observation, placed: tuple[PlacedDetection, ...]
    ) -> tuple[Look, ...]:
        if observation.depth is None:
            return ()
        located = [p.located for p in placed if p.located is not None and p.pose_id is None]
        return tuple(
            look_at_places(
                self.views.entities,
                observation.depth,
                observation.intrinsics,
                observation.world_from_camera,
                located,
                sensor=observation.sensor,
                stamp_ns=observation.stamp_ns,
            )
        )

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

    def _commit(self, observation: Observation, glances: list[Glance]) -> Step:
        """The records of one observation, and of its session if none was begun."""
        with self.journal.batch(observation.stamp_ns) as batch:
            draft = StepDraft(batch)
            session_id = self._session_in(draft, observation.stamp_ns)
            pose_ids = [add_glance(draft, glance, session_id) for glance in glances]
            add_robot(draft, observation, session_id, pose_ids[0])
            add_hearing(draft, observation, session_id)
            add_corrections(draft, self.journal, observation.pose_corrections, session_id)
        self._session_id = session_id
        self._session_frame_count += 1
        for pose_id, glance in zip(pose_ids, glances, strict=True):
            image = glance.observation
            self._last_stamp_ns[image.sensor] = image.stamp_ns
            self._recent.add(pose_id, image)
        return draft.finished(self.journal.head)

    def _note(self, stamp_ns: int, record_of: Callable[[int], Record]) -> int:
        """Commit one record, made from the session's id, and apply it."""
        with self.journal.batch(stamp_ns) as batch:
            draft = StepDraft(batch)
            session_id = self._session_in(draft, stamp_ns)
            record_id = draft.add(record_of(session_id))
        self._session_id = session_id
        self._apply(draft.finished(self.journal.head), _StageClock())
        return record_id

    def _session_in(self, draft: StepDraft, stamp_ns: int) -> int:
        """The session that a commit belongs to; one that was never begun begins with it."""
        if self._session_id is not None:
            return self._session_id
        return draft.add(self._session_record("live", stamp_ns))

    def _apply(self, step: Step, clock: _StageClock) -> None:
        clock.stage_ms.update(self.views.apply(step))
        self._has_unsaved = True
        self._unsaved_keyframes += len(step.frames)
        if self._unsaved_keyframes >= self.config.journal.checkpoint_keyframes:
            self.checkpoint()
            clock.lap("checkpoint")


def _update_of(step: Step, first: Glance, stage_ms: dict[str, float]) -> MemoryUpdate:
    pose_id = step.of(PoseRecord)[0][0]
    frame_id = None
    if first.encoded is not None:
        frame_id = next(f.frame_id for f in step.frames if f.record.pose_id == pose_id)
    return MemoryUpdate(
        pose_id,
        frame_id,
        first.decision,
        detection_count=len(first.placed),
        look_count=len(first.looks),
        stage_ms=stage_ms,
    )


class _StageClock:
    """Wall milliseconds since the last lap, by stage."""

    def __init__(self) -> None:
        self.stage_ms: dict[str, float] = {}
        self._last_ns = time.perf_counter_ns()

    def lap(self, stage: str) -> None:
        now = time.perf_counter_ns()
        self.stage_ms[stage] = self.stage_ms.get(stage, 0.0) + (now - self._last_ns) / 1e6
        self._last_ns = now
