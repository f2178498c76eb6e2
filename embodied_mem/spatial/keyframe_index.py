"""The kept keyframes in the order of the journal: ids, stamps, poses and intrinsics as arrays."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import CameraIntrinsics, Transform

_STATE_VERSION = 2


@dataclass(frozen=True)
class Keyframe:
    """One kept frame. `number` counts keyframes from 0; `frame_id` is its journal record."""

    number: int
    frame_id: int
    session_id: int
    stamp_ns: int
    world_from_camera: Transform
    intrinsics: CameraIntrinsics

    @property
    def evidence(self) -> str:
        return f"frame:{self.frame_id}"


class KeyframeIndex:
    """Growing arrays, one row a keyframe."""

    def __init__(self) -> None:
        self._count = 0
        self._ids = np.zeros((64, 4), np.int64)
        self._poses = np.zeros((64, 4, 4))
        self._intrinsics = np.zeros((64, 6))

    def __len__(self) -> int:
        return self._count

    def append(
        self,
        *,
        frame_id: int,
        session_id: int,
        pose_id: int,
        stamp_ns: int,
        world_from_camera: Transform,
        intrinsics: CameraIntrinsics,
    ) -> int:
        """Add a keyframe; returns its number. `pose_id` names its pose as first written."""
        if self._count == len(self._ids):
            self._ids = np.concatenate([self._ids, np.zeros_like(self._ids)])
            self._poses = np.concatenate([self._poses, np.zeros_like(self._poses)])
            self._intrinsics = np.concatenate([self._intrinsics, np.zeros_like(self._intrinsics)])
        number = self._count
        self._ids[number] = frame_id, session_id, stamp_ns, pose_id
        self._poses[number] = world_from_camera
        i = intrinsics
        self._intrinsics[number] = (
            i.width_px, i.height_px, i.fx_px, i.fy_px, i.cx_px, i.cy_px,
        )  # fmt: skip
        self._count += 1
        return number

    def move(self, pose_id: int, world_from_camera: Transform) -> None:
        """Correct the pose of the keyframes that were taken at a pose record."""
        for number in self.find_numbers(pose_id):
            self._poses[number] = world_from_camera

    def find_numbers(self, pose_id: int) -> list[int]:
        """The keyframes of one pose record."""
        poses = self._ids[: self._count, 3]
        place = int(np.searchsorted(poses, pose_id))
        numbers = []
        while place < self._count and poses[place] == pose_id:
            numbers.append(place)
            place += 1
        return numbers

    def get(self, number: int) -> Keyframe:
        """The keyframe with this number.

        Raises:
            IndexError: there is none.
        """
        if not 0 <= number < self._count:
            raise IndexError(f"keyframe numbers run from 0 to {self._count - 1}, got {number}")
        frame_id, session_id, stamp_ns, _ = (int(v) for v in self._ids[number])
        width, height, fx, fy, cx, cy = (float(v) for v in self._intrinsics[number])
        return Keyframe(
            number,
            frame_id,
            session_id,
            stamp_ns,
            self._poses[number].copy(),
            CameraIntrinsics(int(width), int(height), fx, fy, cx, cy),
        )

    @property
    def frame_ids(self) -> NDArray[np.int64]:
        """(N,) journal record ids, ascending."""
        return self._ids[: self._count, 0]

    @property
    def stamps_ns(self) -> NDArray[np.int64]:
        """(N,) in the order of the journal; ascending within a session."""
        return self._ids[: self._count, 2]

    @property
    def poses(self) -> NDArray[np.float64]:
        """(N, 4, 4) world_from_camera as now believed."""
        return self._poses[: self._count]

    @property
    def positions(self) -> NDArray[np.float64]:
        """(N, 3) camera positions in the world."""
        return self._poses[: self._count, :3, 3]

    def digest(self) -> str:
        content = hashlib.blake2b(digest_size=16)
        for array in (self._ids, self._poses, self._intrinsics):
            content.update(np.ascontiguousarray(array[: self._count]).tobytes())
        return content.hexdigest()

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        np.savez(
            buffer,
            version=np.array([_STATE_VERSION]),
            ids=self._ids[: self._count],
            poses=self._poses[: self._count],
            intrinsics=self._intrinsics[: self._count],
        )
        return buffer.getvalue()

    def load_bytes(self, data: bytes) -> None:
        with np.load(io.BytesIO(data), allow_pickle=False) as state:
            ids, poses, intrinsics = state["ids"], state["poses"], state["intrinsics"]
        self._count = len(ids)
        room = max(64, self._count)
        self._ids, self._poses = np.zeros((room, 4), np.int64), np.zeros((room, 4, 4))
        self._intrinsics = np.zeros((room, 6))
        self._ids[: self._count] = ids
        self._poses[: self._count] = poses
        self._intrinsics[: self._count] = intrinsics
