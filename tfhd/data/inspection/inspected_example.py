"""What one example holds, and everything that is wrong with its files."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tfhd.label_sets import MAX_ID, LabelSet, class_of_id, map_labels
from tfhd.readers import Example, connected_instances
from tfhd.readers.file_errors import FileError, collect_error
from tfhd.readers.file_reader import require_same_size
from tfhd_client import read_ids, read_labels, verify_photo


class InspectedExample(NamedTuple):
    """What an example holds; small, so that those of a large data set fit into memory.

    Attributes:
        size: height and width of the photo; None if it cannot be read.
        pixels: int64 (num_classes,), pixels of each class; None if the label map cannot be read.
        outside: raw values outside the label set, and how many pixels have them.
        instances: int64 (num_classes,), instances by the class that most of their pixels have; None if label or instance map
            have errors.
        largest_id: the largest instance id in the example's instance map; None where there is none or it cannot be read.
        errors: everything that is wrong with the files.
    """

    size: tuple[int, int] | None
    pixels: np.ndarray | None
    outside: dict[int, int]
    instances: np.ndarray | None
    largest_id: int | None
    errors: tuple[FileError, ...]


def inspect_example(example: Example, label_set: LabelSet) -> InspectedExample:
    """Decodes label and instance map, and checks the photo as `verify_photo` does; returns errors in files, and raises none."""
    errors: list[FileError] = []
    size = collect_error(errors, "unreadable", example.image, lambda: verify_photo(example.image))
    ids = collect_error(errors, "unreadable", example.label, lambda: read_labels(example.label, label_set.label_classes))
    pixels, outside, label = None, {}, None
    if ids is not None:
        if size is not None:
            collect_error(errors, "size", example.label, lambda: require_same_size(example.label, ids.shape, example.image, size))
        pixels, outside = _count_pixels(ids, label_set)
        label = collect_error(errors, "values", example.label, lambda: map_labels(ids, label_set, example.label))
    instance = _read_instances(example, label, size, label_set, errors)
    fit = label is not None and instance is not None and label.shape == instance.shape
    return InspectedExample(
        size=size,
        pixels=pixels,
        outside=outside,
        instances=count_instances(label, instance, label_set.num_classes) if fit else None,
        largest_id=int(instance.max()) if example.instance is not None and instance is not None else None,
        errors=tuple(errors),
    )


def count_instances(label: np.ndarray, instance: np.ndarray, num_classes: int) -> np.ndarray:
    """Counts instances by the class that most of their pixels have; ties go to the highest index.

    Args:
        label: int (H, W), class indices.
        instance: int (H, W), ids 0..65535.
        num_classes: how many classes there are.

    Returns:
        int64 (num_classes,).
    """
    pairs = (instance.astype(np.int64) * num_classes + label).ravel()
    # Neighbours mostly share their pair, so there are far fewer runs than pixels to sort.
    starts = np.concatenate([[0], np.flatnonzero(np.diff(pairs)) + 1])
    lengths = np.diff(np.append(starts, pairs.size))
    distinct, run_of = np.unique(pairs[starts], return_inverse=True)
    areas = np.bincount(run_of, weights=lengths)
    order = np.lexsort((areas, distinct // num_classes))  # by instance, then area: the last of each instance is its largest
    ids = distinct[order] // num_classes
    is_last = np.append(ids[1:] != ids[:-1], True)
    return np.bincount(distinct[order][is_last] % num_classes, minlength=num_classes)


def _read_instances(
    example: Example, label: np.ndarray | None, size: tuple[int, int] | None, label_set: LabelSet, errors: list[FileError]
) -> np.ndarray | None:
    path = example.instance
    if path is None:
        if label is None:
            return None
        path = example.label
        return collect_error(errors, "instances", path, lambda: connected_instances(label, label_set, str(path)))
    instance = collect_error(errors, "unreadable", path, lambda: read_ids(path))
    if instance is not None and size is not None:
        collect_error(errors, "size", path, lambda: require_same_size(path, instance.shape, example.image, size))
    return instance


def _count_pixels(ids: np.ndarray, label_set: LabelSet) -> tuple[np.ndarray, dict[int, int]]:
    count_of_id = np.bincount(ids.ravel(), minlength=MAX_ID + 1)
    values = np.flatnonzero(count_of_id)
    counts, classes = count_of_id[values], class_of_id(label_set)[values]
    inside = classes >= 0
    pixels = np.zeros(label_set.num_classes, np.int64)
    np.add.at(pixels, classes[inside], counts[inside])
    return pixels, dict(zip(values[~inside].tolist(), counts[~inside].tolist(), strict=True))
