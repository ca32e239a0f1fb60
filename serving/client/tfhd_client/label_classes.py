"""Which raw ids and colours the classes of a label set have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from .map_pixels import MAX_ID

Color = tuple[int, int, int]


class LabelClass(Protocol):
    """A class of a label set, whatever else is known of it."""

    @property
    def name(self) -> str: ...

    @property
    def ids(self) -> tuple[int, ...]: ...

    @property
    def color(self) -> Color: ...


@dataclass(frozen=True)
class LabelClasses:
    """The classes of a label set: what `read_labels` needs to tell what a file's numbers and colours mean.

    Args:
        name: of the label set, for messages.
        names: of the classes.
        ids: raw ids (0..65535) of each class; a file in colours is read as the first.
        colors: red, green, blue (0..255) of each class.
    """

    name: str
    names: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...]
    colors: tuple[Color, ...]

    @classmethod
    def of(cls, name: str, classes: Iterable[LabelClass]) -> LabelClasses:
        """Collects names, ids and colours of single classes."""
        names, ids, colors = zip(*((item.name, tuple(item.ids), tuple(item.color)) for item in classes), strict=True)
        return cls(name, names, ids, colors)

    @cached_property
    def is_id(self) -> np.ndarray:
        """bool `(65536,)`: whether a class lists this raw id."""
        found = np.zeros(MAX_ID + 1, bool)
        found[[value for ids in self.ids for value in ids]] = True
        return found

    @cached_property
    def color_of_id(self) -> np.ndarray:
        """int32 `(65536,)`: the colour, as `color_codes` has it, of the class that lists this raw id; -1 where none does."""
        found = np.full(MAX_ID + 1, -1, np.int32)
        for ids, code in zip(self.ids, color_codes(np.array(self.colors)), strict=True):
            found[list(ids)] = code
        return found

    @cached_property
    def classes_of_color(self) -> dict[int, list[int]]:
        """The indices of the classes that have a colour, by the colour as `color_codes` has it."""
        found: dict[int, list[int]] = {}
        for index, code in enumerate(color_codes(np.array(self.colors)).tolist()):
            found.setdefault(code, []).append(index)
        return found

    @property
    def shared_colors(self) -> dict[Color, tuple[str, ...]]:
        """Colours that several classes have, and the names of these: a file in colours cannot tell them apart."""
        return {
            color_of_code(code): tuple(self.names[index] for index in indices)
            for code, indices in self.classes_of_color.items()
            if len(indices) > 1
        }

    def are_ids(self, values: np.ndarray) -> bool:
        """Whether classes list all of these values, which are within 0..65535."""
        return bool(self.is_id[values].all())


def color_codes(colors: np.ndarray | Sequence[Color]) -> np.ndarray:
    """One number for each colour: int32 of shape `(...)` for red, green, blue of shape `(..., 3)`."""
    red, green, blue = np.moveaxis(np.asarray(colors).astype(np.int32), -1, 0)
    return red << 16 | green << 8 | blue


def color_of_code(code: int) -> Color:
    """Red, green and blue of a colour that `color_codes` made a number of."""
    return code >> 16, code >> 8 & 255, code & 255
