"""What happened, to look at: memory files as rerun recordings, the viewer, and screenshots of it.

Importing this needs no rerun; calling it does (extra `viewer`).
"""

from .replay import ReplaySummary, write_replay
from .screenshot import Screenshot, find_vulkan_driver, take_screenshot
from .viewer import ViewerHandle, show_replay

__all__ = [
    "ReplaySummary",
    "Screenshot",
    "ViewerHandle",
    "find_vulkan_driver",
    "show_replay",
    "take_screenshot",
    "write_replay",
]
