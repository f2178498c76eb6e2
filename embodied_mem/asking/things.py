"""Answers about things: where, how many, whether, what is where, when seen, whose, in whose hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..core import Recall, RecallItem, Verdict
from ..entities.entity import ROBOT, Status
from ..perception.text import singular
from ..recall.items import CountRecall, EntityItem
from ..recall.sources import FactInfo
from .question import Place, Question
from .scene import MANY, Answer, Scene, Times, answer_of, joined, unknown, with_article

_SHOWN = 5
_LIKELY = 0.5
"""A number that is less likely right than wrong is told as such."""


def where(scene: Scene, question: Question) -> Answer:
    """Where it is, was last, or was at the time asked for."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    found = _where(scene, question.thing, times)
    items = _entities(found)
    if not items and found.verdict is Verdict.UNKNOWN and _is_past(times):
        return _not_yet(scene, question.thing, times, found)
    return answer_of(
        where_text(scene, question.thing, found, is_past=_is_past(times)), found, items[:_SHOWN]
    )


def where_text(scene: Scene, thing: str, found: Recall, *, is_past: bool = False) -> str:
    """A sentence that claims as much as the verdict does."""
    items = _entities(found)
    if not items:
        return _nothing_text(thing, found)
    best, name = items[0], scene.thing_name(items[0])
    at, place = scene.clock.text(best.stamp_ns or 0), scene.where_text(best)
    if found.verdict is Verdict.AMBIGUOUS:
        sure = [item for item in items if scene.entities[item.item_id].is_confirmed]
        return f"I know {len(sure)} that fit: {_each_text(scene, sure)}. Which one do you mean?"
    if found.verdict is Verdict.ABSENT:
        return f"I do not know: {name} was {place}, seen last {at}, but I looked there since and it is gone"
    if found.verdict is Verdict.UNKNOWN:
        return f"I am not sure: perhaps I saw {name} {place} {at}, too little to count on it"
    others = [item for item in items[1:_SHOWN] if item.score >= 0.5 * best.score]
    if others and not _is_definite(thing):
        listed = _each_text(scene, [best, *others])
        hedge = " I may be out of date." if found.verdict is Verdict.STALE else ""
        return f"{len(others) + 1} that I know: {listed}.{hedge}"
    if found.verdict is Verdict.STALE:
        return f"I last saw {name} {place} {at}; it may have been moved since"
    if is_past:
        return f"{name} was {place}; I had seen it {at}"
    return f"{name} is {place}; I saw it last {at}"


def exists(scene: Scene, question: Question) -> Answer:
    """Yes, perhaps, no (looked), or never looked."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    found = _count(scene, question, times)
    items = _entities(found)
    if not items or found.count == 0 or found.verdict is Verdict.ABSENT:
        return _missing(scene, question, found, times)
    seen = _one_text(scene, items[0])
    one = scene.recall.find_all(
        f"{question.thing or 'things'}{_place_words(question.place)}", k=1, within=times.within,
        as_of_ns=times.as_of_ns, speaker=scene.speaker,
    )  # fmt: skip
    found = replace(found, probability=one.probability)  # that there is one, not how many
    if found.verdict is Verdict.STALE:
        text = f"There was: {seen}; that may have changed"
    else:
        more = f" ({found.count} in all)" if found.count > 1 else ""
        text = f"Yes: {seen}{more}"
    return answer_of(text, found, items[:_SHOWN])


def count(scene: Scene, question: Question) -> Answer:
    """How many, each with its place."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    found = _count(scene, question, times)
    items = _entities(found)
    if found.count == 0:
        return _missing(scene, question, found, times)
    noun = question.thing.removeprefix("the ") or "things"
    noun = singular(noun) if found.count == 1 else noun
    listed = _each_text(scene, items)
    rest = f"; and {found.count - _SHOWN} more" if found.count > _SHOWN else ""
    perhaps = f". Perhaps {found.possible_count} more, not sure" if found.possible_count else ""
    hedge = ". Some may have been moved since" if found.verdict is Verdict.STALE else ""
    is_shaky = found.probability is not None and found.probability < _LIKELY
    about = "I count " if not is_shaky else "I count, and may have miscounted, "
    text = (
        f"{about}{found.count} {noun}{_place_words(question.place)}: {listed}{rest}{perhaps}{hedge}"
    )
    return answer_of(text, found, items)


