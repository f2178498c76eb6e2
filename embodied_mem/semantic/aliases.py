"""What a name for a thing means to somebody, by what was told: "my favourite cup", "Bob"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..perception.text import TextEncoder
from .binding import label_similarities
from .fact_log import Fact, FactLog, FactState
from .phrases import ThingPhrase, canonical, color_agreement
from .statements import BELONGS_TO, CALLED, FAVOURITE, KEPT_AT

_MIN_SIMILARITY = 0.45
_CLEAR_RATIO = 0.75
_OTHERS_FACTOR = 0.6
"""A name that somebody else gave."""
_IMPLIED = {BELONGS_TO: 1.0, KEPT_AT: 0.85, FAVOURITE: 0.7}
"""How far 'my mug' means the mug of such a statement."""


@dataclass(frozen=True)
class AliasHit:
    """One thing that a phrase can mean."""

    entity_id: str
    """'' if the thing is only known by `description`."""
    description: str
    confidence: float
    evidence: tuple[str, ...]
    """The statements, or what shows the entity, best first."""
    fact_id: str = ""
    """The fact that ties the phrase to it; '' if only its looks do."""


def told_hits(
    log: FactLog,
    phrase: ThingPhrase,
    speaker: str,
    encoder: TextEncoder,
    *,
    looks_of: Callable[[str], str],
    valid_at_ns: int,
    known_at_ns: int,
) -> tuple[AliasHit, ...]:
    """Things that told facts tie to a phrase, best first; one hit a thing.

    `looks_of` describes an entity, for facts that were noted without words for it.
    """
    places = log.select()
    facts, _ = log.evaluate(places, valid_at_ns=valid_at_ns, known_at_ns=known_at_ns)
    valid = [
        f
        for f in facts
        if f.state in (FactState.HELD, FactState.CONTRADICTED)
        and f.valid_from_ns <= valid_at_ns
        and not f.is_negated
    ]
    hits = [*_named(valid, phrase, speaker), *_owned(valid, phrase, speaker, encoder, looks_of)]
    best: dict[str, AliasHit] = {}
    for hit in sorted(hits, key=lambda h: (-h.confidence, h.fact_id)):
        name = hit.entity_id or hit.description
        if name in best:
            evidence = tuple(dict.fromkeys(best[name].evidence + hit.evidence))
            best[name] = replace(best[name], evidence=evidence)
        else:
            best[name] = hit
    return tuple(best.values())


def is_clear(hits: Sequence[AliasHit]) -> bool:
    """Whether the first hit is clearly the one that is meant."""
    return len(hits) == 1 or (
        len(hits) > 1 and hits[1].confidence <= _CLEAR_RATIO * hits[0].confidence
    )


def _named(facts: Sequence[Fact], phrase: ThingPhrase, speaker: str) -> list[AliasHit]:
    """Things that somebody gave this name; what the speaker calls so goes before all others."""
    said = {canonical(phrase.words)}
    if phrase.owner:
        said = {canonical(f"{phrase.owner}'s {phrase.words}")}
    found = [
        f
        for f in facts
        if f.base_relation == CALLED and canonical(f.object) in said and phrase.words
    ]
    own = [f for f in found if speaker and canonical(speaker) in map(canonical, f.speakers)]
    if own:
        return [_hit(f, f.subject, 1.0) for f in own]
    factor = _OTHERS_FACTOR if speaker else 1.0
    return [_hit(f, f.subject, factor) for f in found]


def _owned(
    facts: Sequence[Fact],
    phrase: ThingPhrase,
    speaker: str,
    encoder: TextEncoder,
    looks_of: Callable[[str], str],
) -> list[AliasHit]:
    """Things that somebody's favourite, own or kept thing is; of everybody if no owner is known."""
    is_owner_open = phrase.determiner == "my" and not speaker
    if not (phrase.owner or phrase.is_favourite or is_owner_open):
        return []
    owner = canonical(phrase.owner) if phrase.owner else ""
    hits = []
    for fact in facts:
        link = _link_of(fact)
        if link is None or (owner and canonical(link[0]) != owner):
            continue
        if phrase.is_favourite and fact.base_relation != FAVOURITE:
            continue
        factor = 1.0 if phrase.is_favourite else _IMPLIED[fact.base_relation]
        kind = fact.relation.partition(":")[2]
        words = fact.phrase or looks_of(link[1]) or kind
        fit = _fit(phrase, words, kind, encoder)
        if fit >= _MIN_SIMILARITY:
            hits.append(_hit(fact, link[1], factor * fit))
    return hits


def _link_of(fact: Fact) -> tuple[str, str] | None:
    """Whose thing, and which thing, a fact is about."""
    if fact.base_relation == FAVOURITE:
        return fact.subject, fact.object
    if fact.base_relation == BELONGS_TO:
        return fact.object, fact.subject
    if fact.base_relation == KEPT_AT and fact.speaker:
        return fact.speaker, fact.subject
    return None


def _fit(phrase: ThingPhrase, words: str, kind: str, encoder: TextEncoder) -> float:
    """How well the words that were said about a thing suit the phrase."""
    if not phrase.noun:
        return 0.6 * color_agreement(phrase.color, words)
    if canonical(phrase.noun) in (canonical(kind), canonical(ThingPhrase(words).noun)):
        similarity = 1.0
    else:
        labels = [text for text in (words, kind) if text]
        similarity = max(label_similarities(phrase, labels, encoder).values(), default=0.0)
    return similarity * color_agreement(phrase.color, words)


def _hit(fact: Fact, name: str, factor: float) -> AliasHit:
    entity_id = name if name.startswith("entity:") else ""
    description = fact.phrase or ("" if entity_id else name)
    return AliasHit(
        entity_id,
        description,
        round(min(1.0, fact.confidence * factor), 4),
        fact.evidence,
        fact.fact_id,
    )
