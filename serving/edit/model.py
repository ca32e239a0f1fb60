"""The model that paints: in this process or on a server, asked in the same way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from tfhd.errors import InputError
from tfhd_client import Arrays, AsyncClient, Client, LabelClass, LabelClasses, ModelDescription, ServingError, Transport


@dataclass(frozen=True)
class EditedModel:
    """What the page must know of a model, all of it from the model's signatures.

    Attributes:
        name: what the page calls it.
        classes: of its label set.
        styles: float32 `(styles, C)` of each class by name, the most frequent first; None without an encoder.
    """

    name: str
    classes: list[LabelClass]
    styles: dict[str, np.ndarray] | None

    @classmethod
    def ask(cls, name: str, client: Client) -> EditedModel:
        """Asks a model what it is.

        Raises:
            InputError: it was exported before models described their classes; a `ServingError` where no server answers.
        """
        classes = client.classes()
        try:
            styles = client.styles()
        except ServingError:
            raise
        except InputError:  # it has no encoder; that it is too old, `classes` would have said
            styles = None
        return cls(name, classes, styles)

    @property
    def label_classes(self) -> LabelClasses:
        """What reading a label map takes."""
        return LabelClasses.of("model", self.classes)

    async def paint(
        self, client: AsyncClient, label: np.ndarray, instance: np.ndarray, styles: Mapping[int, np.ndarray]
    ) -> np.ndarray:
        """Paints a label map: uint8 `(height, width, 3)`; instances that `styles` lacks get their class's most frequent style."""
        if self.styles is None:
            return await client.synthesize(label, instance)
        return await client.synthesize_vectors(label, instance, styles)


class ThreadTransport:
    """Runs the requests of an `AsyncClient` one after the other in a thread of this process: an `AsyncTransport`.

    A request whose caller no longer waits for it is dropped, unless it runs already: TensorFlow cannot stop it then.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="model")

    async def describe(self) -> ModelDescription:
        return self._transport.describe()

    async def call(self, signature: str, inputs: Arrays) -> Arrays:
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._transport.call, signature, inputs)

    async def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)
        self._transport.close()
