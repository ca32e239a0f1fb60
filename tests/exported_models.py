"""Tiny models, exported once in a test session, for tests of what writes them and of what serves them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
import tensorflow as tf

from tests.tiny_run import tiny_config, write_run
from tfhd.export.saved_model.export import export_saved_model
from tfhd.networks import Networks


@dataclass(frozen=True, eq=False)
class Exported:
    """A model and what it was made from.

    Attributes:
        run: the run's folder.
        path: folder of version 1, the only one.
        networks: the run's networks.
    """

    run: Path
    path: Path
    networks: Networks

    @property
    def base(self) -> Path:
        """The folder of all versions."""
        return self.path.parent

    @cached_property
    def signatures(self) -> dict[str, tf.types.experimental.ConcreteFunction]:
        return tf.saved_model.load(str(self.path)).signatures


def _export(folder: Path, feature_channels: int) -> Exported:
    networks = write_run(folder / "run", tiny_config(feature_channels))
    return Exported(folder / "run", export_saved_model(folder / "run", folder / "model"), networks)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A tiny model with an encoder and styles."""
    return _export(tmp_path_factory.mktemp("styled"), 3)


@pytest.fixture(scope="session")
def exported_plain(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A tiny model without an encoder."""
    return _export(tmp_path_factory.mktemp("plain"), 0)
