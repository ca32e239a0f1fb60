"""Weaknesses of a data set that let a training run but make it worse."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfhd.config import Config, DataConfig, GeneratorConfig
from tfhd.data.inspection.misreadings import find_misreadings
from tfhd.data.inspection.split_statistics import SplitStatistics
from tfhd.label_sets import LabelSet
from tfhd.pictures import list_paths

_WITH_ENHANCER = Config(generator=GeneratorConfig(num_enhancers=1))
"""Pictures that suit the global generator with a local enhancer suit it without one as well."""

_MULTIPLE, _SMALLEST = _WITH_ENHANCER.size_multiple, _WITH_ENHANCER.smallest_size

_SAME_SHAPE = 1.05
"""Stretching by a twentieth is hardly visible."""

_FEW_PICTURES = 2
"""In a single picture it may well be chance that no two objects are of one class."""


def find_warnings(config: DataConfig, label_set: LabelSet, statistics: dict[str, SplitStatistics]) -> Iterator[str]:
    """Yields a line for each weakness of the data: what, in which split, what it does to a training, and what helps.

    Args:
        config: where the data is.
        label_set: its classes.
        statistics: by split, also for splits of which nothing could be read.
    """
    if not config.has_split("val"):
        yield (
            f"{config.root}: has no split val, so nothing will show how a training does on pictures that it has not seen; "
            "hold some out"
        )
    for color, names in label_set.shared_colors.items():
        yield (
            f"label set {label_set.name}: colour {color} stands for {', '.join(names)}: label maps in colours cannot tell them "
            "apart, nor can viewers; give each class a colour of its own, or save label maps as gray PNG of ids"
        )
    if "train" in statistics:
        yield from _warn_of_classes(label_set, statistics)
    for split, found in statistics.items():
        yield from _warn_of_sizes(split, found)
        yield from _warn_of_instances(split, found)
        yield from _warn_of_classes_without_instances(split, label_set, found)
        yield from find_misreadings(split, found, config.instance_ids)
        if found.turned:
            yield (
                f"{split}: {len(found.turned)} of {found.sizes.total()} photos are turned or mirrored as their EXIF orientation "
                f"says, and their maps must show them so: {list_paths(found.turned)}"
            )


def _warn_of_classes(label_set: LabelSet, statistics: dict[str, SplitStatistics]) -> Iterator[str]:
    names, trained = np.array(label_set.names), statistics["train"].pictures > 0
    if not trained.any():
        return
    if not trained.all():
        yield (
            f"train: {np.count_nonzero(~trained)} of {label_set.num_classes} classes never occur, and what they look like "
            f"cannot be learned: {', '.join(names[~trained])}; see that the label set fits the files"
        )
    for split, found in statistics.items():
        unknown = names[(found.pictures > 0) & ~trained]
        if len(unknown):
            yield f"{split}: has classes that train lacks: {', '.join(unknown)}; move some of their pictures to train"


def _warn_of_sizes(split: str, found: SplitStatistics) -> Iterator[str]:
    small = [size for size in found.sizes if min(size) < _SMALLEST]
    odd = [size for size in found.sizes if size not in small and any(side % _MULTIPLE for side in size)]
    if small:
        yield (
            f"{split}: {_share(small, found)} less than {_SMALLEST} pixels wide or high, too small for the generator unless "
            "enlarged, which blurs them; give larger ones, or lower generator.num_downsamples"
        )
    if odd:
        yield (
            f"{split}: {_share(odd, found)} not multiples of {_MULTIPLE} pixels wide and high, as a local enhancer needs, and "
            "will be resized; choose data.height and data.width close to them"
        )
    shapes = sorted(found.sizes, key=lambda size: size[1] / size[0])
    if shapes and _ratio(shapes[-1]) > _SAME_SHAPE * _ratio(shapes[0]):
        yield (
            f"{split}: pictures have different shapes, from {_text(shapes[0])} to {_text(shapes[-1])}, and data.resize exact "
            f"stretches them to one; scale_width keeps them, crop cuts windows, here of at most {_text(_smallest(found))}"
        )


def _warn_of_instances(split: str, found: SplitStatistics) -> Iterator[str]:
    if found.single_id:
        yield (
            f"{split}: {found.single_id} of {len(found.instances_per_picture)} instance maps hold a single id where the "
            "label map has several classes, so that all of a picture gets one style; write an id for each object and region"
        )
    if found.one_per_class >= _FEW_PICTURES and not found.several_per_class and not found.single_id:
        bits = " and no id is above 255, as if 16-bit ids had been saved with 8 bits" if found.largest_id <= 255 else ""
        yield (
            f"{split}: no instance map tells two objects of one class apart{bits}; write an id for each object as 16-bit PNG, "
            "or leave the instance maps out to have connected regions taken"
        )


def _warn_of_classes_without_instances(split: str, label_set: LabelSet, found: SplitStatistics) -> Iterator[str]:
    lost = np.array(label_set.names)[(found.pictures > 0) & (found.instances == 0)]
    if found.instances.any() and len(lost) and not found.single_id:
        yield (
            f"{split}: classes that no instance has on most of its pixels: {', '.join(lost)}; they get no styles of their own: "
            "give their objects or regions ids that they share with no other class"
        )


def _smallest(found: SplitStatistics) -> tuple[int, int]:
    """The largest window that fits into every picture."""
    heights, widths = zip(*found.sizes, strict=True)
    return min(heights), min(widths)


def _share(sizes: list[tuple[int, int]], found: SplitStatistics) -> str:
    listed = ", ".join(_text(size) for size in sizes[:3]) + (", ..." if len(sizes) > 3 else "")
    return f"{sum(found.sizes[size] for size in sizes)} of {found.sizes.total()} pictures ({listed}) are"


def _ratio(size: tuple[int, int]) -> float:
    return size[1] / size[0]


def _text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"
