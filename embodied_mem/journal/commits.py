"""One commit: what it adds, how it is chained to the one before, and the batch that makes it."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import InputError, JournalCorruptError, JournalError
from .database import table_of
from .records import (
    DIGEST_BYTES,
    Record,
    Value,
    blob_ids_of,
    columns_of,
    content_digest,
    is_digest,
    record_digest,
    row_of,
)

if TYPE_CHECKING:
    from .store import Journal


@dataclass(frozen=True)
class Commit:
    """One row of the commit log, and the state of the journal after it."""

    commit_id: int
    stamp_ns: int
    first_record_id: int
    last_record_id: int
    last_blob_id: int
    record_counts: dict[str, int]
    """Records of each kind up to and including this commit."""
    digest: bytes

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Commit:
        """A commit as the log holds it.

        Raises:
            JournalCorruptError: values of the wrong type.
        """
        commit_id, stamp_ns, first_id, last_id, last_blob_id, counts_json, digest = row
        numbers = (commit_id, stamp_ns, first_id, last_id, last_blob_id)
        try:
            counts = dict(json.loads(str(counts_json)))
        except (TypeError, ValueError):
            counts = None
        is_whole = all(isinstance(number, int) for number in numbers)
        if counts is None or not is_whole or not is_digest(digest):
            raise JournalCorruptError(f"commit {row[0]} is unreadable: {row}")
        return cls(commit_id, stamp_ns, first_id, last_id, last_blob_id, counts, digest)

    def row(self) -> tuple[Value, ...]:
        return (
            self.commit_id,
            self.stamp_ns,
            self.first_record_id,
            self.last_record_id,
            self.last_blob_id,
            json.dumps(self.record_counts, sort_keys=True),
            self.digest,
        )


COMMIT_COLUMNS = (
    "commit_id, stamp_ns, first_record_id, last_record_id, last_blob_id, counts_json, digest"
)
NO_COMMIT = Commit(0, 0, 1, 0, 0, {}, bytes(DIGEST_BYTES))
"""The state of an empty journal."""


def chain_digest(
    previous: bytes, stamp_ns: int, first_record_id: int, record_digests: Iterable[bytes]
) -> bytes:
    """The digest of a commit, from the one before it and the records it adds."""
    chain = hashlib.blake2b(previous, digest_size=DIGEST_BYTES)
    chain.update(struct.pack("<qq", stamp_ns, first_record_id))
    for digest in record_digests:
        chain.update(digest)
    return chain.digest()


class Batch:
    """What one commit will hold. Ids are final at once; nothing is visible before the commit."""

    def __init__(self, journal: Journal, stamp_ns: int) -> None:
        self._journal = journal
        self._stamp_ns = stamp_ns
        self._rows: dict[type[Record], list[tuple[Value, ...]]] = {}
        self._record_digests: list[bytes] = []
        self._blob_rows: list[tuple[Value, ...]] = []
        self._blob_digests: dict[int, bytes] = {}
        self._unused_blobs: set[int] = set()

    def __enter__(self) -> Batch:
        if self._journal._has_open_batch:
            raise JournalError("a batch is open already; end it first, batches do not nest")
        self._journal._has_open_batch = True
        self._base = self._journal.head
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._journal._has_open_batch = False
        if error_type is None:
            self._commit()

    def add_blob(self, data: bytes, *, codec: str) -> int:
        """Keep bytes; a record of this batch must refer to the returned blob id."""
        if not isinstance(data, bytes):
            raise InputError(f"a blob must be bytes, got {type(data).__name__}")
        blob_id = self._base.last_blob_id + len(self._blob_rows) + 1
        digest = content_digest(data)
        self._blob_rows.append((blob_id, digest, codec, len(data), data))
        self._blob_digests[blob_id] = digest
        self._unused_blobs.add(blob_id)
        return blob_id

    def add(self, record: Record) -> int:
        """Append a record; returns its id.

        Raises:
            InputError: a value that cannot be stored, or a reference to what does not exist yet.
        """
        kind = type(record)
        table_of(kind)
        record_id = self._base.last_record_id + len(self._record_digests) + 1
        row = row_of(record)
        for column, value in zip(columns_of(kind), row, strict=True):
            is_record = column.refers_to not in (None, "blob") and value is not None
            if is_record and not 1 <= int(value or 0) < record_id:
                raise InputError(
                    f"{kind.kind}.{column.name} must name an earlier record than {record_id}, "
                    f"got {value!r}"
                )
        blob_ids = blob_ids_of(record)
        digest = record_digest(kind.kind, row, [self._blob_digest(b) for b in blob_ids])
        self._unused_blobs.difference_update(blob_ids)
        self._rows.setdefault(kind, []).append((record_id, digest, *row))
        self._record_digests.append(digest)
        return record_id

    def _blob_digest(self, blob_id: int) -> bytes:
        digest = self._blob_digests.get(blob_id) or self._journal.find_blob_digest(blob_id)
        if digest is None:
            raise InputError(f"there is no blob {blob_id}; add it first with batch.add_blob")
        return digest

    def _commit(self) -> None:
        if self._unused_blobs:
            raise InputError(
                f"no record of this batch refers to the blobs {sorted(self._unused_blobs)}; "
                "they would be out of reach"
            )
        if not self._record_digests:
            return
        base = self._base
        counts = dict(base.record_counts)
        for kind, rows in self._rows.items():
            counts[kind.kind] = counts.get(kind.kind, 0) + len(rows)
        first = base.last_record_id + 1
        commit = Commit(
            commit_id=base.commit_id + 1,
            stamp_ns=self._stamp_ns,
            first_record_id=first,
            last_record_id=base.last_record_id + len(self._record_digests),
            last_blob_id=base.last_blob_id + len(self._blob_rows),
            record_counts=counts,
            digest=chain_digest(base.digest, self._stamp_ns, first, self._record_digests),
        )
        database = self._journal.database
        with database.transaction():
            database.insert("blob", self._blob_rows)
            for kind, rows in self._rows.items():
                database.insert(table_of(kind), rows)
            database.insert("commit_log", [commit.row()])
