"""Small worlds for the tests of the semantic memory: entities, steps and a journal of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embodied_mem.entities.entity import ChangeKind, Entity, EntityKind, EntityState, Point3, Status
from embodied_mem.journal.records import (
    FactRecord,
    PoseRecord,
    Record,
    RobotRecord,
    SessionRecord,
    UtteranceRecord,
)
from embodied_mem.journal.steps import Step, View, read_steps
from embodied_mem.journal.store import Journal

S = 1_000_000_000


@dataclass
class ListedEntities:
    """What memory believes there is, as a list."""

    items: list[Entity] = field(default_factory=list)

    def entities(self) -> Sequence[Entity]:
        return self.items


def entity(
    number: int,
    label: str,
    *,
    color: str = "",
    position: Point3 = (0.0, 0.0, 0.8),
    kind: EntityKind = EntityKind.OBJECT,
    holder: str = "",
    last_seen_ns: int = 100 * S,
    merged_ids: tuple[str, ...] = (),
) -> Entity:
    status = Status.HELD if holder else Status.PRESENT
    state = EntityState(
        ChangeKind.APPEARED, status, 0, 0, last_seen_ns, position, None, holder=holder
    )
    return Entity(
        f"entity:{number}", kind, label, ((label, 1.0),), (state,), 0.99, True, 0, last_seen_ns, 9,
        color_name=color, best_evidence=(f"frame:{number}",), merged_ids=merged_ids,
    )  # fmt: skip


def person(number: int, position: Point3 = (1.0, 0.0, 1.0), **kwargs: int) -> Entity:
    return entity(number, "person", position=position, kind=EntityKind.PERSON, **kwargs)


def said(speaker: str, text: str, stamp_ns: int) -> UtteranceRecord:
    return UtteranceRecord(session_id=1, stamp_ns=stamp_ns, speaker=speaker, text=text)


def fact(
    subject: str,
    relation: str,
    object: str,
    stamp_ns: int,
    *,
    speaker: str = "",
    confidence: float = 0.8,
    is_negated: bool = False,
    valid_from_ns: int | None = None,
    valid_until_ns: int | None = None,
    supersedes: int | None = None,
) -> FactRecord:
    return FactRecord(
        stamp_ns=stamp_ns,
        subject=subject,
        relation=relation,
        object=object,
        is_negated=int(is_negated),
        confidence=confidence,
        speaker=speaker,
        valid_from_ns=stamp_ns if valid_from_ns is None else valid_from_ns,
        valid_until_ns=valid_until_ns,
        supersedes=supersedes,
    )


def robot_at(x_m: float, y_m: float, stamp_ns: int, *, clock_s: float | None = None) -> RobotRecord:
    return RobotRecord(
        session_id=1,
        pose_id=2,
        stamp_ns=stamp_ns,
        base_x_m=x_m,
        base_y_m=y_m,
        base_yaw_rad=0.0,
        mode="navigation",
        clock_s=clock_s,
    )


class Feed:
    """Gives records to a view, one step each, with ids as a journal would."""

    def __init__(self, view: View, *, next_id: int = 3) -> None:
        self.view = view
        self.steps: list[Step] = []
        self._next_id = next_id

    def __call__(self, *records: Record, stamp_ns: int | None = None) -> int:
        """Returns the id of the last record."""
        numbered = []
        for record in records:
            numbered.append((self._next_id, record))
            self._next_id += 1
        when_ns = records[0].stamp_ns if stamp_ns is None else stamp_ns  # type: ignore[attr-defined]
        step = Step(len(self.steps) + 1, when_ns, tuple(numbered))
        self.steps.append(step)
        self.view.apply(step)
        return self._next_id - 1


def write_journal(path: Path, records: Iterable[Record]) -> Journal:
    """A journal with a session and a pose, and each record in a commit of its own."""
    journal = Journal.create(path)
    with journal.batch(0) as batch:
        batch.add(
            SessionRecord(
                session_key="told", name="told", source="test", source_format="test",
                world_from_source=np.eye(4), config_json="{}", start_stamp_ns=0,
            )
        )  # fmt: skip
        batch.add(
            PoseRecord(
                session_id=1, stamp_ns=0, sensor="head", world_from_camera=np.eye(4)
            )
        )  # fmt: skip
    for record in records:
        with journal.batch(record.stamp_ns) as batch:  # type: ignore[attr-defined]
            batch.add(record)
    return journal


def replayed(view: View, journal: Journal, until_stamp_ns: int | None = None) -> View:
    for step in read_steps(journal, until_stamp_ns=until_stamp_ns):
        view.apply(step)
    return view
