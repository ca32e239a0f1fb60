"""Where training pictures come from, and how they become a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

# `Doc` gives help that is put together from a registry; the help of all other fields is the text below them.
from typing_extensions import Doc

from tfhd.config.requirements import FORBID_UNKNOWN, require, require_at_least
from tfhd.errors import InputError
from tfhd.label_sets import LABEL_SET_NAMES, ONE_CLASS, LabelSet, load_label_set
from tfhd.pixels import RGB, PixelType
from tfhd.readers import (
    INSTANCE_IDS_HELP,
    MAP_SIZE_HELP,
    READERS,
    DataSource,
    FileReader,
    InstanceIds,
    MapSize,
    PicturesReader,
    Reader,
    describe_layouts,
    file_readers,
)

DataFormat = Annotated[Literal[tuple(READERS)], Doc(describe_layouts(READERS))]
FileFormat = Annotated[Literal[tuple(file_readers())], Doc(describe_layouts(file_readers()))]
LabelSetName = Annotated[
    str, Doc(f"A label set's name ({', '.join(LABEL_SET_NAMES)}) or the path of a JSON file that describes one.")
]
InstanceIdsMeaning = Annotated[InstanceIds, Doc(INSTANCE_IDS_HELP)]
MapSizeBesidePhotos = Annotated[MapSize, Doc(MAP_SIZE_HELP)]
ResizeMode = Literal["exact", "scale_width", "crop", "scale_width_and_crop"]
FitMode = Literal["resize", "pad"]
InputKind = Literal["labels", "image"]

_MOST_PAINTED = 4
"""Channels of a PNG file."""


@dataclass(frozen=True)
class DataConfig:
    """Where label maps and photos come from, and how they become a batch."""

    __pydantic_config__ = FORBID_UNKNOWN

    format: DataFormat = "folder"
    root: str = ""
    """The data folder (unused by the embedded streets)."""
    input: InputKind = "labels"
    """labels: label maps become photos; image: pictures of {split}_A become pictures of {split}_B, whatever they show."""
    input_pixels: PixelType = RGB
    """With input image: the numbers of {split}_A."""
    output_pixels: PixelType = RGB
    """The numbers of photos, or of {split}_B; at most 4 channels."""
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
    """Give the networks the instance boundary map (paper section 3.3; with input image it takes {split}_inst)."""
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
            self.map_size == "same" or (self.has_files and self.input == "labels"),
            f"data.map_size {self.map_size} is for label maps in files; leave it at same with data.format {self.format}",
        )
        require(
            self.output_pixels.channels <= _MOST_PAINTED,
            f"data.output_pixels.channels is {self.output_pixels.channels}; at most {_MOST_PAINTED} are painted",
        )
        require(
            self.input == "labels" or self.format == "folder",
            f"data.input image reads folders {{split}}_A and {{split}}_B; set data.format {self.format} to folder",
        )
        require(
            self.format != "streets" or self.output_pixels == RGB,
            "data.output_pixels: the embedded streets are RGB of 8 bits; leave it out, or set data.format",
        )

    @property
    def reader(self) -> type[Reader]:
        """The reader of `format`, or of pictures."""
        return READERS[self.format] if self.input == "labels" else PicturesReader

    @property
    def source(self) -> DataSource:
        """What the reader needs to know."""
        size = self.height, self.width
        return DataSource(
            self.root,
            self.label_set,
            *size,
            self.street_count,
            self.instance_ids,
            self.map_size,
            self.tfds_features,
            self.input_pixels,
            self.output_pixels,
            self.instance_edges,
        )

    def load_label_set(self) -> LabelSet:
        """The classes of the label maps, and `ONE_CLASS` of pictures; raises `InputError` where they cannot be loaded."""
        return load_label_set(self.label_set) if self.input == "labels" else ONE_CLASS

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
