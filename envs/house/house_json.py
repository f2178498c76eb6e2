"""A house as JSON and back, exactly: every number comes back as the same bits."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ...errors import InputError
from .world import House

SCHEMA = "embodied_mem.house"
SCHEMA_VERSION = 1

T = TypeVar("T")


def house_to_json(house: House) -> str:
    """One JSON object with the schema's name and version; keys in a fixed order."""
    body = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION, **dataclasses.asdict(house)}
    return json.dumps(body, allow_nan=False, separators=(",", ":"))


def house_from_json(text: str) -> House:
    """The same house.

    Raises:
        InputError: not JSON, another schema or version, an unknown or missing key, a wrong type.
    """
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"a house must be JSON: {error}") from error
    if not isinstance(body, dict) or body.get("schema") != SCHEMA:
        raise InputError(f'a house file must have "schema": "{SCHEMA}"; is it something else?')
    if body.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"this reads version {SCHEMA_VERSION} of a house, got {body.get('schema_version')}; "
            "write it again with the same version of embodied-mem"
        )
    rest = {k: v for k, v in body.items() if k not in ("schema", "schema_version")}
    return _read_dataclass(House, rest, "house")


def _read_dataclass(kind: type[T], value: Any, where: str) -> T:
    if not isinstance(value, dict):
        raise InputError(f"{where} must be an object, got {type(value).__name__}")
    hints = get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in value:
        if key not in fields:
            raise InputError(f"{where} has no key '{key}'; it has {', '.join(fields)}")
    missing = [name for name in fields if name not in value]
    if missing:
        raise InputError(f"{where} lacks {', '.join(missing)}")
    read = {name: _read(hints[name], value[name], f"{where}.{name}") for name in fields}
    return kind(**read)


def _read(hint: Any, value: Any, where: str) -> Any:
    """A JSON value as an annotated type: dataclass, tuple, dict of dataclasses, or a plain value."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _read_dataclass(hint, value, where)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _read_tuple(arguments, value, where)
    if origin is dict:
        if not isinstance(value, dict):
            raise InputError(f"{where} must be an object, got {type(value).__name__}")
        return {k: _read(arguments[1], v, f"{where}.{k}") for k, v in value.items()}
    is_number = hint is float and isinstance(value, int) and not isinstance(value, bool)
    if type(value) is not hint and not is_number:
        raise InputError(f"{where} must be {hint.__name__}, got {type(value).__name__}")
    return value


def _read_tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise InputError(f"{where} must be a list, got {type(value).__name__}")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    if len(arguments) != len(value):
        raise InputError(f"{where} must have {len(arguments)} entries, got {len(value)}")
    pairs = enumerate(zip(arguments, value, strict=True))
    return tuple(_read(hint, item, f"{where}[{k}]") for k, (hint, item) in pairs)