def contents(scene: Scene, question: Question) -> Answer:
    """What is in, on or near a place; with a thing, which of these."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    place = question.place
    given = {"as_of_ns": times.as_of_ns, "within": times.within, "speaker": scene.speaker}
    if place is not None and not question.thing and place.relation in ("in", "on"):
        ask = scene.recall.inside if place.relation == "in" else scene.recall.on
        found = ask(place.text, k=MANY, **given)  # type: ignore[arg-type]
    else:
        phrase = f"{question.thing or 'things'}{_place_words(place)}"
        found = scene.recall.find_all(phrase, k=MANY, **given)  # type: ignore[arg-type]
    items = [i for i in _entities(found) if i.status != "gone" and i.item_id not in scene.people]
    where_ = _place_words(place).strip()
    if not items:
        if found.verdict is Verdict.ABSENT:
            return answer_of(
                f"I looked {where_} and saw nothing there ({found.explanation})", found
            )
        if not question.thing:
            return answer_of(
                f"I cannot tell what is {where_ or 'there'}: {found.explanation}", found
            )
        return answer_of(_nothing_text(f"{question.thing}{_place_words(place)}", found), found)
    last_ns = max(item.stamp_ns or 0 for item in items)
    is_sure = found.verdict is Verdict.KNOWN
    verb = "was" if _is_past(times) else "is" if is_sure else "was, when I looked,"
    spots: dict[str, list[EntityItem]] = {}
    for item in items:
        spot = scene.where_text(item) if place and place.relation == "on" else where_
        spots.setdefault(spot, []).append(item)
    parts = [f"{spot} {verb} {_listed(scene, there)}" for spot, there in spots.items()]
    text = "; ".join(parts) if where_ else f"I know {_listed(scene, items)}"
    return answer_of(f"{text} (seen last {scene.clock.text(last_ns)})", found, items)


def when_seen(scene: Scene, question: Question) -> Answer:
    """When it was seen last, or first."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    found = _where(scene, question.thing, times)
    items = _entities(found)
    if not items:
        return answer_of(_nothing_text(question.thing, found), found)
    best = max(items[:1] if _is_definite(question.thing) else items, key=lambda i: i.stamp_ns or 0)
    name = scene.thing_name(best)
    verdict = Verdict.UNKNOWN if found.verdict is Verdict.UNKNOWN else Verdict.KNOWN
    if found.verdict is Verdict.AMBIGUOUS:
        verdict = Verdict.AMBIGUOUS
    seen = Recall(found.query, (best,), verdict, found.probability, found.explanation)
    if question.ordinal > 0:
        first_ns = scene.entities[best.item_id].first_seen_ns
        return answer_of(f"I first saw {name} {scene.clock.text(first_ns)}", seen)
    text = f"I last saw {name} {scene.clock.text(best.stamp_ns or 0)}, {scene.where_text(best)}"
    if verdict is Verdict.UNKNOWN:
        text = f"Perhaps {text}; I am not sure that it was one"
    if verdict is Verdict.AMBIGUOUS:
        sure_count = sum(scene.entities[item.item_id].is_confirmed for item in items)
        text += f"; {sure_count} things fit these words"
    return answer_of(text, seen)


