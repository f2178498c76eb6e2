"""People: who they are, and what their words for things mean.

`People` reads the facts and the entities and holds no state of its own, so it follows the facts in
everything: supersession, contradiction, time. "My favourite cup" means another cup for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .aliases import AliasHit, is_clear, told_hits
from .binding import bind
from .fact_log import FOREVER_NS
from .facts import FactView
from .persons import Person
from .phrases import ThingPhrase, canonical, read_phrase
from .statements import BELONGS_TO, CALLED, FAVOURITE, KEPT_AT

_LOOKS_FACTOR = 0.8
"""Of a hit that rests on looks alone, without a statement."""
_OPEN_OWNER_FACTOR = 0.5
"""... of a thing that is said to be somebody's, while nothing told says whose it is."""

__all__ = ["Alias", "AliasHit", "People", "Person"]


@dataclass(frozen=True)
class Alias:
    """One name for a thing, whose name it is, and what it rests on."""

    words: str
    """'my favourite mug', 'my mug', "grandma's vase", 'Bob': as its person would say it."""
    person: str
    hit: AliasHit


class People:
    """Everybody who has spoken, and what they call their things."""

    def __init__(self, facts: FactView) -> None:
        self._facts = facts

    def persons(self) -> tuple[Person, ...]:
        """By name."""
        return self._facts.links.persons(self._facts.current_entities())

    def find_person(self, name: str) -> Person | None:
        """By name or by what they want to be called; None if nobody of that name has spoken."""
        wanted = {canonical(name)}
        for fact in self._facts.facts(relation=CALLED, object=name):
            wanted.add(canonical(fact.subject))
        return next((p for p in self.persons() if canonical(p.name) in wanted), None)

    def find_speaker(self, entity_id: str) -> Person | None:
        """The person whose entity it is; None if nobody is tied to it."""
        return next((p for p in self.persons() if p.entity_id == entity_id), None)

    def aliases(self, name: str, *, known_at_ns: int | None = None) -> tuple[Alias, ...]:
        """What a person calls their things, by the facts that hold; by record."""
        found = []
        for fact in self._facts.facts(known_at_ns=known_at_ns):
            if fact.is_negated:
                continue
            thing_id = fact.object if fact.base_relation == FAVOURITE else fact.subject
            thing_words = fact.phrase or self._facts.looks_of(thing_id)
            kind = fact.relation.partition(":")[2] or ThingPhrase(thing_words).noun
            by_relation = {
                FAVOURITE: (f"my favourite {kind}", fact.subject, fact.object),
                BELONGS_TO: (f"my {thing_words}", fact.object, fact.subject),
                KEPT_AT: (f"my {thing_words}", fact.speaker, fact.subject),
                CALLED: (fact.object, fact.speaker, fact.subject),
            }
            words, person, thing = by_relation.get(fact.base_relation, ("", "", ""))
            if words and canonical(person) == canonical(name) and thing != name:
                entity_id = thing if thing.startswith("entity:") else ""
                hit = AliasHit(
                    self._current_id(entity_id), fact.phrase or thing, fact.confidence,
                    fact.evidence, fact.fact_id,
                )  # fmt: skip
                found.append(Alias(words, person, hit))
        return tuple(found)

    def resolve(
        self,
        phrase: str,
        speaker: str | None = None,
        *,
        stamp_ns: int | None = None,
        known_at_ns: int | None = None,
    ) -> tuple[AliasHit, ...]:
        """The things that a phrase can mean when a person says it, best first; empty if nothing fits.

        What was told goes before looks. Without a speaker, 'my' may be anybody's. `stamp_ns` is when
        it is said (now unless given): 'this mug' is then what stands near the robot.
        """
        now_ns = self._facts.last_stamp_ns if stamp_ns is None else stamp_ns
        if stamp_ns is None and known_at_ns is not None:
            now_ns = known_at_ns
        thing = read_phrase(phrase, speaker or "")
        owner = self.find_person(thing.owner) if thing.owner else None
        if owner is not None:
            thing = replace(thing, owner=owner.name)
        told = () if thing.is_deictic else told_hits(
            self._facts.log, thing, speaker or "", self._facts.encoder,
            looks_of=self._facts.looks_of,
            valid_at_ns=now_ns,
            known_at_ns=FOREVER_NS if known_at_ns is None else known_at_ns,
        )  # fmt: skip
        told = tuple(replace(hit, entity_id=self._current_id(hit.entity_id)) for hit in told)
        if any(hit.entity_id for hit in told):
            return told
        return (*self._by_looks(thing, told, speaker or "", now_ns), *told)

    def find_meant(self, phrase: str, speaker: str | None = None) -> AliasHit | None:
        """The thing that a phrase clearly means; None if nothing or more than one fits."""
        hits = self.resolve(phrase, speaker)
        return hits[0] if hits and is_clear(hits) else None

    def _by_looks(
        self, thing: ThingPhrase, told: Sequence[AliasHit], speaker: str, now_ns: int
    ) -> list[AliasHit]:
        """Entities that look like the phrase, or like what was told about the thing it names."""
        entities = {e.entity_id: e for e in self._facts.current_entities()}
        described = read_phrase(told[0].description) if told else thing
        scene = self._facts.scene(speaker, now_ns)
        looked_for = replace(thing, words=described.words or thing.words, owner="")
        found = bind(looked_for, list(entities.values()), self._facts.encoder, scene=scene)
        is_owner_open = bool(thing.owner or thing.is_favourite) and not told
        factor = _LOOKS_FACTOR * (_OPEN_OWNER_FACTOR if is_owner_open else 1.0)
        hits = []
        for entity_id, share in zip(found.candidates, found.shares, strict=True):
            fact = told[0] if told else None
            evidence = (fact.evidence if fact else ()) + entities[entity_id].best_evidence
            hits.append(
                AliasHit(
                    entity_id, self._facts.looks_of(entity_id), round(factor * share, 4),
                    evidence, fact.fact_id if fact else "",
                )
            )  # fmt: skip
        return hits

    def _current_id(self, entity_id: str) -> str:
        """The entity that it was merged into, if it was."""
        if not entity_id:
            return ""
        entities = self._facts.current_entities()
        return next((e.entity_id for e in entities if entity_id in e.merged_ids), entity_id)
