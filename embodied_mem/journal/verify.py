"""Does a journal hold what was written? Every digest, id and reference, streamed."""

from __future__ import annotations

import heapq
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..errors import JournalCorruptError
from .commits import COMMIT_COLUMNS, NO_COMMIT, Commit, chain_digest
from .database import table_of
from .records import (
    DIGEST_BYTES,
    RECORD_KINDS,
    Column,
    Record,
    columns_of,
    content_digest,
    format_record_id,
    is_digest,
    record_digest,
)
from .store import PAGE_ROWS, Journal

MAX_PROBLEMS = 100
MAX_MISSING = 1_000_000
"""Missing ids up to which checking goes on."""
Progress: TypeAlias = Callable[[int, int], None]
"""Called with (done, total), counted in records and blobs."""
_MISSING = bytes(DIGEST_BYTES)


@dataclass(frozen=True)
class VerifyReport:
    """What was checked and what is wrong: `MAX_PROBLEMS` sentences, then how many more."""

    record_count: int
    blob_count: int
    problems: tuple[str, ...]

    @property
    def is_ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class _Stored:
    """A record as it lies in its table."""

    record_id: int
    record_type: type[Record]
    digest: bytes
    row: tuple[Any, ...]

    @property
    def name(self) -> str:
        return format_record_id(self.record_type.kind, self.record_id)


def verify_journal(journal: Journal, *, progress: Progress | None = None) -> VerifyReport:
    """Check SQLite's pages, every blob, every record, all references and the commit chain.

    Cutting off the newest commits leaves a journal that is whole; only a digest noted elsewhere
    (`Journal.digest`) can tell.
    """
    return _Verifier(journal, progress).run()


