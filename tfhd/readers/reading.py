"""Reads the files of one example: the only place where files become arrays, for training and for its checks alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from tfhd.label_sets import LabelSet, map_labels
from tfhd.pixels import RGB, PixelType
from tfhd.readers.file_errors import FileErrorKind
from tfhd.readers.instances import InstanceIds, arrange_instances, connected_instances
from tfhd.readers.map_sizes import MapSize, at_photo_size
from tfhd.readers.pairing import Example
from tfhd_client import File, LabelMap, read_ids, read_label_map, read_photo, read_picture, read_size, verify_photo

T = TypeVar("T")


class Attempt(Protocol):
    """Calls `read` and lets its `InputError` pass, or keeps it and returns None."""

    def __call__(self, kind: FileErrorKind, path: Path, read: Callable[[], T]) -> T | None: ...


class ReadExample(NamedTuple):
    """The contents of an example's files; each is None where it could not be read.

    Attributes:
        size: height and width of the photo, upright.
        image: (H, W, C) as `photo` of `read_example` says; None also where its pixels were not asked for.
        label_map: what the label map's file holds.
        ids: int32 (H, W), the label map's raw ids at the photo's size.
        label: int32 (H, W), class indices; None also where the label set lacks an id.
        stored: int32 (H, W), ids as the instance map holds them, at the photo's size; None also where there is no such map.
        instance: int32 (H, W), an id for each object or region.
    """

    size: tuple[int, int] | None
    image: np.ndarray | None
    label_map: LabelMap | None
    ids: np.ndarray | None
    label: np.ndarray | None
    stored: np.ndarray | None
    instance: np.ndarray | None


def raise_at_once(kind: FileErrorKind, path: Path, read: Callable[[], T]) -> T | None:
    """The `Attempt` that lets errors pass."""
    return read()


def read_example(
    example: Example,
    label_set: LabelSet,
    instance_ids: InstanceIds,
    attempt: Attempt = raise_at_once,
    photo_pixels: bool = True,
    photo: PixelType = RGB,
    map_size: MapSize = "same",
) -> ReadExample:
    """Decodes an example's files and checks that they fit each other and the label set.

    Args:
        example: the files.
        label_set: its classes.
        instance_ids: what ids in its instance map mean.
        attempt: what becomes of errors.
        photo_pixels: whether to decode the photo; otherwise its file is verified, by checksums where it is a PNG of RGB.
        photo: what its numbers are; RGB of 8 bits is also what is converted to that, see `read_photo`.
        map_size: size of its maps beside the photo's.

    Raises:
        InputError: a file cannot be read, sizes differ, the label map holds values outside the label set, or there are more
            instances than ids; unless `attempt` keeps it.
    """
    image, size = None, None
    if photo_pixels or photo != RGB:
        image = attempt("unreadable", example.image, lambda: read_output(example.image, photo, example.image))
        size = None if image is None else image.shape[:2]
    else:
        size = attempt("unreadable", example.image, lambda: verify_photo(example.image))

    def fitted(found: np.ndarray, path: Path) -> np.ndarray:
        if size is None:
            return found
        result = attempt("size", path, lambda: at_photo_size(found, path, size, example.image, map_size))
        return found if result is None else result

    label_map = attempt("unreadable", example.label, lambda: read_label_map(example.label, label_set.label_classes))
    ids, label = None, None
    if label_map is not None:
        ids = fitted(label_map.ids, example.label)
        label = attempt("values", example.label, lambda: map_labels(ids, label_set, example.label))
    path = example.instance
    if path is None:
        regions = None if label is None else attempt("instances", example.label, lambda: _regions(example, label, label_set))
        return ReadExample(size, image, label_map, ids, label, None, regions)
    stored = attempt("unreadable", path, lambda: read_ids(path))
    if stored is not None:
        stored = fitted(stored, path)
    instance = None
    if stored is not None and label is not None and stored.shape == label.shape:
        instance = attempt("instances", path, lambda: arrange_instances(stored, label, label_set, instance_ids, str(path)))
    return ReadExample(size, image, label_map, ids, label, stored, instance)


def read_output(file: File, pixels: PixelType, source: object) -> np.ndarray:
    """Reads a photo (H, W, C): RGB of 8 bits as `read_photo` does, which converts to it, others number for number."""
    return read_photo(file) if pixels == RGB else read_numbers(file, pixels, source)


def read_output_size(file: File, pixels: PixelType) -> tuple[int, int]:
    """Height and width of what `read_output` returns, where it can be told without decoding it."""
    return read_size(file) if pixels == RGB else read_output(file, pixels, "the photo").shape[:2]


def read_numbers(file: File, pixels: PixelType, source: object) -> np.ndarray:
    """Reads a picture (H, W, C) number for number.

    Args:
        file: path or bytes.
        pixels: what it must hold.
        source: its name for the message.

    Raises:
        InputError: the file cannot be read, has other channels or another type, or numbers outside the range.
    """
    picture = read_picture(file, pixels.channels, pixels.dtype)
    pixels.require_within(picture, source)
    return picture


def _regions(example: Example, label: np.ndarray, label_set: LabelSet) -> np.ndarray:
    return connected_instances(label, label_set, str(example.label))
