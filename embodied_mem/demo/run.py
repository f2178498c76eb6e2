"""A robot lives in a generated house: remember it, ask three questions, write a picture and a replay."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..config import MemoryConfig
from ..envs.house.env import HouseEnvConfig
from ..envs.house.episode import HouseEpisode
from ..envs.house.noise import DEPTH_NOISE, NoiseConfig
from ..envs.house.sensors import WIDE_CAMERA
from ..envs.house.world import Furniture, House
from ..errors import InputError, MissingExtraError
from ..ingest import IngestSummary, ingest
from ..jsonable import to_jsonable
from ..memory import EmbodiedMemory
from .answer import Answer
from .picture import write_picture

Point = tuple[float, float, float]


@dataclass(frozen=True)
class DemoResult:
    """What the demo wrote and found."""

    memory: Path
    picture: Path
    replay: Path | None
    """None where the viewer extra is not installed."""
    room_count: int
    summary: IngestSummary
    answers: tuple[Answer, ...]


def run_demo(
    folder: Path,
    *,
    frame_count: int = 300,
    seed: int = 3,
    progress: Callable[[int, int], None] | None = None,
) -> DemoResult:
    """Simulate, ingest into a new memory file, ask, draw, write the replay and `demo.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    memory_path = folder / "demo.db"
    for old in folder.glob("demo.db*"):
        old.unlink()
    config = HouseEnvConfig(
        cameras=(WIDE_CAMERA,), noise=NoiseConfig(depth=DEPTH_NOISE["mild"]), people_count=2
    )
    episode = HouseEpisode(frame_count=frame_count, seed=seed, config=config)
    summary = ingest(lambda: episode, memory_path, MemoryConfig(), progress=progress)
    with EmbodiedMemory.open(memory_path, read_only=True) as memory:
        answers = ask(memory, episode.house)
        picture = folder / "demo.png"
        write_picture(picture, memory, summary.frame_count, answers)
    replay = _write_replay(memory_path, folder / "demo.rrd", answers)
    rooms = len(episode.house.rooms)
    result = DemoResult(memory_path, picture, replay, rooms, summary, answers)
    (folder / "demo.json").write_text(json.dumps(to_jsonable(result), indent=2) + "\n")
    return result


def ask(memory: EmbodiedMemory, house: House) -> tuple[Answer, ...]:
    """Three questions about space, answered from the memory alone."""
    recall = memory.recall
    fridge = _nearest(house, "fridge", house.start[:2])
    bed = _nearest(house, "bed", fridge.position[:2])
    west_m = min(r[0] for room in house.rooms for r in room.rectangles)
    outside = (west_m - 2.0, fridge.position[1], 1.0)
    return (
        Answer("Which frames show the fridge?", recall.seeing(_middle(fridge), radius_m=0.6, k=4)),
        Answer(
            "How do I get from the fridge to the bed?", recall.route(_front(fridge), _front(bed))
        ),
        Answer("What is two metres outside the house?", recall.near(outside, 0.5)),
    )


def _nearest(house: House, category: str, point: tuple[float, float]) -> Furniture:
    """The piece of a category that stands nearest to a point."""
    pieces = [piece for piece in house.furniture if piece.category == category]
    if not pieces:
        raise InputError(f"house {house.seed} has no {category}; try another --seed")
    return min(pieces, key=lambda p: math.dist(p.position[:2], point))


def _middle(piece: Furniture) -> Point:
    x, y, z = piece.position
    return (x, y, z + piece.size[2] / 2)


def _front(piece: Furniture) -> Point:
    """Where a robot stands by a piece of furniture."""
    x, y, _ = piece.viewpoints[0]
    return (x, y, 0.0)


def _write_replay(memory: Path, out: Path, answers: tuple[Answer, ...]) -> Path | None:
    from ..recording.replay import write_replay

    try:
        write_replay(memory, out, recalls=[(answer.question, answer.recall) for answer in answers])
    except MissingExtraError:
        return None
    return out
