"""ROS 2 bags as recordings: rosbag2 folders (sqlite3 or MCAP) and single .mcap or .db3 files.

Opening a bag reads it once from end to end for stamps, poses and intrinsics, and keeps no image.
`observations` then streams: only messages between a depth image and its colour partner are held.
Depth images drive: each gets the colour image nearest in time and the pose at its own stamp.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core import Observation, RecordingInfo
from ...errors import InputError, MissingExtraError, RecordingError
from ...geometry import CameraIntrinsics, Transform
from .bag_messages import (
    camera_from_message,
    color_from_message,
    depth_from_message,
    size_of_color,
    stamp_of_cdr,
)
from .bag_poses import PoseSamples, TfChain, TfTree, body_from_camera, frame_name
from .bag_topics import BagTopics, ChosenTopics, choose_topics
from .frames import NS_PER_S
from .pose_track import find_nearest

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader

__all__ = ["BagRecording", "BagTopics", "open_bag"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _ImageStamp:
    stamp_ns: int
    """From the message's header: when the image was taken."""
    log_ns: int
    """When the bag's recorder got it; what bags are ordered by."""


@dataclass
class _Scan:
    """What the first pass over a bag finds."""

    depth: list[_ImageStamp] = field(default_factory=list)
    color: list[_ImageStamp] = field(default_factory=list)
    poses: PoseSamples = field(default_factory=PoseSamples)
    tree: TfTree = field(default_factory=TfTree)
    camera_info: Any = None
    depth_frame: str = ""
    repeated_count: int = 0


@dataclass(frozen=True)
class _Pair:
    """One frame to come: its depth image, its colour image if any, its pose."""

    source_index: int
    stamp_ns: int
    color_stamp_ns: int | None
    first_log_ns: int
    world_from_camera: Transform


def open_bag(
    path: str | Path,
    *,
    topics: BagTopics | None = None,
    sync_tolerance_s: float = 0.02,
    max_pose_gap_s: float = 1.0,
) -> BagRecording:
    """A ROS 2 bag; `source_index` is the number of the depth image, from 0.

    Depth images without a colour image within `sync_tolerance_s`, or with poses missing for longer
    than `max_pose_gap_s` around their stamp, are skipped, logged and counted. World is TF's root
    (usually 'map'; see `BagTopics.world_frame`) or the frame of the pose messages.

    Raises:
        MissingExtraError: the package rosbags is not installed.
        RecordingError: not a bag, a damaged one, or topics that are missing or ambiguous.
    """
    source = Path(path)
    wanted = topics or BagTopics()
    with _open_reader(source) as reader:
        chosen = choose_topics(reader.topics, wanted, source)
        scan = _scan(reader, chosen, source)
    is_rectified = not {"rect", "rectified"}.isdisjoint(re.split(r"[/_]", chosen.depth))
    origin = f"{source}, topic {chosen.camera_info}"
    if scan.camera_info is None:
        raise RecordingError(f"{origin}: no CameraInfo message, so intrinsics are missing")
    camera = camera_from_message(scan.camera_info, is_rectified=is_rectified, origin=origin)
    if any(abs(value) > 1e-9 for value in scan.camera_info.d) and not is_rectified:
        logger.warning("%s: images are taken as rectified, its distortion is not applied", origin)
    poses = _pose_source(scan, chosen, wanted, source, round(max_pose_gap_s * NS_PER_S))
    pairs = _pair(scan, chosen, poses, round(sync_tolerance_s * NS_PER_S))
    skipped_count = len(scan.depth) - len(pairs) + scan.repeated_count
    if skipped_count:
        logger.warning(
            "%s: skipped %d depth images without a colour image within %g s, without a pose, or "
            "repeated",
            source,
            skipped_count,
            sync_tolerance_s,
        )
    return BagRecording(source, chosen, camera, pairs, skipped_count=skipped_count)


