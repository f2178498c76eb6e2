"""Answers about what happened: when, who, which, whether, how often; and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core import Recall, Verdict
from ..entities.entity import ROBOT
from ..perception.text import words_of
from ..recall.items import EntityItem, EventItem
from .question import Happening, Question, ordinal_of, past_of
from .scene import MANY, Answer, Scene, Times, answer_of, event_items, evidence_of, joined, unknown
from .things import where

_SHOWN = 8


def when(scene: Scene, question: Question) -> Answer:
    """When it happened last, or first."""
    found = _events(scene, question)
    items = event_items(found)
    if not items:
        return _none(scene, question, found)
    chosen = items[0] if question.ordinal > 0 else items[-1]
    more = f" ({len(items)} times in all)" if len(items) > 1 else ""
    return answer_of(f"{_timed(scene, chosen)}{more}", found, [chosen])


def count_events(scene: Scene, question: Question) -> Answer:
    """How often it happened."""
    found = _events(scene, question)
    items = event_items(found)
    if not items:
        return _none(scene, question, found)
    listed = "; ".join(_timed(scene, item) for item in items[:_SHOWN])
    times = "once" if len(items) == 1 else f"{len(items)} times"
    return answer_of(f"{times} that I know of: {listed}", found, items)


def which(scene: Scene, question: Question) -> Answer:
    """The n-th thing something was done to, the ones before and after another, or all."""
    found = _events(scene, question, is_anchored=False)
    items = event_items(found)
    if question.anchor is not None and question.happening is not None:
        anchor = scene.find_event(question.anchor.happening)
        if anchor is None:
            return unknown(f"I know of no time when {scene.done_text(question.anchor.happening)}")
        if question.anchor.relation == "before":
            items = [item for item in items if item.start_ns < anchor.start_ns][::-1]
        else:
            items = [item for item in items if item.start_ns > anchor.start_ns]
        if not question.ordinal:
            items = items[:1]
        done = scene.done_text(question.happening).removesuffix(" anything")
        if items:
            text = f"{question.anchor.relation} {_thing(scene, anchor)}, {done} {_thing(scene, items[0])}"
            return answer_of(f"{text}{_way(scene, items[0])}", found, [items[0], anchor])
    if not items:
        return _none(scene, question, found)
    if not question.ordinal:
        listed = "; ".join(_timed(scene, item) for item in items[:_SHOWN])
        return answer_of(listed, found, items)
    place = question.ordinal - (question.ordinal > 0)
    actor, verb = _who(scene, question.happening), past_of(items[0].action)
    if not -len(items) <= place < len(items):
        return Answer(
            f"There is no such: {actor} {verb} {len(items)} things that I know of.",
            Verdict.ABSENT if question.happening and question.happening.actor == ROBOT else Verdict.UNKNOWN,
            found.probability, tuple(items), evidence_of(items),
        )  # fmt: skip
    chosen = items[place]
    nth = ordinal_of(question.ordinal)
    text = f"the {nth} thing {actor} {verb} was {_thing(scene, chosen)}{_way(scene, chosen)}"
    return answer_of(text, found, [chosen])


def origin(scene: Scene, question: Question) -> Answer:
    """Where it was taken from, or was before it moved."""
    items = _moves(scene, question, ("pick", "moved", "rearrange", "vanished"))
    known = [item for item in items if item.from_id or item.from_room_id]
    if known:
        item = known[-1]
        place = scene.place_text(item.from_id, item.from_room_id)
        text = f"from {_from(place)}: {_timed(scene, item)}"
        return answer_of(text, _known(scene, item), [item])
    history = scene.recall.history(question.thing, speaker=scene.speaker)
    states = [item for item in history.items if isinstance(item, EntityItem)]
    if len(states) < 2:
        now = where(scene, question)
        return Answer(
            f"I saw nobody take it from anywhere. {now.text}",
            Verdict.UNKNOWN,
            None,
            now.items,
            now.evidence,
        )
    before = states[-2]
    text = f"before, {scene.thing_name(before)} was {scene.where_text(before)}"
    return answer_of(text, history, [before])


def target(scene: Scene, question: Question) -> Answer:
    """Where it was put last; where it is, if nobody was seen to put it."""
    items = _moves(scene, question, ("place", "moved", "rearrange", "appeared", "returned"))
    known = [item for item in items if item.to_id or item.to_room_id]
    if not known:
        there = where(scene, question)
        return replace(there, text=f"I know of nobody who put it anywhere. {there.text}")
    item = known[-1]
    text = _timed(scene, item)
    now = scene.recall.where(item.entity_id, k=1).items if item.entity_id else ()
    if now and isinstance(now[0], EntityItem) and now[0].status != "held":
        if now[0].status == "gone":
            text += ". It is gone from there"
        elif now[0].support_id != item.to_id:
            text += f". Now it is {scene.where_text(now[0])}"
    return answer_of(text, _known(scene, item), [item])


def who(scene: Scene, question: Question) -> Answer:
    """Who did it last; 'somebody' if it was noticed, but not who."""
    found = _events(scene, question)
    items = event_items(found)
    if not items:
        return _none(scene, question, found)
    seen = [item for item in items if item.actor]
    if not seen:
        text = f"I did not see who: {_timed(scene, items[-1])}"
        return Answer(text + ".", Verdict.UNKNOWN, None, (items[-1],), evidence_of(items[-1:]))
    actors = list(dict.fromkeys(item.actor for item in reversed(seen)))
    names = joined(
        [scene.name(actor) if ":" in actor or actor == ROBOT else actor for actor in actors]
    )
    text = f"{names} did: {_timed(scene, seen[-1])}"
    if items[-1] is not seen[-1]:
        text += f"; later, unseen by whom, {_timed(scene, items[-1])}"
    return answer_of(text, found, seen[::-1][:_SHOWN])


def did(scene: Scene, question: Question) -> Answer:
    """Whether it happened: yes with the event, no for what the robot knows, else not noticed."""
    found = _events(scene, question)
    items = event_items(found)
    if items:
        return answer_of(f"Yes: {_timed(scene, items[-1])}", found, [items[-1]])
    happening = question.happening
    if happening is not None and happening.action == "moved" and question.thing:
        known = scene.recall.where(question.thing, k=1, speaker=scene.speaker)
        if known.items and isinstance(known.items[0], EntityItem):
            item = known.items[0]
            text = (
                f"Not that I noticed: I saw {scene.thing_name(item)} last "
                f"{scene.clock.text(item.stamp_ns or 0)}, {scene.where_text(item)}"
            )
            return Answer(text + ".", Verdict.UNKNOWN, None, (item,), evidence_of([item]))
    return _none(scene, question, found)


def happened(scene: Scene, question: Question) -> Answer:
    """What was done, noticed or said: in a time, at a place, to a thing, by somebody."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    asked = question.happening or Happening("")
    is_speech = asked.action == "say"
    wanted = Happening(asked.action, asked.actor, "" if is_speech else question.thing)
    around = (
        ""
        if times.as_of_ns is None
        else f"around {scene.clock.text(times.as_of_ns).removeprefix('at ')}"
    )
    found = scene.events(
        wanted,
        level="action",
        within=scene.interval(times),
        **scene.place_filters(question.place, ""),
    )
    items = event_items(found)
    if is_speech and question.thing:
        said = set(words_of(question.thing))
        items = [i for i in items if said & set(words_of(scene.sources.events.get(i.item_id).text))]
    stay = _stay_text(scene, times) if times.as_of_ns is not None else ""
    if not items:
        if question.thing and not is_speech:
            return _no_event_of(scene, question)
        text = f"I noticed nothing happen{' ' + around if around else ''}. {stay}"
        return Answer(
            text.strip(), Verdict.UNKNOWN if not stay else found.verdict, found.probability
        )
    listed = "; ".join(_timed(scene, item) for item in items[:_SHOWN])
    rest = f"; and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return answer_of(f"{listed}{rest}. {stay}".strip(), found, items[:_SHOWN])


