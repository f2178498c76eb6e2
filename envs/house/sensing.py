"""From the true scene to what the cameras deliver: render, detect, add noise, drop, repeat."""

from __future__ import annotations

import base64
import copy
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import DepthImage, Detection
from ...geometry import Transform
from .dynamic_scene import DynamicScene
from .noise import FrameNoise, NoiseConfig, stream
from .noise_depth import with_depth_noise
from .noise_detections import Detector, detection_from_json, detection_to_json
from .perception import DetectorSpec, detect
from .sensors import CameraSpec, quantised


@dataclass(frozen=True)
class Frame:
    """What one camera delivers at one step."""

    camera: CameraSpec
    world_from_camera: Transform
    """As the robot believes."""
    color: NDArray[np.uint8] | None
    depth: DepthImage | None
    instance_ids: NDArray[np.int32] | None
    detections: tuple[Detection, ...]


class Sensing:
    """The cameras of one robot during one episode. It remembers the last frames and late detections."""

    def __init__(
        self,
        cameras: Sequence[CameraSpec],
        spec: DetectorSpec | None,
        noise: NoiseConfig,
        detector: Detector,
        seed: int,
    ) -> None:
        self._cameras = tuple(cameras)
        self._spec = spec
        self._noise = noise
        self._seed = seed
        self.detector = detector
        self.detector_before = detector
        """The detector's memory as it was before the last `sense`: what a saved state needs."""
        self.frames: list[Frame] | None = None
        self.previous_frames: list[Frame] | None = None
        self.seen: frozenset[str] = frozenset()
        """Names of the things truly in view of the first camera."""

    def sense(
        self,
        scene: DynamicScene,
        true_base: tuple[float, float, float],
        believed_base: tuple[float, float, float],
        step: int,
        stamp_ns: int,
    ) -> list[Frame]:
        """One frame for each camera."""
        detector = self.detector
        if not detector.is_exact:
            self.detector_before = copy.copy(detector)
            self.detector_before.tracks, self.detector_before.late = (
                dict(detector.tracks),
                list(detector.late),
            )
        fresh = []
        for number, camera in enumerate(self._cameras):
            fresh.append(
                self._shot(scene, camera, true_base, believed_base, step, stamp_ns, number == 0)
            )
        if self._noise.frames == FrameNoise():
            return fresh
        self.previous_frames = self.frames
        self.frames = self._delivered(fresh, step)
        return self.frames

    def _shot(
        self,
        scene: DynamicScene,
        camera: CameraSpec,
        true_base: tuple[float, float, float],
        believed_base: tuple[float, float, float],
        step: int,
        stamp_ns: int,
        is_first: bool,
    ) -> Frame:
        pose = camera.world_from_camera(true_base)
        view = scene.render(pose, camera.intrinsics)
        detections: tuple[Detection, ...] = ()
        if self._spec is not None:
            found = detect(view.instance_ids, scene.instances, self._spec)
            shape = view.instance_ids.shape
            detections = self.detector.report(
                found, (shape[0], shape[1]), step, stamp_ns, camera.name
            )
            if is_first:
                self.seen = frozenset(d.instance_id for d in found if d.instance_id)
                detections = self.detector.deliver(detections, step, stamp_ns)
        depth = None
        if camera.has_depth:
            rng = stream(self._seed, "depth:" + camera.name, step)
            depth = quantised(with_depth_noise(view.depth_m, self._noise.depth, rng))
        is_exact = believed_base == true_base
        return Frame(
            camera,
            pose if is_exact else camera.world_from_camera(believed_base),
            view.color if camera.has_color else None,
            depth,
            view.instance_ids,
            detections,
        )

    def _delivered(self, fresh: list[Frame], step: int) -> list[Frame]:
        """The frames as the driver hands them on: sometimes none, sometimes the last ones again."""
        noise = self._noise.frames
        chance = float(stream(self._seed, "frames", step).random())
        if chance < noise.drop:
            return [
                replace(f, color=None, depth=None, instance_ids=None, detections=()) for f in fresh
            ]
        if chance < noise.drop + noise.duplicate and self.previous_frames is not None:
            return self.previous_frames
        return fresh


def frame_to_json(frame: Frame) -> dict[str, Any]:
    depth = frame.depth
    return {
        "camera": dict(vars(frame.camera)),
        "world_from_camera": frame.world_from_camera.tolist(),
        "color": _packed(frame.color),
        "depth": None if depth is None else _packed(depth.raw),
        "depth_unit_m": None if depth is None else depth.unit_m,
        "instance_ids": _packed(frame.instance_ids),
        "detections": [detection_to_json(d) for d in frame.detections],
    }


def frame_from_json(row: dict[str, Any]) -> Frame:
    depth = _unpacked(row["depth"])
    return Frame(
        CameraSpec(**row["camera"]),
        np.array(row["world_from_camera"], np.float64),
        _unpacked(row["color"]),
        None if depth is None else DepthImage(depth, row["depth_unit_m"]),
        _unpacked(row["instance_ids"]),
        tuple(detection_from_json(d) for d in row["detections"]),
    )


def _packed(array: NDArray[Any] | None) -> dict[str, Any] | None:
    if array is None:
        return None
    data = base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 1))
    return {"shape": list(array.shape), "dtype": array.dtype.name, "data": data.decode("ascii")}


def _unpacked(row: dict[str, Any] | None) -> NDArray[Any] | None:
    if row is None:
        return None
    flat = np.frombuffer(zlib.decompress(base64.b64decode(row["data"])), np.dtype(row["dtype"]))
    return flat.reshape(row["shape"]).copy()
