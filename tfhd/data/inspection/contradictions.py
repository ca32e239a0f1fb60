"""Finds label maps that contradict each other: each can be read, but not all of them mean what they are read as."""

from __future__ import annotations

from pathlib import Path

from tfhd.data.inspection.inspected_example import InspectedExample
from tfhd.readers.file_errors import FileError

Color = tuple[int, int, int]


class Contradictions:
    """What the label maps of a data set give ids as, and the colours of palettes, each with the first file that does.

    Programs that save as few colours as possible number them anew in every file: the same id then means several classes, though
    every file by itself looks right. And they save a map in colours as gray where it has no others than gray, black for instance.
    """

    def __init__(self) -> None:
        self._first_colors: dict[int, tuple[Color, Path]] = {}
        self._first_given: dict[str, Path] = {}

    def add(self, example: InspectedExample) -> FileError | None:
        """Adds the label map of an example; returns what is wrong where it contradicts one before."""
        path = example.example.label
        return self._add_palette(path, example.colors) or self._add_given(path, example.given_as)

    def _add_palette(self, path: Path, colors: dict[int, Color]) -> FileError | None:
        for index, color in colors.items():
            known, first = self._first_colors.setdefault(index, (color, path))
            if known != color:
                return FileError(
                    "colours",
                    path,
                    f"{path}: its palette shows id {index} in {_hexadecimal(color)}, that of {first} in {_hexadecimal(known)}, "
                    "so the ids of one of them mean other classes; save all label maps with one palette, or as gray PNG of ids",
                )
        return None

    def _add_given(self, path: Path, given_as: str) -> FileError | None:
        if given_as == "either":
            return None
        self._first_given.setdefault(given_as, path)
        other = self._first_given.get({"numbers": "colors", "colors": "numbers"}[given_as])
        if other is None:
            return None
        mine, others = ("gray", "in colours") if given_as == "numbers" else ("in colours", "gray")
        return FileError(
            "colours",
            path,
            f"{path}: is {mine} and {other} {others}, so what is gray is read as ids and may be colours; save all label maps in "
            "one way",
        )


def _hexadecimal(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
