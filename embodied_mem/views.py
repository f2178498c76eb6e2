"""All views of one memory at one position of its journal.

A live update and a replay run the same code on the same stored values, so they give the same digest.
Opening restores the latest checkpoints and applies what came after them.
"""

from __future__ import annotations

import logging
import time
import zipfile
from collections.abc import Callable

import numpy as np

from .config import MemoryConfig, config_digest
from .entities.sighting_log import SightingLog
from .entities.view import EntityView
from .episodic.events import EventView
from .episodic.snapshot_view import SnapshotView
from .errors import InputError, JournalCorruptError
from .geometry import Transform, rotation_angle
from .graph.view import RegionView
from .journal.checkpoints import Checkpoint, find_checkpoint, save_checkpoint
from .journal.records import FrameRecord, content_digest
from .journal.steps import FrameEntry, Step, View, read_frame, read_steps
from .journal.store import Journal
from .policies.snapshot import make_snapshot_policy
from .semantic.cases import CaseView
from .semantic.facts import FactView
from .semantic.routines import RoutineView
from .spatial.cache3d import SurfaceCache
from .spatial.kernels.blocks import VOXEL_LIMIT
from .spatial.keyframe_index import KeyframeIndex
from .spatial.octree import OccupancyOctree
from .spatial.views import CacheView, KeyframeView, OccupancyView

BEFORE_ALL_NS = -(2**63)
LAYERS = ("octree", "cache", "graph", "episodic", "semantic")
"""What `forget_layer` takes away."""
_LEVER_M = 2.5
"""How far away what a camera sees is, when a turn of its pose is counted as a displacement."""
_logger = logging.getLogger(__name__)


