"""`tfhd edit` as a user calls it: one line for mistakes, and the page from a real process."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.forked import Forked
from tests.serving.edit.conftest import HEADERS, write_scenes
from tests.tiny_run import LABEL_SET, street
from tfhd.errors import InputError
from tfhd.serving.edit import frames
from tfhd.serving.edit.command import _url, main
from tfhd.serving.edit.scenes import FolderScenes, RenderedStreets
from tfhd_client import LabelClass

CLASSES = [LabelClass(item.name, item.ids, item.color, item.countable) for item in LABEL_SET.classes]


def test_a_model_or_a_server_must_be_named() -> None:
    for arguments in ({}, {"model": Path("a"), "server": "b:1"}):
        with pytest.raises(InputError, match="name a folder of a model"):
            main(**arguments)


def test_a_port_that_is_taken_shows_before_anything_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError, match="choose another --port"):
        main(tmp_path, port=taken.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [("127.0.0.1", 70_000, "0 to 65535"), ("no.such.host.invalid", 0, "cannot listen"), ("256.1.1.1", 0, "cannot listen")],
)
def test_an_address_that_is_none_ends_in_a_line(tmp_path: Path, host: str, port: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        main(tmp_path, host=host, port=port)


def test_a_server_that_does_not_answer_ends_in_a_line() -> None:
    with pytest.raises(InputError, match="is a server there"):
        main(server="127.0.0.1:1", port=0, timeout=1.0, browser=False)


def test_the_address_that_is_printed_can_be_opened() -> None:
    assert _url("127.0.0.1", 5, None) == "http://127.0.0.1:5/"
    assert _url("::1", 5, "t") == "http://[::1]:5/?token=t"
    assert _url("0.0.0.0", 5, "t") == f"http://{socket.gethostname()}:5/?token=t"


def test_a_folder_without_label_maps_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match=r"holds no label maps in val_label, test_label, train_label \(it holds photos/"):
        FolderScenes(tmp_path, CLASSES)


def test_scenes_need_neither_photos_nor_instance_maps(tmp_path: Path) -> None:
    label, _ = street(32, 48)
    (tmp_path / "train_label").mkdir()
    Image.fromarray(label).save(tmp_path / "train_label" / "a.png")
    scenes = FolderScenes(tmp_path, CLASSES)
    assert scenes.names == ["train/a"]
    scene = scenes.load(0)
    assert scene.photo is None
    np.testing.assert_array_equal(scene.label, label)
    assert len(np.unique(scene.instance)) == 3


def test_a_photo_of_another_size_than_its_maps_is_left_out(tmp_path: Path) -> None:
    write_scenes(tmp_path)
    Image.new("RGB", (20, 20)).save(tmp_path / "val_img" / "0.png")
    assert FolderScenes(tmp_path, CLASSES).load(0).photo is None


def test_rendered_streets_are_for_models_of_their_classes() -> None:
    with pytest.raises(InputError, match="--data"):
        RenderedStreets(CLASSES, 128, 256)


def test_a_process_edits_until_it_is_stopped_and_writes_nothing(model_base: Path, scene_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tfhd", "edit", model_base, "--data", scene_folder, "--port", "0", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with Forked(command, cwd=tmp_path, stdout=subprocess.PIPE, env=environment) as process:
        address = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())[0]
        assert "<title>tfhd editor</title>" in httpx.get(address).text
        label, instance = street(512, 512)
        body = frames.pack({"height": 512, "width": 512}, [frames.map_bytes(label), frames.map_bytes(instance)])
        assert len(httpx.post(f"{address}api/paint", content=body, headers=HEADERS, timeout=60).content) == 512 * 512 * 4
        assert list(tmp_path.iterdir()) == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
