"""Finds label maps whose palettes contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tfhd.readers.file_errors import FileError

Color = tuple[int, int, int]


class PaletteColors:
    """The colours that palette label maps give to ids, each with the first file that does.

    Programs that save as few colours as possible number them anew in every file: the same id then means several classes, though
    every file by itself looks right.
    """

    def __init__(self) -> None:
        self._first: dict[int, tuple[Color, Path]] = {}

    def add(self, path: Path, colors: Mapping[int, Color]) -> FileError | None:
        """Adds a file; returns what is wrong where an id has another colour than in a file before."""
        for index, color in colors.items():
            known, first = self._first.setdefault(index, (color, path))
            if known != color:
                return FileError(
                    "colours",
                    path,
                    f"{path}: its palette shows id {index} in {_hexadecimal(color)}, that of {first} in {_hexadecimal(known)}, "
                    "so the ids of one of them mean other classes; save all label maps with one palette, or as gray PNG of ids",
                )
        return None


def _hexadecimal(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
