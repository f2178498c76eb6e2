"""The simulated house as an `Env`: what an agent can do and perceive, and nothing else.

    env = HouseEnv(generate_house(3), HouseEnvConfig(noise=NoiseConfig.of("mild"), people_count=2))
    observation = env.reset(seed=0)
    outcome = env.step(Action("navigate_to", (("target", "fridge"),)))

The same house, config, seed and actions give the same bits. `evaluator_truth`, `save_state`,
`load_state` and `live_on` are for evaluators and harnesses; never pass them to an agent.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from ...core import Action, Observation, Outcome, PoseCorrection
from ...errors import InputError
from .dynamic_scene import DynamicScene, PersonLook
from .generate import generate_house
from .navigation import NavigationMap
from .noise import NoiseConfig
from .noise_detections import Detector
from .noise_pose import BaseCorrection, PoseEstimator
from .perception import DetectorSpec
from .robot import RobotBody, state_of
from .sensing import Frame, Sensing, frame_from_json, frame_to_json
from .sensors import HEAD_CAMERA, CameraSpec, DayClock, clock_s_of
from .simulation import ACTIONS, Simulation
from .truth_log import TruthLog
from .world import House

STATE_SCHEMA = 1


@dataclass(frozen=True)
class HouseEnvConfig:
    """What the robot carries and who lives in the house."""

    cameras: tuple[CameraSpec, ...] = (HEAD_CAMERA,)
    """The first one makes the observation, the others its `other_views`."""
    detector: DetectorSpec | None = DetectorSpec()
    """None: no detections."""
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    has_instance_ids: bool = True
    """Observations carry the exact segmentation; it is withheld while detections are noisy."""
    people_count: int = 0
    day_clock: DayClock = DayClock()
    can_find_unseen: bool = False
    """`navigate_to` an object or person that is not in view, as EmbodiedBench's 'find' does."""

    def __post_init__(self) -> None:
        names = [camera.name for camera in self.cameras]
        if not names or len(set(names)) != len(names):
            raise InputError(f"cameras must be at least one, with different names, got {names}")
        if not 0 <= self.people_count <= 6:
            raise InputError(f"people_count must lie in [0, 6], got {self.people_count}")


@dataclass(frozen=True)
class EvaluatorTruth:
    """A copy of what is true now; changing it changes nothing."""

    house: House
    robot: RobotBody
    log: TruthLog
    step: int
    stamp_ns: int
    instance_names: tuple[str, ...]
    """`instance_ids` in observations index these."""
    people: dict[str, tuple[float, float, float]]
    """(x, y, yaw) by person id."""
    people_names: dict[str, str]
    preferences: dict[str, list[dict[str, str]]]


