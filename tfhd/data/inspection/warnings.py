"""What lets a training run but makes it worse, told in lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfhd.config import DataConfig, GeneratorConfig
from tfhd.data.inspection.statistics import Tally
from tfhd.label_sets import LabelSet
from tfhd.readers.pairing import has_split

_MULTIPLE = GeneratorConfig(num_enhancers=1).size_multiple
"""Sides that are multiples of it suit the global generator with and without a local enhancer."""

_SMALLEST = 2 * _MULTIPLE
"""Residual blocks reflect at the borders, which takes two rows and columns after all downsampling."""

_SAME_SHAPE = 1.05
"""Stretching by a twentieth is hardly seen."""

_FEW_PICTURES = 2
"""In a single picture it may well be chance that no two objects are of one class."""


def advise(config: DataConfig, label_set: LabelSet, tallies: dict[str, Tally]) -> Iterator[str]:
    """Yields a line for each weakness of the data: what, in which split, what it does to a training and what helps.

    Args:
        config: where the data is.
        label_set: its classes.
        tallies: by split, for splits of which something could be read or not.
    """
    if not has_split(config, "val"):
        yield (
            f"{config.root}: has no split val, so nothing will tell how a training does on pictures that it has not seen; "
            "hold some out"
        )
    if "train" in tallies:
        yield from _advise_on_classes(label_set, tallies)
    for split, tally in tallies.items():
        yield from _advise_on_sizes(split, tally)
        yield from _advise_on_instances(split, tally)


def _advise_on_classes(label_set: LabelSet, tallies: dict[str, Tally]) -> Iterator[str]:
    names, trained = np.array(label_set.names), tallies["train"].pictures > 0
    if not trained.any():
        return
    if not trained.all():
        yield (
            f"train: {np.count_nonzero(~trained)} of {label_set.num_classes} classes never occur, and what they look like "
            f"cannot be learned: {', '.join(names[~trained])}; see that the label set fits the files"
        )
    for split, tally in tallies.items():
        unknown = names[(tally.pictures > 0) & ~trained]
        if len(unknown):
            yield f"{split}: has classes that train lacks: {', '.join(unknown)}; move some of their pictures to train"


def _advise_on_sizes(split: str, tally: Tally) -> Iterator[str]:
    small = [size for size in tally.sizes if min(size) < _SMALLEST]
    odd = [size for size in tally.sizes if size not in small and any(side % _MULTIPLE for side in size)]
    if small:
        yield (
            f"{split}: {_share(small, tally)} less than {_SMALLEST} pixels wide or high, too small for the generator unless "
            "enlarged, which blurs them; give larger ones, or lower generator.num_downsamples"
        )
    if odd:
        yield (
            f"{split}: {_share(odd, tally)} not multiples of {_MULTIPLE} pixels wide and high, as a local enhancer needs, and "
            "will be resized; choose data.height and data.width close to them"
        )
    shapes = sorted(tally.sizes, key=lambda size: size[1] / size[0])
    if shapes and _ratio(shapes[-1]) > _SAME_SHAPE * _ratio(shapes[0]):
        yield (
            f"{split}: pictures have different shapes, from {_text(shapes[0])} to {_text(shapes[-1])}, and data.resize exact "
            "stretches them to one; scale_width keeps them, crop cuts windows"
        )


def _advise_on_instances(split: str, tally: Tally) -> Iterator[str]:
    if tally.single:
        yield (
            f"{split}: {tally.single} of {len(tally.instances_a_picture)} instance maps hold a single id where the label map has "
            "several classes, so that all of a picture gets one style; write an id for each object and region"
        )
    if tally.alone >= _FEW_PICTURES and not tally.apart and not tally.single:
        bits = " and no id is above 255, as if 16-bit ids had been saved with 8 bits" if tally.largest_id <= 255 else ""
        yield (
            f"{split}: no instance map tells two objects of one class apart{bits}; write an id for each object as 16-bit PNG, "
            "or leave the instance maps out to have connected regions taken"
        )


def _share(sizes: list[tuple[int, int]], tally: Tally) -> str:
    listed = ", ".join(_text(size) for size in sizes[:3]) + (", ..." if len(sizes) > 3 else "")
    return f"{sum(tally.sizes[size] for size in sizes)} of {tally.sizes.total()} pictures ({listed}) are"


def _ratio(size: tuple[int, int]) -> float:
    return size[1] / size[0]


def _text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"
