"""Personalised PageRank from a few nodes: what is related to them, however large the memory.

`local_push` touches at most 1 / (restart * tolerance) edges (Andersen, Chung and Lang, 2006, section 3);
`power_iteration` is the exact answer on a small graph, the reference for tests. HippoRAG walks with a
damping of 0.5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from ..errors import InputError

DAMPING = 0.5
TOLERANCE = 3e-4
"""Error of a node's rank per edge that it has."""
Node = TypeVar("Node", bound=Hashable)


def local_push(
    neighbors: Callable[[Node], Sequence[Node]],
    seeds: Mapping[Node, float],
    *,
    damping: float = DAMPING,
    tolerance: float = TOLERANCE,
    least_degree: Callable[[Node], int] | None = None,
) -> dict[Node, float]:
    """Approximate ranks of the nodes near the seeds, on an undirected graph given by `neighbors`.

    A node's rank is too low by at most `tolerance` times its number of edges. Seeds hold weights that
    are scaled to sum to one. A node without neighbours keeps what it gets. `least_degree` is a cheap lower
    bound on the number of neighbours: those of a node that will not hand on are never listed.
    """
    total = sum(seeds.values())
    if not seeds or total <= 0 or not 0 < damping < 1 or tolerance <= 0:
        raise InputError(
            "a walk needs seeds of positive weight, 0 < damping < 1 and tolerance > 0, got "
            f"{len(seeds)} seeds, {damping} and {tolerance}"
        )
    rank: dict[Node, float] = {}
    left = {node: weight / total for node, weight in seeds.items()}
    around: dict[Node, Sequence[Node]] = {}
    queue = deque(left)
    is_queued = set(left)
    while queue:
        node = queue.popleft()
        is_queued.discard(node)
        mass = left.get(node, 0.0)
        edges = around.get(node)
        if edges is None:
            if least_degree is not None and mass < tolerance * least_degree(node):
                continue
            edges = around[node] = neighbors(node)
        if not edges:
            rank[node] = rank.get(node, 0.0) + mass
            left[node] = 0.0
            continue
        if mass < tolerance * len(edges):
            continue
        rank[node] = rank.get(node, 0.0) + (1 - damping) * mass
        left[node] = 0.0
        share = damping * mass / len(edges)
        for other in edges:
            before = left.get(other, 0.0)
            left[other] = before + share
            if other not in is_queued and before + share >= tolerance:
                queue.append(other)
                is_queued.add(other)
    for node, mass in left.items():
        if mass > 0:  # the first term of what is still to be handed on
            rank[node] = rank.get(node, 0.0) + (1 - damping) * mass
    return rank


def power_iteration(
    edges: Sequence[tuple[int, int]],
    node_count: int,
    seeds: NDArray[np.float64],
    *,
    damping: float = DAMPING,
    error: float = 1e-12,
) -> NDArray[np.float64]:
    """(N,) exact ranks on an undirected graph of numbered nodes; `seeds` (N,) sums to one."""
    first, second = np.array(edges, np.int64).reshape(-1, 2).T
    ones = np.ones(2 * len(first))
    matrix = csr_matrix(
        (ones, (np.r_[first, second], np.r_[second, first])), shape=(node_count, node_count)
    )
    matrix.data[:] = 1.0  # an edge given twice counts once
    degree = np.asarray(matrix.sum(axis=1)).ravel()
    step = (diags(1 / np.maximum(degree, 1)) @ matrix).T.tocsr()
    lonely = degree == 0
    rank = seeds.copy()
    while True:
        after = (1 - damping) * seeds + damping * (step @ rank)
        after[lonely] += damping * rank[lonely]
        if float(np.abs(after - rank).sum()) < error:
            return np.asarray(after)
        rank = after
