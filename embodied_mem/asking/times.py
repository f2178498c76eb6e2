"""Times in English: '8:30', 'half past eight', 'since 9 am', '10 minutes ago', 'at 12.5 s'."""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import InputError
from ..number_words import CARDINALS
from .question import Clock, Moment, Span

NUMBERS = {
    **{word: number for number, word in enumerate(CARDINALS)},
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
}
_NUMBER = rf"(?:\d+(?:\.\d+)?|an?|{'|'.join(NUMBERS)})"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_UNIT = r"(?:s|sec|secs|seconds?|min|mins|minutes?|h|hours?|days?)"
_LENGTH = rf"{_NUMBER} ?{_UNIT}(?: and {_NUMBER} ?{_UNIT})?"
_HALF = r"(?:am|pm|in the morning|in the afternoon|in the evening)"
_CLOCK = (
    rf"(?:noon|midnight|(?:half|quarter) past {_NUMBER}|quarter to {_NUMBER}"
    rf"|\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?: ?{_HALF})?|{_NUMBER} ?(?:o'clock(?: {_HALF})?|{_HALF}))"
)
_DAY = r"(?: (?:today|yesterday|this morning|this afternoon|this evening))?"
_MOMENT = (
    rf"(?:{_LENGTH} ago|{_LENGTH} after the start|{_LENGTH}|{_CLOCK}{_DAY}"
    rf"|\d{{1,2}}(?![\w:.]))"
)
_PARTS_OF_DAY = {"morning": (5, 12), "afternoon": (12, 18), "evening": (18, 23), "night": (0, 5)}
_DAY_S = 86400.0

_BETWEEN = re.compile(rf"\b(?:between|from) ({_MOMENT}) (?:and|to|till|until) ({_MOMENT})(?!\w)")
_LAST = re.compile(rf"\b(?:in|during|within|over) the (?:last|past) ({_LENGTH})(?!\w)")
_SINCE = re.compile(rf"\b(?:ever )?(?:since|after|from) ({_MOMENT})(?: on)?(?!\w)")
_UNTIL = re.compile(rf"\b(?:before|until|till|up to|by) ({_MOMENT})(?!\w)")
_AT = re.compile(rf"\b(?:at|around|about|as of) (?:about )?({_MOMENT})(?!\w)")
_BARE = re.compile(rf"({_LENGTH} ago|\d{{1,2}}:\d{{2}}(?: ?{_HALF})?)(?!\w)")
_PART = re.compile(r"\b(this|yesterday|in the|last) (morning|afternoon|evening|night)\b")
_WHOLE_DAY = re.compile(r"\b(today|yesterday)\b")


def take_span(text: str) -> tuple[str, Span | None]:
    """A sentence without its time, and that time; None if it tells none."""
    found = _BETWEEN.search(text)
    if found:
        return _cut(text, found), Span(read_moment(found[1]), read_moment(found[2]))
    found = _LAST.search(text)
    if found:
        return _cut(text, found), Span(Moment(Clock.AGO, _length_s(found[1])), None)
    for pattern, has_start, has_end in (
        (_SINCE, True, False), (_UNTIL, False, True), (_AT, True, True), (_BARE, True, True),
    ):  # fmt: skip
        found = pattern.search(text)
        if found:
            moment, text = read_moment(found[1]), _cut(text, found)
            whole = _WHOLE_DAY.search(text)
            if whole and moment.clock is Clock.DAY:
                day = -1 if whole[1] == "yesterday" else 0
                moment, text = replace(moment, day=day), _cut(text, whole)
            return text, Span(moment if has_start else None, moment if has_end else None)
    found = _PART.search(text)
    if found:
        low, high = (3600.0 * hour for hour in _PARTS_OF_DAY[found[2]])
        day = -1 if found[1] in ("yesterday", "last") and found[2] != "night" else 0
        span = Span(Moment(Clock.DAY, low, day), Moment(Clock.DAY, high, day))
        return _cut(text, found), span
    found = _WHOLE_DAY.search(text)
    if found:
        day = -1 if found[1] == "yesterday" else 0
        return _cut(text, found), Span(Moment(Clock.DAY, 0.0, day), Moment(Clock.DAY, _DAY_S, day))
    return text, None


def read_moment(text: str) -> Moment:
    """'8:30 pm' -> 73800 s of the day; '10 minutes ago'; '12.5 s' after the start.

    Raises:
        InputError: not a time.
    """
    words = " ".join(text.lower().split())
    length = re.fullmatch(rf"({_LENGTH})( ago| after the start)?", words)
    if length:
        is_ago = length[2] == " ago"
        return Moment(Clock.AGO if is_ago else Clock.START, _length_s(length[1]))
    day: int | None = None
    for word, number in (("yesterday", -1), ("today", 0)):
        if words.endswith(f" {word}"):
            words, day = words.removesuffix(f" {word}"), number
    words = re.sub(r"\bthis (morning|afternoon|evening)$", r"in the \1", words)
    seconds = _clock_s(words)
    if seconds is None or not 0 <= seconds <= _DAY_S:
        raise InputError(f"a time is written 8:30, 8 pm, 12.5 s or 10 minutes ago, got '{text}'")
    return Moment(Clock.DAY, seconds, day)


def _clock_s(words: str) -> float | None:
    """Seconds since midnight; None for what is no time of day."""
    fixed = {"noon": 12.0, "midnight": 0.0}
    if words in fixed:
        return fixed[words] * 3600
    found = re.fullmatch(rf"(half|quarter) (past|to) ({_NUMBER})", words)
    if found:
        minutes = 30 if found[1] == "half" else 15
        sign = 1 if found[2] == "past" else -1
        return _number(found[3]) * 3600 + sign * minutes * 60
    found = re.fullmatch(
        rf"(?:(\d{{1,2}}):(\d{{2}})(?::(\d{{2}}))?|({_NUMBER}))(?: ?o'clock)?(?: ?({_HALF}))?",
        words,
    )
    if not found:
        return None
    hour = _number(found[4]) if found[4] else float(found[1])
    minute, second = int(found[2] or 0), int(found[3] or 0)
    if hour > 24 or minute > 59 or second > 59 or hour != int(hour):
        return None
    if found[5]:
        is_late = found[5] in ("pm", "in the afternoon", "in the evening")
        hour = hour % 12 + 12 * is_late if hour <= 12 else hour
    return hour * 3600 + minute * 60 + second


def _length_s(text: str) -> float:
    """'1 hour and 5 minutes' -> 3900."""
    parts = re.findall(rf"({_NUMBER}) ?({_UNIT})(?!\w)", text)
    return sum(_number(number) * _UNITS[unit[0]] for number, unit in parts)


def _number(word: str) -> float:
    if word in ("a", "an"):
        return 1.0
    return float(NUMBERS[word]) if word in NUMBERS else float(word)


def _cut(text: str, found: re.Match[str]) -> str:
    return " ".join(f"{text[: found.start()]} {text[found.end() :]}".split())
