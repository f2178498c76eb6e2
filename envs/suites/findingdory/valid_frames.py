"""From which frames of an episode each object, receptacle and room would be reached, in the final world."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .predicates import Judge
from .record import FrameTruth, Pose


def find_valid_frames(frames: Sequence[FrameTruth], judge: Judge) -> dict[str, tuple[int, ...]]:
    """Indices of the frames whose recorded pose satisfies the predicate, for every entity of the house.

    Poses are sorted out by straight distance and angle before anything is searched or rendered, and a
    pose that several frames share is judged once.
    """
    world = judge.world
    found: dict[str, list[int]] = {
        name: [] for name in (*world.object_ids, *world.receptacle_ids, *world.room_ids)
    }
    by_pose: dict[Pose, list[int]] = defaultdict(list)
    for index, frame in enumerate(frames):
        by_pose[frame.base].append(index)
    objects, receptacles = _Candidates(judge, "at_object"), _Candidates(judge, "at_receptacle")
    for pose, indices in by_pose.items():
        for candidates in (objects, receptacles):
            for name in candidates.near(pose):
                if judge.is_true(candidates.predicate, name, pose):
                    found[name] += indices
        room_id = world.room_at(pose[:2])
        if room_id:
            found[room_id] += indices
    return {name: tuple(sorted(indices)) for name, indices in found.items()}


class _Candidates:
    """All entities of one kind, to be sorted out quickly."""

    def __init__(self, judge: Judge, predicate: str) -> None:
        world, limits = judge.world, judge.thresholds
        self.predicate = predicate
        is_object = predicate == "at_object"
        self._names = world.object_ids if is_object else world.receptacle_ids
        self._distance_m = limits.object_distance_m if is_object else limits.receptacle_distance_m
        self._angle_rad = limits.object_angle_rad if is_object else limits.receptacle_angle_rad
        self._places = _points([world.place_of(name) for name in self._names])
        stands = [world.stands_of(name) for name in self._names]
        self._stands = _points([point for points in stands for point in points])
        self._owners = np.repeat(np.arange(len(stands)), [len(points) for points in stands])

    def near(self, pose: Pose) -> list[str]:
        """Those whose straight distance and angle leave it possible."""
        gaps = np.hypot(*(self._stands - pose[:2]).T)
        owners = np.unique(self._owners[gaps <= self._distance_m])
        dx, dy = (self._places[owners] - pose[:2]).T
        angles = np.abs(_wrapped(np.arctan2(dy, dx) - pose[2]))
        return [self._names[i] for i in owners[angles <= self._angle_rad + 1e-9].tolist()]


def _points(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    return np.array(points, np.float64).reshape(-1, 2)


def _wrapped(angles_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((angles_rad + np.pi) % (2 * np.pi) - np.pi)
