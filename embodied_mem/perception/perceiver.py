"""What every source of detections keeps: one call an observation."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..core import Detection, Observation


@runtime_checkable
class Perceiver(Protocol):
    """Says what is in an image. The same observation gives the same detections."""

    def perceive(self, observation: Observation) -> tuple[Detection, ...]:
        """The objects in the observation's own image (not in its `other_views`), in a stated order.

        Boxes are edges in pixels, (0, 0) the corner of the image's first pixel, inside the image;
        masks, where known, have the image's shape.
        """
        ...
