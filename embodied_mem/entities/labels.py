"""Labels: which may be confused, what kind of thing they name, and what a thing is called after all.

The confusion model is generic: a detector names most things rightly, takes some for something of their
own kind, and few for anything at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..perception.synonyms import KIND_GROUPS, SYNONYM_GROUPS
from .entity import EntityKind

_RIGHT, _SYNONYM, _KIN, _OTHER = (math.log(p) for p in (0.9, 0.7, 0.02, 0.0008))
_NEW = math.log(1 / 60)
"""A thing that was not seen before has any of the common labels."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PERSON_LABELS = _words(
    "person man woman child boy girl human people adult baby somebody pedestrian"
)
FURNITURE_LABELS = _words(
    """
    table dining_table coffee_table side_table desk workbench stand nightstand bedside_table counter
    countertop kitchen_counter island cabinet cupboard sideboard wardrobe closet armoire chest_of_drawers
    dresser bureau shelf shelves bookshelf bookcase shoe_rack rack filing_cabinet file_cabinet couch sofa
    loveseat bed crib mattress chair armchair office_chair dining_chair bench stool barstool ottoman
    bathtub shower toilet sink washbasin fridge refrigerator freezer stove oven range dishwasher
    washer_dryer washing_machine washer dryer microwave microwave_oven television tv tv_monitor tvmonitor
    rug carpet curtain blind picture painting poster mirror lamp floor_lamp ceiling_lamp chandelier plant
    hamper laundry_basket bin trash_can garbage_can trunk serving_cart cart radiator fireplace piano door
    window tv_stand water_heater air_conditioner
    """
)
SUPPORT_LABELS = FURNITURE_LABELS - _words(
    """
    television tv tv_monitor tvmonitor curtain blind picture painting poster mirror lamp floor_lamp
    ceiling_lamp chandelier plant door window radiator
    """
)
"""Furniture that things lie on or in."""


class LabelTable:
    """The labels that were seen, as numbers in the order of their first appearance."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._ids: dict[str, int] = {}
        self._log_shares: dict[tuple[int, int], float] = {}

    def id_of(self, label: str) -> int:
        """The number of a label; a new one for a new label."""
        number = self._ids.get(label)
        if number is None:
            number = self._ids[label] = len(self.names)
            self.names.append(label)
        return number

    def find_id(self, label: str) -> int | None:
        """The number of a label that was seen before."""
        return self._ids.get(label)

    def load(self, names: list[str]) -> None:
        self.names = list(names)
        self._ids = {name: number for number, name in enumerate(names)}
        self._log_shares = {}

    def log_share(self, seen: int, true: int) -> float:
        """log P(detector says `seen` | the thing is a `true`)."""
        if seen == true:
            return _RIGHT
        key = (seen, true) if seen < true else (true, seen)
        value = self._log_shares.get(key)
        if value is None:
            value = self._log_shares[key] = _log_share(self.names[seen], self.names[true])
        return value

    def is_same(self, first: int, second: int) -> bool:
        """Whether both name one thing."""
        return self.log_share(first, second) >= _SYNONYM

    def is_kin(self, first: int, second: int) -> bool:
        """Whether one may well be taken for the other."""
        return self.log_share(first, second) > _OTHER

    def log_ratio(self, seen: int, counts: Mapping[int, float]) -> float:
        """log of P(seen | a thing with these label counts) over P(seen | a new thing)."""
        if len(counts) == 1:
            (true,) = counts
            return self.log_share(seen, true) - _NEW
        shares = self.shares(counts)
        total = sum(share * math.exp(self.log_share(seen, true)) for true, share in shares)
        return math.log(total) - _NEW

    def shares(self, counts: Mapping[int, float]) -> list[tuple[int, float]]:
        """(label, probability) given how often each was seen, likeliest first."""
        logs = {
            true: sum(n * self.log_share(seen, true) for seen, n in sorted(counts.items()))
            for true in counts
        }
        top = max(logs.values())
        weights = {true: math.exp(max(value - top, -30.0)) for true, value in logs.items()}
        total = sum(weights[true] for true in sorted(weights))
        ordered = sorted(weights, key=lambda true: (-weights[true], -counts[true], true))
        return [(true, weights[true] / total) for true in ordered]


def kind_of(label: str, extent_m: float) -> EntityKind:
    """PERSON and FURNITURE by vocabulary; what nobody could carry is furniture, too."""
    name = label.lower().replace(" ", "_").replace("-", "_")
    if name in PERSON_LABELS:
        return EntityKind.PERSON
    if name in FURNITURE_LABELS or extent_m > 1.6:
        return EntityKind.FURNITURE
    return EntityKind.OBJECT


def can_support(label: str) -> bool:
    """Whether things lie on or in furniture of this name."""
    return label.lower().replace(" ", "_").replace("-", "_") in SUPPORT_LABELS


SEATS = frozenset(("chair", "armchair", "couch", "sofa"))
SEAT_HEIGHT_M = 0.45


def is_seat(label: str) -> bool:
    """Whether furniture of this name has a back above what things lie on."""
    return label.lower().replace(" ", "_").replace("-", "_") in SEATS


def _log_share(seen: str, true: str) -> float:
    first, second = (name.lower().replace(" ", "_").replace("-", "_") for name in (seen, true))
    if first == second or any(first in group and second in group for group in SYNONYM_GROUPS):
        return _SYNONYM
    if (first in PERSON_LABELS) != (second in PERSON_LABELS):
        return _OTHER
    is_one_kind = any(first in group and second in group for group in KIND_GROUPS)
    has_one_head = first.rsplit("_", 1)[-1] == second.rsplit("_", 1)[-1]
    return _KIN if is_one_kind or has_one_head else _OTHER