def changes(scene: Scene, question: Question) -> Answer:
    """What differs between two times: from the first to the last one if none is said."""
    times = scene.times_of(question)
    if times.problem:
        return unknown(times.problem)
    if question.span is None and question.anchor is None:
        return _all_changes(scene, question)
    start_ns, end_ns = times.within or (times.as_of_ns or scene.clock.first_ns, scene.clock.last_ns)
    found = scene.recall.diff(start_ns, end_ns, k=MANY, kinds=question.changes)
    items = [item for item in found.items if isinstance(item, EntityItem)]
    if question.place is not None:
        items = [item for item in items if _is_at(scene, item, question.place.text)]
    span = f"from {scene.clock.text(start_ns)} to {scene.clock.text(end_ns)}".replace("at ", "")
    if not items:
        if found.verdict is Verdict.ABSENT or found.items:
            text = f"no change that I noticed, {span} ({found.explanation})"
        else:
            text = f"I cannot tell, {span}: {found.explanation}"
        return answer_of(text, found, [])
    new = [item for item in items if item.note.startswith("appeared")]
    changed = [item for item in items if not item.note.startswith("appeared")]
    parts = [f"{len(changed) or 'no'} change{'s' * (len(changed) != 1)} that I noticed, {span}"]
    parts += [_change_text(scene, item) for item in changed[:_SHOWN]]
    text = ": ".join((parts[0], "; ".join(parts[1:]))) if changed else parts[0]
    if new:
        shown = joined([scene.thing_name(item) for item in new[:_SHOWN]])
        more = f" and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
        text += f". Seen there for the first time then: {shown}{more}"
    return answer_of(text, found, [*changed, *new])


# Steps of an answer


