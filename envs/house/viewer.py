"""A house in the rerun viewer: its parts as coloured meshes, named, with the robot's start."""

from __future__ import annotations

import numpy as np

from ...errors import MissingExtraError
from .scene import house_parts
from .world import House


def show_house(house: House) -> None:
    """Open the viewer on a house; ceilings are logged under 'ceilings', to be hidden.

    Raises:
        MissingExtraError: rerun is not installed.
    """
    try:
        import rerun as rr
    except ImportError as error:
        raise MissingExtraError("rerun-sdk", "viewer", "showing a house") from error
    recording = rr.RecordingStream("embodied_mem_house")
    recording.spawn()
    log_house(recording, house)


def log_house(recording: object, house: House) -> None:
    """Log a house to a rerun `RecordingStream`, static."""
    import rerun as rr

    stream: rr.RecordingStream = recording
    stream.log("house", rr.ViewCoordinates.FLU, static=True)
    for part in house_parts(house):
        mesh = part.mesh_in_world
        corners = mesh.vertices[mesh.triangles].reshape(-1, 3)
        colors = np.repeat(mesh.colors, 3, axis=0)
        index = np.arange(len(corners), dtype=np.uint32).reshape(-1, 3)
        group = "ceilings" if part.name.endswith("/ceiling") else "parts"
        stream.log(
            f"house/{group}/{part.name}",
            rr.Mesh3D(vertex_positions=corners, triangle_indices=index, vertex_colors=colors),
            static=True,
        )
    _log_labels(stream, house)


def _log_labels(stream: object, house: House) -> None:
    import rerun as rr

    recording: rr.RecordingStream = stream
    middles, names = [], []
    for room in house.rooms:
        x0, y0, x1, y1 = room.rectangles[0]
        middles.append(((x0 + x1) / 2, (y0 + y1) / 2, 2.2))
        names.append(room.room_id)
    for thing in house.objects.values():
        x, y, z = thing.position
        middles.append((x, y, z + thing.size[2]))
        names.append(thing.object_id)
    recording.log("house/labels", rr.Points3D(middles, labels=names, radii=0.02), static=True)
    x, y, yaw = house.start
    arrow = rr.Arrows3D(
        origins=[(x, y, 0.05)],
        vectors=[(0.5 * np.cos(yaw), 0.5 * np.sin(yaw), 0.0)],
        labels=["start"],
    )
    recording.log("house/start", arrow, static=True)
