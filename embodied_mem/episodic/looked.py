"""Which places were looked through before: what is there now, and was not then, has appeared."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..geometry import Transform
from ..journal.steps import FrameEntry, PoseMove
from ..perception import OrientedBox

_SAMPLES = 6000
"""Depths kept of a keyframe."""
_STEP_M = 0.02
_RANGE_M = (0.4, 3.0)
"""Farther away a small thing slips between the samples."""
_BEHIND_M = 0.05
_BESIDE_M = 0.1
"""Poses and places may be off by so much."""
_MOST_FRAMES = 256


@dataclass
class _DepthSketch:
    """A keyframe's depth, in steps of 2 cm at every n-th pixel; 0 is no return."""

    stamp_ns: int
    pose_id: int
    world_from_camera: Transform
    camera: tuple[float, float, float, float]
    """fx, fy, cx, cy in samples."""
    depth: NDArray[np.uint8]


class LookedPlaces:
    """Sketches of the depth of keyframes: of the last ones all, of older ones ever fewer."""

    def __init__(self) -> None:
        self._sketches: list[_DepthSketch] = []

    def add(self, frame: FrameEntry) -> None:
        """Keep a sketch of a keyframe's depth."""
        if frame.depth is None:
            return
        raw, record = frame.depth.raw, frame.record
        stride = max(1, math.ceil(math.sqrt(raw.size / _SAMPLES)))
        steps = raw[::stride, ::stride] * np.float32(frame.depth.unit_m / _STEP_M)
        depth = np.minimum(np.rint(steps), 255).astype(np.uint8)
        camera = (
            record.fx_px / stride,
            record.fy_px / stride,
            record.cx_px / stride,
            record.cy_px / stride,
        )
        pose = frame.world_from_camera.copy()
        self._sketches.append(_DepthSketch(record.stamp_ns, record.pose_id, pose, camera, depth))
        if len(self._sketches) > _MOST_FRAMES:
            half = _MOST_FRAMES // 2
            self._sketches = self._sketches[:half:2] + self._sketches[half:]

    def move(self, move: PoseMove) -> None:
        """A pose has been corrected."""
        for sketch in self._sketches:
            if sketch.pose_id == move.pose_id:
                sketch.world_from_camera = move.corrected.copy()

    def looks_through(self, box: OrientedBox, before_ns: int) -> list[int]:
        """Stamps of the keyframes before one that saw what lies behind the middle of a box, ascending."""
        if not self._sketches:
            return []
        poses = np.stack([sketch.world_from_camera for sketch in self._sketches])
        offset = np.array(box.center_in_world) - poses[:, :3, 3]
        points = np.einsum("nji,nj->ni", poses[:, :3, :3], offset)
        is_near = (points[:, 2] > _RANGE_M[0]) & (points[:, 2] < _RANGE_M[1])
        return sorted(
            self._sketches[n].stamp_ns
            for n in np.flatnonzero(is_near).tolist()
            if self._sketches[n].stamp_ns < before_ns and _is_through(self._sketches[n], points[n])
        )

    def to_bytes(self) -> bytes:
        head = [
            [s.stamp_ns, s.pose_id, s.world_from_camera.ravel().tolist(), s.camera, s.depth.shape]
            for s in self._sketches
        ]
        text = json.dumps(head).encode()
        pixels = b"".join(sketch.depth.tobytes() for sketch in self._sketches)
        return zlib.compress(len(text).to_bytes(8, "little") + text + pixels, 1)

    def load_bytes(self, data: bytes) -> None:
        """Replace the state by what `to_bytes` wrote.

        Raises:
            InputError: bytes of another kind.
        """
        try:
            plain = zlib.decompress(data)
            at = 8 + int.from_bytes(plain[:8], "little")
            sketches = []
            for stamp_ns, pose_id, pose, (fx, fy, cx, cy), (height, width) in json.loads(
                plain[8:at]
            ):
                depth = np.frombuffer(plain, np.uint8, height * width, at).reshape(height, width)
                at += depth.size
                matrix = np.array(pose, np.float64).reshape(4, 4)
                sketches.append(_DepthSketch(stamp_ns, pose_id, matrix, (fx, fy, cx, cy), depth))
        except (TypeError, ValueError, zlib.error) as error:
            raise InputError(f"these bytes hold no sketches of depth: {error}") from error
        self._sketches = sketches


def _is_through(sketch: _DepthSketch, point: NDArray[np.float64]) -> bool:
    """Whether all rays through and beside a (3,) point before the camera end well behind it."""
    fx, fy, cx, cy = sketch.camera
    x, y, z = point.tolist()
    row = round(fy * y / z + cy)
    left, right = (round(fx * (x + side) / z + cx) for side in (-_BESIDE_M, _BESIDE_M))
    height, width = sketch.depth.shape
    if not (0 <= row < height and left >= 0 and right < width):
        return False
    depth_m = sketch.depth[row, left : right + 1] * _STEP_M
    return bool((depth_m > z + _BEHIND_M).all())
