"""A scripted agent that rearranges a house: it makes FindingDory-like episodes (arXiv 2506.15635).

    env = HouseEnv(with_viewpoints(generate_house(3)), HouseEnvConfig(people_count=2))
    first = env.reset(0)
    rearranger = Rearranger(env, seed=0)
    for outcome in rearranger.run():
        memory.update(outcome.observation)
    rearranger.rounds

It knows the truth (where everything lies, where one can drive) and so must not be an agent that is
evaluated. House, episode seed, environment config and this config determine every step; noise in the
sensors changes none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from ...core import Action, Outcome
from ...errors import InputError
from .chores import PickTarget, PlaceTarget, Stand, find_pick, place_targets
from .coverage import Coverage
from .docking import dock_at
from .env import EvaluatorTruth, HouseEnv
from .household import Clock, Household
from .noise import stream
from .robot import TURN_RAD
from .truth_log import ROBOT
from .world import Point2

_ROUND_STEPS = 360
"""Left over before another round begins: few take longer."""
_ROOM_STEPS = 70
"""Reckoned for the drive to another room."""
_FINAL_STEPS = 110
"""Kept for the drive to the final pose."""
_LAYING_STEPS = 60
"""Kept to lay down what is held."""
_TURNS_TO_LAY = 4
_MOST_TRIES = 6
"""To place one object, to pick any, or to get into one room, before giving up."""
_MOST_FAILED_ROUNDS = 10


@dataclass(frozen=True)
class RearrangementConfig:
    """How long an episode is and how much of the house it sees.

    FindingDory has 2 to 11 rounds in 400 to 3,500 steps.
    """

    min_round_count: int = 2
    max_round_count: int = 11
    min_step_count: int = 400
    max_step_count: int = 3500
    """No step is done after this many; rounds end early for it."""
    look_around_share: float = 0.5
    """Chance that it looks at a piece in the room it was in longest ago, after each round."""
    visits_every_room: bool = True
    """Before the end it drives to the rooms that it was not in; FindingDory's robot does not."""

    def __post_init__(self) -> None:
        if not 1 <= self.min_round_count <= self.max_round_count:
            raise InputError(
                "round counts must be 1 <= min_round_count <= max_round_count, got "
                f"{self.min_round_count} and {self.max_round_count}"
            )
        least = _FINAL_STEPS + _ROUND_STEPS
        if not 0 <= self.min_step_count <= self.max_step_count or self.max_step_count < least:
            raise InputError(
                f"step counts must be min_step_count <= max_step_count and the latter at least {least}, "
                f"got {self.min_step_count} and {self.max_step_count}"
            )
        if not 0 <= self.look_around_share <= 1:
            raise InputError(f"look_around_share must lie in [0, 1], got {self.look_around_share}")


@dataclass(frozen=True)
class Round:
    """One object picked up and put elsewhere. Steps count from the reset, as `Observation.source_index`.

    FindingDory's interaction runs from `interaction_step` to `place_step`.
    """

    number: int
    object_id: str
    category: str
    from_id: str
    """The surface it lay on, such as 'table_2/top'."""
    to_id: str
    """A surface, or 'floor:<room_id>' if the robot came to none."""
    from_room_id: str
    to_room_id: str
    start_step: int
    """At which the drive to the object began."""
    interaction_step: int
    """At which the robot stood before the object, before manipulation mode."""
    pick_step: int
    """After the pick: the end step of its event in the truth log."""
    place_step: int
    end_step: int
    """Back in navigation mode."""


@dataclass(frozen=True)
class Failure:
    """Something the robot tried in vain, and why."""

    step: int
    stage: str
    """'pick', 'place' or 'look_around'."""
    target_id: str
    reason: str


