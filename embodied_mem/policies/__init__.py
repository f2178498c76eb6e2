"""Swappable decisions, one small file each, chosen by name in the configuration."""
