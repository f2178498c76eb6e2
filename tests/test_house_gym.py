"""The house as a gymnasium environment: its checker, its registry, several at once."""

from __future__ import annotations

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", reason="the gym extra is not installed")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from embodied_mem.envs.house.gym_env import ENV_ID, GYM_ACTIONS, HouseGymEnv  # noqa: E402

SMALL = {"width_px": 48, "height_px": 64, "house_seed": 1}


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.filterwarnings("ignore:.*infinity.*")
def test_environment_passes_gymnasiums_checker() -> None:
    env = gymnasium.make(ENV_ID, render_mode="rgb_array", **SMALL)
    check_env(env.unwrapped)
    env.close()


def test_noisy_lively_environment_stays_in_its_space() -> None:
    name = f"embodied_mem.envs.house.gym_env:{ENV_ID}"
    env = gymnasium.make(name, noise="hard", people_count=1, **SMALL)
    observation, _ = env.reset(seed=0)
    rng = np.random.default_rng(0)
    for action in rng.integers(len(GYM_ACTIONS) - 1, size=40):
        assert env.observation_space.contains(observation)
        observation, reward, is_done, is_cut, info = env.step(int(action))
        assert (reward, is_done, is_cut) == (0.0, False, False)
        assert info["is_success"] or info["feedback"]


def test_stop_ends_and_reward_is_the_callers() -> None:
    env = HouseGymEnv(reward=lambda outcome: 2.0 if outcome.is_done else -1.0, **SMALL)
    env.reset(seed=0)
    assert env.step(np.int64(GYM_ACTIONS.index("turn_left")))[1:3] == (-1.0, False)
    assert env.step(np.int64(GYM_ACTIONS.index("stop")))[1:3] == (2.0, True)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_vector_equals_single(mode: str) -> None:
    actions = [[1, 2], [2, 1], [2, 2], [3, 1]]
    many = gymnasium.make_vec(
        ENV_ID, num_envs=2, vectorization_mode=mode, vector_kwargs={}, **SMALL
    )
    first, _ = many.reset(seed=[5, 6])
    frames = [{key: value.copy() for key, value in first.items()}]
    for pair in actions:
        frames.append({key: v.copy() for key, v in many.step(np.array(pair))[0].items()})
    many.close()
    for number, seed in enumerate((5, 6)):
        one = HouseGymEnv(**SMALL)
        seen = [one.reset(seed=seed)[0]]
        seen += [one.step(np.int64(pair[number]))[0] for pair in actions]
        for vector, single in zip(frames, seen, strict=True):
            for key, value in single.items():
                np.testing.assert_array_equal(vector[key][number], value)
