"""Skills of one action each, as in EmbodiedBench, and FindingDory's pick and place.

A target is named by its id ('mug_4', 'table_2', 'cabinet_1/shelf_0', 'kitchen_0', 'person_0'), by the
id under which a detector reported it, or by a category ('mug'), which means the nearest one for
which the skill is possible. `navigate_to` also takes coordinates, `x_m` and `y_m`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from . import reach
from .household import Household, RefusedError, is_toggleable
from .navigation import NavigationMap
from .robot import STEP_M, TURN_RAD, Robot
from .truth_log import ROBOT
from .world import Furniture, ObjectState, Point2

SKILLS = (
    "navigate_to", "pick_up", "place", "pick", "drop", "open", "close", "turn_on", "turn_off",
    "slice",
)  # fmt: skip
"""'pick' is FindingDory's: it needs manipulation mode and takes the nearest object by default."""

SUCCESS_TEXT = "Last action executed successfully."
CUTTING_TOOLS = ("knife",)

_Option = TypeVar("_Option")


def refusal_text(reason: str) -> str:
    """EmbodiedBench's words for an action that was not possible."""
    return f"Last action is invalid. {reason}"


@dataclass(frozen=True)
class Standpoint:
    """Where a skill takes the robot, and the steps of driving and turning that this costs."""

    x: float
    y: float
    yaw_rad: float
    step_count: int