class BagRecording:
    """A `Recording` over a ROS 2 bag; each iteration opens the bag anew and closes it."""

    def __init__(
        self,
        path: Path,
        chosen: ChosenTopics,
        intrinsics: CameraIntrinsics,
        pairs: Sequence[_Pair],
        *,
        skipped_count: int = 0,
    ) -> None:
        self._path = path
        self._chosen = chosen
        self._intrinsics = intrinsics
        self._pairs = tuple(pairs)
        self._skipped_count = skipped_count
        self._info = RecordingInfo(path.resolve().stem, "rosbag2", len(pairs))

    @property
    def info(self) -> RecordingInfo:
        return self._info

    @property
    def intrinsics(self) -> CameraIntrinsics:
        return self._intrinsics

    @property
    def topics(self) -> ChosenTopics:
        """The topics that are read."""
        return self._chosen

    @property
    def skipped_count(self) -> int:
        """Depth images that have no colour image, no pose, or the stamp of the one before."""
        return self._skipped_count

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        """Frames with source index >= `start`; the bag is read from their first message on."""
        pairs = [pair for pair in self._pairs if pair.source_index >= start]
        if not pairs:
            return
        with _open_reader(self._path) as reader:
            yield from self._stream(reader, pairs)

    def _stream(self, reader: AnyReader, pairs: list[_Pair]) -> Iterator[Observation]:
        """Hold each image from its arrival until the last pair that needs it."""
        use_count = Counter(
            (self._chosen.color, pair.color_stamp_ns)
            for pair in pairs
            if pair.color_stamp_ns is not None
        )
        use_count.update((self._chosen.depth, pair.stamp_ns) for pair in pairs)
        held: dict[tuple[str | None, int], Any] = {}
        connections = [c for c in reader.connections if c.topic in self._chosen.images()]
        waiting = iter(pairs)
        pair = next(waiting, None)
        first_log_ns = min(pair.first_log_ns for pair in pairs)
        for connection, _, data in _messages(reader, connections, self._path, first_log_ns):
            key = (connection.topic, stamp_of_cdr(data, origin=self._origin(connection.topic)))
            if use_count[key] > 0 and key not in held:
                held[key] = _deserialize(reader, connection, data, self._path)
            while pair is not None and self._keys(pair) <= held.keys():
                yield self._observation(pair, held)
                for used in self._keys(pair):
                    use_count[used] -= 1
                    if not use_count[used]:
                        del held[used]
                pair = next(waiting, None)
            if pair is None:
                return
        raise RecordingError(f"{self._path}: the bag changed while it was read, a message is gone")

    def _keys(self, pair: _Pair) -> set[tuple[str | None, int]]:
        keys: set[tuple[str | None, int]] = {(self._chosen.depth, pair.stamp_ns)}
        if pair.color_stamp_ns is not None:
            keys.add((self._chosen.color, pair.color_stamp_ns))
        return keys

    def _observation(self, pair: _Pair, held: dict[tuple[str | None, int], Any]) -> Observation:
        origin = f"{self._origin(self._chosen.depth)}, depth image {pair.source_index}"
        depth = depth_from_message(held[self._chosen.depth, pair.stamp_ns], origin=origin)
        self._check_size(depth.shape[1], depth.shape[0], origin)
        color = None
        if pair.color_stamp_ns is not None:
            color_origin = f"{self._origin(self._chosen.color)}, stamp {pair.color_stamp_ns} ns"
            message = held[self._chosen.color, pair.color_stamp_ns]
            color = color_from_message(message, origin=color_origin)
            self._check_size(*size_of_color(color, origin=color_origin), color_origin)
        try:
            return Observation(
                pair.stamp_ns,
                pair.world_from_camera,
                self._intrinsics,
                depth=depth,
                color=color,
                source_index=pair.source_index,
            )
        except InputError as error:
            raise RecordingError(f"{origin}: {error}") from error

    def _check_size(self, width_px: int, height_px: int, origin: str) -> None:
        expected = (self._intrinsics.width_px, self._intrinsics.height_px)
        if (width_px, height_px) != expected:
            raise RecordingError(
                f"{origin}: images must be {expected[0]}x{expected[1]} pixels as "
                f"{self._chosen.camera_info} says, got {width_px}x{height_px}; choose a depth "
                "topic that is registered to the colour camera (BagTopics), or BagTopics(color='')"
            )

    def _origin(self, topic: str | None) -> str:
        return f"{self._path}, topic {topic}"


@contextmanager
def _open_reader(path: Path) -> Iterator[AnyReader]:
    try:
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import Stores, get_typestore
    except ImportError as error:
        raise MissingExtraError("rosbags", "dds", "reading ROS 2 bags") from error
    files = _bag_files(path)
    try:
        # Bags from before Iron carry no message definitions in sqlite3.
        reader = AnyReader(files, default_typestore=get_typestore(Stores.ROS2_HUMBLE))
        reader.open()
    except Exception as error:  # rosbags raises many kinds on damaged bytes
        raise RecordingError(f"{path}: not a readable ROS 2 bag ({error})") from error
    try:
        yield reader
    finally:
        reader.close()


def _bag_files(path: Path) -> list[Path]:
    """The bag itself; for a folder without metadata.yaml its storage files."""
    if not path.exists():
        raise RecordingError(f"{path}: no such file or folder")
    if path.is_file() or (path / "metadata.yaml").exists():
        return [path]
    files = sorted([*path.glob("*.mcap"), *path.glob("*.db3")])
    if not files:
        raise RecordingError(f"{path}: a bag has a metadata.yaml, or .mcap or .db3 files")
    return files


