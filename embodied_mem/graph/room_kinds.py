"""What a room is used for, from the things in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..geometry import Points
from .regions import RegionPartition

ROOM_KINDS: tuple[str, ...] = (
    "kitchen", "living_room", "bedroom", "bathroom", "hall", "office", "dining_room", "laundry",
    "childrens_room", "storage",
)  # fmt: skip

EVIDENCE: Mapping[str, Mapping[str, float]] = {
    # thing: how often a room of a kind holds one; kinds that are not named: `_RARE`
    "toilet": {"bathroom": 0.9},
    "bathtub": {"bathroom": 0.7},
    "shower": {"bathroom": 0.7},
    "towel": {"bathroom": 0.6, "laundry": 0.3, "kitchen": 0.2},
    "toothbrush": {"bathroom": 0.6},
    "sink": {"bathroom": 0.9, "kitchen": 0.9, "laundry": 0.4},
    "bed": {"bedroom": 0.95, "childrens_room": 0.9},
    "pillow": {"bedroom": 0.6, "childrens_room": 0.5, "living_room": 0.3},
    "wardrobe": {"bedroom": 0.7, "childrens_room": 0.4, "hall": 0.3, "storage": 0.1},
    "chest_of_drawers": {"bedroom": 0.5, "childrens_room": 0.4, "hall": 0.15},
    "stove": {"kitchen": 0.9},
    "oven": {"kitchen": 0.8},
    "fridge": {"kitchen": 0.9},
    "refrigerator": {"kitchen": 0.9},
    "dishwasher": {"kitchen": 0.6},
    "microwave": {"kitchen": 0.6},
    "counter": {"kitchen": 0.85, "laundry": 0.2},
    "couch": {"living_room": 0.9, "office": 0.1},
    "sofa": {"living_room": 0.9, "office": 0.1},
    "television": {"living_room": 0.8, "bedroom": 0.15},
    "tv": {"living_room": 0.8, "bedroom": 0.15},
    "table": {"dining_room": 0.95, "kitchen": 0.5, "living_room": 0.6, "office": 0.6,
              "childrens_room": 0.5, "bedroom": 0.15},
    "dining table": {"dining_room": 0.9, "kitchen": 0.3, "living_room": 0.2},
    "chair": {"dining_room": 0.95, "kitchen": 0.5, "office": 0.8, "living_room": 0.4,
              "childrens_room": 0.4, "bedroom": 0.3},
    "filing_cabinet": {"office": 0.6, "storage": 0.1},
    "laptop": {"office": 0.6, "living_room": 0.2, "bedroom": 0.15},
    "monitor": {"office": 0.7},
    "keyboard": {"office": 0.7},
    "washer_dryer": {"laundry": 0.9, "bathroom": 0.2},
    "hamper": {"laundry": 0.6, "bathroom": 0.4, "bedroom": 0.2},
    "shoe_rack": {"hall": 0.6, "storage": 0.1},
    "bench": {"hall": 0.4},
    "teddy_bear": {"childrens_room": 0.7},
    "toy": {"childrens_room": 0.7, "living_room": 0.1},
    "trunk": {"childrens_room": 0.4, "bedroom": 0.2, "storage": 0.2},
    "toolbox": {"storage": 0.5},
    "shelves": {"storage": 0.8, "office": 0.5, "living_room": 0.4, "childrens_room": 0.4,
                "laundry": 0.4},
}  # fmt: skip
PRIOR: Mapping[str, float] = {
    "kitchen": 0.16, "living_room": 0.16, "bedroom": 0.2, "bathroom": 0.16, "hall": 0.12,
    "office": 0.06, "dining_room": 0.05, "laundry": 0.03, "childrens_room": 0.04, "storage": 0.02,
}  # fmt: skip
_RARE = 0.02


@dataclass(frozen=True)
class RoomKind:
    """What a room probably is."""

    room_id: str
    kind: str
    """The most probable kind; 'unknown' where nothing that tells was seen in it."""
    probabilities: tuple[tuple[str, float], ...]
    """(kind, probability), most probable first; they sum to 1."""
    evidence: tuple[str, ...]
    """The labels that count, sorted."""


def label_rooms(
    partition: RegionPartition,
    things: Iterable[tuple[str, Points]],
    *,
    evidence: Mapping[str, Mapping[str, float]] = EVIDENCE,
    prior: Mapping[str, float] = PRIOR,
) -> tuple[RoomKind, ...]:
    """The kind of every room from (label, (3,) position) of the things in it, in the rooms' order.

    Naive Bayes over the presence of labels that `evidence` knows; how many there are of one does not
    count, nor what is absent: it may just not have been seen.
    """
    listed = list(things)
    found: dict[int, set[str]] = {}
    if listed:
        points = np.array([np.asarray(position, np.float64) for _, position in listed])
        labels = partition.labels_at(points.reshape(-1, 3), snap_m=0.8)
        for (name, _), index in zip(listed, labels.tolist(), strict=True):
            known = _known_name(name, evidence)
            if index >= 0 and known is not None:
                found.setdefault(index, set()).add(known)
    return tuple(
        _kind_of(room.room_id, sorted(found.get(index, ())), evidence, prior)
        for index, room in enumerate(partition.rooms)
    )


def _known_name(label: str, evidence: Mapping[str, Mapping[str, float]]) -> str | None:
    """The evidence's spelling of a label, None if it says nothing."""
    plain = label.strip().lower()
    for name in (plain, plain.replace(" ", "_"), plain.replace("_", " ")):
        if name in evidence:
            return name
    return None


def _kind_of(
    room_id: str,
    names: list[str],
    evidence: Mapping[str, Mapping[str, float]],
    prior: Mapping[str, float],
) -> RoomKind:
    scores = {
        kind: math.log(share) + sum(math.log(evidence[name].get(kind, _RARE)) for name in names)
        for kind, share in prior.items()
    }
    top = max(scores.values())
    weights = {kind: math.exp(score - top) for kind, score in scores.items()}
    total = sum(weights.values())
    ranked = sorted(((k, w / total) for k, w in weights.items()), key=lambda row: (-row[1], row[0]))
    kind = ranked[0][0] if names else "unknown"
    return RoomKind(room_id, kind, tuple(ranked), tuple(names))
