"""The kinds of record that a journal holds: one frozen dataclass each.

A table is derived from a dataclass: int -> INTEGER, float -> REAL, str -> TEXT, array -> BLOB (its
exact little-endian bytes), `| None` -> nullable. Adding a kind means adding one dataclass here,
listing it in `RECORD_KINDS` and bumping `database.SCHEMA_VERSION`; a column added to a kind stands
last, is nullable and carries the schema that brought it (`since`).

Every record gets a `record_id` from one counter over all kinds: the total order of the journal.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import struct
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, JournalCorruptError
from ..geometry import CameraIntrinsics, Transform

DIGEST_BYTES = 16
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

Value: TypeAlias = int | float | str | bytes | None
"""What a column can hold."""

FloatArray: TypeAlias = NDArray[np.floating[Any]]
ByteArray: TypeAlias = NDArray[np.uint8]

_TRANSFORM = {"shape": (4, 4)}
_POINT = {"shape": (3,)}
_SESSION = {"refers_to": "session"}
_POSE = {"refers_to": "pose"}
_OLDER_POSE = {"refers_to": "pose", "is_indexed": True}
_ANY_RECORD = {"refers_to": "any", "is_indexed": True}
_BLOB = {"refers_to": "blob"}
_REPORT = {"refers_to": "report", "is_indexed": True}
_OLDER_FACT = {"refers_to": "fact", "is_indexed": True}
_OLDER_CASE = {"refers_to": "case", "is_indexed": True}
_SINCE_2 = {"since": 2}
DETECTION_POINTS = 12
APPEARANCE_SIZE = 64


@dataclass(frozen=True, eq=False, kw_only=True)
class Record:
    """What every kind shares. Two records are equal when every stored value is."""

    kind: ClassVar[str]
    stamp_field: ClassVar[str] = "stamp_ns"
    """The field that says when, integer nanoseconds."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and row_of(self) == row_of(other)

    def __hash__(self) -> int:
        return hash((self.kind, row_of(self)))


@dataclass(frozen=True, eq=False, kw_only=True)
class SessionRecord(Record):
    """One stretch of experience from one source: a run of a robot, an episode, a recording."""

    kind: ClassVar[str] = "session"
    stamp_field: ClassVar[str] = "start_stamp_ns"

    session_key: str
    """Names the session apart from this file (the same recording has the same key anywhere)."""
    name: str
    source: str
    source_format: str
    sensor_note: str = ""
    world_from_source: Transform = field(metadata=_TRANSFORM)
    config_json: str
    start_stamp_ns: int


@dataclass(frozen=True, eq=False, kw_only=True)
class PoseRecord(Record):
    """Where a sensor was. A correction is a new record that names the pose it replaces."""

    kind: ClassVar[str] = "pose"

    session_id: int = field(metadata=_SESSION)
    stamp_ns: int
    sensor: str
    world_from_camera: Transform = field(metadata=_TRANSFORM)
    source_index: int | None = None
    supersedes: int | None = field(default=None, metadata=_OLDER_POSE)


