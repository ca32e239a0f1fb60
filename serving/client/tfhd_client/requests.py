"""Requests to a model's signatures and how their answers are read, in NumPy and without any I/O but picture files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from .errors import InputError
from .id_maps import id_png, read_ids
from .photos import read_photo
from .pictures import File

Arrays = dict[str, np.ndarray]
Picture = np.ndarray | File
"""An array, or a picture file: its path or its bytes."""
Result = TypeVar("Result")

_LISTED = 256
"""Style lists are padded to a multiple of this many entries, because a server batches only requests of one shape."""


@dataclass(frozen=True)
class ModelDescription:
    """What a client must know about a model to ask it.

    Attributes:
        label_dtype: dtype of the input `label`, uint8 or uint16.
        feature_channels: C of the style vectors; 0 where the model was trained without an encoder.
        lists_styles: whether the model has the signature `styles`; old exports do not.
    """

    label_dtype: np.dtype
    feature_channels: int
    lists_styles: bool = True

    @classmethod
    def of_signatures(cls, signatures: Mapping[str, Mapping[str, tuple[Any, tuple[int, ...]]]]) -> ModelDescription:
        """Reads dtype and shape of each signature's inputs; raises `InputError` where this is not a tfhd model."""
        try:
            label_dtype, _ = signatures["synthesize"]["label"]
        except KeyError:
            raise InputError(
                "the model is a SavedModel of something else, without the signature synthesize; "
                "give one that `tfhd export saved-model` wrote"
            ) from None
        vectors = signatures.get("synthesize_vectors", {}).get("style_vector")
        return cls(np.dtype(label_dtype), vectors[1][-1] if vectors else 0, "styles" in signatures)


@dataclass(frozen=True)
class Request(Generic[Result]):
    """A call of a signature.

    Attributes:
        signature: name of the signature.
        inputs: its input arrays by name.
        read: turns its output arrays into the result for the caller.
    """

    signature: str
    inputs: Arrays
    read: Callable[[Arrays], Result]


def synthesize(
    model: ModelDescription, label: Picture, instance: Picture, seed: int, styles: Mapping[int, int]
) -> Request[np.ndarray]:
    """Paints a label map in styles by number."""
    _require_styles(model, bool(styles))
    inputs = {
        **_maps(model, label, instance),
        "seed": _int32([seed], "seed"),
        "style_instance": _padded(_int32(list(styles), "styles"), -1),
        "style_index": _padded(_int32(list(styles.values()), "styles"), -1),
    }
    return Request("synthesize", inputs, _picture)


def synthesize_png(model: ModelDescription, label: Picture, instance: Picture, seed: int) -> Request[bytes]:
    """Paints a label map, with PNG files both ways."""
    maps = {f"{name}_bytes": id_png(ids[0, ..., 0]) for name, ids in _maps(model, label, instance).items()}
    inputs = {**{name: np.array([png], object) for name, png in maps.items()}, "seed": _int32([seed], "seed")}
    return Request("serving_default", inputs, lambda answer: answer["image_bytes"][0])


def synthesize_vectors(
    model: ModelDescription, label: Picture, instance: Picture, vectors: Mapping[int, np.ndarray]
) -> Request[np.ndarray]:
    """Paints a label map in styles by vector."""
    _require_styles(model, True)
    channels = model.feature_channels
    if any(np.shape(row) != (channels,) for row in vectors.values()):
        raise InputError(f"vectors must have shape ({channels},) each; give what encode returned")
    rows = np.array(list(vectors.values()), np.float32).reshape(len(vectors), channels)
    inputs = {
        **_maps(model, label, instance),
        "style_instance": _padded(_int32(list(vectors), "vectors"), -1),
        "style_vector": _padded(rows, 0),
    }
    return Request("synthesize_vectors", inputs, _picture)


