"""Reads what people say about themselves and their things; a small grammar, no model.

A sentence is cleaned (fillers, contractions, hedges), then offered to one rule after the other. What no
rule understands yields nothing: the utterance stays in the journal as it was said. Questions, requests
for one errand ("please bring ...") and stories about the past are not statements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .phrases import ThingPhrase, read_phrase

FAVOURITE, KEPT_AT, BELONGS_TO, CALLED = "favourite", "kept_at", "belongs_to", "called"
LIKES, ROUTINE, WANTS = "likes", "routine", "wants"
OWN_CONFIDENCE = 0.9
"""Of what somebody says about themselves."""
HEARSAY_CONFIDENCE = 0.7
"""Of what somebody says about another person."""
_HEDGE_FACTOR = 0.6


@dataclass(frozen=True)
class Statement:
    """One proposed fact in the speaker's words, not yet tied to things in the world.

    Relations: `favourite` (person -> thing), `kept_at` (thing -> place in words), `belongs_to`
    (thing -> person), `called` (thing, or person without `thing`, -> name), `likes` (person -> thing or
    words), `routine` (person -> "when: what"), `wants` (person -> what to do always, or never if
    negated).
    """

    relation: str
    speaker: str
    text: str
    """The sentence it was read from."""
    person: str = ""
    thing: ThingPhrase | None = None
    value: str = ""
    is_negated: bool = False
    confidence: float = OWN_CONFIDENCE
    clock_s: float | None = None
    """Of a routine: seconds since midnight, if a time of day was said."""


def read_statements(text: str, speaker: str) -> tuple[Statement, ...]:
    """What an utterance states, in its order; empty if nothing is understood."""
    found: list[Statement] = []
    last_thing: ThingPhrase | None = None
    for sentence in _sentences(text):
        for statement in _read_sentence(sentence, speaker):
            thing = statement.thing
            if thing is not None and thing.determiner == "it" and last_thing is not None:
                statement = replace(statement, thing=last_thing)
            found.append(statement)
            last_thing = statement.thing or last_thing
        last_thing = last_thing or _mentioned_thing(sentence, speaker)
    return tuple(found)


def clock_in(text: str) -> float | None:
    """'at about 08:00', 'at 8 pm', 'at seven o'clock' -> seconds since midnight."""
    match = _TIME.search(text)
    if match is None:
        return next((s for word, s in _DAY_PARTS.items() if word in text.lower()), None)
    if match["word"]:
        return _TIME_WORDS[match["word"].lower()]
    hour = _NUMBER_WORDS.get(match["hour"].lower()) or int(match["hour"])
    suffix = (match["suffix"] or "").lower().replace(".", "")
    if suffix == "pm" and hour < 12:
        hour += 12
    if suffix == "am" and hour == 12:
        hour = 0
    if hour > 24:
        return None
    return float(hour % 24 * 3600 + int(match["minute"] or 0) * 60)


