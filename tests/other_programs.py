"""Programs that others made, which some tests run: where one is absent its tests are not run, and the last lines say so.

A test says what it needs by `@pytest.mark.program("curl")`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_VENV = Path(__file__).resolve().parents[1] / ".venv"
CLIENTS = _VENV / "clients"
"""Where .ci/clients installs."""
FORMAT_TOOLS = _VENV / "format-tools"
"""Where .ci/format-tools installs."""


class _Program(NamedTuple):
    is_here: Callable[[], bool]
    remedy: str


def _format_tool(package: str) -> _Program:
    return _Program(lambda: any(FORMAT_TOOLS.glob(f"lib/python*/site-packages/{package}")), "run .ci/format-tools")


_PROGRAMS = {
    "curl": _Program(lambda: shutil.which("curl") is not None, "install curl"),
    "min-tfs-client": _Program(lambda: (CLIENTS / "min-tfs-client" / "bin" / "python").exists(), "run .ci/clients"),
    "grpc-js": _Program(
        lambda: shutil.which("node") is not None and (CLIENTS / "grpc-js/node_modules/@grpc/proto-loader").is_dir(),
        "install Node.js 20 and run .ci/clients",
    ),
    "cityscapesscripts": _format_tool("cityscapesscripts"),
    "label-studio-sdk": _format_tool("label_studio_sdk"),
    "datumaro": _format_tool("datumaro"),
    "labelme": _format_tool("labelme"),
    "supervisely": _format_tool("supervisely"),
}
_ABSENT = pytest.StashKey[set[tuple[str, str]]]()
"""Folders of tests, and what they lack."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ABSENT] = set()
    config.addinivalue_line("markers", "program(name): what others made and the test runs; without it the test is not run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    needed = {item: item.get_closest_marker("program") for item in items}
    absent = [item for item, marker in needed.items() if marker is not None and not _PROGRAMS[marker.args[0]].is_here()]
    config.stash[_ABSENT] |= {(str(item.path.parent.relative_to(config.rootpath)), needed[item].args[0]) for item in absent}
    config.hook.pytest_deselected(items=absent)
    items[:] = [item for item in items if item not in absent]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a process of pytest-xdist, which prints nothing itself
        session.config.workeroutput["absent_programs"] = sorted(session.config.stash[_ABSENT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes over what a process of pytest-xdist found."""
    node.config.stash[_ABSENT] |= {tuple(pair) for pair in getattr(node, "workeroutput", {}).get("absent_programs", [])}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for folder, name in sorted(config.stash[_ABSENT]):
        terminalreporter.write_line(f"NOT RUN: {folder} with {name}, which is not here; {_PROGRAMS[name].remedy}")
