"""An environment that an evaluator looks into, and the recorder of what it sees there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np

from ...core import Observation
from ...envs.house.dynamic_scene import DynamicScene
from ...envs.house.env import HouseEnv, _Episode
from ...envs.house.household import Household
from ...envs.house.renderer import RenderedView
from ...envs.house.sensing import Frame, Sensing
from ...errors import InputError
from ...geometry import CameraIntrinsics, Transform
from .truth import PERSON, EpisodeTruth, Thing

MIN_PIXEL_SHARE = 0.001
"""Of the image: what counts as visible."""
DEPTH_STRIDE_PX = 4
_PERSON_HEIGHT_M = 1.7


class _Tap:
    """Stands for a scene and keeps what was rendered last."""

    def __init__(self, scene: DynamicScene) -> None:
        self._scene = scene
        self.instances = scene.instances
        self.views: list[tuple[Transform, CameraIntrinsics, RenderedView]] = []

    def render(self, world_from_camera: Transform, intrinsics: CameraIntrinsics) -> RenderedView:
        view = self._scene.render(world_from_camera, intrinsics)
        self.views.append((world_from_camera, intrinsics, view))
        return view


class _WatchedSensing(Sensing):
    """Sensing that keeps the first camera's true view."""

    true_pose: Transform
    intrinsics: CameraIntrinsics
    view: RenderedView
    is_delivered = True
    """Whether the agent got this very image."""

    def sense(
        self,
        scene: DynamicScene,
        true_base: tuple[float, float, float],
        believed_base: tuple[float, float, float],
        step: int,
        stamp_ns: int,
    ) -> list[Frame]:
        tap = _Tap(scene)
        frames = super().sense(cast(DynamicScene, tap), true_base, believed_base, step, stamp_ns)
        self.true_pose, self.intrinsics, self.view = tap.views[0]
        self.is_delivered = frames[0].instance_ids is self.view.instance_ids
        return frames


class WatchedEnv(HouseEnv):
    """A house whose truth an evaluator reads without copying it at every step."""

    @property
    def sensing(self) -> _WatchedSensing:
        sensing = self._running().sensing
        assert isinstance(sensing, _WatchedSensing)
        return sensing

    @property
    def household(self) -> Household:
        return self._running().simulation.household

    @property
    def people(self) -> dict[str, tuple[float, float, float]]:
        return self._running().simulation.people.poses()

    @property
    def scene(self) -> DynamicScene:
        if self._scene is None:
            raise InputError("reset the environment first")
        return self._scene

    def put_robot(self, x: float, y: float, yaw_rad: float) -> None:
        """Set the robot down somewhere else."""
        self._running().simulation.robot.teleport(x, y, yaw_rad)

    def _begin(self, seed: int) -> _Episode:
        episode = super()._begin(seed)
        config = self.config
        episode.sensing = _WatchedSensing(
            config.cameras, config.detector, config.noise, episode.sensing.detector, seed
        )
        return episode


@dataclass
class _Rows:
    """Columns that grow."""

    sightings: list[tuple[int, int, int]] = field(default_factory=list)
    """Frame, thing, pixels."""
    moves: list[tuple[int, int, float, float, float, float, int]] = field(default_factory=list)
    """Frame, thing, centre x, y, z, yaw, support."""


