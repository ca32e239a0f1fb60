"""What one example holds, and everything that is wrong with its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from tfhd.config import DataConfig
from tfhd.data.inspection.file_ends import may_be_turned
from tfhd.data.inspection.instance_fit import InstanceFit, find_instance_fit
from tfhd.data.inspection.photo_light import PhotoLight, find_photo_light
from tfhd.data.inspection.smoothing import Smoothing, find_smoothing
from tfhd.data.inspection.threads import read_in_threads
from tfhd.label_sets import LabelSet, class_of_id
from tfhd.pixels import RGB, PixelType
from tfhd.readers import Example, InstanceIds, MapSize
from tfhd.readers.file_errors import FileError, collect_error
from tfhd.readers.instances import find_overlaps
from tfhd.readers.reading import read_example
from tfhd_client import LabelMap, is_transparent, photo_orientation, read_photo

_JUDGED_PHOTOS = 256
"""Of a split. Decoding all PNG photos would take as long as everything else, and checksums find damage as well."""


class InspectedExample(NamedTuple):
    """What an example holds; small, so that those of a large data set fit into memory.

    Attributes:
        example: its files.
        size: height and width of the photo, upright; None if it cannot be read.
        pixels: int64 (num_classes,), pixels of each class; None if the label map cannot be read.
        outside: raw values outside the label set, and how many pixels have them.
        instances: int64 (num_classes,), instances by the class that most of their pixels have; None if label or instance map
            have errors.
        largest_id: the largest instance id in the example's instance map; None where there is none or it cannot be read.
        fit: how ids of the instance map and classes go together; None where there is no map, or one of them has errors.
        given_as: what the label map's file gives its ids as; "either" too where it cannot be read.
        colors: colours of the label map's ids, where it is a palette picture.
        smoothing: whether the label map looks interpolated; "none" where its photo was not judged.
        instance_smoothing: whether the instance map does.
        light: whether the photo looks as if its numbers had been read wrongly; "fine" where it was not judged.
        transparent: whether the photo has transparent pixels; False where it was not judged.
        orientation: the photo's EXIF orientation, 1..8.
        errors: everything that is wrong with the files.
    """

    example: Example
    size: tuple[int, int] | None
    pixels: np.ndarray | None
    outside: dict[int, int]
    instances: np.ndarray | None
    largest_id: int | None
    fit: InstanceFit | None
    given_as: Literal["numbers", "colors", "either"]
    colors: dict[int, tuple[int, int, int]]
    smoothing: Smoothing
    instance_smoothing: Smoothing
    light: PhotoLight
    transparent: bool
    orientation: int
    errors: tuple[FileError, ...]


def inspect_example(
    example: Example,
    label_set: LabelSet,
    instance_ids: InstanceIds = "unique",
    judge_photo: bool = True,
    photo: PixelType = RGB,
    map_size: MapSize = "same",
) -> InspectedExample:
    """Reads an example as training does; returns errors in files, and raises none.

    Args:
        example: the files.
        label_set: its classes.
        instance_ids: what ids in its instance map mean.
        judge_photo: whether to decode the photo too, to judge its light if it is RGB, and whether the maps were smoothed.
        photo: what the numbers of its photo are.
        map_size: size of its maps beside the photo's.
    """
    errors: list[FileError] = []
    read = read_example(example, label_set, instance_ids, partial(collect_error, errors), False, photo, map_size)
    size, _, label_map, ids, label, stored, instance = read
    label_map = label_map or LabelMap(np.empty((0, 0), np.int32), "either")
    image = None
    if size is not None and judge_photo and photo == RGB:
        image = collect_error(errors, "unreadable", example.image, lambda: read_photo(example.image))
    class_of = class_of_id(label_set)
    pixels, outside = None, {}
    if ids is not None:
        pixels, outside = _count_pixels(ids, class_of, label_set.num_classes)
    instances, fit = None, None
    if label is not None and instance is not None:
        overlaps = find_overlaps(label, instance, label_set.num_classes)
        instances = np.bincount(overlaps.classes[overlaps.largest], minlength=label_set.num_classes)
        if stored is not None:
            if instance is not stored:
                overlaps = find_overlaps(label, stored, label_set.num_classes)
            fit = find_instance_fit(overlaps, label_set)

    def smoothing(found: np.ndarray | None) -> Smoothing:
        if not judge_photo or found is None:
            return "none"
        return find_smoothing(found[::2, ::2] if map_size == "half" else found)

    return InspectedExample(
        example=example,
        size=size,
        pixels=pixels,
        outside=outside,
        instances=instances,
        largest_id=int(stored.max()) if stored is not None else None,
        fit=fit,
        given_as=label_map.given_as,
        colors=label_map.palette,
        smoothing=smoothing(ids),
        instance_smoothing=smoothing(stored),
        light=find_photo_light(image) if image is not None else "fine",
        transparent=image is not None and is_transparent(example.image),
        orientation=_orientation(example.image) if size is not None and photo == RGB else 1,
        errors=tuple(errors),
    )


def _orientation(photo: Path) -> int:
    return photo_orientation(photo) if may_be_turned(photo) else 1


def inspect_examples(examples: Sequence[Example], label_set: LabelSet, config: DataConfig) -> Iterator[InspectedExample]:
    """Inspects examples in a few threads, in their order, with the pixels of up to 256 evenly spaced photos."""
    step = -(-len(examples) // _JUDGED_PHOTOS)

    def inspect(index: int) -> InspectedExample:
        judge_photo, photo = index % step == 0, config.output_pixels
        return inspect_example(examples[index], label_set, config.instance_ids, judge_photo, photo, config.map_size)

    return read_in_threads(inspect, range(len(examples)))


def _count_pixels(ids: np.ndarray, class_of: np.ndarray, num_classes: int) -> tuple[np.ndarray, dict[int, int]]:
    """How many pixels each class has, and how many each value outside the label set."""
    count_of_id = np.bincount(ids.ravel())
    values = np.flatnonzero(count_of_id)
    counts, classes = count_of_id[values], class_of[values]
    inside = classes >= 0
    pixels = np.zeros(num_classes, np.int64)
    np.add.at(pixels, classes[inside], counts[inside])
    return pixels, dict(zip(values[~inside].tolist(), counts[~inside].tolist(), strict=True))
