"""What readers of data sets in files share: pairing by name, decoding, and checking."""

from __future__ import annotations

import os
from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from tfhd.errors import InputError
from tfhd.label_sets import map_labels
from tfhd.readers.base import DataSource, Reader, Sample
from tfhd.readers.instances import connected_instances
from tfhd.readers.pairing import Example, Pairing, SplitFiles, pair_all, pair_possible
from tfhd_client import read_ids, read_labels, read_photo, read_size, verify_ids, verify_photo


class FileReader(Reader):
    """Reads label maps, photos and, where the data has them, instance maps from files that are paired by name.

    Without instance maps, instances are connected components of countable classes.
    """

    folders: ClassVar[tuple[str, str]]
    """Where a split's label maps and photos are, below the data folder; `{split}` stands for the split's name."""

    @classmethod
    def folders_of(cls, split: str) -> tuple[str, ...]:
        """The folders of a split's label maps and photos, below the data folder."""
        return tuple(folder.format(split=split) for folder in cls.folders)

    @classmethod
    def has_split(cls, source: DataSource, split: str) -> bool:
        """Whether the split has a folder of label maps or one of photos."""
        return any(os.path.isdir(Path(source.root) / folder) for folder in cls.folders_of(split))

    @abstractmethod
    def find_files(self, labels: Path, images: Path) -> SplitFiles:
        """Lists the files of the split.

        Args:
            labels: the folder of the label maps.
            images: the folder of the photos.

        Raises:
            InputError: a folder is absent.
            OSError: a folder cannot be read.
        """

    @cached_property
    def examples(self) -> list[Example]:
        """The examples, sorted by name.

        Raises:
            InputError: a folder is absent, empty or cannot be read, a file lacks its partner, or two files share a name.
        """
        return pair_all(self._list_files())

    def pair(self) -> Pairing:
        """Finds the examples as `examples` does, but lists the files that share a name or lack a partner, where that raises.

        Raises:
            InputError: a folder is absent, empty or cannot be read.
        """
        return pair_possible(self._list_files())

    @property
    def count(self) -> int:
        """Number of examples; raises `InputError` as `examples` does."""
        return len(self.examples)

    def load(self, index: int) -> Sample:
        """Reads an example's files.

        Raises:
            InputError: a file cannot be read, sizes differ, or the label map holds values outside the label set.
        """
        example = self.examples[index]
        image = read_photo(example.image)
        ids = read_labels(example.label, self.label_set.label_classes)
        require_same_size(example.label, ids.shape, example.image, image.shape[:2])
        label = map_labels(ids, self.label_set, example.label)
        if example.instance is None:
            instance = connected_instances(label, self.label_set, str(example.label))
        else:
            instance = read_ids(example.instance)
            require_same_size(example.instance, instance.shape, example.image, image.shape[:2])
        return Sample(label, instance, image, str(example.label))

    def check(self, index: int) -> None:
        """Decodes an example's label map, and checks kind, size and completeness of its photo and instance map.

        Raises:
            InputError: `load` would raise it, with the exception of too many connected components.
        """
        example = self.examples[index]
        image_size = verify_photo(example.image)
        ids = read_labels(example.label, self.label_set.label_classes)
        require_same_size(example.label, ids.shape, example.image, image_size)
        map_labels(ids, self.label_set, example.label)
        if example.instance is not None:
            require_same_size(example.instance, verify_ids(example.instance), example.image, image_size)

    def name_of(self, index: int) -> str:
        """The path of an example's label map."""
        return str(self.examples[index].label)

    def size_of(self, index: int) -> tuple[int, int]:
        """Height and width of an example's photo; raises `InputError` where it cannot be read."""
        return read_size(self.examples[index].image)

    def _list_files(self) -> SplitFiles:
        root = self.source.root
        try:
            files = self.find_files(*(Path(root) / folder for folder in self.folders_of(self.split)))
        except OSError as error:
            raise InputError(
                f"{error.filename or root}: cannot be read ({error.strerror}); check data.root and its permissions"
            ) from None
        if not files.labels.by_name and not files.images.by_name:
            raise InputError(
                f"{files.labels.folder}: holds no label maps and {files.images.folder} no photos; put the split's files there"
            )
        return files


def require_folder(folder: Path) -> Path:
    """The folder; raises `InputError` where it is absent, and `OSError` where that cannot be found out."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check data.root, data.format and the split's name")
    return folder


def require_same_size(path: Path, size: tuple[int, ...], image_path: Path, image_size: tuple[int, ...]) -> None:
    """Raises `InputError` unless a map has its photo's size (height, width)."""
    if tuple(size) != tuple(image_size):
        raise InputError(
            f"{path} is {size[1]}x{size[0]} (width x height) but its photo {image_path} is {image_size[1]}x{image_size[0]}; "
            f"make both the same size"
        )
