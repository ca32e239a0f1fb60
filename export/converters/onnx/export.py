"""`tfhd export onnx RUN OUT`: a run's generator as an ONNX model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

# Runs the written model, to compare it with Keras.
import onnxruntime

from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.files import new_folder
from tfhd.runs import WhichCheckpoint, WhichWeights, load_run

from ...arguments import OutFolder, RunFolder
from ...compare.block_maps import shapes_to_compare
from ...compare.converted_model import Arrays, ConvertedModel, record_comparison
from ...map_tables import Inputs, MapTables
from .graph import INPUT, OUTPUT, Precision, generator_model
from .map_inputs import maps_model

ONNX_FILE = "generator.onnx"


def export_onnx(
    run: RunFolder,
    out: OutFolder,
    *,
    inputs: Inputs = "encoded",
    precision: Precision = "float32",
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> Path:
    """Write a run's generator as an ONNX model, and compare it with Keras.

    The model's output is `image` float32 (batch, channels, height, width) in [-1, 1]. The differences from Keras are printed, and
    stored in checks.json.

    Args:
        run: folder that `tfhd train fit` wrote, and for maps `tfhd train styles` if it has an encoder.
        out: new folder for generator.onnx, its weights in generator.onnx.data, checks.json and, for style maps, styles.json.
        inputs: encoded: `encoded` float32 (batch, channels, height, width), that is one-hot classes (or a picture in [-1, 1]),
            instance edges and, with an encoder, style features; maps: `label`, raw ids, `instance` and, with an encoder,
            `style`, the number of each pixel's style among those of its class, 0 for the most common; all
            int32 (batch, height, width).
        precision: arithmetic of convolutions; norms, input and output are float32.
        size: fixed height and width; by default they are free.
        batch: fixed number of images; by default it is free.
        checkpoint: latest: the newest; best: of the last stage, the one closest to held-out photos.
        weights: averaged: running averages, if the run keeps them; raw: those of the last step.

    Returns:
        The path of generator.onnx.

    Raises:
        InputError: the run lacks something, a size does not fit the generator, OUT exists, or cannot be written; no partial
            folder is left.
    """
    out = Path(out)
    trained = load_run(run, checkpoint, weights, precision="float32")
    generator = trained.networks.generator
    if trained.config.generator.architecture != "coarse_to_fine":
        raise InputError(
            f"{run}: its generator is {trained.config.generator.architecture}, and ONNX models are made of coarse_to_fine ones "
            "alone; use `tfhd export saved-model` or `tfhd export tflite`"
        )
    _require_sizes(trained.config, size, batch)
    sizes = (batch or "batch", *(size or ("height", "width")))
    tables = MapTables.of_run(trained) if inputs == "maps" else None
    if tables is None:
        model = generator_model(generator, trained.networks.generator_channels, precision, sizes)
    else:
        model = maps_model(generator, tables, precision, sizes)
    shapes = list(dict.fromkeys((batch or n, *(size or free)) for n, *free in shapes_to_compare(trained.config)))
    with new_folder(out, "model") as folder:
        if tables is not None:
            tables.write_counts(folder)
        onnx.save_model(model, folder / ONNX_FILE, save_as_external_data=True, location=f"{ONNX_FILE}.data")
        # onnx makes the weights readable for their owner alone.
        (folder / f"{ONNX_FILE}.data").chmod((folder / ONNX_FILE).stat().st_mode)
        del model  # as large as the weights
        settings = {"inputs": inputs, "precision": precision}
        record_comparison(folder, load_onnx(folder / ONNX_FILE), trained, shapes, tables, settings)
    return out / ONNX_FILE


def load_onnx(path: Path) -> ConvertedModel:
    """An ONNX model in ONNX Runtime, on the processor."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def synthesize(given: Arrays) -> np.ndarray:
        if INPUT in given:
            given = {INPUT: np.ascontiguousarray(given[INPUT].transpose(0, 3, 1, 2))}
        (image,) = session.run([OUTPUT], given)
        return image.transpose(0, 2, 3, 1)

    return ConvertedModel(tuple(each.name for each in session.get_inputs()), synthesize)


def _require_sizes(config: Config, size: tuple[int, int] | None, batch: int | None) -> None:
    multiple = config.generator.size_multiple
    padded = config.data.fit == "pad"
    if size is not None and not padded and any(side % multiple or side < 2 * multiple for side in size):
        raise InputError(f"--size {size[0]} {size[1]}: the generator needs multiples of {multiple}, at least {2 * multiple}")
    if batch is not None and batch < 1:
        raise InputError(f"--batch {batch}: expected at least 1; leave it out for any number")
