"""Names of colours and what materials do to them."""

from __future__ import annotations

import colorsys

import numpy as np

from ....errors import InputError
from ..mesh import Material

Rgb = tuple[int, int, int]

COLORS: dict[str, Rgb] = {
    "white": (238, 236, 230),
    "black": (38, 38, 42),
    "gray": (140, 142, 146),
    "silver": (192, 196, 202),
    "red": (200, 48, 44),
    "orange": (232, 128, 40),
    "yellow": (242, 204, 56),
    "green": (62, 146, 74),
    "turquoise": (58, 176, 172),
    "blue": (44, 96, 178),
    "navy": (34, 48, 96),
    "purple": (118, 66, 150),
    "pink": (236, 142, 168),
    "brown": (124, 80, 50),
    "beige": (216, 192, 154),
    "gold": (206, 162, 62),
}
"""Every colour word of the catalog."""

_TINTS: dict[str, tuple[Rgb, float]] = {
    "metal": ((178, 182, 190), 0.20),
    "glass": ((206, 230, 232), 0.38),
    "wood": ((166, 118, 72), 0.25),
    "ceramic": ((250, 248, 244), 0.08),
    "fabric": ((120, 114, 110), 0.08),
    "leather": ((84, 52, 34), 0.20),
    "paper": ((236, 228, 210), 0.14),
    "cardboard": ((186, 150, 106), 0.45),
    "rubber": ((58, 58, 62), 0.14),
    "stone": ((150, 148, 142), 0.40),
    "wicker": ((176, 130, 78), 0.50),
    "wax": ((250, 240, 214), 0.25),
}
"""A material pulls each colour towards its own, by a share."""

_CONTRASTS = {
    "light": ("red", "blue", "green", "orange", "purple", "navy", "turquoise", "black"),
    "dark": ("white", "yellow", "beige", "pink", "turquoise", "orange", "white", "gold"),
}
_HIGHLIGHT = np.array([0.55, -0.25, 0.79])


def color_of(name: str) -> Rgb:
    """Raises InputError for a word that is no colour of the catalog."""
    if name not in COLORS:
        raise InputError(f"color must be one of {', '.join(COLORS)}, got '{name}'")
    return COLORS[name]


def mixed(first: Rgb, second: Rgb, share: float) -> Rgb:
    """`share` of the second colour in the first."""
    r, g, b = (round(a + share * (c - a)) for a, c in zip(first, second, strict=True))
    return r, g, b


def shaded(color: Rgb, gain: float) -> Rgb:
    """Brighter or darker."""
    r, g, b = (min(255, max(0, round(gain * c))) for c in color)
    return r, g, b


def material_of(material: str, color: str) -> Material:
    """The plain look of a colour in a material."""
    rgb = color_of(color)
    if material in _TINTS:
        tint, share = _TINTS[material]
        rgb = mixed(rgb, tint, share)
    elif material == "plastic":
        hue, lightness, saturation = colorsys.rgb_to_hls(*(c / 255 for c in rgb))
        r, g, b = colorsys.hls_to_rgb(hue, lightness, min(1.0, 1.15 * saturation))
        rgb = (round(255 * r), round(255 * g), round(255 * b))
    return Material(rgb)


def contrast_of(color: str, variant: int) -> Material:
    """A second colour that stands out from the first, a different one per variant."""
    r, g, b = color_of(color)
    words = _CONTRASTS["light" if 0.3 * r + 0.59 * g + 0.11 * b > 118 else "dark"]
    return Material(COLORS[[word for word in words if word != color][variant % 7]])


def sheen(material: str, normals: np.ndarray, centers: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """(T,) brightness factors that make triangles look like metal, glass, wood ...

    Args:
        normals: (T, 3) unit outward normals in the object's frame.
        centers: (T, 3) middles of the triangles in units of the object's largest extent.
        areas: (T,) in units of the square of that extent; grain fades on large triangles.
    """
    azimuth = np.arctan2(normals[:, 1], normals[:, 0])
    shine = np.clip(normals @ _HIGHLIGHT, 0.0, 1.0)
    if material == "metal":
        waves = 0.17 * np.sin(3.0 * azimuth + 2.0 * normals[:, 2])
        return np.asarray(0.98 + waves + 0.22 * shine**12)
    if material == "glass":
        streak = np.cos(azimuth - 0.6) ** 24
        return np.asarray(0.98 + 0.30 * streak - 0.16 * np.cos(2.0 * azimuth) ** 6 + 0.2 * shine**8)
    if material == "wood":
        return 0.96 + 0.20 * (_noise(np.floor(grain_of(centers) * GRAIN_COUNT)[:, None]) - 0.5)
    if material in ("ceramic", "plastic", "rubber"):
        gain = {"ceramic": 0.10, "plastic": 0.22, "rubber": 0.05}[material]
        return np.asarray(0.98 + gain * shine**10)
    if material in ("fabric", "leather", "stone", "wicker"):
        gain = {"fabric": 0.12, "leather": 0.16, "stone": 0.24, "wicker": 0.34}[material]
        return 1.0 + gain / (1.0 + 60.0 * areas) * (_noise(np.floor(centers * 14.0)) - 0.5)
    return np.ones(len(normals))


GRAIN_COUNT = 7


def grain_of(points: np.ndarray) -> np.ndarray:
    """(T,) position across the grain of wood, 0..1: along the middle one of three extents."""
    low, high = points.min(axis=0), points.max(axis=0)
    axis = int(np.argsort(high - low, kind="stable")[1])
    return np.asarray((points[:, axis] - low[axis]) / max(high[axis] - low[axis], 1e-9))


def _noise(cells: np.ndarray) -> np.ndarray:
    """(T,) pseudo-random 0..1 of (T, K) whole numbers."""
    primes = np.array([73.17, 191.99, 283.31])[: cells.shape[1]]
    wave = np.sin(cells @ primes) * 43758.5453
    return np.asarray(wave - np.floor(wave))
