from pathlib import Path

import numpy as np
from PIL import Image

from tfhd.config import DataConfig


def _folder(root: Path) -> Path:
    """Three pictures of 32x16; number i has label i and instance 60000 + i on every pixel."""
    for index in range(3):
        shape = (16, 32)
        pictures = {"label": np.full(shape, index, np.uint8), "img": np.zeros((*shape, 3), np.uint8)}
        pictures["inst"] = np.full(shape, 60000 + index, np.uint16)
        for kind, array in pictures.items():
            (root / f"train_{kind}").mkdir(exist_ok=True)
            Image.fromarray(array).save(root / f"train_{kind}" / f"street_{index}.png")
    return root


def test_a_sample_holds_what_the_files_hold(tmp_path):
    reader = DataConfig(root=str(_folder(tmp_path))).open_files("train")
    sample = reader.load(2)
    assert (sample.label.dtype, sample.instance.dtype, sample.image.dtype) == (np.int32, np.int32, np.uint8)
    assert (sample.label == 2).all()
    assert (sample.instance == 60002).all()
    assert sample.image.shape == (16, 32, 3)
    assert sample.source == str(tmp_path / "train_label" / "street_2.png")
    assert (reader.count, reader.size_of(2), reader.name_of(2)) == (3, (16, 32), sample.source)
