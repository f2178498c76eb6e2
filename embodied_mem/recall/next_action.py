"""What to do about a question: answer, recall more, or go and look, by value of information.

Looking is worth the gain in probability (of finding the thing, over being right now) times what a right
answer is worth, in metres of way, less the way that it is expected to take. The way follows Mind
Palace's look-ahead over up to three places (SYSTEMS.md 1.5):
E = pa da + (1 - pa) [pb (da + dab) + (1 - pb) [pc (da + dab + dbc) + (1 - pc) D]].
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import InputError

Point3 = tuple[float, float, float]
LOOK_AHEAD = 3
MAX_PLACES = 8
DEFAULT_VALUE_M = 40.0
"""How far one would walk to turn a wrong answer into a right one."""
RECALL_COST_M = 0.5
"""What one more look into memory costs, as way."""
DETECTION_RATE = 0.85
"""Chance that something is found where it is."""


@dataclass(frozen=True)
class SearchPlace:
    """Somewhere that the thing may be."""

    place_id: str
    """An entity, a room or a frontier."""
    position_in_world: Point3
    probability: float
    """That it is there; those of all places sum to at most one."""
    note: str = ""


@dataclass(frozen=True)
class NextAction:
    """The best move and its numbers."""

    kind: str
    """'answer', 'recall more' or 'look'."""
    explanation: str
    place_id: str = ""
    position_in_world: Point3 | None = None
    """Where to look, if anywhere."""
    plan: tuple[str, ...] = ()
    """Places in the order to visit them."""
    answer_probability: float = 0.0
    """That the answer is right if it is given now."""
    expected_gain: float = 0.0
    """By how much the move is expected to raise it."""
    expected_distance_m: float = 0.0
    net_value_m: float = 0.0
    """Gain times value less way: above zero, the move is worth it."""
    places: tuple[SearchPlace, ...] = ()
    """What was considered, likeliest first."""


def choose_action(
    answer_probability: float,
    places: Sequence[SearchPlace],
    *,
    start_in_world: Point3,
    distance_m: Callable[[Point3, Point3], float],
    recall_gain: float = 0.0,
    value_m: float = DEFAULT_VALUE_M,
    visited: Sequence[str] = (),
) -> NextAction:
    """The move with the highest net value; answering is worth zero.

    Args:
        places: candidates; those whose id is in `visited` count no more, and none at all is fine.
        distance_m: length of the way between two points, infinite if there is none.
        recall_gain: how much one more look into memory is expected to raise the probability.

    Raises:
        InputError: probabilities outside [0, 1], or a value that is not positive.
    """
    probabilities = [answer_probability, *(place.probability for place in places)]
    if not all(0 <= p <= 1 for p in probabilities) or not 0 < value_m < math.inf:
        raise InputError(
            f"probabilities must lie in [0, 1] and value_m above 0, got {probabilities}, {value_m}"
        )
    left = [place for place in places if place.place_id not in set(visited)]
    left.sort(key=lambda place: (-place.probability, place.place_id))
    left = left[:MAX_PLACES]
    options = [
        NextAction("answer", _answer_text(answer_probability, left), places=tuple(left),
                   answer_probability=answer_probability)
    ]  # fmt: skip
    if recall_gain > 0:
        options.append(_recall_option(answer_probability, recall_gain, value_m, left))
    look = _look_option(answer_probability, left, start_in_world, distance_m, value_m)
    if look is not None:
        options.append(look)
    return max(options, key=lambda option: option.net_value_m)


def expected_distance_m(
    probabilities: Sequence[float], legs_m: Sequence[float], exhaustive_m: float
) -> float:
    """Expected way when places are visited in order until the thing is found.

    `legs_m` are the ways to each place from the one before; `exhaustive_m` is the way if it is at none.
    """
    expected, missed, walked = 0.0, 1.0, 0.0
    for probability, leg_m in zip(probabilities, legs_m, strict=True):
        walked += leg_m
        expected += missed * probability * walked
        missed *= 1.0 - probability
    return expected + missed * max(exhaustive_m, walked)


def _look_option(
    now: float,
    places: list[SearchPlace],
    start: Point3,
    distance_m: Callable[[Point3, Point3], float],
    value_m: float,
) -> NextAction | None:
    """The best order of up to three places; None if none can be reached."""
    from_start = [distance_m(start, place.position_in_world) for place in places]
    reached = [n for n, way_m in enumerate(from_start) if math.isfinite(way_m)]
    if not reached:
        return None
    between = {
        (a, b): distance_m(places[a].position_in_world, places[b].position_in_world)
        for a, b in itertools.permutations(reached, 2)
    }
    tour_m = _tour_m(reached, from_start, between)
    best: tuple[float, tuple[int, ...]] | None = None
    for order in itertools.permutations(reached, min(LOOK_AHEAD, len(reached))):
        legs = [from_start[order[0]], *(between[pair] for pair in itertools.pairwise(order))]
        if not all(map(math.isfinite, legs)):
            continue
        shares = _conditional([places[n].probability for n in order])
        way_m = expected_distance_m(shares, legs, tour_m)
        if best is None or way_m < best[0]:
            best = way_m, order
    if best is None:
        best = from_start[reached[0]], (reached[0],)
    way_m, order = best
    found = sum(places[n].probability for n in order) * DETECTION_RATE
    gain = max(0.0, min(found, 1.0) - now)
    first = places[order[0]]
    return NextAction(
        "look",
        f"look at {first.place_id} ({first.note or 'unknown'}): there with probability "
        f"{first.probability:.2f}; gain {gain:.2f} for an expected way of {way_m:.1f} m",
        first.place_id,
        first.position_in_world,
        tuple(places[n].place_id for n in order),
        now,
        round(gain, 4),
        round(way_m, 3),
        round(gain * value_m - way_m, 3),
        tuple(places),
    )


def _recall_option(now: float, gain: float, value_m: float, left: list[SearchPlace]) -> NextAction:
    gain = min(gain, 1.0 - now)
    return NextAction(
        "recall more",
        f"memory holds more about it: expected gain {gain:.2f}",
        answer_probability=now,
        expected_gain=round(gain, 4),
        net_value_m=round(gain * value_m - RECALL_COST_M, 3),
        places=tuple(left),
    )


def _answer_text(now: float, left: list[SearchPlace]) -> str:
    rest = "looking further is not worth the way" if left else "no place left to look at"
    if now >= DETECTION_RATE:
        rest = "no look can make it surer"
    return f"right with probability {now:.2f}; {rest}"


def _conditional(probabilities: Sequence[float]) -> list[float]:
    """Each place's probability, given that the thing was at none before it."""
    left, found = 1.0, []
    for probability in probabilities:
        found.append(min(1.0, DETECTION_RATE * probability / left) if left > 1e-9 else 0.0)
        left -= probability
    return found


def _tour_m(
    reached: Sequence[int], from_start: Sequence[float], between: dict[tuple[int, int], float]
) -> float:
    """Length of a way past all places, always to the nearest next."""
    here = min(reached, key=lambda n: from_start[n])
    total, left = from_start[here], set(reached) - {here}
    while left:
        after = min(sorted(left), key=lambda n: between[here, n])
        way_m = between[here, after]
        total += way_m if math.isfinite(way_m) else 0.0
        left.discard(after)
        here = after
    return total
