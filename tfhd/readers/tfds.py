"""Sets that TensorFlow Datasets wrote: its own, and those of `prepare --tfds`."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tfhd.errors import InputError
from tfhd.label_sets import map_labels
from tfhd.pictures import describe_folder
from tfhd.readers.base import DataSource, Reader, Sample
from tfhd.readers.instances import arrange_instances, connected_instances
from tfhd.readers.reading import read_output, read_output_size
from tfhd_client import read_ids, read_labels

_INFO = "dataset_info.json"
_OTHER_NAMES = {"val": ("val", "validation")}
_HEADER, _FOOTER = 12, 4
"""Bytes of a TFRecord before and behind its data: length and checksum, and another checksum."""


class _Record(NamedTuple):
    path: str
    offset: int
    length: int


class TfdsReader(Reader):
    """Reads records anywhere in their files, so that training has its own order, and decodes pictures as those of other formats.

    Raises:
        InputError: the folder holds no such set, the split is absent, or `tfds_features` does not fit it.
    """

    name = "tfds"
    layout = "a folder of TensorFlow Datasets, see data.tfds_features"

    def __init__(self, source: DataSource, split: str) -> None:
        super().__init__(source, split)
        builder = _open(Path(source.root))
        name = _split_name(builder, split)
        if name is None:
            splits = ", ".join(builder.info.splits) or "none"
            raise InputError(f"{source.root}: has no split {split!r}; it has {splits}")
        if builder.info.file_format.value != "tfrecord":
            raise InputError(f"{source.root}: is of {builder.info.file_format.value} files; build it with file_format tfrecord")
        self._features = _parse_features(source.tfds_features, builder)
        self._records = [record for path in builder.info.splits[name].filepaths for record in _find_records(str(path))]
        if len(self._records) != builder.info.splits[name].num_examples:
            raise InputError(f"{source.root}: split {name} has {len(self._records)} records where its info says "
                             f"{builder.info.splits[name].num_examples}; build it anew")  # fmt: skip

    @classmethod
    def has_split(cls, source: DataSource, split: str) -> bool:
        """Whether the set has the split, which may be called validation where val is meant; False where there is no set."""
        return bool(_find_sets(Path(source.root))) and _split_name(_open(Path(source.root)), split) is not None

    @property
    def count(self) -> int:
        """Number of records."""
        return len(self._records)

    def load(self, index: int) -> Sample:
        """Reads a record; raises `InputError` where it cannot be decoded or does not fit the label set."""
        where, files = self.name_of(index), self._read(index)
        try:
            image = read_output(files["image"], self.source.output_pixels, "the photo")
            label = map_labels(read_labels(files["label"], self.label_set.label_classes), self.label_set, where)
            stored = read_ids(files["instance"]) if "instance" in files else None
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        shapes = {array.shape[:2] for array in (image, label, stored) if array is not None}
        if len(shapes) > 1:
            raise InputError(f"{where}: photo and maps differ in size ({sorted(shapes)}); build the set anew")
        if stored is None:
            return Sample(label, connected_instances(label, self.label_set, where), image, where)
        return Sample(label, arrange_instances(stored, label, self.label_set, self.source.instance_ids, where), image, where)

    def name_of(self, index: int) -> str:
        """The file of a record, and the record's place in the split."""
        return f"{self._records[index].path}: record {index} of {self.split}"

    def size_of(self, index: int) -> tuple[int, int]:
        """Height and width of a record's photo."""
        return read_output_size(self._read(index)["image"], self.source.output_pixels)

    def _read(self, index: int) -> dict[str, bytes]:
        import tensorflow as tf  # here, as commands that only read files do without it

        record = self._records[index]
        try:
            with open(record.path, "rb") as file:
                data = os.pread(file.fileno(), record.length, record.offset)
            features = tf.train.Example.FromString(data).features.feature
        except Exception as error:  # protobuf has errors of its own, which differ between releases
            raise InputError(f"{self.name_of(index)}: cannot be read ({str(error)[:60]}); build the set anew") from None
        found = {kind: features[name].bytes_list.value[:1] for kind, name in self._features.items()}
        missing = [self._features[kind] for kind, values in found.items() if not values]
        if missing:
            raise InputError(f"{self.name_of(index)}: lacks {missing[0]!r}; build the set anew")
        return {kind: values[0] for kind, values in found.items()}


def _find_sets(root: Path) -> list[Path]:
    """The folders of sets at or below `root`: name/version and name/configuration/version."""
    return sorted(path.parent for depth in ("", "*/", "*/*/", "*/*/*/", "*/*/*/*/") for path in root.glob(depth + _INFO))


def _open(root: Path) -> Any:
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise InputError(
            f"data.format tfds cannot import tensorflow_datasets ({error}); pip install tensorflow-datasets"
        ) from None
    found = _find_sets(root) if root.is_dir() else []
    if len(found) != 1:
        held = f"{len(found)} sets: {', '.join(map(str, found[:3]))}; give one" if found else f"no set ({describe_folder(root)})"
        raise InputError(f"{root}: holds {held}; data.root is a folder with {_INFO}, or one above it")
    return tfds.builder_from_directory(found[0])


def _split_name(builder: Any, split: str) -> str | None:
    return next((name for name in _OTHER_NAMES.get(split, (split,)) if name in builder.info.splits), None)


def _parse_features(text: str, builder: Any) -> dict[str, str]:
    """Names of the features of image, label and, where there is one, instance."""
    import tensorflow_datasets as tfds

    pairs = [part.split("=") for part in text.replace(" ", "").split(",") if part]
    chosen = {pair[0]: pair[-1] for pair in pairs}
    if not {"image", "label"} <= set(chosen) <= {"image", "label", "instance"} or any(len(pair) != 2 for pair in pairs):
        raise InputError(f"data.tfds_features is {text!r}; expected image=NAME,label=NAME or image=NAME,label=NAME,instance=NAME")
    pictures = {name for name, feature in builder.info.features.items() if isinstance(feature, tfds.features.Image)}
    unknown = [name for name in chosen.values() if name not in pictures]
    if unknown:
        listed = ", ".join(sorted(pictures)) or "none"
        raise InputError(f"data.tfds_features names {unknown[0]!r}, which is no picture of this set; it has {listed}")
    return chosen


def _find_records(path: str) -> Iterator[_Record]:
    try:
        with open(path, "rb") as file:
            size, place = os.fstat(file.fileno()).st_size, 0
            while place < size:
                file.seek(place)
                header = file.read(_HEADER)
                length = struct.unpack("<Q", header[:8])[0] if len(header) == _HEADER else size
                if place + _HEADER + length + _FOOTER > size:
                    raise InputError(f"{path}: is cut off; build the set anew")
                yield _Record(path, place + _HEADER, length)
                place += _HEADER + length + _FOOTER
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); build the set anew") from None
