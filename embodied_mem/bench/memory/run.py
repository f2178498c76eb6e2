"""All episodes of `bench memory`: one process each, resumable, finished ones kept."""

from __future__ import annotations

import json
import multiprocessing
import multiprocessing.connection
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path

from pydantic import TypeAdapter

from ...config import MemoryConfig, config_digest
from ...envs.house.noise import LEVELS
from ...errors import EmbodiedMemError, InputError
from ...jsonable import to_jsonable
from .episode import DEFAULT_STEPS, record_episode
from .scores import EpisodeScores

FIRST_SEED = 1000
"""Held out: nothing is tuned on houses from here on; training seeds are 0 to 99."""
_ADAPTER = TypeAdapter(EpisodeScores)


@dataclass(frozen=True)
class Task:
    """One episode to play and score."""

    seed: int
    noise: str
    step_count: int
    folder: str
    """For its scores."""
    is_kept: bool = False
    """Whether memory and truth are kept beside the scores."""

    @property
    def name(self) -> str:
        return f"seed{self.seed}_{self.noise}"


def run_episodes(
    *,
    episode_count: int,
    noise_levels: Sequence[str] = LEVELS,
    first_seed: int = FIRST_SEED,
    step_count: int = DEFAULT_STEPS,
    worker_count: int = 2,
    out: Path | None = None,
    is_kept: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[EpisodeScores]:
    """Play and score episodes of `first_seed` and the seeds after it at each noise level.

    With `out`, each episode leaves `seed1000_off.json` there as soon as it is done, and those that are
    there already (of the same length and memory config) are not played again: name another folder after
    a change of code.

    Raises:
        InputError: an unknown noise level, or files of another length or config in `out`.
        EpisodeError: the process of an episode failed; others that ran are kept in `out`.
    """
    unknown = sorted(set(noise_levels) - set(LEVELS))
    if unknown:
        raise InputError(f"noise levels are {', '.join(LEVELS)}, got '{unknown[0]}'")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if out is None else out
        folder.mkdir(parents=True, exist_ok=True)
        tasks = [
            Task(seed, noise, step_count, str(folder), is_kept and out is not None)
            for seed in range(first_seed, first_seed + episode_count)
            for noise in noise_levels
        ]
        found = {task: _find_scores(task) for task in tasks}
        left = [task for task in tasks if found[task] is None]
        done = len(tasks) - len(left)
        if progress is not None:
            progress(done, len(tasks))
        for task in _played(left, worker_count):
            found[task] = _find_scores(task)
            done += 1
            if progress is not None:
                progress(done, len(tasks))
        return [kept for task in tasks if (kept := found[task]) is not None]


class EpisodeError(EmbodiedMemError):
    """A process that played an episode ended without scores."""


def run_task(task: Task) -> None:
    """In a process of its own: play, score, and write the scores into the task's folder."""
    import cv2

    cv2.setNumThreads(1)  # other episodes share the cores
    part = Path(task.folder) / f"{task.name}.part"
    shutil.rmtree(part, ignore_errors=True)  # of a run that was stopped
    scores = record_episode(part, seed=task.seed, noise=task.noise, step_count=task.step_count)
    if task.is_kept:
        part.replace(Path(task.folder) / task.name)
    else:
        shutil.rmtree(part)
    path = _path_of(task)
    text = json.dumps({"settings": _settings(task), "scores": to_jsonable(scores)})
    path.with_suffix(".tmp").write_text(text, "utf-8")
    path.with_suffix(".tmp").replace(path)


def _played(tasks: Sequence[Task], worker_count: int) -> Iterator[Task]:
    """Tasks as they are done; up to `worker_count` processes at a time, stopped when this one stops."""
    context = multiprocessing.get_context("spawn")
    waiting, running = list(tasks), dict[Task, SpawnProcess]()
    try:
        while waiting or running:
            while waiting and len(running) < worker_count:
                task = waiting.pop(0)
                running[task] = context.Process(target=run_task, args=(task,), daemon=True)
                running[task].start()
            multiprocessing.connection.wait([p.sentinel for p in running.values()])
            for task in [task for task, process in running.items() if not process.is_alive()]:
                exit_code = running.pop(task).exitcode
                if exit_code != 0:
                    raise EpisodeError(
                        f"the episode of seed {task.seed}, noise {task.noise}, ended with status "
                        f"{exit_code}; what it printed above says why"
                    )
                yield task
    finally:
        for process in running.values():
            process.terminate()
            process.join()


def _path_of(task: Task) -> Path:
    return Path(task.folder) / f"{task.name}.json"


def _settings(task: Task) -> dict[str, int | str]:
    return {"step_count": task.step_count, "config": config_digest(MemoryConfig())}


def _find_scores(task: Task) -> EpisodeScores | None:
    """The scores of an episode that was played before."""
    if not _path_of(task).exists():
        return None
    row = json.loads(_path_of(task).read_text("utf-8"))
    if row["settings"] != _settings(task):
        raise InputError(
            f"{_path_of(task)} is of {row['settings']}, this run of {_settings(task)}; name another "
            "folder"
        )
    return _ADAPTER.validate_python(row["scores"])
