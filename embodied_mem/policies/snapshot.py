"""Which frames stand for the entities: greedy coverage (ours), 3D-Mem's clustering, even steps."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..episodic.cover import greedy_cover
from ..episodic.divisive import divisive_cover, uniform_cover
from ..episodic.snapshots import SnapshotCover, Visibility
from ..errors import ConfigError


class SnapshotPolicy(Protocol):
    """Chooses a cover from who is seen where. Pure: equal input gives an equal cover."""

    def cover(
        self,
        visibility: Visibility,
        positions_in_world: NDArray[np.floating],
        frame_budget: int | None = None,
        *,
        is_alive: NDArray[np.bool_] | None = None,
    ) -> SnapshotCover:
        """At most `frame_budget` snapshots (None: as many as the policy needs).

        Args:
            positions_in_world: (E, 2) or (E, 3) of each entity number.
            is_alive: (E,) False for entities that are gone.
        """
        ...


class GreedySnapshots:
    """Most entities with fewest frames, at least (1 - 1/e) of the best: `episodic/cover.py`."""

    def cover(
        self,
        visibility: Visibility,
        positions_in_world: NDArray[np.floating],
        frame_budget: int | None = None,
        *,
        is_alive: NDArray[np.bool_] | None = None,
    ) -> SnapshotCover:
        return greedy_cover(visibility, frame_budget=frame_budget, is_alive=is_alive)


class DivisiveSnapshots:
    """3D-Mem: clusters of neighbours that one frame shows: `episodic/divisive.py`."""

    def cover(
        self,
        visibility: Visibility,
        positions_in_world: NDArray[np.floating],
        frame_budget: int | None = None,
        *,
        is_alive: NDArray[np.bool_] | None = None,
    ) -> SnapshotCover:
        return divisive_cover(
            visibility, positions_in_world, frame_budget=frame_budget, is_alive=is_alive
        )


class UniformSnapshots:
    """Frames at even steps."""

    def cover(
        self,
        visibility: Visibility,
        positions_in_world: NDArray[np.floating],
        frame_budget: int | None = None,
        *,
        is_alive: NDArray[np.bool_] | None = None,
    ) -> SnapshotCover:
        return uniform_cover(visibility, frame_budget=frame_budget, is_alive=is_alive)


SNAPSHOT_POLICIES: dict[str, type[SnapshotPolicy]] = {
    "greedy": GreedySnapshots,
    "divisive": DivisiveSnapshots,
    "uniform": UniformSnapshots,
}


def make_snapshot_policy(name: str) -> SnapshotPolicy:
    """The policy of this name.

    Raises:
        ConfigError: there is none.
    """
    if name not in SNAPSHOT_POLICIES:
        raise ConfigError(
            f"the snapshot policy must be one of {', '.join(SNAPSHOT_POLICIES)}, got {name}"
        )
    return SNAPSHOT_POLICIES[name]()
