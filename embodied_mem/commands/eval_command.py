"""eval and compare: run a suite with a memory and a planner; set two runs side by side."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .output import positive_int, print_json, print_table, print_text

KEYS = ("suite", "split", "memory", "planner", "env", "noise", "workers", "episodes", "tasks")


def add_parsers(subparsers: Any) -> None:
    """Register the commands with argparse."""
    parser = subparsers.add_parser(
        "eval", help="run a suite: embodied-mem eval suite=findingdory split=mini memory=full"
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="KEY=VALUE",
        help="suite=findingdory split=mini|val|train|long memory=full|none|uniform_96|recency_96|"
        "full-graph|... planner=program|random|oracle|package.module:Class env=house "
        "noise=off|mild|hard workers=2 episodes=N tasks=N, suite.KEY=VALUE, memory.KEY=VALUE",
    )
    parser.add_argument("--name", help="of the run (default: from the choices)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where runs are kept")
    parser.add_argument("--no-drive", action="store_true", help="high level only")
    parser.add_argument("--keep", type=positive_int, default=1, help="memory files to keep")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.set_defaults(run=run_eval)

    parser = subparsers.add_parser("compare", help="two runs, paired by task, with intervals")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run_compare)


def run_eval(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from ..evaluation.results import EpisodeResult
    from ..evaluation.runner import run_suite

    config = run_config_of(
        arguments.overrides, is_driven=not arguments.no_drive, kept_count=arguments.keep
    )
    name = arguments.name or default_name(config)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    successes: list[bool] = []
    with Progress(*columns, console=Console(stderr=True), disable=arguments.json) as bar:
        row = bar.add_task(f"eval {name}", total=None)

        def show(result: EpisodeResult | None, done: int, total: int) -> None:
            if result is not None:
                successes.extend(task.hl_success for task in result.tasks)
            rate = f" HL-SR {sum(successes) / len(successes):.1%}" if successes else ""
            bar.update(row, completed=done, total=total, description=f"eval {name}{rate}")

        summary = run_suite(arguments.runs / name, config, progress=show)
    if arguments.json:
        print_json(summary)
        return 0
    show_summary(name, summary)
    print_text(f"report   {arguments.runs / name / 'report.html'}")
    return 0


def show_summary(name: str, summary: Any) -> None:
    """The table of a run on the terminal."""
    groups = {"all": summary["metrics"], **summary["by_category"]}
    rows = []
    for label, metrics in groups.items():
        count = metrics["high_level_goal_success"]["count"]
        rows.append(
            [
                label,
                str(count),
                _percent(metrics["high_level_goal_success"]),
                _percent(metrics["predicate_task_success"]),
                _percent(metrics["findingdory_spl"]),
                _percent(metrics["chance"]),
            ]
        )
    print_table(name, ["tasks", "n", "HL-SR", "LL-SR", "LL-SPL", "chance"], rows)


def _percent(estimate: Any) -> str:
    if estimate["mean"] is None:
        return "-"
    return f"{estimate['mean']:.1%} [{estimate['low']:.0%}, {estimate['high']:.0%}]"


def run_config_of(overrides: list[str], *, is_driven: bool, kept_count: int) -> Any:
    """From KEY=VALUE words.

    Raises:
        ConfigError: an unknown key, or a value that does not fit.
    """
    from ..config import load_config
    from ..envs.suites.findingdory import load_suite_config
    from ..errors import ConfigError
    from ..evaluation.runner import RunConfig

    chosen: dict[str, str] = {}
    suite_values: dict[str, Any] = {}
    memory_overrides = []
    for word in overrides:
        key, equals, value = word.partition("=")
        if not equals:
            raise ConfigError(f"eval takes KEY=VALUE words, got '{word}'")
        if key.startswith("suite."):
            suite_values[key.removeprefix("suite.")] = _value(value)
        elif key.startswith("memory."):
            memory_overrides.append(word)
        elif key in KEYS:
            chosen[key] = value
        else:
            raise ConfigError(
                f"unknown key '{key}'; possible: {', '.join(KEYS)}, suite.*, memory.*"
            )
    for key, only in (("suite", "findingdory"), ("env", "house")):
        if chosen.get(key, only) != only:
            raise ConfigError(f"{key} must be {only} in this version, got '{chosen[key]}'")
    if "noise" in chosen:
        suite_values["noise"] = chosen["noise"]
    return RunConfig(
        suite=load_suite_config(f"findingdory_{chosen.get('split', 'mini')}", suite_values),
        memory=chosen.get("memory", "full"),
        planner=chosen.get("planner", "program"),
        episode_count=_count("episodes", chosen.get("episodes", "0")),
        task_limit=_count("tasks", chosen.get("tasks", "0")),
        is_driven=is_driven,
        worker_count=max(_count("workers", chosen.get("workers", "2")), 1),
        kept_count=kept_count,
        memory_config=load_config(memory_overrides).memory,
    )


def default_name(config: Any) -> str:
    """'findingdory_mini_full_program_off'."""
    words = ("findingdory", config.suite.split, config.memory, config.planner, config.suite.noise)
    return "_".join(word.replace(":", ".") for word in words)


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _count(key: str, text: str) -> int:
    from ..errors import ConfigError

    if not text.isdecimal():
        raise ConfigError(f"{key} must be a whole number, got '{text}'")
    return int(text)


def run_compare(arguments: argparse.Namespace) -> int:
    from ..evaluation.compare import compare_runs
    from ..evaluation.runner import read_run

    rows = compare_runs(read_run(arguments.first)[1], read_run(arguments.second)[1])
    if arguments.json:
        print_json(rows)
        return 0
    print_table(
        f"{arguments.first.name} against {arguments.second.name}, paired by task",
        ["metric", "first", "second", "difference", "95 % interval", "tasks"],
        [
            [
                row.metric,
                f"{row.first_mean:.3f}",
                f"{row.second_mean:.3f}",
                f"{row.difference.mean:+.3f}{' *' if row.is_clear else ''}",
                f"[{row.difference.low:+.3f}, {row.difference.high:+.3f}]",
                str(row.difference.count),
            ]
            for row in rows
        ],
    )
    return 0
