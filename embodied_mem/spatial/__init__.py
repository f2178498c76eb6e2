"""Spatial memory: the occupancy octree, the 3D cache, frontiers and routes."""
