"""The simulated house as an `Env`: what an agent can do and perceive, and nothing else.

    env = HouseEnv(generate_house(3), HouseEnvConfig(noise=NoiseConfig.of("mild"), people_count=2))
    observation = env.reset(seed=0)
    outcome = env.step(Action("navigate_to", (("target", "fridge"),)))

The same house, config, seed and actions give the same bits. `evaluator_truth`, `true_base`,
`true_navigation`, `save_state`, `load_state` and `live_on` are for evaluators and harnesses; never
pass them to an agent.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field, replace

from ...core import Action, Observation, Outcome, PoseCorrection
from ...errors import InputError
from .dynamic_scene import DynamicScene, PersonLook
from .generate import generate_house
from .habits import Habit
from .navigation import NavigationMap
from .noise import NoiseConfig
from .noise_detections import Detector
from .noise_pose import BaseCorrection, PoseEstimator
from .people import Preference
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
    detector: DetectorSpec | None = field(default_factory=DetectorSpec)
    """None: no detections."""
    noise: NoiseConfig = field(default_factory=NoiseConfig)
    has_instance_ids: bool = True
    """Observations carry the exact segmentation; it is withheld while detections are noisy."""
    people_count: int = 0
    day_clock: DayClock = field(default_factory=DayClock)
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
    preferences: dict[str, tuple[Preference, ...]]
    habits: dict[str, tuple[Habit, ...]]
    """What each person does every day, by person id."""


@dataclass
class _Episode:
    """What belongs to one episode."""

    seed: int
    simulation: Simulation
    estimator: PoseEstimator
    sensing: Sensing
    corrections: tuple[BaseCorrection, ...] = ()
    """Of earlier poses, made during the last action."""


class HouseEnv:
    """One robot in one house; implements `core.Env`."""

    action_names = ACTIONS

    def __init__(self, house: House | None = None, config: HouseEnvConfig | None = None) -> None:
        """Without a house, each reset generates the house of its seed."""
        self.config = config or HouseEnvConfig()
        self._given_house = house
        self._house: House | None = None
        self._navigation: NavigationMap | None = None
        self._scene: DynamicScene | None = None
        self._scene_people: list[PersonLook] = []
        self._episode: _Episode | None = None

    # What an agent uses

    def reset(self, seed: int) -> Observation:
        """Begin an episode: the house as it was made, the robot at its start, 06:00 on day 0."""
        if seed < 0:
            raise InputError(f"a seed must be 0 or more, got {seed}")
        episode = self._begin(seed)
        episode.estimator.begin(episode.simulation.body.pose, episode.simulation.clock.step)
        return self._observe(episode)

    def step(self, action: Action) -> Outcome:
        """Do an action. An action that the world refuses takes one step and says why in `feedback`.

        Raises:
            InputError: there is no such action, or the environment was not reset.
        """
        episode = self._running()
        deed = episode.simulation.act(action)
        return Outcome(self._follow(episode), deed.is_success, deed.feedback, deed.is_done)

    def close(self) -> None:
        """Free the meshes; `reset` builds them again."""
        self._house = self._navigation = self._scene = self._episode = None

    # What evaluators and harnesses use

    def live_on(self, step_count: int) -> Observation:
        """The robot is put away and life goes on: hours or days pass, and it is brought back."""
        episode = self._running()
        episode.simulation.heard = []
        episode.simulation.pass_time(step_count, is_robot_there=False)
        return self._follow(episode)

    @property
    def true_base(self) -> tuple[float, float, float]:
        """Where the robot really stands: x, y, yaw."""
        return self._running().simulation.body.pose

    @property
    def true_navigation(self) -> NavigationMap:
        """Where it can really drive."""
        if self._navigation is None:
            raise InputError("the environment is not running; call reset(seed) first")
        return self._navigation

    def evaluator_truth(self) -> EvaluatorTruth:
        """All that is true now."""
        simulation = self._running().simulation
        residents = simulation.people.residents
        instances = self._scene.instances if self._scene is not None else []
        return EvaluatorTruth(
            copy.deepcopy(simulation.household.house),
            copy.copy(simulation.body),
            copy.deepcopy(simulation.household.log),
            simulation.clock.step,
            simulation.clock.stamp_ns,
            tuple(instance.name for instance in instances),
            simulation.people.poses(),
            {r.person_id: r.name for r in residents},
            {r.person_id: r.preferences for r in residents},
            {r.person_id: r.habits for r in residents},
        )

    def save_state(self) -> str:
        """The whole state as JSON, the truth included."""
        episode = self._running()
        before = episode.sensing.previous_frames
        return json.dumps(
            {
                "schema": STATE_SCHEMA,
                "seed": episode.seed,
                "simulation": episode.simulation.to_json(),
                "estimator": episode.estimator.to_json(),
                "corrections": [[c.step, *c.base_in_world] for c in episode.corrections],
                "detector": episode.sensing.detector_before.to_json(),
                "frames": None if before is None else [frame_to_json(frame) for frame in before],
            }
        )

    def load_state(self, state: str) -> Observation:
        """Go back to a saved state, of this episode or another in the same house, and look again."""
        row = json.loads(state)
        if row.get("schema") != STATE_SCHEMA:
            raise InputError(f"a state must be of schema {STATE_SCHEMA}, got {row.get('schema')}")
        episode = self._begin(int(row["seed"]))
        episode.simulation.load_json(row["simulation"])
        episode.estimator.load_json(row["estimator"])
        episode.corrections = tuple(
            BaseCorrection(int(at), (x, y, yaw)) for at, x, y, yaw in row["corrections"]
        )
        episode.sensing.detector.load_json(row["detector"])
        if row["frames"] is not None:
            episode.sensing.frames = [frame_from_json(frame) for frame in row["frames"]]
        if self._scene is not None:
            self._scene.reset(episode.simulation.household)
        return self._observe(episode)

    # Helpers

    def _begin(self, seed: int) -> _Episode:
        """A new episode in the given house, or in that of the seed."""
        house, navigation = self._prepared(seed)
        config = self.config
        labels = sorted({thing.category for thing in house.objects.values()})
        detector = Detector(config.noise.detections, seed, tuple(labels))
        simulation = Simulation(
            house,
            navigation,
            seed=seed,
            people_count=config.people_count,
            day_clock=config.day_clock,
            can_find_unseen=config.can_find_unseen,
            tracks=detector.instance_of,
        )
        people = [
            PersonLook(r.person_id, r.height_m, r.variant) for r in simulation.people.residents
        ]
        if self._scene is None or self._scene_people != people:
            self._scene, self._scene_people = DynamicScene(simulation.household, people), people
        else:
            self._scene.reset(simulation.household)
        sensing = Sensing(config.cameras, config.detector, config.noise, detector, seed)
        estimator = PoseEstimator(config.noise.pose, seed)
        self._episode = _Episode(seed, simulation, estimator, sensing)
        return self._episode

    def _prepared(self, seed: int) -> tuple[House, NavigationMap]:
        """The house of the next episode and its map; meshes are kept while the house stays."""
        house = self._given_house
        if house is None:
            is_same = self._episode is not None and self._episode.seed == seed
            house = self._house if is_same else None
        house = house or generate_house(seed)
        if self._navigation is None or self._house is not house:
            self._house, self._navigation, self._scene = house, NavigationMap(house), None
        return house, self._navigation

    def _running(self) -> _Episode:
        if self._episode is None:
            raise InputError("the environment is not running; call reset(seed) first")
        return self._episode

    def _follow(self, episode: _Episode) -> Observation:
        """Estimate the new pose and look."""
        simulation = episode.simulation
        episode.corrections = episode.estimator.follow(simulation.body.pose, simulation.clock.step)
        return self._observe(episode)

    def _observe(self, episode: _Episode) -> Observation:
        """Sense the present state; changes only what sensors remember."""
        simulation, estimator = episode.simulation, episode.estimator
        stamp_ns, step = simulation.clock.stamp_ns, simulation.clock.step
        assert self._scene is not None
        self._scene.update(simulation.household, simulation.people.poses())
        frames = episode.sensing.sense(
            self._scene, simulation.body.pose, estimator.estimate, step, stamp_ns
        )
        simulation.seen = episode.sensing.seen
        has_ids = self.config.has_instance_ids and episode.sensing.detector.is_exact
        first, *others = [_observation_of(frame, stamp_ns, has_ids=has_ids) for frame in frames]
        return replace(
            first,
            source_index=step,
            robot=state_of(
                simulation.body,
                simulation.household,
                base=estimator.estimate,
                odometry=estimator.odometry,
            ),
            clock_s=clock_s_of(stamp_ns),
            utterances=tuple(simulation.heard),
            pose_corrections=self._camera_corrections(episode),
            other_views=tuple(others),
        )

    def _camera_corrections(self, episode: _Episode) -> tuple[PoseCorrection, ...]:
        clock = self.config.day_clock
        return tuple(
            PoseCorrection(
                clock.stamp_ns(correction.step),
                camera.name,
                camera.world_from_camera(correction.base_in_world),
            )
            for correction in episode.corrections
            for camera in self.config.cameras
        )


def _observation_of(frame: Frame, stamp_ns: int, *, has_ids: bool) -> Observation:
    return Observation(
        stamp_ns=stamp_ns,
        world_from_camera=frame.world_from_camera,
        intrinsics=frame.camera.intrinsics,
        depth=frame.depth,
        color=frame.color,
        sensor=frame.camera.name,
        detections=frame.detections,
        instance_ids=frame.instance_ids if has_ids else None,
    )
