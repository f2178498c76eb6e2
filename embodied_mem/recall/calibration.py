"""From raw scores to probabilities that hold: fitted maps, their errors, and conformal thresholds.

Parameters live in `calibration.json` beside this file; `benchmarks/calibrate_verdicts.py` fits them on
training episodes.
"""

from __future__ import annotations

import importlib.resources
import itertools
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Verdict
from ..errors import ConfigError, InputError

_logger = logging.getLogger(__name__)
Floats = NDArray[np.float64]
DEFAULT_RIVAL_RATIO = 0.8
"""Candidates that fit at least this share as well as the best are not told apart from it."""
FAMILIES = ("where", "count", "change", "events", "facts")
"""Kinds of questions whose verdicts are right for different reasons."""
_VERSION = 1
_LEAST, _MOST = 0.01, 0.99


@dataclass(frozen=True)
class ScoreMap:
    """A rising piecewise linear map from raw scores to probabilities; empty for the identity."""

    raw: tuple[float, ...] = ()
    probability: tuple[float, ...] = ()
    row_count: int = 0
    """How many decisions it was fitted on."""

    def __post_init__(self) -> None:
        rises = all(
            a <= b for values in (self.raw, self.probability) for a, b in itertools.pairwise(values)
        )
        values = (*self.raw, *self.probability)
        is_sane = len(self.raw) == len(self.probability) and all(0 <= v <= 1 for v in values)
        if not (rises and is_sane):
            raise ConfigError("a score map needs two rising lists of one length within [0, 1]")

    def __call__(self, raw: float) -> float:
        value = float(np.interp(raw, self.raw, self.probability)) if self.raw else raw
        return min(max(value, _LEAST), _MOST)


@dataclass(frozen=True)
class Calibration:
    """All parameters of the verdicts' probabilities."""

    maps: Mapping[str, ScoreMap] = field(default_factory=dict)
    """By kind of question and verdict: 'where.known', 'events.absent' ..."""
    rival_ratio: float = DEFAULT_RIVAL_RATIO
    """See `fit_rival_ratio`."""
    alpha: float | None = None
    """Error rate that `rival_ratio` was fitted for; None for the default."""

    def probability(self, verdict: Verdict, raw: float, *, family: str) -> float:
        """Calibrated probability that a verdict on one family of questions holds, in [0.01, 0.99]."""
        if not 0 <= raw <= 1:
            raise InputError(f"a raw score must lie in [0, 1], got {raw}")
        return round(self.maps.get(map_name(family, verdict), ScoreMap())(raw), 4)


def map_name(family: str, verdict: Verdict) -> str:
    """'where.known'.

    Raises:
        ConfigError: no such family of questions.
    """
    if family not in FAMILIES:
        raise ConfigError(f"questions are of {', '.join(FAMILIES)}, got '{family}'")
    return f"{family}.{verdict.value}"


def load_calibration() -> Calibration:
    """The parameters that come with the package; raw scores, with a warning, if it was built without."""
    source = importlib.resources.files(__package__).joinpath("calibration.json")
    if not source.is_file():
        _logger.warning("recall/calibration.json is missing: probabilities are not calibrated")
        return Calibration()
    return calibration_from_json(source.read_text("utf-8"))


def calibration_to_json(calibration: Calibration) -> str:
    values = {
        "version": _VERSION,
        "rival_ratio": calibration.rival_ratio,
        "alpha": calibration.alpha,
        "maps": {name: asdict(m) for name, m in sorted(calibration.maps.items())},
    }
    return json.dumps(values, indent=1) + "\n"


