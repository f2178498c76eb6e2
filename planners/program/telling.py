"""What tells one target from others: a time, a list of numbers, an interaction before or after it."""

from __future__ import annotations

import itertools

from .draft import DEED_PARTS, ENDS, Draft
from .lexicon import Part
from .phrases import Noun, NounPhrase
from .program import (
    Between,
    Kind,
    Moment,
    Name,
    Offset,
)


def take_moment(draft: Draft) -> Moment | None:
    at = draft.find(Part.TIME)
    if at is None:
        return None
    draft.use(at, at + 1)
    return Moment(draft.tokens[at].value, draft.tokens[at].day)


def take_list(draft: Draft) -> tuple[int, ...]:
    """Two or more ordinals that follow each other: 'third, first, then the second'."""
    numbers = [
        at for at in draft.free()
        if draft.part(at) is Part.ORDINAL and not _counts_a_name(draft, at)
    ]  # fmt: skip
    joints = (
        *ENDS, Part.AND, Part.ARTICLE, Part.NEXT, Part.GOAL, Part.OTHER, Part.ONE, Part.OBJECT,
        Part.RECEPTACLE, Part.TO, Part.AFTER, Part.ASIDE, Part.PRONOUN, Part.WHICH,
    )  # fmt: skip
    runs: list[list[int]] = []
    for at in numbers:
        between = [draft.part(i) for i in range(runs[-1][-1] + 1, at)] if runs else []
        is_joined = bool(runs) and (
            all(part in joints for part in between) or _continues_list(draft, at, between)
        )
        if is_joined:
            runs[-1].append(at)
        else:
            runs.append([at])
    best = max(runs, key=len, default=[])
    if len(best) >= 2:
        best = [at for n, at in enumerate(best) if not _is_adverb(draft, best, n)]
    if len(best) < 2:
        return ()
    found = tuple(draft.tokens[at].number for at in best)
    forgotten = [
        at for at in range(best[0], best[-1] + 1) if draft.part(at) in (*ENDS, Part.AND, Part.ONE)
    ]
    draft.forget([*best, *forgotten])
    return found


def _continues_list(draft: Draft, at: int, between: list[Part]) -> bool:
    """'the third thing you moved, then the first': a number without a noun after a comma or 'then'."""
    phrase = draft.phrase_at(at)
    is_bare = phrase is not None and phrase.noun in (Noun.NONE, Noun.PRONOUN)
    if not is_bare or any(part in (Part.AFTER, Part.BEFORE, Part.BETWEEN) for part in between):
        return False
    lead = (*ENDS, Part.AND, Part.ARTICLE, Part.OTHER, Part.TO, Part.GOAL, Part.NEXT)
    tail = list(itertools.takewhile(lambda part: part in lead, reversed(between)))
    return any(part in (*ENDS, Part.AND) for part in tail)


def _counts_a_name(draft: Draft, at: int) -> bool:
    phrase = draft.phrase_at(at)
    return phrase is not None and phrase.is_named and phrase.noun is Noun.OBJECT


def _is_adverb(draft: Draft, run: list[int], n: int) -> bool:
    """'first the third, then the first, last the second': the first and the last 'first' and 'last'."""
    at = run[n]
    if draft.tokens[at].text not in ("first", "last"):
        return False
    following = [draft.part(i) for i in range(at + 1, run[n + 1])] if n + 1 < len(run) else []
    if n + 1 >= len(run):
        return False
    is_list_comma = bool(following) and following[0] in ENDS and n > 0
    return (
        not is_list_comma
        and all(
            part in (Part.ARTICLE, Part.GOAL, Part.COMMA, Part.OTHER, Part.TO) for part in following
        )
        and any(part in (Part.ARTICLE, Part.GOAL) for part in following)
        and _is_open(draft, at)
    )


def _is_open(draft: Draft, at: int) -> bool:
    """Whether an ordinal is no part of a phrase with an article before it."""
    return draft.part(at - 1) not in (Part.ARTICLE, Part.ALL)


