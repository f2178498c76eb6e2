"""The types that cross module borders, and the Protocols that implementations fill.

World: z up, right-handed, metres. Camera: optical frame (x right, y down, z forward).
Stamps: int64 nanoseconds. Depth: metres along the optical axis, 0 = no return.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .geometry import CameraIntrinsics, Transform, rigid_or_raise

MAX_DEPTH_RAW = 65535


@dataclass(frozen=True)
class DepthImage:
    """Depth in whole units: `raw` (H, W) uint16 times `unit_m` is metres; raw 0 is no return.

    Sensors and data sets deliver depth quantised (1 mm, 0.2 mm ...); keeping their numbers makes
    storage lossless and replay exact. Simulators enter through `from_metres`.
    """

    raw: NDArray[np.uint16]
    unit_m: float = 0.001

    def __post_init__(self) -> None:
        if self.raw.ndim != 2 or self.raw.dtype != np.uint16:
            raise InputError(
                f"DepthImage.raw must be (H, W) uint16, got {self.raw.shape} {self.raw.dtype}; "
                "use DepthImage.from_metres for float depth"
            )
        if not 1e-6 <= self.unit_m <= 0.1:
            raise InputError(
                f"unit_m is the size of one raw step in metres (usually 0.001), got {self.unit_m}"
            )

    @classmethod
    def from_metres(cls, depth_m: NDArray[np.floating], *, unit_m: float = 0.001) -> DepthImage:
        """Quantise (H, W) float metres to `unit_m`.

        NaN, infinity and depths beyond 65535 units count as no return. Negative depth and depth that
        is obviously in millimetres are refused.
        """
        depth = np.asarray(depth_m)
        if depth.ndim == 3 and depth.shape[2] == 1:
            raise InputError(f"depth_m must be (H, W), got {depth.shape}; drop the channel axis")
        if depth.ndim != 2 or not np.issubdtype(depth.dtype, np.floating):
            raise InputError(f"depth_m must be (H, W) float, got {depth.shape} {depth.dtype}")
        is_return = np.isfinite(depth) & (depth != 0)
        returns = depth[is_return]
        if returns.size and returns.min() < 0:
            raise InputError(
                f"depth must not be negative, got {returns.min():.3g} m; is it disparity or -z?"
            )
        if returns.size and np.median(returns) > 200:
            raise InputError(
                f"depth_m has a median of {np.median(returns):.0f} m: this looks like millimetres; "
                "divide by 1000"
            )
        steps = np.rint(np.where(is_return, depth, 0.0) / unit_m)
        steps[steps > MAX_DEPTH_RAW] = 0
        return cls(steps.astype(np.uint16), unit_m)

    def metres(self) -> NDArray[np.float32]:
        """(H, W) float32 metres."""
        return self.raw.astype(np.float32) * np.float32(self.unit_m)

    @property
    def shape(self) -> tuple[int, int]:
        return (self.raw.shape[0], self.raw.shape[1])


@dataclass(frozen=True)
class EncodedImage:
    """A colour image as the bytes of a JPEG or PNG file, decoded only when someone looks at it."""

    data: bytes
    format: str = "jpeg"
    """'jpeg' or 'png'."""

    def decode(self, *, reduction: int = 1) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB; `reduction` 2, 4 or 8 decodes a smaller image much faster."""
        import cv2

        flags = {
            1: cv2.IMREAD_COLOR,
            2: cv2.IMREAD_REDUCED_COLOR_2,
            4: cv2.IMREAD_REDUCED_COLOR_4,
            8: cv2.IMREAD_REDUCED_COLOR_8,
        }
        if reduction not in flags:
            raise InputError(f"reduction must be 1, 2, 4 or 8, got {reduction}")
        image = None
        if _has_end_marker(self.data):  # some decoders fill up what is missing with grey
            image = cv2.imdecode(np.frombuffer(self.data, np.uint8), flags[reduction])
        if image is None:
            raise InputError(
                f"cannot decode a {self.format} image of {len(self.data)} bytes; is it truncated?"
            )
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _has_end_marker(data: bytes) -> bool:
    """False for a JPEG or PNG file without its end (some cameras pad after it)."""
    marker = b"IEND" if data.startswith(b"\x89PNG") else b"\xff\xd9"
    return marker in data[-1024:]


@dataclass(frozen=True)
class Detection:
    """One object instance that a detector or a simulator reports in one image."""

    label: str
    confidence: float
    box_px: tuple[float, float, float, float]
    """(x_min, y_min, x_max, y_max) in pixels."""
    mask: NDArray[np.bool_] | None = None
    """(H, W) True on the instance's pixels, if known."""
    embedding: NDArray[np.float32] | None = None
    instance_id: str | None = None
    """The detector's own track or instance id, if it has one."""
    image_stamp_ns: int | None = None
    """Stamp of the image it was made on, if that is not the one it came with: a slow detector."""

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise InputError(f"confidence must lie in [0, 1], got {self.confidence}")
        x_min, y_min, x_max, y_max = map(float, self.box_px)
        object.__setattr__(self, "box_px", (x_min, y_min, x_max, y_max))
        object.__setattr__(self, "confidence", float(self.confidence))
        if x_min > x_max or y_min > y_max:
            raise InputError(f"box_px must be (x_min, y_min, x_max, y_max), got {self.box_px}")


@dataclass(frozen=True)
class RobotState:
    """What a mobile robot knows about itself. Poses are its estimates: x_m, y_m, yaw_rad."""

    base_in_world: tuple[float, float, float]
    odometry: tuple[float, float, float]
    """Dead reckoning since the last reset, in the frame of the pose at the reset; it drifts."""
    mode: str = "navigation"
    """'navigation' or 'manipulation'."""
    held_label: str | None = None
    """What the gripper holds, None if nothing."""
    joints: tuple[tuple[str, float], ...] = ()
    """Named joint positions, metres or radians."""
    is_blocked: bool = False
    """Whether the last motion was stopped by something in the way."""


