"""Detections that come with the observation: from a simulator, from ROS, from another process."""

from __future__ import annotations

from ..core import Detection, Observation


class GivenDetections:
    """Passes the observation's own detections on; implements `Perceiver`."""

    def perceive(self, observation: Observation) -> tuple[Detection, ...]:
        """`observation.detections`, in their order."""
        return observation.detections
