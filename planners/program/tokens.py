"""English as a row of tokens, each with the part that it plays; numbers and times are read here.

`tokenise` first joins what is said in several words ('last but one', 'half past eight', 'in any order').
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ...perception.text import singular
from .common_sense import THINGS
from .idioms import IDIOMS
from .lexicon import (
    ASIDE_VERBS,
    CARDINALS,
    FURNITURE,
    GOAL_VERBS,
    IGNORED,
    KNOWN_NAMES,
    ORDINALS,
    WORDS,
    Part,
)

MAX_CHARACTERS = 2000
_SHORT = {
    "n't": " not", "'ve": " have", "'re": " are", "'d": " had", "'ll": " will", "'m": " am",
    "cannot": "can not",
}  # fmt: skip
_HALF_DAY = r"(?: ?(am|pm|a\.m\.?|p\.m\.?)\b|(?: o'clock)? in the (morning|afternoon|evening))"
_HOUR = rf"(\d{{1,2}}|{'|'.join(list(CARDINALS)[1:13])})"
_DAY = r"(?: on (?:the )?day (\d+))?"


@dataclass(frozen=True)
class Token:
    """One word, or what stands for several."""

    part: Part
    text: str
    value: float = 0.0
    """Of ordinals and cardinals; of a time, in seconds."""
    day: int = 0

    @property
    def number(self) -> int:
        return int(self.value)


_GOAL = re.compile(
    rf"(?:(?<=^)|(?<=[.,:] )|(?<=\bthen )|(?<=\band )|(?<=\bnow )|(?<=\bto )|(?<=\bso )|"
    rf"(?<=\bplease )|(?<=\bfirst )|(?<=\bfinally )|(?<=\blastly ))"
    rf"(?:go (?:and )?)?(?:{GOAL_VERBS})"
    r"(?: (?:on|over|back|up|straight|directly|right|along|out|down|yourself|inside|again|once more))*"
    r"(?: (?:to|towards?|into|for|at|by|in front of|in|inside|near|next to|beside|before|on|"
    r"of)(?= ))*(?= |$)"
)
_ASIDE = re.compile(
    rf"(?:(?<=^)|(?<=[.,:] )|(?<=\bthen )|(?<=\band ))"
    rf"(?:{ASIDE_VERBS}|(?:take|choose|select)(?= (?:the|that|any|some|an?) ))(?= )"
)
_POLITE = re.compile(
    r"\b(?:please|kindly|(?:(?<=^)|(?<=[.,] ))(?:could|can|would|will) you(?: mind)?|"
    r"i (?:want|need|would like) you|"
    r"i had like you|i would like|(?:your|the) (?:task|goal|job|mission|aim|next goal|objective|"
    r"destination)"
    r" (?:is|was)|you (?:need|have|are (?:asked|required|supposed))(?= to (?:go|nav|dri|hea|mov|"
    r"ret|vis|rev|fin))|"
    r"you (?:should|must)(?: now)?|let us|let's|robot|hey|hi|okay|ok|thanks|thank you|i am looking|"
    r"try|be so kind as|it is time|make sure|i wish you|now(?= (?:go|nav|dri|hea|mov|ret|vis|"
    r"fin|tak|mak)))\b"
)


def plain(text: str) -> str:
    """Lower case, no contractions or politeness, punctuation as words of its own."""
    line = re.sub(r"[\x00-\x1f\x7f]+", " ", text[:MAX_CHARACTERS]).lower()
    line = line.replace("’", "'").replace("‘", "'").replace("->", ",").replace("→", ",")
    line = re.sub(r"\b(a|p)\.m\.?(?=\W|$)", r"\1m", line)
    line = re.sub(r"(?:--|[—–])", " ; ", line)
    for short, long in _SHORT.items():
        line = re.sub(rf"{short}\b", long, line)
    line = re.sub(r"(?<=\w)'s\b", "", line) if "o'clock" not in line else line
    line = re.sub(r"(?<=[a-z])[-/](?=[a-z])", " ", line)
    line = re.sub(r"(\d)-(?=[a-z])", r"\1 ", line)
    line = re.sub(r"[\"“”`*_]+|'(?!clock)", " ", line)
    line = re.sub(r"[()\[\]{}]", " , ", line)
    line = _read_times(line)
    line = re.sub(r"[.;?!]+(?=\s|$)", " . ", line)
    line = re.sub(r"([,;:?!])", r" \1 ", line).replace(";", ".").replace("?", ".").replace("!", ".")
    line = " ".join(line.split())
    line = _POLITE.sub(" ", line)
    return " ".join(line.split()).lstrip("., :")


def tokenise(text: str) -> list[Token]:
    """All tokens of a text; words that nobody knows are names of things."""
    line = plain(text)
    line = re.sub(r"(?<![\w.])(?:to )(?=[a-z])", "to ", line)
    line = _GOAL.sub(" .goal ", f"{line} ").strip()
    line = re.sub(r"\.goal (?=(?:and|then|to) \.goal)", "", line)
    line = _ASIDE.sub(" .aside ", line)
    for pattern, word in IDIOMS:
        line = re.sub(pattern, word, " ".join(line.split()))
    return _repaired([_token_of(word) for word in _join_names(line.split())])


def _token_of(word: str) -> Token:
    if word.startswith(".") and len(word) > 1:
        return _marked(word[1:])
    if word in (".", ",", ":"):
        return Token(Part.STOP if word == "." else Part.COMMA, word)
    if word in WORDS:
        return Token(WORDS[word], word)
    if word in ORDINALS:
        return Token(Part.ORDINAL, word, ORDINALS[word])
    number = re.fullmatch(r"(\d+)(st|nd|rd|th)?", word)
    if number:
        part = Part.ORDINAL if number[2] else Part.CARDINAL
        return Token(part, word, int(number[1][:6]))
    if word in CARDINALS:
        return Token(Part.CARDINAL, word, CARDINALS[word])
    if word in ("times", "twice"):
        return Token(Part.OTHER, word)
    if word in IGNORED:
        return Token(Part.OTHER, word)
    return Token(Part.NAME, word)


def _marked(word: str) -> Token:
    """'.time=30600@2' and the like, as `_PHRASES` and `_read_times` write them."""
    name, _, value = word.partition("=")
    number, _, day = value.partition("@")
    if name in ("print_of", "shape_of", "color_of"):
        return Token(Part.LOOKS, name.removesuffix("_of"))
    part = Part(name.replace("_", " "))
    return Token(part, word, float(number or 0), int(day or 0))


def _join_names(words: list[str]) -> list[str]:
    """'chest of drawers' -> 'chest_of_drawers'; so too what synonyms know as one name."""
    joined: list[str] = []
    at = 0
    while at < len(words):
        for length in (3, 2, 1):
            name = "_".join(
                [*words[at : at + length - 1], singular(words[min(at + length, len(words)) - 1])]
            )
            plural = "_".join(words[at : at + length])
            if length == 1 or name in KNOWN_NAMES or plural in KNOWN_NAMES:
                joined.append(plural)
                at += length
                break
    return joined


def _repaired(tokens: list[Token]) -> list[Token]:
    """Words whose part hangs on their neighbours."""
    found = list(tokens)
    for at, token in enumerate(found):
        before = found[at - 1] if at else Token(Part.STOP, ".")
        after = found[at + 1] if at + 1 < len(found) else Token(Part.STOP, ".")
        found[at] = replace(token, part=_part_between(before, token, after))
    return found


_NOUNS = (Part.OBJECT, Part.RECEPTACLE, Part.ROOM, Part.NAME, Part.ONE, Part.ORDINAL, Part.ROUND)
_DETERMINERS = (Part.ARTICLE, Part.ALL, Part.ORDINAL, Part.NEXT)
_SUBJECTS = (Part.YOU,)


def _part_between(before: Token, token: Token, after: Token) -> Part:
    text, part = token.text, token.part
    is_determined = before.part in _DETERMINERS or before.text in (
        "this",
        "which",
        "these",
        "those",
    )
    is_thing = text in KNOWN_NAMES or text in THINGS
    if part in (Part.AUXILIARY, Part.OTHER) and is_thing and is_determined:
        return Part.NAME if after.part not in _NOUNS else part  # 'a can', 'the saw'
    if text in ("place", "places", "position", "spot"):
        is_verb = (
            before.part in (Part.YOU, Part.AUXILIARY, Part.NOT, Part.AND) and not is_determined
        )
        return Part.PLACE if is_verb else Part.RECEPTACLE
    if text in ("that", "this", "these", "those"):
        if after.part in (Part.STOP, Part.COMMA, Part.AND):
            return Part.PRONOUN
        is_noun = after.part in (*_NOUNS, Part.NEXT) and (
            text != "that" or before.part is not Part.NAME
        )
        is_relative = text == "that" and before.part in (*_NOUNS,)
        return Part.ARTICLE if is_noun and not is_relative else Part.WHICH
    if text in ("move", "pick", "moves", "transfer", "handling", "handle") and is_determined:
        return Part.ROUND if after.part not in _NOUNS else part
    if text == "round" and (after.part in _NOUNS or before.part is Part.AUXILIARY):
        return Part.NAME
    if text == "set" and is_determined and after.part is Part.OF:
        return Part.OTHER
    if text in ("left", "right") and before.part in _SUBJECTS and text == "left":
        return Part.PLACE
    if text in ("last", "first", "next") and after.part is Part.GOAL:
        return Part.OTHER
    if text == "one" and after.part in (
        Part.OF,
        Part.OBJECT,
        Part.RECEPTACLE,
        Part.ROOM,
        Part.NAME,
    ):
        return Part.ARTICLE
    if text == "off" and before.part is Part.PLACE:
        return Part.OTHER
    if part is Part.NAME and text not in KNOWN_NAMES and before.part is Part.YOU:
        return Part.HANDLE
    return part


def _read_times(line: str) -> str:
    """Times of day as '.time=<seconds>@<day>'."""
    line = re.sub(r"\b(?:at )?(?:noon|midday)\b", f" .time={12 * 3600} ", line)
    line = re.sub(
        rf"\b(half|(?:a )?quarter|{_HOUR}(?: minutes)?) (past|to|after) {_HOUR}(?: o'clock)?"
        rf"{_HALF_DAY}?{_DAY}(?!\w)",
        _relative_time, line,
    )  # fmt: skip
    line = re.sub(
        rf"\b(\d{{1,2}})[:.h](\d{{2}})(?::(\d{{2}}))?(?: (?:hours|hrs|o'clock|h))?{_HALF_DAY}?{_DAY}(?!\w)",
        lambda m: _time(int(m[1]), int(m[2]), int(m[3] or 0), m[4] or m[5], m[6]) or m[0], line,
    )  # fmt: skip
    line = re.sub(
        rf"\b(\d{{2}})(\d{{2}}) (?:hours|hrs|h)\b{_DAY}",
        lambda m: _time(int(m[1]), int(m[2]), 0, None, m[3]) or m[0], line,
    )  # fmt: skip
    line = re.sub(
        rf"\b{_HOUR}(?:{_HALF_DAY}| o'clock){_DAY}(?!\w)",
        lambda m: _time(_hour(m[1]), 0, 0, m[2] or m[3], m[4]) or m[0], line,
    )  # fmt: skip
    return line


def _relative_time(found: re.Match[str]) -> str:
    word, spelled, side, hour_word = found[1], found[2], found[3], found[4]
    if side == "after" and spelled is None:
        return found[0]
    minutes = 30 if word == "half" else 15 if word.endswith("quarter") else _hour(spelled)
    hour = _hour(hour_word) - (side == "to")
    if spelled and side == "to" and "minute" not in word:
        return found[0]
    text = _time(hour, 60 - minutes if side == "to" else minutes, 0, found[5] or found[6], found[7])
    return text or found[0]


def _time(hour: int, minute: int, second: int, half: str | None, day: str | None) -> str:
    if hour > 24 or minute > 59 or second > 59:
        return ""
    if half and hour <= 12:
        is_late = half.startswith("p") or half in ("afternoon", "evening")
        hour = hour % 12 + 12 * is_late
    return f" .time={hour * 3600 + minute * 60 + second}@{int(day or 0)} "


def _hour(word: str) -> int:
    return CARDINALS[word] if word in CARDINALS else int(word)


def is_furniture(name: str) -> bool:
    """Whether a name is one of furniture: by its last word, or as a whole."""
    joined = "_".join(name.split())
    last = joined.split("_")[-1]
    if joined in THINGS or singular(joined) in THINGS:
        return False
    if joined in FURNITURE or singular(joined) in FURNITURE:
        return True
    return last in FURNITURE or singular(last) in FURNITURE
