"""bench spatial, recall, journal, house, memory: measure, beside peers if there are any; check bars."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .output import positive_int, print_json, print_table, print_text, progress_bar

if TYPE_CHECKING:
    from ..bench.report import BenchReport
    from ..core import Recording


def add_parsers(subparsers: Any) -> None:
    """Register the commands with argparse."""
    parser = subparsers.add_parser("bench", help="measure speed and quality beside peers")
    benches = parser.add_subparsers(dest="bench", required=True, metavar="WHAT")
    for name, help, run, frames in (
        ("spatial", "octree integration and queries beside OctoMap and Open3D", run_spatial, 40),
        ("recall", "seen_from against brute force, and its cost over time", run_recall, None),
        ("journal", "depth codecs and commits", run_journal, 40),
    ):
        bench = benches.add_parser(name, help=help)
        bench.add_argument(
            "--recording",
            type=Path,
            help="a recording to measure on (default: the rendered demo room)",
        )
        if frames is not None:
            bench.add_argument(
                "--frames", type=positive_int, default=frames, help="frames, spread evenly"
            )
        bench.add_argument("--json", action="store_true", help="print one JSON object")
        bench.set_defaults(run=run)
    house = benches.add_parser("house", help="frames and steps a second of the simulated house")
    house.add_argument("--seeds", type=int, nargs="+", help="houses to measure (default: 1 to 5)")
    house.add_argument("--steps", type=int, default=200, help="steps of the walk in each house")
    house.add_argument("--json", action="store_true", help="print one JSON object")
    house.set_defaults(run=run_house)
    _add_memory_parser(benches)


def _add_memory_parser(benches: Any) -> None:
    memory = benches.add_parser(
        "memory",
        help="what a memory believes after long episodes in held-out houses, against truth",
    )
    memory.add_argument("--episodes", type=positive_int, default=20, help="houses (default: 20)")
    memory.add_argument(
        "--noise", default="off,mild,hard", help="levels, each of which plays every house"
    )
    memory.add_argument("--seed", type=int, default=1000, help="of the first house")
    memory.add_argument(
        "--steps", type=positive_int, default=2000, help="of each episode, at least"
    )
    memory.add_argument("--workers", type=positive_int, default=2, help="episodes at a time")
    memory.add_argument(
        "--out", type=Path, help="keep the scores of each episode here; a stopped run goes on"
    )
    memory.add_argument("--keep", action="store_true", help="keep memories and truth in --out, too")
    memory.add_argument("--rows", type=Path, help="write the judged questions as JSON lines")
    memory.add_argument("--no-speed", action="store_true", help="skip timing updates and questions")
    memory.add_argument("--json", action="store_true", help="print one JSON object")
    memory.set_defaults(run=run_memory)


def run_spatial(arguments: argparse.Namespace) -> int:
    from ..bench.spatial import bench_spatial

    report = bench_spatial(_recording(arguments), frame_count=arguments.frames, progress=_tell)
    return _print(arguments, report)


def run_recall(arguments: argparse.Namespace) -> int:
    from ..bench.recall import bench_recall

    with progress_bar("bench recall", is_shown=not arguments.json) as progress:
        report = bench_recall(_recording(arguments), progress=progress)
    return _print(arguments, report)


def run_journal(arguments: argparse.Namespace) -> int:
    from ..bench.journal import bench_journal

    return _print(arguments, bench_journal(_recording(arguments), frame_count=arguments.frames))


def run_house(arguments: argparse.Namespace) -> int:
    from ..bench.house import DEFAULT_SEEDS, bench_house

    report = bench_house(
        seeds=tuple(arguments.seeds or DEFAULT_SEEDS), steps=arguments.steps, progress=_tell
    )
    return _print(arguments, report)


def run_memory(arguments: argparse.Namespace) -> int:
    from ..bench.memory.bench import bench_memory

    if arguments.keep and arguments.out is None:
        raise InputError("--keep keeps memories in the folder of --out; name one")
    with progress_bar("bench memory", is_shown=True) as progress:
        report = bench_memory(
            episode_count=arguments.episodes,
            noise_levels=tuple(arguments.noise.split(",")),
            first_seed=arguments.seed,
            step_count=arguments.steps,
            worker_count=arguments.workers,
            out=arguments.out,
            is_kept=arguments.keep,
            rows=arguments.rows,
            has_speed=not arguments.no_speed,
            progress=progress,
        )
    return _print(arguments, report)


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"measuring {text}\n")


def _recording(arguments: argparse.Namespace) -> Recording:
    if arguments.recording is not None:
        from ..ingest import open_source

        return open_source(arguments.recording, up="none")
    from ..envs.house.demo_room import DemoRecording

    return DemoRecording(frame_count=200)


def _print(arguments: argparse.Namespace, report: BenchReport) -> int:
    if arguments.json:
        print_json(report)
    else:
        for table in report.tables:
            print_table(table.title, list(table.columns), [list(row) for row in table.rows])
        rows = [
            [
                bar.name,
                "not measured" if bar.value is None else f"{bar.value:g} {bar.unit}",
                bar.bound,
                "ok" if bar.ok else "MISSED",
            ]
            for bar in report.bars
        ]
        print_table("bars", ["bar", "value", "bound", ""], rows)
        for note in report.notes:
            print_text(f"- {note}")
    return 0 if report.is_ok else 1