@dataclass(frozen=True)
class Utterance:
    """Something that somebody said within hearing."""

    speaker: str
    text: str


@dataclass(frozen=True)
class PoseCorrection:
    """A better estimate of where a sensor was when it took an earlier frame."""

    stamp_ns: int
    sensor: str
    world_from_camera: Transform


@dataclass(frozen=True)
class Observation:
    """What one posed RGB-D camera saw at one instant. Checked here, once, where data enters."""

    stamp_ns: int
    world_from_camera: Transform
    """(4, 4) pose of the camera's optical frame; repaired by SVD if slightly non-rigid."""
    intrinsics: CameraIntrinsics
    depth: DepthImage | None = None
    color: NDArray[np.uint8] | EncodedImage | None = None
    """(H, W, 3) uint8 RGB, or the encoded file as it is."""
    sensor: str = "head"
    detections: tuple[Detection, ...] = ()
    source_index: int | None = None
    """The frame's number in the recording it comes from, if any."""
    robot: RobotState | None = None
    clock_s: float | None = None
    """Time of day in seconds since midnight, if the robot has a clock."""
    instance_ids: NDArray[np.int32] | None = None
    """(H, W) int32 segmentation of a simulator without noise, -1 = nothing."""
    utterances: tuple[Utterance, ...] = ()
    """What was said since the last observation, in order."""
    pose_corrections: tuple[PoseCorrection, ...] = ()
    """Corrections of earlier frames that arrived with this one, oldest frame first."""
    other_views: tuple[Observation, ...] = ()
    """What the robot's other cameras saw at the same instant."""

    def __post_init__(self) -> None:
        if isinstance(self.stamp_ns, float) or not isinstance(self.stamp_ns, int | np.integer):
            raise InputError(
                f"stamp_ns must be integer nanoseconds, got {self.stamp_ns!r}; "
                "multiply seconds by 1_000_000_000 and round"
            )
        object.__setattr__(self, "stamp_ns", int(self.stamp_ns))
        object.__setattr__(self, "world_from_camera", rigid_or_raise(self.world_from_camera))
        expected = (self.intrinsics.height_px, self.intrinsics.width_px)
        if self.depth is not None and self.depth.shape != expected:
            raise InputError(
                f"depth must be (H, W) = {expected} as the intrinsics say, got {self.depth.shape}"
            )
        if isinstance(self.color, np.ndarray) and (
            self.color.shape != (*expected, 3) or self.color.dtype != np.uint8
        ):
            raise InputError(
                f"color must be (H, W, 3) = {(*expected, 3)} uint8 RGB, got {self.color.shape} "
                f"{self.color.dtype}"
            )
        if self.instance_ids is not None and self.instance_ids.shape != expected:
            raise InputError(
                f"instance_ids must be (H, W) = {expected}, got {self.instance_ids.shape}"
            )

    def color_array(self, *, reduction: int = 1) -> NDArray[np.uint8] | None:
        """(H, W, 3) uint8 RGB, decoded if need be; None if the frame has no colour."""
        if isinstance(self.color, EncodedImage):
            return self.color.decode(reduction=reduction)
        return None if self.color is None else self.color[::reduction, ::reduction]


@dataclass(frozen=True)
class Action:
    """One command to an environment: a name from its action set and named numeric parameters."""

    name: str
    parameters: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of an action."""

    observation: Observation
    is_success: bool
    feedback: str = ""
    """Why the action was refused or failed, in words; empty or a confirmation on success."""
    is_done: bool = False


class Verdict(str, enum.Enum):
    """What an answer rests on."""

    KNOWN = "known"
    STALE = "stale"
    """Seen, but long ago or possibly changed since."""
    AMBIGUOUS = "ambiguous"
    """Several candidates that the evidence does not tell apart."""
    ABSENT = "absent"
    """Looked, by rays through the place, and not there."""
    UNKNOWN = "unknown"
    """Never looked."""


@dataclass(frozen=True)
class RecallItem:
    """One answer: what it is, where and when, how well it fits, and the records it rests on."""

    item_id: str
    kind: str
    """'keyframe', 'frontier', 'waypoint', ..."""
    score: float
    stamp_ns: int | None = None
    position_in_world: tuple[float, float, float] | None = None
    evidence: tuple[str, ...] = ()
    """Record ids such as 'frame:17', best first."""
    note: str = ""


@dataclass(frozen=True)
class Recall:
    """The answer to one query, items best first."""

    query: str
    items: tuple[RecallItem, ...]
    verdict: Verdict
    probability: float | None = None
    """Calibrated probability that the verdict holds; None where no calibration exists."""
    explanation: str = ""


@dataclass(frozen=True)
class RecordingInfo:
    """What a recording says about itself before it is read."""

    name: str
    format: str
    frame_count: int
    world_from_source: Transform = field(default_factory=lambda: np.eye(4))
    """Gravity alignment applied to every pose (identity if none)."""


@runtime_checkable
class Recording(Protocol):
    """A world without actions: frames in the order of their stamps."""

    @property
    def info(self) -> RecordingInfo: ...

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        """Frames with source index >= `start`, in order.

        Raises:
            RecordingError: a frame that is missing or damaged; names the file.
        """
        ...


@runtime_checkable
class Env(Protocol):
    """A world with actions."""

    def reset(self, seed: int) -> Observation: ...

    def step(self, action: Action) -> Outcome: ...

    def close(self) -> None: ...
