"""Where the robot was: one row a step, and the visits to rooms that follow from it."""

from __future__ import annotations

import io
import json
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..geometry import Transform

_STILL_M, _STILL_RAD = 1e-3, 1e-3
_CONFIRMING_STEPS = 2
_LEVER_M = 2.5
_ROW = np.dtype(
    [
        ("pose_id", "<i8"),
        ("session_id", "<i8"),
        ("stamp_ns", "<i8"),
        ("last_ns", "<i8"),
        ("step_count", "<i4"),
        ("mode", "<i4"),
        ("pose", "<f4", (4,)),
        ("written", "<f4", (4,)),
    ]
)
"""`pose` and `written` are x, y, z, yaw as now believed and as the journal first said."""


@dataclass(frozen=True)
class RobotStep:
    """Where the robot was at one step, as first written. The height is that of its camera."""

    pose_id: int
    session_id: int
    stamp_ns: int
    position_in_world: tuple[float, float, float]
    yaw_rad: float
    mode: str = ""


@dataclass(frozen=True)
class RoomVisit:
    """A stay in one room."""

    room_id: str
    enter_ns: int
    leave_ns: int
    """When it was in the next room, or the last stamp so far."""

    @property
    def duration_ns(self) -> int:
        return self.leave_ns - self.enter_ns


class RobotTrack:
    """Rows in the order of the journal. A robot that stands still adds to its last row.

    Invariant: `pose_id` rises; row i covers the poses from its own to that before row i + 1.
    """

    def __init__(self) -> None:
        self._rows = np.zeros(64, _ROW)
        self._modes: list[str] = []
        self.count = 0

    @property
    def rows(self) -> NDArray[np.void]:
        """(count,) read-only view with the fields of `_ROW`."""
        view = self._rows[: self.count].view()
        view.flags.writeable = False
        return view

    @property
    def stamps_ns(self) -> NDArray[np.int64]:
        """(count,) when each row began."""
        return np.asarray(self.rows["stamp_ns"])

    @property
    def positions_in_world(self) -> NDArray[np.float32]:
        """(count, 3) with the height of the camera."""
        return np.asarray(self.rows["pose"][:, :3])

    @property
    def yaws_rad(self) -> NDArray[np.float32]:
        return np.asarray(self.rows["pose"][:, 3])

    def mode_of(self, row: int) -> str:
        return self._modes[int(self._rows["mode"][row])]

    def append(self, step: RobotStep) -> bool:
        """Add one step; returns whether it needed a row of its own."""
        mode = self._mode_number(step.mode)
        written = np.array([*step.position_in_world, step.yaw_rad], np.float32)
        if self.count and self._stands_still(step, mode, written):
            last = self._rows[self.count - 1]
            last["last_ns"] = step.stamp_ns
            last["step_count"] += 1
            return False
        if self.count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros(self.count, _ROW)])
        self._rows[self.count] = (
            step.pose_id, step.session_id, step.stamp_ns, step.stamp_ns, 1, mode, written, written,
        )  # fmt: skip
        self.count += 1
        return True

    def move(self, pose_id: int, world_from_written: Transform) -> tuple[int, float] | None:
        """Correct the row of a pose; returns the row and how far it moved, None if it has no row.

        A turn counts as the way of what is seen a few metres away.
        """
        row = int(np.searchsorted(self.rows["pose_id"], pose_id, side="right")) - 1
        if row < 0:
            return None
        x, y, z, yaw = self._rows["written"][row].tolist()
        moved = world_from_written @ np.array([x, y, z, 1.0])
        turn = math.atan2(world_from_written[1, 0], world_from_written[0, 0])
        pose = np.array([*moved[:3], yaw + turn], np.float32)
        before = self._rows["pose"][row]
        turned_rad = abs(math.remainder(float(pose[3] - before[3]), 2 * math.pi))
        gap_m = float(np.linalg.norm(pose[:3] - before[:3])) + _LEVER_M * turned_rad
        self._rows["pose"][row] = pose
        return row, gap_m

    def position_at(self, stamp_ns: int) -> tuple[float, float, float] | None:
        """Where the robot was at a stamp: the last row that began by then; None before the first."""
        begun = np.flatnonzero(self.rows["stamp_ns"] <= stamp_ns)
        if not len(begun):
            return None
        x, y, z = self._rows["pose"][begun[-1], :3].tolist()
        return (x, y, z)

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        modes = json.dumps(self._modes).encode()
        buffer.write(len(modes).to_bytes(4, "little") + modes)
        columns = [np.ascontiguousarray(self.rows[name]).tobytes() for name in _ROW.names or ()]
        buffer.write(zlib.compress(b"".join(columns), 1))
        return buffer.getvalue()

    def load_bytes(self, data: bytes) -> None:
        """Replace the state by what `to_bytes` wrote.

        Raises:
            InputError: bytes of another kind.
        """
        start = 4 + int.from_bytes(data[:4], "little")
        try:
            modes = json.loads(data[4:start])
            plain = zlib.decompress(data[start:])
        except (ValueError, zlib.error) as error:
            raise InputError(f"these bytes hold no track of a robot: {error}") from error
        count, rest = divmod(len(plain), _ROW.itemsize)
        if rest:
            raise InputError(f"a track needs whole rows, got {len(plain)} bytes")
        rows = np.zeros(max(count, 64), _ROW)
        at = 0
        for name in _ROW.names or ():
            column = rows[name][:count]
            end = at + column.nbytes
            column[...] = np.frombuffer(plain[at:end], column.dtype).reshape(column.shape)
            at = end
        self._rows, self._modes, self.count = rows, list(modes), count

    def _mode_number(self, mode: str) -> int:
        if mode not in self._modes:
            self._modes.append(mode)
        return self._modes.index(mode)

    def _stands_still(self, step: RobotStep, mode: int, written: NDArray[np.float32]) -> bool:
        last = self._rows[self.count - 1]
        gap = written - last["written"]
        return bool(
            last["session_id"] == step.session_id
            and last["mode"] == mode
            and float(np.abs(gap[:3]).max()) < _STILL_M
            and abs(float(gap[3])) < _STILL_RAD
        )


