"""ROS 2 bags: tiny ones are written here with rosbags, in both storages."""

from __future__ import annotations

import logging
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install 'embodied-mem[dds]'")

from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from test_recordings import CAMERA, assert_same_frame, encode, encode_depth, make_frames

from embodied_mem.core import EncodedImage, Observation
from embodied_mem.envs.recordings import BagTopics, open_bag, open_recording, prefetch
from embodied_mem.errors import MissingExtraError, RecordingError
from embodied_mem.geometry import (
    Transform,
    interpolate,
    inverse,
    make_transform,
    matrix_from_quaternion,
    quaternion_from_matrix,
)

STORE = get_typestore(Stores.ROS2_JAZZY)
TYPES = STORE.types
OPTICAL = "camera_depth_optical_frame"
DEPTH, COLOR = "/camera/depth/image_rect_raw", "/camera/color/image_raw"
INFO = "/camera/depth/camera_info"
BASE_FROM_CAMERA = make_transform(
    matrix_from_quaternion(np.array([0.5, -0.5, 0.5, -0.5])), np.array([0.1, 0.0, 0.4])
)
S = "sensor_msgs/msg/"
IMAGE, COMPRESSED, CAMERA_INFO = f"{S}Image", f"{S}CompressedImage", f"{S}CameraInfo"
TF, ODOMETRY, POSE = (
    "tf2_msgs/msg/TFMessage",
    "nav_msgs/msg/Odometry",
    "geometry_msgs/msg/PoseStamped",
)


@dataclass
class Bag:
    """Messages to write: (topic, type, log stamp, message)."""

    messages: list[tuple[str, str, int, Any]] = field(default_factory=list)

    def add(self, topic: str, kind: str, log_ns: int, message: Any) -> None:
        self.messages.append((topic, kind, log_ns, message))

    def write(self, path: Path, storage: str) -> Path:
        plugin = {"sqlite3": StoragePlugin.SQLITE3, "mcap": StoragePlugin.MCAP}[storage]
        with Writer(path, version=9, storage_plugin=plugin) as writer:
            connections: dict[str, Any] = {}
            for topic, kind, log_ns, message in sorted(self.messages, key=lambda m: m[2]):
                if topic not in connections:
                    connections[topic] = writer.add_connection(topic, kind, typestore=STORE)
                writer.write(connections[topic], log_ns, STORE.serialize_cdr(message, kind))
        return path


