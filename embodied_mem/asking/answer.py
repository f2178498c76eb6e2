"""From a sentence to an answer: read it, ask recall, say what its verdict allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..errors import InputError
from ..memory import EmbodiedMemory
from ..recall.adapters import sources_of
from ..recall.memory_recall import MemoryRecall
from ..recall.sources import Sources
from . import happenings, rooms, things
from .clock import MemoryClock
from .question import Kind, Moment, Question, text_of
from .reader import read_question
from .scene import Answer, Scene

_ANSWERS: Mapping[Kind, Callable[[Scene, Question], Answer]] = {
    Kind.WHERE: things.where,
    Kind.ORIGIN: happenings.origin,
    Kind.TARGET: happenings.target,
    Kind.CONTENTS: things.contents,
    Kind.COUNT: things.count,
    Kind.EXISTS: things.exists,
    Kind.WHEN_SEEN: things.when_seen,
    Kind.WHEN: happenings.when,
    Kind.COUNT_EVENTS: happenings.count_events,
    Kind.WHICH: happenings.which,
    Kind.WHO: happenings.who,
    Kind.DID: happenings.did,
    Kind.HAPPENED: happenings.happened,
    Kind.CHANGES: happenings.changes,
    Kind.ROOMS: rooms.rooms,
    Kind.STAY: rooms.stay,
    Kind.PEOPLE: rooms.people,
    Kind.HELD: things.held,
    Kind.MEANING: things.meaning,
    Kind.OWNER: things.owner,
}


def ask_memory(
    memory: EmbodiedMemory, text: str, *, as_of: Moment | None = None, speaker: str = ""
) -> Answer:
    """Answer a question in English from a memory.

    Args:
        as_of: answer from what was known then, exactly as a replay up to it.
        speaker: who asks, for 'I' and 'my'.

    Raises:
        UnreadableError: no form of sentence fits.
        InputError: a question that names nothing, or a time that the memory cannot tell.
    """
    question = read_question(text, speaker=speaker)
    clock, recall = MemoryClock.of(memory), memory.recall
    if as_of is not None:
        stamp_ns = clock.stamp_of(as_of)
        if stamp_ns < clock.first_ns:
            raise InputError(
                f"the memory begins {clock.text(clock.first_ns)}; ask as of a later time"
            )
        clock = replace(clock, last_ns=min(stamp_ns, clock.last_ns))
        recall = memory.as_of(stamp_ns)
    return answer_question(question, recall, clock=clock, speaker=speaker)


def answer_question(
    question: Question,
    recall: MemoryRecall,
    *,
    clock: MemoryClock,
    sources: Sources | None = None,
    speaker: str = "",
) -> Answer:
    """Run a question that was read already. `sources` are those of `recall`, if not of its views."""
    scene = Scene(recall, sources or sources_of(recall.views), clock, speaker=speaker)
    answer = _ANSWERS[question.kind](scene, question)
    reading = text_of(question)
    if question.is_guess:
        answer = replace(answer, text=f"(I read this as: {reading}) {answer.text}")
    return replace(answer, reading=reading)