def synthesize_reference(
    model: ModelDescription, label: Picture, instance: Picture, photo: Picture, photo_instance: Picture
) -> Request[np.ndarray]:
    """Paints a label map in the styles of a photo."""
    _require_styles(model, True)
    reference = {"reference_image": _photo(photo), "reference_instance": _ids(photo_instance, "instance", np.uint16)}
    return Request("synthesize_reference", {**_maps(model, label, instance), **reference}, _picture)


def encode(model: ModelDescription, image: Picture, instance: Picture) -> Request[dict[int, np.ndarray]]:
    """Reads the style of every instance of a photo."""
    _require_styles(model, True)

    def read(answer: Arrays) -> dict[int, np.ndarray]:
        found = zip(answer["style_instance"][0].tolist(), answer["style_vector"][0], strict=True)
        return {instance_id: vector for instance_id, vector in found if instance_id >= 0}

    return Request("encode", {"image": _photo(image), "instance": _ids(instance, "instance", np.uint16)}, read)


def class_names(model: ModelDescription) -> Request[list[str]]:
    """Reads the names of the classes, in the order of their indices."""
    _require_style_list(model)
    inputs = {"class_id": np.zeros(1, np.int32)}
    return Request("styles", inputs, lambda answer: [name.decode() for name in answer["class_names"][0]])


def class_styles(model: ModelDescription, index: int) -> Request[np.ndarray]:
    """Reads the styles of one class; one per request, because servers limit the samples of a request."""
    _require_style_list(model)
    return Request("styles", {"class_id": np.array([index], np.int32)}, lambda answer: answer["centers"][0, : answer["count"][0]])


def _require_styles(model: ModelDescription, wanted: bool) -> None:
    if wanted and not model.feature_channels:
        raise InputError("the model was trained without an encoder, so it has no styles; train one with an encoder")


def _require_style_list(model: ModelDescription) -> None:
    _require_styles(model, True)
    if not model.lists_styles:
        raise InputError(
            "the model was exported before models listed their styles, it has no signature styles; "
            "export its run again with `tfhd export saved-model`"
        )


def _picture(answer: Arrays) -> np.ndarray:
    return answer["image"][0]


def _maps(model: ModelDescription, label: Picture, instance: Picture) -> Arrays:
    return {"label": _ids(label, "label", model.label_dtype), "instance": _ids(instance, "instance", np.uint16)}


def _photo(image: Picture) -> np.ndarray:
    image = read_photo(image) if isinstance(image, File) else np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise InputError(f"image is {image.dtype} {image.shape}; expected uint8 (height, width, 3)")
    return image[None]


def _ids(picture: Picture, name: str, dtype: np.dtype | type) -> np.ndarray:
    """Returns a map as the model takes it: `(1, height, width, 1)` of `dtype`."""
    values, highest = read_ids(picture) if isinstance(picture, File) else np.asarray(picture), np.iinfo(dtype).max
    if values.ndim != 2 or values.dtype.kind not in "iu" or not values.size:
        raise InputError(f"{name} is {values.dtype} {values.shape}; expected whole numbers (height, width)")
    if values.min() < 0 or values.max() > highest:
        raise InputError(f"{name} holds ids {values.min()}..{values.max()}; this model takes 0..{highest}")
    return values.astype(dtype)[None, ..., None]


def _int32(values: list, name: str) -> np.ndarray:
    numbers = np.asarray(values, None if values else np.int32)
    whole = numbers.dtype.kind in "iu"
    if not whole or np.any(numbers > np.iinfo(np.int32).max) or np.any(numbers < np.iinfo(np.int32).min):
        raise InputError(f"{name} holds {values}; expected whole numbers below 2147483648")
    return numbers.astype(np.int32)


def _padded(rows: np.ndarray, filler: int) -> np.ndarray:
    """Pads rows to one sample's list, `(1, N, ...)`, where N is a multiple of `_LISTED`, at least one."""
    missing = max(1, -(-len(rows) // _LISTED)) * _LISTED - len(rows)
    return np.pad(rows, [(0, missing), *[(0, 0)] * (rows.ndim - 1)], constant_values=filler)[None]
