"""The ground map of a replay: a picture from above with the way driven, and a grid on the 3D floor."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..geometry import Points
from ..spatial.routes import UNKNOWN_CELL, GroundMap
from . import palette
from .scene import sensor_path
from .timeline import ReplayClock, TimedPose

_MARGIN_M = 0.5
_PART_SIZE = 64
_LINE, _ARROW = rr.Radius.ui_points(0.5), rr.Radius.ui_points(1.6)


@dataclass(frozen=True)
class GroundState:
    """The ground after one keyframe, kept until the extent of all of them is known."""

    pose_id: int
    stamp_ns: int
    ground: GroundMap


@dataclass(frozen=True)
class MapFrame:
    """Where the picture from above lies: world x to the right, world y up, one pixel a cell."""

    x_low_m: float
    y_high_m: float
    cell_m: float
    width_px: int
    height_px: int

    @classmethod
    def around(cls, states: list[GroundState], poses: list[TimedPose]) -> MapFrame:
        """The smallest one that holds every known cell and every pose."""
        cell = states[0].ground.cell_m
        corners = [pose.world_from_camera[:2, 3] for pose in poses]
        for state in states:
            i, j = np.nonzero(state.ground.cells != UNKNOWN_CELL)
            if len(i):
                origin = np.array(state.ground.origin_m)
                corners.append(origin + np.array([i.min(), j.min()]) * cell)
                corners.append(origin + np.array([i.max() + 1, j.max() + 1]) * cell)
        low = np.floor((np.min(corners, axis=0) - _MARGIN_M) / cell)
        high = np.ceil((np.max(corners, axis=0) + _MARGIN_M) / cell)
        size = (high - low).astype(int)
        return cls(float(low[0] * cell), float(high[1] * cell), cell, int(size[0]), int(size[1]))

    def pixels(self, points_in_world: Points) -> NDArray[np.float64]:
        """(N, 2) picture coordinates of (N, 2 or 3) points."""
        x = (points_in_world[:, 0] - self.x_low_m) / self.cell_m
        y = (self.y_high_m - points_in_world[:, 1]) / self.cell_m
        return np.stack([x, y], axis=1)

    def picture(self, ground: GroundMap) -> NDArray[np.uint8]:
        """(H, W) cell values of a ground map, cut and placed in this frame."""
        picture = np.full((self.height_px, self.width_px), UNKNOWN_CELL, np.uint8)
        flipped = ground.cells.T[::-1]
        column = round((ground.origin_m[0] - self.x_low_m) / self.cell_m)
        top_m = ground.origin_m[1] + ground.cells.shape[1] * self.cell_m
        row = round((self.y_high_m - top_m) / self.cell_m)
        rows, columns = flipped.shape
        r0, r1 = max(row, 0), min(row + rows, self.height_px)
        c0, c1 = max(column, 0), min(column + columns, self.width_px)
        if r0 < r1 and c0 < c1:
            picture[r0:r1, c0:c1] = flipped[r0 - row : r1 - row, c0 - column : c1 - column]
        return picture


def log_ground(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    states: list[GroundState],
    poses: list[TimedPose],
    *,
    has_floor: bool,
) -> MapFrame | None:
    """Every state of the ground, and the cameras on it; None if no floor was ever seen.

    `has_floor` False leaves out the grid in 3D: where z is not up, it would cut through the scene.
    """
    if not states:
        return None
    frame = MapFrame.around(states, poses)
    for state in states:
        clock.set_frame(state.pose_id, state.stamp_ns)
        cells = frame.picture(state.ground)
        recording.log("map/ground", rr.Image(palette.CELL_COLORS[cells]))
        if has_floor:
            recording.log("world/ground", _floor_grid(frame, cells, state.ground.floor_m))
    _log_tracks(recording, clock, frame, poses)
    return frame


def _floor_grid(frame: MapFrame, cells: NDArray[np.uint8], floor_m: float) -> rr.GridMap:
    alpha = np.where(cells == UNKNOWN_CELL, 0, 255).astype(np.uint8)
    pixels = np.dstack([palette.CELL_COLORS[cells], alpha])
    y_low_m = frame.y_high_m - frame.height_px * frame.cell_m
    return rr.GridMap(
        data=np.ascontiguousarray(pixels).tobytes(),
        format=rr.components.ImageFormat(
            width=frame.width_px,
            height=frame.height_px,
            color_model="RGBA",
            channel_datatype="U8",
        ),
        cell_size=frame.cell_m,
        translation=[frame.x_low_m, y_low_m, floor_m],
        opacity=0.4,
    )


def _log_tracks(
    recording: rr.RecordingStream, clock: ReplayClock, frame: MapFrame, poses: list[TimedPose]
) -> None:
    """The way of each sensor so far, where it is now, and where it looks."""
    reach_px = 0.5 / frame.cell_m
    tracks: dict[tuple[int, str], list[NDArray[np.float64]]] = defaultdict(list)
    for pose in poses:
        clock.set_pose(pose)
        at = frame.pixels(pose.world_from_camera[None, :3, 3])[0]
        look = pose.world_from_camera[:2, 2] * (1.0, -1.0) * reach_px
        arrow = rr.Arrows2D(origins=[at], vectors=[look], colors=palette.CAMERA, radii=_ARROW)
        recording.log(sensor_path("map/camera", pose.sensor), arrow)
        track = tracks[pose.session_id, pose.sensor]
        track.append(at)
        part = (len(track) - 1) // _PART_SIZE
        strip = np.array(track[max(0, part * _PART_SIZE - 1) :])
        line = rr.LineStrips2D([strip], colors=palette.TRAJECTORY, radii=_LINE)
        session = sensor_path(f"map/trajectory/session_{pose.session_id}", pose.sensor)
        recording.log(f"{session}/part_{part:04d}", line)
