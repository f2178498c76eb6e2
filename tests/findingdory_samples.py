"""A hand-made record of three rounds in the tiny house, as an evaluator would have noted it."""

from __future__ import annotations

import math

from house_samples import tiny_house

from embodied_mem.envs.house.sensors import DayClock
from embodied_mem.envs.house.world import House, ObjectAttributes
from embodied_mem.envs.suites.findingdory.final_world import room_at
from embodied_mem.envs.suites.findingdory.record import EpisodeRecord, FrameTruth, Interaction

FINAL_PLACES = {
    "mug_0": ("cabinet_0/top", (7.6, 3.1, 1.0)),
    "book_0": ("sink_0/ledge", (2.0, 0.3, 0.9)),
    "apple_0": ("microwave_0/inside", (7.6, 1.0, 0.5)),
}
ATTRIBUTES = {
    "mug_0": ObjectAttributes("cylindrical", "red", "ceramic", "striped", "drinking"),
    "book_0": ObjectAttributes("rectangular", "red", "paper", "plain", "reading"),
    "apple_0": ObjectAttributes("round", "green", "organic", "plain", "eating"),
}
FRAME_COUNT = 60


def final_house() -> House:
    """The tiny house after mug -> cabinet, book -> sink, apple -> microwave."""
    house = tiny_house()
    for name, (support_id, position) in FINAL_PLACES.items():
        house.objects[name].support_id, house.objects[name].position = support_id, position
        house.objects[name].attributes = ATTRIBUTES[name]
    return house


def three_rounds(*, is_bedroom_visited: bool = True) -> EpisodeRecord:
    """Mug: table -> cabinet; book: cabinet -> sink; apple: table -> microwave.

    The robot stands in the kitchen, from frame 40 to 50 in the bedroom if that is visited.
    """
    house, clock = final_house(), DayClock()
    frames = []
    for step in range(FRAME_COUNT):
        is_away = is_bedroom_visited and 40 <= step <= 50
        base = (6.0, 2.0, 0.0) if is_away else (2.0, 2.0, math.pi)
        room_id = room_at(house.rooms, base[:2])
        frames.append(FrameTruth(step, clock.stamp_ns(step), base, "navigation", "noop", room_id))
    kitchen, bedroom = "kitchen_0", "bedroom_0"
    rounds = (
        Interaction("mug_0", "table_0/top", "cabinet_0/top", kitchen, bedroom, 5, 7, 15, 16),
        Interaction("book_0", "cabinet_0/lower", "sink_0/ledge", bedroom, kitchen, 20, 22, 28, 29),
        Interaction(
            "apple_0", "table_0/top", "microwave_0/inside", kitchen, bedroom, 30, 32, 50, 51
        ),
    )
    first = {name: thing.support_id for name, thing in tiny_house().objects.items()}
    return EpisodeRecord("hand_1", "val", 1, 4000, tuple(frames), rounds, house, first)
