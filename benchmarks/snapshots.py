"""How much a few frames cover: greedy beside 3D-Mem's divisive clustering and even steps.

Run: python benchmarks/snapshots.py [--scenes 12] [--memory FILE] [--json]
A random scene has furniture groups in rooms and a camera that looks around in each. Divisive clustering
says how many frames it needs to own everything; shares of that number are the budgets for all three.
With --memory, the detections of a memory file's keyframes are one more scene; an instance is an entity.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embodied_mem.bench.report import BenchReport, Table, at_least, at_most, median_cpu_ms
from embodied_mem.commands.output import print_json, print_table, print_text
from embodied_mem.episodic.cover import greedy_cover
from embodied_mem.episodic.divisive import divisive_cover
from embodied_mem.episodic.snapshots import Visibility, sighting_score
from embodied_mem.errors import InputError
from embodied_mem.policies.snapshot import SNAPSHOT_POLICIES, make_snapshot_policy

OBJECT_COUNT, FRAME_COUNT = 115, 120
ROOM_COLUMNS, ROOM_ROWS, ROOM_M = 3, 2, 4.5
GROUPS_PER_ROOM, GROUP_SPREAD_M = 3, 0.45
HFOV_RAD = float(np.deg2rad(90.0))
RANGE_M = (0.3, 4.0)
MISS_RATE = 0.1
BUDGET_SHARES = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Scene:
    """Who is seen where, and where everything stands."""

    name: str
    visibility: Visibility
    positions_in_world: NDArray[np.float64]


def random_scene(seed: int) -> Scene:
    """Objects in groups, frames in a tour of the rooms; walls hide what is in another room."""
    rng = np.random.default_rng(seed)
    room_count = ROOM_COLUMNS * ROOM_ROWS
    corners = ROOM_M * np.array([(i % ROOM_COLUMNS, i // ROOM_COLUMNS) for i in range(room_count)])
    centres = corners[:, None] + rng.uniform(0.6, ROOM_M - 0.6, (room_count, GROUPS_PER_ROOM, 2))
    room_of = np.sort(rng.integers(room_count, size=OBJECT_COUNT))
    group_of = rng.integers(GROUPS_PER_ROOM, size=OBJECT_COUNT)
    offsets = rng.normal(0, GROUP_SPREAD_M, (OBJECT_COUNT, 2))
    low = corners[room_of]
    positions = np.clip(centres[room_of, group_of] + offsets, low + 0.1, low + ROOM_M - 0.1)
    sizes_m = rng.uniform(0.1, 0.6, OBJECT_COUNT)
    visibility = Visibility()
    for frame in range(FRAME_COUNT):
        room = frame * room_count // FRAME_COUNT
        eye = corners[room] + rng.uniform(0.5, ROOM_M - 0.5, 2)
        gaps = positions - eye
        distance_m = np.hypot(*gaps.T)
        bearing = np.arctan2(gaps[:, 1], gaps[:, 0]) - rng.uniform(-np.pi, np.pi)
        off_axis = np.abs((bearing + np.pi) % (2 * np.pi) - np.pi)
        is_seen = (off_axis < HFOV_RAD / 2) & (distance_m > RANGE_M[0]) & (distance_m < RANGE_M[1])
        is_seen &= (room_of == room) & (rng.random(OBJECT_COUNT) > MISS_RATE)
        seen = np.flatnonzero(is_seen)
        pixel_shares = np.minimum(1.0, (sizes_m[seen] / distance_m[seen]) ** 2 / 2)
        shares = rng.uniform(0.3, 1.0, len(seen))
        scores = [sighting_score(*pair) for pair in zip(shares, pixel_shares, strict=True)]
        visibility.add(frame, seen, scores)
    return Scene(f"random {seed}", visibility, positions)


def memory_scene(path: Path) -> Scene:
    """Keyframes and instances of a memory file.

    Raises:
        InputError: no keyframe has a detection with an instance id and a place.
    """
    from embodied_mem.journal.records import DetectionRecord, FrameRecord
    from embodied_mem.journal.store import Journal

    visibility = Visibility()
    numbers: dict[str, int] = {}
    places: list[list[NDArray[np.float64]]] = []
    with Journal.open(path, read_only=True) as journal:
        frames = [record for _, record in journal.entries(kinds=[FrameRecord])]
        number_of_pose = {frame.pose_id: number for number, frame in enumerate(frames)}
        for _, found in journal.entries(kinds=[DetectionRecord]):
            number = number_of_pose.get(found.pose_id)
            if number is None or found.instance_id is None or found.centroid_in_world is None:
                continue
            entity = numbers.setdefault(found.instance_id, len(numbers))
            if entity == len(places):
                places.append([])
            places[entity].append(np.asarray(found.centroid_in_world, np.float64))
            width = found.box_x_max_px - found.box_x_min_px
            height = found.box_y_max_px - found.box_y_min_px
            image = frames[number].width_px * frames[number].height_px
            score = sighting_score(found.confidence, min(1.0, width * height / image))
            if score > 0:
                visibility.add(number, [entity], [score])
    if not visibility.frame_count:
        raise InputError(
            f"{path} holds no keyframe with detections that have an instance id and a place; update it "
            "with a perceiver that tracks, or with a simulator's instance ids"
        )
    return Scene(path.name, visibility, np.array([np.mean(rows, axis=0) for rows in places]))


def coverage(scene: Scene, name: str, frame_count: int) -> float:
    """Share of the entities that so many frames cover."""
    policy = make_snapshot_policy(name)
    return policy.cover(scene.visibility, scene.positions_in_world, frame_count).covered_share


def cover_ms() -> float:
    """CPU of one greedy cover of 500 entities in 2,000 frames with 15 each."""
    rng = np.random.default_rng(0)
    visibility = Visibility()
    for frame in range(2000):
        visibility.add(frame, rng.choice(500, 15, replace=False), 1.0 - rng.random(15))
    return median_cpu_ms(lambda: greedy_cover(visibility), repeats=20)


def bench_snapshots(scenes: list[Scene]) -> BenchReport:
    """Coverage at equal frame counts, frames for everything, and time."""
    full = [divisive_cover(s.visibility, s.positions_in_world) for s in scenes]
    greedy_full = [greedy_cover(s.visibility) for s in scenes]
    shares = np.array(
        [
            [
                [
                    coverage(scene, name, round(part * len(cover.snapshots)))
                    for name in SNAPSHOT_POLICIES
                ]
                for part in BUDGET_SHARES
            ]
            for scene, cover in zip(scenes, full, strict=True)
        ]
    )
    names = list(SNAPSHOT_POLICIES)
    lead = {
        rival: shares[:, :-1, names.index("greedy")] - shares[:, :-1, names.index(rival)]
        for rival in ("divisive", "uniform")
    }
    frames = [(len(g.snapshots), len(d.snapshots)) for g, d in zip(greedy_full, full, strict=True)]
    times_ms = {
        name: float(np.mean([_policy_ms(scene, name) for scene in scenes[:4]])) for name in names
    }
    return BenchReport(
        "snapshots",
        (
            at_least("lead_over_divisive_mean", 100 * lead["divisive"].mean(), 1.0, "points"),
            at_least("lead_over_divisive_least", 100 * lead["divisive"].min(), 0.0, "points"),
            at_least("lead_over_uniform_mean", 100 * lead["uniform"].mean(), 5.0, "points"),
            at_least("lead_over_uniform_least", 100 * lead["uniform"].min(), 0.0, "points"),
            at_most(
                "frames_for_all", float(np.mean([g / d for g, d in frames])), 1.0, "x divisive"
            ),
            at_most("cover_cpu_ms", cover_ms(), 5.0, "ms"),
        ),
        (
            Table(
                f"coverage, mean of {len(scenes)} scenes",
                ("budget, share of divisive's frames", *names),
                tuple(
                    (f"{part:g}", *(f"{value:.1%}" for value in shares[:, i].mean(axis=0)))
                    for i, part in enumerate(BUDGET_SHARES)
                ),
            ),
            Table(
                "frames to own everything, and CPU of one cover",
                ("policy", "frames", "ms"),
                (
                    ("greedy", f"{np.mean(frames, axis=0)[0]:.1f}", f"{times_ms['greedy']:.2f}"),
                    (
                        "divisive",
                        f"{np.mean(frames, axis=0)[1]:.1f}",
                        f"{times_ms['divisive']:.2f}",
                    ),
                ),
            ),
        ),
        (
            "Leads are at 1/4, 1/2 and 3/4 of the frames that divisive needs to own everything; the least "
            "one is over all scenes and budgets.",
            "3D-Mem has no frame budget: divisive keeps its largest clusters, and what their frames show "
            "besides counts for it too.",
            "cover_cpu_ms: 500 entities, 2,000 frames, 15 entities each, random.",
        ),
        {"scenes": [scene.name for scene in scenes], "budget_shares": list(BUDGET_SHARES)},
    )


def _policy_ms(scene: Scene, name: str) -> float:
    policy = make_snapshot_policy(name)
    return median_cpu_ms(
        lambda: policy.cover(scene.visibility, scene.positions_in_world), repeats=5
    )


def print_report(report: BenchReport) -> None:
    for table in report.tables:
        print_table(table.title, list(table.columns), [list(row) for row in table.rows])
    rows = [
        [bar.name, f"{bar.value} {bar.unit}", bar.bound, "ok" if bar.ok else "MISSED"]
        for bar in report.bars
    ]
    print_table("bars", ["bar", "value", "bound", ""], rows)
    for note in report.notes:
        print_text(f"- {note}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=12, help="random scenes, seeds from 0")
    parser.add_argument("--memory", type=Path, help="a memory file as one more scene")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    scenes = [random_scene(seed) for seed in range(arguments.scenes)]
    if arguments.memory is not None:
        scenes.append(memory_scene(arguments.memory))
    report = bench_snapshots(scenes)
    if arguments.json:
        print_json(report)
    else:
        print_report(report)
    return 0 if report.is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
