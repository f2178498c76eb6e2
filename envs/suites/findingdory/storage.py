"""The evaluator's side of an episode as JSON and back, exactly (schema of BENCHMARKS.md 7.3).

It holds all answers: keep these files away from agents. `scene` is the final house; `rooms`,
`receptacles` and `objects` say parts of it in FindingDory's terms and are not read back.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path
from typing import Any

from ....errors import InputError
from ...house.house_json import house_from_json, house_to_json
from .goals import Goal
from .instructions import Dropped, Instruction
from .record import EpisodeRecord, FrameTruth, Interaction, Pose
from .task import FindingDoryTask
from .wording import Slot

SCHEMA = "embodied_mem.findingdory_episode"
SCHEMA_VERSION = 1


def save_task(task: FindingDoryTask, path: Path) -> None:
    """Write a .json or .json.gz file; the same task gives the same bytes."""
    data = json.dumps(task_to_json(task), allow_nan=False, separators=(",", ":")).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    partial.replace(path)


def load_task(path: Path) -> FindingDoryTask:
    """The inverse of `save_task`.

    Raises:
        InputError: the file is not one of these, or of another version.
    """
    try:
        data = path.read_bytes()
        row = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"cannot read the episode {path}: {error}") from error
    return task_from_json(row)


def task_to_json(task: FindingDoryTask) -> dict[str, Any]:
    """As plain JSON values."""
    record = task.record
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "id": record.episode_id,
        "seed": record.seed,
        "split": record.split,
        "scene": json.loads(house_to_json(record.house)),
        "agent": {"start": list(record.frames[0].base), "final": list(record.final_base)},
        "steps_per_day": record.steps_per_day,
        "is_timed_out": record.is_timed_out,
        "rooms": [
            {
                "id": room.room_id,
                "type": room.kind,
                "rectangles": [list(r) for r in room.rectangles],
            }
            for room in record.house.rooms
        ],
        "receptacles": _receptacles(record),
        "objects": _objects(record),
        "interactions": [_interaction(k, one) for k, one in enumerate(record.interactions)],
        "frames": [_frame(t, frame) for t, frame in enumerate(record.frames)],
        "instructions": [_instruction(one) for one in task.instructions],
        "dropped": [dataclasses.asdict(one) for one in task.dropped],
    }


def task_from_json(row: dict[str, Any]) -> FindingDoryTask:
    """The inverse of `task_to_json`."""
    if row.get("schema") != SCHEMA or row.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"an episode must be of schema {SCHEMA} {SCHEMA_VERSION}, got {row.get('schema')} "
            f"{row.get('schema_version')}; make it again"
        )
    record = EpisodeRecord(
        row["id"],
        row["split"],
        row["seed"],
        row["steps_per_day"],
        tuple(_frame_of(frame) for frame in row["frames"]),
        tuple(_interaction_of(one) for one in row["interactions"]),
        house_from_json(json.dumps(row["scene"])),
        {thing["id"]: thing["init_recep"] for thing in row["objects"]},
        row["is_timed_out"],
    )
    instructions = tuple(_instruction_of(one) for one in row["instructions"])
    return FindingDoryTask(record, instructions, tuple(Dropped(**one) for one in row["dropped"]))


def _receptacles(record: EpisodeRecord) -> list[dict[str, Any]]:
    return [
        {
            "id": piece.furniture_id,
            "category": piece.category,
            "room": piece.room_id,
            "furniture_id": piece.furniture_id,
            "box": {"position": piece.position, "yaw_rad": piece.yaw_rad, "size": piece.size},
            "viewpoints": [list(viewpoint) for viewpoint in piece.viewpoints],
        }
        for piece in record.house.furniture
        if piece.is_receptacle
    ]


def _objects(record: EpisodeRecord) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "category": thing.category,
            "attrs": dataclasses.asdict(thing.attributes),
            "init_recep": record.first_support_ids[name],
            "final_recep": thing.support_id,
            "pos": list(thing.position),
        }
        for name, thing in record.house.objects.items()
    ]


def _interaction(number: int, one: Interaction) -> dict[str, Any]:
    return {
        "k": number,
        "obj": one.object_id,
        "from": one.from_id,
        "to": one.to_id,
        "room_from": one.from_room_id,
        "room_to": one.to_room_id,
        "t_start": one.start_frame,
        "t_pick": one.pick_frame,
        "t_place": one.place_frame,
        "t_end": one.end_frame,
    }


def _interaction_of(row: dict[str, Any]) -> Interaction:
    return Interaction(*[value for key, value in row.items() if key != "k"])


def _frame(index: int, frame: FrameTruth) -> dict[str, Any]:
    return {
        "t": index,
        "step": frame.step,
        "stamp_ns": frame.stamp_ns,
        "clock": frame.clock_s,
        "pose": list(frame.base),
        "manip_mode": frame.mode == "manipulation",
        "action": frame.action,
        "room": frame.room_id,
    }


def _frame_of(row: dict[str, Any]) -> FrameTruth:
    mode = "manipulation" if row["manip_mode"] else "navigation"
    pose = _pose(row["pose"])
    return FrameTruth(row["step"], row["stamp_ns"], pose, mode, row["action"], row["room"])


def _pose(values: list[float]) -> Pose:
    x, y, yaw = values
    return x, y, yaw


def _instruction(one: Instruction) -> dict[str, Any]:
    goal = one.goal
    return {
        "task_id": one.task_id,
        "category": one.category,
        "group": one.group,
        "lang": one.text,
        "task_type": one.task_type,
        "goal": {
            "quantifier": goal.quantifier,
            "predicate": goal.predicate,
            "properties": [dataclasses.asdict(slot) for slot in goal.slots],
        },
        "targets": [list(row) for row in goal.rows],
        "valid_frames": [list(row) for row in one.valid_frames],
    }


def _instruction_of(row: dict[str, Any]) -> Instruction:
    slots = tuple(
        Slot(slot["name"], slot["value"], tuple(slot["ordinals"]), slot["day"])
        for slot in row["goal"]["properties"]
    )
    targets = tuple(tuple(names) for names in row["targets"])
    goal = Goal(row["goal"]["quantifier"], row["goal"]["predicate"], targets, slots)
    return Instruction(
        row["task_id"],
        row["category"],
        row["group"],
        row["task_type"],
        row["lang"],
        goal,
        tuple(tuple(frames) for frames in row["valid_frames"]),
    )
