"""Reads a long stream in two steps: first which chunks, then which items inside them.

HCAM (arXiv 2105.14039) attends to chunk summaries and then within the best few chunks. Without trained
projections the attention is a cosine, the summary a mean, and the read a ranking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError


@dataclass(frozen=True)
class TwoLevelRead:
    """Chosen chunks and the items found inside them, each best first, ties by number."""

    chunks: NDArray[np.int64]
    """(K,) chunk numbers."""
    chunk_scores: NDArray[np.float64]
    """(K,) cosine of the query with the chunk's key."""
    items: NDArray[np.int64]
    """(M,) item numbers, all from `chunks`."""
    item_scores: NDArray[np.float64]
    """(M,) cosine of the query with the item."""


def two_level_read(
    query: NDArray[np.floating],
    chunk_keys: NDArray[np.floating],
    item_vectors: NDArray[np.floating],
    offsets: NDArray[np.integer],
    *,
    chunk_count: int,
    item_count: int,
) -> TwoLevelRead:
    """The best `item_count` items inside the best `chunk_count` chunks.

    It never returns an item outside the chosen chunks: an item that fits the query well, in a chunk
    whose key does not, is missed. With all chunks chosen it equals an exhaustive search. The cost is
    that of all keys plus the items of the chosen chunks. Empty chunks are never chosen.

    Args:
        query: (D,).
        chunk_keys: (C, D) one summary a chunk, as from `chunk_means`.
        item_vectors: (N, D) in the order of the stream.
        offsets: (C + 1,) chunk c holds items offsets[c] to offsets[c + 1].
    """
    _check(query, chunk_keys, item_vectors, offsets)
    if chunk_count < 1 or item_count < 1:
        raise InputError(
            f"chunk_count and item_count must be 1 or more, got {chunk_count}, {item_count}"
        )
    filled = np.flatnonzero(np.diff(offsets) > 0)
    scores = _cosines(query, chunk_keys[filled])
    best = np.lexsort((filled, -scores))[:chunk_count]
    chunks, chunk_scores = filled[best], scores[best]
    parts = [np.arange(offsets[c], offsets[c + 1]) for c in np.sort(chunks)]
    items = np.concatenate(parts) if parts else np.empty(0, np.int64)
    scores = _cosines(query, item_vectors[items])
    order = np.lexsort((items, -scores))[:item_count]
    return TwoLevelRead(chunks, chunk_scores, items[order], scores[order])


def chunk_means(
    item_vectors: NDArray[np.floating], offsets: NDArray[np.integer]
) -> NDArray[np.float64]:
    """(C, D) mean of each chunk's unit vectors; zeros for an empty chunk."""
    units = _units(item_vectors)
    sums = np.concatenate([np.zeros((1, units.shape[1])), np.cumsum(units, axis=0)])[offsets]
    counts = np.diff(offsets)[:, None]
    means: NDArray[np.float64] = np.diff(sums, axis=0) / np.maximum(counts, 1)
    return means


def _check(
    query: NDArray[np.floating],
    chunk_keys: NDArray[np.floating],
    item_vectors: NDArray[np.floating],
    offsets: NDArray[np.integer],
) -> None:
    if query.ndim != 1 or chunk_keys.ndim != 2 or item_vectors.ndim != 2:
        raise InputError(
            "query must be (D,), chunk_keys (C, D), item_vectors (N, D), got "
            f"{query.shape}, {chunk_keys.shape}, {item_vectors.shape}"
        )
    if not len(query) == chunk_keys.shape[1] == item_vectors.shape[1]:
        raise InputError(
            f"query, keys and items must have the same D, got {len(query)}, {chunk_keys.shape[1]}, "
            f"{item_vectors.shape[1]}"
        )
    if offsets.shape != (len(chunk_keys) + 1,) or (np.diff(offsets) < 0).any():
        raise InputError(
            f"offsets must be ({len(chunk_keys) + 1},) and not fall, got shape {offsets.shape}"
        )
    if offsets[0] != 0 or offsets[-1] != len(item_vectors):
        raise InputError(
            f"offsets must run from 0 to {len(item_vectors)} items, got {offsets[0]} to {offsets[-1]}"
        )


def _units(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rows of length 1; zero rows stay zero."""
    values = np.asarray(vectors, np.float64)
    norms = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(norms > 0, norms, 1.0)


def _cosines(query: NDArray[np.floating], vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    norm = float(np.linalg.norm(query))
    scores: NDArray[np.float64] = _units(vectors) @ (np.asarray(query, np.float64) / (norm or 1.0))
    return scores
