"""demo: the whole path on a rendered room, with a picture and a replay."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .output import positive_int, print_json, print_table, print_text, progress_bar


def add_parsers(subparsers: Any) -> None:
    """Register the command with argparse."""
    parser = subparsers.add_parser("demo", help="a robot lives in a house: remember, ask, replay")
    parser.add_argument(
        "--out", type=Path, default=Path("demo_output"), help="folder for the results"
    )
    parser.add_argument("--frames", type=positive_int, default=300, help="frames to live through")
    parser.add_argument("--seed", type=int, default=3, help="of the house")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run_demo_command)


def run_demo_command(arguments: argparse.Namespace) -> int:
    from ..demo.run import run_demo

    with progress_bar("demo", is_shown=not arguments.json) as progress:
        result = run_demo(
            arguments.out, frame_count=arguments.frames, seed=arguments.seed, progress=progress
        )
    if arguments.json:
        print_json(result)
        return 0
    summary = result.summary
    print_text(
        f"A robot drove through a house of {result.room_count} rooms: {summary.frame_count} frames, "
        f"{summary.keyframe_count} kept, {summary.bytes / 1e6:.1f} MB, "
        f"{summary.ingest_fps:.0f} frames/s with simulation."
    )
    rows = [
        [answer.question, answer.recall.verdict.value, answer.recall.explanation]
        for answer in result.answers
    ]
    print_table("What it remembers", ["question", "verdict", "answer"], rows)
    for label, path in (
        ("memory", result.memory),
        ("picture", result.picture),
        ("replay", result.replay),
    ):
        print_text(f"{label:8} {path if path else 'not written: pip install embodied-mem[viewer]'}")
    if result.replay:
        print_text(f"open it: embodied-mem replay {result.memory}")
    return 0
