"""Label sets of a few classes, and their colours."""

from __future__ import annotations

from tfhd_client import LabelClasses

BLACK = (0, 0, 0)
RED = (255, 0, 0)
GREEN = (0, 255, 0)
BLUE = (0, 0, 255)
GRAY = (70, 70, 70)
OTHER = (9, 8, 7)

STREET = LabelClasses(
    "street",
    ("void", "road", "tree", "car", "wall"),
    ((0, 255), (1,), (2,), (3,), (70,)),
    (BLACK, RED, GREEN, BLUE, GRAY),
)


def classes(*ids: int, colors=None) -> LabelClasses:
    """A label set of these ids, by default in colours that occur nowhere else."""
    colors = colors or [(200, 100, index) for index in range(len(ids))]
    return LabelClasses("some", tuple(f"class {index}" for index in ids), tuple((index,) for index in ids), tuple(colors))
