"""What an evaluation writes down: one JSON line an episode, whole or not at all.

A run that was killed goes on with the episodes whose line is missing; half a line at the end of the file
is cut off. So no episode is lost or counted twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class TaskResult:
    """One instruction of one episode. Names as in FindingDory (BENCHMARKS: HL = frames, LL = driven)."""

    task_id: str
    category: str
    group: str
    instruction: str
    target_count: int
    frames: tuple[int, ...]
    """The chosen frames, one a target, as the agent answered."""
    hl_success: bool
    hl_dtg_success: bool
    """Distance and angle alone."""
    hl_sem_cov_success: bool
    """Coverage and angle alone."""
    hl_spl: float | None
    """None for tasks with several targets."""
    hl_failure: str
    """'' for a success."""
    ll_success: bool
    ll_spl: float
    ll_failure: str
    """'' for a success, and where no drive was tried."""
    subgoals_done: int
    frame_exact: bool
    frame_relaxed: float
    frame_deviation: float | None
    """Share of the episode between the chosen and the nearest valid frame."""
    verdict: str
    probability: float | None
    plan_ms: float
    chance: float
    """How likely random frames succeed."""
    trace: tuple[str, ...] = ()
    """What the planner thought, line by line."""
    drive_steps: int = 0


@dataclass(frozen=True)
class EpisodeResult:
    """One episode: its tasks and what its memory cost."""

    episode_id: str
    seed: int
    frame_count: int
    tasks: tuple[TaskResult, ...]
    dropped: dict[str, str]
    """Infeasible instructions by task id, and why."""
    memory_bytes: int
    kept_frame_count: int
    """Frames whose pixels the memory keeps."""
    shown_frame_count: int
    """Frames that the memory was shown."""
    update_p50_ms: float
    update_p95_ms: float
    recall_p50_ms: float
    seconds: float


def append_episode(path: Path, result: EpisodeResult) -> None:
    """Add a line and put it on the disk."""
    line = json.dumps(asdict(result), sort_keys=True) + "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read_episodes(path: Path) -> list[EpisodeResult]:
    """The episodes of a results file by seed, without half a line at its end; empty if there is none.

    Raises:
        InputError: a damaged line that is not the last one, or an episode that is there twice.
    """
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    found: dict[str, EpisodeResult] = {}
    for number, line in enumerate(lines, start=1):
        if number == len(lines) and not line.endswith("\n"):
            break
        try:
            result = episode_from_json(json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}, line {number}: not a result ({error})") from error
        if result.episode_id in found:
            raise InputError(f"{path}, line {number}: episode {result.episode_id} is there twice")
        found[result.episode_id] = result
    return sorted(found.values(), key=lambda r: (r.seed, r.episode_id))


def drop_half_line(path: Path) -> None:
    """Cut off what a killed run left of its last line."""
    if not path.exists():
        return
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("rb+") as file:
            file.truncate(whole)


def episode_from_json(row: dict[str, Any]) -> EpisodeResult:
    tasks = tuple(
        TaskResult(**{**task, "frames": tuple(task["frames"]), "trace": tuple(task["trace"])})
        for task in row["tasks"]
    )
    return EpisodeResult(**{**row, "tasks": tasks})


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def task_rows(episodes: Iterable[EpisodeResult]) -> list[tuple[EpisodeResult, TaskResult]]:
    """Every task with its episode."""
    return [(episode, task) for episode in episodes for task in episode.tasks]
