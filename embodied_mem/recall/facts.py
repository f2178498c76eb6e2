"""Facts, names, routines and experiences as answers; unknown where a memory has none."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import Recall, RecallItem, Verdict
from ..entities.entity import entity_number
from ..perception.text import words_of
from .indexes import Indexes, check_count
from .sources import FactInfo, FactSource
from .verdict import Features, raw_score


class FactIndex:
    """Facts by row, and which facts are about an id."""

    def __init__(self, source: FactSource | None) -> None:
        self._source = source
        self._revision = -1
        self.facts: Sequence[FactInfo] = ()
        self._about: dict[str, list[int]] = {}
        self._rows: dict[str, int] = {}
        self.words: list[frozenset[str]] = []
        """Of each fact: those of subject, relation and object."""

    def refresh(self) -> None:
        if self._source is None or self._source.revision == self._revision:
            return
        self._revision = self._source.revision
        self.facts = self._source.facts()
        self._rows = {fact.fact_id: row for row, fact in enumerate(self.facts)}
        self.words = [
            frozenset(words_of(f"{fact.subject} {fact.relation} {fact.object}"))
            for fact in self.facts
        ]
        self._about = {}
        for row in range(len(self.facts)):
            for name in self.names_of(row):
                self._about.setdefault(name, []).append(row)

    def find_row(self, fact_id: str) -> int | None:
        return self._rows.get(fact_id)

    def names_of(self, row: int) -> list[str]:
        """Subject and object of a fact."""
        fact = self.facts[row]
        return list(dict.fromkeys((fact.subject, fact.object)))

    def rows_about(self, name: str) -> list[int]:
        return self._about.get(name, [])

    def item(self, row: int, *, score: float) -> RecallItem:
        """A fact as an answer."""
        return fact_item(self.facts[row], score)


class FactQueries:
    """Reads facts; every method brings the indexes up to date first."""

    def __init__(self, indexes: Indexes, facts: FactIndex) -> None:
        self._ix, self.index = indexes, facts

    def facts(
        self,
        *,
        subject: str = "",
        relation: str = "",
        object: str = "",
        speaker: str = "",
        as_of_ns: int | None = None,
        k: int = 20,
    ) -> Recall:
        """See `MemoryRecall.facts`."""
        check_count(k)
        self._refresh()
        now_ns = self._ix.now_ns() if as_of_ns is None else as_of_ns
        wanted = {"subject": subject, "object": object, "speaker": speaker}
        found = [
            fact
            for fact in self.index.facts
            if fact.holds_at(now_ns)
            and relation in ("", fact.relation, fact.relation.partition(":")[0])
            and all(_is_meant(text, getattr(fact, name)) for name, text in wanted.items())
        ]
        found.sort(key=lambda fact: (-fact.confidence, -fact.stamp_ns, fact.fact_id))
        items = tuple(fact_item(fact, fact.confidence) for fact in found[:k])
        given = (subject, relation, object, speaker)
        name = f"facts({', '.join(text for text in given if text)})"
        return self._recall(name, items, "no such fact was told or noted")

    def aliases(self, phrase: str, *, speaker: str = "", k: int = 5) -> Recall:
        """See `MemoryRecall.aliases`."""
        check_count(k)
        self._refresh()
        source = self._ix.sources.facts
        hits = [] if source is None else list(source.resolve(phrase, speaker=speaker))
        items = tuple(
            RecallItem(
                hit.target_id,
                "entity" if hit.target_id.startswith("entity:") else "room",
                hit.confidence,
                position_in_world=self._position_of(hit.target_id),
                evidence=hit.evidence or (hit.target_id,),
                note=hit.text,
            )
            for hit in hits[:k]
        )
        return self._recall(f"aliases({phrase})", items, "nobody told what this name means")

    def routine(self, person: str = "", *, clock_s: float | None = None, k: int = 10) -> Recall:
        """See `MemoryRecall.routine`."""
        check_count(k)
        self._refresh()
        source = self._ix.sources.facts
        found = [] if source is None else list(source.routines(person))
        if clock_s is not None:
            found.sort(key=lambda r: (abs((r.clock_s - clock_s + 43200) % 86400 - 43200), r.text))
        items = tuple(
            RecallItem(
                f"routine:{n}",
                "routine",
                routine.probability,
                evidence=routine.evidence or (f"routine:{n}",),
                note=routine.text,
            )
            for n, routine in enumerate(found[:k])
        )
        return self._recall(f"routine({person})", items, "no habit was noticed")

    def cases(self, situation: str, *, k: int = 5) -> Recall:
        """See `MemoryRecall.cases`."""
        check_count(k)
        self._refresh()
        source = self._ix.sources.facts
        found = [] if source is None else list(source.cases(situation, k=k))
        items = tuple(
            RecallItem(
                case.case_id,
                "case",
                case.similarity,
                case.stamp_ns,
                evidence=case.evidence or (case.case_id,),
                note=f"{case.situation}: {case.plan} -> {case.outcome} (utility {case.utility:+.2f})",
            )
            for case in found
        )
        return self._recall(f"cases({situation})", items, "nothing like it was ever tried")

    def _refresh(self) -> None:
        self._ix.refresh()
        self.index.refresh()

    def _recall(self, name: str, items: tuple[RecallItem, ...], nothing: str) -> Recall:
        verdict = Verdict.KNOWN if items else Verdict.UNKNOWN
        best = min(max((item.score for item in items), default=0.0), 1.0)
        features = Features(match=best, existence=1.0, still_there=1.0, support=1.0)
        if not items:
            features = Features()
        probability = self._ix.calibration.probability(
            verdict, raw_score(verdict, features), family="facts"
        )
        explanation = f"{len(items)} found" if items else nothing
        if not items and self._ix.sources.facts is None:
            explanation = "this memory holds no facts"
        return Recall(name, items, verdict, probability, explanation)

    def _position_of(self, name: str) -> tuple[float, float, float] | None:
        if name.startswith("entity:"):
            row = self._ix.entities.find_row(entity_number(name))
            return None if row is None else self._ix.entities.objects[row].position_in_world
        number = self._ix.rooms.find_number(name)
        return None if number is None else self._ix.rooms.rooms[number].position_in_world


def fact_item(fact: FactInfo, score: float) -> RecallItem:
    """A fact as an answer."""
    negation = "not " if fact.is_negated else ""
    said = f" ({fact.speaker} said so)" if fact.speaker else ""
    relation = fact.relation.replace("_", " ")
    return RecallItem(
        fact.fact_id,
        "fact",
        round(score, 6),
        fact.stamp_ns,
        evidence=fact.evidence or (fact.fact_id,),
        note=f"{fact.subject} {negation}{relation} {fact.object}{said}",
    )


def _is_meant(wanted: str, value: str) -> bool:
    """The same words, whatever their order of cases; everything for ''."""
    return not wanted or wanted == value or words_of(wanted) == words_of(value) != []
