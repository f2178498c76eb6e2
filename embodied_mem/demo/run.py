"""A robot lives in a generated house: remember it, ask, write a picture and a replay."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..asking.answer import ask_memory
from ..config import MemoryConfig
from ..core import Recall
from ..envs.house.env import HouseEnvConfig
from ..envs.house.episode import HouseEpisode
from ..envs.house.noise import DEPTH_NOISE, NoiseConfig
from ..envs.house.sensors import WIDE_CAMERA
from ..errors import MissingExtraError
from ..ingest import IngestSummary, ingest
from ..jsonable import to_jsonable
from ..memory import EmbodiedMemory
from .answer import Answer
from .picture import write_picture


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
        answers = ask(memory)
        picture = folder / "demo.png"
        write_picture(picture, memory, summary.frame_count, answers)
    replay = _write_replay(memory_path, folder / "demo.rrd", answers)
    rooms = len(episode.house.rooms)
    result = DemoResult(memory_path, picture, replay, rooms, summary, answers)
    (folder / "demo.json").write_text(json.dumps(to_jsonable(result), indent=2) + "\n")
    return result


QUESTIONS = (
    "Where is the fridge?",
    "How many chairs are there?",
    "What is on the table?",
    "Is there an elephant?",
    "Which rooms have you not visited?",
)


def ask(memory: EmbodiedMemory) -> tuple[Answer, ...]:
    """Questions in English, and a route, all from the memory alone."""
    answers = []
    for question in QUESTIONS:
        found = ask_memory(memory, question)
        recall = Recall(question, found.items, found.verdict, found.probability, found.text)
        answers.append(Answer(question, recall))
    answers.append(Answer("How do I get from here to the fridge?", _way_to(memory, "fridge")))
    return tuple(answers)


def _way_to(memory: EmbodiedMemory, what: str) -> Recall:
    """The route from where the robot stands to the nearest such thing that memory knows."""
    recall, track = memory.recall, memory.views.regions.track
    found = recall.find_all(what)
    x, y, _ = track.positions_in_world[-1].tolist() if track.count else (0.0, 0.0, 0.0)
    places = [item.position_in_world for item in found.items if item.position_in_world]
    if not places:
        return found
    goal = min(places, key=lambda place: math.dist(place[:2], (x, y)))
    return recall.route((x, y, 0.0), (goal[0], goal[1], 0.0))


def _write_replay(memory: Path, out: Path, answers: tuple[Answer, ...]) -> Path | None:
    from ..recording.replay import write_replay

    try:
        write_replay(memory, out, recalls=[(answer.question, answer.recall) for answer in answers])
    except MissingExtraError:
        return None
    return out