_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        (
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve",
        ),
        start=1,
    )
}  # fmt: skip
_TIME_WORDS = {"noon": 12 * 3600.0, "midday": 12 * 3600.0, "midnight": 0.0}
_DAY_PARTS = {
    "morning": 8 * 3600.0, "breakfast": 8 * 3600.0, "lunch": 12.5 * 3600.0,
    "afternoon": 15 * 3600.0, "evening": 19 * 3600.0, "dinner": 19 * 3600.0, "night": 22 * 3600.0,
}  # fmt: skip
_TIME = re.compile(
    r"\bat (?:about |around )?(?:(?P<word>noon|midday|midnight)|"
    rf"(?P<hour>\d{{1,2}}|{'|'.join(_NUMBER_WORDS)})(?::(?P<minute>[0-5]\d))?"
    r"(?: ?(?P<suffix>am|pm|a\.m\.?|p\.m\.?|o'clock))?)\b",
    re.I,
)
_CONTRACTIONS = tuple(
    (re.compile(rf"\b{short}\b" if short[0] != " " else short, re.I), long)
    for short, long in (
        ("isn't", "is not"), ("aren't", "are not"), ("don't", "do not"),
        ("doesn't", "does not"), ("can't", "cannot"), ("can not", "cannot"), ("it's", "it is"),
        ("that's", "that is"), ("mustn't", "must not"), ("shouldn't", "should not"),
        (" any ?more$", ""),
        ("favorite", "favourite"), ("no more", "no longer"), ("loves", "likes"), ("i'd", "i would"),
        ("where's", "where is"),
    )
)  # fmt: skip
_FILLER = re.compile(
    r"(?:oh|well|hey|hi|hello|ok|okay|so|yes|no|robot|look|listen|actually|and|but|by the way|you know|"
    r"just so you know|for your information|(?:please )?(?:remember|note|keep in mind)(?: that)?)"
    r"(?:,\s*|\s+)",
    re.I,
)
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|i (?:think|guess|believe)(?: that)?),? ", re.I
)
_NO_STATEMENT = re.compile(r"(?:if|when|what|where|who|why|how|which|can you|could you)\b", re.I)
_PAST = re.compile(r"\b(?:used to|was|were|yesterday|had|last (?:week|night|year))\b", re.I)
_SPLIT = re.compile(r"(?<=[.!?;])\s+|,? and (?=(?:I|my|this|that|it|please|he|she|we)\b)")
_WHO = r"(?P<who>(?:my |the )?[\w-]+)"
_OWNER = r"(?P<owner>my|our|(?:my )?[\w-]+'s?)"
_NOT = r"(?P<neg> not| no longer| never)?"
_ADVERB = (
    r"(?:always|usually|normally|generally|typically|mostly|often|sometimes|really|also|still|now)"
)
_PLACE = (
    r"(?P<prep>on top of|next to|in front of|on|in|at|inside|under|underneath|by|behind|beside|near|"
    r"into|onto|above|over) (?P<place>.+)"
)
_DAY = (
    r"(?:single )?(?:morning|afternoon|evening|night|day|weekday|weekend|noon|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
)
_CLOCK = r"(?: at (?:about |around )?[\w:]+(?: ?(?:am|pm|a\.m\.?|p\.m\.?|o'clock))?)?"
_WHEN = (
    rf"(?P<when>(?:every|each) {_DAY}{_CLOCK}|in the (?:mornings?|afternoons?|evenings?)|"
    rf"at (?:night|noon)|(?:before|after) (?:breakfast|lunch|dinner|bed)|at [\w:]+(?: ?(?:am|pm|o'clock))?"
    r"(?: every day)?)"
)
_EVERY = re.compile(r"\b(?:every|each|always|usually|normally|generally|typically|mostly)\b", re.I)
_TIME_TAIL = re.compile(
    rf",? (?:(?:every|each) {_DAY}{_CLOCK}|in the (?:morning|afternoon|evening)s?|at night|all day)$",
    re.I,
)
_NOT_PERSONS = frozenset(
    (
        "he", "she", "they", "you", "it", "this", "that", "these", "those", "there", "what", "who",
        "people", "everybody", "everyone", "somebody", "someone", "nobody", "one", "please", "never",
        "always", "do", "does", "not", "the", "a", "an", "every", "each", "things", "let", "to",
    )
)  # fmt: skip
_KIN = frozenset(
    (
        "mum", "mom", "mother", "dad", "father", "grandma", "grandmother", "granny", "grandpa",
        "grandfather", "brother", "sister", "son", "daughter", "wife", "husband", "aunt", "uncle",
        "baby", "friend", "cousin", "neighbour", "neighbor", "guest",
    )
)  # fmt: skip


def _sentences(text: str) -> Iterator[str]:
    """Cleaned sentences that may state something."""
    for part in _SPLIT.split(" ".join(text.replace("’", "'").split())):
        sentence = part.strip()
        if not sentence or sentence.endswith("?"):
            continue
        sentence = sentence.rstrip(".!;, ")
        for pattern, long in _CONTRACTIONS:
            sentence = pattern.sub(long, sentence)
        while filler := _FILLER.match(sentence):
            sentence = sentence[filler.end() :]
        yield sentence


