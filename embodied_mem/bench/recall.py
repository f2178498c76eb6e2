"""`bench recall`: does `seen_from` find the keyframes that share most of a view, and how fast?"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config import MemoryConfig
from ..core import Observation, Recording
from ..errors import InputError
from ..geometry import back_project, inverse, project, transform_points
from ..memory import EmbodiedMemory
from .report import BenchReport, Table, at_least, at_most

HELD_OUT_EVERY = 10
ANSWER_COUNT = 8
EARLY_FRAME_COUNT = 100
_DEPTH_TOLERANCE_M = 0.05
_DEPTH_TOLERANCE_SHARE = 0.02
_REPEATS = 20


def bench_recall(
    recording: Recording,
    config: MemoryConfig | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> BenchReport:
    """Every 10th frame is left out of the memory; its pose is the question.

    The answer is scored by brute force: each kept keyframe's share of the left-out frame's points that
    it sees at the right depth. `seen_from_covisibility` is the sum over the returned 8 over the sum of
    the best 8.
    """
    config = config or MemoryConfig()
    held_out: list[Observation] = []
    frame_count = 0
    with tempfile.TemporaryDirectory() as folder:
        early = EmbodiedMemory.open(Path(folder) / "early.db", config)
        memory = EmbodiedMemory.open(Path(folder) / "memory.db", config)
        with early, memory:
            kept: list[Observation] = []
            raw_bytes = 0
            for place, observation in enumerate(recording.observations()):
                frame_count += 1
                if progress:
                    progress(place + 1, recording.info.frame_count)
                if place % HELD_OUT_EVERY == HELD_OUT_EVERY // 2:
                    held_out.append(observation)
                    continue
                if place < EARLY_FRAME_COUNT:
                    early.update(observation)
                raw_bytes += observation.depth.raw.nbytes if observation.depth is not None else 0
                if memory.update(observation).frame_id is not None:
                    kept.append(observation)
            if not held_out or not kept:
                raise InputError(
                    f"bench recall leaves every {HELD_OUT_EVERY}th frame out and needs at least "
                    f"{HELD_OUT_EVERY} frames, got {frame_count}"
                )
            scores = [_score(memory, observation, kept) for observation in held_out]
            late_ms = [_query_ms(memory, o) for o in held_out]
            first = [o for o in held_out if (o.source_index or 0) < EARLY_FRAME_COUNT]
            growth = _growth(early, memory, first or held_out[:10])
            rows = _size_rows(memory, kept, frame_count)
    return BenchReport(
        "recall",
        (
            at_least("seen_from_covisibility", float(np.mean(scores)), 0.95, "share of the best 8"),
            at_most("seen_from_p50_ms", float(np.median(late_ms)), 2.0, "ms"),
            at_most("seen_from_growth", growth, 1.2, "x"),
        ),
        (Table("what is kept", ("", "value"), rows),),
        (
            f"{len(held_out)} poses of left-out frames; the worst one reaches {min(scores):.3f} of its "
            "best 8, by brute-force depth-checked covisibility at every 8th pixel.",
            f"A point counts as seen when it projects into the keyframe within {_DEPTH_TOLERANCE_M} m + "
            f"{_DEPTH_TOLERANCE_SHARE:.0%} of its depth.",
            f"Growth: the same poses (of the first {EARLY_FRAME_COUNT} frames) asked in the memory of "
            "all frames over the memory of the first ones; alternating, medians of CPU time.",
        ),
        {
            "recording": recording.info.name,
            "frames": frame_count,
            "config": dataclasses.asdict(config),
        },
    )


def covisibility(observation: Observation, keyframe: Observation, *, stride_px: int = 8) -> float:
    """Share of an observation's points that a keyframe sees at the right depth."""
    if observation.depth is None or keyframe.depth is None:
        return 0.0
    points = transform_points(
        observation.world_from_camera,
        back_project(observation.depth.metres(), observation.intrinsics, stride_px=stride_px),
    )
    in_keyframe = transform_points(inverse(keyframe.world_from_camera), points)
    pixels, is_inside = project(in_keyframe, keyframe.intrinsics)
    u, v = np.rint(pixels[is_inside]).astype(np.int64).T
    u = np.clip(u, 0, keyframe.intrinsics.width_px - 1)
    v = np.clip(v, 0, keyframe.intrinsics.height_px - 1)
    measured = keyframe.depth.raw[v, u] * keyframe.depth.unit_m
    expected = in_keyframe[is_inside, 2]
    tolerance = _DEPTH_TOLERANCE_M + _DEPTH_TOLERANCE_SHARE * expected
    is_seen = (measured > 0) & (np.abs(measured - expected) <= tolerance)
    return float(is_seen.sum() / max(len(points), 1))


def _score(memory: EmbodiedMemory, observation: Observation, kept: list[Observation]) -> float:
    shares: NDArray[np.float64] = np.array([covisibility(observation, frame) for frame in kept])
    votes = memory.views.cache.seen_from(
        observation.world_from_camera, observation.intrinsics, k=ANSWER_COUNT
    )
    best = float(np.sort(shares)[::-1][:ANSWER_COUNT].sum())
    return float(shares[votes.frames].sum()) / best if best > 0 else 1.0


def _query_ms(memory: EmbodiedMemory, observation: Observation) -> float:
    recall = memory.recall
    recall.seen_from(observation.world_from_camera, observation.intrinsics, k=ANSWER_COUNT)
    start = time.process_time_ns()
    recall.seen_from(observation.world_from_camera, observation.intrinsics, k=ANSWER_COUNT)
    return (time.process_time_ns() - start) / 1e6


def _growth(early: EmbodiedMemory, late: EmbodiedMemory, questions: list[Observation]) -> float:
    """Ratio of median query times, the two memories in turn."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(_REPEATS):
        for observation in questions:
            times[False].append(_query_ms(early, observation))
            times[True].append(_query_ms(late, observation))
    return float(np.median(times[True]) / np.median(times[False]))


def _size_rows(
    memory: EmbodiedMemory, kept: list[Observation], frame_count: int
) -> tuple[tuple[str, str], ...]:
    views = memory.views
    return (
        ("frames seen", str(frame_count)),
        ("keyframes kept", f"{len(kept)} ({len(kept) / frame_count:.1%})"),
        ("journal", f"{memory.journal.size_bytes() / 1e6:.2f} MB"),
        ("octree", f"{views.octree.byte_count / 1e6:.2f} MB, {views.octree.block_count} blocks"),
        ("3D cache", f"{views.cache.byte_count / 1e6:.2f} MB, {views.cache.voxel_count} voxels"),
    )
