"""What every data reader does, and the values that go in and out of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from tfhd.label_sets import LabelSet, load_label_set
from tfhd.pixels import RGB, PixelType
from tfhd.readers.instances import InstanceIds
from tfhd.readers.map_sizes import MapSize


@dataclass(frozen=True)
class DataSource:
    """What a reader needs to know; each reads what concerns its format.

    Attributes:
        root: the data folder.
        label_set: a label set's name, or the path of its JSON file.
        height: rows of a picture that is rendered.
        width: columns of a picture that is rendered.
        street_count: training scenes that the embedded streets render.
        instance_ids: what ids in instance maps mean.
        map_size: size of maps in files beside that of their photos.
        tfds_features: which features of a TensorFlow Datasets set are photo, labels and instances.
        input_pixels: of the pictures that stand for label maps.
        output_pixels: of photos.
        instance_edges: whether instance maps beside pictures are read.
    """

    root: str
    label_set: str
    height: int
    width: int
    street_count: int
    instance_ids: InstanceIds = "unique"
    map_size: MapSize = "same"
    tfds_features: str = "image=image,label=label,instance=instance"
    input_pixels: PixelType = RGB
    output_pixels: PixelType = RGB
    instance_edges: bool = True


class Sample(NamedTuple):
    """A picture in memory, before it becomes part of a batch: label, instance and photo of the same size.

    Attributes:
        label: int32 (H, W), class indices; or a picture (H, W, C) as `data.input_pixels` says.
        instance: int32 (H, W), ids 0..65535.
        image: (H, W, C) as `data.output_pixels` says, uint8 and 3 channels by default.
        source: where it comes from, for messages.
    """

    label: np.ndarray
    instance: np.ndarray
    image: np.ndarray
    source: str

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.instance.shape


class Reader(ABC):
    """Reads the examples of one split of a data set.

    A new format is a subclass in a file of its own, and an entry in `tfhd.readers.READERS`: the choices of `data.format`, its
    help and its error messages follow from there. Where label maps and photos are files, derive it from `FileReader`, which
    pairs and checks them; only such formats can be given to `check-data`.

    Args:
        source: where the data is, and which label set it has.
        split: train, val, or whatever the data calls it.

    Raises:
        InputError: the label set cannot be loaded.
    """

    name: ClassVar[str]
    """What `data.format` calls the format."""
    layout: ClassVar[str]
    """A few words of help: what the data folder looks like."""

    def __init__(self, source: DataSource, split: str) -> None:
        self.source, self.split = source, split
        self.label_set = self.load_label_set()

    def load_label_set(self) -> LabelSet:
        """The classes of the data's label maps; raises `InputError` where they cannot be loaded."""
        return load_label_set(self.source.label_set)

    @classmethod
    @abstractmethod
    def has_split(cls, source: DataSource, split: str) -> bool:
        """Whether the data has anything of this split, complete or not."""

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of examples; raises `InputError` where they cannot be listed."""

    @abstractmethod
    def load(self, index: int) -> Sample:
        """Reads an example; the same index gives the same example always.

        Raises:
            InputError: it cannot be read, or does not fit the label set.
        """

    @abstractmethod
    def name_of(self, index: int) -> str:
        """Where an example comes from, for messages."""

    @abstractmethod
    def size_of(self, index: int) -> tuple[int, int]:
        """Height and width of an example, found without decoding it.

        Raises:
            InputError: it cannot be read.
        """
