"""What a phrase asks for: a thing with a colour, whose it is, and where it should be.

A fixed small grammar, no model: [all | a | the | my] [colour] name [in | on | near] [the] place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InputError
from ..perception.text import singular

MAX_PHRASE_CHARACTERS = 400
COLORS = frozenset(
    (
        "red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "black", "white",
        "grey", "brown", "beige",
    )
)  # fmt: skip
_SAME_COLORS = {"gray": "grey", "violet": "purple", "cyan": "turquoise", "teal": "turquoise"}
_SHADES = frozenset(("dark", "light"))
_DEFINITE = frozenset(("the", "that", "this", "my", "your", "his", "her", "our", "their"))
_INDEFINITE = frozenset(("a", "an", "any", "some"))
_ALL = frozenset(("all", "every", "each", "both"))
_OWNERS = frozenset(("my", "your", "his", "her", "our", "their"))
_ANYTHING = frozenset(
    ("thing", "things", "object", "objects", "item", "items", "one", "ones", "something", "anything",
     "everything")
)  # fmt: skip
_ASKING = re.compile(
    r"^(please\s+)?(where\s+(is|are|was|were)|where's|find|how\s+many|count|what\s+is|is\s+there|"
    r"are\s+there|do\s+you\s+see|bring\s+me|fetch|get|look\s+for|go\s+to|navigate\s+to)\s+"
)
_RELATIONS = {
    "in": "in", "inside": "in", "within": "in", "on": "on", "upon": "on", "onto": "on",
    "near": "near", "by": "near", "beside": "near", "at": "near", "under": "near", "behind": "near",
}  # fmt: skip
_JOINED = (
    (r"\bon top of\b", "on"),
    (r"\bnext to\b", "near"),
    (r"\bclose to\b", "near"),
    (r"\bin front of\b", "near"),
)


@dataclass(frozen=True)
class PlacePhrase:
    """Where something should be: 'in', 'on' or 'near' a place."""

    relation: str
    text: str


@dataclass(frozen=True)
class Phrase:
    """A phrase in its parts."""

    text: str
    """As asked, without the words that only ask."""
    name: str
    """What sort of thing, without colours and articles; '' for anything."""
    colors: tuple[str, ...] = ()
    is_definite: bool = False
    """'the mug', 'my cup': one certain thing is meant."""
    is_set: bool = False
    """'all mugs', 'mugs': as many as there are."""
    is_owned: bool = False
    place: PlacePhrase | None = None


def parse_phrase(text: str) -> Phrase:
    """The parts of a phrase such as 'the red mug on the kitchen table'.

    Raises:
        InputError: nothing to look for, or far too long.
    """
    plain = " ".join(text.lower().replace("_", " ").split()).strip(" ?!.")
    if not plain or len(plain) > MAX_PHRASE_CHARACTERS:
        raise InputError(
            f"a phrase needs 1 to {MAX_PHRASE_CHARACTERS} characters such as 'red mug in the "
            f"kitchen', got {len(plain)}"
        )
    plain = _ASKING.sub("", plain)
    for pattern, word in _JOINED:
        plain = re.sub(pattern, word, plain)
    words = re.findall(r"[\w'-]+", plain)
    thing, place = _split(words)
    names = [w for w in thing if w not in _DEFINITE | _INDEFINITE | _ALL]
    colors = tuple(_SAME_COLORS.get(w, w) for w in names if _SAME_COLORS.get(w, w) in COLORS)
    rest = [w for w in names if _SAME_COLORS.get(w, w) not in COLORS and w not in _SHADES]
    if not rest and colors:  # an orange
        rest, colors = [colors[-1]], colors[:-1]
    if not rest:
        raise InputError(f"'{text}' names no thing; ask for one such as 'red mug'")
    is_all = any(w in _ALL for w in thing)
    is_plural = singular(rest[-1]) != rest[-1]
    return Phrase(
        text=plain,
        name=" ".join(w for w in rest if w not in _ANYTHING),
        colors=colors,
        is_definite=any(w in _DEFINITE for w in thing) and not is_all and not is_plural,
        is_set=is_all or is_plural,
        is_owned=any(w in _OWNERS for w in thing),
        place=place,
    )


def split_colors(label: str) -> tuple[str, frozenset[str]]:
    """A label without its colours, and these: 'red mug' -> ('mug', {'red'})."""
    words = label.replace("_", " ").lower().split()
    colors = frozenset(_SAME_COLORS.get(w, w) for w in words) & COLORS
    rest = [w for w in words if _SAME_COLORS.get(w, w) not in COLORS and w not in _SHADES]
    return (" ".join(rest), colors) if rest else (label, frozenset())


def _split(words: list[str]) -> tuple[list[str], PlacePhrase | None]:
    """Words of the thing, and its place after the first 'in', 'on' or 'near'."""
    for at, word in enumerate(words):
        if word in _RELATIONS and at > 0 and at + 1 < len(words):
            place = [w for w in words[at + 1 :] if w not in _INDEFINITE and w != "the"]
            if place:
                return words[:at], PlacePhrase(_RELATIONS[word], " ".join(place))
    return words, None