class _Verifier:
    """One pass over blobs, then one over records and commits side by side."""

    def __init__(self, journal: Journal, progress: Progress | None) -> None:
        self._journal = journal
        self._progress = progress
        self._problems: list[str] = []
        self._hidden_count = 0
        self._done = 0
        self._total = 0
        self._record_count = 0
        self._blob_count = 0
        self._blob_digests = bytearray()
        """Of blob n at [16 (n - 1), 16 n): as recomputed from its data; zeros if missing."""
        self._used_blobs = bytearray()
        self._bad_blobs: set[int] = set()
        self._kinds: list[type[Record]] = list(RECORD_KINDS.values())
        self._kind_of = bytearray(1)
        """At each record id, 1 + the place of its kind; 0 if missing."""

    def run(self) -> VerifyReport:
        try:
            with self._journal.database.snapshot():
                self._check_pages()
                if not self._problems:
                    self._count()
                    self._check_blobs()
                    self._check_records_and_commits()
        except JournalCorruptError as error:
            self._problem(str(error))
        problems = self._problems
        if self._hidden_count:
            problems.append(f"... and {self._hidden_count} more")
        return VerifyReport(self._record_count, self._blob_count, tuple(problems))

    def _problem(self, text: str) -> None:
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(text)
        else:
            self._hidden_count += 1

    def _step(self) -> None:
        self._done += 1
        if self._progress is not None and (self._done % 1000 == 0 or self._done == self._total):
            self._progress(self._done, self._total)

    def _check_pages(self) -> None:
        for (text,) in self._journal.database.rows("PRAGMA integrity_check(20)"):
            if text != "ok":
                self._problem(f"SQLite: {text}")
        if self._problems:
            self._problem("the file's structure is broken: its records were not checked")

    def _count(self) -> None:
        tables = ["blob", *map(table_of, self._kinds)]
        for table in tables:
            self._total += self._journal.database.rows(f"SELECT count(*) FROM {table}")[0][0]

    def _check_blobs(self) -> None:
        expected_id = 1
        for blob_id, digest, byte_count, data in self._blobs():
            self._check_jump("blob", blob_id)
            self._blob_digests.extend(_MISSING * (blob_id - expected_id))
            is_whole = isinstance(data, bytes) and len(data) == byte_count
            if not is_whole or content_digest(data) != digest:
                self._bad_blobs.add(blob_id)
            self._blob_digests.extend(digest if is_digest(digest) else _MISSING)
            expected_id = blob_id + 1
            self._blob_count += 1
            self._step()
        self._used_blobs = bytearray(expected_id)

    def _blobs(self) -> Iterator[tuple[int, bytes, int, bytes]]:
        """One blob at a time; they can be large."""
        sql = (
            "SELECT blob_id, digest, byte_count, data FROM blob WHERE blob_id > ? ORDER BY blob_id"
        )
        for (row,) in self._journal.database.pages(sql, (0,), rows=1):
            yield row  # type: ignore[misc]

    def _records(self) -> Iterator[_Stored]:
        streams = [self._records_of(kind) for kind in self._kinds]
        return heapq.merge(*streams, key=operator.attrgetter("record_id"))

    def _records_of(self, kind: type[Record]) -> Iterator[_Stored]:
        names = ", ".join(column.name for column in columns_of(kind))
        sql = (
            f"SELECT record_id, digest, {names} FROM {table_of(kind)} WHERE record_id > ? "
            "ORDER BY record_id"
        )
        for page in self._journal.database.pages(sql, (0,), rows=PAGE_ROWS):
            for row in page:
                yield _Stored(row[0], kind, row[1], row[2:])

    def _commits(self) -> Iterator[Commit]:
        sql = f"SELECT {COMMIT_COLUMNS} FROM commit_log WHERE commit_id > ? ORDER BY commit_id"
        for page in self._journal.database.pages(sql, (0,), rows=PAGE_ROWS):
            yield from map(Commit.from_row, page)

    def _check_records_and_commits(self) -> None:
        records = self._records()
        record = next(records, None)
        counts: dict[str, int] = {}
        previous = NO_COMMIT
        for commit in self._commits():
            digests = []
            while record is not None and record.record_id <= commit.last_record_id:
                self._check_record(record)
                counts[record.record_type.kind] = counts.get(record.record_type.kind, 0) + 1
                digests.append(record.digest if is_digest(record.digest) else _MISSING)
                record = next(records, None)
            self._check_missing(commit.last_record_id)
            self._check_commit(commit, previous, counts, digests)
            previous = commit
        if record is not None:
            self._problem(f"{record.name} and what follows it belong to no commit")
        if len(self._used_blobs) - 1 != previous.last_blob_id:
            self._problem(
                f"the commit log counts {previous.last_blob_id} blobs, "
                f"the last one is {len(self._used_blobs) - 1}"
            )
        for blob_id in range(1, len(self._used_blobs)):
            if not self._used_blobs[blob_id]:
                self._problem(f"blob {blob_id} is referred to by no record")

    def _check_record(self, record: _Stored) -> None:
        self._check_missing(record.record_id - 1)
        if record.record_id < len(self._kind_of):
            self._problem(f"{record.name}: its id is taken by another kind too")
        else:
            self._kind_of.append(1 + self._kinds.index(record.record_type))
        blob_digests = []
        for column, value in zip(columns_of(record.record_type), record.row, strict=True):
            if column.refers_to == "blob" and value is not None:
                blob_digests.append(self._checked_blob(record, column, value))
            elif column.refers_to is not None and value is not None:
                self._check_reference(record, column, value)
        if record_digest(record.record_type.kind, record.row, blob_digests) != record.digest:
            self._problem(f"{record.name}: its content does not match its digest")
        self._record_count += 1
        self._step()

    def _check_jump(self, kind: str, number: int) -> None:
        """A damaged id may be huge; what is kept for each id must stay in proportion."""
        if number > self._total + MAX_MISSING:
            raise JournalCorruptError(f"the ids jump to {kind} {number}; the rest was not checked")

    def _check_missing(self, through_record_id: int) -> None:
        first, count = len(self._kind_of), through_record_id + 1 - len(self._kind_of)
        if count <= 0:
            return
        self._check_jump("record", through_record_id)
        span = f"record {first}" if count == 1 else f"records {first}..{through_record_id}"
        self._problem(f"{span} of the commit log cannot be found in any table")
        self._kind_of.extend(bytes(count))

    def _checked_blob(self, record: _Stored, column: Column, blob_id: Any) -> bytes:
        """The digest of a blob that a record refers to, zeros if there is none."""
        is_known = isinstance(blob_id, int) and 1 <= blob_id < len(self._used_blobs)
        digest = _MISSING
        if is_known:
            start = DIGEST_BYTES * (blob_id - 1)
            digest = bytes(self._blob_digests[start : start + DIGEST_BYTES])
        if digest == _MISSING:
            self._problem(f"{record.name}: its {column.name} {blob_id} is missing")
            return digest
        self._used_blobs[blob_id] = 1
        if blob_id in self._bad_blobs:
            self._problem(f"{record.name}: its {column.name} {blob_id} does not match its digest")
        return digest

    def _check_reference(self, record: _Stored, column: Column, target_id: Any) -> None:
        is_earlier = isinstance(target_id, int) and 1 <= target_id < record.record_id
        place = self._kind_of[target_id] if is_earlier else 0
        if place == 0:
            self._problem(f"{record.name}: its {column.name} {target_id} names no earlier record")
        elif column.refers_to not in ("any", self._kinds[place - 1].kind):
            self._problem(
                f"{record.name}: its {column.name} {target_id} is a "
                f"{self._kinds[place - 1].kind}, expected a {column.refers_to}"
            )

    def _check_commit(
        self, commit: Commit, previous: Commit, counts: dict[str, int], digests: list[bytes]
    ) -> None:
        name = f"commit {commit.commit_id}"
        span = f"records {commit.first_record_id}..{commit.last_record_id}"
        if commit.commit_id != previous.commit_id + 1:
            self._problem(f"{name}: the commit before it is missing")
        elif commit.first_record_id != previous.last_record_id + 1:
            self._problem(f"{name}: its {span} do not follow {previous.last_record_id}")
        first_id = commit.first_record_id
        if chain_digest(previous.digest, commit.stamp_ns, first_id, digests) != commit.digest:
            self._problem(f"{name}: its {span} do not match its digest")
        if commit.record_counts != counts:
            self._problem(f"{name}: its record counts do not match the tables")
