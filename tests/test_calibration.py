"""Probabilities that hold, and thresholds that cover."""

from __future__ import annotations

import importlib.util
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.optimize import isotonic_regression

from embodied_mem.core import Verdict
from embodied_mem.entities.entity import Status
from embodied_mem.errors import ConfigError, InputError
from embodied_mem.recall.calibration import (
    Calibration,
    ScoreMap,
    calibration_from_json,
    calibration_to_json,
    conformal_quantile,
    expected_calibration_error,
    fit_rival_ratio,
    fit_score_map,
    load_calibration,
    pool_adjacent_violators,
)
from embodied_mem.recall.places import Place
from embodied_mem.recall.verdict import Candidate, judge_where

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "calibrate_verdicts.py"
shares = some.floats(0, 1, allow_nan=False)


@given(rows=some.lists(some.tuples(shares, some.floats(0.1, 5)), max_size=40))
def test_pooled_values_rise_and_are_the_nearest(rows: list[tuple[float, float]]) -> None:
    values, weights = [v for v, _ in rows], [w for _, w in rows]
    fitted = pool_adjacent_violators(values, weights)
    assert len(fitted) == len(rows)
    assert (np.diff(fitted) >= -1e-12).all()
    if rows:
        expected = isotonic_regression(np.array(values), weights=np.array(weights)).x
        np.testing.assert_allclose(fitted, expected, atol=1e-9)
        assert np.average(fitted, weights=weights) == pytest.approx(
            np.average(values, weights=weights)
        )


@given(values=some.lists(shares, max_size=30))
def test_pooling_changes_nothing_that_rises(values: list[float]) -> None:
    ordered = sorted(values)
    np.testing.assert_allclose(pool_adjacent_violators(ordered, [1.0] * len(ordered)), ordered)


@given(rows=some.lists(some.tuples(shares, some.booleans()), max_size=60))
def test_a_fitted_map_rises_and_stays_within_bounds(rows: list[tuple[float, bool]]) -> None:
    fitted = fit_score_map([r for r, _ in rows], [o for _, o in rows])
    probabilities = [fitted(raw) for raw in np.linspace(0, 1, 50)]
    assert all(0 < p < 1 for p in probabilities)
    assert all(b >= a for a, b in itertools.pairwise(probabilities))


def test_calibration_lowers_the_error_on_rows_it_has_not_seen() -> None:
    rng = np.random.default_rng(0)
    raw = rng.random(4000)
    is_right = rng.random(4000) < raw**3  # far too sure of itself
    fitted = fit_score_map(raw[:2000], is_right[:2000])
    before = expected_calibration_error(raw[2000:], is_right[2000:])
    after = expected_calibration_error([fitted(r) for r in raw[2000:]], is_right[2000:])
    assert before > 0.2
    assert after < 0.05


def test_few_rows_hardly_move_the_map() -> None:
    fitted = fit_score_map([0.8], [False])
    assert 0.5 < fitted(0.8) < 0.8
    assert fit_score_map([], [])(0.7) == 0.7


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_conformal_thresholds_cover(alpha: float) -> None:
    """Mean coverage over many draws is at least 1 - alpha, whatever the distribution."""
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(400):
        scores = rng.exponential(size=80) ** 2
        threshold = conformal_quantile(scores[:60], alpha)
        covered.append((scores[60:] <= threshold).mean())
    assert np.mean(covered) >= 1 - alpha - 0.01
    assert np.mean(covered) <= 1 - alpha + 1 / 61 + 0.015


def test_too_few_rows_promise_nothing() -> None:
    assert conformal_quantile([0.1, 0.2], 0.1) == math.inf
    assert fit_rival_ratio([1.0, 1.0], 0.1) == 0.0
    with pytest.raises(InputError, match="alpha must lie"):
        conformal_quantile([0.1], 1.0)


def test_the_rival_ratio_keeps_the_meant_one_among_the_rivals() -> None:
    rng = np.random.default_rng(2)
    shares_of_best = np.clip(1 - rng.exponential(0.1, 3000), 0, 1)
    ratio = fit_rival_ratio(shares_of_best[:2000], 0.1)
    assert (shares_of_best[2000:] >= ratio).mean() >= 0.87


