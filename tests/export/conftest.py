from __future__ import annotations

import dataclasses
import importlib.util

import pytest

# Fixtures: imported here, they are known to all tests of this folder.
from tests.exported_models import Exported, exported, exported_plain  # noqa: F401
from tests.tiny_run import LABEL_SET
from tfhd.config import Config
from tfhd.networks import Networks, build_networks
from tfhd.runs import TrainedRun, load_run

collect_ignore = []
if importlib.util.find_spec("onnx") is None:  # make install EXTRAS=export
    collect_ignore += ["compare/test_command.py", "converters"]
if importlib.util.find_spec("tensorflow_serving") is None:  # make install EXTRAS=serving
    collect_ignore += ["saved_model/test_warm_up.py"]


@pytest.fixture
def edgeless(exported: Exported) -> TrainedRun:  # noqa: F811 - the fixture
    """The run with an encoder, its networks replaced by ones that read no instance edges."""
    run = load_run(exported.run, precision="float32")
    return dataclasses.replace(run, networks=without_edges(run.config))


def without_edges(config: Config) -> Networks:
    """Networks of the tiny label set that read no instance edges."""
    data = dataclasses.replace(config.data, instance_edges=False)
    return build_networks(dataclasses.replace(config, data=data), LABEL_SET.num_classes)
