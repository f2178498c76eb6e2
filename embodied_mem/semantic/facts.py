"""Facts as a view over the journal: noted ones, and those that people state.

What memory calls, and when:
- `memory.update` journals an `UtteranceRecord` for what is heard; `FactView.apply` reads it
  (`statements`), ties its words to entities and holds the facts as 'derived:<utterance id>'. Nothing
  else needs to be written: a view may derive.
- `memory.note_fact(FactRecord(...))` journals what a person, planner or annotator wants kept as a fact,
  as 'fact:<record id>'. `fact_record_of` turns a told fact into such a record. A record whose
  `supersedes` names an earlier one replaces it, whoever said it; otherwise only the same speaker's newer
  word replaces the older one, and what others say is kept beside it and reported as a contradiction.
- `FactView` applies a step after `EntityView` has, because words like "this mug" mean what stands there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..config import config_digest
from ..entities.entity import Entity
from ..journal.records import (
    FactRecord,
    RobotRecord,
    TombstoneRecord,
    UtteranceRecord,
    content_digest,
)
from ..journal.steps import Step
from ..perception.text import LexicalEncoder, TextEncoder
from .aliases import is_clear, told_hits
from .binding import UNBOUND, Binding, EntitySource, Scene, bind
from .fact_log import FOREVER_NS, Assertion, Contradiction, Fact, FactLog, FactState
from .persons import PersonLinks
from .phrases import ThingPhrase, canonical
from .state_json import items_of, pack, rows_of, unpack
from .statements import BELONGS_TO, CALLED, FAVOURITE, KEPT_AT, Statement, read_statements

_DAY_S = 86400.0
_CARRIED_OVER = 0.9
"""Confidence that the same words of the same person mean the same thing again."""
_STATE_NAMES = ("assertions", "withdrawn", "links", "robot", "last_stamp_ns")

__all__ = [
    "Contradiction",
    "Fact",
    "FactConfig",
    "FactState",
    "FactView",
    "ToldFact",
    "fact_record_of",
    "retention",
]


@dataclass(frozen=True)
class FactConfig:
    """How facts are read."""

    is_reading_utterances: bool = True
    """Whether what people say becomes facts."""
    min_confidence: float = 0.3
    """Of statements; weaker ones stay utterances."""


@dataclass(frozen=True)
class ToldFact:
    """A statement whose words are tied to entities as far as that was clear."""

    statement: Statement
    subject: str
    """Entity id, name of a person, or a description."""
    relation: str
    object: str
    confidence: float
    phrase: str = ""
    candidates: tuple[str, ...] = ()
    """Entity ids that the words could mean, if they were ambiguous."""


class FactView:
    """What memory was told, bitemporally. Nothing is overwritten; see `FactLog`."""

    name = "facts"
    version = 1

    def __init__(
        self,
        config: FactConfig | None = None,
        *,
        entities: EntitySource | None = None,
        encoder: TextEncoder | None = None,
    ) -> None:
        """`entities` must have applied a step before this view does."""
        self._config = config or FactConfig()
        self._entities = entities
        self.encoder = encoder or LexicalEncoder()
        self.config_digest = f"{config_digest(self._config)} {self.encoder.name}"
        self._clear()

    def _clear(self) -> None:
        self._log = FactLog()
        self.links = PersonLinks()
        self._robot_position: tuple[float, float] | None = None
        self._last_stamp_ns = 0

    def apply(self, step: Step) -> None:
        self._last_stamp_ns = max(self._last_stamp_ns, step.stamp_ns)
        for number, record in step.records:
            if isinstance(record, RobotRecord):
                self._robot_position = (record.base_x_m, record.base_y_m)
            elif isinstance(record, FactRecord):
                self._log.add(_noted(number, record, step.stamp_ns))
            elif isinstance(record, UtteranceRecord):
                self._hear(number, record, step.stamp_ns)
            elif isinstance(record, TombstoneRecord):
                self._log.withdraw(record.target_record_id, step.stamp_ns)

    def facts(
        self,
        subject: str | None = None,
        relation: str | None = None,
        object: str | None = None,
        *,
        valid_at_ns: int | None = None,
        known_at_ns: int | None = None,
        include_superseded: bool = False,
    ) -> tuple[Fact, ...]:
        """Facts that hold at `valid_at_ns`, as memory knew them at `known_at_ns`; by record.

        Both default to the latest time. `include_superseded` adds what held before, what is over and
        what does not hold yet. `relation` 'favourite' also finds 'favourite:mug'.
        """
        facts, _ = self._evaluate(subject, relation, object, valid_at_ns, known_at_ns)
        stamp_ns = self._valid_at(valid_at_ns, known_at_ns)
        return tuple(
            fact
            for fact in facts
            if (include_superseded or _holds(fact, stamp_ns))
            and _matches(fact.object, self._same_ids(object))
            and _matches_relation(fact.relation, relation)
        )

    def read(self, text: str, speaker: str, *, stamp_ns: int | None = None) -> tuple[ToldFact, ...]:
        """What a text would state, tied to entities as memory knows them; stores nothing."""
        now_ns = self._last_stamp_ns if stamp_ns is None else stamp_ns
        entities = self.current_entities()
        return tuple(self._tie(s, now_ns, entities) for s in read_statements(text, speaker))

    def find(self, fact_id: str) -> Fact | None:
        """A fact by its id, as it stands now; None if there is none."""
        facts = self.facts(include_superseded=True)
        return next((fact for fact in facts if fact.fact_id == fact_id), None)

    def contradictions(
        self, *, valid_at_ns: int | None = None, known_at_ns: int | None = None
    ) -> tuple[Contradiction, ...]:
        """Pairs of facts that hold at once and cannot both be true."""
        return tuple(self._evaluate(None, None, None, valid_at_ns, known_at_ns)[1])

    @property
    def log(self) -> FactLog:
        return self._log

    @property
    def last_stamp_ns(self) -> int:
        return self._last_stamp_ns

    def looks_of(self, entity_id: str) -> str:
        """'blue mug': colour and label of an entity, '' if there is none."""
        for entity in self.current_entities():
            if entity_id == entity.entity_id or entity_id in entity.merged_ids:
                return f"{entity.color_name} {entity.label}".replace("_", " ").strip()
        return ""

    def scene(self, speaker: str, stamp_ns: int) -> Scene:
        """Where robot and speaker are, as far as known."""
        person_id, _ = self.links.find_entity_id(speaker, self.current_entities())
        return Scene(stamp_ns, self._robot_position, person_id)

    def current_entities(self) -> Sequence[Entity]:
        return () if self._entities is None else self._entities.entities()

    def digest(self) -> str:
        return content_digest(self.to_bytes()).hex()

    def to_bytes(self) -> bytes:
        return pack(
            {
                "assertions": rows_of(self._log.assertions),
                "withdrawn": sorted(self._log.withdrawn_ns.items()),
                "links": self.links.to_rows(),
                "robot": self._robot_position,
                "last_stamp_ns": self._last_stamp_ns,
            }
        )

    def load_bytes(self, data: bytes) -> None:
        state = unpack(data, _STATE_NAMES)
        self._clear()
        for assertion in items_of(Assertion, state["assertions"]):
            self._log.add(assertion)
        for record_id, stamp_ns in state["withdrawn"]:
            self._log.withdraw(record_id, stamp_ns)
        self.links.load_rows(state["links"])
        robot = state["robot"]
        self._robot_position = None if robot is None else (float(robot[0]), float(robot[1]))
        self._last_stamp_ns = int(state["last_stamp_ns"])

    def _evaluate(
        self,
        subject: str | None,
        relation: str | None,
        object: str | None,
        valid_at_ns: int | None,
        known_at_ns: int | None,
    ) -> tuple[list[Fact], list[Contradiction]]:
        places = self._log.select(
            subjects=self._same_ids(subject), relation=relation, objects=self._same_ids(object)
        )
        return self._log.evaluate(
            places,
            valid_at_ns=self._valid_at(valid_at_ns, known_at_ns),
            known_at_ns=FOREVER_NS if known_at_ns is None else known_at_ns,
        )

    def _valid_at(self, valid_at_ns: int | None, known_at_ns: int | None) -> int:
        stamps = (valid_at_ns, known_at_ns, self._last_stamp_ns)
        return next(stamp for stamp in stamps if stamp is not None)

    def _same_ids(self, name: str | None) -> tuple[str, ...] | None:
        """A name, and for an entity the ids of those that were merged into it."""
        if name is None or not name.startswith("entity:"):
            return None if name is None else (name,)
        merged = (e.merged_ids for e in self.current_entities() if e.entity_id == name)
        return (name, *next(merged, ()))

    def _hear(self, record_id: int, record: UtteranceRecord, recorded_ns: int) -> None:
        entities = self.current_entities()
        evidence = f"utterance:{record_id}"
        self.links.hear(record.speaker, record.stamp_ns, evidence, entities, self._robot_position)
        if not self._config.is_reading_utterances:
            return
        for number, statement in enumerate(read_statements(record.text, record.speaker)):
            if statement.confidence >= self._config.min_confidence:
                told = self._tie(statement, record.stamp_ns, entities)
                self._log.add(_derived(told, record_id, number, record.stamp_ns, recorded_ns))

    def _tie(self, statement: Statement, stamp_ns: int, entities: Sequence[Entity]) -> ToldFact:
        thing = statement.thing
        if thing is None:
            subject, value = statement.person, statement.value
            return ToldFact(statement, subject, statement.relation, value, statement.confidence)
        binding = self._bind(statement, thing, stamp_ns, entities)
        name, confidence = thing.description, statement.confidence
        if binding.entity_id:
            name = binding.entity_id
            confidence = round(confidence * binding.confidence, 4)
            binding = replace(binding, candidates=())
        label = next((e.label for e in entities if e.entity_id == name), "")
        phrase = thing.words or label.replace("_", " ")
        parts = (phrase, binding.candidates)
        relation, person = statement.relation, statement.person
        if relation == FAVOURITE:
            kind = ThingPhrase(statement.value).noun or ThingPhrase(phrase).noun
            relation = f"{FAVOURITE}:{kind}" if kind else FAVOURITE
        if relation in (KEPT_AT, CALLED):
            return ToldFact(statement, name, relation, statement.value, confidence, *parts)
        if relation == BELONGS_TO:
            return ToldFact(statement, name, relation, person, confidence, *parts)
        return ToldFact(statement, person, relation, name, confidence, *parts)

    def _bind(
        self,
        statement: Statement,
        thing: ThingPhrase,
        stamp_ns: int,
        entities: Sequence[Entity],
    ) -> Binding:
        """What the words mean: told names first, unless they point; then what is there."""
        if not thing.is_definite and thing.determiner != "it" and not thing.words.istitle():
            return UNBOUND
        speaker = statement.speaker
        meant = self._meant_before(thing, speaker)
        if not thing.is_deictic and thing.determiner != "it":
            hits = told_hits(
                self._log,
                thing,
                speaker,
                self.encoder,
                looks_of=self.looks_of,
                valid_at_ns=stamp_ns,
                known_at_ns=stamp_ns,
            )
            if hits and hits[0].entity_id and is_clear(hits):
                return Binding(hits[0].entity_id, hits[0].confidence, (hits[0].entity_id,))
        scene = self.scene(speaker, stamp_ns)
        found = bind(thing, entities, self.encoder, scene=scene, preferred=meant)
        if not found.entity_id and len(meant) == 1 and thing.words:
            return Binding(meant[0], _CARRIED_OVER, found.candidates)
        return found

    def _meant_before(self, thing: ThingPhrase, speaker: str) -> tuple[str, ...]:
        """The entities that the same words of the same person were tied to."""
        said, found = canonical(thing.words), []
        for assertion in self._log.assertions:
            if assertion.speaker != speaker or canonical(assertion.phrase) != said:
                continue
            names = (assertion.subject, assertion.object)
            found += [name for name in names if name.startswith("entity:")]
        return tuple(dict.fromkeys(found))


def retention(age_s: float, strength: float) -> float:
    """How much is left after a time: exp(-t / (5 S)) with t in days (MemoryBank, section 3.3).

    Grows with `strength`, falls with age; 1 for what has just been said.

    Raises:
        ValueError: a negative age, or a strength that is not positive.
    """
    if age_s < 0 or strength <= 0:
        raise ValueError(f"age_s >= 0 and strength > 0 are expected, got {age_s} and {strength}")
    return math.exp(-(age_s / _DAY_S) / (5.0 * strength))


def fact_record_of(
    told: ToldFact,
    *,
    stamp_ns: int,
    source_id: int | None = None,
    valid_from_ns: int | None = None,
    valid_until_ns: int | None = None,
    supersedes: int | None = None,
    note: str = "",
) -> FactRecord:
    """The record of a told fact, for `memory.note_fact`; `source_id` is the utterance's record.

    The same speaker counts once, so noting what the view has derived from the utterance changes nothing.
    """
    return FactRecord(
        stamp_ns=stamp_ns,
        subject=told.subject,
        relation=told.relation,
        object=told.object,
        is_negated=int(told.statement.is_negated),
        confidence=told.confidence,
        speaker=told.statement.speaker,
        valid_from_ns=stamp_ns if valid_from_ns is None else valid_from_ns,
        valid_until_ns=valid_until_ns,
        supersedes=supersedes,
        source_id=source_id,
        note=note or told.statement.text,
    )


def _noted(number: int, record: FactRecord, recorded_ns: int) -> Assertion:
    return Assertion(
        fact_id=f"fact:{number}",
        record_id=number,
        subject=record.subject,
        relation=record.relation,
        object=record.object,
        is_negated=bool(record.is_negated),
        confidence=record.confidence,
        speaker=record.speaker,
        valid_from_ns=record.valid_from_ns,
        valid_until_ns=record.valid_until_ns,
        recorded_ns=recorded_ns,
        supersedes=record.supersedes,
        evidence=(f"fact:{number}",),
    )


def _derived(
    told: ToldFact, record_id: int, number: int, stamp_ns: int, recorded_ns: int
) -> Assertion:
    """The assertion of the `number`-th statement of an utterance."""
    suffix = "" if number == 0 else f".{number + 1}"
    return Assertion(
        fact_id=f"derived:{record_id}{suffix}",
        record_id=record_id,
        subject=told.subject,
        relation=told.relation,
        object=told.object,
        is_negated=told.statement.is_negated,
        confidence=told.confidence,
        speaker=told.statement.speaker,
        valid_from_ns=stamp_ns,
        valid_until_ns=None,
        recorded_ns=recorded_ns,
        evidence=(f"utterance:{record_id}",),
        phrase=told.phrase,
        candidates=told.candidates,
    )


def _holds(fact: Fact, stamp_ns: int) -> bool:
    is_held = fact.state in (FactState.HELD, FactState.CONTRADICTED)
    return is_held and fact.valid_from_ns <= stamp_ns


def _matches(name: str, wanted: Sequence[str] | None) -> bool:
    return wanted is None or canonical(name) in map(canonical, wanted)


def _matches_relation(relation: str, wanted: str | None) -> bool:
    if wanted is None or relation == wanted:
        return True
    base, _, kind = wanted.partition(":")
    own_base, _, own_kind = relation.partition(":")
    return base == own_base and (not kind or canonical(kind) == canonical(own_kind))
