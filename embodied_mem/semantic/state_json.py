"""The state of a view as canonical JSON bytes: equal states give equal bytes."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def pack(state: dict[str, Any]) -> bytes:
    """Keys sorted; floats round-trip exactly."""
    return json.dumps(
        state, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":")
    ).encode()


def unpack(data: bytes, names: Sequence[str]) -> dict[str, Any]:
    """The inverse of `pack`.

    Raises:
        ValueError: other bytes, or other names than those expected.
    """
    state = json.loads(data)
    if not isinstance(state, dict) or set(state) != set(names):
        raise ValueError(f"a saved state with {', '.join(names)} is expected")
    return state


def rows_of(items: Sequence[Any]) -> list[list[Any]]:
    """One list of plain values for each dataclass."""
    return [[getattr(item, f.name) for f in dataclasses.fields(item)] for item in items]


def items_of(item_type: type[T], rows: object) -> list[T]:
    """The inverse of `rows_of`.

    Raises:
        ValueError: rows of another form.
    """
    if not isinstance(rows, list):
        raise ValueError(f"a list of {item_type.__name__} is expected")
    count = len(dataclasses.fields(typing.cast("Any", item_type)))
    items = []
    for row in rows:
        if not isinstance(row, list) or len(row) != count:
            raise ValueError(f"{item_type.__name__} has {count} values, got {row!r}")
        items.append(item_type(*map(_as_tuples, row)))
    return items


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value
