"""Play one house episode into a memory, and record the truth beside it.

    python -m embodied_mem.bench.memory.episode --seed 3 --noise mild --out ep3mild
    python -m embodied_mem.bench.memory.episode --rescore ep3mild

A scripted robot that knows the house carries things about while two residents live in it; the memory
gets its observations and nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...config import MemoryConfig
from ...core import Observation
from ...envs.house.env import HouseEnvConfig
from ...envs.house.generate import generate_house
from ...envs.house.noise import LEVELS, NoiseConfig
from ...envs.house.rearrangement import RearrangementConfig, Rearranger
from ...envs.house.viewpoints import with_viewpoints
from ...errors import InputError
from ...journal.store import Journal
from ...jsonable import to_jsonable
from ...memory import EmbodiedMemory
from .replay import MatchLog, memory_path, replay_views
from .scores import EpisodeScores, score_episode
from .text import text_of
from .truth import EpisodeTruth
from .watching import TruthRecorder, WatchedEnv

DEFAULT_STEPS = 2000
_SLACK_STEPS = 400
"""Rounds are not cut off at the wished length; an episode ends at most this much later."""
_PEOPLE_COUNT = 2
_LEAST_STEPS = 480
"""The scripted robot needs as many; shorter episodes are cut off."""


@dataclass(frozen=True)
class Played:
    """What came of playing."""

    truth: EpisodeTruth
    matches: MatchLog
    update_ms: NDArray[np.float64]
    """(F,) CPU milliseconds of each `memory.update`."""
    detection_counts: NDArray[np.int64]
    """(F,) of each observation."""
    stage_ms: dict[str, float]
    """Wall milliseconds of all updates by stage."""
    wall_s: float


def play_episode(
    memory: EmbodiedMemory,
    *,
    seed: int,
    noise: str,
    step_count: int = DEFAULT_STEPS,
    progress: Callable[[int, int], None] | None = None,
) -> Played:
    """One episode of at least `step_count` steps (or exactly as many below 480).

    Raises:
        InputError: an unknown noise level, or no steps.
    """
    if noise not in LEVELS or step_count < 1:
        raise InputError(
            f"noise must be one of {', '.join(LEVELS)}, and steps 1 or more, got '{noise}' and "
            f"{step_count}"
        )
    start_s = time.perf_counter()
    env = WatchedEnv(
        with_viewpoints(generate_house(seed)),
        HouseEnvConfig(noise=NoiseConfig.of(noise), people_count=_PEOPLE_COUNT),
    )
    first = env.reset(seed)
    watch = _Watch(memory, TruthRecorder(env, seed=seed, noise=noise))
    watch.see(first)
    for outcome in Rearranger(env, seed=seed, config=_rearrangement(step_count)).run():
        watch.see(outcome.observation)
        if progress is not None:
            progress(watch.count, step_count)
        if watch.count > step_count and step_count < _LEAST_STEPS:
            break
    played = Played(
        watch.recorder.finish(),
        watch.matches,
        np.array(watch.update_ms),
        np.array(watch.detection_counts),
        watch.stage_ms,
        time.perf_counter() - start_s,
    )
    env.close()
    return played


def _rearrangement(step_count: int) -> RearrangementConfig:
    steps = max(step_count, _LEAST_STEPS)
    return RearrangementConfig(min_step_count=steps, max_step_count=steps + _SLACK_STEPS)


class _Watch:
    """Hands every observation to the memory and notes the truth of it."""

    def __init__(self, memory: EmbodiedMemory, recorder: TruthRecorder) -> None:
        self._memory = memory
        self.recorder = recorder
        self.matches = MatchLog()
        self.update_ms: list[float] = []
        self.detection_counts: list[int] = []
        self.stage_ms: dict[str, float] = {}

    @property
    def count(self) -> int:
        return len(self.update_ms)

    def see(self, observation: Observation) -> None:
        self.recorder.note(observation)
        start = time.process_time_ns()
        update = self._memory.update(observation)
        self.update_ms.append((time.process_time_ns() - start) / 1e6)
        self.detection_counts.append(len(observation.detections))
        for stage, spent_ms in update.stage_ms.items():
            self.stage_ms[stage] = self.stage_ms.get(stage, 0.0) + spent_ms
        self.matches.note(self._memory.views)


def record_episode(
    folder: Path,
    *,
    seed: int,
    noise: str,
    step_count: int = DEFAULT_STEPS,
    config: MemoryConfig | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> EpisodeScores:
    """Play an episode, score it, and leave `memory.db`, `truth.json` and `truth.npz` in a new folder.

    Raises:
        InputError: the folder already holds a memory.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = memory_path(folder)
    if path.exists():
        raise InputError(f"{path} is there already; name another folder")
    with EmbodiedMemory.open(path, config) as memory:
        played = play_episode(
            memory, seed=seed, noise=noise, step_count=step_count, progress=progress
        )
        played.truth.save(folder)
        return score_played(memory, played)


def score_played(memory: EmbodiedMemory, played: Played) -> EpisodeScores:
    """Scores of an episode that was just played, with what it cost."""
    scores = score_episode(played.truth, memory.views, played.matches, memory.journal)
    p50, p95 = np.percentile(played.update_ms, [50, 95]).tolist()
    extra = {
        "update_p50_ms": p50,
        "update_p95_ms": p95,
        "update_s": float(played.update_ms.sum()) / 1e3,
        "play_s": played.wall_s,
        "detections_p50": float(np.median(played.detection_counts)),
        "memory_mb": memory.journal.size_bytes() / 1e6,
        "keyframes": float(len(memory.views.keyframes)),
        **{f"{stage}_s": spent / 1e3 for stage, spent in played.stage_ms.items()},
    }
    return replace(scores, extra={name: round(value, 3) for name, value in extra.items()})


def rescore(folder: Path, config: MemoryConfig | None = None) -> EpisodeScores:
    """The scores of a recorded episode with the views as the code of today makes them."""
    truth = EpisodeTruth.load(folder)
    with Journal.open(memory_path(folder), read_only=True) as journal:
        views, matches = replay_views(journal, config)
        return score_episode(truth, views, matches, journal)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--noise", choices=LEVELS, default="off")
    parser.add_argument("--steps", type=int, default=DEFAULT_STEPS)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="a folder for the memory and the truth")
    what.add_argument("--rescore", type=Path, help="a folder that --out wrote: replay and score it")
    parser.add_argument("--notes", action="store_true", help="say what was wrong")
    parser.add_argument("--json", action="store_true", help="print all scores")
    arguments = parser.parse_args()
    if arguments.rescore is not None:
        scores = rescore(arguments.rescore)
    else:
        scores = record_episode(
            arguments.out, seed=arguments.seed, noise=arguments.noise, step_count=arguments.steps
        )
    if arguments.json:
        sys.stdout.write(json.dumps(to_jsonable(scores), indent=2) + "\n")
    else:
        sys.stdout.write(text_of(scores, has_notes=arguments.notes) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
