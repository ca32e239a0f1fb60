"""Instance ids: from maps, however their ids are meant, and from connected regions where there are none."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from tfhd.errors import InputError
from tfhd.label_sets import MAX_ID, LabelSet, map_labels

InstanceIds = Literal["unique", "per_class", "zero_is_none"]

INSTANCE_IDS_HELP = (
    "What ids in instance maps mean. unique: one object or region each; per_class: ids start again in every class; "
    "zero_is_none: 0 is no object, and its pixels become connected regions."
)
"""The help of a flag that chooses one of `InstanceIds`."""

FIRST_INSTANCE_ID = 1000
"""Ids of single objects start here, as in Cityscapes; below are regions of uncountable classes."""

# Diagonal neighbours belong together: with 4 neighbours a bicycle's frame or a slanted leg falls into dozens of pieces,
# while two objects that touch in nothing but a corner are rare.
_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


class Overlaps(NamedTuple):
    """How many pixels each instance shares with each class, sorted by instance and then by pixels.

    Attributes:
        instances: int64 (N,), instance ids.
        classes: int64 (N,), class indices.
        pixels: int64 (N,), pixels that have both.
        largest: bool (N,), whether the class is that of most of the instance's pixels; ties go to the highest index.
    """

    instances: np.ndarray
    classes: np.ndarray
    pixels: np.ndarray
    largest: np.ndarray


def connected_instances(label: np.ndarray, label_set: LabelSet, source: str = "label map") -> np.ndarray:
    """Makes every connected component of a countable class an instance of its own.

    Args:
        label: int (H, W), class indices; pixels of other numbers keep them.
        label_set: says which classes are countable.
        source: where the label map comes from, for the message.

    Returns:
        int32 (H, W), values 0..65535: the class index where the class is not countable; elsewhere the component's number,
        which runs from 1000 (or from the number of classes, if larger) through all countable classes.

    Raises:
        InputError: there are more components than ids.
    """
    return _number_components(label, label_set, max(FIRST_INSTANCE_ID, label_set.num_classes), source)


def connected_instances_of_ids(ids: np.ndarray, label_set: LabelSet, source: str = "label map") -> np.ndarray:
    """The regions of `connected_instances`, of a map of raw ids, and numbered for people who know these ids.

    Args:
        ids: int (H, W), raw ids of the label set.
        label_set: its classes.
        source: where the map comes from, for messages.

    Returns:
        int32 (H, W), values 0..65535: the first id that the label set lists for the class where it is not countable; elsewhere
        the component's number, from 1000 on (or from above the label set's highest id, if that is larger).

    Raises:
        InputError: an id is outside the label set, or there are more components than ids.
    """
    label = map_labels(ids, label_set, source)
    first_ids = np.array([item.ids[0] for item in label_set.classes], np.int32)
    highest = max(max(item.ids) for item in label_set.classes)
    regions = _number_components(label, label_set, max(FIRST_INSTANCE_ID, highest + 1), source)
    return np.where(np.isin(label, label_set.countable), regions, first_ids[label]).astype(np.int32)


def arrange_instances(
    instance: np.ndarray, label: np.ndarray, label_set: LabelSet, meaning: InstanceIds, source: str = "instance map"
) -> np.ndarray:
    """Makes ids that name one object or region each, out of those of an instance map.

    Args:
        instance: int (H, W), ids 0..65535 as the file holds them.
        label: int (H, W), class indices.
        label_set: says which classes are countable.
        meaning: what the file's ids mean.
        source: where the map comes from, for the message.

    Returns:
        int32 (H, W), values 0..65535. unique: as they are; per_class: a number for each pair of class and id; zero_is_none: as
        they are, and numbers not in use for the connected regions of the pixels that have 0.

    Raises:
        InputError: there are more instances than ids.
    """
    if meaning == "unique":
        return instance
    if meaning == "per_class":
        pairs = (label.astype(np.int64) * (MAX_ID + 1) + instance).ravel()
        lengths, distinct, run_of = _find_runs(pairs)
        _require_ids(len(distinct), MAX_ID + 1, source)
        return np.repeat(run_of, lengths).reshape(instance.shape).astype(np.int32)
    nothing = instance == 0
    if not nothing.any():
        return instance
    regions = connected_instances(np.where(nothing, label, -1), label_set, source)[nothing]
    found, number_of = np.unique(regions, return_inverse=True)
    free = np.setdiff1d(np.arange(MAX_ID + 1), instance[~nothing])
    _require_ids(len(found), len(free), source)
    arranged = instance.astype(np.int32)
    arranged[nothing] = free[number_of]
    return arranged


def find_overlaps(label: np.ndarray, instance: np.ndarray, num_classes: int) -> Overlaps:
    """Counts the pixels of all pairs of instance and class.

    Args:
        label: int (H, W), class indices.
        instance: int (H, W), ids 0..65535.
        num_classes: how many classes there are.
    """
    lengths, distinct, run_of = _find_runs((instance.astype(np.int64) * num_classes + label).ravel())
    pixels = np.bincount(run_of, weights=lengths).astype(np.int64)
    order = np.lexsort((pixels, distinct // num_classes))  # by instance, then pixels: the last of each instance is its largest
    instances, classes = np.divmod(distinct[order], num_classes)
    return Overlaps(instances, classes, pixels[order], np.append(instances[1:] != instances[:-1], True))


def _find_runs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lengths of the runs of equal values, the distinct values, and which of these each run has."""
    # Neighbours mostly share their value, so there are far fewer runs than pixels to sort.
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
    lengths = np.diff(np.append(starts, values.size))
    return lengths, *np.unique(values[starts], return_inverse=True)


def _number_components(label: np.ndarray, label_set: LabelSet, first_id: int, source: str) -> np.ndarray:
    from scipy import ndimage  # here, as it takes half a second to import and data with instance maps does not need it

    instance, next_id = label.astype(np.int32), first_id
    for index in label_set.countable:
        region = label == index
        if not region.any():
            continue
        components, count = ndimage.label(region, structure=_EIGHT_NEIGHBOURS)
        if next_id + count > MAX_ID + 1:
            raise InputError(
                f"{source}: class {label_set.names[index]!r} has {count} pieces, more than ids up to {MAX_ID} can name; "
                f"give instance maps, or mark the class as not countable in the label set"
            )
        instance[region] = components[region] + (next_id - 1)
        next_id += count
    return instance


def _require_ids(wanted: int, available: int, source: str) -> None:
    if wanted > available:
        raise InputError(
            f"{source}: holds {wanted} instances, more than the {available} ids left for them; merge some, or see that "
            "data.instance_ids suits the file"
        )
