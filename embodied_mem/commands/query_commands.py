"""near, between, seen-from, seeing, route, frontiers: questions to a memory file."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import positive_int, print_json, print_table, print_text

if TYPE_CHECKING:
    from ..core import Recall
    from ..memory import EmbodiedMemory
    from ..recall.query import SpatialRecall

_STAMP_HELP = "seconds after the memory's first stamp (12.5), or absolute nanoseconds (1699999ns)"


def add_parsers(subparsers: Any) -> None:
    """Register the commands with argparse."""
    parser = _query_parser(
        subparsers, "near", "keyframes near a point, and what is there", run_near
    )
    _add_point(parser, "point", "X Y Z in metres")
    parser.add_argument("--radius", type=float, default=1.0, metavar="METRES")

    parser = _query_parser(subparsers, "between", "keyframes of an interval of time", run_between)
    parser.add_argument("start", help=_STAMP_HELP)
    parser.add_argument("end", help=_STAMP_HELP)

    parser = _query_parser(
        subparsers, "seen-from", "keyframes that saw what is visible from a pose", run_seen_from
    )
    parser.add_argument("--like", metavar="frame:ID", help="from the pose of this keyframe")
    _add_point(parser, "--at", "camera position X Y Z in metres")
    parser.add_argument("--yaw-deg", type=float, default=0.0, help="0 looks along x, 90 along y")
    parser.add_argument("--pitch-deg", type=float, default=0.0, help="negative looks down")
    parser.add_argument("--hfov-deg", type=float, default=70.0)

    parser = _query_parser(subparsers, "seeing", "keyframes that saw a point", run_seeing)
    _add_point(parser, "point", "X Y Z in metres")
    parser.add_argument("--radius", type=float, default=None, metavar="METRES")

    parser = _query_parser(subparsers, "route", "a way on the floor between two points", run_route)
    _add_point(parser, "start", "X Y Z in metres")
    _add_point(parser, "goal", "X Y Z in metres")
    parser.add_argument("--robot-radius", type=float, default=0.25, metavar="METRES")
    parser.add_argument("--robot-height", type=float, default=1.41, metavar="METRES")
    parser.add_argument(
        "--floor", type=float, metavar="METRES", help="height of the floor (estimated)"
    )

    parser = _query_parser(subparsers, "frontiers", "where the known ends", run_frontiers)
    parser.add_argument("--min-area", type=float, default=0.1, metavar="M2")


def _query_parser(subparsers: Any, name: str, help: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=help)
    parser.add_argument("file", type=Path, help="the memory file")
    parser.add_argument("-k", type=positive_int, default=8, help="how many answers at the most")
    parser.add_argument("--as-of", metavar="STAMP", help=f"what was known then: {_STAMP_HELP}")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--replay", type=Path, metavar="OUT.rrd", help="write a replay that shows the answer"
    )
    parser.set_defaults(run=run)
    return parser


def _add_point(parser: argparse.ArgumentParser, name: str, help: str) -> None:
    parser.add_argument(name, type=float, nargs=3, help=help)


def run_near(arguments: argparse.Namespace) -> int:
    with _open(arguments) as memory:
        recall = _recall(memory, arguments)
        return _print(arguments, recall.near(arguments.point, arguments.radius, k=arguments.k))


def run_between(arguments: argparse.Namespace) -> int:
    with _open(arguments) as memory:
        start, end = (parse_stamp(text, memory) for text in (arguments.start, arguments.end))
        return _print(arguments, _recall(memory, arguments).between(start, end, k=arguments.k))


def run_seen_from(arguments: argparse.Namespace) -> int:
    import numpy as np

    from ..errors import InputError
    from ..geometry import CameraIntrinsics, look_at

    if (arguments.like is None) == (arguments.at is None):
        raise InputError("seen-from needs one of --like frame:ID and --at X Y Z")
    with _open(arguments) as memory:
        recall = _recall(memory, arguments)
        if arguments.like is not None:
            keyframe = recall.keyframe(_frame_id(arguments.like))
            pose, intrinsics = keyframe.world_from_camera, keyframe.intrinsics
        else:
            yaw, pitch = math.radians(arguments.yaw_deg), math.radians(arguments.pitch_deg)
            ahead = np.array(
                [math.cos(pitch) * math.cos(yaw), math.cos(pitch) * math.sin(yaw), math.sin(pitch)]
            )
            eye = np.array(arguments.at)
            pose = look_at(eye, eye + ahead)
            intrinsics = CameraIntrinsics.from_hfov(640, 480, math.radians(arguments.hfov_deg))
        return _print(arguments, recall.seen_from(pose, intrinsics, k=arguments.k))


def run_seeing(arguments: argparse.Namespace) -> int:
    with _open(arguments) as memory:
        recall = _recall(memory, arguments)
        answer = recall.seeing(arguments.point, radius_m=arguments.radius, k=arguments.k)
        return _print(arguments, answer)


def run_route(arguments: argparse.Namespace) -> int:
    from ..spatial.routes import RobotShape

    robot = RobotShape(radius_m=arguments.robot_radius, height_m=arguments.robot_height)
    with _open(arguments) as memory:
        recall = _recall(memory, arguments)
        answer = recall.route(arguments.start, arguments.goal, robot=robot, floor_m=arguments.floor)
        return _print(arguments, answer)


def run_frontiers(arguments: argparse.Namespace) -> int:
    with _open(arguments) as memory:
        recall = _recall(memory, arguments)
        return _print(arguments, recall.frontiers(k=arguments.k, min_area_m2=arguments.min_area))


def parse_stamp(text: str, memory: EmbodiedMemory) -> int:
    """Nanoseconds from '12.5' (seconds after the first stamp) or '1699999ns' (absolute)."""
    from ..errors import InputError

    stamps = memory.journal.stamp_range()
    try:
        if text.endswith("ns"):
            return int(text[:-2])
        return (stamps[0] if stamps else 0) + round(float(text) * 1e9)
    except (ValueError, OverflowError) as error:
        raise InputError(f"a stamp is {_STAMP_HELP}, got '{text}'") from error


def _frame_id(text: str) -> int:
    from ..errors import InputError

    kind, _, number = text.partition(":")
    if kind != "frame" or not number.isdigit():
        raise InputError(f"a keyframe is written frame:ID, such as frame:17, got '{text}'")
    return int(number)


def _open(arguments: argparse.Namespace) -> EmbodiedMemory:
    from ..memory import EmbodiedMemory

    return EmbodiedMemory.open(arguments.file, read_only=True)


def _recall(memory: EmbodiedMemory, arguments: argparse.Namespace) -> SpatialRecall:
    if arguments.as_of is None:
        return memory.recall
    return memory.as_of(parse_stamp(arguments.as_of, memory))


def _print(arguments: argparse.Namespace, recall: Recall) -> int:
    if arguments.replay:
        from ..recording.replay import write_replay

        write_replay(arguments.file, arguments.replay, recalls=[(recall.query, recall)])
    if arguments.json:
        print_json(recall)
        return 0
    print_text(f"{recall.query}: {recall.verdict.value}. {recall.explanation}")
    if recall.items:
        rows = [
            [
                item.item_id,
                f"{item.score:.3f}",
                "" if item.stamp_ns is None else f"{item.stamp_ns} ns",
                ""
                if item.position_in_world is None
                else " ".join(f"{v:.2f}" for v in item.position_in_world),
                item.note,
            ]
            for item in recall.items
        ]
        print_table("", ["item", "score", "stamp", "x y z [m]", "note"], rows)
    return 0
