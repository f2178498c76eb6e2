"""One writer a journal: a lock that vanishes with its process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from ..errors import JournalError

_held: dict[Path, int] = {}
"""Locks of this process and the process id that took them (a forked child holds none)."""


class WriterLock:
    """Held from construction to `release`.

    The lock is a POSIX record lock on a file beside the journal. It is not on the journal itself,
    because closing any descriptor of a file drops all POSIX locks that the process has on it, and
    SQLite keeps its own there. POSIX locks do not pass to forked children, and the kernel frees
    them when a process dies; they do not exclude the same process, so `_held` does.
    """

    def __init__(self, journal_path: Path) -> None:
        self.journal_path = journal_path
        self._lock_path = journal_path.with_name(journal_path.name + "-lock")
        if _held.get(journal_path) == os.getpid():
            raise self._refusal("this process")
        self._descriptor = self._take()
        _held[journal_path] = os.getpid()

    def _take(self) -> int:
        while True:
            try:
                descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o644)
            except OSError as error:
                raise JournalError(
                    f"cannot write beside {self.journal_path} ({error.strerror}); "
                    "open it with read_only=True, or make its folder writable"
                ) from error
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise self._refusal(f"process {holder}" if holder else "a process") from error
            if self._is_current(descriptor):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
                return descriptor
            os.close(descriptor)

    def _is_current(self, descriptor: int) -> bool:
        """False when the file was removed by its last holder between our open and our lock."""
        try:
            return os.fstat(descriptor).st_ino == self._lock_path.stat().st_ino
        except FileNotFoundError:
            return False

    def _refusal(self, holder: str) -> JournalError:
        return JournalError(
            f"{self.journal_path} is being written by {holder}; a journal has one writer at a "
            "time: close that one, or open this one with read_only=True"
        )

    def release(self) -> None:
        """Give the lock back; does nothing in a forked child, which does not hold it."""
        if _held.get(self.journal_path) != os.getpid():
            return
        with contextlib.suppress(OSError):
            self._lock_path.unlink()
        os.close(self._descriptor)
        del _held[self.journal_path]
