"""Label Studio: what its SDK encodes and exports is read to the pixel, and trains with two commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.formats.test_data_sets import maps, read, same_parts
from tests.formats.tools.running import Written, write
from tests.formats.tools.writers import scene
from tests.train.prepare.two_commands import assert_trained, prepare_and_fit
from tfhd.formats.class_names import ids_by_name

pytestmark = pytest.mark.program("label-studio-sdk")
SHAPE = (scene.HEIGHT, scene.WIDTH)


@pytest.fixture(scope="module")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write("label_studio", tmp_path_factory.mktemp("label_studio"))


def test_polygons_and_brushes_are_those_of_the_sdk(label_studio: Written) -> None:
    contents, brushes = read("label-studio", label_studio.root), label_studio.said["brushes"] >= 128
    ids = ids_by_name(contents.label_set)
    label, objects = np.zeros(SHAPE, int), np.zeros(SHAPE, int)
    polygons = [(name, inclusive(points)) for name, points in scene.POLYGONS]
    for number, (name, mask) in enumerate([*polygons, ("person", brushes[0])], start=1):
        label[mask], objects[mask] = ids[name], number
    got, instance = maps(contents, 0)
    np.testing.assert_array_equal(brushes[0], scene.person())
    np.testing.assert_array_equal(got, label)
    assert same_parts(instance, objects)
    np.testing.assert_array_equal(maps(contents, 2)[0] == ids["person"], scene.person())  # encoded from 0 and 1


def test_turned_rectangles_have_the_corners_that_the_sdk_computes(label_studio: Written) -> None:
    contents = read("label-studio", label_studio.root)
    label, ids = maps(contents, 1)[0], ids_by_name(contents.label_set)
    brush = label_studio.said["brushes"][1] >= 128
    covered = brush | (label == ids["road"])  # by what lies on top
    expected = inclusive([tuple(corner) for corner in label_studio.said["corners"].tolist()])
    assert (expected & ~covered).sum() > 300
    np.testing.assert_array_equal(label == ids["car"], expected & ~covered)
    np.testing.assert_array_equal(label == ids["person"], brush)


def test_ellipses_are_those_of_pillow_but_for_their_outline(label_studio: Written) -> None:
    contents = read("label-studio", label_studio.root)
    drawn = maps(contents, 1)[0] == ids_by_name(contents.label_set)["road"]
    x, y, radius_x, radius_y = 16, 33.6, 12.8, 4.8
    box = [x - radius_x, y - radius_y, x + radius_x, y + radius_y]
    filled, outline = Image.new("1", SHAPE[::-1]), Image.new("1", SHAPE[::-1])
    ImageDraw.Draw(filled).ellipse(box, fill=1)
    ImageDraw.Draw(outline).ellipse([box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1], outline=1, width=2)
    differs = drawn != np.array(filled)
    assert drawn.sum() > 150
    assert not (differs & ~np.array(outline)).any()


def test_it_trains_with_two_commands(label_studio: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    losses = prepare_and_fit("label-studio", label_studio.root, tmp_path, capsys)
    assert_trained(losses, tmp_path / "run", {"background", "car", "person", "road"})


def inclusive(points: list) -> np.ndarray:
    image = Image.new("1", SHAPE[::-1])
    ImageDraw.Draw(image).polygon(points, fill=1, outline=1)
    return np.array(image)
