"""Fusing rankings, stopping early, and walking the graph."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from recall_samples import flat_sources, recall_of

from embodied_mem.errors import InputError
from embodied_mem.recall.channels import Channels
from embodied_mem.recall.facts import FactIndex
from embodied_mem.recall.fusion import RRF_K, fuse, is_settled
from embodied_mem.recall.graph_walk import local_push, power_iteration
from embodied_mem.recall.memory_recall import MemoryRecall

NAMES = [f"entity:{n}" for n in range(12)]
rankings = some.lists(some.lists(some.sampled_from(NAMES), unique=True, max_size=8), max_size=5)


@given(lists=rankings, order=some.randoms())
def test_the_order_of_rankings_does_not_count(lists: list[list[str]], order: object) -> None:
    shuffled = list(lists)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fuse(shuffled) == fuse(lists)


@given(ranking=some.lists(some.sampled_from(NAMES), unique=True))
def test_one_ranking_keeps_its_order(ranking: list[str]) -> None:
    assert [name for name, _ in fuse([ranking])] == ranking
    assert [name for name, _ in fuse([ranking, ranking])] == ranking


@given(lists=rankings)
def test_scores_are_sums_of_reciprocal_ranks(lists: list[list[str]]) -> None:
    for name, score in fuse(lists):
        expected = sum(1 / (RRF_K + r.index(name) + 1) for r in lists if name in r)
        assert score == pytest.approx(expected)


@given(lists=rankings, more=some.lists(some.sampled_from(NAMES), unique=True, max_size=8),
       k=some.integers(1, 4), weight=some.floats(0, 2))  # fmt: skip
def test_what_is_settled_is_not_changed_by_another_ranking(
    lists: list[list[str]], more: list[str], k: int, weight: float
) -> None:
    before = fuse(lists)
    if is_settled(before, k, weight) and len(before) >= k:
        after = fuse([*lists, more], weights=[*([1.0] * len(lists)), weight])
        assert {name for name, _ in after[:k]} == {name for name, _ in before[:k]}


def test_ids_of_equal_score_are_ordered_by_number() -> None:
    assert [name for name, _ in fuse([["entity:10"], ["entity:9"]])] == ["entity:9", "entity:10"]
    with pytest.raises(InputError, match="one weight >= 0"):
        fuse([["a"]], weights=[-1.0])


def random_graph(seed: int, count: int) -> tuple[list[tuple[int, int]], list[list[int]]]:
    rng = np.random.default_rng(seed)
    pairs = {
        (min(a, b), max(a, b)) for a, b in rng.integers(0, count, (3 * count, 2)).tolist() if a != b
    }
    around: list[list[int]] = [[] for _ in range(count)]
    for a, b in sorted(pairs):
        around[a].append(b)
        around[b].append(a)
    return sorted(pairs), around


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
def test_local_push_is_near_the_exact_ranks(seed: int, tolerance: float) -> None:
    count = 60
    edges, around = random_graph(seed, count)
    seeds = np.zeros(count)
    seeds[[3, 7]] = 0.75, 0.25
    exact = power_iteration(edges, count, seeds)
    ranks = local_push(lambda n: around[n], {3: 3.0, 7: 1.0}, tolerance=tolerance)
    assert exact.sum() == pytest.approx(1.0)
    for node in range(count):
        gap = exact[node] - ranks.get(node, 0.0)
        assert -1e-12 <= gap <= tolerance * max(len(around[node]), 1) + 1e-12


def test_a_lower_bound_on_neighbours_saves_listing_them() -> None:
    _, around = random_graph(1, 60)
    listed: list[int] = []

    def neighbors(node: int) -> list[int]:
        listed.append(node)
        return around[node]

    plain = local_push(neighbors, {3: 1.0}, tolerance=1e-3)
    without = len(listed)
    listed.clear()
    bounded = local_push(neighbors, {3: 1.0}, tolerance=1e-3, least_degree=lambda n: len(around[n]))
    assert bounded == plain
    assert len(listed) < without


def test_the_walk_touches_few_edges_however_large_the_graph() -> None:
    """A hub with a million neighbours is not handed through from far away."""
    touched = 0

    def neighbors(node: int) -> range | list[int]:
        nonlocal touched
        found: range | list[int] = range(1, 1_000_001) if node == 0 else [0]
        touched += len(found) if node else 0
        return found

    local_push(neighbors, {5: 1.0}, tolerance=1e-3, least_degree=lambda n: 10**6 if n == 0 else 1)
    assert touched < 2000


@pytest.mark.parametrize("seeds", [{}, {1: 0.0}])
def test_a_walk_needs_seeds(seeds: dict[int, float]) -> None:
    with pytest.raises(InputError, match="a walk needs seeds"):
        local_push(lambda n: [], seeds)


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> MemoryRecall:
    return recall_of(tmp_path_factory.mktemp("flat"), flat_sources())


def test_edges_hold_both_ways(flat: MemoryRecall) -> None:
    flat.relate(["entity:4"])
    relations = flat._relations
    nodes = {relations.node_of(name) for name in ("entity:4", "room:0", "event:0", "fact:9")}
    seen: set[tuple[int, int]] = set()
    while nodes - seen:
        node = min(nodes - seen)
        seen.add(node)
        for other in relations.neighbors(node):
            assert node in relations.neighbors(other), (node, other)
            nodes.add(other)
    assert len(seen) > 10


def test_channels_stop_as_soon_as_the_rest_cannot_matter(flat: MemoryRecall) -> None:
    indexes, facts = flat._ix, FactIndex(flat._ix.sources.facts)
    weights = {"words": 1.0, "vector": 1.0, "graph": 1e-6}
    channels = Channels(indexes, facts, flat._event_queries, flat._relations, weights=weights)
    assert channels.search("green mug", k=1).channels == ("words", "vector")
    full = flat.search("green mug", k=1)
    assert full.items[0].item_id == channels.search("green mug", k=1).items[0].item_id
    with pytest.raises(InputError, match="channels are"):
        Channels(indexes, facts, flat._event_queries, flat._relations, weights={"smell": 1.0})


def test_search_finds_events_facts_and_rooms(flat: MemoryRecall) -> None:
    found = {item.item_id for item in flat.search("what did alice call her favourite cup?").items}
    assert "fact:9" in found
    assert "room:1" in {i.item_id for i in flat.search("what is in the lounge?").items}
    assert {"event:0", "event:1"} <= {i.item_id for i in flat.search("who moved the cup?").items}
