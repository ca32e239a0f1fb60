"""Pictures from a server: `Client`, and `AsyncClient` with the same methods to await."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from . import requests
from .errors import STALE_CODES, ServingError
from .label_classes import LabelClasses
from .label_maps import needs_label_set, read_labels
from .pictures import File
from .requests import LabelClass, Picture, Request
from .target import TLS, Target
from .transport import AsyncGrpcTransport, AsyncTransport, GrpcTransport, Transport

_Transport = TypeVar("_Transport")


class _Connection(Generic[_Transport]):
    """How both clients are made; for the arguments see `Client`."""

    _open: ClassVar[Callable[[Target], Any]]

    def __init__(
        self,
        address: str = "localhost:8500",
        *,
        model: str = "default",
        version: int | None = None,
        label: str | None = None,
        tls: TLS | None = None,
        token: str | None = None,
        timeout: float = 60.0,
        transport: _Transport | None = None,
    ) -> None:
        self._transport: _Transport = transport or self._open(Target(address, model, version, label, tls, token, timeout))


class Client(_Connection[Transport]):
    """Asks a server of TensorFlow Serving's protocol: TensorFlow Serving itself, or `tfhd serve`.

    Maps and photos are arrays or picture files: a path, or the bytes of a file. Label maps in colours, with palettes or of few
    bits are read by the model's label set, see `read_labels`, for which its classes are asked for first.

    A request is repeated, after growing pauses and until `timeout`, where the server is UNAVAILABLE, and once where it loaded a
    version meanwhile that takes other inputs; in no other case. A server that was never reached is looked for during 5 seconds.

    Args:
        address: of the server's gRPC interface: HOST:PORT, [IPV6]:PORT, dns:HOST:PORT or unix:PATH.
        model: the model's name on the server.
        version: of the model; None for the newest.
        label: of a version, instead of its number: "stable", say.
        tls: files of an encrypted connection; None for an unencrypted one.
        token: sent with every request as "authorization: Bearer TOKEN"; needs `tls`.
        timeout: seconds that a request may take, repetitions included; the first call also asks what the model takes.
        transport: where requests go instead of to a server, for instance in tests; the other arguments are then unused.

    Raises:
        InputError: a file of `tls` cannot be read, or another argument is not valid.

    Example:
        >>> Client("localhost:8500").synthesize(label, instance, styles={26001: 3}).shape  # doctest: +SKIP
        (256, 512, 3)
    """

    _open = GrpcTransport

    def synthesize(
        self, label: Picture, instance: Picture, seed: int = -1, styles: Mapping[int, int] | None = None
    ) -> np.ndarray:
        """Paints a label map.

        Args:
            label: integer `(height, width)`, raw ids of the model's label set.
            instance: integer `(height, width)`, ids 0..65535.
            seed: picks a style for every instance, the same one for the same seed; negative gives each class's most frequent one.
            styles: instance id to the number of the style, counted from 0, that it gets instead.

        Returns:
            uint8 `(height, width, 3)`.

        Raises:
            InputError: sizes, values or styles do not fit the model or each other. Where the server found that out, it is a
                `ServingError` with gRPC's code.
        """
        return self._ask(requests.synthesize, self._read(label), instance, seed, styles or {})

    def synthesize_png(self, label: Picture, instance: Picture, seed: int = -1, styles: Mapping[int, int] | None = None) -> bytes:
        """Paints a label map, with PNG files both ways: far fewer bytes to send, but more work for the server.

        Args:
            label: as for `synthesize`.
            instance: as for `synthesize`.
            seed: as for `synthesize`.
            styles: as for `synthesize`.

        Returns:
            A PNG file of the pixels that `synthesize` returns.

        Raises:
            InputError: as for `synthesize`, or styles are given and the model's export is too old to take them with PNG files.
        """
        return self._ask(requests.synthesize_png, self._read(label), instance, seed, styles or {})

    def translate(self, picture: Picture, instance: Picture | None = None) -> np.ndarray:
        """Paints the counterpart of a picture, with a model that was trained on pictures.

        Args:
            picture: uint8 or uint16 `(height, width, channels)`, as the model was trained with; of one channel also
                `(height, width)`. Files are read number for number, see `read_picture`.
            instance: integer `(height, width)`, ids 0..65535, for a model that was trained with instance maps.

        Returns:
            uint8 or uint16 `(height, width, channels)`, as the model was trained to paint.

        Raises:
            InputError: as for `synthesize`.
        """
        return self._ask(requests.translate, picture, instance)

    def synthesize_vectors(self, label: Picture, instance: Picture, vectors: Mapping[int, np.ndarray]) -> np.ndarray:
        """Paints a label map in styles given as vectors.

        Args:
            label: as for `synthesize`.
            instance: as for `synthesize`.
            vectors: instance id to float32 `(C,)`, as `encode` returns them. Other instances get their class's most frequent
                style, and ids that are not in the map are ignored.

        Returns:
            uint8 `(height, width, 3)`.

        Raises:
            InputError: as for `synthesize`, or the model has no encoder.
        """
        return self._ask(requests.synthesize_vectors, self._read(label), instance, vectors)

    def synthesize_reference(self, label: Picture, instance: Picture, photo: Picture, photo_instance: Picture) -> np.ndarray:
        """Paints a label map in the styles of a photo, in one call; equal instance ids get equal styles.

        Args:
            label: as for `synthesize`.
            instance: as for `synthesize`.
            photo: uint8 `(height, width, 3)`, of any size that the model accepts; of other kinds as the model was trained with.
            photo_instance: integer of the photo's height and width, ids 0..65535.

        Returns:
            uint8 `(height, width, 3)`.

        Raises:
            InputError: as for `synthesize`, or the model has no encoder.
        """
        return self._ask(requests.synthesize_reference, self._read(label), instance, photo, photo_instance)

    def encode(self, image: Picture, instance: Picture) -> dict[int, np.ndarray]:
        """Reads the style of every instance of a photo, or of the 256 largest if there are more.

        Args:
            image: uint8 `(height, width, 3)`, or of the kind that the model was trained with.
            instance: integer `(height, width)`, ids 0..65535.

        Returns:
            Instance id to float32 `(C,)`, the largest instance first.

        Raises:
            InputError: as for `synthesize`, or the model has no encoder.
        """
        return self._ask(requests.encode, image, instance)

    def classes(self) -> list[LabelClass]:
        """The classes of the model's label set: which ids mean them, how they look, and whether they can be counted.

        Raises:
            InputError: the model was exported before models described their classes; a `ServingError` where no server answers.
        """
        return self._ask(requests.classes)

    def styles(self) -> dict[str, np.ndarray]:
        """The styles of every class: its name to float32 `(styles, C)`, the most frequent first.

        Raises:
            InputError: as for `classes`, or the model has no encoder.
        """
        return self._ask(requests.styles)

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, label: Picture) -> Picture:
        """Reads a label map file that takes the model's label set to be read, and returns other pictures as they are."""
        if not isinstance(label, File) or not needs_label_set(label):
            return label
        return read_labels(label, LabelClasses.of("model", self.classes()))

    def _ask(self, build: Callable[..., Request], *arguments: Any) -> Any:
        model = self._transport.describe()
        request = build(model, *arguments)
        try:
            answer = self._transport.call(request.signature, request.inputs)
        except ServingError as error:
            if error.code not in STALE_CODES or (anew := self._transport.describe()) == model:
                raise
            request = build(anew, *arguments)
            answer = self._transport.call(request.signature, request.inputs)
        return request.read(answer)


