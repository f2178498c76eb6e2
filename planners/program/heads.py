"""What an instruction is to reach: its head, how many of them, and how they look."""

from __future__ import annotations

from dataclasses import replace

from .common_sense import find_attribute, value_of
from .draft import DEED_PARTS, ENDS, MARKED_DEEDS, Draft
from .lexicon import Part
from .phrases import Noun, NounPhrase
from .program import (
    Attribute,
    AttributeKind,
    Kind,
    Measure,
    Name,
    Quantifier,
    Superlative,
)


def find_head(draft: Draft) -> NounPhrase | None:
    """What follows 'go to' if that is no pronoun, else 'which', else what is spoken of first."""
    goals = [at for at in range(len(draft.tokens)) if draft.part(at) is Part.GOAL]
    for goal in goals:
        head = _head_after(draft, goal)
        if head is not None:
            return head
    is_there = any(token.text == "there" for token in draft.tokens)
    for at in draft.free():
        if draft.part(at) is Part.WHERE and draft.part(at - 1) in ENDS and draft.has(*MARKED_DEEDS):
            return NounPhrase(at, at + 1, Noun.RECEPTACLE)
        if draft.part(at) in (Part.WHICH, Part.WHAT) and at + 1 < len(draft.tokens):
            skipped = at + 2 if draft.part(at + 1) in (Part.AUXILIARY, Part.OF) else at + 1
            phrase = draft.phrase_at(skipped)
            is_free = phrase is not None and not draft.is_used[phrase.start]
            if phrase is not None and phrase.kind and is_free and phrase.start == skipped:
                return phrase
            if draft.part(at) is Part.WHAT:
                return NounPhrase(at, at + 1, Noun.OBJECT)
    places = [p for p in draft.free_phrases() if p.kind in (Kind.RECEPTACLE, Kind.ROOM)]
    is_there = is_there or (bool(places) and places[-1].is_any)
    for phrase in places if is_there and places else draft.free_phrases():
        if phrase.kind is not None:
            draft.is_guess = draft.is_guess or not goals
            return phrase
    where = draft.find(Part.WHERE)
    if where is not None:
        return NounPhrase(where, where + 1, Noun.RECEPTACLE)
    if not goals and not draft.has(*DEED_PARTS):
        return None
    # 'count two objects on from the mug and find that one'
    unnamed = [p for p in draft.phrases if p.kind is not None and not p.is_named]
    pronouns = [p for p in draft.phrases if p.noun is Noun.PRONOUN]
    if unnamed:
        return replace(unnamed[0], ordinal=0, is_plural=False, is_all=False)
    return replace(pronouns[0], noun=Noun.OBJECT) if pronouns else None


def _head_after(draft: Draft, goal: int) -> NounPhrase | None:
    at = goal + 1
    while at < len(draft.tokens):
        phrase = draft.phrase_at(at)
        part = draft.part(at)
        if phrase is not None and phrase.start == at and not draft.is_used[at]:
            if phrase.noun is Noun.PRONOUN and not phrase.ordinal and not phrase.superlative:
                return _pronoun_head(draft, phrase)
            if phrase.noun is Noun.ROUND:
                at = phrase.end
                continue
            return phrase
        if part is Part.WHERE:
            following = draft.phrase_after(at + 1)
            if following is not None and following.is_named and not draft.has(*MARKED_DEEDS):
                return following  # 'show me where the mug is'
            return NounPhrase(at, at + 1, Noun.RECEPTACLE)
        if part is Part.WHAT:
            following = draft.phrase_at(at + 1)
            if following is not None and following.kind is not None and not draft.is_used[at + 1]:
                return following
            return NounPhrase(at, at + 1, Noun.OBJECT)
        if part in (Part.STOP, Part.GOAL):
            return None
        at += 1
    return None


def _pronoun_head(draft: Draft, phrase: NounPhrase) -> NounPhrase | None:
    """'the one that ...' with words of its own; 'it', 'there' and the like are explained elsewhere."""
    explaining = (
        Part.WHICH, Part.YOU, Part.FAR, Part.NEAR, Part.MADE_OF, Part.USED_FOR, Part.LOOKS,
        Part.AFTER, Part.BEFORE, Part.BETWEEN,
    )  # fmt: skip
    is_explained = bool(phrase.attributes) or draft.part(phrase.end) in explaining
    is_explained = (
        is_explained or draft.tokens[min(phrase.end, len(draft.tokens) - 1)].text == "with"
    )
    is_one = draft.tokens[phrase.end - 1].text in ("one", "ones")
    if is_one and is_explained:
        return replace(phrase, noun=Noun.NONE)
    return None


def prior_phrase(draft: Draft, phrase: NounPhrase) -> NounPhrase | None:
    """What 'the third' or 'the one' is one of: a phrase before it that is no anchor, or else one after."""
    others = [p for p in draft.free_phrases() if p.start != phrase.start and p.kind is not None]
    before = [p for p in others if p.end <= phrase.start]
    return (before or others or [None])[0]  # type: ignore[list-item]


def kind_of(
    draft: Draft, head: NounPhrase, superlative: Superlative | None, clause: list[int]
) -> Kind:
    if head.kind is None:
        prior = prior_phrase(draft, head)
        return Kind.OBJECT if prior is None or prior.kind is None else prior.kind
    is_where = draft.part(head.start) is Part.WHERE
    if is_where:
        is_stay = superlative is not None and superlative.measure is Measure.DURATION
        has_deed = any(draft.part(at) in MARKED_DEEDS for at in clause)
        if (is_stay or draft.has(Part.START, Part.VISIT)) and not has_deed:
            return Kind.ROOM
    return head.kind


