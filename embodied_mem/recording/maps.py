"""What a replay shows of space: surface, octree, free space, ground, frontiers and their numbers.

All of it is logged at map steps: a bounded number of instants, so that the size of a replay follows the
space seen, not the hours spent there. What hangs overhead (ceilings) goes to entities of its own,
hidden at first, because a person looks into a room from above.
"""

from __future__ import annotations

import math

import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..geometry import Points
from ..spatial.frontiers import Frontier, find_frontiers
from ..spatial.kernels import blocks
from ..spatial.octree import OccupancyOctree
from ..spatial.routes import GroundMap, RobotShape, build_ground_map
from ..views import MemoryViews
from . import palette
from .ground_log import GroundState
from .timeline import Outlook

OCTREE_LEVELS = (0, 2, 4)
SERIES = {
    "plots/memory/keyframes": ("keyframes kept", (120, 170, 255)),
    "plots/novel/novel_percent": ("new in keyframe, %", (124, 252, 120)),
    "plots/space/known_m3": ("space known, m³", (255, 176, 0)),
    "plots/space/pixels_mb": ("pixels stored, MB", (255, 64, 160)),
    "plots/space/maps_mb": ("maps in RAM, MB", (0, 229, 255)),
}
"""Entity: name and colour of each time series."""

_STEPS_BETWEEN = {0: 12, 2: 3, 4: 1}
"""Map steps between two states of an octree level: coarse ones come more often than fine ones."""
_MAX_CELLS = 60_000
_FREE_LEVEL = 2
_RELOG_SHARE = 0.02
_MAX_FRONTIERS = 12


class GrowingCloud:
    """Coloured points in parts: each step logs what is new, and parts that lost enough points."""

    def __init__(self, recording: rr.RecordingStream, path: str, resolution_m: float) -> None:
        self._recording = recording
        self._path = path
        self._resolution_m = resolution_m
        self._keys = np.zeros(0, np.int64)
        self._parts = np.zeros(0, np.int32)
        self._part_count = 0

    def log(self, points_in_world: Points, colors: NDArray[np.uint8]) -> int:
        """The whole cloud as it is now; returns how many points were logged."""
        keys = _cell_keys(points_in_world, self._resolution_m)
        keys, rows = np.unique(keys, return_index=True)
        is_new = ~np.isin(keys, self._keys)
        is_left = np.isin(self._keys, keys)
        stale = self._stale_parts(is_left)
        self._keys, self._parts = self._keys[is_left], self._parts[is_left]
        if is_new.any():
            stale = [*stale, self._part_count]
            self._keys = np.concatenate([self._keys, keys[is_new]])
            new_parts = np.full(int(is_new.sum()), self._part_count, np.int32)
            self._parts = np.concatenate([self._parts, new_parts])
            self._part_count += 1
        logged_count = 0
        for part in stale:
            members = rows[np.searchsorted(keys, self._keys[self._parts == part])]
            self._log_part(part, points_in_world[members], colors[members])
            logged_count += len(members)
        return logged_count

    def _stale_parts(self, is_left: NDArray[np.bool_]) -> list[int]:
        sizes = np.bincount(self._parts, minlength=self._part_count)
        lost = np.bincount(self._parts[~is_left], minlength=self._part_count)
        return [int(part) for part in np.flatnonzero(lost > _RELOG_SHARE * sizes)]

    def _log_part(self, part: int, points: Points, colors: NDArray[np.uint8]) -> None:
        radius_m = 0.45 * self._resolution_m
        cloud = rr.Points3D(points.astype(np.float32), colors=colors, radii=radius_m)
        self._recording.log(f"{self._path}/part_{part:04d}", cloud)


