from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import tensorflow as tf
from pydantic import BaseModel, ValidationError

from tfhd.errors import InputError

_REMEDY = "give a folder that `python -m export saved-model` wrote"


class _LabelClass(BaseModel):
    name: str


class _LabelSet(BaseModel):
    classes: tuple[_LabelClass, ...]


class _Manifest(BaseModel):
    """What is used here of manifest.json."""

    label_dtype: Literal["uint8", "uint16"]
    feature_channels: int
    label_set: _LabelSet


class LocalModel:
    """An exported model in this process; a model directory is all it needs.

    Args:
        path: a SavedModel's folder, or a base folder of numbered versions, of which the newest is taken.

    Raises:
        InputError: there is no such model, or it is damaged.

    Example:
        >>> LocalModel("models/streets").synthesize(label, instance, styles={26001: 3}).shape  # doctest: +SKIP
        (256, 512, 3)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = _version_folder(Path(path))
        self._manifest = _read_manifest(self.path / "manifest.json")
        # The model must outlive its signatures, which hold no reference to its variables.
        self._model = _load(self.path)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, by index."""
        return tuple(item.name for item in self._manifest.label_set.classes)

    def synthesize(
        self, label: np.ndarray, instance: np.ndarray, seed: int = -1, styles: Mapping[int, int] | None = None
    ) -> np.ndarray:
        """Paints a label map.

        Args:
            label: integer `(height, width)`, raw ids of the model's label set.
            instance: integer `(height, width)`, ids 0..65535.
            seed: picks a style for every instance, the same for the same seed; negative takes each class's most usual one.
            styles: instance id to the number of the style, counted from 0, that it gets instead.

        Returns:
            uint8 `(height, width, 3)`.

        Raises:
            InputError: sizes, values or styles do not fit the model or each other.
        """
        styles = styles or {-1: -1}
        answer = self._call(
            "synthesize",
            **self._maps(label, instance),
            seed=_int32([seed], "seed"),
            style_instance=_int32([list(styles)], "styles"),
            style_index=_int32([list(styles.values())], "styles"),
        )
        return answer["image"][0]

    def synthesize_vectors(self, label: np.ndarray, instance: np.ndarray, vectors: Mapping[int, np.ndarray]) -> np.ndarray:
        """Paints a label map in the styles of a photo.

        Args:
            label: as for `synthesize`.
            instance: as for `synthesize`.
            vectors: instance id to float32 `(C,)`, as `encode` gives them; other instances get their class's most usual style,
                and ids that are not in the map are left aside.

        Returns:
            uint8 `(height, width, 3)`.

        Raises:
            InputError: sizes or values do not fit, or the model has no encoder.
        """
        channels = self._manifest.feature_channels
        rows = {-1: np.zeros(channels)} | dict(vectors)
        if any(np.shape(row) != (channels,) for row in rows.values()):
            raise InputError(f"vectors must have shape ({channels},) each; give what encode returned")
        answer = self._call(
            "synthesize_vectors",
            **self._maps(label, instance),
            style_instance=_int32([list(rows)], "vectors"),
            style_vector=np.asarray([list(rows.values())], np.float32),
        )
        return answer["image"][0]

    def encode(self, image: np.ndarray, instance: np.ndarray) -> dict[int, np.ndarray]:
        """Reads the style of every instance of a photo, of the 256 largest where there are more.

        Args:
            image: uint8 `(height, width, 3)`.
            instance: integer `(height, width)`, ids 0..65535.

        Returns:
            Instance id to float32 `(C,)`, the largest instance first.

        Raises:
            InputError: sizes or values do not fit, or the model has no encoder.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(f"image is {image.dtype} {image.shape}; expected uint8 (height, width, 3)")
        answer = self._call("encode", image=image[None], instance=_ids(instance, "instance", np.uint16))
        found = zip(answer["style_instance"][0].tolist(), answer["style_vector"][0], strict=True)
        return {instance_id: vector for instance_id, vector in found if instance_id >= 0}

    def palettes(self) -> dict[str, np.ndarray]:
        """The styles of every class: its name to float32 `(styles, C)`, the most usual first.

        Raises:
            InputError: the model has no encoder.
        """
        answer = self._call("palettes", class_id=np.arange(len(self.class_names), dtype=np.int32))
        rows = zip(self.class_names, answer["centers"], answer["count"], strict=True)
        return {name: centers[:count] for name, centers, count in rows}

    def _maps(self, label: np.ndarray, instance: np.ndarray) -> dict[str, np.ndarray]:
        label_dtype = np.dtype(self._manifest.label_dtype)
        return {"label": _ids(label, "label", label_dtype), "instance": _ids(instance, "instance", np.uint16)}

    def _call(self, signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        if signature not in self._model.signatures:
            raise InputError(
                f"{self.path}: was trained without an encoder, so there is no {signature}; train one with an encoder"
            )
        try:
            answer = self._model.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})
        except tf.errors.InvalidArgumentError as error:
            # A check inside the graph: its message stands in the middle of TensorFlow's own text.
            found = re.search(r"assertion failed: \[(.*)\]", error.message)
            raise InputError(found[1] if found else error.message.splitlines()[0]) from None
        except tf.errors.ResourceExhaustedError:
            height, width = next(value.shape[1:3] for value in inputs.values() if value.ndim == 4)
            raise InputError(
                f"there is not enough memory for a picture of {height}x{width} pixels; give a smaller one, or end other programs"
            ) from None
        return {name: value.numpy() for name, value in answer.items()}


def _read_manifest(path: Path) -> _Manifest:
    try:
        return _Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise InputError(f"{path}: {where}: {first['msg']}; {_REMEDY}") from None


def _load(path: Path) -> tf.Module:
    try:
        model = tf.saved_model.load(str(path), tags="serve")
    # Of damaged files TensorFlow's readers raise nearly anything.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: cannot load the model ({reason}); {_REMEDY}") from None
    if "synthesize" not in model.signatures:
        raise InputError(f"{path}: is a SavedModel of something else, without the signature synthesize; {_REMEDY}")
    return model


def _version_folder(path: Path) -> Path:
    # os.path and glob, for Path's own is_file and glob raise where a folder may not be entered.
    if os.path.isfile(path / "saved_model.pb"):
        return path
    found = (path / Path(name).parent for name in glob.glob("*/saved_model.pb", root_dir=path))
    versions = [version for version in found if version.name.isdecimal()]
    if not versions:
        raise InputError(f"{path}: no exported model there, or none that may be read; {_REMEDY}")
    return max(versions, key=lambda version: int(version.name))


def _ids(values: np.ndarray, name: str, dtype: np.dtype | type) -> np.ndarray:
    """A map as the model takes it: `(1, height, width, 1)` of `dtype`."""
    values, highest = np.asarray(values), np.iinfo(dtype).max
    if values.ndim != 2 or values.dtype.kind not in "iu" or not values.size:
        raise InputError(f"{name} is {values.dtype} {values.shape}; expected whole numbers (height, width)")
    if values.min() < 0 or values.max() > highest:
        raise InputError(f"{name} holds ids {values.min()}..{values.max()}; this model takes 0..{highest}")
    return values.astype(dtype)[None, ..., None]


def _int32(values: list, name: str) -> np.ndarray:
    numbers = np.asarray(values)
    if numbers.dtype.kind not in "iu" or numbers.max() > np.iinfo(np.int32).max or numbers.min() < np.iinfo(np.int32).min:
        raise InputError(f"{name} holds {values}; expected whole numbers below 2147483648")
    return numbers.astype(np.int32)
