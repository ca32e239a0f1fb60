"""`python -m export`: a SavedModel, ONNX or TFLite model from a run."""

from __future__ import annotations

import signal
import sys

from tfhd import command_line

# TensorFlow takes seconds to import, which --help and a mistyped command need not wait for: hence imports inside.


def _saved_model(arguments: list[str], prog: str) -> None:
    """Write a run's generator, encoder and styles as a SavedModel for TensorFlow Serving."""
    command_line.import_tensorflow_quietly()
    from .saved_model.export import main

    command_line.parse(main, arguments, prog)


def _onnx(arguments: list[str], prog: str) -> None:
    """Write a run's generator as an ONNX model, and compare it with Keras."""
    _require_converters()
    command_line.import_tensorflow_quietly()
    from .converters.onnx.export import main

    command_line.parse(main, arguments, prog)


def _tflite(arguments: list[str], prog: str) -> None:
    """Write a run's generator as a TFLite model, and compare it with Keras."""
    _require_converters()
    command_line.import_tensorflow_quietly()
    from .converters.tflite import main

    command_line.parse(main, arguments, prog)


def _check(arguments: list[str], prog: str) -> None:
    """Compare a converted generator with Keras again."""
    _require_converters()
    command_line.import_tensorflow_quietly()
    from .compare.command import main

    command_line.parse(main, arguments, prog)


def _require_converters() -> None:
    command_line.require_extra("export", "a conversion", ["onnx", "onnxruntime", "ai_edge_litert"])


def main(prog: str, arguments: list[str]) -> None:
    """Runs the command that the arguments name."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does, so that what is half-written is removed
    commands = {"saved-model": _saved_model, "onnx": _onnx, "tflite": _tflite, "check": _check}
    command_line.run(prog, "Writes what serving uses.", commands, arguments)


if __name__ == "__main__":
    main("python -m export", sys.argv[1:])
