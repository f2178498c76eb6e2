"""A recording that is rendered while it is read: a walk through the demo rooms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from ...core import DepthImage, Observation, RecordingInfo
from ...errors import InputError
from ...geometry import CameraIntrinsics, Transform, look_at
from .mesh import Scene
from .renderer import RenderedView, Renderer
from .rooms import furnished_room

FRAME_PERIOD_NS = 100_000_000
FIRST_STAMP_NS = 1_000_000_000
CAMERA_HEIGHT_M = 1.3
DEFAULT_INTRINSICS = CameraIntrinsics.from_hfov(640, 480, float(np.deg2rad(70.0)))

PLACE_NAMES = (
    "fridge", "stove", "counter", "table", "sofa", "armchair", "television", "shelf", "plant",
    "door", "bed", "desk", "wardrobe",
)  # fmt: skip

_SPEED_M_S, _TURN_RAD_S = 0.5, 0.7
_WALK = (
    # eye x, y; looked-at x, y, z; all metres
    (5.0, 2.9, 2.0, 4.7, 1.0),
    (4.2, 3.2, 0.9, 4.7, 1.0),
    (3.4, 3.5, 0.2, 3.3, 1.1),
    (3.0, 3.4, 1.4, 2.2, 0.8),
    (2.9, 2.9, 0.3, 0.8, 1.0),
    (2.9, 2.6, 3.2, 0.2, 0.7),
    (3.4, 2.7, 5.3, 0.8, 0.6),
    (4.2, 2.85, 7.0, 2.85, 1.1),
    (5.4, 2.85, 8.0, 2.9, 0.95),
    (6.5, 2.8, 8.4, 3.9, 0.7),
    (6.9, 2.75, 8.9, 2.7, 0.7),
    (7.0, 2.75, 8.5, 1.5, 0.9),
    (7.0, 2.8, 7.1, 1.5, 0.8),
    (6.7, 2.8, 5.9, 2.3, 1.1),
    (5.5, 2.85, 4.0, 3.0, 1.1),
    (4.6, 3.0, 4.6, 4.8, 0.75),
    (4.4, 2.9, 5.7, 4.4, 0.8),
    (4.4, 2.9, 8.0, 2.6, 1.1),
)  # fmt: skip


class DemoRecording:
    """A camera carried through living room and bedroom and back; implements `Recording`.

    Frames are rendered when asked for; the same seed gives the same frames, from any `start`.
    """

    def __init__(
        self,
        *,
        frame_count: int = 300,
        seed: int = 0,
        depth_noise_m: float = 0.0,
        intrinsics: CameraIntrinsics = DEFAULT_INTRINSICS,
    ) -> None:
        """`depth_noise_m` is the standard deviation at 1 m; it grows with the square of depth."""
        if frame_count < 1:
            raise InputError(f"frame_count must be 1 or more, got {frame_count}")
        if not 0 <= depth_noise_m < 0.1:
            raise InputError(f"depth_noise_m must lie in [0, 0.1) metres, got {depth_noise_m}")
        self.scene: Scene = furnished_room(seed)
        self.intrinsics = intrinsics
        self._seed = seed
        self._depth_noise_m = depth_noise_m
        self._poses = walk(frame_count)
        self._renderer = Renderer(self.scene.mesh)

    @property
    def info(self) -> RecordingInfo:
        return RecordingInfo("demo_room", "rendered", len(self._poses))

    @property
    def places(self) -> dict[str, tuple[float, float, float]]:
        """Centre of each named piece, metres in the world."""
        return places_of(self.scene)

    def observations(self, *, start: int = 0) -> Iterator[Observation]:
        """Frames with index >= `start`, in order, at 10 Hz."""
        for index in range(max(start, 0), len(self._poses)):
            yield self.get_observation(index)

    def get_observation(self, index: int) -> Observation:
        """One frame; depth in steps of 1 mm."""
        view = self.get_view(index)
        depth_m = self._with_noise(view.depth_m, index) if self._depth_noise_m else view.depth_m
        return Observation(
            stamp_ns=FIRST_STAMP_NS + index * FRAME_PERIOD_NS,
            world_from_camera=self._poses[index],
            intrinsics=self.intrinsics,
            depth=DepthImage.from_metres(depth_m, unit_m=0.001),
            color=view.color,
            source_index=index,
        )

    def get_view(self, index: int) -> RenderedView:
        """The rendered frame with exact depth and instance ids: ground truth for tests."""
        if not 0 <= index < len(self._poses):
            raise InputError(f"frame index must lie in [0, {len(self._poses)}), got {index}")
        return self._renderer.render(self._poses[index], self.intrinsics)

    def _with_noise(self, depth_m: NDArray[np.float32], index: int) -> NDArray[np.float32]:
        rng = np.random.default_rng((self._seed, index))
        noise = rng.standard_normal(depth_m.shape, dtype=np.float32)
        noisy = depth_m + noise * np.float32(self._depth_noise_m) * depth_m * depth_m
        return np.asarray(np.where(depth_m > 0, np.maximum(noisy, 0.0), 0.0), np.float32)


def places_of(scene: Scene) -> dict[str, tuple[float, float, float]]:
    """Name -> centre in the world, for the demo's questions."""
    places = {}
    for name in PLACE_NAMES:
        x, y, z = scene.get_box(name).center.tolist()
        places[name] = (x, y, z)
    return places


def walk(frame_count: int) -> list[Transform]:
    """`world_from_camera` of every frame: the whole walk, however many frames it is cut into.

    Position, heading and tilt follow shape-preserving cubics (Fritsch and Carlson, 1980) through
    the key views, spaced so that neither walking nor turning is much faster than a person's.
    """
    keys = np.array(_WALK)
    eyes = np.column_stack([keys[:, :2], np.full(len(keys), CAMERA_HEIGHT_M)])
    ahead = keys[:, 2:] - eyes
    heading = np.unwrap(np.arctan2(ahead[:, 1], ahead[:, 0]))
    tilt = np.arctan2(ahead[:, 2], np.hypot(ahead[:, 0], ahead[:, 1]))
    steps = np.linalg.norm(np.diff(eyes, axis=0), axis=1) / _SPEED_M_S
    turns = np.abs(np.diff(heading)) / _TURN_RAD_S
    times = np.r_[0.0, np.cumsum(np.maximum(np.maximum(steps, turns), 0.5))]
    curve = PchipInterpolator(times, np.column_stack([eyes, heading, tilt]))
    poses = []
    for x, y, z, yaw, pitch in curve(np.linspace(0.0, times[-1], frame_count)):
        eye = np.array([x, y, z])
        level = np.cos(pitch)
        forward = np.array([level * np.cos(yaw), level * np.sin(yaw), np.sin(pitch)])
        poses.append(look_at(eye, eye + forward))
    return poses
