"""One FindingDory episode, end to end: live it, answer its instructions, drive to the answers, score.

The memory and the planner get observations and the instruction's text, nothing else; the scores are
computed beside them, from the suite's own record of what truly happened.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from ..config import MemoryConfig
from ..core import Observation
from ..envs.house.env import HouseEnv, HouseEnvConfig
from ..envs.suites.findingdory import (
    FindingDoryEpisode,
    FindingDoryTask,
    FrameScore,
    Instruction,
    SuiteConfig,
    score_frames,
)
from ..envs.suites.findingdory.failures import LOW_LEVEL_MAX_STEPS, RESPONSE_ERROR_INDEX
from ..envs.suites.findingdory.score import LiveScore, score_drive
from ..errors import EmbodiedMemError
from ..memory import EmbodiedMemory
from ..planners.executor import Executor
from ..planners.skills.requests import GoToPose
from ..recall.memory_recall import MemoryRecall
from .memories import MemoryRung, is_shown, shown_count
from .results import EpisodeResult, TaskResult

NO_FRAME = "no recorded frame can show a room that was never entered"
STOP_TOLERANCE_M = 0.05
"""Of a drive to a recorded pose: a receptacle counts within 0.1 m of a viewpoint that is not known."""
BLIND_WIDTH_PX, BLIND_HEIGHT_PX = 6, 8
"""While driving to a chosen pose nothing is looked at: a tiny image is rendered."""


@dataclass(frozen=True)
class Answer:
    """What a planner says to an instruction: one recorded frame a target, in order."""

    frames: tuple[int, ...]
    poses: tuple[tuple[float, float, float], ...]
    """(x, y, yaw) of the base to stop at, one a target."""
    verdict: str = ""
    probability: float | None = None
    trace: tuple[str, ...] = ()


class FramePlanner(Protocol):
    """Reads an instruction, recalls, and names frames to go to."""

    def answer(self, text: str, memory: MemoryRecall, observation: Observation) -> Answer: ...


Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""


@dataclass(frozen=True)
class EpisodeSetup:
    """What is evaluated."""

    suite: SuiteConfig
    rung: MemoryRung
    planner: FramePlanner | None
    """None: the oracle, which is told the valid frames."""
    memory: MemoryConfig
    is_driven: bool = True
    cache_folder: Path | None = None
    task_limit: int | None = None
    """Only the first so many instructions of an episode."""


def run_episode(
    seed: int,
    setup: EpisodeSetup,
    *,
    memory_path: Path | None = None,
    progress: Progress | None = None,
) -> EpisodeResult:
    """Everything about one episode. `memory_path` keeps the memory file, for a replay."""
    started = time.perf_counter()
    episode = FindingDoryEpisode(seed, setup.suite, cache_folder=setup.cache_folder)
    task = episode.task()
    with tempfile.TemporaryDirectory() as folder:
        path = memory_path or Path(folder) / "memory.db"
        path.unlink(missing_ok=True)
        with EmbodiedMemory.open(path, setup.memory) as memory:
            update_ms, wanted = _live(episode, task, memory, setup, progress)
            setup.rung.finish(memory)
            asked = [one for one in task.instructions if one.has_valid_frames]
            instructions = asked[: setup.task_limit]
            results = []
            drive = _Drive(episode, task) if setup.is_driven else None
            for number, instruction in enumerate(instructions):
                results.append(_ask(instruction, episode, task, memory, setup, drive))
                if progress:
                    progress("ask", number + 1, len(instructions))
            kept = len(memory.views.keyframes)
        size = path.stat().st_size
    plan_ms = [result.plan_ms for result in results]
    return EpisodeResult(
        episode_id=f"{setup.suite.split}_{seed}",
        seed=seed,
        frame_count=len(task.record.frames),
        tasks=tuple(results),
        dropped={
            **{dropped.task_id: dropped.reason for dropped in task.dropped},
            **{one.task_id: NO_FRAME for one in task.instructions if not one.has_valid_frames},
        },
        memory_bytes=size,
        kept_frame_count=kept,
        shown_frame_count=shown_count(wanted, len(task.record.frames)),
        update_p50_ms=_percentile(update_ms, 50),
        update_p95_ms=_percentile(update_ms, 95),
        recall_p50_ms=_percentile(plan_ms, 50),
        seconds=round(time.perf_counter() - started, 3),
    )


def _live(
    episode: FindingDoryEpisode,
    task: FindingDoryTask,
    memory: EmbodiedMemory,
    setup: EpisodeSetup,
    progress: Progress | None,
) -> tuple[list[float], set[int] | None]:
    """Phase 1: the memory is shown the frames of its rung; returns CPU milliseconds a frame."""
    frame_count = len(task.record.frames)
    wanted = setup.rung.wanted(frame_count, episode.seed)
    spent = []
    for index, observation in enumerate(episode.observations()):
        if is_shown(wanted, index):
            numbered = replace(observation, source_index=index)
            start_ns = time.process_time_ns()
            memory.update(numbered)
            spent.append((time.process_time_ns() - start_ns) / 1e6)
        if progress:
            progress("live", index + 1, frame_count)
    return spent, wanted


def _ask(
    instruction: Instruction,
    episode: FindingDoryEpisode,
    task: FindingDoryTask,
    memory: EmbodiedMemory,
    setup: EpisodeSetup,
    drive: _Drive | None,
) -> TaskResult:
    """One instruction from the final pose: plan, score the frames, drive if they were right."""
    observation = episode.ask()
    start = time.perf_counter()
    try:
        if setup.planner is None:
            answer = _oracle(instruction, task)
        else:
            answer = setup.planner.answer(instruction.text, memory.recall, observation)
    except EmbodiedMemError as error:
        answer = Answer((RESPONSE_ERROR_INDEX,), (), trace=(f"the planner failed: {error}",))
    plan_ms = (time.perf_counter() - start) * 1e3
    score = score_frames(task, instruction, answer.frames)
    live, steps, done = LiveScore(False, 0.0, ()), 0, 0
    if drive is not None and score.high_level_goal_success:
        live, steps, done = drive.run(instruction, answer, memory.recall)
    return _result(instruction, task, answer, score, live, plan_ms, steps, done)


def _oracle(instruction: Instruction, task: FindingDoryTask) -> Answer:
    """The middle one of the valid frames of each target, no frame twice: the upper end of the ladder."""
    frames: list[int] = []
    for valid in instruction.valid_frames:
        left = [frame for frame in valid if frame not in frames] or list(valid)
        frames.append(left[len(left) // 2] if left else RESPONSE_ERROR_INDEX)
    poses = tuple(task.record.frames[frame].base for frame in frames if frame >= 0)
    return Answer(tuple(frames), poses, trace=("the oracle",))


def _result(
    instruction: Instruction,
    task: FindingDoryTask,
    answer: Answer,
    score: FrameScore,
    live: LiveScore,
    plan_ms: float,
    steps: int,
    done: int,
) -> TaskResult:
    spl = score.findingdory_high_level_spl
    frame_count = len(task.record.frames)
    return TaskResult(
        task_id=instruction.task_id,
        category=instruction.category,
        group=instruction.group,
        instruction=instruction.text,
        target_count=len(instruction.goal.rows),
        frames=tuple(int(frame) for frame in answer.frames),
        hl_success=bool(score.high_level_goal_success),
        hl_dtg_success=bool(score.high_level_dtg_success),
        hl_sem_cov_success=bool(score.high_level_sem_cov_success),
        hl_spl=None if spl < 0 else float(spl),
        hl_failure=" ".join(score.vlm_failure_modes),
        ll_success=bool(live.predicate_task_success),
        ll_spl=float(live.findingdory_spl),
        ll_failure=" ".join(live.low_level_failure_modes),
        subgoals_done=done,
        frame_exact=bool(score.is_exact_match),
        frame_relaxed=float(score.relaxed_score),
        frame_deviation=None
        if score.keyframe_deviation is None
        else float(score.keyframe_deviation),
        verdict=answer.verdict,
        probability=answer.probability,
        plan_ms=round(plan_ms, 3),
        chance=_chance(instruction, frame_count),
        trace=answer.trace,
        drive_steps=steps,
    )


def _chance(instruction: Instruction, frame_count: int) -> float:
    """Valid frames as a share of all, multiplied over the targets."""
    shares = [len(valid) / max(frame_count, 1) for valid in instruction.valid_frames]
    return float(np.prod(shares)) if shares else 0.0


class _Drive:
    """Phase 2, low level: from the final pose to each chosen pose, with a stop at each."""

    def __init__(self, episode: FindingDoryEpisode, task: FindingDoryTask) -> None:
        self._episode, self._task = episode, task
        config = episode.env.config
        blind = replace(config.cameras[0], width_px=BLIND_WIDTH_PX, height_px=BLIND_HEIGHT_PX)
        self._env = HouseEnv(episode.house, _blind(config, blind))
        self._state = episode.env.save_state()

    def run(
        self, instruction: Instruction, answer: Answer, memory: MemoryRecall
    ) -> tuple[LiveScore, int, int]:
        """The score, the steps it took and the sub-goals reached."""
        env, tracker = self._env, self._task.tracker(instruction)
        observation: Observation | None = env.load_state(self._state)
        executor = Executor(memory)
        steps, driven_m, has_failed = 0, 0.0, False
        for pose in answer.poses:
            result = executor.run_skill(
                env, GoToPose(*pose, tolerance_m=STOP_TOLERANCE_M), _ignore, observation=observation
            )
            steps += len(result.actions)
            driven_m += result.distance_m
            if not result.is_success and not result.actions:
                has_failed = True
                break
            self._task.stop(tracker, env)
            observation = None
        score = score_drive(
            self._task,
            instruction,
            tracker,
            driven_m=driven_m,
            is_timed_out=steps > LOW_LEVEL_MAX_STEPS,
            has_policy_failed=has_failed,
        )
        return score, steps, len(tracker.stops)


def _blind(config: HouseEnvConfig, camera: object) -> HouseEnvConfig:
    return replace(config, cameras=(camera,), detector=None, has_instance_ids=False)  # type: ignore[arg-type]


def _ignore(observation: Observation) -> None:
    """While driving to a chosen pose, memory is not updated: every instruction starts from the same."""


def _percentile(values: list[float], percent: float) -> float:
    if not values:
        return math.nan
    return round(float(np.percentile(values, percent)), 4)
