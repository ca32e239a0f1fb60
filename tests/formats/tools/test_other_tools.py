"""Sets that the real tools wrote: class and object of every pixel come out as the tools say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.formats.test_data_sets import maps, read
from tests.formats.tools.running import Written, assert_reads, write
from tests.formats.tools.writers import scene
from tfhd.formats.drawing import outlined_polygon_mask, polygon_mask

SHAPE = (scene.HEIGHT, scene.WIDTH)


@pytest.fixture(scope="module")
def cityscapes(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write("cityscapes", tmp_path_factory.mktemp("cityscapes"))


@pytest.fixture(scope="module")
def supervisely(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write("supervisely", tmp_path_factory.mktemp("supervisely"))


@pytest.mark.program("cityscapesscripts")
@pytest.mark.parametrize(("kind", "encoding"), [("fine", "ids"), ("train-ids", "trainIds")])
def test_cityscapes_as_its_scripts_draw_it(cityscapes: Written, kind: str, encoding: str) -> None:
    label, instance = maps(read("cityscapes", cityscapes.root, kind))
    np.testing.assert_array_equal(label, cityscapes.said[f"label_{encoding}"])
    np.testing.assert_array_equal(instance, cityscapes.said[f"instance_{encoding}"])


@pytest.mark.program("cityscapesscripts")
def test_the_inclusive_rule_is_that_of_cityscapes(cityscapes: Written) -> None:
    np.testing.assert_array_equal(polygon_mask(scene.CAR, SHAPE), cityscapes.said["car"])


@pytest.mark.program("labelme")
def test_labelme(tmp_path: Path) -> None:
    written = write("labelme", tmp_path)
    contents = read("labelme", written.root)
    assert_reads(contents, written.said)
    assert [item.why for item in contents.left_out] == ["type line: lines and points have no area"]


@pytest.mark.program("supervisely")
def test_supervisely(supervisely: Written) -> None:
    contents = read("supervisely", supervisely.root)
    assert_reads(contents, supervisely.said)
    assert dict(zip(contents.label_set.names, contents.label_set.colors, strict=True)).items() >= scene.COLORS.items()


@pytest.mark.program("supervisely")
def test_the_outlined_rule_is_that_of_supervisely(supervisely: Written) -> None:
    masks, corners = supervisely.said["masks"], supervisely.said["corners"]
    assert 0.1 < masks.mean() < 0.9
    for mask, points in zip(masks, corners.tolist(), strict=True):
        np.testing.assert_array_equal(outlined_polygon_mask(points, SHAPE), mask, err_msg=str(points))


@pytest.mark.program("datumaro")
def test_coco_panoptic_and_instances(tmp_path: Path) -> None:
    written = write("coco", tmp_path)
    for kind in ("panoptic", "instances"):
        assert_reads(read("coco", written.root / f"coco_{kind}", kind), written.said)
