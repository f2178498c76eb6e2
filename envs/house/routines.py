"""What residents do all day: who they are, what they like, and the tasks of each activity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .catalog import object_spec
from .habits import Habit
from .household import Household, RefusedError
from .navigation import NavigationMap
from .noise import stream
from .people import People, Preference, Resident, Task, standing_point
from .truth_log import ROBOT
from .world import Furniture, House, ObjectState, Surface

NAMES = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas")
ACTIVITIES_PER_DAY = 14
_BED_KINDS = ("bedroom", "childrens_room")
_CARRIED_MAX_M = 0.45
_MORNING_H, _EVENING_H = (7.0, 11.0), (17.0, 20.5)
_QUARTER_S = 900.0

_ACTIVITIES = (
    ("rearrange", 5.0), ("borrow", 3.0), ("look_inside", 1.5), ("switch", 1.5), ("warm", 1.0),
    ("chill", 0.5), ("rinse", 0.5), ("show", 1.5), ("ask", 1.5), ("rest", 1.0),
)  # fmt: skip


def invite_people(
    household: Household, navigation: NavigationMap, *, count: int, seed: int, steps_per_day: int
) -> People:
    """`count` residents with names, homes and preferences, each standing in their own room."""
    rng = stream(seed, "residents", 0)
    names = rng.permutation(len(NAMES))[:count].tolist()
    rooms = _home_rooms(household.house)
    favourites = _portable(household)
    order = rng.permutation(len(favourites)).tolist()
    residents: list[Resident] = []
    for k, index in enumerate(names):
        mine = [favourites[i] for i in order[2 * k : 2 * k + 2]]
        room_id = rooms[k % len(rooms)]
        height = round(float(rng.uniform(1.58, 1.86)), 2)
        resident = Resident(f"person_{k}", NAMES[index], height, k, room_id)
        resident.preferences = _preferences(household, mine)
        taken = {habit.object_id for other in residents for habit in other.habits}
        habits_rng = stream(seed, "habits", k)
        resident.habits = _habits(household, resident.name, taken, habits_rng)
        place, _ = standing_point(household, navigation, room_id)
        resident.x, resident.y = navigation.nearest_reachable(place[0] + 0.4 * k, place[1])
        resident.in_room_id = household.room_id_at(resident.x, resident.y)
        residents.append(resident)
    return People(
        residents,
        plan_activity,
        plan_habit,
        seed=seed,
        steps_per_day=steps_per_day,
        activities_per_day=ACTIVITIES_PER_DAY,
    )


def plan_activity(
    resident: Resident, household: Household, rng: np.random.Generator, is_robot_there: bool
) -> list[Task]:
    """The tasks of one activity, chosen by chance from what the house allows now."""
    weights = np.array([weight for _, weight in _ACTIVITIES])
    kind = _ACTIVITIES[int(rng.choice(len(weights), p=weights / weights.sum()))][0]
    if kind == "show" and is_robot_there and resident.preferences:
        return _show(resident, household, rng)
    if kind == "ask" and is_robot_there:
        return _ask(resident, household, rng)
    if kind == "look_inside":
        return _look_inside(household, rng)
    if kind == "switch":
        return _switch(household, rng)
    if kind in ("warm", "chill", "rinse"):
        return _treat(kind, household, rng)
    if kind == "rest":
        return [("walk", resident.room_id), ("wait", str(int(rng.integers(20, 60))))]
    return _carry_about(resident, household, rng, is_returned=kind == "borrow")


def plan_habit(habit: Habit, household: Household) -> list[Task] | None:
    """Bring the object of a habit to its surface and use it there; None while somebody holds it."""
    thing = household.get_object(habit.object_id)
    if not _is_takeable(household, thing):
        return None
    use: Task = ("use", thing.object_id)
    if thing.support_id == habit.to_id:
        return [("walk", thing.object_id), use]
    return [*_fetch(household, thing), *_bring(household, habit.to_id), use]


def describe(thing: ObjectState) -> str:
    """'blue striped mug': what a person would call it."""
    words = [thing.attributes.color]
    if thing.attributes.print not in ("plain", ""):
        words.append(thing.attributes.print)
    return " ".join([*words, thing.category]).replace("_", " ")


def _preferences(household: Household, things: Sequence[ObjectState]) -> tuple[Preference, ...]:
    found = []
    for kind, thing in zip(("favourite", "place"), things, strict=False):
        text = f"This {describe(thing)} is my favourite."
        if kind == "place":
            support = household.find_support(thing.object_id)
            if support is None:
                continue
            where = f"{support.category} in the {_room_kind(household.house, support.room_id)}"
            text = f"I always keep this {describe(thing)} at the {where}.".replace("_", " ")
        found.append(Preference(kind, thing.object_id, text))
    return tuple(found)


def _habits(
    household: Household, name: str, taken: set[str], rng: np.random.Generator
) -> tuple[Habit, ...]:
    """Bring something elsewhere in the morning and back in the evening; none if nothing can be moved."""
    surfaces = _open_surfaces(household)
    things = [o for o in _portable(household) if o.support_id in surfaces]
    things = [o for o in things if o.object_id not in taken]
    for thing in (things[i] for i in rng.permutation(len(things))):
        home = thing.support_id.split("/")[0]
        for to_id in (surfaces[i] for i in rng.permutation(len(surfaces))):
            if to_id.split("/")[0] == home or not _has_room(household, thing, to_id):
                continue
            times = [_quarter_s(hours, rng) for hours in (_MORNING_H, _EVENING_H)]
            ends = (to_id, thing.support_id)
            return tuple(
                Habit(thing.object_id, end, at_s, _habit_text(household, name, thing, end, at_s))
                for end, at_s in zip(ends, times, strict=True)
            )
    return ()


def _habit_text(
    household: Household, name: str, thing: ObjectState, to_id: str, clock_s: float
) -> str:
    piece = household.get_furniture(to_id.split("/")[0])
    where = f"{piece.category} in the {_room_kind(household.house, piece.room_id)}"
    hours, seconds = divmod(int(clock_s), 3600)
    time = f"{hours:02d}:{seconds // 60:02d}"
    text = f"Every day at about {time} {name} brings the {describe(thing)} to the {where}."
    return text.replace("_", " ")


def _quarter_s(hours: tuple[float, float], rng: np.random.Generator) -> float:
    """A quarter of an hour between two times of day, in seconds since midnight."""
    return round(float(rng.uniform(*hours)) * 3600 / _QUARTER_S) * _QUARTER_S


def _has_room(household: Household, thing: ObjectState, surface_id: str) -> bool:
    try:
        household.find_free_spot(thing.object_id, surface_id, (0.0, 0.0))
    except RefusedError:
        return False
    return True


def _show(resident: Resident, household: Household, rng: np.random.Generator) -> list[Task]:
    """Bring a thing to the robot, say what it means, and take it back."""
    wish = resident.preferences[int(rng.integers(len(resident.preferences)))]
    thing = household.get_object(wish.object_id)
    if not _is_takeable(household, thing):
        return []
    say = ("say", wish.text, wish.object_id, wish.kind)
    return [
        *_fetch(household, thing),
        ("walk", ROBOT),
        say,
        ("wait", "3"),
        *_bring(household, thing.support_id),
    ]


def _ask(resident: Resident, household: Household, rng: np.random.Generator) -> list[Task]:
    """Go to the robot and ask for something, by its looks or by what was said about it before."""
    things = [o for o in _portable(household) if _is_takeable(household, o)]
    pieces = [p for p in household.house.furniture if _is_for_things(p) and p.surfaces]
    if not things or not pieces:
        return []
    piece = pieces[int(rng.integers(len(pieces)))]
    where = f"{piece.category} in the {_room_kind(household.house, piece.room_id)}"
    if resident.preferences and rng.random() < 0.5:
        wish = resident.preferences[int(rng.integers(len(resident.preferences)))]
        category = household.get_object(wish.object_id).category
        what, object_id = f"my favourite {category}", wish.object_id
        text = f"Please bring {what} to the {where}."
        if wish.kind == "place":
            text = f"Please put my {category} back where I keep it."
    else:
        thing = things[int(rng.integers(len(things)))]
        object_id = thing.object_id
        text = f"Please bring the {describe(thing)} to the {where}."
    say: Task = ("say", text.replace("_", " "), object_id, "request")
    return [("walk", ROBOT), say, ("wait", "3"), ("walk", resident.room_id)]


def _carry_about(
    resident: Resident, household: Household, rng: np.random.Generator, *, is_returned: bool
) -> list[Task]:
    """Take something to another place and use it; bring it back if it is only borrowed."""
    things = [o for o in _portable(household) if _is_takeable(household, o)]
    surfaces = _open_surfaces(household)
    if not things or not surfaces:
        return []
    own = {p.object_id for p in resident.preferences}
    weights = np.array([3.0 if o.object_id in own else 1.0 for o in things])
    thing = things[int(rng.choice(len(things), p=weights / weights.sum()))]
    others = [s for s in surfaces if s.split("/")[0] != thing.support_id.split("/")[0]]
    target = (others or surfaces)[int(rng.integers(len(others or surfaces)))]
    tasks = [*_fetch(household, thing), *_bring(household, target), ("use", thing.object_id)]
    tasks.append(("wait", str(int(rng.integers(3, 25)))))
    if is_returned and "/" in thing.support_id:
        again = [("walk", thing.object_id), ("take", thing.object_id)]
        tasks += [*again, *_bring(household, thing.support_id)]
    return tasks


def _look_inside(household: Household, rng: np.random.Generator) -> list[Task]:
    """Open something for a while; now and then forget to close it."""
    pieces = [p for p in household.house.furniture if p.is_openable]
    if not pieces:
        return []
    name = pieces[int(rng.integers(len(pieces)))].furniture_id
    tasks: list[Task] = [("walk", name), ("open", name), ("wait", str(int(rng.integers(2, 8))))]
    return tasks if rng.random() < 0.15 else [*tasks, ("close", name)]


def _switch(household: Household, rng: np.random.Generator) -> list[Task]:
    """Turn a lamp or the television on or off."""
    pieces = [
        p
        for p in household.house.furniture
        if p.is_toggleable and p.category not in ("stove", "microwave")
    ]
    if not pieces:
        return []
    name = pieces[int(rng.integers(len(pieces)))].furniture_id
    verb = "turn_off" if household.state_of(name).is_on else "turn_on"
    return [("walk", name), (verb, name)]


def _treat(kind: str, household: Household, rng: np.random.Generator) -> list[Task]:
    """Warm food up, put a drink into the fridge, or rinse what is dirty."""
    machine = {"warm": "microwave", "chill": "fridge", "rinse": "sink"}[kind]
    pieces = [p for p in household.house.furniture if p.category == machine and p.surfaces]
    things = [
        o
        for o in _portable(household)
        if _is_takeable(household, o) and not o.support_id.startswith(machine) and _suits(kind, o)
    ]
    surfaces = _open_surfaces(household)
    if not pieces or not things or not surfaces:
        return []
    piece = pieces[int(rng.integers(len(pieces)))]
    thing = things[int(rng.integers(len(things)))]
    table = surfaces[int(rng.integers(len(surfaces)))]
    name = piece.furniture_id
    inside = sorted(piece.surfaces, key=lambda s: _rank(machine, s))[0].surface_id
    tasks = [*_fetch(household, thing), *_bring(household, inside)]
    if kind != "chill":
        tasks += [("turn_on", name), ("wait", "6"), ("turn_off", name)]
        tasks += [("open", name), ("take", thing.object_id), ("close", name)]
        tasks += [*_bring(household, table), ("use", thing.object_id)]
    return tasks


def _rank(machine: str, surface: Surface) -> int:
    """0 for the surfaces on which a machine works, 1 for the others."""
    is_bowl = surface.surface_id.endswith("/bowl")
    return int(not (is_bowl if machine == "sink" else surface.is_inside))


def _suits(kind: str, thing: ObjectState) -> bool:
    spec = object_spec(thing.category)
    if kind == "rinse":
        return spec.is_washable and not thing.is_clean
    return spec.is_heatable if kind == "warm" else spec.is_coolable


def _fetch(household: Household, thing: ObjectState) -> list[Task]:
    """Walk to an object and take it, opening and closing what it lies in."""
    support = household.find_support(thing.object_id)
    take: list[Task] = [("take", thing.object_id)]
    if support is not None and support.is_openable and household.is_enclosed(thing.object_id):
        take = [("open", support.furniture_id), *take, ("close", support.furniture_id)]
    return [("walk", thing.object_id), *take]


def _bring(household: Household, surface_id: str) -> list[Task]:
    """Walk to a surface and put down what is held, opening and closing its piece."""
    if "/" not in surface_id:
        return [("put", surface_id)]
    piece = household.get_furniture(surface_id.split("/")[0])
    put: list[Task] = [("put", surface_id)]
    if piece.is_openable and household.get_surface(surface_id).is_inside:
        put = [("open", piece.furniture_id), *put, ("close", piece.furniture_id)]
    return [("walk", piece.furniture_id), *put]


def _portable(household: Household) -> list[ObjectState]:
    """Objects that one carries in a hand, by id."""
    things = household.house.objects
    return [things[name] for name in sorted(things) if max(things[name].size) <= _CARRIED_MAX_M]


def _is_takeable(household: Household, thing: ObjectState) -> bool:
    return thing.support_id != ROBOT and not thing.support_id.startswith("person_")


def _open_surfaces(household: Household) -> list[str]:
    """Surfaces on which people leave things."""
    return [
        s.surface_id
        for piece in household.house.furniture
        if _is_for_things(piece)
        for s in piece.surfaces
        if not s.is_inside and 0.3 <= s.height_m <= 1.4
    ]


def _is_for_things(piece: Furniture) -> bool:
    return piece.category not in ("stove", "sink", "bathtub", "toilet", "hamper")


def _home_rooms(house: House) -> list[str]:
    rooms = [room for room in house.rooms if room.kind in _BED_KINDS]
    return [room.room_id for room in rooms or house.rooms]


def _room_kind(house: House, room_id: str) -> str:
    return next(room.kind for room in house.rooms if room.room_id == room_id)
