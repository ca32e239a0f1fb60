"""`python -m export tflite RUN OUT`: a run's generator as a TFLite model."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tensorflow as tf
import tyro

# Runs what was written, to compare it with Keras; TensorFlow's own interpreter is deprecated in its favour.
from ai_edge_litert.interpreter import Interpreter

from export import checks
from export.folders import new_folder
from tfhd.checkpoints import Weights, Which, load_networks
from tfhd.config import Config
from tfhd.data import build_dataset
from tfhd.networks import Networks

MODEL = "generator.tflite"
INPUT, OUTPUT = "encoded", "image"

Quantization = Literal["none", "float16", "dynamic", "int8"]

_CALIBRATED = 16
"""Training pictures whose activations set the ranges of full int8."""


def main(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    quantization: Quantization = "none",
    root: str | None = None,
    checkpoint: Which = "latest",
    weights: Weights = "averaged",
) -> None:
    """Write a run's generator as a TFLite model, and compare it with Keras.

    The model reads `encoded` float32 (batch, height, width, channels): one-hot classes, instance edges and, with an encoder,
    style features; it writes `image` float32 (batch, height, width, 3) in [-1, 1]. Sizes are free; it needs no operators beyond
    the built-in ones.

    Args:
        run: folder that `python -m train fit` wrote.
        out: new folder for generator.tflite and checks.json.
        quantization: none: float32; float16: weights in half the space; dynamic: weights in int8, a quarter; int8: activations
            too, with ranges from the run's training pictures. Look at the differences of the last two before you use them.
        root: the training data's folder for int8, where it is no longer that of the run's config.json.
        checkpoint: the newest one, or of the last stage the one closest to held-out photos.
        weights: running averages where the run keeps them, or those of the last step.
    """
    print(export_tflite(run, out, quantization=quantization, root=root, checkpoint=checkpoint, weights=weights))


def export_tflite(
    run: str | Path,
    out: str | Path,
    *,
    quantization: Quantization = "none",
    root: str | None = None,
    checkpoint: Which = "latest",
    weights: Weights = "averaged",
) -> Path:
    """Writes the folder OUT, beside and then renamed; prints how far its model is from Keras.

    Args:
        run: as for `main`.
        out: as for `main`.
        quantization: as for `main`.
        root: as for `main`.
        checkpoint: see `tfhd.checkpoints.find_checkpoint`.
        weights: see `tfhd.checkpoints.load_networks`.

    Returns:
        The path of generator.tflite.

    Raises:
        InputError: the run or, for int8, its data lacks something, OUT exists, or the disk refused; nothing half-written is
            left.
    """
    config, _, networks = load_networks(run, checkpoint, weights)
    if root is not None:
        config = dataclasses.replace(config, data=dataclasses.replace(config.data, root=root))
    with new_folder(Path(out)) as folder:
        (folder / MODEL).write_bytes(_convert(config, networks, quantization))
        checks.report(checks.differences(networks, painter(folder / MODEL), checks.free_shapes(config)), folder)
    return Path(out) / MODEL


def _convert(config: Config, networks: Networks, quantization: Quantization) -> bytes:
    spec = tf.TensorSpec((None, None, None, networks.generator_channels), tf.float32, INPUT)

    @tf.function(input_signature=[spec])
    def paint(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: networks.generator(encoded)}

    # From Keras' objects the converter makes a model without weights, and says nothing.
    module = tf.Module()
    module.weights = [variable.value for variable in networks.generator.variables]
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=paint)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantization != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantization == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if quantization == "int8":
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.representative_dataset = lambda: _calibration(config, networks)
        return converter.convert()


def _calibration(config: Config, networks: Networks) -> Iterator[list[np.ndarray]]:
    """What the generator reads of training pictures, one at a time, in their own styles."""
    for batch in islice(build_dataset(config, "train", training=False), _CALIBRATED):
        encoded = networks.label_encoding(batch["label"], batch["instance"])
        if networks.encoder is not None:
            encoded = np.concatenate([encoded, networks.encoder(batch["image"], batch["instance"])], axis=-1)
        yield [np.asarray(encoded, np.float32)[:1]]


def painter(path: Path) -> checks.Painter:
    """Paints with a TFLite model, on the processor."""
    runner = Interpreter(str(path)).get_signature_runner()
    return lambda encoded: runner(**{INPUT: encoded})[OUTPUT]
