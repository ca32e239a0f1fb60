"""Runs the two commands that lead from a folder of annotations to a training."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_fit import NETWORKS, rows
from tfhd.train.__main__ import main
from tfhd.train.fit import fit

_ONE_EPOCH = shlex.split("--stages.global.epochs 1 --stages.global.decay-epochs 0")


def prepare_and_fit(
    format: str, source: Path, folder: Path, printed: pytest.CaptureFixture[str], *flags: str
) -> list[dict[str, str]]:
    """Runs `prepare`, and the command that it prints with networks of seconds for an epoch.

    Returns:
        The losses that the training wrote.
    """
    main("tfhd train", ["prepare", format, str(source), str(folder / "data"), *flags])
    lines = printed.readouterr().out.splitlines()
    command = next(line for line in lines if line.startswith("train on it with: "))
    command = command.removeprefix("train on it with: tfhd train fit ")
    command = command.replace("PRESET", "camvid").replace("RUN", shlex.quote(str(folder / "run")))
    # Not through `main`, which sets the number of TensorFlow's threads; that can be done only once in a process.
    fit([*shlex.split(command), *NETWORKS, *_ONE_EPOCH], "tfhd train fit")
    return rows(folder / "run")


def assert_trained(losses: list[dict[str, str]], run: Path, classes: set[str]) -> None:
    """Asserts that a training got somewhere, and that its label set has just these classes."""
    assert losses
    assert all(np.isfinite(float(row["generator_gan"])) for row in losses)
    label_set = json.loads((run / "label_set.json").read_text(encoding="utf-8"))
    assert {item["name"] for item in label_set["classes"]} == classes
