"""The snapshots that stand for a memory, as one picture of small pictures with names under them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import cv2
import numpy as np
import rerun as rr
from numpy.typing import NDArray

from ..episodic.snapshots import Snapshot, SnapshotCover
from ..geometry import transform_points
from ..journal.recording import read_color
from ..journal.records import FrameRecord, PoseRecord
from ..journal.store import Journal
from . import palette

SHEET, CAMERAS = "snapshots/sheet", "world/snapshots"
_MOST_PICTURES = 48
_WIDTH_PX, _GAP_PX, _LINE_PX = 200, 8, 20
_LINES = 3
_ASPECT = 1.6
_REACH_M = 0.3


def log_snapshots(
    recording: rr.RecordingStream,
    journal: Journal,
    cover: SnapshotCover,
    names: Mapping[int, str],
) -> None:
    """The cover as a contact sheet, and its cameras in space; `names` are of entities by number."""
    if not cover.snapshots:
        return
    shown = sorted(cover.snapshots, key=lambda s: (-len(s.owned), s.frame_number))
    frames = [(s, journal.get_as(FrameRecord, s.frame_number)) for s in shown]
    tiles = [
        _tile(_thumbnail(journal, frame), snapshot, names)
        for snapshot, frame in frames[:_MOST_PICTURES]
    ]
    recording.log(SHEET, rr.Image(_arranged(tiles)).compress(jpeg_quality=82))
    strips = [strip for _, frame in frames for strip in _frustum(journal, frame)]
    lines = rr.LineStrips3D(strips, colors=palette.HELD, radii=rr.Radius.ui_points(1.5))
    recording.log(f"{CAMERAS}/cameras", lines)


def _thumbnail(journal: Journal, frame: FrameRecord) -> NDArray[np.uint8]:
    color = read_color(journal, frame)
    height = max(1, round(_WIDTH_PX * frame.height_px / frame.width_px))
    if color is None:
        return np.full((height, _WIDTH_PX, 3), 40, np.uint8)
    reduction = 2 if frame.width_px >= 2 * _WIDTH_PX else 1
    small = cv2.resize(
        color.decode(reduction=reduction), (_WIDTH_PX, height), interpolation=cv2.INTER_AREA
    )
    return np.asarray(small, np.uint8)


def _tile(
    picture: NDArray[np.uint8], snapshot: Snapshot, names: Mapping[int, str]
) -> NDArray[np.uint8]:
    """The picture above the names of what it stands for."""
    words = [names.get(number, f"#{number}") for number in snapshot.owned]
    lines = [f"frame:{snapshot.frame_number}", *_wrapped(words)]
    caption = np.full((_LINE_PX * (_LINES + 1) + 6, picture.shape[1], 3), 24, np.uint8)
    for place, line in enumerate(lines):
        color = palette.KEYFRAME if place == 0 else palette.WORDS
        cv2.putText(
            caption, line, (3, _LINE_PX * (place + 1) - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.5, color,
            1, cv2.LINE_AA,
        )  # fmt: skip
    return np.concatenate([picture, caption])


def _wrapped(words: list[str]) -> list[str]:
    """Words in a few lines, with a count of those that found no room."""
    most = _WIDTH_PX // 9
    lines = [""]
    for place, word in enumerate(words):
        longer = f"{lines[-1]}, {word}" if lines[-1] else word
        if len(longer) <= most:
            lines[-1] = longer
        elif len(lines) < _LINES:
            lines.append(word[:most])
        else:
            lines[-1] += f" +{len(words) - place}"
            break
    return lines


def _arranged(tiles: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Rows of tiles on a dark ground, somewhat wider than high."""
    height = max(tile.shape[0] for tile in tiles) + _GAP_PX
    width = _WIDTH_PX + _GAP_PX
    columns = max(1, min(len(tiles), math.ceil(math.sqrt(_ASPECT * len(tiles) * height / width))))
    rows = math.ceil(len(tiles) / columns)
    sheet = np.empty((rows * height + _GAP_PX, columns * width + _GAP_PX, 3), np.uint8)
    sheet[:] = palette.BACKGROUND
    for place, tile in enumerate(tiles):
        y, x = place // columns * height + _GAP_PX, place % columns * width + _GAP_PX
        sheet[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
    return sheet


def _frustum(journal: Journal, frame: FrameRecord) -> list[NDArray[np.float64]]:
    """Lines of a camera in the world."""
    camera = frame.intrinsics
    u = np.array([0.0, camera.width_px, camera.width_px, 0.0])
    v = np.array([0.0, 0.0, camera.height_px, camera.height_px])
    x, y = (u - camera.cx_px) / camera.fx_px, (v - camera.cy_px) / camera.fy_px
    in_camera = np.stack([x, y, np.ones(4)], axis=1) * _REACH_M
    pose = journal.get_as(PoseRecord, frame.pose_id).world_from_camera
    corners = transform_points(pose, in_camera)
    eye = pose[:3, 3]
    ring = np.concatenate([corners, corners[:1]])
    return [ring, *(np.stack([eye, corner]) for corner in corners)]