def _read_sentence(sentence: str, speaker: str) -> tuple[Statement, ...]:
    plain = _HEDGE.sub("", f"{sentence} ").strip()
    if _NO_STATEMENT.match(plain) or _PAST.search(plain):
        return ()
    for rule in _RULES:
        statements = rule(plain, speaker)
        if statements:
            factor = _HEDGE_FACTOR if plain != sentence else 1.0
            return tuple(
                replace(s, text=sentence, confidence=round(s.confidence * factor, 4))
                for s in statements
            )
    return ()


def _mentioned_thing(sentence: str, speaker: str) -> ThingPhrase | None:
    """The first 'this ...' of a sentence that states nothing: what a later 'it' means."""
    match = re.search(r"\b(?:this|that) (?:[\w-]+ ?){1,3}$", sentence, re.I)
    return read_phrase(match[0], speaker) if match else None


def _person(words: str, speaker: str) -> str:
    """The name that a subject or possessor stands for, '' if it is no person."""
    word = re.sub(r"'s?$", "", words.strip())
    word = re.sub(r"^(?:my|the) (?=\w)", "", word, flags=re.I)
    if word.lower() in ("i", "me", "my", "mine", "we", "us", "our", "ours"):
        return speaker
    if word.lower() in _NOT_PERSONS or not word.replace("-", "").isalpha():
        return ""
    if word.lower() in _KIN:
        return word.lower()
    return word if word[0].isupper() else ""


def _confidence(person: str, speaker: str) -> float:
    return OWN_CONFIDENCE if person == speaker else HEARSAY_CONFIDENCE


def _strip_adverbs(words: str) -> str:
    return re.sub(rf"^(?:{_ADVERB} )+", "", words.strip(), flags=re.I)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


_MY_FAVOURITE_IS = _compile(
    rf"{_OWNER} (?:\w+ )?favourite(?: (?P<kind>.+?))? (?:is|are)(?: {_ADVERB})?{_NOT} (?P<thing>.+)"
)
_IS_MY_FAVOURITE = _compile(
    rf"(?P<thing>.+?) (?:is|are)(?: {_ADVERB})?{_NOT} {_OWNER} (?:\w+ )?favourite(?: (?P<kind>.+))?"
)
_LIKE_BEST = _compile(
    rf"{_WHO} (?:{_ADVERB} )?likes? (?P<thing>.+?) (?:the )?(?:best|most)(?: of all)?"
)


def _favourite(sentence: str, speaker: str) -> list[Statement]:
    for pattern in (_MY_FAVOURITE_IS, _IS_MY_FAVOURITE, _LIKE_BEST):
        match = pattern.fullmatch(sentence)
        if match is None:
            continue
        parts = match.groupdict()
        person = _person(parts.get("owner") or parts.get("who") or "", speaker)
        thing = read_phrase(match["thing"], speaker)
        kind = (parts.get("kind") or "").strip()
        if kind.lower() in ("one", "ones"):
            kind = ""
        if kind and not thing.noun:
            thing = replace(thing, words=f"{thing.words} {kind}".strip())
        if person:
            is_negated = bool(parts.get("neg"))
            confidence = _confidence(person, speaker)
            return [
                Statement(
                    FAVOURITE, speaker, sentence, person, thing,
                    value=kind, is_negated=is_negated, confidence=confidence,
                )
            ]  # fmt: skip
    return []


_KEEP = _compile(
    rf"{_WHO}(?P<adverb>(?: {_ADVERB})*)(?P<neg> do not| does not| never| no longer)?"
    rf"(?: {_ADVERB})* (?P<verb>keep|store|put|leave|have|place)s? (?P<thing>.+?) {_PLACE}"
)
_HAS_PLACE = _compile(
    rf"(?P<thing>.+?)(?P<adverb>(?: {_ADVERB})*)(?P<neg> does not| do not| never| no longer)?"
    rf" (?:{_ADVERB} )?(?:belong|go|live|stay)(?:s|es)? {_PLACE}"
)
_IS_KEPT = _compile(
    rf"(?P<thing>.+?) (?:is|are){_NOT}(?P<adverb>(?: {_ADVERB})*) (?P<kept>kept |stored )?{_PLACE}"
)
_PLACE_IS = _compile(
    rf"(?:the (?:usual |right )?place (?:of|for) (?P<of>.+?)|(?P<thing>.+?)'s (?:usual |right )?place)"
    rf" is{_NOT} {_PLACE}"
)