def held(scene: Scene, question: Question) -> Answer:
    """What somebody holds, or who holds something."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    if question.thing:
        found = _where(scene, question.thing, times)
        items = _entities(found)[:1]
        if items and items[0].status == "held":
            holder = scene.name(items[0].holder)
            text = f"{holder} held {scene.thing_name(items[0])}, as I saw {_at(scene, items[0])}"
            return answer_of(text, found, items)
        text = where_text(scene, question.thing, found)
        return answer_of(f"Nobody that I know of. {text[:1].upper()}{text[1:]}", found, items)
    actor = question.happening.actor if question.happening else ROBOT
    holders = set(scene.actor_names(actor or ROBOT))
    ids = [
        key
        for key, entity in scene.entities.items()
        if entity.status is Status.HELD and entity.state.holder in holders
    ]
    who = "I hold" if actor in ("", ROBOT) else f"{actor} holds"
    if not ids:
        verdict = Verdict.KNOWN if actor in ("", ROBOT) else Verdict.UNKNOWN
        return Answer(f"{who} nothing that I know of.", verdict)
    found = scene.recall.where(ids[0], k=1)
    return answer_of(f"{who} {joined([scene.name(i) for i in ids])}", found)


def meaning(scene: Scene, question: Question) -> Answer:
    """What somebody's name for a thing means, by what was told."""
    phrase = question.thing.removeprefix("the ")
    told = scene.recall.aliases(phrase, speaker=scene.speaker)
    if not told.items:
        return answer_of(f"Nobody told me what '{phrase}' is", told)
    best = told.items[0]
    place = scene.recall.where(best.item_id, k=1)
    items = _entities(place)
    said = f"'{phrase}' is {scene.name(best.item_id)}"
    if len(told.items) > 1:
        said += f" (or {joined([scene.name(item.item_id) for item in told.items[1:4]])})"
    if items:
        said += f": {where_text(scene, best.item_id, place)}"
    return answer_of(said, told, told.items[:3])


def owner(scene: Scene, question: Question) -> Answer:
    """Whose it is, by what was told."""
    found = scene.recall.where(question.thing, k=1, speaker=scene.speaker)
    subjects = [item.item_id for item in found.items] + [question.thing.removeprefix("the ")]
    for subject in subjects:
        told = scene.recall.facts(subject=subject, relation="belongs_to", k=1)
        if told.items:
            owners = [f.object for f in _facts(scene) if f.fact_id == told.items[0].item_id]
            name = owners[0] if owners else told.items[0].note
            return answer_of(
                f"{scene.name(subject) if ':' in subject else question.thing} belongs to {name}",
                told,
            )
    return unknown(f"Nobody told me whose {question.thing.removeprefix('the ')} it is")


# Steps of an answer


def _facts(scene: Scene) -> Sequence[FactInfo]:
    return () if scene.sources.facts is None else scene.sources.facts.facts()


def _where(scene: Scene, thing: str, times: Times) -> Recall:
    return scene.recall.where(
        thing or "things", k=2 * _SHOWN, as_of_ns=times.as_of_ns, within=times.within,
        speaker=scene.speaker,
    )  # fmt: skip


def _count(scene: Scene, question: Question, times: Times) -> CountRecall:
    phrase = f"{question.thing or 'things'}{_place_words(question.place)}"
    return scene.recall.count(
        phrase, k=4 * _SHOWN, as_of_ns=times.as_of_ns, within=times.within, speaker=scene.speaker
    )


def _missing(scene: Scene, question: Question, found: CountRecall, times: Times) -> Answer:
    """Nothing certain fits: looked and absent, perhaps, or never looked; and where else it is."""
    items = _entities(found)
    if not items and found.possible_count:
        phrase = f"{question.thing or 'things'}{_place_words(question.place)}"
        items = _entities(_where(scene, phrase, times))
    thing = _noun(question.thing)
    where_ = _place_words(question.place)
    if found.verdict is Verdict.ABSENT and items:
        text = where_text(scene, question.thing, found)
    elif found.verdict is Verdict.ABSENT and (kin := _kin_of(scene, question.thing)):
        text = f"Nothing that I call so{where_}, but perhaps you mean a kind of thing: I know {kin}"
        return Answer(text + ".", Verdict.UNKNOWN)
    elif found.verdict is Verdict.ABSENT:
        text = f"No, as far as I looked: {_why(found)}"
    elif items:
        text = f"Perhaps: {_one_text(scene, items[0])}, seen too little to be sure"
    elif question.place is not None:
        text = f"I cannot tell whether there is {thing}{where_}: {_why(found)}"
    else:
        text = _nothing_text(question.thing, found)
    if question.place is not None and not items:
        other = _where(scene, question.thing, times)
        if other.items and other.verdict in (Verdict.KNOWN, Verdict.STALE):
            elsewhere = where_text(scene, question.thing, other)
            text += f". Elsewhere: {elsewhere}"
            return answer_of(text, found, _entities(other)[:1])
    return answer_of(text, found, items[:_SHOWN])


