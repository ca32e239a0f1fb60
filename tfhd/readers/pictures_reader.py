"""Folders of pictures that become pictures: {split}_A, {split}_B and, if they are asked for, instance maps in {split}_inst."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfhd.errors import InputError
from tfhd.label_sets import ONE_CLASS, LabelSet
from tfhd.pictures import ARRAY_SUFFIX, PICTURE_SUFFIXES, find_pictures
from tfhd.pixels import PixelType
from tfhd.readers.base import DataSource, Sample
from tfhd.readers.file_reader import FileReader, require_folder
from tfhd.readers.pairing import Example, Nouns, SplitFiles, match_endings
from tfhd.readers.reading import Attempt, raise_at_once, read_numbers
from tfhd_client import read_ids

_SUFFIXES = PICTURE_SUFFIXES | {ARRAY_SUFFIX}


class PicturesReader(FileReader):
    """Reads pictures number for number; partners have the same name but for the suffix.

    Instance maps are read where `source.instance_edges` asks for them; without, all of a picture is instance 0.
    """

    name = "folder"
    layout = "{split}_A, {split}_B, {split}_inst"
    folders = ("{split}_A", "{split}_B")
    nouns = Nouns("input picture", "output picture")

    def load_label_set(self) -> LabelSet:
        """A class that all pixels have."""
        return ONE_CLASS

    def find_files(self, labels: Path, images: Path) -> SplitFiles:
        """Lists the pictures of the folders and of those below."""
        found = [find_pictures(require_folder(folder), (), True, _SUFFIXES) for folder in (labels, images)]
        maps = None
        if self.source.instance_edges:
            folder = Path(self.source.root) / f"{self.split}_inst"
            if not folder.is_dir():
                raise InputError(f"{folder}: no such folder; add instance maps, or set data.instance_edges to false")
            maps = find_pictures(folder, (), True)
        return match_endings(SplitFiles(*found, maps))

    def load(self, index: int) -> Sample:
        """Reads an example's files; raises `InputError` as `read_pair` does."""
        example = self.examples[index]
        given, made, instance = read_pair(example, self.source)
        return Sample(given, np.zeros(made.shape[:2], np.int32) if instance is None else instance, made, str(example.label))

    def size_of(self, index: int) -> tuple[int, int]:
        """Height and width of an example; raises `InputError` where it cannot be read."""
        return self.load(index).size


class ReadPair(NamedTuple):
    """The contents of an example's files; each is None where it could not be read, the instance map also where there is none.

    Attributes:
        given: (H, W, C), the input.
        made: (H, W, C), the output.
        instance: int32 (H, W).
    """

    given: np.ndarray | None
    made: np.ndarray | None
    instance: np.ndarray | None


def read_pair(example: Example, source: DataSource, attempt: Attempt = raise_at_once) -> ReadPair:
    """Decodes an example's files and checks that they fit each other.

    Args:
        example: the files.
        source: what their numbers are.
        attempt: what becomes of errors.

    Raises:
        InputError: a file cannot be read, holds other channels, another type or numbers outside the range, or sizes differ;
            unless `attempt` keeps it.
    """

    def read(path: Path, pixels: PixelType) -> np.ndarray | None:
        return attempt("unreadable", path, lambda: read_numbers(path, pixels, path))

    def compare(path: Path, array: np.ndarray | None) -> None:
        if array is not None and made is not None:
            attempt("size", path, lambda: _require_size(path, array, example.image, made))

    given, made, instance = read(example.label, source.input_pixels), read(example.image, source.output_pixels), None
    compare(example.label, given)
    if example.instance is not None:
        instance = attempt("unreadable", example.instance, lambda: read_ids(example.instance))
        compare(example.instance, instance)
    return ReadPair(given, made, instance)


def _require_size(path: Path, array: np.ndarray, other: Path, made: np.ndarray) -> None:
    if array.shape[:2] != made.shape[:2]:
        (height, width), (other_height, other_width) = array.shape[:2], made.shape[:2]
        sizes = f"{path} is {width}x{height} (width x height) but {other} is {other_width}x{other_height}"
        raise InputError(f"{sizes}; make both the same size")