class Skills:
    """What the robot can do with a house; verbs raise RefusedError and then change nothing."""

    def __init__(
        self,
        robot: Robot,
        household: Household,
        navigation: NavigationMap,
        *,
        people: Callable[[], Mapping[str, Point2]],
        tracks: Callable[[str], str | None],
    ) -> None:
        """`tracks` tells which thing a detector's track id means, None if it knows none."""
        self._robot = robot
        self._household = household
        self._navigation = navigation
        self._people = people
        self._tracks = tracks

    def find_standpoint(self, target: str, point: Point2 | None) -> Standpoint:
        """Where `navigate_to` would end."""
        if point is not None:
            return self._toward([point], point)
        household = self._household
        name = self._resolved(target)
        people = self._people()
        if name in people:
            return self._toward([people[name]], people[name], keep_m=0.9)
        for room in household.house.rooms:
            if room.room_id == name:
                x0, y0, x1, y1 = max(room.rectangles, key=lambda r: (r[2] - r[0]) * (r[3] - r[1]))
                middle = ((x0 + x1) / 2, (y0 + y1) / 2)
                return self._toward([middle], None)
        if name in household.house.objects:
            return self._at_object(household.get_object(name))
        furniture = self._furniture_of(name)
        if furniture is not None:
            return self._at_furniture(furniture)
        things = [o for o in household.house.objects.values() if o.category == name]
        pieces = [p for p in household.house.furniture if p.category == name]
        options = [(_gap(self._robot, o.position), o.object_id) for o in things]
        options += [(_gap(self._robot, p.position), p.furniture_id) for p in pieces]
        if not options:
            raise RefusedError(f"There is no '{target}'.")
        return self.find_standpoint(min(options)[1], None)

    def navigate_to(self, standpoint: Standpoint) -> None:
        self._robot.teleport(standpoint.x, standpoint.y, standpoint.yaw_rad)

    def pick_up(self, target: str) -> None:
        """Take an object into the empty hand."""
        body = self._robot.body
        if body.held_id is not None:
            held = self._household.get_object(body.held_id).category
            raise RefusedError(f"The hand is full: it holds a {held}.")
        thing = self._object(target, self._check_pick)
        self._check_pick(thing)
        self._household.take(ROBOT, thing.object_id)
        body.held_id = thing.object_id
        self._robot.hold()

    def pick(self, target: str) -> None:
        """FindingDory's pick: in manipulation mode, by default what is nearest."""
        if self._robot.body.mode != "manipulation":
            raise RefusedError("Picking needs manipulation mode.")
        self.pick_up(target or self._nearest_object())

    def place(self, target: str) -> None:
        """Lay what is held onto a surface, a receptacle, or by default the nearest one."""
        thing = self._held()
        reasons = []
        for surface_id in self._surface_ids(target):
            try:
                self._place(thing, surface_id)
            except RefusedError as refusal:
                reasons.append(str(refusal))
            else:
                return
        raise RefusedError(reasons[0] if reasons else "There is no receptacle within reach.")

    def drop(self) -> None:
        """Lay what is held onto the floor in front of the robot."""
        thing, body = self._held(), self._robot.body
        x = body.x + 0.5 * math.cos(body.yaw_rad)
        y = body.y + 0.5 * math.sin(body.yaw_rad)
        if self._navigation.clearance_m(x, y) < 0.05:
            raise RefusedError("There is no free floor in front of the robot.")
        self._household.drop(ROBOT, thing.object_id, (x, y), body.yaw_rad)
        body.held_id = None

    def switch(self, verb: str, target: str) -> None:
        """open, close, turn_on or turn_off."""
        is_wanted = verb in ("open", "turn_on")
        change = self._household.set_open if verb in ("open", "close") else self._household.set_on

        def check(piece: Furniture) -> None:
            if verb in ("open", "close") and not piece.is_openable:
                raise RefusedError(f"The {piece.category} cannot be opened.")
            if verb in ("turn_on", "turn_off") and not is_toggleable(piece):
                raise RefusedError(f"The {piece.category} cannot be turned on or off.")
            near = reach.check_switch if verb.startswith("turn") else reach.check_furniture
            near(self._household, self._robot.body.arm, piece)

        piece = self._piece(target, check)
        check(piece)
        change(ROBOT, piece.furniture_id, is_wanted)

    def slice(self, target: str) -> None:
        """Cut an object with a knife in the hand."""
        held_id = self._robot.body.held_id
        if held_id is None or self._household.get_object(held_id).category not in CUTTING_TOOLS:
            raise RefusedError("Slicing needs a knife in the hand.")

        def check(thing: ObjectState) -> None:
            reach.check_object(self._household, self._robot.body.arm, thing)

        thing = self._object(target, check)
        check(thing)
        self._household.slice(ROBOT, thing.object_id)

    def meaning_of(self, target: str) -> str:
        """The id, name or category that a target stands for."""
        return self._tracks(target) or target

    def distance_to(self, name: str) -> float:
        """Metres on the floor plan from the base to a thing or person of an id or name."""
        people = self._people()
        if name in people:
            return _gap(self._robot, people[name])
        things = self._household.house.objects
        return _gap(self._robot, things[name].position) if name in things else math.inf

    # Finding targets

    def _resolved(self, target: str) -> str:
        if not target:
            raise RefusedError("The action needs a target.")
        return self.meaning_of(target)

    def _object(self, target: str, check: Callable[[ObjectState], None]) -> ObjectState:
        """The object of an id, or the nearest of a category that passes the check."""
        name = self._resolved(target)
        objects = self._household.house.objects
        if name in objects:
            return objects[name]
        options = [o for o in objects.values() if o.category == name]
        if not options:
            raise RefusedError(f"There is no object '{target}'.")
        held_id = self._robot.body.held_id
        options.sort(key=lambda o: (o.object_id == held_id, _gap(self._robot, o.position)))
        return _first(options, check)

    def _piece(self, target: str, check: Callable[[Furniture], None]) -> Furniture:
        name = self._resolved(target)
        piece = self._furniture_of(name)
        if piece is not None:
            return piece
        options = [p for p in self._household.house.furniture if p.category == name]
        if not options:
            raise RefusedError(f"There is no furniture '{target}'.")
        options.sort(key=lambda p: (_gap(self._robot, p.position), p.furniture_id))
        return _first(options, check)

    def _furniture_of(self, name: str) -> Furniture | None:
        """The piece of a furniture id or surface id."""
        whole = name.split("/")[0]
        return next((p for p in self._household.house.furniture if p.furniture_id == whole), None)

    def _surface_ids(self, target: str) -> list[str]:
        """The surfaces that a target means, the best first."""
        name = self._resolved(target) if target else ""
        if "/" in name:
            return [self._household.get_surface(name).surface_id]
        pieces: list[Furniture] = [p for p in self._household.house.furniture if p.surfaces]
        if target:
            piece = self._furniture_of(name)
            pieces = [piece] if piece else [p for p in pieces if p.category == name]
            if not pieces:
                raise RefusedError(f"There is no receptacle '{target}'.")
        arm = self._robot.body.arm
        pieces.sort(key=lambda p: _distance(reach.nearest_point(p, arm[:2]), arm))
        is_many = len(pieces) > 1
        chosen = [p for p in pieces if not is_many or self._is_near(p)] or pieces[:1]
        ids = [s for p in chosen for s in sorted(p.surfaces, key=lambda s: s.is_inside)]
        if not ids:
            raise RefusedError(f"Nothing can be put on the {chosen[0].category}.")
        return [s.surface_id for s in ids]

    def _is_near(self, piece: Furniture) -> bool:
        arm = self._robot.body.arm
        return _distance(reach.nearest_point(piece, arm[:2]), arm) <= reach.REACH_M

    def _nearest_object(self) -> str:
        for thing in sorted(
            self._household.house.objects.values(), key=lambda o: _gap(self._robot, o.position)
        ):
            try:
                self._check_pick(thing)
            except RefusedError:
                continue
            return thing.object_id
        raise RefusedError("There is no object within reach.")

    # Acting

    def _check_pick(self, thing: ObjectState) -> None:
        reach.check_object(self._household, self._robot.body.arm, thing)
        if self._household.is_enclosed(thing.object_id):
            support = self._household.find_support(thing.object_id)
            where = support.category if support else "compartment"
            raise RefusedError(f"The {thing.category} is inside the closed {where}.")

    def _held(self) -> ObjectState:
        held_id = self._robot.body.held_id
        if held_id is None:
            raise RefusedError("The hand is empty.")
        return self._household.get_object(held_id)

    def _place(self, thing: ObjectState, surface_id: str) -> None:
        household, arm = self._household, self._robot.body.arm
        piece = household.get_furniture(surface_id.split("/")[0])
        reach.check_furniture(household, arm, piece)
        ahead = (arm[0] + 0.7 * math.cos(arm[2]), arm[1] + 0.7 * math.sin(arm[2]))
        within = ((arm[0], arm[1]), reach.REACH_M)
        spot = household.find_free_spot(thing.object_id, surface_id, ahead, within=within)
        if spot.position[2] > reach.REACH_HEIGHT_M:
            raise RefusedError(f"The {piece.category} is too high to reach.")
        household.put(ROBOT, thing.object_id, surface_id, spot)
        self._robot.body.held_id = None

    # Driving

    def _at_object(self, thing: ObjectState) -> Standpoint:
        if thing.object_id == self._robot.body.held_id:
            raise RefusedError(f"The robot holds the {thing.category}.")
        where = (thing.position[0], thing.position[1])
        support = self._household.find_support(thing.object_id)
        points = [(x, y) for x, y, _ in support.viewpoints] if support else []
        points.sort(key=lambda p: _distance(p, (*where, 0.0)))
        near = [p for p in points if _distance(p, (*where, 0.0)) <= reach.REACH_M]
        return self._toward([*near, *points[:1], self._floor_near(where, support)], where)

    def _at_furniture(self, piece: Furniture) -> Standpoint:
        middle = (piece.position[0], piece.position[1])
        points = [(x, y) for x, y, _ in piece.viewpoints]
        return self._toward([*points, self._floor_near(middle, piece)], middle)

    def _floor_near(self, point: Point2, piece: Furniture | None) -> Point2:
        """Where to stand near a point if no viewpoint serves: in the room of the piece."""
        room_id = piece.room_id if piece else self._household.room_id_at(*point)
        return reach.nearest_floor(self._household, self._navigation, point, room_id)

    def _toward(
        self, points: Sequence[Point2], look: Point2 | None, *, keep_m: float = 0.0
    ) -> Standpoint:
        """Stand at the first reachable point, or as near as one can to the last; look at `look`."""
        body, navigation = self._robot.body, self._navigation
        goal = next((p for p in points if navigation.is_reachable(*p)), None)
        if goal is None:
            goal = navigation.nearest_reachable(*points[-1])
        path = list(navigation.shortest_path((body.x, body.y), goal))
        if keep_m:
            path = _shortened(path, keep_m)
        steps, yaw = 0, body.yaw_rad
        for start, end in itertools.pairwise(path):
            leg = math.hypot(end[0] - start[0], end[1] - start[1])
            if leg < 1e-6:
                continue
            bearing = math.atan2(end[1] - start[1], end[0] - start[0])
            steps += _turns(bearing - yaw) + math.ceil(leg / STEP_M - 1e-6)
            yaw = bearing
        x, y = path[-1]
        if look is not None and math.hypot(look[0] - x, look[1] - y) > 1e-6:
            bearing = math.atan2(look[1] - y, look[0] - x)
            steps, yaw = steps + _turns(bearing - yaw), bearing
        return Standpoint(x, y, yaw, max(steps, 1))


