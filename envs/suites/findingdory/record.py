"""What truly happened in an episode, for evaluators only: frames, interactions and the final house."""

from __future__ import annotations

from dataclasses import dataclass

from ...house.sensors import clock_s_of
from ...house.world import House

Pose = tuple[float, float, float]
"""x_m, y_m, yaw_rad of the robot's base in the world."""


@dataclass(frozen=True)
class FrameTruth:
    """Where the robot really was when it delivered a frame; its place in the episode is its index."""

    step: int
    stamp_ns: int
    base: Pose
    """With the quarter turn of manipulation mode, if that was on: the camera looks this way."""
    mode: str
    """'navigation' or 'manipulation'."""
    action: str
    """Done just before; 'reset' for the first frame, 'live_on' where the robot was put away."""
    room_id: str
    """That contains the middle of the base; empty in a doorway."""

    @property
    def clock_s(self) -> float:
        """Time of day, seconds since midnight."""
        return clock_s_of(self.stamp_ns)


@dataclass(frozen=True)
class Interaction:
    """One object carried from one place to another. Times are indices of frames.

    FindingDory's interaction runs from `start_frame` to `place_frame`.
    """

    object_id: str
    from_id: str
    """The surface it lay on, such as 'table_2/top'."""
    to_id: str
    """A surface, or 'floor:<room_id>'."""
    from_room_id: str
    to_room_id: str
    start_frame: int
    """The robot stands before the object."""
    pick_frame: int
    place_frame: int
    end_frame: int

    @property
    def from_furniture_id(self) -> str:
        """All surfaces of a piece count together."""
        return self.from_id.split("/")[0]

    @property
    def to_furniture_id(self) -> str:
        """Empty if the object was laid on the floor."""
        return "" if self.to_id.startswith("floor:") else self.to_id.split("/")[0]


@dataclass(frozen=True)
class EpisodeRecord:
    """An episode after its end; determined by house, seed and how it is played, not by sensors."""

    episode_id: str
    split: str
    seed: int
    steps_per_day: int
    frames: tuple[FrameTruth, ...]
    interactions: tuple[Interaction, ...]
    house: House
    """As the scripted robot left it: the world in which goals are judged."""
    first_support_ids: dict[str, str]
    """Object id -> what it lay on at the beginning."""
    is_timed_out: bool = False
    """The robot did fewer rounds than asked for (FindingDory's oracle_agent_timeout)."""

    @property
    def final_base(self) -> Pose:
        """From which every instruction of the episode starts."""
        return self.frames[-1].base