def header(stamp_ns: int, frame_id: str) -> Any:
    stamp = TYPES["builtin_interfaces/msg/Time"](stamp_ns // 10**9, stamp_ns % 10**9)
    return TYPES["std_msgs/msg/Header"](stamp, frame_id)


def image(
    stamp_ns: int, pixels: np.ndarray, encoding: str, *, padding: int = 0, is_big: bool = False
) -> Any:
    """A sensor_msgs/Image with `padding` bytes behind each row."""
    kind = pixels.dtype.newbyteorder(">" if is_big else "<")
    rows = np.ascontiguousarray(pixels.astype(kind)).view(np.uint8).reshape(len(pixels), -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    height, width = pixels.shape[:2]
    head = header(stamp_ns, OPTICAL)
    return TYPES[IMAGE](head, height, width, encoding, int(is_big), rows.shape[1], rows.ravel())


def compressed(stamp_ns: int, data: bytes, format: str) -> Any:
    return TYPES[COMPRESSED](header(stamp_ns, OPTICAL), format, np.frombuffer(data, np.uint8))


def camera_info(stamp_ns: int) -> Any:
    k = CAMERA.matrix()
    p = np.concatenate([k, np.zeros((3, 1))], axis=1).ravel()
    roi = TYPES[f"{S}RegionOfInterest"](0, 0, 0, 0, False)
    return TYPES[CAMERA_INFO](
        header(stamp_ns, OPTICAL),
        *(CAMERA.height_px, CAMERA.width_px, "plumb_bob", np.zeros(5), k.ravel()),
        *(np.eye(3).ravel(), p, 0, 0, roi),
    )


def _parts(pose: Transform) -> tuple[list[float], Any]:
    w, x, y, z = quaternion_from_matrix(pose[:3, :3]).tolist()
    return pose[:3, 3].tolist(), TYPES["geometry_msgs/msg/Quaternion"](x, y, z, w)


def tf(stamp_ns: int, parent: str, child: str, parent_from_child: Transform) -> Any:
    position, rotation = _parts(parent_from_child)
    transform = TYPES["geometry_msgs/msg/Transform"](
        TYPES["geometry_msgs/msg/Vector3"](*position), rotation
    )
    stamped = TYPES["geometry_msgs/msg/TransformStamped"]
    return TYPES[TF]([stamped(header(stamp_ns, parent), child, transform)])


def pose_message(pose: Transform) -> Any:
    position, rotation = _parts(pose)
    return TYPES["geometry_msgs/msg/Pose"](TYPES["geometry_msgs/msg/Point"](*position), rotation)


def odometry(stamp_ns: int, pose: Transform) -> Any:
    zero = TYPES["geometry_msgs/msg/Vector3"](0.0, 0.0, 0.0)
    twist = TYPES["geometry_msgs/msg/Twist"](zero, zero)
    return TYPES[ODOMETRY](
        header(stamp_ns, "odom"),
        "base_link",
        TYPES["geometry_msgs/msg/PoseWithCovariance"](pose_message(pose), np.zeros(36)),
        TYPES["geometry_msgs/msg/TwistWithCovariance"](twist, np.zeros(36)),
    )


def add_images(bag: Bag, frames: Iterable[Observation]) -> None:
    for frame in frames:
        assert frame.depth is not None
        assert isinstance(frame.color, EncodedImage)
        stamp_ns = frame.stamp_ns
        # The recorder gets depth late: pairs arrive apart and out of step.
        late_ns = stamp_ns + 50_000_000
        bag.add(DEPTH, IMAGE, late_ns, image(stamp_ns, frame.depth.raw, "16UC1", padding=6))
        color = compressed(stamp_ns + 3_000_000, frame.color.data, "rgb8; jpeg compressed bgr8")
        bag.add(f"{COLOR}/compressed", COMPRESSED, stamp_ns + 4_000_000, color)
        bag.add(INFO, CAMERA_INFO, late_ns, camera_info(stamp_ns))


def add_mount(bag: Bag, stamp_ns: int) -> None:
    """base_link -> camera_link -> optical frame, static."""
    lift = make_transform(np.eye(3), np.array([0.0, 0.0, 0.3]))
    message = tf(stamp_ns, "base_link", "camera_link", lift)
    bag.add("/tf_static", TF, stamp_ns, message)
    rest = inverse(lift) @ BASE_FROM_CAMERA
    bag.add("/tf_static", TF, stamp_ns + 1, tf(stamp_ns, "camera_link", OPTICAL, rest))


def add_tf(bag: Bag, frames: list[Observation]) -> None:
    add_mount(bag, frames[0].stamp_ns)
    shift = make_transform(np.eye(3), np.array([1.0, 2.0, 0.0]))
    for frame in frames:
        stamp_ns = frame.stamp_ns
        odom_from_base = inverse(shift) @ frame.world_from_camera @ inverse(BASE_FROM_CAMERA)
        bag.add("/tf", TF, stamp_ns + 2, tf(stamp_ns, "map", "odom", shift))
        bag.add("/tf", TF, stamp_ns + 3, tf(stamp_ns, "odom", "base_link", odom_from_base))


def write_bag(folder: Path, frames: list[Observation], *, storage: str = "sqlite3") -> Path:
    """A bag with depth, compressed colour, CameraInfo and a moving TF tree."""
    bag = Bag()
    add_images(bag, frames)
    add_tf(bag, frames)
    return bag.write(folder, storage)


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
def test_bag_gives_the_frames_that_were_written(tmp_path: Path, storage: str) -> None:
    frames = make_frames()
    recording = open_recording(write_bag(tmp_path / "bag", frames, storage=storage))
    read = list(recording.observations())
    for frame, again in zip(frames, read, strict=True):
        assert_same_frame(frame, again, tolerance=1e-9)
        assert isinstance(again.color, EncodedImage)
        assert isinstance(frame.color, EncodedImage)
        assert again.color.data == frame.color.data


@pytest.mark.parametrize(("storage", "suffix"), [("sqlite3", ".db3"), ("mcap", ".mcap")])
def test_storage_file_alone_and_folder_without_metadata(
    tmp_path: Path, storage: str, suffix: str
) -> None:
    folder = write_bag(tmp_path / "bag", make_frames(3), storage=storage)
    (file,) = folder.glob(f"*{suffix}")
    assert open_recording(file).info.frame_count == 3
    (folder / "metadata.yaml").unlink()
    assert len(list(open_recording(folder).observations())) == 3


def test_bag_streams_through_prefetch(tmp_path: Path) -> None:
    recording = open_bag(write_bag(tmp_path / "bag", make_frames()))
    ahead = list(prefetch(recording.observations(), depth=2))
    for first, second in zip(ahead, recording.observations(), strict=True):
        assert_same_frame(first, second)


RGB = np.random.default_rng(5).integers(0, 256, (24, 32, 3)).astype(np.uint8)
ALPHA = np.full((24, 32, 1), 9, np.uint8)
COLORS = {
    "rgb8": RGB,
    "bgr8": RGB[:, :, ::-1],
    "rgba8": np.concatenate([RGB, ALPHA], axis=2),
    "bgra8": np.concatenate([RGB[:, :, ::-1], ALPHA], axis=2),
}


def _one_frame_bag(
    tmp_path: Path, *, color: Any = None, depth: Any = None, topics: BagTopics | None = None
) -> Observation:
    frames = make_frames(2)
    bag = Bag()
    add_tf(bag, frames)
    stamp_ns = frames[0].stamp_ns
    bag.add(INFO, CAMERA_INFO, stamp_ns, camera_info(stamp_ns))
    depth = image(stamp_ns, np.ones((24, 32), np.uint16), "16UC1") if depth is None else depth
    bag.add(DEPTH, depth.__msgtype__, stamp_ns, depth)
    if color is not None:
        bag.add(COLOR, color.__msgtype__, stamp_ns, color)
    recording = open_bag(bag.write(tmp_path / "bag", "mcap"), topics=topics)
    (frame,) = recording.observations()
    return frame


@pytest.mark.parametrize("encoding", COLORS)
@pytest.mark.parametrize("padding", [0, 5])
def test_color_encodings_become_rgb(tmp_path: Path, encoding: str, padding: int) -> None:
    stamp_ns = make_frames(1)[0].stamp_ns
    message = image(stamp_ns, COLORS[encoding], encoding, padding=padding)
    np.testing.assert_array_equal(_one_frame_bag(tmp_path, color=message).color_array(), RGB)


def test_mono_becomes_grey_rgb(tmp_path: Path) -> None:
    message = image(make_frames(1)[0].stamp_ns, RGB[:, :, 0], "mono8")
    color = _one_frame_bag(tmp_path, color=message).color_array()
    np.testing.assert_array_equal(color, np.repeat(RGB[:, :, :1], 3, axis=2))


def test_png_color_passes_undecoded(tmp_path: Path) -> None:
    data = encode(RGB, ".png")
    frame = _one_frame_bag(tmp_path, color=compressed(make_frames(1)[0].stamp_ns, data, "png"))
    assert frame.color == EncodedImage(data, "png")


@pytest.mark.parametrize("is_big", [False, True])
@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize("kind", ["16UC1", "32FC1"])
def test_depth_honours_row_step_and_byte_order(
    tmp_path: Path, kind: str, padding: int, is_big: bool
) -> None:
    source = make_frames(1)[0]
    assert source.depth is not None
    pixels = source.depth.raw
    if kind == "32FC1":
        pixels = np.where(pixels == 0, np.nan, pixels * 0.001).astype(np.float32)
        padding *= 2
    message = image(source.stamp_ns, pixels, kind, padding=padding, is_big=is_big)
    frame = _one_frame_bag(tmp_path, depth=message)
    assert frame.depth is not None
    np.testing.assert_array_equal(frame.depth.raw, source.depth.raw)


@pytest.mark.parametrize("format", ["16UC1; compressedDepth png", "16UC1; compressedDepth", "png"])
def test_compressed_depth(tmp_path: Path, format: str) -> None:
    source = make_frames(1)[0]
    assert source.depth is not None
    prefix = b"" if format == "png" else bytes(12)
    data = prefix + encode_depth(source.depth.raw)
    frame = _one_frame_bag(tmp_path, depth=compressed(source.stamp_ns, data, format))
    assert frame.depth is not None
    np.testing.assert_array_equal(frame.depth.raw, source.depth.raw)


def test_compressed_float_depth_is_inverse_depth(tmp_path: Path) -> None:
    depth_m = np.linspace(0.5, 5.0, 24 * 32, dtype=np.float32).reshape(24, 32)
    depth_m[0, 0] = 0
    scale, offset = 5000.0, 1.0
    quantised = np.rint(scale / np.where(depth_m > 0, depth_m, 1) + offset)
    raw = np.where(depth_m > 0, quantised, 0).astype(np.uint16)
    data = struct.pack("<iff", 0, scale, offset) + encode_depth(raw)
    message = compressed(make_frames(1)[0].stamp_ns, data, "32FC1; compressedDepth png")
    frame = _one_frame_bag(tmp_path, depth=message)
    assert frame.depth is not None
    assert frame.depth.raw[0, 0] == 0
    np.testing.assert_allclose(frame.depth.metres(), depth_m, atol=4e-3)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (lambda t: image(t, np.ones((24, 32), np.uint8), "8UC1"), "encoded as 16UC1 or 32FC1"),
        (lambda t: image(t, np.ones((12, 16), np.uint16), "16UC1"), "must be 32x24.*got 16x12"),
        (lambda t: compressed(t, bytes(99), "16UC1; compressedDepth rvl"), "PNG inside.*rvl"),
        (
            lambda t: compressed(
                t, (bytes(12) + encode_depth(RGB[:, :, 0].astype(np.uint16)))[:-20], "16UC1; x"
            ),
            "truncated PNG",
        ),
        (
            lambda t: replace(image(t, np.ones((24, 32), np.uint16), "16UC1"), height=30),
            "is the message truncated",
        ),
        (lambda t: image(0, np.ones((24, 32), np.uint16), "16UC1"), "header stamps are not set"),
    ],
)
def test_bad_depth_message_names_bag_and_topic(tmp_path: Path, message: Any, error: str) -> None:
    with pytest.raises(RecordingError, match=f"bag, topic {DEPTH}.*{error}"):
        _one_frame_bag(tmp_path, depth=message(make_frames(1)[0].stamp_ns))


