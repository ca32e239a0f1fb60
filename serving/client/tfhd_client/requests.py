"""Requests to a model's signatures and how their answers are read, in NumPy and without any I/O but picture files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from .errors import InputError
from .exact_pictures import read_picture
from .id_maps import id_png, read_ids
from .photos import read_photo
from .pictures import File

Arrays = dict[str, np.ndarray]
Picture = np.ndarray | File
"""An array, or a picture file: its path or its bytes."""
Result = TypeVar("Result")

_DESCRIBING = (("synthesize_vectors", "style_vector"), ("encode", "image"))
"""Inputs that tell of styles, and of the photos that give them."""

_UINT8 = np.dtype(np.uint8)

NEWER_SIGNATURES = frozenset({"classes", "synthesize_png"})
_LISTED = 256
"""Style lists are padded to a multiple of this many entries, because a server batches only requests of one shape."""


@dataclass(frozen=True)
class PictureKind:
    """What a picture must be.

    Attributes:
        channels: its channels.
        dtype: uint8 or uint16.
        has_instances: whether an instance map goes with it.
    """

    channels: int = 3
    dtype: np.dtype = _UINT8
    has_instances: bool = False


@dataclass(frozen=True)
class ModelDescription:
    """What a client must know about a model to ask it.

    Attributes:
        label_dtype: dtype of the input `label`, uint8 or uint16.
        feature_channels: C of the style vectors; 0 where the model was trained without an encoder.
        signatures: names of those signatures that old exports may lack.
        photo: of the photos that give styles.
        picture: of the input of a model of pictures; None for a model of label maps.
    """

    label_dtype: np.dtype
    feature_channels: int
    signatures: frozenset[str] = NEWER_SIGNATURES
    photo: PictureKind = PictureKind()
    picture: PictureKind | None = None

    @classmethod
    def of_signatures(cls, signatures: Mapping[str, Mapping[str, tuple[Any, tuple[int, ...]]]]) -> ModelDescription:
        """Reads dtype and shape of each signature's inputs; raises `InputError` where this is not a tfhd model."""
        given = signatures.get("translate", {}).get("picture")
        if given:
            picture = PictureKind(given[1][-1], np.dtype(given[0]), "instance" in signatures["translate"])
            return cls(picture.dtype, 0, frozenset(), picture=picture)
        try:
            label_dtype, _ = signatures["synthesize"]["label"]
        except KeyError:
            raise InputError(
                "the model is a SavedModel of something else, without the signatures synthesize and translate; "
                "give one that `tfhd export saved-model` wrote"
            ) from None
        vectors, photo = (signatures.get(name, {}).get(key) for name, key in _DESCRIBING)
        return cls(
            np.dtype(label_dtype),
            vectors[1][-1] if vectors else 0,
            NEWER_SIGNATURES & set(signatures),
            PictureKind(photo[1][-1], np.dtype(photo[0])) if photo else PictureKind(),
        )


@dataclass(frozen=True)
class LabelClass:
    """A class of a model's label set; its index is its place in the list that has it.

    Attributes:
        name: what people call it.
        ids: raw values in label maps that mean this class.
        color: red, green, blue, 0..255, of its pixels in a label map for people.
        countable: whether it comes as single objects (cars) rather than as a region (sky).
    """

    name: str
    ids: tuple[int, ...]
    color: tuple[int, int, int]
    countable: bool


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
    inputs = {**_maps(model, label, instance), "seed": _int32([seed], "seed"), **_style_lists(styles)}
    return Request("synthesize", inputs, _picture)


def synthesize_png(
    model: ModelDescription, label: Picture, instance: Picture, seed: int, styles: Mapping[int, int]
) -> Request[bytes]:
    """Paints a label map in styles by number, with PNG files both ways."""
    _require_styles(model, bool(styles))
    maps = {f"{name}_bytes": id_png(ids[0, ..., 0]) for name, ids in _maps(model, label, instance).items()}
    inputs = {**{name: np.array([png], object) for name, png in maps.items()}, "seed": _int32([seed], "seed")}
    if not styles:
        return Request("serving_default", inputs, _file)
    _require_signature(model, "synthesize_png")
    return Request("synthesize_png", inputs | _style_lists(styles), _file)