class MemoryViews:
    """Every view of one memory, in the order in which they apply a step.

    Invariant: each view has applied exactly the steps with records up to `through_record_id` whose
    stamp is at most the `until_stamp_ns` it was opened with.
    """

    def __init__(self, config: MemoryConfig, journal: Journal | None = None) -> None:
        """`journal` is where keyframes are read from again when poses are corrected."""
        self._config = config
        self._journal = journal
        self._clear()

    def _clear(self) -> None:
        config = self._config
        self._keyframes = KeyframeView()
        self._occupancy = OccupancyView(config.octree)
        self._cache = CacheView(config.cache)
        self.entities = EntityView(config.entities)
        self.sightings = SightingLog(self.entities)
        self.regions = RegionView(self._occupancy)
        self.events = EventView(self.entities, self.regions)
        self.snapshots = self._empty_snapshots()
        self.facts = FactView(entities=self.entities)
        self.routines = RoutineView(self.events)
        self.cases = CaseView()
        self._maps = _MapPoses(config)
        self.through_record_id = 0
        self._max_stamp_ns = BEFORE_ALL_NS

    @property
    def all(self) -> tuple[View, ...]:
        return (
            self._keyframes,
            self._maps,
            self._occupancy,
            self._cache,
            self.entities,
            self.sightings,
            self.regions,
            self.events,
            self.snapshots,
            self.facts,
            self.routines,
            self.cases,
        )

    @property
    def keyframes(self) -> KeyframeIndex:
        return self._keyframes.index

    @property
    def octree(self) -> OccupancyOctree:
        return self._occupancy.octree

    @property
    def cache(self) -> SurfaceCache:
        return self._cache.cache

    @classmethod
    def open(
        cls,
        journal: Journal,
        config: MemoryConfig,
        *,
        until_stamp_ns: int | None = None,
        use_checkpoints: bool = True,
        progress: Callable[[int], None] | None = None,
    ) -> MemoryViews:
        """The views of a journal: checkpoints, then what came after them.

        `until_stamp_ns` leaves out what was committed about a later time: the memory as it was then.
        `progress` is called with the number of keyframes applied.
        """
        views = cls(config, journal)
        if use_checkpoints:
            views._restore(journal, until_stamp_ns)
        views.catch_up(journal, until_stamp_ns=until_stamp_ns, progress=progress)
        return views

    def catch_up(
        self,
        journal: Journal,
        *,
        until_stamp_ns: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Apply the steps that were committed since; returns how many keyframes they held."""
        head = journal.head.last_record_id
        count = 0
        for step in read_steps(journal, self.through_record_id, until_stamp_ns):
            self.apply(step)
            count += len(step.frames)
            if progress and step.frames:
                progress(count)
        # A writer may have gone on since `head` was read: what was applied counts, too.
        self.through_record_id = max(self.through_record_id, head)
        return count

    def check_position(self, world_from_camera: Transform) -> None:
        """Ask before a frame is journalled: what a view refuses would stop every later replay.

        Raises:
            InputError: the camera, or what it can see, lies beyond the voxel grids.
        """
        octree, cache = self._config.octree, self._config.cache
        extent_m = min(VOXEL_LIMIT * c.resolution_m - 2 * c.max_range_m for c in (octree, cache))
        if not np.abs(world_from_camera[:3, 3]).max() <= extent_m:
            raise InputError(
                f"the camera must stay within +-{extent_m:.0f} m, got "
                f"{world_from_camera[:3, 3].tolist()}; subtract an origin first"
            )

    def apply(self, step: Step) -> dict[str, float]:
        """One step through every view; returns wall milliseconds by view name."""
        spent: dict[str, float] = {}
        for view in self.all:
            start = time.perf_counter_ns()
            view.apply(step)
            if view is self._maps and step.pose_moves:
                self._correct_maps(len(self.keyframes) - len(step.frames))
            spent[view.name] = (time.perf_counter_ns() - start) / 1e6
        self.through_record_id = step.last_record_id
        self._max_stamp_ns = max(self._max_stamp_ns, step.stamp_ns)
        return spent

    def forget_layer(self, layer: str) -> None:
        """Put empty views in the place of one of `LAYERS`; for ablations.

        Raises:
            InputError: there is no such layer.
        """
        config = self._config
        if layer == "octree":
            self._occupancy = OccupancyView(config.octree)
        elif layer == "cache":
            self._cache = CacheView(config.cache)
        elif layer == "graph":
            track = self.regions.track  # where the robot was is no part of the graph
            self.regions = RegionView(OccupancyView(config.octree))
            self.regions.track = track
        elif layer == "episodic":
            self.events = EventView(EntityView(config.entities), self.regions)
            self.snapshots = self._empty_snapshots()
        elif layer == "semantic":
            self.facts = FactView(entities=self.entities)
        else:
            raise InputError(f"a layer is one of {', '.join(LAYERS)}, got '{layer}'")

    def _empty_snapshots(self) -> SnapshotView:
        return SnapshotView(self.entities, make_snapshot_policy(self._config.snapshots.policy))

    def digests(self) -> dict[str, str]:
        """Hex digest of each view's state by its name."""
        return {view.name: view.digest() for view in self.all}

    def save(self, journal: Journal) -> None:
        """Write a checkpoint of every view, all or none."""
        with journal.database.transaction():
            for view in self.all:
                save_checkpoint(
                    journal,
                    view.name,
                    view_version=view.version,
                    config_digest=view.config_digest,
                    through_record_id=self.through_record_id,
                    max_stamp_ns=self._max_stamp_ns,
                    state_digest=view.digest(),
                    data=view.to_bytes(),
                )

    def _correct_maps(self, count: int) -> None:
        """Bring occupancy and 3D cache to the poses that the first keyframes are now believed to have."""
        moved = self._maps.displacements_m(self.keyframes, count)
        limits = self._config.correction
        if max(moved.values(), default=0.0) > limits.rebuild_displacement_m:
            self._occupancy.clear()
            self._cache.clear()
            for number in range(count):
                entry = self._read_keyframe(number)
                self._occupancy.add(entry)
                self._cache.add(entry)
                self._maps.note_place(number, entry.world_from_camera)
            return
        for number, displacement_m in moved.items():
            if displacement_m > limits.refresh_displacement_m:
                entry = self._read_keyframe(number)
                self._occupancy.add(entry)
                self._maps.note_place(number, entry.world_from_camera)

    def _read_keyframe(self, number: int) -> FrameEntry:
        """A keyframe's pixels, at its pose as now believed."""
        if self._journal is None:
            raise InputError("correcting poses needs the journal that the keyframes are read from")
        keyframes = self.keyframes
        frame_id = int(keyframes.frame_ids[number])
        record = self._journal.get_as(FrameRecord, frame_id)
        pose = keyframes.poses[number].copy()
        return read_frame(self._journal, frame_id, record, world_from_camera=pose)

    def _restore(self, journal: Journal, until_stamp_ns: int | None) -> None:
        """Load the newest set of checkpoints of one position; leave the views empty if there is none."""
        found = [
            find_checkpoint(
                journal,
                view.name,
                view_version=view.version,
                config_digest=view.config_digest,
                until_stamp_ns=until_stamp_ns,
            )
            for view in self.all
        ]
        checkpoints = [checkpoint for checkpoint in found if checkpoint is not None]
        positions = {checkpoint.through_record_id for checkpoint in checkpoints}
        if len(checkpoints) < len(self.all) or len(positions) != 1:
            return
        try:
            for view, checkpoint in zip(self.all, checkpoints, strict=True):
                load_checkpoint(view, checkpoint)
        except JournalCorruptError as error:
            _logger.warning("%s: %s; replaying the journal instead", journal.path, error)
            self._clear()
            return
        self.through_record_id = checkpoints[0].through_record_id
        self._max_stamp_ns = checkpoints[0].max_stamp_ns


class _MapPoses:
    """The poses at which the maps hold their keyframes: tells how far off they are."""

    name = "map_poses"
    version = 2

    def __init__(self, config: MemoryConfig) -> None:
        self.config_digest = config_digest(config.correction)
        self._poses = np.zeros((64, 4, 4))
        self._count = 0

    def apply(self, step: Step) -> None:
        """Keyframes of this step enter the maps at their poses as written."""
        for entry in step.frames:
            if self._count == len(self._poses):
                self._poses = np.concatenate([self._poses, np.zeros_like(self._poses)])
            self._poses[self._count] = entry.world_from_camera
            self._count += 1

    def displacements_m(self, keyframes: KeyframeIndex, count: int) -> dict[int, float]:
        """For each of the first keyframes that is not where the maps hold it, how far what it sees is."""
        is_off = (self._poses[:count] != keyframes.poses[:count]).any(axis=(1, 2))
        return {
            number: _displacement_m(self._poses[number], keyframes.poses[number])
            for number in np.flatnonzero(is_off).tolist()
        }

    def note_place(self, number: int, world_from_camera: Transform) -> None:
        """The maps hold a keyframe at this pose now."""
        self._poses[number] = world_from_camera

    def digest(self) -> str:
        return content_digest(self.to_bytes()).hex()

    def to_bytes(self) -> bytes:
        return self._poses[: self._count].astype("<f8").tobytes()

    def load_bytes(self, data: bytes) -> None:
        poses = np.frombuffer(data, "<f8").reshape(-1, 4, 4)
        self._count = len(poses)
        self._poses = np.zeros((max(64, self._count), 4, 4))
        self._poses[: self._count] = poses


def _displacement_m(first: Transform, second: Transform) -> float:
    """How far what a camera sees moves when its pose is corrected."""
    shift_m = float(np.linalg.norm(first[:3, 3] - second[:3, 3]))
    return shift_m + _LEVER_M * rotation_angle(first[:3, :3].T @ second[:3, :3])


def load_checkpoint(view: View, checkpoint: Checkpoint) -> None:
    """Put a view into a saved state.

    Raises:
        JournalCorruptError: the saved bytes make no sense; the view is not usable then.
    """
    try:
        view.load_bytes(checkpoint.data)
    except (EOFError, IndexError, KeyError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise JournalCorruptError(
            f"the checkpoint of view '{view.name}' at record {checkpoint.through_record_id} is "
            f"unreadable ({' '.join(str(error).split())})"
        ) from error
