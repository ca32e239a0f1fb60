from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfhd.serving.in_process.session import ModelSession
from tfhd_client import Code, ServingError


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Python does not look for cycles by itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def num_graphs() -> int:
    return sum(issubclass(type(each), tf.Graph) for each in gc.get_objects())


@pytest.mark.usefixtures("no_collection")
def test_nothing_is_left_of_a_closed_model(model_base: Path) -> None:
    before = num_graphs()
    session = ModelSession(model_base / "1")
    session.run(session.prepare("classes", {"row": np.array([0], np.int32)}))
    assert num_graphs() > before
    session.close()
    session.close()
    assert num_graphs() == before


def test_a_closed_model_says_so(model_base: Path) -> None:
    session = ModelSession(model_base / "1")
    session.close()
    with pytest.raises(ServingError, match="the model is closed") as error:
        session.run(session.prepare("classes", {"row": np.array([0], np.int32)}))
    assert error.value.code is Code.FAILED_PRECONDITION
