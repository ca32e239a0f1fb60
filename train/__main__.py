"""`tfhd train COMMAND`."""

from __future__ import annotations

import functools
import sys

from tfhd.command_line import Command, import_tensorflow_quietly, import_tensorflow_to_train, parse, run


def _with_tensorflow(command: Command) -> Command:
    """Imports TensorFlow first, which takes seconds: --help and a check of files do not wait for it."""

    @functools.wraps(command)
    def with_tensorflow(arguments: list[str], prog: str) -> None:
        import_tensorflow_quietly()
        command(arguments, prog)

    return with_tensorflow


def _check_data(arguments: list[str], prog: str) -> None:
    """Read a data folder and report what it holds, what is wrong and what will train badly."""
    from .check_data import check_data

    parse(check_data, arguments, prog)


def _prepare(arguments: list[str], prog: str) -> None:
    """Turn a data set, or annotations as another tool wrote them, into a folder to train on."""
    from .prepare.command import prepare

    parse(prepare, arguments, prog)


def _label_set(arguments: list[str], prog: str) -> None:
    """Turn a list of classes and colours that another tool wrote into a label set."""
    from .label_set import make_label_set

    parse(make_label_set, arguments, prog)


@_with_tensorflow
def _plan(arguments: list[str], prog: str) -> None:
    """Print parameters, arithmetic and memory of every stage of a preset, without training."""
    from .plan import plan

    plan(arguments, prog)


def _fit(arguments: list[str], prog: str) -> None:
    """Train a preset on your photos, or on the embedded streets."""
    import_tensorflow_to_train()
    from .fit import fit

    fit(arguments, prog)


@_with_tensorflow
def _styles(arguments: list[str], prog: str) -> None:
    """Cluster what a run's encoder reads from the training photos into styles per class."""
    from .styles import write_styles

    parse(write_styles, arguments, prog)


def _segmenter(arguments: list[str], prog: str) -> None:
    """Train a judge of synthesized pictures on photos: a segmenter."""
    import_tensorflow_to_train()
    from .segmenter import train_segmenter

    parse(train_segmenter, arguments, prog)


@_with_tensorflow
def _evaluate(arguments: list[str], prog: str) -> None:
    """Compare synthesized pictures with held-out photos."""
    from .evaluate import evaluate

    parse(evaluate, arguments, prog)


def _experiment(arguments: list[str], prog: str) -> None:
    """Train and score all rows of a table of the paper: methods, generators, discriminators, losses, instance maps."""
    from .experiment.command import experiment

    experiment(arguments, prog)


@_with_tensorflow
def _import_torch(arguments: list[str], prog: str) -> None:
    """Turn .pth files of the original PyTorch implementation into a run folder."""
    from .import_torch import import_torch

    parse(import_torch, arguments, prog)


def main(prog: str, arguments: list[str]) -> None:
    """Runs the command that the arguments name."""
    run(
        prog,
        "Checks photos and label maps, trains pix2pixHD on them, clusters the styles that it learned, measures the results.",
        {
            "check-data": _check_data,
            "prepare": _prepare,
            "label-set": _label_set,
            "plan": _plan,
            "fit": _fit,
            "styles": _styles,
            "segmenter": _segmenter,
            "evaluate": _evaluate,
            "experiment": _experiment,
            "import-torch": _import_torch,
        },
        arguments,
    )


if __name__ == "__main__":
    main("python -m train", sys.argv[1:])
