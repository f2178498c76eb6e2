"""The planners that an evaluation can use, by name."""

from __future__ import annotations

import importlib

import numpy as np

from ..core import Observation
from ..errors import ConfigError
from ..planners.program.planner import ProgramPlanner
from ..recall.memory_recall import MemoryRecall
from .findingdory import Answer, FramePlanner


class ProgramFrames:
    """The program planner: reads, recalls, chooses recorded poses."""

    def __init__(self) -> None:
        self._planner = ProgramPlanner()

    def answer(self, text: str, memory: MemoryRecall, observation: Observation) -> Answer:
        plan = self._planner.plan(text, memory, observation)
        return Answer(
            frames=tuple(plan.frame_indices),
            poses=tuple(view.base for view in plan.views if view is not None),
            verdict=plan.verdict.value,
            probability=plan.probability,
            trace=tuple(plan.trace),
        )


class RandomFrame:
    """One frame by chance: the lowest rung."""

    def answer(self, text: str, memory: MemoryRecall, observation: Observation) -> Answer:
        count = (observation.source_index or 0) + 1
        rng = np.random.default_rng((len(text), count))
        return Answer((int(rng.integers(count)),), (), trace=("a frame by chance",))


def make_planner(name: str) -> FramePlanner | None:
    """'program', 'random', 'oracle' (None: the evaluator answers), or 'package.module:Class'.

    Raises:
        ConfigError: there is no such planner.
    """
    if name == "program":
        return ProgramFrames()
    if name == "random":
        return RandomFrame()
    if name == "oracle":
        return None
    module_name, colon, class_name = name.partition(":")
    if not colon:
        raise ConfigError(
            f"planner must be program, random, oracle or package.module:Class, got '{name}'"
        )
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"cannot find planner '{name}': {error}") from error
    planner: FramePlanner = found()
    return planner
