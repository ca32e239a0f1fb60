from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

# Fixtures: imported here, they are known to all tests of this folder.
from tests.exported_models import Exported, exported, exported_plain  # noqa: F401

collect_ignore = []
if importlib.util.find_spec("tensorflow_serving") is None:  # make install EXTRAS=serving
    collect_ignore += ["protocol", "server", "client/test_client.py", "client/test_transport.py"]

_NEEDS = {"rest": "--rest-address", "base": "--model-base"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Against a server that is already running, keeps only the tests that it can be asked."""
    if not config.getoption("--address"):
        return
    absent = {fixture for fixture, option in _NEEDS.items() if not config.getoption(option)}
    own = Path(__file__).parent / "protocol"
    asked = [item for item in items if own in item.path.parents and not absent & set(item.fixturenames)]
    config.hook.pytest_deselected(items=[item for item in items if item not in asked])
    items[:] = asked


@pytest.fixture(scope="session")
def model_base(exported: Exported) -> Path:  # noqa: F811
    """The base folder of a tiny model with styles, which has version 1."""
    return exported.base


@pytest.fixture(scope="session")
def plain_model_base(exported_plain: Exported) -> Path:  # noqa: F811
    """The same of a model without an encoder."""
    return exported_plain.base