class HouseEnv:
    """One robot in one house; implements `core.Env`."""

    action_names = ACTIONS

    def __init__(
        self, house: House | None = None, config: HouseEnvConfig | None = None
    ) -> None:
        """Without a house, each reset generates the house of its seed."""
        self.config = config or HouseEnvConfig()
        self._given_house = house
        self._house: House | None = None
        self._navigation: NavigationMap | None = None
        self._seed: int | None = None
        self._corrections: tuple[BaseCorrection, ...] = ()

    # What an agent uses

    def reset(self, seed: int) -> Observation:
        """Begin an episode: the house as it was made, the robot at its start, 06:00 on day 0."""
        self._prepare(self._given_house or self._generated(seed))
        self._seed = seed
        self._begin(seed)
        self._estimator.begin(self._simulation.body.pose, self._simulation.clock.step)
        self._corrections = ()
        return self._observe()

    def step(self, action: Action) -> Outcome:
        """Do an action. An action that the world refuses takes one step and says why in `feedback`.

        Raises:
            InputError: there is no such action, or the environment was not reset.
        """
        simulation = self._running()
        deed = simulation.act(action)
        self._corrections = self._estimator.follow(simulation.body.pose, simulation.clock.step)
        return Outcome(self._observe(), deed.is_success, deed.feedback, deed.is_done)

    def close(self) -> None:
        """Free the meshes; `reset` builds them again."""
        self._house = self._navigation = self._seed = None
        self.__dict__.pop("_scene", None)

    # What evaluators and harnesses use

    def live_on(self, step_count: int) -> Observation:
        """The robot is put away and life goes on: hours or days pass, and it is brought back."""
        simulation = self._running()
        simulation.heard = []
        simulation.pass_time(step_count, is_robot_there=False)
        self._corrections = self._estimator.follow(simulation.body.pose, simulation.clock.step)
        return self._observe()

    def evaluator_truth(self) -> EvaluatorTruth:
        """All that is true now."""
        simulation = self._running()
        residents = simulation.people.residents
        return EvaluatorTruth(
            copy.deepcopy(simulation.household.house),
            copy.copy(simulation.body),
            copy.deepcopy(simulation.household.log),
            simulation.clock.step,
            simulation.clock.stamp_ns,
            tuple(instance.name for instance in self._scene.instances),
            simulation.people.poses(),
            {r.person_id: r.name for r in residents},
            {r.person_id: [dict(vars(p)) for p in r.preferences] for r in residents},
        )

    def save_state(self) -> str:
        """The whole state as JSON, the truth included."""
        simulation = self._running()
        before = self._sensing.previous_frames
        return json.dumps(
            {
                "schema": STATE_SCHEMA,
                "seed": self._seed,
                "simulation": simulation.to_json(),
                "estimator": self._estimator.to_json(),
                "corrections": [[c.step, *c.base_in_world] for c in self._corrections],
                "detector": self._sensing.detector_before.to_json(),
                "frames": None if before is None else [frame_to_json(frame) for frame in before],
            }
        )

    def load_state(self, state: str) -> Observation:
        """Go back to a saved state, of this episode or another in the same house, and look again."""
        row = json.loads(state)
        if row.get("schema") != STATE_SCHEMA:
            raise InputError(f"a state must be of schema {STATE_SCHEMA}, got {row.get('schema')}")
        seed = int(row["seed"])
        self._prepare(self._given_house or self._generated(seed))
        self._seed = seed
        self._begin(seed)
        self._simulation.load_json(row["simulation"])
        self._estimator.load_json(row["estimator"])
        self._corrections = tuple(
            BaseCorrection(int(at), (x, y, yaw)) for at, x, y, yaw in row["corrections"]
        )
        self._sensing.detector.load_json(row["detector"])
        if row["frames"] is not None:
            self._sensing.frames = [frame_from_json(frame) for frame in row["frames"]]
        self._scene.reset(self._simulation.household)
        return self._observe()

    # Helpers

    def _generated(self, seed: int) -> House:
        if self._house is not None and self._seed == seed:
            return self._house
        return generate_house(seed)

    def _prepare(self, house: House) -> None:
        """Meshes and maps of a house; kept until another house comes."""
        if self._house is house:
            return
        self._house, self._navigation = house, NavigationMap(house)
        self.__dict__.pop("_scene", None)

    def _begin(self, seed: int) -> None:
        config, house, navigation = self.config, self._house, self._navigation
        if house is None or navigation is None:
            raise InputError("the environment has no house; call reset(seed) first")
        labels = sorted({o.category for o in house.objects.values()})
        detector = Detector(config.noise.detections, seed, tuple(labels))
        self._simulation = Simulation(
            house,
            navigation,
            seed=seed,
            people_count=config.people_count,
            day_clock=config.day_clock,
            can_find_unseen=config.can_find_unseen,
            tracks=detector.instance_of,
        )
        self._estimator = PoseEstimator(config.noise.pose, seed)
        self._sensing = Sensing(config.cameras, config.detector, config.noise, detector, seed)
        people = [
            PersonLook(r.person_id, r.height_m, r.variant)
            for r in self._simulation.people.residents
        ]
        if "_scene" not in self.__dict__ or self._scene_people != people:
            self._scene, self._scene_people = DynamicScene(self._simulation.household, people), people
        else:
            self._scene.reset(self._simulation.household)

    def _running(self) -> Simulation:
        if self._seed is None:
            raise InputError("the environment is not running; call reset(seed) first")
        return self._simulation

    def _observe(self) -> Observation:
        """Sense the present state; changes only what sensors remember."""
        simulation = self._simulation
        stamp_ns, step = simulation.clock.stamp_ns, simulation.clock.step
        self._scene.update(simulation.household, simulation.people.poses())
        frames = self._sensing.sense(
            self._scene, simulation.body.pose, self._estimator.estimate, step, stamp_ns
        )
        simulation.seen = self._sensing.seen
        first, *others = [self._observation_of(frame, stamp_ns) for frame in frames]
        state = state_of(
            simulation.body,
            simulation.household,
            base=self._estimator.estimate,
            odometry=self._estimator.odometry,
        )
        extra = {
            "source_index": step,
            "robot": state,
            "clock_s": clock_s_of(stamp_ns),
            "utterances": tuple(simulation.heard),
            "pose_corrections": self._camera_corrections(),
            "other_views": tuple(Observation(**view) for view in others),
        }
        return Observation(**first, **extra)

    def _observation_of(self, frame: Frame, stamp_ns: int) -> dict[str, Any]:
        is_exact = self._sensing.detector.is_exact
        has_ids = self.config.has_instance_ids and is_exact
        return {
            "stamp_ns": stamp_ns,
            "world_from_camera": frame.world_from_camera,
            "intrinsics": frame.camera.intrinsics,
            "depth": frame.depth,
            "color": frame.color,
            "sensor": frame.camera.name,
            "detections": frame.detections,
            "instance_ids": frame.instance_ids if has_ids else None,
        }

    def _camera_corrections(self) -> tuple[PoseCorrection, ...]:
        clock = self.config.day_clock
        return tuple(
            PoseCorrection(
                clock.stamp_ns(correction.step),
                camera.name,
                camera.world_from_camera(correction.base_in_world),
            )
            for correction in self._corrections
            for camera in self.config.cameras
        )
