"""The evaluator's side of an episode: what happened, what is asked and the judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ...house.env import HouseEnv
from ...house.world import House
from .final_world import FinalWorld
from .history import History
from .instructions import Dropped, Instruction, Views, make_instructions
from .predicates import Judge
from .record import EpisodeRecord
from .stops import GoalTracker, StopResult
from .templates import Template
from .valid_frames import find_valid_frames
from .wording import Words


@dataclass(frozen=True)
class FindingDoryTask:
    """Never pass this to an agent: of an instruction it may know the text."""

    record: EpisodeRecord
    instructions: tuple[Instruction, ...]
    dropped: tuple[Dropped, ...]

    @cached_property
    def world(self) -> FinalWorld:
        """The house when the instructions are given."""
        return FinalWorld(self.record.house)

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.world)

    def tracker(self, instruction: Instruction) -> GoalTracker:
        """A fresh one: every instruction starts from the same final pose and world."""
        return GoalTracker(instruction.goal, self.judge)

    def stop(self, tracker: GoalTracker, env: HouseEnv) -> StopResult:
        """A live stop: where the robot really stands, in the house as it is at that moment."""
        return tracker.stop(env.true_base, judge=self._judge_of(env.evaluator_truth().house))

    def _judge_of(self, house: House) -> Judge:
        """Residents move things while an agent acts; then the final world is left as it is."""
        ours = self.record.house
        if house.objects == ours.objects and house.furniture_states == ours.furniture_states:
            return self.judge
        self._live_world.follow(house)
        return Judge(self._live_world, self.judge.thresholds)

    @cached_property
    def _live_world(self) -> FinalWorld:
        return FinalWorld(self.record.house, map_=self.world.navigation)


def make_task(
    record: EpisodeRecord, templates: Mapping[str, Template], *, is_heldout: bool
) -> FindingDoryTask:
    """Find what can be asked in an episode; this renders the final world from its frames."""
    world = FinalWorld(record.house)
    judge = Judge(world)
    poses = [frame.base for frame in record.frames]
    seen_ids = world.receptacles_seen(poses, least_share=judge.thresholds.pixel_share)
    views = Views(find_valid_frames(record.frames, judge), seen_ids)
    history = History(record, world)
    asked, dropped = make_instructions(
        history, views, templates, Words.load(), is_heldout=is_heldout
    )
    task = FindingDoryTask(record, asked, dropped)
    task.__dict__["world"] = world  # keeps its renders
    return task
