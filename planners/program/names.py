"""Which things words mean: labels, synonyms, colours, shapes, materials and uses."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...perception.text import LexicalEncoder, TextEncoder, words_of
from ...recall.phrase import COLORS as COLOR_WORDS
from .common_sense import ATTRIBUTE_WORDS, COLORS, fit_of, value_of
from .program import Attribute, AttributeKind
from .scene import Thing

SAME_SIMILARITY = 0.5
"""From here on two names mean the same, as in `recall.label_vectors`."""
_EXACT_MARGIN = 0.1
_NO_EVIDENCE = 0.3


class NameMatcher:
    """Compares words with labels; the same words come before synonyms."""

    def __init__(self, encoder: TextEncoder | None = None) -> None:
        self._encoder = encoder or LexicalEncoder()
        self._known: dict[tuple[str, str], float] = {}

    def weights(self, text: str, things: Iterable[Thing]) -> dict[str, float]:
        """Entity id -> how well it fits words like 'red mug', in (0, 1]; what does not fit is left out."""
        listed = list(things)
        colors, plain = _split_colors(text)
        fits = {thing.entity_id: self._name_fit(plain or text, thing) for thing in listed}
        best = max(fits.values(), default=0.0)
        least = max(SAME_SIMILARITY, best - _EXACT_MARGIN) if best < 2 else best
        found = {name: fit for name, fit in fits.items() if fit >= least}
        if colors:
            looks = {t.entity_id: max(_color_fit(c, t) for c in colors) for t in listed}
            found = {name: fit * looks[name] for name, fit in found.items()}
        return {name: fit for name, fit in found.items() if fit > 0.05}

    def _name_fit(self, text: str, thing: Thing) -> float:
        shares = thing.label_shares or ((thing.label, 1.0),)
        fit = sum(share * self._similarity(text, label) for label, share in shares if share > 0.05)
        return max(
            fit, 0.9 * self._similarity(text, thing.label) if not thing.label_shares else fit
        )

    def _similarity(self, text: str, label: str) -> float:
        key = (text, label)
        if key not in self._known:
            if sorted(words_of(text)) == sorted(words_of(label)):
                value = 1.0
            else:
                first, second = self._encoder.encode([text, label])
                value = min(0.95, float(np.dot(first, second)))
            self._known[key] = value if value >= SAME_SIMILARITY else 0.0
        return self._known[key]

    def attribute_fit(self, attribute: Attribute, thing: Thing) -> float:
        """Evidence first (the colour that was seen), then common sense about its kind; in [0, 1]."""
        if attribute.kind is AttributeKind.ANY:
            kinds = [kind for kind in AttributeKind if kind is not AttributeKind.ANY]
            return max(self._fit(kind, value_of(kind, attribute.value), thing) for kind in kinds)
        return self._fit(attribute.kind, attribute.value, thing)

    def _fit(self, kind: AttributeKind, value: str, thing: Thing) -> float:
        words = set(words_of(thing.label))
        if value in words or any(ATTRIBUTE_WORDS.get(kind, {}).get(w) == value for w in words):
            return 1.0
        if kind is AttributeKind.COLOR:
            return _color_fit(value, thing)
        if kind is AttributeKind.SHAPE:
            return _shape_fit(value, thing)
        fit = fit_of(kind, value, thing.label)
        return _NO_EVIDENCE if fit is None else fit


def _split_colors(text: str) -> tuple[list[str], str]:
    words = text.split()
    colors = [word for word in words[:-1] if word in COLORS or word in COLOR_WORDS]
    return colors, " ".join(word for word in words if word not in colors)


def _color_fit(color: str, thing: Thing) -> float:
    """1 if it looks like the colour, less if nearly; by the mean colour that was seen."""
    if not thing.color and thing.color_rgb is None:
        return _NO_EVIDENCE
    accepted = COLORS.get(color, (color,))
    metal = fit_of(AttributeKind.MATERIAL, "metal", thing.label)
    if color in _METALS and metal is not None and metal < 0.1:
        return 0.2 * _rgb_fit(color, thing)
    base = thing.color.split()[-1] if thing.color else ""
    nearness = _rgb_fit(color, thing)
    if thing.color in accepted:
        return 0.6 + 0.4 * nearness
    if base and base in {name.split()[-1] for name in accepted}:
        return 0.5 + 0.3 * nearness
    return 0.7 * nearness


_METALS = frozenset(("gold", "golden", "silver"))
_RGB = {
    "white": (238, 236, 230), "black": (38, 38, 42), "gray": (140, 142, 146), "grey": (140, 142, 146),
    "silver": (190, 194, 200), "red": (200, 45, 45), "orange": (230, 130, 40), "yellow": (240, 205, 60),
    "green": (60, 145, 75), "turquoise": (60, 175, 170), "blue": (45, 95, 180), "navy": (35, 48, 95),
    "purple": (118, 66, 150), "pink": (236, 142, 168), "brown": (124, 80, 50), "beige": (216, 192, 154),
    "gold": (206, 162, 62),
}  # fmt: skip


def _rgb_fit(color: str, thing: Thing) -> float:
    """By distance in brightness-free colour: shadows darken, they do not tint."""
    if thing.color_rgb is None or color not in _RGB:
        return 0.02
    seen, wanted = np.array(thing.color_rgb), np.array(_RGB[color], float)
    seen_hue, wanted_hue = (c / max(float(c.sum()), 1.0) for c in (seen, wanted))
    tint = float(np.linalg.norm(seen_hue - wanted_hue))
    light = abs(float(seen.sum() - wanted.sum())) / 765
    return float(np.exp(-((tint / 0.08) ** 2) - (light / 0.35) ** 2))


def _shape_fit(shape: str, thing: Thing) -> float:
    """Common sense about its kind, checked against the size of its box."""
    fit = fit_of(AttributeKind.SHAPE, shape, thing.label)
    seen = _box_fit(shape, thing)
    if fit is None:
        return _NO_EVIDENCE if seen is None else 0.2 + 0.5 * seen
    return fit if seen is None else fit * (0.7 + 0.3 * seen)


def _box_fit(shape: str, thing: Thing) -> float | None:
    if thing.box is None:
        return None
    low, middle, high = sorted((thing.box.length_m, thing.box.width_m, thing.box.height_m))
    if high <= 0:
        return None
    is_long = middle < 0.5 * high
    is_flat = low < 0.3 * middle
    is_even = low > 0.6 * high
    by_shape = {
        "elongated": is_long, "flat": is_flat, "cubic": is_even, "spherical": is_even,
        "tall": thing.box.height_m > 1.3 * max(thing.box.length_m, thing.box.width_m),
    }  # fmt: skip
    return None if shape not in by_shape else float(by_shape[shape])
