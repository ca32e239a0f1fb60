"""`tfhd COMMAND`: the applications of an installed tfhd under one name."""

from __future__ import annotations

import sys
from importlib import import_module

import tfhd

_HELP = """usage: tfhd COMMAND ...

pix2pixHD for TensorFlow: label maps to photo-realistic pictures, every object in a style of your choice.

commands:
  train       check data, train, cluster styles, evaluate
  export      write a SavedModel, ONNX or TFLite model of a run
  synthesize  paint label maps with an exported model, or on a server
  edit        change label maps in a browser, painted while they change
  serve       serve exported models over gRPC and REST, as TensorFlow Serving does
  study       ask people which of two pictures looks more natural

from nothing to a picture:
  tfhd train fit streets-demo --out runs/demo
  tfhd train styles runs/demo
  tfhd export saved-model runs/demo models/demo
  tfhd synthesize models/demo --label LABEL.png --instance INSTANCE.png -o out.png

tfhd COMMAND --help tells more; tfhd --version prints the version."""

# The module of each command, and what to call it.
_APPLICATIONS = {"train": ("train", "tfhd train"), "export": ("export", "tfhd export")}
_SERVING_COMMANDS = ("synthesize", "edit", "serve", "study")


def main() -> None:
    """Runs the command that the process was called with."""
    arguments = sys.argv[1:]
    first = arguments[0] if arguments else ""
    if first == "--version":
        print(tfhd.__version__)
    elif first in _APPLICATIONS:
        # By name: the library imports no application.
        module, prog = _APPLICATIONS[first]
        import_module(f"tfhd.{module}.__main__").main(prog, arguments[1:])
    elif first in _SERVING_COMMANDS:
        import_module("tfhd.serving.__main__").main("tfhd", arguments)
    elif first in ("", "-h", "--help"):
        print(_HELP)
        sys.exit(0 if first else 2)
    else:
        commands = ", ".join([*_APPLICATIONS, *_SERVING_COMMANDS])
        print(f"error: unknown command {first!r}; expected one of {commands}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
