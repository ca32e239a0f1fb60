"""Draws how preferences change with time, as the paper's Figure 6: an SVG, which no core dependency draws."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from .evaluation import Rate

_WIDTH, _HEIGHT = 640, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 52
_COLORS = ("#0b62c4", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#0e7490", "#be123c", "#4d7c0f", "#4338ca", "#86198f")
_MARKERS = ("", "6 4", "2 3", "10 4 2 4")


def draw_curve(rates: Sequence[Rate]) -> str:
    """Draws rates with their clustered intervals over durations on a logarithmic axis; each pair of methods is one line.

    Args:
        rates: of limited time; those without votes are left out.

    Returns:
        An `<svg>` element that needs nothing from elsewhere.
    """
    durations = sorted({rate.seconds for rate in rates})
    first, last = math.log2(durations[0]), math.log2(durations[-1])
    span = last - first or 1.0

    def x(seconds: float) -> float:
        place = (math.log2(seconds) - first) / span if last > first else 0.5
        return _LEFT + 24 + place * (_WIDTH - _LEFT - _RIGHT - 48)

    parts = [_grid(), *(_duration(x(each), each) for each in durations)]
    pairs = list(dict.fromkeys((rate.first, rate.second) for rate in rates))
    for number, pair in enumerate(pairs):
        own = [rate for rate in rates if (rate.first, rate.second) == pair and rate.preference.votes]
        # Beside each other, so that intervals of one duration do not hide each other.
        shift = 5.0 * (number - (len(pairs) - 1) / 2)
        parts.append(_line([(x(rate.seconds) + shift, rate) for rate in own], number))
    legend = "".join(_legend(number, *pair) for number, pair in enumerate(pairs))
    height = _HEIGHT + 22 * len(pairs)
    known = [each for each in rates if each.preference.votes]
    label = "; ".join(f"{each.first} against {each.second}, {each.seconds:g} s: {each.preference.rate:.0%}" for each in known)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" font-family="sans-serif" '
        f'font-size="13" aria-label="{html.escape(f"Preference rates by duration. {label}")}">'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>{"".join(parts)}{legend}</svg>\n'
    )


def _y(rate: float) -> float:
    return _TOP + (1 - rate) * (_HEIGHT - _TOP - _BOTTOM)


def _grid() -> str:
    lines = []
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        stroke = 'stroke="#555" stroke-dasharray="4 3"' if percent == 50 else 'stroke="#ddd"'
        lines.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" {stroke}/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#222">{percent} %</text>')
    lines.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle" fill="#222">seconds shown</text>'
    )
    return "".join(lines)


def _duration(x: float, seconds: float) -> str:
    whole = 1 / seconds if seconds < 1 else seconds
    text = f"1/{whole:.0f}" if seconds < 1 and whole.is_integer() else f"{seconds:g}"
    return f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle" fill="#222">{text}</text>'


def _line(places: Sequence[tuple[float, Rate]], number: int) -> str:
    color = _COLORS[number % len(_COLORS)]
    points = " ".join(f"{x:.1f},{_y(rate.preference.rate):.1f}" for x, rate in places)
    parts = [f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2" {_dashes(number)}/>']
    for x, rate in places:
        low, high = _y(rate.clustered_low), _y(rate.clustered_high)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{color}" stroke-width="1.5"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{_y(rate.preference.rate):.1f}" r="3.5" fill="{color}"/>')
    return "".join(parts)


def _legend(number: int, first: str, second: str) -> str:
    y, color = _HEIGHT + 14 + 22 * number, _COLORS[number % len(_COLORS)]
    return (
        f'<line x1="{_LEFT}" x2="{_LEFT + 30}" y1="{y - 4}" y2="{y - 4}" stroke="{color}" stroke-width="2" {_dashes(number)}/>'
        f'<text x="{_LEFT + 38}" y="{y}" fill="#222">{html.escape(first)} preferred to {html.escape(second)}</text>'
    )


def _dashes(number: int) -> str:
    dashes = _MARKERS[number % len(_MARKERS)]
    return f'stroke-dasharray="{dashes}"' if dashes else ""
