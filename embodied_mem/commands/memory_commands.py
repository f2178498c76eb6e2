"""ingest, info, verify, export, replay: commands on a whole memory file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..config import PERCEPTION_SOURCES
from .output import positive_int, print_json, print_table, print_text, progress_bar


def add_parsers(subparsers: Any) -> None:
    """Register the commands with argparse."""
    parser = subparsers.add_parser(
        "ingest", help="feed a recording to a memory file; run it again to continue"
    )
    parser.add_argument(
        "recording", type=Path, help="7-Scenes, TUM or plain folder, bag, or memory file"
    )
    parser.add_argument(
        "--memory", type=Path, required=True, help="the memory file, made if missing"
    )
    parser.add_argument("--format", help="7scenes, tum, plain or rosbag2; by default found out")
    parser.add_argument(
        "--up",
        default="auto",
        help="which way is up in the recording: +x -x +y -y +z -z, estimate, none (default: estimate "
        "for 7-Scenes, none for the others); write --up=-y for a minus",
    )
    parser.add_argument(
        "--perception",
        choices=PERCEPTION_SOURCES,
        help="where detections come from (default: the recording itself)",
    )
    parser.add_argument(
        "--weights", type=Path, help="for --perception: the ONNX file, JSON lines or model folder"
    )
    parser.add_argument("--name", help="name of the session (default: of the recording)")
    parser.add_argument(
        "--frames", type=positive_int, help="stop after this many frames of the recording"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument(
        "overrides", nargs="*", metavar="KEY=VALUE", help="configuration, e.g. memory=fine"
    )
    parser.set_defaults(run=run_ingest)

    parser = subparsers.add_parser("info", help="what a memory file holds")
    _add_file(parser)
    parser.set_defaults(run=run_info)

    parser = subparsers.add_parser("verify", help="check every digest and rebuild every view")
    _add_file(parser)
    parser.set_defaults(run=run_verify)

    parser = subparsers.add_parser("export", help="write the map for other tools")
    _add_file(parser)
    parser.add_argument("--format", required=True, choices=("ply", "glb", "octomap"))
    parser.add_argument(
        "--out", type=Path, help="default: the memory's name with .ply, .glb or .ot"
    )
    parser.set_defaults(run=run_export)

    parser = subparsers.add_parser(
        "replay", help="look at a memory, or at an episode of a run, in the rerun viewer"
    )
    _add_file(parser)
    parser.add_argument("--episode", help="of a run folder (default: the first that was kept)")
    parser.add_argument(
        "--task", type=int, help="of the episode, by number (default: all, failed ones first)"
    )
    parser.add_argument(
        "--save", type=Path, metavar="OUT.rrd", help="write the replay, open nothing"
    )
    parser.add_argument(
        "--screenshot", type=Path, metavar="OUT.png", help="draw it without a screen"
    )
    parser.add_argument("--time", type=float, metavar="SECONDS", help="time of the screenshot")
    parser.add_argument("--web", action="store_true", help="serve the viewer on loopback")
    parser.set_defaults(run=run_replay)


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the memory file")
    parser.add_argument("--json", action="store_true", help="print JSON")


def is_same_file(first: Path, second: Path) -> bool:
    return first.exists() and second.exists() and first.samefile(second)


def run_ingest(arguments: argparse.Namespace) -> int:
    from ..config import load_config
    from ..errors import InputError
    from ..ingest import ingest, open_source

    if is_same_file(arguments.recording, arguments.memory):
        raise InputError(f"{arguments.memory} cannot be fed to itself; choose another --memory")
    config = load_config(_ingest_overrides(arguments))
    with progress_bar(f"ingest {arguments.recording}", is_shown=not arguments.json) as progress:
        summary = ingest(
            lambda: open_source(arguments.recording, format=arguments.format, up=arguments.up),
            arguments.memory,
            config.memory if any(o.startswith("memory") for o in arguments.overrides) else None,
            perception=config.perception,
            name=arguments.name,
            frame_limit=arguments.frames,
            progress=progress,
        )
    if arguments.json:
        print_json(summary)
        return 0
    if summary.new_frame_count == 0:
        print_text(f"nothing new: {summary.memory} holds all {summary.frame_count} frames")
        return 0
    print_text(
        f"{summary.new_frame_count} frames, {summary.new_keyframe_count} kept, in "
        f"{summary.seconds:.2f} s ({summary.ingest_fps:.0f} frames/s), {summary.bytes / 1e6:.1f} MB in "
        f"{summary.memory}"
    )
    rows = [
        [stage, str(t.count), f"{t.p50_ms:.2f}", f"{t.p95_ms:.2f}"]
        for stage, t in {"update": summary.update_ms, **summary.stage_ms}.items()
    ]
    print_table("milliseconds by stage", ["stage", "frames", "p50", "p95"], rows)
    return 0


def _ingest_overrides(arguments: argparse.Namespace) -> list[str]:
    """The options for perception are short for configuration."""
    overrides = list(arguments.overrides)
    if arguments.perception is not None:
        overrides.append(f"perception={arguments.perception}")
    if arguments.weights is not None:
        overrides.append(f"perception.weights={arguments.weights}")
    return overrides


def run_info(arguments: argparse.Namespace) -> int:
    from ..journal.summary import summarise

    summary = summarise(arguments.file)
    if arguments.json:
        print_json(summary)
        return 0
    print_text(f"{summary.path}: {summary.bytes / 1e6:.1f} MB, schema {summary.schema_version}")
    counts = ", ".join(f"{count} {kind}s" for kind, count in summary.record_counts.items())
    print_text(f"records: {counts or 'none'}")
    if summary.duration_s is not None:
        print_text(f"spans {summary.duration_s:.2f} s from stamp {summary.first_stamp_ns} ns")
    for session in summary.sessions:
        print_text(
            f"session:{session.session_id} {session.name} ({session.source_format}), "
            f"{session.pose_count} frames, {session.keyframe_count} kept"
        )
    print_text(f"checkpoints: {', '.join(summary.checkpoints) or 'none'}")
    print_text(f"digest {summary.digest}")
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    from ..audit import verify_memory

    with progress_bar("verify", is_shown=not arguments.json) as progress:
        report = verify_memory(
            arguments.file, progress=lambda _, done: progress(done, 0) if progress else None
        )
    if arguments.json:
        print_json({"is_ok": report.is_ok, "report": report})
    elif report.is_ok:
        print_text(
            f"{arguments.file} is whole: {report.record_count} records, {report.blob_count} blobs, "
            f"{report.keyframe_count} keyframes; views rebuilt, {report.checked_checkpoints} checkpoints "
            "agree"
        )
    else:
        for problem in report.problems:
            print_text(f"PROBLEM: {problem}")
    return 0 if report.is_ok else 1


def run_export(arguments: argparse.Namespace) -> int:
    from ..errors import InputError
    from ..memory import EmbodiedMemory
    from ..spatial.export import write_glb, write_octomap, write_ply

    suffix = {"ply": ".ply", "glb": ".glb", "octomap": ".ot"}[arguments.format]
    out = arguments.out or arguments.file.with_suffix(suffix)
    if is_same_file(out, arguments.file):
        raise InputError(f"{out} is the memory itself; choose another --out")
    with EmbodiedMemory.open(arguments.file, read_only=True) as memory:
        views = memory.views
        if arguments.format == "octomap":
            write_octomap(out, views.octree)
        elif arguments.format == "glb":
            write_glb(out, views.octree, surface=views.cache.surface())
        else:
            surface = views.cache.surface()
            write_ply(out, surface.points, surface.colors)
    if arguments.json:
        print_json({"out": str(out), "format": arguments.format, "bytes": out.stat().st_size})
    else:
        print_text(f"wrote {out} ({out.stat().st_size / 1e6:.2f} MB)")
    return 0


def _replayed(arguments: argparse.Namespace) -> tuple[Path, list[Any]]:
    """The memory file to show and the answers to show with it."""
    from ..errors import InputError

    if not arguments.file.is_dir():
        if arguments.episode is not None or arguments.task is not None:
            raise InputError("--episode and --task belong to a run folder, not to a memory file")
        return arguments.file, []
    from ..evaluation.replay import find_memory, recalls_of

    path, episode = find_memory(arguments.file, arguments.episode)
    return path, recalls_of(path, episode, arguments.task)


def run_replay(arguments: argparse.Namespace) -> int:
    if arguments.save or arguments.screenshot:
        return _save_replay(arguments)
    from ..recording.viewer import show_replay

    path, recalls = _replayed(arguments)
    with show_replay(path, web=arguments.web, recalls=recalls) as viewer:
        print_text(f"replay of {path}: {viewer.url} (interrupt to stop)")
        return viewer.wait()


def _save_replay(arguments: argparse.Namespace) -> int:
    import tempfile

    from ..recording.replay import write_replay

    with (
        tempfile.TemporaryDirectory() as folder,
        progress_bar("replay", is_shown=not arguments.json) as progress,
    ):
        out = arguments.save or Path(folder) / "replay.rrd"
        path, recalls = _replayed(arguments)
        summary = write_replay(path, out, recalls=recalls, progress=progress)
        if arguments.screenshot:
            from ..recording.screenshot import take_screenshot

            take_screenshot(out, arguments.screenshot, time_s=arguments.time)
    if arguments.json:
        print_json(summary)
    else:
        written = [str(p) for p in (arguments.save, arguments.screenshot) if p]
        print_text(
            f"wrote {' and '.join(written)}: {summary.frame_count} frames, "
            f"{summary.keyframe_count} keyframes, {summary.bytes / 1e6:.1f} MB"
        )
    return 0
