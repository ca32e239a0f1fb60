"""`tfhd export check RUN OUT`: compares a converted generator with Keras again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from tfhd.command_line import quiet_standard_error
from tfhd.errors import InputError
from tfhd.runs import WhichCheckpoint, WhichWeights, load_run

from .arguments import OutFolder, RunFolder
from .compare.comparison import Comparison, weights_digest
from .compare.converted_model import ConvertedModel, compare_converted
from .converters.onnx.export import ONNX_FILE, load_onnx
from .converters.tflite import TFLITE_FILE, load_tflite
from .map_tables import LABEL, MapTables

_LOADERS = {ONNX_FILE: load_onnx, TFLITE_FILE: load_tflite}


def check(run: RunFolder, out: OutFolder, *, checkpoint: WhichCheckpoint = "latest", weights: WhichWeights = "averaged") -> Path:
    """Compare a converted generator with Keras again, at the sizes of its checks.json, and write that anew.

    Args:
        run: the run that it was converted from.
        out: folder that `tfhd export onnx` or `tflite` wrote.
        checkpoint: as it was converted with.
        weights: as it was converted with.

    Returns:
        The path of checks.json.

    Raises:
        InputError: there is no converted generator, it cannot be read, or it was converted from other weights; or it reads
            maps, and the run has no styles for them.
    """
    run, out = Path(run), Path(out)
    path = next((out / name for name in _LOADERS if (out / name).is_file()), None)
    if path is None:
        raise InputError(f"{out}: holds no {' or '.join(_LOADERS)}; name a folder that `tfhd export onnx` or `tflite` wrote")
    before = Comparison.load(out)
    trained = load_run(run, checkpoint, weights, precision="float32")
    if weights_digest(trained.networks.generator) != before.digest:
        raise InputError(
            f"{out}: was converted from {before.weights} of a run, but {trained.weights_name} of {run} are other weights; "
            "name the run, --checkpoint and --weights that it was converted from"
        )
    model = _load(path)
    tables = MapTables.of_run(trained) if LABEL in model.inputs else None
    try:
        shapes = [(each.batch, each.height, each.width) for each in before.differences]
        differences = compare_converted(trained.networks, model, shapes, tables)
    except (RuntimeError, ValueError, InvalidArgument) as error:  # what the runtimes raise for an input of another shape
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: does not take the inputs of {run}'s generator ({reason}); convert that anew") from None
    comparison = dataclasses.replace(before, differences=differences)
    written = comparison.write(out)
    comparison.print_table()
    return written


def _load(path: Path) -> ConvertedModel:
    try:
        with quiet_standard_error():
            return _LOADERS[path.name](path)
    except Exception as error:  # each runtime raises several of its own
        reason = str(error).partition("\n")[0]
        beside = f", and leave {ONNX_FILE}.data beside it" if path.name == ONNX_FILE else ""
        raise InputError(f"{path}: cannot be loaded ({reason}); convert the generator anew{beside}") from None