def test_truncated_jpeg_message_is_an_error(tmp_path: Path) -> None:
    data = encode(RGB, ".jpg")[:-50]
    with pytest.raises(RecordingError, match="truncated JPEG"):
        _one_frame_bag(tmp_path, color=compressed(make_frames(1)[0].stamp_ns, data, "jpeg"))


def test_tf_is_interpolated_at_the_image_stamp(tmp_path: Path) -> None:
    frames = make_frames(3)
    middle_ns = (frames[0].stamp_ns + frames[1].stamp_ns) // 2
    bag = Bag()
    add_tf(bag, frames)
    add_images(bag, [replace(frames[0], stamp_ns=middle_ns)])
    (frame,) = open_bag(bag.write(tmp_path / "bag", "mcap")).observations()
    odom = [f.world_from_camera @ inverse(BASE_FROM_CAMERA) for f in frames[:2]]
    fraction = (middle_ns - frames[0].stamp_ns) / (frames[1].stamp_ns - frames[0].stamp_ns)
    expected = interpolate(odom[0], odom[1], fraction) @ BASE_FROM_CAMERA
    np.testing.assert_allclose(frame.world_from_camera, expected, atol=1e-9)


def test_world_frame_can_be_chosen(tmp_path: Path) -> None:
    frames = make_frames(2)
    path = write_bag(tmp_path / "bag", frames)
    recording = open_bag(path, topics=BagTopics(world_frame="odom"))
    first = next(recording.observations())
    moved = frames[0].world_from_camera[:3, 3] - (1.0, 2.0, 0.0)
    np.testing.assert_allclose(first.world_from_camera[:3, 3], moved, atol=1e-9)
    with pytest.raises(RecordingError, match="TF does not link 'earth'"):
        open_bag(path, topics=BagTopics(world_frame="earth"))


