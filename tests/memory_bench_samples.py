"""A hand-made episode: a camera that stands still and looks along x at four things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from embodied_mem.bench.memory.truth import EpisodeTruth, Thing
from embodied_mem.entities.entity import ChangeKind, Entity, EntityKind, EntityState, Status
from embodied_mem.envs.house.sensors import CameraSpec
from embodied_mem.envs.house.truth_log import TruthEvent
from embodied_mem.envs.house.world import House, Room
from embodied_mem.perception import OrientedBox

FRAMES = 10
STEP_NS = 1_000_000_000
CAMERA = CameraSpec("head", 120, 90, 1.4, 1.0)
Point3 = tuple[float, float, float]
THINGS = (
    Thing("mug_0", "object", "mug", (0.1, 0.1, 0.1)),
    Thing("mug_1", "object", "mug", (0.1, 0.1, 0.1)),
    Thing("book_0", "object", "book", (0.2, 0.15, 0.05)),
    Thing("table_0", "furniture", "table", (1.0, 2.0, 0.8)),
)
HOMES: dict[str, Point3] = {
    "mug_0": (2.0, 0.0, 0.9),
    "mug_1": (2.0, 0.6, 0.9),
    "book_0": (2.2, -0.5, 0.9),
    "table_0": (2.1, 0.0, 0.4),
}
Move = tuple[int, Point3, str]
"""Frame, centre, support."""


def make_truth(
    *,
    moves: Mapping[str, Sequence[Move]] | None = None,
    seen: Mapping[str, Sequence[int]] | None = None,
    depth_mm: int = 0,
    is_delivered: Sequence[bool] = (True,) * FRAMES,
    tracks: Mapping[str, str] | None = None,
    events: Sequence[TruthEvent] = (),
) -> EpisodeTruth:
    """Everything is seen in all frames and stays where it is, unless told otherwise; no surface hides
    anything (`depth_mm` 0) or one is everywhere at that depth."""
    supports = ["", "table_0/top"]
    move_rows, sighting_rows = [], []
    for number, thing in enumerate(THINGS):
        first = (0, HOMES[thing.name], "table_0/top" if thing.kind == "object" else "")
        for frame, center, support in (first, *(moves or {}).get(thing.name, ())):
            if support not in supports:
                supports.append(support)
            move_rows.append((frame, number, *center, 0.0, supports.index(support)))
        for frame in (seen or {}).get(thing.name, range(FRAMES)):
            sighting_rows.append((frame, number, 400))
    move, sighting = np.array(move_rows), np.array(sighting_rows, np.int32)
    room = Room("hall_0", "hall", ((0.0, -2.0, 4.0, 2.0),))
    return EpisodeTruth(
        seed=7,
        noise="off",
        house=House(7, (room,), (), (), ()),
        things=THINGS,
        supports=tuple(supports),
        tracks=dict(tracks or {}),
        events=tuple(events),
        intrinsics=CAMERA.intrinsics,
        stamps_ns=np.arange(FRAMES) * STEP_NS,
        steps=np.arange(FRAMES, dtype=np.int32),
        is_delivered=np.array(is_delivered),
        world_from_camera=np.repeat(CAMERA.world_from_camera((0.0, 0.0, 0.0))[None], FRAMES, 0),
        depth_mm=np.full((FRAMES, 90, 120), depth_mm, np.uint16),
        sighting_frame=sighting[:, 0],
        sighting_thing=sighting[:, 1],
        sighting_px=sighting[:, 2],
        move_frame=move[:, 0].astype(np.int32),
        move_thing=move[:, 1].astype(np.int32),
        move_center=move[:, 2:5].copy(),
        move_yaw_rad=move[:, 5].copy(),
        move_support=move[:, 6].astype(np.int32),
    )


def make_entity(
    number: int,
    label: str,
    position: Point3,
    *,
    status: Status = Status.PRESENT,
    last_seen: int = FRAMES - 1,
    size_m: Point3 = (0.1, 0.1, 0.1),
    holder: str = "",
) -> Entity:
    """An entity that was seen at a place until a frame, and is gone or held since."""
    box = OrientedBox(position, max(size_m[:2]), min(size_m[:2]), size_m[2], 0.0)
    stamp_ns = last_seen * STEP_NS
    states = [EntityState(ChangeKind.APPEARED, Status.PRESENT, 0, 0, stamp_ns, position, box)]
    if status is not Status.PRESENT:
        change = ChangeKind.GONE if status is Status.GONE else ChangeKind.PICKED
        states.append(
            EntityState(
                change, status, stamp_ns + 1, stamp_ns, stamp_ns + 1, position, box, holder=holder
            )
        )
    kind = EntityKind.FURNITURE if label == "table" else EntityKind.OBJECT
    return Entity(
        f"entity:{number}", kind, label, ((label, 1.0),), tuple(states), 1.0, True, 0, stamp_ns, 5
    )


def perfect_entities() -> list[Entity]:
    """One entity for each thing, at its place."""
    return [
        make_entity(n, thing.label, HOMES[thing.name], size_m=thing.size_m)
        for n, thing in enumerate(THINGS)
    ]
