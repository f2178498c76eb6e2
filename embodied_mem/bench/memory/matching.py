"""Which entity is which true thing: one to one, by place, and by label or overlap."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ...entities.entity import Entity, EntityKind, EntityState, Status
from ...envs.house.noise_detections import CONFUSION_GROUPS
from .truth import FURNITURE, PERSON, EpisodeTruth, Floats

GATE_M = 0.75
"""An entity farther than this from a thing is not that thing."""
NEAR_M = 0.25
"""An entity this near to things that it may be is one of them, or one too many."""
DETECTED_FRAMES = 2
"""A thing must be visible in as many frames to be asked for."""
_SIMILAR_COST_M, _OVERLAP_COST_M = 0.1, 0.2
_ONCE_COST_M = 0.05
_AGE_COST_M = 0.02
_CENTER_SHARE = 0.02
_MIN_IOU = 0.2
_FAR, _ALONE_COST_M = 1e6, 10.0
_GROUPS = tuple(frozenset(group) for group in CONFUSION_GROUPS)


@dataclass(frozen=True)
class Matching:
    """Confirmed entities without persons, and the thing that each one is."""

    entities: tuple[Entity, ...]
    thing_of: NDArray[np.int32]
    """(E,) thing number, -1 for an entity that is none or one too many."""
    distance_m: Floats
    """(E,) as `thing_distances`; NaN without a thing."""
    detected: frozenset[int]
    """Things that were visible in at least two frames."""

    def thing_by_id(self) -> dict[str, int]:
        """Thing numbers by entity id, for what is matched."""
        return {
            entity.entity_id: int(thing)
            for entity, thing in zip(self.entities, self.thing_of, strict=True)
            if thing >= 0
        }


def match_entities(truth: EpisodeTruth, entities: Iterable[Entity]) -> Matching:
    """Hungarian assignment of entities to things that were visible at all.

    A pair costs the distance at the time at which the entity was last seen in place, and a little more
    if the labels are only alike (of one group of the detector's confusions) or differ and the boxes
    overlap by an IoU of 0.2. Pairs beyond 0.75 m, and pairs of neither kind, are no match; nor is a pair
    beyond 0.25 m if the entity may be a thing within 0.25 m. So of two entities at one thing the nearer
    one has it (at equal distance the one that was seen later), and the other one is a duplicate, even
    with a thing without entity not far away.
    """
    kept = tuple(
        e for e in entities if e.is_confirmed and e.kind is not EntityKind.PERSON
        and e.label != PERSON and placed_state(e) is not None
    )  # fmt: skip
    seen_counts = [len(truth.seen_frames(n)) for n in range(len(truth.things))]
    candidates = [
        n for n, thing in enumerate(truth.things) if thing.kind != PERSON and seen_counts[n]
    ]
    detected = frozenset(n for n in candidates if seen_counts[n] >= DETECTED_FRAMES)
    thing_of = np.full(len(kept), -1, np.int32)
    distance_m = np.full(len(kept), np.nan)
    if kept and candidates:
        costs, distances = _costs(truth, kept, candidates, detected)
        alone = np.where(np.eye(len(kept), dtype=bool), _ALONE_COST_M, _FAR)
        rows, columns = linear_sum_assignment(np.hstack([costs, alone]))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if column < len(candidates) and costs[row, column] < _FAR:
                thing_of[row] = candidates[column]
                distance_m[row] = distances[row, column]
    return Matching(kept, thing_of, distance_m, detected)


def placed_state(entity: Entity) -> EntityState | None:
    """The last state in which an entity was somewhere in the open; where it is held it is not."""
    placed = [s for s in entity.states if s.position_in_world is not None]
    present = [s for s in placed if s.status is Status.PRESENT]
    found = present or placed
    return found[-1] if found else None


def horizontal_gap_m(
    point: Sequence[float], center: Floats, size_m: tuple[float, float, float], yaw_rad: float
) -> float:
    """From a point to a turned box, seen from above; 0 within."""
    dx, dy = point[0] - center[0], point[1] - center[1]
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    along, across = abs(c * dx + s * dy), abs(c * dy - s * dx)
    return math.hypot(max(along - size_m[0] / 2, 0.0), max(across - size_m[1] / 2, 0.0))


def thing_distance_m(
    truth: EpisodeTruth, thing: int, frame: int, position: Sequence[float]
) -> float:
    """Centre to centre for objects; from the entity's centre to the true box, seen from above, for
    furniture."""
    center = truth.center_at(thing, frame)
    if truth.things[thing].kind == FURNITURE:
        size_m, yaw_rad = truth.things[thing].size_m, truth.yaw_at(thing, frame)
        return horizontal_gap_m(position, center, size_m, yaw_rad)
    return float(np.linalg.norm(np.asarray(position) - center))


def are_alike(first: str, second: str) -> bool:
    """Whether the simulated detector takes one label for the other."""
    return any(first in group and second in group for group in _GROUPS)


def _costs(
    truth: EpisodeTruth,
    entities: Sequence[Entity],
    candidates: Sequence[int],
    detected: frozenset[int],
) -> tuple[Floats, Floats]:
    """(E, T) costs, `_FAR` where there is no match, and distances."""
    costs = np.full((len(entities), len(candidates)), _FAR)
    distances = np.full(costs.shape, np.nan)
    span_ns = max(int(truth.stamps_ns[-1] - truth.stamps_ns[0]), 1)
    for row, entity in enumerate(entities):
        state = placed_state(entity)
        assert state is not None
        assert state.position_in_world is not None
        position = state.position_in_world
        frame = truth.frame_at(state.last_seen_ns)
        age = (int(truth.stamps_ns[-1]) - state.last_seen_ns) / span_ns
        for column, number in enumerate(candidates):
            center = truth.center_at(number, frame)
            gap_m = thing_distance_m(truth, number, frame, position)
            extra_m = _label_cost_m(truth, number, frame, entity, state)
            if gap_m > GATE_M or extra_m is None:
                continue
            to_center_m = float(np.linalg.norm(np.asarray(position) - center))
            distances[row, column] = gap_m
            costs[row, column] = (
                gap_m
                + extra_m
                + _CENTER_SHARE * min(to_center_m, 2.0)
                + _AGE_COST_M * age
                + (0.0 if number in detected else _ONCE_COST_M)
            )
        if (distances[row] <= NEAR_M).any():
            costs[row, distances[row] > NEAR_M] = _FAR
    return costs, distances


def _label_cost_m(
    truth: EpisodeTruth, thing: int, frame: int, entity: Entity, state: EntityState
) -> float | None:
    """0 for the same label; None where neither label nor boxes fit."""
    label = truth.things[thing].label
    if entity.label == label:
        return 0.0
    if are_alike(entity.label, label):
        return _SIMILAR_COST_M
    if state.box is None:
        return None
    low, high = _bounds(
        np.array(state.box.center_in_world),
        (state.box.length_m, state.box.width_m, state.box.height_m),
        state.box.yaw_rad,
    )
    center, yaw_rad = truth.center_at(thing, frame), truth.yaw_at(thing, frame)
    true_low, true_high = _bounds(center, truth.things[thing].size_m, yaw_rad)
    return _OVERLAP_COST_M if _iou(low, high, true_low, true_high) >= _MIN_IOU else None


def _bounds(
    center: Floats, size_m: tuple[float, float, float], yaw_rad: float
) -> tuple[Floats, Floats]:
    """Least and greatest corner of a turned box."""
    c, s = abs(math.cos(yaw_rad)), abs(math.sin(yaw_rad))
    length, width, height = size_m
    half = np.array([c * length + s * width, s * length + c * width, height]) / 2
    return center - half, center + half


def _iou(low: Floats, high: Floats, other_low: Floats, other_high: Floats) -> float:
    shared = np.clip(np.minimum(high, other_high) - np.maximum(low, other_low), 0, None)
    both = float(np.prod(shared))
    union = float(np.prod(high - low) + np.prod(other_high - other_low)) - both
    return both / union if union > 0 else 0.0
