"""A table as a picture: for each row its scores, a dot per seed, and those of real photos as a line."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from tfhd.files import write_text

from .results import Result

_LEFT, _PANEL, _GAP, _LINE, _TOP = 190, 330, 40, 30, 56
_PANELS = {"pixel_accuracy": "pixel accuracy", "mean_iou": "mean IoU"}
_COLORS = {"own": "#0b62c4", "sampled": "#c2410c"}


def write_plot(path: Path, title: str, results: Sequence[Result], names: Sequence[str]) -> None:
    """Writes an SVG file with a panel for pixel accuracy and one for mean IoU, both from 0 to 1."""
    width = _LEFT + len(_PANELS) * (_PANEL + _GAP)
    height = _TOP + _LINE * len(names) + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="600">{html.escape(title)}</text>',
    ]
    for number, name in enumerate(names):
        parts.append(f'<text x="12" y="{_row(number) + 4}">{html.escape(name)}</text>')
    for place, score in enumerate(_PANELS):
        parts += _panel(_LEFT + place * (_PANEL + _GAP), score, results, names)
    for place, (kind, color) in enumerate(_COLORS.items()):
        x, y = _LEFT + 130 * place, height - 12
        parts.append(f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{color}"/><text x="{x + 10}" y="{y}">{kind} styles</text>')
    x = _LEFT + 130 * len(_COLORS)
    parts.append(f'<text x="{x}" y="{height - 12}">dashed: real photos</text></svg>')
    write_text(path, "\n".join(parts) + "\n", "plot")


def _panel(left: int, score: str, results: Sequence[Result], names: Sequence[str]) -> list[str]:
    bottom = _row(len(names)) - _LINE // 2
    parts = [f'<text x="{left}" y="{_TOP - 12}" font-weight="600">{_PANELS[score]}</text>']
    for tenth in range(0, 11, 2):
        x = left + _PANEL * tenth / 10
        parts.append(f'<line x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{bottom}" stroke="#dfe3e8"/>')
        parts.append(f'<text x="{x}" y="{bottom + 16}" fill="#59636e" text-anchor="middle">{tenth / 10:.1f}</text>')
    for photos in {result.score("photos", score) for result in results} - {None}:
        x = left + _PANEL * photos
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{bottom}" stroke="#1b1f24" stroke-dasharray="4 3"/>')
    for result in results:
        for kind, color in _COLORS.items():
            value = result.score(kind, score)
            if value is not None:
                y = _row(names.index(result.row)) + (4 if kind == "sampled" else -4)
                parts.append(f'<circle cx="{left + _PANEL * value:.1f}" cy="{y}" r="5" fill="{color}" fill-opacity="0.7"/>')
    return parts


def _row(number: int) -> int:
    return _TOP + _LINE * number + _LINE // 2
