"""How people name things: "this blue mug", "my favourite cup", "grandma's vase", "the red one"."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ..perception.synonyms import SYNONYM_GROUPS
from ..perception.text import words_of

COLOR_WORDS = frozenset(
    (
        "white", "black", "gray", "grey", "silver", "red", "orange", "yellow", "green", "turquoise",
        "teal", "cyan", "blue", "navy", "purple", "violet", "pink", "magenta", "brown", "beige",
        "cream", "gold", "golden",
    )
)  # fmt: skip
_COLOR_FAMILIES = tuple(
    frozenset(line.split())
    for line in (
        "blue navy turquoise teal cyan",
        "green turquoise teal cyan",
        "gray grey silver",
        "white silver cream beige",
        "beige cream brown gold golden",
        "yellow gold golden orange",
        "red orange pink magenta",
        "purple violet pink magenta navy",
        "black navy gray grey",
    )
)
_SAME_COLOR = {"grey": "gray", "golden": "gold", "violet": "purple", "magenta": "pink"}
DEICTIC = frozenset(("this", "that", "these", "those"))
_DEFINITE = frozenset(("the", "our", "your", "his", "her", "their", "its"))
_MODIFIER_START = re.compile(
    r" (?:of|on|in|at|from|with|near|under|behind|by|beside|inside|next to|which|that) ", re.I
)
_POSSESSOR = re.compile(r"(?:(?:my|our|the) )?([\w-]+)'s?(?: (.*))?", re.I)


@dataclass(frozen=True)
class ThingPhrase:
    """A thing as somebody names it."""

    words: str
    """'blue striped mug'; '' for a bare 'this'."""
    determiner: str = ""
    """'this', 'the', 'my', 'a' ...; "'s" for a possessor; '' for none."""
    owner: str = ""
    """Whose it is, by these words: a name, the speaker's for 'my'."""
    is_favourite: bool = False

    @property
    def noun(self) -> str:
        """'mug' of 'blue striped mug', 'remote control' of 'black remote control'."""
        return noun_of(self.words)

    @property
    def color(self) -> str:
        """The first colour word, '' if there is none."""
        return next((w for w in self.words.lower().split() if w in COLOR_WORDS), "")

    @property
    def is_deictic(self) -> bool:
        """It points at something: 'this mug', 'that'."""
        return self.determiner in DEICTIC

    @property
    def is_definite(self) -> bool:
        """It means one certain thing."""
        return bool(self.owner) or self.is_deictic or self.determiner in _DEFINITE

    @property
    def description(self) -> str:
        """What stands for the thing while it is not tied to an entity: "Anna's blue mug"."""
        words = self.words or "thing"
        favourite = "favourite " if self.is_favourite else ""
        return f"{self.owner}'s {favourite}{words}" if self.owner else favourite + words


def read_phrase(text: str, speaker: str = "") -> ThingPhrase:
    """The parts of a name for a thing; words that nobody uses as a determiner are kept as words."""
    rest = " ".join(text.replace("’", "'").strip(" ,.!?\"'").split())
    determiner, owner = "", ""
    first, _, tail = rest.partition(" ")
    if first.lower() in ("my", "our") and not re.match(r"[\w-]+'s? ", tail):
        determiner, owner, rest = "my", speaker, tail
    elif found := _POSSESSOR.fullmatch(rest):
        determiner, owner, rest = "'s", found[1], found[2] or ""
    elif first.lower() in DEICTIC or first.lower() in _DEFINITE or first.lower() in ("a", "an"):
        determiner, rest = first.lower(), tail
    elif first.lower() == "it":
        determiner, rest = "it", tail
    words = [w for w in rest.split() if w.lower() not in ("own", "one", "ones")]
    is_favourite = bool(words) and words[0].lower() in ("favourite", "favorite")
    return ThingPhrase(" ".join(words[is_favourite:]), determiner, owner, is_favourite)


def noun_of(words: str) -> str:
    """The last name before any 'of', 'on', 'with' ...; lower case, singular."""
    head = _MODIFIER_START.split(f" {words} ")[0].strip() or words
    names = [word for word in words_of(head) if word not in COLOR_WORDS]
    for length in (3, 2):
        if "_".join(names[-length:]) in _first_group() and len(names) >= length:
            return " ".join(names[-length:])
    return names[-1] if names else ""


@functools.lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """Equal for texts that mean the same by the table of household words; entity ids as they are."""
    if text.startswith("entity:"):
        return text
    words = words_of(text)
    if not words:
        return text.casefold().strip()
    found, at = [], 0
    while at < len(words):
        length = next((n for n in (3, 2) if "_".join(words[at : at + n]) in _first_group()), 1)
        name = "_".join(words[at : at + length])
        found.append(_first_group().get(name, name))
        at += length
    return " ".join(found)


def color_agreement(said: str, seen: str) -> float:
    """1 for the same colour, less for a similar one, least for another; `seen` may be 'dark blue'."""
    if not said:
        return 1.0
    names = [_SAME_COLOR.get(w, w) for w in seen.lower().split() if w in COLOR_WORDS]
    if not names:
        return 0.7
    color = _SAME_COLOR.get(said, said)
    if color in names:
        return 1.0
    is_similar = any(color in family and names[-1] in family for family in _COLOR_FAMILIES)
    return 0.6 if is_similar else 0.25


@functools.cache
def _first_group() -> dict[str, str]:
    """Name -> the word that stands for its first group of synonyms."""
    groups: dict[str, str] = {}
    for group in SYNONYM_GROUPS:
        names = sorted({"_".join(words_of(name)) for name in group})
        for name in names:
            groups.setdefault(name, names[0])
    return groups
