"""An episode of the suite: phase 1 for the agent, its instructions for the evaluator, phase 2 for both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from ....config import config_digest
from ....core import Observation
from ....errors import InputError
from ...house.world import House
from .config import SuiteConfig, load_suite_config
from .playing import Play, WatchedEnv, make_house, record_episode
from .storage import load_task, save_task
from .task import FindingDoryTask, make_task
from .templates import Template, load_templates


class FindingDoryEpisode:
    """One house and one scripted life in it; config and seed determine every bit.

    `observations` and, after it, `ask` and `env.step` are what an agent perceives; `task` is the
    evaluator's.
    """

    def __init__(
        self,
        seed: int,
        config: SuiteConfig,
        *,
        house: House | None = None,
        cache_folder: Path | None = None,
    ) -> None:
        """`house` replaces that of the seed; `cache_folder` keeps the evaluator's side between runs."""
        if seed < 0:
            raise InputError(f"an episode's seed must be 0 or more, got {seed}")
        self.seed = seed
        self.config = config
        self._given_house = house
        self._cache_folder = None if house is not None else cache_folder
        self._final_state: str | None = None

    @classmethod
    def of(
        cls, config: SuiteConfig | str, index: int, *, cache_folder: Path | None = None
    ) -> FindingDoryEpisode:
        """The n-th episode of a split, by its config or by its name."""
        config = load_suite_config(f"findingdory_{config}") if isinstance(config, str) else config
        seeds = config.seeds
        if not 0 <= index < len(seeds):
            raise InputError(
                f"the split '{config.split}' has the episodes 0 to {len(seeds) - 1}, got {index}"
            )
        return cls(seeds[index], config, cache_folder=cache_folder)

    @cached_property
    def house(self) -> House:
        """As it is before the robot begins."""
        return make_house(self.seed) if self._given_house is None else self._given_house

    @cached_property
    def env(self) -> WatchedEnv:
        """The agent's world."""
        return WatchedEnv(self.house, self.config.env())

    def observations(self) -> Iterator[Observation]:
        """Phase 1: what the agent sees while the scripted robot works; frame n is the n-th of these."""
        self._final_state = None
        yield from Play(self.env, self.seed, self.config).run()
        self._final_state = self.env.save_state()

    def ask(self) -> Observation:
        """Phase 2 begins: the robot stands at the final pose again. Call it before each instruction."""
        if self._final_state is None:
            raise InputError("let observations() run to its end before ask()")
        return self.env.load_state(self._final_state)

    def task(self) -> FindingDoryTask:
        """The evaluator's side, from the cache if it is there."""
        path = self._cache_path()
        if path is not None and path.exists():
            return load_task(path)
        record = record_episode(self.seed, self.config, self.house)
        task = make_task(record, self._templates, is_heldout=self.config.is_heldout)
        if path is not None:
            save_task(task, path)
        return task

    @cached_property
    def _templates(self) -> dict[str, Template]:
        return load_templates(self.config.phrasings_file)

    def _cache_path(self) -> Path | None:
        """Named by all that the evaluator's side depends on; sensors are no part of that."""
        if self._cache_folder is None:
            return None
        played = replace(
            self.config, noise="off", image_width_px=480, image_height_px=640, phrasings=""
        )
        words = hashlib.blake2b(repr(self._templates).encode(), digest_size=4).hexdigest()
        name = f"{self.config.split}_{self.seed}_{config_digest(played)}_{words}.json.gz"
        return self._cache_folder / name
