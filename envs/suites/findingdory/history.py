"""What was moved, from where, to where, in which order, how long it took: an episode seen by its deeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from .final_world import FinalWorld
from .record import EpisodeRecord, Interaction
from .wording import Slot


class History:
    """Facts that goals are made of. Lists of ids are in the order of events where there is one."""

    def __init__(self, record: EpisodeRecord, world: FinalWorld) -> None:
        self.record = record
        self.world = world
        self.interactions: tuple[Interaction, ...] = record.interactions
        self._category_of = {name: thing.category for name, thing in record.house.objects.items()}
        self._category_of |= {p.furniture_id: p.category for p in record.house.furniture}

    def category_of(self, entity_id: str) -> str:
        """Of an object or a receptacle."""
        return self._category_of[entity_id]

    # Objects

    @cached_property
    def carried_ids(self) -> tuple[str, ...]:
        """The object of each interaction; twice if it was moved twice."""
        return tuple(one.object_id for one in self.interactions)

    @cached_property
    def moved_ids(self) -> tuple[str, ...]:
        """Each object that was moved, once."""
        return tuple(dict.fromkeys(self.carried_ids))

    @cached_property
    def unmoved_ids(self) -> tuple[str, ...]:
        return tuple(name for name in self.world.object_ids if name not in self.moved_ids)

    def is_moved_once(self, object_id: str) -> bool:
        """Whether 'the interaction with' it means one."""
        return self.carried_ids.count(object_id) == 1

    def object_slot(self, name: str, object_id: str) -> Slot:
        """How an object that was moved is called: 'mug', or 'second mug' if several were moved.

        Several of a category are counted in the order in which they were moved first.
        """
        category = self.category_of(object_id)
        twins = [other for other in self.moved_ids if self.category_of(other) == category]
        ordinals = (twins.index(object_id) + 1,) if len(twins) > 1 else ()
        return Slot(name, category, ordinals)

    # Receptacles

    @cached_property
    def picked_from_ids(self) -> tuple[str, ...]:
        """The receptacle that each interaction began at; empty where there is none to stand at."""
        return tuple(self._receptacle(one.from_furniture_id) for one in self.interactions)

    @cached_property
    def placed_on_ids(self) -> tuple[str, ...]:
        """The receptacle that each interaction ended at; empty for the floor."""
        return tuple(self._receptacle(one.to_furniture_id) for one in self.interactions)

    @cached_property
    def used_ids(self) -> tuple[str, ...]:
        """Receptacles picked from or placed on, each once."""
        pairs = zip(self.picked_from_ids, self.placed_on_ids, strict=True)
        return _each_once([name for pair in pairs for name in pair])

    @cached_property
    def unused_ids(self) -> tuple[str, ...]:
        return tuple(name for name in self.world.receptacle_ids if name not in self.used_ids)

    def _receptacle(self, furniture_id: str) -> str:
        return furniture_id if furniture_id in self.world.receptacle_ids else ""

    # Rooms and time

    @cached_property
    def visited_room_ids(self) -> tuple[str, ...]:
        """Rooms that the robot was inside of, in the order of its first visits."""
        return _each_once([frame.room_id for frame in self.record.frames])

    @cached_property
    def unvisited_room_ids(self) -> tuple[str, ...]:
        return tuple(name for name in self.world.room_ids if name not in self.visited_room_ids)

    @cached_property
    def frame_count_by_room(self) -> Counter[str]:
        return Counter(frame.room_id for frame in self.record.frames if frame.room_id)

    def duration_ns(self, number: int) -> int:
        """Of an interaction, from the moment the robot stands before the object until it lies."""
        one, frames = self.interactions[number], self.record.frames
        return frames[one.place_frame].stamp_ns - frames[one.start_frame].stamp_ns

    def minutes_in(self, number: int) -> list[int]:
        """Whole minutes since midnight that lie inside an interaction from beginning to end."""
        one, frames = self.interactions[number], self.record.frames
        start_s, end_s = frames[one.start_frame].clock_s, frames[one.place_frame].clock_s
        return [m for m in range(int(start_s // 60), int(end_s // 60) + 1)
                if start_s <= 60 * m and 60 * (m + 1) <= end_s]  # fmt: skip

    def day_of(self, number: int) -> int:
        """Of an interaction, from 1; 0 in an episode of one day, where nobody speaks of days."""
        day_ns = 86_400_000_000_000
        frames = self.record.frames
        if frames[-1].stamp_ns // day_ns == frames[0].stamp_ns // day_ns:
            return 0
        return frames[self.interactions[number].start_frame].stamp_ns // day_ns + 1


def distinct_count(names: Sequence[str]) -> int:
    """How many entries at the beginning differ from each other and from '': they can be numbered.

    Within these, 'the third' means the same whether one counts events or things.
    """
    for count, name in enumerate(names):
        if not name or name in names[:count]:
            return count
    return len(names)


def _each_once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
