"""What was true during one episode, recorded beside a memory that never sees it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...envs.house.house_json import house_from_json, house_to_json
from ...envs.house.truth_log import TruthEvent
from ...envs.house.world import House
from ...errors import InputError
from ...geometry import CameraIntrinsics

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
OBJECT, FURNITURE, PERSON = "object", "furniture", "person"
ROBOT = "robot"
TRUTH_FILE, FACTS_FILE = "truth.npz", "truth.json"
_SCHEMA = 1
_ARRAYS = (
    "stamps_ns", "steps", "is_delivered", "world_from_camera", "depth_mm",
    "sighting_frame", "sighting_thing", "sighting_px",
    "move_frame", "move_thing", "move_center", "move_yaw_rad", "move_support",
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """Something that can be seen; its place in `EpisodeTruth.things` is its number."""

    name: str
    """'mug_4', 'table_2', 'person_0'."""
    kind: str
    """'object', 'furniture' or 'person'."""
    label: str
    size_m: tuple[float, float, float]
    """Along its own x, y and z."""


@dataclass(frozen=True)
class EpisodeTruth:
    """One episode, frame by frame. A frame is one observation; several steps may lie between two.

    Invariant: sightings are ordered by thing, then frame; so are moves, whose first row for each
    thing is of frame 0 (where it was when the episode began).
    """

    seed: int
    noise: str
    house: House
    """As it was in the end; rooms and furniture never change."""
    things: tuple[Thing, ...]
    supports: tuple[str, ...]
    """What things lie on or are held by, by number: 'table_2/top', 'floor:hall_0', 'robot' ..."""
    tracks: dict[str, str]
    """The detector's track id -> name of the thing that it meant; empty while it is exact."""
    events: tuple[TruthEvent, ...]
    intrinsics: CameraIntrinsics
    """Of the reduced depth images."""
    stamps_ns: NDArray[np.int64]
    """(F,) ascending."""
    steps: Counts
    """(F,) step numbers since the reset."""
    is_delivered: NDArray[np.bool_]
    """(F,) False where the camera's driver dropped or repeated the images."""
    world_from_camera: Floats
    """(F, 4, 4) where the camera truly was."""
    depth_mm: NDArray[np.uint16]
    """(F, h, w) without noise, reduced by taking pixels; 0 is no surface."""
    sighting_frame: Counts
    """(N,) delivered frames in which a thing fills at least 0.1 % of the pixels."""
    sighting_thing: Counts
    sighting_px: Counts
    """Pixels of the full image."""
    move_frame: Counts
    """(M,) frames at which a thing is elsewhere, or otherwise supported, than before."""
    move_thing: Counts
    move_center: Floats
    """(M, 3) the middle of the thing's box."""
    move_yaw_rad: Floats
    move_support: Counts

    @property
    def frame_count(self) -> int:
        return len(self.stamps_ns)

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Thing numbers by name."""
        return {thing.name: number for number, thing in enumerate(self.things)}

    @cached_property
    def _sighting_starts(self) -> NDArray[np.int64]:
        return np.searchsorted(self.sighting_thing, np.arange(len(self.things) + 1))

    @cached_property
    def _move_starts(self) -> NDArray[np.int64]:
        return np.searchsorted(self.move_thing, np.arange(len(self.things) + 1))

    def frame_at(self, stamp_ns: int) -> int:
        """The last frame not later than a stamp, the first one for earlier stamps."""
        return max(int(np.searchsorted(self.stamps_ns, stamp_ns, side="right")) - 1, 0)

    def seen_frames(self, thing: int) -> Counts:
        """Delivered frames in which a thing is truly visible, ascending."""
        starts = self._sighting_starts
        return self.sighting_frame[starts[thing] : starts[thing + 1]]

    def moves_of(self, thing: int) -> slice:
        """Its rows among the moves."""
        starts = self._move_starts
        return slice(int(starts[thing]), int(starts[thing + 1]))

    def _move_row(self, thing: int, frame: int) -> int:
        rows = self.moves_of(thing)
        at = int(np.searchsorted(self.move_frame[rows], frame, side="right")) - 1
        return int(rows.start) + max(at, 0)

    def center_at(self, thing: int, frame: int) -> Floats:
        """(3,) the middle of a thing's box at a frame."""
        return np.asarray(self.move_center[self._move_row(thing, frame)])

    def yaw_at(self, thing: int, frame: int) -> float:
        return float(self.move_yaw_rad[self._move_row(thing, frame)])

    def support_at(self, thing: int, frame: int) -> str:
        """What it lies on, or who holds it; '' for furniture and people."""
        return self.supports[int(self.move_support[self._move_row(thing, frame)])]

    def is_held_at(self, thing: int, frame: int) -> bool:
        """Whether a person or the robot has it in the hand."""
        return is_holder(self.support_at(thing, frame))

    def save(self, folder: Path) -> None:
        """Write `truth.json` and `truth.npz`."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / TRUTH_FILE, **{name: getattr(self, name) for name in _ARRAYS})
        facts = {
            "schema": _SCHEMA,
            "seed": self.seed,
            "noise": self.noise,
            "house": json.loads(house_to_json(self.house)),
            "things": [asdict(thing) for thing in self.things],
            "supports": list(self.supports),
            "tracks": self.tracks,
            "events": [asdict(event) for event in self.events],
            "intrinsics": asdict(self.intrinsics),
        }
        (folder / FACTS_FILE).write_text(json.dumps(facts), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> EpisodeTruth:
        """What `save` wrote.

        Raises:
            InputError: another schema.
        """
        facts = json.loads((folder / FACTS_FILE).read_text("utf-8"))
        if facts.get("schema") != _SCHEMA:
            raise InputError(
                f"{folder} holds truth of schema {facts.get('schema')}, this reads {_SCHEMA}; "
                "record the episode again"
            )
        with np.load(folder / TRUTH_FILE) as arrays:
            return cls(
                seed=facts["seed"],
                noise=facts["noise"],
                house=house_from_json(json.dumps(facts["house"])),
                things=tuple(
                    Thing(row["name"], row["kind"], row["label"], tuple(row["size_m"]))
                    for row in facts["things"]
                ),
                supports=tuple(facts["supports"]),
                tracks=facts["tracks"],
                events=tuple(TruthEvent(**row) for row in facts["events"]),
                intrinsics=CameraIntrinsics(**facts["intrinsics"]),
                **{name: arrays[name] for name in _ARRAYS},
            )


def is_holder(support: str) -> bool:
    """Whether a support id means a hand."""
    return support == ROBOT or support.startswith("person_")
