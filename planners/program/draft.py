"""A sentence while it is read: its tokens and noun phrases, and which of them have been used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .common_sense import find_attribute
from .lexicon import Part
from .phrases import NounPhrase, find_noun_phrases
from .tokens import Token

DEED_PARTS = (Part.PICK, Part.PLACE, Part.HANDLE)
MARKED_DEEDS = (*DEED_PARTS, Part.ORIGIN, Part.DESTINATION)
ENDS = (Part.STOP, Part.COMMA)


class Draft:
    """A sentence while it is read: which tokens have been used."""

    def __init__(self, tokens: list[Token], phrases: list[NounPhrase]) -> None:
        self.tokens = tokens
        self.phrases = phrases
        self.is_used = [False] * len(tokens)
        self.is_guess = False
        self.notes: list[str] = []
        self.trailing: list[Part] = []
        """Parts of what was taken after an anchor: it may have been said of the target."""

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


def with_verbs(tokens: list[Token]) -> list[Token]:
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
