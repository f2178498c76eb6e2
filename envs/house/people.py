"""Residents: people who walk through the house, use things, put them elsewhere, and speak.

A resident works through a list of small tasks; `routines` refills it. Everything is determined by the
seed, the day and what the house looks like when an activity begins. A resident walks 0.5 m a step, as
fast beside the robot as a person beside a slow one; the clock runs on its own scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .habits import Habit
from .household import Household, RefusedError
from .navigation import NavigationMap
from .noise import stream
from .reach import nearest_floor
from .world import Furniture, Point2, Point3

WALK_M = 0.5
"""Metres a resident walks in one step."""
HEARING_M = 6.0
_KEEP_M = 0.6
"""Between the middles of a resident and the robot."""
_PATIENCE_STEPS = 15
_CROWDED_M, _CROWDED_STEPS = 0.8, 4
"""An idle resident whom the robot stands this near for longer than that walks to another room."""
_HAND_AHEAD_M, _HAND_HEIGHT_M = 0.28, 0.95

Task = tuple[str, ...]
"""A verb and its arguments as text: ('walk', 'table_2'), ('take', 'mug_4'), ('wait', '5') ..."""


@dataclass(frozen=True)
class Preference:
    """Something true about a resident that they may say."""

    kind: str
    """'favourite', 'place' or 'routine'."""
    object_id: str
    text: str


@dataclass(frozen=True)
class Spoken:
    """Words at a place; whoever is near hears them."""

    person_id: str
    name: str
    text: str
    point: Point2


@dataclass
class Resident:
    """One person now."""

    person_id: str
    name: str
    height_m: float
    variant: int
    room_id: str
    """Where they like to be when they have nothing to do."""
    preferences: tuple[Preference, ...] = ()
    habits: tuple[Habit, ...] = ()
    """In the order of the day."""
    x: float = 0.0
    y: float = 0.0
    yaw_rad: float = 0.0
    held_id: str | None = None
    tasks: list[Task] = field(default_factory=list)
    path: list[Point2] = field(default_factory=list)
    wait_steps: int = 0
    blocked_steps: int = 0
    activity_count: int = 0
    """Activities begun today."""
    crowded_steps: int = 0
    """How long the robot has stood close by while they had nothing to do."""
    habit_count: int = 0
    """Habits begun or passed over today."""
    day: int = -1
    in_room_id: str = ""

    @property
    def pose(self) -> tuple[float, float, float]:
        return (self.x, self.y, self.yaw_rad)

    def to_json(self) -> dict[str, Any]:
        names = (
            "x", "y", "yaw_rad", "held_id", "tasks", "path", "wait_steps", "blocked_steps",
            "crowded_steps", "activity_count", "habit_count", "day", "in_room_id",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def load_json(self, row: Mapping[str, Any]) -> None:
        for name, value in row.items():
            setattr(self, name, value)
        self.tasks = [tuple(task) for task in row["tasks"]]
        self.path = [(float(x), float(y)) for x, y in row["path"]]


@dataclass(frozen=True)
class Surroundings:
    """What residents take into account at a step."""

    household: Household
    navigation: NavigationMap
    robot: Point2 | None
    """None while the robot is away: nobody talks to it or walks around it."""


Planner = Callable[[Resident, Household, np.random.Generator, bool], list[Task]]
"""Makes the tasks of the next activity; the last argument says whether a robot is there to talk to."""

HabitPlanner = Callable[[Habit, Household], list[Task] | None]
"""Makes the tasks of a habit; None while it cannot be done."""


class People:
    """All residents of one house."""

    def __init__(
        self,
        residents: Sequence[Resident],
        planner: Planner,
        habit_planner: HabitPlanner,
        *,
        seed: int,
        steps_per_day: int,
        activities_per_day: int,
    ) -> None:
        self.residents = list(residents)
        self._planner = planner
        self._habit_planner = habit_planner
        self._seed = seed
        self._steps_per_day = steps_per_day
        self._activities_per_day = activities_per_day
        self._times: dict[tuple[str, int], list[int]] = {}

    def positions(self) -> dict[str, Point2]:
        """(x, y) by name."""
        return {r.name: (r.x, r.y) for r in self.residents}

    def poses(self) -> dict[str, tuple[float, float, float]]:
        """(x, y, yaw) by person id."""
        return {r.person_id: r.pose for r in self.residents}

    def step(self, around: Surroundings) -> list[Spoken]:
        """Everybody does what one step allows."""
        spoken: list[Spoken] = []
        for resident in self.residents:
            self._begin_activity(resident, around)
            if resident.wait_steps > 0:
                resident.wait_steps -= 1
            elif resident.path:
                self._walk(resident, around)
            elif resident.tasks:
                self._do(resident, resident.tasks.pop(0), around, spoken)
            else:
                self._make_way(resident, around)
        return spoken

    def _begin_activity(self, resident: Resident, around: Surroundings) -> None:
        day, step = divmod(around.household.clock.step, self._steps_per_day)
        if resident.day != day:
            resident.day, resident.activity_count, resident.habit_count = day, 0, 0
        if not resident.tasks and not resident.path:
            self._begin_habit(resident, around.household)
        times = self._times_of(resident, day)
        number = resident.activity_count
        if resident.tasks or resident.path or number >= len(times) or step < times[number]:
            return
        resident.activity_count += 1
        rng = stream(self._seed, f"{resident.person_id}/{day}", number)
        resident.tasks = self._planner(resident, around.household, rng, around.robot is not None)

    def _begin_habit(self, resident: Resident, household: Household) -> None:
        """The next habit of the day, if its time has come."""
        number = resident.habit_count
        if number >= len(resident.habits):
            return
        habit, stamp_ns = resident.habits[number], household.clock.stamp_ns
        key = f"habit/{resident.person_id}/{number}"
        if not habit.is_due(stamp_ns, seed=self._seed, key=key, day=resident.day):
            return
        tasks = self._habit_planner(habit, household)
        if tasks is None and not habit.is_too_late(stamp_ns):
            return
        resident.habit_count += 1
        resident.tasks = tasks or []

    def _make_way(self, resident: Resident, around: Surroundings) -> None:
        """Whoever stands about does not block a robot for long."""
        here = (resident.x, resident.y)
        is_close = around.robot is not None and math.dist(here, around.robot) < _CROWDED_M
        resident.crowded_steps = resident.crowded_steps + 1 if is_close else 0
        if resident.crowded_steps > _CROWDED_STEPS:
            resident.crowded_steps = 0
            step = around.household.clock.step
            rng = stream(self._seed, f"aside/{resident.person_id}", step)
            rooms = around.household.house.rooms
            resident.tasks = [("walk", rooms[int(rng.integers(len(rooms)))].room_id)]

    def _times_of(self, resident: Resident, day: int) -> list[int]:
        """Steps of the day at which activities begin."""
        key = (resident.person_id, day)
        if key not in self._times:
            rng = stream(self._seed, f"day/{resident.person_id}", day)
            times = rng.integers(0, self._steps_per_day, self._activities_per_day)
            self._times[key] = sorted(int(t) for t in times)
        return self._times[key]

    def _walk(self, resident: Resident, around: Surroundings) -> None:
        x, y, left = resident.x, resident.y, WALK_M
        path = list(resident.path)
        yaw = resident.yaw_rad
        while path and left > 1e-9:
            length = math.hypot(path[0][0] - x, path[0][1] - y)
            if length > 1e-9:
                yaw = math.atan2(path[0][1] - y, path[0][0] - x)
            part = min(1.0, left / max(length, 1e-9))
            x, y = x + part * (path[0][0] - x), y + part * (path[0][1] - y)
            left -= length
            if part == 1.0:
                path.pop(0)
        if _is_in_way((resident.x, resident.y), (x, y), around.robot):
            resident.blocked_steps += 1
            if resident.blocked_steps <= _PATIENCE_STEPS:
                return
        resident.blocked_steps = 0
        resident.x, resident.y, resident.yaw_rad, resident.path = x, y, yaw, path
        self._carry(resident, around.household)
        note_room(around.household, resident.person_id, resident)

    def _carry(self, resident: Resident, household: Household) -> None:
        if resident.held_id is not None:
            position: Point3 = (
                resident.x + _HAND_AHEAD_M * math.cos(resident.yaw_rad),
                resident.y + _HAND_AHEAD_M * math.sin(resident.yaw_rad),
                _HAND_HEIGHT_M,
            )
            household.carry(resident.person_id, position, resident.yaw_rad)

    def _do(
        self, resident: Resident, task: Task, around: Surroundings, spoken: list[Spoken]
    ) -> None:
        """One task. A task that the world refuses ends the activity; nothing stays in the hand."""
        try:
            self._try(resident, task, around, spoken)
        except RefusedError:
            is_already_so = task[0] in ("open", "close", "turn_on", "turn_off")
            if not is_already_so:
                resident.tasks = []
                self._put_anywhere(resident, around)

    def _try(
        self, resident: Resident, task: Task, around: Surroundings, spoken: list[Spoken]
    ) -> None:
        household, me = around.household, resident.person_id
        verb, *rest = task
        name = rest[0] if rest else ""
        if verb == "walk":
            self._plan_walk(resident, name, around)
        elif verb == "wait":
            resident.wait_steps = int(name)
        elif verb == "take" and resident.held_id is None:
            household.take(me, name)
            resident.held_id = name
            self._carry(resident, household)
        elif verb == "put" and resident.held_id is not None:
            self._put(resident, name, household)
        elif verb in ("open", "close"):
            household.set_open(me, name, verb == "open")
        elif verb in ("turn_on", "turn_off"):
            household.set_on(me, name, verb == "turn_on")
        elif verb == "slice":
            household.slice(me, name)
        elif verb == "use":
            household.note(me, "use", name)
            household.soil(me, name)
        elif verb == "say" and around.robot is not None:
            _, text, object_id, kind = task
            household.note(me, "say", object_id, detail=f"{kind}: {text}")
            spoken.append(Spoken(me, resident.name, text, (resident.x, resident.y)))

    def _plan_walk(self, resident: Resident, name: str, around: Surroundings) -> None:
        if name == "robot":
            if around.robot is None:
                return
            goal = look = around.robot
        else:
            goal, look = standing_point(around.household, around.navigation, name)
        path = list(around.navigation.shortest_path((resident.x, resident.y), goal))[1:]
        if name == "robot":
            while path and math.dist(path[-1], goal) < 1.0 and len(path) > 1:
                path.pop()
            start = path[-2] if len(path) > 1 else (resident.x, resident.y)
            path[-1:] = [_before(start, path[-1], goal, 1.0)] if path else []
        resident.path = path
        if not path:
            resident.yaw_rad = math.atan2(look[1] - resident.y, look[0] - resident.x)

    def _put(self, resident: Resident, surface_id: str, household: Household) -> None:
        thing_id = resident.held_id
        if thing_id is None:
            return
        spot = household.find_free_spot(thing_id, surface_id, (resident.x, resident.y))
        household.put(resident.person_id, thing_id, surface_id, spot)
        resident.held_id = None

    def _put_anywhere(self, resident: Resident, around: Surroundings) -> None:
        """Lay down what is held on the nearest surface with room, else on the floor."""
        household, held_id = around.household, resident.held_id
        if held_id is None:
            return
        pieces = sorted(
            (math.hypot(p.position[0] - resident.x, p.position[1] - resident.y), p.furniture_id)
            for p in household.house.furniture
            if p.room_id == household.room_id_at(resident.x, resident.y)
        )
        for _, furniture_id in pieces:
            for surface in household.get_furniture(furniture_id).surfaces:
                try:
                    self._put(resident, surface.surface_id, household)
                except RefusedError:
                    continue
                return
        household.drop(resident.person_id, held_id, (resident.x, resident.y), resident.yaw_rad)
        resident.held_id = None


def note_room(household: Household, actor_id: str, who: Resident | RoomVisit) -> None:
    """Log that an actor has come into another room."""
    room_id = household.room_id_at(who.x, who.y)
    if room_id != who.in_room_id:
        rooms = (who.in_room_id, room_id)
        household.note(actor_id, "enter_room", room_id, ids=rooms, rooms=rooms)
        who.in_room_id = room_id


@dataclass
class RoomVisit:
    """Where an actor was last seen, to notice when the room changes."""

    x: float
    y: float
    in_room_id: str = ""


def standing_point(
    household: Household, navigation: NavigationMap, name: str
) -> tuple[Point2, Point2]:
    """Where one stands to use a piece, an object or a room, and where one looks then."""
    for room in household.house.rooms:
        if room.room_id == name:
            x0, y0, x1, y1 = room.rectangles[0]
            middle = ((x0 + x1) / 2, (y0 + y1) / 2)
            return nearest_floor(household, navigation, middle, name), middle
    piece: Furniture | None
    if name in household.house.objects:
        thing = household.get_object(name)
        piece, look = household.find_support(name), (thing.position[0], thing.position[1])
    else:
        piece = household.get_furniture(name.split("/")[0])
        look = (piece.position[0], piece.position[1])
    for x, y, _ in piece.viewpoints if piece else ():
        if navigation.is_reachable(x, y):
            return (x, y), look
    room_id = piece.room_id if piece else household.room_id_at(*look)
    return nearest_floor(household, navigation, look, room_id), look


def _is_in_way(start: Point2, end: Point2, robot: Point2 | None) -> bool:
    if robot is None:
        return False
    after = math.hypot(end[0] - robot[0], end[1] - robot[1])
    return after < _KEEP_M and after < math.hypot(start[0] - robot[0], start[1] - robot[1])


def _before(start: Point2, end: Point2, goal: Point2, keep_m: float) -> Point2:
    """The point on a leg where its end is `keep_m` from the goal; the start if the leg is shorter."""
    length = math.dist(start, end)
    missing = max(0.0, keep_m - math.dist(end, goal))
    part = max(0.0, 1.0 - missing / length) if length > 1e-9 else 0.0
    return (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
