"""Rooms, ways, things and moves on the map from above, drawn once the frame of the map is known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..graph.places import PlaceMap
from ..graph.regions import RegionPartition, StoreyGrid
from . import palette
from .ground_log import MapFrame
from .rooms import RoomState, room_color, room_pixels
from .things import STYLES, MapMark, MapMove, Sight
from .timeline import ReplayClock

_POINT_PX = {"objects": 3.0, "people": 6.0, "held": 3.0, "gone": 4.0, "unconfirmed": 1.5}
_LABELLED = ("people", "gone")


def log_map_rooms(
    recording: rr.RecordingStream,
    clock: ReplayClock,
    frame: MapFrame,
    states: Iterable[RoomState],
    floor_m: float,
) -> None:
    """The rooms of the storey that the map shows, each time they changed."""
    drawn: RegionPartition | None = None
    for state in states:
        grid = min(state.partition.storeys, key=lambda g: abs(g.floor_m - floor_m))
        clock.set_frame(state.pose_id, state.stamp_ns)
        if state.partition is not drawn:
            pixels = _room_picture(frame, grid, state.partition)
            recording.log("map/rooms/floors", rr.Image(pixels, opacity=0.55, draw_order=-5.0))
            drawn = state.partition
        rooms = [room for room in state.partition.rooms if room.storey == grid.storey]
        rings = [
            frame.pixels(np.vstack([r.polygon_in_world, r.polygon_in_world[:1]])) for r in rooms
        ]
        colors = [room_color(room.room_id) for room in rooms]
        width = rr.Radius.ui_points(1.2)
        recording.log("map/rooms/outlines", rr.LineStrips2D(rings, colors=colors, radii=width))
        centers = np.array([room.centroid_in_world for room in rooms]).reshape(-1, 3)
        names = rr.Points2D(
            frame.pixels(centers), labels=[state.names[room.room_id] for room in rooms],
            show_labels=True, colors=palette.WORDS, radii=rr.Radius.ui_points(1.0), draw_order=50.0,
        )  # fmt: skip
        recording.log("map/rooms/names", names)
        _log_doors(recording, frame, state.partition)


def log_map_things(
    recording: rr.RecordingStream, clock: ReplayClock, frame: MapFrame, marks: Iterable[MapMark]
) -> None:
    """Furniture as outlines, other things as dots; what ended is taken away."""
    groups: dict[str, str] = {}
    for mark in marks:
        clock.set_frame(mark.pose_id, mark.stamp_ns)
        leaf = mark.entity_id.replace(":", "_")
        group = None if mark.sight is None else mark.sight.group
        before = groups.get(mark.entity_id)
        if before is not None and before != group:
            recording.log(f"map/things/{before}/{leaf}", rr.Clear.flat())
            del groups[mark.entity_id]
        if mark.sight is not None:
            groups[mark.entity_id] = mark.sight.group
            recording.log(f"map/things/{group}/{leaf}", _drawn(frame, mark.sight))


def log_map_moves(
    recording: rr.RecordingStream, clock: ReplayClock, frame: MapFrame, moves: Iterable[MapMove]
) -> None:
    """An arrow for each move, from the old place to the new one."""
    for move in moves:
        clock.set_frame(move.pose_id, move.stamp_ns)
        path = f"map/moves/{move.entity_id.replace(':', '_')}"
        if not move.legs:
            recording.log(path, rr.Clear.flat())
            continue
        starts = frame.pixels(np.array([start for start, _ in move.legs]))
        ends = frame.pixels(np.array([end for _, end in move.legs]))
        arrows = rr.Arrows2D(
            origins=starts, vectors=ends - starts, colors=palette.MOVE,
            radii=rr.Radius.ui_points(1.0), draw_order=30.0,
        )  # fmt: skip
        recording.log(path, arrows)


def log_map_graph(recording: rr.RecordingStream, frame: MapFrame, places: PlaceMap) -> None:
    """The ways between places, as known at the end."""
    ways = [frame.pixels(edge.waypoints) for edge in places.edges]
    lines = rr.LineStrips2D(
        ways, colors=palette.WAY, radii=rr.Radius.ui_points(0.6), draw_order=5.0
    )
    recording.log("map/graph/ways", lines)
    at = np.array([place.position_in_world for place in places.places]).reshape(-1, 3)
    dots = rr.Points2D(
        frame.pixels(at), colors=palette.WAY, radii=rr.Radius.ui_points(1.6), draw_order=6.0
    )
    recording.log("map/graph/places", dots)


def _room_picture(
    frame: MapFrame, grid: StoreyGrid, partition: RegionPartition
) -> NDArray[np.uint8]:
    """(H, W, 4) colours in the pixels of the map: each reads the room's cell around its middle."""
    v, u = np.mgrid[: frame.height_px, : frame.width_px]
    x = frame.x_low_m + (u + 0.5) * frame.cell_m
    y = frame.y_high_m - (v + 0.5) * frame.cell_m
    cells = grid.cells_of(np.stack([x.ravel(), y.ravel()], axis=1))
    is_inside = ((cells >= 0) & (cells < grid.labels.shape)).all(axis=1)
    picture = np.zeros((frame.height_px * frame.width_px, 4), np.uint8)
    picture[is_inside] = room_pixels(grid, partition)[cells[is_inside, 0], cells[is_inside, 1]]
    return picture.reshape(frame.height_px, frame.width_px, 4)


def _log_doors(recording: rr.RecordingStream, frame: MapFrame, partition: RegionPartition) -> None:
    sills = []
    for door in partition.doors:
        middle = np.array(door.position_in_world[:2])
        half = np.array((-door.passage[1], door.passage[0])) * door.width_m / 2
        sills.append(frame.pixels(np.stack([middle - half, middle + half])))
    width = rr.Radius.ui_points(2.2)
    lines = rr.LineStrips2D(sills, colors=palette.DOOR, radii=width, draw_order=10.0)
    recording.log("map/rooms/doors", lines)


def _drawn(frame: MapFrame, sight: Sight) -> rr.LineStrips2D | rr.Points2D:
    color = STYLES[sight.group].color
    if sight.group == "furniture":
        corners = sight.corners()
        ring = frame.pixels(np.vstack([corners, corners[:1]]))
        return rr.LineStrips2D(
            [ring], colors=color, radii=rr.Radius.ui_points(0.8), labels=[sight.label],
            show_labels=False, draw_order=15.0,
        )  # fmt: skip
    return rr.Points2D(
        frame.pixels(np.array([sight.center])), colors=color, labels=[sight.label.partition(",")[0]],
        show_labels=sight.group in _LABELLED, radii=rr.Radius.ui_points(_POINT_PX[sight.group]),
        draw_order=25.0,
    )  # fmt: skip
