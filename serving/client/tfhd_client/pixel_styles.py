"""The style of every pixel, an input of ONNX and TFLite models: their graphs take no seeds, lists or strings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .errors import InputError
from .map_pixels import MAX_ID

_HIGHEST_SEED = 2**31 - 1
_HIGHEST_LABEL = 2**31 - 1
"""Inputs of converted models are int32."""


def read_style_counts(path: str | Path) -> dict[int, int]:
    """Reads the number of styles of each raw label id from the styles.json of a converted model; raises `InputError`."""
    try:
        return {int(label): int(count) for label, count in json.loads(Path(path).read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "it holds something else"
        raise InputError(
            f"{path}: cannot read numbers of styles ({reason}); name the styles.json that `tfhd export onnx` wrote"
        ) from None


def style_map(
    counts: Mapping[int, int], label: np.ndarray, instance: np.ndarray, seed: int = -1, styles: Mapping[int, int] | None = None
) -> np.ndarray:
    """Chooses the style of every pixel, as the SavedModel's `synthesize` does for a seed and a list of styles.

    Args:
        counts: raw label id to the number of its class's styles, as `read_style_counts` returns it.
        label: integer `(..., height, width)`, raw ids from 0 on; ids that `counts` lacks have one style.
        instance: integer of the shape of `label`, ids 0..65535.
        seed: picks a style for every instance, the same one for the same seed; negative gives each class's most frequent one.
            At most 2**31-1.
        styles: instance id to the number of the style, counted from 0, that it gets instead.

    Returns:
        int32 of the shape of `label`.

    Raises:
        InputError: shapes differ, a number is out of range or not an integer, or a style does not exist.

    Example:
        >>> style_map({7: 4}, np.full((1, 2), 7), np.array([[1, 2]]), styles={2: 3})
        array([[0, 3]], dtype=int32)
    """
    if np.shape(label) != np.shape(instance):
        raise InputError(f"label is {np.shape(label)} but instance is {np.shape(instance)}; make them equal")
    if seed > _HIGHEST_SEED:
        raise InputError(f"seed is {seed}; expected at most {_HIGHEST_SEED}")
    label, instance = _ids("label", label, _HIGHEST_LABEL), _ids("instance", instance, MAX_ID)
    of_id = np.zeros(max([0, *counts]) + 2, np.uint32)
    of_id[list(counts)] = list(counts.values())
    available = of_id[np.minimum(label, len(of_id) - 1)]
    chosen = np.zeros(available.shape, np.int32)
    if seed >= 0:
        chosen = (_hash(seed, instance) % np.maximum(available, 1)).astype(np.int32)
    for instance_id, index in (styles or {}).items():
        pixels = instance == instance_id
        if not np.any(pixels):
            raise InputError(f"a style is given for instance {instance_id}, which is not in the instance map")
        count = available[pixels].max()
        if not 0 <= index < count:
            raise InputError(f"instance {instance_id} cannot have style {index}: its class has {count} styles, counted from 0")
        chosen[pixels] = index
    return chosen


def _ids(name: str, values: np.ndarray, highest: int) -> np.ndarray:
    ids = np.asarray(values)
    if ids.dtype.kind not in "iu":
        raise InputError(f"{name} holds {ids.dtype}; expected integers, as `tfhd_client.read_ids` returns them")
    for value in (ids.min(initial=0), ids.max(initial=0)):
        if not 0 <= value <= highest:
            raise InputError(f"{name} holds {value}; expected ids 0..{highest}, as `tfhd_client.read_ids` returns them")
    return ids.astype(np.int64)


def _hash(seed: int, instance: np.ndarray) -> np.ndarray:
    """Returns uint32 equal to what `tfhd.styles.sampling` computes, which needs TensorFlow and so cannot be imported here."""
    mixed = np.uint32(seed * 0x9E3779B1 % 2**32)
    value = instance.astype(np.uint32) + mixed + np.uint32(1)
    value = (value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    value = (value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return value ^ (value >> np.uint32(16))
