"""7-Scenes folders (Shotton et al., CVPR 2013): one sequence of Kinect frames with poses.

Per frame `frame-XXXXXX.color.png` (or .jpg), `.depth.png` (16-bit, millimetres; 0 and 65535 are no
return) and `.pose.txt` (4x4 camera-to-world, metres). The original distribution has no intrinsics
file and documents fx = fy = 585, cx = 320, cy = 240 for 640x480; repacked folders may carry a
`camera-intrinsics.txt` with a 3x3 matrix. There are no stamps: they are made from the frame number.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np

from ...core import RecordingInfo
from ...errors import InputError, RecordingError
from ...geometry import CameraIntrinsics
from .frames import NS_PER_S, FileRecording, FrameFiles, check_folder, parse_numbers, read_text
from .images import image_size, read_bytes

logger = logging.getLogger(__name__)

INTRINSICS_FILE = "camera-intrinsics.txt"
DEFAULT_INTRINSICS = CameraIntrinsics(640, 480, 585.0, 585.0, 320.0, 240.0)
DEPTH_UNIT_M = 0.001
NO_RETURN_RAW = 65535
_FRAME_FILE = re.compile(r"frame-(\d+)\.(color\.(?:png|jpg|jpeg)|depth\.png|pose\.txt)")


def open_seven_scenes(
    folder: str | Path, *, rate_hz: float = 30.0, intrinsics: CameraIntrinsics | None = None
) -> FileRecording:
    """A 7-Scenes sequence folder; `source_index` is the number in the file names.

    Frames whose pose is not finite (lost tracking) are skipped, logged and counted.

    Raises:
        RecordingError: a missing folder, file or intrinsics, or a pose that is not 16 numbers.
    """
    root = Path(folder)
    check_folder(root)
    if not rate_hz > 0:
        raise RecordingError(f"rate_hz must be above 0, got {rate_hz}")
    files = _list_frames(root)
    if not files:
        raise RecordingError(f"{root}: no frame-XXXXXX.pose.txt found; is it a 7-Scenes sequence?")
    camera = intrinsics or _read_intrinsics(root, files)
    frames = []
    for number in sorted(files):
        frame = _frame(root, number, files[number], rate_hz)
        if np.isfinite(frame.world_from_camera).all():
            frames.append(frame)
        else:
            logger.warning("%s: skipped, the pose is not finite (lost tracking)", frame.origin)
    return FileRecording(
        RecordingInfo(root.resolve().name, "7scenes", len(frames)),
        frames,
        camera,
        depth_unit_m=DEPTH_UNIT_M,
        no_return_raw=NO_RETURN_RAW,
        skipped_count=len(files) - len(frames),
    )


def _list_frames(root: Path) -> dict[int, dict[str, Path]]:
    """Frame number -> kind ('color', 'depth', 'pose') -> file."""
    files: dict[int, dict[str, Path]] = {}
    for path in root.iterdir():
        match = _FRAME_FILE.fullmatch(path.name)
        if match:
            kind = match[2].partition(".")[0]
            others = files.setdefault(int(match[1]), {})
            if kind in others:
                raise RecordingError(
                    f"{path}: a second {kind} file of this frame, beside {others[kind].name}"
                )
            others[kind] = path
    return files


def _frame(root: Path, number: int, files: dict[str, Path], rate_hz: float) -> FrameFiles:
    for kind in ("pose", "depth", "color"):
        if kind not in files:
            raise RecordingError(
                f"{root}: frame {number} has no {kind} file, only "
                f"{', '.join(sorted(path.name for path in files.values()))}"
            )
    origin = str(files["pose"])
    numbers = parse_numbers(read_text(files["pose"]).split(), 16, origin=origin)
    return FrameFiles(
        source_index=number,
        stamp_ns=round(number * NS_PER_S / rate_hz),
        world_from_camera=numbers.reshape(4, 4),
        depth_path=files["depth"],
        color_path=files["color"],
        origin=origin,
    )


def _read_intrinsics(root: Path, files: dict[int, dict[str, Path]]) -> CameraIntrinsics:
    """From the folder's file, else the documented default; the size is the first depth image's."""
    first = files[min(files)]
    if "depth" not in first:
        raise RecordingError(f"{root}: frame {min(files)} has no depth file")
    data = read_bytes(first["depth"])
    width_px, height_px = image_size(data, origin=str(first["depth"]))
    path = root / INTRINSICS_FILE
    if path.is_file():
        matrix = parse_numbers(read_text(path).split(), 9, origin=str(path)).reshape(3, 3)
        try:
            return CameraIntrinsics.from_matrix(matrix, width_px, height_px)
        except InputError as error:
            raise RecordingError(f"{path}: {error}") from error
    default = DEFAULT_INTRINSICS
    if (width_px, height_px) != (default.width_px, default.height_px):
        raise RecordingError(
            f"{root}: {INTRINSICS_FILE} is missing, and the data set's default intrinsics are for "
            f"{default.width_px}x{default.height_px}, not for {width_px}x{height_px} pixels; write "
            f"the file (3x3 matrix) or pass intrinsics="
        )
    return default
