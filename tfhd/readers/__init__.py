"""Reads data sets: one class for each format, all of them listed in `READERS`."""

from __future__ import annotations

from tfhd.readers.base import DataSource, Reader, Sample
from tfhd.readers.cityscapes import CityscapesReader
from tfhd.readers.file_reader import FileReader
from tfhd.readers.folder import FolderReader
from tfhd.readers.instances import (
    INSTANCE_IDS_HELP,
    InstanceIds,
    arrange_instances,
    connected_instances,
    connected_instances_of_ids,
)
from tfhd.readers.map_sizes import MAP_SIZE_HELP, MapSize
from tfhd.readers.pairing import Example
from tfhd.readers.pictures_reader import PicturesReader
from tfhd.readers.streets import StreetsReader
from tfhd.readers.tfds import TfdsReader

READERS: dict[str, type[Reader]] = {reader.name: reader for reader in (StreetsReader, FolderReader, CityscapesReader, TfdsReader)}
"""The data formats by name: from here follow the choices of `data.format`, its help and its error messages."""

__all__ = [
    "INSTANCE_IDS_HELP",
    "MAP_SIZE_HELP",
    "READERS",
    "DataSource",
    "Example",
    "FileReader",
    "InstanceIds",
    "MapSize",
    "PicturesReader",
    "Reader",
    "Sample",
    "StreetsReader",
    "arrange_instances",
    "connected_instances",
    "connected_instances_of_ids",
    "describe_layouts",
    "file_readers",
]


def file_readers() -> dict[str, type[FileReader]]:
    """Those of `READERS` whose data is files on disk."""
    return {name: reader for name, reader in READERS.items() if issubclass(reader, FileReader)}


def describe_layouts(readers: dict[str, type[Reader]]) -> str:
    """The help of a flag that chooses one of these formats."""
    return "; ".join(f"{name}: {reader.layout}" for name, reader in readers.items()) + "."
