"""Exports of the map to other programs' files, by suffix."""

from __future__ import annotations

import os

from ..errors import InputError
from .cache3d import SurfacePoints
from .export_file import check_suffix
from .export_mesh import write_glb, write_ply
from .export_octomap import write_octomap
from .octree import OccupancyOctree

SUFFIXES = (".ply", ".glb", ".bt", ".ot")

__all__ = ["SUFFIXES", "export_map", "write_glb", "write_octomap", "write_ply"]


def export_map(
    path: str | os.PathLike[str],
    octree: OccupancyOctree,
    *,
    surface: SurfacePoints | None = None,
) -> None:
    """Write a map as its suffix says; the file appears only when it is complete.

    `.ply`: the surface points; `.glb`: the occupied voxels with the surface's colours; `.bt` and `.ot`:
    OctoMap.

    Raises:
        InputError: another suffix, nothing to export, or an unwritable path.
    """
    suffix = check_suffix(path, SUFFIXES).suffix.lower()
    if suffix == ".ply":
        if surface is None:
            raise InputError("a .ply file holds the surface points: pass surface=cache.surface()")
        write_ply(path, surface.points, surface.colors)
    elif suffix == ".glb":
        write_glb(path, octree, surface=surface)
    else:
        write_octomap(path, octree)
