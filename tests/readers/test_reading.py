from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street
from tfhd.config import DataConfig
from tfhd.errors import InputError
from tfhd.readers import Example
from tfhd.readers.reading import read_example, require_same_size


def save_turned(path: Path, orientation: int, height: int, width: int) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (width, height), (90, 120, 90)).save(path, exif=exif)
    return path


def test_sizes_are_reported_as_width_by_height() -> None:
    with pytest.raises(InputError, match=r"a\.png is 3x2 \(width x height\) but its photo b\.png is 5x4; make both"):
        require_same_size(Path("a.png"), (2, 3), Path("b.png"), (4, 5))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", [6, 8])
def test_a_map_that_only_fits_the_photo_before_it_is_turned_is_named_so(tmp_path: Path, suffix: str, orientation: int) -> None:
    photo = save_turned(tmp_path / f"photo.{suffix}", orientation, 32, 48)
    with pytest.raises(InputError, match=rf"EXIF orientation {orientation} says; the map fits the photo as it is stored: turn"):
        require_same_size(tmp_path / "label.png", (32, 48), photo, (48, 32))
    with pytest.raises(InputError, match="make both the same size"):
        require_same_size(tmp_path / "label.png", (32, 40), photo, (48, 32))


@pytest.mark.parametrize(("meaning", "count"), [("unique", 2), ("per_class", 4), ("zero_is_none", 4)])
def test_training_reads_instance_ids_as_the_configuration_says(tmp_path: Path, meaning: str, count: int) -> None:
    """Three cars, of which the map names one, on a road that it does not name; the id is the road's of a second class."""
    label, instance = street(32, 48, cars=2)
    stored = np.where(instance == 26001, 1, 0).astype(np.uint8)
    stored[:, 40:] = np.where(label[:, 40:] == 7, 1, 0)
    for kind, array in (("label", label), ("inst", stored), ("img", np.stack([label * 5] * 3, axis=2))):
        (tmp_path / f"train_{kind}").mkdir()
        Image.fromarray(array).save(tmp_path / f"train_{kind}" / "0.png")
    (tmp_path / "tiny.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    config = DataConfig(root=str(tmp_path), label_set=str(tmp_path / "tiny.json"), instance_ids=meaning)
    sample = config.open_files("train").load(0)
    assert sample.instance.dtype == np.int32
    found = np.unique(sample.instance)
    assert len(found) == {"unique": 2, "per_class": 4, "zero_is_none": 3}[meaning]


def test_all_errors_are_kept_by_an_attempt_that_keeps_them(tmp_path: Path) -> None:
    paths = [tmp_path / f"{kind}.png" for kind in ("label", "photo", "inst")]
    for path in paths:
        path.write_text("hello")
    kinds = []
    read = read_example(Example("x", *paths), LABEL_SET, "unique", lambda kind, path, _: kinds.append((kind, path)))
    assert kinds == [("unreadable", paths[1]), ("unreadable", paths[0]), ("unreadable", paths[2])]
    assert set(read) == {None}
