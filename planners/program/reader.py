"""Reads an instruction in English into a `Program`.

The grammar looks for islands, not for sentences: what is to be reached (the head), what it is told by
(other interactions before or after it, a time, an order, a superlative), and what was done to it. Words
that it does not know are left out and lower the score. `_read` is the page to read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...errors import InputError
from .deeds import tidied, visited, with_deed, with_order, with_others
from .draft import DEED_PARTS, Draft, with_verbs
from .heads import (
    attributes_of,
    clause_of,
    find_head,
    kind_of,
    name_of,
    quantifier_of,
    superlative_of,
)
from .lexicon import Part
from .phrases import find_noun_phrases
from .program import Deed, Kind, Program
from .telling import take_list, take_moment, take_relative
from .tokens import tokenise

_UNKNOWN_PENALTY = 0.08
_ALTERNATIVE_FACTOR = 0.5


class UnreadableError(InputError):
    """An instruction that names nothing to go to."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"I cannot read what to go to in '{' '.join(text.split())[:200]}'. I read such as 'go to the "
            "third object you moved', 'go to the receptacle you took the mug from', 'go to every table you "
            "placed something on', 'go to the room where you spent most time'"
        )


@dataclass(frozen=True)
class Reading:
    """One way to read an instruction."""

    program: Program
    score: float
    """1 where every word counted; less for words left out and for guesses."""
    notes: tuple[str, ...] = ()
    """What was guessed or left out."""


@dataclass(frozen=True)
class Readings:
    """All ways to read an instruction, best first; `error` says why there is none."""

    text: str
    readings: tuple[Reading, ...]
    error: UnreadableError | None = None

    @property
    def best(self) -> Reading:
        """Raises UnreadableError if there is none."""
        if self.error is not None:
            raise self.error
        return self.readings[0]


def read_instruction(text: str) -> Readings:
    """Every way to read an instruction, best first. Never raises, whatever the text."""
    if not isinstance(text, str) or not text.strip():
        return Readings(str(text), (), UnreadableError(str(text)))
    tokens = with_verbs(tokenise(text))
    draft = Draft(tokens, find_noun_phrases(tokens))
    program = _read(draft)
    if program is None:
        return Readings(text, (), UnreadableError(text))
    unknown = draft.unknown_words()
    score = max(0.1, 1.0 - _UNKNOWN_PENALTY * len(unknown) - 0.3 * draft.is_guess)
    notes = tuple(f"left out '{word}'" for word in unknown) + tuple(draft.notes)
    best = Reading(program, round(score, 3), notes)
    others = [
        Reading(other, round(score * _ALTERNATIVE_FACTOR, 3), (*notes, note))
        for other, note in _alternatives(program)
    ]
    return Readings(text, (best, *others))


def _read(draft: Draft) -> Program | None:
    """Take what tells the target out of the sentence, part by part; what is left is about the head."""
    moment = take_moment(draft)
    ordinals = take_list(draft)
    relative = take_relative(draft)
    head = find_head(draft)
    if head is None:
        return None
    clause = clause_of(draft, head)
    superlative = superlative_of(draft, head)
    kind = kind_of(draft, head, superlative, clause)
    quantifier = quantifier_of(draft, head, ordinals, superlative)
    program = Program(
        kind, quantifier, name=name_of(head), attributes=attributes_of(draft, head, kind),
        ordinals=ordinals, moment=moment, superlative=superlative,
    )  # fmt: skip
    is_about_visits = draft.has(Part.VISIT, Part.START, Part.NOT) and not draft.has(*DEED_PARTS)
    if kind is Kind.ROOM and is_about_visits:
        return visited(program, draft)
    program = with_deed(program, draft, head, clause, relative is not None)
    program = with_order(program, draft, head, relative)
    return tidied(with_others(program, draft, head, clause))


def _alternatives(program: Program) -> list[tuple[Program, str]]:
    """Other readings for words that may name furniture as well as an object, and for looser orders."""
    found: list[tuple[Program, str]] = []
    other = {Kind.OBJECT: Kind.RECEPTACLE, Kind.RECEPTACLE: Kind.OBJECT}.get(program.kind)
    if program.name is not None and program.name.text and other is not None:
        deed = program.deed if other is Kind.RECEPTACLE else program.deed and Deed.HANDLED
        found.append((replace(program, kind=other, deed=deed), f"a {other.value} may be meant"))
    if program.kind is Kind.RECEPTACLE and program.deed in (Deed.PICKED, Deed.PLACED):
        found.append((replace(program, deed=Deed.HANDLED), "either end of a move may be meant"))
    return found
