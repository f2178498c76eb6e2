"""What anybody, robot or resident, can do to a house; every change goes into the truth log.

A `Household` holds the changing state of one house. Its verbs either change the state and log it, or
raise `RefusedError` with the reason and change nothing. Whether the actor is near enough is the
actor's affair (`reach`, `people`); here stands what the things themselves allow.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from ...errors import EmbodiedMemError
from .catalog import object_spec
from .catalog.specs import FurnitureModel
from .models import furniture_model
from .surfaces import Spot, find_spot, world_point
from .truth_log import ROBOT, TruthEvent, TruthLog
from .world import Furniture, FurnitureState, House, ObjectState, Point2, Point3, Room, Surface

HEATERS = ("microwave", "stove")
COOLERS = ("fridge",)
"""Heaters work while they are on, coolers while they are closed."""
BASINS = ("sink", "bathtub")
"""They have taps: what lies in the bowl is washed while the water runs."""
MACHINES = ("dishwasher", "washer_dryer")
_RUNS_CLOSED = ("microwave", *MACHINES)

WARM_S = 3600.0
"""Hot and cold things are at room temperature again after this time elsewhere."""


class RefusedError(EmbodiedMemError):
    """The world does not allow an action; the message is the reason, for the actor to read."""


@dataclass
class Clock:
    """Simulated time, shared by all who act."""

    stamp_ns: int
    step: int = 0
    step_ns: int = 14_400_000_000
    """0.24 minutes: 06:00 to 22:00 in 4,000 steps."""


class Household:
    """The changing state of a house."""

    def __init__(self, house: House, clock: Clock) -> None:
        """`house` is not changed: its objects and furniture states are copied."""
        self.house = copy.copy(house)
        self.house.objects = copy.deepcopy(house.objects)
        self.house.furniture_states = {
            piece.furniture_id: copy.copy(
                house.furniture_states.get(piece.furniture_id, FurnitureState())
            )
            for piece in house.furniture
        }
        self.clock = clock
        self.log = TruthLog()
        self.version: dict[str, int] = {}
        """How often each object or piece has changed: what a renderer must update."""
        self._furniture = {piece.furniture_id: piece for piece in house.furniture}
        self._surfaces = {s.surface_id: s for piece in house.furniture for s in piece.surfaces}
        self.switched_by: dict[str, str] = {}
        """Furniture id -> who turned it on or closed it last."""
        self.tempered_ns: dict[str, int] = {}
        """Object id -> stamp at which it was last kept hot or cold."""

    # Looking things up

    def get_object(self, object_id: str) -> ObjectState:
        if object_id not in self.house.objects:
            raise RefusedError(f"There is no object '{object_id}'.")
        return self.house.objects[object_id]

    def get_furniture(self, furniture_id: str) -> Furniture:
        if furniture_id not in self._furniture:
            raise RefusedError(f"There is no furniture '{furniture_id}'.")
        return self._furniture[furniture_id]

    def get_surface(self, surface_id: str) -> Surface:
        if surface_id not in self._surfaces:
            raise RefusedError(f"There is no surface '{surface_id}'.")
        return self._surfaces[surface_id]

    def find_support(self, object_id: str) -> Furniture | None:
        """The furniture that an object lies on or in; None if it is held or on the floor."""
        return self._furniture.get(self.get_object(object_id).support_id.split("/")[0])

    def objects_on(self, furniture_id: str) -> list[ObjectState]:
        """What lies on any surface of a piece, by id."""
        prefix = furniture_id + "/"
        return [o for _, o in sorted(self.house.objects.items()) if o.support_id.startswith(prefix)]

    def state_of(self, furniture_id: str) -> FurnitureState:
        return self.house.furniture_states[self.get_furniture(furniture_id).furniture_id]

    def is_enclosed(self, object_id: str) -> bool:
        """Whether an object lies in a closed compartment."""
        support = self.find_support(object_id)
        if support is None or self.state_of(support.furniture_id).is_open:
            return False
        return (
            support.is_openable and self._surfaces[self.get_object(object_id).support_id].is_inside
        )

    def room_id_at(self, x: float, y: float) -> str:
        """The room that a point lies in; in a doorway or wall the nearest one."""
        return min(self.house.rooms, key=lambda room: _distance_m(room, x, y)).room_id

    def model_of(self, furniture_id: str) -> FurnitureModel:
        return furniture_model(self.get_furniture(furniture_id))

    # Changing things

    def take(self, actor_id: str, object_id: str, *, start_step: int | None = None) -> None:
        """The object is in the actor's hand from now on."""
        thing = self.get_object(object_id)
        if thing.support_id == actor_id:
            raise RefusedError(f"The {thing.category} is already in the hand.")
        if thing.support_id == ROBOT or thing.support_id.startswith("person_"):
            raise RefusedError(f"Somebody else holds the {thing.category}.")
        if self.is_enclosed(object_id):
            support = self.find_support(object_id)
            where = support.category if support else "compartment"
            raise RefusedError(f"The {thing.category} is inside the closed {where}.")
        before, x, y = thing.support_id, thing.position[0], thing.position[1]
        thing.support_id = actor_id
        self._changed(object_id)
        room_id = self.room_id_at(x, y)
        self.note(
            actor_id, "pick", object_id, ids=(before, actor_id), rooms=(room_id, room_id),
            start_step=start_step,
        )  # fmt: skip

    def find_free_spot(
        self,
        object_id: str,
        surface_id: str,
        near: Point2,
        *,
        within: tuple[Point2, float] | None = None,
    ) -> Spot:
        """Where on a surface an object fits, nearest to a point in the world.

        `within` (centre, metres) limits it to what an arm reaches. Raises RefusedError.
        """
        surface = self.get_surface(surface_id)
        piece = self._furniture[surface_id.split("/")[0]]
        thing = self.get_object(object_id)
        if (
            surface.is_inside
            and piece.is_openable
            and not self.state_of(piece.furniture_id).is_open
        ):
            raise RefusedError(f"The {piece.category} is closed.")
        if thing.size[2] > surface.clearance_m:
            raise RefusedError(f"The {thing.category} is too tall for {surface_id}.")
        shift = self._shift_of(piece, surface)
        others = [
            o
            for o in self.house.objects.values()
            if o.support_id == surface_id and o.object_id != object_id
        ]
        spot = find_spot(piece, surface, shift, thing, others, near, within=within)
        if spot is None:
            if within and find_spot(piece, surface, shift, thing, others, near) is not None:
                raise RefusedError(f"The free space on the {piece.category} is too far away.")
            raise RefusedError(
                f"There is no room on the {piece.category} for the {thing.category}."
            )
        return spot

    def put(self, actor_id: str, object_id: str, surface_id: str, spot: Spot) -> None:
        """Lay an object from the hand onto a surface."""
        thing = self._held(actor_id, object_id)
        self._lay(actor_id, thing, surface_id, spot)

    def drop(self, actor_id: str, object_id: str, point: Point2, yaw_rad: float) -> None:
        """Lay an object from the hand onto the floor."""
        thing = self._held(actor_id, object_id)
        room_id = self.room_id_at(*point)
        self._lay(actor_id, thing, f"floor:{room_id}", Spot((*point, 0.0), yaw_rad))

    def carry(self, actor_id: str, position: Point3, yaw_rad: float) -> None:
        """What the actor holds moves with the hand; not an event."""
        for thing in self.house.objects.values():
            if thing.support_id == actor_id:
                thing.position, thing.yaw_rad = position, yaw_rad
                self._changed(thing.object_id)

    def set_open(self, actor_id: str, furniture_id: str, is_open: bool) -> None:
        """Open or close a piece; what lies in its drawers moves along."""
        piece, state = self.get_furniture(furniture_id), self.state_of(furniture_id)
        if not piece.is_openable:
            raise RefusedError(f"The {piece.category} cannot be opened.")
        if state.is_open == is_open:
            raise RefusedError(
                f"The {piece.category} is already {'open' if is_open else 'closed'}."
            )
        if is_open and state.is_on and piece.category in _RUNS_CLOSED:
            raise RefusedError(f"The {piece.category} is on; turn it off first.")
        before = {s.surface_id: self._shift_of(piece, s) for s in piece.surfaces}
        state.is_open = is_open
        self.switched_by[furniture_id] = actor_id
        for thing in self.objects_on(furniture_id):
            after = self._shift_of(piece, self._surfaces[thing.support_id])
            way = np.subtract(after, before[thing.support_id])
            if way.any():
                moved = world_point(piece, way) - np.array(piece.position)
                x, y, z = (np.array(thing.position) + moved).tolist()
                thing.position = (x, y, z)
                self._changed(thing.object_id)
        self._changed(furniture_id)
        self._note_here(actor_id, "open" if is_open else "close", piece)

    def set_on(self, actor_id: str, furniture_id: str, is_on: bool) -> None:
        """Turn a piece on or off."""
        piece, state = self.get_furniture(furniture_id), self.state_of(furniture_id)
        if not is_toggleable(piece):
            raise RefusedError(f"The {piece.category} cannot be turned on or off.")
        if state.is_on == is_on:
            raise RefusedError(f"The {piece.category} is already {'on' if is_on else 'off'}.")
        if is_on and state.is_open and piece.category in _RUNS_CLOSED:
            raise RefusedError(f"The {piece.category} is open; close it first.")
        state.is_on = is_on
        self.switched_by[furniture_id] = actor_id
        self._changed(furniture_id)
        self._note_here(actor_id, "turn_on" if is_on else "turn_off", piece)

    def slice(self, actor_id: str, object_id: str) -> None:
        """Cut an object; it stays where it is."""
        thing = self.get_object(object_id)
        if not object_spec(thing.category).is_sliceable:
            raise RefusedError(f"The {thing.category} cannot be sliced.")
        if thing.is_sliced:
            raise RefusedError(f"The {thing.category} is already sliced.")
        if self.is_enclosed(object_id):
            raise RefusedError(f"The {thing.category} is in a closed compartment.")
        thing.is_sliced = True
        self._changed(object_id)
        self._note_thing(actor_id, "slice", thing)

    def soil(self, actor_id: str, object_id: str) -> None:
        """Using a washable thing makes it dirty."""
        thing = self.get_object(object_id)
        if thing.is_clean and object_spec(thing.category).is_washable:
            thing.is_clean = False
            self._changed(object_id)
            self._note_thing(actor_id, "soil", thing)

    def run_appliances(self) -> None:
        """Heat, cool and wash what lies in running appliances; let the rest come to room warmth."""
        for furniture_id, state in self.house.furniture_states.items():
            category = self._furniture[furniture_id].category
            if category in COOLERS and not state.is_open:
                self._temper(furniture_id, "cold", places=(True,))
            elif category in HEATERS and state.is_on:
                places = (True,) if category == "microwave" else (False, not state.is_open)
                self._temper(furniture_id, "hot", places=places)
            elif category in (*BASINS, *MACHINES) and state.is_on:
                self._wash(furniture_id)
        for object_id, stamp_ns in list(self.tempered_ns.items()):
            if self.clock.stamp_ns - stamp_ns > WARM_S * 1e9:
                del self.tempered_ns[object_id]
                self.house.objects[object_id].temperature = "room"

    def note(
        self,
        actor_id: str,
        action: str,
        target_id: str,
        *,
        ids: tuple[str, str] = ("", ""),
        rooms: tuple[str, str] = ("", ""),
        start_step: int | None = None,
        detail: str = "",
    ) -> None:
        """Log an event that ends now."""
        clock = self.clock
        start = clock.step if start_step is None else start_step
        start_ns = clock.stamp_ns - (clock.step - start) * clock.step_ns
        self.log.add(
            TruthEvent(
                len(self.log.events), actor_id, action, target_id, *ids, *rooms, start, clock.step,
                start_ns, clock.stamp_ns, detail,
            )
        )  # fmt: skip

    # Helpers

    def _held(self, actor_id: str, object_id: str) -> ObjectState:
        thing = self.get_object(object_id)
        if thing.support_id != actor_id:
            raise RefusedError(f"The {thing.category} is not in the hand.")
        return thing

    def _lay(self, actor_id: str, thing: ObjectState, support_id: str, spot: Spot) -> None:
        x, y, _ = thing.position
        thing.position, thing.yaw_rad, thing.support_id = spot.position, spot.yaw_rad, support_id
        self._changed(thing.object_id)
        rooms = (self.room_id_at(x, y), self.room_id_at(spot.position[0], spot.position[1]))
        self.note(actor_id, "place", thing.object_id, ids=(actor_id, support_id), rooms=rooms)

    def _shift_of(self, piece: Furniture, surface: Surface) -> Point3:
        """How far, in the frame of the piece, a surface is moved now: an open drawer."""
        if not piece.is_openable:
            return (0.0, 0.0, 0.0)
        name = surface.surface_id.split("/", 1)[1]
        is_open = self.state_of(piece.furniture_id).is_open
        return furniture_model(piece).shift_of(name, is_open=is_open)

    def _temper(self, furniture_id: str, temperature: str, *, places: tuple[bool, ...]) -> None:
        """Heat or cool what lies on surfaces that are (True) or are not (False) inside."""
        for thing in self.objects_on(furniture_id):
            spec = object_spec(thing.category)
            is_able = spec.is_heatable if temperature == "hot" else spec.is_coolable
            surface = self._surfaces[thing.support_id]
            if not is_able or surface.is_inside not in places:
                continue
            self.tempered_ns[thing.object_id] = self.clock.stamp_ns
            if thing.temperature != temperature:
                thing.temperature = temperature
                self._note_by(furniture_id, "heat" if temperature == "hot" else "cool", thing)

    def _wash(self, furniture_id: str) -> None:
        is_basin = self._furniture[furniture_id].category in BASINS
        for thing in self.objects_on(furniture_id):
            surface = self._surfaces[thing.support_id]
            if is_basin and (surface.is_inside or surface.surface_id.endswith("/ledge")):
                continue
            if not thing.is_clean and object_spec(thing.category).is_washable:
                thing.is_clean = True
                self._changed(thing.object_id)
                self._note_by(furniture_id, "clean", thing)

    def _changed(self, name: str) -> None:
        self.version[name] = self.version.get(name, 0) + 1

    def _note_here(self, actor_id: str, action: str, piece: Furniture) -> None:
        rooms = (piece.room_id, piece.room_id)
        self.note(actor_id, action, piece.furniture_id, rooms=rooms)

    def _note_by(self, furniture_id: str, action: str, thing: ObjectState) -> None:
        self._note_thing(self.switched_by.get(furniture_id, ""), action, thing, detail=furniture_id)

    def _note_thing(
        self, actor_id: str, action: str, thing: ObjectState, *, detail: str = ""
    ) -> None:
        room_id = self.room_id_at(thing.position[0], thing.position[1])
        ids, rooms = (thing.support_id, thing.support_id), (room_id, room_id)
        self.note(actor_id, action, thing.object_id, ids=ids, rooms=rooms, detail=detail)


def is_toggleable(piece: Furniture) -> bool:
    """Whether a piece can be turned on: what says so, washing machines, and basins with taps."""
    return piece.is_toggleable or piece.category in (*BASINS, *MACHINES)


def _distance_m(room: Room, x: float, y: float) -> float:
    return min(
        float(np.hypot(max(a - x, x - c, 0.0), max(b - y, y - d, 0.0)))
        for a, b, c, d in room.rectangles
    )