def _events(scene: Scene, question: Question, *, is_anchored: bool = True) -> Recall:
    happening = question.happening or Happening("")
    filters = scene.place_filters(question.place, happening.action)
    if is_anchored or question.anchor is None:
        times = scene.times_of(question)
        if times.problem:
            return Recall("events", (), Verdict.UNKNOWN, None, times.problem)
        filters["within"] = scene.interval(times)
    found = scene.events(happening, **filters)
    if happening.action != "enter_room" or question.place is None:
        return found
    ids = {scene.rooms[number].room_id for number in scene.rooms_named(question.place.text)}
    items = tuple(item for item in event_items(found) if item.to_room_id in ids)
    return replace(found, items=items)


def _moves(scene: Scene, question: Question, actions: Sequence[str]) -> list[EventItem]:
    times = scene.times_of(question)
    found = scene.recall.events(
        action=tuple(actions), about=question.thing, k=MANY, within=scene.interval(times),
        speaker=scene.speaker,
    )  # fmt: skip
    return event_items(found)


def _none(scene: Scene, question: Question, found: Recall) -> Answer:
    """No such event: absent for what the robot did itself, else only not noticed."""
    if question.happening is None:
        return answer_of(found.explanation, found)
    done = scene.done_text(question.happening)
    if question.happening.action in ("enter_room", "visit") and question.place is not None:
        done = done.removesuffix("anything") + f"the {question.place.text}"
    if found.verdict is Verdict.ABSENT:
        return answer_of(f"No: I know of no time when {done}", found)
    why = f" ({found.explanation})" if found.explanation else ""
    return answer_of(f"I noticed no time when {done}{why}", found)


def _all_changes(scene: Scene, question: Question) -> Answer:
    """Whatever was noticed to change since the memory began."""
    names = {"moved": ("moved", "rearrange"), "gone": ("vanished",), "appeared": ("appeared",)}
    kinds = question.changes or tuple(names)
    actions = tuple(action for kind in kinds for action in names.get(kind, ()))
    filters = scene.place_filters(question.place, "")
    found = scene.recall.events(action=actions, k=MANY, **filters)  # type: ignore[arg-type]
    items = event_items(found)
    if not items:
        return Answer("I noticed no such change.", Verdict.UNKNOWN, found.probability)
    listed = "; ".join(_timed(scene, item) for item in items[:_SHOWN])
    rest = f"; and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return answer_of(f"{listed}{rest}", found, items)


def _no_event_of(scene: Scene, question: Question) -> Answer:
    now = where(scene, question)
    return Answer(
        f"I noticed nothing happen to it. {now.text}",
        now.verdict,
        now.probability,
        now.items,
        now.evidence,
    )


def _known(scene: Scene, item: EventItem) -> Recall:
    """The verdict that an event was so, as recall judges it."""
    return (
        scene.recall.events(about=item.entity_id, k=1)
        if item.entity_id
        else Recall("", (), Verdict.KNOWN)
    )


def _timed(scene: Scene, item: EventItem) -> str:
    """'I picked up the apple from the table in the kitchen at 10:32'."""
    return f"{scene.sentence(item)} {scene.clock.text(item.start_ns)}"


def _thing(scene: Scene, item: EventItem) -> str:
    if item.entity_id:
        return scene.name(item.entity_id)
    return f"the {item.label.replace('_', ' ')}" if item.label else "something"


def _way(scene: Scene, item: EventItem) -> str:
    """', from the table in the kitchen, at 10:32'."""
    if item.action == "pick":
        place = _from(scene.place_text(item.from_id, item.from_room_id))
        place = f"from {place}" if place else ""
    else:
        place = scene.place_text(item.to_id, item.to_room_id)
    return "".join(f", {part}" for part in (place, scene.clock.text(item.start_ns)) if part)


def _who(scene: Scene, happening: Happening | None) -> str:
    actor = happening.actor if happening else ""
    return "I" if actor == ROBOT else actor or "somebody"


def _from(place: str) -> str:
    for word in ("in or on ", "on ", "in "):
        if place.startswith(word):
            return place.removeprefix(word)
    return place


def _stay_text(scene: Scene, times: Times) -> str:
    """'I was in the kitchen.' at an instant."""
    if times.as_of_ns is None:
        return ""
    visits = event_items(scene.recall.events(action="visit", actor=ROBOT, order="newest", k=MANY))
    for visit in visits:
        if visit.start_ns <= times.as_of_ns <= visit.end_ns:
            return f"I was in {scene.name(visit.to_room_id)}."
    return ""


def _change_text(scene: Scene, item: EntityItem) -> str:
    """'moved: the red mug, now on the shelf in the kitchen (at 10:32)'."""
    kind = item.note.partition(":")[0]
    now = (
        "" if kind in ("gone", "taken") and item.status == "gone" else f", {scene.where_text(item)}"
    )
    return f"{kind}: {scene.thing_name(item)}{now} (noticed {scene.clock.text(item.stamp_ns or 0)})"


def _is_at(scene: Scene, item: EntityItem, text: str) -> bool:
    numbers = scene.rooms_named(text)
    if item.room_id in {scene.rooms[n].room_id for n in numbers}:
        return True
    support = scene.entities.get(item.support_id)
    return support is not None and set(words_of(support.label)) <= set(words_of(text))
