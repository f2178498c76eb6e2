"""OctoMap's trees as plain dictionaries, through pyoctomap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from octree_reference import Cell


def new_tree(resolution_m: float) -> Any:
    """A real OctoMap tree with the octree's default sensor model."""
    import pyoctomap

    def probability(log_odds: float) -> float:
        return float(1 / (1 + np.exp(-log_odds)))

    tree = pyoctomap.OcTree(resolution_m)
    tree.setProbHit(probability(0.85))
    tree.setProbMiss(probability(-0.40))
    tree.setClampingThresMin(probability(-2.0))
    tree.setClampingThresMax(probability(3.5))
    return tree


def read_tree(path: Path) -> Any:
    """The tree in a `.bt` or `.ot` file."""
    import pyoctomap

    tree = pyoctomap.OcTree(1.0)
    if path.suffix == ".ot":
        return tree.read(str(path))
    assert tree.readBinary(str(path))
    return tree


def log_odds_of(tree: Any) -> dict[Cell, float]:
    """Every known voxel; pruned leaves spelled out."""
    resolution_m = tree.getResolution()
    voxels: dict[Cell, float] = {}
    for leaf in tree.begin_leafs():
        edge = 1 << (16 - leaf.getDepth())
        low = np.rint(np.array(leaf.getCoordinate()) / resolution_m - edge / 2).astype(int)
        value = leaf.current_node.getLogOdds()
        for x, y, z in (low + np.argwhere(np.ones((edge, edge, edge)))).tolist():
            voxels[x, y, z] = value
    return voxels
