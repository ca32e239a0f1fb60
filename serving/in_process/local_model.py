"""A model directory as a client's own server."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import tensorflow as tf

from tfhd.errors import InputError
from tfhd_client import Arrays, Client, ModelDescription, ServingError

from .session import Servable

_REMEDY = "give a folder that `python -m export saved-model` wrote"


class LocalModel(Client):
    """An exported model in this process, with the methods of `Client`; a model directory is all it needs.

    Args:
        path: a SavedModel's folder, or a base folder of numbered versions, of which the newest is taken.

    Attributes:
        path: the version's folder.

    Raises:
        InputError: there is no such model, or it is damaged.

    Example:
        >>> LocalModel("models/streets").synthesize(label, instance, styles={26001: 3}).shape  # doctest: +SKIP
        (256, 512, 3)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = _version_folder(Path(path))
        try:
            model = Servable(self.path)
        except ServingError as error:
            raise InputError(f"{error}; {_REMEDY}") from None
        try:
            super().__init__(transport=_InProcess(model))
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from None


class _InProcess:
    """A model in this process as a `Transport`."""

    def __init__(self, model: Servable) -> None:
        self._model = model
        self._description = ModelDescription.of_signatures(
            {
                signature: {
                    name: (tf.as_dtype(info.dtype).as_numpy_dtype, tuple(dim.size for dim in info.tensor_shape.dim))
                    for name, info in definition.inputs.items()
                }
                for signature, definition in model.signatures.items()
            }
        )

    def describe(self) -> ModelDescription:
        return self._description

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        return self._model.run(self._model.prepare(signature, inputs))

    def close(self) -> None:
        self._model.close()


def _version_folder(path: Path) -> Path:
    # os.path and glob, for Path's own is_file and glob raise where a folder may not be entered.
    if os.path.isfile(path / "saved_model.pb"):
        return path
    found = (path / Path(name).parent for name in glob.glob("*/saved_model.pb", root_dir=path))
    versions = [version for version in found if version.name.isdecimal()]
    if not versions:
        raise InputError(f"{path}: no exported model there, or none that may be read; {_REMEDY}")
    return max(versions, key=lambda version: int(version.name))
