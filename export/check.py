"""`python -m export check RUN OUT`: a converted generator beside Keras, once more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import tyro
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from export import checks, onnx, tflite
from export.maps import LABEL, load_map_tables
from tfhd.checkpoints import Weights, Which, load_networks
from tfhd.errors import InputError

_PAINTERS = {onnx.MODEL: onnx.painter, tflite.MODEL: tflite.painter}


def main(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    checkpoint: Which = "latest",
    weights: Weights = "averaged",
) -> None:
    """Compare a converted generator with Keras again, at the sizes of its checks.json, and write that anew.

    Args:
        run: the run that it was converted from.
        out: folder that `python -m export onnx` or `tflite` wrote.
        checkpoint: as it was converted with.
        weights: as it was converted with.

    Raises:
        InputError: there is no converted generator, or it reads another input than the run's, or maps, and the run has no
            styles for them.
    """
    models = [out / name for name in _PAINTERS if (out / name).is_file()]
    if not models:
        raise InputError(
            f"{out}: holds no {' or '.join(_PAINTERS)}; name a folder that `python -m export onnx` or `tflite` wrote"
        )
    shapes = _shapes(out / checks.CHECKS)
    config, label_set, networks = load_networks(run, checkpoint, weights)
    painter = _PAINTERS[models[0].name](models[0])
    tables = load_map_tables(run, config, label_set, checkpoint, weights) if LABEL in painter.inputs else None
    try:
        found = checks.differences(networks, painter, shapes, tables)
    except (RuntimeError, ValueError, InvalidArgument) as error:  # what the runtimes raise for an input of another shape
        reason = str(error).splitlines()[0]
        raise InputError(f"{models[0]}: cannot paint what {run} would ({reason}); name the run that it was made from") from None
    checks.report(found, out)


def _shapes(path: Path) -> list[checks.Shape]:
    try:
        return [(row["batch"], row["height"], row["width"]) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it holds something else"
        raise InputError(f"{path}: cannot read the sizes to compare at ({reason}); convert the generator anew") from None
