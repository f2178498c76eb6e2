"""Recordings from folders: one contract for all formats, round trips, and errors at the border."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from embodied_mem.core import DepthImage, Detection, EncodedImage, Observation, Recording
from embodied_mem.envs import recordings
from embodied_mem.envs.recordings import (
    align,
    open_plain,
    open_recording,
    open_seven_scenes,
    open_tum,
    write_plain,
)
from embodied_mem.envs.recordings.frames import parse_seconds
from embodied_mem.errors import RecordingError
from embodied_mem.geometry import CameraIntrinsics, interpolate, look_at, quaternion_from_matrix

CAMERA = CameraIntrinsics(32, 24, 30.0, 31.0, 15.5, 11.5)
FRAME_COUNT = 6
STEP_NS = 33_333_333


def make_frames(frame_count: int = FRAME_COUNT, *, seed: int = 0) -> list[Observation]:
    """Frames with random depth, JPEG colour and a moving camera."""
    rng = np.random.default_rng(seed)
    frames = []
    for index in range(frame_count):
        color = np.full((24, 32, 3), (index * 20, 90, 200), np.uint8)
        frames.append(
            Observation(
                1_305_031_102_175_304_001 + index * STEP_NS,
                look_at(np.array([0.1 * index, 0.2, 1.0]), np.array([3.0, 0.5, 0.8])),
                CAMERA,
                depth=DepthImage(rng.integers(0, 5000, (24, 32)).astype(np.uint16)),
                color=EncodedImage(encode(color, ".jpg")),
                source_index=index,
            )
        )
    return frames


def encode(rgb: np.ndarray, suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1])


def encode_depth(raw: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", raw)[1])


def assert_same_frame(first: Observation, second: Observation, *, tolerance: float = 1e-12) -> None:
    assert first.stamp_ns == second.stamp_ns
    assert first.source_index == second.source_index
    np.testing.assert_allclose(first.world_from_camera, second.world_from_camera, atol=tolerance)
    assert first.depth is not None
    assert second.depth is not None
    np.testing.assert_array_equal(first.depth.raw, second.depth.raw)
    assert first.depth.unit_m == second.depth.unit_m
    np.testing.assert_array_equal(first.color_array(), second.color_array())
    assert first.intrinsics == second.intrinsics


def write_seven_scenes(folder: Path, frames: list[Observation], *, color: str = "jpg") -> Path:
    folder.mkdir(parents=True)
    np.savetxt(folder / "camera-intrinsics.txt", CAMERA.matrix())
    for frame in frames:
        stem = folder / f"frame-{frame.source_index:06d}"
        rgb = frame.color_array()
        assert rgb is not None
        assert frame.depth is not None
        Path(f"{stem}.color.{color}").write_bytes(encode(rgb, f".{color}"))
        Path(f"{stem}.depth.png").write_bytes(encode_depth(frame.depth.raw))
        np.savetxt(f"{stem}.pose.txt", frame.world_from_camera)
    return folder


def seconds(stamp_ns: int) -> str:
    return f"{stamp_ns // 10**9}.{stamp_ns % 10**9:09d}"


def write_tum(folder: Path, frames: list[Observation]) -> Path:
    (folder / "rgb").mkdir(parents=True)
    (folder / "depth").mkdir()
    (folder / "intrinsics.txt").write_text("30.0 31.0 15.5 11.5\n")
    lists: dict[str, list[str]] = {"rgb": ["# colour"], "depth": ["# depth"], "groundtruth": []}
    for frame in frames:
        depth_stamp, color_stamp = seconds(frame.stamp_ns), seconds(frame.stamp_ns + 4_000_000)
        lists["depth"].append(f"{depth_stamp} depth/{depth_stamp}.png")
        lists["rgb"].append(f"{color_stamp} rgb/{color_stamp}.png")
        w, x, y, z = quaternion_from_matrix(frame.world_from_camera[:3, :3]).tolist()
        position = " ".join(map(repr, frame.world_from_camera[:3, 3].tolist()))
        lists["groundtruth"].append(f"{depth_stamp} {position} {x!r} {y!r} {z!r} {w!r}")
        rgb = frame.color_array()
        assert rgb is not None
        assert frame.depth is not None
        (folder / f"rgb/{color_stamp}.png").write_bytes(encode(rgb, ".png"))
        (folder / f"depth/{depth_stamp}.png").write_bytes(encode_depth(frame.depth.raw))
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return folder


def write_json_index(folder: Path, frames: list[Observation]) -> Path:
    """The plain format with frames.json in place of frames.csv."""
    write_plain(frames, folder)
    entries = []
    for index, frame in enumerate(frames):
        entries.append(
            {
                "stamp_ns": frame.stamp_ns,
                "color": f"color/{index:06d}.jpg",
                "depth": f"depth/{index:06d}.png",
                "world_from_camera": frame.world_from_camera.ravel().tolist(),
            }
        )
    (folder / "frames.csv").unlink()
    (folder / "frames.json").write_text(json.dumps(entries))
    return folder


def _open_bag(folder: Path, storage: str) -> Recording:
    pytest.importorskip(
        "rosbags", reason="rosbags is not installed: pip install 'embodied-mem[dds]'"
    )
    from test_rosbags import write_bag

    return open_recording(write_bag(folder, make_frames(), storage=storage))


def _plain(folder: Path) -> Recording:
    write_plain(make_frames(), folder)
    return open_recording(folder)


IMPLEMENTATIONS: dict[str, Callable[[Path], Recording]] = {
    "7scenes": lambda folder: open_recording(write_seven_scenes(folder, make_frames())),
    "tum": lambda folder: open_recording(write_tum(folder, make_frames())),
    "plain-csv": _plain,
    "plain-json": lambda folder: open_recording(write_json_index(folder, make_frames())),
    "aligned": lambda folder: align(_plain(folder), "-y"),
    "bag-sqlite3": lambda folder: _open_bag(folder, "sqlite3"),
    "bag-mcap": lambda folder: _open_bag(folder, "mcap"),
}


@pytest.fixture(params=IMPLEMENTATIONS)
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Recording:
    return IMPLEMENTATIONS[request.param](tmp_path / "sequence")


class TestContract:
    def test_is_a_recording(self, recording: Recording) -> None:
        assert isinstance(recording, Recording)

    def test_info_counts_the_frames(self, recording: Recording) -> None:
        assert recording.info.frame_count == len(list(recording.observations())) == FRAME_COUNT

    def test_stamps_and_source_indices_increase(self, recording: Recording) -> None:
        frames = list(recording.observations())
        assert (np.diff([frame.stamp_ns for frame in frames]) > 0).all()
        assert [frame.source_index for frame in frames] == list(range(FRAME_COUNT))

    @pytest.mark.parametrize("start", [1, FRAME_COUNT - 1, FRAME_COUNT, 99])
    def test_start_equals_the_tail(self, recording: Recording, start: int) -> None:
        tail = list(recording.observations())[start:]
        started = list(recording.observations(start=start))
        assert len(tail) == len(started)
        for first, second in zip(tail, started, strict=True):
            assert_same_frame(first, second)

    def test_repeated_and_interleaved_iteration_gives_the_same(self, recording: Recording) -> None:
        both = zip(recording.observations(), recording.observations(), strict=True)
        for first, second in both:
            assert_same_frame(first, second)

    def test_abandoned_iteration_leaves_the_recording_usable(self, recording: Recording) -> None:
        next(iter(recording.observations()))
        assert len(list(recording.observations())) == FRAME_COUNT


def test_plain_round_trip_is_exact(tmp_path: Path) -> None:
    frames = make_frames()
    assert write_plain(frames, tmp_path / "a") == FRAME_COUNT
    read = list(open_plain(tmp_path / "a").observations())
    for written, again in zip(frames, read, strict=True):
        assert_same_frame(written, again, tolerance=0)
        assert isinstance(again.color, EncodedImage)
        assert isinstance(written.color, EncodedImage)
        assert again.color.data == written.color.data


def test_plain_round_trip_keeps_arrays_units_sensor_and_the_largest_raw(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    depth = DepthImage(rng.integers(0, 65536, (24, 32)).astype(np.uint16), 0.0002)
    depth.raw[0, 0] = 65535
    color = rng.integers(0, 256, (24, 32, 3)).astype(np.uint8)
    frame = replace(make_frames(1)[0], depth=depth, color=color, sensor="wrist")
    write_plain([frame], tmp_path / "a")
    (again,) = open_plain(tmp_path / "a").observations()
    assert_same_frame(frame, again)
    assert again.sensor == "wrist"


def test_plain_reads_quaternions_and_float_depth(tmp_path: Path) -> None:
    frames = make_frames(2)
    write_plain(frames, tmp_path)
    lines = ["stamp_ns,color,depth,x_m,y_m,z_m,qw,qx,qy,qz"]
    for index, frame in enumerate(frames):
        assert frame.depth is not None
        depth_m = frame.depth.metres()
        depth_m[depth_m == 0] = np.nan
        np.save(tmp_path / f"depth/{index}.npy", depth_m)
        pose = frame.world_from_camera
        numbers = [*pose[:3, 3].tolist(), *quaternion_from_matrix(pose[:3, :3]).tolist()]
        words = ",".join(map(repr, numbers))
        lines.append(f"{frame.stamp_ns},color/{index:06d}.jpg,depth/{index}.npy,{words}")
    (tmp_path / "frames.csv").write_text("\n".join(lines))
    for frame, again in zip(frames, open_plain(tmp_path).observations(), strict=True):
        assert_same_frame(frame, again)


def test_seven_scenes_keeps_poses_and_marks_no_return(tmp_path: Path) -> None:
    frames = make_frames(3)
    assert frames[1].depth is not None
    frames[1].depth.raw[2, 3] = 65535
    read = list(open_seven_scenes(write_seven_scenes(tmp_path / "s", frames)).observations())
    assert read[1].depth is not None
    assert read[1].depth.raw[2, 3] == 0
    np.testing.assert_allclose(read[2].world_from_camera, frames[2].world_from_camera, atol=1e-12)
    assert [frame.stamp_ns for frame in read] == [0, 33_333_333, 66_666_667]
    assert isinstance(read[0].color, EncodedImage)


def test_seven_scenes_original_layout_has_default_intrinsics(tmp_path: Path) -> None:
    folder = write_seven_scenes(tmp_path / "s", make_frames(1), color="png")
    (folder / "camera-intrinsics.txt").unlink()
    raw = np.ones((480, 640), np.uint16)
    (folder / "frame-000000.depth.png").write_bytes(encode_depth(raw))
    big = np.zeros((480, 640, 3), np.uint8)
    (folder / "frame-000000.color.png").write_bytes(encode(big, ".png"))
    (frame,) = open_seven_scenes(folder).observations()
    assert frame.intrinsics == CameraIntrinsics(640, 480, 585.0, 585.0, 320.0, 240.0)


@pytest.mark.parametrize("word", ["nan", "-inf", "-1.#IND"])
def test_seven_scenes_skips_and_counts_lost_tracking(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    folder = write_seven_scenes(tmp_path / "s", make_frames(4))
    (folder / "frame-000001.pose.txt").write_text(f"{word} " * 12 + "0 0 0 1")
    with caplog.at_level(logging.WARNING):
        recording = open_seven_scenes(folder)
    assert "frame-000001.pose.txt: skipped" in caplog.text
    assert (recording.info.frame_count, recording.skipped_count) == (3, 1)
    assert [frame.source_index for frame in recording.observations()] == [0, 2, 3]
    assert [frame.source_index for frame in recording.observations(start=1)] == [2, 3]


def test_plain_skips_and_counts_lost_tracking(tmp_path: Path) -> None:
    write_plain(make_frames(3), tmp_path)
    lines = (tmp_path / "frames.csv").read_text().splitlines()
    words = lines[2].split(",")
    lines[2] = ",".join([*words[:3], *["nan"] * 12, *words[15:]])
    (tmp_path / "frames.csv").write_text("\n".join(lines))
    recording = open_plain(tmp_path)
    assert [frame.source_index for frame in recording.observations()] == [0, 2]
    assert recording.skipped_count == 1


def test_write_plain_says_once_that_detections_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cup = Detection("cup", 0.9, (1.0, 1.0, 5.0, 5.0))
    write_plain([replace(frame, detections=(cup,)) for frame in make_frames(3)], tmp_path)
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}: 3 detections left out, the format has none"
    ]


def test_start_does_not_open_earlier_images(tmp_path: Path) -> None:
    folder = write_seven_scenes(tmp_path / "s", make_frames(3))
    recording = open_seven_scenes(folder)
    for path in folder.glob("frame-00000[01].*"):
        path.unlink()
    assert [frame.source_index for frame in recording.observations(start=2)] == [2]


def test_tum_stamps_keep_every_nanosecond() -> None:
    assert parse_seconds("1305031102.175304001", origin="") == 1_305_031_102_175_304_001
    assert parse_seconds("1305031102.1753", origin="") == 1_305_031_102_175_300_000
    assert parse_seconds("12", origin="") == 12_000_000_000


def test_tum_interpolates_the_pose_at_the_depth_stamp(tmp_path: Path) -> None:
    frames = make_frames(2)
    folder = write_tum(tmp_path / "t", frames)
    truth = (folder / "groundtruth.txt").read_text().splitlines()
    moved = [
        line.replace(seconds(frame.stamp_ns), seconds(frame.stamp_ns + shift_ns))
        for line, frame, shift_ns in zip(truth, frames, (-10_000_000, 10_000_000), strict=True)
    ]
    (folder / "groundtruth.txt").write_text("\n".join(moved))
    first = next(iter(open_tum(folder).observations()))
    fraction = 10_000_000 / (STEP_NS + 20_000_000)
    expected = interpolate(frames[0].world_from_camera, frames[1].world_from_camera, fraction)
    np.testing.assert_allclose(first.world_from_camera, expected, atol=1e-9)


def test_tum_skips_and_counts_depth_without_partner(tmp_path: Path) -> None:
    folder = write_tum(tmp_path / "t", make_frames(5))
    colors = (folder / "rgb.txt").read_text().splitlines()
    (folder / "rgb.txt").write_text("\n".join(colors[:2] + colors[3:]))
    truth = (folder / "groundtruth.txt").read_text().splitlines()
    (folder / "groundtruth.txt").write_text("\n".join(truth[:4]))
    recording = open_tum(folder)
    assert [frame.source_index for frame in recording.observations()] == [0, 2, 3]
    assert recording.skipped_count == 2


def test_tum_intrinsics_come_from_the_folder_name(tmp_path: Path) -> None:
    folder = write_tum(tmp_path / "rgbd_dataset_freiburg2_desk", make_frames(2))
    (folder / "intrinsics.txt").unlink()
    assert open_tum(folder).intrinsics.fx_px == 520.9


def _spoil_stamp(name: str, line_index: int, source_index: int) -> Callable[[Path], None]:
    """Make one line of an index carry the stamp of another."""

    def spoil(folder: Path) -> None:
        path = folder / name
        separator = "," if name.endswith(".csv") else " "
        lines = path.read_text().splitlines()
        stamp = lines[source_index].split(separator)[0]
        rest = lines[line_index].split(separator, 1)[1]
        lines[line_index] = f"{stamp}{separator}{rest}"
        path.write_text("\n".join(lines))

    return spoil


def _truncate(pattern: str, keep: float = 0.5) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = sorted(folder.glob(pattern))[1]
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])

    return spoil


def _replace(pattern: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: (sorted(folder.glob(pattern))[1].write_bytes(data), None)[1]


def _remove(pattern: str) -> Callable[[Path], None]:
    return lambda folder: sorted(folder.glob(pattern))[-1].unlink()


SMALL = np.ones((12, 16), np.uint16)
DAMAGE: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "7s-depth-cut": ("7s", _truncate("*.depth.png"), "000001.depth.png: truncated PNG"),
    "7s-depth-empty": ("7s", _truncate("*.depth.png", 0), "000001.depth.png.*an empty file"),
    "7s-color-cut": ("7s", _truncate("*.color.jpg", 0.9), "000001.color.jpg: truncated JPEG"),
    "7s-8-bit": ("7s", _replace("*.depth.png", encode_depth(SMALL.astype(np.uint8))), "got 8-bit"),
    "7s-size": ("7s", _replace("*.depth.png", encode_depth(SMALL)), "must be 32x24.*got 16x12"),
    "7s-color-size": (
        "7s",
        _replace("*.color.jpg", encode(np.zeros((12, 16, 3), np.uint8), ".jpg")),
        "color.jpg: every image must be 32x24.*got 16x12",
    ),
    "7s-jpeg-depth": (
        "7s",
        _replace("*.depth.png", encode(np.zeros((24, 32, 3), np.uint8), ".jpg")),
        "must be a 16-bit PNG, got a JPEG",
    ),
    "7s-no-depth": ("7s", _remove("*.depth.png"), "frame 2 has no depth file"),
    "7s-pose-short": ("7s", _replace("*.pose.txt", b"1 0 0"), "000001.pose.txt: 16 numbers"),
    "7s-pose-word": ("7s", _replace("*.pose.txt", b"x " * 16), "000001.pose.txt: 16 numbers"),
    "7s-pose-scaled": ("7s", _replace("*.pose.txt", b"2 0 0 0 0 2 0 0 0 0 2 0 0 0 0 1"), "rigid"),
    "7s-intrinsics": ("7s", _remove("camera-intrinsics.txt"), "camera-intrinsics.txt is missing"),
    "tum-depth-cut": ("tum", _truncate("depth/*.png"), "depth/.*truncated PNG"),
    "tum-color-cut": ("tum", _truncate("rgb/*.png"), "rgb/.*truncated PNG"),
    "tum-missing": ("tum", _remove("depth/*.png"), "png: cannot be read"),
    "tum-no-rgb": ("tum", _remove("rgb.txt"), "rgb.txt: cannot be read"),
    "tum-intrinsics": ("tum", _remove("intrinsics.txt"), "no intrinsics"),
    "tum-twice": (
        "tum",
        _spoil_stamp("depth.txt", 2, 1),
        "depth.txt, line 3: stamps must.*repeats",
    ),
    "tum-back": ("tum", _spoil_stamp("rgb.txt", 3, 1), "rgb.txt, line 4: stamps must.*earlier"),
    "tum-truth": ("tum", _spoil_stamp("groundtruth.txt", 1, 0), "groundtruth.txt, line 2: stamps"),
    "plain-cut": ("plain", _truncate("depth/*.png"), "depth/000001.png: truncated PNG"),
    "plain-twice": ("plain", _spoil_stamp("frames.csv", 2, 1), "frames.csv, line 3: .*repeats"),
    "plain-back": ("plain", _spoil_stamp("frames.csv", 3, 1), "frames.csv, line 4: .*earlier"),
    "plain-intrinsics": ("plain", _remove("intrinsics.json"), "intrinsics.json: cannot be read"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_an_error_that_names_the_file(tmp_path: Path, case: str) -> None:
    kind, spoil, message = DAMAGE[case]
    folder = tmp_path / "sequence"
    if kind == "plain":
        write_plain(make_frames(3), folder)
    else:
        {"7s": write_seven_scenes, "tum": write_tum}[kind](folder, make_frames(3))
    spoil(folder)
    with pytest.raises(RecordingError, match=message):
        list(open_recording(folder).observations())


def test_frames_before_the_damaged_one_are_delivered(tmp_path: Path) -> None:
    folder = write_seven_scenes(tmp_path / "s", make_frames(3))
    _truncate("*.depth.png")(folder)
    frames = open_seven_scenes(folder).observations()
    assert next(frames).source_index == 0
    with pytest.raises(RecordingError, match="truncated"):
        next(frames)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("stamp_ns,colour,depth,x_m,y_m,z_m,qw,qx,qy,qz\n", "unknown: colour"),
        ("stamp_ns,color,depth,x_m,y_m\n", "missing: z_m, qw, qx, qy, qz"),
        ("stamp_ns,depth,x_m,y_m,z_m,qw,qx,qy,qz\n1.5,a.png,0,0,0,1,0,0,0\n", "line 2.*integer"),
        ("stamp_ns,depth,x_m,y_m,z_m,qw,qx,qy,qz\n1,a.png,0,0,0,1,0,0\n", "line 2: 9 columns"),
        ("stamp_ns,depth,x_m,y_m,z_m,qw,qx,qy,qz\n1,../a.png,0,0,0,1,0,0,0\n", "inside the folder"),
        ("stamp_ns,depth,x_m,y_m,z_m,qw,qx,qy,qz\n1,a.png,0,0,0,1,1,0,0\n", "unit quaternion"),
        ("stamp_ns,depth,x_m,y_m,z_m,qw,qx,qy,qz\n1,,0,0,0,1,0,0,0\n", "neither a colour nor"),
        ("stamp_ns,depth,x_m,y_m,z_m,qw,qx,qy,qz\n", "lists no frame"),
    ],
)
def test_plain_refuses_a_wrong_index(tmp_path: Path, index: str, message: str) -> None:
    write_plain(make_frames(1), tmp_path)
    (tmp_path / "frames.csv").write_text(index)
    with pytest.raises(RecordingError, match=message):
        open_plain(tmp_path)


def test_write_plain_refuses_mixed_cameras_and_a_used_folder(tmp_path: Path) -> None:
    frames = make_frames(2)
    write_plain(frames, tmp_path / "a")
    with pytest.raises(RecordingError, match="exists; write into a new folder"):
        write_plain(frames, tmp_path / "a")
    other = replace(frames[1], sensor="wrist")
    with pytest.raises(RecordingError, match="sensor must be the same"):
        write_plain([frames[0], other], tmp_path / "b")
    with pytest.raises(RecordingError, match="no observation"):
        write_plain([], tmp_path / "c")
    with pytest.raises(RecordingError, match="stamps must increase"):
        write_plain([frames[1], frames[0]], tmp_path / "d")


def test_padded_jpeg_is_whole(tmp_path: Path) -> None:
    folder = write_seven_scenes(tmp_path / "s", make_frames(1))
    path = folder / "frame-000000.color.jpg"
    path.write_bytes(path.read_bytes() + b"\0" * 100)
    assert len(list(open_recording(folder).observations())) == 1


def test_unknown_content_says_what_was_looked_for_and_found(tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_text("x")
    with pytest.raises(RecordingError, match=r"frame-XXXXXX.*depth\.txt.*notes\.pdf"):
        open_recording(tmp_path)
    with pytest.raises(RecordingError, match="no such file or folder"):
        open_recording(tmp_path / "absent")
    with pytest.raises(RecordingError, match=r"type '\.pdf'"):
        open_recording(tmp_path / "notes.pdf")
    write_seven_scenes(tmp_path / "seq-01", make_frames(1))
    with pytest.raises(RecordingError, match=r"Did you mean .*seq-01"):
        open_recording(tmp_path)


def test_two_fitting_formats_need_a_choice(tmp_path: Path) -> None:
    folder = write_seven_scenes(tmp_path / "s", make_frames(1))
    write_plain(make_frames(2), folder)
    with pytest.raises(RecordingError, match="7scenes or plain; choose with format="):
        open_recording(folder)
    assert open_recording(folder, format="plain").info.frame_count == 2
    with pytest.raises(RecordingError, match="format must be one of"):
        open_recording(folder, format="7-scenes")


def test_envs_refuses_another_import_name() -> None:
    source = Path(recordings.__file__).parents[1] / "__init__.py"
    spec = importlib.util.spec_from_file_location("envs", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.raises(ImportError, match=r"imported as 'envs'.*embodied_mem\.envs"):
        spec.loader.exec_module(module)
