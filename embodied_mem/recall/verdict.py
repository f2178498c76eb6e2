"""What an answer rests on: known, stale, ambiguous, absent or unknown, with the features of the decision.

"Not looked" is never "gone": absent needs rays through the place where it was, or a place asked for that
was looked at well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..core import Verdict
from ..entities.entity import Status
from .places import ROOM_LOOKED_SHARE, SURFACE_KNOWN_SHARE, Place

STILL_THERE = 0.5
"""Below this probability of being where it was, an answer is stale."""
_RAY_WEIGHT = 0.85
"""How much one look through a place tells that nothing is there."""


@dataclass(frozen=True)
class Candidate:
    """One entity that fits a question, with what the verdict needs."""

    row: int
    state_row: int
    weight: float
    """How well it fits the words."""
    existence: float
    still_there: float
    is_confirmed: bool
    status: Status
    observation_count: int = 1
    ending_count: int = 0
    """Records that show that it went away."""
    reach_count: int = 0
    """Times that a person was within reach since it was last seen."""


@dataclass(frozen=True)
class Features:
    """What a verdict's probability depends on, each in [0, 1]."""

    match: float = 0.0
    existence: float = 0.0
    still_there: float = 0.0
    margin: float = 1.0
    """How far the best is ahead of the next, as a share of its weight."""
    looked: float = 0.0
    support: float = 0.0
    """How much evidence the best has: 1 - exp(-observations / 3)."""
    kin: float = 0.0
    """Whether something of a similar kind is known."""


@dataclass(frozen=True)
class Judgement:
    """A verdict before calibration."""

    verdict: Verdict
    features: Features
    explanation: str
    rival_count: int = 0
    """Candidates that are not told apart, the best one included."""

    @property
    def raw(self) -> float:
        """Uncalibrated probability that the verdict holds, in [0, 1]."""
        return raw_score(self.verdict, self.features)


def raw_score(verdict: Verdict, features: Features) -> float:
    """A plain product of the features that speak for a verdict; calibration bends it."""
    f = features
    if verdict is Verdict.KNOWN:
        return math.sqrt(f.match) * f.existence * f.still_there * (0.6 + 0.4 * f.support)
    if verdict is Verdict.STALE:
        return 1.0 - f.existence * f.still_there
    if verdict is Verdict.AMBIGUOUS:
        return f.existence * (1.0 - 0.5 * f.margin)
    if verdict is Verdict.ABSENT:
        return f.looked
    return 1.0 - 0.5 * f.kin - 0.4 * f.existence


def judge_where(
    candidates: Sequence[Candidate],
    *,
    is_definite: bool,
    rival_ratio: float,
    place: Place | None = None,
    looked: float = 0.0,
    elsewhere_count: int = 0,
    kin: Sequence[str] = (),
) -> Judgement:
    """The verdict on candidates, best first; `place` and `looked` are of the place asked for, if any."""
    sure = [c for c in candidates if c.is_confirmed]
    present = [c for c in sure if c.status is not Status.GONE]
    if present:
        return _of_present(present, is_definite, rival_ratio)
    gone = [c for c in sure if c.status is Status.GONE]
    if gone:
        return _of_gone(gone[0])
    if place is not None:
        return _of_place(place, looked, elsewhere_count, bool(candidates), kin)
    return _of_nothing(candidates, kin)


def _of_present(present: list[Candidate], is_definite: bool, ratio: float) -> Judgement:
    top, others = present[0], present[1:]
    rivals = [top, *(c for c in others if c.weight >= ratio * top.weight)]
    margin = max(0.0, 1.0 - max((c.weight for c in others), default=0.0) / top.weight)
    features = Features(
        match=top.weight,
        existence=top.existence,
        still_there=top.still_there,
        margin=margin,
        support=1.0 - math.exp(-top.observation_count / 3),
    )
    if is_definite and len(rivals) > 1:
        return Judgement(
            Verdict.AMBIGUOUS,
            features,
            f"{len(rivals)} fit the description equally well",
            len(rivals),
        )
    more = f"; {len(rivals) - 1} more fit" if len(rivals) > 1 else ""
    if top.still_there < STILL_THERE:
        why = f" and {top.reach_count} times in reach of people since" if top.reach_count else ""
        return Judgement(
            Verdict.STALE,
            features,
            f"not seen for long{why}: still there with probability {top.still_there:.2f}{more}",
            len(rivals),
        )
    return Judgement(
        Verdict.KNOWN,
        features,
        f"seen {top.observation_count} times, still there with probability "
        f"{top.still_there:.2f}{more}",
        len(rivals),
    )


def _of_gone(gone: Candidate) -> Judgement:
    looked = 1.0 - (1.0 - _RAY_WEIGHT) ** max(gone.ending_count, 1)
    features = Features(match=gone.weight, existence=gone.existence, looked=looked)
    return Judgement(
        Verdict.ABSENT,
        features,
        "its place was looked at and it was not there; no other place is known",
    )


def _of_place(
    place: Place, looked: float, elsewhere_count: int, has_unsure: bool, kin: Sequence[str]
) -> Judgement:
    elsewhere = f"; {elsewhere_count} such known elsewhere" if elsewhere_count else ""
    kin_share = 0.3 if kin else 0.0
    if not place.is_known:
        features = Features(kin=kin_share)
        return Judgement(Verdict.UNKNOWN, features, f"no place '{place.text}' is known{elsewhere}")
    needed = ROOM_LOOKED_SHARE if place.room_numbers else SURFACE_KNOWN_SHARE
    features = Features(looked=looked, kin=kin_share, existence=0.3 if has_unsure else 0.0)
    if looked >= needed and not has_unsure:
        return Judgement(
            Verdict.ABSENT,
            features,
            f"{looked:.0%} of '{place.text}' was seen and no such thing is there{elsewhere}",
        )
    return Judgement(
        Verdict.UNKNOWN,
        features,
        f"only {looked:.0%} of '{place.text}' was seen, no such thing there so far{elsewhere}",
    )


def _of_nothing(candidates: Sequence[Candidate], kin: Sequence[str]) -> Judgement:
    if candidates:
        features = Features(existence=candidates[0].existence, match=candidates[0].weight)
        return Judgement(Verdict.UNKNOWN, features, "perhaps seen, too little to be sure")
    features = Features(kin=0.3 if kin else 0.0)
    similar = f"; similar: {', '.join(kin)}" if kin else ""
    return Judgement(Verdict.UNKNOWN, features, f"no such thing was ever seen{similar}")
