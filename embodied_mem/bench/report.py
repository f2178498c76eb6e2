"""What every benchmark returns: rows to read, and bars that hold or do not."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ingest import versions


@dataclass(frozen=True)
class Bar:
    """One promise with its measurement."""

    name: str
    value: float | None
    """None where it could not be measured (a peer is not installed)."""
    unit: str
    bound: str
    """'<= 2' or '>= 40'."""
    ok: bool


@dataclass(frozen=True)
class Table:
    """Rows for people, in the order of measuring."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class BenchReport:
    """The result of one benchmark; `notes` say what is and is not compared."""

    bench: str
    bars: tuple[Bar, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    settings: dict[str, Any]
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def is_ok(self) -> bool:
        return all(bar.ok for bar in self.bars)


def at_most(name: str, value: float | None, bound: float, unit: str) -> Bar:
    return Bar(name, _rounded(value), unit, f"<= {bound:g}", value is not None and value <= bound)


def at_least(name: str, value: float | None, bound: float, unit: str) -> Bar:
    return Bar(name, _rounded(value), unit, f">= {bound:g}", value is not None and value >= bound)


def cpu_ms(work: Callable[[], object]) -> float:
    """CPU milliseconds of the whole process (all threads) for one call."""
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / 1e6


def median_cpu_ms(work: Callable[[], object], *, repeats: int) -> float:
    """Median CPU milliseconds over `repeats` calls after one that is not counted."""
    work()
    gc.collect()
    return float(np.median([cpu_ms(work) for _ in range(repeats)]))


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
