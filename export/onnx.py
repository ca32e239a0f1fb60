"""`python -m export onnx RUN OUT`: a run's generator as an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import onnx

# Runs what was written, to compare it with Keras.
import onnxruntime
import tyro

from export import checks
from export.folders import new_folder
from export.onnx_graph import INPUT, OUTPUT, Precision, generator_model
from tfhd.checkpoints import Weights, Which, load_networks
from tfhd.errors import InputError

MODEL = "generator.onnx"


def main(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    precision: Precision = "float32",
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    checkpoint: Which = "latest",
    weights: Weights = "averaged",
) -> None:
    """Write a run's generator as an ONNX model, and compare it with Keras.

    The model reads `encoded` float32 (batch, channels, height, width): one-hot classes, instance edges and, with an encoder,
    style features; it writes `image` float32 (batch, 3, height, width) in [-1, 1].

    Args:
        run: folder that `python -m train fit` wrote.
        out: new folder for generator.onnx, its weights in generator.onnx.data, and checks.json.
        precision: arithmetic of convolutions; norms, input and output are float32.
        size: fixed height and width; by default they are free.
        batch: fixed number of pictures; by default it is free.
        checkpoint: the newest one, or of the last stage the one closest to held-out photos.
        weights: running averages where the run keeps them, or those of the last step.
    """
    print(export_onnx(run, out, precision=precision, size=size, batch=batch, checkpoint=checkpoint, weights=weights))


def export_onnx(
    run: str | Path,
    out: str | Path,
    *,
    precision: Precision = "float32",
    size: tuple[int, int] | None = None,
    batch: int | None = None,
    checkpoint: Which = "latest",
    weights: Weights = "averaged",
) -> Path:
    """Writes the folder OUT, beside and then renamed; prints how far its model is from Keras.

    Args:
        run: as for `main`.
        out: as for `main`.
        precision: as for `main`.
        size: height and width; None leaves them free.
        batch: pictures; None leaves their number free.
        checkpoint: see `tfhd.checkpoints.find_checkpoint`.
        weights: see `tfhd.checkpoints.load_networks`.

    Returns:
        The path of generator.onnx.

    Raises:
        InputError: the run lacks something, a size does not fit the generator, OUT exists, or the disk refused; nothing
            half-written is left.
    """
    out = Path(out)
    config, _, networks = load_networks(run, checkpoint, weights)
    multiple = config.generator.size_multiple
    if size is not None and any(side % multiple or side < 2 * multiple for side in size):
        raise InputError(f"--size {size[0]} {size[1]}: the generator needs multiples of {multiple}, at least {2 * multiple}")
    if batch is not None and batch < 1:
        raise InputError(f"--batch {batch}: expected at least 1; leave it out for any number")
    channels = networks.generator_channels
    model = generator_model(networks.generator, channels, precision, (batch or "batch", *(size or ("height", "width"))))
    shapes = [(batch or n, *(size or given)) for n, *given in checks.free_shapes(config)]
    with new_folder(out) as folder:
        onnx.save_model(model, folder / MODEL, save_as_external_data=True, location=f"{MODEL}.data")
        (folder / f"{MODEL}.data").chmod((folder / MODEL).stat().st_mode)  # it would be its owner's alone
        del model  # as large as the weights
        checks.report(checks.differences(networks, painter(folder / MODEL), list(dict.fromkeys(shapes))), folder)
    return out / MODEL


def painter(path: Path) -> checks.Painter:
    """Paints with an ONNX model, on the processor."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def paint(encoded: np.ndarray) -> np.ndarray:
        (image,) = session.run([OUTPUT], {INPUT: np.ascontiguousarray(encoded.transpose(0, 3, 1, 2))})
        return image.transpose(0, 2, 3, 1)

    return paint