def calibration_from_json(text: str) -> Calibration:
    """The inverse of `calibration_to_json`.

    Raises:
        ConfigError: another version, an unknown verdict, a map that does not rise.
    """
    try:
        values: dict[str, Any] = json.loads(text)
        if values["version"] != _VERSION:
            raise ConfigError(
                f"calibration version {_VERSION} is expected, got {values['version']}"
            )
        maps = {
            _checked_name(name): ScoreMap(
                tuple(map(float, m["raw"])), tuple(map(float, m["probability"])), m["row_count"]
            )
            for name, m in values["maps"].items()
        }
        return Calibration(maps, float(values["rival_ratio"]), values["alpha"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"not a calibration: {error}") from error


def _checked_name(name: str) -> str:
    family, _, verdict = name.partition(".")
    return map_name(family, Verdict(verdict))


def pool_adjacent_violators(
    values: Sequence[float] | Floats, weights: Sequence[float] | Floats
) -> Floats:
    """The rising sequence nearest to `values` by weighted squares (Ayer et al., 1955)."""
    blocks: list[list[float]] = []  # mean, weight, length
    for value, weight in zip(values, weights, strict=True):
        blocks.append([float(value), float(weight), 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean, mass, length = blocks.pop()
            low = blocks[-1]
            low[0] = (low[0] * low[1] + mean * mass) / (low[1] + mass)
            low[1] += mass
            low[2] += length
    return np.concatenate([np.full(int(n), mean) for mean, _, n in blocks] or [np.zeros(0)])


def fit_score_map(
    raw: Sequence[float] | Floats,
    is_right: Sequence[bool] | NDArray[np.bool_],
    *,
    prior: float = 4.0,
) -> ScoreMap:
    """Isotonic regression of being right on the raw score, shrunk towards the identity.

    Each score's outcome is averaged with `prior / n` pretended decisions that agree with the raw score,
    `prior` in all: with no rows it is the identity, with many it is the data's.
    """
    scores, outcome = np.asarray(raw, np.float64), np.asarray(is_right, np.float64)
    if scores.shape != outcome.shape or scores.ndim != 1:
        raise InputError(f"one outcome per score is expected, got {outcome.shape}, {scores.shape}")
    if not len(scores):
        return ScoreMap()
    order = np.lexsort((outcome, scores))
    distinct, start = np.unique(scores[order], return_index=True)
    count = np.diff(np.r_[start, len(scores)]).astype(np.float64)
    right = np.add.reduceat(outcome[order], start)
    share = prior / len(scores)
    mean = (right + share * count * distinct) / (count * (1 + share))
    fitted = pool_adjacent_violators(mean, count)
    keep = np.r_[True, (np.diff(fitted[:-1]) != 0) | (np.diff(fitted[1:]) != 0), True]
    keep = keep[: len(fitted)] if len(fitted) > 1 else np.array([True])
    return ScoreMap(
        tuple(np.round(distinct[keep], 6).tolist()),
        tuple(np.round(np.clip(fitted[keep], 0, 1), 6).tolist()),
        len(scores),
    )


def conformal_quantile(nonconformity: Sequence[float] | Floats, alpha: float) -> float:
    """The split-conformal threshold: a new score lies at or below it with probability >= 1 - alpha.

    The ceil((n + 1)(1 - alpha))-th smallest of n exchangeable scores (Vovk et al., 2005; Papadopoulos et
    al., 2002); infinite if n is too small to promise that.
    """
    scores = np.sort(np.asarray(nonconformity, np.float64))
    if not 0 < alpha < 1:
        raise InputError(f"alpha must lie in (0, 1), got {alpha}")
    rank = math.ceil((len(scores) + 1) * (1 - alpha))
    return math.inf if rank > len(scores) else float(scores[rank - 1])


def fit_rival_ratio(true_over_best: Sequence[float] | Floats, alpha: float) -> float:
    """How near to the best weight a candidate counts as a rival, so that the one meant is among best
    and rivals with probability >= 1 - alpha.

    `true_over_best` holds, per training question, the weight of the entity that was meant over the best
    weight (0 if it was not found at all).
    """
    return max(0.0, 1.0 - conformal_quantile(1.0 - np.asarray(true_over_best, np.float64), alpha))


def expected_calibration_error(
    probability: Sequence[float] | Floats,
    is_right: Sequence[bool] | NDArray[np.bool_],
    *,
    bin_count: int = 10,
) -> float:
    """Mean gap between stated probability and share of right answers over bins of equal width
    (Naeini et al., 2015), weighted by how many answers fall into each; 0 for no answers."""
    stated, outcome = np.asarray(probability, np.float64), np.asarray(is_right, np.float64)
    if stated.shape != outcome.shape or stated.ndim != 1:
        raise InputError(
            f"one outcome per probability is expected, got {outcome.shape}, {stated.shape}"
        )
    if not len(stated):
        return 0.0
    bins = np.minimum((stated * bin_count).astype(np.int64), bin_count - 1)
    gap = np.bincount(bins, stated - outcome, minlength=bin_count)
    return float(np.abs(gap).sum() / len(stated))
