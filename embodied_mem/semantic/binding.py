"""Ties a name for a thing to an entity: by label, colour, and what stands near whoever speaks."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..entities.entity import ROBOT, Entity, EntityKind, Status
from ..perception.text import TextEncoder
from .phrases import ThingPhrase, color_agreement

_MIN_SIMILARITY = 0.45
"""Of a label to the words said."""
_BARE_SIMILARITY = 0.7
"""Of anything small to a bare 'this'."""
_MIN_SCORE = 0.25
_MIN_SHARE = 0.6
"""Of the sharpened scores, for the best candidate to count as meant."""
_SHARPNESS = 3
_REACH_M = 1.5
"""Over this distance nearness falls to 1/e."""
_FRESH_NS = 60_000_000_000
_CANDIDATE_LIMIT = 5


class EntitySource(Protocol):
    """What memory believes there is: `EntityView`, or a list in tests."""

    def entities(self) -> Sequence[Entity]: ...


@dataclass(frozen=True)
class Scene:
    """Where those who talk are, for words that point."""

    stamp_ns: int
    robot_position: tuple[float, float] | None = None
    speaker_entity_id: str = ""
    """Person entity of the speaker, '' if not known."""


@dataclass(frozen=True)
class Binding:
    """Which entity a phrase means. Ambiguous: no id, but candidates."""

    entity_id: str
    confidence: float
    candidates: tuple[str, ...] = ()
    """Entity ids, likeliest first; the meant one too."""
    shares: tuple[float, ...] = ()
    """How likely each candidate is meant, given that one of those in memory is."""


UNBOUND = Binding("", 0.0)


def bind(
    phrase: ThingPhrase,
    entities: Sequence[Entity],
    encoder: TextEncoder,
    *,
    scene: Scene | None = None,
    preferred: Collection[str] = (),
) -> Binding:
    """The entity that fits best, if it clearly does.

    `scene` counts for words that point ('this', 'that'). `preferred` are entities that the same words
    meant before.
    """
    similarity = _similarities(phrase, entities, encoder)
    people = {e.entity_id: e for e in entities if e.kind is EntityKind.PERSON}
    scored = []
    for entity in entities:
        score = similarity.get(entity.entity_id, 0.0)
        if score < _MIN_SIMILARITY:
            continue
        score *= color_agreement(phrase.color, entity.color_name)
        score *= 1.0 if entity.is_confirmed else 0.6
        if scene is not None and (phrase.is_deictic or phrase.determiner == "it"):
            score *= _nearness(entity, people, scene)
        if entity.entity_id in preferred:
            score = min(1.0, 1.5 * score)
        if score >= _MIN_SCORE:
            scored.append((round(score, 6), entity.entity_id))
    return _decide(scored)


def _decide(scored: list[tuple[float, str]]) -> Binding:
    if not scored:
        return UNBOUND
    scored.sort(key=lambda item: (-item[0], item[1]))
    total = sum(score**_SHARPNESS for score, _ in scored)
    share = scored[0][0] ** _SHARPNESS / total
    candidates = tuple(name for _, name in scored[:_CANDIDATE_LIMIT])
    shares = tuple(round(score**_SHARPNESS / total, 4) for score, _ in scored[:_CANDIDATE_LIMIT])
    if share < _MIN_SHARE:
        return Binding("", round(share, 4), candidates, shares)
    confidence = round(share * min(1.0, scored[0][0] + 0.4), 4)
    return Binding(candidates[0], confidence, candidates, shares)


def _similarities(
    phrase: ThingPhrase, entities: Sequence[Entity], encoder: TextEncoder
) -> dict[str, float]:
    """How well the labels of each thing fit the words, 0 to 1, by entity id."""
    things = [e for e in entities if e.kind is not EntityKind.PERSON]
    if not phrase.noun:
        return {e.entity_id: _BARE_SIMILARITY for e in things if e.kind is EntityKind.OBJECT}
    labels = sorted(
        {label for e in things for label, _ in e.label_shares} | {e.label for e in things}
    )
    by_label = label_similarities(phrase, labels, encoder)
    return {
        e.entity_id: sum(by_label[label] * share for label, share in e.label_shares)
        if e.label_shares
        else by_label[e.label]
        for e in things
    }


def label_similarities(
    phrase: ThingPhrase, labels: Sequence[str], encoder: TextEncoder
) -> Mapping[str, float]:
    """Of each label to the noun or to all the words, whichever is more alike."""
    if not labels:
        return {}
    said = encoder.encode([phrase.noun, phrase.words]).astype(np.float64)
    rows = encoder.encode(list(labels)).astype(np.float64)
    return {
        label: round(max(0.0, float(np.max(np.sum(said * row, axis=1)))), 6)
        for label, row in zip(labels, rows, strict=True)
    }


def _nearness(entity: Entity, people: Mapping[str, Entity], scene: Scene) -> float:
    """1 for what the speaker holds, less with the distance from speaker and robot."""
    if entity.status is Status.GONE:
        return 0.2
    if entity.status is Status.HELD:
        if entity.state.holder and entity.state.holder == scene.speaker_entity_id:
            return 1.0
        return 0.8 if entity.state.holder == ROBOT else 0.9
    is_fresh = scene.stamp_ns - entity.last_seen_ns <= _FRESH_NS
    speaker = people.get(scene.speaker_entity_id)
    spots = (speaker.position_in_world if speaker else None, scene.robot_position)
    places = [spot[:2] for spot in spots if spot is not None]
    position = entity.position_in_world
    if position is None or not places:
        return 0.8 if is_fresh else 0.4
    distance_m = min(math.dist(position[:2], place) for place in places)
    return 0.8 * math.exp(-distance_m / _REACH_M) * (1.0 if is_fresh else 0.5)
