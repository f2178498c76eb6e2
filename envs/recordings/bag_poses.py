"""Where the camera was: the TF tree of a bag, and poses from odometry or PoseStamped messages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import RecordingError
from ...geometry import Transform, compose, inverse
from .bag_messages import stamp_of_header
from .frames import pose_from_quaternion
from .pose_track import PoseTrack

logger = logging.getLogger(__name__)


class TfTree:
    """Frames as /tf and /tf_static gave them.

    Invariant: each frame has at most one parent; its transform is static or a track over time.
    """

    def __init__(self) -> None:
        self._parent_of: dict[str, str] = {}
        self._static: dict[str, Transform] = {}
        self._samples: dict[str, dict[int, Transform]] = {}

    def add(self, transform_stamped: Any, *, is_static: bool, origin: str) -> None:
        """Add one geometry_msgs/TransformStamped."""
        child = frame_name(transform_stamped.child_frame_id)
        parent = frame_name(transform_stamped.header.frame_id)
        transform = transform_stamped.transform
        parent_from_child = pose_of(transform.translation, transform.rotation, origin=origin)
        if parent_from_child is None:
            logger.warning("%s: transform of '%s' is not finite, left out", origin, child)
            return
        known = self._parent_of.setdefault(child, parent)
        if known != parent:
            raise RecordingError(
                f"{origin}: frame '{child}' has two parents, '{known}' and '{parent}'; the "
                "transforms of two robots or two localisers are mixed"
            )
        if is_static:
            self._static[child] = parent_from_child
        else:
            stamp_ns = stamp_of_header(transform_stamped.header)
            self._samples.setdefault(child, {})[stamp_ns] = parent_from_child

    def ancestors(self, frame: str) -> list[str]:
        """The frame, its parent, and so on up to the root."""
        chain = [frame]
        while chain[-1] in self._parent_of:
            chain.append(self._parent_of[chain[-1]])
            if chain[-1] in chain[:-1]:
                raise RecordingError(f"TF has a loop: {' <- '.join(chain)}")
        return chain

    def static_ancestors(self, frame: str) -> list[str]:
        """The frame and its ancestors up to the first transform that changes over time."""
        chain = self.ancestors(frame)
        for index, name in enumerate(chain[:-1]):
            if name in self._samples or name not in self._static:
                return chain[: index + 1]
        return chain

    def is_moving(self, target: str, source: str) -> bool:
        """True if some transform between the ancestor `target` and `source` changes over time."""
        return any(frame in self._samples for frame in self._between(target, source))

    def get_static(self, target: str, source: str) -> Transform:
        """`target_from_source` for an ancestor `target` over static transforms only."""
        between = reversed(self._between(target, source))
        return compose(*(self._static[frame] for frame in between))

    def chain(self, target: str, source: str, *, max_gap_ns: int) -> TfChain:
        """`target_from_source` over time for an ancestor `target`."""
        links: list[Transform | PoseTrack] = []
        for frame in reversed(self._between(target, source)):
            samples = self._samples.get(frame)
            links.append(_track(samples) if samples else self._static[frame])
        return TfChain(links, max_gap_ns)

    def frames(self) -> list[str]:
        return sorted({*self._parent_of, *self._parent_of.values()})

    def _between(self, target: str, source: str) -> list[str]:
        """`source` and its ancestors below `target`."""
        chain = self.ancestors(source)
        if target not in chain:
            raise RecordingError(
                f"TF does not link '{target}' to '{source}': the ancestors of '{source}' are "
                f"{chain[1:]}, all frames are {self.frames()}"
            )
        return chain[: chain.index(target)]


@dataclass(frozen=True)
class TfChain:
    """Transforms from the root down, fixed or over time, multiplied at a stamp."""

    links: Sequence[Transform | PoseTrack]
    max_gap_ns: int

    def find(self, stamp_ns: int) -> Transform | None:
        transforms: list[Transform] = []
        for link in self.links:
            if not isinstance(link, PoseTrack):
                transforms.append(link)
                continue
            found = link.find(stamp_ns, max_gap_ns=self.max_gap_ns)
            if found is None:
                return None
            transforms.append(found)
        return compose(*transforms)


def frame_name(name: str) -> str:
    """Frame ids of old tf carry a leading slash; tf2 drops it."""
    return name.lstrip("/")


def pose_of(position: Any, orientation: Any, *, origin: str) -> Transform | None:
    """4x4 of a ROS position and quaternion (xyzw); None if a number is not finite."""
    pose = pose_from_quaternion(
        np.array([position.x, position.y, position.z], np.float64),
        np.array([orientation.w, orientation.x, orientation.y, orientation.z], np.float64),
        origin=origin,
    )
    return pose if np.isfinite(pose).all() else None


class PoseSamples:
    """The poses that one topic of Odometry or PoseStamped messages gives."""

    def __init__(self) -> None:
        self.child_frame: str | None = None
        """Whose pose it is, if the messages say so (Odometry does)."""
        self._samples: dict[int, Transform] = {}

    def add(self, message: Any, *, origin: str) -> None:
        pose = message.pose
        if hasattr(message, "child_frame_id"):
            self.child_frame = frame_name(message.child_frame_id)
            pose = message.pose.pose  # Odometry wraps its pose together with a covariance.
        world_from_body = pose_of(pose.position, pose.orientation, origin=origin)
        if world_from_body is None:
            logger.warning("%s: a pose is not finite (lost tracking), left out", origin)
        else:
            self._samples[stamp_of_header(message.header)] = world_from_body

    def chain(self, body_from_camera: Transform, *, max_gap_ns: int) -> TfChain:
        """`world_from_camera` over time."""
        return TfChain((_track(self._samples), body_from_camera), max_gap_ns)


def _track(samples: dict[int, Transform]) -> PoseTrack:
    # Publishers interleave and retry, so stamps are not always in the order of the bag.
    stamps_ns = sorted(samples)
    return PoseTrack(stamps_ns, [samples[stamp_ns] for stamp_ns in stamps_ns])


def body_from_camera(
    tree: TfTree, camera_frame: str, body_frame: str | None, *, origin: str
) -> Transform:
    """The static transform from the frame whose pose a topic gives to the camera.

    `body_frame` None tries 'base_link' and 'base_footprint' (a PoseStamped does not say whose
    pose it is). Identity, with a logged warning, where TF does not link the two.
    """
    ancestors = tree.static_ancestors(camera_frame)
    candidates = ["base_link", "base_footprint"] if body_frame is None else [frame_name(body_frame)]
    for candidate in candidates:
        if candidate in ancestors:
            return tree.get_static(candidate, camera_frame)
        below = tree.static_ancestors(candidate)
        if camera_frame in below:
            return inverse(tree.get_static(camera_frame, candidate))
    logger.warning(
        "%s: no static TF from %s to '%s'; its poses are taken as the optical frame's own",
        origin,
        " or ".join(f"'{candidate}'" for candidate in candidates),
        camera_frame,
    )
    return np.eye(4)
