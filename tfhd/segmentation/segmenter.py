"""Segmenters on disk: our folders, and models that others made."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

# Validates segmenter.json, and names the key at fault.
from pydantic import TypeAdapter, ValidationError

from tfhd.errors import InputError
from tfhd.files import replaced_folder
from tfhd.label_sets import LabelSet
from tfhd.segmentation.foreign_models import RunModel, open_model
from tfhd.segmentation.scored_classes import ignored_classes

CARD = "segmenter.json"
PixelRange = Literal["minus_one_to_one", "zero_to_one", "zero_to_255", "imagenet"]

_IMAGENET_MEAN, _IMAGENET_DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@dataclass(frozen=True)
class SegmenterCard:
    """What segmenter.json says of the model that lies beside it; for a model of your own, classes and pixels are enough.

    Attributes:
        classes: names of the classes that the model's outputs stand for, in their order.
        pixels: values of a photo as the model takes them; imagenet: normalized by ImageNet's mean and deviation.
        ignored: classes that are not judged.
        model: file or folder beside segmenter.json: a Keras file, a SavedModel or an ONNX file.
        training: how it was trained.
        scores: how well it reads held-out photos.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic's way for dataclasses

    classes: tuple[str, ...]
    pixels: PixelRange
    ignored: tuple[str, ...] = ()
    model: str = "model.keras"
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)


class Segmenter:
    """Names the classes of photos.

    Args:
        run: the model.
        card: what its outputs and inputs mean.
        label_set: the classes to answer in.
        source: where the model came from, for messages.

    Raises:
        InputError: a class of the model is none of the label set's, or two have one name.
    """

    def __init__(self, run: RunModel, card: SegmenterCard, label_set: LabelSet, source: Path) -> None:
        self.card, self.source, self._run = card, source, run
        unknown = [name for name in card.classes if name not in label_set.names]
        if unknown or len(set(card.classes)) < len(card.classes):
            reason = f"class {unknown[0]!r} is none of the label set {label_set.name!r}" if unknown else "a class is named twice"
            raise InputError(
                f"{source}: {reason} ({', '.join(label_set.names[:40])}); take a segmenter that was trained with this label set"
            )
        self._class_of_output = np.array([label_set.names.index(name) for name in card.classes], np.int32)
        judged = set(card.classes) - set(card.ignored)
        self.ignored = tuple(index for index, name in enumerate(label_set.names) if name not in judged)
        """Indices of the label set's classes that are not judged: those that the card names, and those the model lacks."""
        self.identity = {"path": str(source), "sha256": _digest(source)}
        """For JSON: where the model is from, and what it is."""
        self._never = np.isin(self._class_of_output, self.ignored)

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """Names the class of each pixel.

        Args:
            photos: uint8 `(N, H, W, 3)`.

        Returns:
            int32 `(N, H, W)`, class indices of the label set; one of those that are not judged only where the model itself
            returns classes instead of scores.

        Raises:
            InputError: the model does not take the photos, or returns something else than classes or their scores.
        """
        # One by one: models may have a fixed batch, and a picture's result must not depend on those beside it.
        return np.stack([self._classes_of(photo) for photo in photos])

    def _classes_of(self, photo: np.ndarray) -> np.ndarray:
        scores = self._run(_pixels(photo, self.card.pixels))
        height, width, count = *photo.shape[:2], len(self.card.classes)
        if np.issubdtype(scores.dtype, np.integer) and scores.ndim == 2:
            if not 0 <= scores.min() <= scores.max() < count:
                raise InputError(
                    f"{self.source}: returns classes {scores.min()}..{scores.max()}, but has {count}; correct its {CARD}"
                )
            classes = tf.image.resize(scores[..., None], (height, width), "nearest").numpy()[..., 0]
            return self._class_of_output[classes]
        if scores.ndim != 3 or count not in (scores.shape[0], scores.shape[2]):
            raise InputError(
                f"{self.source}: returns {scores.dtype} {scores.shape} for a picture; expected scores (height, width, {count}), "
                f"one for each of its classes, or a map of class numbers; correct the classes in its {CARD}"
            )
        if scores.shape[2] != count:
            scores = scores.transpose(1, 2, 0)
        if scores.shape[:2] != (height, width):
            scores = tf.image.resize(scores, (height, width)).numpy()
        return self._class_of_output[np.where(self._never, -np.inf, scores).argmax(axis=-1)]


def load_segmenter(path: str | Path, label_set: LabelSet, pixels: PixelRange | None = None) -> Segmenter:
    """Opens a segmenter.

    Args:
        path: a folder with segmenter.json, as `tfhd train segmenter` writes it; or a SavedModel, a Keras file (.keras, .h5) or an
            ONNX file whose outputs are the classes of the label set in their order.
        label_set: the classes to answer in.
        pixels: values of photos as the model takes them; None where segmenter.json says it.

    Raises:
        InputError: it cannot be read, or its classes are others.
    """
    path = Path(path)
    if (path / CARD).is_file():
        card = _read_card(path / CARD)
        if pixels is not None and pixels != card.pixels:
            raise InputError(f"{path}: takes pixels {card.pixels}, as its {CARD} says, not {pixels}; leave --pixels out")
        return Segmenter(open_model(path / card.model), card, label_set, path)
    if pixels is None:
        run = "" if path.exists() else " (it does not exist)"
        raise InputError(
            f"{path}: no {CARD} in it{run}; give what `tfhd train segmenter` wrote, or for a model of others say what pixel "
            "values it takes, for instance --pixels zero_to_255"
        )
    ignored = tuple(label_set.names[index] for index in ignored_classes(label_set))
    return Segmenter(open_model(path), SegmenterCard(label_set.names, pixels, ignored, path.name), label_set, path)


def write_segmenter(folder: Path, network: keras.Model, card: SegmenterCard) -> None:
    """Writes a folder with the network and segmenter.json; what was there before is replaced.

    Raises:
        InputError: the disk refused; nothing half-written is left.
    """
    with replaced_folder(folder, "segmenter") as partial:
        network.save(partial / card.model)
        text = json.dumps(dataclasses.asdict(card), indent=2, allow_nan=False)
        (partial / CARD).write_text(text + "\n", encoding="utf-8")


def _read_card(path: Path) -> SegmenterCard:
    try:
        return TypeAdapter(SegmenterCard).validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise InputError(f"{path}: {where}: {first['msg']} (got {first['input']!r:.60}); correct the file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None


def _digest(path: Path) -> str:
    """Of all files of a model; of nothing where it is not on disk yet."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path] if path.is_file() else []:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _pixels(photo: np.ndarray, pixels: PixelRange) -> np.ndarray:
    """float32 `(H, W, 3)` of uint8 `(H, W, 3)`, as a model takes it."""
    values = photo.astype(np.float32)
    if pixels == "zero_to_255":
        return values
    if pixels == "minus_one_to_one":
        return values / np.float32(127.5) - 1
    if pixels == "zero_to_one":
        return values / np.float32(255)
    return ((values / 255 - _IMAGENET_MEAN) / _IMAGENET_DEVIATION).astype(np.float32)
