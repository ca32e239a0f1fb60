"""Sets that the real tools wrote: class and object of every pixel come out as the tools say."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.formats.test_data_sets import maps, read
from tests.formats.tools.running import Written, assert_reads, write
from tests.formats.tools.writers import scene
from tfhd.formats.drawing import outlined_polygon_mask, polygon_mask
from tfhd.train.prepare.command import prepare

SHAPE = (scene.HEIGHT, scene.WIDTH)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Written]:
    """What a tool wrote, once for all tests."""
    return functools.cache(lambda tool: write(tool, tmp_path_factory.mktemp(tool)))


@pytest.mark.program("cityscapesscripts")
@pytest.mark.parametrize(("kind", "encoding"), [("fine", "ids"), ("train-ids", "trainIds")])
def test_cityscapes(written: Callable[[str], Written], kind: str, encoding: str) -> None:
    cityscapes = written("cityscapes")
    label, instance = maps(read("cityscapes", cityscapes.root, kind))
    np.testing.assert_array_equal(label, cityscapes.said[f"label_{encoding}"])
    np.testing.assert_array_equal(instance, cityscapes.said[f"instance_{encoding}"])


@pytest.mark.program("cityscapesscripts")
def test_the_inclusive_rule_is_that_of_cityscapes(written: Callable[[str], Written]) -> None:
    np.testing.assert_array_equal(polygon_mask(scene.CAR, SHAPE), written("cityscapes").said["car"])


@pytest.mark.program("labelme")
def test_labelme(written: Callable[[str], Written]) -> None:
    labelme = written("labelme")
    contents = read("labelme", labelme.root)
    assert_reads(contents, labelme.said)
    assert [item.why for item in contents.left_out] == ["type line: lines and points have no area"]


@pytest.mark.program("supervisely")
def test_supervisely(written: Callable[[str], Written]) -> None:
    supervisely = written("supervisely")
    contents = read("supervisely", supervisely.root)
    assert_reads(contents, supervisely.said)
    assert dict(zip(contents.label_set.names, contents.label_set.colors, strict=True)).items() >= scene.COLORS.items()


@pytest.mark.program("supervisely")
def test_the_outlined_rule_is_that_of_supervisely(written: Callable[[str], Written]) -> None:
    masks, corners = (written("supervisely").said[name] for name in ("masks", "corners"))
    assert 0.1 < masks.mean() < 0.9
    for mask, points in zip(masks, corners.tolist(), strict=True):
        np.testing.assert_array_equal(outlined_polygon_mask(points, SHAPE), mask, err_msg=str(points))


@pytest.mark.program("datumaro")
@pytest.mark.parametrize("kind", ["panoptic", "instances"])
def test_coco(written: Callable[[str], Written], kind: str) -> None:
    coco = written("coco")
    assert_reads(read("coco", coco.root / f"coco_{kind}", kind), coco.said)


@pytest.mark.parametrize(
    ("tool", "folder"),
    [
        pytest.param("cityscapes", "", marks=pytest.mark.program("cityscapesscripts")),
        pytest.param("labelme", "", marks=pytest.mark.program("labelme")),
        pytest.param("supervisely", "", marks=pytest.mark.program("supervisely")),
        pytest.param("coco", "coco_panoptic", marks=pytest.mark.program("datumaro")),
        pytest.param("coco", "coco_instances", marks=pytest.mark.program("datumaro")),
    ],
)
def test_prepare_takes_the_folder_and_finds_no_error(
    written: Callable[[str], Written], tmp_path: Path, tool: str, folder: str
) -> None:
    root = written(tool).root / folder
    prepare(tool, root, tmp_path / "out")  # ends the program where check-data finds errors
    (picture,) = read(tool, root).pictures
    label = np.asarray(Image.open(tmp_path / "out" / "train_label" / f"{picture.name}.png"))
    np.testing.assert_array_equal(label, picture.draw().label)
    (photo,) = (tmp_path / "out" / "train_img").rglob("*.*")
    assert photo.read_bytes() == picture.photo.read_bytes()
