"""`python -m serving`: pictures from an exported model."""

from __future__ import annotations

from serving import synthesize
from serving.server import command
from tfhd import command_line


def _synthesize(arguments: list[str], prog: str) -> None:
    """Paint a label map, or a folder of them, with an exported model."""
    command_line.parse(synthesize.main, arguments, prog)


def _serve(arguments: list[str], prog: str) -> None:
    """Answer requests for exported models over gRPC and REST, as TensorFlow Serving does."""
    command_line.parse(command.main, arguments, prog)


if __name__ == "__main__":
    command_line.run(
        "python -m serving",
        "Uses models that `python -m export saved-model` wrote.",
        {"synthesize": _synthesize, "serve": _serve},
    )
