"""`bench memory`: episodes, updates and questions, one report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ...envs.house.noise import LEVELS
from ..queries import run_query_bench
from ..report import BenchReport
from .episode import DEFAULT_STEPS
from .report import report_of, write_rows
from .run import FIRST_SEED, run_episodes
from .speed import measure_update


def bench_memory(
    *,
    episode_count: int = 20,
    noise_levels: Sequence[str] = LEVELS,
    first_seed: int = FIRST_SEED,
    step_count: int = DEFAULT_STEPS,
    worker_count: int = 2,
    out: Path | None = None,
    is_kept: bool = False,
    rows: Path | None = None,
    has_speed: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> BenchReport:
    """How right memories are after episodes in held-out houses; how fast updates and questions are.

    Args:
        out: keeps the scores of each episode; a run that was interrupted goes on there.
        is_kept: memories and truth are kept, too (about 60 MB an episode).
        rows: a file for the judged questions, as JSON lines.
        has_speed: measure updates and questions, too.
    """
    update = measure_update() if has_speed else None  # first, while no worker is running
    query_bars = run_query_bench() if has_speed else []
    episodes = run_episodes(
        episode_count=episode_count,
        noise_levels=noise_levels,
        first_seed=first_seed,
        step_count=step_count,
        worker_count=worker_count,
        out=out,
        is_kept=is_kept,
        progress=progress,
    )
    if rows is not None:
        write_rows(rows, episodes)
    return report_of(
        episodes,
        update=update,
        query_bars=query_bars,
        settings={
            "first_seed": first_seed,
            "episodes": episode_count,
            "noise": list(noise_levels),
            "steps": step_count,
        },
    )
