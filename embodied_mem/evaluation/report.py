"""One self-contained HTML page for a run: what succeeded, what it cost, what failed and why."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from .charts import Bar, bar_chart, line_chart, share_chart
from .results import EpisodeResult, TaskResult, write_whole

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1000px;padding:0 1rem;color:#222;
background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .7rem;text-align:right;
border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}
details{border-bottom:1px solid #ddd;padding:.3rem 0}summary{cursor:pointer}
code{background:#f2f2f2;padding:.1rem .3rem}pre{background:#f6f6f6;padding:.6rem;overflow:auto}
.bad{color:#b03030}.good{color:#2f7d46}.grey{color:#777}
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}code,pre{background:#262626}
td,th,details{border-color:#3a3a3a}}
"""


def write_report(
    path: Path,
    *,
    title: str,
    summary: Mapping[str, Any],
    episodes: Sequence[EpisodeResult],
    replays: Mapping[str, Path],
    others: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write the page. `others` are the summaries of runs to show beside this one, by name; `replays` the
    .rrd files by episode id, relative to the page."""
    runs = {title: summary, **(others or {})}
    body = [
        f"<h1>{escape(title)}</h1>",
        _overview(runs),
        "<h2>Success by category</h2>",
        _categories(runs, "high_level_goal_success"),
        "<h2>Success by category, driven</h2>",
        _categories(runs, "predicate_task_success"),
        "<h2>Success against frames shown</h2>",
        _frames_curve(runs),
        "<h2>Why tasks failed</h2>",
        _failure_mix(runs),
        "<h2>Cost</h2>",
        _cost(runs),
        "<h2>By template</h2>",
        _templates(summary),
        "<h2>Tasks that failed</h2>",
        _failed_tasks(path.parent, episodes, replays),
    ]
    page = (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>"
    )
    write_whole(path, page)


def _overview(runs: Mapping[str, Mapping[str, Any]]) -> str:
    names = {
        "high_level_goal_success": "HL-SR",
        "findingdory_high_level_spl": "HL-SPL",
        "predicate_task_success": "LL-SR",
        "findingdory_spl": "LL-SPL",
        "frame_relaxed": "relaxed frames",
        "chance": "chance",
    }
    head = "".join(f"<th>{label}</th>" for label in ("run", "episodes", "tasks", *names.values()))
    rows = []
    for name, summary in runs.items():
        cells = "".join(f"<td>{_percent(summary['metrics'][metric])}</td>" for metric in names)
        rows.append(
            f"<tr><td>{escape(name)}</td><td>{summary['episode_count']}</td>"
            f"<td>{summary['task_count']}</td>{cells}</tr>"
        )
    return (
        f"<table><tr>{head}</tr>{''.join(rows)}</table><p class='grey'>Means with 95 % bootstrap "
        "intervals over episodes. Instructions that cannot be fulfilled from the recorded frames were "
        f"dropped: {next(iter(runs.values()))['dropped_count']}.</p>"
    )


def _categories(runs: Mapping[str, Mapping[str, Any]], metric: str) -> str:
    groups = list(dict.fromkeys(c for s in runs.values() for c in s["by_category"]))
    series = {
        name: [_bar(summary["by_category"].get(group, {}).get(metric)) for group in groups]
        for name, summary in runs.items()
    }
    return bar_chart(groups, series)


def _frames_curve(runs: Mapping[str, Mapping[str, Any]]) -> str:
    points = {
        name: [
            (
                max(summary["cost"]["shown_frame_count"] or 1.0, 1.0),
                summary["metrics"]["high_level_goal_success"]["mean"] or 0.0,
            )
        ]
        for name, summary in runs.items()
    }
    return line_chart(points, x_label="frames shown to the memory", y_label="HL-SR")


def _failure_mix(runs: Mapping[str, Mapping[str, Any]]) -> str:
    mix = {}
    for name, summary in runs.items():
        count = max(summary["task_count"], 1)
        for stage in ("hl", "ll"):
            failures = summary[f"{stage}_failures"]
            mix[f"{name} {stage.upper()}"] = {k: v / count for k, v in failures.items()}
    return share_chart(mix)


def _cost(runs: Mapping[str, Mapping[str, Any]]) -> str:
    names = ("memory_bytes", "frame_count", "kept_frame_count", "shown_frame_count")
    head = "".join(f"<th>{escape(n.replace('_', ' '))}</th>" for n in ("run", *names))
    rows = [
        f"<tr><td>{escape(run)}</td>"
        + "".join(f"<td>{_number(summary['cost'][name])}</td>" for name in names)
        + "</tr>"
        for run, summary in runs.items()
    ]
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _templates(summary: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><td>{escape(name)}</td><td>{metrics['high_level_goal_success']['count']}</td>"
        f"<td>{_percent(metrics['high_level_goal_success'])}</td>"
        f"<td>{_percent(metrics['predicate_task_success'])}</td></tr>"
        for name, metrics in summary["by_template"].items()
    ]
    return (
        "<details><summary>All templates</summary><table><tr><th>template</th><th>tasks</th>"
        f"<th>HL-SR</th><th>LL-SR</th></tr>{''.join(rows)}</table></details>"
    )


def _failed_tasks(
    folder: Path, episodes: Sequence[EpisodeResult], replays: Mapping[str, Path]
) -> str:
    parts = []
    for episode in episodes:
        for number, task in enumerate(episode.tasks):
            if not (task.hl_success and task.ll_success):
                link = _replay_link(folder, episode, number, replays)
                parts.append(_failed_task(episode, task, link))
    return "".join(parts) or "<p class='good'>None.</p>"


def _failed_task(episode: EpisodeResult, task: TaskResult, link: str) -> str:
    stage = f"HL {task.hl_failure}" if not task.hl_success else f"LL {task.ll_failure}"
    trace = escape("\n".join(task.trace))
    return (
        f"<details><summary><span class='bad'>{escape(stage)}</span> {escape(episode.episode_id)} "
        f"{escape(task.task_id)}: {escape(task.instruction)}</summary><p>frames "
        f"{escape(json.dumps(task.frames))}, verdict {escape(task.verdict)}, {link}</p>"
        f"<pre>{trace}</pre></details>"
    )


def _replay_link(
    folder: Path, episode: EpisodeResult, number: int, replays: Mapping[str, Path]
) -> str:
    command = (
        f"<code>embodied-mem replay {escape(str(folder))} --episode {escape(episode.episode_id)} "
        f"--task {number}</code>"
    )
    found = replays.get(episode.episode_id)
    if found is None:
        return command
    return f"<a href='{escape(found.as_posix())}'>recording</a>, {command}"


def _bar(estimate: Mapping[str, Any] | None) -> Bar | None:
    if estimate is None or estimate["mean"] is None:
        return None
    return Bar(estimate["mean"], estimate["low"], estimate["high"])


def _percent(estimate: Mapping[str, Any]) -> str:
    if estimate["mean"] is None:
        return "-"
    low, high = estimate["low"], estimate["high"]
    return f"{estimate['mean']:.1%} <span class='grey'>[{low:.1%}, {high:.1%}]</span>"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
