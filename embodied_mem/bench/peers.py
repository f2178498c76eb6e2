"""The mappers that `bench spatial` measures beside ours; each is optional."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .frames import BenchFrame

INSTALL_HINT = "pip install 'embodied-mem[bench]'"


class Mapper(Protocol):
    """A map that takes posed depth frames."""

    def prepare(self, frame: BenchFrame, stride_px: int) -> Any:
        """What the mapper takes as input (not timed)."""
        ...

    def integrate(self, prepared: Any) -> None: ...


class OctoMapPeer:
    """OctoMap from Python: `insertPointCloud` with discretised rays, OctoMap's fast way."""

    def __init__(self, module_name: str, resolution_m: float, max_range_m: float) -> None:
        module = importlib.import_module(module_name)
        self._is_octomap_python = module_name == "octomap"
        self.tree: Any = module.OcTree(resolution_m)
        self._resolution_m = resolution_m
        self._max_range_m = max_range_m

    def prepare(
        self, frame: BenchFrame, stride_px: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return frame.cloud(stride_px), frame.world_from_camera[:3, 3].copy()

    def integrate(self, prepared: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
        points, origin = prepared
        self.tree.insertPointCloud(points, origin, self._max_range_m, False, True)

    def known_voxels(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """(N, 3) centres of all known voxels, pruned leaves expanded, and (N,) True if occupied."""
        centers, occupied = [], []
        for leaf in self.tree.begin_leafs():
            center = np.array(leaf.getCoordinate())
            cells = round(leaf.getSize() / self._resolution_m)
            is_occupied = bool(self.tree.isNodeOccupied(leaf))
            offsets = (
                np.indices((cells,) * 3).reshape(3, -1).T + 0.5 - cells / 2
            ) * self._resolution_m
            centers.append(center + offsets)
            occupied.append(np.full(len(offsets), is_occupied))
        return np.concatenate(centers), np.concatenate(occupied)


class Open3DPeer:
    """Open3D's VoxelBlockGrid: a TSDF band around the surface, no free space."""

    def __init__(self, resolution_m: float, max_range_m: float) -> None:
        import open3d

        self._open3d = open3d
        self._max_range_m = max_range_m
        core: Any = open3d.core
        one_channel: Any = ((1), (1))
        self._grid = open3d.t.geometry.VoxelBlockGrid(
            ("tsdf", "weight"), (core.float32, core.float32), one_channel, resolution_m, 8, 20000
        )

    def prepare(self, frame: BenchFrame, stride_px: int) -> tuple[Any, Any, Any]:
        o3d = self._open3d
        raw = np.ascontiguousarray(frame.depth.raw[::stride_px, ::stride_px])
        matrix = frame.intrinsics.matrix()
        matrix[:2] /= stride_px
        camera_from_world = np.linalg.inv(frame.world_from_camera)
        return (
            (o3d.t.geometry.Image(o3d.core.Tensor(raw)), 1.0 / frame.depth.unit_m),
            o3d.core.Tensor(matrix),
            o3d.core.Tensor(camera_from_world),
        )

    def integrate(self, prepared: tuple[Any, Any, Any]) -> None:
        (image, scale), intrinsic, extrinsic = prepared
        blocks = self._grid.compute_unique_block_coordinates(
            image, intrinsic, extrinsic, scale, self._max_range_m
        )
        self._grid.integrate(blocks, image, intrinsic, extrinsic, scale, self._max_range_m)


def installed_version(distribution: str) -> str | None:
    """Version of an installed distribution, or None."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def has_module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
