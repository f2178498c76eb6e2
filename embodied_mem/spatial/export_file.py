"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import InputError


def check_suffix(path: str | os.PathLike[str], suffixes: tuple[str, ...]) -> Path:
    """The path, if it ends in one of `suffixes`.

    Raises:
        InputError: names the suffixes that are possible.
    """
    target = Path(path)
    if target.suffix.lower() not in suffixes:
        raise InputError(
            f"the file must end in {' or '.join(suffixes)}, got '{target.name}'; "
            "rename it or choose another export"
        )
    return target


@contextmanager
def replaced_when_complete(path: Path) -> Iterator[BinaryIO]:
    """A binary file handle; `path` appears (or is replaced) only when the block ends without an error.

    Raises:
        InputError: the place cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; choose a file in a folder that exists, "
            "is writable and has room"
        ) from error
    finally:
        _remove(partial)


def _remove(partial: Path) -> None:
    """Without complaint: after a success, or where the folder is not there, there is nothing."""
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return
