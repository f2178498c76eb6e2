"""Cases: what was tried in a situation, how it went, and how useful it has proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..config import config_digest
from ..core import Verdict
from ..journal.records import CaseRecord, TombstoneRecord, content_digest
from ..journal.steps import Step
from ..perception.text import LexicalEncoder, TextEncoder
from .state_json import items_of, pack, rows_of, unpack

_STATE_NAMES = ("entries", "withdrawn")


@dataclass(frozen=True)
class CaseConfig:
    """Recall of cases; the numbers are MemRL's (two-phase retrieval, value update, novelty)."""

    gate_similarity: float = 0.5
    """Cases below are not offered, however useful they were."""
    unknown_similarity: float = 0.35
    """If even the best is below, the situation is new."""
    merge_similarity: float = 0.85
    """A record with a situation and a plan this alike is the same case again."""
    utility_weight: float = 0.5
    """Of utility against similarity in the order of the answer."""
    learning_rate: float = 0.1
    """Q += rate * (reward - Q)."""


@dataclass(frozen=True)
class Case:
    """One experience, with all records that are about it."""

    case_id: str
    """'case:12': its first record."""
    situation: str
    plan: str
    outcome: str
    """How it went the last time."""
    utility: float
    """-1 (harmful) to 1 (a success)."""
    trial_count: int
    """Records that told how it went."""
    stamp_ns: int
    last_stamp_ns: int
    related_ids: tuple[str, ...] = ()
    """Cases of as good as the same situation with another plan, oldest first."""
    evidence: tuple[str, ...] = ()
    """Its records, oldest first."""


@dataclass(frozen=True)
class CaseHit:
    """A case that fits a situation."""

    case: Case
    similarity: float
    score: float
    """What the hits are ordered by."""


@dataclass(frozen=True)
class CaseAnswer:
    """What memory has tried in situations like this one."""

    hits: tuple[CaseHit, ...]
    """Best first."""
    verdict: Verdict
    """KNOWN, UNKNOWN (nothing alike), or AMBIGUOUS (something alike, but too little to rely on)."""
    best_similarity: float


@dataclass(frozen=True)
class _Entry:
    record_id: int
    stamp_ns: int
    situation: str
    plan: str
    outcome: str
    utility: float
    updates: int | None


class CaseBook:
    """Folds entries into cases, one after the other."""

    def __init__(self, config: CaseConfig, encoder: TextEncoder) -> None:
        self._config = config
        self._encoder = encoder
        self.cases: list[Case] = []
        self._case_of_record: dict[int, int] = {}
        self._situations = np.zeros((16, encoder.size), np.float32)

    def add(self, entry: _Entry) -> None:
        place = self._case_of_record.get(entry.updates) if entry.updates is not None else None
        if place is None:
            similar = self.similarities(entry.situation)
            near = np.flatnonzero(similar >= self._config.merge_similarity)
            place = self._find_same(entry, near[np.argsort(-similar[near], kind="stable")].tolist())
            if place is None:
                self._append(entry, near.tolist())
                return
        self._case_of_record[entry.record_id] = place
        case = self.cases[place]
        rate = self._config.learning_rate
        self.cases[place] = replace(
            case,
            outcome=entry.outcome or case.outcome,
            utility=round(case.utility + rate * (entry.utility - case.utility), 9),
            trial_count=case.trial_count + 1,
            last_stamp_ns=max(case.last_stamp_ns, entry.stamp_ns),
            evidence=(*case.evidence, f"case:{entry.record_id}"),
        )

    def similarities(self, situation: str) -> NDArray[np.float64]:
        """Cosine to the situation of each case, rounded so that no threshold hangs on the last bit."""
        vector = self._encoder.encode([situation])[0]
        cosines = np.asarray(self._situations[: len(self.cases)] @ vector, np.float64)
        return cosines.round(5)

    def _find_same(self, entry: _Entry, near: list[int]) -> int | None:
        """The first case of as good as this situation that has as good as this plan."""
        for place in near:
            similarity = self._plan_similarity(self.cases[place].plan, entry.plan)
            if similarity >= self._config.merge_similarity:
                return place
        return None

    def _plan_similarity(self, first: str, second: str) -> float:
        if first == second:
            return 1.0
        a, b = self._encoder.encode([first, second]).astype(np.float64)
        return round(float(a @ b), 5)

    def _append(self, entry: _Entry, related: list[int]) -> None:
        """A case of its own; `related` are those of as good as the same situation."""
        place = len(self.cases)
        case_id = f"case:{entry.record_id}"
        for other in related:
            known = self.cases[other]
            self.cases[other] = replace(known, related_ids=(*known.related_ids, case_id))
        if place == len(self._situations):
            self._situations = np.concatenate([self._situations, np.zeros_like(self._situations)])
        self._situations[place] = self._encoder.encode([entry.situation])[0]
        self._case_of_record[entry.record_id] = place
        self.cases.append(
            Case(
                case_id,
                entry.situation,
                entry.plan,
                entry.outcome,
                entry.utility,
                1,
                entry.stamp_ns,
                entry.stamp_ns,
                tuple(self.cases[other].case_id for other in related),
                (case_id,),
            )
        )


