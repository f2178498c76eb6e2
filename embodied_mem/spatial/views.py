"""The spatial views: pure reducers over the journal's keyframes.

A live update and a replay run the same code on the same stored bytes, so they give the same digest.
Opening restores the latest checkpoints and applies what came after them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..config import CacheConfig, MemoryConfig, OctreeConfig, config_to_json
from ..core import DepthImage, EncodedImage
from ..errors import InputError, JournalCorruptError
from ..geometry import Transform, back_project, transform_points
from ..journal.checkpoints import Checkpoint, find_checkpoint, save_checkpoint
from ..journal.recording import read_color, read_depth
from ..journal.records import FrameRecord, PoseRecord
from ..journal.store import Journal
from .cache3d import SurfaceCache
from .kernels.blocks import VOXEL_LIMIT
from .keyframe_index import KeyframeIndex
from .octree import OccupancyOctree

BEFORE_ALL_NS = -(2**63)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FrameEntry:
    """A keyframe as the journal holds it, with its pixels decoded."""

    frame_id: int
    record: FrameRecord
    world_from_camera: Transform
    depth: DepthImage | None
    color: NDArray[np.uint8] | None
    """(h, w, 3) uint8 RGB, reduced as `reduced_color` does."""


class View(Protocol):
    """A reducer: state that follows from the journal's records in their order."""

    name: str
    version: int
    """Raised whenever the same records give another state."""
    config_digest: str

    def apply(self, entry: FrameEntry) -> None: ...

    def digest(self) -> str: ...

    def to_bytes(self) -> bytes: ...

    def load_bytes(self, data: bytes) -> None: ...


class KeyframeView:
    """Which keyframes there are, and where they were taken."""

    name = "keyframes"
    version = 1
    config_digest = ""

    def __init__(self) -> None:
        self.index = KeyframeIndex()

    def apply(self, entry: FrameEntry) -> None:
        self.index.append(
            frame_id=entry.frame_id,
            session_id=entry.record.session_id,
            stamp_ns=entry.record.stamp_ns,
            world_from_camera=entry.world_from_camera,
            intrinsics=entry.record.intrinsics,
        )

    def digest(self) -> str:
        return self.index.digest()

    def to_bytes(self) -> bytes:
        return self.index.to_bytes()

    def load_bytes(self, data: bytes) -> None:
        self.index.load_bytes(data)


class OccupancyView:
    """The occupancy octree of all keyframes' depth."""

    name = "occupancy"
    version = 1

    def __init__(self, config: OctreeConfig) -> None:
        self.config_digest = _config_digest(config)
        self._config = config
        self.octree = OccupancyOctree(config.resolution_m, max_range_m=config.max_range_m)

    def apply(self, entry: FrameEntry) -> None:
        if entry.depth is None:
            return
        intrinsics, stride = entry.record.intrinsics, self._config.stride_px
        if self._config.integration == "projective":
            self.octree.integrate_depth(
                entry.depth, intrinsics, entry.world_from_camera, stride_px=stride
            )
        else:
            points = back_project(entry.depth.metres(), intrinsics, stride_px=stride)
            self.octree.integrate_points(
                transform_points(entry.world_from_camera, points), entry.world_from_camera[:3, 3]
            )

    def digest(self) -> str:
        return self.octree.digest()

    def to_bytes(self) -> bytes:
        return self.octree.to_bytes()

    def load_bytes(self, data: bytes) -> None:
        self.octree.load_bytes(data)


class CacheView:
    """The 3D cache of all keyframes' surfaces; its frame numbers are those of `KeyframeView`."""

    name = "cache3d"
    version = 2

    def __init__(self, config: CacheConfig) -> None:
        self.config_digest = _config_digest(config)
        self.cache = SurfaceCache(
            config.resolution_m, max_range_m=config.max_range_m, stride_px=config.stride_px
        )
        self._frame_count = 0

    def apply(self, entry: FrameEntry) -> None:
        if entry.depth is not None:
            self.cache.add(
                self._frame_count,
                entry.depth,
                entry.color,
                entry.record.intrinsics,
                entry.world_from_camera,
            )
        self._frame_count += 1

    def digest(self) -> str:
        return self.cache.digest()

    def to_bytes(self) -> bytes:
        return self._frame_count.to_bytes(8, "little") + self.cache.to_bytes()

    def load_bytes(self, data: bytes) -> None:
        self._frame_count = int.from_bytes(data[:8], "little")
        self.cache.load_bytes(data[8:])


class SpatialViews:
    """All spatial views of one memory, at one position of its journal.

    Invariant: each view has applied exactly the frames among records 1..`through_record_id` whose
    stamp is at most the `until_stamp_ns` it was opened with.
    """

    def __init__(self, config: MemoryConfig) -> None:
        self._config = config
        self._clear()

    def _clear(self) -> None:
        self._keyframes = KeyframeView()
        self._occupancy = OccupancyView(self._config.octree)
        self._cache = CacheView(self._config.cache)
        self.through_record_id = 0
        self._max_stamp_ns = BEFORE_ALL_NS

    @property
    def all(self) -> tuple[View, ...]:
        return (self._keyframes, self._occupancy, self._cache)

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
    ) -> SpatialViews:
        """The views of a journal: checkpoints, then what came after them.

        `until_stamp_ns` leaves out later frames: the memory as it was then. `progress` is called with
        the number of frames applied.
        """
        views = cls(config)
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
        """Apply the frames that were committed since; returns how many."""
        head = journal.head.last_record_id
        count = 0
        for entry in read_entries(journal, self.through_record_id, until_stamp_ns):
            self.apply(entry)
            count += 1
            if progress:
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

    def apply(self, entry: FrameEntry) -> dict[str, float]:
        """One keyframe through every view; returns milliseconds by view name."""
        spent: dict[str, float] = {}
        for view in self.all:
            start = time.perf_counter_ns()
            view.apply(entry)
            spent[view.name] = (time.perf_counter_ns() - start) / 1e6
        self.through_record_id = entry.frame_id
        self._max_stamp_ns = max(self._max_stamp_ns, entry.record.stamp_ns)
        return spent

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


def read_entries(
    journal: Journal, after_record_id: int = 0, until_stamp_ns: int | None = None
) -> Iterator[FrameEntry]:
    """Keyframes of a journal in their order, decoded."""
    for frame_id, record in journal.entries(after_record_id, until_stamp_ns, [FrameRecord]):
        if not isinstance(record, FrameRecord):
            raise InputError(f"expected a frame record, got {record.kind}")
        pose = journal.get_as(PoseRecord, record.pose_id)
        color = read_color(journal, record)
        yield FrameEntry(
            frame_id,
            record,
            pose.world_from_camera,
            read_depth(journal, record),
            None if color is None else reduced_color(color, record.height_px, record.width_px),
        )


def reduced_color(image: EncodedImage, height_px: int, width_px: int) -> NDArray[np.uint8]:
    """The colour that views see: a quarter of the size, which JPEG decodes four times as fast.

    Raises:
        InputError: not an image, or one of another size.
    """
    step = 4 if height_px % 4 == 0 and width_px % 4 == 0 else 1
    color = image.decode(reduction=step)
    if color.shape[:2] != (height_px // step, width_px // step):
        raise InputError(
            f"color must have {width_px}x{height_px} pixels as the intrinsics say, got about "
            f"{color.shape[1] * step}x{color.shape[0] * step}"
        )
    return color


def _config_digest(config: OctreeConfig | CacheConfig) -> str:
    text = f"{type(config).__name__} {config_to_json(dataclasses.replace(config))}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
