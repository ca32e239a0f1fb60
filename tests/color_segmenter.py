"""Photos that are painted in one colour per class, and a segmenter that tells these colours apart without error."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from tests.tiny_run import LABEL_SET, street

COLORS = np.array([(100, 110, 120), (200, 10, 30), (0, 0, 0)], np.uint8)
"""uint8 `(classes, 3)`, of `LABEL_SET`."""


def paint(label: np.ndarray) -> np.ndarray:
    """A photo of raw ids."""
    of_id = np.zeros((256, 3), np.uint8)
    for item, color in zip(LABEL_SET.classes, COLORS, strict=True):
        of_id[list(item.ids)] = color
    return of_id[label]


def write_data(root: Path, counts: dict[str, int], height: int = 32, width: int = 48) -> None:
    """A plain folder with so many painted streets in each split, and their label set."""
    for split, count in counts.items():
        for kind in ("label", "img"):
            (root / f"{split}_{kind}").mkdir(parents=True, exist_ok=True)
        for number in range(count):
            label, _ = street(height, width, cars=number % 3 + 1)
            Image.fromarray(label).save(root / f"{split}_label" / f"{number}.png")
            Image.fromarray(paint(label)).save(root / f"{split}_img" / f"{number}.png")
    (root / "labels.json").write_text(LABEL_SET.to_json(), encoding="utf-8")


def weights(channels_first: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a 1x1 convolution that scores each class by its colour's distance, for pixels in 0..255."""
    colors = COLORS.astype(np.float32)
    kernel, bias = 2 * colors.T, -np.square(colors).sum(axis=1)
    return (kernel.T[:, :, None, None] if channels_first else kernel[None, None]), bias


def color_model(size: tuple[int | None, int | None] = (None, None)) -> keras.Model:
    """The segmenter as a Keras model."""
    model = keras.Sequential([keras.Input((*size, 3)), keras.layers.Conv2D(len(COLORS), 1)])
    model.layers[0].set_weights(weights())
    return model


def write_color_segmenter(folder: Path) -> Path:
    """The segmenter as a folder with segmenter.json."""
    folder.mkdir(parents=True)
    color_model().save(folder / "model.keras")
    card = {"classes": LABEL_SET.names, "pixels": "zero_to_255", "ignored": ["don't care"]}
    (folder / "segmenter.json").write_text(json.dumps(card), encoding="utf-8")
    return folder
