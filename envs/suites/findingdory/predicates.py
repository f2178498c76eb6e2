"""FindingDory's predicates: is the robot at an object, at a receptacle, in a room (section 1.2)?

Distances are driven, angles lie between the heading and the direction to the middle of the target,
pixels are those of the head camera. A base in manipulation mode is turned by 90 degrees, and so is its
camera: it sees the target from there only by chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .final_world import FinalWorld
from .record import Pose


@dataclass(frozen=True)
class Thresholds:
    """How near, how well turned and how much in view; all are inclusive."""

    object_distance_m: float = 2.0
    object_angle_rad: float = 0.785
    receptacle_distance_m: float = 0.1
    """To any of its viewpoints."""
    receptacle_angle_rad: float = 1.57
    pixel_share: float = 0.001

    def without_pixels(self) -> Thresholds:
        """Of FindingDory's high_level_dtg_success: distance and angle alone."""
        return replace(self, pixel_share=0.0)

    def without_distance(self) -> Thresholds:
        """Of FindingDory's high_level_sem_cov_success: from anywhere."""
        return replace(self, object_distance_m=10_000.0, receptacle_distance_m=10_000.0)


@dataclass(frozen=True)
class Check:
    """How one predicate stands at a pose; for a room, angle and pixels say whether it is inside."""

    entity_id: str
    is_true: bool
    distance_m: float
    angle_rad: float
    pixel_share: float
    is_in_view: bool


class Judge:
    """Evaluates predicates in one world."""

    def __init__(self, world: FinalWorld, thresholds: Thresholds | None = None) -> None:
        self.world = world
        self.thresholds = thresholds or Thresholds()

    def is_true(self, predicate: str, entity_id: str, pose: Pose) -> bool:
        """Whether a robot at a base pose is 'at_object', 'at_receptacle' or 'in_room'."""
        if predicate == "in_room":
            return self.world.room_at(pose[:2]) == entity_id
        distance_m, angle_rad = self._limits(predicate)
        return (
            off_heading_rad(pose, self.world.place_of(entity_id)) <= angle_rad
            and self.world.is_within(entity_id, pose[:2], distance_m)
            and self._is_in_view(entity_id, pose)
        )

    def check(self, predicate: str, entity_id: str, pose: Pose) -> Check:
        """The same with its figures."""
        is_true = self.is_true(predicate, entity_id, pose)
        distance_m = self.world.distance_m(entity_id, pose[:2])
        if predicate == "in_room":
            return Check(entity_id, is_true, distance_m, 0.0, float(is_true), is_true)
        angle_rad = off_heading_rad(pose, self.world.place_of(entity_id))
        share = self.world.pixel_share(entity_id, pose)
        is_in_view = share >= self.thresholds.pixel_share
        return Check(entity_id, is_true, distance_m, angle_rad, share, is_in_view)

    def _limits(self, predicate: str) -> tuple[float, float]:
        limits = self.thresholds
        if predicate == "at_object":
            return limits.object_distance_m, limits.object_angle_rad
        return limits.receptacle_distance_m, limits.receptacle_angle_rad

    def _is_in_view(self, entity_id: str, pose: Pose) -> bool:
        least = self.thresholds.pixel_share
        return least <= 0 or self.world.pixel_share(entity_id, pose) >= least


def off_heading_rad(pose: Pose, place: tuple[float, float]) -> float:
    """How far beside its heading a robot has a place, 0 to pi."""
    dx, dy = place[0] - pose[0], place[1] - pose[1]
    if dx == 0.0 and dy == 0.0:
        return 0.0
    return abs(math.remainder(math.atan2(dy, dx) - pose[2], 2 * math.pi))
