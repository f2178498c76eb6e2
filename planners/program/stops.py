"""The robot's track in columns, and as stops: runs of rows at one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...graph.robot_track import RobotTrack

_SAME_PLACE_M = 0.02


@dataclass(frozen=True)
class Stop:
    """Rows [first, last] of the track at one place."""

    number: int
    first: int
    last: int
    x: float
    y: float


class Track:
    """The robot's track in columns, with its stops."""

    def __init__(self, track: RobotTrack) -> None:
        rows = track.rows
        self.pose_ids: NDArray[np.int64] = np.array(rows["pose_id"], np.int64)
        self.first_ns: NDArray[np.int64] = np.array(rows["stamp_ns"], np.int64)
        self.last_ns: NDArray[np.int64] = np.array(rows["last_ns"], np.int64)
        poses = np.array(rows["pose"], np.float64).reshape(-1, 4)
        self.xy: NDArray[np.float64] = poses[:, :2]
        self.yaw: NDArray[np.float64] = poses[:, 3]
        self.is_manipulating: NDArray[np.bool_] = np.array(
            [track.mode_of(row) == "manipulation" for row in range(track.count)], np.bool_
        )
        self.stops: list[Stop] = []
        self.stop_of: NDArray[np.int64] = np.zeros(track.count, np.int64)
        self._find_stops()

    @property
    def count(self) -> int:
        return len(self.pose_ids)

    def row_of_pose(self, pose_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N,) rows that cover poses; -1 before the first."""
        return np.searchsorted(self.pose_ids, pose_ids, side="right") - 1

    def row_at(self, stamp_ns: int) -> int:
        """The row at a stamp, the first one before the track begins."""
        return max(0, int(np.searchsorted(self.first_ns, stamp_ns, side="right")) - 1)

    def bearing_rad(
        self, rows: NDArray[np.int64], point: tuple[float, float]
    ) -> NDArray[np.float64]:
        """(N,) how far beside the heading a point is, signed."""
        dx, dy = point[0] - self.xy[rows, 0], point[1] - self.xy[rows, 1]
        angle = np.arctan2(dy, dx) - self.yaw[rows]
        return np.asarray(np.arctan2(np.sin(angle), np.cos(angle)))

    def distance_m(
        self, rows: NDArray[np.int64], point: tuple[float, float]
    ) -> NDArray[np.float64]:
        return np.asarray(np.hypot(point[0] - self.xy[rows, 0], point[1] - self.xy[rows, 1]))

    def _find_stops(self) -> None:
        if not self.count:
            return
        gaps = np.hypot(*np.diff(self.xy, axis=0).T) if self.count > 1 else np.zeros(0)
        starts = np.r_[0, np.flatnonzero(gaps > _SAME_PLACE_M) + 1]
        ends = np.r_[starts[1:], self.count] - 1
        for number, (first, last) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            self.stop_of[first : last + 1] = number
            x, y = self.xy[first].tolist()
            self.stops.append(Stop(number, first, last, x, y))
