"""`python -m export check RUN OUT`: a converted generator beside Keras, once more."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from tfhd.command_line import quiet_standard_error
from tfhd.errors import InputError
from tfhd.runs import WhichCheckpoint, WhichWeights, load_run

from ..converters import tflite
from ..converters.map_tables import LABEL, MapTables
from ..converters.onnx import export as onnx
from . import differences as checks

_PAINTERS = {onnx.MODEL: onnx.painter, tflite.MODEL: tflite.painter}


def main(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> None:
    """Compare a converted generator with Keras again, at the sizes of its checks.json, and write that anew.

    Args:
        run: the run that it was converted from.
        out: folder that `python -m export onnx` or `tflite` wrote.
        checkpoint: as it was converted with.
        weights: as it was converted with.

    Raises:
        InputError: there is no converted generator, it cannot be read, or it was converted from other weights; or it reads
            maps, and the run has no styles for them.
    """
    models = [out / name for name in _PAINTERS if (out / name).is_file()]
    if not models:
        raise InputError(
            f"{out}: holds no {' or '.join(_PAINTERS)}; name a folder that `python -m export onnx` or `tflite` wrote"
        )
    before = checks.Checks.load(out / checks.CHECKS)
    trained = load_run(run, checkpoint, weights, precision="float32")
    networks, named = trained.networks, trained.weights_name
    if checks.digest(networks.generator) != before.digest:
        raise InputError(
            f"{out}: was converted from {before.weights} of a run, but {named} of {run} are other weights; name the run, "
            "--checkpoint and --weights that it was converted from"
        )
    painter = _load(models[0])
    tables = MapTables.of_run(trained) if LABEL in painter.inputs else None
    try:
        shapes = [(each.batch, each.height, each.width) for each in before.differences]
        found = checks.differences(networks, painter, shapes, tables)
    except (RuntimeError, ValueError, InvalidArgument) as error:  # what the runtimes raise for an input of another shape
        reason = str(error).splitlines()[0]
        raise InputError(f"{models[0]}: cannot paint what {run} would ({reason}); convert the generator anew") from None
    checks.report(dataclasses.replace(before, differences=found), out)


def _load(path: Path) -> checks.Painter:
    try:
        with quiet_standard_error():
            return _PAINTERS[path.name](path)
    except Exception as error:  # each runtime raises several of its own
        reason = str(error).partition("\n")[0]
        beside = f", and leave {onnx.MODEL}.data beside it" if path.name == onnx.MODEL else ""
        raise InputError(f"{path}: cannot be loaded ({reason}); convert the generator anew{beside}") from None
