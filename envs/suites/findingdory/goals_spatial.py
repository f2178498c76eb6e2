"""Templates 1 to 30: what was or was not interacted with, how it looks, how far it is, in which room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from .drafts import Asking, Draft, Maker, any_of, by_category
from .history import distinct_count
from .wording import Slot

_TIE_M = 0.1
"""Driving distances are known to about this: what is as near to the farthest counts as well."""


def _moved_object(asking: Asking) -> Iterator[Draft]:
    for name in asking.shuffled(asking.history.moved_ids):
        yield from any_of([name], asking.history.object_slot("obj", name))


def _recep_of_object(asking: Asking) -> Iterator[Draft]:
    history = asking.history
    for number in asking.shuffled(range(len(history.interactions))):
        name = history.carried_ids[number]
        if history.is_moved_once(name):
            slot = history.object_slot("obj", name)
            yield from any_of([history.picked_from_ids[number]], slot)


def _object_of_recep(asking: Asking) -> Iterator[Draft]:
    history = asking.history
    origins = history.picked_from_ids
    for category in asking.shuffled(history.category_of(name) for name in origins if name):
        taken = [
            thing
            for thing, origin in zip(history.carried_ids, origins, strict=True)
            if origin and history.category_of(origin) == category
        ]
        yield from any_of(taken, Slot("recep", category))


def _attribute(name: str) -> Maker:
    """Objects that were moved, by an attribute; values that tell one from all others come first."""

    def make(asking: Asking) -> Iterator[Draft]:
        history = asking.history
        objects = history.record.house.objects
        value_of = {i: str(getattr(objects[i].attributes, name)) for i in history.moved_ids}
        counts = Counter(value_of.values())
        values = [value for value in asking.shuffled(counts) if value != "plain"]
        for value in sorted(values, key=lambda v: counts[v] > 1):
            yield from any_of((i for i, v in value_of.items() if v == value), Slot(name, value))

    return make


def _farthest(asking: Asking, entity_ids: Iterable[str]) -> Iterator[Draft]:
    """By driving distance from the final pose."""
    start = asking.history.record.final_base[:2]
    names = sorted({name for name in entity_ids if name})
    distances_m = {name: asking.world.distance_m(name, start) for name in names}
    most_m = max(distances_m.values(), default=0.0)
    yield from any_of(name for name in names if distances_m[name] >= most_m - _TIE_M)


def _farthest_unused(asking: Asking) -> Iterator[Draft]:
    seen = [name for name in asking.history.unused_ids if name in asking.seen_ids]
    return _farthest(asking, seen)


def _room_ord(*, is_pick: bool) -> Maker:
    def make(asking: Asking) -> Iterator[Draft]:
        history = asking.history
        for number in asking.shuffled(range(distinct_count(history.carried_ids))):
            one = history.interactions[number]
            room_id = one.from_room_id if is_pick else one.to_room_id
            yield from any_of([room_id], Slot("ord", ordinals=(number + 1,)))

    return make


def _room_of_object(*, is_pick: bool) -> Maker:
    def make(asking: Asking) -> Iterator[Draft]:
        history = asking.history
        for one in asking.shuffled(history.interactions):
            if history.is_moved_once(one.object_id):
                room_id = one.from_room_id if is_pick else one.to_room_id
                yield from any_of([room_id], history.object_slot("obj", one.object_id))

    return make


def _room_not_visited(asking: Asking) -> Iterator[Draft]:
    """An unvisited room, which no frame can show from inside; else the room of the start."""
    history = asking.history
    return any_of(history.unvisited_room_ids or history.visited_room_ids[:1])


SPATIAL_GOALS: Mapping[str, Maker] = {
    "task_1": lambda a: by_category(a, a.world.object_ids, "obj"),
    "task_2": lambda a: by_category(a, a.world.receptacle_ids, "recep"),
    "task_3": lambda a: any_of(a.history.used_ids),
    "task_4": lambda a: any_of(a.history.unused_ids),
    "task_5": lambda a: any_of(a.history.moved_ids),
    "task_6": lambda a: any_of(a.history.unmoved_ids),
    "task_7": lambda a: any_of(a.history.picked_from_ids),
    "task_8": lambda a: any_of(a.history.placed_on_ids),
    "task_9": _moved_object,
    "task_10": lambda a: by_category(a, a.history.unmoved_ids, "obj"),
    "task_11": lambda a: by_category(a, a.history.unused_ids, "recep"),
    "task_12": lambda a: by_category(a, a.history.picked_from_ids, "recep"),
    "task_13": lambda a: by_category(a, a.history.placed_on_ids, "recep"),
    "task_14": _recep_of_object,
    "task_15": _object_of_recep,
    "task_16": _attribute("shape"),
    "task_17": _attribute("color"),
    "task_18": _attribute("print"),
    "task_19": _attribute("material"),
    "task_20": _attribute("function"),
    "task_21": lambda a: _farthest(a, a.history.used_ids),
    "task_22": _farthest_unused,
    "task_23": lambda a: _farthest(a, a.history.picked_from_ids),
    "task_24": lambda a: _farthest(a, a.history.placed_on_ids),
    "task_25": lambda a: _farthest(a, a.history.moved_ids),
    "task_26": _room_ord(is_pick=True),
    "task_27": _room_ord(is_pick=False),
    "task_28": _room_of_object(is_pick=True),
    "task_29": _room_of_object(is_pick=False),
    "task_30": _room_not_visited,
}
