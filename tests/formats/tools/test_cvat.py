"""CVAT's `Segmentation mask 1.1`: what its exporter writes is read to the pixel, and trains with two commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.test_data_sets import read
from tests.formats.tools.running import Written, assert_reads, write
from tests.formats.tools.writers import scene
from tests.train.prepare.two_commands import assert_trained, prepare_and_fit
from tfhd.errors import InputError

pytestmark = pytest.mark.program("datumaro")


@pytest.fixture(scope="module")
def cvat(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write("cvat", tmp_path_factory.mktemp("cvat"))


def test_classes_and_objects_are_those_of_the_exporter(cvat: Written) -> None:
    contents = read("cvat", cvat.root)
    assert [item.name for item in contents.pictures] == ["night/street", "street"]
    for index in (0, 1):
        assert_reads(contents, cvat.said, index)
    assert dict(zip(contents.label_set.names, contents.label_set.colors, strict=True)).items() >= scene.COLORS.items()


def test_it_is_no_voc(cvat: Written) -> None:
    with pytest.raises(InputError, match=r"has a labelmap\.txt, which gives classes colours of their own; prepare it as cvat"):
        read("voc", cvat.root)


def test_it_trains_with_two_commands(cvat: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    losses = prepare_and_fit("cvat", cvat.root, tmp_path, capsys)
    assert_trained(losses, tmp_path / "run", {"background", "car", "person", "road"})
