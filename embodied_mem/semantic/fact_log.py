"""Assertions as they came in, never changed, and what follows from them at any two times.

Bitemporal (Snodgrass 1999, chapter 10): when something holds, and when memory learned it. Every answer
is worked out from the assertions known at a time, so nothing needs to be overwritten.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from .phrases import canonical

FUNCTIONAL_RELATIONS = frozenset(("kept_at", "favourite", "belongs_to", "located_at", "lives_in"))
"""A subject has one object at a time; in other relations objects accumulate."""
MAX_CONFIDENCE = 0.99
FOREVER_NS = 2**63 - 1


class FactState(str, enum.Enum):
    """What a fact is worth at the asked time."""

    HELD = "held"
    SUPERSEDED = "superseded"
    """Its source has said something else since."""
    CONTRADICTED = "contradicted"
    """It holds, and so does something that cannot both be true: ask, or look."""
    EXPIRED = "expired"
    """Its stated time is over."""


@dataclass(frozen=True)
class Assertion:
    """One source said one thing once."""

    fact_id: str
    record_id: int
    """The record that it comes from: a fact or an utterance."""
    subject: str
    relation: str
    object: str
    is_negated: bool
    confidence: float
    speaker: str
    valid_from_ns: int
    valid_until_ns: int | None
    recorded_ns: int
    supersedes: int | None = None
    """Record id of an assertion that this one replaces, whoever made it."""
    evidence: tuple[str, ...] = ()
    phrase: str = ""
    """The words for the thing, where subject or object is an entity id."""
    candidates: tuple[str, ...] = ()
    """Entity ids that the words could mean, where that was not clear."""

    @property
    def source(self) -> str:
        """Who counts as one source: confirming oneself adds nothing."""
        return canonical(self.speaker) if self.speaker else ""


@dataclass(frozen=True)
class Fact:
    """What one or more sources assert over an unbroken time."""

    fact_id: str
    """'fact:<record id>' for a journalled fact, 'derived:<record id>' for one read from an utterance."""
    subject: str
    relation: str
    """'kept_at', 'favourite:mug' ...; after the colon the kind of thing that it is about."""
    object: str
    is_negated: bool
    confidence: float
    """Noisy-or over distinct sources, at most `MAX_CONFIDENCE`."""
    speaker: str
    """Who said it first; '' if nobody did."""
    speakers: tuple[str, ...]
    valid_from_ns: int
    valid_until_ns: int | None
    recorded_ns: int
    superseded_by: str
    """Fact id, '' if none."""
    state: FactState
    evidence: tuple[str, ...]
    """Record ids in the order of the journal."""
    phrase: str = ""
    candidates: tuple[str, ...] = ()
    strength: int = 1
    """How often it was said: what slows forgetting (`retention`)."""

    @property
    def base_relation(self) -> str:
        return self.relation.partition(":")[0]


@dataclass(frozen=True)
class Contradiction:
    """Two facts that hold at the same time and cannot both be true; the older one first."""

    first: Fact
    second: Fact


@dataclass(frozen=True)
class _Claim:
    """An assertion with the time at which its source stops to stand by it."""

    assertion: Assertion
    until_ns: int
    superseded_by: int | None
    """Place of the assertion that ended it."""

    def covers(self, stamp_ns: int) -> bool:
        return self.assertion.valid_from_ns <= stamp_ns < self.until_ns


@dataclass
class FactLog:
    """Every assertion ever made, in order, and which of them were withdrawn when."""

    assertions: list[Assertion] = field(default_factory=list)
    withdrawn_ns: dict[int, int] = field(default_factory=dict)
    """Record id -> when a tombstone for it came."""
    _by_subject: dict[str, list[int]] = field(default_factory=dict)
    _by_relation: dict[str, list[int]] = field(default_factory=dict)
    _by_object: dict[str, list[int]] = field(default_factory=dict)
    _superseders: dict[int, list[int]] = field(default_factory=dict)
    _last_whole: tuple[tuple[int, ...], tuple[list[Fact], list[Contradiction]]] | None = None
    """The last answer about all assertions, and what was asked."""

    def add(self, assertion: Assertion) -> None:
        place = len(self.assertions)
        self.assertions.append(assertion)
        self._by_subject.setdefault(canonical(assertion.subject), []).append(place)
        self._by_relation.setdefault(_base(assertion.relation), []).append(place)
        self._by_object.setdefault(canonical(assertion.object), []).append(place)
        if assertion.supersedes is not None:
            self._superseders.setdefault(assertion.supersedes, []).append(place)

    def withdraw(self, record_id: int, stamp_ns: int) -> None:
        """A tombstone: what the record said no longer counts from then on."""
        self.withdrawn_ns.setdefault(record_id, stamp_ns)

    def select(
        self,
        *,
        subjects: Iterable[str] | None = None,
        relation: str | None = None,
        objects: Iterable[str] | None = None,
    ) -> list[int]:
        """Places of assertions in whole groups that can bear on a query, in order."""
        if subjects is not None:
            keys = [canonical(name) for name in subjects]
            found = {place for key in keys for place in self._by_subject.get(key, ())}
        elif objects is not None:
            named = {p for name in objects for p in self._by_object.get(canonical(name), ())}
            keys = sorted({canonical(self.assertions[p].subject) for p in named})
            found = {place for key in keys for place in self._by_subject[key]}
        elif relation is not None:
            found = set(self._by_relation.get(_base(relation), ()))
        else:
            return list(range(len(self.assertions)))
        return sorted(found)

    def evaluate(
        self, places: Sequence[int], *, valid_at_ns: int, known_at_ns: int
    ) -> tuple[list[Fact], list[Contradiction]]:
        """All facts of the given assertions with their states, and those that clash.

        Superseded and expired ones are among the facts. Ordered by record.
        """
        if len(places) < len(self.assertions):
            return self._evaluated(places, valid_at_ns, known_at_ns)
        asked = (valid_at_ns, known_at_ns, len(self.assertions), len(self.withdrawn_ns))
        if self._last_whole is None or self._last_whole[0] != asked:
            self._last_whole = (asked, self._evaluated(places, valid_at_ns, known_at_ns))
        return self._last_whole[1]

    def _evaluated(
        self, places: Sequence[int], valid_at_ns: int, known_at_ns: int
    ) -> tuple[list[Fact], list[Contradiction]]:
        groups: dict[tuple[str, ...], list[int]] = {}
        for place in places:
            if self._is_known(place, known_at_ns):
                groups.setdefault(_key_of(self.assertions[place]), []).append(place)
        facts: list[tuple[int, Fact]] = []
        clashes: list[Contradiction] = []
        for key in groups:
            found, clashing = self._evaluate_group(groups[key], valid_at_ns, known_at_ns)
            facts += found
            clashes += clashing
        facts.sort(key=lambda item: item[0])
        clashes.sort(key=lambda c: (c.first.fact_id, c.second.fact_id))
        return [fact for _, fact in facts], clashes

    def _is_known(self, place: int, known_at_ns: int) -> bool:
        assertion = self.assertions[place]
        gone_ns = self.withdrawn_ns.get(assertion.record_id)
        return assertion.recorded_ns <= known_at_ns and (gone_ns is None or known_at_ns < gone_ns)

    def _evaluate_group(
        self, places: list[int], valid_at_ns: int, known_at_ns: int
    ) -> tuple[list[tuple[int, Fact]], list[Contradiction]]:
        claims = self._claims(places, known_at_ns)
        runs = _runs(self.assertions, claims)
        fact_ids = {place: self.assertions[min(run)].fact_id for run in runs for place in run}
        facts = {min(run): self._fact(run, claims, fact_ids, valid_at_ns) for run in runs}
        active = sorted(
            min(run) for run in runs if any(claims[place].covers(valid_at_ns) for place in run)
        )
        pairs = [
            (p, q)
            for i, p in enumerate(active)
            for q in active[i + 1 :]
            if _is_conflict(facts[p], facts[q])
        ]
        for place in {place for pair in pairs for place in pair}:
            facts[place] = replace(facts[place], state=FactState.CONTRADICTED)
        clashes = [Contradiction(facts[p], facts[q]) for p, q in pairs]
        return sorted(facts.items()), clashes

    def _claims(self, places: list[int], known_at_ns: int) -> dict[int, _Claim]:
        """For each assertion, until when its own source stands by it."""
        claims: dict[int, _Claim] = {}
        by_source: dict[str, list[int]] = {}
        for place in places:
            by_source.setdefault(self.assertions[place].source, []).append(place)
        for own in by_source.values():
            own.sort(key=lambda p: (self.assertions[p].valid_from_ns, p))
            for place, ender in _enders(self.assertions, own).items():
                claims[place] = self._claim(place, ender, known_at_ns)
        return claims

    def _claim(self, place: int, ender: int | None, known_at_ns: int) -> _Claim:
        assertion = self.assertions[place]
        enders = [] if ender is None else [ender]
        enders += [
            p
            for p in self._superseders.get(assertion.record_id, ())
            if self._is_known(p, known_at_ns)
        ]
        until_ns, by = FOREVER_NS, None
        if assertion.valid_until_ns is not None:
            until_ns = assertion.valid_until_ns
        for other in enders:
            end_ns = max(self.assertions[other].valid_from_ns, assertion.valid_from_ns)
            if end_ns < until_ns:
                until_ns, by = end_ns, other
        return _Claim(assertion, until_ns, by)

    def _fact(
        self, run: list[int], claims: dict[int, _Claim], fact_ids: dict[int, str], valid_at_ns: int
    ) -> Fact:
        """One fact from the claims of one run; those valid at the time count, if there are any."""
        active = [p for p in run if claims[p].covers(valid_at_ns)]
        counted = active or run
        last = max(run, key=lambda p: (claims[p].until_ns, p))
        ender = claims[last].superseded_by
        until_ns = claims[last].until_ns
        state = FactState.HELD
        if not active and valid_at_ns >= until_ns:
            state = FactState.EXPIRED if ender is None else FactState.SUPERSEDED
        first = self.assertions[min(run)]
        by_source: dict[str, float] = {}
        for place in counted:
            a = self.assertions[place]
            by_source[a.source] = max(by_source.get(a.source, 0.0), a.confidence)
        named = [self.assertions[p] for p in sorted(run)]
        return Fact(
            fact_id=first.fact_id,
            subject=first.subject,
            relation=first.relation,
            object=first.object,
            is_negated=first.is_negated,
            confidence=_noisy_or(by_source),
            speaker=first.speaker,
            speakers=tuple(dict.fromkeys(self.assertions[p].speaker for p in sorted(counted))),
            valid_from_ns=min(a.valid_from_ns for a in named),
            valid_until_ns=None if until_ns == FOREVER_NS else until_ns,
            recorded_ns=min(a.recorded_ns for a in named),
            superseded_by=""
            if ender is None
            else fact_ids.get(ender, self.assertions[ender].fact_id),
            state=state,
            evidence=tuple(dict.fromkeys(e for a in named for e in a.evidence)),
            phrase=next((a.phrase for a in named if a.phrase), ""),
            candidates=first.candidates,
            strength=len(counted),
        )


def _base(relation: str) -> str:
    return relation.partition(":")[0]


def _key_of(assertion: Assertion) -> tuple[str, ...]:
    """Assertions with one key can supersede, confirm or contradict each other."""
    base, _, kind = assertion.relation.partition(":")
    key = (canonical(assertion.subject), base, canonical(kind))
    if base in FUNCTIONAL_RELATIONS:
        return key
    return (*key, canonical(assertion.object))


def _enders(assertions: Sequence[Assertion], own: Sequence[int]) -> dict[int, int | None]:
    """For one source's assertions in the order of validity: the next one that ends each."""
    order = {place: number for number, place in enumerate(own)}
    ends: dict[int, int | None] = {}
    next_positive: int | None = None
    next_different: int | None = None
    """The first positive one after `next_positive` with another object."""
    next_of: dict[tuple[str, bool], int] = {}
    for place in reversed(own):
        a = assertions[place]
        name = canonical(a.object)
        options = [next_of.get((name, not a.is_negated))]
        if not a.is_negated:
            if next_positive is not None:
                is_same = canonical(assertions[next_positive].object) == name
                options.append(next_different if is_same else next_positive)
            if next_positive is not None and canonical(assertions[next_positive].object) != name:
                next_different = next_positive
            next_positive = place
        next_of[name, a.is_negated] = place
        found = [p for p in options if p is not None]
        ends[place] = min(found, key=order.__getitem__) if found else None
    return ends


