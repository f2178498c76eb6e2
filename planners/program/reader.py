"""Reads an instruction in English into a `Program`.

The grammar looks for islands, not for sentences: what is to be reached (the head), what it is told by
(other interactions before or after it, a time, an order, a superlative), and what was done to it. Words
that it does not know are left out and lower the score. `_read` is the page to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import InputError
from .common_sense import find_attribute, value_of
from .lexicon import Part
from .phrases import Noun, NounPhrase, find_noun_phrases
from .program import (
    Attribute,
    AttributeKind,
    Between,
    Deed,
    Kind,
    Measure,
    Moment,
    Name,
    Offset,
    Program,
    Quantifier,
    Superlative,
)
from .tokens import Token, tokenise

_DEED_PARTS = (Part.PICK, Part.PLACE, Part.HANDLE)
_MARKED_DEEDS = (*_DEED_PARTS, Part.ORIGIN, Part.DESTINATION)
_ENDS = (Part.STOP, Part.COMMA)
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
    tokens = _with_verbs(tokenise(text))
    draft = _Draft(tokens, find_noun_phrases(tokens))
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


def _read(draft: _Draft) -> Program | None:
    """Take what tells the target out of the sentence, part by part; what is left is about the head."""
    moment = _take_moment(draft)
    ordinals = _take_list(draft)
    relative = _take_relative(draft)
    head = _find_head(draft)
    if head is None:
        return None
    clause = _clause_of(draft, head)
    superlative = _superlative(draft, head)
    kind = _kind_of(draft, head, superlative, clause)
    quantifier = _quantifier(draft, head, ordinals, superlative)
    program = Program(
        kind, quantifier, name=_name_of(head), attributes=_attributes(draft, head, kind),
        ordinals=ordinals, moment=moment, superlative=superlative,
    )  # fmt: skip
    if kind is Kind.ROOM and draft.has(Part.VISIT, Part.START, Part.NOT):
        if not draft.has(*_DEED_PARTS):
            return _visited(program, draft)
    program = _with_deed(program, draft, head, clause, relative is not None)
    program = _with_order(program, draft, head, relative)
    return _tidied(_with_others(program, draft, head, clause))


class _Draft:
    """A sentence while it is read: which tokens have been used."""

    def __init__(self, tokens: list[Token], phrases: list[NounPhrase]) -> None:
        self.tokens = tokens
        self.phrases = phrases
        self.is_used = [False] * len(tokens)
        self.is_guess = False
        self.notes: list[str] = []

    def use(self, start: int, end: int) -> None:
        self.is_used[start:end] = [True] * (end - start)

    def forget(self, places: Sequence[int]) -> None:
        """These tokens say nothing more; noun phrases are found anew."""
        for at in places:
            self.tokens[at] = replace(self.tokens[at], part=Part.OTHER)
        self.phrases = find_noun_phrases(self.tokens)

    def free(self, start: int = 0, end: int | None = None) -> list[int]:
        """Unused tokens."""
        stop = len(self.tokens) if end is None else end
        return [at for at in range(start, stop) if not self.is_used[at]]

    def free_phrases(self) -> list[NounPhrase]:
        return [phrase for phrase in self.phrases if not self.is_used[phrase.start]]

    def part(self, at: int) -> Part:
        return self.tokens[at].part if 0 <= at < len(self.tokens) else Part.STOP

    def has(self, *parts: Part) -> bool:
        return any(self.tokens[at].part in parts for at in self.free())

    def find(self, *parts: Part) -> int | None:
        """The first unused token of a part."""
        return next((at for at in self.free() if self.tokens[at].part in parts), None)

    def phrase_at(self, at: int) -> NounPhrase | None:
        """The noun phrase around a token."""
        return next((p for p in self.phrases if p.start <= at < p.end), None)

    def phrase_after(self, at: int, *, stops: Sequence[Part] = (Part.STOP,)) -> NounPhrase | None:
        """The next noun phrase from a token on, if none of `stops` comes first."""
        for here in range(at, len(self.tokens)):
            phrase = self.phrase_at(here)
            if phrase is not None and phrase.start >= at:
                return phrase
            if self.part(here) in stops:
                return None
        return None

    def unknown_words(self) -> list[str]:
        """Words that are part of no phrase and mean nothing to the reader."""
        return [
            token.text.replace("_", " ")
            for at, token in enumerate(self.tokens)
            if token.part is Part.NAME and self.phrase_at(at) is None and not self.is_used[at]
        ]


def _with_verbs(tokens: list[Token]) -> list[Token]:
    """Unknown words where a verb must stand count as handling: 'you fiddled with', 'after juggling'."""
    found = list(tokens)
    for at, token in enumerate(found):
        if token.part is not Part.NAME:
            continue
        before = [t.part for t in found[max(0, at - 2) : at] if t.part is not Part.OTHER]
        last = before[-1] if before else Part.STOP
        is_after_you = last is Part.YOU or before[-2:] == [Part.YOU, Part.AUXILIARY]
        is_gerund = token.text.endswith("ing") and last in (Part.AFTER, Part.BEFORE, Part.BETWEEN)
        is_past = token.text.endswith("ed") and last is Part.AUXILIARY
        is_past = is_past and find_attribute(token.text) is None
        if is_after_you or is_gerund or is_past:
            found[at] = replace(token, part=Part.HANDLE)
    return found


# What tells the target


def _take_moment(draft: _Draft) -> Moment | None:
    at = draft.find(Part.TIME)
    if at is None:
        return None
    draft.use(at, at + 1)
    return Moment(draft.tokens[at].value, draft.tokens[at].day)


def _take_list(draft: _Draft) -> tuple[int, ...]:
    """Two or more ordinals that follow each other: 'third, first, then the second'."""
    numbers = [
        at for at in draft.free()
        if draft.part(at) is Part.ORDINAL and not _counts_a_name(draft, at)
    ]  # fmt: skip
    joints = (
        *_ENDS, Part.AND, Part.ARTICLE, Part.NEXT, Part.GOAL, Part.OTHER, Part.ONE, Part.OBJECT,
        Part.RECEPTACLE, Part.TO, Part.AFTER, Part.ASIDE, Part.PRONOUN, Part.WHICH,
    )  # fmt: skip
    runs: list[list[int]] = []
    for at in numbers:
        between = [draft.part(i) for i in range(runs[-1][-1] + 1, at)] if runs else []
        is_joined = bool(runs) and all(part in joints for part in between)
        if is_joined:
            runs[-1].append(at)
        else:
            runs.append([at])
    best = max(runs, key=len, default=[])
    if len(best) >= 2:
        best = [at for n, at in enumerate(best) if not _is_adverb(draft, best, n)]
    if len(best) < 2:
        return ()
    numbers = [draft.tokens[at].number for at in best]
    draft.forget([at for at in range(best[0], best[-1] + 1) if draft.part(at) is not Part.GOAL])
    return tuple(numbers)


def _counts_a_name(draft: _Draft, at: int) -> bool:
    phrase = draft.phrase_at(at)
    return phrase is not None and phrase.is_named and phrase.noun is Noun.OBJECT


def _is_adverb(draft: _Draft, run: list[int], n: int) -> bool:
    """'first the third, then the first, last the second': the first and the last 'first' and 'last'."""
    at = run[n]
    if draft.tokens[at].text not in ("first", "last"):
        return False
    following = [draft.part(i) for i in range(at + 1, run[n + 1])] if n + 1 < len(run) else []
    if n + 1 >= len(run):
        return False
    is_list_comma = bool(following) and following[0] in _ENDS and n > 0
    return not is_list_comma and all(
        part in (Part.ARTICLE, Part.GOAL, Part.COMMA, Part.OTHER, Part.TO) for part in following
    ) and any(part in (Part.ARTICLE, Part.GOAL) for part in following) and _is_open(draft, at)


def _is_open(draft: _Draft, at: int) -> bool:
    """Whether an ordinal is no part of a phrase with an article before it."""
    return draft.part(at - 1) not in (Part.ARTICLE, Part.ALL)


def _take_relative(draft: _Draft) -> Offset | Between | None:
    between = draft.find(Part.BETWEEN)
    if between is not None:
        pair = _take_pair(draft, between)
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


def _take_pair(draft: _Draft, at: int) -> Between | None:
    first = _anchor_phrase(draft, at + 1)
    second = _anchor_phrase(draft, first.end) if first is not None else None
    if first is None or second is None:
        return None
    draft.use(at, _end_of_anchor(draft, second, at))
    return Between(first.name, second.name)


def _take_anchor(draft: _Draft, at: int) -> Name | None:
    phrase = _anchor_phrase(draft, at + 1)
    if phrase is None:
        return None
    draft.use(at, _end_of_anchor(draft, phrase, at))
    return phrase.name


def _anchor_phrase(draft: _Draft, start: int) -> NounPhrase | None:
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


def _end_of_anchor(draft: _Draft, phrase: NounPhrase, marker: int) -> int:
    """Where the clause of an anchor ends: '... the mug [was put down]'."""
    trailing = (
        *_DEED_PARTS, Part.AUXILIARY, Part.OTHER, Part.FROM, Part.TO, Part.ON, Part.ORIGIN,
        Part.DESTINATION, Part.STAY, Part.PRONOUN,
    )  # fmt: skip
    at = phrase.end
    is_clause = any(draft.part(i) in (*_DEED_PARTS, Part.YOU) for i in range(marker, phrase.start))
    while at < len(draft.tokens):
        part = draft.part(at)
        inner = draft.phrase_at(at)
        if part in (Part.FROM, Part.TO, Part.ON) and is_clause:
            place = draft.phrase_after(at, stops=(*_ENDS, Part.YOU, Part.WHICH))
            if place is not None and place.kind is Kind.RECEPTACLE and place.start <= at + 2:
                at = place.end
                continue
        if inner is not None or part not in trailing:
            break
        at += 1
    return at


def _take_gap(draft: _Draft, marker: int) -> int:
    """How many interactions away: 'two objects', 'the second', 'next but one', just before the marker."""
    for phrase in draft.free_phrases():
        is_count = phrase.count > 1 and phrase.noun in (Noun.OBJECT, Noun.ROUND, Noun.NONE)
        if is_count and phrase.end <= marker and marker - phrase.end <= 3:
            if phrase.noun is not Noun.OBJECT or phrase.end == marker or True:
                draft.use(phrase.start, phrase.end)
            return phrase.count
    return 0


# The head


def _find_head(draft: _Draft) -> NounPhrase | None:
    """What to go to: after 'go to' if that is no pronoun, else after 'which', else what is spoken of first."""
    goals = [at for at in range(len(draft.tokens)) if draft.part(at) is Part.GOAL]
    for goal in goals:
        head = _head_after(draft, goal)
        if head is not None:
            return head
    for at in draft.free():
        if draft.part(at) in (Part.WHICH, Part.WHAT) and at + 1 < len(draft.tokens):
            phrase = draft.phrase_at(at + 1)
            if phrase is not None and phrase.kind and not draft.is_used[phrase.start]:
                return phrase
            if draft.part(at) is Part.WHAT:
                return NounPhrase(at, at + 1, Noun.OBJECT)
    for phrase in draft.free_phrases():
        if phrase.kind is not None:
            draft.is_guess = draft.is_guess or not goals
            return phrase
    where = draft.find(Part.WHERE)
    if where is not None:
        return NounPhrase(where, where + 1, Noun.RECEPTACLE)
    if not goals and not draft.has(*_DEED_PARTS):
        return None
    # 'count two objects on from the mug and find that one'
    unnamed = [p for p in draft.phrases if p.kind is not None and not p.is_named]
    pronouns = [p for p in draft.phrases if p.noun is Noun.PRONOUN]
    if unnamed:
        return replace(unnamed[0], ordinal=0, is_plural=False, is_all=False)
    return replace(pronouns[0], noun=Noun.OBJECT) if pronouns else None


def _head_after(draft: _Draft, goal: int) -> NounPhrase | None:
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


def _pronoun_head(draft: _Draft, phrase: NounPhrase) -> NounPhrase | None:
    """'the one that ...' with words of its own; 'it', 'there' and the like are explained elsewhere."""
    is_explained = draft.part(phrase.end) in (Part.WHICH, Part.YOU, Part.FAR, Part.NEAR)
    is_one = draft.tokens[phrase.end - 1].text in ("one", "ones")
    if is_one and is_explained and not _prior_phrase(draft, phrase):
        return replace(phrase, noun=Noun.NONE)
    if is_one and is_explained:
        return replace(phrase, noun=Noun.NONE)
    return None


def _prior_phrase(draft: _Draft, phrase: NounPhrase) -> NounPhrase | None:
    """What 'the third' or 'the one' is one of: a phrase before it that is no anchor, or else one after."""
    others = [p for p in draft.free_phrases() if p.start != phrase.start and p.kind is not None]
    before = [p for p in others if p.end <= phrase.start]
    return (before or others or [None])[0]  # type: ignore[list-item]


def _kind_of(
    draft: _Draft, head: NounPhrase, superlative: Superlative | None, clause: list[int]
) -> Kind:
    if head.kind is None:
        prior = _prior_phrase(draft, head)
        return Kind.OBJECT if prior is None or prior.kind is None else prior.kind
    is_where = draft.part(head.start) is Part.WHERE
    if is_where:
        is_stay = superlative is not None and superlative.measure is Measure.DURATION
        has_deed = any(draft.part(at) in _MARKED_DEEDS for at in clause)
        if (is_stay or draft.has(Part.START, Part.VISIT)) and not has_deed:
            return Kind.ROOM
    return head.kind


def _clause_of(draft: _Draft, head: NounPhrase) -> list[int]:
    """Unused tokens that speak of the head: from it to the end of its sentence, else all others."""
    end = next(
        (at for at in range(head.end, len(draft.tokens)) if draft.part(at) in (Part.STOP, Part.GOAL)),
        len(draft.tokens),
    )
    clause = draft.free(head.end, end)
    if any(draft.part(at) in _MARKED_DEEDS for at in clause) or head.deeds:
        return clause
    return [at for at in draft.free() if not head.start <= at < head.end]


def _quantifier(
    draft: _Draft, head: NounPhrase, ordinals: tuple[int, ...], superlative: Superlative | None
) -> Quantifier:
    if ordinals:
        return Quantifier.ORDERED
    if superlative is not None or head.ordinal or head.is_part or head.is_next:
        return Quantifier.ONE
    if head.is_all or draft.has(Part.UNORDERED):
        return Quantifier.ALL
    is_plural = head.is_plural and not head.is_any and not draft.has(Part.MOST, Part.LEAST)
    has_article = draft.part(head.start) in (Part.ARTICLE,) and not head.is_any
    return Quantifier.ALL if is_plural and has_article and not _is_chosen(draft, head) else Quantifier.ONE


def _is_chosen(draft: _Draft, head: NounPhrase) -> bool:
    """'Of the objects ..., go to the third': another phrase says which."""
    return any(p.noun is Noun.NONE and p.ordinal for p in draft.free_phrases() if p != head)


def _name_of(head: NounPhrase) -> Name | None:
    return head.name if head.is_named else None


def _superlative(draft: _Draft, head: NounPhrase) -> Superlative | None:
    for part, measure, is_most in (
        (Part.FAR, Measure.DISTANCE, True), (Part.NEAR, Measure.DISTANCE, False),
        (Part.MOST, Measure.DURATION, True), (Part.LEAST, Measure.DURATION, False),
    ):  # fmt: skip
        if head.superlative is part or draft.find(part) is not None:
            return Superlative(measure, is_most)
    return None


def _attributes(draft: _Draft, head: NounPhrase, kind: Kind) -> tuple[Attribute, ...]:
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


def _marked_attribute(draft: _Draft, at: int, kind: AttributeKind) -> list[Attribute]:
    """The words after a marker, up to the next clause."""
    words, here = [], at + 1
    enders = (*_ENDS, Part.WHICH, Part.YOU, Part.GOAL, Part.MADE_OF, Part.USED_FOR, Part.LOOKS)
    ends_on = _DEED_PARTS if kind is not AttributeKind.FUNCTION else ()
    while here < len(draft.tokens) and draft.part(here) not in (*enders, *ends_on):
        word = draft.tokens[here].text.replace("_", " ")
        if draft.part(here) not in (Part.ARTICLE, Part.AUXILIARY) and word not in (
            "print", "pattern", "shape", "colour", "color", "design", "material", "purpose", "motif", "prints",
            "patterns", "matter", "on", "it", "shaped", "colored", "coloured",
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


def _loose_attributes(draft: _Draft, head: NounPhrase) -> list[Attribute]:
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


# What was done


def _visited(program: Program, draft: _Draft) -> Program:
    if draft.has(Part.VISIT, Part.NOT):
        is_visited = not draft.has(Part.NOT)
        return replace(program, is_visited=is_visited, is_start=draft.has(Part.START), ordinals=())
    return replace(program, is_start=True, ordinals=())


def _with_deed(
    program: Program, draft: _Draft, head: NounPhrase, clause: list[int], is_relative: bool
) -> Program:
    parts = [_deed_part(draft.tokens[at]) for at in clause] + list(head.deeds)
    deed = _deed_in(draft, clause, parts, program.kind)
    is_done = Part.NOT not in parts
    if deed is None and (is_relative or program.moment or program.ordinals or head.ordinal and not head.is_named):
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


def _deed_in(
    draft: _Draft, clause: list[int], parts: list[Part], kind: Kind
) -> Deed | None:
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


def _has_goal_word(draft: _Draft, clause: list[int]) -> bool:
    """'onto', 'into', 'to which', or a 'to' with nothing after it."""
    for n, at in enumerate(clause):
        token = draft.tokens[at]
        if token.part is not Part.TO:
            continue
        after = draft.tokens[clause[n + 1]].part if n + 1 < len(clause) else Part.STOP
        if token.text != "to" or after in (*_ENDS, Part.WHICH, Part.WHERE, Part.AND):
            return True
    return False


def _with_order(
    program: Program, draft: _Draft, head: NounPhrase, relative: Offset | Between | None
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
            prior = _prior_phrase(draft, bare[0])
            draft.use(bare[0].start, bare[0].end)
            is_place = prior is not None and prior.kind is Kind.RECEPTACLE
            if is_place and bare[0].noun is Noun.NONE and program.kind is Kind.OBJECT:
                return replace(program, origin=Name("", number))
    return replace(program, ordinals=(number,)) if number else program


def _with_others(program: Program, draft: _Draft, head: NounPhrase, clause: list[int]) -> Program:
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
        elif phrase.kind is program.kind and not program.name and not program.ordinals:
            if program.relative is None:
                program = replace(program, ordinals=(phrase.ordinal,))
    return program


def _with_receptacle(program: Program, draft: _Draft, phrase: NounPhrase) -> Program:
    """An object with a receptacle: it came from there, went there, or is there."""
    free = draft.free()
    parts = {draft.part(at) for at in free}
    before = [draft.tokens[at] for at in free if phrase.start - 3 <= at < phrase.start]
    if program.kind is Kind.ROOM:
        return program
    is_origin = bool(parts & {Part.PICK, Part.ORIGIN, Part.FROM}) or any(
        t.part is Part.FROM for t in before
    )
    is_goal = Part.DESTINATION in parts or Part.PLACE in parts or any(t.part is Part.TO for t in before)
    if is_goal and not any(t.part is Part.FROM for t in before) and Part.ORIGIN not in parts:
        if Part.PICK not in parts or any(t.part is Part.TO for t in before):
            return replace(program, destination=phrase.name)
    if is_origin:
        return replace(program, origin=phrase.name, deed=Deed.HANDLED)
    return replace(program, place=phrase.name) if phrase.is_named else program


def _tidied(program: Program) -> Program:
    """One form for what means the same."""
    if program.kind is Kind.OBJECT and program.of is not None:
        program = replace(program, of=None)
    if program.of is not None and program.of.text and program.ordinals in ((1,), (-1,)):
        program = replace(program, ordinals=())  # 'where the mug lay first'
    if program.of is not None and program.deed is None:
        program = replace(program, deed=Deed.HANDLED)
    if program.kind is Kind.ROOM and program.of is None and len(program.ordinals) == 1 and program.deed:
        program = replace(program, of=Name("", program.ordinals[0]), ordinals=())
    if program.name is not None and program.name.occurrence and not program.is_deed_done:
        program = replace(program, name=replace(program.name, occurrence=0))
    if program.origin is not None or program.destination is not None:
        program = replace(program, ordinals=() if not program.is_deed_done else program.ordinals)
    return program


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
