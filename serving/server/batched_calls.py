"""Sizes of requests, and requests of one size put together into one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tfhd_client import Arrays, Code, ServingError

from ..in_process.session import Call
from .picture_header import picture_size

_MOST_SAMPLES = 1024
"""Limit in a request where batching sets none, because a few bytes may ask for millions of samples."""


def num_samples(call: Call, most: int | None) -> int:
    """Returns the number of samples in a request.

    Args:
        call: the request.
        most: limit where requests are batched; None where they are not, so that the inputs may differ in their first dimension.

    Raises:
        ServingError: there are too many; or requests are batched, and there is none, or the inputs' numbers differ.
    """
    sizes = {name: value.shape[0] if value.ndim else 0 for name, value in call.inputs.items() if name not in call.defaults}
    samples = max(sizes.values(), default=0)
    if not samples and most is not None:
        raise ServingError(Code.INVALID_ARGUMENT, "the request has no sample")
    if samples > (most or _MOST_SAMPLES):
        raise ServingError(Code.INVALID_ARGUMENT, f"{samples} samples in a request; this server takes {most or _MOST_SAMPLES}")
    if most is not None and set(sizes.values()) != {samples}:
        raise ServingError(Code.INVALID_ARGUMENT, f"the inputs' numbers of samples differ: {sizes}")
    return samples


def call_pixels(call: Call) -> int:
    """Returns the pixels of a request's pictures, by shapes and by the headers of files: those of the input that has the most."""
    return max(map(_pixels, call.inputs.values()), default=0)


def common_shapes(call: Call) -> tuple:
    """Returns what must be equal for requests to be batched: shapes without the number of samples, and sizes of picture files."""
    found = []
    for name, value in sorted(call.inputs.items()):
        pictures = set(map(picture_size, value.ravel())) if value.dtype == object else set()
        found.append((name, value.shape[1:], tuple(sorted(pictures))))
    return tuple(found)


def joined_call(calls: Sequence[Call], sizes: Sequence[int], filled: int) -> Call:
    """Returns one request with the samples of all.

    Args:
        calls: requests of one signature, outputs and shapes.
        sizes: the number of samples of each.
        filled: number of samples of the result; copies of the last one fill it up.
    """
    first, missing = calls[0], filled - sum(sizes)

    def joined(name: str) -> np.ndarray:
        parts = [call.inputs[name] for call in calls]
        rows = [part if len(part) == size else part.repeat(size, 0) for part, size in zip(parts, sizes, strict=True)]
        return np.concatenate(rows + [rows[-1][-1:]] * missing) if filled > len(rows[0]) else rows[0]

    return Call(first.signature, {name: joined(name) for name in first.inputs}, first.outputs, frozenset())


def split_answers(answers: Arrays, sizes: Sequence[int]) -> list[Arrays]:
    """Returns the outputs of each request, by their numbers of samples; drops what filled the batch up."""
    ends = np.cumsum(sizes)
    return [
        {name: value[end - size : end] for name, value in answers.items()} for size, end in zip(sizes, ends.tolist(), strict=True)
    ]


def _pixels(value: np.ndarray) -> int:
    if value.dtype == object:
        return sum(width * height for width, height in map(picture_size, value.ravel()))
    return math.prod(value.shape[:3]) if value.ndim == 4 else 0