class MapLog:
    """Logs the state of the spatial views at map steps."""

    def __init__(self, recording: rr.RecordingStream, views: MemoryViews, outlook: Outlook) -> None:
        self._recording = recording
        self._views = views
        self._outlook = outlook
        resolution_m = views.cache.resolution_m
        self._surface = GrowingCloud(recording, "world/surface", resolution_m)
        self._overhead = GrowingCloud(recording, "world/overhead/surface", resolution_m)
        self._step = 0
        self._robot = RobotShape()
        self.ground_states: list[GroundState] = []
        self.skipped_levels: set[int] = set()
        """Octree levels of which a state had too many cells to draw."""
        for path, (name, color) in SERIES.items():
            style = rr.SeriesLines(names=name, colors=color, widths=2.0)
            recording.log(path, style, static=True)

    def log_numbers(
        self, *, keyframe_count: int, novel_share: float | None, pixel_bytes: int
    ) -> None:
        """Cheap series, at every keyframe."""
        self._recording.log("plots/memory/keyframes", rr.Scalars(keyframe_count))
        if novel_share is not None:
            self._recording.log("plots/novel/novel_percent", rr.Scalars(100 * novel_share))
        self._recording.log("plots/space/pixels_mb", rr.Scalars(pixel_bytes / 1e6))

    def log_step(self, pose_id: int, stamp_ns: int, *, is_last: bool) -> None:
        """The maps after a keyframe; the last step logs every octree level."""
        octree, cache = self._views.octree, self._views.cache
        self._log_surface()
        occupied = octree.occupied().centers
        for level in OCTREE_LEVELS:
            if is_last or self._step % _STEPS_BETWEEN[level] == 0:
                self._log_level(level, occupied)
        ground = build_ground_map(octree, self._robot)
        if ground is not None:
            self.ground_states.append(GroundState(pose_id, stamp_ns, ground))
        self._log_frontiers(ground)
        known_m3 = known_voxel_count(octree) * octree.resolution_m**3
        self._recording.log("plots/space/known_m3", rr.Scalars(known_m3))
        map_bytes = octree.byte_count + cache.byte_count
        self._recording.log("plots/space/maps_mb", rr.Scalars(map_bytes / 1e6))
        if is_last:
            self._log_free()
        self._step += 1

    def _log_surface(self) -> None:
        points, colors = self._views.cache.surface()
        is_overhead = self._outlook.heights(points) > self._outlook.overhead_m
        self._surface.log(points[~is_overhead], colors[~is_overhead])
        self._overhead.log(points[is_overhead], colors[is_overhead])

    def _log_level(self, level: int, occupied: Points) -> None:
        edge_m = self._views.octree.resolution_m * (1 << level)
        centers = coarse_centers(occupied, edge_m)
        if len(centers) > _MAX_CELLS:
            self.skipped_levels.add(level)
            return
        heights = self._outlook.heights(centers)
        is_overhead = heights > self._outlook.overhead_m + edge_m / 2
        colors = palette.height_colors(heights)
        for parent, chosen in (("world", ~is_overhead), ("world/overhead", is_overhead)):
            if parent == "world" or chosen.any():
                path = f"{parent}/octree/level_{level}"
                self._recording.log(path, _voxels(centers[chosen], edge_m, colors=colors[chosen]))

    def _log_free(self) -> None:
        """Free space in coarse cells, seldom wanted and hidden at first."""
        edge_m = self._views.octree.resolution_m * (1 << _FREE_LEVEL)
        centers = coarse_centers(self._views.octree.free().centers, edge_m)
        if 0 < len(centers) <= _MAX_CELLS:
            colors = np.array([palette.FREE_SPACE], np.uint8)
            grid = _voxels(centers, edge_m, colors=colors, opacity=0.25)
            self._recording.log("world/free_space", grid)

    def _log_frontiers(self, ground: GroundMap | None) -> None:
        low = -math.inf if ground is None else ground.floor_m + self._robot.step_m
        high = math.inf if ground is None else ground.floor_m + self._robot.height_m
        found = find_frontiers(self._views.octree, z_low_m=low, z_high_m=high)[:_MAX_FRONTIERS]
        for path, part in zip(
            ("world/frontiers/at", "world/frontiers/towards"), _frontier_marks(found), strict=True
        ):
            self._recording.log(path, part)


def _frontier_marks(frontiers: list[Frontier]) -> tuple[rr.Points3D, rr.Arrows3D]:
    """Points as large as the border's area asks for, and arrows into the unknown."""
    positions = np.array([f.position_in_world for f in frontiers]).reshape(-1, 3)
    outward = np.array([[*f.outward, 0.0] for f in frontiers]).reshape(-1, 3)
    lengths = np.array([0.3 + 0.1 * math.sqrt(f.area_m2) for f in frontiers]).reshape(-1, 1)
    labels = [f"{f.area_m2:.1f} m² unknown" for f in frontiers]
    points = rr.Points3D(
        positions, colors=palette.FRONTIER, labels=labels, show_labels=len(frontiers) <= 6,
        radii=[0.03 + 0.01 * math.sqrt(f.area_m2) for f in frontiers],
    )  # fmt: skip
    arrows = rr.Arrows3D(
        origins=positions, vectors=outward * lengths, colors=palette.FRONTIER, radii=0.012
    )
    return points, arrows


def coarse_centers(centers: Points, edge_m: float) -> NDArray[np.float64]:
    """(K, 3) centres of the cells with this edge that hold any of (N, 3) points: an octree level."""
    _, first = np.unique(_cell_keys(centers, edge_m), return_index=True)
    return np.asarray((np.floor(centers[first] / edge_m) + 0.5) * edge_m)


def known_voxel_count(octree: OccupancyOctree) -> int:
    """How many voxels are free or occupied, without extracting them."""
    store = octree.store
    leaves = store.leaf_of_block[: octree.block_count]
    uniform = store.uniform[: octree.block_count][leaves < 0]
    in_leaves = store.leaf_values[leaves[leaves >= 0]] != blocks.UNKNOWN
    return int(np.count_nonzero(in_leaves)) + 512 * int(np.sum(uniform != blocks.UNKNOWN))


def _voxels(
    centers: Points, edge_m: float, *, colors: NDArray[np.uint8], opacity: float = 1.0
) -> rr.VoxelGridMap:
    indices = np.floor(centers / edge_m).astype(np.int32)
    return rr.VoxelGridMap(indices, [edge_m] * 3, colors=colors, opacity=opacity)


def _cell_keys(points: Points, edge_m: float) -> NDArray[np.int64]:
    cells = np.floor(points / edge_m).astype(np.int64) + (1 << 20)
    return np.asarray((cells[:, 0] << 42) | (cells[:, 1] << 21) | cells[:, 2])
