"""`tfhd COMMAND`: all applications of an installed tfhd under one name."""

from __future__ import annotations

import sys
from importlib import import_module

_APPLICATIONS = {
    "train": "check data, train, cluster styles, evaluate",
    "export": "write a SavedModel, ONNX or TFLite model of a run",
    "serving": "paint label maps, serve models",
}
_SHORT = {"serve": "serving", "synthesize": "serving"}


def main() -> None:
    """Runs `tfhd train|export|serving COMMAND`, and `tfhd serve|synthesize` in short."""
    name, rest = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("--help", [])
    if name in _SHORT:
        name, rest = _SHORT[name], [name, *rest]
    if name not in _APPLICATIONS:
        lines = [f"  {name:12}{what}" for name, what in _APPLICATIONS.items()]
        lines += [f"  {name:12}short for `tfhd {application} {name}`" for name, application in _SHORT.items()]
        print("usage: tfhd APPLICATION COMMAND ...", "", *lines, "", "tfhd APPLICATION --help tells its commands.", sep="\n")
        sys.exit(0 if name in ("-h", "--help") else 2)
    # Imported by name: the library knows nothing of the applications, of which each imports it.
    import_module(f"tfhd.{name}.__main__").main(f"tfhd {name}", rest)


if __name__ == "__main__":
    main()
