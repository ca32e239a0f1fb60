"""The files of a split for a report, in which errors are listed and not raised."""

from __future__ import annotations

from collections.abc import Sequence

from tfhd.config import DataConfig
from tfhd.data.inspection.report import DataError
from tfhd.errors import InputError
from tfhd.readers.file_errors import FileError
from tfhd.readers.pairing import Pairing


def pair_split(config: DataConfig, split: str, errors: list[DataError]) -> Pairing:
    """Pairs what can be paired, and appends what is wrong to `errors`; raises `InputError` where the data is no files."""
    reader = config.open_files(split)
    try:
        pairing = reader.pair()
    except InputError as error:
        errors.append(DataError("folder", split, config.root, str(error)))
        return Pairing([], [], (0, 0, 0))
    errors += of_split(split, pairing.errors)
    return pairing


def of_split(split: str, errors: Sequence[FileError]) -> list[DataError]:
    """Errors in files as errors of the data."""
    return [DataError(error.kind, split, str(error.path), error.message) for error in errors]