class Rearranger:
    """Plays one episode in an environment that was just reset; the results grow while it runs."""

    def __init__(
        self, env: HouseEnv, *, seed: int, config: RearrangementConfig | None = None
    ) -> None:
        """Raises InputError if the house has no viewpoints; see `viewpoints.with_viewpoints`."""
        self.config = config or RearrangementConfig()
        self.rounds: list[Round] = []
        self.failures: list[Failure] = []
        self._env = env
        self._rng = stream(seed, "rearrangement", 0)
        truth = env.evaluator_truth()
        self._layout = _household_of(truth)
        """For what does not change: rooms and furniture."""
        if not any(piece.viewpoints for piece in truth.house.furniture):
            raise InputError("the house has no viewpoints; make it with with_viewpoints(house)")
        self._first_step = self._step = truth.step
        self.coverage = Coverage(self._layout, env.true_navigation)
        """Which rooms there are and which the robot was in."""
        self.coverage.note(env.true_base[:2], self._step)

    @property
    def step_count(self) -> int:
        """Steps done so far."""
        return self._step - self._first_step

    def run(self) -> Iterator[Outcome]:
        """Do the rounds, see the rest of the house and drive to a final pose; yields every outcome."""
        config = self.config
        round_count = int(self._rng.integers(config.min_round_count, config.max_round_count + 1))
        misses = 0
        while len(self.rounds) < round_count and misses < _MOST_FAILED_ROUNDS:
            if self._left() < _ROUND_STEPS + self._reserved():
                break
            is_success = yield from self._round()
            misses += not is_success
            if not is_success or self._rng.random() < config.look_around_share:
                yield from self._look_around(self.coverage.stalest_room(self._rng))
        if config.visits_every_room:
            yield from self._see_the_rest()
        while self.step_count < config.min_step_count - _ROOM_STEPS and self._has_time_to_look():
            yield from self._look_around(self.coverage.stalest_room(self._rng))
        yield from self._finish()
        while self.step_count < config.min_step_count:
            yield from self._do("noop")

    # A round

    def _round(self) -> Generator[Outcome, None, bool]:
        """Carry one object elsewhere; returns whether it came there."""
        start = self._step
        pick = yield from self._pick()
        if pick is None:
            return False
        target, interaction, pick_step = pick
        yield from self._place(target)
        place_step = self._step
        if self._env.evaluator_truth().robot.mode == "manipulation":
            yield from self._do("navigation_mode")
        household, _ = self._now()
        thing = household.get_object(target.object_id)
        if thing.support_id == ROBOT:
            return False
        self.rounds.append(
            Round(
                len(self.rounds),
                thing.object_id,
                thing.category,
                target.from_id,
                thing.support_id,
                household.room_id_at(*target.position),
                household.room_id_at(thing.position[0], thing.position[1]),
                start,
                interaction,
                pick_step,
                place_step,
                self._step,
            )
        )
        return True

    def _pick(self) -> Generator[Outcome, None, tuple[PickTarget, int, int] | None]:
        """Drive to an object and take it: the target, the step before and that after; None if it failed."""
        for _ in range(_MOST_TRIES):
            target = self._choose_pick()
            if target is None or self._left() < _ROUND_STEPS:
                return None
            if not (yield from self._go(target.stand[:2], target.position)):
                self._failed("pick", target.object_id, "the robot did not get to its viewpoint")
                continue
            household, _ = self._now()
            if household.get_object(target.object_id).support_id != target.from_id:
                self._failed("pick", target.object_id, "somebody moved it")
                continue
            interaction = self._step
            yield from self._do("manipulation_mode")
            outcome = yield from self._do("pick", target.object_id)
            step = self._step
            yield from self._do("navigation_mode")
            if outcome.is_success:
                return target, interaction, step
            self._failed("pick", target.object_id, outcome.feedback)
        return None

    def _place(self, picked: PickTarget) -> Iterator[Outcome]:
        """Put down what is held, on some surface if one can be reached; ends right after that."""
        for _ in range(_MOST_TRIES):
            target = self._choose_place(picked)
            if target is None or self._left() < _FINAL_STEPS:
                break
            if not (yield from self._go(target.stand[:2], _ahead(target.stand))):
                self._failed("place", target.to_id, "the robot did not get to its viewpoint")
                continue
            yield from self._do("manipulation_mode")
            outcome = yield from self._do("place", target.to_id)
            if outcome.is_success:
                return
            self._failed("place", target.to_id, outcome.feedback)
            yield from self._do("navigation_mode")
        yield from self._lay_down()

    def _lay_down(self) -> Iterator[Outcome]:
        """Put what is held onto anything in reach, or else onto the floor."""
        outcome = yield from self._do("place")
        while not outcome.is_success and self._left() > _TURNS_TO_LAY:
            outcome = yield from self._do("drop")
            if not outcome.is_success:
                yield from self._turn(_TURNS_TO_LAY)

    def _choose_pick(self) -> PickTarget | None:
        """A random object, one not yet moved if there is any."""
        household, people = self._now()
        done = {r.object_id for r in self.rounds}
        names = sorted(household.house.objects)
        names = [names[i] for i in self._rng.permutation(len(names))]
        for name in sorted(names, key=lambda n: n in done):
            target = find_pick(household, household.get_object(name), people)
            if target is not None:
                return target
        return None

    def _choose_place(self, picked: PickTarget) -> PlaceTarget | None:
        """A random piece other than the one it came from."""
        household, people = self._now()
        pieces = [p for p in household.house.furniture if p.surfaces and p.viewpoints]
        pieces = [p for p in pieces if p.furniture_id != picked.from_id.split("/")[0]]
        pieces = [pieces[i] for i in self._rng.permutation(len(pieces))]
        return next(place_targets(household, picked.object_id, pieces, people), None)

    # Seeing the house

    def _look_around(self, room_id: str) -> Iterator[Outcome]:
        """Visit something in a room, or turn on the spot if the robot is already there."""
        if not self._has_time_to_look():
            return
        before = self._step
        point, look_at = self.coverage.choose_view(room_id, self._step, self._rng)
        if not (yield from self._go(point, look_at)):
            self._failed("look_around", room_id, "the robot did not get there")
        if self._step == before:
            yield from self._do("turn_left")

    def _see_the_rest(self) -> Iterator[Outcome]:
        """Drive to the rooms the robot was not in, the nearest of those it tried least next."""
        tries: Counter[str] = Counter()
        while missing := self.coverage.missing_room_ids:
            least = min(tries[room_id] for room_id in missing)
            if least >= _MOST_TRIES:
                return
            left = [room_id for room_id in missing if tries[room_id] == least]
            room_id = self.coverage.nearest_room(self._env.true_base[:2], left)
            tries[room_id] += 1
            yield from self._look_around(room_id)

    def _finish(self) -> Iterator[Outcome]:
        """Drive to a random place and turn to a random heading."""
        points = self._env.true_navigation.reachable_points()
        point = points[int(self._rng.integers(len(points)))].tolist()
        turns = round(float(self._rng.uniform(-math.pi, math.pi)) / TURN_RAD)
        yield from self._follow(dock_at(self._env, (point[0], point[1])))
        yield from self._turn(turns)

    # Acting

    def _go(self, point: Point2, look_at: Point2) -> Generator[Outcome, None, bool]:
        """Drive to a viewpoint and face something; returns whether it stands there."""
        steps = dock_at(self._env, point, look_at=look_at)
        return (yield from self._follow(steps, kept_steps=_LAYING_STEPS))

    def _do(self, name: str, target: str = "") -> Generator[Outcome, None, Outcome]:
        outcome = self._env.step(Action(name, (("target", target),) if target else ()))
        self._note(outcome)
        yield outcome
        return outcome

    def _follow(
        self, steps: Generator[Outcome, None, bool], *, kept_steps: int = 0
    ) -> Generator[Outcome, None, bool]:
        """Do steps until they end or only `kept_steps` are left; returns what they return."""
        while self._left() > kept_steps:
            try:
                outcome = next(steps)
            except StopIteration as end:
                return bool(end.value)
            self._note(outcome)
            yield outcome
        return False

    def _turn(self, turn_count: int) -> Iterator[Outcome]:
        name = "turn_left" if turn_count > 0 else "turn_right"
        for _ in range(min(abs(turn_count), self._left())):
            yield from self._do(name)

    def _note(self, outcome: Outcome) -> None:
        step = outcome.observation.source_index
        assert step is not None, "HouseEnv numbers its observations"
        self._step = step
        self.coverage.note(self._env.true_base[:2], step)

    def _failed(self, stage: str, target_id: str, reason: str) -> None:
        self.failures.append(Failure(self._step, stage, target_id, reason))

    def _left(self) -> int:
        return self.config.max_step_count - self.step_count

    def _has_time_to_look(self) -> bool:
        return self._left() >= _FINAL_STEPS + _ROOM_STEPS

    def _reserved(self) -> int:
        """Steps kept for what comes after the rounds."""
        rooms = len(self.coverage.missing_room_ids) if self.config.visits_every_room else 0
        return _FINAL_STEPS + rooms * _ROOM_STEPS

    def _now(self) -> tuple[Household, list[Point2]]:
        """A copy of the house as it is now, and where people stand."""
        truth = self._env.evaluator_truth()
        return _household_of(truth), [(x, y) for x, y, _ in truth.people.values()]


def _household_of(truth: EvaluatorTruth) -> Household:
    return Household(truth.house, Clock(truth.stamp_ns, truth.step))


def _ahead(stand: Stand) -> Point2:
    """A point before a viewpoint."""
    return (stand[0] + math.cos(stand[2]), stand[1] + math.sin(stand[2]))
