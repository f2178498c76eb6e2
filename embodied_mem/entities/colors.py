"""Colours in words."""

from __future__ import annotations

import colorsys

_HUES = (
    (15, "red"), (42, "orange"), (70, "yellow"), (165, "green"), (195, "turquoise"), (255, "blue"),
    (290, "purple"), (340, "pink"), (361, "red"),
)  # fmt: skip


def color_name(rgb: tuple[float, float, float]) -> str:
    """'red', 'dark blue', 'light grey' ... for RGB from 0 to 255."""
    red, green, blue = (min(max(value, 0.0), 255.0) / 255 for value in rgb)
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    if value < 0.16:
        return "black"
    if saturation < 0.16:
        return "white" if value > 0.85 else "grey" if value > 0.3 else "dark grey"
    degrees = hue * 360
    if 10 <= degrees < 48 and value < 0.68 and saturation > 0.25:
        return "dark brown" if value < 0.35 else "brown"
    if 20 <= degrees < 65 and saturation < 0.4:
        return "beige"
    name = next(name for limit, name in _HUES if degrees < limit)
    if value < 0.4:
        return f"dark {name}"
    return f"light {name}" if value > 0.75 and saturation < 0.45 else name
