"""The scripted driver and the episodes that it makes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from embodied_mem.core import Recording
from embodied_mem.envs.house.env import HouseEnv, HouseEnvConfig
from embodied_mem.envs.house.episode import HouseEpisode
from embodied_mem.envs.house.generate import generate_house
from embodied_mem.envs.house.oracle import drive_to, tour
from embodied_mem.envs.house.sensors import WIDE_CAMERA
from embodied_mem.envs.house.viewpoints import with_viewpoints
from embodied_mem.envs.house.world import House

SMALL = HouseEnvConfig(cameras=(WIDE_CAMERA.resized(64, 48),), detector=None)


@pytest.fixture(scope="module")
def house() -> House:
    return with_viewpoints(generate_house(3, room_count=4))


def test_it_drives_from_room_to_room_and_ends_near_the_goal_facing_it(house: House) -> None:
    env = HouseEnv(house, SMALL)
    env.reset(0)
    for _, point, yaw_rad in tour(house)[:4]:
        for outcome in drive_to(env, point, yaw_rad=yaw_rad):
            assert outcome.is_success
        x, y, yaw = env.true_base
        assert math.dist((x, y), point) < 0.3
        assert abs(math.remainder(yaw - yaw_rad, 2 * math.pi)) <= math.radians(5.01)


def test_a_tour_visits_every_room_that_has_a_viewpoint(house: House) -> None:
    rooms = {p.room_id for p in house.furniture if p.viewpoints}
    pieces = {p.furniture_id: p.room_id for p in house.furniture}
    assert {pieces[name] for name, _, _ in tour(house)} == rooms


def test_an_episode_is_a_recording_that_repeats_itself(house: House) -> None:
    episode = HouseEpisode(frame_count=12, seed=5, house=house, config=SMALL)
    assert isinstance(episode, Recording)
    assert episode.info.frame_count == 12
    frames = list(episode.observations())
    again = list(episode.observations(start=7))
    assert [f.source_index for f in frames] == list(range(12))
    assert [f.stamp_ns for f in again] == [f.stamp_ns for f in frames[7:]]
    for one, other in zip(frames[7:], again, strict=True):
        assert one.depth is not None
        assert other.depth is not None
        np.testing.assert_array_equal(one.depth.raw, other.depth.raw)