def translate(model: ModelDescription, picture: Picture, instance: Picture | None) -> Request[np.ndarray]:
    """Paints the counterpart of a picture."""
    kind = model.picture
    if kind is None:
        raise InputError("the model paints label maps, not pictures; use synthesize, or --label")
    if kind.has_instances != (instance is not None):
        wanted = (
            "takes an instance map beside the picture; give one" if kind.has_instances else "takes no instance map; leave it out"
        )
        raise InputError(f"the model {wanted}")
    inputs = {"picture": _picture_array(picture, "picture", kind)}
    if instance is not None:
        inputs["instance"] = _ids(instance, "instance", np.uint16)
    return Request("translate", inputs, _picture)


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
    reference = {"reference_image": _photo(model, photo), "reference_instance": _ids(photo_instance, "instance", np.uint16)}
    return Request("synthesize_reference", {**_maps(model, label, instance), **reference}, _picture)


def encode(model: ModelDescription, image: Picture, instance: Picture) -> Request[dict[int, np.ndarray]]:
    """Reads the style of every instance of a photo."""
    _require_styles(model, True)

    def read(answer: Arrays) -> dict[int, np.ndarray]:
        found = zip(answer["style_instance"][0].tolist(), answer["style_vector"][0], strict=True)
        return {instance_id: vector for instance_id, vector in found if instance_id >= 0}

    return Request("encode", {"image": _photo(model, image), "instance": _ids(instance, "instance", np.uint16)}, read)


def classes(model: ModelDescription) -> Request[list[LabelClass]]:
    """Reads the classes of the label set, in the order of their indices."""
    if model.picture is not None:
        raise InputError("the model takes pictures, so it has no classes; use translate, or --picture")
    _require_signature(model, "classes")

    def read(answer: Arrays) -> list[LabelClass]:
        columns = (answer[name][0].tolist() for name in ("class_names", "ids", "colors", "countable"))
        return [
            LabelClass(name.decode(), tuple(value for value in ids if value >= 0), tuple(color), bool(countable))
            for name, ids, color, countable in zip(*columns, strict=True)
        ]

    return Request("classes", _one_row(), read)


def styles(model: ModelDescription) -> Request[dict[str, np.ndarray]]:
    """Reads the styles of all classes."""
    _require_styles(model, True)
    _require_signature(model, "classes")

    def read(answer: Arrays) -> dict[str, np.ndarray]:
        rows = zip(*(answer[name][0] for name in ("class_names", "centers", "count")), strict=True)
        return {name.decode(): centers[:count] for name, centers, count in rows}

    return Request("classes", _one_row(), read)


def _require_styles(model: ModelDescription, wanted: bool) -> None:
    if wanted and not model.feature_channels:
        raise InputError("the model was trained without an encoder, so it has no styles; train one with an encoder")


def _require_signature(model: ModelDescription, name: str) -> None:
    if name not in model.signatures:
        raise InputError(
            f"the model was exported before models had the signature {name}; export its run again with `tfhd export saved-model`"
        )


def _picture(answer: Arrays) -> np.ndarray:
    return answer["image"][0]


def _file(answer: Arrays) -> bytes:
    return answer["image_bytes"][0]


def _one_row() -> Arrays:
    return {"row": np.zeros(1, np.int32)}


def _style_lists(styles: Mapping[int, int]) -> Arrays:
    return {
        "style_instance": _padded(_int32(list(styles), "styles"), -1),
        "style_index": _padded(_int32(list(styles.values()), "styles"), -1),
    }


def _maps(model: ModelDescription, label: Picture, instance: Picture) -> Arrays:
    if model.picture is not None:
        raise InputError("the model takes pictures, not label maps; use translate, or --picture")
    return {"label": _ids(label, "label", model.label_dtype), "instance": _ids(instance, "instance", np.uint16)}


def _photo(model: ModelDescription, image: Picture) -> np.ndarray:
    if isinstance(image, File) and model.photo == PictureKind():
        image = read_photo(image)
    return _picture_array(image, "image", model.photo)


def _picture_array(picture: Picture, name: str, kind: PictureKind) -> np.ndarray:
    """Returns a picture as the model takes it: `(1, height, width, channels)`; gray may lack the last dimension."""
    if isinstance(picture, File):
        return read_picture(picture, kind.channels, kind.dtype)[None]
    array = np.asarray(picture)
    if array.ndim == 2 and kind.channels == 1:
        array = array[..., None]
    if array.dtype != kind.dtype or array.ndim != 3 or array.shape[2] != kind.channels or not array.size:
        raise InputError(f"{name} is {array.dtype} {array.shape}; expected {kind.dtype} (height, width, {kind.channels})")
    return array[None]


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
