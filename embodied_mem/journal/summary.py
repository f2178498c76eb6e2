"""What a memory file holds, read from its indexes alone: fast at any size, without the views."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .database import SCHEMA_VERSION, table_of
from .records import FrameRecord, PoseRecord
from .store import Journal


@dataclass(frozen=True)
class SessionSummary:
    """One session of a journal."""

    session_id: int
    name: str
    source: str
    source_format: str
    start_stamp_ns: int
    pose_count: int
    keyframe_count: int


@dataclass(frozen=True)
class JournalSummary:
    """What `embodied-mem info` prints."""

    path: str
    bytes: int
    schema_version: int
    record_counts: dict[str, int]
    first_stamp_ns: int | None
    last_stamp_ns: int | None
    duration_s: float | None
    sessions: tuple[SessionSummary, ...]
    checkpoints: tuple[str, ...]
    """'view@record' of each saved state."""
    config_json: str | None
    """The memory configuration of the last session."""
    digest: str


def summarise(path: str | Path) -> JournalSummary:
    """Open a journal read-only and describe it."""
    with Journal.open(path, read_only=True) as journal:
        stamps = journal.stamp_range()
        sessions = journal.sessions()
        poses = _count_by_session(journal, PoseRecord)
        frames = _count_by_session(journal, FrameRecord)
        checkpoints = journal.database.rows(
            "SELECT view_name, through_record_id FROM checkpoint ORDER BY through_record_id, view_name"
        )
        return JournalSummary(
            path=str(path),
            bytes=journal.size_bytes(),
            schema_version=SCHEMA_VERSION,
            record_counts=dict(journal.head.record_counts),
            first_stamp_ns=stamps[0] if stamps else None,
            last_stamp_ns=stamps[1] if stamps else None,
            duration_s=(stamps[1] - stamps[0]) / 1e9 if stamps else None,
            sessions=tuple(
                SessionSummary(
                    session_id,
                    session.name,
                    session.source,
                    session.source_format,
                    session.start_stamp_ns,
                    poses.get(session_id, 0),
                    frames.get(session_id, 0),
                )
                for session_id, session in sessions
            ),
            checkpoints=tuple(f"{name}@{through}" for name, through in checkpoints),
            config_json=sessions[-1][1].config_json if sessions else None,
            digest=journal.digest(),
        )


def _count_by_session(
    journal: Journal, kind: type[PoseRecord] | type[FrameRecord]
) -> dict[int, int]:
    """Records of a kind per session; needs no table scan while there is one session only."""
    sessions = journal.sessions()
    if len(sessions) == 1:
        return {sessions[0][0]: journal.count(kind)}
    rows = journal.database.rows(
        f"SELECT session_id, count(*) FROM {table_of(kind)} GROUP BY session_id"
    )
    return {int(session_id): int(count) for session_id, count in rows}
