"""The journal: append records in commits, read them back in their total order.

    with journal.batch(stamp_ns) as batch:
        pose_id = batch.add(PoseRecord(...))
        blob_id = batch.add_blob(data, codec="jpeg")
        batch.add(FrameRecord(pose_id=pose_id, color_blob=blob_id, ...))

A batch is one SQLite transaction and one row of the commit log. That row chains a digest over the
digests of its records, so `Journal.digest` identifies the whole content: it depends on neither
wall-clock time, paths nor the machine.
"""

from __future__ import annotations

import heapq
import operator
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import InputError, JournalError
from .commits import COMMIT_COLUMNS, NO_COMMIT, Batch, Commit
from .database import Database, table_of
from .records import (
    INT64_MAX,
    INT64_MIN,
    RECORD_KINDS,
    PoseRecord,
    R,
    Record,
    SessionRecord,
    columns_of,
    record_of,
)

PAGE_ROWS = 512
"""Rows read at a time by the streaming readers."""


class Journal:
    """One memory file. Made by `create`, `open` or `open_or_create`; close it, or use `with`.

    Invariants: record ids are 1, 2, 3 ... without gaps over all kinds, blob ids likewise; a record
    refers only to earlier records; each blob is referred to by a record of its own commit.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._process_id = os.getpid()
        self._has_open_batch = False

    @classmethod
    def create(cls, path: str | Path, *, synchronous: str = "normal") -> Journal:
        """A new journal; refuses a path that exists.

        `synchronous`: 'normal' survives a killed process, 'full' also a power cut.
        """
        if Path(path).exists():
            raise JournalError(f"{path} exists already; open it with Journal.open")
        return cls.open_or_create(path, synchronous=synchronous)

    @classmethod
    def open(
        cls, path: str | Path, *, read_only: bool = False, synchronous: str = "normal"
    ) -> Journal:
        """An existing journal. Any number may read while one writes.

        Raises:
            JournalError: missing, not a journal, from a newer version, or being written already.
            JournalCorruptError: damaged.
        """
        return cls(
            Database(Path(path), is_read_only=read_only, synchronous=synchronous, may_create=False)
        )

    @classmethod
    def open_or_create(cls, path: str | Path, *, synchronous: str = "normal") -> Journal:
        """Open for writing, or create; also finishes a creation that was killed."""
        return cls(
            Database(Path(path), is_read_only=False, synchronous=synchronous, may_create=True)
        )

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        return self.database.path

    # Writing

    def batch(self, stamp_ns: int) -> Batch:
        """Collects what one commit will hold; `stamp_ns` is when the commit is about."""
        if self.database.is_read_only:
            raise JournalError(f"{self.path} is open read-only; open it with read_only=False")
        if self._process_id != os.getpid():
            raise JournalError(f"{self.path} was opened before a fork; open it in this process")
        if not INT64_MIN <= stamp_ns <= INT64_MAX:
            raise InputError(f"stamp_ns must fit 64 bits, got {stamp_ns}")
        return Batch(self, int(stamp_ns))

    # What the journal holds

    @property
    def head(self) -> Commit:
        """The last commit; `NO_COMMIT` if there is none."""
        rows = self.database.rows(
            f"SELECT {COMMIT_COLUMNS} FROM commit_log ORDER BY commit_id DESC LIMIT 1"
        )
        return Commit.from_row(rows[0]) if rows else NO_COMMIT

    def digest(self) -> str:
        """Hex of 16 bytes that identify the whole content."""
        return self.head.digest.hex()

    def commits(self, after_record_id: int = 0) -> Iterator[Commit]:
        """The commits that hold a record after this one, in their order, streamed."""
        rows = self.database.rows(
            "SELECT commit_id FROM commit_log WHERE last_record_id <= ? "
            "ORDER BY commit_id DESC LIMIT 1",
            (after_record_id,),
        )
        before = rows[0][0] if rows else 0
        sql = f"SELECT {COMMIT_COLUMNS} FROM commit_log WHERE commit_id > ? ORDER BY commit_id"
        for page in self.database.pages(sql, (before,), rows=PAGE_ROWS):
            yield from map(Commit.from_row, page)

    def count(self, kind: type[Record]) -> int:
        """How many records of a kind there are."""
        table_of(kind)
        return self.head.record_counts.get(kind.kind, 0)

    def size_bytes(self) -> int:
        """Bytes on disk, with the write-ahead log."""
        wal = self.path.with_name(self.path.name + "-wal")
        return self.path.stat().st_size + (wal.stat().st_size if wal.exists() else 0)

    def stamp_range(self) -> tuple[int, int] | None:
        """The earliest and the latest stamp of all records; None if there are none."""
        parts = [
            f"SELECT (SELECT min({kind.stamp_field}) FROM {table_of(kind)}), "
            f"(SELECT max({kind.stamp_field}) FROM {table_of(kind)})"
            for kind in RECORD_KINDS.values()
        ]
        ranges = self.database.rows(" UNION ALL ".join(parts))
        known = [(low, high) for low, high in ranges if low is not None]
        return (min(k[0] for k in known), max(k[1] for k in known)) if known else None

    def sessions(self) -> list[tuple[int, SessionRecord]]:
        """Every session with its record id, in the order of writing."""
        rows = self.database.rows(f"{_select(SessionRecord)} ORDER BY record_id")
        return [(row[0], record_of(SessionRecord, row[1:])) for row in rows]

    # Reading records

    def get(self, record_id: int) -> Record:
        """The record with this id, whatever its kind.

        Raises:
            JournalError: there is none.
        """
        for kind in RECORD_KINDS.values():
            rows = self.database.rows(f"{_select(kind)} WHERE record_id = ?", (record_id,))
            if rows:
                return record_of(kind, rows[0][1:])
        raise JournalError(f"{self.path} has no record {record_id}")

    def get_as(self, kind: type[R], record_id: int) -> R:
        """The record with this id, which must be of this kind.

        Raises:
            JournalError: there is none of this kind.
        """
        rows = self.database.rows(f"{_select(kind)} WHERE record_id = ?", (record_id,))
        if not rows:
            raise JournalError(f"{self.path} has no {kind.kind} record {record_id}")
        return record_of(kind, rows[0][1:])

    def last(self, kind: type[R]) -> tuple[int, R] | None:
        """The last written record of a kind with its id; None if there is none."""
        rows = self.database.rows(f"{_select(kind)} ORDER BY record_id DESC LIMIT 1")
        return (rows[0][0], record_of(kind, rows[0][1:])) if rows else None

    def entries(
        self,
        after_record_id: int = 0,
        until_stamp_ns: int | None = None,
        kinds: Iterable[type[Record]] | None = None,
        *,
        through_record_id: int | None = None,
    ) -> Iterator[tuple[int, Record]]:
        """Records with their ids in total order, streamed.

        Holds what was committed when it is called; later commits do not appear. `until_stamp_ns`
        leaves out records with a later stamp, `through_record_id` those after it.
        """
        through = self.head.last_record_id
        if through_record_id is not None:
            through = min(through, through_record_id)
        streams = [
            self._stream(kind, after_record_id, through, until_stamp_ns)
            for kind in (RECORD_KINDS.values() if kinds is None else kinds)
        ]
        return heapq.merge(*streams, key=operator.itemgetter(0))

    def _stream(
        self, kind: type[R], after: int, through: int, until_stamp_ns: int | None
    ) -> Iterator[tuple[int, R]]:
        # The plus keeps SQLite from the stamp index, which would mean sorting the whole answer.
        limit = "" if until_stamp_ns is None else f"AND +{kind.stamp_field} <= ? "
        sql = f"{_select(kind)} WHERE record_id > ? AND record_id <= ? {limit}ORDER BY record_id"
        stamp = () if until_stamp_ns is None else (until_stamp_ns,)
        for page in self.database.pages(sql, (after,), (through, *stamp), rows=PAGE_ROWS):
            for row in page:
                yield row[0], record_of(kind, row[1:])

    def between(
        self, kind: type[R], start_stamp_ns: int, end_stamp_ns: int
    ) -> Iterator[tuple[int, R]]:
        """Records of a kind with `start <= stamp <= end`, by stamp, then by id; streamed."""
        stamp = kind.stamp_field
        sql = (
            _select(kind).replace("SELECT", f"SELECT {stamp},", 1)
            + f" WHERE ({stamp}, record_id) > (?, ?) AND {stamp} <= ? ORDER BY {stamp}, record_id"
        )
        key = (start_stamp_ns, 0)
        for page in self.database.pages(sql, key, (end_stamp_ns,), rows=PAGE_ROWS):
            for row in page:
                yield row[1], record_of(kind, row[2:])

    def corrections(self) -> dict[int, int]:
        """For each corrected pose record, the id of its newest version."""
        # The plus keeps SQLite from walking all poses in the order of their ids.
        rows = self.database.rows(
            f"SELECT supersedes, record_id FROM {table_of(PoseRecord)} "
            "WHERE supersedes IS NOT NULL ORDER BY +record_id DESC"
        )
        newest: dict[int, int] = {}
        for old_id, new_id in rows:
            newest.setdefault(old_id, newest.get(new_id, new_id))
        return newest

    # Reading blobs

    def blob(self, blob_id: int) -> bytes:
        """The bytes of a blob.

        Raises:
            JournalError: there is none with this id.
        """
        return self.coded_blob(blob_id)[1]

    def coded_blob(self, blob_id: int) -> tuple[str, bytes]:
        """The codec name and the bytes of a blob."""
        rows = self.database.rows("SELECT codec, data FROM blob WHERE blob_id = ?", (blob_id,))
        if not rows:
            raise JournalError(f"{self.path} has no blob {blob_id}")
        return rows[0][0], rows[0][1]

    def find_blob_digest(self, blob_id: int) -> bytes | None:
        rows = self.database.rows("SELECT digest FROM blob WHERE blob_id = ?", (blob_id,))
        return rows[0][0] if rows else None


def _select(kind: type[Record]) -> str:
    names = ", ".join(column.name for column in columns_of(kind))
    return f"SELECT record_id, {names} FROM {table_of(kind)}"
