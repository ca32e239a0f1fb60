"""`python -m export tflite RUN OUT`: a run's generator as a TFLite model."""

from __future__ import annotations

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
from tensorflow.lite.python.convert_phase import ConverterError

from tfhd.command_line import quiet_standard_error
from tfhd.config import Config
from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.files import new_folder
from tfhd.label_sets import MAX_ID
from tfhd.networks import Networks
from tfhd.runs import WhichCheckpoint, WhichWeights, load_run

from ..compare import differences as checks
from .map_tables import INSTANCE, LABEL, STYLE, Inputs, MapTables

MODEL = "generator.tflite"
INPUT, OUTPUT = "encoded", "image"

Quantization = Literal["none", "float16", "dynamic", "int8"]

_CALIBRATED = 16
"""Training pictures whose activations set the ranges of full int8."""


def main(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    inputs: Inputs = "encoded",
    quantization: Quantization = "none",
    root: str | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> None:
    """Write a run's generator as a TFLite model, and compare it with Keras.

    The model writes `image` float32 (batch, height, width, 3) in [-1, 1]. Sizes are free; it needs no operators beyond the
    built-in ones.

    Args:
        run: folder that `python -m train fit` wrote, and for maps `python -m train styles` where it has an encoder.
        out: new folder for generator.tflite, checks.json and, for style maps, styles.json.
        inputs: encoded: `encoded` float32 (batch, height, width, channels), that is one-hot classes, instance edges and, with an
            encoder, style features; maps: `label`, raw ids, `instance` and, with an encoder, `style`, the number of each
            pixel's style among those of its class, 0 for the most usual; all int32 (batch, height, width).
        quantization: none: float32; float16: weights in half the space; dynamic: weights in int8, a quarter; int8: activations
            too, with ranges from the run's training pictures. Look at the differences of the last two before you use them.
        root: the training data's folder for int8, where it is no longer that of the run's config.json.
        checkpoint: the newest one, or of the last stage the one closest to held-out photos.
        weights: running averages where the run keeps them, or those of the last step.
    """
    settings = {"inputs": inputs, "quantization": quantization, "root": root}
    print(export_tflite(run, out, **settings, checkpoint=checkpoint, weights=weights))


def export_tflite(
    run: str | Path,
    out: str | Path,
    *,
    inputs: Inputs = "encoded",
    quantization: Quantization = "none",
    root: str | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> Path:
    """Writes the folder OUT, beside and then renamed; prints how far its model is from Keras.

    Args:
        run: as for `main`.
        out: as for `main`.
        inputs: as for `main`.
        quantization: as for `main`.
        root: as for `main`.
        checkpoint: see `tfhd.runs.load_run`.
        weights: see `tfhd.runs.load_run`.

    Returns:
        The path of generator.tflite.

    Raises:
        InputError: the run or, for int8, its data lacks something, OUT exists, or the disk refused; nothing half-written is
            left.
    """
    run, out = Path(run), Path(out)
    trained = load_run(run, checkpoint, weights, precision="float32", root=root)
    config, networks = trained.config, trained.networks
    origin = trained.weights_name, checks.digest(networks.generator)
    tables = MapTables.of_run(trained) if inputs == "maps" else None
    with new_folder(out) as folder:
        if tables is not None:
            tables.write_counts(folder)
        try:
            with quiet_standard_error():
                model = _convert(config, networks, tables, quantization)
        except ConverterError as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"{run}: TFLite's converter does not take its generator ({reason}); convert it to ONNX") from None
        (folder / MODEL).write_bytes(model)
        del model  # as large as the weights
        found = checks.differences(networks, painter(folder / MODEL), checks.free_shapes(config), tables)
        settings = {"inputs": inputs, "quantization": quantization}
        checks.report(checks.Checks(*origin, settings, found), folder)
    return out / MODEL


def _convert(config: Config, networks: Networks, tables: MapTables | None, quantization: Quantization) -> bytes:
    # From Keras' objects the converter makes a model without weights, and says nothing.
    module = tf.Module()
    module.weights = [variable.value for variable in networks.generator.variables]
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(
            module, folder, signatures=_from_encoded(networks) if tables is None else _from_maps(networks, tables)
        )
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantization != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantization == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if quantization == "int8":
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.representative_dataset = lambda: _calibration(config, networks, tables)
        return converter.convert()


def _from_encoded(networks: Networks) -> tf.types.experimental.GenericFunction:
    spec = tf.TensorSpec((None, None, None, networks.generator_channels), tf.float32, INPUT)

    @tf.function(input_signature=[spec])
    def paint(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: networks.generator(encoded)}

    return paint


def _from_maps(networks: Networks, tables: MapTables) -> tf.types.experimental.GenericFunction:
    @tf.function(input_signature=[tf.TensorSpec((None, None, None), tf.int32, name) for name in tables.inputs])
    def paint(label: tf.Tensor, instance: tf.Tensor, style: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        classes = tf.gather(tables.class_of_id, tf.clip_by_value(label, -1, len(tables.class_of_id) - 2) + 1)
        encoded = tf.cast(networks.label_encoding(classes, instance), tf.float32)
        if tables.styles is not None:
            rows = classes * tables.num_styles + tf.clip_by_value(style, 0, tables.num_styles - 1)
            vectors = tables.styles.reshape(-1, tables.styles.shape[-1])
            encoded = tf.concat([encoded, tf.gather(vectors, rows)], axis=-1)
        return {OUTPUT: networks.generator(encoded)}

    return paint


def _calibration(config: Config, networks: Networks, tables: MapTables | None) -> Iterator[checks.Arrays]:
    """What a model reads of training pictures, one at a time: in their own styles, or any of the table where it reads maps."""
    random = np.random.default_rng(0)
    for batch in islice(build_dataset(config, "train", training=False), _CALIBRATED):
        label, instance = (batch[name][:1].numpy() for name in ("label", "instance"))
        if tables is not None:
            style_of_id = random.integers(0, tables.num_styles, MAX_ID + 1)
            maps = {LABEL: tables.raw_ids(label), INSTANCE: instance, STYLE: style_of_id[instance]}
            yield {name: maps[name].astype(np.int32) for name in tables.inputs}
            continue
        encoded = networks.label_encoding(label, instance)
        if networks.encoder is not None:
            encoded = np.concatenate([encoded, networks.encoder(batch["image"][:1], instance)], axis=-1)
        yield {INPUT: np.asarray(encoded, np.float32)}


def painter(path: Path) -> checks.Painter:
    """Paints with a TFLite model, on the processor."""
    runner = Interpreter(str(path)).get_signature_runner()

    def paint(given: checks.Arrays) -> np.ndarray:
        with quiet_standard_error():  # it tells which library computes
            return runner(**given)[OUTPUT]

    return checks.Painter(tuple(runner.get_input_details()), paint)
