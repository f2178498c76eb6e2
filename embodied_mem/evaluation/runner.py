"""Runs a suite: episodes over a pool of processes, one line each as they end, and the summary.

    runs/<name>/config.yaml     what was run: configuration, seeds, versions
    runs/<name>/results.jsonl   one line an episode, in the order in which they ended
    runs/<name>/summary.json    the figures; depends on the episodes alone
    runs/<name>/timing.json     what depends on the machine
    runs/<name>/report.html     the page
    runs/<name>/replays/        memory files and recordings of some episodes

Started again, it does what is missing and ends with the same summary.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..config import MemoryConfig, config_digest, config_to_json
from ..envs.suites.findingdory import SuiteConfig
from ..errors import ConfigError, InputError
from ..ingest import versions
from .findingdory import EpisodeSetup, run_episode
from .memories import make_rung
from .planners import make_planner
from .report import write_report
from .results import EpisodeResult, append_episode, drop_half_line, read_episodes, write_whole
from .summary import summarise, timing_json


@dataclass(frozen=True)
class RunConfig:
    """What is evaluated, and how."""

    suite: SuiteConfig
    memory: str = "full"
    """A rung of the ladder: see `memories.py`."""
    planner: str = "program"
    episode_count: int = 0
    """0: all of the split."""
    task_limit: int = 0
    """Instructions an episode; 0: all."""
    is_driven: bool = True
    """Also drive to the chosen frames (LL)."""
    worker_count: int = 2
    kept_count: int = 1
    """Episodes whose memory file is kept for a replay, the first ones of the split."""
    memory_config: MemoryConfig = field(default_factory=MemoryConfig)

    @property
    def seeds(self) -> list[int]:
        """In the order of the split."""
        seeds = list(self.suite.seeds)
        if self.episode_count > len(seeds):
            raise ConfigError(
                f"the split '{self.suite.split}' has {len(seeds)} episodes, got {self.episode_count}"
            )
        return seeds[: self.episode_count] if self.episode_count else seeds

    @property
    def identity(self) -> str:
        """Differs whenever results may: a run folder belongs to one identity."""
        parts = (self.suite, self.memory, self.planner, self.task_limit, self.is_driven)
        return f"{config_digest(self.memory_config)} {parts!r}"


Progress = Callable[[EpisodeResult | None, int, int], None]
"""Called with (an episode that has ended, done, total); first with None."""


def run_suite(
    folder: Path,
    config: RunConfig,
    *,
    cache_folder: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, object]:
    """Run what is missing in a run folder; returns the summary.

    Raises:
        ConfigError: the folder holds a run of another configuration.
    """
    make_rung(config.memory)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, config)
    results_path = folder / "results.jsonl"
    drop_half_line(results_path)
    done = {result.seed: result for result in read_episodes(results_path)}
    missing = [seed for seed in config.seeds if seed not in done]
    if progress:
        progress(None, len(config.seeds) - len(missing), len(config.seeds))
    for result in _episodes(folder, config, missing, cache_folder or folder / "cache"):
        append_episode(results_path, result)
        done[result.seed] = result
        if progress:
            progress(result, len(done), len(config.seeds))
    return finish_run(folder, config)


def finish_run(folder: Path, config: RunConfig) -> dict[str, object]:
    """Write summary, timing and report from the results so far."""
    episodes = read_episodes(folder / "results.jsonl")
    wanted = set(config.seeds)
    episodes = [episode for episode in episodes if episode.seed in wanted]
    summary = summarise(episodes)
    write_whole(folder / "summary.json", json.dumps(summary, indent=1, sort_keys=True) + "\n")
    write_whole(folder / "timing.json", json.dumps(timing_json(episodes), indent=1) + "\n")
    kept = sorted((folder / "replays").glob("*.db"))
    write_report(
        folder / "report.html",
        title=folder.name,
        summary=summary,
        episodes=episodes,
        replays={path.stem: path.relative_to(folder) for path in kept},
    )
    return summary


def _claim(folder: Path, config: RunConfig) -> None:
    """Write the configuration, or check that the folder is of this one."""
    path = folder / "config.json"
    content = {
        "identity": config.identity,
        "suite": asdict(config.suite),
        "memory": config.memory,
        "planner": config.planner,
        "task_limit": config.task_limit,
        "is_driven": config.is_driven,
        "memory_config": json.loads(config_to_json(config.memory_config)),
        "seeds": config.seeds,
        "versions": versions(),
    }
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        if before.get("identity") != config.identity:
            raise ConfigError(
                f"{folder} holds a run of another configuration; choose another name, or remove it"
            )
        return
    write_whole(path, json.dumps(content, indent=1, sort_keys=True) + "\n")
    write_whole(folder / "config.yaml", _yaml(content))


def _yaml(content: dict[str, object]) -> str:
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.create(content))


def _episodes(
    folder: Path, config: RunConfig, seeds: list[int], cache_folder: Path
) -> Iterator[EpisodeResult]:
    """Results as they come; at most a few episodes wait in the pool at a time."""
    kept = set(config.seeds[: config.kept_count])
    if config.worker_count == 1:
        for seed in seeds:
            yield _run_one(folder, config, seed, cache_folder, seed in kept)
        return
    context = multiprocessing.get_context("spawn")
    waiting = list(reversed(seeds))
    with ProcessPoolExecutor(config.worker_count, mp_context=context) as pool:
        running: dict[Future[EpisodeResult], int] = {}
        while waiting or running:
            while waiting and len(running) < config.worker_count:
                seed = waiting.pop()
                task = pool.submit(_run_one, folder, config, seed, cache_folder, seed in kept)
                running[task] = seed
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for task in ended:
                running.pop(task)
                yield task.result()


def _run_one(
    folder: Path, config: RunConfig, seed: int, cache_folder: Path, is_kept: bool
) -> EpisodeResult:
    """In a worker process."""
    cache_folder.mkdir(parents=True, exist_ok=True)
    memory_path = None
    if is_kept:
        (folder / "replays").mkdir(exist_ok=True)
        memory_path = folder / "replays" / f"{config.suite.split}_{seed}.db"
    setup = EpisodeSetup(
        config.suite,
        make_rung(config.memory),
        make_planner(config.planner),
        config.memory_config,
        is_driven=config.is_driven,
        cache_folder=cache_folder,
        task_limit=config.task_limit or None,
    )
    return run_episode(seed, setup, memory_path=memory_path)


def read_run(folder: Path) -> tuple[dict[str, object], list[EpisodeResult]]:
    """The configuration and results of a run folder.

    Raises:
        InputError: it is no run folder.
    """
    path = folder / "config.json"
    if not path.exists():
        raise InputError(f"{folder} is no run: config.json is missing")
    return json.loads(path.read_text(encoding="utf-8")), read_episodes(folder / "results.jsonl")
