"""The house as a gymnasium environment, `embodied_mem/House-v0`, alone or several at once.

    import gymnasium
    name = "embodied_mem.envs.house.gym_env:embodied_mem/House-v0"  # imports and registers it
    env = gymnasium.make(name, width_px=120, height_px=160)
    many = gymnasium.make_vec(name, num_envs=4, vectorization_mode="async")

Actions are numbers into `GYM_ACTIONS`; `unwrapped.house_env` takes the actions that name a target.
There is no reward but what `reward` returns: give the task's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Action, Observation, Outcome
from ...errors import MissingExtraError
from .env import HouseEnv, HouseEnvConfig
from .generate import generate_house
from .noise import NoiseConfig
from .sensors import HEAD_CAMERA

try:
    import gymnasium
    from gymnasium import spaces
except ImportError as error:  # pragma: no cover
    raise MissingExtraError("gymnasium", "gym", "the gymnasium form of the house") from error

ENV_ID = "embodied_mem/House-v0"
GYM_ACTIONS = (
    "noop", "move_forward", "turn_left", "turn_right", "manipulation_mode", "navigation_mode",
    "pick", "place", "stop",
)  # fmt: skip
_MODES = ("navigation", "manipulation")
_FAR_M = 100.0

Reward = Callable[[Outcome], float]


class HouseGymEnv(gymnasium.Env[dict[str, NDArray[Any]], np.int64]):
    """Colour, depth, believed pose, time of day, arm mode and whether the hand is full."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    def __init__(
        self,
        *,
        house_seed: int | None = None,
        width_px: int = HEAD_CAMERA.width_px,
        height_px: int = HEAD_CAMERA.height_px,
        people_count: int = 0,
        noise: str = "off",
        reward: Reward | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Without `house_seed`, each reset with a seed brings the house of that seed."""
        camera = HEAD_CAMERA.resized(width_px, height_px)
        config = HouseEnvConfig(
            cameras=(camera,),
            detector=None,
            noise=NoiseConfig.of(noise),
            people_count=people_count,
            has_instance_ids=False,
        )
        house = None if house_seed is None else generate_house(house_seed)
        self.house_env = HouseEnv(house, config)
        self.render_mode = render_mode
        self._reward = reward
        self._image: NDArray[np.uint8] = np.zeros((height_px, width_px, 3), np.uint8)
        self.action_space = spaces.Discrete(len(GYM_ACTIONS))
        self.observation_space: spaces.Dict = spaces.Dict(  # type: ignore[assignment]
            {
                "color": spaces.Box(0, 255, (height_px, width_px, 3), np.uint8),
                "depth_m": spaces.Box(0.0, _FAR_M, (height_px, width_px), np.float32),
                "base_in_world": spaces.Box(-1e4, 1e4, (3,), np.float64),
                "clock_s": spaces.Box(0.0, 86_400.0, (1,), np.float64),
                "mode": spaces.Discrete(len(_MODES)),
                "is_holding": spaces.Discrete(2),
            }
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Begin an episode; without a seed the next one is drawn."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(1 << 30)) if seed is None else seed
        return self._packed(self.house_env.reset(drawn)), {"house_seed": drawn}

    def step(
        self, action: np.int64
    ) -> tuple[dict[str, NDArray[Any]], float, bool, bool, dict[str, Any]]:
        """One action; `info` says whether it was possible and, if not, why."""
        outcome = self.house_env.step(Action(GYM_ACTIONS[int(action)]))
        reward = self._reward(outcome) if self._reward is not None else 0.0
        info = {"is_success": outcome.is_success, "feedback": outcome.feedback}
        return self._packed(outcome.observation), reward, outcome.is_done, False, info

    def render(self) -> NDArray[np.uint8] | None:  # type: ignore[override]
        """The last image, if `render_mode` is 'rgb_array'."""
        return self._image.copy() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        self.house_env.close()

    def _packed(self, observation: Observation) -> dict[str, NDArray[Any]]:
        """The observation in the shape of the space; a dropped frame shows the last image."""
        color, robot = observation.color_array(), observation.robot
        if color is not None:
            self._image = color
        depth = observation.depth
        shape = self._image.shape[:2]
        mode = robot.mode if robot else _MODES[0]
        return {
            "color": self._image,
            "depth_m": np.zeros(shape, np.float32) if depth is None else depth.metres(),
            "base_in_world": np.array(robot.base_in_world if robot else (0.0, 0.0, 0.0)),
            "clock_s": np.array([observation.clock_s or 0.0]),
            "mode": np.int64(_MODES.index(mode)),  # type: ignore[dict-item]
            "is_holding": np.int64(bool(robot and robot.held_label)),  # type: ignore[dict-item]
        }


def register() -> None:
    """Make `ENV_ID` known to gymnasium; done on import, harmless to repeat."""
    if ENV_ID not in gymnasium.registry:
        gymnasium.register(ENV_ID, entry_point=f"{__name__}:HouseGymEnv", max_episode_steps=4000)


register()
