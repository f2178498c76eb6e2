"""What was done to or at the target, and the other things that the sentence names."""

from __future__ import annotations

from dataclasses import replace

from .draft import ENDS, Draft
from .heads import prior_phrase
from .lexicon import Part
from .phrases import Noun, NounPhrase
from .program import (
    Between,
    Deed,
    Kind,
    Measure,
    Name,
    Offset,
    Program,
)
from .tokens import Token


def visited(program: Program, draft: Draft) -> Program:
    if draft.has(Part.VISIT, Part.NOT):
        is_visited = not draft.has(Part.NOT)
        return replace(program, is_visited=is_visited, is_start=draft.has(Part.START), ordinals=())
    return replace(program, is_start=True, ordinals=())


def with_deed(
    program: Program, draft: Draft, head: NounPhrase, clause: list[int], is_relative: bool
) -> Program:
    parts = [_deed_part(draft.tokens[at]) for at in clause] + list(head.deeds)
    deed = _deed_in(draft, clause, parts, program.kind)
    is_done = Part.NOT not in parts
    said_after = [part for part in draft.trailing if part in (Part.PICK, Part.PLACE)]
    is_open = deed in (None, Deed.HANDLED) and not {Part.PICK, Part.PLACE} & set(parts)
    if program.kind is not Kind.OBJECT and is_open and len(said_after) == 1:
        deed = Deed.PICKED if said_after[0] is Part.PICK else Deed.PLACED
    if deed is None and (
        is_relative or program.moment or program.ordinals or (head.ordinal and not head.is_named)
    ):
        deed = Deed.HANDLED
    if deed is None and not is_done:
        deed = Deed.HANDLED
    if deed is None and program.superlative and program.superlative.measure is Measure.DURATION:
        deed = Deed.HANDLED if program.kind is Kind.OBJECT else None
    if program.kind is Kind.ROOM and program.superlative and not draft.has(Part.PICK, Part.PLACE):
        deed = None
    if program.kind is Kind.OBJECT and deed is not None:
        deed = Deed.HANDLED
    return replace(program, deed=deed, is_deed_done=is_done or deed is None)


def _deed_part(token: Token) -> Part:
    """'pick-up' and 'placement' are nouns that tell a deed."""
    if token.part is Part.ROUND:
        if token.text.startswith("pick"):
            return Part.PICK
        return Part.PLACE if token.text.startswith(("place", "drop")) else Part.HANDLE
    return token.part


def _deed_in(draft: Draft, clause: list[int], parts: list[Part], kind: Kind) -> Deed | None:
    has_handle = Part.HANDLE in parts
    away = any(draft.tokens[at].text == "away" for at in clause)
    is_taken = has_handle and (Part.FROM in parts or away)
    is_brought = has_handle and _has_goal_word(draft, clause)
    is_picked = Part.PICK in parts or is_taken or Part.ORIGIN in parts
    is_placed = Part.PLACE in parts or is_brought or Part.DESTINATION in parts
    if Part.ORIGIN in parts and Part.PLACE not in parts:
        is_placed = False
    if Part.DESTINATION in parts and Part.ORIGIN not in parts and not is_taken:
        is_picked = False
    if is_picked and is_placed:
        return Deed.HANDLED
    if is_picked or is_placed:
        return Deed.PICKED if is_picked else Deed.PLACED
    return Deed.HANDLED if has_handle else None


def _has_goal_word(draft: Draft, clause: list[int]) -> bool:
    """'onto', 'into', 'to which', or a 'to' with nothing after it."""
    for n, at in enumerate(clause):
        token = draft.tokens[at]
        if token.part is not Part.TO:
            continue
        after = draft.tokens[clause[n + 1]].part if n + 1 < len(clause) else Part.STOP
        if token.text != "to" or after in (*ENDS, Part.WHICH, Part.WHERE, Part.AND):
            return True
    return False


