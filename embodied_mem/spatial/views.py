"""The spatial views: keyframes, occupancy and 3D cache, as reducers over the journal's steps."""

from __future__ import annotations

from ..config import CacheConfig, OctreeConfig, config_digest
from ..geometry import back_project, transform_points
from ..journal.steps import FrameEntry, Step
from .cache3d import SurfaceCache
from .keyframe_index import KeyframeIndex
from .octree import OccupancyOctree


class KeyframeView:
    """Which keyframes there are, and where they were taken."""

    name = "keyframes"
    version = 2
    config_digest = ""

    def __init__(self) -> None:
        self.index = KeyframeIndex()

    def apply(self, step: Step) -> None:
        for move in step.pose_moves:
            self.index.move(move.pose_id, move.corrected)
        for entry in step.frames:
            self.index.append(
                frame_id=entry.frame_id,
                session_id=entry.record.session_id,
                pose_id=entry.record.pose_id,
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
        self.config_digest = config_digest(config)
        self._config = config
        self.clear()

    def apply(self, step: Step) -> None:
        for entry in step.frames:
            self.add(entry)

    def clear(self) -> None:
        """Forget all, to be built again from corrected poses."""
        self.octree = OccupancyOctree(
            self._config.resolution_m, max_range_m=self._config.max_range_m
        )

    def add(self, entry: FrameEntry) -> None:
        """Integrate the depth of one keyframe."""
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
        self.config_digest = config_digest(config)
        self._config = config
        self.clear()

    def apply(self, step: Step) -> None:
        for entry in step.frames:
            self.add(entry)

    def clear(self) -> None:
        """Forget all, to be built again from corrected poses."""
        config = self._config
        self.cache = SurfaceCache(
            config.resolution_m, max_range_m=config.max_range_m, stride_px=config.stride_px
        )
        self._frame_count = 0

    def add(self, entry: FrameEntry) -> None:
        """Add the surface of one keyframe; they come in the order of their numbers."""
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