class AsyncClient(_Connection[AsyncTransport]):
    """`Client` for asyncio: the same arguments, and the same methods to await."""

    _open = AsyncGrpcTransport

    async def synthesize(
        self, label: Picture, instance: Picture, seed: int = -1, styles: Mapping[int, int] | None = None
    ) -> np.ndarray:
        """See `Client.synthesize`."""
        return await self._ask(requests.synthesize, await self._read(label), instance, seed, styles or {})

    async def synthesize_png(
        self, label: Picture, instance: Picture, seed: int = -1, styles: Mapping[int, int] | None = None
    ) -> bytes:
        """See `Client.synthesize_png`."""
        return await self._ask(requests.synthesize_png, await self._read(label), instance, seed, styles or {})

    async def translate(self, picture: Picture, instance: Picture | None = None) -> np.ndarray:
        """See `Client.translate`."""
        return await self._ask(requests.translate, picture, instance)

    async def synthesize_vectors(self, label: Picture, instance: Picture, vectors: Mapping[int, np.ndarray]) -> np.ndarray:
        """See `Client.synthesize_vectors`."""
        return await self._ask(requests.synthesize_vectors, await self._read(label), instance, vectors)

    async def synthesize_reference(
        self, label: Picture, instance: Picture, photo: Picture, photo_instance: Picture
    ) -> np.ndarray:
        """See `Client.synthesize_reference`."""
        return await self._ask(requests.synthesize_reference, await self._read(label), instance, photo, photo_instance)

    async def encode(self, image: Picture, instance: Picture) -> dict[int, np.ndarray]:
        """See `Client.encode`."""
        return await self._ask(requests.encode, image, instance)

    async def classes(self) -> list[LabelClass]:
        """See `Client.classes`."""
        return await self._ask(requests.classes)

    async def styles(self) -> dict[str, np.ndarray]:
        """See `Client.styles`."""
        return await self._ask(requests.styles)

    async def close(self) -> None:
        """Closes the connection."""
        await self._transport.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _read(self, label: Picture) -> Picture:
        if not isinstance(label, File) or not needs_label_set(label):
            return label
        return read_labels(label, LabelClasses.of("model", await self.classes()))

    async def _ask(self, build: Callable[..., Request], *arguments: Any) -> Any:
        model = await self._transport.describe()
        request = build(model, *arguments)
        try:
            answer = await self._transport.call(request.signature, request.inputs)
        except ServingError as error:
            if error.code not in STALE_CODES or (anew := await self._transport.describe()) == model:
                raise
            request = build(anew, *arguments)
            answer = await self._transport.call(request.signature, request.inputs)
        return request.read(answer)
