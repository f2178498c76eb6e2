"""The journal as views read it: commit by commit, with the pixels of keyframes decoded.

A view is a reducer: its state follows from the steps in their order. Live updates build the same steps
that `read_steps` reads back, so live and replayed states are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..core import DepthImage, EncodedImage
from ..errors import InputError
from ..geometry import Transform, inverse
from .recording import read_color, read_depth
from .records import FrameRecord, PoseRecord, R, Record
from .store import Journal


@dataclass(frozen=True)
class FrameEntry:
    """A keyframe as the journal holds it, with its pixels decoded."""

    frame_id: int
    record: FrameRecord
    world_from_camera: Transform
    depth: DepthImage | None
    color: NDArray[np.uint8] | None
    """(h, w, 3) uint8 RGB, reduced as `reduced_color` does."""


@dataclass(frozen=True)
class PoseMove:
    """A correction: where a sensor was, as first written and as now believed."""

    pose_id: int
    """The record as first written, which detections and frames refer to."""
    stamp_ns: int
    written: Transform
    corrected: Transform

    @property
    def world_from_written(self) -> Transform:
        """Moves points that were measured with the pose as written to where they are."""
        return self.corrected @ inverse(self.written)


@dataclass(frozen=True)
class Step:
    """What one commit added: one observation, or something told or reported."""

    commit_id: int
    stamp_ns: int
    """When the commit is about."""
    records: tuple[tuple[int, Record], ...]
    """With their ids, in their order."""
    frames: tuple[FrameEntry, ...] = ()
    """The keyframes among them."""
    pose_moves: tuple[PoseMove, ...] = ()
    """Corrections of earlier poses."""

    @property
    def last_record_id(self) -> int:
        return self.records[-1][0]

    def of(self, kind: type[R]) -> list[tuple[int, R]]:
        """The records of a kind with their ids, in their order."""
        return [(number, record) for number, record in self.records if isinstance(record, kind)]


class View(Protocol):
    """A reducer: state that follows from the journal's steps in their order."""

    name: str
    version: int
    """Raised whenever the same steps give another state."""
    config_digest: str

    def apply(self, step: Step) -> None: ...

    def digest(self) -> str:
        """Hex; equal exactly for equal states."""
        ...

    def to_bytes(self) -> bytes: ...

    def load_bytes(self, data: bytes) -> None: ...


def read_steps(
    journal: Journal, after_record_id: int = 0, until_stamp_ns: int | None = None
) -> Iterator[Step]:
    """The commits after a record, in their order, without those about a later time."""
    commits = [
        commit
        for commit in journal.commits(after_record_id)
        if until_stamp_ns is None or commit.stamp_ns <= until_stamp_ns
    ]
    if not commits:
        return
    records = journal.entries(
        commits[0].first_record_id - 1, through_record_id=commits[-1].last_record_id
    )
    entry = next(records, None)
    for commit in commits:
        own: list[tuple[int, Record]] = []
        while entry is not None and entry[0] <= commit.last_record_id:
            if entry[0] >= commit.first_record_id:
                own.append(entry)
            entry = next(records, None)
        yield _decoded(journal, commit.commit_id, commit.stamp_ns, tuple(own))


def _decoded(
    journal: Journal, commit_id: int, stamp_ns: int, records: tuple[tuple[int, Record], ...]
) -> Step:
    poses = {number: r for number, r in records if isinstance(r, PoseRecord)}
    frames = tuple(
        read_frame(
            journal,
            number,
            record,
            world_from_camera=poses[record.pose_id].world_from_camera
            if record.pose_id in poses
            else None,
        )
        for number, record in records
        if isinstance(record, FrameRecord)
    )
    moves = tuple(
        PoseMove(
            pose.supersedes,
            pose.stamp_ns,
            journal.get_as(PoseRecord, pose.supersedes).world_from_camera,
            pose.world_from_camera,
        )
        for pose in poses.values()
        if pose.supersedes is not None
    )
    return Step(commit_id, stamp_ns, records, frames, moves)


def read_frame(
    journal: Journal,
    frame_id: int,
    record: FrameRecord,
    *,
    world_from_camera: Transform | None = None,
) -> FrameEntry:
    """A keyframe with its pixels, at its pose as first written unless another is given."""
    if world_from_camera is None:
        world_from_camera = journal.get_as(PoseRecord, record.pose_id).world_from_camera
    color = read_color(journal, record)
    return FrameEntry(
        frame_id,
        record,
        world_from_camera,
        read_depth(journal, record),
        None if color is None else reduced_color(color, record.height_px, record.width_px),
    )


def reduced_color(image: EncodedImage, height_px: int, width_px: int) -> NDArray[np.uint8]:
    """The colour that views see: a quarter of the size, which JPEG decodes four times as fast.

    Raises:
        InputError: not an image, or one of another size.
    """
    step = 4 if height_px % 4 == 0 and width_px % 4 == 0 else 1
    color = image.decode(reduction=step)
    if color.shape[:2] != (height_px // step, width_px // step):
        raise InputError(
            f"color must have {width_px}x{height_px} pixels as the intrinsics say, got about "
            f"{color.shape[1] * step}x{color.shape[0] * step}"
        )
    return color
