"""A house that lives: the robot, the residents and the clock, without any sensing.

Actions take simulated time: first the time passes, in which residents act, then the action has its
effect. `navigate_to` takes as many steps as the drive and its turns would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from ...core import Action, Utterance
from ...errors import InputError
from .household import Clock, Household, RefusedError
from .navigation import NavigationMap
from .people import HEARING_M, People, RoomVisit, Spoken, Surroundings, note_room
from .robot import MOTIONS, Robot, RobotBody
from .routines import invite_people
from .sensors import DayClock
from .skills import SKILLS, SUCCESS_TEXT, Skills, refusal_text
from .truth_log import ROBOT, TruthLog
from .world import FurnitureState, House, ObjectAttributes, ObjectState, Point2

ACTIONS = (*MOTIONS, *SKILLS)


@dataclass(frozen=True)
class Deed:
    """What became of an action."""

    is_success: bool
    feedback: str
    is_done: bool = False


class Simulation:
    """One episode in one house; determined by the house, the seed and the actions."""

    def __init__(
        self,
        house: House,
        navigation: NavigationMap,
        *,
        seed: int,
        people_count: int,
        day_clock: DayClock,
        can_find_unseen: bool,
        tracks: Callable[[str], str | None],
    ) -> None:
        """`tracks` tells which thing a detector's track id means, None if it knows none."""
        self.day_clock = day_clock
        self.clock = Clock(day_clock.stamp_ns(0), 0, day_clock.step_ns)
        self.household = Household(house, self.clock)
        self.navigation = navigation
        self.people: People = invite_people(
            self.household,
            navigation,
            count=people_count,
            seed=seed,
            steps_per_day=day_clock.steps_per_day,
        )
        self.body = RobotBody(*house.start)
        self.robot = Robot(self.body, self.household, navigation, self.people.positions)
        self.skills = Skills(
            self.robot,
            self.household,
            navigation,
            people=self.people.positions,
            tracks=self._meant(tracks),
        )
        self._can_find_unseen = can_find_unseen
        self.seen: frozenset[str] = frozenset()
        """What the robot sees now; only that can be driven to by name if it can move."""
        self._visit = RoomVisit(self.body.x, self.body.y)
        self._visit.in_room_id = self.household.room_id_at(self.body.x, self.body.y)
        self.heard: list[Utterance] = []
        """What was said near the robot during the last action."""

    def act(self, action: Action) -> Deed:
        """Let time pass and do an action. Raises InputError if there is no such action."""
        if action.name not in ACTIONS:
            raise InputError(f"an action must be one of {', '.join(ACTIONS)}, got '{action.name}'")
        self.heard = []
        parameters = dict(action.parameters)
        try:
            duration, effect = self._prepared(action.name, parameters)
            self.pass_time(duration)
            effect()
        except RefusedError as refusal:
            if self.clock.step == self._started_step:
                self.pass_time(1)
            is_skill = action.name in SKILLS
            return Deed(False, refusal_text(str(refusal)) if is_skill else str(refusal))
        finally:
            self._note_robot_room()
        return Deed(True, SUCCESS_TEXT if action.name in SKILLS else "", action.name == "stop")

    def pass_time(self, step_count: int, *, is_robot_there: bool = True) -> None:
        """The residents live on for some steps."""
        for _ in range(step_count):
            self.clock.step += 1
            self.clock.stamp_ns = self.day_clock.stamp_ns(self.clock.step)
            robot = (self.body.x, self.body.y) if is_robot_there else None
            around = Surroundings(self.household, self.navigation, robot)
            self.heard += [
                Utterance(s.name, s.text) for s in self.people.step(around) if self._hears(s)
            ]
            self.household.run_appliances()

    def to_json(self) -> dict[str, Any]:
        """Everything that changes, with the truth: for evaluators and harnesses, not for agents."""
        house = self.household.house
        return {
            "house_seed": house.seed,
            "clock": asdict(self.clock),
            "objects": {name: asdict(thing) for name, thing in house.objects.items()},
            "furniture_states": {n: asdict(s) for n, s in house.furniture_states.items()},
            "switched_by": dict(self.household.switched_by),
            "tempered_ns": dict(self.household.tempered_ns),
            "log": self.household.log.to_json(),
            "robot": self.body.to_json(),
            "robot_room_id": self._visit.in_room_id,
            "residents": [resident.to_json() for resident in self.people.residents],
            "heard": [asdict(utterance) for utterance in self.heard],
        }

    def load_json(self, row: dict[str, Any]) -> None:
        """Go back to a state of the same house. Raises InputError if it is of another one."""
        household, house = self.household, self.household.house
        if row["house_seed"] != house.seed or set(row["objects"]) != set(house.objects):
            raise InputError(
                f"the state is of house {row['house_seed']}, this is house {house.seed}; restore it "
                "in an environment of the same house"
            )
        for name, value in row["clock"].items():
            setattr(self.clock, name, value)
        for name, thing in row["objects"].items():
            house.objects[name] = _object_of(thing)
        for name, state in row["furniture_states"].items():
            house.furniture_states[name] = FurnitureState(**state)
        household.switched_by = dict(row["switched_by"])
        household.tempered_ns = dict(row["tempered_ns"])
        household.log = TruthLog.from_json(row["log"])
        for name, value in row["robot"].items():
            setattr(self.body, name, value)
        self._visit.in_room_id = row["robot_room_id"]
        for resident, state in zip(self.people.residents, row["residents"], strict=True):
            resident.load_json(state)
        self.heard = [Utterance(**utterance) for utterance in row["heard"]]

    def _prepared(
        self, name: str, parameters: dict[str, float | str]
    ) -> tuple[int, Callable[[], None]]:
        """How many steps an action takes, and its effect at their end."""
        self._started_step = self.clock.step
        target = str(parameters.get("target", ""))
        skills = self.skills
        if name == "navigate_to":
            standpoint = skills.find_standpoint(self._allowed(target), _point_of(parameters))
            return standpoint.step_count, lambda: skills.navigate_to(standpoint)
        if name in ("open", "close", "turn_on", "turn_off"):
            return 1, lambda: skills.switch(name, target)
        if name in ("pick_up", "pick", "place", "slice"):
            verb = getattr(skills, name)
            return 1, lambda: verb(target)
        if name == "drop":
            return 1, skills.drop
        extension = float(parameters.get("extension_m", self.body.arm_extension_m))
        lift = float(parameters.get("lift_m", self.body.arm_lift_m))
        return 1, lambda: self.robot.move(name, extension_m=extension, lift_m=lift)

    def _allowed(self, target: str) -> str:
        """A drive to something that moves about needs to see it, unless configured otherwise."""
        house = self.household.house
        names = {r.person_id: r.name for r in self.people.residents}
        movable = {*house.objects, *names, *names.values(), "person"}
        movable |= {thing.category for thing in house.objects.values()}
        name = self.skills.meaning_of(target)
        if self._can_find_unseen or name not in movable:
            return target
        options = sorted(
            thing_id
            for thing_id in self.seen
            if name == thing_id
            or (thing_id in house.objects and house.objects[thing_id].category == name)
            or (thing_id in names and name in ("person", names[thing_id]))
        )
        if not options:
            raise RefusedError(f"The robot does not see '{target}' from here.")
        return min(options, key=lambda o: (self.skills.distance_to(o), o))

    def _meant(self, tracks: Callable[[str], str | None]) -> Callable[[str], str | None]:
        """Track ids and people's ids to the names that skills know."""

        def meaning(target: str) -> str | None:
            name = tracks(target) or target
            return next((r.name for r in self.people.residents if r.person_id == name), name)

        return meaning

    def _hears(self, spoken: Spoken) -> bool:
        dx, dy = spoken.point[0] - self.body.x, spoken.point[1] - self.body.y
        return float((dx * dx + dy * dy) ** 0.5) <= HEARING_M

    def _note_robot_room(self) -> None:
        self._visit.x, self._visit.y = self.body.x, self.body.y
        note_room(self.household, ROBOT, self._visit)


def _point_of(parameters: dict[str, float | str]) -> Point2 | None:
    if "x_m" in parameters and "y_m" in parameters:
        return (float(parameters["x_m"]), float(parameters["y_m"]))
    return None


def _object_of(row: dict[str, Any]) -> ObjectState:
    values = dict(row)
    values["attributes"] = ObjectAttributes(**values["attributes"])
    values["size"] = tuple(values["size"])
    values["position"] = tuple(values["position"])
    return ObjectState(**values)
