"""bench spatial, recall, journal, house: measure, beside peers where there are any, and check bars."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
