"""A model of `data.fit` pad paints 301x517 as 301x517, the same picture wherever it runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.forked_server import Server
from tests.tiny_run import LABEL_SET, street, style_table, tiny_config, write_run
from tfhd.export.converters.onnx.export import export_onnx, load_onnx
from tfhd.export.saved_model.export import export_saved_model
from tfhd.label_sets import map_labels
from tfhd.serving.in_process.local_model import LocalModel
from tfhd_client import Client

HEIGHT, WIDTH = 301, 517
LEVELS = 2
"""Of 255."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A run's folder, and the picture that its networks paint of `street`: uint8 `(HEIGHT, WIDTH, 3)`."""
    folder = tmp_path_factory.mktemp("any_size")
    config = tiny_config()
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, fit="pad", height=61, width=77))
    networks = write_run(folder / "run", config)
    label, instance = street(HEIGHT, WIDTH)
    classes = map_labels(label.astype(np.int32), LABEL_SET, Path("street"))[None]
    encoded = networks.label_encoding(classes, instance[None].astype(np.int32))
    features = style_table(config.encoder.feature_channels).centers[classes, 0]
    image = np.asarray(networks.generator(np.concatenate([encoded, features], axis=-1)))[0]
    return folder, np.rint((image + 1) * 127.5).astype(np.uint8)


def check(picture: np.ndarray, keras_picture: np.ndarray) -> None:
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(picture.astype(int) - keras_picture).max() <= LEVELS


def test_saved_model_server_and_client_paint_the_size_that_went_in(pictures):
    folder, painted = pictures
    maps = street(HEIGHT, WIDTH)
    export_saved_model(folder / "run", folder / "model", warm_up=True)
    with LocalModel(folder / "model") as model:
        check(model.synthesize(*maps), painted)
    with Server(folder / "model") as server, Client(server.address) as client:
        check(client.synthesize(*maps), painted)


def test_onnx_paints_the_size_that_went_in(pictures):
    folder, painted = pictures
    path = export_onnx(folder / "run", folder / "onnx", inputs="maps")
    label, instance = (ids[None].astype(np.int32) for ids in street(HEIGHT, WIDTH))
    image = load_onnx(path).synthesize({"label": label, "instance": instance, "style": np.zeros_like(label)})[0]
    check(np.rint((image + 1) * 127.5), painted)