def with_order(
    program: Program, draft: Draft, head: NounPhrase, relative: Offset | Between | None
) -> Program:
    """Ordinals and 'next' count from an anchor if there is one, else from the beginning."""
    loose = [
        p for p in draft.free_phrases()
        if (p.ordinal or p.is_next) and not p.is_named and p.start != head.start
    ]  # fmt: skip
    number = head.ordinal if not head.is_named else 0
    if isinstance(relative, Offset):
        number = number or next((p.ordinal for p in loose if p.ordinal), 0)
        if abs(number) > 1 and abs(relative.count) == 1:
            relative = replace(relative, count=(1 if relative.count > 0 else -1) * abs(number))
        for phrase in loose:
            draft.use(phrase.start, phrase.end)
        return replace(program, relative=relative)
    program = replace(program, relative=relative)
    if relative is not None or program.ordinals:
        return program
    if not number:
        bare = [p for p in loose if p.noun in (Noun.NONE, Noun.ROUND, Noun.PRONOUN) and p.ordinal]
        if bare:
            number = bare[0].ordinal
            prior = prior_phrase(draft, bare[0])
            draft.use(bare[0].start, bare[0].end)
            is_place = prior is not None and prior.kind is Kind.RECEPTACLE
            if is_place and bare[0].noun is Noun.NONE and program.kind is Kind.OBJECT:
                return replace(program, origin=Name("", number))
    return replace(program, ordinals=(number,)) if number else program


def with_others(program: Program, draft: Draft, head: NounPhrase, clause: list[int]) -> Program:
    """The other things of the sentence: the object of the deed, where it came from, where it is."""
    others = [
        p for p in draft.free_phrases()
        if p.start != head.start and p.kind is not None and (p.is_named or p.ordinal)
    ]  # fmt: skip
    for phrase in others:
        if phrase.kind is Kind.OBJECT and program.kind is not Kind.OBJECT:
            program = replace(program, of=program.of or phrase.name)
        elif phrase.kind is Kind.RECEPTACLE and program.kind is not Kind.RECEPTACLE:
            program = _with_receptacle(program, draft, phrase)
        elif phrase.kind is Kind.ROOM and phrase.is_named and program.kind is not Kind.ROOM:
            program = replace(program, place=phrase.name)
        elif phrase.kind is program.kind and not program.name and phrase.is_named:
            program = replace(program, name=phrase.name)
        elif phrase.kind is program.kind and not (
            program.name or program.ordinals or program.relative
        ):
            program = replace(program, ordinals=(phrase.ordinal,))
    return program


def _with_receptacle(program: Program, draft: Draft, phrase: NounPhrase) -> Program:
    """An object with a receptacle: it came from there, went there, or is there."""
    free = draft.free()
    parts = {draft.part(at) for at in free}
    before = [draft.tokens[at] for at in free if phrase.start - 3 <= at < phrase.start]
    if program.kind is Kind.ROOM:
        return program
    is_origin = bool(parts & {Part.PICK, Part.ORIGIN, Part.FROM}) or any(
        t.part is Part.FROM for t in before
    )
    is_goal = (
        Part.DESTINATION in parts or Part.PLACE in parts or any(t.part is Part.TO for t in before)
    )
    is_from = any(t.part is Part.FROM for t in before) or Part.ORIGIN in parts
    is_only_goal = Part.PICK not in parts or any(t.part is Part.TO for t in before)
    if is_goal and is_only_goal and not is_from:
        return replace(program, destination=phrase.name)
    if is_origin:
        return replace(program, origin=phrase.name, deed=Deed.HANDLED)
    return replace(program, place=phrase.name) if phrase.is_named else program


def tidied(program: Program) -> Program:
    """One form for what means the same."""
    if program.kind is Kind.OBJECT and program.of is not None:
        program = replace(program, of=None)
    if program.of is not None and program.of.text and program.ordinals in ((1,), (-1,)):
        program = replace(program, ordinals=())  # 'where the mug lay first'
    if program.ordinals and program.deed is None:
        program = replace(program, deed=Deed.HANDLED)
    if program.of is not None and program.deed is None:
        program = replace(program, deed=Deed.HANDLED)
    if (
        program.kind is Kind.ROOM
        and program.of is None
        and len(program.ordinals) == 1
        and program.deed
    ):
        program = replace(program, of=Name("", program.ordinals[0]), ordinals=())
    if program.name is not None and program.name.occurrence and not program.is_deed_done:
        program = replace(program, name=replace(program.name, occurrence=0))
    if program.origin is not None or program.destination is not None:
        program = replace(program, ordinals=() if not program.is_deed_done else program.ordinals)
    return program
