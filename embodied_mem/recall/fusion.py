"""Several rankings into one: reciprocal ranks, and when to stop asking further channels."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError

RRF_K = 60
"""Cormack et al., 2009: how slowly a rank's worth falls."""


def fuse(
    rankings: Sequence[Sequence[str]],
    *,
    weights: Sequence[float] | None = None,
    rrf_k: int = RRF_K,
) -> list[tuple[str, float]]:
    """Reciprocal rank fusion: score = sum of weight / (k + rank), ranks from 1; best first.

    The order of the rankings does not count; equal scores are ordered by id.
    """
    shares = [1.0] * len(rankings) if weights is None else list(weights)
    if len(shares) != len(rankings) or any(w < 0 for w in shares):
        raise InputError(f"one weight >= 0 per ranking is expected, got {weights}")
    parts: dict[str, list[float]] = {}
    for ranking, weight in zip(rankings, shares, strict=True):
        for rank, name in enumerate(dict.fromkeys(ranking), start=1):
            parts.setdefault(name, []).append(weight / (rrf_k + rank))
    # summed in a fixed order, so that rankings may come in any
    scores = {name: sum(sorted(values)) for name, values in parts.items()}
    return sorted(scores.items(), key=lambda row: (-row[1], _order_of(row[0])))


def is_settled(
    fused: Sequence[tuple[str, float]], k: int, left_weight: float, *, rrf_k: int = RRF_K
) -> bool:
    """Whether channels of `left_weight` in all can no longer change which are the best `k`.

    The most that they can add to anything is `left_weight / (k + 1)`.
    """
    if left_weight <= 0:
        return True
    if len(fused) < k:
        return False
    below = fused[k][1] if len(fused) > k else 0.0
    return fused[k - 1][1] - below > left_weight / (rrf_k + 1)


def _order_of(name: str) -> tuple[str, int, str]:
    """Ids by kind and number: 'entity:9' before 'entity:10'."""
    prefix, _, number = name.partition(":")
    return (prefix, int(number), "") if number.isdecimal() else (prefix, 0, name)
