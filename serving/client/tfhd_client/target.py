"""Which model of which server a client asks, and how it proves who it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import grpc

from .errors import InputError
from .messages import ModelSpec

_PEM = b"-----BEGIN CERTIFICATE-----"
_LONGEST = 7 * 24 * 3600
"""Seconds that a call may take; gRPC accepts no infinite ones."""
_HOST_PORT = re.compile(r"(?:dns:(?://[^/\s]*/)?)?(?:\[[0-9A-Fa-f:.]+(?:%\w+)?\]|[^\[\]:/\s]+):(?P<port>[0-9]{1,5})")
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class TLS:
    """PEM files of an encrypted connection.

    Attributes:
        ca: certificate of the authority that signed the server's.
        certificate: the client's own, where the server requires one.
        key: the private key of `certificate`.
    """

    ca: Path
    certificate: Path | None = None
    key: Path | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """Reads the files; raises `InputError` where one is missing or cannot be read."""
        if (self.certificate is None) != (self.key is None):
            raise InputError("a client's certificate and its private key go together; give both for TLS, or none")
        try:
            ca, key, certificate = (path and Path(path).read_bytes() for path in (self.ca, self.key, self.certificate))
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read ({error.strerror}); name PEM files for TLS") from None
        for path, content in ((self.ca, ca), (self.certificate, certificate)):
            if content is not None and _PEM not in content:
                raise InputError(f"{path}: holds no certificate; name a PEM file for TLS")
        if key is not None and b"PRIVATE KEY-----" not in key:
            raise InputError(f"{self.key}: holds no private key; name a PEM file for TLS")
        return grpc.ssl_channel_credentials(ca, key, certificate)


@dataclass(frozen=True)
class Target:
    """Which model to ask, and for how long; see `Client` for the attributes.

    Raises:
        InputError: address, version, token or timeout are not valid, or two of them do not go together.
    """

    address: str
    model: str
    version: int | None
    label: str | None
    tls: TLS | None
    token: str | None
    timeout: float

    def __post_init__(self) -> None:
        if not _is_address(self.address):
            raise InputError(
                f"{self.address!r} is not a server's address; expected HOST:PORT of its gRPC interface, [IPV6]:PORT, "
                "dns:HOST:PORT or unix:PATH"
            )
        if self.version is not None and not 0 <= self.version < 2**63:
            raise InputError(f"version is {self.version}; expected a number from 0 to 2**63 - 1, or None for the newest")
        if self.version is not None and self.label is not None:
            raise InputError("a version is asked for by its number or by its label; give one of them")
        if self.token is not None and self.tls is None:
            raise InputError("a token is sent over encrypted connections alone; give tls too")
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            raise InputError("the token holds other characters than visible ASCII; give it without spaces and line breaks")
        if not 0 < self.timeout <= _LONGEST:
            raise InputError(f"timeout is {self.timeout}; expected seconds above 0 and at most {_LONGEST}")

    @property
    def spec(self) -> ModelSpec:
        """The model as requests name it."""
        return ModelSpec(self.model, self.version, self.label)

    def credentials(self) -> grpc.ChannelCredentials | None:
        """Returns what an encrypted connection needs, None for an unencrypted one; raises `InputError` as `TLS` does."""
        if self.tls is None or self.token is None:
            return self.tls and self.tls.credentials()
        return grpc.composite_channel_credentials(self.tls.credentials(), grpc.access_token_call_credentials(self.token))


def _is_address(address: str) -> bool:
    if address.startswith("unix:"):
        return bool(address.removeprefix("unix:").strip("/"))
    found = _HOST_PORT.fullmatch(address)
    return found is not None and 0 < int(found["port"]) < 65536
