"""FindingDory's figures for an answer of frames (high level) and for a drive (low level); section 1.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .failures import low_level_failure_modes, vlm_failure_modes
from .instructions import Instruction
from .paths import shortest_drive_m, success_by_path_length
from .predicates import Judge
from .stops import GoalTracker
from .task import FindingDoryTask


@dataclass(frozen=True)
class FrameScore:
    """Of one list of chosen frames, one for each target."""

    high_level_goal_success: bool
    high_level_dtg_success: bool
    """Without the test for pixels."""
    high_level_sem_cov_success: bool
    """Without the test for distance."""
    findingdory_high_level_spl: float
    """-1 for goals with several targets."""
    vlm_failure_modes: tuple[str, ...]
    is_exact_match: bool
    relaxed_score: float
    keyframe_deviation: float | None
    """Gap to the nearest valid frame as a share of the episode, mean over targets; None if it has none."""


@dataclass(frozen=True)
class LiveScore:
    """Of one drive after a successful choice of frames."""

    predicate_task_success: bool
    findingdory_spl: float
    low_level_failure_modes: tuple[str, ...]


def score_frames(
    task: FindingDoryTask, instruction: Instruction, chosen: Sequence[int]
) -> FrameScore:
    """Teleport to the recorded pose of each chosen frame in turn and stop there.

    -1 stands for a target that the reader could not name.
    """
    frame_count = len(task.record.frames)
    is_possible = len(chosen) == len(instruction.goal.rows) and all(
        0 <= index < frame_count for index in chosen
    )
    limits = task.judge.thresholds
    is_success, is_near, is_in_view = (
        is_possible and _is_reached(task, instruction, chosen, Judge(task.world, thresholds))
        for thresholds in (limits, limits.without_pixels(), limits.without_distance())
    )
    modes = vlm_failure_modes(
        chosen,
        target_count=len(instruction.goal.rows),
        frame_count=frame_count,
        is_success=is_success,
        is_timed_out=task.record.is_timed_out and not is_success,
    )
    is_any_order = instruction.goal.quantifier == "all_unordered"
    lists = [[index] for index in chosen]
    return FrameScore(
        is_success,
        is_near,
        is_in_view,
        _high_level_spl(task, instruction, chosen, is_success=is_success),
        modes,
        is_exact_match(lists, instruction.valid_frames, is_any_order=is_any_order),
        relaxed_score(lists, instruction.valid_frames, is_any_order=is_any_order),
        keyframe_deviation(
            chosen, instruction.valid_frames, frame_count, is_any_order=is_any_order
        ),
    )


def score_drive(
    task: FindingDoryTask,
    instruction: Instruction,
    tracker: GoalTracker,
    *,
    driven_m: float,
    is_timed_out: bool = False,
    has_policy_failed: bool = False,
) -> LiveScore:
    """A drive from the final pose that has ended; FindingDory tries it only after high-level success."""
    is_success = tracker.is_success and not is_timed_out
    if not is_success:
        modes = low_level_failure_modes(
            tracker.failed_checks, is_timed_out=is_timed_out, has_policy_failed=has_policy_failed
        )
        return LiveScore(False, 0.0, modes)
    shortest_m = shortest_drive_m(task.world, task.record.final_base[:2], instruction.goal)
    spl = success_by_path_length(is_success=True, shortest_m=shortest_m, driven_m=driven_m)
    return LiveScore(True, spl, ())


def is_exact_match(
    predicted: Sequence[Sequence[int]],
    valid: Sequence[Sequence[int]],
    *,
    is_any_order: bool = False,
) -> bool:
    """Whether the lists of frames are the valid ones, list by list."""
    ours, theirs = ([sorted(set(row)) for row in rows] for rows in (predicted, valid))
    return sorted(ours) == sorted(theirs) if is_any_order else ours == theirs


def relaxed_score(
    predicted: Sequence[Sequence[int]],
    valid: Sequence[Sequence[int]],
    *,
    is_any_order: bool = False,
) -> float:
    """Product over sub-goals of the share of predicted frames that are valid; 0 if their count is wrong.

    Without an order, predictions are assigned to sub-goals in the best way.
    """
    if len(predicted) != len(valid):
        return 0.0
    shares = np.array(
        [
            [np.mean([i in set(row) for i in ours]) if ours else 0.0 for row in valid]
            for ours in predicted
        ]
    )
    chosen = _assigned(-np.log(np.maximum(shares, 1e-12)), shares, is_any_order=is_any_order)
    return float(np.prod(chosen))


def keyframe_deviation(
    chosen: Sequence[int],
    valid: Sequence[Sequence[int]],
    frame_count: int,
    *,
    is_any_order: bool = False,
) -> float | None:
    """Mean of abs(chosen - nearest valid frame) / frames; None for a wrong count or no valid frame."""
    if len(chosen) != len(valid) or not all(valid):
        return None
    gaps = np.array(
        [[min(abs(index - frame) for frame in row) for row in valid] for index in chosen], float
    )
    return float(np.mean(_assigned(gaps, gaps, is_any_order=is_any_order)) / frame_count)


def _assigned(
    costs: NDArray[np.float64], values: NDArray[np.float64], *, is_any_order: bool
) -> NDArray[np.float64]:
    """Values on the diagonal, or in the cheapest assignment."""
    if not is_any_order:
        return np.asarray(np.diag(values))
    from scipy.optimize import linear_sum_assignment

    return np.asarray(values[linear_sum_assignment(costs)])


def _is_reached(
    task: FindingDoryTask, instruction: Instruction, chosen: Sequence[int], judge: Judge
) -> bool:
    tracker = GoalTracker(instruction.goal, judge)
    for index in chosen:
        tracker.stop(task.record.frames[index].base)
    return tracker.is_success


def _high_level_spl(
    task: FindingDoryTask, instruction: Instruction, chosen: Sequence[int], *, is_success: bool
) -> float:
    """Nearest target's distance over that of the target which the chosen frame shows."""
    goal = instruction.goal
    if goal.quantifier != "any":
        return -1.0
    if not is_success:
        return 0.0
    frame, start = task.record.frames[chosen[0]].base, task.record.final_base[:2]
    row = goal.rows[0]
    reached = [name for name in row if task.judge.is_true(goal.predicate, name, frame)]
    shown = min(reached, key=lambda name: task.world.distance_m(name, frame[:2]))
    return success_by_path_length(
        is_success=True,
        shortest_m=min(task.world.distance_m(name, start) for name in row),
        driven_m=task.world.distance_m(shown, start),
    )
