"""`python -m export onnx RUN OUT`: a run's generator as an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import onnx

# Runs what was written, to compare it with Keras.
import onnxruntime
import tyro

from tfhd.errors import InputError
from tfhd.files import new_folder
from tfhd.runs import WhichCheckpoint, WhichWeights, load_run

from ...compare import differences as checks
from ..map_tables import Inputs, MapTables
from .graph import INPUT, OUTPUT, Precision, generator_model
from .map_inputs import maps_model

MODEL = "generator.onnx"


def main(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    inputs: Inputs = "encoded",
    precision: Precision = "float32",
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> None:
    """Write a run's generator as an ONNX model, and compare it with Keras.

    The model writes `image` float32 (batch, 3, height, width) in [-1, 1].

    Args:
        run: folder that `python -m train fit` wrote, and for maps `python -m train styles` where it has an encoder.
        out: new folder for generator.onnx, its weights in generator.onnx.data, checks.json and, for style maps, styles.json.
        inputs: encoded: `encoded` float32 (batch, channels, height, width), that is one-hot classes, instance edges and, with an
            encoder, style features; maps: `label`, raw ids, `instance` and, with an encoder, `style`, the number of each
            pixel's style among those of its class, 0 for the most usual; all int32 (batch, height, width).
        precision: arithmetic of convolutions; norms, input and output are float32.
        size: fixed height and width; by default they are free.
        batch: fixed number of pictures; by default it is free.
        checkpoint: the newest one, or of the last stage the one closest to held-out photos.
        weights: running averages where the run keeps them, or those of the last step.
    """
    settings = {"inputs": inputs, "precision": precision, "size": size, "batch": batch}
    print(export_onnx(run, out, **settings, checkpoint=checkpoint, weights=weights))


def export_onnx(
    run: str | Path,
    out: str | Path,
    *,
    inputs: Inputs = "encoded",
    precision: Precision = "float32",
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> Path:
    """Writes the folder OUT, beside and then renamed; prints how far its model is from Keras.

    Args:
        run: as for `main`.
        out: as for `main`.
        inputs: as for `main`.
        precision: as for `main`.
        size: height and width; None leaves them free.
        batch: pictures; None leaves their number free.
        checkpoint: see `tfhd.runs.load_run`.
        weights: see `tfhd.runs.load_run`.

    Returns:
        The path of generator.onnx.

    Raises:
        InputError: the run lacks something, a size does not fit the generator, OUT exists, or the disk refused; nothing
            half-written is left.
    """
    run, out = Path(run), Path(out)
    trained = load_run(run, checkpoint, weights, precision="float32")
    config, networks = trained.config, trained.networks
    origin = trained.weights_name, checks.digest(networks.generator)
    multiple = config.generator.size_multiple
    if size is not None and any(side % multiple or side < 2 * multiple for side in size):
        raise InputError(f"--size {size[0]} {size[1]}: the generator needs multiples of {multiple}, at least {2 * multiple}")
    if batch is not None and batch < 1:
        raise InputError(f"--batch {batch}: expected at least 1; leave it out for any number")
    sizes = (batch or "batch", *(size or ("height", "width")))
    tables = MapTables.of_run(trained) if inputs == "maps" else None
    if tables is None:
        model = generator_model(networks.generator, networks.generator_channels, precision, sizes)
    else:
        model = maps_model(networks.generator, tables, precision, sizes)
    shapes = list(dict.fromkeys((batch or n, *(size or given)) for n, *given in checks.free_shapes(config)))
    with new_folder(out) as folder:
        if tables is not None:
            tables.write_counts(folder)
        onnx.save_model(model, folder / MODEL, save_as_external_data=True, location=f"{MODEL}.data")
        (folder / f"{MODEL}.data").chmod((folder / MODEL).stat().st_mode)  # it would be its owner's alone
        del model  # as large as the weights
        found = checks.differences(networks, painter(folder / MODEL), shapes, tables)
        settings = {"inputs": inputs, "precision": precision}
        checks.report(checks.Checks(*origin, settings, found), folder)
    return out / MODEL


def painter(path: Path) -> checks.Painter:
    """Paints with an ONNX model, on the processor."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def paint(given: checks.Arrays) -> np.ndarray:
        if INPUT in given:
            given = {INPUT: np.ascontiguousarray(given[INPUT].transpose(0, 3, 1, 2))}
        (image,) = session.run([OUTPUT], given)
        return image.transpose(0, 2, 3, 1)

    return checks.Painter(tuple(each.name for each in session.get_inputs()), paint)
