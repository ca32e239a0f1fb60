from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.tiny_run import tiny_config, write_run
from tfhd.export.saved_model.export import export_saved_model

collect_ignore = []
if importlib.util.find_spec("tensorflow_serving") is None:  # make install EXTRAS=serving
    collect_ignore += ["protocol", "server", "client/test_client.py"]

_NEEDS = {"rest": "--rest-address", "base": "--model-base"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Against a server that runs already, leaves what it can be asked."""
    if not config.getoption("--address"):
        return
    absent = {fixture for fixture, option in _NEEDS.items() if not config.getoption(option)}
    own = Path(__file__).parent / "protocol"
    asked = [item for item in items if own in item.path.parents and not absent & set(item.fixturenames)]
    config.hook.pytest_deselected(items=[item for item in items if item not in asked])
    items[:] = asked


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