@dataclass(frozen=True, eq=False, kw_only=True)
class FrameRecord(Record):
    """A keyframe: an image with its pose, intrinsics and pixels."""

    kind: ClassVar[str] = "frame"

    session_id: int = field(metadata=_SESSION)
    pose_id: int = field(metadata=_POSE)
    stamp_ns: int
    sensor: str
    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    color_blob: int | None = field(default=None, metadata=_BLOB)
    depth_blob: int | None = field(default=None, metadata=_BLOB)
    depth_unit_m: float = 0.001
    keyframe_reason: str = ""

    @property
    def intrinsics(self) -> CameraIntrinsics:
        return CameraIntrinsics(
            self.width_px, self.height_px, self.fx_px, self.fy_px, self.cx_px, self.cy_px
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class DetectionRecord(Record):
    """One object instance reported in one image."""

    kind: ClassVar[str] = "detection"

    session_id: int = field(metadata=_SESSION)
    pose_id: int = field(metadata=_POSE)
    stamp_ns: int
    label: str
    confidence: float
    box_x_min_px: float
    box_y_min_px: float
    box_x_max_px: float
    box_y_max_px: float
    mask_blob: int | None = field(default=None, metadata=_BLOB)
    embedding_blob: int | None = field(default=None, metadata=_BLOB)
    instance_id: str | None = None
    centroid_in_world: FloatArray | None = field(default=None, metadata=_POINT | {"since": 2})
    """(3,) mean of the seen points, with the camera where `pose_id` says; None without depth."""
    box_in_world: FloatArray | None = field(default=None, metadata={"shape": (2, 3), "since": 2})
    """Least and greatest corner of the seen points along the world's axes."""
    oriented_box: FloatArray | None = field(default=None, metadata={"shape": (7,), "since": 2})
    """Centre x, y, z, length, width, height and yaw of the length."""
    points_in_world: FloatArray | None = field(
        default=None, metadata={"shape": (DETECTION_POINTS, 3), "dtype": "<f4", "since": 2}
    )
    """Points of the seen surface, spread over it; the last one repeated if there are fewer."""
    mean_color: ByteArray | None = field(
        default=None, metadata={"shape": (3,), "dtype": "u1", "since": 2}
    )
    """RGB."""
    appearance: ByteArray | None = field(
        default=None, metadata={"shape": (APPEARANCE_SIZE,), "dtype": "u1", "since": 2}
    )
    """`LocatedDetection.appearance` times 255."""
    mean_depth_m: float | None = field(default=None, metadata=_SINCE_2)
    pixel_share: float | None = field(default=None, metadata=_SINCE_2)
    border_share: float | None = field(default=None, metadata=_SINCE_2)
    hidden_share: float | None = field(default=None, metadata=_SINCE_2)
    mask_quality: float | None = field(default=None, metadata=_SINCE_2)

    @property
    def is_located(self) -> bool:
        return self.centroid_in_world is not None


@dataclass(frozen=True, eq=False, kw_only=True)
class LookRecord(Record):
    """Rays through a place that memory asked about: is what stood there still there?

    A measurement like a detection: it names the place, not what was believed to be there. Shares are of
    the rays that ended or passed: through the place, on it, or before it.
    """

    kind: ClassVar[str] = "look"

    session_id: int = field(metadata=_SESSION)
    pose_id: int = field(metadata=_POSE)
    stamp_ns: int
    point_in_world: FloatArray = field(metadata=_POINT)
    """(3,) the middle of the place."""
    radius_m: float
    ray_count: int
    through_share: float
    hit_share: float
    occluded_share: float


@dataclass(frozen=True, eq=False, kw_only=True)
class RobotRecord(Record):
    """What the robot said about itself with an observation."""

    kind: ClassVar[str] = "robot"

    session_id: int = field(metadata=_SESSION)
    pose_id: int = field(metadata=_POSE)
    stamp_ns: int
    base_x_m: float
    base_y_m: float
    base_yaw_rad: float
    mode: str
    held_label: str | None = None
    is_blocked: int = 0
    clock_s: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class UtteranceRecord(Record):
    """What somebody said within hearing."""

    kind: ClassVar[str] = "utterance"

    session_id: int = field(metadata=_SESSION)
    stamp_ns: int
    speaker: str
    text: str


@dataclass(frozen=True, eq=False, kw_only=True)
class EventRecord(Record):
    """Something that an executor, a person or an annotator reports: a goal, a sub-goal, an action.

    What the memory itself concludes from detections is a view and is not recorded: those are the
    'event:7' of answers, these the 'report:7' of their evidence.
    """

    kind: ClassVar[str] = "report"

    session_id: int = field(metadata=_SESSION)
    stamp_ns: int
    """Of its start."""
    end_stamp_ns: int
    level: str
    """'goal', 'subgoal' or 'action'."""
    action: str
    """'pick', 'place', 'open', 'close', 'turn_on', 'turn_off', 'navigate' ...; '' for goals."""
    actor: str = "robot"
    target: str = ""
    """An entity id, or words."""
    text: str = ""
    outcome: str = ""
    """'success', 'failure', 'open' (not ended yet) or ''."""
    parent_id: int | None = field(default=None, metadata=_REPORT)
    confidence: float = 1.0
    source: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class FactRecord(Record):
    """Something held to be true. Bitemporal: valid from `valid_from_ns`, recorded at `stamp_ns`."""

    kind: ClassVar[str] = "fact"

    stamp_ns: int
    """When it was recorded."""
    subject: str
    relation: str
    object: str
    is_negated: int = 0
    confidence: float = 1.0
    speaker: str = ""
    """Who said so; '' if nobody did."""
    valid_from_ns: int
    valid_until_ns: int | None = None
    supersedes: int | None = field(default=None, metadata=_OLDER_FACT)
    source_id: int | None = field(default=None, metadata=_ANY_RECORD)
    """The record that it was read from."""
    note: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class CaseRecord(Record):
    """An experience: a situation, what was done and how it went."""

    kind: ClassVar[str] = "case"

    stamp_ns: int
    situation: str
    plan: str
    outcome: str
    utility: float
    """-1 (harmful) to 1 (a success)."""
    updates: int | None = field(default=None, metadata=_OLDER_CASE)
    """An earlier case whose utility this one revises."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TombstoneRecord(Record):
    """A record that no longer counts, and why. The record itself stays in its place."""

    kind: ClassVar[str] = "tombstone"

    stamp_ns: int
    target_record_id: int = field(metadata=_ANY_RECORD)
    reason: str


R = TypeVar("R", bound=Record)

RECORD_KINDS: Mapping[str, type[Record]] = {
    record_type.kind: record_type
    for record_type in (
        SessionRecord,
        PoseRecord,
        FrameRecord,
        DetectionRecord,
        TombstoneRecord,
        LookRecord,
        RobotRecord,
        UtteranceRecord,
        EventRecord,
        FactRecord,
        CaseRecord,
    )
}


@dataclass(frozen=True)
class Column:
    """One field of a record kind as SQLite stores it."""

    name: str
    sql_type: str
    value_type: type
    is_nullable: bool
    shape: tuple[int, ...] | None
    """Shape of an array field."""
    dtype: str
    """Of an array field, as NumPy spells it."""
    refers_to: str | None
    """The kind of record that the id names, 'any', 'blob', or None."""
    is_indexed: bool
    since: int
    """The schema that brought it."""


_SQL_TYPES: dict[type, str] = {int: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}


_columns: dict[type, tuple[Column, ...]] = {}


def columns_of(record_type: type[Record]) -> tuple[Column, ...]:
    """The columns of a record kind in the order of its fields."""
    columns = _columns.get(record_type)
    if columns is None:
        hints = typing.get_type_hints(record_type)
        columns = tuple(_column(item, hints[item.name]) for item in dataclasses.fields(record_type))
        _columns[record_type] = columns
    return columns


def _column(item: dataclasses.Field[Any], hint: Any) -> Column:
    is_nullable = types.NoneType in typing.get_args(hint)
    if is_nullable:
        (hint,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
    shape = item.metadata.get("shape")
    value_type: type = bytes if shape else hint
    return Column(
        name=item.name,
        sql_type=_SQL_TYPES[value_type],
        value_type=value_type,
        is_nullable=is_nullable,
        shape=shape,
        dtype=item.metadata.get("dtype", "<f8"),
        refers_to=item.metadata.get("refers_to"),
        is_indexed=item.metadata.get("is_indexed", False),
        since=item.metadata.get("since", 1),
    )


def stamp_of(record: Record) -> int:
    """When the record is about, integer nanoseconds."""
    return int(getattr(record, record.stamp_field))


def row_of(record: Record) -> tuple[Value, ...]:
    """The values to store, checked.

    Raises:
        InputError: a value that its column cannot hold exactly; names kind and field.
    """
    return tuple(
        _stored_value(record.kind, column, getattr(record, column.name))
        for column in columns_of(type(record))
    )


def record_of(record_type: type[R], row: Sequence[Value]) -> R:
    """The inverse of `row_of`.

    Raises:
        JournalCorruptError: a value that its column never held.
    """
    values: dict[str, Any] = {}
    for column, value in zip(columns_of(record_type), row, strict=True):
        if not isinstance(value, column.value_type) and not (value is None and column.is_nullable):
            raise JournalCorruptError(
                f"{record_type.kind}.{column.name} should be stored as {column.sql_type}, "
                f"got {value!r}"
            )
        is_array = column.shape is not None and value is not None
        values[column.name] = _array(column, value) if is_array else value
    return record_type(**values)


def _stored_value(kind: str, column: Column, value: Any) -> Value:
    name = f"{kind}.{column.name}"
    if value is None:
        if column.is_nullable:
            return None
        raise InputError(f"{name} must not be None")
    if column.shape is not None:
        return _array_bytes(name, column, value)
    if column.value_type is float:
        number = float(value)
        # SQLite stores NaN as NULL and -0.0 as 0; a value must come back as it went in.
        if not np.isfinite(number):
            raise InputError(f"{name} must be finite, got {number}")
        return number + 0.0
    if column.value_type is int:
        if not isinstance(value, int | np.integer) or not INT64_MIN <= int(value) <= INT64_MAX:
            raise InputError(f"{name} must be an integer of 64 bits, got {value!r}")
        return int(value)
    if not isinstance(value, str):
        raise InputError(f"{name} must be text, got {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{name} must be valid Unicode, got {value!r}") from error
    return value


def _array_bytes(name: str, column: Column, value: Any) -> bytes:
    array = np.asarray(value, "<f8" if column.dtype == "<f8" else None)
    if array.dtype != np.dtype(column.dtype):
        raise InputError(f"{name} must be {column.dtype}, got {array.dtype}; convert it first")
    if array.shape != column.shape or not np.isfinite(array).all():
        raise InputError(
            f"{name} must be {column.shape} finite {_DTYPE_NAMES[column.dtype]}, got "
            f"{array.shape}:\n{array}"
        )
    return array.tobytes()


_DTYPE_NAMES = {"<f8": "float64", "<f4": "float32", "u1": "uint8"}


def _array(column: Column, value: Value) -> NDArray[Any]:
    shape = typing.cast("tuple[int, ...]", column.shape)
    dtype = np.dtype(column.dtype)
    if not isinstance(value, bytes) or len(value) != dtype.itemsize * int(np.prod(shape)):
        raise JournalCorruptError(
            f"column {column.name} must hold {shape} {_DTYPE_NAMES[column.dtype]}, got {value!r}"
        )
    # A copy, because compiled kernels treat read-only arrays as another type.
    return np.frombuffer(value, dtype).reshape(shape).copy()


def blob_ids_of(record: Record) -> tuple[int, ...]:
    """The blobs that a record refers to, in the order of its fields."""
    return tuple(
        getattr(record, column.name)
        for column in columns_of(type(record))
        if column.refers_to == "blob" and getattr(record, column.name) is not None
    )


def record_digest(kind: str, row: Sequence[Value], blob_digests: Sequence[bytes]) -> bytes:
    """16 bytes that identify a record by kind, every stored value and the content of its blobs.

    An empty column of a later schema does not count, so that old records keep their digests.
    """
    parts = [_tagged(kind)]
    first_count, late_columns = _digest_columns(kind)
    parts.extend(map(_tagged, row[:first_count]))
    for name, value in zip(late_columns, row[first_count:], strict=True):
        if value is not None:
            parts += (name, _tagged(value))
    parts.extend(blob_digests)
    return hashlib.blake2b(b"".join(parts), digest_size=DIGEST_BYTES).digest()


@functools.cache
def _digest_columns(kind: str) -> tuple[int, tuple[bytes, ...]]:
    """How many columns a kind had at first, and the tagged names of the later ones."""
    columns = columns_of(RECORD_KINDS[kind])
    first_count = sum(column.since == 1 for column in columns)
    return first_count, tuple(_tagged(column.name) for column in columns[first_count:])


def content_digest(data: bytes) -> bytes:
    """16 bytes that identify a blob by its content."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def is_digest(value: object) -> bool:
    """True for 16 bytes."""
    return isinstance(value, bytes) and len(value) == DIGEST_BYTES


def _tagged(value: Value) -> bytes:
    """One value with its type and length, so that no two rows share an encoding."""
    if value is None:
        return b"n"
    if isinstance(value, int):
        return b"i" + struct.pack("<q", value)
    if isinstance(value, float):
        return b"f" + struct.pack("<d", value)
    tag, data = (b"s", value.encode()) if isinstance(value, str) else (b"b", value)
    return tag + struct.pack("<Q", len(data)) + data


def format_record_id(kind: str, record_id: int) -> str:
    """The id that answers cite: 'frame:17'."""
    return f"{kind}:{record_id}"


def parse_record_id(text: str) -> tuple[str, int]:
    """Kind and number of an id such as 'frame:17'.

    Raises:
        InputError: another form, or an unknown kind.
    """
    kind, _, number = text.partition(":")
    if kind not in RECORD_KINDS or not number.isdecimal():
        raise InputError(
            f"a record id looks like 'frame:17' with one of {', '.join(RECORD_KINDS)}; got '{text}'"
        )
    return kind, int(number)
