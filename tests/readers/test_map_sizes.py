from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street
from tfhd.config import DataConfig
from tfhd.data import inspect_data
from tfhd.errors import InputError
from tfhd.readers.map_sizes import at_photo_size, require_same_size

LABEL, PHOTO = Path("l.png"), Path("p.png")


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


@pytest.mark.parametrize(("map_size", "size"), [("half", (16, 24)), ("twice", (64, 96))])
def test_so_is_one_of_half_or_twice_the_size(tmp_path: Path, map_size: str, size: tuple[int, int]) -> None:
    photo = save_turned(tmp_path / "photo.jpg", 6, 32, 48)
    with pytest.raises(InputError, match="EXIF orientation 6 says; the map fits the photo as it is stored: turn the map"):
        at_photo_size(np.zeros(size, int), LABEL, (48, 32), photo, map_size)


def test_maps_of_half_the_size_are_doubled() -> None:
    ids = np.array([[1, 2], [3, 4]], np.uint16)
    doubled = [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    np.testing.assert_array_equal(at_photo_size(ids, LABEL, (4, 4), PHOTO, "half"), doubled)


@pytest.mark.parametrize(("height", "width"), [(3, 5), (2, 5), (3, 4)])
def test_half_of_an_odd_size_may_be_rounded_either_way(height: int, width: int) -> None:
    """A photo of 5x9 has maps of 2 or 3 rows and 4 or 5 columns; no id is lost and none moves by more than a pixel."""
    ids = np.arange(height * width).reshape(height, width)
    found = at_photo_size(ids, LABEL, (5, 9), PHOTO, "half")
    np.testing.assert_array_equal(np.unique(found), ids.ravel())
    rows, columns = np.indices((5, 9))
    assert np.abs(found // width - rows / 2).max() <= 1
    assert np.abs(found % width - columns / 2).max() <= 1


def test_maps_of_twice_the_size_lose_every_other_pixel_and_get_no_new_id() -> None:
    ids = np.kron(np.array([[7, 300], [65535, 0]]), np.ones((2, 2), int))
    np.testing.assert_array_equal(at_photo_size(ids, LABEL, (2, 2), PHOTO, "twice"), [[7, 300], [65535, 0]])


@pytest.mark.parametrize(("map_size", "size"), [("half", (4, 4)), ("half", (1, 2)), ("twice", (4, 4)), ("twice", (8, 7))])
def test_maps_of_another_size_are_refused(map_size: str, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=rf"l\.png is {size[1]}x{size[0]} .* and not {map_size} its size as data.map_size says"):
        at_photo_size(np.zeros(size, int), LABEL, (4, 4), PHOTO, map_size)


@pytest.mark.parametrize(("size", "setting"), [((2, 4), "half"), ((8, 16), "twice")])
def test_the_setting_that_helps_is_named(size: tuple[int, int], setting: str) -> None:
    with pytest.raises(InputError, match=rf"make both the same size, or set data\.map_size to {setting}"):
        require_same_size(LABEL, size, PHOTO, (4, 8))


@pytest.mark.parametrize(("map_size", "factor"), [("half", 2), ("twice", 0.5)])
def test_training_and_its_check_read_such_maps(tmp_path: Path, map_size: str, factor: float) -> None:
    label, instance = street(32, 48, cars=2)
    size = int(48 * factor), int(32 * factor)
    for kind, array in (("label", label), ("inst", instance)):
        (tmp_path / f"train_{kind}").mkdir()
        Image.fromarray(array).save(tmp_path / f"train_{kind}" / "0.png")
    (tmp_path / "train_img").mkdir()
    Image.new("RGB", size, (90, 120, 90)).save(tmp_path / "train_img" / "0.png")
    (tmp_path / "tiny.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    config = DataConfig(root=str(tmp_path), label_set=str(tmp_path / "tiny.json"), map_size=map_size)
    sample = config.open_files("train").load(0)
    assert sample.label.shape == sample.instance.shape == sample.image.shape[:2] == size[::-1]
    np.testing.assert_array_equal(np.unique(sample.instance), np.unique(instance))
    report = inspect_data(config, ("train",))
    assert not report.errors
    assert report.splits[0].instances.total == len(np.unique(instance))
    assert (
        "data.map_size" in inspect_data(DataConfig(root=str(tmp_path), label_set=config.label_set), ("train",)).errors[0].message
    )


def test_rendered_streets_have_no_other_map_size() -> None:
    with pytest.raises(InputError, match=r"data\.map_size half is for label maps in files"):
        DataConfig(format="streets", map_size="half")
