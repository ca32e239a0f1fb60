"""Which of the clients that others made are here; what is not run for want of one is said in the last lines."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / ".venv" / "clients"
_REMEDY = {
    "curl": "install curl",
    "min-tfs-client": "run .ci/clients",
    "grpc-js": "install Node.js 20 and run .ci/clients",
}
_ABSENT: list[str] = []


def _is_here(client: str) -> bool:
    if client == "grpc-js":
        return shutil.which("node") is not None and (FOLDER / client / "node_modules" / "@grpc" / "proto-loader").is_dir()
    return shutil.which("curl") is not None if client == "curl" else (FOLDER / client / "bin" / "python").exists()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    own = [item for item in items if Path(__file__).parent in item.path.parents]
    clients = {item: item.get_closest_marker("client").args[0] for item in own}
    absent = [item for item in own if not _is_here(clients[item])]
    _ABSENT.extend(sorted({clients[item] for item in absent}))
    config.hook.pytest_deselected(items=absent)
    items[:] = [item for item in items if item not in absent]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "client(name): the program that a test runs; without it the test is not run")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for client in _ABSENT:
        terminalreporter.write_line(f"NOT RUN: tests/serving/other_clients with {client}, which is not here; {_REMEDY[client]}")