class TruthRecorder:
    """Call `note` after every observation; `finish` gives the truth of the episode."""

    def __init__(self, env: WatchedEnv, *, seed: int, noise: str) -> None:
        self._env, self._seed, self._noise = env, seed, noise
        self._things = _things_of(env)
        self._numbers = {thing.name: number for number, thing in enumerate(self._things)}
        instances = env.scene.instances
        self._thing_of = np.array([self._numbers.get(i.name, -1) for i in instances], np.int32)
        self._supports: dict[str, int] = {"": 0}
        self._last: dict[int, tuple[float, float, float, float, int]] = {}
        self._versions: dict[str, int] = {}
        self._rows = _Rows()
        self._stamps: list[int] = []
        self._steps: list[int] = []
        self._delivered: list[bool] = []
        self._poses: list[Transform] = []
        self._depths: list[np.ndarray[tuple[int, int], np.dtype[np.uint16]]] = []
        self._tracks: dict[str, str] = {}

    def note(self, observation: Observation) -> None:
        """One frame: what is visible, and what is elsewhere than before."""
        frame, sensing = len(self._stamps), self._env.sensing
        self._stamps.append(observation.stamp_ns)
        self._steps.append(observation.source_index or 0)
        self._delivered.append(sensing.is_delivered)
        self._poses.append(sensing.true_pose)
        stride = DEPTH_STRIDE_PX
        depth = sensing.view.depth_m[stride // 2 :: stride, stride // 2 :: stride]
        self._depths.append(np.minimum(np.rint(depth * 1000), 65535).astype(np.uint16))
        if sensing.is_delivered:
            self._note_sightings(frame)
        self._note_moves(frame)
        if not sensing.detector.is_exact:
            for name, number in sensing.detector.tracks.items():
                self._tracks[f"track_{number}"] = name

    def finish(self) -> EpisodeTruth:
        """Everything noted so far."""
        sightings = np.array(sorted(self._rows.sightings, key=lambda r: (r[1], r[0])), np.int32)
        sightings = sightings.reshape(-1, 3)
        moves = np.array(sorted(self._rows.moves, key=lambda r: (r[1], r[0])), np.float64)
        moves = moves.reshape(-1, 7)
        household = self._env.household
        return EpisodeTruth(
            seed=self._seed,
            noise=self._noise,
            house=self._env.evaluator_truth().house,
            things=self._things,
            supports=tuple(self._supports),
            tracks=dict(self._tracks),
            events=tuple(household.log.events),
            intrinsics=_reduced(self._env.sensing.intrinsics),
            stamps_ns=np.array(self._stamps, np.int64),
            steps=np.array(self._steps, np.int32),
            is_delivered=np.array(self._delivered, np.bool_),
            world_from_camera=np.array(self._poses),
            depth_mm=np.array(self._depths),
            sighting_frame=sightings[:, 0],
            sighting_thing=sightings[:, 1],
            sighting_px=sightings[:, 2],
            move_frame=moves[:, 0].astype(np.int32),
            move_thing=moves[:, 1].astype(np.int32),
            move_center=moves[:, 2:5].copy(),
            move_yaw_rad=moves[:, 5].copy(),
            move_support=moves[:, 6].astype(np.int32),
        )

    def _note_sightings(self, frame: int) -> None:
        ids = self._env.sensing.view.instance_ids
        counts = np.bincount(ids[ids >= 0], minlength=len(self._thing_of))
        least = int(np.ceil(MIN_PIXEL_SHARE * ids.size))
        for instance in np.flatnonzero((counts >= least) & (self._thing_of >= 0)).tolist():
            thing = int(self._thing_of[instance])
            self._rows.sightings.append((frame, thing, int(counts[instance])))

    def _note_moves(self, frame: int) -> None:
        household = self._env.household
        if frame == 0:
            for piece in household.house.furniture:
                x, y, z = piece.position
                number = self._numbers[piece.furniture_id]
                self._move(frame, number, (x, y, z + piece.size[2] / 2), piece.yaw_rad, "")
        for name, thing in household.house.objects.items():
            version = household.version.get(name, 0)
            if frame and self._versions.get(name) == version:
                continue
            self._versions[name] = version
            x, y, z = thing.position
            center = (x, y, z + thing.size[2] / 2)
            self._move(frame, self._numbers[name], center, thing.yaw_rad, thing.support_id)
        for name, (x, y, yaw) in self._env.people.items():
            self._move(frame, self._numbers[name], (x, y, _PERSON_HEIGHT_M / 2), yaw, "")

    def _move(
        self,
        frame: int,
        thing: int,
        center: tuple[float, float, float],
        yaw_rad: float,
        support: str,
    ) -> None:
        number = self._supports.setdefault(support, len(self._supports))
        row = (*center, yaw_rad, number)
        if self._last.get(thing) != row:
            self._last[thing] = row
            self._rows.moves.append((frame, thing, *row))


def _things_of(env: WatchedEnv) -> tuple[Thing, ...]:
    """Objects, furniture and people, in the order of the scene's instances."""
    house = env.household.house
    sizes = {piece.furniture_id: piece.size for piece in house.furniture}
    sizes |= {name: thing.size for name, thing in house.objects.items()}
    person_m = (0.5, 0.5, _PERSON_HEIGHT_M)
    return tuple(
        Thing(i.name, i.kind, i.label, sizes.get(i.name, person_m))
        for i in env.scene.instances
        if i.kind == PERSON or i.name in sizes
    )


def _reduced(intrinsics: CameraIntrinsics) -> CameraIntrinsics:
    """Of an image of every n-th pixel, the first one at half the stride."""
    stride = DEPTH_STRIDE_PX
    return CameraIntrinsics(
        width_px=intrinsics.width_px // stride,
        height_px=intrinsics.height_px // stride,
        fx_px=intrinsics.fx_px / stride,
        fy_px=intrinsics.fy_px / stride,
        cx_px=(intrinsics.cx_px - stride // 2) / stride,
        cy_px=(intrinsics.cy_px - stride // 2) / stride,
    )
