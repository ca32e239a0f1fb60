from __future__ import annotations

import dataclasses
import importlib.util

# Fixtures: imported here, they are known to all tests of this folder.
from tests.exported_models import exported, exported_plain  # noqa: F401
from tests.tiny_run import tiny_config
from tfhd.config import Config

collect_ignore = []
if importlib.util.find_spec("onnx") is None:  # make install EXTRAS=export
    collect_ignore += ["test_check.py", "converters"]
if importlib.util.find_spec("tensorflow_serving") is None:  # make install EXTRAS=serving
    collect_ignore += ["saved_model/test_warm_up.py"]


def edgeless_config() -> Config:
    """Of a run whose networks read no instance edges."""
    config = tiny_config()
    return dataclasses.replace(config, data=dataclasses.replace(config.data, instance_edges=False))
