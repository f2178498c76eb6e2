"""house: make a house from a seed, draw and export it, or check many."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .output import print_json, print_table, print_text, progress_bar

if TYPE_CHECKING:
    from ..envs.house.check import CheckSummary, HouseReport
    from ..envs.house.world import House


def add_parsers(subparsers: Any) -> None:
    """Register the command with argparse."""
    parser = subparsers.add_parser(
        "house", help="make a furnished house from a seed, or check many"
    )
    parser.add_argument("--seed", type=int, default=0, help="the house; with --check the first one")
    parser.add_argument("--rooms", type=int, help="number of rooms, 4 to 10 (default: by the seed)")
    parser.add_argument("--out", type=Path, help="folder for the files (default: house_<seed>)")
    parser.add_argument(
        "--habitat", action="store_true", help="also write habitat-sim's scene form"
    )
    parser.add_argument("--view", action="store_true", help="open it in the rerun viewer")
    parser.add_argument(
        "--check", type=int, metavar="N", help="generate and check N houses instead; writes nothing"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run_house)


def run_house(arguments: argparse.Namespace) -> int:
    if arguments.check is not None:
        return _run_check(arguments)
    from ..envs.house.check import check_house
    from ..envs.house.generate import generate_house
    from ..envs.house.viewpoints import with_viewpoints

    house = with_viewpoints(generate_house(arguments.seed, room_count=arguments.rooms))
    report = check_house(house)
    folder = Path(f"house_{arguments.seed}") if arguments.out is None else arguments.out
    files = _write(house, folder, has_habitat=arguments.habitat)
    if arguments.json:
        print_json(HouseResult(report, files))
    else:
        _tell(house, report, files)
    if arguments.view:
        from ..envs.house.viewer import show_house

        show_house(house)
    return 0 if report.is_sound else 1


@dataclass(frozen=True)
class HouseResult:
    """What `embodied-mem house --json` prints."""

    report: HouseReport
    files: dict[str, Path]


def _write(house: House, folder: Path, *, has_habitat: bool) -> dict[str, Path]:
    """All files of a house by what they are."""
    from ..envs.house.contact_sheet import draw_contact_sheet
    from ..envs.house.export import write_habitat, write_house_glb
    from ..envs.house.floor_plan import draw_floor_plan, write_png
    from ..envs.house.house_json import house_to_json

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {folder} could not be made: {error}") from error
    files = {
        "plan": folder / "floor_plan.png",
        "views": folder / "contact_sheet.png",
        "house": folder / "house.json",
        "mesh": folder / "house.glb",
    }
    write_png(files["plan"], draw_floor_plan(house))
    write_png(files["views"], draw_contact_sheet(house))
    files["house"].write_text(house_to_json(house))
    write_house_glb(house, files["mesh"])
    if has_habitat:
        files["habitat"] = write_habitat(house, folder / "habitat").dataset_config
    return files


def _tell(house: House, report: HouseReport, files: dict[str, Path]) -> None:
    rows = []
    for room in house.rooms:
        pieces = [piece for piece in house.furniture if piece.room_id == room.room_id]
        names = {piece.furniture_id for piece in pieces}
        things = [
            thing for thing in house.objects.values() if thing.support_id.split("/")[0] in names
        ]
        area_m2 = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in room.rectangles)
        rows.append([room.room_id, f"{area_m2:.1f} m2", str(len(pieces)), str(len(things))])
    print_table(f"House {house.seed}", ["room", "floor", "furniture", "objects"], rows)
    print_text(
        f"{report.receptacle_class_count} kinds of receptacles, {report.object_count} objects of "
        f"{report.object_category_count} kinds, {report.triangle_count} triangles."
    )
    for label, path in files.items():
        print_text(f"{label:8} {path}")
    for problem in report.problems:
        print_text(f"PROBLEM  {problem}")


def _run_check(arguments: argparse.Namespace) -> int:
    from ..envs.house.check import check_many

    if arguments.check < 1:
        raise InputError(f"--check needs the number of houses, 1 or more; got {arguments.check}")
    if arguments.rooms is not None or arguments.view:
        raise InputError(
            "--check makes houses of all sizes and shows none; drop --rooms and --view"
        )
    with progress_bar("houses", is_shown=not arguments.json) as progress:
        summary = check_many(arguments.check, first_seed=arguments.seed, progress=progress)
    if arguments.json:
        print_json(summary)
    else:
        _tell_check(summary)
    return 0 if summary.is_sound else 1


def _tell_check(summary: CheckSummary) -> None:
    last = summary.first_seed + summary.house_count - 1
    rows = [
        [spread.name, f"{spread.low:.4g}", f"{spread.median:.4g}", f"{spread.high:.4g}"]
        for spread in summary.spreads
    ]
    title = f"Houses {summary.first_seed} to {last}, {summary.total_s:.0f} s"
    print_table(title, ["per house", "least", "median", "most"], rows)
    for report in summary.faulty:
        for problem in report.problems:
            print_text(f"seed {report.seed}: {problem}")
    print_text(f"{len(summary.faulty)} of {summary.house_count} houses have a problem.")
