"""The ladder of memories that the same planner and executor use: from none to ours to the oracle.

A rung says which frames of an episode a memory is shown and which of its views are taken away
afterwards. A user's own rung is a class named 'package.module:Class' with the same two methods.
"""

from __future__ import annotations

import importlib
from typing import Protocol

import numpy as np

from ..errors import ConfigError
from ..memory import EmbodiedMemory
from ..views import LAYERS


class MemoryRung(Protocol):
    """Which frames a memory is shown, and what is taken from it before the questions come."""

    name: str

    def wanted(self, frame_count: int, seed: int) -> set[int] | None:
        """Indices of the frames to show; None for all."""
        ...

    def finish(self, memory: EmbodiedMemory) -> None:
        """Called once after the last frame."""
        ...


class Full:
    """Ours: every frame, every view."""

    name = "full"

    def wanted(self, frame_count: int, seed: int) -> set[int] | None:
        return None

    def finish(self, memory: EmbodiedMemory) -> None:
        return None


class Uniform(Full):
    """N frames at even steps (FindingDory's published baselines)."""

    def __init__(self, count: int) -> None:
        self.name, self._count = f"uniform_{count}", count

    def wanted(self, frame_count: int, seed: int) -> set[int] | None:
        places = np.linspace(0, frame_count - 1, min(self._count, frame_count))
        return set(np.rint(places).astype(int).tolist())


class Recency(Full):
    """The last N frames."""

    def __init__(self, count: int) -> None:
        self.name, self._count = f"recency_{count}", count

    def wanted(self, frame_count: int, seed: int) -> set[int] | None:
        return set(range(max(frame_count - self._count, 0), frame_count))


class RandomFrames(Full):
    """N frames by chance."""

    def __init__(self, count: int) -> None:
        self.name, self._count = f"random_{count}", count

    def wanted(self, frame_count: int, seed: int) -> set[int] | None:
        rng = np.random.default_rng((seed, self._count))
        chosen = rng.choice(frame_count, size=min(self._count, frame_count), replace=False)
        return set(chosen.tolist())


class NoMemory(Full):
    """The last frame alone: what is in view when the question comes."""

    name = "none"

    def wanted(self, frame_count: int, seed: int) -> set[int] | None:
        return {frame_count - 1}


class Without(Full):
    """Ours, one layer taken away after the episode: as if it had never been built."""

    def __init__(self, layer: str) -> None:
        if layer not in LAYERS:
            raise ConfigError(f"a layer to leave out is one of {', '.join(LAYERS)}, got '{layer}'")
        self.name, self._layer = f"full-{layer}", layer

    def finish(self, memory: EmbodiedMemory) -> None:
        memory.forget_layer(self._layer)


def make_rung(name: str) -> MemoryRung:
    """'full', 'none', 'uniform_96', 'recency_96', 'random_96', 'full-graph', or 'package.module:Class'.

    Raises:
        ConfigError: there is no such rung.
    """
    if ":" in name:
        return _named_class(name)
    kind, _, count = name.partition("_")
    counted = {"uniform": Uniform, "recency": Recency, "random": RandomFrames}
    if kind in counted and count.isdecimal() and int(count) > 0:
        return counted[kind](int(count))
    if name.startswith("full-"):
        return Without(name.removeprefix("full-"))
    plain = {"full": Full, "none": NoMemory}
    if name in plain:
        return plain[name]()
    raise ConfigError(
        f"memory must be full, none, uniform_N, recency_N, random_N, full-LAYER ({', '.join(LAYERS)}) "
        f"or package.module:Class, got '{name}'"
    )


def _named_class(name: str) -> MemoryRung:
    module_name, _, class_name = name.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"cannot find memory '{name}': {error}") from error
    rung: MemoryRung = found()
    return rung


def is_shown(wanted: set[int] | None, index: int) -> bool:
    return wanted is None or index in wanted


def shown_count(wanted: set[int] | None, frame_count: int) -> int:
    return frame_count if wanted is None else len(wanted)
