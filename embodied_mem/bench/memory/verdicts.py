"""Questions whose answers are known in truth, asked of the recall of a memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ...core import Recall, Verdict
from ...envs.house.catalog import DECOR_CATEGORIES, FURNITURE_CATEGORIES, OBJECT_CATEGORIES
from ...perception.text import are_synonyms, words_of
from ...recall.memory_recall import MemoryRecall
from .changes import GONE, LEFT_M, expected_belief
from .matching import Matching, thing_distance_m
from .truth import OBJECT, PERSON, EpisodeTruth

AT_PLACE_M = 0.5
UNKNOWN, ABSENT, OPEN = "unknown", "absent", "open"
_ALL_LABELS = tuple(sorted({*OBJECT_CATEGORIES, *FURNITURE_CATEGORIES, *DECOR_CATEGORIES}))


@dataclass(frozen=True)
class VerdictRow:
    """One question, what memory said, and whether that verdict holds.

    `expected` is 'unknown' for things that were never visible, 'absent' for things that left their place
    and whose place was looked at after that, 'open' for all others: there the verdict is right if what
    it says is true. Known: a thing of the name truly is within 0.5 m of the best answer. Stale: none is.
    Absent: all things of the name that were visible have left their places. Unknown: no thing of the
    name was visible in two frames. Ambiguous ('the mug'): several things of the name were.
    """

    seed: int
    noise: str
    question: str
    expected: str
    verdict: str
    is_right: bool
    probability: float | None
    raw: float | None
    """Before calibration."""
    features: dict[str, float]


def ask_all(truth: EpisodeTruth, matching: Matching, recall: MemoryRecall) -> list[VerdictRow]:
    """Every question that the episode gives rise to, in a fixed order."""
    return [
        _row(truth, question, expected, things, recall)
        for question, expected, things in questions_of(truth, matching)
    ]


def questions_of(
    truth: EpisodeTruth, matching: Matching
) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """(question, expected, the detected things that are meant).

    Names of the catalogue; 'the' before names of objects that were visible; ids of matched objects. Names
    of things that were visible in a single frame are not asked, nor synonyms of visible ones: who asks for
    a cup where only a mug was seen is right to be shown the mug.
    """
    visible = {
        thing.label for n, thing in enumerate(truth.things)
        if thing.kind != PERSON and len(truth.seen_frames(n))
    }  # fmt: skip
    by_label: dict[str, list[int]] = {}
    for number in sorted(matching.detected):
        by_label.setdefault(truth.things[number].label, []).append(number)
    beliefs = {
        n: expected_belief(truth, n).kind
        for n in sorted(matching.detected) if truth.things[n].kind == OBJECT
    }  # fmt: skip
    for label in _ALL_LABELS:
        words, things = label.replace("_", " "), tuple(by_label.get(label, ()))
        if label not in visible:
            if not any(_may_mean(label, other) for other in visible):
                yield words, UNKNOWN, ()
        elif things:
            are_gone = all(beliefs.get(n) == GONE for n in things)
            yield words, ABSENT if are_gone else OPEN, things
            if truth.things[things[0]].kind == OBJECT and not are_gone:
                yield f"the {words}", OPEN, things
    for entity_id, number in matching.thing_by_id().items():
        if number in beliefs:
            yield entity_id, ABSENT if beliefs[number] == GONE else OPEN, (number,)


def _may_mean(first: str, second: str) -> bool:
    """Whether one of the two may be meant by the other: a synonym, or the last word of its name."""
    one, two = ("_".join(words_of(name)) for name in (first, second))
    return one.endswith(f"_{two}") or two.endswith(f"_{one}") or are_synonyms(first, second)


def _row(
    truth: EpisodeTruth,
    question: str,
    expected: str,
    things: tuple[int, ...],
    recall: MemoryRecall,
) -> VerdictRow:
    answer, judgement = recall.where(question), recall.judge(question)
    return VerdictRow(
        truth.seed,
        truth.noise,
        question,
        expected,
        answer.verdict.value,
        is_right(truth, answer, expected, things, is_definite=question.startswith("the ")),
        answer.probability,
        round(judgement.raw, 4),
        {name: round(float(value), 4) for name, value in asdict(judgement.features).items()},
    )


def is_right(
    truth: EpisodeTruth,
    answer: Recall,
    expected: str,
    things: Sequence[int],
    *,
    is_definite: bool,
) -> bool:
    """See `VerdictRow`."""
    if expected != OPEN:
        return answer.verdict.value == expected
    if answer.verdict is Verdict.UNKNOWN:
        return False
    if answer.verdict is Verdict.ABSENT:
        return all(_has_left(truth, n) for n in things)
    if answer.verdict is Verdict.AMBIGUOUS:
        return is_definite and len(things) > 1
    position = answer.items[0].position_in_world if answer.items else None
    last = truth.frame_count - 1
    is_there = position is not None and any(
        thing_distance_m(truth, n, last, position) <= AT_PLACE_M for n in things
    )
    if answer.verdict is Verdict.KNOWN:
        return is_there and not (is_definite and len(things) > 1)
    return not is_there


def equal_mass_calibration_error(
    probability: Sequence[float] | NDArray[np.float64],
    is_right: Sequence[bool] | NDArray[np.bool_],
    *,
    bin_count: int = 10,
) -> float:
    """Mean gap between stated probability and share of right answers over bins of equally many answers
    (Nguyen and O'Connor, 2015), weighted by their size; NaN for no answers."""
    stated, outcome = np.asarray(probability, np.float64), np.asarray(is_right, np.float64)
    if not len(stated):
        return float("nan")
    order = np.argsort(stated, kind="stable")
    bins = np.array_split(order, min(bin_count, len(order)))
    gaps = [len(b) * abs(float((stated[b] - outcome[b]).mean())) for b in bins]
    return sum(gaps) / len(stated)


def recall_of(rows: Iterable[VerdictRow], expected: str) -> tuple[int, int]:
    """(right, asked) among the questions of one expectation."""
    own = [row for row in rows if row.expected == expected]
    return sum(row.is_right for row in own), len(own)


def _has_left(truth: EpisodeTruth, thing: int) -> bool:
    """Whether it is no longer where it was in the last frame that shows it."""
    seen = int(truth.seen_frames(thing)[-1])
    gap = truth.center_at(thing, seen) - truth.center_at(thing, truth.frame_count - 1)
    return bool(np.linalg.norm(gap) > LEFT_M)
