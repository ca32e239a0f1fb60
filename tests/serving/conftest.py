from __future__ import annotations

from pathlib import Path

import pytest

from export.saved_model import export_saved_model
from tests.tiny_run import tiny_config, write_run


def _export(folder: Path, feature_channels: int) -> Path:
    write_run(folder / "run", tiny_config(feature_channels))
    export_saved_model(folder / "run", folder / "model")
    return folder / "model"


@pytest.fixture(scope="session")
def model_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base folder of a tiny model with styles, of which version 1 is there."""
    return _export(tmp_path_factory.mktemp("styled"), 3)


@pytest.fixture(scope="session")
def plain_model_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a model without an encoder."""
    return _export(tmp_path_factory.mktemp("plain"), 0)
