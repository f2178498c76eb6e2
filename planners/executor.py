"""The executor: skills become actions, one at a time, and a report of what was really done.

    executor = Executor(memory.recall)
    result = executor.run_skill(env, GoToPose(2.0, 1.0, 0.0), memory.update, observation=first)
    if not result.is_success:
        print(result.failure, result.reason)

It sees observations and a read-only memory, nothing else; `observe` is handed every observation, so that
memory grows while the robot acts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Action, Env, Observation, Outcome
from ..errors import InputError
from ..recall.memory_recall import MemoryRecall
from .executor_config import ExecutorConfig
from .skills.approaching import go_to_entity, go_to_room, go_to_viewpoint
from .skills.body import Body, Steps
from .skills.driving import drive_to, face
from .skills.handling import pick, place, switch
from .skills.requests import (
    Face,
    GoToEntity,
    GoToPose,
    GoToRoom,
    GoToViewpoint,
    Pick,
    Place,
    Search,
    Skill,
    Stop,
    Switch,
)
from .skills.result import Failure, SkillFailedError, SkillResult
from .skills.searching import search
from .skills.stopping import stop

_logger = logging.getLogger(__name__)


class Executor:
    """Does skills, one after another. `begin`, then `step` until it returns None, then `result`.

    Invariant: every action it returns is one step of the robot's own set, or one of its skills.
    """

    def __init__(self, memory: MemoryRecall, config: ExecutorConfig | None = None) -> None:
        self.config = config or ExecutorConfig()
        self._memory = memory
        self._body: Body | None = None
        self._steps: Steps | None = None
        self._skill: Skill | None = None
        self._result: SkillResult | None = None

    @property
    def result(self) -> SkillResult | None:
        """Of the last skill that ended; None before."""
        return self._result

    def begin(self, skill: Skill, *, observation: Observation | None = None) -> None:
        """Start a skill; one that is under way is dropped.

        `observation` is what the robot sees now; by default, what the last action brought.
        """
        if observation is not None:
            if self._body is None:
                self._body = Body(self._memory, self.config, observation)
            self._body.observation = observation
        if self._body is None:
            raise InputError("the executor has seen nothing yet; pass observation=env.reset(seed)")
        self._body.begin(_budget(skill, self.config))
        self._skill, self._result = skill, None
        self._steps = _steps_of(self._body, skill)

    def step(self, outcome: Outcome | None = None) -> Action | None:
        """The next action, given the outcome of the one before (None at first); None at the end."""
        if self._steps is None:
            raise InputError("no skill is under way; call begin(skill) first")
        try:
            return next(self._steps) if outcome is None else self._steps.send(outcome)
        except StopIteration:
            self._end(None, "")
        except SkillFailedError as failed:
            self._end(failed.failure, failed.reason)
        return None

    def run_skill(
        self,
        env: Env,
        skill: Skill,
        observe: Callable[[Observation], Any],
        *,
        observation: Observation | None = None,
    ) -> SkillResult:
        """Do a whole skill in a world; `observe` is handed each new observation before the next step."""
        self.begin(skill, observation=observation)
        action = self.step()
        while action is not None:
            outcome = env.step(action)
            observe(outcome.observation)
            action = self.step(outcome)
        assert self._result is not None
        return self._result

    def _end(self, failure: Failure | None, reason: str) -> None:
        body = self._body
        assert body is not None
        self._steps = None
        self._result = SkillResult(
            skill=str(self._skill),
            is_success=failure is None,
            failure=failure,
            reason=reason,
            actions=tuple(body.actions),
            path=np.array(body.path, np.float64),
            blocked_count=body.blocked_count,
            distance_m=body.distance_m,
            entity_id=body.entity_id,
        )
        _logger.debug("%s: %s %s", self._skill, failure or "done", reason)


def _budget(skill: Skill, config: ExecutorConfig) -> int:
    return skill.max_action_count if isinstance(skill, Search) else config.max_action_count


def _steps_of(body: Body, skill: Skill) -> Steps:
    """The generator that does a skill."""
    match skill:
        case GoToPose():
            return drive_to(body, skill.goal)
        case GoToEntity():
            return go_to_entity(body, skill)
        case GoToViewpoint():
            return go_to_viewpoint(body, skill)
        case GoToRoom():
            return go_to_room(body, skill)
        case Face():
            return face(body, skill.x, skill.y)
        case Pick():
            return pick(body, skill)
        case Place():
            return place(body, skill)
        case Switch():
            return switch(body, skill)
        case Search():
            return search(body, skill)
        case Stop():
            return stop(body, skill)
