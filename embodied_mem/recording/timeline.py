"""The poses of a memory in the order of time, and the clock that places what is logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..geometry import Points, Transform
from ..journal.records import PoseRecord
from ..journal.store import Journal

if TYPE_CHECKING:
    import rerun as rr

TIME, FRAME = "time", "frame"
"""Names of the time lines: durations since the first stamp, and pose numbers."""
_OVERHEAD_M = 0.4
_ANSWER_STEP_NS = 1_000_000_000
_DAY_S = 86_400
_UPRIGHT = 0.5
"""Cosine between the world's z and the cameras' mean up: cameras may look down by 60 degrees."""


@dataclass(frozen=True)
class TimedPose:
    """One pose of the journal; `number` counts poses from 0 in the order of the journal."""

    number: int
    record_id: int
    session_id: int
    sensor: str
    stamp_ns: int
    world_from_camera: Transform


def read_poses(journal: Journal) -> list[TimedPose]:
    """Every pose as it was first recorded: the spatial views are built from the same ones.

    Raises:
        InputError: the memory holds no pose.
    """
    poses: list[TimedPose] = []
    for record_id, record in journal.entries(kinds=[PoseRecord]):
        if isinstance(record, PoseRecord) and record.supersedes is None:
            pose = TimedPose(
                len(poses),
                record_id,
                record.session_id,
                record.sensor,
                record.stamp_ns,
                record.world_from_camera,
            )
            poses.append(pose)
    if not poses:
        raise InputError(f"{journal.path} holds no pose, so there is nothing to replay")
    return poses


class ReplayClock:
    """Sets both time lines of a recording. Stamps count from the earliest pose."""

    def __init__(self, recording: rr.RecordingStream, poses: list[TimedPose]) -> None:
        self._recording = recording
        self._start_ns = min(pose.stamp_ns for pose in poses)
        self._end_ns = max(pose.stamp_ns for pose in poses)
        self._numbers = {pose.record_id: pose.number for pose in poses}
        self._pose_count = len(poses)
        self._clock_zero_ns: int | None = None
        self.elapsed_s = 0.0
        """The instant that is set now."""
        self.stamp_ns = self._start_ns
        """The same as a stamp."""

    @property
    def duration_s(self) -> float:
        return (self._end_ns - self._start_ns) / 1e9

    def set_pose(self, pose: TimedPose) -> None:
        self._set(pose.stamp_ns, pose.number)

    def set_frame(self, pose_id: int, stamp_ns: int) -> None:
        """The instant of a keyframe."""
        self._set(stamp_ns, self._numbers.get(pose_id, 0))

    def set_start(self) -> None:
        self._set(self._start_ns, 0)

    def set_end(self) -> None:
        self._set(self._end_ns, self._pose_count - 1)

    def set_answer(self, number: int) -> None:
        """The instant at which the answer with this number, from 0, is shown: after the last pose."""
        self._set(self._answer_ns(number), self._pose_count + number)

    def answer_s(self, number: int) -> float:
        """That instant, in seconds on the time line."""
        return (self._answer_ns(number) - self._start_ns) / 1e9

    def note_clock(self, stamp_ns: int, clock_s: float) -> None:
        """What the robot's clock showed at an instant, in seconds since midnight."""
        self._clock_zero_ns = stamp_ns - round(clock_s * 1e9)

    def text(self, stamp_ns: int) -> str:
        """'07:02:05' by the robot's clock, else seconds after the first pose: '   12.40 s'."""
        if self._clock_zero_ns is None:
            return f"{(stamp_ns - self._start_ns) / 1e9:8.2f} s"
        days, seconds = divmod(round((stamp_ns - self._clock_zero_ns) / 1e9), _DAY_S)
        start_day = (self._start_ns - self._clock_zero_ns) // (_DAY_S * 10**9)
        day = f"day {days - start_day + 1} " if days > start_day else ""
        return f"{day}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    def _answer_ns(self, number: int) -> int:
        step_ns = max(_ANSWER_STEP_NS, (self._end_ns - self._start_ns) // 30)
        return self._end_ns + (number + 1) * step_ns

    def _set(self, stamp_ns: int, number: int) -> None:
        elapsed = np.timedelta64(stamp_ns - self._start_ns, "ns")
        self.elapsed_s = (stamp_ns - self._start_ns) / 1e9
        self.stamp_ns = stamp_ns
        self._recording.set_time(TIME, duration=elapsed)
        self._recording.set_time(FRAME, sequence=number)


@dataclass(frozen=True)
class Outlook:
    """How the cameras were held: decides where a person looks from, and what hangs overhead."""

    center: NDArray[np.float64]
    """(3,) mean camera position in the world."""
    up: NDArray[np.float64]
    """(3,) unit, mean direction that was up in the images; the world's z if it is gravity aligned."""
    forward: NDArray[np.float64]
    """(3,) unit, level: where the cameras looked on average; any level one if that is undefined."""
    overhead_m: float
    """What is higher than this above `center` would hide the room from above."""
    is_upright: bool
    """False if the world's z does not point up, as far as the cameras tell."""

    @classmethod
    def of(cls, poses: list[TimedPose]) -> Outlook:
        transforms = np.array([pose.world_from_camera for pose in poses])
        center = transforms[:, :3, 3].mean(axis=0)
        up = _unit(-transforms[:, :3, 1].mean(axis=0), np.array([0.0, 0.0, 1.0]))
        is_upright = bool(up[2] > _UPRIGHT)
        if is_upright:
            up = np.array([0.0, 0.0, 1.0])
        aside = np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))])
        level = transforms[:, :3, 2].mean(axis=0)
        forward = _unit(level - (level @ up) * up, aside, at_least=0.3)
        heights = (transforms[:, :3, 3] - center) @ up
        return cls(center, up, forward, float(heights.max()) + _OVERHEAD_M, is_upright)

    def heights(self, points_in_world: Points) -> NDArray[np.float64]:
        """(N,) metres above the mean camera position."""
        return np.asarray((points_in_world - self.center) @ self.up)


def _unit(
    vector: NDArray[np.float64], fallback: NDArray[np.float64], *, at_least: float = 1e-6
) -> NDArray[np.float64]:
    chosen = vector if np.linalg.norm(vector) >= at_least else fallback
    return np.asarray(chosen / np.linalg.norm(chosen))
