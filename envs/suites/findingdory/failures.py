"""Why an answer failed, in FindingDory's names (section 1.4): two taxonomies, one for each level."""

from __future__ import annotations

from collections.abc import Sequence

from .predicates import Check

VLM_FAILURE_MODES = (
    "misidentification",
    "response_error",
    "out_of_bounds_pred",
    "num_targets_error",
    "oracle_agent_timeout",
)
LOW_LEVEL_FAILURE_MODES = (
    "low_level_policy_timeout",
    "incorrect_stop",
    "tgt_in_view_but_too_far",
    "tgt_in_view_slightly_far",
    "tgt_not_in_view_slightly_far",
    "tgt_not_in_view_too_far",
    "low_level_policy_failure",
)
RESPONSE_ERROR_INDEX = -1
"""A reader's answer for a target that it could not name."""
SLIGHTLY_FAR_M = 2.5
"""Nearer to the target than this a wrong stop is only slightly far."""
LOW_LEVEL_MAX_STEPS = 1000


def vlm_failure_modes(
    chosen: Sequence[int],
    *,
    target_count: int,
    frame_count: int,
    is_success: bool,
    is_timed_out: bool = False,
) -> tuple[str, ...]:
    """Of chosen frames; empty for a success. Several modes can hold, misidentification only alone."""
    if is_timed_out:
        return ("oracle_agent_timeout",)
    modes = []
    if RESPONSE_ERROR_INDEX in chosen:
        modes.append("response_error")
    if any(index < RESPONSE_ERROR_INDEX or index >= frame_count for index in chosen):
        modes.append("out_of_bounds_pred")
    if len(chosen) != target_count:
        modes.append("num_targets_error")
    if not modes and not is_success:
        modes.append("misidentification")
    return tuple(modes)


def low_level_failure_modes(
    failed_checks: Sequence[Check], *, is_timed_out: bool, has_policy_failed: bool
) -> tuple[str, ...]:
    """Of a drive that did not succeed. A wrong stop is told apart by the nearest target left."""
    if is_timed_out:
        return ("low_level_policy_timeout",)
    if has_policy_failed:
        return ("low_level_policy_failure",)
    if not failed_checks:
        return ("incorrect_stop",)
    nearest = min(failed_checks, key=lambda check: check.distance_m)
    is_slight = nearest.distance_m < SLIGHTLY_FAR_M
    if nearest.is_in_view:
        detail = "tgt_in_view_slightly_far" if is_slight else "tgt_in_view_but_too_far"
    else:
        detail = "tgt_not_in_view_slightly_far" if is_slight else "tgt_not_in_view_too_far"
    return ("incorrect_stop", detail)
