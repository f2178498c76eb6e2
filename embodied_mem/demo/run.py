"""A walk through two rendered rooms: remember it, ask three questions, write a picture and a replay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..config import MemoryConfig
from ..envs.house.demo_room import DemoRecording
from ..errors import MissingExtraError
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
    summary: IngestSummary
    answers: tuple[Answer, ...]


def run_demo(
    folder: Path,
    *,
    frame_count: int = 240,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> DemoResult:
    """Render, ingest into a new memory file, ask, draw, write the replay and `demo.json`."""
    import json

    folder.mkdir(parents=True, exist_ok=True)
    memory_path = folder / "demo.db"
    for old in folder.glob("demo.db*"):
        old.unlink()
    recording = DemoRecording(frame_count=frame_count, seed=seed, depth_noise_m=0.001)
    summary = ingest(lambda: recording, memory_path, MemoryConfig(), progress=progress)
    with EmbodiedMemory.open(memory_path, read_only=True) as memory:
        answers = ask(memory, recording.places)
        picture = folder / "demo.png"
        write_picture(picture, memory, recording, answers)
    replay = _write_replay(memory_path, folder / "demo.rrd", answers)
    result = DemoResult(memory_path, picture, replay, summary, answers)
    (folder / "demo.json").write_text(json.dumps(to_jsonable(result), indent=2) + "\n")
    return result


def ask(memory: EmbodiedMemory, places: dict[str, Point]) -> tuple[Answer, ...]:
    """Three questions about space, answered from the memory alone."""
    recall = memory.recall
    sofa, fridge, bed = places["sofa"], places["fridge"], places["bed"]
    behind_wall = (sofa[0], sofa[1] - 3.0, sofa[2])
    return (
        Answer("Which frames show the fridge?", recall.seeing(fridge, radius_m=0.6, k=4)),
        Answer("How do I get from the fridge to the bed?", recall.route(fridge, bed)),
        Answer("What is three metres behind the sofa?", recall.near(behind_wall, 0.5)),
    )


def _write_replay(memory: Path, out: Path, answers: tuple[Answer, ...]) -> Path | None:
    from ..recording.replay import write_replay

    try:
        write_replay(memory, out, recalls=[(answer.question, answer.recall) for answer in answers])
    except MissingExtraError:
        return None
    return out
