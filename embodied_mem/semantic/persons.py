"""Who is who: names of speakers, tied to person entities by votes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..entities.entity import Entity, EntityKind

_HEARING_M = 6.0
_SEEN_NS = 15_000_000_000
"""A speaker was seen at most this long ago, if at all."""
_NEAR_M = 1.5
_NAME_WEIGHT = 4.0
"""Of a person entity whose label is the speaker's name."""
_MIN_SHARE = 0.5
_EVIDENCE_LIMIT = 8


@dataclass(frozen=True)
class Person:
    """Somebody who has spoken."""

    name: str
    entity_id: str
    """Person entity, '' while it is not clear who speaks."""
    confidence: float
    """Of that tie; 0 without one."""
    utterance_count: int
    first_heard_ns: int
    last_heard_ns: int
    evidence: tuple[str, ...]
    """The last utterances, latest first."""


@dataclass
class _Voice:
    votes: dict[str, float] = field(default_factory=dict)
    utterance_count: int = 0
    first_heard_ns: int = 0
    last_heard_ns: int = 0
    evidence: list[str] = field(default_factory=list)


class PersonLinks:
    """Each utterance votes for the persons who were near; a name keeps its heaviest entity.

    So does M3-Agent with voices and faces (its `character` mappings); an entity goes to the name with
    most votes for it.
    """

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}

    def hear(
        self,
        name: str,
        stamp_ns: int,
        evidence: str,
        entities: Sequence[Entity],
        robot_position: tuple[float, float] | None,
    ) -> None:
        voice = self._voices.setdefault(name, _Voice(first_heard_ns=stamp_ns))
        voice.utterance_count += 1
        voice.last_heard_ns = stamp_ns
        voice.evidence = [evidence, *voice.evidence][:_EVIDENCE_LIMIT]
        weights = {
            e.entity_id: weight
            for e in entities
            if (weight := _weight(e, name, stamp_ns, robot_position)) > 0
        }
        total = sum(weights.values())
        for entity_id in sorted(weights):
            vote = round(weights[entity_id] / total, 6)
            voice.votes[entity_id] = round(voice.votes.get(entity_id, 0.0) + vote, 6)

    def find_entity_id(self, name: str, entities: Sequence[Entity] = ()) -> tuple[str, float]:
        """The person entity of a name and how sure that is; '' and 0 if it is open."""
        survivors = {old: e.entity_id for e in entities for old in e.merged_ids}
        votes = {who: _merged(voice.votes, survivors) for who, voice in self._voices.items()}
        own = votes.get(name, {})
        if not own:
            return "", 0.0
        best = min(own, key=lambda entity_id: (-own[entity_id], entity_id))
        share = own[best] / sum(own.values())
        is_others = any(
            other.get(best, 0.0) > own[best] for who, other in votes.items() if who != name
        )
        if share < _MIN_SHARE or is_others:
            return "", 0.0
        return best, round(share * own[best] / (own[best] + 0.5), 4)

    def persons(self, entities: Sequence[Entity] = ()) -> tuple[Person, ...]:
        """Everybody who has spoken, by name."""
        return tuple(
            Person(
                name,
                *self.find_entity_id(name, entities),
                voice.utterance_count,
                voice.first_heard_ns,
                voice.last_heard_ns,
                tuple(voice.evidence),
            )
            for name, voice in sorted(self._voices.items())
        )

    def to_rows(self) -> list[list[object]]:
        return [
            [name, v.votes, v.utterance_count, v.first_heard_ns, v.last_heard_ns, v.evidence]
            for name, v in sorted(self._voices.items())
        ]

    def load_rows(self, rows: list[list[object]]) -> None:
        """Raises ValueError for rows of another form."""
        self._voices = {}
        for row in rows:
            match row:
                case [str(name), dict(votes), int(count), int(first_ns), int(last_ns), list(ids)]:
                    self._voices[name] = _Voice(votes, count, first_ns, last_ns, ids)
                case _:
                    raise ValueError(f"a saved voice is expected, got {row!r}")


def _weight(
    entity: Entity, name: str, stamp_ns: int, robot_position: tuple[float, float] | None
) -> float:
    if entity.kind is not EntityKind.PERSON or stamp_ns - entity.last_seen_ns > _SEEN_NS:
        return 0.0
    weight = _NAME_WEIGHT if entity.label.casefold() == name.casefold() else 1.0
    position = entity.position_in_world
    if position is None or robot_position is None:
        return 0.5 * weight
    distance_m = math.dist(position[:2], robot_position)
    return weight * math.exp(-distance_m / _NEAR_M) if distance_m <= _HEARING_M else 0.0


def _merged(votes: dict[str, float], survivors: dict[str, str]) -> dict[str, float]:
    """Votes for entities that were merged count for the one that stayed."""
    found: dict[str, float] = {}
    for entity_id, vote in votes.items():
        name = survivors.get(entity_id, entity_id)
        found[name] = found.get(name, 0.0) + vote
    return found
