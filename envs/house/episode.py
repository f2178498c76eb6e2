"""A recorded life in a house: a scripted robot drives from room to room; implements `Recording`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ...core import Observation, RecordingInfo
from ...errors import InputError
from .env import HouseEnv, HouseEnvConfig
from .generate import generate_house
from .oracle import drive_to, tour
from .viewpoints import with_viewpoints
from .world import House


class HouseEpisode:
    """The observations of a robot that visits two receptacles in each room, again and again.

    Frames are simulated when asked for; the same seed, config and house give the same frames.
    """

    def __init__(
        self,
        *,
        frame_count: int = 300,
        seed: int = 0,
        house: House | None = None,
        config: HouseEnvConfig | None = None,
    ) -> None:
        if frame_count < 1:
            raise InputError(f"frame_count must be 1 or more, got {frame_count}")
        self.house = with_viewpoints(generate_house(seed)) if house is None else house
        self._seed = seed
        self._config = config or HouseEnvConfig()
        self._frame_count = frame_count

    @property
    def info(self) -> RecordingInfo:
        return RecordingInfo(f"house_{self._seed}", "simulated", self._frame_count)

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        """Frames from `start` on; the ones before are simulated too, but not returned."""
        for index, observation in enumerate(self._lived()):
            if index >= self._frame_count:
                return
            if index >= start:
                yield observation

    def _lived(self) -> Iterator[Observation]:
        env = HouseEnv(self.house, self._config)
        try:
            yield env.reset(self._seed)
            for _, point, yaw_rad in itertools.cycle(tour(self.house)):
                for outcome in drive_to(env, point, yaw_rad=yaw_rad):
                    yield outcome.observation
        finally:
            env.close()
