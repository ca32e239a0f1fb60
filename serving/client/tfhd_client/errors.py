"""Errors: mistakes in what the user gave, and refusals of a server."""

from __future__ import annotations

from enum import IntEnum

_LONGEST = 1024
"""Bytes of a refusal's message. gRPC drops an answer whose message is long, and the client then gets RESOURCE_EXHAUSTED."""


class InputError(ValueError):
    """A mistake in what the user gave: a file, a value or a setting.

    The message is one line that says what is wrong and where, what was expected and how to mend it.
    """


class Code(IntEnum):
    """The status codes of gRPC and TensorFlow, which are the same."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


STALE_CODES = (Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION)
"""How a server refuses requests, among others those that were made for another version of the model."""


class ServingError(InputError):
    """A model or its server refused a request or failed to answer it.

    A message of more than 1024 bytes in UTF-8 is cut, as TensorFlow Serving does.

    Attributes:
        code: the kind of failure, as gRPC names it.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(_cut(message))
        self.code = code


def _cut(message: str) -> str:
    encoded = message.encode("utf-8", "replace")
    return message if len(encoded) <= _LONGEST else encoded[: _LONGEST - 3].decode("utf-8", "ignore") + "..."
