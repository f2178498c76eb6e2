"""Looks: rays through the places of entities that should be seen. Skeleton: the entities helper fills it in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core import DepthImage
from ..geometry import CameraIntrinsics, Transform
from ..perception import LocatedDetection
from .view import EntityView

Point3 = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """What rays through one place found; shares of the rays that ended or passed."""

    point_in_world: Point3
    radius_m: float
    ray_count: int
    through_share: float
    hit_share: float
    occluded_share: float


def look_at_places(
    view: EntityView,
    depth: DepthImage,
    intrinsics: CameraIntrinsics,
    world_from_camera: Transform,
    located: Sequence[LocatedDetection],
    *,
    sensor: str,
    stamp_ns: int,
) -> list[Look]:
    """Looks at the places of entities that should be in view and that no detection explains."""
    return []
