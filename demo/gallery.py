"""Draws all results into one image: one row per scene, one column per kind of image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from demo.scenes import Scene

_BACKGROUND, _TEXT, _MUTED = "#ffffff", "#1b1f24", "#59636e"
_CELL_WIDTH, _GAP, _MARGIN = 320, 10, 28
_TITLE, _HEADING, _NOTE = 30, 19, 17


def write_gallery(scenes: Sequence[Scene], seeds: Sequence[int], path: Path) -> None:
    """Draws and saves the gallery of all scenes, with one column for each seed's style-SEED images."""
    names = ["label-colors", "real", "synthesized", *(f"style-{seed}" for seed in seeds), "edited"]
    headings = ["Label map", "Real", "Synthesized, own styles", *(f"Style {seed}" for seed in seeds), "Edit: tree to building"]
    note = "Held-out streets, painted by a small pix2pixHD that `make demo` trained in minutes on a CPU"
    rows = [[scene / name for name in names] for scene in scenes]
    draw_gallery("tfhd: streets from label maps", note, headings, rows).save(path, optimize=True)


def draw_gallery(title: str, note: str, headings: Sequence[str], rows: Sequence[Sequence[Path]]) -> Image.Image:
    """Lays pictures out in a grid.

    Args:
        title: the line above.
        note: a smaller line below the title.
        headings: one for each column.
        rows: for each scene, one image file per column; all have the same aspect ratio.
    """
    with Image.open(rows[0][0]) as first:
        cell = (_CELL_WIDTH, round(_CELL_WIDTH * first.height / first.width))
    top = _MARGIN + 96
    width = 2 * _MARGIN + len(headings) * (cell[0] + _GAP) - _GAP
    height = top + 32 + len(rows) * (cell[1] + _GAP) - _GAP + _MARGIN
    sheet = Image.new("RGB", (width, height), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, _MARGIN), title, _TEXT, ImageFont.load_default(_TITLE))
    draw.text((_MARGIN, _MARGIN + 44), note, _MUTED, ImageFont.load_default(_NOTE))
    for column, heading in enumerate(headings):
        left = _MARGIN + column * (cell[0] + _GAP)
        draw.text((left, top), heading, _TEXT, ImageFont.load_default(_HEADING))
        for row, paths in enumerate(rows):
            sheet.paste(_fitted(paths[column], cell), (left, top + 32 + row * (cell[1] + _GAP)))
    return sheet


def _fitted(path: Path, size: tuple[int, int]) -> Image.Image:
    with Image.open(path) as picture:
        # Interpolation would add colours that stand for no class.
        smooth = Image.Resampling.NEAREST if "label" in path.parent.name else Image.Resampling.BICUBIC
        return picture.convert("RGB").resize(size, smooth)
