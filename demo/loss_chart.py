"""Draws loss curves as SVG, which no core dependency does, and which follows the colours and the width of the page."""

from __future__ import annotations

import csv
import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 14, 14, 44


@dataclass(frozen=True)
class Curve:
    """One loss by training step."""

    name: str
    train: Points
    """(step, value)."""
    val: Points
    """(step, value) on held-out images; usually fewer, possibly none."""


def read_curves(path: Path, names: Mapping[str, str]) -> list[Curve]:
    """Reads losses.csv as `python -m train fit` writes it.

    Args:
        path: a file with one row per report and one column per loss; validation losses are prefixed with val_, and empty in
            rows without a validation.
        names: columns to read, and the curves' names.

    Returns:
        The curves that exist and are not zero throughout (a loss that is switched off is zero).
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    curves = [Curve(name, _points(rows, column), _points(rows, f"val_{column}")) for column, name in names.items()]
    return [curve for curve in curves if any(value for _, value in curve.train)]


def draw_chart(curves: Sequence[Curve], description: str) -> str:
    """Draws curves on a linear scale from zero, so that heights compare; training solid, validation dashed.

    Args:
        curves: at least one, with at least one point.
        description: text alternative for screen readers.

    Returns:
        An `<svg>` element; classes c0, c1, ... give the curves their colours, `train` and `val` their strokes.
    """
    points = [point for curve in curves for point in (*curve.train, *curve.val)]
    heights = ticks(max(y for _, y in points))
    axes = _Axes(max(x for x, _ in points), heights[-1])
    parts = [_grid(axes, heights), _step_axis(axes)]
    for number, curve in enumerate(curves):
        parts += [_line(axes, values, f"c{number} {kind}") for kind, values in (("train", curve.train), ("val", curve.val))]
    label = html.escape(description)
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def ticks(highest: float) -> list[float]:
    """Returns three to six round numbers from zero, equally spaced, the last at or above `highest`."""
    if highest <= 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(highest / 3))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if highest / (power * factor) <= 5)
    return [round(step * number, 10) for number in range(math.ceil(highest / step - 1e-9) + 1)]


@dataclass(frozen=True)
class _Axes:
    last: float
    top: float

    def x(self, step: float) -> float:
        return _LEFT + step / self.last * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self.top * (_HEIGHT - _TOP - _BOTTOM)


def _points(rows: Sequence[Mapping[str, str]], column: str) -> Points:
    return [(float(row["step"]), float(row[column])) for row in rows if row.get(column)]


def _grid(axes: _Axes, heights: Sequence[float]) -> str:
    lines = []
    for value in heights:
        y = axes.y(value)
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    return "".join(lines)


def _step_axis(axes: _Axes) -> str:
    bottom = _HEIGHT - _BOTTOM
    numbers = "".join(
        f'<text x="{axes.x(step):.1f}" y="{bottom + 18}" text-anchor="middle">{step:.0f}</text>'
        for step in ticks(axes.last)
        if step <= axes.last and step.is_integer()
    )
    return f'{numbers}<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{bottom + 37}" text-anchor="middle">step</text>'


def _line(axes: _Axes, points: Points, classes: str) -> str:
    if not points:
        return ""
    places = [(f"{axes.x(step):.1f}", f"{axes.y(value):.1f}") for step, value in points]
    dots = "".join(f'<circle class="{classes}" cx="{x}" cy="{y}" r="2.5"/>' for x, y in places)
    return f'<polyline class="{classes}" points="{" ".join(",".join(place) for place in places)}"/>{dots}'
