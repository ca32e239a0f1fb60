from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import NamedTuple

import pytest
import tensorflow as tf

from tests.tiny_run import LABEL_SET, tiny_config, write_run
from tfhd.config import Config
from tfhd.export.saved_model.export import export_saved_model
from tfhd.layers import LabelEncoding
from tfhd.networks import Networks, build_networks
from tfhd.networks.factory import build_generator
from tfhd.runs import TrainedRun, load_run

collect_ignore = []
if importlib.util.find_spec("onnx") is None:  # make install EXTRAS=export
    collect_ignore += ["compare/test_command.py", "converters"]
if importlib.util.find_spec("tensorflow_serving") is None:  # make install EXTRAS=serving
    collect_ignore += ["saved_model/test_warm_up.py"]


class Exported(NamedTuple):
    run: Path
    path: Path
    networks: Networks
    signatures: dict[str, tf.types.experimental.ConcreteFunction]


def _export(tmp_path_factory: pytest.TempPathFactory, feature_channels: int) -> Exported:
    folder = tmp_path_factory.mktemp("exported")
    networks = write_run(folder / "run", tiny_config(feature_channels))
    path = export_saved_model(folder / "run", folder / "model")
    return Exported(folder / "run", path, networks, tf.saved_model.load(str(path)).signatures)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A tiny model with an encoder and styles."""
    return _export(tmp_path_factory, 3)


@pytest.fixture(scope="session")
def exported_plain(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A tiny model without an encoder."""
    return _export(tmp_path_factory, 0)


@pytest.fixture
def edgeless(exported: Exported) -> TrainedRun:
    """The run with an encoder, its generator replaced by one that reads no instance edges."""
    run = load_run(exported.run, precision="float32")
    return dataclasses.replace(run, networks=without_edges(run.config))


def without_edges(config: Config) -> Networks:
    """Networks of the tiny label set whose generator reads no instance edges."""
    classes = LABEL_SET.num_classes
    generator = build_generator(config, classes + config.encoder.feature_channels)
    networks = build_networks(config, classes)
    return networks._replace(label_encoding=LabelEncoding(classes, instance_edges=False), generator=generator)
