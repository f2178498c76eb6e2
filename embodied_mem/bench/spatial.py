"""`bench spatial`: the occupancy octree beside OctoMap from Python and Open3D, same frames, same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Recording
from ..spatial.octree import OccupancyOctree
from .frames import BenchFrame, load_frames
from .peers import INSTALL_HINT, Mapper, OctoMapPeer, Open3DPeer, has_module, installed_version
from .report import Bar, BenchReport, Table, at_least, at_most, cpu_ms, median_cpu_ms

RESOLUTIONS_M = (0.05, 0.02)
STRIDES_PX = (4, 1)
MAX_RANGE_M = 5.0
_PYTHON_OCTOMAPS = {"pyoctomap": "pyoctomap", "octomap-python": "octomap"}
_OURS = "embodied_mem projective"
_OURS_RAY = "embodied_mem ray"
_CPU_BOUNDS_MS = {0.05: 2.0, 0.02: 6.0}
_RATIO_BOUNDS = {0.05: 40.0, 0.02: 80.0}
_KNOWN_BOUNDS = {0.05: 0.93, 0.02: 0.95}
_QUERY_COUNT = 200_000
_RAY_COUNT = 4_000
_SETTLE_S = 0.3


@dataclass(frozen=True)
class _OctoMapAgreement:
    """Shares of OctoMap's voxels; `ray_*` of our ray mode, the others of our projective mode."""

    ray_known_recall: float
    ray_class_agreement: float
    known_recall: float
    occupied_iou: float


class _Projective:
    """Our octree fed with depth images (unprojection is part of the time)."""

    def __init__(self, resolution_m: float, stride_px: int) -> None:
        self.octree = OccupancyOctree(resolution_m, max_range_m=MAX_RANGE_M)
        self._stride_px = stride_px

    def prepare(self, frame: BenchFrame, stride_px: int) -> BenchFrame:
        return frame

    def integrate(self, prepared: BenchFrame) -> None:
        self.octree.integrate_depth(
            prepared.depth,
            prepared.intrinsics,
            prepared.world_from_camera,
            stride_px=self._stride_px,
        )


