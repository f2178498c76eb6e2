"""Poses over time: look one up between two measured ones."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ...geometry import Transform, interpolate


class PoseTrack:
    """Rigid transforms at strictly increasing stamps."""

    def __init__(self, stamps_ns: Sequence[int], transforms: Sequence[Transform]) -> None:
        self._stamps_ns = list(stamps_ns)
        self._transforms = list(transforms)

    def __len__(self) -> int:
        return len(self._stamps_ns)

    def find(
        self, stamp_ns: int, *, max_gap_ns: int | None = None, near_ns: int | None = None
    ) -> Transform | None:
        """The transform at `stamp_ns`, interpolated (linear and slerp) between its neighbours.

        None outside the track, between neighbours more than `max_gap_ns` apart, or where the
        nearest neighbour is more than `near_ns` away: nothing is extrapolated.
        """
        after = bisect_left(self._stamps_ns, stamp_ns)
        if after == len(self._stamps_ns):
            return None
        after_ns = self._stamps_ns[after]
        if after_ns == stamp_ns:
            return self._transforms[after]
        if after == 0:
            return None
        before_ns = self._stamps_ns[after - 1]
        if max_gap_ns is not None and after_ns - before_ns > max_gap_ns:
            return None
        if near_ns is not None and min(after_ns - stamp_ns, stamp_ns - before_ns) > near_ns:
            return None
        fraction = (stamp_ns - before_ns) / (after_ns - before_ns)
        return interpolate(self._transforms[after - 1], self._transforms[after], fraction)


def find_nearest(stamps_ns: Sequence[int], stamp_ns: int, *, tolerance_ns: int) -> int | None:
    """Index of the nearest of increasing stamps, None if it is further than the tolerance."""
    after = bisect_left(stamps_ns, stamp_ns)
    neighbours = [index for index in (after - 1, after) if 0 <= index < len(stamps_ns)]
    if not neighbours:
        return None
    nearest = min(neighbours, key=lambda index: abs(stamps_ns[index] - stamp_ns))
    return nearest if abs(stamps_ns[nearest] - stamp_ns) <= tolerance_ns else None
