"""Configuration: frozen dataclasses hold every default, YAML groups in `configs/` override parts.

`load_config(["memory=fine", "memory.octree.max_range_m=8"])` composes with hydra; an unknown key or
group is a `ConfigError` that names the nearest one. The effective config is written beside results.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import hashlib
import importlib.resources
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

from .errors import ConfigError


@dataclass(frozen=True)
class OctreeConfig:
    """The occupancy octree. Log-odds follow OctoMap's sensor model (Hornung et al. 2013, section 3)."""

    resolution_m: float = 0.05
    max_range_m: float = 8.0
    integration: str = "projective"
    """'projective' (organised depth images, fast) or 'ray' (OctoMap's ray traversal)."""
    stride_px: int = 1


@dataclass(frozen=True)
class CacheConfig:
    """The 3D cache: surface voxels that know which keyframes saw them."""

    resolution_m: float = 0.06
    """A little coarser than the octree: depth noise then spreads less over neighbouring voxels, and
    `seen_from` finds better frames in less time (`embodied-mem bench recall`)."""
    max_range_m: float = 8.0
    stride_px: int = 4


@dataclass(frozen=True)
class KeyframeConfig:
    """When a frame is worth keeping; see `policies/keyframe.py`."""

    policy: str = "coverage"
    """'coverage', 'motion' or 'every'."""
    min_novel_fraction: float = 0.08
    """Keep when at least this share of the seen surface is new."""
    min_changed_fraction: float = 0.015
    """... or this share of the view contradicts the map: something has gone."""
    motion_m: float = 0.6
    """... or the camera is this far from the kept keyframe that overlaps most."""
    motion_rad: float = 0.6
    max_interval_s: float = 120.0
    """... or this long has passed since the last keyframe."""
    every: int = 10
    """For policy 'every': keep each n-th frame."""


@dataclass(frozen=True)
class EntityConfig:
    """How detections become entities; see `entities/`."""

    min_detections: int = 2
    """Detections that an entity needs before answers count on it."""
    max_range_m: float = 8.0
    """Detections farther away are kept in the journal, but make no entity."""
    look_range_m: float = 5.0
    """Places of entities are looked at within this distance."""


@dataclass(frozen=True)
class SnapshotConfig:
    """Which keyframes stand for the entities; see `policies/snapshot.py`."""

    policy: str = "greedy"
    """'greedy', 'divisive' (3D-Mem) or 'uniform'."""


@dataclass(frozen=True)
class CorrectionConfig:
    """What a late correction of poses does to the maps; everything else simply moves."""

    refresh_displacement_m: float = 0.1
    """A keyframe whose view has moved by more than this is integrated into the octree again, where it
    now belongs: its rays clear most of what it left where it does not."""
    rebuild_displacement_m: float = 0.4
    """Occupancy and 3D cache are built anew from all keyframes when a view has moved by more than this."""


@dataclass(frozen=True)
class JournalConfig:
    """How records and blobs are stored."""

    jpeg_quality: int = 90
    depth_codec: str = "auto"
    """'auto' (the default codec), or a name from `journal.depth_codec.CODECS`."""
    synchronous: str = "normal"
    """SQLite durability: 'normal' survives a killed process, 'full' also a power cut."""
    checkpoint_keyframes: int = 200
    """Write a checkpoint of the views after this many keyframes."""


PERCEPTION_SOURCES = ("given", "file", "onnx", "open_vocabulary")


@dataclass(frozen=True)
class PerceptionConfig:
    """Where detections come from; see `perception/`."""

    source: str = "given"
    """'given' (with the observations), 'file' (JSON lines), 'onnx' (YOLOX) or 'open_vocabulary'."""
    weights: str = ""
    """Path of the ONNX file, the JSON-lines file, or the folder of the zero-shot detector."""
    segmenter: str = ""
    """Folder of a box segmenter, for 'open_vocabulary'; '' cuts objects out by depth."""
    image_encoder: str = ""
    """Folder of a CLIP or SigLIP model, for 'open_vocabulary'; '' gives no embeddings."""
    labels: tuple[str, ...] = ()
    """What to look for, for 'open_vocabulary'; the 80 COCO names for 'onnx' if empty."""
    min_score: float = 0.3

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))  # hydra makes lists