class CaseView:
    """Cases from the journal's `CaseRecord`s.

    A record that names an earlier one in `updates`, or is as good as the same, revises that case's
    utility and is linked to it; everything else is a case of its own.
    """

    name = "cases"
    version = 1

    def __init__(
        self, config: CaseConfig | None = None, *, encoder: TextEncoder | None = None
    ) -> None:
        self._config = config or CaseConfig()
        self._encoder = encoder or LexicalEncoder()
        self.config_digest = f"{config_digest(self._config)} {self._encoder.name}"
        self._clear()

    def _clear(self) -> None:
        self._entries: list[_Entry] = []
        self._withdrawn_ns: dict[int, int] = {}
        self._book = CaseBook(self._config, self._encoder)

    def apply(self, step: Step) -> None:
        for number, record in step.records:
            if isinstance(record, CaseRecord):
                entry = _Entry(
                    number, step.stamp_ns, record.situation, record.plan, record.outcome,
                    record.utility, record.updates,
                )  # fmt: skip
                self._entries.append(entry)
                self._book.add(entry)
            elif isinstance(record, TombstoneRecord):
                self._withdraw(record.target_record_id, step.stamp_ns)

    def all_cases(self, *, known_at_ns: int | None = None) -> tuple[Case, ...]:
        """Every case, oldest first."""
        return tuple(self._book_at(known_at_ns).cases)

    def cases(self, situation: str, k: int = 5, *, known_at_ns: int | None = None) -> CaseAnswer:
        """The most useful of the cases that are alike: first the gate, then similarity and utility."""
        book, config = self._book_at(known_at_ns), self._config
        similar = book.similarities(situation)
        best = float(similar.max(initial=0.0))
        hits = [
            CaseHit(book.cases[place], float(similar[place]), self._score(book, place, similar))
            for place in np.flatnonzero(similar >= config.gate_similarity).tolist()
        ]
        hits.sort(
            key=lambda hit: (-hit.score, -hit.similarity, hit.case.stamp_ns, hit.case.case_id)
        )
        verdict = Verdict.KNOWN if hits else Verdict.AMBIGUOUS
        if best < config.unknown_similarity:
            verdict = Verdict.UNKNOWN
        return CaseAnswer(tuple(hits[:k]), verdict, best)

    def digest(self) -> str:
        return content_digest(self.to_bytes()).hex()

    def to_bytes(self) -> bytes:
        withdrawn = sorted(self._withdrawn_ns.items())
        return pack({"entries": rows_of(self._entries), "withdrawn": withdrawn})

    def load_bytes(self, data: bytes) -> None:
        state = unpack(data, _STATE_NAMES)
        self._clear()
        self._entries = items_of(_Entry, state["entries"])
        self._withdrawn_ns = {int(number): int(stamp) for number, stamp in state["withdrawn"]}
        self._book = self._folded(self._entries, None)

    def _score(self, book: CaseBook, place: int, similar: NDArray[np.float64]) -> float:
        weight = self._config.utility_weight
        usefulness = (book.cases[place].utility + 1) / 2
        return round(float((1 - weight) * similar[place] + weight * usefulness), 6)

    def _withdraw(self, record_id: int, stamp_ns: int) -> None:
        if any(entry.record_id == record_id for entry in self._entries):
            self._withdrawn_ns.setdefault(record_id, stamp_ns)
            self._book = self._folded(self._entries, None)

    def _book_at(self, known_at_ns: int | None) -> CaseBook:
        if known_at_ns is None:
            return self._book
        return self._folded([e for e in self._entries if e.stamp_ns <= known_at_ns], known_at_ns)

    def _folded(self, entries: Sequence[_Entry], known_at_ns: int | None) -> CaseBook:
        """The cases of entries without those withdrawn by then."""
        book = CaseBook(self._config, self._encoder)
        for entry in entries:
            gone_ns = self._withdrawn_ns.get(entry.record_id)
            if gone_ns is None or (known_at_ns is not None and known_at_ns < gone_ns):
                book.add(entry)
        return book