def _runs(assertions: Sequence[Assertion], claims: dict[int, _Claim]) -> list[list[int]]:
    """Claims of the same content whose times touch or overlap, whoever made them."""
    by_content: dict[tuple[str, bool], list[int]] = {}
    for place in sorted(claims, key=lambda p: (assertions[p].valid_from_ns, p)):
        a = assertions[place]
        by_content.setdefault((canonical(a.object), a.is_negated), []).append(place)
    runs: list[list[int]] = []
    for places in by_content.values():
        end_ns: int | None = None
        for place in places:
            if end_ns is None or assertions[place].valid_from_ns > end_ns:
                runs.append([])
                end_ns = claims[place].until_ns
            runs[-1].append(place)
            end_ns = max(end_ns, claims[place].until_ns)
    return runs


def _is_conflict(first: Fact, second: Fact) -> bool:
    """Whether two facts of one key cannot both be true."""
    is_same = canonical(first.object) == canonical(second.object)
    if first.is_negated != second.is_negated:
        return is_same
    if first.is_negated or is_same or first.base_relation not in FUNCTIONAL_RELATIONS:
        return False
    return first.object not in second.candidates and second.object not in first.candidates


def _noisy_or(by_source: dict[str, float]) -> float:
    doubt = 1.0
    for source in sorted(by_source):
        doubt *= 1.0 - by_source[source]
    return round(min(MAX_CONFIDENCE, 1.0 - doubt), 6)
