"""`prepare --tfds`: the prepared folder as a set of TensorFlow Datasets."""

from __future__ import annotations

import sys
from pathlib import Path

from tfhd.command_line import import_tensorflow_quietly


def write_set(out: Path) -> Path:
    """Writes a prepared folder as the set `labelled_photos` into its folder `tfds`, anew.

    Args:
        out: what `prepare` wrote.

    Returns:
        The folder of the set.

    Raises:
        InputError: a file of the folder cannot be read.
    """
    import_tensorflow_quietly()
    import tensorflow_datasets as tfds

    from tfhd.labelled_photos.labelled_photos_dataset_builder import Builder

    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    builder = Builder(data_dir=out / "tfds", config="plain", file_format="tfrecord")
    builder.download_and_prepare(
        download_config=tfds.download.DownloadConfig(
            manual_dir=out, download_mode=tfds.download.GenerateMode.REUSE_CACHE_IF_EXISTS
        )
    )
    return Path(builder.data_dir)
