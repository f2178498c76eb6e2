"""Fit the verdicts' probabilities on decisions of training episodes, given as JSON lines.

Each line of the input is one decision of a training episode (never of one that is tested on):
{"family": "where", "verdict": "known", "raw": 0.93, "is_right": true, "true_over_best": 1.0}
`MemoryRecall.judge` gives verdict, features and raw score of a `where`; "family" is 'where' if left out.
`raw` may be left out if "features" holds those of `recall.verdict.Features`; "true_over_best" is the
weight of the entity that was meant over the best weight, where that is known.
Writes `embodied_mem/recall/calibration.json` (or --out), and prints the error before and after by
leaving out every fifth row.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import embodied_mem.recall
from embodied_mem.core import Verdict
from embodied_mem.errors import ConfigError, InputError
from embodied_mem.recall.calibration import (
    Calibration,
    ScoreMap,
    calibration_to_json,
    expected_calibration_error,
    fit_rival_ratio,
    fit_score_map,
    map_name,
)
from embodied_mem.recall.verdict import Features, raw_score

DEFAULT_OUT = Path(embodied_mem.recall.__file__).parent / "calibration.json"
LEAST_ROWS = 20
"""Verdicts with fewer rows keep their raw scores."""
_HELD_OUT_EVERY = 5


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path, help="decisions as JSON lines")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--alpha", type=float, default=0.1, help="error rate of the rival ratio")
    options = parser.parse_args(arguments)
    rows = read_rows(options.rows)
    calibration = fit(rows, alpha=options.alpha)
    options.out.write_text(calibration_to_json(calibration), "utf-8")
    sys.stdout.write(f"{report(rows, alpha=options.alpha)}\nwrote {options.out}\n")
    return 0


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Decisions with verdict, raw and is_right.

    Raises:
        InputError: a line that holds none; names it.
    """
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            verdict = Verdict(row["verdict"])
            raw = row.get("raw")
            if raw is None:
                raw = raw_score(verdict, Features(**row["features"]))
            name = map_name(row.get("family", "where"), verdict)
            if not isinstance(row["is_right"], bool) or not 0 <= raw <= 1:
                raise ValueError("is_right must be true or false, raw within [0, 1]")
        except (ConfigError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}, line {number}: not a decision ({error})") from error
        rows.append({**row, "map": name, "raw": float(raw)})
    return rows


def fit(rows: list[dict[str, Any]], *, alpha: float) -> Calibration:
    maps = {}
    for name in sorted({row["map"] for row in rows}):
        own = [row for row in rows if row["map"] == name]
        if len(own) >= LEAST_ROWS:
            maps[name] = fit_score_map(
                [row["raw"] for row in own], [row["is_right"] for row in own]
            )
    shares = [row["true_over_best"] for row in rows if row.get("true_over_best") is not None]
    if len(shares) < LEAST_ROWS:
        return Calibration(maps)
    return Calibration(maps, fit_rival_ratio(shares, alpha), alpha)


def report(rows: list[dict[str, Any]], *, alpha: float) -> str:
    """Expected calibration error of held-out rows, raw and calibrated, by verdict."""
    trained = fit([r for n, r in enumerate(rows) if n % _HELD_OUT_EVERY], alpha=alpha)
    lines = [f"{'verdict':16s} {'rows':>6s} {'right':>6s} {'ECE raw':>8s} {'ECE fitted':>10s}"]
    for name in sorted({row["map"] for row in rows}):
        own = [r for r in rows[::_HELD_OUT_EVERY] if r["map"] == name]
        if not own:
            continue
        is_right = [r["is_right"] for r in own]
        raw = [r["raw"] for r in own]
        fitted = [trained.maps.get(name, ScoreMap())(value) for value in raw]
        errors = [expected_calibration_error(p, is_right) for p in (raw, fitted)]
        lines.append(
            f"{name:16s} {len(own):6d} {np.mean(is_right):6.2f} {errors[0]:8.3f} {errors[1]:10.3f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
