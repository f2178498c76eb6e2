"""Entities as columns, for queries over many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .belief import Belief
from .entity import EntityKind, Status
from .labels import LabelTable

STATUS_CODES = {status: code for code, status in enumerate(Status)}
KIND_CODES = {kind: code for code, kind in enumerate(EntityKind)}


@dataclass(frozen=True)
class EntityTable:
    """One row an entity, in the order of their numbers, confirmed or not. Do not write into it."""

    numbers: NDArray[np.int64]
    """(N,): the 7 of 'entity:7'."""
    positions: NDArray[np.float64]
    """(N, 3) in the world; NaN where unknown."""
    status_codes: NDArray[np.int8]
    """(N,): see `STATUS_CODES`."""
    kind_codes: NDArray[np.int8]
    """(N,): see `KIND_CODES`."""
    label_ids: NDArray[np.int32]
    """(N,) into `labels`."""
    last_seen_ns: NDArray[np.int64]
    existence: NDArray[np.float64]
    """(N,) probability."""
    is_confirmed: NDArray[np.bool_]
    labels: tuple[str, ...]


def table_of(beliefs: list[Belief], labels: LabelTable) -> EntityTable:
    """`beliefs` in the order of their numbers."""
    nowhere = np.full(3, np.nan)
    positions = [nowhere if b.position is None else b.position for b in beliefs]
    log_odds = np.array([b.existence for b in beliefs], np.float64)
    return EntityTable(
        np.array([b.number for b in beliefs], np.int64),
        np.array(positions, np.float64).reshape(-1, 3),
        np.array([STATUS_CODES[b.status] for b in beliefs], np.int8),
        np.array([KIND_CODES[b.kind] for b in beliefs], np.int8),
        np.array([b.label_id for b in beliefs], np.int32),
        np.array([b.last_seen_ns for b in beliefs], np.int64),
        1.0 / (1.0 + np.exp(-log_odds)),
        np.array([b.is_confirmed for b in beliefs], np.bool_),
        tuple(labels.names),
    )
