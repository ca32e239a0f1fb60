"""The builder, in the place and under the name that `tfds build` looks for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from tfhd.errors import InputError
from tfhd.readers import DataSource, Example
from tfhd.readers.folder import FolderReader
from tfhd_client import photo_orientation, read_photo

_AS_STORED = (".png", ".jpg", ".jpeg")
"""Photos that every reader of TensorFlow Datasets decodes."""


class Builder(tfds.core.GeneratorBasedBuilder):
    """Photos, label maps of 16 bits and instance maps of 16 bits, in the order of their names.

    The configuration `beam` makes the same examples with Apache Beam, on as many machines as its options name.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar = {"1.0.0": "First."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = "Give the folder that `tfhd train prepare FORMAT SOURCE FOLDER` wrote as manual_dir."
    BUILDER_CONFIGS: ClassVar = [
        tfds.core.BuilderConfig(name="plain", description="Written by one process."),
        tfds.core.BuilderConfig(name="beam", description="Written by Apache Beam."),
    ]

    def _info(self) -> tfds.core.DatasetInfo:
        ids = {"shape": (None, None, 1), "dtype": np.uint16, "encoding_format": "png"}
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "name": tfds.features.Text(),
                    "image": tfds.features.Image(shape=(None, None, 3)),
                    "label": tfds.features.Image(**ids),
                    "instance": tfds.features.Image(**ids),
                }
            ),
            disable_shuffling=True,  # training shuffles by itself, and the order by name is that of the folder
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        root = Path(dl_manager.manual_dir)
        splits = sorted(path.name.removesuffix("_label") for path in root.glob("*_label") if path.is_dir())
        if not splits:
            raise InputError(f"{root}: holds no SPLIT_label; give a folder that `tfhd train prepare` wrote as manual_dir")
        return {split: self._generate_examples(root, split) for split in splits}

    def _generate_examples(self, root: Path, split: str) -> Any:
        source = DataSource(str(root), str(root / "label_set.json"), 1, 1, 1)
        examples = list(enumerate(FolderReader(source, split).examples))
        if self.builder_config.name != "beam":
            return _encode_all(examples)
        beam = tfds.core.lazy_imports.apache_beam
        return beam.Create(examples) | f"{split}: read" >> beam.Map(_encode)


def _encode_all(examples: list[tuple[int, Example]]) -> Iterator[tuple[int, dict[str, Any]]]:
    return map(_encode, examples)


def _encode(item: tuple[int, Example]) -> tuple[int, dict[str, Any]]:
    """The key and the features of an example: the bytes of its files."""
    index, example = item
    if example.instance is None:
        raise InputError(f"{example.label}: has no instance map; prepare the folder anew")
    maps = {"label": io.BytesIO(example.label.read_bytes()), "instance": io.BytesIO(example.instance.read_bytes())}
    return index, {"name": example.name, "image": io.BytesIO(_photo(example.image)), **maps}


def _photo(path: Path) -> bytes:
    if path.suffix.lower() in _AS_STORED and photo_orientation(path) == 1:
        return path.read_bytes()
    file = io.BytesIO()
    Image.fromarray(read_photo(path)).save(file, "PNG")
    return file.getvalue()
