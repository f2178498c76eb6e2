"""Reads English questions: words -> symbols -> a `Question`, by the table of `grammar.py`."""

from __future__ import annotations

import re

from ..errors import InputError
from .grammar import FORMS, GUESSES, MACROS
from .parts import Builder, Parts, bare
from .question import Anchor, Happening, Question
from .times import take_span
from .words import MAX_CHARACTERS, plain_sentence, with_symbols

EXAMPLES = (
    "where did I last see the red mug?",
    "where was the mug at 8:30?",
    "what is on the kitchen table?",
    "what did you pick up third?",
    "where did you put the apple?",
    "how many cups are there in the kitchen?",
    "who moved the vase?",
    "is there a microwave?",
    "which rooms have you not visited?",
    "what changed since 9:00?",
    "what happened at 10:15?",
    "what is my favourite cup?",
)


class UnreadableError(InputError):
    """A sentence that no form fits; says what can be asked."""

    def __init__(self, text: str) -> None:
        examples = "\n  ".join(EXAMPLES)
        super().__init__(
            f"I cannot read this question: '{text[:200]}'. I read such as\n  {examples}"
        )


_BEYOND = re.compile(
    r"\b(?:why|will|would|should|tomorrow|next|because|cost|weigh|mean|how (?!many|often|long|much))\b"
)
_ANCHOR = re.compile(
    r" (?P<relation>before|after|when|while|since) (?:(?P<who>YOU|I|(?!the\b|a\b|an\b|my\b|it\b)[a-z]+) )?"
    r"(?P<act>PICK|PLACE|MOVE|TURNON|TURNOFF|OPEN|CLOSE|ENTER)"
    r"(?: (?P<thing>[a-z0-9' -]+?))?(?: (?P<nth>first|last))?$"
)
_PASSIVE_ANCHOR = re.compile(
    r" (?P<relation>before|after|when|since) (?P<thing>[a-z0-9' -]+?) (?:is|was|were|BE)(?: being)? "
    r"(?P<act>PICK|PLACE|MOVE|TURNON|TURNOFF|OPEN|CLOSE)(?: by (?P<who>YOU|I|[a-z]+))?$"
)
_THING_ANCHOR = re.compile(r" (?P<relation>before|after) (?P<thing>(?:the |a |an |my )?[a-z' -]+)$")


def read_question(text: str, *, speaker: str = "") -> Question:
    """What a sentence asks.

    Args:
        speaker: who asks: 'I moved it' then means them; without, it means the robot.

    Raises:
        UnreadableError: no form of sentence fits it.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError(text)
    plain, span = take_span(plain_sentence(text))
    words = with_symbols(plain)
    words, anchor = _take_anchor(words, speaker)
    question = _fitting(words, _FORMS_COMPILED, speaker)
    if question is None and not _BEYOND.search(words):
        question = _fitting(words, _GUESSES_COMPILED, speaker)
        if question is not None:
            question = question.with_parts(is_guess=True)
    if question is None:
        raise UnreadableError(text)
    return question.with_parts(span=span, anchor=_completed(anchor, question))


def _fitting(
    words: str, forms: list[tuple[re.Pattern[str], Builder]], speaker: str
) -> Question | None:
    for pattern, build in forms:
        found = pattern.fullmatch(words)
        if found:
            groups = {name: value for name, value in found.groupdict().items() if value}
            if "nth_2" in groups:
                groups["nth"] = groups["nth_2"]
            return build(Parts(groups, speaker))
    return None


def _take_anchor(words: str, speaker: str) -> tuple[str, Anchor | None]:
    """A sentence without its 'before you picked up the mug', and that."""
    for pattern in (_ANCHOR, _PASSIVE_ANCHOR, _THING_ANCHOR):
        found = pattern.search(words)
        if not found:
            continue
        groups = {name: value for name, value in found.groupdict().items() if value}
        parts = Parts(groups, speaker)
        relation = {"when": "at", "while": "at", "since": "after"}.get(groups["relation"])
        happening = parts.happening
        if parts.get("act") == "ENTER":
            happening = Happening("enter_room", parts.actor, bare(parts.get("thing")))
        happening = Happening(happening.action, happening.actor, happening.thing, parts.ordinal)
        return words[: found.start()], Anchor(relation or groups["relation"], happening)
    return words, None


def _completed(anchor: Anchor | None, question: Question) -> Anchor | None:
    """'before I moved it' is about the thing of the question; 'before the mug' about its action."""
    if anchor is None:
        return None
    happening = anchor.happening
    thing = question.thing if happening.thing in ("", "it", "them", "that") else happening.thing
    asked = question.happening
    action = happening.action or (asked.action if asked else "")
    actor = happening.actor or (asked.actor if asked and not happening.action else "")
    return Anchor(anchor.relation, Happening(action, actor, thing, happening.ordinal))


def _compiled(
    table: tuple[tuple[Builder, tuple[str, ...]], ...],
) -> list[tuple[re.Pattern[str], Builder]]:
    """Every form as a pattern, in the order of the table."""
    names = re.compile(rf"\b({'|'.join(MACROS)})\b")
    return [
        (re.compile(_once_named(names.sub(lambda found: MACROS[found[1]], form))), build)
        for build, forms in table
        for form in forms
    ]


def _once_named(pattern: str) -> str:
    """A group name that stands in two alternatives is given to the first; the next get a tail."""
    seen: set[str] = set()

    def named(found: re.Match[str]) -> str:
        name = found[1]
        while name in seen:
            name += "_"
        seen.add(name)
        return f"(?P<{name}>"

    return re.sub(r"\(\?P<(\w+)>", named, pattern)


_FORMS_COMPILED, _GUESSES_COMPILED = _compiled(FORMS), _compiled(GUESSES)
