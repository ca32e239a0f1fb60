from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forked_server import Server
from tests.serving.echo_model import save_echo_model


@pytest.fixture(scope="session")
def echo_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_echo_model(tmp_path_factory.mktemp("echo") / "model")


@pytest.fixture(scope="session")
def echo(echo_base: Path) -> Iterator[str]:
    """Where a model that answers what it is asked takes POST requests."""
    with Server(echo_base) as server:
        yield f"http://{server.rest_address}/v1/models/default:predict"