@pytest.mark.parametrize("kind", ["odometry", "pose"])
@pytest.mark.parametrize("has_mount", [True, False])
def test_pose_topics_use_the_static_mount_or_warn(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, has_mount: bool
) -> None:
    frames = make_frames(3)
    bag = Bag()
    add_images(bag, frames)
    if has_mount:
        add_mount(bag, frames[0].stamp_ns)
    mount = BASE_FROM_CAMERA if has_mount else np.eye(4)
    for frame in frames:
        body = frame.world_from_camera @ inverse(mount)
        if kind == "odometry":
            bag.add("/odom", ODOMETRY, frame.stamp_ns, odometry(frame.stamp_ns, body))
        else:
            message = TYPES[POSE](header(frame.stamp_ns, "map"), pose_message(body))
            bag.add("/pose", POSE, frame.stamp_ns, message)
    with caplog.at_level(logging.WARNING):
        recording = open_bag(bag.write(tmp_path / "bag", "sqlite3"))
    assert ("no static TF from 'base_link'" in caplog.text) is not has_mount
    for frame, again in zip(frames, recording.observations(), strict=True):
        assert_same_frame(frame, again, tolerance=1e-9)


def test_images_without_partner_or_pose_are_skipped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frames = make_frames(6)
    bag = Bag()
    add_images(bag, frames)
    add_tf(bag, frames[:5])
    colors = [m for m in bag.messages if m[0].startswith(COLOR)]
    bag.messages.remove(colors[1])
    with caplog.at_level(logging.WARNING):
        recording = open_bag(bag.write(tmp_path / "bag", "mcap"))
    assert "skipped 2 depth images" in caplog.text
    assert recording.skipped_count == 2
    assert [frame.source_index for frame in recording.observations()] == [0, 2, 3, 4]
    assert [frame.source_index for frame in recording.observations(start=3)] == [3, 4]