def _first(options: Sequence[_Option], check: Callable[[_Option], None]) -> _Option:
    """The first option that passes a check, else the first: its refusal is the reason."""
    for option in options:
        try:
            check(option)
        except RefusedError:
            continue
        return option
    return options[0]


def _shortened(path: list[Point2], keep_m: float) -> list[Point2]:
    """A path that ends `keep_m` before its end, as the crow flies along its last legs."""
    end = path[-1]
    while len(path) > 1 and math.hypot(path[-2][0] - end[0], path[-2][1] - end[1]) <= keep_m:
        path = path[:-1]
    if len(path) == 1:
        return path
    (x0, y0), (x1, y1) = path[-2], path[-1]
    length = math.hypot(x1 - x0, y1 - y0)
    part = max(0.0, (length - max(keep_m - math.hypot(x1 - end[0], y1 - end[1]), 0.0)) / length)
    return [*path[:-1], (x0 + part * (x1 - x0), y0 + part * (y1 - y0))]


def _turns(angle_rad: float) -> int:
    return round(abs(reach.wrapped_rad(angle_rad)) / TURN_RAD)


def _gap(robot: Robot, position: Sequence[float]) -> float:
    return math.hypot(position[0] - robot.body.x, position[1] - robot.body.y)


def _distance(point: Point2, base: Sequence[float]) -> float:
    return math.hypot(point[0] - base[0], point[1] - base[1])
