"""Noun phrases in a row of tokens: 'the second red mug', 'each of the pieces of furniture', 'it'."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...perception.text import singular
from .common_sense import find_attribute
from .lexicon import KNOWN_NAMES, ROOM_KINDS, Part
from .program import Attribute, Kind, Name
from .tokens import Token, is_furniture


class Noun(str, enum.Enum):
    """What a noun phrase may stand for."""

    OBJECT = "object"
    RECEPTACLE = "receptacle"
    ROOM = "room"
    ROUND = "round"
    """An interaction."""
    PRONOUN = "pronoun"
    NONE = "none"
    """Only a number: 'the third'."""


@dataclass(frozen=True)
class NounPhrase:
    """Tokens [start, end) that name something."""

    start: int
    end: int
    noun: Noun
    text: str = ""
    """The words of a certain name; '' for 'object', 'furniture' and the like."""
    ordinal: int = 0
    count: int = 0
    is_next: bool = False
    is_all: bool = False
    is_plural: bool = False
    is_part: bool = False
    """'one of the', 'any of the', 'the third of the'."""
    is_any: bool = False
    attributes: tuple[Attribute, ...] = ()
    superlative: Part | None = None
    deeds: tuple[Part, ...] = ()
    """Participles before the noun: 'the moved object'."""

    @property
    def is_named(self) -> bool:
        return bool(self.text)

    @property
    def kind(self) -> Kind | None:
        kinds = {Noun.OBJECT: Kind.OBJECT, Noun.RECEPTACLE: Kind.RECEPTACLE, Noun.ROOM: Kind.ROOM}
        return kinds.get(self.noun)

    @property
    def name(self) -> Name:
        """With its ordinal as the occurrence."""
        return Name(self.text, self.ordinal)


_BEFORE = (
    Part.ARTICLE, Part.ALL, Part.ORDINAL, Part.CARDINAL, Part.NEXT, Part.ONE, Part.FAR, Part.NEAR,
    Part.MOST, Part.LEAST,
)  # fmt: skip
_DEEDS = (Part.HANDLE, Part.PICK, Part.PLACE, Part.NOT, Part.VISIT)
_HEADS = {
    Part.OBJECT: Noun.OBJECT, Part.RECEPTACLE: Noun.RECEPTACLE, Part.ROOM: Noun.ROOM,
    Part.ROUND: Noun.ROUND, Part.PRONOUN: Noun.PRONOUN, Part.ONE: Noun.PRONOUN,
}  # fmt: skip
_PIECES = frozenset(("piece", "pieces"))
_ANY = frozenset(("any", "a", "an", "some", "either"))


def find_noun_phrases(tokens: Sequence[Token]) -> list[NounPhrase]:
    """All of them, in order; they do not overlap."""
    found: list[NounPhrase] = []
    at = 0
    while at < len(tokens):
        phrase = _phrase_at(tokens, at)
        if phrase is None:
            at += 1
        else:
            found.append(phrase)
            at = phrase.end
    return found


def _phrase_at(tokens: Sequence[Token], start: int) -> NounPhrase | None:
    at, found = _determiners(tokens, start)
    is_determined = at > start
    is_owned = at == start + 1 and tokens[start].text in ("your", "its", "my")
    deeds: list[Part] = []
    adjectives: list[str] = []
    while at < len(tokens):
        token = tokens[at]
        if token.part is Part.NAME:
            adjectives.append(token.text)
        elif token.part in _DEEDS and is_determined and _noun_follows(tokens, at):
            deeds.append(token.part)
        elif not (token.part is Part.OTHER and is_determined and _noun_follows(tokens, at)):
            break
        at += 1
    noun = tokens[at] if at < len(tokens) else Token(Part.STOP, ".")
    base = found.phrase(start, at, tuple(deeds))
    if adjectives and adjectives[-1] in _PIECES and noun.part not in _HEADS:
        is_plural = adjectives[-1] == "pieces"
        return replace(base, noun=Noun.RECEPTACLE, is_plural=is_plural)
    if noun.part in _HEADS and noun.part is not Part.PRONOUN:
        if noun.part is Part.ONE and not is_determined and not adjectives:
            return None
        plural = noun.text.endswith("s")
        looks = _attributes_of(adjectives)
        return replace(base, end=at + 1, noun=_HEADS[noun.part], is_plural=plural, attributes=looks)
    if adjectives:
        is_known = any("_".join(adjectives[n:]) in KNOWN_NAMES for n in range(len(adjectives)))
        is_known = is_known or singular(adjectives[-1]) in KNOWN_NAMES
        is_goal = start > 0 and tokens[start - 1].part is Part.GOAL
        is_certain = is_determined and not is_owned
        return _named(base, adjectives) if is_certain or is_known or is_goal else None
    if noun.part is Part.PRONOUN and not is_determined:
        return NounPhrase(start, at + 1, Noun.PRONOUN)
    is_told = found.ordinal or found.is_next or found.is_all or found.count > 1
    return base if is_told or base.superlative else None


def _named(base: NounPhrase, words: list[str]) -> NounPhrase:
    """A phrase whose noun is a certain name."""
    text = " ".join(words).replace("_", " ")
    last = text.split()[-1]
    whole = " ".join([*text.split()[:-1], singular(last)])
    if text.replace(" ", "_") in KNOWN_NAMES:
        whole = text  # 'chest of drawers', 'scissors'
    if is_furniture(text):
        noun = Noun.RECEPTACLE
    elif whole.replace(" ", "_") in ROOM_KINDS or words[-1] in ROOM_KINDS:
        noun = Noun.ROOM
    else:
        noun = Noun.OBJECT
    return replace(base, noun=noun, text=whole, is_plural=singular(last) != last)


@dataclass
class _Determiners:
    parts: list[Part]
    ordinal: int = 0
    count: int = 0
    is_next: bool = False
    is_all: bool = False
    is_part: bool = False
    is_any: bool = False

    def phrase(self, start: int, end: int, deeds: tuple[Part, ...]) -> NounPhrase:
        """What they say, without a noun."""
        degrees = (Part.FAR, Part.NEAR, Part.MOST, Part.LEAST)
        return NounPhrase(
            start,
            end,
            Noun.NONE,
            ordinal=self.ordinal,
            count=self.count,
            is_next=self.is_next,
            is_all=self.is_all,
            is_part=self.is_part,
            is_any=self.is_any,
            superlative=next((part for part in self.parts if part in degrees), None),
            deeds=deeds,
        )


def _determiners(tokens: Sequence[Token], start: int) -> tuple[int, _Determiners]:
    """The words before the noun: 'each of the', 'the third', 'two other'."""
    found = _Determiners([])
    at = start
    while at < len(tokens):
        token = tokens[at]
        after = tokens[at + 1] if at + 1 < len(tokens) else Token(Part.STOP, ".")
        if (
            token.part is Part.OF
            and found.parts
            and after.part in (*_BEFORE, Part.OBJECT, Part.RECEPTACLE)
        ):
            # 'each of the', 'the third of the', 'one of the'
            if found.parts[-1] in (Part.ORDINAL, Part.ONE, Part.ARTICLE, Part.CARDINAL, Part.NEXT):
                found.is_part = True
            elif found.parts[-1] not in (Part.ALL, Part.FAR, Part.MOST, Part.LEAST, Part.NEAR):
                break
            at += 1
            continue
        if token.part not in _BEFORE:
            break
        if token.part is Part.ONE and after.part not in (Part.OF, *_HEADS, Part.NAME):
            break
        found.parts.append(token.part)
        if token.part is Part.ORDINAL:
            if found.ordinal:
                break
            found.ordinal = token.number
        elif token.part is Part.CARDINAL:
            found.count = token.number
        found.is_next |= token.part is Part.NEXT
        found.is_all |= token.part is Part.ALL
        found.is_any |= token.text in _ANY
        at += 1
    return at, found


def _noun_follows(tokens: Sequence[Token], at: int) -> bool:
    """Whether only participles and adjectives stand between a token and a noun."""
    for token in tokens[at + 1 : at + 5]:
        if token.part in (Part.OBJECT, Part.RECEPTACLE, Part.ROOM, Part.NAME, Part.ONE):
            return True
        if token.part not in (*_DEEDS, Part.OTHER, Part.AND):
            return False
    return False


def _attributes_of(adjectives: list[str]) -> tuple[Attribute, ...]:
    attributes = []
    for word in " ".join(adjectives).replace("_", " ").split():
        found = find_attribute(word)
        if found is not None:
            attributes.append(Attribute(*found))
    return tuple(attributes)
