"""Where training pictures come from, and how they become a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

# `Doc` gives help that is put together from a registry; the help of all other fields is the text below them.
from typing_extensions import Doc

from tfhd.config.requirements import FORBID_UNKNOWN, require, require_at_least
from tfhd.errors import InputError
from tfhd.label_sets import LABEL_SET_NAMES
from tfhd.readers import (
    INSTANCE_IDS_HELP,
    MAP_SIZE_HELP,
    READERS,
    DataSource,
    FileReader,
    InstanceIds,
    MapSize,
    Reader,
    describe_layouts,
    file_readers,
)

DataFormat = Annotated[Literal[tuple(READERS)], Doc(describe_layouts(READERS))]
LabelSetName = Annotated[
    str, Doc(f"A label set's name ({', '.join(LABEL_SET_NAMES)}) or the path of a JSON file that describes one.")
]
InstanceIdsMeaning = Annotated[InstanceIds, Doc(INSTANCE_IDS_HELP)]
MapSizeBesidePhotos = Annotated[MapSize, Doc(MAP_SIZE_HELP)]
ResizeMode = Literal["exact", "scale_width", "crop", "scale_width_and_crop"]
FitMode = Literal["resize", "pad"]


@dataclass(frozen=True)
class DataConfig:
    """Where label maps and photos come from, and how they become a batch."""

    __pydantic_config__ = FORBID_UNKNOWN

    format: DataFormat = "folder"
    root: str = ""
    """The data folder (unused by the embedded streets)."""
    label_set: LabelSetName = "cityscapes"
    instance_ids: InstanceIdsMeaning = "unique"
    map_size: MapSizeBesidePhotos = "same"
    tfds_features: str = DataSource.tfds_features
    """With format tfds: the names of the set's features, for instance image=image_left,label=segmentation_label."""
    height: int = 512
    """Rows of a training picture; with scale_width it follows from each photo's shape instead."""
    width: int = 1024
    """Columns of a training picture."""
    resize: ResizeMode = "exact"
    """exact: to height x width; scale_width: to width, shape kept; crop: a window; scale_width_and_crop: both."""
    load_width: int = 1024
    """Width that scale_width_and_crop scales to before it crops."""
    fit: FitMode = "resize"
    """resize: to the nearest size that the networks take; pad: any size, mirrored up inside the networks and cut back."""
    flip: bool = True
    """Mirror half of the training pictures."""
    instance_edges: bool = True
    """Give the networks the instance boundary map (paper section 3.3); without it is the paper's ablation."""
    batch_size: int = 1
    """Pictures per step, on every replica."""
    street_count: int = 160
    """Training scenes that the embedded set renders (it renders a fifth as many for validation)."""

    def __post_init__(self) -> None:
        require_at_least(1, "data", self, "height", "width", "load_width", "batch_size", "street_count")
        require(
            self.resize != "scale_width_and_crop" or self.load_width >= self.width,
            f"data.load_width {self.load_width} is less than data.width {self.width}: nothing to crop from; raise load_width",
        )
        require(
            self.map_size == "same" or self.has_files,
            f"data.map_size {self.map_size} is for data in files; with data.format {self.format} leave it at same",
        )

    @property
    def reader(self) -> type[Reader]:
        """The reader of `format`."""
        return READERS[self.format]

    @property
    def source(self) -> DataSource:
        """What the reader needs to know."""
        size = self.height, self.width
        return DataSource(
            self.root, self.label_set, *size, self.street_count, self.instance_ids, self.map_size, self.tfds_features
        )

    @property
    def has_files(self) -> bool:
        """Whether the data is files on disk, which can be checked before a training."""
        return issubclass(self.reader, FileReader)

    def has_split(self, split: str) -> bool:
        """Whether the data has anything of a split, complete or not."""
        return self.reader.has_split(self.source, split)

    def open_files(self, split: str) -> FileReader:
        """The reader of a split of files.

        Raises:
            InputError: the format has no files, or the label set cannot be loaded.
        """
        if not issubclass(self.reader, FileReader):
            raise InputError(
                f"data.format {self.format!r} has no files to list: set data.format to {' or '.join(file_readers())}, "
                "and data.root"
            )
        return self.reader(self.source, split)