def _kept_at(sentence: str, speaker: str) -> list[Statement]:
    match = _KEEP.fullmatch(sentence)
    if match is not None and _person(match["who"], speaker):
        is_habit = bool(_EVERY.search(sentence) or match["neg"])
        if match["verb"].lower() in ("put", "leave", "have", "place") and not is_habit:
            return []  # what happened once
        return _kept(match, match["thing"], speaker, person=_person(match["who"], speaker))
    for pattern in (_PLACE_IS, _HAS_PLACE, _IS_KEPT):
        match = pattern.fullmatch(sentence)
        if match is None:
            continue
        parts = match.groupdict()
        thing = parts.get("of") or match["thing"]
        is_about_person = (
            not re.search(r"\bbelongs?\b", sentence, re.I) and pattern is not _PLACE_IS
        )
        if _person(thing, speaker) and (is_about_person or thing.lower() in ("i", "we")):
            return []  # where somebody lives or stays
        if pattern is _IS_KEPT and not match["kept"] and not _EVERY.search(sentence):
            return []  # where it is now
        return _kept(match, thing, speaker, person=speaker)
    return []


def _kept(match: re.Match[str], thing: str, speaker: str, *, person: str) -> list[Statement]:
    place = _TIME_TAIL.sub("", match["place"]).strip()
    place = re.sub(r"^(?:the|a|an) ", "", place, flags=re.I)
    if not place or clock_in(f"at {place}") is not None:
        return []
    is_rare = bool(re.search(r"\b(?:sometimes|often)\b", match.string, re.I))
    confidence = _confidence(person, speaker) * (0.7 if is_rare else 1.0)
    return [
        Statement(
            KEPT_AT, speaker, match.string, person, read_phrase(thing, speaker),
            value=place, is_negated=bool(match["neg"]), confidence=confidence,
        )
    ]  # fmt: skip


_BELONGS = _compile(
    r"(?P<thing>.+?) (?:(?P<neg>does not |do not |no longer )?belongs? to|is(?P<neg2> not)? owned by)"
    r" (?P<who>(?:my )?[\w-]+)"
)
_IS_MINE = _compile(rf"(?P<thing>.+?) (?:is|are){_NOT} (?P<who>mine|ours|(?:my )?[\w-]+'s?)")
_IS_MY = _compile(
    rf"(?P<thing>(?:this|that|these|those|it|the)\b.*?) (?:is|are){_NOT} {_OWNER} (?P<noun>.+)"
)
_OWN = _compile(rf"{_WHO}(?P<neg> do not| does not)? owns? (?P<thing>.+)")


def _belongs_to(sentence: str, speaker: str) -> list[Statement]:
    for pattern in (_BELONGS, _OWN, _IS_MINE, _IS_MY):
        match = pattern.fullmatch(sentence)
        if match is None:
            continue
        parts = match.groupdict()
        person = _person(parts.get("who") or parts.get("owner") or "", speaker)
        thing = read_phrase(match["thing"], speaker)
        noun = parts.get("noun") or ""
        if not person or noun.lower().split()[:1] == ["favourite"]:
            continue
        if noun and (noun.split()[0].lower() in _KIN or (not thing.is_definite and thing.words)):
            continue
        if noun and not thing.noun:
            thing = replace(thing, words=f"{thing.words} {noun}".strip())
        is_negated = bool(parts.get("neg") or parts.get("neg2"))
        confidence = _confidence(person, speaker)
        owned = Statement(
            BELONGS_TO, speaker, sentence, person, thing, is_negated=is_negated,
            confidence=confidence,
        )  # fmt: skip
        return [owned]
    return []