def take_relative(draft: Draft) -> Offset | Between | None:
    between = draft.find(Part.BETWEEN)
    if between is not None:
        pair = _take_pair(draft, between) or _take_earlier_pair(draft, between)
        if pair is not None:
            return pair
    anchors: list[tuple[int, Name, int]] = []
    for at in draft.free():
        if draft.part(at) in (Part.AFTER, Part.BEFORE) and not draft.is_used[at]:
            found = _take_anchor(draft, at)
            if found is not None:
                side = 1 if draft.part(at) is Part.AFTER else -1
                anchors.append((side, found, _take_gap(draft, at)))
    sides = {side: name for side, name, _ in reversed(anchors)}
    if len(sides) == 2:
        return Between(sides[1], sides[-1])
    if not anchors:
        return None
    side, name, gap = anchors[0]
    return Offset(name, side * (gap or 1))


def _take_pair(draft: Draft, at: int) -> Between | None:
    first = _anchor_phrase(draft, at + 1)
    second = _anchor_phrase(draft, first.end) if first is not None else None
    if first is None or second is None:
        return None
    draft.use(at, _end_of_anchor(draft, second, at))
    return Between(first.name, second.name)


def _take_earlier_pair(draft: Draft, at: int) -> Between | None:
    """'you moved the mug, later the bowl; go to what you moved in between'."""
    named = [
        p for p in draft.free_phrases() if p.is_named and p.noun is Noun.OBJECT and p.end <= at
    ]
    if len(named) < 2:
        return None
    for phrase in named[:2]:
        draft.use(phrase.start, phrase.end)
    draft.use(at, at + 1)
    return Between(named[0].name, named[1].name)


def _take_anchor(draft: Draft, at: int) -> Name | None:
    phrase = _anchor_phrase(draft, at + 1)
    if phrase is not None:
        draft.use(at, _end_of_anchor(draft, phrase, at))
        return phrase.name
    pronoun = draft.phrase_after(at + 1, stops=(*ENDS, Part.YOU, Part.GOAL))
    named = [
        p for p in draft.free_phrases() if p.is_named and p.noun is Noun.OBJECT and p.end <= at
    ]
    if pronoun is None or pronoun.noun is not Noun.PRONOUN or not named:
        return None
    draft.use(named[-1].start, named[-1].end)
    draft.use(at, pronoun.end)
    return named[-1].name


def _anchor_phrase(draft: Draft, start: int) -> NounPhrase | None:
    """The thing that a marker is about: a name, or 'the third object', before the sentence ends."""
    at = start
    while True:
        phrase = draft.phrase_after(at, stops=(Part.STOP, Part.GOAL, Part.COMMA))
        if phrase is None or draft.is_used[phrase.start]:
            return None
        if phrase.is_named and phrase.noun in (Noun.OBJECT, Noun.RECEPTACLE):
            return phrase
        if phrase.ordinal and phrase.noun in (Noun.OBJECT, Noun.NONE, Noun.ROUND):
            return phrase
        if phrase.noun not in (Noun.NONE, Noun.ROUND) or phrase.is_next:
            return None
        at = phrase.end


def _end_of_anchor(draft: Draft, phrase: NounPhrase, marker: int) -> int:
    """Where the clause of an anchor ends: '... the mug [was put down]'."""
    trailing: tuple[Part, ...] = (
        *DEED_PARTS, Part.AUXILIARY, Part.OTHER, Part.FROM, Part.TO, Part.ON, Part.STAY,
        Part.PRONOUN,
    )  # fmt: skip
    at = phrase.end
    is_clause = any(draft.part(i) in (*DEED_PARTS, Part.YOU) for i in range(marker, phrase.start))
    if is_clause:
        trailing = (*trailing, Part.ORIGIN, Part.DESTINATION)
    while at < len(draft.tokens):
        part = draft.part(at)
        inner = draft.phrase_at(at)
        if part in (Part.FROM, Part.TO, Part.ON) and is_clause:
            place = draft.phrase_after(at, stops=(*ENDS, Part.YOU, Part.WHICH))
            if place is not None and place.kind is Kind.RECEPTACLE and place.start <= at + 2:
                at = place.end
                continue
        if inner is not None or part not in trailing:
            break
        at += 1
    draft.trailing += [draft.part(i) for i in range(phrase.end, at)]
    return at


def _take_gap(draft: Draft, marker: int) -> int:
    """How many interactions away: 'two objects', 'the second', 'next but one', just before the marker."""
    for phrase in draft.free_phrases():
        is_count = phrase.count > 1 and not phrase.is_named
        if is_count and phrase.end <= marker and marker - phrase.end <= 3:
            draft.use(phrase.start, phrase.end)
            return phrase.count
    return 0
