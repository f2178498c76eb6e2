"""A whole house from one integer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import InputError
from .furnish import furnish
from .layout import ROOM_COUNT_RANGE, plan_rooms
from .models import furniture_model
from .openings import cut_doors, cut_windows
from .world import Furniture, FurnitureState, House

_PLAN_TRIES = 200


def generate_house(seed: int, *, room_count: int | None = None) -> House:
    raise NotImplementedError


def _empty_house(rng: np.random.Generator, seed: int, room_count: int | None) -> House:
    """Rooms, doors and windows; draws again until a plan works out."""
    for _ in range(_PLAN_TRIES):
        plan = plan_rooms(rng, room_count)
        doors = None if plan is None else cut_doors(rng, plan)
        if plan is not None and doors is not None:
            return House(seed, plan.rooms, doors, cut_windows(rng, plan), ())
    raise InputError(f"no plan of {room_count} rooms was found; ask for {ROOM_COUNT_RANGE}")


def _with_surfaces(piece: Furniture) -> Furniture:
    model = furniture_model(piece)
    return replace(piece, surfaces=tuple(s.of(piece.furniture_id) for s in model.surfaces))
