"""Lists of classes and colours that other tools write, as label sets."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfhd.errors import InputError
from tfhd.label_sets.label_set import MAX_ID, LabelClass, LabelSet, read_text

_FORMS = "labelmap.txt (name:r,g,b::), label_colors.txt (r g b name), or CSV with a header (Pixel Value, Class; name, r, g, b)"
_NAME_COLUMNS = ("class", "name", "label")
_ID_COLUMNS = ("pixel value", "id")
_CHANNELS = (("r", "red"), ("g", "green"), ("b", "blue"))


class _Row(NamedTuple):
    name: str
    color: tuple[int, ...] | None
    id: int | None


def load_class_list(path: Path) -> LabelSet:
    """Reads a list of classes: labelmap.txt of CVAT, label_colors.txt of CamVid, `_classes.csv` of Roboflow, class_dict.csv.

    The file's text decides which of these it is. Classes without ids are numbered in the file's order, from 0; these numbers mean
    nothing but in this label set, with which maps in these colours are read. Classes without colours get different ones. No
    class is countable.

    Args:
        path: of the list.

    Raises:
        InputError: the file cannot be read or is no such list; says which line.
    """
    lines = [(number, line.strip()) for number, line in enumerate(read_text(path, "list of classes").splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if not lines:
        raise InputError(f"{path}: lists no class; expected {_FORMS}")
    rows = list(_parser(lines[0][1])(path, lines))
    classes = [
        LabelClass(row.name, (index if row.id is None else row.id,), row.color or distinct_color(index), False)
        for index, row in enumerate(rows)
    ]
    try:
        return LabelSet(path.stem.strip("_"), tuple(classes))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


_Lines = list[tuple[int, str]]


def _parser(first: str) -> Callable[[Path, _Lines], Iterator[_Row]]:
    if re.fullmatch(r".+:[\d, ]*:.*:.*", first):
        return _parse_label_map
    return _parse_label_colors if re.match(r"\d+[\s,]+\d+[\s,]+\d+\s", first) else _parse_csv


def _parse_label_map(path: Path, lines: _Lines) -> Iterator[_Row]:
    for number, line in lines:
        fields = line.rsplit(":", 3)
        if len(fields) != 4:
            raise _wrong_line(path, number, line, "name:r,g,b::")
        yield _Row(fields[0].strip(), _parse_color(path, number, line, fields[1].split(",")), None)


def _parse_label_colors(path: Path, lines: _Lines) -> Iterator[_Row]:
    for number, line in lines:
        found = re.fullmatch(r"(\d+)[\s,]+(\d+)[\s,]+(\d+)\s+(\S.*)", line)
        if not found:
            raise _wrong_line(path, number, line, "r g b name")
        yield _Row(found[4], _parse_color(path, number, line, found.groups()[:3]), None)


def _parse_csv(path: Path, lines: _Lines) -> Iterator[_Row]:
    table = [[cell.strip() for cell in row] for row in csv.reader((line for _, line in lines), skipinitialspace=True)]
    header = [cell.lower() for cell in table[0]]
    name = next((header.index(column) for column in _NAME_COLUMNS if column in header), None)
    number_column = next((header.index(column) for column in _ID_COLUMNS if column in header), None)
    channels = [header.index(column) for choices in _CHANNELS for column in choices if column in header]
    if name is None or (number_column is None and len(channels) != 3) or len(channels) not in (0, 3):
        raise InputError(f"{path}: is no list of classes that is known; expected {_FORMS}")
    for (number, line), cells in zip(lines[1:], table[1:], strict=True):
        if len(cells) != len(header) or not cells[name]:
            raise _wrong_line(path, number, line, f"{', '.join(header)}, with quotes around a name that has a comma")
        color = _parse_color(path, number, line, [cells[column] for column in channels]) if channels else None
        value = None if number_column is None else cells[number_column]
        if value is not None and not (value.isdecimal() and int(value) <= MAX_ID):
            raise _wrong_line(path, number, line, f"a number in 0..{MAX_ID} as {header[number_column]}")
        yield _Row(cells[name], color, None if value is None else int(value))


def _parse_color(path: Path, number: int, line: str, texts: list[str] | tuple[str, ...]) -> tuple[int, ...]:
    texts = [text.strip() for text in texts]
    if len(texts) != 3 or not all(text.isdecimal() and int(text) < 256 for text in texts):
        raise _wrong_line(path, number, line, "a colour of three numbers in 0..255")
    return tuple(map(int, texts))


def _wrong_line(path: Path, number: int, line: str, expected: str) -> InputError:
    return InputError(f"{path}: line {number} is {line!r:.80}; expected {expected}")


def distinct_color(index: int) -> tuple[int, int, int]:
    """A colour for the class of an index: that of Pascal VOC's colour map, in which the first 256 differ."""
    bits = np.arange(8)
    return tuple(int(np.sum((index >> (3 * bits + channel) & 1) << (7 - bits))) for channel in range(3))
