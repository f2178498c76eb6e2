"""The SQLite file under a journal: its schema, how it is opened, and what its errors mean.

Trap: never open the database file by any other way than SQLite inside a process that has it open.
Closing such a descriptor drops the POSIX locks of every SQLite connection of the process.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError, JournalCorruptError, JournalError
from .lock import WriterLock
from .records import RECORD_KINDS, Record, columns_of

APPLICATION_ID = 0x454D454D
"""'EMEM' in the SQLite header: this file is one of ours."""
SCHEMA_VERSION = 2
SYNCHRONOUS = ("normal", "full")
BUSY_TIMEOUT_S = 5.0
PAGE_BYTES = 8192
"""Measured with 50 KB blobs: 4096 takes a fifth more CPU, 32768 makes small commits slower."""
WAL_LIMIT_BYTES = 64 * 2**20

_APPEND_ONLY = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END;
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END"""

# The data of a blob stands last, so that reading the other columns touches no overflow page.
_BASE_TABLES = """
CREATE TABLE blob (blob_id INTEGER PRIMARY KEY, digest BLOB NOT NULL, codec TEXT NOT NULL,
  byte_count INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE commit_log (commit_id INTEGER PRIMARY KEY, stamp_ns INTEGER NOT NULL,
  first_record_id INTEGER NOT NULL, last_record_id INTEGER NOT NULL,
  last_blob_id INTEGER NOT NULL, counts_json TEXT NOT NULL, digest BLOB NOT NULL);
CREATE TABLE checkpoint (checkpoint_id INTEGER PRIMARY KEY, view_name TEXT NOT NULL,
  view_version INTEGER NOT NULL, config_digest TEXT NOT NULL, through_record_id INTEGER NOT NULL,
  max_stamp_ns INTEGER NOT NULL, state_digest TEXT NOT NULL, codec TEXT NOT NULL,
  data BLOB NOT NULL);
CREATE INDEX checkpoint_by_view
  ON checkpoint (view_name, view_version, config_digest, through_record_id)"""

_DAMAGE_SIGNS = ("malformed", "no such table", "no such column", "Could not decode to UTF-8")
"""In the messages of SQLite and of Python's sqlite3 module."""


def table_of(record_type: type[Record]) -> str:
    """The table that holds a kind of record."""
    kind = getattr(record_type, "kind", None)
    if kind is None or RECORD_KINDS.get(kind) is not record_type:
        known = ", ".join(known_type.__name__ for known_type in RECORD_KINDS.values())
        raise InputError(f"expected a record class ({known}), got {record_type!r}")
    return f"record_{kind}"


def schema_statements() -> list[str]:
    """The SQL that makes an empty journal."""
    tables = ["blob", "commit_log", *map(table_of, RECORD_KINDS.values())]
    statements = _BASE_TABLES.split(";\n")
    for record_type in RECORD_KINDS.values():
        statements += _record_statements(record_type)
    for table in tables:
        statements += _append_only(table)
    return statements


def _append_only(table: str) -> list[str]:
    """The triggers that forbid changes."""
    update_trigger, delete_trigger = _APPEND_ONLY.format(table=table).split("END;")
    return [update_trigger + "END", delete_trigger]


def _record_statements(record_type: type[Record]) -> list[str]:
    table = table_of(record_type)
    columns = ["record_id INTEGER PRIMARY KEY", "digest BLOB NOT NULL"]
    statements = [f"CREATE INDEX {table}_by_stamp ON {table} ({record_type.stamp_field})"]
    for column in columns_of(record_type):
        null = "" if column.is_nullable else " NOT NULL"
        columns.append(f'"{column.name}" {column.sql_type}{null}')
        if column.is_indexed:
            statements.append(
                f"CREATE INDEX {table}_by_{column.name} ON {table} ({column.name}) "
                f"WHERE {column.name} IS NOT NULL"
            )
    return [f"CREATE TABLE {table} ({', '.join(columns)})", *statements]


