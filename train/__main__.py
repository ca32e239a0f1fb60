"""`python -m train COMMAND`."""

from __future__ import annotations

import sys

from tfhd.command_line import import_tensorflow_quietly, parse, run, run_operations_in_turn

# TensorFlow takes seconds to import, which --help and a check of files need not wait for: hence imports inside.


def _check_data(arguments: list[str], prog: str) -> None:
    """Read a data folder and report what it holds, what is wrong and what will train badly."""
    from .check_data import check_data

    parse(check_data, arguments, prog)


def _fit(arguments: list[str], prog: str) -> None:
    """Train a preset on your photos, or on the embedded streets."""
    import_tensorflow_quietly()
    run_operations_in_turn()
    from .fit import fit

    fit(arguments, prog)


def _plan(arguments: list[str], prog: str) -> None:
    """Tell parameters, arithmetic and memory of every stage of a preset, without training."""
    import_tensorflow_quietly()
    from .plan import plan

    plan(arguments, prog)


def _styles(arguments: list[str], prog: str) -> None:
    """Cluster what a run's encoder reads from the training photos into styles a class."""
    import_tensorflow_quietly()
    from .styles import styles

    styles(arguments, prog)


def _evaluate(arguments: list[str], prog: str) -> None:
    """Compare synthesized pictures with held-out photos."""
    import_tensorflow_quietly()
    from .evaluate import evaluate

    evaluate(arguments, prog)


def _import_torch(arguments: list[str], prog: str) -> None:
    """Turn .pth files of the original PyTorch implementation into a run folder."""
    import_tensorflow_quietly()
    from .import_torch import main

    parse(main, arguments, prog)


def main(prog: str, arguments: list[str]) -> None:
    """Runs the command that the arguments name."""
    run(
        prog,
        "Checks photos and label maps, trains pix2pixHD on them, clusters the styles that it learned, measures what it makes.",
        {
            "check-data": _check_data,
            "plan": _plan,
            "fit": _fit,
            "styles": _styles,
            "evaluate": _evaluate,
            "import-torch": _import_torch,
        },
        arguments,
    )


if __name__ == "__main__":
    main("python -m train", sys.argv[1:])
