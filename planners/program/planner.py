"""The planner without a model: instruction -> program -> targets -> views, with a trace of every step.

plan = ProgramPlanner().plan("Go to the mug you moved after the bowl.", memory.recall)
plan.frame_indices
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core import Observation, Verdict
from ...errors import InputError
from ...perception.text import TextEncoder
from ...recall.memory_recall import MemoryRecall
from .interpreter import Answer, Target, interpret
from .names import NameMatcher
from .program import Program, Quantifier
from .reader import Reading, Readings, read_instruction
from .scene import Scene, read_scene
from .view_choice import ChosenView, ViewChooser

_LOOK_AGAIN_BELOW = 0.35
_Key = tuple[MemoryRecall, int, tuple[float, float, float] | None]
"""Memory, how far it is, and where the robot stands."""


@dataclass(frozen=True)
class ProgramPlan:
    """What to reach, from where, how sure that is, and how it was found."""

    instruction: str
    program: Program | None
    """None if the instruction could not be read; see `error`."""
    targets: tuple[Target, ...]
    views: tuple[ChosenView | None, ...]
    """One a target, in the order in which they are to be reached; None where nothing was ever near."""
    verdict: Verdict
    probability: float
    """That all targets are right and reached from their views."""
    trace: tuple[str, ...]
    error: InputError | None = None
    is_look_worth_it: bool = False
    """Whether going to look is likelier to help than going by this plan."""

    @property
    def frame_indices(self) -> tuple[int, ...]:
        """One frame number a target, in order; -1 where there is none."""
        indices = [None if view is None else view.source_index for view in self.views]
        return tuple(-1 if index is None else index for index in indices)


class ProgramPlanner:
    """Plans from a memory alone; keeps nothing between instructions but what it read of the memory."""

    def __init__(self, encoder: TextEncoder | None = None) -> None:
        self._matcher = NameMatcher(encoder)
        self._known: tuple[_Key, Scene, ViewChooser] | None = None

    def plan(
        self, instruction: str, memory: MemoryRecall, observation: Observation | None = None
    ) -> ProgramPlan:
        """Never raises for odd words or an empty memory: the verdict and the trace say what is missing."""
        readings = read_instruction(instruction)
        if readings.error is not None:
            reason = (f"unreadable: {readings.error}",)
            return ProgramPlan(
                instruction, None, (), (), Verdict.UNKNOWN, 0.0, reason, readings.error
            )
        scene, chooser = self._read(memory, observation)
        trace = [
            f"memory: {len(scene.things)} things, {len(scene.rounds)} rounds, {len(scene.rooms)} rooms"
        ]
        plans = [
            _plan_of(
                reading, readings, interpret(reading.program, scene, self._matcher), chooser, trace
            )
            for reading in _worth_trying(readings, scene, self._matcher)
        ]
        return max(plans, key=lambda plan: plan.probability)

    def _read(
        self, memory: MemoryRecall, observation: Observation | None
    ) -> tuple[Scene, ViewChooser]:
        base = (
            None
            if observation is None or observation.robot is None
            else observation.robot.base_in_world
        )
        key = (memory, memory.views.through_record_id, base)
        if self._known is not None and self._known[0] == key:
            return self._known[1], self._known[2]
        scene = read_scene(memory, observation)
        chooser = ViewChooser(memory, scene)
        self._known = key, scene, chooser
        return scene, chooser


def _worth_trying(readings: Readings, scene: Scene, matcher: NameMatcher) -> Sequence[Reading]:
    """The best reading if memory knows an answer to it; else all."""
    best = readings.best
    if interpret(best.program, scene, matcher).slots:
        return [best]
    return readings.readings


def _plan_of(
    reading: Reading, readings: Readings, answer: Answer, chooser: ViewChooser, head: list[str]
) -> ProgramPlan:
    trace = [*head, f"read ({reading.score:.2f}): {reading.program}", *reading.notes]
    trace += [answer.explanation] if answer.explanation else []
    targets: list[Target] = []
    views: list[ChosenView | None] = []
    probability = reading.score if answer.slots else 0.0
    taken: set[str] = set()
    for slot in answer.slots:
        target, view, chance = _best_of(slot, chooser, taken)
        taken.add(target.target_id)
        targets.append(target)
        views.append(view)
        probability *= chance
        trace.append(_line(target, view, len(slot)))
    expected = (
        len(reading.program.ordinals) if reading.program.quantifier is Quantifier.ORDERED else None
    )
    if expected is not None and len(targets) < expected:
        probability = 0.0
    if not targets:
        trace.append("memory knows nothing that fits")
    is_look_worth_it = probability < _LOOK_AGAIN_BELOW
    trace.append(
        f"{answer.verdict.value}, {probability:.2f}"
        + (": looking again is worth it" if is_look_worth_it else "")
    )
    return ProgramPlan(
        readings.text, reading.program, tuple(targets), tuple(views), answer.verdict,
        round(probability, 4), tuple(trace), None, is_look_worth_it,
    )  # fmt: skip


def _best_of(
    slot: tuple[Target, ...], chooser: ViewChooser, taken: set[str]
) -> tuple[Target, ChosenView | None, float]:
    """The candidate that is likeliest to be right and reached."""
    best: tuple[Target, ChosenView | None, float] | None = None
    for target in [t for t in slot if t.target_id not in taken] or slot:
        if best is not None and target.probability <= best[2]:
            continue
        view = chooser.choose(target)
        chance = target.probability * (0.0 if view is None else view.probability)
        if best is None or chance > best[2]:
            best = (target, view, chance)
    assert best is not None
    return best


def _line(target: Target, view: ChosenView | None, candidate_count: int) -> str:
    among = f" (best of {candidate_count})" if candidate_count > 1 else ""
    where = "no view" if view is None else f"frame {view.source_index}: {view.evidence}"
    chance = "" if view is None else f", {view.probability:.2f}"
    return f"{target.kind.value} {target.label} {target.target_id}{among} [{target.why}] -> {where}{chance}"
