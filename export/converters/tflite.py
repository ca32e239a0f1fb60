"""`tfhd export tflite RUN OUT`: a run's generator as a TFLite model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import tensorflow as tf

# Runs the written model, to compare it with Keras; TensorFlow's own interpreter is deprecated in its favour.
from ai_edge_litert.interpreter import Interpreter
from tensorflow.lite.python.convert_phase import ConverterError

from tfhd.command_line import quiet_standard_error
from tfhd.config import Config
from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.files import new_folder
from tfhd.label_sets import MAX_ID
from tfhd.networks import Networks
from tfhd.runs import TrainedRun, WhichCheckpoint, WhichWeights, load_run

from ..arguments import OutFolder, RunFolder
from ..compare.block_maps import shapes_to_compare
from ..compare.converted_model import Arrays, ConvertedModel, record_comparison
from ..disk_errors import tensorflow_errors_as_os_errors
from ..map_tables import INSTANCE, LABEL, STYLE, Inputs, MapTables

TFLITE_FILE = "generator.tflite"
INPUT, OUTPUT = "encoded", "image"

Quantization = Literal["none", "float16", "dynamic", "int8"]

_NUM_CALIBRATION = 16
"""Training photos whose activations set the ranges of int8."""


def export_tflite(
    run: RunFolder,
    out: OutFolder,
    *,
    inputs: Inputs = "encoded",
    quantization: Quantization = "none",
    root: str | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> Path:
    """Write a run's generator as a TFLite model, and compare it with Keras.

    The model's output is `image` float32 (batch, height, width, channels) in [-1, 1]. Sizes are free; only built-in operators are
    used. The differences from Keras are printed, and stored in checks.json.

    Args:
        run: folder that `tfhd train fit` wrote, and for maps `tfhd train styles` if it has an encoder.
        out: new folder for generator.tflite, checks.json and, for style maps, styles.json.
        inputs: encoded: `encoded` float32 (batch, height, width, channels), that is one-hot classes (or a picture in [-1, 1]),
            instance edges and, with an encoder, style features; maps: `label`, raw ids, `instance` and, with an encoder,
            `style`, the number of each pixel's style among those of its class, 0 for the most common; all
            int32 (batch, height, width).
        quantization: none: float32; float16: weights in half the space; dynamic: weights in int8, a quarter; int8: activations
            too, with ranges from the run's training photos. Look at the differences of the last two before you use them.
        root: the training data's folder for int8, if it is no longer that of the run's config.json.
        checkpoint: latest: the newest; best: of the last stage, the one closest to held-out photos.
        weights: averaged: running averages, if the run keeps them; raw: those of the last step.

    Returns:
        The path of generator.tflite.

    Raises:
        InputError: the run or, for int8, its data lacks something, OUT exists, or cannot be written; no partial folder is left.
    """
    out = Path(out)
    trained = load_run(run, checkpoint, weights, precision="float32", root=root)
    tables = MapTables.of_run(trained) if inputs == "maps" else None
    with new_folder(out, "model") as folder:
        if tables is not None:
            tables.write_counts(folder)
        (folder / TFLITE_FILE).write_bytes(_convert(trained, tables, quantization))
        settings = {"inputs": inputs, "quantization": quantization}
        shapes = shapes_to_compare(trained.config)
        record_comparison(folder, load_tflite(folder / TFLITE_FILE), trained, shapes, tables, settings)
    return out / TFLITE_FILE


def load_tflite(path: Path) -> ConvertedModel:
    """A TFLite model in LiteRT, on the processor."""
    runner = Interpreter(str(path)).get_signature_runner()

    def synthesize(given: Arrays) -> np.ndarray:
        with quiet_standard_error():  # LiteRT prints which library computes
            return runner(**given)[OUTPUT]

    return ConvertedModel(tuple(runner.get_input_details()), synthesize)


def _convert(run: TrainedRun, tables: MapTables | None, quantization: Quantization) -> bytes:
    """The TFLite file's content; raises `InputError` if the converter refuses the generator."""
    networks = run.networks
    # From Keras' own objects the converter makes a model without weights, without saying so.
    module = tf.Module()
    module.weights = [variable.value for variable in networks.generator.variables]
    signature = _from_encoded(networks) if tables is None else _from_maps(networks, tables)
    with tempfile.TemporaryDirectory() as folder, quiet_standard_error():
        with tensorflow_errors_as_os_errors():
            tf.saved_model.save(module, folder, signatures=signature)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantization != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantization == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if quantization == "int8":
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.representative_dataset = lambda: _calibration_inputs(run.config, networks, tables)
        try:
            return converter.convert()
        except ConverterError as error:
            reason = str(error).partition("\n")[0]
            remedy = "convert it to ONNX"
            raise InputError(f"{run.folder}: TFLite's converter does not take its generator ({reason}); {remedy}") from None


def _from_encoded(networks: Networks) -> tf.types.experimental.GenericFunction:
    spec = tf.TensorSpec((None, None, None, networks.generator_channels), tf.float32, INPUT)

    @tf.function(input_signature=[spec])
    def synthesize(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: networks.generator(encoded)}

    return synthesize


def _from_maps(networks: Networks, tables: MapTables) -> tf.types.experimental.GenericFunction:
    @tf.function(input_signature=[tf.TensorSpec((None, None, None), tf.int32, name) for name in tables.inputs])
    def synthesize(*maps: tf.Tensor) -> dict[str, tf.Tensor]:
        given = dict(zip(tables.inputs, maps, strict=True))
        limited = tf.clip_by_value(given[LABEL], -1, len(tables.class_of_id) - 2)
        classes = tf.gather(tables.class_of_id, limited + 1)
        # Without edges there is no instance map, and the layer reads none.
        encoded = tf.cast(networks.label_encoding(classes, given.get(INSTANCE, classes)), tf.float32)
        if tables.styles is not None:
            rows = classes * tables.num_styles + tf.clip_by_value(given[STYLE], 0, tables.num_styles - 1)
            vectors = tables.styles.reshape(-1, tables.styles.shape[-1])
            encoded = tf.concat([encoded, tf.gather(vectors, rows)], axis=-1)
        return {OUTPUT: networks.generator(encoded)}

    return synthesize


def _calibration_inputs(config: Config, networks: Networks, tables: MapTables | None) -> Iterator[Arrays]:
    """The model's inputs for training photos, one at a time: in their own styles, or in random ones if it reads maps."""
    random = np.random.default_rng(0)
    for batch in islice(build_dataset(config, "train", training=False), _NUM_CALIBRATION):
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
