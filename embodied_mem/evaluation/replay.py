"""A task of a run in the replay: the instruction, what the planner thought, and the frames it chose."""

from __future__ import annotations

from pathlib import Path

from ..core import Recall, RecallItem, Verdict
from ..errors import InputError
from ..journal.records import FrameRecord, PoseRecord
from ..journal.store import Journal
from .results import EpisodeResult, TaskResult
from .runner import read_run


def find_memory(run: Path, episode_id: str | None) -> tuple[Path, EpisodeResult]:
    """The kept memory file of an episode of a run, by default the first one, and its results.

    Raises:
        InputError: there is no such episode, or its memory was not kept.
    """
    _, episodes = read_run(run)
    kept = {path.stem: path for path in sorted((run / "replays").glob("*.db"))}
    chosen = episode_id or next((e.episode_id for e in episodes if e.episode_id in kept), None)
    episode = next((e for e in episodes if e.episode_id == chosen), None)
    if episode is None:
        names = ", ".join(e.episode_id for e in episodes[:5])
        raise InputError(f"{run} has no episode '{chosen}'; it has {names or 'none'} ...")
    if episode.episode_id not in kept:
        raise InputError(
            f"the memory of {episode.episode_id} was not kept; kept are {', '.join(kept) or 'none'}. "
            "Evaluate again under another --name with --keep N"
        )
    return kept[episode.episode_id], episode


def recalls_of(
    memory_path: Path, episode: EpisodeResult, task_number: int | None
) -> list[tuple[str, Recall]]:
    """Answers to show: of one task, or of all of an episode, the failed ones first.

    Raises:
        InputError: there is no such task.
    """
    tasks = list(episode.tasks)
    if task_number is not None:
        if not 0 <= task_number < len(tasks):
            raise InputError(f"{episode.episode_id} has the tasks 0 to {len(tasks) - 1}")
        tasks = [tasks[task_number]]
    else:
        tasks.sort(key=lambda task: (task.hl_success and task.ll_success, task.hl_success))
    with Journal.open(memory_path, read_only=True) as journal:
        poses = _poses(journal)
        frames = sorted(
            (frame.stamp_ns, number)
            for number, frame in journal.entries(kinds=[FrameRecord])
            if isinstance(frame, FrameRecord)
        )
    return [(_title(task), _recall(task, poses, frames)) for task in tasks]


def _title(task: TaskResult) -> str:
    if task.hl_success and task.ll_success:
        outcome = "reached"
    elif task.hl_success:
        outcome = f"right frames, but the drive failed ({task.ll_failure or 'not tried'})"
    else:
        outcome = f"wrong frames ({task.hl_failure})"
    return f"{task.task_id}: {task.instruction} [{outcome}]"


def _recall(
    task: TaskResult,
    poses: dict[int, tuple[int, PoseRecord]],
    frames: list[tuple[int, int]],
) -> Recall:
    items = []
    for place, index in enumerate(task.frames):
        found = poses.get(index)
        if found is None:
            continue
        _, pose = found
        nearest = min(frames, key=lambda row: abs(row[0] - pose.stamp_ns), default=None)
        x, y, z = pose.world_from_camera[:3, 3].tolist()
        items.append(
            RecallItem(
                f"target:{place}",
                "pose",
                1.0,
                stamp_ns=pose.stamp_ns,
                position_in_world=(x, y, z),
                evidence=() if nearest is None else (f"frame:{nearest[1]}",),
                note=f"frame {index} of the episode",
            )
        )
    verdicts = {verdict.value for verdict in Verdict}
    verdict = Verdict(task.verdict) if task.verdict in verdicts else Verdict.UNKNOWN
    thoughts = "\n".join(f"- {line}" for line in task.trace)
    return Recall(task.instruction, tuple(items), verdict, task.probability, thoughts)


def _poses(journal: Journal) -> dict[int, tuple[int, PoseRecord]]:
    """Where each frame of the episode was taken, as now believed."""
    found: dict[int, tuple[int, PoseRecord]] = {}
    for number, record in journal.entries(kinds=[PoseRecord]):
        if isinstance(record, PoseRecord) and record.source_index is not None:
            found[record.source_index] = (number, record)
    return found