_NAME = r"(?P<name>['\"].+?['\"]|(?-i:(?:the )?[A-Z][\w-]*(?: [A-Z][\w-]*)*)|the [\w-]+)"
_THING = r"(?P<thing>(?:this|that|it|my|our|the|these|those|[\w-]+'s)(?: [\w-]+)*?)"
_CALL = _compile(rf"(?:(?:I|we|you can|please)(?: {_ADVERB})? )*(?:call|name) {_THING} {_NAME}")
_IS_CALLED = _compile(rf"{_THING} (?:is|are) (?:called|named) {_NAME}")
_NAME_IS = _compile(rf"(?:{_THING}'s name|the name of (?P<of>.+?)) is {_NAME}")
_CALL_ME = _compile(rf"(?:(?:please )?call me|my name is|I am called) {_NAME}")


def _called(sentence: str, speaker: str) -> list[Statement]:
    if match := _CALL_ME.fullmatch(sentence):
        name = match["name"].strip("'\"")
        return [Statement(CALLED, speaker, sentence, speaker, value=name)]
    for pattern in (_CALL, _IS_CALLED, _NAME_IS):
        match = pattern.fullmatch(sentence)
        if match is None:
            continue
        thing = read_phrase(match.groupdict().get("of") or match["thing"], speaker)
        name = match["name"].strip("'\"")
        return [Statement(CALLED, speaker, sentence, speaker, thing, value=name)]
    return []


_LIKE = _compile(
    rf"{_WHO}(?: {_ADVERB})*(?P<neg> do not| does not| never| no longer)?(?: {_ADVERB})*"
    r" (?P<verb>like|love|enjoy|prefer|hate|dislike|cannot stand)s? (?P<thing>.+)"
)


def _likes(sentence: str, speaker: str) -> list[Statement]:
    match = _LIKE.fullmatch(sentence)
    person = _person(match["who"], speaker) if match else ""
    if match is None or not person:
        return []
    is_aversion = match["verb"].lower() in ("hate", "dislike", "cannot stand")
    is_negated = is_aversion != bool(match["neg"])
    confidence = _confidence(person, speaker)
    thing: ThingPhrase | None = read_phrase(match["thing"], speaker)
    words = re.sub(r"^(?:the|a|an|to) ", "", match["thing"], flags=re.I)
    if thing is not None and not (thing.is_deictic or thing.owner or thing.determiner == "it"):
        thing = None
    return [
        Statement(
            LIKES, speaker, sentence, person, thing, value="" if thing else words,
            is_negated=is_negated, confidence=confidence,
        )
    ]  # fmt: skip


_WHEN_FIRST = _compile(rf"{_WHEN},? {_WHO} (?P<what>.+)")
_WHEN_LAST = _compile(rf"{_WHO} (?P<what>.+?),? {_WHEN}")


def _routine(sentence: str, speaker: str) -> list[Statement]:
    for pattern in (_WHEN_FIRST, _WHEN_LAST):
        match = pattern.fullmatch(sentence)
        if match is None or not _EVERY.search(sentence):
            continue
        person = _person(match["who"], speaker)
        what = _strip_adverbs(match["what"])
        if not person or not what or re.match(r"(?:is|are|am|do not|does not)\b", what, re.I):
            continue
        when = match["when"].lower()
        confidence = _confidence(person, speaker)
        return [
            Statement(
                ROUTINE, speaker, sentence, person, value=f"{when}: {what}",
                confidence=confidence, clock_s=clock_in(when),
            )
        ]  # fmt: skip
    return []


_DO_NOT = _compile(
    r"(?:please )?(?:(?P<neg>do not|never)(?: ever)?|always|you (?:must|should)(?: always| (?P<neg2>not|"
    r"never))|I (?:do not (?P<neg3>want)|want) you to(?: always)?) (?P<what>.+?)(?:,? please)?"
)


def _wants(sentence: str, speaker: str) -> list[Statement]:
    match = _DO_NOT.fullmatch(sentence)
    if match is None or re.match(r"(?:worry|mind|know|think)\b", match["what"], re.I):
        return []
    is_negated = bool(match["neg"] or match["neg2"] or match["neg3"])
    return [
        Statement(
            WANTS, speaker, sentence, speaker, value=match["what"].strip(), is_negated=is_negated
        )
    ]


_Rule = Callable[[str, str], list[Statement]]
_RULES: tuple[_Rule, ...] = (
    _called, _wants, _routine, _favourite, _kept_at, _belongs_to, _likes,
)  # fmt: skip
