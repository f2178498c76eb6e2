"""Choices of `suite=`: which tasks are posed, on which episodes. Read by the suite's own loader."""
