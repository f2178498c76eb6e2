"""Printing: one JSON object, or something for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from ..jsonable import to_jsonable


def positive_int(text: str) -> int:
    """For argparse: a count of one or more."""
    value = int(text)
    if value < 1:
        raise ValueError(f"must be 1 or more, got {value}")
    return value


class ProgressCallback(Protocol):
    def __call__(self, done: int, total: int) -> None: ...


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(to_jsonable(value), indent=2) + "\n")


def print_text(text: str = "") -> None:
    sys.stdout.write(text + "\n")


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table for people; the first column is left-aligned, the others right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@contextmanager
def progress_bar(label: str, *, is_shown: bool) -> Iterator[ProgressCallback | None]:
    """A progress bar on standard error; None where nobody watches."""
    if not is_shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None)

        yield update