def _kin_of(scene: Scene, thing: str) -> str:
    """Labels of a similar kind, if no thing in memory is called so."""
    known = scene.recall.where(thing or "things", k=1, speaker=scene.speaker)
    return "" if known.items else known.explanation.partition("similar: ")[2]


def _not_yet(scene: Scene, thing: str, times: Times, found: Recall) -> Answer:
    """It was not known at that time; say when it was seen first, if ever."""
    later = scene.recall.where(thing, k=1, speaker=scene.speaker)
    if not later.items:
        return answer_of(_nothing_text(thing, found), found)
    item = later.items[0]
    first_ns = scene.entities[item.item_id].first_seen_ns
    text = f"I do not know: I first saw {scene.name(item.item_id)} {scene.clock.text(first_ns)}"
    return answer_of(text, found)


def _nothing_text(thing: str, found: Recall) -> str:
    """Nothing fits at all: 'never seen' is not 'not there'."""
    if found.verdict is Verdict.ABSENT:
        return f"No, as far as I looked: {_why(found)}"
    _, _, similar = found.explanation.partition("similar: ")
    hint = f" The nearest that I know: {similar}." if similar else ""
    if "place" in found.explanation or "was seen" in found.explanation:
        return f"I cannot tell: {_why(found)}.{hint}"
    return (
        f"I have not seen {_noun(thing)}; that does not mean that there is none, only that I know of "
        f"none.{hint}"
    )


def _why(found: Recall) -> str:
    """An explanation without its numbers of what was counted."""
    return re.sub(r"^\d+ counted, \d+ more possible; ", "", found.explanation)


def _one_text(scene: Scene, item: EntityItem) -> str:
    """'the red mug on the table in the kitchen (seen at 10:32)'."""
    unsure = "" if scene.entities[item.item_id].is_confirmed else "perhaps "
    gone = "no longer " if item.status == "gone" else ""
    return (
        f"{unsure}{scene.thing_name(item)} {gone}{scene.where_text(item)} (seen {_at(scene, item)})"
    )


def _each_text(scene: Scene, items: Sequence[EntityItem]) -> str:
    """The first of some things; those that sound alike with their ids."""
    shown = list(items[:_SHOWN])
    alike = Counter((scene.thing_name(item), scene.where_text(item)) for item in shown)
    texts = []
    for item in shown:
        is_alike = alike[(scene.thing_name(item), scene.where_text(item))] > 1
        texts.append(_one_text(scene, item) + (f" [{item.item_id}]" if is_alike else ""))
    return "; ".join(texts)


def _listed(scene: Scene, items: Sequence[EntityItem]) -> str:
    """'a red mug, 2 plates and the lamp'."""
    names = Counter(scene.names.get(item.item_id, item.label) for item in items)
    parts = [with_article(n) if c == 1 else f"{c} x {n}" for n, c in names.items()]
    return joined(parts)


def _at(scene: Scene, item: RecallItem) -> str:
    return scene.clock.text(item.stamp_ns or 0)


def _entities(found: Recall) -> list[EntityItem]:
    return [item for item in found.items if isinstance(item, EntityItem)]


def _place_words(place: Place | None) -> str:
    if place is None:
        return ""
    article = "" if ":" in place.text else "the "
    return f" {place.relation} {article}{place.text}"


def _noun(thing: str) -> str:
    """'a red mug' for 'the red mug'; plurals and owned things as they are."""
    words = thing.split()
    if not words:
        return "anything"
    if words[0] == "the":
        words = words[1:]
    if words[0] in ("a", "an", "my", "any", "some") or "'s" in words[0]:
        return " ".join(words)
    is_plural = singular(words[-1]) != words[-1] or words[-1].endswith("s")
    return f"any {' '.join(words)}" if is_plural else with_article(" ".join(words))


def _is_definite(thing: str) -> bool:
    words = thing.split()
    is_single = bool(words) and singular(words[-1]) == words[-1]
    return thing.startswith("entity:") or (
        is_single and (words[0] in ("the", "my", "this", "that") or "'s" in words[0])
    )


def _is_past(times: Times) -> bool:
    return times.as_of_ns is not None