class Database:
    """One connection to a journal file; a writable one holds the writer lock until `close`.

    Calls from several threads must be serialised by the caller.
    """

    def __init__(
        self, path: Path, *, is_read_only: bool, synchronous: str, may_create: bool
    ) -> None:
        if synchronous not in SYNCHRONOUS:
            raise InputError(f"synchronous must be 'normal' or 'full', got '{synchronous}'")
        self.path = path.resolve()
        self.is_read_only = is_read_only
        if not self.path.is_file() and not may_create:
            raise JournalError(f"there is no journal at {self.path}")
        if not self.path.parent.is_dir():
            raise JournalError(
                f"cannot create {self.path}: the folder {self.path.parent} is missing"
            )
        self._lock = None if is_read_only else WriterLock(self.path)
        self._connection: sqlite3.Connection | None = None
        try:
            if is_read_only:
                self._connect_read_only()
            else:
                self._connect("rwc" if may_create else "rw")
                self._prepare_writing(synchronous, may_create)
        except BaseException:
            self.close()
            raise

    def _connect(self, mode: str) -> None:
        try:
            self._connection = sqlite3.connect(
                f"{self.path.as_uri()}?mode={mode}",
                uri=True,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            # Nothing in a received file may call functions behind our back.
            self._connection.execute("PRAGMA trusted_schema = OFF")
        except sqlite3.Error as error:
            raise self._explained(error) from error
        self._check_schema(may_be_empty=mode == "rwc")

    def _connect_read_only(self) -> None:
        """Read beside a writer; in a folder that we cannot write, read a journal at rest.

        SQLite needs its -shm file for a WAL database. Where it can neither open nor create one and
        there is no -wal file, nobody writes, and `immutable` reads the file as it is.
        """
        try:
            self._connect("ro")
        except JournalCorruptError:
            raise
        except JournalError as error:
            wal = self.path.with_name(self.path.name + "-wal")
            is_at_rest = not wal.exists() or wal.stat().st_size == 0
            if os.access(self.path.parent, os.W_OK) or not isinstance(
                error.__cause__, sqlite3.OperationalError
            ):
                raise
            if not is_at_rest:
                raise JournalError(
                    f"{self.path} was not closed by its writer and its folder is read-only; "
                    f"copy it together with {wal.name} to a writable folder"
                ) from error
            self.close()
            self._connect("ro&immutable=1")
        ((version,),) = self.rows("PRAGMA user_version")
        if version < SCHEMA_VERSION:
            self._stand_in_for_missing()

    def _check_schema(self, *, may_be_empty: bool) -> None:
        ((application_id,),) = self.rows("PRAGMA application_id")
        ((version,),) = self.rows("PRAGMA user_version")
        ((table_count,),) = self.rows("SELECT count(*) FROM sqlite_master")
        if application_id == 0 and version == 0 and table_count == 0:
            if may_be_empty:
                return
            raise JournalError(
                f"{self.path} is empty: its creation was never finished; delete it, or open it for "
                "writing with Journal.open_or_create"
            )
        if application_id != APPLICATION_ID:
            raise JournalError(
                f"{self.path} is an SQLite database, but not a journal of embodied_mem"
            )
        if version > SCHEMA_VERSION:
            raise JournalError(
                f"{self.path} was written by schema {version}, this version reads up to "
                f"{SCHEMA_VERSION}; upgrade embodied-mem"
            )
        if version < 1:
            raise JournalCorruptError(f"{self.path} states schema {version}, expected 1 or more")

    def _prepare_writing(self, synchronous: str, may_create: bool) -> None:
        self.rows(f"PRAGMA page_size = {PAGE_BYTES}")
        ((mode,),) = self.rows("PRAGMA journal_mode = WAL")
        if mode != "wal":
            raise JournalError(
                f"{self.path}: the file system offers no WAL (SQLite says '{mode}'); "
                "use a local disk"
            )
        self.rows(f"PRAGMA synchronous = {synchronous.upper()}")
        self.rows(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
        ((version,),) = self.rows("PRAGMA user_version")
        if may_create and version == 0:
            with self.transaction():
                for statement in schema_statements():
                    self.rows(statement)
                self.rows(f"PRAGMA application_id = {APPLICATION_ID}")
                self.rows(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version < SCHEMA_VERSION:
            with self.transaction():
                for statement in self._missing_statements():
                    self.rows(statement)
                self.rows(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _missing_statements(self) -> list[str]:
        """The SQL that makes a journal of an earlier schema one of ours."""
        statements = []
        for record_type in RECORD_KINDS.values():
            table = table_of(record_type)
            present = self._columns_in_file(table)
            if not present:
                statements += [*_record_statements(record_type), *_append_only(table)]
                continue
            statements += [
                f'ALTER TABLE {table} ADD COLUMN "{column.name}" {column.sql_type}'
                for column in columns_of(record_type)
                if column.name not in present
            ]
        return statements

    def _stand_in_for_missing(self) -> None:
        """Temporary views that give a journal of an earlier schema, open for reading, our columns."""
        for record_type in RECORD_KINDS.values():
            table = table_of(record_type)
            present = self._columns_in_file(table)
            names = ["record_id", "digest", *(column.name for column in columns_of(record_type))]
            columns = [f'"{n}"' if n in present else f'NULL AS "{n}"' for n in names]
            if not present:
                self.rows(f"CREATE TEMP VIEW {table} AS SELECT {', '.join(columns)} WHERE 0")
            elif any(name not in present for name in names):
                self.rows(
                    f"CREATE TEMP VIEW {table} AS SELECT {', '.join(columns)} FROM main.{table}"
                )

    def _columns_in_file(self, table: str) -> set[str]:
        """Empty if there is no such table."""
        return {row[1] for row in self.rows(f"PRAGMA main.table_info({table})")}

    @property
    def connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise JournalError(f"the journal {self.path} is closed; open it again")
        return self._connection

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row of a query, at once: no cursor stays open that would hold back the WAL."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except UnicodeDecodeError as error:
            raise JournalCorruptError(f"{self.path} is damaged: its schema is no text") from error
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def pages(
        self, sql: str, key: Sequence[Any], values: Sequence[Any] = (), *, rows: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """A long answer, `rows` at a time, by a query that takes up after a key.

        Every row begins with its key; the query takes a key, then `values`, and answers in the
        order of keys. A damaged index could answer in circles, which is refused.
        """
        position, width = tuple(key), len(key)
        while page := self.rows(f"{sql} LIMIT {rows}", (*position, *values)):
            keys = [position, *(row[:width] for row in page)]
            if any(later <= earlier for earlier, later in itertools.pairwise(keys)):
                raise JournalCorruptError(f"{self.path} is damaged: an index is out of order")
            yield page
            if len(page) < rows:
                return
            position = keys[-1]

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Append whole rows, in the order of the table's columns."""
        if not rows:
            return
        marks = ", ".join("?" * len(rows[0]))
        try:
            self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        except sqlite3.Error as error:
            raise self._explained(error) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a kill or an exception inside leaves the file as it was.

        Inside another transaction it is a part of that one.
        """
        if self.is_read_only:
            raise JournalError(f"{self.path} is open read-only; open it with read_only=False")
        if self.connection.in_transaction:
            yield
            return
        self.rows("BEGIN IMMEDIATE")
        try:
            yield
            self.rows("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads inside see one state of the file, whatever another process commits meanwhile."""
        self.rows("BEGIN")
        try:
            yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file and give back the writer lock; harmless when repeated."""
        if self._connection is not None:
            if self._lock is not None:
                # So that the one file is whole, even if a reader keeps the -wal file alive.
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("PRAGMA busy_timeout = 200")
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _explained(self, error: sqlite3.Error) -> JournalError:
        """The same error in words that say what to do."""
        text = str(error)
        if "file is not a database" in text:
            return JournalError(f"{self.path} is not a journal: it is no SQLite database")
        if any(sign in text for sign in _DAMAGE_SIGNS):
            return JournalCorruptError(
                f"{self.path} is damaged ({text}); copy what is left with 'sqlite3 ... .recover'"
            )
        if "locked" in text or "busy" in text:
            return JournalError(
                f"{self.path} is locked by another program ({text}); close that program"
            )
        if "UNIQUE constraint" in text:
            return JournalCorruptError(
                f"{self.path}: an id is taken twice ({text}); its commit log lost rows"
            )
        if "full" in text:
            return JournalError(f"cannot append to {self.path} ({text}); free some disk space")
        return JournalError(f"{self.path}: SQLite says '{text}'")
