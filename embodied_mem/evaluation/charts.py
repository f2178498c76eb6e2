"""Small charts as SVG text: bars with intervals, points with lines, stacked shares. No dependencies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

PALETTE = (
    "#3b6ea5", "#d1783c", "#4d9a67", "#a95aa1", "#c0504d", "#8a8a3c", "#5bb1c4", "#7d6b5d",
)  # fmt: skip
_TEXT = 'font-family="system-ui, sans-serif" font-size="12" fill="currentColor"'


@dataclass(frozen=True)
class Bar:
    """A share in [0, 1] with its interval."""

    value: float
    low: float
    high: float


def bar_chart(
    groups: Sequence[str], series: Mapping[str, Sequence[Bar | None]], *, width_px: int = 900
) -> str:
    """Grouped bars, 0 to 100 %; one colour a series, one group a label on the x axis."""
    height, left, top, bottom = 300, 46, 28, 96
    inner_w, inner_h = width_px - left - 10, height - top - bottom
    slot = inner_w / max(len(groups), 1)
    bar_w = min(0.8 * slot / max(len(series), 1), 34.0)
    parts = [_grid(left, top, inner_w, inner_h)]
    for s, (name, bars) in enumerate(series.items()):
        color = PALETTE[s % len(PALETTE)]
        for g, bar in enumerate(bars):
            if bar is None or math.isnan(bar.value):
                continue
            x = left + g * slot + (slot - bar_w * len(series)) / 2 + s * bar_w
            y = top + inner_h * (1 - bar.value)
            title = f"{name}, {groups[g]}: {bar.value:.1%} [{bar.low:.1%}, {bar.high:.1%}]"
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar_w - 1:.1f}" '
                f'height="{inner_h * bar.value:.1f}" fill="{color}"><title>{escape(title)}</title></rect>'
            )
            middle = x + bar_w / 2
            parts.append(
                f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{top + inner_h * (1 - bar.low):.1f}" '
                f'y2="{top + inner_h * (1 - bar.high):.1f}" stroke="currentColor"/>'
            )
    for g, label in enumerate(groups):
        x, y = left + (g + 0.5) * slot, top + inner_h + 14
        parts.append(
            f'<text {_TEXT} text-anchor="end" transform="translate({x:.1f} {y:.1f}) rotate(-35)">'
            f"{escape(label)}</text>"
        )
    parts.append(_legend(list(series), left))
    return _svg(width_px, height, parts)


def line_chart(
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x_label: str,
    y_label: str,
    is_share: bool = True,
    width_px: int = 620,
) -> str:
    """Points (x, y) joined by lines; x on a logarithmic axis when it spans more than 20 times."""
    height, left, top, bottom = 300, 60, 28, 46
    inner_w, inner_h = width_px - left - 16, height - top - bottom
    points = [p for line in series.values() for p in line]
    if not points:
        return ""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    is_log = min(xs) > 0 and max(xs) / min(xs) > 20
    scale = math.log if is_log else float
    x0, x1 = scale(min(xs)), scale(max(xs))
    y1 = 1.0 if is_share else max(*ys, 1e-9)

    def place(x: float, y: float) -> tuple[float, float]:
        share = (scale(x) - x0) / (x1 - x0) if x1 > x0 else 0.5
        return left + inner_w * share, top + inner_h * (1 - y / y1)

    parts = [_grid(left, top, inner_w, inner_h, top_value=y1, is_share=is_share)]
    for s, (name, line) in enumerate(series.items()):
        color = PALETTE[s % len(PALETTE)]
        placed = [place(*p) for p in sorted(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        for (x, y), (a, b) in zip(placed, sorted(line), strict=True):
            title = escape(f"{name}: {x_label} {a:g}, {y_label} {b:.3g}")
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"><title>{title}</title></circle>'
            )
    for x in sorted(set(xs)):
        parts.append(
            f'<text {_TEXT} text-anchor="middle" x="{place(x, 0)[0]:.1f}" '
            f'y="{top + inner_h + 16}">{x:g}</text>'
        )
    parts.append(
        f'<text {_TEXT} text-anchor="middle" x="{left + inner_w / 2}" y="{height - 8}">'
        f"{escape(x_label)}</text>"
    )
    parts.append(_legend(list(series), left))
    return _svg(width_px, height, parts)


def share_chart(rows: Mapping[str, Mapping[str, float]], *, width_px: int = 900) -> str:
    """One stacked horizontal bar a row; the parts of a row are shares that sum to at most 1."""
    names = list(dict.fromkeys(part for row in rows.values() for part in row))
    left, bar_h, top = 150, 24, 40
    inner_w = width_px - left - 16
    parts = [_legend(names, 8)]
    for r, (label, row) in enumerate(rows.items()):
        x, y = float(left), top + r * (bar_h + 8)
        parts.append(
            f'<text {_TEXT} text-anchor="end" x="{left - 8}" y="{y + 16}">{escape(label)}</text>'
        )
        for name, share in row.items():
            color = PALETTE[names.index(name) % len(PALETTE)]
            title = escape(f"{label}: {name} {share:.1%}")
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{inner_w * share:.1f}" height="{bar_h}" '
                f'fill="{color}"><title>{title}</title></rect>'
            )
            x += inner_w * share
    return _svg(width_px, top + len(rows) * (bar_h + 8) + 8, parts)


def _grid(
    left: float, top: float, width: float, height: float, *, top_value: float = 1.0,
    is_share: bool = True,
) -> str:  # fmt: skip
    lines = []
    for step in range(5):
        y, value = top + height * (1 - step / 4), top_value * step / 4
        text = f"{value:.0%}" if is_share else f"{value:.3g}"
        lines.append(
            f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
            f'opacity="0.15"/><text {_TEXT} text-anchor="end" x="{left - 6}" y="{y + 4:.1f}">{text}</text>'
        )
    return "".join(lines)


def _legend(names: Sequence[str], left: float) -> str:
    parts, x = [], left
    for s, name in enumerate(names):
        parts.append(
            f'<rect x="{x:.0f}" y="6" width="11" height="11" fill="{PALETTE[s % len(PALETTE)]}"/>'
            f'<text {_TEXT} x="{x + 15:.0f}" y="16">{escape(name)}</text>'
        )
        x += 30 + 7 * len(name)
    return "".join(parts)


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="100%" style="max-width:{width}px" role="img" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
