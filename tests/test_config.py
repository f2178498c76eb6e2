"""Configuration: defaults, groups, overrides, and what a mistake is answered with."""

from __future__ import annotations

import dataclasses
import importlib.resources

import pytest

from embodied_mem.config import (
    Config,
    MemoryConfig,
    OctreeConfig,
    config_keys,
    config_to_json,
    load_config,
    memory_config_from_json,
)
from embodied_mem.errors import ConfigError


def test_no_override_gives_every_default() -> None:
    assert load_config() == Config()


def test_every_memory_yaml_loads() -> None:
    folder = importlib.resources.files("embodied_mem.configs.memory")
    names = [f.name[:-5] for f in folder.iterdir() if f.name.endswith(".yaml")]
    assert "full" in names
    for name in names:
        assert isinstance(load_config([f"memory={name}"]).memory, MemoryConfig)


def test_a_group_overrides_its_part_and_keeps_the_rest() -> None:
    fine = load_config(["memory=fine"]).memory
    assert fine.octree == dataclasses.replace(OctreeConfig(), resolution_m=0.02)
    assert fine.journal == MemoryConfig().journal


def test_an_override_wins_over_its_group() -> None:
    memory = load_config(["memory=fine", "memory.octree.resolution_m=0.1", "seed=4"])
    assert memory.memory.octree.resolution_m == 0.1
    assert memory.memory.cache.resolution_m == 0.03
    assert memory.seed == 4


def test_one_load_does_not_leak_into_the_next() -> None:
    load_config(["memory=fine", "seed=4"])
    assert load_config() == Config()


def test_an_integer_is_fine_where_a_number_is_expected() -> None:
    assert load_config(["memory.octree.max_range_m=5"]).memory.octree.max_range_m == 5.0


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("memory.octre.stride_px=1", r"'memory.octre.stride_px'; did you mean 'memory.octree.str"),
        ("memry=full", "unknown config key 'memry'; did you mean 'memory'"),
        ("+memory.foo=1", "unknown config key 'memory.foo'"),
        ("zzz=1", "unknown config key 'zzz'; possible: memory, "),
        ("memory=ful", "unknown choice 'ful' for 'memory'; did you mean 'full'"),
        ("memory=zzz", "unknown choice 'zzz' for 'memory'; possible: .*full"),
        ("memory=null", "unknown choice 'null' for 'memory'"),
        ("memory.octree.stride_px=abc", r"stride_px must be an integer: got 'abc' \(str\)"),
        ("memory.octree.stride_px=1.5", r"stride_px must be an integer: got '1.5' \(float\)"),
        ("memory.octree.max_range_m=[1]", "max_range_m must be a number"),
        ("memory.octree.max_range_m=true", "max_range_m must be a number"),
        ("memory.octree=3", "memory.octree must be a section"),
        ("seed=null", "seed must be an integer"),
        ("memory.octree.integration=rays", "one of projective, ray, .* did you mean 'ray'"),
        ("memory.octree.resolution_m=0", "resolution_m must be finite and above 0, got 0"),
        ("memory.octree.max_range_m=inf", "max_range_m must be finite"),
        ("memory.octree.max_range_m=nan", "max_range_m must be finite"),
        ("memory.journal.jpeg_quality=101", "1..100, got 101"),
        ("memory.octree.stride_px", "key=value, got 'memory.octree.stride_px'"),
    ],
)
def test_a_mistake_is_answered_with_what_is_possible(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(["seed=1", override])


def test_json_round_trip_keeps_every_value() -> None:
    memory = load_config(["memory=fine", "memory.keyframe.every=3"]).memory
    assert memory_config_from_json(config_to_json(memory)) == memory


def test_equal_configs_have_equal_json() -> None:
    assert config_to_json(load_config()) == config_to_json(Config())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "does not fit"),
        ('{"octree": {"resolution": 1}, "cache": {}, "keyframe": {}, "journal": {}}', "resolution"),
        ('{"octree": {}, "cache": {}, "keyframe": {}, "journal": {}, "cach": {}}', "mean 'cache'"),
    ],
)
def test_a_stored_config_that_does_not_fit_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        memory_config_from_json(text)


def test_a_stored_config_of_an_earlier_version_gets_the_defaults_of_new_sections() -> None:
    stored = memory_config_from_json('{"octree": {"resolution_m": 0.1}}')
    assert stored == MemoryConfig(octree=OctreeConfig(resolution_m=0.1))


def test_keys_are_dotted_leaves_with_units_in_their_names() -> None:
    keys = list(config_keys(Config))
    assert "memory.octree.resolution_m" in keys
    assert "memory.octree" not in keys
    assert len(keys) == len(set(keys))