@dataclass(frozen=True)
class MemoryConfig:
    """Everything that decides what a memory keeps and how its views are built."""

    octree: OctreeConfig = field(default_factory=OctreeConfig)
    cache: CacheConfig = field(default_factory=CacheConfig)
    keyframe: KeyframeConfig = field(default_factory=KeyframeConfig)
    entities: EntityConfig = field(default_factory=EntityConfig)
    snapshots: SnapshotConfig = field(default_factory=SnapshotConfig)
    correction: CorrectionConfig = field(default_factory=CorrectionConfig)
    journal: JournalConfig = field(default_factory=JournalConfig)


@dataclass(frozen=True)
class Config:
    """The whole configuration of a run."""

    memory: MemoryConfig = field(default_factory=MemoryConfig)
    perception: PerceptionConfig = field(default_factory=PerceptionConfig)
    seed: int = 0


def load_config(overrides: Sequence[str] = ()) -> Config:
    """Compose defaults, YAML groups and `key=value` overrides.

    Raises:
        ConfigError: an unknown key (names the nearest), an unknown group choice, or a wrong type.
    """
    from hydra import compose, initialize_config_module
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    schema = OmegaConf.structured(Config)
    _unlock(schema)
    ConfigStore.instance().store(name="schema", node=schema)
    GlobalHydra.instance().clear()
    try:
        with initialize_config_module("embodied_mem.configs", version_base="1.3"):
            composed = compose("config", overrides=list(overrides))
            config = OmegaConf.to_object(composed)
    except (HydraException, OmegaConfBaseException, ValueError, FrozenInstanceError) as error:
        raise ConfigError(_explain(error, overrides)) from error
    if not isinstance(config, Config):
        raise ConfigError(f"configs/config.yaml must build a Config, got {type(config).__name__}")
    _check(config)
    return config


def _unlock(node: Any) -> None:
    """Frozen dataclasses come out read-only, also to YAML overrides; the result is frozen again."""
    from omegaconf import DictConfig, OmegaConf

    OmegaConf.set_readonly(node, None)
    for key in node:
        if isinstance(node[key], DictConfig):
            _unlock(node[key])


def _explain(error: Exception, overrides: Sequence[str]) -> str:
    """What is wrong, in the words of our keys instead of hydra's."""
    for override in overrides:
        key, equals, value = override.lstrip("+~").partition("=")
        if not equals and not override.startswith("~"):
            return f"an override reads key=value, got '{override}'"
        choices = _group_choices(key)
        if choices and value not in choices:
            return f"unknown choice '{value}' for '{key}'; {_hint(value, choices)}"
        if not choices and key not in _sections_and_keys():
            return f"unknown config key '{key}'; {_hint(key, _sections_and_keys())}"
    return _explain_type(error) or " ".join(str(error).split())


def _explain_type(error: BaseException | None) -> str | None:
    """From omegaconf's error below hydra's: which key expects what, or None if that is not it."""
    key = getattr(error, "full_key", None)
    if error is None or key not in _sections_and_keys():
        return None if error is None else _explain_type(error.__cause__)
    default = functools.reduce(getattr, key.split("."), Config())
    words = {int: "an integer", float: "a number", str: "a text", bool: "true or false"}
    expected = words.get(type(default)) or "a section of keys"
    got = re.search(r"Value '(.*)' of type '(\w+)'", str(error), re.DOTALL)
    detail = f"got '{got[1]}' ({got[2]})" if got else str(error).splitlines()[0]
    return f"{key} must be {expected}: {detail}"