def clause_of(draft: Draft, head: NounPhrase) -> list[int]:
    """Unused tokens that speak of the head: from it to the end of its sentence, else all others."""
    end = next(
        (
            at
            for at in range(head.end, len(draft.tokens))
            if draft.part(at) in (Part.STOP, Part.GOAL)
        ),
        len(draft.tokens),
    )
    clause = draft.free(head.end, end)
    before = draft.free(max(0, head.start - 2), head.start)
    if draft.part(head.start - 1) is Part.WHICH and draft.part(head.start - 2) in (
        Part.TO,
        Part.FROM,
    ):
        clause = [head.start - 2, head.start - 1, *clause]  # 'to which room did you bring it'
    clause = [at for at in before if draft.part(at) in (Part.ORIGIN, Part.DESTINATION)] + clause
    if any(draft.part(at) in MARKED_DEEDS for at in clause) or head.deeds:
        return clause
    return [at for at in draft.free() if not head.start <= at < head.end]


def quantifier_of(
    draft: Draft, head: NounPhrase, ordinals: tuple[int, ...], superlative: Superlative | None
) -> Quantifier:
    if ordinals:
        return Quantifier.ORDERED
    is_chosen_of = draft.part(head.start - 1) is Part.OF and draft.part(head.start - 2) in (
        Part.WHICH, Part.WHAT, Part.ONE, Part.STOP, Part.COMMA,
    )  # fmt: skip
    if superlative is not None or head.ordinal or head.is_part or head.is_next or is_chosen_of:
        return Quantifier.ONE
    if head.is_all or draft.has(Part.UNORDERED):
        return Quantifier.ALL
    is_plural = head.is_plural and not head.is_any and not draft.has(Part.MOST, Part.LEAST)
    has_article = draft.part(head.start) in (Part.ARTICLE,) and not head.is_any
    return (
        Quantifier.ALL
        if is_plural and has_article and not _is_chosen(draft, head)
        else Quantifier.ONE
    )


def _is_chosen(draft: Draft, head: NounPhrase) -> bool:
    """'Of the objects ..., go to the third': another phrase says which."""
    return any(p.noun is Noun.NONE and p.ordinal for p in draft.free_phrases() if p != head)


def name_of(head: NounPhrase) -> Name | None:
    return head.name if head.is_named else None


def superlative_of(draft: Draft, head: NounPhrase) -> Superlative | None:
    for part, measure, is_most in (
        (Part.FAR, Measure.DISTANCE, True), (Part.NEAR, Measure.DISTANCE, False),
        (Part.MOST, Measure.DURATION, True), (Part.LEAST, Measure.DURATION, False),
    ):  # fmt: skip
        if head.superlative is part or draft.find(part) is not None:
            return Superlative(measure, is_most)
    return None


def attributes_of(draft: Draft, head: NounPhrase, kind: Kind) -> tuple[Attribute, ...]:
    """Adjectives before the head, and what 'made of', 'used for', 'with ...' and 'that is ...' add."""
    if kind is not Kind.OBJECT:
        return ()
    found = list(head.attributes)
    for at in draft.free():
        part = draft.part(at)
        if part is Part.MADE_OF:
            found += _marked_attribute(draft, at, AttributeKind.MATERIAL)
        elif part is Part.USED_FOR:
            found += _marked_attribute(draft, at, AttributeKind.FUNCTION)
        elif part is Part.LOOKS:
            found += _marked_attribute(draft, at, AttributeKind(draft.tokens[at].text))
    if not found and not head.is_named:
        found = _loose_attributes(draft, head)
    return tuple(dict.fromkeys(found))


def _marked_attribute(draft: Draft, at: int, kind: AttributeKind) -> list[Attribute]:
    """The words after a marker, up to the next clause."""
    words, here = [], at + 1
    enders = (*ENDS, Part.WHICH, Part.YOU, Part.GOAL, Part.MADE_OF, Part.USED_FOR, Part.LOOKS)
    ends_on = DEED_PARTS if kind is not AttributeKind.FUNCTION else ()
    while here < len(draft.tokens) and draft.part(here) not in (*enders, *ends_on):
        word = draft.tokens[here].text.replace("_", " ")
        if draft.part(here) not in (Part.ARTICLE, Part.AUXILIARY) and word not in (
            "print", "pattern", "shape", "colour", "color", "design", "material", "purpose", "motif",
            "prints", "patterns", "matter", "on", "it", "shaped", "colored", "coloured",
        ):  # fmt: skip
            words.append(word)
        here += 1
    text = " ".join(words)
    if not text:
        return []
    draft.use(at, here)
    if kind in (AttributeKind.PRINT, AttributeKind.MATERIAL):
        return [_best_attribute(words, kind)]
    return [Attribute(kind, value_of(kind, text))]


def _best_attribute(words: list[str], kind: AttributeKind) -> Attribute:
    value = value_of(kind, " ".join(words))
    return Attribute(kind, value)


def _loose_attributes(draft: Draft, head: NounPhrase) -> list[Attribute]:
    """'that is red', 'with stripes': words for looks anywhere in the sentence."""
    for at in draft.free():
        token = draft.tokens[at]
        phrase = draft.phrase_at(at)
        if token.part is not Part.NAME or (phrase is not None and phrase == head):
            continue
        found = find_attribute(token.text.replace("_", " "))
        if found is not None:
            start, end = (phrase.start, phrase.end) if phrase else (at, at + 1)
            draft.use(start, end)
            return [Attribute(*found)]
    return []
