"""What an episode of the suite is like: its split, its length, who lives in the house, what is sensed."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ....errors import ConfigError, InputError
from ...house.env import HouseEnvConfig
from ...house.noise import LEVELS, NoiseConfig
from ...house.rearrangement import RearrangementConfig
from ...house.sensors import HEAD_CAMERA, DayClock
from .yaml_files import read_yaml


@dataclass(frozen=True)
class Split:
    """A range of seeds; each seed is a house and an episode in it."""

    name: str
    first_seed: int
    episode_count: int
    is_heldout: bool
    """Asked in the held-out phrasings; the object attributes are asked only here."""
    day_count: int = 1


SPLITS: Mapping[str, Split] = {
    "train": Split("train", 0, 10_000, False),
    "val": Split("val", 10_000, 100, True),
    "mini": Split("mini", 20_000, 10, True),
    "long": Split("long", 30_000, 10, True, day_count=10),
}
"""Seeds are disjoint, so no house of an evaluation split is ever trained on."""


@dataclass(frozen=True)
class SuiteConfig:
    """Defaults are FindingDory's."""

    split: str = "mini"
    noise: str = "off"
    """Of the agent's sensors: 'off', 'mild' or 'hard'."""
    people_count: int = 0
    """Residents, who move things as well. FindingDory has none."""
    image_width_px: int = 480
    image_height_px: int = 640
    """Of what the agent gets. Predicates are always judged at 480 x 640."""
    min_round_count: int = 2
    max_round_count: int = 11
    """Objects carried on each day."""
    min_step_count: int = 400
    max_step_count: int = 3500
    """Of each day; a day has 4,000 steps from 06:00 to 22:00."""
    day_count: int = 0
    """0: as the split says. After each day but the last, life goes on without the robot until morning."""
    unvisited_share: float = 0.5
    """Of the episodes: the robot does not seek out every room (template 30 asks for such rooms)."""
    phrasings: str = ""
    """A YAML file {task_14: [sentences]} with other wordings."""

    def __post_init__(self) -> None:
        _check_choice("split", self.split, tuple(SPLITS))
        _check_choice("noise", self.noise, LEVELS)
        if self.day_count < 0:
            raise ConfigError(f"suite.day_count must be 0 or more, got {self.day_count}")
        if not 0 <= self.unvisited_share <= 1:
            raise ConfigError(
                f"suite.unvisited_share must be in [0, 1], got {self.unvisited_share}"
            )
        if self.max_step_count > DayClock().steps_per_day:
            raise ConfigError(
                f"suite.max_step_count must fit a day of {DayClock().steps_per_day} steps, got "
                f"{self.max_step_count}; for longer episodes raise suite.day_count"
            )
        try:
            self.rearrangement()
            self.env()
        except InputError as error:
            raise ConfigError(f"suite: {error}") from error

    @property
    def seeds(self) -> range:
        split = SPLITS[self.split]
        return range(split.first_seed, split.first_seed + split.episode_count)

    @property
    def days(self) -> int:
        return self.day_count or SPLITS[self.split].day_count

    @property
    def is_heldout(self) -> bool:
        return SPLITS[self.split].is_heldout

    @property
    def phrasings_file(self) -> Path | None:
        return Path(self.phrasings).expanduser() if self.phrasings else None

    def rearrangement(self, *, visits_every_room: bool = True) -> RearrangementConfig:
        """How the scripted robot plays one day."""
        return RearrangementConfig(
            self.min_round_count,
            self.max_round_count,
            self.min_step_count,
            self.max_step_count,
            visits_every_room=visits_every_room,
        )

    def env(self) -> HouseEnvConfig:
        """The world as the agent senses it."""
        camera = HEAD_CAMERA.resized(self.image_width_px, self.image_height_px)
        return HouseEnvConfig(
            cameras=(camera,), noise=NoiseConfig.of(self.noise), people_count=self.people_count
        )


def load_suite_config(name: str, overrides: Mapping[str, Any] | None = None) -> SuiteConfig:
    """`configs/suite/<name>.yaml` over the defaults, and `overrides` over both.

    Raises:
        ConfigError: no such file, an unknown key (names the nearest), or a wrong value.
    """
    folder = files("embodied_mem.configs.suite")
    names = sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if ".yaml" in f.name)
    _check_choice("name", name, tuple(names))
    values = {**read_yaml(folder.joinpath(f"{name}.yaml")), **(overrides or {})}
    known = {field.name: field for field in dataclasses.fields(SuiteConfig)}
    for key, value in values.items():
        _check_choice("key", key, tuple(known))
        kind = type(known[key].default)
        is_whole = kind is float and type(value) is int
        if type(value) is not kind and not is_whole:
            raise ConfigError(f"suite.{key} must be of type {kind.__name__}, got {value!r}")
    return SuiteConfig(**values)


def _check_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        nearest = difflib.get_close_matches(value, choices, n=1)
        hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
        raise ConfigError(f"suite {key} must be one of {', '.join(choices)}, got '{value}'{hint}")
