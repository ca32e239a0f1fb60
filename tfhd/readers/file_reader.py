"""What readers of data sets in files share: pairing by name, decoding, and checking."""

from __future__ import annotations

import os
from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from tfhd.errors import InputError
from tfhd.pictures import describe_folder
from tfhd.readers.base import DataSource, Reader, Sample
from tfhd.readers.pairing import Example, Nouns, Pairing, SplitFiles, pair_all, pair_possible
from tfhd.readers.reading import read_example, read_output_size


class FileReader(Reader):
    """Reads label maps, photos and, where the data has them, instance maps from files that are paired by name.

    Without instance maps, instances are connected components of countable classes.
    """

    folders: ClassVar[tuple[str, str]]
    """Where a split's label maps and photos are, below the data folder; `{split}` stands for the split's name."""
    nouns: ClassVar[Nouns] = Nouns()

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
        return pair_all(self._list_files(), self.nouns)

    def pair(self) -> Pairing:
        """Finds the examples as `examples` does, but lists the files that share a name or lack a partner, where that raises.

        Raises:
            InputError: a folder is absent, empty or cannot be read.
        """
        return pair_possible(self._list_files(), self.nouns)

    @property
    def count(self) -> int:
        """Number of examples; raises `InputError` as `examples` does."""
        return len(self.examples)

    def load(self, index: int) -> Sample:
        """Reads an example's files.

        Raises:
            InputError: as `read_example` does.
        """
        example = self.examples[index]
        source = self.source
        read = read_example(example, self.label_set, source.instance_ids, photo=source.output_pixels, map_size=source.map_size)
        return Sample(read.label, read.instance, read.image, str(example.label))

    def name_of(self, index: int) -> str:
        """The path of an example's label map."""
        return str(self.examples[index].label)

    def size_of(self, index: int) -> tuple[int, int]:
        """Height and width of an example's photo; raises `InputError` where it cannot be read."""
        return read_output_size(self.examples[index].image, self.source.output_pixels)

    def _list_files(self) -> SplitFiles:
        root = self.source.root
        try:
            files = self.find_files(*(Path(root) / folder for folder in self.folders_of(self.split)))
        except OSError as error:
            raise InputError(
                f"{error.filename or root}: cannot be read ({error.strerror}); check data.root and its permissions"
            ) from None
        labels, images = files.labels.folder, files.images.folder
        if not files.labels.by_name and not files.images.by_name:
            raise InputError(
                f"{labels}: holds no {self.nouns.label}s and {images} no {self.nouns.image}s; put the split's files there "
                f"(they hold {describe_folder(labels)} and {describe_folder(images)})"
            )
        return files


def require_folder(folder: Path) -> Path:
    """The folder; raises `InputError` where it is absent, and `OSError` where that cannot be found out."""
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; check data.root, data.format and the split's name "
            f"({folder.parent} holds {describe_folder(folder.parent)})"
        )
    return folder
