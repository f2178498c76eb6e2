"""Run-length encoded masks in COCO's two forms, as other tools write and read them.

Runs go down the columns, the first run is False. `{"size": [H, W], "counts": [...]}` holds the
lengths, or the same as a string of 6-bit groups (cocoapi, maskApi.c).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

MAX_SIDE_PX = 16384


def encode_mask(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """`{"size": [H, W], "counts": [...]}` of an (H, W) mask."""
    flat = np.concatenate([[False], mask.ravel(order="F")])
    starts = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], starts, [mask.size]]))
    return {"size": [mask.shape[0], mask.shape[1]], "counts": counts.tolist()}


def decode_mask(rle: dict[str, Any]) -> NDArray[np.bool_]:
    """The (H, W) mask of either form.

    Raises:
        InputError: runs that do not add up to the size.
    """
    size, counts = rle.get("size"), rle.get("counts")
    if not _is_size(size) or not isinstance(counts, list | str):
        raise InputError(
            'a run-length encoded mask must be {"size": [H, W], "counts": [...] or "..."}, '
            f"got keys {sorted(rle)}"
        )
    height, width = size  # type: ignore[misc]
    runs = _runs_of_string(counts) if isinstance(counts, str) else counts
    is_good = all(isinstance(run, int) and 0 <= run <= height * width for run in runs)
    if not is_good or sum(runs) != height * width:
        raise InputError(
            f"the runs of a {height}x{width} mask must be whole numbers that add up to "
            f"{height * width}"
        )
    values = np.arange(len(runs)) % 2 == 1
    return np.ascontiguousarray(np.repeat(values, runs).reshape((height, width), order="F"))


def _is_size(size: object) -> bool:
    return (
        isinstance(size, list)
        and len(size) == 2
        and all(isinstance(n, int) and 0 < n <= MAX_SIDE_PX for n in size)
    )


def _runs_of_string(text: str) -> list[int]:
    """Each run is 5-bit groups, low first, +48, bit 6 = more follow; from the third on as the
    difference to the run before the last."""
    runs: list[int] = []
    at = 0
    while at < len(text):
        value = shift = 0
        while True:
            if at >= len(text) or shift > 30:
                raise InputError("a compressed mask ends in the middle of a run")
            group = ord(text[at]) - 48
            if not 0 <= group < 64:
                raise InputError(f"a compressed mask holds the character {text[at]!r}")
            at += 1
            value |= (group & 31) << shift
            shift += 5
            if not group & 32:
                break
        if group & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
    return runs
