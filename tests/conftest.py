"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# Read by TensorFlow when it is first imported, which the tests do after this file.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile("tfhd", deadline=None)
hypothesis.settings.load_profile("tfhd")

pytest_plugins = ["tests.chromium", "tests.other_programs"]

ROOT = Path(__file__).resolve().parents[1]
PARITY = ROOT / "tests" / "fixtures" / "parity"
SHARED_DATA = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("a server that runs already, for tests/serving/protocol; without these the tests start their own")
    group.addoption("--address", metavar="HOST:PORT", help="the server's gRPC interface; its models were exported by tfhd")
    group.addoption("--rest-address", metavar="HOST:PORT", help="its REST interface; without it REST is not tested")
    group.addoption("--model-name", default="default", help="name of the model on the server (default: default)")
    group.addoption("--model-base", help="folder of the model as the server sees it; without it no test reconfigures the server")
    group.addoption("--label-id", type=int, default=7, help="an id of the model's label set (7)")


@pytest.fixture(scope="session")
def parity() -> Callable[[str], dict[str, np.ndarray]]:
    """`parity("global_generator")`: all arrays of that recording of the original (tests/fixtures/parity/README.md)."""

    def load(name: str) -> dict[str, np.ndarray]:
        with np.load(PARITY / f"{name}.npz", allow_pickle=False) as arrays:
            return dict(arrays)

    return load


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photos beside the checkout, research-only and never part of it; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the research-only photos in ../shared/data beside the checkout")
    return SHARED_DATA
