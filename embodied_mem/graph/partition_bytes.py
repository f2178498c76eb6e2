"""A partition as bytes, for checkpoints and digests (numpy's npz with JSON inside, no pickle)."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from typing import Any

import numpy as np

from ..errors import InputError
from ..geometry import Box
from .regions import Door, RegionPartition, Room, StoreyGrid

_VERSION = 1


def partition_to_bytes(partition: RegionPartition) -> bytes:
    """Everything in a partition; equal partitions give equal bytes."""
    arrays: dict[str, Any] = {}
    for number, grid in enumerate(partition.storeys):
        arrays[f"labels_{number}"] = grid.labels
        arrays[f"is_wall_{number}"] = grid.is_wall
        arrays[f"is_known_{number}"] = grid.is_known
    for number, room in enumerate(partition.rooms):
        arrays[f"polygon_{number}"] = room.polygon_in_world
    header = {
        "version": _VERSION,
        "revision": partition.revision,
        "next_room_number": partition.next_room_number,
        "rooms": [_plain(room, "polygon_in_world") for room in partition.rooms],
        "doors": [_plain(door) for door in partition.doors],
        "storeys": [_plain(grid, "labels", "is_wall", "is_known") for grid in partition.storeys],
    }
    text = np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, header=text, **arrays)
    return buffer.getvalue()


def partition_from_bytes(data: bytes) -> RegionPartition:
    """The inverse of `partition_to_bytes`.

    Raises:
        InputError: bytes of another kind or version.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            if header["version"] != _VERSION:
                raise InputError(
                    f"stored partition has version {header['version']}, not {_VERSION}"
                )
            storeys = tuple(
                StoreyGrid(
                    **_tuples(row),
                    labels=arrays[f"labels_{number}"],
                    is_wall=arrays[f"is_wall_{number}"],
                    is_known=arrays[f"is_known_{number}"],
                )
                for number, row in enumerate(header["storeys"])
            )
            rooms = tuple(
                Room(
                    **{**_tuples(row), "box": Box(**_tuples(row["box"]))},
                    polygon_in_world=arrays[f"polygon_{number}"],
                )
                for number, row in enumerate(header["rooms"])
            )
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"these bytes hold no partition: {error}") from error
    doors = tuple(Door(**_tuples(row)) for row in header["doors"])
    return RegionPartition(rooms, doors, storeys, header["revision"], header["next_room_number"])


def _plain(item: Room | Door | StoreyGrid, *without: str) -> dict[str, Any]:
    """Fields as JSON holds them, without the arrays."""
    fields = {f.name: getattr(item, f.name) for f in dataclasses.fields(item)}
    return {
        name: dataclasses.asdict(value) if isinstance(value, Box) else value
        for name, value in fields.items()
        if name not in without
    }


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
