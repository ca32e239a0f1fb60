"""`tfhd export`: a SavedModel, ONNX or TFLite model from a run."""

from __future__ import annotations

import signal
import sys
from importlib import import_module

from tfhd import command_line

_CONVERTERS = ("onnx", "onnxruntime", "ai_edge_litert")


def _command(
    module: str, function: str, description: str, packages: tuple[str, ...] = (), summary: str | None = None
) -> command_line.Command:
    """A command that is one function: its signature gives the flags, its docstring their help.

    TensorFlow takes seconds to import, and `--help` of all commands and a mistyped command should not wait for it. Therefore
    the module is imported only when the command runs.

    Args:
        module: where the function is, relative to this package.
        function: returns the path of what it wrote.
        description: the first line of its docstring.
        packages: what it needs of the extra `export`.
        summary: the module whose `summary` describes the path; by default the path itself is printed.
    """

    def run(arguments: list[str], prog: str) -> None:
        command_line.require_extra("export", "a conversion", packages)
        command_line.import_tensorflow_quietly()
        imported = import_module(f".{module}", __package__)
        path = command_line.parse(getattr(imported, function), arguments, prog)
        print(path if summary is None else import_module(f".{summary}", __package__).summary(path))

    run.__doc__ = description
    return run


COMMANDS = {
    "saved-model": _command(
        "saved_model.export",
        "export_saved_model",
        "Write a run's generator, encoder and styles as a SavedModel for TensorFlow Serving.",
        summary="saved_model.manifest",
    ),
    "onnx": _command(
        "converters.onnx.export",
        "export_onnx",
        "Write a run's generator as an ONNX model, and compare it with Keras.",
        _CONVERTERS,
    ),
    "tflite": _command(
        "converters.tflite",
        "export_tflite",
        "Write a run's generator as a TFLite model, and compare it with Keras.",
        _CONVERTERS,
    ),
    "check": _command(
        "check",
        "check",
        "Compare a converted generator with Keras again, at the sizes of its checks.json, and write that anew.",
        _CONVERTERS,
    ),
}


def main(prog: str, arguments: list[str]) -> None:
    """Runs the command that the arguments name."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends like Ctrl-C, so that partial files are removed
    command_line.run(prog, "Writes the models that applications use.", COMMANDS, arguments)


if __name__ == "__main__":
    main("python -m export", sys.argv[1:])
