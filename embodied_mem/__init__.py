"""embodied_mem: the spatial, episodic and semantic memory of embodied agents."""

__version__ = "0.1.0"
