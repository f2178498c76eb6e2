"""Phase 1 of an episode: a scripted robot tidies up, day by day, and each frame's truth is noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ....core import Action, Observation, Outcome
from ...house.env import HouseEnv
from ...house.generate import generate_house
from ...house.noise import stream
from ...house.rearrangement import Rearranger, Round
from ...house.sensors import HEAD_CAMERA
from ...house.viewpoints import with_viewpoints
from ...house.world import House
from .config import SuiteConfig
from .final_world import room_at
from .record import EpisodeRecord, FrameTruth, Interaction

SMALLEST_IMAGE_PX = (12, 16)
"""Steps do not depend on what is sensed, so a record can be made with hardly any rendering."""


def make_house(seed: int) -> House:
    """The house of an episode, with viewpoints."""
    return with_viewpoints(generate_house(seed))


def record_episode(seed: int, config: SuiteConfig, house: House | None = None) -> EpisodeRecord:
    """Play an episode for the evaluator alone; the same steps as the agent's run with the same config."""
    camera = HEAD_CAMERA.resized(*SMALLEST_IMAGE_PX)
    quick = replace(
        SuiteConfig(people_count=config.people_count).env(), cameras=(camera,), detector=None
    )
    env = WatchedEnv(make_house(seed) if house is None else house, quick)
    play = Play(env, seed, config)
    for _ in play.run():
        pass
    record = play.record()
    env.close()
    return record


class WatchedEnv(HouseEnv):
    """A house that remembers the last action, for the record."""

    last_action = "reset"

    def reset(self, seed: int) -> Observation:
        self.last_action = "reset"
        return super().reset(seed)

    def step(self, action: Action) -> Outcome:
        self.last_action = action.name
        return super().step(action)

    def live_on(self, step_count: int) -> Observation:
        self.last_action = "live_on"
        return super().live_on(step_count)


@dataclass
class Play:
    """One run of phase 1 in an environment; notes the truth while it yields what an agent may see."""

    env: WatchedEnv
    seed: int
    config: SuiteConfig
    frames: list[FrameTruth] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)

    def run(self) -> Iterator[Observation]:
        """Every frame in order; `record` can be asked for afterwards."""
        observation = self.env.reset(self.seed)
        house = self.env.evaluator_truth().house
        self._rooms = house.rooms
        self._first_supports = {name: thing.support_id for name, thing in house.objects.items()}
        self._note(observation)
        yield observation
        for day in range(self.config.days):
            if day > 0:
                observation = self.env.live_on(self._steps_until_morning())
                self._note(observation)
                yield observation
            yield from self._play_day(day)

    def record(self) -> EpisodeRecord:
        """What happened."""
        truth = self.env.evaluator_truth()
        index_of = {frame.step: index for index, frame in enumerate(self.frames)}
        return EpisodeRecord(
            f"{self.config.split}_{self.seed}",
            self.config.split,
            self.seed,
            self.env.config.day_clock.steps_per_day,
            tuple(self.frames),
            tuple(_interaction_of(one, index_of) for one in self.rounds),
            truth.house,
            self._first_supports,
            is_timed_out=len(self.rounds) < self.config.min_round_count * self.config.days,
        )

    def _play_day(self, day: int) -> Iterator[Observation]:
        """One day's rounds. Those of earlier days count as done: other objects are moved first."""
        config = self.config.rearrangement(visits_every_room=self._visits_every_room())
        before = len(self.rounds)
        config = replace(
            config,
            min_round_count=before + config.min_round_count,
            max_round_count=before + config.max_round_count,
        )
        robot = Rearranger(self.env, seed=self.seed + 1_000_003 * day, config=config)
        robot.rounds.extend(self.rounds)
        for outcome in robot.run():
            self._note(outcome.observation)
            yield outcome.observation
        self.rounds = robot.rounds

    def _visits_every_room(self) -> bool:
        chance = float(stream(self.seed, "unvisited rooms", 0).random())
        return chance >= self.config.unvisited_share

    def _steps_until_morning(self) -> int:
        steps_per_day = self.env.config.day_clock.steps_per_day
        return steps_per_day - self.frames[-1].step % steps_per_day

    def _note(self, observation: Observation) -> None:
        assert observation.source_index is not None, "HouseEnv numbers its observations"
        assert observation.robot is not None
        base = self.env.true_base
        self.frames.append(
            FrameTruth(
                observation.source_index,
                observation.stamp_ns,
                base,
                observation.robot.mode,
                self.env.last_action,
                room_at(self._rooms, base[:2]),
            )
        )


def _interaction_of(one: Round, index_of: dict[int, int]) -> Interaction:
    return Interaction(
        one.object_id,
        one.from_id,
        one.to_id,
        one.from_room_id,
        one.to_room_id,
        index_of[one.interaction_step],
        index_of[one.pick_step],
        index_of[one.place_step],
        index_of[one.end_step],
    )
