"""Checks all files before a training starts, so that a bad one does not end it after hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tfhd.config import Config
from tfhd.data.inspection.contradictions import Contradictions
from tfhd.data.inspection.inspected_example import inspect_examples
from tfhd.data.inspection.misreadings import find_misreadings
from tfhd.data.inspection.pairs import check_pairs
from tfhd.data.inspection.split_statistics import SplitStatistics
from tfhd.data.inspection.swapped import is_swapped
from tfhd.data.pipeline.transforms import trained_size
from tfhd.errors import InputError


def check_examples(config: Config, splits: Sequence[str], progress: Callable[[str, int, int], None] | None = None) -> list[str]:
    """Decodes all files of some splits as training does, and checks the sizes that every stage makes of them.

    Args:
        config: the experiment; its data are files.
        splits: names of the splits.
        progress: called after each example with its split, the number of those checked and of all in the split.

    Returns:
        A line for each sign that files are read as something else than they mean.

    Raises:
        InputError: files cannot be paired; or the first error in a file, in the order of the examples.
    """
    if config.data.input == "image":
        return check_pairs(config, splits, progress)
    contradictions, warnings = Contradictions(), []
    for split in splits:
        warnings += _check_split(config, split, contradictions, progress)
    return warnings


def _check_split(
    config: Config, split: str, contradictions: Contradictions, progress: Callable[[str, int, int], None] | None
) -> list[str]:
    reader, sizes = config.data.open_files(split), set()
    found = SplitStatistics(reader.label_set)
    for done, example in enumerate(inspect_examples(reader.examples, reader.label_set, config.data), start=1):
        conflict = contradictions.add(example)
        errors = [*example.errors, *([conflict] if conflict is not None else [])]
        if errors:
            hint = " (its photo is one: see that the two folders are not exchanged)"
            raise InputError(errors[0].message + hint * is_swapped(example, reader.label_set))
        if example.size not in sizes:
            for stage in config.stages:
                trained_size(config.at(stage), example.size, str(example.example.label))
            sizes.add(example.size)
        found.add(example)
        if progress is not None:
            progress(split, done, reader.count)
    return list(find_misreadings(split, found, config.data.instance_ids))