def test_ece_of_honest_and_dishonest_answers() -> None:
    assert expected_calibration_error([], []) == 0.0
    assert expected_calibration_error([0.5] * 4, [True, False] * 2) == 0.0
    assert expected_calibration_error([1.0, 1.0], [False, False]) == 1.0
    with pytest.raises(InputError, match="one outcome per probability"):
        expected_calibration_error([0.5], [])


def test_parameters_survive_a_round_trip_and_damage_is_refused() -> None:
    calibration = Calibration({"where.known": ScoreMap((0.0, 1.0), (0.1, 0.9), 7)}, 0.7, 0.1)
    assert calibration_from_json(calibration_to_json(calibration)) == calibration
    for text in ("", "[]", "{}", '{"version": 9}', '{"version": 1, "maps": {"where.sure": {}}}'):
        with pytest.raises(ConfigError):
            calibration_from_json(text)
    with pytest.raises(ConfigError, match="two rising lists"):
        ScoreMap((0.0, 1.0), (0.9, 0.1))


def test_the_package_brings_its_parameters() -> None:
    calibration = load_calibration()
    assert 0 < calibration.rival_ratio <= 1
    assert 0 < calibration.probability(Verdict.KNOWN, 0.9, family="where") < 1
    with pytest.raises(InputError, match="raw score"):
        calibration.probability(Verdict.KNOWN, 1.2, family="where")


@given(
    candidates=some.lists(
        some.builds(
            Candidate,
            row=some.integers(0, 9),
            state_row=some.integers(0, 9),
            weight=some.floats(0.3, 1),
            existence=shares,
            still_there=shares,
            is_confirmed=some.booleans(),
            status=some.sampled_from(Status),
            observation_count=some.integers(1, 50),
            ending_count=some.integers(0, 5),
            reach_count=some.integers(0, 4),
        ),
        max_size=6,
    ),
    is_definite=some.booleans(),
    place=some.sampled_from([None, Place("in", "x"), Place("in", "x", (0,))]),
    looked=shares,
)
def test_every_judgement_has_a_reason_and_a_raw_probability(
    candidates: list[Candidate], is_definite: bool, place: Place | None, looked: float
) -> None:
    judgement = judge_where(
        candidates, is_definite=is_definite, rival_ratio=0.8, place=place, looked=looked
    )
    assert 0 <= judgement.raw <= 1
    assert judgement.explanation
    sure = [c for c in candidates if c.is_confirmed]
    if not sure and place is None:
        assert judgement.verdict is Verdict.UNKNOWN
    if judgement.verdict is Verdict.ABSENT:
        was_gone = any(c.status is Status.GONE for c in sure)
        assert was_gone or (place is not None and place.is_known and looked > 0)


def test_the_script_fits_what_it_is_given(tmp_path: Path) -> None:
    """Rows that are far too sure of themselves; a line that is no row is named."""
    spec = importlib.util.spec_from_file_location("calibrate_verdicts", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    rng = np.random.default_rng(3)
    rows = tmp_path / "rows.jsonl"
    with rows.open("w") as file:
        for raw in rng.random(1000).tolist():
            row = {"verdict": "known", "raw": raw, "is_right": bool(rng.random() < raw**2)}
            file.write(json.dumps({**row, "true_over_best": 1.0}) + "\n")
    assert script.main([str(rows), "--out", str(tmp_path / "out.json")]) == 0
    fitted = calibration_from_json((tmp_path / "out.json").read_text())
    assert fitted.probability(Verdict.KNOWN, 0.5, family="where") == pytest.approx(0.25, abs=0.1)
    assert fitted.probability(Verdict.KNOWN, 0.5, family="events") == 0.5
    assert fitted.rival_ratio == 1.0
    rows.write_text('{"verdict": "known", "raw": 2, "is_right": true}')
    with pytest.raises(InputError, match="line 1: not a decision"):
        script.read_rows(rows)