class VisitLog:
    """Visits to rooms from a track, step by step.

    A room counts as entered with the second step in it, so that no noise at a door makes visits; the
    visit then begins with the first. Steps without a room go on with the visit.
    """

    def __init__(self) -> None:
        self.closed: list[RoomVisit] = []
        self._session_id: int | None = None
        self._last_ns = 0
        self._room, self._enter_ns = "", 0
        self._next_room, self._next_ns, self._next_steps = "", 0, 0

    def feed(
        self, room_id: str, session_id: int, first_ns: int, last_ns: int, step_count: int
    ) -> None:
        """Steps in one room ('' if none) in the order of the track; splitting a run changes nothing."""
        if session_id != self._session_id:
            self._end(self._last_ns)
            self._session_id = session_id
        self._last_ns = last_ns
        room_id = room_id or self._next_room or self._room
        if room_id == self._room:
            self._next_room, self._next_steps = "", 0
            return
        if room_id != self._next_room:
            self._next_room, self._next_ns, self._next_steps = room_id, first_ns, 0
        self._next_steps += step_count
        if self._next_steps >= _CONFIRMING_STEPS or not self._room:
            room, enter_ns = self._next_room, self._next_ns
            self._end(enter_ns)
            self._room, self._enter_ns = room, enter_ns

    @property
    def open(self) -> RoomVisit | None:
        """The visit that goes on."""
        return RoomVisit(self._room, self._enter_ns, self._last_ns) if self._room else None

    def visits(self) -> tuple[RoomVisit, ...]:
        """All visits, oldest first."""
        last = self.open
        return (*self.closed, *([last] if last else []))

    def _end(self, leave_ns: int) -> None:
        if self._room:
            self.closed.append(RoomVisit(self._room, self._enter_ns, leave_ns))
        self._room, self._next_room, self._next_steps = "", "", 0


def visits_along(track: RobotTrack, room_ids: Iterable[str], labels: NDArray[np.int32]) -> VisitLog:
    """The visits of a whole track, from the (count,) room index of each row, -1 where there is none."""
    log = VisitLog()
    names = [*room_ids, ""]
    rows = track.rows
    if not len(rows):
        return log
    is_start = np.r_[True, (np.diff(labels) != 0) | (np.diff(rows["session_id"]) != 0)]
    starts = np.flatnonzero(is_start)
    counts = np.add.reduceat(rows["step_count"], starts)
    ends = np.r_[starts[1:], len(rows)] - 1
    for start, end, count in zip(starts.tolist(), ends.tolist(), counts.tolist(), strict=True):
        log.feed(
            names[int(labels[start])],
            int(rows["session_id"][start]),
            int(rows["stamp_ns"][start]),
            int(rows["last_ns"][end]),
            int(count),
        )
    return log