def _messages(
    reader: AnyReader, connections: Sequence[Any], path: Path, start_ns: int | None = None
) -> Iterator[tuple[Any, int, bytes]]:
    """The reader's messages, with its errors as ours."""
    try:
        yield from reader.messages(connections=connections, start=start_ns)
    except Exception as error:  # rosbags raises many kinds on damaged bytes
        raise RecordingError(f"{path}: damaged bag ({error})") from error


def _deserialize(reader: AnyReader, connection: Any, data: bytes, path: Path) -> Any:
    try:
        return reader.deserialize(data, connection.msgtype)
    except Exception as error:  # rosbags raises many kinds on damaged bytes
        raise RecordingError(
            f"{path}, topic {connection.topic}: damaged {connection.msgtype} ({error})"
        ) from error


def _scan(reader: AnyReader, chosen: ChosenTopics, path: Path) -> _Scan:
    """Read the whole bag once; of images only the stamps are kept."""
    scan = _Scan()
    connections = [c for c in reader.connections if c.topic in chosen.all()]
    for connection, log_ns, data in _messages(reader, connections, path):
        topic, origin = connection.topic, f"{path}, topic {connection.topic}"
        if topic in chosen.images():
            _note_image(scan, topic == chosen.depth, data, log_ns, origin)
            if topic == chosen.depth and not scan.depth_frame:
                message = _deserialize(reader, connection, data, path)
                scan.depth_frame = frame_name(message.header.frame_id)
        elif topic == chosen.camera_info:
            if scan.camera_info is None:
                scan.camera_info = _deserialize(reader, connection, data, path)
        elif topic in chosen.tf:
            for transform in _deserialize(reader, connection, data, path).transforms:
                scan.tree.add(transform, is_static=topic.endswith("_static"), origin=origin)
        else:
            scan.poses.add(_deserialize(reader, connection, data, path), origin=origin)
    return scan


def _note_image(scan: _Scan, is_depth: bool, data: bytes, log_ns: int, origin: str) -> None:
    stamps = scan.depth if is_depth else scan.color
    stamp_ns = stamp_of_cdr(data, origin=origin)
    if stamp_ns == 0:
        raise RecordingError(f"{origin}: header stamps are not set, images cannot be synchronised")
    if stamps and stamp_ns < stamps[-1].stamp_ns:
        raise RecordingError(
            f"{origin}: header stamps go backwards ({stamp_ns} ns after {stamps[-1].stamp_ns} ns); "
            "are two cameras or two runs on one topic?"
        )
    if stamps and stamp_ns == stamps[-1].stamp_ns:
        scan.repeated_count += is_depth
        return
    stamps.append(_ImageStamp(stamp_ns, log_ns))


def _pose_source(
    scan: _Scan, chosen: ChosenTopics, wanted: BagTopics, path: Path, max_gap_ns: int
) -> TfChain:
    """TF if it moves the camera (or a world frame is asked for), else the pose topic."""
    camera_frame = frame_name(wanted.camera_frame or scan.depth_frame)
    tree = scan.tree
    if not wanted.pose:
        world_frame = frame_name(wanted.world_frame or tree.ancestors(camera_frame)[-1])
        if wanted.world_frame or tree.is_moving(world_frame, camera_frame):
            return tree.chain(world_frame, camera_frame, max_gap_ns=max_gap_ns)
    if chosen.pose is None:
        raise RecordingError(
            f"{path}: no poses: TF does not move '{camera_frame}' (its frames: {tree.frames()}) "
            f"and {chosen.explain_no_pose()}; for a fixed camera set BagTopics.world_frame"
        )
    origin = f"{path}, topic {chosen.pose}"
    body_frame = wanted.base_frame or scan.poses.child_frame
    mount = body_from_camera(tree, camera_frame, body_frame, origin=origin)
    return scan.poses.chain(mount, max_gap_ns=max_gap_ns)


def _pair(scan: _Scan, chosen: ChosenTopics, poses: TfChain, tolerance_ns: int) -> list[_Pair]:
    color_stamps_ns = [image.stamp_ns for image in scan.color]
    pairs = []
    for index, image in enumerate(scan.depth):
        nearest = find_nearest(color_stamps_ns, image.stamp_ns, tolerance_ns=tolerance_ns)
        color = None if nearest is None else scan.color[nearest]
        pose = poses.find(image.stamp_ns)
        if pose is None or (color is None and chosen.color is not None):
            continue
        logs_ns = [image.log_ns] if color is None else [image.log_ns, color.log_ns]
        color_stamp_ns = None if color is None else color.stamp_ns
        pairs.append(_Pair(index, image.stamp_ns, color_stamp_ns, min(logs_ns), pose))
    return pairs
