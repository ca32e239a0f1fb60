"""A model in this process, with the methods of a client."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import tensorflow as tf

from tfhd.errors import InputError
from tfhd_client import Arrays, Client, ModelDescription, ServingError, Transport

from .session import ModelSession

_REMEDY = "give a folder that `tfhd export saved-model` wrote"


class LocalModel(Client):
    """An exported model in this process, with the methods of `Client`. It needs TensorFlow and the model's folder, no server.

    Args:
        path: folder of a SavedModel, or a base folder of numbered versions, of which the newest is loaded.

    Attributes:
        path: folder of the version that was loaded.
        transport: runs requests in the session, for clients of other kinds too.

    Raises:
        InputError: the folder holds no model of tfhd, or a damaged one.

    Example:
        >>> LocalModel("models/streets").synthesize(label, instance, styles={26001: 3}).shape  # doctest: +SKIP
        (256, 512, 3)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = _version_folder(Path(path))
        try:
            session = ModelSession(self.path)
        except ServingError as error:
            raise InputError(f"{error}; {_REMEDY}") from None
        try:
            self.transport: Transport = _SessionTransport(session)
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from None
        super().__init__(transport=self.transport)


class _SessionTransport:
    """Runs a client's requests in a session instead of sending them: a `Transport`."""

    def __init__(self, session: ModelSession) -> None:
        self._session = session
        self._description = ModelDescription.of_signatures(
            {
                signature: {
                    name: (tf.as_dtype(info.dtype).as_numpy_dtype, tuple(dim.size for dim in info.tensor_shape.dim))
                    for name, info in definition.inputs.items()
                }
                for signature, definition in session.signatures.items()
            }
        )

    def describe(self) -> ModelDescription:
        return self._description

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        return self._session.run(self._session.prepare(signature, inputs))

    def close(self) -> None:
        self._session.close()


def _version_folder(path: Path) -> Path:
    # os.path and glob, because Path's own is_file and glob raise where a folder may not be entered.
    if os.path.isfile(path / "saved_model.pb"):
        return path
    found = (path / Path(name).parent for name in glob.glob("*/saved_model.pb", root_dir=path))
    versions = [version for version in found if version.name.isdecimal()]
    if not versions:
        raise InputError(f"{path}: no exported model there, or no permission to read it; {_REMEDY}")
    return max(versions, key=lambda version: int(version.name))
