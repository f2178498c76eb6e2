"""Choices of `perception=`: where detections come from."""
