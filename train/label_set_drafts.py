"""`check-data --draft-label-set FILE`: a label set that nobody had to type."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from tfhd.config import DataConfig
from tfhd.data import DataReport
from tfhd.data.inspection.label_set_draft import draft_label_set
from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.label_sets import LabelSet


def write_draft(config: DataConfig, splits: Sequence[str], path: Path, progress: Callable[[int, int], None]) -> LabelSet:
    """Drafts a label set and writes it.

    Args:
        config: says which label maps to read.
        splits: names of the splits.
        path: the file to write.
        progress: called after each label map with the number of those read and of all.

    Raises:
        InputError: the file exists or cannot be written, or `draft_label_set` refuses the label maps.
    """
    if path.suffix != ".json":
        raise InputError(f"{path}: a label set is a file ending in .json; choose such a name for --draft-label-set")
    if os.path.lexists(path):
        raise InputError(f"{path}: exists already, and is not replaced; choose another --draft-label-set, or remove it")
    draft = draft_label_set(config, splits, path.stem, progress)
    write_text(path, draft.to_json(), "label set")
    return draft


def finish_draft(draft: LabelSet, report: DataReport, path: Path) -> None:
    """Marks the classes countable of which a picture has several instances by its map; writes that, and prints the classes.

    Args:
        draft: what `write_draft` wrote.
        report: of the data, by that label set.
        path: the file.

    Raises:
        InputError: it cannot be written.
    """
    with_maps = [split.classes for split in report.splits if split.instance_source == "maps"]
    countable = {
        index for classes in with_maps for index, item in enumerate(classes) if item.pictures and item.instances > item.pictures
    }
    write_text(path, draft.with_countable({draft.names[index] for index in countable}).to_json(), "label set")
    print(f"{path}: {draft.num_classes} classes, {len(countable)} of them countable")
    for index, item in enumerate(draft.classes):
        pixels = sum(split.classes[index].pixels for split in report.splits)
        pictures = sum(split.classes[index].pictures for split in report.splits)
        red, green, blue = item.color
        print(f"  id {item.ids[0]}, colour {red} {green} {blue}: {pixels} pixels in {pictures} pictures")
    marked = "as the instance maps have it" if with_maps else "which without instance maps makes each of its regions an object"
    print(f'next: give the classes names, and set "countable" to true for those that come as single objects, {marked}')
