"""Questions as tools: what a model sends is checked, what comes back is JSON."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from recall_samples import S, flat_sources, recall_of

from embodied_mem.bench.queries import (
    measure_queries,
    questions,
    run_query_bench,
    synthetic_recall,
)
from embodied_mem.errors import InputError
from embodied_mem.recall.memory_recall import MemoryRecall
from embodied_mem.recall.tools import TOOLS, call_tool, tool_schemas

GOOD: dict[str, dict[str, object]] = {
    "where": {"query": "red mug", "k": 3, "speaker": "alice"},
    "find_all": {"query": "all mugs", "within": [0, 100 * S]},
    "count": {"query": "mugs", "as_of_ns": 40 * S},
    "nth": {"query": "mug", "n": -1, "order": "last_seen"},
    "inside": {"room": "kitchen"},
    "on": {"furniture": "entity:1"},
    "history": {"query": "entity:4"},
    "changed": {"before_ns": 0, "after_ns": 90 * S},
    "events": {"action": "pick", "about": "cup", "order": "newest"},
    "when": {"query": "you picked up the cup"},
    "relate": {"ids": ["entity:4"], "kinds": ["event"]},
    "context": {"question": "where is the mug?", "token_budget": 50},
    "next_action": {"question": "unicorn", "start_in_world": [0, 0, 0], "visited": ["room:0"]},
    "near": {"point_in_world": [0, 0, 0], "radius_m": 1},
    "between": {"start_stamp_ns": 0, "end_stamp_ns": S},
    "seeing": {"point_in_world": [0.5, 0, 0]},
    "route": {"start_in_world": [0, 0, 0], "goal_in_world": [1, 0, 0]},
    "frontiers": {},
    "facts": {"subject": "entity:2"},
    "aliases": {"phrase": "favourite cup", "speaker": "bob"},
    "routine": {"person": "alice", "clock_s": 30000},
    "cases": {"situation": "cup on the floor"},
}


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> MemoryRecall:
    return recall_of(tmp_path_factory.mktemp("flat"), flat_sources())


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS])
def test_every_tool_answers_in_json(flat: MemoryRecall, name: str) -> None:
    answer = call_tool(flat, name, GOOD[name])
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert call_tool(flat, name, json.dumps(GOOD[name])) == answer


def test_answers_are_those_of_the_methods(flat: MemoryRecall) -> None:
    answer = call_tool(flat, "where", {"query": "red mug"})
    assert answer["verdict"] == "known"
    assert answer["items"][0]["room_id"] == "room:0"
    assert call_tool(flat, "count", {"query": "mugs"})["count"] == flat.count("mugs").count
    assert call_tool(flat, "next_action", {"question": "red mug"})["kind"] == "answer"


def test_schemas_are_json_schemas_of_objects() -> None:
    schemas = tool_schemas()
    assert json.loads(json.dumps(schemas)) == schemas
    assert len({schema["name"] for schema in schemas}) == len(schemas) == len(GOOD)
    for schema in schemas:
        parameters = schema["parameters"]
        assert schema["description"]
        assert schema["returns"]
        assert parameters["type"] == "object"
        assert parameters["additionalProperties"] is False
        assert set(parameters["required"]) <= set(parameters["properties"])
        assert all(p["description"] for p in parameters["properties"].values())


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("destroy", {}, "there is no tool 'destroy'; the tools are where"),
        ("where", {}, "'query' is missing"),
        ("where", {"query": 3}, "must be a string, got a int"),
        ("where", {"query": ""}, "must be 1 to 2000 characters"),
        ("where", {"query": "mug", "k": 0}, "must be from 1 to 1000, got 0"),
        ("where", {"query": "mug", "k": True}, "must be a finite integer, got true or false"),
        ("where", {"query": "mug", "k": 2.0}, "must be a finite integer"),
        ("where", {"query": "mug", "limit": 3}, "unknown argument 'limit'; it takes query, k"),
        ("where", {"query": "mug", "within": [1]}, "must be a list of 2 to 2, got 1"),
        ("where", {"query": "mug", "within": ["a", "b"]}, "whose items are a finite integer"),
        ("where", {"query": "mug", "as_of_ns": 2**70}, "must be from -9223372036854775808"),
        ("where", {"query": None}, "must be a string, got null"),
        ("nth", {"query": "mug", "n": 1, "order": "size"}, "one of first_seen, last_seen, handled"),
        ("near", {"point_in_world": [0, float("nan"), 0]}, "not finite"),
        ("near", {"point_in_world": {"x": 1}}, "must be a list, got an object"),
        ("where", "not json", "the arguments are no JSON"),
        ("where", "[1]", "a JSON object is expected, got a list"),
        ("where", {"query": "mug", "within": [5, 1]}, "within needs start <= end"),
        ("where", {"query": "entity:77"}, "there is no 'entity:77'"),
    ],
)
def test_what_a_schema_does_not_allow_is_refused(
    flat: MemoryRecall, name: str, arguments: dict[str, object] | str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        call_tool(flat, name, arguments)


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(data=some.data())
def test_whatever_a_model_sends_is_answered_or_refused(
    flat: MemoryRecall, data: some.DataObject
) -> None:
    tool = data.draw(some.sampled_from(TOOLS))
    arguments = dict(GOOD[tool.name])
    names = [p.name for p in tool.parameters] + ["extra"]
    arguments[data.draw(some.sampled_from(names))] = data.draw(json_values)
    with contextlib.suppress(InputError):
        json.dumps(call_tool(flat, tool.name, arguments), allow_nan=False)


def test_the_query_benchmark_runs_small() -> None:
    with synthetic_recall(entity_count=400, event_count=2000, room_count=16) as (recall, _):
        times = measure_queries(recall, 400, 16, rounds=1)
        assert recall.where("mug").items
        assert recall.relate(["entity:5"]).items
    assert set(times.times_ms) == set(questions(recall, 400, 16, np.random.default_rng(0)))
    bars = run_query_bench(400, 2000, 16)
    assert [bar.name for bar in bars] == ["recall_p50_ms", "recall_p95_ms"]