def test_ambiguous_topics_are_listed_and_can_be_chosen(tmp_path: Path) -> None:
    frames = make_frames(2)
    bag = Bag()
    add_images(bag, frames)
    add_tf(bag, frames)
    raw = frames[0].depth.raw if frames[0].depth else None
    aligned = "/camera/aligned_depth_to_color/image_raw"
    bag.add(aligned, IMAGE, frames[0].stamp_ns, image(frames[0].stamp_ns, raw, "16UC1"))
    path = bag.write(tmp_path / "bag", "mcap")
    with pytest.raises(RecordingError, match=f"several depth topics fit: {aligned}, {DEPTH}"):
        open_bag(path)
    assert open_bag(path, topics=BagTopics(depth=aligned)).info.frame_count == 1
    with pytest.raises(RecordingError, match=r"'/nothing' must be of type.*not in the bag"):
        open_bag(path, topics=BagTopics(depth="/nothing"))
    with pytest.raises(RecordingError, match=r"'/tf' must be of type.*it is tf2_msgs"):
        open_bag(path, topics=BagTopics(depth="/tf"))


def test_color_can_be_left_out(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", make_frames(2))
    frame = next(open_bag(path, topics=BagTopics(color="")).observations())
    assert frame.color is None


@pytest.mark.parametrize(
    ("missing", "error"),
    [(DEPTH, "no depth topic found"), (INFO, "no camera_info topic"), ("/tf", "no poses: TF does")],
)
def test_missing_topics_are_named(tmp_path: Path, missing: str, error: str) -> None:
    bag = Bag()
    add_images(bag, make_frames(2))
    add_tf(bag, make_frames(2))
    bag.messages = [message for message in bag.messages if message[0] != missing]
    with pytest.raises(RecordingError, match=error):
        open_bag(bag.write(tmp_path / "bag", "mcap"))


def test_two_parents_of_one_frame_are_an_error(tmp_path: Path) -> None:
    frames = make_frames(2)
    bag = Bag()
    add_images(bag, frames)
    add_tf(bag, frames)
    bag.add("/tf", TF, 1, tf(1, "world", "base_link", np.eye(4)))
    with pytest.raises(RecordingError, match="'base_link' has two parents, 'world' and 'odom'"):
        open_bag(bag.write(tmp_path / "bag", "mcap"))


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
def test_truncated_bag_is_an_error(tmp_path: Path, storage: str) -> None:
    folder = write_bag(tmp_path / "bag", make_frames(), storage=storage)
    (file,) = (path for path in folder.iterdir() if path.suffix in (".db3", ".mcap"))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(RecordingError, match=r"not a readable ROS 2 bag|damaged bag"):
        list(open_recording(folder).observations())


def test_no_more_images_are_held_than_a_pair_needs(tmp_path: Path) -> None:
    recording = open_bag(write_bag(tmp_path / "bag", make_frames(40)))
    most = 0
    frames = recording.observations()
    for _ in frames:
        most = max(most, _held_count(frames))
    # Depth arrives 46 ms after colour at 30 Hz: two colour images wait, and the pair in hand.
    assert most <= 4


def _held_count(frames: Any) -> int:
    inner = frames.gi_yieldfrom
    return len(inner.gi_frame.f_locals["held"])


def test_missing_rosbags_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_bag(tmp_path / "bag", make_frames(2))
    monkeypatch.setitem(sys.modules, "rosbags.highlevel", None)
    with pytest.raises(MissingExtraError, match=r"reading ROS 2 bags needs.*embodied-mem\[dds\]"):
        open_bag(path)