def _hint(wrong: str, possible: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(wrong, possible, n=1, cutoff=0.4)
    return f"did you mean '{nearest[0]}'?" if nearest else f"possible: {', '.join(possible)}"


def _group_choices(group: str) -> list[str]:
    """The YAML files of a group folder in `configs/`; empty if there is no such group."""
    folder = importlib.resources.files("embodied_mem.configs").joinpath(*group.split("/"))
    if not group or not folder.is_dir():
        return []
    names = (item.name for item in folder.iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def _sections_and_keys() -> list[str]:
    keys = list(config_keys(Config))
    sections = {key[:at] for key in keys for at, letter in enumerate(key) if letter == "."}
    return sorted({*keys, *sections})


def config_keys(kind: type, prefix: str = "") -> Iterator[str]:
    """Every dotted leaf key of a config dataclass."""
    for item in dataclasses.fields(kind):
        factory = item.default_factory
        if isinstance(factory, type) and dataclasses.is_dataclass(factory):
            yield from config_keys(factory, f"{prefix}{item.name}.")
        else:
            yield f"{prefix}{item.name}"


def _check(config: Config) -> None:
    memory = config.memory
    _check_choice("perception.source", config.perception.source, PERCEPTION_SOURCES)
    _check_choice("memory.octree.integration", memory.octree.integration, ("projective", "ray"))
    _check_choice("memory.keyframe.policy", memory.keyframe.policy, ("coverage", "motion", "every"))
    _check_choice(
        "memory.snapshots.policy", memory.snapshots.policy, ("greedy", "divisive", "uniform")
    )
    _check_choice("memory.journal.synchronous", memory.journal.synchronous, ("normal", "full"))
    positive = {
        "memory.octree.resolution_m": memory.octree.resolution_m,
        "memory.octree.max_range_m": memory.octree.max_range_m,
        "memory.octree.stride_px": memory.octree.stride_px,
        "memory.cache.resolution_m": memory.cache.resolution_m,
        "memory.cache.max_range_m": memory.cache.max_range_m,
        "memory.cache.stride_px": memory.cache.stride_px,
        "memory.keyframe.every": memory.keyframe.every,
        "memory.entities.min_detections": memory.entities.min_detections,
        "memory.entities.max_range_m": memory.entities.max_range_m,
        "memory.entities.look_range_m": memory.entities.look_range_m,
        "memory.correction.refresh_displacement_m": memory.correction.refresh_displacement_m,
        "memory.correction.rebuild_displacement_m": memory.correction.rebuild_displacement_m,
        "memory.journal.checkpoint_keyframes": memory.journal.checkpoint_keyframes,
    }
    for key, value in positive.items():
        if not 0 < value < math.inf:
            raise ConfigError(f"{key} must be finite and above 0, got {value}")
    at_least_zero = {
        "memory.keyframe.min_novel_fraction": memory.keyframe.min_novel_fraction,
        "memory.keyframe.min_changed_fraction": memory.keyframe.min_changed_fraction,
        "memory.keyframe.motion_m": memory.keyframe.motion_m,
        "memory.keyframe.motion_rad": memory.keyframe.motion_rad,
        "memory.keyframe.max_interval_s": memory.keyframe.max_interval_s,
    }
    for key, value in at_least_zero.items():
        if not value >= 0:
            raise ConfigError(f"{key} must be 0 or more (inf turns it off), got {value}")
    if not 1 <= memory.journal.jpeg_quality <= 100:
        raise ConfigError(
            f"memory.journal.jpeg_quality must lie in 1..100, got {memory.journal.jpeg_quality}"
        )


def _check_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        nearest = difflib.get_close_matches(value, choices, n=1)
        hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
        raise ConfigError(f"{key} must be one of {', '.join(choices)}, got '{value}'{hint}")


def config_to_json(config: Any) -> str:
    """Canonical JSON of a config dataclass (sorted keys), as saved beside results."""
    return json.dumps(dataclasses.asdict(config), sort_keys=True)


def config_digest(config: Any) -> str:
    """Hex that differs for different kinds or values of a config dataclass."""
    text = f"{type(config).__name__} {config_to_json(config)}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def memory_config_from_json(text: str) -> MemoryConfig:
    """The inverse of `config_to_json` for a MemoryConfig; unknown keys are refused."""
    parts: dict[str, type] = {
        "octree": OctreeConfig,
        "cache": CacheConfig,
        "keyframe": KeyframeConfig,
        "entities": EntityConfig,
        "snapshots": SnapshotConfig,
        "correction": CorrectionConfig,
        "journal": JournalConfig,
    }
    try:
        values = json.loads(text)
        unknown = sorted(set(values) - set(parts))
        if unknown:
            raise TypeError(f"unknown section '{unknown[0]}'; {_hint(unknown[0], list(parts))}")
        return MemoryConfig(**{name: parts[name](**values[name]) for name in values})
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ConfigError(f"a stored memory config does not fit this version: {error}") from error
