"""Recordings of the real world as `Recording`s: 7-Scenes, TUM RGB-D, a plain folder, ROS 2 bags."""

from __future__ import annotations

from pathlib import Path

from ...core import Recording
from ...errors import RecordingError
from ...geometry import CameraIntrinsics
from .frames import FileRecording
from .gravity import align, estimate_up
from .plain import open_plain, write_plain
from .prefetch import prefetch
from .rosbags_reader import BagRecording, BagTopics, open_bag
from .seven_scenes import open_seven_scenes
from .tum import open_tum

__all__ = [
    "FORMATS",
    "BagRecording",
    "BagTopics",
    "FileRecording",
    "align",
    "estimate_up",
    "open_bag",
    "open_plain",
    "open_recording",
    "open_seven_scenes",
    "open_tum",
    "prefetch",
    "write_plain",
]

FORMATS = {
    "7scenes": "frame-XXXXXX.pose.txt files",
    "tum": "depth.txt with rgb.txt or groundtruth.txt",
    "plain": "frames.csv or frames.json (with intrinsics.json)",
    "rosbag2": "metadata.yaml, or a .mcap or .db3 file",
}
"""Format name -> what it is recognised by."""


def open_recording(
    path: str | Path,
    *,
    format: str | None = None,
    up: str = "none",
    intrinsics: CameraIntrinsics | None = None,
    topics: BagTopics | None = None,
) -> Recording:
    """Open a recording of any known format.

    Args:
        format: one of `FORMATS`; None recognises it by the content.
        up: which source direction becomes z, see `align`; 'none' keeps the recording's own world.
        intrinsics: in place of those found beside the images ('7scenes' and 'tum').
        topics: which topics of a 'rosbag2' to read.

    Raises:
        RecordingError: nothing there, no or several formats fit, or an option that does not apply.
    """
    source = Path(path)
    name = _detect(source) if format is None else format
    if name not in FORMATS:
        raise RecordingError(f"format must be one of {', '.join(FORMATS)}, got '{name}'")
    if intrinsics is not None and name not in ("7scenes", "tum"):
        raise RecordingError(
            f"{source}: a {name} recording brings its intrinsics; drop intrinsics="
        )
    if topics is not None and name != "rosbag2":
        raise RecordingError(f"{source}: topics= is for ROS 2 bags, this is a {name} recording")
    recording: Recording
    if name == "7scenes":
        recording = open_seven_scenes(source, intrinsics=intrinsics)
    elif name == "tum":
        recording = open_tum(source, intrinsics=intrinsics)
    elif name == "plain":
        recording = open_plain(source)
    else:
        recording = open_bag(source, topics=topics or BagTopics())
    return align(recording, up)


def _detect(path: Path) -> str:
    if not path.exists():
        raise RecordingError(f"{path}: no such file or folder")
    fitting = _fitting_formats(path)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise RecordingError(f"{path}: could be {' or '.join(fitting)}; choose with format=")
    looked_for = "; ".join(f"{name}: {sign}" for name, sign in FORMATS.items())
    raise RecordingError(f"{path}: not a known recording. Looked for {looked_for}. {_found(path)}")


def _fitting_formats(path: Path) -> list[str]:
    if path.is_file():
        return ["rosbag2"] if path.suffix in (".mcap", ".db3") else []
    names = {entry.name for entry in path.iterdir()}
    fits = {
        "7scenes": any(n.startswith("frame-") and n.endswith(".pose.txt") for n in names),
        "tum": "depth.txt" in names and bool(names & {"rgb.txt", "groundtruth.txt"}),
        "plain": bool(names & {"frames.csv", "frames.json"}),
        "rosbag2": "metadata.yaml" in names or any(n.endswith((".mcap", ".db3")) for n in names),
    }
    return [name for name in FORMATS if fits[name]]


def _found(path: Path) -> str:
    """What lies there instead, with a hint where a folder inside is a recording."""
    if path.is_file():
        return f"Found a file of type '{path.suffix}'."
    entries = sorted(path.iterdir())
    if not entries:
        return "Found an empty folder."
    more = f" and {len(entries) - 5} more" if len(entries) > 5 else ""
    found = f"Found {', '.join(entry.name for entry in entries[:5])}{more}."
    for entry in entries:
        if entry.is_dir() and _fitting_formats(entry):
            return f"{found} Did you mean {entry}?"
    return found
