"""The scripted agent that makes FindingDory-like episodes: what it reports is what truly happened."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import pytest
from house_samples import observation_bytes, tiny_house

from embodied_mem.envs.house.docking import dock_at
from embodied_mem.envs.house.env import EvaluatorTruth, HouseEnv, HouseEnvConfig
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.noise import NoiseConfig
from embodied_mem.envs.house.rearrangement import RearrangementConfig, Rearranger
from embodied_mem.envs.house.sensors import HEAD_CAMERA
from embodied_mem.envs.house.truth_log import ROBOT
from embodied_mem.envs.house.viewpoints import with_viewpoints
from embodied_mem.envs.house.world import House
from embodied_mem.errors import InputError

TINY = HouseEnvConfig(cameras=(HEAD_CAMERA.resized(12, 16),), detector=None)
LIVELY = dataclasses.replace(TINY, people_count=2)
SHORT = RearrangementConfig(min_round_count=2, max_round_count=4, min_step_count=0)


@dataclass
class Played:
    """One episode after its end."""

    rearranger: Rearranger
    truth: EvaluatorTruth
    poses: dict[int, tuple[float, float, float]]
    """True base by step."""
    modes: dict[int, str]


def play(house: House, env_config: HouseEnvConfig, config: RearrangementConfig) -> Played:
    env = HouseEnv(house, env_config)
    env.reset(3)
    rearranger = Rearranger(env, seed=3, config=config)
    poses, modes = {0: env.true_base}, {0: "navigation"}
    for outcome in rearranger.run():
        poses[rearranger.step_count] = env.true_base
        assert outcome.observation.robot is not None
        modes[rearranger.step_count] = outcome.observation.robot.mode
    return Played(rearranger, env.evaluator_truth(), poses, modes)


@pytest.fixture(scope="module")
def house() -> House:
    return with_viewpoints(generate_house(3, room_count=4))


@pytest.fixture(scope="module")
def played(house: House) -> Played:
    return play(house, LIVELY, SHORT)


def test_rounds_are_the_picks_and_places_of_the_truth_log(played: Played) -> None:
    rounds = played.rearranger.rounds
    assert 2 <= len(rounds) <= 4
    picks = played.truth.log.of(actor_id=ROBOT, action="pick")
    places = played.truth.log.of(actor_id=ROBOT, action="place")
    assert [(e.target_id, e.from_id, e.from_room_id, e.end_step) for e in picks] == [
        (r.object_id, r.from_id, r.from_room_id, r.pick_step) for r in rounds
    ]
    assert [(e.target_id, e.to_id, e.to_room_id, e.end_step) for e in places] == [
        (r.object_id, r.to_id, r.to_room_id, r.place_step) for r in rounds
    ]


def test_steps_of_a_round_are_in_order_and_rounds_do_not_overlap(played: Played) -> None:
    end = 0
    for number, r in enumerate(played.rearranger.rounds):
        assert r.number == number
        steps = [end, r.start_step, r.interaction_step, r.pick_step, r.place_step, r.end_step]
        assert steps == sorted(steps)
        assert r.pick_step == r.interaction_step + 2
        assert r.end_step == r.place_step + 1
        end = r.end_step


def test_it_picks_and_places_in_manipulation_mode_at_a_viewpoint(played: Played) -> None:
    viewpoints = {p.furniture_id: p.viewpoints for p in played.truth.house.furniture}
    for r in played.rearranger.rounds:
        for step, surface_id in ((r.pick_step, r.from_id), (r.place_step, r.to_id)):
            point = played.poses[step][:2]
            gaps = [math.dist(point, v[:2]) for v in viewpoints[surface_id.split("/")[0]]]
            assert min(gaps) <= 0.1
            assert played.modes[step] == "manipulation"
        assert played.modes[r.end_step] == "navigation"


def test_it_ends_with_an_empty_hand_in_navigation_mode(played: Played) -> None:
    assert played.truth.robot.held_id is None
    assert played.truth.robot.mode == "navigation"


def test_it_visits_every_reachable_room(played: Played) -> None:
    coverage = played.rearranger.coverage
    assert len(coverage.reachable_room_ids) >= 3
    assert not coverage.missing_room_ids
    entered = {e.to_room_id for e in played.truth.log.of(actor_id=ROBOT, action="enter_room")}
    assert entered <= set(coverage.visited_room_ids)


def test_noise_does_not_change_what_it_does(house: House, played: Played) -> None:
    noisy = dataclasses.replace(LIVELY, noise=NoiseConfig.of("hard"))
    again = play(house, noisy, SHORT)
    assert again.poses == played.poses
    assert again.rearranger.rounds == played.rearranger.rounds
    assert again.truth.log == played.truth.log


def test_the_same_seed_gives_the_same_bits_and_another_seed_another_episode() -> None:
    env = HouseEnv(tiny_house(), LIVELY)
    frames = []
    for seed in (1, 1, 2):
        env.reset(0)
        run = Rearranger(env, seed=seed, config=SHORT).run()
        frames.append(b"".join(observation_bytes(outcome.observation) for outcome in run))
    assert frames[0] == frames[1]
    assert frames[0] != frames[2]


def test_an_episode_is_as_long_as_configured() -> None:
    for least, most in ((0, 480), (700, 900), (500, 500)):
        config = RearrangementConfig(
            min_round_count=1, max_round_count=1, min_step_count=least, max_step_count=most
        )
        played = play(tiny_house(), LIVELY, config)
        assert least <= played.rearranger.step_count <= most
        assert played.truth.robot.held_id is None


def test_rounds_end_early_when_the_steps_run_out() -> None:
    config = RearrangementConfig(min_round_count=50, max_round_count=50, max_step_count=600)
    played = play(tiny_house(), LIVELY, config)
    assert 1 <= len(played.rearranger.rounds) < 50
    assert played.rearranger.step_count <= 600
    assert played.truth.robot.held_id is None


def test_docking_ends_within_the_tolerance_wherever_it_starts(house: House) -> None:
    env = HouseEnv(house, TINY)
    env.reset(0)
    stands = [v for p in house.furniture for v in p.viewpoints[:1]]
    for x, y, _ in stands[:8]:
        for outcome in dock_at(env, (x, y), look_at=(x + 1.0, y)):
            assert outcome.is_success
        assert math.dist(env.true_base[:2], (x, y)) <= 0.08
        assert abs(env.true_base[2]) <= math.radians(10.0)


def test_docking_gives_up_where_somebody_stands_for_good() -> None:
    env = HouseEnv(tiny_house(), LIVELY)
    env.reset(0)
    people = env._episode.simulation.people.residents  # type: ignore[union-attr]
    for person, y in zip(people, (1.75, 2.25), strict=True):
        person.x, person.y, person.path, person.tasks = 4.06, y, [], []
        person.wait_steps = 1000
    outcomes = list(dock_at(env, (6.5, 2.0), patience_steps=20))
    assert env.true_base[0] < 4.0
    assert len(outcomes) < 80


def test_a_house_without_viewpoints_and_impossible_counts_are_refused() -> None:
    env = HouseEnv(generate_house(3, room_count=4), TINY)
    env.reset(0)
    with pytest.raises(InputError, match="with_viewpoints"):
        Rearranger(env, seed=0)
    with pytest.raises(InputError, match="min_round_count <= max_round_count"):
        RearrangementConfig(min_round_count=5, max_round_count=4)
    with pytest.raises(InputError, match="max_step_count"):
        RearrangementConfig(min_step_count=100, max_step_count=50)
    with pytest.raises(InputError, match="look_around_share"):
        RearrangementConfig(look_around_share=1.5)
