"""Which topics of a bag are the camera: found by type and name, or as the user says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import RecordingError

IMAGE_TYPES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
CAMERA_INFO_TYPE = "sensor_msgs/msg/CameraInfo"
POSE_TYPES = ("nav_msgs/msg/Odometry", "geometry_msgs/msg/PoseStamped")
TF_TYPE = "tf2_msgs/msg/TFMessage"


@dataclass(frozen=True)
class BagTopics:
    """What to read from a bag; None means: find it."""

    depth: str | None = None
    color: str | None = None
    """'' reads no colour."""
    camera_info: str | None = None
    pose: str | None = None
    """An Odometry or PoseStamped topic; if set, TF is used for static transforms only."""
    world_frame: str | None = None
    """The TF frame that becomes the world; None is the root of the camera's tree."""
    camera_frame: str | None = None
    """The camera's optical frame; None is the `frame_id` of the depth images."""
    base_frame: str | None = None
    """Whose pose the pose topic gives; None is its child_frame_id, or base_link for PoseStamped."""


@dataclass(frozen=True)
class ChosenTopics:
    """The topics that are read, after the choice."""

    depth: str
    color: str | None
    camera_info: str
    pose: str | None
    tf: tuple[str, ...]
    pose_candidates: tuple[str, ...] = field(default=())

    def images(self) -> tuple[str, ...]:
        return (self.depth,) if self.color is None else (self.depth, self.color)

    def all(self) -> tuple[str, ...]:
        others = [self.camera_info, *([self.pose] if self.pose else []), *self.tf]
        return (*self.images(), *others)

    def explain_no_pose(self) -> str:
        if not self.pose_candidates:
            return "there is no Odometry or PoseStamped topic"
        return f"several pose topics fit: {list(self.pose_candidates)}, set BagTopics.pose"


def choose_topics(topics: Mapping[str, Any], wanted: BagTopics, path: Path) -> ChosenTopics:
    """Choose among the bag's topics (name -> rosbags TopicInfo).

    Raises:
        RecordingError: a topic that is missing, of a wrong type, or one of several that fit.
    """
    types = {name: str(info.msgtype) for name, info in topics.items() if info.msgcount}
    images = sorted(name for name, kind in types.items() if kind in IMAGE_TYPES)
    depth_names = [name for name in images if "depth" in name.lower()]
    depth = _one(wanted.depth, "depth", IMAGE_TYPES, depth_names, types, path)
    color_names = [name for name in images if name not in depth_names and _is_color(name)]
    color = None
    if wanted.color or (wanted.color is None and color_names):
        color = _one(wanted.color, "color", IMAGE_TYPES, color_names, types, path)
    pose_names = sorted(name for name, kind in types.items() if kind in POSE_TYPES)
    pose = pose_names[0] if len(pose_names) == 1 else None
    if wanted.pose:
        pose = _one(wanted.pose, "pose", POSE_TYPES, pose_names, types, path)
    return ChosenTopics(
        depth=depth,
        color=color,
        camera_info=_camera_info(wanted.camera_info, depth, types, path),
        pose=pose,
        tf=tuple(sorted(name for name, kind in types.items() if kind == TF_TYPE)),
        pose_candidates=tuple(pose_names),
    )


def _camera_info(wanted: str | None, depth: str, types: Mapping[str, str], path: Path) -> str:
    """The info beside the depth topic; else one with 'depth' in its name; else the only one."""
    infos = sorted(name for name, kind in types.items() if kind == CAMERA_INFO_TYPE)
    folders = [depth.rsplit("/", count)[0] for count in (1, 2)]
    for near in (
        [name for name in infos if name.rsplit("/", 1)[0] == folders[0]],
        [name for name in infos if name.rsplit("/", 1)[0] == folders[1]],
        [name for name in infos if "depth" in name.lower()],
    ):
        if near:
            infos = near
            break
    return _one(wanted, "camera_info", (CAMERA_INFO_TYPE,), infos, types, path)


def _is_color(name: str) -> bool:
    return "color" in name.lower() or "rgb" in name.lower()


def _one(
    wanted: str | None,
    role: str,
    kinds: Sequence[str],
    candidates: Sequence[str],
    types: Mapping[str, str],
    path: Path,
) -> str:
    listing = ", ".join(f"{name} ({kind})" for name, kind in sorted(types.items()))
    if wanted:
        if types.get(wanted) not in kinds:
            found = types.get(wanted, "not in the bag, or without messages")
            raise RecordingError(
                f"{path}: {role} topic '{wanted}' must be of type {' or '.join(kinds)}, it is "
                f"{found}; topics: {listing}"
            )
        return wanted
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise RecordingError(
            f"{path}: several {role} topics fit: {', '.join(candidates)}; choose with "
            f"BagTopics({role}=...)"
        )
    raise RecordingError(
        f"{path}: no {role} topic found by type and name; topics: {listing or 'none'}; choose with "
        f"BagTopics({role}=...)"
    )
