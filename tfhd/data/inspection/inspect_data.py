"""Reads a whole data set before any training, for a report on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tfhd.config import DataConfig
from tfhd.data.inspection.contradictions import Contradictions
from tfhd.data.inspection.inspected_example import inspect_examples
from tfhd.data.inspection.report import ClassCount, DataError, DataReport, OutsideCount, SizeCount, SplitReport, Spread
from tfhd.data.inspection.split_files import of_split, pair_split
from tfhd.data.inspection.split_statistics import SplitStatistics
from tfhd.data.inspection.swapped import is_swapped
from tfhd.data.inspection.warnings import find_warnings
from tfhd.label_sets import LabelSet, load_label_set
from tfhd.readers.pairing import Pairing


def inspect_data(config: DataConfig, splits: Sequence[str], progress: Callable[[int, int], None] | None = None) -> DataReport:
    """Reads all files of some splits; what is wrong with them is reported, not raised.

    Args:
        config: its `format`, `root`, `label_set`, `instance_ids` and `map_size` say what to read, and how.
        splits: names of splits, for instance train and val.
        progress: called after each picture with the number of those read and of all.

    Raises:
        InputError: the label set cannot be loaded, or the format has no files.
    """
    label_set = load_label_set(config.label_set)
    errors: list[DataError] = []
    pairings = {split: pair_split(config, split, errors) for split in splits}
    total, done = sum(len(pairing.examples) for pairing in pairings.values()), 0
    statistics = {split: SplitStatistics(label_set) for split in splits}
    contradictions = Contradictions()
    for split, pairing in pairings.items():
        swapped = bool(pairing.examples)
        for example in inspect_examples(pairing.examples, label_set, config):
            statistics[split].add(example)
            conflict = contradictions.add(example)
            errors += of_split(split, [*example.errors, *([conflict] if conflict is not None else [])])
            swapped &= is_swapped(example, label_set)
            done += 1
            if progress is not None:
                progress(done, total)
        if swapped:
            label, image = pairing.examples[0].label.parent, pairing.examples[0].image.parent
            message = f"{image}: holds label maps, and {label} none: see that the two folders are not exchanged"
            errors.append(DataError("folder", split, str(image), message))
    return DataReport(
        root=config.root,
        format=config.format,
        label_set=label_set.name,
        splits=tuple(_split_report(split, pairings[split], statistics[split], label_set) for split in splits),
        errors=tuple(errors),
        warnings=tuple(find_warnings(config, label_set, statistics)),
    )


def _split_report(split: str, pairing: Pairing, found: SplitStatistics, label_set: LabelSet) -> SplitReport:
    label_maps, photos, instance_maps = pairing.counts
    counts = (array.tolist() for array in (found.pixels, found.pictures, found.instances))
    return SplitReport(
        name=split,
        label_maps=label_maps,
        photos=photos,
        instance_maps=instance_maps,
        pictures=len(pairing.examples),
        sizes=tuple(SizeCount(width, height, count) for (height, width), count in found.sizes.most_common()),
        classes=tuple(
            ClassCount(item.name, item.countable, *numbers) for item, *numbers in zip(label_set.classes, *counts, strict=True)
        ),
        outside=tuple(
            OutsideCount(value, pixels, found.outside_pictures[value]) for value, pixels in found.outside_pixels.most_common()
        ),
        instance_source="maps" if instance_maps else "regions",
        instances=_spread(found.instances_per_picture),
        objects=_spread(found.objects_per_picture),
    )


def _spread(numbers: Sequence[int]) -> Spread | None:
    if not numbers:
        return None
    return Spread(sum(numbers), min(numbers), float(np.median(numbers)), sum(numbers) / len(numbers), max(numbers))