class _Rays:
    """Our octree fed with clouds, one ray to each occupied voxel."""

    def __init__(self, resolution_m: float) -> None:
        self.octree = OccupancyOctree(resolution_m, max_range_m=MAX_RANGE_M)

    def prepare(
        self, frame: BenchFrame, stride_px: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return frame.cloud(stride_px), frame.world_from_camera[:3, 3]

    def integrate(self, prepared: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
        self.octree.integrate_points(*prepared)


def bench_spatial(
    recording: Recording,
    *,
    frame_count: int = 40,
    progress: Callable[[str], None] | None = None,
) -> BenchReport:
    """CPU milliseconds a frame at 5 and 2 cm and strides 4 and 1, agreement with OctoMap, queries."""
    frames = load_frames(recording, count=frame_count)
    rows, bars = [], []
    medians: dict[tuple[float, int], dict[str, float]] = {}
    agreements: dict[float, _OctoMapAgreement | None] = {}
    for resolution_m in RESOLUTIONS_M:
        for stride_px in STRIDES_PX:
            if progress:
                progress(f"{resolution_m * 100:.0f} cm, stride {stride_px}")
            mappers = _mappers(resolution_m, stride_px)
            medians[resolution_m, stride_px] = _time_frames(mappers, frames, stride_px)
            if stride_px == 1:
                agreements[resolution_m] = _agreement_with_octomap(mappers)
                if resolution_m == RESOLUTIONS_M[0]:
                    bars += _query_bars(mappers, frames)
    for resolution_m in RESOLUTIONS_M:
        bars += _speed_bars(medians[resolution_m, 1], resolution_m)
    bars += _agreement_bars(agreements)
    names = dict.fromkeys(name for row in medians.values() for name in row)
    for name in names:
        rows.append((name, *(_cell(medians[key], name) for key in medians)))
    columns = ("CPU ms a frame", *(f"{r * 100:.0f} cm s{s}" for r, s in medians))
    return BenchReport(
        "spatial",
        tuple(bars),
        (Table("integration of one frame (x: times ours)", columns, tuple(rows)),),
        _notes(),
        {
            "recording": recording.info.name,
            "frames": len(frames),
            "max_range_m": MAX_RANGE_M,
            "peers": {name: installed_version(name) for name in (*_PYTHON_OCTOMAPS, "open3d")},
        },
    )


def _mappers(resolution_m: float, stride_px: int) -> dict[str, Any]:
    mappers: dict[str, Any] = {
        _OURS: _Projective(resolution_m, stride_px),
        _OURS_RAY: _Rays(resolution_m),
    }
    for name, module in _PYTHON_OCTOMAPS.items():
        if has_module(module):
            mappers[name] = OctoMapPeer(module, resolution_m, MAX_RANGE_M)
    if has_module("open3d"):
        mappers["Open3D VoxelBlockGrid"] = Open3DPeer(resolution_m, MAX_RANGE_M)
    return mappers


def _time_frames(
    mappers: dict[str, Mapper], frames: list[BenchFrame], stride_px: int
) -> dict[str, float]:
    """Median CPU ms a frame of each mapper, one mapper after the other.

    Not frame by frame in turn: Open3D's threads go on spinning for a while after a call, and the time
    would be counted for whoever comes next.
    """
    medians = {}
    for name, mapper in mappers.items():
        times = []
        for frame in frames:
            prepared = mapper.prepare(frame, stride_px)
            times.append(cpu_ms(lambda p=prepared, m=mapper: m.integrate(p)))  # type: ignore[misc]
        # The first frame loads kernels and allocates.
        medians[name] = float(np.median(times[1:] or times))
        time.sleep(_SETTLE_S)
    return medians


def _speed_bars(medians: dict[str, float], resolution_m: float) -> list[Bar]:
    suffix = f"{resolution_m * 100:.0f}cm_s1"
    ours = medians[_OURS]
    peers = [medians[name] for name in _PYTHON_OCTOMAPS if name in medians]
    ratio = min(peers) / ours if peers else None
    return [
        at_most(f"octree_cpu_ms_{suffix}", ours, _CPU_BOUNDS_MS[resolution_m], "ms"),
        at_least(f"octomap_ratio_{suffix}", ratio, _RATIO_BOUNDS[resolution_m], "x"),
    ]


def _agreement_with_octomap(mappers: dict[str, Any]) -> _OctoMapAgreement | None:
    """Our maps against OctoMap's on the frames that both have integrated; None without OctoMap."""
    peer = next((mappers[n] for n in ("octomap-python", "pyoctomap") if n in mappers), None)
    if peer is None:
        return None
    centers, is_occupied = peer.known_voxels()
    ray_known, ray_class, _ = _agreement(mappers[_OURS_RAY].octree, centers, is_occupied)
    known, _, iou = _agreement(mappers[_OURS].octree, centers, is_occupied)
    return _OctoMapAgreement(ray_known, ray_class, known, iou)


def _agreement_bars(agreements: dict[float, _OctoMapAgreement | None]) -> list[Bar]:
    """The ray mode's bars take the worse resolution."""
    found = [a for a in agreements.values() if a is not None]
    ray_known = min((a.ray_known_recall for a in found), default=None)
    ray_class = min((a.ray_class_agreement for a in found), default=None)
    bars = [
        at_least("ray_known_recall", ray_known, 0.999, "share"),
        at_least("ray_class_agreement", ray_class, 0.999, "share"),
    ]
    for resolution_m, a in agreements.items():
        suffix = f"{resolution_m * 100:.0f}cm"
        bound = _KNOWN_BOUNDS[resolution_m]
        known, iou = (a.known_recall, a.occupied_iou) if a else (None, None)
        bars += [
            at_least(f"projective_known_recall_{suffix}", known, bound, "share"),
            at_least(f"projective_occupied_iou_{suffix}", iou, 0.94, "share"),
        ]
    return bars


def _agreement(
    octree: OccupancyOctree, centers: NDArray[np.float64], is_occupied: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Share of OctoMap's known voxels that we know, same class among those, occupied IoU."""
    states = octree.states(centers)
    is_known = states != 0
    same = (states == 2)[is_known] == is_occupied[is_known]
    both = int(((states == 2) & is_occupied).sum())
    union = len(octree.occupied().centers) + int(is_occupied.sum()) - both
    return float(is_known.mean()), float(same.mean()), both / union


def _query_bars(mappers: dict[str, Any], frames: list[BenchFrame]) -> list[Bar]:
    """Look-ups (OctoMap's batched getLabels) and ray casts (castRay, one Python call a ray)."""
    octree: OccupancyOctree = mappers[_OURS].octree
    name = next((n for n in _PYTHON_OCTOMAPS if n in mappers), None)
    if name is None:
        return [
            at_least("lookup_ratio", None, 4.0, "x"),
            at_least("raycast_ratio", None, 8.0, "x"),
        ]
    tree = mappers[name].tree
    rng = np.random.default_rng(0)
    bounds = octree.bounds()
    if bounds is None:
        raise ValueError("the map is empty after integration")
    points = rng.uniform(bounds.low, bounds.high, (_QUERY_COUNT, 3))
    ours = median_cpu_ms(lambda: octree.states(points), repeats=5)
    theirs = median_cpu_ms(lambda: tree.getLabels(points), repeats=3)
    origin = frames[len(frames) // 2].world_from_camera[:3, 3]
    directions = rng.normal(size=(_RAY_COUNT, 3))
    ours_cast = median_cpu_ms(
        lambda: octree.cast_rays(origin, directions, max_range_m=MAX_RANGE_M), repeats=9
    )
    end = np.zeros(3)

    def cast_all() -> None:
        for direction in directions:
            tree.castRay(origin, direction, end, True, MAX_RANGE_M)

    theirs_cast = median_cpu_ms(cast_all, repeats=3)
    return [
        at_least("lookup_ratio", theirs / ours, 4.0, "x"),
        at_least("raycast_ratio", theirs_cast / ours_cast, 8.0, "x"),
    ]


def _cell(medians: dict[str, float], name: str) -> str:
    if name not in medians:
        return "-"
    return f"{medians[name]:.2f} ({medians[name] / medians[_OURS]:.1f}x)"


def _notes() -> tuple[str, ...]:
    notes = [
        "CPU time of the whole process, all threads; medians over frames, one mapper after the other.",
        "OctoMap is called from Python with discretize=True, its faster way; making the cloud is not "
        "counted for it, unprojection is counted for embodied_mem projective.",
        "octomap_ratio compares with the faster of the OctoMap packages found.",
        "Open3D's VoxelBlockGrid keeps a truncation band only: it knows no free space.",
        "lookup_ratio: OctoMap's getLabels on the same batch (a C++ loop). raycast_ratio: castRay has "
        "no batch, so one Python call a ray.",
        "ray_* compare embodied_mem's ray mode, projective_* its projective mode, with OctoMap.",
    ]
    missing = [
        name
        for name, module in {**_PYTHON_OCTOMAPS, "open3d": "open3d"}.items()
        if not has_module(module)
    ]
    if missing:
        notes.append(f"not installed, so not compared: {', '.join(missing)} ({INSTALL_HINT})")
    return tuple(notes)
