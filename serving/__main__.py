"""`tfhd serve`, `tfhd synthesize`, `tfhd edit`, `tfhd study`; `python -m serving COMMAND` in the checkout."""

from __future__ import annotations

import sys

from tfhd import command_line

from .edit import command as edit
from .server import command as serve
from .server.other_flags import translated
from .study import command as study
from .synthesize import command as synthesize


def _synthesize(arguments: list[str], prog: str) -> None:
    """Paint a label map, or a folder of them, with an exported model."""
    command_line.parse(synthesize.main, arguments, prog)


def _serve(arguments: list[str], prog: str) -> None:
    """Answer requests for exported models over gRPC and REST, as TensorFlow Serving does."""
    command_line.parse(serve.main, translated(arguments), prog)


def _study(arguments: list[str], prog: str) -> None:
    """Ask people which of two pictures looks more natural."""
    study.main(arguments, prog)


def _edit(arguments: list[str], prog: str) -> None:
    """Edit label maps in a browser, painted while they change."""
    command_line.parse(edit.main, arguments, prog)


def main(prog: str, arguments: list[str]) -> None:
    """Runs the command that the arguments name."""
    command_line.run(
        prog,
        "Uses models that `tfhd export saved-model` wrote, and compares pictures of any.",
        {"synthesize": _synthesize, "serve": _serve, "edit": _edit, "study": _study},
        arguments,
    )


if __name__ == "__main__":
    main("python -m serving", sys.argv[1:])
